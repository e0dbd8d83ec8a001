//! Parquet files: rows are what stat and GNU du say, in sorted order; DuckDB and pyarrow read them, and pdu reads what they
//! write; a damaged file is refused.
//!
//! `PDU_PYTHON` names a Python that has the modules `duckdb` and `pyarrow`; otherwise `python3` is tried.

use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::symlink;
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use super::export::{du, is_like_du, names, peak_of_import, refused, said, sample_tree, script};
use crate::support::fuse::{Node, Op};
use crate::support::process::{catches, worker_of};
use crate::support::run::{self, PDU, wait_until};
use crate::support::sandbox::Sandbox;
use crate::support::skip::{is_long_form, is_root, size, skip};
use crate::support::terminal::{
    Streams, Terminal, can_slow_down, forest, slow, start, wait_for_strace,
};
use crate::support::tree::Tree;
use rustix::io::Errno;
use rustix::process::{Pid, Signal, kill_process};

// ---------------------------------------------------------------- running

const PYTHON: &str = include_str!("parquet.py");

const ENGINES: &str = include_str!("engines.py");

/// A Python with these modules; skips where there is none.
pub(super) fn python(modules: &str) -> Option<String> {
    let python = std::env::var("PDU_PYTHON").unwrap_or_else(|_| "python3".into());
    let mut command = Command::new(&python);
    command.args(["-c", &format!("import {modules}")]);
    command.stdout(Stdio::null()).stderr(Stdio::null());
    let works = command.status().is_ok_and(|status| status.success());
    if !works {
        skip(format_args!(
            "{python} has not the modules {modules} (see PDU_PYTHON)"
        ));
    }
    works.then_some(python)
}

/// Runs a function of `parquet.py` in the tree; gives what it prints.
#[track_caller]
pub(crate) fn python_says(python: &str, tree: &Tree, words: &str) -> String {
    python_runs(python, PYTHON, tree, words)
}

#[track_caller]
pub(super) fn python_runs(python: &str, script: &str, tree: &Tree, words: &str) -> String {
    fs::write(tree.root().join("check.py"), script).expect("it can be written");
    let mut command = run::program(python, tree.root());
    command
        .arg("check.py")
        .args(words.split(' '))
        .env("PYTHONUTF8", "1");
    let answer = run::run(command);
    assert!(
        answer.status.success(),
        "{words}: {}{}",
        answer.out,
        answer.errors
    );
    answer.out
}

/// The paths of `--from` in their order, with NULs between them.
fn paths(tree: &Tree, file: &str) -> Vec<Vec<u8>> {
    let output = script(tree, &format!("$pdu -a0 --inodes --from={file}"));
    let lines = output.stdout.split(|&byte| byte == 0);
    let paths = lines.filter_map(|line| {
        let tab = line.iter().position(|&byte| byte == b'\t')?;
        Some(line[tab + 1..].to_vec())
    });
    paths.collect()
}

/// A path and all below it: by components, names compared as bytes, contents before their directory.
fn sorted(path: &Path, out: &mut Vec<Vec<u8>>) {
    if fs::symlink_metadata(path).expect("it is there").is_dir() {
        let entries = fs::read_dir(path).expect("it can be read");
        let mut names: Vec<_> = entries
            .map(|entry| entry.expect("a name").file_name())
            .collect();
        names.sort_by(|a, b| a.as_bytes().cmp(b.as_bytes()));
        names.iter().for_each(|name| sorted(&path.join(name), out));
    }
    out.push(path.as_os_str().as_bytes().to_vec());
}

/// `sample_tree` and one directory with a name for each byte but NUL and the slash.
pub(crate) fn tree_of_all_names() -> Tree {
    let tree = sample_tree();
    let all = tree.root().join("t/all");
    fs::create_dir(&all).expect("it can be made");
    for byte in (1..=255_u8).filter(|byte| !b"/.".contains(byte)) {
        let name = std::ffi::OsStr::from_bytes(std::slice::from_ref(&byte)).to_owned();
        fs::write(all.join(&name), "x").expect("it can be written");
    }
    tree
}

// ---------------------------------------------------------------- rows

