//! The file of `-o`: whole or not there, and with all that an earlier file of that name had.
//!
//! The report is written to a *spool*, a file without a name, so the end of the process, however it comes, leaves nothing
//! behind. [`Output::commit`] publishes the spool at the end. How it does that is decided in [`Output::create`], before
//! the walk, so that a file that cannot be written is refused at once:
//!
//! | target | how |
//! |---|---|
//! | new, or an earlier file that loses nothing | `Link`: the spool lies in the directory of the target and gets its name |
//! | the same, on a file system where no nameless file can get a name | `Copy`: a copy of the spool gets a temporary name, then that of the target |
//! | another earlier file: several links, attributes that the process may not give, a directory in which it may not replace files, a mount point, a link in `/proc` | `Overwrite`: the bytes of the spool are written over those of the file |
//! | no regular file (`/dev/null`, a pipe), or the file of standard output | none: written as the report comes |
//!
//! With Link and Copy, a reader sees the earlier file or the new one. A reader may see an overwritten file half written,
//! for as long as it takes to copy the report; the bytes that need room are written first, so that a full disk takes
//! nothing away from the earlier file. Rejected: to put the earlier bytes aside and write them back after a failure, which
//! no crash would wait for, and which a file that may only be written does not allow.
//!
//! Until `commit` the earlier file is unchanged, and dropping the [`Output`] keeps it so. A signal that arrives during the
//! publication waits for its end ([`discard`]); SIGKILL may then leave a temporary name, or a half overwritten file.

use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::hash::{BuildHasher, Hasher, RandomState};
use std::io::{self, Write};
use std::num::NonZeroU64;
use std::ops::Range;
use std::os::fd::{AsFd, AsRawFd, OwnedFd};
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::{Path, PathBuf};
use std::sync::LazyLock;
use std::sync::atomic::{AtomicBool, Ordering};

use crossbeam_channel::{Receiver, Sender, bounded};
use pdu_startup::signals::{BlockedSignals, SIGHUP, SIGINT, SIGTERM};
use rustix::fs::{
    Access, Advice, AtFlags, FallocateFlags, FileType, MemfdFlags, Mode, OFlags, PROC_SUPER_MAGIC,
    RenameFlags, Stat, StatxAttributes, StatxFlags,
};
use rustix::io::Errno;

use crate::sys::attributes;
use crate::sys::retry::{self, retry, without_eintr};

/// How many symbolic links in a row are followed: as many as the kernel follows.
const MOST_LINKS: usize = 40;

/// The beginning of temporary names; sixteen hexadecimal digits follow.
const TEMPORARY: &str = ".pdu-";

/// How many random names are tried.
const MOST_NAMES: usize = 100;

/// Bytes between two requests to write to the disk.
const FLUSH_BYTES: u64 = 4 << 20;

/// Bytes that are copied at once.
const COPY_BYTES: usize = 128 << 10;

/// Holds one permit, which is taken out for a publication, and for ever by [`discard`].
static PERMIT: LazyLock<(Sender<()>, Receiver<()>)> = LazyLock::new(|| {
    let (sender, receiver) = bounded(1);
    let _ = sender.try_send(());
    (sender, receiver)
});

/// The run is cancelled.
static IS_DISCARDED: AtomicBool = AtomicBool::new(false);

/// See the module.
#[derive(Debug)]
pub struct Output {
    /// The spool, or what is written directly.
    file: File,
    /// None where the file is written directly.
    target: Option<Target>,
    /// Bytes written, and how many of them the kernel was asked to write to the disk.
    written: u64,
    flushed: u64,
}

/// Who may read a new file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Readers {
    /// All that the umask allows.
    Umask,
    /// Its owner alone.
    Owner,
}

impl Readers {
    /// The permissions of the file, before the umask.
    #[must_use]
    pub fn mode(self) -> Mode {
        match self {
            Self::Umask => NEW,
            Self::Owner => Mode::from_raw_mode(0o600),
        }
    }
}

/// The file that the spool becomes.
#[derive(Debug)]
struct Target {
    directory: OwnedFd,
    name: OsString,
    new: NewFile,
    publication: Publication,
}

/// What holds for a file that is not there yet.
#[derive(Debug, Clone, Copy)]
struct NewFile {
    readers: Readers,
    intruder: Intruder,
}

