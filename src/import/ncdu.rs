//! Reads an export of ncdu (also one of gdu, or of pdu) as the steps of a walk.
//!
//! One pass through a buffer of fixed size, no recursion; memory is a number a level, and the longest name. Names are
//! bytes: what is not UTF-8 stays as it is. Keys that are unknown are passed over; of a key that is there twice, the
//! last counts. What ncdu excluded was not counted, and is not. Anything that is not the format ends the reading with
//! its place, never with a panic.
//!
//! Directories have no apparent size, as in GNU du. Two makers need a word: gdu tells no sizes of directories, and
//! takes each for 4096 bytes; it marks of the links to a file those that it did not count.

use std::ffi::OsStr;
use std::io::Read;

use super::json::Input;
use crate::count::order::{Extent, Step};
use crate::count::usage::{Detail, FileTime, Inode, Item, Usage};
use crate::sys::failure::{Failure, Operation};
use crate::sys::retry::open;
use crate::sys::stdin::Stdin;

/// What gdu takes a directory for.
const DIRECTORY_OF_GDU: u64 = 4096;

/// Why an export cannot be read on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ImportError {
    /// The system's error number of a read.
    Read(i32),
    /// What stands at this byte, counted from 0, is not what it should be.
    Format(u64, &'static str),
}

/// See the module.
pub struct ExportReader {
    input: Input,
    /// Files with several links are counted once.
    once: bool,
    maker: Maker,
    state: State,
    /// The device of every directory on the way down.
    devices: Vec<u64>,
    /// How many directories deep we are in one that is passed over.
    passed_over: u64,
    /// The directory just entered could not be read.
    failed: bool,
    entry: ExportedEntry,
    name: Vec<u8>,
    detail: Detail,
}

/// Who made an export.
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

/// What stands in one object of the export, but for the name.
#[derive(Debug, Default)]
struct ExportedEntry {
    /// Where the name stands, if there is one.
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

/// A step without what it borrows.
enum Due {
    Enter(Item<'static>, bool),
    File(Item<'static>),
    Failed,
    FailedBelow,
    Leave,
}

impl ExportReader {
    /// Opens an export; `-` is standard input. Files with several links count once, if so asked.
    pub fn open(file: &OsStr, once: bool) -> Result<Self, Failure> {
        if file == "-" {
            return Ok(Self::new(Box::new(Stdin), once));
        }
        match open(file) {
            Ok(file) => Ok(Self::new(Box::new(file), once)),
            Err(errno) => Err(Failure::of(Operation::OpenNames, &errno.into())),
        }
    }

    /// The export that these bytes are.
    #[must_use]
    pub fn new(from: Box<dyn Read>, once: bool) -> Self {
        Self {
            input: Input::new(from),
            once,
            maker: Maker::Other,
            state: State::Begin,
            devices: Vec::new(),
            passed_over: 0,
            failed: false,
            entry: ExportedEntry::default(),
            name: Vec::new(),
            detail: Detail::default(),
        }
    }

    /// How many directories were entered and not left.
    #[must_use]
    pub fn depth(&self) -> usize {
        self.devices.len()
    }

    /// The next step; nothing after the last.
    pub fn step(&mut self) -> Result<Option<Step<'_>>, ImportError> {
        let due = self.advance()?;
        Ok(due.map(|due| self.tell(due)))
    }

    fn tell(&self, due: Due) -> Step<'_> {
        let failure = |operation| Failure {
            operation,
            errno: 0,
        };
        let detail = Some(&self.detail);
        match due {
            Due::Enter(item, is_readable) => Step::Enter {
                name: &self.name,
                item: Item { detail, ..item },
                is_readable,
            },
            Due::File(item) => Step::File {
                name: Some(&self.name),
                item: Item { detail, ..item },
            },
            Due::Failed => Step::Failed {
                path: b"",
                failure: failure(Operation::Exported),
            },
            Due::FailedBelow => Step::Failed {
                path: &self.name,
                failure: failure(Operation::ExportedEntry),
            },
            Due::Leave => Step::Leave {
                read: Extent::Whole,
            },
        }
    }

    /// Moves on to the next thing to tell.
    fn advance(&mut self) -> Result<Option<Due>, ImportError> {
        if std::mem::take(&mut self.failed) {
            return Ok(Some(Due::Failed));
        }
        loop {
            let due = match self.state {
                State::Begin => {
                    self.begin()?;
                    self.state = State::Inside;
                    self.directory()?
                }
                State::Inside => match self.input.token()? {
                    b']' => self.leave(),
                    b',' => self.inside()?,
                    _ => return Err(self.input.wrong("a comma or a closing bracket is missing")),
                },
                State::End => {
                    self.end()?;
                    return Ok(None);
                }
            };
            if due.is_some() {
                return Ok(due);
            }
        }
    }

