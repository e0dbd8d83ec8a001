//! The row of a file as the walkers write it: the main thread only finds its directory.

use rustix::fs::FileType;

use super::rows::{Row, micros, set_detail};
use crate::count::record::EntryRenderer;
use crate::count::usage::{Detail, Inode, Item};
use crate::count::varint;

/// See the module.
#[derive(Debug)]
pub(super) struct RowRenderer;

impl EntryRenderer for RowRenderer {
    /// Files that have a mark or an error, or lie on another file system than their directory, arrive as records.
    fn takes(&self, file: &Item<'_>, device: u64) -> bool {
        sizes(file).is_some()
            && file
                .detail
                .is_some_and(|detail| detail.inode.device == device)
    }

    fn file(&self, name: &[u8], file: &Item<'_>, _: u64, out: &mut Vec<u8>) {
        let (Some([allocated, apparent]), Some(detail)) = (sizes(file), file.detail) else {
            return;
        };
        let mtime = varint::zigzag(micros(file.usage.newest));
        let (length, inode) = (name.len() as u64, detail.inode.number);
        let [links, mode, uid, gid] =
            [detail.links, detail.mode, detail.uid, detail.gid].map(u64::from);
        let sizes = [allocated, apparent].map(i64::cast_unsigned);
        varint::put_group(out, [length, sizes[0], sizes[1], mtime]);
        varint::put_group(out, [inode, links, mode, uid, gid, 0]);
        out.extend_from_slice(name);
    }

    fn renders_directories(&self) -> bool {
        false
    }
}

/// The sizes that the columns have; none where they cannot hold one.
fn sizes(file: &Item<'_>) -> Option<[i64; 2]> {
    let allocated = file.usage.allocated.try_into().ok()?;
    Some([allocated, file.usage.apparent.try_into().ok()?])
}

/// Takes the first file out of a text: its name, and what is known of its row. It lies on this device.
pub(super) fn take<'a>(text: &mut &'a [u8], device: u64) -> Option<(&'a [u8], Row)> {
    if text.is_empty() {
        return None;
    }
    let [length, allocated, apparent, mtime] = varint::take_group(text);
    let [inode, links, mode, uid, gid, _] = varint::take_group(text);
    let name = text.split_off(..usize::try_from(length).ok()?)?;
    let mut row = Row {
        allocated: allocated.cast_signed(),
        apparent: apparent.cast_signed(),
        mtime: varint::of_zigzag(mtime),
        kind: FileType::from_raw_mode(mode as u32),
        counted: true,
        ..Row::NULL
    };
    let detail = Detail {
        inode: Inode {
            device,
            number: inode,
        },
        links: links as u32,
        mode: mode as u32,
        uid: uid as u32,
        gid: gid as u32,
    };
    set_detail(&mut row, &detail);
    Some((name, row))
}
