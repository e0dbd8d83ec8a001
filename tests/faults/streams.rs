//! Standard streams that are closed, full, or have lost their reader, and a standard input that pdu must not read.
//!
//! Where the machine has a GNU du that is new enough, its answer must be the same.

use crate::support::gnu_du::GnuDu;
use crate::support::run::{self, Answer, PDU};
use crate::support::skip::works;
use crate::support::terminal::{forest, repeated_operand, wait};
use crate::support::tree::Tree;
use std::fs::File;
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::Stdio;

// ---------------------------------------------------------------- running

/// A shell script in a tree, in which `$pdu` is this program.
fn script(tree: &Tree, program: &Path, text: &str) -> Answer {
    let mut command = run::shell(tree.root(), text);
    command.env("pdu", program);
    run::run(command)
}

/// Runs `pdu WORDS` with these redirections.
pub(crate) fn answer(tree: &Tree, program: &Path, words: &str, redirections: &str) -> Answer {
    let text = format!("exec -a pdu \"$pdu\" {words} {redirections}");
    script(tree, program, &text)
}

/// Whether strace may trace here; skips if not.
fn traces() -> bool {
    works("strace -qq -o /dev/null -e trace=getdents64 true")
}

/// Runs pdu under strace and gives the traced calls, from where the runtime has looked which streams are closed:
/// the loader before it uses any descriptor.
fn traced(tree: &Tree, what: &str, words: &str, redirections: &str) -> (Answer, String) {
    let log = tree.root().join("calls");
    let text = format!(
        "exec strace -f -qq -o {} {what} \"$pdu\" {words} {redirections}",
        log.display()
    );
    let answer = script(tree, Path::new(PDU), &text);
    let calls = std::fs::read_to_string(&log).expect("strace has written");
    let from = calls.find("poll(").unwrap_or(0);
    (answer, calls[from..].to_owned())
}

pub(crate) fn small() -> Tree {
    Tree::of("t/d/e/f 5\nt/d/g 7\nt/h 1")
}

const WHOLE: &str = "5\tt/d/e\n12\tt/d\n13\tt\n";

// ---------------------------------------------------------------- the same bytes each time

#[test]
fn two_hundred_runs_with_any_number_of_threads_print_the_same_bytes() {
    let tree = forest(40);
    let lines = |program: &Path, words: &str| answer(&tree, program, words, "").out;
    let expected = match GnuDu::same_messages() {
        Some(gnu) => lines(&gnu.path, "-ab t"),
        None => lines(Path::new(PDU), "-abj1 t"),
    };
    assert_eq!(expected.lines().count(), 161);
    for run in 0..200 {
        let threads = [1, 2, 3, 7, 20, 64][run % 6];
        let got = lines(Path::new(PDU), &format!("-abj{threads} t"));
        assert_eq!(got, expected, "run {run}, {threads} threads");
    }
}

// ---------------------------------------------------------------- closed streams

/// Every choice of closed streams: whether each is, and the redirections.
fn closings() -> Vec<([bool; 3], String)> {
    let one = |number: usize| {
        let closed = [number & 1 != 0, number & 2 != 0, number & 4 != 0];
        let words = ["<&-", ">&-", "2>&-"];
        let chosen = closed.iter().zip(words).filter(|(closed, _)| **closed);
        (
            closed,
            chosen.map(|(_, word)| word).collect::<Vec<_>>().join(" "),
        )
    };
    (0..8).map(one).collect()
}

#[test]
fn closed_streams_change_nothing_on_the_others_and_only_a_closed_output_is_an_error() {
    let tree = small();
    let missing = "pdu: cannot access 'x': No such file or directory\n";
    let cannot_write = "pdu: write error: Bad file descriptor\n";
    let gnu = GnuDu::same_messages();
    for ([_, output, errors], redirections) in closings() {
        for (words, complaint, verbose) in [
            ("-b t", "", false),
            ("-b x t", missing, false),
            ("-bv t", "", true),
            ("-bv x t", missing, true),
        ] {
            let what = format!("{words} {redirections}");
            let ours = answer(&tree, Path::new(PDU), words, &redirections);
            assert_eq!(ours.out, if output { "" } else { WHOLE }, "{what}");
            let fails = output || !complaint.is_empty();
            assert_eq!(ours.status.code(), Some(i32::from(fails)), "{what}");
            // With output closed, the message may find the writing already failed.
            let mut expected = if errors {
                String::new()
            } else {
                complaint.to_owned()
            };
            if output && !errors {
                expected.push_str(cannot_write);
            }
            if !verbose || errors {
                assert_eq!(ours.errors, expected, "{what}");
            } else {
                assert!(
                    ours.errors.starts_with(&expected),
                    "{what}: {}",
                    ours.errors
                );
            }
            if let Some(gnu) = gnu.as_ref().filter(|_| !verbose) {
                assert_eq!(
                    ours,
                    answer(&tree, &gnu.path, words, &redirections),
                    "GNU's {what}"
                );
            }
        }
    }
}

