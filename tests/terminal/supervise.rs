//! The second process: it gives the prompt back where a server does not answer, and has no other visible effect.
//!
//! A request that a FUSE server has read and never answers holds a thread that no signal ends. The process exists until
//! the server answers, and so does a wait for it. The servers of these tests never answer.

use std::fs;
use std::io::{Chain, Cursor, Read};
use std::os::fd::AsRawFd;
use std::os::unix::process::CommandExt;
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::{Child, ChildStdout, Stdio};
use std::time::{Duration, Instant};

use crate::support::fuse::{Node, Op};
use crate::support::process::{catches, child_of, is_stuck, states};
use crate::support::run::{Answer, PDU, pause, program, text, wait_until};
use crate::support::sandbox::Sandbox;
use crate::support::skip::{skip, tool};
use crate::support::terminal::{
    self, Streams, Terminal, can_slow_down, forest, read_all, repeated_operand, slow,
};
use crate::support::tree::Tree;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::process::{Pid, Signal, WaitOptions, kill_process, kill_process_group, waitpid};

/// What is waited for in vain: the root of `m`.
fn dead() -> Option<Sandbox> {
    let sandbox = Sandbox::new();
    let root = Node::dir("", vec![Node::file("f")])
        .hanging(Op::Getattr)
        .hanging(Op::Opendir)
        .hanging(Op::ReaddirAfter(0));
    sandbox.mount_fuse("m", root).then_some(sandbox)
}

/// A file system with a server that gets no requests.
fn bystander() -> Option<Sandbox> {
    Sandbox::fuse(vec![])
}

/// Starts something here.
fn start(words: &[&str]) -> Child {
    terminal::start(Path::new("."), words)
}

/// Waits until a pdu has forked and its child has a thread in an uninterruptible wait.
fn wait_until_stuck(pid: u32) -> u32 {
    wait_until("a child", || child_of(pid).is_some());
    let child = child_of(pid).expect("it was there");
    // Not for a request that is answered soon: a path is looked up name by name.
    let is_still_stuck = |_| {
        pause(Duration::from_millis(40));
        is_stuck(child)
    };
    wait_until("a thread that waits", || {
        is_stuck(child) && (0..4).all(is_still_stuck)
    });
    wait_until_caught(child);
    child
}

/// Waits until a process listens for SIGINT.
fn wait_until_caught(pid: u32) {
    wait_until("a handler", || catches(pid, Signal::INT));
}

// ---------------------------------------------------------------- a server that does not answer

/// Cancels a pdu that is stuck; gives the time until it was gone.
fn cancel_stuck(words: &str, cancel: impl Fn(Pid)) -> Option<(Answer, Duration)> {
    let sandbox = dead()?;
    let place = sandbox.at("m").display().to_string();
    let words: Vec<&str> = [PDU, "-s"]
        .into_iter()
        .chain(words.split(' '))
        .chain([&*place])
        .collect();
    let pdu = start(&words);
    let child = wait_until_stuck(pdu.id());
    let since = Instant::now();
    cancel(Pid::from_child(&pdu));
    // Both pipes have to end, and the process.
    let answer = Answer::of(pdu, "a stuck pdu");
    let taken = since.elapsed();
    assert!(states(child).contains('D'), "it was not stuck: {answer:?}");
    sandbox.end_fuse();
    wait_until("the end of the child", || states(child).is_empty());
    Some((answer, taken))
}

#[test]
fn signals_give_the_prompt_back_though_a_server_never_answers() {
    let mut times = Vec::new();
    for (signal, number) in [(Signal::INT, 2), (Signal::TERM, 15), (Signal::HUP, 1)] {
        let one = |pid| kill_process(pid, signal).expect("it runs");
        let all = |pid| kill_process_group(pid, signal).expect("it runs");
        let cancels: [&dyn Fn(Pid); 2] = [&one, &all];
        for (cancel, words) in cancels.into_iter().zip(["-j2", "-vj20"]) {
            let Some((answer, taken)) = cancel_stuck(words, cancel) else {
                return;
            };
            assert_eq!(answer.status.signal(), Some(number), "{answer:?}");
            assert_eq!(answer.errors.matches("incomplete").count(), 1, "{answer:?}");
            times.push(taken);
        }
    }
    times.sort();
    eprintln!("gone after {times:?}");
}

