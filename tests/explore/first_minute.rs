//! What a person sees in the first minute: the start, keys, other sizes of the screen, an empty directory, a file, no
//! permission, the end.

use std::time::Duration;

use pdu::explore::browser::dialog::READING_TIME;

use crate::support::run::{PDU, pause};
use crate::support::screen::Screen;
use crate::support::terminal::Streams;
use crate::support::tree::Tree;

/// The explorer in a tree.
pub(crate) fn explore(tree: Tree, words: &str) -> Screen {
    let words: Vec<&str> = [PDU, "-i"]
        .into_iter()
        .chain(words.split_whitespace())
        .collect();
    Screen::start(tree, Streams::All, &words)
}

const SMALL: &str = "\
    big/one 300000
    big/two 40000
    small/three 5000
    empty/
    file 70000";

#[test]
fn the_screen_opens_with_the_largest_entry_first_and_ends_as_it_was() {
    for jobs in ["-j1", "-j20"] {
        let mut screen = explore(Tree::of(SMALL), jobs);
        wait_until_read(&mut screen);
        // Rows are put in order once a second.
        screen.wait_until("rows in order", |screen| {
            let contents = screen.contents();
            let place = |name: &str| contents.find(name);
            let places = ["big/", "file", "small/", "empty/"].map(place);
            places.is_sorted() && places[0].is_some()
        });
        let rows = rows(&mut screen);
        assert!(
            rows.last().is_some_and(|row| row.contains("quit")),
            "{rows:?}"
        );
        screen.terminal.press(b"q");
        let left = screen.end();
        assert_eq!((left.ending(), left.text.as_str()), (Ok(0), ""));
    }
}

/// Waits for the end of the walk, and for a frame after it.
#[track_caller]
pub(crate) fn wait_until_read(screen: &mut Screen) {
    screen.wait_until("the end of the walk", |screen| {
        let contents = screen.contents();
        let top = contents.lines().next().unwrap_or_default();
        top.contains("pdu: ") && !top.contains("reading")
    });
}

/// Waits until this row is the first, after the walk: rows are put in order once a second.
#[track_caller]
pub(crate) fn wait_for_first(screen: &mut Screen, row: &str) {
    wait_until_read(screen);
    screen.wait_until("the first row", |screen| {
        let contents = screen.contents();
        contents
            .lines()
            .nth(2)
            .is_some_and(|line| line.contains(row))
    });
}

/// Keys that come at once after a question are no answer.
pub(crate) fn read_question() {
    pause(READING_TIME + Duration::from_millis(50));
}

/// The rows of the screen, without spaces at their ends.
pub(crate) fn rows(screen: &mut Screen) -> Vec<String> {
    let contents = screen.now().contents();
    contents
        .lines()
        .map(|row| row.trim_end().to_owned())
        .collect()
}

#[test]
fn keys_enter_a_directory_and_come_back() {
    let mut screen = explore(Tree::of(SMALL), "");
    wait_for_first(&mut screen, "big/");
    screen.terminal.press(b"\r");
    screen.wait_for("one");
    assert!(screen.now().contents().contains("two"));
    screen.terminal.press(b"\x1b[D");
    screen.wait_for("small/");
    // A file has information.
    screen.terminal.press(b"jl");
    screen.wait_for("70,000 bytes");
    // The first one closes the panel.
    screen.terminal.press(b"q");
    screen.wait_for("small/");
    screen.terminal.press(b"q");
    assert_eq!(screen.end().ending(), Ok(0));
}

#[test]
fn an_empty_directory_says_so_and_a_file_is_a_row() {
    let mut screen = explore(Tree::of(SMALL), "empty");
    screen.wait_for("(empty)");
    screen.terminal.press(b"q");
    assert_eq!(screen.end().ending(), Ok(0));
    let mut screen = explore(Tree::of(SMALL), "file");
    // Not the path in the first line.
    let is_row = |line: &str| line.trim_end().ends_with(" file") && !line.contains("pdu:");
    screen.wait_until("a row", |screen| screen.contents().lines().any(is_row));
    screen.terminal.press(b"q");
    assert_eq!(screen.end().ending(), Ok(0));
}

#[test]
fn a_small_screen_has_one_line_until_it_grows() {
    let mut screen = explore(Tree::of(SMALL), "");
    screen.wait_for("big/");
    screen.resize((19, 4));
    screen.wait_for("20x5");
    screen.resize((100, 30));
    screen.wait_for("small/");
    for size in [(20, 5), (40, 10), (200, 60)] {
        screen.resize(size);
        screen.wait_for("big/");
    }
    screen.terminal.press(b"q");
    assert_eq!(screen.end().ending(), Ok(0));
}
