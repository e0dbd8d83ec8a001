//! The trash: where it is, what is in it, and that other programs read it.

use std::ffi::CString;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown, symlink};
use std::path::{Path, PathBuf};

use pdu::explore::remove::job::{Contents, EntryIdentity, Method};
use pdu::explore::remove::summary::Ending;
use rustix::mount::MountFlags;

use super::removal::on_disk;
use crate::support::remover::{Outcome, Shown, inode_of, open_path};
use crate::support::run::{output_with, program, stdout};
use crate::support::sandbox::Sandbox;
use crate::support::skip::{is_root, skip, tool};

/// A file system of its own, so that nothing is created at the top of that of the tests.
fn disk() -> Option<Sandbox> {
    if !is_root("a mount") {
        return None;
    }
    let sandbox = Sandbox::new();
    sandbox
        .mount(Path::new("t"), "disk", "tmpfs", "size=4m")
        .then_some(sandbox)
}

/// Moves targets below `disk` to the trash; the home is `disk/home`, if there is one.
fn trash(sandbox: &Sandbox, targets: &[&str]) -> (Shown, Outcome) {
    let mut shown = Shown::of(&sandbox.at("disk"));
    shown.data_home = Some(sandbox.at("disk/home")).filter(|home| home.exists());
    let outcome = shown.remove(targets, Method::Trash, |_| {});
    (shown, outcome)
}

fn user() -> u32 {
    rustix::process::geteuid().as_raw()
}

fn mode(path: &Path) -> u32 {
    fs::symlink_metadata(path).expect("it is there").mode() & 0o7777
}

/// The trash that trash-cli lists, one line an entry, without the dates; skips where it is missing.
fn listed(sandbox: &Sandbox) -> Option<Vec<String>> {
    let program_path = tool("trash-list")?;
    let mut command = program(program_path, sandbox.root());
    command.env("HOME", sandbox.at("disk"));
    command.env("XDG_DATA_HOME", sandbox.at("disk/home"));
    let root = sandbox.at("disk");
    let root = root.to_str().expect("text");
    let out = stdout(command);
    let lines = out.lines().filter(|line| line.contains(root));
    let mut lines: Vec<String> = lines
        .map(|line| line.splitn(3, ' ').nth(2).unwrap_or(line).replace(root, ""))
        .collect();
    lines.sort();
    Some(lines)
}

#[test]
fn the_home_trash_takes_what_is_on_its_file_system_and_trash_cli_gives_it_back() {
    let Some(sandbox) = disk() else { return };
    sandbox.dir("disk/home");
    for name in ["t/a b%/f", "t/x", "t/\u{e9}\n", "u/x", "v/x"] {
        sandbox.file(&format!("disk/{name}"), 10);
    }
    let (shown, outcome) = trash(&sandbox, &["t/a b%", "t/x", "u/x", "t/\u{e9}\n", "v/x"]);
    assert_eq!(outcome.failures(), []);
    assert_eq!((outcome.summary.entries, outcome.summary.errors), (5, 0));
    assert_eq!(shown.paths(), ["home", "t", "u", "v"]);
    let at = sandbox.at("disk/home/Trash");
    for directory in [at.clone(), at.join("files"), at.join("info")] {
        assert_eq!(mode(&directory), 0o700);
    }
    let files = ["a b%", "a b%/f", "x", "x.2", "x.3", "\u{e9}\n"];
    assert_eq!(on_disk(&at.join("files")), files);
    let infos = ["a b%", "x.2", "x.3", "x", "\u{e9}\n"].map(|name| format!("{name}.trashinfo"));
    assert_eq!(on_disk(&at.join("info")), infos);
    let info = fs::read_to_string(at.join("info/a b%.trashinfo")).expect("it is there");
    let mut lines = info.lines();
    let path = format!("Path={}/disk/t/a%20b%25", sandbox.root().display());
    assert_eq!(lines.next(), Some("[Trash Info]"));
    assert_eq!(lines.next(), Some(path.as_str()));
    let date = lines.next().expect("a date").strip_prefix("DeletionDate=");
    let date: jiff::civil::DateTime = date.expect("a date").parse().expect("a date");
    let now = jiff::Timestamp::now()
        .to_zoned(jiff::tz::TimeZone::UTC)
        .datetime();
    assert!(
        date <= now && now.duration_since(date).as_secs() < 600,
        "{date}"
    );
    let info_time = fs::metadata(at.join("info/a b%.trashinfo"))
        .expect("it is there")
        .mtime();
    let sizes = fs::read_to_string(at.join("directorysizes")).expect("it is there");
    assert_eq!(sizes, format!("4096 {info_time} a%20b%25\n"));

    let Some(listed) = listed(&sandbox) else {
        return;
    };
    assert!(listed.contains(&"/t/a b%".to_owned()), "{listed:?}");
    for path in ["/t/x", "/u/x", "/v/x"] {
        assert!(listed.contains(&path.to_owned()), "{path} in {listed:?}");
    }
    let Some(restore) = tool("trash-restore") else {
        return;
    };
    let mut command = program(restore, &sandbox.at("disk/u"));
    command.env("HOME", sandbox.at("disk"));
    command.env("XDG_DATA_HOME", sandbox.at("disk/home"));
    let answer = output_with(command, b"0\n");
    assert!(answer.status.success(), "{answer:?}");
    assert!(sandbox.at("disk/u/x").exists(), "{answer:?}");
}

