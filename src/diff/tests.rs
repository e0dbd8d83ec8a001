//! The merge, on records: against a naive comparison of two maps, and each case that does not count as change.

use std::collections::BTreeSet;

use rustix::fs::FileType;

use super::change::{Change, DiffSummary, DiffWarning};
use super::options::Show;
use super::record::{FsId, ScanEntry};
use super::testing::{Scan, compare, directory, file, mark, told, uncounted};
use crate::count::amounts::Amounts;
use crate::count::usage::FileTime;
use crate::format::Threshold;
use crate::format::parquet::schema::State;

/// A scan of these entries, in directories of 10 bytes.
fn scan(entries: &[(&str, ScanEntry)]) -> Scan {
    let mut all: Vec<_> = entries
        .iter()
        .map(|(path, entry)| ((*path).to_owned(), *entry))
        .collect();
    let known: BTreeSet<_> = all
        .iter()
        .filter(|(_, entry)| !entry.is_mark())
        .map(|(path, _)| path.clone())
        .collect();
    let mut missing = BTreeSet::from([String::new()]);
    for (path, _) in entries {
        let mut path = *path;
        while let Some((above, _)) = path.rsplit_once('/') {
            missing.insert(above.to_owned());
            path = above;
        }
    }
    all.extend(
        missing
            .difference(&known)
            .map(|path| (path.clone(), directory())),
    );
    Scan::new(all)
}

/// The lines as text: event, path, change (`?` where it is not known), and the old path of a move.
fn texts(lines: &[Change]) -> Vec<String> {
    let text = |line: &Change| {
        let change = line.change.map(|change| change.allocated.to_string());
        let change = change.as_deref().unwrap_or("?");
        let path = String::from_utf8_lossy(&line.path).into_owned();
        let from = line.from.as_ref();
        let from = from.map(|from| format!(" from {}", String::from_utf8_lossy(from)));
        format!(
            "{change} {} {path}{}",
            line.event.word(),
            from.unwrap_or_default()
        )
    };
    lines.iter().map(text).collect()
}

/// The lines of a list of all changes.
fn listed(old: &[(&str, ScanEntry)], new: &[(&str, ScanEntry)]) -> Vec<String> {
    texts(&compare(scan(old), scan(new), Show::Everything).0)
}

/// The lines of an explanation, with the residues.
fn explained(old: &[(&str, ScanEntry)], new: &[(&str, ScanEntry)]) -> (Vec<String>, DiffSummary) {
    let (lines, summary) = compare(scan(old), scan(new), Show::Explanation(20));
    (explanation(&lines), summary)
}

/// The lines as text, with residues in the place of changes.
fn explanation(lines: &[Change]) -> Vec<String> {
    let residues = lines.iter().map(|line| line.residue.allocated.to_string());
    let words = texts(lines);
    let words = words
        .iter()
        .map(|text| text.split_once(' ').map_or("", |parts| parts.1));
    let lines = residues
        .zip(words)
        .map(|(residue, rest)| format!("{residue} {rest}"));
    lines.collect()
}

#[test]
fn an_explanation_tells_each_part_of_the_change_once() {
    let old = [
        ("/a/log", file(100)),
        ("/a/same", file(50)),
        ("/b/x", file(300)),
        ("/c/d/old", file(70)),
    ];
    let new = [
        ("/a/log", file(400)),
        ("/a/same", file(50)),
        ("/a/tiny", file(1)),
        ("/b/new/1", file(500)),
        ("/b/new/2", file(600)),
        ("/b/x", file(200)),
    ];
    let (lines, summary) = explained(&old, &new);
    let expected = [
        "1110 new /r/b/new",
        "300 grew /r/a/log",
        "-100 shrank /r/b/x",
        "-90 gone /r/c",
    ];
    assert_eq!(lines, expected);
    assert_eq!(summary.change.allocated, 1221);
    // The tiny file is below a hundredth, and so is its directory.
    assert_eq!(summary.rest.allocated, 1);
    assert_eq!((summary.before.inodes, summary.now.inodes), (9, 10));
}

