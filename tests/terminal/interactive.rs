//! pdu on a terminal: progress, Enter, Ctrl-C, Ctrl-D and job control, through a real pseudo-terminal.
//!
//! No test here depends on speed; the only limit on time ends a hang.

use std::os::unix::process::ExitStatusExt;
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use crate::support::process::worker_of;
use crate::support::run::{HANG_TIMEOUT, program};
use crate::support::terminal::{
    DEFAULT_SIGNALS, Streams, Terminal, can_slow_down, counted, expected_lines, forest, frames,
    shown, slow, start_slow, without_tracer,
};
use crate::support::tree::Tree;
use rustix::process::{Pid, Signal, kill_process};

const CTRL_C: &[u8] = b"\x03";
const CTRL_D: &[u8] = b"\x04";
const ENTER: &[u8] = b"\n";

// ---------------------------------------------------------------- progress

#[test]
fn progress_is_drawn_in_place_and_never_wider_than_the_window() {
    if !can_slow_down() {
        return;
    }
    let tree = forest(120);
    let mut terminal = start_slow(&tree, 40, Streams::AllButOutput, &slow(100, "-v -j2 -b t"));
    let mut before = 0;
    for (columns, most) in [(40, 39), (20, 19), (3, 2), (0, 79), (80, 79)] {
        terminal.resize(columns);
        // One frame may have been on its way when the window changed.
        terminal.wait_for_frames(before + 3);
        let seen = String::from_utf8_lossy(&terminal.seen).into_owned();
        let drawn = frames(&seen);
        for frame in &drawn[before + 1..] {
            assert!(
                frame.chars().count() <= most,
                "{frame:?} is wider than {columns} columns"
            );
            assert!(!frame.contains('\n'), "{frame:?} leaves its line");
        }
        before = drawn.len();
    }
    terminal.press(CTRL_C);
    let end = terminal.end();
    assert!(end.raw.contains("incomplete"), "{:?}", end.raw);
}

#[test]
fn progress_is_erased_before_anything_else_is_written() {
    if !can_slow_down() {
        return;
    }
    let tree = forest(24);
    let terminal = start_slow(&tree, 60, Streams::All, &slow(100, "-v -j2 -b nothing t"));
    let end = terminal.end();
    assert!(!frames(&end.raw).is_empty(), "no progress in {:?}", end.raw);
    let lines = shown(&end.raw);
    assert_eq!(
        lines[0],
        "pdu: cannot access 'nothing': No such file or directory"
    );
    assert_eq!(
        lines[1..lines.len() - 1],
        expected_lines(&tree, "-b t"),
        "{:?}",
        end.raw
    );
    let summary = lines.last().expect("there is a summary");
    assert!(
        summary.contains("48 files, 49 directories") && summary.contains("1 errors"),
        "{summary}"
    );
    assert_eq!(end.status.code(), Some(1));
}

#[test]
fn without_verbose_nothing_but_the_lines_reaches_a_terminal() {
    if !can_slow_down() {
        return;
    }
    let tree = forest(10);
    let end = start_slow(&tree, 60, Streams::All, &slow(100, "-j2 -b t")).end();
    let plain: String = expected_lines(&tree, "-b t")
        .iter()
        .map(|line| format!("{line}\r\n"))
        .collect();
    assert_eq!(end.raw, plain);
    assert!(end.status.success());
}

#[test]
fn off_a_terminal_progress_is_a_plain_line_a_tick_and_a_summary() {
    if !can_slow_down() {
        return;
    }
    let tree = forest(20);
    let words = slow(100, "-v -j2 -b t");
    let mut command = program(&words[0], tree.root());
    command.args(&words[1..]);
    let output = command.output().expect("it runs");
    let errors = without_tracer(&output.stderr);
    assert!(!errors.contains(['\r', '\x1b']), "{errors:?}");
    let lines: Vec<&str> = errors.lines().collect();
    let (summary, ticks) = lines.split_last().expect("there is a summary");
    assert!(!ticks.is_empty(), "no line a tick in {errors:?}");
    assert!(
        ticks.iter().all(|line| line.contains(" entries ")),
        "{errors:?}"
    );
    assert!(
        summary.starts_with("pdu: 40 files, 41 directories, "),
        "{summary}"
    );
    let lines: String = expected_lines(&tree, "-b t")
        .iter()
        .map(|line| format!("{line}\n"))
        .collect();
    assert_eq!(String::from_utf8_lossy(&output.stdout), lines);
    assert!(output.status.success());
}

