//! The explorer: `--explore`.

pub mod terminal;
