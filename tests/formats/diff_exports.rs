//! `--diff` with files whose entries are in no order: exports of ncdu, gdu, restic, lists of object stores, and Parquet files
//! that another program has written again. Expected values are those of GNU du, or stand here.

use std::fs;
use std::path::Path;

use super::export::{du, refused, said};
use super::parquet::{python, python_says};
use crate::support::run::{self, Answer};
use crate::support::tree::Tree;

/// An export of another maker, from the repository.
fn input(name: &str) -> String {
    let inputs = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/formats/exports");
    fs::read_to_string(inputs.join(name)).expect("it is in the repository")
}

/// What `--diff` says of two files.
#[track_caller]
fn compare(old: &str, new: &str, words: &str) -> Answer {
    let tree = Tree::empty();
    fs::write(tree.root().join("old"), old).expect("there is room");
    fs::write(tree.root().join("new"), new).expect("there is room");
    let words = format!("--diff=./old --from=new {words}");
    let answer = run::run(run::pdu(tree.root(), &words));
    assert!(answer.status.success(), "{words}: {answer:?}");
    answer
}

// ---------------------------------------------------------------- each maker

#[test]
fn an_export_of_each_maker_is_equal_to_itself_and_has_its_entries() {
    for (name, root, entries) in [
        ("gdu-5.36.1.json", "/srv/d2", 11),
        ("gdu-5.37-depth.json", "/srv", 8),
        ("gdu-5.37-summarize.json", "/srv", 8),
        ("gdu-5.37-whole.json", "/srv", 8),
        ("gdu-every-link-marked.json", "/srv/backup", 5),
        ("ncdu-s3.json", "s3://bucket", 5),
        ("restic-0.19.1.json", "/", 12),
        ("restic-ls.json", "/", 5),
    ] {
        let export = input(name);
        let answer = compare(&export, &export, "-a");
        assert_eq!(answer.out, format!("0\ttotal\t{root}\n"), "{name}");
        let counted = format!(": {entries} entries then, {entries} now\n");
        assert!(answer.errors.ends_with(&counted), "{name}: {answer:?}");
    }
}

#[test]
fn a_change_in_an_export_of_each_maker_is_one_line() {
    for (name, before, after, expected) in [
        (
            "gdu-5.36.1.json",
            r#""asize":5000,"dsize":8192"#,
            r#""asize":9000,"dsize":12288"#,
            "+4096 grew /srv/d2/a/x.bin|+4096 grew /srv/d2/a|+4096 total /srv/d2",
        ),
        (
            "ncdu-s3.json",
            r#""dsize": 2500"#,
            r#""dsize": 1000"#,
            "-1500 shrank s3://bucket/logs/2014.gz|-1500 shrank s3://bucket/logs|-1500 total s3://bucket",
        ),
        (
            "restic-ls.json",
            r#""name":"photo.jpg","asize":3000000,"dsize":3000320"#,
            r#""name":"photo.png","asize":3000000,"dsize":3000320"#,
            "0 moved /u/photo.jpg /u/photo.png|0 total /",
        ),
    ] {
        let old = input(name);
        assert_eq!(old.matches(before).count(), 1, "{name}");
        let answer = compare(&old, &old.replace(before, after), "-aB1");
        let lines = answer.out.trim_end().replace('\t', " ").replace('\n', "|");
        assert_eq!(lines, expected, "{name}");
    }
}

/// A directory that stands for its contents: what lies below it is in no line, and its total is compared.
#[test]
fn contents_that_an_export_does_not_list_are_not_new() {
    let (sum, whole) = (input("gdu-5.37-depth.json"), input("gdu-5.37-whole.json"));
    let answer = compare(&sum, &whole, "-aB1");
    assert_eq!(answer.out, "0\ttotal\t/srv\n", "{answer:?}");
    let answer = compare(&whole, &sum, "-aB1");
    assert_eq!(answer.out, "0\ttotal\t/srv\n", "{answer:?}");
}