/// A directory `t`, and `m`: a server that answers for the names `sub` and `t`, and for nothing else.
fn silent() -> Option<Sandbox> {
    let sandbox = Sandbox::new();
    sandbox.file("t/f", 1);
    let hang = |node: Node| {
        node.hanging(Op::Getattr)
            .hanging(Op::Opendir)
            .hanging(Op::ReaddirAfter(0))
            .hanging(Op::Statfs)
    };
    let list = Node::file("list").hanging(Op::Lookup);
    let sub = hang(Node::dir("sub", vec![Node::file("f")]));
    let root = hang(Node::dir("", vec![sub, list]));
    sandbox.mount_fuse("m", root).then_some(sandbox)
}

/// Sends SIGINT to a pdu that was started in a directory of the sandbox and that waits there; gives the time until it was
/// gone.
#[track_caller]
fn interrupt_stuck(sandbox: &Sandbox, at: &str, words: &str) -> Duration {
    let [env, option] = terminal::DEFAULT_SIGNALS;
    let mut command = program(env, &sandbox.at(at));
    command.env("PDU_SNAPSHOTS", "m/list");
    let root = sandbox.root().display().to_string();
    let words = words.replace("ROOT", &root);
    command.arg(option).arg(PDU).args(words.split(' '));
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    let pdu = command.process_group(0).spawn().expect("it starts");
    let child = wait_until_stuck(pdu.id());
    let since = Instant::now();
    kill_process_group(Pid::from_child(&pdu), Signal::INT).expect("it runs");
    let answer = Answer::of(pdu, &words);
    let taken = since.elapsed();
    assert_eq!(answer.status.signal(), Some(2), "{at}: {words}: {answer:?}");
    let messages = answer.errors.matches("incomplete").count();
    assert_eq!(messages, 1, "{at}: {words}: {answer:?}");
    assert!(states(child).contains('D'), "{at}: {words}: {answer:?}");
    taken
}

#[test]
fn a_path_on_a_mount_that_does_not_answer_keeps_no_prompt() {
    let cases = [
        // Operands: the mount, above it, in it, and as the working directory.
        ("", "-s m"),
        ("", "-s ."),
        ("", "-s m/sub"),
        ("", "-s t m/sub/."),
        ("m", "-s ."),
        ("m", "-a sub"),
        ("m", "-s --time sub/../sub"),
        ("m", "-s /proc/self/cwd/"),
        ("m", "-v"),
        // Files.
        ("", "-s -X m/list t"),
        ("", "-Xm/list t"),
        ("", "-s --exclude-from=m/list t"),
        ("", "--files0-from=m/list"),
        ("", "--from=m/list"),
        ("", "-om/list t"),
        ("", "--output=m/list t"),
        ("", "--format=ncdu m/list"),
        ("", "--snapshot=m/list t"),
        ("", "--snapshot=m/sub/ t"),
        ("", "--diff=m/list t"),
        // The store of the environment.
        ("", "--snapshot t"),
        ("", "--diff=7d t"),
        ("", "--history t"),
        ("m", "-s -X list ROOT/t"),
        ("m", "--files0-from=list"),
    ];
    let mut times = Vec::new();
    for (number, (at, words)) in cases.into_iter().enumerate() {
        let walkers = ["-j1", "-j2", "-j20"];
        let all = number < 9;
        for walkers in walkers.iter().skip(if all { 0 } else { 2 }) {
            let Some(sandbox) = silent() else { return };
            times.push(interrupt_stuck(&sandbox, at, &format!("{walkers} {words}")));
            sandbox.end_fuse();
        }
    }
    times.sort();
    eprintln!("gone after {times:?}");
}

#[test]
fn three_signals_give_the_prompt_back_as_one_does() {
    let thrice = |pid| {
        for _ in 0..3 {
            // The process may have ended before the last signal.
            let _ = kill_process_group(pid, Signal::INT);
            pause(Duration::from_millis(50));
        }
    };
    let Some((answer, _)) = cancel_stuck("-j2", thrice) else {
        return;
    };
    assert_eq!(answer.status.signal(), Some(2), "{answer:?}");
}

