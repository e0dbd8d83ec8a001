//! What is known of a group of a large directory: the entries that have their stat, and the end of the group.
//!
//! Batches arrive in any order. Those before the first entry whose stat is under way are merged; the rest waits.

use std::collections::BTreeMap;
use std::time::Instant;

use super::batch::{Batch, Contents, MergedBatch};
use super::dirents::{Chunk, LoopDetector, ReadEnd};
use super::shared::Shared;
use super::sorted_names::SortedNames;
use crate::count::listing::Key;
use crate::sys::failure::Failure;

/// Where the entries of a directory come from.
#[derive(Debug)]
pub(super) enum Source {
    /// The directory itself, a buffer at a time.
    Directory(LoopDetector),
    /// Its names, which were read before.
    Sorted(Box<SortedNames>),
}

/// See the module.
#[derive(Debug, Default)]
pub(super) struct GroupState {
    pub(super) batches: MergedBatch,
    /// Entries that have their stat.
    pub(super) done: usize,
    pub(super) end: Option<GroupEnd>,
    /// The key of the next listing, where a part was sent.
    pub(super) next_key: Option<Key>,
    /// Position after the entries in `batches`: the first whose stat is under way.
    position: usize,
    /// Batches after that position, each with its number of entries.
    late: BTreeMap<usize, (usize, Box<Batch>)>,
    /// A walker sends a part: only that walker sends the next one, so that a part arrives after the one that announces it.
    pub(super) is_sending: bool,
}

/// A listing of some entries of a group.
pub(super) struct Part {
    pub(super) key: Key,
    pub(super) contents: Contents,
    pub(super) next: Option<Key>,
    pub(super) failure: Option<Failure>,
}

/// The end of a group, known when its last entry was read.
#[derive(Debug)]
pub(super) struct GroupEnd {
    /// Entries in the group.
    pub(super) count: usize,
    pub(super) failure: Option<Failure>,
    /// Read on from here when the group has been sent: a group has megabytes, so that only one may wait.
    pub(super) next: Option<NextGroup>,
}

/// The beginning of a group: entries that were read together with the last ones of the group before.
#[derive(Debug)]
pub(super) struct NextGroup {
    pub(super) began: Instant,
    pub(super) ahead: (Chunk, ReadEnd),
    pub(super) source: Source,
}

impl GroupState {
    pub(super) fn add(&mut self, batch: Box<Batch>, count: usize) {
        self.done += count;
        if batch.start > self.position && count > 0 {
            self.late.insert(batch.start, (count, batch));
            return;
        }
        self.merge(batch, count);
        while let Some(late) = self.late.first_entry()
            && *late.key() <= self.position
        {
            let (count, batch) = late.remove();
            self.merge(batch, count);
        }
    }

    fn merge(&mut self, batch: Box<Batch>, count: usize) {
        self.position += count;
        self.batches.add(&batch);
        batch.recycle();
    }

    /// The entries before `position` that were not sent, unless none of them has a line.
    pub(super) fn take_part(&mut self, walk: &Shared, first_key: Key) -> Option<Part> {
        if self.is_sending || self.batches.is_plain() {
            return None;
        }
        let next = walk.key();
        let part = Part {
            key: self.next_key.replace(next).unwrap_or(first_key),
            contents: std::mem::take(&mut self.batches).join(false),
            next: Some(next),
            failure: None,
        };
        self.is_sending = true;
        Some(part)
    }
}
