//! Cache directories and types of file systems that are left out. The expected lines are GNU du's for the same tree without
//! what is left out; marks of exports are those of ncdu.

use std::fs;
use std::path::Path;
use std::process::Command;

use crate::support::gnu_du::GnuDu;
use crate::support::run::{Answer, PDU, du, lines, must, pdu, run, shell, stdout, unprivileged};
use crate::support::skip::{tool, works};
use crate::support::tree::Tree;

const SIGNATURE: &str = "Signature: 8a477f597d28d172789f06886806bc55";

const THREADS: [&str; 2] = ["-j1", "-j20"];

fn tag(tree: &Tree, directory: &str) {
    let at = tree.root().join(directory).join("CACHEDIR.TAG");
    fs::write(at, SIGNATURE).expect("it can be written");
}

/// The lines of GNU du, which has no such options, and is given the tree as it counts.
fn gnu(tree: &Tree, words: &str) -> Option<Answer> {
    let gnu = GnuDu::same_sizes()?;
    Some(run(du(&gnu.path, tree.root(), words)))
}

// ---------------------------------------------------------------- what is a tag

#[test]
fn a_tag_is_a_regular_file_that_begins_with_the_signature() {
    let long = format!("{SIGNATURE}\n# a comment\n");
    let cases: [(&str, usize); 6] = [
        (SIGNATURE, 43),
        (&long, long.len()),
        (&SIGNATURE[..42], 1042),
        ("", 1000),
        ("signature: 8a477f597d28d172789f06886806bc55", 1043),
        (&format!("\n{SIGNATURE}"), 1044),
    ];
    for (content, counted) in cases {
        let tree = Tree::of("t/d/f 1000");
        fs::write(tree.root().join("t/CACHEDIR.TAG"), content).expect("it can be written");
        for threads in THREADS {
            let lines = stdout(pdu(
                tree.root(),
                &format!("{threads} -bs --exclude-caches t"),
            ));
            assert_eq!(lines, format!("{counted}\tt\n"), "{content:?}");
        }
    }
}

#[test]
fn a_name_that_is_no_regular_file_is_no_tag() {
    for make in [
        "ln -s ../tag t/CACHEDIR.TAG",
        "mkdir t/CACHEDIR.TAG; cp tag t/CACHEDIR.TAG",
        "mkfifo t/CACHEDIR.TAG",
        "cp tag t/cachedir.tag",
        "cp tag t/CACHEDIR.TAG.bak",
    ] {
        let tree = Tree::of("t/d/f 1000");
        fs::write(tree.root().join("tag"), SIGNATURE).expect("it can be written");
        stdout(shell(tree.root(), make));
        let Some(gnu) = gnu(&tree, "-ab t") else {
            return;
        };
        for threads in THREADS {
            for option in ["", "-L"] {
                let words = format!("{threads} -ab --exclude-caches {option} t");
                let answer = run(pdu(tree.root(), &words));
                if option.is_empty() {
                    assert_eq!(answer.out, gnu.out, "{make}");
                } else {
                    assert!(answer.out.contains("1000\tt/d\n"), "{make}: {answer:?}");
                }
            }
        }
    }
}

#[test]
fn a_tag_that_cannot_be_read_is_told_and_its_directory_counts() {
    let tree = Tree::of("t/d/f 1000");
    tag(&tree, "t");
    must(
        Command::new("chmod")
            .arg("0")
            .arg(tree.root().join("t/CACHEDIR.TAG")),
    );
    for threads in THREADS {
        let Some(mut command) = unprivileged(Path::new(PDU), tree.root()) else {
            return;
        };
        command.args([threads, "-bs", "--exclude-caches", "t"]);
        let answer = run(command);
        assert_eq!(answer.out, "1043\tt\n");
        let message = "pdu: cannot read 't/CACHEDIR.TAG': Permission denied\n";
        assert_eq!((&*answer.errors, answer.status.code()), (message, Some(1)));
    }
}

// ---------------------------------------------------------------- what counts

const TREE: &str = "
t/a/f 10
t/cache/f 100
t/cache/sub/g 5000
t/cache/sub/deep/h 70000
t/cache/linked = t/a/f
t/z/cache/f 1
t/z/cache/one 300
t/z/two = t/z/cache/one
t/z/f 20";

