//! Signals at any moment, jobs in the background, and windows of every size.
//!
//! No test here depends on speed, except with `PDU_THOROUGH=1`, which needs a machine without other work.

use std::io::{Read, Write};
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::Child;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use crate::supervise::wait_until_blocked;
use crate::support::process::worker_of;
use crate::support::run::{PDU, pause, wait_until};
use crate::support::skip::thorough;
use crate::support::terminal::{
    End, Streams, Terminal, can_slow_down, counted, expected_lines, forest, frames,
    repeated_operand, shown, slow, start, start_slow, wait,
};
use crate::support::tree::Tree;
use rustix::process::{Pid, Signal, WaitOptions, kill_process, waitpid};

fn read(from: impl Read) -> String {
    let mut text = String::new();
    let mut from = from;
    from.read_to_string(&mut text).expect("pdu writes text");
    text
}

/// The lines of an undisturbed `pdu -b t`, as text.
fn whole(tree: &Tree) -> String {
    let lines = expected_lines(tree, "-b t");
    lines.iter().map(|line| format!("{line}\n")).collect()
}

// ---------------------------------------------------------------- interrupted at any moment

/// Nothing is half drawn: every escape sequence is whole, and no progress is left on a line.
#[track_caller]
fn is_clean(end: &End) {
    let rest = end.raw.replace("\x1b[K", "");
    assert!(!rest.contains('\x1b'), "half a sequence in {:?}", end.raw);
    for line in shown(&end.raw) {
        let ours = line.is_empty() || line.starts_with("pdu: ");
        assert!(ours, "{line:?} was left by {:?}", end.raw);
    }
}

/// Lines of the whole, in its order, each whole.
#[track_caller]
fn is_part_of(output: &str, whole: &[String]) {
    assert!(
        output.is_empty() || output.ends_with('\n'),
        "half a line in {output:?}"
    );
    let mut left = whole.iter();
    for line in output.lines() {
        assert!(
            left.any(|other| other == line),
            "{line:?} is not there in the whole"
        );
    }
}

/// One run that is interrupted after a time; gives how long it took to end.
fn interrupt(tree: &Tree, words: &[String], after: Duration, whole: &[String]) -> Option<Duration> {
    let terminal = start_slow(tree, 70, Streams::AllButOutput, words);
    let settings = terminal.settings();
    pause(after);
    let sent = Instant::now();
    terminal.signal(Signal::INT);
    let end = terminal.end();
    let taken = sent.elapsed();
    assert_eq!(end.settings, settings, "after {after:?}");
    is_clean(&end);
    is_part_of(&end.output, whole);
    if end.status.success() {
        assert_eq!(end.output.lines().count(), whole.len(), "after {after:?}");
        return None;
    }
    assert_eq!(
        end.status.signal(),
        Some(2),
        "after {after:?}: {:?}",
        end.raw
    );
    assert!(end.output.lines().count() <= whole.len());
    Some(taken)
}

#[test]
fn an_interrupt_at_any_moment_ends_pdu_and_leaves_nothing_half_done() {
    if !can_slow_down() {
        return;
    }
    let moments = if thorough() { 1000 } else { 60 };
    let tree = forest(40);
    let whole = expected_lines(&tree, "-b t");
    let next = AtomicUsize::new(0);
    let work = || {
        let mut rng = fastrand::Rng::with_seed(next.load(Ordering::Relaxed) as u64);
        let mut times = Vec::new();
        while next.fetch_add(1, Ordering::Relaxed) < moments {
            // From the program's start to after its end, which is at about 0.8 s.
            let after = Duration::from_micros(rng.u64(0..1_000_000));
            let words = slow(
                rng.u32(1..40),
                ["-vb -j2 t", "-vb -j20 t", "-vb -j1 t"][rng.usize(0..3)],
            );
            times.extend(interrupt(&tree, &words, after, &whole));
        }
        times
    };
    let mut times: Vec<Duration> = std::thread::scope(|scope| {
        let hands = [0; 4].map(|_| scope.spawn(work));
        hands
            .into_iter()
            .flat_map(|hand| hand.join().expect("a run failed"))
            .collect()
    });
    times.sort();
    let (median, last) = (times.get(times.len() / 2), times.last());
    let _ = writeln!(
        std::io::stderr(),
        "interrupted: {} of {moments}, median {median:?}, longest {last:?}",
        times.len()
    );
    assert!(times.len() > moments / 4, "too few were interrupted");
    if thorough() {
        assert!(last < Some(&Duration::from_millis(500)), "{last:?}");
    }
}

