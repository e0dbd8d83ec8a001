//! Puts listings back into the order of a walk by one thread.
//!
//! Listings arrive in any order. [`Order::advance`] reports their contents to a [`Visitor`] as a depth-first walk, in
//! the order of the directories, whatever the number of threads. A listing that arrives before its turn waits.
//! Directories below the printed depth need no order: their listings are added up in the directory that they are
//! folded into. Of them, only what depends on the order is kept: files with several links until the turn of that
//! directory, failures until its end.
//!
//! ```text
//!   arrive(Listing) ─► fold? ── yes ─► Fold { usage, links, failures, announced - arrived } ─┐
//!                        └──── no ──► waiting (by key) ────────────────────────────────────┐ │
//!   advance(visitor) ◄─ innermost frame: ordered items and subdirectories, sum, next group ◄┘ │
//!                                        folded sum and failures ◄────────────────────────────┘
//! ```
//!
//! The operands may come in parts, while those before them are reported.
//!
//! No I/O, no recursion; constant time per event. [`Order::give_up`] ends a walk early: directories whose listings
//! are missing become unfinished, and `advance` then runs to the end.

mod fold;

use std::collections::{HashMap, HashSet, VecDeque};
use std::ops::ControlFlow;
use std::sync::Arc;

use foldhash::fast::FixedState;

use self::fold::Fold;
use crate::count::listing::{Branch, Found, Key, Listing};
use crate::count::ordered_items::{ItemKind, ItemOffset, OrderedItems};
use crate::count::usage::Usage;
use crate::count::visitor::{Extent, Flow, Visitor};
use crate::sys::failure::{Failure, Operation};

/// See the module.
#[derive(Debug)]
pub struct Order {
    /// The directories from the operand to the current one. The lowest frame is the command line.
    stack: Vec<Frame>,
    /// Operands after those of the lowest frame, in the parts in which they came.
    operands: VecDeque<Frame>,
    /// No more operands will come.
    operands_end: bool,
    /// Listings whose turn has not come.
    waiting: HashMap<Key, Listing, FixedState>,
    folds: HashMap<Key, Fold, FixedState>,
    /// Subdirectories of skipped directories: their listings are dropped on arrival.
    unwanted: HashSet<Key, FixedState>,
    given_up: bool,
}

/// A directory that was entered and not left, and the position in it.
#[derive(Debug, Default)]
struct Frame {
    branch: Option<Arc<Branch>>,
    /// The next subdirectory of `branch`.
    index: u32,
    ordered_items: Option<Box<OrderedItems>>,
    /// The next of `ordered_items`.
    offset: ItemOffset,
    /// The sum of the unnamed files, until it is reported.
    files: Option<Usage>,
    next_group: Option<Key>,
    fold: Option<Key>,
    failure: Option<Failure>,
    extent: Extent,
}

/// A walk without operands.
impl Default for Order {
    fn default() -> Self {
        Self {
            stack: vec![Frame::default()],
            operands: VecDeque::new(),
            operands_end: false,
            waiting: HashMap::default(),
            folds: HashMap::default(),
            unwanted: HashSet::default(),
            given_up: false,
        }
    }
}

impl Order {
    /// Adds operands after those there are, with the failures between them.
    pub fn add_operands(&mut self, operands: Arc<Branch>, failures: OrderedItems) {
        self.operands.push_back(Frame {
            branch: Some(operands),
            ordered_items: Some(Box::new(failures)),
            ..Frame::default()
        });
    }

    /// No more operands will come.
    pub fn end_operands(&mut self) {
        self.operands_end = true;
    }

    /// Number of operands that are not reported yet.
    #[must_use]
    pub fn operands_left(&self) -> u32 {
        let parts = self.stack.first().into_iter().chain(&self.operands);
        parts.map(Frame::subdirectories_left).sum()
    }

