//! The events of a walk: [`Order`](crate::count::order::Order) and the import of an export report them, the count
//! receives them.
//!
//! The events come in the order of a walk by one thread:
//!
//! ```text
//!   walk      = { event }
//!   event     = file | away | absent | rendered | sum | failed | directory
//!   directory = enter { event } leave        where `enter` returns Continue
//!             | enter                        where `enter` returns Skip
//! ```
//!
//! A walk that ends early reports `leave(Extent::Unfinished)` for every directory that is still open.
//!
//! No method returns an error, because a visitor writes to memory only. A visitor whose output has failed keeps the
//! error for its owner and returns [`Flow::Skip`] from then on.

use crate::count::usage::{Detail, Item, Usage};
use crate::sys::failure::Failure;

/// A receiver of the events of a walk. See the module.
pub trait Visitor {
    /// A directory begins. `name` is relative to the directory around it; for an operand it is the whole operand.
    /// `failure` is the error in this directory, where it is already known; `failed` follows all the same.
    fn enter(&mut self, name: &[u8], item: &Item<'_>, failure: Option<Failure>) -> Flow;

    /// A file; without a name where no format needs it.
    fn file(&mut self, name: Option<&[u8]>, item: &Item<'_>);

    /// An entry that does not count, because it lies on another file system than the operand (`-x`).
    fn away(&mut self, name: &[u8], detail: &Detail);

    /// A directory that does not count in this process, for this reason. Comes from a walk with a budget only.
    fn absent(&mut self, _name: &[u8], _absence: Absence) {}

    /// The text of an [`EntryRenderer`](crate::count::record::EntryRenderer) for one or more entries. Their sizes
    /// arrive as a `sum`.
    fn rendered(&mut self, text: &[u8]);

    /// The total of entries that have no event of their own, in this directory or folded into it; `directories` of
    /// them are directories.
    fn sum(&mut self, usage: &Usage, directories: u64);

    /// An operation failed. `path` is relative to the current directory, and empty for the directory itself.
    fn failed(&mut self, path: &[u8], failure: Failure);

    /// The directory entered last ends.
    fn leave(&mut self, extent: Extent);
}

/// Why a directory does not count in this process, one of many that walk a tree (`--rest`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Absence {
    /// Another process will walk it.
    HandedOver,
    /// An earlier process has handed it over, and it is gone.
    Gone,
}

/// How the walk proceeds after [`Visitor::enter`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Flow {
    /// With the contents of the directory.
    Continue,
    /// After the directory: neither its contents nor its `leave` are reported.
    Skip,
}

/// How much of a directory was read.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Extent {
    /// All of it, or nothing because it cannot be opened: GNU du prints both.
    #[default]
    Whole,
    /// A part, then reading failed: GNU du counts the part and prints no line.
    Broken,
    /// A part, then the walk ended.
    Unfinished,
}
