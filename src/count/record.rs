//! What the count says: one [`Record`] for everything that has a size and a name, in GNU du's order.

use std::fmt::Debug;

use crate::count::usage::{Detail, Item, Usage};

/// Writes what a format says of an entry, where that depends on nothing but the entry and its directory. Then the
/// walkers can do it, each for what it finds, and the one thread that keeps the order has only to pass it on.
pub trait EntryRenderer: Debug + Send + Sync {
    /// Appends what is said of a file in a directory on the device `above`.
    fn file(&self, name: &[u8], file: &Item<'_>, above: u64, out: &mut Vec<u8>);

    /// Appends what is said of a directory that was read well and holds nothing but files, before these.
    fn enter(&self, name: &[u8], directory: &Item<'_>, above: u64, out: &mut Vec<u8>);

    /// What follows the last file of such a directory.
    fn leave(&self) -> &'static [u8];
}

/// What a record is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A directory and what is in it.
    Directory,
    /// A directory whose reading failed half-way: GNU du counts it and has no line for it.
    BrokenDirectory,
    /// A directory that the walk was in when it ended early: its usage is that of what was counted.
    UnfinishedDirectory,
    /// Anything else.
    File,
}

/// The usage of one directory (with what is in it) or file.
#[derive(Debug)]
pub struct Record<'a> {
    /// The operand as typed, then slashes and names; raw bytes.
    pub path: &'a [u8],
    /// 0 for operands.
    pub depth: u32,
    /// What it is.
    pub kind: Kind,
    /// Its usage.
    pub usage: Usage,
    /// More about a file, or about a directory that is entered, where a report asked for that.
    pub detail: Option<&'a Detail>,
}

impl Record<'_> {
    /// Its name: the path of an operand may have several.
    #[must_use]
    pub fn name(&self) -> &[u8] {
        last_component(self.path)
    }

    /// What it is about, without its place.
    #[must_use]
    pub fn item(&self) -> Item<'_> {
        Item {
            usage: self.usage,
            dedup_key: None,
            detail: self.detail,
        }
    }
}

/// What follows the last slash, if there is one.
#[must_use]
pub fn last_component(path: &[u8]) -> &[u8] {
    path.rsplit(|&byte| byte == b'/').next().unwrap_or(path)
}
