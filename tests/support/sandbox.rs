//! A fresh directory with mounts below it, FUSE file systems among them, and pdu and GNU du run in it.
//!
//! ```text
//! let Some(sandbox) = Sandbox::fuse(vec![Node::file("a")]) else { return };   // skips where FUSE cannot be mounted
//! let answer = sandbox.pdu("-j1 -s .");
//! ```
//!
//! Dropping it ends the FUSE servers, which fails what still waits for them, then unmounts, then removes the directory.

use std::cell::RefCell;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use rustix::mount::{MountFlags, UnmountFlags};

use super::fuse::{Fuse, Node, Options};
use super::gnu_du::GnuDu;
use super::run::{self, Answer, lines, text, wait_until};
use super::skip::skip;
use super::tree::Tree;

/// A fresh directory, and what is mounted below it; both gone when dropped.
pub(crate) struct Sandbox {
    fuse: RefCell<Vec<Fuse>>,
    tree: Tree,
}

impl Sandbox {
    /// A fresh directory without mounts.
    pub(crate) fn new() -> Self {
        Self {
            fuse: RefCell::default(),
            tree: Tree::empty(),
        }
    }

    /// One with a FUSE file system of these entries, mounted at `m`; skips where FUSE cannot be mounted.
    pub(crate) fn fuse(entries: Vec<Node>) -> Option<Self> {
        let sandbox = Self::new();
        sandbox
            .mount_fuse("m", Node::dir("", entries))
            .then_some(sandbox)
    }

    /// Mounts one more FUSE file system; skips where it cannot.
    pub(crate) fn mount_fuse(&self, at: &str, root: Node) -> bool {
        self.dir(at);
        self.mount_fuse_at(at, root, &Options::default())
    }

    /// Mounts one over a directory or file that is there; skips where it cannot.
    pub(crate) fn mount_fuse_at(&self, at: &str, root: Node, options: &Options) -> bool {
        match Fuse::mount(&self.at(at), root, options) {
            Ok(fuse) => {
                // The kernel's first request is FUSE_INIT: it must not count as one that pdu causes.
                wait_until("FUSE_INIT", || fuse.requests() > 0);
                self.fuse.borrow_mut().push(fuse);
                true
            }
            Err(error) => {
                skip(format_args!(
                    "no FUSE file system can be mounted here: {error}"
                ));
                false
            }
        }
    }

    /// How many requests the FUSE file system number `index`, in the order of mounting, has received.
    pub(crate) fn requests(&self, index: usize) -> usize {
        self.fuse.borrow()[index].requests()
    }

    /// Ends the FUSE servers: what waits for them gets an error.
    pub(crate) fn end_fuse(&self) {
        self.fuse.borrow_mut().clear();
    }

    /// The directory.
    pub(crate) fn root(&self) -> &Path {
        self.tree.root()
    }

    /// The directory as a tree.
    pub(crate) fn tree(&self) -> &Tree {
        &self.tree
    }

    /// A path below it.
    pub(crate) fn at(&self, name: &str) -> PathBuf {
        self.root().join(name)
    }

    /// Makes a directory below, unless it exists.
    pub(crate) fn dir(&self, name: &str) -> PathBuf {
        let path = self.at(name);
        fs::create_dir_all(&path).expect("directories can be made");
        path
    }

    /// Makes a file below, of so many bytes.
    pub(crate) fn file(&self, name: &str, size: usize) -> PathBuf {
        let path = self.at(name);
        self.dir(
            Path::new(name)
                .parent()
                .map_or("", |at| at.to_str().expect("text")),
        );
        fs::write(&path, vec![b'x'; size]).expect("files can be made");
        path
    }

    /// Mounts something at the directory `at`; skips where it cannot.
    pub(crate) fn mount(&self, source: &Path, at: &str, kind: &str, data: &str) -> bool {
        let at = self.dir(at);
        let data = std::ffi::CString::new(data).expect("no NUL");
        let mounted = rustix::mount::mount(source, &at, kind, MountFlags::empty(), &*data);
        note_mount(kind, &mounted)
    }

    /// Mounts a directory a second time.
    pub(crate) fn bind(&self, source: &str, at: &str) -> bool {
        let (source, at) = (self.at(source), self.dir(at));
        let mounted = rustix::mount::mount_bind(source, &at);
        note_mount("bind", &mounted)
    }

