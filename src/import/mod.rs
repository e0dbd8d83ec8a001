//! Reads the files of earlier scans and reports them as the events of a walk.

pub mod error;
pub mod from_import;
mod json;
pub mod ncdu;
