//! The entries that are to be removed, all at once: a pass over the rows of each directory that holds some, and none for
//! each entry.

use std::collections::{HashMap, HashSet};

use super::info::{DirId, Target};
use super::tree::Forest;

/// The names of the targets in each directory.
pub fn by_directory<'a>(
    targets: impl IntoIterator<Item = &'a Target>,
) -> HashMap<DirId, HashSet<&'a [u8]>> {
    let mut names: HashMap<DirId, HashSet<&[u8]>> = HashMap::new();
    for target in targets {
        names.entry(target.parent).or_default().insert(&target.name);
    }
    names
}

impl Forest {
    /// Those of the targets that are directories.
    pub fn directories_among<'a>(
        &'a self,
        targets: impl IntoIterator<Item = &'a Target>,
    ) -> impl Iterator<Item = DirId> + 'a {
        let by_directory = by_directory(targets).into_iter();
        by_directory.flat_map(|(directory, names)| {
            let rows = self.rows(directory);
            rows.filter_map(move |row| row.directory.filter(|_| names.contains(row.name)))
        })
    }
}
