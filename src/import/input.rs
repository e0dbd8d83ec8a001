//! A file of an earlier scan, whose first bytes tell its format.

use std::ffi::OsStr;
use std::fs::File;
use std::os::fd::AsFd;
use std::os::unix::fs::FileExt;

use rustix::fs::FileType;

use super::error::ImportError;
use super::links::Links;
use super::ncdu::ExportReader;
#[cfg(feature = "parquet")]
use super::parquet::ParquetReader;
use crate::count::usage::{FileTime, Measure};
use crate::count::visitor::Visitor;
use crate::format::parquet::MAGIC;
use crate::sys::failure::{Failure, Operation};
use crate::sys::retry::{open, retry};

/// An opened file.
pub enum Import {
    /// An export in the format of ncdu.
    Ncdu(Box<ExportReader>),
    /// A Parquet file.
    #[cfg(feature = "parquet")]
    Parquet(Box<ParquetReader>),
    /// A Parquet file, which cannot be read.
    #[cfg(not(feature = "parquet"))]
    Parquet,
}

impl Import {
    /// Opens a file; `-` is standard input. `links` says what happens to further links.
    pub fn open(name: &OsStr, links: Links) -> Result<Self, Failure> {
        if name == "-" {
            let stdin = rustix::stdio::stdin();
            let copy = stdin.try_clone_to_owned().ok().map(File::from);
            return Ok(match copy.filter(is_parquet) {
                Some(file) => Self::parquet(file, links),
                None => Self::Ncdu(Box::new(ExportReader::of_stdin(links))),
            });
        }
        let file = open(name).map_err(|errno| Failure::of(Operation::OpenNames, &errno.into()))?;
        Ok(match is_parquet(&file) {
            true => Self::parquet(file, links),
            false => Self::Ncdu(Box::new(ExportReader::new(Box::new(file), links))),
        })
    }

    /// The file, if it is a Parquet file of which nothing was read yet.
    #[cfg(feature = "parquet")]
    pub(crate) fn parquet_file(&self) -> Result<Option<File>, ImportError> {
        match self {
            Self::Ncdu(_) => Ok(None),
            Self::Parquet(reader) => reader.file(),
        }
    }

    #[cfg(feature = "parquet")]
    fn parquet(file: File, links: Links) -> Self {
        Self::Parquet(Box::new(ParquetReader::new(file, links)))
    }

    #[cfg(not(feature = "parquet"))]
    fn parquet(_: File, _links: Links) -> Self {
        Self::Parquet
    }

    /// Reports at most `most` entries to the visitor. False after the end.
    pub fn advance(
        &mut self,
        visitor: &mut impl Visitor,
        most: usize,
    ) -> Result<bool, ImportError> {
        match self {
            Self::Ncdu(export) => export.advance(visitor, most),
            #[cfg(feature = "parquet")]
            Self::Parquet(file) => file.advance(visitor, most),
            #[cfg(not(feature = "parquet"))]
            Self::Parquet => Err(ImportError::damaged(crate::format::parquet::NOT_BUILT)),
        }
    }

    /// When the scan began, where the file says so. Known after the first entry.
    #[must_use]
    pub fn started(&self) -> Option<FileTime> {
        match self {
            Self::Ncdu(export) => export.started(),
            #[cfg(feature = "parquet")]
            Self::Parquet(file) => file.started(),
            #[cfg(not(feature = "parquet"))]
            Self::Parquet => None,
        }
    }

    /// The measure that the file does not have, because its maker knows one only. Known at the end.
    #[must_use]
    pub fn missing(&self) -> Option<Measure> {
        match self {
            Self::Ncdu(export) => export.missing(),
            #[cfg(feature = "parquet")]
            Self::Parquet(_) => None,
            #[cfg(not(feature = "parquet"))]
            Self::Parquet => None,
        }
    }

    /// Reports the directories that are still open as unfinished.
    pub fn give_up(&mut self, visitor: &mut impl Visitor) {
        match self {
            Self::Ncdu(export) => export.give_up(visitor),
            #[cfg(feature = "parquet")]
            Self::Parquet(file) => file.give_up(visitor),
            #[cfg(not(feature = "parquet"))]
            Self::Parquet => {}
        }
    }
}

/// True for a regular file that begins as a Parquet file does. No byte of a pipe is taken.
fn is_parquet(file: &File) -> bool {
    let stat = retry(|| rustix::fs::fstat(file.as_fd()));
    let is_file =
        stat.is_ok_and(|stat| FileType::from_raw_mode(stat.st_mode) == FileType::RegularFile);
    let mut first = [0; MAGIC.len()];
    is_file && retry(|| file.read_exact_at(&mut first, 0)).is_ok() && first == *MAGIC
}
