//! What the writer of a Parquet file has to know. Compiled without the feature `parquet` too.

use crate::count::usage::FileTime;
use crate::format::selected::Selection;
use crate::sys::filesystems::FileSystemQueries;

/// The message of a program without the feature.
pub const NOT_BUILT: &str = "this pdu was built without Parquet";

/// The content of a Parquet file.
#[derive(Debug, Clone)]
pub struct ParquetOptions {
    /// The rows that are written; marks and entries that could not be read always are.
    pub selection: Selection,
    /// The absolute path of the root, where it is not the path of its record.
    pub root: Option<Vec<u8>>,
    /// The order of the rows.
    pub order: RowOrder,
    /// How often a file with several links counts.
    pub links: CountedLinks,
    /// The options that change what is counted, as they could be typed.
    pub options: String,
    /// The name of this machine.
    pub host: String,
    /// When the run began.
    pub started: FileTime,
    /// None where the entries do not come from a disk of this machine.
    pub filesystems: Option<FileSystemQueries>,
    /// The name of the file system of the entries (`--fs-name`).
    pub fs_name: Option<String>,
    /// How much of a scan the file is.
    pub scope: Scope,
}

/// How much of a scan a file is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scope {
    /// All of it.
    Whole,
    /// The part of one process of many (`--rest`): its operands lie at any depth, and may have become files or be gone.
    Part,
}

/// The order of the rows (`pdu.order`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RowOrder {
    /// By path components, contents before their directory.
    Components,
    /// That of an export, or of the walk.
    None,
}

/// How often a file with several links counts (`pdu.links`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CountedLinks {
    /// Once: its further links have rows that do not count.
    Once,
    /// Each time (`-l`).
    Each,
}
