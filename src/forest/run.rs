//! Entries as bytes, each as the differences to another entry.
//!
//! ```text
//!   entry = flags [rare flags] name-length name apparent time inode
//!           [allocated] [owner] [links] [nanoseconds] [device] [count] [directory]
//! ```
//!
//! A field in brackets is there where its flag is set; a directory has its number. All numbers are varints.

use rustix::fs::FileType;

use super::entry::{ForestEntry, Reading};
use super::old::DirId;
use crate::count::usage::FileTime;
use crate::count::varint::{put, put_signed, take, take_signed};

/// The kinds, by their numbers in the low bits of the flags.
const KINDS: [FileType; 8] = [
    FileType::RegularFile,
    FileType::Directory,
    FileType::Symlink,
    FileType::Fifo,
    FileType::Socket,
    FileType::BlockDevice,
    FileType::CharacterDevice,
    FileType::Unknown,
];

/// What is known of an entry, by the numbers in the low bits of the rare flags.
const READINGS: [Reading; 5] = [
    Reading::Whole,
    Reading::Broken,
    Reading::Unread,
    Reading::Away,
    Reading::Excluded,
];

/// The allocated size is not the apparent size rounded up to blocks.
const ALLOCATED: u8 = 1 << 3;
/// The owner is another one.
const OWNER: u8 = 1 << 4;
/// There is not one link.
const LINKS: u8 = 1 << 5;
/// The time is no whole second.
const NANOSECONDS: u8 = 1 << 6;
/// There are rare flags.
const RARE: u8 = 1 << 7;

/// The device is another one.
const DEVICE: u8 = 1 << 3;
/// It does not stand for one entry.
const COUNT: u8 = 1 << 4;
/// The permissions are others.
const MODE: u8 = 1 << 5;

/// What [`append`] has appended.
#[derive(Debug)]
pub(super) struct Packed<'a> {
    /// Empty for the sum of entries without names.
    pub(super) name: &'a [u8],
    pub(super) entry: ForestEntry,
    /// The number of a directory that has a run, see [`ForestEntry::has_run`].
    pub(super) directory: Option<DirId>,
}

/// The allocated size that most files of this size have.
fn usual_allocation(apparent: u64) -> u64 {
    apparent.div_ceil(4096).saturating_mul(4096)
}

/// The place of a value in a table.
fn place<T: PartialEq>(table: &[T], value: &T) -> u8 {
    let place = table.iter().position(|known| known == value);
    place.unwrap_or(table.len() - 1) as u8
}

/// Appends an entry.
pub(super) fn append(out: &mut Vec<u8>, packed: &Packed<'_>, before: &ForestEntry) {
    let entry = &packed.entry;
    let (allocated, apparent) = entry.sizes;
    let mut flags = place(&KINDS, &entry.kind);
    let mut rare = place(&READINGS, &entry.reading);
    let set = |flags: &mut u8, flag: u8, is_set: bool| *flags |= if is_set { flag } else { 0 };
    set(&mut rare, DEVICE, entry.inode.device != before.inode.device);
    set(&mut rare, COUNT, entry.count != 1);
    set(&mut rare, MODE, entry.mode != before.mode);
    set(&mut flags, RARE, rare != 0);
    set(
        &mut flags,
        ALLOCATED,
        allocated != usual_allocation(apparent),
    );
    set(&mut flags, OWNER, entry.owner != before.owner);
    set(&mut flags, LINKS, entry.links != 1);
    set(&mut flags, NANOSECONDS, entry.time.nanoseconds != 0);
    out.push(flags);
    if flags & RARE != 0 {
        out.push(rare);
    }
    put(out, packed.name.len() as u64);
    out.extend_from_slice(packed.name);
    put(out, apparent);
    put_signed(out, entry.time.seconds.wrapping_sub(before.time.seconds));
    put_signed(out, difference(entry.inode.number, before.inode.number));
    append_optional(out, entry, (flags, rare));
    if let Some(directory) = packed.directory {
        put(out, directory.into());
    }
}

fn append_optional(out: &mut Vec<u8>, entry: &ForestEntry, (flags, rare): (u8, u8)) {
    if flags & ALLOCATED != 0 {
        // A multiple of 512 becomes a small number.
        put(out, entry.sizes.0.rotate_right(9));
    }
    if flags & OWNER != 0 {
        put(out, entry.owner.0.into());
        put(out, entry.owner.1.into());
    }
    if flags & LINKS != 0 {
        put(out, entry.links.into());
    }
    if flags & NANOSECONDS != 0 {
        put(out, entry.time.nanoseconds.into());
    }
    if rare & DEVICE != 0 {
        put(out, entry.inode.device);
    }
    if rare & COUNT != 0 {
        put(out, entry.count);
    }
    if rare & MODE != 0 {
        put(out, entry.mode.into());
    }
}

fn difference(number: u64, before: u64) -> i64 {
    number.wrapping_sub(before).cast_signed()
}

