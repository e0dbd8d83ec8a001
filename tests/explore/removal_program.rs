//! Removals by the whole program, with keys on a terminal: what removes, what is told, and which system calls are made.

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::{PermissionsExt, chown, symlink};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, SystemTime};

use rustix::process::{Pid, Signal, kill_process};

use super::removal::on_disk;
use crate::support::process::worker_of;
use crate::support::run::{PDU, copy_program, program, wait_until};
use crate::support::screen::Screen;
use crate::support::skip::{is_root, tool};
use crate::support::terminal::{Streams, can_slow_down, wait_for_strace};
use crate::support::tree::Tree;

/// Starts pdu behind another program, if there is one; gives the root of the tree.
fn start(tree: Tree, launcher: &[&str], pdu: &str, words: &str) -> (Screen, PathBuf) {
    let root = tree.root().to_owned();
    let words = words.split_whitespace();
    let words: Vec<&str> = launcher
        .iter()
        .copied()
        .chain([pdu, "-i"])
        .chain(words)
        .collect();
    (Screen::start(tree, Streams::All, &words), root)
}

/// Waits for the end of the walk, and selects the first row.
fn be_ready(screen: &mut Screen, text: &str) {
    screen.wait_until("the end of the walk", |screen| {
        let contents = screen.contents();
        contents.contains(text) && contents.contains("quit") && !contents.contains("reading")
    });
    screen.terminal.press(b"H");
}

/// Presses `d` on the selected row.
fn ask(screen: &mut Screen) {
    screen.terminal.press(b"d");
    screen.wait_for("any other key");
    // An answer that comes before the question can be read is none.
    std::thread::sleep(Duration::from_millis(300));
}

/// Removes the selected row; the word is asked for where it is a directory of the operand.
fn remove(screen: &mut Screen, answer: &[u8], told: &str) {
    ask(screen);
    screen.terminal.press(answer);
    screen.wait_for(told);
}

const SMALL: &str = "\
    t/dir/f 400000
    t/dir/sub/g 5000
    t/file 300000
    t/keep 9000
    other/f 5";

#[test]
fn only_the_answer_that_the_dialog_names_removes() {
    let (mut screen, root) = start(Tree::of(SMALL), &[], PDU, "t");
    be_ready(&mut screen, "dir/");
    let before = on_disk(&root);
    screen.terminal.press(b"j");
    for keys in [
        "\x1b", "y", "q", " ", "n", "x", "\x7f", "\x1b[3~", "D", "\x1b[A",
    ] {
        ask(&mut screen);
        screen.terminal.press(b"\r");
        screen.terminal.press(keys.as_bytes());
        screen.wait_until("no dialog", |screen| {
            !screen.contents().contains("any other key")
        });
        screen.terminal.press(b"gggg");
        assert_eq!(on_disk(&root), before, "{keys:?}");
    }
    remove(&mut screen, b"Y", "removed 1 entry, 29");
    assert!(!root.join("t/file").exists());
    assert_eq!(on_disk(&root).len(), before.len() - 1);
    // A directory of the operand asks for the word: `Y` is another key.
    screen.terminal.press(b"k");
    ask(&mut screen);
    screen.terminal.press(b"Y");
    screen.wait_until("no dialog", |screen| {
        !screen.contents().contains("any other key")
    });
    assert!(root.join("t/dir").exists());
    remove(&mut screen, b"delete", "removed 4 entries, ");
    assert_eq!(on_disk(&root), ["other", "other/f", "t", "t/keep"]);
    screen.wait_until("the row goes", |screen| !screen.contents().contains("dir/"));
    screen.terminal.press(b"q");
    assert_eq!(screen.end().ending(), Ok(0));
}

const TOO_EARLY: &str = "nothing was done: the key came before the question";

