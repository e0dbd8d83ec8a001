//! What a removal touches, and what it leaves alone: `explore::remove` with a fake main thread. A test interferes while the
//! removal waits for the rows of a directory, so each race is met each time. Storms stand in `faults/races.rs`.

use std::fs;
use std::os::unix::fs::{MetadataExt, symlink};
use std::path::Path;
use std::time::{Duration, Instant};

use pdu::explore::remove::job::{EntryIdentity, Method, Root};
use pdu::explore::remove::summary::Ending;
use rustix::fs::{AtFlags, CWD, FileType, Mode, OFlags, RenameFlags, renameat_with};

use crate::support::remover::{Moment, Shown, inode_of, now};
use crate::support::run::{HANG_TIMEOUT, program, stdout};
use crate::support::sandbox::Sandbox;
use crate::support::skip::{is_root, size, skip, tool};
use crate::support::tree::Tree;

const CHANGED: &str = "changed since it was read";

/// What is on the disk, by path.
pub(crate) fn on_disk(root: &Path) -> Vec<String> {
    Shown::of(root).paths()
}

fn swap(one: &Path, other: &Path) {
    renameat_with(CWD, one, CWD, other, RenameFlags::EXCHANGE).expect("both are there");
}

#[test]
fn what_was_chosen_is_removed_and_nothing_else() {
    let tree = Tree::of(
        "a/b/f 10
         a/b/c/
         a/g 20
         a/s -> ../keep
         x 5
         keep/f 7
         keep/d/f 7
         keep/d/e/
         y 5",
    );
    rustix::fs::mknodat(CWD, tree.root().join("a/p"), FileType::Fifo, Mode::RUSR, 0)
        .expect("a FIFO can be made");
    let mut shown = Shown::of(tree.root());
    let outcome = shown.delete(&["a", "x", "keep/d"]);
    assert_eq!(on_disk(tree.root()), ["keep", "keep/f", "y"]);
    assert_eq!(shown.paths(), on_disk(tree.root()));
    assert_eq!(outcome.failures(), []);
    let summary = &outcome.summary;
    assert_eq!((summary.entries, summary.errors), (11, 0));
    assert_eq!(summary.ending, Ending::Complete);
    assert!(outcome.new_entries.is_empty());
}

#[test]
fn what_was_not_shown_stays_with_its_directories() {
    let tree = Tree::of("a/b/c/f 1\na/b/g 1\na/d/f 1\na/e/");
    let mut shown = Shown::of(tree.root());
    for (name, what) in [("a/b/c/.new", "x"), ("a/b/c/new 2", "x"), ("a/e/new", "x")] {
        fs::write(tree.root().join(name), what).expect("it can be written");
    }
    fs::create_dir(tree.root().join("a/b/c/dir")).expect("it can be made");
    let outcome = shown.delete(&["a"]);
    let expected = [
        "a",
        "a/b",
        "a/b/c",
        "a/b/c/.new",
        "a/b/c/dir",
        "a/b/c/new 2",
        "a/e",
        "a/e/new",
    ];
    assert_eq!(on_disk(tree.root()), expected);
    assert_eq!(shown.paths(), ["a", "a/b", "a/b/c", "a/e"]);
    assert_eq!(outcome.failures(), []);
    let new: Vec<(&str, u64)> = outcome
        .new_entries
        .iter()
        .map(|(path, count)| (path.as_str(), *count))
        .collect();
    assert_eq!(new, [("a/b/c", 3), ("a/e", 1)]);
    assert_eq!(
        (outcome.summary.errors, outcome.summary.with_new_entries),
        (0, 2)
    );
}

