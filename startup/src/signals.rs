//! Signals: blocked and received one at a time, sent with a number, set back to their default action.
//!
//! The kernel does not deliver a signal whose action is the default to process 1 of a PID namespace (the process that
//! `docker run` starts), not even one that this process sends to itself. There a handler stands for the default action:
//! it ends the process with the status that a shell shows for that signal, 128 and its number.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

pub use libc::{
    SIGALRM, SIGCHLD, SIGCONT, SIGHUP, SIGINT, SIGIO, SIGPIPE, SIGPROF, SIGPWR, SIGQUIT, SIGTERM,
    SIGTSTP, SIGTTIN, SIGTTOU, SIGUSR1, SIGUSR2, SIGVTALRM, SIGXCPU, SIGXFSZ,
};

/// A signal that was received.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ReceivedSignal {
    /// Its number.
    pub signal: i32,
    /// The process that sent it, if it was a process.
    pub sender: i32,
    /// It was sent by the kernel.
    pub is_of_kernel: bool,
    /// The number that [`send_value`] sent with it.
    pub value: Option<i32>,
}

/// The result of a wait for a signal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reception {
    /// A signal came.
    Signal(ReceivedSignal),
    /// The time is over, or the wait was interrupted.
    Nothing,
    /// The call failed (a sandbox refuses it): no signal will be received.
    Failed,
}

/// Signals that are blocked in this thread, and in threads that it starts, until they are received here.
#[derive(Clone, Copy)]
pub struct BlockedSignals {
    wanted: libc::sigset_t,
    before: libc::sigset_t,
}

/// True in a process that was started as process 1 of a PID namespace, and in its children.
static IS_FIRST: AtomicBool = AtomicBool::new(false);

/// The signals whose default action ends a process. Without SIGPIPE and SIGXFSZ: process 1 has the errors EPIPE and
/// EFBIG instead, and writes a message.
const ENDING: [i32; 9] = [
    SIGHUP,
    SIGINT,
    SIGQUIT,
    libc::SIGABRT,
    SIGUSR1,
    SIGUSR2,
    SIGALRM,
    SIGTERM,
    SIGXCPU,
];

/// True in process 1 of a PID namespace, and in the child that it forks: no signal may be expected to end them.
#[must_use]
pub fn is_first_process() -> bool {
    IS_FIRST.load(Ordering::Relaxed)
}

/// Gives process 1 a handler for each signal that would end another process, unless that signal is ignored.
///
/// SIGTTIN and SIGTTOU are ignored there: the kernel would stop another process, and restarts the system call of this one
/// for ever. SIGXFSZ is ignored for the child that process 1 may fork, which has the error EFBIG then as well.
pub(crate) fn replace_default_actions_of_process_1() {
    // SAFETY: getpid has no arguments and does not fail.
    if unsafe { libc::getpid() } != 1 {
        return;
    }
    IS_FIRST.store(true, Ordering::Relaxed);
    for signal in ENDING {
        if action(signal) == Some(libc::SIG_DFL) {
            set_default(signal);
        }
    }
    for signal in [SIGTTIN, SIGTTOU, SIGXFSZ] {
        // SAFETY: no function of ours is called for an ignored signal.
        unsafe { libc::signal(signal, libc::SIG_IGN) };
    }
}

/// The action of a signal, if the call succeeds: a function, or one of the two constants.
pub(crate) fn action(signal: i32) -> Option<libc::sighandler_t> {
    // SAFETY: an all-zero sigaction is a valid value of that C structure.
    let mut action: libc::sigaction = unsafe { std::mem::zeroed() };
    // SAFETY: with a null new action the call changes nothing; the old one goes to a structure that we own.
    let result = unsafe { libc::sigaction(signal, std::ptr::null(), &raw mut action) };
    (result == 0).then_some(action.sa_sigaction)
}

/// True if a signal is ignored now.
#[must_use]
pub fn is_ignored(signal: i32) -> bool {
    action(signal) == Some(libc::SIG_IGN)
}

/// Gives a signal its default action, or the handler that stands for it.
fn set_default(signal: i32) {
    let action = match is_first_process() && ENDING.contains(&signal) {
        true => end_by as *const () as libc::sighandler_t,
        false => libc::SIG_DFL,
    };
    // SAFETY: the function may run at any time: it ends the process.
    unsafe { libc::signal(signal, action) };
}

/// Ends the process with the status that a shell shows for a process that a signal has ended.
extern "C" fn end_by(signal: libc::c_int) {
    // SAFETY: _exit ends all threads and runs no code of this program.
    unsafe { libc::_exit(128 + signal) }
}

/// Sends a signal with a number (sigqueue(3)).
pub fn send_value(process: i32, signal: i32, value: i32) {
    let value = libc::sigval {
        sival_ptr: std::ptr::without_provenance_mut(value as usize),
    };
    // SAFETY: the value is a number; the receiver does not use it as an address.
    unsafe { libc::sigqueue(process, signal, value) };
}

