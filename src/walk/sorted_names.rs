//! All names of one directory, sorted as bytes: a sorted walk reads them before it looks at the first entry.
//!
//! So entries come in an order that does not depend on the disk, and an error of the directory is known before its first
//! entry is reported. Memory: about 45 bytes per entry of the directories that are being read, 57 while they are
//! sorted. No other walk keeps more of a directory than a buffer per walker.

use std::cell::Cell;
use std::ffi::CStr;
use std::mem::MaybeUninit;
use std::os::fd::BorrowedFd;

use rustix::fs::RawDir;
use rustix::io::Errno;

use super::dirents::{BUFFER, Chunk, Dirent, LoopDetector, ReadEnd};
use crate::sys::failure::Failure;

/// Names that one walker looks at before another one may have the next: a buffer of getdents holds about as many.
const PIECE: usize = if cfg!(test) { 12 } else { 1024 };

/// See the module.
#[derive(Debug, Default)]
pub(super) struct SortedNames {
    all: Chunk,
    /// The indices in `all`, in the order of the names.
    order: Vec<u32>,
    /// Memory of [`SortedNames::sort`].
    keyed: Vec<(u64, u32)>,
    /// The next of `order`.
    next: usize,
    /// The directory could not be read to its end.
    pub(super) failure: Option<Failure>,
}

thread_local! {
    /// The small list that this walker used last, emptied: most directories need no more memory than the one before.
    static SPARE: Cell<Option<Box<SortedNames>>> = const { Cell::new(None) };
}

impl SortedNames {
    /// Reads the directory to its end. `goes_on` is asked before each read; none where it says no.
    pub(super) fn read(dir: BorrowedFd<'_>, goes_on: impl Fn() -> bool) -> Option<Box<Self>> {
        let mut buffer = [MaybeUninit::uninit(); BUFFER];
        let mut raw = RawDir::new(dir, &mut buffer);
        let mut names = SPARE.take().unwrap_or_default();
        let all = &mut names.all;
        let mut loops = LoopDetector::default();
        let mut read = ReadEnd::More;
        while matches!(read, ReadEnd::More) {
            if !goes_on() {
                return None;
            }
            let before = all.len();
            read = all.fill(&mut raw);
            // A loop is found as well without the first buffer, which is all that most directories have.
            let is_later = before > 0 && matches!(read, ReadEnd::More);
            if is_later && loops.finds_loop(all, before) {
                read = ReadEnd::Failed(Errno::UCLEAN);
            }
        }
        names.failure = read.failure(!names.all.is_empty());
        names.sort();
        Some(names)
    }

    /// Keeps the memory for the next directory of this walker. To be called where the first piece was all.
    pub(super) fn recycle(mut self: Box<Self>) {
        self.all.clear();
        self.order.clear();
        self.keyed.clear();
        self.next = 0;
        SPARE.set(Some(self));
    }

    /// The next name of the first piece.
    pub(super) fn next_of_first_piece(&mut self) -> Option<Dirent<'_>> {
        let &index = self.order.get(self.next).filter(|_| self.next < PIECE)?;
        self.next += 1;
        self.all.get(index as usize)
    }

    /// True where all names have been taken.
    pub(super) fn is_at_end(&self) -> bool {
        self.next >= self.order.len()
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
        match self.is_at_end() {
            true => ReadEnd::End,
            false => ReadEnd::More,
        }
    }

    /// Sets `order`. Most comparisons need only the first bytes in which names differ.
    fn sort(&mut self) {
        let all = &self.all;
        let start = common_start(all);
        let indices = (0..).take(all.len());
        let keyed = indices.map(|index| (key(all.name_bytes(index).get(start..)), index));
        self.keyed.extend(keyed);
        self.keyed.sort_unstable_by(|&(a_key, a), &(b_key, b)| {
            let names = || all.name_bytes(a).cmp(all.name_bytes(b));
            a_key.cmp(&b_key).then_with(names)
        });
        if all.len() > PIECE {
            // The memory of the keys becomes that of the indices, and the rest of it is given back.
            let keyed = std::mem::take(&mut self.keyed).into_iter();
            self.order = keyed.map(|(_, index)| index).collect();
        } else {
            self.order
                .extend(self.keyed.iter().map(|&(_, index)| index));
        }
    }
}

/// The length of what all names begin with.
fn common_start(all: &Chunk) -> usize {
    let first = all.name_bytes(0);
    let others = (1..).take(all.len().saturating_sub(1));
    others.fold(first.len(), |length, index| {
        let name = all.name_bytes(index);
        if first
            .get(..length)
            .is_some_and(|start| name.starts_with(start))
        {
            return length;
        }
        let pairs = first.iter().zip(name).take(length);
        pairs.take_while(|(a, b)| a == b).count()
    })
}

/// The first eight bytes as a number of the same order. No name has a NUL, so a shorter one comes first.
fn key(bytes: Option<&[u8]>) -> u64 {
    let bytes = bytes.unwrap_or_default();
    if let Some(&first) = bytes.first_chunk() {
        return u64::from_be_bytes(first);
    }
    let shift = |number, &byte| number << 8 | u64::from(byte);
    let number: u64 = bytes.iter().fold(0, shift);
    // The bytes after the name are zeros: all eight, where it is empty.
    let missing = 8 - bytes.len() as u32;
    number.checked_shl(8 * missing).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use rustix::fs::FileType;
    use std::ffi::CString;

    #[test]
    fn names_are_in_the_order_of_their_bytes() {
        let names = [
            "a",
            "",
            "ab",
            "file 10",
            "file 1",
            "file 100000000",
            "file 10000000\u{1}",
            "file 10000000",
            "file 2",
            "\u{e9}",
            "\u{1}",
            "z",
        ];
        for (first, second) in [(0, 12), (3, 9), (5, 8), (0, 1), (0, 0)] {
            let mut sorted = SortedNames::default();
            let mut expected: Vec<&str> = names[first..second].to_vec();
            for name in &expected {
                let name = CString::new(*name).expect("it has no NUL");
                let (name, kind, number) = (name.as_c_str(), FileType::Unknown, 1);
                sorted.all.push(Dirent { name, kind, number });
            }
            let given = expected.clone();
            expected.sort_unstable();
            sorted.sort();
            let ordered: Vec<&str> = sorted
                .order
                .iter()
                .map(|&index| given[index as usize])
                .collect();
            assert_eq!(ordered, expected);
        }
    }
}
