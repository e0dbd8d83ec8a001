//! The file that `-o` writes: whole or not there, with all that an earlier file had, and nothing beside it. What a file has
//! is told by stat, getfacl, getfattr and lsattr.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use crate::export::{names, refused, said, sample_tree, script};
use crate::support::run::{self, Answer, PDU, copy_program, pause, program};
use crate::support::skip::{is_root, skip, tool, works};
use crate::support::tree::Tree;

/// The status of a script that cannot do here what it tests.
const SKIPPED: i32 = 77;

/// Runs a script of bash with one walker and with twenty, each in a fresh directory with a tree `t` of 5 bytes, and
/// compares what it writes. `$pdu` is the program; `nobody CMD` runs a command as that user.
#[track_caller]
fn writes(text: &str, expected: &str) {
    for walkers in [1, 20] {
        let tree = Tree::of("t/f 5");
        let copy = tree.root().join("pdu");
        copy_program(Path::new(PDU), &copy);
        let text = format!(
            "nobody() {{ setpriv --reuid 65534 --regid 65534 --clear-groups \"$@\"; }}
             # Also those of a child: where a FUSE file system is mounted, pdu walks in one.
             open_files() {{ for pid; do ls -l /proc/$pid/fd 2>/dev/null; open_files $(pgrep -P $pid); done; }}
             exec 2>&1; mkdir work; cp -r t work; cd work; {text}"
        );
        let mut command = run::shell(tree.root(), &text);
        command.env("pdu", format!("{} -j{walkers}", copy.display()));
        let answer = run::run(command);
        if answer.status.code() == Some(SKIPPED) {
            return skip(answer.out.trim());
        }
        assert_eq!(answer.out, expected, "-j{walkers}: {text}");
    }
}

#[test]
fn a_report_in_a_file_is_what_would_have_been_printed() {
    let tree = sample_tree();
    for words in ["", "-a", "-c -0", "--format=ncdu"] {
        said(&tree, &format!("$pdu {words} t >x; $pdu {words} -o y t"));
        // The time stands in the header of an export.
        let body = |file: &str| said(&tree, &format!("sed 's/\"timestamp\":[0-9]*//' {file}"));
        assert_eq!(body("x"), body("y"), "{words}");
    }
    assert_eq!(said(&tree, "$pdu -s -o - t"), said(&tree, "$pdu -s t"));
    // There is a message for what failed, and the rest is counted.
    refused(&tree, "$pdu -s -o z nothing t");
    assert_eq!(said(&tree, "cat z"), said(&tree, "$pdu -s t"));
}

#[test]
fn an_earlier_file_keeps_its_permissions_and_a_link_stays_one() {
    let tree = Tree::of("t/f 5\nplace/x 1 !640\nl -> place/x\nm -> place/new");
    said(&tree, "$pdu -sb -o l t && $pdu -sb -o m t");
    let text = |path: &str| fs::read_to_string(tree.root().join(path)).expect("it is there");
    assert_eq!(text("place/x"), "5\tt\n");
    assert_eq!(text("place/new"), "5\tt\n");
    assert_eq!(said(&tree, "readlink l m"), "place/x\nplace/new\n");
    let mode = |path: &str| {
        fs::metadata(tree.root().join(path))
            .expect("it is there")
            .permissions()
            .mode()
            & 0o7777
    };
    assert_eq!(mode("place/x"), 0o640);
    said(&tree, "umask 027; $pdu -s -o fresh t");
    assert_eq!(mode("fresh"), 0o640);
    assert_eq!(names(&tree, ""), ["fresh", "l", "m", "place", "t"]);
    assert_eq!(names(&tree, "place"), ["new", "x"]);
}

