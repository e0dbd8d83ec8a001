//! Disks that fail, report wrong data or never end: the answer is right, or a message names what is missing.
//!
//! Most of it happens in a FUSE file system in this process, whose entries all take 4,096 bytes; the rest in images
//! of ext4 and btrfs. Expected numbers follow from what the test created.

use std::fs::File;
use std::io::Write;
use std::os::unix::fs::{FileExt, symlink};
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::support::fuse::{Action, Fault, Ino, Kind, Node, Op};
use crate::support::process::peak_kib;
use crate::support::run::{Answer, PDU, du, lines, must, wait_until};
use crate::support::sandbox::{Sandbox, size_of};
use crate::support::skip::{is_long_form, is_root, skip, thorough, tool};
use rustix::io::Errno;
use rustix::process::{Pid, Signal, kill_process};

/// Bytes of an entry of the FUSE file system.
const ENTRY: u128 = 4096;

/// How the kernel lists what it does not know the type of, a directory, a file, a symbolic link.
const UNKNOWN: u8 = 0;
const DIRECTORY: u8 = 4;
const REGULAR: u8 = 8;
const LINK: u8 = 10;

fn files(count: usize) -> Vec<Node> {
    (0..count)
        .map(|file| Node::file(format!("file-{file:05}")))
        .collect()
}

pub(crate) fn fault(op: Op, action: Action, times: u32) -> Fault {
    Fault { op, action, times }
}

fn reason(errno: Errno) -> String {
    let text = std::io::Error::from(errno).to_string();
    text.split(" (os error").next().unwrap_or_default().into()
}

// ---------------------------------------------------------------- errors (F27, F29, F30)

/// The sum of `m` and one line of complaint, from pdu and from GNU du.
#[track_caller]
fn sums_to(entries: Vec<Node>, count: u128, complaints: &[&str]) {
    let Some(sandbox) = Sandbox::fuse(entries) else {
        return;
    };
    sandbox.answers("-s -B1 m", &format!("{}\tm\n", count * ENTRY), complaints);
    sandbox.agrees_with_gnu("-s -B1 m");
}

#[test]
fn an_error_amid_a_listing_is_told_and_what_was_read_counts() {
    // In the first buffer, in a later one, and behind the first group of 100,000 would take too long here.
    for (all, good) in [(100, 40), (5000, 3000)] {
        for errno in [Errno::IO, Errno::STALE, Errno::BADMSG, Errno::UCLEAN] {
            let dir = Node::dir("d", files(all)).failing(Op::ReaddirAfter(good), errno);
            let complaint = format!("pdu: m/d: {}", reason(errno));
            sums_to(
                vec![Node::file("a"), dir, Node::file("z")],
                4 + u128::from(good),
                &[&complaint],
            );
        }
    }
}

#[test]
fn an_error_of_every_call_is_told_and_the_rest_counts() {
    for errno in [Errno::IO, Errno::STALE, Errno::BADMSG, Errno::NOMEM] {
        let entries = vec![
            Node::file("stat").failing(Op::Lookup, errno),
            Node::dir("open", files(3)).failing(Op::Opendir, errno),
            Node::dir("read", files(3)).failing(Op::ReaddirAfter(0), errno),
            Node::dir("good", files(3)),
        ];
        let reason = reason(errno);
        let complaints = [
            format!("pdu: cannot access 'm/stat': {reason}"),
            format!("pdu: cannot read directory 'm/open': {reason}"),
            format!("pdu: cannot read directory 'm/read': {reason}"),
        ];
        let complaints = complaints.each_ref().map(String::as_str);
        sums_to(entries, 1 + 2 + 4, &complaints);
    }
}

#[test]
fn a_directory_that_cannot_be_looked_up_is_told() {
    let dir = Node::dir("d", files(3)).failing(Op::Lookup, Errno::STALE);
    let complaint = "pdu: cannot access 'm/d': Stale file handle";
    sums_to(vec![dir, Node::file("a")], 2, &[complaint]);
}

#[test]
fn interruptions_are_no_errors_and_count_nothing_twice() {
    let Some(sandbox) = Sandbox::fuse(Vec::new()) else {
        return;
    };
    for (number, threads) in ["-j1", "-j20"].into_iter().enumerate() {
        let interrupted = |op, times| fault(op, Action::Fail(Errno::INTR), times);
        let dir = Node::dir("d", files(500))
            .with(interrupted(Op::Opendir, 50))
            .with(interrupted(Op::ReaddirAfter(0), 30))
            .with(interrupted(Op::ReaddirAfter(200), 30));
        let file = Node::file("f").with(interrupted(Op::Lookup, 50));
        let at = format!("fresh-{number}");
        if !sandbox.mount_fuse(&at, Node::dir("", vec![dir, file])) {
            return;
        }
        let answer = sandbox.pdu(&format!("{threads} -s -B1 {at}"));
        assert_eq!(answer.number(&at), (1 + 1 + 500 + 1) * ENTRY, "{answer:?}");
        assert_eq!(
            (answer.errors.as_str(), answer.status.code()),
            ("", Some(0))
        );
    }
}

