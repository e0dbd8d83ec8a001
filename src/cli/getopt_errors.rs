//! getopt's error messages for clap's errors, and the two rules of getopt that clap does not have.

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt;

use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{Arg, Command};

/// The message of GNU du for a command line that clap refuses.
pub(super) fn message(error: &clap::Error, command: &Command, words: &[OsString]) -> Vec<u8> {
    let refused = match error.get(ContextKind::InvalidArg) {
        Some(ContextValue::String(text)) => text.as_str(),
        _ => "",
    };
    match error.kind() {
        ErrorKind::UnknownArgument => unknown(refused, command, words),
        ErrorKind::TooManyValues => {
            let name = refused.split([' ', '[', '=']).next().unwrap_or(refused);
            format!("option '{name}' doesn't allow an argument").into_bytes()
        }
        ErrorKind::InvalidValue => missing(refused, words),
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
    // The error holds a letter without its bundle, and a word without its value, so the text cannot be searched for.
    // Search instead for the shortest beginning of the command line that has the same error.
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

/// The word that clap refuses. clap's error has it without its value, and with bytes replaced that are no UTF-8.
fn refused_word<'a>(refused: &str, words: &'a [OsString]) -> Option<&'a [u8]> {
    let is_it = |word: &&OsString| {
        let word = word.to_string_lossy();
        let rest = word.strip_prefix(refused);
        rest.is_some_and(|rest| {
            rest.is_empty() || rest.starts_with('=') || !refused.starts_with("--")
        })
    };
    let word = words.iter().skip(1).find(is_it);
    word.map(|word| word.as_bytes())
}

fn unknown(refused: &str, command: &Command, words: &[OsString]) -> Vec<u8> {
    // A lone `--` is no option: it was the letter `-` in a bundle, or the empty name of `--=`.
    let is_letter =
        refused == "--" && !words.iter().any(|word| word.as_bytes().starts_with(b"--="));
    let Some(name) = refused.strip_prefix("--").filter(|_| !is_letter) else {
        return [b"invalid option -- '", &[letter(refused, words)][..], b"'"].concat();
    };
    let name = name.split('=').next().unwrap_or(name);
    let longs = command.get_arguments().filter_map(Arg::get_long);
    let candidates: Vec<_> = longs.filter(|long| long.starts_with(name)).collect();
    // GNU quotes the word as it was typed, with its value and its bytes.
    let word = refused_word(refused, words).unwrap_or(refused.as_bytes());
    if candidates.len() < 2 {
        return [b"unrecognized option '", word, b"'"].concat();
    }
    let mut line = [b"option '", word, b"' is ambiguous; possibilities:"].concat();
    for candidate in candidates {
        line.extend_from_slice(format!(" '--{candidate}'").as_bytes());
    }
    line
}

/// The letter of an unknown option. getopt prints its byte; clap has replaced it where it is no UTF-8.
fn letter(refused: &str, words: &[OsString]) -> u8 {
    let refused = refused.trim_start_matches('-');
    if !refused.starts_with(char::REPLACEMENT_CHARACTER) {
        return refused.bytes().next().unwrap_or(b'-');
    }
    let words = words.iter().map(|word| word.as_bytes());
    let options = words.filter(|word| word.starts_with(b"-"));
    let first_invalid = |word: &[u8]| {
        let error = std::str::from_utf8(word).err()?;
        word.get(error.valid_up_to()).copied()
    };
    options.filter_map(first_invalid).next().unwrap_or(b'?')
}

/// The message for an option that lacks its argument. Only the last word can.
fn missing(refused: &str, words: &[OsString]) -> Vec<u8> {
    let last = words.last().map_or(OsStr::new(""), OsString::as_os_str);
    let last = last.to_string_lossy();
    if last.starts_with("--") {
        let name = refused.split([' ', '=']).next().unwrap_or(refused);
        return format!("option '{name}' requires an argument").into_bytes();
    }
    let letter = last.chars().next_back().unwrap_or('-');
    format!("option requires an argument -- '{letter}'").into_bytes()
}

/// Inserts `--` before the first operand, where POSIXLY_CORRECT ends the options.
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

/// Splits a letter from its value where the value begins with an equals sign (`-d=1`): clap drops that sign, to
/// getopt it is part of the value.
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

/// True where an option takes the next word as its value.
fn takes_next(word: &[u8], command: &Command) -> bool {
    if let Some(name) = word.strip_prefix(b"--") {
        let matches = |long: &str| long.as_bytes().starts_with(name);
        let found = |arg: &&Arg| arg.get_long().is_some_and(matches);
        let arg = command.get_arguments().find(found);
        return !name.contains(&b'=') && arg.is_some_and(takes_value);
    }
    value_at(word, command) == Some(word.len())
}

/// Where the value begins in a bundle of letters, the last of which takes one; the end of the word where the value is
/// the next word.
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
