//! What the explorer leaves behind: printed paths, the exit status, messages, exports, and the standard streams that are no
//! terminals.

use std::fs;

use rustix::io::Errno;

use crate::first_minute::{read_question, wait_for_first, wait_until_read};
use crate::support::fuse::{Node, Op};
use crate::support::run::{PDU, pdu, text};
use crate::support::sandbox::Sandbox;
use crate::support::screen::{Left, Screen};
use crate::support::terminal::Streams;
use crate::support::tree::Tree;

/// Presses keys in [`ODD`] once a text is on the screen, the first ones after the walk, and returns what is left.
#[track_caller]
fn left(streams: Streams, words: &[&str], steps: &[(&str, &[u8])]) -> Left {
    let mut screen = Screen::start(Tree::of(ODD), streams, words);
    wait_for_first(&mut screen, r"a\nb/");
    for (text, keys) in steps {
        screen.wait_for(text);
        screen.terminal.press(keys);
    }
    screen.end()
}

const ODD: &str = "\
    a\\nb/f 600000
    plain/g 200000
    plain/h 100000";

/// In the first line, once the directory `plain` is shown.
const IN_PLAIN: &str = "/plain  ";

#[test]
fn q_prints_the_directory_raw_into_a_pipe_and_quoted_on_a_terminal() {
    let words = [PDU, "-i", "."];
    let steps: &[(&str, &[u8])] = &[("plain/", b"\r"), (r"pdu: ./a\nb ", b"Q")];
    let piped = left(Streams::AllButOutput, &words, steps);
    assert_eq!((piped.output.as_str(), piped.ending()), ("./a\nb\n", Ok(0)));
    let shown = left(Streams::All, &words, steps);
    assert_eq!(
        (shown.text.as_str(), shown.ending()),
        ("'./a'$'\\n''b'", Ok(0))
    );
}

#[test]
fn q_prints_the_marks_one_a_line() {
    let steps: &[(&str, &[u8])] = &[("plain/", b"j\r"), (IN_PLAIN, b"  Q")];
    let piped = left(Streams::AllButOutput, &[PDU, "-i"], steps);
    assert_eq!(piped.output, "./plain/g\n./plain/h\n");
}

#[test]
fn a_shell_goes_to_the_printed_directory() {
    let script = "cd \"$($pdu -i)\" && echo; pwd";
    let steps: &[(&str, &[u8])] = &[("plain/", b"j\r"), (IN_PLAIN, b"Q")];
    let left = left(Streams::All, &["sh", "-c", script], steps);
    assert!(left.text.trim_end().ends_with("/plain"), "{:?}", left.text);
}

#[test]
fn an_export_comes_through_a_pipe_and_keys_from_the_terminal() {
    let script = "$pdu --format=ncdu . | $pdu -i --from=-";
    let steps: &[(&str, &[u8])] = &[("plain/", b"j\r"), (IN_PLAIN, b"q")];
    let left = left(Streams::All, &["sh", "-c", script], steps);
    assert_eq!(left.ending(), Ok(0));
}

/// A small export has come to its end before the first frame, one from a slow pipe has not.
#[test]
fn an_export_that_was_cut_off_is_shown_as_incomplete() {
    for (script, top) in [
        (
            "$pdu --format=ncdu . | head -c -20 > cut; exec $pdu -i --from=cut",
            "the export is incomplete",
        ),
        (
            "$pdu --format=ncdu . | head -c -20 > cut; (sleep 1; cat cut) | exec $pdu -i --from=-",
            "the export is incomplete",
        ),
        ("$pdu --format=ncdu . > all; exec $pdu -i --from=all", " "),
    ] {
        let tree = Tree::of(ODD);
        let root = tree.root().to_owned();
        let mut screen = Screen::start(tree, Streams::All, &["sh", "-c", script]);
        screen.wait_for(r"a\nb/");
        screen.wait_until(top, |screen| {
            let contents = screen.contents();
            contents
                .lines()
                .next()
                .is_some_and(|line| line.contains(top))
        });
        let is_cut = top != " ";
        let contents = screen.now().contents();
        assert_eq!(contents.contains("incomplete"), is_cut, "{contents}");
        screen.terminal.press(b"!");
        screen.wait_for(if is_cut { "Errors: 1" } else { "Errors: 0" });
        screen.wait_for(if is_cut {
            "the export ends before it is whole"
        } else {
            "no errors"
        });
        screen.terminal.press(b"\x1b");
        screen.wait_until("no panel", |screen| !screen.contents().contains("Errors: "));
        // What is incomplete is not written as if it were whole.
        screen.terminal.press(b"E\r");
        screen.wait_for(if is_cut {
            "not read to its end"
        } else {
            "was written"
        });
        assert_eq!(root.join("pdu.json").exists(), !is_cut);
        screen.terminal.press(b"q");
        assert_eq!(screen.end().ending(), Ok(i32::from(is_cut)), "{script}");
    }
}

#[test]
fn other_programs_run_where_the_entry_is() {
    let tree = Tree::of("d/file 5000\nd/e/g 1");
    fs::write(
        tree.root().join("shell"),
        "#!/bin/sh\necho \"$PDU_LEVEL\" in \"$PWD\"; read x\n",
    )
    .expect("it can be written");
    let script = "chmod +x shell; SHELL=$PWD/shell PAGER='wc -c' exec $pdu -i .";
    let mut screen = Screen::start(tree, Streams::All, &["sh", "-c", script]);
    wait_until_read(&mut screen);
    screen.terminal.press(b"\r");
    screen.wait_for("pdu: ./d ");
    screen.terminal.press(b"b");
    screen.wait_until("the shell", |screen| {
        let contents = screen.contents();
        contents.contains("1 in /") && contents.contains("/d")
    });
    screen.terminal.press(b"\n");
    screen.wait_for("pdu: ./d ");
    screen.terminal.press(b"q");
    let left = screen.end();
    assert_eq!(left.ending(), Ok(0));
}

