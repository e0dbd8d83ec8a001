//! F48, F49: no deadlock with any number of walkers on one processor, and nobody spins while one waits.

use std::fs;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::Duration;

use crate::fuse::{Fuse, Node, Op, Options};
use crate::planted::Planted;
use crate::run::{PDU, pdu, size, wait_until, works};
use crate::worker::worker_of;

/// Small, large and deep: each way of a walker through the agenda.
fn mixed() -> Planted {
    let mut tree = Planted::new();
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

/// A mount point of its own, unmounted and removed when dropped.
struct Mounted {
    fuse: Option<Fuse>,
    at: PathBuf,
}

impl Mounted {
    fn new(root: Node) -> Option<Self> {
        let at = std::env::temp_dir().join(format!("pdu-limits-fuse-{}", std::process::id()));
        fs::create_dir(&at).expect("a mount point");
        match Fuse::mount(&at, root, &Options::default()) {
            Ok(fuse) => Some(Self {
                fuse: Some(fuse),
                at,
            }),
            Err(error) => {
                eprintln!("skipped: no FUSE file system can be mounted here: {error}");
                fs::remove_dir(&at).expect("an empty mount point");
                None
            }
        }
    }
}

impl Drop for Mounted {
    fn drop(&mut self) {
        drop(self.fuse.take());
        let _ = fs::remove_dir(&self.at);
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
    // Beyond what the main thread walks before it calls for others.
    entries.insert(150, Node::dir("stuck", vec![]).hanging(Op::Opendir));
    let Some(mounted) = Mounted::new(Node::dir("", entries)) else {
        return;
    };
    let mut command = Command::new(PDU);
    command.args(["-s", "-j20"]).arg(&mounted.at);
    let mut child = command
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("it starts");
    let fuse = mounted.fuse.as_ref().expect("mounted until dropped");
    // All that can be asked has been asked when nothing more comes for a while.
    let mut seen = 0;
    let quiet = wait_until(Duration::from_secs(30), || {
        let before = seen;
        wait_until(Duration::from_millis(300), || false);
        seen = fuse.requests();
        seen > 200 && seen == before
    });
    assert!(quiet, "{seen} requests, and still more");
    let (before, threads) = spent(worker_of(child.id()));
    wait_until(Duration::from_secs(2), || false);
    let (after, _) = spent(worker_of(child.id()));
    assert!(threads > 10, "{threads} threads are no crowd");
    // One that spins takes 200 ticks. The select loop looks up fifty times a second, which is next to nothing.
    assert!(
        after - before <= 20,
        "{} ticks in two seconds",
        after - before
    );
    assert!(
        child.try_wait().expect("it is ours").is_none(),
        "nothing hung"
    );
    drop(mounted);
    child.wait().expect("it is ours");
}
