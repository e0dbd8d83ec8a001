//! `--diff`: its command line and its output. The expected values stand here, or come from GNU du (the difference of two
//! runs) and from Python's `csv`, `json` and `jsonschema`.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::Output;

use super::parquet::python;
use crate::support::gnu_du::GnuDu;
use crate::support::run::{self, Answer, PDU, program, shell, text, unprivileged};
use crate::support::skip::{is_root, tool};
use crate::support::terminal::{Streams, Terminal, shown};
use crate::support::tree::Tree;

// ---------------------------------------------------------------- two states

/// Runs a script of bash in a tree; it must succeed.
#[track_caller]
fn script(tree: &Tree, script: &str) -> String {
    let answer = run::run(shell(tree.root(), &format!("set -e; {script}")));
    assert!(answer.status.success(), "{script}: {answer:?}");
    answer.out
}

/// A tree whose state before is in the file `old`, and which the script has changed since.
#[track_caller]
fn changed(text: &str, edits: &str) -> Tree {
    let tree = Tree::of(text);
    script(&tree, "$pdu --format=parquet -o old t");
    script(&tree, edits);
    tree
}

/// The answer to `--diff=old`, the same with one thread and with 20, and from a file of the state now.
#[track_caller]
fn diff(tree: &Tree, words: &str) -> Answer {
    let words = format!("--diff=old {words}");
    let answer = run::run(run::pdu(tree.root(), &format!("-j1 {words} t")));
    let other = run::run(run::pdu(tree.root(), &format!("-j20 {words} t")));
    assert_eq!(timeless(&answer.out), timeless(&other.out), "{words}");
    assert_eq!(answer.errors, other.errors, "{words}");
    script(tree, "$pdu --format=parquet -o new t");
    let file = run::run(run::pdu(tree.root(), &format!("{words} --from=new")));
    let root = tree.root().join("t").display().to_string();
    // In a tree the name of the root has a width.
    if !words.contains("-T") {
        let file = file.out.replace(&root, "t");
        assert_eq!(timeless(&file), timeless(&answer.out), "{words}");
    }
    answer
}

/// The output without the times of a summary.
fn timeless(out: &str) -> String {
    let Some((before, after)) = out.split_once("\"times\":{") else {
        return out.to_owned();
    };
    let after = after.split_once('}').expect("the times end").1;
    [before, after].concat()
}

/// The lines of a comparison that has succeeded.
#[track_caller]
fn lines(tree: &Tree, words: &str) -> Vec<String> {
    let answer = diff(tree, words);
    assert!(answer.status.success(), "{words}: {answer:?}");
    answer.out.lines().map(str::to_owned).collect()
}

/// The last line on standard error, from the number of entries on.
fn last_message(answer: &Answer) -> &str {
    let last = answer.errors.lines().last().unwrap_or_default();
    let rest = last.strip_prefix("pdu: compared with ");
    let (time, rest) = rest
        .and_then(|rest| rest.split_once(": "))
        .unwrap_or_default();
    assert!(time.len() == 20 && time.ends_with('Z'), "{answer:?}");
    rest
}

// ---------------------------------------------------------------- lines

const BEFORE: &str = "
    t/backup/1 9000\nt/core 5000\nt/log/mail 4000\nt/log/old 3000\nt/same 77\nt/www/a 1000\nt/www/b 100";

const EDITS: &str = "
    mkdir -p t/backup/2; truncate -s 20000 t/backup/2/x; truncate -s 10000 t/backup/2/y
    truncate -s 6000 t/log/mail; rm t/core; truncate -s 400 t/www/a; mv t/log/old t/www/new";

#[test]
fn an_explanation_has_the_largest_changes() {
    let tree = changed(BEFORE, EDITS);
    let expected = [
        "+30000\tnew\tt/backup/2",
        "-5000\tgone\tt/core",
        "+2000\tgrew\tt/log/mail",
        "-600\tshrank\tt/www/a",
        "0\tmoved\tt/log/old\tt/www/new",
        "+26400\ttotal\tt",
    ];
    assert_eq!(lines(&tree, "-b"), expected);
    // t, 3 directories and 7 files; a directory and two files came, a file went.
    assert_eq!(last_message(&diff(&tree, "-b")), "11 entries then, 13 now");
    assert_eq!(lines(&tree, "-bn2")[..2], expected[..2]);
    assert_eq!(lines(&tree, "-bn2")[2], expected[5]);
}

