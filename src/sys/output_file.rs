//! The file of `-o`: it has its name only once it is whole.
//!
//! The file is written without a name (`O_TMPFILE`) in the directory of its target. Where the file system does not support
//! that, it gets a random name with its first bytes: before these, no thread may watch for the signal that would leave
//! the file behind. At the end of the run, [`Output::commit`] renames it over the target. Until then the target is
//! unchanged, and dropping the [`Output`] leaves no file behind (SIGKILL leaves the random name). An earlier file's
//! permissions are kept; a symbolic link stays one, and the file it leads to is replaced. A target that is no regular
//! file (`/dev/null`, a pipe) is written directly.

use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::hash::{BuildHasher, Hasher, RandomState};
use std::io::{self, Write};
use std::num::NonZeroU64;
use std::os::fd::{AsFd, AsRawFd, OwnedFd};
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::{Path, PathBuf};
use std::sync::LazyLock;
use std::sync::atomic::{AtomicBool, Ordering};

use crossbeam_channel::{Receiver, Sender, bounded};
use rustix::fs::{Access, Advice, AtFlags, FileType, Gid, Mode, OFlags, Stat, Uid};
use rustix::io::Errno;

use crate::sys::retry::{self, retry, without_eintr};

/// How many symbolic links in a row are followed: as many as the kernel follows.
const MOST_LINKS: usize = 40;

/// How many random names are tried.
const MOST_NAMES: usize = 100;

/// Bytes between two requests to write to the disk.
const FLUSH_BYTES: u64 = 4 << 20;

/// Holds the temporary name, if there is one. A thread takes it out to rename the file or to remove it, so that only one
/// thread does.
static NAMED: LazyLock<(Sender<Named>, Receiver<Named>)> = LazyLock::new(|| bounded(1));

/// The run is cancelled.
static IS_DISCARDED: AtomicBool = AtomicBool::new(false);

/// See the module.
#[derive(Debug)]
pub struct Output {
    /// None where it will have a temporary name and nothing was written yet.
    file: Option<File>,
    /// None where the target is written directly.
    target: Option<Target>,
    /// Bytes written, and how many of them the kernel was asked to write to the disk.
    written: u64,
    flushed: u64,
}

/// The name that the file will have.
#[derive(Debug)]
struct Target {
    directory: OwnedFd,
    name: OsString,
    /// The file that it replaces.
    earlier: Option<Stat>,
    /// It has a name from the start, the one in [`NAMED`].
    is_named: bool,
}

/// A file under a temporary name.
#[derive(Debug)]
struct Named {
    directory: OwnedFd,
    name: String,
}

impl Output {
    /// An output that will be the file `path`. After an error here nothing was created.
    pub fn create(path: &OsStr) -> io::Result<Self> {
        let path = Path::new(path);
        match rustix::fs::stat(path) {
            Ok(stat) => match FileType::from_raw_mode(stat.st_mode) {
                FileType::Directory => Err(Errno::ISDIR.into()),
                FileType::RegularFile if is_stdout(&stat) => {
                    Ok(Self::direct(rustix::io::dup(rustix::stdio::stdout())?))
                }
                FileType::RegularFile => {
                    rustix::fs::access(path, Access::WRITE_OK)?;
                    Self::replace(&end_of_links(path)?, Some(stat))
                }
                _ => {
                    let flags = OFlags::WRONLY | OFlags::NOCTTY | OFlags::CLOEXEC;
                    Ok(Self::direct(rustix::fs::open(path, flags, Mode::empty())?))
                }
            },
            Err(Errno::NOENT) => Self::replace(&end_of_links(path)?, None),
            Err(error) => Err(error.into()),
        }
    }

    fn direct(file: OwnedFd) -> Self {
        Self::new(Some(file.into()), None)
    }

    fn new(file: Option<File>, target: Option<Target>) -> Self {
        Self {
            file,
            target,
            written: 0,
            flushed: 0,
        }
    }

    fn replace(path: &Path, earlier: Option<Stat>) -> io::Result<Self> {
        let name = path.as_os_str().as_bytes();
        if name.ends_with(b"/") || name.ends_with(b"/.") {
            return Err(Errno::ISDIR.into());
        }
        let name = path.file_name().ok_or(Errno::NOENT)?.to_owned();
        let directory = match path.parent() {
            Some(parent) if parent != "" => parent,
            _ => Path::new("."),
        };
        let flags = OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC;
        let directory = rustix::fs::open(directory, flags, Mode::empty())?;
        let nameless = nameless(&directory);
        if nameless.is_none() {
            // An error now is better than one after the walk.
            rustix::fs::accessat(
                &directory,
                ".",
                Access::WRITE_OK | Access::EXEC_OK,
                AtFlags::empty(),
            )?;
        }
        let target = Target {
            directory,
            name,
            earlier,
            is_named: nameless.is_none(),
        };
        let file = nameless
            .map(|file| target.adopt_attributes(file))
            .transpose()?;
        Ok(Self::new(file, Some(target)))
    }

