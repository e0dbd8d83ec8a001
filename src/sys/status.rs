//! All of standard error: messages, the progress line, the summary.
//!
//! One writer for the terminal: the progress line is erased before anything else is written there, on standard error as
//! well as (by the caller, through [`Status::clear`]) on standard output. Names are quoted, so that no control character
//! of a name reaches a terminal. An error of standard error itself cannot be reported; a lost message is recorded for the
//! exit status.

use std::borrow::Cow;
use std::io::IsTerminal;
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, never, tick};
use humansize::BINARY;
use rustix::event::{PollFd, PollFlags, Timespec, poll};

use crate::gnu::quote::{self, Charset, Style};
use crate::sys::columns::head;
use crate::sys::failure::{Failure, Operation};
use crate::sys::human_size::human_size;
use crate::sys::retry;

const EMPTY_NAME: &str = "invalid zero-length file name";

/// Columns of a terminal that does not know its width.
const COLUMNS: u16 = 80;

/// Time between two progress lines.
const TICK: Duration = Duration::from_millis(500);

/// The options of messages.
#[derive(Debug, Clone)]
pub struct StatusOptions {
    /// The name that messages begin with.
    pub program: Vec<u8>,
    /// The characters that the terminal can show.
    pub charset: Charset,
    /// Progress and summary are wanted (`-v`).
    pub verbose: bool,
    /// The terminal understands no control sequences (`TERM` is `dumb`, or nothing is known about it).
    pub dumb: bool,
}

/// The progress of the walk.
#[derive(Debug, Clone, Default)]
pub struct Progress {
    /// Entries met.
    pub entries: u64,
    /// Their allocated size in bytes; links count each time.
    pub bytes: u128,
    /// Per cent of the entries that exist, where that is known.
    pub per_cent: Option<u8>,
    /// The directory of the last listing, or the one that does not answer.
    pub path: Vec<u8>,
    /// For how long it has not answered.
    pub silence: Option<Duration>,
}

/// The numbers of the last line.
#[derive(Debug, Clone, Copy)]
pub struct Summary {
    /// Entries that are no directories.
    pub files: u64,
    /// Directories.
    pub directories: u64,
    /// Allocated size in bytes.
    pub bytes: u128,
    /// Failed operations.
    pub errors: u64,
}

/// See the module.
#[derive(Debug)]
pub struct Status {
    options: StatusOptions,
    is_terminal: bool,
    /// The terminal can be drawn on.
    draws: bool,
    /// A progress line is on the terminal.
    drawn: bool,
    /// A message could not be written.
    lost: bool,
    /// Nothing is written.
    is_silent: bool,
    started: Instant,
}

impl Status {
    /// Starts the clock of the summary.
    #[must_use]
    pub fn new(options: StatusOptions) -> Self {
        let is_terminal = std::io::stderr().is_terminal();
        Self {
            is_terminal,
            draws: is_terminal && !options.dumb,
            options,
            drawn: false,
            lost: false,
            is_silent: false,
            started: Instant::now(),
        }
    }

    /// The same for a report beside the one that the user sees: nothing is written.
    #[must_use]
    pub fn silent(options: StatusOptions) -> Self {
        Self {
            is_silent: true,
            ..Self::new(options)
        }
    }

    /// The options.
    #[must_use]
    pub fn options(&self) -> &StatusOptions {
        &self.options
    }

    /// True where progress is wanted.
    #[must_use]
    pub fn is_verbose(&self) -> bool {
        self.options.verbose
    }

    /// Ticks for the progress line: none where it is not wanted.
    #[must_use]
    pub fn ticks(&self) -> Receiver<Instant> {
        match self.is_verbose() {
            true => tick(TICK),
            false => never(),
        }
    }

    /// Writes one message line after the program's name.
    pub fn message(&mut self, message: &[u8]) {
        self.clear();
        let line = self.line(message);
        self.lost |= !self.write(&line);
    }

    fn line(&self, message: &[u8]) -> Vec<u8> {
        let line = [self.options.program.as_slice(), b": ", message].concat();
        [&*self.printable(&line), b"\n"].concat()
    }