#[test]
fn a_file_that_cannot_be_written_is_told_and_nothing_is_left() {
    let tree = Tree::of("t/f 5\nd/\nclosed/ !555\nl -> l\nready 3 !444");
    let mut cases = vec![
        (
            "nothing/x",
            "cannot create 'nothing/x': No such file or directory",
        ),
        ("d", "cannot create 'd': Is a directory"),
        ("x/", "cannot create 'x/': Is a directory"),
        ("x/.", "cannot create 'x/.': Is a directory"),
        ("''", "cannot create '': No such file or directory"),
        ("t/f/x", "cannot create 't/f/x': Not a directory"),
        ("l", "cannot create 'l': Too many levels of symbolic links"),
        (
            "/dev/full",
            "error writing '/dev/full': No space left on device",
        ),
    ];
    if !rustix::process::geteuid().is_root() {
        cases.push(("closed/x", "cannot create 'closed/x': Permission denied"));
        cases.push(("ready", "cannot create 'ready': Permission denied"));
    }
    for (file, expected) in cases {
        assert_eq!(refused(&tree, &format!("$pdu -o {file} t")), expected);
        assert_eq!(names(&tree, ""), ["closed", "d", "l", "ready", "t"]);
        assert!(names(&tree, "d").is_empty() && names(&tree, "closed").is_empty());
    }
    // Told before anything is walked.
    assert_eq!(
        refused(&tree, "$pdu -o d nothing"),
        "cannot create 'd': Is a directory"
    );
}

#[test]
fn what_is_no_regular_file_is_written_as_it_comes() {
    let tree = Tree::of("t/f 5");
    assert_eq!(said(&tree, "$pdu -sb -o /dev/stdout t | cat"), "5\tt\n");
    assert_eq!(
        said(
            &tree,
            "{ echo a; $pdu -sb -o /dev/stdout t; echo b; } >x; cat x"
        ),
        "a\n5\tt\nb\n"
    );
    assert_eq!(
        said(&tree, "mkfifo p; cat p & $pdu -sb -o p t; wait"),
        "5\tt\n"
    );
    assert_eq!(said(&tree, "$pdu -sb -o /dev/null t"), "");
    assert_eq!(said(&tree, "$pdu -sb -o >(cat >&2) t 2>/dev/null"), "");
}

#[test]
fn a_full_disk_leaves_the_earlier_file_as_it_was() {
    let tree = Tree::of("t/f 5\ndisk/");
    if !is_root("to mount a small disk") {
        return;
    }
    for number in 0..2000 {
        let name = format!("t/{number:0200}");
        fs::write(tree.root().join(name), "").expect("there is room");
    }
    let text = "unshare -m bash -c '
        mount -t tmpfs -o size=64k x disk || exit 77
        echo before >disk/x
        $pdu -a -o disk/x t; echo $?; cat disk/x; ls -A disk; cd disk; du -s . | cut -f1'";
    let output = script(&tree, text);
    if output.status.code() == Some(77) || !output.stderr.starts_with(b"pdu: ") {
        return skip("no file system can be mounted here");
    }
    let errors = String::from_utf8_lossy(&output.stderr);
    assert_eq!(
        errors,
        "pdu: error writing 'disk/x': No space left on device\n"
    );
    assert_eq!(String::from_utf8_lossy(&output.stdout), "1\nbefore\nx\n4\n");
}

#[test]
fn a_run_that_is_ended_leaves_nothing_and_keeps_what_was() {
    let tree = Tree::of("t/f 5");
    said(
        &tree,
        "echo before >x; mkfifo p; $pdu --format=ncdu t >whole",
    );
    // The export comes through a pipe, and does not come to its end.
    for signal in ["INT", "TERM", "HUP", "KILL"] {
        let text = format!(
            "exec 3<>p; head -c 40 whole >&3
             env --default-signal=INT,TERM,HUP $pdu --from=p -o x 2>e & pid=$!
             # Where a FUSE file system is mounted, a child of pdu reads.
             is_ready() {{
                 for p in $pid $(pgrep -P $pid); do
                     ls -l /proc/$p/fd | grep -q ' (deleted)$' && grep -q '^SigCgt:.*[2367abef]$' /proc/$p/status && return
                 done
                 false
             }}
             until is_ready; do read -t 0.02 <> <(:); done
             kill -{signal} $pid; wait $pid; echo $?; cat x; rm e; ls -A"
        );
        let output = script(&tree, &text);
        let number = match signal {
            "HUP" => 129,
            "INT" => 130,
            "KILL" => 137,
            _ => 143,
        };
        let expected = format!("{number}\nbefore\np\nt\nwhole\nx\n");
        assert_eq!(
            String::from_utf8_lossy(&output.stdout),
            expected,
            "{signal}"
        );
    }
}

