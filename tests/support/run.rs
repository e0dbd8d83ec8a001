//! Programs that tests run: one environment for all, one command builder, one answer.
//!
//! ```text
//! run(pdu(tree.root(), "-j1 -s ."))            // -> Answer, or a failed test after HANG_TIMEOUT
//! run(shell(tree.root(), "$pdu -s . >list"))
//! ```

use std::ffi::OsStr;
use std::io::{self, Write};
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Output, Stdio};
use std::time::Duration;

use super::process::kill_all;
use super::skip::tool;
use super::tree::word;

/// The program under test.
pub(crate) const PDU: &str = env!("CARGO_BIN_EXE_pdu");

/// More time than any run takes on the slowest machine, shared with others: a program that takes more hangs. No test
/// depends on speed otherwise, unless its documentation names it.
pub(crate) const HANG_TIMEOUT: Duration = Duration::from_secs(180);

/// `PATH` of every program that a test runs.
const PATH: &str = "/usr/bin:/bin:/usr/sbin:/sbin:/usr/local/bin";

/// A program in a directory, with nothing of this machine's environment and no standard input.
pub(crate) fn program(program: impl AsRef<OsStr>, at: &Path) -> Command {
    let mut command = Command::new(program);
    command.current_dir(at).env_clear();
    command
        .env("LC_ALL", "C")
        .env("TZ", "UTC0")
        .env("PATH", PATH);
    command.stdin(Stdio::null());
    command
}

/// A du, pdu or GNU's, under the name `pdu`. The words are separated by white space and spelled as in a tree literal
/// ([`word`]).
pub(crate) fn du(path: impl AsRef<OsStr>, at: &Path, words: &str) -> Command {
    let mut command = program(path, at);
    command.arg0("pdu");
    command.args(words.split_whitespace().map(word));
    command
}

/// The program under test.
pub(crate) fn pdu(at: &Path, words: &str) -> Command {
    du(PDU, at, words)
}

/// A du that may not read everything, also where the tests run as root; skips where there is no way to have one. In
/// messages, GNU du has the name `./pdu` there.
pub(crate) fn unprivileged(program: &Path, at: &Path) -> Option<Command> {
    if !rustix::process::getuid().is_root() {
        return Some(du(program, at, ""));
    }
    let setpriv = tool("setpriv")?;
    // Where the program was built, others may not be able to go.
    copy_program(program, &at.join("pdu"));
    let user = "--reuid=65534 --regid=65534 --clear-groups ./pdu";
    Some(du(setpriv, at, user))
}

/// A script of bash, in which `$pdu` is the program under test.
pub(crate) fn shell(at: &Path, script: &str) -> Command {
    let mut command = program("/bin/bash", at);
    command.args(["-c", script]).env("pdu", PDU);
    command
}

/// Runs a command to its end and takes what it writes.
#[track_caller]
pub(crate) fn run(command: Command) -> Answer {
    Answer::from(output(command))
}

/// The same, as bytes.
#[track_caller]
pub(crate) fn output(mut command: Command) -> Output {
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    let what = format!("{command:?}");
    output_of(command.spawn().expect("the program starts"), &what)
}

/// The same, with this standard input.
#[track_caller]
pub(crate) fn output_with(mut command: Command, input: &[u8]) -> Output {
    command.stdin(Stdio::piped());
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    let what = format!("{command:?}");
    let mut child = command.spawn().expect("the program starts");
    let (mut pipe, input) = (child.stdin.take().expect("it is a pipe"), input.to_vec());
    // A program that does not read its input may end before all is written.
    std::thread::spawn(move || pipe.write_all(&input));
    output_of(child, &what)
}

/// Waits for the end of a program and of its pipes; after [`HANG_TIMEOUT`] kills it, with all that it has started, and fails
/// the test.
#[track_caller]
pub(crate) fn output_of(child: Child, what: &str) -> Output {
    let pid = child.id();
    let (give, take) = std::sync::mpsc::channel();
    std::thread::spawn(move || give.send(child.wait_with_output()));
    let output: io::Result<Output> = take.recv_timeout(HANG_TIMEOUT).unwrap_or_else(|_| {
        kill_all(pid);
        panic!("it hangs: {what}");
    });
    output.expect("its output can be read")
}