/// None of them reaches one per cent of the change; a line that stays tells its part once.
#[test]
fn the_small_changes_in_a_directory_are_one_line() {
    let tree = changed(
        "t/d/big 1\nt/d/e/",
        "truncate -s 50001 t/d/big; for i in {1..30}; do truncate -s 400 t/d/e/$i; done",
    );
    let expected = [
        "+50000\tgrew\tt/d/big",
        "+12000\tgrew\tt/d/e",
        "+62000\ttotal\tt",
    ];
    assert_eq!(lines(&tree, "-b"), expected);
    let expected = ["+50000\tgrew\tt/d/big", "+62000\ttotal\tt"];
    assert_eq!(lines(&tree, "-bn1"), expected);
    let tree = changed(
        "t/d/big 1\nt/d/z 1",
        "truncate -s 50001 t/d/big; for i in {1..30}; do truncate -s 400 t/d/$i; done",
    );
    let expected = [
        "+50000\tgrew\tt/d/big",
        "+12000\tgrew\tt/d",
        "+62000\ttotal\tt",
    ];
    assert_eq!(lines(&tree, "-b"), expected);
    let expected = ["+62000\tgrew\tt/d", "+62000\ttotal\tt"];
    assert_eq!(lines(&tree, "-bd1"), expected);
    assert_eq!(
        lines(&tree, "-b -t 20000"),
        ["+50000\tgrew\tt/d/big", expected[1]]
    );
}

#[test]
fn options_for_the_lines_mean_what_they_mean_in_du() {
    let tree = changed(BEFORE, EDITS);
    for (words, expected) in [
        ("-bs", "+26400 total t"),
        (
            "-bd1",
            "+30000 grew t/backup|-1000 shrank t/log|+2400 grew t/www|+26400 total t",
        ),
        ("-bd1 -n1", "+30000 grew t/backup|+26400 total t"),
    ] {
        let lines = lines(&tree, words).join("|").replace('\t', " ");
        assert_eq!(lines, expected, "{words}");
    }
    for (words, expected) in [
        ("-b --sort=size", "+30000 +2000 0 -600 -5000 +26400"),
        ("-b --sort=size -r", "-5000 -600 0 +2000 +30000 +26400"),
        ("-b --sort=name", "+30000 -5000 +2000 -600 0 +26400"),
        ("-b -t 1000", "+30000 -5000 +2000 +26400"),
        ("-b -t -1000", "-600 0 +26400"),
        ("-Ah", "+30K -4.9K +2.0K -600 0 +26K"),
        ("-A --si", "+30k -5.0k +2.0k -600 0 +27k"),
        ("-A -B1K", "+30 -5 +2 -1 0 +26"),
        ("-A -BKB", "+30kB -5kB +2kB -1kB 0kB +27kB"),
        ("-m -A", "+1 -1 +1 -1 0 +1"),
    ] {
        let lines = lines(&tree, words);
        let numbers = lines.iter().filter_map(|line| line.split('\t').next());
        assert_eq!(numbers.collect::<Vec<_>>().join(" "), expected, "{words}");
    }
}

#[test]
fn inodes_are_counted_where_they_are_asked_for() {
    let tree = changed(BEFORE, EDITS);
    let expected = [
        "+3\tnew\tt/backup/2",
        "-1\tgone\tt/core",
        "0\tmoved\tt/log/old\tt/www/new",
        "+2\ttotal\tt",
    ];
    assert_eq!(lines(&tree, "--inodes"), expected);
    let all = lines(&tree, "--inodes -a");
    let expected = "+1 new t/backup/2/x|+1 new t/backup/2/y|+3 new t/backup/2|+3 grew t/backup";
    assert_eq!(all[..4].join("|").replace('\t', " "), expected);
}

#[test]
fn nothing_changed_is_a_total_of_zero() {
    let tree = changed(BEFORE, "true");
    for words in ["-b", "", "-a", "-d9", "-s", "--inodes"] {
        assert_eq!(lines(&tree, words), ["0\ttotal\tt"], "{words}");
    }
    assert_eq!(last_message(&diff(&tree, "")), "11 entries then, 11 now");
}

#[test]
fn lines_end_with_nul_and_names_are_quoted_on_a_terminal_only() {
    let tree = changed("t/a\\nb 5", "mv t/a$'\\n'b t/c");
    assert_eq!(
        diff(&tree, "-b0").out,
        "0\tmoved\tt/a\nb\tt/c\x000\ttotal\tt\0"
    );
    assert_eq!(
        diff(&tree, "-b").out,
        "0\tmoved\tt/a\nb\tt/c\n0\ttotal\tt\n"
    );
    let words = [PDU, "--diff=old", "-b", "t"];
    let end = Terminal::start(&tree, 80, Streams::All, &words).end();
    let shown = shown(&end.raw);
    assert_eq!(shown[0], "0\tmoved\t't/a'$'\\n''b'\tt/c", "{shown:?}");
}

#[test]
fn the_report_goes_to_the_output_file() {
    let tree = changed(BEFORE, EDITS);
    let out = run::run(run::pdu(tree.root(), "--diff=old -b -o report t")).out;
    assert_eq!(out, "");
    let report = fs::read_to_string(tree.root().join("report")).expect("it is there");
    assert!(report.ends_with("\n+26400\ttotal\tt\n"), "{report}");
}

