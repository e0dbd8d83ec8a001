//! Reads an export of ncdu (also one of gdu, or of pdu) and reports it as the events of a walk.
//!
//! One pass through a buffer of fixed size, no recursion. Memory: a number per level, and the longest name. Names are
//! bytes; invalid UTF-8 stays as it is. Unknown keys are skipped; of a key that appears twice, the last counts. Entries
//! that ncdu excluded are not counted. Input that is not in the format ends the reading with an error that contains
//! the offset, never with a panic.
//!
//! Directories have no apparent size, as in GNU du. gdu needs two exceptions: it writes no sizes of directories, and
//! takes 4096 bytes for each; of the links to a file, it marks those that it did not count.

use std::io::Read;

use super::error::ImportError;
use super::json::Input;
use crate::count::usage::{Detail, FileTime, Inode, Item, Usage};
use crate::count::visitor::{Extent, Flow, Visitor};
use crate::format::parquet::MAGIC;
use crate::sys::failure::{Failure, Operation};
use crate::sys::stdin::Stdin;

/// Where a regular file begins like this, it is not read here.
const PARQUET_IN_A_PIPE: &str =
    "a Parquet file cannot be read from a pipe: its footer is at the end";

/// The size that gdu takes for a directory.
const DIRECTORY_OF_GDU: u64 = 4096;

/// See the module.
pub struct ExportReader {
    input: Input,
    /// Files with several links are counted once.
    dedup: bool,
    maker: Maker,
    state: State,
    /// The device of every directory on the way down.
    devices: Vec<u64>,
    /// The number of open directories that are skipped.
    skipped: u64,
    entry: ExportedEntry,
    name: Vec<u8>,
}

/// The program that made an export.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Maker {
    Gdu,
    Pdu,
    Other,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Begin,
    Inside,
    End,
}

/// The members of an entry, without the name.
#[derive(Debug, Default)]
struct ExportedEntry {
    /// The offset of the name, if there is one.
    named_at: Option<u64>,
    apparent: u64,
    allocated: u64,
    device: Option<u64>,
    inode: Option<u64>,
    is_link: bool,
    links: Option<u32>,
    is_unreadable: bool,
    is_excluded: bool,
    is_special: bool,
    uid: Option<u32>,
    gid: Option<u32>,
    mode: Option<u32>,
    time: Option<FileTime>,
}

impl ExportReader {
    /// A reader of standard input.
    pub(super) fn of_stdin(dedup: bool) -> Self {
        Self::new(Box::new(Stdin), dedup)
    }

    /// A reader of these bytes. With `dedup`, files with several links count once.
    #[must_use]
    pub fn new(from: Box<dyn Read>, dedup: bool) -> Self {
        Self {
            input: Input::new(from),
            dedup,
            maker: Maker::Other,
            state: State::Begin,
            devices: Vec::new(),
            skipped: 0,
            entry: ExportedEntry::default(),
            name: Vec::new(),
        }
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
        let no_export = "this is no export in the format of ncdu";
        if self.input.begins_with(MAGIC)? {
            return Err(ImportError::message(PARQUET_IN_A_PIPE));
        }
        self.input.expect(b'[', no_export)?;
        let major = self.input.next_integer(no_export)?;
        if major != 1 {
            return Err(self.input.invalid("only version 1 of the format is known"));
        }
        self.input.expect(b',', no_export)?;
        self.input.next_integer(no_export)?;
        self.input.expect(b',', no_export)?;
        self.metadata(no_export)?;
        self.input.expect(b',', no_export)?;
        self.input.expect(b'[', "the root is no directory")
    }

