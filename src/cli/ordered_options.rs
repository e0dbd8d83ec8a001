//! What the options say whose order matters, taken one after the other, as getopt would hand them out.

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt;

use clap::ArgMatches;
use clap::parser::ValueSource;

use super::args::NO_WORD;
use super::plan::{bad_word, values};
use super::{Environment, UsageError};
use crate::format::Threshold;
use crate::gnu::block_size::{BlockSize, SizeError, Suffixes, parse_integer};
use crate::gnu::exclude::Exclude;
use crate::gnu::quote::{self, Charset};
use crate::gnu::time_style::TimeKind;
use crate::sys::retry::{open, read_all};
use crate::sys::status::reason;
use crate::sys::stdin::read_stdin;
use crate::walk::Follow;

/// Walkers and tokens where nothing is said: du4's number, and on a slow disk worth having on any machine.
const WALKERS: usize = 20;

/// More walkers than anybody needs.
const MOST_WALKERS: i64 = 4096;

const WITH_VALUES: [&str; 7] = [
    "block-size",
    "max-depth",
    "threshold",
    "time",
    "exclude",
    "exclude-from",
    "threads",
];

const WITHOUT_VALUES: [&str; 10] = [
    "bytes",
    "human-readable",
    "si",
    "kibibytes",
    "mebibytes",
    "apparent-size",
    "dereference",
    "dereference-args",
    "dereference-args-too",
    "no-dereference",
];

/// An option as it was typed.
struct Typed<'a> {
    index: usize,
    id: &'a str,
    value: Option<&'a OsString>,
}

/// What the options say, as they are taken one after the other.
pub(super) struct OrderedOptions {
    pub(super) charset: Charset,
    pub(super) block_size: BlockSize,
    pub(super) apparent: bool,
    pub(super) follow: Follow,
    pub(super) max_depth: Option<i64>,
    pub(super) threshold: Threshold,
    pub(super) time: Option<TimeKind>,
    pub(super) walkers: usize,
    pub(super) exclude: Exclude,
    /// The first thing that is wrong without ending the parse.
    wrong: Option<Vec<u8>>,
}

/// Whether the options that have a value have good ones.
pub(super) fn check(
    matches: &ArgMatches,
    words: &[OsString],
    environment: &Environment,
) -> Result<(), UsageError> {
    draft(matches, words, environment).map(drop)
}

/// What the options say.
pub(super) fn draft(
    matches: &ArgMatches,
    words: &[OsString],
    environment: &Environment,
) -> Result<OrderedOptions, UsageError> {
    let mut draft = OrderedOptions::new(environment);
    for typed in typed(matches) {
        if let Err(mut refusal) = draft.take(&typed, words) {
            refusal.warnings.extend(draft.wrong);
            return Err(refusal);
        }
    }
    match draft.wrong.take() {
        Some(message) => Err(UsageError::usage(message)),
        None => Ok(draft),
    }
}

/// Options whose order matters, in the order in which they were typed.
fn typed(matches: &ArgMatches) -> Vec<Typed<'_>> {
    let mut all = Vec::new();
    for id in WITH_VALUES {
        let indices = matches.indices_of(id).into_iter().flatten();
        for (index, value) in indices.zip(values(matches, id)) {
            let value = Some(value);
            all.push(Typed { index, id, value });
        }
    }
    // Without a class, `--by` is what it is to GNU du: short for `--bytes`.
    let by = matches.indices_of("by").into_iter().flatten();
    let alone = by
        .zip(values(matches, "by"))
        .filter(|(_, class)| *class == NO_WORD);
    all.extend(alone.map(|(index, _)| Typed {
        index,
        id: "bytes",
        value: None,
    }));
    for id in WITHOUT_VALUES {
        if matches.value_source(id) == Some(ValueSource::CommandLine)
            && let Some(index) = matches.indices_of(id).into_iter().flatten().last()
        {
            let value = None;
            all.push(Typed { index, id, value });
        }
    }
    all.sort_by_key(|typed| typed.index);
    all
}

impl OrderedOptions {
    fn new(environment: &Environment) -> Self {
        let charset = environment.charset();
        let get = |name| environment.get(name).map(OsStrExt::as_bytes);
        Self {
            charset,
            block_size: BlockSize::from_environment(
                get("DU_BLOCK_SIZE"),
                get("BLOCK_SIZE"),
                get("BLOCKSIZE"),
                get("POSIXLY_CORRECT").is_some(),
            ),
            apparent: false,
            follow: Follow::Never,
            max_depth: None,
            threshold: Threshold::AtLeast(0),
            time: None,
            walkers: WALKERS,
            exclude: Exclude::new(charset == Charset::Utf8)
                .posixly_correct(get("POSIXLY_CORRECT").is_some()),
            wrong: None,
        }
    }

