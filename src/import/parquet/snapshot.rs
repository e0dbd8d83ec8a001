//! A snapshot: a file of pdu of which only the footer is read, and the row of one directory where that is asked for.

use std::fs::File;

use parquet::file::metadata::RowGroupMetaData;
use parquet::file::statistics::Statistics;

use super::columns::Field;
use super::file::ParquetFile;
use super::footer::Footer;
use super::row::{Row, RowPath, RowReader};
use crate::count::record::last_component;
use crate::count::usage::Usage;
use crate::format::parquet::schema::State;
use crate::import::error::ImportError;

/// What the row of a directory says of its total.
const FIELDS: &[Field] = &[
    Field::Dir,
    Field::Name,
    Field::Raw,
    Field::Kind,
    Field::Allocated,
    Field::Apparent,
    Field::TotalAllocated,
    Field::TotalApparent,
    Field::TotalInodes,
    Field::Counted,
    Field::State,
];

/// See the module.
pub struct Snapshot {
    file: ParquetFile,
    footer: Footer,
}

/// What a snapshot says of a directory.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DirectoryTotal {
    /// Its total; none where the snapshot has none, because files were counted once for each link.
    pub total: Option<Usage>,
    /// False where the directory itself could not be read, or not to its end.
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
        let parent = path.len() - last_component(path).len();
        let parent = path[..parent].strip_suffix(b"/").unwrap_or_default();
        // The column is text.
        let dir = String::from_utf8_lossy(parent).into_owned();
        let groups = self.file.group_count();
        let mut reader = RowReader::new(self.file, FIELDS);
        for index in 0..groups {
            let may_have = reader.file.group(index).map(|group| spans(group, &dir));
            if may_have == Some(true)
                && let Some(row) = find(&mut reader, index, path)?
            {
                return Ok(Some(DirectoryTotal::of(&row)));
            }
        }
        Ok(None)
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

/// True where a row of this directory may lie in the row group. The bounds may be cut: then they lie further apart.
fn spans(group: &RowGroupMetaData, dir: &str) -> bool {
    let mut columns = group.columns().iter();
    let column = columns.find(|column| column.column_path().string() == "dir");
    match column.and_then(|column| column.statistics()) {
        Some(Statistics::ByteArray(range)) => {
            let dir = dir.as_bytes();
            range.min_bytes_opt().is_none_or(|least| least <= dir)
                && range.max_bytes_opt().is_none_or(|most| dir <= most)
        }
        _ => true,
    }
}

/// The row of a directory in this row group.
fn find(reader: &mut RowReader, group: usize, path: &[u8]) -> Result<Option<Row>, ImportError> {
    let mut here = RowPath::default();
    reader.go_to_group(group);
    while let Some(&row) = reader.next(&mut here)? {
        if reader.last_group() != group {
            break;
        }
        if row.is_directory() && here.whole() == path {
            return Ok(Some(row));
        }
    }
    Ok(None)
}
