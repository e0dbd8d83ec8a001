//! What the words of GNU du mean: sizes, names, times, patterns. No I/O, no clock, no environment.

pub mod argmatch;
pub mod block_size;
pub mod decimal;
pub mod exclude;
pub mod quote;
pub mod time_style;
pub mod zone;
