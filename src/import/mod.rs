//! Reads the files of earlier scans and reports them as the events of a walk.

pub mod error;
pub mod from_import;
mod input;
mod json;
pub mod ncdu;
#[cfg(feature = "parquet")]
pub mod parquet;

pub use self::input::Import;
