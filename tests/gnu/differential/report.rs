//! The output of the test: each difference with what is needed to reproduce it, then the sums.

use super::command::{Command, Input};
use super::compare::Difference;
use super::run::{Place, fill_in};
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::os::unix::ffi::OsStrExt;

/// The counts of a run.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    pub(crate) cases: u64,
    pub(crate) trees: u64,
    pub(crate) differences: u64,
    pub(crate) as_nobody: u64,
    /// Cases that ended with a status other than 0, and those that printed nothing on stdout: a run with many of them
    /// proves little.
    pub(crate) failing: u64,
    pub(crate) silent: u64,
    pub(crate) skipped: BTreeMap<String, u64>,
    /// The text of the first differences.
    pub(crate) reports: Vec<String>,
}

impl Tally {
    pub(crate) fn skip(&mut self, why: &str) {
        *self.skipped.entry(why.to_owned()).or_default() += 1;
    }

    /// Adds the counts of another thread.
    pub(crate) fn merge(&mut self, other: Tally) {
        self.cases += other.cases;
        self.trees += other.trees;
        self.differences += other.differences;
        self.as_nobody += other.as_nobody;
        self.failing += other.failing;
        self.silent += other.silent;
        for (why, count) in other.skipped {
            *self.skipped.entry(why).or_default() += count;
        }
        self.reports.extend(other.reports);
    }

    /// The line that ends a run.
    pub(crate) fn summary(&self) -> String {
        let mut text = format!(
            "{} cases on {} trees ({} as nobody, {} with a status other than 0, {} without output): {} differences",
            self.cases, self.trees, self.as_nobody, self.failing, self.silent, self.differences
        );
        let skipped: u64 = self.skipped.values().sum();
        let _ = write!(text, "; {skipped} skipped");
        for (why, count) in &self.skipped {
            let _ = write!(text, "; {count} × {why}");
        }
        text
    }
}

/// A command line as it can be typed into a shell.
pub(crate) fn shell_line(command: &Command, place: &Place, program: &str) -> String {
    let mut text = String::new();
    let within = [place.root.as_os_str().as_bytes(), b"/", &command.within].concat();
    let _ = write!(text, "cd {} && ", quote(&within));
    for (name, value) in &command.env {
        let _ = write!(text, "{name}={} ", quote(value));
    }
    if command.nobody && place.setpriv.is_some() {
        text.push_str("setpriv --reuid 65534 --regid 65534 --clear-groups ");
    }
    text.push_str(program);
    let side = place.side.join("side");
    for word in command.words() {
        let word = fill_in(word, side.as_os_str().as_bytes());
        let _ = write!(text, " {}", quote(&word));
    }
    match &command.input {
        Input::Null => text.push_str(" </dev/null"),
        Input::File(bytes) => drop(write!(text, " <<<{} (file)", quote(bytes))),
        Input::Pipe(bytes) => drop(write!(text, " <<<{} (pipe)", quote(bytes))),
    }
    if let Some(bytes) = &command.side {
        let _ = write!(text, "   # side file: {}", quote(bytes));
    }
    text
}

/// A word as a shell takes it.
fn quote(word: &[u8]) -> String {
    let plain = |byte: &u8| byte.is_ascii_alphanumeric() || b"-_./=+:,%@".contains(byte);
    if !word.is_empty() && word.iter().all(plain) {
        return String::from_utf8_lossy(word).into_owned();
    }
    format!("$'{}'", word.escape_ascii())
}

/// Both outcomes, from the first line on that differs.
pub(crate) fn describe(difference: &Difference) -> String {
    let Difference { gnu, pdu, .. } = difference;
    let mut text = format!("differs in {}", difference.parts.join(", "));
    if difference.is_unstable {
        text.push_str(" (NOT IN A SECOND RUN: a race)");
    }
    let _ = writeln!(
        text,
        "\n  status: GNU {:?}, pdu {:?}",
        gnu.termination, pdu.termination
    );
    for (name, gnu, pdu) in [
        ("stdout", &gnu.stdout, &pdu.stdout),
        ("stderr", &gnu.stderr, &pdu.stderr),
    ] {
        if gnu != pdu {
            text.push_str(&diff(name, gnu, pdu));
        }
    }
    text
}

fn diff(name: &str, gnu: &[u8], pdu: &[u8]) -> String {
    const SHOWN: usize = 12;
    let split = |text: &[u8]| -> Vec<String> {
        let ends = |&byte: &u8| byte == b'\n' || byte == 0;
        text.split_inclusive(ends)
            .map(|line| line.escape_ascii().to_string())
            .collect()
    };
    let (gnu, pdu) = (split(gnu), split(pdu));
    let same = gnu.iter().zip(&pdu).take_while(|(a, b)| a == b).count();
    let mut text = format!("  {name}: {same} lines alike, then\n");
    for (sign, lines) in [("-GNU", &gnu), ("+pdu", &pdu)] {
        for line in lines[same..].iter().take(SHOWN) {
            let _ = writeln!(text, "    {sign} {line}");
        }
        let rest = lines.len().saturating_sub(same + SHOWN);
        if rest > 0 {
            let _ = writeln!(text, "    {sign} … {rest} more");
        }
    }
    text
}