/// What happens to a file of another program that has the name at the end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Intruder {
    Replaced,
    Kept,
}

/// How the report comes into its file.
#[derive(Debug)]
enum Publication {
    /// The spool gets the name.
    Link,
    /// A copy of the spool gets the name.
    Copy,
    /// The bytes of the earlier file are written over.
    Overwrite {
        earlier: File,
        /// It had a name, and not only a descriptor (`/dev/fd/3`).
        had_name: bool,
    },
}

impl Output {
    /// An output that will be the file `path`. After an error here nothing was created. An earlier file keeps its readers.
    pub fn create(path: &OsStr, readers: Readers) -> io::Result<Self> {
        let path = Path::new(path);
        match rustix::fs::stat(path) {
            Ok(stat) => match FileType::from_raw_mode(stat.st_mode) {
                FileType::Directory => Err(Errno::ISDIR.into()),
                FileType::RegularFile if is_stdout(&stat) => {
                    Ok(Self::new(rustix::io::dup(rustix::stdio::stdout())?, None))
                }
                FileType::RegularFile => Self::earlier(&end_of_links(path)?, OFlags::empty()),
                _ => {
                    let flags = OFlags::WRONLY | OFlags::NOCTTY | OFlags::CLOEXEC;
                    let file = retry(|| rustix::fs::open(path, flags, Mode::empty()))?;
                    Ok(Self::new(file, None))
                }
            },
            Err(Errno::NOENT) => {
                let (directory, name) = split(&end_of_links(path)?)?;
                let intruder = Intruder::Replaced;
                Self::new_in(directory, name, NewFile { readers, intruder })
            }
            Err(error) => Err(error.into()),
        }
    }

    /// An output that will be a file of a name that the directory does not have yet. If it has that name at the end, the
    /// file that is there stays, and the output is an error.
    pub fn create_in(directory: OwnedFd, name: &OsStr, readers: Readers) -> io::Result<Self> {
        let intruder = Intruder::Kept;
        Self::new_in(directory, name.into(), NewFile { readers, intruder })
    }

    /// The same for a path. An error where the name is there already.
    pub fn create_new(path: &OsStr, readers: Readers) -> io::Result<Self> {
        let (directory, name) = split(Path::new(path))?;
        match rustix::fs::statat(&directory, &name, AtFlags::SYMLINK_NOFOLLOW) {
            Err(Errno::NOENT) => Self::create_in(directory, &name, readers),
            Err(error) => Err(error.into()),
            Ok(_) => Err(Errno::EXIST.into()),
        }
    }

    /// An output in place of the regular file that has this name itself, or of no file. No link is followed, also one that
    /// comes meanwhile, and nothing waits for the other end of a FIFO. An earlier file keeps its readers.
    pub fn replace(path: &OsStr, readers: Readers) -> io::Result<Self> {
        let stat = match rustix::fs::lstat(path) {
            Err(Errno::NOENT) => return Self::create_new(path, readers),
            stat => stat?,
        };
        match FileType::from_raw_mode(stat.st_mode) {
            FileType::RegularFile if is_stdout(&stat) => {
                Ok(Self::new(rustix::io::dup(rustix::stdio::stdout())?, None))
            }
            FileType::RegularFile => {
                Self::earlier(Path::new(path), OFlags::NOFOLLOW | OFlags::NONBLOCK)
            }
            _ => Err(Errno::INVAL.into()),
        }
    }

    /// True where the name of the file is still free.
    #[must_use]
    pub fn has_free_name(&self) -> bool {
        let Some(target) = &self.target else {
            return false;
        };
        if !target.is_linked() {
            // A client of a network file system may remember for a minute that there was no such name, until it changes
            // the directory itself.
            let _ = unlinked(&target.directory, Readers::Owner);
        }
        let flags = AtFlags::SYMLINK_NOFOLLOW;
        rustix::fs::statat(&target.directory, &target.name, flags).is_err()
    }

    fn new_in(directory: OwnedFd, name: OsString, new: NewFile) -> io::Result<Self> {
        let replacement = replacement(&directory, 0, new.readers)?;
        Ok(Self::spooled(replacement, directory, name, new))
    }

