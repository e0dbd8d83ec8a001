//! A directory is read again by a second walk, whose directories have numbers after all others. They replace the old ones
//! when all of them are there.

use std::collections::HashSet;

use super::delta::Delta;
use super::dirs::{Dir, Stage};
use super::info::{DirId, Ended, Gone, LinkCounting, Sums};
use super::tree::{Forest, Reread};
use crate::count::listing::Key;

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
        self.reread.as_ref().is_some_and(|reread| reread.takes(id))
    }

    /// Ends that. If everything was read, the new contents replace the old ones: then true.
    pub fn end_reread(&mut self, ended: Ended) -> bool {
        self.settle();
        let Some(reread) = self.reread.take() else {
            return false;
        };
        let is_whole = ended == Ended::Whole && self.dirs.get(reread.root).open == 0;
        if is_whole {
            self.replace(reread);
        } else {
            self.dirs.truncate(reread.root);
            self.failures
                .forget_if(|failure| failure.directory >= reread.root);
        }
        self.note_rows(self.watched);
        is_whole
    }

    fn replace(&mut self, reread: Reread) {
        let Reread {
            target,
            root,
            links,
        } = reread;
        if self.dirs.get(root).stage == Stage::Nothing {
            let name = self.name(target).to_vec();
            if let Some(parent) = self.dirs.parent(target) {
                self.remove(parent, &[&name], Gone::Deleted);
            }
            return;
        }
        let (sums, open) = self.give_up(target);
        self.take_over(target, root);
        let target_of = |id| if id == root { target } else { id };
        let links = links.into_iter().map(|(id, entry)| (target_of(id), entry));
        let dir = self.dirs.get_mut(target);
        let new = std::mem::replace(&mut dir.sums, sums);
        let mut delta = Delta::of_sums(&sums).times(-1);
        delta.add(&Delta::of_sums(&new));
        self.pending.add(target, &delta);
        let pending = (&mut self.pending, &mut self.pending_shared);
        self.links.insert(links.collect(), &self.dirs, pending);
        self.settle();
        if open > 0 {
            self.dirs.get_mut(target).open = 1;
            self.close(target);
        }
        let above = self.dirs.parent(target);
        above.into_iter().for_each(|above| self.refresh(above));
    }

    /// Forgets the contents of a directory, and first the links in it. Its sums after that, and what was open in it: both
    /// still are a part of the directories around it.
    fn give_up(&mut self, target: DirId) -> (Sums, u32) {
        let old = self.with_all_below(&[target]);
        let links = self.links_in(&old);
        self.forget_links(&links, Gone::Moved);
        self.settle();
        let dir = self.dirs.get(target);
        let left = (dir.sums, dir.open);
        let ids: HashSet<DirId> = old.iter().copied().collect();
        self.failures
            .forget_if(|failure| ids.contains(&failure.directory));
        old.into_iter().for_each(|id| self.forget(id));
        left
    }

    /// What was read as `root` becomes that of `target`.
    fn take_over(&mut self, target: DirId, root: DirId) {
        let new = std::mem::replace(self.dirs.get_mut(root), Dir::none());
        let dir = self.dirs.get_mut(target);
        dir.stage = new.stage;
        dir.flags = new.flags;
        dir.sums = new.sums;
        dir.newest = new.newest;
        self.write_run(target, (&new.run, root), |_| true);
        self.failures.rename(root, target);
    }
}
