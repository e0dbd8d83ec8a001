//! The mounts that this process sees, and the types of their file systems (proc_pid_mountinfo(5)). No file system is asked.

use std::fs::File;
use std::io;

use rustix::event::{PollFd, PollFlags, Timespec, poll};

use crate::sys::retry::{open, read_all, retry};

/// The list of mounts.
pub const LIST: &str = "/proc/self/mountinfo";

/// The types that this kernel has now: without those of modules that are not loaded.
const LOADED: &str = "/proc/filesystems";

/// Types of Linux that need not be there now.
const TYPES: &str = "9p adfs affs afs apfs aufs autofs bcachefs beegfs befs bfs binfmt_misc bpf btrfs ceph cgroup \
    cgroup2 cifs coda configfs cpuset cramfs debugfs devpts devtmpfs ecryptfs efivarfs efs erofs exfat ext2 ext3 ext4 \
    f2fs fuse fuseblk fusectl gfs2 glusterfs gpfs hfs hfsplus hpfs hugetlbfs iso9660 jffs2 jfs lustre minix mqueue \
    msdos ncpfs nfs nfs4 nfsd nilfs2 nsfs ntfs ntfs3 ocfs2 omfs orangefs overlay panfs proc pstore qnx4 qnx6 ramfs \
    reiserfs resctrl romfs rpc_pipefs securityfs selinuxfs shiftfs smackfs smb3 smbfs squashfs sysfs sysv tmpfs \
    tracefs ubifs udf ufs vboxsf vfat virtiofs vmhgfs vxfs wekafs xfs zfs zonefs";

/// Types of file systems for which a server answers, which may be dead.
const SERVED: &str = "9p afs autofs beegfs ceph cifs coda fuse fuseblk gfs2 glusterfs gpfs lustre ncpfs \
    nfs nfs4 ocfs2 orangefs panfs smb3 smbfs vboxsf virtiofs vmhgfs wekafs";

/// One mount.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Mount<'a> {
    /// Its number (`STATX_MNT_ID`).
    pub id: u64,
    /// The number of the mount that it is mounted on.
    pub parent: u64,
    /// The directory of its file system that is mounted, with escapes.
    pub root: &'a [u8],
    /// The number of the device (`st_dev`).
    pub device: u64,
    /// Where it is mounted, with escapes.
    pub at: &'a [u8],
    /// The type of its file system. The subtype follows after a dot.
    pub kind: &'a [u8],
    /// What is mounted, with escapes: a device, or what the file system has in place of one.
    pub source: &'a [u8],
}

/// The text of the list of mounts.
pub fn list() -> io::Result<Vec<u8>> {
    text(LIST)
}

/// Whether there is a type of file systems of this name: on Linux, in this kernel, or in this list of mounts. FUSE has any
/// subtype.
#[must_use]
pub fn is_type(name: &[u8], list: &[u8]) -> bool {
    let loaded = text(LOADED).unwrap_or_default();
    let mut loaded = loaded.split(|byte| byte.is_ascii_whitespace());
    let mut known = TYPES.split(' ').map(str::as_bytes);
    name.strip_prefix(b"fuse.")
        .is_some_and(|rest| !rest.is_empty())
        || known.any(|known| known == name)
        || loaded.any(|known| known == name && known != b"nodev" && !known.is_empty())
        || mounts(list).any(|mount| mount.kind == name)
}

fn text(file: &str) -> io::Result<Vec<u8>> {
    let mut text = Vec::new();
    read_all(open(file.as_ref())?, &mut text)?;
    Ok(text)
}

/// The mounts in the text of a list. Lines that are no mounts are skipped.
pub fn mounts(list: &[u8]) -> impl Iterator<Item = Mount<'_>> {
    list.split(|&byte| byte == b'\n').filter_map(mount)
}

fn mount(line: &[u8]) -> Option<Mount<'_>> {
    let mut words = line.split(|&byte| byte == b' ');
    let id = number(words.next()?)?;
    let parent = number(words.next()?)?;
    let device = device(words.next()?)?;
    let root = words.next()?;
    let at = words.next()?;
    // Any number of optional fields ends with a hyphen.
    let mut words = words.skip_while(|&word| word != b"-").skip(1);
    Some(Mount {
        id,
        parent,
        root,
        device,
        at,
        kind: words.next()?,
        source: words.next().unwrap_or_default(),
    })
}

fn number(word: &[u8]) -> Option<u64> {
    std::str::from_utf8(word).ok()?.parse().ok()
}

/// Tells whether something was mounted or unmounted.
#[derive(Debug)]
pub struct MountWatch(Watched);

#[derive(Debug)]
enum Watched {
    List(File),
    /// This system has no list.
    Unknown,
    Nothing,
}

impl MountWatch {
    /// From now on.
    #[must_use]
    pub fn start() -> Self {
        Self(match open(LIST.as_ref()) {
            Ok(list) => Watched::List(list),
            Err(_) => Watched::Unknown,
        })
    }

    /// Tells of no change.
    #[must_use]
    pub fn none() -> Self {
        Self(Watched::Nothing)
    }

