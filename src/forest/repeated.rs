//! Operands that lie in other operands: they are shown in both places, and the command line counts them once.

use std::collections::HashSet;

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
    pub(super) fn meet_directory(&mut self, id: DirId, own: &ForestEntry, stage: Stage) {
        let may_be_operand = self.operands.count > 1 && own.inode.number != 0 && counts(stage);
        // Those of a second reading are looked at when they are in place.
        if !may_be_operand || self.is_read_again(id) {
            return;
        }
        let known = self.operands.known.get(&own.inode).copied();
        match (known, self.dirs.parent(id)) {
            // Where each counts, it is known for the removals: operands stay.
            (Some(_), _) if !self.may_repeat() => {}
            (Some(operand), _) if operand == id || self.are_links(operand, own) => {}
            (Some(_), Some(DirId::TOP)) => self.mark_repeated(id),
            (Some(operand), Some(_)) => self.mark_repeated(operand),
            (None, Some(DirId::TOP)) => {
                self.operands.known.insert(own.inode, id);
                self.operands.has_files |= !own.has_run();
            }
            _ => {}
        }
    }

    /// Looks whether a file is an operand.
    pub(super) fn meet_file(&mut self, id: DirId, entry: &ForestEntry) {
        if self.operands.has_files
            && self.may_repeat()
            && id != DirId::TOP
            && entry.is_known()
            && let Some(&operand) = self.operands.known.get(&entry.inode)
            && !self.is_read_again(id)
            && !self.are_links(operand, entry)
        {
            self.mark_repeated(operand);
        }
    }

    /// True where the table of links counts an operand and another entry with its inode once. One of two readings may have
    /// found a file with one link.
    fn are_links(&self, operand: DirId, entry: &ForestEntry) -> bool {
        entry.is_linked() && self.own(operand).is_linked()
    }

    /// Looks again which operands lie in others: an operand may have come after the directory that it lies in, and a second
    /// reading may have found others.
    pub(super) fn find_repeated_operands(&mut self) {
        if self.operands.count <= 1 {
            return;
        }
        let operands = self.know_operands();
        if !self.may_repeat() {
            return;
        }
        let repeated = self.repeated_operands(&operands);
        let is_other = |id: &DirId| self.dirs.get(*id).has(REPEATED) != repeated.contains(id);
        let changed: Vec<DirId> = operands.into_iter().filter(is_other).collect();
        if changed.is_empty() {
            return;
        }
        let are_links_exact = self.links.is_exact();
        if are_links_exact {
            self.recount_links(-1);
        }
        for operand in changed {
            let dir = self.dirs.get_mut(operand);
            let is_repeated = !dir.has(REPEATED);
            dir.set(REPEATED, is_repeated);
            let factor = if is_repeated { -1 } else { 1 };
            let sums = Delta::of_sums(&dir.sums).times(factor);
            self.pending.add(DirId::TOP, &sums);
        }
        if are_links_exact {
            self.recount_links(1);
        }
    }

    /// Finds out what the operands are by now. Their numbers.
    fn know_operands(&mut self) -> Vec<DirId> {
        let rows = Reader::new(&self.dirs.get(DirId::TOP).run, DirId::TOP);
        let operands: Vec<DirId> = rows
            .filter_map(|(_, row)| match row {
                Row::Directory(_, id) => Some(id),
                Row::Entry(..) => None,
            })
            .collect();
        let former = std::mem::take(&mut self.operands.known);
        self.operands.has_files = false;
        for &id in &operands {
            let own = self.own(id);
            if own.inode.number != 0 {
                self.operands.known.entry(own.inode).or_insert(id);
                self.operands.has_files |= !own.has_run();
            }
        }
        let is_known = |inode: &Inode| self.operands.known.contains_key(inode);
        let former = former.into_keys().filter(|inode| !is_known(inode));
        self.operands.former.extend(former);
        operands
    }

    /// Those that are met elsewhere.
    fn repeated_operands(&self, operands: &[DirId]) -> HashSet<DirId> {
        let is_same = |&id: &DirId| self.known_as(&self.own(id)).is_some_and(|one| one != id);
        let mut repeated: HashSet<DirId> = operands.iter().copied().filter(is_same).collect();
        for id in self.dirs.ids().filter(|&id| id != DirId::TOP) {
            let dir = self.dirs.get(id);
            let reader = Reader::new(&dir.run, id);
            if dir.parent != DirId::TOP.0
                && counts(dir.stage)
                && let Some(operand) = self.known_as(reader.own())
                && !self.dirs.above(id).any(|above| above == operand)
            {
                repeated.insert(operand);
            }
            if self.operands.has_files {
                let entries = reader.filter_map(|(_, row)| match row {
                    Row::Entry(_, entry) if entry.is_known() => self.known_as(&entry),
                    Row::Entry(..) | Row::Directory(..) => None,
                });
                repeated.extend(entries);
            }
        }
        repeated
    }

    /// The operand with the inode of an entry, unless the table of links counts both once.
    fn known_as(&self, entry: &ForestEntry) -> Option<DirId> {
        let operand = self.operands.known.get(&entry.inode).copied()?;
        (!self.are_links(operand, entry)).then_some(operand)
    }

    /// Adds what all links count, so many times.
    fn recount_links(&mut self, factor: i128) {
        for place in 0.. {
            let pending = (&mut self.pending, &mut self.pending_shared);
            if !self.links.recount((place, factor), &self.dirs, pending) {
                break;
            }
            if self.pending.is_full() {
                self.settle();
            }
        }
        self.settle();
    }

    fn mark_repeated(&mut self, operand: DirId) {
        let dir = self.dirs.get_mut(operand);
        if !dir.has(REPEATED) {
            dir.set(REPEATED, true);
            let counted = Delta::of_sums(&dir.sums).times(-1);
            self.pending.add(DirId::TOP, &counted);
        }
    }

    /// The other places of these directories: an operand that lies in another one is shown in both.
    #[must_use]
    pub fn other_places(&self, directories: &HashSet<DirId>) -> Vec<DirId> {
        if self.operands.count <= 1 {
            return Vec::new();
        }
        let inodes = directories.iter().map(|&id| self.own(id).inode);
        let inodes: HashSet<Inode> = inodes.filter(|inode| inode.number != 0).collect();
        let is_other = |id: &DirId| {
            let is_shown = matches!(self.dirs.get(*id).stage, Stage::Read | Stage::Broken);
            is_shown && !directories.contains(id) && inodes.contains(&self.own(*id).inode)
        };
        self.dirs.ids().filter(is_other).collect()
    }

    /// What an operand is, or was.
    #[must_use]
    pub fn operand_inodes(&self) -> HashSet<Inode> {
        let rows = self.rows(DirId::TOP).map(|row| row.entry.inode);
        let rows = rows.filter(|inode| inode.number != 0);
        let known = self.operands.known.keys().copied();
        rows.chain(known)
            .chain(self.operands.former.iter().copied())
            .collect()
    }
}

/// False for what was left out: an operand there is met for the first time.
fn counts(stage: Stage) -> bool {
    match stage {
        Stage::Read | Stage::Broken | Stage::Unread | Stage::File => true,
        Stage::Nothing | Stage::Announced | Stage::Away | Stage::Excluded => false,
    }
}
