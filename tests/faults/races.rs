//! Races: trees that others change, or turn against us, while they are counted.
//!
//! `PDU_THOROUGH=1` makes many more scans. Each test counts how often the race was really met, so that one that
//! meets none is not taken for a success.

use std::fs::{self, File};
use std::os::unix::fs::symlink;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread::JoinHandle;

use crate::support::run::{Answer, PDU, program, run};
use crate::support::sandbox::Sandbox;
use crate::support::skip::{is_root, skip, thorough};
use rustix::fs::{CWD, RenameFlags, renameat_with};
use rustix::mount::UnmountFlags;

/// Does something again and again on a thread of its own, until dropped.
struct Storm {
    stop: Arc<AtomicBool>,
    rounds: Arc<AtomicU64>,
    thread: Option<JoinHandle<()>>,
}

impl Storm {
    fn start(mut round: impl FnMut(u64) + Send + 'static) -> Self {
        let (stop, rounds) = (Arc::<AtomicBool>::default(), Arc::<AtomicU64>::default());
        let (stopped, counted) = (Arc::clone(&stop), Arc::clone(&rounds));
        let thread = std::thread::spawn(move || {
            while !stopped.load(Ordering::Relaxed) {
                round(counted.fetch_add(1, Ordering::Relaxed));
            }
        });
        Self {
            stop,
            rounds,
            thread: Some(thread),
        }
    }

    fn rounds(&self) -> u64 {
        self.rounds.load(Ordering::Relaxed)
    }
}

impl Drop for Storm {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            let ended = thread.join();
            assert!(
                ended.is_ok() || std::thread::panicking(),
                "the storm failed"
            );
        }
    }
}

/// pdu with at most so many descriptors.
fn scan(sandbox: &Sandbox, words: &str, descriptors: u32) -> Answer {
    let script = format!("ulimit -n {descriptors}; exec \"$0\" {words}");
    let mut command = program("/bin/sh", sandbox.root());
    command.args(["-c", &script, PDU]);
    run(command)
}

// ---------------------------------------------------------------- swapped for a link (F35)

const PAIRS: u64 = 20;
/// Size of the file outside, which must not be counted.
const OUTSIDE: u64 = 1 << 40;
/// Size of a file inside.
const INSIDE: u64 = 100_000;

/// `t/N/dir/deep/file` and `t/N/link`, which leads to a tree of the same names outside.
fn traps(sandbox: &Sandbox) {
    sandbox.dir("outside/deep");
    for name in ["outside/deep/file", "outside/file"] {
        let file = File::create(sandbox.at(name)).expect("files can be made");
        file.set_len(OUTSIDE).expect("it is sparse");
    }
    for pair in 0..PAIRS {
        sandbox.file(&format!("t/{pair}/dir/deep/file"), INSIDE as usize);
        symlink("../../outside", sandbox.at(&format!("t/{pair}/link"))).expect("links can be made");
    }
}

#[test]
fn a_directory_swapped_for_a_link_leads_nowhere() {
    let sandbox = Sandbox::new();
    traps(&sandbox);
    let at = sandbox.at("t");
    let storm = Storm::start(move |round| {
        let pair = at.join((round % PAIRS).to_string());
        let (dir, link) = (pair.join("dir"), pair.join("link"));
        renameat_with(CWD, dir, CWD, link, RenameFlags::EXCHANGE).expect("they are there");
    });
    let scans = if thorough() { 10_000 } else { 200 };
    let own = u128::from(PAIRS * (INSIDE + "../../outside".len() as u64));
    let mut met = 0;
    for number in 0..scans {
        let threads = [1, 2, 20][number % 3];
        let descriptors = [1024, 16][number / 3 % 2];
        let answer = scan(&sandbox, &format!("-j{threads} -sb t"), descriptors);
        let sum = answer.number("t");
        assert!(sum < u128::from(OUTSIDE), "it was led outside: {answer:?}");
        assert_eq!(
            (answer.errors.as_str(), answer.status.code()),
            ("", Some(0))
        );
        met += usize::from(sum != own);
    }
    let rounds = storm.rounds();
    drop(storm);
    eprintln!("{scans} scans, {rounds} swaps: {met} scans met one between two of their calls");
    assert!(met > 0 || scans == 200, "no scan met a swap in {rounds}");
    if met == 0 {
        skip("no scan met a swap here");
    }
}

