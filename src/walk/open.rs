//! From a name to an open directory, or to what it is instead.
//!
//! Below an operand a directory is opened by its one name, without a stat before it (the type in the directory
//! entry is enough of a hint), and the opened descriptor says what it is. Only where the open fails is the name
//! looked at, to tell a directory that cannot be read from a file, and both from an entry that vanished.

use std::ffi::CStr;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::sync::Arc;

use rustix::fs::{CWD, Mode, OFlags, ResolveFlags};
use rustix::io::Errno;

use super::fd_budget::{Handle, open_directory};
use super::stat::{Lookup, Stat, stat, stat_open};
use super::work_queue::Slot;
use super::{Above, Dir, Fd, Follow, Shared, bare};
use crate::count::listing::{Branch, Found, Listing};
use crate::sys::failure::{Failure, Operation};
use crate::sys::retry::retry;

/// The type of a file system that mounts others when they are opened, from statfs(2).
const AUTOFS: u64 = 0x0187;

/// What a name turned out to be.
pub(super) enum Opened {
    Directory(Dir),
    Other(Listing),
}

impl Shared {
    /// Opens what `place` names.
    pub(super) fn open(&self, place: (Arc<Branch>, u32), slot: Slot, above: Above<'_>) -> Opened {
        let (branch, index) = &place;
        let path = self.path_for_patterns(branch, *index);
        let is_operand = matches!(above, Above::CommandLine);
        if is_operand
            && path
                .as_deref()
                .is_some_and(|path| self.options.exclude.matches(path))
        {
            return Opened::Other(bare(place, Found::Nothing, None));
        }
        let result = match &above {
            Above::CommandLine => self.open_operand(branch, *index),
            Above::Shared(handle) => self.open_below(branch, *index, handle.as_fd()),
            Above::Lent(fd) => self.open_below(branch, *index, *fd),
        };
        match result {
            Ok((fd, stat)) => self.opened(place, slot, path, (fd, stat)),
            Err((found, failure)) => Opened::Other(bare(place, found, failure)),
        }
    }

    /// Operands are matched whole; names below them only where a pattern can see more than the last component.
    fn path_for_patterns(&self, branch: &Branch, index: u32) -> Option<Vec<u8>> {
        let exclude = &self.options.exclude;
        let is_operand = branch.parent.is_none();
        (exclude.needs_path() || is_operand && !exclude.is_empty()).then(|| {
            let mut path = Vec::new();
            branch.path(index, None, &mut path);
            path
        })
    }

    /// An operand is looked at by name first: it may be anything.
    fn open_operand(&self, branch: &Branch, index: u32) -> OpenResult {
        let name = branch.names.name(index);
        let follow = self.options.follow != Follow::Never;
        let lookup = if follow { Lookup::Target } else { Lookup::Link };
        let stat = stat(None, name, lookup, self.options.time)
            .map_err(|errno| (Found::Nothing, Some(self.no_operand(name, errno))))?;
        if !stat.is_directory() {
            return Err((Found::File(stat.entry(&self.options), stat.detail), None));
        }
        match open_directory(None, name, follow, (&self.budget, &self.done)) {
            Ok(fd) => self.stat_opened(fd),
            Err(errno) => Err(self.unreadable(&stat, errno)),
        }
    }

    fn no_operand(&self, name: &CStr, errno: Errno) -> Failure {
        let follows = self.options.follow != Follow::Never && errno == Errno::NOENT;
        let is_link = follows && stat(None, name, Lookup::Link, self.options.time).is_ok();
        let operation = if is_link {
            Operation::Follow
        } else {
            Operation::Access
        };
        failure(operation, errno)
    }

