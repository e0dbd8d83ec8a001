//! The explorer on a pseudo-terminal, and its screen: for `benches/compare` and `examples/picture.rs`, so it imports nothing
//! from outside of this file.

#![allow(dead_code, reason = "each program uses its part")]

use std::fs::File;
use std::io::{self, Read, Write};
use std::num::NonZeroU16;
use std::process::{Child, Command, ExitStatus, Stdio};

use rustix::fs::{Mode, OFlags};
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use rustix::termios::{Winsize, tcsetwinsize};
use vt100::Parser;

/// See the module.
pub(crate) struct Browse {
    keys: File,
    parser: Parser,
    child: Child,
}

impl Browse {
    /// Starts a program on a terminal of so many columns and rows.
    pub(crate) fn start(mut command: Command, (columns, rows): (u16, u16)) -> io::Result<Self> {
        let keys = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY | OpenptFlags::CLOEXEC)?;
        grantpt(&keys)?;
        unlockpt(&keys)?;
        let size = Winsize {
            ws_row: rows,
            ws_col: columns,
            ws_xpixel: 0,
            ws_ypixel: 0,
        };
        tcsetwinsize(&keys, size)?;
        let flags = OFlags::RDWR | OFlags::NOCTTY | OFlags::CLOEXEC;
        let screen = rustix::fs::open(ptsname(&keys, Vec::new())?, flags, Mode::empty())?;
        command
            .env("TERM", "xterm-256color")
            .env("LC_ALL", "C.UTF-8");
        command.stdin(Stdio::from(screen.try_clone()?));
        command.stdout(Stdio::from(screen));
        let child = command.spawn()?;
        // The command holds copies of the other side; while they are open, the terminal never ends.
        drop(command);
        let number = |number| NonZeroU16::new(number).ok_or(io::ErrorKind::InvalidInput);
        Ok(Self {
            keys: keys.into(),
            parser: Parser::new(number(rows)?, number(columns)?, 0),
            child,
        })
    }

    /// Presses keys.
    pub(crate) fn press(&mut self, keys: &[u8]) -> io::Result<()> {
        self.keys.write_all(keys)
    }

    /// The screen as it is now.
    pub(crate) fn screen(&self) -> &vt100::Screen {
        self.parser.screen()
    }

    /// Reads on until the screen satisfies. False where the program has ended before.
    pub(crate) fn wait_until(&mut self, satisfies: impl Fn(&vt100::Screen) -> bool) -> bool {
        let mut buffer = [0; 64 * 1024];
        while !satisfies(self.parser.screen()) {
            // Reading fails once no process has the terminal open.
            match self.keys.read(&mut buffer) {
                Ok(count) if count > 0 => self.parser.process(&buffer[..count]),
                _ => return false,
            }
        }
        true
    }

    /// Reads to the end, and waits for the program.
    pub(crate) fn end(mut self) -> io::Result<ExitStatus> {
        self.wait_until(|_| false);
        self.child.wait()
    }
}