/// The name of the entry at the front.
pub(super) fn name(mut from: &[u8]) -> &[u8] {
    if take_byte(&mut from).is_some_and(|flags| flags & RARE != 0) {
        take_byte(&mut from);
    }
    let length = usize::try_from(take(&mut from)).unwrap_or(usize::MAX);
    from.get(..length).unwrap_or_default()
}

/// Takes an entry from the front; none at the end.
pub(super) fn take_entry<'a>(from: &mut &'a [u8], before: &ForestEntry) -> Option<Packed<'a>> {
    let flags = take_byte(from)?;
    let rare = match flags & RARE {
        0 => 0,
        _ => take_byte(from)?,
    };
    let length = usize::try_from(take(from)).ok()?;
    let (name, rest) = from.split_at_checked(length)?;
    *from = rest;
    let apparent = take(from);
    let seconds = before.time.seconds.wrapping_add(take_signed(from));
    let number = take_signed(from).cast_unsigned();
    let mut entry = ForestEntry {
        kind: KINDS[usize::from(flags & 7)],
        reading: READINGS[usize::from(rare & 7).min(READINGS.len() - 1)],
        sizes: (usual_allocation(apparent), apparent),
        count: 1,
        time: FileTime {
            seconds,
            nanoseconds: 0,
        },
        links: 1,
        ..*before
    };
    entry.inode.number = before.inode.number.wrapping_add(number);
    take_optional(from, &mut entry, (flags, rare));
    let directory = entry.has_run().then(|| take(from) as DirId);
    Some(Packed {
        name,
        entry,
        directory,
    })
}

fn take_optional(from: &mut &[u8], entry: &mut ForestEntry, (flags, rare): (u8, u8)) {
    if flags & ALLOCATED != 0 {
        entry.sizes.0 = take(from).rotate_left(9);
    }
    if flags & OWNER != 0 {
        entry.owner = (take(from) as u32, take(from) as u32);
    }
    if flags & LINKS != 0 {
        entry.links = take(from) as u32;
    }
    if flags & NANOSECONDS != 0 {
        entry.time.nanoseconds = take(from) as u32;
    }
    if rare & DEVICE != 0 {
        entry.inode.device = take(from);
    }
    if rare & COUNT != 0 {
        entry.count = take(from);
    }
    if rare & MODE != 0 {
        entry.mode = take(from) as u32;
    }
}

fn take_byte(from: &mut &[u8]) -> Option<u8> {
    let (&byte, rest) = from.split_first()?;
    *from = rest;
    Some(byte)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::count::usage::Inode;

    const TYPICAL: ForestEntry = ForestEntry {
        kind: FileType::RegularFile,
        sizes: (8192, 5000),
        time: FileTime {
            seconds: 1_700_000_100,
            nanoseconds: 0,
        },
        inode: Inode {
            device: 2049,
            number: 123_457,
        },
        owner: (1000, 1000),
        ..ForestEntry::UNKNOWN
    };

    /// Each entry of the list, after the one before it.
    fn comes_back(entries: &[ForestEntry]) -> usize {
        let mut out = Vec::new();
        let mut before = TYPICAL;
        for entry in entries {
            let directory = entry.has_run().then_some(70_000);
            let name = b"a name";
            let packed = Packed {
                name,
                entry: *entry,
                directory,
            };
            append(&mut out, &packed, &before);
            before = *entry;
        }
        let (mut rest, mut before) = (&*out, TYPICAL);
        for expected in entries {
            let before_it = rest;
            let packed = take_entry(&mut rest, &before).expect("an entry");
            assert_eq!(name(before_it), packed.name);
            assert_eq!((packed.name, &packed.entry), (&b"a name"[..], expected));
            assert_eq!(packed.directory, expected.has_run().then_some(70_000));
            before = packed.entry;
        }
        assert!(take_entry(&mut rest, &before).is_none());
        out.len()
    }

    #[test]
    fn every_value_of_a_field_comes_back() {
        let mut entries = vec![TYPICAL, ForestEntry::UNKNOWN, TYPICAL];
        for number in [0, 1, 511, 512, 4096, 4097, u64::MAX - 1, u64::MAX] {
            entries.push(ForestEntry {
                sizes: (number, 5),
                count: number,
                ..TYPICAL
            });
            entries.push(ForestEntry {
                sizes: (4096, number),
                inode: Inode {
                    device: number,
                    number,
                },
                ..TYPICAL
            });
        }
        for kind in KINDS {
            entries.extend(READINGS.map(|reading| ForestEntry {
                kind,
                reading,
                ..TYPICAL
            }));
        }
        for seconds in [i64::MIN, -1, 0, i64::MAX] {
            let time = FileTime {
                seconds,
                nanoseconds: 999_999_999,
            };
            entries.push(ForestEntry {
                time,
                links: u32::MAX,
                owner: (0, u32::MAX),
                ..TYPICAL
            });
        }
        comes_back(&entries);
    }

    #[test]
    fn a_usual_file_takes_six_bytes_and_its_name() {
        assert_eq!(comes_back(&[TYPICAL]), 2 + 6 + 2 + 1 + 1);
    }
}
