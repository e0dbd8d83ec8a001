//! A second process, which gives the prompt back where the kernel does not let go of the first.
//!
//! A thread that waits for a file system's server may be one that no signal ends (FUSE, once the server has read
//! the request): the process is gone only when the server answers, and the shell waits as long. So where such a file
//! system is mounted, what is more than a small tree is walked by a child of the process that was started. The child
//! is pdu in every respect: it writes, hears Enter, and dies of signals. The parent writes nothing, holds nothing
//! open but the standard streams, and does to itself what happens to the child: it ends with the same status, dies
//! of the same signal, stops and goes on. It differs only where the child has been cancelled and does not go: that
//! is killed, and left to the kernel.
//!
//! Who sends a signal means both: a terminal and a shell send it to the group, others to the parent alone. The parent
//! passes on what it gets; the child takes what comes after the first for the same one (see `watch`), and the parent
//! alone tells a second one. Before it dies, the child tells the parent of what ([`announce_exit`]), and lets go of the
//! standard streams, lest the reader of a pipe wait for a thread that is stuck.
//!
//! Who kills the parent (SIGKILL) kills the child. SIGSTOP, sent to the parent alone, does not stop the child.

use std::sync::OnceLock;
use std::time::{Duration, Instant};

use pdu_startup::fork::{self, BlockedSignals, ForkResult};
use rustix::fs::{Mode, OFlags};
use rustix::process::{
    DumpableBehavior, Pid, Signal, WaitOptions, getpid, getppid, kill_process,
    set_dumpable_behavior, set_parent_process_death_signal, waitpid,
};
use signal_hook::consts::{
    SIGCHLD, SIGCONT, SIGHUP, SIGINT, SIGTERM, SIGTSTP, SIGTTIN, SIGTTOU, SIGUSR1,
};
use signal_hook::low_level::emulate_default_handler;

use crate::sys::retry::{open, read_all};

/// Types of file systems for which a server answers, which may be dead. A type may be followed by a dot and more.
const SERVED: &[&str] = &[
    "9p",
    "afs",
    "autofs",
    "beegfs",
    "ceph",
    "cifs",
    "coda",
    "fuse",
    "fuseblk",
    "gfs2",
    "glusterfs",
    "gpfs",
    "lustre",
    "ncpfs",
    "nfs",
    "nfs4",
    "ocfs2",
    "orangefs",
    "panfs",
    "smb3",
    "smbfs",
    "vboxsf",
    "virtiofs",
    "vmhgfs",
    "wekafs",
];

/// How long a child that has said its last word may take to go.
const PARTING: Duration = Duration::from_millis(200);

/// How long a child that is cancelled may go on when a second signal comes.
const AT_ONCE: Duration = Duration::from_millis(100);

/// What comes within this time is no second signal: some send one to the process, and then to its group (`timeout`).
const SAME: Duration = Duration::from_millis(30);

/// How a process ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Termination {
    /// With this exit status.
    Status(u8),
    /// By this signal.
    Signal(i32),
}

static SUPERVISOR: OnceLock<Pid> = OnceLock::new();

/// True in a child that is looked after.
#[must_use]
pub fn is_supervised() -> bool {
    SUPERVISOR.get().is_some()
}

/// Goes on in a child where that may be of use; where it can't, here. The parent does not come back, and gives a
/// cancelled child `grace` to end. Only one thread may run.
pub fn split(grace: Duration) {
    if !mounts().is_some_and(|mounts| is_any_served(&mounts)) {
        return;
    }
    let mut signals = vec![SIGCONT, SIGTSTP, SIGTTIN, SIGTTOU];
    let ends = [SIGINT, SIGTERM, SIGHUP];
    signals.extend(
        ends.iter()
            .filter(|&&signal| !pdu_startup::was_ignored(signal)),
    );
    let held = BlockedSignals::hold(&signals, &[SIGCHLD, SIGUSR1]);
    let here = getpid();
    match fork::fork() {
        ForkResult::Alone => held.release(),
        ForkResult::Parent(child) => match Pid::from_raw(child) {
            Some(child) => Supervisor::new(child, held, grace).run(),
            None => fork::leave(1),
        },
        ForkResult::Child => {
            let _ = set_parent_process_death_signal(Some(Signal::KILL));
            if getppid() != Some(here) {
                // It was killed before we said that.
                let _ = kill_process(getpid(), Signal::KILL);
            }
            let _ = SUPERVISOR.set(here);
            held.release();
        }
    }
}

