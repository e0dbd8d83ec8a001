//! Removals and file systems: mounts in the way, read-only ones, subvolumes, and the space that is free afterwards.

use std::ffi::CString;
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use pdu::explore::remove::job::{Method, Root};
use rustix::mount::{MountFlags, UnmountFlags};

use super::removal::on_disk;
use crate::support::fuse::Node;
use crate::support::remover::{Shown, inode_of};
use crate::support::sandbox::Sandbox;
use crate::support::skip::{is_root, skip, tool};

const MOUNTED: &str = "a file system is mounted there";

#[test]
fn no_mount_is_entered_whatever_is_mounted() {
    if !is_root("a mount") {
        return;
    }
    let sandbox = Sandbox::new();
    for name in ["outside/f", "outside/d/f", "t/a/f", "t/z", "one"] {
        sandbox.file(name, 10);
    }
    sandbox.file("t/bound-file", 10);
    let bound_file = sandbox.at("t/bound-file");
    if !sandbox.mount(Path::new("t"), "t/a/tmpfs", "tmpfs", "size=64k")
        || !sandbox.bind("outside", "t/bind")
        || !sandbox.bind("t/a", "t/b/itself")
        || rustix::mount::mount_bind(sandbox.at("one"), &bound_file).is_err()
    {
        return;
    }
    sandbox.file("t/a/tmpfs/f", 10);
    let mut shown = Shown::of(sandbox.root());
    // A trash of its own, were something to be moved.
    shown.data_home = Some(sandbox.at("home"));
    let before = on_disk(sandbox.root());
    let outcome = shown.delete(&["t"]);
    let expected = [
        ("t/a/tmpfs", MOUNTED),
        ("t/b/itself", MOUNTED),
        ("t/bind", MOUNTED),
        ("t/bound-file", MOUNTED),
    ];
    assert_eq!(outcome.failures(), expected);
    // `t/b/itself/f` is `t/a/f` by another way.
    let gone = ["t/a/f", "t/b/itself/f", "t/z"];
    let left = before.iter().filter(|path| !gone.contains(&path.as_str()));
    assert!(
        left.eq(&on_disk(sandbox.root())),
        "{:?}",
        on_disk(sandbox.root())
    );
    // Each of them, chosen itself; and with a mount below it, for the trash.
    for target in ["t/a/tmpfs", "t/bind", "t/bound-file"] {
        for method in [Method::Delete, Method::Trash] {
            let outcome = shown.remove(&[target], method, |_| {});
            assert_eq!(outcome.failures(), [(target, MOUNTED)]);
        }
    }
    let outcome = shown.remove(&["t"], Method::Trash, |_| {});
    assert_eq!(
        outcome.failures(),
        [("t", "a file system is mounted below it")]
    );
}

#[test]
fn a_mount_that_comes_amid_a_removal_is_not_entered() {
    if !is_root("a mount") {
        return;
    }
    let sandbox = Sandbox::new();
    for name in ["t/a/f", "t/b/f", "t/b/c/f", "outside/f", "outside/c/f"] {
        sandbox.file(name, 10);
    }
    // Over a directory that will be opened; over the one that is open; over the one above it.
    for (moment, at) in [("t/a", "t/b"), ("t/b/c", "t/b/c"), ("t/b/c", "t/b")] {
        let mut shown = Shown::of(sandbox.root());
        let mut is_mounted = false;
        let outcome = shown.remove(&["t"], Method::Delete, |now| {
            if now.path == moment {
                is_mounted = sandbox.bind("outside", at);
            }
        });
        if !is_mounted {
            return;
        }
        assert!(!outcome.failed.is_empty(), "{at}: {outcome:?}");
        rustix::mount::unmount(sandbox.at(at), UnmountFlags::DETACH).expect("it is ours");
        let left = on_disk(sandbox.root());
        for kept in ["outside/c", "outside/c/f", "outside/f", "t"] {
            assert!(
                left.iter().any(|path| path == kept),
                "{at}: {kept} in {left:?}"
            );
        }
        for name in ["t/a/f", "t/b/f", "t/b/c/f"] {
            sandbox.file(name, 10);
        }
    }
}

