//! Snapshots: where they are stored, what is in them, which of them stay, and their history. A store is looked at by other
//! programs; times are written into the files, whose checksum is made anew.

use std::fs;
use std::path::{Path, PathBuf};

use super::export::{du, names, refused, said, script};
use super::parquet::python;
use crate::support::run::{self, Answer, text, unprivileged};
use crate::support::skip::{is_root, skip, tool};
use crate::support::tree::Tree;
use pdu::format::parquet::check_of;

// ---------------------------------------------------------------- helpers

const TREE: &str = "t/a 5000\nt/d/b 70000\nt/d/e/c 10\nt/d/two = t/a";

/// The directory in a store `s` for the snapshots of `t`.
fn place(tree: &Tree) -> PathBuf {
    let root = tree.root().join("t").display().to_string();
    tree.root().join("s").join(root.replace('/', "%2F"))
}

/// Runs pdu in the tree, with `s` as its store.
fn pdu(tree: &Tree, words: &str) -> Answer {
    let mut command = run::pdu(tree.root(), words);
    command.env("PDU_SNAPSHOTS", "s");
    run::run(command)
}

/// What pdu prints; it must succeed without a message.
#[track_caller]
fn prints(tree: &Tree, words: &str) -> String {
    let answer = pdu(tree, words);
    assert!(
        answer.status.success() && answer.errors.is_empty(),
        "{words}: {answer:?}"
    );
    answer.out
}

/// The time of a file name in the form of RFC 3339.
fn long(time: &str) -> String {
    let part = |from: usize, to: usize| &time[from..to];
    let (date, clock) = (
        [part(0, 4), part(4, 6), part(6, 8)].join("-"),
        [part(9, 11), part(11, 13), part(13, 15)].join(":"),
    );
    format!("{date}T{clock}.000000000Z")
}

/// Makes a snapshot one of another time, which gives it its name; times have the form of such names.
fn stamp(file: &Path, time: &str) -> PathBuf {
    let mut bytes = fs::read(file).expect("it is there");
    let key = b"pdu.started";
    let at = bytes
        .windows(key.len())
        .rposition(|window| window == key)
        .expect("the key is in the footer");
    // The type of the value and its length stand between.
    let value = at + key.len() + 2;
    let time_there = long(time);
    bytes[value..value + time_there.len()].copy_from_slice(time_there.as_bytes());
    let length = u32::from_le_bytes(
        bytes[bytes.len() - 8..bytes.len() - 4]
            .try_into()
            .expect("4"),
    );
    let start = bytes.len() - 8 - length as usize;
    let (there, right) = check_of(bytes[start..].to_vec()).expect("it has a checksum");
    let at = bytes
        .windows(there.len())
        .rposition(|window| window == there)
        .expect("it is in the footer");
    bytes[at..at + right.len()].copy_from_slice(&right);
    let to = file.with_file_name(format!("{time}.parquet"));
    fs::remove_file(file).expect("it is ours");
    fs::write(&to, bytes).expect("there is room");
    to
}

/// Stores snapshots of these times, one after the other.
fn store(tree: &Tree, times: &[&str]) {
    let place = place(tree);
    let files = || -> Vec<PathBuf> {
        let entries = fs::read_dir(&place).into_iter().flatten();
        entries.map(|entry| entry.expect("a name").path()).collect()
    };
    for time in times {
        let before = files();
        assert_eq!(prints(tree, "--snapshot t"), "");
        let new = files().into_iter().find(|file| !before.contains(file));
        stamp(&new.expect("a snapshot was stored"), time);
    }
}

/// The times of the snapshots in the store, from their names, without what is of this year.
fn stored(tree: &Tree) -> Vec<String> {
    let root = place(tree);
    let names = names(tree, root.to_str().expect("UTF-8"));
    let times = names
        .iter()
        .filter_map(|name| name.strip_suffix(".parquet"));
    times.map(str::to_owned).collect()
}

/// Those that [`store`] made, which have no time of this century's second half.
fn old(tree: &Tree) -> Vec<String> {
    let stored = stored(tree);
    stored
        .into_iter()
        .filter(|time| time.as_str() < "2026")
        .collect()
}

// ---------------------------------------------------------------- storing

