//! The real threads of the real program: that they end, on one processor and on many, and cost nothing while they
//! wait. What they do in which order is the affair of the models (`src/walk/model.rs`, `src/walk/semaphore.rs`).

use std::io::Read;
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::channel;
use std::time::Duration;

use crate::support::run::{HANG_TIMEOUT, PDU, program};
use crate::support::skip::{size, works};
use crate::support::tree::Tree;
use rustix::process::{Pid, Signal, kill_process_group};
use wait4::Wait4;

/// Directories at the top, each with one below it and a file in that: more than one thread walks alone.
const WIDTH: usize = 100;

fn wide() -> Tree {
    let lines = (0..WIDTH).map(|number| format!("t/d{number}/e/f 1"));
    Tree::of(&lines.collect::<Vec<_>>().join("\n"))
}

/// What a program that must end writes to standard output, and how much processor time it and its children used.
fn run(mut command: Command) -> (String, Duration) {
    command.stdout(Stdio::piped()).process_group(0);
    let mut child: Child = command.spawn().expect("it starts");
    let mut pipe = child.stdout.take().expect("it is a pipe");
    let (give, output) = channel();
    std::thread::spawn(move || {
        let mut text = String::new();
        let read = pipe.read_to_string(&mut text);
        give.send(read.map(|_| text))
    });
    let output = output.recv_timeout(HANG_TIMEOUT);
    if output.is_err() {
        let _ = kill_process_group(Pid::from_child(&child), Signal::KILL);
    }
    let end = child.wait4().expect("it is our child");
    let output = output.unwrap_or_else(|_| panic!("{command:?} hangs"));
    assert!(end.status.success(), "{command:?}: {:?}", end.status);
    let used = end.rusage.utime + end.rusage.stime;
    (output.expect("it writes text"), used)
}

#[test]
fn on_one_processor_any_number_of_walkers_comes_to_the_end() {
    if !works("taskset --version") {
        return;
    }
    let tree = wide();
    let times = size(20, 1000);
    // The top, two directories and a file for each.
    let right = format!("{}\tt\n", 1 + 3 * WIDTH);
    for jobs in ["-j1", "-j2", "-j64"].iter().cycle().take(3 * times) {
        let mut command = program("taskset", tree.root());
        command.args(["-c", "0", PDU, jobs, "-s", "--inodes", "t"]);
        assert_eq!(run(command).0, right, "{jobs}");
    }
}

#[test]
fn walkers_that_wait_for_a_slow_directory_use_no_processor() {
    if !works("strace --version") {
        return;
    }
    let tree = wide();
    // One directory answers after three seconds, as one on a mount that is slow; sixteen walkers wait for it. It is
    // the last that the top lists, so that the main thread is not the one to come to it.
    let last = std::fs::read_dir(tree.root().join("t"))
        .expect("it is ours")
        .last();
    let slow = last
        .expect("it is not empty")
        .expect("it is ours")
        .path()
        .join("e");
    let mut command = program("strace", tree.root());
    command.args([
        "-f",
        "--seccomp-bpf",
        "-o",
        "/dev/null",
        "-e",
        "trace=getdents64",
    ]);
    command.args(["-e", "inject=getdents64:delay_enter=3000000:when=1", "-P"]);
    command.arg(slow).args([PDU, "-j16", "-s", "--inodes", "t"]);
    let (output, used) = run(command);
    assert_eq!(output, format!("{}\tt\n", 1 + 3 * WIDTH));
    // Sixteen that looked without a pause whether there is work would use as much of the three seconds as they get, on
    // every processor.
    assert!(used < Duration::from_secs(1), "{used:?}");
}
