//! What the removal of some entries would free: an inode with several links, if all of them go.

use std::collections::{HashMap, HashSet};

use super::dirs::NONE;
use super::entry::ForestEntry;
use super::info::{DirId, Freed, LinkCounting, Refusal, Target};
use super::links::Link;
use super::run::{Reader, Row};
use super::tree::Forest;
use crate::count::usage::Inode;

/// The targets, without those that lie in others.
#[derive(Debug, Default)]
struct Set {
    /// For each directory the number of the target that it lies in, or is.
    labels: Vec<u32>,
    directories: Vec<DirId>,
    /// Links among the files, by inode and directory.
    links: HashMap<(Inode, u32), u32>,
}

impl Set {
    fn label(&self, dir: u32) -> Option<u32> {
        let label = self.labels.get(dir as usize).copied()?;
        (label != NONE).then_some(label)
    }
}

impl Forest {
    /// What the removal of these targets means.
    #[must_use]
    pub fn freed(&self, targets: &[Target]) -> Freed {
        let mut freed = Freed::default();
        let mut set = Set::default();
        let mut files = Vec::new();
        for (parent, names) in by_directory(targets) {
            self.look_up(parent, names, (&mut set, &mut files, &mut freed));
        }
        self.label(&mut set);
        for &id in &set.directories {
            let sums = self.dirs.get(id).sums;
            freed.entries = freed.entries.saturating_add(sums.entries);
            freed.allocated = freed.allocated.saturating_add(sums.allocated);
        }
        for (parent, entry) in files {
            if set.label(parent.0).is_some() {
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

    /// Finds targets in one directory.
    fn look_up(
        &self,
        parent: DirId,
        mut names: HashSet<&[u8]>,
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
        for (_, row) in Reader::new(&self.dirs.get(parent).run, parent) {
            match row {
                Row::Entry(name, entry) if names.remove(name) => files.push((parent, entry)),
                Row::Directory(name, id) if names.remove(name) => match self.dirs.get(id).open {
                    0 => set.directories.push(id),
                    _ => refuse(name, Refusal::Unfinished),
                },
                _ => {}
            }
        }
        names
            .into_iter()
            .for_each(|name| refuse(name, Refusal::Unknown));
    }

    /// Labels the directories of the set and all below them, and takes those out that lie in others.
    fn label(&self, set: &mut Set) {
        let Some(first) = set.directories.iter().min().copied() else {
            return;
        };
        let tops: HashSet<DirId> = set.directories.iter().copied().collect();
        set.labels = vec![NONE; self.dirs.len() as usize];
        for number in first.0..self.dirs.len() {
            let above = set.label(self.dirs.get(DirId(number)).parent);
            let own = tops.contains(&DirId(number)).then_some(number);
            set.labels[number as usize] = above.or(own).unwrap_or(NONE);
        }
        let labels = &set.labels;
        set.directories.retain(|id| labels[id.0 as usize] == id.0);
        set.directories.dedup();
    }

    /// Corrects for the links of an inode: the sums of the directories have it once each.
    fn add_links(&self, set: &Set, (inode, group): (Inode, &[Link]), freed: &mut Freed) {
        let mut labels = Vec::new();
        let mut count = 0;
        let mut files: HashMap<u32, u32> = HashMap::new();
        for link in group.iter().filter(|link| link.dir != NONE) {
            if let Some(label) = set.label(link.dir) {
                count += 1;
                if link.is_counted() {
                    labels.push(label);
                }
            } else if let Some(&most) = set.links.get(&(inode, link.dir)) {
                let taken = files.entry(link.dir).or_default();
                if *taken < most {
                    *taken += 1;
                    count += 1;
                }
            }
        }
        if count == 0 {
            return;
        }
        if self.links.counting == LinkCounting::Once {
            labels.sort_unstable();
            labels.dedup();
        }
        let size = group[0].delta().allocated.unsigned_abs() as u64;
        let in_sums = size.saturating_mul(labels.len() as u64);
        freed.entries = freed.entries.saturating_sub(labels.len() as u64) + u64::from(count);
        freed.allocated = freed.allocated.saturating_sub(in_sums).saturating_add(size);
        freed.freed = freed.freed.saturating_sub(in_sums);
        if group[0].is_all(count) {
            freed.freed = freed.freed.saturating_add(size);
        }
    }
}

/// The names of the targets in each directory.
fn by_directory(targets: &[Target]) -> HashMap<DirId, HashSet<&[u8]>> {
    let mut names: HashMap<DirId, HashSet<&[u8]>> = HashMap::new();
    for target in targets {
        names.entry(target.parent).or_default().insert(&target.name);
    }
    names
}