#[test]
fn every_column_is_what_stat_and_gnu_du_say() {
    let (Some(du), Some(python)) = (du(), python("duckdb, pyarrow")) else {
        return;
    };
    let tree = tree_of_all_names();
    for walkers in [1, 2, 20] {
        said(&tree, &format!("$pdu -j{walkers} --format=parquet -o x t"));
        python_says(&python, &tree, &format!("columns x t {du}"));
    }
}

#[test]
fn rows_are_sorted_by_components_whatever_the_number_of_threads() {
    let tree = tree_of_all_names();
    // More names than a walker looks at in one piece; in the long form more than a group.
    for directory in ["t/many", "t/many-", "t/many/more"] {
        let place = tree.root().join(directory);
        fs::create_dir(&place).expect("it can be made");
        for number in 0..size(3000, 130_000) {
            let name = format!("{}{number}", if number % 3 == 0 { "b" } else { "a" });
            match number % 500 {
                0 => fs::create_dir_all(place.join(name).join("in")).expect("it can be made"),
                _ => symlink("x", place.join(name)).expect("it can be made"),
            }
        }
    }
    let mut expected = Vec::new();
    sorted(&tree.root().join("t"), &mut expected);
    // The second and third link of one file have no line.
    expected.retain(|path| !path.ends_with(b"/t/d/two") && !path.ends_with(b"/t/three"));
    for walkers in [1, 2, 20] {
        said(&tree, &format!("$pdu -j{walkers} --format=parquet t >x"));
        assert!(paths(&tree, "x") == expected, "-j{walkers}");
    }
}

#[test]
fn the_same_link_counts_in_whatever_order_the_disk_lists() {
    let counted = |tree: &Tree| -> Vec<String> {
        said(tree, "$pdu --format=parquet -o x t");
        let lines = paths(tree, "x").into_iter();
        let names = lines.map(|path| String::from_utf8_lossy(&path).into_owned());
        names
            .filter_map(|path| Some(path.rsplit_once("/t/")?.1.to_owned()))
            .collect()
    };
    let expected: Vec<String> = (0..20).map(|number| format!("a/{number:02}")).collect();
    for order in ["{00..19}", "{19..00}"] {
        let tree = Tree::empty();
        let text = format!(
            "mkdir t t/b t/a; for i in {order}; do echo x >t/b/$i; ln t/b/$i t/a/$i; ln t/b/$i t/b/z$i; done"
        );
        said(&tree, &text);
        let files: Vec<String> = counted(&tree)
            .into_iter()
            .filter(|path| path.contains('/'))
            .collect();
        assert_eq!(files, expected, "{order}");
    }
}

// ---------------------------------------------------------------- reading

#[test]
fn files_of_pdu_have_the_totals_of_gnu_du() {
    let Some(du) = du() else { return };
    let tree = tree_of_all_names();
    said(
        &tree,
        "$pdu --format=parquet -o x t; $pdu --format=parquet -j1 t >y",
    );
    is_like_du(&tree, &du, "x");
    is_like_du(&tree, &du, "y");
    // An export of ncdu on its way to Parquet and back.
    said(
        &tree,
        "$pdu --format=ncdu t | $pdu --from=- --format=parquet -o z",
    );
    is_like_du(&tree, &du, "z");
    // And from one Parquet file to the next, and to an export.
    said(
        &tree,
        "$pdu --from=x --format=parquet -o z; $pdu --from=x --format=ncdu -o n",
    );
    is_like_du(&tree, &du, "z");
    is_like_du(&tree, &du, "n");
}

/// Entries that have no row are in the totals of the directories around them.
#[test]
fn totals_are_those_of_gnu_du_where_rows_are_left_out() {
    let Some(du) = du() else { return };
    let tree = sample_tree();
    for words in ["-d1", "-s", "-d2 -t5K", "-t1M", "-t-3K"] {
        said(&tree, &format!("$pdu --format=parquet {words} -o x t"));
        for measure in ["-B1", "--inodes"] {
            let theirs = said(&tree, &format!("{du} {measure} -s \"$PWD/t\""));
            let ours = said(&tree, &format!("$pdu {measure} -s --from=x"));
            assert_eq!(ours, theirs, "{words} {measure}");
        }
    }
    let tree = Tree::of("t/d/e/f 70000\nt/d/g 5\nt/h 9\nt/i/");
    said(&tree, "$pdu --format=parquet -d1 -o x t");
    let theirs = said(&tree, &format!("{du} -B1 -d1 \"$PWD/t\" | sort"));
    assert_eq!(said(&tree, "$pdu -B1 --from=x | sort"), theirs);
    // With -l the total of a directory that holds a link is null.
    let tree = Tree::of("t/d/e/f 70000\nt/g = t/d/e/f");
    said(&tree, "$pdu --format=parquet -ld1 -o x t");
    let told = refused(&tree, "$pdu --from=x");
    assert_eq!(
        told,
        "x: row 1: a total is null, and entries below have no row"
    );
}

