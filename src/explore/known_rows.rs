//! Rows of the forest as the thread that removes knows them.

use std::ops::Range;

use super::read_times::ReadTimes;
use super::remove::job::{Contents, EntryIdentity, KnownDirectory, KnownEntry, RemovalTarget};
use crate::forest::entry::Reading;
use crate::forest::{DirId, Forest, ForestRow};

pub(super) fn target(
    forest: &Forest,
    row: &ForestRow<'_>,
    read_times: &ReadTimes,
) -> RemovalTarget {
    let (allocated, entries) = match row.directory.map(|id| forest.dir(id).sums) {
        Some(sums) => (sums.allocated, sums.entries),
        None => (row.entry.sizes.0, 1),
    };
    RemovalTarget {
        known: known(forest, row, read_times),
        entries,
        allocated,
    }
}

pub(super) fn known(forest: &Forest, row: &ForestRow<'_>, read_times: &ReadTimes) -> KnownEntry {
    KnownEntry {
        name: row.name.into(),
        found: found(forest, row, read_times),
    }
}

fn found(forest: &Forest, row: &ForestRow<'_>, read_times: &ReadTimes) -> EntryIdentity {
    let (reading, entry) = (row.entry.reading, &row.entry);
    match (reading, row.directory) {
        (Reading::Away | Reading::Excluded, _) => EntryIdentity::LeftOut,
        (_, Some(id)) => EntryIdentity::Directory(KnownDirectory {
            inode: forest.dir(id).inode,
            number: id.0,
            reread_began: read_times.of_reread(id),
            contents: match reading {
                Reading::Broken | Reading::Unread => Contents::Unread,
                _ => Contents::Known,
            },
        }),
        (Reading::Unread | Reading::Broken, None) => EntryIdentity::Unread,
        (Reading::Whole, None) => EntryIdentity::File(entry.inode.number, entry.kind),
    }
}

/// The names of rows.
pub(super) fn names_of(forest: &Forest, directory: DirId, ranges: &[Range<usize>]) -> Vec<Vec<u8>> {
    let mut ranges = ranges.iter().peekable();
    let mut names = Vec::new();
    for (number, row) in forest.rows(directory).enumerate() {
        while ranges.next_if(|range| range.end <= number).is_some() {}
        match ranges.peek() {
            Some(range) if range.contains(&number) => names.push(row.name.to_vec()),
            Some(_) => {}
            None => break,
        }
    }
    names
}
