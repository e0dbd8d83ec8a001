//! A removal that goes on, and what it has moved to the trash so far.

use std::collections::HashSet;

use super::known_rows::target;
use super::read_times::ReadTimes;
use super::remove::job::Method;
use super::remove::summary::RemovalSummary;
use crate::forest::{DirId, Forest, Freed, Target};

/// See the module.
#[derive(Debug)]
pub(super) struct RunningJob {
    pub(super) method: Method,
    pub(super) targets: Vec<Target>,
    /// The entries of the targets that are in the trash by now, each of which counts by itself, and what they take.
    pub(super) moved: (u64, Freed),
}

impl RunningJob {
    /// Where no target has vanished, it moved what is not in the tree any more: a file with links in several targets once.
    pub(super) fn correct(&self, summary: &mut RemovalSummary) {
        let (entries, moved) = &self.moved;
        if self.method == Method::Trash && summary.entries == *entries {
            summary.entries = moved.entries;
            summary.bytes = moved.allocated.into();
        }
    }

    /// Adds what has gone to the trash, and is still in the tree.
    pub(super) fn note_moved(
        &mut self,
        forest: &Forest,
        (directory, names): (DirId, &[&[u8]]),
        read_times: &ReadTimes,
    ) {
        let (entries, moved) = &mut self.moved;
        let names: HashSet<&[u8]> = names.iter().copied().collect();
        let rows = forest
            .rows(directory)
            .filter(|row| names.contains(row.name));
        let each = rows.map(|row| target(forest, &row, read_times).entries);
        *entries += each.sum::<u64>();
        let targets = names.iter().map(|name| Target {
            parent: directory,
            name: name.to_vec(),
        });
        let freed = forest.freed(&targets.collect::<Vec<_>>());
        moved.entries += freed.entries;
        moved.allocated += freed.allocated;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::explore::remove::summary::Ending;

    #[test]
    fn links_in_several_targets_went_to_the_trash_once() {
        let freed = Freed {
            entries: 4,
            allocated: 1_000,
            ..Freed::default()
        };
        let job = RunningJob {
            method: Method::Trash,
            targets: Vec::new(),
            moved: (4, freed),
        };
        let summary = |entries| RemovalSummary {
            method: Method::Trash,
            entries,
            bytes: 1_900,
            errors: 0,
            with_new_entries: 0,
            more_free: None,
            file_systems: 0,
            ending: Ending::Complete,
        };
        for (entries, bytes) in [(4, 1_000), (3, 1_900)] {
            let mut summary = summary(entries);
            job.correct(&mut summary);
            assert_eq!((summary.entries, summary.bytes), (entries, bytes));
        }
    }
}
