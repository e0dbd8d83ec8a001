//! The process that walks: where a file system with a server is mounted, a child of the one that was started.

#![allow(dead_code, reason = "each test uses its part")]

/// The number of the process that does the work of a pdu: its child, or itself.
pub(crate) fn worker_of(pid: u32) -> u32 {
    child_of(pid).unwrap_or(pid)
}

/// The child of a pdu, which has no other.
pub(crate) fn child_of(pid: u32) -> Option<u32> {
    let processes = std::fs::read_dir("/proc").ok()?;
    let numbers = processes.filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok());
    numbers
        .into_iter()
        .find(|&number| field(number, None, 4).is_some_and(|parent| parent == pid.to_string()))
}

/// The state of each thread of a process, as in ps(1): `D` is one that waits and cannot be interrupted.
pub(crate) fn states(pid: u32) -> String {
    let threads = std::fs::read_dir(format!("/proc/{pid}/task"));
    let threads = threads.into_iter().flatten().flatten();
    threads
        .filter_map(|thread| field(pid, Some(thread.file_name().to_str()?), 3))
        .collect()
}

/// Whether a thread of a process waits for a FUSE server, or may not be told what it waits for.
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
