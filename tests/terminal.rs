//! pdu on a terminal: progress, Enter, Ctrl-C and their company, through a real pseudo-terminal.
//!
//! `setsid --ctty` gives the pseudo-terminal to the program, as a login does. Where a walk has to last, `strace`
//! delays each read of a directory: that works on every file system, for every user, and takes no large tree.
//! Nothing here passes or fails by speed; the one bound on time is there to end a hang.

mod tree;

use std::fs::File;
use std::io::{Read, Write};
use std::os::fd::OwnedFd;
use std::os::unix::process::ExitStatusExt;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::OnceLock;
use std::sync::mpsc::{Receiver, channel};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use rustix::fs::{Mode, OFlags};
use rustix::process::{Pid, Signal, kill_process};
use rustix::pty::OpenptFlags;
use rustix::termios::Winsize;

use tree::Tree;

const PDU: &str = env!("CARGO_BIN_EXE_pdu");

/// Longer than anything here takes on the slowest machine: what lasts longer hangs.
const PATIENCE: Duration = Duration::from_secs(60);

const CTRL_C: &[u8] = b"\x03";
const CTRL_D: &[u8] = b"\x04";
const ENTER: &[u8] = b"\n";

// ---------------------------------------------------------------- a terminal and what runs on it

/// A pseudo-terminal, the program that has it, and all that was written to it.
struct Terminal {
    child: Child,
    keys: File,
    output: Receiver<Vec<u8>>,
    seen: Vec<u8>,
    /// Standard output, where it is not the terminal.
    piped: Option<JoinHandle<String>>,
}

/// Which streams of the program are the terminal; the others are pipes.
#[derive(Clone, Copy, PartialEq)]
enum Streams {
    All,
    AllButOutput,
}

/// What was left when the program had ended.
struct End {
    /// Everything that was written to the terminal.
    raw: String,
    /// Standard output, where it was a pipe.
    output: String,
    status: ExitStatus,
}

impl Terminal {
    /// Starts a program in a tree, in the foreground of a terminal of so many columns.
    fn start(tree: &Tree, columns: u16, streams: Streams, words: &[&str]) -> Self {
        let (keys, screen) = pseudo_terminal(columns);
        let side = || Stdio::from(screen.try_clone().expect("descriptors can be had"));
        let mut command = Command::new("setsid");
        command.arg("--ctty").args(words).current_dir(tree.root());
        command
            .env_clear()
            .env("LC_ALL", "C")
            .env("TERM", "xterm")
            .env("PATH", "/usr/bin:/bin");
        command
            .env("pdu", PDU)
            .stdin(side())
            .stdout(side())
            .stderr(side());
        if streams == Streams::AllButOutput {
            command.stdout(Stdio::piped());
        }
        let mut child = command.spawn().expect("setsid starts");
        // The command holds our copies of the terminal's other side; while they are open, the terminal never ends.
        drop((command, screen));
        let piped = child
            .stdout
            .take()
            .map(|pipe| std::thread::spawn(move || read_all(pipe)));
        let reader = keys.try_clone().expect("descriptors can be had");
        let (give, output) = channel();
        std::thread::spawn(move || pass_on(reader, |bytes| give.send(bytes).is_ok()));
        let seen = Vec::new();
        Self {
            child,
            keys,
            output,
            seen,
            piped,
        }
    }

    /// Presses keys.
    fn press(&mut self, keys: &[u8]) {
        self.keys.write_all(keys).expect("the terminal takes keys");
    }

    fn resize(&self, columns: u16) {
        rustix::termios::tcsetwinsize(&self.keys, size(columns)).expect("it is a terminal");
    }

    fn signal(&self, signal: Signal) {
        let pid = Pid::from_child(&self.child);
        kill_process(pid, signal).expect("it is our child");
    }

