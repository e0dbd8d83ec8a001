//! The pages of a column. What a page claims of its size is compared with its bytes before the crate takes memory for it:
//! a damaged page may claim billions of values.

use std::io::Read;
use std::sync::Arc;

use bytes::Bytes;
use parquet::basic::{Encoding, Type};
use parquet::column::page::{Page, PageMetadata, PageReader};
use parquet::errors::{ParquetError, Result};
use parquet::file::metadata::ColumnChunkMetaData;
use parquet::file::reader::{ChunkReader, Length};
use parquet::file::serialized_reader::SerializedPageReader;

use super::bytes::FileBytes;

/// Snappy makes at most 64 bytes of three.
const MOST_EXPANSION: u64 = 64 / 3 + 1;

/// The bytes of three integers and the bytes before them, at the start of a page.
const START: usize = 18;

/// Bytes of a file, read as pages: a page that claims more than its bytes can hold is an error.
pub(super) struct PageBytes(Arc<FileBytes>);

/// See the module.
pub(super) struct Pages {
    pages: SerializedPageReader<PageBytes>,
    physical: Type,
    has_nulls: bool,
}

impl Pages {
    /// The pages of a column in a row group of so many rows.
    pub(super) fn new(
        bytes: &Arc<FileBytes>,
        chunk: &ColumnChunkMetaData,
        rows: usize,
    ) -> Result<Self> {
        let bytes = Arc::new(PageBytes(Arc::clone(bytes)));
        Ok(Self {
            pages: SerializedPageReader::new(bytes, chunk, rows, None)?,
            physical: chunk.column_type(),
            has_nulls: chunk.column_descr().max_def_level() > 0,
        })
    }

    /// True where the page has bytes for all the values that it claims.
    fn is_plausible(&self, page: &Page) -> bool {
        match page {
            Page::DictionaryPage {
                buf, num_values, ..
            } => least_bytes(self.physical, *num_values) <= buf.len() as u64,
            Page::DataPage {
                buf,
                num_values,
                encoding,
                def_level_encoding,
                ..
            } => {
                let skipped = match self.has_nulls {
                    true => levels_length(buf, *num_values, *def_level_encoding),
                    false => Some(0),
                };
                is_plausible(buf, skipped, (*encoding, *num_values))
            }
            Page::DataPageV2 {
                buf,
                num_values,
                encoding,
                def_levels_byte_len,
                rep_levels_byte_len,
                ..
            } => {
                let skipped = def_levels_byte_len.checked_add(*rep_levels_byte_len);
                is_plausible(buf, skipped, (*encoding, *num_values))
            }
        }
    }
}

/// The least number of bytes of so many values in the plain encoding.
fn least_bytes(physical: Type, values: u32) -> u64 {
    let each = match physical {
        Type::INT64 | Type::DOUBLE => 8,
        Type::INT96 => 12,
        Type::BOOLEAN => 0,
        _ => 4,
    };
    u64::from(values) * each
}

/// The length of the levels before the values in a page of the first version.
fn levels_length(page: &[u8], values: u32, encoding: Encoding) -> Option<u32> {
    match encoding {
        Encoding::RLE => u32::from_le_bytes(*page.first_chunk()?).checked_add(4),
        // The old form, in bits.
        _ => Some(values.div_ceil(8)),
    }
}

/// True where so many values can follow in a page after its levels.
fn is_plausible(page: &[u8], skipped: Option<u32>, (encoding, count): (Encoding, u32)) -> bool {
    let values = skipped.and_then(|skipped| page.get(skipped as usize..));
    values.is_some_and(|values| has_deltas_for(encoding, values, count))
}

/// True unless the values are differences, and claim to be more than the page has.
fn has_deltas_for(encoding: Encoding, mut values: &[u8], count: u32) -> bool {
    match encoding {
        Encoding::DELTA_BINARY_PACKED | Encoding::DELTA_LENGTH_BYTE_ARRAY => {
            skip_deltas(&mut values, count).is_some()
        }
        // Lengths of prefixes, lengths of the rest, the rest.
        Encoding::DELTA_BYTE_ARRAY => {
            skip_deltas(&mut values, count).is_some() && skip_deltas(&mut values, count).is_some()
        }
        _ => true,
    }
}

/// Skips a sequence of differences; none where it claims more than so many values, or has fewer bytes than it claims.
fn skip_deltas(bytes: &mut &[u8], most: u32) -> Option<()> {
    let block = varint(bytes)?;
    let parts = varint(bytes)?;
    let count = varint(bytes)?;
    varint(bytes)?;
    let part = block.checked_div(parts)?;
    if count > u64::from(most) || part == 0 {
        return None;
    }
    let mut left = count.saturating_sub(1);
    while left > 0 {
        varint(bytes)?;
        let (widths, rest) = bytes.split_at_checked(usize::try_from(parts).ok()?)?;
        *bytes = rest;
        for &width in widths {
            if left == 0 {
                break;
            }
            let length = part.checked_mul(width.into())? / 8;
            // The last part may be cut off.
            let length = usize::try_from(length).ok()?.min(bytes.len());
            *bytes = bytes.get(length..)?;
            left = left.saturating_sub(part);
        }
    }
    Some(())
}

