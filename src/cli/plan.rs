//! The plan that typed options amount to.

use std::ffi::{OsStr, OsString};
use std::io::IsTerminal;
use std::os::unix::ffi::OsStrExt;

use clap::ArgMatches;
use clap::parser::{ValueSource, ValuesRef};

use super::args::NO_WORD;
use super::reports::{self, Reports};
use super::{Environment, Operands, Plan, Refusal};
use crate::block_size::{BlockSize, SizeError, Suffixes, parse_integer};
use crate::exclude::Exclude;
use crate::operands::{read_all, read_stdin};
use crate::quote::{self, Charset, Style};
use crate::show::{Measure, Selection, Shape, Threshold, lines, ncdu};
use crate::status::reason;
use crate::time_style::{TimeKind, TimeStyle};
use crate::walk::{Follow, Remember};
use crate::words::WordError;
use crate::{show, status, tally, walk};

/// Walkers and tokens where nothing is said: du4's number, and on a slow disk worth having on any machine.
const WALKERS: usize = 20;

/// More walkers than anybody needs.
const MOST_WALKERS: i64 = 4096;

/// An option as it was typed.
struct Typed<'a> {
    index: usize,
    id: &'a str,
    value: Option<&'a OsString>,
}

/// What the options say, as they are taken one after the other.
struct Draft {
    charset: Charset,
    block_size: BlockSize,
    apparent: bool,
    follow: Follow,
    max_depth: Option<i64>,
    threshold: Threshold,
    time: Option<TimeKind>,
    walkers: usize,
    exclude: Exclude,
    /// The first thing that is wrong without ending the parse.
    wrong: Option<Vec<u8>>,
}

/// The plan for the words that clap has understood.
pub(super) fn plan(
    matches: &ArgMatches,
    words: &[OsString],
    environment: &Environment,
) -> Result<Plan, Refusal> {
    let charset = environment.charset();
    let draft = draft(matches, words, environment)?;
    let mut warnings = Vec::new();
    let max_depth = depth(matches, draft.max_depth, &mut warnings)?;
    if matches.get_flag("inodes") && draft.apparent {
        let text = "warning: options --apparent-size and -b are ineffective with --inodes";
        warnings.push(text.into());
    }
    let warned = |refusal: Refusal| Refusal {
        warnings: warnings.clone(),
        ..refusal
    };
    let time = time(matches, draft.time, environment).map_err(warned)?;
    let operands = operands(matches, charset).map_err(warned)?;
    let reports = reports::reports(matches, charset).map_err(warned)?;
    reports::check(&reports, &operands, (draft.follow, draft.time), charset).map_err(warned)?;
    let tells_links = tells_links(matches, &draft, &reports, max_depth);
    let remember = remember(matches, draft.follow, &operands, tells_links);
    let export = reports::ncdu(&operands, max_depth, tells_links, draft.time);
    Ok(Plan {
        show: show_options(matches, &draft, &reports, (time, export), environment),
        walk: walk_options(matches, draft, remember, max_depth, &reports),
        tally: tally::Options {
            separate: matches.get_flag("separate-dirs"),
        },
        status: status::Options {
            program: super::program_name(words),
            charset,
            verbose: matches.get_flag("verbose"),
            dumb: environment.get("TERM").is_some_and(|term| term == "dumb"),
        },
        operands,
        output: reports.output,
        warnings,
    })
}

fn show_options(
    matches: &ArgMatches,
    draft: &Draft,
    reports: &Reports,
    (time, export): (Option<(TimeStyle, jiff::tz::TimeZone)>, ncdu::Options),
    environment: &Environment,
) -> show::Options {
    let measure = measure(matches, draft.apparent);
    let to_terminal = reports.output.is_none() && std::io::stdout().is_terminal();
    show::Options {
        shape: reports.shape,
        by: reports.by,
        selection: Selection {
            measure,
            max_depth: export.max_depth,
            all: matches.get_flag("all"),
            threshold: draft.threshold,
        },
        ranking: reports.ranking,
        lines: lines::Options {
            measure,
            block_size: match matches.get_flag("inodes") {
                true => draft.block_size.for_inodes(),
                false => draft.block_size,
            },
            time,
            end_of_line: if matches.get_flag("null") { 0 } else { b'\n' },
            quoting: (quoting(environment, to_terminal), environment.charset()),
            total: matches.get_flag("total"),
        },
        ncdu: export,
    }
}

