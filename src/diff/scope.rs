//! How an entry of one scan is compared with its partner in the other one.

use rustix::fs::FileType;

use super::change::Event;
use super::paths::is_within;
use super::record::{ScanEntry, ScanRecord};
use crate::format::parquet::schema::State;

/// One of the two scans.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Side {
    Old,
    New,
}

/// What a scan knows of a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Presence {
    /// There is nothing.
    Absent,
    Directory,
    /// A directory that was read in part.
    BrokenDirectory,
    Other,
    /// A directory that could not be read.
    UnreadDirectory,
    /// Something that could not be looked at.
    UnreadEntry,
    /// `-x` left it out.
    Away,
}

/// See the module.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Scope {
    /// Both scans know it.
    Both,
    /// Only this scan has it, with all of its contents.
    One(Side),
    /// A directory in this scan, something else in the other one.
    Type(Side),
    /// It cannot be compared, for the reason that the event says. Only this scan knows its size; where there is none, both
    /// know one.
    Hidden(Event, Option<Side>),
}

/// The records of one path.
#[derive(Debug, Clone, Copy)]
pub(super) struct Step<'a> {
    pub(super) path: &'a [u8],
    pub(super) old: Option<&'a ScanEntry>,
    pub(super) new: Option<&'a ScanEntry>,
    /// The next record of the scan that has none of this path.
    pub(super) ahead: Option<ScanRecord<'a>>,
}

impl Presence {
    /// What a record says of its path. The mark of a directory stands for the directory.
    fn of(entry: &ScanEntry) -> Self {
        let is_directory = entry.kind == FileType::Directory;
        match entry.state {
            State::Away => Self::Away,
            State::Broken if is_directory => Self::BrokenDirectory,
            State::Unread | State::HandedOver if is_directory => Self::UnreadDirectory,
            State::Unread | State::Broken | State::HandedOver => Self::UnreadEntry,
            State::Ok if is_directory => Self::Directory,
            State::Ok => Self::Other,
        }
    }
}

impl<'a> Step<'a> {
    /// A record of both scans.
    pub(super) fn of_both(old: ScanRecord<'a>, new: ScanRecord<'a>) -> Self {
        Self {
            path: new.path,
            old: Some(old.entry),
            new: Some(new.entry),
            ahead: None,
        }
    }

    /// A record of OLD only.
    pub(super) fn of_old(old: ScanRecord<'a>, ahead: Option<ScanRecord<'a>>) -> Self {
        Self {
            path: old.path,
            old: Some(old.entry),
            new: None,
            ahead,
        }
    }

    /// A record of NEW only.
    pub(super) fn of_new(new: ScanRecord<'a>, ahead: Option<ScanRecord<'a>>) -> Self {
        Self {
            path: new.path,
            old: None,
            new: Some(new.entry),
            ahead,
        }
    }

    pub(super) fn entry(&self, side: Side) -> Option<&'a ScanEntry> {
        match side {
            Side::Old => self.old,
            Side::New => self.new,
        }
    }

    /// What a scan knows of the path of this step, or of a directory above it. In the order of the records, the next
    /// record of a scan tells whether the scan has a directory.
    pub(super) fn presence(&self, side: Side, path: &[u8]) -> Presence {
        match (self.entry(side), self.ahead) {
            (Some(entry), _) if path == self.path => Presence::of(entry),
            (Some(_), _) => Presence::Directory,
            (None, Some(ahead)) if ahead.path == path => Presence::of(ahead.entry),
            (None, Some(ahead)) if is_within(ahead.path, path) => Presence::Directory,
            (None, _) => Presence::Absent,
        }
    }
}

impl Scope {
    /// The scope of an entry in a directory that both scans have. A scan that read the directory in part does not know
    /// what else is in it.
    pub(super) fn of(old: Presence, new: Presence, broken: impl Fn(Side) -> bool) -> Self {
        use Presence::{Absent, Away, BrokenDirectory, Directory, Other};
        use Presence::{UnreadDirectory, UnreadEntry};
        match (old, new) {
            (Other, Other) | (Away, Away) => Self::Both,
            (UnreadEntry, UnreadEntry) | (UnreadDirectory, UnreadDirectory) => Self::Both,
            (Directory | BrokenDirectory, Directory | BrokenDirectory) => Self::Both,
            (Away, _) => Self::hidden(Event::Away, Side::New),
            (_, Away) => Self::hidden(Event::Away, Side::Old),
            (UnreadEntry, _) => Self::hidden(Event::Unread, Side::New),
            (_, UnreadEntry) => Self::hidden(Event::Unread, Side::Old),
            (Absent, _) if broken(Side::Old) => Self::hidden(Event::Unread, Side::New),
            (_, Absent) if broken(Side::New) => Self::hidden(Event::Unread, Side::Old),
            (Absent, _) => Self::One(Side::New),
            (_, Absent) => Self::One(Side::Old),
            (UnreadDirectory, _) => Self::hidden(Event::Unread, Side::New),
            (_, UnreadDirectory) => Self::hidden(Event::Unread, Side::Old),
            (Other, Directory | BrokenDirectory) => Self::Type(Side::New),
            (Directory | BrokenDirectory, Other) => Self::Type(Side::Old),
        }
    }

    /// The scope of the root: a scan without any record has a root all the same.
    pub(super) fn of_root(old: Presence, new: Presence) -> Self {
        match Self::of(old, new, |_| false) {
            Self::Hidden(event, known) => Self::Hidden(event, known),
            Self::Both | Self::One(_) | Self::Type(_) => Self::Both,
        }
    }

    fn hidden(event: Event, known: Side) -> Self {
        Self::Hidden(event, Some(known))
    }

    /// The scope of what such a directory contains; none where that is compared entry by entry.
    pub(super) fn of_contents(self) -> Option<Self> {
        match self {
            Self::Both => None,
            Self::One(side) | Self::Type(side) => Some(Self::One(side)),
            Self::Hidden(..) => Some(self),
        }
    }
}
