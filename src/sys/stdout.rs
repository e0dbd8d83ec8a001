//! Standard output as a writer.

use std::io::{self, Write};

use rustix::io::Errno;

use crate::sys::retry::{self, without_eintr};

/// Standard output, unbuffered; unlike that of std, it returns an error where it is closed.
#[derive(Debug, Clone, Copy)]
pub struct Stdout {
    is_closed: bool,
}

impl Stdout {
    /// The process's standard output; `is_closed` where the process started without one, and std has put `/dev/null` there.
    #[must_use]
    pub fn new(is_closed: bool) -> Self {
        Self { is_closed }
    }
}

impl Write for Stdout {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.is_closed {
            return Err(Errno::BADF.into());
        }
        without_eintr(retry::write(rustix::stdio::stdout(), bytes).map_err(Into::into))
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