#[test]
fn interruptions_without_end_are_errors() {
    let entries = vec![
        Node::file("stat").failing(Op::Lookup, Errno::INTR),
        Node::dir("open", files(3)).failing(Op::Opendir, Errno::INTR),
        Node::dir("read", files(100)).failing(Op::ReaddirAfter(40), Errno::INTR),
    ];
    let complaints = [
        "pdu: cannot access 'm/stat': Interrupted system call",
        "pdu: cannot read directory 'm/open': Interrupted system call",
        "pdu: m/read: Interrupted system call",
    ];
    sums_to(entries, 1 + 1 + 41, &complaints);
}

// ---------------------------------------------------------------- listings without end (F28)

#[test]
fn a_listing_that_repeats_itself_ends_with_an_error() {
    let kinds = [
        Kind::EndlessRepeat,
        Kind::EndlessBatch,
        Kind::EndlessCycle(7),
        Kind::EndlessCycle(150),
    ];
    for kind in kinds {
        let entries = vec![Node::of_kind("endless", kind), Node::dir("good", files(3))];
        let Some(sandbox) = Sandbox::fuse(entries) else {
            return;
        };
        for words in ["-j1 -B1 m", "-j20 -B1 m", "-j20 -s -B1 m", "-j20 -a -B1 m"] {
            let answer = sandbox.pdu(words);
            assert_eq!(answer.status.code(), Some(1), "{words}");
            let complaint = "pdu: m/endless: Structure needs cleaning\n";
            assert_eq!(answer.errors, complaint, "{words}");
            let good = answer.out.contains("16384\tm/good\n");
            assert!(good || words.contains("-s"), "{words}: {}", answer.out);
        }
    }
}

/// Starts pdu and waits until the file system has received so many requests.
fn start_endless(sandbox: &Sandbox, words: &str, requests: usize) -> std::process::Child {
    let before = sandbox.requests(0);
    let mut command = sandbox.command(words);
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().expect("pdu starts");
    wait_until("as many requests", || {
        let ended = child.try_wait().expect("it is ours").is_some();
        assert!(!ended, "{words}: it came to an end");
        sandbox.requests(0) >= before + requests
    });
    child
}

/// Not by SIGINT, which is ignored where these tests run in the background of a script.
fn cancel(child: std::process::Child, what: &str) -> Answer {
    kill_process(Pid::from_child(&child), Signal::TERM).expect("it runs");
    Answer::of(child, what)
}

/// Runs pdu with `-v` until the progress lines satisfy, then cancels it. Each progress line begins with its number of
/// entries.
#[track_caller]
fn progress_until(sandbox: &Sandbox, words: &str, satisfies: impl Fn(&[u64]) -> bool) {
    let file = sandbox.at("progress");
    let progress = File::create(&file).expect("files can be made");
    let mut command = sandbox.command(&format!("-v {words} m"));
    command.stdout(Stdio::null()).stderr(progress);
    let mut child = command.spawn().expect("pdu starts");
    wait_until(&format!("progress of {words}"), || {
        let text = std::fs::read_to_string(&file).expect("it is text");
        assert!(
            child.try_wait().expect("it is ours").is_none(),
            "{words}: {text}"
        );
        let counts = text
            .lines()
            .filter_map(|line| line.split_once(" entries  "));
        let counts: Vec<u64> = counts
            .map(|(count, _)| count.parse().expect("a number"))
            .collect();
        assert!(counts.is_sorted(), "{words}: {text}");
        satisfies(&counts)
    });
    cancel(child, words);
}

#[test]
fn entries_are_counted_as_they_are_seen() {
    // The root, the directory, and the files before the one that does not answer.
    let mut slow = files(800);
    slow[600] = slow[600].clone().hanging(Op::Lookup);
    for threads in ["-j1", "-j2", "-j20"] {
        let Some(sandbox) = Sandbox::fuse(vec![Node::dir("slow", slow.clone())]) else {
            return;
        };
        for words in ["-s", "-a"] {
            let words = format!("{threads} {words}");
            progress_until(&sandbox, &words, |counts| {
                let last = counts.last().copied().unwrap_or(0);
                assert!(last < 802, "{words}: one has not answered");
                last >= 602
            });
        }
        // Its listing has no end.
        let endless = Node::of_kind("endless", Kind::EndlessNames);
        let Some(sandbox) = Sandbox::fuse(vec![endless]) else {
            return;
        };
        progress_until(&sandbox, threads, |counts| {
            let rises = counts.windows(2).filter(|pair| pair[0] < pair[1]);
            rises.count() >= 3
        });
    }
}

