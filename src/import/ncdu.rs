//! Reads an export of ncdu, gdu, pdu or another program and reports it as the events of a walk.
//!
//! One pass through a buffer of fixed size, no recursion. Memory: a number per level, and the longest name. Names are
//! bytes; invalid UTF-8 stays as it is. Unknown keys are skipped; of a key that appears twice, the last counts; a null is
//! the same as no key. Excluded entries are not counted, but for a directory with sizes: those of a cache and its tag. Input
//! that is not in the format ends the reading with an error that contains the offset, never with a panic.
//!
//! What sizes and marks mean depends on the maker of the export: `maker.rs`.

use std::io::Read;

use super::entry::{DIRECTORY, ExportedEntry, REGULAR, time};
use super::error::ImportError;
use super::foreign::{self, Foreign};
use super::json::Input;
use super::links::Links;
use super::maker::{Contents, Maker, Metadata};
use super::number::Number;
use crate::count::usage::{FileTime, Item, Measure};
use crate::count::visitor::{Extent, Flow, Visitor};
use crate::format::parquet::MAGIC;
use crate::sys::failure::{Failure, Operation};
use crate::sys::stdin::Stdin;

/// See the module.
pub struct ExportReader {
    input: Input,
    links: Links,
    maker: Maker,
    started: Option<FileTime>,
    /// Some entry has an allocated size; an apparent one.
    has: (bool, bool),
    state: State,
    /// The device of every directory on the way down.
    devices: Vec<u64>,
    /// The number of open directories that are skipped.
    skipped: u64,
    entry: ExportedEntry,
    name: Vec<u8>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Begin,
    Inside,
    End,
}

impl ExportReader {
    /// A reader of standard input.
    pub(super) fn of_stdin(links: Links) -> Self {
        Self::new(Box::new(Stdin), links)
    }

    /// A reader of these bytes.
    #[must_use]
    pub fn new(from: Box<dyn Read>, links: Links) -> Self {
        Self {
            input: Input::new(from),
            links,
            maker: Metadata::default().maker(),
            started: None,
            has: (false, false),
            state: State::Begin,
            devices: Vec::new(),
            skipped: 0,
            entry: ExportedEntry::default(),
            name: Vec::new(),
        }
    }

    /// When the walk began, where the export says so.
    pub(super) fn started(&self) -> Option<FileTime> {
        self.started
    }

    /// The measure that the export does not have. Known at its end.
    pub(super) fn missing(&self) -> Option<Measure> {
        self.maker.missing(self.has)
    }

    /// Reports at most `most` entries and ends of directories to the visitor. False after the end of the export.
    pub fn advance(
        &mut self,
        visitor: &mut impl Visitor,
        most: usize,
    ) -> Result<bool, ImportError> {
        for _ in 0..most {
            match self.state {
                State::Begin => {
                    self.begin()?;
                    self.state = State::Inside;
                    self.directory(visitor)?;
                }
                State::Inside => self.inside(visitor)?,
                State::End => return self.end().map(|()| false),
            }
        }
        Ok(true)
    }

    /// Reports the directories that are still open as unfinished.
    pub fn give_up(&mut self, visitor: &mut impl Visitor) {
        for _ in self.devices.drain(..) {
            visitor.leave(Extent::Unfinished);
        }
    }

    /// Reads all that comes before the root.
    fn begin(&mut self) -> Result<(), ImportError> {
        let start = self.input.start(foreign::LONGEST)?;
        if start.is_empty() {
            return Err(ImportError::Format(0, "the file is empty"));
        }
        if start.starts_with(MAGIC) {
            let text = "a Parquet file cannot be read from a pipe: its footer is at the end";
            return Err(ImportError::damaged(text));
        }
        if let Some(kind) = Foreign::of(start) {
            return Err(ImportError::Foreign(kind));
        }
        let no_export = "this is no export in the format of ncdu";
        self.input.expect(b'[', no_export)?;
        let major = self.input.number(no_export)?;
        if major.and_then(Number::unsigned) != Some(1) {
            return Err(self.input.invalid("only version 1 of the format is known"));
        }
        self.input.expect(b',', no_export)?;
        self.input.number(no_export)?;
        self.input.expect(b',', no_export)?;
        self.metadata(no_export)?;
        self.input.expect(b',', no_export)?;
        self.input.expect(b'[', "the root is no directory")
    }

    fn metadata(&mut self, no_export: &'static str) -> Result<(), ImportError> {
        self.input.expect(b'{', no_export)?;
        let mut metadata = Metadata::default();
        let mut is_first = true;
        while self.input.key(&mut is_first)? {
            let text = match &*self.input.key {
                b"progname" => &mut metadata.progname,
                b"progver" => &mut metadata.progver,
                b"program_version" => &mut metadata.program_version,
                b"timestamp" => {
                    self.started = self.timestamp()?;
                    continue;
                }
                _ => {
                    self.input.skip()?;
                    continue;
                }
            };
            match self.input.next_token()? {
                b'"' => self.input.next_string(text).map(|_| ())?,
                _ => self.input.skip()?,
            }
        }
        self.maker = metadata.maker();
        Ok(())
    }

    /// A time as seconds since 1970; some makers write it as text.
    fn timestamp(&mut self) -> Result<Option<FileTime>, ImportError> {
        if !matches!(self.input.next_token()?, b'-' | b'0'..=b'9') {
            return self.input.skip().map(|()| None);
        }
        let seconds = self.input.number("a time is no number of seconds")?;
        Ok(seconds.map(time))
    }

