//! Passwords, secret keys and session tokens, through the whole life of the objects and through failures that repeat
//! them: nothing that Terraform or the provider writes holds one of them, whatever its form.
//!
//! What a panic says is tested where there is a provider that panics: `tf-provider/tests/plugin.rs`.

mod search;

use std::process::Command;
use std::time::Duration;

use aws_simulator::{Account, Config, DEFAULT_ACCOUNT, Fault, FaultKind, Service, Simulator, Steps};

use crate::support::figures::check_section;
use crate::support::terraform::{Install, Outcome, Program, Workspace};
use search::Search;

const ADMIN: &str = "Horse/1+q\"&<Zebra";
const NEXT_ADMIN: &str = "Horse\\2%q'>&Yak";
const INVALID: &str = "horse\"&sevenths";
const TRUST: &str = "Both<Sides>&\"Know-1";
const NEXT_TRUST: &str = "Both Sides/+'Know-2";
const SECRET_KEY: &str = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYMARKEDKEY1";
const ENV_SECRET_KEY: &str = "je7MtGbClwBF/2Zp9Utk+h3yCo8nvbMARKEDKEY2";
const SESSION_TOKEN: &str = "IQoJb3JpZ2luX2VjEMARKED//////////wEaCXVzLWVhc3QtMSJHMEUCIQDk+7/Za9==";
const ENV_SESSION_TOKEN: &str = "IQoJb3JpZ2luX2VjEMARKEE//////////wEaCXVzLWVhc3QtMiJIMEYCIQCU+8/Yb8==";
const WEB_TOKEN: &str = "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJNQVJLRUQifQ.c2lnbmF0dXJlLU1BUktFRA_-x";

const SECRETS: [(&str, &str); 10] = [
    ("the first password of Admin", ADMIN),
    ("the second password of Admin", NEXT_ADMIN),
    ("a password that is refused", INVALID),
    ("the first password of the trust", TRUST),
    ("the second password of the trust", NEXT_TRUST),
    ("the secret key of the provider block", SECRET_KEY),
    ("the secret key of the environment", ENV_SECRET_KEY),
    ("the session token of the provider block", SESSION_TOKEN),
    ("the session token of the environment", ENV_SESSION_TOKEN),
    ("the token of the web identity", WEB_TOKEN),
];

/// How often [`no_secret_is_written_anywhere`] lets AWS repeat one.
const REPEATED: usize = 6;

/// Every argument that is a secret comes from a variable that Terraform does not store.
const MAIN: &str = r#"
terraform {
  required_providers {
    aurorakerberos = { source = "aurorakerberos/aurorakerberos" }
  }
}

variable "secrets" {
  type      = map(string)
  sensitive = true
  ephemeral = true
}

variable "admin_version" {
  type = number
}

variable "trust_version" {
  type = number
}

resource "aurorakerberos_directory" "corp" {
  name                      = "corp.example.com"
  edition                   = "Standard"
  subnet_ids                = ["subnet-0a1b2c3d4e5f60001", "subnet-0a1b2c3d4e5f60002"]
  admin_password_wo         = var.secrets.admin
  admin_password_wo_version = var.admin_version
}

resource "aurorakerberos_directory_trust" "onprem" {
  directory_id                            = aurorakerberos_directory.corp.id
  remote_domain_name                      = "onprem.example.org"
  trust_direction                         = "Two-Way"
  trust_password_wo                       = var.secrets.trust
  trust_password_wo_version               = var.trust_version
  conditional_forwarder_ip_addrs          = ["10.1.0.10"]
  delete_associated_conditional_forwarder = true
}

resource "aurorakerberos_directory_access_role" "aurora" {
  name = "aurora-directory-access"
}

resource "aurorakerberos_domain_association" "demo" {
  cluster_identifier = "aurora-demo"
  directory_id       = aurorakerberos_directory.corp.id
  iam_role_name      = aurorakerberos_directory_access_role.aurora.name
  reboot_strategy    = "rolling"
}

