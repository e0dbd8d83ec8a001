//! From a name to an open directory, or to what it is instead.
//!
//! Below an operand a directory is opened by its one name, without a stat before it (the type in the directory entry is
//! enough of a hint); fstat of the opened descriptor is its stat. Only where the open fails, stat of the name tells a
//! directory that cannot be read from a file, and both from an entry that vanished.

use std::ffi::CStr;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use rustix::fs::{CWD, Mode, OFlags, ResolveFlags};
use rustix::io::Errno;

use super::dir::{Dir, Fd, Parent, Place};
use super::fd_budget::open_directory;
use super::hand_over::{HandOver, Way};
use super::operand_dirs::Operand;
use super::options::Follow;
use super::shared::{Shared, operand};
use super::stat::{Lookup, Stat, stat, stat_open};
use super::work_queue::{Job, Slot};
use crate::count::listing::{Branch, Found, Listing};
use crate::count::scan_path;
use crate::count::usage::{Item, Usage};
use crate::count::visitor::Absence;
use crate::sys::failure::{Failure, Operation};
use crate::sys::retry::retry;

/// The type of a file system that mounts others when they are opened, from statfs(2).
const AUTOFS: u64 = 0x0187;

/// What a name turned out to be.
pub(super) enum Opened {
    Directory(Dir),
    Other(Listing),
}

/// What is counted in the place of a directory that is not entered.
type NotEntered = (Found, Option<Failure>);

const NOTHING: NotEntered = (Found::Nothing, None);

const HANDED_OVER: NotEntered = (Found::Absent(Absence::HandedOver), None);

const GONE: NotEntered = (Found::Absent(Absence::Gone), None);

type OpenResult = Result<(OwnedFd, Stat), NotEntered>;

impl Shared {
    /// Opens what `place` names.
    pub(super) fn open(&self, place: Place, slot: Slot, parent: Parent<'_>) -> Opened {
        let (branch, index) = &place;
        let at = match &parent {
            Parent::WorkingDirectory => None,
            Parent::Shared(handle) => Some(handle.as_fd()),
            Parent::Borrowed(fd) => Some(*fd),
        };
        let is_due = |hand_over: &HandOver| hand_over.is_due(branch, *index);
        let opened = match (self.left_out(branch, *index, at), at) {
            (Some(found), _) => Err((found, None)),
            _ if self.hand_over.as_ref().is_some_and(is_due) => Err(HANDED_OVER),
            (None, None) => self.open_operand(branch, *index),
            (None, Some(at)) => self.open_below(branch, *index, at),
        };
        let entered = opened.and_then(|(fd, stat)| self.enter(branch, *index, fd, stat));
        match entered.inspect(|opened| self.keep_operand(branch, *index, opened)) {
            Ok((fd, stat)) => Opened::Directory(Dir {
                path: self.path_for_patterns(branch, *index),
                may_cycle: self.may_cycle(branch, *index, &stat),
                depth: branch.child_depth,
                place,
                slot,
                fd: Fd::Own(fd),
                stat,
                exclusion: None,
            }),
            Err((found, failure)) => Opened::Other(Listing {
                failure,
                ..Listing::new(place, found)
            }),
        }
    }

    /// Keeps the directory of an operand open, where that is asked for.
    fn keep_operand(&self, branch: &Branch, index: u32, (fd, stat): &(OwnedFd, Stat)) {
        if let (Some(dirs), None) = (&self.options.operand_dirs, &branch.parent) {
            let operand = Operand {
                key: branch.key(index),
                number: operand(branch, index),
                inode: stat.detail.inode,
            };
            dirs.keep(&operand, fd.as_fd(), &self.budget);
        }
    }

    /// The path, where a pattern can see more of it than the last component.
    fn path_for_patterns(&self, branch: &Branch, index: u32) -> Option<Vec<u8>> {
        self.options.exclude.needs_path().then(|| {
            let mut path = Vec::new();
            branch.path(index, None, &mut path);
            match &self.hand_over {
                Some(_) => scan_path::unmarked(&path).into_owned(),
                None => path,
            }
        })
    }

    /// An operand has its stat by name first: it may be of any type. Patterns are matched against the whole of it.
    fn open_operand(&self, branch: &Branch, index: u32) -> OpenResult {
        let name = branch.names.name(index);
        let pattern_path = match &self.hand_over {
            Some(_) => scan_path::unmarked(name.to_bytes()),
            None => name.to_bytes().into(),
        };
        if self.options.exclude.matches(&pattern_path) {
            return Err(NOTHING);
        }
        let way = match self.way(branch, index) {
            Err(Errno::NOENT | Errno::NOTDIR) => return Err(GONE),
            way => way.unwrap_or_default(),
        };
        let follow = self.options.follow != Follow::Never && !way.is_below_root();
        let lookup = if follow { Lookup::Target } else { Lookup::Link };
        let stat = stat(None, name, lookup, self.options.time)
            .map_err(|errno| self.missing_operand(name, errno))?;
        if !stat.is_directory() {
            return Err(self.file(&stat));
        }
        match open_directory(None, name, follow, (&self.budget, &self.done)) {
            Ok(fd) => self.stat_opened(fd),
            Err(errno) => Err(self.unreadable(&stat, errno)),
        }
    }