#[test]
fn a_size_that_the_maker_does_not_know_is_null_and_cannot_be_shown() {
    let old = input("ncdu-s3.json");
    let new = old.replace("2500", "4500");
    let answer = compare(&old, &new, "--format=json");
    let change = r#""change":{"allocated":2000,"apparent":null,"inodes":0}"#;
    assert_eq!(answer.out.matches(change).count(), 2, "{}", answer.out);
    let answer = compare(&old, &new, "--format=csv");
    let expected = "grew,2000,,0,2500,,1,4500,,1,2000,,0,file,2,,\r\n";
    assert!(answer.out.ends_with(expected), "{}", answer.out);
    let tree = Tree::empty();
    fs::write(tree.root().join("old"), old).expect("there is room");
    let told = refused(&tree, "$pdu -A --diff=./old --from=old >out");
    let message = "./old: it has no apparent sizes (without -A, the allocated ones count)";
    assert_eq!(told, message);
    assert_eq!(said(&tree, "cat out"), "");
}

#[test]
fn what_is_no_scan_is_refused_in_one_line() {
    let tree = Tree::of("t/f 5\nempty 0\ntext 9");
    fs::write(
        tree.root().join("two"),
        r#"[1,2,{},[{"name":"/a"}],[{"name":"/b"}]]"#,
    )
    .expect("there is room");
    said(&tree, "gzip -k text; $pdu --format=ncdu -o export t");
    for (file, reason) in [
        ("empty", "byte 0: the file is empty"),
        ("text", "byte 0: this is no export in the format of ncdu"),
        ("t", "read error: Is a directory"),
    ] {
        let told = refused(&tree, &format!("$pdu --diff=./{file} t >out"));
        assert_eq!(told, format!("./{file}: {reason}"));
        assert_eq!(said(&tree, "cat out"), "", "{file}");
    }
    let told = refused(
        &tree,
        "$pdu --format=parquet -t-6K -o small t; $pdu --diff=./small t",
    );
    let reason = "holds small entries only (-t -SIZE), and cannot be compared";
    assert_eq!(told, format!("./small: {reason}"));
    let told = refused(&tree, "head -c 60 export >cut; $pdu --diff=./cut t");
    assert!(told.starts_with("./cut: byte 60: "), "{told}");
    // The directory that is compared lies below the root of the export, which does not have it.
    let told = refused(&tree, "mkdir t/late; $pdu --diff=./export t/late");
    let late = tree.root().join("t/late");
    assert_eq!(told, format!("./export: no rows of '{}'", late.display()));
}

// ---------------------------------------------------------------- a tree before and after

const BEFORE: &str = "
    t/a/big 70000\nt/a/same 5\nt/a/linked 9000\nt/a/again = t/a/linked\nt/b/gone 12000\nt/c/d/e/f 100\nt/-x 1\nt/z-z/y 3";

const EDITS: &str = "
    truncate -s 0 t/a/big; head -c 100000 /dev/zero >t/a/big; rm t/b/gone t/a/again
    mkdir t/c/d/new; head -c 20000 /dev/zero >t/c/d/new/file; mv t/c/d/e t/c/d/moved";

/// A tree and files of its state before the edits, in each form; and what GNU du said then.
fn tree_before(du: &str) -> (Tree, Vec<&'static str>, [String; 3]) {
    let tree = Tree::of(BEFORE);
    said(
        &tree,
        "mkdir 't/z z' t/o; echo x >'t/z z/y'; head -c 5000 /dev/zero >$'t/o/odd\\xff\\nname'",
    );
    said(
        &tree,
        "$pdu --format=ncdu -j20 -o ncdu t; $pdu --format=ncdu --time -j1 -o times t",
    );
    said(&tree, "$pdu --format=parquet -o x t");
    let mut files = vec!["ncdu", "times", "x"];
    if let Some(python) = python("duckdb, pyarrow") {
        python_says(&python, &tree, "rewrite x");
        files.extend(["pyarrow", "shuffled", "duckdb", "duckdb-2"]);
    }
    let before = sums(&tree, du);
    said(&tree, EDITS);
    (tree, files, before)
}

/// Allocated bytes, entries, and allocated bytes of each directory.
fn sums(tree: &Tree, du: &str) -> [String; 3] {
    ["-sB1", "-s --inodes", "-B1"].map(|words| said(tree, &format!("{du} {words} t")))
}

