//! Removes the targets of one place, and what the tree has below them.
//!
//! One frame for each directory on the way to the current one: no recursion, and no limit on the depth. The descriptors
//! of the innermost frames stay open. A directory further up is reached through `..` and compared, or, where that is
//! another directory, opened again from the directory that holds the targets.

use std::collections::HashSet;
use std::ffi::{CStr, CString};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::sync::Arc;

use rustix::fs::{AtFlags, Dir, FileType, Mode, OFlags};
use rustix::io::Errno;

use super::job::{Directory, EntryIdentity, KnownDirectory, KnownEntry, RemovalPlace};
use super::look::{AsRead, Seen, has_vanished, look, look_at, note_own_change, open_file};
use super::own_changes::OwnChanges;
use super::problem::Problem;
use super::protection::Protection;
use super::rows::{Next, Rows};
use super::talk::Talk;
use super::way::{Opened, Way, is_subvolume, note_copies, one_name};
use crate::count::usage::{FileTime, Inode};
use crate::sys::retry::retry;

/// How many descriptors of frames stay open, beside that of the directory that holds the targets.
const OPEN: usize = 8;

/// How many entries of all frames may wait in memory; beyond, the outer frames forget theirs.
const IN_MEMORY: usize = 1 << 16;

/// How far entries that were not shown are counted: a listing may have no end.
const COUNTED: u64 = 1_000_000;

/// What a removal needs.
pub(super) struct Tools<'a> {
    pub(super) talk: &'a mut Talk,
    pub(super) way: &'a Way,
    pub(super) protection: &'a Protection,
    pub(super) own_changes: &'a mut OwnChanges,
    pub(super) operand_dirs: &'a [Arc<OwnedFd>],
    /// The directories that the other operands lie in, or are; none where one of them was moved.
    pub(super) above_others: Option<HashSet<Inode>>,
}

struct Delete<'a, 'b> {
    tools: &'a mut Tools<'b>,
    /// The first is the directory that holds the targets.
    frames: Vec<Frame>,
    /// Entries in memory, of all frames.
    in_memory: usize,
    /// The frames before this one have no entries in memory, but the first.
    first_in_memory: usize,
}

struct Frame {
    name: CString,
    read: AsRead,
    directory: Directory,
    fd: Option<OwnedFd>,
    /// When it was created, before a removal from it.
    born: Option<FileTime>,
    rows: Rows,
    /// An entry that was compared was in it: this is the directory that was read.
    is_proven: bool,
}

/// A directory further up, whose descriptor was closed, is to be opened before it is used.
const NOT_OPEN: Problem = Problem::Failed(Errno::BADF);

impl Frame {
    fn fd(&self) -> Result<BorrowedFd<'_>, Problem> {
        self.fd.as_ref().map(AsFd::as_fd).ok_or(NOT_OPEN)
    }
}

/// Removes the targets of a place whose directory is open.
pub(super) fn delete(tools: &mut Tools<'_>, base: Opened, place: RemovalPlace) {
    let known: Vec<KnownEntry> = place
        .targets
        .into_iter()
        .map(|target| target.known)
        .collect();
    let names: Vec<Vec<u8>> = known.iter().map(|known| known.name.clone()).collect();
    let frame = Frame {
        name: CString::default(),
        read: AsRead {
            inode: base.inode,
            began: place.reading_began,
        },
        directory: place.directory,
        fd: Some(base.fd),
        born: base.born,
        rows: Rows::all(known),
        is_proven: false,
    };
    let mut delete = Delete {
        tools,
        frames: vec![frame],
        in_memory: 0,
        first_in_memory: 1,
    };
    while !delete.tools.talk.is_stopped() && delete.step() {}
    delete.unwind(1);
    let base = delete.frames.pop();
    let gone = base.map_or_else(Vec::new, |base| base.rows.into_gone());
    let rows = gone.into_iter().flatten();
    let names = rows.filter_map(|row| names.get(row).cloned()).collect();
    tools.talk.left_place(place.directory, names);
}