/// The main thread is busy from a moment after the question on, for 400 ms: the time of the answer is that of its reading.
#[test]
fn a_key_that_was_read_too_early_is_no_answer_however_late_it_is_handled() {
    if !can_slow_down() {
        return;
    }
    let (mut screen, root) = start(Tree::of(SMALL), &[], PDU, "t");
    be_ready(&mut screen, "dir/");
    screen.terminal.press(b"j");
    let main = worker_of(screen.terminal.child.id()).to_string();
    // Each frame asks for the size of the terminal.
    let words = "-qq -e trace=ioctl -e inject=ioctl:delay_enter=400000 -o /dev/null -p";
    let mut strace = Command::new("strace")
        .args(words.split(' ').chain([main.as_str()]))
        .spawn()
        .expect("it was found");
    std::thread::sleep(Duration::from_secs(1));
    screen.terminal.press(b"d");
    screen.wait_for("any other key");
    // The wheel is no answer; a frame follows.
    screen.terminal.press(b"\x1b[<64;10;5M");
    std::thread::sleep(Duration::from_millis(90));
    screen.terminal.press(b"Y");
    screen.wait_until("an answer", |screen| {
        !screen.contents().contains("any other key")
    });
    assert!(root.join("t/file").exists());
    assert!(screen.now().contents().contains(TOO_EARLY));
    strace.kill().expect("it is ours");
    strace.wait().expect("it was started");
    screen.terminal.press(b"q");
    screen.end();
}

/// What is typed while the process is stopped is for the shell, also right after the question.
#[test]
fn a_key_that_was_typed_while_the_process_was_stopped_is_no_answer() {
    let (mut screen, root) = start(Tree::of(SMALL), &[], PDU, "t");
    be_ready(&mut screen, "dir/");
    screen.terminal.press(b"j");
    let parent = screen.terminal.child.id();
    let send = |signal| {
        let all = [parent, worker_of(parent)].map(|pid| Pid::from_raw(pid as i32));
        let sent = all.map(|pid| kill_process(pid.expect("a process"), signal));
        assert_eq!(sent, [Ok(()); 2]);
    };
    for pause in (0..6).map(|step| step * 40) {
        screen.terminal.press(b"d");
        screen.wait_for("any other key");
        std::thread::sleep(Duration::from_millis(pause));
        send(Signal::STOP);
        screen.terminal.press(b"Y");
        // The thread of the keys takes a look that lasts 300 ms for a stop. Of a shorter one only the signal tells.
        std::thread::sleep(Duration::from_millis(500));
        send(Signal::CONT);
        screen.wait_for(TOO_EARLY);
        assert!(root.join("t/file").exists(), "{pause} ms");
    }
    screen.terminal.press(b"q");
    screen.end();
}

#[test]
fn new_entries_stay_and_are_told() {
    let (mut screen, root) = start(Tree::of(SMALL), &[], PDU, "t");
    be_ready(&mut screen, "dir/");
    fs::write(root.join("t/dir/sub/new"), "precious").expect("it can be written");
    remove(
        &mut screen,
        b"delete",
        "1 directory has new entries, r reads them",
    );
    screen.terminal.press(b"\r");
    screen.wait_until("the flag", |screen| {
        let contents = screen.contents();
        let mut rows = contents.lines().filter(|row| row.contains("sub/"));
        rows.any(|row| row.starts_with("   +"))
    });
    let expected = [
        "other",
        "other/f",
        "t",
        "t/dir",
        "t/dir/sub",
        "t/dir/sub/new",
        "t/file",
        "t/keep",
    ];
    assert_eq!(on_disk(&root), expected);
    screen.terminal.press(b"q");
    screen.end();
}

/// Rotating backups: the operand is renamed, and a new one holds links of the same files.
#[test]
fn after_a_second_reading_the_new_operand_is_meant() {
    let tree = Tree::of("t/f 50000\nt/g 500");
    let (mut screen, root) = start(tree, &[], PDU, "t");
    be_ready(&mut screen, " f");
    fs::rename(root.join("t"), root.join("old")).expect("it is there");
    fs::create_dir(root.join("t")).expect("the name is free");
    fs::hard_link(root.join("old/f"), root.join("t/f")).expect("the name is free");
    fs::write(root.join("t/new"), "x").expect("it can be written");
    remove(&mut screen, b"Y", "removed 1 entry, ");
    // The descriptor of the operand that was read leads to the old one.
    assert_eq!(on_disk(&root), ["old", "old/g", "t", "t/f", "t/new"]);
    fs::hard_link(root.join("t/f"), root.join("old/f")).expect("the name is free");
    screen.terminal.press(b"r");
    screen.wait_for("was read again");
    screen.terminal.press(b"H");
    remove(&mut screen, b"Y", "removed 1 entry, ");
    assert_eq!(on_disk(&root), ["old", "old/f", "old/g", "t", "t/new"]);
    screen.terminal.press(b"q");
    assert_eq!(screen.end().ending(), Ok(0));
}