#[test]
fn a_mount_that_comes_amid_a_move_stays_where_it_is() {
    if !is_root("a mount") {
        return;
    }
    let sandbox = Sandbox::new();
    if !sandbox.mount(Path::new("t"), "disk", "tmpfs", "size=1m") {
        return;
    }
    for name in ["home/x", "a/f", "b/f", "b/c/f"] {
        sandbox.file(&format!("disk/{name}"), 10);
    }
    let root = sandbox.at("disk");
    let mut shown = Shown::of(&root);
    shown.data_home = Some(root.join("home"));
    let mut is_mounted = false;
    let outcome = shown.remove(&["a", "b"], Method::Trash, |now| {
        if now.path == "b/c" {
            is_mounted = sandbox.mount(Path::new("t"), "disk/b/c", "tmpfs", "size=64k");
        }
    });
    if is_mounted {
        let text = "a file system is mounted below it";
        assert_eq!(outcome.failures(), [("b", text)]);
        assert_eq!(outcome.summary.entries, 1);
        assert!(root.join("b/f").exists() && root.join("home/Trash/files/a").exists());
    }
}

/// The mount is visible through another mount of the same directories only.
#[test]
fn a_mount_that_another_mount_shows_forbids_the_move() {
    if !is_root("a mount") {
        return;
    }
    let sandbox = Sandbox::new();
    if !sandbox.mount(Path::new("t"), "data", "tmpfs", "size=1m") {
        return;
    }
    for name in ["home/x", "s/a b/mp/f", "s/c/f"] {
        sandbox.file(&format!("data/{name}"), 10);
    }
    if !sandbox.bind("data/s", "srv")
        || !sandbox.mount(Path::new("t"), "data/s/a b/mp", "tmpfs", "size=64k")
    {
        return;
    }
    let mut shown = Shown::of(&sandbox.at("srv"));
    shown.data_home = Some(sandbox.at("srv/home"));
    fs::create_dir(sandbox.at("srv/home")).expect("the name is free");
    let outcome = shown.remove(&["a b", "c"], Method::Trash, |_| {});
    let text = "a file system is mounted below it";
    assert_eq!(outcome.failures(), [("a b", text)]);
    assert_eq!(outcome.summary.entries, 1);
}

/// Another disk in the place of the one that was read may have the same numbers.
#[test]
fn after_a_change_of_the_mounts_no_way_leads_through_one() {
    if !is_root("a mount") {
        return;
    }
    let sandbox = Sandbox::new();
    sandbox.dir("t/disk");
    if !sandbox.mount(Path::new("t"), "t/disk", "tmpfs", "size=64k") {
        return;
    }
    for name in ["t/disk/a/f", "t/x"] {
        sandbox.file(name, 10);
    }
    let mut shown = Shown::of(sandbox.root());
    shown.has_old_mounts = true;
    let outcome = shown.delete(&["t/disk/a/f", "t/x"]);
    let text = "a file system was mounted or unmounted; r reads it again";
    assert_eq!(outcome.failures(), [("t/disk/a/f", text)]);
    assert!(sandbox.at("t/disk/a/f").exists() && !sandbox.at("t/x").exists());
    shown.has_old_mounts = false;
    assert_eq!(shown.delete(&["t/disk/a/f"]).failures(), []);
}

