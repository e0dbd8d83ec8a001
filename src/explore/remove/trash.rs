//! Moves the targets of one place to the trash of their file system; never by a copy.
//!
//! Each move: the info file, created with `O_EXCL`, takes the name; then the entry is renamed, which replaces nothing; then
//! the moved entry is compared once more. So the one race of a removal is none here: another file that took the name
//! between the comparison and the move goes back.

use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use jiff::Timestamp;
use rustix::fs::{AtFlags, FileType, Mode, OFlags, RenameFlags};
use rustix::io::Errno;

use super::delete::Tools;
use super::job::{EntryIdentity, KnownEntry, RemovalPlace, RemovalTarget};
use super::look::{AsRead, Seen, has_vanished, look, look_at, note_own_change, open_file};
use super::options::RemovalOptions;
use super::problem::Problem;
use super::protection::Protection;
use super::trash_checks::{is_above, join, may_move, must_hold_no_mount, must_hold_no_operand};
use super::trash_dir::{TrashDir, TrashPlace, path_of};
use super::trash_info::{info_name, name, size_line, text};
use super::way::{Opened, one_name};
use crate::count::usage::{FileTime, Inode};
use crate::sys::retry::{read_all, retry, write};

/// How many names are tried for an entry.
const NAMES: u32 = 10_000;

/// The largest `directorysizes` that is kept.
const MOST_SIZES: u64 = 64 << 20;

/// Why a move into one directory for trash failed.
enum Refusal {
    /// Another one may do.
    OtherTrash,
    /// The entry was not there any more.
    Vanished,
    /// Another name may do.
    NameTaken,
    Problem(Problem),
}

impl From<Problem> for Refusal {
    fn from(problem: Problem) -> Self {
        Self::Problem(problem)
    }
}

/// Moves the targets of a place whose directory is open.
pub(super) fn trash(
    tools: &mut Tools<'_>,
    base: &Opened,
    place: RemovalPlace,
    options: &RemovalOptions,
) {
    let mut mover = Mover {
        base,
        reading_began: place.reading_began,
        places: TrashPlace::ALL.into_iter(),
        trash: None,
        options,
        sizes: Vec::new(),
    };
    let mut gone = Vec::new();
    for target in place.targets {
        if tools.talk.is_stopped() {
            break;
        }
        match mover.target(tools, &target) {
            Ok(Done::Moved) => tools.talk.removed(target.entries, target.allocated),
            Ok(Done::Vanished) => {}
            Err(Problem::Stopped) => break,
            Err(problem) => {
                let name = &target.known.name;
                tools.talk.failed(place.directory, name, problem);
                continue;
            }
        }
        gone.push(target.known.name);
    }
    mover.write_sizes();
    tools.talk.left_place(place.directory, gone);
}

/// Why an entry is no longer where it was.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Done {
    Moved,
    /// It was not there any more.
    Vanished,
}

/// An open entry that a rename may have moved.
struct Moved<'a> {
    /// It, before the rename.
    before: Seen,
    entry: BorrowedFd<'a>,
    /// The rename has told an error.
    has_failed: bool,
}

impl Moved<'_> {
    /// Whether it is this one. An overlay copies what it moves: then the number of the open entry is another one by now.
    fn is(&self, seen: &Seen) -> bool {
        let now = look_at(self.entry).map_or(self.before.inode, |now| now.inode);
        seen.kind == self.before.kind && [self.before.inode, now].contains(&seen.inode)
    }

    /// A file system that finds an open entry by its path has lost it by a rename that has told an error.
    fn is_lost(&self) -> bool {
        self.has_failed && look_at(self.entry).is_err()
    }
}

struct Mover<'a> {
    base: &'a Opened,
    reading_began: FileTime,
    /// The places that were not tried yet.
    places: std::array::IntoIter<TrashPlace, 3>,
    /// The directory for trash of the place that was tried last.
    trash: Option<TrashDir>,
    options: &'a RemovalOptions,
    /// Lines for `directorysizes` of that directory.
    sizes: Vec<String>,
}