impl Delete<'_, '_> {
    /// The next entry of the current directory. False at the end of the targets.
    fn step(&mut self) -> bool {
        let Some(frame) = self.frames.last_mut() else {
            return false;
        };
        match frame.rows.next() {
            Next::Entry(known) => self.entry(&known),
            Next::Ask(after) => return self.ask(after),
            Next::End if self.frames.len() == 1 => return false,
            Next::End => self.leave(),
        }
        true
    }

    fn entry(&mut self, known: &KnownEntry) {
        let done = match known.found {
            EntryIdentity::LeftOut => Err(Problem::LeftOut),
            EntryIdentity::File(number, kind) => self.file(&known.name, number, kind),
            EntryIdentity::Unread => Err(Problem::Unread),
            EntryIdentity::Directory(directory) => match self.enter(&known.name, &directory) {
                Ok(()) => return,
                Err(problem) => Err(problem),
            },
        };
        self.settle(&known.name, done);
    }

    /// The entry that had its turn last in the current directory is gone, or stays. One that has vanished is gone.
    fn settle(&mut self, name: &[u8], done: Result<(), Problem>) {
        let Some(frame) = self.frames.last_mut() else {
            return;
        };
        let has_vanished = || {
            let name = CString::new(name).ok();
            name.zip(frame.fd().ok())
                .is_some_and(|(name, at)| has_vanished(at, &name))
        };
        match done {
            Ok(()) => {
                frame.is_proven = true;
                frame.rows.is_gone();
            }
            Err(Problem::Failed(Errno::NOENT)) if has_vanished() => frame.rows.is_gone(),
            Err(problem) => {
                frame.rows.staying += 1;
                let directory = frame.directory;
                self.tools.talk.failed(directory, name, problem);
            }
        }
    }

    fn file(&mut self, name: &[u8], number: u64, kind: FileType) -> Result<(), Problem> {
        let name = one_name(name)?;
        let frame = self.frames.last().ok_or(NOT_OPEN)?;
        let at = frame.fd()?;
        let tools = &mut self.tools;
        let (seen, other_links) = unlink(at, &name, AtFlags::empty(), |seen| {
            let compared = (frame.read.began, &*tools.own_changes);
            seen.must_be_file(number, kind, compared)?;
            tools.protection.check(seen.inode)?;
            match seen.born.is_none() && seen.links > 1 {
                true => open_file(at, &name).map(Some),
                false => Ok(None),
            }
        })?;
        match other_links {
            Some(file) => note_own_change(file.as_fd(), tools.own_changes),
            None => tools.own_changes.forget(seen.inode),
        }
        // The space of an inode with other links stays in use.
        let freed = if seen.links <= 1 { seen.allocated } else { 0 };
        self.tools.talk.removed(1, freed);
        Ok(())
    }

    /// Makes a subdirectory the current directory.
    fn enter(&mut self, name: &[u8], known: &KnownDirectory) -> Result<(), Problem> {
        self.tools.protection.check_directory(known.inode)?;
        let name = one_name(name)?;
        let above = self.frames.last().ok_or(NOT_OPEN)?;
        let read = AsRead {
            inode: known.inode,
            began: known.began(above.read.began),
        };
        let device = above.read.inode.device;
        let way = self.tools.way;
        let read_here = (read, &*self.tools.own_changes);
        let opened = way.open_below(above.fd()?, device, &name, read_here)?;
        self.frames.push(Frame {
            name,
            read,
            directory: known.number,
            fd: Some(opened.fd),
            born: opened.born,
            rows: Rows::unknown(),
            is_proven: false,
        });
        if let Some(outer) = self
            .frames
            .len()
            .checked_sub(OPEN + 1)
            .filter(|&outer| outer > 0)
        {
            self.frames[outer].fd = None;
        }
        Ok(())
    }

