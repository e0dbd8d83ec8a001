//! Entries of a directory as `getdents64` returns them, one buffer at a time.
//!
//! A read ends at the end of the buffer, at the end of the directory, or with an error. EINTR is retried at most
//! [`INTERRUPTIONS`] times in a buffer.

use std::ffi::CStr;
use std::ops::ControlFlow;
use std::os::fd::BorrowedFd;

use rustix::fs::{FileType, RawDir, RawDirEntry};
use rustix::io::Errno;

use crate::count::listing::Names;
use crate::sys::failure::{Failure, Operation};
use crate::sys::retry::INTERRUPTIONS;

/// Bytes of directory entries read at a time: what the C library reads.
///
/// Small in tests, so that directories of some entries take the ways of large ones.
pub(super) const BUFFER: usize = if cfg!(test) { 512 } else { 32 * 1024 };

/// How often a listing comes back to the same entry before it is taken for endless.
const ROUNDS: u32 = 8;

/// One entry as the directory lists it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Dirent<'a> {
    pub(super) name: &'a CStr,
    /// A hint: some file systems know no types, some return wrong ones.
    pub(super) kind: FileType,
    pub(super) number: u64,
}

/// How the read of a buffer ended.
#[derive(Debug)]
pub(super) enum ReadEnd {
    /// There may be more entries.
    More,
    /// The directory has no more entries.
    End,
    Failed(Errno),
}

/// Entries that were read and have no stat yet.
#[derive(Debug, Default)]
pub(super) struct Chunk {
    /// Position of the first entry in its group.
    pub(super) start: usize,
    names: Names,
    hints: Vec<(FileType, u64)>,
}

/// Finds out whether a listing repeats itself for ever: those of some broken file systems do.
///
/// It remembers one entry, the latest whose number is a power of two (Brent's algorithm): so it finds a loop of any
/// length in time proportional to that length. A file that is renamed meanwhile may be listed twice, but not
/// [`ROUNDS`] times.
#[derive(Debug, Default)]
pub(super) struct LoopDetector {
    entries: u64,
    number: u64,
    name: Vec<u8>,
    met: u32,
}

impl<'a> From<&'a RawDirEntry<'_>> for Dirent<'a> {
    fn from(entry: &'a RawDirEntry<'_>) -> Self {
        Self {
            name: entry.file_name(),
            kind: entry.file_type(),
            number: entry.ino(),
        }
    }
}

/// Calls `each` for the entries of one buffer, `.` and `..` left out, until it breaks.
pub(super) fn read_buffer(
    raw: &mut RawDir<'_, BorrowedFd<'_>>,
    mut each: impl FnMut(Dirent<'_>) -> ControlFlow<()>,
) -> ReadEnd {
    let mut interruptions = 0;
    loop {
        match raw.next() {
            // A directory that was removed while it was open has come to its end.
            None | Some(Err(Errno::NOENT)) => return ReadEnd::End,
            Some(Err(Errno::INTR)) if interruptions < INTERRUPTIONS => interruptions += 1,
            Some(Err(errno)) => return ReadEnd::Failed(errno),
            Some(Ok(entry)) if matches!(entry.file_name().to_bytes(), b"." | b"..") => {}
            Some(Ok(entry)) => {
                if each(Dirent::from(&entry)).is_break() || raw.is_buffer_empty() {
                    return ReadEnd::More;
                }
            }
        }
    }
}

impl ReadEnd {
    /// The failure of a directory of which some entries were read before, or none.
    pub(super) fn failure(&self, some_were_read: bool) -> Option<Failure> {
        let Self::Failed(errno) = self else {
            return None;
        };
        let operation = match some_were_read {
            true => Operation::ReadOn,
            false => Operation::ReadDirectory,
        };
        Some(Failure::new(operation, *errno))
    }
}

impl Chunk {
    pub(super) fn starting_at(start: usize) -> Self {
        Self {
            start,
            ..Self::default()
        }
    }

    pub(super) fn len(&self) -> usize {
        self.hints.len()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.hints.is_empty()
    }

    /// Takes the rest of the buffer, or the next buffer.
    pub(super) fn fill(&mut self, raw: &mut RawDir<'_, BorrowedFd<'_>>) -> ReadEnd {
        read_buffer(raw, |dirent| {
            self.push(dirent);
            ControlFlow::Continue(())
        })
    }

    pub(super) fn push(&mut self, dirent: Dirent<'_>) {
        self.names.push(dirent.name);
        self.hints.push((dirent.kind, dirent.number));
    }

    pub(super) fn get(&self, index: usize) -> Option<Dirent<'_>> {
        let &(kind, number) = self.hints.get(index)?;
        let name = self.names.name(u32::try_from(index).ok()?);
        Some(Dirent { name, kind, number })
    }

    /// The name of an entry; the empty name beyond the end.
    pub(super) fn name(&self, index: u32) -> &CStr {
        self.names.name(index)
    }

    /// The same without its NUL.
    pub(super) fn name_bytes(&self, index: u32) -> &[u8] {
        self.names.bytes(index)
    }

    /// Removes the entries and keeps the memory.
    pub(super) fn clear(&mut self) {
        self.names.clear();
        self.hints.clear();
    }

    /// The entries `from..to` as a chunk of their own.
    pub(super) fn slice(&self, from: usize, to: usize) -> Self {
        let mut slice = Self::starting_at(self.start + from);
        for dirent in (from..to.min(self.len())).filter_map(|index| self.get(index)) {
            slice.push(dirent);
        }
        slice
    }
}

impl LoopDetector {
    /// Adds the entries of one more buffer, those of the chunk from an index on; true once the listing has repeated
    /// itself often enough.
    pub(super) fn finds_loop(&mut self, chunk: &Chunk, from: usize) -> bool {
        for (index, &(_, number)) in (0..).zip(&chunk.hints).skip(from) {
            let name = || chunk.names.name(index).to_bytes();
            self.entries += 1;
            if self.entries.is_power_of_two() {
                self.number = number;
                self.name.clear();
                self.name.extend_from_slice(name());
                self.met = 0;
            } else if self.number == number && self.name == name() {
                self.met += 1;
            }
        }
        self.met >= ROUNDS
    }
}