#[test]
fn without_descriptors_to_listen_with_the_prompt_comes_back_as_well() {
    let Some(sandbox) = dead() else { return };
    let place = sandbox.at("m").display().to_string();
    let limit = "ulimit -n 7; exec \"$@\"";
    let pdu = start(&["sh", "-c", limit, "sh", PDU, "-s", &place]);
    wait_until("a child", || child_of(pdu.id()).is_some());
    let child = child_of(pdu.id()).expect("it was there");
    // Not for a request that is answered soon: a path is looked up name by name.
    let is_still_stuck = |_| {
        pause(Duration::from_millis(40));
        is_stuck(child)
    };
    wait_until("a thread that waits", || {
        is_stuck(child) && (0..4).all(is_still_stuck)
    });
    kill_process(Pid::from_child(&pdu), Signal::INT).expect("it runs");
    let mut pdu = pdu;
    let status = terminal::wait(&mut pdu);
    assert_eq!(status.signal(), Some(2), "{status:?}");
    sandbox.end_fuse();
}

#[test]
fn enter_gives_the_prompt_back_though_a_server_never_answers() {
    if !can_slow_down() {
        return;
    }
    let Some(sandbox) = dead() else { return };
    let tree = Tree::empty();
    let place = sandbox.at("m").display().to_string();
    let mut terminal = Terminal::start(&tree, 80, Streams::All, &[PDU, "-sj2", &place]);
    let child = wait_until_stuck(terminal.child.id());
    terminal.press(b"\n");
    let end = terminal.end();
    assert_eq!(end.status.code(), Some(130), "{:?}", end.raw);
    assert_eq!(end.raw.matches("incomplete").count(), 1, "{:?}", end.raw);
    assert!(states(child).contains('D'), "it was not stuck");
    sandbox.end_fuse();
}

#[test]
fn a_shell_that_waits_for_lines_has_its_prompt_back() {
    let Some(sandbox) = dead() else { return };
    let place = sandbox.at("m").display().to_string();
    let script = "trap : INT; lines=$(\"$@\" 2>&1); echo \"over $? $lines\"";
    let shell = start(&["sh", "-c", script, "sh", PDU, "-sj2", &place]);
    let find = || child_of(shell.id()).and_then(child_of).and_then(child_of);
    let stuck = || find().is_some_and(is_stuck);
    wait_until("a pdu of a shell of a shell", || {
        stuck() || {
            let child = child_of(shell.id()).and_then(child_of);
            child.is_some_and(is_stuck)
        }
    });
    pause(Duration::from_millis(100));
    kill_process_group(Pid::from_child(&shell), Signal::INT).expect("it runs");
    let answer = Answer::of(shell, "a shell");
    assert!(answer.out.contains("over 130 pdu: cancelled"), "{answer:?}");
    sandbox.end_fuse();
}

// ---------------------------------------------------------------- no other visible effect

/// A pdu, split in two, that cannot go on until its lines are read.
fn start_blocked(tree: &Tree, option: &str) -> (Child, Output, u32) {
    let list = format!("--files0-from={}", tree.root().join("list").display());
    let at = tree.root().display().to_string();
    let mut pdu = start(&["env", "-C", &at, PDU, "-bl", option, &list]);
    let mut output = pdu.stdout.take().expect("it is a pipe");
    // More than the first directories, which are walked before there is a child.
    let mut some = vec![0; 250_000];
    output.read_exact(&mut some).expect("pdu writes");
    let some = Cursor::new(some);
    let child = child_of(pdu.id()).expect("there is a child");
    wait_until_blocked(child, &output);
    (pdu, some.chain(output), child)
}

/// Waits until a process waits in a write, for room in the pipe.
pub(crate) fn wait_until_blocked(process: u32, output: &ChildStdout) {
    wait_until("a write for which the pipe has no room", || {
        is_full(output) && states(process).chars().all(|state| state == 'S')
    });
}