// ---------------------------------------------------------------- held to GNU du

/// The size of each directory, in the units of the words.
fn sizes(tree: &Tree, du: &Path, words: &str) -> BTreeMap<String, i128> {
    let answer = run::run(run::du(du, tree.root(), &format!("{words} t")));
    assert!(answer.status.success(), "{answer:?}");
    let lines = answer.out.lines().map(|line| {
        let (size, path) = line.split_once('\t').expect("a size and a path");
        (path.to_owned(), size.parse().expect("a size"))
    });
    lines.collect()
}

#[test]
fn the_change_of_each_directory_is_the_difference_of_two_runs_of_gnu_du() {
    let Some(gnu) = GnuDu::same_sizes() else {
        return;
    };
    let tree = Tree::of(
        "t/a/b/c/f 70000\nt/a/b/g 1\nt/a/h 12345\nt/a/i = t/a/h\nt/d/e/f 3000\nt/d/s -> f\nt/k/l/m/n 9\nt/z/ ",
    );
    let edits = "
        rm -r t/k/l/m; truncate -s 400000 t/d/e/f; seq 9999 >t/d/e/f2; mkdir -p t/z/y/x; seq 99999 >t/z/y/x/w
        mv t/a/b/c t/d/c; rm t/a/i t/a/h; ln t/d/e/f2 t/a/i2; ln -sfn longer-target t/d/s";
    for words in ["-B1", "-b", "--inodes"] {
        let tree_before = sizes(&tree, &gnu.path, words);
        assert!(tree_before.len() > 8);
    }
    let all = ["-B1", "-b", "--inodes"].map(|words| (words, sizes(&tree, &gnu.path, words)));
    script(&tree, "$pdu --format=parquet -o old t");
    script(&tree, edits);
    for (words, before) in all {
        let mut expected = sizes(&tree, &gnu.path, words);
        for (path, size) in before {
            *expected.entry(path).or_insert(0) -= size;
        }
        // The root has the line of the total.
        expected.retain(|path, change| path != "t" && *change != 0);
        let lines = lines(&tree, &format!("{words} -d99"));
        let mut shown = BTreeMap::new();
        for line in &lines {
            let mut columns = line.split('\t');
            let change = columns.next().expect("a change");
            let (word, path) = (columns.next(), columns.next().expect("a path"));
            // A directory that was moved is judged at its new path.
            let path = columns.next().unwrap_or(path);
            if word != Some("total") && change != "0" {
                shown.insert(path.to_owned(), change.parse::<i128>().expect("a number"));
            }
        }
        expected.retain(|path, _| !path.starts_with("t/a/b/c") && !path.starts_with("t/d/c"));
        shown.retain(|path, _| !path.starts_with("t/a/b/c") && !path.starts_with("t/d/c"));
        assert_eq!(shown, expected, "{words}: {lines:#?}");
    }
}

// ---------------------------------------------------------------- for programs

const VALIDATE: &str = r#"
import json, jsonschema, sys
schema = json.load(open(sys.argv[1]))
validator = jsonschema.Draft202012Validator(schema)
lines = [json.loads(line) for line in sys.stdin.buffer.read().decode("utf-8").splitlines()]
for line in lines:
    for error in validator.iter_errors(line): print(line, error.message)
changes, summary = lines[:-1], lines[-1]["summary"]
for measure in "allocated", "apparent", "inodes":
    if any("class" in change for change in changes):
        parts = sum(change["change"][measure] for change in changes)
    else:
        parts = sum(change["residue"][measure] for change in changes) + summary["rest"][measure]
    print(measure, "adds up" if parts == summary["change"][measure] else (parts, summary))
"#;

/// The schema takes each line, and the parts add up to the total in each measure.
/// Entries that a state does not have are in no class: the classes would not add up to the change.
#[test]
fn classes_need_all_entries() {
    let tree = Tree::of("t/a.x 100\nt/b.y 9000");
    for rows in ["-t 1000", "-d1"] {
        script(&tree, &format!("$pdu --format=parquet {rows} -o old t"));
        for words in ["--diff=old t", "--diff=t.all --from=old"] {
            script(&tree, "$pdu --format=parquet -o t.all t");
            let answer = run::run(run::pdu(tree.root(), &format!("--by=ext {words}")));
            let expected = "pdu: old: stored with -d or -t; --by needs all entries\n";
            assert_eq!((&*answer.out, &*answer.errors), ("", expected), "{words}");
            assert_eq!(answer.status.code(), Some(1));
        }
    }
}