#[test]
fn files_of_duckdb_and_pyarrow_are_read_with_equal_rows() {
    let Some(python) = python("duckdb, pyarrow") else {
        return;
    };
    let tree = tree_of_all_names();
    said(&tree, "$pdu --format=parquet -o x t");
    let lines = |file: &str| {
        let text = "$pdu -a0B1 --time --time-style=+%s --from=";
        said(&tree, &format!("{text}{file} | sort -z"))
    };
    let expected = lines("x");
    let written = python_says(&python, &tree, "rewrite x");
    assert!(written.lines().count() >= 8, "{written}");
    for file in written.lines() {
        assert_eq!(lines(file), expected, "{file}");
    }
}

/// Polars and Spark take long to start, and are not installed everywhere.
#[test]
fn polars_and_spark_read_the_rows_and_pdu_reads_theirs() {
    if !is_long_form() {
        return;
    }
    let Some(du) = du() else { return };
    let tree = tree_of_all_names();
    said(&tree, "$pdu --format=parquet -o x t");
    let sums = ["-sB1", "-s --inodes", "-slB1", "-sl --inodes"];
    let sums = sums.map(|words| said(&tree, &format!("{du} {words} t | cut -f1")));
    let sums: Vec<&str> = sums.iter().map(|sum| sum.trim()).collect();
    let lines = |file: &str, time: &str| {
        let text = format!("$pdu -a0B1 --time --time-style=+%s{time} --from={file} | sort -z");
        said(&tree, &text)
    };
    for (modules, engine) in [("polars", "polars"), ("pyspark", "spark")] {
        let Some(python) = python(modules) else {
            continue;
        };
        let shown = python_runs(&python, ENGINES, &tree, &format!("{engine} x"));
        let (first, written) = shown.trim_end().rsplit_once('\n').expect("two lines");
        assert_eq!(first.lines().last(), Some(&*sums.join(" ")), "{engine}");
        assert!(written.split(' ').count() >= 3, "{written}");
        for file in written.split(' ') {
            let time = if file.contains("millis") { "" } else { ".%N" };
            assert!(lines(file, time) == lines("x", time), "{file}");
        }
    }
}

#[test]
fn what_no_row_can_say_is_refused_with_the_reason() {
    let Some(python) = python("duckdb, pyarrow") else {
        return;
    };
    let tree = tree_of_all_names();
    said(&tree, "$pdu --format=parquet -o x t");
    python_says(&python, &tree, "bad x");
    for (file, message) in [
        (
            "zstd",
            "compressed with ZSTD; pdu reads Snappy and uncompressed files",
        ),
        ("no-size", "no column 'allocated'"),
        ("text-inode", "column 'inode' is no integer"),
        ("int-dir", "column 'dir' is no text"),
        ("int-counted", "column 'counted' is no boolean"),
        ("text-mtime", "column 'mtime' is no time"),
        ("nested", "no column 'name'"),
        ("kind", "row 2: a kind is not known"),
        ("state", "row 2: a state is not known"),
        ("null-dir", "row 2: a path is null"),
        ("null-name", "row 2: a name is null"),
        ("schema2", "schema 2 is not known"),
        (
            "parts",
            "part of a scan by many processes (1 directories are elsewhere)",
        ),
        ("slash", "row 2: a name holds a slash"),
        ("dots", "row 2: a name is '.' or '..'"),
        ("empty", "row 2: a name is empty"),
        ("nul", "row 2: a name has a NUL"),
        ("null", "row 2: a size is null"),
        ("negative", "row 2: a size is negative"),
    ] {
        let told = refused(&tree, &format!("$pdu --from={file} >out"));
        assert_eq!(told, format!("{file}: {message}"));
        assert_eq!(said(&tree, "cat out"), "", "{file}");
    }
}

