//! The terminal while the explorer has it, and how any thread gives it back before the process ends.
//!
//! | ending | gives it back |
//! |---|---|
//! | the explorer ends, or fails | the guard of `explore/terminal` |
//! | a panic in any thread | the hook of [`panics`](super::panics), before the message |
//! | SIGINT, SIGTERM, SIGHUP, and a second signal | the thread that receives the first signal ([`signals`](super::signals)) |
//! | [`OTHER_ENDINGS`] | the thread that receives them (`explore/terminal/signals`) |
//! | no memory | the allocator, through [`pdu_startup::on_exhaustion`] |
//! | this process is killed, or stuck in the kernel, and has a supervisor | the supervisor ([`supervise`](super::supervise)) |
//!
//! First the modes, which never waits; then the control sequences, if the terminal takes output at that moment. No step
//! allocates memory, or waits for a lock without end.

use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{LazyLock, OnceLock};
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, Sender, bounded};
use pdu_startup::signals::{
    BlockedSignals, SIGALRM, SIGIO, SIGPROF, SIGPWR, SIGQUIT, SIGTTOU, SIGUSR1, SIGUSR2, SIGVTALRM,
    SIGXCPU, SIGXFSZ,
};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fs::{Mode, OFlags};
use rustix::io::Errno;
use rustix::process::getpgrp;
use rustix::termios::{InputModes, OptionalActions, Termios, tcgetattr, tcgetpgrp, tcsetattr};

use crate::sys::retry;

/// Alternate screen; mouse: buttons and wheel, with decimal numbers; pasted text between marks.
const ENTER: &[u8] = b"\x1b[?1049h\x1b[?1000h\x1b[?1006h\x1b[?2004h";

/// The end of an update, no marks, no mouse, usual characters, a cursor. A terminal without an alternate screen keeps what was drawn
/// above its last row.
const LEAVE: &[u8] =
    b"\x1b[?2026l\x1b[?2004l\x1b[?1006l\x1b[?1000l\x1b[m\x1b[?25h\x1b[999;1H\x1b[K\x1b[?1049l";

/// Signals that end a process, and that nothing but the explorer receives, so that it can give the terminal back. Not
/// those of a fault in the program.
pub const OTHER_ENDINGS: [i32; 10] = [
    SIGQUIT, SIGALRM, SIGIO, SIGPROF, SIGPWR, SIGUSR1, SIGUSR2, SIGVTALRM, SIGXCPU, SIGXFSZ,
];

/// Events of a terminal that does not come back.
pub const GONE: PollFlags = PollFlags::HUP.union(PollFlags::ERR).union(PollFlags::NVAL);

/// How long to wait for a frame that another thread writes.
const PATIENCE: Duration = Duration::from_millis(50);

/// A terminal that has room for output so often, and takes none, is broken.
const MOST_REFUSALS: u32 = 20;

/// Time between two looks for that.
const PAUSE: Timespec = Timespec {
    tv_sec: 0,
    tv_nsec: 1_000_000,
};

/// The modes that the terminal gets back, from the thread that takes it to the one that gives it back; nothing while it is
/// not taken.
static MODES: LazyLock<(Sender<Termios>, Receiver<Termios>)> = LazyLock::new(|| bounded(1));
/// The permit to write, to take the terminal, or to give it back: one thread after the other.
static PERMIT: LazyLock<(Sender<()>, Receiver<()>)> = LazyLock::new(|| {
    let permit = bounded(1);
    let _ = permit.0.try_send(());
    permit
});
/// The process ends: the terminal is not taken again.
static IS_OVER: AtomicBool = AtomicBool::new(false);
static DEVICES: OnceLock<Devices> = OnceLock::new();
/// The modes before the fork, for the supervisor.
static MODES_BEFORE: OnceLock<Termios> = OnceLock::new();

/// A terminal: a standard stream, or opened again.
#[derive(Debug)]
enum Device {
    Stream(BorrowedFd<'static>),
    Opened(OwnedFd),
}

impl AsFd for Device {
    fn as_fd(&self) -> BorrowedFd<'_> {
        match self {
            Self::Stream(stream) => *stream,
            Self::Opened(file) => file.as_fd(),
        }
    }
}

/// Where keys come from, and where frames go. They stay open until the process ends.
#[derive(Debug)]
pub struct Devices {
    keys: Device,
    screen: Device,
}

impl Devices {
    /// Standard input and output, where they are terminals, and the controlling terminal where they are not.
    fn open() -> Result<Self, Errno> {
        Ok(Self {
            keys: terminal_or_controlling(rustix::stdio::stdin())?,
            screen: terminal_or_controlling(rustix::stdio::stdout())?,
        })
    }

    /// The terminal that keys come from.
    #[must_use]
    pub fn keys(&self) -> BorrowedFd<'_> {
        self.keys.as_fd()
    }

    /// The terminal that frames go to.
    #[must_use]
    pub fn screen(&self) -> BorrowedFd<'_> {
        self.screen.as_fd()
    }
}

fn terminal_or_controlling(stream: BorrowedFd<'static>) -> Result<Device, Errno> {
    if rustix::termios::isatty(stream) {
        return Ok(Device::Stream(stream));
    }
    let flags = OFlags::RDWR | OFlags::NOCTTY | OFlags::CLOEXEC;
    let file = retry::retry(|| rustix::fs::open(c"/dev/tty", flags, Mode::empty()))?;
    Ok(Device::Opened(file))
}

/// The terminals of this process; none where it has none.
pub fn devices() -> Result<&'static Devices, Errno> {
    if let Some(devices) = DEVICES.get() {
        return Ok(devices);
    }
    let devices = Devices::open()?;
    Ok(DEVICES.get_or_init(|| devices))
}