#[test]
fn a_directory_below_a_mount_that_was_shown_is_reached() {
    if !is_root("a mount") {
        return;
    }
    let sandbox = Sandbox::new();
    sandbox.dir("t/disk");
    if !sandbox.mount(Path::new("t"), "t/disk", "tmpfs", "size=64k") {
        return;
    }
    sandbox.file("t/disk/a/f", 10);
    sandbox.file("t/disk/z", 10);
    let mut shown = Shown::of(sandbox.root());
    let outcome = shown.delete(&["t/disk/a"]);
    assert_eq!((outcome.failures(), outcome.summary.entries), (vec![], 2));
    assert_eq!(on_disk(sandbox.root()), ["t", "t/disk", "t/disk/z"]);
    // Without the mount, or with another one, the way has changed.
    let mut shown = Shown::of(sandbox.root());
    let at = sandbox.at("t/disk");
    let mounted = rustix::mount::mount("t", &at, "tmpfs", MountFlags::empty(), c"size=64k");
    mounted.expect("it could be mounted before");
    sandbox.file("t/disk/z", 10);
    let outcome = shown.delete(&["t/disk/z"]);
    assert_eq!(
        outcome.failures(),
        [("t/disk/z", "changed since it was read")]
    );
    for _ in 0..2 {
        rustix::mount::unmount(&at, UnmountFlags::DETACH).expect("it is ours");
    }
    sandbox.file("t/disk/z", 10);
    let outcome = shown.delete(&["t/disk/z"]);
    assert_eq!(
        outcome.failures(),
        [("t/disk/z", "changed since it was read")]
    );
}

#[test]
fn a_read_only_file_system_is_an_error_of_each_entry() {
    if !is_root("a mount") {
        return;
    }
    let sandbox = Sandbox::new();
    sandbox.file("t/a/f", 10);
    sandbox.file("t/a/g", 10);
    if !sandbox.bind("t", "t") {
        return;
    }
    let flags = MountFlags::BIND | MountFlags::RDONLY;
    rustix::mount::mount_remount(sandbox.at("t"), flags, c"").expect("it is ours");
    let mut shown = Shown::of(&sandbox.at("t"));
    shown.data_home = Some(sandbox.at("t/home"));
    let text = "Read-only file system";
    let outcome = shown.delete(&["a"]);
    assert_eq!(outcome.failures(), [("a/f", text), ("a/g", text)]);
    assert_eq!(outcome.summary.entries, 0);
    let outcome = shown.remove(&["a"], Method::Trash, |_| {});
    let text = "no trash on this file system; Y deletes";
    assert_eq!(outcome.failures(), [("a", text)]);
    assert_eq!(on_disk(&sandbox.at("t")), ["a", "a/f", "a/g"]);
}

#[test]
fn a_server_that_refuses_each_removal_is_an_error_of_each_entry() {
    if !is_root("a mount") {
        return;
    }
    let below = Node::dir("b", vec![Node::file("g")]);
    let Some(sandbox) = Sandbox::fuse(vec![Node::dir("a", vec![below, Node::file("f")])]) else {
        return;
    };
    let mut shown = Shown::of(&sandbox.at("m"));
    let outcome = shown.delete(&["a"]);
    let failed: Vec<&String> = outcome.failed.keys().collect();
    assert_eq!(failed, ["a/b/g", "a/f"], "{outcome:?}");
    assert_eq!(shown.paths(), ["a", "a/b", "a/b/g", "a/f"]);
}

/// An image with a file system, mounted at `disk`.
fn disk(sandbox: &Sandbox, kind: &str, options: &[&str], mebibytes: u64) -> bool {
    let Some(mkfs) = tool(&format!("mkfs.{kind}")) else {
        return false;
    };
    let image = sandbox.at("image");
    let file = fs::File::create(&image).expect("it can be made");
    file.set_len(mebibytes << 20).expect("it is sparse");
    let mut make = Command::new(mkfs);
    let made = make.arg("-q").args(options).arg(&image).output();
    if !made.is_ok_and(|output| output.status.success()) {
        skip(format_args!("mkfs.{kind} failed"));
        return false;
    }
    sandbox.mount_image(&image, "disk", "rw")
}

fn free(path: &Path) -> i128 {
    let stat = rustix::fs::statvfs(path).expect("it is mounted");
    i128::from(stat.f_bfree) * i128::from(stat.f_frsize)
}

