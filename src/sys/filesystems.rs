//! The mounted file systems: a name that identifies one on every node and after every boot, and the space in it.

use std::collections::HashMap;
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::thread;

use crossbeam_channel::{Receiver, bounded};
use rustix::fs::{CWD, Dir, Mode, OFlags};

use crate::sys::mounts::{self, Mount};

/// Links from the identifiers of block devices to the devices.
const BY_UUID: &str = "/dev/disk/by-uuid";

/// A mounted file system.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileSystem {
    /// Its type.
    pub kind: Vec<u8>,
    /// Where it is mounted.
    pub mount_point: Vec<u8>,
    device: u64,
    source: Vec<u8>,
}

/// The table of mounts. See the module.
#[derive(Debug, Default)]
pub struct FileSystems {
    mounts: Vec<FileSystem>,
    /// For the numbers of block devices.
    uuids: HashMap<u64, String>,
}

/// The space in a file system, in bytes, and its inodes: statvfs(3).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Space {
    /// All of it.
    pub size: u64,
    /// What is free.
    pub free: u64,
    /// What is free for users.
    pub available: u64,
    /// Number of inodes.
    pub files: u64,
    /// Number of free inodes.
    pub files_free: u64,
}

/// How a format, which asks no disk itself, learns about file systems.
#[derive(Debug, Clone, Copy)]
pub struct FileSystemQueries {
    /// [`FileSystems::read`].
    pub table: fn() -> FileSystems,
    /// Asks the file system that is mounted at a place for its space.
    pub space: fn(&[u8]) -> Receiver<Space>,
}

impl FileSystemQueries {
    /// The queries of this machine.
    pub const SYSTEM: Self = Self {
        table: FileSystems::read,
        space,
    };
}

impl FileSystems {
    /// Reads the table of this process; empty where it cannot be read.
    #[must_use]
    pub fn read() -> Self {
        match mounts::list() {
            Ok(list) => Self::of_list(&list, uuids()),
            Err(_) => Self::default(),
        }
    }

    fn of_list(list: &[u8], uuids: HashMap<u64, String>) -> Self {
        let mounts = mounts::mounts(list).map(FileSystem::from).collect();
        Self { mounts, uuids }
    }

    /// The name of the file system with this device number, on which an entry with this path lies; and the mount that has
    /// that number.
    #[must_use]
    pub fn name(&self, device: u64, path: &[u8]) -> (String, Option<&FileSystem>) {
        // The last mount hides those before it.
        let mut mounts = self.mounts.iter().rev();
        let mount = mounts.find(|mount| mount.device == device);
        let around = || {
            let above = self
                .mounts
                .iter()
                .filter(|mount| contains(&mount.mount_point, path));
            above.max_by_key(|mount| mount.mount_point.len())
        };
        let Some(known) = mount.or_else(around) else {
            return (numbered("", device), None);
        };
        let name = match self.uuid(&known.source) {
            Some(uuid) => format!("UUID={uuid}"),
            None => String::from_utf8_lossy(&known.source).into_owned(),
        };
        let is_unique = mount.is_some_and(|mount| {
            let mut others = self
                .mounts
                .iter()
                .filter(|other| other.source == mount.source);
            others.all(|other| other.device == mount.device)
        });
        match is_unique {
            true => (name, mount),
            false => (numbered(&name, device), mount),
        }
    }

    fn uuid(&self, source: &[u8]) -> Option<&String> {
        let device = rustix::fs::stat(source.starts_with(b"/dev/").then_some(source)?).ok()?;
        self.uuids.get(&device.st_rdev)
    }
}

fn numbered(name: &str, device: u64) -> String {
    format!(
        "{name}#{}:{}",
        rustix::fs::major(device),
        rustix::fs::minor(device)
    )
}

/// True where a path is a directory or lies below it.
fn contains(directory: &[u8], path: &[u8]) -> bool {
    let directory = directory.strip_suffix(b"/").unwrap_or(directory);
    path.strip_prefix(directory)
        .is_some_and(|rest| rest.is_empty() || rest.starts_with(b"/"))
}

