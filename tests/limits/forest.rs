//! The memory of the tree that the explorer shows: bytes for each entry, as the tree itself counts them, and the memory of
//! the whole program.

use std::fs;
use std::path::Path;
use std::thread;

use pdu::forest::{DirId, LinkCounting};
use rustix::fs::{FileType, Mode};

use crate::cgroup::Cgroup;
use crate::support::forest::{options, walk};
use crate::support::run::PDU;
use crate::support::sandbox::Sandbox;
use crate::support::screen::Screen;
use crate::support::skip::{is_long_form, size};
use crate::support::terminal::Streams;
use crate::support::tree::Tree;

/// Makes directories of so many files, with names of 20 bytes; the bytes of the tree for each entry.
fn bytes(directories: usize, files: usize) -> usize {
    let tree = Tree::empty();
    for directory in 0..directories {
        let path = tree.root().join(format!("t/directory {directory:010}"));
        fs::create_dir_all(&path).expect("directories can be made");
        for file in 0..files {
            let name = format!("file-{:010}.data", file * 7919 % 1_000_000);
            fs::write(path.join(name), vec![b'x'; file % 5000]).expect("files can be made");
        }
    }
    let links = LinkCounting::Once;
    let forest = walk(tree.root(), &["t"], options(20, links, ""), links);
    let entries = directories * (files + 1) + 1;
    assert_eq!(forest.dir(DirId::TOP).sums.entries, entries as u64);
    eprintln!("{entries} entries, {} bytes", forest.bytes());
    forest.bytes() / entries
}

#[test]
fn an_entry_of_the_explorer_takes_at_most_40_bytes() {
    // As in a home directory: ten files for each directory.
    let bushy = bytes(size(200, 20_000), 10);
    assert!(bushy <= 40, "{bushy} bytes in directories of ten files");
    // Several groups of a large directory.
    let flat = bytes(1, size(5_000, 250_000));
    assert!(flat <= 40, "{flat} bytes in one directory");
}

/// Makes directories of a thousand empty files, by two threads.
fn plant(at: &Path, directories: usize) {
    let plant = |numbers: std::iter::StepBy<std::ops::Range<usize>>| {
        for number in numbers {
            let path = at.join(format!("{}/{number}", number / 100));
            fs::create_dir_all(&path).expect("there is room");
            let directory = fs::File::open(&path).expect("it is there");
            for file in 0..1_000 {
                let name = format!("file-number-{file:07}");
                let mode = Mode::from_raw_mode(0o644);
                rustix::fs::mknodat(&directory, &name, FileType::RegularFile, mode, 0)
                    .expect("there is room");
            }
        }
    };
    thread::scope(|scope| {
        scope.spawn(|| plant((0..directories).step_by(2)));
        scope.spawn(|| plant((1..directories).step_by(2)));
    });
}

#[test]
fn ten_million_entries_are_shown_with_500_mebibytes() {
    if !is_long_form() {
        return;
    }
    let sandbox = Sandbox::new();
    if !sandbox.mount(Path::new("none"), "t", "tmpfs", "nr_inodes=0") {
        return;
    }
    plant(&sandbox.at("t"), 10_000);
    let Some(group) = Cgroup::of(500) else { return };
    let scripts = Tree::empty();
    let tree = sandbox.at("t").display().to_string();
    let join = group.join(scripts.root());
    let words: Vec<&str> = join.split(' ').chain([PDU, "-i", &tree]).collect();
    let mut screen = Screen::start(scripts, Streams::All, &words);
    // 10,000 directories, 100 around them, and the root.
    screen.wait_for("10,010,101 entries");
    screen.terminal.press(b"Q");
    let peak = group.peak();
    eprintln!("{peak} MiB");
    assert_eq!(screen.end().ending(), Ok(0));
}
