//! What a Terraform provider in Rust needs.

use std::process::ExitCode;
use std::sync::Arc;

pub mod framework;
pub mod plugin;
pub mod protocol;
pub mod value;

use framework::{Provider, Server};
use plugin::{Cookie, Plugin};
use protocol::Rpc;

/// Runs a provider as the whole of a `main` function: command line, handshake, calls, end.
pub fn serve<P: Provider>(provider: P) -> ExitCode {
    let plugin = Plugin {
        name: P::BINARY,
        version: P::VERSION,
        address: P::ADDRESS,
        protocol: 6,
        cookie: Cookie::TERRAFORM_PROVIDER,
        log_targets: P::LOG_TARGETS,
    };
    plugin::run(&plugin, |_shutdown| {
        tonic::service::Routes::new(Rpc::new(Arc::new(Server::new(provider))).into_service())
    })
}
