//! Reads the files of earlier scans and reports them as the events of a walk.

mod entry;
pub mod error;
mod foreign;
pub mod from_import;
mod json;
mod maker;
pub mod ncdu;
mod number;