    /// Reads on until what was written satisfies.
    #[track_caller]
    fn wait_until(&mut self, what: &str, satisfies: impl Fn(&str) -> bool) {
        let deadline = Instant::now() + PATIENCE;
        while !satisfies(&String::from_utf8_lossy(&self.seen)) {
            let left = deadline.saturating_duration_since(Instant::now());
            match self.output.recv_timeout(left) {
                Ok(bytes) => self.seen.extend(bytes),
                Err(error) => panic!(
                    "{error} before {what}; seen: {:?}",
                    String::from_utf8_lossy(&self.seen)
                ),
            }
        }
    }

    #[track_caller]
    fn wait_for_frames(&mut self, count: usize) {
        self.wait_until("enough progress", |seen| frames(seen).len() >= count);
    }

    /// Waits for the end.
    #[track_caller]
    fn end(mut self) -> End {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            match self.output.recv_timeout(left) {
                Ok(bytes) => self.seen.extend(bytes),
                Err(std::sync::mpsc::RecvTimeoutError::Disconnected) => break,
                Err(error) => {
                    let _ = self.child.kill();
                    panic!(
                        "it hangs ({error}); seen: {:?}",
                        String::from_utf8_lossy(&self.seen)
                    );
                }
            }
        }
        let piped = self
            .piped
            .map(|reader| reader.join().expect("it only reads"));
        End {
            raw: without_tracer(&self.seen),
            output: piped.unwrap_or_default(),
            status: self.child.wait().expect("it is our child"),
        }
    }
}

/// What was written, but for the words of the tracer, which has no other place for them.
fn without_tracer(bytes: &[u8]) -> String {
    let text = String::from_utf8_lossy(bytes);
    let ours = text
        .split_inclusive('\n')
        .filter(|line| !line.starts_with("strace: "));
    ours.collect()
}

/// Both sides: that of the person, and that of the program.
fn pseudo_terminal(columns: u16) -> (File, OwnedFd) {
    let flags = OpenptFlags::RDWR | OpenptFlags::NOCTTY | OpenptFlags::CLOEXEC;
    let master = rustix::pty::openpt(flags).expect("there are pseudo-terminals");
    rustix::pty::grantpt(&master).expect("it is ours");
    rustix::pty::unlockpt(&master).expect("it is ours");
    rustix::termios::tcsetwinsize(&master, size(columns)).expect("it is a terminal");
    let name = rustix::pty::ptsname(&master, Vec::new()).expect("it has a name");
    let open = OFlags::RDWR | OFlags::NOCTTY | OFlags::CLOEXEC;
    let slave = rustix::fs::open(name, open, Mode::empty()).expect("it is unlocked");
    (File::from(master), slave)
}

fn size(columns: u16) -> Winsize {
    Winsize {
        ws_row: 24,
        ws_col: columns,
        ws_xpixel: 0,
        ws_ypixel: 0,
    }
}

/// Reads to the end; a terminal that nobody holds any more ends with an error.
fn pass_on(mut from: impl Read, mut to: impl FnMut(Vec<u8>) -> bool) {
    let mut buffer = [0; 4096];
    while let Ok(count) = from.read(&mut buffer) {
        if count == 0 || !to(buffer[..count].to_vec()) {
            return;
        }
    }
}

fn read_all(from: impl Read) -> String {
    let mut all = Vec::new();
    pass_on(from, |bytes| {
        all.extend(bytes);
        true
    });
    String::from_utf8_lossy(&all).into_owned()
}

// ---------------------------------------------------------------- what a terminal shows

/// The lines that stand on the terminal at the end, as long as they were.
fn shown(raw: &str) -> Vec<String> {
    let mut lines = vec![Vec::new()];
    let mut column = 0;
    let mut rest = raw;
    while let Some(character) = rest.chars().next() {
        let line = lines.last_mut().expect("there is one");
        if let Some(after) = rest.strip_prefix("\x1b[K") {
            line.truncate(column);
            rest = after;
            continue;
        }
        match character {
            '\r' => column = 0,
            '\n' => lines.push(Vec::new()),
            _ => {
                line.truncate(line.len().max(column));
                line.splice(column..line.len().min(column + 1), [character]);
                column += 1;
            }
        }
        rest = &rest[character.len_utf8()..];
    }
    let mut lines: Vec<String> = lines.into_iter().map(String::from_iter).collect();
    lines.pop_if(|last| last.is_empty());
    lines
}