/// Three directories with more changes than lines, each too small for a line of its directory.
#[test]
fn what_no_line_tells_is_named_on_standard_error() {
    let tree = changed(
        "t/a/f 1\nt/b/f 1\nt/c/f 1",
        "for d in a b c; do truncate -s 1001 t/$d/f t/$d/{1..3}; done",
    );
    let answer = diff(&tree, "-bn4");
    assert_eq!(answer.out.lines().count(), 5);
    // 12,009 bytes, of which four lines tell 4,004.
    let expected = "7 entries then, 16 now; changes without a line: +7.9K";
    assert_eq!(last_message(&answer), expected);
    let last = diff(&tree, "-bn12");
    assert_eq!(last_message(&last), "7 entries then, 16 now");
}

#[test]
fn objects_follow_the_schema_and_their_residues_add_up() {
    let Some(python) = python("jsonschema") else {
        return;
    };
    let tree = changed(
        BEFORE,
        &format!("{EDITS}; rm -r t/same; mkdir t/same; touch t/$'no\\xff'"),
    );
    let schema = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/pdu.schema.json");
    for words in [
        "",
        "-n1",
        "-n3",
        "-s",
        "-a",
        "-d1",
        "-a -n2",
        "-t 1000",
        "--inodes",
        "--by=ext",
        "--by=owner",
        "--by=group",
        "--by=kind",
        "--by=age",
    ] {
        let lines = text(&diff_bytes(&tree, &format!("--format=json {words}")).stdout);
        let mut command = program(&python, tree.root());
        command.args(["-c", VALIDATE]).arg(&schema);
        let said = run::output_with(command, lines.as_bytes());
        let expected = "allocated adds up\napparent adds up\ninodes adds up\n";
        assert_eq!(
            text(&said.stdout),
            expected,
            "{words}: {} {lines}",
            text(&said.stderr)
        );
    }
}

#[test]
fn an_object_has_every_measure_at_both_times() {
    let tree = changed("t/d/f 100\nt/g 7", "truncate -s 50 t/d/f; mv t/g t/h");
    let lines = lines(&tree, "--format=json -b");
    let allocated = |line: &str| {
        let mut line = line.to_owned();
        while let Some(at) = line.find("\"allocated\":") {
            let end = at + line[at..].find(',').expect("more follows");
            line.replace_range(at..=end, "");
        }
        line
    };
    let lines: Vec<String> = lines.iter().map(|line| allocated(line)).collect();
    assert_eq!(
        lines[..2],
        [
            "{\"path\":\"t/d/f\",\"event\":\"shrank\",\"change\":{\"apparent\":-50,\"inodes\":0},\
             \"before\":{\"apparent\":100,\"inodes\":1},\"now\":{\"apparent\":50,\"inodes\":1},\
             \"residue\":{\"apparent\":-50,\"inodes\":0},\"kind\":\"file\",\"depth\":2}",
            "{\"path\":\"t/h\",\"event\":\"moved\",\"change\":{\"apparent\":0,\"inodes\":0},\
             \"before\":{\"apparent\":7,\"inodes\":1},\"now\":{\"apparent\":7,\"inodes\":1},\
             \"residue\":{\"apparent\":0,\"inodes\":0},\"kind\":\"file\",\"depth\":1,\"from\":\"t/g\"}",
        ]
    );
    assert!(lines[2].starts_with(
        "{\"summary\":{\"path\":\"t\",\"change\":{\"apparent\":-50,\"inodes\":0},\"rest\":{\"apparent\":0,\"inodes\":0},\
         \"before\":{\"apparent\":107,\"inodes\":4},\"now\":{\"apparent\":57,\"inodes\":4},\"times\":{\"before\":\"20"
    ), "{}", lines[2]);
    assert!(lines[2].ends_with("\"dropped_candidates\":0,\"warnings\":[],\"complete\":true}}"));
}

/// The jq program of README.md's recipe for Prometheus.
fn recipe() -> &'static str {
    let readme = include_str!("../../README.md");
    let script = readme.split_once("pdu -x --diff=1d --format=json /srv | jq -r '");
    let rest = script.expect("README.md has the recipe").1;
    rest.split_once('\'').expect("it ends").0
}

#[test]
fn the_recipe_for_prometheus_gives_the_numbers_of_the_summary() {
    let Some(jq) = tool("jq") else {
        return;
    };
    let tree = changed(BEFORE, EDITS);
    let output = diff_bytes(&tree, "--format=json");
    let mut command = program(jq, tree.root());
    command.args(["-r", recipe()]);
    let metrics = text(&run::output_with(command, &output.stdout).stdout);
    let allocated = lines(&tree, "-B1 -s").remove(0);
    let allocated = allocated.split('\t').next().unwrap_or_default();
    let expected = format!(
        "pdu_diff_allocated_bytes {}\npdu_diff_inodes 2\npdu_diff_not_comparable_bytes 0\npdu_diff_complete 1\n",
        allocated.trim_start_matches('+')
    );
    assert_eq!(metrics, expected);
}

