//! The simulator as a program: `aws-simulator [--port N] [--step-ms N] [--region NAME]`. It prints its URL on one
//! line and runs until it is ended. What else there is to set, is set through `/_simulator/`.

use std::io::Write as _;
use std::process::ExitCode;
use std::time::Duration;

use aws_simulator::{Account, Config, Simulator, Steps};

const USAGE: &str = "usage: aws-simulator [--port N] [--step-ms N] [--region NAME] [--id-seed N] [--no-seed]
                     [--account ACCESS_KEY:SECRET_KEY:ACCOUNT_ID]...

Answers Directory Service, RDS, IAM, EC2 and STS on 127.0.0.1. Credentials: test / test.";

fn main() -> ExitCode {
    let config = match configuration(std::env::args().skip(1)) {
        Ok(Some(config)) => config,
        Ok(None) => {
            let _ = writeln!(std::io::stdout(), "{USAGE}");
            return ExitCode::SUCCESS;
        }
        Err(problem) => return fail(&format!("{problem}\n{USAGE}")),
    };
    match Simulator::try_start(&config) {
        Ok(simulator) => {
            let mut out = std::io::stdout();
            // Whoever reads the URL may have closed the pipe after it; that is no reason to end.
            let _ = writeln!(out, "{}", simulator.url()).and_then(|()| out.flush());
            loop {
                std::thread::park();
            }
        }
        Err(problem) => fail(&format!("cannot listen on 127.0.0.1:{}: {problem}", config.port)),
    }
}

fn fail(message: &str) -> ExitCode {
    let _ = writeln!(std::io::stderr(), "{message}");
    ExitCode::FAILURE
}

/// `None` when help is asked for.
fn configuration(mut args: impl Iterator<Item = String>) -> Result<Option<Config>, String> {
    let mut config = Config::default();
    while let Some(name) = args.next() {
        let mut value = || args.next().ok_or_else(|| format!("{name} needs a value"));
        match name.as_str() {
            "--help" | "-h" => return Ok(None),
            "--no-seed" => config.options.seeded = false,
            "--port" => config.port = number(&value()?)?,
            "--step-ms" => config.steps = Steps::all(Duration::from_millis(number(&value()?)?)),
            "--id-seed" => config.id_seed = number(&value()?)?,
            "--region" => config.region = value()?,
            "--account" => {
                let text = value()?;
                let parts: Vec<&str> = text.split(':').collect();
                let [key, secret, account] = parts[..] else {
                    return Err(format!("{text} is not KEY:SECRET:ACCOUNT"));
                };
                config.accounts.push(Account::new(key, secret, account));
            }
            _ => return Err(format!("unknown argument {name}")),
        }
    }
    Ok(Some(config))
}

fn number<T: std::str::FromStr>(text: &str) -> Result<T, String> {
    text.parse().map_err(|_| format!("{text} is not a number that fits"))
}