/// Without /proc no file can be made that has no name, as on file systems that know none.
#[test]
fn a_file_that_needs_a_temporary_name_leaves_none_behind() {
    let tree = Tree::of("t/f 5\nbefore 3 !640");
    if !is_root("to hide /proc") {
        return;
    }
    let text = "mkfifo p; unshare -m bash -c '
        mount -t tmpfs x /proc || exit 77
        exec 3<>p
        for words in --files0-from=p --from=p; do
            timeout -s INT 0.5 $pdu $words -o x; echo $?
        done
        $pdu -sb -o x t; $pdu -sb -o before t; cat x before; stat -c %a before; $pdu -o none -t1G t; ls -A'";
    let output = script(&tree, text);
    if output.status.code() == Some(77) {
        return skip("/proc cannot be hidden here");
    }
    assert_eq!(
        String::from_utf8_lossy(&output.stdout),
        "124\n124\n5\tt\n5\tt\n640\nbefore\nnone\np\nt\nx\n"
    );
}

#[test]
fn an_interrupt_at_any_moment_of_a_walk_leaves_all_or_nothing() {
    let tree = Tree::empty();
    for number in 0..400 {
        let place = tree.root().join(format!("t/{number}/d"));
        fs::create_dir_all(place).expect("there is room");
    }
    said(&tree, "$pdu --format=ncdu t | tail -n +2 >whole");
    for after in (0..60).map(|step| step * 2) {
        let child = program("env", tree.root())
            .args(["--default-signal=INT", PDU, "--format=ncdu", "-o", "x", "t"])
            .stderr(Stdio::piped())
            .spawn()
            .expect("it starts");
        pause(Duration::from_millis(after));
        let pid = rustix::process::Pid::from_child(&child);
        let _ = rustix::process::kill_process(pid, rustix::process::Signal::INT);
        let Answer { status, errors, .. } = Answer::of(child, "an export");
        let names = names(&tree, "");
        if names.contains(&"x".to_owned()) {
            said(&tree, "tail -n +2 x | cmp - whole; rm x");
        } else {
            assert_eq!(
                status.signal(),
                Some(2),
                "after {after} ms: {status}: {errors}"
            );
            assert_eq!(names, ["t", "whole"]);
        }
    }
}

// ---------------------------------------------------------------- what an earlier file has

/// Prepares an earlier file `x` and says what it has; the same must be said when it holds the report.
#[track_caller]
fn keeps(prepare: &str) {
    let told =
        "{ stat -c '%A %u:%g %h' x; getfacl -cp x; getfattr -d -m - x; lsattr x | cut -c1-22; }";
    writes(
        &format!(
            "echo earlier >x; {prepare}; {told} >before; $pdu -sb -o x t; {told} >after; diff before after
             cat x; ls -A | tr '\\n' ' '; chattr -R -ai . 2>/dev/null; true"
        ),
        "5\tt\nafter before t x ",
    );
}

#[test]
fn an_earlier_file_keeps_what_it_has() {
    let tools = ["getfacl", "getfattr", "lsattr"];
    if tools.iter().any(|name| tool(name).is_none()) {
        return;
    }
    keeps("chmod 604 x");
    keeps("setfacl -m u:1:rw,g:2:r,m::r x");
    keeps("setfattr -n user.origin -v cron x; setfattr -n user.empty x; chmod 640 x");
    // What the directory gives to a new file, an earlier one need not have.
    keeps("setfacl -d -m u:1:rw . && chmod 640 x");
    if !is_root("to give files away, and to set flags") {
        return;
    }
    keeps("chown 1:2 x; chmod 640 x");
    keeps("chown 1:2 x; setfacl -m u:3:rw x; setfattr -n trusted.origin -v cron x");
    keeps("chown :2 .; chmod g+s .");
    keeps("chattr +d x");
    keeps("chmod 4755 x");
}

#[test]
fn other_links_to_an_earlier_file_have_the_report_too() {
    writes(
        "mkdir d; echo earlier >x; ln x d/y; ln -s x l
         $pdu -sb -o l t; cat x d/y; stat -c %h x; readlink l; ls -A . d | tr '\\n' ' '",
        "5\tt\n5\tt\n2\nx\n.: d l t x  d: y ",
    );
}

