//! The explorer (`--explore`).

pub mod remove;
