//! The items of a listing that must keep their place among its subdirectories: named files, files with several links,
//! failures, and text of an [`EntryRenderer`](crate::count::record::EntryRenderer).
//!
//! The items are packed into one buffer, because a large directory has many, and they wait for their turn. Per item:
//!
//! ```text
//!   position  length of name  name  flags  file: (blocks size) [(time)] [(inode that counts once)] [(detail)]
//!                                          failure: index in `failures`, four bytes
//!                                          away: (detail)
//! ```
//!
//! The other numbers are variable-length integers; those in brackets are groups of such.

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
}

/// The kind of an [`OrderedItem`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ItemKind {
    /// A file that has a line, or further links; with its attributes where the output format needs them.
    File(Entry, Option<Detail>),
    /// An entry that does not count (see [`Visitor::away`](crate::count::visitor::Visitor::away)).
    Away(Detail),
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
            let mut taken = std::mem::take(self);
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

    /// Appends an item.
    pub fn push(&mut self, position: u32, name: &[u8], kind: ItemKind) {
        let out = &mut self.packed;
        varint::put(out, position.into());
        varint::put(out, name.len() as u64);
        out.extend_from_slice(name);
        match kind {
            ItemKind::File(entry, detail) => put_file(out, &entry, detail.as_ref()),
            ItemKind::Failed(failure) => {
                varint::put(out, FAILED);
                out.extend_from_slice(&(self.failures.len() as u32).to_le_bytes());
                self.failures.push(failure);
            }
            ItemKind::Away(detail) => {
                varint::put(out, AWAY);
                put_detail(out, &detail);
            }
            ItemKind::Rendered => varint::put(out, RENDERED),
        }
    }

    /// Appends the items of another list with their positions unchanged; their offsets grow by [`OrderedItems::end`].
    pub fn append(&mut self, others: &Self) {
        if others.any_failed() {
            for item in others.iter() {
                self.push(item.position, item.name, item.kind);
            }
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

    /// The item at the offset, and the offset of the next.
    #[must_use]
    pub fn get(&self, at: ItemOffset) -> Option<(OrderedItem<'_>, ItemOffset)> {
        let mut rest = self.packed.get(at..).filter(|rest| !rest.is_empty())?;
        let position = u32::try_from(varint::take(&mut rest)).ok()?;
        let length = usize::try_from(varint::take(&mut rest)).ok()?;
        let (name, mut rest) = rest.split_at_checked(length)?;
        let kind = match varint::take(&mut rest) {
            FAILED => {
                let index = rest.split_off(..4)?.try_into().ok()?;
                let index = u32::from_le_bytes(index) as usize;
                ItemKind::Failed(*self.failures.get(index)?)
            }
            AWAY => ItemKind::Away(take_detail(&mut rest)),
            RENDERED => ItemKind::Rendered,
            flags => {
                let entry = take_entry(&mut rest, flags);
                let detail = (flags & HAS_DETAIL != 0).then(|| take_detail(&mut rest));
                ItemKind::File(entry, detail)
            }
        };
        let next = self.packed.len() - rest.len();
        let item = OrderedItem {
            position,
            name,
            kind,
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

fn put_file(out: &mut Vec<u8>, entry: &Entry, detail: Option<&Detail>) {
    let flags = u64::from(entry.dedup_key.is_some()) * HAS_DEDUP_KEY
        + u64::from(detail.is_some()) * HAS_DETAIL
        + u64::from(entry.time != FileTime::NEVER) * HAS_TIME;
    varint::put(out, flags);
    varint::put_group(out, [entry.blocks, entry.size]);
    if flags & HAS_TIME != 0 {
        let seconds = varint::zigzag(entry.time.seconds);
        varint::put_group(out, [seconds, entry.time.nanoseconds.into()]);
    }
    if let Some(inode) = entry.dedup_key {
        varint::put_group(out, [inode.device, inode.number]);
    }
    if let Some(detail) = detail {
        put_detail(out, detail);
    }
}

fn put_detail(out: &mut Vec<u8>, detail: &Detail) {
    let Inode { device, number } = detail.inode;
    let [links, mode, uid, gid] =
        [detail.links, detail.mode, detail.uid, detail.gid].map(u64::from);
    varint::put_group(out, [device, number, links, mode, uid, gid]);
}

fn take_detail(rest: &mut &[u8]) -> Detail {
    let [device, number, links, mode, uid, gid] = varint::take_group(rest);
    Detail {
        inode: Inode { device, number },
        links: links as u32,
        mode: mode as u32,
        uid: uid as u32,
        gid: gid as u32,
    }
}

fn take_entry(rest: &mut &[u8], flags: u64) -> Entry {
    let [blocks, size] = varint::take_group(rest);
    let mut entry = Entry {
        blocks,
        size,
        time: FileTime::NEVER,
        dedup_key: None,
    };
    if flags & HAS_TIME != 0 {
        let [seconds, nanoseconds] = varint::take_group(rest);
        entry.time.seconds = varint::of_zigzag(seconds);
        entry.time.nanoseconds = nanoseconds as u32;
    }
    if flags & HAS_DEDUP_KEY != 0 {
        let [device, number] = varint::take_group(rest);
        entry.dedup_key = Some(Inode { device, number });
    }
    entry
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sys::failure::Operation;

    #[test]
    fn items_and_offsets_stay_true_when_lists_are_joined() {
        let failed = |errno| {
            ItemKind::Failed(Failure {
                operation: Operation::Access,
                errno,
            })
        };
        let expected: [(u32, &[u8], ItemKind); 3] = [
            (0, b"one, two", ItemKind::Rendered),
            (1, b"broken", failed(5)),
            (1, b"three", ItemKind::Rendered),
        ];
        let mut list = OrderedItems::default();
        for (position, name, kind) in expected {
            list.push(position, name, kind);
        }
        let mut joined = OrderedItems::default();
        for _ in 0..300 {
            let start = joined.end();
            joined.append(&list);
            assert_eq!(joined.end(), start + list.end());
        }
        let joined = joined.take();
        let items: Vec<_> = joined
            .iter()
            .map(|item| (item.position, item.name, item.kind))
            .collect();
        assert_eq!(items, expected.repeat(300));
    }
}