    /// Reads all that comes after the root: a later version of the format may write values there.
    fn end(&mut self) -> Result<(), ImportError> {
        loop {
            match self.input.token()? {
                b',' => self.input.skip()?,
                b']' => break,
                _ => {
                    return Err(self
                        .input
                        .invalid("a comma or a closing bracket is missing"));
                }
            }
        }
        match self.input.end()? {
            true => Ok(()),
            false => Err(self.input.invalid("more follows after the end")),
        }
    }

    /// Reads the rest of a directory: its end, or a comma and an entry.
    fn inside(&mut self, visitor: &mut impl Visitor) -> Result<(), ImportError> {
        match self.input.token()? {
            b']' => self.leave(visitor),
            b',' => match self.input.token()? {
                b'[' => return self.directory(visitor),
                b'{' => return self.file(visitor),
                _ => return Err(self.input.invalid("an entry is missing")),
            },
            _ => {
                return Err(self
                    .input
                    .invalid("a comma or a closing bracket is missing"));
            }
        }
        Ok(())
    }

    fn directory(&mut self, visitor: &mut impl Visitor) -> Result<(), ImportError> {
        let no_directory = "a directory does not begin with an object";
        self.input.expect(b'{', no_directory)?;
        self.read_entry()?;
        let is_left_out = self.entry.is_excluded && !self.entry.has_size();
        if self.skipped > 0 || is_left_out {
            self.skipped += 1;
            return Ok(());
        }
        if self.devices.is_empty() {
            self.maker.see_root(&self.entry);
        }
        let contents = match self.input.next_token()? {
            b']' => Contents::Nothing,
            _ => Contents::Entries,
        };
        let failure = self
            .entry
            .is_unreadable
            .then(|| exported(Operation::Exported));
        match self.enter(visitor, contents, failure) {
            Flow::Skip => self.skipped += 1,
            Flow::Continue => self.devices.push(self.device()),
        }
        if let (0, Some(failure)) = (self.skipped, failure) {
            visitor.failed(b"", failure);
        }
        Ok(())
    }

    fn enter(
        &self,
        visitor: &mut impl Visitor,
        contents: Contents,
        failure: Option<Failure>,
    ) -> Flow {
        let detail = self.entry.detail(self.device(), DIRECTORY);
        let item = Item {
            usage: self.maker.directory(&self.entry, contents),
            dedup_key: None,
            detail: Some(&detail),
        };
        visitor.enter(&self.name, &item, failure)
    }

    fn file(&mut self, visitor: &mut impl Visitor) -> Result<(), ImportError> {
        self.read_entry()?;
        let entry = &self.entry;
        if self.skipped > 0 || entry.is_excluded {
            return Ok(());
        }
        if entry.is_unreadable {
            visitor.failed(&self.name, exported(Operation::ExportedEntry));
            return Ok(());
        }
        if entry.items.is_some() {
            // A directory that pdu wrote as one entry, the sum of its contents.
            if self.enter(visitor, Contents::Nothing, None) == Flow::Continue {
                visitor.leave(Extent::Whole);
            }
            return Ok(());
        }
        let is_counted = entry.is_link && self.maker.marks_later_links_only();
        if is_counted && self.links != Links::Count {
            return Ok(());
        }
        let detail = entry.detail(self.device(), REGULAR);
        let is_deduplicated = self.links == Links::LeaveOut && detail.links > 1;
        let item = Item {
            usage: self.maker.file(entry),
            dedup_key: is_deduplicated.then_some(detail.inode),
            detail: Some(&detail),
        };
        visitor.file(Some(&self.name), &item);
        Ok(())
    }

    fn leave(&mut self, visitor: &mut impl Visitor) {
        if self.skipped > 0 {
            self.skipped -= 1;
        } else {
            self.devices.pop();
            visitor.leave(Extent::Whole);
        }
        if self.devices.is_empty() && self.skipped == 0 {
            self.state = State::End;
        }
    }

    /// The device of the entry; without the member, that of the directory.
    fn device(&self) -> u64 {
        let above = self.devices.last().copied();
        self.entry.device.or(above).unwrap_or(0)
    }

    /// Reads an entry after its opening brace.
    fn read_entry(&mut self) -> Result<(), ImportError> {
        self.entry = ExportedEntry::default();
        let mut is_first = true;
        while self.input.key(&mut is_first)? {
            self.entry.read_value(&mut self.input, &mut self.name)?;
        }
        self.has.0 |= self.entry.allocated.is_some();
        self.has.1 |= self.entry.apparent.is_some();
        let Some(named_at) = self.entry.named_at else {
            return Err(self.input.invalid("an entry has no name"));
        };
        let is_root = self.devices.is_empty() && self.skipped == 0;
        match invalid_name(&self.name, is_root) {
            Some(reason) => Err(ImportError::Format(named_at, reason)),
            None => Ok(()),
        }
    }
}

/// The reason why no entry can have this name.
fn invalid_name(name: &[u8], is_root: bool) -> Option<&'static str> {
    if name.is_empty() {
        return Some("a name is empty");
    }
    if name.contains(&0) {
        return Some("a name holds a NUL");
    }
    if is_root {
        return None;
    }
    if name.contains(&b'/') {
        return Some("a name holds a slash");
    }
    matches!(name, b"." | b"..").then_some("a name is '.' or '..'")
}

/// A failure that the maker of the export recorded, without its error number.
fn exported(operation: Operation) -> Failure {
    Failure::without_errno(operation)
}
