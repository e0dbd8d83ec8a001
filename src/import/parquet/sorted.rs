//! The rows of a file that are in the order of their paths, one after the other; nothing is loaded.

use std::fs::File;

use super::columns::Field;
use super::file::ParquetFile;
use super::find::find_directory;
use super::row::{Row, RowPath, RowReader};
use crate::count::usage::FileTime;
use crate::import::error::ImportError;

/// See the module.
pub(crate) struct SortedRows {
    reader: RowReader,
    path: RowPath,
}

impl SortedRows {
    /// Reads the footer.
    pub(crate) fn open(file: File) -> Result<Self, ImportError> {
        let file = ParquetFile::open(file)?;
        let mut reader = RowReader::new(file);
        reader.read_too(&[Field::Fs, Field::Inode, Field::Links, Field::Mtime]);
        Ok(Self {
            reader,
            path: RowPath::default(),
        })
    }

    /// True where the footer says that the rows are in order: otherwise they cannot be read here.
    pub(crate) fn are_sorted(&self) -> bool {
        self.key("order").as_deref() == Some("components")
    }

    /// Reads the owners too. Called before the first row.
    pub(crate) fn with_owners(&mut self) {
        self.reader.read_too(&[Field::Uid, Field::Gid]);
    }

    /// The value of a key of the footer, without `pdu.`.
    pub(crate) fn key(&self, name: &str) -> Option<String> {
        self.reader.file.key(&format!("pdu.{name}"))
    }

    /// When the scan began, where the file says so.
    pub(crate) fn started(&self) -> Option<FileTime> {
        self.reader.file.started()
    }

    /// True where the run that wrote the file had errors.
    pub(crate) fn had_errors(&self) -> bool {
        self.reader.file.had_errors
    }

    /// Compares the checksums of all row groups.
    pub(crate) fn verify(&self) -> Result<(), ImportError> {
        let file = &self.reader.file;
        for group in 0..file.group_count() {
            file.bytes_of(group, file.rows_before(group))?;
        }
        Ok(())
    }

    /// The next row; none after the last.
    pub(crate) fn next(&mut self) -> Result<Option<&Row>, ImportError> {
        self.reader.next(&mut self.path)
    }

    /// The path of the row that was read last.
    pub(crate) fn path(&self) -> &[u8] {
        self.path.whole()
    }

    /// The last row, which is that of the root. The next one is the first again.
    pub(crate) fn last(&mut self) -> Result<Option<Row>, ImportError> {
        let groups = self.reader.file.group_count();
        self.reader.go_to_group(groups.saturating_sub(1));
        let mut last = None;
        while let Some(&row) = self.next()? {
            last = Some(row);
        }
        self.reader.rewind();
        Ok(last)
    }

    /// The row of a directory. The next one is the first again.
    pub(crate) fn directory(&mut self, path: &[u8]) -> Result<Option<Row>, ImportError> {
        let found = find_directory(&mut self.reader, path)?;
        self.reader.rewind();
        Ok(found)
    }

    /// An error in the row that was read last.
    pub(crate) fn fault(&self, fault: &str) -> ImportError {
        self.reader.fault(fault)
    }
}