#[test]
fn a_snapshot_has_what_gnu_du_says_and_standard_output_stays_empty() {
    let Some(du) = du() else { return };
    let tree = Tree::of(TREE);
    for walkers in [1, 20] {
        assert_eq!(prints(&tree, &format!("-j{walkers} --snapshot t")), "");
        for words in ["-aB1", "-B1 -l", "-s --inodes"] {
            let theirs = said(&tree, &format!("{du} {words} $PWD/t | sort"));
            let ours = said(&tree, &format!("$pdu {words} --from=$(ls s/*/*) | sort"));
            assert_eq!(ours, theirs, "-j{walkers} {words}");
        }
        said(&tree, "rm -r s");
    }
}

#[test]
fn the_place_is_that_of_the_option_or_the_first_variable() {
    let tree = Tree::of("t/f 5\nthere/");
    let root = tree
        .root()
        .join("t")
        .display()
        .to_string()
        .replace('/', "%2F");
    for (words, expected) in [
        ("$pdu --snapshot=w/ t", "w"),
        ("$pdu --snapshot=there t", "there"),
        ("$pdu --snapshot=deep/er/ t", "deep/er"),
        (
            "PDU_SNAPSHOTS=p XDG_STATE_HOME=$PWD/x $pdu --snapshot t",
            "p",
        ),
        (
            "PDU_SNAPSHOTS= XDG_STATE_HOME=$PWD/x $pdu --snapshot t",
            "x/pdu",
        ),
        ("XDG_STATE_HOME=x $pdu --snapshot t", ".local/state/pdu"),
        ("$pdu --snapshot $PWD/t/", ".local/state/pdu"),
        ("cd t; $pdu --snapshot", ".local/state/pdu"),
        ("cd there; $pdu --snapshot ../t", ".local/state/pdu"),
        (
            "ln -s there/deep l; mkdir there/deep; $pdu --snapshot l/../../t",
            ".local/state/pdu",
        ),
    ] {
        said(&tree, &format!("umask 022; {words}"));
        let files = names(&tree, &format!("{expected}/{root}"));
        assert_eq!(files.len(), 1, "{words}: {files:?}");
        assert!(files[0].ends_with("Z.parquet"), "{files:?}");
        let modes = said(
            &tree,
            &format!("stat -c %a {expected}/{root} {expected}/{root}/*; rm -r {expected}/{root}"),
        );
        assert_eq!(modes, "700\n600\n", "{words}");
    }
    assert_eq!(
        said(&tree, "stat -c %a w deep deep/er there"),
        "700\n700\n700\n755\n"
    );
    said(&tree, "umask 022; $pdu --snapshot=file t");
    assert_eq!(
        said(
            &tree,
            "stat -c '%a %F' file; $pdu -sb --from=file | cut -f1"
        ),
        "600 regular file\n5\n"
    );
    // An earlier file keeps its permissions.
    said(
        &tree,
        "chmod 644 file; echo more >t/g; $pdu --snapshot=file t",
    );
    assert_eq!(
        said(
            &tree,
            "stat -c '%a %F' file; $pdu -sb --from=file | cut -f1"
        ),
        "644 regular file\n10\n"
    );
}

#[test]
fn a_root_with_a_long_path_or_odd_names_has_a_place_and_a_history() {
    let name = "x".repeat(200);
    let tree = Tree::of(&format!("{name}/{name}/f 5\n\\xff%/f 5\na\\x20b\\n/f 5"));
    for root in [
        format!("{name}/{name}"),
        "$'\\xff%'".into(),
        "$'a b\\n'".into(),
    ] {
        let script = format!(
            "export PDU_SNAPSHOTS=s; $pdu --snapshot {root}; $pdu --history -b {root} | cut -f2; ls s; rm -r s"
        );
        let said = said(&tree, &script);
        let (total, place) = said.split_once('\n').expect("two lines");
        assert_eq!(total, "5", "{root}");
        assert!(place.trim_end().len() <= 255 && place.is_ascii(), "{place}");
    }
}