#[test]
fn descriptors_of_closed_streams_are_never_given_to_what_is_walked_or_read() {
    if !traces() {
        return;
    }
    let tree = small();
    std::fs::write(tree.root().join("list"), "x\0t").expect("the tree can be written");
    for (_, redirections) in closings() {
        for words in ["-bv x t", "-bj1 x t", "-b --files0-from=list -X list"] {
            let (_, calls) = traced(&tree, "-e trace=open,openat,poll", words, &redirections);
            let opened = calls.lines().filter(|line| line.contains("open"));
            let mut of_tree = 0;
            for call in opened {
                let descriptor = call.rsplit("= ").next().unwrap_or_default();
                let standard = matches!(descriptor, "0" | "1" | "2");
                assert!(
                    !standard || call.contains("\"/dev/null\""),
                    "{redirections}: {call}"
                );
                of_tree += usize::from(call.contains("O_DIRECTORY"));
            }
            assert!(of_tree >= 3, "the walk was not traced: {calls}");
        }
    }
}

#[test]
fn names_or_patterns_from_a_closed_standard_input_are_an_error_and_not_none() {
    let tree = small();
    let gnu = GnuDu::same_messages();
    for redirections in ["<&-", "<&- 2>&1", "0>/dev/null"] {
        for words in ["-b --files0-from=-", "-b -X - t", "-bc --files0-from=-"] {
            let ours = answer(&tree, Path::new(PDU), words, redirections);
            let what = format!("{words} {redirections}");
            assert_eq!(ours.status.code(), Some(1), "{what}: {ours:?}");
            let said = format!("{}{}", ours.out, ours.errors);
            assert!(said.contains("Bad file descriptor\n"), "{what}: {ours:?}");
            if let Some(gnu) = &gnu {
                assert_eq!(
                    ours,
                    answer(&tree, &gnu.path, words, redirections),
                    "GNU's {what}"
                );
            }
        }
    }
}

// ---------------------------------------------------------------- full streams

#[test]
fn a_full_or_closed_standard_error_keeps_the_lines_and_the_status() {
    let tree = small();
    let gnu = GnuDu::same_messages();
    for (words, status) in [
        ("-b t", 0),
        ("-b x t", 1),
        ("-b t x", 1),
        // A warning that cannot be written is an error, for GNU du and for pdu.
        ("-bs -d0 t", 1),
        ("--inodes -b t", 1),
        ("--nope", 1),
    ] {
        for redirections in ["2>/dev/full", "2>&-"] {
            let what = format!("{words} {redirections}");
            let ours = answer(&tree, Path::new(PDU), words, redirections);
            assert_eq!(ours.status.code(), Some(status), "{what}");
            if let Some(gnu) = &gnu {
                assert_eq!(
                    ours,
                    answer(&tree, &gnu.path, words, redirections),
                    "GNU's {what}"
                );
            }
        }
    }
    // The lines of -v are not compared.
    let verbose = answer(&tree, Path::new(PDU), "-bv t", "2>/dev/full");
    assert_eq!(
        (verbose.out.as_str(), verbose.status.code()),
        (WHOLE, Some(0))
    );
    let both = answer(&tree, Path::new(PDU), "-b x t", ">/dev/full 2>/dev/full");
    assert_eq!(both.status.code(), Some(1));
}

#[test]
fn a_full_device_ends_the_scan_at_once() {
    if !traces() {
        return;
    }
    // Reading takes a second on 20 threads, and the first lines must come long before.
    let directories = 500;
    let tree = repeated_operand(directories);
    let slow = "-e trace=getdents64 -e inject=getdents64:delay_enter=40000";
    for words in ["-bl", "-blv", "-blj1"] {
        let (answer, calls) = traced(&tree, slow, words, "--files0-from=list >/dev/full");
        let errors = answer
            .errors
            .lines()
            .filter(|line| line.starts_with("pdu: "));
        let errors: Vec<&str> = errors.collect();
        assert_eq!(
            errors,
            ["pdu: write error: No space left on device"],
            "{words}"
        );
        assert_eq!(answer.status.code(), Some(1), "{words}");
        let reads = calls.matches("getdents64(").count();
        assert!(
            reads < directories / 2,
            "{words}: {reads} reads of directories"
        );
    }
}

