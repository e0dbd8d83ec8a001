//! A part of a directory: what a walker makes of some of its entries, and how parts become a listing.

use std::cell::Cell;
use std::ffi::CStr;

use rustix::fs::{FileType, RawDirEntry};
use rustix::io::Errno;

use super::stat::{Lookup, Stat, stat, stat_file};
use super::{Dir, Follow, WalkOptions};
use crate::count::listing::{Names, push_name};
use crate::count::ordered_items::{ItemKind, ItemOffset, OrderedItem, OrderedItems};
use crate::count::usage::{Detail, Usage};
use crate::sys::failure::{Failure, Operation};

/// Bytes of what a renderer wrote that are told at a time, at most, but for the file that exceeds it.
const LONG_ROW: usize = 32 * 1024;

/// Entries of one directory, looked at.
#[derive(Debug)]
pub(super) struct Batch {
    /// Position of its first entry in the group; orders the parts.
    pub(super) start: usize,
    /// The sum of the files that need no place of their own.
    pub(super) files: Usage,
    /// The subdirectories.
    pub(super) names: Names,
    /// What else needs its place.
    pub(super) ordered_items: OrderedItems,
    /// The inode numbers that the directory gave for subdirectories and ordered_items, in order of appearance.
    ranks: Vec<u64>,
    /// The path of an entry, for patterns that need it.
    path: Vec<u8>,
    /// What a renderer wrote of the files since the last subdirectory or extra.
    row: Vec<u8>,
    /// How much of the rows each file has, of this one and of those before.
    lengths: Vec<u32>,
    /// What a renderer wrote of the directory itself.
    head: Vec<u8>,
}

/// One entry as the directory lists it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Dirent<'a> {
    pub(super) name: &'a CStr,
    /// A hint: some file systems know no types, some lie.
    pub(super) kind: FileType,
    pub(super) number: u64,
}

thread_local! {
    /// The part that this walker used last, emptied: its memory serves the next directory.
    static SPARE: Cell<Option<Box<Batch>>> = const { Cell::new(None) };
}

impl Batch {
    const EMPTY: Self = Self {
        start: 0,
        files: Usage::NONE,
        names: Names::EMPTY,
        ordered_items: OrderedItems::EMPTY,
        ranks: Vec::new(),
        path: Vec::new(),
        row: Vec::new(),
        lengths: Vec::new(),
        head: Vec::new(),
    };

    /// An empty part, with memory where this walker has some.
    pub(super) fn fresh() -> Box<Self> {
        SPARE.take().unwrap_or_else(|| Box::new(Self::EMPTY))
    }

    /// Leaves the memory to the next directory of this walker.
    pub(super) fn recycle(mut self: Box<Self>) {
        self.start = 0;
        self.files = Usage::NONE;
        self.names.clear();
        self.ordered_items.clear();
        self.ranks.clear();
        self.row.clear();
        self.lengths.clear();
        SPARE.set(Some(self));
    }

    /// The same for entries from there on.
    pub(super) fn starting_at(start: usize) -> Box<Self> {
        let mut part = Self::fresh();
        part.start = start;
        part
    }

    /// Looks at one entry and adds what it finds.
    pub(super) fn look(&mut self, dir: &Dir, options: &WalkOptions, dirent: Dirent<'_>) {
        if self.excludes(dir, options, dirent.name) {
            return;
        }
        if dirent.kind == FileType::Directory {
            // It will be opened, and asked then.
            return self.add_directory(dirent);
        }
        let (lookup, cached) = match options.follow {
            Follow::Always => (Lookup::Target, Lookup::CachedTarget),
            Follow::Never | Follow::Operands => (Lookup::Link, Lookup::Cached),
        };
        if options.one_file_system && dirent.kind == FileType::Unknown {
            // It may be a mount point, and its server dead: the first question must be one that needs no server.
            let asked = stat(Some(dir.fd()), dirent.name, cached, options.time);
            if asked.is_ok_and(|stat| is_elsewhere(dir, options, &stat)) {
                return;
            }
        }
        match &stat_file(dir.fd(), dirent.name, lookup, options) {
            Ok(stat) if stat.is_directory() => self.add_directory(dirent),
            Ok(stat) if is_elsewhere(dir, options, stat) => {}
            Ok(stat) => self.add_file(dir, options, dirent, stat),
            Err(Errno::NOENT) if options.follow != Follow::Always => {}
            Err(Errno::NOENT) => self.add_dangling(dir, options, dirent),
            Err(errno) => self.add_failure(dirent, Operation::Access, *errno),
        }
    }

    fn add_directory(&mut self, dirent: Dirent<'_>) {
        self.add_name(dirent.name);
        self.ranks.push(dirent.number);
    }

    fn add_failure(&mut self, dirent: Dirent<'_>, operation: Operation, errno: Errno) {
        let errno = errno.raw_os_error();
        let failure = Failure { operation, errno };
        self.add_extra(dirent, true, ItemKind::Failed(failure), None);
    }

