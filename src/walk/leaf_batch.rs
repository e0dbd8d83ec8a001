//! Sums of folded directories that hold nothing but files: a walker adds up several before it sends one listing.
//!
//! Most directories are such. A sum is sent when it covers enough directories, and before its walker turns to a
//! directory that folds into another one. So nothing waits for a held sum: the directory that it counts for has not
//! ended either. Only directories without subdirectories are held: a listing that announces subdirectories must be sent
//! before theirs.

use std::cell::Cell;

use super::shared::Shared;
use crate::count::listing::{Found, Key, Listing};

/// Directories in one sum.
const MOST: u64 = 64;

thread_local! {
    /// The sum of the walker on this thread that was not sent yet.
    static SUM: Cell<Option<Box<Listing>>> = const { Cell::new(None) };
}

impl Shared {
    /// Sends a listing, or adds it to a sum that will be sent.
    pub(super) fn send_or_hold(&self, mut listing: Listing) {
        let Some(fold) = leaf_fold(&listing).filter(|_| self.pool.is_some()) else {
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
        let is_full = *count >= MOST;
        sum.files += &listing.files;
        sum.place = listing.place;
        if is_full {
            self.send(*sum);
        } else {
            SUM.set(Some(sum));
        }
    }

    /// Sends the held sum, unless it folds into this directory.
    pub(super) fn flush_leaves(&self, fold: Option<Key>) {
        match SUM.take() {
            Some(sum) if sum.fold() != fold || fold.is_none() => self.send(*sum),
            held => SUM.set(held),
        }
    }
}

/// The directory that a listing folds into, where the listing may be added to a sum.
fn leaf_fold(listing: &Listing) -> Option<Key> {
    let is_leaf = listing.branch.is_none()
        && listing.next.is_none()
        && listing.ordered_items.is_none()
        && listing.failure.is_none()
        && matches!(listing.found, Found::Directory(entry, _) if entry.dedup_key.is_none());
    listing.fold().filter(|_| is_leaf)
}