#[test]
fn a_list_has_every_entry_in_the_order_of_the_walk() {
    let old = [
        ("/a/f", file(100)),
        ("/b", file(5)),
        ("/t/x", file(7)),
        ("/u", file(1)),
    ];
    let new = [
        ("/a/f", file(90)),
        ("/a/g/h", file(30)),
        ("/t", file(9)),
        ("/u/v", file(1)),
    ];
    let lines = listed(&old, &new);
    let expected = [
        "-10 shrank /r/a/f",
        "30 new /r/a/g/h",
        "40 new /r/a/g",
        "30 grew /r/a",
        "-5 gone /r/b",
        "-7 gone /r/t/x",
        "-8 type /r/t",
        "1 new /r/u/v",
        "10 type /r/u",
    ];
    assert_eq!(lines, expected);
    let (lines, summary) = compare(scan(&old), scan(&new), Show::Depth(1));
    assert_eq!(
        texts(&lines),
        ["30 grew /r/a", "-8 type /r/t", "10 type /r/u"]
    );
    assert_eq!(summary.rest.allocated, -5);
    let (lines, summary) = compare(scan(&old), scan(&new), Show::Total);
    assert!(lines.is_empty());
    assert_eq!((summary.change.allocated, summary.rest.allocated), (27, 27));
}

// ---------------------------------------------------------------- what does not count as change

/// A directory of this size on another file system.
fn mounted(size: u64) -> ScanEntry {
    ScanEntry {
        fs: FsId::of(b"other"),
        own: (size, 0),
        ..directory()
    }
}

fn unread(kind: FileType) -> ScanEntry {
    uncounted(kind, "unread")
}

#[test]
fn what_could_be_read_at_one_time_only_is_unread_and_never_gone() {
    let whole = [("/d/a/b", file(300)), ("/d/c", file(40)), ("/e", file(1))];
    let unread_directory = ScanEntry {
        state: State::Unread,
        ..directory()
    };
    let closed = [
        ("/d", mark("unread")),
        ("/d", unread_directory),
        ("/e", file(1)),
    ];
    let vanished = [("/d", unread(FileType::Unknown)), ("/e", file(1))];
    for part in [&closed[..], &vanished] {
        let (lines, summary) = compare(scan(&whole), scan(part), Show::Everything);
        assert_eq!(texts(&lines), ["? unread /r/d"]);
        let known = lines[0].before.map(|size| size.allocated);
        assert_eq!((known, lines[0].now), (Some(360), None));
        assert_eq!(summary.change, Amounts::ZERO);
        assert_eq!(
            (summary.unread.places, summary.unread.sizes.allocated),
            (1, 360)
        );

        let (lines, summary) = compare(scan(part), scan(&whole), Show::Explanation(5));
        assert_eq!(texts(&lines), ["? unread /r/d"]);
        let known = lines[0].now.map(|size| size.allocated);
        assert_eq!((known, lines[0].before), (Some(360), None));
        assert_eq!(
            (summary.change, summary.rest),
            (Amounts::ZERO, Amounts::ZERO)
        );

        assert_eq!(listed(part, part), [""; 0]);
    }
    // Between them: the directory itself is known at one time.
    assert_eq!(listed(&closed, &vanished), ["? unread /r/d"]);
}

#[test]
fn a_root_that_cannot_be_read_is_unread() {
    let whole = [("/a", file(300)), ("/b", file(40))];
    let closed = [
        ("", mark("unread")),
        (
            "",
            ScanEntry {
                state: State::Unread,
                ..directory()
            },
        ),
    ];
    for show in [Show::Everything, Show::Explanation(5), Show::Depth(0)] {
        for scans in [(&whole[..], &closed[..]), (&closed, &whole)] {
            let (lines, summary) = compare(scan(scans.0), scan(scans.1), show);
            assert_eq!(texts(&lines), ["? unread /r"], "{show:?}");
            assert_eq!(
                (summary.change, summary.rest),
                (Amounts::ZERO, Amounts::ZERO)
            );
            assert_eq!(summary.unread.sizes.allocated, 350);
        }
    }
}

#[test]
fn a_directory_that_is_new_or_gone_and_unread_counts_with_its_own_size() {
    let unread_directory = ScanEntry {
        state: State::Unread,
        ..directory()
    };
    let closed = [("/d", mark("unread")), ("/d", unread_directory)];
    assert_eq!(listed(&[], &closed), ["10 new /r/d"]);
    assert_eq!(listed(&closed, &[]), ["-10 gone /r/d"]);
    // Nothing is known of an entry that could not be looked at.
    assert_eq!(listed(&[], &[("/x", unread(FileType::Unknown))]), [""; 0]);
    assert_eq!(listed(&[("/x", unread(FileType::Unknown))], &[]), [""; 0]);
}

