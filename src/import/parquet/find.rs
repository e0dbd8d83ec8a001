//! Finds the row of a directory. Reads only the row groups that may have it, by their smallest and largest `dir`.

use parquet::file::metadata::RowGroupMetaData;
use parquet::file::statistics::Statistics;

use super::row::{Row, RowPath, RowReader};
use crate::count::record::last_component;
use crate::format::parquet::schema::State;
use crate::import::error::ImportError;

/// The row of a directory that counts; none where the file has no such row. The reader is at any row then.
pub(super) fn find_directory(
    reader: &mut RowReader,
    path: &[u8],
) -> Result<Option<Row>, ImportError> {
    let parent = path.len() - last_component(path).len();
    let parent = path[..parent].strip_suffix(b"/").unwrap_or_default();
    // The column is text.
    let dir = String::from_utf8_lossy(parent).into_owned();
    for index in 0..reader.file.group_count() {
        let may_have = reader.file.group(index).map(|group| spans(group, &dir));
        if may_have == Some(true)
            && let Some(row) = find(reader, index, path)?
        {
            return Ok(Some(row));
        }
    }
    Ok(None)
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

/// The row of a directory in this row group, or that of an entry of which nothing is known.
fn find(reader: &mut RowReader, group: usize, path: &[u8]) -> Result<Option<Row>, ImportError> {
    let mut here = RowPath::default();
    reader.go_to_group(group);
    while let Some(&row) = reader.next(&mut here)? {
        if reader.last_group() != group {
            break;
        }
        // The mark of a directory comes before its own row. An entry on another file system has no other row.
        let is_told = row.is_directory() || row.entry.state != State::Ok && !row.is_mark();
        if is_told && here.whole() == path {
            return Ok(Some(row));
        }
    }
    Ok(None)
}
