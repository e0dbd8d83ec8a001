//! The store of snapshots on a disk that is full or may not be written, and after a run that was killed.

use std::fs;
use std::process::Stdio;
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};

use crate::support::gnu_du::GnuDu;
use crate::support::run::{self, must, output_of, pause, program, shell};
use crate::support::skip::{is_root, size, skip, tool, works};
use crate::support::tree::Tree;

/// The status of a script that cannot do here what it tests.
const SKIPPED: i32 = 77;

/// Runs a script in a mount namespace of its own, with a small disk of these options at `s`, and compares all that it writes.
#[track_caller]
fn on_a_disk(options: &str, script: &str, expected: &str) {
    if !is_root("to mount a small disk") {
        return;
    }
    for walkers in [1, 20] {
        let tree = Tree::of("t/f 5\ns/");
        for number in 1..4000_u64 {
            // Names that no compression makes much shorter.
            let random = |factor: u64| number.wrapping_mul(factor);
            let (one, two) = (random(0x9e37_79b9_7f4a_7c15), random(0xbf58_476d_1ce4_e5b9));
            let name = format!("t/{one:x}{two:x}");
            fs::write(tree.root().join(name), "").expect("there is room");
        }
        let text = format!(
            "unshare -m bash -c '
             exec 2>&1
             mount -t tmpfs -o {options} x s || exit {SKIPPED}
             pdu() {{ \"$pdu\" -j{walkers} \"$@\"; echo $?; }}
             all() {{ ls -A s/%*/ | sed \"s/[0-9].*Z.*/SNAPSHOT/\"; }}
             {script}' 2>&1 | sed \"s,$PWD,HERE,g; s,HERE/t,ROOT,g; s,%2F[^/]*%2Ft,ROOT,g; s,/2[0-9]*T[0-9]*Z[_0-9]*.parquet,/SNAPSHOT,g\""
        );
        let answer = run::run(shell(tree.root(), &text));
        if answer.status.code() == Some(SKIPPED) {
            return skip("no file system can be mounted here");
        }
        assert_eq!(answer.out, expected, "-j{walkers}: {script}");
    }
}

#[test]
fn on_a_full_disk_the_changes_are_printed_and_no_earlier_snapshot_is_lost() {
    on_a_disk(
        "size=160k",
        "pdu --snapshot=s -d0 t; pdu --snapshot=s -d0 t; head -c 100K /dev/zero >s/filler
         pdu --snapshot=s --keep=1 t; all; touch t/new
         pdu --diff --snapshot=s --keep=1 -b t 2>&1 | grep -Ev \"compared|warning\"; all
         rm s/filler; pdu --snapshot=s --keep=1 t; all",
        "0\n0\npdu: error writing 's/ROOT/SNAPSHOT': No space left on device\n1\nSNAPSHOT\nSNAPSHOT\n\
         0\ttotal\tt\npdu: error writing 's/ROOT/SNAPSHOT': No space left on device\n1\nSNAPSHOT\nSNAPSHOT\n0\nSNAPSHOT\n",
    );
}

#[test]
fn a_disk_that_may_not_be_written_is_told_before_the_walk() {
    on_a_disk(
        "size=1m",
        "mount -o remount,ro s; pdu --snapshot=s t; pdu --snapshot=s/x/ t
         mount -o remount,rw s; pdu --snapshot=s t; mount -o remount,ro s
         pdu --snapshot=s --keep=1 t; pdu --snapshot=s/file t; all",
        "pdu: cannot create 's/ROOT': Read-only file system\n1\n\
         pdu: cannot create 's/x/': Read-only file system\n1\n0\n\
         pdu: cannot create 's/ROOT/SNAPSHOT': Read-only file system\n1\n\
         pdu: cannot create 's/file': Read-only file system\n1\nSNAPSHOT\n",
    );
}

#[test]
fn a_disk_without_inodes_is_told_before_the_walk() {
    on_a_disk(
        "size=1m,nr_inodes=4",
        "pdu --snapshot=s t; touch s/a; pdu --snapshot=s t; rm s/a; pdu --snapshot=s --keep=1 t; all",
        "0\npdu: cannot create 's/ROOT/SNAPSHOT': No space left on device\n1\n0\nSNAPSHOT\n",
    );
}

/// How a run is prepared: as usual, or so that a file needs a name to be written.
const PREPARATIONS: [&str; 2] = [
    "",
    "unshare -m bash -c 'mount -t tmpfs x /proc; exec \"$@\"' bash",
];

#[test]
fn a_run_that_is_killed_or_cancelled_at_any_moment_leaves_only_whole_snapshots() {
    let Some(du) = GnuDu::any() else { return };
    if !is_root("to hide /proc") {
        return;
    }
    for preparation in PREPARATIONS {
        let tree = Tree::empty();
        for number in 0..400 {
            let place = tree.root().join(format!("t/{number}/d"));
            fs::create_dir_all(place).expect("there is room");
        }
        let total = must(program(&du.path, tree.root()).args(["-s", "--inodes", "t"]));
        let total = total.split('\t').next().unwrap_or_default().to_owned();
        let script = |words: &str| {
            let script = format!("{preparation} $pdu {words}");
            let mut command = shell(tree.root(), &format!("exec {script}"));
            command.env("PDU_SNAPSHOTS", "s");
            command
        };
        let store = "--diff --snapshot --keep=2 t";
        assert!(run::run(script(store)).status.success());
        let moments = size(50, 500);
        for moment in 0..moments {
            let mut command = script(store);
            command.stdout(Stdio::piped()).stderr(Stdio::piped());
            let child = command.spawn().expect("it starts");
            // In the long form the moments lie closer together.
            pause(Duration::from_micros((moment * 80_000 / moments) as u64));
            // Every other one is cancelled.
            let signal = [Signal::KILL, Signal::INT, Signal::KILL, Signal::TERM][moment % 4];
            let _ = kill_process(Pid::from_child(&child), signal);
            output_of(child, "a run that is killed");
            check(&tree, &total, moment);
        }
        let answer = run::run(script(store));
        assert!(answer.status.success(), "{answer:?}");
        let names = must(program("bash", tree.root()).args(["-c", "ls -A s/%*/"]));
        assert_eq!(names.lines().count(), 2, "{names}");
        assert!(
            names.lines().all(|name| name.ends_with(".parquet")),
            "{names}"
        );
    }
}

/// Each snapshot is whole, and there is one.
#[track_caller]
fn check(tree: &Tree, total: &str, moment: usize) {
    let files = must(program("bash", tree.root()).args(["-c", "ls s/%*/*"]));
    assert!(files.lines().count() > 0, "moment {moment}");
    for file in files.lines() {
        let answer = run::run(run::pdu(tree.root(), &format!("-s --inodes --from={file}")));
        let inodes = answer.out.split('\t').next();
        assert_eq!(inodes, Some(total), "moment {moment}: {file}: {answer:?}");
    }
}

/// The calls with which the store is read and changed.
const CALLS: &[&str] = &[
    "openat",
    "mkdir,mkdirat",
    "flock",
    "fstat",
    "newfstatat",
    "statx",
    "getdents64",
    "pread64",
    "write",
    "fallocate",
    "fsync",
    "linkat",
    "unlinkat",
    "close",
    "fcntl",
];

/// With status 0 the store is as it should be. With another one, a message says so, what should stay is there, and every
/// snapshot is whole.
#[test]
fn whatever_call_fails_no_snapshot_is_lost_that_should_stay() {
    let Some(strace) = tool("strace") else { return };
    if !works("strace -qqo /dev/null -e inject=getppid:error=EIO true") {
        return;
    }
    let tree = Tree::of("t/f 5\nt/d/g 7");
    let at = |script: &str| {
        let mut command = shell(tree.root(), script);
        command.env("PDU_SNAPSHOTS", "s");
        run::run(command)
    };
    let prepared = at(
        "for i in 1 2 3; do $pdu --snapshot t || exit; done; echo mine >$(echo s/*)/README; cp -a s saved; ls s/*/*.parquet | tail -1",
    );
    let newest = prepared.out.trim();
    assert!(
        prepared.status.success() && newest.ends_with(".parquet"),
        "{prepared:?}"
    );
    for call in CALLS {
        for when in [
            "1", "2", "3", "4", "5", "6", "8", "10", "12", "14", "15", "16", "17", "18", "19",
            "20", "30", "1+", "4+",
        ] {
            let case = format!("{call}:error=EIO:when={when}");
            let run = format!(
                "{} -fqqo log -e trace={call} -e inject={case} $pdu --diff --snapshot --keep=2 t",
                strace.display()
            );
            let answer = at(&format!("rm -rf s; cp -a saved s; {run}"));
            let left =
                at("ls s/*/; for file in s/*/*.parquet; do $pdu -s --from=$file >/dev/null; done");
            let files = left.out.lines().count();
            // A snapshot is whole that says what could not be read.
            let unread = "could not be read when the export was made";
            let are_whole = left.errors.lines().all(|line| line.ends_with(unread));
            assert!(are_whole, "{case}: {left:?}");
            assert!(
                at(&format!("cat {newest} s/*/README >/dev/null"))
                    .status
                    .success(),
                "{case}: {left:?}"
            );
            match answer.status.code() {
                // A snapshot that could not be read is named, and stays.
                Some(0) if answer.errors.lines().count() > 1 => {}
                Some(0) => assert_eq!(files, 3, "{case}: {left:?}"),
                // It may be the write of the message that failed.
                _ => assert!(
                    *call == "write" || !answer.errors.is_empty(),
                    "{case}: {answer:?}"
                ),
            }
        }
    }
}
