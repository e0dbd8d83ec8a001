//! What all options together say, taken in the order in which they were typed: of contradicting options the last wins.
//!
//! Errors come in GNU du's order. A SIZE or a WORD that cannot be read ends the parse at once; a number or a file of
//! patterns that cannot be read is reported at the end, the first of them only. Values that GNU du reads only when
//! it needs them (`--time-style`), and those of the options that it does not have, are kept as text for later stages.

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt;

use super::command::Occurrence;
use super::environment::Environment;
use super::option_id::OptionId;
use super::role::Role;
use super::usage_error::UsageError;
use super::values::{Depth, InvalidNumber, SignedSize, Threads, ThresholdError};
use crate::format::{Measure, Threshold};
use crate::gnu::block_size::{BlockSize, SizeError};
use crate::gnu::exclude::Exclude;
use crate::gnu::quote::{self, Charset};
use crate::gnu::time_style::TimeKind;
use crate::sys::retry::{open, read_all};
use crate::sys::status::reason_of;
use crate::sys::stdin::read_stdin;
use crate::walk::Follow;

/// The default number of walkers and tokens: du4's, and enough requests at a time for a slow disk on any machine.
const WALKERS: usize = 20;

/// What all options together say.
pub(super) struct Settings<'a> {
    pub(super) charset: Charset,
    pub(super) block_size: BlockSize,
    pub(super) apparent: bool,
    pub(super) follow: Follow,
    pub(super) max_depth: Option<Depth>,
    pub(super) threshold: Threshold,
    pub(super) time: Option<TimeKind>,
    pub(super) walkers: usize,
    pub(super) exclude: Exclude,
    /// Every option that was typed.
    occurrences: Vec<Occurrence<'a>>,
    /// The first error that does not end the parse.
    deferred: Option<UsageError>,
}

impl<'a> Settings<'a> {
    /// Takes the options one after the other. `words` is the whole command line.
    pub(super) fn new(
        occurrences: Vec<Occurrence<'a>>,
        words: &[OsString],
        environment: &Environment,
    ) -> Result<Self, UsageError> {
        let mut settings = Self::initial(environment);
        for occurrence in &occurrences {
            settings.take(occurrence, words).map_err(|mut error| {
                let earlier = settings.deferred.iter();
                error
                    .warnings
                    .extend(earlier.map(|error| error.message.clone()));
                error
            })?;
        }
        settings.occurrences = occurrences;
        match settings.deferred.take() {
            Some(error) => Err(error),
            None => Ok(settings),
        }
    }

    fn initial(environment: &Environment) -> Self {
        let charset = environment.charset();
        let posixly_correct = environment.get("POSIXLY_CORRECT").is_some();
        Self {
            charset,
            block_size: BlockSize::from_environment(
                environment.bytes("DU_BLOCK_SIZE"),
                environment.bytes("BLOCK_SIZE"),
                environment.bytes("BLOCKSIZE"),
                posixly_correct,
            ),
            apparent: false,
            follow: Follow::Never,
            max_depth: None,
            threshold: Threshold::AtLeast(0),
            time: None,
            walkers: WALKERS,
            exclude: Exclude::new(charset == Charset::Utf8).posixly_correct(posixly_correct),
            occurrences: Vec::new(),
            deferred: None,
        }
    }

    /// True where the option was typed.
    pub(super) fn has(&self, option: OptionId) -> bool {
        self.occurrences.iter().any(|given| given.option == option)
    }

    /// True where a file counts once for each of its links. One of many processes does not know the links that the others
    /// meet.
    pub(super) fn counts_links(&self) -> bool {
        self.has(OptionId::CountLinks) || self.has(OptionId::Rest)
    }