/// The file system of a directory that is to be read again does not answer: a removal does not wait, and keeps to what
/// was shown.
#[test]
fn a_removal_goes_before_a_second_reading_that_waits() {
    if !can_slow_down() {
        return;
    }
    let tree = Tree::of("t/d/sub/f 300000\nt/d/sub/g 1\nt/keep 1\nnew 5");
    let inject = "inject=openat2:delay_enter=1500000:when=1";
    let (mut screen, root) = traced(tree, &["-e", "trace=openat2", "-e", inject]);
    be_ready(&mut screen, "keep");
    screen.terminal.press(b"\r");
    screen.wait_for("sub/");
    screen.terminal.press(b"R");
    fs::rename(root.join("new"), root.join("t/d/sub/new")).expect("it is there");
    remove(&mut screen, b"Y", "removed 2 entries, ");
    let left = ["t", "t/d", "t/d/sub", "t/d/sub/new", "t/keep", "trace"];
    assert_eq!(on_disk(&root), left);
    screen.wait_for("new entries");
    screen.terminal.press(b"j");
    screen.wait_for("was read again");
    screen.terminal.press(b"\x03");
    assert_eq!(screen.end().ending(), Ok(0));
}

/// Old files take the places of those that were shown, with the same numbers and sizes.
#[test]
fn a_question_is_dropped_when_its_directory_was_read_again() {
    if !can_slow_down() {
        return;
    }
    let tree = Tree::of("t/d/sub/f 5000\nt/keep 1\nprecious 5000");
    let inject = "inject=openat2:delay_enter=1300000:when=1";
    let (mut screen, root) = traced(tree, &["-e", "trace=openat2", "-e", inject]);
    be_ready(&mut screen, "keep");
    screen.terminal.press(b"\r");
    screen.wait_for("sub/");
    screen.terminal.press(b"R");
    fs::rename(root.join("t/d/sub/f"), root.join("old")).expect("it is there");
    fs::rename(root.join("precious"), root.join("t/d/sub/p")).expect("it is there");
    ask(&mut screen);
    screen.wait_until("no question", |screen| {
        !screen.contents().contains("any other key")
    });
    screen.terminal.press(b"Y");
    screen.wait_for("no meaning");
    assert!(root.join("t/d/sub/p").exists());
    screen.terminal.press(b"\x03");
    assert_eq!(screen.end().ending(), Ok(0));
}

/// It may be this entry, or lie in it.
#[test]
fn nothing_is_removed_while_an_operand_was_not_read() {
    if !can_slow_down() {
        return;
    }
    let tree = Tree::of("t/d/f 1\nt/keep 300000");
    let inject = "inject=getdents64:delay_enter=800000";
    let slow = [
        "strace",
        "-DDD",
        "-f",
        "-qq",
        "-o",
        "trace",
        "-e",
        "trace=getdents64",
        "-e",
        inject,
    ];
    let (mut screen, root) = start(tree, &slow, PDU, "-j1 t t/d");
    screen.wait_for("t/d");
    screen.terminal.press(b"n");
    screen.terminal.press(b"H\r");
    screen.wait_for("keep");
    screen.terminal.press(b"Gd");
    screen.wait_for("another operand was not read");
    screen.wait_until("the end of the walk", |screen| {
        !screen.contents().contains("reading")
    });
    screen.terminal.press(b"G");
    remove(&mut screen, b"Y", "removed 1 entry, ");
    assert_eq!(on_disk(&root), ["t", "t/d", "t/d/f", "trace"]);
    screen.terminal.press(b"\x03");
    screen.end();
}

#[test]
fn nothing_is_removed_while_a_list_may_name_more_operands() {
    let tree = Tree::of("t/d/f 1\nt/keep 300000");
    let root = tree.root().to_owned();
    let script = "{ printf 't\\0'; read < go; printf 't/d\\0'; } | \"$0\" -i --files0-from=-";
    let made = program("mkfifo", &root).arg("go").status();
    assert!(made.is_ok_and(|status| status.success()));
    let mut screen = Screen::start(tree, Streams::All, &["bash", "-c", script, PDU]);
    screen.wait_for(" t/");
    screen.terminal.press(b"\r");
    screen.wait_for("keep");
    screen.terminal.press(b"d");
    screen.wait_for("another operand was not read");
    fs::write(root.join("go"), "\n").expect("a reader");
    screen.wait_until("the end of the walk", |screen| {
        !screen.contents().contains("reading")
    });
    screen.terminal.press(b"\x03");
    screen.end();
}