/// The tree with tags, and the same tree without what is left out.
fn tree_with_caches() -> (Tree, Tree) {
    let (tree, rest) = (Tree::of(TREE), Tree::of(TREE));
    for tree in [&tree, &rest] {
        tag(tree, "t/cache");
        tag(tree, "t/z/cache");
    }
    for name in [
        "cache/f",
        "cache/sub",
        "cache/linked",
        "z/cache/f",
        "z/cache/one",
    ] {
        must(
            Command::new("rm")
                .arg("-r")
                .arg(rest.root().join("t").join(name)),
        );
    }
    (tree, rest)
}

#[test]
fn of_a_cache_directory_only_itself_and_its_tag_count() {
    let (tree, rest) = tree_with_caches();
    for words in [
        "-ab t",
        "-a t",
        "-S t",
        "-b t",
        "-bS t",
        "-bs t",
        "-bd1 t",
        "-bad1 t",
        "-bd0 t",
        "-bl t",
        "--inodes t",
        "--inodes -s t",
        "--inodes -l t",
        "-bx t",
        "-bc t/cache t/z t/a",
        "-b t/cache/ t/z/cache",
        "-bD t",
        "-ab --exclude=f t",
        "-ab --exclude=CACHEDIR.TAG t",
    ] {
        let Some(gnu) = gnu(&rest, words) else { return };
        for threads in THREADS {
            let words = format!("{threads} --exclude-caches {words}");
            let ours = stdout(pdu(tree.root(), &words));
            assert_eq!(lines(&ours), lines(&gnu.out), "{words}");
        }
    }
}

#[test]
fn a_tag_with_several_links_counts_once() {
    let (tree, rest) = (Tree::of("t/a/f 100\nt/b/f 100"), Tree::of("t/a/\nt/b/"));
    for tree in [&tree, &rest] {
        tag(tree, "t/a");
        let [one, other] = ["t/a", "t/b"].map(|at| tree.root().join(at).join("CACHEDIR.TAG"));
        fs::hard_link(one, other).expect("it can be linked");
    }
    for words in ["-bs t", "-bsl t", "-s --inodes t"] {
        let Some(gnu) = gnu(&rest, words) else { return };
        for threads in THREADS {
            let ours = stdout(pdu(
                tree.root(),
                &format!("{threads} --exclude-caches {words}"),
            ));
            assert_eq!(ours, gnu.out, "{words}");
            let read = format!(
                "$pdu {threads} --exclude-caches --format=ncdu t | $pdu --from=- {} | cut -f1",
                words.trim_end_matches(" t")
            );
            let total = gnu.out.split('\t').next().unwrap_or_default();
            assert_eq!(stdout(shell(tree.root(), &read)).trim(), total, "{read}");
        }
    }
}

#[test]
fn a_tag_is_found_wherever_it_stands_in_a_large_directory() {
    // More names than one buffer holds: such a directory is read by several walkers, and its subdirectories are queued
    // before the last name is known.
    let tree = Tree::empty();
    let script = "mkdir -p t/first t/last; cd t
        for at in first last; do cd $at; [ $at = first ] && printf '%s' \"$tag\" >CACHEDIR.TAG
        for n in {1..3000}; do : >file-with-a-long-name-$n; done; mkdir d{1..300}
        for n in {1..300}; do echo x >d$n/f; done
        [ $at = last ] && printf '%s' \"$tag\" >CACHEDIR.TAG; cd ..; done; exit 0";
    let mut command = shell(tree.root(), script);
    command.env("tag", SIGNATURE);
    stdout(command);
    for threads in ["-j1", "-j2", "-j20"] {
        for _ in 0..5 {
            let ours = stdout(pdu(
                tree.root(),
                &format!("{threads} --exclude-caches --inodes t"),
            ));
            assert_eq!(ours, "2\tt/first\n2\tt/last\n5\tt\n");
        }
    }
}

#[test]
fn directories_without_a_tag_take_no_further_call() {
    if !works("strace -qq -o /dev/null -e trace=getdents64 true") {
        return;
    }
    let tree = Tree::of(TREE);
    let calls = |option: &str| {
        let script = format!(
            "strace -f -qq -o calls -e trace=openat,newfstatat \
             $pdu -j1 -a {option} t >lines; \
             grep -v resumed calls | sed 's/^[0-9]* *//; s/(.*//' | sort | uniq -c"
        );
        stdout(shell(tree.root(), &script))
    };
    let (with, without) = (calls("--exclude-caches"), calls(""));
    assert!(without.contains("openat"), "{without}");
    assert_eq!(with, without);
}

