//! What tests of failing disks and mounts stand on: a place for mounts, a run with a watchdog, and GNU du beside it.
//!
//! ```text
//! let Some(stage) = Stage::fuse(vec![Node::file("a")]) else { return };   // says "skipped: ..." where it cannot be
//! let answer = stage.pdu("-j1 -s .");
//! ```
//!
//! What hangs is killed after [`PATIENCE`] and fails the test: no test passes or fails by speed otherwise.

#![allow(dead_code, reason = "each test uses its part")]
#![allow(
    clippy::disallowed_methods,
    clippy::print_stderr,
    reason = "the walls are for src"
)]

use std::cell::RefCell;
use std::fs;
use std::io;
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Output, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use rustix::mount::{MountFlags, UnmountFlags};
use rustix::process::{Pid, Signal, kill_process};

use super::fuse::{Fuse, Node, Options};
use super::judge::Judge;

/// The program under test.
pub(crate) const PDU: &str = env!("CARGO_BIN_EXE_pdu");

/// Longer than anything here takes on the slowest machine: what lasts longer hangs.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);

/// Says that a test, or a part of it, has nothing to try here.
pub(crate) fn skip(why: impl std::fmt::Display) {
    eprintln!("skipped: {why}");
}

/// Whether the heavy variants are wanted.
pub(crate) fn thorough() -> bool {
    std::env::var_os("PDU_THOROUGH").is_some_and(|value| value != "0")
}

/// Whether this is root; says what is skipped if not.
pub(crate) fn is_root(what: &str) -> bool {
    let root = rustix::process::getuid().is_root();
    if !root {
        skip(format_args!("{what} takes root"));
    }
    root
}

// ---------------------------------------------------------------- a place

/// A fresh directory, and what is mounted below it; both gone when dropped.
pub(crate) struct Stage {
    fuse: RefCell<Vec<Fuse>>,
    root: PathBuf,
}

impl Stage {
    pub(crate) fn new() -> Self {
        static SERIAL: AtomicU32 = AtomicU32::new(0);
        let serial = SERIAL.fetch_add(1, Ordering::Relaxed);
        let root = std::env::temp_dir().join(format!("pdu-stage-{}-{serial}", std::process::id()));
        fs::create_dir(&root).expect("the directory for temporary files can be written");
        Self {
            fuse: RefCell::default(),
            root,
        }
    }

    /// A place with a FUSE file system of these entries, mounted at `m`; nothing where FUSE cannot be mounted.
    pub(crate) fn fuse(entries: Vec<Node>) -> Option<Self> {
        let stage = Self::new();
        stage
            .mount_fuse("m", Node::dir("", entries))
            .then_some(stage)
    }

