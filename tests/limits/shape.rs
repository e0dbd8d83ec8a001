//! F1, F2, F3: trees of any depth, names of any length, at a cost that is linear in the depth.

use std::fs;
use std::io::Read;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process_group};
use wait4::Wait4;

use crate::deep_tree::{DeepTree, path_of};
use crate::limited::{number, pdu, small_stack};
use crate::support::run::{self, holds_within, pause, text};
use crate::support::skip::{size, works};

const LEVELS: usize = 100_000;

#[test]
fn any_depth_takes_sixteen_descriptors_and_a_small_stack() {
    if !works("prlimit --version") {
        return;
    }
    let mut tree = DeepTree::new();
    tree.chain(size(30_000, LEVELS), "d", |_, _| {});
    let stack = small_stack();
    let limited = pdu(tree.root()).under(&["--nofile=16", &stack]);
    for words in ["-j1 -s --inodes t", "-s --inodes t", "-Ss --inodes -j2 t"] {
        let expected = if words.contains("-Ss") {
            1
        } else {
            tree.entries
        };
        limited.counts(words, expected);
    }
    let output = limited.run("-a -c -d 2 --inodes t");
    let [all, below, last] = [0, 1, 2].map(|above| tree.entries - above);
    let lines = format!("{last}\tt/d/d\n{below}\tt/d\n{all}\tt\n{all}\ttotal\n");
    assert_eq!(text(&output.stdout), lines);
    assert_eq!(text(&output.stderr), "");
    assert_eq!(output.status.code(), Some(0));
}

/// Every level is printed: the output alone is the square of the depth.
#[test]
fn every_level_of_a_deep_tree_has_its_line() {
    let mut tree = DeepTree::new();
    let levels = 3_000;
    tree.chain(levels, "d", |tree, here| tree.files(here, 1));
    for words in ["-a --inodes t", "--inodes t", "-0ac --inodes t"] {
        let output = pdu(tree.root()).run(words);
        let out = text(&output.stdout);
        let end = if words.contains('0') { '\0' } else { '\n' };
        let lines: Vec<&str> = out.split_terminator(end).collect();
        let files = if words.contains('a') { levels } else { 0 };
        let total = usize::from(words.contains('c'));
        assert_eq!(lines.len(), levels + 1 + files + total, "{words}");
        let last = format!("{}\tt", tree.entries);
        assert_eq!(lines[lines.len() - 1 - total], last, "{words}");
        assert_eq!(text(&output.stderr), "");
    }
}

/// What was not finished is let go of without recursion too.
#[test]
fn a_deep_walk_may_be_cancelled_at_any_moment() {
    let mut tree = DeepTree::new();
    tree.chain(size(30_000, LEVELS), "d", |_, _| {});
    let mut cancelled = 0;
    for moment in 0..size(5, 60) {
        let mut child = pdu(tree.root())
            .under(&["--nofile=64", &small_stack()])
            .command("-s --inodes t")
            .process_group(0)
            .stdout(Stdio::piped())
            .spawn()
            .expect("it starts");
        pause(Duration::from_millis(10 + 25 * moment as u64));
        let group = Pid::from_child(&child);
        let _ = kill_process_group(group, Signal::TERM);
        let ended = holds_within(Duration::from_secs(60), || {
            child.try_wait().expect("it is ours").is_some()
        });
        assert!(ended, "it hangs");
        let output = child.wait_with_output().expect("it has ended");
        match (output.status.code(), output.status.signal()) {
            (Some(0), None) => assert!(!output.stdout.is_empty()),
            // `timeout` gives the signal as a status, or dies of it.
            (Some(143), None) | (None, Some(15)) => {
                assert_eq!(text(&output.stdout), "", "no line for what is not finished");
                cancelled += 1;
            }
            other => panic!("cancelled, it ended like that: {other:?}"),
        }
    }
    assert!(cancelled > 0, "it always ended before it was cancelled");
}

/// Ten times as deep may cost ten times as much; by paths it would be a hundred times.
#[test]
fn the_cost_is_linear_in_the_depth() {
    let mut tree = DeepTree::new();
    let levels = size(20_000, LEVELS);
    let mut depth = 0;
    let mut inner = None;
    tree.chain(levels, "d", |_, here| {
        if depth == levels - levels / 10 {
            inner = Some(here.try_clone_to_owned().expect("descriptors can be had"));
        }
        depth += 1;
    });
    let inner = inner.expect("the walk came by");
    let cost = |directory: &Path, operand: &str, expected: usize| {
        let mut command = run::pdu(directory, &format!("-s --inodes -j2 {operand}"));
        let mut child = command.stdout(Stdio::piped()).spawn().expect("it starts");
        let mut out = String::new();
        let mut pipe = child.stdout.take().expect("it is piped");
        pipe.read_to_string(&mut out).expect("it writes text");
        let ended = child.wait4().expect("it is ours");
        let counted = number(&out);
        assert_eq!(counted, Some(expected));
        ended.rusage.utime + ended.rusage.stime
    };
    let short = cost(&path_of(&inner), ".", levels / 10 + 1);
    let long = cost(tree.root(), "t", levels + 1);
    eprintln!(
        "{} levels: {short:?}; {levels} levels: {long:?}",
        levels / 10
    );
    let floor = Duration::from_millis(5);
    assert!(long < short.max(floor) * 40, "{short:?}, then {long:?}");
}

#[test]
fn paths_may_be_longer_than_any_call_takes() {
    let mut tree = DeepTree::new();
    let name = "n".repeat(255);
    let mut middle = None;
    let mut depth = 0;
    tree.chain(60, &name, |_, here| {
        if depth == 30 {
            middle = Some(here.try_clone_to_owned().expect("descriptors can be had"));
        }
        depth += 1;
    });
    for words in [
        "-s --inodes t",
        "-j1 -s --inodes t",
        "-Ls --inodes t",
        "-Dxs --inodes t",
    ] {
        pdu(tree.root()).counts(words, 61);
    }
    let middle = middle.expect("the walk came by");
    pdu(&path_of(&middle)).counts("-s --inodes .", 31);
    let output = pdu(tree.root()).run("--inodes t");
    let longest = text(&output.stdout).lines().map(str::len).max();
    assert_eq!(longest, Some("1\tt".len() + 60 * 256));
}

#[test]
fn the_working_directory_may_be_unreadable_or_gone() {
    let mut tree = DeepTree::on_disk();
    tree.chain(60, &"n".repeat(255), |_, _| {});
    let words = format!("-s --inodes {}/t", tree.root().display());
    let make = |name: &str| {
        let path = tree.root().join(name);
        fs::create_dir(&path).expect("it is ours");
        path
    };
    let locked = make("locked");
    fs::set_permissions(&locked, fs::Permissions::from_mode(0o311)).expect("it is ours");
    let nobody = pdu(&locked).by_nobody(&tree);
    nobody.counts(&words, 61);
    let gone = make("gone");
    let open = fs::File::open(&gone).expect("it is ours").into();
    fs::remove_dir(&gone).expect("it is empty");
    // Not through a shell: some refuse to start in such a directory.
    let mut command = run::pdu(&path_of(&open), &words);
    let output = command.output().expect("it starts");
    assert_eq!(text(&output.stderr), "");
    assert_eq!(number(&text(&output.stdout)), Some(61));
}
