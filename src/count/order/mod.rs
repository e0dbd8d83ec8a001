//! Puts listings back into the order of a lone walker.
//!
//! Listings arrive in any order; [`Order::step`] hands out what they hold as the steps of a depth-first walk in
//! the order of the directories, whatever the number of threads. What arrives before its turn waits.
//! Directories below the printed depth need no order: their listings are added up in the directory that they are
//! folded into, and only what depends on order is kept of them (linked files, until that directory's turn comes;
//! failures, until it ends).
//!
//! ```text
//!   arrive(Listing) ─► fold? ── yes ─► Fold { usage, links, failures, announced - arrived }
//!                        └──── no ──► waiting (by key) ─┐
//!   step() ◄─ top frame: next extra, or next subdirectory ◄┘    Enter … File … Failed … Leave
//! ```
//!
//! No I/O, no recursion; a step costs constant time. When the walk has ended early, [`Order::give_up`] makes the
//! missing listings count as unfinished directories, and the steps go on to the end.

mod fold;

use std::collections::{HashMap, HashSet, VecDeque};
use std::sync::Arc;

use foldhash::fast::FixedState;

use self::fold::Fold;
use crate::count::listing::{Branch, Found, Key, Listing};
use crate::count::ordered_items::{ItemKind, ItemOffset, OrderedItems};
use crate::count::usage::{Detail, Entry, Item, Usage};
use crate::sys::failure::{Failure, Operation};

/// One step of a lone walker.
#[derive(Debug, PartialEq, Eq)]
pub enum Step<'a> {
    /// Goes down into a directory.
    Enter {
        /// Its name; for an operand, all of it.
        name: &'a [u8],
        /// The directory itself.
        item: Item<'a>,
        /// Nothing has failed there so far.
        is_readable: bool,
    },
    /// A file; without a name where nobody will ask for it.
    File {
        /// Its name.
        name: Option<&'a [u8]>,
        /// The file.
        item: Item<'a>,
    },
    /// What was written of entries that need no more steps.
    Written {
        /// The text.
        text: &'a [u8],
        /// What they take, where no other step says so.
        usage: &'a Usage,
        /// How many directories are among them.
        directories: u64,
    },
    /// Everything that needs no step of its own, in this directory or folded into it.
    Sum {
        /// Its usage.
        usage: &'a Usage,
        /// How many directories are in it.
        directories: u64,
    },
    /// Something failed, here or under a path below here.
    Failed {
        /// Where; empty for the directory itself.
        path: &'a [u8],
        /// What.
        failure: Failure,
    },
    /// Comes up from the directory last entered.
    Leave {
        /// How far it was read.
        read: Extent,
    },
}

/// How much of a directory was read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Extent {
    /// All of it, or nothing because it may not be read: GNU du prints it.
    Whole,
    /// Reading failed half-way: GNU du counts it and does not print it.
    Broken,
    /// The walk ended before it did.
    Unfinished,
}

/// See the module.
#[derive(Debug, Default)]
pub struct Order {
    stack: Vec<Frame>,
    /// Listings whose turn has not come.
    waiting: HashMap<Key, Listing, FixedState>,
    folds: HashMap<Key, Fold, FixedState>,
    /// Subdirectories of directories that were skipped: their listings are dropped when they arrive.
    unwanted: HashSet<Key, FixedState>,
    given_up: bool,
    /// Operands that wait for the ones before.
    operands: VecDeque<Frame>,
    /// What the step handed out last borrows.
    sum: Usage,
    written: Box<[u8]>,
    path: Vec<u8>,
    detail: Detail,
}

/// A directory on the way down.
#[derive(Debug)]
struct Frame {
    branch: Option<Arc<Branch>>,
    name: u32,
    ordered_items: Option<Box<OrderedItems>>,
    extra: ItemOffset,
    /// Of the extra told last.
    detail: Option<Detail>,
    files: Option<Usage>,
    next: Option<Key>,
    failure: Option<Failure>,
    fold: Option<Key>,
    extent: Extent,
    /// The command line itself, which is no directory.
    is_root: bool,
}

/// What the top frame has next.
enum Next {
    OrderedItem,
    Down(u32),
    Group(Key),
    Sum,
    Fold(Key),
    Failure(Failure),
    Up,
}

impl Order {
    /// An order in which nothing is expected yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Operands to come after those there are, with what could not be used as one.
    pub fn add(&mut self, operands: Arc<Branch>, ordered_items: OrderedItems) {
        self.operands.push_back(Frame {
            branch: Some(operands),
            name: 0,
            ordered_items: Some(Box::new(ordered_items)),
            extra: 0,
            detail: None,
            files: None,
            next: None,
            failure: None,
            fold: None,
            extent: Extent::Whole,
            is_root: true,
        });
    }

