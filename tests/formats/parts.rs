//! A scan by many processes (`--budget`, `--rest`): the parts have the rows of one run, each directory once, whatever is
//! killed, gone or mounted on the way. DuckDB reads the parts (see `PDU_PYTHON` in `parquet.rs`).

use std::cell::Cell;
use std::collections::VecDeque;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::symlink;
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};

use super::export::{refused, said, script};
use super::parquet::{python, python_runs};
use crate::support::gnu_du::GnuDu;
use crate::support::run::{self, must, output_of, pause, program, shell};
use crate::support::sandbox::Sandbox;
use crate::support::skip::{is_root, size, skip, works};
use crate::support::tree::Tree;

const CHECKS: &str = include_str!("parts.py");

#[track_caller]
fn checked(python: &str, tree: &Tree, words: &str) -> String {
    python_runs(python, CHECKS, tree, words)
}

// ---------------------------------------------------------------- a driver

/// A driver: walks `t` in parts of this budget, with these options; cuts each rest in three. The parts are in `scan`.
struct Driver<'a> {
    at: &'a Path,
    options: String,
    /// Runs a part; whether it was written.
    run: &'a dyn Fn(&str) -> bool,
}

impl Driver<'_> {
    /// Walks until nothing is left; a part that is there is not walked again.
    fn walk(&self, root: &str) {
        let root = self.at.join(root);
        fs::create_dir_all(self.at.join("scan")).expect("there is room");
        let mut lists = VecDeque::from([[root.as_os_str().as_bytes(), b"\0"].concat()]);
        while let Some(list) = lists.pop_front() {
            let part = self.part(&list);
            let rest = fs::read(self.at.join(format!("{part}.rest"))).expect("it was before FILE");
            let names: Vec<&[u8]> = rest.split_inclusive(|&byte| byte == 0).collect();
            let pieces = (0..3).map(|piece| names.iter().skip(piece).step_by(3).copied());
            let pieces = pieces.map(|names| names.collect::<Vec<_>>().concat());
            lists.extend(pieces.filter(|list| !list.is_empty()));
        }
    }

    fn part(&self, list: &[u8]) -> String {
        // Named by its list, so that a part that is there is found.
        let part = format!("scan/{:016x}.parquet", hash(list));
        while !self.at.join(&part).exists() {
            fs::write(self.at.join("list"), list).expect("there is room");
            let words = format!(
                "--format=parquet -o {part} --rest={part}.rest --files0-from=list {}",
                self.options
            );
            let was_written = (self.run)(&words);
            assert_eq!(was_written, self.at.join(&part).exists(), "{words}");
        }
        part
    }
}

/// FNV-1a.
fn hash(bytes: &[u8]) -> u64 {
    let step = |hash: u64, &byte: &u8| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, step)
}

/// Runs a part, which must be without errors.
fn whole(at: &Path) -> impl Fn(&str) -> bool {
    move |words| {
        let answer = run::run(run::pdu(at, words));
        assert!(
            answer.status.success() && answer.errors.is_empty(),
            "{words}: {answer:?}"
        );
        true
    }
}

/// Walks `t` in parts.
fn walk_in_parts(tree: &Tree, options: &str) {
    let _ = fs::remove_dir_all(tree.root().join("scan"));
    let driver = Driver {
        at: tree.root(),
        options: options.into(),
        run: &whole(tree.root()),
    };
    driver.walk("t");
}

/// What GNU du says: bytes, apparent bytes, inodes.
fn sums_of_du(du: &GnuDu, at: &Path, options: &str) -> [u64; 3] {
    ["-sB1", "-sb", "-s --inodes"].map(|words| {
        let mut command = program(&du.path, at);
        let said = must(
            command
                .args(words.split(' '))
                .args(options.split_whitespace())
                .arg("t"),
        );
        let number = said
            .split('\t')
            .next()
            .and_then(|number| number.parse().ok());
        number.expect("a number")
    })
}

