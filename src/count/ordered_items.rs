//! The items of a listing that must keep their place among its subdirectories: named files, files with several links,
//! failures, and text of an [`EntryRenderer`](crate::count::record::EntryRenderer).
//!
//! The items are packed into one buffer, because a large directory has many, and they wait for their turn. Per item:
//!
//! ```text
//!   position  length of name  name  flags  file: blocks size [time] [inode that counts once] [detail]
//!                                          failure: index in `failures`
//!                                          left out: detail
//! ```
//!
//! All numbers are variable-length integers.

use std::ops::Range;

use crate::count::usage::{Detail, Entry, FileTime, Inode};
use crate::count::varint;
use crate::sys::failure::Failure;

/// One item, unpacked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OrderedItem<'a> {
    /// The number of subdirectories of the listing that come before it.
    pub position: u32,
    /// Its name, empty where no format needs it; or the text of a renderer.
    pub name: &'a [u8],
    /// The kind of item.
    pub kind: ItemKind,
    /// The attributes of a file, where the output format needs them.
    pub detail: Option<Detail>,
}

/// The kind of an [`OrderedItem`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ItemKind {
    /// A file that has a line, or further links.
    File(Entry),
    /// An entry that does not count (see [`Visitor::away`](crate::count::visitor::Visitor::away)).
    Away,
    /// An entry for which an operation failed.
    Failed(Failure),
    /// The text of a renderer for one or more files. Their sizes are in the sum of the listing.
    Rendered,
}

/// The items of one listing, in order. See the module.
#[derive(Debug, Default, Clone)]
pub struct OrderedItems {
    packed: Vec<u8>,
    /// The failures of the items that failed.
    failures: Vec<Failure>,
}

/// The offset of an item in the packed buffer. The first is 0; reading an item returns the offset of the next.
pub type ItemOffset = usize;

/// Buffers of more bytes than this are moved, not copied, by [`OrderedItems::take`].
const LARGE: usize = 64 * 1024;

/// The flags of an item.
const FAILED: u64 = 1;
const HAS_DEDUP_KEY: u64 = 2;
const HAS_DETAIL: u64 = 4;
const HAS_TIME: u64 = 8;
const RENDERED: u64 = 16;
const AWAY: u64 = 32;

impl OrderedItems {
    /// No items; allocates nothing.
    pub const EMPTY: Self = Self {
        packed: Vec::new(),
        failures: Vec::new(),
    };

    /// True where there are no items.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.packed.is_empty()
    }

    /// True where an item is a failure.
    #[must_use]
    pub fn any_failed(&self) -> bool {
        !self.failures.is_empty()
    }

    /// Removes the items and keeps the memory.
    pub fn clear(&mut self) {
        self.packed.clear();
        self.failures.clear();
    }

    /// Reserves memory for this many bytes of packed items.
    pub fn reserve(&mut self, bytes: usize) {
        self.packed.reserve_exact(bytes);
    }

    /// Moves the items to a list without spare capacity; this one keeps its memory, unless that is large.
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

    /// Bytes of memory in use.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.packed.len() + self.failures.len() * size_of::<Failure>()
    }

    /// Appends an item without attributes.
    pub fn push(&mut self, position: u32, name: &[u8], kind: ItemKind) {
        self.push_item(&OrderedItem {
            position,
            name,
            kind,
            detail: None,
        });
    }

    /// Appends an item.
    pub fn push_item(&mut self, item: &OrderedItem<'_>) {
        let out = &mut self.packed;
        varint::put(out, item.position.into());
        varint::put(out, item.name.len() as u64);
        out.extend_from_slice(item.name);
        match item.kind {
            ItemKind::File(entry) => put_file(out, &entry, item.detail.as_ref()),
            ItemKind::Failed(failure) => {
                put_all(out, &[FAILED, self.failures.len() as u64]);
                self.failures.push(failure);
            }
            ItemKind::Away => {
                varint::put(out, AWAY);
                put_detail(out, &item.detail.unwrap_or_default());
            }
            ItemKind::Rendered => varint::put(out, RENDERED),
        }
    }

    /// Appends the items of another list with their positions unchanged.
    pub fn append(&mut self, others: &Self) {
        if others.any_failed() {
            others.iter().for_each(|item| self.push_item(&item));
        } else {
            self.packed.extend_from_slice(&others.packed);
        }
    }

    /// The offset of the next item to be appended.
    #[must_use]
    pub fn end(&self) -> ItemOffset {
        self.packed.len()
    }

    /// The position of the item at the offset, if there is one.
    #[must_use]
    pub fn position(&self, at: ItemOffset) -> Option<u32> {
        let mut rest = self.packed.get(at..).filter(|rest| !rest.is_empty())?;
        u32::try_from(varint::take(&mut rest)).ok()
    }

    /// The range of the text of a renderer, if that is the item at the offset; and the offset of the next item.
    #[must_use]
    pub fn text_range(&self, at: ItemOffset) -> Option<(Range<usize>, ItemOffset)> {
        let (item, next) = self.get(at)?;
        // One byte, the flags, follows the text.
        let end = next - 1;
        (item.kind == ItemKind::Rendered).then(|| (end - item.name.len()..end, next))
    }

    /// The text in a part of a range that [`OrderedItems::text_range`] returned.
    #[must_use]
    pub fn text(&self, part: Range<usize>) -> &[u8] {
        self.packed.get(part).unwrap_or_default()
    }

    /// The item at the offset, and the offset of the next.
    #[must_use]
    pub fn get(&self, at: ItemOffset) -> Option<(OrderedItem<'_>, ItemOffset)> {
        let mut rest = self.packed.get(at..).filter(|rest| !rest.is_empty())?;
        let position = u32::try_from(varint::take(&mut rest)).ok()?;
        let length = usize::try_from(varint::take(&mut rest)).ok()?;
        let (name, mut rest) = rest.split_at_checked(length)?;
        let mut detail = None;
        let kind = match varint::take(&mut rest) {
            FAILED => {
                let index = usize::try_from(varint::take(&mut rest)).ok()?;
                ItemKind::Failed(*self.failures.get(index)?)
            }
            AWAY => {
                detail = Some(take_detail(&mut rest));
                ItemKind::Away
            }
            RENDERED => ItemKind::Rendered,
            flags => {
                let entry = take_entry(&mut rest, flags);
                detail = (flags & HAS_DETAIL != 0).then(|| take_detail(&mut rest));
                ItemKind::File(entry)
            }
        };
        let next = self.packed.len() - rest.len();
        let item = OrderedItem {
            position,
            name,
            kind,
            detail,
        };
        Some((item, next))
    }

    /// All items.
    pub fn iter(&self) -> impl Iterator<Item = OrderedItem<'_>> {
        let mut at = 0;
        std::iter::from_fn(move || {
            let (item, next) = self.get(at)?;
            at = next;
            Some(item)
        })
    }
}

