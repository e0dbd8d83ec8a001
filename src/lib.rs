//! pdu: disk usage, in parallel. This page is the map of the house.
//!
//! The shape is that of `du4` (The Go Programming Language, section 8.9):
//!
//! | du4 | here |
//! |---|---|
//! | `go walkDir(subdir, ...)` | [`walk`]: `walk_dir` for each directory, first in order first, on a rayon pool of our own, never recursion |
//! | `semaphore`, 20 tokens, held in `dirents` | `walk::semaphore`: a bounded channel of tokens, held while a directory is opened, read and stat'ed |
//! | `n.Add`, `n.Done`, `n.Wait`; the closer | every walker holds the sender; the last one to end drops it, which ends the channel |
//! | `fileSizes` | a bounded channel of [`count::listing::Listing`]s: one a directory |
//! | `done`, closed by a key press | [`sys::cancel::Done`]: nothing is ever sent on it; [`sys::signals`] hears Enter and signals |
//! | `tick`, or nil | `crossbeam_channel::tick`, or `never()` |
//! | `for { select { ... } }` | [`du`]: one `select!`, which owns all state |
//!
//! ```text
//! argv, env ─cli─► Plan ─du─► walk ══Listing══► order ─events─► tally ─Record─► format ─bytes─► stdout
//!                               ▲ 20 tokens      select! { listings, tick -> status, causes -> drain }
//! ```
//!
//! The floors; imports run down only (`tests/tidy.rs` holds them to it):
//!
//! | floor | rooms |
//! |---|---|
//! | 7 | `main.rs`: parse, run, exit status |
//! | 6 | [`cli`]: words and environment to a plan |
//! | 5 | [`du`]: the select loop |
//! | 4 | [`walk`]: walkers, disk, threads. [`import`]: files of an earlier scan to the same events |
//! | 3 | [`format`](mod@format): records to bytes, one file per output format |
//! | 2 | [`count`]: listings to events to records; no I/O |
//! | 1 | [`sys`]: the process and its terminal |
//! | 0 | [`gnu`]: what GNU du's words mean |

#[doc(hidden)]
pub mod cli;
#[doc(hidden)]
pub mod count;
#[doc(hidden)]
pub mod du;
#[doc(hidden)]
pub mod format;
#[doc(hidden)]
pub mod gnu;
#[doc(hidden)]
pub mod import;
#[doc(hidden)]
pub mod sys;
#[doc(hidden)]
pub mod walk;