impl From<Mount<'_>> for FileSystem {
    fn from(mount: Mount<'_>) -> Self {
        Self {
            kind: unescape(mount.kind),
            mount_point: unescape(mount.at),
            device: mount.device,
            source: unescape(mount.source),
        }
    }
}

/// Replaces the escapes of the list: a backslash and three octal digits.
fn unescape(field: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(field.len());
    let mut rest = field;
    while let Some((&byte, after)) = rest.split_first() {
        let digits = after
            .get(..3)
            .and_then(|digits| std::str::from_utf8(digits).ok());
        let escaped = digits.and_then(|digits| u8::from_str_radix(digits, 8).ok());
        match (byte, escaped) {
            (b'\\', Some(escaped)) => {
                out.push(escaped);
                rest = &after[3..];
            }
            _ => {
                out.push(byte);
                rest = after;
            }
        }
    }
    out
}

/// The identifiers of the block devices.
fn uuids() -> HashMap<u64, String> {
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
    let Ok(directory) = rustix::fs::openat(CWD, BY_UUID, flags, Mode::empty()) else {
        return HashMap::new();
    };
    let entries = Dir::read_from(&directory).into_iter().flatten().flatten();
    let known = entries.filter_map(|entry| {
        let name = entry
            .file_name()
            .to_str()
            .ok()
            .filter(|name| !name.starts_with('.'))?;
        let stat = rustix::fs::statat(&directory, name, rustix::fs::AtFlags::empty()).ok()?;
        Some((stat.st_rdev, name.to_owned()))
    });
    known.collect()
}

/// Asks a file system for its space, on a thread of its own: the server of a mount may not answer, and then nothing is
/// received.
#[must_use]
fn space(mount_point: &[u8]) -> Receiver<Space> {
    let (give, take) = bounded(1);
    let place = OsStr::from_bytes(mount_point).to_owned();
    let body = move || {
        if let Ok(stat) = rustix::fs::statvfs(&place) {
            let bytes = |blocks: u64| blocks.saturating_mul(stat.f_frsize);
            let _ = give.send(Space {
                size: bytes(stat.f_blocks),
                free: bytes(stat.f_bfree),
                available: bytes(stat.f_bavail),
                files: stat.f_files,
                files_free: stat.f_ffree,
            });
        }
    };
    // Where no thread can be had, nothing is received either.
    let _ = thread::Builder::new()
        .name("statvfs".into())
        .stack_size(64 * 1024)
        .spawn(body);
    take
}

#[cfg(test)]
mod tests {
    use super::*;

    const MOUNTS: &[u8] = b"\
        21 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw\n\
        22 21 0:20 / /tmp rw - tmpfs tmpfs rw\n\
        23 21 0:21 / /run\\040time rw shared:7 - tmpfs tmpfs rw\n\
        24 21 0:22 / /srv rw master:2 - nfs4 server:/export rw\n\
        25 21 0:23 /root /btrfs rw - btrfs /dev/sdb1 rw\n\
        a broken line\n";

    fn name(device: (u32, u32), path: &str) -> String {
        let table = FileSystems::of_list(MOUNTS, HashMap::new());
        table
            .name(rustix::fs::makedev(device.0, device.1), path.as_bytes())
            .0
    }

    #[test]
    fn a_name_is_the_source_and_has_the_number_where_the_source_is_not_enough() {
        assert_eq!(name((8, 1), "/etc"), "/dev/sda1");
        assert_eq!(name((0, 22), "/srv/a"), "server:/export");
        assert_eq!(name((0, 20), "/tmp/a"), "tmpfs#0:20");
        assert_eq!(name((0, 21), "/run time"), "tmpfs#0:21");
        // A subvolume that no mount has.
        assert_eq!(name((0, 99), "/btrfs/sub"), "/dev/sdb1#0:99");
        assert_eq!(name((0, 99), "/btrfs2"), "/dev/sda1#0:99");
    }
}
