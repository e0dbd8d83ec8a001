//! Other programs: on the terminal in a process group of their own, or beside it without a terminal.

use std::ffi::OsString;
use std::io;
use std::os::fd::{AsRawFd, BorrowedFd, OwnedFd};
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::process::{Command, ExitStatus, Stdio};
use std::time::Duration;

use crossbeam_channel::{SendError, bounded};
use pdu_startup::signals::{BlockedSignals, SIGTTIN, SIGTTOU};
use rustix::process::{Pid, Signal, WaitOptions, getpgrp, kill_process_group, waitpid};
use rustix::termios::{tcgetpgrp, tcsetpgrp};

use super::thread;
use crate::sys::retry;
use crate::sys::screen::Devices;

/// A program has so much time to enter its directory, whose file system may not answer.
const PATIENCE: Duration = Duration::from_secs(2);

/// A program to run.
#[derive(Debug)]
pub struct Child {
    /// The program and its arguments.
    pub words: Vec<OsString>,
    /// Variables of its environment that differ from those of this process.
    pub variables: Vec<(OsString, OsString)>,
    /// Its working directory.
    pub directory: OwnedFd,
}

/// What a program on the terminal does.
pub(super) enum Event {
    /// It has ended.
    Ended(ExitStatus),
    /// It was stopped, and this process has the terminal again.
    Stopped,
}

/// A program on the terminal.
pub(super) struct Foreground {
    devices: &'static Devices,
    child: Pid,
    /// The terminal has jobs: the program is the leader of a process group, which can have the foreground.
    has_jobs: bool,
}

impl Child {
    /// The working directory is entered through the descriptor, so that no path is resolved again.
    fn command(&self) -> io::Result<Command> {
        let (program, arguments) = self
            .words
            .split_first()
            .ok_or(io::ErrorKind::InvalidInput)?;
        let mut command = Command::new(program);
        command.args(arguments);
        command.envs(self.variables.iter().map(|(name, value)| (name, value)));
        command.current_dir(format!("/proc/self/fd/{}", self.directory.as_raw_fd()));
        Ok(command)
    }

    /// Starts it without a terminal. May wait for its directory for two seconds. A thread waits for its end.
    pub(super) fn start(&self) -> io::Result<()> {
        let mut command = self.command()?;
        command.process_group(0).stdin(Stdio::null());
        command.stdout(Stdio::null()).stderr(Stdio::null());
        let mut child = spawn(command)?;
        // Without the thread, the ended program keeps its number until this process ends.
        let _ = thread::spawn("child", move || drop(child.wait()));
        Ok(())
    }
}

/// Starts a program in a thread: the call waits until the program has entered its directory. A program that is late is
/// ended.
fn spawn(mut command: Command) -> io::Result<std::process::Child> {
    // A channel that holds nothing: the program is received, or the thread knows that it is not.
    let (sender, started) = bounded(0);
    thread::spawn("start", move || {
        if let Err(SendError(Ok(mut late))) = sender.send(command.spawn()) {
            let _ = late.kill();
            let _ = late.wait();
        }
    })?;
    let started = started.recv_timeout(PATIENCE);
    started.unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into()))
}

impl Foreground {
    /// Starts a program on the terminal, which this process does not use meanwhile.
    pub(super) fn start(child: &Child, devices: &'static Devices) -> io::Result<Self> {
        let has_jobs = tcgetpgrp(devices.keys()).is_ok_and(|group| group == getpgrp());
        let stream = |terminal: BorrowedFd<'_>| terminal.try_clone_to_owned().map(Stdio::from);
        let mut command = child.command()?;
        if has_jobs {
            // A group of its own: Ctrl-C in it is not for this process.
            command.process_group(0);
        }
        command.stdin(stream(devices.keys())?);
        command.stdout(stream(devices.screen())?);
        command.stderr(stream(devices.screen())?);
        let child = spawn(command)?;
        let foreground = Self {
            devices,
            child: Pid::from_child(&child),
            has_jobs,
        };
        foreground.continue_it();
        Ok(foreground)
    }

    /// Gives the program the terminal. It may have been stopped before, because it did not have it.
    pub(super) fn continue_it(&self) {
        if self.has_jobs {
            self.give_foreground_to(self.child);
            let _ = kill_process_group(self.child, Signal::CONT);
        }
    }

    /// Waits until the program ends or stops.
    pub(super) fn wait(&self) -> io::Result<Event> {
        let event = self.wait_for_event();
        if self.has_jobs {
            self.give_foreground_to(getpgrp());
        }
        event
    }

    fn wait_for_event(&self) -> io::Result<Event> {
        let mut is_early = true;
        loop {
            let status = retry::retry(|| waitpid(Some(self.child), WaitOptions::UNTRACED))?;
            let (_, status) = status.ok_or(io::ErrorKind::WouldBlock)?;
            match status.stopping_signal() {
                None => return Ok(Event::Ended(ExitStatus::from_raw(status.as_raw()))),
                // It has asked for the terminal before it was given to it.
                Some(SIGTTIN | SIGTTOU) if std::mem::take(&mut is_early) => self.continue_it(),
                Some(_) => return Ok(Event::Stopped),
            }
        }
    }

    /// The terminal would stop a process of the background that asks for this.
    fn give_foreground_to(&self, group: Pid) {
        let blocked = BlockedSignals::block(&[SIGTTOU], &[]);
        let _ = tcsetpgrp(self.devices.keys(), group);
        blocked.release();
    }
}
