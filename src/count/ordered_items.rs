//! ItemKind must keep its place among the subdirectories of a listing: named files, files with several links, failures,
//! and what a renderer has written already.
//!
//! Packed: of a large directory there are many, and they wait.

use std::ops::Range;

use crate::count::usage::{Detail, Entry, FileTime, Inode};
use crate::count::varint;
use crate::sys::failure::Failure;

/// Something that must keep its place among the subdirectories of a listing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OrderedItem<'a> {
    /// How many of the listing's subdirectories come before it.
    pub position: u32,
    /// Its name, empty where nobody will ask for it; or what was written.
    pub name: &'a [u8],
    /// ItemKind it is.
    pub what: ItemKind,
    /// More about a file, where a report wants that.
    pub detail: Option<Detail>,
}

/// See [`OrderedItem`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ItemKind {
    /// A file that has a line of its own, or links elsewhere.
    File(Entry),
    /// An entry that could not be looked at.
    Failed(Failure),
    /// ItemKind a renderer wrote of files in a row, whose sizes are counted elsewhere.
    Written,
}

/// The ordered_items of one listing, in order. Packed: of a large directory there are many, and they wait.
#[derive(Debug, Default, Clone)]
pub struct OrderedItems {
    packed: Vec<u8>,
    /// ItemKind went wrong with those that failed.
    failures: Vec<Failure>,
}

/// Which of [`OrderedItems`]: where it begins. The first is 0; each says which is the next.
pub type ItemOffset = usize;

/// From how many bytes on ordered_items are not copied to be taken.
const LARGE: usize = 64 * 1024;

/// ItemKind follows the place and the name of an extra: the sum of what is true of it.
const FAILED: u64 = 1;
const ONCE: u64 = 2;
const DETAILED: u64 = 4;
const TIMED: u64 = 8;
const WRITTEN: u64 = 16;

impl OrderedItems {
    /// None, and no memory for any.
    pub const EMPTY: Self = Self {
        packed: Vec::new(),
        failures: Vec::new(),
    };

    /// True where there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.packed.is_empty()
    }

    /// True where one is no file.
    #[must_use]
    pub fn any_failed(&self) -> bool {
        !self.failures.is_empty()
    }

    /// Forgets them and keeps the memory.
    pub fn clear(&mut self) {
        self.packed.clear();
        self.failures.clear();
    }

    /// Makes room for as many bytes as others take together.
    pub fn reserve(&mut self, bytes: usize) {
        self.packed.reserve_exact(bytes);
    }

    /// All of them without slack; leaves none here, but the memory, unless it is large.
    pub fn take(&mut self) -> Self {
        if self.packed.len() > LARGE {
            let mut taken = std::mem::replace(self, Self::EMPTY);
            taken.packed.shrink_to_fit();
            return taken;
        }
        let taken = Self {
            packed: self.packed.as_slice().into(),
            failures: std::mem::take(&mut self.failures),
        };
        self.packed.clear();
        taken
    }

    /// Bytes of memory that they take.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.packed.len() + self.failures.len() * size_of::<Failure>()
    }

    /// Appends one of which nothing more is wanted.
    pub fn push(&mut self, position: u32, name: &[u8], what: ItemKind) {
        let detail = None;
        self.push_extra(&OrderedItem {
            position,
            name,
            what,
            detail,
        });
    }

    /// Appends one.
    pub fn push_extra(&mut self, extra: &OrderedItem<'_>) {
        let out = &mut self.packed;
        varint::put(out, extra.position.into());
        varint::put(out, extra.name.len() as u64);
        out.extend_from_slice(extra.name);
        let entry = match extra.what {
            ItemKind::File(entry) => entry,
            ItemKind::Failed(failure) => {
                varint::put(out, FAILED);
                varint::put(out, self.failures.len() as u64);
                self.failures.push(failure);
                return;
            }
            ItemKind::Written => return varint::put(out, WRITTEN),
        };
        let truths = [
            (entry.dedup_key.is_some(), ONCE),
            (extra.detail.is_some(), DETAILED),
            (entry.time != FileTime::NEVER, TIMED),
        ];
        let kind = truths
            .iter()
            .map(|&(is_true, bit)| u64::from(is_true) * bit);
        varint::put(out, kind.sum());
        put_entry(&entry, out);
        if let Some(detail) = &extra.detail {
            put_detail(detail, out);
        }
    }

    /// Appends others, whose `before` stays what it is.
    pub fn append(&mut self, others: &Self) {
        if others.any_failed() {
            let one_by_one = others.iter();
            one_by_one.for_each(|extra| self.push_extra(&extra));
        } else {
            self.packed.extend_from_slice(&others.packed);
        }
    }

    /// Where the next will be.
    #[must_use]
    pub fn end(&self) -> ItemOffset {
        self.packed.len()
    }

    /// How many subdirectories come before the extra there, if there is one.
    #[must_use]
    pub fn position(&self, at: ItemOffset) -> Option<u32> {
        let mut rest = self.packed.get(at..).filter(|rest| !rest.is_empty())?;
        u32::try_from(varint::take(&mut rest)).ok()
    }

    /// Where the text is that was written, if that is the extra there; and where the next extra is.
    #[must_use]
    pub fn row(&self, at: ItemOffset) -> Option<(Range<usize>, ItemOffset)> {
        let (extra, next) = self.get(at)?;
        // The text is followed by what it is: one byte.
        let end = next - 1;
        (extra.what == ItemKind::Written).then(|| (end - extra.name.len()..end, next))
    }

    /// A part of what [`OrderedItems::row`] found.
    #[must_use]
    pub fn text(&self, part: Range<usize>) -> &[u8] {
        self.packed.get(part).unwrap_or_default()
    }

    /// The extra there, and where the next is.
    #[must_use]
    pub fn get(&self, at: ItemOffset) -> Option<(OrderedItem<'_>, ItemOffset)> {
        let mut rest = self.packed.get(at..).filter(|rest| !rest.is_empty())?;
        let position = u32::try_from(varint::take(&mut rest)).ok()?;
        let length = usize::try_from(varint::take(&mut rest)).ok()?;
        let (name, mut rest) = rest.split_at_checked(length)?;
        let mut detail = None;
        let what = match varint::take(&mut rest) {
            FAILED => {
                let index = usize::try_from(varint::take(&mut rest)).ok()?;
                ItemKind::Failed(*self.failures.get(index)?)
            }
            WRITTEN => ItemKind::Written,
            kind => {
                let entry = take_entry(&mut rest, kind);
                detail = (kind & DETAILED != 0).then(|| take_detail(&mut rest));
                ItemKind::File(entry)
            }
        };
        let next = self.packed.len() - rest.len();
        let extra = OrderedItem {
            position,
            name,
            what,
            detail,
        };
        Some((extra, next))
    }

    /// All of them.
    pub fn iter(&self) -> impl Iterator<Item = OrderedItem<'_>> {
        let mut at = 0;
        std::iter::from_fn(move || {
            let (extra, next) = self.get(at)?;
            at = next;
            Some(extra)
        })
    }
}

