//! A directory is read again by a second walk, whose directories have numbers after all others. They replace the old ones
//! when all of them are there.

use std::collections::HashSet;
use std::time::Instant;

use super::delta::Delta;
use super::dirs::{Dir, REPEATED, Stage};
use super::info::{DirId, Ended, Gone, LinkCounting, Slice, Sums};
use super::links::bucket;
use super::tree::{Forest, Replacement, Reread};
use crate::count::listing::Key;

/// Links that are forgotten before the clock is read again.
const STRIDE: usize = 64;

impl Forest {
    /// Begins to read a directory again, after the end of the walk, and once [`Forest::count_links`] is done: the first key
    /// of the second walk, whose only operand is that directory.
    pub fn begin_reread(&mut self, target: DirId) -> Key {
        debug_assert!(self.links.counting != LinkCounting::Once || self.links.is_exact());
        let root = DirId(self.dirs.len().max(1));
        let dir = self.dirs.get_mut(root);
        dir.stage = Stage::Announced;
        dir.open = 1;
        self.reread = Some(Reread {
            target,
            root,
            links: Vec::new(),
        });
        Key::from(root.0 - 1)
    }

    /// True for a directory of the second walk.
    pub(super) fn is_read_again(&self, id: DirId) -> bool {
        let waiting = self.replacement.as_ref().filter(|new| !new.is_in_place);
        let reread = self.reread.as_ref().or(waiting.map(|new| &new.reread));
        reread.is_some_and(|reread| reread.takes(id))
    }

    /// Ends that. True where everything was read: then [`Forest::replace`] is to be called until it is done. Otherwise all
    /// is as it was before.
    pub fn end_reread(&mut self, ended: Ended) -> bool {
        self.settle();
        let Some(reread) = self.reread.take() else {
            return false;
        };
        let is_whole = ended == Ended::Whole && self.dirs.get(reread.root).open == 0;
        if is_whole {
            let old = self.with_all_below(&[reread.target]);
            let mut old_links = self.links_in(&old);
            old_links.sort_unstable();
            self.replacement = Some(Replacement {
                reread,
                old,
                old_links,
                is_in_place: false,
            });
        } else {
            self.dirs.truncate(reread.root);
            self.failures
                .forget_if(|failure| failure.directory >= reread.root);
            self.note_rows(self.watched);
        }
        is_whole
    }

    /// Replaces the contents of the directory by those that were read last, until this time: the links of the old contents
    /// are forgotten, then the directories change places, then the new links are counted. In between, sums lack some
    /// files that have several links, and nothing may be removed.
    pub fn replace(&mut self, until: Instant) -> Slice {
        while let Some(mut replacement) = self.replacement.take() {
            let is_done = self.go_on_replacing(&mut replacement);
            if !is_done {
                self.replacement = Some(replacement);
            }
            if self.pending.is_full() {
                self.settle();
            }
            if !is_done && Instant::now() >= until {
                return Slice::More;
            }
        }
        Slice::Done
    }

    /// Does the next part. True where it was the last.
    fn go_on_replacing(&mut self, replacement: &mut Replacement) -> bool {
        let links = &mut replacement.reread.links;
        if !replacement.old_links.is_empty() {
            let all = &mut replacement.old_links;
            let first = all[all.len().saturating_sub(STRIDE)];
            // All links of an inode together.
            let rest = all.partition_point(|(inode, _)| *inode < first.0);
            let mut forgotten = all.split_off(rest);
            self.forget_links(&mut forgotten, Gone::Moved);
        } else if !replacement.is_in_place {
            let (target, root) = (replacement.reread.target, replacement.reread.root);
            for (id, _) in links.iter_mut().filter(|(id, _)| *id == root) {
                *id = target;
            }
            links.sort_by_key(|(_, entry)| bucket(entry.inode));
            replacement.is_in_place = true;
            let old = std::mem::take(&mut replacement.old);
            if !self.put_in_place((target, root), old) {
                self.find_repeated_operands();
                return true;
            }
        } else if let Some((_, last)) = links.last() {
            // The links of a bucket are sorted in one go.
            let last = bucket(last.inode);
            let start = links.partition_point(|(_, entry)| bucket(entry.inode) < last);
            let new = links.split_off(start);
            let pending = (&mut self.pending, &mut self.pending_shared);
            self.links.insert(new, &self.dirs, pending);
        } else {
            self.find_repeated_operands();
            self.settle();
            // What was asked meanwhile was about other numbers.
            self.rewrites += 1;
            self.rereads += 1;
            self.note_rows(self.watched);
            return true;
        }
        false
    }

    /// The new directories take the place of the old ones. False where there is nothing new.
    fn put_in_place(&mut self, (target, root): (DirId, DirId), old: Vec<DirId>) -> bool {
        self.rereads += 1;
        if self.dirs.get(root).stage == Stage::Nothing {
            let name = self.name(target).to_vec();
            if let Some(parent) = self.dirs.parent(target) {
                self.remove(parent, &[&name], Gone::Deleted);
            }
            self.note_rows(self.watched);
            return false;
        }
        let (sums, open) = self.give_up(target, old);
        self.take_over(target, root);
        let dir = self.dirs.get_mut(target);
        let new = std::mem::replace(&mut dir.sums, sums);
        let mut delta = Delta::of_sums(&sums).times(-1);
        delta.add(&Delta::of_sums(&new));
        self.pending.add(target, &delta);
        self.settle();
        if open > 0 {
            self.dirs.get_mut(target).open = 1;
            self.close(target);
        }
        let above = self.dirs.parent(target);
        above.into_iter().for_each(|above| self.refresh(above));
        self.note_rows(self.watched);
        true
    }

    /// Forgets the contents of a directory, whose links are forgotten. Its sums after that, and what was open in it: both
    /// still are a part of the directories around it.
    fn give_up(&mut self, target: DirId, old: Vec<DirId>) -> (Sums, u32) {
        self.settle();
        let dir = self.dirs.get(target);
        let left = (dir.sums, dir.open);
        let is_repeated = dir.has(REPEATED);
        let ids: HashSet<DirId> = old.iter().copied().collect();
        self.failures
            .forget_if(|failure| ids.contains(&failure.directory));
        old.into_iter().for_each(|id| self.forget(id));
        self.dirs.get_mut(target).set(REPEATED, is_repeated);
        left
    }

    /// What was read as `root` becomes that of `target`.
    fn take_over(&mut self, target: DirId, root: DirId) {
        let new = std::mem::replace(self.dirs.get_mut(root), Dir::none());
        let dir = self.dirs.get_mut(target);
        dir.stage = new.stage;
        dir.flags = new.flags | dir.flags & REPEATED;
        dir.sums = new.sums;
        dir.newest = new.newest;
        self.write_run(target, (&new.run, root), |_| true);
        self.failures.rename(root, target);
    }
}
