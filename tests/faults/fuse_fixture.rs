//! Tests of the FUSE fixture itself, with GNU du and find as clients. They are skipped without root and `/dev/fuse`.

use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::time::Duration;

use crate::support::fuse::{Action, Fault, Fuse, Ino, Kind, Node, Op, Options};
use rustix::fs::{FileType, Mode, OFlags};
use rustix::io::Errno;

use crate::support::gnu_du::GnuDu;
use crate::support::run::{holds_within, program, text};
use crate::support::skip::skip;
use crate::support::tree::Tree;

/// A mounted FUSE file system; skips where it cannot be mounted.
struct Mounted {
    /// Before the directory: fields are dropped in this order.
    fuse: Fuse,
    dir: Tree,
}

impl Mounted {
    fn new(root: Node, options: &Options) -> Option<Self> {
        let dir = Tree::empty();
        match Fuse::mount(dir.root(), root, options) {
            Ok(fuse) => Some(Self { fuse, dir }),
            Err(error) => {
                skip(format_args!(
                    "no FUSE file system can be mounted here: {error}"
                ));
                None
            }
        }
    }

    fn at(&self) -> &Path {
        self.dir.root()
    }

    fn run(&self, program: &str, arguments: &[&str]) -> Output {
        let mut command = self.command(program, arguments);
        command.output().expect("the program runs")
    }

    fn spawn(&self, program: &str, arguments: &[&str]) -> Child {
        let mut command = self.command(program, arguments);
        command.stdout(Stdio::null());
        command.spawn().expect("the program starts")
    }

    fn command(&self, name: &str, arguments: &[&str]) -> Command {
        let mut command = program(name, Path::new("/"));
        command.args(arguments).arg(self.at());
        command
    }
}

/// The newest GNU du of the machine.
fn gnu_du() -> Option<&'static str> {
    GnuDu::any()?.path.to_str()
}

fn millis(count: u64) -> Options {
    Options {
        delay: Duration::from_millis(count),
        ..Options::default()
    }
}

/// The answer of GNU du for `entries`: exit status, standard output and error without the mount point.
fn du(entries: Vec<Node>, arguments: &[&str]) -> Option<(i32, String, String)> {
    let gnu = gnu_du()?;
    let mounted = Mounted::new(Node::dir("", entries), &Options::default())?;
    let output = mounted.run(gnu, arguments);
    let own = mounted.at().display().to_string();
    let plain = |bytes: &[u8]| text(bytes).replace(&own, "MNT").replace(gnu, "du");
    Some((
        output.status.code().expect("an exit status"),
        plain(&output.stdout),
        plain(&output.stderr),
    ))
}

#[test]
fn find_sees_every_name() {
    let root = Node::nested("", 2, 3, 2);
    let Some(mounted) = Mounted::new(root, &Options::default()) else {
        return;
    };
    let output = mounted.run("find", &[]);
    assert!(output.status.success(), "{}", text(&output.stderr));
    assert_eq!(
        text(&output.stdout).lines().count(),
        1 + 3 + 9 + 2 * (1 + 3 + 9)
    );
}

#[test]
fn du_adds_up() {
    let Some(said) = du(
        vec![Node::file("a"), Node::dir("d", vec![Node::file("b")])],
        &[],
    ) else {
        return;
    };
    assert_eq!(said, (0, "8\tMNT/d\n16\tMNT\n".into(), String::new()));
}

#[test]
fn requests_wait_for_their_answers_side_by_side() {
    // A machine that is busy may not bring half of them together before the first is answered: ever more time, then.
    let mut most = 0;
    for delay in [500, 2_000, 8_000, 30_000] {
        let names: Vec<_> = (0..64).map(|file| format!("file-{file}")).collect();
        let files = names.iter().map(Node::file).collect();
        let Some(mounted) = Mounted::new(Node::dir("", files), &millis(delay)) else {
            return;
        };
        std::thread::scope(|scope| {
            for name in &names {
                let path = mounted.at().join(name);
                scope.spawn(move || {
                    assert_eq!(path.metadata().expect("it is there").len(), 1000);
                });
            }
        });
        most = mounted.fuse.most_at_once();
        if most >= 32 {
            return;
        }
    }
    panic!("never more than {most} at once");
}

