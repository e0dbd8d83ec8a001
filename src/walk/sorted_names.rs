//! All names of one directory, sorted as bytes: a sorted walk reads them before it looks at the first entry.
//!
//! So entries come in an order that does not depend on the disk, and an error of the directory is known before its first
//! entry is reported. Memory: about 45 bytes per entry of the directories that are being read. No other walk keeps more
//! of a directory than a buffer per walker.

use std::ffi::CStr;
use std::mem::MaybeUninit;
use std::os::fd::BorrowedFd;

use rustix::fs::RawDir;
use rustix::io::Errno;

use super::dirents::{BUFFER, Chunk, LoopDetector, ReadEnd};
use crate::sys::failure::Failure;

/// Names that one walker looks at before another one may have the next: a buffer of getdents holds about as many.
const PIECE: usize = if cfg!(test) { 12 } else { 1024 };

/// See the module.
#[derive(Debug)]
pub(super) struct SortedNames {
    all: Chunk,
    /// The indices in `all`, in the order of the names.
    order: Vec<u32>,
    /// The next of `order`.
    next: usize,
    /// The directory could not be read to its end.
    pub(super) failure: Option<Failure>,
}

impl SortedNames {
    /// Reads the directory to its end. `goes_on` is asked before each read; none where it says no.
    pub(super) fn read(dir: BorrowedFd<'_>, goes_on: impl Fn() -> bool) -> Option<Self> {
        let mut buffer = [MaybeUninit::uninit(); BUFFER];
        let mut raw = RawDir::new(dir, &mut buffer);
        let mut all = Chunk::default();
        let mut loops = LoopDetector::default();
        let mut read = ReadEnd::More;
        while matches!(read, ReadEnd::More) {
            if !goes_on() {
                return None;
            }
            let before = all.len();
            read = all.fill(&mut raw);
            if matches!(read, ReadEnd::More) && loops.finds_loop(&all, before) {
                read = ReadEnd::Failed(Errno::UCLEAN);
            }
        }
        let mut order: Vec<u32> = (0..).take(all.len()).collect();
        order.sort_unstable_by(|&a, &b| all.name(a).cmp(all.name(b)));
        let failure = read.failure(!all.is_empty());
        Some(Self {
            all,
            order,
            next: 0,
            failure,
        })
    }

    /// True where one of the names is what is asked for.
    pub(super) fn contains(&self, is_wanted: impl Fn(&CStr) -> bool) -> bool {
        let mut names = self.order.iter().map(|&index| self.all.name(index));
        names.any(is_wanted)
    }

    /// Appends the next names to a chunk.
    pub(super) fn fill(&mut self, chunk: &mut Chunk) -> ReadEnd {
        let end = self.order.len().min(self.next + PIECE);
        let indices = self.order.get(self.next..end).unwrap_or_default();
        for dirent in indices
            .iter()
            .filter_map(|&index| self.all.get(index as usize))
        {
            chunk.push(dirent);
        }
        self.next = end;
        match end < self.order.len() {
            true => ReadEnd::More,
            false => ReadEnd::End,
        }
    }
}