    /// Without control characters, where a terminal shows it. Names are quoted already; some of GNU's messages have words of
    /// the command line, and the name of the program, unquoted.
    fn printable<'a>(&self, line: &'a [u8]) -> Cow<'a, [u8]> {
        match self.is_terminal {
            true => Cow::Owned(quote::printable(line, self.options.charset)),
            false => Cow::Borrowed(line),
        }
    }

    /// The message of a cancelled run that does not end in time, for [`write_without_waiting`].
    #[must_use]
    pub fn cancelled_message(&self) -> Vec<u8> {
        let erase: &[u8] = match self.draws && self.options.verbose {
            true => b"\r\x1b[K",
            false => b"",
        };
        [erase, &*self.line(b"cancelled: the result is incomplete")].concat()
    }

    /// True once a message could not be written. Progress and summary are no messages.
    #[must_use]
    pub fn has_lost_message(&self) -> bool {
        self.lost
    }

    /// Writes lines without the program's name.
    pub fn write_lines(&mut self, lines: &[u8]) {
        self.clear();
        for line in lines.split_inclusive(|&byte| byte == b'\n') {
            let line = line.strip_suffix(b"\n").unwrap_or(line);
            self.lost |= !self.write(&[&*self.printable(line), b"\n"].concat());
        }
    }

    /// Writes the message of a failure.
    pub fn failure(&mut self, path: &[u8], failure: Failure) {
        self.message(&failure_text(path, failure, self.options.charset));
    }

    /// A name as messages contain it, always in quotes.
    #[must_use]
    pub fn quoted_always(&self, path: &[u8]) -> Vec<u8> {
        quote::quoteaf(path, self.options.charset)
    }

    /// A name as messages begin with it.
    #[must_use]
    pub fn quoted(&self, path: &[u8]) -> Vec<u8> {
        quote::quotef(path, self.options.charset)
    }

    /// Writes that a time has no date.
    pub fn time_out_of_range(&mut self, seconds: i64) {
        let seconds = quote::quote(seconds.to_string().as_bytes(), self.options.charset);
        self.message(&[b"time ", &*seconds, b" is out of range"].concat());
    }

    /// Draws the progress line, or writes a plain one where standard error is no terminal.
    pub fn progress(&mut self, progress: &Progress) {
        if !self.options.verbose {
            return;
        }
        let text = self.progress_text(progress);
        if !self.draws {
            self.write(format!("{text}\n").as_bytes());
            return;
        }
        if !self.is_in_foreground() {
            return;
        }
        let width = usize::from(columns().unwrap_or(COLUMNS)).saturating_sub(1);
        let line = format!("\r{}\x1b[K", head(&text, width));
        self.write(line.as_bytes());
        self.drawn = true;
    }

    /// Enter was pressed: the cursor is on the line below the progress line.
    pub fn enter_was_echoed(&mut self) {
        if self.drawn {
            self.write(b"\x1b[A");
        }
    }

    /// Erases the progress line, if there is one. Not in the background: the cursor is on a line of another program.
    pub fn clear(&mut self) {
        if std::mem::take(&mut self.drawn) && self.is_in_foreground() {
            self.write(b"\r\x1b[K");
        }
    }

    /// Writes the summary.
    pub fn summary(&mut self, summary: &Summary) {
        if !self.options.verbose {
            return;
        }
        let elapsed = self.started.elapsed();
        let Summary {
            files,
            directories,
            bytes,
            errors,
        } = *summary;
        let line = format!(
            "{files} files, {directories} directories, {}, {}, {} entries/s, {errors} errors",
            size(bytes),
            clock(elapsed),
            rate(files + directories, elapsed),
        );
        self.clear();
        self.write(&self.line(line.as_bytes()));
    }

    fn progress_text(&self, progress: &Progress) -> String {
        let elapsed = self.started.elapsed();
        let per_cent = match progress.per_cent {
            Some(per_cent) => format!("{per_cent}%  "),
            None => String::new(),
        };
        let mut path = Vec::new();
        quote::apply(
            Style::ShellEscape,
            &progress.path,
            self.options.charset,
            &mut path,
        );
        let silence = match progress.silence {
            Some(silence) => format!("no answer for {}s: ", silence.as_secs()),
            None => String::new(),
        };
        format!(
            "{per_cent}{} entries  {}  {}/s  {}  {silence}{}",
            progress.entries,
            size(progress.bytes),
            rate(progress.entries, elapsed),
            clock(elapsed),
            String::from_utf8_lossy(&path),
        )
    }

    /// Whether this process may draw: in the background it would draw over the shell.
    fn is_in_foreground(&self) -> bool {
        let terminal = rustix::termios::tcgetpgrp(rustix::stdio::stderr());
        terminal.is_ok_and(|group| group == rustix::process::getpgrp())
    }

    /// False where the bytes could not be written.
    fn write(&self, bytes: &[u8]) -> bool {
        self.is_silent || write(bytes)
    }
}

/// The text of an error of std.
#[must_use]
pub fn reason_of(error: &std::io::Error) -> String {
    match error.raw_os_error() {
        Some(errno) => reason(errno),
        None => error.to_string(),
    }
}