    /// Takes a listing.
    pub fn arrive(&mut self, mut listing: Listing) {
        if let Some(key) = listing.fold() {
            self.folds.entry(key).or_default().take(listing);
            return;
        }
        if self.unwanted.remove(&listing.key) {
            self.drop_announced(listing.branch, listing.next);
            return;
        }
        if let Some(key) = listing.branch.as_ref().and_then(|branch| branch.fold) {
            self.folds.entry(key).or_default().open += listing.subdirectories();
        }
        if let Some(fold) = self.folds.get_mut(&listing.directory_key()) {
            fold.adopt_failures(&mut listing);
        }
        self.waiting.insert(listing.key, listing);
    }

    /// Reports to the visitor all events up to the first listing that is missing, or up to the end.
    pub fn advance(&mut self, visitor: &mut impl Visitor) {
        while self.step(visitor).is_continue() {}
    }

    /// Reports the next events of the innermost directory. Breaks where a listing is missing, and at the end.
    fn step(&mut self, visitor: &mut impl Visitor) -> ControlFlow<()> {
        let Some(frame) = self.stack.last_mut() else {
            return ControlFlow::Break(());
        };
        frame.report_items(visitor);
        if let Some(key) = frame.next_subdirectory() {
            match self.waiting.remove(&key) {
                Some(listing) => {
                    frame.index += 1;
                    self.report(listing, visitor);
                }
                None if self.given_up => frame.miss_subdirectory(),
                None => return ControlFlow::Break(()),
            }
            return ControlFlow::Continue(());
        }
        if let Some(files) = frame.files.take() {
            visitor.sum(&files, 0);
        }
        if let Some(key) = frame.next_group {
            match self.waiting.remove(&key) {
                Some(listing) => frame.continue_with(listing),
                None if self.given_up => frame.miss_group(),
                None => return ControlFlow::Break(()),
            }
            return ControlFlow::Continue(());
        }
        if let Some(key) = frame.fold {
            self.unfold(key, visitor)?;
        }
        if self.stack.len() > 1 {
            self.leave(visitor);
            return ControlFlow::Continue(());
        }
        self.continue_command_line()
    }

    /// Continues with the operands that came next.
    fn continue_command_line(&mut self) -> ControlFlow<()> {
        match self.operands.pop_front() {
            Some(operands) => self.stack = vec![operands],
            None if self.operands_end || self.given_up => self.stack.clear(),
            None => return ControlFlow::Break(()),
        }
        ControlFlow::Continue(())
    }

    /// Reports a subdirectory of the innermost directory, or the file or failure in its place.
    fn report(&mut self, listing: Listing, visitor: &mut impl Visitor) {
        let (branch, index) = &listing.place;
        let name = branch.name(*index);
        match &listing.found {
            Found::Directory(entry, detail) => {
                match visitor.enter(name, &entry.item(Some(detail)), listing.failure) {
                    Flow::Continue => self.stack.push(Frame::new(listing)),
                    Flow::Skip => self.drop_announced(listing.branch, listing.next),
                }
            }
            Found::File(entry, detail) => visitor.file(Some(name), &entry.item(Some(detail))),
            Found::Rendered(text) => {
                visitor.rendered(text);
                // The mark of a directory that is left out stands for none.
                let directories = u64::from(listing.files.inodes > 0);
                visitor.sum(&listing.files, directories);
            }
            Found::Away(detail) => visitor.away(name, detail),
            Found::Absent(absence) => visitor.absent(name, *absence),
            Found::Nothing | Found::More | Found::Leaves(_) => {
                if let Some(failure) = listing.failure {
                    visitor.failed(name, failure);
                }
            }
        }
    }

    /// Reports the contents folded into the innermost directory: links as they arrive, the sum and the failures when
    /// all listings have.
    fn unfold(&mut self, key: Key, visitor: &mut impl Visitor) -> ControlFlow<()> {
        let (Some(frame), Some(fold)) = (self.stack.last_mut(), self.folds.get_mut(&key)) else {
            return ControlFlow::Continue(());
        };
        fold.report_links(visitor);
        if fold.open > 0 {
            if !self.given_up {
                return ControlFlow::Break(());
            }
            frame.extent = Extent::Unfinished;
        }
        if let Some(fold) = self.folds.remove(&key) {
            fold.report(visitor);
        }
        ControlFlow::Continue(())
    }

