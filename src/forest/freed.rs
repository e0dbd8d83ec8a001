//! What the removal of some entries would free: an inode with several links, if all of them go.

use std::collections::{HashMap, HashSet};

use rustix::fs::FileType;
use rustix::io::Errno;

use super::dirs::{NONE, Stage};
use super::entry::ForestEntry;
use super::info::{DirId, ForestFailure, Freed, LinkCounting, Refusal, Target};
use super::links::Link;
use super::run::{Reader, Row};
use super::targets::by_directory;
use super::tree::Forest;
use crate::count::usage::Inode;
use crate::sys::failure::Failure;

/// The targets, and what they stand for.
#[derive(Debug, Default)]
struct Set {
    /// The targets that are directories.
    tops: HashSet<DirId>,
    /// For each directory the number of its region, or [`NONE`].
    regions: Vec<u32>,
    /// A region is removed if a target is the last directory that matters on the way down to it, and stays if that is a
    /// directory on another file system: these directories, added and subtracted.
    ways: Vec<Vec<(DirId, i8)>>,
    /// Links among the files, by inode and directory.
    links: HashMap<(Inode, u32), u32>,
    /// It is not known where an operand is.
    lacks_operand: bool,
}

impl Set {
    fn way(&self, dir: u32) -> Option<&[(DirId, i8)]> {
        let region = *self.regions.get(dir as usize)? as usize;
        self.ways.get(region).map(Vec::as_slice)
    }

    /// True for a directory that goes.
    fn has(&self, dir: u32) -> bool {
        let way = self.way(dir).unwrap_or_default();
        way.iter().map(|(_, sign)| sign).sum::<i8>() > 0
    }
}

impl Forest {
    /// What the removal of these targets means.
    #[must_use]
    pub fn freed(&self, targets: &[Target]) -> Freed {
        let mut freed = Freed::default();
        let mut set = self.empty_set();
        let mut files = Vec::new();
        for (parent, names) in by_directory(targets) {
            self.look_up(parent, names, (&mut set, &mut files, &mut freed));
        }
        self.find_regions(&mut set, &mut freed);
        for (parent, entry) in files {
            if set.has(parent.0) {
                continue;
            }
            if entry.is_linked() {
                *set.links.entry((entry.inode, parent.0)).or_default() += 1;
            } else if entry.is_known() {
                freed.entries = freed.entries.saturating_add(entry.count);
                freed.allocated = freed.allocated.saturating_add(entry.sizes.0);
            }
        }
        freed.freed = freed.allocated;
        self.links
            .groups(|inode, group| self.add_links(&set, (inode, group), &mut freed));
        freed
    }

    /// The targets that must not be removed: without the passes over the tree that [`Forest::freed`] takes.
    #[must_use]
    pub fn refused(&self, targets: &[Target]) -> Vec<(Target, Refusal)> {
        let (mut set, mut files, mut freed) = (self.empty_set(), Vec::new(), Freed::default());
        for (parent, names) in by_directory(targets) {
            self.look_up(parent, names, (&mut set, &mut files, &mut freed));
        }
        freed.refused
    }

    /// Finds targets in one directory.
    fn look_up(
        &self,
        parent: DirId,
        names: HashSet<&[u8]>,
        (set, files, freed): (&mut Set, &mut Vec<(DirId, ForestEntry)>, &mut Freed),
    ) {
        let mut refuse = |name: &[u8], refusal| {
            let name = name.to_vec();
            freed.refused.push((Target { parent, name }, refusal));
        };
        if parent == DirId::TOP {
            return names
                .into_iter()
                .for_each(|name| refuse(name, Refusal::Operand));
        }
        if set.lacks_operand {
            return names
                .into_iter()
                .for_each(|name| refuse(name, Refusal::OperandUnread));
        }
        let mut met = HashSet::new();
        for (_, row) in Reader::new(&self.dirs.get(parent).run, parent) {
            let (Row::Entry(name, _) | Row::Directory(name, _)) = row;
            let is_nothing = |id| self.dirs.get(id).stage == Stage::Nothing;
            if !names.contains(name) || matches!(row, Row::Directory(_, id) if is_nothing(id)) {
                continue;
            }
            match row {
                _ if !met.insert(name) => refuse(name, Refusal::Twice),
                Row::Entry(_, entry) => files.push((parent, entry)),
                Row::Directory(_, id) if self.dirs.get(id).open == 0 => {
                    set.tops.insert(id);
                }
                Row::Directory(..) => refuse(name, Refusal::Unfinished),
            }
        }
        names
            .difference(&met)
            .for_each(|name| refuse(name, Refusal::Unknown));
    }

    fn empty_set(&self) -> Set {
        Set {
            lacks_operand: self.lacks_operand(),
            ..Set::default()
        }
    }

