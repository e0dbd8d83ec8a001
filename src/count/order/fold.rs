//! The contents of all directories that are folded into one at the printed depth.
//!
//! Sums are added up in any order. What depends on the order is kept: files with several links, because the first in
//! order counts, until the directory's turn; failures until everything has arrived, to report them in order.

use std::sync::Arc;

use crate::count::listing::{Branch, Found, Key, Listing, push_name};
use crate::count::ordered_items::{ItemKind, OrderedItems};
use crate::count::usage::{Entry, Usage};
use crate::count::visitor::Visitor;
use crate::sys::failure::Failure;

/// See the module.
#[derive(Debug, Default)]
pub(super) struct Fold {
    /// Listings announced and not arrived.
    pub(super) open: u64,
    usage: Usage,
    directories: u64,
    /// Files with several links that are not reported yet, in any order: all count for the same directory. Files
    /// without further links may be among them.
    links: OrderedItems,
    failures: Vec<FoldedFailure>,
}

#[derive(Debug)]
struct FoldedFailure {
    place: (Arc<Branch>, u32),
    /// Its position in its directory.
    rank: Rank,
    name: Vec<u8>,
    failure: Failure,
}

/// A position in a directory: the key of the listing, the number of subdirectories before it, whether it is a
/// subdirectory, the number of items before it.
type Rank = (Key, u32, bool, usize);

/// After everything in the directory.
const LAST: Rank = (Key::MAX, u32::MAX, true, usize::MAX);

impl Fold {
    pub(super) fn take(&mut self, mut listing: Listing) {
        // The listing's own announcement was counted before: a parent arrives before its children.
        let announced = listing.subdirectories() + u64::from(listing.next.is_some());
        self.open = (self.open + announced).saturating_sub(listing.answered());
        self.usage += &listing.files;
        match listing.found {
            Found::Directory(entry, _) => {
                self.directories += 1;
                self.add(entry);
            }
            Found::File(entry, _) => self.add(entry),
            Found::Leaves(count) => self.directories += count,
            Found::Nothing | Found::Away(_) | Found::Absent(_) => {}
            Found::More | Found::Rendered(_) => {}
        }
        if let Some(failure) = listing.failure {
            self.add_failure(&listing, LAST, b"", failure);
        }
        self.adopt_failures(&mut listing);
        if let Some(items) = listing.ordered_items {
            // Packed as they are: unpacking and packing again would cost more than the rest of this function.
            match self.links.is_empty() {
                true => self.links = *items,
                false => self.links.append(&items),
            }
        }
    }

    fn add(&mut self, entry: Entry) {
        match entry.dedup_key {
            Some(_) => self.links.push(0, b"", ItemKind::File(entry, None)),
            None => self.usage += &entry.usage(),
        }
    }

    /// Moves the failures from a listing to this fold, which reports all of its failures in order.
    pub(super) fn adopt_failures(&mut self, listing: &mut Listing) {
        let with_failures = listing.ordered_items.take_if(|items| items.any_failed());
        let Some(items) = with_failures else {
            return;
        };
        let mut others = OrderedItems::default();
        for (number, item) in items.iter().enumerate() {
            match item.kind {
                ItemKind::Failed(failure) => {
                    let rank = (listing.key, item.position, false, number);
                    self.add_failure(listing, rank, item.name, failure);
                }
                ItemKind::File(..) | ItemKind::Away(_) | ItemKind::Rendered => {
                    others.push(item.position, item.name, item.kind);
                }
            }
        }
        listing.ordered_items = (!others.is_empty()).then(|| Box::new(others));
    }

    fn add_failure(&mut self, listing: &Listing, rank: Rank, name: &[u8], failure: Failure) {
        self.failures.push(FoldedFailure {
            place: listing.place.clone(),
            rank,
            name: name.into(),
            failure,
        });
    }

    /// Reports the linked files that have arrived. Files without further links need no event.
    pub(super) fn report_links(&mut self, visitor: &mut impl Visitor) {
        for item in self.links.iter() {
            match item.kind {
                ItemKind::File(entry, _) if entry.dedup_key.is_some() => {
                    visitor.file(None, &entry.item(None));
                }
                ItemKind::File(entry, _) => self.usage += &entry.usage(),
                ItemKind::Failed(_) | ItemKind::Away(_) | ItemKind::Rendered => {}
            }
        }
        self.links.clear();
    }

    /// Reports the sum, then the failures in the order of a walk by one thread.
    pub(super) fn report(mut self, visitor: &mut impl Visitor) {
        visitor.sum(&self.usage, self.directories);
        self.failures.sort_by_cached_key(FoldedFailure::ranks);
        for failed in &self.failures {
            visitor.failed(&failed.path(), failed.failure);
        }
    }
}

impl FoldedFailure {
    /// Its position in the order of the walk: a rank in each directory on the way to it.
    fn ranks(&self) -> Vec<Rank> {
        let (branch, index) = &self.place;
        let places = branch.places(*index);
        let folded = places.take_while(|(branch, _)| branch.fold.is_some());
        let above = folded.map(|(branch, index)| (branch.group, index, true, 0));
        let mut ranks: Vec<Rank> = std::iter::once(self.rank).chain(above).collect();
        ranks.reverse();
        ranks
    }

    /// Its path relative to the directory that it is folded into.
    fn path(&self) -> Vec<u8> {
        let (branch, index) = &self.place;
        let mut path = Vec::new();
        if branch.fold.is_some() {
            branch.path(*index, branch.fold, &mut path);
        }
        if !self.name.is_empty() {
            push_name(&mut path, &self.name);
        }
        path
    }
}