#[test]
fn the_freed_bytes_are_those_that_the_disk_has_more_free() {
    if !is_root("a mount") {
        return;
    }
    let sandbox = Sandbox::new();
    if !disk(&sandbox, "ext4", &[], 64) {
        return;
    }
    for number in 0..300_usize {
        let name = format!("disk/t/d{}/f{number}", number % 7);
        sandbox.file(&name, number * 200);
    }
    let disk = sandbox.at("disk");
    fs::hard_link(disk.join("t/d0/f0"), disk.join("t/d1/link")).expect("the name is free");
    fs::hard_link(disk.join("t/d0/f294"), disk.join("kept")).expect("the name is free");
    let kept = i128::from(
        fs::metadata(disk.join("kept"))
            .expect("it is there")
            .blocks()
            * 512,
    );
    let _ = Command::new("sync").arg("-f").arg(&disk).status();
    let du = |path: &Path| -> i128 {
        let output = Command::new("du").args(["-s", "-B1"]).arg(path).output();
        let output = output.expect("du is there");
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        text.split('\t')
            .next()
            .and_then(|number| number.parse().ok())
            .expect("a number")
    };
    let (whole, before) = (du(&disk.join("t")), free(&disk));
    let mut shown = Shown::of(&disk);
    let outcome = shown.delete(&["t"]);
    let more = free(&disk) - before;
    assert_eq!(outcome.failures(), []);
    assert_eq!(more, whole - kept, "by df and by du");
    assert_eq!(outcome.summary.bytes, more.unsigned_abs());
    assert_eq!(outcome.summary.more_free, Some(more));
    assert_eq!(outcome.summary.file_systems, 1);
    assert!(disk.join("kept").exists());
}

/// To remove an entry of a lower layer, an overlay copies its directory: a new inode.
#[test]
fn directories_of_a_lower_layer_of_an_overlay_are_removed() {
    if !is_root("a mount") {
        return;
    }
    let Some(sandbox) = overlay() else { return };
    let mut shown = Shown::of(&sandbox.at("disk"));
    let outcome = shown.delete(&["t"]);
    assert_eq!((outcome.failures(), outcome.summary.entries), (vec![], 6));
    assert_eq!(on_disk(&sandbox.at("disk")), ["keep", "x"]);
}

/// The copies that a removal has caused are known to the next one; another directory of the same name is not.
#[test]
fn what_an_overlay_copies_for_a_removal_is_known_afterwards() {
    if !is_root("a mount") {
        return;
    }
    let Some(sandbox) = overlay() else { return };
    let mut shown = Shown::of(&sandbox.at("disk"));
    let mut remover = shown.remover();
    let mut delete = |target: &str| {
        let job = shown.job(&[target], Method::Delete);
        let outcome = shown.run(&mut remover, job, |_| {});
        let failures = outcome.failures().len();
        (failures, outcome.summary.entries)
    };
    assert_eq!(delete("t/a/b/f"), (0, 1));
    assert_eq!(delete("t/a/b"), (0, 1));
    fs::remove_dir_all(sandbox.at("disk/t/a")).expect("it is there");
    sandbox.file("disk/t/a/f", 10);
    assert_eq!(delete("t/a/f"), (1, 0));
    assert_eq!(delete("t/f"), (0, 1));
    assert_eq!(
        on_disk(&sandbox.at("disk")),
        ["keep", "t", "t/a", "t/a/f", "x"]
    );
}

/// Likewise where the removal of a directory was not complete.
#[test]
fn what_is_left_of_a_removal_on_an_overlay_can_be_removed_later() {
    if !is_root("a mount") {
        return;
    }
    let Some(sandbox) = overlay() else { return };
    let mut shown = Shown::of(&sandbox.at("disk"));
    let b = shown
        .directories
        .iter()
        .position(|directory| directory.above.1 == b"b");
    let b = b.expect("it was read");
    // As if its file were new.
    let rows = std::mem::take(&mut shown.directories[b].rows);
    let mut remover = shown.remover();
    let job = shown.job(&["t"], Method::Delete);
    let outcome = shown.run(&mut remover, job, |_| {});
    assert_eq!(
        (outcome.summary.entries, outcome.summary.with_new_entries),
        (2, 1)
    );
    shown.directories[b].rows = rows;
    let job = shown.job(&["t"], Method::Delete);
    let outcome = shown.run(&mut remover, job, |_| {});
    assert_eq!(outcome.failures(), []);
    assert_eq!(on_disk(&sandbox.at("disk")), ["keep", "x"]);
}

