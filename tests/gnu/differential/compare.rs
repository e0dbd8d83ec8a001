//! Asks both programs, compares, and makes a failing command line small.

use super::command::{Command, Input};
use super::known::{amend_pdu, known};
use super::run::{Ending, Outcome, Place, Program, run};
use crate::support::gnu_du::GnuDu;
use std::time::{Duration, Instant};

/// What came of one case.
#[derive(Debug)]
pub(crate) enum Termination {
    /// What both did.
    Agreed(Outcome),
    /// Not compared, and why.
    Skipped(String),
    Differed(Box<Difference>),
}

/// Two outcomes that should be one.
#[derive(Debug)]
pub(crate) struct Difference {
    /// Which of status, stdout and stderr differ.
    pub(crate) in_what: Vec<&'static str>,
    pub(crate) gnu: Outcome,
    pub(crate) pdu: Outcome,
    /// Whether the program agreed when asked again: a race.
    pub(crate) came_and_went: bool,
}

/// Both programs.
#[derive(Debug, Clone)]
pub(crate) struct Rivals {
    pub(crate) gnu: Program,
    pub(crate) judge: GnuDu,
    pub(crate) pdu: Program,
}

impl Rivals {
    /// Asks both, and compares.
    pub(crate) fn ask(
        &self,
        command: &Command,
        place: &Place,
        overlay: bool,
    ) -> std::io::Result<Termination> {
        for _ in 0..3 {
            let gnu = run(&self.gnu, command, place)?;
            if gnu.ending == Ending::TimedOut {
                return Ok(Termination::Skipped(
                    "GNU du took longer than a minute".to_owned(),
                ));
            }
            if let Some(known) = known(command, overlay, &gnu) {
                return Ok(Termination::Skipped(format!(
                    "{} ({})",
                    known.what, known.why
                )));
            }
            let pdu = run(&self.pdu, command, place)?;
            let in_what = self.compare(command, &gnu, &pdu);
            if in_what.is_empty() {
                return Ok(Termination::Agreed(gnu));
            }
            // Blocks of fresh files may still move: only what GNU says twice is held against pdu.
            if run(&self.gnu, command, place)? != gnu {
                continue;
            }
            let again = run(&self.pdu, command, place)?;
            let came_and_went = self.compare(command, &gnu, &again).is_empty();
            return Ok(Termination::Differed(Box::new(Difference {
                in_what,
                gnu,
                pdu,
                came_and_went,
            })));
        }
        Ok(Termination::Skipped(
            "GNU du's own answer changed thrice".to_owned(),
        ))
    }

    fn compare(&self, command: &Command, gnu: &Outcome, pdu: &Outcome) -> Vec<&'static str> {
        let mut in_what = Vec::new();
        if gnu.ending != pdu.ending {
            in_what.push("status");
        }
        if gnu.stdout != pdu.stdout {
            in_what.push("stdout");
        }
        let newest = self.judge.release.same_messages();
        // A command line can be wrong in several ways; GNU goes on after some, and tells of more.
        let refused = command.bad || gnu.stderr.ends_with(b" --help' for more information.\n");
        let gnu = gnu.stderr.clone();
        let pdu = amend_pdu(&pdu.stderr);
        let same = match (refused, newest) {
            (false, true) => gnu == pdu,
            (false, false) => lines(&gnu).count() == lines(&pdu).count(),
            (true, true) => lines(&gnu).next() == lines(&pdu).next(),
            (true, false) => gnu.is_empty() == pdu.is_empty(),
        };
        if !same {
            in_what.push("stderr");
        }
        in_what
    }

    /// The smallest command that still differs, leaving out one thing after the other.
    pub(crate) fn shrink(&self, command: &Command, place: &Place, overlay: bool) -> Command {
        let mut smallest = command.clone();
        let mut shrunk = true;
        // Large trees answer slowly, and a command that is not the very smallest will do.
        let end = Instant::now() + Duration::from_secs(10);
        while shrunk && Instant::now() < end {
            shrunk = false;
            for smaller in smaller(&smallest) {
                let verdict = self.ask(&smaller, place, overlay);
                if let Ok(Termination::Differed(_)) = verdict {
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

/// The command with one thing less, in every way.
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