    /// Takes a listing.
    pub fn arrive(&mut self, mut listing: Listing) {
        if let Some(key) = listing.fold() {
            self.folds
                .entry(key)
                .or_insert_with(Fold::new)
                .take(listing);
            return;
        }
        if self.unwanted.remove(&listing.key) {
            self.drop_announced(listing.branch, listing.next);
            return;
        }
        if let Some(key) = listing.branch.as_ref().and_then(|branch| branch.fold) {
            self.folds.entry(key).or_insert_with(Fold::new).open += listing.announced_below();
        }
        let own_key = listing.place.0.key(listing.place.1);
        if let Some(fold) = self.folds.get_mut(&own_key) {
            fold.adopt_failures(&mut listing);
        }
        self.waiting.insert(listing.key, listing);
    }

    /// The next step; nothing while a listing is missing, or at the end.
    pub fn step(&mut self) -> Option<Step<'_>> {
        let due = self.advance()?;
        self.tell(due)
    }

    /// Moves on to the next thing to tell.
    fn advance(&mut self) -> Option<Due> {
        loop {
            if self.stack.is_empty() {
                let frame = self.operands.pop_front()?;
                self.stack.push(frame);
            }
            let frame = self.stack.last_mut()?;
            match frame.next() {
                Next::OrderedItem => return Some(Due::OrderedItem),
                Next::Down(index) => match self.down(index) {
                    Down::Found(due) => return Some(due),
                    Down::Nothing => {}
                    Down::Missing => return None,
                },
                Next::Group(key) => match self.waiting.remove(&key) {
                    Some(listing) => frame.go_on(listing),
                    None if self.given_up => frame.end_early(),
                    None => return None,
                },
                Next::Sum => {
                    self.sum = frame.files.take()?;
                    return Some(Due::Sum(0));
                }
                Next::Fold(key) => match self.unfold(key) {
                    Down::Found(due) => return Some(due),
                    Down::Nothing => {}
                    Down::Missing => return None,
                },
                Next::Failure(failure) => {
                    frame.failure = None;
                    self.path.clear();
                    return Some(Due::Below(failure));
                }
                Next::Up => {
                    if let Some(due) = self.up() {
                        return Some(due);
                    }
                }
            }
        }
    }

    /// Takes the listing of subdirectory `index` of the top directory.
    fn down(&mut self, index: u32) -> Down {
        let given_up = self.given_up;
        let Some(frame) = self.stack.last_mut() else {
            return Down::Missing;
        };
        let key = frame.branch.as_ref().map(|branch| branch.key(index));
        let Some(listing) = key.and_then(|key| self.waiting.remove(&key)) else {
            if !given_up {
                return Down::Missing;
            }
            frame.name = index + 1;
            frame.extent = Extent::Unfinished;
            return Down::Nothing;
        };
        frame.name = index + 1;
        match listing.found {
            Found::Directory(entry, detail) => {
                self.detail = detail;
                self.stack.push(Frame::new(listing));
                Down::Found(Due::Enter(index, entry))
            }
            Found::File(entry, detail) => {
                self.detail = detail;
                Down::Found(Due::File(index, entry))
            }
            Found::Written(text) => {
                self.sum = listing.files;
                self.written = text;
                Down::Found(Due::Written)
            }
            Found::Nothing | Found::More | Found::Leaves(_) => match listing.failure {
                Some(failure) => Down::Found(Due::Failed(index, failure)),
                None => Down::Nothing,
            },
        }
    }

    /// What is folded into the top directory: links as they come, the rest when all of it is there.
    fn unfold(&mut self, key: Key) -> Down {
        let Some(frame) = self.stack.last_mut() else {
            return Down::Missing;
        };
        let Some(fold) = self.folds.get_mut(&key) else {
            frame.fold = None;
            return Down::Nothing;
        };
        if let Some(entry) = fold.next_link() {
            return Down::Found(Due::Link(entry));
        }
        if fold.open > 0 {
            if !self.given_up {
                return Down::Missing;
            }
            frame.extent = Extent::Unfinished;
        }
        if let Some(usage) = fold.usage.take() {
            self.sum = usage;
            fold.sort_failures();
            return Down::Found(Due::Sum(fold.directories));
        }
        let Some((path, failure)) = fold.pop_failure() else {
            self.folds.remove(&key);
            frame.fold = None;
            return Down::Nothing;
        };
        self.path = path;
        Down::Found(Due::Below(failure))
    }

    /// Comes up from the top directory.
    fn up(&mut self) -> Option<Due> {
        let frame = self.stack.pop()?;
        if frame.is_root {
            return None;
        }
        if let (Extent::Unfinished, Some(above)) = (frame.extent, self.stack.last_mut()) {
            above.extent = Extent::Unfinished;
        }
        Some(Due::Leave(frame.extent))
    }

    /// A step with the names that it borrows.
    fn tell(&mut self, due: Due) -> Option<Step<'_>> {
        if matches!(due, Due::OrderedItem) {
            return self.stack.last_mut()?.tell_extra();
        }
        let (top, above) = match self.stack.as_slice() {
            [.., above, top] => (top, above),
            [top] => (top, top),
            [] => return None,
        };
        Some(match due {
            Due::OrderedItem => return None,
            Due::Enter(index, entry) => Step::Enter {
                name: above.branch.as_ref()?.name(index),
                item: entry.item(Some(&self.detail)),
                is_readable: top.failure.is_none(),
            },
            Due::File(index, entry) => Step::File {
                name: Some(top.branch.as_ref()?.name(index)),
                item: entry.item(Some(&self.detail)),
            },
            Due::Failed(index, failure) => Step::Failed {
                path: top.branch.as_ref()?.name(index),
                failure,
            },
            Due::Link(entry) => Step::File {
                name: None,
                item: entry.item(None),
            },
            Due::Sum(directories) => Step::Sum {
                usage: &self.sum,
                directories,
            },
            Due::Written => Step::Written {
                text: &self.written,
                usage: &self.sum,
                directories: 1,
            },
            Due::Below(failure) => Step::Failed {
                path: &self.path,
                failure,
            },
            Due::Leave(read) => Step::Leave { read },
        })
    }

    /// Skips the directory last entered: no more steps of it, nor of what is in it.
    pub fn skip(&mut self) {
        if let Some(frame) = self.stack.pop() {
            self.drop_announced(frame.branch, frame.next);
        }
    }

    /// Forgets what was announced, and what that announces in turn, whether it has arrived or not.
    fn drop_announced(&mut self, branch: Option<Arc<Branch>>, next: Option<Key>) {
        let mut dropped = vec![(branch, next)];
        while let Some((branch, next)) = dropped.pop() {
            let below = branch
                .iter()
                .flat_map(|branch| (0..branch.len()).map(|index| branch.key(index)));
            for key in below.chain(next) {
                match self.waiting.remove(&key) {
                    Some(listing) => dropped.push((listing.branch, listing.next)),
                    None => {
                        self.unwanted.insert(key);
                    }
                }
            }
        }
    }

    /// No more listings will come: what is missing is unfinished.
    pub fn give_up(&mut self) {
        self.given_up = true;
    }
}