// ---------------------------------------------------------------- readers that go away

#[test]
fn a_reader_of_any_stream_may_go_away() {
    let tree = repeated_operand(200);
    let pipe_status = "echo \"${PIPESTATUS[0]}\"";
    for (text, expected) in [
        ("\"$pdu\" -bl --files0-from=list | true", "141\n"),
        (
            "\"$pdu\" -blv --files0-from=list 2>/dev/null | true",
            "141\n",
        ),
        ("\"$pdu\" --help | sleep 0", "141\n"),
        // The message cannot be written; the status shows the failure.
        (
            "{ \"$pdu\" -b x t >/dev/null; echo $? >status; } 2>&1 | true",
            "0\n",
        ),
    ] {
        let output = script(&tree, Path::new(PDU), &format!("{text}; {pipe_status}"));
        let said = output.out;
        // A help of a few lines fits into the pipe before its reader ends.
        let fits = text.contains("--help") && said == "0\n";
        assert!(said == expected || fits, "{text}: {said}");
        assert_eq!(output.errors, "", "{text}");
    }
    let status = std::fs::read_to_string(tree.root().join("status"));
    assert_eq!(status.expect("the shell has written it"), "1\n");
}

#[test]
fn with_sigpipe_ignored_a_reader_that_goes_away_is_told_as_gnu_tells_it() {
    let tree = repeated_operand(200);
    let programs = GnuDu::same_messages().map(|gnu| gnu.path.clone());
    for program in programs.into_iter().chain([PDU.into()]) {
        for words in ["-bl --files0-from=list", "--help"] {
            let text = format!(
                "trap '' PIPE; {{ sleep 0.1; (exec -a pdu \"$pdu\" {words}); echo $? >&2; }} | true"
            );
            let output = script(&tree, &program, &text);
            let said = output.errors;
            assert_eq!(
                said, "pdu: write error: Broken pipe\n1\n",
                "{program:?} {words}"
            );
        }
    }
}

// ---------------------------------------------------------------- a standard input that must not be read

#[test]
fn an_input_that_never_ends_or_never_comes_is_not_waited_for() {
    let tree = small();
    let fifo = tree.root().join("fifo");
    rustix::fs::mkfifoat(rustix::fs::CWD, &fifo, rustix::fs::Mode::RWXU).expect("it is ours");
    // Open for reading and writing, so that opening does not wait; nothing is ever written.
    let fifo = File::options().read(true).write(true).open(fifo);
    let fifo = fifo.expect("it is there");
    let open = |name: &str| File::open(name).expect("it is there");
    for (what, input) in [
        ("/dev/null", open("/dev/null")),
        ("/dev/zero", open("/dev/zero")),
        ("a fifo", fifo),
    ] {
        for words in ["-bj1", "-bj20", "-bv"] {
            let mut command = run::pdu(tree.root(), &format!("{words} t"));
            let input = input.try_clone().expect("descriptors can be had");
            command
                .stdin(input)
                .stdout(Stdio::piped())
                .stderr(Stdio::piped());
            let mut child = command.spawn().expect("pdu starts");
            wait(&mut child);
            let output = child.wait_with_output().expect("it has ended");
            assert_eq!(
                String::from_utf8_lossy(&output.stdout),
                WHOLE,
                "{what} {words}"
            );
            assert_eq!(
                (output.status.code(), output.status.signal()),
                (Some(0), None)
            );
        }
    }
}

#[test]
fn nothing_reads_standard_input_where_it_is_no_terminal() {
    if !traces() {
        return;
    }
    // Slow enough for the watchers to start, and fed with what would be Enter.
    let text: String = (0..40).map(|number| format!("t/{number}/f 5\n")).collect();
    let tree = Tree::of(&text);
    std::fs::write(tree.root().join("lines"), "\n".repeat(9)).expect("the tree can be written");
    let calls = "-e trace=read,readv,pread64,poll,ppoll,select,pselect6,epoll_ctl,ioctl,getdents64 \
                 -e inject=getdents64:delay_enter=20000";
    for input in ["<lines", "</dev/null", "</dev/zero", "<&-"] {
        for words in ["-bs t", "-bsv t"] {
            let (answer, calls) = traced(&tree, calls, words, &format!("{input} 2>errors"));
            assert_eq!(answer.out, "200\tt\n", "{words} {input}");
            for call in calls.lines().skip(1) {
                let reads = call.contains("read(0,") || call.contains("readv(0,");
                let waits = call.contains("{fd=0,");
                let asks = call.contains("ioctl(0, FIONREAD");
                assert!(!reads && !waits && !asks, "{words} {input}: {call}");
            }
        }
    }
}