#[test]
fn damaged_rows_are_named_and_no_total_is_printed() {
    let tree = Tree::of("t/a/f 5\nt/b/g 6");
    said(&tree, "$pdu --format=parquet -o x t; cp x y; cp x z");
    let root = tree.root().display();
    said(
        &tree,
        "printf X | dd of=x bs=1 seek=40 conv=notrunc 2>/dev/null",
    );
    let told = refused(&tree, "$pdu -c --from=x >out");
    assert_eq!(
        told,
        format!("x: rows 1 to 5 are damaged ('{root}' to '{root}/t/b')")
    );
    assert_eq!(said(&tree, "cat out"), "");
    said(&tree, "truncate -s -1 y");
    let told = refused(&tree, "$pdu -c --from=y >out");
    assert_eq!(told, "y: not a whole Parquet file: it has no footer");
    let pipe = "a Parquet file cannot be read from a pipe: its footer is at the end";
    assert_eq!(
        refused(&tree, "cat z | $pdu --from=-"),
        format!("-: {pipe}")
    );
    let expected = said(&tree, "$pdu --from=z");
    assert_eq!(said(&tree, "$pdu --from=- <z"), expected);
}

// ---------------------------------------------------------------- what could not be read

#[test]
fn what_could_not_be_read_has_rows_and_the_file_is_not_complete() {
    let Some(python) = python("duckdb, pyarrow") else {
        return;
    };
    let tree = Tree::of("t/a/f 5\nt/shut/g 6 \nt/shut/ !000\nt/z 1");
    for walkers in ["-j1", "-j20"] {
        let Some(mut command) = run::unprivileged(Path::new(PDU), tree.root()) else {
            return;
        };
        command.args(["--format=parquet", walkers, "t"]);
        let output = run::output(command);
        assert_eq!(output.status.code(), Some(1));
        fs::write(tree.root().join("x"), output.stdout).expect("it can be written");
        let shown = python_says(&python, &tree, "states x");
        let expected = "a/f True ok None\na True ok None\nshut False unread EACCES\n\
                        shut True unread EACCES\nz True ok None\nt True ok None\ncomplete false errors 1\n";
        assert_eq!(shown, expected);
        let output = script(&tree, "$pdu --from=x");
        assert_eq!(output.status.code(), Some(1));
        let errors = String::from_utf8_lossy(&output.stderr).into_owned();
        let path = tree.root().join("t/shut");
        assert!(
            errors.contains(&format!("{}: could not be read", path.display())),
            "{errors}"
        );
    }
}

/// A size that the column cannot hold is an error of one message; a total that cannot be held is null.
#[test]
fn a_size_above_63_bits_is_an_error_and_the_file_is_not_complete() {
    let tree = Tree::empty();
    let header = "[1,2,{},[{\"name\":\"/r\"},[{\"name\":\"d\"},";
    let cases = [
        // The largest size is none of the errors.
        ("\"asize\":9223372036854775807}", None),
        ("\"asize\":9223372036854775808}", Some("/r/d/f")),
        ("\"dsize\":9223372036854775808}", Some("/r/d/f")),
        (
            "\"asize\":18446744073709551615,\"dsize\":18446744073709551615}",
            Some("/r/d/f"),
        ),
        (
            "\"asize\":4611686018427387904},{\"name\":\"g\",\"asize\":4611686018427387904}",
            Some("/r/d"),
        ),
    ];
    for (sizes, path) in cases {
        let export = format!("{header}{{\"name\":\"f\",{sizes}]]]\n");
        fs::write(tree.root().join("export"), export).expect("it can be written");
        for output in ["-o x", "-d0 -o y"] {
            let written = script(
                &tree,
                &format!("$pdu --from=export --format=parquet {output}"),
            );
            let path = path.map(|path| if output == "-o x" { path } else { "/r" });
            let expected = path.map_or(String::new(), |path| {
                format!("pdu: {path}: the size does not fit into 63 bits\n")
            });
            assert_eq!(
                String::from_utf8_lossy(&written.stderr),
                expected,
                "{sizes}"
            );
            assert_eq!(written.status.code(), Some(i32::from(path.is_some())));
        }
        let read = script(&tree, "$pdu --from=x -s");
        let expected = match path {
            Some("/r/d/f") => {
                "pdu: /r/d/f: the size did not fit into 63 bits when the export was made\n"
            }
            _ => "",
        };
        assert_eq!(String::from_utf8_lossy(&read.stderr), expected, "{sizes}");
        assert_eq!(read.status.code(), Some(i32::from(!expected.is_empty())));
        let Some(python) = python("duckdb, pyarrow") else {
            continue;
        };
        let shown = python_says(&python, &tree, "sizes x");
        let total = path.map_or("9223372036854775807", |_| "None");
        assert!(
            shown.contains(&format!("complete {}", path.is_none()).to_lowercase()),
            "{shown}"
        );
        assert!(shown.contains(&format!("total {total}\n")), "{shown}");
    }
}