#[test]
fn what_cannot_be_stored_is_refused_in_one_line_before_the_walk() {
    let tree = Tree::of("t/f 5\nu/\nfile 3\nl -> t");
    for (words, expected) in [
        (
            "--snapshot t u",
            "extra operand 'u': --snapshot stores one directory; WHERE follows an equals sign",
        ),
        ("--snapshot file", "cannot store 'file': Not a directory"),
        ("--snapshot l", "cannot store 'l': Not a directory"),
        (
            "--snapshot nothing",
            "cannot access 'nothing': No such file or directory",
        ),
        (
            "--snapshot -L t",
            "--dereference cannot be combined with --snapshot",
        ),
        (
            "--snapshot --sort=size t",
            "--sort cannot be combined with --snapshot",
        ),
        (
            "--snapshot -T t",
            "--tree cannot be combined with --snapshot",
        ),
        (
            "--snapshot -o x t",
            "--output cannot be combined with --snapshot",
        ),
        (
            "--snapshot --from=file",
            "--from cannot be combined with --snapshot",
        ),
        (
            "--snapshot --files0-from=file",
            "--files0-from cannot be combined with --snapshot",
        ),
        ("--snapshot=file/ t", "cannot create 'file/': File exists"),
        (
            "--snapshot=file/x t",
            "cannot create 'file/x': Not a directory",
        ),
        (
            "--snapshot=nothing/x t",
            "cannot create 'nothing/x': No such file or directory",
        ),
        (
            "--snapshot=/proc/nothing/ t",
            "cannot create '/proc/nothing/': No such file or directory",
        ),
        (
            "--snapshot=x --keep=3 t",
            "--keep needs a directory of snapshots; --snapshot names a file",
        ),
        (
            "--snapshot -t -6K t",
            "--threshold with a negative SIZE cannot be combined with --snapshot",
        ),
        ("--keep=3 t", "--keep needs --snapshot"),
        ("--fail-if-grew=3 t", "--fail-if-grew needs --diff"),
        ("--snapshot --keep=0 t", "--keep: invalid rule '0'"),
        (
            "--diff --fail-if-grew=x t",
            "--fail-if-grew: invalid limit 'x'",
        ),
        (
            "--history=0 t",
            "--history: invalid number of snapshots '0'",
        ),
        ("--history t u", "extra operand 'u'"),
    ] {
        let answer = pdu(&tree, words);
        assert_eq!(answer.status.code(), Some(1), "{words}: {answer:?}");
        let first = answer.errors.lines().next().unwrap_or_default();
        assert_eq!(first, format!("pdu: {expected}"), "{words}");
        assert_eq!(answer.out, "", "{words}");
        assert_eq!(names(&tree, ""), ["file", "l", "t", "u"], "{words}");
    }
    // The operand is followed where an option says so.
    assert_eq!(prints(&tree, "--snapshot -D l"), "");
    let without_home = script(
        &tree,
        "unset HOME; setpriv --reuid 65534 --clear-groups $pdu --snapshot t",
    );
    if is_root("to be another user") && tool("setpriv").is_some() {
        let errors = text(&without_home.stderr);
        assert!(
            errors.contains("neither PDU_SNAPSHOTS nor HOME is set") || errors.contains("denied"),
            "{errors}"
        );
    }
}

#[test]
fn runs_in_the_same_second_have_their_own_files_and_at_once_only_one_runs() {
    let tree = Tree::of("t/f 5");
    for _ in 0..5 {
        prints(&tree, "--snapshot t");
    }
    assert_eq!(stored(&tree).len(), 5, "{:?}", stored(&tree));
    let Some(flock) = tool("flock") else { return };
    let flock = flock.display();
    let place = place(&tree);
    let locked = format!("{flock} {} $pdu --snapshot=s/ t", place.display());
    let expected = format!(
        "s/{}: another run writes a snapshot",
        place.file_name().expect("a name").display()
    );
    assert_eq!(refused(&tree, &locked), expected);
    assert_eq!(stored(&tree).len(), 5);
    // A lock of a process that has ended, and of the snapshots of another directory, holds nothing up.
    said(
        &tree,
        &format!(
            "{flock} {} true; mkdir s/x; {flock} s/x $pdu --snapshot=s/ t",
            place.display()
        ),
    );
    assert_eq!(stored(&tree).len(), 6);
    // Of many runs at once each stores a file or says why not.
    let many = "for i in $(seq 20); do $pdu --snapshot=s/ t 2>>e & done; wait; echo $(( $(ls s/%*/ | wc -l) + $(wc -l <e) ))";
    assert_eq!(said(&tree, many), "26\n");
}