// ---------------------------------------------------------------- storms (F18, F32)

/// Directories and files that come, go and change their names below `at`.
fn churn(at: &Path, round: u64) {
    let name = |kind: &str, number: u64| at.join(format!("{kind}-{}", number % 40));
    let number = round.wrapping_mul(7);
    let dir = name("dir", number);
    let _ = fs::create_dir_all(dir.join("a/b/c"));
    let _ = fs::write(dir.join("a/file"), [0; 100]);
    let _ = fs::write(name("file", number), [0; 100]);
    let _ = fs::rename(name("dir", number + 13), name("moved", number));
    let _ = fs::rename(name("moved", number + 5), dir.join("a/b/taken"));
    let _ = fs::rename(name("file", number + 3), dir.join("a/b/c/file"));
    let _ = fs::rename(dir.join("a/b"), at.join(format!("up-{}", number % 10)));
    let _ = fs::remove_dir_all(name("moved", number + 17));
    let _ = fs::remove_dir_all(at.join(format!("up-{}", (number + 4) % 10)));
    let _ = fs::remove_file(name("file", number + 20));
    // What is a directory becomes a file, and back.
    let flip = name("flip", number);
    let _ = fs::remove_dir(&flip).or_else(|_| fs::remove_file(&flip));
    let _ = if round.is_multiple_of(2) {
        fs::create_dir(&flip)
    } else {
        fs::write(&flip, "x")
    };
}

#[test]
fn a_storm_of_changes_is_no_error_and_touches_nothing_else() {
    let sandbox = Sandbox::new();
    for number in 0..50 {
        sandbox.file(&format!("t/stable/d{number}/f"), 1000);
    }
    let at = sandbox.dir("t/churn");
    let storms: Vec<Storm> = (0..2)
        .map(|salt| {
            let at = at.clone();
            Storm::start(move |round| churn(&at, round * 2 + salt))
        })
        .collect();
    let scans = if thorough() { 3000 } else { 100 };
    let mut sums = std::collections::BTreeSet::new();
    for number in 0..scans {
        let threads = [1, 2, 20, 64][number % 4];
        let descriptors = [1024, 16][number / 4 % 2];
        let answer = scan(&sandbox, &format!("-j{threads} -b t"), descriptors);
        assert_eq!(
            (answer.errors.as_str(), answer.status.code()),
            ("", Some(0))
        );
        assert!(answer.out.contains("50000\tt/stable\n"), "{answer:?}");
        sums.insert(answer.number("\tt"));
    }
    let rounds: u64 = storms.iter().map(Storm::rounds).sum();
    drop(storms);
    eprintln!(
        "{scans} scans, {rounds} rounds: {} different sums",
        sums.len()
    );
    assert!(sums.len() > 1, "nothing changed in {rounds} rounds");
}

#[test]
fn mounts_that_come_and_go_are_no_errors() {
    if !is_root("a mount") {
        return;
    }
    let sandbox = Sandbox::new();
    for number in 0..20 {
        sandbox.file(&format!("t/d{number}/f"), 1000);
    }
    let (a, b) = (sandbox.dir("t/d5"), sandbox.dir("t/d5/b"));
    let tmpfs = sandbox.dir("t/d7/tmpfs");
    // Whether it can be done at all.
    if !sandbox.bind("t/d5", "t/d5/b") {
        return;
    }
    rustix::mount::unmount(&b, UnmountFlags::DETACH).expect("it is ours");
    let storm = Storm::start(move |_| {
        let none = rustix::mount::MountFlags::empty();
        rustix::mount::mount_bind(&a, &b).expect("it went before");
        rustix::mount::mount("t", &tmpfs, "tmpfs", none, c"size=64k").expect("a mount");
        let _ = fs::write(tmpfs.join("f"), "x");
        rustix::mount::unmount(&b, UnmountFlags::DETACH).expect("it is ours");
        rustix::mount::unmount(&tmpfs, UnmountFlags::DETACH).expect("it is ours");
    });
    let scans = if thorough() { 3000 } else { 60 };
    let mut sums = std::collections::BTreeSet::new();
    for number in 0..scans {
        let threads = [1, 2, 20][number % 3];
        let option = ["", "-x", "-L", "-l"][number % 4];
        let answer = sandbox.pdu(&format!("-j{threads} {option} -s --inodes t"));
        assert_eq!(
            (answer.errors.as_str(), answer.status.code()),
            ("", Some(0)),
            "{option}"
        );
        let sum = answer.number("\tt");
        // 43 entries; one more with the tmpfs and its file. What is mounted into itself is left out, or met while
        // it comes: a file and a directory more. With -x the tmpfs is left out.
        let least = if option == "-x" { 41 } else { 42 };
        assert!((least..=47).contains(&sum), "{option}: {sum}");
        sums.insert(sum);
    }
    let rounds = storm.rounds();
    drop(storm);
    eprintln!("{scans} scans, {rounds} rounds: sums {sums:?}");
}