// ---------------------------------------------------------------- exports

#[test]
fn an_export_marks_what_is_left_out_as_ncdu_does_and_has_the_same_total_when_it_is_read() {
    if tool("ncdu").is_none() {
        return;
    }
    let (tree, rest) = tree_with_caches();
    let excluded =
        "grep -o '\"name\":\"[^\"]*\"[^{}]*\"excluded\":\"[a-z]*\"' | sed 's/,.*,/,/' | sort";
    let theirs = stdout(shell(
        tree.root(),
        &format!("ncdu -0 --exclude-caches -o- t | {excluded}"),
    ));
    assert!(theirs.contains("cache"), "{theirs}");
    for threads in THREADS {
        let export = format!("$pdu {threads} --exclude-caches --format=ncdu t");
        let ours = stdout(shell(tree.root(), &format!("{export} | {excluded}")));
        assert_eq!(ours, theirs);
        for words in ["-s", "-bs"] {
            let Some(gnu) = gnu(&rest, &format!("{words} t")) else {
                return;
            };
            let total = gnu.out.split('\t').next().unwrap_or_default();
            for reader in ["$pdu", "ncdu -0 -f - -o - | $pdu"] {
                let script = format!("{export} | {reader} {words} --from=- | cut -f1");
                let read = stdout(shell(tree.root(), &script));
                assert_eq!(read.trim(), total, "{script}");
            }
        }
    }
}

// ---------------------------------------------------------------- the command line

#[test]
fn abbreviations_of_gnu_du_keep_their_meaning() {
    let tree = Tree::of("t/f 5\nt/g 7\nlist 0");
    fs::write(tree.root().join("list"), "f\n").expect("it can be written");
    let Some(gnu) = gnu(&tree, "-ab --exclude-from=list t") else {
        return;
    };
    let name = "exclude-from";
    for length in "exclude-".len()..=name.len() {
        let option = &name[..length];
        let words = [format!("--{option}=list"), format!("--{option} list")];
        for words in words {
            let ours = stdout(pdu(tree.root(), &format!("-ab {words} t")));
            assert_eq!(ours, gnu.out, "{words}");
            let mut strict = pdu(tree.root(), &format!("-ab {words} t"));
            strict.env("POSIXLY_CORRECT", "1");
            assert_eq!(stdout(strict), gnu.out, "{words} with POSIXLY_CORRECT");
        }
    }
    let ours = stdout(pdu(tree.root(), "-ab --exclude=f t"));
    assert_eq!(ours, gnu.out);
    for ours in [
        "--exclude-c",
        "--exclude-caches",
        "--exclude-k",
        "--exclude-fs=nfs",
    ] {
        assert_eq!(
            stdout(pdu(tree.root(), &format!("-s --inodes {ours} t"))),
            "3\tt\n"
        );
    }
}

#[test]
fn a_type_that_does_not_exist_is_refused_in_one_line() {
    let tree = Tree::of("t/f 5");
    for (value, name) in [
        ("nsf", "nsf"),
        ("nfs,", ""),
        ("", ""),
        ("nfs,,nfs4", ""),
        ("fuse.", "fuse."),
        ("nodev", "nodev"),
        ("NFS", "NFS"),
        ("nfs nfs4", "nfs nfs4"),
    ] {
        let mut command = pdu(tree.root(), "-s t");
        command.arg(format!("--exclude-fs={value}"));
        let answer = run(command);
        let expected = format!(
            "pdu: unknown type of file system '{name}'\nTry 'pdu --help' for more information.\n"
        );
        assert_eq!(
            (&*answer.errors, answer.status.code()),
            (&*expected, Some(1))
        );
    }
    let all =
        "--exclude-fs=nfs,nfs4,cifs,fuse.sshfs,fuse,zfs,btrfs,overlay --exclude-fs=fuse.anything";
    assert_eq!(stdout(pdu(tree.root(), &format!("{all} -bs t"))), "5\tt\n");
    for option in ["--exclude-caches", "--exclude-kernfs", "--exclude-fs=nfs"] {
        let answer = run(pdu(tree.root(), &format!("{option} --from=x")));
        assert!(
            answer.errors.contains("cannot be combined with --from"),
            "{answer:?}"
        );
    }
}
