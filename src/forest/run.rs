//! The entries of a directory as bytes: a run.
//!
//! ```text
//!   run       = own { row }
//!   own       = entry                      the directory itself, without a name
//!   row       = entry | directory
//!   entry     = flags [rare flags] name-length name apparent time inode
//!               [allocated] [owner] [links] [nanoseconds] [device] [count] [mode]
//!   directory = flags [rare flags] name-length name number
//! ```
//!
//! A field in brackets is there where its flag is set. All numbers are varints. Time, inode, device, owner and mode are
//! differences to the entry before, the number of a directory is one to the directory before; where [`RESTART`] is set, to
//! the directory itself, so that rows can be appended to any run.

use rustix::fs::FileType;

use super::entry::{ForestEntry, Reading};
use super::info::DirId;
use crate::count::usage::FileTime;
use crate::count::varint::{put, put_signed, take, take_signed};

/// The kinds, by their numbers in the low bits of the flags.
pub(super) const KINDS: [FileType; 8] = [
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
pub(super) const READINGS: [Reading; 5] = [
    Reading::Whole,
    Reading::Broken,
    Reading::Unread,
    Reading::Away,
    Reading::Excluded,
];

/// The flags of a row that is a directory.
const DIRECTORY: u8 = 1;

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
/// The differences are those to the directory itself.
const RESTART: u8 = 1 << 6;

/// What the first entry of a run is the difference to.
const NOTHING: ForestEntry = ForestEntry {
    time: FileTime::EPOCH,
    owner: (0, 0),
    mode: 0o755,
    ..ForestEntry::UNKNOWN
};

/// A row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Row<'a> {
    /// An entry; the name is empty for the sum of entries without names.
    Entry(&'a [u8], ForestEntry),
    /// A subdirectory. Its own entry is in its own run.
    Directory(&'a [u8], DirId),
}

/// What the next row is the difference to.
#[derive(Debug, Clone, Copy)]
pub(super) struct Before {
    entry: ForestEntry,
    directory: u32,
}

/// Appends rows to a run.
#[derive(Debug)]
pub(super) struct Writer {
    /// None where the next row does not follow on the one before it.
    before: Option<Before>,
    own: Before,
}

impl Writer {
    /// Begins a run with the entry of the directory.
    pub(super) fn begin(run: &mut Vec<u8>, id: DirId, own: &ForestEntry) -> Self {
        put_entry(run, b"", own, (&NOTHING, 0));
        let own = Before {
            entry: *own,
            directory: id.0,
        };
        let before = Some(own);
        Self { before, own }
    }

    /// Goes on with a run.
    pub(super) fn resume(run: &[u8], id: DirId) -> Self {
        Self {
            before: None,
            own: Reader::new(run, id).own,
        }
    }

    fn next(&mut self) -> (Before, u8) {
        match self.before {
            Some(before) => (before, 0),
            None => (self.own, RESTART),
        }
    }

    /// Appends an entry.
    pub(super) fn entry(&mut self, run: &mut Vec<u8>, name: &[u8], entry: &ForestEntry) {
        let (before, restart) = self.next();
        put_entry(run, name, entry, (&before.entry, restart));
        self.before = Some(Before {
            entry: *entry,
            ..before
        });
    }

    /// Appends a subdirectory.
    pub(super) fn directory(&mut self, run: &mut Vec<u8>, name: &[u8], id: DirId) {
        let (before, restart) = self.next();
        match restart {
            0 => run.push(DIRECTORY),
            _ => run.extend_from_slice(&[DIRECTORY | RARE, restart]),
        }
        put_name(run, name);
        put_signed(run, i64::from(id.0) - i64::from(before.directory));
        let directory = id.0;
        self.before = Some(Before {
            directory,
            ..before
        });
    }

    /// Appends a row.
    pub(super) fn row(&mut self, run: &mut Vec<u8>, row: &Row<'_>) {
        match row {
            Row::Entry(name, entry) => self.entry(run, name, entry),
            Row::Directory(name, id) => self.directory(run, name, *id),
        }
    }
}

/// Reads a run: gives each row with the place where it begins.
#[derive(Debug, Clone)]
pub(super) struct Reader<'a> {
    run: &'a [u8],
    at: usize,
    before: Before,
    own: Before,
}

impl<'a> Reader<'a> {
    /// Of a run that may be empty: then nothing is known of the directory.
    pub(super) fn new(run: &'a [u8], id: DirId) -> Self {
        let (mut rest, mut own) = (run, NOTHING);
        let is_known = take_entry(&mut rest, &mut own).is_some();
        let own = Before {
            entry: if is_known { own } else { ForestEntry::UNKNOWN },
            directory: id.0,
        };
        Self {
            run,
            at: run.len() - rest.len(),
            before: own,
            own,
        }
    }

    /// The directory itself.
    pub(super) fn own(&self) -> &ForestEntry {
        &self.own.entry
    }

    /// Where the next row begins, and what it is the difference to.
    pub(super) fn position(&self) -> (usize, Before) {
        (self.at, self.before)
    }

    /// Goes to the next row: where it begins, its name, and the number of a subdirectory. The entry of another row is in
    /// [`Reader::entry`], so that a reader of a million rows need not move it.
    #[inline]
    pub(super) fn advance(&mut self) -> Option<(usize, &'a [u8], Option<DirId>)> {
        let mut rest = self.run.get(self.at..)?;
        let (&flags, &rare) = (rest.first()?, rest.get(1).unwrap_or(&0));
        if flags & RARE != 0 && rare & RESTART != 0 {
            self.before = self.own;
        }
        let (name, directory) = if is_directory(flags, rare) {
            take_flags(&mut rest)?;
            let name = take_name(&mut rest)?;
            let number = i64::from(self.before.directory).wrapping_add(take_signed(&mut rest));
            self.before.directory = number as u32;
            (name, Some(DirId(self.before.directory)))
        } else {
            (take_entry(&mut rest, &mut self.before.entry)?, None)
        };
        let at = std::mem::replace(&mut self.at, self.run.len() - rest.len());
        Some((at, name, directory))
    }

    /// The entry of the last row that was no subdirectory.
    pub(super) fn entry(&self) -> &ForestEntry {
        &self.before.entry
    }

    /// Goes to a row that is the difference to the directory.
    pub(super) fn go_to_place(&mut self, at: usize) {
        self.at = at;
    }

    /// Goes to a position of the same run.
    pub(super) fn go_to(&mut self, (at, before): (usize, Before)) {
        (self.at, self.before) = (at, before);
    }
}

impl<'a> Iterator for Reader<'a> {
    type Item = (usize, Row<'a>);

    fn next(&mut self) -> Option<Self::Item> {
        let (at, name, directory) = self.advance()?;
        let row = match directory {
            Some(id) => Row::Directory(name, id),
            None => Row::Entry(name, *self.entry()),
        };
        Some((at, row))
    }
}

/// True for the row of a directory with a number.
fn is_directory(flags: u8, rare: u8) -> bool {
    let is_left_out = flags & RARE != 0 && rare & 7 != 0;
    flags & 7 == DIRECTORY && !is_left_out
}

/// The name of the row at a place.
pub(super) fn name(run: &[u8], place: usize) -> &[u8] {
    let mut rest = run.get(place..).unwrap_or_default();
    let name = take_flags(&mut rest).and_then(|_| take_name(&mut rest));
    name.unwrap_or_default()
}

/// The allocated size that most files of this size have.
fn usual_allocation(apparent: u64) -> u64 {
    apparent.div_ceil(4096).saturating_mul(4096)
}

/// The place of a value in a table.
pub(super) fn place<T: PartialEq>(table: &[T], value: &T) -> u8 {
    let place = table.iter().position(|known| known == value);
    place.unwrap_or(table.len() - 1) as u8
}

fn flags(entry: &ForestEntry, before: &ForestEntry, restart: u8) -> (u8, u8) {
    let set = |is_set: bool, flag: u8| if is_set { flag } else { 0 };
    let (allocated, apparent) = entry.sizes;
    let rare = restart
        | place(&READINGS, &entry.reading)
        | set(entry.inode.device != before.inode.device, DEVICE)
        | set(entry.count != 1, COUNT)
        | set(entry.mode != before.mode, MODE);
    let flags = place(&KINDS, &entry.kind)
        | set(rare != 0, RARE)
        | set(allocated != usual_allocation(apparent), ALLOCATED)
        | set(entry.owner != before.owner, OWNER)
        | set(entry.links != 1, LINKS)
        | set(entry.time.nanoseconds != 0, NANOSECONDS);
    (flags, rare)
}

fn put_name(out: &mut Vec<u8>, name: &[u8]) {
    put(out, name.len() as u64);
    out.extend_from_slice(name);
}

fn put_entry(
    out: &mut Vec<u8>,
    name: &[u8],
    entry: &ForestEntry,
    (before, restart): (&ForestEntry, u8),
) {
    let (flags, rare) = flags(entry, before, restart);
    out.push(flags);
    if flags & RARE != 0 {
        out.push(rare);
    }
    put_name(out, name);
    put(out, entry.sizes.1);
    put_signed(out, entry.time.seconds.wrapping_sub(before.time.seconds));
    let number = entry.inode.number.wrapping_sub(before.inode.number);
    put_signed(out, number.cast_signed());
    put_optional(out, entry, (flags, rare));
}

fn put_optional(out: &mut Vec<u8>, entry: &ForestEntry, (flags, rare): (u8, u8)) {
    if flags & ALLOCATED != 0 {
        // A multiple of 512 becomes a small number.
        put(out, entry.sizes.0.rotate_right(9));
    }
    if flags & OWNER != 0 {
        // An unknown owner becomes 0.
        put(out, entry.owner.0.wrapping_add(1).into());
        put(out, entry.owner.1.wrapping_add(1).into());
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
        // The highest bit says that there are none.
        put(out, entry.mode.rotate_left(1).into());
    }
}

fn take_flags(from: &mut &[u8]) -> Option<(u8, u8)> {
    let flags = take_byte(from)?;
    match flags & RARE {
        0 => Some((flags, 0)),
        _ => Some((flags, take_byte(from)?)),
    }
}

fn take_name<'a>(from: &mut &'a [u8]) -> Option<&'a [u8]> {
    let length = usize::try_from(take(from)).ok()?;
    let (name, rest) = from.split_at_checked(length)?;
    *from = rest;
    Some(name)
}

