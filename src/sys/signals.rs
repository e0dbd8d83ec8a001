//! Cancellation from outside: SIGINT, SIGTERM, SIGHUP, and Enter on the terminal.
//!
//! ```text
//!   Ctrl-C ──► ctrlc's thread ─┐
//!   SIGTERM, SIGHUP ─► "signals" ─┼─► Cause ═► select loop, which has GRACE to end the run
//!   Enter ───► "enter" ────────┘
//! ```
//!
//! A signal that the parent process ignores stays ignored (`nohup`, background jobs of scripts). The first signal is sent
//! to the select loop. A second one, or the end of [`GRACE`], ends the process by the default action of the signal (in a
//! supervised child only the parent does that). Enter counts only while all three standard streams are terminals and this
//! process is in the foreground there; nothing else is ever read from standard input, and no terminal setting is changed.
//!
//! SIGINT comes through the ctrlc crate. SIGTERM and SIGHUP are blocked in all threads and received with sigtimedwait(2):
//! ctrlc has one handler for all of its signals, which does not know which one came, and refuses all of them where one is
//! ignored. Neither needs a descriptor. Where a thread cannot be had, its signals keep their default action.

use std::io::IsTerminal;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{LazyLock, Once};
use std::time::Duration;

use crossbeam_channel::{Receiver, Sender, bounded};
use pdu_startup::signals::{
    BlockedSignals, Reception, SIGHUP, SIGINT, SIGTERM, die_of, restore_default,
};
#[cfg(feature = "explore")]
use pdu_startup::signals::{SIGCONT, SIGTSTP};
use rustix::event::{PollFd, PollFlags, Timespec, poll};

use crate::sys::output_file;
use crate::sys::status;
use crate::sys::supervise::{self, Termination};

/// Why a run was cancelled.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cause {
    /// Enter was pressed.
    Enter,
    /// This signal came.
    Signal(i32),
}

/// How long a cancelled run may take to end.
pub const GRACE: Duration = Duration::from_millis(300);

/// Time between two looks at the foreground process group.
const FOREGROUND_INTERVAL: Duration = Duration::from_millis(200);

/// Bytes of stack of a watching thread.
const STACK: usize = 64 * 1024;

/// The first cause is the one that counts.
static CAUSES: LazyLock<(Sender<Cause>, Receiver<Cause>)> = LazyLock::new(|| bounded(1));

/// Starts to watch for signals that cancel the run, unless that was done before. The message is written where the run does
/// not end in [`GRACE`].
///
/// Nothing is received where no thread can be had.
#[must_use]
pub fn start(message: Vec<u8>) -> Receiver<Cause> {
    static WATCHERS: Once = Once::new();
    WATCHERS.call_once(|| {
        #[cfg(feature = "explore")]
        let blocked = block_stops();
        watch_termination(CAUSES.0.clone(), message.clone());
        watch_ctrl_c(CAUSES.0.clone(), message);
        #[cfg(feature = "explore")]
        if let Some(blocked) = blocked {
            blocked.unblock();
        }
    });
    CAUSES.1.clone()
}

/// Starts to watch for Enter. Not where standard input has something to be read.
pub fn start_enter() {
    if std::io::stdin().is_terminal()
        && std::io::stdout().is_terminal()
        && std::io::stderr().is_terminal()
    {
        let _ = spawn("enter", || watch_enter(&CAUSES.0));
    }
}

/// Blocks the signals that only the explorer receives, where this may be one: the threads that are started next must not
/// take them. In this thread they have their default actions until there is a screen.
#[cfg(feature = "explore")]
fn block_stops() -> Option<BlockedSignals> {
    let may_explore = super::screen::has_kept_modes();
    let stops = [SIGTSTP, SIGCONT];
    let all = [&stops[..], &super::screen::OTHER_ENDINGS].concat();
    may_explore.then(|| BlockedSignals::block(&all, &[]))
}

fn spawn(name: &str, body: impl FnOnce() + Send + 'static) -> std::io::Result<()> {
    let thread = std::thread::Builder::new()
        .name(name.into())
        .stack_size(STACK);
    thread.spawn(body).map(drop)
}

