//! What the explorer leaves behind: printed paths, the exit status, messages, exports, and the standard streams that are no
//! terminals.

use std::fs;
use std::process::Stdio;

use crate::support::run::{PDU, pdu, run, stdout};
use crate::support::screen::{Left, Screen};
use crate::support::terminal::Streams;
use crate::support::tree::Tree;

/// Presses keys once a text is on the screen, and returns what is left.
#[track_caller]
fn left(tree: Tree, streams: Streams, words: &[&str], steps: &[(&str, &[u8])]) -> Left {
    let mut screen = Screen::start(tree, streams, words);
    for (text, keys) in steps {
        screen.wait_for(text);
        screen.terminal.press(keys);
    }
    screen.end()
}

const ODD: &str = "\
    a\\nb/f 300000
    plain/g 200000
    plain/h 100000";

#[test]
fn q_prints_the_directory_raw_into_a_pipe_and_quoted_on_a_terminal() {
    let words = [PDU, "-i", "."];
    let steps: &[(&str, &[u8])] = &[("plain/", b"\r"), ("f", b"Q")];
    let piped = left(Tree::of(ODD), Streams::AllButOutput, &words, steps);
    assert_eq!((piped.output.as_str(), piped.ending()), ("./a\nb\n", Ok(0)));
    let shown = left(Tree::of(ODD), Streams::All, &words, steps);
    assert_eq!((shown.text.as_str(), shown.ending()), ("'./a'$'\\n''b'", Ok(0)));
}

#[test]
fn q_prints_the_marks_one_a_line() {
    let steps: &[(&str, &[u8])] = &[("plain/", b"j\r"), ("h", b"  Q")];
    let piped = left(Tree::of(ODD), Streams::AllButOutput, &[PDU, "-i"], steps);
    assert_eq!(piped.output, "./plain/g\n./plain/h\n");
}

#[test]
fn a_shell_goes_to_the_printed_directory() {
    let script = "cd \"$($pdu -i)\" && echo; pwd";
    let steps: &[(&str, &[u8])] = &[("plain/", b"j\r"), ("h", b"Q")];
    let left = left(Tree::of(ODD), Streams::All, &["sh", "-c", script], steps);
    assert!(left.text.trim_end().ends_with("/plain"), "{:?}", left.text);
}

#[test]
fn an_export_comes_through_a_pipe_and_keys_from_the_terminal() {
    let script = "$pdu --format=ncdu . | $pdu -i --from=-";
    let steps: &[(&str, &[u8])] = &[("plain/", b"j\r"), ("h", b"q")];
    let left = left(Tree::of(ODD), Streams::All, &["sh", "-c", script], steps);
    assert_eq!(left.ending(), Ok(0));
}
