//! The text exposition format of Prometheus, version 0.0.4: gauges, in bytes and seconds, for node_exporter's textfile
//! collector.
//!
//! ```text
//! # HELP pdu_allocated_bytes Disk space of the path, with what du counts in it.
//! # TYPE pdu_allocated_bytes gauge
//! pdu_allocated_bytes{path="t"} 8192
//! pdu_allocated_bytes{path="t/\"a\\b\""} 4096
//! ...
//! # TYPE pdu_complete gauge
//! pdu_complete{operands="t"} 1
//! ```
//!
//! | metrics | labels |
//! |---|---|
//! | `pdu_allocated_bytes`, `pdu_apparent_bytes`, `pdu_inodes`; with `--time`, `pdu_newest_timestamp_seconds` | `path`: one series for each line of du |
//! | `pdu_class_allocated_bytes` and so on, with `--by` | `by`, `class`, and `id` where the class is the name of a user or group |
//! | `pdu_total_allocated_bytes` and so on, `pdu_complete`, `pdu_errors`, `pdu_duration_seconds` | `operands`: what was counted, so that the files of two runs have no series in common |
//!
//! A label value is UTF-8, in which the format escapes backslash, quotation mark and newline, and nothing else. It is the
//! path itself, unless that is not UTF-8 or begins with `$'`: then it is the path as bash reads it in `$'...'`, with
//! `\ooo` for each invalid byte. So two paths never have the same value, whatever their bytes.
//!
//! The format wants all series of a metric together, and no series twice (`pdu -l a a`: the first stays). Therefore all
//! lines wait in memory until the end, as those of `--sort` do (200,000 lines: 38 MiB; with `--sort`, json takes 53
//! MiB). One metric for all sizes, told apart by a label, could be written at once, but a sum over it would add bytes
//! to inodes, and series could still be there twice. A collector keeps each series in memory for hours; `-d`, `-t` and
//! `--top` bound their number.

use std::collections::HashSet;
use std::io;

use super::interface::{Completeness, EndResult, Format, Totals, Warning};
use super::page::Page;
use crate::count::record::Record;
use crate::count::usage::{FileTime, Usage};
use crate::gnu::decimal;

/// A metric of a usage.
struct Metric {
    /// The end of its name.
    name: &'static str,
    /// The beginning of its help.
    help: &'static str,
    /// Its value; none for a time that an export does not contain.
    value: fn(&Usage) -> Option<Value>,
}

const ALLOCATED: Metric = Metric {
    name: "allocated_bytes",
    help: "Disk space",
    value: |usage| Some(Value::Integer(usage.allocated)),
};

const APPARENT: Metric = Metric {
    name: "apparent_bytes",
    help: "Apparent size",
    value: |usage| Some(Value::Integer(usage.apparent)),
};

const INODES: Metric = Metric {
    name: "inodes",
    help: "Number of inodes",
    value: |usage| Some(Value::Integer(usage.inodes.into())),
};

const NEWEST: Metric = Metric {
    name: "newest_timestamp_seconds",
    help: "Newest time",
    value: |usage| match usage.newest {
        FileTime::NEVER => None,
        time => Some(Value::Time(time)),
    },
};

const SUMS: &[Metric] = &[ALLOCATED, APPARENT, INODES];
const SUMS_AND_TIME: &[Metric] = &[ALLOCATED, APPARENT, INODES, NEWEST];

/// The value of a sample.
enum Value {
    Integer(u128),
    Time(FileTime),
}

/// A label, with its value.
pub(super) type Label<'a> = (&'static str, &'a [u8]);

/// A series of each metric.
#[derive(Debug)]
pub(super) struct Series {
    /// As they are written between braces.
    labels: Box<[u8]>,
    usage: Usage,
}