data "aurorakerberos_krb5_conf" "clients" {
  directory_id = aurorakerberos_directory.corp.id
  depends_on   = [aurorakerberos_directory_trust.onprem]
}
"#;

const STATIC_KEYS: &str = r#"
provider "aurorakerberos" {
  access_key  = "AKIAINTHEBLOCK"
  secret_key  = var.secrets.secret_key
  token       = var.secrets.token
  max_retries = 0
}
"#;

const WEB_IDENTITY: &str = r#"
provider "aurorakerberos" {
  max_retries = 0
  assume_role_with_web_identity {
    role_arn           = "arn:aws:iam::111122223333:role/deploy"
    web_identity_token = var.secrets.web_token
  }
}
"#;

const ENVIRONMENT: &str = "provider \"aurorakerberos\" {\n  max_retries = 0\n}\n";

/// A run of Terraform, all of whose output is kept.
struct Run {
    workspace: Workspace,
    simulator: Simulator,
    said: Vec<(String, Vec<u8>)>,
}

impl Run {
    fn start(program: &Program, files: &[(&str, &str)]) -> Self {
        let simulator = Simulator::try_start(&Config::default()).unwrap();
        simulator.set_steps(Steps::all(Duration::from_millis(10)));
        let workspace = Workspace::new(program, Install::Overrides, &simulator.url(), files);
        let [log, temporary] =
            ["terraform.log", "temporary"].map(|name| workspace.path(name).display().to_string());
        std::fs::create_dir(&temporary).unwrap();
        let workspace = workspace
            .env("TF_LOG", "TRACE")
            .env("TF_LOG_PROVIDER", "TRACE")
            .env("TF_LOG_PROVIDER_AURORAKERBEROS", "TRACE")
            .env("TF_LOG_PATH", &log)
            .env("RUST_LOG", "trace")
            .env("RUST_BACKTRACE", "full")
            .env("TMPDIR", &temporary);
        Self { workspace, simulator, said: Vec::new() }
    }

    fn env(mut self, name: &str, value: &str) -> Self {
        self.workspace = self.workspace.env(name, value);
        self
    }

    /// The secrets and versions that the configuration gets from now on.
    fn with(self, admin: (&str, u8), trust: (&str, u8)) -> Self {
        let secrets = serde_json::json!({
            "admin": admin.0,
            "trust": trust.0,
            "secret_key": SECRET_KEY,
            "token": SESSION_TOKEN,
            "web_token": WEB_TOKEN,
        });
        self.env("TF_VAR_secrets", &secrets.to_string())
            .env("TF_VAR_admin_version", &admin.1.to_string())
            .env("TF_VAR_trust_version", &trust.1.to_string())
    }

    fn run(&mut self, arguments: &[&str]) -> Outcome {
        let outcome = self.workspace.run(arguments);
        let what = arguments.join(" ");
        self.said.push((format!("stdout of {what}"), outcome.stdout.clone().into_bytes()));
        self.said.push((format!("stderr of {what}"), outcome.stderr.clone().into_bytes()));
        outcome
    }

    fn apply(&mut self) -> Outcome {
        self.run(&["apply", "-input=false", "-no-color", "-auto-approve"])
    }

    /// Plans into a file, which is shown and unpacked.
    fn plan(&mut self, file: &str) {
        self.run(&["plan", "-input=false", "-no-color", &format!("-out={file}")]).ok();
        self.run(&["show", "-json", file]).ok();
        self.run(&["show", "-no-color", file]).ok();
        let unpacked = format!("{file}.unpacked");
        let [from, to] = [file, unpacked.as_str()].map(|name| self.workspace.path(name));
        let status = Command::new("python3").args(["-m", "zipfile", "-e"]).args([from, to]).status();
        assert!(status.unwrap().success(), "{file} is no archive");
    }

    /// An apply fails on a call that AWS refuses, and tells AWS's message with the secret taken out of it.
    fn refused(&mut self, service: Service, operation: &str, code: &str, message: String, expect: &str) {
        let kind = FaultKind::Refused(400, code.to_owned(), message);
        self.simulator.fault(Fault::new(service, operation, kind).times(1));
        let told = self.apply().error();
        assert!(told.contains(expect), "{told}");
        self.simulator.clear_faults();
    }