    fn take(&mut self, typed: &Typed<'_>, words: &[OsString]) -> Result<(), UsageError> {
        let value = typed.value.map_or(&b""[..], |value| value.as_bytes());
        match typed.id {
            "block-size" => self.take_block_size(value, words)?,
            "threshold" => self.take_threshold(value, words)?,
            "time" => self.take_time(value)?,
            "max-depth" => self.take_depth(value),
            "threads" => self.take_threads(value),
            "exclude" => self.exclude.add(value),
            "exclude-from" => self.take_patterns(value),
            "bytes" => {
                self.apparent = true;
                self.block_size = BlockSize::bytes(1);
            }
            "apparent-size" => self.apparent = true,
            "human-readable" => self.block_size = BlockSize::HUMAN,
            "si" => self.block_size = BlockSize::SI,
            "kibibytes" => self.block_size = BlockSize::bytes(1024),
            "mebibytes" => self.block_size = BlockSize::bytes(1024 * 1024),
            "dereference" => self.follow = Follow::Always,
            "dereference-args" | "dereference-args-too" => self.follow = Follow::Operands,
            _ => self.follow = Follow::Never,
        }
        Ok(())
    }

    fn take_block_size(&mut self, value: &[u8], words: &[OsString]) -> Result<(), UsageError> {
        let option = spelling(b"-B", b"--block-size", value, words);
        self.block_size =
            BlockSize::parse(value).map_err(|error| bad_size(error, option, value))?;
        Ok(())
    }

    fn take_threshold(&mut self, value: &[u8], words: &[OsString]) -> Result<(), UsageError> {
        let option = spelling(b"-t", b"--threshold", value, words);
        let size = parse_integer(value, Suffixes::Sizes)
            .map_err(|error| bad_size(error, option, value))?;
        self.threshold = match size {
            0 if value.starts_with(b"-") => {
                return Err(UsageError::plain("invalid --threshold argument '-0'"));
            }
            0.. => Threshold::AtLeast(size.unsigned_abs().into()),
            _ => Threshold::AtMost(size.unsigned_abs().into()),
        };
        Ok(())
    }

    fn take_time(&mut self, word: &[u8]) -> Result<(), UsageError> {
        if word == NO_WORD.as_bytes() {
            self.time = Some(TimeKind::Modified);
            return Ok(());
        }
        let kind = TimeKind::parse(word).map_err(|error| {
            let details =
                "Valid arguments are:\n  - 'atime', 'access', 'use'\n  - 'ctime', 'status'\n";
            bad_word(error, word, "--time", details, self.charset)
        })?;
        self.time = Some(kind);
        Ok(())
    }

    fn take_depth(&mut self, value: &[u8]) {
        match parse_integer(value, Suffixes::None) {
            Ok(depth @ 0..) => self.max_depth = Some(depth),
            _ => self.wrong("invalid maximum depth ", value),
        }
    }

    fn take_threads(&mut self, value: &[u8]) {
        match parse_integer(value, Suffixes::None) {
            Ok(threads @ 1..=MOST_WALKERS) => {
                self.walkers = usize::try_from(threads).unwrap_or(WALKERS)
            }
            _ => self.wrong("invalid number of threads ", value),
        }
    }

    fn take_patterns(&mut self, file: &[u8]) {
        let mut text = Vec::new();
        let read = match file {
            b"-" => read_stdin(&mut text),
            _ => read_file(OsStr::from_bytes(file), &mut text),
        };
        match read {
            Ok(()) => self.exclude.add_lines(&text),
            Err(error) if self.wrong.is_none() => {
                let mut message = quote::quotef(file, self.charset);
                message.extend_from_slice(b": ");
                message.extend_from_slice(reason(error.raw_os_error().unwrap_or(0)).as_bytes());
                self.wrong = Some(message);
            }
            Err(_) => {}
        }
    }

    fn wrong(&mut self, what: &str, value: &[u8]) {
        if self.wrong.is_none() {
            let value = quote::quote(value, self.charset);
            self.wrong = Some([what.as_bytes(), &value].concat());
        }
    }
}

fn read_file(name: &OsStr, text: &mut Vec<u8>) -> std::io::Result<()> {
    read_all(open(name)?, text)
}

/// The option as it was typed for this value: GNU's messages tell `-B` from `--block-size`.
fn spelling(
    short: &'static [u8],
    long: &'static [u8],
    value: &[u8],
    words: &[OsString],
) -> &'static [u8] {
    let is_long = |name: &[u8]| name.len() > 2 && long.starts_with(name);
    let is_short = |name: &[u8]| {
        name.starts_with(b"-") && !name.starts_with(b"--") && name.last() == short.last()
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

fn bad_size(error: SizeError, option: &[u8], value: &[u8]) -> UsageError {
    let (what, end): (&[u8], &[u8]) = match error {
        SizeError::Invalid => (b"invalid ", b"'"),
        SizeError::InvalidSuffix => (b"invalid suffix in ", b"'"),
        SizeError::TooLarge => (b"", b"' too large"),
    };
    UsageError::plain([what, option, b" argument '", value, end].concat())
}