impl Series {
    pub(super) fn new(labels: &[Label<'_>], usage: Usage) -> Self {
        let mut text = Vec::new();
        for (name, value) in labels {
            if !text.is_empty() {
                text.push(b',');
            }
            text.extend_from_slice(name.as_bytes());
            text.extend_from_slice(b"=\"");
            write_value(value, &mut text);
            text.push(b'"');
        }
        Self {
            labels: text.into(),
            usage,
        }
    }
}

/// The metrics of series of one kind.
pub(super) struct Family {
    /// The beginning of their names.
    prefix: &'static str,
    /// The end of their help.
    subject: &'static str,
    metrics: &'static [Metric],
}

/// The metrics of classes.
pub(super) const CLASSES: Family = Family {
    prefix: "pdu_class",
    subject: "all files of the class together",
    metrics: SUMS,
};

const TOTAL: Family = Family {
    prefix: "pdu_total",
    subject: "all operands together",
    metrics: SUMS,
};

impl Family {
    /// Writes all series, metric by metric; the first of those that have the same labels.
    pub(super) fn write(&self, series: &[Series], page: &mut Page<'_>) -> io::Result<()> {
        let mut seen = HashSet::with_capacity(series.len());
        let series = series.iter().filter(|series| seen.insert(&series.labels));
        let series: Vec<_> = series.collect();
        for metric in self.metrics {
            let samples = series.iter();
            let samples =
                samples.filter_map(|series| Some((series, (metric.value)(&series.usage)?)));
            let name = format!("{}_{}", self.prefix, metric.name);
            let mut samples = samples.peekable();
            if samples.peek().is_some() {
                let help = format!("{} of {}.", metric.help, self.subject);
                write_head(&name, &help, &mut page.lines);
            }
            for (series, value) in samples {
                write_sample(&name, &series.labels, &value, &mut page.lines);
                page.write_if_full()?;
            }
        }
        Ok(())
    }
}

/// See the module.
#[derive(Debug)]
pub(super) struct Prometheus {
    /// With the newest time.
    times: bool,
    /// The label of what holds for the whole run.
    operands: Vec<u8>,
    series: Vec<Series>,
}

impl Prometheus {
    pub(super) fn new(times: bool, operands: Vec<u8>) -> Self {
        Self {
            times,
            operands,
            series: Vec::new(),
        }
    }
}

impl Format for Prometheus {
    fn record(&mut self, record: &Record<'_>, _: &mut Vec<u8>) -> Option<Warning> {
        let series = Series::new(&[("path", record.path)], record.usage);
        self.series.push(series);
        None
    }