    fn metadata(&mut self, no_export: &'static str) -> Result<(), ImportError> {
        self.input.expect(b'{', no_export)?;
        let mut is_first = true;
        while self.input.key(&mut is_first)? {
            if self.input.key == b"progname" {
                self.input.next_string(&mut self.name)?;
                self.maker = match &*self.name {
                    b"gdu" => Maker::Gdu,
                    b"pdu" => Maker::Pdu,
                    _ => Maker::Other,
                };
            } else {
                self.input.skip()?;
            }
        }
        Ok(())
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
        let entry = &self.entry;
        if self.skipped > 0 || entry.is_excluded {
            self.skipped += 1;
            return Ok(());
        }
        let device = self.device();
        let usage = match self.maker {
            Maker::Gdu => entry.usage(DIRECTORY_OF_GDU, 0),
            // An apparent size is that of a sum (`-s`).
            Maker::Pdu => entry.usage(entry.allocated, entry.apparent),
            Maker::Other => entry.usage(entry.allocated, 0),
        };
        let item = Item {
            usage,
            dedup_key: None,
            detail: Some(&entry.detail(device, 0o040_000)),
        };
        let failure = (entry.is_unreadable).then(|| exported(Operation::Exported));
        match visitor.enter(&self.name, &item, failure) {
            Flow::Skip => self.skipped += 1,
            Flow::Continue => self.devices.push(device),
        }
        if let (0, Some(failure)) = (self.skipped, failure) {
            visitor.failed(b"", failure);
        }
        Ok(())
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
        if self.dedup && self.maker == Maker::Gdu && entry.is_link {
            return Ok(());
        }
        let device = self.device();
        let inode = entry.inode.map(|number| Inode { device, number });
        let is_link = entry.is_link || entry.links.is_some_and(|links| links > 1);
        let item = Item {
            usage: entry.usage(entry.allocated, entry.apparent),
            dedup_key: inode.filter(|_| self.dedup && is_link),
            detail: Some(&entry.detail(device, 0o100_000)),
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
            self.read_value()?;
        }
        let Some(named_at) = self.entry.named_at else {
            return Err(self.input.invalid("an entry has no name"));
        };
        let is_root = self.devices.is_empty() && self.skipped == 0;
        match invalid_name(&self.name, is_root) {
            Some(reason) => Err(ImportError::Format(named_at, reason)),
            None => Ok(()),
        }
    }

    fn read_value(&mut self) -> Result<(), ImportError> {
        let (input, entry) = (&mut self.input, &mut self.entry);
        match &*input.key {
            b"name" => entry.named_at = Some(input.next_string(&mut self.name)?),
            b"asize" => entry.apparent = input.integer()?,
            b"dsize" => entry.allocated = input.integer()?,
            b"dev" => entry.device = Some(input.integer()?),
            b"ino" => entry.inode = Some(input.integer()?),
            b"hlnkc" => entry.is_link = input.boolean()?,
            b"nlink" => entry.links = Some(input.small_integer()?),
            b"read_error" => entry.is_unreadable = input.boolean()?,
            b"notreg" => entry.is_special = input.boolean()?,
            b"uid" => entry.uid = Some(input.small_integer()?),
            b"gid" => entry.gid = Some(input.small_integer()?),
            b"mode" => entry.mode = Some(input.small_integer()?),
            b"mtime" => entry.time = Some(input.time()?),
            b"excluded" => {
                input.skip()?;
                entry.is_excluded = true;
            }
            _ => input.skip()?,
        }
        Ok(())
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

impl ExportedEntry {
    fn usage(&self, allocated: u64, apparent: u64) -> Usage {
        Usage {
            allocated: allocated.into(),
            apparent: apparent.into(),
            inodes: 1,
            newest: self.time.unwrap_or(FileTime::NEVER),
        }
    }

    /// The attributes; without the member `mode`, of this type, or of an unknown type for a special file.
    fn detail(&self, device: u64, file_type: u32) -> Detail {
        let number = self.inode.unwrap_or(0);
        let file_type = if self.is_special { 0 } else { file_type };
        Detail {
            inode: Inode { device, number },
            links: self.links.unwrap_or(1),
            mode: self.mode.unwrap_or(file_type),
            uid: self.uid.unwrap_or(Detail::NO_ID),
            gid: self.gid.unwrap_or(Detail::NO_ID),
        }
    }
}

/// A failure that the maker of the export recorded, without its error number.
fn exported(operation: Operation) -> Failure {
    let errno = 0;
    Failure { operation, errno }
}