#[test]
fn the_progress_counts_everything_once() {
    // Directories without contents, files, a directory that fails, and one that does not answer: everything else is seen.
    let mut entries = vec![
        Node::dir("closed", files(3)).failing(Op::Opendir, Errno::ACCESS),
        Node::dir("hangs", files(3)).hanging(Op::Opendir),
        Node::dir(
            "full",
            (0..40)
                .map(|dir| Node::dir(format!("{dir}"), files(5)))
                .collect(),
        ),
    ];
    entries.extend(files(30));
    // `m`, the two directories at its side, 40 directories with 5 files each, 30 files.
    let seen = 1 + 2 + 40 * 6 + 30;
    for threads in ["-j2", "-j20"] {
        let Some(sandbox) = Sandbox::fuse(entries.clone()) else {
            return;
        };
        for words in ["-s", "-a", "-d1"] {
            let words = format!("{threads} {words}");
            progress_until(&sandbox, &words, |counts| {
                let last = counts.last().copied().unwrap_or(0);
                assert!(last <= seen, "{words}: {last} of {seen}");
                last == seen
            });
        }
    }
}

#[test]
fn a_listing_with_new_names_for_ever_takes_no_more_memory_and_can_be_cancelled() {
    let sandbox = Sandbox::fuse(vec![Node::of_kind("endless", Kind::EndlessNames)]);
    let Some(sandbox) = sandbox else { return };
    let much = if thorough() { 1_000_000 } else { 40_000 };
    for words in ["-j1 -s m", "-j20 -s m", "-j20 -s m/endless"] {
        let child = start_endless(&sandbox, words, much / 4);
        let early = peak_kib(child.id()).expect("it runs");
        let before = sandbox.requests(0);
        wait_until("more requests", || sandbox.requests(0) >= before + much);
        let late = peak_kib(child.id()).expect("it runs");
        let answer = cancel(child, words);
        eprintln!("{words}: {early} KiB at {}, {late} KiB at {much}", much / 4);
        assert!(late < early + 4096, "{words}: from {early} to {late} KiB");
        assert_eq!(
            (answer.out.as_str(), answer.status.signal()),
            ("", Some(15))
        );
        assert!(answer.errors.contains("incomplete"), "{}", answer.errors);
    }
}

#[test]
fn a_tree_without_bottom_can_be_cancelled() {
    let sandbox = Sandbox::fuse(vec![Node::of_kind("deep", Kind::Bottomless)]);
    let Some(sandbox) = sandbox else { return };
    for words in ["-j1 -s m", "-j20 -s m", "-j20 m"] {
        let child = start_endless(&sandbox, words, 8_000);
        let memory = peak_kib(child.id()).expect("it runs");
        let answer = cancel(child, words);
        eprintln!("{words}: {memory} KiB at some 1,600 levels");
        assert_eq!(answer.status.signal(), Some(15), "{answer:?}");
        assert!(answer.errors.contains("incomplete"), "{}", answer.errors);
        assert!(!answer.out.contains("\tm\n"), "{}", answer.out);
    }
}

// ---------------------------------------------------------------- types (F24, F32)

#[test]
fn the_type_in_a_listing_is_a_hint_that_may_be_wrong() {
    for listed in [UNKNOWN, DIRECTORY, REGULAR, LINK] {
        let dir = Node::dir("dir", vec![Node::file("in"), Node::dir("sub", vec![])]);
        let entries = vec![
            dir.listed_as(listed),
            Node::file("file").listed_as(listed),
            Node::file("z"),
        ];
        let Some(sandbox) = Sandbox::fuse(entries) else {
            return;
        };
        sandbox.answers("-B1 m", "4096\tm/dir/sub\n12288\tm/dir\n24576\tm\n", &[]);
        let all =
            "4096\tm/dir/in\n4096\tm/dir/sub\n12288\tm/dir\n4096\tm/file\n4096\tm/z\n24576\tm\n";
        sandbox.answers("-a -B1 m", all, &[]);
        sandbox.answers("-s --inodes m", "6\tm\n", &[]);
        sandbox.answers("-x -s --inodes m", "6\tm\n", &[]);
        sandbox.answers("-d0 -S -B1 m", "12288\tm\n", &[]);
    }
}

#[test]
fn what_has_vanished_since_it_was_listed_is_no_error() {
    let entries = vec![
        Node::file("file").failing(Op::Lookup, Errno::NOENT),
        Node::dir("dir", files(3)).failing(Op::Lookup, Errno::NOENT),
        Node::dir("unknown", files(3))
            .failing(Op::Lookup, Errno::NOENT)
            .listed_as(UNKNOWN),
        Node::dir("read", files(3)).failing(Op::ReaddirAfter(0), Errno::NOENT),
        Node::file("z"),
    ];
    let Some(sandbox) = Sandbox::fuse(entries) else {
        return;
    };
    sandbox.answers("-s -B1 m", "12288\tm\n", &[]);
    sandbox.answers("-a -B1 m", "4096\tm/read\n4096\tm/z\n12288\tm\n", &[]);
}

