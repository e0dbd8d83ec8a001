//! What this process inherited, read before the Rust runtime changes it; fork, signals and the locale.
//!
//! Before `main`, std opens `/dev/null` where a standard stream is closed, and ignores SIGPIPE. After that a closed standard
//! output and `>/dev/null` are the same (Python's `DEVNULL` too), and a SIGPIPE that the parent process ignored looks like
//! any other. The C library calls the functions in `.init_array` before the Rust runtime starts.
//!
//! Where memory runs out, std dumps core; [`Allocator`] ends the process with a message and status 1, as GNU du does.
//!
//! [`fork`], [`locale`] and [`signals`] have calls for which there is no safe crate.
//!
//! This is the only `unsafe` code of pdu, in a crate of its own: a few calls whose failure does not matter, and a table of
//! four numbers.

pub mod fork;
pub mod locale;
pub mod signals;

use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, AtomicPtr, AtomicU64, Ordering};

static BEFORE_END: OnceLock<fn()> = OnceLock::new();
static EXHAUSTED: AtomicBool = AtomicBool::new(false);
/// Memory for the other threads while the process ends: the standard library allocates without [`Allocator`] when a thread
/// starts, and aborts where it gets nothing.
static RESERVE: AtomicPtr<u8> = AtomicPtr::new(std::ptr::null_mut());
const RESERVE_BYTES: usize = 64 * 1024;
/// Whether the descriptors 0, 1 and 2 were closed.
static CLOSED: [AtomicBool; 3] = [const { AtomicBool::new(false) }; 3];
static IGNORED: AtomicU64 = AtomicU64::new(0);
/// The limit that Linux sets by default.
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

/// The limit on file descriptors (`RLIMIT_NOFILE`, the soft one); the default one where the call has failed.
///
/// rustix has this too, but expects the call to succeed, which a sandbox can refuse.
#[must_use]
pub fn descriptor_limit() -> u64 {
    DESCRIPTORS.load(Ordering::Relaxed)
}

/// The limit on the address space (`RLIMIT_AS`) in bytes, if there is one and the call has succeeded.
#[must_use]
pub fn address_space_limit() -> Option<u64> {
    let limit = ADDRESS_SPACE.load(Ordering::Relaxed);
    (limit != u64::MAX).then_some(limit)
}

/// The signals whose disposition matters to pdu.
const SIGNALS: [i32; 4] = [libc::SIGHUP, libc::SIGINT, libc::SIGPIPE, libc::SIGTERM];

/// The system's allocator; where there is no memory, it ends the process with a message and status 1.
///
/// Output that was not written yet is lost, as in an abort: hence the status.
#[derive(Debug, Default, Clone, Copy)]
pub struct Allocator;

// SAFETY: each method does what `System`, a correct allocator, does with the same arguments, or does not return.
unsafe impl GlobalAlloc for Allocator {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // SAFETY: the caller's promises are those that `System` wants.
        checked(unsafe { System.alloc(layout) })
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        // SAFETY: the caller's promises are those that `System` wants.
        checked(unsafe { System.alloc_zeroed(layout) })
    }

    unsafe fn realloc(&self, old: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        // SAFETY: the caller's promises are those that `System` wants.
        checked(unsafe { System.realloc(old, layout, size) })
    }

    unsafe fn dealloc(&self, old: *mut u8, layout: Layout) {
        // SAFETY: the caller's promises are those that `System` wants.
        unsafe { System.dealloc(old, layout) }
    }
}

/// Has a function called before [`Allocator`] ends the process: it must not allocate memory. The first one stays.
pub fn on_exhaustion(step: fn()) {
    BEFORE_END.get_or_init(|| step);
}

/// The memory; ends the process where there is none.
#[inline]
fn checked(memory: *mut u8) -> *mut u8 {
    if memory.is_null() {
        exhausted();
    }
    memory
}

#[cold]
fn exhausted() -> ! {
    const MESSAGE: &[u8] = b"pdu: memory exhausted\n";
    // One message, however many threads get no memory at the same time.
    if EXHAUSTED.swap(true, Ordering::Relaxed) {
        loop {
            // SAFETY: pause uses no memory of ours; the first thread ends the process.
            unsafe { libc::pause() };
        }
    }
    // SAFETY: the memory is malloc's or null, and nobody else frees it: only one thread comes here.
    unsafe { libc::free(RESERVE.load(Ordering::Relaxed).cast()) };
    if let Some(step) = BEFORE_END.get() {
        step();
    }
    // SAFETY: write reads as many bytes as MESSAGE has; _exit ends all threads and runs no code of this program.
    unsafe {
        libc::write(libc::STDERR_FILENO, MESSAGE.as_ptr().cast(), MESSAGE.len());
        libc::_exit(1)
    }
}