#[test]
fn an_error_amid_a_listing_keeps_what_was_read() {
    let files = (0..100)
        .map(|file| Node::file(format!("file-{file}")))
        .collect();
    let dir = Node::dir("d", files).failing(Op::ReaddirAfter(40), Errno::IO);
    let Some((status, out, error)) = du(vec![dir], &["-s"]) else {
        return;
    };
    assert_eq!((status, out.as_str()), (1, "168\tMNT\n"));
    assert_eq!(error, "du: MNT/d: Input/output error\n");
}

#[test]
fn errors_of_each_call_are_named() {
    let entries = vec![
        Node::file("stat").failing(Op::Lookup, Errno::IO),
        Node::dir("open", vec![]).failing(Op::Opendir, Errno::ACCESS),
        Node::dir("read", vec![]).failing(Op::ReaddirAfter(0), Errno::STALE),
    ];
    let Some((status, out, error)) = du(entries, &["-s"]) else {
        return;
    };
    assert_eq!((status, out.as_str()), (1, "12\tMNT\n"));
    for line in [
        "du: cannot access 'MNT/stat': Input/output error",
        "du: cannot read directory 'MNT/open': Permission denied",
        "du: cannot read directory 'MNT/read': Stale file handle",
    ] {
        assert!(error.contains(line), "{error}");
    }
}

#[test]
fn a_name_that_vanishes_is_listed_and_not_found() {
    let Some(mounted) = Mounted::new(
        Node::dir(
            "",
            vec![Node::file("gone").failing(Op::Lookup, Errno::NOENT)],
        ),
        &Options::default(),
    ) else {
        return;
    };
    let output = mounted.run("find", &["-H"]);
    assert!(text(&output.stdout).contains("/gone") || text(&output.stderr).contains("/gone"));
    let asked = rustix::fs::lstat(mounted.at().join("gone"));
    assert_eq!(asked.expect_err("it is gone"), Errno::NOENT);
}

#[test]
fn a_fault_ends_after_its_times() {
    let twice = Fault {
        op: Op::Opendir,
        action: Action::Fail(Errno::INTR),
        times: 2,
    };
    let root = Node::dir("", vec![Node::dir("d", vec![]).with(twice)]);
    let Some(mounted) = Mounted::new(root, &Options::default()) else {
        return;
    };
    // Not through std, which tries again on EINTR.
    let opened = || rustix::fs::open(mounted.at().join("d"), OFlags::RDONLY, Mode::empty());
    let errors = [opened(), opened()].map(|result| result.expect_err("twice"));
    assert_eq!(errors, [Errno::INTR; 2]);
    assert!(opened().is_ok());
}

/// GNU du 9.10 aborts on a directory that is listed as a file, so that case checks the listing only.
#[test]
fn listings_may_lie_about_types() {
    for (d_type, reported) in [
        (0, FileType::Unknown),
        (4, FileType::Directory),
        (8, FileType::RegularFile),
    ] {
        let dir = Node::dir("dir", vec![Node::file("in")]).listed_as(d_type);
        let file = Node::file("file").listed_as(d_type);
        let Some(mounted) = Mounted::new(Node::dir("", vec![dir, file]), &Options::default())
        else {
            return;
        };
        let root = rustix::fs::open(mounted.at(), OFlags::RDONLY, Mode::empty()).expect("it opens");
        let entries = rustix::fs::Dir::read_from(root).expect("it can be read");
        let types: Vec<_> = entries
            .skip(2)
            .map(|entry| entry.expect("no fault").file_type())
            .collect();
        assert_eq!(types, [reported; 2]);
        if let Some(gnu) = gnu_du().filter(|_| d_type != 8) {
            let output = mounted.run(gnu, &["-s"]);
            assert!(
                text(&output.stdout).starts_with("16\t"),
                "{}",
                text(&output.stdout)
            );
        }
    }
}

