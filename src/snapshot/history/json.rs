//! An object for each snapshot, and a summary.
//!
//! ```text
//! {"event":"snapshot","time":"2026-11-25T04:00:03Z","path":"/srv","allocated":4096,"apparent":5,"inodes":2,"change":null,"state":"complete","file":"..."}
//! {"summary":{"path":"/srv","snapshots":1,"growth_per_day":null,"full_in_days":null}}
//! ```
//!
//! Sizes are bytes and integers, or null where they are not known. `docs/pdu.schema.json` describes each line.

use std::os::unix::ffi::OsStrExt;

use super::growth::Growth;
use super::lines;
use super::rows::Row;
use crate::count::amounts::Amounts;
use crate::count::usage::Measure;
use crate::format::json::{measures, write_named_path};
use crate::snapshot::names::in_seconds;

/// Appends the objects.
pub(super) fn write(path: &[u8], rows: &[Row], growth: &Growth, out: &mut Vec<u8>) {
    for row in rows {
        write_row(row, path, out);
    }
    let full = growth.full_in_days.map(|days| format!("{days:.1}"));
    out.extend_from_slice(b"{\"summary\":{");
    write_named_path("path", path, out);
    let rest = format!(
        ",\"snapshots\":{},\"growth_per_day\":{},\"full_in_days\":{}}}}}\n",
        rows.len(),
        change(growth.per_day),
        full.as_deref().unwrap_or(NULL),
    );
    out.extend_from_slice(rest.as_bytes());
}

const NULL: &str = "null";

fn write_row(row: &Row, path: &[u8], out: &mut Vec<u8>) {
    let time = in_seconds(row.started);
    out.extend_from_slice(format!("{{\"event\":\"snapshot\",\"time\":\"{time}\",").as_bytes());
    write_named_path("path", path, out);
    let total = row.total.as_ref().map(Amounts::from);
    out.extend_from_slice(format!(",{}", measures(numbers(total))).as_bytes());
    let (change, state) = (change(row.change), lines::state(row));
    out.extend_from_slice(format!(",\"change\":{change},\"state\":\"{state}\",").as_bytes());
    write_named_path("file", row.file.as_os_str().as_bytes(), out);
    out.extend_from_slice(b"}\n");
}

/// A change as an object.
fn change(change: Option<Amounts>) -> String {
    match change {
        None => NULL.into(),
        Some(_) => format!("{{{}}}", measures(numbers(change))),
    }
}

fn numbers(amounts: Option<Amounts>) -> [Option<i128>; 3] {
    [Measure::Allocated, Measure::Apparent, Measure::Inodes]
        .map(|measure| amounts.map(|amounts| amounts.of(measure)))
}