    /// Gets more entries of the current directory. False where the main thread has ended.
    fn ask(&mut self, after: usize) -> bool {
        let top = self.frames.len() - 1;
        let frame = &mut self.frames[top];
        self.in_memory -= frame.rows.in_memory;
        let Some(entries) = self.tools.talk.ask(frame.directory, after) else {
            frame.rows.in_memory = 0;
            return false;
        };
        frame.rows.add(entries.known, entries.is_last);
        self.in_memory += frame.rows.in_memory;
        self.first_in_memory = self.first_in_memory.min(top);
        while self.in_memory > IN_MEMORY && self.first_in_memory < top {
            let outer = &mut self.frames[self.first_in_memory].rows;
            self.in_memory -= outer.in_memory;
            outer.forget();
            self.first_in_memory += 1;
        }
        true
    }

    /// Every entry of the current directory has had its turn: removes it, if it is empty, from the one above.
    fn leave(&mut self) {
        let Some(mut frame) = self.pop() else { return };
        let Some(fd) = frame.fd.take() else { return };
        let (name, staying) = (frame.name.clone(), frame.rows.staying);
        if !self.return_from(fd.as_fd()) {
            return self.tell(frame);
        }
        let done = match staying {
            0 => self.directory(&frame, fd.as_fd()),
            _ => Err(Problem::Failed(Errno::NOTEMPTY)),
        };
        if done.is_err() {
            let as_opened = (frame.read.inode, frame.born);
            note_copies(fd.as_fd(), &[as_opened], self.tools.own_changes);
            if frame.is_proven {
                note_own_change(fd.as_fd(), self.tools.own_changes);
            }
        }
        let directory = frame.directory;
        // What the main thread need not take out of a directory that goes as a whole is told now and then only.
        if done.is_err() || self.tools.talk.is_time_to_tell() {
            self.tell(frame);
        }
        if done != Err(Problem::Failed(Errno::NOTEMPTY)) {
            return self.settle(name.to_bytes(), done);
        }
        let new = count(fd.as_fd()).saturating_sub(staying);
        if new > 0 {
            self.tools.talk.new_entries(directory, new);
        }
        match self.frames.last_mut() {
            // What holds it has been told.
            Some(above) if new > 0 || staying > 0 => above.rows.staying += 1,
            _ => self.settle(name.to_bytes(), done),
        }
    }

    /// Tells what is gone from a directory.
    fn tell(&mut self, frame: Frame) {
        let rows = frame.rows.into_gone();
        self.tools.talk.left(frame.directory, rows);
    }

    /// Removes the empty directory of this name from the current one, if it is the open one. Its number is not that of the
    /// tree by now where an overlay has copied it, to remove an entry from it.
    fn directory(&mut self, frame: &Frame, open: BorrowedFd<'_>) -> Result<(), Problem> {
        let at = self.frames.last().ok_or(NOT_OPEN)?.fd()?;
        let inode = look_at(open).map_err(Problem::Failed)?.inode;
        let tools = &mut self.tools;
        let began = frame.read.began;
        let unlinked = unlink(at, &frame.name, AtFlags::REMOVEDIR, |seen| {
            if !frame.is_proven {
                seen.must_be_old(began, tools.own_changes)?;
            }
            seen.must_be_open(inode)?;
            Ok(None)
        });
        let (seen, _) = unlinked.map_err(|problem| match problem {
            Problem::Failed(Errno::PERM | Errno::NOTEMPTY) if is_subvolume(at, inode) => {
                Problem::Subvolume
            }
            Problem::Failed(Errno::EXIST) => Problem::Failed(Errno::NOTEMPTY),
            problem => problem,
        })?;
        tools.own_changes.forget(inode);
        tools.talk.removed(1, seen.allocated);
        Ok(())
    }

    /// Opens the current directory, if it is not open, from one that was right below it. False where that is impossible.
    fn return_from(&mut self, below: BorrowedFd<'_>) -> bool {
        match self.frames.last_mut() {
            Some(frame) if frame.fd.is_none() => {
                match Way::open_above(below, frame.read.inode) {
                    Ok(fd) => frame.fd = Some(fd),
                    Err(_) => return self.open_again(),
                }
                true
            }
            _ => true,
        }
    }