const READ_CSV: &str = r#"
import csv, io, os, sys
text = io.TextIOWrapper(sys.stdin.buffer, encoding="utf-8", errors="surrogateescape", newline="")
for row in csv.DictReader(text, strict=True):
    row = {key: os.fsencode(value) for key, value in row.items()}
    print(row["event"].decode(), row["path"], row["change_apparent"].decode(), row["from"], row["kind"].decode(), row["depth"].decode())
"#;

#[test]
fn python_reads_back_the_csv_whatever_the_names() {
    let Some(python) = tool("python3") else {
        return;
    };
    let tree = changed(
        "t/a,b 1\nt/plain 5\nt/q\"q 9",
        "mv t/a,b $'t/say \"no\"'; truncate -s 7 t/plain; rm 't/q\"q'; printf 123 >$'t/\\xff\\r\\n'",
    );
    let output = diff_bytes(&tree, "--format=csv -a -b");
    let mut command = program(python, tree.root());
    command.args(["-c", READ_CSV]).env("PYTHONUTF8", "1");
    let said = run::output_with(command, &output.stdout);
    let mut lines: Vec<String> = text(&said.stdout).lines().map(str::to_owned).collect();
    lines.sort();
    assert_eq!(
        lines,
        [
            "gone b't/q\"q' -9 b'' file 1",
            "grew b't/plain' 2 b'' file 1",
            "moved b't/say \"no\"' 0 b't/a,b' file 1",
            "new b't/\\xff\\r\\n' 3 b'' file 1",
        ],
        "{}",
        text(&said.stderr)
    );
}

fn diff_bytes(tree: &Tree, words: &str) -> Output {
    run::output(run::pdu(tree.root(), &format!("--diff=old {words} t")))
}

const RUN_SQL: &str = "
import duckdb, sys
for statement in sys.argv[1:]:
    print(len(duckdb.sql(statement).fetchall()))
";

#[test]
fn the_statements_of_the_readme_find_rows() {
    let Some(python) = python("duckdb") else {
        return;
    };
    let readme = include_str!("../../README.md");
    let section = readme.split_once("## What grew?").expect("it is there").1;
    let section = section.split_once("\n## ").expect("another follows").0;
    let statements = section.split("\n$ duckdb -c \"").skip(1);
    let statements = statements.map(|rest| rest.split('"').next().expect("it ends"));
    let tree = Tree::of(BEFORE);
    script(&tree, "$pdu --snapshot=s/ t");
    script(&tree, EDITS);
    script(
        &tree,
        "$pdu --diff --snapshot=s/ -a --format=csv -o changes.csv t",
    );
    let mut command = program(python, tree.root());
    command.args(["-c", RUN_SQL]);
    let statements = statements.map(|sql| sql.replace("~/.local/state/pdu/%2Fsrv/", "s/*/"));
    command.args(statements);
    // Two snapshots; new, gone, grew, shrank and moved; one directory with new files.
    assert_eq!(run::stdout(command), "2\n5\n1\n");
}

// ---------------------------------------------------------------- for people

#[test]
fn a_tree_nests_the_changes_under_the_root() {
    let tree = changed(BEFORE, EDITS);
    let expected = "\
+25.8 KiB total  t
+29.3 KiB new    ├─ backup/2           █████████████████████████
 -4.9 KiB gone   ├─ core               ░░░░░
 +2.0 KiB grew   ├─ log/mail           ██
   -600 B shrank ├─ www/a              ░
      0 B moved  └─ log/old -> www/new
";
    let answer = run::run(utf8(&tree, "-A -T --width=64"));
    assert_eq!(answer.out, expected, "{answer:?}");
    let answer = run::run(utf8(&tree, "-A -T --width=44 -n 2"));
    let expected = "\
+25.8 KiB total  t
+29.3 KiB new    ├─ backup/2 ███████████████
 -4.9 KiB gone   └─ core     ░░░
                 … more, +1.4 KiB
";
    assert_eq!(answer.out, expected, "{answer:?}");
}

#[test]
fn a_tree_fits_the_screen() {
    let edits = EDITS.split("; mv").next().expect("there are edits");
    let tree = changed(BEFORE, edits);
    // Two lines of the screen stay free; the root and the rest have one each.
    for (lines, words, expected) in [
        ("6", "-A -T", "t backup/2 core more"),
        ("7", "-A -T", "t backup/2 core log/mail more"),
        ("6", "-A -T -n 1", "t backup/2 more"),
        ("6", "-A -T -a", "t backup 2 more"),
    ] {
        let mut command = utf8(&tree, words);
        command.env("LINES", lines).env("COLUMNS", "30");
        let out = run::run(command).out;
        let name = |line: &str| {
            let name = line.split(' ').next_back().unwrap_or_default();
            let is_rest = line.contains(" more, ");
            if is_rest { "more" } else { name }.to_owned()
        };
        let names: Vec<String> = out.lines().map(name).collect();
        assert_eq!(names.join(" "), expected, "{lines} {words}: {out}");
    }
}