    /// The file, which is created where it does not exist yet; none where it was discarded.
    fn file(&mut self) -> io::Result<Option<&mut File>> {
        if let (None, Some(target)) = (&self.file, &self.target) {
            if IS_DISCARDED.load(Ordering::SeqCst) {
                return Ok(None);
            }
            self.file = Some(target.adopt_attributes(named(&target.directory)?)?);
            if IS_DISCARDED.load(Ordering::SeqCst) {
                discard();
            }
        }
        Ok(self.file.as_mut())
    }

    /// Lets the kernel begin to write the file to the disk, so that `fsync` has little to wait for in the end. Linux does
    /// so on this advice (mm/fadvise.c), and drops no page that is not written yet. An error does not matter.
    fn start_flush(&mut self, bytes: usize) {
        self.written += bytes as u64;
        let rest =
            NonZeroU64::new(self.written - self.flushed).filter(|rest| rest.get() >= FLUSH_BYTES);
        if let (Some(file), Some(_), Some(rest)) = (&self.file, &self.target, rest) {
            let _ = rustix::fs::fadvise(file, self.flushed, Some(rest), Advice::DontNeed);
            self.flushed = self.written;
        }
    }

    /// The report is whole: gives the file its name.
    pub fn commit(mut self) -> io::Result<()> {
        self.file()?;
        let (target, file) = match (&self.target, &self.file) {
            (None, _) => return Ok(()),
            (Some(_), None) => return Err(Errno::INTR.into()),
            (Some(target), Some(file)) => (target, file),
        };
        without_eintr(retry(|| rustix::fs::fsync(file)).map_err(Into::into))?;
        if !target.is_named {
            let name = with_random_name(|name| link(file, &target.directory, name))?;
            remember(&target.directory, name)?;
        }
        // Not there where the run was cancelled, and the file discarded.
        let named = NAMED.1.try_recv().map_err(|_| Errno::INTR)?;
        let from = (&named.directory, &named.name);
        let to = (&target.directory, &target.name);
        let renamed = retry(|| rustix::fs::renameat(from.0, from.1, to.0, to.1));
        renamed.inspect_err(|_| named.remove())?;
        Ok(())
    }
}

impl Target {
    /// Gives the file the owner of the earlier one, as far as the process may, and its permissions.
    fn adopt_attributes(&self, file: OwnedFd) -> io::Result<File> {
        if let Some(earlier) = &self.earlier {
            let owner = Some(Uid::from_raw(earlier.st_uid));
            let group = Some(Gid::from_raw(earlier.st_gid));
            let _ = rustix::fs::fchown(&file, None, group);
            let _ = rustix::fs::fchown(&file, owner, None);
            let mode = Mode::from_raw_mode(earlier.st_mode & 0o7777);
            rustix::fs::fchmod(&file, mode)?;
        }
        Ok(file.into())
    }
}

impl Named {
    fn remove(&self) {
        let _ = rustix::fs::unlinkat(&self.directory, &self.name, AtFlags::empty());
    }
}

