//! A Parquet file: its footer, and the checksums of pdu.

use std::fs::File;
use std::sync::Arc;

use parquet::basic::Compression;
use parquet::errors::ParquetError;
use parquet::file::metadata::{ParquetMetaData, ParquetMetaDataReader, RowGroupMetaData};
use parquet::file::statistics::Statistics;
use twox_hash::XxHash64;

use super::bytes::{FileBytes, TAIL};
use super::columns::{Column, find_columns};
use crate::count::usage::FileTime;
use crate::format::parquet::{MAGIC, check_of, schema};
use crate::gnu::quote::{Charset, quoteaf};
use crate::import::error::ImportError;
use crate::sys::panics;

/// An open file with its footer.
pub(super) struct ParquetFile {
    bytes: FileBytes,
    metadata: ParquetMetaData,
    /// The columns that are read, each with its place in a row group.
    pub(super) columns: Vec<Column>,
    /// The checksums of the row groups, where pdu wrote the file.
    sums: Option<Vec<u64>>,
    /// Some entries have no row (`pdu.rows`).
    pub(super) is_partial: bool,
    /// The run that wrote it had errors (`pdu.complete`).
    pub(super) had_errors: bool,
}

impl ParquetFile {
    /// Reads the footer.
    pub(super) fn open(file: File) -> Result<Self, ImportError> {
        // The crate panics where a damaged footer has negative numbers.
        let opened = panics::catch(|| Self::read_footer(file));
        opened.unwrap_or_else(|| Err(ImportError::damaged(DAMAGED_FOOTER)))
    }

    fn read_footer(file: File) -> Result<Self, ImportError> {
        let bytes = FileBytes::of(file)?;
        let (footer, start) = bytes.footer()?;
        let metadata = footer.slice(..footer.len() - TAIL);
        let metadata = ParquetMetaDataReader::decode_metadata(&metadata).map_err(bad_footer)?;
        let key = |name: &str| value_of(&metadata, name);
        match key("pdu.schema") {
            Some(version) if version != schema::VERSION.to_string() => {
                return Err(ImportError::damaged(format!(
                    "schema {version} is not known"
                )));
            }
            _ => {}
        }
        match key("pdu.handed_over") {
            Some(count) if count != "0" => return Err(part_of_a_scan(&count)),
            _ => {}
        }
        let is_ours = metadata.file_metadata().created_by();
        let is_ours = is_ours.is_some_and(|maker| maker.starts_with("pdu "));
        let sums = match is_ours {
            true => Some(verify(&footer, start, &metadata)?),
            false => None,
        };
        let columns = find_columns(metadata.file_metadata().schema_descr())?;
        check_compression(&metadata, &columns)?;
        check_extents(&metadata, &columns, start)?;
        Ok(Self {
            bytes,
            columns,
            sums,
            is_partial: key("pdu.rows").is_some_and(|rows| rows != "all"),
            had_errors: key("pdu.complete").is_some_and(|complete| complete == "false"),
            metadata,
        })
    }

    /// True where pdu wrote the file, and no other program a file with the same keys.
    pub(super) fn is_of_pdu(&self) -> bool {
        self.sums.is_some()
    }

    /// The value of a key of the footer.
    pub(super) fn key(&self, name: &str) -> Option<String> {
        value_of(&self.metadata, name)
    }

    /// When the scan began.
    pub(super) fn started(&self) -> Option<FileTime> {
        let time: jiff::Timestamp = self.key("pdu.started")?.parse().ok()?;
        Some(FileTime {
            seconds: time.as_second(),
            nanoseconds: time.subsec_nanosecond().unsigned_abs(),
        })
    }

    /// The number of row groups.
    pub(super) fn group_count(&self) -> usize {
        self.metadata.num_row_groups()
    }

    /// Number of rows before a row group.
    pub(super) fn rows_before(&self, group: usize) -> u64 {
        let groups = self.metadata.row_groups().iter().take(group);
        let rows = groups.map(|group| u64::try_from(group.num_rows()).unwrap_or(0));
        rows.fold(0, u64::saturating_add)
    }

    pub(super) fn group(&self, index: usize) -> Option<&RowGroupMetaData> {
        self.metadata.row_groups().get(index)
    }

    /// The bytes that a row group is read from; verified, where pdu wrote the file. `first` is the number of rows before.
    pub(super) fn bytes_of(&self, index: usize, first: u64) -> Result<Arc<FileBytes>, ImportError> {
        let sum = self.sums.as_ref().and_then(|sums| sums.get(index));
        let (Some(group), Some(&sum)) = (self.group(index), sum) else {
            return Ok(Arc::new(self.bytes.clone()));
        };
        let (start, length) = extent(group);
        let part = self.bytes.part(start, length)?;
        if XxHash64::oneshot(0, &part) != sum {
            return Err(damaged(group, first));
        }
        Ok(Arc::new(self.bytes.with_part(start, part)))
    }
}

/// Where the bytes of a row group lie: a file of pdu has its columns side by side.
fn extent(group: &RowGroupMetaData) -> (u64, usize) {
    let ranges = || group.columns().iter().map(|column| column.byte_range());
    let start = ranges().map(|(start, _)| start).min().unwrap_or(0);
    let end = ranges()
        .map(|(start, length)| start.saturating_add(length))
        .max();
    let length = end.unwrap_or(0).saturating_sub(start);
    (start, usize::try_from(length).unwrap_or(usize::MAX))
}