/// Replaces `a/victim` in one of many ways, and gives its name.
type Attack = (&'static str, fn(&Path));

#[test]
fn what_took_the_name_of_a_file_stays() {
    let attacks: [Attack; 6] = [
        ("a file", |root| {
            fs::rename(root.join("other"), root.join("a/victim")).expect("both are there");
        }),
        ("a link", |root| {
            fs::remove_file(root.join("a/victim")).expect("it is there");
            symlink("../keep", root.join("a/victim")).expect("the name is free");
        }),
        ("a directory", |root| {
            fs::remove_file(root.join("a/victim")).expect("it is there");
            fs::create_dir(root.join("a/victim")).expect("the name is free");
        }),
        ("a FIFO", |root| {
            fs::remove_file(root.join("a/victim")).expect("it is there");
            let at = root.join("a/victim");
            rustix::fs::mknodat(CWD, at, FileType::Fifo, Mode::RUSR, 0).expect("a FIFO");
        }),
        ("a hard link", |root| {
            fs::remove_file(root.join("a/victim")).expect("it is there");
            fs::hard_link(root.join("keep"), root.join("a/victim")).expect("the name is free");
        }),
        ("a directory with contents", |root| {
            fs::remove_file(root.join("a/victim")).expect("it is there");
            fs::create_dir(root.join("a/victim")).expect("the name is free");
            fs::write(root.join("a/victim/x"), "x").expect("it can be written");
        }),
    ];
    for (what, attack) in attacks {
        let tree = Tree::of("a/victim 1\na/z 1\nother 1\nkeep 1");
        let mut shown = Shown::of(tree.root());
        let before = on_disk(tree.root());
        attack(tree.root());
        let outcome = shown.delete(&["a"]);
        assert_eq!(outcome.failures(), [("a/victim", CHANGED)], "{what}");
        let left = on_disk(tree.root());
        assert!(left.contains(&"a/victim".to_owned()), "{what}");
        assert!(
            !left.contains(&"a/z".to_owned()),
            "{what}: an error ends nothing"
        );
        assert!(left.len() >= before.len() - 2, "{what}: {left:?}");
        assert_eq!(shown.paths(), ["a", "a/victim", "keep", "other"], "{what}");
    }
}

/// ext4 gives the number of a removed inode to the next file that is created.
#[test]
fn a_new_file_with_the_number_of_the_one_that_was_shown_stays() {
    let mut met = 0;
    for is_directory in [false, true] {
        let tree = Tree::of("a/z 1");
        let victim = tree.root().join("a/victim");
        let make = || match is_directory {
            true => fs::create_dir(&victim).expect("the name is free"),
            false => fs::write(&victim, "x").expect("the name is free"),
        };
        make();
        let mut shown = Shown::of(tree.root());
        // The clock of file systems ticks each 10 ms at most.
        std::thread::sleep(Duration::from_millis(30));
        let number = inode_of(&victim).number;
        let _ = fs::remove_file(&victim).or_else(|_| fs::remove_dir(&victim));
        let spare: Vec<_> = (0..200)
            .map(|index| tree.root().join(format!("spare-{index}")))
            .collect();
        for spare in &spare {
            make();
            if inode_of(&victim).number == number {
                break;
            }
            fs::rename(&victim, spare).expect("the name is free");
        }
        if !victim.exists() || inode_of(&victim).number != number || !has_birth(&victim) {
            continue;
        }
        met += 1;
        let outcome = shown.delete(&["a"]);
        assert_eq!(outcome.failures(), [("a/victim", CHANGED)]);
        assert!(victim.exists());
    }
    if met == 0 {
        skip("this file system does not use numbers again, or stores no time of creation");
    }
}

/// A directory that was read again has entries that were created after the first reading.
#[test]
fn the_time_of_the_reading_is_that_of_each_directory() {
    let tree = Tree::of("a/again/f 1\na/again/k/f 1\na/once/f 1");
    let mut shown = Shown::of(tree.root());
    std::thread::sleep(Duration::from_millis(30));
    for name in ["a/again/new", "a/again/k/new", "a/once/new"] {
        let at = tree.root().join(name);
        fs::write(&at, "x").expect("it can be written");
        if !has_birth(&at) {
            return skip("this file system stores no time of creation");
        }
        let (above, _) = name.rsplit_once('/').expect("it has a directory");
        let above = shown.directory(above).number;
        shown.add_file(above, b"new", inode_of(&at).number, FileType::RegularFile);
    }
    shown.directory("a/again").reread_began = Some(now());
    let outcome = shown.delete(&["a"]);
    assert_eq!(outcome.failures(), [("a/once/new", CHANGED)]);
    assert_eq!(on_disk(tree.root()), ["a", "a/once", "a/once/new"]);
}

fn has_birth(path: &Path) -> bool {
    fs::symlink_metadata(path).is_ok_and(|data| data.created().is_ok())
}

#[test]
fn what_took_the_name_of_a_directory_stays() {
    let attacks: [Attack; 4] = [
        ("a link", |root| {
            fs::rename(root.join("a/victim"), root.join("moved")).expect("it is there");
            symlink("../outside", root.join("a/victim")).expect("the name is free");
        }),
        ("a link to the directory itself", |root| {
            fs::rename(root.join("a/victim"), root.join("moved")).expect("it is there");
            symlink("../moved", root.join("a/victim")).expect("the name is free");
        }),
        ("a directory", |root| {
            swap(&root.join("a/victim"), &root.join("outside"))
        }),
        ("a file", |root| {
            fs::rename(root.join("a/victim"), root.join("moved")).expect("it is there");
            fs::write(root.join("a/victim"), "x").expect("the name is free");
        }),
    ];
    for (what, attack) in attacks {
        for early in [true, false] {
            let tree = Tree::of(
                "a/b/f 1\na/victim/f 1\na/victim/d/f 1\na/z 1\noutside/f 1\noutside/d/f 1",
            );
            let mut shown = Shown::of(tree.root());
            if early {
                attack(tree.root());
            }
            let mut before = on_disk(tree.root());
            let outcome = shown.remove(&["a"], Method::Delete, |moment| {
                // Right before the directory is opened.
                if moment.path == "a/b" && !early {
                    attack(tree.root());
                    before = on_disk(tree.root());
                }
            });
            assert_eq!(outcome.failures(), [("a/victim", CHANGED)], "{what}");
            let gone = ["a/b", "a/b/f", "a/z"];
            before.retain(|path| !gone.contains(&path.as_str()));
            assert_eq!(on_disk(tree.root()), before, "{what}, {early}");
        }
    }
}

#[test]
fn a_directory_that_moves_while_it_is_being_emptied_leads_nowhere() {
    // Deeper than the descriptors that stay open.
    for depth in [1, 3, 9, 20] {
        for moves in [0, depth / 2, depth - 1] {
            let tree = Tree::of("outside/f 1\noutside/d0/f 1");
            let mut path = "t".to_owned();
            let mut dirs = vec![path.clone()];
            for level in 0..depth {
                path += &format!("/d{level}");
                dirs.push(path.clone());
            }
            fs::create_dir_all(tree.root().join(&path)).expect("it can be made");
            for dir in &dirs {
                fs::write(tree.root().join(dir).join("a"), "x").expect("it can be written");
                fs::write(tree.root().join(dir).join("z"), "x").expect("it can be written");
            }
            let mut shown = Shown::of(tree.root());
            // The subdirectory of the directory number `moves` goes to `outside`, and `..` of it leads there.
            let victim = tree.root().join(&dirs[moves + 1]);
            let outcome = shown.remove(&["t"], Method::Delete, |moment| {
                if moment.path == path {
                    fs::rename(&victim, tree.root().join("outside/moved")).expect("it is there");
                }
            });
            let case = format!("{moves} of {depth}: {outcome:?}");
            let left = on_disk(tree.root());
            for kept in [
                "outside",
                "outside/f",
                "outside/d0",
                "outside/d0/f",
                "outside/moved",
            ] {
                assert!(
                    left.iter().any(|path| path == kept),
                    "{case}: {kept} in {left:?}"
                );
            }
            // What lay above it is gone, unless an error was told for it.
            assert!(
                !left.iter().any(|path| path == "t") || !outcome.failed.is_empty(),
                "{case}"
            );
            assert!(
                shown.paths().iter().all(|path| !path.ends_with("/z")
                    || !left.contains(path)
                    || path.starts_with("outside")),
                "{case}"
            );
        }
    }
}

#[test]
fn names_that_would_lead_elsewhere_are_refused() {
    let tree = Tree::of("a/f 1\nkeep/f 1\nf 1");
    let root = tree.root();
    let mut shown = Shown::of(root);
    let a = shown.directory("a").number;
    let keep = inode_of(&root.join("keep"));
    let file = inode_of(&root.join("keep/f")).number;
    for name in [&b".."[..], b".", b"", b"../keep", b"/", b"x\0y"] {
        shown.add_directory(a, name, keep);
    }
    let absolute = root.join("keep/f");
    for name in [&b"../keep/f"[..], absolute.as_os_str().as_encoded_bytes()] {
        shown.add_file(a, name, file, FileType::RegularFile);
    }
    let outcome = shown.run(
        &mut shown.remover(),
        shown.job(&["a"], Method::Delete),
        |_| {},
    );
    assert!(
        outcome.failed.values().all(|text| text == CHANGED),
        "{outcome:?}"
    );
    assert_eq!(on_disk(root), ["a", "f", "keep", "keep/f"]);
}

#[test]
fn operands_the_working_directory_and_those_above_it_stay() {
    let tree = Tree::of("a/operand/f 1\na/b 1\na/file 1");
    let mut shown = Shown::of(tree.root());
    shown.data_home = Some(tree.root().join("home"));
    shown.operands.push(inode_of(&tree.root().join("a/file")));
    shown
        .operands
        .push(inode_of(&tree.root().join("a/operand")));
    let text = "an operand of this run";
    for target in ["a/operand", "a/file", "a"] {
        let outcome = shown.remove(&[target], Method::Trash, |_| {});
        assert_eq!(outcome.failures(), [(target, text)]);
    }
    let outcome = shown.delete(&["a"]);
    assert_eq!(outcome.failures(), [("a/file", text), ("a/operand", text)]);
    let left = ["a", "a/file", "a/operand", "a/operand/f"];
    assert_eq!(on_disk(tree.root()), left);

    // No entry of these is in the record, and none is empty: a removal that did not refuse would fail all the same.
    let here = std::env::current_dir().expect("there is one");
    let text = "the working directory, or a directory above it";
    for directory in here.ancestors() {
        let (Some(above), Some(name)) = (directory.parent(), directory.file_name()) else {
            break;
        };
        let name = name.to_str().expect("text");
        let mut shown = Shown::empty(above);
        shown.add_directory(0, name.as_bytes(), inode_of(directory));
        assert_eq!(shown.delete(&[name]).failures(), [(name, text)]);
        assert!(directory.exists());
    }
}

#[test]
fn what_was_left_out_stays() {
    let tree = Tree::of("a/out/f 1\na/b 1\na/excluded 1");
    let mut shown = Shown::of(tree.root());
    for path in ["a/out", "a/excluded"] {
        let (directory, row) = shown.find(path);
        shown.directories[directory as usize].rows[row].found = EntryIdentity::LeftOut;
    }
    shown.data_home = Some(tree.root().join("home"));
    let outcome = shown.remove(&["a"], Method::Trash, |_| {});
    let text = "it holds entries that were left out when it was read";
    assert_eq!(outcome.failures(), [("a", text)]);
    let outcome = shown.delete(&["a"]);
    let text = "left out when it was read";
    assert_eq!(outcome.failures(), [("a/excluded", text), ("a/out", text)]);
    assert_eq!(
        on_disk(tree.root()),
        ["a", "a/excluded", "a/out", "a/out/f"]
    );
    assert!(outcome.new_entries.is_empty());
}

#[test]
fn what_has_vanished_is_no_error_and_is_not_counted() {
    let tree = Tree::of("a/b/f 1\na/c/f 1\na/f 1\na/g 1");
    let mut shown = Shown::of(tree.root());
    fs::remove_file(tree.root().join("a/f")).expect("it is there");
    fs::remove_dir_all(tree.root().join("a/b")).expect("it is there");
    let outcome = shown.delete(&["a"]);
    assert_eq!((outcome.failures(), outcome.summary.entries), (vec![], 4));
    assert!(shown.paths().is_empty() && on_disk(tree.root()).is_empty());
}

#[test]
fn large_directories_come_in_parts_and_what_stays_keeps_its_row() {
    let tree = Tree::of("a/keep-0 1");
    let at = |number: usize| tree.root().join(format!("a/f-{number:05}"));
    for number in 0..9_000 {
        fs::write(at(number), "").expect("it can be written");
    }
    let mut shown = Shown::of(tree.root());
    let changed = [0, 1, 4095, 4096, 8191, 8999];
    for number in changed {
        fs::remove_file(at(number)).expect("it is there");
        symlink("x", at(number)).expect("the name is free");
    }
    let outcome = shown.delete(&["a"]);
    let mut expected: Vec<_> = changed.map(|number| format!("a/f-{number:05}")).to_vec();
    assert!(outcome.failed.keys().eq(expected.iter()));
    assert_eq!(outcome.asked, 3);
    expected.insert(0, "a".into());
    assert_eq!(shown.paths(), expected);
    assert_eq!(on_disk(tree.root()), expected);
    assert!(outcome.new_entries.is_empty());
}

/// More entries wait on the levels of the tree than are kept in memory.
#[test]
fn rows_that_were_forgotten_are_asked_for_again() {
    const LEVELS: usize = 18;
    // In memory: a disk takes long for so many files.
    if !is_root("a mount") {
        return;
    }
    let sandbox = Sandbox::new();
    if !sandbox.mount(Path::new("t"), "disk", "tmpfs", "size=256m") {
        return;
    }
    let root = sandbox.at("disk");
    let mut at = root.join("t");
    for _ in 0..LEVELS {
        fs::create_dir(&at).expect("it can be made");
        for number in 0..4_000 {
            fs::write(at.join(format!("f{number}")), "").expect("it can be written");
        }
        at.push("d");
    }
    let mut shown = Shown::of(&root);
    let outcome = shown.delete(&["t"]);
    assert_eq!(outcome.failures(), []);
    assert_eq!(outcome.summary.entries, (LEVELS * 4_001) as u64);
    assert!(outcome.asked > LEVELS, "{} questions", outcome.asked);
    assert!(on_disk(&root).is_empty() && shown.paths().is_empty());
}

#[test]
fn a_stop_ends_the_job_at_the_next_entry() {
    let tree = Tree::of("a/b/f 1\na/b/g 1\na/c/f 1\na/d 1\nx 1");
    let mut shown = Shown::of(tree.root());
    let stop = |moment: Moment<'_>| {
        if moment.path == "a/c" {
            moment.remover.stop(moment.job);
        }
    };
    let outcome = shown.remove(&["a", "x"], Method::Delete, stop);
    assert_eq!(outcome.summary.ending, Ending::Stopped);
    assert_eq!(outcome.summary.entries, 3);
    assert_eq!(outcome.summary.errors, 0);
    assert_eq!(on_disk(tree.root()), ["a", "a/c", "a/c/f", "a/d", "x"]);
    assert_eq!(shown.paths(), on_disk(tree.root()));
}

