//! A pull parser for JSON: the caller states which token comes next, and gets an error with the offset if another one
//! does. Memory: a buffer of fixed size, and the strings of the caller.

use std::io::Read;

use rustix::io::Errno;

use super::error::ImportError;
use super::number::{self, Decimal, Number};
use crate::sys::retry::retry;

/// The greatest length of a string: 256 times that of the longest path on Linux.
const LONGEST: usize = 1024 * 1024;

/// The greatest depth of skipped values.
const DEEPEST: usize = 256;

const CUT_OFF: &str = "the export ends before it is whole";

/// U+FEFF in UTF-8, which programs on Windows write at the start of a text.
const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// See the module.
pub(super) struct Input {
    from: Box<dyn Read>,
    buffer: Box<[u8]>,
    /// The unread part of the buffer.
    at: usize,
    end: usize,
    /// The number of bytes before the buffer.
    before: u64,
    /// The text of the last number.
    number: Vec<u8>,
    /// The last key.
    pub(super) key: Vec<u8>,
}

impl Input {
    pub(super) fn new(from: Box<dyn Read>) -> Self {
        Self {
            from,
            buffer: vec![0; 64 * 1024].into(),
            at: 0,
            end: 0,
            before: 0,
            number: Vec::new(),
            key: Vec::new(),
        }
    }

    /// The error that the last byte is not valid.
    pub(super) fn invalid(&self, message: &'static str) -> ImportError {
        ImportError::Format((self.before + self.at as u64).saturating_sub(1), message)
    }

    fn cut_off(&self) -> ImportError {
        ImportError::Format(self.before + self.at as u64, CUT_OFF)
    }

    /// The unread part of the buffer, filled if it was empty; empty at the end of the input.
    fn window(&mut self) -> Result<&[u8], ImportError> {
        if self.at == self.end {
            self.before += self.end as u64;
            (self.at, self.end) = (0, 0);
            self.end = self.fill()?;
        }
        Ok(&self.buffer[self.at..self.end])
    }

    /// Reads the next part of the input to the end of the buffered part. Returns the number of bytes.
    fn fill(&mut self) -> Result<usize, ImportError> {
        let (from, room) = (&mut self.from, &mut self.buffer[self.end..]);
        match retry(|| from.read(room)) {
            Ok(count) => Ok(count.min(room.len())),
            Err(error) => {
                let errno = error.raw_os_error().unwrap_or(Errno::IO.raw_os_error());
                Err(ImportError::Read(errno))
            }
        }
    }

    /// The first bytes of the input, at least `count` of them unless it is shorter. Skips a byte order mark.
    pub(super) fn start(&mut self, count: usize) -> Result<&[u8], ImportError> {
        while self.end < count {
            match self.fill()? {
                0 => break,
                read => self.end += read,
            }
        }
        let start = &self.buffer[..self.end];
        self.at = if start.starts_with(BYTE_ORDER_MARK) {
            BYTE_ORDER_MARK.len()
        } else {
            0
        };
        Ok(start)
    }

    /// The next byte, without consuming it.
    fn peek(&mut self) -> Result<Option<u8>, ImportError> {
        Ok(self.window()?.first().copied())
    }

    fn byte(&mut self) -> Result<u8, ImportError> {
        let Some(byte) = self.peek()? else {
            return Err(self.cut_off());
        };
        self.at += 1;
        Ok(byte)
    }

    /// The next byte that is not white space.
    pub(super) fn token(&mut self) -> Result<u8, ImportError> {
        loop {
            let byte = self.byte()?;
            if !matches!(byte, b' ' | b'\n' | b'\r' | b'\t') {
                return Ok(byte);
            }
        }
    }

    /// The next byte that is not white space, without consuming it.
    pub(super) fn next_token(&mut self) -> Result<u8, ImportError> {
        let byte = self.token()?;
        // It is in the buffer still.
        self.at -= 1;
        Ok(byte)
    }

    pub(super) fn expect(&mut self, byte: u8, otherwise: &'static str) -> Result<(), ImportError> {
        match self.token()? == byte {
            true => Ok(()),
            false => Err(self.invalid(otherwise)),
        }
    }

