//! Takes what a walk or an import sends: into the forest, and failures to where they are told.

use super::failures::Failures;
use super::imported::{Batch, ImportEnd, Replays};
use crate::count::listing::{Branch, Found, Listing};
use crate::count::ordered_items::{ItemKind, OrderedItems};
use crate::forest::Forest;
use crate::sys::failure::Failure;
use crate::sys::status::Status;

/// Operands that cannot be used are kept up to this number, for their messages.
const MOST_UNUSABLE: usize = 100;

/// See the module.
pub(super) struct Intake<'a> {
    pub(super) forest: Forest,
    pub(super) failures: Failures,
    pub(super) status: &'a mut Status,
    /// An operand that can be used has arrived.
    has_usable: bool,
    /// Operands that cannot.
    unusable: Vec<(Vec<u8>, Failure)>,
}

impl<'a> Intake<'a> {
    pub(super) fn new(forest: Forest, status: &'a mut Status) -> Self {
        Self {
            forest,
            failures: Failures::new(),
            status,
            has_usable: false,
            unusable: Vec::new(),
        }
    }

    /// Operands, and names that cannot be operands.
    pub(super) fn operands(&mut self, operands: &Branch, failures: &OrderedItems) {
        self.failures.of_items(b"", failures, self.status);
        for item in failures.iter() {
            if let ItemKind::Failed(failure) = item.kind {
                self.cannot_use(item.name.into(), failure);
            }
        }
        self.forest.announce(operands, failures);
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
        self.forest.arrive(listing);
    }

    fn cannot_use(&mut self, path: Vec<u8>, failure: Failure) {
        if self.unusable.len() < MOST_UNUSABLE {
            self.unusable.push((path, failure));
        }
    }

    pub(super) fn batch(&mut self, batch: &Batch, replay: &mut Replays) {
        self.has_usable |= !batch.is_empty();
        replay.forest.replay(batch, &mut self.forest);
        let mut failures = self.failures.of_import(self.status);
        replay.failures.replay(batch, &mut failures);
    }

    /// The list of operands could not be opened.
    pub(super) fn list_failed(&mut self, list: &[u8], failure: Failure) {
        self.failures.unread(list, failure, self.status);
        self.cannot_use(list.into(), failure);
    }

    /// The export cannot be opened, or be read further. Returns the message.
    pub(super) fn import_failed(&mut self, name: &[u8], end: &ImportEnd) -> Vec<u8> {
        let message = match end {
            ImportEnd::Broken(error) => error.message(&self.status.quoted(name)),
            ImportEnd::Unopened(failure) => self.status.failure_text(name, *failure),
            ImportEnd::Whole => return Vec::new(),
        };
        self.failures.lost(message.clone());
        message
    }

    /// True where nothing has come that can be shown, and a message says why.
    pub(super) fn is_useless(&self) -> bool {
        !self.has_usable && (!self.unusable.is_empty() || self.failures.has_lost())
    }

    /// Writes what is left for standard error. The screen is gone.
    pub(super) fn conclude(&mut self) {
        let is_useless = self.is_useless();
        let unusable = if is_useless { &*self.unusable } else { &[] };
        self.failures.conclude(unusable, self.status);
    }
}