/// An export may contain the owner without the mode, or the mode without the owner.
#[test]
fn what_an_export_tells_of_owner_and_mode_stays_and_the_rest_is_null() {
    let tree = Tree::empty();
    let entries = [
        r#"{"name":"/r","uid":5}"#,
        r#"{"name":"both","uid":5,"gid":6,"mode":33188}"#,
        r#"{"name":"mode","mode":33261}"#,
        r#"{"name":"none"}"#,
        r#"{"name":"owner","uid":5}"#,
    ];
    let export = format!("[1,2,{{}},[{}]]", entries.join(",\n"));
    fs::write(tree.root().join("x"), export).expect("there is room");
    said(&tree, "$pdu --format=parquet --from=x -o y");
    let again = said(&tree, "$pdu --format=ncdu --time --from=y");
    for entry in entries {
        assert!(again.contains(entry), "{entry}: {again}");
    }
    let Some(python) = python("duckdb, pyarrow") else {
        return;
    };
    let expected = "both 5 6 33188\nmode None None 33261\nnone None None None\n\
                    owner 5 None None\nr 5 None None\n";
    assert_eq!(python_says(&python, &tree, "modes y"), expected);
}

/// A directory of which a part was read has a mark before its contents, also where the error comes after many names.
#[test]
fn a_directory_that_was_read_in_part_is_broken() {
    let Some(python) = python("duckdb, pyarrow") else {
        return;
    };
    let files = |count: usize| (0..count).map(|number| Node::file(format!("{number:05}")));
    let dir = |name: &str, count, after| {
        let node = Node::dir(name, files(count).collect());
        node.failing(Op::ReaddirAfter(after), Errno::IO)
    };
    let entries = vec![dir("few", 10, 4), dir("many", 5000, 3000)];
    let Some(sandbox) = Sandbox::fuse(vec![Node::dir("t", entries)]) else {
        return;
    };
    let tree = Tree::empty();
    for walkers in [1, 20] {
        let place = sandbox.root().join("m/t");
        let text = format!("$pdu -j{walkers} --format=parquet {} >x", place.display());
        assert_eq!(script(&tree, &text).status.code(), Some(1));
        let shown = python_says(&python, &tree, "states x");
        let lines: Vec<&str> = shown
            .lines()
            .filter(|line| !line.contains(" ok "))
            .collect();
        let expected = [
            "few False broken EIO",
            "few True broken EIO",
            "many False broken EIO",
            "many True broken EIO",
            "complete false errors 2",
        ];
        assert_eq!(lines, expected, "-j{walkers}");
        let at = |line: &str| shown.lines().position(|shown| shown == line);
        let first = at("many/00000 True ok None").expect("it was read");
        assert!(at("many False broken EIO").expect("a mark") < first);
        assert!(shown.lines().count() > 2900, "{shown}");
        let again = script(&tree, "$pdu --format=parquet --from=x >y");
        assert_eq!(again.status.code(), Some(1));
        assert_eq!(python_says(&python, &tree, "states y"), shown);
    }
}