fn number(line: &str) -> i64 {
    let number = line.split('\t').next().unwrap_or_default();
    number.parse().expect("a number")
}

#[test]
fn changes_since_a_file_in_any_order_are_those_of_gnu_du() {
    let Some(du) = du() else { return };
    let (tree, files, before) = tree_before(&du);
    let after = sums(&tree, &du);
    let change = number(&after[0]) - number(&before[0]);
    let entries = (number(&before[1]), number(&after[1]));
    for file in files {
        for words in ["-j1", "-j20"] {
            let answer = run::run(run::pdu(
                tree.root(),
                &format!("{words} -sB1 --diff=./{file} t"),
            ));
            assert_eq!(answer.out, format!("{change:+}\ttotal\tt\n"), "{file}");
            let counted = format!("{} entries then, {} now\n", entries.0, entries.1);
            assert!(answer.errors.ends_with(&counted), "{file}: {answer:?}");
            // Every line of a directory has the difference of two numbers of du.
            let lines = said(
                &tree,
                &format!("$pdu {words} -d9 -B1 --diff=./{file} t 2>/dev/null"),
            );
            let of = |text: &str, path: &str| {
                let line = text
                    .lines()
                    .find(|line| line.split('\t').nth(1) == Some(path));
                line.map_or(0, number)
            };
            let mut compared = 0;
            for line in lines.lines().filter(|line| !line.contains("\tmoved\t")) {
                let path = line.split('\t').nth(2).expect("a path");
                let expected = of(&after[2], path) - of(&before[2], path);
                assert_eq!(number(line), expected, "{file} {words}: {line}");
                compared += 1;
            }
            assert!(compared > 4, "{file}: {lines}");
        }
    }
}

/// Every entry that changed. Exports have the inode number of a file with several links only, and its time where they were
/// asked for it.
#[test]
fn each_form_of_the_earlier_state_gives_the_same_lines() {
    let Some(du) = du() else { return };
    let (tree, files, _) = tree_before(&du);
    let common = "+20000\tgrew\tt/c|+20000\tgrew\tt/c/d|+20000\tnew\tt/c/d/new|+20000\tnew\tt/c/d/new/file|\
        +30000\tgrew\tt/a|+30000\tgrew\tt/a/big|+38000\ttotal\tt|-12000\tgone\tt/b/gone|-12000\tshrank\tt/b";
    let apart = "|+100\tnew\tt/c/d/moved|+100\tnew\tt/c/d/moved/f|-100\tgone\tt/c/d/e|-100\tgone\tt/c/d/e/f";
    let link = "|+9000\tgrew\tt/a/linked|-9000\tgone\tt/a/again";
    for file in files {
        let more = match file {
            "ncdu" => [apart, link].concat(),
            "times" => apart.into(),
            _ => "|0\tmoved\tt/c/d/e\tt/c/d/moved".into(),
        };
        let text = said(&tree, &format!("$pdu -ab --diff=./{file} t 2>/dev/null"));
        let mut lines: Vec<&str> = text.lines().collect();
        lines.sort_unstable();
        let mut expected: Vec<&str> = common.split('|').chain(more[1..].split('|')).collect();
        expected.sort_unstable();
        assert_eq!(lines, expected, "{file}");
    }
}

/// A directory below the root of a file without deep entries: the depth is that below the directory.
#[test]
fn contents_that_a_file_leaves_out_are_not_new_below_its_root() {
    let tree = Tree::of("t/a/b/c/f 9000\nt/a/g 5000\nt/h 1");
    for depth in 1..4 {
        said(&tree, &format!("$pdu --format=parquet -d{depth} -o old t"));
        for walkers in ["-j1", "-j20"] {
            let text = format!("$pdu {walkers} -a --diff=./old t/a 2>/dev/null");
            assert_eq!(said(&tree, &text), "0\ttotal\tt/a\n", "-d{depth}");
        }
    }
    let told = refused(
        &tree,
        "$pdu --format=parquet -s -o old t; $pdu --diff=./old t/a",
    );
    assert!(told.starts_with("./old: no rows of "), "{told}");
}

