//! clap's errors in GNU's words, and what clap does not do as getopt does.

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt;

use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{Arg, Command};

/// The line that GNU prints for a command line that clap refuses.
pub(super) fn complaint(error: &clap::Error, command: &Command, words: &[OsString]) -> Vec<u8> {
    let typed = context(error, ContextKind::InvalidArg);
    match error.kind() {
        ErrorKind::UnknownArgument => unknown(&typed, command, words),
        ErrorKind::TooManyValues => {
            let name = typed.split([' ', '[', '=']).next().unwrap_or(&typed);
            format!("option '{name}' doesn't allow an argument").into_bytes()
        }
        ErrorKind::InvalidValue => missing(&typed, words),
        _ => {
            let text = error.to_string();
            let line = text.lines().next().unwrap_or("bad command line");
            line.trim_start_matches("error: ").as_bytes().into()
        }
    }
}

/// The words before the one that clap refuses.
pub(super) fn before_refused<'a>(
    error: &clap::Error,
    command: &Command,
    words: &'a [OsString],
) -> &'a [OsString] {
    let last = words.len().saturating_sub(1);
    if error.kind() == ErrorKind::InvalidValue {
        return words.get(..last).unwrap_or_default();
    }
    // clap tells a letter without its bundle, and a word without its value: look for where its error begins.
    let is_fine = |before: &usize| {
        let some = words.get(..=*before).unwrap_or_default();
        let parsed = command.clone().try_get_matches_from(some);
        !parsed.is_err_and(|other| other.kind() == error.kind())
    };
    let numbers: Vec<usize> = (0..words.len()).collect();
    words
        .get(..numbers.partition_point(is_fine))
        .unwrap_or_default()
}

fn context(error: &clap::Error, kind: ContextKind) -> String {
    match error.get(kind) {
        Some(ContextValue::String(text)) => text.clone(),
        _ => String::new(),
    }
}

/// In which order GNU du lists the options that an abbreviation could mean. Ours follow.
const GNU_ORDER: [&str; 24] = [
    "all",
    "apparent-size",
    "block-size",
    "bytes",
    "count-links",
    "dereference",
    "dereference-args",
    "exclude",
    "exclude-from",
    "files0-from",
    "human-readable",
    "inodes",
    "si",
    "max-depth",
    "null",
    "no-dereference",
    "one-file-system",
    "separate-dirs",
    "summarize",
    "total",
    "threshold",
    "time",
    "time-style",
    "help",
];

/// Where the word stands that clap refuses; clap tells it without its value, and with its bytes replaced.
fn refused(typed: &str, words: &[OsString]) -> Option<usize> {
    let is_it = |word: &OsString| {
        let word = word.to_string_lossy();
        let rest = word.strip_prefix(typed);
        rest.is_some_and(|rest| {
            rest.is_empty() || rest.starts_with('=') || !typed.starts_with("--")
        })
    };
    words.iter().skip(1).position(is_it).map(|index| index + 1)
}

fn unknown(typed: &str, command: &Command, words: &[OsString]) -> Vec<u8> {
    // A lone `--` is no option: it was the letter `-` in a bundle, or the empty name of `--=`.
    let is_letter = typed == "--" && !words.iter().any(|word| word.as_bytes().starts_with(b"--="));
    let Some(name) = typed.strip_prefix("--").filter(|_| !is_letter) else {
        return [b"invalid option -- '", &[letter(typed, words)][..], b"'"].concat();
    };
    let name = name.split('=').next().unwrap_or(name);
    let longs = command.get_arguments().filter_map(Arg::get_long);
    let mut candidates: Vec<_> = longs.filter(|long| long.starts_with(name)).collect();
    candidates.sort_by_key(|long| {
        GNU_ORDER
            .iter()
            .position(|gnu| gnu == long)
            .unwrap_or(usize::MAX)
    });
    // GNU quotes the word as it was typed, with its value and its bytes.
    let word = refused(typed, words).and_then(|index| words.get(index));
    let word = word.map_or(typed.as_bytes(), |word| word.as_bytes());
    if candidates.len() < 2 {
        return [b"unrecognized option '", word, b"'"].concat();
    }
    let mut line = [b"option '", word, b"' is ambiguous; possibilities:"].concat();
    for candidate in candidates {
        line.extend_from_slice(format!(" '--{candidate}'").as_bytes());
    }
    line
}

