//! `--diff` where a part of the tree cannot be compared: directories that cannot be read, and mounts that came or went.
//!
//! The expected lines are those of what was put there.

use std::path::Path;

use rustix::io::Errno;
use rustix::mount::{UnmountFlags, unmount};

use crate::disks::fault;
use crate::support::fuse::{Action, Node, Op};
use crate::support::run::{self, Answer, PDU, unprivileged};
use crate::support::sandbox::Sandbox;
use crate::support::skip::is_root;

/// Writes the state of a directory to a file. The walk may have errors.
#[track_caller]
fn store(sandbox: &Sandbox, words: &str) {
    let answer = sandbox.pdu(&format!("--format=parquet {words}"));
    assert!(answer.status.code() < Some(2), "{words}: {answer:?}");
}

/// The answer of `--diff`, the same with one thread and with 20.
#[track_caller]
fn diff(sandbox: &Sandbox, words: &str) -> Answer {
    let answer = sandbox.pdu(&format!("-j1 {words}"));
    let other = sandbox.pdu(&format!("-j20 {words}"));
    assert_eq!(answer.out, other.out, "{words}");
    answer
}

/// Fails where the lines of two files differ from these, without the total; and where the total is not this one.
#[track_caller]
fn tells(sandbox: &Sandbox, (old, new): (&str, &str), lines: &str, total: &str) {
    let words = format!("-b --diff={old} --from={new}");
    let answer = diff(sandbox, &format!("{words} -a"));
    let (found, last) = answer.out.rsplit_once("\ttotal\t").unwrap_or_default();
    let (found, number) = found.rsplit_once('\n').unwrap_or(("", found));
    let root = format!("{}/", sandbox.root().display());
    assert_eq!(
        found.replace(&root, ""),
        lines,
        "{old} {new} {last} {answer:?}"
    );
    assert_eq!(number, total, "{old} {new}: {answer:?}");
    let answer = diff(sandbox, &format!("{words} -s"));
    assert!(
        answer.out.starts_with(&format!("{total}\ttotal\t")),
        "{answer:?}"
    );
}

#[test]
fn a_directory_that_fails_in_part_or_at_all_is_unread_and_not_gone() {
    let files = |names: &[&str]| names.iter().copied().map(Node::file).collect();
    let entries = vec![
        // Of its files a to d, a and b are read.
        Node::dir("broken", files(&["a", "b", "c", "d"])).with(fault(
            Op::ReaddirAfter(2),
            Action::Fail(Errno::IO),
            1,
        )),
        Node::dir("closed", files(&["a", "b"])).with(fault(
            Op::Opendir,
            Action::Fail(Errno::ACCESS),
            1,
        )),
        Node::file("lost").with(fault(Op::Lookup, Action::Fail(Errno::IO), 1)),
        Node::file("same"),
    ];
    let Some(sandbox) = Sandbox::fuse(entries) else {
        return;
    };
    store(&sandbox, "-o part m");
    store(&sandbox, "-o whole m");
    let lines = "?\tunread\tm/broken/c\t1000\n?\tunread\tm/broken/d\t1000\n\
                 ?\tunread\tm/closed\t2000\n?\tunread\tm/lost\t1000";
    tells(&sandbox, ("part", "whole"), lines, "0");
    tells(&sandbox, ("whole", "part"), lines, "0");
    tells(&sandbox, ("part", "part"), "", "0");
}

#[test]
fn another_user_reads_less_and_nothing_is_gone() {
    let sandbox = Sandbox::new();
    for (name, size) in [
        ("t/open/f", 5),
        ("t/shut/d/g", 3000),
        ("t/shut/h", 4000),
        ("t/z", 1),
    ] {
        sandbox.file(name, size);
    }
    store(&sandbox, "-o whole t");
    run::must(&mut run::shell(
        sandbox.root(),
        "chmod 0 t/shut; chmod 755 .",
    ));
    let Some(mut command) = unprivileged(Path::new(PDU), sandbox.root()) else {
        return;
    };
    command.args(["--format=parquet", "t"]);
    let stored = run::output(command);
    run::must(&mut run::shell(sandbox.root(), "chmod 755 t/shut"));
    std::fs::write(sandbox.at("part"), stored.stdout).expect("there is room");
    tells(&sandbox, ("whole", "part"), "?\tunread\tt/shut\t7000", "0");
    tells(&sandbox, ("part", "whole"), "?\tunread\tt/shut\t7000", "0");
    tells(&sandbox, ("part", "part"), "", "0");
}

#[test]
fn a_mount_that_came_or_went_is_away() {
    if !is_root("tmpfs") {
        return;
    }
    let sandbox = Sandbox::new();
    for (name, size) in [("t/a", 5), ("t/m/d/x", 3000), ("t/m/y", 100), ("t/z", 1)] {
        sandbox.file(name, size);
    }
    store(&sandbox, "-o plain t");
    if !sandbox.mount(Path::new("t/m"), "t/m", "tmpfs", "size=1m") {
        return;
    }
    sandbox.file("t/m/d/other", 700);
    std::fs::write(sandbox.at("t/a"), "123456789").expect("there is room");
    store(&sandbox, "-o mounted t");
    store(&sandbox, "-x -o without t");
    let grew = "+4\tgrew\tt/a\n?\taway\tt/m\t";
    let shrank = "-4\tshrank\tt/a\n?\taway\tt/m\t";
    tells(&sandbox, ("plain", "mounted"), &format!("{grew}700"), "+4");
    tells(
        &sandbox,
        ("mounted", "plain"),
        &format!("{shrank}3100"),
        "-4",
    );
    tells(&sandbox, ("plain", "without"), &format!("{grew}3100"), "+4");
    tells(&sandbox, ("mounted", "without"), "?\taway\tt/m\t700", "0");
    tells(&sandbox, ("mounted", "mounted"), "", "0");
    // Nor do its files count in a class: change, then, now, files, class.
    let answer = diff(&sandbox, "-b --by=ext --diff=plain --from=mounted");
    let expected = "+4\t6\t10\t0\t(none)\n+4\t6\t10\t0\ttotal\n";
    assert_eq!(answer.out, expected, "{answer:?}");
    // A walk knows the same.
    let answer = diff(&sandbox, "-b --diff=plain t");
    assert_eq!(answer.out, format!("{grew}700\n+4\ttotal\tt\n"));
    unmount(sandbox.at("t/m"), UnmountFlags::empty()).expect("nobody uses it");
    let answer = diff(&sandbox, "-b --diff=mounted t");
    assert_eq!(answer.out, "?\taway\tt/m\t3100\n0\ttotal\tt\n");
}