    /// An output for a regular file that is there, which is opened with these flags too.
    fn earlier(path: &Path, flags: OFlags) -> io::Result<Self> {
        // As a shell opens it for `>`, so that the kernel protects the same files (fs.protected_regular). Not truncated.
        let flags = flags | OFlags::WRONLY | OFlags::CREATE | OFlags::NOCTTY | OFlags::CLOEXEC;
        let earlier = File::from(retry(|| rustix::fs::open(path, flags, NEW))?);
        let stat = rustix::fs::fstat(&earlier)?;
        if !FileType::from_raw_mode(stat.st_mode).is_file() {
            return Err(Errno::INVAL.into());
        }
        let (directory, name) = split(path)?;
        let new = NewFile {
            readers: Readers::Umask,
            intruder: Intruder::Replaced,
        };
        if is_replaceable(&directory, &name, &stat)
            && let Ok(replacement) = replacement(&directory, length(&stat), new.readers)
        {
            attributes::copy(&earlier, &replacement.0);
            if attributes::are_equal(&earlier, &replacement.0) {
                return Ok(Self::spooled(replacement, directory, name, new));
            }
        }
        let spool = spool(&directory, length(&stat))?;
        let publication = Publication::Overwrite {
            earlier,
            had_name: stat.st_nlink > 0,
        };
        let replacement = (spool, publication);
        Ok(Self::spooled(replacement, directory, name, new))
    }

    fn spooled(
        (spool, publication): (File, Publication),
        directory: OwnedFd,
        name: OsString,
        new: NewFile,
    ) -> Self {
        let target = Target {
            directory,
            name,
            new,
            publication,
        };
        Self::new(spool, Some(target))
    }

    fn new(file: impl Into<File>, target: Option<Target>) -> Self {
        Self {
            file: file.into(),
            target,
            written: 0,
            flushed: 0,
        }
    }

    /// Lets the kernel begin to write a spool that stays to the disk, so that `fsync` has little to wait for in the end.
    /// Linux does so on this advice (mm/fadvise.c), and drops no page that is not written yet. An error does not matter.
    fn start_flush(&mut self, bytes: usize) {
        self.written += bytes as u64;
        let stays = matches!(&self.target, Some(target) if target.is_linked());
        let rest =
            NonZeroU64::new(self.written - self.flushed).filter(|rest| rest.get() >= FLUSH_BYTES);
        if let (true, Some(rest)) = (stays, rest) {
            let _ = rustix::fs::fadvise(&self.file, self.flushed, Some(rest), Advice::DontNeed);
            self.flushed = self.written;
        }
    }

    /// The report is whole: publishes it. After an error, an earlier file is as it was, unless it was half overwritten.
    pub fn commit(self) -> io::Result<()> {
        let Some(target) = &self.target else {
            return Ok(());
        };
        if target.is_linked() {
            // Gives back what was reserved and is not needed.
            rustix::fs::ftruncate(&self.file, self.written)?;
            sync(&self.file)?;
        }
        // Waits for ever where the run was cancelled: the thread that received the signal is about to end the process.
        PERMIT.1.recv().map_err(|_| Errno::INTR)?;
        // Of a small tree no thread watches for signals: they have their default action after the publication.
        let blocked = BlockedSignals::block(&[SIGINT, SIGTERM, SIGHUP], &[]);
        let published = target.publish(&self.file);
        let _ = PERMIT.0.try_send(());
        blocked.release();
        published
    }
}

