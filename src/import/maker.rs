//! What the keys of an export mean, which depends on the program that made it. `docs/FORMATS.md` has the table and its
//! sources; this file is the table in code.

use super::entry::ExportedEntry;
use crate::count::usage::{FileTime, Measure, Usage};

/// The size that gdu takes for a directory before 5.37.
const DIRECTORY_OF_GDU: u64 = 4096;

/// The first version of gdu that marks every link to a file. Before, the first link had no mark.
const MARKS_EVERY_LINK: (u64, u64) = (5, 30);

/// The program that made an export, and the sizes that it writes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Maker {
    program: Program,
    sizes: Sizes,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Program {
    /// ncdu, restic.
    Ncdu,
    /// gdu, with its version; none is read as the newest.
    Gdu { version: Option<(u64, u64)> },
    /// pdu: as ncdu, and sums of directories that it does not list.
    Pdu,
    /// Any other.
    Other,
}

/// The sizes of an entry that an export contains.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Sizes {
    /// Both. A size that is absent is 0.
    Both,
    /// One, because the maker knows no other, or was told to leave it out. It stands for both.
    One,
}

/// The number of entries in a directory of an export.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Contents {
    /// None is listed.
    Nothing,
    /// Some are.
    Entries,
}

/// What the metadata of an export tell of its maker.
#[derive(Debug, Default)]
pub(super) struct Metadata {
    pub(super) progname: Vec<u8>,
    pub(super) progver: Vec<u8>,
    /// restic writes its snapshot in place of a name and a version.
    pub(super) program_version: Vec<u8>,
}

impl Metadata {
    pub(super) fn maker(&self) -> Maker {
        let program = match &*self.progname {
            b"ncdu" => Program::Ncdu,
            b"gdu" => Program::Gdu {
                version: version(&self.progver),
            },
            b"pdu" => Program::Pdu,
            b"" if self.program_version.starts_with(b"restic") => Program::Ncdu,
            _ => Program::Other,
        };
        let sizes = Sizes::Both;
        Maker { program, sizes }
    }
}

/// The first two numbers of a version such as `v5.30.1` or `5.22.0-1+b1`.
fn version(text: &[u8]) -> Option<(u64, u64)> {
    let text = str::from_utf8(text).ok()?;
    let text = text.strip_prefix('v').unwrap_or(text);
    let mut numbers = text.split(|character: char| !character.is_ascii_digit());
    let mut number = || numbers.next()?.parse().ok();
    Some((number()?, number()?))
}

impl Maker {
    /// Takes from the root which sizes the export contains.
    pub(super) fn see_root(&mut self, root: &ExportedEntry) {
        let both = root.allocated.is_some() && root.apparent.is_some();
        self.sizes = match self.program {
            // gdu writes both on every directory, or none before 5.37, or those that its user chose.
            Program::Gdu { .. } if root.has_size() && !both => Sizes::One,
            // Lists of object stores have one size of files, and none of directories.
            Program::Other if !both => Sizes::One,
            Program::Ncdu | Program::Gdu { .. } | Program::Pdu | Program::Other => Sizes::Both,
        };
    }

    /// The measure that no entry has, where the export contains one only; given whether some entry has an allocated and an
    /// apparent size.
    pub(super) fn missing(self, (has_allocated, has_apparent): (bool, bool)) -> Option<Measure> {
        match (self.sizes, has_allocated, has_apparent) {
            (Sizes::One, false, true) => Some(Measure::Allocated),
            (Sizes::One, true, false) => Some(Measure::Apparent),
            (Sizes::One, ..) | (Sizes::Both, ..) => None,
        }
    }

    /// True where a mark means that the file was counted before, at a link without a mark.
    pub(super) fn marks_later_links_only(self) -> bool {
        match self.program {
            Program::Gdu { version } => version.is_some_and(|version| version < MARKS_EVERY_LINK),
            Program::Ncdu | Program::Pdu | Program::Other => false,
        }
    }

    /// The usage of a file.
    pub(super) fn file(self, entry: &ExportedEntry) -> Usage {
        usage(entry, self.sizes(entry), 1)
    }

    /// The usage of a directory without its listed contents. Directories have no apparent size, as in GNU du.
    pub(super) fn directory(self, entry: &ExportedEntry, contents: Contents) -> Usage {
        let (allocated, apparent) = self.sizes(entry);
        match (self.program, entry.items) {
            // The sizes are sums over everything in the directory, which is nothing by itself.
            (_, Some(_)) if contents == Contents::Entries => usage(entry, (0, 0), 1),
            // gdu takes 512 bytes for an empty directory.
            (_, Some(0 | 1)) => usage(entry, (allocated, 0), 1),
            (_, Some(items)) => usage(entry, (allocated, apparent), items),
            (Program::Gdu { .. }, None) if !entry.has_size() => {
                usage(entry, (DIRECTORY_OF_GDU, 0), 1)
            }
            (Program::Gdu { .. }, None) if contents == Contents::Entries => usage(entry, (0, 0), 1),
            // Sums without a number of entries: gdu by a choice of its user, and pdu 0.1.
            (Program::Gdu { .. } | Program::Pdu, None) => usage(entry, (allocated, apparent), 1),
            // A cache directory with its tag, as pdu wrote it and ncdu wrote it again.
            (_, None) if entry.is_excluded => usage(entry, (allocated, apparent), 1),
            (Program::Ncdu | Program::Other, None) => usage(entry, (allocated, 0), 1),
        }
    }

    /// The allocated and the apparent size.
    fn sizes(self, entry: &ExportedEntry) -> (u64, u64) {
        let (allocated, apparent) = (entry.allocated, entry.apparent);
        match self.sizes {
            // A symbolic link and a device take no space.
            Sizes::One if !entry.is_special => (
                allocated.or(apparent).unwrap_or(0),
                apparent.or(allocated).unwrap_or(0),
            ),
            Sizes::Both | Sizes::One => (allocated.unwrap_or(0), apparent.unwrap_or(0)),
        }
    }
}

fn usage(entry: &ExportedEntry, (allocated, apparent): (u64, u64), inodes: u64) -> Usage {
    Usage {
        allocated: allocated.into(),
        apparent: apparent.into(),
        inodes,
        newest: entry.time.unwrap_or(FileTime::NEVER),
    }
}
