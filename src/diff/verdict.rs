//! What happened to an entry, from what both scans have of it.

use rustix::fs::FileType;

use super::change::{Change, Event};
use super::level::Level;
use super::record::{FsId, Kept, ScanEntry};
use super::scope::{Scope, Side};
use crate::count::amounts::Amounts;
use crate::count::usage::Measure;
use crate::format::Threshold;

/// The records of an entry: before and now.
pub(super) type Pair<'a> = (Option<&'a ScanEntry>, Option<&'a ScanEntry>);

/// What holds for all entries.
#[derive(Debug)]
pub(super) struct Rules {
    pub(super) measure: Measure,
    /// The records that each scan has: OLD, NEW.
    pub(super) kept: [Kept; 2],
    /// The file systems of the roots.
    pub(super) roots: (FsId, FsId),
}

/// See the module.
#[derive(Debug, Clone, Copy)]
pub(super) struct Verdict {
    pub(super) event: Event,
    pub(super) kind: FileType,
    pub(super) depth: u32,
    before: Option<Amounts>,
    now: Option<Amounts>,
    /// None where it is not known.
    pub(super) change: Option<Amounts>,
    at_least: Option<i128>,
}

impl Rules {
    /// True where something was mounted at a directory, or is mounted no longer. Where the roots lie on two file systems,
    /// a directory on these is at its place; the file system of the directory above is equal, since otherwise that one
    /// would be hidden with this one.
    pub(super) fn is_mount(&self, (old, new): Pair<'_>) -> bool {
        let (Some(old), Some(new)) = (old, new) else {
            return false;
        };
        let is_known = old.fs != FsId::UNKNOWN && new.fs != FsId::UNKNOWN;
        old.is_directory() && is_known && old.fs != new.fs && (old.fs, new.fs) != self.roots
    }

    /// False where an entry of one scan may have no record in the other one because that leaves out some.
    pub(super) fn is_admitted(&self, side: Side, level: &Level, depth: u32) -> bool {
        let kept = self.kept_of_other(side);
        let is_admitted = match kept.threshold {
            Threshold::AtLeast(0) => true,
            Threshold::AtLeast(least) => self.size(side, level) >= least,
            // It may have been larger.
            Threshold::AtMost(_) => false,
        };
        depth <= kept.max_depth && is_admitted
    }

    fn kept_of_other(&self, side: Side) -> &Kept {
        match side {
            Side::Old => &self.kept[1],
            Side::New => &self.kept[0],
        }
    }

    /// The size of an entry in the measure of the threshold of the other scan.
    fn size(&self, side: Side, level: &Level) -> u128 {
        let measure = self.kept_of_other(side).measure;
        level.size(side).of(measure).unsigned_abs()
    }

    /// What happened to an entry at a depth. None where nothing can be said.
    pub(super) fn verdict(&self, own: Pair<'_>, level: &Level, depth: u32) -> Option<Verdict> {
        let (before, now) = (Some(level.before), Some(level.now));
        let change = level.change();
        let (event, before, now) = match level.scope {
            Scope::Both if change.of(self.measure) < 0 => (Event::Shrank, before, now),
            Scope::Both => (Event::Grew, before, now),
            Scope::One(side) if !self.is_admitted(side, level, depth) => return None,
            Scope::One(Side::Old) => (Event::Gone, before, now),
            Scope::One(Side::New) => (Event::New, before, now),
            Scope::Type(_) => (Event::Type, before, now),
            Scope::Hidden(..) if !level.is_top => return None,
            Scope::Hidden(event, None) => (event, before, now),
            Scope::Hidden(event, Some(Side::Old)) => (event, before, None),
            Scope::Hidden(event, Some(Side::New)) => (event, None, now),
        };
        let is_hidden = matches!(level.scope, Scope::Hidden(..));
        let mut known = [before, now].into_iter().flatten();
        if is_hidden && known.all(|size| size == Amounts::ZERO) {
            return None;
        }
        Some(Verdict {
            event,
            kind: kind(own),
            depth,
            before,
            now,
            change: (!is_hidden).then_some(change),
            at_least: self.at_least(level),
        })
    }

    /// The least change of an entry that the other scan may have left out.
    fn at_least(&self, level: &Level) -> Option<i128> {
        let Scope::One(side) = level.scope else {
            return None;
        };
        let Threshold::AtLeast(least @ 1..) = self.kept_of_other(side).threshold else {
            return None;
        };
        let beyond = self.size(side, level).saturating_sub(least - 1);
        let beyond = i128::try_from(beyond).unwrap_or(i128::MAX);
        Some(match side {
            Side::Old => -beyond,
            Side::New => beyond,
        })
    }
}

/// The file type now, or else before.
fn kind((old, new): Pair<'_>) -> FileType {
    let kinds = [new, old].into_iter().flatten().map(|entry| entry.kind);
    let mut known = kinds.filter(|&kind| kind != FileType::Unknown);
    known.next().unwrap_or(FileType::Unknown)
}

impl Verdict {
    /// The size at the time when it is known, or now.
    pub(super) fn size(&self) -> Amounts {
        self.now.or(self.before).unwrap_or_default()
    }

    /// True for an entry that is a directory at one time.
    pub(super) fn is_directory(&self) -> bool {
        self.kind == FileType::Directory || self.event == Event::Type
    }

    /// True where the entry did not change in a measure.
    pub(super) fn is_nothing(&self, measure: Measure) -> bool {
        let change = self.change.map(|change| change.of(measure));
        self.event == Event::Grew && change == Some(0)
    }

    /// The line of a path below the root.
    pub(super) fn line(&self, path: &[u8], residue: Amounts) -> Change {
        Change {
            event: self.event,
            path: path.into(),
            from: None,
            kind: self.kind,
            depth: self.depth,
            before: self.before,
            now: self.now,
            change: self.change,
            residue,
            at_least: self.at_least,
        }
    }
}