fn utf8(tree: &Tree, words: &str) -> std::process::Command {
    let mut command = run::pdu(tree.root(), &format!("--diff=old {words} t"));
    command.env("LC_ALL", "C.UTF-8");
    command
}

#[test]
fn a_tree_has_the_colors_of_ls_where_they_are_asked_for() {
    let tree = changed(BEFORE, EDITS);
    let mut command = utf8(&tree, "-A -T --width=44 -n 2 --color=always");
    command.env("LS_COLORS", "di=01;34:fi=32");
    let out = run::run(command).out;
    assert!(out.contains("├─ \u{1b}[1;34mbackup/2\u{1b}[0m "), "{out:?}");
    assert!(out.contains("└─ \u{1b}[32mcore\u{1b}[0m "), "{out:?}");
}

#[test]
fn classes_have_their_change_and_their_sizes_at_both_times() {
    let tree = changed(
        "t/a.log 1000\nt/b.log 500\nt/x.gz 10\nt/y.txt 7\nt/d/z.txt 5",
        "rm t/b.log; truncate -s 9000 t/x.gz; touch -d 2001-01-01 t/y.txt; truncate -s 20 t/d/new.txt; mv t/y.txt t/y.gz",
    );
    let expected = [
        "+8997\t10\t9007\t+1\tgz",
        "-500\t1500\t1000\t-1\tlog",
        "+13\t12\t25\t0\ttxt",
        "+8510\t1522\t10032\t0\ttotal",
    ];
    assert_eq!(lines(&tree, "-b --by=ext"), expected);
    assert_eq!(lines(&tree, "-b --by=ext --sort=size -n1")[0], expected[0]);
    let answer = diff(&tree, "-b --by=ext --format=csv");
    let header = "by,class,change_allocated,change_apparent,change_inodes,before_allocated,before_apparent,\
                  before_inodes,now_allocated,now_apparent,now_inodes\r\n";
    assert!(answer.out.starts_with(header), "{answer:?}");
    let table = run::run(utf8(&tree, "-A --by=ext -T --width=72"));
    let expected = "  change     then      now  files                        ext
+8.8 KiB     10 B  8.8 KiB     +1  ████████████████████  gz
  -500 B  1.5 KiB   1000 B     -1  ░░                    log
   +13 B     12 B     25 B      0  █                     txt
+8.3 KiB  1.5 KiB  9.8 KiB      0  ███████████████████   total
";
    assert_eq!(table.out, expected, "{table:?}");
}

#[test]
fn a_file_that_was_given_away_leaves_one_class_and_comes_to_another() {
    if !is_root("it gives a file away") {
        return;
    }
    let tree = changed("t/a 1000\nt/b 500", "chown 1234 t/a; chgrp 99 t/b");
    let expected = [
        "-1000\t1500\t500\t-1\t0",
        "+1000\t0\t1000\t+1\t1234",
        "0\t1500\t1500\t0\ttotal",
    ];
    assert_eq!(lines(&tree, "-b --by=owner --numeric-ids"), expected);
    let expected = ["-500\t1500\t1000\t-1\t0", "+500\t0\t500\t+1\t99"];
    assert_eq!(lines(&tree, "-b --by=group --numeric-ids")[..2], expected);
    let objects = lines(&tree, "--format=json --by=owner --numeric-ids");
    assert!(objects[1].ends_with(",\"id\":1234}"), "{objects:?}");
}

// ---------------------------------------------------------------- the command line

#[test]
fn what_does_not_fit_a_comparison_is_refused_before_the_walk() {
    let tree = changed(BEFORE, "true");
    let hint = "Try 'pdu --help' for more information.";
    let with = |option: &str| format!("pdu: {option} cannot be combined with --diff\n{hint}\n");
    for (words, expected) in [
        ("-L", with("--dereference")),
        ("-S", with("--separate-dirs")),
        ("--time", with("--time")),
        ("--files0-from=x", with("--files0-from")),
        ("--format=ncdu", with("--format=ncdu")),
        ("--format=parquet", with("--format=parquet")),
        ("--format=prometheus", with("--format=prometheus")),
        ("--sort=time", with("--sort=time")),
        (
            "t",
            format!(
                "pdu: extra operand 't'\n--diff compares one directory; OLD follows an equals sign\n{hint}\n"
            ),
        ),
    ] {
        let more = if words.starts_with("--files0") {
            ""
        } else {
            "t"
        };
        let answer = run::run(run::pdu(tree.root(), &format!("--diff=old {words} {more}")));
        assert_eq!(
            (answer.errors, answer.status.code()),
            (expected, Some(1)),
            "{words}"
        );
        assert_eq!(answer.out, "", "{words}");
    }
}

