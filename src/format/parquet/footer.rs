//! The keys of the footer: what the rows are, and checksums, since Parquet has none that every reader knows.
//!
//! `pdu.groups` holds the XXH64 of each row group, and `pdu.check` that of the footer: the bytes from the metadata to the
//! end of the file, with sixteen zeros in the place of the checksum itself.

use std::fmt::Write;

use parquet::file::metadata::KeyValue;
use twox_hash::XxHash64;

use super::options::{CountedLinks, ParquetOptions, RowOrder};
use super::schema;
use crate::count::usage::{FileTime, Usage};
use crate::format::columns::write_time;
use crate::format::interface::{Completeness, Totals};
use crate::format::json::write_string;
use crate::format::selected::Threshold;
use crate::sys::filesystems::{FileSystem, Space};

/// The key of the checksum of the footer.
pub const CHECK: &str = "pdu.check";

/// The key, and before its value the header of a string of sixteen bytes in the compact protocol of Thrift.
const BEFORE_CHECK: &[u8] = b"pdu.check\x18\x10";

const UNSET: &str = "0000000000000000";

/// Where a row group lies, and its checksum.
#[derive(Debug, Clone, Copy)]
pub(super) struct GroupSum {
    pub(super) offset: usize,
    pub(super) length: usize,
    pub(super) hash: u64,
}

/// A file system that entries lie on, with its space at both ends of the run where that is known.
#[derive(Debug)]
pub(super) struct Seen {
    pub(super) name: String,
    pub(super) device: u64,
    pub(super) filesystem: Option<FileSystem>,
    pub(super) started: Option<Space>,
    pub(super) ended: Option<Space>,
}

fn key(name: &str, value: impl Into<String>) -> KeyValue {
    KeyValue::new(format!("pdu.{name}"), value.into())
}

/// `pdu.groups`: an array of offset, length and hexadecimal XXH64 for each row group.
pub(super) fn groups(groups: &[GroupSum]) -> KeyValue {
    let mut text = String::from("[");
    for group in groups {
        let comma = if text.len() > 1 { "," } else { "" };
        let GroupSum {
            offset,
            length,
            hash,
        } = group;
        let _ = write!(text, "{comma}[{offset},{length},\"{hash:016x}\"]");
    }
    text.push(']');
    key("groups", text)
}

/// The key of the checksum, before that is known.
pub(super) fn unset_check() -> KeyValue {
    KeyValue::new(CHECK.into(), UNSET.to_string())
}

/// The place of the checksum. The last such bytes are the key: statistics of names come before it.
fn place(footer: &[u8]) -> Option<std::ops::Range<usize>> {
    let mut windows = footer.windows(BEFORE_CHECK.len());
    let start = windows.rposition(|window| window == BEFORE_CHECK)? + BEFORE_CHECK.len();
    let range = start..start + UNSET.len();
    footer.get(range.clone()).map(|_| range)
}

/// Computes the checksum of a footer and puts it in its place.
pub(super) fn set_check(footer: &mut [u8]) {
    let hash = format!("{:016x}", XxHash64::oneshot(0, footer));
    if let Some(place) = place(footer) {
        footer[place].copy_from_slice(hash.as_bytes());
    }
}

/// The checksum in a footer, and the one that it should be; none where it has none.
#[must_use]
pub fn check_of(mut footer: Vec<u8>) -> Option<(Vec<u8>, Vec<u8>)> {
    let place = place(&footer)?;
    let there = footer[place.clone()].to_vec();
    footer[place].copy_from_slice(UNSET.as_bytes());
    let hash = format!("{:016x}", XxHash64::oneshot(0, &footer));
    Some((there, hash.into_bytes()))
}

