//! The count: puts the listings of the walkers into the order of a walk by one thread, and adds them up. No I/O, no
//! clock, no environment.

pub mod amounts;
pub(crate) mod inode_set;
pub mod listing;
pub mod min_size;
pub mod order;
pub mod ordered_items;
pub mod record;
pub mod scan_path;
pub mod tally;
pub mod usage;
pub(crate) mod varint;
pub mod visitor;