fn put_all(out: &mut Vec<u8>, numbers: &[u64]) {
    numbers.iter().for_each(|&number| varint::put(out, number));
}

fn put_file(out: &mut Vec<u8>, entry: &Entry, detail: Option<&Detail>) {
    let flags = u64::from(entry.dedup_key.is_some()) * HAS_DEDUP_KEY
        + u64::from(detail.is_some()) * HAS_DETAIL
        + u64::from(entry.time != FileTime::NEVER) * HAS_TIME;
    put_all(out, &[flags, entry.blocks, entry.size]);
    if flags & HAS_TIME != 0 {
        varint::put_signed(out, entry.time.seconds);
        varint::put(out, entry.time.nanoseconds.into());
    }
    if let Some(inode) = entry.dedup_key {
        put_all(out, &[inode.device, inode.number]);
    }
    if let Some(detail) = detail {
        put_detail(out, detail);
    }
}

fn put_detail(out: &mut Vec<u8>, detail: &Detail) {
    put_all(out, &[detail.inode.device, detail.inode.number]);
    for number in [detail.links, detail.mode, detail.uid, detail.gid] {
        varint::put(out, number.into());
    }
}

fn take_inode(rest: &mut &[u8]) -> Inode {
    Inode {
        device: varint::take(rest),
        number: varint::take(rest),
    }
}

fn take_detail(rest: &mut &[u8]) -> Detail {
    Detail {
        inode: take_inode(rest),
        links: varint::take(rest) as u32,
        mode: varint::take(rest) as u32,
        uid: varint::take(rest) as u32,
        gid: varint::take(rest) as u32,
    }
}

fn take_entry(rest: &mut &[u8], flags: u64) -> Entry {
    let mut entry = Entry {
        blocks: varint::take(rest),
        size: varint::take(rest),
        time: FileTime::NEVER,
        dedup_key: None,
    };
    if flags & HAS_TIME != 0 {
        entry.time.seconds = varint::take_signed(rest);
        entry.time.nanoseconds = varint::take(rest) as u32;
    }
    if flags & HAS_DEDUP_KEY != 0 {
        entry.dedup_key = Some(take_inode(rest));
    }
    entry
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sys::failure::Operation;

    #[test]
    fn text_of_a_renderer_can_be_read_whole_and_in_parts() {
        let failure = Failure {
            operation: Operation::Access,
            errno: 5,
        };
        let mut ordered_items = OrderedItems::EMPTY;
        ordered_items.push(0, b"one, two", ItemKind::Rendered);
        ordered_items.push(1, b"broken", ItemKind::Failed(failure));
        ordered_items.push(1, b"three", ItemKind::Rendered);

        let (range, broken) = ordered_items.text_range(0).expect("it is text");
        assert_eq!(ordered_items.text(range.clone()), b"one, two");
        assert_eq!(ordered_items.text(range.start + 5..range.end), b"two");
        assert!(ordered_items.text_range(broken).is_none(), "it failed");
        let taken = ordered_items.take();
        let items: Vec<_> = taken
            .iter()
            .map(|item| (item.position, item.name, item.kind))
            .collect();
        let expected: [(u32, &[u8], ItemKind); 3] = [
            (0, b"one, two", ItemKind::Rendered),
            (1, b"broken", ItemKind::Failed(failure)),
            (1, b"three", ItemKind::Rendered),
        ];
        assert_eq!(items, expected);
    }
}