/// Where the address space is limited (`ulimit -v`), lets all threads allocate from one heap: the C library would reserve
/// 64 MiB for each of several heaps, and leave none for the data.
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
    // SAFETY: malloc may return null: then there is nothing to free.
    RESERVE.store(
        unsafe { libc::malloc(RESERVE_BYTES) }.cast(),
        Ordering::Relaxed,
    );
}

/// Returns large pieces of memory to the system as soon as they are freed: by default the C library raises its threshold
/// with the first such piece, and keeps up to 64 MiB for the next.
fn give_large_pieces_back() {
    #[cfg(target_env = "gnu")]
    for what in [libc::M_MMAP_THRESHOLD, libc::M_TRIM_THRESHOLD] {
        // SAFETY: mallopt sets a number of the C library's; no other thread runs yet.
        unsafe { libc::mallopt(what, 128 * 1024) };
    }
}

/// At most two heaps for each processor that this process may use, in place of eight: memory that one thread has freed is
/// then used by another. With 20 walkers on two processors, 15 heaps kept 10 MB.
fn limit_heaps() {
    #[cfg(target_env = "gnu")]
    {
        // SAFETY: an all-zero cpu_set_t is an empty set.
        let mut processors: libc::cpu_set_t = unsafe { std::mem::zeroed() };
        let size = size_of::<libc::cpu_set_t>();
        // SAFETY: the set is ours, and has this size.
        if unsafe { libc::sched_getaffinity(0, size, &raw mut processors) } == 0 {
            // SAFETY: CPU_COUNT reads the set. mallopt sets a number of the C library's; no other thread runs yet.
            unsafe { libc::mallopt(libc::M_ARENA_MAX, 2 * libc::CPU_COUNT(&processors)) };
        }
    }
}

/// Keeps std from allocating a second stack for each thread, for the message that the first has overflowed: without memory
/// for it, a thread that starts ends the process with a message of std. No function of pdu recurses; a crash ends the
/// process by the same signal as before.
fn need_no_second_stacks() {
    for signal in [libc::SIGSEGV, libc::SIGBUS] {
        // SAFETY: an all-zero sigaction is a valid value of that C structure, and asks for the default.
        let mut action: libc::sigaction = unsafe { std::mem::zeroed() };
        // SAFETY: the old action goes to a structure that we own.
        let result = unsafe { libc::sigaction(signal, std::ptr::null(), &raw mut action) };
        if result == 0 && action.sa_sigaction == libc::SIG_DFL {
            action.sa_sigaction = crash_again as *const () as usize;
            action.sa_flags = libc::SA_RESETHAND;
            // SAFETY: the new action is one that may run at any time, since it does nothing.
            unsafe { libc::sigaction(signal, &raw const action, std::ptr::null_mut()) };
        }
    }
}

/// The instruction that crashed runs again, now with the default action of the signal.
extern "C" fn crash_again(_: libc::c_int) {}

extern "C" fn read_inherited() {
    need_no_second_stacks();
    signals::replace_default_actions_of_process_1();
    give_large_pieces_back();
    limit_heaps();
    share_one_heap_where_space_is_limited();
    for (descriptor, closed) in (0..).zip(&CLOSED) {
        // SAFETY: fcntl(F_GETFD) reads a flag of a descriptor and touches no memory of ours.
        let flags = unsafe { libc::fcntl(descriptor, libc::F_GETFD) };
        closed.store(flags == -1, Ordering::Relaxed);
    }
    let mut mask = 0;
    for signal in SIGNALS {
        if signals::action(signal) == Some(libc::SIG_IGN) {
            mask |= 1 << signal;
        }
    }
    IGNORED.store(mask, Ordering::Relaxed);
    if let Some(limit) = limit(libc::getrlimit, libc::RLIMIT_NOFILE) {
        DESCRIPTORS.store(limit, Ordering::Relaxed);
    }
}

/// A soft limit of this process, if the call succeeds. C libraries do not agree on the type of `resource`.
fn limit<R>(
    getrlimit: unsafe extern "C" fn(R, *mut libc::rlimit) -> libc::c_int,
    resource: R,
) -> Option<u64> {
    let mut limit = libc::rlimit {
        rlim_cur: 0,
        rlim_max: 0,
    };
    // SAFETY: the result goes to a structure that we own.
    let result = unsafe { getrlimit(resource, &raw mut limit) };
    (result == 0).then_some(limit.rlim_cur)
}

// SAFETY: `.init_array` holds pointers to functions that take at most the arguments of main, which `read_inherited` ignores,
// and it uses nothing that needs to be set up first.
#[used]
#[unsafe(link_section = ".init_array")]
static READ_INHERITED: extern "C" fn() = read_inherited;