    /// True while it is not known where an operand is.
    fn lacks_operand(&self) -> bool {
        let is_nowhere = |failure: &Failure| {
            let errno = Errno::from_raw_os_error(failure.errno);
            matches!(errno, Errno::NOENT | Errno::NOTDIR)
        };
        let is_of_operand = |failure: &&ForestFailure| {
            let parent = self.dirs.parent(failure.directory);
            failure.name.is_empty() && parent == Some(DirId::TOP) && is_nowhere(&failure.failure)
        };
        let missing = self.failures.list.iter().filter(is_of_operand);
        let missing: HashSet<DirId> = missing.map(|failure| failure.directory).collect();
        let is_lacking = |(_, row): (usize, Row<'_>)| match row {
            Row::Directory(_, id) => match self.dirs.get(id).stage {
                Stage::Announced => true,
                // It could not be looked at.
                Stage::Unread => self.own(id).inode.number == 0 && !missing.contains(&id),
                _ => false,
            },
            Row::Entry(..) => false,
        };
        let mut rows = Reader::new(&self.dirs.get(DirId::TOP).run, DirId::TOP);
        self.operands.more_may_come || self.operands.count > 1 && rows.any(is_lacking)
    }

    /// Finds out which directories are removed, and adds up their sums.
    fn find_regions(&self, set: &mut Set, freed: &mut Freed) {
        let Some(first) = set.tops.iter().min().copied() else {
            return;
        };
        set.regions = vec![NONE; self.dirs.len() as usize];
        for id in (first.0..self.dirs.len()).map(DirId) {
            let parent = self.dirs.get(id).parent;
            let is_top = !set.has(parent) && set.tops.contains(&id);
            let stays = (is_top || set.has(parent)) && self.stays(id, DirId(parent));
            let region = match is_top || stays {
                false => set.regions.get(parent as usize).copied(),
                true => {
                    let mut way = set.way(parent).unwrap_or_default().to_vec();
                    way.extend(is_top.then_some((id, 1)));
                    way.extend(stays.then_some((id, -1)));
                    set.ways.push(way);
                    u32::try_from(set.ways.len() - 1).ok()
                }
            };
            set.regions[id.0 as usize] = region.unwrap_or(NONE);
            let sums = self.dirs.get(id).sums;
            if is_top {
                freed.entries = freed.entries.saturating_add(sums.entries);
                freed.allocated = freed.allocated.saturating_add(sums.allocated);
            }
            if stays {
                freed.entries = freed.entries.saturating_sub(sums.entries);
                freed.allocated = freed.allocated.saturating_sub(sums.allocated);
                freed.staying += 1;
            }
        }
    }

    /// True for a directory that is not removed with the one around it.
    fn stays(&self, id: DirId, parent: DirId) -> bool {
        let ForestEntry { kind, inode, .. } = self.own(id);
        // The number of a file's device says nothing on an overlay.
        let is_directory = kind == FileType::Directory && inode.number != 0;
        let is_elsewhere = inode.device != self.own(parent).inode.device;
        is_directory && is_elsewhere || self.operands.has(inode)
    }

    /// Corrects for the links of an inode: the sums of each directory have it once.
    fn add_links(&self, set: &Set, (inode, group): (Inode, &[Link]), freed: &mut Freed) {
        let (mut counted, mut count) = (Vec::new(), 0);
        let mut files: HashMap<u32, u32> = HashMap::new();
        for link in group.iter().filter(|link| link.dir != NONE) {
            if link.is_counted() {
                counted.extend_from_slice(set.way(link.dir).unwrap_or_default());
            }
            if set.has(link.dir) {
                count += 1;
            } else if let Some(&most) = set.links.get(&(inode, link.dir)) {
                let taken = files.entry(link.dir).or_default();
                count += u32::from(*taken < most);
                *taken += 1;
            }
        }
        if self.links.counting == LinkCounting::Once {
            counted.sort_unstable();
            counted.dedup();
        }
        let in_sums: i64 = counted.iter().map(|&(_, sign)| i64::from(sign)).sum();
        let size = group[0].delta().allocated.unsigned_abs() as u64;
        let correct = |sum: &mut u64, wanted: u64, each: u64| {
            let change = i128::from(wanted) - i128::from(in_sums);
            let corrected = i128::from(*sum) + change * i128::from(each);
            *sum = u64::try_from(corrected.max(0)).unwrap_or(u64::MAX);
        };
        correct(&mut freed.entries, count.into(), 1);
        correct(&mut freed.allocated, u64::from(count > 0), size);
        let is_last = count > 0 && group[0].is_all(count);
        correct(&mut freed.freed, u64::from(is_last), size);
    }
}
