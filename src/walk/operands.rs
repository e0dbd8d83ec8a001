//! The operands: the names to count, from the command line or from a list of NUL-terminated names.
//!
//! A list is a stream: it may be longer than the memory, come slowly, or have no end. [`NameStream`] reads it in parts, on
//! a thread of its own, at most two parts ahead of the receiver:
//!
//! ```text
//!   list ─ read ─► NameList ─► Operands ══ bounded(1) ══► select loop ─► count::order, work queue
//! ```
//!
//! Order: the parts have the order of the list. Errors: a name that cannot be an operand is a failure in its place, and a
//! failed read is the last failure. Cancellation: the thread ends at the first part that nobody receives; one that waits
//! in a read ends with the process.

use std::ffi::{CString, OsStr, OsString};
use std::fs::File;
use std::io::{self, Read};
use std::os::unix::ffi::OsStrExt;

use crossbeam_channel::{Receiver, Sender, bounded, never};

use super::pool::try_spawn_thread;
use crate::count::listing::Names;
use crate::count::ordered_items::{ItemKind, OrderedItems};
use crate::sys::failure::{Failure, Operation};
use crate::sys::retry::{open, retry};
use crate::sys::stdin::Stdin;

/// Bytes of a list that are read at a time: names may have one byte, and each operand that waits takes a kilobyte.
const PART: usize = if cfg!(test) { 4 } else { 4 * 1024 };

/// Some operands, and the failures of names that cannot be operands, in order.
#[derive(Debug, Default)]
pub struct Operands {
    /// As typed, but for all but one of the slashes at the end.
    pub names: Names,
    /// Names that cannot be used, each with the number of names before it.
    pub failures: OrderedItems,
}

/// Where the operands come from.
#[derive(Debug)]
pub enum OperandSource {
    /// The command line.
    Words(Operands),
    /// A file of NUL-terminated names, the last NUL may be missing; `-` is standard input.
    List(OsString),
}

/// The parts of a list as they come.
#[derive(Debug)]
pub enum NameStream {
    /// All of it has been received.
    Ended,
    /// A thread reads it.
    Thread(Receiver<Part>),
    /// No thread can be had: the caller reads it, part by part.
    Here(NameList),
}

/// A part of a list; a failure where the list cannot be opened.
pub type Part = Result<Operands, Failure>;

/// A list that is being read.
#[derive(Debug)]
pub struct NameList {
    name: OsString,
    from: Source,
    /// The number of the name that is read last.
    number: u64,
    /// A name whose end was not read yet.
    unfinished: Vec<u8>,
}

#[derive(Debug)]
enum Source {
    Unopened,
    Stdin,
    File(File),
    Ended,
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

