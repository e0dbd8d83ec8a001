//! The explorer: `--explore`.

pub mod browser;
pub mod keys;
pub mod terminal;
pub mod view;
