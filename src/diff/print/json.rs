//! JSON Lines: an object for each change, then the summary. `docs/pdu.schema.json` describes every line.
//!
//! ```text
//! {"path":"/srv/f","event":"grew","change":{"allocated":4096,"apparent":5,"inodes":0},"before":{...},...}
//! {"summary":{"path":"/srv","change":{...},"rest":{...},...,"complete":true}}
//! ```
//!
//! Amounts are bytes, and null where they are not known. If the summary is missing, pdu did not run to its end.

use std::io;

use super::messages::warning;
use crate::count::usage::FileTime;
use crate::diff::change::{Change, DiffSummary, Sink, Sum};
use crate::diff::known::Known;
use crate::format::columns::{type_name, write_time};
use crate::format::json::{measures, write_named_path, write_string};
use crate::format::page::Page;

/// See the module.
#[derive(Debug)]
pub(super) struct Json {
    known: Known,
}

impl Json {
    pub(super) fn new(known: Known) -> Self {
        Self { known }
    }
}

impl Sink for Json {
    fn begin(&mut self, known: Known, _: &mut Vec<u8>) {
        self.known = known;
    }

    fn change(&mut self, change: &Change, out: &mut Vec<u8>) {
        out.push(b'{');
        write_named_path("path", &change.path, out);
        let event = change.event.word();
        out.extend_from_slice(format!(",\"event\":\"{event}\"").as_bytes());
        for (name, sizes) in [
            ("change", change.change),
            ("before", change.before),
            ("now", change.now),
            ("residue", Some(change.residue)),
        ] {
            out.push(b',');
            write_sizes(name, self.known.of(sizes), out);
        }
        let (kind, depth) = (type_name(change.kind).unwrap_or("unknown"), change.depth);
        out.extend_from_slice(format!(",\"kind\":\"{kind}\",\"depth\":{depth}").as_bytes());
        if let Some(from) = &change.from {
            out.push(b',');
            write_named_path("from", from, out);
        }
        if let Some(least) = change.at_least {
            out.extend_from_slice(format!(",\"at_least\":{least}").as_bytes());
        }
        out.extend_from_slice(b"}\n");
    }

    fn end(&mut self, summary: &DiffSummary, page: &mut Page<'_>) -> io::Result<()> {
        let out = &mut page.lines;
        out.extend_from_slice(b"{\"summary\":{");
        write_named_path("path", &summary.root, out);
        for (name, sizes) in [
            ("change", summary.change),
            ("rest", summary.rest),
            ("before", summary.before),
            ("now", summary.now),
        ] {
            out.push(b',');
            write_sizes(name, self.known.of(Some(sizes)), out);
        }
        write_times(summary.times, out);
        let (before, now) = (summary.before.inodes, summary.now.inodes);
        let entries = format!(",\"entries\":{{\"before\":{before},\"now\":{now}}}");
        out.extend_from_slice(entries.as_bytes());
        for (name, sum) in [
            ("unread", &summary.unread),
            ("away", &summary.away),
            ("moved", &summary.moved),
        ] {
            write_sum((name, sum), self.known, out);
        }
        write_end(summary, out);
        Ok(())
    }
}

/// Appends a member with a number for each measure.
pub(super) fn write_sizes(name: &str, numbers: [Option<i128>; 3], out: &mut Vec<u8>) {
    let member = format!("\"{name}\":{{{}}}", measures(numbers));
    out.extend_from_slice(member.as_bytes());
}

fn write_sum((name, sum): (&str, &Sum), known: Known, out: &mut Vec<u8>) {
    let (places, members) = (sum.places, measures(known.of(Some(sum.sizes))));
    let member = format!(",\"{name}\":{{\"places\":{places},{members}}}");
    out.extend_from_slice(member.as_bytes());
}

fn write_times((before, now): (Option<FileTime>, Option<FileTime>), out: &mut Vec<u8>) {
    out.extend_from_slice(b",\"times\":{");
    for (name, time) in [("\"before\":", before), (",\"now\":", now)] {
        out.extend_from_slice(name.as_bytes());
        let mut text = Vec::new();
        match time.is_some_and(|time| write_time(time, &mut text)) {
            true => _ = write_string(&text, out),
            false => out.extend_from_slice(b"null"),
        }
    }
    out.push(b'}');
}

/// Appends the members that say how far the numbers can be trusted.
fn write_end(summary: &DiffSummary, out: &mut Vec<u8>) {
    let dropped = summary.dropped_candidates;
    let head = format!(",\"dropped_candidates\":{dropped},\"warnings\":[");
    out.extend_from_slice(head.as_bytes());
    for (index, text) in summary.warnings.iter().map(warning).enumerate() {
        if index > 0 {
            out.push(b',');
        }
        write_string(text.as_bytes(), out);
    }
    let end = format!("],\"complete\":{}}}}}\n", summary.is_complete);
    out.extend_from_slice(end.as_bytes());
}
