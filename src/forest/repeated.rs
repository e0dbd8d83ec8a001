//! Operands that lie in other operands: they are shown in both places, and the command line counts them once.

use super::delta::Delta;
use super::dirs::{REPEATED, Stage};
use super::entry::ForestEntry;
use super::info::{DirId, LinkCounting};
use super::run::{Reader, Row};
use super::tree::Forest;
use crate::count::usage::Inode;

impl Forest {
    /// True where an entry may be met several times, and counts once.
    fn may_repeat(&self) -> bool {
        self.operands.count > 1 && self.links.counting == LinkCounting::Once
    }

    /// Remembers an operand, and looks whether another directory is one.
    pub(super) fn meet_directory(&mut self, id: DirId, own: &ForestEntry) {
        if self.operands.count <= 1 || own.inode.number == 0 {
            return;
        }
        let known = self.operands.known.get(&own.inode).copied();
        match (known, self.dirs.parent(id)) {
            // Where each counts, it is known for the removals: operands stay.
            (Some(_), _) if !self.may_repeat() => {}
            (Some(operand), Some(DirId::TOP)) if operand != id => self.mark_repeated(id),
            (Some(operand), Some(_)) if operand != id => self.mark_repeated(operand),
            // Links are counted once for themselves.
            (None, Some(DirId::TOP)) if !own.is_linked() => {
                self.operands.known.insert(own.inode, id);
                self.operands.has_files |= !own.has_run();
            }
            _ => {}
        }
    }

    /// Looks whether a file is an operand.
    pub(super) fn meet_file(&mut self, id: DirId, entry: &ForestEntry) {
        if self.operands.has_files
            && id != DirId::TOP
            && let Some(&operand) = self.operands.known.get(&entry.inode)
        {
            self.mark_repeated(operand);
        }
    }

    /// An operand may have come after the directory that it lies in.
    pub(super) fn find_repeated_operands(&mut self) {
        if !self.may_repeat() {
            return;
        }
        let mut repeated = Vec::new();
        for id in self.dirs.ids() {
            let dir = self.dirs.get(id);
            let is_operand = dir.parent == DirId::TOP.0;
            let is_wanted = |inode: &Inode| self.operands.known.get(inode).copied();
            let reader = Reader::new(&dir.run, id);
            if !is_operand && dir.stage != Stage::Nothing {
                repeated.extend(is_wanted(&reader.own().inode));
            }
            if self.operands.has_files {
                let entries = reader.filter_map(|(_, row)| match row {
                    Row::Entry(_, entry) => is_wanted(&entry.inode),
                    Row::Directory(..) => None,
                });
                repeated.extend(entries);
            }
        }
        for operand in repeated {
            self.mark_repeated(operand);
        }
    }

    fn mark_repeated(&mut self, operand: DirId) {
        let dir = self.dirs.get_mut(operand);
        if !dir.has(REPEATED) {
            dir.set(REPEATED, true);
            let counted = Delta::of_sums(&dir.sums).times(-1);
            self.pending.add(DirId::TOP, &counted);
        }
    }
}
