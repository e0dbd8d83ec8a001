//! Exports: pdu's are opened by ncdu and gdu, theirs are read by pdu, and all of them have the totals of GNU du.

use std::fmt::Write as _;
use std::fs;
use std::io::{BufWriter, Write as _};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::process::{Output, Stdio};

use crate::support::gnu_du::GnuDu;
use crate::support::process::peak_before_end;
use crate::support::run::{self, Answer, PDU};
use crate::support::skip::tool;
use crate::support::tree::Tree;
use pdu::count::usage::{Detail, Item, Usage};
use pdu::count::visitor::{Absence, Extent, Flow, Visitor};
use pdu::import::Links;
use pdu::import::ncdu::ExportReader;
use pdu::sys::failure::Failure;
use rustix::fs::{CWD, Mode};

/// Files and directories, links, holes, an empty file, a symbolic link, names of all kinds.
const TREE: &str = r"
t/plain 5000
t/empty 0
t/d/e/f/deep 70000
t/d/one 10
t/d/two = t/d/one
t/three = t/d/one
t/lone/ !700
t/link -> plain
t/a\x20b\x22c\x5cd\x01\x7f\n 3
t/\xffraw\xc3\x28/\xfe 9
t/\xc3\xa9\xe6\xbc\xa2 1
";

// ---------------------------------------------------------------- running

pub(crate) fn sample_tree() -> Tree {
    let tree = Tree::of(TREE);
    let hole = fs::File::create(tree.root().join("t/hole")).expect("it can be made");
    hole.set_len(3_000_000).expect("it has room");
    let made = rustix::fs::mknodat(
        CWD,
        tree.root().join("t/fifo"),
        rustix::fs::FileType::Fifo,
        Mode::RUSR,
        0,
    );
    made.expect("a pipe can be made");
    tree
}

/// A shell script in the tree; `$pdu` is the program.
pub(crate) fn script(tree: &Tree, text: &str) -> Output {
    let mut command = run::shell(tree.root(), text);
    command.env("HOME", tree.root()).env("TERM", "xterm");
    command.env("SHELL", "/bin/bash");
    run::output(command)
}

/// Bytes as text, without loss: a character a byte.
fn characters(bytes: &[u8]) -> String {
    bytes.iter().copied().map(char::from).collect()
}

/// What a script prints; it must succeed.
#[track_caller]
pub(crate) fn said(tree: &Tree, text: &str) -> String {
    let output = script(tree, text);
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{text}: {errors}");
    characters(&output.stdout)
}

/// The status and the only line that a script complains with.
#[track_caller]
pub(crate) fn refused(tree: &Tree, text: &str) -> String {
    let output = script(tree, text);
    let errors = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(1), "{text}: {errors}");
    let ours = errors.lines().next().unwrap_or_default().to_owned();
    let rest = errors.lines().skip(1).collect::<Vec<_>>().join("\n");
    let is_hint = rest.is_empty() || rest.ends_with("Try 'pdu --help' for more information.");
    assert!(is_hint, "{text}: {errors}");
    ours.trim_start_matches("pdu: ").to_owned()
}

/// The path of a GNU du, for a script; skips where there is none.
pub(super) fn du() -> Option<String> {
    GnuDu::any().map(|gnu| gnu.path.display().to_string())
}

pub(crate) fn names(tree: &Tree, place: &str) -> Vec<String> {
    let mut names: Vec<_> = fs::read_dir(tree.root().join(place))
        .expect("it is there")
        .map(|entry| entry.expect("it can be read").file_name())
        .map(|name| name.to_string_lossy().into_owned())
        .collect();
    names.sort();
    names
}

// ---------------------------------------------------------------- the totals of three programs

/// What `pdu --from` prints of an export must be what GNU du prints of the tree.
#[track_caller]
pub(super) fn is_like_du(tree: &Tree, du: &str, export: &str) {
    for words in ["-sB1", "-sB1 -l", "-s --inodes", "-aB1 -l", "-S -B1 -l"] {
        let theirs = said(tree, &format!("{du} {words} \"$PWD/t\" | sort"));
        let ours = said(tree, &format!("$pdu {words} --from={export} | sort"));
        assert_eq!(ours, theirs, "{export} {words}");
    }
    let apparent = "find t ! -type d -printf '%i %s\\n' | sort -u | awk '{s += $2} END {print s}'";
    let theirs = said(tree, apparent);
    let ours = said(tree, &format!("$pdu -bs --from={export} | cut -f1"));
    assert_eq!(ours, theirs, "{export} apparent");
}

