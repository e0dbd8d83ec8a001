//! `/proc` of a running pdu. Where a file system with a server is mounted, the process that walks is a child of the one
//! that was started.

use std::io::{BufWriter, Write};
use std::os::fd::AsFd;
use std::process::Child;

use super::run::wait_until;
use rustix::io::ioctl_fionread;
use rustix::process::{Pid, Signal, kill_process};

/// The number of the process that walks: the child of a pdu, or the pdu itself.
pub(crate) fn worker_of(pid: u32) -> u32 {
    child_of(pid).unwrap_or(pid)
}

/// The only child of a pdu.
pub(crate) fn child_of(pid: u32) -> Option<u32> {
    children_of(pid).next()
}

fn children_of(pid: u32) -> impl Iterator<Item = u32> {
    let processes = std::fs::read_dir("/proc").into_iter().flatten();
    let numbers = processes.filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok());
    numbers.filter(move |&number| {
        field(number, None, 4).is_some_and(|parent| parent == pid.to_string())
    })
}

/// Kills a process and all processes that it has started: those of a script too.
pub(crate) fn kill_all(pid: u32) {
    let children: Vec<u32> = children_of(pid).collect();
    if let Some(pid) = i32::try_from(pid).ok().and_then(Pid::from_raw) {
        let _ = kill_process(pid, Signal::KILL);
    }
    children.into_iter().for_each(kill_all);
}

/// Whether a process has a handler for a signal.
pub(crate) fn catches(pid: u32, signal: Signal) -> bool {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    let mask = status
        .lines()
        .find_map(|line| line.strip_prefix("SigCgt:\t"));
    let mask = mask.and_then(|mask| u64::from_str_radix(mask, 16).ok());
    mask.is_some_and(|mask| mask >> (signal.as_raw() - 1) & 1 == 1)
}

/// The state of each thread of a process, as in ps(1); `D` stands for an uninterruptible wait.
pub(crate) fn states(pid: u32) -> String {
    let threads = std::fs::read_dir(format!("/proc/{pid}/task"));
    let threads = threads.into_iter().flatten().flatten();
    threads
        .filter_map(|thread| field(pid, Some(thread.file_name().to_str()?), 3))
        .collect()
}

/// Whether a thread of a process waits for a FUSE server.
pub(crate) fn is_stuck(pid: u32) -> bool {
    let threads = std::fs::read_dir(format!("/proc/{pid}/task"));
    let mut places = threads
        .into_iter()
        .flatten()
        .flatten()
        .map(|thread| thread.path());
    places.any(|place| {
        let waits = std::fs::read_to_string(place.join("wchan"));
        waits.is_ok_and(|waits| waits == "request_wait_answer")
    })
}

/// A field of `/proc/PID/stat`, counted as proc(5) does.
fn field(pid: u32, thread: Option<&str>, number: usize) -> Option<String> {
    let place = match thread {
        Some(thread) => format!("/proc/{pid}/task/{thread}/stat"),
        None => format!("/proc/{pid}/stat"),
    };
    let stat = std::fs::read_to_string(place).ok()?;
    // The name, in parentheses, may hold anything.
    let (_, after) = stat.rsplit_once(") ")?;
    after.split(' ').nth(number - 3).map(str::to_owned)
}

/// The most memory that the process that walks had so far, in KiB; nothing once it has ended.
///
/// Not by wait4(2): Linux carries the peak of a process through `fork` and `exec`, so a child never seems smaller than
/// the test process, which the tests of a folder share.
pub(crate) fn peak_kib(pid: u32) -> Option<u64> {
    status_kib(worker_of(pid), "VmHWM")
}

/// A value in `/proc/PID/status`, in KiB; nothing once the process has ended.
pub(crate) fn status_kib(pid: u32, key: &str) -> Option<u64> {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix(key))?;
    line.trim_start_matches(':')
        .trim()
        .split(' ')
        .next()?
        .parse()
        .ok()
}

/// The peak memory in KiB of a process that has read all of its input but the end. Then it gets the end, and must succeed.
pub(crate) fn peak_before_end<P: Write + AsFd>(
    mut child: Child,
    mut input: BufWriter<P>,
    end: &[u8],
) -> u64 {
    input.flush().expect("it reads");
    wait_until("the input to be read", || {
        ioctl_fionread(input.get_ref()).is_ok_and(|bytes| bytes == 0)
    });
    let peak = peak_kib(child.id()).expect("it runs");
    input.write_all(end).expect("it reads");
    drop(input);
    assert!(child.wait().expect("it is ours").success());
    peak
}
