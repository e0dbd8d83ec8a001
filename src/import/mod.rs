//! Files that an earlier scan has written, read as the events of a walk.

pub mod from_import;
mod json;
pub mod ncdu;