/// The letter of an unknown option: a byte, as getopt sees it, while clap has replaced what is not UTF-8.
fn letter(typed: &str, words: &[OsString]) -> u8 {
    let typed = typed.trim_start_matches('-');
    if !typed.starts_with(char::REPLACEMENT_CHARACTER) {
        return typed.bytes().next().unwrap_or(b'-');
    }
    let options = words
        .iter()
        .map(|word| word.as_bytes())
        .filter(|word| word.starts_with(b"-"));
    let foreign = |word: &[u8]| match std::str::from_utf8(word) {
        Ok(_) => None,
        Err(error) => word.get(error.valid_up_to()).copied(),
    };
    options.filter_map(foreign).next().unwrap_or(b'?')
}

/// Only the last word can lack its argument.
fn missing(typed: &str, words: &[OsString]) -> Vec<u8> {
    let last = words.last().map_or(OsStr::new(""), OsString::as_os_str);
    let last = last.to_string_lossy();
    if last.starts_with("--") {
        let name = typed.split([' ', '=']).next().unwrap_or(typed);
        return format!("option '{name}' requires an argument").into_bytes();
    }
    let letter = last.chars().next_back().unwrap_or('-');
    format!("option requires an argument -- '{letter}'").into_bytes()
}

/// With POSIXLY_CORRECT options end at the first operand: says so with `--`.
pub(super) fn end_options_at_first_operand(words: &mut Vec<OsString>, command: &Command) {
    let mut index = 1;
    while let Some(word) = words.get(index) {
        let word = word.as_bytes();
        if word == b"--" {
            return;
        }
        if word == b"-" || !word.starts_with(b"-") {
            words.insert(index, OsString::from("--"));
            return;
        }
        index += if takes_next(word, command) { 2 } else { 1 };
    }
}

/// clap drops an equals sign between a letter and its value; to getopt it is the value's first byte (`-d=1`). Makes
/// two words of such a one.
pub(super) fn part_letters_from_values(words: &mut Vec<OsString>, command: &Command) {
    let mut index = 1;
    while let Some(word) = words.get(index).map(|word| word.as_bytes()) {
        if word == b"--" {
            return;
        }
        let at = value_at(word, command).filter(|&at| word.get(at) == Some(&b'='));
        let parted = at.and_then(|at| word.split_at_checked(at));
        if let Some((letters, value)) = parted {
            let value = OsStr::from_bytes(value).to_owned();
            words[index] = OsStr::from_bytes(letters).to_owned();
            words.insert(index + 1, value);
            index += 2;
        } else {
            index += if takes_next(word, command) { 2 } else { 1 };
        }
    }
}

fn takes_value(arg: &Arg) -> bool {
    arg.get_action().takes_values() && !arg.is_require_equals_set()
}

/// Whether an option word takes the next word as its argument.
fn takes_next(word: &[u8], command: &Command) -> bool {
    if let Some(name) = word.strip_prefix(b"--") {
        let matches = |long: &str| long.as_bytes().starts_with(name);
        let found = |arg: &&Arg| arg.get_long().is_some_and(matches);
        let arg = command.get_arguments().find(found);
        return !name.contains(&b'=') && arg.is_some_and(takes_value);
    }
    value_at(word, command) == Some(word.len())
}

/// Where the value begins in a bundle of letters, the last of which takes one; the end of the word where it is the
/// next.
fn value_at(word: &[u8], command: &Command) -> Option<usize> {
    if !word.starts_with(b"-") || word.starts_with(b"--") {
        return None;
    }
    let has_value = |&letter: &u8| {
        let found = |arg: &&Arg| arg.get_short() == Some(char::from(letter));
        command.get_arguments().find(found).is_some_and(takes_value)
    };
    let letter = word.iter().skip(1).position(has_value)?;
    Some(letter + 2)
}