/// Gives signals their default action, and lets this thread receive them.
pub fn restore_default(signals: &[i32]) {
    signals.iter().copied().for_each(set_default);
    let set = set_of(signals);
    // SAFETY: the call reads a set that we own.
    unsafe { libc::pthread_sigmask(libc::SIG_UNBLOCK, &raw const set, std::ptr::null_mut()) };
}

/// Ends the process by a signal, so that its wait status shows that signal; process 1 ends with 128 and its number.
/// Returns where the default action of the signal does not end this process.
pub fn die_of(signal: i32) {
    restore_default(&[signal]);
    // SAFETY: the action of the signal is the default one, or ends the process.
    unsafe { libc::raise(signal) };
}

impl BlockedSignals {
    /// Blocks these signals. Those that were blocked before stay blocked and are not received, but for `always`.
    #[must_use]
    pub fn block(signals: &[i32], always: &[i32]) -> Self {
        let (mut wanted, mut before) = (set_of(always), set_of(&[]));
        // SAFETY: the calls read and write sets that we own.
        unsafe {
            libc::pthread_sigmask(libc::SIG_BLOCK, std::ptr::null(), &raw mut before);
            for &signal in signals {
                if libc::sigismember(&raw const before, signal) == 0 {
                    libc::sigaddset(&raw mut wanted, signal);
                }
            }
            libc::pthread_sigmask(libc::SIG_BLOCK, &raw const wanted, std::ptr::null_mut());
        }
        Self { wanted, before }
    }

    /// Restores the mask that was there before.
    pub fn release(self) {
        let before = &raw const self.before;
        // SAFETY: the call reads a set that we own.
        unsafe { libc::pthread_sigmask(libc::SIG_SETMASK, before, std::ptr::null_mut()) };
    }

    /// Unblocks what this has blocked, and leaves the rest of the mask.
    pub fn unblock(self) {
        let wanted = &raw const self.wanted;
        // SAFETY: the call reads a set that we own.
        unsafe { libc::pthread_sigmask(libc::SIG_UNBLOCK, wanted, std::ptr::null_mut()) };
    }

    /// Lets a pending signal have its action, and blocks it again.
    pub fn deliver(&self, signal: i32) {
        let one = set_of(&[signal]);
        // SAFETY: the calls read a set that we own.
        unsafe {
            libc::pthread_sigmask(libc::SIG_UNBLOCK, &raw const one, std::ptr::null_mut());
            libc::pthread_sigmask(libc::SIG_BLOCK, &raw const one, std::ptr::null_mut());
        }
    }

    /// Discards a pending signal. True if it was pending.
    #[must_use]
    pub fn discard(&self, signal: i32) -> bool {
        let one = set_of(&[signal]);
        let at_once = libc::timespec {
            tv_sec: 0,
            tv_nsec: 0,
        };
        // SAFETY: the call reads a set and a time that we own; a null pointer leaves out the details.
        unsafe {
            libc::sigtimedwait(&raw const one, std::ptr::null_mut(), &raw const at_once) == signal
        }
    }

    /// Receives the next signal; waits for it, at most for the timeout.
    #[must_use]
    pub fn receive(&self, timeout: Option<Duration>) -> Reception {
        let time = timeout.map(|time| libc::timespec {
            tv_sec: time.as_secs().try_into().unwrap_or(libc::time_t::MAX),
            tv_nsec: time.subsec_nanos().into(),
        });
        let time = time.as_ref().map_or(std::ptr::null(), std::ptr::from_ref);
        // SAFETY: an all-zero siginfo is a valid value of that C structure.
        let mut info: libc::siginfo_t = unsafe { std::mem::zeroed() };
        // SAFETY: the call reads a set and a time, and writes a structure, all of which we own.
        let signal = unsafe { libc::sigtimedwait(&raw const self.wanted, &raw mut info, time) };
        if signal <= 0 {
            let error = std::io::Error::last_os_error().raw_os_error();
            return match matches!(error, Some(libc::EAGAIN | libc::EINTR)) {
                true => Reception::Nothing,
                false => Reception::Failed,
            };
        }
        // SAFETY: for signals of processes and of SIGCHLD the kernel sets these fields; for all others they are zero.
        let (sender, value) = unsafe { (info.si_pid(), info.si_value()) };
        let value = value.sival_ptr.addr() as i32;
        Reception::Signal(ReceivedSignal {
            signal,
            sender,
            is_of_kernel: info.si_code > 0,
            value: (info.si_code == libc::SI_QUEUE).then_some(value),
        })
    }
}

fn set_of(signals: &[i32]) -> libc::sigset_t {
    // SAFETY: an all-zero set is a valid value of that C structure, and the one without members.
    let mut set: libc::sigset_t = unsafe { std::mem::zeroed() };
    for &signal in signals {
        // SAFETY: the call writes a set that we own.
        unsafe { libc::sigaddset(&raw mut set, signal) };
    }
    set
}
