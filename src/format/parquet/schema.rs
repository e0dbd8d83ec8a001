//! The columns of a Parquet file of pdu, and how they are encoded.

use std::sync::Arc;

use parquet::basic::{
    Compression, ConvertedType, Encoding, LogicalType, Repetition, TimeUnit, Type,
};
use parquet::file::properties::{EnabledStatistics, WriterProperties};
use parquet::schema::types::{ColumnPath, Type as SchemaType, TypePtr};
use twox_hash::XxHash64;

/// The version of the schema (`pdu.schema`).
pub const VERSION: u32 = 1;

/// What is known of an entry (`state`).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum State {
    /// All.
    #[default]
    Ok,
    /// Nothing of the directory was read, or the entry could not be looked at.
    Unread,
    /// The directory was read in part.
    Broken,
    /// The entry lies on another file system (`-x`).
    Away,
    /// Another process reads the directory.
    HandedOver,
}

impl State {
    /// All of them, in the order of their numbers.
    pub(super) const ALL: [Self; 5] = [
        Self::Ok,
        Self::Unread,
        Self::Broken,
        Self::Away,
        Self::HandedOver,
    ];

    /// The state with this word.
    #[must_use]
    pub fn of(word: &[u8]) -> Option<Self> {
        let mut states = Self::ALL.into_iter();
        states.find(|state| state.word().as_bytes() == word)
    }

    /// Its word in the file.
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Unread => "unread",
            Self::Broken => "broken",
            Self::Away => "away",
            Self::HandedOver => "handed-over",
        }
    }
}

/// A file system, by a hash of its name; two names of 64 bits do not collide by accident.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct FsId(u64);

impl FsId {
    /// The file system is not known.
    pub const UNKNOWN: Self = Self(0);

    /// The file system with this name (column `fs`).
    #[must_use]
    pub fn of(name: &[u8]) -> Self {
        Self(XxHash64::oneshot(0, name).max(1))
    }

    /// Its number: 0 where it is not known.
    pub(crate) fn number(self) -> u64 {
        self.0
    }
}

/// Texts in a row group, in bytes, before it is full. Its dictionaries stay below this as well.
pub(super) const MOST_TEXT: usize = 4 << 20;

/// Rows in a row group.
pub(super) const MOST_ROWS: usize = 32_768;

/// Rows in a page: what a column has of a page is in memory several times while it is encoded and compressed.
pub(super) const PAGE_ROWS: usize = MOST_ROWS / 4;

#[derive(Clone, Copy)]
enum Logical {
    Plain,
    Text,
    Unsigned,
    Micros,
}

