//! The walk: walkers on a rayon pool read directories and send one listing per directory.
//!
//! ```text
//!  Walk::step (main thread, small trees)      RunningWalk::start: pool, tokens, closer
//!
//!  work_queue ──take──► walker (holds a token) ──open, read, stat──► Listing ══bounded channel══► du.rs
//!      ▲                  │  │                                                     ▲ wakeup channel
//!      └─ subdirectories ─┘  └─ spawns a walker for each token that is free        │
//!                                                                                  │
//!  closer: waits until the last walker has ended, then drops the last sender ──────┘
//! ```
//!
//! Contract:
//! * Order: a walker takes the first directory of the work queue, in the order of a single walker. A parent's listing is
//!   sent before those of its subdirectories.
//! * Completeness: every directory that a listing announces gets one listing, unless the run is cancelled or a walker
//!   panics. The channel is closed after the last listing.
//! * Errors: a failed system call is part of a listing. A walker that panics sets a flag
//!   ([`RunningWalk::has_panicked`]), gives its token back and leaves the wait group.
//! * Cancellation: walkers poll [`Done`](crate::sys::cancel::Done); a wait for room in the channel selects on it.
//! * Waiting: walkers never wait for each other. They block in system calls and on the full channel only.
//! * Dropping the [`RunningWalk`] disconnects the channel: walkers go on, and what they send is discarded.
//!
//! The files, lower ones first; each imports only files above it in this table:
//!
//! | file | content |
//! |---|---|
//! | `excluded_types` | file systems that are left out by their type |
//! | `stat` | statx and fstatat of one name |
//! | `fd_budget`, `limits` | open directories, and how many there may be; limits of the process |
//! | `operand_dirs` | directories of operands that stay open, for the explorer |
//! | `options` | [`WalkOptions`], [`Follow`], [`Remember`], [`WalkOrder`] |
//! | `work_queue` | what is still to be walked, in order |
//! | `dir`, `depth_first` | an open directory; the way of one walker through a subtree, with two descriptors |
//! | `dirents`, `batch` | entries as `getdents64` returns them; entries after their stat |
//! | `sorted_names` | all names of a directory, for a sorted walk |
//! | `visited`, `heartbeat` | directories that were opened before; where each walker is and what it has seen (`-v`) |
//! | `hand_over` | when directories are left to other processes (`--budget`); what lies above an operand |
//! | `listing_channel`, `semaphore`, `pool`, `cpu_usage` | the channel, the tokens, the threads, when to issue more tokens |
//! | [`operands`] | names from the command line, or from a list that is read as a stream |
//! | `shared` | the state that all walkers share |
//! | `leaf_batch`, `open`, `cache_tag` | sums of folded directories; from a name to an open directory; cache directory tags |
//! | `latency_probe`, `listing_order`, `last_device`, `group_state` | how long a stat takes; the order of GNU du's lines; what is known of a group of a large directory |
//! | `shared_dir` | reading a directory, a large one by several walkers |
//! | `walker` | one directory from the open to the listing |
//! | `running` | [`Walk`], [`RunningWalk`], the closer |
//! | [`driver`] | what a select loop does with a walk, in `du.rs` and in the explorer |

mod batch;
mod cache_tag;
mod cpu_usage;
mod depth_first;
mod dir;
mod dirents;
pub mod driver;
mod excluded_types;
mod fd_budget;
mod group_state;
mod hand_over;
mod heartbeat;
mod last_device;
mod latency_probe;
mod leaf_batch;
mod limits;
mod listing_channel;
mod listing_order;
#[cfg(test)]
mod model;
mod open;
mod operand_dirs;
pub mod operands;
mod options;
mod pool;
mod running;
mod semaphore;
mod shared;
mod shared_dir;
mod sorted_names;
mod stat;
mod visited;
mod walker;
mod work_queue;

pub use self::cpu_usage::CpuUsage;
pub use self::dir::command_line;
pub use self::excluded_types::{ExcludedTypes, KERNEL_TYPES};
pub use self::heartbeat::Monitor;
pub use self::listing_channel::ListingReceiver;
pub use self::operand_dirs::{OperandDir, OperandDirSender, operand_dirs};
pub use self::options::{Caches, Follow, Remember, WalkBudget, WalkOptions, WalkOrder};
pub use self::running::{RunningWalk, Walk};