#[test]
fn a_root_that_is_no_directory_and_a_bad_old_are_named() {
    let tree = changed(BEFORE, "true");
    for (words, expected) in [
        (
            "--diff=old t/core",
            "cannot compare 't/core': Not a directory",
        ),
        (
            "--diff=old t/none",
            "cannot access 't/none': No such file or directory",
        ),
        (
            "--diff=./none t",
            "cannot open './none' for reading: No such file or directory",
        ),
        (
            "--diff=old --from=none",
            "cannot open 'none' for reading: No such file or directory",
        ),
    ] {
        let answer = run::run(run::pdu(tree.root(), words));
        assert_eq!(answer.errors, format!("pdu: {expected}\n"), "{words}");
        assert_eq!((answer.out.as_str(), answer.status.code()), ("", Some(1)));
    }
    let answer = run::run(run::pdu(tree.root(), "--diff=7x t"));
    let forms = "OLD is a Parquet file, 'last', an age (36h, 7d, 2w, 3m, 1y) or a time (2026-11-18, 2026-11-18T04:00)";
    let expected = format!(
        "pdu: --diff: no file and no time: '7x'\n{forms}\nTry 'pdu --help' for more information.\n"
    );
    assert_eq!(answer.errors, expected);
}

// ---------------------------------------------------------------- what cannot be compared

#[test]
fn a_directory_that_became_unreadable_is_told_apart_with_its_size() {
    let tree = Tree::of("t/a/f 5\nt/shut/g 3000\nt/shut/h 4000\nt/z 1");
    script(&tree, "$pdu --format=parquet -o old t; chmod 644 old");
    script(&tree, "truncate -s 50 t/a/f; chmod 0 t/shut");
    let Some(mut command) = unprivileged(Path::new(PDU), tree.root()) else {
        return;
    };
    command.args(["--diff=old", "-b", "t"]);
    let answer = run::run(command);
    script(&tree, "chmod 755 t/shut");
    assert_eq!(answer.status.code(), Some(1), "{answer:?}");
    assert_eq!(
        answer.out, "+45\tgrew\tt/a/f\n?\tunread\tt/shut\t7000\n+45\ttotal\tt\n",
        "{answer:?}"
    );
    assert!(
        answer
            .errors
            .ends_with("; not comparable: 6.9K in 1 directory\n"),
        "{answer:?}"
    );
}

/// The warnings about a comparison with the file that these words write.
#[track_caller]
fn warnings(before: &str, words: &str) -> Vec<String> {
    let tree = Tree::of("t/a/b/f 5000\nt/g 7");
    script(&tree, before);
    let answer = run::run(run::pdu(tree.root(), words));
    assert_eq!(answer.status.code(), Some(0), "{answer:?}");
    let lines = answer.errors.lines();
    let warnings = lines.filter_map(|line| line.strip_prefix("pdu: warning: "));
    warnings.map(str::to_owned).collect()
}

#[test]
fn what_may_mislead_is_warned_of() {
    let whole = "$pdu --format=parquet -o old t";
    let part =
        "the earlier state was stored without small or deep entries: such entries are new here";
    for (before, words, expected) in [
        (whole, "--diff=old t", &[][..]),
        (whole, "--diff=old -bs t", &[]),
        (whole, "--diff=old -d1 --inodes t", &[]),
        (
            whole,
            "--diff=old -l --exclude=g t",
            &["the options differ: none then, '--count-links --exclude=g' now"],
        ),
        (
            "$pdu --format=parquet -d1 -o old t",
            "--diff=old t",
            &[part],
        ),
        (
            "$pdu --format=parquet -t 1000 -o old t",
            "--diff=old t",
            &[part],
        ),
        (whole, "--diff=old t/a", &[]),
    ] {
        assert_eq!(warnings(before, words), expected, "{before} {words}");
    }
}

#[test]
fn a_clock_that_went_back_and_other_roots_are_warned_of() {
    let tree = Tree::of("t/f 5\nu/g 7");
    script(
        &tree,
        "$pdu --format=parquet -o t.1 t; $pdu --format=parquet -o t.2 t; $pdu --format=parquet -o u.1 u",
    );
    let answer = run::run(run::pdu(tree.root(), "--diff=t.2 --from=t.1"));
    let first = answer.errors.lines().next().unwrap_or_default();
    assert_eq!(
        first,
        "pdu: warning: the earlier state is the newer one by its time"
    );
    let answer = run::run(run::pdu(tree.root(), "--diff=t.1 -b --from=u.1"));
    let root = tree.root().display();
    let first = answer.errors.lines().next().unwrap_or_default();
    assert_eq!(
        first,
        format!("pdu: warning: '{root}/u' is compared with '{root}/t'")
    );
    assert!(
        answer.out.ends_with(&format!("+2\ttotal\t{root}/u\n")),
        "{answer:?}"
    );
}

