//! Takes what a walk or an import sends: into the forest, and failures to where they are told.

use std::ops::Deref;
use std::sync::Arc;
use std::time::Instant;

use super::failures::Failures;
use super::imported::{Batch, ImportEnd, Replays};
use crate::count::listing::{Branch, Found, Listing};
use crate::count::ordered_items::{ItemKind, OrderedItems};
use crate::forest::{DirId, Ended, Forest, Slice};
use crate::sys::failure::{Failure, Operation};
use crate::sys::status::{self, Status, Summary};

/// Operands that cannot be used are kept up to this number, for their messages.
const MOST_UNUSABLE: usize = 100;

/// The forest. While an export is written, its thread has the forest too, and nothing changes it.
pub(super) struct Tree(Arc<Forest>);

impl Tree {
    /// For a thread that reads it.
    pub(super) fn share(&self) -> Arc<Forest> {
        Arc::clone(&self.0)
    }

    /// To be changed; nothing while another thread reads it.
    pub(super) fn get_mut(&mut self) -> Option<&mut Forest> {
        Arc::get_mut(&mut self.0)
    }
}

impl Deref for Tree {
    type Target = Forest;

    fn deref(&self) -> &Forest {
        &self.0
    }
}

/// See the module.
pub(super) struct Intake<'a> {
    pub(super) forest: Tree,
    pub(super) failures: Failures,
    pub(super) status: &'a mut Status,
    /// An operand that can be used has arrived.
    has_usable: bool,
    /// The name of the list of operands, or of the export.
    pub(super) input: Vec<u8>,
    /// The list of operands could not be read to its end.
    lacks_operands: bool,
    /// Operands that cannot.
    unusable: Vec<(Vec<u8>, Failure)>,
}

impl<'a> Intake<'a> {
    pub(super) fn new(forest: Forest, status: &'a mut Status) -> Self {
        Self {
            forest: Tree(Arc::new(forest)),
            failures: Failures::new(),
            status,
            has_usable: false,
            input: Vec::new(),
            lacks_operands: false,
            unusable: Vec::new(),
        }
    }

    /// The walk, or the import, has ended.
    pub(super) fn end(&mut self, ended: Ended) {
        if let Some(forest) = self.forest.get_mut() {
            forest.end(ended);
        }
    }

    /// Operands, and names that cannot be operands.
    pub(super) fn operands(&mut self, operands: &Branch, failures: &OrderedItems) {
        self.failures.of_items(b"", failures, self.status);
        for item in failures.iter() {
            if let ItemKind::Failed(failure) = item.kind {
                self.lacks_operands |= failure.operation == Operation::ReadNames;
                self.cannot_use(item.name.into(), failure);
            }
        }
        if let Some(forest) = self.forest.get_mut() {
            forest.announce(operands, failures);
        }
    }

    /// Whether a list may name more operands.
    pub(super) fn expect_operands(&mut self, more_may_come: bool) {
        if let Some(forest) = self.forest.get_mut() {
            forest.expect_operands(more_may_come || self.lacks_operands);
        }
    }

    pub(super) fn listing(&mut self, listing: Listing) {
        self.failures.of_listing(&listing, self.status);
        if listing.place.0.parent.is_none() {
            match (&listing.found, listing.failure) {
                (Found::Nothing, Some(failure)) => {
                    let (branch, index) = &listing.place;
                    self.cannot_use(branch.name(*index).into(), failure);
                }
                _ => self.has_usable = true,
            }
        }
        if let Some(forest) = self.forest.get_mut() {
            forest.arrive(listing);
        }
    }

    fn cannot_use(&mut self, path: Vec<u8>, failure: Failure) {
        if self.unusable.len() < MOST_UNUSABLE {
            self.unusable.push((path, failure));
        }
    }

    pub(super) fn batch(&mut self, batch: &Batch, replay: &mut Replays) {
        self.has_usable |= !batch.is_empty();
        if let Some(forest) = self.forest.get_mut() {
            replay.forest.replay(batch, forest);
        }
        let mut failures = self.failures.of_import(self.status);
        replay.failures.replay(batch, &mut failures);
    }

    /// The list of operands could not be opened.
    pub(super) fn list_failed(&mut self, failure: Failure) {
        self.failures.unread_lists += 1;
        self.failures.unread(&self.input, failure, self.status);
        self.cannot_use(self.input.clone(), failure);
    }

    /// The export cannot be opened, or be read further. Returns the message.
    pub(super) fn import_failed(&mut self, end: &ImportEnd) -> String {
        let name = self.input.as_slice();
        let message = match end {
            ImportEnd::Broken(error) => error.message(&self.status.quoted(name)),
            ImportEnd::Unopened(failure) => {
                status::failure_text(name, *failure, self.status.options().charset)
            }
            ImportEnd::Whole => return String::new(),
        };
        let text = String::from_utf8_lossy(&message).into_owned();
        self.failures.lost(message);
        text
    }

    /// True where something has come that can be shown.
    pub(super) fn has_usable(&self) -> bool {
        self.has_usable
    }

    /// True where nothing has come that can be shown, and a message says why.
    pub(super) fn is_useless(&self) -> bool {
        !self.has_usable && (!self.unusable.is_empty() || self.failures.has_lost())
    }

    /// Writes the last line of `-v`, about the tree as it is now: parts of it may have been read again, or removed.
    pub(super) fn summarize(&mut self) {
        if !self.status.options().verbose {
            return;
        }
        let sums = self.forest.dir(DirId::TOP).sums;
        let directories = self.forest.counted_directories();
        self.status.summary(&Summary {
            files: sums.entries.saturating_sub(directories),
            directories,
            bytes: sums.allocated.into(),
            errors: self.unread() + self.failures.unremoved,
        });
    }

    /// The number of entries in the tree that could not be read, and of lists of operands.
    fn unread(&self) -> u64 {
        self.forest.failure_count() + self.failures.unread_lists
    }

    /// True where an entry could not be read or removed.
    pub(super) fn any_failed(&self) -> bool {
        self.unread() > 0 || self.failures.unremoved > 0 || self.failures.has_lost()
    }

    /// Writes what is left for standard error. The screen is gone.
    pub(super) fn conclude(&mut self) {
        // What a second walk has found so far is no part of the tree.
        if let Some(forest) = self.forest.get_mut() {
            while forest.replace(Instant::now()) == Slice::More {}
            forest.end_reread(Ended::Stopped);
        }
        let is_useless = self.is_useless();
        let unusable = if is_useless { &*self.unusable } else { &[] };
        self.failures.conclude(self.unread(), unusable, self.status);
    }
}