    /// An entry that vanished is no error; a link followed to nothing is.
    fn add_dangling(&mut self, dir: &Dir, options: &WalkOptions, dirent: Dirent<'_>) {
        if stat(Some(dir.fd()), dirent.name, Lookup::Link, options.time).is_ok() {
            self.add_failure(dirent, Operation::Follow, Errno::NOENT);
        }
    }

    fn add_file(&mut self, dir: &Dir, options: &WalkOptions, dirent: Dirent<'_>, stat: &Stat) {
        let entry = stat.entry(options);
        let named = names_files(dir, options)
            && options
                .least
                .as_ref()
                .is_none_or(|least| least.admits(&entry));
        if let (true, None, Some(renderer)) = (named, entry.dedup_key, &options.renderer) {
            let (file, position) = (entry.item(Some(&stat.detail)), self.row.len());
            let above = dir.stat.detail.inode.device;
            renderer.file(dirent.name.to_bytes(), &file, above, &mut self.row);
            self.files += &file.usage;
            self.lengths.push((self.row.len() - position) as u32);
            self.ranks.push(dirent.number);
        } else if named || entry.dedup_key.is_some() {
            let detail = options.details.then_some(stat.detail);
            self.add_extra(dirent, named, ItemKind::File(entry), detail);
        } else {
            self.files += &entry.usage();
        }
    }

    fn add_extra(
        &mut self,
        dirent: Dirent<'_>,
        named: bool,
        kind: ItemKind,
        detail: Option<Detail>,
    ) {
        self.end_row();
        self.ordered_items.push_item(&OrderedItem {
            position: self.names.len(),
            name: if named { dirent.name.to_bytes() } else { b"" },
            kind,
            detail,
        });
        self.ranks.push(dirent.number);
    }

    fn add_name(&mut self, name: &CStr) {
        self.end_row();
        self.names.push(name);
    }

    /// Makes an extra of what was written.
    fn end_row(&mut self) {
        if !self.row.is_empty() {
            self.ordered_items
                .push(self.names.len(), &self.row, ItemKind::Rendered);
            self.row.clear();
        }
    }

    fn excludes(&mut self, dir: &Dir, options: &WalkOptions, name: &CStr) -> bool {
        if options.exclude.is_empty() {
            return false;
        }
        let Some(prefix) = &dir.path else {
            return options.exclude.matches(name.to_bytes());
        };
        self.path.clear();
        self.path.extend_from_slice(prefix);
        push_name(&mut self.path, name.to_bytes());
        options.exclude.matches(&self.path)
    }

    fn adopt(&mut self, part: &Self, item: BatchItem) {
        match item {
            BatchItem::Name(index) => self.add_name(part.names.name(index)),
            BatchItem::Text(start, length) => {
                if self.row.len() > LONG_ROW {
                    self.end_row();
                }
                let start = start as usize;
                let text = part.ordered_items.text(start..start + length as usize);
                self.row.extend_from_slice(text);
            }
            BatchItem::OrderedItem(at) => {
                self.end_row();
                if let Some((extra, _)) = part.ordered_items.get(at as ItemOffset) {
                    let position = self.names.len();
                    self.ordered_items
                        .push_item(&OrderedItem { position, ..extra });
                }
            }
        }
    }

    /// All of the directory in words, where a renderer can tell it and nothing in it needs its place.
    pub(super) fn take_whole(&mut self, dir: &Dir, options: &WalkOptions) -> Option<Box<[u8]>> {
        let renderer = options.renderer.as_ref()?;
        let entry = dir.stat.entry(options);
        let is_named = dir.depth > 0 && names_files(dir, options);
        let is_plain =
            self.names.is_empty() && self.ordered_items.is_empty() && entry.dedup_key.is_none();
        if !is_named || !is_plain {
            return None;
        }
        let (branch, index) = &dir.place;
        let (name, above) = (branch.name(*index), branch.inode.device);
        let item = entry.item(Some(&dir.stat.detail));
        self.head.clear();
        renderer.enter(name, &item, above, &mut self.head);
        self.files += &item.usage;
        let whole = [self.head.as_slice(), &self.row, renderer.leave()].concat();
        self.row.clear();
        Some(whole.into_boxed_slice())
    }

    /// The names of the subdirectories and the ordered_items, where there are any, without slack.
    pub(super) fn take(&mut self) -> (Option<Names>, Option<Box<OrderedItems>>) {
        self.end_row();
        let names = (!self.names.is_empty()).then(|| self.names.take());
        let ordered_items =
            (!self.ordered_items.is_empty()).then(|| Box::new(self.ordered_items.take()));
        (names, ordered_items)
    }
}

/// Whether files of this directory are asked for by name.
fn names_files(dir: &Dir, options: &WalkOptions) -> bool {
    options.name_files.is_some_and(|depth| dir.depth < depth)
}

