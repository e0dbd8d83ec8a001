//! The one input line: a question and the text that was typed so far.

use crate::explore::terminal::{Key, KeyCode};

/// What the text is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// The names that the rows must match; it takes effect with each key.
    Filter,
    /// The names that are looked for below.
    Find,
    /// The name of the file for an export.
    Export,
}

impl Purpose {
    /// The words before the text.
    #[must_use]
    pub fn prompt(self) -> &'static str {
        match self {
            Self::Filter => "show names with: ",
            Self::Find => "find names with: ",
            Self::Export => "write an export to: ",
        }
    }
}

/// See the module.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InputLine {
    /// What it is for.
    pub purpose: Purpose,
    /// The text; the cursor is at its end.
    pub text: String,
}

/// What a key did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Typed {
    /// The text is another one.
    Changed,
    /// The text is complete.
    Accepted,
    /// The line is closed without effect.
    Cancelled,
    /// It is no key of the input line.
    Other,
}

impl InputLine {
    pub(super) fn new(purpose: Purpose, text: String) -> Self {
        Self { purpose, text }
    }

    pub(super) fn key(&mut self, key: Key) -> Typed {
        match (key.code, key.control) {
            (KeyCode::Enter, _) => return Typed::Accepted,
            (KeyCode::Escape, _) | (KeyCode::Char('c' | 'g'), true) => return Typed::Cancelled,
            // As in an editor: Backspace in an empty line leaves it.
            (KeyCode::Backspace, _) if self.text.is_empty() => return Typed::Cancelled,
            (KeyCode::Backspace, _) | (KeyCode::Char('h'), true) => drop(self.text.pop()),
            (KeyCode::Char('u'), true) => self.text.clear(),
            (KeyCode::Char('w'), true) => self.remove_word(),
            (KeyCode::Char(char), false) => self.text.push(char),
            _ => return Typed::Other,
        }
        Typed::Changed
    }

    fn remove_word(&mut self) {
        let text = self.text.trim_end();
        let start = text.rfind(' ').map_or(0, |blank| blank + 1);
        self.text.truncate(start);
    }
}