#[test]
fn a_directory_that_is_there_and_cannot_be_opened_is_told_whatever_the_reason() {
    for errno in [Errno::NOENT, Errno::NOTDIR, Errno::LOOP, Errno::ACCESS] {
        let dir = Node::dir("d", files(3)).failing(Op::Opendir, errno);
        let complaint = format!("pdu: cannot read directory 'm/d': {}", reason(errno));
        sums_to(vec![dir, Node::file("a")], 3, &[&complaint]);
    }
}

// ---------------------------------------------------------------- numbers (F14, F16, F22, F31, F36)

/// Rounded up, as `du -B` does: by integers of 128 bits.
fn units(bytes: u128, unit: u128) -> u128 {
    bytes.div_ceil(unit)
}

#[test]
fn sums_of_the_largest_numbers_are_exact() {
    let huge = |name: &str| {
        Node::file(name).stat(|attr| {
            (attr.size, attr.blocks) = (i64::MAX.cast_unsigned(), u64::MAX);
        })
    };
    let Some(sandbox) = Sandbox::fuse(vec![huge("a"), huge("b"), huge("c"), Node::file("d")])
    else {
        return;
    };
    let allocated = 3 * u128::from(u64::MAX) * 512 + 2 * ENTRY;
    let apparent = 3 * i64::MAX.cast_unsigned() as u128 + 1000;
    for (word, unit) in [
        ("1", 1),
        ("512", 512),
        ("1K", 1 << 10),
        ("1E", 1 << 60),
        ("1000", 1000),
    ] {
        for (option, sum) in [("", allocated), ("-A", apparent)] {
            let expected = format!("{}\tm\n", units(sum, unit));
            sandbox.answers(&format!("-s {option} -B{word} m"), &expected, &[]);
        }
    }
    // 3 * 2^73 bytes and a little, 3 * 2^63 bytes and less: 24 Z rounded up, 24 E.
    sandbox.answers("-sh m", "25Z\tm\n", &[]);
    sandbox.answers("-sAh m", "25E\tm\n", &[]);
    sandbox.answers("-s --si -A m", "28E\tm\n", &[]);
    sandbox.answers(
        "-s -t 7E m",
        &format!("{}\tm\n", units(allocated, 1024)),
        &[],
    );
}

#[test]
fn sparse_files_of_the_largest_size_add_up() {
    if !is_root("tmpfs") {
        return;
    }
    let sandbox = Sandbox::new();
    if !sandbox.mount(Path::new("t"), "t", "tmpfs", "size=1m") {
        return;
    }
    for name in ["a", "b", "c"] {
        let file = File::create(sandbox.at("t").join(name)).expect("files can be made");
        file.set_len(i64::MAX.cast_unsigned())
            .expect("it is sparse");
    }
    let own = u128::from(size_of(&sandbox.at("t")).0);
    sandbox.answers("-sb t", "27670116110564327421\tt\n", &[]);
    sandbox.answers("-s -B1 t", &format!("{own}\tt\n"), &[]);
    sandbox.agrees_with_gnu("-s -B1 t");
    sandbox.agrees_with_gnu("-a -b t/a t/b");
}

#[test]
fn links_are_counted_by_their_numbers_whatever_the_count_of_links_says() {
    let twin = |name: &str, nlink| {
        Node::file(name).stat(|attr| (attr.ino, attr.nlink) = (Ino::Given(777), nlink))
    };
    for (nlink, counted) in [(0, 2), (1, 2), (2, 1), (u32::MAX, 1)] {
        let entries = vec![twin("a", nlink), Node::dir("d", vec![twin("b", nlink)])];
        sums_to(entries, 2 + counted, &[]);
    }
}

#[test]
fn directories_are_counted_whatever_their_numbers() {
    let same = |name: &str| Node::dir(name, files(1)).stat(|attr| attr.ino = Ino::Given(99));
    // Numbers that would be one if 32 bits of them were kept, and the ends of what there is.
    let number = |name: &str, ino| {
        Node::file(name).stat(move |attr| (attr.ino, attr.nlink) = (Ino::Given(ino), 2))
    };
    let parent = Node::dir(
        "p",
        vec![Node::dir("child", files(2)).stat(|attr| attr.ino = Ino::Parent)],
    );
    let entries = vec![
        same("a"),
        same("b"),
        number("low", 5),
        number("high", 5 + (1 << 32)),
        number("none", 0),
        number("last", u64::MAX),
        parent,
    ];
    let Some(sandbox) = Sandbox::fuse(entries) else {
        return;
    };
    // GNU du takes the child for a cycle and leaves it out.
    let count = 1 + 4 + 4 + 4;
    sandbox.answers("-s --inodes m", &format!("{count}\tm\n"), &[]);
    sandbox.answers("-s -B1 m", &format!("{}\tm\n", count * ENTRY), &[]);
}

