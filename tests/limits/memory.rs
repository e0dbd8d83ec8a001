//! F4, F6, F9, F13: memory. Little is enough; with too little, pdu ends with a message and status 1.

use std::fs;
use std::io::Read;
use std::os::fd::AsFd;
use std::process::Stdio;
use std::time::Duration;

use rustix::fs::{AtFlags, linkat};

use crate::cgroup::Cgroup;
use crate::deep_tree::DeepTree;
use crate::limited::{Limited, is_complete, pdu};
use crate::support::process::{status_kib, worker_of};
use crate::support::run::{self, pause, text};
use crate::support::skip::{is_long_form, size, thorough, works};

/// Nothing yet; on disk where a million are to come, for which a file system in memory has no room.
fn place() -> DeepTree {
    if thorough() {
        DeepTree::on_disk()
    } else {
        DeepTree::new()
    }
}

/// One directory with all files in it.
fn flat(count: usize) -> DeepTree {
    let mut tree = place();
    let root = tree.open();
    tree.files(&root, count);
    tree
}

/// Inodes with two names, which are a directory apart.
fn linked(directories: usize, inodes: usize) -> DeepTree {
    let mut tree = place();
    let root = tree.open();
    for number in 0..directories {
        let one = tree.directory(&root, number.to_string());
        tree.files(&one, inodes);
        let other = tree.directory(&root, format!("{number}-again"));
        for name in (0..inodes).map(|file| format!("file-number-{file:07}")) {
            linkat(one.as_fd(), &name, other.as_fd(), &name, AtFlags::empty()).expect("a link");
        }
    }
    tree
}

fn space(kibibytes: usize) -> String {
    format!("--as={}", kibibytes * 1024)
}

/// The least address space, in KiB, in which pdu can print its version.
fn least_space() -> usize {
    let here = std::env::temp_dir();
    let starts = |kibibytes: &usize| {
        let output = pdu(&here).under(&[&space(*kibibytes)]).run("--version");
        output.status.success()
    };
    (2_000..60_000)
        .step_by(250)
        .find(starts)
        .expect("it starts somewhere")
}

#[test]
fn an_address_space_of_little_more_than_the_least_is_enough() {
    if !works("prlimit --version") {
        return;
    }
    let least = least_space();
    // The code of a debug build takes ten megabytes more.
    let little = if cfg!(debug_assertions) {
        40_000
    } else {
        30_000
    };
    for tree in [flat(size(20_000, 1_000_000)), linked(20, 500)] {
        for kibibytes in [little, 60_000, 100_000, least + 30_000] {
            let limited = pdu(tree.root()).under(&[&space(kibibytes)]);
            for walkers in ["-j1", "-j4", "-j20", "-j64"] {
                limited.counts(&format!("{walkers} -s --inodes t"), tree.entries);
            }
        }
    }
}

/// In any address space: the whole number, or a message and status 1.
#[test]
fn out_of_memory_is_one_line_and_status_1() {
    if !works("prlimit --version") {
        return;
    }
    let tree = flat(size(20_000, 300_000));
    let (least, mut exhausted) = (least_space(), 0);
    for more in (0..12_000).step_by(size(500, 50)) {
        for walkers in ["-j1", "-j20"] {
            let limited = pdu(tree.root()).under(&[&space(least + more)]);
            let words = format!("{walkers} -a --inodes t");
            let output = limited.run(&words);
            if output.status.code() == Some(0) {
                assert_eq!(text(&output.stdout).lines().count(), tree.entries);
                continue;
            }
            assert!(!is_complete(
                &output,
                tree.entries,
                &format!("{words} in {more} KiB more")
            ));
            assert_eq!(text(&output.stderr), "pdu: memory exhausted\n");
            exhausted += 1;
        }
    }
    assert!(exhausted > 0, "it was always enough: nothing was tried");
}

/// As many lines as there are inodes, and all of them in the last.
#[track_caller]
fn lists(limited: &Limited, words: &str, inodes: usize) {
    let output = limited.run(words);
    assert_eq!(text(&output.stderr), "", "{words}");
    let out = text(&output.stdout);
    let last = out.lines().last();
    assert_eq!(last, Some(format!("{inodes}\tt").as_str()), "{words}");
    assert_eq!(out.lines().count(), inodes, "{words}");
}

/// What waits of a large directory whose files all have a line: the kernel's own count of the process.
#[test]
fn a_line_for_every_file_of_a_large_directory_takes_little_memory() {
    let tree = flat(size(200_000, 1_000_000));
    for walkers in ["-j1", "-j20"] {
        let peak = peak(&tree, &format!("-a {walkers} t")) >> 10;
        eprintln!("{walkers}: {peak} MiB");
        assert!(peak <= 20, "{peak} MiB with {walkers}: more than GNU du");
    }
}