#[test]
fn jobs_wait_for_their_turn_and_one_that_was_stopped_does_nothing() {
    let tree = Tree::of("a/f 1\nb/f 1\nc/f 1");
    let mut shown = Shown::of(tree.root());
    let mut remover = shown.remover();
    let (first, second) = (
        shown.job(&["a"], Method::Delete),
        shown.job(&["b"], Method::Delete),
    );
    let second_id = second.id;
    let mut second = Some(second);
    let outcome = shown.run(&mut remover, first, |moment| {
        if let Some(second) = second.take() {
            moment.remover.add(second).expect("the thread runs");
            moment.remover.stop(second_id);
        }
    });
    assert_eq!(outcome.summary.entries, 2);
    let ended = remover.reports().recv_timeout(HANG_TIMEOUT);
    let text = format!("{ended:?}");
    assert!(text.contains("Ended") && text.contains("Stopped"), "{text}");
    let third = shown.job(&["c"], Method::Delete);
    assert_eq!(shown.run(&mut remover, third, |_| {}).summary.entries, 2);
    assert_eq!(on_disk(tree.root()), ["b", "b/f"]);
}

#[test]
fn a_main_thread_that_ends_stops_the_removal() {
    let tree = Tree::of("a/b/f 1\na/f 1");
    let shown = Shown::of(tree.root());
    let mut remover = shown.remover();
    remover
        .add(shown.job(&["a"], Method::Delete))
        .expect("a thread starts");
    remover
        .reports()
        .recv_timeout(HANG_TIMEOUT)
        .expect("it asks");
    drop(remover);
    std::thread::sleep(Duration::from_millis(50));
    assert_eq!(on_disk(tree.root()), ["a", "a/b", "a/b/f", "a/f"]);
}