#[test]
fn without_threads_signals_do_what_they_do_by_default() {
    if !can_slow_down() {
        return;
    }
    let tree = forest(200);
    for (signal, number) in [(Signal::TERM, 15), (Signal::HUP, 1), (Signal::INT, 2)] {
        let mut words = slow(50, "-b t");
        let at = words
            .iter()
            .position(|word| word == "-e")
            .expect("it traces");
        words[at + 1] = "trace=getdents64,clone,clone3".into();
        words.splice(
            at..at,
            ["-e".into(), "inject=clone,clone3:error=EAGAIN".into()],
        );
        let mut child = start(tree.root(), &words);
        // The main thread walks 64 directories, or 2 ms, before it starts a thread.
        wait_for_descriptor(&child, tree.root());
        pause(Duration::from_millis(600));
        kill_process(Pid::from_child(&child), signal).expect("it runs");
        let status = wait(&mut child);
        assert_eq!(status.signal(), Some(number), "{status:?}");
    }
}

/// Waits until a process, which strace has yet to start, has something of a tree open.
fn wait_for_descriptor(child: &Child, root: &Path) {
    wait_until("a walk", || {
        let place = format!("/proc/{}/fd", worker_of(child.id()));
        let target = |number| std::fs::read_link(format!("{place}/{number}"));
        (3..64).any(|number| target(number).is_ok_and(|target| target.starts_with(root)))
    });
}

// ---------------------------------------------------------------- stopped, resized, hung up

#[test]
fn a_hundred_stops_in_the_middle_of_a_scan_do_no_harm() {
    if !can_slow_down() {
        return;
    }
    let tree = forest(60);
    let mut child = start(tree.root(), &slow(20, "-v -b -j2 t"));
    wait_for_descriptor(&child, tree.root());
    let pid = Pid::from_child(&child);
    let mut stops = 0;
    while stops < 100 {
        kill_process(pid, Signal::TSTP).expect("it runs");
        let (_, status) = waitpid(Some(pid), WaitOptions::UNTRACED)
            .expect("it is our child")
            .expect("it changes");
        assert!(status.stopped(), "{status:?} after {stops} stops");
        stops += 1;
        kill_process(pid, Signal::CONT).expect("it is stopped");
        pause(Duration::from_millis(2));
    }
    let status = wait(&mut child);
    let output = read(child.stdout.take().expect("it is a pipe"));
    assert_eq!(output, whole(&tree));
    let errors = read(child.stderr.take().expect("it is a pipe"));
    assert!(status.success(), "{status:?} {errors}");
    assert!(errors.contains(" 0 errors\n"), "{errors}");
}

#[test]
fn a_storm_of_resizes_does_no_harm() {
    if !can_slow_down() {
        return;
    }
    let tree = forest(40);
    let terminal = start_slow(&tree, 40, Streams::AllButOutput, &slow(50, "-v -b -j2 t"));
    let over = AtomicBool::new(false);
    let pid = Pid::from_child(&terminal.child);
    let keys = terminal.window();
    let end = std::thread::scope(|scope| {
        scope.spawn(|| {
            for columns in (0..90).cycle() {
                if over.load(Ordering::Relaxed) {
                    return;
                }
                // Each change is a SIGWINCH, and one more comes without a change.
                keys.resize(columns);
                let _ = kill_process(pid, Signal::WINCH);
                pause(Duration::from_millis(1));
            }
        });
        // Not waited for before the storm is over: its number must not become another's.
        let end = terminal.end_after(|| over.store(true, Ordering::Relaxed));
        over.store(true, Ordering::Relaxed);
        end
    });
    assert_eq!(end.output, whole(&tree));
    assert!(!frames(&end.raw).is_empty(), "{:?}", end.raw);
    is_clean(&end);
    assert!(end.status.success());
}