impl Write for Output {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = without_eintr(retry::write(&self.file, bytes).map_err(Into::into))?;
        self.start_flush(written);
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// The run is cancelled: no report is published from now on. Waits for a publication that has begun.
pub fn discard() {
    if !IS_DISCARDED.swap(true, Ordering::SeqCst) {
        let _ = PERMIT.1.recv();
    }
}

// ---------------------------------------------------------------- before the walk

/// The permissions of a new file that all may read, before the umask.
const NEW: Mode = Mode::from_raw_mode(0o666);

/// Whether this is `/dev/stdout`: other processes may write to that file as well, so it is not replaced.
fn is_stdout(stat: &Stat) -> bool {
    let stdout = rustix::fs::fstat(rustix::stdio::stdout());
    stdout.is_ok_and(|stdout| (stdout.st_dev, stdout.st_ino) == (stat.st_dev, stat.st_ino))
}

/// The file that a chain of symbolic links leads to, whether it is there or not; or the link in `/proc` to an open file,
/// which may have another name by now, or none.
fn end_of_links(path: &Path) -> io::Result<PathBuf> {
    let mut path = path.to_owned();
    for _ in 0..MOST_LINKS {
        let is_in_proc =
            rustix::fs::statfs(parent(&path)).is_ok_and(|at| at.f_type == PROC_SUPER_MAGIC);
        match rustix::fs::readlink(&path, Vec::new()) {
            Ok(target) if !is_in_proc => {
                path.pop();
                path.push(OsString::from_vec(target.into_bytes()));
            }
            // No link, or nothing at all.
            _ => return Ok(path),
        }
    }
    Err(Errno::LOOP.into())
}

fn parent(path: &Path) -> &Path {
    let parent = path.parent().filter(|parent| *parent != "");
    parent.unwrap_or_else(|| Path::new("."))
}

/// The directory of a file, and its name there.
fn split(path: &Path) -> io::Result<(OwnedFd, OsString)> {
    let bytes = path.as_os_str().as_bytes();
    if bytes.ends_with(b"/") || bytes.ends_with(b"/.") {
        return Err(Errno::ISDIR.into());
    }
    let name = path.file_name().ok_or(Errno::NOENT)?.to_owned();
    let flags = OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC;
    let directory = rustix::fs::open(parent(path), flags, Mode::empty())?;
    Ok((directory, name))
}

/// Whether a rename over the file would be allowed, and would leave no other link with the old bytes. What this does not
/// know (a security module, a server) shows itself in `publish`.
fn is_replaceable(directory: &OwnedFd, name: &OsStr, file: &Stat) -> bool {
    let Ok(place) = rustix::fs::fstat(directory) else {
        return false;
    };
    let here = rustix::process::geteuid().as_raw();
    let is_sticky = Mode::from_raw_mode(place.st_mode).contains(Mode::SVTX);
    file.st_nlink == 1
        && (!is_sticky || file.st_uid == here || place.st_uid == here)
        && !has(directory, OsStr::new(""), StatxAttributes::APPEND)
        && !has(directory, name, StatxAttributes::MOUNT_ROOT)
}

/// Whether a file has this attribute, as far as the file system says so.
fn has(directory: &OwnedFd, name: &OsStr, attribute: StatxAttributes) -> bool {
    let flags = AtFlags::EMPTY_PATH | AtFlags::SYMLINK_NOFOLLOW;
    let statx = rustix::fs::statx(directory, name, flags, StatxFlags::empty());
    statx.is_ok_and(|statx| statx.stx_attributes.contains(attribute))
}

fn length(stat: &Stat) -> u64 {
    u64::try_from(stat.st_size).unwrap_or(0)
}

/// A spool that gets a name in the directory, or whose copy gets one. It has room for as much as the earlier report.
fn replacement(
    directory: &OwnedFd,
    room: u64,
    readers: Readers,
) -> io::Result<(File, Publication)> {
    let (spool, publication) = match nameless(directory, readers) {
        Ok(spool) if rustix::fs::access(in_proc(&spool), Access::EXISTS).is_ok() => {
            (spool, Publication::Link)
        }
        // A temporary name could not be removed again.
        _ if has(directory, OsStr::new(""), StatxAttributes::APPEND) => {
            return Err(Errno::PERM.into());
        }
        Ok(spool) => (spool, Publication::Copy),
        Err(_) => (unlinked(directory, readers)?, Publication::Copy),
    };
    reserve(&spool, room)?;
    Ok((spool, publication))
}

/// A spool that is only copied: in the directory of the target, where there is most likely room for it; else in that for
/// temporary files; else in memory.
fn spool(directory: &OwnedFd, room: u64) -> io::Result<File> {
    let readers = Readers::Owner;
    let spool =
        nameless(directory, readers).and_then(|spool| reserve(&spool, room).map(|()| spool));
    let elsewhere = || {
        let flags = OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC;
        let directory = rustix::fs::open(std::env::temp_dir(), flags, Mode::empty())?;
        // Nothing is reserved: it may be memory.
        nameless(&directory, readers).or_else(|_| unlinked(&directory, readers))
    };
    let in_memory = || Ok(rustix::fs::memfd_create("pdu", MemfdFlags::CLOEXEC)?.into());
    spool
        .or_else(|_| elsewhere())
        .or_else(|_: Errno| in_memory())
}

/// A file that never had a name.
fn nameless(directory: &OwnedFd, readers: Readers) -> rustix::io::Result<File> {
    let flags = OFlags::TMPFILE | OFlags::RDWR | OFlags::CLOEXEC;
    retry(|| rustix::fs::openat(directory, ".", flags, readers.mode())).map(File::from)
}

/// A file that has lost its name.
fn unlinked(directory: &OwnedFd, readers: Readers) -> rustix::io::Result<File> {
    let (file, name) = named(directory, readers)?;
    rustix::fs::unlinkat(directory, name, AtFlags::empty())?;
    Ok(file)
}

/// Fails where the disk or the quota is full. A file system that cannot reserve room does not matter.
fn reserve(file: &File, room: u64) -> rustix::io::Result<()> {
    let reserved = retry(|| rustix::fs::fallocate(file, FallocateFlags::KEEP_SIZE, 0, room.max(1)));
    match reserved {
        Err(error @ (Errno::NOSPC | Errno::DQUOT)) => Err(error),
        _ => Ok(()),
    }
}

// ---------------------------------------------------------------- after the walk

impl Target {
    fn is_linked(&self) -> bool {
        matches!(self.publication, Publication::Link)
    }

