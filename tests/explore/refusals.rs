//! What the explorer refuses: one line, status 1, and the terminal is not touched.

use std::fs;
use std::path::Path;

use crate::support::run::{Answer, PDU, pdu, program, run};
use crate::support::screen::{Left, Screen};
use crate::support::terminal::Streams;
use crate::support::tree::Tree;

/// The program of the words on a terminal, in a tree; asserts that nothing was drawn.
#[track_caller]
fn refused_on_a_terminal(tree: Tree, words: &[&str], message: &str) {
    let left = left_on_a_terminal(tree, words, message);
    assert_eq!(left.raw, format!("pdu: {message}\r\n"), "{words:?}");
}

/// The same; a screen may have been there before.
#[track_caller]
fn left_on_a_terminal(tree: Tree, words: &[&str], message: &str) -> Left {
    let left = Screen::start(tree, Streams::All, words).end();
    assert_eq!(
        left.text.replace('\n', "\r\n"),
        format!("pdu: {message}"),
        "{words:?}"
    );
    assert_eq!(left.ending(), Ok(1), "{words:?}");
    left
}

/// Without a terminal, not even a controlling one.
#[track_caller]
fn refused(answer: &Answer, message: &str) {
    assert_eq!(answer.errors, format!("pdu: {message}\n"));
    assert_eq!((answer.out.as_str(), answer.status.code()), ("", Some(1)));
}

fn without_terminal(at: &Path, words: &[&str]) -> Answer {
    let mut command = program("setsid", at);
    command.args(["--wait", PDU]).args(words);
    command.env("TERM", "xterm");
    run(command)
}

#[test]
fn without_a_terminal_it_is_refused() {
    let tree = Tree::of("a/f 1");
    refused(
        &without_terminal(tree.root(), &["-i"]),
        "--explore needs a terminal",
    );
    refused(
        &without_terminal(tree.root(), &["--explore", "a"]),
        "--explore needs a terminal",
    );
}

#[test]
fn a_terminal_without_control_sequences_is_refused() {
    for (term, shown) in [
        ("TERM=dumb", "dumb"),
        ("TERM=unknown", "unknown"),
        ("TERM=", ""),
    ] {
        refused_on_a_terminal(
            Tree::of("a/f 1"),
            &["env", term, PDU, "-i"],
            &format!(
                "--explore cannot draw on this terminal (TERM={shown}); for lines: pdu -h -d1 --sort=size"
            ),
        );
    }
}

#[test]
fn options_that_choose_lines_are_refused_by_name() {
    let tree = Tree::of("a/f 1");
    for (words, name) in [
        ("-a", "--all"),
        ("-c", "--total"),
        ("-d1", "--max-depth"),
        ("-n3", "--top"),
        ("-oF", "--output"),
        ("-s", "--summarize"),
        ("-S", "--separate-dirs"),
        ("-t5", "--threshold"),
        ("-T", "--tree"),
        ("-0", "--null"),
        ("--budget=9", "--budget"),
        ("--rest=F", "--rest"),
        ("--by=ext", "--by"),
        ("--format=json", "--format"),
        ("--format=du", "--format"),
        ("--width=40", "--width"),
        ("--diff", "--diff"),
        ("--snapshot", "--snapshot"),
        ("--history", "--history"),
        ("-L", "--dereference"),
    ] {
        for words in [format!("-i {words}"), format!("{words} --explore a")] {
            let answer = run(pdu(tree.root(), &words));
            refused(
                &answer,
                &format!("{name} cannot be combined with --explore"),
            );
        }
    }
    refused(
        &run(pdu(tree.root(), "--read-only a")),
        "--read-only needs --explore",
    );
}

#[test]
fn options_of_the_walk_and_of_sizes_are_accepted() {
    let tree = Tree::of("a/f 1\np 0\nl 0");
    for words in [
        "-x",
        "-Xp",
        "--exclude=x",
        "-D",
        "-H",
        "-P",
        "-l",
        "-j3",
        "-A",
        "-b",
        "--by",
        "--inodes",
        "-B1",
        "-h",
        "-k",
        "-m",
        "--si",
        "--time",
        "--time=ctime",
        "--time-style=full-iso",
        "--sort=name",
        "-r",
        "--r",
        "--re",
        "--rev",
        "--color=never",
        "-v",
        "--read-only",
        "--exclude-caches",
        "--numeric-ids",
        "-LP",
    ] {
        let answer = without_terminal(tree.root(), &["-i", words]);
        refused(&answer, "--explore needs a terminal");
    }
}

#[test]
fn operands_that_cannot_be_used_are_told_with_the_screen_gone() {
    left_on_a_terminal(
        Tree::of("a/f 1"),
        &[PDU, "-i", "x"],
        "cannot access 'x': No such file or directory",
    );
    let both = "cannot access 'x': No such file or directory\r\npdu: cannot access 'y': No such file or directory";
    left_on_a_terminal(Tree::of("a/f 1"), &[PDU, "-i", "x", "y"], both);
}

#[test]
fn an_export_that_is_none_is_told_with_the_screen_gone() {
    let tree = Tree::of("a/f 1");
    fs::write(tree.root().join("no"), "no export").expect("it can be written");
    let told = run(pdu(tree.root(), "--from=no")).errors;
    let told = told
        .trim_end()
        .strip_prefix("pdu: ")
        .expect("a message")
        .to_owned();
    assert!(told.starts_with("no: byte 0: "), "{told}");
    left_on_a_terminal(tree, &[PDU, "-i", "--from=no"], &told);
    left_on_a_terminal(
        Tree::of("a/f 1"),
        &[PDU, "-i", "--from=x"],
        "cannot open 'x' for reading: No such file or directory",
    );
    left_on_a_terminal(
        Tree::of("a/f 1"),
        &[PDU, "-i", "--files0-from=x"],
        "cannot open 'x' for reading: No such file or directory",
    );
}
