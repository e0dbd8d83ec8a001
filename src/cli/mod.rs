//! From words and environment to a [`Plan`]: the only place that sees all options.
//!
//! The options that contradict each other are taken in the order in which they were typed, as getopt would hand
//! them out; the last one wins. Complaints are GNU du's, to the letter.

mod args;
mod getopt_errors;
mod ordered_options;
mod plan;
mod reports;
mod show_options;
mod terminal_options;

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt;

use clap::error::ErrorKind;

pub use self::args::command;
use crate::count::record::last_component;
use crate::count::tally;
use crate::format;
use crate::gnu::quote::Charset;
use crate::sys::status;
use crate::walk;

/// What the environment says.
#[derive(Debug, Clone, Default)]
pub struct Environment {
    variables: Vec<(OsString, OsString)>,
}

/// What there is to do.
#[derive(Debug)]
pub struct Plan {
    /// For the walk.
    pub walk: walk::WalkOptions,
    /// For the count.
    pub tally: tally::TallyOptions,
    /// For the output.
    pub show: format::FormatOptions,
    /// For standard error.
    pub status: status::StatusOptions,
    /// What to count.
    pub operands: InputSource,
    /// Where the report goes, if not to standard output (`-o`).
    pub output: Option<OsString>,
    /// What is worth a word but no error.
    pub warnings: Vec<Vec<u8>>,
}

/// Where the names of the operands come from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum InputSource {
    /// The command line.
    Names(Vec<OsString>),
    /// A file of NUL-terminated names; `-` is standard input.
    From(OsString),
    /// None: this export of an earlier walk is read; `-` is standard input.
    Export(OsString),
}

/// A command line that cannot be run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UsageError {
    /// What had to be said before.
    pub warnings: Vec<Vec<u8>>,
    /// What is wrong, without the program's name.
    pub message: Vec<u8>,
    /// More lines that belong to it.
    pub details: Vec<u8>,
    /// Whether to point to `--help`.
    pub hint: bool,
}

/// What the words ask for.
#[derive(Debug)]
pub enum Request {
    /// Count.
    Run(Box<Plan>),
    /// Print this text: help, or the version.
    Print(String),
}

impl Environment {
    /// The environment of the process.
    #[must_use]
    pub fn of_process() -> Self {
        std::env::vars_os().collect()
    }

    fn get(&self, name: &str) -> Option<&OsStr> {
        let is_it = |(key, _): &&(OsString, OsString)| key.as_bytes() == name.as_bytes();
        self.variables
            .iter()
            .find(is_it)
            .map(|(_, value)| value.as_os_str())
    }

    /// The characters of the locale, as far as its name tells. No locale is loaded: the output is the same in all.
    #[must_use]
    pub fn charset(&self) -> Charset {
        let set = |name| self.get(name).filter(|value| !value.is_empty());
        let locale = set("LC_ALL")
            .or_else(|| set("LC_CTYPE"))
            .or_else(|| set("LANG"));
        let name = locale.map(|name| name.to_string_lossy().to_ascii_lowercase());
        match name {
            Some(name) if name.ends_with("utf-8") || name.ends_with("utf8") => Charset::Utf8,
            _ => Charset::Ascii,
        }
    }
}

impl FromIterator<(OsString, OsString)> for Environment {
    fn from_iter<T: IntoIterator<Item = (OsString, OsString)>>(variables: T) -> Self {
        Self {
            variables: variables.into_iter().collect(),
        }
    }
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

/// Understands the words of the command line, the first of which is the program's name.
pub fn parse(mut words: Vec<OsString>, environment: &Environment) -> Result<Request, UsageError> {
    let mut command = command();
    if environment.get("POSIXLY_CORRECT").is_some() {
        getopt_errors::end_options_at_first_operand(&mut words, &command);
    }
    getopt_errors::part_letters_from_values(&mut words, &command);
    match command.try_get_matches_from_mut(&words) {
        Ok(matches) => {
            plan::plan(&matches, &words, environment).map(|plan| Request::Run(Box::new(plan)))
        }
        Err(error) => match error.kind() {
            ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => {
                Ok(Request::Print(error.to_string()))
            }
            _ => Err(first_refusal(&error, &words, environment)),
        },
    }
}

/// What getopt would have complained of first: a bad value before the word that clap refuses, or that word.
fn first_refusal(error: &clap::Error, words: &[OsString], environment: &Environment) -> UsageError {
    let command = command();
    let before = getopt_errors::before_refused(error, &command, words);
    let matches = command.clone().try_get_matches_from(before);
    let earlier = matches
        .ok()
        .and_then(|matches| ordered_options::check(&matches, words, environment).err());
    earlier.unwrap_or_else(|| UsageError {
        warnings: Vec::new(),
        message: getopt_errors::complaint(error, &command, words),
        details: Vec::new(),
        hint: true,
    })
}
