//! A pull parser for JSON: the caller states which token comes next, and gets an error with the offset if another one
//! does. Memory: a buffer of fixed size, and the strings of the caller.

use std::io::Read;

use rustix::io::Errno;

use super::error::ImportError;
use crate::count::usage::FileTime;
use crate::sys::retry::retry;

/// The greatest length of a string: 256 times that of the longest path on Linux.
const LONGEST: usize = 1024 * 1024;

/// The greatest depth of skipped values.
const DEEPEST: usize = 256;

const CUT_OFF: &str = "the export ends before it is whole";

/// See the module.
pub(super) struct Input {
    from: Box<dyn Read>,
    buffer: Box<[u8]>,
    /// The unread part of the buffer.
    at: usize,
    end: usize,
    /// The number of bytes before the buffer.
    before: u64,
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

    /// True where the part of the input that was read first begins with these bytes.
    pub(super) fn begins_with(&mut self, bytes: &[u8]) -> Result<bool, ImportError> {
        Ok(self.window()?.starts_with(bytes))
    }

    /// Reads the next part of the input.
    fn fill(&mut self) -> Result<usize, ImportError> {
        match retry(|| self.from.read(&mut self.buffer)) {
            Ok(count) => Ok(count.min(self.buffer.len())),
            Err(error) => {
                let errno = error.raw_os_error().unwrap_or(Errno::IO.raw_os_error());
                Err(ImportError::Read(errno))
            }
        }
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
                b'\\' => self.escape(text)?,
                _ => return Err(self.invalid("a control character in a string")),
            }
        }
    }

    fn escape(&mut self, text: &mut Vec<u8>) -> Result<(), ImportError> {
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
            _ => return Err(self.invalid("an escape is unknown")),
        });
        Ok(())
    }

    /// Reads a character of one or two UTF-16 units, after the first `\u`.
    fn character(&mut self) -> Result<char, ImportError> {
        let first = self.unit()?;
        let mut units = vec![first];
        if (0xd800..0xdc00).contains(&first) && self.byte()? == b'\\' && self.byte()? == b'u' {
            units.push(self.unit()?);
        }
        match char::decode_utf16(units).next() {
            Some(Ok(character)) => Ok(character),
            _ => Err(self.invalid("half a character is escaped")),
        }
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

    pub(super) fn integer(&mut self) -> Result<u64, ImportError> {
        self.next_integer("a whole number of 0 or more is missing")
    }

    pub(super) fn next_integer(&mut self, otherwise: &'static str) -> Result<u64, ImportError> {
        match self.token()? {
            digit @ b'0'..=b'9' => self.digits(digit, otherwise),
            _ => Err(self.invalid(otherwise)),
        }
    }

    /// The rest of an integer after its first digit.
    fn digits(&mut self, first: u8, otherwise: &'static str) -> Result<u64, ImportError> {
        let number = self.many_digits(first)?;
        match self.peek()? {
            Some(b'.' | b'e' | b'E') => Err(self.invalid(otherwise)),
            _ => Ok(number),
        }
    }

    fn many_digits(&mut self, first: u8) -> Result<u64, ImportError> {
        let mut number = u64::from(first - b'0');
        while let Some(digit @ b'0'..=b'9') = self.peek()? {
            self.at += 1;
            let next = number.checked_mul(10);
            let next = next.and_then(|number| number.checked_add(u64::from(digit - b'0')));
            number = next.ok_or_else(|| self.invalid("a number is too large"))?;
        }
        Ok(number)
    }

    pub(super) fn small_integer(&mut self) -> Result<u32, ImportError> {
        let number = self.integer()?;
        u32::try_from(number).map_err(|_| self.invalid("a number is too large"))
    }

    /// Seconds since the epoch, with or without a fraction. For a time before the epoch, ncdu writes the negative number
    /// as an unsigned one.
    pub(super) fn time(&mut self) -> Result<FileTime, ImportError> {
        let no_time = "a time is no number of seconds";
        let mut token = self.token()?;
        let is_negative = token == b'-';
        if is_negative {
            token = self.byte()?;
        }
        if !token.is_ascii_digit() {
            return Err(self.invalid(no_time));
        }
        let seconds = self.many_digits(token)?.cast_signed();
        let seconds = if is_negative {
            seconds.wrapping_neg()
        } else {
            seconds
        };
        let nanoseconds = match self.peek()? {
            Some(b'.') => self.fraction()?,
            Some(b'e' | b'E') => return Err(self.invalid(no_time)),
            _ => 0,
        };
        let (seconds, nanoseconds) = match (is_negative, nanoseconds) {
            (true, 1..) => (seconds.saturating_sub(1), 1_000_000_000 - nanoseconds),
            _ => (seconds, nanoseconds),
        };
        Ok(FileTime {
            seconds,
            nanoseconds,
        })
    }

    /// The nanoseconds in a fraction.
    fn fraction(&mut self) -> Result<u32, ImportError> {
        self.at += 1;
        let (mut nanoseconds, mut unit) = (0, 100_000_000);
        while let Some(digit @ b'0'..=b'9') = self.peek()? {
            self.at += 1;
            nanoseconds += u32::from(digit - b'0') * unit;
            unit /= 10;
        }
        Ok(nanoseconds)
    }

    pub(super) fn boolean(&mut self) -> Result<bool, ImportError> {
        match self.token()? {
            b't' => self.rest_of(b"rue").map(|()| true),
            b'f' => self.rest_of(b"alse").map(|()| false),
            _ => Err(self.invalid("true or false is missing")),
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
            b'-' | b'0'..=b'9' => {
                while let Some(b'0'..=b'9' | b'+' | b'-' | b'.' | b'e' | b'E') = self.peek()? {
                    self.at += 1;
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