#[test]
fn after_errors_the_snapshot_is_there_and_not_complete() {
    if !is_root("to have a directory that another user may not read") {
        return;
    }
    for walkers in [1, 20] {
        let tree = Tree::of("t/f 5\nt/closed/x 7 !000\nt/closed/ !000\ns/ !777");
        let Some(mut command) = unprivileged(Path::new(run::PDU), tree.root()) else {
            return;
        };
        command.args([&format!("-j{walkers}"), "--snapshot=s", "t"]);
        let answer = run::run(command);
        assert_eq!(answer.status.code(), Some(1), "{answer:?}");
        assert_eq!(answer.errors.lines().count(), 1, "{answer:?}");
        let history = said(
            &tree,
            "PDU_SNAPSHOTS=s $pdu --history --inodes t | cut -f2,5",
        );
        assert_eq!(history, "3\tincomplete\n");
    }
}

#[test]
fn options_that_leave_out_rows_are_recorded_and_totals_are_exact() {
    let Some(du) = du() else { return };
    let tree = Tree::of(TREE);
    let total = |words: &str| said(&tree, &format!("{du} -sB1 {words} t | cut -f1"));
    for (words, recorded, du_words) in [
        ("-d1", "--max-depth=1", ""),
        ("-s", "--summarize", ""),
        ("-t 60K", "--threshold=60K", ""),
        ("-l", "--count-links", "-l"),
        ("--exclude=c", "--exclude=c", "--exclude=c"),
    ] {
        prints(&tree, &format!("{words} --snapshot=x t"));
        // The option for links counts in what is read, too.
        let links = du_words.strip_prefix("--exclude=c").unwrap_or(du_words);
        let ours = said(&tree, &format!("$pdu -sB1 {links} --from=x | cut -f1"));
        assert_eq!(ours, total(du_words), "{words}");
        said(
            &tree,
            &format!("grep -qa -- 'pdu.options.*{recorded}' x; rm x"),
        );
    }
}

// ---------------------------------------------------------------- keeping

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

// ---------------------------------------------------------------- history

#[test]
fn a_history_has_the_total_and_the_change_of_each_snapshot() {
    let Some(du) = du() else { return };
    let tree = Tree::of("t/a 5000\nt/d/b 300");
    let sizes = |words: &str| {
        said(&tree, &format!("{du} {words} t | cut -f1"))
            .trim()
            .to_owned()
    };
    store(&tree, &["20240228T120000Z"]);
    let first = [sizes("-sB1"), "5300".into(), sizes("-s --inodes")];
    said(&tree, "head -c 100000 /dev/zero >t/d/c; rm t/a");
    store(&tree, &["20240229T120000Z"]);
    let second = [sizes("-sB1"), "100300".into(), sizes("-s --inodes")];
    let number = |text: &str| text.parse::<i64>().expect("a number");
    for (words, index) in [("-B1", 0), ("-b", 1), ("--inodes", 2)] {
        let change = number(&second[index]) - number(&first[index]);
        let sign = if change > 0 { "+" } else { "" };
        let expected = format!(
            "2024-02-28T12:00:00Z\t{}\t-\t{}\tcomplete\n2024-02-29T12:00:00Z\t{}\t{sign}{change}\t{}\tcomplete\n",
            first[index], first[2], second[index], second[2],
        );
        assert_eq!(
            prints(&tree, &format!("--history {words} t")),
            expected,
            "{words}"
        );
        let last = expected.lines().last().expect("two lines");
        assert_eq!(
            prints(&tree, &format!("--history=1 {words} t")).trim_end(),
            last,
            "{words}"
        );
    }
    assert_eq!(prints(&tree, "--history -b -0 t").matches('\0').count(), 2);
    // The directory need not be there any more.
    said(&tree, "rm -r t");
    assert_eq!(prints(&tree, "--history t").lines().count(), 2);
    let answer = pdu(&tree, "--history u");
    let expected = format!(
        "pdu: no snapshot of '{}' in 's'\n",
        tree.root().join("u").display()
    );
    assert_eq!((answer.status.code(), answer.errors), (Some(1), expected));
}

