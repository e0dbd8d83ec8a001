//! Slow directories: a line that is known is written before the directory has been read to its end.
//!
//! The servers count requests: that says how far pdu had read, without a clock.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use crate::support::fuse::{Kind, Node, Options};
use crate::support::gnu_du::GnuDu;
use crate::support::run::{self, PDU, pdu};
use crate::support::sandbox::Sandbox;
use crate::support::skip::works;
use crate::support::terminal::wait;
use crate::support::tree::Tree;

const WALKERS: [&str; 3] = ["-j1", "-j2", "-j20"];

/// Far fewer than the 100,000 entries that GNU du reads before it writes the first line.
const FEW: usize = 25_000;

/// Slow enough that so many walkers do not read [`FEW`] entries in an instant.
fn slow(walkers: &str) -> Options {
    let micros = match walkers {
        "-j20" => 3000,
        _ => 300,
    };
    Options {
        delay: Duration::from_micros(micros),
        ..Options::default()
    }
}

/// Slow directories at `m0`, `m1`, ...; nothing where FUSE cannot be mounted.
fn mounted(directories: Vec<Node>, options: &Options) -> Option<Sandbox> {
    let sandbox = Sandbox::new();
    for (number, root) in directories.into_iter().enumerate() {
        let at = format!("m{number}");
        sandbox.dir(&at);
        if !sandbox.mount_fuse_at(&at, root, options) {
            return None;
        }
    }
    Some(sandbox)
}

/// The first lines of a command that would never end; then its reader goes away, and the command has to end.
#[track_caller]
fn first_lines(mut command: Command, count: usize) -> Vec<String> {
    let what = format!("{command:?}");
    command.stdout(Stdio::piped()).stderr(Stdio::null());
    let mut child = command.spawn().expect("it starts");
    let out = BufReader::new(child.stdout.take().expect("it is a pipe"));
    let lines: Vec<String> = out.lines().map_while(Result::ok).take(count).collect();
    assert_eq!(lines.len(), count, "{what}");
    // The reader is gone.
    wait(&mut child);
    lines
}

#[test]
fn lines_flow_amid_a_directory_without_end() {
    for walkers in WALKERS {
        for words in ["-a m0", "-abl --time m0", "-aS m0", "-a --files0-from=list"] {
            let endless = Node::of_kind("", Kind::EndlessNames);
            let Some(sandbox) = mounted(vec![endless], &slow(walkers)) else {
                return;
            };
            std::fs::write(sandbox.at("list"), "m0").expect("it can be written");
            let command = sandbox.command(&format!("{walkers} {words}"));
            let lines = first_lines(command, 20);
            let requests = sandbox.requests(0);
            assert!(requests < FEW, "{walkers} {words}: {requests} requests");
            for (number, line) in lines.iter().enumerate() {
                let name = format!("\tm0/entry-{number}");
                assert!(line.ends_with(&name), "{walkers} {words}: {line}");
            }
        }
    }
}

#[test]
fn records_of_other_formats_flow_as_well() {
    for words in [
        "--format=json -a m0",
        "--format=csv -a m0",
        "--format=ncdu m0",
    ] {
        let endless = Node::of_kind("", Kind::EndlessNames);
        let Some(sandbox) = mounted(vec![endless], &slow("-j2")) else {
            return;
        };
        let lines = first_lines(sandbox.command(&format!("-j2 {words}")), 5);
        assert!(lines.concat().contains("entry-"), "{lines:?}");
        assert!(sandbox.requests(0) < FEW, "{words}");
    }
}

#[test]
fn subdirectories_of_a_directory_without_end_have_their_lines() {
    // A directory in which the first entry of each directory is a file, and the second one a directory.
    let deep = || Node::of_kind("", Kind::Bottomless);
    let Some(sandbox) = mounted(
        vec![deep(), Node::of_kind("", Kind::EndlessNames)],
        &slow("-j20"),
    ) else {
        return;
    };
    for walkers in WALKERS {
        let lines = first_lines(sandbox.command(&format!("{walkers} -a m0 m1")), 20);
        assert!(
            lines.iter().all(|line| line.ends_with("/file")),
            "{lines:?}"
        );
    }
    let mixed = |number: usize| match number % 10 {
        0 => Node::dir(format!("dir-{number}"), vec![Node::file("in")]),
        _ => Node::file(format!("file-{number}")),
    };
    for walkers in WALKERS {
        let root = Node::dir("", (0..50_000).map(mixed).collect());
        let Some(sandbox) = mounted(vec![root], &slow(walkers)) else {
            return;
        };
        for words in ["m0", "-d1 m0", "-S m0", "--inodes m0"] {
            let before = sandbox.requests(0);
            let lines = first_lines(sandbox.command(&format!("{walkers} {words}")), 3);
            assert!(sandbox.requests(0) - before < FEW, "{walkers} {words}");
            let names = ["\tm0/dir-0", "\tm0/dir-10", "\tm0/dir-20"];
            for (line, name) in lines.iter().zip(names) {
                assert!(line.ends_with(name), "{walkers} {words}: {line}");
            }
        }
    }
}

