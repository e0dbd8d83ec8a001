//! Carries sums upwards: an entry adds to its directory, and that gives the difference to the directories above, the highest
//! number first, so that each directory is visited once.

use super::delta::Delta;
use super::info::{Changed, DirId, LinkCounting, Sums};
use super::tree::Forest;

impl Forest {
    /// Carries changed sums upwards: to be called before a frame. True where a sum has changed.
    pub fn settle(&mut self) -> bool {
        self.settle_to(DirId::TOP)
    }

    /// True where all sums are right.
    #[must_use]
    pub fn is_settled(&self) -> bool {
        self.pending.is_empty() && self.pending_shared.is_empty()
    }

    /// The same for the directories from this number on: then their sums are right, and those of all below them.
    pub(super) fn settle_to(&mut self, limit: DirId) -> bool {
        let mut has_changed = false;
        while let Some((id, delta)) = self.pending.pop(limit) {
            has_changed = true;
            let dir = self.dirs.get_mut(id);
            dir.sums.change(&delta);
            dir.newest = dir.newest.max(delta.newest);
            self.note_change(id);
            if let Some(above) = self.dirs.sums_go_to(id) {
                self.pending.add(above, &delta);
            }
        }
        self.settle_shared_to(limit);
        has_changed
    }

    /// Adds to the sums of a directory. The diff adds up by itself.
    pub(super) fn add_to_sums(&mut self, id: DirId, delta: &Delta) {
        if self.links.counting != LinkCounting::Ignored {
            self.pending.add(id, delta);
        }
    }

    /// Remembers that the row of this directory, or its own line, must be drawn again.
    pub(super) fn note_change(&mut self, id: DirId) {
        self.changes += 1;
        if id == self.watched || self.dirs.get(id).parent == self.watched.0 {
            self.changed = self.changed.max(Changed::Sums);
        }
    }

    /// Remembers that this directory has other rows than before.
    pub(super) fn note_rows(&mut self, id: DirId) {
        self.changes += 1;
        if id == self.watched {
            self.changed = Changed::Rows;
        }
    }

    /// Carries changed shared parts upwards.
    fn settle_shared_to(&mut self, limit: DirId) {
        while let Some((id, delta)) = self.pending_shared.pop(limit) {
            if delta == Delta::default() {
                continue;
            }
            let sums = self.shared.entry(id).or_default();
            sums.change(&delta);
            if *sums == Sums::default() {
                self.shared.remove(&id);
            }
            self.note_change(id);
            if let Some(above) = self.dirs.sums_go_to(id) {
                self.pending_shared.add(above, &delta);
            }
        }
    }
}