/// Walks `t` in parts of each budget, and compares them with one run and with GNU du.
#[track_caller]
fn parts_are_like_one_run(python: &str, du: &GnuDu, tree: &Tree, budgets: &[u64], options: &str) {
    said(
        tree,
        &format!("rm -f one; $pdu -l --format=parquet {options} -o one t"),
    );
    let [allocated, apparent, inodes] = sums_of_du(du, tree.root(), options);
    for (budget, walkers) in budgets.iter().zip([1, 20].into_iter().cycle()) {
        walk_in_parts(tree, &format!("-j{walkers} --budget={budget} {options}"));
        let found = checked(python, tree, "same scan one");
        let (parts, sums) = found.trim().split_once(' ').expect("five numbers");
        assert_eq!(sums, format!("{allocated} {apparent} {inodes}"), "{budget}");
        let parts: u64 = parts.parse().expect("a number");
        assert!(
            *budget > 20 || parts > 1,
            "{parts} parts with a budget of {budget}"
        );
    }
}

/// Numbers that depend on nothing but the seed (splitmix64).
struct Random(u64);

impl Random {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut number = self.0;
        number = (number ^ (number >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        number = (number ^ (number >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (number ^ (number >> 31)) % limit
    }
}

/// A tree `t` of random shape: directories without end, links between them, names that are no text.
fn random_tree(seed: u64) -> Tree {
    let (tree, mut random) = (Tree::empty(), Random(seed));
    let mut directories = vec![tree.root().join("t")];
    fs::create_dir(&directories[0]).expect("there is room");
    let mut files = Vec::new();
    for number in 0..150_u32 {
        let above = &directories[random.below(directories.len() as u64) as usize];
        let name = match random.below(8) {
            0 => [b"\xff\n ", number.to_string().as_bytes()].concat(),
            1 => format!("ä'{number}").into_bytes(),
            _ => number.to_string().into_bytes(),
        };
        let path = above.join(std::ffi::OsStr::from_bytes(&name));
        match random.below(6) {
            0..=2 => {
                fs::create_dir(&path).expect("there is room");
                directories.push(path);
            }
            3 if !files.is_empty() => {
                let other: &std::path::PathBuf = &files[random.below(files.len() as u64) as usize];
                fs::hard_link(other, &path).expect("there is room");
            }
            4 => symlink("..", &path).expect("there is room"),
            _ => {
                fs::write(&path, vec![b'x'; random.below(9000) as usize]).expect("there is room");
                files.push(path);
            }
        }
    }
    tree
}

// ---------------------------------------------------------------- the rows

#[test]
fn parts_of_random_trees_have_the_rows_of_one_run_and_the_sums_of_gnu_du() {
    let (Some(du), Some(python)) = (GnuDu::same_sizes(), python("duckdb")) else {
        return;
    };
    for seed in 0..size(3, 100) as u64 {
        let tree = random_tree(seed);
        parts_are_like_one_run(&python, du, &tree, &[1, 4, 7, 40, 1_000_000], "");
    }
}

#[test]
fn a_directory_is_whole_in_one_part_however_large() {
    let (Some(du), Some(python)) = (GnuDu::same_sizes(), python("duckdb")) else {
        return;
    };
    let tree = Tree::of("t/f 1");
    for number in 0..size(3000, 130_000) {
        let place = tree.root().join("t").join(number.to_string());
        match number % 300 {
            0 => fs::create_dir(place).expect("there is room"),
            _ => symlink("x", place).expect("there is room"),
        }
    }
    parts_are_like_one_run(&python, du, &tree, &[1, 2], "");
    // The root, and three lists of empty directories, each of which takes a directory.
    let first = fs::read_dir(tree.root().join("scan"))
        .expect("it is there")
        .count();
    assert!(first > 8, "{first} files");
}

#[test]
fn patterns_see_the_same_paths_in_every_part() {
    let (Some(du), Some(python)) = (GnuDu::same_sizes(), python("duckdb")) else {
        return;
    };
    let tree = Tree::of(
        "t/a/b/c/f 5\nt/a/b/no/f 5\nt/a/no/f 7\nt/no.d/f 3\nt/b/c/d/e/f 1\nt/b/c/d/no 9000",
    );
    let here = tree.root().display().to_string();
    for pattern in ["no", "no*", "c/d", "b/no", "*/a/b", "d/e/f"] {
        parts_are_like_one_run(&python, du, &tree, &[1, 3], &format!("--exclude={pattern}"));
    }
    // Paths of parts are absolute.
    walk_in_parts(
        &tree,
        &format!("--budget=1 --exclude={here}/t/a/b --exclude={here}/t/b/c/d/e"),
    );
    let rows = checked(&python, &tree, &format!("rows scan {here}"));
    assert!(
        !rows.contains("t/a/b") && !rows.contains("t/b/c/d/e"),
        "{rows}"
    );
    assert!(
        rows.contains("t/a/no,") && rows.contains("t/b/c/d/no,"),
        "{rows}"
    );
}

#[test]
fn operands_are_absolute_and_the_rest_shows_the_root() {
    let tree = Tree::of("t/a/f 5\nt/b/c/f 5\nu/d/f 1");
    let here = tree.root().display();
    let (rest, run) = (
        "tr '\\0' '\\n' <rest | sort; rm -f x rest",
        "$pdu --format=parquet -o x --rest=rest",
    );
    for (words, expected) in [
        ("--budget=1 t", format!("{here}/t/./a\n{here}/t/./b\n")),
        (
            "--budget=1 t/ u",
            format!("{here}/t/./a\n{here}/t/./b\n{here}/u\n"),
        ),
        ("--budget=1 ./t/../u", format!("{here}/u/./d\n")),
        ("--budget=99 t u", String::new()),
    ] {
        for walkers in [1, 20] {
            assert_eq!(
                said(&tree, &format!("{run} -j{walkers} {words} && {rest}")),
                expected
            );
        }
    }
    // Lists: relative names, names of an earlier rest, two roots.
    for (list, expected) in [
        ("t\\0", format!("{here}/t/./a\n{here}/t/./b\n")),
        ("./t/b/\\0", format!("{here}/t/b/./c\n")),
        (&*format!("{here}/t/./b\\0"), format!("{here}/t/./b/c\n")),
        ("t/./b\\0", format!("{here}/t/./b/c\n")),
    ] {
        let words = format!("printf '{list}' | {run} --budget=1 --files0-from=- && {rest}");
        assert_eq!(said(&tree, &words), expected, "{list}");
    }
    let cat = format!(
        "(cd /; $pdu --format=parquet -o {here}/x --rest={here}/rest --budget=1 usr); {rest} | head -1"
    );
    assert!(said(&tree, &cat).starts_with("/usr/./"));
}

#[test]
fn a_path_that_no_process_could_open_is_walked_where_it_is_found() {
    let (Some(du), Some(python)) = (GnuDu::same_sizes(), python("duckdb")) else {
        return;
    };
    let tree = Tree::of("t/f 1");
    let make = "cd t; for i in $(seq 60); do mkdir $(printf 'x%.0s' $(seq 100)); cd x*; : >f; done";
    said(&tree, make);
    let (allocated, inodes) = {
        let [allocated, _, inodes] = sums_of_du(du, tree.root(), "");
        (allocated, inodes)
    };
    walk_in_parts(&tree, "--budget=1");
    let sums = checked(&python, &tree, "sums scan");
    assert_eq!(sums.lines().next(), Some(&*format!("{allocated} {inodes}")));
    assert_eq!(checked(&python, &tree, "find scan"), "\n\n");
    let parts = fs::read_dir(tree.root().join("scan"))
        .expect("it is there")
        .count()
        / 2;
    assert!((30..45).contains(&parts), "{parts} parts");
}

#[test]
fn a_directory_of_a_list_that_has_changed_is_a_row_and_no_error() {
    let Some(python) = python("duckdb") else {
        return;
    };
    let tree = Tree::of("t/gone/f 1\nt/file/f 1\nt/link/f 1\nt/stays/f 1\nt/empty/");
    let here = tree.root().display();
    said(
        &tree,
        "mkdir scan; $pdu --format=parquet -o scan/1.parquet --rest=rest --budget=1 t",
    );
    said(
        &tree,
        "rm -r t/gone t/file t/link; echo >t/file; ln -s /usr t/link; printf 'no such/place\\0' >>rest
         $pdu --format=parquet -o scan/2.parquet --rest=rest2 --budget=99 --files0-from=rest; test ! -s rest2",
    );
    let rows = checked(&python, &tree, &format!("rows scan {here}"));
    let expected = "\
        no such/place,-,False,unread,ENOENT,-\n\
        t,directory,True,ok,-,-\n\
        t/empty,directory,False,handed-over,-,-\n\
        t/empty,directory,True,ok,-,1\n\
        t/file,directory,False,handed-over,-,-\n\
        t/file,file,True,ok,-,-\n\
        t/gone,directory,False,handed-over,-,-\n\
        t/gone,-,False,unread,ENOENT,-\n\
        t/link,directory,False,handed-over,-,-\n\
        t/link,symlink,True,ok,-,-\n\
        t/stays,directory,False,handed-over,-,-\n\
        t/stays,directory,True,ok,-,2\n\
        t/stays/f,file,True,ok,-,-\n";
    assert_eq!(rows, expected);
    // A directory above has become a link, which one process would not follow.
    let tree = Tree::of("t/a/b/f 1\nu/b/f 1");
    let here = tree.root().display();
    said(
        &tree,
        "mkdir scan; $pdu --format=parquet -o scan/1.parquet --rest=rest --budget=2 t; rm -r t/a; ln -s ../u t/a
         $pdu --format=parquet -o scan/2.parquet --rest=rest2 --budget=99 --files0-from=rest",
    );
    let rows = checked(&python, &tree, &format!("rows scan {here}"));
    assert!(rows.contains("t/a/b,-,False,unread,ENOENT,-\n"), "{rows}");
}

#[test]
fn what_cannot_be_read_is_an_error_with_a_row() {
    let Some(python) = python("duckdb") else {
        return;
    };
    let tree =
        Tree::of("t/a/f 1\nt/shut/f 1\nt/a/shut/f 1\nt/shut/ !000\nt/a/shut/ !000\nscan/ !777");
    let here = tree.root().display();
    let Some(command) = run::unprivileged(run::PDU.as_ref(), tree.root()) else {
        return;
    };
    drop(command);
    for (root, part, budget, status) in [("t", 1, 1, 0), ("t/a", 2, 99, 1)] {
        let mut command = run::unprivileged(run::PDU.as_ref(), tree.root()).expect("as before");
        command.args(format!("--format=parquet -o scan/{part}.parquet --rest=scan/{part}.rest --budget={budget} {root}").split(' '));
        let answer = run::run(command);
        assert_eq!(answer.status.code(), Some(status), "{answer:?}");
    }
    let rows = checked(&python, &tree, &format!("rows scan {here}"));
    for row in [
        "t/shut,directory,False,handed-over,-,-",
        "t/a/shut,directory,False,unread,EACCES,-",
        "t/a/shut,directory,True,unread,EACCES,1",
    ] {
        assert!(rows.contains(&format!("{row}\n")), "{row}: {rows}");
    }
}

// ---------------------------------------------------------------- mounts

/// A tree `t` with a file system at `t/m`, and directories that are mounted below themselves.
fn mounted() -> Option<Sandbox> {
    if !is_root("to mount") {
        return None;
    }
    let sandbox = Sandbox::new();
    for file in ["t/a/b/f", "t/a/c/g", "t/d/e/f/h"] {
        sandbox.file(file, 5000);
    }
    let mounted = sandbox.mount(Path::new("x"), "t/a/m", "tmpfs", "")
        && sandbox.bind("t/a", "t/a/b/self")
        && sandbox.bind("t/d", "t/a/twice");
    sandbox.file("t/a/m/in/f", 7000);
    mounted.then_some(sandbox)
}

#[test]
fn mount_points_and_directories_below_themselves_are_left_out_as_by_one_process() {
    let (Some(du), Some(python)) = (GnuDu::same_sizes(), python("duckdb")) else {
        return;
    };
    let Some(sandbox) = mounted() else { return };
    for options in ["", "-x"] {
        parts_are_like_one_run(&python, du, sandbox.tree(), &[1, 2, 3, 5], options);
    }
}

#[test]
fn a_directory_above_the_root_that_is_mounted_below_it_is_walked_as_by_one_process() {
    let (Some(du), Some(python)) = (GnuDu::same_sizes(), python("duckdb")) else {
        return;
    };
    if !is_root("to mount") {
        return;
    }
    let sandbox = Sandbox::new();
    sandbox.file("up/f", 5000);
    sandbox.file("up/other/g", 5000);
    sandbox.file("up/root/a/h", 5000);
    if !sandbox.bind("up", "up/root/a/host") {
        return;
    }
    symlink("up/root", sandbox.at("t")).expect("there is room");
    fs::remove_file(sandbox.at("t")).expect("it is ours");
    // `t` is the root, below the directory that is mounted in it.
    if !sandbox.bind("up/root", "t") || !sandbox.bind("up", "t/a/host") {
        return;
    }
    parts_are_like_one_run(&python, du, sandbox.tree(), &[1, 2, 3, 5], "");
}

#[test]
fn one_name_for_a_file_system_that_has_other_numbers_on_each_machine_gives_one_sum() {
    let (Some(du), Some(python)) = (GnuDu::any(), python("duckdb")) else {
        return;
    };
    if !is_root("to mount") || !works("unshare -m true") {
        return;
    }
    let tree = Tree::of("scan/\nt/\nu/");
    // Two machines mount the same two file systems in another order. Both have the same inode numbers.
    let machine = |order: &str, part: &str| {
        let script = format!(
            "unshare -m bash -ec 'for place in {order}; do mount -t tmpfs x $place; done; mkdir t/a t/b
             head -c 9000 /dev/zero >t/a/f; ln t/a/f t/b/f; stat -c %d t; {part}'"
        );
        said(&tree, &script)
    };
    let du = du.path.display();
    let one = machine(
        "t u",
        &format!(
            "{du} -sB1 t | cut -f1; {du} -s --inodes t | cut -f1
         $pdu --format=parquet -xo scan/1.parquet --fs-name=scratch -j1 --budget=2 --rest=rest t"
        ),
    );
    let other = machine(
        "u t",
        "$pdu --format=parquet -xo scan/2.parquet --fs-name=scratch --budget=99 --rest=rest2 --files0-from=rest",
    );
    let (device, sums) = one.split_once('\n').expect("three lines");
    if device == other.trim() {
        return skip("both file systems have the same device number");
    }
    let (bytes, inodes) = sums.trim().split_once('\n').expect("two lines");
    let sums = checked(&python, &tree, "sums scan");
    let (by_name, by_device) = sums.trim().split_once('\n').expect("two lines");
    assert_eq!(by_name, format!("{bytes} {inodes}"));
    assert_ne!(by_device, by_name, "the test cannot fail");
}

#[test]
fn a_mount_point_keeps_its_name_beside_a_given_one() {
    let Some(python) = python("duckdb") else {
        return;
    };
    let Some(sandbox) = mounted() else { return };
    let here = sandbox.root().display();
    said(
        sandbox.tree(),
        "mkdir scan; $pdu --format=parquet -xo scan/1.parquet --fs-name='my disk' t",
    );
    let names = checked(&python, sandbox.tree(), &format!("names scan {here}"));
    assert!(
        names.starts_with("away x") && names.ends_with("\nok my disk\n"),
        "{names}"
    );
}

// ---------------------------------------------------------------- two files

#[test]
fn a_finished_part_is_not_replaced() {
    let tree = Tree::of("t/a/f 5\nt/b/f 1");
    let run = "$pdu --format=parquet -o x --rest=rest --budget=1";
    for make in ["echo old >x", "ln -s nowhere x", "mkdir x", "mkfifo x"] {
        let before = said(&tree, &format!("rm -rf x; {make}; ls -l x"));
        let message = "x exists: with --rest a finished part is not replaced";
        assert_eq!(refused(&tree, &format!("{run} t")), message);
        assert_eq!(said(&tree, "ls -l x"), before);
        assert!(!tree.root().join("rest").exists());
    }
    // Another process has written it meanwhile: that one's list stays.
    for walkers in [1, 20] {
        let meanwhile = format!(
            "rm -rf x list; mkfifo list; {run} -j{walkers} --files0-from=list & exec 3>list; printf 't\\0' >&3
             echo old >x; echo old >rest; exec 3>&-; wait $!; echo $?; cat x rest; ls -A"
        );
        let output = script(&tree, &meanwhile);
        assert_eq!(run::text(&output.stdout), "1\nold\nold\nlist\nrest\nt\nx\n");
        assert_eq!(
            run::text(&output.stderr),
            "pdu: error writing 'x': File exists\n"
        );
    }
}

#[test]
fn a_list_that_ends_in_an_error_gives_no_part() {
    if !works("strace -V") {
        return;
    }
    let tree = Tree::of("t/a/f 5\nt/b/f 1");
    said(&tree, "printf 't/a\\0t/b\\0' >list");
    // The second read of the list.
    let output = script(
        &tree,
        "strace -f -o /dev/null -P \"$PWD/list\" -e inject=read:error=EIO:when=2 $pdu --format=parquet -o x --rest=rest \
         --budget=9 --files0-from=list; echo $?; ls",
    );
    assert_eq!(run::text(&output.stdout), "1\nlist\nt\n");
    let messages = "pdu: list: read error: Input/output error\n\
        pdu: the list of directories was not read to its end: nothing is written\n";
    assert_eq!(run::text(&output.stderr), messages);
}

#[test]
fn a_time_ends_a_part_but_not_before_a_directory_was_opened() {
    let tree = Tree::of("t/a/f 5\nt/b/f 1\nt/c/");
    let here = tree.root().display();
    let run = "$pdu --format=parquet -o x --rest=rest --budget=1s --files0-from=-; tr '\\0' '\\n' <rest; rm x rest";
    for walkers in [1, 20] {
        let run = run.replace("$pdu", &format!("$pdu -j{walkers}"));
        let late = said(
            &tree,
            &format!("(printf 't/a\\0'; sleep 1.5; printf 't/b\\0') | {run}"),
        );
        assert_eq!(late, format!("{here}/t/b\n"));
    }
    let all = said(
        &tree,
        &format!(
            "(sleep 1.5; printf 'gone\\0t/a\\0t/b\\0t/c\\0') | {}",
            run.replace("$pdu", "$pdu -j1")
        ),
    );
    assert_eq!(all, format!("{here}/t/b\n{here}/t/c\n"));
}

#[test]
fn parts_that_are_killed_or_cancelled_at_any_moment_are_walked_again() {
    let (Some(du), Some(python)) = (GnuDu::same_sizes(), python("duckdb")) else {
        return;
    };
    for preparation in [
        "",
        "unshare -m bash -c 'mount -t tmpfs x /proc; exec \"$@\"' bash",
    ] {
        if !preparation.is_empty() && !is_root("to hide /proc") {
            return;
        }
        let tree = random_tree(7);
        let (runs, killed, in_a_row) = (Cell::new(0_u64), Cell::new(0_u32), Cell::new(0_u32));
        let run = |words: &str| {
            let number = runs.replace(runs.get() + 1);
            let mut command = shell(tree.root(), &format!("exec {preparation} $pdu {words}"));
            command.stdout(Stdio::piped()).stderr(Stdio::piped());
            let child = command.spawn().expect("it starts");
            // Longer for a part that was killed before: at last it is written, however slow the machine is.
            let most = 4000_u64 << in_a_row.get().min(10);
            pause(Duration::from_micros(number * 379 % most));
            let signal =
                [Signal::KILL, Signal::TERM, Signal::KILL, Signal::INT][number as usize % 4];
            let pid = Pid::from_raw(child.id() as i32).expect("a process");
            let _ = kill_process(pid, signal);
            let output = output_of(child, words);
            let was_killed = output.status.signal().is_some();
            assert!(was_killed || output.status.success(), "{words}: {output:?}");
            killed.set(killed.get() + u32::from(was_killed));
            let file = words.split(' ').find(|word| word.starts_with("scan/"));
            // A process may have been killed after it has written the part.
            let is_there = tree.root().join(file.expect("a part")).exists();
            in_a_row.set(if is_there { 0 } else { in_a_row.get() + 1 });
            is_there
        };
        let driver = Driver {
            at: tree.root(),
            // Without /proc the name of the file system is not known.
            options: "--budget=5 -x --fs-name=disk".into(),
            run: &run,
        };
        driver.walk("t");
        assert!(
            killed.get() > 5,
            "{} of {} were killed",
            killed.get(),
            runs.get()
        );
        said(&tree, "$pdu -l --format=parquet -xo one --fs-name=disk t");
        let [allocated, apparent, inodes] = sums_of_du(du, tree.root(), "");
        let found = checked(&python, &tree, "same scan one");
        assert!(
            found
                .trim()
                .ends_with(&format!(" {allocated} {apparent} {inodes}")),
            "{found}"
        );
    }
}

#[test]
fn the_check_queries_find_a_part_that_was_deleted_or_copied() {
    let Some(python) = python("duckdb") else {
        return;
    };
    let tree = Tree::of("t/a/f 5\nt/b/f 1");
    walk_in_parts(&tree, "--budget=1");
    assert_eq!(checked(&python, &tree, "find scan"), "\n\n");
    let parts = said(&tree, "ls -t scan/*.parquet");
    // The last is not that of the root.
    let last = parts.lines().next().expect("three parts");
    said(&tree, &format!("cp {last} scan/copy.parquet"));
    let doubled = checked(&python, &tree, "find scan");
    assert!(matches!(&*doubled, "\na\n" | "\nb\n"), "{doubled:?}");
    said(&tree, &format!("rm {last} scan/copy.parquet"));
    let lost = checked(&python, &tree, "find scan");
    assert!(matches!(&*lost, "a\n\n" | "b\n\n"), "{lost:?}");
}

#[test]
fn a_part_is_not_read_as_a_whole() {
    let tree = Tree::of("t/a/f 5\nt/b/f 1");
    said(&tree, "$pdu --format=parquet -o x --rest=rest --budget=1 t");
    let message = "x: part of a scan by many processes (2 directories are elsewhere)";
    assert_eq!(refused(&tree, "$pdu --from=x"), message);
}

// ---------------------------------------------------------------- bad input

#[test]
fn bad_input_is_refused_in_one_line_before_the_walk() {
    let tree = Tree::of("t/a/f 5\nfile 1\nshut/ !555");
    let part = "--format=parquet -o x --rest=rest --budget=9";
    let invalid = ": a number of entries, or a time in s, min, h";
    let cases: &[(String, String)] = &[
        ("--budget=9 t".into(), "--budget needs --rest".into()),
        (
            "--format=parquet -o x --budget=9 t".into(),
            "--budget needs --rest".into(),
        ),
        (
            "--format=parquet -o x --rest=rest t".into(),
            "--rest needs --budget".into(),
        ),
        (
            "--budget=9 --rest=rest t".into(),
            "--rest needs --format=parquet and -o FILE".into(),
        ),
        (
            "--budget=9 --rest=rest --format=json -o x t".into(),
            "--rest needs --format=parquet and -o FILE".into(),
        ),
        (
            "--budget=9 --rest=rest --format=parquet t | cat".into(),
            "--rest needs --format=parquet and -o FILE".into(),
        ),
        (
            "--budget=9 --rest=rest --format=parquet -o - t | cat".into(),
            "--rest needs --format=parquet and -o FILE".into(),
        ),
        (
            format!("{part} --budget=5M t"),
            format!("invalid budget '5M'{invalid}"),
        ),
        (
            format!("{part} --budget= t"),
            format!("invalid budget ''{invalid}"),
        ),
        (
            format!("{part} --budget=0 t"),
            format!("invalid budget '0'{invalid}"),
        ),
        (
            format!("{part} -L t"),
            "--dereference cannot be combined with --format=parquet".into(),
        ),
        (
            format!("{part} -s t"),
            "--summarize cannot be combined with --rest".into(),
        ),
        (
            format!("{part} -d1 t"),
            "--max-depth cannot be combined with --rest".into(),
        ),
        (
            format!("{part} -t1M t"),
            "--threshold cannot be combined with --rest".into(),
        ),
        (
            format!("{part} --diff=y t"),
            "--diff cannot be combined with --rest".into(),
        ),
        (
            format!("{part} --from=y"),
            "--budget cannot be combined with --from".into(),
        ),
        (
            format!("{part} --fs-name=n t"),
            "--fs-name needs --one-file-system".into(),
        ),
        (
            format!("{part} -x --fs-name= t"),
            "--fs-name: the name is empty".into(),
        ),
        (
            "-x --fs-name=n t".into(),
            "--fs-name needs --format=parquet".into(),
        ),
        (
            format!("{part} --rest=x t"),
            "--rest and -o name the same file".into(),
        ),
        (
            format!("{part} --rest=- t"),
            "--rest needs the name of a file".into(),
        ),
        (
            format!("{part} --rest=no/rest t"),
            "cannot create 'no/rest': No such file or directory".into(),
        ),
        (
            format!("{part} --rest=t t"),
            "cannot create 't': Is a directory".into(),
        ),
        (
            format!("{part} -o no/x t"),
            "cannot create 'no/x': No such file or directory".into(),
        ),
        (
            format!("{part} t gone"),
            "cannot access 'gone': No such file or directory".into(),
        ),
        (
            format!("{part} t file"),
            "cannot export 'file': Not a directory".into(),
        ),
        (
            format!("{part} --files0-from=gone"),
            "cannot open 'gone' for reading: No such file or directory".into(),
        ),
    ];
    for (words, message) in cases {
        assert_eq!(
            &refused(&tree, &format!("set -o pipefail; $pdu {words}")),
            message,
            "{words}"
        );
        assert_eq!(said(&tree, "ls -A"), "file\nshut\nt\n", "{words}");
    }
    // No right to write REST.
    let Some(mut command) = run::unprivileged(run::PDU.as_ref(), tree.root()) else {
        return;
    };
    command.args(format!("{part} -o shut/x --rest=shut/rest t").split(' '));
    let answer = run::run(command);
    assert_eq!(answer.status.code(), Some(1));
    assert!(
        answer
            .errors
            .ends_with("cannot create 'shut/x': Permission denied\n"),
        "{answer:?}"
    );
}