/// Whether a write to the pipe would wait.
fn is_full(output: &ChildStdout) -> bool {
    let end = format!("/proc/self/fd/{}", output.as_raw_fd());
    let end = fs::File::options().write(true).open(end).expect("a pipe");
    let mut polled = [PollFd::new(&end, PollFlags::OUT)];
    let now = Timespec::default();
    poll(&mut polled, Some(&now)).expect("it can be polled") == 0
}

/// What was read already, and what comes after.
type Output = Chain<Cursor<Vec<u8>>, ChildStdout>;

#[test]
fn the_exit_status_is_that_of_the_child() {
    let Some(_stage) = bystander() else { return };
    let tree = repeated_operand(2_000);
    let (mut pdu, output, _) = start_blocked(&tree, "-k");
    assert_eq!(read_all(output).lines().count(), 2_000);
    assert_eq!(terminal::wait(&mut pdu).code(), Some(0));
    assert_eq!(read_all(pdu.stderr.take().expect("it is a pipe")), "");

    let list = tree.root().join("list");
    let before = fs::read_to_string(&list).expect("it is there");
    fs::write(&list, before + "missing\0").expect("it can be written");
    let (mut pdu, output, _) = start_blocked(&tree, "-k");
    assert_eq!(read_all(output).lines().count(), 2_000);
    assert_eq!(terminal::wait(&mut pdu).code(), Some(1));
    let errors = read_all(pdu.stderr.take().expect("it is a pipe"));
    let expected = "pdu: cannot access 'missing': No such file or directory\n";
    assert_eq!(errors, expected);
}

#[test]
fn the_parent_dies_of_what_the_child_dies_of() {
    let Some(_stage) = bystander() else { return };
    let tree = repeated_operand(20_000);
    let (mut pdu, output, _) = start_blocked(&tree, "-k");
    drop(output);
    assert_eq!(terminal::wait(&mut pdu).signal(), Some(13));
    for (signal, number) in [(Signal::KILL, 9), (Signal::USR2, 12), (Signal::ABORT, 6)] {
        let (mut pdu, _output, child) = start_blocked(&tree, "-k");
        let child = i32::try_from(child).ok().and_then(Pid::from_raw);
        kill_process(child.expect("a number"), signal).expect("it runs");
        let status = terminal::wait(&mut pdu);
        assert_eq!(
            (status.signal(), status.core_dumped()),
            (Some(number), false)
        );
    }
}

#[test]
fn one_signal_is_one_whether_the_process_gets_it_or_the_group() {
    let Some(_stage) = bystander() else { return };
    let tree = repeated_operand(20_000);
    let one = |pid| kill_process(pid, Signal::INT);
    let all = |pid| kill_process_group(pid, Signal::INT);
    // What `timeout` does.
    let both = |pid| one(pid).and_then(|()| all(pid));
    let sends: [&dyn Fn(Pid) -> rustix::io::Result<()>; 3] = [&one, &all, &both];
    for send in sends {
        let (mut pdu, _output, child) = start_blocked(&tree, "-k");
        wait_until_caught(child);
        send(Pid::from_child(&pdu)).expect("it runs");
        let status = terminal::wait(&mut pdu);
        assert_eq!(status.signal(), Some(2), "{status:?}");
        // Nothing reads the lines, so the message comes late, from a process that waits for no second signal.
        let errors = read_all(pdu.stderr.take().expect("it is a pipe"));
        assert_eq!(errors, "pdu: cancelled: the result is incomplete\n");
    }
}

#[test]
fn who_kills_the_parent_kills_the_child() {
    let Some(_stage) = bystander() else { return };
    let tree = repeated_operand(20_000);
    let (mut pdu, _output, child) = start_blocked(&tree, "-k");
    pdu.kill().expect("it runs");
    assert_eq!(terminal::wait(&mut pdu).signal(), Some(9));
    wait_until("the end of the child", || {
        matches!(&*states(child), "" | "Z")
    });
}

