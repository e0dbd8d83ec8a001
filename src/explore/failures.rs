//! What standard error gets: each failure as it occurs, or, where it is a terminal, their number at the end.

use std::io::IsTerminal;

use crate::count::listing::{Listing, push_name};
use crate::count::ordered_items::{ItemKind, OrderedItems};
use crate::count::usage::{Detail, Item, Usage};
use crate::count::visitor::{Extent, Flow, Visitor};
use crate::sys::failure::Failure;
use crate::sys::status::Status;

/// When failures are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Writing {
    /// At once: standard error goes to a file or a pipe.
    AtOnce,
    /// At the end, and only their number: the screen has the terminal, and a list of them.
    Number,
}

/// See the module.
#[derive(Debug)]
pub(super) struct Failures {
    writing: Writing,
    /// Lists of operands that could not be read. The forest has the number of entries.
    pub(super) unread_lists: u64,
    /// Entries that could not be removed.
    pub(super) unremoved: u64,
    /// Messages about a part of the tree that is lost, for the end.
    lost: Vec<Vec<u8>>,
    /// The path of the current directory of an import, and where its names end.
    path: Vec<u8>,
    ends: Vec<usize>,
}

impl Failures {
    pub(super) fn new() -> Self {
        let to_terminal = std::io::stderr().is_terminal();
        Self {
            writing: match to_terminal {
                true => Writing::Number,
                false => Writing::AtOnce,
            },
            unread_lists: 0,
            unremoved: 0,
            lost: Vec::new(),
            path: Vec::new(),
            ends: Vec::new(),
        }
    }

    /// True where a part of the tree is lost.
    pub(super) fn has_lost(&self) -> bool {
        !self.lost.is_empty()
    }

    /// An entry could not be read.
    pub(super) fn unread(&mut self, path: &[u8], failure: Failure, status: &mut Status) {
        if self.writing == Writing::AtOnce {
            status.failure(path, failure);
        }
    }

    /// An entry could not be removed, with this message.
    pub(super) fn unremoved(&mut self, message: &[u8], status: &mut Status) {
        self.unremoved += 1;
        if self.writing == Writing::AtOnce {
            status.message(message);
        }
    }

    /// A part of the tree is lost.
    pub(super) fn lost(&mut self, message: Vec<u8>) {
        self.lost.push(message);
    }

    /// The failures of a listing.
    pub(super) fn of_listing(&mut self, listing: &Listing, status: &mut Status) {
        let items = listing.ordered_items.as_deref();
        let items = items.filter(|items| items.any_failed());
        if listing.failure.is_none() && items.is_none() {
            return;
        }
        let mut path = Vec::new();
        let (branch, index) = &listing.place;
        branch.path(*index, None, &mut path);
        if let Some(items) = items {
            self.of_items(&path, items, status);
        }
        if let Some(failure) = listing.failure {
            self.unread(&path, failure, status);
        }
    }

    /// The failures among the entries of a directory.
    pub(super) fn of_items(&mut self, directory: &[u8], items: &OrderedItems, status: &mut Status) {
        for item in items.iter() {
            if let ItemKind::Failed(failure) = item.kind {
                let mut path = directory.to_vec();
                push_name(&mut path, item.name);
                self.unread(&path, failure, status);
            }
        }
    }

    /// A visitor that takes the failures of an import.
    pub(super) fn of_import<'a>(&'a mut self, status: &'a mut Status) -> ImportFailures<'a> {
        ImportFailures(self, status)
    }

    /// Writes what is left, with the operands that cannot be used, where none can. The screen is gone.
    /// `unread` is the number of those that could not be read.
    pub(super) fn conclude(
        &self,
        unread: u64,
        unusable: &[(Vec<u8>, Failure)],
        status: &mut Status,
    ) {
        if self.writing == Writing::Number {
            for (path, failure) in unusable {
                status.failure(path, *failure);
            }
            let unread = unread.saturating_sub(unusable.len() as u64);
            for (count, verb) in [(unread, "read"), (self.unremoved, "removed")] {
                let entries = if count == 1 { "entry" } else { "entries" };
                if count > 0 {
                    status.message(format!("{count} {entries} could not be {verb}").as_bytes());
                }
            }
        }
        for message in &self.lost {
            status.message(message);
        }
    }
}

/// See [`Failures::of_import`].
pub(super) struct ImportFailures<'a>(&'a mut Failures, &'a mut Status);

impl Visitor for ImportFailures<'_> {
    fn enter(&mut self, name: &[u8], _: &Item<'_>, _: Option<Failure>) -> Flow {
        self.0.ends.push(self.0.path.len());
        push_name(&mut self.0.path, name);
        Flow::Continue
    }

    fn file(&mut self, _: Option<&[u8]>, _: &Item<'_>) {}

    fn away(&mut self, _: &[u8], _: &Detail) {}

    fn rendered(&mut self, _: &[u8]) {}

    fn sum(&mut self, _: &Usage, _: u64) {}

    fn failed(&mut self, name: &[u8], failure: Failure) {
        let mut path = self.0.path.clone();
        if !name.is_empty() {
            push_name(&mut path, name);
        }
        self.0.unread(&path, failure, self.1);
    }

    fn leave(&mut self, _: Extent) {
        let end = self.0.ends.pop().unwrap_or(0);
        self.0.path.truncate(end);
    }
}