#[test]
fn a_dumb_terminal_is_told_in_plain_lines() {
    if !can_slow_down() {
        return;
    }
    let tree = forest(20);
    for variable in ["TERM=dumb", "TERM=", "-uTERM"] {
        let words = slow(100, "-v -j2 -b t").join(" ");
        let words = format!("exec env {variable} {words}");
        let end = Terminal::start(&tree, 80, Streams::All, &["sh", "-c", &words]).end();
        assert!(!end.raw.contains('\x1b'), "{variable} {:?}", end.raw);
        assert!(
            end.raw.contains(" entries ") && end.raw.contains("40 files"),
            "{variable} {:?}",
            end.raw
        );
        assert_eq!(counted(&shown(&end.raw)), expected_lines(&tree, "-b t"));
    }
}

// ---------------------------------------------------------------- cancelling

/// A run that was cancelled prints some lines of the whole run, in its order, and none of what was not finished.
#[track_caller]
fn is_cut(tree: &Tree, lines: &[&str]) {
    let whole = expected_lines(tree, "-b t");
    let mut left = whole.iter();
    for line in lines {
        assert!(
            left.any(|other| other == line),
            "{line:?} is not, or not there, in the whole run"
        );
    }
    assert!(lines.len() < whole.len(), "nothing was cut");
    assert!(
        !lines.iter().any(|line| line.ends_with("\tt")),
        "the operand was not finished"
    );
}

#[test]
fn enter_cancels_with_status_130() {
    if !can_slow_down() {
        return;
    }
    let tree = forest(200);
    let mut terminal = start_slow(&tree, 80, Streams::All, &slow(100, "-j3 -b t"));
    terminal.wait_until("the first lines", |seen| seen.matches('\n').count() > 3);
    terminal.press(ENTER);
    let end = terminal.end();
    assert_eq!(end.status.code(), Some(130), "{:?}", end.raw);
    let lines = shown(&end.raw);
    is_cut(&tree, &counted(&lines));
    let last = lines.last().expect("it says something");
    assert!(
        last.starts_with("pdu: ") && last.contains("incomplete"),
        "{last}"
    );
}

#[test]
fn a_line_typed_ahead_is_the_shells_and_cancels_nothing() {
    if !can_slow_down() {
        return;
    }
    let tree = forest(20);
    let script = format!(
        "{}; echo status $?; read x; echo \"got $x\"",
        slow(100, "-j2 -b t").join(" ")
    );
    let mut terminal = Terminal::start(&tree, 80, Streams::All, &["sh", "-c", &script]);
    terminal.wait_until("the first line", |seen| seen.contains('\t'));
    terminal.press(b"ls\n");
    let end = terminal.end();
    let lines = shown(&end.raw);
    assert!(
        lines.contains(&"status 0".to_owned()) && lines.contains(&"got ls".to_owned()),
        "{lines:?}"
    );
}

#[test]
fn enter_is_not_ours_where_standard_output_is_no_terminal() {
    if !can_slow_down() {
        return;
    }
    let tree = forest(20);
    let script = format!(
        "{} | cat; read x; echo \"got <$x>\"",
        slow(100, "-v -j2 -b t").join(" ")
    );
    let mut terminal = Terminal::start(&tree, 80, Streams::All, &["sh", "-c", &script]);
    terminal.wait_for_frames(1);
    terminal.press(ENTER);
    let end = terminal.end();
    let lines = shown(&end.raw);
    assert!(lines.contains(&"got <>".to_owned()), "{lines:?}");
    assert_eq!(counted(&lines), expected_lines(&tree, "-b t"));
}

#[test]
fn the_end_of_input_on_a_terminal_cancels_nothing() {
    if !can_slow_down() {
        return;
    }
    let tree = forest(20);
    let mut terminal = start_slow(&tree, 80, Streams::All, &slow(100, "-j2 -b t"));
    terminal.wait_until("the first line", |seen| seen.contains('\t'));
    terminal.press(CTRL_D);
    let end = terminal.end();
    assert!(end.status.success(), "{:?}", end.raw);
    assert_eq!(counted(&shown(&end.raw)), expected_lines(&tree, "-b t"));
}

