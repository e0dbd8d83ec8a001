//! The terminal of the explorer: keys and the mouse in, a grid of cells out.
//!
//! ```text
//!   bytes of keys ─► "keys" ─┐                            ┌─► grid of cells ─► bytes that change the screen
//!   SIGTSTP, SIGCONT ─► "screen signals" ─┴─ Input ═► select loop, owns Terminal ─┴─► other programs
//! ```
//!
//! The main thread alone takes the terminal, in [`Terminal::open`] and after each pause. Any thread gives it back
//! ([`screen`]). This directory is the only place that knows the libraries for terminals.

mod canvas;
mod child;
mod frame;
mod input;
mod keys;
mod signals;
mod thread;

pub use canvas::{Canvas, CellColor as Color, CellPlace as Place, CellStyle as Style};
pub use canvas::{Grid, Palette, Weight};
pub use child::Child;
pub use input::{Input, KeyCode, KeyPress as Key, Mouse, MouseAction, TimedInput};
pub use signals::block as block_signals;

use std::ffi::{OsStr, OsString};
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::process::ExitStatus;
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, Sender, bounded};
use pdu_startup::signals::{SIGTSTP, is_ignored};
use rustix::process::{Signal, getpgrp, kill_process_group};
use rustix::termios::{Termios, tcgetattr};
use termina::escape::osc::{Osc, Selection};

use self::child::{Event, Foreground};
use self::frame::Before;
use self::keys::Keys;
use crate::sys::screen::{self, Devices};
use crate::sys::{panics, status};

/// Columns and rows of a terminal that does not know its size.
const SIZE: (u16, u16) = (80, 24);

/// Least time between two frames.
const FRAME: Duration = Duration::from_millis(33);

/// Inputs that nobody has received yet: one of the keys' thread, which waits for [`Terminal::acknowledge`], and signals.
const INPUTS: usize = 8;

/// The time between two frames, as a multiple of what the last one took: keys, which the terminal sends on the same
/// line, have the rest.
const FRAMES_OF_WRITE: u32 = 4;

/// What the environment says about the terminal.
#[derive(Debug, Clone)]
pub struct TerminalOptions {
    /// The value of `TERM`.
    pub term: Option<OsString>,
    /// The colours to use.
    pub palette: Palette,
}

/// Why there is no terminal to work with. Nothing was changed.
#[derive(Debug)]
pub enum TerminalError {
    /// No terminal for keys, or none for frames.
    Missing,
    /// `TERM` is the name of a terminal on which nothing can be drawn, or is not set.
    Dumb(OsString),
    /// No thread could be started.
    Thread(io::Error),
    /// The terminal could not be set.
    Failed(io::Error),
}

/// The terminal, in the state that the explorer needs; dropped, it is as it was.
#[derive(Debug)]
pub struct Terminal {
    devices: &'static Devices,
    /// Those that it had, and gets back.
    modes: Termios,
    palette: Palette,
    /// What is on the screen, and where the cursor is shown.
    shown: (Canvas, Option<Place>),
    known: Before,
    next_frame: Instant,
    handled: Sender<()>,
    /// Receives when the process continues after a stop.
    stopped: Receiver<()>,
}

impl Terminal {
    /// Takes the terminal: raw mode, alternate screen, mouse. Once in a process; [`block_signals`] comes before the first
    /// thread.
    pub fn open(options: TerminalOptions) -> Result<(Self, Receiver<TimedInput>), TerminalError> {
        let devices = screen::devices().map_err(|_| TerminalError::Missing)?;
        let term = options.term.unwrap_or_default();
        if matches!(term.as_bytes(), b"" | b"dumb" | b"unknown") {
            return Err(TerminalError::Dumb(term));
        }
        let modes =
            tcgetattr(devices.keys()).map_err(|error| TerminalError::Failed(error.into()))?;
        let (inputs, received) = bounded(INPUTS);
        let (handled, is_handled) = bounded(1);
        let (stopped, has_stopped) = bounded(1);
        panics::set_hook();
        signals::start(inputs.clone(), stopped).map_err(TerminalError::Thread)?;
        let keys = Keys::new(devices, inputs, is_handled);
        thread::spawn("keys", move || keys.run()).map_err(TerminalError::Thread)?;
        let mut terminal = Self {
            shown: (Canvas::new(SIZE, options.palette), None),
            known: Before::Unknown,
            next_frame: Instant::now(),
            palette: options.palette,
            devices,
            modes,
            handled,
            stopped: has_stopped,
        };
        terminal.take().map_err(TerminalError::Failed)?;
        Ok((terminal, received))
    }

