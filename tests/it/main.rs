//! The one integration binary: the AWS SDK links once.
