//! Lists of operands (`--files0-from`) as streams: slow, endless, broken, with errors between the names.

use std::io::{BufRead, BufReader, Write};
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::{Child, Stdio};
use std::sync::mpsc::{Receiver, channel};

use crate::streams::{answer, small};
use crate::support::gnu_du::GnuDu;
use crate::support::process::{catches, peak_kib, worker_of};
use crate::support::run::{self, Answer, HANG_TIMEOUT, PDU, pdu, wait_until};
use crate::support::skip::{size, works};
use crate::support::terminal;
use crate::support::tree::Tree;
use rustix::process::{Pid, Signal, kill_process};

const WALKERS: [&str; 3] = ["-j1", "-j2", "-j20"];

/// A program that reads its list from a pipe; its lines as they come.
struct Fed {
    child: Child,
    lines: Receiver<String>,
}

impl Fed {
    fn start(mut command: std::process::Command) -> Self {
        command.stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = command
            .stderr(Stdio::piped())
            .spawn()
            .expect("the program starts");
        let out = BufReader::new(child.stdout.take().expect("it is a pipe"));
        let (give, lines) = channel();
        std::thread::spawn(move || {
            let mut lines = out.lines().map_while(Result::ok);
            lines.all(|line| give.send(line).is_ok())
        });
        Self { child, lines }
    }

    fn feed(&mut self, names: &[u8]) {
        let input = self.child.stdin.as_mut().expect("it is a pipe");
        input.write_all(names).expect("pdu reads");
    }

    #[track_caller]
    fn line(&self) -> String {
        let line = self.lines.recv_timeout(HANG_TIMEOUT);
        line.expect("a line comes before the next name")
    }

    /// The rest of the lines, and the end.
    fn end(mut self) -> (Vec<String>, Answer) {
        drop(self.child.stdin.take());
        let answer = Answer::of(self.child, "a list from a pipe");
        (self.lines.iter().collect(), answer)
    }
}

/// Each line must come while the writer of the list still holds the next name back.
fn lines_come_with_their_names(command: std::process::Command) {
    let mut fed = Fed::start(command);
    for (names, line) in [
        ("t/d\0", "12\tt/d"),
        ("t/h\0t", "1\tt/h"),
        ("\0", "13\tt"),
        ("\0t/d/e\0", "5\tt/d/e"),
    ] {
        fed.feed(names.as_bytes());
        assert_eq!(fed.line(), line);
    }
    fed.feed(b"t/h");
    let (lines, answer) = fed.end();
    assert_eq!(lines, ["1\tt/h", "32\ttotal"]);
    assert_eq!(answer.errors, "pdu: -:4: invalid zero-length file name\n");
    assert_eq!(answer.status.code(), Some(1));
}

#[test]
fn a_line_comes_before_the_next_name_is_known() {
    let tree = small();
    for walkers in WALKERS {
        let words = format!("{walkers} -bslc --files0-from=-");
        lines_come_with_their_names(pdu(tree.root(), &words));
    }
}

#[test]
fn a_line_comes_before_the_next_name_is_known_also_without_threads() {
    const TRACER: &str = "strace -qq -o /dev/null -e trace=clone,clone3";
    const REFUSED: &str = "inject=clone,clone3:error=EAGAIN";
    if !works(&format!("{TRACER} -e {REFUSED} {PDU} --version")) {
        return;
    }
    let tree = small();
    // The number of threads that can be had.
    for when in ["1+", "2+", "4+"] {
        let script =
            format!("exec {TRACER} -f -e {REFUSED}:when={when} \"$pdu\" -bslc --files0-from=-");
        lines_come_with_their_names(run::shell(tree.root(), &script));
    }
}

#[test]
fn lines_of_every_format_come_before_the_next_name_is_known() {
    let tree = small();
    for (words, line) in [
        ("--format=csv", "t/d,"),
        ("--format=json", "\"path\":\"t/d\""),
        ("--time", "\tt/d"),
        ("-v", "12\tt/d"),
    ] {
        let mut fed = Fed::start(pdu(tree.root(), &format!("{words} -bsl --files0-from=-")));
        fed.feed(b"t/d\0");
        while !fed.line().contains(line) {}
        let (_, answer) = fed.end();
        assert_eq!(answer.status.code(), Some(0), "{words}");
    }
}

#[test]
fn a_list_without_end_ends_with_the_reader_of_its_lines() {
    let tree = small();
    for walkers in WALKERS {
        let endless = "yes t/h | tr '\\n' '\\0'";
        let script = format!("{endless} | \"$pdu\" {walkers} -bl --files0-from=- | head -n 3");
        let answer = run::run(run::shell(tree.root(), &script));
        assert_eq!(answer.out, "1\tt/h\n".repeat(3), "{walkers}");
        assert_eq!(answer.errors, "", "{walkers}");
        let script = format!("{endless} | \"$pdu\" {walkers} -bl --files0-from=- >/dev/full");
        let answer = run::run(run::shell(tree.root(), &script));
        assert_eq!(answer.status.code(), Some(1), "{walkers}");
        assert!(
            answer
                .errors
                .ends_with("write error: No space left on device\n"),
            "{answer:?}"
        );
    }
}

