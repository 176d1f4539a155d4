//! The only module that knows the AWS SDK.

mod batch;
mod call;
mod codes;
mod ds;
mod ec2;
mod error;
mod http;
mod iam;
mod observe;
mod rds;
mod retry;
mod secret;
mod sts;
