//! The messages about a comparison, for standard error.

use crate::count::usage::{FileTime, Measure};
use crate::diff::change::{DiffSummary, DiffWarning};
use crate::diff::options::Show;
use crate::format::columns::write_time;
use crate::gnu::block_size::BlockSize;
use crate::gnu::numerals::Numerals;
use crate::gnu::quote::{self, Charset};

/// The warnings, and the last line: what was compared, and what was not. `old` is the quoted name of the earlier file.
#[must_use]
pub fn messages(
    summary: &DiffSummary,
    old: &[u8],
    (measure, show): (Measure, Show),
) -> Vec<Vec<u8>> {
    let warnings = summary.warnings.iter().map(warning);
    let mut messages: Vec<Vec<u8>> = warnings
        .map(|text| format!("warning: {text}").into_bytes())
        .collect();
    let mut last = b"compared with ".to_vec();
    match summary.times.0.and_then(time) {
        Some(time) => last.extend(time),
        None => last.extend(old),
    }
    let (before, now) = (summary.before.inodes, summary.now.inodes);
    last.extend(format!(": {before} entries then, {now} now").bytes());
    last.extend(not_comparable(summary, measure).bytes());
    if let Show::Explanation(_) = show {
        last.extend(without_line(summary, measure).bytes());
    }
    if summary.dropped_candidates > 0 {
        let dropped = summary.dropped_candidates;
        last.extend(format!("; {dropped} entries were not looked at for moves").bytes());
    }
    messages.push(last);
    messages
}

/// A warning as a text.
pub(super) fn warning(warning: &DiffWarning) -> String {
    let quoted =
        |text: &[u8]| String::from_utf8_lossy(&quote::quoteaf(text, Charset::Utf8)).into_owned();
    match warning {
        DiffWarning::RootFileSystem => {
            "the directory lies on another file system now; all of it may have changed".into()
        }
        DiffWarning::RootPath(before, now) => {
            format!("{} is compared with {}", quoted(now), quoted(before))
        }
        DiffWarning::Options(before, now) => {
            let named = |options: &str| match options {
                "" => "none".to_owned(),
                options => quoted(options.as_bytes()),
            };
            format!(
                "the options differ: {} then, {} now",
                named(before),
                named(now)
            )
        }
        DiffWarning::ClockWentBack => "the earlier state is the newer one by its time".into(),
        DiffWarning::OldIncomplete => "the scan of the earlier state had errors".into(),
        DiffWarning::OldInPart => {
            "the earlier state was stored without small or deep entries: such entries are new here"
                .into()
        }
    }
}

/// What could be read at one time only.
fn not_comparable(summary: &DiffSummary, measure: Measure) -> String {
    let places = summary.unread.places + summary.away.places;
    let size = summary.unread.sizes.of(measure) + summary.away.sizes.of(measure);
    let noun = match places {
        1 => "directory",
        _ => "directories",
    };
    match (places, measure) {
        (0, _) => String::new(),
        (_, Measure::Inodes) => format!("; not comparable: {size} entries in {places} {noun}"),
        (_, Measure::Allocated | Measure::Apparent) => {
            format!("; not comparable: {} in {places} {noun}", human(size))
        }
    }
}

/// What the lines of an explanation do not tell, where that is no small part of the change.
fn without_line(summary: &DiffSummary, measure: Measure) -> String {
    let (rest, change) = (summary.rest.of(measure), summary.change.of(measure));
    let is_small = rest.saturating_mul(100).unsigned_abs() < change.unsigned_abs();
    let sign = match rest {
        ..0 => "-",
        _ => "+",
    };
    match measure {
        _ if rest == 0 || is_small => String::new(),
        Measure::Inodes => format!("; changes without a line: {rest:+} entries"),
        Measure::Allocated | Measure::Apparent => {
            format!("; changes without a line: {sign}{}", human(rest))
        }
    }
}

/// A size for people, without its sign.
fn human(size: i128) -> String {
    let mut text = Vec::new();
    BlockSize::HUMAN.write(size.unsigned_abs(), &Numerals::C, &mut text);
    String::from_utf8_lossy(&text).into_owned()
}

/// A time in whole seconds; none where RFC 3339 has no form for it.
fn time(time: FileTime) -> Option<Vec<u8>> {
    let mut text = Vec::new();
    let whole = FileTime {
        nanoseconds: 0,
        ..time
    };
    if !write_time(whole, &mut text) {
        return None;
    }
    let end = text.iter().position(|&byte| byte == b'.')?;
    text.truncate(end);
    text.push(b'Z');
    Some(text)
}