fn walk_options(
    matches: &ArgMatches,
    draft: Draft,
    remember: Remember,
    max_depth: u32,
    reports: &Reports,
) -> walk::Options {
    let names_all = reports.shape == Shape::Ncdu || matches.get_flag("all");
    let folds = can_fold(matches, remember) && max_depth < u32::MAX && reports.by.is_none();
    let name_files = match reports.by {
        Some(_) => Some(u32::MAX),
        None => names_all.then_some(max_depth),
    };
    walk::Options {
        walkers: draft.walkers,
        follow: draft.follow,
        one_file_system: matches.get_flag("one-file-system"),
        exclude: draft.exclude,
        remember,
        name_files,
        details: name_files.is_some() && (reports.by.is_some() || reports.shape != Shape::Du),
        fold_below: folds.then_some(max_depth),
        time: draft.time.unwrap_or(TimeKind::Modified),
        watched: matches.get_flag("verbose"),
    }
}

/// Whether the options that have a value have good ones.
pub(super) fn check(
    matches: &ArgMatches,
    words: &[OsString],
    environment: &Environment,
) -> Result<(), Refusal> {
    draft(matches, words, environment).map(drop)
}

fn draft(
    matches: &ArgMatches,
    words: &[OsString],
    environment: &Environment,
) -> Result<Draft, Refusal> {
    let mut draft = Draft::new(environment);
    for typed in typed(matches) {
        if let Err(mut refusal) = draft.take(&typed, words) {
            refusal.warnings.extend(draft.wrong);
            return Err(refusal);
        }
    }
    match draft.wrong.take() {
        Some(message) => Err(Refusal::usage(message)),
        None => Ok(draft),
    }
}

/// Options whose order matters, in the order in which they were typed.
fn typed(matches: &ArgMatches) -> Vec<Typed<'_>> {
    let mut all = Vec::new();
    for id in [
        "block-size",
        "max-depth",
        "threshold",
        "time",
        "exclude",
        "exclude-from",
        "threads",
    ] {
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
    for id in [
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
    ] {
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

/// What was given to an option, or as operands.
pub(super) fn values<'a>(matches: &'a ArgMatches, id: &str) -> ValuesRef<'a, OsString> {
    matches.get_many(id).unwrap_or_default()
}

impl Draft {
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

