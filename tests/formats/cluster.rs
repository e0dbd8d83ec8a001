//! The programs in `examples/cluster`: drivers of a scan by many processes, and the questions to its result.
//!
//! `PDU_PYTHON` names a Python that has the modules `duckdb`, `distributed` and `pyspark`; see `parquet.rs`.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::export::said;
use super::parquet::python;
use crate::support::gnu_du::GnuDu;
use crate::support::process::kill_all;
use crate::support::run::{self, PDU, copy_program, must, output_of, program, wait_until};
use crate::support::skip::{is_long_form, skip};
use crate::support::tree::Tree;

/// Spark without the compilers that are of use for more rows than these: a third of the time.
const SPARK: &str = "--master local[2] --conf spark.ui.enabled=false --conf spark.sql.shuffle.partitions=1 \
    --conf spark.sql.adaptive.enabled=false --conf spark.sql.files.openCostInBytes=0 \
    --conf spark.sql.codegen.wholeStage=false --conf spark.sql.codegen.factoryMode=NO_CODEGEN \
    --conf spark.driver.extraJavaOptions=-XX:TieredStopAtLevel=1 pyspark-shell";

fn example(name: &str) -> PathBuf {
    let place = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/cluster");
    place.join(name)
}

/// A tree `t` of 400 directories without links between the children of `t`, and one with links at `t/links`.
fn tree() -> Tree {
    let tree = Tree::empty();
    for number in 0..400_u32 {
        let place = format!("t/{}/{}/{number}", number % 7, number % 31);
        let place = tree.root().join(place);
        fs::create_dir_all(&place).expect("there is room");
        let size = (number as usize * 7919) % 20_000;
        fs::write(place.join("f"), vec![b'x'; size]).expect("there is room");
    }
    let links = "mkdir -p t/links/a t/links/b; echo x >t/links/a/f; ln t/links/a/f t/links/b/g; touch -d 2001-01-01 t/0/0/0/f";
    said(&tree, links);
    tree
}

/// Runs an example in the tree.
fn command(tree: &Tree, interpreter: &str, name: &str, words: &str) -> Command {
    let mut command = program(interpreter, tree.root());
    command.arg(example(name)).args(words.split_whitespace());
    command
        .env("PDU", PDU)
        .env("BUDGET", "60")
        .env("PYTHONUTF8", "1");
    command
        .env("HOME", tree.root())
        .env("SPARK_LOCAL_IP", "127.0.0.1")
        .env("PYSPARK_SUBMIT_ARGS", SPARK);
    command
}

#[track_caller]
fn succeeds(command: Command) -> String {
    let what = format!("{command:?}");
    let answer = run::run(command);
    assert!(answer.status.success(), "{what}: {answer:?}");
    answer.out
}

/// What GNU du says of `t`: bytes and inodes.
fn sums_of_du(du: &GnuDu, tree: &Tree) -> String {
    let sums = ["-sB1", "-s --inodes"].map(|words| {
        let mut command = program(&du.path, tree.root());
        let said = must(command.args(words.split(' ')).arg("t"));
        said.split('\t').next().unwrap_or_default().to_owned()
    });
    sums.join(" ")
}

/// The answers of an example, by the first word of their headings.
fn answers(python: &str, engine: &str, tree: &Tree, scans: &str) -> String {
    succeeds(command(tree, python, &format!("query_{engine}.py"), scans))
}

/// The lines after a heading.
#[track_caller]
fn lines<'a>(answers: &'a str, heading: &str) -> Vec<&'a str> {
    let after = answers
        .split("-- ")
        .find(|answer| answer.starts_with(heading));
    let after = after.unwrap_or_else(|| panic!("no {heading} in {answers}"));
    after.lines().skip(1).collect()
}

/// The scan has at least so many parts, and the sums of GNU du; no directory is lost or doubled.
#[track_caller]
fn is_whole(python: &str, du: &GnuDu, tree: &Tree, parts: usize) {
    let answers = answers(python, "duckdb", tree, "scan");
    let [total] = lines(&answers, "du -s ")[..] else {
        panic!("{answers}");
    };
    let numbers: Vec<&str> = total.split('\t').collect();
    assert_eq!(
        format!("{} {}", numbers[0], numbers[2]),
        sums_of_du(du, tree)
    );
    for check in [
        "check: a directory that was handed",
        "check: a directory that was walked",
    ] {
        assert_eq!(lines(&answers, check), [""; 0], "{answers}");
    }
    let found = parts_of(tree);
    assert!(found >= parts, "{found} parts");
}

fn parts_of(tree: &Tree) -> usize {
    let files = fs::read_dir(tree.root().join("scan"));
    let names = files.into_iter().flatten().flatten();
    let names = names.map(|file| file.file_name().into_encoded_bytes());
    names.filter(|name| name.ends_with(b".parquet")).count()
}

// ---------------------------------------------------------------- drivers

