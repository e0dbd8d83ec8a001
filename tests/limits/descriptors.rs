//! F5, F7: descriptors. Five are enough for every tree: the three standard streams, a directory, and one below it.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::process::Stdio;
use std::time::Duration;

use wait4::Wait4;

use crate::deep_tree::DeepTree;
use crate::limited::{is_complete, pdu};
use crate::support::run::text;
use crate::support::skip::{size, works};

/// More than one buffer of names.
const LARGE: usize = 1_500;

/// Two subdirectories a level.
fn comb() -> DeepTree {
    let mut tree = DeepTree::new();
    tree.chain(size(1_000, 5_000), "d", |tree, here| {
        tree.directory(here, "a");
    });
    tree
}

/// Many directories side by side, with directories in them.
fn wide() -> DeepTree {
    let mut tree = DeepTree::new();
    let root = tree.open();
    for number in 0..size(150, 1_000) {
        let above = tree.directory(&root, number.to_string());
        for name in ["a", "b", "c", "d", "e"] {
            let below = tree.directory(&above, name);
            tree.files(&below, 2);
        }
    }
    tree
}

/// Large directories side by side.
fn fat() -> DeepTree {
    let mut tree = DeepTree::new();
    let root = tree.open();
    for number in 0..size(12, 50) {
        let above = tree.directory(&root, number.to_string());
        tree.files(&above, LARGE);
        tree.directory(&above, "below");
    }
    tree
}

/// Large directories in large directories, each with more to come back to.
fn fat_comb() -> DeepTree {
    let mut tree = DeepTree::new();
    tree.chain(size(10, 40), "m", |tree, here| {
        tree.files(here, LARGE);
        for name in ["a", "z"] {
            let tooth = tree.directory(here, name);
            tree.directory(&tooth, "below");
        }
    });
    tree
}

#[test]
fn five_descriptors_are_enough_for_every_tree() {
    if !works("prlimit --version") {
        return;
    }
    for (name, tree) in [
        ("comb", comb()),
        ("wide", wide()),
        ("fat", fat()),
        ("fat comb", fat_comb()),
    ] {
        for limit in [5, 6, 7, 8, 10, 12, 16, 32] {
            let limit = format!("--nofile={limit}");
            let limited = pdu(tree.root()).under(&[&limit]);
            for walkers in ["-j1", "-j16"] {
                eprintln!("{name} {limit} {walkers}");
                limited.counts(&format!("{walkers} -s --inodes t"), tree.entries);
            }
        }
    }
}

/// One descriptor opens the operand and nothing below it. Waiting for more ends after seconds, not after seconds for
/// each directory: this tree would take minutes, and `timeout` ends that.
#[test]
fn fewer_descriptors_are_an_error_that_comes_soon() {
    if !works("prlimit --version") {
        return;
    }
    let tree = wide();
    for walkers in ["-j1", "-j16"] {
        let limited = pdu(tree.root()).under(&["--nofile=4"]);
        let output = limited.run(&format!("{walkers} -s --inodes t"));
        assert!(
            !is_complete(&output, tree.entries, walkers),
            "four were enough"
        );
        let error = text(&output.stderr);
        assert!(
            error
                .lines()
                .all(|line| line.ends_with("Too many open files")),
            "{error}"
        );
    }
}

/// A disconnected channel is always ready: an arm of the select loop that stays on it takes a whole processor while the
/// walkers wait for the disk.
#[test]
fn the_main_thread_waits_and_does_not_spin_however_few_descriptors_there_are() {
    const SLOW: &str = "strace -DDD -f -qq -o /dev/null -e trace=getdents64 \
                        -e inject=getdents64:delay_enter=500";
    if !works("prlimit --version") || !works(&format!("{SLOW} true")) {
        return;
    }
    let tree = wide();
    let user_time = |limit: usize| {
        let limit = format!("--nofile={limit}");
        let limited = pdu(tree.root()).after(SLOW).under(&[&limit]);
        let mut command = limited.command("-j2 -s --inodes t");
        let mut child = command.stdout(Stdio::null()).spawn().expect("it starts");
        let end = child.wait4().expect("it is our child");
        assert!(end.status.success(), "{limit}");
        end.rusage.utime
    };
    let usual = user_time(64);
    for limit in [6, 7, 8] {
        let time = user_time(limit);
        let allowed = usual * 4 + Duration::from_millis(100);
        assert!(time < allowed, "{time:?} with {limit}, {usual:?} with 64");
    }
}

/// A descriptor that stayed open for each directory that may not be read, or for each that may, would soon be one
/// too many.
#[test]
fn descriptors_do_not_leak_where_half_of_the_directories_may_not_be_read() {
    if !works("prlimit --version") || !works("setpriv --version") {
        return;
    }
    let mut tree = DeepTree::on_disk();
    let root = tree.open();
    let count = size(600, 10_000);
    for number in 0..count {
        let name = number.to_string();
        let one = tree.directory(&root, &name);
        tree.directory(&one, "below");
        if number % 2 == 0 {
            let path = tree.root().join("t").join(name);
            fs::set_permissions(path, fs::Permissions::from_mode(0o000)).expect("it is ours");
        }
    }
    let limited = pdu(tree.root())
        .by_nobody(&tree)
        .after("prlimit --nofile=24");
    for walkers in ["-j1", "-j16"] {
        let output = limited.run(&format!("{walkers} -s --inodes t"));
        let error = text(&output.stderr);
        let denied = error
            .lines()
            .filter(|line| line.ends_with("Permission denied"));
        assert_eq!(denied.count(), count / 2);
        assert_eq!(error.lines().count(), count / 2, "{error:.500}");
        let expected = format!("{}\tt\n", tree.entries - count / 2);
        assert_eq!(text(&output.stdout), expected);
        assert_eq!(output.status.code(), Some(1));
    }
}
