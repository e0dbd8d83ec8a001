//! The explorer while a walk goes on, or does not answer, and when a directory is read again.

use std::fs;
use std::path::Path;
use std::process::Command;

use crate::first_minute::{explore, read_question, rows, wait_for_first, wait_until_read};
use crate::support::fuse::{Node, Op};
use crate::support::run::PDU;
use crate::support::sandbox::Sandbox;
use crate::support::screen::Screen;
use crate::support::skip::is_root;
use crate::support::terminal::{Streams, can_slow_down, forest, slow, wait_for_strace};
use crate::support::tree::Tree;
use rustix::process::{Pid, Signal, kill_process};

const CTRL_C: &[u8] = b"\x03";

/// The explorer in a tree of many directories, each read of which takes long.
fn slow_explorer(words: &str) -> Screen {
    let screen = Screen::start(forest(60), Streams::All, &slow(100, words));
    wait_for_strace(&screen.terminal.child);
    screen
}

#[test]
fn ctrl_c_stops_the_walk_and_keeps_what_was_read_and_then_ends() {
    if !can_slow_down() {
        return;
    }
    for jobs in ["-j1", "-j20"] {
        let mut screen = slow_explorer(&format!("-i {jobs} t"));
        screen.wait_for("reading, ");
        screen.wait_for("~");
        // Rows of directories that were read.
        screen.wait_until("a directory", |screen| screen.contents().contains("KiB"));
        screen.terminal.press(CTRL_C);
        screen.wait_for("reading was stopped");
        let rows = rows(&mut screen);
        let is_stopped = |row: &String| row.trim_start().starts_with("? ");
        assert!(rows.iter().any(is_stopped), "{rows:?}");
        if jobs == "-j20" {
            // The word goes once all was read.
            screen.terminal.press(b"r");
            screen.wait_for("was read again");
            screen.wait_until("a whole tree", |screen| {
                !screen.contents().contains("reading was stopped")
            });
        }
        screen.terminal.press(CTRL_C);
        assert_eq!(screen.end().ending(), Ok(0));
    }
}

#[test]
fn q_ends_during_the_walk() {
    if !can_slow_down() {
        return;
    }
    let mut screen = slow_explorer("-i -j2 t");
    screen.wait_for("reading, ");
    screen.terminal.press(b"q");
    assert_eq!(screen.end().ending(), Ok(0));
}

#[test]
fn an_operand_that_does_not_answer_has_a_screen_with_keys_all_the_same() {
    for op in [Op::Lookup, Op::Opendir, Op::ReaddirAfter(0)] {
        let sandbox = Sandbox::new();
        let stuck = Node::dir("stuck", vec![Node::file("f")]).hanging(op);
        if !sandbox.mount_fuse("m", Node::dir("", vec![stuck])) {
            return;
        }
        let operand = sandbox.at("m/stuck");
        let words = [PDU.into(), "-i".into(), operand.into_os_string()];
        let mut screen = Screen::start(Tree::empty(), Streams::All, &words);
        screen.wait_for("reading, ");
        screen.terminal.press(b"?");
        screen.wait_for("this help");
        screen.wait_for("no answer for 5 s");
        screen.terminal.press(b"\x1b");
        screen.wait_until("no help", |screen| !screen.contents().contains("this help"));
        screen.terminal.press(b"q");
        screen.wait_for("Quit?");
        read_question();
        screen.terminal.press(b"y");
        assert_eq!(screen.end().ending(), Ok(0));
        sandbox.end_fuse();
    }
}