#[test]
fn e_writes_an_export_that_a_program_reads_and_asks_before_it_replaces_a_file() {
    let tree = Tree::of("d/file 5000\nd/link = d/file\nd/e/g 1\nodd\\x20name 70000");
    let file = tree.root().join("pdu.json");
    let mut screen = Screen::start(tree, Streams::All, &[PDU, "-i", "."]);
    screen.wait_for("d/");
    screen.terminal.press(b"E\r");
    screen.wait_for("pdu.json was written");
    let first = fs::read_to_string(&file).expect("it is there");
    let names = ["\"file\"", "\"link\"", "\"e\"", "\"g\"", "\"odd name\""];
    assert!(names.iter().all(|name| first.contains(name)), "{first}");
    assert_eq!(first.matches("\"hlnkc\":true").count(), 2, "{first}");
    fs::write(&file, "precious").expect("it is ours");
    // Any other key but Y keeps the file.
    screen.terminal.press(b"E\r");
    screen.wait_for("exists. Replace it?");
    read_question();
    screen.terminal.press(b"y");
    screen.wait_until("the question to be gone", |screen| {
        !screen.contents().contains("any other")
    });
    assert_eq!(fs::read_to_string(&file).ok().as_deref(), Some("precious"));
    screen.terminal.press(b"E\r");
    screen.wait_for("exists. Replace it?");
    read_question();
    screen.terminal.press(b"Y");
    screen.wait_for("pdu.json was written");
    let again = fs::read_to_string(&file).expect("it is there");
    screen.terminal.press(b"q");
    assert_eq!(screen.end().ending(), Ok(0));
    // The time of the export may differ.
    let rest = |text: &str| text.split_once('\n').map(|(_, rest)| rest.to_owned());
    assert_eq!(rest(&again), rest(&first));
}

/// The question names a file; a link leads to another one, and a FIFO waits for a reader.
#[test]
fn an_export_goes_to_regular_files_only() {
    let tree = Tree::of("d/file 5000\npdu.json -> precious\nprecious 5");
    let root = tree.root().to_owned();
    let mut screen = Screen::start(tree, Streams::All, &[PDU, "-i", "."]);
    screen.wait_for("d/");
    screen.terminal.press(b"E\r");
    screen.wait_for("pdu.json: a symbolic link; give another name");
    fs::remove_file(root.join("pdu.json")).expect("it is there");
    let mode = rustix::fs::Mode::RWXU;
    let kind = rustix::fs::FileType::Fifo;
    rustix::fs::mknodat(rustix::fs::CWD, root.join("pdu.json"), kind, mode, 0).expect("a FIFO");
    screen.terminal.press(b"jE\r");
    screen.wait_for("pdu.json: not a regular file");
    assert_eq!(
        fs::read(root.join("precious")).map_or(0, |text| text.len()),
        5
    );
    screen.terminal.press(b"q");
    assert_eq!(screen.end().ending(), Ok(0));
}

/// Files, directories and errors in the last line of `-v`.
fn counted(line: &str) -> Option<(&str, &str)> {
    let (counts, rest) = line.split_once(" directories, ")?;
    Some((counts, rest.rsplit_once(", ")?.1))
}

#[test]
fn the_last_line_of_v_counts_the_tree_as_it_is_after_a_second_reading_and_a_removal() {
    let unread = Node::dir("unread", vec![]).failing(Op::Opendir, Errno::ACCESS);
    let Some(sandbox) = Sandbox::fuse(vec![unread, Node::file("g")]) else {
        return;
    };
    for file in ["d/a", "d/e/b", "d/e/f/c", "z/h"] {
        sandbox.file(file, 50_000);
    }
    sandbox.file("large", 500_000);
    let root = sandbox.root().to_str().expect("text");
    for jobs in ["-j1", "-j20"] {
        let words = [PDU, "-i", "-v", jobs, root, &format!("{root}/d")];
        let mut screen = Screen::start(Tree::empty(), Streams::All, &words);
        wait_until_read(&mut screen);
        screen.wait_for("/d/");
        screen.terminal.press(b"R");
        screen.wait_for("was read again");
        // Rows are put in order once a second.
        screen.wait_until("the first row", |screen| {
            let contents = screen.contents();
            contents
                .lines()
                .nth(2)
                .is_some_and(|line| !line.contains("/d/"))
        });
        screen.terminal.press(b"\r");
        screen.wait_for(" large");
        screen.terminal.press(b"d");
        screen.wait_for("delete for ever");
        read_question();
        screen.terminal.press(b"Y");
        screen.wait_for("removed 1 entry");
        screen.terminal.press(b"q");
        let left = screen.end();
        let walked = pdu(sandbox.root(), "-sv . d").output().expect("it runs");
        let walked = text(&walked.stderr);
        let expected = walked.lines().last().and_then(counted);
        assert!(expected.is_some(), "{walked}");
        let line = left.text.lines().find_map(counted);
        assert_eq!(line, expected, "{left:?}");
        assert!(left.text.contains("1 entry could not be read"), "{left:?}");
        assert_eq!(left.ending(), Ok(1));
        sandbox.file("large", 500_000);
    }
}
