//! The last line of a job.

use std::fmt;

use humansize::BINARY;

use super::job::Method;
use crate::sys::human_size::human_size;

/// What a job did. Displayed, it is one line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Summary {
    /// How the entries were removed.
    pub method: Method,
    /// How many entries were removed, or moved to the trash with those below them.
    pub entries: u64,
    /// The allocated bytes of the inodes whose last link was removed; in the trash, of what was moved.
    pub bytes: u128,
    /// How many entries stay because of an error.
    pub errors: u64,
    /// How many directories stay because of entries that were not shown.
    pub with_new_entries: u64,
    /// How many bytes more the file systems have free than before; negative where they have less. None where they cannot
    /// tell.
    pub more_free: Option<i128>,
    /// How many file systems these are.
    pub file_systems: usize,
    /// Whether the job was stopped before its end.
    pub ending: Ending,
}

/// How a job ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ending {
    /// Every entry had its turn.
    Complete,
    /// The user stopped it.
    Stopped,
}

impl fmt::Display for Summary {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.ending == Ending::Stopped {
            to.write_str("stopped: ")?;
        }
        let entries = counted(self.entries, "entry", "entries");
        let bytes = human_size(self.bytes, BINARY);
        match self.method {
            Method::Delete => write!(to, "removed {entries}, {bytes}")?,
            Method::Trash => write!(to, "moved {entries} to the trash, {bytes}")?,
        }
        if self.errors > 0 {
            write!(to, "; {}", counted(self.errors, "error", "errors"))?;
        }
        if self.with_new_entries > 0 {
            let directories = counted(self.with_new_entries, "directory has", "directories have");
            // The line has no room for the free space beside that.
            return write!(to, "; {directories} new entries, r reads them");
        }
        match self.method {
            Method::Delete => self.write_free(to),
            Method::Trash => to.write_str("; that frees nothing until the trash is emptied"),
        }
    }
}

impl Summary {
    fn write_free(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some(more) = self.more_free else {
            return Ok(());
        };
        let have = match self.file_systems {
            1 => "the file system has",
            _ => "the file systems have",
        };
        let size = human_size(more.unsigned_abs(), BINARY);
        let which = if more < 0 { "less" } else { "more" };
        write!(to, "; {have} {size} {which} free")
    }
}

/// A number and what it counts: `1 entry`, `12,304 entries`.
fn counted(number: u64, one: &str, several: &str) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    let noun = if number == 1 { one } else { several };
    format!("{text} {noun}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_line_has_what_there_is() {
        let summary = Summary {
            method: Method::Delete,
            entries: 12_304,
            bytes: 5_583_457_485,
            errors: 3,
            with_new_entries: 0,
            more_free: Some(5_261_334_937),
            file_systems: 1,
            ending: Ending::Complete,
        };
        let expected =
            "removed 12,304 entries, 5.2 GiB; 3 errors; the file system has 4.9 GiB more free";
        assert_eq!(summary.to_string(), expected);
        let stopped = Summary {
            entries: 1,
            bytes: 0,
            errors: 1,
            more_free: Some(-4096),
            file_systems: 2,
            ending: Ending::Stopped,
            ..summary.clone()
        };
        let expected =
            "stopped: removed 1 entry, 0 B; 1 error; the file systems have 4 KiB less free";
        assert_eq!(stopped.to_string(), expected);
        let new = Summary {
            errors: 0,
            with_new_entries: 1,
            ..summary.clone()
        };
        let expected = "removed 12,304 entries, 5.2 GiB; 1 directory has new entries, r reads them";
        assert_eq!(new.to_string(), expected);
        let trash = Summary {
            method: Method::Trash,
            entries: 1_234_567,
            errors: 0,
            more_free: None,
            ..summary
        };
        let expected = "moved 1,234,567 entries to the trash, 5.2 GiB; that frees nothing until the trash is emptied";
        assert_eq!(trash.to_string(), expected);
    }
}