#[test]
fn a_program_whose_directory_does_not_answer_leaves_the_screen_to_the_explorer() {
    let stuck = Node::dir("stuck", vec![Node::file("f")]).hanging(Op::Access);
    let Some(sandbox) = Sandbox::fuse(vec![stuck]) else {
        return;
    };
    let operand = sandbox.at("m/stuck").into_os_string();
    let script = "SHELL=/bin/true PAGER=true exec \"$pdu\" -i \"$0\"".into();
    let words = ["sh".into(), "-c".into(), script, operand];
    let mut screen = Screen::start(Tree::empty(), Streams::All, &words);
    screen.wait_for(" f");
    for key in [b"b", b"v", b"o"] {
        screen.terminal.press(key);
        screen.wait_for("the file system does not answer");
        screen.terminal.press(b"?");
        screen.wait_for("this help");
        screen.terminal.press(b"?");
        screen.wait_until("no help", |screen| !screen.contents().contains("this help"));
    }
    screen.terminal.press(b"q");
    sandbox.end_fuse();
    assert_eq!(screen.end().ending(), Ok(0));
}

#[test]
fn r_reads_the_shown_directory_again() {
    let tree = Tree::of("d/a 5000\nd/e/b 5000\nother/f 1");
    let root = tree.root().to_owned();
    let mut screen = explore(tree, ".");
    wait_for_first(&mut screen, "d/");
    screen.terminal.press(b"\r");
    screen.wait_for(" a");
    fs::write(root.join("d/new"), vec![0; 100_000]).expect("it can be written");
    fs::remove_file(root.join("d/a")).expect("it is there");
    screen.terminal.press(b"r");
    screen.wait_for("was read again");
    let shown = rows(&mut screen).join("\n");
    assert!(shown.contains("new") && !shown.contains(" a\n"), "{shown}");
    // The operand itself.
    fs::write(root.join("second"), vec![0; 200_000]).expect("it can be written");
    screen.terminal.press(b"hr");
    screen.wait_for("second");
    screen.terminal.press(b"q");
    assert_eq!(screen.end().ending(), Ok(0));
}

/// A file with links elsewhere has one size: the one that was read last, in all rows and sums.
#[test]
fn a_linked_file_that_has_grown_is_counted_as_it_was_read_last() {
    for (selected, other) in [("a", "b"), ("b", "a")] {
        let tree = Tree::of("t/a/f 1000000\nt/b/\nt/c/g 2");
        let root = tree.root().to_owned();
        fs::hard_link(root.join("t/a/f"), root.join("t/b/f")).expect("the name is free");
        let mut screen = explore(tree, "-B1 --apparent-size t");
        wait_for_first(&mut screen, "b/");
        fs::write(root.join("t/a/f"), vec![0; 5_000_000]).expect("it can be written");
        let down = if selected == "a" {
            &b"nHR"[..]
        } else {
            b"nHjR"
        };
        screen.terminal.press(down);
        screen.wait_for("was read again");
        let row = |screen: &mut Screen, name: &str| {
            let row = rows(screen).into_iter().find(|row| row.contains(name));
            row.expect("it is shown")
        };
        for name in ["a/", "b/"] {
            let row = row(&mut screen, name);
            assert!(row.contains(" 5000000 "), "{selected}: {row}");
        }
        screen
            .terminal
            .press(if other == "a" { b"H\r" } else { b"Hj\r" });
        screen.wait_for(" f");
        let row = row(&mut screen, " f");
        assert!(row.contains(" 5000000 "), "{other}: {row}");
        screen.terminal.press(b"q");
        screen.end();
    }
}

/// `-x` leaves it out of the other one, so it is not there twice.
#[test]
fn an_operand_on_another_file_system_in_another_one_counts_with_x() {
    let sandbox = Sandbox::new();
    sandbox.file("t/f", 1_000);
    sandbox.dir("t/disk");
    if !is_root("a mount") || !sandbox.mount(Path::new("t"), "t/disk", "tmpfs", "size=64k") {
        return;
    }
    sandbox.file("t/disk/g", 5_000);
    for words in ["-x t t/disk", "-x t/disk t"] {
        let root = sandbox.root().display();
        let script = format!("cd '{root}' && exec \"$0\" -i -B1 --apparent-size {words}");
        let words = ["sh", "-c", &script, PDU];
        let mut screen = Screen::start(Tree::empty(), Streams::All, &words);
        screen.wait_for("2 paths  6000 apparent in");
        screen.terminal.press(b"nHR");
        screen.wait_for("was read again");
        screen.wait_for("2 paths  6000 apparent in");
        screen.terminal.press(b"\x03");
        screen.end();
    }
}