/// A column: name, physical type, meaning, repetition, encoding; [`Encoding::RLE_DICTIONARY`] stands for a dictionary.
type Column = (&'static str, Type, Logical, Repetition, Encoding);

const COLUMNS: &[Column] = {
    use Encoding::RLE_DICTIONARY as DICTIONARY;
    use Encoding::{DELTA_BINARY_PACKED as DELTA, DELTA_LENGTH_BYTE_ARRAY, PLAIN};
    use Logical::{Micros, Plain, Text, Unsigned};
    const OPTIONAL: Repetition = Repetition::OPTIONAL;
    const REQUIRED: Repetition = Repetition::REQUIRED;
    use Type::{BOOLEAN, BYTE_ARRAY, INT32, INT64};
    &[
        ("dir", BYTE_ARRAY, Text, REQUIRED, DICTIONARY),
        ("name", BYTE_ARRAY, Text, REQUIRED, DELTA_LENGTH_BYTE_ARRAY),
        ("raw", BYTE_ARRAY, Plain, OPTIONAL, PLAIN),
        ("depth", INT32, Plain, OPTIONAL, DICTIONARY),
        ("kind", BYTE_ARRAY, Text, OPTIONAL, DICTIONARY),
        ("allocated", INT64, Plain, REQUIRED, DELTA),
        ("apparent", INT64, Plain, REQUIRED, DELTA),
        ("total_allocated", INT64, Plain, OPTIONAL, DELTA),
        ("total_apparent", INT64, Plain, OPTIONAL, DELTA),
        ("total_inodes", INT64, Plain, OPTIONAL, DELTA),
        ("fs", BYTE_ARRAY, Text, OPTIONAL, DICTIONARY),
        ("device", INT64, Plain, OPTIONAL, DICTIONARY),
        ("inode", INT64, Plain, OPTIONAL, DELTA),
        ("links", INT32, Unsigned, OPTIONAL, DICTIONARY),
        ("uid", INT32, Unsigned, OPTIONAL, DICTIONARY),
        ("gid", INT32, Unsigned, OPTIONAL, DICTIONARY),
        ("mode", INT32, Unsigned, OPTIONAL, DICTIONARY),
        ("mtime", INT64, Micros, OPTIONAL, DELTA),
        ("counted", BOOLEAN, Plain, REQUIRED, PLAIN),
        ("state", BYTE_ARRAY, Text, REQUIRED, DICTIONARY),
        ("error", BYTE_ARRAY, Text, OPTIONAL, DICTIONARY),
    ]
};

/// Columns with a smallest and a largest value for each row group: by these an engine leaves out row groups.
const WITH_STATISTICS: &[&str] = &["dir", "allocated", "mtime"];

impl Logical {
    fn apply(self) -> (ConvertedType, Option<LogicalType>) {
        match self {
            Self::Plain => (ConvertedType::NONE, None),
            Self::Text => (ConvertedType::UTF8, Some(LogicalType::String)),
            Self::Unsigned => {
                let integer = LogicalType::integer(32, false);
                (ConvertedType::UINT_32, Some(integer))
            }
            Self::Micros => {
                let timestamp = LogicalType::timestamp(true, TimeUnit::MICROS);
                (ConvertedType::TIMESTAMP_MICROS, Some(timestamp))
            }
        }
    }
}

/// The schema of the file.
pub(super) fn schema() -> parquet::errors::Result<TypePtr> {
    let column = |&(name, physical, logical, repetition, _): &Column| {
        let (converted, logical) = logical.apply();
        let column = SchemaType::primitive_type_builder(name, physical)
            .with_repetition(repetition)
            .with_converted_type(converted)
            .with_logical_type(logical);
        column.build().map(Arc::new)
    };
    let columns: parquet::errors::Result<Vec<TypePtr>> = COLUMNS.iter().map(column).collect();
    let schema = SchemaType::group_type_builder("entry").with_fields(columns?);
    schema.build().map(Arc::new)
}

/// How the columns are encoded: in pages that Snappy compresses.
pub(super) fn properties() -> WriterProperties {
    let mut properties = WriterProperties::builder()
        .set_created_by(concat!("pdu ", env!("CARGO_PKG_VERSION")).into())
        .set_compression(Compression::SNAPPY)
        .set_dictionary_enabled(false)
        .set_dictionary_page_size_limit(2 * MOST_TEXT)
        .set_data_page_size_limit(2 * MOST_TEXT)
        .set_data_page_row_count_limit(PAGE_ROWS)
        .set_max_row_group_row_count(None)
        .set_statistics_enabled(EnabledStatistics::None)
        .set_offset_index_disabled(true);
    for &(name, _, _, _, encoding) in COLUMNS {
        let path = ColumnPath::from(name);
        properties = match encoding {
            Encoding::RLE_DICTIONARY => properties.set_column_dictionary_enabled(path, true),
            _ => properties.set_column_encoding(path, encoding),
        };
    }
    for &name in WITH_STATISTICS {
        let (path, chunk) = (ColumnPath::from(name), EnabledStatistics::Chunk);
        properties = properties.set_column_statistics_enabled(path, chunk);
    }
    properties.build()
}
