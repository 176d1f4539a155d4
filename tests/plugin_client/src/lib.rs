//! A go-plugin client for tests.
