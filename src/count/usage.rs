//! The size of an entry or of a tree, in every measure at once: all output formats use the same accounting.
//!
//! Units: allocated sizes come from `st_blocks`, which counts 512-byte blocks whatever the block size of the
//! file system is (POSIX does not define the unit; Linux's stat(2) does). Apparent sizes are `st_size` in bytes.
//! Sums are `u128`: 2^64 entries of 2^64 blocks fit, so no sum can wrap.

/// A point in time as `stat` gives it: seconds since the epoch, and nanoseconds.
///
/// File systems may store any value; none is refused, and the order is that of the two numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct FileTime {
    /// Seconds since 1970-01-01T00:00:00Z, negative before.
    pub seconds: i64,
    /// Nanoseconds, normally below 1,000,000,000.
    pub nanoseconds: u32,
}

impl FileTime {
    /// Before every time: the newest time of no entries.
    pub const NEVER: Self = Self {
        seconds: i64::MIN,
        nanoseconds: 0,
    };

    /// 1970-01-01T00:00:00Z.
    pub const EPOCH: Self = Self {
        seconds: 0,
        nanoseconds: 0,
    };

    /// The time of a file. [`FileTime::NEVER`] becomes a nanosecond later; no output format shows the difference.
    #[must_use]
    pub fn of_file(seconds: i64, nanoseconds: u32) -> Self {
        let moment = Self {
            seconds,
            nanoseconds,
        };
        match moment {
            Self::NEVER => Self {
                nanoseconds: 1,
                ..moment
            },
            _ => moment,
        }
    }
}

impl Default for FileTime {
    fn default() -> Self {
        Self::NEVER
    }
}

/// Every measure of an entry, or of a sum of entries. The default is that of no entries.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Usage {
    /// Allocated size in bytes: `st_blocks * 512`.
    pub allocated: u128,
    /// Apparent size in bytes: `st_size` of regular files and symbolic links; everything else adds 0.
    pub apparent: u128,
    /// Number of entries (GNU du: inodes). Sums stop at 2^64 - 1: an export may claim any number.
    pub inodes: u64,
    /// The newest of the chosen time stamps.
    pub newest: FileTime,
}

impl std::ops::AddAssign<&Usage> for Usage {
    fn add_assign(&mut self, other: &Usage) {
        self.allocated += other.allocated;
        self.apparent += other.apparent;
        self.inodes = self.inodes.saturating_add(other.inodes);
        self.newest = self.newest.max(other.newest);
    }
}

/// The measure that is printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Measure {
    /// `st_blocks * 512`.
    #[default]
    Allocated,
    /// `st_size` of files and symbolic links.
    Apparent,
    /// Number of entries.
    Inodes,
}

impl Measure {
    /// The number to print.
    #[must_use]
    pub fn of(self, usage: &Usage) -> u128 {
        match self {
            Self::Allocated => usage.allocated,
            Self::Apparent => usage.apparent,
            Self::Inodes => usage.inodes.into(),
        }
    }
}

/// The identity of an inode: the device, and the number on that device.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Inode {
    /// `st_dev`, major and minor number in one.
    pub device: u64,
    /// `st_ino`.
    pub number: u64,
}

/// The attributes of an entry that only some output formats need.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Detail {
    /// Its inode.
    pub inode: Inode,
    /// `st_nlink`, or [`Detail::SEVERAL`].
    pub links: u32,
    /// `st_mode`: type and permissions; or a type, which may be 0 (unknown), and [`Detail::NO_PERMISSIONS`].
    pub mode: u32,
    /// `st_uid`, or [`Detail::NO_ID`].
    pub uid: u32,
    /// `st_gid`, or [`Detail::NO_ID`].
    pub gid: u32,
}

impl Detail {
    /// The number of no user and no group, where an export contains none: chown(2) leaves this number out.
    pub const NO_ID: u32 = u32::MAX;

    /// The number of the links to a file of which an export says only that it has several.
    pub const SEVERAL: u32 = u32::MAX;

    /// In `mode`, where an export contains no mode.
    pub const NO_PERMISSIONS: u32 = 1 << 31;
}

/// One entry as the count takes it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Item<'a> {
    /// Its usage, without that of its contents.
    pub usage: Usage,
    /// Set where the entry may appear several times and must be counted once.
    pub dedup_key: Option<Inode>,
    /// Its attributes, where the output format needs them.
    pub detail: Option<&'a Detail>,
}

/// One entry as stat returned it, in little memory while it waits for its turn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Entry {
    /// `st_blocks`, in units of 512 bytes.
    pub blocks: u64,
    /// Apparent size in bytes, 0 for kinds of entries that have none.
    pub size: u64,
    /// The chosen time stamp.
    pub time: FileTime,
    /// Set where the entry may appear several times and must be counted once.
    pub dedup_key: Option<Inode>,
}

impl Entry {
    /// The usage of the entry: one inode.
    #[must_use]
    pub fn usage(&self) -> Usage {
        Usage {
            allocated: u128::from(self.blocks) * 512,
            apparent: u128::from(self.size),
            inodes: 1,
            newest: self.time,
        }
    }

    /// The entry as the count takes it.
    #[must_use]
    pub fn item<'a>(&self, detail: Option<&'a Detail>) -> Item<'a> {
        Item {
            usage: self.usage(),
            dedup_key: self.dedup_key,
            detail,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sums_do_not_wrap_at_64_bits() {
        let entry = Entry {
            blocks: u64::MAX,
            size: u64::MAX,
            time: FileTime::NEVER,
            dedup_key: None,
        };
        let mut sum = Usage::default();
        for _ in 0..3 {
            sum += &entry.usage();
        }
        assert_eq!(sum.allocated, 3 * 512 * (u128::from(u64::MAX)));
        assert_eq!(sum.apparent, 3 * u128::from(u64::MAX));
        assert_eq!(sum.inodes, 3);
    }

    #[test]
    fn the_newest_time_wins_and_nothing_is_older_than_never() {
        let at = |seconds, nanoseconds| Usage {
            newest: FileTime {
                seconds,
                nanoseconds,
            },
            ..Usage::default()
        };
        let mut sum = Usage::default();
        sum += &Usage {
            newest: FileTime::of_file(i64::MIN, 0),
            ..Usage::default()
        };
        assert!(sum.newest > FileTime::NEVER && sum.newest.seconds == i64::MIN);
        sum += &at(-5, 1);
        assert_eq!(sum.newest.seconds, -5);
        sum += &at(-5, 2);
        sum += &at(-6, 999);
        assert_eq!((sum.newest.seconds, sum.newest.nanoseconds), (-5, 2));
    }
}