// ---------------------------------------------------------------- removals

#[cfg(feature = "explore")]
mod removals {
    use std::collections::BTreeMap;
    use std::os::unix::fs::MetadataExt;

    use pdu::explore::remove::job::Method;

    use super::*;
    use crate::support::remover::Shown;
    use crate::support::skip::size;

    /// The directories of the victim, each with files.
    const DIRECTORIES: [&str; 8] = ["a", "a/b", "a/b/c", "a/d", "e", "e/f", "e/f/g", "h"];

    /// Makes the victim `t`, and what must not be touched.
    fn make(sandbox: &Sandbox) {
        for directory in DIRECTORIES {
            for number in 0..3 {
                sandbox.file(&format!("t/{directory}/f{number}"), 10);
                sandbox.file(&format!("outside/{directory}/f{number}"), 10);
            }
        }
    }

    /// What is there, by inode: so that an entry that was only moved is found again.
    fn inodes(root: &Path) -> BTreeMap<u64, String> {
        let mut found = BTreeMap::new();
        let mut waiting = vec![root.to_owned()];
        while let Some(path) = waiting.pop() {
            for entry in fs::read_dir(&path).into_iter().flatten().flatten() {
                let (path, data) = (entry.path(), entry.metadata());
                let data = data.expect("nothing changes now");
                found.insert(data.ino(), path.display().to_string());
                if data.is_dir() {
                    waiting.push(path);
                }
            }
        }
        found
    }

    /// One change by an attacker: directories of the victim and those outside change places, links take their names, they
    /// move into each other, and get new entries. No other file takes the name of a file: the moment between the comparison
    /// and the removal of a file is the one race that remains (docs/RELIABILITY.md).
    /// True where it has made a new entry.
    fn attack(root: &Path, round: u64) -> bool {
        let directory = |number: u64| DIRECTORIES[(number % 8) as usize];
        let one = root.join("t").join(directory(round));
        let inside = root.join("t").join(directory(round / 8 * 3 + 1));
        let outside = root.join("outside").join(directory(round / 3));
        let swap = |one: &Path, other: &Path| {
            let _ = renameat_with(CWD, one, CWD, other, RenameFlags::EXCHANGE);
        };
        match round % 7 {
            0 | 1 => swap(&one, &outside),
            2 => swap(&one, &root.join("link")),
            3 => swap(&one, &inside),
            4 => return symlink("../outside", one.join(format!("new-link-{round}"))).is_ok(),
            5 => return fs::write(one.join(format!("new-{round}")), "precious").is_ok(),
            _ => {
                let (to, flags) = (inside.join("moved"), RenameFlags::NOREPLACE);
                let _ = renameat_with(CWD, &one, CWD, to, flags);
            }
        }
        false
    }

