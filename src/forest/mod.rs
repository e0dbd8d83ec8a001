//! A whole tree in memory, in about 36 bytes for each entry: for a comparison with a file whose entries are in no order.
//!
//! The entries of a directory are one packed run of variable-length integers, sorted by name, each as the differences to
//! the entry before it; there are no nodes. [`Builder`](build::Builder) receives the events of an import,
//! [`ForestWalk`](walk::ForestWalk) goes through the tree in the order of a Parquet file of pdu.
//!
//! ```text
//!   import ─events─► Builder ─► Forest: the root, and a run for each directory ─► ForestWalk
//!                                 run of 0: [file a][directory b: 1][file c]
//!                                 run of 1: [file x]
//! ```
//!
//! Memory of a directory that is not at its end yet: its entries in another form, and eight bytes for each.

pub mod build;
pub mod entry;
mod run;
#[cfg(test)]
mod tests;
pub mod walk;

use self::entry::ForestEntry;

/// The number of a directory. Those of its subdirectories are larger.
type DirId = u32;

/// See the module.
#[derive(Debug)]
pub struct Forest {
    /// The path of the root, as the import has it, and the root itself.
    pub root: (Vec<u8>, ForestEntry),
    /// The entries of each directory, by its number; that of the root is 0.
    runs: Vec<Box<[u8]>>,
    /// Something could not be read.
    pub has_failures: bool,
    /// The least depth of a directory that stands for its contents as well.
    pub summed_depth: Option<u32>,
}

impl Forest {
    fn run(&self, directory: DirId) -> &[u8] {
        self.runs.get(directory as usize).map_or(&[], |run| run)
    }

    /// The bytes of all runs.
    #[must_use]
    pub fn bytes(&self) -> usize {
        let bytes: usize = self.runs.iter().map(|run| run.len()).sum();
        bytes + self.runs.len() * size_of::<Box<[u8]>>()
    }
}