fn overlay() -> Option<Sandbox> {
    let sandbox = Sandbox::new();
    for name in [
        "lower/t/a/f",
        "lower/t/a/b/f",
        "lower/t/f",
        "lower/keep",
        "upper/x",
    ] {
        sandbox.file(name, 10);
    }
    let [lower, upper, work] = ["lower", "upper", "work"].map(|name| sandbox.dir(name));
    let options = [lower, upper, work].map(|path| path.display().to_string());
    let [lower, upper, work] = options;
    let options = format!("lowerdir={lower},upperdir={upper},workdir={work}");
    let is_mounted = sandbox.mount(Path::new("t"), "disk", "overlay", &options);
    std::thread::sleep(Duration::from_millis(30));
    is_mounted.then_some(sandbox)
}

/// ext2 stores no time of creation, and uses the number of a removed inode at once.
#[test]
fn without_a_time_of_creation_a_new_file_with_an_old_number_stays() {
    if !is_root("a mount") {
        return;
    }
    let sandbox = Sandbox::new();
    if !disk(&sandbox, "ext2", &["-I", "128"], 16) {
        return;
    }
    for name in ["a/f", "a/k", "l/1", "moved/old", "b/f", "vanished/f"] {
        sandbox.file(&format!("disk/t/{name}"), 10);
    }
    sandbox.dir("disk/t/empty");
    sandbox.dir("disk/t/still empty");
    let at = |name: &str| sandbox.at("disk/t").join(name);
    fs::hard_link(at("l/1"), at("l/2")).expect("the name is free");
    fs::hard_link(at("l/1"), at("l/3")).expect("the name is free");
    // Its times are whole seconds.
    std::thread::sleep(Duration::from_millis(2_100));
    let mut shown = Shown::of(&sandbox.at("disk"));
    shown.data_home = Some(sandbox.at("home"));
    let number = |name: &str| inode_of(&at(name)).number;
    let again = ["a/f", "empty", "moved", "vanished"];
    let before = again.map(number);
    fs::remove_file(at("a/f")).expect("it is there");
    fs::write(at("a/f"), "precious").expect("it can be written");
    // In the order of their numbers from the end: ext2 takes the lowest one that is free.
    for name in ["empty", "vanished", "moved"] {
        fs::remove_dir_all(at(name)).expect("it is there");
        fs::create_dir(at(name)).expect("the name is free");
    }
    fs::write(at("moved/new"), "precious").expect("it can be written");
    if again.map(number) != before {
        return skip("this ext2 does not use numbers again at once");
    }
    const CHANGED: &str = "changed since it was read";
    let outcome = shown.remove(&["t/moved", "t/a/f"], Method::Trash, |_| {});
    assert_eq!(
        outcome.failures(),
        [("t/a/f", CHANGED), ("t/moved", CHANGED)]
    );
    // Links that the removal itself unlinks, here in two jobs, and directories that it empties, are no other ones.
    let mut remover = shown.remover();
    let job = shown.job(&["t/b/f", "t/l/2"], Method::Delete);
    assert_eq!(shown.run(&mut remover, job, |_| {}).failures(), []);
    let job = shown.job(&["t"], Method::Delete);
    let outcome = shown.run(&mut remover, job, |_| {});
    let failed = ["t/a/f", "t/empty", "t/moved", "t/vanished"].map(|name| (name, CHANGED));
    assert_eq!(outcome.failures(), failed);
    let left = [
        "t",
        "t/a",
        "t/a/f",
        "t/empty",
        "t/moved",
        "t/moved/new",
        "t/vanished",
    ];
    let mut all = on_disk(&sandbox.at("disk"));
    all.retain(|path| !path.starts_with("lost+found"));
    assert_eq!(all, left);
}

