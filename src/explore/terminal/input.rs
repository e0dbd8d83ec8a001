//! What a person does: keys and the mouse.

use std::time::Instant;

/// An input, and when it was read from the terminal: it may wait until the main thread has time for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TimedInput {
    /// What it is.
    pub input: Input,
    /// When it was read.
    pub at: Instant,
}

impl TimedInput {
    /// An input that was read at this moment.
    #[must_use]
    pub fn now(input: Input) -> Self {
        Self {
            input,
            at: Instant::now(),
        }
    }
}

/// Something to react to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Input {
    /// A key was pressed. Call [`Terminal::acknowledge`](super::Terminal::acknowledge) when it is handled.
    Key(KeyPress),
    /// A button or the wheel of the mouse. To be acknowledged like a key.
    Mouse(Mouse),
    /// The screen has another size. To be acknowledged like a key.
    Resize,
    /// The process was asked to stop (SIGTSTP from elsewhere; Ctrl-Z is a key): call
    /// [`Terminal::suspend`](super::Terminal::suspend).
    Suspend,
    /// The process continues after a stop: call [`Terminal::resume`](super::Terminal::resume).
    Continue,
    /// The terminal is gone: no further input will come.
    Ended,
}

/// A key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KeyPress {
    /// Which one.
    pub code: KeyCode,
    /// Together with the control key. Never with Alt: such keys are left out.
    pub control: bool,
}

/// Which key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum KeyCode {
    /// A character: a capital letter with the shift key; a small letter with the control key.
    Char(char),
    /// An arrow.
    Up,
    /// An arrow.
    Down,
    /// An arrow.
    Left,
    /// An arrow.
    Right,
    /// One page back.
    PageUp,
    /// One page on.
    PageDown,
    /// The beginning.
    Home,
    /// The end.
    End,
    /// Return.
    Enter,
    /// Escape.
    Escape,
    /// The tabulator.
    Tab,
    /// The tabulator with the shift key.
    BackTab,
    /// Removes the character before the cursor.
    Backspace,
    /// Removes the character at the cursor.
    Delete,
    /// Insert.
    Insert,
    /// A function key: 1 is F1.
    Function(u8),
}

/// The mouse.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Mouse {
    /// The column, from 0.
    pub column: u16,
    /// The row, from 0.
    pub row: u16,
    /// What happened there.
    pub action: MouseAction,
}

/// What was done with the mouse.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MouseAction {
    /// The left button was pressed.
    Click,
    /// The wheel was turned away from the person.
    WheelUp,
    /// The wheel was turned towards the person.
    WheelDown,
}