    fn publish(&self, spool: &File) -> io::Result<()> {
        let replaced = match &self.publication {
            Publication::Overwrite { earlier, had_name } if !had_name || !is_deleted(earlier) => {
                return overwrite(earlier, spool);
            }
            Publication::Link => self.link(spool),
            Publication::Copy | Publication::Overwrite { .. } => self.copy(spool),
        };
        if self.new.intruder == Intruder::Kept {
            return replaced;
        }
        // The file may have become a mount point, the directory append-only, and so on.
        replaced.or_else(|error| match self.open_earlier() {
            Ok(earlier) => overwrite(&earlier, spool),
            Err(_) => Err(error),
        })
    }

    fn link(&self, spool: &File) -> io::Result<()> {
        match link(spool, &self.directory, &self.name) {
            Err(Errno::EXIST) if self.new.intruder == Intruder::Replaced => {}
            linked => return Ok(linked?),
        }
        let name = with_random_name(|name| link(spool, &self.directory, OsStr::new(name)))?;
        self.rename(&name)
    }

    fn copy(&self, spool: &File) -> io::Result<()> {
        let (file, name) = named(&self.directory, self.new.readers)?;
        let filled = self.fill(&file, spool);
        filled.inspect_err(|_| self.remove(&name))?;
        self.rename(&name)
    }

    fn fill(&self, file: &File, spool: &File) -> io::Result<()> {
        if let Ok(earlier) = self.open_earlier() {
            attributes::copy(&earlier, file);
            if !attributes::are_equal(&earlier, file) {
                return Err(Errno::PERM.into());
            }
        }
        copy(spool, file, 0..length(&rustix::fs::fstat(spool)?))?;
        sync(file)
    }

    /// Gives the file its name in place of the temporary one, or removes it.
    fn rename(&self, from: &str) -> io::Result<()> {
        let to = &self.directory;
        let renamed = match self.new.intruder {
            Intruder::Replaced => retry(|| rustix::fs::renameat(to, from, to, &self.name)),
            Intruder::Kept => self.rename_to_new(from),
        };
        Ok(renamed.inspect_err(|_| self.remove(from))?)
    }

    /// The same, where nothing has the name. Not every file system can do that in one step.
    fn rename_to_new(&self, from: &str) -> rustix::io::Result<()> {
        let (to, name) = (&self.directory, &self.name);
        let flags = RenameFlags::NOREPLACE;
        match retry(|| rustix::fs::renameat_with(to, from, to, name, flags)) {
            Err(Errno::INVAL | Errno::NOSYS) => {}
            renamed => return renamed,
        }
        match rustix::fs::statat(to, name, AtFlags::SYMLINK_NOFOLLOW) {
            Err(Errno::NOENT) => retry(|| rustix::fs::renameat(to, from, to, name)),
            Ok(_) => Err(Errno::EXIST),
            Err(error) => Err(error),
        }
    }