#[test]
fn elsewhere_the_trash_is_at_the_top_of_the_mount_with_relative_paths() {
    let Some(sandbox) = disk() else { return };
    sandbox.file("disk/a/b/f", 10);
    let mut shown = Shown::of(&sandbox.at("disk"));
    // The home lies on another file system.
    let home = sandbox.dir("home/.local/share");
    shown.data_home = Some(home.clone());
    let outcome = shown.remove(&["a/b"], Method::Trash, |_| {});
    assert_eq!(outcome.failures(), []);
    assert!(!home.join("Trash").exists(), "nothing is created there");
    let at = sandbox.at(&format!("disk/.Trash-{}", user()));
    assert_eq!(mode(&at), 0o700);
    let info = fs::read_to_string(at.join("info/b.trashinfo")).expect("it is there");
    assert!(info.contains("\nPath=a/b\n"), "{info}");
    assert!(at.join("files/b/f").exists());
    let Some(listed) = listed(&sandbox) else {
        return;
    };
    if listed.is_empty() {
        return skip("trash-list does not look at a tmpfs");
    }
    assert_eq!(listed, ["/a/b"]);
}

#[test]
fn the_shared_trash_must_be_a_sticky_directory() {
    let user = user().to_string();
    for (mode, is_link, is_used) in [
        (0o1777, false, true),
        (0o777, false, false),
        (0o1777, true, false),
    ] {
        let Some(sandbox) = disk() else { return };
        sandbox.file("disk/a", 10);
        let real = sandbox.dir(if is_link { "disk/real" } else { "disk/.Trash" });
        fs::set_permissions(&real, fs::Permissions::from_mode(mode)).expect("it is ours");
        if is_link {
            symlink("real", sandbox.at("disk/.Trash")).expect("the name is free");
        }
        let (_, outcome) = trash(&sandbox, &["a"]);
        assert_eq!(outcome.failures(), []);
        let shared = real.join(&user);
        let own = sandbox.at(&format!("disk/.Trash-{user}"));
        assert_eq!(
            (shared.exists(), own.exists()),
            (is_used, !is_used),
            "{mode:o} {is_link}"
        );
        let at = if is_used { shared } else { own };
        assert!(at.join("files/a").exists() && at.join("info/a.trashinfo").exists());
        assert_eq!(self::mode(&at), 0o700);
    }
}