    fn missing_operand(&self, name: &CStr, errno: Errno) -> NotEntered {
        if self.hand_over.is_some() && matches!(errno, Errno::NOENT | Errno::NOTDIR) {
            return GONE;
        }
        let follows = self.options.follow != Follow::Never && errno == Errno::NOENT;
        let is_link = follows && stat(None, name, Lookup::Link, self.options.time).is_ok();
        let operation = if is_link {
            Operation::Follow
        } else {
            Operation::Access
        };
        (Found::Nothing, Some(Failure::new(operation, errno)))
    }

    fn open_below(&self, branch: &Branch, index: u32, at: BorrowedFd<'_>) -> OpenResult {
        let name = branch.names.name(index);
        let follow = self.options.follow == Follow::Always;
        let lookup = if follow { Lookup::Target } else { Lookup::Link };
        let errno = match open_directory(Some(at), name, follow, (&self.budget, &self.done)) {
            Ok(fd) => return self.stat_opened(fd),
            Err(errno @ (Errno::NOENT | Errno::NOTDIR | Errno::LOOP)) => {
                return self.open_in_steps(at, name, follow, errno);
            }
            Err(errno) => errno,
        };
        match stat(Some(at), name, lookup, self.options.time) {
            Ok(stat) if stat.is_directory() => Err(self.unreadable(&stat, errno)),
            Ok(stat) => Err(self.file(&stat)),
            Err(errno) => Err(inaccessible(errno)),
        }
    }

    /// Opens a name whose open as a directory failed with ENOENT, ENOTDIR or ELOOP.
    ///
    /// In two steps (O_PATH, then `.`), so that both are about one inode, however often the name is replaced meanwhile. A
    /// name that has vanished is no error. A directory that is there and cannot be opened is one: its server has
    /// forgotten it, or an automount has failed (and only a name fires one, not the second step).
    fn open_in_steps(
        &self,
        at: BorrowedFd<'_>,
        name: &CStr,
        follow: bool,
        reason: Errno,
    ) -> OpenResult {
        let mut flags = OFlags::PATH | OFlags::CLOEXEC;
        if !follow {
            flags |= OFlags::NOFOLLOW;
        }
        let place = match retry(|| rustix::fs::openat(at, name, flags, Mode::empty())) {
            Err(errno) => return Err(inaccessible(errno)),
            Ok(place) => place,
        };
        let (place, stat) = self.stat_opened(place)?;
        if !stat.is_directory() {
            return Err(self.file(&stat));
        }
        let kind = rustix::fs::fstatfs(&place).map_or(0, |statfs| statfs.f_type as u64);
        if kind == AUTOFS {
            return Err(self.unreadable(&stat, reason));
        }
        match open_directory(Some(place.as_fd()), c".", false, (&self.budget, &self.done)) {
            Ok(fd) => self.stat_opened(fd),
            Err(errno) => Err(self.unreadable(&stat, errno)),
        }
    }

    fn stat_opened(&self, fd: OwnedFd) -> OpenResult {
        match stat_open(fd.as_fd(), self.options.time) {
            Ok(stat) => Ok((fd, stat)),
            Err(errno) => Err((Found::Nothing, Some(Failure::new(Operation::Access, errno)))),
        }
    }

    /// A directory that counts though its entries cannot be read.
    fn unreadable(&self, stat: &Stat, errno: Errno) -> NotEntered {
        let found = Found::Directory(stat.entry(&self.options), stat.detail);
        (found, Some(Failure::new(Operation::ReadDirectory, errno)))
    }

    /// What stands in the place of a name on a file system that is left out. Before the open, which would fire an
    /// automount or wait for a dead server. The open reports errors.
    fn left_out(&self, branch: &Branch, index: u32, at: Option<BorrowedFd<'_>>) -> Option<Found> {
        if !self.options.depends_on_mounts() {
            return None;
        }
        let lookup = match (self.options.follow, at) {
            (Follow::Always, _) | (Follow::Operands, None) => Lookup::CachedTarget,
            (Follow::Never, _) | (Follow::Operands, Some(_)) => Lookup::Cached,
        };
        let stat = stat(at, branch.names.name(index), lookup, None).ok()?;
        match self.is_elsewhere(branch, &stat) {
            true => Some(Found::Away(stat.detail)),
            false => self.excluded(branch, index, &stat),
        }
    }

    /// With `-x`, true for a directory on another device than its operand.
    fn is_elsewhere(&self, branch: &Branch, stat: &Stat) -> bool {
        let is_operand = branch.parent.is_none();
        self.options.one_file_system && !is_operand && stat.detail.inode.device != branch.device
    }

