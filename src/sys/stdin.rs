//! Standard input, read without a buffer.

use std::io::{self, Read};

use pdu_startup::{Stream, was_closed};

use crate::sys::retry::read_all;

/// Reads standard input to its end. std treats one that is closed, or not open for reading, as empty.
pub fn read_stdin(text: &mut Vec<u8>) -> io::Result<()> {
    read_all(Stdin, text)
}

/// Standard input, unbuffered; unlike that of std, it returns an error where it is closed.
#[derive(Debug, Clone, Copy)]
pub struct Stdin;

impl Read for Stdin {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if was_closed(Stream::Input) {
            return Err(rustix::io::Errno::BADF.into());
        }
        Ok(rustix::io::read(rustix::stdio::stdin(), buffer)?)
    }
}
