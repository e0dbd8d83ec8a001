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
use std::fs::File;
use std::io::{self, Read};

use rustix::io::Errno;

use crate::listing::{Failure, Operation};
use crate::operands;
use crate::order::{Extent, Step};
use crate::usage::{Detail, Inode, Item, Moment, Usage};

/// How long a string may be: the longest path that Linux takes is 256 times shorter.
const LONGEST: usize = 1024 * 1024;

/// How deep values that nobody asks for may be nested.
const DEEPEST: usize = 256;

/// How often an interrupted read is made again.
const INTERRUPTIONS: usize = 100;

/// What gdu takes a directory for.
const DIRECTORY_OF_GDU: u64 = 4096;

/// Why an export cannot be read on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wrong {
    /// The system's error number of a read.
    Read(i32),
    /// What stands at this byte, counted from 0, is not what it should be.
    Format(u64, &'static str),
}

/// See the module.
pub struct Export {
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
    entry: Entry,
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
struct Entry {
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
    time: Option<Moment>,
}

/// A step without what it borrows.
enum Due {
    Enter(Item<'static>, bool),
    File(Item<'static>),
    Failed,
    FailedBelow,
    Leave,
}

impl Export {
    /// Opens an export; `-` is standard input. Files with several links count once, if so asked.
    pub fn open(file: &OsStr, once: bool) -> Result<Self, Failure> {
        if file == "-" {
            return Ok(Self::new(Box::new(operands::Stdin), once));
        }
        match File::open(file) {
            Ok(file) => Ok(Self::new(Box::new(file), once)),
            Err(error) => Err(Failure {
                operation: Operation::OpenNames,
                errno: error.raw_os_error().unwrap_or(0),
            }),
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
            entry: Entry::default(),
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
    pub fn step(&mut self) -> Result<Option<Step<'_>>, Wrong> {
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
    fn advance(&mut self) -> Result<Option<Due>, Wrong> {
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
    fn begin(&mut self) -> Result<(), Wrong> {
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

    fn metadata(&mut self, no_export: &'static str) -> Result<(), Wrong> {
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
    fn end(&mut self) -> Result<(), Wrong> {
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
    fn inside(&mut self) -> Result<Option<Due>, Wrong> {
        match self.input.token()? {
            b'[' => self.directory(),
            b'{' => self.file(),
            _ => Err(self.input.wrong("an entry is missing")),
        }
    }

    fn directory(&mut self) -> Result<Option<Due>, Wrong> {
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
            once: None,
            detail: None,
        };
        Ok(Some(Due::Enter(item, !self.failed)))
    }

    fn file(&mut self) -> Result<Option<Due>, Wrong> {
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
            once: inode.filter(|_| self.once && is_link),
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
    fn read_entry(&mut self) -> Result<(), Wrong> {
        self.entry = Entry::default();
        let mut is_first = true;
        while self.input.key(&mut is_first)? {
            self.read_value()?;
        }
        let Some(named_at) = self.entry.named_at else {
            return Err(self.input.wrong("an entry has no name"));
        };
        let is_root = self.devices.is_empty() && self.passed_over == 0;
        match wrong_name(&self.name, is_root) {
            Some(wrong) => Err(Wrong::Format(named_at, wrong)),
            None => Ok(()),
        }
    }

    fn read_value(&mut self) -> Result<(), Wrong> {
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

impl Entry {
    fn usage(&self, allocated: u64, apparent: u64) -> Usage {
        Usage {
            allocated: allocated.into(),
            apparent: apparent.into(),
            inodes: 1,
            newest: self.time.unwrap_or(Moment::NEVER),
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

impl Wrong {
    /// In words.
    #[must_use]
    pub fn words(&self) -> String {
        match self {
            Self::Read(errno) => format!("read error: {}", crate::status::reason(*errno)),
            Self::Format(offset, what) => format!("byte {offset}: {what}"),
        }
    }
}

const CUT_OFF: &str = "the export ends before it is whole";

/// JSON, piece by piece.
struct Input {
    from: Box<dyn Read>,
    buffer: Box<[u8]>,
    /// What of the buffer is to be read.
    at: usize,
    end: usize,
    /// How many bytes came before what is in the buffer.
    before: u64,
    /// The key read last.
    key: Vec<u8>,
}

impl Input {
    fn new(from: Box<dyn Read>) -> Self {
        Self {
            from,
            buffer: vec![0; 64 * 1024].into(),
            at: 0,
            end: 0,
            before: 0,
            key: Vec::new(),
        }
    }

    /// The byte read last is not what it should be.
    fn wrong(&self, what: &'static str) -> Wrong {
        Wrong::Format((self.before + self.at as u64).saturating_sub(1), what)
    }

    fn cut_off(&self) -> Wrong {
        Wrong::Format(self.before + self.at as u64, CUT_OFF)
    }

    /// What is in the buffer; nothing at the end.
    fn window(&mut self) -> Result<&[u8], Wrong> {
        if self.at == self.end {
            self.before += self.end as u64;
            (self.at, self.end) = (0, 0);
            self.end = self.fill()?;
        }
        Ok(&self.buffer[self.at..self.end])
    }

    /// Reads once more. Interrupted, it is made again, but not for ever.
    fn fill(&mut self) -> Result<usize, Wrong> {
        let mut interruptions = 0;
        loop {
            match self.from.read(&mut self.buffer) {
                Ok(count) => return Ok(count.min(self.buffer.len())),
                Err(error)
                    if error.kind() == io::ErrorKind::Interrupted
                        && interruptions < INTERRUPTIONS =>
                {
                    interruptions += 1;
                }
                Err(error) => {
                    let errno = error.raw_os_error().unwrap_or(Errno::IO.raw_os_error());
                    return Err(Wrong::Read(errno));
                }
            }
        }
    }

    /// The next byte, which is not taken.
    fn peek(&mut self) -> Result<Option<u8>, Wrong> {
        Ok(self.window()?.first().copied())
    }

    fn byte(&mut self) -> Result<u8, Wrong> {
        let Some(byte) = self.peek()? else {
            return Err(self.cut_off());
        };
        self.at += 1;
        Ok(byte)
    }

    /// The next byte that is no white space.
    fn token(&mut self) -> Result<u8, Wrong> {
        loop {
            let byte = self.byte()?;
            if !matches!(byte, b' ' | b'\n' | b'\r' | b'\t') {
                return Ok(byte);
            }
        }
    }

    fn expect(&mut self, byte: u8, otherwise: &'static str) -> Result<(), Wrong> {
        match self.token()? == byte {
            true => Ok(()),
            false => Err(self.wrong(otherwise)),
        }
    }

    /// True where only white space follows.
    fn end(&mut self) -> Result<bool, Wrong> {
        while let Some(byte) = self.peek()? {
            self.at += 1;
            if !byte.is_ascii_whitespace() {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Reads the next key of an object and its colon; false at the end of the object.
    fn key(&mut self, is_first: &mut bool) -> Result<bool, Wrong> {
        let mut token = self.token()?;
        if token == b'}' {
            return Ok(false);
        }
        if !std::mem::take(is_first) {
            if token != b',' {
                return Err(self.wrong("a comma or a closing brace is missing"));
            }
            token = self.token()?;
        }
        if token != b'"' {
            return Err(self.wrong("a key is missing"));
        }
        let mut key = std::mem::take(&mut self.key);
        let read = self.string(&mut key);
        self.key = key;
        read?;
        self.expect(b':', "a colon is missing")?;
        Ok(true)
    }

    /// Reads a string; tells where it begins.
    fn next_string(&mut self, text: &mut Vec<u8>) -> Result<u64, Wrong> {
        self.expect(b'"', "a string is missing")?;
        let start = self.before + self.at as u64;
        self.string(text)?;
        Ok(start)
    }

    /// Reads a string, the first quote of which was read.
    fn string(&mut self, text: &mut Vec<u8>) -> Result<(), Wrong> {
        text.clear();
        loop {
            let window = self.window()?;
            let is_plain = |byte: &u8| !matches!(byte, b'"' | b'\\' | 0..=0x1f);
            let plain = window.iter().take_while(|byte| is_plain(byte)).count();
            text.extend_from_slice(&window[..plain]);
            self.at += plain;
            if text.len() > LONGEST {
                return Err(self.wrong("a string is too long"));
            }
            if plain > 0 && self.at == self.end {
                continue;
            }
            match self.byte()? {
                b'"' => return Ok(()),
                b'\\' => self.escape(text)?,
                _ => return Err(self.wrong("a control character in a string")),
            }
        }
    }

    fn escape(&mut self, text: &mut Vec<u8>) -> Result<(), Wrong> {
        text.push(match self.byte()? {
            byte @ (b'"' | b'\\' | b'/') => byte,
            b'b' => 0x08,
            b'f' => 0x0c,
            b'n' => b'\n',
            b'r' => b'\r',
            b't' => b'\t',
            b'u' => {
                let character = self.character()?;
                text.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes());
                return Ok(());
            }
            _ => return Err(self.wrong("an escape is unknown")),
        });
        Ok(())
    }

    /// The character that one or two units of UTF-16 are.
    fn character(&mut self) -> Result<char, Wrong> {
        let first = self.unit()?;
        let mut units = vec![first];
        if (0xd800..0xdc00).contains(&first) && self.byte()? == b'\\' && self.byte()? == b'u' {
            units.push(self.unit()?);
        }
        match char::decode_utf16(units).next() {
            Some(Ok(character)) => Ok(character),
            _ => Err(self.wrong("half a character is escaped")),
        }
    }

    fn unit(&mut self) -> Result<u16, Wrong> {
        let mut unit = 0;
        for _ in 0..4 {
            let digit = char::from(self.byte()?).to_digit(16);
            match digit.and_then(|digit| u16::try_from(digit).ok()) {
                Some(digit) => unit = unit << 4 | digit,
                None => return Err(self.wrong("an escape is no hexadecimal number")),
            }
        }
        Ok(unit)
    }

    fn integer(&mut self) -> Result<u64, Wrong> {
        self.next_integer("a whole number of 0 or more is missing")
    }

    fn next_integer(&mut self, otherwise: &'static str) -> Result<u64, Wrong> {
        match self.token()? {
            digit @ b'0'..=b'9' => self.digits(digit, otherwise),
            _ => Err(self.wrong(otherwise)),
        }
    }

    /// The rest of a whole number, the first digit of which was read.
    fn digits(&mut self, first: u8, otherwise: &'static str) -> Result<u64, Wrong> {
        let number = self.many_digits(first)?;
        match self.peek()? {
            Some(b'.' | b'e' | b'E') => Err(self.wrong(otherwise)),
            _ => Ok(number),
        }
    }

    fn many_digits(&mut self, first: u8) -> Result<u64, Wrong> {
        let mut number = u64::from(first - b'0');
        while let Some(digit @ b'0'..=b'9') = self.peek()? {
            self.at += 1;
            let next = number.checked_mul(10);
            let next = next.and_then(|number| number.checked_add(u64::from(digit - b'0')));
            number = next.ok_or_else(|| self.wrong("a number is too large"))?;
        }
        Ok(number)
    }

    fn small_integer(&mut self) -> Result<u32, Wrong> {
        let number = self.integer()?;
        u32::try_from(number).map_err(|_| self.wrong("a number is too large"))
    }

    /// Seconds since the epoch, perhaps with a fraction. What ncdu writes for a time before is a negative number
    /// read as one without a sign.
    fn time(&mut self) -> Result<Moment, Wrong> {
        let no_time = "a time is no number of seconds";
        let mut token = self.token()?;
        let is_negative = token == b'-';
        if is_negative {
            token = self.byte()?;
        }
        if !token.is_ascii_digit() {
            return Err(self.wrong(no_time));
        }
        let seconds = self.many_digits(token)?.cast_signed();
        let seconds = if is_negative {
            seconds.wrapping_neg()
        } else {
            seconds
        };
        let nanoseconds = match self.peek()? {
            Some(b'.') => self.fraction()?,
            Some(b'e' | b'E') => return Err(self.wrong(no_time)),
            _ => 0,
        };
        let (seconds, nanoseconds) = match (is_negative, nanoseconds) {
            (true, 1..) => (seconds.saturating_sub(1), 1_000_000_000 - nanoseconds),
            _ => (seconds, nanoseconds),
        };
        Ok(Moment {
            seconds,
            nanoseconds,
        })
    }

    /// Nine digits of what follows the point.
    fn fraction(&mut self) -> Result<u32, Wrong> {
        self.at += 1;
        let (mut nanoseconds, mut worth) = (0, 100_000_000);
        while let Some(digit @ b'0'..=b'9') = self.peek()? {
            self.at += 1;
            nanoseconds += u32::from(digit - b'0') * worth;
            worth /= 10;
        }
        Ok(nanoseconds)
    }

    fn boolean(&mut self) -> Result<bool, Wrong> {
        match self.token()? {
            b't' => self.rest_of(b"rue").map(|()| true),
            b'f' => self.rest_of(b"alse").map(|()| false),
            _ => Err(self.wrong("true or false is missing")),
        }
    }

    fn rest_of(&mut self, word: &[u8]) -> Result<(), Wrong> {
        for &letter in word {
            if self.byte()? != letter {
                return Err(self.wrong("a word is unknown"));
            }
        }
        Ok(())
    }

    /// Passes over a value, whatever it is.
    fn pass_over(&mut self) -> Result<(), Wrong> {
        // What closes each array and object that is open.
        let mut open = Vec::new();
        loop {
            if let Some(close) = self.pass_over_beginning()? {
                open.push(close);
                if open.len() > DEEPEST {
                    return Err(self.wrong("a value is nested too deeply"));
                }
                continue;
            }
            loop {
                let Some(&close) = open.last() else {
                    return Ok(());
                };
                match self.token()? {
                    byte if byte == close => {
                        open.pop();
                    }
                    b',' => {
                        if close == b'}' {
                            self.expect(b'"', "a key is missing")?;
                            self.pass_over_key()?;
                        }
                        break;
                    }
                    _ => return Err(self.wrong("a comma or a closing bracket is missing")),
                }
            }
        }
    }

    /// Passes over a value, or over the beginning of one that holds others: then, what will close it.
    fn pass_over_beginning(&mut self) -> Result<Option<u8>, Wrong> {
        match self.token()? {
            b'"' => self.string(&mut Vec::new())?,
            b't' => self.rest_of(b"rue")?,
            b'f' => self.rest_of(b"alse")?,
            b'n' => self.rest_of(b"ull")?,
            b'-' | b'0'..=b'9' => {
                while let Some(b'0'..=b'9' | b'+' | b'-' | b'.' | b'e' | b'E') = self.peek()? {
                    self.at += 1;
                }
            }
            b'[' => return self.pass_over_opening(b']'),
            b'{' => return self.pass_over_opening(b'}'),
            _ => return Err(self.wrong("a value is missing")),
        }
        Ok(None)
    }

    fn pass_over_opening(&mut self, close: u8) -> Result<Option<u8>, Wrong> {
        let token = self.token()?;
        if token == close {
            return Ok(None);
        }
        if close == b']' {
            // The first value is still to be read.
            self.at -= 1;
        } else if token == b'"' {
            self.pass_over_key()?;
        } else {
            return Err(self.wrong("a key is missing"));
        }
        Ok(Some(close))
    }

    /// Passes over a key, the first quote of which was read, and its colon.
    fn pass_over_key(&mut self) -> Result<(), Wrong> {
        self.string(&mut Vec::new())?;
        self.expect(b':', "a colon is missing")
    }
}