#[test]
fn times_that_no_calendar_has_are_told_as_numbers() {
    let at = |name: &str, seconds: i64| {
        Node::file(name).stat(move |attr| attr.time = (seconds.cast_unsigned(), u32::MAX))
    };
    let entries = vec![
        at("max", i64::MAX),
        at("min", i64::MIN),
        at("year-10000", 253_402_300_800),
    ];
    let Some(sandbox) = Sandbox::fuse(entries) else {
        return;
    };
    for word in ["--time", "--time=atime", "--time=ctime"] {
        for style in ["full-iso", "+%s", "long-iso"] {
            sandbox.agrees_with_gnu(&format!("-a {word} --time-style={style} m"));
        }
    }
    sandbox.answers("-s -B1 m", "16384\tm\n", &[]);
    let answer = sandbox.pdu("-a --time --time-style=+%s m/max m/min");
    answer.is_sane();
    assert!(answer.out.contains(&i64::MAX.to_string()), "{answer:?}");
}

#[test]
fn a_file_that_grows_while_it_is_counted_counts_as_it_was_met() {
    let sandbox = Sandbox::new();
    let file = sandbox.file("t/a", 0);
    std::fs::hard_link(&file, sandbox.at("t/b")).expect("links can be made");
    for number in 0..50 {
        sandbox.file(&format!("t/d{number}/f"), 1);
    }
    let stop = crossbeam_channel::bounded::<()>(0);
    let growing = std::thread::spawn(move || {
        let file = File::options()
            .append(true)
            .open(file)
            .expect("it is there");
        let mut size = 0_u64;
        while stop.1.try_recv() != Err(crossbeam_channel::TryRecvError::Disconnected) {
            (&file).write_all(&[0; 4096]).expect("there is room");
            size += 4096;
            if size > 50_000_000 {
                file.set_len(0).expect("it can be cut");
                size = 0;
            }
        }
    });
    for _ in 0..20 {
        let answer = sandbox.pdu("-j20 -s --inodes t");
        assert_eq!(answer.number("t"), 1 + 1 + 100, "{answer:?}");
        let answer = sandbox.pdu("-j20 -sb t");
        let rest = answer.number("t") - 50;
        assert!(
            rest.is_multiple_of(4096) && rest <= 50_003_968,
            "{answer:?}"
        );
        assert_eq!(answer.status.code(), Some(0), "{answer:?}");
    }
    drop(stop.0);
    growing.join().expect("it only writes");
}

// ---------------------------------------------------------------- links and threads (F11, F12)

#[test]
fn hard_links_count_in_the_same_place_whatever_the_threads() {
    let sandbox = Sandbox::new();
    for inode in 0..100 {
        let first = sandbox.file(
            &format!("t/d{}/n{inode}-0", inode * 7 % 40),
            1 + inode * 100,
        );
        for link in 1..8 {
            let dir = sandbox.dir(&format!(
                "t/d{}/e{}",
                (inode * 3 + link * 11) % 40,
                link % 3
            ));
            std::fs::hard_link(&first, dir.join(format!("n{inode}-{link}"))).expect("one more");
        }
    }
    let runs = if thorough() { 100 } else { 4 };
    for words in ["-a -b t", "-B1 t", "-d1 -B1 t", "-S --inodes t/d1 t t/d2"] {
        let expected = sandbox.agrees_with_gnu(words);
        let expected = expected.unwrap_or_else(|| sandbox.pdu(&format!("-j1 {words}")));
        for _ in 0..runs {
            for threads in ["-j1", "-j2", "-j3", "-j20", "-j64"] {
                let ours = sandbox.pdu(&format!("{threads} {words}"));
                assert_eq!(ours.out, expected.out, "{threads} {words}");
            }
        }
    }
}

// ---------------------------------------------------------------- what is never opened (F22, F54)

#[test]
fn special_files_are_counted_and_never_opened() {
    let sandbox = Sandbox::new();
    sandbox.file("t/a", 5);
    must(Command::new("mkfifo").arg(sandbox.at("t/fifo")));
    let _socket = std::os::unix::net::UnixListener::bind(sandbox.at("t/socket")).expect("it binds");
    symlink("/", sandbox.at("t/link")).expect("links can be made");
    // Devices are root's to make: the null device as a block device would fail to open, and fail loudly.
    let made = Command::new("mknod")
        .arg(sandbox.at("t/block"))
        .args(["b", "250", "250"])
        .status();
    let devices = usize::from(made.is_ok_and(|status| status.success()));
    sandbox.answers("-s --inodes t", &format!("{}\tt\n", 5 + devices), &[]);
    sandbox.agrees_with_gnu("-a -b t");
    sandbox.agrees_with_gnu("-a -B1 t t/fifo t/socket");
    let trace = sandbox.at("trace");
    let Some(strace) = tool("strace") else { return };
    let mut traced = du(
        &strace,
        sandbox.root(),
        "-f -o trace -e trace=open,openat,openat2",
    );
    let output = traced
        .arg(PDU)
        .args(["-s", "t"])
        .output()
        .expect("strace runs");
    if !output.status.success() {
        return skip("strace may not trace here");
    }
    let trace = std::fs::read_to_string(trace).expect("there is a trace");
    assert!(trace.contains("\"t\""), "{trace}");
    for name in ["fifo", "socket", "link", "block", "\"a\""] {
        assert!(!trace.contains(name), "{name} was opened: {trace}");
    }
}

