//! All names of one directory, sorted as bytes: a sorted walk reads them before it looks at the first entry.
//!
//! So entries come in an order that does not depend on the disk, and an error of the directory is known before its first
//! entry is reported. Memory: about 45 bytes per entry of the directories that are being read, 57 while they are
//! sorted. No other walk keeps more of a directory than a buffer per walker.

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
        let failure = read.failure(!all.is_empty());
        Some(Self {
            order: order(&all),
            all,
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

/// The indices of the names, in the order of the names. Most comparisons need only the first bytes in which names differ.
fn order(all: &Chunk) -> Vec<u32> {
    let name = |index| all.name(index).to_bytes();
    let start = common_start(all);
    let indices = (0..).take(all.len());
    let keyed = indices.map(|index| (key(name(index).get(start..)), index));
    let mut keyed: Vec<(u64, u32)> = keyed.collect();
    keyed.sort_unstable_by(|&(a_key, a), &(b_key, b)| {
        a_key.cmp(&b_key).then_with(|| name(a).cmp(name(b)))
    });
    keyed.into_iter().map(|(_, index)| index).collect()
}

/// The length of what all names begin with.
fn common_start(all: &Chunk) -> usize {
    let first = all.name(0).to_bytes();
    let others = (1..).take(all.len().saturating_sub(1));
    let lengths = others.map(|index| {
        let pairs = first.iter().zip(all.name(index).to_bytes());
        pairs.take_while(|(a, b)| a == b).count()
    });
    lengths.min().unwrap_or(0)
}

/// The first eight bytes as a number of the same order. No name has a NUL, so a shorter one comes first.
fn key(bytes: Option<&[u8]>) -> u64 {
    let first = bytes.unwrap_or_default().iter().take(8);
    let mut padded = [0; 8];
    for (to, &from) in padded.iter_mut().zip(first) {
        *to = from;
    }
    u64::from_be_bytes(padded)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::walk::dirents::Dirent;
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
            let mut all = Chunk::default();
            let mut expected: Vec<&str> = names[first..second].to_vec();
            for name in &expected {
                let name = CString::new(*name).expect("it has no NUL");
                let (name, kind, number) = (name.as_c_str(), FileType::Unknown, 1);
                all.push(Dirent { name, kind, number });
            }
            let given = expected.clone();
            expected.sort_unstable();
            let ordered: Vec<&str> = order(&all)
                .iter()
                .map(|&index| given[index as usize])
                .collect();
            assert_eq!(ordered, expected);
        }
    }
}
