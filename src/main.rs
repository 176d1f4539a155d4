//! The provider binary.

use std::process::ExitCode;

fn main() -> ExitCode {
    #[cfg(unix)]
    aurorakerberos::environment::leave_out_empty_variables();
    tf_provider::serve(aurorakerberos::AuroraKerberos)
}