#[test]
fn a_trash_of_another_user_or_behind_a_link_is_not_used() {
    let attacks: [fn(&Path); 5] = [
        |at| {
            fs::create_dir(at).expect("the name is free");
            chown(at, Some(65534), None).expect("we are root");
        },
        |at| symlink("outside", at).expect("the name is free"),
        |at| {
            fs::create_dir(at).expect("the name is free");
            symlink("../outside", at.join("files")).expect("the name is free");
        },
        |at| {
            fs::create_dir_all(at.join("files")).expect("the name is free");
            symlink("../outside", at.join("info")).expect("the name is free");
        },
        |at| fs::write(at, "").expect("the name is free"),
    ];
    for (number, attack) in attacks.into_iter().enumerate() {
        let Some(sandbox) = disk() else { return };
        sandbox.file("disk/a", 10);
        sandbox.dir("disk/outside");
        attack(&sandbox.at(&format!("disk/.Trash-{}", user())));
        let (shown, outcome) = trash(&sandbox, &["a"]);
        let text = "no trash on this file system; Y deletes";
        assert_eq!(outcome.failures(), [("a", text)], "{number}");
        assert!(sandbox.at("disk/a").exists() && shown.paths().contains(&"a".to_owned()));
        assert!(on_disk(&sandbox.at("disk/outside")).is_empty());
        // The home of another user, likewise: nothing is created in it.
        let home = sandbox.dir("disk/home");
        chown(&home, Some(65534), None).expect("we are root");
        let (_, outcome) = trash(&sandbox, &["a"]);
        assert_eq!(outcome.failures(), [("a", text)], "{number}");
        assert!(on_disk(&home).is_empty());
    }
}

#[test]
fn a_home_that_cannot_be_written_leaves_the_trash_at_the_top() {
    let Some(sandbox) = disk() else { return };
    sandbox.file("disk/a", 10);
    sandbox.dir("disk/home");
    if !sandbox.bind("disk/home", "disk/home") {
        return;
    }
    let flags = MountFlags::BIND | MountFlags::RDONLY;
    rustix::mount::mount_remount(sandbox.at("disk/home"), flags, c"").expect("it is ours");
    let (_, outcome) = trash(&sandbox, &["a"]);
    assert_eq!(outcome.failures(), []);
    assert!(
        sandbox
            .at(&format!("disk/.Trash-{}/files/a", user()))
            .exists()
    );
}

/// A rename from one mount to another fails, also on one device.
#[test]
fn a_home_on_another_mount_of_the_device_leaves_the_trash_at_the_top() {
    let Some(sandbox) = disk() else { return };
    for name in ["a", "b/f", "c/f"] {
        sandbox.file(&format!("disk/{name}"), 10);
    }
    sandbox.dir("disk/home");
    if !sandbox.bind("disk/home", "disk/home") {
        return;
    }
    let (_, outcome) = trash(&sandbox, &["a", "b", "c"]);
    assert_eq!(outcome.failures(), []);
    let at = sandbox.at(&format!("disk/.Trash-{}", user()));
    assert_eq!(on_disk(&at.join("files")), ["a", "b", "b/f", "c", "c/f"]);
    assert!(
        !sandbox.at("disk/home/Trash").exists(),
        "nothing is left of the attempt"
    );
    let sizes = fs::read_to_string(at.join("directorysizes")).expect("it is there");
    assert_eq!(sizes.lines().count(), 2, "{sizes}");
}

#[test]
fn earlier_lines_of_directorysizes_stay() {
    let Some(sandbox) = disk() else { return };
    sandbox.file("disk/home/Trash/directorysizes", 0);
    let sizes = sandbox.at("disk/home/Trash/directorysizes");
    fs::write(&sizes, "1 2 old\n").expect("it is ours");
    sandbox.dir("disk/a");
    sandbox.file("disk/b", 1);
    assert_eq!(trash(&sandbox, &["a", "b"]).1.failures(), []);
    let text = fs::read_to_string(&sizes).expect("it is there");
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(lines.len(), 2);
    assert!(lines[0] == "1 2 old" && lines[1].starts_with("4096 ") && lines[1].ends_with(" a"));
    // Behind a link it belongs to another program.
    fs::rename(&sizes, sandbox.at("disk/elsewhere")).expect("it is there");
    symlink("../../elsewhere", &sizes).expect("the name is free");
    sandbox.dir("disk/c");
    assert_eq!(trash(&sandbox, &["c"]).1.failures(), []);
    let text = fs::read_to_string(sandbox.at("disk/elsewhere")).expect("it is there");
    assert_eq!(text.lines().count(), 2);
}