/// One of the names or ordered_items of a part. Small: there are as many as GNU du reads at a time.
#[derive(Debug, Clone, Copy)]
enum BatchItem {
    Name(u32),
    OrderedItem(u32),
    /// A part of a row: where it begins, and its length.
    Text(u32, u32),
}

/// The parts of one group, one after the other as they came. In one piece: pieces of many threads' heaps would never
/// be given back.
#[derive(Debug)]
pub(super) struct MergedBatch {
    all: Batch,
    spans: Vec<Span>,
}

/// Where a part begins in what is gathered.
#[derive(Debug, Clone, Copy)]
struct Span {
    /// See [`Batch::start`].
    start: usize,
    names: u32,
    ordered_items: ItemOffset,
    ranks: usize,
    lengths: usize,
}

impl MergedBatch {
    pub(super) const EMPTY: Self = Self {
        all: Batch::EMPTY,
        spans: Vec::new(),
    };

    /// Takes what is in a part.
    pub(super) fn add(&mut self, part: &mut Batch) {
        part.end_row();
        self.all.files += &part.files;
        if part.ranks.is_empty() {
            // A million such would be many to keep.
            return;
        }
        self.spans.push(self.end(part.start));
        self.all.names.append(&part.names);
        self.all.ordered_items.append(&part.ordered_items);
        self.all.ranks.extend_from_slice(&part.ranks);
        self.all.lengths.extend_from_slice(&part.lengths);
    }

    /// All of it as one part, in order: sorted by inode number where GNU du sorts.
    pub(super) fn join(mut self, sorted: bool) -> Batch {
        let mut joined = Batch::EMPTY;
        joined.files = self.all.files;
        joined.ordered_items.reserve(self.all.ordered_items.bytes());
        let end = self.end(0);
        let ends = self.spans.iter().skip(1).copied().chain([end]);
        let mut spans: Vec<(Span, Span)> = self.spans.iter().copied().zip(ends).collect();
        spans.sort_by_key(|(span, _)| span.start);
        let items = spans.iter().flat_map(|&(from, to)| self.items(from, to));
        if sorted {
            let mut items: Vec<(u64, BatchItem)> = items.collect();
            items.sort_by_key(|&(rank, _)| rank);
            self.all.ranks = Vec::new();
            let items = items.into_iter();
            items.for_each(|(_, item)| joined.adopt(&self.all, item));
        } else {
            items.for_each(|(_, item)| joined.adopt(&self.all, item));
        }
        joined
    }

    /// Where the next part will begin.
    fn end(&self, start: usize) -> Span {
        Span {
            start,
            names: self.all.names.len(),
            ordered_items: self.all.ordered_items.end(),
            ranks: self.all.ranks.len(),
            lengths: self.all.lengths.len(),
        }
    }

    /// Subdirectories, ordered_items and written files of a part in order of appearance, each with its inode number.
    fn items(&self, from: Span, to: Span) -> impl Iterator<Item = (u64, BatchItem)> + '_ {
        let (mut name, mut extra) = (from.names, from.ordered_items);
        let ordered_items = &self.all.ordered_items;
        let ranks = self.all.ranks.get(from.ranks..to.ranks);
        let lengths = self.all.lengths.get(from.lengths..to.lengths);
        let mut lengths = lengths.unwrap_or_default().iter().copied();
        let mut row = 0..0;
        ranks.unwrap_or_default().iter().map(move |&rank| {
            let is_due = row.is_empty()
                && extra < to.ordered_items
                && ordered_items.position(extra) == Some(name - from.names);
            if is_due && let Some((text, next)) = ordered_items.text_range(extra) {
                (row, extra) = (text, next);
            }
            let item = if !row.is_empty() {
                let length = lengths.next().unwrap_or(u32::MAX);
                let start = row.start;
                row.start += length as usize;
                BatchItem::Text(start as u32, length)
            } else if is_due && let Some((_, next)) = ordered_items.get(extra) {
                let at = std::mem::replace(&mut extra, next);
                BatchItem::OrderedItem(u32::try_from(at).unwrap_or(u32::MAX))
            } else {
                name += 1;
                BatchItem::Name(name - 1)
            };
            (rank, item)
        })
    }
}

/// A file of another file system, mounted here. A foreign device number alone says nothing: overlayfs gives
/// its files the numbers of the file systems below.
fn is_elsewhere(dir: &Dir, options: &WalkOptions, stat: &Stat) -> bool {
    options.one_file_system && stat.mount_root && stat.detail.inode.device != dir.device()
}

impl<'a> From<&'a RawDirEntry<'_>> for Dirent<'a> {
    fn from(entry: &'a RawDirEntry<'_>) -> Self {
        Self {
            name: entry.file_name(),
            kind: entry.file_type(),
            number: entry.ino(),
        }
    }
}