#[test]
fn exports_of_pdu_have_the_totals_of_gnu_du() {
    let Some(du) = du() else { return };
    let tree = sample_tree();
    said(&tree, "$pdu --format=ncdu -o x t");
    is_like_du(&tree, &du, "x");
    said(&tree, "$pdu --format=ncdu --time -j1 t >y");
    is_like_du(&tree, &du, "y");
    let theirs = said(
        &tree,
        &format!("{du} --time --time-style=full-iso -a t/d | sed 's/\\.[0-9]*//'"),
    );
    // -j has no effect with --from, and is allowed.
    let ours = "$pdu -j4 -a --time --time-style=full-iso --from=y | sed 's/\\.[0-9]*//'";
    assert_eq!(theirs.lines().count(), 5);
    for line in theirs.lines() {
        let (before, path) = line.rsplit_once("\t").expect("fields");
        let line = format!("{before}\t{}/{path}", tree.root().display());
        let ours = said(&tree, ours);
        // Of the links to a file, the first in order has the line.
        assert!(
            ours.contains(&line) || line.contains("d/one") || line.ends_with("t/d"),
            "{line}\n{ours}"
        );
    }
}

#[test]
fn exports_of_ncdu_have_the_totals_of_gnu_du() {
    let Some(du) = du() else { return };
    if tool("ncdu").is_none() {
        return;
    }
    let tree = sample_tree();
    said(&tree, "ncdu -0o x t; ncdu -0eo y t");
    is_like_du(&tree, &du, "x");
    is_like_du(&tree, &du, "y");
}

/// gdu takes every directory for 4096 bytes, and writes names as UTF-8.
#[test]
fn exports_of_gdu_have_the_totals_of_the_tree() {
    if tool("gdu").is_none() {
        return;
    }
    let tree = sample_tree();
    said(&tree, "gdu -npo x t >/dev/null");
    let files = "find t ! -type d -printf '%i %b %s\\n' | sort -u";
    let directories = "$(find t -type d | wc -l)";
    let sums = format!(
        "{files} | awk -v d={directories} '{{b += $2; s += $3}} END {{print b * 512 + d * 4096; print s}}'"
    );
    let ours = "$pdu -sB1 --from=x | cut -f1; $pdu -sb --from=x | cut -f1";
    assert_eq!(said(&tree, ours), said(&tree, &sums));
    let links = "find t -printf 'x' | wc -c";
    let inodes = "find t -printf '%i\\n' | sort -u | wc -l";
    assert_eq!(
        said(&tree, "$pdu --inodes -ls --from=x | cut -f1"),
        said(&tree, links)
    );
    assert_eq!(
        said(&tree, "$pdu --inodes -s --from=x | cut -f1"),
        said(&tree, inodes)
    );
}

// ---------------------------------------------------------------- ncdu and gdu open exports of pdu

#[test]
fn ncdu_writes_our_export_as_it_read_it() {
    if tool("ncdu").is_none() {
        return;
    }
    let tree = sample_tree();
    for words in ["", "--time", "-l", "-d2", "-s"] {
        said(&tree, &format!("$pdu --format=ncdu {words} t >x"));
        let extended = if words == "--time" { "-e" } else { "" };
        said(&tree, &format!("ncdu -0 {extended} -f x -o y"));
        // ncdu does not keep the number of entries in a sum.
        let body = |file| {
            said(
                &tree,
                &format!("tail -n +2 {file} | sed 's/,\"items\":[0-9]*//'"),
            )
        };
        assert_eq!(body("x").trim_end(), body("y").trim_end(), "{words}");
    }
}

#[test]
fn ncdu_shows_the_total_of_our_export() {
    let Some(du) = du() else { return };
    if tool("ncdu").is_none() || tool("tmux").is_none() {
        return;
    }
    let tree = sample_tree();
    said(&tree, "$pdu --format=ncdu -o x t");
    let screen = said(
        &tree,
        "tmux -L pdu-$$ -f /dev/null new-session -d -x 80 -y 24 'ncdu -f x; sleep 60'
         trap 'tmux -L pdu-$$ kill-server' EXIT
         for try in {1..100}; do
             screen=$(tmux -L pdu-$$ capture-pane -p)
             [[ $screen == *Total* ]] && break
             read -t 0.1 <> <(:)
         done
         printf '%s\\n' \"$screen\"",
    );
    let total = said(&tree, &format!("{du} -sB1 t | cut -f1"));
    let total: f64 = total.trim().parse().expect("a number");
    let shown = format!("Total disk usage: {:>6.1} KiB", total / 1024.0);
    let shown: Vec<_> = shown.split_whitespace().collect();
    let screen: Vec<_> = screen.split_whitespace().collect();
    assert!(
        screen.windows(shown.len()).any(|words| words == shown),
        "{screen:?}"
    );
}

