//! The built provider as a plugin. What go-plugin's contract says in full is tested where it is implemented; here is
//! that this binary keeps it.

use std::process::{Command, Output};
use std::time::Duration;

use crate::support::{Core, PROVIDER, simulator};

/// Longest time that a provider's process may take to end. Terraform kills after two seconds.
const END: Duration = Duration::from_millis(500);

fn by_hand(arguments: &[&str]) -> Output {
    Command::new(PROVIDER).args(arguments).env_remove("TF_PLUGIN_MAGIC_COOKIE").output().unwrap()
}

#[test]
fn run_by_hand_it_says_what_it_is() {
    let output = by_hand(&[]);
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(String::from_utf8(output.stdout).unwrap(), "");
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(said.contains("terraform-provider-aurorakerberos") && said.contains("Terraform"), "{said}");
}

#[test]
fn it_knows_its_version() {
    let output = by_hand(&["--version"]);
    assert_eq!(output.status.code(), Some(0));
    let said = String::from_utf8(output.stdout).unwrap();
    assert_eq!(said.trim_end(), format!("terraform-provider-aurorakerberos {}", env!("CARGO_PKG_VERSION")));
}

#[tokio::test]
async fn it_ends_at_once_after_shutdown() {
    let simulator = simulator::start().await;
    let core = Core::on(&simulator).await;
    let took = core.shutdown().await;
    assert!(took < END, "{took:?}");
    assert_eq!(core.stdout().await.len(), 1, "nothing but the handshake line is on stdout");
}

#[tokio::test]
async fn it_ends_at_once_while_a_call_waits() {
    let simulator = simulator::start().await;
    let core = Core::on(&simulator).await;
    simulator.set_steps(aws_simulator::Steps::all(Duration::from_mins(1)));
    let waiting = core.resource("aurorakerberos_directory").apply_in_background(&simulator::directory());
    while simulator.count("CreateMicrosoftAD") == 0 {
        assert!(!waiting.is_finished(), "{:?}", waiting.await);
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    let took = core.shutdown().await;
    assert!(took < END, "{took:?}");
    let (_, result) = waiting.await.unwrap();
    result.unwrap_err();
}
