//! Entries leave the tree: their rows, their part of the sums of all directories around them, their links.

use std::collections::HashSet;

use super::delta::Delta;
use super::dirs::{LINKED, NEW, REMOVING, Stage, UNREAD_BELOW};
use super::entry::{ForestEntry, Reading};
use super::info::{Changed, DirId, ForestFailure, Gone, Sums};
use super::run::{Reader, Row, Writer};
use super::tree::Forest;
use crate::count::usage::{FileTime, Inode};

/// What leaves a directory.
#[derive(Debug, Default)]
struct Leaving {
    /// What the sums lose, without the directories.
    files: Delta,
    /// Links of files.
    links: Vec<(Inode, DirId)>,
    directories: Vec<DirId>,
}

impl Forest {
    /// Removes entries of a directory, with everything below them. The run of the directory is written again, so names
    /// of one directory should come together. The sums follow with [`Forest::settle`].
    pub fn remove(&mut self, directory: DirId, names: &[&[u8]], gone: Gone) {
        if self.pending.has_times() {
            // It may be that of an entry which goes.
            self.settle();
        }
        let names: HashSet<&[u8]> = names.iter().copied().collect();
        let mut leaving = Leaving::default();
        for (_, row) in Reader::new(&self.dirs.get(directory).run, directory) {
            match row {
                Row::Entry(name, entry) if is_in(&names, name) => leaving.take(directory, &entry),
                Row::Directory(name, id) if is_in(&names, name) => leaving.directories.push(id),
                _ => {}
            }
        }
        let below = self.with_all_below(&leaving.directories);
        leaving.links.extend(self.links_in(&below));
        self.forget_links(&mut leaving.links, gone);
        // The sums of what goes have to be right; the others may come later.
        let first = leaving.directories.iter().min();
        first.into_iter().for_each(|&first| {
            self.settle_to(first);
        });
        let mut delta = leaving.files;
        for &id in &leaving.directories {
            delta.add(&Delta::of_sums(&self.dirs.get(id).sums).times(-1));
            if self.dirs.get(id).open > 0 {
                self.close(directory);
            }
        }
        self.forget_failures(&below, (directory, &names));
        below.iter().for_each(|&id| self.forget(id));
        let run = std::mem::take(&mut self.dirs.get_mut(directory).run);
        self.write_run(directory, (&run, directory), |name| !is_in(&names, name));
        self.pending.add(directory, &delta);
        self.refresh(directory);
        if let Some(marks) = self.removing.get_mut(&directory) {
            marks.retain(|name| !is_in(&names, name));
        }
        self.note_rows(directory);
    }

    /// The directory holds entries that are not in the tree.
    pub fn set_new(&mut self, directory: DirId) {
        self.dirs.get_mut(directory).set(NEW, true);
        self.note_change(directory);
    }

    /// Whether entries of a directory are being removed. One pass over its rows.
    pub fn set_removing(
        &mut self,
        directory: DirId,
        names: &HashSet<&[u8]>,
        is_being_removed: bool,
    ) {
        let rows = self.rows(directory).filter(|row| names.contains(row.name));
        let ids: Vec<(DirId, Vec<u8>)> = rows
            .filter_map(|row| Some((row.directory?, row.name.to_vec())))
            .collect();
        for (id, _) in &ids {
            self.dirs.get_mut(*id).set(REMOVING, is_being_removed);
        }
        let directories: HashSet<&[u8]> = ids.iter().map(|(_, name)| name.as_slice()).collect();
        let marks = self.removing.entry(directory).or_default();
        for &name in names.difference(&directories) {
            match is_being_removed {
                true => marks.insert(name.into()),
                false => marks.remove(name),
            };
        }
        if marks.is_empty() {
            self.removing.remove(&directory);
        }
        if directory == self.watched {
            self.changed = self.changed.max(Changed::Sums);
        }
    }

    /// These directories and all below them.
    pub(super) fn with_all_below(&self, directories: &[DirId]) -> Vec<DirId> {
        let mut all = directories.to_vec();
        let mut at = 0;
        while let Some(&id) = all.get(at) {
            for (_, row) in Reader::new(&self.dirs.get(id).run, id) {
                if let Row::Directory(_, below) = row {
                    all.push(below);
                }
            }
            at += 1;
        }
        all
    }

    /// The links of files in these directories.
    pub(super) fn links_in(&self, directories: &[DirId]) -> Vec<(Inode, DirId)> {
        let mut links = Vec::new();
        for &id in directories
            .iter()
            .filter(|&&id| self.dirs.get(id).has(LINKED))
        {
            let reader = Reader::new(&self.dirs.get(id).run, id);
            if reader.own().is_linked() {
                links.push((reader.own().inode, id));
            }
            for (_, row) in reader {
                if let Row::Entry(_, entry) = row
                    && entry.is_linked()
                {
                    links.push((entry.inode, id));
                }
            }
        }
        links
    }