#[test]
fn gdu_shows_the_sizes_of_our_export() {
    if tool("gdu").is_none() {
        return;
    }
    let tree = sample_tree();
    said(
        &tree,
        "$pdu --format=ncdu -o x t; $pdu --format=ncdu -o y -d1 t",
    );
    for (export, deep) in [("x", "/d"), ("y", "d")] {
        let shown = said(&tree, &format!("gdu -np --no-prefix -f {export}"));
        let line = |name: &str| {
            let line = shown
                .lines()
                .find(|line| line.split_whitespace().last() == Some(name));
            let line = line.unwrap_or_else(|| panic!("no {name} in {shown}"));
            let mut words = line.split_whitespace().rev();
            words
                .nth(1)
                .and_then(|size| size.parse::<u64>().ok())
                .unwrap_or_else(|| panic!("{line}"))
        };
        let blocks = |path: &str| {
            fs::metadata(tree.root().join(path))
                .expect("it is there")
                .blocks()
                * 512
        };
        assert_eq!(line("plain"), blocks("t/plain"));
        assert_eq!(line("hole"), blocks("t/hole"));
        let files = blocks("t/d/e/f/deep") + blocks("t/d/one");
        let directories = match export {
            "x" => 3 * 4096,
            _ => blocks("t/d") + blocks("t/d/e") + blocks("t/d/e/f"),
        };
        // Links of a file that are in several directories count in the first.
        let sizes = [files + directories, files + directories - blocks("t/d/one")];
        assert!(sizes.contains(&line(deep)), "{shown}");
    }
}

// ---------------------------------------------------------------- what an export holds

/// An export without what a file system decides.
fn plain(text: &str) -> String {
    let mut plain = String::new();
    for line in text.lines() {
        let mut rest = line;
        while let Some((before, after)) = ["\"dsize\":", "\"dev\":", "\"ino\":", "\"timestamp\":"]
            .iter()
            .filter_map(|key| rest.split_once(key))
            .min_by_key(|(before, _)| before.len())
        {
            let _ = write!(plain, "{before}N");
            rest = after.trim_start_matches(|digit: char| digit.is_ascii_digit());
        }
        let _ = writeln!(plain, "{rest}");
    }
    plain.replace(",N", "")
}