/// In the directory that is compared, the first link counts, though in all of OLD another one does.
#[test]
fn a_link_counts_in_a_part_of_the_earlier_state() {
    let tree = Tree::of("t/a 9000\nt/d/b = t/a\nt/d/c = t/a\nt/d/e/f 5000");
    said(
        &tree,
        "$pdu --format=parquet -o old t; $pdu --format=ncdu -o export t",
    );
    for file in ["old", "export"] {
        for walkers in ["-j1", "-j20"] {
            let text = format!("$pdu {walkers} -a --diff=./{file} t/d 2>/dev/null");
            assert_eq!(said(&tree, &text), "0\ttotal\tt/d\n", "{file}");
        }
    }
    said(&tree, "rm t/d/b");
    let text = "$pdu -a --diff=./old t/d 2>/dev/null";
    assert_eq!(said(&tree, text), "0\ttotal\tt/d\n");
}

#[test]
fn the_later_state_may_come_from_standard_input() {
    let tree = Tree::of("t/a 9000\nt/b 5000");
    said(
        &tree,
        "$pdu --format=parquet -o old t; rm t/b; $pdu --format=parquet -o new t",
    );
    let expected = said(&tree, "$pdu -a --diff=./old --from=new 2>/dev/null");
    assert!(expected.contains("gone"), "{expected}");
    let piped = "$pdu --format=ncdu t | $pdu -a --diff=./old --from=- 2>/dev/null";
    assert_eq!(said(&tree, piped), expected);
    let file = "$pdu -a --diff=./old --from=- <new 2>/dev/null";
    assert_eq!(said(&tree, file), expected);
    let pipe = "-: a Parquet file cannot be read from a pipe: its footer is at the end";
    assert_eq!(refused(&tree, "cat new | $pdu --diff=./old --from=-"), pipe);
}

#[test]
fn the_schema_knows_sizes_that_are_null() {
    let Some(python) = python("jsonschema") else {
        return;
    };
    let tree = Tree::empty();
    fs::write(tree.root().join("old"), input("ncdu-s3.json")).expect("there is room");
    said(&tree, "sed s/2500/4500/ old >new");
    let check = "import json, jsonschema, sys
validator = jsonschema.Draft202012Validator(json.load(open(sys.argv[1])))
for line in sys.stdin: print(*validator.iter_errors(json.loads(line)))";
    fs::write(tree.root().join("check.py"), check).expect("there is room");
    let schema = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/pdu.schema.json");
    for words in ["-a", "--by=ext"] {
        let text = format!(
            "$pdu {words} --format=json --diff=./old --from=new 2>/dev/null | {python} check.py {}",
            schema.display()
        );
        let told = said(&tree, &text);
        assert!(told.lines().count() > 1 && told.trim().is_empty(), "{told}");
    }
}

#[test]
fn a_converted_state_keeps_its_time_and_the_errors_of_its_scan() {
    let tree = Tree::empty();
    for (name, error) in [("old", ""), ("new", r#","read_error":true"#)] {
        let head = r#"[1,2,{"timestamp":1700000000}"#;
        let text =
            format!(r#"{head},[{{"name":"/r","dsize":4096{error}}},{{"name":"f","dsize":4096}}]]"#);
        fs::write(tree.root().join(name), text).expect("there is room");
        let convert = format!("$pdu --from={name} --format=parquet -o {name}.parquet || true");
        said(&tree, &convert);
    }
    let compare = |new: &str| {
        let words = format!("--diff=./old.parquet --from={new}");
        run::run(run::pdu(tree.root(), &words))
    };
    let answer = compare("old");
    assert_eq!(answer.status.code(), Some(0), "{answer:?}");
    let times = "pdu: compared with 2023-11-14T22:13:20Z: 2 entries then, 2 now\n";
    assert_eq!(answer.errors, times);
    for new in ["new", "new.parquet"] {
        let answer = compare(new);
        assert_eq!(answer.status.code(), Some(1), "{answer:?}");
        let message = format!("pdu: {new}: the scan had errors\n");
        assert!(answer.errors.contains(&message), "{answer:?}");
    }
}