/// The progress lines that were drawn, each as it was; those that erase have no text.
fn frames(raw: &str) -> Vec<&str> {
    let drawn = raw.split('\r').filter_map(|part| part.split_once("\x1b[K"));
    drawn
        .map(|(text, _)| text)
        .filter(|text| !text.is_empty())
        .collect()
}

/// The lines of standard output among those of a terminal: a number, a tab, and a name.
fn counted(lines: &[String]) -> Vec<&str> {
    let is_counted = |line: &&str| {
        let number = line.split('\t').next().filter(|_| line.contains('\t'));
        number.is_some_and(|number| number.parse::<u64>().is_ok())
    };
    lines
        .iter()
        .map(String::as_str)
        .filter(is_counted)
        .collect()
}

// ---------------------------------------------------------------- trees that take time

/// Directories `t/N`, each with a file and a directory with a file.
fn forest(count: usize) -> Tree {
    let tree = |number| format!("t/{number}/f {number}\nt/{number}/d/g 1000\n");
    Tree::of(&(0..count).map(tree).collect::<String>())
}

/// The words that run pdu with so many milliseconds before every read of a directory.
fn slow(milliseconds: u32, words: &str) -> Vec<String> {
    let delay = format!("inject=getdents64:delay_enter={}", milliseconds * 1000);
    let tracer = "strace -DDD -f -qq -o /dev/null -e trace=getdents64 -e";
    let words = words.split(' ').map(str::to_owned);
    let tracer = tracer.split(' ').map(str::to_owned);
    tracer.chain([delay, PDU.to_owned()]).chain(words).collect()
}

/// A slow pdu on a terminal.
fn start_slow(tree: &Tree, columns: u16, streams: Streams, words: &[String]) -> Terminal {
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    Terminal::start(tree, columns, streams, &words)
}

/// Whether this machine has what these tests need. Says what it lacks.
fn equipped() -> bool {
    static LACKS: OnceLock<Option<&str>> = OnceLock::new();
    let lacks = LACKS.get_or_init(|| {
        let runs = |words: &[String]| {
            let mut command = Command::new(&words[0]);
            command
                .args(&words[1..])
                .stdout(Stdio::null())
                .stderr(Stdio::null());
            command.status().is_ok_and(|status| status.success())
        };
        if !runs(&["setsid".into(), "--version".into()]) {
            return Some("setsid (util-linux) is missing");
        }
        (!runs(&slow(1, "--version"))).then_some("strace is missing, too old, or may not trace")
    });
    if let Some(lacks) = lacks {
        // Past the macros, whose words are kept from who runs a test that passes.
        let _ = writeln!(std::io::stderr(), "skipped: {lacks}");
    }
    lacks.is_none()
}

/// The lines of a run that nobody disturbs.
fn undisturbed(tree: &Tree, words: &str) -> Vec<String> {
    let mut command = Command::new(PDU);
    command.args(words.split(' ')).current_dir(tree.root());
    command.env_clear().env("LC_ALL", "C").stdin(Stdio::null());
    let output = command.output().expect("pdu starts");
    String::from_utf8_lossy(&output.stdout)
        .lines()
        .map(str::to_owned)
        .collect()
}

// ---------------------------------------------------------------- progress

