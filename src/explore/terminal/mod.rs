//! The terminal of the explorer: keys and the mouse in, a grid of cells out.
//!
//! This directory is the only place that knows the libraries for terminals.

mod canvas;
mod input;

pub use canvas::{Area, Canvas, Color, Grid, Palette, Place, Style, Weight};
pub use input::{Input, Key, KeyCode, Mouse, MouseAction};

use std::ffi::OsString;
use std::io;
use std::os::fd::OwnedFd;
use std::process::ExitStatus;
use std::time::{Duration, Instant};

use crossbeam_channel::Receiver;

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
    /// No terminal for keys, or none for the screen.
    Missing,
    /// `TERM` names a terminal on which nothing can be drawn, or is not set.
    Dumb(Option<OsString>),
    /// No thread could be started.
    Thread(io::Error),
    /// The terminal could not be set.
    Failed(io::Error),
}

/// A program to run.
#[derive(Debug)]
pub struct Child {
    /// The program and its arguments.
    pub words: Vec<OsString>,
    /// Variables of its environment that differ from those of this process.
    pub variables: Vec<(OsString, OsString)>,
    /// Its working directory.
    pub directory: OwnedFd,
}

/// The terminal, in the state that the explorer needs; dropped, it is as it was.
#[derive(Debug)]
pub struct Terminal {
    _private: (),
}

impl Terminal {
    /// Takes the terminal: raw mode, alternate screen, mouse.
    pub fn open(options: TerminalOptions) -> Result<(Self, Receiver<Input>), TerminalError> {
        let _ = options;
        Err(TerminalError::Missing)
    }

    /// Draws a frame: cells that have changed are written. The closure returns the place of the cursor, if it is shown.
    pub fn draw(&mut self, draw: impl FnOnce(&mut Grid<'_>) -> Option<Place>) -> io::Result<()> {
        let _ = draw;
        Ok(())
    }

    /// The time from which the next frame may be drawn: 33 ms after the last one, or four times as long as that one
    /// took, so that a slow line has time for keys.
    #[must_use]
    pub fn next_frame(&self) -> Instant {
        Instant::now() + Duration::from_millis(33)
    }

    /// Draws every cell in the next frame.
    pub fn redraw(&mut self) {}

    /// Gives the terminal back, stops the process group, and takes the terminal again when the process continues.
    pub fn suspend(&mut self) -> io::Result<()> {
        Ok(())
    }

    /// Takes the terminal again after a stop that could not be foreseen.
    pub fn resume(&mut self) -> io::Result<()> {
        Ok(())
    }

    /// Starts a program beside the explorer, without a terminal.
    pub fn start(child: Child) -> io::Result<()> {
        let _ = child;
        Err(io::ErrorKind::Unsupported.into())
    }

    /// Runs a program on the terminal until it ends.
    pub fn run(&mut self, child: Child) -> io::Result<ExitStatus> {
        let _ = child;
        Err(io::ErrorKind::Unsupported.into())
    }

    /// Gives the terminal a text for its clipboard (OSC 52).
    pub fn copy(&mut self, text: &str) -> io::Result<()> {
        let _ = text;
        Ok(())
    }

    /// The key or mouse event that was received is handled: the next one may be read.
    pub fn acknowledge(&self) {}
}

impl TerminalError {
    /// The message, after the name of the program.
    #[must_use]
    pub fn message(&self) -> Vec<u8> {
        Vec::new()
    }
}