// ---------------------------------------------------------------- moves, links, parts

#[test]
fn a_renamed_directory_of_many_files_is_one_line() {
    let tree = changed(
        "t/a/d/big 1000000\nt/a/keep 1\nt/b/keep 1",
        "(cd t/a/d; seq 100000 | xargs touch); $pdu --format=parquet -o old t; mv t/a/d t/b/e",
    );
    let expected = ["0\tmoved\tt/a/d\tt/b/e", "0\ttotal\tt"];
    assert_eq!(lines(&tree, "-b"), expected);
    let stored = |words: &str| script(&tree, &format!("$pdu --diff=old --from=new {words}"));
    let root = tree.root().join("t").display().to_string();
    for words in ["-b -n1", "--inodes"] {
        let out = stored(words).replace(&root, "t");
        assert_eq!(out.lines().collect::<Vec<_>>(), expected, "{words}");
    }
    // In a list of all changes, the two directories around it have changed.
    let expected = [
        "-1000000\tshrank\tt/a",
        "0\tmoved\tt/a/d\tt/b/e",
        "+1000000\tgrew\tt/b",
        "0\ttotal\tt",
    ];
    let out = stored("-b -d2").replace(&root, "t");
    assert_eq!(out.lines().collect::<Vec<_>>(), expected);
}

#[test]
fn a_directory_made_for_what_is_moved_into_it_is_no_growth() {
    let tree = changed(
        "t/a/d/x 5000\nt/a/f 1",
        "mkdir t/new; mv t/a/d t/new/e; echo 1 >t/new/y",
    );
    let expected = ["+2\tnew\tt/new", "0\tmoved\tt/a/d\tt/new/e", "+2\ttotal\tt"];
    assert_eq!(lines(&tree, "-b"), expected);
}

/// The disk lists the entries of a directory in another order once they were made in another one.
#[test]
fn linked_snapshots_in_another_order_of_the_disk_have_not_changed() {
    let tree = changed(
        "t/s/1/f 3000\nt/s/1/g 500",
        "cp -al t/s/1 t/s/2; cp -al t/s/1 t/s/3; $pdu --format=parquet -o old t; \
         mkdir t/new; for i in 3 1 2; do mkdir t/new/$i; ln t/s/$i/g t/s/$i/f t/new/$i; done; \
         rm -r t/s; mv t/new t/s",
    );
    for words in ["-b", "-b -a", "--inodes"] {
        assert_eq!(lines(&tree, words), ["0\ttotal\tt"], "{words}");
    }
}

/// Only the oldest snapshot has the link that counts; the space that its removal frees is that of files of its own.
#[test]
fn a_removed_snapshot_tells_what_no_other_link_keeps() {
    let tree = changed(
        "t/1/shared 300000\nt/1/own 7000",
        "mkdir t/2; ln t/1/shared t/2; $pdu --format=parquet -o old t; rm -r t/1",
    );
    let expected = [
        "-7000\tgone\tt/1",
        "0\tmoved\tt/1/shared\tt/2/shared",
        "-7000\ttotal\tt",
    ];
    assert_eq!(lines(&tree, "-b"), expected);
}

#[test]
fn a_part_of_an_earlier_state_is_compared_with_its_directory() {
    let tree = changed(
        "t/a/f 100\nt/b/c/g 200\nt/b/h 300\nt/z 1",
        "truncate -s 250 t/b/c/g",
    );
    let answer = run::run(run::pdu(tree.root(), "--diff=old -b t/b"));
    assert_eq!(
        answer.out, "+50\tgrew\tt/b/c/g\n+50\ttotal\tt/b\n",
        "{answer:?}"
    );
    script(&tree, "mkdir t/n; echo 1 >t/n/new");
    let answer = run::run(run::pdu(tree.root(), "--diff=old -b t/n"));
    assert_eq!(answer.status.code(), Some(1), "{answer:?}");
    let root = tree.root().display();
    assert_eq!(
        answer.errors,
        format!("pdu: old: no rows of '{root}/t/n'\n")
    );
}

/// A link that counts in the place of another one is not told; another file in the place of a link is.
#[test]
fn a_file_that_took_the_place_of_a_link_was_moved() {
    let tree = changed("t/a 9000\nt/b = t/a\nt/c 5000", "mv t/c t/b");
    assert_eq!(lines(&tree, "-ab"), ["0\tmoved\tt/c\tt/b", "0\ttotal\tt"]);
    let tree = changed("t/a 9000\nt/b = t/a\nt/c 5000", "rm t/a");
    assert_eq!(lines(&tree, "-ab"), ["0\ttotal\tt"]);
}