#[test]
fn attributes_may_be_absurd() {
    let entries = vec![
        Node::file("huge").stat(|attr| attr.size = i64::MAX.cast_unsigned()),
        Node::file("negative").stat(|attr| attr.blocks = u64::MAX),
        Node::file("unlinked").stat(|attr| attr.nlink = 0),
        Node::file("time").stat(|attr| attr.time = (u64::MAX / 2, u32::MAX)),
        Node::file("twin").stat(|attr| (attr.ino, attr.nlink) = (Ino::Given(77), 2)),
        Node::file("other twin").stat(|attr| (attr.ino, attr.nlink) = (Ino::Given(77), 2)),
        Node::dir("loop", vec![]).stat(|attr| attr.ino = Ino::Parent),
    ];
    let Some(mounted) = Mounted::new(Node::dir("", entries), &Options::default()) else {
        return;
    };
    let at = mounted.at();
    let shown = |name: &str, format: &str| {
        let output = Command::new("stat")
            .args(["-c", format])
            .arg(at.join(name))
            .output()
            .expect("stat runs");
        text(&output.stdout).trim().to_owned()
    };
    assert_eq!(shown("huge", "%s"), i64::MAX.to_string());
    assert_eq!(shown("negative", "%b"), u64::MAX.to_string());
    assert_eq!(shown("unlinked", "%h"), "0");
    assert_eq!(shown("time", "%Y"), i64::MAX.to_string());
    assert_eq!(
        (shown("twin", "%i"), shown("other twin", "%i")),
        ("77".into(), "77".into())
    );
    assert_eq!(shown("loop", "%i"), shown("", "%i"));
}

#[test]
fn a_listing_without_end_goes_on() {
    for kind in [Kind::EndlessNames, Kind::EndlessRepeat, Kind::Bottomless] {
        let root = Node::dir("", vec![Node::of_kind("endless", kind)]);
        let Some(mounted) = Mounted::new(root, &Options::default()) else {
            return;
        };
        let mut child = mounted.spawn("find", &[]);
        while mounted.fuse.requests() < 40 {
            let ended = ended_within(&mut child, Duration::from_millis(10));
            assert!(!ended, "find came to an end");
        }
        child.kill().expect("it runs");
        child.wait().expect("it is ours");
    }
}

#[test]
fn a_hang_lasts_until_the_mount_is_gone() {
    let root = Node::dir("", vec![Node::file("stuck").hanging(Op::Lookup)]);
    let Some(mounted) = Mounted::new(root, &Options::default()) else {
        return;
    };
    let Some(gnu) = gnu_du() else { return };
    let mut child = mounted.spawn(gnu, &["-s"]);
    assert!(!ended_within(&mut child, Duration::from_millis(300)));
    drop(mounted);
    assert!(ended_within(&mut child, Duration::from_secs(60)));
}

#[test]
fn a_hang_may_end_with_a_signal() {
    let stuck = Fault {
        op: Op::Lookup,
        action: Action::HangUntilSignal,
        times: u32::MAX,
    };
    let root = Node::dir("", vec![Node::file("stuck").with(stuck)]);
    let Some(mounted) = Mounted::new(root, &Options::default()) else {
        return;
    };
    let Some(gnu) = gnu_du() else { return };
    let mut child = mounted.spawn(gnu, &["-s"]);
    assert!(!ended_within(&mut child, Duration::from_millis(300)));
    child.kill().expect("it runs");
    assert!(ended_within(&mut child, Duration::from_secs(60)));
}

/// Whether the child ends within a time.
fn ended_within(child: &mut Child, time: Duration) -> bool {
    holds_within(time, || child.try_wait().expect("it is ours").is_some())
}
