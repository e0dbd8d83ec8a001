//! The terminal is given back in every ending: its modes are equal before and after, the alternate screen is left, the
//! cursor is shown, the mouse is off.
//!
//! A panic, and memory that runs out at a certain moment, cannot be had from outside: `examples/terminal.rs` has keys for
//! them.

use std::io::Write;
use std::os::unix::process::ExitStatusExt;
use std::path::PathBuf;
use std::process::Stdio;

use rustix::io::ioctl_fionread;
use rustix::process::{Pid, Signal, kill_process};

use crate::support::fuse::{Node, Op};
use crate::support::process::{child_of, is_stuck, worker_of};
use crate::support::run::{program, wait_until};
use crate::support::sandbox::Sandbox;
use crate::support::screen::Screen;
use crate::support::terminal::{DEFAULT_SIGNALS, Streams, pseudo_terminal, settings, wait};
use crate::support::tree::Tree;

const CTRL_C: &[u8] = b"\x03";
const CTRL_Z: &[u8] = b"\x1a";

/// Signals that people and the system send to end a program.
const ENDING: [Signal; 4] = [Signal::TERM, Signal::HUP, Signal::INT, Signal::QUIT];

/// Other signals that end it.
const OTHER_ENDING: [Signal; 9] = [
    Signal::ALARM,
    Signal::IO,
    Signal::PROF,
    Signal::POWER,
    Signal::USR1,
    Signal::USR2,
    Signal::VTALARM,
    Signal::XCPU,
    Signal::XFSZ,
];

/// The example, beside the folder of the test programs.
fn example() -> PathBuf {
    let program = std::env::current_exe().expect("there is one");
    let built = program.ancestors().nth(2).expect("it is in a folder");
    built.join("examples/terminal")
}

/// The example on a terminal, once it has drawn.
fn start() -> Screen {
    start_by(&[])
}

fn start_by(words: &[&str]) -> Screen {
    let mut all: Vec<_> = words.iter().map(PathBuf::from).collect();
    all.push(example());
    let mut screen = Screen::start(Tree::of("d/"), Streams::All, &all);
    screen.wait_for("80x24");
    let now = screen.now();
    assert!(now.alternate_screen() && !now.hide_cursor());
    assert!(!screen.is_set_as_before(), "this is no raw mode");
    screen
}

fn send(process: u32, signal: Signal) {
    let process = i32::try_from(process).ok().and_then(Pid::from_raw);
    // It may have ended.
    let _ = kill_process(process.expect("a process"), signal);
}

#[test]
fn keys_that_end_it_give_the_terminal_back() {
    for (keys, status) in [(&b"q"[..], 0), (CTRL_C, 0), (b"e", 1)] {
        let mut screen = start();
        screen.terminal.press(keys);
        assert_eq!(screen.end().ending(), Ok(status), "{keys:?}");
    }
}

#[test]
fn a_panic_in_any_thread_gives_the_terminal_back_before_its_message() {
    for (keys, status) in [(b"p", 101), (b"w", 1)] {
        let mut screen = start();
        screen.terminal.press(keys);
        let left = screen.end();
        assert_eq!(left.ending(), Ok(status), "{keys:?}");
        assert!(left.text.contains("as asked"), "{:?}", left.text);
    }
}

#[test]
fn without_memory_the_terminal_is_given_back_before_the_message() {
    let mut screen = start();
    screen.terminal.press(b"m");
    let left = screen.end();
    assert_eq!(left.ending(), Ok(1));
    assert!(left.text.contains("memory exhausted"), "{:?}", left.text);
}

#[test]
fn signals_end_it_by_themselves_once_and_twice() {
    for signal in ENDING.into_iter().chain(OTHER_ENDING) {
        for times in [1, 2] {
            let screen = start();
            for _ in 0..times {
                screen.terminal.signal(signal);
            }
            assert_eq!(
                screen.end().ending(),
                Err(signal.as_raw()),
                "{times} {signal:?}"
            );
        }
    }
}