#[test]
fn a_job_of_nohup_outlives_its_terminal() {
    if !can_slow_down() {
        return;
    }
    let tree = forest(40);
    let words = [vec!["nohup".to_owned()], slow(30, "-b -j2 t")].concat();
    let mut child = start(tree.root(), &words);
    wait_for_descriptor(&child, tree.root());
    for _ in 0..10 {
        kill_process(Pid::from_child(&child), Signal::HUP).expect("it runs");
        pause(Duration::from_millis(5));
    }
    let status = wait(&mut child);
    assert!(status.success(), "{status:?}");
    let output = read(child.stdout.take().expect("it is a pipe"));
    assert_eq!(output, whole(&tree));
}

// ---------------------------------------------------------------- windows of every size

#[test]
fn windows_without_room_get_no_more_than_fits() {
    if !can_slow_down() {
        return;
    }
    let tree = forest(20);
    for (columns, most) in [(0, 79), (1, 0), (2, 1), (3, 2)] {
        let mut words = vec!["env".to_owned(), "COLUMNS=1".into(), "LINES=0".into()];
        words.extend(slow(40, "-v -b -j2 t"));
        let end = start_slow(&tree, columns, Streams::All, &words).end();
        assert!(end.status.success());
        assert!(
            end.raw.contains("\x1b[K"),
            "nothing was drawn: {:?}",
            end.raw
        );
        for frame in frames(&end.raw) {
            assert!(frame.chars().count() <= most, "{frame:?} at {columns}");
        }
        assert_eq!(counted(&shown(&end.raw)), expected_lines(&tree, "-b t"));
        let help = Terminal::start(
            &tree,
            columns,
            Streams::All,
            &["env", "COLUMNS=1", PDU, "--help"],
        );
        let help = help.end();
        assert!(
            help.status.success() && help.raw.contains("--files0-from"),
            "{}",
            help.raw
        );
    }
}

/// Whatever waited for a directory that took long comes at once, more than a buffer holds.
#[test]
fn a_flood_of_lines_is_never_written_behind_the_progress() {
    if !can_slow_down() {
        return;
    }
    let tree = repeated_operand(90);
    let list = tree.root().join("list");
    let before = std::fs::read_to_string(&list).expect("it is there");
    std::fs::create_dir(tree.root().join("slow")).expect("the tree can be written");
    std::fs::write(list, format!("{before}slow\0{before}")).expect("the tree can be written");
    // Past those that the main thread takes alone.
    let mut words = slow(1000, "-v -bl -j4 --files0-from=list");
    words.splice(1..1, ["-P".to_owned(), "slow".to_owned()]);
    let end = start_slow(&tree, 400, Streams::All, &words).end();
    assert!(!frames(&end.raw).is_empty(), "no progress in {:?}", end.raw);
    let lines = shown(&end.raw);
    assert_eq!(counted(&lines).len(), 181, "{lines:#?}");
    assert_eq!(
        lines.len(),
        182,
        "more than lines and a summary: {lines:#?}"
    );
    assert!(end.status.success());
}

// ---------------------------------------------------------------- a reader that is slow

/// Takes so many bytes a second at most, and ten times as many once there is a hurry.
fn read_slowly(mut from: impl Read, bytes: usize, hurry: &AtomicBool) {
    let mut buffer = vec![0; bytes / 100];
    while from.read(&mut buffer).is_ok_and(|count| count > 0) {
        let hurries = hurry.load(Ordering::Relaxed);
        pause(Duration::from_millis(if hurries { 1 } else { 10 }));
    }
}

/// Reads until so many lines were written.
#[track_caller]
fn read_lines(from: &mut impl Read, count: usize) -> String {
    let mut seen = String::new();
    let mut byte = [0];
    while seen.matches('\n').count() < count {
        let read = from.read(&mut byte).expect("pdu writes");
        assert_eq!(read, 1, "it ended before: {seen}");
        seen.push(char::from(byte[0]));
    }
    seen
}