#[test]
fn an_export_is_the_tree_in_the_words_of_ncdu() {
    let tree = Tree::of("t/d/g 7 @5\nt/d/h = t/d/g\nt/s -> x @6\nt/d/ @7\nt/ @-8");
    let root = tree.root().display();
    let header = concat!(
        r#"[1,2,{"progname":"pdu","progver":""#,
        env!("CARGO_PKG_VERSION"),
        r#""},"#
    );
    let sorted = |text: String| {
        let mut lines: Vec<_> = text
            .lines()
            .map(|line| line.trim_end_matches([']', ',']))
            .collect();
        lines.sort_unstable();
        lines.join("\n")
    };
    let mut expected = format!(
        r#"{header}
[{{"name":"{root}/t"}},
[{{"name":"d"}},
{{"name":"g","asize":7,"hlnkc":true,"nlink":2}},
{{"name":"h","asize":7,"hlnkc":true,"nlink":2}},
{{"name":"s","asize":1,"notreg":true}}"#
    );
    let export = |words: &str| {
        sorted(plain(&said(
            &tree,
            &format!("$pdu --format=ncdu {words} t"),
        )))
    };
    assert_eq!(export(""), sorted(expected.clone()));
    expected = expected.replace(",\"hlnkc\":true,\"nlink\":2", "");
    assert_eq!(export("-l"), sorted(expected));
    // As a sum, and not as deep.
    let expected = format!(
        "{header}\n[{{\"name\":\"{root}/t\"}},\n{{\"name\":\"d\",\"asize\":7,\"items\":2}},\n{{\"name\":\"s\",\"asize\":1,\"notreg\":true}}"
    );
    assert_eq!(export("-d1"), sorted(expected));
    let expected = format!("{header}\n[{{\"name\":\"{root}/t\",\"asize\":8,\"items\":4}}");
    assert_eq!(export("-s"), sorted(expected));
    // A time before the epoch is the number that ncdu 1 writes.
    let ids = said(&tree, "stat -c '\"uid\":%u,\"gid\":%g' t");
    let ids = ids.trim();
    let extended = export("--time");
    for line in [
        format!("[{{\"name\":\"{root}/t\",{ids},\"mode\":16877,\"mtime\":18446744073709551608}}"),
        format!("[{{\"name\":\"d\",{ids},\"mode\":16877,\"mtime\":7}}"),
        format!("{{\"name\":\"s\",\"asize\":1,{ids},\"mode\":41471,\"mtime\":6,\"notreg\":true}}"),
    ] {
        assert!(
            extended.lines().any(|other| other == line),
            "{line}\n{extended}"
        );
    }
}

#[test]
fn an_export_of_an_export_is_the_same() {
    let tree = sample_tree();
    said(
        &tree,
        "$pdu --format=ncdu --time -o x t; $pdu --format=ncdu --time --from=x -o y",
    );
    assert_eq!(said(&tree, "tail -n +2 x"), said(&tree, "tail -n +2 y"));
    let unlike = said(
        &tree,
        "$pdu -d1 --format=ncdu t | $pdu -sB1 --from=-; $pdu -sB1 \"$PWD/t\"",
    );
    let (sums, whole) = unlike.trim().split_once('\n').expect("two lines");
    assert_eq!(sums, whole);
    let unlike = said(
        &tree,
        "$pdu -s --format=ncdu t | $pdu -sb --from=-; $pdu -sb \"$PWD/t\"",
    );
    let (sums, whole) = unlike.trim().split_once('\n').expect("two lines");
    assert_eq!(sums, whole);
}

/// Two files with one inode number on two devices are two, also where one of the devices is 0.
#[test]
fn devices_that_an_export_tells_are_told_again_and_no_others() {
    let tree = Tree::empty();
    let link = r#"{"name":"f","dsize":8192,"ino":5,"hlnkc":true,"nlink":2}"#;
    let two =
        format!(r#"[1,2,{{}},[{{"name":"r","dev":9}},{link},[{{"name":"a","dev":0}},{link}]]]"#);
    let none = format!(r#"[1,2,{{}},[{{"name":"r"}},{link},[{{"name":"a"}},{link}]]]"#);
    for (export, size, devices) in [(two, 16384, 2), (none, 8192, 0)] {
        fs::write(tree.root().join("x"), export).expect("files can be made");
        said(&tree, "$pdu --from=x --format=ncdu -o y");
        for file in ["x", "y"] {
            let lines = said(&tree, &format!("$pdu -s -B1 --from={file}"));
            assert_eq!(lines, format!("{size}\tr\n"), "{file}");
        }
        assert_eq!(said(&tree, "cat y").matches("\"dev\":").count(), devices);
    }
}

#[test]
fn what_could_not_be_read_is_told_again_when_the_export_is_read() {
    let tree = Tree::of("t/d/f 5\nt/closed/f 5\nt/closed/ !000\nt/g 5");
    let Some(mut command) = run::unprivileged(Path::new(PDU), tree.root()) else {
        return;
    };
    command.args(["--format=ncdu", "t"]);
    let Answer {
        out: text, errors, ..
    } = run::run(command);
    let message = "pdu: cannot read directory 't/closed': Permission denied\n";
    assert_eq!(errors, message);
    fs::write(tree.root().join("x"), &text).expect("it can be written");
    assert_eq!(text.matches("\"read_error\":true").count(), 1, "{text}");
    let root = tree.root().display().to_string();
    let message = format!("{root}/t/closed: could not be read when the export was made");
    assert_eq!(refused(&tree, "$pdu -s --from=x"), message);
    // It has its line, and so has the rest.
    let lines = script(&tree, "$pdu -ab --from=x | sort -k2").stdout;
    let lines = String::from_utf8_lossy(&lines).replace(&root, "");
    assert_eq!(lines, "10\t/t\n0\t/t/closed\n5\t/t/d\n5\t/t/d/f\n5\t/t/g\n");
    let of_file = r#"echo '[1,2,{},[{"name":"/r"},{"name":"f","read_error":true}]]' | $pdu -s --inodes --from=-"#;
    assert_eq!(
        refused(&tree, of_file),
        "/r/f: could not be read when the export was made"
    );
    assert_eq!(script(&tree, of_file).stdout, b"1\t/r\n");
    // An export of the export holds it too.
    let again = script(&tree, &of_file.replace("-s --inodes", "--format=ncdu"));
    let again = characters(&again.stdout);
    let end = "},\n{\"name\":\"f\",\"read_error\":true}]]\n";
    assert!(again.ends_with(end), "{again}");
}

#[test]
fn what_is_no_root_is_refused_before_anything_is_written() {
    let tree = Tree::of("t/f 5\nf 5\nl -> t\ngone -> nothing");
    for (words, expected) in [
        ("f", "cannot export 'f': Not a directory"),
        ("l", "cannot export 'l': Not a directory"),
        (
            "nothing",
            "cannot access 'nothing': No such file or directory",
        ),
        ("-D gone", "cannot access 'gone': No such file or directory"),
        ("t t", "extra operand 't'"),
        (
            "--files0-from=f",
            "--files0-from cannot be combined with --format=ncdu",
        ),
        ("-n 5 t", "--top cannot be combined with --format=ncdu"),
        (
            "--time=atime t",
            "--time=atime cannot be combined with --format=ncdu",
        ),
        (
            "--exclude=t t",
            "nothing to export: the directory was left out, or is gone",
        ),
    ] {
        assert_eq!(
            refused(&tree, &format!("$pdu --format=ncdu -o x {words}")),
            expected
        );
        assert_eq!(names(&tree, ""), ["f", "gone", "l", "t"]);
    }
    let linked = said(
        &tree,
        "$pdu --format=ncdu -D l; $pdu --format=ncdu l/; cd t; $pdu --format=ncdu",
    );
    let root = tree.root().display();
    for name in [format!("{root}/l"), format!("{root}/t")] {
        assert!(
            linked.contains(&format!("[{{\"name\":\"{name}\"")),
            "{linked}"
        );
    }
}

// ---------------------------------------------------------------- reading

#[test]
fn lines_of_an_export_are_those_of_the_tree() {
    let tree = sample_tree();
    said(&tree, "$pdu --format=ncdu --time -o x t");
    for words in [
        "",
        "-a",
        "-d1",
        "-s",
        "-S",
        "-c",
        "-t4000",
        "-a -t-100",
        "-ah",
        "--si",
        "-k --inodes",
        "-a --sort=name",
        "-a -n 3 -b",
        "--time --time-style=+%s",
        "-A -a --sort=size -r",
        "-0a",
    ] {
        let of_tree = said(&tree, &format!("$pdu {words} \"$PWD/t\""));
        assert_eq!(
            said(&tree, &format!("$pdu {words} --from=x")),
            of_tree,
            "{words}"
        );
        assert_eq!(
            said(&tree, &format!("$pdu {words} --from=- <x")),
            of_tree,
            "{words}"
        );
    }
}

#[test]
fn no_time_is_told_where_an_export_knows_none() {
    let tree = sample_tree();
    said(&tree, "$pdu --format=ncdu -o x t");
    let lines = said(&tree, "$pdu -c --time --from=x");
    assert!(lines.lines().count() > 1, "{lines}");
    for line in lines.lines() {
        assert_eq!(line.split('\t').nth(1), Some("-"), "{line}");
    }
}

/// Of so many entries GNU du sorts, and several walkers write what is in one directory.
#[test]
fn a_large_directory_goes_out_in_the_order_of_gnu_du_whoever_walks_it() {
    let Some(du) = du() else { return };
    let tree = Tree::empty();
    said(
        &tree,
        "mkdir -p t/d; cd t/d; seq 12000 | xargs touch; seq -f %gd 1 700 12000 | xargs mkdir; \
         for d in *d; do echo > $d/b; echo > $d/a; done; ln 77 78d; ln 4000 5000linked",
    );
    let expected = said(&tree, &format!("{du} -al \"$PWD/t\""));
    assert!(expected.lines().count() > 12_000);
    for walkers in [1, 2, 20] {
        said(&tree, &format!("$pdu -j{walkers} --format=ncdu -o x t"));
        let lines = said(&tree, "$pdu -al --from=x");
        assert!(
            lines == expected,
            "-j{walkers}: another order, or other lines"
        );
    }
}

#[test]
fn what_the_format_allows_is_read() {
    let tree = Tree::empty();
    for (export, words, expected) in [
        // Links by either sign, on the device of the directory or their own.
        (
            r#"[1,0,{},[{"name":"r","dev":1},{"name":"a","dsize":512,"ino":7,"hlnkc":true},{"name":"b","dsize":512,"ino":7,"nlink":2},{"name":"c","dsize":512,"ino":7,"nlink":2,"dev":2},{"name":"d","dsize":512,"ino":7}]]"#,
            "-sB1",
            "1536\tr\n",
        ),
        // What is excluded does not count, and has nothing in it.
        (
            r#"[1,2,{},[{"name":"r"},{"name":"a","asize":5,"excluded":"otherfs"},[{"name":"b","excluded":"pattern"},{"name":"c","asize":7},[{"name":"d"}]],{"name":"e","asize":9,"excluded":"kernfs"},{"name":"f","asize":1}]]"#,
            "-ab",
            "1\tr/f\n1\tr\n",
        ),
        // The last of two keys, what is unknown, white space.
        (
            "\n[ 1 , 2 , {\"progname\":\"x\",\"u\":[{},[],{\"a\":[1,-2.5e+3,null,true,false,\"\"]}]} ,\t[ {\"name\":\"/\"} , \r\n{\"asize\":1,\"name\":\"q\",\"asize\":3 , \"name\":\"p\" } ] , {\"later\":[]} , 5 ]\n\n",
            "-ab",
            "3\t/p\n3\t/\n",
        ),
        // Escapes, and pairs of them.
        (
            r#"[1,2,{},[{"name":"\/"},{"name":"\ud83d\ude00\u00e9\"\\\b\u0001","asize":3}]]"#,
            "-ab",
            "3\t/\u{1f600}\u{e9}\"\\\x08\x01\n3\t/\n",
        ),
        // Times: none is none, fractions count, and negative ones are written without their sign.
        (
            r#"[1,2,{},[{"name":"r"},{"name":"a","mtime":5.25},{"name":"b","mtime":18446744073709551615},{"name":"c","mtime":-1.5}]]"#,
            "-a0b --time --time-style=+%s.%N",
            "0\t5.250000000\tr/a\x000\t-1.000000000\tr/b\x000\t-2.500000000\tr/c\x000\t5.250000000\tr\0",
        ),
        // The largest sizes are added up without wrapping.
        (
            r#"[1,2,{},[{"name":"r"},{"name":"a","dsize":18446744073709551615},{"name":"b","dsize":18446744073709551615}]]"#,
            "-sB1",
            "36893488147419103230\tr\n",
        ),
        (
            r#"[1,2,{},[{"name":"r","asize":0,"dsize":0},{"name":"a","dsize":18446744073709551615},{"name":"b","dsize":18446744073709551615}]]"#,
            "--by=ext -n1 -T",
            "allocated  apparent  files      %                        ext\n   32 EiB       0 B      2  100.0  ####################  (none)\n   32 EiB       0 B      3  100.0  ####################  total\n",
        ),
    ] {
        fs::write(tree.root().join("x"), export).expect("there is room");
        let shown = said(&tree, &format!("$pdu {words} --from=x"));
        assert_eq!(shown, characters(expected.as_bytes()), "{export}");
    }
}

#[test]
fn what_is_no_export_is_refused_with_its_place() {
    let tree = Tree::empty();
    let ends = "the export ends before it is whole";
    let no_export = "this is no export in the format of ncdu";
    let number = "a number is missing";
    let in_root = r#"[1,2,{},[{"name":"r"},"#;
    let cases: &[(&str, usize, &str)] = &[
        ("", 0, "the file is empty"),
        ("{}", 0, no_export),
        ("[x,2,{},", 1, no_export),
        ("[01,2,{},", 2, no_export),
        (
            "[2,2,{},[{\"name\":\"r\"}]]",
            1,
            "only version 1 of the format is known",
        ),
        ("[1,2,[]]", 5, no_export),
        ("[1,2,{},{\"name\":\"r\"}]", 8, "the root is no directory"),
        ("[1,2,{},[[", 9, "a directory does not begin with an object"),
        ("[1,2,{},[]", 9, "a directory does not begin with an object"),
        ("[1,2,{},[{\"name\":\"\"}]]", 18, "a name is empty"),
        (
            "[1,2,{},[{\"name\":\"r\"}]] x",
            24,
            "more follows after the end",
        ),
        ("[1,2,{},[{\"name\":\"r\"}]", 22, ends),
        ("[1,2,{\"a\":nil}", 11, "a word is unknown"),
        ("[1,2,{},[{\"asize\":5}]]", 19, "an entry has no name"),
        ("@{\"name\":\"a/b\"}", 9, "a name holds a slash"),
        ("@{\"name\":\"..\"}", 9, "a name is '.' or '..'"),
        ("@{\"name\":\".\"}", 9, "a name is '.' or '..'"),
        ("@{\"name\":\"\\u0000\"}", 9, "a name holds a NUL"),
        ("@{\"name\":5}", 8, "a string is missing"),
        ("@{\"name\":\"\n\"}", 9, "a control character in a string"),
        ("@{\"name\":\"\\x\"}", 10, "an escape is unknown"),
        (
            "@{\"name\":\"\\u00g0\"}",
            13,
            "an escape is no hexadecimal number",
        ),
        ("@{\"name\":\"a\",\"asize\":0512}", 23, number),
        ("@{\"name\":\"a\",\"asize\":1.}", 21, number),
        ("@{\"name\":\"a\",\"asize\":+1}", 20, number),
        ("@{\"name\":\"a\",\"asize\":\"1\"}", 20, number),
        (
            "@{\"name\":\"a\",\"mtime\":-05}",
            22,
            "a time is no number of seconds",
        ),
        (
            "@{\"name\":\"a\",\"x\":[07]}",
            18,
            "a number has another form than in JSON",
        ),
        (
            "@{\"name\":\"a\",\"asize\":1e400}",
            24,
            "a number is too large",
        ),
        (
            "@{\"name\":\"a\",\"dsize\":18446744073709551616}",
            39,
            "a number is too large",
        ),
        ("@{\"name\":\"a\",\"asize\":nil}", 21, "a word is unknown"),
        (
            "@{\"name\":\"a\",\"hlnkc\":\"\"}",
            20,
            "true or false is missing",
        ),
        (
            "@{\"name\":\"a\" \"b\":1}",
            12,
            "a comma or a closing brace is missing",
        ),
        ("@{\"name\" 1}", 8, "a colon is missing"),
        ("@{name:1}", 0, "a key is missing"),
        ("@5", 0, "an entry is missing"),
        (
            "@{\"name\":\"a\"}}",
            12,
            "a comma or a closing bracket is missing",
        ),
        (
            "@{\"name\":\"a\",\"mtime\":\"x\"}",
            20,
            "a time is no number of seconds",
        ),
    ];
    for (export, at, what) in cases {
        let (export, at) = match export.strip_prefix('@') {
            Some(rest) => (format!("{in_root}{rest}"), in_root.len() + at),
            None => ((*export).to_owned(), *at),
        };
        // The byte after a brace that opens is where a key is missed.
        let at = at + usize::from(export.ends_with("{name:1}"));
        fs::write(tree.root().join("x"), &export).expect("there is room");
        let shown = refused(&tree, "$pdu --from=x");
        assert_eq!(shown, format!("x: byte {at}: {what}"), "{export}");
    }
}

/// Ignores all events.
struct Ignore;

impl Visitor for Ignore {
    fn enter(&mut self, _: &[u8], _: &Item<'_>, _: Option<Failure>) -> Flow {
        Flow::Continue
    }
    fn file(&mut self, _: Option<&[u8]>, _: &Item<'_>) {}
    fn away(&mut self, _: &[u8], _: &Detail) {}
    fn absent(&mut self, _: &[u8], _: Absence) {}
    fn rendered(&mut self, _: &[u8]) {}
    fn sum(&mut self, _: &Usage, _: u64) {}
    fn failed(&mut self, _: &[u8], _: Failure) {}
    fn leave(&mut self, _: Extent) {}
}

#[test]
fn an_export_that_was_cut_off_is_never_taken_for_a_whole_one() {
    let tree = Tree::of("t/d/f 5\nt/g 7\nt/e/ ");
    said(&tree, "$pdu --format=ncdu --time t >whole");
    let whole = fs::read(tree.root().join("whole")).expect("it is there");
    let length = whole.trim_ascii_end().len();
    for length in 0..length {
        let cut = Box::new(std::io::Cursor::new(whole[..length].to_vec()));
        let mut export = ExportReader::new(cut, Links::LeaveOut);
        let read = export.advance(&mut Ignore, usize::MAX);
        let message = read.map_err(|error| error.to_string());
        let expected = match length {
            0 => "byte 0: the file is empty".to_owned(),
            _ => format!("byte {length}: the export ends before it is whole"),
        };
        assert_eq!(message, Err(expected));
    }
    for length in [1, 50, length - 2, length - 1] {
        let cut = format!("head -c {length} whole | $pdu -c --from=- >y");
        let shown = format!("-: byte {length}: the export ends before it is whole");
        assert_eq!(refused(&tree, &cut), shown);
        assert!(!said(&tree, "cat y").contains("total"));
    }
    for words in ["-T", "-T --by=ext"] {
        let cut = format!("head -c 200 whole | $pdu {words} --from=- >y");
        refused(&tree, &cut);
        let shown = said(&tree, "cat y");
        assert!(
            shown.starts_with("incomplete: unreadable export\n"),
            "{shown}"
        );
    }
    // Nothing is left of it where the report goes to a file.
    refused(&tree, "rm y; head -c 200 whole | $pdu --from=- -o y");
    assert_eq!(names(&tree, ""), ["t", "whole"]);
}

#[test]
fn what_cannot_be_read_is_told_in_one_line() {
    let tree = Tree::of("t/f 5");
    for (words, expected) in [
        (
            "--from=nothing",
            "cannot open 'nothing' for reading: No such file or directory",
        ),
        ("--from=t", "t: read error: Is a directory"),
        ("--from=- <&-", "-: read error: Bad file descriptor"),
        ("--from=- <t", "-: read error: Is a directory"),
        (
            "--from=x --time=atime",
            "--time=atime cannot be combined with --from",
        ),
        (
            "--from=x --time=status",
            "--time=ctime cannot be combined with --from",
        ),
        ("--from=x t", "extra operand 't'"),
        (
            "--from=x -L",
            "--dereference cannot be combined with --from",
        ),
    ] {
        assert_eq!(refused(&tree, &format!("$pdu {words}")), expected);
    }
}

// ---------------------------------------------------------------- deep and large

#[test]
fn a_tree_of_ten_thousand_levels_goes_out_and_in() {
    const LEVELS: u64 = 10_000;
    let tree = Tree::empty();
    let flags = rustix::fs::OFlags::PATH | rustix::fs::OFlags::CLOEXEC;
    let mut here = rustix::fs::open(tree.root(), flags, Mode::empty()).expect("it is there");
    for _ in 0..LEVELS {
        rustix::fs::mkdirat(&here, "d", Mode::RWXU).expect("there is room");
        here = rustix::fs::openat(&here, "d", flags, Mode::empty()).expect("it is there");
    }
    said(&tree, "$pdu --format=ncdu -o x d");
    let inodes = said(&tree, "$pdu -s --inodes --from=x | cut -f1");
    assert_eq!(inodes, format!("{LEVELS}\n"));
    said(
        &tree,
        "$pdu --format=ncdu --from=x -o y; tail -n +2 x >x2; tail -n +2 y | cmp - x2",
    );
}

#[test]
fn nesting_without_end_is_refused_or_read_but_never_ends_us() {
    let tree = Tree::empty();
    let write = |text: String| fs::write(tree.root().join("x"), text).expect("there is room");
    write("[".repeat(1_000_000));
    assert_eq!(
        refused(&tree, "$pdu --from=x"),
        "x: byte 1: this is no export in the format of ncdu"
    );
    write(format!("[1,2,{{}},{}", "[".repeat(1_000_000)));
    let no_directory = "x: byte 9: a directory does not begin with an object";
    assert_eq!(refused(&tree, "$pdu --from=x"), no_directory);
    write(format!("[1,2,{{\"a\":{}", "[".repeat(1_000_000)));
    assert_eq!(
        refused(&tree, "$pdu --from=x"),
        "x: byte 266: a value is nested too deeply"
    );
    write(format!("[1,2,{{\"a\":{}", "{\"a\":".repeat(1_000_000)));
    assert!(refused(&tree, "$pdu --from=x").ends_with("a value is nested too deeply"));
    let levels = ",[{\"name\":\"d\",\"asize\":1}".repeat(1_000_000);
    write(format!("[1,2,{{}}{levels}{}]", "]".repeat(1_000_000)));
    assert_eq!(said(&tree, "$pdu -s --inodes --from=x"), "1000000\td\n");
    write(format!("[1,2,{{}}{}", &levels[..5_000_000]));
    assert!(refused(&tree, "$pdu -s --from=x").ends_with("the export ends before it is whole"));
    write(format!("[1,2,{{}},[{{\"name\":\"{}", "a".repeat(3_000_000)));
    assert!(refused(&tree, "$pdu -s --from=x").ends_with("a string is too long"));
}

/// The peak memory of pdu, in KiB, while it reads an export up to the end of its entries. Through a pipe: when it is empty and
/// not yet closed, pdu has read all entries and still runs.
pub(super) fn peak_of_import(words: &str, entries: impl FnOnce(&mut dyn std::io::Write)) -> u64 {
    let tree = Tree::empty();
    let mut command = run::pdu(tree.root(), &format!("{words} --from=-"));
    let mut child = command.stdin(Stdio::piped()).spawn().expect("it starts");
    let mut export = BufWriter::new(child.stdin.take().expect("it is piped"));
    write!(export, "[1,2,{{}},[{{\"name\":\"/r\"}}").expect("it reads");
    entries(&mut export);
    peak_before_end(child, export, b"]]\n")
}

#[test]
fn memory_does_not_grow_with_the_export() {
    let peak = |entries: usize| {
        peak_of_import("--format=ncdu -o y", |export| {
            for number in 0..entries {
                write!(
                    export,
                    ",\n[{{\"name\":\"directory {number}\",\"dsize\":4096}},\n{{\"name\":\"f\",\"asize\":{number}}}]"
                )
                .expect("it reads");
            }
        })
    };
    let (small, large) = (peak(1000), peak(150_000));
    assert!(large < small + 1024, "{small} KiB, and {large}");
}

/// On standard output there is what was counted, and no reader takes it for a whole export.
#[test]
fn an_export_that_was_cancelled_is_not_closed() {
    let tree = Tree::empty();
    let output = script(
        &tree,
        r#"endless() { echo '[1,2,{},[{"name":"r"},[{"name":"d"}'; yes ',{"name":"a","asize":1}'; }
        env --default-signal=INT $pdu --format=ncdu --from=<(endless) >x 2>e & pid=$!
        until [ -s x ]; do read -t 0.02 <> <(:); done
        kill -INT $pid; wait $pid; echo $?; cat e; $pdu --from=x -s; wc -c <x"#,
    );
    assert_eq!(characters(&output.stdout).lines().next(), Some("130"));
    let shown = characters(&[output.stdout, output.stderr].concat());
    assert!(
        shown.contains("\npdu: cancelled: the result is incomplete"),
        "{shown}"
    );
    let length = fs::read(tree.root().join("x")).expect("it is there").len();
    let cut_off = format!("pdu: x: byte {length}: the export ends before it is whole\n");
    assert!(shown.ends_with(&cut_off), "{shown}");
}

#[test]
fn raw_bytes_come_back_as_they_were() {
    let tree = sample_tree();
    said(&tree, "$pdu --format=ncdu -o x t");
    let lines = script(&tree, "$pdu -0ab --from=x").stdout;
    for name in [
        &b"\xffraw\xc3("[..],
        b"\xffraw\xc3(/\xfe",
        b"a b\"c\\d\x01\x7f\n",
    ] {
        let path = [tree.root().as_os_str().as_bytes(), b"/t/", name, b"\0"].concat();
        let found = lines.windows(path.len()).any(|window| window == path);
        assert!(found, "{}", path.escape_ascii());
    }
}
