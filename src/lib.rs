//! pdu: disk usage, in parallel. This page is the map of the crate.
//!
//! The shape is that of `du4` (The Go Programming Language, section 8.9):
//!
//! | du4 | here |
//! |---|---|
//! | `go walkDir(subdir, ...)` | `walk/shared.rs`, `spawn_walkers`: a job on a rayon pool for each subdirectory for which a token is free. `walk/walker.rs`, `run`: the job walks the first directory of the work queue (`walk/work_queue.rs`), in the order of a single walker, and goes on while there is one |
//! | `sema`, 20 tokens | `walk/semaphore.rs`: a walker runs only while it holds a token. `walk/running.rs`, `start_on`: tokens for the processors first; `issue_tokens`: the rest, up to `-j`, when the processors are idle (`walk/cpu_usage.rs`) |
//! | `fileSizes` | `walk/listing_channel.rs`: a bounded channel of [`count::listing::Listing`]s, one per directory (a group per directory in very large ones) |
//! | `n.Add`, `n.Done` | `walk/shared.rs`: each walker holds a reference to the shared state, and drops it when it ends or panics |
//! | `n.Wait(); close(fileSizes)` | `walk/running.rs`, `close_after`: the thread `closer` waits for the last of these references, then drops the last sender |
//! | `done`, closed by a key press | [`sys::cancel::Done`]: nothing is ever sent on it. [`sys::signals`]: Enter and signals. Walkers poll it; a wait for room in the channel selects on it |
//! | `tick`, or nil | [`sys::status::Status::ticks`]: `crossbeam_channel::tick`, or `never()` |
//! | `for { select { ... } }` | [`du`]: one `select!` on the thread that owns all state |
//! | after cancel: drain | [`walk::driver`], `drain`: takes what the walkers still send, for 80 ms |
//!
//! The `select!`:
//!
//! ```text
//! select! {
//!     recv(walk.wakeup) -> wakeup => {
//!         self.take_some(&walk.listings)?;
//!         if wakeup.is_err() && walk.listings.is_empty() {
//!             self.walker_failed = walk.has_panicked();
//!             return Ok(None);
//!         }
//!     }
//!     recv(pulse) -> _ => self.take_some(&walk.listings)?,
//!     recv(self.awaited_names()) -> part => {
//!         self.take_part(part.ok(), |names| walk.add(names))?;
//!     }
//!     recv(events.progress) -> _ => self.draw(),
//!     recv(events.causes) -> cause => if let Ok(cause) = cause {
//!         return self.cancel(walk, canceller, cause).map(Some);
//!     },
//! }
//! ```
//!
//! The `wakeup` channel stands for the listings: to wake for each of them takes 15 to 20 % more CPU time (`-j1` and `-j2`,
//! on `/usr` and on a tree of 66,430 directories). It receives when 512 listings wait, and is disconnected with the
//! listings. `pulse`, a tick each 20 ms, takes the listings that are fewer, and measures the processors for the tokens.
//!
//! ```text
//! argv, env ─cli─► Plan ─du─► walk ══Listing══► order ─events─► tally ─Record─► format ─bytes─► stdout
//!                               ▲ -j tokens      select! { wakeup, pulse, progress -> status, causes -> drain }
//! ```
//!
//! The explorer has a select loop of its own (`explore/session.rs`), over the same walk:
//!
//! ```text
//! argv, env ─cli─► Plan ─explore─► walk ══Listing══► forest ─► browser ─► view ─► terminal
//!                                     select! { wakeup, pulse, keys, frames, removals, answers of helpers, causes }
//! ```
//!
//! The rooms; imports run downwards only (`tests/meta/tidy` checks that):
//!
//! | floor | rooms |
//! |---|---|
//! | 7 | `main.rs`: parse, run. `states.rs`: store, compare and list states. `compare.rs`: `--diff`. `explorer.rs`: `--explore`. `part.rs`: a part of a scan by many processes. `exit.rs`: exit status |
//! | 6 | [`cli`]: words and environment to a plan |
//! | 5 | [`du`]: the select loop. [`explore`] (cargo feature `explore`): the explorer, a second select loop. [`diff`] (cargo feature `parquet`): two scans to changes. [`snapshot`]: the store of snapshots |
//! | 4 | [`walk`]: walkers, disk, threads. [`import`]: files of an earlier scan to the same events. [`forest`]: a whole tree in memory |
//! | 3 | [`format`](mod@format): records to bytes, one file per output format |
//! | 2 | [`count`]: listings to events to records; no I/O |
//! | 1 | [`sys`]: the process and its terminal |
//! | 0 | [`gnu`]: what GNU du's words mean |
//!
//! Where to look:
//!
//! | question | answer |
//! |---|---|
//! | How does an error (`EACCES`) become a message? | `walk/open.rs`, `walk/dirents.rs`, `walk/batch.rs` make a `sys::failure::Failure`. The listing carries it, `count/order` calls `Visitor::failed`, and `format/report.rs` gives it to `sys/status.rs`, which writes the line |
//! | Where are hard links counted once? | `count/tally.rs`, `is_new`, with the set of `count/inode_set.rs`; the key comes from `walk/stat.rs`, or from the export |
//! | Where does `-t` decide? | `format/selected.rs`, for every format of lines. `count/min_size.rs` is an earlier filter: walkers do not name files that are too small |
//! | Where does an output format go? | a file in `format/` with the trait of `format/interface.rs`, a variant of `OutputFormat` in `format/kinds.rs`, an arm in `format/options.rs`; the compiler names the other matches |
//! | Which files may `--keep` remove? | `snapshot/directory.rs`, `stored`: what a snapshot is. `snapshot/writer.rs`, `keep`: which of them stay |
//! | Which key of the explorer does what? | `explore/keys.rs`, the table; `explore/browser/reaction.rs`; what needs a thread, a file or the terminal: `explore/requests.rs` |
//! | What may the explorer remove? | `explore/remove`, the rules at its top; `explore/removals.rs` tells it what the forest holds |
//! | Where does a test go? | `tests/README.md` |
//!
//! There is no library API yet: the modules are public for `main.rs`, the tests and the benchmarks, and any release may
//! change them.

#[doc(hidden)]
pub mod cli;
#[doc(hidden)]
pub mod count;
#[cfg(feature = "parquet")]
#[doc(hidden)]
pub mod diff;
#[doc(hidden)]
pub mod du;
#[cfg(feature = "explore")]
#[doc(hidden)]
pub mod explore;
#[doc(hidden)]
pub mod forest;
#[doc(hidden)]
pub mod format;
#[doc(hidden)]
pub mod gnu;
#[doc(hidden)]
pub mod import;
#[doc(hidden)]
pub mod snapshot;
#[doc(hidden)]
pub mod sys;
#[doc(hidden)]
pub mod walk;
