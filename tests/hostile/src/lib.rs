//! Hostile input: what a provider makes of bytes that no Terraform would send.
//!
//! Each entry point takes any bytes and returns, or panics where the provider broke a promise: an answer to every call,
//! in seconds, in bounded memory, without a panic of its own, and what it accepts it can write again. The fuzz targets
//! in `fuzz/` call them with what libFuzzer finds, the tests with bytes by chance and with the inputs that once broke
//! something.
//!
//! - [`Target`]: a provider at work, and its entry points: [`Target::msgpack`], [`Target::upgrade`],
//!   [`Target::import`], [`Target::calls`].
//! - [`environment`]: what a host says through arguments and environment.
//! - [`no_aws`]: what configures this project's provider for that.
//! - [`toys`]: the framework's toy provider as a target.

#![expect(clippy::missing_panics_doc, reason = "a panic is how an entry point says that a promise is broken")]

mod calls;
mod environment;
mod stored;
mod target;
pub mod toys;
mod values;

pub use calls::CALLS;
pub use environment::environment;
pub use target::Target;
use tf_provider::value::Value;

/// A `provider` block of `aurorakerberos` with AWS at a port where nobody listens: each request is refused at once.
pub fn no_aws() -> Value {
    let closed = "http://127.0.0.1:1";
    let endpoints = ["ds", "ec2", "iam", "rds", "sts"].map(|service| (service, closed.into()));
    Value::object([
        ("region", "us-east-1".into()),
        ("access_key", "test".into()),
        ("secret_key", "test".into()),
        ("no_proxy", "127.0.0.1".into()),
        ("max_retries", 0.into()),
        ("skip_credentials_validation", true.into()),
        ("skip_requesting_account_id", true.into()),
        ("endpoints", Value::List(vec![Value::object(endpoints)])),
    ])
}

/// Bytes as the source of choices; when they are used up, every choice is the first one.
type Source<'a> = arbitrary::Unstructured<'a>;