    fn open_below(&self, branch: &Branch, index: u32, at: BorrowedFd<'_>) -> OpenResult {
        let name = branch.names.name(index);
        let follow = self.options.follow == Follow::Always;
        let lookup = if follow { Lookup::Target } else { Lookup::Link };
        // Before the open, which would fire an automount or wait for a dead server. An error is the open's to tell.
        if self.options.one_file_system && self.is_elsewhere(branch, index, at) {
            return Err((Found::Nothing, None));
        }
        let errno = match open_directory(Some(at), name, follow, (&self.budget, &self.done)) {
            Ok(fd) => return self.stat_opened(fd),
            Err(errno @ (Errno::NOENT | Errno::NOTDIR | Errno::LOOP)) => {
                return self.open_in_steps(at, name, follow, errno);
            }
            Err(errno) => errno,
        };
        match stat(Some(at), name, lookup, self.options.time) {
            Ok(stat) if stat.is_directory() => Err(self.unreadable(&stat, errno)),
            Ok(stat) => Err((Found::File(stat.entry(&self.options), stat.detail), None)),
            Err(Errno::NOENT) => Err((Found::Nothing, None)),
            Err(errno) => Err((Found::Nothing, Some(failure(Operation::Access, errno)))),
        }
    }

    /// Opens what is no directory to the kernel, for this reason: has it vanished, has it changed, is it back?
    ///
    /// In two steps, so that whatever is found is one thing, however often the name changes hands meanwhile. A name
    /// that has vanished is no error. A directory that is there and cannot be opened is one: its server has
    /// forgotten it, or an automount came to nothing (and only a name fires it, not this second step).
    fn open_in_steps(
        &self,
        at: BorrowedFd<'_>,
        name: &CStr,
        follow: bool,
        why: Errno,
    ) -> OpenResult {
        let mut flags = OFlags::PATH | OFlags::CLOEXEC;
        if !follow {
            flags |= OFlags::NOFOLLOW;
        }
        let place = match retry(|| rustix::fs::openat(at, name, flags, Mode::empty())) {
            Err(Errno::NOENT) => return Err((Found::Nothing, None)),
            Err(errno) => return Err((Found::Nothing, Some(failure(Operation::Access, errno)))),
            Ok(place) => place,
        };
        let (place, stat) = self.stat_opened(place)?;
        if !stat.is_directory() {
            return Err((Found::File(stat.entry(&self.options), stat.detail), None));
        }
        let kind = rustix::fs::fstatfs(&place).map_or(0, |statfs| statfs.f_type as u64);
        if kind == AUTOFS {
            return Err(self.unreadable(&stat, why));
        }
        match open_directory(Some(place.as_fd()), c".", false, (&self.budget, &self.done)) {
            Ok(fd) => self.stat_opened(fd),
            Err(errno) => Err(self.unreadable(&stat, errno)),
        }
    }

    fn stat_opened(&self, fd: OwnedFd) -> OpenResult {
        match stat_open(fd.as_fd(), self.options.time) {
            Ok(stat) => Ok((fd, stat)),
            Err(errno) => Err((Found::Nothing, Some(failure(Operation::Access, errno)))),
        }
    }

    /// A directory that counts while its contents cannot.
    fn unreadable(&self, stat: &Stat, errno: Errno) -> (Found, Option<Failure>) {
        let found = Found::Directory(stat.entry(&self.options), stat.detail);
        (found, Some(failure(Operation::ReadDirectory, errno)))
    }

    fn is_elsewhere(&self, branch: &Branch, index: u32, at: BorrowedFd<'_>) -> bool {
        let lookup = match self.options.follow {
            Follow::Always => Lookup::CachedTarget,
            Follow::Never | Follow::Operands => Lookup::Cached,
        };
        stat(
            Some(at),
            branch.names.name(index),
            lookup,
            self.options.time,
        )
        .is_ok_and(|stat| stat.detail.inode.device != branch.device)
    }

    /// An open directory, unless it is one that must not be entered.
    fn opened(
        &self,
        place: (Arc<Branch>, u32),
        slot: Slot,
        path: Option<Vec<u8>>,
        (fd, stat): (OwnedFd, Stat),
    ) -> Opened {
        let (branch, index) = &place;
        let is_operand = branch.parent.is_none();
        let elsewhere = self.options.one_file_system && stat.detail.inode.device != branch.device;
        if !is_operand && (elsewhere || self.is_cycle(branch, &stat)) {
            return Opened::Other(bare(place, Found::Nothing, None));
        }
        let operand = match is_operand {
            true => branch.operand + u64::from(*index),
            false => branch.operand,
        };
        let known = self.visited.as_ref();
        if known.is_some_and(|visited| visited.is_known(stat.detail.inode, operand)) {
            let found = Found::Directory(stat.entry(&self.options), stat.detail);
            return Opened::Other(bare(place, found, None));
        }
        let depth = branch.child_depth;
        let path = path.filter(|_| self.options.exclude.needs_path());
        Opened::Directory(Dir {
            place,
            slot,
            fd: Fd::Own(fd),
            stat,
            depth,
            path,
        })
    }

