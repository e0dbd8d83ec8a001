//! What this process inherited, read before the Rust runtime changes it.
//!
//! Before `main`, std opens `/dev/null` where a standard stream is closed, and ignores SIGPIPE. After that nobody
//! can tell a closed standard output from `>/dev/null` (Python's `DEVNULL` looks just like std's), nor whether
//! the parent wanted SIGPIPE ignored. The C library calls what stands in `.init_array` before all that.
//!
//! And what std decides for itself otherwise: where memory runs out, it dumps core; [`Allocator`] says so in a line
//! and fails, as GNU du does.
//!
//! And what splits a process in two: see [`fork`].
//!
//! This is the only `unsafe` code of pdu, which is why it is a crate of its own: a few calls that cannot fail in a
//! way that matters, and a table of four numbers.

pub mod fork;
pub mod signals;

use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

static EXHAUSTED: AtomicBool = AtomicBool::new(false);
/// Whether the descriptors 0, 1 and 2 were closed.
static CLOSED: [AtomicBool; 3] = [const { AtomicBool::new(false) }; 3];
static IGNORED: AtomicU64 = AtomicU64::new(0);
/// What Linux gives a process that nobody has given another limit.
static DESCRIPTORS: AtomicU64 = AtomicU64::new(1024);
static ADDRESS_SPACE: AtomicU64 = AtomicU64::new(u64::MAX);

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

/// The limit on file descriptors (`RLIMIT_NOFILE`, the soft one); the usual one where the kernel did not tell.
///
/// rustix has this too, but takes for granted that the call succeeds, which a sandbox can refuse.
#[must_use]
pub fn descriptor_limit() -> u64 {
    DESCRIPTORS.load(Ordering::Relaxed)
}

/// The limit on the address space (`RLIMIT_AS`) in bytes, if there is one and it could be asked for.
#[must_use]
pub fn address_space_limit() -> Option<u64> {
    let limit = ADDRESS_SPACE.load(Ordering::Relaxed);
    (limit != u64::MAX).then_some(limit)
}

/// The signals whose disposition matters to pdu.
const SIGNALS: [i32; 4] = [libc::SIGHUP, libc::SIGINT, libc::SIGPIPE, libc::SIGTERM];

/// The system's allocator, but that it ends the process with a message and status 1 where there is no memory.
///
/// What was not written yet is lost, as in an abort: the status says that the output is not whole.
#[derive(Debug, Default, Clone, Copy)]
pub struct Allocator;

// SAFETY: each method does what `System`, a correct allocator, does with the same arguments, or does not return.
unsafe impl GlobalAlloc for Allocator {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // SAFETY: the caller's promises are those that `System` wants.
        there(unsafe { System.alloc(layout) })
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        // SAFETY: the caller's promises are those that `System` wants.
        there(unsafe { System.alloc_zeroed(layout) })
    }

    unsafe fn realloc(&self, old: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        // SAFETY: the caller's promises are those that `System` wants.
        there(unsafe { System.realloc(old, layout, size) })
    }

    unsafe fn dealloc(&self, old: *mut u8, layout: Layout) {
        // SAFETY: the caller's promises are those that `System` wants.
        unsafe { System.dealloc(old, layout) }
    }
}

/// The memory, if there is any.
#[inline]
fn there(memory: *mut u8) -> *mut u8 {
    if memory.is_null() {
        exhausted();
    }
    memory
}

#[cold]
fn exhausted() -> ! {
    const MESSAGE: &[u8] = b"pdu: memory exhausted\n";
    // One line, however many threads run out at the same time.
    if EXHAUSTED.swap(true, Ordering::Relaxed) {
        loop {
            // SAFETY: pause touches no memory of ours; the thread that came first ends the process.
            unsafe { libc::pause() };
        }
    }
    // SAFETY: write reads as many bytes as MESSAGE has; _exit ends all threads and runs nothing of ours.
    unsafe {
        libc::write(libc::STDERR_FILENO, MESSAGE.as_ptr().cast(), MESSAGE.len());
        libc::_exit(1)
    }
}

/// Where the address space is limited (`ulimit -v`), has all threads allocate from one heap: the C library would
/// reserve 64 MiB for each of several, and leave none for what is needed.
fn share_one_heap_where_space_is_limited() {
    let limit = match limit(libc::getrlimit, libc::RLIMIT_AS) {
        Some(limit) if limit != libc::RLIM_INFINITY => limit,
        _ => return,
    };
    ADDRESS_SPACE.store(limit, Ordering::Relaxed);
    #[cfg(target_env = "gnu")]
    {
        // SAFETY: mallopt sets a number of the C library's; no other thread runs yet.
        unsafe { libc::mallopt(libc::M_ARENA_MAX, 1) };
    }
}

/// Large pieces of memory go back to the system as soon as they are let go of: left to itself, the C library takes the
/// first such for a habit, and keeps up to 64 MiB for the next.
fn give_large_pieces_back() {
    #[cfg(target_env = "gnu")]
    for what in [libc::M_MMAP_THRESHOLD, libc::M_TRIM_THRESHOLD] {
        // SAFETY: mallopt sets a number of the C library's; no other thread runs yet.
        unsafe { libc::mallopt(what, 128 * 1024) };
    }
}

/// Keeps std from giving every thread a second stack on which to say that the first has overflowed: where there is no
/// memory for it, a thread that starts ends the process in its own words. Nothing of pdu recurses; a crash ends it by
/// the same signal as before.
fn need_no_second_stacks() {
    for signal in [libc::SIGSEGV, libc::SIGBUS] {
        // SAFETY: an all-zero sigaction is a valid value of that C structure, and asks for the default.
        let mut action: libc::sigaction = unsafe { std::mem::zeroed() };
        // SAFETY: the old action goes to a structure that we own.
        let told = unsafe { libc::sigaction(signal, std::ptr::null(), &raw mut action) };
        if told == 0 && action.sa_sigaction == libc::SIG_DFL {
            action.sa_sigaction = crash_again as *const () as usize;
            action.sa_flags = libc::SA_RESETHAND;
            // SAFETY: the new action is one that may run at any time, since it does nothing.
            unsafe { libc::sigaction(signal, &raw const action, std::ptr::null_mut()) };
        }
    }
}

/// What crashed is done again, now without anybody who takes the signal.
extern "C" fn crash_again(_: libc::c_int) {}

extern "C" fn look() {
    need_no_second_stacks();
    give_large_pieces_back();
    share_one_heap_where_space_is_limited();
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
    if let Some(limit) = limit(libc::getrlimit, libc::RLIMIT_NOFILE) {
        DESCRIPTORS.store(limit, Ordering::Relaxed);
    }
}

/// A limit of this process, the soft one, if the kernel tells. C libraries do not agree on the type of `resource`.
fn limit<R>(
    getrlimit: unsafe extern "C" fn(R, *mut libc::rlimit) -> libc::c_int,
    resource: R,
) -> Option<u64> {
    let mut limit = libc::rlimit {
        rlim_cur: 0,
        rlim_max: 0,
    };
    // SAFETY: the answer goes to a structure that we own.
    let told = unsafe { getrlimit(resource, &raw mut limit) };
    (told == 0).then_some(limit.rlim_cur)
}

// SAFETY: `.init_array` holds pointers to functions that take at most the arguments of main, which `look` ignores,
// and it uses nothing that needs to be set up first.
#[used]
#[unsafe(link_section = ".init_array")]
static LOOK: extern "C" fn() = look;
