//! Mounts: `-x`, overlays, directories mounted twice or into themselves, automounts, and servers that are dead.
//!
//! All of it takes root. Expected numbers are those of what was put there, or GNU du's.

use std::fs::File;
use std::io::{BufRead, BufReader};
use std::os::fd::AsRawFd;
use std::os::unix::fs::symlink;
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use crate::support::fuse::{Node, Op, Options};
use crate::support::gnu_du::GnuDu;
use crate::support::run::{Answer, du, must, run, shell, stdout, wait_until};
use crate::support::sandbox::{Sandbox, size_of};
use crate::support::skip::{is_root, tool, works};
use rustix::process::{Pid, Signal, kill_process};

/// The root of a file system whose server is dead: it answers nothing.
fn dead() -> Node {
    Node::dir("", vec![Node::file("f")])
        .hanging(Op::Getattr)
        .hanging(Op::Opendir)
        .hanging(Op::ReaddirAfter(0))
        .hanging(Op::Statfs)
}

/// Directories `t/a` and `t/z-0` to `t/z-9` with a file each, `t/dead`, and a link to that; nothing where FUSE cannot be mounted.
fn with_dead_mount() -> Option<Sandbox> {
    let sandbox = Sandbox::new();
    sandbox.file("t/a/f", 1);
    if !sandbox.mount_fuse("t/dead", dead()) {
        return None;
    }
    for number in 0..10 {
        sandbox.file(&format!("t/z-{number}/f"), 1);
    }
    Some(sandbox)
}

// ---------------------------------------------------------------- -x (F19, F25, F52)

#[test]
fn one_file_system_does_not_ask_a_dead_mount_for_anything() {
    let Some(sandbox) = with_dead_mount() else {
        return;
    };
    let before = sandbox.requests(0);
    for words in [
        "-x -s --inodes t",
        "-xL -s --inodes t",
        "-x -l -s --inodes t",
    ] {
        sandbox.answers(words, "23\tt\n", &[]);
    }
    let answer = sandbox.pdu("-x -v -s --inodes t");
    assert_eq!(answer.out, "23\tt\n");
    assert_eq!(sandbox.requests(0), before, "the dead mount was asked");
}

/// GNU du asks for more than the device: it is refused, says so, and ends with status 1.
#[test]
fn one_file_system_leaves_out_mounts_that_refuse_this_user() {
    let sandbox = Sandbox::new();
    sandbox.file("t/a/f", 1);
    sandbox.file("t/file", 1);
    sandbox.dir("t/directory");
    let private = Options {
        user: Some(65534),
        ..Options::default()
    };
    let file = Node::file("").hanging(Op::Getattr);
    if !sandbox.mount_fuse_at("t/directory", dead(), &private)
        || !sandbox.mount_fuse_at("t/file", file, &private)
    {
        return;
    }
    for words in ["-x -s", "-xa -d0", "-xL -s", "-x -l -s"] {
        sandbox.answers(&format!("{words} --inodes t"), "3\tt\n", &[]);
    }
    let refused = sandbox.pdu("-s --inodes t");
    assert_eq!(refused.errors.matches("Permission denied").count(), 2);
    if let Some(gnu) = GnuDu::same_sizes() {
        let theirs = run(du(&gnu.path, sandbox.root(), "-x --inodes t"));
        let ours = sandbox.pdu("-x --inodes t");
        assert_eq!((theirs.out, theirs.status.code()), (ours.out, Some(1)));
    }
}

