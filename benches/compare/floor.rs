//! The floor: what the bare system calls over a tree cost, and nothing else.
//!
//! Per directory `openat`, `getdents64` until it is empty, `close`; per entry one `fstatat` (or `statx`), relative to the
//! directory's fd. One rayon task per subdirectory, found by `d_type`; a parent's fd lives while it has unopened children.
//! Nothing is allocated per file, nothing is checked for hard links, nothing is ordered or printed but one number: the
//! allocated bytes of all names. Whatever a `du` takes beyond this is its own code.
//!
//! It runs in a process of its own (`compare floor -j 2 TREE`), so that wall, CPU and peak memory are those of the floor.
//! Errors are counted and end with exit status 1; the sum is printed all the same.

use std::ffi::{CStr, CString, OsString};
use std::io::{self, Write as _};
use std::mem::MaybeUninit;
use std::os::fd::{AsFd as _, BorrowedFd, OwnedFd};
use std::os::unix::ffi::OsStringExt as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use rayon::Scope;
use rustix::fs::{AtFlags, CWD, FileType, Mode, OFlags, RawDir, StatxFlags, openat, statat, statx};

use crate::words::{Error, Words};

/// Room for the entries of one `getdents64`: what glibc's `readdir` takes, and what a 32 KiB L1 can still hold.
const BUFFER: usize = 32 * 1024;

/// The system call for the blocks of an entry.
#[derive(Clone, Copy)]
enum Call {
    Fstatat,
    Statx(StatxFlags),
}

impl Call {
    fn parse(word: &str) -> Result<Self, Error> {
        match word {
            "fstatat" => Ok(Self::Fstatat),
            "statx" => Ok(Self::Statx(StatxFlags::BASIC_STATS)),
            "statx-blocks" => Ok(Self::Statx(StatxFlags::BLOCKS)),
            _ => Err(format!("--call: {word}: not fstatat, statx or statx-blocks").into()),
        }
    }

    fn blocks(self, dir: BorrowedFd<'_>, name: &CStr) -> rustix::io::Result<u64> {
        let flags = AtFlags::SYMLINK_NOFOLLOW | AtFlags::NO_AUTOMOUNT;
        match self {
            Self::Fstatat => statat(dir, name, flags).map(|stat| stat.st_blocks.cast_unsigned()),
            Self::Statx(mask) => statx(dir, name, flags, mask).map(|stat| stat.stx_blocks),
        }
    }
}

/// What all walkers share.
struct Floor {
    call: Call,
    blocks: AtomicU64,
    failures: AtomicU64,
}

/// Runs the floor as a program of its own: `floor [-j N] [--call fstatat|statx|statx-blocks] TREE`.
pub(crate) fn main(mut words: Words) -> Result<bool, Error> {
    let mut threads = 1;
    let mut call = Call::Fstatat;
    let mut tree = None;
    while let Some(word) = words.next() {
        match word.to_str() {
            Some("-j") => threads = words.number("-j")?,
            Some("--call") => call = Call::parse(&words.text("--call")?)?,
            _ => tree = Some(word),
        }
    }
    let tree = tree.ok_or("floor: which tree?")?;
    let floor = Floor {
        call,
        blocks: AtomicU64::new(0),
        failures: AtomicU64::new(0),
    };
    walk(&floor, threads, tree)?;
    writeln!(io::stdout(), "{}", floor.blocks.into_inner() * 512)?;
    let failures = floor.failures.into_inner();
    if failures > 0 {
        writeln!(io::stderr(), "floor: {failures} system calls failed")?;
    }
    Ok(failures == 0)
}

fn walk(floor: &Floor, threads: usize, tree: OsString) -> Result<(), Error> {
    raise_fd_limit();
    let tree = CString::new(tree.into_vec())?;
    let pool = rayon::ThreadPoolBuilder::new()
        .num_threads(threads)
        .build()?;
    match floor.call.blocks(CWD, &tree) {
        Ok(blocks) => floor.blocks.fetch_add(blocks, Ordering::Relaxed),
        Err(_) => floor.failures.fetch_add(1, Ordering::Relaxed),
    };
    pool.scope(|scope| walk_dir(floor, scope, open_dir(CWD, &tree)));
    Ok(())
}

/// The directory's fd; neither a symlink swapped in nor a fifo holds it up.
fn open_dir(parent: BorrowedFd<'_>, name: &CStr) -> rustix::io::Result<OwnedFd> {
    let flags = OFlags::RDONLY
        | OFlags::DIRECTORY
        | OFlags::NOFOLLOW
        | OFlags::NONBLOCK
        | OFlags::NOCTTY
        | OFlags::CLOEXEC;
    openat(parent, name, flags, Mode::empty())
}

fn dirents<'scope>(floor: &'scope Floor, scope: &Scope<'scope>, dir: &Arc<OwnedFd>) {
    let mut buffer = [MaybeUninit::uninit(); BUFFER];
    let mut entries = RawDir::new(dir.as_fd(), &mut buffer);
    let (mut blocks, mut failures) = (0, 0);
    while let Some(entry) = entries.next() {
        let Ok(entry) = entry else {
            failures += 1;
            break;
        };
        let name = entry.file_name();
        if matches!(name.to_bytes(), b"." | b"..") {
            continue;
        }
        match floor.call.blocks(dir.as_fd(), name) {
            Ok(more) => blocks += more,
            Err(_) => failures += 1,
        }
        if entry.file_type() == FileType::Directory {
            let (parent, name) = (Arc::clone(dir), name.to_owned());
            scope.spawn(move |scope| {
                let opened = open_dir(parent.as_fd(), &name);
                drop(parent);
                walk_dir(floor, scope, opened);
            });
        }
    }
    floor.blocks.fetch_add(blocks, Ordering::Relaxed);
    floor.failures.fetch_add(failures, Ordering::Relaxed);
}

/// Adds up the entries of a directory if it could be opened. The caller has let go of the parent's fd by then: it is
/// closed as soon as the last child is open, not when that child is done.
fn walk_dir<'scope>(
    floor: &'scope Floor,
    scope: &Scope<'scope>,
    opened: rustix::io::Result<OwnedFd>,
) {
    match opened {
        Ok(dir) => dirents(floor, scope, &Arc::new(dir)),
        Err(_) => {
            floor.failures.fetch_add(1, Ordering::Relaxed);
        }
    }
}

/// Two thousand waiting parents are no failure of the floor's.
fn raise_fd_limit() {
    use rustix::process::{Resource, getrlimit, setrlimit};
    let mut limit = getrlimit(Resource::Nofile);
    limit.current = limit.maximum;
    // Refused, the default does for all trees that are generated here.
    let _ = setrlimit(Resource::Nofile, limit);
}
