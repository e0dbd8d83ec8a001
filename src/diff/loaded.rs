//! The records of a file whose entries are in no order: the whole tree is loaded.

use super::part::{narrow, no_rows, part};
use super::record::{Cursor, FsId, Kept, ScanEntry, ScanInfo, ScanRecord};
use crate::count::usage::FileTime;
use crate::forest::entry::Reading;
use crate::forest::walk::{ForestWalk, Met};
use crate::forest::{Forest, LinkCounting};
use crate::format::parquet::CountedLinks;
use crate::format::parquet::schema::State;
use crate::import::Import;
use crate::import::error::ImportError;

/// Entries that are loaded at a time.
const STRIDE: usize = 4096;

/// See the module.
pub(super) struct Loaded {
    info: ScanInfo,
    walk: ForestWalk,
    entry: ScanEntry,
}

impl Loaded {
    /// Loads a file; `footer` is what the footer of a Parquet file tells. See [`part`] for `walked`.
    pub(super) fn load(
        mut import: Import,
        footer: Option<ScanInfo>,
        walked: Option<&[u8]>,
    ) -> Result<Self, ImportError> {
        let mut forest = Forest::new(LinkCounting::Ignored);
        while import.advance(&mut forest, STRIDE)? {}
        let no_root = || ImportError::damaged("it has more than one root, or none");
        let root = forest.only_root().ok_or_else(no_root)?;
        let mut info = footer.unwrap_or_else(|| info(&import, &forest));
        info.root = forest.name(root).to_vec();
        let root = info.root.strip_suffix(b"/").unwrap_or(&info.root);
        let part = part(&info.root, walked)?;
        let place = part.map_or(&b""[..], |part| &part[root.len()..]);
        let walk = ForestWalk::new(forest, place, info.links);
        let walk = walk.ok_or_else(|| no_rows(part.unwrap_or_default()))?;
        if let Some(part) = part {
            narrow(&mut info, part);
        }
        let entry = entry(walk.current().1);
        Ok(Self { info, walk, entry })
    }
}

/// What is known of an export.
fn info(import: &Import, forest: &Forest) -> ScanInfo {
    ScanInfo {
        root: Vec::new(),
        fs: FsId::UNKNOWN,
        started: import.started(),
        options: String::new(),
        links: CountedLinks::Once,
        kept: kept(forest),
        missing: import.missing(),
        is_complete: !forest.imported().has_failures,
    }
}

/// Directories that stand for their contents are told apart by their depth only.
fn kept(forest: &Forest) -> Kept {
    Kept {
        max_depth: forest.imported().summed_depth.unwrap_or(u32::MAX),
        ..Kept::ALL
    }
}

fn entry(met: &Met) -> ScanEntry {
    let entry = &met.entry;
    ScanEntry {
        kind: entry.kind,
        state: match entry.reading {
            Reading::Whole => State::Ok,
            Reading::Broken => State::Broken,
            Reading::Unread => State::Unread,
            Reading::Away | Reading::Excluded => State::Away,
        },
        counted: met.is_counted,
        own: entry.sizes,
        totals: met.totals,
        fs: FsId::UNKNOWN,
        inode: entry.inode.number,
        links: entry.links,
        mtime: micros(entry.time),
        owner: entry.owner,
    }
}

/// Microseconds since 1970.
fn micros(time: FileTime) -> i64 {
    let micros = time.seconds.checked_mul(1_000_000);
    let micros = micros.and_then(|micros| micros.checked_add((time.nanoseconds / 1000).into()));
    micros.unwrap_or(ScanEntry::NO_TIME)
}

impl Cursor for Loaded {
    fn info(&self) -> &ScanInfo {
        &self.info
    }

    fn advance(&mut self) -> Result<bool, ImportError> {
        let has_more = self.walk.advance();
        self.entry = entry(self.walk.current().1);
        Ok(has_more)
    }

    fn record(&self) -> ScanRecord<'_> {
        ScanRecord {
            path: self.walk.current().0,
            entry: &self.entry,
        }
    }
}