#[test]
fn ctrl_c_dies_of_sigint_and_prints_what_was_finished() {
    if !can_slow_down() {
        return;
    }
    let tree = forest(200);
    for threads in ["-j1", "-j20"] {
        let words = slow(200, &format!("{threads} -v -b t"));
        let mut terminal = start_slow(&tree, 80, Streams::AllButOutput, &words);
        terminal.wait_for_frames(2);
        terminal.press(CTRL_C);
        let end = terminal.end();
        assert_eq!(end.status.signal(), Some(2), "{:?}", end.raw);
        assert!(end.raw.contains("incomplete"), "{:?}", end.raw);
        is_cut(&tree, &end.output.lines().collect::<Vec<_>>());
    }
}

#[test]
fn termination_and_hangup_end_pdu_by_their_own_numbers() {
    if !can_slow_down() {
        return;
    }
    let tree = forest(200);
    for (signal, number) in [(Signal::TERM, 15), (Signal::HUP, 1), (Signal::INT, 2)] {
        let mut terminal = start_slow(&tree, 80, Streams::AllButOutput, &slow(100, "-v -j3 -b t"));
        terminal.wait_for_frames(1);
        terminal.signal(signal);
        let end = terminal.end();
        assert_eq!(end.status.signal(), Some(number), "{:?}", end.raw);
        assert!(end.raw.contains("incomplete"), "{:?}", end.raw);
        is_cut(&tree, &end.output.lines().collect::<Vec<_>>());
    }
}

#[test]
fn a_total_that_would_be_too_small_is_not_printed() {
    if !can_slow_down() {
        return;
    }
    let tree = forest(200);
    let mut terminal = start_slow(
        &tree,
        80,
        Streams::AllButOutput,
        &slow(100, "-v -j3 -bsc t"),
    );
    terminal.wait_for_frames(1);
    terminal.press(CTRL_C);
    let end = terminal.end();
    assert_eq!((end.output.as_str(), end.status.signal()), ("", Some(2)));
}

/// A pdu that cannot write: its pipe is full and has no reader.
fn start_stuck(tree: &Tree) -> Child {
    let words = slow(1, "-v -ab .");
    let [env, option] = DEFAULT_SIGNALS;
    let mut command = program(env, tree.root());
    command.arg(option).args(words);
    command.stdout(Stdio::piped()).stderr(Stdio::null());
    command.spawn().expect("strace starts")
}

/// Waits until a process sleeps in a write to a pipe.
fn wait_until_stuck(child: &Child) {
    let deadline = Instant::now() + HANG_TIMEOUT;
    let place = || format!("/proc/{}/wchan", worker_of(child.id()));
    let is_stuck = || std::fs::read(place()).is_ok_and(|place| place.ends_with(b"pipe_write"));
    while !is_stuck() && Instant::now() < deadline {
        std::thread::yield_now();
    }
}

#[test]
fn ctrl_c_ends_even_a_pdu_that_cannot_write() {
    if !can_slow_down() {
        return;
    }
    let name = "long-".repeat(40);
    let text: String = (0..2000)
        .map(|number| format!("d{}/{name}{number} 0\n", number % 100))
        .collect();
    let tree = Tree::of(&text);
    for times in [1, 2] {
        let mut child = start_stuck(&tree);
        wait_until_stuck(&child);
        for _ in 0..times {
            // The first signal may have ended the process: then the second one fails.
            let _ = kill_process(Pid::from_child(&child), Signal::INT);
        }
        let kept = child.stdout.take();
        let status = child.wait().expect("it is our child");
        drop(kept);
        assert_eq!(status.signal(), Some(2), "after {times}");
    }
}

#[test]
fn a_second_ctrl_c_ends_pdu_as_well_as_the_first() {
    if !can_slow_down() {
        return;
    }
    let tree = forest(200);
    let mut terminal = start_slow(&tree, 80, Streams::All, &slow(500, "-v -j20 -b t"));
    terminal.wait_for_frames(1);
    terminal.press(CTRL_C);
    terminal.press(CTRL_C);
    assert_eq!(terminal.end().status.signal(), Some(2));
}