    /// These links are gone: what is left of their inodes is counted again, once for each inode.
    pub(super) fn forget_links(&mut self, links: &mut [(Inode, DirId)], gone: Gone) {
        links.sort_unstable();
        for links in links.chunk_by(|(one, _), (other, _)| one == other) {
            let directories: Vec<DirId> = links.iter().map(|(_, directory)| *directory).collect();
            let pending = (&mut self.pending, &mut self.pending_shared);
            let links = (links[0].0, &*directories);
            self.links.remove(links, gone, &self.dirs, pending);
            if self.pending.is_full() {
                self.settle();
            }
        }
    }

    fn forget_failures(&mut self, below: &[DirId], (directory, names): (DirId, &HashSet<&[u8]>)) {
        if !self.failures.list.is_empty() {
            let below: HashSet<DirId> = below.iter().copied().collect();
            self.failures.forget_if(|failure| {
                below.contains(&failure.directory)
                    || failure.directory == directory && is_in(names, &failure.name)
            });
        }
    }

    /// Nothing is left of a directory but its number.
    pub(super) fn forget(&mut self, id: DirId) {
        let dir = self.dirs.get_mut(id);
        dir.run = Vec::new();
        dir.sums = Sums::default();
        dir.open = 0;
        dir.flags = 0;
        dir.stage = Stage::Nothing;
        self.shared.remove(&id);
        self.removing.remove(&id);
    }

    /// Writes a run again, which was that of this or another directory, with the rows that stay.
    pub(super) fn write_run(
        &mut self,
        id: DirId,
        (old, old_id): (&[u8], DirId),
        stays: impl Fn(&[u8]) -> bool,
    ) {
        self.rewrites += 1;
        if old.is_empty() {
            return;
        }
        let reader = Reader::new(old, old_id);
        let mut run = Vec::with_capacity(old.len());
        let mut writer = Writer::begin(&mut run, id, reader.own());
        for (_, row) in reader {
            let (Row::Entry(name, _) | Row::Directory(name, _)) = row;
            if !stays(name) {
                continue;
            }
            if let Row::Directory(_, below) = row {
                let below = self.dirs.get_mut(below);
                below.place = u32::try_from(run.len()).unwrap_or(u32::MAX);
                below.parent = id.0;
            }
            writer.row(&mut run, &row);
        }
        run.shrink_to_fit();
        self.dirs.get_mut(id).run = run;
    }

    /// Looks again for the newest time in a directory, and for entries that could not be read; then in those around it,
    /// as long as something changes.
    pub(super) fn refresh(&mut self, id: DirId) {
        let mut next = Some(id);
        while let Some(id) = next {
            let (newest, has_unread) = self.newest_and_unread(id);
            let dir = self.dirs.get_mut(id);
            if (dir.newest, dir.has(UNREAD_BELOW)) == (newest, has_unread) {
                return;
            }
            dir.newest = newest;
            dir.set(UNREAD_BELOW, has_unread);
            self.note_change(id);
            next = self.dirs.parent(id);
        }
    }

    fn newest_and_unread(&self, id: DirId) -> (i64, bool) {
        let dir = self.dirs.get(id);
        let reader = Reader::new(&dir.run, id);
        let mut newest = match id {
            DirId::TOP => FileTime::NEVER.seconds,
            _ => reader.own().time.seconds,
        };
        let failures = &self.failures.list;
        let is_in_it = |failure: &ForestFailure| {
            failure.directory == id && !failure.name.is_empty() && id != DirId::TOP
        };
        let mut has_unread = dir.has(UNREAD_BELOW) && failures.iter().any(is_in_it);
        for (_, row) in reader {
            match row {
                Row::Entry(_, entry) => {
                    has_unread |= entry.reading == Reading::Unread;
                    if entry.is_known() {
                        newest = newest.max(entry.time.seconds);
                    }
                }
                Row::Directory(_, below) => {
                    let below = self.dirs.get(below);
                    let is_unread = matches!(below.stage, Stage::Unread | Stage::Broken);
                    has_unread |= is_unread || below.has(UNREAD_BELOW);
                    newest = newest.max(below.newest);
                }
            }
        }
        (newest, has_unread)
    }
}

impl Leaving {
    fn take(&mut self, directory: DirId, entry: &ForestEntry) {
        if entry.is_linked() {
            self.links.push((entry.inode, directory));
        } else if entry.is_known() {
            self.files.allocated -= i128::from(entry.sizes.0);
            self.files.apparent -= i128::from(entry.sizes.1);
            self.files.entries -= i128::from(entry.count);
        }
    }
}

/// The sum of entries without names stays.
fn is_in(names: &HashSet<&[u8]>, name: &[u8]) -> bool {
    !name.is_empty() && names.contains(name)
}