    /// True where only white space follows.
    pub(super) fn end(&mut self) -> Result<bool, ImportError> {
        while let Some(byte) = self.peek()? {
            self.at += 1;
            if !byte.is_ascii_whitespace() {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Reads the next key of an object and its colon; false at the end of the object.
    pub(super) fn key(&mut self, is_first: &mut bool) -> Result<bool, ImportError> {
        let mut token = self.token()?;
        if token == b'}' {
            return Ok(false);
        }
        if !std::mem::take(is_first) {
            if token != b',' {
                return Err(self.invalid("a comma or a closing brace is missing"));
            }
            token = self.token()?;
        }
        if token != b'"' {
            return Err(self.invalid("a key is missing"));
        }
        let mut key = std::mem::take(&mut self.key);
        let read = self.string(&mut key);
        self.key = key;
        read?;
        self.expect(b':', "a colon is missing")?;
        Ok(true)
    }

    /// Reads a string. Returns its offset.
    pub(super) fn next_string(&mut self, text: &mut Vec<u8>) -> Result<u64, ImportError> {
        self.expect(b'"', "a string is missing")?;
        let start = self.before + self.at as u64;
        self.string(text)?;
        Ok(start)
    }

    /// Reads a string after its opening quote.
    fn string(&mut self, text: &mut Vec<u8>) -> Result<(), ImportError> {
        text.clear();
        let mut high = None;
        loop {
            let window = self.window()?;
            let is_plain = |byte: &u8| !matches!(byte, b'"' | b'\\' | 0..=0x1f);
            let plain = window.iter().take_while(|byte| is_plain(byte)).count();
            text.extend_from_slice(&window[..plain]);
            self.at += plain;
            if text.len() > LONGEST {
                return Err(self.invalid("a string is too long"));
            }
            if plain > 0 && self.at == self.end {
                continue;
            }
            match self.byte()? {
                b'"' => return Ok(()),
                b'\\' => self.escape(text, &mut high)?,
                _ => return Err(self.invalid("a control character in a string")),
            }
        }
    }

    /// Reads an escape after its backslash. `high` is the first half of a pair, and where it ends in the text.
    fn escape(
        &mut self,
        text: &mut Vec<u8>,
        high: &mut Option<(u16, usize)>,
    ) -> Result<(), ImportError> {
        text.push(match self.byte()? {
            byte @ (b'"' | b'\\' | b'/') => byte,
            b'b' => 0x08,
            b'f' => 0x0c,
            b'n' => b'\n',
            b'r' => b'\r',
            b't' => b'\t',
            b'u' => {
                push_unit(self.unit()?, high, text);
                return Ok(());
            }
            _ => return Err(self.invalid("an escape is unknown")),
        });
        Ok(())
    }

    fn unit(&mut self) -> Result<u16, ImportError> {
        let mut unit = 0;
        for _ in 0..4 {
            let digit = char::from(self.byte()?).to_digit(16);
            match digit.and_then(|digit| u16::try_from(digit).ok()) {
                Some(digit) => unit = unit << 4 | digit,
                None => return Err(self.invalid("an escape is no hexadecimal number")),
            }
        }
        Ok(unit)
    }

    /// Reads a number, or a null, which is none.
    pub(super) fn number(
        &mut self,
        otherwise: &'static str,
    ) -> Result<Option<Number>, ImportError> {
        match self.token()? {
            b'n' => self.rest_of(b"ull").map(|()| None),
            first @ (b'-' | b'0'..=b'9') => {
                if let Some(whole) = self.short_integer(first) {
                    return Ok(Some(Number::from(whole)));
                }
                self.number_text(first)?;
                let Some(decimal) = Decimal::parse(&self.number) else {
                    return Err(self.invalid(otherwise));
                };
                let value = decimal.value().map(Some);
                value.ok_or_else(|| self.invalid("a number is too large"))
            }
            _ => Err(self.invalid(otherwise)),
        }
    }

    /// Reads the rest of an integer of at most 19 digits, if all of it is in the buffer. Nearly every number is one; an
    /// import takes a quarter more time without this.
    fn short_integer(&mut self, first: u8) -> Option<u64> {
        let window = &self.buffer[self.at..self.end];
        let mut whole = u64::from(first.checked_sub(b'0')?);
        let mut length = 0;
        let after = loop {
            let byte = *window.get(length)?;
            if !byte.is_ascii_digit() {
                break byte;
            }
            // Neither 20 digits, nor a zero before other digits.
            if length == 18 || whole == 0 {
                return None;
            }
            whole = whole * 10 + u64::from(byte - b'0');
            length += 1;
        };
        if matches!(after, b'.' | b'e' | b'E' | b'+' | b'-') {
            return None;
        }
        self.at += length;
        Some(whole)
    }

    /// Reads the rest of a number, and keeps its text.
    fn number_text(&mut self, first: u8) -> Result<(), ImportError> {
        self.number.clear();
        self.number.push(first);
        loop {
            let window = self.window()?;
            let is_part = |byte: &u8| byte.is_ascii_digit() || b"+-.eE".contains(byte);
            let length = window.iter().take_while(|byte| is_part(byte)).count();
            let part = &self.buffer[self.at..self.at + length];
            self.number.extend_from_slice(part);
            self.at += length;
            if self.number.len() > number::LONGEST {
                return Err(self.invalid("a number is too long"));
            }
            if length == 0 || self.at < self.end {
                return Ok(());
            }
        }
    }

    /// Reads true or false; a null is false, and so is the number 0.
    pub(super) fn boolean(&mut self) -> Result<bool, ImportError> {
        let no_boolean = "true or false is missing";
        match self.token()? {
            b't' => self.rest_of(b"rue").map(|()| true),
            b'f' => self.rest_of(b"alse").map(|()| false),
            _ => {
                self.at -= 1;
                let number = self.number(no_boolean)?;
                Ok(number.is_some_and(|number| (number.whole, number.nanos) != (0, 0)))
            }
        }
    }

    fn rest_of(&mut self, word: &[u8]) -> Result<(), ImportError> {
        for &letter in word {
            if self.byte()? != letter {
                return Err(self.invalid("a word is unknown"));
            }
        }
        Ok(())
    }

    /// Skips a value of any type.
    pub(super) fn skip(&mut self) -> Result<(), ImportError> {
        // The closing brackets of the open arrays and objects.
        let mut open = Vec::new();
        loop {
            if let Some(close) = self.skip_beginning()? {
                open.push(close);
                if open.len() > DEEPEST {
                    return Err(self.invalid("a value is nested too deeply"));
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
                            self.skip_key()?;
                        }
                        break;
                    }
                    _ => return Err(self.invalid("a comma or a closing bracket is missing")),
                }
            }
        }
    }

    /// Skips a scalar, or the beginning of an array or object: then returns its closing bracket.
    fn skip_beginning(&mut self) -> Result<Option<u8>, ImportError> {
        match self.token()? {
            b'"' => self.string(&mut Vec::new())?,
            b't' => self.rest_of(b"rue")?,
            b'f' => self.rest_of(b"alse")?,
            b'n' => self.rest_of(b"ull")?,
            first @ (b'-' | b'0'..=b'9') => {
                self.number_text(first)?;
                if Decimal::parse(&self.number).is_none() {
                    return Err(self.invalid("a number has another form than in JSON"));
                }
            }
            b'[' => return self.skip_opening(b']'),
            b'{' => return self.skip_opening(b'}'),
            _ => return Err(self.invalid("a value is missing")),
        }
        Ok(None)
    }

    fn skip_opening(&mut self, close: u8) -> Result<Option<u8>, ImportError> {
        let token = self.token()?;
        if token == close {
            return Ok(None);
        }
        if close == b']' {
            // Unread the first byte of the first value.
            self.at -= 1;
        } else if token == b'"' {
            self.skip_key()?;
        } else {
            return Err(self.invalid("a key is missing"));
        }
        Ok(Some(close))
    }

    /// Skips a key after its opening quote, and its colon.
    fn skip_key(&mut self) -> Result<(), ImportError> {
        self.string(&mut Vec::new())?;
        self.expect(b':', "a colon is missing")
    }
}

/// Appends a UTF-16 unit. `high` is the unit before it, if that is the first half of a pair, and where it ends.
///
/// Half a pair is no character. Python writes a byte that is not UTF-8 as one half, U+DC80 to U+DCFF (surrogateescape).
/// Other halves come from names on Windows, and are encoded as if they were characters (WTF-8): different names stay
/// different.
fn push_unit(unit: u16, high: &mut Option<(u16, usize)>, text: &mut Vec<u8>) {
    let pair = high.take().filter(|(_, end)| *end == text.len());
    if let Some((first, end)) = pair
        && let Some(Ok(character)) = char::decode_utf16([first, unit]).next()
    {
        text.truncate(end - 3);
        return push_character(character, text);
    }
    match (char::from_u32(unit.into()), unit.to_be_bytes()) {
        (Some(character), _) => push_character(character, text),
        (None, [0xdc, byte]) if byte >= 0x80 => text.push(byte),
        (None, [first, second]) => {
            let middle = 0x80 | (first & 0x0f) << 2 | second >> 6;
            text.extend_from_slice(&[0xed, middle, 0x80 | second & 0x3f]);
            *high = Some((unit, text.len()));
        }
    }
}

fn push_character(character: char, text: &mut Vec<u8>) {
    text.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes());
}
