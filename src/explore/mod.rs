//! The explorer: `--explore`.

pub mod browser;
pub mod keys;
pub mod terminal;
#[cfg(test)]
mod testing;
pub mod view;