    /// The last value of the option.
    pub(super) fn value(&self, option: OptionId) -> Option<&'a OsStr> {
        let given = self.occurrences.iter().rev();
        let mut given = given.filter(|given| given.option == option);
        given.find_map(|given| given.value)
    }

    /// All values of the option.
    pub(super) fn values(&self, option: OptionId) -> impl Iterator<Item = &'a OsStr> {
        let given = self.occurrences.iter();
        let given = given.filter(move |given| given.option == option);
        given.filter_map(|given| given.value)
    }

    /// The options with this role that were typed, in the order of the declarations.
    pub(super) fn given_with(&self, role: Role) -> impl Iterator<Item = OptionId> {
        let options = OptionId::ALL.iter().copied();
        options.filter(move |&option| option.roles().contains(&role) && self.has(option))
    }

    /// The first of them.
    pub(super) fn first_with(&self, role: Role) -> Option<OptionId> {
        self.given_with(role).next()
    }

    /// Refuses the options with this role, which `with` excludes.
    pub(super) fn refuse(&self, role: Role, with: &str) -> Result<(), UsageError> {
        match self.first_with(role) {
            Some(option) => Err(UsageError::cannot_combine(option.name(), with)),
            None => Ok(()),
        }
    }

    /// The chosen options in the order in which they were typed, as a shell would take them.
    pub(super) fn typed(&self, is_chosen: impl Fn(OptionId) -> bool) -> String {
        let given = self.occurrences.iter();
        let given = given.filter(|given| is_chosen(given.option));
        let words = given.map(|given| {
            let mut word = given.option.name().as_bytes().to_vec();
            if let Some(value) = given.value {
                word.push(if word.starts_with(b"--") { b'=' } else { b' ' });
                let (style, value) = (quote::Style::ShellEscape, value.as_bytes());
                quote::apply(style, value, Charset::Ascii, &mut word);
            }
            String::from_utf8_lossy(&word).into_owned()
        });
        let words: Vec<String> = words.collect();
        words.join(" ")
    }

    /// The number that stands on a line.
    pub(super) fn measure(&self) -> Measure {
        match self.apparent {
            _ if self.has(OptionId::Inodes) => Measure::Inodes,
            true => Measure::Apparent,
            false => Measure::Allocated,
        }
    }

    fn take(&mut self, given: &Occurrence<'_>, words: &[OsString]) -> Result<(), UsageError> {
        use OptionId as Id;
        let value = given.value.unwrap_or_default();
        match given.option {
            Id::ApparentSize => self.apparent = true,
            Id::By if given.value.is_none() => self.take_bytes(),
            Id::Bytes => self.take_bytes(),
            Id::BlockSize => self.take_block_size(value, words)?,
            Id::HumanReadable => self.block_size = BlockSize::HUMAN,
            Id::Si => self.block_size = BlockSize::SI,
            Id::Kibibytes => self.block_size = BlockSize::bytes(1024),
            Id::Mebibytes => self.block_size = BlockSize::bytes(1024 * 1024),
            Id::Dereference => self.follow = Follow::Always,
            Id::DereferenceArgs | Id::DereferenceArgsToo => self.follow = Follow::Operands,
            Id::NoDereference => self.follow = Follow::Never,
            Id::Exclude => self.exclude.add(value.as_bytes()),
            Id::ExcludeFrom => self.take_patterns(value),
            Id::MaxDepth => self.take_depth(value),
            Id::Threads => self.take_threads(value),
            Id::Threshold => self.take_threshold(value, words)?,
            Id::Time => self.take_time(given.value)?,
            // Other stages ask for these with `has` and `value`.
            Id::All | Id::CountLinks | Id::Inodes | Id::Null | Id::OneFileSystem => {}
            Id::ExcludeCaches | Id::ExcludeFs | Id::ExcludeKernfs => {}
            Id::NumericIds | Id::SeparateDirs | Id::Summarize | Id::Total | Id::Verbose => {}
            Id::Reverse | Id::Tree | Id::By | Id::Color | Id::Format | Id::Sort | Id::Top => {}
            Id::Explore | Id::ReadOnly | Id::FailIfGrew | Id::History | Id::Keep | Id::Snapshot => {
            }
            Id::Budget | Id::FsName | Id::Rest => {}
            Id::Diff | Id::Files0From | Id::From | Id::Output | Id::TimeStyle | Id::Width => {}
        }
        Ok(())
    }

    fn take_bytes(&mut self) {
        self.apparent = true;
        self.block_size = BlockSize::bytes(1);
    }

    fn take_block_size(&mut self, value: &OsStr, words: &[OsString]) -> Result<(), UsageError> {
        let size = BlockSize::parse(value.as_bytes());
        self.block_size = size.map_err(|error| {
            let option = spelling("-B", "--block-size", value, words);
            bad_size(error, option, value)
        })?;
        Ok(())
    }

    fn take_threshold(&mut self, value: &OsStr, words: &[OsString]) -> Result<(), UsageError> {
        let SignedSize(threshold) = value.try_into().map_err(|error| match error {
            ThresholdError::NegativeZero => UsageError::plain("invalid --threshold argument '-0'"),
            ThresholdError::Size(error) => {
                let option = spelling("-t", "--threshold", value, words);
                bad_size(error, option, value)
            }
        })?;
        self.threshold = threshold;
        Ok(())
    }

    fn take_time(&mut self, word: Option<&OsStr>) -> Result<(), UsageError> {
        let kind = match word.map(OsStrExt::as_bytes) {
            None => Ok(TimeKind::Modified),
            Some(word) => TimeKind::parse(word).map_err(|error| {
                let valid = "  - 'atime', 'access', 'use'\n  - 'ctime', 'status'\n";
                UsageError::bad_word(error, word, "--time", valid.into(), self.charset)
            }),
        };
        self.time = Some(kind?);
        Ok(())
    }

    fn take_depth(&mut self, value: &OsStr) {
        match value.try_into() {
            Ok(depth) => self.max_depth = Some(depth),
            Err(InvalidNumber) => self.defer("invalid maximum depth", value),
        }
    }

    fn take_threads(&mut self, value: &OsStr) {
        match Threads::try_from(value) {
            Ok(threads) => self.walkers = threads.saturated(WALKERS),
            Err(InvalidNumber) => self.defer("invalid number of threads", value),
        }
    }

    fn take_patterns(&mut self, file: &OsStr) {
        let mut text = Vec::new();
        let read = match file.as_bytes() {
            b"-" => read_stdin(&mut text),
            _ => read_file(file, &mut text),
        };
        match read {
            Ok(()) => self.exclude.add_lines(&text),
            Err(error) => {
                let name = quote::quotef(file.as_bytes(), self.charset);
                let reason = reason_of(&error);
                let message = [&name, &b": "[..], reason.as_bytes()].concat();
                self.deferred.get_or_insert(UsageError::usage(message));
            }
        }
    }

    fn defer(&mut self, what: &str, value: &OsStr) {
        let error = UsageError::about(what, value, self.charset);
        self.deferred.get_or_insert(error);
    }
}