/// What the rest of the list names may lie anywhere.
#[test]
fn nothing_is_removed_where_a_list_could_not_be_read_to_its_end() {
    if !can_slow_down() {
        return;
    }
    let tree = Tree::of("t/d/f 1\nt/keep 300000");
    let list = "t\0".to_owned() + &"missing\0".repeat(600);
    fs::write(tree.root().join("list"), list).expect("it can be written");
    let launcher = [
        "strace",
        "-DDD",
        "-f",
        "-qq",
        "-o",
        "trace",
        "-P",
        "list",
        "-e",
        "trace=read",
        "-e",
        "inject=read:error=EIO:when=2",
    ];
    let (mut screen, _) = start(tree, &launcher, PDU, "--files0-from=list");
    be_ready(&mut screen, " t/");
    screen.terminal.press(b"\r");
    screen.wait_for("keep");
    screen.terminal.press(b"d");
    screen.wait_for("another operand was not read");
    screen.terminal.press(b"\x03");
    screen.end();
}

/// An operand in another one is shown twice: marked in both places, its entries are removed, and counted, once.
#[test]
fn entries_that_are_shown_twice_are_removed_once() {
    let (mut screen, root) = start(Tree::of("t/d/f 100000\nt/d/keep 5"), &[], PDU, "t t/d");
    be_ready(&mut screen, "t/d");
    // The row of t/d below t, and the file in it; then the operand t/d, and the same file.
    for keys in [&b"nH\rH\rH"[..], b" ", b"<<", b"G\rH", b" "] {
        screen.terminal.press(keys);
        std::thread::sleep(Duration::from_millis(100));
    }
    screen.wait_for("2 marks");
    ask(&mut screen);
    screen.wait_for("Remove t/d/f");
    screen.wait_for("1 entry, ");
    screen.terminal.press(b"Y");
    screen.wait_for("removed 1 entry, ");
    assert_eq!(on_disk(&root), ["t", "t/d", "t/d/keep"]);
    // The other place is read again now; Ctrl-C would end that only.
    screen.terminal.press(b"q");
    screen.end();
}

/// With `-l` as without.
#[test]
fn an_operand_in_a_target_is_not_counted_in_the_question() {
    for words in ["t t/d/o", "-l t t/d/o"] {
        let (mut screen, root) = start(Tree::of("t/d/o/k 100000\nt/d/f 1"), &[], PDU, words);
        be_ready(&mut screen, "t/d/o");
        screen.terminal.press(b"n");
        screen.terminal.press(b"H\r");
        screen.wait_for(" d/");
        screen.terminal.press(b"d");
        screen.wait_for("stay: 1 on other");
        screen.wait_for("2 entries, 8 KiB");
        screen.wait_for("any other key");
        std::thread::sleep(Duration::from_millis(300));
        screen.terminal.press(b"delete");
        screen.wait_for("removed 1 entry, 4 KiB; 1 error");
        assert_eq!(on_disk(&root), ["t", "t/d", "t/d/o", "t/d/o/k"]);
        screen.terminal.press(b"q");
        assert_eq!(screen.end().ending(), Ok(1));
    }
}

/// Several marks, one of them a directory that was read again because of its new entries.
#[test]
fn what_was_read_again_can_be_removed() {
    let (mut screen, root) = start(Tree::of(SMALL), &[], PDU, "t");
    be_ready(&mut screen, "dir/");
    for name in ["t/dir/new", "t/dir/sub/new"] {
        fs::write(root.join(name), "x").expect("it can be written");
    }
    remove(&mut screen, b"delete", "new entries, r reads them");
    screen.terminal.press(b"R");
    screen.wait_for("was read again");
    screen.terminal.press(b" H ");
    remove(&mut screen, b"delete", "removed 5 entries, ");
    assert_eq!(on_disk(&root), ["other", "other/f", "t", "t/keep"]);
    screen.terminal.press(b"q");
    assert_eq!(screen.end().ending(), Ok(0));
}