// ---------------------------------------------------------------- images

/// An ext4 image with a directory of so many files, made without a mount; nothing where it cannot be made.
fn ext4(sandbox: &Sandbox, features: &str, count: usize) -> Option<PathBuf> {
    if !is_root("a loop mount") {
        return None;
    }
    let mkfs = tool("mkfs.ext4")?;
    for number in 0..count {
        sandbox.file(&format!("source/big/{number:04}-{}", "n".repeat(100)), 10);
        sandbox.file(&format!("source/d{}/f{number}", number % 10), 10);
    }
    let image = sandbox.at("image");
    let file = File::create(&image).expect("files can be made");
    file.set_len(16 << 20).expect("it is sparse");
    let mut command = Command::new(mkfs);
    command.args(["-q", "-b", "4096", "-N", "4096", "-O", features, "-d"]);
    must(command.arg(sandbox.at("source")).arg(&image));
    Some(image)
}

/// The number of a block of a file in an ext4 image.
fn block_of(image: &Path, file: &str, index: u32) -> Option<u64> {
    let mut command = Command::new(tool("debugfs")?);
    command
        .args(["-R", &format!("bmap {file} {index}")])
        .arg(image);
    let number = must(&mut command);
    Some(number.trim().parse().expect("a number of a block"))
}

/// The kernel leaves a damaged block out of the listing without an error, so its entries cannot be reported. A name behind
/// it cannot be looked up, which is an error.
#[test]
fn a_damaged_directory_of_ext4_is_told_and_what_was_read_counts() {
    let sandbox = Sandbox::new();
    let image = ext4(&sandbox, "metadata_csum,^dir_index,^has_journal", 100);
    let Some((image, block)) = image.and_then(|image| {
        let block = block_of(&image, "/big", 0)?;
        Some((image, block))
    }) else {
        return;
    };
    let file = File::options()
        .write(true)
        .open(&image)
        .expect("it is ours");
    file.write_all_at(&[0xff; 64], block * 4096 + 512)
        .expect("it is ours");
    if !sandbox.mount_image(&image, "m", "loop,ro") {
        return;
    }
    for words in ["-B1 m", "-s --inodes m", "-a m/big m"] {
        sandbox.agrees_with_gnu(words);
        let ours = sandbox.pdu(words);
        assert_eq!(ours.status.code(), Some(1), "{ours:?}");
        let reported = ours
            .errors
            .lines()
            .filter(|line| line.ends_with(": Bad message"));
        assert!(reported.count() > 30, "{ours:?}");
    }
    // The root, lost+found, ten directories, the damaged one; the hundred files elsewhere.
    sandbox.agrees_with_gnu("-s --inodes m/d0 m/d9");
    let ours = sandbox.pdu("-s --inodes m");
    assert_eq!(ours.number("m"), 113, "{ours:?}");
}

#[test]
fn a_disk_that_ends_too_early_is_told_and_what_was_read_counts() {
    let sandbox = Sandbox::new();
    let image = ext4(&sandbox, "^dir_index,^has_journal", 100);
    let Some((image, block)) = image.and_then(|image| {
        let block = block_of(&image, "/big", 0)?;
        Some((image, block))
    }) else {
        return;
    };
    if !sandbox.mount_image(&image, "m", "loop,ro") {
        return;
    }
    let file = File::options()
        .write(true)
        .open(&image)
        .expect("it is ours");
    file.set_len(block * 4096).expect("it can be cut");
    for words in ["-B1 m", "-s --inodes m"] {
        sandbox.agrees_with_gnu(words);
        let ours = sandbox.pdu(words);
        assert_eq!(ours.status.code(), Some(1), "{ours:?}");
        let complaint = "cannot read directory 'm/big': Input/output error";
        assert!(ours.errors.contains(complaint), "{ours:?}");
    }
}

#[test]
fn a_file_system_without_types_in_its_directories_is_counted() {
    let sandbox = Sandbox::new();
    let Some(image) = ext4(&sandbox, "^filetype,^has_journal", 100) else {
        return;
    };
    if !sandbox.mount_image(&image, "m", "loop,ro") {
        return;
    }
    // The root, lost+found, ten directories and a big one, and two hundred files.
    sandbox.answers("-s --inodes m", "213\tm\n", &[]);
    sandbox.answers("-x -s --inodes m", "213\tm\n", &[]);
    for words in ["-B1 m", "-a -b m", "-x -B1 m"] {
        sandbox.agrees_with_gnu(words);
    }
}