#[test]
fn a_directory_below_a_root_has_a_history() {
    let Some(du) = du() else { return };
    // Many directories, so that there are several row groups.
    let tree = Tree::of("t/z/f 77\nt/\\xff/deep/f 5\nt/k/f 9000");
    said(
        &tree,
        "cd t; for i in $(seq 100); do mkdir d$i; (cd d$i; seq -f 'name%g' 700 | xargs touch); done",
    );
    store(&tree, &["20240228T120000Z"]);
    said(&tree, "echo more >>t/k/f; rm -r t/z");
    store(&tree, &["20240229T120000Z"]);
    for (path, expected) in [
        ("t/k", "9000 9005"),
        ("t/d100", "0 0"),
        ("t/z", "77 -"),
        ("t/\\xff/deep", "5 5"),
        ("t/\\xff", "5 5"),
    ] {
        let history = prints(&tree, &format!("--history -b {path}"));
        let totals: Vec<&str> = history
            .lines()
            .filter_map(|line| line.split('\t').nth(1))
            .collect();
        assert_eq!(totals.join(" "), expected, "{path}");
    }
    let entries = said(&tree, &format!("{du} -s --inodes t/d7 | cut -f1"));
    let history = prints(&tree, "--history --inodes t/d7");
    assert!(
        history.contains(&format!("\t{}\t0\t", entries.trim())),
        "{history}"
    );
    assert!(prints(&tree, "--history t/z").ends_with("\t-\t-\t-\tabsent\n"));
    assert_eq!(pdu(&tree, "--history t/never").status.code(), Some(1));
    // Rows that were left out are not known, which is not the same as a directory that is gone.
    prints(&tree, "--snapshot -d1 t");
    follows_the_schema(&tree, "t/\\xff/deep");
    let last = prints(&tree, "--history=1 t/\\xff/deep");
    assert!(last.ends_with("\t?\t-\t?\tunknown\n"), "{last}");
}

/// A directory that `-x` leaves out was there, and its size is not known.
#[test]
fn a_mount_that_was_left_out_is_not_absent() {
    if !is_root("to mount a file system") {
        return;
    }
    let tree = Tree::of("t/f 5\nt/m/g 7");
    let script = "unshare -m bash -c 'mount -t tmpfs x t/m || exit 77
        export PDU_SNAPSHOTS=s; $pdu -x --snapshot t; $pdu --history t/m'";
    let output = run::output(run::shell(tree.root(), script));
    if output.status.code() == Some(77) {
        return skip("no file system can be mounted here");
    }
    let line = text(&output.stdout);
    assert!(line.ends_with("\t?\t-\t?\tincomplete\n"), "{output:?}");
}

#[test]
fn a_history_in_json_has_the_growth_and_when_the_disk_is_full() {
    let Some(jq) = tool("jq") else { return };
    let tree = Tree::of("t/a 1000");
    store(&tree, &["20240201T000000Z"]);
    said(&tree, "head -c 3000 /dev/zero >t/a");
    store(&tree, &["20240229T000000Z"]);
    said(&tree, "head -c 5000 /dev/zero >t/a");
    store(&tree, &["20240302T120000Z"]);
    let filter = "if .summary then [.summary.snapshots, .summary.growth_per_day.apparent, .summary.growth_per_day.inodes]
        else [.event, .time, .apparent, .inodes, .change.apparent, .state] end";
    let script = format!(
        "export PDU_SNAPSHOTS=s; $pdu --history --format=json t | {} -c '{filter}'",
        jq.display()
    );
    // The first one is older than a week: 2000 bytes in two and a half days.
    let expected = "[\"snapshot\",\"2024-02-01T00:00:00Z\",1000,2,null,\"complete\"]\n\
        [\"snapshot\",\"2024-02-29T00:00:00Z\",3000,2,2000,\"complete\"]\n\
        [\"snapshot\",\"2024-03-02T12:00:00Z\",5000,2,2000,\"complete\"]\n\
        [3,800,0]\n";
    assert_eq!(said(&tree, &script), expected);
    follows_the_schema(&tree, "t");
    let bars = prints(&tree, "--history -Tb --width=60 t");
    let lines: Vec<&str> = bars.lines().collect();
    assert_eq!(
        lines[0],
        format!("2024-02-01T00:00:00Z 1000 {}", "#".repeat(6))
    );
    assert_eq!(
        lines[2],
        format!("2024-03-02T12:00:00Z 5000 {} +2000", "#".repeat(28))
    );
    assert!(lines[3].starts_with("+800 a day"), "{bars}");
}