    /// What stands in the place of a directory, or of an operand, on a file system of a type that is left out: its mark in
    /// an export, or nothing.
    fn excluded(&self, branch: &Branch, index: u32, stat: &Stat) -> Option<Found> {
        let is_followed = self.options.follow == Follow::Always;
        let may_be_mount = stat.mount_root || stat.mount_id.is_none();
        if branch.parent.is_some() && !may_be_mount && !is_followed {
            // It lies on the file system of the directory above.
            return None;
        }
        let exclusion = stat.exclusion(&self.options)?;
        let depth = branch.child_depth;
        let is_named = depth > 0 && self.options.name_files.is_some_and(|most| depth <= most);
        let renderer = self.options.renderer.as_ref();
        let Some(renderer) = renderer.filter(|renderer| is_named && renderer.renders_directories())
        else {
            return Some(Found::Nothing);
        };
        let nothing = Item {
            usage: Usage::default(),
            dedup_key: None,
            detail: None,
        };
        let (name, above) = (branch.name(index), branch.inode.device);
        let mut text = Vec::new();
        renderer.excluded(name, &nothing, above, exclusion, &mut text);
        Some(Found::Rendered(text.into_boxed_slice()))
    }

    fn file(&self, stat: &Stat) -> NotEntered {
        (Found::File(stat.entry(&self.options), stat.detail), None)
    }

    /// An open directory, unless it is one that must not be entered.
    fn enter(&self, branch: &Branch, index: u32, fd: OwnedFd, stat: Stat) -> OpenResult {
        let is_operand = branch.parent.is_none();
        if self.is_elsewhere(branch, &stat) || is_operand && self.leads_away(branch, index, &stat) {
            return Err((Found::Away(stat.detail), None));
        }
        if self.is_cycle(branch, index, &stat) {
            // An operand that was handed over has a row in any case: see queries.sql.
            return Err(match is_operand {
                true => (Found::Away(stat.detail), None),
                false => NOTHING,
            });
        }
        // An automount that the open has fired, or a name that was replaced.
        if let Some(found) = self.excluded(branch, index, &stat) {
            return Err((found, None));
        }
        let (inode, operand) = (stat.detail.inode, operand(branch, index));
        match &self.visited {
            Some(visited) if visited.is_known(inode, operand) => {
                let found = Found::Directory(stat.entry(&self.options), stat.detail);
                Err((found, None))
            }
            _ => Ok((fd, stat)),
        }
    }

    /// True for a directory that holds itself: through a link, or mounted below itself. GNU du leaves both out without a
    /// message. Elsewhere the kernel has no cycles, and equal inode numbers prove none.
    fn is_cycle(&self, branch: &Branch, index: u32, stat: &Stat) -> bool {
        let follows = self.options.follow == Follow::Always;
        let possible = follows || stat.mount_root || self.may_cycle(branch, index, stat);
        let is_same = |above: &Branch| above.inode == stat.detail.inode;
        possible && (branch.and_above().any(is_same) || self.way_of(branch, index).holds(stat))
    }

    /// True where a directory above may be met again at or below this one.
    fn may_cycle(&self, branch: &Branch, index: u32, stat: &Stat) -> bool {
        let is_same = |above: &Branch| above.inode.device == stat.detail.inode.device;
        let has_own_way = branch.parent.is_none() || stat.mount_root;
        branch.may_cycle
            || stat.mount_root && branch.and_above().any(is_same)
            || has_own_way && self.way_of(branch, index).may_cycle(stat)
    }

    /// True for an operand on another device than the root of the scan, with `-x`.
    fn leads_away(&self, branch: &Branch, index: u32, stat: &Stat) -> bool {
        self.options.one_file_system && self.way_of(branch, index).leads_away(stat)
    }

    /// The way to the operand that a name lies below, or is.
    fn way(&self, branch: &Branch, index: u32) -> Result<Way, Errno> {
        let Some(hand_over) = &self.hand_over else {
            return Ok(Way::default());
        };
        let operand = branch.places(index).last();
        let name = operand.map_or(c"", |(branch, index)| branch.names.name(index));
        hand_over.way(name, self.options.follow)
    }

    /// The same, empty where it cannot be looked up.
    fn way_of(&self, branch: &Branch, index: u32) -> Way {
        self.way(branch, index).unwrap_or_default()
    }
}

/// A name that has vanished is no error.
fn inaccessible(errno: Errno) -> NotEntered {
    let failure = (errno != Errno::NOENT).then(|| Failure::new(Operation::Access, errno));
    (Found::Nothing, failure)
}

/// Whether a mount point lies on the way to a directory. The kernel answers this without the server of the mount.
///
/// False where the kernel is too old for the call, and where the call fails otherwise: the open reports that.
pub(super) fn is_behind_a_mount(job: &Job) -> bool {
    let name = job.branch.names.name(job.index);
    match &job.above {
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
