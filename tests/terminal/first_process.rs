//! pdu as process 1 of a PID namespace, where the kernel delivers no signal whose action is the default: each ending has
//! its status, and none is a crash.

use std::fs::File;
use std::io::{Read, pipe};
use std::process::{Command, Stdio};

use crate::support::process::{catches, child_of};
use crate::support::run::{Answer, PDU, program, run, shell, wait_until};
use crate::support::sandbox::Sandbox;
use crate::support::skip::works;
use crate::support::terminal::{
    DEFAULT_SIGNALS, Streams, Terminal, can_slow_down, forest, repeated_operand, slow,
};
use crate::support::tree::Tree;
use rustix::process::{Pid, Signal, kill_process};

/// Runs the program that follows as process 1.
const NAMESPACE: &str = "unshare --pid --fork";

/// Every signal that ends a process and has a status of its own, with its number.
const SIGNALS: [(Signal, i32); 9] = [
    (Signal::INT, 2),
    (Signal::TERM, 15),
    (Signal::HUP, 1),
    (Signal::QUIT, 3),
    (Signal::ABORT, 6),
    (Signal::USR1, 10),
    (Signal::USR2, 12),
    (Signal::ALARM, 14),
    (Signal::XCPU, 24),
];

fn has_namespaces() -> bool {
    works(&format!("{NAMESPACE} true"))
}

/// These words as process 1, in a tree.
fn first(tree: &Tree, before: &str, words: &[impl AsRef<str>]) -> Command {
    let [env, option] = DEFAULT_SIGNALS;
    let mut command = program(env, tree.root());
    command.arg(option).args(before.split_whitespace());
    command.args(NAMESPACE.split(' '));
    command.args(words.iter().map(AsRef::as_ref));
    command
}

/// pdu as process 1, with words before `unshare`.
fn pdu_after(tree: &Tree, before: &str, words: &str) -> Command {
    let words: Vec<&str> = [PDU].into_iter().chain(words.split(' ')).collect();
    first(tree, before, &words)
}

// ---------------------------------------------------------------- endings without a signal

/// Standard output.
#[derive(Debug, Clone, Copy)]
enum Stdout {
    Pipe,
    NoReader,
    Full,
}

fn end(mut command: Command, stdout: Stdout) -> Answer {
    let no_reader = || pipe().expect("descriptors can be had").1;
    command.stderr(Stdio::piped());
    match stdout {
        Stdout::Pipe => command.stdout(Stdio::piped()),
        Stdout::NoReader => command.stdout(no_reader()),
        Stdout::Full => command.stdout(File::create("/dev/full").expect("it is there")),
    };
    let what = format!("{command:?}");
    Answer::of(command.spawn().expect("it starts"), &what)
}

#[track_caller]
fn check(answer: &Answer, status: i32, message: &str) {
    assert_eq!(answer.status.code(), Some(status), "{answer:?}");
    match message {
        "" => assert_eq!(answer.errors, "", "{answer:?}"),
        _ => assert_eq!(answer.errors.matches(message).count(), 1, "{answer:?}"),
    }
}

#[test]
fn each_ending_of_process_1_has_its_status() {
    if !has_namespaces() {
        return;
    }
    let tree = repeated_operand(2_000);
    let (broken, full) = ("write error: Broken pipe", "write error: No space left");
    for (words, stdout, status, message) in [
        ("-s .", Stdout::Pipe, 0, ""),
        ("--files0-from=list -l", Stdout::Pipe, 0, ""),
        ("-s missing", Stdout::Pipe, 1, "cannot access 'missing'"),
        ("--no-such-option", Stdout::Pipe, 1, "unrecognized option"),
        ("-d=x", Stdout::Pipe, 1, "invalid maximum depth"),
        ("--help", Stdout::Pipe, 0, ""),
        ("--help", Stdout::NoReader, 1, broken),
        ("--version", Stdout::NoReader, 1, broken),
        ("-s .", Stdout::NoReader, 1, broken),
        ("-a .", Stdout::NoReader, 1, broken),
        ("--files0-from=list -l", Stdout::NoReader, 1, broken),
        ("--files0-from=list -lv", Stdout::NoReader, 1, broken),
        ("--format=json .", Stdout::NoReader, 1, broken),
        ("--format=csv .", Stdout::NoReader, 1, broken),
        ("--format=ncdu .", Stdout::NoReader, 1, broken),
        ("--tree .", Stdout::NoReader, 1, broken),
        ("--by=ext .", Stdout::NoReader, 1, broken),
        ("--sort=size .", Stdout::NoReader, 1, broken),
        ("-s .", Stdout::Full, 1, full),
        ("--help", Stdout::Full, 1, full),
    ] {
        for threads in ["-j1", "-j20"] {
            let answer = end(pdu_after(&tree, "", &format!("{threads} {words}")), stdout);
            check(&answer, status, message);
        }
    }
}

