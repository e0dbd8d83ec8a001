//! Reads a Parquet file with the columns of docs/PARQUET.md, of pdu or of another program, and reports it as the events
//! of a walk.
//!
//! Columns are found by name: `dir`, `name`, `kind`, `allocated` and `apparent` must be there, the values of others are
//! null where they are missing, and unknown columns are ignored. A file of pdu has checksums, and none of its rows is
//! used before the checksum of its row group was compared.

mod bytes;
mod columns;
mod events;
mod file;
mod find;
mod footer;
mod levels;
mod pages;
mod reader;
mod row;
mod snapshot;
mod sorted;

pub use self::footer::{Footer, MountedSpace};
pub use self::reader::ParquetReader;
pub(crate) use self::row::Row;
pub use self::snapshot::{DirectoryTotal, Snapshot};
pub(crate) use self::sorted::SortedRows;