#[test]
fn a_typed_operand_is_compared_as_well() {
    let tree = Tree::of("real/a/f 1\nother/a/f 1");
    let link = tree.root().join("operand");
    symlink("real", &link).expect("the name is free");
    let real = tree.root().join("real");
    let mut shown = Shown::of(&real);
    let typed = |shown: &Shown| {
        let mut job = shown.job(&["a"], Method::Delete);
        let name = std::ffi::CString::new(link.as_os_str().as_encoded_bytes()).expect("no NUL");
        job.places[0].root = Root::Typed(name, inode_of(&real));
        job
    };
    fs::remove_file(&link).expect("it is there");
    symlink("other", &link).expect("the name is free");
    let (job, mut remover) = (typed(&shown), shown.remover());
    let outcome = shown.run(&mut remover, job, |_| {});
    assert_eq!(outcome.failures(), [("a", CHANGED)]);
    fs::remove_file(&link).expect("it is there");
    symlink("real", &link).expect("the name is free");
    let job = typed(&shown);
    let outcome = shown.run(&mut remover, job, |_| {});
    assert_eq!((outcome.failures(), outcome.summary.entries), (vec![], 2));
    assert!(on_disk(tree.root()).contains(&"other/a/f".to_owned()));
}

#[test]
fn a_way_that_has_changed_leads_nowhere() {
    // One file, so that only the directories differ.
    let tree = Tree::of("a/b/c/f 1\nx/b/c/f = a/b/c/f");
    let root = tree.root();
    for (one, other) in [("a", "x"), ("a/b", "x/b"), ("a/b/c", "x/b/c")] {
        let mut shown = Shown::of(root);
        shown.data_home = Some(root.join("home"));
        swap(&root.join(one), &root.join(other));
        let before = on_disk(root);
        for method in [Method::Delete, Method::Trash] {
            let outcome = shown.remove(&["a/b/c/f"], method, |_| {});
            assert_eq!(outcome.failures(), [("a/b/c/f", CHANGED)], "{one}");
        }
        // A link to the directory that was shown is none.
        fs::rename(root.join(other), root.join("aside")).expect("it is there");
        fs::rename(root.join(one), root.join(other)).expect("it is there");
        let ups = "../".repeat(one.matches('/').count());
        symlink(format!("{ups}aside"), root.join(one)).expect("the name is free");
        let outcome = shown.delete(&["a/b/c/f"]);
        assert_eq!(outcome.failures(), [("a/b/c/f", CHANGED)], "{one}");
        fs::remove_file(root.join(one)).expect("it is there");
        fs::rename(root.join("aside"), root.join(one)).expect("it is there");
        assert_eq!(on_disk(root), before);
    }
}