#[test]
fn one_file_system_does_not_ask_a_dead_mount_in_a_directory_without_types() {
    if !is_root("a loop mount") {
        return;
    }
    let Some(mkfs) = tool("mkfs.ext4") else {
        return;
    };
    let sandbox = Sandbox::new();
    sandbox.dir("source/dead");
    sandbox.file("source/a/f", 1);
    let image = sandbox.at("image");
    let file = File::create(&image).expect("files can be made");
    file.set_len(16 << 20).expect("it is sparse");
    let mut command = Command::new(mkfs);
    command.args(["-q", "-O", "^filetype,^has_journal", "-d"]);
    must(command.arg(sandbox.at("source")).arg(&image));
    if !sandbox.mount_image(&image, "t", "loop") || !sandbox.mount_fuse("t/dead", dead()) {
        return;
    }
    let before = sandbox.requests(0);
    // The root, lost+found, a, and its file.
    sandbox.answers("-x -s --inodes t", "4\tt\n", &[]);
    assert_eq!(sandbox.requests(0), before, "the dead mount was asked");
}

#[test]
fn one_file_system_counts_the_files_of_an_overlay_over_two_file_systems() {
    if !is_root("an overlay") {
        return;
    }
    let sandbox = Sandbox::new();
    for at in ["low", "up"] {
        if !sandbox.mount(Path::new(at), at, "tmpfs", "size=4m") {
            return;
        }
    }
    sandbox.file("low/both/a", 100_000);
    sandbox.file("low/b", 50_000);
    sandbox.file("up/files/both/c", 20_000);
    let work = sandbox.dir("up/work");
    let data = format!(
        "lowerdir={},upperdir={},workdir={}",
        sandbox.at("low").display(),
        sandbox.at("up/files").display(),
        work.display()
    );
    if !sandbox.mount(Path::new("o"), "o", "overlay", &data) {
        return;
    }
    let all = ["o", "o/both", "o/both/a", "o/b", "o/both/c"];
    let allocated: u64 = all.iter().map(|name| size_of(&sandbox.at(name)).0).sum();
    for option in ["", "-x"] {
        sandbox.answers(
            &format!("{option} -s -B1 o"),
            &format!("{allocated}\to\n"),
            &[],
        );
        sandbox.answers(&format!("{option} -sb o"), "170000\to\n", &[]);
        sandbox.answers(&format!("{option} -s --inodes o"), "5\to\n", &[]);
    }
    sandbox.agrees_with_gnu("-a -b o");
}

#[test]
fn each_operand_has_its_own_file_system() {
    if !is_root("tmpfs") {
        return;
    }
    let sandbox = Sandbox::new();
    for at in ["t", "t/a/inner", "other"] {
        if !sandbox.mount(Path::new(at), at, "tmpfs", "size=1m") {
            return;
        }
    }
    sandbox.file("t/a/f", 1);
    sandbox.file("t/a/inner/g", 1);
    sandbox.file("t/b/h", 1);
    sandbox.file("other/deep/i", 1);
    for words in [
        "-x t",
        "-x t/a/inner t",
        "-x other t",
        "-x t other",
        "-x t/a/f",
        "-ax t t/a/inner/g",
        "-x t/a t/b",
        "-x . other",
        "-xc nothing t other",
        "-xD t",
        "-xL t",
        "-xl t other",
        "-x -d1 t",
        "-xS t",
    ] {
        sandbox.agrees_with_gnu(&format!("--inodes {words}"));
    }
    sandbox.answers("-xs --inodes t other", "5\tt\n3\tother\n", &[]);
    let complaint = "pdu: cannot access 'nothing': No such file or directory";
    sandbox.answers("-xs --inodes nothing t", "5\tt\n", &[complaint]);
}

// ---------------------------------------------------------------- the same thing twice (F15, F17, F18)

#[test]
fn what_is_mounted_twice_counts_as_gnu_counts_it() {
    if !is_root("a bind mount") {
        return;
    }
    let sandbox = Sandbox::new();
    sandbox.file("t/a/f", 1000);
    sandbox.file("t/a/deep/g", 1000);
    sandbox.file("t/h", 1000);
    std::fs::hard_link(sandbox.at("t/h"), sandbox.at("t/a/h")).expect("one more");
    if !sandbox.bind("t/a", "t/c") || !sandbox.bind("t/a", "t/d/e") {
        return;
    }
    // A file over a file.
    sandbox.file("t/over", 5);
    must(
        Command::new("mount")
            .arg("--bind")
            .arg(sandbox.at("t/h"))
            .arg(sandbox.at("t/over")),
    );
    for words in [
        "-B1 t",
        "-a -b t",
        "-x --inodes t",
        "-l --inodes t",
        "--inodes t/c t/a t",
        "-L --inodes t",
    ] {
        sandbox.agrees_with_gnu(words);
    }
}