#[test]
fn a_mount_that_was_left_out_is_away() {
    let Some(python) = python("duckdb, pyarrow") else {
        return;
    };
    if !is_root("a mount") {
        return;
    }
    let tree = Tree::of("t/m/hidden 5\nt/a 1");
    let text = "mount -t tmpfs pdu-test t/m || exit 7
        echo x >t/m/f
        $pdu -x --format=parquet -o x t; $pdu --format=parquet -o y t; umount t/m";
    if script(&tree, text).status.code() == Some(7) {
        return skip("nothing can be mounted here");
    }
    let expected = "a True ok None\nm False away None\nt True ok None\ncomplete true errors 0\n";
    assert_eq!(python_says(&python, &tree, "states x"), expected);
    assert!(python_says(&python, &tree, "states y").contains("m/f True ok"));
    let fs = python_says(&python, &tree, "fs y");
    assert!(
        fs.lines().any(|line| line.starts_with("m/f pdu-test")),
        "{fs}"
    );
}

// ---------------------------------------------------------------- the command line, and a run that ends early

#[test]
fn what_a_table_cannot_show_is_refused_in_one_line() {
    let tree = Tree::of("t/f 5");
    for (words, option) in [
        ("-L", "--dereference"),
        ("--by=ext", "--by"),
        ("-n3", "--top"),
        ("-r", "--reverse"),
        ("-S", "--separate-dirs"),
        ("--sort=size", "--sort"),
        ("--time=atime", "--time=atime"),
        ("--time=ctime", "--time=ctime"),
    ] {
        let told = refused(&tree, &format!("$pdu --format=parquet {words} -o x t"));
        let message = format!("{option} cannot be combined with --format=parquet");
        assert_eq!(told, message, "{words}");
    }
    let told = refused(&tree, "$pdu --format=parquet -o x t/f t");
    assert_eq!(told, "extra operand 't'");
    let told = refused(&tree, "$pdu --format=parquet -o x t/f");
    assert_eq!(told, "cannot export 't/f': Not a directory");
    assert_eq!(names(&tree, ""), ["t"]);
}

#[test]
fn a_table_for_a_terminal_is_refused() {
    let tree = Tree::of("t/f 5");
    let words = [PDU, "--format=parquet", "t"];
    let end = Terminal::start(&tree, 80, Streams::All, &words).end();
    assert_eq!(end.status.code(), Some(1), "{}", end.raw);
    let told = "--format=parquet needs -o FILE or a pipe\r\n";
    assert!(end.raw.contains(told), "{}", end.raw);
}

/// Every reader refuses what a cancelled run has written, because the footer is missing.
#[test]
fn a_cancelled_run_writes_no_footer_and_leaves_no_file() {
    if !can_slow_down() {
        return;
    }
    let tree = forest(100);
    for walkers in ["-j1", "-j20"] {
        for words in ["t", "-o x t"] {
            // 200 directories with two reads each: six seconds with 20 walkers.
            let words = slow(300, &format!("{walkers} --format=parquet {words}"));
            let child = start(tree.root(), &words);
            wait_for_strace(&child);
            wait_until("a handler", || catches(worker_of(child.id()), Signal::INT));
            kill_process(Pid::from_child(&child), Signal::INT).expect("it runs");
            let Output { status, stdout, .. } = run::output_of(child, "a cancelled export");
            assert_eq!(status.signal(), Some(2), "{status:?}");
            assert!(!stdout.ends_with(b"PAR1"), "it has a footer");
            assert_eq!(names(&tree, ""), ["t"]);
        }
    }
}

/// Two row groups are in memory, and of the finished ones their place in the file.
#[test]
fn memory_is_bounded_whatever_the_number_of_rows() {
    let peak = |entries: usize| {
        peak_of_import("--format=parquet -o y", |export| {
            let mut write = |text: &str| export.write_all(text.as_bytes()).expect("it reads");
            for number in 0..entries / 10 {
                write(&format!(
                    ",\n[{{\"name\":\"directory {number}\",\"dsize\":4096}}"
                ));
                for file in 0..9 {
                    let size = number * 7919 % 100_000 * file;
                    write(&format!(
                        ",\n{{\"name\":\"a file of some length {file}\",\"asize\":{size}}}"
                    ));
                }
                write("]");
            }
        })
    };
    // A program for debugging takes more for itself.
    let most = if cfg!(debug_assertions) { 32 } else { 24 } * 1024;
    for rows in [200_000, size(400_000, 10_000_000)] {
        let peak = peak(rows);
        assert!(peak < most, "{peak} KiB for {rows} rows");
    }
}
