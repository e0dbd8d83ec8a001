//! What is folded into a directory at the printed depth: sums in any order, and what depends on order kept for later.

use std::sync::Arc;

use crate::count::listing::{Branch, Found, Key, Listing, push_name};
use crate::count::ordered_items::{ItemKind, ItemOffset, OrderedItems};
use crate::count::usage::{Entry, Usage};
use crate::sys::failure::Failure;

/// See the module.
#[derive(Debug)]
pub(super) struct Fold {
    /// Listings announced and not arrived.
    pub(super) open: u64,
    /// Taken when all of it is there.
    pub(super) usage: Option<Usage>,
    /// How many are in it.
    pub(super) directories: u64,
    /// Files with several links, told up to `link`; in no order, since all count for the same directory.
    links: OrderedItems,
    link: ItemOffset,
    failures: Vec<FoldedFailure>,
}

#[derive(Debug)]
struct FoldedFailure {
    place: (Arc<Branch>, u32),
    /// Its place in its directory.
    rank: Rank,
    name: Vec<u8>,
    failure: Failure,
}

/// The place of something in its directory: the listing, the subdirectories before it, whether it is one, which extra.
type Rank = (Key, u32, bool, usize);

/// After everything in the directory.
const LAST: Rank = (Key::MAX, u32::MAX, true, usize::MAX);

impl Fold {
    pub(super) fn new() -> Self {
        Self {
            open: 0,
            usage: Some(Usage::default()),
            directories: 0,
            links: OrderedItems::EMPTY,
            link: 0,
            failures: Vec::new(),
        }
    }

    fn add(&mut self, entry: Entry) {
        if entry.dedup_key.is_some() {
            self.links.push(0, b"", ItemKind::File(entry));
        } else if let Some(usage) = &mut self.usage {
            *usage += &entry.usage();
        }
    }

    /// The next linked file that was not told. What has no other links needs no step.
    pub(super) fn next_link(&mut self) -> Option<Entry> {
        while let Some((extra, next)) = self.links.get(self.link) {
            self.link = next;
            match (extra.what, &mut self.usage) {
                (ItemKind::File(entry), _) if entry.dedup_key.is_some() => return Some(entry),
                (ItemKind::File(entry), Some(usage)) => *usage += &entry.usage(),
                _ => {}
            }
        }
        self.links.clear();
        self.link = 0;
        None
    }

    pub(super) fn take(&mut self, mut listing: Listing) {
        // Its own announcement is now met. It was counted: a parent arrives before its children.
        self.open = (self.open + listing.announced()).saturating_sub(listing.met());
        if let Some(usage) = &mut self.usage {
            *usage += &listing.files;
        }
        if let Found::Directory(entry, _) | Found::File(entry, _) = listing.found {
            self.add(entry);
        }
        self.directories += match listing.found {
            Found::Directory(..) => 1,
            Found::Leaves(count) => count,
            Found::Nothing | Found::File(..) | Found::More | Found::Written(_) => 0,
        };
        if let Some(failure) = listing.failure {
            self.add_failure(&listing, LAST, b"", failure);
        }
        self.adopt_failures(&mut listing);
        if let Some(ordered_items) = listing.ordered_items {
            // As they are: to unpack and pack them again would cost more than all the rest.
            match self.links.is_empty() {
                true => self.links = *ordered_items,
                false => self.links.append(&ordered_items),
            }
        }
    }

    /// Takes the failures out of a listing, to tell all of a fold's in order.
    pub(super) fn adopt_failures(&mut self, listing: &mut Listing) {
        let Some(ordered_items) = listing.ordered_items.take() else {
            return;
        };
        if !ordered_items.any_failed() {
            listing.ordered_items = Some(ordered_items);
            return;
        }
        let mut files = OrderedItems::EMPTY;
        for (index, extra) in ordered_items.iter().enumerate() {
            match extra.what {
                ItemKind::File(_) | ItemKind::Written => {
                    files.push(extra.position, extra.name, extra.what);
                }
                ItemKind::Failed(failure) => {
                    let rank = (listing.key, extra.position, false, index);
                    self.add_failure(listing, rank, extra.name, failure);
                }
            }
        }
        listing.ordered_items = (!files.is_empty()).then(|| Box::new(files));
    }

    fn add_failure(&mut self, listing: &Listing, rank: Rank, name: &[u8], failure: Failure) {
        self.failures.push(FoldedFailure {
            place: listing.place.clone(),
            rank,
            name: name.into(),
            failure,
        });
    }

    /// Last first, since they are taken from the end.
    pub(super) fn sort_failures(&mut self) {
        self.failures
            .sort_by_cached_key(|failed| std::cmp::Reverse(failed.ranks()));
    }

    pub(super) fn pop_failure(&mut self) -> Option<(Vec<u8>, Failure)> {
        let failed = self.failures.pop()?;
        Some((failed.path(), failed.failure))
    }
}

impl FoldedFailure {
    /// Where it comes in the order of a lone walker: its rank in each directory on the way to it.
    fn ranks(&self) -> Vec<Rank> {
        let mut ranks = vec![self.rank];
        let (mut branch, mut index) = (&self.place.0, self.place.1);
        while branch.fold.is_some() {
            ranks.push((branch.group, index, true, 0));
            let Some((above, place)) = &branch.parent else {
                break;
            };
            (branch, index) = (above, *place);
        }
        ranks.reverse();
        ranks
    }

    /// Its path below the directory that it is folded into.
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