/// The options of `sbatch` that `slurm.sh` uses, without Slurm: tasks run one after the other.
const SBATCH: &str = r#"#!/bin/bash
while [[ $1 = --* ]]; do
  case $1 in --array=*) last=${1##*-} ;; esac
  shift
done
for ((task = 1; task <= last; task++)); do
  SLURM_ARRAY_TASK_ID=$task bash "$@" || status=1
done
exit "${status:-0}"
"#;

#[test]
fn slurm_walks_a_tree_in_rounds() {
    let (Some(du), Some(python)) = (GnuDu::any(), python("duckdb")) else {
        return;
    };
    let tree = tree();
    let bin = tree.root().join("bin");
    fs::create_dir(&bin).expect("there is room");
    fs::write(tree.root().join("sbatch"), SBATCH).expect("there is room");
    copy_program(&tree.root().join("sbatch"), &bin.join("sbatch"));
    for most_tasks in ["3", "500"] {
        said(&tree, "rm -rf scan");
        let mut command = command(&tree, "/bin/bash", "slurm.sh", "t scan -j2");
        command.env("PATH", format!("{}:/usr/bin:/bin", bin.display()));
        command.env("MOST_TASKS", most_tasks);
        let out = succeeds(command);
        assert!(out.ends_with("/scan\n"), "{out}");
        is_whole(&python, du, &tree, 10);
    }
}

#[test]
fn parallel_walks_a_tree_in_rounds() {
    let (Some(du), Some(python)) = (GnuDu::any(), python("duckdb")) else {
        return;
    };
    let tree = tree();
    let is_gnus = run::run(run::shell(
        tree.root(),
        "parallel --version 2>/dev/null | head -1",
    ));
    if !is_gnus.out.starts_with("GNU parallel") {
        return skip("there is no GNU parallel");
    }
    succeeds(command(&tree, "/bin/bash", "parallel.sh", "t scan -j2"));
    is_whole(&python, du, &tree, 10);
}

#[test]
fn dask_walks_a_tree_and_goes_on_after_it_was_killed() {
    goes_on_after_kills(("distributed", "dask_walk.py"), "8", &[1, 20, 60]);
}

#[test]
fn spark_walks_a_tree_and_goes_on_after_it_was_killed() {
    // Spark takes long to start.
    goes_on_after_kills(("pyspark", "spark_walk.py"), "40", &[12]);
}

/// Kills a driver with all of its processes whenever so many parts are there, and lets it end at last.
#[track_caller]
fn goes_on_after_kills((module, name): (&str, &str), budget: &str, kills: &[usize]) {
    if !is_long_form() {
        return;
    }
    let (Some(du), Some(python)) = (GnuDu::any(), python(&format!("duckdb, {module}"))) else {
        return;
    };
    let tree = tree();
    let start = || {
        let mut command = command(&tree, &python, name, "t scan");
        command.env("BUDGET", budget);
        command
    };
    for &parts in kills {
        let mut command = start();
        command.stdout(Stdio::null()).stderr(Stdio::null());
        let child = command.spawn().expect("it starts");
        wait_until("some parts are there", || parts_of(&tree) >= parts);
        kill_all(child.id());
        let _ = output_of(child, name);
    }
    let before = parts_of(&tree);
    succeeds(start());
    is_whole(&python, du, &tree, 30);
    assert!(before < parts_of(&tree), "it was killed too late");
}

// ---------------------------------------------------------------- questions

#[test]
fn the_questions_have_the_answers_of_du() {
    let (Some(du), Some(python)) = (GnuDu::any(), python("duckdb")) else {
        return;
    };
    let tree = tree();
    let walk = |scan: &str| {
        let script = format!(
            "mkdir {scan}; printf '%s\\0' \"$PWD/t\" >next; n=0
             while [ -s next ]; do
               mv next list; n=$((n + 1))
               $pdu --format=parquet -xo {scan}/part-$n.parquet --rest=next --budget=50 --files0-from=list
             done"
        );
        said(&tree, &script);
    };
    walk("old");
    said(&tree, "head -c 5000000 /dev/zero >t/3/big; rm -r t/5");
    walk("scan");
    is_whole(&python, du, &tree, 5);
    let found = answers(&python, "duckdb", &tree, "scan old");
    // The children, as GNU du counts them.
    let mut command = program(&du.path, tree.root());
    let children = must(command.args(["-d1", "-B1", "t"]));
    for line in lines(&found, "du -d1") {
        let columns: Vec<&str> = line.split('\t').collect();
        if !columns[0].is_empty() {
            let expected = format!("{}\tt/{}", columns[1], columns[0]);
            assert!(
                children.lines().any(|line| line == expected),
                "{expected} in {children}"
            );
        }
    }
    assert_eq!(lines(&found, "du -d1").len(), 8);
    let here = tree.root().display();
    assert_eq!(
        lines(&found, "the largest files")[0],
        format!("{here}/t/3\tbig\t5001216")
    );
    assert_eq!(lines(&found, "pdu --by=age").len(), 2, "{found}");
    let changes = lines(&found, "pdu --diff");
    assert_eq!(changes[0], format!("{here}/t/3\t5001216"));
    assert!(
        changes[1..]
            .iter()
            .all(|line| line.contains("/t/5") || line.ends_with("\t0") || line.contains("/t\t")),
        "{changes:?}"
    );
    if !is_long_form() {
        return;
    }
    let Some(python) = super::parquet::python("pyspark") else {
        return;
    };
    assert_eq!(answers(&python, "spark", &tree, "scan old"), found);
}
