//! The store of snapshots: Parquet files of the state of a directory, one after the other.
//!
//! ```text
//! WHERE/                       place.rs: --snapshot=WHERE, or a directory of the user or of the system
//!     %2Fsrv/                  directory.rs: the snapshots of /srv, with a lock; names.rs: both names
//!         20261125T072100Z.parquet     writer.rs: whole or not there
//! ```
//!
//! `keep.rs` says which snapshots stay (`--keep`); `writer.rs` removes the others.

#[cfg(feature = "parquet")]
mod directory;
#[cfg(feature = "parquet")]
mod error;
#[cfg(feature = "parquet")]
pub mod history;
#[cfg(feature = "parquet")]
mod keep;
#[cfg(feature = "parquet")]
mod names;
#[cfg(feature = "parquet")]
mod old;
mod place;
mod plan;
mod rule;
#[cfg(feature = "parquet")]
mod search;
#[cfg(feature = "parquet")]
mod writer;

#[cfg(feature = "parquet")]
pub use self::error::StoreError;
#[cfg(feature = "parquet")]
pub use self::old::{EarlierSnapshot, find_old};
pub use self::place::{Place, default_store};
pub use self::plan::{HistoryPlan, SnapshotPlan};
pub use self::rule::{InvalidRule, KeepRule};
#[cfg(feature = "parquet")]
pub use self::search::no_snapshot;
#[cfg(feature = "parquet")]
pub use self::writer::{Committed, SnapshotWriter};
