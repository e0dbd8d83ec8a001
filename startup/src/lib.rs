//! What this process inherited, read before the Rust runtime changes it.
//!
//! Before `main`, std opens `/dev/null` where a standard stream is closed, and ignores SIGPIPE. After that nobody
//! can tell a closed standard output from `>/dev/null` (Python's `DEVNULL` looks just like std's), nor whether
//! the parent wanted SIGPIPE ignored. The C library calls what stands in `.init_array` before all that.
//!
//! This is the only `unsafe` code of pdu, which is why it is a crate of its own: three system calls that cannot
//! fail in a way that matters, and a table of three numbers.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

static STDOUT_CLOSED: AtomicBool = AtomicBool::new(false);
static IGNORED: AtomicU64 = AtomicU64::new(0);
/// What Linux gives a process that nobody has given another limit.
static DESCRIPTORS: AtomicU64 = AtomicU64::new(1024);

/// True if file descriptor 1 was closed when the process started.
#[must_use]
pub fn stdout_was_closed() -> bool {
    STDOUT_CLOSED.load(Ordering::Relaxed)
}

/// True if a signal was ignored when the process started.
#[must_use]
pub fn was_ignored(signal: i32) -> bool {
    let mask = IGNORED.load(Ordering::Relaxed);
    (0..64).contains(&signal) && mask & (1 << signal) != 0
}

/// The limit on file descriptors (`RLIMIT_NOFILE`, the soft one); the usual one where the kernel did not tell.
///
/// rustix has this too, but takes for granted that the call succeeds, which a sandbox can refuse.
#[must_use]
pub fn descriptor_limit() -> u64 {
    DESCRIPTORS.load(Ordering::Relaxed)
}

/// The signals whose disposition matters to pdu.
const SIGNALS: [i32; 4] = [libc::SIGHUP, libc::SIGINT, libc::SIGPIPE, libc::SIGTERM];

extern "C" fn look() {
    // SAFETY: fcntl(F_GETFD) reads a flag of a descriptor and touches no memory of ours.
    let closed = unsafe { libc::fcntl(libc::STDOUT_FILENO, libc::F_GETFD) } == -1;
    STDOUT_CLOSED.store(closed, Ordering::Relaxed);
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
    let mut limit = libc::rlimit {
        rlim_cur: 0,
        rlim_max: 0,
    };
    // SAFETY: the answer goes to a structure that we own.
    let told = unsafe { libc::getrlimit(libc::RLIMIT_NOFILE, &raw mut limit) };
    if told == 0 {
        DESCRIPTORS.store(limit.rlim_cur, Ordering::Relaxed);
    }
}

// SAFETY: `.init_array` holds pointers to functions that take at most the arguments of main, which `look` ignores,
// and it uses nothing that needs to be set up first.
#[used]
#[unsafe(link_section = ".init_array")]
static LOOK: extern "C" fn() = look;
