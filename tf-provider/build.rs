//! Compiles the wire contracts of `proto/` with protox, so that nobody needs protoc.

use std::error::Error;
use std::path::Path;

fn main() -> Result<(), Box<dyn Error>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../proto");
    println!("cargo::rerun-if-changed={}", folder.display());
    let files = ["grpc_broker.proto", "grpc_controller.proto", "grpc_stdio.proto", "tfplugin6.proto"];
    let descriptors = protox::compile(files, [folder])?;
    tonic_prost_build::configure().build_client(false).compile_fds(descriptors)?;
    Ok(())
}