impl Write for Output {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let file = self.file();
        let written = without_eintr(file.and_then(|file| match file {
            Some(file) => Ok(retry::write(file, bytes)?),
            None => Ok(bytes.len()),
        }))?;
        self.start_flush(written);
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Drop for Output {
    /// Removes what was not committed.
    fn drop(&mut self) {
        remove_named();
    }
}

/// The run is cancelled: removes a file under a temporary name, and lets no other be created.
pub fn discard() {
    IS_DISCARDED.store(true, Ordering::SeqCst);
    remove_named();
}

fn remove_named() {
    if let Ok(named) = NAMED.1.try_recv() {
        named.remove();
    }
}

/// Whether this is `/dev/stdout`: other processes may write to that file as well, so it is not replaced.
fn is_stdout(stat: &Stat) -> bool {
    let stdout = rustix::fs::fstat(rustix::stdio::stdout());
    stdout.is_ok_and(|stdout| (stdout.st_dev, stdout.st_ino) == (stat.st_dev, stat.st_ino))
}

/// The file that a chain of symbolic links leads to, whether it is there or not.
fn end_of_links(path: &Path) -> io::Result<PathBuf> {
    let mut path = path.to_owned();
    for _ in 0..MOST_LINKS {
        match rustix::fs::readlink(&path, Vec::new()) {
            Ok(target) => {
                path.pop();
                path.push(OsString::from_vec(target.into_bytes()));
            }
            // No link, or nothing at all.
            Err(_) => return Ok(path),
        }
    }
    Err(Errno::LOOP.into())
}

/// A file without a name, where there can be one and where it can get one later.
fn nameless(directory: &OwnedFd) -> Option<OwnedFd> {
    let flags = OFlags::TMPFILE | OFlags::WRONLY | OFlags::CLOEXEC;
    let file = rustix::fs::openat(directory, ".", flags, Mode::from_raw_mode(0o666)).ok()?;
    let can_be_linked = rustix::fs::access(in_proc(&file), Access::EXISTS).is_ok();
    can_be_linked.then_some(file)
}

fn link(file: &File, directory: &OwnedFd, name: &str) -> rustix::io::Result<()> {
    let follow = AtFlags::SYMLINK_FOLLOW;
    let from = in_proc(file);
    retry(|| rustix::fs::linkat(rustix::fs::CWD, &from, directory, name, follow))
}

fn in_proc(file: impl AsFd) -> String {
    format!("/proc/self/fd/{}", file.as_fd().as_raw_fd())
}

/// A file under a temporary name.
fn named(directory: &OwnedFd) -> io::Result<OwnedFd> {
    let flags = OFlags::CREATE | OFlags::EXCL | OFlags::WRONLY | OFlags::CLOEXEC;
    let mode = Mode::from_raw_mode(0o666);
    let mut file = None;
    let name = with_random_name(|name| {
        file = Some(retry(|| rustix::fs::openat(directory, name, flags, mode))?);
        Ok(())
    })?;
    remember(directory, name)?;
    Ok(file.ok_or(Errno::NOENT)?)
}

fn remember(directory: &OwnedFd, name: String) -> io::Result<()> {
    let directory = directory.try_clone()?;
    let sent = NAMED.0.try_send(Named { directory, name });
    sent.map_err(|full| {
        full.into_inner().remove();
        Errno::EXIST.into()
    })
}

/// Creates a file under a new random name, and returns that name.
fn with_random_name(
    mut make: impl FnMut(&str) -> rustix::io::Result<()>,
) -> rustix::io::Result<String> {
    let mut tries = 0;
    loop {
        let name = format!(".pdu-{:016x}", RandomState::new().build_hasher().finish());
        tries += 1;
        match make(&name) {
            Ok(()) => return Ok(name),
            Err(Errno::EXIST) if tries < MOST_NAMES => {}
            Err(error) => return Err(error),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_needs_a_temporary_name_has_it_until_it_is_committed_or_discarded() {
        let place = std::env::temp_dir().join(format!("pdu-output-{}", std::process::id()));
        std::fs::create_dir(&place).expect("temporary files can be made");
        let list = || {
            let list = std::process::Command::new("ls")
                .arg("-A")
                .arg(&place)
                .output();
            String::from_utf8(list.expect("ls is there").stdout).expect("these names are ASCII")
        };
        let output = || {
            let flags = OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC;
            let directory = rustix::fs::open(&place, flags, Mode::empty()).expect("a directory");
            let target = Some(Target {
                directory,
                name: "report".into(),
                earlier: None,
                is_named: true,
            });
            Output::new(None, target)
        };

        let mut first = output();
        assert_eq!(list(), "");
        first.write_all(b"first").expect("there is room");
        assert!(list().starts_with(".pdu-") && list().lines().count() == 1);
        first.commit().expect("it can be renamed");
        assert_eq!(list(), "report\n");

        let mut dropped = output();
        dropped.write_all(b"dropped").expect("there is room");
        assert_eq!(list().lines().count(), 2);
        drop(dropped);
        assert_eq!(list(), "report\n");

        let mut cancelled = output();
        cancelled.write_all(b"cancelled").expect("there is room");
        assert_eq!(list().lines().count(), 2);
        discard();
        assert_eq!(list(), "report\n");
        assert!(cancelled.commit().is_err());
        let mut late = output();
        late.write_all(b"late").expect("nobody wants it");
        assert!(late.commit().is_err());
        assert_eq!(list(), "report\n");
        let text = std::fs::read(place.join("report")).expect("it is there");
        assert_eq!(text, b"first");
        let _ = std::fs::remove_dir_all(&place);
    }
}