    /// Whether that has happened since the last call, as far as is known: true where the system does not tell.
    #[must_use]
    pub fn has_changed(&self) -> bool {
        let list = match &self.0 {
            Watched::List(list) => list,
            Watched::Unknown => return true,
            Watched::Nothing => return false,
        };
        let mut fds = [PollFd::new(list, PollFlags::PRI)];
        let at_once = Timespec::default();
        let polled = retry(|| poll(&mut fds, Some(&at_once)));
        polled.is_err() || fds[0].revents().intersects(PollFlags::PRI | PollFlags::ERR)
    }
}

/// The number of a device from its major and minor numbers.
fn device(word: &[u8]) -> Option<u64> {
    let (major, minor) = std::str::from_utf8(word).ok()?.split_once(':')?;
    Some(rustix::fs::makedev(
        major.parse().ok()?,
        minor.parse().ok()?,
    ))
}

impl Mount<'_> {
    /// Whether a server answers for it.
    fn is_served(&self) -> bool {
        let base = base(self.kind);
        // systemd mounts an autofs in /proc on every machine; it is never scanned.
        let is_of_proc = base == b"autofs" && self.at.starts_with(b"/proc/");
        !is_of_proc && SERVED.split(' ').any(|served| served.as_bytes() == base)
    }
}

/// Whether a list has a file system with a server.
#[must_use]
pub fn has_served(list: &[u8]) -> bool {
    mounts(list).any(|mount| mount.is_served())
}

/// Whether a server answers for the file system with this device number.
#[must_use]
pub fn is_served(list: &[u8], device: u64) -> bool {
    of_device(list, device).any(|mount| mount.is_served())
}

/// Whether inode numbers say nothing about where this file system stores an inode: they are a server's, or memory's.
#[must_use]
pub fn has_no_disk_order(list: &[u8], device: u64) -> bool {
    let is_memory = |mount: &Mount<'_>| matches!(mount.kind, b"tmpfs" | b"devtmpfs");
    of_device(list, device).any(|mount| mount.is_served() || is_memory(&mount))
}

fn of_device(list: &[u8], device: u64) -> impl Iterator<Item = Mount<'_>> {
    mounts(list).filter(move |mount| mount.device == device)
}

/// A type without its subtype.
#[must_use]
pub fn base(kind: &[u8]) -> &[u8] {
    kind.split(|&byte| byte == b'.').next().unwrap_or(kind)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(at: &str, kind: &str) -> String {
        format!("36 35 0:32 / {at} rw,noatime shared:1 master:2 - {kind} source rw,fuse,nfs\n")
    }

    #[test]
    fn only_file_systems_with_a_server_are_served() {
        let local = [
            "ext4", "proc", "fusectl", "tmpfs", "nfsd", "overlay", "fus", "btrfs",
        ];
        let local: String = local
            .iter()
            .map(|kind| line("/fuse\\040nfs", kind))
            .collect();
        assert!(!has_served(local.as_bytes()));
        for kind in [
            "fuse",
            "fuse.sshfs",
            "fuseblk",
            "nfs",
            "nfs4",
            "cifs",
            "9p",
            "virtiofs",
        ] {
            let mounts = [local.clone(), line("/mnt", kind), local.clone()].concat();
            assert!(has_served(mounts.as_bytes()), "{kind}");
        }
        assert!(has_served(line("/net", "autofs").as_bytes()));
        let of_proc = line("/proc/sys/fs/binfmt_misc", "autofs");
        assert!(!has_served(of_proc.as_bytes()));
        for odd in ["", "\n", "36 35", "36 35 0:32 / / rw -", "- fuse"] {
            assert!(!has_served(odd.as_bytes()), "{odd:?}");
        }
    }

    #[test]
    fn a_file_system_is_found_by_its_device() {
        let list = line("/a", "fuse.sshfs") + &line("/b", "tmpfs").replace("0:32", "0:33");
        let list = (list + &line("/c", "ext4").replace("0:32", "8:1")).into_bytes();
        let device = |minor| rustix::fs::makedev(0, minor);
        assert!(is_served(&list, device(32)) && !is_served(&list, device(33)));
        assert!(has_no_disk_order(&list, device(32)) && has_no_disk_order(&list, device(33)));
        assert!(!has_no_disk_order(&list, rustix::fs::makedev(8, 1)));
        assert!(!is_served(&list, device(34)) && !has_no_disk_order(&list, device(34)));
    }

    #[test]
    fn a_line_has_a_number_a_device_a_place_and_a_type_and_odd_lines_are_skipped() {
        let list = b"\n36 35 98:0 /mnt1 /mnt2 rw,noatime master:1 shared:2 - fuse.sshfs x rw\n\
            a b c\n36 35 0:3 / / rw -\n37 1 0:4 / /p rw - proc - rw";
        let found: Vec<Mount<'_>> = mounts(list).collect();
        let expected = [
            (
                36,
                35,
                (98, 0),
                [&b"/mnt1"[..], b"/mnt2", b"fuse.sshfs", b"x"],
            ),
            (37, 1, (0, 4), [b"/", b"/p", b"proc", b"-"]),
        ];
        let expected = expected.map(|(id, parent, (major, minor), words)| Mount {
            id,
            parent,
            device: rustix::fs::makedev(major, minor),
            root: words[0],
            at: words[1],
            kind: words[2],
            source: words[3],
        });
        assert_eq!(found, expected);
        assert_eq!(
            (base(b"fuse.sshfs"), base(b"nfs4")),
            (&b"fuse"[..], &b"nfs4"[..])
        );
    }
}
