//! Creates a random tree on a file system.
//!
//! Every call takes (directory, name), since some trees are deeper than `PATH_MAX`.

use super::random_tree::{Item, Kind, Stamp, Tree};
use rustix::fs::{self, AtFlags, FallocateFlags, FileType, Mode, OFlags, Timespec, Timestamps};
use rustix::io::Result;
use std::ffi::OsStr;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::time::Duration;

const DIR: OFlags = OFlags::RDONLY
    .union(OFlags::DIRECTORY)
    .union(OFlags::CLOEXEC);

/// Creates `tree` at `at`, which must not exist. An entry that the file system refuses (too large a sparse file, an
/// invalid name) is left out: both programs see the same tree.
pub(crate) fn create_tree(tree: &Tree, at: &Path) -> Result<()> {
    fs::mkdir(at, Mode::from_raw_mode(0o755))?;
    let root = fs::open(at, DIR, Mode::empty())?;
    let mut parent = (0, fs::openat(&root, ".", DIR, Mode::empty())?);
    for item in &tree.items[1..] {
        if parent.0 != item.parent {
            let above = &tree.items[item.parent];
            parent = (item.parent, open_dir(root.as_fd(), &above.path)?);
        }
        let _ = create(tree, item, root.as_fd(), parent.1.as_fd());
    }
    // Deepest first: a directory without permissions makes what is below it unreachable.
    for item in tree.items[1..].iter().rev() {
        if item.mode.is_some() || item.times.is_some() {
            let above = open_dir(root.as_fd(), &tree.items[item.parent].path)?;
            let _ = finish(item, above.as_fd());
        }
    }
    update_access_times(tree, root.as_fd());
    Ok(())
}

fn create(tree: &Tree, item: &Item, root: BorrowedFd, parent: BorrowedFd) -> Result<()> {
    let name = OsStr::from_bytes(&item.name);
    match &item.kind {
        Kind::Dir => fs::mkdirat(parent, name, Mode::from_raw_mode(0o755)),
        Kind::Data(size) => {
            let file = create_file(parent, name)?;
            write(&file, *size)
        }
        Kind::Sparse(size, tail) => {
            let file = create_file(parent, name)?;
            fs::ftruncate(&file, *size)?;
            if *tail {
                fs::seek(&file, fs::SeekFrom::End(0))?;
                write(&file, 700)?;
            }
            Ok(())
        }
        Kind::Reserved(size) => {
            let file = create_file(parent, name)?;
            fs::fallocate(&file, FallocateFlags::KEEP_SIZE, 0, *size)?;
            write(&file, 10)
        }
        Kind::HardLink(to) => {
            let original = OsStr::from_bytes(&tree.items[*to].path);
            fs::linkat(root, original, parent, name, AtFlags::empty())
        }
        Kind::Symlink(to) => fs::symlinkat(OsStr::from_bytes(to), parent, name),
        Kind::Fifo => mknod(parent, name, FileType::Fifo),
        Kind::Socket => mknod(parent, name, FileType::Socket),
    }
}

fn create_file(parent: BorrowedFd, name: &OsStr) -> Result<OwnedFd> {
    let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::CLOEXEC;
    fs::openat(parent, name, flags, Mode::from_raw_mode(0o644))
}

fn mknod(parent: BorrowedFd, name: &OsStr, kind: FileType) -> Result<()> {
    fs::mknodat(parent, name, kind, Mode::from_raw_mode(0o644), 0)
}

fn write(file: &OwnedFd, size: usize) -> Result<()> {
    let bytes = vec![b'x'; size];
    let mut left = &bytes[..];
    while !left.is_empty() {
        let written = rustix::io::write(file, left)?;
        left = &left[written..];
    }
    Ok(())
}

/// Opens a directory of any depth, in steps that each fit into `PATH_MAX`.
fn open_dir(root: BorrowedFd, path: &[u8]) -> Result<OwnedFd> {
    let mut dir = fs::openat(root, ".", DIR, Mode::empty())?;
    let mut step = Vec::new();
    for name in path
        .split(|&byte| byte == b'/')
        .filter(|name| !name.is_empty())
    {
        if step.len() + name.len() > 2000 {
            dir = fs::openat(&dir, OsStr::from_bytes(&step), DIR, Mode::empty())?;
            step.clear();
        }
        if !step.is_empty() {
            step.push(b'/');
        }
        step.extend(name);
    }
    if step.is_empty() {
        return Ok(dir);
    }
    fs::openat(&dir, OsStr::from_bytes(&step), DIR, Mode::empty())
}

fn finish(item: &Item, parent: BorrowedFd) -> Result<()> {
    let name = OsStr::from_bytes(&item.name);
    if let Some((read, modified)) = item.times {
        let times = Timestamps {
            last_access: timespec(read),
            last_modification: timespec(modified),
        };
        fs::utimensat(parent, name, &times, AtFlags::SYMLINK_NOFOLLOW)?;
    }
    match item.mode {
        Some(mode) => fs::chmodat(parent, name, Mode::from_raw_mode(mode), AtFlags::empty()),
        None => Ok(()),
    }
}

fn timespec((tv_sec, tv_nsec): Stamp) -> Timespec {
    Timespec { tv_sec, tv_nsec }
}

/// Reads every directory and symbolic link once: relatime updates their access times now, and not between the runs of the
/// two programs.
fn update_access_times(tree: &Tree, root: BorrowedFd) {
    // Longer than a tick of the kernel's coarse clock: the access must come after the last change.
    std::thread::sleep(Duration::from_millis(15));
    for item in &tree.items {
        let above = || open_dir(root, &tree.items[item.parent].path);
        match item.kind {
            Kind::Dir => {
                let entries = open_dir(root, &item.path).and_then(fs::Dir::new);
                let _ = entries.map(Iterator::count);
            }
            Kind::Symlink(_) => {
                let name = OsStr::from_bytes(&item.name);
                let _ = above().and_then(|dir| fs::readlinkat(dir, name, Vec::new()));
            }
            _ => {}
        }
    }
}

/// Makes all directories accessible, so that an ordinary user can remove the tree.
pub(crate) fn restore_modes(tree: &Tree, at: &Path) {
    let Ok(root) = fs::open(at, DIR, Mode::empty()) else {
        return;
    };
    for item in tree.items.iter().filter(|item| item.mode.is_some()) {
        let mode = Mode::from_raw_mode(0o755);
        let name = OsStr::from_bytes(&item.name);
        let _ = open_dir(root.as_fd(), &tree.items[item.parent].path)
            .and_then(|above| fs::chmodat(above, name, mode, AtFlags::empty()));
    }
}

/// Whether the directory lies on overlayfs, where files report other devices than their directory.
pub(crate) fn on_overlay(at: &Path) -> bool {
    fs::statfs(at).is_ok_and(|found| found.f_type == 0x794c_7630)
}

/// Whether the directory lies on tmpfs, which stores any size and any time.
pub(crate) fn on_tmpfs(at: &Path) -> bool {
    fs::statfs(at).is_ok_and(|found| found.f_type == 0x0102_1994)
}
