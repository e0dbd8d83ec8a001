//! SIGTSTP, SIGCONT and the signals of [`screen::OTHER_ENDINGS`], whose default actions would leave the terminal as the
//! explorer has set it.
//!
//! They are blocked in all threads and received by one. SIGTSTP and SIGCONT become input for the main thread, which owns
//! the terminal. While another program has the terminal, or nobody, this thread stops the process itself.
//! SIGINT, SIGTERM and SIGHUP are those of [`signals`](crate::sys::signals).

use std::io;
use std::sync::OnceLock;

use crossbeam_channel::Sender;
use pdu_startup::signals::{BlockedSignals, Reception, SIGCONT, SIGTSTP, die_of, is_ignored};
use rustix::process::{Signal, getpid, kill_process};

use super::input::{Input, TimedInput};
use super::thread;
use crate::sys::{output_file, screen};

static BLOCKED: OnceLock<BlockedSignals> = OnceLock::new();

/// Blocks the signals: before any thread is started, and after the last fork.
pub fn block() {
    BLOCKED.get_or_init(|| {
        let mut signals = [&[SIGTSTP, SIGCONT][..], &screen::OTHER_ENDINGS].concat();
        signals.retain(|&signal| !is_ignored(signal));
        BlockedSignals::block(&signals, &[])
    });
}

/// Starts the thread. It sends on `stopped` each time that the process continues after this thread has stopped it.
pub(super) fn start(inputs: Sender<TimedInput>, stopped: Sender<()>) -> io::Result<()> {
    block();
    let Some(&blocked) = BLOCKED.get() else {
        return Ok(());
    };
    thread::spawn("screen signals", move || {
        loop {
            match blocked.receive(None) {
                Reception::Signal(received) => react(received.signal, &blocked, &inputs, &stopped),
                Reception::Nothing => {}
                Reception::Failed => return,
            }
        }
    })
}

/// Never waits: the main thread may wait for this one.
fn react(signal: i32, blocked: &BlockedSignals, inputs: &Sender<TimedInput>, stopped: &Sender<()>) {
    match signal {
        ending if screen::OTHER_ENDINGS.contains(&ending) => {
            screen::give_back_for_good();
            output_file::discard();
            die_of(ending);
        }
        SIGTSTP if screen::is_taken() => {
            let _ = inputs.try_send(TimedInput::now(Input::Suspend));
        }
        SIGTSTP => {
            stop(blocked);
            let _ = stopped.try_send(());
        }
        _ => {
            let _ = inputs.try_send(TimedInput::now(Input::Continue));
            // This signal discards a SIGTSTP that was sent before it: the main thread waits in vain for a stop.
            let _ = stopped.try_send(());
        }
    }
}

/// Stops the process; returns when it continues.
fn stop(blocked: &BlockedSignals) {
    // The signal was taken away when it was received.
    let _ = kill_process(getpid(), Signal::TSTP);
    blocked.deliver(SIGTSTP);
    let _ = blocked.discard(SIGCONT);
}