#[test]
fn process_1_ends_with_a_message_where_its_own_streams_and_files_fail() {
    if !has_namespaces() {
        return;
    }
    let tree = Tree::of("t/d/f 5");
    for (script, status, message) in [
        (
            "exec $first -s t >&-",
            1,
            "write error: Bad file descriptor",
        ),
        ("exec $first -s t 2>&-", 0, ""),
        ("exec $first -s missing 2>/dev/full", 1, ""),
        // A file that may not grow: another process dies of SIGXFSZ.
        (
            "exec prlimit --fsize=1 $first -a -o report t",
            1,
            "File too large",
        ),
        (
            "exec prlimit --fsize=1 $first -a t >report",
            1,
            "write error: File too large",
        ),
    ] {
        let script = script.replace("$first", &format!("{NAMESPACE} $pdu"));
        check(&run(shell(tree.root(), &script)), status, message);
    }
}

#[test]
fn process_1_has_the_status_of_a_child_that_walks_for_it() {
    if !has_namespaces() {
        return;
    }
    // A mounted server makes pdu fork where the tree is not small.
    let Some(_bystander) = Sandbox::fuse(vec![]) else {
        return;
    };
    each_ending_of_process_1_has_its_status();
    each_signal_ends_process_1_with_its_status_at_any_moment();
}

// ---------------------------------------------------------------- endings by a signal

/// A moment at which process 1 waits for another process.
#[derive(Debug, Clone, Copy)]
enum Moment {
    ReadsOperands,
    ReadsExport,
    ReadsPatterns,
    Writes,
}

const MOMENTS: [(Moment, &str); 4] = [
    (Moment::ReadsOperands, "--files0-from=-"),
    (Moment::ReadsExport, "--from=-"),
    (Moment::ReadsPatterns, "-X-"),
    (Moment::Writes, "-l --files0-from=list"),
];

/// Sends signals to process 1 at a moment.
fn cancel(
    tree: &Tree,
    (moment, words): (Moment, &str),
    before: &str,
    signals: &[Signal],
) -> Answer {
    let mut command = pdu_after(tree, before, words);
    command.stdin(Stdio::piped()).stderr(Stdio::piped());
    let (mut reader, writer) = pipe().expect("descriptors can be had");
    let mut unshare = command.stdout(writer).spawn().expect("it starts");
    drop(command);
    let _input = unshare.stdin.take();
    let process = first_of(unshare.id());
    if let Moment::Writes = moment {
        reader.read_exact(&mut [0; 1]).expect("pdu writes");
    }
    for &signal in signals {
        // Process 1 may have ended before the last one.
        let _ = kill_process(process, signal);
    }
    Answer::of(unshare, &format!("{moment:?}, {signals:?}"))
}

/// Process 1, the child of unshare, once it has a handler for SIGHUP, as only pdu has.
fn first_of(unshare: u32) -> Pid {
    let mut found = None;
    wait_until("process 1", || {
        found = child_of(unshare).filter(|&pid| catches(pid, Signal::HUP));
        found.is_some()
    });
    let number = found.and_then(|pid| i32::try_from(pid).ok());
    number.and_then(Pid::from_raw).expect("a number")
}

