//! Retries of calls that fail with EINTR: at most 100 times. std retries for ever, on a file system or a stream that
//! returns EINTR each time.

use std::ffi::OsStr;
use std::fs::File;
use std::io::{self, Read};
use std::os::fd::AsFd;
use std::path::Path;

use rustix::fs::{Mode, OFlags};
use rustix::io::Errno;

/// How often a call is retried.
pub const INTERRUPTIONS: usize = 100;

/// An error that may be EINTR.
pub trait Interruption {
    /// True where it is EINTR.
    fn is_interruption(&self) -> bool;
}

impl Interruption for Errno {
    fn is_interruption(&self) -> bool {
        *self == Self::INTR
    }
}

impl Interruption for io::Error {
    fn is_interruption(&self) -> bool {
        self.kind() == io::ErrorKind::Interrupted
    }
}

/// Makes a call; retries it on EINTR, at most [`INTERRUPTIONS`] times.
pub fn retry<T, E: Interruption>(mut call: impl FnMut() -> Result<T, E>) -> Result<T, E> {
    let mut result = call();
    for _ in 0..INTERRUPTIONS {
        match &result {
            Err(error) if error.is_interruption() => result = call(),
            _ => break,
        }
    }
    result
}

/// Opens a file for reading.
pub fn open(name: &OsStr) -> Result<File, Errno> {
    let flags = OFlags::RDONLY | OFlags::CLOEXEC;
    retry(|| rustix::fs::open(name, flags, Mode::empty())).map(File::from)
}

/// Reads to the end.
pub fn read_all(mut from: impl Read, text: &mut Vec<u8>) -> io::Result<()> {
    let mut buffer = [0; 8192];
    loop {
        match retry(|| from.read(&mut buffer))? {
            0 => return Ok(()),
            count => text.extend_from_slice(&buffer[..count]),
        }
    }
}

/// The content of a file, or its first `most` bytes; nothing where it cannot be read.
#[must_use]
pub fn read_file(path: &Path, most: u64) -> Option<Vec<u8>> {
    let mut data = Vec::new();
    read_all(open(path.as_os_str()).ok()?.take(most), &mut data).ok()?;
    Some(data)
}

/// Writes some of the bytes.
pub fn write(to: impl AsFd, bytes: &[u8]) -> Result<usize, Errno> {
    retry(|| rustix::io::write(&to, bytes))
}

/// EIO in place of EINTR, for callers that retry EINTR for ever, as std does.
pub fn without_eintr<T>(result: io::Result<T>) -> io::Result<T> {
    result.map_err(|error| match error.is_interruption() {
        true => Errno::IO.into(),
        false => error,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn calls(interruptions: usize) -> (usize, Result<(), Errno>) {
        let mut calls = 0;
        let result = retry(|| {
            calls += 1;
            match calls <= interruptions {
                true => Err(Errno::INTR),
                false => Err(Errno::IO),
            }
        });
        (calls, result)
    }

    #[test]
    fn only_interruptions_are_tried_again_and_not_for_ever() {
        assert_eq!(calls(0), (1, Err(Errno::IO)));
        assert_eq!(calls(INTERRUPTIONS), (INTERRUPTIONS + 1, Err(Errno::IO)));
        assert_eq!(calls(usize::MAX), (INTERRUPTIONS + 1, Err(Errno::INTR)));
    }
}