/// The standard output of a command that must succeed and write no message.
#[track_caller]
pub(crate) fn stdout(command: Command) -> String {
    let what = format!("{command:?}");
    let answer = run(command);
    assert!(
        answer.status.success() && answer.errors.is_empty(),
        "{what}: {answer:?}"
    );
    answer.out
}

/// What a program wrote, and how it ended.
#[derive(Debug, PartialEq)]
pub(crate) struct Answer {
    pub(crate) out: String,
    pub(crate) errors: String,
    pub(crate) status: ExitStatus,
}

impl Answer {
    /// The answer of a program that was started; see [`output_of`].
    #[track_caller]
    pub(crate) fn of(child: Child, what: &str) -> Self {
        Self::from(output_of(child, what))
    }

    /// The number in the line of `path`.
    #[track_caller]
    pub(crate) fn number(&self, path: &str) -> u128 {
        let line = self.out.lines().find_map(|line| line.strip_suffix(path));
        let number = line.and_then(|line| line.trim().parse().ok());
        number.unwrap_or_else(|| panic!("no line for {path} in {:?}: {}", self.out, self.errors))
    }

    /// Fails where the program died of a signal or a panic, or ended with a status that no du has.
    #[track_caller]
    pub(crate) fn is_sane(&self) {
        assert!(self.status.signal().is_none(), "died: {self:?}");
        assert!(matches!(self.status.code(), Some(0 | 1)), "{self:?}");
        assert!(!self.errors.contains("panicked"), "{self:?}");
        assert!(!self.errors.contains("internal error"), "{self:?}");
    }
}

impl From<Output> for Answer {
    fn from(output: Output) -> Self {
        Self {
            out: text(&output.stdout),
            errors: text(&output.stderr),
            status: output.status,
        }
    }
}

/// Copies a program or script that the test runs afterwards, for every user.
///
/// By another process: a descriptor that this one has open for writing is also open, for a moment, in each program that
/// another test starts meanwhile, and the kernel refuses to run a file that is open for writing (ETXTBSY).
#[track_caller]
pub(crate) fn copy_program(from: &Path, to: &Path) {
    let mut install = Command::new("install");
    must(install.args(["-m", "755"]).arg(from).arg(to));
}

/// Runs a tool that must succeed; gives its standard output.
#[track_caller]
pub(crate) fn must(command: &mut Command) -> String {
    let output = command.output().expect("the tool starts");
    assert!(
        output.status.success(),
        "{command:?}: {}",
        text(&output.stderr)
    );
    text(&output.stdout)
}

/// The lines of a text, sorted.
pub(crate) fn lines(text: &str) -> Vec<&str> {
    let mut lines: Vec<&str> = text.lines().collect();
    lines.sort_unstable();
    lines
}

/// Bytes as text; those that are not UTF-8 become U+FFFD.
pub(crate) fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// Checks a condition every 5 ms; fails the test when it does not hold after [`HANG_TIMEOUT`].
#[track_caller]
pub(crate) fn wait_until(what: &str, is_so: impl FnMut() -> bool) {
    assert!(holds_within(HANG_TIMEOUT, is_so), "it never came: {what}");
}

/// Checks a condition every 5 ms, for at most so long; gives whether it came to hold.
pub(crate) fn holds_within(time: Duration, mut is_so: impl FnMut() -> bool) -> bool {
    let (end, ticks) = (
        crossbeam_channel::after(time),
        crossbeam_channel::tick(Duration::from_millis(5)),
    );
    loop {
        if is_so() {
            return true;
        }
        crossbeam_channel::select! {
            recv(end) -> _ => return false,
            recv(ticks) -> _ => {}
        }
    }
}

/// Lets time pass.
pub(crate) fn pause(time: Duration) {
    holds_within(time, || false);
}
