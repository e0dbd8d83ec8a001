//! What strace wrote: which calls failed because it made them, on what, and in which part of the program's life.
//!
//! ```text
//! 4711 statx(5</tmp/x/t/d03>, "f03", AT_..., <unfinished ...>
//! 4712 close(7</tmp/x/t/d04>) = 0
//! 4711 <... statx resumed>0x7f...) = -1 ENOENT (No such file or directory) (INJECTED)
//! ```

use std::collections::{BTreeMap, HashMap, HashSet};
use std::path::{Path, PathBuf};

use super::fixture::Gone;

/// Calls that set up or take down a thread, hand memory to the allocator or make a lock wait: the C library's and
/// std's own.
const RUNTIME: &[&str] = &[
    "arch_prctl",
    "brk",
    "futex",
    "gettid",
    "madvise",
    "mmap",
    "mprotect",
    "munmap",
    "prctl",
    "rseq",
    "rt_sigprocmask",
    "sched_getaffinity",
    "set_robust_list",
    "set_tid_address",
    "sigaltstack",
];

/// One call, as it was made and as it ended.
#[derive(Debug)]
struct Call {
    thread: String,
    name: String,
    /// All of the line after the name.
    text: String,
}

/// A run, as strace saw it.
#[derive(Debug, Default)]
pub(crate) struct Trace {
    calls: Vec<Call>,
}

/// Whose call it was that failed first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Part {
    /// The dynamic loader's, the C library's or std's, before `main`.
    BeforeMain,
    /// One that sets up a thread or hands memory to the allocator.
    Runtime,
    /// pdu's.
    Program,
}

impl Trace {
    pub(crate) fn of(log: &str) -> Self {
        let mut begun: HashMap<String, (String, String)> = HashMap::new();
        let mut calls = Vec::new();
        for line in log.lines() {
            let Some((thread, rest)) = line.split_once(' ') else {
                continue;
            };
            let (thread, rest) = (thread.to_owned(), rest.trim_start());
            let resumed = rest.strip_prefix("<... ");
            let (name, text) = match resumed {
                Some(rest) => {
                    let (name, rest) = rest.split_once(" resumed>").unwrap_or((rest, ""));
                    let start = begun
                        .remove(&thread)
                        .map_or_else(String::new, |(_, text)| text);
                    (name, start + rest)
                }
                None => match rest.split_once('(') {
                    Some((name, rest)) => (name, rest.to_owned()),
                    None => continue,
                },
            };
            let name = name.to_owned();
            match text.strip_suffix("<unfinished ...>") {
                Some(start) => drop(begun.insert(thread, (name, start.to_owned()))),
                None => calls.push(Call { thread, name, text }),
            }
        }
        Self { calls }
    }

    /// How often each call was made by the thread that made it most.
    pub(crate) fn counts(&self) -> BTreeMap<String, usize> {
        let mut by_thread: BTreeMap<(&str, &str), usize> = BTreeMap::new();
        for call in &self.calls {
            *by_thread.entry((&call.name, &call.thread)).or_default() += 1;
        }
        let mut most = BTreeMap::new();
        for ((name, _), count) in by_thread {
            let before: &mut usize = most.entry(name.to_owned()).or_default();
            *before = count.max(*before);
        }
        most
    }

    fn injected(&self) -> impl Iterator<Item = (usize, &Call)> {
        let calls = self.calls.iter().enumerate();
        calls.filter(|(_, call)| call.text.contains("(INJECTED)"))
    }

    /// How many calls were made to fail.
    pub(crate) fn failed(&self) -> usize {
        self.injected().count()
    }

    /// True where what was to be written to standard error could not be.
    pub(crate) fn was_silenced(&self) -> bool {
        self.injected()
            .any(|(_, call)| call.name == "write" && call.text.starts_with('2'))
    }

    /// True where a call of this name, with this text in it, was made to fail.
    #[cfg(feature = "explore")]
    pub(crate) fn has_failed(&self, name: &str, text: &str) -> bool {
        self.injected()
            .any(|(_, call)| call.name == name && call.text.contains(text))
    }

    /// True where a thread that should have been woken was not.
    pub(crate) fn swallowed_a_wake(&self) -> bool {
        self.injected()
            .any(|(_, call)| call.name == "futex" && call.text.contains("FUTEX_WAKE"))
    }

    /// The first call of `main` is an ioctl, which checks whether standard output is a terminal.
    pub(crate) fn part(&self) -> Part {
        let asks = |call: &Call| call.name == "ioctl" && call.text.starts_with('1');
        let main = self.calls.iter().position(asks).unwrap_or(usize::MAX);
        match self.injected().next() {
            Some((first, _)) if first < main => Part::BeforeMain,
            Some((_, call)) if RUNTIME.contains(&call.name.as_str()) => Part::Runtime,
            _ => Part::Program,
        }
    }

    /// What vanished below `tree`, in the eyes of the program: each ENOENT that was put there.
    pub(crate) fn gone(&self, tree: &Path) -> Gone {
        let mut gone = Gone::default();
        let mut read = HashSet::new();
        for call in &self.calls {
            let Some(at) = directory(&call.text).filter(|at| at.starts_with(tree)) else {
                continue;
            };
            let vanished = call.text.contains("ENOENT") && call.text.contains("(INJECTED)");
            match call.name.as_str() {
                // Only before the first names of a directory have come is anything lost.
                "getdents64" if vanished && !read.contains(&at) => drop(gone.contents.insert(at)),
                "getdents64" => drop(read.insert(at)),
                "openat" | "statx" | "newfstatat" if vanished => {
                    let entry = name(&call.text).map(|name| at.join(name));
                    // With -x a directory is looked up by name first; it is opened whatever the result.
                    let stays = |entry: &PathBuf| call.name != "openat" && entry.is_dir();
                    gone.entries.extend(entry.filter(|entry| !stays(entry)));
                }
                _ => {}
            }
        }
        gone
    }
}

/// The path of the descriptor that is the first argument: `5</tmp/x/t>, ...`
fn directory(text: &str) -> Option<PathBuf> {
    let (number, rest) = text.split_once('<')?;
    let path = rest.split_once('>')?.0;
    let is_descriptor = number == "AT_FDCWD" || number.parse::<u32>().is_ok();
    is_descriptor.then(|| PathBuf::from(path))
}

/// The name that is the second argument, where there is one.
fn name(text: &str) -> Option<&str> {
    let rest = text.split_once(">, \"")?.1;
    let name = rest.split_once('"')?.0;
    (!name.is_empty()).then_some(name)
}
