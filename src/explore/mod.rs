//! The explorer (`--explore`): one directory at a time on the screen, while walkers read.
//!
//! ```text
//!  walk ══Listing══► session ─► forest ◄─ replay ◄══Batch══ import (--from)
//!  keys ───────────► select! { .. } ──► browser ──► view ──► terminal
//! ```
//!
//! | arm of the `select!` | what comes |
//! |---|---|
//! | `wakeup`, `pulse` | listings wait, or the walkers have ended; a tick for listings too few to wake |
//! | `names`, `batches` | operands of a list; events of an import |
//! | `inputs`, `causes` | keys, the mouse, another size, a stop; the signals that end the process |
//! | `reports`, `answers` | of the thread that removes; of threads that may wait for a file system |
//! | `opening`, `patience`, `due`, `task` | a directory was not opened in time; the next frame; a search or the count of links goes on |
//!
//! | file | content |
//! |---|---|
//! | [`terminal`] | keys in, a grid of cells out |
//! | [`keys`], [`browser`], [`view`] | what keys do; what is shown; how it looks |
//! | [`remove`], `removals`, `running_job` | removal by descriptors, in a thread; what it asks of the forest, and changes there; what a removal has moved so far |
//! | `known_rows`, `roots` | rows as that thread knows them; the directories of the operands, and ways down from there |
//! | `frames`, [`figures`] | when the next frame is due; how numbers are written |
//! | `imported` | the events of an import, from its thread |
//! | `failures`, `intake` | what standard error gets; listings and events into the forest |
//! | `read_times` | when the reading of what is shown began |
//! | `reading` | where entries come from at the moment |
//! | `background`, [`programs`] | work that may wait for a file system; shell, pager, opener |
//! | `session` | the select loop |
//! | `requests`, `reread`, `export` | what keys ask for: programs, a second read, an export |
//! | `start` | from the command line to the first frame |
//!
//! Contract. The screen opens with the first listing, or after 12 ms, and the main thread waits for no file system. Order:
//! none is needed, listings go into the forest as they arrive. Errors: the screen has them all; standard error gets their
//! number at the end where it is a terminal, and each as it occurs elsewhere. Cancellation: Ctrl-C stops the walk and keeps
//! what was read; a signal ends the process, and the terminal is as it was before.

mod background;
pub mod browser;
mod export;
mod failures;
pub mod figures;
mod frames;
mod imported;
mod intake;
pub mod keys;
mod known_rows;
pub mod programs;
mod read_times;
mod reading;
mod removals;
pub mod remove;
mod requests;
mod reread;
mod roots;
mod running_job;
mod session;
mod start;
pub mod terminal;
#[cfg(test)]
mod testing;
pub mod view;

pub use self::start::{ExploreInput, ExploreOptions, explore};
