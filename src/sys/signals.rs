//! Who asks the run to end: signals, and Enter on the terminal.
//!
//! A signal that the parent had ignored stays ignored (`nohup`, jobs of scripts). The first signal is told to the
//! select loop, which has a moment to end in good order; a second one, or the end of that moment, ends the process
//! as if the signal had never been caught (where there is a supervisor, it sees to that). Enter counts only while
//! all three standard streams are terminals and this process is in the foreground there; nothing else is ever read
//! from standard input, and no terminal setting is touched.

use std::io::IsTerminal;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use crossbeam_channel::{Receiver, Sender, bounded};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook::iterator::Signals;

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

/// How long a cancelled run may take to say what it knows.
pub const GRACE: Duration = Duration::from_millis(400);

/// How often the foreground is looked at.
const GLANCE: Duration = Duration::from_millis(200);

/// Bytes of stack of a watching thread.
const STACK: usize = 64 * 1024;

/// Starts to watch; the last words are for a run that does not end in its time. Without threads, or where
/// descriptors are few, there is no watching: signals do what they do by default.
#[must_use]
pub fn start(last_words: Vec<u8>) -> Receiver<Cause> {
    let (tell, causes) = bounded(2);
    if has_descriptors() {
        let _ = watch_signals(tell.clone(), last_words);
    }
    if std::io::stdin().is_terminal()
        && std::io::stdout().is_terminal()
        && std::io::stderr().is_terminal()
    {
        let _ = spawn("enter", move || watch_enter(&tell));
    }
    causes
}

/// Whether there are enough descriptors to watch: that takes two, and the walk needs three.
fn has_descriptors() -> bool {
    const NEEDED: usize = 2 + 3;
    const PLENTY: u64 = 64;
    if pdu_startup::descriptor_limit() >= PLENTY {
        return true;
    }
    let held = (0..NEEDED).map_while(|_| rustix::io::dup(rustix::stdio::stdin()).ok());
    held.collect::<Vec<_>>().len() == NEEDED
}

fn spawn(name: &str, body: impl FnOnce() + Send + 'static) -> std::io::Result<()> {
    let thread = std::thread::Builder::new()
        .name(name.into())
        .stack_size(STACK);
    thread.spawn(body).map(drop)
}

fn watch_signals(tell: Sender<Cause>, last_words: Vec<u8>) -> std::io::Result<()> {
    let mut wanted = vec![SIGINT, SIGTERM, SIGHUP];
    wanted.retain(|&signal| !pdu_startup::was_ignored(signal));
    // Only a thread that runs may take the signals: what signal-hook has caught once stays caught, and without
    // anybody to hear it would be lost.
    spawn("signals", move || {
        let Ok(mut signals) = Signals::new(&wanted) else {
            return;
        };
        let Some(signal) = signals.forever().next() else {
            return;
        };
        // What is cancelled has no output; and who goes on without hearing of it has nothing to rename.
        output_file::discard();
        // Before the first is told: a second one that came between would be lost. A supervisor tells a second one
        // itself, and passes on the first once more.
        if !supervise::is_supervised() {
            end_at_once_on(&wanted);
        }
        let _ = tell.send(Cause::Signal(signal));
        let (_never, grace) = bounded::<()>(0);
        let _ = grace.recv_timeout(GRACE);
        // Whoever reads the lines is too slow for the rest of them.
        status::say_last(&last_words);
        supervise::announce_exit(Termination::Signal(signal));
        let _ = signal_hook::low_level::emulate_default_handler(signal);
    })
}

/// From here on a signal does what it does by default.
fn end_at_once_on(signals: &[i32]) {
    let at_once = Arc::new(AtomicBool::new(true));
    for &signal in signals {
        let _ = signal_hook::flag::register_conditional_default(signal, Arc::clone(&at_once));
    }
}

/// Waits for Enter alone: a line that was typed ahead is the shell's.
fn watch_enter(tell: &Sender<Cause>) {
    let (_never, pause) = bounded::<()>(0);
    loop {
        let input = rustix::stdio::stdin();
        let mut ready = [PollFd::new(&input, PollFlags::IN)];
        let wait = Timespec::try_from(GLANCE).ok();
        if poll(&mut ready, wait.as_ref()).is_err() {
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
                    let _ = tell.send(Cause::Enter);
                    return;
                }
                Ok(_) => {}
                Err(_) => return,
            }
        } else {
            let _ = pause.recv_timeout(GLANCE);
        }
    }
}

fn is_in_foreground() -> bool {
    let group = rustix::termios::tcgetpgrp(rustix::stdio::stdin());
    group.is_ok_and(|group| group == rustix::process::getpgrp())
}
