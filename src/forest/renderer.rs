//! Walkers write entries in full with this; [`Forest::arrive`](super::Forest::arrive) writes them again as differences to
//! the entry before, which only a reader of the whole directory knows.

use rustix::fs::FileType;

use super::entry::{ForestEntry, Reading};
use super::run::{KINDS, READINGS, place};
use crate::count::record::{EntryRenderer, Exclusion};
use crate::count::usage::{FileTime, Inode, Item};
use crate::count::varint;

/// See the module.
#[derive(Debug)]
pub(super) struct RunRenderer;

impl EntryRenderer for RunRenderer {
    fn file(&self, name: &[u8], file: &Item<'_>, device: u64, out: &mut Vec<u8>) {
        put(out, name, &entry(file), device);
    }

    fn enter(&self, _: &[u8], directory: &Item<'_>, device: u64, out: &mut Vec<u8>) {
        put(out, b"", &of_directory(directory), device);
    }

    fn excluded(
        &self,
        _: &[u8],
        directory: &Item<'_>,
        device: u64,
        _: Exclusion,
        out: &mut Vec<u8>,
    ) {
        let entry = ForestEntry {
            reading: Reading::Excluded,
            ..of_directory(directory)
        };
        put(out, b"", &entry, device);
    }

    fn left_out(&self, name: &[u8], kind: FileType, out: &mut Vec<u8>) {
        let entry = ForestEntry {
            kind,
            reading: Reading::Excluded,
            ..ForestEntry::LEFT_OUT
        };
        put(out, name, &entry, 0);
    }
}

/// Appends an entry: two groups of numbers and the name. The device is that of its directory.
fn put(out: &mut Vec<u8>, name: &[u8], entry: &ForestEntry, device: u64) {
    let (allocated, apparent) = entry.sizes;
    let seconds = varint::zigzag(entry.time.seconds);
    let above = entry.inode.device.wrapping_sub(device);
    let known = place(&KINDS, &entry.kind) | place(&READINGS, &entry.reading) << 4;
    let (length, number) = (name.len() as u64, entry.inode.number);
    let (user, group) = entry.owner;
    let [links, user, group, mode] = [entry.links, user, group, entry.mode].map(u64::from);
    varint::put_group(out, [length, allocated, apparent, seconds, number, above]);
    varint::put_group(out, [known.into(), entry.count, links, user, group, mode]);
    out.extend_from_slice(name);
}

/// Takes an entry from the front; none at the end.
pub(super) fn take<'a>(from: &mut &'a [u8], device: u64) -> Option<(&'a [u8], ForestEntry)> {
    if from.is_empty() {
        return None;
    }
    let [length, allocated, apparent, seconds, number, above] = varint::take_group(from);
    let [known, count, links, user, group, mode] = varint::take_group(from);
    let name = from.split_off(..usize::try_from(length).ok()?)?;
    let entry = ForestEntry {
        kind: KINDS[known as usize & 7],
        reading: *READINGS.get(known as usize >> 4)?,
        sizes: (allocated, apparent),
        count,
        time: FileTime {
            seconds: varint::of_zigzag(seconds),
            nanoseconds: 0,
        },
        inode: Inode {
            device: device.wrapping_add(above),
            number,
        },
        links: links as u32,
        owner: (user as u32, group as u32),
        mode: mode as u32,
    };
    Some((name, entry))
}

/// The entry of an item, as the tree keeps it: whole seconds are enough for a screen.
pub(super) fn entry(item: &Item<'_>) -> ForestEntry {
    let mut entry = ForestEntry::of(item);
    entry.time.nanoseconds = 0;
    entry
}

/// The number of links of a directory says nothing here.
pub(super) fn of_directory(item: &Item<'_>) -> ForestEntry {
    ForestEntry {
        kind: FileType::Directory,
        links: 1,
        ..entry(item)
    }
}