/// The message of a failure, with the path quoted.
#[must_use]
pub fn failure_text(path: &[u8], failure: Failure, charset: Charset) -> Vec<u8> {
    let quoted = || quote::quoteaf(path, charset);
    let plain = || quote::quotef(path, charset);
    let reason = format!(": {}", reason(failure.errno));
    let (before, path, after) = match failure.operation {
        Operation::Access => ("cannot access ", quoted(), reason),
        Operation::Follow => ("cannot access ", quoted(), String::new()),
        Operation::ReadDirectory => ("cannot read directory ", quoted(), reason),
        Operation::ReadOn => ("", plain(), reason),
        Operation::ReadTag => ("cannot read ", quoted(), reason),
        Operation::OpenNames => ("cannot open ", quoted(), format!(" for reading{reason}")),
        Operation::ReadNames => ("", plain(), format!(": read error{reason}")),
        Operation::Exported | Operation::ExportedInPart | Operation::ExportedEntry => {
            let after = ": could not be read when the export was made";
            ("", plain(), after.to_owned())
        }
        Operation::StoreSize => (
            "",
            plain(),
            ": the size does not fit into 63 bits".to_owned(),
        ),
        Operation::ExportedSize => {
            let after = ": the size did not fit into 63 bits when the export was made";
            ("", plain(), after.to_owned())
        }
        Operation::CreateOutput => ("cannot create ", quoted(), reason),
        Operation::WriteOutput => ("error writing ", quoted(), reason),
        Operation::RemoveFile => ("cannot remove ", quoted(), reason),
        Operation::EmptyName(0) => return EMPTY_NAME.into(),
        Operation::EmptyName(number) => ("", plain(), format!(":{number}: {EMPTY_NAME}")),
        Operation::DashInList => {
            let before = "when reading file names from standard input, no file name of ";
            (before, quoted(), " allowed".to_owned())
        }
    };
    [before.as_bytes(), &path, after.as_bytes()].concat()
}

/// The system's text for an error number.
#[must_use]
pub fn reason(errno: i32) -> String {
    let text = std::io::Error::from_raw_os_error(errno).to_string();
    match text.rfind(" (os error") {
        Some(end) => text[..end].to_owned(),
        None => text,
    }
}

/// Writes a message from another thread, where standard error takes it at once: the process ends anyway.
pub fn write_without_waiting(message: &[u8]) {
    let errors = rustix::stdio::stderr();
    let mut ready = [PollFd::new(&errors, PollFlags::OUT)];
    let polled = poll(&mut ready, Some(&Timespec::default()));
    if polled.is_ok() && ready[0].revents().contains(PollFlags::OUT) {
        write(message);
    }
}

/// False where the bytes could not be written, or standard error was closed at the start (std opens `/dev/null` there).
fn write(mut bytes: &[u8]) -> bool {
    while !bytes.is_empty() {
        match retry::write(rustix::stdio::stderr(), bytes) {
            Ok(count) if count > 0 => bytes = &bytes[count..],
            _ => return false,
        }
    }
    !pdu_startup::was_closed(pdu_startup::Stream::Error)
}

/// Columns of the terminal of standard error, where it is one and knows them.
#[must_use]
pub fn columns() -> Option<u16> {
    let size = rustix::termios::tcgetwinsize(rustix::stdio::stderr()).ok()?;
    Some(size.ws_col).filter(|&columns| columns > 0)
}

fn size(bytes: u128) -> String {
    human_size(bytes, BINARY)
}

fn rate(entries: u64, elapsed: Duration) -> u64 {
    let milliseconds = elapsed.as_millis().max(1);
    u64::try_from(u128::from(entries) * 1000 / milliseconds).unwrap_or(u64::MAX)
}

/// Seconds with one decimal below a minute, then minutes and seconds, then hours.
fn clock(elapsed: Duration) -> String {
    let seconds = elapsed.as_secs();
    match seconds {
        0..60 => format!("{:.1}s", elapsed.as_secs_f64()),
        60..3600 => format!("{}:{:02}", seconds / 60, seconds % 60),
        _ => {
            let minutes = seconds / 60;
            format!("{}:{:02}:{:02}", minutes / 60, minutes % 60, seconds % 60)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_read_like_a_clock() {
        for (milliseconds, expected) in [
            (0, "0.0s"),
            (59_900, "59.9s"),
            (60_000, "1:00"),
            (3_599_000, "59:59"),
            (36_061_000, "10:01:01"),
        ] {
            assert_eq!(clock(Duration::from_millis(milliseconds)), expected);
        }
    }

    #[test]
    fn the_reason_is_the_system_s_without_the_number() {
        assert_eq!(reason(2), "No such file or directory");
        assert_eq!(reason(13), "Permission denied");
    }
}
