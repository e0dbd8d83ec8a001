//! A supervisor process, which gives the prompt back where the kernel keeps the process that walks.
//!
//! A thread that waits for a file system's server may be one that no signal ends (FUSE, once the server has read the
//! request): the process ends only when the server answers, and the shell waits as long. So where such a file system is
//! mounted, a tree that is not small is walked by a child of the process that was started. Where a path of the command
//! line, or the working directory, may lead to such a file system, the fork comes first of all: then the main thread of
//! the child may wait for a list of patterns, an export, or the file of `-o`.
//!
//! ```text
//!   shell ─ starts ─► parent ─ fork ─► child: walks, writes, reacts to Enter and signals
//!                       │ ◄─ SIGCHLD, SIGUSR1 with the exit status ─┘
//!                       └─► passes signals on; stops, continues and ends as the child does
//! ```
//!
//! The parent writes nothing, but for the message of a child that cannot, and holds nothing open but the standard
//! streams. It ends with the child's status or by the child's signal. Only a child that was cancelled and does not end
//! is killed, and left to the kernel.
//!
//! A signal may reach both (a terminal and a shell send it to the group) or the parent alone. The parent passes on what it
//! receives; the child takes every signal after the first one for the same (see [`signals`](super::signals)), and the
//! parent alone recognises a second one. Before it dies, the child sends the parent its status ([`announce_exit`]) and
//! closes the standard streams, lest the reader of a pipe wait for a thread that is stuck.
//!
//! SIGKILL to the parent kills the child. SIGSTOP, sent to the parent alone, does not stop the child.

use std::ffi::{CStr, OsString};
use std::os::unix::ffi::OsStrExt;
use std::sync::OnceLock;
use std::time::{Duration, Instant};

use pdu_startup::fork::{ForkResult, close_all_but_streams, exit_now, fork};
use pdu_startup::signals::{
    self, BlockedSignals, ReceivedSignal, Reception, SIGCHLD, SIGCONT, SIGHUP, SIGINT, SIGTERM,
    SIGTSTP, SIGTTIN, SIGTTOU, SIGUSR1,
};
use rustix::fs::{AtFlags, CWD, Mode, OFlags, ResolveFlags, StatxFlags};
use rustix::io::Errno;
use rustix::process::{
    DumpableBehavior, Pid, Signal, WaitOptions, getpid, getppid, kill_process,
    set_dumpable_behavior, set_parent_process_death_signal, waitpid,
};

use crate::sys::mounts::{self, has_served};
use crate::sys::retry::retry;
use crate::sys::status;

/// How long a child that has announced its exit may take to end.
const EXIT_TIME: Duration = Duration::from_millis(100);

/// How long a cancelled child may take to end after a second signal.
const SECOND_SIGNAL_TIME: Duration = Duration::from_millis(100);

/// A signal within this time is no second one: `timeout` sends one to the process, and one to its group.
const SAME_SIGNAL_TIME: Duration = Duration::from_millis(30);

/// How a process ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Termination {
    /// With this exit status.
    Status(u8),
    /// By this signal.
    Signal(i32),
}

static SUPERVISOR: OnceLock<Pid> = OnceLock::new();

/// True in a child that has a supervisor.
#[must_use]
pub fn is_supervised() -> bool {
    SUPERVISOR.get().is_some()
}

/// Whether the working directory, or a path in these words, may lead to a file system with a server. No server is asked.
///
/// Any word may have a path: an operand, the value after `=` in a long option, that after the letter of a short one.
#[must_use]
pub fn may_meet_server<'a>(words: impl IntoIterator<Item = &'a OsString>) -> bool {
    let Some(mounts) = mounts::list().ok().filter(|mounts| has_served(mounts)) else {
        return false;
    };
    let is_served =
        |directory| device(directory).is_none_or(|device| mounts::is_served(&mounts, device));
    is_served(c".")
        || is_served(c"/")
        || words
            .into_iter()
            .any(|word| may_cross_mount(word.as_bytes()))
}

/// The device of a directory, which the kernel knows without its server.
fn device(directory: &CStr) -> Option<u64> {
    let flags = AtFlags::STATX_DONT_SYNC | AtFlags::NO_AUTOMOUNT;
    let statx = rustix::fs::statx(CWD, directory, flags, StatxFlags::empty()).ok()?;
    let (major, minor) = (statx.stx_dev_major, statx.stx_dev_minor);
    Some(rustix::fs::makedev(major, minor))
}