#[test]
fn another_signal_after_the_first_finds_the_terminal_given_back() {
    let mut screen = start();
    screen.terminal.signal(Signal::TERM);
    screen.wait_until("the usual screen", |screen| !screen.alternate_screen());
    assert!(screen.is_set_as_before());
    screen.terminal.signal(Signal::HUP);
    let ending = screen.end().ending();
    assert!(ending == Err(1) || ending == Err(15), "{ending:?}");
}

#[test]
fn a_terminal_that_is_gone_ends_it() {
    for ignored in [None, Some("trap '' HUP; exec \"$0\"")] {
        let screen = match ignored {
            None => start(),
            Some(script) => start_by(&["sh", "-c", script]),
        };
        let ended = wait(&mut screen.terminal.hang_up());
        assert!(!ended.success());
    }
}

#[test]
fn a_terminal_that_takes_no_output_delays_no_signal() {
    for signal in [Signal::TERM, Signal::QUIT] {
        let (keys, terminal) = pseudo_terminal(80);
        let before = settings(&keys);
        let side = || Stdio::from(terminal.try_clone().expect("descriptors can be had"));
        let tree = Tree::of("d/");
        let mut command = program("setsid", tree.root());
        command.arg("--ctty").args(DEFAULT_SIGNALS).arg(example());
        command.env("TERM", "xterm");
        let command = command.stdin(side()).stdout(side()).stderr(side());
        let mut child = command.spawn().expect("setsid starts");
        // Nobody reads: each key is answered by a frame, until the terminal is full.
        wait_until("raw mode", || settings(&keys) != before);
        let is_full = || {
            // Keys that nobody reads would fill the terminal on this side, and keep this thread.
            if ioctl_fionread(&terminal).is_ok_and(|unread| unread < 100) {
                (&keys).write_all(&[12; 20]).expect("keys are read");
            }
            sleeps_in_write(worker_of(child.id()))
        };
        wait_until("a full terminal", is_full);
        send(child.id(), signal);
        let ended = wait(&mut child);
        assert_eq!(ended.signal(), Some(signal.as_raw()));
        assert_eq!(settings(&keys), before);
    }
}

/// Whether the main thread waits for a terminal that takes no output.
fn sleeps_in_write(process: u32) -> bool {
    let write = match cfg!(target_arch = "x86_64") {
        true => "1 ",
        false => "64 ",
    };
    let call = std::fs::read_to_string(format!("/proc/{process}/syscall"));
    call.is_ok_and(|call| call.starts_with(write))
}

// ---------------------------------------------------------------- stops

/// A shell with job control. Each time that the example stops, it says whether the terminal is set as before, and continues
/// it. Bash leaves a loop in which a job stops.
const JOB: &str = r#"set -m; stty -a >before
    go_on() {
        case $s in 147 | 148)
            stty -a >after; cmp -s before after && echo "same after $s"
            fg >&2; s=$?; go_on
        esac
    }
    "$0"; s=$?; go_on; echo ended=$s"#;

fn start_job() -> Screen {
    start_by(&["bash", "-c", JOB])
}

#[test]
fn ctrl_z_gives_the_terminal_back_and_takes_it_again() {
    let mut screen = start_job();
    screen.terminal.press(b"ax");
    screen.wait_for("keys: ax");
    screen.terminal.press(CTRL_Z);
    screen
        .terminal
        .wait_until("the shell", |seen| seen.contains("same after 148"));
    // The shell has continued it.
    screen.terminal.press(b"y");
    screen.wait_for("keys: axy");
    assert!(screen.now().alternate_screen() && !screen.is_set_as_before());
    screen.terminal.press(b"q");
    let left = screen.end();
    assert!(left.text.contains("ended=0"), "{:?}", left.text);
}

#[test]
fn stop_signals_from_elsewhere_do_as_ctrl_z_does() {
    let mut screen = start_job();
    let example = child_of(screen.terminal.child.id()).expect("the shell has started it");
    send(example, Signal::TSTP);
    screen
        .terminal
        .wait_until("the shell", |seen| seen.contains("same after 148"));
    screen.terminal.press(b"y");
    screen.wait_for("keys: y");
    // Nothing can be done before this one.
    send(example, Signal::STOP);
    screen.terminal.press(b"z");
    screen.wait_for("keys: yz");
    wait_until("raw mode", || !screen.is_set_as_before());
    screen.terminal.press(b"q");
    screen.end();
}

