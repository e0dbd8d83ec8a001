//! From the words of the command line to a request.

use std::ffi::OsString;
use std::os::unix::ffi::OsStrExt;

use clap::ArgMatches;
use clap::error::ErrorKind;

use super::command::{command, occurrences, operands};
use super::environment::Environment;
use super::getopt_errors;
use super::plan::Plan;
use super::settings::Settings;
use super::usage_error::UsageError;
use crate::count::record::last_component;

/// What the command line asks for.
#[derive(Debug)]
pub enum Request {
    /// Count.
    Run(Box<Plan>),
    /// Print this text: help, or the version.
    Print(String),
}

/// The name that messages begin with: the last component of the program's own.
#[must_use]
pub fn program_name(words: &[OsString]) -> Vec<u8> {
    let path = words.first().map_or(&b""[..], |word| word.as_bytes());
    match last_component(path) {
        b"" => b"pdu".into(),
        name => name.into(),
    }
}

/// Parses the words of the command line, the first of which is the program's name.
pub fn parse(mut words: Vec<OsString>, environment: &Environment) -> Result<Request, UsageError> {
    let mut command = command();
    if environment.get("POSIXLY_CORRECT").is_some() {
        getopt_errors::end_options_at_first_operand(&mut words, &command);
    }
    getopt_errors::part_letters_from_values(&mut words, &command);
    match command.try_get_matches_from_mut(&words) {
        Ok(matches) => {
            let settings = settings(&matches, &words, environment)?;
            let program = program_name(&words);
            let plan = Plan::new(settings, operands(&matches), program, environment)?;
            Ok(Request::Run(Box::new(plan)))
        }
        Err(error) => match error.kind() {
            ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => {
                Ok(Request::Print(error.to_string()))
            }
            _ => Err(first_error(&error, &words, environment)),
        },
    }
}

fn settings<'a>(
    matches: &'a ArgMatches,
    words: &[OsString],
    environment: &Environment,
) -> Result<Settings<'a>, UsageError> {
    Settings::new(occurrences(matches), words, environment)
}

/// The error that getopt would find first: a bad value before the word that clap refuses, or that word.
fn first_error(error: &clap::Error, words: &[OsString], environment: &Environment) -> UsageError {
    let command = command();
    let before = getopt_errors::before_refused(error, &command, words);
    let matches = command.clone().try_get_matches_from(before);
    let earlier = matches.ok();
    let earlier = earlier.and_then(|matches| settings(&matches, words, environment).err());
    let message = || getopt_errors::message(error, &command, words);
    earlier.unwrap_or_else(|| UsageError::usage(message()))
}