/// Takes an unsigned LEB128 number.
fn varint(bytes: &mut &[u8]) -> Option<u64> {
    let mut number = 0;
    for shift in (0..64).step_by(7) {
        let (&byte, rest) = bytes.split_first()?;
        *bytes = rest;
        number |= u64::from(byte & 0x7f) << shift;
        if byte < 0x80 {
            return Some(number);
        }
    }
    None
}

/// The sizes in the header of a page, in memory and in the file. The header is a structure of Thrift that begins with
/// three integers: the type and these two.
fn page_sizes(mut header: &[u8]) -> Option<(u64, u64)> {
    let mut integer = || {
        let (0x15, rest) = header.split_first()? else {
            return None;
        };
        header = rest;
        varint(&mut header).map(|zigzag| zigzag >> 1)
    };
    integer()?;
    Some((integer()?, integer()?))
}

fn implausible() -> ParquetError {
    ParquetError::General("a page claims more than it has".into())
}

impl Length for PageBytes {
    fn len(&self) -> u64 {
        self.0.len()
    }
}

impl ChunkReader for PageBytes {
    type T = Box<dyn Read>;

    /// Reads the header of a page.
    fn get_read(&self, start: u64) -> Result<Self::T> {
        let mut header = [0; START];
        let mut read = self.0.get_read(start)?.take(START as u64);
        let mut length = 0;
        while let count @ 1.. = read.read(&mut header[length..])? {
            length += count;
        }
        match page_sizes(&header[..length]) {
            Some((whole, stored)) if whole <= stored.saturating_mul(MOST_EXPANSION) => {
                self.0.get_read(start)
            }
            _ => Err(implausible()),
        }
    }

    fn get_bytes(&self, start: u64, length: usize) -> Result<Bytes> {
        self.0.get_bytes(start, length)
    }
}

impl Iterator for Pages {
    type Item = Result<Page>;

    fn next(&mut self) -> Option<Self::Item> {
        self.get_next_page().transpose()
    }
}

impl PageReader for Pages {
    fn get_next_page(&mut self) -> Result<Option<Page>> {
        match self.pages.get_next_page()? {
            Some(page) if !self.is_plausible(&page) => Err(implausible()),
            page => Ok(page),
        }
    }

    fn peek_next_page(&mut self) -> Result<Option<PageMetadata>> {
        self.pages.peek_next_page()
    }

    fn skip_next_page(&mut self) -> Result<()> {
        self.pages.skip_next_page()
    }
}

#[cfg(test)]
mod tests {
    use std::fs::File;
    use std::io::Write;

    use super::*;

    /// A header: a data page, its size in memory, its size in the file; each zigzag.
    const HEADER: [u8; 6] = [0x15, 0, 0x15, 44, 0x15, 2];

    fn reads_header(header: &[u8]) -> bool {
        let file = rustix::fs::memfd_create("file", rustix::fs::MemfdFlags::CLOEXEC);
        let mut file = File::from(file.expect("memory can be had"));
        file.write_all(header).expect("it can be written");
        let bytes = FileBytes::of(file).expect("it has a length");
        PageBytes(Arc::new(bytes)).get_read(0).is_ok()
    }

    #[test]
    fn a_page_cannot_be_larger_in_memory_than_its_bytes_can_make() {
        assert!(reads_header(&HEADER));
        let huge = [0x15, 0, 0x15, 0xfe, 0xff, 0xff, 0xff, 0x0f, 0x15, 2];
        assert_eq!(page_sizes(&huge), Some((i32::MAX as u64, 1)));
        for header in [
            &huge[..],
            &[0x15, 0, 0x15, 46, 0x15, 2],
            &HEADER[..4],
            &[0x25],
        ] {
            assert!(!reads_header(header), "{header:?}");
        }
    }

    #[test]
    fn differences_cannot_be_more_than_the_page_has_values() {
        let deltas = |count: u8| [&[128, 1, 4, count, 0][..], &[0, 8, 0, 0, 0], &[1; 32]].concat();
        for encoding in [
            Encoding::DELTA_BINARY_PACKED,
            Encoding::DELTA_LENGTH_BYTE_ARRAY,
        ] {
            assert!(has_deltas_for(encoding, &deltas(33), 33));
            assert!(!has_deltas_for(encoding, &deltas(33), 32));
            // Sizes of blocks and parts that have no bytes.
            assert!(!has_deltas_for(encoding, &[128, 1, 0, 1, 0], 1));
            assert!(!has_deltas_for(encoding, &[128, 1, 4, 2, 0, 0], 2));
        }
        let both = |second| [deltas(33), deltas(second)].concat();
        assert!(has_deltas_for(Encoding::DELTA_BYTE_ARRAY, &both(33), 33));
        assert!(!has_deltas_for(Encoding::DELTA_BYTE_ARRAY, &both(34), 33));
        assert!(has_deltas_for(Encoding::PLAIN, b"", 33));
    }

    #[test]
    fn a_dictionary_has_bytes_for_its_values() {
        assert_eq!(
            least_bytes(Type::BYTE_ARRAY, u32::MAX),
            4 * u64::from(u32::MAX)
        );
        assert_eq!(least_bytes(Type::INT64, 3), 24);
    }
}
