//! Why the comparison of two scans may mislead.

use super::change::DiffWarning;
use super::record::{FsId, Kept, ScanInfo};
use crate::count::usage::FileTime;

/// Options that do not change what is counted, but the records that there are, or the number that is shown.
const NO_CHANGE: &[&str] = &[
    "--apparent-size",
    "--bytes",
    "--inodes",
    "--max-depth",
    "--summarize",
    "--threshold",
];

pub(super) fn warnings(old: &ScanInfo, new: &ScanInfo) -> Vec<DiffWarning> {
    let mut warnings = Vec::new();
    let is_known = old.fs != FsId::UNKNOWN && new.fs != FsId::UNKNOWN;
    if is_known && old.fs != new.fs {
        warnings.push(DiffWarning::RootFileSystem);
    }
    if old.root != new.root {
        warnings.push(DiffWarning::RootPath(old.root.clone(), new.root.clone()));
    }
    let (before, now) = (counting_options(old), counting_options(new));
    if before != now || old.links != new.links {
        warnings.push(DiffWarning::Options(
            old.options.clone(),
            new.options.clone(),
        ));
    }
    let times = old.started.zip(new.started);
    if times.is_some_and(|(before, now)| is_later(before, now)) {
        warnings.push(DiffWarning::ClockWentBack);
    }
    if !old.is_complete {
        warnings.push(DiffWarning::OldIncomplete);
    }
    if old.kept != Kept::ALL && new.kept == Kept::ALL {
        warnings.push(DiffWarning::OldInPart);
    }
    warnings
}

/// True where a time is later than another one, as far as both are known: exports have whole seconds.
fn is_later(a: FileTime, b: FileTime) -> bool {
    match a.nanoseconds == 0 || b.nanoseconds == 0 {
        true => a.seconds > b.seconds,
        false => a > b,
    }
}

/// The other options, in one order.
fn counting_options(info: &ScanInfo) -> Vec<&str> {
    let is_counting = |word: &&str| {
        let name = word.split('=').next().unwrap_or_default();
        !NO_CHANGE.contains(&name)
    };
    let mut words: Vec<&str> = info
        .options
        .split_ascii_whitespace()
        .filter(is_counting)
        .collect();
    words.sort_unstable();
    words
}
