//! Directories that hold nothing but files, and are folded: a walker adds up several of them before it tells.
//!
//! Most directories are such. The sum of some is told at once when it is large enough, and before its walker turns
//! to a directory that does not fold into the same one: so what waits here waits for nobody, since the directory
//! that it counts for has not ended either. Only leaves may wait: what announces subdirectories has to be told
//! before these can be met.

use std::cell::Cell;

use super::Shared;
use crate::count::listing::{Found, Key, Listing};

/// Leaves that are told together.
const TOGETHER: u64 = 64;

thread_local! {
    /// The sum of this walker that has not been told.
    static SUM: Cell<Option<Box<Listing>>> = const { Cell::new(None) };
}

impl Shared {
    /// Sends a listing, or adds it to what will be sent.
    pub(super) fn send_or_hold(&self, mut listing: Listing) {
        let Some(fold) = leaf_of(&listing).filter(|_| !self.outbox.is_alone()) else {
            self.send(listing);
            return;
        };
        if let Found::Directory(entry, _) = listing.found {
            listing.files += &entry.usage();
            listing.found = Found::Leaves(1);
        }
        self.flush_leaves(Some(fold));
        let Some(mut sum) = SUM.take() else {
            SUM.set(Some(Box::new(listing)));
            return;
        };
        let Found::Leaves(count) = &mut sum.found else {
            unreachable!("only leaves are added up");
        };
        *count += 1;
        let is_enough = *count >= TOGETHER;
        sum.files += &listing.files;
        sum.place = listing.place;
        if is_enough {
            self.send(*sum);
        } else {
            SUM.set(Some(sum));
        }
    }

    /// Tells what waits, unless it folds into the same directory.
    pub(super) fn flush_leaves(&self, fold: Option<Key>) {
        match SUM.take() {
            Some(sum) if sum.fold() != fold || fold.is_none() => self.send(*sum),
            waits => SUM.set(waits),
        }
    }
}

/// The directory that a leaf counts for.
fn leaf_of(listing: &Listing) -> Option<Key> {
    let is_leaf = listing.branch.is_none()
        && listing.next.is_none()
        && listing.ordered_items.is_none()
        && listing.failure.is_none()
        && matches!(listing.found, Found::Directory(entry, _) if entry.dedup_key.is_none());
    listing.fold().filter(|_| is_leaf)
}
