//! GNU du's languages: SIZE, PATTERN, time styles, quoting, abbreviated words. No I/O, no clock, no environment.
//!
//! Each file documents the behaviour that it implements. The behaviour was learned from manuals and from running the
//! programs; the tests hold what they printed.

pub mod argmatch;
pub mod block_size;
pub mod decimal;
pub mod exclude;
pub mod numerals;
pub mod quote;
pub mod time_style;
pub(crate) mod unicode;
pub mod zone;
