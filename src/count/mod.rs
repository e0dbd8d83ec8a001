//! The count: listings into the order of a lone walker, and that order into records. No I/O, no clock, no environment.

pub mod listing;
pub mod min_size;
pub mod order;
pub mod ordered_items;
pub mod record;
pub mod tally;
pub mod usage;
mod varint;
