//! The flags of the rows: the first that applies.

use rustix::fs::FileType;

use crate::forest::entry::{ForestEntry, Reading};
use crate::forest::{DirInfo, DirState, ForestRow};

/// See the module. In the order in which they apply.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Flag {
    /// A removal goes on.
    Removing,
    /// Not read to its end.
    Reading,
    /// The walk ended before it was read to its end.
    Stopped,
    /// It could not be read.
    Unread,
    /// An entry below could not be read.
    UnreadBelow,
    /// Another file system.
    Away,
    /// Left out by a pattern.
    Excluded,
    /// A file with other links, or a directory with files that have links outside of it.
    Linked,
    /// Neither a directory nor a regular file.
    Special,
    /// A directory without entries.
    Empty,
    /// It holds entries that the tree lacks.
    New,
}

impl Flag {
    /// The flags in their order.
    pub const ALL: [Self; 11] = [
        Self::Removing,
        Self::Reading,
        Self::Stopped,
        Self::Unread,
        Self::UnreadBelow,
        Self::Away,
        Self::Excluded,
        Self::Linked,
        Self::Special,
        Self::Empty,
        Self::New,
    ];

    /// Its character in the row.
    #[must_use]
    pub fn letter(self) -> &'static str {
        match self {
            Self::Removing => "x",
            Self::Reading => "~",
            Self::Stopped => "?",
            Self::Unread => "!",
            Self::UnreadBelow => ".",
            Self::Away => ">",
            Self::Excluded => "<",
            Self::Linked => "H",
            Self::Special => "@",
            Self::Empty => "e",
            Self::New => "+",
        }
    }

    /// What it means, in few words for the help.
    #[must_use]
    pub fn meaning(self) -> &'static str {
        match self {
            Self::Removing => "being removed",
            Self::Reading => "still being read",
            Self::Stopped => "reading was stopped",
            Self::Unread => "could not be read",
            Self::UnreadBelow => "error further below",
            Self::Away => "other file system",
            Self::Excluded => "excluded by a pattern",
            Self::Linked => "hard links elsewhere",
            Self::Special => "not a regular file",
            Self::Empty => "empty directory",
            Self::New => "holds new entries",
        }
    }

    /// True where the numbers are the least that they can be.
    #[must_use]
    pub fn is_unfinished(self) -> bool {
        matches!(self, Self::Reading | Self::Stopped)
    }

    /// That of a row; `info` is what is known of its directory, if it is one.
    pub(super) fn of(
        row: &ForestRow<'_>,
        info: Option<&DirInfo>,
        has_shared: bool,
    ) -> Option<Self> {
        let entry = &row.entry;
        if row.is_being_removed || info.is_some_and(|info| info.is_being_removed) {
            return Some(Self::Removing);
        }
        match info {
            Some(info) => of_directory(info, has_shared),
            None => of_entry(entry),
        }
    }
}

fn of_directory(info: &DirInfo, has_shared: bool) -> Option<Flag> {
    Some(match info.state {
        DirState::Announced | DirState::Reading => Flag::Reading,
        DirState::Stopped => Flag::Stopped,
        DirState::Broken | DirState::Unread => Flag::Unread,
        _ if info.has_unread_below => Flag::UnreadBelow,
        DirState::Away => Flag::Away,
        DirState::Excluded => Flag::Excluded,
        _ if has_shared => Flag::Linked,
        _ if info.has_new => Flag::New,
        _ if info.sums.entries <= 1 => Flag::Empty,
        _ => return None,
    })
}

fn of_entry(entry: &ForestEntry) -> Option<Flag> {
    Some(match (entry.reading, entry.kind) {
        (Reading::Unread | Reading::Broken, _) => Flag::Unread,
        (Reading::Away, _) => Flag::Away,
        (Reading::Excluded, _) => Flag::Excluded,
        (Reading::Whole, _) if entry.is_linked() => Flag::Linked,
        (Reading::Whole, FileType::RegularFile | FileType::Unknown | FileType::Directory) => {
            return None;
        }
        (Reading::Whole, _) => Flag::Special,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::count::usage::{FileTime, Inode};
    use crate::forest::Sums;

    const WHOLE: DirInfo = DirInfo {
        parent: None,
        sums: Sums {
            allocated: 8192,
            apparent: 1,
            entries: 2,
        },
        newest: FileTime::NEVER,
        inode: Inode {
            device: 0,
            number: 0,
        },
        state: DirState::Whole,
        open_children: 0,
        has_unread_below: false,
        has_new: false,
        is_being_removed: false,
    };

    fn row(entry: ForestEntry) -> ForestRow<'static> {
        ForestRow {
            name: b"x",
            entry,
            directory: None,
            place: 0,
            is_being_removed: false,
        }
    }

    /// Each flag beside all that come after it: the first that applies is shown.
    #[test]
    fn the_first_flag_of_a_directory_that_applies_is_shown() {
        let mut info = DirInfo {
            has_new: true,
            ..WHOLE
        };
        let row = row(ForestEntry::UNKNOWN);
        let flag = |info: &DirInfo, has_shared| Flag::of(&row, Some(info), has_shared);
        assert_eq!(flag(&WHOLE, false), None);
        assert_eq!(flag(&info, false), Some(Flag::New));
        info.sums.entries = 1;
        // It is empty in the tree, not on the disk.
        assert_eq!(flag(&info, false), Some(Flag::New));
        info.has_new = false;
        assert_eq!(flag(&info, false), Some(Flag::Empty));
        assert_eq!(flag(&info, true), Some(Flag::Linked));
        info.has_unread_below = true;
        assert_eq!(flag(&info, true), Some(Flag::UnreadBelow));
        for (state, expected) in [
            (DirState::Unread, Flag::Unread),
            (DirState::Broken, Flag::Unread),
            (DirState::Stopped, Flag::Stopped),
            (DirState::Reading, Flag::Reading),
            (DirState::Announced, Flag::Reading),
        ] {
            info.state = state;
            assert_eq!(flag(&info, true), Some(expected));
        }
        info.is_being_removed = true;
        assert_eq!(flag(&info, true), Some(Flag::Removing));
    }

    #[test]
    fn the_first_flag_of_another_entry_that_applies_is_shown() {
        let mut entry = ForestEntry {
            kind: FileType::RegularFile,
            ..ForestEntry::UNKNOWN
        };
        assert_eq!(Flag::of(&row(entry), None, false), None);
        entry.kind = FileType::Symlink;
        assert_eq!(Flag::of(&row(entry), None, false), Some(Flag::Special));
        (entry.links, entry.inode.number) = (2, 7);
        assert_eq!(Flag::of(&row(entry), None, false), Some(Flag::Linked));
        for (reading, expected) in [
            (Reading::Excluded, Flag::Excluded),
            (Reading::Away, Flag::Away),
            (Reading::Unread, Flag::Unread),
        ] {
            entry.reading = reading;
            assert_eq!(Flag::of(&row(entry), None, false), Some(expected));
        }
        let row = ForestRow {
            is_being_removed: true,
            ..row(entry)
        };
        assert_eq!(Flag::of(&row, None, false), Some(Flag::Removing));
    }

    #[test]
    fn letters_and_meanings_differ() {
        for (index, flag) in Flag::ALL.iter().enumerate() {
            for other in &Flag::ALL[index + 1..] {
                assert_ne!(flag.letter(), other.letter());
                assert_ne!(flag.meaning(), other.meaning());
            }
        }
    }
}
