//! Skipping a test that cannot run, and the long forms of tests.
//!
//! A test that cannot run here calls [`skip`] and returns. `.ci/run` counts the tests whose names stand in such lines.

use std::fmt::Display;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::gnu_du::find_on_path;

/// Writes the line `skipped: TEST: WHY`.
///
/// It goes to the standard error of the process, not through the macros: the test harness keeps their output to itself
/// where a test passes, and a skipped test passes.
pub(crate) fn skip(why: impl Display) {
    let thread = std::thread::current();
    let line = format!("skipped: {}: {why}\n", thread.name().unwrap_or("?"));
    // One write, so that the lines of two tests do not mix.
    let _ = std::io::stderr().write_all(line.as_bytes());
}

/// Whether tests run in their long form: `PDU_THOROUGH` is set, and neither empty nor `0`.
pub(crate) fn thorough() -> bool {
    std::env::var_os("PDU_THOROUGH").is_some_and(|value| !value.is_empty() && value != "0")
}

/// Whether tests run in their long form; skips if not. For a test that has no short form.
pub(crate) fn is_long_form() -> bool {
    let long = thorough();
    if !long {
        skip("it has a long form only (PDU_THOROUGH=1)");
    }
    long
}

/// The usual number, or the one of the long form.
pub(crate) fn size(usual: usize, long: usize) -> usize {
    if thorough() { long } else { usual }
}

/// Whether the tests run as root; skips if not.
pub(crate) fn is_root(what: &str) -> bool {
    let root = rustix::process::getuid().is_root();
    if !root {
        skip(format_args!("{what} needs root"));
    }
    root
}

/// A program of this name, in the directories of the system or on `PATH`; skips where there is none.
pub(crate) fn tool(name: &str) -> Option<PathBuf> {
    let places = ["/usr/sbin", "/sbin", "/usr/bin", "/bin"];
    let found = places
        .iter()
        .map(|place| Path::new(place).join(name))
        .find(|path| path.is_file())
        .or_else(|| find_on_path(name));
    if found.is_none() {
        skip(format_args!("{name} is missing"));
    }
    found
}

/// Whether a command succeeds here; skips where it does not.
pub(crate) fn works(command: &str) -> bool {
    let works = succeeds(command);
    if !works {
        skip(format_args!("`{command}` does not work here"));
    }
    works
}

/// Whether a command succeeds here.
pub(crate) fn succeeds(command: &str) -> bool {
    let mut words = command.split(' ');
    let mut command = Command::new(words.next().unwrap_or_default());
    command.args(words).stdin(Stdio::null());
    command.stdout(Stdio::null()).stderr(Stdio::null());
    command.status().is_ok_and(|status| status.success())
}
