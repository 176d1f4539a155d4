//! An HTTP double of AWS.