/// All keys but the checksums.
pub(super) fn keys(
    options: &ParquetOptions,
    totals: &Totals,
    (operands, handed_over): (&[Vec<u8>], u64),
    seen: &[Seen],
) -> Vec<KeyValue> {
    let total = &totals.counts.total;
    let is_complete = totals.completeness == Completeness::Whole;
    let mut ended = options.started;
    let nanoseconds = u64::from(ended.nanoseconds) + u64::from(totals.elapsed.subsec_nanos());
    ended.seconds = ended
        .seconds
        .saturating_add_unsigned(totals.elapsed.as_secs() + nanoseconds / 1_000_000_000);
    ended.nanoseconds = u32::try_from(nanoseconds % 1_000_000_000).unwrap_or(0);
    let order = match options.order {
        RowOrder::Components => "components",
        RowOrder::None => "none",
    };
    let links = match options.links {
        CountedLinks::Once => "once",
        CountedLinks::Each => "each",
    };
    vec![
        key("schema", schema::VERSION.to_string()),
        key("version", env!("CARGO_PKG_VERSION")),
        key("operands", array(operands)),
        key("options", &*options.options),
        key("host", &*options.host),
        key("started", time(options.started)),
        key("ended", time(ended)),
        key("order", order),
        key("rows", rows(options)),
        key("links", links),
        key("total", sums(total)),
        key("errors", totals.counts.errors.to_string()),
        key("complete", is_complete.to_string()),
        key("handed_over", handed_over.to_string()),
        key("filesystems", filesystems(seen)),
    ]
}

fn array(texts: &[Vec<u8>]) -> String {
    let mut out = b"[".to_vec();
    for text in texts {
        if out.len() > 1 {
            out.push(b',');
        }
        write_string(text, &mut out);
    }
    out.push(b']');
    String::from_utf8_lossy(&out).into_owned()
}

fn time(moment: FileTime) -> String {
    let mut out = Vec::new();
    write_time(moment, &mut out);
    String::from_utf8_lossy(&out).into_owned()
}

/// Which rows there are: all, or what leaves some out.
fn rows(options: &ParquetOptions) -> String {
    let selection = &options.selection;
    let depth = (selection.max_depth < u32::MAX).then(|| format!("depth={}", selection.max_depth));
    let threshold = match selection.threshold {
        Threshold::AtLeast(0) => None,
        Threshold::AtLeast(least) => Some(format!("threshold={least}")),
        Threshold::AtMost(most) => Some(format!("threshold=-{most}")),
    };
    let parts: Vec<String> = depth.into_iter().chain(threshold).collect();
    match parts.is_empty() {
        true => "all".into(),
        false => parts.join(","),
    }
}

fn sums(usage: &Usage) -> String {
    format!(
        "{{\"allocated\":{},\"apparent\":{},\"inodes\":{}}}",
        usage.allocated, usage.apparent, usage.inodes
    )
}

/// `pdu.filesystems`: an array of objects.
fn filesystems(seen: &[Seen]) -> String {
    let objects: Vec<String> = seen.iter().map(filesystem).collect();
    format!("[{}]", objects.join(","))
}

fn filesystem(seen: &Seen) -> String {
    let quoted = |text: &[u8]| {
        let mut out = Vec::new();
        write_string(text, &mut out);
        String::from_utf8_lossy(&out).into_owned()
    };
    let (major, minor) = (
        rustix::fs::major(seen.device),
        rustix::fs::minor(seen.device),
    );
    let mut text = format!(
        "{{\"fs\":{},\"device\":\"{major}:{minor}\"",
        quoted(seen.name.as_bytes())
    );
    if let Some(filesystem) = &seen.filesystem {
        let (kind, mount) = (quoted(&filesystem.kind), quoted(&filesystem.mount_point));
        let _ = write!(text, ",\"type\":{kind},\"mount\":{mount}");
    }
    for (name, space) in [("started", seen.started), ("ended", seen.ended)] {
        if let Some(space) = space {
            let Space {
                size,
                free,
                available,
                files,
                files_free,
            } = space;
            let _ = write!(
                text,
                ",\"{name}\":{{\"size\":{size},\"free\":{free},\"available\":{available},\
                 \"files\":{files},\"files_free\":{files_free}}}"
            );
        }
    }
    text.push('}');
    text
}
