//! Walkers write entries in full with this; [`Forest::arrive`](super::Forest::arrive) writes them again as differences to
//! the entry before, which only a reader of the whole directory knows.

use rustix::fs::FileType;

use super::entry::{ForestEntry, Reading};
use super::run::put_full;
use crate::count::record::{EntryRenderer, Exclusion};
use crate::count::usage::Item;

/// See the module.
#[derive(Debug)]
pub(super) struct RunRenderer;

impl EntryRenderer for RunRenderer {
    fn file(&self, name: &[u8], file: &Item<'_>, device: u64, out: &mut Vec<u8>) {
        put_full(out, name, &entry(file), device);
    }

    fn enter(&self, _: &[u8], directory: &Item<'_>, device: u64, out: &mut Vec<u8>) {
        put_full(out, b"", &of_directory(directory), device);
    }

    fn leave(&self) -> &'static [u8] {
        b""
    }

    fn excluded(
        &self,
        _: &[u8],
        directory: &Item<'_>,
        device: u64,
        _: Exclusion,
        out: &mut Vec<u8>,
    ) {
        let entry = ForestEntry {
            reading: Reading::Excluded,
            ..of_directory(directory)
        };
        put_full(out, b"", &entry, device);
    }

    fn left_out(&self, name: &[u8], kind: FileType, out: &mut Vec<u8>) {
        let entry = ForestEntry {
            kind,
            reading: Reading::Excluded,
            ..ForestEntry::LEFT_OUT
        };
        put_full(out, name, &entry, 0);
    }
}

/// The entry of an item, as the tree keeps it: whole seconds are enough for a screen.
pub(super) fn entry(item: &Item<'_>) -> ForestEntry {
    let mut entry = ForestEntry::of(item);
    entry.time.nanoseconds = 0;
    entry
}

/// The number of links of a directory says nothing here.
pub(super) fn of_directory(item: &Item<'_>) -> ForestEntry {
    ForestEntry {
        kind: FileType::Directory,
        links: 1,
        ..entry(item)
    }
}
