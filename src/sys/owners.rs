//! The names of users and groups, from the system's database.
//!
//! A program that is linked statically cannot load the modules of that database (LDAP, NIS, sssd), so it runs `getent`,
//! once for all numbers. After five seconds without an answer (a dead server) it reads `/etc/passwd` or `/etc/group`
//! instead. A number without a name stays a number. Nothing here is an error.
//!
//! A name is UTF-8 of 1 to 256 bytes; others are ignored.

use std::collections::HashMap;
use std::ffi::OsStr;
use std::io::{ErrorKind, Read};
use std::os::fd::AsFd;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;

use crate::sys::retry::{open, read_all};

/// Names by number.
pub type OwnerNames = HashMap<u32, String>;

/// How long the database may take.
const TIMEOUT: Duration = Duration::from_secs(5);

/// The same for a cancelled run.
const TIMEOUT_CANCELLED: Duration = Duration::from_millis(100);

/// At most this much is read of an answer, or of a file. Both hold the members of groups too.
const MOST_BYTES: usize = 16 * 1024 * 1024;

/// Numbers for one `getent`: a command line always holds that many.
const MOST_NUMBERS: usize = 4096;

/// Bytes of the longest name.
const LONGEST: usize = 256;

/// Searched after `PATH`, which services and cron jobs may lack: the value of `getconf PATH`.
const DEFAULT_PATH: &str = "/bin:/usr/bin";

/// A database of names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Database {
    /// Those of users.
    Users,
    /// Those of groups.
    Groups,
}

impl Database {
    fn getent_name(self) -> &'static str {
        match self {
            Self::Users => "passwd",
            Self::Groups => "group",
        }
    }

    fn file(self) -> &'static str {
        match self {
            Self::Users => "/etc/passwd",
            Self::Groups => "/etc/group",
        }
    }
}

/// The names of the numbers that have one. `is_cancelled` shortens the timeout.
#[must_use]
pub fn names(database: Database, numbers: &[u32], is_cancelled: bool) -> OwnerNames {
    let deadline = Instant::now()
        + if is_cancelled {
            TIMEOUT_CANCELLED
        } else {
            TIMEOUT
        };
    let mut names = OwnerNames::new();
    let path = std::env::var_os("PATH").unwrap_or_default();
    if let Some(program) = getent(&path).or_else(|| getent(DEFAULT_PATH.as_ref())) {
        for numbers in numbers.chunks(MOST_NUMBERS) {
            let answer = run_getent(&program, database, numbers, deadline);
            parse(&answer, numbers, &mut names);
        }
    }
    if names.len() < numbers.len() {
        parse(&read(database.file()), numbers, &mut names);
    }
    names
}

/// The program, in an absolute directory of `PATH`.
fn getent(path: &OsStr) -> Option<PathBuf> {
    std::env::split_paths(path)
        .filter(|directory| directory.is_absolute())
        .map(|directory| directory.join("getent"))
        .find(|program| rustix::fs::access(program, rustix::fs::Access::EXEC_OK).is_ok())
}

/// The answer of `getent`, as far as it comes in time. Its status does not matter: it fails where any number has no name.
fn run_getent(program: &Path, database: Database, numbers: &[u32], deadline: Instant) -> Vec<u8> {
    let child = Command::new(program)
        .arg(database.getent_name())
        .args(numbers.iter().map(u32::to_string))
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn();
    let Ok(mut child) = child else {
        return Vec::new();
    };
    let mut answer = Vec::new();
    if let Some(mut pipe) = child.stdout.take() {
        let mut buffer = [0; 4096];
        while answer.len() < MOST_BYTES && is_ready(&pipe, deadline) {
            match pipe.read(&mut buffer) {
                Ok(length @ 1..) => answer.extend_from_slice(buffer.get(..length).unwrap_or(&[])),
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                _ => break,
            }
        }
    }
    // The answer is complete, too long or too late. A process that does not end by SIGKILL is not waited for.
    let _ = child.kill();
    let _ = child.try_wait();
    answer
}

/// Whether there is something to read before the deadline.
fn is_ready(pipe: &impl AsFd, deadline: Instant) -> bool {
    loop {
        let left = deadline.saturating_duration_since(Instant::now());
        let mut ready = [PollFd::new(pipe, PollFlags::IN)];
        match poll(&mut ready, Timespec::try_from(left).ok().as_ref()) {
            Err(Errno::INTR) => {}
            polled => return polled.is_ok_and(|count| count > 0),
        }
    }
}

fn read(file: &str) -> Vec<u8> {
    let mut text = Vec::new();
    if let Ok(file) = open(file.as_ref()) {
        let most = u64::try_from(MOST_BYTES).unwrap_or(u64::MAX);
        let _ = read_all(file.take(most), &mut text);
    }
    text
}

/// Parses `name:password:number:...` lines; the first name of a number is its name. A line that ends before the third
/// colon was cut off, and its number may be too.
fn parse(text: &[u8], numbers: &[u32], names: &mut OwnerNames) {
    for line in text.split(|&byte| byte == b'\n') {
        let mut fields = line.splitn(4, |&byte| byte == b':');
        let (Some(name), Some(_), Some(number), Some(_)) =
            (fields.next(), fields.next(), fields.next(), fields.next())
        else {
            continue;
        };
        let (Ok(name), Ok(number)) = (str::from_utf8(name), str::from_utf8(number)) else {
            continue;
        };
        if let Ok(number) = number.parse()
            && numbers.binary_search(&number).is_ok()
            && (1..=LONGEST).contains(&name.len())
        {
            names.entry(number).or_insert_with(|| name.to_owned());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_of_the_database_are_taken_and_others_are_not() {
        let long = "x".repeat(LONGEST + 1);
        let text = format!(
            "root:x:0:0:root:/root:/bin/sh\n\
             other:x:0:0\n\
             not asked:x:7:7\n\
             group:x:5:a,b,c\n\
             :x:1:no name\n\
             minus:x:-2:0\n\
             plus:x:99999999999:0\n\
             garbage\n\
             \u{e9}\u{1b}:x:2:0\n\
             {long}:x:3:0\n\
             cut:x:4"
        );
        let mut bytes = text.into_bytes();
        bytes.extend_from_slice(b"\n\xff:x:6:0\n");
        let mut names = OwnerNames::new();
        parse(&bytes, &[0, 1, 2, 3, 4, 5, 6, 8], &mut names);
        let mut names: Vec<_> = names.into_iter().collect();
        names.sort_unstable();
        let expected = [(0, "root"), (2, "\u{e9}\u{1b}"), (5, "group")];
        assert_eq!(
            names,
            expected.map(|(number, name)| (number, name.to_owned()))
        );
    }
}
