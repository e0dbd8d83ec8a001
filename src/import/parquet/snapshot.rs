//! A snapshot: a file of pdu of which only the footer is read, and the row of one directory where that is asked for.

use std::fs::File;

use super::file::ParquetFile;
use super::find::find_directory;
use super::footer::Footer;
use super::row::{Row, RowReader};
use crate::count::usage::Usage;
use crate::format::parquet::schema::State;
use crate::import::error::ImportError;

/// See the module.
pub struct Snapshot {
    file: ParquetFile,
    footer: Footer,
}

/// What a snapshot says of a directory.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DirectoryTotal {
    /// Its total; none where the snapshot has none: it was not read, or files were counted once for each link.
    pub total: Option<Usage>,
    /// False where the directory itself could not be read, or not to its end, or lies on another file system (`-x`).
    pub is_read: bool,
}

impl Snapshot {
    /// Reads and verifies the footer.
    pub fn open(file: File) -> Result<Self, ImportError> {
        let file = ParquetFile::open(file)?;
        let footer = Footer::of(&file)?;
        Ok(Self { file, footer })
    }

    /// What the footer says.
    #[must_use]
    pub fn footer(&self) -> &Footer {
        &self.footer
    }

    /// Finds the row of a directory. Reads only the row groups that may have it, by their smallest and largest `dir`.
    pub fn directory(self, path: &[u8]) -> Result<Option<DirectoryTotal>, ImportError> {
        let mut reader = RowReader::new(self.file);
        let row = find_directory(&mut reader, path)?;
        Ok(row.as_ref().map(DirectoryTotal::of))
    }
}

impl DirectoryTotal {
    fn of(row: &Row) -> Self {
        let total = row.totals.map(|[allocated, apparent, inodes]| Usage {
            allocated: allocated.into(),
            apparent: apparent.into(),
            inodes,
            ..Usage::default()
        });
        Self {
            total,
            is_read: row.entry.state == State::Ok,
        }
    }
}