/// Checks each line of a history against the schema, if there is a Python that can.
#[track_caller]
fn follows_the_schema(tree: &Tree, path: &str) {
    const VALIDATE: &str = "
import json, jsonschema, sys
validator = jsonschema.Draft202012Validator(json.load(open(sys.argv[1])))
for line in sys.stdin.buffer:
    for error in validator.iter_errors(json.loads(line)): print(line, error.message)
";
    let Some(python) = python("jsonschema") else {
        return;
    };
    let schema = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/pdu.schema.json");
    let mut command = run::program(&python, tree.root());
    command.args(["-c", VALIDATE]).arg(schema);
    let history = prints(tree, &format!("--history --format=json {path}"));
    let said = run::output_with(command, history.as_bytes());
    assert!(
        said.status.success() && said.stdout.is_empty(),
        "{said:?}: {history}"
    );
}

// ---------------------------------------------------------------- comparing

#[test]
fn an_age_or_a_time_chooses_the_newest_snapshot_that_is_so_old() {
    let tree = Tree::of("t/f 1000");
    let times = ["20240101T000000Z", "20240102T000000Z", "20240103T000000Z"];
    for (size, time) in (1..).zip(times) {
        said(&tree, &format!("truncate -s {size}000 t/f"));
        store(&tree, &[time]);
    }
    said(&tree, "truncate -s 10000 t/f");
    for (old, expected) in [
        ("last", "+7000 2024-01-03T00:00:00Z"),
        ("1d", "+7000 2024-01-03T00:00:00Z"),
        ("2024-01-02", "+8000 2024-01-02T00:00:00Z"),
        ("2024-01-02T00:00:00Z", "+8000 2024-01-02T00:00:00Z"),
        ("2024-01-01T23:59:59Z", "+9000 2024-01-01T00:00:00Z"),
        ("2024-01-01", "+9000 2024-01-01T00:00:00Z"),
        ("2023-12-31", "+9000 2024-01-01T00:00:00Z"),
    ] {
        let answer = pdu(&tree, &format!("--diff={old} -bs t"));
        assert!(answer.status.success(), "{old}: {answer:?}");
        let change = answer.out.split('\t').next().unwrap_or_default();
        let told = answer.errors.lines().last().unwrap_or_default();
        let time = told
            .strip_prefix("pdu: compared with ")
            .and_then(|told| told.get(..20));
        assert_eq!(
            format!("{change} {}", time.unwrap_or(told)),
            expected,
            "{old}"
        );
        let has_none = answer
            .errors
            .starts_with("pdu: no snapshot is so old; the oldest one is of 2024-01-01T00:00:00Z\n");
        assert_eq!(has_none, old.starts_with("2023"), "{old}: {answer:?}");
    }
    // The newest is damaged: that is told, and the one before it is taken.
    let place = place(&tree).display().to_string();
    said(
        &tree,
        &format!("truncate -s 100 {place}/20240103T000000Z.parquet"),
    );
    let answer = pdu(&tree, "--diff -bs t");
    assert!(
        answer.out.starts_with("+8000\t")
            && answer
                .errors
                .contains("20240103T000000Z.parquet: not a whole"),
        "{answer:?}"
    );
    // A directory below a root has the snapshots of that.
    said(&tree, "mkdir t/d; truncate -s 50 t/d/x");
    store(&tree, &["20240104T000000Z"]);
    said(&tree, "truncate -s 60 t/d/x");
    assert_eq!(
        pdu(&tree, "--diff -b t/d").out,
        "+10\tgrew\tt/d/x\n+10\ttotal\tt/d\n"
    );
    let answer = pdu(&tree, "--diff -b s");
    assert_eq!(answer.status.code(), Some(1));
    assert!(
        answer.errors.starts_with("pdu: no snapshot of '"),
        "{answer:?}"
    );
}