impl Mover<'_> {
    fn target(&mut self, tools: &mut Tools<'_>, target: &RemovalTarget) -> Result<Done, Problem> {
        let entry = match self.compare(tools, &target.known) {
            Err(Problem::Failed(Errno::NOENT)) if self.has_vanished(&target.known.name) => {
                return Ok(Done::Vanished);
            }
            compared => compared?,
        };
        if let EntryIdentity::Directory(directory) = target.known.found {
            // Its rows may have taken long.
            must_hold_nothing_that_stays(tools, entry.as_fd(), directory.inode)?;
        }
        if tools.talk.is_stopped() {
            return Err(Problem::Stopped);
        }
        // The targets lie on one mount: a directory for trash that one of them cannot be moved to is none for the others.
        loop {
            let moved = match &self.trash {
                Some(trash) => self.move_to(tools, trash, target, entry.as_fd()),
                None => Err(Refusal::OtherTrash),
            };
            match moved {
                Ok(line) => {
                    self.sizes.extend(line);
                    self.trash.iter_mut().for_each(TrashDir::keep);
                    note_own_change(entry.as_fd(), tools.own_changes);
                    return Ok(Done::Moved);
                }
                Err(Refusal::Vanished) => return Ok(Done::Vanished),
                Err(Refusal::NameTaken) => return Err(Problem::Failed(Errno::EXIST)),
                Err(Refusal::Problem(Problem::TrashGone)) => {
                    // For the next one it is made again.
                    self.places = TrashPlace::ALL.into_iter();
                    self.trash = None;
                    return Err(Problem::TrashGone);
                }
                Err(Refusal::Problem(problem)) => return Err(problem),
                Err(Refusal::OtherTrash) => self.write_sizes(),
            }
            self.open_next()?;
        }
    }

    /// Opens the directory for trash of the next place. Fails where the targets lie in it: their info files are there.
    fn open_next(&mut self) -> Result<(), Problem> {
        let place = self.places.next().ok_or(Problem::NoTrash)?;
        self.trash = place.open(self.base, self.options.data_home.as_deref());
        let holds = |trash: &TrashDir| is_above(trash.fd.as_fd(), self.base.fd.as_fd());
        match self.trash.as_ref().is_some_and(holds) {
            true => {
                self.places = TrashPlace::ALL.into_iter();
                self.trash = None;
                Err(Problem::InTrash)
            }
            false => Ok(()),
        }
    }

    /// Opens the entry (`O_PATH`). Fails where it is not the one that was shown, or must stay.
    fn compare(&self, tools: &mut Tools<'_>, known: &KnownEntry) -> Result<OwnedFd, Problem> {
        let at = self.base.fd.as_fd();
        let name = one_name(&known.name)?;
        match known.found {
            EntryIdentity::LeftOut => Err(Problem::LeftOut),
            EntryIdentity::File(number, kind) => {
                let file = open_file(at, &name)?;
                let seen = look_at(file.as_fd()).map_err(Problem::Failed)?;
                seen.must_be_file(number, kind, (self.reading_began, tools.own_changes))?;
                tools.protection.check(seen.inode)?;
                Ok(file)
            }
            EntryIdentity::Unread => Err(Problem::Unread),
            EntryIdentity::Directory(directory) => {
                tools.protection.check_directory(directory.inode)?;
                let read = AsRead {
                    inode: directory.inode,
                    began: directory.began(self.reading_began),
                };
                let device = self.base.inode.device;
                let read_here = (read, &*tools.own_changes);
                let opened = tools.way.open_below(at, device, &name, read_here)?.fd;
                let seen = look_at(opened.as_fd()).map_err(Problem::Failed)?;
                seen.must_be_old(read.began, tools.own_changes)?;
                must_hold_nothing_that_stays(tools, opened.as_fd(), directory.inode)?;
                may_move(tools, device, &directory)?;
                Ok(opened)
            }
        }
    }

    /// Moves an entry. Gives its line in `directorysizes`, if it is a directory.
    fn move_to(
        &self,
        tools: &Tools<'_>,
        trash: &TrashDir,
        target: &RemovalTarget,
        entry: BorrowedFd<'_>,
    ) -> Result<Option<String>, Refusal> {
        let old = &target.known.name;
        let path = self.path_for(trash, old).ok_or(Refusal::OtherTrash)?;
        let text = text(&path, Timestamp::now(), &self.options.zone);
        for number in 1..=NAMES {
            let new = name(old, number);
            match self.move_as(tools, trash, (old, &new), (&text, entry)) {
                Ok(info_time) => return Ok(size_line_of(target, info_time, &new)),
                Err(Refusal::NameTaken) => {}
                Err(refusal) => return Err(refusal),
            }
        }
        Err(Refusal::NameTaken)
    }

    /// Moves an entry to this name in the trash. Gives the time of its info file.
    fn move_as(
        &self,
        tools: &Tools<'_>,
        trash: &TrashDir,
        (old, new): (&[u8], &[u8]),
        (text, entry): (&[u8], BorrowedFd<'_>),
    ) -> Result<i64, Refusal> {
        let info = create_info(trash.info.as_fd(), &info_name(new), text);
        let info_time = info.map_err(|errno| match errno {
            Errno::EXIST => Refusal::NameTaken,
            Errno::NOENT => Problem::TrashGone.into(),
            errno => Problem::Failed(errno).into(),
        })?;
        let moved = self.rename_checked(tools, trash, (old, new), entry);
        match moved {
            Ok(()) => Ok(info_time),
            // Its info file tells where it was.
            Err(Refusal::Problem(Problem::OtherInTrash)) => Err(Problem::OtherInTrash.into()),
            Err(refusal) => {
                remove_info(trash, new);
                Err(refusal)
            }
        }
    }

    /// Renames an entry to a name that is free, and compares what lies there then.
    fn rename_checked(
        &self,
        tools: &Tools<'_>,
        trash: &TrashDir,
        (old, new): (&[u8], &[u8]),
        entry: BorrowedFd<'_>,
    ) -> Result<(), Refusal> {
        // What lies there without an info file may be another link of the entry.
        if !has_vanished_from(trash.files.as_fd(), new) {
            return Err(Refusal::NameTaken);
        }
        let before = look_at(entry).map_err(Problem::Failed)?;
        let renamed = self.rename(trash, (old, new));
        let moved = Moved {
            before,
            entry,
            has_failed: renamed.is_err(),
        };
        match renamed {
            // Some servers refuse the second request for what the first one has done, or tell an error all the same.
            Err(errno) if !self.is_moved(trash, (old, new), &moved) => {
                Err(self.refusal(errno, trash, old, entry))
            }
            _ => Ok(self.verify(tools, trash, (old, new), &moved)?),
        }
    }

    /// Whether a rename has moved an entry to a name that was free, whatever it has told.
    fn is_moved(&self, trash: &TrashDir, (old, new): (&[u8], &[u8]), moved: &Moved<'_>) -> bool {
        let there = one_name(new).ok();
        let there = there.and_then(|name| look(trash.files.as_fd(), &name).ok());
        // A file system that numbers paths may have given the new path another number.
        there.is_some_and(|there| {
            there.kind == moved.before.kind && (moved.is(&there) || self.has_vanished(old))
        })
    }

    fn rename(&self, trash: &TrashDir, (old, new): (&[u8], &[u8])) -> Result<(), Errno> {
        let (from, to) = (self.base.fd.as_fd(), trash.files.as_fd());
        let flags = RenameFlags::NOREPLACE;
        retry(|| rustix::fs::renameat_with(from, old, to, new, flags))
    }

    fn has_vanished(&self, name: &[u8]) -> bool {
        has_vanished_from(self.base.fd.as_fd(), name)
    }

    /// What an error of the rename of an open entry means.
    fn refusal(
        &self,
        errno: Errno,
        trash: &TrashDir,
        name: &[u8],
        entry: BorrowedFd<'_>,
    ) -> Refusal {
        match errno {
            Errno::EXIST => Refusal::NameTaken,
            // Another mount.
            Errno::XDEV => Refusal::OtherTrash,
            Errno::INVAL if is_above(entry, trash.files.as_fd()) => Problem::HoldsTrash.into(),
            Errno::INVAL | Errno::NOSYS => Problem::NoSafeMove.into(),
            Errno::BUSY => Problem::Mounted.into(),
            // The entry, or the trash.
            Errno::NOENT if self.has_vanished(name) => Refusal::Vanished,
            Errno::NOENT => Problem::TrashGone.into(),
            errno => Problem::Failed(errno).into(),
        }
    }

    /// Moves back what is not the entry that was compared, and what by now holds something that must not go along.
    fn verify(
        &self,
        tools: &Tools<'_>,
        trash: &TrashDir,
        (old, new): (&[u8], &[u8]),
        moved: &Moved<'_>,
    ) -> Result<(), Problem> {
        let (from, to) = (trash.files.as_fd(), self.base.fd.as_fd());
        let name = one_name(new)?;
        let seen = match look(from, &name) {
            // Another program has emptied the trash, or the rename did nothing.
            Err(Errno::NOENT) if self.has_vanished(old) => return Ok(()),
            Err(Errno::NOENT) => return Err(Problem::Failed(Errno::IO)),
            seen => seen.ok(),
        };
        let refusal = match seen.filter(|seen| moved.is(seen) || moved.is_lost()) {
            Some(seen) if seen.kind == FileType::Directory => {
                let open = open_file(from, &name);
                let holds = open
                    .and_then(|open| must_hold_nothing_that_stays(tools, open.as_fd(), seen.inode));
                match holds {
                    Ok(()) => return Ok(()),
                    Err(problem) => problem,
                }
            }
            Some(_) => return Ok(()),
            None => Problem::Changed,
        };
        let flags = RenameFlags::NOREPLACE;
        match retry(|| rustix::fs::renameat_with(from, new, to, old, flags)) {
            Ok(()) => Err(refusal),
            Err(_) => Err(Problem::OtherInTrash),
        }
    }

    /// The path of an entry in its info file.
    fn path_for(&self, trash: &TrashDir, name: &[u8]) -> Option<Vec<u8>> {
        let path = join(&path_of(self.base.fd.as_fd())?, name);
        let Some(top) = &trash.top else {
            return Some(path);
        };
        let rest = path.strip_prefix(top.as_slice())?;
        Some(rest.strip_prefix(b"/").unwrap_or(rest).to_vec())
    }

    /// Adds the lines to `directorysizes`. It is a cache: where that fails, other programs compute the sizes.
    fn write_sizes(&mut self) {
        let lines = std::mem::take(&mut self.sizes).concat();
        if let Some(trash) = self.trash.as_ref().filter(|_| !lines.is_empty()) {
            let _ = add_sizes(trash.fd.as_fd(), lines.as_bytes());
        }
    }
}