#[test]
fn a_signal_is_heard_while_the_next_name_is_awaited() {
    let tree = small();
    for walkers in WALKERS {
        for names in [&b""[..], b"t/h\0"] {
            let [env, option] = terminal::DEFAULT_SIGNALS;
            let mut command = run::program(env, tree.root());
            command.args([option, PDU, walkers, "-bslc", "--files0-from=-"]);
            let mut fed = Fed::start(command);
            fed.feed(names);
            match names {
                b"" => wait_until("a handler", || {
                    catches(worker_of(fed.child.id()), Signal::INT)
                }),
                _ => assert_eq!(fed.line(), "1\tt/h"),
            }
            kill_process(Pid::from_child(&fed.child), Signal::INT).expect("it runs");
            // The list is still open.
            let input = fed.child.stdin.take();
            let (lines, answer) = fed.end();
            drop(input);
            assert_eq!(lines, [""; 0], "{walkers}");
            assert_eq!(answer.status.signal(), Some(2), "{answer:?}");
            assert_eq!(answer.errors.matches("incomplete").count(), 1, "{answer:?}");
        }
    }
}

#[test]
fn names_with_errors_between_them_get_gnus_answer() {
    let Some(gnu) = GnuDu::same_messages() else {
        return;
    };
    let tree = small();
    let long = "x".repeat(5000);
    let deep = "t/".repeat(20_000);
    let lists = [
        String::new(),
        "\0".to_owned(),
        "\0\0\0".to_owned(),
        "t\0\0t/h\0-\0missing\0\0t/d".to_owned(),
        "-".to_owned(),
        "./-\0-".to_owned(),
        format!("t\0{long}\0\0t/h\0"),
        format!("{deep}\0t/h"),
        "t/h\0\0".repeat(20_000),
    ];
    for (number, list) in lists.iter().enumerate() {
        std::fs::write(tree.root().join("list"), list).expect("the tree can be written");
        for words in [
            "-bl --files0-from=list",
            "-bc --files0-from=- <list",
            "-abS --files0-from=/dev/stdin <list",
        ] {
            compare(gnu, &tree, words, &format!("list {number}"));
        }
    }
    for words in [
        "-bc --files0-from=t",
        "-bc --files0-from=- <t",
        "-bc --files0-from=missing",
        "-bc --files0-from=",
        "-b --files0-from=- <&-",
    ] {
        compare(gnu, &tree, words, "no list");
    }
}

fn compare(gnu: &GnuDu, tree: &Tree, words: &str, what: &str) {
    let theirs = answer(tree, &gnu.path, words, "");
    for walkers in WALKERS {
        let ours = answer(tree, Path::new(PDU), &format!("{walkers} {words}"), "");
        assert_eq!(ours, theirs, "{what}: {words}");
    }
}

/// GNU du opens the names that were read, then says why no more can be read. A memory file has no first page.
#[test]
fn a_read_of_the_list_that_fails_comes_after_the_names_before_it() {
    const TRACER: &str = "strace -f -qq -o /dev/null -P list -e trace=read";
    if !works(&format!(
        "{TRACER} -e inject=read:error=EIO {PDU} --version"
    )) {
        return;
    }
    let tree = small();
    // More than one part.
    std::fs::write(tree.root().join("list"), "t/h\0".repeat(10_000)).expect("it can be written");
    for walkers in WALKERS {
        let script = format!(
            "exec {TRACER} -e inject=read:error=EIO:when=2+ \"$pdu\" {walkers} -blc --files0-from=list"
        );
        let answer = run::run(run::shell(tree.root(), &script));
        let lines: Vec<&str> = answer.out.lines().collect();
        let (total, names) = lines.split_last().expect("a total");
        assert!(names.len() > 1_000 && names.len() < 10_000);
        assert!(names.iter().all(|line| *line == "1\tt/h"), "{walkers}");
        assert_eq!(*total, format!("{}\ttotal", names.len()));
        assert!(
            answer
                .errors
                .ends_with("list: read error: Input/output error\n"),
            "{answer:?}"
        );
        assert_eq!(answer.status.code(), Some(1), "{walkers}");
    }
}

#[test]
fn a_long_list_takes_little_memory() {
    // The shortest names: the most operands that can wait.
    let tree = Tree::of("h 1");
    let (names, script) = (
        size(300_000, 10_000_000),
        "yes h | head -n \"$1\" | tr '\\n' '\\0'",
    );
    for walkers in WALKERS {
        let mut source = run::program("sh", tree.root());
        source.args(["-c", script, "sh", &names.to_string()]);
        let mut source = source.stdout(Stdio::piped()).spawn().expect("sh starts");
        let list = source.stdout.take().expect("it is a pipe");
        let mut command = pdu(tree.root(), &format!("{walkers} -bl --files0-from=-"));
        command.stdin(list).stdout(Stdio::piped());
        let mut child = command.spawn().expect("pdu starts");
        let out = BufReader::new(child.stdout.take().expect("it is a pipe"));
        let (mut lines, mut peak) = (0, 0);
        for line in out.lines().map_while(Result::ok) {
            assert_eq!(line, "1\th");
            lines += 1;
            if lines % 10_000 == 0 {
                peak = peak.max(peak_kib(child.id()).unwrap_or(0));
            }
        }
        assert!(child.wait().expect("it is ours").success());
        source.wait().expect("it is ours");
        assert_eq!(lines, names, "{walkers}");
        // The code of a debug build is part of its memory.
        let most = if cfg!(debug_assertions) { 24 } else { 16 } * 1024;
        assert!((1..most).contains(&peak), "{walkers}: {peak} KiB");
    }
}
