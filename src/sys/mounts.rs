//! The list of mounts (proc_pid_mountinfo(5)): the kernel gives it without asking any file system.

use crate::sys::retry::{open, read_all};

/// Types of file systems for which a server answers, which may be dead. A type may be followed by a dot and more.
const SERVED: &str = "9p afs autofs beegfs ceph cifs coda fuse fuseblk gfs2 glusterfs gpfs lustre ncpfs \
    nfs nfs4 ocfs2 orangefs panfs smb3 smbfs vboxsf virtiofs vmhgfs wekafs";

/// See the module.
#[derive(Debug)]
pub struct Mounts(Vec<u8>);

/// A line of the list.
#[derive(Debug, Clone, Copy)]
struct Mount<'a> {
    /// `MAJOR:MINOR`.
    device: &'a [u8],
    /// Where it is mounted.
    at: &'a [u8],
    /// The type up to the first dot.
    kind: &'a [u8],
}

impl Mounts {
    /// The mounts that this process sees.
    #[must_use]
    pub fn read() -> Option<Self> {
        let list = open("/proc/self/mountinfo".as_ref()).ok()?;
        let mut mounts = Vec::new();
        read_all(list, &mut mounts).ok()?;
        Some(Self(mounts))
    }

    /// Whether a file system with a server is mounted.
    #[must_use]
    pub fn has_served(&self) -> bool {
        self.lines().any(Mount::is_served)
    }

    /// Whether a server answers for the file system with this device number.
    #[must_use]
    pub fn is_served(&self, device: u64) -> bool {
        self.of(device).any(Mount::is_served)
    }

    /// Whether inode numbers say nothing about where this file system stores an inode: they are a server's, or memory's.
    #[must_use]
    pub fn has_no_disk_order(&self, device: u64) -> bool {
        let is_memory = |mount: Mount<'_>| matches!(mount.kind, b"tmpfs" | b"devtmpfs");
        let mut mounts = self.of(device);
        mounts.any(|mount| mount.is_served() || is_memory(mount))
    }

    fn of(&self, device: u64) -> impl Iterator<Item = Mount<'_>> {
        let (major, minor) = (rustix::fs::major(device), rustix::fs::minor(device));
        let device = format!("{major}:{minor}").into_bytes();
        self.lines().filter(move |mount| mount.device == device)
    }

    fn lines(&self) -> impl Iterator<Item = Mount<'_>> {
        let lines = self.0.split(|&byte| byte == b'\n');
        lines.filter_map(Mount::parse)
    }
}

impl<'a> Mount<'a> {
    fn parse(line: &'a [u8]) -> Option<Self> {
        let mut words = line.split(|&byte| byte == b' ');
        let device = words.nth(2)?;
        let at = words.nth(1)?;
        // Optional fields of any number end with a hyphen.
        let kind = words.skip_while(|&word| word != b"-").nth(1)?;
        let kind = kind.split(|&byte| byte == b'.').next()?;
        Some(Self { device, at, kind })
    }

    fn is_served(self) -> bool {
        // systemd mounts an autofs in /proc on every machine; it is never scanned.
        let is_of_proc = self.kind == b"autofs" && self.at.starts_with(b"/proc/");
        let mut served = SERVED.split(' ');
        !is_of_proc && served.any(|served| served.as_bytes() == self.kind)
    }
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
        let has_served = |text: String| Mounts(text.into_bytes()).has_served();
        assert!(!has_served(local.clone()));
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
            assert!(has_served(mounts), "{kind}");
        }
        assert!(has_served(line("/net", "autofs")));
        assert!(!has_served(line("/proc/sys/fs/binfmt_misc", "autofs")));
        for odd in ["", "\n", "36 35", "36 35 0:32 / / rw -", "- fuse"] {
            assert!(!has_served(odd.to_owned()), "{odd:?}");
        }
    }

    #[test]
    fn a_file_system_is_found_by_its_device() {
        let mounts = line("/a", "fuse.sshfs") + &line("/b", "tmpfs").replace("0:32", "0:33");
        let mounts = Mounts((mounts + &line("/c", "ext4").replace("0:32", "8:1")).into_bytes());
        let device = |minor| rustix::fs::makedev(0, minor);
        assert!(mounts.is_served(device(32)) && !mounts.is_served(device(33)));
        assert!(mounts.has_no_disk_order(device(32)) && mounts.has_no_disk_order(device(33)));
        assert!(!mounts.has_no_disk_order(rustix::fs::makedev(8, 1)));
        assert!(!mounts.is_served(device(34)) && !mounts.has_no_disk_order(device(34)));
    }
}