/// An operand in another one is shown in both places, and counts once, whichever place was read last, or lost an entry.
#[test]
fn the_total_of_an_operand_in_another_one_stays_right() {
    let tree = Tree::of("a/x/op/f 100000\na/x/op/k 8\na/g 5000");
    let root = tree.root().to_owned();
    fs::hard_link(root.join("a/x/op/k"), root.join("a/link")).expect("the name is free");
    let mut screen = explore(tree, "-B1 --apparent-size a a/x/op");
    let total = |screen: &mut Screen, total: &str| {
        let wanted = format!("2 paths  {total} apparent in");
        screen.wait_until(&wanted, |screen| {
            let top = screen.contents();
            top.lines()
                .next()
                .is_some_and(|top| top.contains(&wanted) && !top.contains("reading"))
        });
    };
    total(&mut screen, "105008");
    screen.terminal.press(b"n");
    let reread = |screen: &mut Screen, keys: &[u8], path: &str| {
        screen.terminal.press(keys);
        screen.wait_for(&format!("{path} was read again"));
        // No other message is waited for next.
        screen.terminal.press(b"\x0c");
    };
    fs::write(root.join("a/x/op/new"), vec![0; 30_000]).expect("it can be written");
    reread(&mut screen, b"HjR", "a/x/op");
    // What the outer place shows is older, and it counts.
    total(&mut screen, "105008");
    reread(&mut screen, b"HR", "a");
    total(&mut screen, "135008");
    fs::remove_file(root.join("a/x/op/f")).expect("it is there");
    reread(&mut screen, b"HR", "a");
    total(&mut screen, "35008");
    reread(&mut screen, b"HjR", "a/x/op");
    total(&mut screen, "35008");
    // A removal in the inner place is seen in the outer one.
    screen.terminal.press(b"Hj\r");
    screen.wait_for("new");
    screen.terminal.press(b"Gd");
    screen.wait_for("any other key");
    std::thread::sleep(std::time::Duration::from_millis(300));
    screen.terminal.press(b"Y");
    screen.wait_for("removed 1 entry, ");
    screen.terminal.press(b"h");
    total(&mut screen, "5008");
    screen.terminal.press(b"q");
    assert_eq!(screen.end().ending(), Ok(0));
}

/// An operand that is a file and lies in another operand: its row and the total are those of the last reading, and it can
/// be read again itself. GNU du gives the same numbers.
#[test]
fn an_operand_that_is_a_file_is_counted_as_it_was_read_last() {
    const GROWS: &str = "head -c 900000 /dev/zero >> d/f";
    for (tree, words, script, rereads, (path, size, total)) in [
        // Rows: d, e, d/f. Another link was read again, and the file by its own row.
        (
            "d/f 100000\ne/l = d/f",
            "d e d/f",
            GROWS,
            &["d"][..],
            ("d/f", "1000000", "1000000"),
        ),
        (
            "d/f 100000\nd/g 1",
            "d d/f",
            GROWS,
            &["d/f", "d"],
            ("d/f", "1000000", "1000001"),
        ),
        (
            "d/f 100000\nd/g 1",
            "d d/f",
            GROWS,
            &["d", "d/f"],
            ("d/f", "1000000", "1000001"),
        ),
        // The other link has gone, or a link has come.
        (
            "d/z/f 100000\nd/k = d/z/f",
            "d d/z/f",
            "rm d/k",
            &["d"],
            ("d/z/f", "100000", "100000"),
        ),
        (
            "d/z/f 100000\nd/k = d/z/f",
            "d d/z/f",
            "rm d/k",
            &["d/z/f"],
            ("d/z/f", "100000", "100000"),
        ),
        (
            "d/z/f 100000",
            "d d/z/f",
            "ln d/z/f d/k",
            &["d"],
            ("d/z/f", "100000", "100000"),
        ),
    ] {
        let tree = Tree::of(tree);
        let root = tree.root().to_owned();
        let mut screen = explore(tree, &format!("-B1 --apparent-size {words}"));
        wait_until_read(&mut screen);
        let status = Command::new("sh")
            .args(["-c", script])
            .current_dir(root)
            .status();
        assert!(status.is_ok_and(|status| status.success()), "{script}");
        screen.terminal.press(b"n");
        for reread in rereads {
            let place = words
                .split(' ')
                .position(|word| word == *reread)
                .unwrap_or_default();
            let down = "j".repeat(place);
            screen.terminal.press(format!("H{down}R").as_bytes());
            screen.wait_for(&format!("{reread} was read again"));
            screen.terminal.press(b"\x0c");
        }
        let is_row = |row: &str| {
            row.trim_end().ends_with(&format!(" {path}")) && row.contains(&format!(" {size} "))
        };
        let what = format!("{path} with {size} bytes ({words}, {script})");
        screen.wait_until(&what, |screen| screen.contents().lines().any(is_row));
        screen.wait_for(&format!(" paths  {total} apparent in"));
        screen.terminal.press(b"q");
        screen.end();
    }
}