    /// Mounts one more FUSE file system; says so where it cannot.
    pub(crate) fn mount_fuse(&self, at: &str, root: Node) -> bool {
        let at = self.dir(at);
        match Fuse::mount(&at, root, &Options::default()) {
            Ok(fuse) => {
                // The kernel's first request is its own.
                wait_until("the greeting", || fuse.requests() > 0);
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

    /// How many requests the FUSE file system that was mounted as number `index` has had.
    pub(crate) fn requests(&self, index: usize) -> usize {
        self.fuse.borrow()[index].requests()
    }

    /// Ends the FUSE file systems: whatever waits for them gets an error.
    pub(crate) fn end_fuse(&self) {
        self.fuse.borrow_mut().clear();
    }

    pub(crate) fn root(&self) -> &Path {
        &self.root
    }

    /// A path below.
    pub(crate) fn at(&self, name: &str) -> PathBuf {
        self.root.join(name)
    }

    /// A directory below, made where it is not there.
    pub(crate) fn dir(&self, name: &str) -> PathBuf {
        let path = self.at(name);
        fs::create_dir_all(&path).expect("directories can be made");
        path
    }

    /// A file below, of so many bytes.
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

    /// Mounts at the directory `at`; says so where it cannot.
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

    /// Runs pdu here.
    pub(crate) fn pdu(&self, words: &str) -> Answer {
        self.run(Path::new(PDU), words)
    }

    /// pdu, not started yet.
    pub(crate) fn command(&self, program: &Path, words: &str) -> Command {
        let mut command = Command::new(program);
        command.arg0("pdu").args(words.split_whitespace());
        command.current_dir(&self.root);
        command.env_clear().env("LC_ALL", "C").env("TZ", "UTC0");
        command.stdin(Stdio::null());
        command
    }

    pub(crate) fn run(&self, program: &Path, words: &str) -> Answer {
        let mut command = self.command(program, words);
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        let child = command.spawn().expect("the program starts");
        Answer::of(child, words)
    }

    /// pdu's answer, which must be GNU du's, for `-j1` and `-j20`: lines in order, messages in any, the status.
    #[track_caller]
    pub(crate) fn agrees_with_gnu(&self, words: &str) -> Option<Answer> {
        let judge = judge()?;
        let theirs = self.run(&judge.path, words);
        for threads in ["-j1", "-j20"] {
            let ours = self.pdu(&format!("{threads} {words}"));
            assert_eq!(ours.out, theirs.out, "stdout of {threads} {words}");
            if judge.dialect.same_messages() {
                let (own, gnus) = (lines(&ours.errors), lines(&theirs.errors));
                assert_eq!(own, gnus, "stderr of {threads} {words}");
                assert_eq!(ours.status, theirs.status, "status of {threads} {words}");
            }
        }
        Some(theirs)
    }

    /// pdu's answer, which must be this one, for `-j1`, `-j2` and `-j20`. The messages may come in any order.
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

impl Drop for Stage {
    fn drop(&mut self) {
        self.fuse.get_mut().clear();
        for at in mounts_below(&self.root).iter().rev() {
            // What is busy still goes from the tree.
            if rustix::mount::unmount(at, UnmountFlags::NOFOLLOW).is_err() {
                let _ = rustix::mount::unmount(at, UnmountFlags::DETACH);
            }
        }
        // Not across mounts: whatever could not be unmounted is not ours to empty.
        let _ = Command::new("rm")
            .args(["-rf", "--one-file-system"])
            .arg(&self.root)
            .status();
    }
}

fn note_mount<E: std::fmt::Display>(kind: &str, mounted: &Result<(), E>) -> bool {
    if let Err(error) = mounted {
        skip(format_args!("{kind} cannot be mounted here: {error}"));
    }
    mounted.is_ok()
}

/// What is mounted below a directory, in the order in which it was.
fn mounts_below(root: &Path) -> Vec<PathBuf> {
    let list = fs::read_to_string("/proc/self/mountinfo").unwrap_or_default();
    let places = list.lines().filter_map(|line| line.split(' ').nth(4));
    let below = places
        .map(PathBuf::from)
        .filter(|place| place.starts_with(root));
    below.collect()
}

// ---------------------------------------------------------------- a run

/// What a program said.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) out: String,
    pub(crate) errors: String,
    pub(crate) status: ExitStatus,
}

impl Answer {
    /// Waits for the end, as long as it may take.
    #[track_caller]
    pub(crate) fn of(child: Child, what: &str) -> Self {
        let pid = Pid::from_child(&child);
        let (give, take) = std::sync::mpsc::channel();
        std::thread::spawn(move || give.send(child.wait_with_output()));
        let output: io::Result<Output> = take.recv_timeout(PATIENCE).unwrap_or_else(|_| {
            let _ = kill_process(pid, Signal::KILL);
            panic!("it hangs: {what}");
        });
        let output = output.expect("its output can be read");
        Self {
            out: text(&output.stdout),
            errors: text(&output.stderr),
            status: output.status,
        }
    }

    /// The number in the line of `path`, or the only number there is.
    #[track_caller]
    pub(crate) fn number(&self, path: &str) -> u128 {
        let line = self.out.lines().find_map(|line| line.strip_suffix(path));
        let number = line.and_then(|line| line.trim().parse().ok());
        number.unwrap_or_else(|| panic!("no line for {path} in {:?}: {}", self.out, self.errors))
    }

    /// Fails where the program ended otherwise than by itself, or said what only a fault makes it say.
    #[track_caller]
    pub(crate) fn is_sane(&self) {
        assert!(self.status.signal().is_none(), "died: {self:?}");
        assert!(matches!(self.status.code(), Some(0 | 1)), "{self:?}");
        assert!(!self.errors.contains("panicked"), "{self:?}");
        assert!(!self.errors.contains("internal error"), "{self:?}");
    }
}

/// The lines of a text, sorted.
pub(crate) fn lines(text: &str) -> Vec<&str> {
    let mut lines: Vec<&str> = text.lines().collect();
    lines.sort_unstable();
    lines
}

pub(crate) fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// The GNU du to compare with; says so where there is none that counts as pdu does.
pub(crate) fn judge() -> Option<&'static Judge> {
    static JUDGE: OnceLock<Option<Judge>> = OnceLock::new();
    let judge = JUDGE
        .get_or_init(|| Judge::find().filter(|judge| judge.dialect.knows(b'b', "apparent-size")));
    if judge.is_none() {
        skip("no GNU du of 9.2 or later to compare with");
    }
    judge.as_ref()
}

/// A tool of this name on PATH or in the places of the superuser; says so where there is none.
pub(crate) fn tool(name: &str) -> Option<PathBuf> {
    let places = ["/usr/sbin", "/sbin", "/usr/bin", "/bin"];
    let found = places
        .iter()
        .map(|place| Path::new(place).join(name))
        .find(|path| path.is_file())
        .or_else(|| super::judge::find_on_path(name));
    if found.is_none() {
        skip(format_args!("{name} is missing"));
    }
    found
}

/// Runs a tool that must succeed.
#[track_caller]
pub(crate) fn must(command: &mut Command) -> String {
    let output = command.output().expect("the tool starts");
    assert!(
        output.status.success(),
        "{command:?}: {}",
        text(&output.stderr)
    );
    text(&output.stdout)
}

/// `st_blocks` of a file, in bytes, and its `st_size`: by the test, not by pdu.
pub(crate) fn size_of(path: &Path) -> (u64, u64) {
    let stat = rustix::fs::lstat(path).expect("it is there");
    let number = |value: i64| u64::try_from(value).expect("not negative");
    (number(stat.st_blocks) * 512, number(stat.st_size))
}

/// A value in `/proc/PID/status`, in KiB; nothing once the process is gone.
pub(crate) fn status_kib(pid: u32, key: &str) -> Option<u64> {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix(key))?;
    line.trim_start_matches(':')
        .trim()
        .split(' ')
        .next()?
        .parse()
        .ok()
}

/// Waits until something is so, as long as it may take.
#[track_caller]
pub(crate) fn wait_until(what: &str, mut is_so: impl FnMut() -> bool) {
    let end = crossbeam_channel::after(PATIENCE);
    let tick = crossbeam_channel::tick(Duration::from_millis(5));
    while !is_so() {
        crossbeam_channel::select! {
            recv(end) -> _ => panic!("it never came: {what}"),
            recv(tick) -> _ => {}
        }
    }
}
