//! The provider binary.

use std::process::ExitCode;

fn main() -> ExitCode {
    tf_provider::serve(aurorakerberos::AuroraKerberos)
}