/// Fails where an open directory holds an operand, the working directory or a mount, wherever they were when the job began.
fn must_hold_nothing_that_stays(
    tools: &Tools<'_>,
    entry: BorrowedFd<'_>,
    inode: Inode,
) -> Result<(), Problem> {
    Protection::new(&[]).check_directory(inode)?;
    must_hold_no_operand(tools, inode)?;
    must_hold_no_mount(entry)
}

/// Creates an info file, and gives its time of modification in seconds.
fn create_info(at: BorrowedFd<'_>, name: &[u8], text: &[u8]) -> Result<i64, Errno> {
    let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    let mode = Mode::RUSR | Mode::WUSR;
    let file = retry(|| rustix::fs::openat(at, name, flags, mode))?;
    let done = match write(&file, text) {
        Ok(count) if count == text.len() => rustix::fs::fstat(&file).map(|stat| stat.st_mtime),
        Ok(_) => Err(Errno::NOSPC),
        Err(errno) => Err(errno),
    };
    if done.is_err() {
        let _ = retry(|| rustix::fs::unlinkat(at, name, AtFlags::empty()));
    }
    done
}

fn has_vanished_from(at: BorrowedFd<'_>, name: &[u8]) -> bool {
    one_name(name).is_ok_and(|name| has_vanished(at, &name))
}