fn put_entry(entry: &Entry, out: &mut Vec<u8>) {
    varint::put(out, entry.blocks);
    varint::put(out, entry.size);
    if entry.time != FileTime::NEVER {
        varint::put_signed(out, entry.time.seconds);
        varint::put(out, entry.time.nanoseconds.into());
    }
    if let Some(inode) = entry.dedup_key {
        varint::put(out, inode.device);
        varint::put(out, inode.number);
    }
}

fn put_detail(detail: &Detail, out: &mut Vec<u8>) {
    varint::put(out, detail.inode.device);
    varint::put(out, detail.inode.number);
    for number in [detail.links, detail.mode, detail.uid, detail.gid] {
        varint::put(out, number.into());
    }
}

fn take_detail(rest: &mut &[u8]) -> Detail {
    Detail {
        inode: Inode {
            device: varint::take(rest),
            number: varint::take(rest),
        },
        links: varint::take(rest) as u32,
        mode: varint::take(rest) as u32,
        uid: varint::take(rest) as u32,
        gid: varint::take(rest) as u32,
    }
}

fn take_entry(rest: &mut &[u8], kind: u64) -> Entry {
    let mut entry = Entry {
        blocks: varint::take(rest),
        size: varint::take(rest),
        time: FileTime::NEVER,
        dedup_key: None,
    };
    if kind & TIMED != 0 {
        entry.time.seconds = varint::take_signed(rest);
        entry.time.nanoseconds = varint::take(rest) as u32;
    }
    if kind & ONCE != 0 {
        entry.dedup_key = Some(Inode {
            device: varint::take(rest),
            number: varint::take(rest),
        });
    }
    entry
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sys::failure::Operation;

    #[test]
    fn what_was_written_can_be_taken_whole_and_in_parts() {
        let failure = Failure {
            operation: Operation::Access,
            errno: 5,
        };
        let mut ordered_items = OrderedItems::EMPTY;
        ordered_items.push(0, b"one, two", ItemKind::Written);
        ordered_items.push(1, b"broken", ItemKind::Failed(failure));
        ordered_items.push(1, b"three", ItemKind::Written);

        let (row, broken) = ordered_items.row(0).expect("it was written");
        assert_eq!(ordered_items.text(row.clone()), b"one, two");
        assert_eq!(ordered_items.text(row.start + 5..row.end), b"two");
        assert!(ordered_items.row(broken).is_none(), "nobody wrote that");
        let taken = ordered_items.take();
        let told: Vec<_> = taken
            .iter()
            .map(|extra| (extra.position, extra.name, extra.what))
            .collect();
        let expected: [(u32, &[u8], ItemKind); 3] = [
            (0, b"one, two", ItemKind::Written),
            (1, b"broken", ItemKind::Failed(failure)),
            (1, b"three", ItemKind::Written),
        ];
        assert_eq!(told, expected);
    }
}