/// While lines are written slowly, walkers always have more listings to send.
#[test]
fn a_slow_reader_of_the_lines_stops_neither_progress_nor_cancelling() {
    let tree = repeated_operand(20_000);
    let mut child = start(tree.root(), &[PDU, "-vbl", "--files0-from=list"]);
    let output = child.stdout.take().expect("it is a pipe");
    let mut errors = child.stderr.take().expect("it is a pipe");
    let hurry = AtomicBool::new(false);
    std::thread::scope(|scope| {
        // 40 MB of lines, at most 1 MB a second.
        scope.spawn(|| read_slowly(output, 1_000_000, &hurry));
        let ticks = read_lines(&mut errors, 2);
        assert!(
            ticks.lines().all(|line| line.contains(" entries ")),
            "{ticks}"
        );
        kill_process(Pid::from_child(&child), Signal::INT).expect("it runs");
        hurry.store(true, Ordering::Relaxed);
        let status = wait(&mut child);
        assert_eq!(status.signal(), Some(2), "{status:?}");
        let said = read(errors);
        assert!(said.contains("incomplete"), "{said}");
    });
}

#[test]
fn a_reader_that_takes_nothing_does_not_keep_pdu_from_saying_that_it_was_cancelled() {
    let tree = repeated_operand(20_000);
    let mut child = start(tree.root(), &[PDU, "-bl", "--files0-from=list"]);
    let mut output = child.stdout.take().expect("it is a pipe");
    // A megabyte is more than the main thread writes before it checks for signals; after that nothing is read.
    let mut some = vec![0; 1_000_000];
    output.read_exact(&mut some).expect("pdu writes");
    wait_until_blocked(child.id(), &output);
    kill_process(Pid::from_child(&child), Signal::INT).expect("it runs");
    let status = wait(&mut child);
    drop(output);
    assert_eq!(status.signal(), Some(2), "{status:?}");
    let said = read(child.stderr.take().expect("it is a pipe"));
    assert_eq!(said, "pdu: cancelled: the result is incomplete\n");
}

// ---------------------------------------------------------------- background and foreground

#[test]
fn progress_stops_in_the_background_and_comes_back_in_the_foreground() {
    if !can_slow_down() {
        return;
    }
    let tree = forest(30);
    let slow = slow(100, "-v -j2 -b t").join(" ");
    let script = format!(
        "set -m; {slow} >lines & echo ready; read x; echo before; fg >/dev/null; echo status $?"
    );
    let mut terminal = Terminal::start(&tree, 80, Streams::All, &["bash", "-c", &script]);
    terminal.wait_until("the job", |seen| seen.contains("ready"));
    pause(Duration::from_millis(800));
    terminal.press(b"\n");
    let end = terminal.end();
    let (background, foreground) = end.raw.split_once("before").expect("the shell goes on");
    assert!(!background.contains('\x1b'), "{background:?}");
    assert!(!frames(foreground).is_empty(), "{foreground:?}");
    assert!(
        shown(&end.raw).contains(&"status 0".to_owned()),
        "{:?}",
        end.raw
    );
    let lines = std::fs::read_to_string(tree.root().join("lines")).expect("the shell made it");
    assert_eq!(lines, whole(&tree));
}

#[test]
fn a_job_that_goes_to_the_background_erases_nothing_there() {
    if !can_slow_down() {
        return;
    }
    let tree = forest(30);
    let slow = slow(100, "-v -j2 -b t").join(" ");
    let script =
        format!("set -m; {slow} >lines; bg >/dev/null; printf 'prompt$ '; wait; echo; echo over");
    let mut terminal = Terminal::start(&tree, 80, Streams::All, &["bash", "-c", &script]);
    terminal.wait_for_frames(2);
    terminal.press(b"\x1a");
    terminal.wait_until("the prompt", |seen| seen.contains("prompt$ "));
    let end = terminal.end();
    let (_, after) = end.raw.split_once("prompt$ ").expect("it was seen");
    assert!(!after.contains('\x1b'), "{after:?}");
    assert!(after.contains(" 0 errors"), "{after:?}");
    let lines = std::fs::read_to_string(tree.root().join("lines")).expect("the shell made it");
    assert_eq!(lines, whole(&tree));
}