#[test]
fn subvolumes_snapshots_and_compressed_files_count_as_gnu_counts_them() {
    if !is_root("a loop mount") {
        return;
    }
    let (Some(mkfs), Some(btrfs)) = (tool("mkfs.btrfs"), tool("btrfs")) else {
        return;
    };
    let sandbox = Sandbox::new();
    let image = sandbox.at("image");
    let file = File::create(&image).expect("files can be made");
    file.set_len(128 << 20).expect("it is sparse");
    must(Command::new(mkfs).arg("-q").arg(&image));
    if !sandbox.mount_image(&image, "m", "loop,compress=zstd") {
        return;
    }
    let sub = |words: &[&str]| {
        must(
            Command::new(&btrfs)
                .arg("subvolume")
                .args(words)
                .current_dir(sandbox.at("m")),
        )
    };
    sub(&["create", "sub"]);
    let original = sandbox.file("m/sub/zeros", 1_000_000);
    sandbox.file("m/plain/f", 100_000);
    std::fs::hard_link(&original, sandbox.at("m/sub/link")).expect("links can be made");
    sub(&["snapshot", "sub", "snap"]);
    must(
        Command::new("cp")
            .arg("--reflink=always")
            .arg(&original)
            .arg(sandbox.at("m/plain/reflink")),
    );
    must(Command::new("sync").arg("-f").arg(sandbox.at("m")));
    for words in [
        "-B1 m",
        "-x -B1 m",
        "-a -b m",
        "-x --inodes m",
        "-B1 m/sub m/snap m",
        "-x -B1 m/sub m",
    ] {
        sandbox.agrees_with_gnu(words);
    }
    // The root; sub, snap and plain; a file with two links in each of the first two; two files in the last.
    sandbox.answers("-s --inodes m", "8\tm\n", &[]);
    sandbox.answers("-xs --inodes m", "4\tm\n", &[]);
}

// ---------------------------------------------------------------- other kernels (F23, F51)

#[test]
fn a_sandbox_that_refuses_statx_changes_no_number() {
    let sandbox = Sandbox::new();
    for number in 0..20 {
        sandbox.file(&format!("t/d{number}/f"), number * 1000);
    }
    std::fs::hard_link(sandbox.at("t/d3/f"), sandbox.at("t/d4/g")).expect("links can be made");
    let expected = sandbox.pdu("-a -B1 t");
    let Some(strace) = tool("strace") else { return };
    for errno in ["ENOSYS", "EPERM"] {
        let words = format!("-f -qq -o trace -e trace=statx -e inject=statx:error={errno}");
        let mut command = du(&strace, sandbox.root(), &words);
        command.arg(PDU).args(["-a", "-B1", "t"]);
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        let answer = Answer::of(command.spawn().expect("strace starts"), errno);
        let trace = std::fs::read_to_string(sandbox.at("trace")).unwrap_or_default();
        if !trace.contains("(INJECTED)") {
            return skip("strace may not trace or inject here");
        }
        assert_eq!(answer.out, expected.out, "{errno}: {}", answer.errors);
        assert_eq!(answer.status.code(), Some(0), "{errno}: {}", answer.errors);
    }
    sandbox.agrees_with_gnu("-a -B1 t");
}

#[test]
fn the_kernels_own_file_systems_are_walked_to_their_end() {
    // A zombie: reading its `net` fails for ever.
    let mut zombie = Command::new("true").spawn().expect("it starts");
    let state = format!("/proc/{}/stat", zombie.id());
    wait_until("a zombie", || {
        std::fs::read_to_string(&state).is_ok_and(|stat| stat.contains(") Z "))
    });
    let sandbox = Sandbox::new();
    let at = format!("/proc/{}", zombie.id());
    for words in ["-s --inodes", "-a -B1"] {
        sandbox.agrees_with_gnu(&format!("{words} {at}"));
    }
    for threads in ["-j1", "-j20"] {
        for at in ["/proc/self", "/sys/kernel"] {
            sandbox.pdu(&format!("{threads} -s {at}")).is_sane();
        }
    }
    let _ = zombie.wait();
}

#[test]
fn the_whole_of_proc_and_sys_is_walked_to_its_end() {
    if !is_long_form() {
        return;
    }
    let sandbox = Sandbox::new();
    for _ in 0..20 {
        for at in ["/proc", "/sys"] {
            let answer = sandbox.pdu(&format!("-j20 -s {at}"));
            answer.is_sane();
            assert_eq!(lines(&answer.out).len(), 1, "{answer:?}");
        }
    }
}

// ---------------------------------------------------------------- servers that do not answer (F25)

/// A tree in which some directories never answer: `a-1`, `stuck-...`, `z-1` to `z-30`.
fn half_dead(stuck: &[Op]) -> Vec<Node> {
    let mut entries = vec![Node::dir("a-1", files(3))];
    for (number, op) in stuck.iter().enumerate() {
        entries.push(Node::dir(format!("stuck-{number}"), files(2)).hanging(*op));
    }
    entries.extend((1..=30).map(|number| Node::dir(format!("z-{number}"), files(3))));
    entries
}