#[test]
fn files_that_may_not_be_changed_stay_and_the_rest_goes() {
    if !is_root("chattr +i") || tool("chattr").is_none() {
        return;
    }
    let tree = Tree::of("a/b/fixed 1\na/b/f 1\na/c/f 1\na/d/e/f 1\na/z 1");
    let mut shown = Shown::of(tree.root());
    let chattr = |flag: &str| {
        let mut command = program("chattr", tree.root());
        command.args([flag, "a/b/fixed", "a/d"]);
        command.status().is_ok_and(|status| status.success())
    };
    if !chattr("+i") {
        return skip("this file system has no immutable files");
    }
    let outcome = shown.delete(&["a"]);
    let left = on_disk(tree.root());
    assert!(chattr("-i"));
    let text = "Operation not permitted";
    assert_eq!(outcome.failures(), [("a/b/fixed", text), ("a/d/e", text)]);
    assert_eq!(left, ["a", "a/b", "a/b/fixed", "a/d", "a/d/e"]);
    assert_eq!(shown.paths(), left);
    assert_eq!(outcome.summary.errors, 2);
}

/// A chain of directories, made with descriptors, and its record; a file in each one.
fn deep(tree: &Tree, levels: usize) -> Shown {
    let mut shown = Shown::empty(tree.root());
    let mut at = crate::support::remover::open_path(tree.root());
    let mut number = 0;
    for _ in 0..levels {
        rustix::fs::mkdirat(&at, c"d", Mode::RWXU).expect("it can be made");
        let flags = OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC;
        at = rustix::fs::openat(&at, c"d", flags, Mode::empty()).expect("it is there");
        let stat = rustix::fs::fstat(&at).expect("it is open");
        let inode = pdu::count::usage::Inode {
            device: stat.st_dev,
            number: stat.st_ino,
        };
        number = shown.add_directory(number, b"d", inode);
        let flags = OFlags::CREATE | OFlags::WRONLY | OFlags::CLOEXEC;
        let file = rustix::fs::openat(&at, c"f", flags, Mode::RUSR).expect("it can be made");
        let stat = rustix::fs::fstat(&file).expect("it is open");
        shown.add_file(number, b"f", stat.st_ino, FileType::RegularFile);
    }
    shown.reading_began = now();
    shown
}