    /// Mounts an image as a loop device, read-only.
    pub(crate) fn mount_image(&self, image: &Path, at: &str, options: &str) -> bool {
        let at = self.dir(at);
        let mut mount = Command::new("mount");
        mount.args(["-o", options]).arg(image).arg(&at);
        let mounted = match mount.output() {
            Ok(output) if output.status.success() => Ok(()),
            Ok(output) => Err(text(&output.stderr).trim().to_owned()),
            Err(error) => Err(error.to_string()),
        };
        note_mount("loop", &mounted)
    }

    /// pdu with these words, not started yet.
    pub(crate) fn command(&self, words: &str) -> Command {
        run::pdu(self.root(), words)
    }

    /// Runs pdu here.
    pub(crate) fn pdu(&self, words: &str) -> Answer {
        run::run(self.command(words))
    }

    /// Fails where pdu's answer is not GNU du's, with `-j1` and `-j20`: lines in order, messages in any, the status.
    /// Gives GNU du's answer; skips where there is no GNU du.
    #[track_caller]
    pub(crate) fn agrees_with_gnu(&self, words: &str) -> Option<Answer> {
        let gnu = GnuDu::same_sizes()?;
        let theirs = run::run(run::du(&gnu.path, self.root(), words));
        for threads in ["-j1", "-j20"] {
            let ours = self.pdu(&format!("{threads} {words}"));
            assert_eq!(ours.out, theirs.out, "stdout of {threads} {words}");
            if gnu.release.same_messages() {
                let (own, gnus) = (lines(&ours.errors), lines(&theirs.errors));
                assert_eq!(own, gnus, "stderr of {threads} {words}");
                assert_eq!(ours.status, theirs.status, "status of {threads} {words}");
            }
        }
        Some(theirs)
    }

    /// Fails where pdu answers otherwise, with `-j1`, `-j2` and `-j20`. The messages may come in any order.
    #[track_caller]
    pub(crate) fn answers(&self, words: &str, out: &str, errors: &[&str]) {
        for threads in ["-j1", "-j2", "-j20"] {
            let ours = self.pdu(&format!("{threads} {words}"));
            assert_eq!(
                ours.out, out,
                "stdout of {threads} {words}: {}",
                ours.errors
            );
            let mut errors = errors.to_vec();
            errors.sort_unstable();
            assert_eq!(lines(&ours.errors), errors, "stderr of {threads} {words}");
            let status = i32::from(!errors.is_empty());
            assert_eq!(
                ours.status.code(),
                Some(status),
                "status of {threads} {words}"
            );
        }
    }
}

impl Drop for Sandbox {
    fn drop(&mut self) {
        self.fuse.get_mut().clear();
        for at in mounts_below(self.root()).iter().rev() {
            // A busy mount leaves the tree at once, and goes when it is no longer busy.
            if rustix::mount::unmount(at, UnmountFlags::NOFOLLOW).is_err() {
                let _ = rustix::mount::unmount(at, UnmountFlags::DETACH);
            }
        }
    }
}

/// Skips where a mount was refused.
fn note_mount<E: std::fmt::Display>(kind: &str, mounted: &Result<(), E>) -> bool {
    if let Err(error) = mounted {
        skip(format_args!("{kind} cannot be mounted here: {error}"));
    }
    mounted.is_ok()
}

/// The mount points below a directory, in the order of mounting.
fn mounts_below(root: &Path) -> Vec<PathBuf> {
    let list = fs::read_to_string("/proc/self/mountinfo").unwrap_or_default();
    let places = list.lines().filter_map(|line| line.split(' ').nth(4));
    let below = places
        .map(PathBuf::from)
        .filter(|place| place.starts_with(root));
    below.collect()
}

/// `st_blocks` of a file in bytes, and its `st_size`, by lstat(2).
pub(crate) fn size_of(path: &Path) -> (u64, u64) {
    let stat = rustix::fs::lstat(path).expect("it is there");
    let number = |value: i64| u64::try_from(value).expect("not negative");
    (number(stat.st_blocks) * 512, number(stat.st_size))
}