#[test]
fn several_slow_directories_have_the_lines_of_gnu_du() {
    let directory = |name: &str| {
        let files = (0..900).map(|file| Node::file(format!("{name}-{file}")));
        let deeper = Node::dir(
            "deeper",
            (0..50).map(|file| Node::file(format!("{file}"))).collect(),
        );
        Node::dir(name, files.chain([deeper]).collect())
    };
    let root = || Node::dir("", ["a", "b", "c"].map(directory).into());
    let Some(sandbox) = mounted(vec![root(), root()], &slow("-j1")) else {
        return;
    };
    for words in ["-a m0 m1", "-abS m1", "-d1 --time m0", "-l m0 m1 m0/a"] {
        sandbox.agrees_with_gnu(words);
    }
}

#[test]
fn a_failed_write_ends_a_directory_without_end() {
    for walkers in WALKERS {
        let endless = Node::of_kind("", Kind::EndlessNames);
        let Some(sandbox) = mounted(vec![endless], &slow(walkers)) else {
            return;
        };
        let script = format!("\"$pdu\" {walkers} -a m0 >/dev/full");
        let answer = run::run(run::shell(sandbox.root(), &script));
        assert_eq!(answer.errors.matches("No space left").count(), 1);
        assert_eq!(answer.status.code(), Some(1));
        assert!(sandbox.requests(0) < FEW, "{walkers}");
    }
}

/// On a disk, GNU du sorts more than 10,000 entries by inode number: no order is known before the names are.
#[test]
fn where_stat_is_slow_lines_flow_once_all_names_are_known() {
    const TRACER: &str = "strace -f -qq -e trace=newfstatat,statx,write,writev";
    const DELAY: &str = "inject=newfstatat,statx:delay_enter";
    if !works(&format!(
        "{TRACER} -o /dev/null -e {DELAY}=1 {PDU} --version"
    )) {
        return;
    }
    let files: String = (0..900).map(|file| format!("t/file-{file} 1\n")).collect();
    let tree = Tree::of(&files);
    for walkers in WALKERS {
        // All stats take two and a half seconds: far longer than a line may wait.
        let delay = match walkers {
            "-j1" => 2_800,
            "-j2" => 5_600,
            _ => 56_000,
        };
        let delay = format!("{DELAY}={delay}");
        let script = format!("exec {TRACER} -o log -e {delay} \"$pdu\" {walkers} -ab t");
        let slow = run::run(run::shell(tree.root(), &script));
        assert_eq!(slow.out.lines().count(), 901);
        let log = std::fs::read_to_string(tree.root().join("log")).expect("strace has written");
        let stats = |log: &str| log.matches("\"file-").count();
        let (before, _) = log.split_once("write(1,").expect("lines were written");
        assert!(stats(before) < stats(&log) / 2, "{walkers}");
        let fast = run::run(pdu(tree.root(), &format!("{walkers} -ab t")));
        assert_eq!(slow.out, fast.out, "{walkers}");
    }
}

/// Under `-L`, GNU du sorts more than 10,000 entries by inode number on a file system in memory as well.
#[test]
fn a_slow_directory_in_memory_has_the_order_of_gnu_du() {
    // Each walker's first read takes longer than the age at which a directory is slow.
    const TRACER: &str = "strace -f -qq -o /dev/null -e trace=getdents64 -e \
        inject=getdents64:delay_enter=150000:when=1";
    let Some(gnu) = GnuDu::any().filter(|_| works(&format!("{TRACER} {PDU} --version"))) else {
        return;
    };
    let sandbox = Sandbox::new();
    if !sandbox.mount(Path::new("none"), "t", "tmpfs", "") {
        return;
    }
    for file in 0..12_000 {
        std::fs::write(sandbox.at(&format!("t/{file}")), "").expect("files can be made");
    }
    for words in ["-aL t", "-a t"] {
        let expected = run::stdout(run::du(&gnu.path, sandbox.root(), words));
        for walkers in WALKERS {
            let script = format!("exec {TRACER} \"$pdu\" {walkers} {words}");
            let slow = run::run(run::shell(sandbox.root(), &script));
            assert!(slow.out == expected, "{walkers} {words}");
        }
    }
}