// ---------------------------------------------------------------- other programs

#[test]
fn another_program_has_the_terminal_as_it_was_and_every_key_after_the_one_that_starts_it() {
    let mut screen = start_job();
    screen.terminal.press(b"xb");
    screen
        .terminal
        .wait_until("a shell", |seen| seen.contains("in the child$"));
    assert!(screen.is_set_as_before() && !screen.now().alternate_screen());
    screen.terminal.press(b"pwd; exit 3\r");
    screen.wait_for("keys: x[exit status: 3]");
    assert!(screen.terminal.seen_text().contains("\r\n/\r\n"));
    // Typed at once. A Ctrl-C in it is its own.
    screen
        .terminal
        .press(b"btrap 'echo in\"\"terrupted' INT\rkill -INT $$; exit 4\r");
    screen.wait_for("keys: x[exit status: 3][exit status: 4]");
    assert!(screen.terminal.seen_text().contains("interrupted"));
    assert!(!screen.is_set_as_before());
    screen.terminal.press(b"q");
    screen.end();
}

#[test]
fn a_program_that_leaves_the_terminal_in_disorder_changes_nothing_for_the_shell() {
    let mut screen = start_job();
    screen.terminal.press(b"bstty raw -echo; kill -9 $$\r");
    screen.wait_for("keys: [signal: 9");
    screen.terminal.press(b"q");
    screen.end();
}

#[test]
fn a_program_that_is_stopped_stops_the_explorer_as_one_job() {
    let mut screen = start_job();
    screen.terminal.press(b"bkill -STOP $$; exit 5\r");
    screen
        .terminal
        .wait_until("the shell", |seen| seen.contains("same after 148"));
    screen.wait_for("keys: [exit status: 5]");
    screen.terminal.press(b"q");
    screen.end();
}

// ---------------------------------------------------------------- a supervised process

/// A file system with a server: the example runs in a child of the process that was started.
fn start_supervised(words: &[&str]) -> Option<(Sandbox, Screen, u32)> {
    let sandbox = Sandbox::fuse(vec![])?;
    let screen = start_by(words);
    let mut started = screen.terminal.child.id();
    if !words.is_empty() {
        started = child_of(started).expect("the shell has started it");
    }
    wait_until("a child", || child_of(started).is_some());
    let child = child_of(started).expect("it was there");
    Some((sandbox, screen, child))
}

#[test]
fn the_supervisor_gives_the_terminal_back_for_a_child_that_cannot() {
    for signal in [Signal::KILL, Signal::ABORT] {
        let Some((_sandbox, screen, child)) = start_supervised(&[]) else {
            return;
        };
        send(child, signal);
        assert_eq!(screen.end().ending(), Err(signal.as_raw()));
    }
}

#[test]
fn signals_to_the_supervisor_give_the_terminal_back() {
    for signal in ENDING.into_iter().chain([Signal::USR1, Signal::XCPU]) {
        for times in [1, 2] {
            let Some((_sandbox, screen, _)) = start_supervised(&[]) else {
                return;
            };
            for _ in 0..times {
                screen.terminal.signal(signal);
            }
            let left = screen.end();
            assert_eq!(left.ending(), Err(signal.as_raw()), "{times} {signal:?}");
        }
    }
}

#[test]
fn stops_of_a_supervised_process_are_those_of_one_process() {
    let Some((_sandbox, mut screen, child)) = start_supervised(&["bash", "-c", JOB]) else {
        return;
    };
    let supervisor = child_of(screen.terminal.child.id()).expect("the shell has started it");
    let stop: [&dyn Fn(&mut Screen); 3] = [
        &|screen| screen.terminal.press(CTRL_Z),
        &|_| send(child, Signal::TSTP),
        &|_| send(supervisor, Signal::TSTP),
    ];
    for (stops, stop) in stop.into_iter().enumerate() {
        stop(&mut screen);
        screen.terminal.wait_until("the shell", |seen| {
            seen.matches("same after 148").count() > stops
        });
        screen.terminal.press(b"x");
        screen.wait_for(&format!("keys: {}", "x".repeat(stops + 1)));
    }
    screen.terminal.press(b"q");
    let left = screen.end();
    assert_eq!(
        left.raw.matches("same after 148").count(),
        3,
        "{:?}",
        left.raw
    );
    assert!(left.text.contains("ended=0"), "{:?}", left.text);
}

