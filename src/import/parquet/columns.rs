//! The columns that pdu reads, found by name, and their values a batch at a time.

use std::sync::Arc;

use parquet::basic::{ConvertedType, LogicalType, TimeUnit, Type};
use parquet::column::reader::{ColumnReader, ColumnReaderImpl, get_column_reader};
use parquet::data_type::{ByteArray, DataType};
use parquet::errors::{ParquetError, Result as ParquetResult};
use parquet::file::metadata::RowGroupMetaData;
use parquet::schema::types::{ColumnDescriptor, SchemaDescriptor};

use super::bytes::FileBytes;
use super::pages::Pages;
use crate::import::error::ImportError;

/// What pdu reads. [`FIELDS`] has the names, in this order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Field {
    Dir,
    Name,
    Raw,
    Kind,
    Allocated,
    Apparent,
    TotalAllocated,
    TotalApparent,
    TotalInodes,
    Device,
    Inode,
    Links,
    Uid,
    Gid,
    Mode,
    Mtime,
    Counted,
    State,
    Error,
    Fs,
}

/// The type that the values of a column must have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Wanted {
    Text,
    Integer,
    Boolean,
    Time,
}

/// Whether a file is of use without the column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Need {
    Required,
    Optional,
}

const FIELDS: &[(Field, &str, Wanted, Need)] = {
    use Need::{Optional, Required};
    use Wanted::{Boolean, Integer, Text, Time};
    &[
        (Field::Dir, "dir", Text, Required),
        (Field::Name, "name", Text, Required),
        (Field::Raw, "raw", Text, Optional),
        (Field::Kind, "kind", Text, Required),
        (Field::Allocated, "allocated", Integer, Required),
        (Field::Apparent, "apparent", Integer, Required),
        (Field::TotalAllocated, "total_allocated", Integer, Optional),
        (Field::TotalApparent, "total_apparent", Integer, Optional),
        (Field::TotalInodes, "total_inodes", Integer, Optional),
        (Field::Device, "device", Integer, Optional),
        (Field::Inode, "inode", Integer, Optional),
        (Field::Links, "links", Integer, Optional),
        (Field::Uid, "uid", Integer, Optional),
        (Field::Gid, "gid", Integer, Optional),
        (Field::Mode, "mode", Integer, Optional),
        (Field::Mtime, "mtime", Time, Optional),
        (Field::Counted, "counted", Boolean, Optional),
        (Field::State, "state", Text, Optional),
        (Field::Error, "error", Text, Optional),
        (Field::Fs, "fs", Text, Optional),
    ]
};

/// A column of a file.
#[derive(Debug, Clone, Copy)]
pub(super) struct Column {
    pub(super) field: Field,
    /// Its place in a row group.
    pub(super) index: usize,
    /// How many of its units are a microsecond, or how many microseconds one of them is.
    unit: Unit,
    /// An unsigned 32-bit integer.
    is_unsigned: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Unit {
    Seconds1000,
    Micros,
    Nanos,
}

/// The values of some rows of a column, which are taken one after the other. Of a column that the file does not have, each
/// value is null.
#[derive(Debug, Default)]
pub(super) struct Values {
    texts: Batch<ByteArray>,
    /// Integers, times in microseconds, and booleans as 0 and 1.
    integers: Batch<i64>,
}

/// Values of some rows. The buffers are used again for the next rows.
#[derive(Debug, Default)]
pub(super) struct Batch<V> {
    values: Vec<V>,
    /// 1 for each row that has a value, 0 for a null; empty where no value can be null.
    levels: Vec<i16>,
    /// The next row, and the next value.
    row: usize,
    value: usize,
}

impl<V> Batch<V> {
    /// The value of the next row.
    fn next(&mut self) -> Option<&V> {
        let is_null = self.levels.get(self.row) == Some(&0);
        self.row += 1;
        if is_null {
            return None;
        }
        self.value += 1;
        self.values.get(self.value - 1)
    }

    fn clear(&mut self) {
        self.values.clear();
        self.levels.clear();
        (self.row, self.value) = (0, 0);
    }
}

impl Values {
    /// The text of the next row.
    pub(super) fn next_text(&mut self) -> Option<&ByteArray> {
        self.texts.next()
    }

