//! The thread that reads keys and the mouse.
//!
//! It reads one byte at a time, and nothing after a key until that is handled: what was typed after the key that starts
//! another program is for that program. Each 50 ms it looks whether the terminal is still there, and has the same size.

use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, RecvTimeoutError, Sender};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::termios::{Winsize, tcgetwinsize};
use termina::event::{KeyCode as Code, KeyEventKind, Modifiers, MouseButton, MouseEventKind};
use termina::{Event, Parser};

use super::input::{Input, KeyCode, KeyPress, Mouse, MouseAction, TimedInput};
use crate::sys::retry;
use crate::sys::screen::{self, Devices};

/// Time between two looks at the terminal. A sequence of bytes that a key sends has no longer pause; the Escape key sends
/// the first byte of such sequences.
const PULSE: Duration = Duration::from_millis(50);

/// A look at the terminal that takes so long means that the process was stopped.
const STOPPED: Duration = Duration::from_millis(300);

/// The process may have been stopped, or was busy.
const MAYBE_STOPPED: Duration = Duration::from_millis(100);

/// So many calls that fail one after the other mean that the terminal is gone.
const FAILURES: u32 = 20;

/// The state of the thread.
pub(super) struct Keys {
    devices: &'static Devices,
    inputs: Sender<TimedInput>,
    /// Receives when an input is handled.
    handled: Receiver<()>,
    size: Option<(u16, u16)>,
    /// Calls that have failed one after the other.
    failures: u32,
    decoder: Decoder,
    /// When the terminal was looked at last.
    looked: Instant,
}

/// What a wait for the terminal has ended with.
enum Waited {
    Byte(u8),
    Nothing,
    Ended,
}

impl Keys {
    pub(super) fn new(
        devices: &'static Devices,
        inputs: Sender<TimedInput>,
        handled: Receiver<()>,
    ) -> Self {
        Self {
            size: size(devices),
            devices,
            inputs,
            handled,
            failures: 0,
            decoder: Decoder::default(),
            looked: Instant::now(),
        }
    }

    /// Reads until the terminal is gone, or the explorer has ended.
    pub(super) fn run(mut self) {
        loop {
            let input = match self.wait() {
                Waited::Byte(byte) => self.decoder.take(byte),
                Waited::Nothing => self.decoder.pause().or_else(|| self.resize()),
                Waited::Ended => break,
            };
            let Some(input) = input else { continue };
            if self.inputs.send(TimedInput::now(input)).is_err() || self.handled.recv().is_err() {
                return;
            }
        }
        let _ = self.inputs.send(TimedInput::now(Input::Ended));
    }

    fn pause(&self) -> Waited {
        match self.handled.recv_timeout(PULSE) {
            Err(RecvTimeoutError::Disconnected) => Waited::Ended,
            _ => Waited::Nothing,
        }
    }

    /// A call may fail because the system lacks memory for a moment.
    fn pause_after_failure(&mut self) -> Waited {
        self.failures += 1;
        match self.failures {
            1..FAILURES => self.pause(),
            _ => Waited::Ended,
        }
    }

    fn wait(&mut self) -> Waited {
        let keys = self.devices.keys();
        let mut ready = [PollFd::new(&keys, PollFlags::IN)];
        let timeout = Timespec::try_from(PULSE).ok();
        let begun = Instant::now();
        let polled = poll(&mut ready, timeout.as_ref());
        let looked = std::mem::replace(&mut self.looked, Instant::now());
        if begun.elapsed() > STOPPED && screen::is_taken() {
            // Before the keys that were typed meanwhile; the signal may be noticed later.
            let _ = self.inputs.send(TimedInput::now(Input::Continue));
        } else if polled == Ok(1) && looked.elapsed() > MAYBE_STOPPED {
            // The thread of the signals sends that first, if the process was stopped.
            let _ = self.pause();
        }
        let events = match polled {
            Ok(0) => {
                self.failures = 0;
                return Waited::Nothing;
            }
            Ok(_) => ready[0].revents(),
            Err(_) => return self.pause_after_failure(),
        };
        if events.intersects(screen::GONE) {
            return Waited::Ended;
        }
        if !screen::is_taken() {
            // What is typed now is for another program.
            return self.pause();
        }
        let mut byte = [0];
        match retry::retry(|| rustix::io::read(keys, &mut byte)) {
            Ok(1) => {
                self.failures = 0;
                Waited::Byte(byte[0])
            }
            Ok(_) => Waited::Ended,
            Err(_) => self.pause_after_failure(),
        }
    }

    fn resize(&mut self) -> Option<Input> {
        let size = size(self.devices);
        let is_other = size != self.size;
        self.size = size;
        is_other.then_some(Input::Resize)
    }
}