#[test]
fn what_may_not_be_removed_stays_with_status_1() {
    if !is_root("another user") || tool("setpriv").is_none() {
        return;
    }
    let tree = Tree::of("t/locked/f 9000\nt/open/g 5000\nt/open/h 5000\nkeep 1");
    copy_program(Path::new(PDU), &tree.root().join("pdu"));
    give(
        &tree,
        &[("t", 0o755), ("t/locked", 0o555), ("t/open", 0o755)],
    );
    let (mut screen, root) = start(tree, &AS_NOBODY, "./pdu", "t");
    be_ready(&mut screen, "locked/");
    // Both, by marks.
    screen.terminal.press(b"*");
    remove(&mut screen, b"delete", "removed 3 entries, 20");
    screen.wait_for("1 error");
    let left: Vec<String> = on_disk(&root.join("t"));
    assert_eq!(left, ["locked", "locked/f"]);
    screen.terminal.press(b"!");
    screen.wait_for("Permission denied");
    screen.terminal.press(b"\x1b");
    screen.wait_until("no panel", |screen| !screen.contents().contains("Errors"));
    screen.terminal.press(b"q");
    assert_eq!(screen.end().ending(), Ok(1));
}

/// It was read first by its name, and then another one took that.
#[test]
fn what_an_operand_was_before_it_was_read_again_stays() {
    for is_retargeted in [false, true] {
        let tree = Tree::of("a/x/op/f 9000\na/x2/op2/f 1\na/x/g 9000");
        let link = tree.root().join("link");
        symlink("a/x/op", &link).expect("the name is free");
        let (mut screen, root) = start(tree, &[], PDU, "-D link a");
        be_ready(&mut screen, "link");
        fs::remove_file(&link).expect("it is there");
        if is_retargeted {
            symlink("a/x2/op2", &link).expect("the name is free");
        }
        screen.terminal.press(b"nGR");
        screen.wait_for("link was read again");
        screen.terminal.press(b"H\r");
        screen.wait_for("x/");
        // Both directories.
        screen.terminal.press(b"*d");
        screen.wait_for(if is_retargeted { "stay: 2" } else { "stay: 1" });
        std::thread::sleep(Duration::from_millis(300));
        screen.terminal.press(b"delete");
        screen.wait_for("removed ");
        assert!(root.join("a/x/op/f").exists() && !root.join("a/x/g").exists());
        assert_eq!(root.join("a/x2/op2/f").exists(), is_retargeted);
        screen.terminal.press(b"q");
        screen.end();
    }
}

/// File systems use numbers again.
#[test]
fn a_mark_of_an_entry_that_was_changed_is_dropped_by_the_next_reading() {
    let tree = Tree::of("t/f 9000\nt/g 1\nt/d/h 1\nt/e/i 1");
    let directory = fs::File::open(tree.root().join("t/d")).expect("it is there");
    let set = directory.set_modified(SystemTime::UNIX_EPOCH);
    set.expect("it is ours");
    let (mut screen, root) = start(tree, &[], PDU, "t");
    be_ready(&mut screen, " f");
    screen.terminal.press(b"*");
    screen.wait_for("4 marks");
    fs::write(root.join("t/f"), "new").expect("it can be written");
    // Most file systems give its number to the new one.
    fs::remove_dir_all(root.join("t/d")).expect("it is there");
    fs::create_dir(root.join("t/d")).expect("it can be written");
    fs::write(root.join("t/d/new"), "new").expect("it can be written");
    screen.terminal.press(b"r");
    screen.wait_for("t was read again; ");
    let contents = screen.now().contents();
    assert!(
        contents.contains("; 2 marks in it were dropped"),
        "{contents}"
    );
    screen.terminal.press(b"\x03");
    screen.end();
}

const AS_NOBODY: [&str; 4] = [
    "setpriv",
    "--reuid=65534",
    "--regid=65534",
    "--clear-groups",
];

/// Gives entries to nobody, with these permissions.
fn give(tree: &Tree, entries: &[(&str, u32)]) {
    for (name, mode) in entries {
        let at = tree.root().join(name);
        chown(&at, Some(65534), None).expect("we are root");
        fs::set_permissions(&at, fs::Permissions::from_mode(*mode)).expect("we are root");
    }
}