    fn take(&mut self, typed: &Typed<'_>, words: &[OsString]) -> Result<(), Refusal> {
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

    fn take_block_size(&mut self, value: &[u8], words: &[OsString]) -> Result<(), Refusal> {
        let option = spelling(b"-B", b"--block-size", value, words);
        self.block_size =
            BlockSize::parse(value).map_err(|error| bad_size(error, option, value))?;
        Ok(())
    }

    fn take_threshold(&mut self, value: &[u8], words: &[OsString]) -> Result<(), Refusal> {
        let option = spelling(b"-t", b"--threshold", value, words);
        let size = parse_integer(value, Suffixes::Sizes)
            .map_err(|error| bad_size(error, option, value))?;
        self.threshold = match size {
            0 if value.starts_with(b"-") => {
                return Err(Refusal::plain("invalid --threshold argument '-0'"));
            }
            0.. => Threshold::AtLeast(size.unsigned_abs().into()),
            _ => Threshold::AtMost(size.unsigned_abs().into()),
        };
        Ok(())
    }

    fn take_time(&mut self, word: &[u8]) -> Result<(), Refusal> {
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
    read_all(std::fs::File::open(name)?, text)
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

fn bad_size(error: SizeError, option: &[u8], value: &[u8]) -> Refusal {
    let (what, end): (&[u8], &[u8]) = match error {
        SizeError::Invalid => (b"invalid ", b"'"),
        SizeError::InvalidSuffix => (b"invalid suffix in ", b"'"),
        SizeError::TooLarge => (b"", b"' too large"),
    };
    Refusal::plain([what, option, b" argument '", value, end].concat())
}

pub(super) fn bad_word(
    error: WordError,
    word: &[u8],
    context: &str,
    details: &str,
    charset: Charset,
) -> Refusal {
    let what: &[u8] = match error {
        WordError::Invalid => b"invalid argument ",
        WordError::Ambiguous => b"ambiguous argument ",
    };
    let mut message = what.to_vec();
    quote::apply(Style::Locale, word, charset, &mut message);
    message.extend_from_slice(b" for ");
    message.extend_from_slice(&quote::quote(context.as_bytes(), charset));
    Refusal {
        details: details.into(),
        ..Refusal::usage(message)
    }
}

impl Refusal {
    pub(super) fn usage(message: impl Into<Vec<u8>>) -> Self {
        Self {
            warnings: Vec::new(),
            message: message.into(),
            details: Vec::new(),
            hint: true,
        }
    }

    pub(super) fn plain(message: impl Into<Vec<u8>>) -> Self {
        Self {
            hint: false,
            ..Self::usage(message)
        }
    }
}

fn depth(
    matches: &ArgMatches,
    given: Option<i64>,
    warnings: &mut Vec<Vec<u8>>,
) -> Result<u32, Refusal> {
    if !matches.get_flag("summarize") {
        return Ok(given.map_or(u32::MAX, |depth| u32::try_from(depth).unwrap_or(u32::MAX)));
    }
    if matches.get_flag("all") {
        return Err(Refusal::usage("cannot both summarize and show all entries"));
    }
    match given {
        None => {}
        Some(0) => {
            warnings.push("warning: summarizing is the same as using --max-depth=0".into());
        }
        Some(depth) => {
            let message = format!("warning: summarizing conflicts with --max-depth={depth}");
            return Err(Refusal::usage(message));
        }
    }
    Ok(0)
}

fn time(
    matches: &ArgMatches,
    kind: Option<TimeKind>,
    environment: &Environment,
) -> Result<Option<(TimeStyle, jiff::tz::TimeZone)>, Refusal> {
    if kind.is_none() {
        return Ok(None);
    }
    let from_environment = environment.get("TIME_STYLE").map(OsStrExt::as_bytes);
    let (word, style) = match (values(matches, "time-style").next_back(), from_environment) {
        (Some(word), _) => (word.as_bytes(), TimeStyle::parse(word.as_bytes())),
        (None, Some(word)) => (without_posix(word), TimeStyle::from_environment(word)),
        (None, None) => (&b""[..], TimeStyle::parse(b"long-iso")),
    };
    let style = style.map_err(|error| {
        let details = "Valid arguments are:\n  - full-iso\n  - long-iso\n  - iso\n  \
             - +FORMAT (e.g., +%H:%M) for a 'date'-style format\n";
        bad_word(error, word, "time style", details, environment.charset())
    })?;
    Ok(Some((style, jiff::tz::TimeZone::system())))
}

/// TIME_STYLE is ls's: the prefix is not for us.
fn without_posix(mut word: &[u8]) -> &[u8] {
    while let Some(rest) = word.strip_prefix(b"posix-") {
        word = rest;
    }
    word
}

fn operands(matches: &ArgMatches, charset: Charset) -> Result<Operands, Refusal> {
    if let Some(export) = reports::export(matches, charset)? {
        return Ok(export);
    }
    let mut files = values(matches, "files");
    let Some(file) = values(matches, "files0-from").next_back() else {
        return Ok(Operands::Names(match files.len() {
            0 => vec![OsString::from(".")],
            _ => files.cloned().collect(),
        }));
    };
    match files.next() {
        None => Ok(Operands::From(file.clone())),
        Some(extra) => {
            let extra = quote::quote(extra.as_bytes(), charset);
            Err(Refusal {
                details: b"file operands cannot be combined with --files0-from\n".into(),
                ..Refusal::usage([b"extra operand ", extra.as_slice()].concat())
            })
        }
    }
}

/// A whole export holds all links and says that they are links: whoever reads it counts them once.
fn tells_links(matches: &ArgMatches, draft: &Draft, reports: &Reports, max_depth: u32) -> bool {
    reports.shape == Shape::Ncdu
        && max_depth == u32::MAX
        && draft.follow != Follow::Always
        && !matches.get_flag("count-links")
}

/// Several operands, or links that are followed, may lead to anything twice.
fn remember(
    matches: &ArgMatches,
    follow: Follow,
    operands: &Operands,
    tells_links: bool,
) -> Remember {
    let several = !matches!(operands, Operands::Names(names) if names.len() < 2);
    if matches.get_flag("count-links") || tells_links {
        Remember::Nothing
    } else if several || follow == Follow::Always {
        Remember::Everything
    } else {
        Remember::Links
    }
}

/// Whether what lies below the printed depth can be added up in any order. Not where a directory may have been
/// counted before as a whole, and not where its own files are told apart from what lies below it.
fn can_fold(matches: &ArgMatches, remember: Remember) -> bool {
    !matches.get_flag("separate-dirs") && remember != Remember::Everything
}

fn measure(matches: &ArgMatches, apparent: bool) -> Measure {
    match (matches.get_flag("inodes"), apparent) {
        (true, _) => Measure::Inodes,
        (false, true) => Measure::Apparent,
        (false, false) => Measure::Allocated,
    }
}

/// On a terminal, names are quoted as a shell would read them, or as QUOTING_STYLE says; elsewhere they are bytes.
fn quoting(environment: &Environment, to_terminal: bool) -> Style {
    if !to_terminal {
        return Style::Literal;
    }
    let style = environment.get("QUOTING_STYLE").map(OsStrExt::as_bytes);
    style.and_then(Style::parse).unwrap_or(Style::ShellEscape)
}