    /// Everything outside is there after each removal, wherever it was moved; what is gone was shown.
    #[test]
    fn a_removal_amid_swaps_touches_nothing_that_was_not_shown() {
        let sandbox = Sandbox::new();
        let rounds = size(40, 10_000);
        let (mut failed, mut removed, mut whole) = (0, 0, 0);
        for round in 0..rounds {
            for name in ["t", "outside", "link"] {
                let at = sandbox.at(name);
                let _ = fs::remove_dir_all(&at).or_else(|_| fs::remove_file(&at));
            }
            make(&sandbox);
            symlink("outside", sandbox.at("link")).expect("the name is free");
            let outside = inodes(&sandbox.at("outside"));
            let mut shown = Shown::of(&sandbox.at("t"));
            let at = sandbox.root().to_owned();
            let mut number = round as u64 * 31;
            let made = Arc::<AtomicU64>::default();
            let counter = Arc::clone(&made);
            let storm = Storm::start(move |_| {
                counter.fetch_add(u64::from(attack(&at, number)), Ordering::Relaxed);
                number += 1;
            });
            let outcome = shown.remove(&["a", "e", "h"], Method::Delete, |_| {});
            drop(storm);
            let left = inodes(sandbox.root());
            let lost: Vec<&String> = outside
                .iter()
                .filter(|(inode, _)| !left.contains_key(inode))
                .map(|(_, path)| path)
                .collect();
            assert!(lost.is_empty(), "round {round}: {lost:?}: {outcome:?}");
            let new = left.values().filter(|path| path.contains("/new-")).count() as u64;
            assert_eq!(
                new,
                made.load(Ordering::Relaxed),
                "round {round}: {outcome:?}"
            );
            failed += outcome.failed.len();
            removed += outcome.summary.entries;
            whole += usize::from(outcome.summary.entries == 32);
        }
        eprintln!("{rounds} removals: {removed} entries, {failed} failures, {whole} removed all");
        assert!(failed > 0, "no removal met a swap");
        assert!(removed > 0, "nothing was removed");
    }
    /// Files outside take the names of files that go to the trash, also between the comparison and the move: they go back.
    #[test]
    fn the_trash_gives_back_what_it_did_not_mean() {
        let sandbox = Sandbox::new();
        let rounds = size(40, 1_000);
        let (mut failed, mut moved, mut given_back) = (0, 0, 0);
        for round in 0..rounds {
            for name in ["t", "outside", "home"] {
                let _ = fs::remove_dir_all(sandbox.at(name));
            }
            sandbox.dir("home");
            let names: Vec<String> = (0..40).map(|number| format!("f{number}")).collect();
            for name in &names {
                sandbox.file(&format!("t/{name}"), 10);
                sandbox.file(&format!("outside/{name}"), 10);
            }
            let outside = inodes(&sandbox.at("outside"));
            let mut shown = Shown::of(sandbox.root());
            shown.data_home = Some(sandbox.at("home"));
            let at = sandbox.root().to_owned();
            let storm = Storm::start(move |number| {
                let name = format!("f{}", number % 40);
                let (one, other) = (at.join("t").join(&name), at.join("outside").join(&name));
                let _ = renameat_with(CWD, one, CWD, other, RenameFlags::EXCHANGE);
            });
            let targets: Vec<String> = names.iter().map(|name| format!("t/{name}")).collect();
            let targets: Vec<&str> = targets.iter().map(String::as_str).collect();
            let outcome = shown.remove(&targets, Method::Trash, |_| {});
            drop(storm);
            let files = inodes(&sandbox.at("home/Trash/files"));
            let wrong = outside
                .iter()
                .filter(|(inode, _)| files.contains_key(inode));
            let wrong: Vec<&String> = wrong.map(|(_, path)| path).collect();
            let told = outcome
                .failed
                .values()
                .filter(|text| text.contains("is in the trash"));
            assert_eq!(
                wrong.len(),
                told.count(),
                "round {round}: {wrong:?} {outcome:?}"
            );
            let infos = inodes(&sandbox.at("home/Trash/info"));
            assert_eq!(infos.len(), files.len(), "round {round}: {outcome:?}");
            let left = inodes(sandbox.root());
            assert!(
                outside.keys().all(|inode| left.contains_key(inode)),
                "round {round}"
            );
            given_back += wrong.len();
            failed += outcome.failed.len();
            moved += outcome.summary.entries;
        }
        eprintln!("{rounds} rounds: {moved} moved, {failed} not, {given_back} could not go back");
        assert!(moved > 0 && failed > 0);
    }
}
