//! F8, F10: no threads, one processor, too many walkers.

use std::fs;
use std::path::PathBuf;

use crate::deep_tree::DeepTree;
use crate::limited::pdu;
use crate::support::run::{PDU, text};
use crate::support::skip::{skip, works};

/// More directories than the main thread walks before it starts walkers.
fn forest(count: usize) -> DeepTree {
    let mut tree = DeepTree::on_disk();
    let root = tree.open();
    for number in 0..count {
        let above = tree.directory(&root, number.to_string());
        let below = tree.directory(&above, "below");
        tree.files(&below, 3);
    }
    tree
}

const TRACER: &str = "strace -DDD -f -qq -o /dev/null -e trace=clone,clone3,getdents64";

fn can_trace() -> bool {
    works(&format!(
        "{TRACER} -e inject=clone3:error=EAGAIN {PDU} --version"
    ))
}

/// A tracer that refuses threads and logs that.
fn refusing(log: &str, when: &str) -> String {
    format!(
        "strace -f -qq -o {log} -e trace=clone,clone3 -e inject=clone,clone3:error=EAGAIN:when={when}"
    )
}

#[test]
fn the_main_thread_counts_alone_whichever_thread_cannot_be_had() {
    if !can_trace() {
        return;
    }
    let tree = forest(200);
    let log = tree.root().join("log");
    let mut refused = 0;
    for when in ["1+", "1", "2", "2+", "3", "3+", "4", "5+", "7", "9+", "20+"] {
        for walkers in ["-j1", "-j8", "-vj20"] {
            let limited = pdu(tree.root()).after(&refusing(&log.display().to_string(), when));
            let output = limited.run(&format!("{walkers} -s --inodes t"));
            let expected = format!("{}\tt\n", tree.entries);
            assert_eq!(text(&output.stdout), expected, "{when} {walkers}");
            assert_eq!(output.status.code(), Some(0), "{when} {walkers}");
            let log = fs::read_to_string(&log).expect("a log");
            refused += log.matches("(INJECTED)").count();
        }
    }
    assert!(refused > 20, "only {refused} threads were refused");
}

#[test]
fn a_user_who_may_have_one_process_gets_the_whole_count() {
    if !works("prlimit --version") || !works("setpriv --version") {
        return;
    }
    let tree = forest(200);
    // The limit is the user's own: set after the change of user, it refuses every thread.
    for limit in ["prlimit --nproc=1", "prlimit --nproc=2"] {
        let limited = pdu(tree.root()).by_nobody(&tree).after(limit);
        limited.counts("-s --inodes -j20 t", tree.entries);
    }
}

/// A cgroup of version 1 for one process and its threads; removed when dropped.
struct Pids(PathBuf);

impl Pids {
    fn of(most: usize) -> Option<Self> {
        let own = format!(
            "/sys/fs/cgroup/pids/pdu-limits-{}-{most}",
            std::process::id()
        );
        let group = Self(own.into());
        let made = fs::create_dir(&group.0)
            .and_then(|()| fs::write(group.0.join("pids.max"), most.to_string()));
        if let Err(error) = &made {
            skip(format_args!("no cgroup (version 1) of pids: {error}"));
        }
        made.ok().map(|()| group)
    }
}

impl Drop for Pids {
    fn drop(&mut self) {
        let _ = fs::remove_dir(&self.0);
    }
}

#[test]
fn a_cgroup_that_allows_no_thread_gets_the_whole_count() {
    let tree = forest(200);
    for most in [1, 2, 3, 5] {
        let Some(group) = Pids::of(most) else { return };
        let join = format!("echo $$ >{}/cgroup.procs && exec \"$@\"", group.0.display());
        let script = tree.root().join("join");
        fs::write(&script, join).expect("it is ours");
        let limited = pdu(tree.root()).after(&format!("sh {}", script.display()));
        limited.counts("-s --inodes -j20 t", tree.entries);
    }
}

#[test]
fn any_number_of_walkers_counts_the_same() {
    let tree = forest(200);
    for walkers in ["-j1", "-j2", "-j3", "-j64", "-j512"] {
        pdu(tree.root()).counts(&format!("{walkers} -s --inodes t"), tree.entries);
    }
}

#[test]
fn an_empty_directory_starts_no_thread() {
    if !can_trace() {
        return;
    }
    let empty = DeepTree::on_disk();
    let log = empty.root().join("log");
    let tracer = format!("strace -f -qq -o {}", log.display());
    pdu(empty.root()).after(&tracer).counts("-s --inodes t", 1);
    let log = fs::read_to_string(&log).expect("a log");
    let calls = log.lines().count();
    let mut names = log
        .lines()
        .filter_map(|line| line.split_whitespace().nth(1));
    assert!(!names.any(|call| call.starts_with("clone")), "{log}");
    // Most are the loader's.
    assert!((20..120).contains(&calls), "{calls} calls: {log}");
}
