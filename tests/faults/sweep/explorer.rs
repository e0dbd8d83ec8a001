//! The same for `--explore`: whatever call fails, the terminal is given back.

use std::collections::BTreeMap;
use std::fs;
use std::io::{Read, Write};
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::{ExitStatus, Stdio};
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};

use super::fixture::fixture;
use super::trace::{Part, Trace};
use super::{Case, can_inject, cases, pdu, sample};
use crate::support::process::kill_all;
use crate::support::run::{HANG_TIMEOUT, program};
use crate::support::screen::mistakes_left;
use crate::support::skip::{skip, thorough};
use crate::support::terminal::{DEFAULT_SIGNALS, pseudo_terminal, settings};

/// The end of a frame. The program is ended by a key after the first one.
const FRAME: &[u8] = b"\x1b[?2026l";

/// Ends the explorer, also where it asks, because the walk took long.
const QUIT: &[u8] = b"qy";

/// What came of a case.
struct End {
    /// None where it had to be killed.
    status: Option<ExitStatus>,
    /// All that was written to the terminal.
    seen: Vec<u8>,
    /// The terminal is set as before.
    is_set_as_before: bool,
    trace: Trace,
}

fn run(root: &Path, case: Option<&Case>, log: &Path) -> End {
    let (mut keys, terminal) = pseudo_terminal(80);
    let before = settings(&keys);
    let side = || Stdio::from(terminal.try_clone().expect("descriptors can be had"));
    let mut command = program("setsid", root);
    command.arg("--ctty").args(DEFAULT_SIGNALS).arg("strace");
    command.args(["-f", "-y", "--signal=none", "-o"]).arg(log);
    if let Some(Case { call, error, when }) = case {
        command.arg("--seccomp-bpf");
        command.args(["-e", &format!("trace={call},ioctl")]);
        command.args(["-e", &format!("inject={call}:error={error}:when={when}")]);
    }
    command.arg(pdu()).args(["-ij2", "t"]).env("TERM", "xterm");
    let command = command.stdin(side()).stdout(side()).stderr(side());
    let mut child = command.spawn().expect("setsid starts");
    let deadline = Instant::now() + HANG_TIMEOUT;
    let (mut seen, mut is_asked_to_end) = (Vec::new(), false);
    let status = loop {
        read_some(&mut keys, &mut seen);
        if !is_asked_to_end && seen.windows(FRAME.len()).any(|bytes| bytes == FRAME) {
            keys.write_all(QUIT).expect("the terminal takes keys");
            is_asked_to_end = true;
        }
        if let Some(status) = child.try_wait().expect("it is our child") {
            break Some(status);
        }
        if Instant::now() > deadline {
            kill_all(child.id());
            child.wait().expect("it is our child");
            break None;
        }
    };
    read_some(&mut keys, &mut seen);
    End {
        status,
        seen,
        is_set_as_before: settings(&keys) == before,
        trace: Trace::of(&fs::read_to_string(log).expect("it is ours")),
    }
}

/// Reads what there is, and waits a moment where there is nothing.
fn read_some(terminal: &mut fs::File, seen: &mut Vec<u8>) {
    let wait = Timespec::try_from(Duration::from_millis(5)).ok();
    let mut buffer = [0; 4096];
    loop {
        let mut ready = [PollFd::new(&*terminal, PollFlags::IN)];
        if poll(&mut ready, wait.as_ref()) != Ok(1) {
            return;
        }
        match terminal.read(&mut buffer) {
            Ok(count) if count > 0 => seen.extend_from_slice(&buffer[..count]),
            _ => return,
        }
    }
}

/// What is wrong about an end.
fn mistakes(end: &End) -> Vec<String> {
    let mut mistakes = Vec::new();
    let Some(status) = end.status else {
        return vec!["hangs".into()];
    };
    let text = String::from_utf8_lossy(&end.seen);
    let is_expected = match status.code() {
        Some(0) => true,
        Some(1) => {
            // What comes after the screen, if there was one.
            let after = text.rsplit("\x1b[?1049l").next().unwrap_or(&text);
            let name = pdu().rsplit('/').next().map(|name| format!("{name}: "));
            let is_told = name.is_some_and(|name| after.contains(&name));
            is_told && !after.contains("panicked at") || end.trace.was_silenced()
        }
        _ => false,
    };
    if !is_expected && end.trace.part() == Part::Program {
        let signal = status.signal();
        mistakes.push(format!("status {:?}, signal {signal:?}", status.code()));
    }
    // A call that gives the terminal back may be the one that fails each time.
    if !end.is_set_as_before && !end.trace.has_failed("ioctl", "TCSETS") {
        mistakes.push("the modes are not those before".into());
    }
    if !end.trace.has_failed("write", "pts") {
        mistakes.extend(mistakes_left(&end.seen));
    }
    mistakes
}

#[test]
fn whatever_call_fails_the_terminal_is_given_back() {
    if let Err(why) = can_inject() {
        return skip(format_args!("strace cannot make calls fail here: {why}"));
    }
    let tree = fixture();
    let root = tree.root().canonicalize().expect("it is there");
    let log = root.join("explorer");
    let clean = run(&root, None, &log);
    assert!(clean.status.is_some_and(|status| status.success()));
    assert_eq!(mistakes(&clean), Vec::<String>::new());
    let mut counts: BTreeMap<_, _> = clean.trace.counts();
    // Without a wake, a thread sleeps on.
    counts.remove("futex");
    let mut cases = cases(&counts);
    if !thorough() {
        cases = sample(cases);
    }
    let (mut reached, mut wrong) = (0, Vec::new());
    for case in &cases {
        let end = run(&root, Some(case), &log);
        reached += usize::from(end.trace.failed() > 0);
        let mistakes = mistakes(&end);
        if !mistakes.is_empty() {
            let Case { call, error, when } = case;
            let text = String::from_utf8_lossy(&end.seen);
            let last = text.lines().last().unwrap_or_default();
            let what = format!("-i {call}:{error}:{when}: {mistakes:?}: {last:?}");
            eprintln!("wrong: {what}");
            wrong.push(what);
        }
    }
    eprintln!("-i: {reached} of {} calls failed", cases.len());
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(reached >= cases.len() / 2, "only {reached} calls failed");
}
