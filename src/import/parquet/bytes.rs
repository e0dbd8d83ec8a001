//! The bytes of a Parquet file.

use std::fs::File;
use std::io::{self, BufReader, Read};
use std::os::unix::fs::FileExt;
use std::sync::Arc;

use bytes::{Buf, Bytes};
use parquet::errors::{ParquetError, Result as ParquetResult};
use parquet::file::reader::{ChunkReader, Length};

use crate::format::parquet::MAGIC;
use crate::import::error::ImportError;
use crate::sys::retry::retry;

/// The metadata's length and the magic bytes, after the metadata.
pub(super) const TAIL: usize = 8;

/// The bytes of a file, of which a part may be in memory already.
#[derive(Debug, Clone)]
pub(super) struct FileBytes {
    file: Arc<File>,
    length: u64,
    part: Option<(u64, Bytes)>,
}

/// Reads a file from a position on.
#[derive(Debug)]
struct FileFrom {
    file: Arc<File>,
    at: u64,
}

impl FileBytes {
    /// All bytes of a file, none of them in memory.
    pub(super) fn of(file: File) -> Result<Self, ImportError> {
        let stat = retry(|| rustix::fs::fstat(&file));
        let stat = stat.map_err(|errno| ImportError::Read(errno.raw_os_error()))?;
        Ok(Self {
            file: Arc::new(file),
            length: u64::try_from(stat.st_size).unwrap_or(0),
            part: None,
        })
    }

    /// A part of the file.
    pub(super) fn part(&self, start: u64, length: usize) -> Result<Bytes, ImportError> {
        self.get_bytes(start, length).map_err(unreadable)
    }

    /// The same file, of which this part is in memory, and nothing else is read.
    pub(super) fn with_part(&self, start: u64, part: Bytes) -> Self {
        Self {
            file: Arc::clone(&self.file),
            part: Some((start, part)),
            ..*self
        }
    }

    /// The bytes of the footer, and where it starts.
    pub(super) fn footer(&self) -> Result<(Bytes, u64), ImportError> {
        let whole = || ImportError::damaged("not a whole Parquet file: it has no footer");
        let magic = MAGIC.len() as u64;
        let start = self
            .length
            .checked_sub(TAIL as u64)
            .filter(|&at| at >= magic)
            .ok_or_else(whole)?;
        let mut tail = self.part(start, TAIL)?;
        let length = u64::from(tail.get_u32_le());
        if *tail != *MAGIC {
            return Err(whole());
        }
        let start = start
            .checked_sub(length)
            .filter(|&at| at >= magic)
            .ok_or_else(whole)?;
        let rest = usize::try_from(self.length - start).map_err(|_| whole())?;
        Ok((self.part(start, rest)?, start))
    }
}

fn unreadable(error: ParquetError) -> ImportError {
    match error {
        ParquetError::External(error) => {
            let errno = error
                .downcast_ref::<io::Error>()
                .and_then(io::Error::raw_os_error);
            ImportError::Read(errno.unwrap_or(0))
        }
        error => ImportError::damaged(error.to_string()),
    }
}

impl Length for FileBytes {
    fn len(&self) -> u64 {
        self.length
    }
}

impl ChunkReader for FileBytes {
    type T = Box<dyn Read>;

    fn get_read(&self, start: u64) -> ParquetResult<Self::T> {
        if let Some((from, part)) = &self.part {
            let skip = usize::try_from(start.wrapping_sub(*from)).unwrap_or(usize::MAX);
            return Ok(Box::new(part.slice(skip.min(part.len())..).reader()));
        }
        let file = Arc::clone(&self.file);
        Ok(Box::new(BufReader::new(FileFrom { file, at: start })))
    }

    fn get_bytes(&self, start: u64, length: usize) -> ParquetResult<Bytes> {
        let too_short = || ParquetError::EOF("the file ends before it is whole".into());
        if let Some((from, part)) = &self.part {
            let skip = usize::try_from(start.wrapping_sub(*from)).unwrap_or(usize::MAX);
            let end = skip.checked_add(length).filter(|&end| end <= part.len());
            return end.map(|end| part.slice(skip..end)).ok_or_else(too_short);
        }
        // The length is what the file claims: it takes no more memory than the file has bytes.
        if length as u64 > self.length.saturating_sub(start) {
            return Err(too_short());
        }
        let mut bytes = vec![0; length];
        let (mut file, mut read) = (self.get_read(start)?, 0);
        while read < length {
            match file.read(&mut bytes[read..]) {
                Ok(0) => return Err(too_short()),
                Ok(count) => read += count,
                Err(error) => return Err(ParquetError::External(Box::new(error))),
            }
        }
        Ok(bytes.into())
    }
}

impl Read for FileFrom {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = retry(|| self.file.read_at(buffer, self.at))?;
        self.at += count as u64;
        Ok(count)
    }
}