    fn end(&mut self, totals: &Totals, page: &mut Page<'_>) -> EndResult {
        let paths = Family {
            prefix: "pdu",
            subject: "the path, with what du counts in it",
            metrics: if self.times { SUMS_AND_TIME } else { SUMS },
        };
        paths.write(&self.series, page)?;
        let run = [Series::new(
            &[("operands", &self.operands)],
            totals.counts.total,
        )];
        TOTAL.write(&run, page)?;
        let is_complete = totals.completeness == Completeness::Whole;
        let elapsed = totals.elapsed;
        for (name, help, value) in [
            (
                "pdu_complete",
                "Whether everything was counted (1) or not (0).",
                u8::from(is_complete).to_string(),
            ),
            (
                "pdu_errors",
                "Number of operations that failed, each with a message.",
                totals.counts.errors.to_string(),
            ),
            (
                "pdu_duration_seconds",
                "Duration of the run.",
                format!("{}.{:06}", elapsed.as_secs(), elapsed.subsec_micros()),
            ),
        ] {
            write_head(name, help, &mut page.lines);
            write_name(name, &run[0].labels, &mut page.lines);
            page.lines.extend_from_slice(value.as_bytes());
            page.lines.push(b'\n');
        }
        Ok(None)
    }
}

fn write_head(name: &str, help: &str, out: &mut Vec<u8>) {
    let head = format!("# HELP {name} {help}\n# TYPE {name} gauge\n");
    out.extend_from_slice(head.as_bytes());
}

fn write_name(name: &str, labels: &[u8], out: &mut Vec<u8>) {
    out.extend_from_slice(name.as_bytes());
    out.push(b'{');
    out.extend_from_slice(labels);
    out.extend_from_slice(b"} ");
}

fn write_sample(name: &str, labels: &[u8], value: &Value, out: &mut Vec<u8>) {
    write_name(name, labels, out);
    match *value {
        Value::Integer(number) => decimal::write(number, out),
        Value::Time(time) => {
            let nanoseconds =
                i128::from(time.seconds) * 1_000_000_000 + i128::from(time.nanoseconds);
            let sign = if nanoseconds < 0 { "-" } else { "" };
            let (whole, part) = (
                nanoseconds.abs() / 1_000_000_000,
                nanoseconds.abs() % 1_000_000_000,
            );
            out.extend_from_slice(format!("{sign}{whole}.{part:09}").as_bytes());
        }
    }
    out.push(b'\n');
}

/// Appends a label value; see the module.
fn write_value(value: &[u8], out: &mut Vec<u8>) {
    if std::str::from_utf8(value).is_ok() && !value.starts_with(b"$'") {
        return write_escaped(value, out);
    }
    let mut quoted = b"$'".to_vec();
    for chunk in value.utf8_chunks() {
        for &byte in chunk.valid().as_bytes() {
            if matches!(byte, b'\\' | b'\'') {
                quoted.push(b'\\');
            }
            quoted.push(byte);
        }
        for byte in chunk.invalid() {
            quoted.extend_from_slice(format!("\\{byte:03o}").as_bytes());
        }
    }
    quoted.push(b'\'');
    write_escaped(&quoted, out);
}

/// Appends text with the escapes of the format.
fn write_escaped(text: &[u8], out: &mut Vec<u8>) {
    for &byte in text {
        match byte {
            b'\\' | b'"' => out.extend_from_slice(&[b'\\', byte]),
            b'\n' => out.extend_from_slice(b"\\n"),
            _ => out.push(byte),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_have_the_escapes_of_the_format_and_no_others() {
        for (value, expected) in [
            (&b"a b/{x=},\t\r\x1b\x7f"[..], &b"a b/{x=},\t\r\x1b\x7f"[..]),
            (
                "é漢\u{2028}\u{fffd}".as_bytes(),
                "é漢\u{2028}\u{fffd}".as_bytes(),
            ),
            (b"\"", b"\\\""),
            (b"a\\n\n", b"a\\\\n\\n"),
            (b"it's", b"it's"),
            (b"a\xff\xc3(", b"$'a\\\\377\\\\303('"),
            ("é'\\\n\u{ff}".as_bytes(), "é'\\\\\\n\u{ff}".as_bytes()),
            (b"'\\\n\xff", b"$'\\\\'\\\\\\\\\\n\\\\377'"),
            (b"$'a\\377'", b"$'$\\\\'a\\\\\\\\377\\\\''"),
            (b"t/$'a\\377'", b"t/$'a\\\\377'"),
        ] {
            let mut out = Vec::new();
            write_value(value, &mut out);
            assert_eq!(
                out.escape_ascii().to_string(),
                expected.escape_ascii().to_string()
            );
        }
    }

    #[test]
    fn times_are_seconds_with_a_sign() {
        for (seconds, nanoseconds, expected) in [
            (0, 0, "0.000000000"),
            (-1, 250_000_000, "-0.750000000"),
            (1_795_290_739, 5, "1795290739.000000005"),
            (i64::MAX, 999_999_999, "9223372036854775807.999999999"),
        ] {
            let time = FileTime {
                seconds,
                nanoseconds,
            };
            let mut out = Vec::new();
            write_sample("a", b"b=\"c\"", &Value::Time(time), &mut out);
            let expected = format!("a{{b=\"c\"}} {expected}\n");
            assert_eq!(String::from_utf8_lossy(&out), expected);
        }
    }
}
