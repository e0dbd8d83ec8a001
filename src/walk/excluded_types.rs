//! Types of file systems that are left out (`--exclude-fs`, `--exclude-kernfs`).
//!
//! The type of a mount comes from the list of mounts, not from the file system: one that does not answer is not asked.
//! A mount that is not in the list is newer (an automount): the list is read again.

use std::collections::HashMap;

use crate::count::record::Exclusion;
use crate::sys::mounts::{self, base};

/// File systems that hold no data but show the state of the kernel: those of ncdu's list, and others of that kind.
pub const KERNEL_TYPES: [&str; 22] = [
    "binfmt_misc",
    "bpf",
    "cgroup",
    "cgroup2",
    "configfs",
    "cpuset",
    "debugfs",
    "devpts",
    "efivarfs",
    "fusectl",
    "mqueue",
    "nfsd",
    "nsfs",
    "proc",
    "pstore",
    "resctrl",
    "rpc_pipefs",
    "securityfs",
    "selinuxfs",
    "smackfs",
    "sysfs",
    "tracefs",
];

/// See the module.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExcludedTypes {
    types: Vec<Vec<u8>>,
    by_id: HashMap<u64, Option<Exclusion>>,
    /// For kernels that tell no number of a mount (before Linux 5.8).
    by_device: HashMap<u64, Exclusion>,
}

impl ExcludedTypes {
    /// These types, in this list of mounts.
    #[must_use]
    pub fn new(types: Vec<Vec<u8>>, list: &[u8]) -> Self {
        let mut excluded = Self {
            types,
            by_id: HashMap::new(),
            by_device: HashMap::new(),
        };
        for mount in mounts::mounts(list) {
            let exclusion = excluded.of_type(mount.kind);
            excluded.by_id.insert(mount.id, exclusion);
            if let Some(exclusion) = exclusion {
                excluded.by_device.insert(mount.device, exclusion);
            }
        }
        excluded
    }

    /// Why a type is left out, if it is. A type without a subtype stands for all of its subtypes.
    fn of_type(&self, kind: &[u8]) -> Option<Exclusion> {
        let is_listed = self
            .types
            .iter()
            .any(|listed| listed == kind || listed == base(kind));
        is_listed.then(
            || match KERNEL_TYPES.iter().any(|known| known.as_bytes() == kind) {
                true => Exclusion::KernelFileSystem,
                false => Exclusion::OtherFileSystem,
            },
        )
    }

    /// Why an entry of this device is left out, if it is: for kernels that tell no number of a mount.
    pub(super) fn of_device(&self, device: u64) -> Option<Exclusion> {
        self.by_device.get(&device).copied()
    }

    /// Why a mount is left out, if it is.
    pub(super) fn of_mount(&self, id: u64) -> Option<Exclusion> {
        self.by_id.get(&id).copied().unwrap_or_else(|| {
            let list = mounts::list().unwrap_or_default();
            let mount = mounts::mounts(&list).find(|mount| mount.id == id)?;
            self.of_type(mount.kind)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_type_stands_for_its_subtypes_and_a_subtype_for_itself() {
        let list = b"1 0 0:1 / / rw - ext4 x rw\n2 1 0:2 / /a rw - fuse.sshfs x rw\n\
            3 1 0:3 / /b rw - fuse.x x rw\n4 1 0:4 / /c rw - proc x rw\n5 1 0:5 / /d rw - fuseblk x rw";
        let left_out = |types: &[&str]| {
            let types = types.iter().map(|name| name.as_bytes().to_vec()).collect();
            let excluded = ExcludedTypes::new(types, list);
            [1, 2, 3, 4, 5].map(|id| excluded.of_mount(id))
        };
        let other = Some(Exclusion::OtherFileSystem);
        let kernel = Some(Exclusion::KernelFileSystem);
        assert_eq!(left_out(&["fuse"]), [None, other, other, None, None]);
        assert_eq!(left_out(&["fuse.sshfs"]), [None, other, None, None, None]);
        assert_eq!(
            left_out(&["proc", "fuseblk"]),
            [None, None, None, kernel, other]
        );
    }
}
