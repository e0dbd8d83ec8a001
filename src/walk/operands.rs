//! The operands: the names to count, from the command line or from a list of NUL-terminated names.

use std::ffi::{CString, OsStr, OsString};
use std::os::unix::ffi::OsStrExt;

use crate::count::listing::Names;
use crate::count::ordered_items::{ItemKind, OrderedItems};
use crate::sys::failure::{Failure, Operation};
use crate::sys::retry::{open, read_all};
use crate::sys::stdin::read_stdin;

/// The operands, and the failures of names that cannot be operands, in order.
#[derive(Debug, Default)]
pub struct Operands {
    /// As typed, but for all but one of the slashes at the end.
    pub names: Names,
    /// Names that cannot be used, each with the number of names before it.
    pub failures: OrderedItems,
}

impl Operands {
    /// The words of the command line.
    #[must_use]
    pub fn from_words(words: &[OsString]) -> Self {
        let mut operands = Self::default();
        for word in words {
            operands.add(word.as_bytes(), 0, b"");
        }
        operands
    }

    /// The names in a file, or in standard input where the file is `-`. The last NUL may be missing.
    pub fn from_list(list: &OsStr) -> Result<Self, Failure> {
        let mut text = Vec::new();
        let read = if list == "-" {
            read_stdin(&mut text)
        } else {
            let file = open(list).map_err(|errno| Failure::new(Operation::OpenNames, errno))?;
            read_all(file, &mut text)
        };
        let mut operands = Self::default();
        operands.add_list(&text, list.as_bytes());
        if let Err(error) = read {
            operands.add_failure(list.as_bytes(), Failure::of(Operation::ReadNames, &error));
        }
        Ok(operands)
    }

    fn add_list(&mut self, text: &[u8], list: &[u8]) {
        if text.is_empty() {
            return;
        }
        let text = text.strip_suffix(b"\0").unwrap_or(text);
        for (number, name) in (1..).zip(text.split(|&byte| byte == 0)) {
            if list == b"-" && name == b"-" {
                self.add_failure(name, Failure::without_errno(Operation::DashInList));
            } else {
                self.add(name, number, list);
            }
        }
    }

    /// Adds a name. One without length is a failure in its place.
    fn add(&mut self, name: &[u8], number: u64, list: &[u8]) {
        match CString::new(trim_slashes(name)) {
            Ok(name) if !name.is_empty() => self.names.push(&name),
            _ => {
                self.add_failure(list, Failure::without_errno(Operation::EmptyName(number)));
            }
        }
    }

    fn add_failure(&mut self, path: &[u8], failure: Failure) {
        self.failures
            .push(self.names.len(), path, ItemKind::Failed(failure));
    }
}

/// All slashes at the end but one. `//` is a name of its own (POSIX), `///` is not.
fn trim_slashes(name: &[u8]) -> &[u8] {
    let mut name = name;
    if name.len() > 2 {
        while let [rest @ .., b'/', b'/'] = name {
            name = &name[..=rest.len()];
        }
    }
    name
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(operands: &Operands) -> Vec<String> {
        (0..operands.names.len())
            .map(|index| operands.names.name(index).to_string_lossy().into_owned())
            .collect()
    }

    #[test]
    fn slashes_at_the_end_are_trimmed_to_one() {
        for (typed, kept) in [
            ("a", "a"),
            ("a/", "a/"),
            ("a//", "a/"),
            ("a///", "a/"),
            ("/", "/"),
            ("//", "//"),
            ("///", "/"),
        ] {
            assert_eq!(trim_slashes(typed.as_bytes()), kept.as_bytes());
        }
    }

    #[test]
    fn a_list_is_split_at_nul_and_empty_names_fail_with_their_number() {
        let mut operands = Operands::default();
        operands.add_list(b"a\0\0b", b"F");
        assert_eq!(names(&operands), ["a", "b"]);
        let (extra, _) = operands.failures.get(0).expect("the empty name");
        assert_eq!((extra.position, extra.name), (1, &b"F"[..]));
        assert!(matches!(
            extra.kind,
            ItemKind::Failed(Failure {
                operation: Operation::EmptyName(2),
                ..
            })
        ));
        for (text, count) in [
            (&b""[..], (0, 0)),
            (b"\0", (0, 1)),
            (b"a\0", (1, 0)),
            (b"a\0b\0", (2, 0)),
        ] {
            let mut operands = Operands::default();
            operands.add_list(text, b"F");
            assert_eq!(
                (operands.names.len(), operands.failures.iter().count()),
                count
            );
        }
    }
}
