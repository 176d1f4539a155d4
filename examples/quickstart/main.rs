//! The main job from end to end on this machine, without an AWS account: real Terraform, the provider of this checkout,
//! and a simulator of AWS on loopback.
//!
//! `cargo run --example quickstart` applies `examples/complete`, shows that a second plan is empty, prints the
//! clients' krb5.conf and destroys everything. With `--keep` it leaves all standing until Enter is pressed or
//! the input ends, and says how to go on by hand.

#![expect(clippy::print_stdout, reason = "a program that shows something on a terminal")]

mod terraform;

use std::error::Error;
use std::io::BufRead as _;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};
use std::time::Duration;

use aws_simulator::{Config, Simulator, Steps};

use terraform::Terraform;

type Result<T> = std::result::Result<T, Box<dyn Error>>;

/// How long each step of the simulated AWS takes: long enough to watch, short enough to wait for.
const STEP: Duration = Duration::from_secs(1);

fn main() -> ExitCode {
    let keep = match std::env::args().nth(1).as_deref() {
        None => false,
        Some("--keep") => true,
        Some(other) => {
            println!("unknown argument {other}; the only one is --keep");
            return ExitCode::from(2);
        }
    };
    match run(keep) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            println!("\nThe quickstart failed: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(keep: bool) -> Result<()> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    heading("Building the provider");
    let provider = build_provider(root)?;

    heading("Starting a simulator of AWS on loopback");
    let simulator = Simulator::try_start(&Config::default())?;
    simulator.set_steps(Steps::all(STEP));
    println!("Directory Service, RDS, IAM, EC2 and STS answer at {}", simulator.url());

    let folder = provider.with_file_name("quickstart");
    let terraform = Terraform::prepare(root, &provider, &folder, &simulator.url())?;
    heading(&format!("Applying examples/complete with {}", terraform.version()));
    terraform.run(&["apply", "-auto-approve"])?;

    heading("The clients' krb5.conf");
    print!("{}", terraform.capture(&["output", "-raw", "krb5_conf"])?);

    heading("A second plan, which must be empty");
    terraform.run(&["plan", "-detailed-exitcode"])?;

    if keep {
        heading("Everything stays until you press Enter");
        println!("In another terminal:\n\n{}", terraform.by_hand());
        std::io::stdin().lock().lines().next();
    }

    heading("Destroying everything");
    terraform.run(&["destroy", "-auto-approve"])?;
    let left = simulator.leftovers();
    if !left.is_empty() {
        return Err(format!("the simulator still holds {}", left.join(", ")).into());
    }
    println!("\nNothing is left in the simulator. Terraform worked in {}.", folder.display());
    Ok(())
}

fn heading(text: &str) {
    println!("\n\u{1b}[1m== {text}\u{1b}[0m\n");
}

/// Builds the provider's binary and returns where it lies.
fn build_provider(root: &Path) -> Result<PathBuf> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let built = Command::new(cargo)
        .args(["build", "--quiet", "--bin", "terraform-provider-aurorakerberos"])
        .current_dir(root)
        .status()?;
    if !built.success() {
        return Err("the provider did not build".into());
    }
    // This example lies in target/debug/examples, the provider one level up.
    let program = std::env::current_exe()?;
    let folder = program.parent().and_then(Path::parent).ok_or("the example lies in no target folder")?;
    Ok(folder.join(format!("terraform-provider-aurorakerberos{}", std::env::consts::EXE_SUFFIX)))
}
