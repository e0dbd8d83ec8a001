//! The order in which GNU du prints the entries of one directory: that of the disk's listing, or that of inode numbers.

use super::dir::Dir;
use super::options::{Follow, WalkOrder};
use super::shared::Shared;
use crate::sys::mounts;

/// GNU du sorts a group of more entries than this by inode number.
pub(super) const SORTED_ABOVE: usize = 10_000;

/// Whether a group is sorted by inode number: where GNU du would sort that many entries of this directory. Under `-L` it
/// sorts on every file system.
pub(super) fn sorts(walk: &Shared, dir: &Dir, count: usize) -> bool {
    // From statfs(2): on these file systems inode numbers say nothing about where an inode lies.
    const NFS: u64 = 0x6969;
    const TMPFS: u64 = 0x0102_1994;
    const CIFS: u64 = 0xff53_4d42;
    const LUSTRE: u64 = 0x0bd0_0bd0;
    let kind = || rustix::fs::fstatfs(dir.fd()).map_or(0, |statfs| u64::from(statfs.f_type as u32));
    let follows = walk.options.follow == Follow::Always;
    let is_wanted = walk.options.order == WalkOrder::Disk && count > SORTED_ABOVE;
    is_wanted && (follows || !matches!(kind(), NFS | TMPFS | CIFS | LUSTRE))
}

/// Whether the order of the listing is taken for GNU du's before the end of the group is known. It is that on NFS, SMB and
/// tmpfs (see [`sorts`]). From other servers, and under `-L`, a group that is slow to read and turns out to have more than
/// [`SORTED_ABOVE`] entries would come by inode number: to wait for its end would be to write nothing for ever where the
/// directory has none. Memory has no such directories.
///
/// The list of mounts tells, not statfs(2), for which the server may never answer.
pub(super) fn is_known_early(walk: &Shared, dir: &Dir) -> bool {
    let is_wanted = match walk.options.follow {
        Follow::Always => mounts::is_served,
        Follow::Never | Follow::Operands => mounts::has_no_disk_order,
    };
    let device = dir.stat.detail.inode.device;
    let ask = || mounts::list().is_ok_and(|list| is_wanted(&list, device));
    walk.last_device.answer(device, ask)
}
