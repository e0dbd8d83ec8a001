//! The results of the count: one [`Record`] for every directory and file with a name, in GNU du's order.

use std::fmt::Debug;

use rustix::fs::FileType;

use crate::count::usage::{Detail, Item, Usage};
use crate::count::visitor::Extent;

/// Why the contents of a directory are left out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exclusion {
    /// It is a cache directory.
    Cache,
    /// It lies on a file system of the kernel's state.
    KernelFileSystem,
    /// It lies on another file system of a type that is left out.
    OtherFileSystem,
}

/// Writes the text of an entry in an output format where that text depends on nothing but the entry and its directory.
///
/// The walkers call it for the entries that they find, so that this work is done in parallel; the main thread, which
/// keeps the order, only passes the text on.
pub trait EntryRenderer: Debug + Send + Sync {
    /// True where the text of a file depends on nothing else. Others arrive as records. `device` is the device of its
    /// directory.
    fn takes(&self, _file: &Item<'_>, _device: u64) -> bool {
        true
    }

    /// Appends the text of a file. `device` is the device of its directory.
    fn file(&self, name: &[u8], file: &Item<'_>, device: u64, out: &mut Vec<u8>);

    /// True where directories have a text too, which the following methods append.
    fn renders_directories(&self) -> bool {
        true
    }

    /// Appends what comes before the contents of a directory that was read without errors and holds only files.
    /// `device` is the device of the directory around it.
    fn enter(&self, _name: &[u8], _directory: &Item<'_>, _device: u64, _out: &mut Vec<u8>) {}

    /// The text after the last file of such a directory.
    fn leave(&self) -> &'static [u8] {
        b""
    }

    /// Appends the text of a directory whose contents are left out. The item is the sum of what counts of it.
    fn excluded(
        &self,
        _name: &[u8],
        _directory: &Item<'_>,
        _device: u64,
        _exclusion: Exclusion,
        _out: &mut Vec<u8>,
    ) {
    }

    /// Appends the text of an entry that a pattern leaves out, of which only the name and a hint of its kind are known.
    /// Most formats have none.
    fn left_out(&self, _name: &[u8], _kind: FileType, _out: &mut Vec<u8>) {}
}

/// The kind of entry that a record describes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A directory with its contents, or with the part of them that was read.
    Directory(Extent),
    /// Anything else.
    File,
}

/// The usage of one directory (with its contents) or file.
#[derive(Debug)]
pub struct Record<'a> {
    /// The operand as typed, then slashes and names; raw bytes.
    pub path: &'a [u8],
    /// 0 for operands.
    pub depth: u32,
    /// The kind of entry.
    pub kind: Kind,
    /// Its usage.
    pub usage: Usage,
    /// Further attributes of a file, or of a directory that is entered, where the output format needs them.
    pub detail: Option<&'a Detail>,
}

impl Record<'_> {
    /// The last component of the path.
    #[must_use]
    pub fn name(&self) -> &[u8] {
        last_component(self.path)
    }

    /// The record without its place in the tree.
    #[must_use]
    pub fn item(&self) -> Item<'_> {
        Item {
            usage: self.usage,
            dedup_key: None,
            detail: self.detail,
        }
    }
}

/// The bytes after the last slash, or all of them.
#[must_use]
pub fn last_component(path: &[u8]) -> &[u8] {
    path.rsplit(|&byte| byte == b'/').next().unwrap_or(path)
}