    /// The integer of the next row.
    pub(super) fn next_integer(&mut self) -> Option<i64> {
        self.integers.next().copied()
    }
}

impl Unit {
    /// A time in microseconds.
    fn micros(self, time: i64) -> i64 {
        match self {
            Self::Micros => time,
            Self::Nanos => time.div_euclid(1000),
            Self::Seconds1000 => time.saturating_mul(1000),
        }
    }
}

/// The columns of the file that pdu reads. The last of two columns of one name is taken.
pub(super) fn find_columns(schema: &SchemaDescriptor) -> Result<Vec<Column>, ImportError> {
    let mut columns = Vec::new();
    for &(field, name, wanted, need) in FIELDS {
        let mut leaves = schema.columns().iter().enumerate();
        let leaf = leaves.rfind(|(_, leaf)| leaf.path().parts() == [name]);
        match leaf {
            Some((index, leaf)) => columns.push(column(field, index, leaf, (name, wanted))?),
            None if need == Need::Required => {
                return Err(ImportError::damaged(format!("no column '{name}'")));
            }
            None => {}
        }
    }
    Ok(columns)
}

fn column(
    field: Field,
    index: usize,
    leaf: &ColumnDescriptor,
    (name, wanted): (&str, Wanted),
) -> Result<Column, ImportError> {
    let (physical, logical) = (leaf.physical_type(), leaf.logical_type_ref());
    let is_decimal = leaf.converted_type() == ConvertedType::DECIMAL;
    let is_integer = matches!(physical, Type::INT32 | Type::INT64) && !is_decimal;
    let fits = match wanted {
        Wanted::Text => matches!(physical, Type::BYTE_ARRAY),
        Wanted::Integer => is_integer,
        Wanted::Boolean => physical == Type::BOOLEAN,
        Wanted::Time => matches!(physical, Type::INT64 | Type::INT96) && !is_decimal,
    };
    if !fits || leaf.max_rep_level() > 0 || leaf.max_def_level() > 1 {
        let what = match wanted {
            Wanted::Text => "text",
            Wanted::Integer => "integer",
            Wanted::Boolean => "boolean",
            Wanted::Time => "time",
        };
        return Err(ImportError::damaged(format!(
            "column '{name}' is no {what}"
        )));
    }
    let unit = match (logical, leaf.converted_type()) {
        (Some(LogicalType::Timestamp(time)), _) if time.unit == TimeUnit::MILLIS => {
            Unit::Seconds1000
        }
        (Some(LogicalType::Timestamp(time)), _) if time.unit == TimeUnit::NANOS => Unit::Nanos,
        (None, ConvertedType::TIMESTAMP_MILLIS) => Unit::Seconds1000,
        _ => Unit::Micros,
    };
    Ok(Column {
        field,
        index,
        unit,
        is_unsigned: matches!(leaf.converted_type(), ConvertedType::UINT_32),
    })
}

/// The columns of one row group.
pub(super) struct GroupReader {
    columns: Vec<(Column, bool, ColumnReader)>,
}

impl GroupReader {
    pub(super) fn new(
        group: &RowGroupMetaData,
        columns: &[Column],
        bytes: &Arc<FileBytes>,
    ) -> ParquetResult<Self> {
        let rows = usize::try_from(group.num_rows()).unwrap_or(0);
        let reader = |&column: &Column| {
            let chunk = group.columns().get(column.index);
            let chunk = chunk.ok_or_else(|| ParquetError::General("a column is missing".into()))?;
            let pages = Pages::new(bytes, chunk, rows)?;
            let descriptor = chunk.column_descr_ptr();
            let is_optional = descriptor.max_def_level() > 0;
            let reader = get_column_reader(descriptor, Box::new(pages));
            Ok((column, is_optional, reader))
        };
        let columns: ParquetResult<Vec<_>> = columns.iter().map(reader).collect();
        Ok(Self { columns: columns? })
    }

    /// Reads so many rows of each column into the place of its field.
    pub(super) fn read(
        &mut self,
        rows: usize,
        batch: &mut [Values; FIELD_COUNT],
    ) -> ParquetResult<()> {
        for (column, is_optional, reader) in &mut self.columns {
            let values = &mut batch[column.field as usize];
            read(reader, (rows, *is_optional), column, values)?;
        }
        Ok(())
    }

    /// Checks that no column has more values.
    pub(super) fn end(&mut self) -> ParquetResult<()> {
        for (column, is_optional, reader) in &mut self.columns {
            if read(reader, (1, *is_optional), column, &mut Values::default()).is_ok() {
                return Err(ParquetError::General("a column has too many values".into()));
            }
        }
        Ok(())
    }
}

/// Number of fields.
pub(super) const FIELD_COUNT: usize = FIELDS.len();

fn read(
    reader: &mut ColumnReader,
    rows: (usize, bool),
    column: &Column,
    values: &mut Values,
) -> ParquetResult<()> {
    if let ColumnReader::ByteArrayColumnReader(reader) = reader {
        return fill(reader, rows, &mut values.texts);
    }
    let numbers = &mut values.integers;
    match reader {
        ColumnReader::Int64ColumnReader(reader) => {
            fill(reader, rows, numbers)?;
            if column.unit != Unit::Micros {
                let times = numbers.values.iter_mut();
                times.for_each(|time| *time = column.unit.micros(*time));
            }
            Ok(())
        }
        ColumnReader::BoolColumnReader(reader) => convert(reader, rows, numbers, i64::from),
        ColumnReader::Int32ColumnReader(reader) if column.is_unsigned => {
            convert(reader, rows, numbers, |value| value.cast_unsigned().into())
        }
        ColumnReader::Int32ColumnReader(reader) => convert(reader, rows, numbers, i64::from),
        ColumnReader::Int96ColumnReader(reader) => {
            convert(reader, rows, numbers, |value| value.to_micros())
        }
        // `column` has refused other types.
        _ => {
            numbers.clear();
            Ok(())
        }
    }
}

/// Reads so many rows.
fn fill<T: DataType>(
    reader: &mut ColumnReaderImpl<T>,
    (rows, is_optional): (usize, bool),
    batch: &mut Batch<T::T>,
) -> ParquetResult<()> {
    batch.clear();
    let levels = is_optional.then_some(&mut batch.levels);
    let (read, _, _) = reader.read_records(rows, levels, None, &mut batch.values)?;
    if read != rows || is_optional && batch.levels.len() != rows {
        return Err(ParquetError::EOF("a column has too few values".into()));
    }
    Ok(())
}

/// Reads so many rows, and makes integers of the values.
fn convert<T: DataType>(
    reader: &mut ColumnReaderImpl<T>,
    rows: (usize, bool),
    numbers: &mut Batch<i64>,
    convert: impl Fn(T::T) -> i64,
) -> ParquetResult<()> {
    let mut batch = Batch {
        levels: std::mem::take(&mut numbers.levels),
        ..Batch::default()
    };
    fill(reader, rows, &mut batch)?;
    numbers.clear();
    numbers.levels = batch.levels;
    numbers.values.extend(batch.values.into_iter().map(convert));
    Ok(())
}