/// It cannot be searched, so `..` does not lead upwards.
#[test]
fn a_working_directory_that_cannot_be_searched_stays() {
    if !is_root("another user") || tool("setpriv").is_none() {
        return;
    }
    let tree = Tree::of("t/x/c/f 9000\nt/x/c/d/\nt/y/f 1");
    copy_program(Path::new(PDU), &tree.root().join("pdu"));
    let all = ["t", "t/x", "t/x/c", "t/x/c/d", "t/y"];
    give(&tree, &all.map(|name| (name, 0o755)));
    let script = "cd t/x/c && chmod 400 . && exec \"$0\" -i \"$1/t\"";
    let root = tree.root().to_owned();
    let (program, at) = (root.join("pdu"), root.display().to_string());
    let program = program.display().to_string();
    let words = AS_NOBODY.iter().copied();
    let words: Vec<&str> = words.chain(["sh", "-c", script, &program, &at]).collect();
    let mut screen = Screen::start(tree, Streams::All, &words);
    be_ready(&mut screen, "x/");
    screen.terminal.press(b"*");
    remove(&mut screen, b"delete", "removed 2 entries, ");
    assert!(root.join("t/x/c").exists() && !root.join("t/y").exists());
    screen.terminal.press(b"\x03");
    screen.end();
}

/// What it is cannot be known: it may be the entry that is to be removed.
#[test]
fn nothing_is_removed_while_an_operand_could_not_be_looked_at() {
    if !is_root("another user") || tool("setpriv").is_none() {
        return;
    }
    for (words, message) in [
        ("locked/link/x t", "another operand was not read"),
        ("missing t", "Remove t/x"),
    ] {
        let tree = Tree::of("t/x/f 9000\nlocked/f 1");
        copy_program(Path::new(PDU), &tree.root().join("pdu"));
        give(&tree, &[("t", 0o755), ("t/x", 0o755)]);
        let locked = tree.root().join("locked");
        symlink("../t", locked.join("link")).expect("the name is free");
        let mode = fs::Permissions::from_mode(0o700);
        fs::set_permissions(locked, mode).expect("we are root");
        let (mut screen, _) = start(tree, &AS_NOBODY, "./pdu", words);
        be_ready(&mut screen, "t/");
        screen.terminal.press(b"nG\r");
        screen.wait_for("x/");
        screen.terminal.press(b"d");
        screen.wait_for(message);
        screen.terminal.press(b"z");
        screen.wait_until("no question", |screen| {
            !screen.contents().contains("any other key")
        });
        screen.terminal.press(b"\x03");
        screen.end();
    }
}

/// pdu behind strace with these options; the trace goes to a file.
fn traced(tree: Tree, options: &[&str]) -> (Screen, PathBuf) {
    let trace = tree.root().join("trace");
    let trace = trace.to_str().expect("text").to_owned();
    let launcher = ["strace", "-DDD", "-f", "-qq", "-o", &trace];
    let launcher: Vec<&str> = launcher
        .into_iter()
        .chain(options.iter().copied())
        .collect();
    let (screen, root) = start(tree, &launcher, PDU, "t");
    wait_for_strace(&screen.terminal.child);
    (screen, root)
}

/// The lines of the thread that removes, without its number.
fn removal_of(root: &Path) -> Vec<String> {
    let trace = fs::read_to_string(root.join("trace")).expect("strace wrote it");
    let (thread, _) = trace
        .lines()
        .find(|line| line.contains(" unlinkat("))
        .and_then(|line| line.split_once(' '))
        .expect("something was removed");
    let lines = trace.lines().filter_map(|line| line.strip_prefix(thread));
    lines.map(|line| line.trim().to_owned()).collect()
}

