//! Why an entry stays.

use std::fmt;

use rustix::io::Errno;

use crate::sys::retry::Interruption;
use crate::sys::status::reason;

/// See the module. The text of it follows `cannot remove 'NAME': `.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Problem {
    /// A system call failed.
    Failed(Errno),
    /// The name stands for another inode than that which was shown.
    Changed,
    /// Something is mounted there.
    Mounted,
    /// Since it was read, something was mounted or unmounted, and a mount is on the way to it.
    MountsChanged,
    /// Something is mounted below it, and would go to the trash with it.
    MountedBelow,
    /// It is a subvolume of btrfs.
    Subvolume,
    /// It, or something below it, is mounted elsewhere, and would go to the trash with it.
    MountedElsewhere,
    /// A subvolume of btrfs lies below it, and would go to the trash with it.
    HoldsSubvolume,
    /// It was left out of the walk, so what it holds was not shown.
    LeftOut,
    /// It holds entries that were left out of the walk, and would go to the trash with it.
    HoldsLeftOut,
    /// It could not be read, so what it is, or holds, was not shown.
    Unread,
    /// It holds entries that could not be read, and would go to the trash with it.
    HoldsUnread,
    /// The job was stopped. This is no error.
    Stopped,
    /// It must not be removed.
    Protected(Protected),
    /// This system does not tell whether something is mounted there.
    MountsUnknown,
    /// No directory for trash can be used on this file system.
    NoTrash,
    /// The directory for trash was removed while entries were moved there.
    TrashGone,
    /// This file system cannot rename without replacing another entry (`EINVAL` of renameat2).
    NoSafeMove,
    /// It lies in the trash already.
    InTrash,
    /// An operand lies in it, and would go to the trash with it.
    HoldsOperand,
    /// An operand is not where it was, and may lie in it.
    OperandMoved,
    /// The directory for trash lies in it.
    HoldsTrash,
    /// Another file took the name while it was moved, and lies in the trash now, under the name that follows from it.
    OtherInTrash,
}

/// A directory that is not removed, whatever was chosen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Protected {
    /// `/`.
    Root,
    /// An operand.
    Operand,
    /// The working directory of pdu, or a directory above it.
    WorkingDirectory,
    /// A directory that may be one of these: they cannot be found.
    Perhaps,
}

impl Interruption for Problem {
    fn is_interruption(&self) -> bool {
        *self == Self::Failed(Errno::INTR)
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Failed(errno) => return formatter.write_str(&reason(errno.raw_os_error())),
            Self::Changed => "changed since it was read",
            Self::Mounted => "a file system is mounted there",
            Self::MountsChanged => "a file system was mounted or unmounted; r reads it again",
            Self::MountedBelow => "a file system is mounted below it",
            Self::MountedElsewhere => "it is mounted elsewhere, or a directory below it is",
            Self::Subvolume => "a btrfs subvolume; `btrfs subvolume delete` removes it",
            Self::HoldsSubvolume => "it holds a btrfs subvolume",
            Self::LeftOut => "left out when it was read",
            Self::HoldsLeftOut => "it holds entries that were left out when it was read",
            Self::Unread => "it could not be read",
            Self::HoldsUnread => "it holds entries that could not be read",
            Self::Stopped => "stopped",
            Self::Protected(Protected::Root) => "the root directory",
            Self::Protected(Protected::Operand) => "an operand of this run",
            Self::Protected(Protected::WorkingDirectory) => {
                "the working directory, or a directory above it"
            }
            Self::Protected(Protected::Perhaps) => {
                "it may hold the working directory, which cannot be found"
            }
            Self::MountsUnknown => "this system does not tell where a file system is mounted",
            Self::NoTrash => "no trash on this file system; Y deletes",
            Self::TrashGone => "the trash was removed meanwhile",
            Self::NoSafeMove => "this file system cannot move safely to the trash; Y deletes",
            Self::InTrash => "it is in the trash; Y deletes",
            Self::HoldsOperand => "an operand of this run lies in it",
            Self::OperandMoved => "an operand of this run was moved, and may lie in it",
            Self::HoldsTrash => "the trash lies in it",
            Self::OtherInTrash => "another file took its name, and is in the trash now",
        })
    }
}