    /// What comes before the root.
    fn begin(&mut self) -> Result<(), ImportError> {
        let no_export = "this is no export in the format of ncdu";
        self.input.expect(b'[', no_export)?;
        let major = self.input.next_integer(no_export)?;
        if major != 1 {
            return Err(self.input.wrong("only version 1 of the format is known"));
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
                self.input.pass_over()?;
            }
        }
        Ok(())
    }

    /// What comes after the root: perhaps values of a later version.
    fn end(&mut self) -> Result<(), ImportError> {
        loop {
            match self.input.token()? {
                b',' => self.input.pass_over()?,
                b']' => break,
                _ => return Err(self.input.wrong("a comma or a closing bracket is missing")),
            }
        }
        match self.input.end()? {
            true => Ok(()),
            false => Err(self.input.wrong("more follows after the end")),
        }
    }

    /// What follows a comma in a directory.
    fn inside(&mut self) -> Result<Option<Due>, ImportError> {
        match self.input.token()? {
            b'[' => self.directory(),
            b'{' => self.file(),
            _ => Err(self.input.wrong("an entry is missing")),
        }
    }

    fn directory(&mut self) -> Result<Option<Due>, ImportError> {
        let no_directory = "a directory does not begin with an object";
        self.input.expect(b'{', no_directory)?;
        self.read_entry()?;
        if self.passed_over > 0 || self.entry.is_excluded {
            self.passed_over += 1;
            return Ok(None);
        }
        let entry = &self.entry;
        let device = self.device();
        let usage = match self.maker {
            Maker::Gdu => entry.usage(DIRECTORY_OF_GDU, 0),
            // An apparent size is that of a sum (`-s`).
            Maker::Pdu => entry.usage(entry.allocated, entry.apparent),
            Maker::Other => entry.usage(entry.allocated, 0),
        };
        self.failed = entry.is_unreadable;
        self.detail = entry.detail(device, 0o040_000);
        self.devices.push(device);
        let item = Item {
            usage,
            dedup_key: None,
            detail: None,
        };
        Ok(Some(Due::Enter(item, !self.failed)))
    }

    fn file(&mut self) -> Result<Option<Due>, ImportError> {
        self.read_entry()?;
        let entry = &self.entry;
        if self.passed_over > 0 || entry.is_excluded {
            return Ok(None);
        }
        if entry.is_unreadable {
            return Ok(Some(Due::FailedBelow));
        }
        if self.once && self.maker == Maker::Gdu && entry.is_link {
            return Ok(None);
        }
        let device = self.device();
        let inode = entry.inode.map(|number| Inode { device, number });
        let is_link = entry.is_link || entry.links.is_some_and(|links| links > 1);
        self.detail = entry.detail(device, 0o100_000);
        let item = Item {
            usage: entry.usage(entry.allocated, entry.apparent),
            dedup_key: inode.filter(|_| self.once && is_link),
            detail: None,
        };
        Ok(Some(Due::File(item)))
    }

    fn leave(&mut self) -> Option<Due> {
        let due = if self.passed_over > 0 {
            self.passed_over -= 1;
            None
        } else {
            self.devices.pop();
            Some(Due::Leave)
        };
        if self.devices.is_empty() && self.passed_over == 0 {
            self.state = State::End;
        }
        due
    }

    /// The device of the entry: where nothing is said, that of the directory.
    fn device(&self) -> u64 {
        let above = self.devices.last().copied();
        self.entry.device.or(above).unwrap_or(0)
    }

    /// Reads an object, the brace of which was read.
    fn read_entry(&mut self) -> Result<(), ImportError> {
        self.entry = ExportedEntry::default();
        let mut is_first = true;
        while self.input.key(&mut is_first)? {
            self.read_value()?;
        }
        let Some(named_at) = self.entry.named_at else {
            return Err(self.input.wrong("an entry has no name"));
        };
        let is_root = self.devices.is_empty() && self.passed_over == 0;
        match wrong_name(&self.name, is_root) {
            Some(wrong) => Err(ImportError::Format(named_at, wrong)),
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
                input.pass_over()?;
                entry.is_excluded = true;
            }
            _ => input.pass_over()?,
        }
        Ok(())
    }
}

/// Why no entry can have this name.
fn wrong_name(name: &[u8], is_root: bool) -> Option<&'static str> {
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

    /// What is not said is of this type, or of none that is known.
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

impl ImportError {
    /// In words.
    #[must_use]
    pub fn words(&self) -> String {
        match self {
            Self::Read(errno) => format!("read error: {}", crate::sys::status::reason(*errno)),
            Self::Format(offset, what) => format!("byte {offset}: {what}"),
        }
    }
}