    /// Leaves the innermost directory.
    fn leave(&mut self, visitor: &mut impl Visitor) {
        let (Some(frame), Some(above)) = (self.stack.pop(), self.stack.last_mut()) else {
            return;
        };
        if let Some(failure) = frame.failure {
            visitor.failed(b"", failure);
        }
        if frame.extent == Extent::Unfinished {
            above.extent = Extent::Unfinished;
        }
        visitor.leave(frame.extent);
    }

    /// Drops announced listings and all that they announce, now or on arrival.
    fn drop_announced(&mut self, branch: Option<Arc<Branch>>, next: Option<Key>) {
        let mut dropped = vec![(branch, next)];
        while let Some((branch, next)) = dropped.pop() {
            let subdirectories = branch
                .iter()
                .flat_map(|branch| (0..branch.len()).map(|index| branch.key(index)));
            for key in subdirectories.chain(next) {
                match self.waiting.remove(&key) {
                    Some(listing) => dropped.push((listing.branch, listing.next)),
                    None => {
                        self.unwanted.insert(key);
                    }
                }
            }
        }
    }

    /// No more listings will arrive: directories that lack one are unfinished.
    pub fn give_up(&mut self) {
        self.given_up = true;
    }
}

impl Frame {
    fn new(listing: Listing) -> Self {
        let key = listing.directory_key();
        // Subdirectories that are folded are counted on arrival, not walked.
        let folded = listing
            .branch
            .as_ref()
            .filter(|branch| branch.fold == Some(key));
        Self {
            fold: folded.map(|_| key),
            index: folded.map_or(0, |branch| branch.len()),
            branch: listing.branch,
            ordered_items: listing.ordered_items,
            offset: 0,
            files: Some(listing.files),
            next_group: listing.next,
            extent: match listing.failure {
                Some(failure) if failure.operation == Operation::ReadOn => Extent::Broken,
                _ => Extent::Whole,
            },
            failure: listing.failure,
        }
    }

    /// Replaces a group of a large directory, all of which is reported, by the next one.
    fn continue_with(&mut self, listing: Listing) {
        let group = Self::new(listing);
        *self = Self {
            fold: self.fold.or(group.fold),
            extent: self.extent.max(group.extent),
            // A sorted directory was read to its end before its first group.
            failure: self.failure.or(group.failure),
            ..group
        };
    }

    /// Reports the items that come before the next subdirectory.
    fn report_items(&mut self, visitor: &mut impl Visitor) {
        let Some(items) = &self.ordered_items else {
            return;
        };
        let subdirectories = self.branch.as_ref().map_or(0, |branch| branch.len());
        let is_due = |position| position <= self.index || self.index >= subdirectories;
        while items.position(self.offset).is_some_and(is_due) {
            let Some((item, next)) = items.get(self.offset) else {
                return;
            };
            self.offset = next;
            match item.kind {
                ItemKind::File(entry, detail) => {
                    let name = (!item.name.is_empty()).then_some(item.name);
                    visitor.file(name, &entry.item(detail.as_ref()));
                }
                ItemKind::Away(detail) => visitor.away(item.name, &detail),
                ItemKind::Failed(failure) => visitor.failed(item.name, failure),
                ItemKind::Rendered => visitor.rendered(item.name),
            }
        }
    }

    fn subdirectories_left(&self) -> u32 {
        let subdirectories = self.branch.as_ref().map_or(0, |branch| branch.len());
        subdirectories.saturating_sub(self.index)
    }

    /// The key of the next subdirectory.
    fn next_subdirectory(&self) -> Option<Key> {
        let branch = self.branch.as_ref()?;
        (self.index < branch.len()).then(|| branch.key(self.index))
    }

    fn miss_subdirectory(&mut self) {
        self.index += 1;
        self.extent = Extent::Unfinished;
    }

    fn miss_group(&mut self) {
        self.next_group = None;
        self.extent = Extent::Unfinished;
    }
}