#[test]
fn each_signal_ends_process_1_with_its_status_at_any_moment() {
    if !has_namespaces() {
        return;
    }
    let tree = repeated_operand(20_000);
    for (signal, number) in SIGNALS {
        for moment in MOMENTS {
            let answer = cancel(&tree, moment, "", &[signal]);
            let status = answer.status.code();
            assert_eq!(status, Some(128 + number), "{moment:?}: {answer:?}");
        }
    }
    for (signal, number) in [(Signal::INT, 2), (Signal::TERM, 15), (Signal::HUP, 1)] {
        let answer = cancel(&tree, MOMENTS[3], "", &[signal, signal]);
        assert_eq!(answer.status.code(), Some(128 + number), "{answer:?}");
    }
}

#[test]
fn a_signal_that_is_ignored_does_not_end_process_1() {
    if !has_namespaces() {
        return;
    }
    let tree = repeated_operand(20_000);
    for moment in MOMENTS {
        let ignored = "env --ignore-signal=INT,QUIT,PIPE";
        let signals = [Signal::INT, Signal::QUIT, Signal::PIPE, Signal::TERM];
        let answer = cancel(&tree, moment, ignored, &signals);
        assert_eq!(answer.status.code(), Some(143), "{moment:?}: {answer:?}");
    }
}

#[test]
fn keys_and_signals_amid_a_walk_cancel_process_1() {
    if !has_namespaces() || !can_slow_down() {
        return;
    }
    let tree = forest(40);
    let words = format!("{NAMESPACE} setsid --ctty");
    let words = words.split(' ').map(str::to_owned);
    let words: Vec<String> = words.chain(slow(100, "-vj2 t")).collect();
    let start = || {
        let mut terminal = Terminal::start(&tree, 80, Streams::All, &words);
        terminal.wait_for_frames(1);
        terminal
    };
    let check = |terminal: Terminal, status: i32| {
        let end = terminal.end();
        assert_eq!(end.status.code(), Some(status), "{:?}", end.raw);
        assert_eq!(end.raw.matches("incomplete").count(), 1, "{:?}", end.raw);
    };
    for key in [b"\n", b"\x03"] {
        let mut terminal = start();
        terminal.press(key);
        check(terminal, 130);
    }
    for (signal, status) in [(Signal::INT, 130), (Signal::TERM, 143), (Signal::HUP, 129)] {
        let terminal = start();
        kill_process(first_of(terminal.child.id()), signal).expect("it runs");
        check(terminal, status);
    }
}

#[test]
fn process_1_in_the_background_writes_to_a_terminal_that_stops_other_processes() {
    if !has_namespaces() {
        return;
    }
    let tree = Tree::of("t/f 5");
    // bash -m has a process group for each job; with `tostop` the kernel stops a job in the background when it writes.
    let script = format!("stty tostop; {NAMESPACE} --kill-child $pdu -b t & wait $!");
    let terminal = Terminal::start(&tree, 80, Streams::All, &["bash", "-mc", &script]);
    let end = terminal.end();
    assert!(end.raw.contains("5\tt\r\n"), "{:?}", end.raw);
}

// ---------------------------------------------------------------- beside process 1

#[test]
fn a_child_of_process_1_dies_of_signals_as_elsewhere() {
    if !has_namespaces() {
        return;
    }
    let tree = repeated_operand(2_000);
    let inside = |script: &str| {
        let mut command = first(&tree, "", &["bash", "-c", script]);
        run({
            command.env("pdu", PDU);
            command
        })
    };
    // bash names the signal that has ended a child, and no exit status.
    for (signal, shown) in [("TERM", "Terminated"), ("HUP", "Hangup")] {
        let script = "mkfifo fifo; { exec 3>fifo; kill -SIGNAL $(<pid); \
                      while kill -0 $(<pid) 2>&-; do sleep 0.1; done; } & \
                      bash -c 'echo $$ >pid; exec \"$pdu\" --from=fifo'; rm fifo";
        let answer = inside(&script.replace("SIGNAL", signal));
        assert!(answer.errors.contains(shown), "{answer:?}");
    }
    let answer = inside("\"$pdu\" -l --files0-from=list | :; echo ${PIPESTATUS[0]}");
    assert_eq!((&*answer.out, &*answer.errors), ("141\n", ""));
}