    /// True for a directory that holds itself: through a link, or mounted below itself. GNU du passes over both
    /// without a word. Elsewhere the kernel has no cycles, and equal inode numbers prove none.
    fn is_cycle(&self, branch: &Branch, stat: &Stat) -> bool {
        let possible = self.options.follow == Follow::Always || stat.mount_root || branch.may_cycle;
        possible
            && branch
                .and_above()
                .any(|above| above.inode == stat.detail.inode)
    }
}

type OpenResult = Result<(OwnedFd, Stat), (Found, Option<Failure>)>;

fn failure(operation: Operation, errno: Errno) -> Failure {
    Failure {
        operation,
        errno: errno.raw_os_error(),
    }
}

/// Whether a mount point lies on the way to a directory. Asks nobody but this kernel: not who serves the mount.
///
/// False where the kernel is too old to tell, and where something else is wrong: that is for the open to find out.
pub(super) fn is_behind_a_mount(place: &(Arc<Branch>, u32), above: Option<&Handle>) -> bool {
    let name = place.0.names.name(place.1);
    match above {
        Some(above) => {
            stat(Some(above.as_fd()), name, Lookup::Cached, None).is_ok_and(|stat| stat.mount_root)
        }
        None => {
            let flags = OFlags::PATH | OFlags::CLOEXEC;
            let way = ResolveFlags::NO_XDEV;
            let opened = rustix::fs::openat2(CWD, name, flags, Mode::empty(), way);
            opened.is_err_and(|errno| errno == Errno::XDEV)
        }
    }
}

/// Directories that may wait open before anybody has counted what is open: none where the limit is tight.
pub(super) fn spare_at_start() -> isize {
    if limit() < 64 { 0 } else { 4 }
}

/// The limit on descriptors.
fn limit() -> usize {
    usize::try_from(pdu_startup::descriptor_limit()).unwrap_or(usize::MAX)
}

/// Fits the number of walkers and of directories that wait open to the limit on descriptors.
///
/// A walker needs two at a time (the directory above and the one it opens) and one more on its way up. None at all
/// where the address space has no room for one.
pub(super) fn fit(shared: &Shared) -> usize {
    const NEEDED: usize = 3;
    const SET_ASIDE: usize = 4;
    let wanted = shared.options.walkers.max(1);
    let free = limit().saturating_sub(open_descriptors() + SET_ASIDE);
    let walkers = wanted.min(free / NEEDED).max(1).min(threads_with_room());
    let spare = free.saturating_sub(walkers * NEEDED);
    shared
        .budget
        .grow(isize::try_from(spare).unwrap_or(isize::MAX / 2));
    walkers
}

/// How many threads the limit on the address space has room for, each with its stack and what it allocates. A
/// thread that starts where there is none would end the process.
fn threads_with_room() -> usize {
    const OURS: u64 = 8 << 20;
    const EACH: u64 = 1 << 20;
    let Some(limit) = pdu_startup::address_space_limit() else {
        return usize::MAX;
    };
    usize::try_from(limit.saturating_sub(OURS) / EACH).unwrap_or(usize::MAX)
}

/// How many descriptors are open; where `/proc` is not mounted, as many as lie below the lowest free one.
fn open_descriptors() -> usize {
    use rustix::fs::RawDir;
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
    let Ok(fd) = rustix::fs::open("/proc/self/fd", flags, Mode::empty()) else {
        let lowest = rustix::fs::open("/", OFlags::PATH | OFlags::CLOEXEC, Mode::empty());
        return lowest.map_or(3, |fd| {
            usize::try_from(std::os::fd::AsRawFd::as_raw_fd(&fd)).unwrap_or(3)
        });
    };
    let mut buffer = [std::mem::MaybeUninit::uninit(); 4096];
    let mut names = RawDir::new(&fd, &mut buffer);
    let mut count = 0_usize;
    while let Some(Ok(_)) = names.next() {
        count += 1;
    }
    // Neither "." and ".." nor the descriptor that reads the list.
    count.saturating_sub(3)
}