fn remove_info(trash: &TrashDir, name: &[u8]) {
    let name = info_name(name);
    let _ = retry(|| rustix::fs::unlinkat(&trash.info, &*name, AtFlags::empty()));
}

fn size_line_of(target: &RemovalTarget, info_time: i64, name: &[u8]) -> Option<String> {
    let is_directory = matches!(target.known.found, EntryIdentity::Directory(..));
    is_directory.then(|| size_line(target.allocated, info_time, name))
}

/// Writes `directorysizes` anew with more lines, and replaces the earlier one in one step.
fn add_sizes(trash: BorrowedFd<'_>, lines: &[u8]) -> std::io::Result<()> {
    let name = c"directorysizes";
    let mut all = Vec::new();
    let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
    match retry(|| rustix::fs::openat(trash, name, flags, Mode::empty())) {
        Ok(fd) => {
            let stat = rustix::fs::fstat(&fd)?;
            let is_file = FileType::from_raw_mode(stat.st_mode).is_file();
            if !is_file || u64::try_from(stat.st_size).unwrap_or(0) > MOST_SIZES {
                return Err(Errno::FBIG.into());
            }
            read_all(std::fs::File::from(fd), &mut all)?;
        }
        Err(Errno::NOENT) => {}
        Err(errno) => return Err(errno.into()),
    }
    all.extend_from_slice(lines);
    let temporary = format!("directorysizes.{}", std::process::id());
    let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    let mode = Mode::RUSR | Mode::WUSR;
    let fd = retry(|| rustix::fs::openat(trash, &*temporary, flags, mode))?;
    let mut rest = &all[..];
    let mut done = Ok(());
    while !rest.is_empty() && done.is_ok() {
        done = write(&fd, rest).map(|count| rest = &rest[count..]);
    }
    let done = done.and_then(|()| retry(|| rustix::fs::renameat(trash, &*temporary, trash, name)));
    if done.is_err() {
        let _ = retry(|| rustix::fs::unlinkat(trash, &*temporary, AtFlags::empty()));
    }
    Ok(done?)
}
