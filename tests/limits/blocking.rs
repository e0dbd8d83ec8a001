//! F48, F49: no deadlock with any number of walkers on one processor; idle walkers use no processor time.

use std::fs;
use std::process::Stdio;
use std::time::Duration;

use crate::deep_tree::DeepTree;
use crate::limited::pdu;
use crate::support::fuse::{Node, Op};
use crate::support::process::worker_of;
use crate::support::run::{self, holds_within, pause};
use crate::support::sandbox::Sandbox;
use crate::support::skip::{size, works};

/// Small, large and deep directories: each path of a walker through the work queue.
fn mixed() -> DeepTree {
    let mut tree = DeepTree::new();
    tree.chain(30, "deep", |tree, here| {
        tree.directory(here, "tooth");
        tree.files(here, 3);
    });
    let root = tree.open();
    let large = tree.directory(&root, "large");
    tree.files(&large, 1_500);
    for number in 0..60 {
        let one = tree.directory(&root, number.to_string());
        tree.directory(&one, "below");
    }
    tree
}

#[test]
fn on_one_processor_any_number_of_walkers_comes_to_the_end() {
    if !works("taskset -c 0 true") {
        return;
    }
    let tree = mixed();
    for walkers in ["-j1", "-j2", "-j64"] {
        let limited = pdu(tree.root()).after("taskset -c 0");
        for _ in 0..size(20, 1_000) {
            limited.counts(&format!("{walkers} -s --inodes t"), tree.entries);
        }
    }
}

/// Ticks (hundredths of a second) of processor time of a process and its threads, and how many it has.
fn spent(pid: u32) -> (u64, u64) {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).expect("it runs");
    let (_, after_name) = stat.rsplit_once(") ").expect("a name in parentheses");
    let fields: Vec<&str> = after_name.split(' ').collect();
    // proc(5) counts from 1, with two fields before these: utime is 14, stime 15, num_threads 20.
    let field = |number: usize| fields[number - 3].parse::<u64>().expect("a number");
    (field(14) + field(15), field(20))
}

#[test]
fn idle_walkers_spend_nothing_while_a_directory_does_not_answer() {
    let mut entries: Vec<Node> = (0..200)
        .map(|number| Node::dir(format!("d{number}"), vec![Node::file("f")]))
        .collect();
    // After more directories than the main thread walks before it starts others.
    entries.insert(150, Node::dir("stuck", vec![]).hanging(Op::Opendir));
    let Some(sandbox) = Sandbox::fuse(entries) else {
        return;
    };
    let mut child = run::pdu(sandbox.root(), "-s -j20 m")
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("it starts");
    // When no request comes for 300 ms, all that are possible have come.
    let mut seen = 0;
    let quiet = holds_within(Duration::from_secs(30), || {
        let before = seen;
        pause(Duration::from_millis(300));
        seen = sandbox.requests(0);
        seen > 200 && seen == before
    });
    assert!(quiet, "{seen} requests, and still more");
    let (before, threads) = spent(worker_of(child.id()));
    pause(Duration::from_secs(2));
    let (after, _) = spent(worker_of(child.id()));
    assert!(threads > 10, "only {threads} threads");
    // A thread that spins takes 200 ticks. The select loop wakes fifty times a second, which takes next to none.
    assert!(
        after - before <= 20,
        "{} ticks in two seconds",
        after - before
    );
    assert!(
        child.try_wait().expect("it is ours").is_none(),
        "nothing hung"
    );
    sandbox.end_fuse();
    child.wait().expect("it is ours");
}
