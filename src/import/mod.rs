//! Reads the files of earlier scans and reports them as the events of a walk.

mod entry;
pub mod error;
mod foreign;
pub mod from_import;
mod input;
mod json;
mod links;
mod maker;
pub mod ncdu;
mod number;
#[cfg(feature = "parquet")]
pub mod parquet;

pub use self::input::Import;
pub use self::links::Links;