fn read_file(name: &OsStr, text: &mut Vec<u8>) -> std::io::Result<()> {
    read_all(open(name)?, text)
}

/// The option as it was typed for this value: GNU's messages distinguish `-B` from `--block-size`.
fn spelling(
    short: &'static str,
    long: &'static str,
    value: &OsStr,
    words: &[OsString],
) -> &'static str {
    let value = value.as_bytes();
    let is_long = |name: &[u8]| name.len() > 2 && long.as_bytes().starts_with(name);
    let is_short = |name: &[u8]| {
        name.starts_with(b"-") && !name.starts_with(b"--") && name.ends_with(&short.as_bytes()[1..])
    };
    let mut before: &[u8] = b"";
    for word in words.iter().map(|word| word.as_bytes()) {
        let name = word.strip_suffix(value).unwrap_or_default();
        let follows = word == value;
        if name.strip_suffix(b"=").is_some_and(is_long) || follows && is_long(before) {
            return long;
        }
        if !value.is_empty() && is_short(name) || follows && is_short(before) {
            return short;
        }
        before = word;
    }
    short
}

fn bad_size(error: SizeError, option: &str, value: &OsStr) -> UsageError {
    let (what, end) = match error {
        SizeError::Invalid => ("invalid ", "'"),
        SizeError::InvalidSuffix => ("invalid suffix in ", "'"),
        SizeError::TooLarge => ("", "' too large"),
    };
    let option = format!("{what}{option} argument '");
    UsageError::plain([option.as_bytes(), value.as_bytes(), end.as_bytes()].concat())
}
