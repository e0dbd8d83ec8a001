//! Runs a program and records its status, stdout and stderr, or that it did not end.

use super::command::{Command, Input, SIDE};
use std::ffi::OsStr;
use std::fs::File;
use std::io::{Read, Write};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

/// A program under comparison.
#[derive(Debug, Clone)]
pub(crate) struct Program {
    pub(crate) path: PathBuf,
    /// GNU du knows no `-j`.
    pub(crate) takes_jobs: bool,
}

/// Where a command runs.
#[derive(Debug, Clone)]
pub(crate) struct Place {
    /// The root of the tree.
    pub(crate) root: PathBuf,
    /// A directory beside it for side files.
    pub(crate) side: PathBuf,
    /// `setpriv`, where we are root and another user can reach the tree.
    pub(crate) setpriv: Option<PathBuf>,
}

/// How a program ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Termination {
    Exit(i32),
    Signal(i32),
    TimedOut,
}

/// The result of a run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Outcome {
    pub(crate) termination: Termination,
    pub(crate) stdout: Vec<u8>,
    /// With the program's name made `du`.
    pub(crate) stderr: Vec<u8>,
}

/// More than any run needs on a busy machine.
const TIME_LIMIT: Duration = Duration::from_secs(60);

/// Runs `program` as `command` says.
pub(crate) fn run(program: &Program, command: &Command, place: &Place) -> std::io::Result<Outcome> {
    if let Some(side) = &command.side {
        std::fs::write(place.side.join("side"), side)?;
    }
    let mut process = process(program, command, place);
    process.stdin(match &command.input {
        Input::Null => Stdio::null(),
        Input::Pipe(_) => Stdio::piped(),
        Input::File(bytes) => {
            let path = place.side.join("stdin");
            std::fs::write(&path, bytes)?;
            File::open(path)?.into()
        }
    });
    let mut child = process
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()?;
    if let (Input::Pipe(bytes), Some(mut pipe)) = (&command.input, child.stdin.take()) {
        // A program that refuses the command line does not read: a broken pipe is no failure.
        let _ = pipe.write_all(bytes);
    }
    watch(child).map(|(termination, stdout, stderr)| Outcome {
        termination,
        stdout,
        stderr: normalise(&stderr, &program.path),
    })
}

fn process(program: &Program, command: &Command, place: &Place) -> std::process::Command {
    let mut process = match place.setpriv.as_ref().filter(|_| command.nobody) {
        Some(setpriv) => {
            let mut process = std::process::Command::new(setpriv);
            process.args(["--reuid", "65534", "--regid", "65534", "--clear-groups"]);
            process.arg("--").arg(&program.path);
            process
        }
        None => std::process::Command::new(&program.path),
    };
    if program.takes_jobs {
        process.arg(format!("-j{}", command.jobs));
    }
    let side = place.side.join("side");
    for word in command.words() {
        process.arg(OsStr::from_bytes(&fill_in(
            word,
            side.as_os_str().as_bytes(),
        )));
    }
    process.env_clear();
    for (name, value) in &command.env {
        process.env(name, OsStr::from_bytes(value));
    }
    process.current_dir(place.root.join(OsStr::from_bytes(&command.within)));
    process
}

/// Replaces the placeholder in a word by the side file's path.
pub(crate) fn fill_in(word: &[u8], side: &[u8]) -> Vec<u8> {
    match word.windows(SIDE.len()).position(|window| window == SIDE) {
        Some(at) => [&word[..at], side, &word[at + SIDE.len()..]].concat(),
        None => word.to_vec(),
    }
}

/// Reads both streams to their end, then the status; kills a child that takes too long.
fn watch(mut child: Child) -> std::io::Result<(Termination, Vec<u8>, Vec<u8>)> {
    let stdout = child.stdout.take().map(drain);
    let stderr = child.stderr.take().map(drain);
    let mut texts = Vec::new();
    for stream in [&stdout, &stderr].into_iter().flatten() {
        match stream.recv_timeout(TIME_LIMIT) {
            Ok(text) => texts.push(text),
            Err(_) => {
                child.kill()?;
                child.wait()?;
                return Ok((Termination::TimedOut, Vec::new(), Vec::new()));
            }
        }
    }
    let status = child.wait()?;
    let termination = match (status.code(), status.signal()) {
        (Some(code), _) => Termination::Exit(code),
        (None, signal) => Termination::Signal(signal.unwrap_or_default()),
    };
    let stderr = texts.pop().unwrap_or_default();
    Ok((termination, texts.pop().unwrap_or_default(), stderr))
}

/// Reads a stream in a thread, so that no full pipe blocks the child.
fn drain(mut stream: impl Read + Send + 'static) -> Receiver<Vec<u8>> {
    let (sender, receiver) = channel();
    std::thread::spawn(move || {
        let mut text = Vec::new();
        let _ = stream.read_to_end(&mut text);
        // The receiver is gone when the child was killed.
        let _ = sender.send(text);
    });
    receiver
}

/// Makes the program's own name `du`, at the start of lines and in "Try '… --help'".
fn normalise(stderr: &[u8], program: &Path) -> Vec<u8> {
    let full = program.as_os_str().as_bytes();
    let short = program.file_name().map_or(full, OsStr::as_bytes);
    // getopt says argv[0], everything else only its last part.
    let names = [full, short, b"pdu"];
    let lines = stderr.split_inclusive(|&byte| byte == b'\n');
    let renamed = lines.map(|line| {
        let swap = |start: &[u8], end: &[u8], new: &[u8]| {
            names.iter().find_map(|name| {
                let rest = line.strip_prefix(start)?.strip_prefix(*name)?;
                rest.starts_with(end).then(|| [new, rest].concat())
            })
        };
        swap(b"", b": ", b"du")
            .or_else(|| swap(b"Try '", b" --help'", b"Try 'du"))
            .unwrap_or_else(|| line.to_vec())
    });
    renamed.collect::<Vec<_>>().concat()
}

/// Whether another user can run this program and stand in this directory.
pub(crate) fn reachable(setpriv: &Path, program: &Path, dir: &Path) -> bool {
    std::process::Command::new(setpriv)
        .args([
            "--reuid",
            "65534",
            "--regid",
            "65534",
            "--clear-groups",
            "--",
        ])
        .arg(program)
        .arg("-s")
        .arg(dir.join("reachable"))
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success())
}