#[test]
fn one_walk_prints_the_changes_and_stores_the_state() {
    let Some(du) = du() else { return };
    for walkers in [1, 20] {
        let tree = Tree::of(TREE);
        let words = format!("-j{walkers} --diff --snapshot -b t");
        let answer = pdu(&tree, &words);
        assert!(
            answer.status.success() && answer.out.is_empty(),
            "{answer:?}"
        );
        assert!(
            answer.errors.starts_with("pdu: no snapshot of '"),
            "{answer:?}"
        );
        said(&tree, "truncate -s 80000 t/d/b; rm t/d/e/c");
        let answer = pdu(&tree, &format!("{words} -s"));
        assert_eq!(answer.out, "+9990\ttotal\tt\n", "{answer:?}");
        // The lines of the comparison leave out no rows of the snapshot.
        let newest = said(&tree, "ls -t s/*/*.parquet | head -1");
        let ours = said(
            &tree,
            &format!("$pdu -aB1 -l --from={} | sort", newest.trim()),
        );
        let theirs = said(&tree, &format!("{du} -aB1 -l $PWD/t | sort"));
        assert_eq!(ours, theirs, "-j{walkers}");
        let answer = pdu(&tree, &format!("{words} -o out --format=json"));
        assert!(
            answer.status.success() && answer.out.is_empty(),
            "{answer:?}"
        );
        assert_eq!(said(&tree, "wc -l <out; ls s/*/ | wc -l"), "1\n3\n");
        // A file is compared with what it is replaced by.
        let file = format!("-j{walkers} --diff --snapshot=file -b t");
        assert!(pdu(&tree, &file).status.success());
        said(&tree, "echo x >t/new");
        assert_eq!(pdu(&tree, &file).out, "+2\tnew\tt/new\n+2\ttotal\tt\n");
        assert_eq!(pdu(&tree, &file).out, "0\ttotal\tt\n");
    }
}

#[test]
fn keep_never_removes_the_snapshot_that_was_compared() {
    let tree = Tree::of("t/f 5");
    store(
        &tree,
        &["20240101T000000Z", "20240102T000000Z", "20240103T000000Z"],
    );
    let answer = pdu(&tree, "--diff=2024-01-01 --snapshot --keep=1 t");
    assert!(answer.status.success(), "{answer:?}");
    assert_eq!(old(&tree), ["20240101T000000Z"]);
    // Also where it is named as a file.
    store(&tree, &["20240102T000000Z"]);
    let file = place(&tree)
        .join("20240101T000000Z.parquet")
        .display()
        .to_string();
    let answer = pdu(&tree, &format!("--diff={file} --snapshot --keep=1 t"));
    assert!(answer.status.success(), "{answer:?}");
    assert_eq!(old(&tree), ["20240101T000000Z"]);
}

#[test]
fn growth_above_the_limit_is_status_2_with_errors_or_without() {
    if !is_root("to have a directory that another user may not read") {
        return;
    }
    let tree = Tree::of("t/f 1000\nt/closed/\nt/before/ !000");
    for (closed, expected) in [
        ("755", [2, 0, 0, 2, 0, 0, 2, 0]),
        ("000", [2, 1, 1, 2, 1, 1, 2, 1]),
    ] {
        said(
            &tree,
            "chmod 755 t/before t/closed; truncate -s 1000 t/f; $pdu --snapshot=old t; chmod 644 old",
        );
        said(
            &tree,
            &format!("truncate -s 1100 t/f; chmod {closed} t/closed"),
        );
        let limits = ["99", "100", "101", "9.99%", "10%", "11%", "0", "1K"];
        for (limit, status) in limits.into_iter().zip(expected) {
            let mut command =
                unprivileged(Path::new(run::PDU), tree.root()).expect("there is setpriv");
            command.args([
                "--diff=./old",
                "-b",
                &format!("--fail-if-grew={limit}"),
                "t",
            ]);
            let answer = run::run(command);
            assert_eq!(
                answer.status.code(),
                Some(status),
                "{closed} {limit}: {answer:?}"
            );
        }
    }
    // It shrank, and numbers that cannot be compared.
    said(&tree, "chmod 755 t/closed; truncate -s 10 t/f");
    assert_eq!(
        pdu(&tree, "--diff=./old -b --fail-if-grew=0 t")
            .status
            .code(),
        Some(0)
    );
    let answer = pdu(&tree, "--diff=./old -l --fail-if-grew=0 t");
    assert_eq!(answer.status.code(), Some(1), "{answer:?}");
    assert!(
        answer.errors.contains("the growth is not known"),
        "{answer:?}"
    );
    // The state is stored, above the limit or not.
    said(&tree, "truncate -s 5000 t/f");
    let answer = pdu(&tree, "--diff=./old --snapshot --fail-if-grew=1K -b t");
    assert_eq!(
        (answer.status.code(), stored(&tree).len()),
        (Some(2), 1),
        "{answer:?}"
    );
}

