//! An entry of the tree, without its name.

use rustix::fs::FileType;

use crate::count::usage::{Detail, FileTime, Inode, Item, Usage};

/// See the module.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ForestEntry {
    /// [`FileType::Unknown`] where it is not known.
    pub kind: FileType,
    /// What is known of it.
    pub reading: Reading,
    /// Its own allocated and apparent size.
    pub sizes: (u64, u64),
    /// The number of entries that it stands for: more than 1 for a directory whose contents have no entries.
    pub count: u64,
    /// The time of its last modification, or [`FileTime::NEVER`].
    pub time: FileTime,
    /// The number is 0 where it is not known.
    pub inode: Inode,
    /// As in [`Detail`].
    pub links: u32,
    /// User and group, as in [`Detail`].
    pub owner: (u32, u32),
    /// The permissions, or [`Detail::NO_PERMISSIONS`].
    pub mode: u32,
}

/// What is known of an entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reading {
    /// All.
    Whole,
    /// The directory was read in part.
    Broken,
    /// Nothing of the directory was read, or the entry could not be looked at.
    Unread,
    /// It lies on another file system and was left out.
    Away,
    /// A pattern, or the type of its file system, leaves it out.
    Excluded,
}

impl ForestEntry {
    /// An entry of which nothing is known.
    pub const UNKNOWN: Self = Self {
        kind: FileType::Unknown,
        reading: Reading::Whole,
        sizes: (0, 0),
        count: 1,
        time: FileTime::NEVER,
        inode: Inode {
            device: 0,
            number: 0,
        },
        links: 1,
        owner: (Detail::NO_ID, Detail::NO_ID),
        mode: Detail::NO_PERMISSIONS,
    };

    /// An entry that does not count, and was not looked at.
    pub(super) const LEFT_OUT: Self = Self {
        count: 0,
        time: FileTime::EPOCH,
        ..Self::UNKNOWN
    };

    /// The entry of an event.
    pub(super) fn of(item: &Item<'_>) -> Self {
        let detail = item.detail.map_or(Self::UNKNOWN, Self::of_detail);
        let usage = &item.usage;
        Self {
            sizes: sizes(usage),
            count: usage.inodes,
            time: usage.newest,
            ..detail
        }
    }

    pub(super) fn of_detail(detail: &Detail) -> Self {
        Self {
            kind: FileType::from_raw_mode(detail.mode & !Detail::NO_PERMISSIONS),
            inode: detail.inode,
            links: detail.links,
            owner: (detail.uid, detail.gid),
            mode: detail.mode & (Detail::NO_PERMISSIONS | 0o7777),
            ..Self::UNKNOWN
        }
    }

    /// The total of entries without names.
    pub(super) fn of_sum(usage: &Usage) -> Self {
        Self {
            sizes: sizes(usage),
            count: usage.inodes,
            ..Self::UNKNOWN
        }
    }

    /// True for a directory whose entries are in a run, which may be empty.
    pub(super) fn has_run(&self) -> bool {
        self.kind == FileType::Directory
            && !matches!(self.reading, Reading::Away | Reading::Excluded)
    }

    /// True where its sizes belong to the totals, if no other link of it does.
    pub(super) fn is_known(&self) -> bool {
        self.reading == Reading::Whole || self.has_run()
    }

    /// What is known of it beside sizes and time.
    #[must_use]
    pub fn detail(&self) -> Detail {
        let kind = match self.kind {
            FileType::Unknown => 0,
            kind => kind.as_raw_mode(),
        };
        Detail {
            inode: self.inode,
            links: self.links,
            mode: kind | self.mode,
            uid: self.owner.0,
            gid: self.owner.1,
        }
    }

    /// True where the file may have other names.
    #[must_use]
    pub fn is_linked(&self) -> bool {
        self.kind != FileType::Directory && self.links > 1 && self.inode.number != 0
    }
}

/// Sizes above 2^64-1 are cut off: no file system has them.
fn sizes(usage: &Usage) -> (u64, u64) {
    let fit = |size: u128| u64::try_from(size).unwrap_or(u64::MAX);
    (fit(usage.allocated), fit(usage.apparent))
}