/// Whether a path in this word leads over a mount point, or the kernel is too old to tell.
fn may_cross_mount(word: &[u8]) -> bool {
    let after_equals = word.iter().position(|&byte| byte == b'=').map(|at| at + 1);
    let starts = [Some(0), Some(2), after_equals];
    let paths = starts.iter().filter_map(|start| word.get((*start)?..));
    paths.filter(|path| !path.is_empty()).any(|path| {
        let (flags, way) = (OFlags::PATH | OFlags::CLOEXEC, ResolveFlags::NO_XDEV);
        let opened = rustix::fs::openat2(CWD, path, flags, Mode::empty(), way);
        matches!(opened, Err(Errno::XDEV | Errno::NOSYS))
    })
}

/// Forks where a file system with a server is mounted, and returns in the child; returns in this process where none is
/// mounted, where fork fails, and in a child. The parent does not return, and gives a cancelled child `grace` to end; then
/// it writes the message. Only one thread may run.
pub fn fork_if_served(grace: Duration, message: Vec<u8>) {
    if is_supervised() || !mounts::list().is_ok_and(|mounts| has_served(&mounts)) {
        return;
    }
    let mut received = vec![SIGCONT, SIGTSTP, SIGTTIN, SIGTTOU, SIGINT, SIGTERM, SIGHUP];
    received.retain(|&signal| !pdu_startup::was_ignored(signal));
    #[cfg(feature = "explore")]
    if super::screen::has_kept_modes() {
        let endings = super::screen::OTHER_ENDINGS.iter().copied();
        received.extend(endings.filter(|&signal| !signals::is_ignored(signal)));
    }
    // The kernel sends SIGCHLD only where it is not ignored.
    signals::restore_default(&[SIGCHLD]);
    let blocked = BlockedSignals::block(&received, &[SIGCHLD, SIGUSR1]);
    let here = getpid();
    match fork() {
        ForkResult::Failed => blocked.release(),
        ForkResult::Parent(child) => match Pid::from_raw(child) {
            Some(child) => Supervisor::new(child, blocked, (grace, message)).run(),
            None => exit_now(1),
        },
        ForkResult::Child => {
            let _ = set_parent_process_death_signal(Some(Signal::KILL));
            if getppid() != Some(here) {
                // The parent was killed before that call.
                let _ = kill_process(getpid(), Signal::KILL);
            }
            let _ = SUPERVISOR.set(here);
            blocked.release();
        }
    }
}

/// Sends the parent, if there is one, how this process is about to end, and closes the standard streams: nothing may be
/// written after this.
pub fn announce_exit(termination: Termination) {
    let number = match termination {
        Termination::Status(status) => status.into(),
        Termination::Signal(signal) => -signal,
    };
    match SUPERVISOR.get() {
        Some(supervisor) => signals::send_value(supervisor.as_raw_pid(), SIGUSR1, number),
        // A process that was not cancelled has no thread that is stuck.
        None if matches!(termination, Termination::Status(0 | 1)) => return,
        None => {}
    }
    let flags = OFlags::RDWR | OFlags::CLOEXEC;
    if let Ok(null) = rustix::fs::open(c"/dev/null", flags, Mode::empty()) {
        let _ = rustix::stdio::dup2_stdin(&null);
        let _ = rustix::stdio::dup2_stdout(&null);
        let _ = rustix::stdio::dup2_stderr(&null);
    }
}

/// The parent.
struct Supervisor {
    child: Pid,
    blocked: BlockedSignals,
    grace: Duration,
    /// Written where a cancelled child cannot: its threads wait for a server.
    message: Vec<u8>,
    /// When the first signal came that ends a run.
    cancelled: Option<Instant>,
    /// The child has announced its exit, after its last message.
    has_announced: bool,
    /// How the child ends, as far as that is known, and when it has to be gone.
    end: Option<(Termination, Instant)>,
}

impl Supervisor {
    fn new(child: Pid, blocked: BlockedSignals, (grace, message): (Duration, Vec<u8>)) -> Self {
        Self {
            child,
            blocked,
            grace,
            message,
            has_announced: false,
            cancelled: None,
            end: None,
        }
    }

    fn run(mut self) -> ! {
        close_all_but_streams();
        loop {
            let timeout = self
                .end
                .map(|(_, due)| due.saturating_duration_since(Instant::now()));
            match self.blocked.receive(timeout) {
                Reception::Signal(received) => self.react(received),
                Reception::Nothing => self.end_if_due(),
                Reception::Failed => self.wait_for_child(),
            }
        }
    }

