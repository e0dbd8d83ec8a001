//! The last line of a job.

use super::method::Method;
use crate::explore::figures::Figures;

/// What a job did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RemovalSummary {
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

impl RemovalSummary {
    /// The line.
    pub(in crate::explore) fn text(&self, figures: Figures) -> String {
        let stopped = match self.ending {
            Ending::Stopped => "stopped: ",
            Ending::Complete => "",
        };
        let (entries, bytes) = (figures.entries(self.entries), figures.size(self.bytes));
        let mut text = match self.method {
            Method::Delete => format!("{stopped}removed {entries}, {bytes}"),
            Method::Trash => format!("{stopped}moved {entries} to the trash, {bytes} as shown"),
        };
        if self.errors > 0 {
            text += "; ";
            text += &figures.counted(self.errors, "error", "errors");
        }
        text + &match self.method {
            // The line has no room for the free space beside that.
            _ if self.with_new_entries > 0 => {
                let (one, several) = ("directory has", "directories have");
                let directories = figures.counted(self.with_new_entries, one, several);
                format!("; {directories} new entries, r reads them")
            }
            Method::Delete => self.free_text(figures),
            Method::Trash => "; that frees nothing until the trash is emptied".into(),
        }
    }

    fn free_text(&self, figures: Figures) -> String {
        let Some(more) = self.more_free else {
            return String::new();
        };
        let have = match self.file_systems {
            1 => "the file system has",
            _ => "the file systems have",
        };
        let size = figures.size(more.unsigned_abs());
        let which = if more < 0 { "less" } else { "more" };
        // Blocks that a snapshot or an open file shares, or that the file system frees later.
        let so_far = match i128::try_from(self.bytes).is_ok_and(|bytes| more < bytes / 2) {
            true => " so far",
            false => "",
        };
        format!("; {have} {size} {which} free{so_far}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::explore::browser::options::BrowserOptions;
    use crate::explore::testing::options;
    use crate::format::chart::Sizes;

    fn text(summary: &RemovalSummary) -> String {
        summary.text(Figures::of(&options()))
    }

    #[test]
    fn the_line_has_what_there_is() {
        let summary = RemovalSummary {
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
        assert_eq!(text(&summary), expected);
        let stopped = RemovalSummary {
            entries: 1,
            bytes: 0,
            errors: 1,
            more_free: Some(-4096),
            file_systems: 2,
            ending: Ending::Stopped,
            ..summary.clone()
        };
        let expected =
            "stopped: removed 1 entry, 0 B; 1 error; the file systems have 4 KiB less free so far";
        assert_eq!(text(&stopped), expected);
        let new = RemovalSummary {
            errors: 0,
            with_new_entries: 1,
            ..summary.clone()
        };
        let expected = "removed 12,304 entries, 5.2 GiB; 1 directory has new entries, r reads them";
        assert_eq!(text(&new), expected);
        let trash = RemovalSummary {
            method: Method::Trash,
            entries: 1_234_567,
            errors: 0,
            more_free: None,
            ..summary
        };
        let expected = "moved 1,234,567 entries to the trash, 5.2 GiB as shown; that frees nothing until the trash is emptied";
        assert_eq!(text(&trash), expected);
        let decimal = BrowserOptions {
            sizes: Sizes::Decimal,
            ..options()
        };
        let line = trash.text(Figures::of(&decimal));
        assert!(line.contains("to the trash, 5.6 GB as shown;"), "{line}");
    }
}
