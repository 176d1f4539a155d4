//! The environment that the process runs in.

use std::ffi::OsString;
use std::os::unix::process::CommandExt as _;
use std::process::Command;

/// Starts the process anew without those `AWS_…` variables that are empty, if there are any.
///
/// For AWS's tools an empty variable is unset. The AWS SDK takes it for a value: for a Region without a name, a file
/// without a path, an endpoint without a URL, at which it panics. It reads the environment wherever it needs it, nobody
/// can give it another one, and a process cannot take a variable out of its own without `unsafe`. So the program is
/// executed once more, in the same process: with the same id, arguments and pipes, before anything has been written.
///
/// Where that fails the provider goes on; the endpoints of its own services are right even then.
pub fn leave_out_empty_variables() {
    let empty: Vec<OsString> = std::env::vars_os()
        .filter(|(name, value)| value.is_empty() && name.as_encoded_bytes().starts_with(b"AWS_"))
        .map(|(name, _)| name)
        .collect();
    let (false, Ok(program)) = (empty.is_empty(), std::env::current_exe()) else { return };
    let mut again = Command::new(program);
    let mut arguments = std::env::args_os();
    if let Some(name) = arguments.next() {
        again.arg0(name);
    }
    again.args(arguments);
    for name in empty {
        again.env_remove(name);
    }
    // It comes back only where it fails.
    let _ = again.exec();
}