#[test]
fn what_is_missing_in_a_broken_directory_is_unread() {
    let broken_directory = ScanEntry {
        state: State::Broken,
        ..directory()
    };
    let whole = [
        ("/d/a/x", file(100)),
        ("/d/b", file(20)),
        ("/d/c", file(30)),
    ];
    let broken = [
        ("/d", mark("broken")),
        ("/d", broken_directory),
        ("/d/c", file(35)),
        ("/d/z", file(7)),
    ];
    let lines = listed(&whole, &broken);
    let expected = [
        "? unread /r/d/a",
        "? unread /r/d/b",
        "5 grew /r/d/c",
        "7 new /r/d/z",
        "12 grew /r/d",
    ];
    assert_eq!(lines, expected);
    let (lines, summary) = compare(scan(&broken), scan(&whole), Show::Everything);
    let expected = [
        "? unread /r/d/a",
        "? unread /r/d/b",
        "-5 shrank /r/d/c",
        "-7 gone /r/d/z",
        "-12 shrank /r/d",
    ];
    assert_eq!(texts(&lines), expected);
    assert_eq!(
        (summary.unread.places, summary.unread.sizes.allocated),
        (2, 130)
    );
    assert_eq!(summary.change.allocated, -12);
}

#[test]
fn a_mount_that_came_or_went_is_away() {
    let plain = [("/m/d/a", file(100)), ("/m/x", file(5)), ("/n", file(1))];
    let other = ScanEntry {
        fs: FsId::of(b"other"),
        ..file(900)
    };
    let over = [
        ("/m", mounted(10)),
        ("/m/b", other),
        ("/m/d", mounted(10)),
        ("/n", file(1)),
    ];
    for (old, new) in [(&plain[..], &over[..]), (&over, &plain)] {
        for show in [Show::Everything, Show::Explanation(5), Show::Depth(3)] {
            let (lines, summary) = compare(scan(old), scan(new), show);
            assert_eq!(texts(&lines), ["? away /r/m"], "{show:?}");
            assert_eq!(summary.change, Amounts::ZERO);
            assert_eq!(summary.away.places, 1);
            assert_eq!((summary.moved.places, summary.unread.places), (0, 0));
        }
    }
    // `-x` at one time.
    let left_out = [
        ("/m", uncounted(FileType::Directory, "away")),
        ("/n", file(1)),
    ];
    assert_eq!(listed(&plain, &left_out), ["? away /r/m"]);
    assert_eq!(listed(&left_out, &plain), ["? away /r/m"]);
    assert_eq!(listed(&left_out, &left_out), [""; 0]);
    assert_eq!(listed(&left_out, &[("/n", file(1))]), [""; 0]);
}

/// What lies under a mount is no place that something was moved from.
#[test]
fn nothing_has_moved_out_of_a_directory_that_is_away() {
    let moved = |path| {
        (
            path,
            ScanEntry {
                inode: 8,
                ..file(100)
            },
        )
    };
    let (plain, over) = ([moved("/m/x")], [("/m", mounted(10)), moved("/out")]);
    assert_eq!(listed(&plain, &over), ["? away /r/m", "100 new /r/out"]);
    assert_eq!(
        explained(&plain, &over).0,
        ["100 new /r/out", "0 away /r/m"]
    );
}

#[test]
fn another_file_system_of_the_root_is_a_warning_and_all_counts() {
    let old = [("/a", file(100)), ("/d/b", file(5)), ("/m/x", file(3))];
    let other = |entry: ScanEntry| ScanEntry {
        fs: FsId::of(b"new disk"),
        ..entry
    };
    let new = [
        ("", other(directory())),
        ("/a", other(file(150))),
        ("/d", other(directory())),
        ("/d/b", other(file(6))),
        ("/m", mounted(10)),
    ];
    let new = scan(&new).with(|info| info.fs = FsId::of(b"new disk"));
    let (lines, summary) = compare(scan(&old), new, Show::Everything);
    let expected = [
        "50 grew /r/a",
        "1 grew /r/d/b",
        "1 grew /r/d",
        "? away /r/m",
    ];
    assert_eq!(texts(&lines), expected);
    assert_eq!(summary.warnings, [DiffWarning::RootFileSystem]);
    assert_eq!(summary.change.allocated, 51);
}