#[test]
fn the_parent_stops_and_goes_on_with_the_child() {
    let Some(_stage) = bystander() else { return };
    let tree = repeated_operand(2_000);
    let (mut pdu, output, child) = start_blocked(&tree, "-k");
    let pid = Pid::from_child(&pdu);
    let worker = i32::try_from(child)
        .ok()
        .and_then(Pid::from_raw)
        .expect("a number");
    let stops = [
        (pid, Signal::TSTP),
        (pid, Signal::TTIN),
        (worker, Signal::STOP),
    ];
    for (to, signal) in stops.into_iter().cycle().take(60) {
        kill_process(to, signal).expect("it runs");
        let mut change = None;
        wait_until("the parent to stop", || {
            let options = WaitOptions::UNTRACED | WaitOptions::NOHANG;
            change = waitpid(Some(pid), options).expect("it is our child");
            change.is_some()
        });
        let (_, status) = change.expect("it changed");
        assert_eq!(status.stopping_signal(), Some(signal.as_raw()));
        assert!(
            states(child).chars().all(|state| state == 'T'),
            "{}",
            states(child)
        );
        kill_process(pid, Signal::CONT).expect("it is stopped");
        wait_until("the child to go on", || !states(child).contains('T'));
    }
    assert_eq!(read_all(output).lines().count(), 2_000);
    assert_eq!(terminal::wait(&mut pdu).code(), Some(0));
}

#[test]
fn a_job_is_stopped_and_goes_on_in_the_background_and_the_foreground() {
    let Some(_stage) = bystander().filter(|_| can_slow_down()) else {
        return;
    };
    let tree = forest(30);
    let slow = slow(100, "-v -j2 -b t").join(" ");
    let script = format!(
        "set -m; {slow} >lines; echo stopped $?; bg >/dev/null; read x; fg >/dev/null; echo status $?"
    );
    let mut terminal = Terminal::start(&tree, 80, Streams::All, &["bash", "-c", &script]);
    terminal.wait_for_frames(2);
    terminal.press(b"\x1a");
    // 128 and SIGTSTP.
    terminal.wait_until("the shell", |seen| seen.contains("stopped 148"));
    terminal.press(b"\n");
    let end = terminal.end();
    assert!(end.raw.contains("status 0"), "{:?}", end.raw);
    let lines = fs::read_to_string(tree.root().join("lines")).expect("the shell made it");
    assert_eq!(lines.lines().count(), 61);
}

// ---------------------------------------------------------------- when there is one

/// The calls that made processes and threads, of a run that has to succeed.
fn births(before: &[&str], tree: &Tree, options: &[&str]) -> Option<String> {
    let strace = tool("strace")?;
    let log = tree.root().join("log");
    let _ = fs::remove_file(&log);
    let mut command = program(before.first().copied().unwrap_or("env"), tree.root());
    command.args(before.iter().skip(1)).arg(strace);
    command
        .args(["-f", "-qq", "-e", "trace=fork,vfork,clone,clone3"])
        .args(options);
    command
        .arg("-o")
        .arg(&log)
        .args([PDU, "-s", "--inodes", "t"]);
    let output = command.output().expect("it starts");
    let errors = text(&output.stderr);
    if errors.contains("ptrace") {
        skip("strace may not trace");
        return None;
    }
    assert!(output.status.success(), "{errors}");
    // A forest holds four for each tree.
    let trees = tree.root().join("t").read_dir().expect("it is there");
    let entries = 1 + 4 * trees.count();
    assert_eq!(text(&output.stdout), format!("{entries}\tt\n"));
    Some(fs::read_to_string(log).expect("it traced"))
}

/// Lines of the log that made a process: those of threads name no signal.
fn forks(log: &str) -> usize {
    let is_fork =
        |line: &&str| line.contains("SIGCHLD") && !line.contains("+++") && !line.contains("---");
    log.lines().filter(is_fork).count()
}

#[test]
fn the_process_splits_once_before_it_has_threads_and_never_for_a_small_tree() {
    let Some(_stage) = bystander() else { return };
    let Some(log) = births(&[], &Tree::of("t/\n"), &[]) else {
        return;
    };
    assert_eq!(forks(&log), 0, "{log}");
    let log = births(&[], &forest(200), &[]).expect("strace was there");
    assert_eq!(forks(&log), 1, "{log}");
    let first = log.lines().next().expect("it is not empty");
    assert_eq!(forks(first), 1, "a thread came first: {log}");
    assert!(log.contains("CLONE_THREAD"), "{log}");
}