    /// Opens the current directory again, from the innermost one that is open. Where a directory on the way is another
    /// one by now, it stays, with everything below it.
    fn open_again(&mut self) -> bool {
        let is_open = |frame: &Frame| frame.fd.is_some();
        let start = self.frames.iter().rposition(is_open).unwrap_or(0);
        for index in start + 1..self.frames.len() {
            let (above, frame) = (&self.frames[index - 1], &self.frames[index]);
            let (way, device) = (self.tools.way, above.read.inode.device);
            let read = (frame.read, &*self.tools.own_changes);
            let opened = above
                .fd()
                .and_then(|at| way.open_below(at, device, &frame.name, read));
            match opened {
                Ok(opened) => self.frames[index].fd = Some(opened.fd),
                Err(problem) => {
                    self.lose(index, problem);
                    return false;
                }
            }
            if index > start + 1 {
                self.frames[index - 1].fd = None;
            }
        }
        true
    }

    /// Gives up the frames from this one on.
    fn lose(&mut self, index: usize, problem: Problem) {
        let name = self.frames[index].name.clone();
        self.unwind(index);
        let problem = match problem {
            Problem::Failed(Errno::NOENT) => Problem::Changed,
            problem => problem,
        };
        self.settle(name.to_bytes(), Err(problem));
    }

    /// Leaves all directories from this frame on, as they are.
    fn unwind(&mut self, index: usize) {
        if let Some(open) = self.frames.iter().rposition(|frame| frame.fd.is_some())
            && let Ok(fd) = self.frames[open].fd()
        {
            let way = self.frames[..=open].iter();
            let way: Vec<_> = way.map(|frame| (frame.read.inode, frame.born)).collect();
            note_copies(fd, &way, self.tools.own_changes);
        }
        while self.frames.len() > index
            && let Some(frame) = self.pop()
        {
            self.tell(frame);
        }
    }

    fn pop(&mut self) -> Option<Frame> {
        let frame = self.frames.pop()?;
        // The targets are not counted.
        if !self.frames.is_empty() {
            self.in_memory -= frame.rows.in_memory;
        }
        self.first_in_memory = self.first_in_memory.min(self.frames.len().max(1));
        Some(frame)
    }
}

/// Compares an entry, then unlinks its name; gives the entry, and what the comparison has opened. A call that a signal
/// interrupts may have taken seconds, so the entry is compared again before the next one.
fn unlink(
    at: BorrowedFd<'_>,
    name: &CStr,
    flags: AtFlags,
    compare: impl Fn(&Seen) -> Result<Option<OwnedFd>, Problem>,
) -> Result<(Seen, Option<OwnedFd>), Problem> {
    let mut interrupted = None;
    retry(|| {
        let seen = match (look(at, name), interrupted.take()) {
            // The call that was interrupted has unlinked it.
            (Err(Errno::NOENT), Some(unlinked)) => return Ok(unlinked),
            (seen, _) => seen.map_err(Problem::Failed)?,
        };
        let opened = compare(&seen)?;
        match rustix::fs::unlinkat(at, name, flags) {
            // Some servers unlink it, and tell that they have not found it.
            Err(Errno::NOENT) if has_vanished(at, name) => Ok((seen, opened)),
            Err(Errno::INTR) => {
                interrupted = Some((seen, opened));
                Err(Problem::Failed(Errno::INTR))
            }
            unlinked => unlinked.map(|()| (seen, opened)).map_err(Problem::Failed),
        }
    })
}

/// How many entries an open directory has. Their names are not used.
fn count(fd: BorrowedFd<'_>) -> u64 {
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
    let opened = retry(|| rustix::fs::openat(fd, c".", flags, Mode::empty()));
    let Ok(entries) = opened.and_then(Dir::new) else {
        return 0;
    };
    let names = entries.take_while(Result::is_ok).flatten();
    let names = names.filter(|entry| !matches!(entry.file_name().to_bytes(), b"." | b".."));
    names.take(COUNTED as usize).count() as u64
}