#[test]
fn options_paths_and_clocks_that_differ_are_warnings() {
    let entries = [("/a", file(100))];
    let at = |seconds| {
        Some(FileTime {
            seconds,
            nanoseconds: 0,
        })
    };
    let old = || {
        scan(&entries).with(|info| {
            info.options = "--exclude=x --one-file-system -t=5".into();
            info.started = at(10);
        })
    };
    let same = scan(&entries).with(|info| {
        info.options = "--one-file-system --max-depth=3 --exclude=x --apparent-size".into();
        info.started = at(20);
        info.is_complete = false;
    });
    let old_like = "--exclude=x --one-file-system --threshold=5";
    let (_, summary) = compare(
        old().with(|info| info.options = old_like.into()),
        same,
        Show::Total,
    );
    assert_eq!(summary.warnings, []);
    assert!(!summary.is_complete);
    assert_eq!(summary.times, (at(10), at(20)));

    let new = scan(&entries).with(|info| {
        info.root = b"/s".into();
        info.options = "--one-file-system".into();
        info.started = at(9);
    });
    let (_, summary) = compare(old(), new, Show::Total);
    let expected = [
        DiffWarning::RootPath(b"/r".into(), b"/s".into()),
        DiffWarning::Options(
            "--exclude=x --one-file-system -t=5".into(),
            "--one-file-system".into(),
        ),
        DiffWarning::ClockWentBack,
    ];
    assert_eq!(summary.warnings, expected);
}

/// The scan of a file that leaves out records of less than so many bytes.
fn large(entries: &[(&str, ScanEntry)], least: u128) -> Scan {
    scan(entries).with(|info| info.kept.threshold = Threshold::AtLeast(least))
}

fn total(size: u64, inodes: u64) -> ScanEntry {
    ScanEntry {
        totals: Some([size, 0, inodes]),
        ..directory()
    }
}

#[test]
fn what_one_scan_left_out_is_in_the_change_of_the_directory() {
    // In /d, 60 bytes of small files before, and one of 70 that is 120 now.
    let old = [
        ("/d/big", file(500)),
        ("/d", total(640, 9)),
        ("", total(650, 10)),
    ];
    let new = [
        ("/d/big", file(500)),
        ("/d/grown", file(120)),
        ("/d/new", file(1000)),
        ("/d/small", file(50)),
    ];
    let (lines, summary) = compare(large(&old, 100), scan(&new), Show::Everything);
    let expected = ["120 new /r/d/grown", "1000 new /r/d/new", "1040 grew /r/d"];
    assert_eq!(texts(&lines), expected);
    let at_least: Vec<_> = lines.iter().map(|line| line.at_least).collect();
    assert_eq!(at_least, [Some(21), Some(901), None]);
    let residues: Vec<_> = lines.iter().map(|line| line.residue.allocated).collect();
    assert_eq!(residues, [120, 1000, -80]);
    assert_eq!(
        (summary.change.allocated, summary.rest.allocated),
        (1040, 0)
    );

    let totals = [
        ("/d", total(1680, 9)),
        ("", total(1690, 10)),
        ("/d/big", file(500)),
        ("/d/grown", file(120)),
        ("/d/new", file(1000)),
    ];
    let small = [("/d/big", file(500)), ("/d/small", file(99))];
    let (lines, _) = compare(scan(&small), large(&totals, 100), Show::Everything);
    let expected = ["120 new /r/d/grown", "1000 new /r/d/new", "1071 grew /r/d"];
    assert_eq!(texts(&lines), expected);
    assert_eq!(lines[0].at_least, None);
}

#[test]
fn what_is_deeper_than_one_scan_goes_is_in_the_change_of_the_directory() {
    let old = [("/d", total(500, 3)), ("", total(510, 4))];
    let old = scan(&old).with(|info| info.kept.max_depth = 1);
    let new = scan(&[("/d/e/x", file(700)), ("/d/y", file(3))]);
    let (lines, _) = compare(old, new, Show::Everything);
    assert_eq!(texts(&lines), ["223 grew /r/d"]);
}

// ---------------------------------------------------------------- moves

fn inode(number: u64, entry: ScanEntry) -> ScanEntry {
    ScanEntry {
        inode: number,
        mtime: 5,
        ..entry
    }
}

fn further(entry: ScanEntry) -> ScanEntry {
    ScanEntry {
        counted: false,
        ..entry
    }
}