    fn remove(&self, name: &str) {
        let _ = rustix::fs::unlinkat(&self.directory, name, AtFlags::empty());
    }

    fn open_earlier(&self) -> rustix::io::Result<File> {
        let flags = OFlags::WRONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
        let file = rustix::fs::openat(&self.directory, &self.name, flags, Mode::empty())?;
        let is_regular = FileType::from_raw_mode(rustix::fs::fstat(&file)?.st_mode).is_file();
        is_regular.then(|| file.into()).ok_or(Errno::INVAL)
    }
}

fn is_deleted(file: &File) -> bool {
    rustix::fs::fstat(file).is_ok_and(|stat| stat.st_nlink == 0)
}

/// Writes the bytes of the spool over those of a file. Those behind its earlier end come first, because only they need
/// room: if there is none, the file gets its earlier length back.
fn overwrite(file: &File, spool: &File) -> io::Result<()> {
    let earlier = length(&rustix::fs::fstat(file)?);
    let new = length(&rustix::fs::fstat(spool)?);
    let common = earlier.min(new);
    let grown = copy(spool, file, common..new).and_then(|()| sync(file));
    grown.inspect_err(|_| {
        let _ = rustix::fs::ftruncate(file, earlier);
    })?;
    copy(spool, file, 0..common)?;
    rustix::fs::ftruncate(file, new)?;
    sync(file)
}

/// Copies a range of bytes to the same place in another file.
fn copy(from: &File, to: &File, mut range: Range<u64>) -> io::Result<()> {
    let mut buffer = vec![0; COPY_BYTES];
    while range.start < range.end {
        let most = usize::try_from(range.end - range.start).unwrap_or(COPY_BYTES);
        let part = &mut buffer[..most.min(COPY_BYTES)];
        let count = without_eintr(Ok(retry(|| {
            rustix::io::pread(from, &mut *part, range.start)
        })?))?;
        let written = retry(|| rustix::io::pwrite(to, &part[..count], range.start));
        match without_eintr(written.map_err(Into::into))? {
            0 => return Err(Errno::IO.into()),
            written => range.start += written as u64,
        }
    }
    Ok(())
}

fn sync(file: &File) -> io::Result<()> {
    without_eintr(retry(|| rustix::fs::fsync(file)).map_err(Into::into))
}

fn link(file: &File, directory: &OwnedFd, name: &OsStr) -> rustix::io::Result<()> {
    let follow = AtFlags::SYMLINK_FOLLOW;
    let from = in_proc(file);
    retry(|| rustix::fs::linkat(rustix::fs::CWD, &from, directory, name, follow))
}

fn in_proc(file: impl AsFd) -> String {
    format!("/proc/self/fd/{}", file.as_fd().as_raw_fd())
}

/// A file under a temporary name.
fn named(directory: &OwnedFd, readers: Readers) -> rustix::io::Result<(File, String)> {
    let flags = OFlags::CREATE | OFlags::EXCL | OFlags::RDWR | OFlags::CLOEXEC;
    let mut file = None;
    let name = with_random_name(|name| {
        let opened = retry(|| rustix::fs::openat(directory, name, flags, readers.mode()));
        file = Some(opened?);
        Ok(())
    })?;
    Ok((file.ok_or(Errno::NOENT)?.into(), name))
}

/// True for a name that a temporary file of [`Output`] may have.
#[must_use]
pub fn is_temporary(name: &OsStr) -> bool {
    let random = name.as_bytes().strip_prefix(TEMPORARY.as_bytes());
    random.is_some_and(|random| random.len() == 16 && random.iter().all(u8::is_ascii_hexdigit))
}

/// Creates a file under a new random name, and returns that name.
fn with_random_name(
    mut make: impl FnMut(&str) -> rustix::io::Result<()>,
) -> rustix::io::Result<String> {
    let mut tries = 0;
    loop {
        let random = RandomState::new().build_hasher().finish();
        let name = format!("{TEMPORARY}{random:016x}");
        tries += 1;
        match make(&name) {
            Ok(()) => return Ok(name),
            Err(Errno::EXIST) if tries < MOST_NAMES => {}
            Err(error) => return Err(error),
        }
    }
}