#[test]
fn progress_is_drawn_in_place_and_never_wider_than_the_window() {
    if !equipped() {
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
    if !equipped() {
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
        undisturbed(&tree, "-b t"),
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
    if !equipped() {
        return;
    }
    let tree = forest(10);
    let end = start_slow(&tree, 60, Streams::All, &slow(100, "-j2 -b t")).end();
    let plain: String = undisturbed(&tree, "-b t")
        .iter()
        .map(|line| format!("{line}\r\n"))
        .collect();
    assert_eq!(end.raw, plain);
    assert!(end.status.success());
}

#[test]
fn off_a_terminal_progress_is_a_plain_line_a_tick_and_a_summary() {
    if !equipped() {
        return;
    }
    let tree = forest(20);
    let words = slow(100, "-v -j2 -b t");
    let mut command = Command::new(&words[0]);
    command
        .args(&words[1..])
        .current_dir(tree.root())
        .stdin(Stdio::null());
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
    let lines: String = undisturbed(&tree, "-b t")
        .iter()
        .map(|line| format!("{line}\n"))
        .collect();
    assert_eq!(String::from_utf8_lossy(&output.stdout), lines);
    assert!(output.status.success());
}

#[test]
fn a_dumb_terminal_is_told_in_plain_lines() {
    if !equipped() {
        return;
    }
    let tree = forest(20);
    let words = format!("exec env TERM=dumb {}", slow(100, "-v -j2 -b t").join(" "));
    let end = Terminal::start(&tree, 80, Streams::All, &["sh", "-c", &words]).end();
    assert!(!end.raw.contains('\x1b'), "{:?}", end.raw);
    assert!(
        end.raw.contains(" entries ") && end.raw.contains("40 files"),
        "{:?}",
        end.raw
    );
    assert_eq!(counted(&shown(&end.raw)), undisturbed(&tree, "-b t"));
}

// ---------------------------------------------------------------- cancelling

/// A run that was cancelled prints some lines of the whole run, in its order, and none of what was not finished.
#[track_caller]
fn is_cut(tree: &Tree, lines: &[&str]) {
    let whole = undisturbed(tree, "-b t");
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
    if !equipped() {
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
    if !equipped() {
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
    if !equipped() {
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
    assert_eq!(counted(&lines), undisturbed(&tree, "-b t"));
}

#[test]
fn the_end_of_input_on_a_terminal_cancels_nothing() {
    if !equipped() {
        return;
    }
    let tree = forest(20);
    let mut terminal = start_slow(&tree, 80, Streams::All, &slow(100, "-j2 -b t"));
    terminal.wait_until("the first line", |seen| seen.contains('\t'));
    terminal.press(CTRL_D);
    let end = terminal.end();
    assert!(end.status.success(), "{:?}", end.raw);
    assert_eq!(counted(&shown(&end.raw)), undisturbed(&tree, "-b t"));
}

#[test]
fn ctrl_c_dies_of_sigint_and_prints_what_was_finished() {
    if !equipped() {
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
    if !equipped() {
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
    if !equipped() {
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

/// A pdu that cannot write, since nobody reads what fills its pipe.
fn start_stuck(tree: &Tree) -> Child {
    let words = slow(1, "-v -ab .");
    let mut command = Command::new(&words[0]);
    command.args(&words[1..]).current_dir(tree.root());
    command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null());
    command.spawn().expect("strace starts")
}

/// Waits until a process sleeps in a write to a pipe.
fn wait_until_stuck(child: &Child) {
    let deadline = Instant::now() + PATIENCE;
    let place = format!("/proc/{}/wchan", child.id());
    let is_stuck = || std::fs::read(&place).is_ok_and(|place| place.ends_with(b"pipe_write"));
    while !is_stuck() && Instant::now() < deadline {
        std::thread::yield_now();
    }
}

#[test]
fn ctrl_c_ends_even_a_pdu_that_cannot_write() {
    if !equipped() {
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
            // The second may find nobody any more, which is what it is for.
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
    if !equipped() {
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
    if !equipped() {
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
        undisturbed(&tree, "-b t")
    );
    assert!(!end.raw.contains("incomplete"), "{:?}", end.raw);
}

#[test]
fn a_job_in_the_background_is_not_stopped_draws_nothing_and_takes_no_key() {
    if !equipped() {
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
    assert_eq!(counted(&lines), undisturbed(&tree, "-b t"));
}

#[test]
fn cancelling_does_not_wait_for_the_walk() {
    if !equipped() {
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
    if !equipped() {
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