/// Checks the footer of a file of pdu; gives the checksums of the row groups. They must lie side by side from the magic
/// bytes to the footer.
fn verify(footer: &[u8], start: u64, metadata: &ParquetMetaData) -> Result<Vec<u64>, ImportError> {
    let is_whole = check_of(footer.to_vec()).is_some_and(|(there, sum)| there == sum);
    let groups = value_of(metadata, "pdu.groups").filter(|_| is_whole);
    let sums = groups
        .and_then(|groups| parse_groups(&groups))
        .unwrap_or_default();
    let mut at = MAGIC.len() as u64;
    for (group, &(offset, length, _)) in metadata.row_groups().iter().zip(&sums) {
        let (start, bytes) = extent(group);
        if (offset, length) != (start, bytes as u64) || offset != at {
            break;
        }
        at = at.saturating_add(length);
    }
    if !is_whole || sums.len() != metadata.num_row_groups() || at != start {
        return Err(ImportError::damaged(DAMAGED_FOOTER));
    }
    Ok(sums.into_iter().map(|(_, _, sum)| sum).collect())
}

/// The value of `pdu.groups`, see `footer.rs`.
fn parse_groups(text: &str) -> Option<Vec<(u64, u64, u64)>> {
    let inner = text.strip_prefix('[')?.strip_suffix(']')?;
    let groups = inner.split_terminator("],").map(|group| {
        let group = group.trim_end_matches(']').strip_prefix('[')?;
        let mut fields = group.split(',');
        let offset = fields.next()?.parse().ok()?;
        let length = fields.next()?.parse().ok()?;
        let sum = fields.next()?.trim_matches('"');
        Some((offset, length, u64::from_str_radix(sum, 16).ok()?))
    });
    groups.collect()
}

fn value_of(metadata: &ParquetMetaData, key: &str) -> Option<String> {
    let keys = metadata.file_metadata().key_value_metadata();
    let found = keys.into_iter().flatten().find(|pair| pair.key == key);
    found.and_then(|pair| pair.value.clone())
}

/// Refuses a file whose columns nothing here can decompress.
fn check_compression(metadata: &ParquetMetaData, columns: &[Column]) -> Result<(), ImportError> {
    for group in metadata.row_groups() {
        for chunk in columns
            .iter()
            .filter_map(|column| group.columns().get(column.index))
        {
            let compression = chunk.compression();
            if !matches!(compression, Compression::UNCOMPRESSED | Compression::SNAPPY) {
                let name = compression.to_string();
                let name = name.split('(').next().unwrap_or_default();
                let text = "pdu reads Snappy and uncompressed files";
                return Err(ImportError::damaged(format!(
                    "compressed with {name}; {text}"
                )));
            }
        }
    }
    Ok(())
}

pub(super) fn part_of_a_scan(directories: &str) -> ImportError {
    let text =
        format!("part of a scan by many processes ({directories} directories are elsewhere)");
    ImportError::damaged(text)
}

const DAMAGED_FOOTER: &str = "the footer is damaged";

fn bad_footer(error: ParquetError) -> ImportError {
    ImportError::damaged(format!("{DAMAGED_FOOTER}: {error}"))
}

/// Checks what a footer without a checksum claims: each column has as many values as its row group has rows, and its
/// bytes lie in no other column. The footer starts at `end`.
fn check_extents(
    metadata: &ParquetMetaData,
    columns: &[Column],
    end: u64,
) -> Result<(), ImportError> {
    let (mut rows, mut extents) = (0_i64, Vec::new());
    for group in metadata.row_groups() {
        rows = rows.saturating_add(group.num_rows());
        for column in columns {
            let chunk = group.columns().get(column.index);
            let chunk = chunk.filter(|chunk| chunk.num_values() == group.num_rows());
            let chunk = chunk.ok_or_else(|| ImportError::damaged(DAMAGED_FOOTER))?;
            extents.push(chunk.byte_range());
        }
    }
    extents.sort_unstable();
    extents.push((end, 0));
    let mut pairs = extents.windows(2);
    let is_apart = |pair: &[(u64, u64)]| pair[0].0.saturating_add(pair[0].1) <= pair[1].0;
    match pairs.all(is_apart) && rows == metadata.file_metadata().num_rows() {
        true => Ok(()),
        false => Err(ImportError::damaged(DAMAGED_FOOTER)),
    }
}

/// The rows of a row group cannot be trusted; `first` is the number of rows before.
pub(super) fn damaged(group: &RowGroupMetaData, first: u64) -> ImportError {
    let rows = u64::try_from(group.num_rows()).unwrap_or(0);
    let mut text = format!(
        "rows {} to {} are damaged",
        first + 1,
        first.saturating_add(rows)
    );
    let columns = group.columns().iter();
    let mut dir = columns.filter(|column| column.column_path().string() == "dir");
    if let Some(Statistics::ByteArray(range)) = dir.next().and_then(|column| column.statistics())
        && let (Some(from), Some(to)) = (range.min_bytes_opt(), range.max_bytes_opt())
    {
        let quoted = |path: &[u8]| {
            let path = if path.is_empty() { b"/" } else { path };
            String::from_utf8_lossy(&quoteaf(path, Charset::Ascii)).into_owned()
        };
        text.push_str(&format!(" ({} to {})", quoted(from), quoted(to)));
    }
    ImportError::damaged(text)
}