// ---------------------------------------------------------------- the explorer itself

/// The explorer in a tree, by a shell with job control, once it shows its rows.
fn start_explorer(tree: Tree, words: &str) -> Screen {
    let script = format!(
        "set -- \"$pdu\" -i {words}; {}",
        JOB.replace("\"$0\"", "\"$@\"")
    );
    let mut screen = Screen::start(tree, Streams::All, &["bash", "-c", &script]);
    screen.wait_for("q quit");
    screen.wait_until("an alternate screen", |screen| screen.alternate_screen());
    assert!(!screen.is_set_as_before(), "this is no raw mode");
    screen
}

/// The process that was started: the child of the shell.
fn explorer(screen: &Screen) -> u32 {
    child_of(screen.terminal.child.id()).expect("the shell has started it")
}

const FILES: &str = "d/f 5000\ng 300";

#[test]
fn the_explorer_gives_the_terminal_back_for_every_key_that_ends_it() {
    for words in ["-j1", "-j20"] {
        for (keys, status) in [(&b"q"[..], 0), (CTRL_C, 0), (b"Q", 0)] {
            let mut screen = start_explorer(Tree::of(FILES), words);
            screen.wait_until("the end of the walk", |screen| {
                !screen.contents().contains("reading")
            });
            screen.terminal.press(keys);
            let left = screen.end();
            assert!(left.text.contains(&format!("ended={status}")), "{left:?}");
        }
    }
}

#[test]
fn the_explorer_gives_the_terminal_back_for_every_signal_with_a_supervisor_and_without() {
    for signal in ENDING.into_iter().chain([Signal::USR1, Signal::XCPU]) {
        for times in [1, 2] {
            for supervised in [false, true] {
                let _sandbox = match supervised {
                    false => None,
                    true => match Sandbox::fuse(vec![]) {
                        Some(sandbox) => Some(sandbox),
                        None => return,
                    },
                };
                let screen = start_explorer(Tree::of(FILES), "");
                let explorer = explorer(&screen);
                (0..times).for_each(|_| send(explorer, signal));
                let left = screen.end();
                // Bash ends when its program dies of SIGINT.
                let status = 128 + signal.as_raw();
                let is_told = left.text.contains(&format!("ended={status}"));
                assert!(is_told || left.ending() == Ok(status), "{times} {left:?}");
            }
        }
    }
}

#[test]
fn the_explorer_stops_and_goes_on() {
    let mut screen = start_explorer(Tree::of(FILES), "");
    let stop: [&dyn Fn(&mut Screen); 2] = [&|screen| screen.terminal.press(CTRL_Z), &|screen| {
        send(explorer(screen), Signal::TSTP)
    }];
    for (stops, stop) in stop.into_iter().enumerate() {
        stop(&mut screen);
        screen.terminal.wait_until("the shell", |seen| {
            seen.matches("same after 148").count() > stops
        });
        screen.wait_until("the screen again", |screen| {
            screen.alternate_screen() && screen.contents().contains("d/")
        });
    }
    screen.terminal.press(b"q");
    assert!(screen.end().text.contains("ended=0"));
}

#[test]
fn the_shell_of_the_explorer_receives_all_keys_after_b() {
    let mut screen = start_explorer(Tree::of(FILES), "");
    screen
        .terminal
        .press(b"jkbstty raw; echo in$((40+2)); kill -9 $$\r");
    screen
        .terminal
        .wait_until("the shell", |seen| seen.contains("in42"));
    screen.wait_until("the screen again", |screen| {
        screen.alternate_screen() && screen.contents().contains("d/")
    });
    screen.terminal.press(b"q");
    assert!(screen.end().text.contains("ended=0"));
}

