//! Open directories, and the budget of file descriptors.
//!
//! A directory stays open while it has subdirectories that are not open yet, so that each is opened by its one name,
//! whatever the length of the path. [`Budget`] bounds how many directories may wait open; where it is used up, one walker
//! walks the subtree with two descriptors (see [`super::depth_first`]). EMFILE and ENFILE are back-pressure: the call is
//! retried when other walkers have had time to close theirs. After the first retries without success no call waits any
//! more: the result is incomplete already, and a wait for each directory would take for ever.

use std::ffi::CStr;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicIsize, Ordering};
use std::time::Duration;

use rustix::fs::{CWD, Mode, OFlags};
use rustix::io::Errno;

use crate::sys::cancel::Done;
use crate::sys::retry::retry;
use crate::sys::schedule;

/// How often a call for which there are no descriptors is retried, [`STEP`] apart, before their lack is an error.
const RETRIES: u32 = 400;
const STEP: Duration = Duration::from_millis(5);

/// How many directories may wait open.
#[derive(Debug)]
pub(super) struct Budget {
    /// How many more may; below zero where large directories took more than there was.
    spare: AtomicIsize,
    /// All retries of a call have failed.
    exhausted: AtomicBool,
}

/// A directory that waits open for its subdirectories to be opened.
#[derive(Debug)]
pub(super) struct Handle {
    fd: OwnedFd,
    budget: Arc<Budget>,
}

impl Budget {
    pub(super) fn new(spare: isize) -> Arc<Self> {
        Arc::new(Self {
            spare: AtomicIsize::new(spare),
            exhausted: AtomicBool::new(false),
        })
    }

    /// Allows `more` directories to wait open.
    pub(super) fn grow(&self, more: isize) {
        self.spare.fetch_add(more, Ordering::Relaxed);
    }

    /// Keeps a directory open, or returns it where the budget is used up.
    pub(super) fn keep(self: &Arc<Self>, fd: OwnedFd) -> Result<Arc<Handle>, OwnedFd> {
        schedule::point();
        let lease = self
            .spare
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |spare| {
                (spare > 0).then(|| spare - 1)
            });
        match lease {
            Ok(_) => Ok(self.handle(fd)),
            Err(_) => Err(fd),
        }
    }

    /// Keeps a directory open that several walkers read, even beyond the budget: there are few such directories.
    pub(super) fn keep_anyway(self: &Arc<Self>, fd: OwnedFd) -> Arc<Handle> {
        self.spare.fetch_sub(1, Ordering::Relaxed);
        self.handle(fd)
    }

    /// True where more directories wait open than may.
    pub(super) fn is_overdrawn(&self) -> bool {
        self.spare.load(Ordering::Relaxed) < 0
    }

    /// Waits for other walkers to close descriptors. False where no more retries are allowed.
    fn wait(&self, waited: &mut u32, done: &Done) -> bool {
        if *waited >= RETRIES {
            self.exhausted.store(true, Ordering::Relaxed);
        }
        if self.exhausted.load(Ordering::Relaxed) || done.is_cancelled() {
            return false;
        }
        *waited += 1;
        let _ = done.receiver().recv_timeout(STEP);
        true
    }

    fn handle(self: &Arc<Self>, fd: OwnedFd) -> Arc<Handle> {
        Arc::new(Handle {
            fd,
            budget: Arc::clone(self),
        })
    }
}

impl AsFd for Handle {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.fd.as_fd()
    }
}

impl Drop for Handle {
    fn drop(&mut self) {
        schedule::point();
        self.budget.spare.fetch_add(1, Ordering::Relaxed);
    }
}

#[cfg(test)]
impl Budget {
    pub(super) fn spare(&self) -> isize {
        self.spare.load(Ordering::Relaxed)
    }
}

#[cfg(test)]
impl Handle {
    pub(super) fn for_tests() -> Arc<Self> {
        let fd = rustix::fs::open("/", OFlags::RDONLY, Mode::empty()).expect("the root opens");
        Budget::new(1).keep(fd).expect("the budget has room")
    }
}

/// Opens a directory below `at` (the working directory where there is none) and nothing but a directory.
///
/// `O_NONBLOCK|O_NOCTTY` because the name may have become a FIFO or a terminal since it was read.
pub(super) fn open_directory(
    at: Option<BorrowedFd<'_>>,
    name: &CStr,
    follow: bool,
    (budget, done): (&Budget, &Done),
) -> Result<OwnedFd, Errno> {
    let flags = match follow {
        true => OFlags::DIRECTORY,
        false => OFlags::DIRECTORY | OFlags::NOFOLLOW,
    };
    open(at.unwrap_or(CWD), name, flags, (budget, done))
}

/// Opens a name for reading, with these flags beside those that every open has.
pub(super) fn open(
    at: BorrowedFd<'_>,
    name: &CStr,
    flags: OFlags,
    (budget, done): (&Budget, &Done),
) -> Result<OwnedFd, Errno> {
    let flags = flags | OFlags::RDONLY | OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::CLOEXEC;
    let mut waited = 0;
    loop {
        match retry(|| rustix::fs::openat(at, name, flags, Mode::empty())) {
            Err(Errno::MFILE | Errno::NFILE) if budget.wait(&mut waited, done) => {}
            result => return result,
        }
    }
}
