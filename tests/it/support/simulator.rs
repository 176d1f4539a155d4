//! The double of AWS in this process, and a provider that talks to it.

use aws_simulator::{Config, Simulator};
use serde_json::{Value as Json, json};

/// Starts one whose changes are done when their calls return. [`Simulator::set_steps`] makes them take time.
pub(crate) async fn start() -> Simulator {
    Simulator::start(Config::default()).await
}

/// The `provider` block for it.
pub(crate) fn provider_config(simulator: &Simulator) -> Json {
    let url = simulator.url();
    json!({
        "region": "us-east-1",
        "access_key": "test",
        "secret_key": "test",
        "endpoints": [{
            "ds": url, "ec2": url, "iam": url, "rds": url, "resourcegroupstaggingapi": url, "sts": url,
        }],
    })
}

/// A whole `aurorakerberos_directory` in the seeded network.
pub(crate) fn directory() -> Json {
    json!({
        "name": "corp.example.com",
        "short_name": "CORP",
        "edition": "Standard",
        "subnet_ids": ["subnet-0a1b2c3d4e5f60001", "subnet-0a1b2c3d4e5f60002"],
        "admin_password_wo": "Correct-Horse-7",
        "admin_password_wo_version": 1,
    })
}

/// The name of [`role`].
pub(crate) const ROLE: &str = "kerberos";

/// An `aurorakerberos_directory_access_role`, or all that can be changed of it in place.
pub(crate) fn role(changed: bool) -> Json {
    let mut config = json!({"name": ROLE, "tags": {"team": "db", "stage": "test"}});
    if changed {
        config["description"] = json!("For Aurora");
        config["permissions_boundary"] =
            json!("arn:aws:iam::aws:policy/service-role/AmazonRDSDirectoryServiceAccess");
        config["policy"] = json!("inline");
        config["tags"] = json!({"team": "identity"});
    }
    config
}

/// An `aurorakerberos_directory_trust`, without a word on its forwarder's addresses.
pub(crate) fn trust(directory: &Json) -> Json {
    json!({
        "directory_id": directory,
        "remote_domain_name": "onprem.example.com",
        "trust_direction": "Two-Way",
        "trust_password_wo": "shared between both sides",
        "trust_password_wo_version": 1,
        "delete_associated_conditional_forwarder": true,
    })
}