    /// Everything that was written, and where.
    fn places(&self) -> impl Iterator<Item = (String, Vec<u8>)> + use<'_> {
        let files = self.workspace.files().into_iter();
        files.map(|(path, bytes)| (path.display().to_string(), bytes)).chain(self.said.iter().cloned())
    }

    fn found(&self, search: &Search) -> Vec<String> {
        let found = self.places().flat_map(|(place, bytes)| {
            let found = search.find(&bytes).into_iter().map(|what| format!("{what} in {place}"));
            found.collect::<Vec<_>>()
        });
        found.collect()
    }
}

/// The section of the page of figures.
fn figures(forms: usize) -> String {
    format!(
        "## Secrets (`tests/it/secrets.rs`)\n\n\
         | | |\n|---|---|\n\
         | passwords, secret keys and tokens of a whole life at `TF_LOG=TRACE`, beside those that STS gives out | {} |\n\
         | forms of these that are searched for (plain, JSON, XML, URL, hex, lists of bytes, base64 and more) | {forms} |\n\
         | failures of AWS that repeat one of them in their message | {REPEATED} |\n\
         | found in states, plans (unpacked too), logs, output and every other file under the folder | 0 |\n",
        SECRETS.len(),
    )
}

#[test]
fn no_secret_is_written_anywhere() {
    let Some(program) = Program::any() else { return };
    let run = Run::start(&program, &[("main.tf", MAIN), ("provider.tf", STATIC_KEYS)]);
    run.simulator.with(|state| {
        let account = |key: &str, secret: &str| Account::new(key, secret, DEFAULT_ACCOUNT);
        state.add_session(&account("AKIAINTHEBLOCK", SECRET_KEY), SESSION_TOKEN);
        state.add_session(&account("AKIAINTHEENVIRONMENT", ENV_SECRET_KEY), ENV_SESSION_TOKEN);
    });
    let wrong_signature = |token: &str| {
        format!(
            "The request signature we calculated does not match the signature you provided. The canonical string for \
             this request should have been 'POST\n/\n\nhost:sts.amazonaws.com\nx-amz-security-token:{token}\n\n'"
        )
    };

    // Nothing is made by what the provider itself refuses, nor by what AWS refuses.
    let mut run = run.with((INVALID, 1), (TRUST, 1));
    let told = run.apply().error();
    assert!(told.contains("The password of the directory's user Admin"), "{told}");
    let mut run = run.with((ADMIN, 1), (TRUST, 1));
    run.run(&["validate", "-no-color"]).ok();
    run.refused(
        Service::Sts,
        "GetCallerIdentity",
        "SignatureDoesNotMatch",
        wrong_signature(SESSION_TOKEN),
        "x-amz-security-token:(secret)",
    );
    let refusal = format!("The password {ADMIN} is not complex enough.");
    let expect = "The password (secret) is not complex enough.";
    run.refused(Service::Ds, "CreateMicrosoftAD", "InvalidParameterException", refusal, expect);

    // The life of the objects, with the keys of the provider block.
    run.plan("create.bin");
    run.apply().ok();
    run.run(&["show", "-json"]).ok();
    run.run(&["plan", "-input=false", "-no-color", "-detailed-exitcode"]).ok();
    let mut run = run.with((NEXT_ADMIN, 2), (TRUST, 1));
    let refusal = format!("The password {NEXT_ADMIN} was used before.");
    let expect = "The password (secret) was used before.";
    run.refused(Service::Ds, "ResetUserPassword", "InvalidPasswordException", refusal, expect);
    run.plan("rotate.bin");
    run.run(&["apply", "-input=false", "-no-color", "rotate.bin"]).ok();

    // With a web identity.
    run.workspace.write("provider.tf", WEB_IDENTITY);
    let mut run = run.with((NEXT_ADMIN, 2), (NEXT_TRUST, 2));
    let refusal = format!("The token {WEB_TOKEN} is not valid.");
    let expect = "The token (secret) is not valid.";
    run.refused(Service::Sts, "AssumeRoleWithWebIdentity", "InvalidIdentityToken", refusal, expect);
    let refusal = format!("The trust password {NEXT_TRUST} cannot be used.");
    let expect = "The trust password (secret) cannot be used.";
    run.refused(Service::Ds, "CreateTrust", "InvalidParameterException", refusal, expect);
    run.plan("trust.bin");
    run.apply().ok();

    // With keys of the environment.
    run.workspace.write("provider.tf", ENVIRONMENT);
    let mut run = run
        .env("AWS_ACCESS_KEY_ID", "AKIAINTHEENVIRONMENT")
        .env("AWS_SECRET_ACCESS_KEY", ENV_SECRET_KEY)
        .env("AWS_SESSION_TOKEN", ENV_SESSION_TOKEN);
    run.refused(
        Service::Sts,
        "GetCallerIdentity",
        "SignatureDoesNotMatch",
        wrong_signature(ENV_SESSION_TOKEN),
        "x-amz-security-token:(secret)",
    );
    run.simulator.fault(Fault::new(Service::Rds, "DescribeDBClusters", FaultKind::Truncated).times(1));
    run.run(&["plan", "-input=false", "-no-color"]);
    run.simulator.clear_faults();
    run.run(&["destroy", "-input=false", "-no-color", "-auto-approve"]).ok();
    assert_eq!(run.simulator.leftovers(), [""; 0]);

    let issued = run.simulator.with(|state| state.session_secrets());
    assert!(issued.len() > 4, "STS gave nothing out: {}", issued.len());
    let issued = issued.iter().map(|secret| ("what STS gave out", secret.as_str()));
    let marked = Search::new(SECRETS);
    assert_eq!(run.found(&Search::new(SECRETS.into_iter().chain(issued))), [""; 0]);
    check_section("secrets", &figures(marked.len()));

    // What is no secret is found in each kind of place by the same search, so the places are the right ones.
    let seen = run.found(&Search::new([("name", "corp.example.com"), ("call", "CreateMicrosoftAD")]));
    for expect in [
        "name (plain) in stdout of plan -input=false -no-color -out=create.bin",
        "name (plain) in stdout of show -json create.bin",
        "create.bin.unpacked/tfplan",
        "create.bin.unpacked/tfconfig/m-/main.tf",
        "terraform.tfstate.backup",
        "name (plain) in ",
        "terraform.log",
    ] {
        assert!(seen.iter().any(|place| place.contains(expect)), "{expect} is not in {seen:#?}");
    }
    let log = std::fs::read_to_string(run.workspace.path("terraform.log")).unwrap();
    for expect in
        ["[TRACE]", "AWS call", "operation=CreateMicrosoftAD", "operation=AssumeRoleWithWebIdentity"]
    {
        assert!(log.contains(expect), "the log is not the talkative one: {expect}");
    }
}

/// A password that is stored, as its argument's documentation says, is found where it is stored: in the state and, within
/// the archive that it is, in the plan.
#[test]
fn a_stored_password_is_found() {
    let Some(program) = Program::any() else { return };
    let stored = MAIN
        .replace("  ephemeral = true\n", "")
        .replace("admin_password_wo         = var.secrets.admin", "admin_password = var.secrets.admin")
        .replace("  admin_password_wo_version = var.admin_version\n", "");
    let stored = stored.split("resource \"aurorakerberos_directory_trust\"").next().unwrap();
    let mut run = Run::start(&program, &[("main.tf", stored)]).with((ADMIN, 1), (TRUST, 1));
    run.plan("plan.bin");
    run.apply().ok();
    let found = run.found(&Search::new([("password", ADMIN)]));
    for expect in ["terraform.tfstate", "plan.bin.unpacked/tfplan", "stdout of show -json plan.bin"] {
        assert!(found.iter().any(|place| place.ends_with(expect)), "{expect} is not in {found:#?}");
    }
    assert!(!found.iter().any(|place| place.contains("terraform.log")), "{found:#?}");
}