/// An earlier file that loses nothing is replaced, so that a reader has the one or the other.
#[test]
fn a_reader_of_a_file_that_is_replaced_reads_the_earlier_one_to_its_end() {
    for prepare in ["true", "setfacl -m u:1:r x", "setfattr -n user.a -v b x"] {
        if prepare != "true" && tool(prepare.split(' ').next().unwrap_or_default()).is_none() {
            return;
        }
        writes(
            &format!("echo earlier >x; {prepare}; exec 3<x; $pdu -sb -o x t; cat <&3; cat x"),
            "earlier\n5\tt\n",
        );
    }
}

/// As any user: what the user may not give to a new file, the earlier one keeps.
#[test]
fn a_user_writes_to_files_of_others_without_taking_them() {
    if !is_root("to give files away") {
        return;
    }
    for (place, mode) in [("777", "directory"), ("1777", "sticky"), ("755", "closed")] {
        writes(
            &format!(
                "mkdir d; chmod {place} d; echo earlier >d/x; chown 1:2 d/x; chmod 666 d/x; chown 1 d
                 nobody $pdu -sb -o d/x t; cat d/x; stat -c '%a %u:%g' d/x; ls -A d"
            ),
            "5\tt\n666 1:2\nx\n",
        );
        let refusal = match mode {
            "closed" => "pdu: cannot create 'd/new': Permission denied\n",
            _ => "5\tt\n65534\n",
        };
        writes(
            &format!(
                "mkdir d; chmod {place} d
                 nobody $pdu -sb -o d/new t && {{ cat d/new; stat -c %u d/new; }}"
            ),
            refusal,
        );
    }
}

// ---------------------------------------------------------------- places

/// What cannot be written is refused before the walk, which would tell that there is no `nothing`.
#[test]
fn where_a_file_cannot_be_replaced_it_is_written_or_refused_before_the_walk() {
    if !is_root("to set flags and to mount") || tool("chattr").is_none() {
        return;
    }
    for (text, expected) in [
        (
            "mkdir d; echo earlier >d/x; chattr +a d || exit 77; $pdu -sb -o d/x t; $pdu -sb -o d/new t
             cat d/x d/new; ls -A d; chattr -a d",
            "5\tt\n5\tt\nnew\nx\n",
        ),
        (
            "mkdir d; echo earlier >d/x; chattr +i d || exit 77; $pdu -sb -o d/x t; $pdu -sb -o d/new nothing
             cat d/x; ls -A d; chattr -i d",
            "pdu: cannot create 'd/new': Operation not permitted\n5\tt\nx\n",
        ),
        (
            "echo earlier >x; for flag in a i; do chattr +$flag x || exit 77; $pdu -o x nothing; cat x; chattr -$flag x; done",
            "pdu: cannot create 'x': Operation not permitted\nearlier\n\
             pdu: cannot create 'x': Operation not permitted\nearlier\n",
        ),
        (
            "echo earlier >x; echo other >y; unshare -m bash -c '
             mount --bind y x || exit 77; $pdu -sb -o x t; cat x' || exit; cat x y; ls -A",
            "5\tt\nearlier\n5\tt\nt\nx\ny\n",
        ),
        (
            "mkdir d; echo earlier >d/x; unshare -m bash -c '
             mount --bind d d && mount -o remount,bind,ro d || exit 77
             $pdu -o d/x nothing; $pdu -o d/new nothing' || exit; cat d/x; ls -A d",
            "pdu: cannot create 'd/x': Read-only file system\n\
             pdu: cannot create 'd/new': Read-only file system\nearlier\nx\n",
        ),
    ] {
        writes(&text.replace("' || exit;", "'; [ $? != 77 ] || exit 77;"), expected);
    }
}