    fn react(&mut self, received: ReceivedSignal) {
        match (received.signal, received.value) {
            (SIGCHLD, _) => self.mirror(WaitOptions::NOHANG),
            (SIGUSR1, Some(number)) if received.sender == self.child.as_raw_pid() => {
                self.expect_exit(number);
            }
            (signal, _) if ends_run(signal) => {
                self.pass_on(signal);
                self.cancel(signal);
            }
            // From a terminal, which has stopped the child as well. Passed on, it could stop the child once more.
            (SIGTSTP | SIGTTIN | SIGTTOU, _) if received.is_of_kernel => {}
            // From the explorer, which stops the whole group. A stop of the child is not reported while a thread is stuck.
            (SIGTSTP, _) if received.sender == self.child.as_raw_pid() => self.stop(SIGTSTP),
            (signal, _) => self.pass_on(signal),
        }
    }

    /// No signal can be received: ends as the child does. A terminal sends its signals to the child as well.
    fn wait_for_child(&self) -> ! {
        self.mirror(WaitOptions::empty());
        exit_now(1)
    }

    fn pass_on(&self, signal: i32) {
        if let Some(signal) = Signal::from_named_raw(signal) {
            let _ = kill_process(self.child, signal);
        }
    }

    /// The child has announced its exit.
    fn expect_exit(&mut self, number: i32) {
        let termination = match u8::try_from(number) {
            Ok(status) => Termination::Status(status),
            Err(_) => Termination::Signal(-number),
        };
        self.has_announced = true;
        self.end = Some((termination, Instant::now() + EXIT_TIME));
    }

    fn cancel(&mut self, signal: i32) {
        let now = Instant::now();
        let first = *self.cancelled.get_or_insert(now);
        let timeout = match now - first {
            Duration::ZERO => self.grace + EXIT_TIME,
            since if since < SAME_SIGNAL_TIME => return,
            _ => SECOND_SIGNAL_TIME,
        };
        let due = now + timeout;
        self.end = match self.end {
            Some((termination, before)) => Some((termination, before.min(due))),
            None => Some((Termination::Signal(signal), due)),
        };
    }

    /// Ends, or stops, as the child has; waits for that, unless the options are NOHANG.
    fn mirror(&self, options: WaitOptions) {
        let options = options | WaitOptions::UNTRACED;
        while let Ok(Some((_, status))) = retry(|| waitpid(Some(self.child), options)) {
            if let Some(status) = status.exit_status() {
                give_terminal_back();
                exit_now(status);
            }
            if let Some(signal) = status.terminating_signal() {
                give_terminal_back();
                die_of(signal);
            }
            if let Some(signal) = status.stopping_signal() {
                self.stop(signal);
            }
        }
    }

    /// Stops as the child has; when this process continues, so does the child.
    fn stop(&self, signal: i32) {
        // Not where SIGCONT is pending: a stop would discard it.
        if !self.blocked.discard(SIGCONT) {
            self.stop_here(signal);
        }
        self.pass_on(SIGCONT);
    }

    fn stop_here(&self, signal: i32) {
        if let Some(signal) = Signal::from_named_raw(signal) {
            let _ = kill_process(getpid(), signal);
        }
        self.blocked.deliver(signal);
        // The SIGCONT that ended the stop is pending. Passed on later, it would undo another stop.
        let _ = self.blocked.discard(SIGCONT);
    }

    fn end_if_due(&self) {
        let Some((termination, due)) = self.end else {
            return;
        };
        if Instant::now() < due {
            return;
        }
        let _ = kill_process(self.child, Signal::KILL);
        give_terminal_back();
        if !self.has_announced {
            status::write_without_waiting(&self.message);
        }
        match termination {
            Termination::Status(status) => exit_now(status.into()),
            Termination::Signal(signal) => die_of(signal),
        }
    }
}

fn ends_run(signal: i32) -> bool {
    matches!(signal, SIGINT | SIGTERM | SIGHUP) || ends_explorer(signal)
}

#[cfg(feature = "explore")]
fn ends_explorer(signal: i32) -> bool {
    super::screen::OTHER_ENDINGS.contains(&signal)
}

#[cfg(not(feature = "explore"))]
fn ends_explorer(_: i32) -> bool {
    false
}

/// In place of a child that could not.
fn give_terminal_back() {
    #[cfg(feature = "explore")]
    super::screen::give_back_for_child();
}

/// Dies of a signal, without a core file: the child has one.
fn die_of(signal: i32) -> ! {
    let _ = set_dumpable_behavior(DumpableBehavior::NotDumpable);
    signals::die_of(signal);
    exit_now(128 + signal)
}
