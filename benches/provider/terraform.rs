//! Real Terraform with a subject as its only provider, on a simulator of its own.

use std::fs;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use aws_simulator::{Config, Options, Simulator};
use tempfile::TempDir;

use crate::subject::{Kind, Subject};
use crate::{Result, wrapper};

/// What a command of Terraform's cost.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Cost {
    /// From Terraform's start to its end.
    pub(crate) wall: Duration,
    /// Processor time of all its provider processes.
    pub(crate) processor: Duration,
    /// Peak memory of the largest provider process, in bytes.
    pub(crate) memory: u64,
    /// Calls to AWS.
    pub(crate) calls: usize,
}

/// A folder with a configuration, its state, and its AWS.
#[derive(Debug)]
pub(crate) struct Workspace {
    folder: TempDir,
    subject: Subject,
    pub(crate) simulator: Simulator,
}

impl Workspace {
    /// `objects` is what the configuration holds besides the provider.
    pub(crate) fn new(subject: &Subject, objects: &str) -> Result<Self> {
        // Quotas can be raised; that of a new account would be 20.
        let options = Options { directory_limit: 10_000, ..Options::default() };
        let simulator = Simulator::try_start(&Config { options, ..Config::default() })?;
        let workspace = Self { folder: tempfile::tempdir()?, subject: subject.clone(), simulator };
        let (address, name) = match subject.kind {
            Kind::Aws => ("hashicorp/aws", "terraform-provider-aws"),
            _ => ("aurorakerberos/aurorakerberos", "terraform-provider-aurorakerberos"),
        };
        let bin = workspace.path("bin");
        fs::create_dir(&bin)?;
        let this = std::env::current_exe()?;
        let stand_in = bin.join(name);
        if fs::hard_link(&this, &stand_in).is_err() {
            fs::copy(&this, &stand_in)?;
        }
        let settings = format!(
            "provider_installation {{\n  dev_overrides {{\n    {address:?} = \"{}\"\n  }}\n}}\n",
            bin.display()
        );
        fs::write(workspace.path("cli.tfrc"), settings)?;
        let provider = provider_block(subject.kind, address, &workspace.simulator.url());
        workspace.write(&format!("{provider}{objects}"))?;
        Ok(workspace)
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Writes the whole configuration.
    fn write(&self, text: &str) -> Result<()> {
        Ok(fs::write(self.path("main.tf"), text)?)
    }

    /// A command of Terraform's, to be started.
    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new("terraform");
        command
            .args(arguments)
            .current_dir(self.folder.path())
            .env_clear()
            .envs(["PATH", "TMPDIR"].iter().filter_map(|name| Some((name, std::env::var_os(name)?))))
            .env("HOME", self.folder.path())
            .env("TF_CLI_CONFIG_FILE", self.path("cli.tfrc"))
            .env("TF_IN_AUTOMATION", "1")
            .env("CHECKPOINT_DISABLE", "1")
            .env("AWS_EC2_METADATA_DISABLED", "true")
            .env(wrapper::PROGRAM, &self.subject.path)
            .env(wrapper::RECORD, self.path("record"))
            .stdin(Stdio::null());
        command
    }

    /// Runs a command to its end; fails, with what it said, unless it succeeds.
    pub(crate) fn run(&self, arguments: &[&str]) -> Result<Cost> {
        self.simulator.clear_journal();
        wrapper::take(&self.path("record"))?;
        let begun = Instant::now();
        let output = self.command(arguments).output()?;
        let wall = begun.elapsed();
        if !output.status.success() {
            let said = [output.stdout, output.stderr].map(|text| String::from_utf8_lossy(&text).into_owned());
            return Err(format!(
                "{}: terraform {}\n{}",
                self.subject.name,
                arguments.join(" "),
                said.concat()
            )
            .into());
        }
        let used = wrapper::take(&self.path("record"))?;
        if used.processes == 0 {
            return Err(format!("no process of {} was noted", self.subject.name).into());
        }
        let calls = self.simulator.with(|state| state.journal.calls().len());
        Ok(Cost { wall, processor: used.processor, memory: used.peak, calls })
    }
}

fn provider_block(kind: Kind, address: &str, url: &str) -> String {
    let name = if kind == Kind::Aws { "aws" } else { "aurorakerberos" };
    // Arguments that this provider has no use for, and a service that the other one does not call.
    let (more, tagging) = match kind {
        Kind::Aws => (
            "  skip_get_ec2_platforms      = true\n  skip_metadata_api_check     = true\n  skip_region_validation      = true\n",
            String::new(),
        ),
        _ => ("", format!("    resourcegroupstaggingapi = {url:?}\n")),
    };
    format!(
        r#"terraform {{
  required_providers {{
    {name} = {{
      source = "{address}"
    }}
  }}
}}

provider "{name}" {{
  region                      = "us-east-1"
  access_key                  = "test"
  secret_key                  = "test"
  skip_credentials_validation = true
  skip_requesting_account_id  = true
{more}
  endpoints {{
    ds  = "{url}"
    ec2 = "{url}"
    iam = "{url}"
    rds = "{url}"
    sts = "{url}"
{tagging}  }}
}}

"#
    )
}