/// Tells the parent, if there is one, how this process is about to end, and lets go of the standard streams: nothing
/// may be written after this.
pub fn announce_exit(verdict: Termination) {
    let number = match verdict {
        Termination::Status(status) => status.into(),
        Termination::Signal(signal) => -signal,
    };
    match SUPERVISOR.get() {
        Some(supervisor) => fork::tell(supervisor.as_raw_pid(), SIGUSR1, number),
        // Nobody is stuck who was not cancelled.
        None if matches!(verdict, Termination::Status(0 | 1)) => return,
        None => {}
    }
    let flags = OFlags::RDWR | OFlags::CLOEXEC;
    if let Ok(nothing) = rustix::fs::open(c"/dev/null", flags, Mode::empty()) {
        let _ = rustix::stdio::dup2_stdin(&nothing);
        let _ = rustix::stdio::dup2_stdout(&nothing);
        let _ = rustix::stdio::dup2_stderr(&nothing);
    }
}

/// The list of mounts.
fn mounts() -> Option<Vec<u8>> {
    let list = open("/proc/self/mountinfo".as_ref()).ok()?;
    let mut mounts = Vec::new();
    read_all(list, &mut mounts).ok()?;
    Some(mounts)
}

/// Whether a list of mounts (proc_pid_mountinfo(5)) has a file system with a server.
fn is_any_served(mounts: &[u8]) -> bool {
    let lines = mounts.split(|&byte| byte == b'\n');
    lines.into_iter().any(|line| {
        let mut words = line.split(|&byte| byte == b' ');
        // systemd has one on every machine, which nobody scans.
        let is_of_proc = words.nth(4).is_some_and(|at| at.starts_with(b"/proc/"));
        let kind = words.skip_while(|&word| word != b"-").nth(1);
        let base = kind.and_then(|kind| kind.split(|&byte| byte == b'.').next());
        let is_served = SERVED.iter().any(|&served| Some(served.as_bytes()) == base);
        is_served && !(is_of_proc && base == Some(b"autofs"))
    })
}

/// The parent.
struct Supervisor {
    child: Pid,
    held: BlockedSignals,
    grace: Duration,
    /// When the first signal came that ends a run.
    cancelled: Option<Instant>,
    /// How the child ends, as far as that is known, and when it has to be gone.
    end: Option<(Termination, Instant)>,
}

impl Supervisor {
    fn new(child: Pid, held: BlockedSignals, grace: Duration) -> Self {
        Self {
            child,
            held,
            grace,
            cancelled: None,
            end: None,
        }
    }

    fn run(mut self) -> ! {
        fork::close_all_but_streams();
        loop {
            let patience = self
                .end
                .map(|(_, due)| due.saturating_duration_since(Instant::now()));
            let Some(arrived) = self.held.take(patience) else {
                self.give_up_if_due();
                continue;
            };
            match (arrived.signal, arrived.number) {
                (SIGCHLD, _) => self.mirror(),
                (SIGUSR1, Some(number)) if arrived.sender == self.child.as_raw_pid() => {
                    self.hear(number);
                }
                (signal @ (SIGINT | SIGTERM | SIGHUP), _) => {
                    self.pass_on(signal);
                    self.cancel(signal);
                }
                // From a terminal, which has stopped the child as well. Passed on, it could come when that goes on.
                (SIGTSTP | SIGTTIN | SIGTTOU, _) if arrived.is_of_kernel => {}
                (signal, _) => self.pass_on(signal),
            }
        }
    }

