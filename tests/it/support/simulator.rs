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
