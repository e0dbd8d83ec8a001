//! The explorer: `--explore`.

pub mod remove;
pub mod terminal;