    fn pass_on(&self, signal: i32) {
        if let Some(signal) = Signal::from_named_raw(signal) {
            let _ = kill_process(self.child, signal);
        }
    }

    /// The child's last word.
    fn hear(&mut self, number: i32) {
        let verdict = match u8::try_from(number) {
            Ok(status) => Termination::Status(status),
            Err(_) => Termination::Signal(-number),
        };
        self.end = Some((verdict, Instant::now() + PARTING));
    }

    fn cancel(&mut self, signal: i32) {
        let now = Instant::now();
        let first = *self.cancelled.get_or_insert(now);
        let patience = match now - first {
            Duration::ZERO => self.grace + PARTING,
            since if since < SAME => return,
            _ => AT_ONCE,
        };
        let due = now + patience;
        self.end = match self.end {
            Some((verdict, before)) => Some((verdict, before.min(due))),
            None => Some((Termination::Signal(signal), due)),
        };
    }

    /// Does what the child has done.
    fn mirror(&self) {
        let options = WaitOptions::NOHANG | WaitOptions::UNTRACED;
        while let Ok(Some((_, status))) = waitpid(Some(self.child), options) {
            if let Some(status) = status.exit_status() {
                fork::leave(status);
            }
            if let Some(signal) = status.terminating_signal() {
                die_of(signal);
            }
            if let Some(signal) = status.stopping_signal() {
                self.stop(signal);
            }
        }
    }

    /// Stops as the child has; when this goes on, so does the child.
    fn stop(&self, signal: i32) {
        // Unless it goes on already: to stop now would make us forget that.
        if !self.held.forget(SIGCONT) {
            self.stop_here(signal);
        }
        self.pass_on(SIGCONT);
    }

    fn stop_here(&self, signal: i32) {
        if let Some(signal) = Signal::from_named_raw(signal) {
            let _ = kill_process(getpid(), signal);
        }
        self.held.let_through(signal);
        // What made us go on waits to be taken. Passed on later, it would undo another stop.
        let _ = self.held.forget(SIGCONT);
    }

    fn give_up_if_due(&self) {
        let Some((verdict, due)) = self.end else {
            return;
        };
        if Instant::now() < due {
            return;
        }
        let _ = kill_process(self.child, Signal::KILL);
        match verdict {
            Termination::Status(status) => fork::leave(status.into()),
            Termination::Signal(signal) => die_of(signal),
        }
    }
}

/// Dies of a signal. Whatever there is to be dumped, the child has.
fn die_of(signal: i32) -> ! {
    let _ = set_dumpable_behavior(DumpableBehavior::NotDumpable);
    let _ = emulate_default_handler(signal);
    fork::leave(128 + signal)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_file_systems_with_a_server_are_worth_a_second_process() {
        let line = |at: &str, kind: &str| {
            format!("36 35 0:32 / {at} rw,noatime shared:1 master:2 - {kind} source rw,fuse,nfs\n")
        };
        let local = [
            "ext4", "proc", "fusectl", "tmpfs", "nfsd", "overlay", "fus", "btrfs",
        ];
        let local: String = local
            .iter()
            .map(|kind| line("/fuse\\040nfs", kind))
            .collect();
        assert!(!is_any_served(local.as_bytes()));
        for kind in [
            "fuse",
            "fuse.sshfs",
            "fuseblk",
            "nfs",
            "nfs4",
            "cifs",
            "9p",
            "virtiofs",
        ] {
            let mounts = [local.clone(), line("/mnt", kind), local.clone()].concat();
            assert!(is_any_served(mounts.as_bytes()), "{kind}");
        }
        assert!(is_any_served(line("/net", "autofs").as_bytes()));
        assert!(!is_any_served(
            line("/proc/sys/fs/binfmt_misc", "autofs").as_bytes()
        ));
        for odd in ["", "\n", "36 35", "36 35 0:32 / / rw -", "- fuse"] {
            assert!(!is_any_served(odd.as_bytes()), "{odd:?}");
        }
    }
}