#[test]
fn without_memory_the_explorer_gives_the_terminal_back() {
    let entry = format!(r#",{{"name":"{}"}}"#, "n".repeat(200));
    let export = format!(r#"printf %s '[1,2,{{}},[{{"name":"d"}}'; yes '{entry}'"#);
    let script = format!(r#"ulimit -v 50000; exec "$pdu" -i --from=<({export})"#);
    let screen = Screen::start(Tree::of(FILES), Streams::All, &["bash", "-c", &script]);
    let left = screen.end();
    assert!(left.raw.contains("\x1b[?1049h"), "no screen: {left:?}");
    assert_eq!(left.ending(), Ok(1), "{left:?}");
    assert!(left.text.contains("memory exhausted"), "{left:?}");
}

/// The explorer of a mount whose server never answers. It has forked before it read its command line.
fn start_stuck() -> Option<(Sandbox, Screen, u32)> {
    let sandbox = Sandbox::new();
    let root = Node::dir("", vec![Node::file("f")])
        .hanging(Op::Getattr)
        .hanging(Op::Opendir);
    if !sandbox.mount_fuse("m", root) {
        return None;
    }
    let screen = start_explorer(Tree::of(FILES), &sandbox.at("m").display().to_string());
    let child = child_of(explorer(&screen)).expect("it has forked");
    wait_until("a thread that waits", || is_stuck(child));
    Some((sandbox, screen, child))
}

/// A way to end it, in words, and what is done.
type Way<'a> = (&'a str, &'a dyn Fn(&mut Screen, u32));

#[test]
fn an_explorer_that_is_stuck_gives_the_terminal_and_the_prompt_back() {
    let endings: [Way<'_>; 6] = [
        ("q", &|screen, _| screen.terminal.press(b"q")),
        ("Ctrl-C", &|screen, _| screen.terminal.press(b"\x03\x03")),
        ("TERM", &|screen, _| send(explorer(screen), Signal::TERM)),
        ("HUP", &|screen, _| send(explorer(screen), Signal::HUP)),
        ("QUIT", &|screen, _| send(explorer(screen), Signal::QUIT)),
        // The child is not dead for its parent before the server answers.
        ("KILL, TERM", &|screen, child| {
            send(child, Signal::KILL);
            send(explorer(screen), Signal::TERM);
        }),
    ];
    for (what, end) in endings {
        let Some((sandbox, mut screen, child)) = start_stuck() else {
            return;
        };
        end(&mut screen, child);
        screen
            .terminal
            .wait_until(what, |seen| seen.contains("ended="));
        assert!(screen.is_set_as_before(), "{what}");
        sandbox.end_fuse();
        screen.end();
    }
}

#[test]
fn an_explorer_that_is_stuck_stops_and_goes_on() {
    let Some((sandbox, mut screen, child)) = start_stuck() else {
        return;
    };
    let stop: [&dyn Fn(&mut Screen); 3] = [
        &|screen| screen.terminal.press(CTRL_Z),
        &|_| send(child, Signal::TSTP),
        &|screen| send(explorer(screen), Signal::TSTP),
    ];
    for (stops, stop) in stop.into_iter().enumerate() {
        stop(&mut screen);
        screen.terminal.wait_until("the shell", |seen| {
            seen.matches("same after 148").count() > stops
        });
        screen.wait_until("the screen again", |screen| {
            screen.alternate_screen() && screen.contents().contains("pdu: /")
        });
    }
    screen.terminal.press(b"q");
    screen
        .terminal
        .wait_until("the end", |seen| seen.contains("ended="));
    sandbox.end_fuse();
    screen.end();
}

#[test]
fn a_terminal_that_is_gone_ends_the_explorer() {
    for ignored in ["", "trap '' HUP; "] {
        let words = ["sh", "-c", &format!("{ignored}exec \"$pdu\" -i .")].map(str::to_owned);
        let mut screen = Screen::start(Tree::of(FILES), Streams::All, &words);
        screen.wait_for("q quit");
        let ended = wait(&mut screen.terminal.hang_up());
        assert!(!ended.success());
    }
}
