//! Trees that no path reaches: made, measured and taken away by (directory, name).

use std::ffi::OsStr;
use std::fs;
use std::io;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};

use rustix::fs::{AtFlags, CWD, Dir, FileType, Mode, OFlags, openat};
use rustix::io::Errno;

const DIR: OFlags = OFlags::RDONLY
    .union(OFlags::DIRECTORY)
    .union(OFlags::NOFOLLOW)
    .union(OFlags::CLOEXEC);

/// A directory of its own with a tree `t` in it, and how many entries that has, itself included.
pub(crate) struct DeepTree {
    root: PathBuf,
    pub(crate) entries: usize,
}

impl DeepTree {
    /// Nothing but `t`: in memory where that can be written, since a disk takes long over so many directories.
    pub(crate) fn new() -> Self {
        Self::below(Path::new("/dev/shm")).unwrap_or_else(|_| Self::on_disk())
    }

    /// The same where temporary files are, from where programs can be run.
    pub(crate) fn on_disk() -> Self {
        Self::below(&std::env::temp_dir()).expect("temporary files can be written")
    }

    fn below(place: &Path) -> io::Result<Self> {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let root = place.join(format!("pdu-limits-{}-{number}", std::process::id()));
        fs::create_dir(&root)?;
        fs::create_dir(root.join("t"))?;
        fs::set_permissions(&root, fs::Permissions::from_mode(0o755))?;
        Ok(Self { root, entries: 1 })
    }

    /// The directory that holds `t`.
    pub(crate) fn root(&self) -> &Path {
        &self.root
    }

    /// `t` itself, open.
    pub(crate) fn open(&self) -> OwnedFd {
        open(CWD, self.root.join("t")).expect("it is ours")
    }

    /// A directory below another.
    pub(crate) fn directory(&mut self, at: impl AsFd, name: impl AsRef<OsStr>) -> OwnedFd {
        let name = name.as_ref();
        rustix::fs::mkdirat(&at, name, Mode::from_raw_mode(0o755)).expect("it is ours");
        self.entries += 1;
        open(at, name).expect("it is there")
    }

    /// So many empty files with names of some length: 1,500 of them are more than one buffer of names.
    pub(crate) fn files(&mut self, at: impl AsFd, count: usize) {
        let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::CLOEXEC;
        for number in 0..count {
            let name = format!("file-number-{number:07}");
            openat(&at, name, flags, Mode::from_raw_mode(0o644)).expect("it is ours");
        }
        self.entries += count;
    }

    /// As many levels of `name`, and at each what `teeth` makes there; the deepest directory.
    pub(crate) fn chain(
        &mut self,
        levels: usize,
        name: &str,
        mut teeth: impl FnMut(&mut Self, BorrowedFd<'_>),
    ) -> OwnedFd {
        let mut here = self.open();
        for _ in 0..levels {
            teeth(self, here.as_fd());
            here = self.directory(&here, name);
        }
        here
    }
}

impl Drop for DeepTree {
    fn drop(&mut self) {
        let _ = empty(open(CWD, &self.root).expect("it is ours"));
        let _ = fs::remove_dir(&self.root);
    }
}

fn open(at: impl AsFd, name: impl rustix::path::Arg) -> rustix::io::Result<OwnedFd> {
    openat(at, name, DIR, Mode::empty())
}

/// A path to an open directory, however deep it lies, for `chdir`.
pub(crate) fn path_of(fd: &OwnedFd) -> PathBuf {
    format!("/proc/{}/fd/{}", std::process::id(), fd.as_raw_fd()).into()
}

/// Removes all that is in a directory, of any depth, with two descriptors: down into the last subdirectory, and up
/// through `..`.
fn empty(root: OwnedFd) -> rustix::io::Result<()> {
    let mut here = root;
    let mut names = vec![remove_files(&here)?];
    while let Some(level) = names.last_mut() {
        if let Some(name) = level.last() {
            let _ = rustix::fs::chmodat(&here, name, Mode::RWXU, AtFlags::empty());
            here = openat(&here, name, DIR, Mode::empty())?;
            names.push(remove_files(&here)?);
            continue;
        }
        names.pop();
        if let Some(above) = names.last_mut() {
            here = open(&here, "..")?;
            let name = above.pop().ok_or(Errno::NOENT)?;
            rustix::fs::unlinkat(&here, name, AtFlags::REMOVEDIR)?;
        }
    }
    Ok(())
}

/// Removes what is no directory; the names of what is.
fn remove_files(at: &OwnedFd) -> rustix::io::Result<Vec<std::ffi::CString>> {
    let mut directories = Vec::new();
    for entry in Dir::read_from(at)? {
        let entry = entry?;
        match (entry.file_name().to_bytes(), entry.file_type()) {
            (b"." | b"..", _) => {}
            (_, FileType::Directory) => directories.push(entry.file_name().to_owned()),
            _ => rustix::fs::unlinkat(at, entry.file_name(), AtFlags::empty())?,
        }
    }
    Ok(directories)
}
