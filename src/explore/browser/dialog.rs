//! The one dialog: a question that a few keys answer.

use std::time::{Duration, Instant};

use crate::explore::terminal::{Key, KeyCode};
use crate::forest::{Forest, Freed, Target};

use super::request::BrowserRequest;

/// More entries than these are removed only after the word was typed.
pub const MOST_WITHOUT_WORD: u64 = 1_000;

/// The word.
pub const WORD: &str = "delete";

/// A question.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Dialog {
    /// Whether entries are to be removed.
    Removal(RemovalQuestion),
    /// Whether the explorer is to end in this way, although this is lost.
    Quit(Loss, BrowserRequest),
    /// Whether this file is to be replaced.
    Overwrite(Vec<u8>),
}

/// What the end of the explorer loses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Loss {
    /// A walk that took long.
    Walk,
    /// The rest of a removal.
    Removal,
}

/// What is asked before a removal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RemovalQuestion {
    /// The entries.
    pub targets: Vec<Target>,
    /// What their removal means.
    pub freed: Freed,
    /// Directories are among the targets.
    pub has_directories: bool,
    /// What confirms it.
    pub confirmation: Confirmation,
    /// [`Forest::rewrites`] and [`Forest::rereads`] when this was compared last.
    pub rewrites: (u64, u64),
}

/// What confirms a removal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Confirmation {
    /// A capital Y.
    Key,
    /// The word, of which so many letters were typed.
    Word(usize),
}

/// Whether the dialog was seen. A key that was typed ahead, or pasted, is no answer to a question that came after it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) enum Seen {
    /// It was not drawn.
    #[default]
    No,
    /// It is on a frame that was not written to the terminal yet.
    Drawn,
    /// It is on the terminal.
    Since(Instant),
}

/// A person does not read and answer a question in less time.
pub const READING_TIME: Duration = Duration::from_millis(150);

impl Seen {
    /// Whether a key at this time may be an answer.
    pub(super) fn allows(self, now: Instant) -> bool {
        match self {
            Self::No | Self::Drawn => false,
            Self::Since(since) => now.saturating_duration_since(since) >= READING_TIME,
        }
    }
}

/// What a key did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Answer {
    /// Nothing: the dialog stays.
    None,
    /// The dialog is closed, and nothing happens.
    Cancelled,
    /// The dialog is closed, and this happens.
    Accepted(BrowserRequest),
}

impl Dialog {
    pub(super) fn key(&mut self, key: Key) -> Answer {
        let typed = match (key.code, key.control) {
            // The key that people press without reading.
            (KeyCode::Enter, _) => return Answer::None,
            (KeyCode::Char(char), false) => char,
            _ => return Answer::Cancelled,
        };
        match self {
            Self::Removal(question) => question.key(typed),
            Self::Quit(_, request) if typed == 'y' => Answer::Accepted(request.clone()),
            Self::Overwrite(path) if typed == 'Y' => {
                Answer::Accepted(BrowserRequest::ExportOver(std::mem::take(path)))
            }
            Self::Quit(..) | Self::Overwrite(_) => Answer::Cancelled,
        }
    }
}

impl RemovalQuestion {
    /// Whether the question still means the entries that it was asked about. Removals take entries away: as long as none of
    /// these is gone, and no link of their files elsewhere, the numbers are the same. After a directory was read again, the
    /// same numbers may stand for other entries.
    pub(super) fn is_true(&mut self, forest: &Forest) -> bool {
        let now = (forest.rewrites(), forest.rereads());
        let is_same = self.rewrites == now
            || self.rewrites.1 == now.1
                && forest.is_settled()
                && forest.freed(&self.targets) == self.freed;
        self.rewrites = if is_same { now } else { self.rewrites };
        is_same
    }

    fn key(&mut self, typed: char) -> Answer {
        let mut targets = || std::mem::take(&mut self.targets);
        match (self.confirmation, typed) {
            (Confirmation::Key | Confirmation::Word(0), 't') => {
                Answer::Accepted(BrowserRequest::MoveToTrash(targets()))
            }
            (Confirmation::Key, 'Y') => Answer::Accepted(BrowserRequest::Delete(targets())),
            (Confirmation::Word(count), typed) if WORD.chars().nth(count) == Some(typed) => {
                if count + 1 == WORD.len() {
                    return Answer::Accepted(BrowserRequest::Delete(targets()));
                }
                self.confirmation = Confirmation::Word(count + 1);
                Answer::None
            }
            _ => Answer::Cancelled,
        }
    }
}
