//! What the footer of a file of pdu says of the walk that wrote it.

use std::io::Cursor;

use jiff::Timestamp;

use super::file::ParquetFile;
use crate::count::usage::Usage;
use crate::import::error::ImportError;
use crate::import::json::Input;
use crate::import::number::Number;
use crate::sys::filesystems::Space;

/// The keys of a footer, see docs/PARQUET.md.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Footer {
    /// The directories of the command line, U+FFFD in the place of bytes that are not UTF-8.
    pub operands: Vec<Vec<u8>>,
    /// When the walk began.
    pub started: Timestamp,
    /// The total over all operands.
    pub total: Usage,
    /// True where no operation failed.
    pub is_complete: bool,
    /// True where entries have no row (`-d`, `-t`).
    pub is_partial: bool,
    /// The file systems that the walk met.
    pub filesystems: Vec<MountedSpace>,
}

/// A file system, and its space at the end of the walk.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct MountedSpace {
    /// Where it was mounted; empty where that is not known.
    pub mount_point: Vec<u8>,
    /// None where the file system gave no answer in time.
    pub space: Option<Space>,
}

impl Footer {
    /// The keys of an open file, which pdu must have written.
    pub(super) fn of(file: &ParquetFile) -> Result<Self, ImportError> {
        if !file.is_of_pdu() {
            return Err(ImportError::damaged("no snapshot of pdu"));
        }
        let key = |name: &str| {
            let value = file.key(name);
            value.ok_or_else(|| ImportError::damaged(format!("no key '{name}' in the footer")))
        };
        let started = key("pdu.started")?.parse();
        Ok(Self {
            operands: json(key("pdu.operands")?, operands)?,
            started: started.map_err(|_| ImportError::damaged("'pdu.started' is no time"))?,
            total: json(key("pdu.total")?, total)?,
            is_complete: !file.had_errors,
            is_partial: file.is_partial,
            filesystems: json(key("pdu.filesystems")?, filesystems)?,
        })
    }
}

/// Parses the value of a key.
fn json<T>(
    text: String,
    parse: impl FnOnce(&mut Input) -> Result<T, ImportError>,
) -> Result<T, ImportError> {
    let mut input = Input::new(Box::new(Cursor::new(text)));
    let damaged = |error| ImportError::damaged(format!("a value of the footer: {error}"));
    parse(&mut input).map_err(damaged)
}

fn operands(input: &mut Input) -> Result<Vec<Vec<u8>>, ImportError> {
    let mut operands = Vec::new();
    elements(input, |input| {
        let mut text = Vec::new();
        input.next_string(&mut text)?;
        operands.push(text);
        Ok(())
    })?;
    Ok(operands)
}

fn total(input: &mut Input) -> Result<Usage, ImportError> {
    let mut total = Usage::default();
    members(input, |key, input| {
        match key {
            b"allocated" => total.allocated = integer(input)?.into(),
            b"apparent" => total.apparent = integer(input)?.into(),
            b"inodes" => total.inodes = integer(input)?,
            _ => input.skip()?,
        }
        Ok(())
    })?;
    Ok(total)
}

fn filesystems(input: &mut Input) -> Result<Vec<MountedSpace>, ImportError> {
    let mut all = Vec::new();
    elements(input, |input| {
        let mut one = MountedSpace::default();
        members(input, |key, input| {
            match key {
                b"mount" => drop(input.next_string(&mut one.mount_point)?),
                b"ended" => one.space = Some(space(input)?),
                _ => input.skip()?,
            }
            Ok(())
        })?;
        all.push(one);
        Ok(())
    })?;
    Ok(all)
}

fn space(input: &mut Input) -> Result<Space, ImportError> {
    let mut space = Space::default();
    members(input, |key, input| {
        match key {
            b"size" => space.size = integer(input)?,
            b"free" => space.free = integer(input)?,
            b"available" => space.available = integer(input)?,
            b"files" => space.files = integer(input)?,
            b"files_free" => space.files_free = integer(input)?,
            _ => input.skip()?,
        }
        Ok(())
    })?;
    Ok(space)
}

const NO_NUMBER: &str = "a number is missing";

fn integer(input: &mut Input) -> Result<u64, ImportError> {
    let number = input.number(NO_NUMBER)?.and_then(Number::unsigned);
    number.ok_or_else(|| input.invalid(NO_NUMBER))
}

/// Parses the elements of an array.
fn elements(
    input: &mut Input,
    mut element: impl FnMut(&mut Input) -> Result<(), ImportError>,
) -> Result<(), ImportError> {
    input.expect(b'[', "an array is missing")?;
    if input.next_token()? == b']' {
        return input.token().map(drop);
    }
    loop {
        element(input)?;
        match input.token()? {
            b',' => {}
            b']' => return Ok(()),
            _ => return Err(input.invalid("a comma or a closing bracket is missing")),
        }
    }
}

/// Parses the members of an object.
fn members(
    input: &mut Input,
    mut member: impl FnMut(&[u8], &mut Input) -> Result<(), ImportError>,
) -> Result<(), ImportError> {
    input.expect(b'{', "an object is missing")?;
    let mut is_first = true;
    while input.key(&mut is_first)? {
        let key = input.key.clone();
        member(&key, input)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_file_systems_of_a_footer_are_read() {
        let text = r#"[{"fs":"UUID=a","device":"8:1","type":"ext4","mount":"/srv","started":{"size":9},
            "ended":{"size":100,"free":60,"available":50,"files":10,"files_free":7}},{"fs":"b","device":"0:1"}]"#;
        let space = Space {
            size: 100,
            free: 60,
            available: 50,
            files: 10,
            files_free: 7,
        };
        let expected = [
            MountedSpace {
                mount_point: b"/srv".into(),
                space: Some(space),
            },
            MountedSpace::default(),
        ];
        assert_eq!(json(text.into(), filesystems), Ok(expected.into()));
        for text in ["", "[", "[{}", "{}", r#"[{"ended":{"size":-1}}]"#, "[1]"] {
            assert!(json(text.into(), filesystems).is_err(), "{text}");
        }
        assert_eq!(json("[]".into(), operands), Ok(Vec::new()));
        let names = Ok(vec![b"/a b".to_vec(), b"/\"".to_vec()]);
        assert_eq!(json(r#"["/a b", "/\""]"#.into(), operands), names);
    }
}
