//! `--keep`: which snapshots stay, and what is never removed.

use super::{old, pdu, place, prints, store, stored};
use crate::export::{names, said, script};
use crate::support::run::{self, text, unprivileged};
use crate::support::skip::{is_root, tool};
use crate::support::tree::Tree;
use std::path::Path;

/// What a rule keeps of snapshots of these times, of which the new one comes last.
#[track_caller]
fn keeps(rule: &str, times: &[&str], expected: &[&str]) {
    let tree = Tree::of("t/f 5");
    store(&tree, times);
    assert_eq!(
        prints(&tree, &format!("--snapshot --keep={rule} t")),
        "",
        "{rule}"
    );
    assert_eq!(old(&tree), expected, "{rule}");
    assert_eq!(
        stored(&tree).len(),
        expected.len() + 1,
        "{rule}: the new one"
    );
}

#[test]
fn keep_removes_what_its_rule_does_not_name() {
    let days = [
        "20240228T120000Z",
        "20240229T000000Z",
        "20240229T235959Z",
        "20240301T000000Z",
        "20250301T000000Z",
    ];
    keeps("1", &days, &[]);
    keeps("3", &days, &days[3..]);
    keeps("99", &days, &days);
    // The new one is the newest of its own day, and so on.
    keeps("3d", &days, &days[3..]);
    keeps("4d", &days, &days[2..]);
    keeps("3m", &days, &days[3..]);
    keeps("4m", &days, &days[2..]);
    keeps("2y", &days, &days[4..]);
    keeps("3y", &days, &days[3..]);
    keeps("2d,3y", &days, &days[3..]);
    keeps("4h,1", &days, &days[2..]);
}

/// A clock that was wrong: there are snapshots of a later time than that of the new one.
#[test]
fn keep_never_removes_the_new_snapshot() {
    let tree = Tree::of("t/f 5");
    store(
        &tree,
        &["20240101T000000Z", "20990101T000000Z", "20990102T000000Z"],
    );
    prints(&tree, "--snapshot --keep=1 t");
    let stored = stored(&tree);
    assert_eq!(stored.len(), 2, "{stored:?}");
    assert!(
        stored[0].as_str() > "2026" && stored[0].as_str() < "2099",
        "{stored:?}"
    );
    assert_eq!(stored[1], "20990102T000000Z");
}

#[test]
fn keep_leaves_alone_what_is_no_snapshot_of_this_directory() {
    let tree = Tree::of("t/f 5\nu/f 6");
    store(
        &tree,
        &["20240101T000000Z", "20240102T000000Z", "20240103T000000Z"],
    );
    let place = place(&tree).display().to_string();
    said(&tree, &format!(
        "$pdu --snapshot={place}/20230101T000000Z.parquet u
         cd {place}
         cp 20240101T000000Z.parquet before-the-upgrade.parquet
         cp 20240101T000000Z.parquet 20240101T000000Z
         head -c 2000 20240101T000000Z.parquet >20230102T000000Z.parquet
         $pdu --format=ncdu ../../t >20230103T000000Z.parquet
         : >20230104T000000Z.parquet
         mkfifo 20230105T000000Z.parquet
         mkdir 20230106T000000Z.parquet
         ln -s 20240102T000000Z.parquet 20230107T000000Z.parquet
         ln -s /dev/null 20230108T000000Z.parquet
         mv 20240101T000000Z.parquet .20240101T000000Z.parquet
         mkdir sub; cp 20240102T000000Z.parquet sub/
         # As another program writes it, with all our keys.
         sed 's/pdu \\([0-9]\\)/xyz \\1/' 20240102T000000Z.parquet >20230110T000000Z.parquet
         {{ head -c 3000 20240102T000000Z.parquet; printf x; tail -c +3002 20240102T000000Z.parquet; }} >20230109T000000Z.parquet"
    ));
    let before = names(&tree, &place);
    assert_eq!(before.len(), 16, "{before:?}");
    // Whoever opens the pipe lets its writer go on.
    let mut writer = run::program("sh", tree.root());
    writer.args(["-c", &format!(": >{place}/20230105T000000Z.parquet")]);
    let mut writer = writer.spawn().expect("it starts");
    let answer = pdu(&tree, "--snapshot --keep=1 -v t");
    assert!(answer.status.success(), "{answer:?}");
    assert!(
        writer.try_wait().expect("it is ours").is_none(),
        "the pipe was opened"
    );
    writer.kill().expect("it waits");
    writer.wait().expect("it is ours");
    let removed: Vec<&str> = answer
        .errors
        .lines()
        .filter(|line| line.contains("removed"))
        .collect();
    assert_eq!(removed.len(), 2, "{answer:?}");
    let mut after = names(&tree, &place);
    after.retain(|name| before.contains(name));
    let gone = ["20240102T000000Z.parquet", "20240103T000000Z.parquet"];
    let expected: Vec<_> = before
        .iter()
        .filter(|name| !gone.contains(&name.as_str()))
        .cloned()
        .collect();
    assert_eq!(after, expected);
    // What was no snapshot is named by the history, and the rest is shown.
    let answer = pdu(&tree, "--history t");
    assert_eq!(
        (answer.status.code(), answer.out.lines().count()),
        (Some(1), 1),
        "{answer:?}"
    );
    let others = expected
        .iter()
        .filter(|name| !name.starts_with('.'))
        .count();
    assert_eq!(answer.errors.lines().count(), others, "{answer:?}");
}