#[test]
fn the_process_goes_on_alone_where_it_cannot_split() {
    let Some(_stage) = bystander() else { return };
    let tree = forest(200);
    for refused in ["clone:error=EAGAIN:when=1", "clone,clone3:error=EAGAIN"] {
        let inject = format!("inject={refused}");
        let Some(log) = births(&[], &tree, &["-e", &inject]) else {
            return;
        };
        assert_eq!(forks(&log), 1, "{log}");
        assert!(log.contains("(INJECTED)"), "{log}");
    }
}

/// rt_sigtimedwait(2) fails each time: the parent cannot receive the end of the child as a signal.
#[test]
fn where_no_signal_can_be_received_the_parent_ends_with_the_child() {
    let Some(_stage) = bystander() else { return };
    let refused = "inject=rt_sigtimedwait:error=EIO";
    let options = ["-e", "trace=rt_sigtimedwait,clone", "-e", refused];
    let Some(log) = births(&[], &forest(200), &options) else {
        return;
    };
    let calls = log.matches("rt_sigtimedwait").count();
    assert!((1..10).contains(&calls), "{log}");
}

/// The process that starts pdu may have blocked any signal, also those that the two processes send each other.
#[test]
fn signals_that_were_blocked_keep_no_end_from_being_seen() {
    let Some(_stage) = bystander() else { return };
    let (Some(timeout), Some(python)) = (tool("timeout"), tool("python3")) else {
        return;
    };
    let tree = forest(200);
    let script = "import os, signal, sys
signal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals())
os.execv(sys.argv[1], sys.argv[1:])";
    let mut command = program(timeout, tree.root());
    command.args(["-s", "KILL", "30"]).arg(python);
    command.args(["-c", script, PDU, "-s", "--inodes", "t"]);
    let output = command.output().expect("it starts");
    assert_eq!(text(&output.stdout), "801\tt\n");
    assert!(output.status.success(), "{output:?}");
}

/// The type of a file system that is mounted, if a server may answer for it.
fn served_as(mount: &str) -> Option<&str> {
    const SERVED: [&str; 8] = ["fuse", "nfs", "cifs", "smb", "9p", "ceph", "autofs", "v"];
    let (place, kind) = mount.split_once(" - ")?;
    let kind = kind.split(' ').next()?;
    let is_of_proc = kind == "autofs" && place.contains(" /proc/");
    let is_served = SERVED.iter().any(|served| kind.starts_with(served)) && kind != "fusectl";
    (is_served && !is_of_proc && kind != "vfat").then_some(kind)
}

#[test]
fn the_process_does_not_split_where_no_server_can_be_asked() {
    let Some(_stage) = bystander() else { return };
    let is_fuse = |mount: &str| served_as(mount).is_some_and(|kind| kind.starts_with("fuse"));
    let mounts = fs::read_to_string("/proc/self/mountinfo").expect("there is a list");
    assert!(mounts.lines().any(is_fuse), "{mounts}");
    let Some(unshare) = tool("unshare") else {
        return;
    };
    let script = "umount -l -a -t fuse; exec \"$@\"";
    let before = [
        unshare.to_str().expect("text"),
        "-m",
        "sh",
        "-c",
        script,
        "sh",
    ];
    let mut list = program(unshare.as_path(), Path::new("/"));
    list.args(before.iter().skip(1))
        .args(["cat", "/proc/self/mountinfo"]);
    let mounts = text(&list.output().expect("it starts").stdout);
    if let Some(kind) = mounts.lines().find_map(served_as) {
        return skip(format!("{kind} is mounted as well"));
    }
    // Another test may remove the directory below its mount between the two looks; umount then does not find it by name.
    let mut log = String::new();
    for _ in 0..5 {
        match births(&before, &forest(200), &[]) {
            Some(births) => log = births,
            None => return,
        }
        if forks(&log) == 0 {
            break;
        }
    }
    assert_eq!(forks(&log), 0, "{log}");
    assert!(log.contains("CLONE_THREAD"), "{log}");
}