#[test]
fn names_in_the_trash_are_never_replaced_and_may_be_long() {
    let Some(sandbox) = disk() else { return };
    let at: PathBuf = sandbox.dir("disk/home/Trash/files");
    // A file without an info file, and an info file without a file.
    fs::write(at.join("x"), "precious").expect("it is ours");
    sandbox.file("disk/home/Trash/info/x.2.trashinfo", 3);
    let long = "\u{20ac}".repeat(85);
    sandbox.file("disk/x", 10);
    sandbox.file(&format!("disk/{long}"), 10);
    sandbox.file(&format!("disk/d/{long}"), 10);
    let (_, outcome) = trash(&sandbox, &["x", &long, &format!("d/{long}")]);
    assert_eq!(outcome.failures(), []);
    let cut = "\u{20ac}".repeat(81);
    let second = "\u{20ac}".repeat(81) + ".2";
    assert_eq!(on_disk(&at), ["x", "x.3", &cut, &second].map(str::to_owned));
    assert_eq!(fs::read(at.join("x")).expect("it is there"), b"precious");
    assert!(!sandbox.at("disk/home/Trash/info/x.trashinfo").exists());
    let info = fs::read_to_string(sandbox.at("disk/home/Trash/info").join(cut + ".trashinfo"));
    assert!(info.expect("it is there").contains(&"%E2%82%AC".repeat(85)));
}

/// A directory is moved only when the tree has told everything that it holds.
#[test]
fn a_stop_amid_the_check_moves_nothing() {
    let Some(sandbox) = disk() else { return };
    sandbox.dir("disk/home");
    for name in ["t/a/f", "t/b/f", "x"] {
        sandbox.file(&format!("disk/{name}"), 10);
    }
    for stopped_at in ["t", "t/a", "t/b"] {
        let mut shown = Shown::of(&sandbox.at("disk"));
        shown.data_home = Some(sandbox.at("disk/home"));
        let before = on_disk(&sandbox.at("disk"));
        let outcome = shown.remove(&["t", "x"], Method::Trash, |moment| {
            if moment.path == stopped_at {
                moment.remover.stop(moment.job);
            }
        });
        assert_eq!(outcome.summary.ending, Ending::Stopped, "{stopped_at}");
        assert_eq!((outcome.failures(), outcome.summary.entries), (vec![], 0));
        assert_eq!(on_disk(&sandbox.at("disk")), before, "{stopped_at}");
        assert_eq!(shown.paths(), before);
    }
}

/// Their contents were not shown. They may be deleted: that removes only what was.
#[test]
fn directories_that_could_not_be_read_do_not_go_to_the_trash() {
    let Some(sandbox) = disk() else { return };
    sandbox.dir("disk/home");
    sandbox.file("disk/t/d/f", 10);
    sandbox.file("disk/u/x", 10);
    sandbox.file("disk/v/sub/x", 10);
    let root = sandbox.at("disk");
    let before = on_disk(&root);
    let mut shown = Shown::of(&root);
    shown.data_home = Some(sandbox.at("disk/home"));
    shown.directory("t/d").contents = Contents::Unread;
    let (above, row) = shown.find("u/x");
    shown.directories[above as usize].rows[row].found = EntryIdentity::Unread;
    shown.directory("v/sub").inode.device += 1;
    let outcome = shown.remove(&["v"], Method::Trash, |_| {});
    assert_eq!(outcome.failures(), [("v", "it holds a btrfs subvolume")]);
    let (is, holds) = (
        "it could not be read",
        "it holds entries that could not be read",
    );
    for (target, text) in [("t/d", is), ("t", holds), ("u/x", is), ("u", holds)] {
        let outcome = shown.remove(&[target], Method::Trash, |_| {});
        assert_eq!(outcome.failures(), [(target, text)]);
    }
    assert_eq!(on_disk(&root), before);
    let outcome = shown.delete(&["t", "u"]);
    assert_eq!(outcome.failures(), [("u/x", is)]);
    let left = ["home", "u", "u/x", "v", "v/sub", "v/sub/x"];
    assert_eq!(on_disk(&root), left);
}

/// A disk whose names are all in use, so that nothing can be moved: what was created for that is taken away.
#[test]
fn a_move_that_fails_leaves_no_empty_trash() {
    let Some(sandbox) = disk() else { return };
    sandbox.dir("disk/.Trash");
    let sticky = fs::Permissions::from_mode(0o1777);
    fs::set_permissions(sandbox.at("disk/.Trash"), sticky).expect("it is ours");
    sandbox.file("disk/fixed", 1);
    let mut chattr = program("chattr", sandbox.root());
    chattr.args(["+i", "disk/fixed"]);
    if !chattr.status().is_ok_and(|status| status.success()) {
        return skip("no immutable files on a tmpfs");
    }
    let (shown, outcome) = trash(&sandbox, &["fixed"]);
    assert_eq!(outcome.failures(), [("fixed", "Operation not permitted")]);
    assert_eq!(shown.paths(), [".Trash", "fixed"]);
    assert_eq!(on_disk(&sandbox.at("disk")), [".Trash", "fixed"]);
}