#[test]
fn mounts_into_themselves_are_finite() {
    if !is_root("a bind mount") {
        return;
    }
    let sandbox = Sandbox::new();
    sandbox.file("t/a/f", 1000);
    sandbox.dir("t/a/b");
    if !sandbox.bind("t/a", "t/a/b") {
        return;
    }
    for words in [
        "-B1 t",
        "-x --inodes t",
        "-a -b t/a",
        "--inodes t/a/b t",
        "-L --inodes t",
    ] {
        sandbox.agrees_with_gnu(words);
    }
    // Mounts within mounts, which multiply with every one.
    for number in 0..2 {
        let at = sandbox.dir(&format!("t/a/r{number}"));
        let bound = rustix::mount::mount_bind_recursive(sandbox.at("t"), &at);
        bound.expect("the other one went");
    }
    for words in ["-s --inodes t", "-B1 t"] {
        sandbox.agrees_with_gnu(words);
    }
}

// ---------------------------------------------------------------- automounts (F26)

/// An automounter that counts requests, and refuses them or mounts a small file system with one file.
struct Automounter {
    child: Child,
    asked: Receiver<String>,
}

const AUTOMOUNTER: &str = r#"
    use Fcntl;
    $| = 1;
    my ($grants) = @ARGV;
    while (sysread(STDIN, my $packet, 304)) {
        my ($version, $type, $token, $device) = unpack("iiII", $packet);
        print "asked\n";
        my ($at) = grep { my @s = lstat; $s[0] == $device } @ARGV[1 .. $#ARGV];
        sysopen(my $root, $at, O_RDONLY | O_DIRECTORY) or die "$at: $!";
        if ($grants) {
            system("mount", "-t", "tmpfs", "-o", "size=64k", "x", $at);
            open(my $file, ">", "$at/file") or die; close $file;
        }
        ioctl($root, $grants ? 0x9360 : 0x9361, $token) or die "ioctl: $!";
    }
"#;

impl Automounter {
    /// Direct automounts at these directories of `sandbox`; nothing where they cannot be.
    fn start(sandbox: &Sandbox, places: &[&str], grants: bool) -> Option<Self> {
        let perl = tool("perl").filter(|_| is_root("an automount"))?;
        let (read, write) = std::io::pipe().expect("pipes can be had");
        let mut command = Command::new(perl);
        command.args(["-e", AUTOMOUNTER, if grants { "1" } else { "0" }]);
        command.args(places.iter().map(|place| sandbox.dir(place)));
        // What this group does fires nothing.
        command.process_group(0).stdin(read).stdout(Stdio::piped());
        let mut child = command.spawn().expect("perl starts");
        let out = child.stdout.take().expect("it is piped");
        let data = format!(
            "fd={},pgrp={},minproto=5,maxproto=5,direct",
            write.as_raw_fd(),
            child.id()
        );
        let mounted = places
            .iter()
            .all(|place| sandbox.mount(Path::new("pdu-test"), place, "autofs", &data));
        if !mounted {
            let _ = child.kill();
            let _ = child.wait();
            return None;
        }
        let (give, asked) = channel();
        std::thread::spawn(move || {
            BufReader::new(out)
                .lines()
                .map_while(Result::ok)
                .all(|line| give.send(line).is_ok())
        });
        Some(Self { child, asked })
    }

    /// A tree `t` of four entries and two automounts of file systems with a file each.
    fn of_files() -> Option<(Sandbox, Self)> {
        let sandbox = Sandbox::new();
        sandbox.file("t/a/f", 1);
        let automounter = Self::start(&sandbox, &["t/auto-1", "t/deep/auto-2"], true)?;
        Some((sandbox, automounter))
    }

    /// The number of requests since the last call.
    fn count(&self) -> usize {
        // A request was printed before it was answered, and the process that caused it has ended.
        std::iter::from_fn(|| self.asked.recv_timeout(Duration::from_millis(200)).ok()).count()
    }
}

impl Drop for Automounter {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn one_file_system_fires_no_automount() {
    let sandbox = Sandbox::new();
    sandbox.file("t/a/f", 1);
    let places = ["t/auto-1", "t/auto-2", "t/deep/auto-3"];
    let Some(automounter) = Automounter::start(&sandbox, &places, false) else {
        return;
    };
    for words in [
        "-x -s --inodes t",
        "-xa -s --inodes t",
        "-xl -s --inodes t",
        "-xL -s --inodes t",
    ] {
        let words = words.replace("-xa -s", "-xa");
        let answer = sandbox.pdu(&words);
        assert_eq!(answer.number("\tt"), 4, "{answer:?}");
        assert_eq!(automounter.count(), 0, "{words} fired an automount");
    }
    // All that -l, -x and the like do without an open.
    sandbox.agrees_with_gnu("-x --inodes t");
    assert_eq!(automounter.count(), 0);
}

#[test]
fn without_it_each_automount_is_fired_once_and_its_failure_told() {
    let sandbox = Sandbox::new();
    sandbox.file("t/a/f", 1);
    let places = ["t/auto-1", "t/auto-2", "t/deep/auto-3"];
    let Some(automounter) = Automounter::start(&sandbox, &places, false) else {
        return;
    };
    if let Some(gnu) = GnuDu::same_sizes() {
        let theirs = run(du(&gnu.path, sandbox.root(), "--inodes t"));
        assert_eq!(
            (theirs.status.code(), automounter.count()),
            (Some(1), 3),
            "{theirs:?}"
        );
    }
    for threads in ["-j1", "-j20"] {
        let answer = sandbox.pdu(&format!("{threads} -s --inodes t"));
        assert_eq!(answer.out, "7\tt\n");
        let messages = answer.errors.matches("cannot read directory 't/").count();
        assert_eq!((messages, answer.status.code()), (3, Some(1)), "{answer:?}");
        assert_eq!(automounter.count(), 3, "{threads}");
    }
}

#[test]
fn what_an_automount_brings_is_counted() {
    let Some((sandbox, automounter)) = Automounter::of_files() else {
        return;
    };
    // The two roots have a file each.
    for threads in ["-j20", "-j1"] {
        let answer = sandbox.pdu(&format!("{threads} -s --inodes t"));
        assert_eq!(
            (answer.out.as_str(), answer.errors.as_str()),
            ("8\tt\n", "")
        );
    }
    assert_eq!(automounter.count(), 2);
    sandbox.agrees_with_gnu("--inodes t");
}

#[test]
fn an_automount_of_a_type_that_is_left_out_is_not_counted() {
    let Some((sandbox, automounter)) = Automounter::of_files() else {
        return;
    };
    sandbox.answers("--exclude-fs=autofs -s --inodes t", "4\tt\n", &[]);
    assert_eq!(automounter.count(), 0, "an automount was fired");
    // The mounts are made while pdu walks: they are not in the list that it has read before.
    sandbox.answers("--exclude-fs=tmpfs -s --inodes t", "4\tt\n", &[]);
    assert_eq!(automounter.count(), 2);
}

// ---------------------------------------------------------------- --exclude-fs, --exclude-kernfs

#[test]
fn a_dead_mount_of_a_type_that_is_left_out_is_not_asked() {
    let Some(sandbox) = with_dead_mount() else {
        return;
    };
    let before = sandbox.requests(0);
    symlink("dead", sandbox.at("t/link")).expect("it can be made");
    sandbox.answers("-xL -s --inodes t", "23\tt\n", &[]);
    for option in [
        "--exclude-fs=fuse",
        "--exclude-fs=nfs,fuse -x",
        "--exclude-fs=fuse -l",
    ] {
        sandbox.answers(&format!("{option} -s --inodes t"), "24\tt\n", &[]);
        sandbox.answers(&format!("{option} -s --inodes t/dead t/a"), "2\tt/a\n", &[]);
        sandbox.answers(
            &format!("{option} -D -s --inodes t/link t/dead/ t/a"),
            "2\tt/a\n",
            &[],
        );
        sandbox.answers(&format!("{option} -L -s --inodes t"), "23\tt\n", &[]);
    }
    assert_eq!(sandbox.requests(0), before, "the dead mount was asked");
}

#[test]
fn a_mount_that_refuses_root_is_left_out_without_a_message() {
    let sandbox = Sandbox::new();
    sandbox.file("t/a/f", 1);
    sandbox.dir("t/private");
    let options = Options {
        user: Some(12345),
        ..Options::default()
    };
    let root = Node::dir("", vec![Node::file("f")]);
    if !sandbox.mount_fuse_at("t/private", root, &options) {
        return;
    }
    let refused = sandbox.pdu("-s --inodes t");
    assert_eq!(refused.status.code(), Some(1), "{refused:?}");
    sandbox.answers("--exclude-fs=fuse -s --inodes t", "3\tt\n", &[]);
    sandbox.answers(
        "--exclude-fs=fuse -s --inodes t/private t/a",
        "2\tt/a\n",
        &[],
    );
}

#[test]
fn file_systems_are_left_out_by_their_type() {
    if !is_root("a mount") {
        return;
    }
    let sandbox = Sandbox::new();
    sandbox.file("t/a/f", 10);
    let mounts = [
        ("t/p", "proc"),
        ("t/s/sys", "sysfs"),
        ("t/m", "tmpfs"),
        ("t/m/in/p", "proc"),
    ];
    for (at, kind) in mounts {
        if !sandbox.mount(Path::new("x"), at, kind, "") {
            return;
        }
    }
    sandbox.file("t/m/f", 300);
    sandbox.dir("t/m/again");
    // A directory and a file of a file system that is left out, mounted elsewhere.
    sandbox.file("t/version", 0);
    let [source, at] = ["t/p/version", "t/version"].map(|name| sandbox.at(name));
    rustix::mount::mount_bind(source, at).expect("root may");
    if !sandbox.bind("t/p/sys", "t/bound") || !sandbox.bind("t/a", "t/m/again") {
        return;
    }
    for (option, bytes, inodes) in [
        // t, a, f, s; m, its f, in, again with its f.
        ("--exclude-kernfs", 320, 9),
        ("--exclude-kernfs --exclude-fs=tmpfs", 10, 4),
        ("--exclude-fs=tmpfs,proc,sysfs", 10, 4),
        (
            "--exclude-fs=tmpfs --exclude-fs=proc --exclude-fs=sysfs -x",
            10,
            4,
        ),
    ] {
        sandbox.answers(&format!("{option} -bls t"), &format!("{bytes}\tt\n"), &[]);
        sandbox.answers(
            &format!("{option} -ls --inodes t"),
            &format!("{inodes}\tt\n"),
            &[],
        );
    }
    let kernfs = "--exclude-kernfs -bs";
    sandbox.answers(
        &format!("{kernfs} t/p t/p/sys t/p/version t/version t/a"),
        "10\tt/a\n",
        &[],
    );
    sandbox.answers(&format!("{kernfs} -c t/p"), "0\ttotal\n", &[]);
    let marks = "grep -o '{\"name\":[^{]*\"excluded\":\"[a-z]*\"' | sed 's/,.*,/,/' | sort";
    for (option, expected) in [
        (
            "--exclude-kernfs",
            "bound kernfs,p kernfs,p kernfs,sys kernfs",
        ),
        ("--exclude-fs=tmpfs,proc", "bound kernfs,m otherfs,p kernfs"),
    ] {
        let script = format!("$pdu {option} --format=ncdu t | {marks}");
        let ours = stdout(shell(sandbox.root(), &script));
        let ours = ours
            .replace("{\"name\":\"", "")
            .replace("\",\"excluded\":\"", " ");
        assert_eq!(ours.replace("\"\n", ",").trim_end_matches(','), expected);
    }
    if tool("ncdu").is_some() {
        let script = |program| format!("{program} -o- t | {marks}");
        let theirs = stdout(shell(sandbox.root(), &script("ncdu -0 --exclude-kernfs")));
        let ours = stdout(shell(
            sandbox.root(),
            &script("$pdu --exclude-kernfs --format=ncdu"),
        ));
        assert_eq!(ours, theirs);
    }
}

#[test]
fn without_the_list_of_mounts_no_type_can_be_left_out() {
    if !is_root("a mount") || !works("unshare --mount true") {
        return;
    }
    let sandbox = Sandbox::new();
    sandbox.file("t/a/f", 10);
    let script =
        "exec unshare --mount sh -c 'mount -t tmpfs x /proc && exec $pdu --exclude-kernfs -s t'";
    let answer = run(shell(sandbox.root(), script));
    let message =
        "pdu: cannot read '/proc/self/mountinfo', the list of mounts: No such file or directory\n";
    assert_eq!((&*answer.errors, answer.status.code()), (message, Some(1)));
}

// ---------------------------------------------------------------- dead mounts (F25)

#[test]
fn a_dead_mount_below_keeps_nobody_else_from_finishing_and_ctrl_c_is_heard() {
    for words in [
        "-v -j2 --inodes t",
        "-v -j20 --inodes t/dead t",
        "-v -j3 --inodes t/dead t",
    ] {
        let Some(sandbox) = with_dead_mount() else {
            return;
        };
        let errors = File::create(sandbox.at("errors")).expect("files can be made");
        let mut command = sandbox.command(words);
        let child = command
            .stdout(Stdio::piped())
            .stderr(errors)
            .spawn()
            .expect("pdu starts");
        let errors = || std::fs::read_to_string(sandbox.at("errors")).unwrap_or_default();
        // `t` and eleven directories with a file each.
        wait_until("all but the dead mount", || errors().contains("23 entries"));
        kill_process(Pid::from_child(&child), Signal::TERM).expect("it runs");
        wait_until("a word about what is missing", || {
            errors().contains("incomplete")
        });
        sandbox.end_fuse();
        let answer = Answer::of(child, words);
        assert_eq!(answer.status.signal(), Some(15), "{answer:?}");
        for name in ["t/a", "t/z-0", "t/z-9"] {
            assert!(answer.out.contains(&format!("2\t{name}\n")), "{answer:?}");
        }
        assert!(!answer.out.contains("\tt\n"), "{answer:?}");
    }
}

#[test]
fn a_mount_that_is_gone_is_told() {
    let Some(sandbox) = with_dead_mount() else {
        return;
    };
    // Its server has ended and the mount is still there: ENOTCONN.
    let lines = std::fs::read_to_string("/proc/self/mountinfo").expect("there is a list");
    let at = sandbox.at("t/dead").display().to_string();
    let device = lines
        .lines()
        .find(|line| line.contains(&at))
        .and_then(|line| line.split(' ').nth(2));
    let number = device
        .and_then(|device| device.split(':').nth(1))
        .expect("a device")
        .to_owned();
    if !sandbox.mount(Path::new("ctl"), "ctl", "fusectl", "") {
        return;
    }
    std::fs::write(sandbox.at("ctl").join(number).join("abort"), "1").expect("it can be ended");
    let complaint = "pdu: cannot access 't/dead': Transport endpoint is not connected";
    sandbox.answers("-s --inodes t", "23\tt\n", &[complaint]);
    sandbox.agrees_with_gnu("--inodes t");
    sandbox.answers("-x -s --inodes t", "23\tt\n", &[]);
}