/// Creates a subvolume of btrfs that holds one file.
fn create_subvolume(sandbox: &Sandbox, name: &str) {
    let mut create = Command::new(tool("btrfs").expect("it is there"));
    create.args(["subvolume", "create"]).arg(sandbox.at(name));
    assert!(create.output().is_ok_and(|output| output.status.success()));
    sandbox.file(&format!("{name}/f"), 10);
}

/// Programs look for trash at the roots of mounts only.
#[test]
fn a_subvolume_that_is_not_mounted_has_no_trash_of_its_own() {
    if !is_root("a mount") {
        return;
    }
    let sandbox = Sandbox::new();
    if tool("btrfs").is_none() || !disk(&sandbox, "btrfs", &[], 128) {
        return;
    }
    create_subvolume(&sandbox, "disk/sub");
    let mut shown = Shown::of(&sandbox.at("disk"));
    let outcome = shown.remove(&["sub/f"], Method::Trash, |_| {});
    let text = "no trash on this file system; Y deletes";
    assert_eq!(outcome.failures(), [("sub/f", text)]);
    assert_eq!(on_disk(&sandbox.at("disk")), ["sub", "sub/f"]);
}

#[test]
fn a_subvolume_of_btrfs_has_its_own_message() {
    if !is_root("a mount") {
        return;
    }
    let sandbox = Sandbox::new();
    if tool("btrfs").is_none() || !disk(&sandbox, "btrfs", &[], 128) {
        return;
    }
    sandbox.file("disk/t/f", 10);
    create_subvolume(&sandbox, "disk/t/sub");
    let mut shown = Shown::of(&sandbox.at("disk"));
    let text = "a btrfs subvolume; `btrfs subvolume delete` removes it";
    for (target, method) in [
        ("t/sub", Method::Trash),
        ("t/sub", Method::Delete),
        ("t", Method::Delete),
    ] {
        let outcome = shown.remove(&[target], method, |_| {});
        assert_eq!(outcome.failures(), [("t/sub", text)]);
    }
    assert_eq!(on_disk(&sandbox.at("disk")), ["t", "t/sub", "t/sub/f"]);
    // Inside it, the way crosses no mount.
    sandbox.file("disk/t/sub/g", 10);
    sandbox.file("disk/t/top", 10);
    std::thread::sleep(Duration::from_millis(30));
    let mut shown = Shown::of(&sandbox.at("disk"));
    assert_eq!(shown.delete(&["t/sub/f"]).summary.entries, 1);
    // A newer snapshot may have the numbers and times of the one that was read: the directory that holds it tells.
    sandbox.file("disk/t/comes", 10);
    let outcome = shown.delete(&["t/sub/g"]);
    let text = "changed since it was read";
    assert_eq!(outcome.failures(), [("t/sub/g", text)]);
    // A removal beside it is no excuse, whatever has come before.
    let mut remover = shown.remover();
    for (target, failed) in [("t/top", None), ("t/sub/g", Some(text))] {
        let job = shown.job(&[target], Method::Delete);
        let outcome = shown.run(&mut remover, job, |_| {});
        assert_eq!(outcome.failed.get(target).map(String::as_str), failed);
    }
    // Nor is the name of the subvolume on the command line.
    let sub = Shown::of(&sandbox.at("disk/t/sub"));
    std::thread::sleep(Duration::from_millis(30));
    sandbox.file("disk/t/comes too", 10);
    let mut job = sub.job(&["g"], Method::Delete);
    let path = sandbox.at("disk/t/sub");
    let name = CString::new(path.as_os_str().as_encoded_bytes()).expect("no NUL");
    job.places[0].root = Root::Typed(name, inode_of(&path));
    let mut sub = sub;
    assert_eq!(sub.run(&mut remover, job, |_| {}).failures(), [("g", text)]);
    assert!(sandbox.at("disk/t/sub/g").exists());
}
