//! `--history`: what the stored snapshots say of a directory.

use super::{pdu, prints, store};
use crate::export::{du, said};
use crate::parquet::python;
use crate::support::run::{self, text};
use crate::support::skip::{is_root, skip, tool};
use crate::support::tree::Tree;
use std::path::Path;

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