/// A step without what it borrows. Indices are those of the top directory, or of the one above a directory that
/// is entered.
enum Due {
    OrderedItem,
    Enter(u32, Entry),
    File(u32, Entry),
    Failed(u32, Failure),
    Link(Entry),
    Sum(u64),
    Written,
    Below(Failure),
    Leave(Extent),
}

/// What came of looking for something below the top directory.
enum Down {
    Found(Due),
    Nothing,
    Missing,
}

impl Frame {
    fn new(listing: Listing) -> Self {
        let key = listing.place.0.key(listing.place.1);
        // Subdirectories that are folded are not gone down into: they are counted where they arrive.
        let folded = listing
            .branch
            .as_ref()
            .filter(|branch| branch.fold == Some(key));
        Self {
            fold: folded.is_some().then_some(key),
            name: folded.map_or(0, |branch| branch.len()),
            branch: listing.branch,
            ordered_items: listing.ordered_items,
            extra: 0,
            detail: None,
            files: Some(listing.files),
            next: listing.next,
            extent: Extent::of(listing.failure.as_ref()),
            failure: listing.failure,
            is_root: false,
        }
    }

    /// The next group of a large directory takes the place of the one that is used up.
    fn go_on(&mut self, listing: Listing) {
        let group = Self::new(listing);
        *self = Self {
            fold: self.fold.or(group.fold),
            extent: self.extent.max(group.extent),
            ..group
        };
    }

    fn tell_extra(&mut self) -> Option<Step<'_>> {
        let (extra, next) = self.ordered_items.as_ref()?.get(self.extra)?;
        self.extra = next;
        self.detail = extra.detail;
        Some(match extra.what {
            ItemKind::Failed(failure) => Step::Failed {
                path: extra.name,
                failure,
            },
            ItemKind::Written => Step::Written {
                text: extra.name,
                usage: &Usage::NONE,
                directories: 0,
            },
            ItemKind::File(entry) => Step::File {
                name: (!extra.name.is_empty()).then_some(extra.name),
                item: entry.item(self.detail.as_ref()),
            },
        })
    }

    fn end_early(&mut self) {
        self.next = None;
        self.extent = Extent::Unfinished;
    }

    fn next(&self) -> Next {
        let due = self
            .ordered_items
            .as_ref()
            .and_then(|ordered_items| ordered_items.position(self.extra));
        if due.is_some_and(|position| position <= self.name) {
            return Next::OrderedItem;
        }
        if self
            .branch
            .as_ref()
            .is_some_and(|branch| self.name < branch.len())
        {
            return Next::Down(self.name);
        }
        if due.is_some() {
            return Next::OrderedItem;
        }
        if self.files.is_some() {
            return Next::Sum;
        }
        if let Some(key) = self.next {
            return Next::Group(key);
        }
        if let Some(key) = self.fold {
            return Next::Fold(key);
        }
        self.failure.map_or(Next::Up, Next::Failure)
    }
}

impl Extent {
    fn of(failure: Option<&Failure>) -> Self {
        match failure {
            Some(failure) if failure.operation == Operation::ReadOn => Self::Broken,
            _ => Self::Whole,
        }
    }
}
