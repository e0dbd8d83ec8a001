//! What a terminal shows after the bytes of a program, by a terminal of another maker (vt100).

use std::ffi::OsStr;
use std::num::NonZeroU16;
use std::os::unix::process::ExitStatusExt;
use std::process::ExitStatus;
use std::time::{Duration, Instant};

use rustix::termios::Winsize;
use vt100::{MouseProtocolMode, Parser};

use super::run::HANG_TIMEOUT;
use super::terminal::{Streams, Terminal};
use super::tree::Tree;

/// Columns and rows of most screens.
pub(crate) const SIZE: (u16, u16) = (80, 24);

/// A synchronised update: a terminal shows all of it at once.
const FRAME_BEGINS: &[u8] = b"\x1b[?2026h";
const FRAME_ENDS: &[u8] = b"\x1b[?2026l";

/// A pseudo-terminal, its screen, and the program on it.
pub(crate) struct Screen {
    pub(crate) terminal: Terminal,
    parser: Parser,
    /// So many bytes of the terminal are on the screen.
    shown: usize,
    /// How the terminal was set before the program.
    before: String,
    /// The working directory of the program.
    _tree: Tree,
}

/// What is left when the program has ended.
#[derive(Debug)]
pub(crate) struct Left {
    pub(crate) status: ExitStatus,
    /// All that was written.
    pub(crate) raw: String,
    /// Standard output, where it was a pipe.
    pub(crate) output: String,
    /// The rows of the screen.
    pub(crate) text: String,
}

impl Screen {
    /// Starts a program in a tree, on a terminal of [`SIZE`].
    pub(crate) fn start<W: AsRef<OsStr>>(tree: Tree, streams: Streams, words: &[W]) -> Self {
        // A file that is as new as the clock of the walk could have come after it: pdu would not remove it.
        std::thread::sleep(Duration::from_millis(20));
        let terminal = Terminal::start(&tree, SIZE.0, streams, words);
        let before = terminal.settings_at_start.clone();
        let parser = parser(SIZE);
        Self {
            terminal,
            parser,
            shown: 0,
            before,
            _tree: tree,
        }
    }

    /// The screen as it is now, without a frame that has not come to its end.
    pub(crate) fn now(&mut self) -> &vt100::Screen {
        let seen = &self.terminal.seen[self.shown..];
        let end = match last(seen, FRAME_BEGINS) {
            Some(begin) if last(&seen[begin..], FRAME_ENDS).is_none() => begin,
            _ => seen.len() - begun(seen),
        };
        self.parser.process(&seen[..end]);
        self.shown += end;
        self.parser.screen()
    }

    /// Reads on until the screen satisfies.
    #[track_caller]
    pub(crate) fn wait_until(&mut self, what: &str, satisfies: impl Fn(&vt100::Screen) -> bool) {
        let deadline = Instant::now() + HANG_TIMEOUT;
        while !satisfies(self.now()) {
            self.terminal.read_on(what, deadline);
        }
    }

    /// Reads on until a text is on the screen.
    #[track_caller]
    pub(crate) fn wait_for(&mut self, text: &str) {
        self.wait_until(text, |screen| screen.contents().contains(text));
    }

    /// Another size, with the signal of the terminal.
    pub(crate) fn resize(&mut self, (columns, rows): (u16, u16)) {
        let parser = self.parser.screen_mut();
        parser.set_size(number(rows), number(columns));
        self.terminal.resize_to(Winsize {
            ws_row: rows,
            ws_col: columns,
            ws_xpixel: 0,
            ws_ypixel: 0,
        });
    }

    /// Whether the terminal is set as before the program.
    pub(crate) fn is_set_as_before(&self) -> bool {
        self.terminal.settings() == self.before
    }

    /// Waits for the end of the program, and asserts that the terminal is as it was before.
    #[track_caller]
    pub(crate) fn end(self) -> Left {
        let end = self.terminal.end();
        let mut parser = self.parser;
        parser.process(&end.bytes[self.shown..]);
        let seen = String::from_utf8_lossy(&end.bytes);
        assert_eq!(end.settings, self.before, "{seen:?}");
        assert_is_given_back(parser.screen(), &seen);
        Left {
            status: end.status,
            raw: end.raw,
            output: end.output,
            text: parser.screen().contents(),
        }
    }
}

/// No mode is left on that the explorer has set.
#[track_caller]
pub(crate) fn assert_is_given_back(screen: &vt100::Screen, seen: &str) {
    assert_eq!(mistakes_of(screen), [""; 0], "{seen:?}");
}

/// The modes that are left on after these bytes.
pub(crate) fn mistakes_left(bytes: &[u8]) -> Vec<String> {
    let mut parser = parser(SIZE);
    parser.process(bytes);
    let mistakes = mistakes_of(parser.screen());
    mistakes.into_iter().map(str::to_owned).collect()
}

fn mistakes_of(screen: &vt100::Screen) -> Vec<&'static str> {
    let has_style = screen.fgcolor() != vt100::Color::Default || screen.bold() || screen.inverse();
    let mistakes = [
        (screen.alternate_screen(), "alternate screen"),
        (screen.hide_cursor(), "no cursor"),
        (
            screen.mouse_protocol_mode() != MouseProtocolMode::None,
            "mouse",
        ),
        (has_style, "a style"),
    ];
    let left = mistakes.into_iter().filter(|(is_left, _)| *is_left);
    left.map(|(_, mistake)| mistake).collect()
}

impl Left {
    /// The signal that has ended the program, or its exit status.
    pub(crate) fn ending(&self) -> Result<i32, i32> {
        match self.status.signal() {
            Some(signal) => Err(signal),
            None => Ok(self.status.code().unwrap_or_default()),
        }
    }
}

/// Where a sequence begins for the last time.
fn last(bytes: &[u8], sequence: &[u8]) -> Option<usize> {
    bytes
        .windows(sequence.len())
        .rposition(|part| part == sequence)
}

/// The number of bytes at the end that may be the first ones of [`FRAME_BEGINS`].
fn begun(seen: &[u8]) -> usize {
    let mut lengths = (0..FRAME_BEGINS.len()).rev();
    let is_begun = |length: &usize| seen.ends_with(&FRAME_BEGINS[..*length]);
    lengths.find(is_begun).unwrap_or(0)
}

fn parser((columns, rows): (u16, u16)) -> Parser {
    Parser::new(number(rows), number(columns), 0)
}

fn number(number: u16) -> NonZeroU16 {
    NonZeroU16::new(number).expect("a screen has rows and columns")
}