/// `-l` counts every link, and remembers none.
#[test]
fn an_inode_with_two_links_takes_less_than_eight_bytes() {
    let inodes = size(100_000, 1_000_000);
    let tree = linked(inodes / 1_000, 1_000);
    let peaks = ["-a -j1 t", "-al -j1 t", "-a -j20 t"].map(|words| peak(&tree, words));
    let [remembered, base, parallel] = peaks;
    eprintln!("{inodes} inodes: {remembered} KiB, with -l {base} KiB, with -j20 {parallel} KiB");
    let each = remembered.saturating_sub(base) * 1024 / inodes as u64;
    assert!(
        each < 8,
        "{each} bytes per inode: {remembered} KiB, with -l {base} KiB"
    );
    assert!(parallel <= 14 << 10, "{parallel} KiB with -j20");
}

/// One walk prints every change and stores every entry: the snapshot adds its row groups, whatever the size of the tree.
#[cfg(feature = "parquet")]
#[test]
fn a_comparison_and_a_snapshot_in_one_walk_take_little_memory() {
    let tree = linked(size(100, 500), 1_000);
    let at = tree.root();
    let before = run::run(run::shell(at, "mkdir e; $pdu --format=parquet -o old e"));
    assert!(before.status.success(), "{before:?}");
    for walkers in ["-j1", "-j20"] {
        let both = peak(
            &tree,
            &format!("{walkers} --diff=./old --snapshot=new -a t"),
        ) >> 10;
        let one = peak(&tree, &format!("{walkers} --diff=./old -a t")) >> 10;
        eprintln!("{walkers}: {both} MiB, without the snapshot {one} MiB");
        let added = both.saturating_sub(one);
        assert!(added <= 16, "the snapshot adds {added} MiB with {walkers}");
    }
}

/// The peak memory of pdu, in KiB, without the pages of the program's file, of which the system keeps as many as it likes.
/// The last sample is taken before the pipe's last 64 KiB are read.
fn peak(tree: &DeepTree, words: &str) -> u64 {
    let mut command = run::pdu(tree.root(), words);
    let mut child = command.stdout(Stdio::piped()).spawn().expect("it starts");
    let mut lines = child.stdout.take().expect("it is piped");
    let (mut peak, mut buffer) = (0, vec![0; 64 << 10]);
    while lines.read(&mut buffer).expect("it writes") > 0 {
        peak = peak.max(status_kib(worker_of(child.id()), "RssAnon").unwrap_or(0));
    }
    assert!(child.wait().expect("it is ours").success());
    assert!(peak > 0, "it ended before it was measured");
    peak
}

/// Nothing is loaded: a comparison keeps some lines for each directory above, and the candidates for moves.
#[test]
fn two_states_are_compared_in_little_memory() {
    if !works("prlimit --version") {
        return;
    }
    let tree = flat(size(100_000, 1_000_000));
    fs::create_dir(tree.root().join("empty")).expect("there is room");
    for words in ["-o full t", "-o none empty"] {
        let stored = pdu(tree.root()).run(&format!("--format=parquet {words}"));
        assert!(stored.status.success(), "{}", text(&stored.stderr));
    }
    let least = least_space();
    // A hundred thousand entries would take 20,000 KiB, their lines and candidates 60,000.
    for (words, more) in [
        ("--diff=full --from=full", 16_000),
        ("--diff=none --from=full", 16_000),
        ("--diff=full --from=none -a", 44_000),
    ] {
        let limited = pdu(tree.root()).under(&[&space(least + more)]);
        let compared = limited.run(words);
        assert!(
            compared.status.success(),
            "{words}: {}",
            text(&compared.stderr)
        );
    }
}

#[test]
fn forty_mebibytes_hold_a_million_files_and_half_a_million_links() {
    if !is_long_form() {
        return;
    }
    for (name, tree) in [("flat", flat(1_000_000)), ("linked", linked(500, 1_000))] {
        let inodes = tree.entries;
        for walkers in ["-j1", "-j20"] {
            let Some(group) = Cgroup::of(40) else { return };
            let limited = pdu(tree.root()).after(&group.join(tree.root()));
            limited.counts(&format!("{walkers} -s --inodes t"), inodes);
            lists(&limited, &format!("{walkers} -a --inodes t"), inodes);
            eprintln!("{name} {walkers}: {} MiB", group.peak());
        }
    }
}

/// The resident memory of a process, in MiB.
fn resident(pid: u32) -> u64 {
    status_kib(pid, "VmRSS").expect("it runs") / 1024
}

#[test]
fn a_reader_that_sleeps_holds_the_walk_and_not_the_memory() {
    if !is_long_form() {
        return;
    }
    for tree in [flat(1_000_000), linked(500, 1_000)] {
        let mut command = run::pdu(tree.root(), "-a t");
        command.stdout(Stdio::piped());
        let mut child = command.spawn().expect("it starts");
        pause(Duration::from_secs(3));
        let early = resident(worker_of(child.id()));
        pause(Duration::from_secs(7));
        let late = resident(worker_of(child.id()));
        eprintln!("resident after 3 s: {early} MiB; after 10 s: {late} MiB");
        assert!(late <= early + 2, "it grows while nobody reads");
        assert!(late < 64, "{late} MiB for what nobody reads");
        child.kill().expect("it runs");
        child.wait().expect("it is ours");
    }
}