#[test]
fn any_depth_is_removed() {
    let levels = size(3_000, 100_000);
    let tree = Tree::empty();
    let mut shown = deep(&tree, levels);
    let outcome = shown.delete(&["d"]);
    assert_eq!(outcome.failed.len(), 0);
    assert_eq!(outcome.summary.entries, 2 * levels as u64);
    assert!(!tree.root().join("d").exists());
}

/// The deepest directory moves to the top: `..` of it leads elsewhere, and the way down from the top is linear.
#[test]
fn a_deep_tree_whose_innermost_directory_moves_is_removed_from_the_top_again() {
    const LEVELS: usize = 1_000;
    let tree = Tree::empty();
    let mut shown = deep(&tree, LEVELS);
    let mut questions = 0;
    let root = crate::support::remover::open_path(tree.root());
    let started = Instant::now();
    let outcome = shown.remove(&["d"], Method::Delete, |_| {
        questions += 1;
        if questions == LEVELS {
            // `d/d/d`, with everything below it.
            let flags = RenameFlags::NOREPLACE;
            renameat_with(&root, c"d/d/d", &root, c"moved", flags).expect("it is there");
        }
    });
    assert!(started.elapsed() < HANG_TIMEOUT);
    // Its contents were entered before it moved. It is not where it was.
    assert_eq!(outcome.failures(), []);
    let stat = rustix::fs::statat(&root, c"moved", AtFlags::SYMLINK_NOFOLLOW);
    assert!(stat.is_ok(), "what was moved away stays");
    assert_eq!(outcome.summary.entries, 2 * LEVELS as u64 - 1);
    assert_eq!(on_disk(tree.root()), ["moved"]);
}

#[test]
fn links_free_space_once_and_only_with_the_last_one() {
    let tree = Tree::of("a/f 8192\na/g = a/f\na/h 8192\nkeep = a/h");
    let blocks = |path: &str| {
        let data = fs::symlink_metadata(tree.root().join(path)).expect("it is there");
        u128::from(data.blocks() * 512)
    };
    let expected = blocks("a/f") + blocks("a");
    let mut shown = Shown::of(tree.root());
    let outcome = shown.delete(&["a"]);
    assert_eq!(
        (outcome.summary.entries, outcome.summary.bytes),
        (4, expected)
    );
    let kept = stdout({
        let mut command = program("stat", tree.root());
        command.args(["-c", "%h %s", "keep"]);
        command
    });
    assert_eq!(kept, "1 8192\n");
}
