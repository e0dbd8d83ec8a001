//! The exact numbers of all directories, and the links of one inode.

use std::time::Instant;

use super::info::{DirId, LinkCounting, Slice, Sums};
use super::run::{Reader, Row};
use super::tree::Forest;
use crate::count::usage::Inode;

/// Inodes that are counted before the clock is read again.
const STRIDE: usize = 64;

impl Forest {
    /// Makes the numbers of all directories exact, until this time. To be called after [`Forest::end`] until it is done.
    pub fn count_links(&mut self, until: Instant) -> Slice {
        if self.ended.is_none() || self.links.counting != LinkCounting::Once {
            return Slice::Done;
        }
        loop {
            for _ in 0..STRIDE {
                let pending = (&mut self.pending, &mut self.pending_shared);
                if !self.links.step(&self.dirs, pending.0, pending.1) {
                    return Slice::Done;
                }
            }
            if self.pending.is_full() {
                self.settle();
            }
            if Instant::now() >= until {
                return Slice::More;
            }
        }
    }

    /// The part of a directory's sums that has links outside of it; none while that is not known.
    #[must_use]
    pub fn shared(&self, id: DirId) -> Option<Sums> {
        let is_known = self.links.counting == LinkCounting::Once
            && self.links.is_exact()
            && self.replacement.is_none();
        is_known.then(|| self.shared.get(&id).copied().unwrap_or_default())
    }

    /// The links of an inode that were met: directory and name of each.
    #[must_use]
    pub fn links_of(&self, inode: Inode) -> Vec<(DirId, Vec<u8>)> {
        let mut links = Vec::new();
        for id in self.links.directories(inode) {
            let reader = Reader::new(&self.dirs.get(id).run, id);
            if let (Some(parent), true) = (self.dirs.parent(id), reader.own().inode == inode) {
                links.push((parent, self.name(id).to_vec()));
            }
            for (_, row) in reader {
                if let Row::Entry(name, entry) = row
                    && entry.inode == inode
                    && entry.is_linked()
                {
                    links.push((id, name.to_vec()));
                }
            }
        }
        links
    }
}