    /// Draws a frame: cells that have changed are written. The closure returns the place of the cursor, if it is shown.
    /// Nothing is written once the terminal is given back.
    pub fn draw(&mut self, draw: impl FnOnce(&mut Grid<'_>) -> Option<Place>) -> io::Result<()> {
        let size = keys::size(self.devices).unwrap_or(SIZE);
        let mut canvas = Canvas::new(size, self.palette);
        let cursor = draw(&mut canvas.grid());
        if self.shown.0.size() != size {
            self.redraw();
        }
        if self.known == Before::Unknown {
            self.shown = (Canvas::new(size, self.palette), None);
        }
        let before = (&self.shown.0, self.shown.1, self.known);
        let bytes = frame::update(before, (&canvas, cursor));
        let start = Instant::now();
        if !bytes.is_empty() {
            screen::write(bytes.as_bytes())?;
        }
        let distance = (start.elapsed() * FRAMES_OF_WRITE).max(FRAME);
        self.next_frame = Instant::now() + distance;
        self.shown = (canvas, cursor);
        self.known = Before::Frame;
        Ok(())
    }

    /// The time from which the next frame may be drawn.
    #[must_use]
    pub fn next_frame(&self) -> Instant {
        self.next_frame
    }

    /// Has the next frame draw every cell.
    pub fn redraw(&mut self) {
        self.known = Before::Unknown;
    }

    /// The key, mouse event or resize that was received is handled: the next one may be read.
    pub fn acknowledge(&self) {
        let _ = self.handled.try_send(());
    }

    /// Gives the terminal back, stops the process group, and takes the terminal again when the process continues.
    pub fn suspend(&mut self) -> io::Result<()> {
        self.stop()?;
        // The shell may have set others.
        self.modes = tcgetattr(self.devices.keys())?;
        self.take()
    }

    /// Takes the terminal again after a stop that could not be foreseen (SIGSTOP).
    pub fn resume(&mut self) -> io::Result<()> {
        self.take()
    }

    /// Starts a program beside the explorer, without a terminal.
    pub fn start(child: &Child) -> io::Result<()> {
        child.start()
    }

    /// Runs a program on the terminal until it ends. If it is stopped (Ctrl-Z), so is this process, as one job.
    pub fn run(&mut self, child: &Child) -> io::Result<ExitStatus> {
        screen::give_back();
        let status = self.run_in_foreground(child);
        self.take()?;
        status
    }

    fn run_in_foreground(&self, child: &Child) -> io::Result<ExitStatus> {
        let child = Foreground::start(child, self.devices)?;
        loop {
            match child.wait()? {
                Event::Ended(status) => return Ok(status),
                Event::Stopped => {
                    self.stop()?;
                    child.continue_it();
                }
            }
        }
    }

    /// Gives the terminal a text for its clipboard (OSC 52). Not every terminal takes it, and none says so.
    pub fn copy(&mut self, text: &str) -> io::Result<()> {
        let sequence = Osc::SetSelection(Selection::CLIPBOARD, text);
        screen::write(sequence.to_string().as_bytes())
    }

    fn take(&mut self) -> io::Result<()> {
        self.redraw();
        screen::take(self.devices, &self.modes)
    }

    /// Stops the process group, as a terminal does for Ctrl-Z. Returns when it continues.
    fn stop(&self) -> io::Result<()> {
        screen::give_back();
        if screen::is_gone(self.devices) {
            // No shell would continue this process.
            return Err(io::ErrorKind::BrokenPipe.into());
        }
        if is_ignored(SIGTSTP) {
            return Ok(());
        }
        let _ = self.stopped.try_recv();
        kill_process_group(getpgrp(), Signal::TSTP)?;
        // The thread that receives the signal stops the process. Nothing comes where that thread has ended.
        let _ = self.stopped.recv();
        Ok(())
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        screen::give_back();
    }
}

impl TerminalError {
    /// The message, after the name of the program.
    #[must_use]
    pub fn message(&self) -> Vec<u8> {
        match self {
            Self::Missing => b"--explore needs a terminal".to_vec(),
            Self::Dumb(term) => [
                b"--explore cannot draw on this terminal (TERM=",
                term.as_bytes(),
                b"); for lines: pdu -h -d1 --sort=size",
            ]
            .concat(),
            Self::Thread(error) => format!(
                "--explore cannot start a thread: {}",
                status::reason_of(error)
            )
            .into_bytes(),
            Self::Failed(error) => format!(
                "--explore cannot set the terminal: {}",
                status::reason_of(error)
            )
            .into_bytes(),
        }
    }
}

impl Palette {
    /// The colours of a terminal, by the variables `TERM`, `COLORTERM` and `NO_COLOR`.
    #[must_use]
    pub fn of(term: Option<&OsStr>, colorterm: Option<&OsStr>, no_color: Option<&OsStr>) -> Self {
        let is_set = |value: Option<&OsStr>| value.is_some_and(|value| !value.is_empty());
        let term = term.unwrap_or_default().as_bytes();
        let has_256 = [&b"256color"[..], b"direct", b"kitty", b"alacritty"];
        if is_set(no_color) {
            Self::Nothing
        } else if is_set(colorterm) || has_256.iter().any(|name| contains(term, name)) {
            Self::Everything
        } else {
            Self::Sixteen
        }
    }
}

fn contains(text: &[u8], part: &[u8]) -> bool {
    text.windows(part.len()).any(|window| window == part)
}