/// Another program empties the trash while entries are moved there.
#[test]
fn a_trash_that_vanishes_is_an_error_and_no_entry_is_taken_for_gone() {
    let Some(sandbox) = disk() else { return };
    sandbox.dir("disk/home");
    for name in ["a", "d/f", "z"] {
        sandbox.file(&format!("disk/{name}"), 10);
    }
    let home = sandbox.at("disk/home");
    let mut shown = Shown::of(&sandbox.at("disk"));
    shown.data_home = Some(home.clone());
    // The rows of `d` are asked for after the move of `a`.
    let outcome = shown.remove(&["a", "d", "z"], Method::Trash, |_| {
        for name in ["files", "info"] {
            fs::remove_dir_all(home.join("Trash").join(name)).expect("it is there");
        }
    });
    assert_eq!(
        outcome.failures(),
        [("d", "the trash was removed meanwhile")]
    );
    assert_eq!(outcome.summary.entries, 2);
    assert_eq!(shown.paths(), ["d", "d/f", "home"]);
    assert!(home.join("Trash/files/z").exists() && sandbox.at("disk/d/f").exists());
}

/// It was elsewhere when it was read.
#[test]
fn an_operand_that_was_moved_into_a_target_does_not_go_along() {
    let Some(sandbox) = disk() else { return };
    for name in ["home/x", "operand/f", "t/a/f", "u/f"] {
        sandbox.file(&format!("disk/{name}"), 10);
    }
    let root = sandbox.at("disk");
    let mut shown = Shown::of(&root);
    shown.data_home = Some(root.join("home"));
    shown.operand_dirs = vec![open_path(&root.join("operand")).into()];
    fs::rename(root.join("operand"), root.join("t/a/operand")).expect("it is there");
    let outcome = shown.remove(&["t", "u"], Method::Trash, |_| {});
    assert_eq!(
        outcome.failures(),
        [("t", "an operand of this run lies in it")]
    );
    assert!(root.join("t/a/operand/f").exists() && !root.join("u").exists());
}

/// While its rows are looked through.
#[test]
fn an_operand_that_comes_into_a_target_amid_the_check_does_not_go_along() {
    let Some(sandbox) = disk() else { return };
    for name in ["home/x", "operand/f", "t/a/f"] {
        sandbox.file(&format!("disk/{name}"), 10);
    }
    let root = sandbox.at("disk");
    let mut shown = Shown::of(&root);
    shown.data_home = Some(root.join("home"));
    shown.operand_dirs = vec![open_path(&root.join("operand")).into()];
    let outcome = shown.remove(&["t"], Method::Trash, |_| {
        // Once: then it is not there any more.
        let _ = fs::rename(root.join("operand"), root.join("t/a/operand"));
    });
    assert_eq!(
        outcome.failures(),
        [("t", "an operand of this run lies in it")]
    );
    assert!(root.join("t/a/operand/f").exists());
}

/// Not all of them are kept open. Through a link, its name leads to it wherever it is.
#[test]
fn an_operand_that_is_not_open_does_not_go_along_either() {
    let Some(sandbox) = disk() else { return };
    for name in ["home/x", "operand/f", "file", "t/a/f"] {
        sandbox.file(&format!("disk/{name}"), 10);
    }
    let root = sandbox.at("disk");
    let mut shown = Shown::of(&root);
    shown.data_home = Some(root.join("home"));
    let (lies_in_it, was_moved) = (
        "an operand of this run lies in it",
        "an operand of this run was moved, and may lie in it",
    );
    for operand in ["operand", "file"] {
        let (before, after) = (root.join(operand), root.join("t/a").join(operand));
        let link = root.join("home").join(operand);
        symlink(&after, &link).expect("the name is free");
        let inode = inode_of(&before);
        fs::rename(&before, &after).expect("it is there");
        for (name, text) in [(&before, was_moved), (&link, lies_in_it)] {
            let name = CString::new(name.as_os_str().as_bytes()).expect("no NUL");
            shown.other_operands = vec![(name, inode)];
            let outcome = shown.remove(&["t"], Method::Trash, |_| {});
            assert_eq!(outcome.failures(), [("t", text)], "{operand}");
        }
    }
}