// ---------------------------------------------------------------- jobs

/// The command of the crontab in `examples/`, for the tree.
fn cron_command() -> String {
    let table = include_str!("../../examples/pdu.cron");
    let line = table.lines().last().expect("it has lines");
    let command = line
        .split_whitespace()
        .skip(6)
        .collect::<Vec<_>>()
        .join(" ");
    assert!(
        command.starts_with("pdu ") && command.ends_with(" /srv"),
        "{command}"
    );
    let command = command.replacen("pdu ", "$pdu ", 1).replace(" /srv", " t");
    format!("export PDU_SNAPSHOTS=s; sh -c '{command}'")
}

#[test]
fn the_cron_line_works_on_an_empty_store_on_the_next_day_and_twice_at_once() {
    let tree = Tree::of("t/f 5\nt/d/g 7");
    let cron = cron_command();
    let first = script(&tree, &cron);
    assert!(
        first.status.success() && first.stdout.is_empty(),
        "{first:?}"
    );
    let errors = text(&first.stderr);
    assert!(
        errors.starts_with("pdu: no snapshot of '") && errors.lines().count() == 1,
        "{errors}"
    );
    // The next day: the snapshot is of the day before.
    let place = place(&tree);
    let file = names(&tree, place.to_str().expect("UTF-8")).remove(0);
    stamp(&place.join(file), "20240101T040000Z");
    said(
        &tree,
        "truncate -s 3M t/d/g; head -c 3000000 /dev/urandom >t/d/g",
    );
    let next = script(&tree, &cron);
    assert!(next.status.success(), "{next:?}");
    assert_eq!(text(&next.stdout), "+2.9M\tgrew\tt/d/g\n+2.9M\ttotal\tt\n");
    assert_eq!(stored(&tree).len(), 2);
    // Twice at once: one of them says why it does nothing, and whatever runs ends whole.
    let Some(flock) = tool("flock") else { return };
    let locked = format!(
        "{} {} bash -c \"{}\"",
        flock.display(),
        place.display(),
        cron.replace('$', "\\$")
    );
    let second = script(&tree, &locked);
    assert_eq!(second.status.code(), Some(1), "{second:?}");
    assert!(
        text(&second.stderr).ends_with(": another run writes a snapshot\n"),
        "{second:?}"
    );
    let both = script(&tree, &format!("({cron}) & ({cron}) & wait"));
    let ran = text(&both.stdout).lines().count();
    assert!(
        (1..=2).contains(&ran) && !text(&both.stdout).contains('M'),
        "{both:?}"
    );
    // Of the snapshots of one day the newest stays, and that it was compared with.
    assert_eq!(stored(&tree).len(), 3, "{ran} runs: {:?}", stored(&tree));
}

#[test]
fn the_units_of_systemd_are_valid() {
    let Some(analyze) = tool("systemd-analyze") else {
        return;
    };
    let tree = Tree::of("t/f 5");
    let service = include_str!("../../examples/pdu-snapshot@.service");
    let service = service.replace("/usr/bin/pdu", run::PDU);
    fs::write(tree.root().join("pdu-snapshot@.service"), service).expect("there is room");
    let timer = include_str!("../../examples/pdu-snapshot@.timer");
    fs::write(tree.root().join("pdu-snapshot@.timer"), timer).expect("there is room");
    let output = script(&tree, &format!("cp pdu-snapshot@.service pdu-snapshot@srv.service; cp pdu-snapshot@.timer pdu-snapshot@srv.timer
        {} verify --man=no ./pdu-snapshot@srv.service ./pdu-snapshot@srv.timer", analyze.display()));
    let errors = text(&output.stderr);
    let ours: Vec<&str> = errors
        .lines()
        .filter(|line| line.contains("pdu-snapshot"))
        .collect();
    assert!(ours.is_empty() && output.status.success(), "{errors}");
}
