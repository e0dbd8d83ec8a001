//! Runs both programs, compares what they do, and shrinks a command line on which they differ.

use super::command::{Command, Input};
use super::known::{known, without_own_options};
use super::run::{Outcome, Place, Program, Termination, run};
use crate::support::gnu_du::GnuDu;
use std::time::{Duration, Instant};

/// The result of one case.
#[derive(Debug)]
pub(crate) enum Comparison {
    /// Both did this.
    Agreed(Outcome),
    /// Not compared, for this reason.
    Skipped(String),
    Differed(Box<Difference>),
}

/// Two outcomes that differ.
#[derive(Debug)]
pub(crate) struct Difference {
    /// Which of status, stdout and stderr differ.
    pub(crate) parts: Vec<&'static str>,
    pub(crate) gnu: Outcome,
    pub(crate) pdu: Outcome,
    /// Whether pdu agreed in a second run: a race.
    pub(crate) is_unstable: bool,
}

/// Both programs.
#[derive(Debug, Clone)]
pub(crate) struct Programs {
    pub(crate) gnu: Program,
    pub(crate) gnu_du: GnuDu,
    pub(crate) pdu: Program,
}

impl Programs {
    /// Runs both, and compares.
    pub(crate) fn ask(
        &self,
        command: &Command,
        place: &Place,
        overlay: bool,
    ) -> std::io::Result<Comparison> {
        for _ in 0..3 {
            let gnu = run(&self.gnu, command, place)?;
            if gnu.termination == Termination::TimedOut {
                return Ok(Comparison::Skipped(
                    "GNU du took longer than a minute".to_owned(),
                ));
            }
            if let Some(known) = known(command, overlay, &gnu) {
                return Ok(Comparison::Skipped(format!(
                    "{} ({})",
                    known.what, known.why
                )));
            }
            let pdu = run(&self.pdu, command, place)?;
            let parts = self.compare(command, &gnu, &pdu);
            if parts.is_empty() {
                return Ok(Comparison::Agreed(gnu));
            }
            // Blocks of fresh files may still move: a difference counts if GNU du answers the same twice.
            if run(&self.gnu, command, place)? != gnu {
                continue;
            }
            let again = run(&self.pdu, command, place)?;
            let is_unstable = self.compare(command, &gnu, &again).is_empty();
            return Ok(Comparison::Differed(Box::new(Difference {
                parts,
                gnu,
                pdu,
                is_unstable,
            })));
        }
        Ok(Comparison::Skipped(
            "GNU du's own answer changed three times".to_owned(),
        ))
    }

    fn compare(&self, command: &Command, gnu: &Outcome, pdu: &Outcome) -> Vec<&'static str> {
        let mut parts = Vec::new();
        if gnu.termination != pdu.termination {
            parts.push("status");
        }
        if gnu.stdout != pdu.stdout {
            parts.push("stdout");
        }
        let newest = self.gnu_du.release.same_messages();
        // A command line can be wrong in several ways; GNU du goes on after some mistakes and reports more.
        let refused = command.bad || gnu.stderr.ends_with(b" --help' for more information.\n");
        let gnu = gnu.stderr.clone();
        let pdu = without_own_options(&pdu.stderr);
        let same = match (refused, newest) {
            (false, true) => gnu == pdu,
            (false, false) => lines(&gnu).count() == lines(&pdu).count(),
            (true, true) => lines(&gnu).next() == lines(&pdu).next(),
            (true, false) => gnu.is_empty() == pdu.is_empty(),
        };
        if !same {
            parts.push("stderr");
        }
        parts
    }

    /// The smallest command on which they differ: leaves out one part after the other.
    pub(crate) fn shrink(&self, command: &Command, place: &Place, overlay: bool) -> Command {
        let mut smallest = command.clone();
        let mut shrunk = true;
        // Runs on large trees take long, and a command need not be the smallest.
        let end = Instant::now() + Duration::from_secs(10);
        while shrunk && Instant::now() < end {
            shrunk = false;
            for smaller in smaller(&smallest) {
                let comparison = self.ask(&smaller, place, overlay);
                if let Ok(Comparison::Differed(_)) = comparison {
                    smallest = smaller;
                    shrunk = true;
                    break;
                }
            }
        }
        smallest
    }
}

fn lines(text: &[u8]) -> impl Iterator<Item = &[u8]> {
    text.split_inclusive(|&byte| byte == b'\n')
}

/// All commands with one part less.
fn smaller(command: &Command) -> Vec<Command> {
    let mut all = Vec::new();
    for at in 0..command.groups.len() {
        let mut less = command.clone();
        less.groups.remove(at);
        all.push(less);
        all.extend(without_a_letter(command, at));
    }
    for at in 0..command.env.len() {
        let mut less = command.clone();
        less.env.remove(at);
        all.push(less);
    }
    if command.nobody {
        all.push(Command {
            nobody: false,
            ..command.clone()
        });
    }
    if command.jobs != 1 {
        all.push(Command {
            jobs: 1,
            ..command.clone()
        });
    }
    if command.input != Input::Null {
        all.push(Command {
            input: Input::Null,
            ..command.clone()
        });
    }
    all
}

/// A bundle of letters with one letter less.
fn without_a_letter(command: &Command, group: usize) -> Vec<Command> {
    let word = &command.groups[group][0];
    if word.len() < 3 || word[0] != b'-' || word[1] == b'-' {
        return Vec::new();
    }
    (1..word.len().min(8))
        .map(|letter| {
            let mut less = command.clone();
            less.groups[group][0].remove(letter);
            less
        })
        .collect()
}
