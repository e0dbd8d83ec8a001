//! pdu: disk usage, in parallel. This page is the map of the house.
//!
//! The shape is that of `du4` (The Go Programming Language, section 8.9):
//!
//! | du4 | here |
//! |---|---|
//! | `go walkDir(subdir, ...)` | [`walk`]: `walk_dir` for each directory, first in order first, on a rayon pool of our own, never recursion |
//! | `sema`, 20 tokens, held in `dirents` | [`sema`]: a bounded channel of tokens, held while a directory is opened, read and stat'ed |
//! | `n.Add`, `n.Done`, `n.Wait`; the closer | every walker holds the sender; the last one to end drops it, which ends the channel |
//! | `fileSizes` | a bounded channel of [`listing::Listing`]s: one a directory |
//! | `done`, closed by a key press | [`cancel::Done`]: nothing is ever sent on it; [`watch`] hears Enter and signals |
//! | `tick`, or nil | `crossbeam_channel::tick`, or `never()` |
//! | `for { select { ... } }` | [`du`]: one `select!`, which owns all state |
//!
//! ```text
//! argv, env ─cli─► Plan ─du─► walk ══Listing══► order ─Step─► tally ─Record─► show ─bytes─► stdout
//!                               ▲ 20 tokens      select! { listings, tick -> status, causes -> drain }
//! ```
//!
//! The floors; imports run down only (`tests/tidy.rs` holds them to it):
//!
//! | floor | rooms |
//! |---|---|
//! | 6 | `main.rs`: parse, run, exit status |
//! | 5 | [`cli`]: words and environment to a plan |
//! | 4 | [`du`]: the select loop. [`recount`]: the same for an export. [`report`]: steps to the two streams. [`ending`]: how a run ends |
//! | 3 | [`walk`]: walkers. [`tally`]: steps to records. [`show`]: records to bytes, one file a format |
//! | 2 | [`order`], [`sema`], [`status`] (all of standard error), [`watch`], [`operands`], [`export`] |
//! | 1 | [`output`], [`cancel`], [`listing`], [`extras`], [`least`], [`record`], [`block_size`], [`time_style`], [`zone`], [`exclude`], [`quote`], [`owners`], [`supervise`] |
//! | 0 | [`again`], [`failure`], [`usage`], [`pack`], [`decimal`], [`words`], [`schedule`] |

pub mod again;
pub mod block_size;
pub mod cancel;
pub mod cli;
pub mod decimal;
pub mod du;
pub mod ending;
pub mod exclude;
pub mod export;
pub mod extras;
pub mod failure;
pub mod least;
pub mod listing;
pub mod operands;
pub mod order;
pub mod output;
pub mod owners;
pub mod pack;
pub mod quote;
pub mod record;
pub mod recount;
pub mod report;
pub mod schedule;
pub mod sema;
pub mod show;
pub mod status;
pub mod supervise;
pub mod tally;
pub mod time_style;
pub mod usage;
pub mod walk;
pub mod watch;
pub mod words;
pub mod zone;