#[test]
fn an_interrupt_that_the_parent_ignores_stays_ignored() {
    if !can_slow_down() {
        return;
    }
    let tree = forest(20);
    let script = format!("trap '' INT; exec {}", slow(100, "-v -j2 -b t").join(" "));
    let mut terminal = Terminal::start(&tree, 80, Streams::AllButOutput, &["sh", "-c", &script]);
    terminal.wait_for_frames(1);
    terminal.press(CTRL_C);
    let end = terminal.end();
    assert!(end.status.success(), "{:?}", end.raw);
    assert_eq!(
        end.output.lines().collect::<Vec<_>>(),
        expected_lines(&tree, "-b t")
    );
    assert!(!end.raw.contains("incomplete"), "{:?}", end.raw);
}

#[test]
fn a_job_in_the_background_is_not_stopped_draws_nothing_and_takes_no_key() {
    if !can_slow_down() {
        return;
    }
    let tree = forest(20);
    let slow = slow(100, "-v -j2 -b t").join(" ");
    // A stopped job would end `wait` with the number of the signal that stopped it.
    let script =
        format!("set -m; {slow} & echo ready; read x; echo \"got <$x>\"; wait $!; echo status $?");
    let mut terminal = Terminal::start(&tree, 80, Streams::All, &["sh", "-c", &script]);
    terminal.wait_until("the first line", |seen| {
        seen.contains("ready") && seen.contains('\t')
    });
    terminal.press(ENTER);
    let end = terminal.end();
    let lines = shown(&end.raw);
    assert!(lines.contains(&"got <>".to_owned()), "{lines:?}");
    assert!(lines.contains(&"status 0".to_owned()), "{lines:?}");
    assert!(frames(&end.raw).is_empty(), "{:?}", end.raw);
    assert_eq!(counted(&lines), expected_lines(&tree, "-b t"));
}

#[test]
fn cancelling_does_not_wait_for_the_walk() {
    if !can_slow_down() {
        return;
    }
    let tree = forest(200);
    let latency = |keys: &[u8]| {
        let mut terminal = start_slow(&tree, 80, Streams::All, &slow(300, "-v -j20 -b t"));
        terminal.wait_for_frames(1);
        let start = Instant::now();
        terminal.press(keys);
        terminal.end();
        start.elapsed()
    };
    // The whole walk takes several seconds. The best of some, so that a busy machine is no failure.
    for keys in [CTRL_C, ENTER] {
        let best = (0..5)
            .map(|_| latency(keys))
            .find(|&taken| taken < Duration::from_secs(1));
        assert!(
            best.is_some(),
            "five times it took more than a second to stop"
        );
    }
}

#[test]
fn names_never_reach_a_terminal_with_their_control_characters() {
    if !can_slow_down() {
        return;
    }
    let tree = Tree::of("t/\\x1b[31mred\\n/d/f 5\nt/\\xc2\\x9bx/d/f 5\nt/\\xe2\\x80\\xae/f 5");
    let end = start_slow(&tree, 200, Streams::All, &slow(400, "-v -j1 -b t")).end();
    assert!(!frames(&end.raw).is_empty(), "{:?}", end.raw);
    let visible = end
        .raw
        .replace("\x1b[K", "")
        .replace(['\r', '\n', '\t'], "");
    let bad = |c: char| c.is_control() || c == '\u{202e}' || c == char::REPLACEMENT_CHARACTER;
    assert!(!visible.contains(bad), "{:?}", end.raw);
    assert!(
        end.raw.contains("\t't/'$'\\033''[31mred'$'\\n''/d'\r\n"),
        "{:?}",
        end.raw
    );
}

// ---------------------------------------------------------------- the tests can fail

#[test]
fn what_a_terminal_shows_is_what_was_not_overwritten() {
    assert_eq!(shown("a\r\nb\r\n"), ["a", "b"]);
    assert_eq!(shown("\rprogress\x1b[K\r\x1b[K5\tt\r\n"), ["5\tt"]);
    assert_eq!(shown("\rprogress\x1b[K5\tt\r\n"), ["progress5\tt"]);
    assert_eq!(shown("\rprogress\x1b[K\r5\tt\r\n"), ["5\ttgress"]);
    assert_eq!(
        frames("\rone\x1b[K\rtwo\x1b[K\r\x1b[Kline\r\n"),
        ["one", "two"]
    );
    let lines = ["5\ta", "pdu: x", "x\ty", "got"].map(str::to_owned);
    assert_eq!(counted(&lines), ["5\ta"]);
}
