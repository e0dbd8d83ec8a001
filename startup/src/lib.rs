//! What this process inherited, read before the Rust runtime changes it.
//!
//! Before `main`, std opens `/dev/null` where a standard stream is closed, and ignores SIGPIPE. After that nobody
//! can tell a closed standard output from `>/dev/null` (Python's `DEVNULL` looks just like std's), nor whether
//! the parent wanted SIGPIPE ignored. The C library calls what stands in `.init_array` before all that.
//!
//! This is the only `unsafe` code of pdu, which is why it is a crate of its own: two system calls that cannot
//! fail in a way that matters, and a table of three numbers.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

/// Whether the descriptors 0, 1 and 2 were closed.
static CLOSED: [AtomicBool; 3] = [const { AtomicBool::new(false) }; 3];
static IGNORED: AtomicU64 = AtomicU64::new(0);

/// A standard stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stream {
    /// File descriptor 0.
    Input,
    /// File descriptor 1.
    Output,
    /// File descriptor 2.
    Error,
}

/// True if the descriptor of this stream was closed when the process started.
#[must_use]
pub fn was_closed(stream: Stream) -> bool {
    CLOSED[stream as usize].load(Ordering::Relaxed)
}

/// True if a signal was ignored when the process started.
#[must_use]
pub fn was_ignored(signal: i32) -> bool {
    let mask = IGNORED.load(Ordering::Relaxed);
    (0..64).contains(&signal) && mask & (1 << signal) != 0
}

/// The signals whose disposition matters to pdu.
const SIGNALS: [i32; 4] = [libc::SIGHUP, libc::SIGINT, libc::SIGPIPE, libc::SIGTERM];

extern "C" fn look() {
    for (descriptor, closed) in (0..).zip(&CLOSED) {
        // SAFETY: fcntl(F_GETFD) reads a flag of a descriptor and touches no memory of ours.
        let flags = unsafe { libc::fcntl(descriptor, libc::F_GETFD) };
        closed.store(flags == -1, Ordering::Relaxed);
    }
    let mut mask = 0;
    for signal in SIGNALS {
        // SAFETY: an all-zero sigaction is a valid value of that C structure.
        let mut action: libc::sigaction = unsafe { std::mem::zeroed() };
        // SAFETY: a null new action only asks; the old one goes to a structure that we own.
        let told = unsafe { libc::sigaction(signal, std::ptr::null(), &raw mut action) };
        if told == 0 && action.sa_sigaction == libc::SIG_IGN {
            mask |= 1 << signal;
        }
    }
    IGNORED.store(mask, Ordering::Relaxed);
}

// SAFETY: `.init_array` holds pointers to functions that take at most the arguments of main, which `look` ignores,
// and it uses nothing that needs to be set up first.
#[used]
#[unsafe(link_section = ".init_array")]
static LOOK: extern "C" fn() = look;
