//! The words of the command line, read by hand: a parser's tables would be part of every peak that is measured (see
//! [`crate::child`]).

use std::collections::VecDeque;
use std::ffi::OsString;
use std::str::FromStr;

/// Why the harness stopped, for people.
pub(crate) type Error = Box<dyn std::error::Error + Send + Sync>;

/// The words that are still to be read.
pub(crate) struct Words(VecDeque<OsString>);

impl Words {
    /// The words after the program's name. Cargo's `--bench` is removed; the flag is true if it was there.
    pub(crate) fn of_process() -> (Self, bool) {
        let mut words: VecDeque<OsString> = std::env::args_os().skip(1).collect();
        let all = words.len();
        words.retain(|word| word != "--bench");
        let by_cargo = words.len() < all;
        (Self(words), by_cargo)
    }

    /// The next word, if it is there.
    pub(crate) fn next(&mut self) -> Option<OsString> {
        self.0.pop_front()
    }

    /// Takes the next word if it is `wanted`.
    pub(crate) fn take(&mut self, wanted: &str) -> bool {
        let found = self.0.front().is_some_and(|word| word == wanted);
        if found {
            self.0.pop_front();
        }
        found
    }

    /// The value of `option`.
    pub(crate) fn value(&mut self, option: &str) -> Result<OsString, Error> {
        self.next()
            .ok_or_else(|| format!("{option} needs a value").into())
    }

    /// The value of `option`, which must be UTF-8.
    pub(crate) fn text(&mut self, option: &str) -> Result<String, Error> {
        self.value(option)?
            .into_string()
            .map_err(|word| format!("{option}: {} is not UTF-8", word.display()).into())
    }

    /// The value of `option` as a number.
    pub(crate) fn number<N: FromStr>(&mut self, option: &str) -> Result<N, Error> {
        let word = self.text(option)?;
        word.parse()
            .map_err(|_| format!("{option}: {word} is not a number").into())
    }

    /// The value of `option` as a list of words or numbers between commas.
    pub(crate) fn list<T: FromStr>(&mut self, option: &str) -> Result<Vec<T>, Error> {
        let text = self.text(option)?;
        let item = |word: &str| {
            word.parse()
                .map_err(|_| format!("{option}: {word} is not valid").into())
        };
        text.split(',')
            .filter(|word| !word.is_empty())
            .map(item)
            .collect()
    }
}