#[test]
fn every_way_to_name_a_file_leads_to_it() {
    for (text, expected) in [
        (
            "mkdir gone; cd gone; rmdir ../gone; $pdu -o x ../nothing",
            "pdu: cannot create 'x': No such file or directory\n",
        ),
        (
            "exec 3>x; echo before >&3; $pdu -sb -o /dev/fd/3 t; cat x; ls -A",
            "5\tt\nt\nx\n",
        ),
        (
            "exec 3<>x; rm x; $pdu -sb -o /dev/fd/3 t; cat <&3; ls -A",
            "5\tt\nt\n",
        ),
        (
            "n=$(printf 'n%.0s' {1..255}); for run in 1 2; do $pdu -sb -o $n t; done; cat $n; ls -A | wc -l
             $pdu -o n$n nothing 2>&1 | tail -c 19",
            "5\tt\n2\nFile name too long\n",
        ),
        (
            "ln -s place/x l; $pdu -o l nothing; mkdir place; $pdu -sb -o l t; cat place/x; readlink l",
            "pdu: cannot create 'l': No such file or directory\n5\tt\nplace/x\n",
        ),
        (
            "$pdu -o t nothing; mkfifo p; cat p & $pdu -sb -o p t; wait; ls -A",
            "pdu: cannot create 't': Is a directory\n5\tt\np\nt\n",
        ),
    ] {
        writes(text, expected);
    }
}

#[test]
fn a_report_in_the_tree_that_is_walked_counts_as_it_was_before() {
    writes(
        "$pdu -ab t >new; $pdu -ab -o t/x t; diff new t/x; head -c 100 /dev/zero >t/y
         ln t/y z; $pdu -ab t >earlier; $pdu -ab -o t/y t; diff earlier t/y; ls -A . t | tr '\\n' ' '",
        ".: earlier new t z  t: f x y ",
    );
}

// ---------------------------------------------------------------- no room

