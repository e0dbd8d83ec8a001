//! An entry of an export: its members as they are written there, and the attributes that follow from them.

use super::error::ImportError;
use super::json::Input;
use super::number::Number;
use crate::count::usage::{Detail, FileTime, Inode};

/// The members of an entry, without the name; none where one is absent.
#[derive(Debug, Default)]
pub(super) struct ExportedEntry {
    /// The offset of the name.
    pub(super) named_at: Option<u64>,
    pub(super) apparent: Option<u64>,
    pub(super) allocated: Option<u64>,
    /// The number of entries in a directory, and the directory.
    pub(super) items: Option<u64>,
    pub(super) device: Option<u64>,
    inode: Option<u64>,
    pub(super) is_link: bool,
    links: Option<u32>,
    pub(super) is_unreadable: bool,
    pub(super) is_excluded: bool,
    /// The entry is neither a regular file nor a directory.
    pub(super) is_special: bool,
    uid: Option<u32>,
    gid: Option<u32>,
    mode: Option<u32>,
    pub(super) time: Option<FileTime>,
}

/// The file type in a mode, and two of its values.
const TYPE: u32 = 0o170_000;
pub(super) const DIRECTORY: u32 = 0o040_000;
pub(super) const REGULAR: u32 = 0o100_000;

impl ExportedEntry {
    pub(super) fn has_size(&self) -> bool {
        self.allocated.is_some() || self.apparent.is_some()
    }

    /// The attributes of an entry whose place in the export makes it a directory or not.
    pub(super) fn detail(&self, device: u64, file_type: u32) -> Detail {
        let number = self.inode.unwrap_or(0);
        // Without an identity, the links to a file cannot be told from other files.
        let links = match self.links {
            _ if number == 0 => 1,
            Some(links @ 2..) => links,
            _ if self.is_link => Detail::SEVERAL,
            links => links.unwrap_or(1),
        };
        Detail {
            inode: Inode { device, number },
            links,
            mode: self.mode(file_type),
            uid: self.uid.unwrap_or(Detail::NO_ID),
            gid: self.gid.unwrap_or(Detail::NO_ID),
        }
    }

    /// The mode, with the file type of this place in the export where it has none of its own.
    fn mode(&self, file_type: u32) -> u32 {
        let mode = self.mode.unwrap_or(Detail::NO_PERMISSIONS);
        match mode & TYPE {
            _ if file_type == DIRECTORY => mode & !TYPE | DIRECTORY,
            0 if !self.is_special => mode | file_type,
            _ => mode,
        }
    }

    /// Reads the value of the key that was read last; that of `name` into `name`.
    pub(super) fn read_value(
        &mut self,
        input: &mut Input,
        name: &mut Vec<u8>,
    ) -> Result<(), ImportError> {
        match &*input.key {
            b"name" => self.named_at = Some(input.next_string(name)?),
            b"asize" => self.apparent = unsigned(input)?,
            b"dsize" => self.allocated = unsigned(input)?,
            b"items" => self.items = unsigned(input)?,
            b"dev" => self.device = input.number(NO_NUMBER)?.map(Number::identifier),
            b"ino" => self.inode = input.number(NO_NUMBER)?.map(Number::identifier),
            b"hlnkc" => self.is_link = input.boolean()?,
            b"nlink" => self.links = unsigned(input)?.map(links),
            b"read_error" => self.is_unreadable = input.boolean()?,
            b"notreg" => self.is_special = input.boolean()?,
            b"uid" => self.uid = input.number(NO_NUMBER)?.and_then(owner),
            b"gid" => self.gid = input.number(NO_NUMBER)?.and_then(owner),
            b"mode" => self.mode = unsigned(input)?.map(mode),
            b"mtime" => self.time = input.number(NO_TIME)?.map(time),
            b"excluded" => self.is_excluded = reason_or_true(input)?,
            _ => input.skip()?,
        }
        Ok(())
    }
}

const NO_NUMBER: &str = "a number is missing";
const NO_TIME: &str = "a time is no number of seconds";

/// A size or a count. A negative one means that the maker does not know it.
fn unsigned(input: &mut Input) -> Result<Option<u64>, ImportError> {
    Ok(input.number(NO_NUMBER)?.and_then(Number::unsigned))
}

/// A number of links; one that `st_nlink` cannot have is only several.
fn links(number: u64) -> u32 {
    u32::try_from(number).unwrap_or(Detail::SEVERAL)
}

/// The number of a user or a group, which some programs print as a signed one.
fn owner(number: Number) -> Option<u32> {
    match number.is_negative {
        true => u32::try_from(number.whole).ok().map(u32::wrapping_neg),
        false => u32::try_from(number.whole).ok(),
    }
}

/// Permissions, and the file type where the number has one. Go's numbers of types, above 16 bits, are not read.
fn mode(number: u64) -> u32 {
    u32::from(u16::try_from(number).unwrap_or((number & 0o777) as u16))
}

/// Seconds since the epoch. For a time before it, ncdu 1 writes the negative number as an unsigned one.
pub(super) fn time(number: Number) -> FileTime {
    let seconds = number.identifier().cast_signed();
    match (number.is_negative, number.nanos) {
        (true, nanos @ 1..) => FileTime::of_file(seconds.saturating_sub(1), 1_000_000_000 - nanos),
        (_, nanos) => FileTime::of_file(seconds, nanos),
    }
}

/// Reads the reason why an entry was excluded. It is true where the entry was.
fn reason_or_true(input: &mut Input) -> Result<bool, ImportError> {
    match input.next_token()? {
        b'"' | b'[' | b'{' => input.skip().map(|()| true),
        _ => input.boolean(),
    }
}
