//! The tree of the diff, until both are one structure.

use super::entry::ForestEntry;

/// The number of a directory. Those of its subdirectories are larger.
pub(super) type DirId = u32;

/// See the module.
#[derive(Debug)]
pub struct Tree {
    /// The path of the root, as the import has it, and the root itself.
    pub root: (Vec<u8>, ForestEntry),
    /// The entries of each directory, by its number; that of the root is 0.
    pub(super) runs: Vec<Box<[u8]>>,
    /// Something could not be read.
    pub has_failures: bool,
    /// The least depth of a directory that stands for its contents as well.
    pub summed_depth: Option<u32>,
}

impl Tree {
    pub(super) fn run(&self, directory: DirId) -> &[u8] {
        self.runs.get(directory as usize).map_or(&[], |run| run)
    }

    /// The bytes of all runs.
    #[must_use]
    pub fn bytes(&self) -> usize {
        let bytes: usize = self.runs.iter().map(|run| run.len()).sum();
        bytes + self.runs.len() * size_of::<Box<[u8]>>()
    }
}
