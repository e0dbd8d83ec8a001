//! One process becomes two, and the first of them waits for signals: calls that nothing safe offers.

use std::time::Duration;

/// What became of the process.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ForkResult {
    /// This is the new one.
    Child,
    /// This is the old one; that is the number of the new one.
    Parent(i32),
    /// There is no new one.
    Alone,
}

/// Splits the process in two (fork(2)).
///
/// Only for a process with one thread: locks that others held would stay locked for ever in the new one.
#[must_use]
pub fn fork() -> ForkResult {
    // SAFETY: no other thread runs, so that the new process finds every lock and every heap in order.
    match unsafe { libc::fork() } {
        -1 => ForkResult::Alone,
        0 => ForkResult::Child,
        child => ForkResult::Parent(child),
    }
}

/// Ends the process: nothing is flushed and nothing is dropped, since the other half does all that.
pub fn leave(status: i32) -> ! {
    // SAFETY: _exit ends all threads and runs nothing of ours.
    unsafe { libc::_exit(status) }
}

/// Closes all descriptors but the standard streams, where the kernel can do that (Linux 5.9). Only for a half that
/// uses none of them and ends by [`leave`].
pub fn close_all_but_streams() {
    // SAFETY: whoever owns one of them never runs again.
    unsafe { libc::syscall(libc::SYS_close_range, 3, libc::c_uint::MAX, 0) };
}

/// Sends a signal with a number (sigqueue(3)).
pub fn tell(process: i32, signal: i32, number: i32) {
    let value = libc::sigval {
        sival_ptr: std::ptr::without_provenance_mut(number as usize),
    };
    // SAFETY: the value is a number, which nobody takes for an address.
    unsafe { libc::sigqueue(process, signal, value) };
}

/// A signal that was taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ReceivedSignal {
    /// Which one.
    pub signal: i32,
    /// The process that sent it, if it was a process.
    pub sender: i32,
    /// It was no process.
    pub is_of_kernel: bool,
    /// The number that [`tell`] sent with it.
    pub number: Option<i32>,
}

/// Signals that do nothing until they are taken.
#[derive(Clone, Copy)]
pub struct BlockedSignals {
    wanted: libc::sigset_t,
    before: libc::sigset_t,
}

impl BlockedSignals {
    /// Holds these signals, and lets the system say when a child changes, whatever was inherited. Signals that were
    /// blocked already are left alone, but for those that the fork tell each other: `ours`.
    #[must_use]
    pub fn hold(signals: &[i32], ours: &[i32]) -> Self {
        let (mut wanted, mut before) = (empty(), empty());
        // SAFETY: the calls read and write sets that we own; SIGCHLD has no handler here that could be lost.
        unsafe {
            libc::signal(libc::SIGCHLD, libc::SIG_DFL);
            libc::sigprocmask(libc::SIG_BLOCK, std::ptr::null(), &raw mut before);
            for &signal in signals {
                if libc::sigismember(&raw const before, signal) == 0 {
                    libc::sigaddset(&raw mut wanted, signal);
                }
            }
            for &signal in ours {
                libc::sigaddset(&raw mut wanted, signal);
            }
            libc::sigprocmask(libc::SIG_BLOCK, &raw const wanted, std::ptr::null_mut());
        }
        Self { wanted, before }
    }

    /// Signals do again what they did before.
    pub fn release(self) {
        // SAFETY: the call reads a set that we own.
        unsafe {
            libc::sigprocmask(
                libc::SIG_SETMASK,
                &raw const self.before,
                std::ptr::null_mut(),
            )
        };
    }

    /// Lets the signals that wait do what they do, and holds them again.
    pub fn let_through(self, signal: i32) {
        let mut one = empty();
        // SAFETY: the calls read and write a set that we own.
        unsafe {
            libc::sigaddset(&raw mut one, signal);
            libc::sigprocmask(libc::SIG_UNBLOCK, &raw const one, std::ptr::null_mut());
            libc::sigprocmask(libc::SIG_BLOCK, &raw const one, std::ptr::null_mut());
        }
    }

    /// Forgets that a signal came that was not taken yet. True if it had.
    #[must_use]
    pub fn forget(&self, signal: i32) -> bool {
        let mut one = empty();
        let at_once = libc::timespec {
            tv_sec: 0,
            tv_nsec: 0,
        };
        // SAFETY: the calls read and write a set and a time that we own; nobody wants the details.
        unsafe {
            libc::sigaddset(&raw mut one, signal);
            libc::sigtimedwait(&raw const one, std::ptr::null_mut(), &raw const at_once) == signal
        }
    }

    /// Takes the next signal; waits for it, as long as it may. May come back early with nothing.
    #[must_use]
    pub fn take(&self, patience: Option<Duration>) -> Option<ReceivedSignal> {
        let time = patience.map(|time| libc::timespec {
            tv_sec: time.as_secs().try_into().unwrap_or(libc::time_t::MAX),
            tv_nsec: time.subsec_nanos().into(),
        });
        let time = time.as_ref().map_or(std::ptr::null(), std::ptr::from_ref);
        // SAFETY: an all-zero siginfo is a valid value of that C structure.
        let mut info: libc::siginfo_t = unsafe { std::mem::zeroed() };
        // SAFETY: the call reads a set and a time, and writes a structure, all of which we own.
        let signal = unsafe { libc::sigtimedwait(&raw const self.wanted, &raw mut info, time) };
        // SAFETY: for signals of processes and of SIGCHLD the kernel fills these in; for all others they are zero.
        let (sender, value) = unsafe { (info.si_pid(), info.si_value()) };
        let number = value.sival_ptr.addr() as i32;
        (signal > 0).then_some(ReceivedSignal {
            signal,
            sender,
            is_of_kernel: info.si_code > 0,
            number: (info.si_code == libc::SI_QUEUE).then_some(number),
        })
    }
}

fn empty() -> libc::sigset_t {
    // SAFETY: an all-zero set is a valid value of that C structure, and the one that has no members.
    unsafe { std::mem::zeroed() }
}