#[test]
fn a_removal_names_one_component_below_a_descriptor_and_holds_few() {
    if !can_slow_down() {
        return;
    }
    let deep = "d/".repeat(40);
    let tree = Tree::of(&format!("t/{deep}f 1\nt/d/g 300000\nt/d/d/h 1\nt/keep 1"));
    let calls =
        "trace=openat,openat2,open,creat,unlink,unlinkat,rmdir,rename,renameat,renameat2,close";
    let (mut screen, root) = traced(tree, &["-e", calls]);
    be_ready(&mut screen, "keep");
    remove(&mut screen, b"delete", "removed 43 entries, ");
    assert_eq!(on_disk(&root.join("t")), ["keep"]);
    screen.terminal.press(b"q");
    let lines = removal_of(&root);
    screen.end();
    let mut open = BTreeSet::new();
    let mut most = 0;
    let mut removed = 0;
    for line in &lines {
        assert!(!line.contains("\"/"), "an absolute path: {line}");
        let call = line.split('(').next().unwrap_or_default();
        let fd = line
            .rsplit("= ")
            .next()
            .and_then(|fd| fd.parse::<i32>().ok());
        match call {
            "openat" | "openat2" => {
                if call == "openat2" {
                    let flags = "RESOLVE_NO_XDEV|RESOLVE_NO_SYMLINKS|RESOLVE_BENEATH";
                    assert!(line.contains(flags), "{line}");
                }
                assert!(
                    line.contains("O_PATH") || line.contains("O_DIRECTORY"),
                    "{line}"
                );
                open.extend(fd.filter(|fd| *fd >= 0));
                most = most.max(open.len());
            }
            "close" => {
                let fd = line.trim_start_matches("close(").split(')').next();
                open.remove(&fd.and_then(|fd| fd.parse().ok()).unwrap_or(-1));
            }
            "unlinkat" => {
                assert!(!line.contains("AT_FDCWD"), "{line}");
                removed += 1;
            }
            other => panic!("{other}: {line}"),
        }
    }
    assert_eq!(removed, 43);
    assert!((8..=16).contains(&most), "{most} descriptors");
}

#[test]
fn a_disk_error_is_told_and_the_rest_is_removed() {
    if !can_slow_down() {
        return;
    }
    let tree = Tree::of("t/d/a 300000\nt/d/b 1\nt/d/c 1\nt/d/e/f 1\nt/keep 1");
    let inject = "inject=unlinkat:error=EIO:when=2";
    let (mut screen, root) = traced(tree, &["-e", "trace=unlinkat", "-e", inject]);
    be_ready(&mut screen, "keep");
    remove(&mut screen, b"delete", "; 1 error");
    let left = on_disk(&root.join("t"));
    assert_eq!(left.len(), 3, "{left:?}");
    screen.terminal.press(b"!");
    screen.wait_for("Input/output error");
    screen.terminal.press(b"\x1b");
    screen.wait_until("no panel", |screen| !screen.contents().contains("Errors"));
    screen.terminal.press(b"q");
    assert_eq!(screen.end().ending(), Ok(1));
}

/// The program notices that something was mounted since it has read a file system inside the operand; `r` reads it again.
#[test]
fn a_mount_since_the_reading_is_noticed() {
    if !is_root("a mount") || tool("unshare").is_none() || tool("nsenter").is_none() {
        return;
    }
    let tree = Tree::of("t/disk/\nt/keep 1\nother/");
    let disk = "mount -t tmpfs -o size=64k t t/disk && echo x > t/disk/f && exec \"$0\" -i t";
    let words = ["unshare", "-m", "sh", "-c", disk, PDU];
    let root = tree.root().to_owned();
    let mut screen = Screen::start(tree, Streams::All, &words);
    be_ready(&mut screen, "disk/");
    screen.terminal.press(b"n");
    screen.terminal.press(b"H\r");
    screen.wait_for(" f");
    let namespace = format!("--mount=/proc/{}/ns/mnt", screen.terminal.child.id());
    let mut enter = program("nsenter", &root);
    enter.args([&namespace, "--wd=.", "mount", "-t", "tmpfs", "t", "other"]);
    assert!(enter.status().is_ok_and(|status| status.success()));
    remove(&mut screen, b"Y", "removed 0 entries, 0 B; 1 error");
    screen.terminal.press(b"r");
    screen.wait_for("was read again");
    remove(&mut screen, b"Y", "removed 1 entry, 4 KiB");
    screen.terminal.press(b"q");
    assert_eq!(screen.end().ending(), Ok(1));
}

/// A stale cache of a network file system says so.
#[test]
fn what_is_said_to_have_vanished_and_is_there_stays() {
    if !can_slow_down() {
        return;
    }
    let tree = Tree::of("t/a 9000\nt/keep 1");
    let inject = "inject=unlinkat:error=ENOENT";
    let (mut screen, root) = traced(tree, &["-e", "trace=unlinkat", "-e", inject]);
    be_ready(&mut screen, "keep");
    remove(&mut screen, b"Y", "removed 0 entries, 0 B; 1 error");
    screen.wait_until("the row", |screen| screen.contents().contains(" a"));
    assert_eq!(on_disk(&root), ["t", "t/a", "t/keep", "trace"]);
    screen.terminal.press(b"q");
    assert_eq!(screen.end().ending(), Ok(1));
}