/// What lies in the trash without an info file may be another link of the entry: it is not the entry.
#[test]
fn a_file_whose_other_link_lies_in_the_trash_is_moved_under_another_name() {
    let Some(sandbox) = disk() else { return };
    sandbox.dir("disk/home");
    sandbox.file("disk/x/f", 10);
    sandbox.dir("disk/y");
    let root = sandbox.at("disk");
    fs::hard_link(root.join("x/f"), root.join("y/f")).expect("the name is free");
    let (mut shown, _) = trash(&sandbox, &["x/f"]);
    let trash = root.join("home/Trash");
    fs::remove_file(trash.join("info/f.trashinfo")).expect("it is there");
    let outcome = shown.remove(&["y/f"], Method::Trash, |_| {});
    assert_eq!((outcome.failures(), outcome.summary.entries), (vec![], 1));
    assert!(!root.join("y/f").exists());
    assert!(trash.join("files/f").exists() && trash.join("files/f.2").exists());
    assert!(!trash.join("info/f.trashinfo").exists());
    assert!(trash.join("info/f.2.trashinfo").exists());
}

/// From a mount that was taken away from the others no `..` leads to where the operand lies.
#[test]
fn an_operand_on_a_detached_mount_does_not_go_along() {
    let Some(sandbox) = disk() else { return };
    for name in ["home/x", "operand/f", "t/a/f"] {
        sandbox.file(&format!("disk/{name}"), 10);
    }
    sandbox.dir("elsewhere");
    if !sandbox.bind("disk/operand", "elsewhere") {
        return;
    }
    let root = sandbox.at("disk");
    let mut shown = Shown::of(&root);
    shown.data_home = Some(root.join("home"));
    shown.operand_dirs = vec![open_path(&sandbox.at("elsewhere")).into()];
    let mut umount = program(tool("umount").expect("mount is there"), sandbox.root());
    stdout({
        umount.args(["-l", "elsewhere"]);
        umount
    });
    fs::rename(root.join("operand"), root.join("t/a/operand")).expect("it is there");
    let outcome = shown.remove(&["t"], Method::Trash, |_| {});
    let may_be_in_it = "an operand of this run was moved, and may lie in it";
    assert_eq!(outcome.failures(), [("t", may_be_in_it)]);
    assert!(root.join("t/a/operand/f").exists());
}

/// No `..` leads from there to the target.
#[test]
fn what_is_mounted_elsewhere_does_not_go_to_the_trash() {
    let Some(sandbox) = disk() else { return };
    for name in ["home/x", "t/a/f", "u/f"] {
        sandbox.file(&format!("disk/{name}"), 10);
    }
    sandbox.dir("elsewhere");
    if !sandbox.bind("disk/t/a", "elsewhere") {
        return;
    }
    let (_, outcome) = trash(&sandbox, &["t", "u"]);
    let is_mounted = "it is mounted elsewhere, or a directory below it is";
    assert_eq!(outcome.failures(), [("t", is_mounted)]);
    let (_, outcome) = trash(&sandbox, &["t/a"]);
    assert_eq!(outcome.failures(), [("t/a", is_mounted)]);
}

#[test]
fn the_trash_itself_does_not_go_to_the_trash() {
    let Some(sandbox) = disk() else { return };
    sandbox.file("disk/home/Trash/files/f", 1);
    sandbox.file("disk/home/Trash/info/f.trashinfo", 1);
    let holds = "the trash lies in it";
    let lies_in = "it is in the trash; Y deletes";
    for (target, text) in [
        ("home", holds),
        ("home/Trash", holds),
        ("home/Trash/files", lies_in),
        ("home/Trash/files/f", lies_in),
    ] {
        let (_, outcome) = trash(&sandbox, &[target]);
        assert_eq!(outcome.failures(), [(target, text)]);
    }
    let expected = ["files", "files/f", "info", "info/f.trashinfo"];
    assert_eq!(on_disk(&sandbox.at("disk/home/Trash")), expected);
}