#[test]
fn the_time_goes_on_while_a_directory_is_read_again() {
    let sandbox = Sandbox::new();
    sandbox.file("f", 5000);
    let words = [
        PDU.into(),
        "-i".into(),
        sandbox.root().as_os_str().to_owned(),
    ];
    let mut screen = Screen::start(Tree::empty(), Streams::All, &words);
    wait_until_read(&mut screen);
    if !sandbox.mount_fuse("m", Node::dir("", vec![]).hanging(Op::Getattr)) {
        return;
    }
    screen.terminal.press(b"r");
    for text in ["reading again, ", "1 s", "2 s"] {
        screen.wait_for(text);
    }
    screen.terminal.press(CTRL_C);
    screen.wait_for("is as it was read first");
    // A key would be asked back after three seconds.
    kill_process(Pid::from_child(&screen.terminal.child), Signal::TERM).expect("it runs");
    // A thread that waits for the answer of a server keeps a process that has died.
    sandbox.end_fuse();
    assert_eq!(screen.end().ending(), Err(15));
}

#[test]
fn a_directory_that_was_replaced_is_not_read_again() {
    let tree = Tree::of("d/e/f 5000");
    let root = tree.root().to_owned();
    let mut screen = explore(tree, ".");
    screen.wait_for("d/");
    screen.terminal.press(b"\r");
    screen.wait_for("e/");
    fs::rename(root.join("d"), root.join("moved")).expect("it is ours");
    fs::create_dir_all(root.join("d/e")).expect("it is ours");
    // The row: `e`, in a directory `d` that is another one.
    screen.terminal.press(b"R");
    screen.wait_for("changed since it was read");
    screen.terminal.press(b"q");
    assert_eq!(screen.end().ending(), Ok(0));
}

#[test]
fn operands_are_rows_and_one_that_cannot_be_used_has_a_mark() {
    let tree = Tree::of("a/f 90000\nb/f 50000");
    fs::write(tree.root().join("list"), "b\0a\0").expect("it can be written");
    for words in ["a b x", "b x a"] {
        let tree = Tree::of("a/f 90000\nb/f 50000");
        let mut screen = explore(tree, words);
        wait_until_read(&mut screen);
        screen.wait_until("three rows", |screen| {
            let contents = screen.contents();
            ["a/", "b/", "x"].iter().all(|name| contents.contains(name))
        });
        let shown = rows(&mut screen);
        assert!(
            shown
                .iter()
                .any(|row| row.contains('!') && row.contains('x')),
            "{shown:?}"
        );
        screen.terminal.press(b"q");
        let left = screen.end();
        assert_eq!(left.ending(), Ok(1));
        assert!(
            left.text.contains("pdu: 1 entry could not be read"),
            "{:?}",
            left.text
        );
    }
    let mut screen = explore(tree, "--files0-from=list");
    screen.wait_for("a/");
    screen.wait_for("b/");
    screen.terminal.press(b"q");
    assert_eq!(screen.end().ending(), Ok(0));
}
