//! What changed between two scans of a directory tree: OLD, a file, and NEW, another file or a walk.
//!
//! ```text
//!   OLD: Cursor ─pull─► merge ─Change─► Sink ─► bytes
//!   NEW: Cursor ─────push─▲               ▲
//!     or a walk, as Format┘    one DiffSummary┘
//! ```
//!
//! Both scans have their records in the order of their paths, so one pass over each is enough, and nothing is loaded: the
//! merge keeps the directories from the root to the current record, some lines for each of them, and the candidates for
//! moves. Paths are compared below the roots of the scans.
//!
//! * [`record`]: the records, and [`Cursor`](record::Cursor), which reads those of a file.
//! * [`change`]: the result: [`Change`](change::Change), [`DiffSummary`](change::DiffSummary), and [`Sink`](change::Sink), which
//!   prints them.
//! * [`open`](open::open) opens a file; [`compare_files`](files::compare_files) compares two; [`WalkDiff`](walk::WalkDiff)
//!   is the output format that compares a walk.

pub mod change;
mod comparison;
mod conclusion;
mod explanation;
pub mod files;
pub mod known;
mod level;
mod listing;
mod loaded;
mod merge;
mod moves;
pub mod open;
pub mod options;
mod output;
mod part;
mod paths;
pub mod print;
#[cfg(test)]
mod random_tests;
pub mod record;
mod scope;
mod stored;
#[cfg(test)]
mod testing;
#[cfg(test)]
mod tests;
mod verdict;
pub mod walk;
mod warnings;