/// Starts pdu; gives what it writes to standard error, line by line.
fn start_stuck(sandbox: &Sandbox, words: &str) -> (std::process::Child, PathBuf) {
    let errors = sandbox.at("errors");
    let mut command = sandbox.command(words);
    command.stdout(Stdio::piped());
    command.stderr(File::create(&errors).expect("files can be made"));
    (command.spawn().expect("pdu starts"), errors)
}

#[test]
fn what_does_not_answer_keeps_nobody_else_from_finishing() {
    let stuck = [Op::Opendir, Op::ReaddirAfter(0), Op::ReaddirAfter(1)];
    let Some(sandbox) = Sandbox::fuse(half_dead(&stuck)) else {
        return;
    };
    // Another operand in front, and one behind.
    sandbox.file("first/f", 1);
    sandbox.file("last/f", 1);
    // Entries that are found all the same: a directory and its file or files each, the root of `m`, two of the directories
    // that do not answer, and a file in one of them.
    let cases = [("-j4 -v -B1 first m last", 132), ("-j20 -v -B1 m", 128)];
    for (words, entries) in cases {
        let (child, errors) = start_stuck(&sandbox, words);
        let errors = || std::fs::read_to_string(&errors).unwrap_or_default();
        wait_until("all other directories", || {
            errors().contains(&format!("{entries} entries"))
        });
        kill_process(Pid::from_child(&child), Signal::TERM).expect("it runs");
        // It prints what was counted although its walkers hang.
        wait_until("a word about what is missing", || {
            errors().contains("incomplete")
        });
        sandbox.end_fuse();
        let answer = Answer::of(child, words);
        assert_eq!(answer.status.signal(), Some(15), "{answer:?}");
        for number in 1..=30 {
            let line = format!("16384\tm/z-{number}\n");
            assert!(answer.out.contains(&line), "{words}: {}", answer.out);
        }
        assert!(!answer.out.contains("stuck"), "{}", answer.out);
        assert_eq!(answer.out.contains("\tlast\n"), words.contains("last"));
        sandbox.mount_fuse("m", Node::dir("", half_dead(&stuck)));
    }
}

#[test]
fn verbose_names_the_directory_that_does_not_answer() {
    let cases = [
        ("-v -j20 -s m", Op::Opendir, "m/stuck-0"),
        ("-v -j20 m", Op::ReaddirAfter(0), "m/stuck-0"),
        ("-v -j1 -s m", Op::ReaddirAfter(1), "m/stuck-0"),
        ("-v -j2 m/stuck-0 m", Op::Opendir, "m/stuck-0"),
    ];
    // At the same time: each takes the five seconds.
    std::thread::scope(|scope| {
        for (words, op, path) in cases {
            scope.spawn(move || {
                let sandbox = Sandbox::fuse(half_dead(&[op]));
                sandbox.inspect(|sandbox| is_named(sandbox, words, path));
            });
        }
    });
}

/// Runs pdu until it names this directory, which is not before five seconds have gone.
#[track_caller]
fn is_named(sandbox: &Sandbox, words: &str, path: &str) {
    let (child, errors) = start_stuck(sandbox, words);
    let errors = || std::fs::read_to_string(&errors).unwrap_or_default();
    let is_told = |line: &str| line.contains("no answer for ") && line.ends_with(path);
    wait_until("the name of the directory", || {
        errors().lines().any(is_told)
    });
    let errors = errors();
    let early = errors
        .lines()
        .take_while(|line| !line.contains("no answer"));
    assert!(early.count() >= 5, "{errors}");
    sandbox.end_fuse();
    let answer = Answer::of(child, words);
    assert_eq!(answer.status.code(), Some(1), "{answer:?}");
}

#[test]
fn verbose_names_the_directory_of_a_file_that_does_not_answer() {
    let slow = Node::dir(
        "d",
        vec![Node::file("a"), Node::file("f").hanging(Op::Lookup)],
    );
    // Also a large directory, which another walker goes on reading.
    let mut many = files(3000);
    many[2500] = Node::file("file-02500").hanging(Op::Lookup);
    std::thread::scope(|scope| {
        for dir in [slow, Node::dir("d", many)] {
            scope.spawn(move || {
                let sandbox = Sandbox::fuse(vec![dir]);
                sandbox.inspect(|sandbox| is_named(sandbox, "-v -s m", "m/d"));
            });
        }
    });
}

#[test]
fn a_file_system_that_does_not_say_how_full_it_is_holds_nobody_up() {
    let root = Node::dir("", files(3)).hanging(Op::Statfs);
    let sandbox = Sandbox::new();
    if !sandbox.mount_fuse("m", root) {
        return;
    }
    let (child, errors) = start_stuck(&sandbox, "-v -s -B1 m");
    wait_until("the summary", || {
        std::fs::read_to_string(&errors).is_ok_and(|text| text.contains("3 files, 1 directories"))
    });
    sandbox.end_fuse();
    let answer = Answer::of(child, "-v");
    assert_eq!(answer.out, "16384\tm\n");
}