/// On a small ext4 whose blocks, and then whose inodes, are all in use.
#[test]
fn on_a_full_disk_nothing_is_lost_and_nothing_left() {
    if !is_root("to mount a small disk") || tool("mkfs.ext4").is_none() {
        return;
    }
    let full = "truncate -s 4M image; mkfs.ext4 -q -F -N 64 -m 0 image; mkdir disk
        mount image disk 2>/dev/null || { echo no loop device; exit 77; }; trap 'umount disk' EXIT; rmdir disk/lost+found
        for file in x plain; do head -c 20000 /dev/zero | tr '\\0' a >disk/$file; done; ln disk/x disk/link
        printf 't/%0200d\n' {1..2000} | xargs touch; md5sum disk/* >sums";
    writes(
        &format!(
            "{full}; for size in 64k 512; do dd if=/dev/zero of=disk/fill$size bs=$size 2>/dev/null; sync -f disk; done; $pdu -o disk/new nothing
             for file in x plain; do $pdu -a -o disk/$file t; done; md5sum -c --quiet sums; ls -A disk
             for file in x plain; do $pdu -sb -o disk/$file t/f; cat disk/$file; done
             rm disk/fill*; for file in x plain new; do $pdu -a -o disk/$file t; cmp disk/$file <($pdu -a t); done
             stat -c %b disk/plain disk/new | uniq | wc -l"
        ),
        "pdu: cannot create 'disk/new': No space left on device\n\
         pdu: error writing 'disk/x': No space left on device\n\
         pdu: error writing 'disk/plain': No space left on device\nfill512\nfill64k\nlink\nplain\nx\n\
         5\tt/f\n5\tt/f\n1\n",
    );
    writes(
        &format!(
            "{full}; number=0; while true 2>/dev/null >disk/fill$((number++)); do true; done
             $pdu -o disk/new nothing; for file in x plain; do $pdu -sb -o disk/$file t/f; cat disk/$file; done
             rm disk/fill*; ls -A disk"
        ),
        "pdu: cannot create 'disk/new': No space left on device\n5\tt/f\n5\tt/f\nlink\nplain\nx\n",
    );
}

/// Each system call of the end of a run fails in turn.
#[test]
fn a_report_that_finds_no_room_at_the_end_leaves_the_earlier_one() {
    if !works("strace -qq -o /dev/null -e trace=pwrite64 true") {
        return;
    }
    for (earlier, calls) in [
        ("echo earlier >x; ln x y", "pwrite64:1+ fsync:1+"),
        ("echo earlier >x", "fsync:1+ write:1"),
        ("true", "fsync:1+ linkat:1+ write:1"),
    ] {
        for call in calls.split(' ') {
            let (call, when) = call.split_once(':').expect("a call and its number");
            writes(
                &format!(
                    "{earlier}; ls -A >../before
                     strace -f -qq -o /dev/null -e trace={call} -e inject={call}:error=EDQUOT:when={when} $pdu -sb -o x t
                     echo $?; cat x 2>/dev/null | grep -v '^earlier$'; ls -A | diff ../before -"
                ),
                "pdu: error writing 'x': Disk quota exceeded\n1\n",
            );
        }
    }
}

/// With a delay in each fsync, of which there is one after the first bytes and one after the last.
#[test]
fn a_signal_while_a_file_is_written_over_waits_for_its_end() {
    if !works("strace -qq -o /dev/null -e trace=fsync true") {
        return;
    }
    for (words, export) in [
        ("t", "true"),
        (
            "--from=export",
            "$pdu --format=ncdu t >export; sed -i s,\"$PWD/\",, export",
        ),
    ] {
        for signal in ["INT", "TERM", "HUP"] {
            writes(
                &format!(
                    "{export}; echo earlier >x; ln x y
                     env --default-signal={signal} strace -f -qq -o /dev/null -e trace=fsync -e inject=fsync:delay_enter=700000 \
                         $pdu -ab -o x {words} & tracer=$!
                     until [ $(stat -c %s x) -gt 8 ]; do read -t 0.02 <> <(:); done
                     kill -{signal} $(pgrep -P $tracer) 2>/dev/null; wait $tracer 2>/dev/null; cat x"
                ),
                "5\tt/f\n5\tt\n",
            );
        }
    }
}

#[test]
fn a_file_that_is_gone_at_the_end_is_made_again() {
    writes(
        "echo earlier >x; ln x y; mkfifo p; exec 3<>p
         $pdu -sb --files0-from=p -o x 3>&- & pid=$!
         until open_files $pid | grep -q '/p$'; do read -t 0.02 <> <(:); done
         rm x y; printf 't\\0' >&3; exec 3>&-; wait; cat x; rm p; ls -A",
        "5\tt\nt\nx\n",
    );
}

/// What forbids the rename may show itself only then: the report is written over the earlier file.
#[test]
fn a_file_that_cannot_be_replaced_after_all_is_written_over() {
    if !works("strace -qq -o /dev/null -e trace=renameat true") {
        return;
    }
    for call in [
        "renameat:error=EBUSY",
        "renameat:error=EPERM",
        "linkat:error=EXDEV:when=2",
    ] {
        let name = call.split(':').next().unwrap_or_default();
        writes(
            &format!(
                "echo earlier >x; exec 3<x; strace -f -qq -o /dev/null -e trace={name} -e inject={call} $pdu -sb -o x t
                 cat x; cat <&3; ls -A"
            ),
            "5\tt\n5\tt\nt\nx\n",
        );
    }
}

// ---------------------------------------------------------------- file systems without nameless files

/// The first open in that directory, which is for a file without a name, fails as on NFS.
const AS_ON_NFS: &str =
    "strace -f -qq -o /dev/null -P $PWD -e trace=openat -e inject=openat:error=EOPNOTSUPP:when=1";

#[test]
fn without_nameless_files_a_report_is_whole_or_not_there_all_the_same() {
    if !works("strace -qq -o /dev/null -P / -e trace=openat true") {
        return;
    }
    for earlier in [
        "true",
        "echo earlier >x; chmod 640 x",
        "echo earlier >x; ln x link",
    ] {
        writes(
            &format!(
                "{earlier}; ls -A >../before; {AS_ON_NFS} $pdu -sb -o x t; cat x; stat -c %a x | grep -v 644
                 ls -A | diff ../before -"
            ),
            match earlier {
                "true" => "5\tt\n1a2\n> x\n",
                "echo earlier >x; ln x link" => "5\tt\n",
                _ => "5\tt\n640\n",
            },
        );
        // The list of operands does not come to its end.
        writes(
            &format!(
                "{earlier}; ls -A >../before; mkfifo ../p; exec 3<>../p; rm ../p
                 {AS_ON_NFS} $pdu -j1 --files0-from=/dev/fd/3 -o x & tracer=$!
                 until open_files $(pgrep -P $tracer) | grep ' (deleted)$' | grep -qv '/p (deleted)$'; do read -t 0.02 <> <(:); done
                 sleep 0.1; kill -KILL $(pgrep -P $tracer); wait $tracer 2>/dev/null; ls -A | diff ../before -; cat x 2>/dev/null"
            ),
            if earlier == "true" { "" } else { "earlier\n" },
        );
    }
}