/// Takes an entry from the front, in the place of the one before it, and returns its name; none at the end.
#[inline]
fn take_entry<'a>(from: &mut &'a [u8], entry: &mut ForestEntry) -> Option<&'a [u8]> {
    let (flags, rare) = take_flags(from)?;
    let name = take_name(from)?;
    let apparent = take(from);
    let seconds = take_signed(from);
    let number = take_signed(from).cast_unsigned();
    let reading = READINGS.get(usize::from(rare & 7));
    entry.kind = KINDS[usize::from(flags & 7)];
    entry.reading = reading.copied().unwrap_or(Reading::Whole);
    entry.sizes = (usual_allocation(apparent), apparent);
    entry.count = 1;
    entry.time = FileTime {
        seconds: entry.time.seconds.wrapping_add(seconds),
        nanoseconds: 0,
    };
    entry.links = 1;
    entry.inode.number = entry.inode.number.wrapping_add(number);
    if flags & !7 != 0 {
        take_optional(from, entry, (flags, rare));
    }
    Some(name)
}

fn take_optional(from: &mut &[u8], entry: &mut ForestEntry, (flags, rare): (u8, u8)) {
    if flags & ALLOCATED != 0 {
        entry.sizes.0 = take(from).rotate_left(9);
    }
    if flags & OWNER != 0 {
        let mut id = || (take(from) as u32).wrapping_sub(1);
        entry.owner = (id(), id());
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
        entry.mode = (take(from) as u32).rotate_right(1);
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
        mode: 0o644,
        ..ForestEntry::UNKNOWN
    };

    /// Writes rows in pieces of this many, and reads them.
    fn comes_back(rows: &[Row<'_>], piece: usize) -> usize {
        let id = DirId(70_000);
        let mut run = Vec::new();
        let mut writer = Writer::begin(&mut run, id, &TYPICAL);
        let begin = run.len();
        let mut places = Vec::new();
        for piece in rows.chunks(piece) {
            for row in piece {
                places.push(run.len());
                writer.row(&mut run, row);
            }
            writer = Writer::resume(&run, id);
        }
        let reader = Reader::new(&run, id);
        assert_eq!(*reader.own(), TYPICAL);
        let (read_places, read): (Vec<usize>, Vec<Row<'_>>) = reader.unzip();
        assert_eq!((read_places, &*read), (places.clone(), rows));
        for (place, row) in places.into_iter().zip(rows) {
            let (Row::Entry(expected, _) | Row::Directory(expected, _)) = row;
            assert_eq!(name(&run, place), *expected);
        }
        run.len() - begin
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
            let inode = Inode {
                device: number,
                number,
            };
            entries.push(ForestEntry {
                sizes: (4096, number),
                inode,
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
                mode: u32::MAX,
                ..TYPICAL
            });
        }
        // The entry of a directory with a run is never a row.
        entries.retain(|entry| !entry.has_run());
        let rows = entries.iter().map(|entry| Row::Entry(b"a name", *entry));
        let mut rows: Vec<_> = rows.collect();
        for number in [0, 1, 69_999, 70_001, u32::MAX] {
            let place = rows.len() / 2;
            rows.insert(place, Row::Directory(b"", DirId(number)));
            rows.push(Row::Directory(b"a directory", DirId(number)));
        }
        for piece in [1, 2, 7, 1000] {
            comes_back(&rows, piece);
        }
    }

    #[test]
    fn a_usual_file_takes_six_bytes_and_its_name() {
        assert_eq!(
            comes_back(&[Row::Entry(b"a name", TYPICAL)], 1),
            2 + 6 + 2 + 1 + 1
        );
    }

    #[test]
    fn a_usual_directory_takes_three_bytes_and_its_name() {
        let next = Row::Directory(b"a name", DirId(70_001));
        assert_eq!(comes_back(&[next], 1), 1 + 1 + 6 + 1);
    }

    #[test]
    fn a_damaged_run_ends() {
        let mut run = Vec::new();
        Writer::begin(&mut run, DirId(3), &TYPICAL).entry(&mut run, b"name", &TYPICAL);
        for end in 0..run.len() {
            let _ = Reader::new(&run[..end], DirId(3)).count();
        }
    }
}