#[test]
fn keep_leaves_alone_the_files_of_other_users() {
    if !is_root("to give files away") {
        return;
    }
    let tree = Tree::of("t/f 5");
    store(
        &tree,
        &["20240101T000000Z", "20240102T000000Z", "20240103T000000Z"],
    );
    let place = place(&tree).display().to_string();
    said(
        &tree,
        &format!("chown 65534 {place}/20240103T000000Z.parquet"),
    );
    prints(&tree, "--snapshot --keep=2 t");
    // It is not counted either: nobody can make room for snapshots of his own.
    assert_eq!(old(&tree), ["20240102T000000Z", "20240103T000000Z"]);
}

#[test]
fn keep_works_in_the_directory_that_was_opened() {
    let tree = Tree::of("t/f 5\nother/");
    store(&tree, &["20240101T000000Z", "20240102T000000Z"]);
    let place = place(&tree).display().to_string();
    // A link in the place of the directory is not followed.
    said(
        &tree,
        &format!("mv {place} other/real; ln -s $PWD/other/real {place}"),
    );
    let answer = pdu(&tree, "--snapshot --keep=1 t");
    assert_eq!(answer.status.code(), Some(1), "{answer:?}");
    assert!(answer.errors.ends_with(": Not a directory\n"), "{answer:?}");
    assert_eq!(names(&tree, "other/real").len(), 2);
    // Nor is one that takes its place amid a run: the files stay in the directory that was locked.
    let Some(strace) = tool("strace") else { return };
    let strace = strace.display();
    said(
        &tree,
        &format!(
            "rm {place}; mv other/real {place}; mkdir decoy; cp {place}/* decoy
             {strace} -fqqo log -e trace=fsync -e inject=fsync:delay_enter=1000000 \\
                 $pdu --snapshot=s --keep=1 t & pid=$!
             # Until the directory is locked, without a lock for a moment, which would refuse the run.
             until grep -q \"FLOCK.*:$(stat -c %i {place}) \" /proc/locks || ! kill -0 $pid; do read -t 0.01 <> <(:); done
             mv {place} moved; ln -s $PWD/decoy {place}
             wait $pid"
        ),
    );
    assert_eq!(names(&tree, "decoy").len(), 2);
    let moved = names(&tree, "moved");
    assert!(moved.len() == 1 && moved[0].as_str() > "2026", "{moved:?}");
}

/// Nothing that another program puts into the directory amid a run is written over.
#[test]
fn a_file_that_takes_the_name_of_the_snapshot_amid_the_run_stays() {
    let Some(strace) = tool("strace") else { return };
    let hide = "unshare -m bash -c 'mount -t tmpfs x /proc; exec \"$@\"' bash";
    let preparations: &[&str] = match rustix::process::getuid().is_root() {
        true => &["", hide],
        false => &[""],
    };
    for preparation in preparations {
        let tree = Tree::of("t/f 5");
        prints(&tree, "--snapshot t");
        let place = place(&tree).display().to_string();
        said(&tree, &format!("rm {place}/*"));
        let output = script(
            &tree,
            &format!(
                "{preparation} {} -fqqo log -e trace=fsync -e inject=fsync:delay_enter=1500000 \\
                     $pdu --snapshot=s t & pid=$!
                 until grep -q \"FLOCK.*:$(stat -c %i {place}) \" /proc/locks || ! kill -0 $pid; do read -t 0.01 <> <(:); done
                 for s in 0 1 2 3; do echo mine >{place}/$(date -u -d \"$s seconds ago\" +%Y%m%dT%H%M%SZ).parquet; done
                 wait $pid; echo $?; cat {place}/* | sort -u",
                strace.display()
            ),
        );
        let errors = text(&output.stderr);
        assert!(
            errors.ends_with(": File exists\n"),
            "{preparation}: {errors}"
        );
        assert_eq!(text(&output.stdout), "1\nmine\n", "{preparation}");
        assert_eq!(names(&tree, &place).len(), 4, "{preparation}");
    }
}

#[test]
fn keep_never_removes_the_last_snapshot_without_errors() {
    if !is_root("to have a directory that another user may not read") {
        return;
    }
    let tree = Tree::of("t/f 5\nt/closed/x 7\ns/ !777");
    let run_as_user = |words: &str| {
        let mut command = unprivileged(Path::new(run::PDU), tree.root()).expect("there is setpriv");
        command.args(words.split(' '));
        run::run(command)
    };
    assert!(run_as_user("--snapshot=s t").status.success());
    let whole = stored(&tree);
    said(&tree, "chmod 000 t/closed");
    for _ in 0..3 {
        assert_eq!(
            run_as_user("--snapshot=s --keep=1 t").status.code(),
            Some(1)
        );
    }
    let kept = stored(&tree);
    assert_eq!(kept.len(), 2, "{kept:?}");
    assert_eq!(kept[0], whole[0]);
    said(&tree, "chmod 755 t/closed");
    assert!(run_as_user("--snapshot=s --keep=1 t").status.success());
    assert_eq!(stored(&tree).len(), 1);
}

#[test]
fn a_run_that_fails_removes_nothing() {
    let tree = Tree::of("t/f 5");
    store(&tree, &["20240101T000000Z", "20240102T000000Z"]);
    let place = place(&tree).display().to_string();
    // The pattern leaves out the directory itself.
    let answer = pdu(&tree, "--snapshot --keep=1 --exclude=t t");
    assert_eq!(answer.status.code(), Some(1), "{answer:?}");
    assert_eq!(old(&tree).len(), 2);
    assert_eq!(names(&tree, &place).len(), 2);
}
