//! Snapshots: where they are stored, what is in them, which of them stay, and their history. A store is looked at by other
//! programs; times are written into the files, whose checksum is made anew.

mod compare;
mod history;
mod jobs;
mod keep;

use crate::export::{du, names, refused, said, script};
use crate::support::run::{self, Answer, text, unprivileged};
use crate::support::skip::{is_root, tool};
use crate::support::tree::Tree;
use pdu::format::parquet::check_of;
use std::fs;
use std::path::Path;
use std::path::PathBuf;

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

/// The times of the snapshots in the store, from their names.
fn stored(tree: &Tree) -> Vec<String> {
    let root = place(tree);
    let names = names(tree, root.to_str().expect("UTF-8"));
    let times = names
        .iter()
        .filter_map(|name| name.strip_suffix(".parquet"));
    times.map(str::to_owned).collect()
}

/// Those of years before 2026, when there was no pdu: the tests give such times to what [`store`] makes.
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
