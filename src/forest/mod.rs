//! A whole tree in memory, in about 36 bytes for each entry: for the explorer, and for a comparison with a file whose
//! entries are in no order.
//!
//! The entries of a directory are one packed run, decoded when needed; there are no nodes. A directory has a record with the
//! sums of everything below it, and the first entry of its run is the directory itself; the row in the run of the directory
//! around it has its name and its number.
//!
//! ```text
//!   walk ─Listing──► arrive ──┐            dirs: record of 0, of 1, ...            ┌─► rows, dir, find: the explorer
//!                             ├─► Forest   run of 1: [itself][file a][directory 2] ├─► export: output formats
//!   import ─events─► Visitor ─┘            run of 2: [itself][file x]              └─► ForestWalk: the diff
//! ```
//!
//! | file | content |
//! |---|---|
//! | [`info`], [`entry`] | what callers give and get; an entry |
//! | `run`, `dirs` | entries as bytes; the records of directories |
//! | `delta`, `links`, `operands`, `failures` | differences of sums; hard links; operands; failures |
//! | `tree` | [`Forest`], which has all of these |
//! | `renderer`, `live`, `build` | entries as walkers write them; the listings of a walk; the events of an import |
//! | `sums`, `shared`, `repeated` | carry sums upwards; make links exact; find operands in other operands |
//! | `query`, `search`, `export` | what is in it: of one directory, of a subtree, as events |
//! | `targets`, `removal`, `freed`, `reread` | entries that are to leave; how they leave; what that frees; a directory that is read again |
//! | [`walk`] | the order of a Parquet file, for the diff |
//!
//! No method recurses, and none takes time that grows with the tree, but where it says so.

mod build;
mod delta;
mod dirs;
pub mod entry;
mod export;
mod failures;
mod freed;
pub mod info;
mod links;
mod live;
mod operands;
mod query;
mod removal;
mod renderer;
mod repeated;
mod reread;
mod run;
mod search;
mod shared;
mod sums;
mod targets;
#[cfg(test)]
mod tests;
mod tree;
pub mod walk;

pub use self::info::{
    Changed, DirId, DirInfo, DirState, Ended, ForestFailure, ForestRow, Freed, Gone, LinkCounting,
    Refusal, Slice, Sums, Target,
};
pub use self::query::{ForestRows, RowPlace};
pub use self::search::FindPosition;
pub use self::targets::by_directory;
pub use self::tree::{Forest, Imported};