/// Those of the signals that the parent process does not ignore.
fn not_ignored(mut signals: Vec<i32>) -> Vec<i32> {
    signals.retain(|&signal| !pdu_startup::was_ignored(signal));
    signals
}

fn watch_ctrl_c(causes: Sender<Cause>, message: Vec<u8>) {
    if pdu_startup::was_ignored(SIGINT) {
        return;
    }
    // Not `try_set_handler`, which fails in process 1: the signal has a handler there already.
    match ctrlc::set_handler(move || cancel(SIGINT, &causes, &message)) {
        // The kernel gives a signal to this thread if it may, and this thread may wait for a dead mount: ctrlc's thread
        // takes it. Threads that this one starts have it blocked as well.
        Ok(()) => {
            let _ = BlockedSignals::block(&[SIGINT], &[]);
        }
        // ctrlc installs its handler before it spawns its thread: without the thread, Ctrl-C would be lost.
        Err(_) => restore_default(&[SIGINT]),
    }
}

fn watch_termination(causes: Sender<Cause>, message: Vec<u8>) {
    let blocked = BlockedSignals::block(&not_ignored(vec![SIGTERM, SIGHUP]), &[]);
    let watch = move || {
        loop {
            match blocked.receive(None) {
                Reception::Signal(received) => cancel(received.signal, &causes, &message),
                Reception::Nothing => {}
                Reception::Failed => break,
            }
        }
        // The signals have their default action in this thread.
        blocked.release();
        loop {
            std::thread::park();
        }
    };
    if spawn("signals", watch).is_err() {
        blocked.release();
    }
}

/// Cancels the run by a signal. Does not return, but in a supervised child.
fn cancel(signal: i32, causes: &Sender<Cause>, message: &[u8]) {
    static IS_CANCELLED: AtomicBool = AtomicBool::new(false);
    // First: a second signal may end the process at any moment.
    #[cfg(feature = "explore")]
    super::screen::give_back_for_good();
    output_file::discard();
    // A supervisor passes the first signal on once more, and takes care of a second one itself.
    if !supervise::is_supervised() {
        if IS_CANCELLED.swap(true, Ordering::SeqCst) {
            die_of(signal);
        }
        restore_default(&not_ignored(vec![SIGINT, SIGTERM, SIGHUP]));
    }
    let _ = causes.try_send(Cause::Signal(signal));
    wait(GRACE);
    // The reader of the lines is too slow for the rest of them.
    status::write_without_waiting(message);
    supervise::announce_exit(Termination::Signal(signal));
    die_of(signal);
}

fn wait(time: Duration) {
    let (_sender, timeout) = bounded::<()>(0);
    let _ = timeout.recv_timeout(time);
}

/// Waits for an empty line: a line that was typed ahead is for the shell.
fn watch_enter(causes: &Sender<Cause>) {
    loop {
        let input = rustix::stdio::stdin();
        let mut ready = [PollFd::new(&input, PollFlags::IN)];
        let timeout = Timespec::try_from(FOREGROUND_INTERVAL).ok();
        if poll(&mut ready, timeout.as_ref()).is_err() {
            continue;
        }
        let events = ready[0].revents();
        if events.intersects(PollFlags::HUP | PollFlags::ERR | PollFlags::NVAL) {
            return;
        }
        if !events.contains(PollFlags::IN) {
            continue;
        }
        if is_in_foreground() && rustix::io::ioctl_fionread(input) == Ok(1) {
            let mut byte = [0];
            match rustix::io::read(input, &mut byte) {
                Ok(1) if byte == *b"\n" => {
                    let _ = causes.try_send(Cause::Enter);
                    return;
                }
                Ok(_) => {}
                Err(_) => return,
            }
        } else {
            wait(FOREGROUND_INTERVAL);
        }
    }
}

fn is_in_foreground() -> bool {
    let group = rustix::termios::tcgetpgrp(rustix::stdio::stdin());
    group.is_ok_and(|group| group == rustix::process::getpgrp())
}