    fn is_empty(&self) -> bool {
        self.names.is_empty() && self.failures.is_empty()
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

impl NameStream {
    /// Begins to read a list.
    #[must_use]
    pub fn start(list: &OsStr) -> Self {
        let (sender, parts) = bounded(1);
        let names = NameList::new(list);
        match try_spawn_thread("names", move || send_parts(names, &sender)) {
            true => Self::Thread(parts),
            false => Self::Here(NameList::new(list)),
        }
    }

    /// A channel of the parts, for `select!`: disconnected after the last; without parts where no thread reads.
    #[must_use]
    pub fn parts(&self) -> Receiver<Part> {
        match self {
            Self::Thread(parts) => parts.clone(),
            Self::Ended | Self::Here(_) => never(),
        }
    }
}

fn send_parts(mut names: NameList, parts: &Sender<Part>) {
    while let Some(part) = names.next()
        && parts.send(part).is_ok()
    {}
}

impl NameList {
    fn new(list: &OsStr) -> Self {
        Self {
            name: list.into(),
            from: Source::Unopened,
            number: 0,
            unfinished: Vec::new(),
        }
    }

    /// What one read returns, split into names.
    fn read(&mut self) -> Part {
        let mut operands = Operands::default();
        let mut buffer = [0; PART];
        let read = match &mut self.from {
            Source::Stdin => retry(|| Stdin.read(&mut buffer)),
            Source::File(file) => retry(|| file.read(&mut buffer)),
            Source::Ended => Ok(0),
            Source::Unopened if self.name == "-" => {
                self.from = Source::Stdin;
                return Ok(operands);
            }
            Source::Unopened => {
                let opened = open(&self.name);
                self.from = Source::Ended;
                let file = opened.map_err(|errno| Failure::new(Operation::OpenNames, errno))?;
                self.from = Source::File(file);
                return Ok(operands);
            }
        };
        match read {
            Ok(count) if count > 0 => self.split(&buffer[..count], &mut operands),
            ended => self.end(ended.err(), &mut operands),
        }
        Ok(operands)
    }

    fn split(&mut self, text: &[u8], operands: &mut Operands) {
        let mut names = text.split(|&byte| byte == 0);
        // What follows the last NUL.
        let unfinished = names.next_back().unwrap_or_default();
        for name in names {
            self.unfinished.extend_from_slice(name);
            self.add(operands);
        }
        self.unfinished.extend_from_slice(unfinished);
    }

    /// The last NUL may be missing; a read that fails comes after the names before it.
    fn end(&mut self, error: Option<io::Error>, operands: &mut Operands) {
        self.from = Source::Ended;
        if !self.unfinished.is_empty() {
            self.add(operands);
        }
        if let Some(error) = error {
            let failure = Failure::of(Operation::ReadNames, &error);
            operands.add_failure(self.name.as_bytes(), failure);
        }
    }

    /// Adds the name that was read.
    fn add(&mut self, operands: &mut Operands) {
        self.number += 1;
        let list = self.name.as_bytes();
        match self.unfinished.as_slice() {
            b"-" if list == b"-" => {
                operands.add_failure(b"-", Failure::without_errno(Operation::DashInList));
            }
            name => operands.add(name, self.number, list),
        }
        self.unfinished.clear();
    }
}

impl Iterator for NameList {
    type Item = Part;

    /// The next part that is not empty; waits for it.
    fn next(&mut self) -> Option<Part> {
        while !matches!(self.from, Source::Ended) {
            match self.read() {
                Ok(operands) if operands.is_empty() => {}
                part => return Some(part),
            }
        }
        None
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

    /// The names of a list, then its failures: number of names before it, number of the empty name, and the part.
    fn split(text: &[u8], size: usize) -> (Vec<String>, Vec<(u32, u64)>) {
        let mut list = NameList::new(OsStr::new("F"));
        let (mut names, mut failures) = (Vec::new(), Vec::new());
        let pieces = text.chunks(size).map(Some).chain([None]);
        for piece in pieces {
            let mut operands = Operands::default();
            match piece {
                Some(piece) => list.split(piece, &mut operands),
                None => list.end(None, &mut operands),
            }
            for item in operands.failures.iter() {
                let ItemKind::Failed(failure) = item.kind else {
                    panic!("only failures");
                };
                let Operation::EmptyName(number) = failure.operation else {
                    panic!("only empty names");
                };
                failures.push((names.len() as u32 + item.position, number));
            }
            let own = (0..operands.names.len()).map(|index| operands.names.name(index));
            names.extend(own.map(|name| name.to_string_lossy().into_owned()));
        }
        (names, failures)
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
    fn a_list_is_split_at_nul_wherever_a_read_ends_and_empty_names_fail_with_their_number() {
        type Failures = &'static [(u32, u64)];
        let cases: [(&[u8], &[&str], Failures); 7] = [
            (b"", &[], &[]),
            (b"\0", &[], &[(0, 1)]),
            (b"a\0", &["a"], &[]),
            (b"a\0b\0", &["a", "b"], &[]),
            (b"a\0\0b", &["a", "b"], &[(1, 2)]),
            (
                b"one\0\0\0two\0-\0\0",
                &["one", "two", "-"],
                &[(1, 2), (1, 3), (3, 6)],
            ),
            (b"no end", &["no end"], &[]),
        ];
        for (text, names, failures) in cases {
            for size in 1..8 {
                let (split_names, split_failures) = split(text, size);
                assert_eq!(split_names, names, "{text:?} by {size}");
                assert_eq!(split_failures, failures, "{text:?} by {size}");
            }
        }
    }
}