/// Takes the terminal: raw mode, then the sequences. It will get these modes back.
pub fn take(devices: &'static Devices, modes: &Termios) -> io::Result<()> {
    let _permit = Permit::wait();
    if IS_OVER.load(Ordering::SeqCst) {
        return Ok(());
    }
    pdu_startup::on_exhaustion(give_back_for_good);
    let _ = MODES.1.try_recv();
    let _ = MODES.0.try_send(modes.clone());
    let mut raw = modes.clone();
    raw.make_raw();
    // Enter is the byte that ends a line also for a program that reads later what was typed now.
    raw.input_modes.insert(InputModes::ICRNL);
    // In the background this stops the process.
    if let Err(error) = tcsetattr(devices.keys(), OptionalActions::Now, &raw) {
        let _ = MODES.1.try_recv();
        return Err(error.into());
    }
    write_all(devices.screen(), ENTER)
}

/// Whether the terminal is taken.
#[must_use]
pub fn is_taken() -> bool {
    DEVICES.get().is_some() && !MODES.1.is_empty()
}

/// Writes to the terminal; nothing, once it is given back.
pub fn write(bytes: &[u8]) -> io::Result<()> {
    let _permit = Permit::wait();
    match DEVICES.get() {
        Some(devices) => write_all(devices.screen(), bytes),
        None => Ok(()),
    }
}

/// Gives the terminal back, if it is taken.
pub fn give_back() {
    let Some(devices) = DEVICES.get() else {
        return;
    };
    let _permit = Permit::wait_a_moment();
    if let Ok(modes) = MODES.1.try_recv() {
        restore(devices, &modes);
    }
}

/// The same; the process ends, and does not take it again.
pub fn give_back_for_good() {
    IS_OVER.store(true, Ordering::SeqCst);
    give_back();
}

/// Remembers the modes of the terminal for a supervisor: before the fork.
pub fn keep_modes() {
    if let Ok(modes) = Devices::open().and_then(|devices| tcgetattr(devices.keys())) {
        let _ = MODES_BEFORE.set(modes);
    }
}

/// True in the processes of an explorer, after [`keep_modes`].
#[must_use]
pub fn has_kept_modes() -> bool {
    MODES_BEFORE.get().is_some()
}

/// Gives the terminal back in place of the supervised process, which has ended. It has done that itself where the modes are
/// those of the start.
pub fn give_back_for_child() {
    let Some(modes) = MODES_BEFORE.get() else {
        return;
    };
    let Ok(devices) = Devices::open() else {
        return;
    };
    let present = tcgetattr(devices.keys());
    if present.is_ok_and(|present| present.local_modes != modes.local_modes) {
        restore(&devices, modes);
    }
}

fn restore(devices: &Devices, modes: &Termios) {
    if !is_in_background(devices.keys()) {
        // Should it be in the background now, it may not be stopped here.
        let blocked = BlockedSignals::block(&[SIGTTOU], &[]);
        // A second try costs nothing, and a terminal in raw mode is of no use.
        let set = || tcsetattr(devices.keys(), OptionalActions::Now, modes);
        let _ = retry::retry(set).or_else(|_| set());
        blocked.release();
    }
    let screen = devices.screen();
    let mut ready = [PollFd::new(&screen, PollFlags::OUT)];
    let polled = poll(&mut ready, Some(&Timespec::default()));
    if polled.is_err() || ready[0].revents().contains(PollFlags::OUT) {
        let _ = retry::write(screen, LEAVE).or_else(|_| retry::write(screen, LEAVE));
    }
}

/// True where the shell has the terminal, and has set it as it wants. In a PID namespace the group of the foreground may
/// have no number.
fn is_in_background(terminal: BorrowedFd<'_>) -> bool {
    tcgetpgrp(terminal).is_ok_and(|group| group != getpgrp())
}

fn write_all(screen: BorrowedFd<'_>, mut bytes: &[u8]) -> io::Result<()> {
    let mut refusals = 0;
    while !bytes.is_empty() && is_taken() {
        match retry::write(screen, bytes) {
            Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
            Ok(count) => (bytes, refusals) = (&bytes[count..], 0),
            // Another process has set O_NONBLOCK for all that share the terminal.
            Err(Errno::AGAIN) if refusals < MOST_REFUSALS => {
                refusals += 1;
                wait_for_room(screen)?;
            }
            Err(error) => return Err(error.into()),
        }
    }
    Ok(())
}

/// Whether the terminal was closed by the person.
#[must_use]
pub fn is_gone(devices: &Devices) -> bool {
    let keys = devices.keys();
    let mut ready = [PollFd::new(&keys, PollFlags::empty())];
    let polled = poll(&mut ready, Some(&Timespec::default()));
    polled.is_ok() && ready[0].revents().intersects(GONE)
}

fn wait_for_room(screen: BorrowedFd<'_>) -> io::Result<()> {
    let mut ready = [PollFd::new(&screen, PollFlags::OUT)];
    retry::retry(|| poll(&mut ready, None))?;
    Ok(())
}

/// Given on when it is dropped.
struct Permit;

impl Permit {
    fn wait() -> Self {
        let _ = PERMIT.1.recv();
        Self
    }

    /// None where another thread has it for long: that one waits for the terminal. Memory may be exhausted: a wait on the
    /// channel would need some.
    fn wait_a_moment() -> Option<Self> {
        let deadline = Instant::now() + PATIENCE;
        while PERMIT.1.try_recv().is_err() {
            if Instant::now() >= deadline {
                return None;
            }
            let _ = poll(&mut [], Some(&PAUSE));
        }
        Some(Self)
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        let _ = PERMIT.0.try_send(());
    }
}
