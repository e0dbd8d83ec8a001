//! The report: a plain table for people and JSON for machines.

use std::fmt::{self, Write as _};
use std::io;
use std::path::Path;

use crate::goals::GoalResult;
use crate::rounds::{Field, Series};

/// Bytes in a MiB.
const MIB: f64 = 1_048_576.0;

/// One field as a table. Where a ratio to pdu is above 1, pdu is ahead.
pub(crate) fn table(field: &Field) -> String {
    let Field {
        tree,
        mode,
        caches,
        series,
        ..
    } = field;
    let names = series.iter().map(|series| series.name.len());
    let width = names.max().unwrap_or(0);
    let mut text = format!("\n{tree} {}, {}\n", mode.word(), caches.word());
    let _ = writeln!(
        text,
        "{:width$} {:>10} {:>10} {:>9} {:>9} {:>9} {:>9}  notes",
        "", "wall s", "CPU s", "peak MiB", "wall/pdu", "CPU/pdu", "gnu/wall"
    );
    for one in series {
        let figures = field.figures(one);
        let _ = writeln!(
            text,
            "{:width$} {:>10.4} {:>10.4} {:>9.1} {:>9} {:>9} {:>9}  {}",
            one.name,
            figures.wall,
            figures.cpu,
            figures.peak / MIB,
            Ratio(figures.wall_over_pdu),
            Ratio(figures.cpu_over_pdu),
            Ratio(figures.gnu_over_wall),
            notes(one),
        );
    }
    let own = field.harness_peak as f64 / MIB;
    let _ = writeln!(
        text,
        "(no peak below {own:.1} MiB can be measured: it is the harness's own)"
    );
    text
}

fn notes(series: &Series) -> String {
    let mut notes = Vec::new();
    match series.same {
        Some(true) => notes.push("output is GNU's".into()),
        Some(false) => notes.push("OUTPUT DIFFERS FROM GNU'S".into()),
        None => {}
    }
    if let Some(cost) = series.costs.iter().find(|cost| cost.status != 0) {
        notes.push(format!("exit {}", cost.status));
    }
    notes.join(", ")
}

struct Ratio(f64);

impl fmt::Display for Ratio {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = if self.0.is_nan() {
            "-".into()
        } else {
            format!("{:.3}", self.0)
        };
        f.pad(&text)
    }
}

/// The goals, each with what was reached.
pub(crate) fn goals(results: &[GoalResult]) -> String {
    let mut text = String::from("\ngoals\n");
    for result in results {
        let word = if result.reached() { "ok  " } else { "MISS" };
        let bound = if result.at_least { "≥" } else { "≤" };
        let _ = writeln!(
            text,
            "{word} {:>8.3}  {bound} {:<6} {}",
            result.value, result.bound, result.what
        );
    }
    text
}

/// Writes all figures, each round's among them, to `file`.
pub(crate) fn write_json(file: &Path, fields: &[Field], results: &[GoalResult]) -> io::Result<()> {
    let runs: Vec<String> = fields
        .iter()
        .flat_map(|field| field.series.iter().map(|one| run(field, one)))
        .collect();
    let goals: Vec<String> = results.iter().map(goal).collect();
    let cores = std::thread::available_parallelism().map_or(0, usize::from);
    let text = format!(
        "{{\n\"cores\": {cores},\n\"runs\": [\n{}\n],\n\"goals\": [\n{}\n]\n}}\n",
        runs.join(",\n"),
        goals.join(",\n")
    );
    std::fs::write(file, text)
}

fn run(field: &Field, series: &Series) -> String {
    let command = series
        .command
        .iter()
        .map(|word| quote(&word.to_string_lossy()));
    let command: Vec<String> = command.collect();
    let costs = &series.costs;
    let figures = field.figures(series);
    let members = [
        ("tree", quote(&field.tree)),
        ("mode", quote(field.mode.word())),
        ("caches", quote(field.caches.word())),
        ("name", quote(&series.name)),
        ("command", format!("[{}]", command.join(", "))),
        ("harness_peak", field.harness_peak.to_string()),
        ("wall", numbers(costs.iter().map(|cost| cost.wall))),
        ("cpu", numbers(costs.iter().map(|cost| cost.cpu))),
        ("peak", numbers(costs.iter().map(|cost| cost.peak as f64))),
        (
            "status",
            numbers(costs.iter().map(|cost| f64::from(cost.status))),
        ),
        (
            "same_output",
            series.same.map_or("null".into(), |same| same.to_string()),
        ),
        ("median_wall", number(figures.wall)),
        ("median_cpu", number(figures.cpu)),
        ("median_peak", number(figures.peak)),
        ("wall_over_pdu", number(figures.wall_over_pdu)),
        ("cpu_over_pdu", number(figures.cpu_over_pdu)),
        ("gnu_over_wall", number(figures.gnu_over_wall)),
    ];
    let members = members.map(|(name, value)| format!("{}: {value}", quote(name)));
    format!("{{{}}}", members.join(", "))
}

fn goal(result: &GoalResult) -> String {
    let (what, value, bound) = (
        quote(&result.what),
        number(result.value),
        number(result.bound),
    );
    let side = if result.at_least {
        "at_least"
    } else {
        "at_most"
    };
    format!(
        "{{\"what\": {what}, \"value\": {value}, {}: {bound}, \"reached\": {}}}",
        quote(side),
        result.reached()
    )
}

fn numbers(values: impl Iterator<Item = f64>) -> String {
    format!("[{}]", values.map(number).collect::<Vec<_>>().join(", "))
}

/// JSON has neither NaN nor infinity.
fn number(value: f64) -> String {
    if value.is_finite() {
        value.to_string()
    } else {
        "null".into()
    }
}

fn quote(text: &str) -> String {
    let mut quoted = String::from('"');
    for letter in text.chars() {
        match letter {
            '"' | '\\' => quoted.extend(['\\', letter]),
            control if u32::from(control) < 0x20 => {
                let _ = write!(quoted, "\\u{:04x}", u32::from(control));
            }
            other => quoted.push(other),
        }
    }
    quoted.push('"');
    quoted
}
