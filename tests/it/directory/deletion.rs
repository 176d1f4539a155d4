//! Deletions: what AWS and the clusters that have joined have to say.

use aws_simulator::{Membership, Share, Simulator, Steps, Timeline, wall_clock};
use serde_json::json;

use super::{HOUR, config, config_with, created, end, id, until};

fn join(simulator: &Simulator, directory: &str, status: &str) {
    simulator.here(|region| {
        region.instances.get_mut("aurora-demo-1").unwrap().membership = Some(Membership {
            domain: directory.to_owned(),
            fqdn: "corp.example.com".to_owned(),
            role: "role".to_owned(),
            status: Timeline::new(status, wall_clock()),
        });
    });
}

fn unjoin(simulator: &Simulator) {
    simulator.here(|region| region.instances.get_mut("aurora-demo-1").unwrap().membership = None);
}

fn share(directory: &str) -> Share {
    Share {
        id: "d-0000000001".to_owned(),
        owner_account: "111122223333".to_owned(),
        owner_directory: directory.to_owned(),
        region: "us-east-1".to_owned(),
        target_account: "444455556666".to_owned(),
        method: "HANDSHAKE".to_owned(),
        notes: None,
        status: Timeline::new("Shared", wall_clock()),
        created: wall_clock(),
        gone_at: None,
    }
}

#[tokio::test]
async fn a_refused_deletion_names_what_holds_the_directory() {
    let (simulator, mut directory) = created(&config()).await;
    let id = id(&directory);
    join(&simulator, &id, "kerberos-enabled");
    simulator.with(|state| state.shares.insert("d-0000000001".to_owned(), share(&id)));
    let told = directory.destroy().await.unwrap_err();
    insta::assert_snapshot!(told.stable().replace(&id, "d-…"), @r#"
    error: Failed to delete aurorakerberos_directory (d-…) — Cannot delete the directory because it still has authorized applications. Directory d-… is still in use by cluster aurora-demo (kerberos-enabled), a share with account 444455556666 (Shared).

    Directory Service DeleteDirectory: ClientException (request id …)

    Take the clusters out of the domain (destroy their aurorakerberos_domain_association, or modify them with the domain "none"), end the shares and delete the trusts; then run again.
    "#);
    assert_eq!(directory.state_json()["id"], id);
    unjoin(&simulator);
    let told = directory.destroy().await.unwrap_err().to_string();
    assert!(told.contains("in use by a share with account 444455556666 (Shared)"), "{told}");
    simulator.with(|state| state.shares.clear());
    end(&simulator, directory).await;
}

#[tokio::test]
async fn a_deletion_waits_while_a_cluster_is_leaving() {
    let (simulator, directory) = created(&config()).await;
    join(&simulator, &id(&directory), "disabling-kerberos");
    let running = directory.destroy_in_background();
    // Longer than a refusal without hope is waited out.
    until(|| simulator.count("DeleteDirectory") > 8).await;
    unjoin(&simulator);
    let (directory, result) = running.await.unwrap();
    result.unwrap();
    end(&simulator, directory).await;
}

#[tokio::test]
async fn a_deletion_that_takes_too_long_keeps_the_state() {
    let config = config_with(&json!({"timeouts": {"delete": "2s"}}));
    let (simulator, mut directory) = created(&config).await;
    simulator.set_steps(Steps { directory_delete: HOUR, ..Steps::default() });
    let told = directory.destroy().await.unwrap_err().to_string();
    assert!(told.contains("to be gone. Last seen: Deleting."), "{told}");
    directory.refresh().await.unwrap();
    assert!(directory.warnings().to_string().contains("is in the stage Deleting"));
    simulator.advance(HOUR);
    end(&simulator, directory).await;
}