/// Columns and rows that are drawn at most: a terminal may claim thousands of millions of cells.
const MOST: (u16, u16) = (1_000, 500);

/// Columns and rows of the screen, where the terminal knows them.
pub(super) fn size(devices: &Devices) -> Option<(u16, u16)> {
    let Winsize { ws_col, ws_row, .. } = tcgetwinsize(devices.screen()).ok()?;
    (ws_col > 0 && ws_row > 0).then_some((ws_col.min(MOST.0), ws_row.min(MOST.1)))
}

/// The terminal sends these before and after text that is pasted.
const PASTE_BEGINS: &[u8; 6] = b"\x1b[200~";
const PASTE_ENDS: &[u8; 6] = b"\x1b[201~";

/// Escape, and each key that is not known: it closes a question. Escape and another key that come together look like that
/// key with Alt.
const ESCAPE: Input = Input::Key(KeyPress {
    code: KeyCode::Escape,
    control: false,
});

/// So many pauses of [`PULSE`] end a paste.
const MOST_PAUSES: u32 = 40;

/// Keys and the mouse out of bytes. Pasted text is discarded: its letters are no keys.
#[derive(Debug, Default)]
pub(super) struct Decoder {
    parser: Parser,
    /// The bytes in the parser are the beginning of something.
    is_open: bool,
    /// The bytes are pasted text.
    is_paste: bool,
    /// How often no byte has followed in it.
    pauses: u32,
    /// The last bytes.
    last: [u8; 6],
}

impl Decoder {
    /// Takes one byte.
    pub(super) fn take(&mut self, byte: u8) -> Option<Input> {
        self.last.rotate_left(1);
        self.last[5] = byte;
        if self.is_paste || self.last == *PASTE_BEGINS {
            self.is_paste = self.last != *PASTE_ENDS;
            self.pauses = 0;
            self.forget();
            return None;
        }
        self.is_open = true;
        // The terminal turns the return of Enter into this.
        let byte = match byte {
            b'\n' => b'\r',
            _ => byte,
        };
        self.parser.parse(&[byte], true);
        let event = self.parser.pop()?;
        self.is_open = false;
        input(event)
    }

    /// No byte has followed for a while: the key was Escape, or nothing that is known.
    pub(super) fn pause(&mut self) -> Option<Input> {
        self.pauses += u32::from(self.is_paste);
        // Its end was lost: without this no key would work any more.
        self.is_paste &= self.pauses < MOST_PAUSES;
        if !self.is_open {
            return None;
        }
        self.parser.parse(&[], false);
        let event = self.parser.pop();
        self.forget();
        // The rest of a sequence may still come, as letters: no question may be open then.
        Some(event.and_then(input).unwrap_or(ESCAPE))
    }

    /// Forgets a sequence whose rest will not come.
    fn forget(&mut self) {
        self.parser = Parser::default();
        self.is_open = false;
    }
}

fn input(event: Event) -> Option<Input> {
    match event {
        Event::Key(key) if key.kind != KeyEventKind::Release => {
            let is_other = key.modifiers.intersects(Modifiers::ALT | Modifiers::SUPER);
            let known = key_code(key.code).filter(|_| !is_other);
            let control = key.modifiers.contains(Modifiers::CONTROL);
            Some(known.map_or(ESCAPE, |code| Input::Key(KeyPress { code, control })))
        }
        Event::Mouse(mouse) => {
            let action = match mouse.kind {
                MouseEventKind::Down(MouseButton::Left) => MouseAction::Click,
                MouseEventKind::ScrollUp => MouseAction::WheelUp,
                MouseEventKind::ScrollDown => MouseAction::WheelDown,
                _ => return None,
            };
            let (column, row) = (mouse.column, mouse.row);
            Some(Input::Mouse(Mouse {
                column,
                row,
                action,
            }))
        }
        _ => None,
    }
}

fn key_code(code: Code) -> Option<KeyCode> {
    Some(match code {
        Code::Char(character) => KeyCode::Char(character),
        Code::Enter => KeyCode::Enter,
        Code::Backspace => KeyCode::Backspace,
        Code::Tab => KeyCode::Tab,
        Code::BackTab => KeyCode::BackTab,
        Code::Escape => KeyCode::Escape,
        Code::Left => KeyCode::Left,
        Code::Right => KeyCode::Right,
        Code::Up => KeyCode::Up,
        Code::Down => KeyCode::Down,
        Code::Home => KeyCode::Home,
        Code::End => KeyCode::End,
        Code::PageUp => KeyCode::PageUp,
        Code::PageDown => KeyCode::PageDown,
        Code::Insert => KeyCode::Insert,
        Code::Delete => KeyCode::Delete,
        Code::Function(number) => KeyCode::Function(number),
        _ => return None,
    })
}

#[cfg(test)]
mod tests;
