//! Compiles the wire contracts of `proto/` with protox, so that nobody needs protoc.

use std::error::Error;
use std::path::PathBuf;

fn main() -> Result<(), Box<dyn Error>> {
    // Asked when it runs: a target folder that several checkouts share keeps the script of the first.
    let folder = PathBuf::from(std::env::var("CARGO_MANIFEST_DIR")?).join("../../proto");
    println!("cargo::rerun-if-changed={}", folder.display());
    let files = ["grpc_broker.proto", "grpc_controller.proto", "grpc_stdio.proto", "tfplugin6.proto"];
    let descriptors = protox::compile(files, [folder])?;
    tonic_prost_build::configure().build_server(false).compile_fds(descriptors)?;
    Ok(())
}