/// Between an interrupted call and the next one, another file may take the name.
#[test]
fn an_interrupted_call_compares_again() {
    if !can_slow_down() {
        return;
    }
    let tree = Tree::of("t/a 9000\nt/keep 1\nother 5");
    let inject = "inject=unlinkat:error=EINTR:delay_exit=1000000:when=1";
    let (mut screen, root) = traced(tree, &["-e", "trace=unlinkat", "-e", inject]);
    be_ready(&mut screen, "keep");
    ask(&mut screen);
    screen.terminal.press(b"Y");
    let trace = root.join("trace");
    let is_called = || fs::read_to_string(&trace).is_ok_and(|text| text.contains("unlinkat("));
    wait_until("the call", is_called);
    fs::rename(root.join("other"), root.join("t/a")).expect("both are there");
    screen.wait_for("removed 0 entries, 0 B; 1 error");
    assert!(root.join("t/a").exists());
    screen.terminal.press(b"q");
    assert_eq!(screen.end().ending(), Ok(1));
}

/// NFS and old FUSE servers cannot rename without replacing.
#[test]
fn a_file_system_without_a_safe_rename_says_so() {
    if !can_slow_down() {
        return;
    }
    let tree = Tree::of("t/a 9000\nt/keep 1");
    let home = format!("XDG_DATA_HOME={}", tree.root().join("home").display());
    let inject = "inject=renameat2:error=EINVAL";
    let options = ["-E", &home, "-e", "trace=renameat2,unlinkat", "-e", inject];
    let (mut screen, root) = traced(tree, &options);
    be_ready(&mut screen, "keep");
    remove(
        &mut screen,
        b"t",
        "moved 0 entries to the trash, 0 B as shown; 1 error",
    );
    screen.terminal.press(b"!");
    screen.wait_for("to the trash; Y deletes");
    let left = ["home", "t", "t/a", "t/keep", "trace"];
    assert_eq!(on_disk(&root), left);
    screen.terminal.press(b"\x1b");
    screen.wait_until("no panel", |screen| !screen.contents().contains("Errors"));
    screen.terminal.press(b"q");
    assert_eq!(screen.end().ending(), Ok(1));
}

#[test]
fn a_kernel_without_openat2_removes_as_well() {
    if !can_slow_down() {
        return;
    }
    let tree = Tree::of("t/d/a 300000\nt/d/e/f 1\nt/d/e/s -> ../../keep\nt/keep 1");
    let inject = "inject=openat2:error=ENOSYS";
    let calls = "trace=openat2,openat,unlinkat";
    let (mut screen, root) = traced(tree, &["-e", calls, "-e", inject]);
    be_ready(&mut screen, "keep");
    remove(&mut screen, b"delete", "removed 5 entries, ");
    assert_eq!(on_disk(&root.join("t")), ["keep"]);
    screen.terminal.press(b"q");
    let lines = removal_of(&root);
    screen.end();
    let tried = lines
        .iter()
        .filter(|line| line.starts_with("openat2("))
        .count();
    assert_eq!(tried, 1, "{lines:?}");
}

#[test]
fn what_is_killed_amid_a_removal_has_removed_a_part_and_nothing_else() {
    if !can_slow_down() {
        return;
    }
    let files: String = (0..200)
        .map(|number| format!("t/d/{}/f{number} 10\n", number % 9))
        .collect();
    let tree = Tree::of(&format!("{files}t/d/big 300000\nt/keep 1\nother/f 1"));
    let before = on_disk(tree.root());
    let inject = "inject=unlinkat:delay_enter=5000";
    let (mut screen, root) = traced(tree, &["-e", "trace=unlinkat", "-e", inject]);
    be_ready(&mut screen, "keep");
    ask(&mut screen);
    screen.terminal.press(b"delete");
    let trace = root.join("trace");
    let removed = || fs::read_to_string(&trace).map_or(0, |text| text.lines().count());
    wait_until("a part is gone", || removed() > 20);
    screen.terminal.child.kill().expect("it runs");
    let _ = screen.terminal.child.wait();
    let mut left = on_disk(&root);
    left.retain(|path| path != "trace");
    assert!(left.len() > 20, "{left:?}");
    assert!(left.iter().all(|path| before.contains(path)), "{left:?}");
    for kept in ["t", "t/keep", "other", "other/f"] {
        assert!(left.iter().any(|path| path == kept), "{kept}");
    }
}