#[test]
fn an_inode_at_another_path_has_moved() {
    let old = [
        ("/a/d/x", inode(2, file(500))),
        ("/a/d", inode(1, directory())),
        ("/a/f", inode(3, file(70))),
        ("/a/g", inode(4, file(80))),
    ];
    let new = [
        ("/b/e/x", inode(2, file(500))),
        ("/b/e/y", inode(9, file(20))),
        ("/b/e", inode(1, directory())),
        ("/a/h", inode(3, file(70))),
        // The number is used again.
        ("/c", inode(4, file(81))),
    ];
    let (lines, summary) = compare(scan(&old), scan(&new), Show::Everything);
    let expected = [
        "-80 gone /r/a/g",
        "0 moved /r/a/h from /r/a/f",
        "-590 shrank /r/a",
        "20 moved /r/b/e from /r/a/d",
        "540 new /r/b",
        "81 new /r/c",
    ];
    assert_eq!(texts(&lines), expected);
    assert_eq!(
        (summary.moved.places, summary.moved.sizes.allocated),
        (2, 600)
    );
    assert_eq!(told(&lines) + summary.rest, summary.change);
}

/// A move has one line. What it leaves at both places takes none.
#[test]
fn a_move_takes_the_place_of_one_line() {
    let moved = |path| {
        [
            (path, inode(1, directory())),
            ("/c/f", file(0)),
            ("/c/g", file(0)),
        ]
    };
    let mut old = moved("/a/d").to_vec();
    old.push(("/a/d/x", inode(2, file(500))));
    let mut new = moved("/b/d").to_vec();
    new.push(("/b/d/x", inode(2, file(500))));
    new[1].1 = file(90);
    new[2].1 = file(80);
    let expected = [
        "90 grew /r/c/f",
        "80 grew /r/c/g",
        "-10 gone /r/a",
        "10 new /r/b",
        "0 moved /r/b/d from /r/a/d",
    ];
    for most in 1..=expected.len() {
        let (lines, summary) = compare(scan(&old), scan(&new), Show::Explanation(most));
        assert_eq!(explanation(&lines), expected[..most], "-n {most}");
        assert_eq!(told(&lines) + summary.rest, summary.change);
    }
}

#[test]
fn a_move_is_no_growth_in_an_explanation() {
    let old = [
        ("/a/d/x", inode(2, file(500))),
        ("/a/d", inode(1, directory())),
        ("/a/s", file(1)),
        ("/b/s", file(1)),
    ];
    let new = [
        ("/a/s", file(1)),
        ("/b/e/x", inode(2, file(500))),
        ("/b/e", inode(1, directory())),
        ("/b/s", file(1)),
    ];
    let (lines, summary) = explained(&old, &new);
    assert_eq!(lines, ["0 moved /r/b/e from /r/a/d"]);
    assert_eq!(
        (summary.change, summary.rest),
        (Amounts::ZERO, Amounts::ZERO)
    );
}

#[test]
fn another_link_that_counts_is_no_change() {
    let linked = || inode(7, file(300));
    // In one directory nothing is told; between directories the size moves.
    let old = [
        ("/a/1", linked()),
        ("/a/2", further(linked())),
        ("/b/x", file(1)),
    ];
    let new = [("/a/2", linked()), ("/b/x", file(1))];
    assert_eq!(listed(&old, &new), [""; 0]);
    assert_eq!(explained(&old, &new).0, [""; 0]);
    let old = [
        ("/a/1", linked()),
        ("/a/y", file(1)),
        ("/b/2", further(linked())),
    ];
    let new = [("/a/y", file(1)), ("/b/2", linked())];
    let (lines, summary) = explained(&old, &new);
    assert_eq!(lines, ["0 moved /r/b/2 from /r/a/1"]);
    assert_eq!(summary.change, Amounts::ZERO);
    // A link was added before the one that counted.
    let new = [
        ("/a/0", linked()),
        ("/a/1", further(linked())),
        ("/a/y", file(1)),
        old[2],
    ];
    assert_eq!(listed(&old, &new), [""; 0]);
}

#[test]
fn more_candidates_than_are_kept_are_counted() {
    let entries = |directory: &str| -> Vec<(String, ScanEntry)> {
        let file = |number: u64| inode(number, file(number));
        let path = |number: u64| format!("/{directory}/{number:04}");
        (1..=100)
            .map(|number| (path(number), file(number)))
            .collect()
    };
    let (mut old, mut new) = (entries("a"), entries("b"));
    for entries in [&mut old, &mut new] {
        entries.extend(["/a", "/b"].map(|path| (path.to_owned(), directory())));
        entries.push((String::new(), directory()));
    }
    let (_, summary) = compare(Scan::new(old), Scan::new(new), Show::Explanation(10));
    assert_eq!((summary.moved.places, summary.dropped_candidates), (64, 72));
    assert_eq!(summary.change, Amounts::ZERO);
}
