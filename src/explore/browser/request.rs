//! What the browser asks the select loop for, and what the loop tells it.

use std::time::Duration;

use crate::forest::{DirId, Target};

/// Something that the browser cannot do: it has neither terminal nor file system.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BrowserRequest {
    /// End the explorer.
    Quit,
    /// End the explorer, and print these paths.
    QuitAndPrint(Vec<Vec<u8>>),
    /// Stop the walk, and keep what was read.
    StopWalk,
    /// Stop the process, as Ctrl-Z does.
    Suspend,
    /// Draw the whole screen anew.
    Redraw,
    /// Read a directory again.
    Reread(DirId),
    /// Run a shell in a directory.
    Shell(DirId),
    /// Show a file in a pager.
    Pager(Target),
    /// Open an entry in its program.
    Open(Target),
    /// Write an export of everything, unless the file exists.
    Export(Vec<u8>),
    /// Write an export in place of a file: the question was answered.
    ExportOver(Vec<u8>),
    /// Give this text to the clipboard.
    CopyText(Vec<u8>),
    /// Remove these entries.
    Delete(Vec<Target>),
    /// Move these entries to the trash.
    MoveToTrash(Vec<Target>),
    /// Stop the removal of this entry.
    StopRemoval(Target),
}

/// What the walk, or the import, is doing.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Doing {
    /// Nothing: it has ended.
    #[default]
    Nothing,
    /// Directories are being read.
    Reading,
    /// A directory is being read again.
    Rereading,
    /// An export is being read.
    Loading,
    /// It was stopped.
    Stopped,
    /// The export could not be read to its end.
    Broken,
}

/// The state of the walk, for the top line and for the question at the end.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Activity {
    /// What it is doing.
    pub doing: Doing,
    /// Entries met so far.
    pub entries: u64,
    /// Per cent of the entries, where that is known.
    pub per_cent: Option<u8>,
    /// How long it has taken so far.
    pub elapsed: Duration,
    /// The longest reading so far, this one included: what the end of the explorer throws away.
    pub longest: Duration,
    /// The directory that does not answer, and for how long. Shown after five seconds.
    pub silent: Option<(Vec<u8>, Duration)>,
    /// A removal goes on.
    pub is_removing: bool,
}

/// Where the tree comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source {
    /// The file system.
    Disk,
    /// An export (`--from`).
    Export,
}

/// A text for the bottom line, until the next key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// Raw names in it were quoted.
    pub text: String,
    /// How it looks.
    pub kind: MessageKind,
}

/// How a message looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MessageKind {
    /// As all text.
    Notice,
    /// Bold: something failed or is refused.
    Warning,
    /// Parts between semicolons, the most important first: the last ones are left out where there is no room.
    Summary,
}

impl Message {
    /// Something that happened.
    #[must_use]
    pub fn notice(text: impl Into<String>) -> Self {
        let (text, kind) = (text.into(), MessageKind::Notice);
        Self { text, kind }
    }

    /// What was done, in parts between semicolons.
    #[must_use]
    pub fn summary(text: impl Into<String>) -> Self {
        let (text, kind) = (text.into(), MessageKind::Summary);
        Self { text, kind }
    }

    /// Something that failed or is refused.
    #[must_use]
    pub fn warning(text: impl Into<String>) -> Self {
        let (text, kind) = (text.into(), MessageKind::Warning);
        Self { text, kind }
    }
}
