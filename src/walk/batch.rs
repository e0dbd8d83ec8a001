//! A batch: some entries of one directory after their stat, and how batches become a listing.
//!
//! Sizes of files that need no place of their own are summed; the rest keeps its order. A walker keeps the memory of its
//! last batch for the next directory.

use std::cell::Cell;
use std::ffi::CStr;

use rustix::fs::FileType;
use rustix::io::Errno;

use super::dir::Dir;
use super::dirents::Dirent;
use super::options::{Follow, WalkOptions};
use super::stat::{Lookup, Stat, stat, stat_file};
use crate::count::listing::{Names, push_name};
use crate::count::ordered_items::{ItemKind, ItemOffset, OrderedItem, OrderedItems};
use crate::count::usage::{Detail, Usage};
use crate::sys::failure::{Failure, Operation};

/// Rendered files are joined to one item of at most this many bytes; a longer file is an item of its own.
const MOST_BYTES: usize = 32 * 1024;

/// See the module.
#[derive(Debug)]
pub(super) struct Batch {
    /// Position of its first entry in the group; orders the batches.
    pub(super) start: usize,
    /// The sum of the files that need no place of their own.
    pub(super) files: Usage,
    /// The subdirectories.
    pub(super) names: Names,
    /// Named files, files with several links, failures, rendered files.
    pub(super) ordered_items: OrderedItems,
    /// The inode numbers that the directory gave for subdirectories and items, in order of appearance.
    inode_numbers: Vec<u64>,
    /// The path of an entry, for patterns that need it.
    path: Vec<u8>,
    /// The rendered files since the last subdirectory or item.
    rendered: Vec<u8>,
    /// Length of each rendered file, since the beginning.
    lengths: Vec<u32>,
    /// The rendered directory itself.
    head: Vec<u8>,
}

thread_local! {
    /// The batch that this walker used last, emptied.
    static SPARE: Cell<Option<Box<Batch>>> = const { Cell::new(None) };
}

impl Batch {
    const EMPTY: Self = Self {
        start: 0,
        files: Usage::NONE,
        names: Names::EMPTY,
        ordered_items: OrderedItems::EMPTY,
        inode_numbers: Vec::new(),
        path: Vec::new(),
        rendered: Vec::new(),
        lengths: Vec::new(),
        head: Vec::new(),
    };

    /// An empty batch, with memory where this walker has some.
    pub(super) fn fresh() -> Box<Self> {
        SPARE.take().unwrap_or_else(|| Box::new(Self::EMPTY))
    }

    /// Keeps the memory for the next directory of this walker.
    pub(super) fn recycle(mut self: Box<Self>) {
        self.start = 0;
        self.files = Usage::NONE;
        self.names.clear();
        self.ordered_items.clear();
        self.inode_numbers.clear();
        self.rendered.clear();
        self.lengths.clear();
        SPARE.set(Some(self));
    }

    /// An empty batch for entries from this position of a group on.
    pub(super) fn starting_at(start: usize) -> Box<Self> {
        let mut batch = Self::fresh();
        batch.start = start;
        batch
    }

    /// Calls stat for one entry and adds it.
    pub(super) fn add(&mut self, dir: &Dir, options: &WalkOptions, dirent: Dirent<'_>) {
        if self.excludes(dir, options, dirent.name) {
            return;
        }
        if dirent.kind == FileType::Directory {
            // Its stat is that of the opened directory.
            return self.add_directory(dirent);
        }
        let lookup = match options.follow {
            Follow::Always => Lookup::Target,
            Follow::Never | Follow::Operands => Lookup::Link,
        };
        let is_other_mount = || options.one_file_system && is_other_mount(dir, options, &dirent);
        // It may be the mount point of a dead server: the first stat must be one that needs no server.
        if dirent.kind == FileType::Unknown && is_other_mount() {
            return;
        }
        match &stat_file(dir.fd(), dirent.name, lookup, options) {
            Ok(stat) if stat.is_directory() => self.add_directory(dirent),
            Ok(stat) if is_elsewhere(dir, options, stat) => {}
            Ok(stat) => self.add_file(dir, options, dirent, stat),
            Err(Errno::NOENT) if options.follow != Follow::Always => {}
            Err(Errno::NOENT) => self.add_dangling(dir, options, dirent),
            // A file that is mounted here, from a file system that refuses this user.
            Err(_) if is_other_mount() => {}
            Err(errno) => self.add_failure(dirent, Operation::Access, *errno),
        }
    }

    fn add_directory(&mut self, dirent: Dirent<'_>) {
        self.add_name(dirent.name);
        self.inode_numbers.push(dirent.number);
    }

    fn add_failure(&mut self, dirent: Dirent<'_>, operation: Operation, errno: Errno) {
        let failure = ItemKind::Failed(Failure::new(operation, errno));
        self.add_item(dirent, true, failure, None);
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
                .min_size
                .as_ref()
                .is_none_or(|min_size| min_size.admits(&entry));
        if let (true, None, Some(renderer)) = (named, entry.dedup_key, &options.renderer) {
            let (file, position) = (entry.item(Some(&stat.detail)), self.rendered.len());
            let above = dir.stat.detail.inode.device;
            renderer.file(dirent.name.to_bytes(), &file, above, &mut self.rendered);
            self.files += &file.usage;
            self.lengths.push((self.rendered.len() - position) as u32);
            self.inode_numbers.push(dirent.number);
        } else if named || entry.dedup_key.is_some() {
            let detail = options.details.then_some(stat.detail);
            self.add_item(dirent, named, ItemKind::File(entry), detail);
        } else {
            self.files += &entry.usage();
        }
    }

    fn add_item(
        &mut self,
        dirent: Dirent<'_>,
        named: bool,
        kind: ItemKind,
        detail: Option<Detail>,
    ) {
        self.end_rendered();
        self.ordered_items.push_item(&OrderedItem {
            position: self.names.len(),
            name: if named { dirent.name.to_bytes() } else { b"" },
            kind,
            detail,
        });
        self.inode_numbers.push(dirent.number);
    }

    fn add_name(&mut self, name: &CStr) {
        self.end_rendered();
        self.names.push(name);
    }

    /// Makes an item of the rendered files.
    fn end_rendered(&mut self) {
        if !self.rendered.is_empty() {
            self.ordered_items
                .push(self.names.len(), &self.rendered, ItemKind::Rendered);
            self.rendered.clear();
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

    fn append(&mut self, part: &Self, item: BatchItem) {
        match item {
            BatchItem::Name(index) => self.add_name(part.names.name(index)),
            BatchItem::Rendered(start, length) => {
                if self.rendered.len() > MOST_BYTES {
                    self.end_rendered();
                }
                let start = start as usize;
                let text = part.ordered_items.text(start..start + length as usize);
                self.rendered.extend_from_slice(text);
            }
            BatchItem::OrderedItem(at) => {
                self.end_rendered();
                if let Some((extra, _)) = part.ordered_items.get(at as ItemOffset) {
                    let position = self.names.len();
                    self.ordered_items
                        .push_item(&OrderedItem { position, ..extra });
                }
            }
        }
    }

    /// Renders the directory with all of its entries, where the format allows it and nothing in it has to keep its
    /// place.
    pub(super) fn render_whole(&mut self, dir: &Dir, options: &WalkOptions) -> Option<Box<[u8]>> {
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
        let whole = [self.head.as_slice(), &self.rendered, renderer.leave()].concat();
        self.rendered.clear();
        Some(whole.into_boxed_slice())
    }

    /// The names of the subdirectories and the items, where there are any, without slack.
    pub(super) fn take(&mut self) -> (Option<Names>, Option<Box<OrderedItems>>) {
        self.end_rendered();
        let names = (!self.names.is_empty()).then(|| self.names.take());
        let ordered_items =
            (!self.ordered_items.is_empty()).then(|| Box::new(self.ordered_items.take()));
        (names, ordered_items)
    }
}

/// Whether files of this directory are named.
fn names_files(dir: &Dir, options: &WalkOptions) -> bool {
    options.name_files.is_some_and(|depth| dir.depth < depth)
}

/// One of the names or items of a batch. Small: there are as many as GNU du reads at a time.
#[derive(Debug, Clone, Copy)]
enum BatchItem {
    Name(u32),
    OrderedItem(u32),
    /// A rendered file: where it begins, and its length.
    Rendered(u32, u32),
}

/// The batches of one group, one after the other as they came. In one piece: pieces of many threads' heaps would never
/// be given back.
#[derive(Debug)]
pub(super) struct MergedBatch {
    all: Batch,
    spans: Vec<Span>,
}

/// Where a batch begins in the merged one.
#[derive(Debug, Clone, Copy)]
struct Span {
    /// See [`Batch::start`].
    start: usize,
    names: u32,
    ordered_items: ItemOffset,
    inode_numbers: usize,
    lengths: usize,
}

impl MergedBatch {
    pub(super) const EMPTY: Self = Self {
        all: Batch::EMPTY,
        spans: Vec::new(),
    };

    /// True where there is nothing but the sum of files.
    pub(super) fn is_plain(&self) -> bool {
        self.spans.is_empty()
    }

    /// Appends a batch.
    pub(super) fn add(&mut self, part: &mut Batch) {
        part.end_rendered();
        self.all.files += &part.files;
        if part.inode_numbers.is_empty() {
            // A million spans without items would be many to keep.
            return;
        }
        self.spans.push(self.end(part.start));
        self.all.names.append(&part.names);
        self.all.ordered_items.append(&part.ordered_items);
        self.all
            .inode_numbers
            .extend_from_slice(&part.inode_numbers);
        self.all.lengths.extend_from_slice(&part.lengths);
    }

    /// All batches as one, in order: sorted by inode number where GNU du sorts.
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
            items.sort_by_key(|&(number, _)| number);
            self.all.inode_numbers = Vec::new();
            let items = items.into_iter();
            items.for_each(|(_, item)| joined.append(&self.all, item));
        } else {
            items.for_each(|(_, item)| joined.append(&self.all, item));
        }
        joined
    }

    /// Where the next batch will begin.
    fn end(&self, start: usize) -> Span {
        Span {
            start,
            names: self.all.names.len(),
            ordered_items: self.all.ordered_items.end(),
            inode_numbers: self.all.inode_numbers.len(),
            lengths: self.all.lengths.len(),
        }
    }

    /// Subdirectories, items and rendered files of a batch in order of appearance, each with its inode number.
    fn items(&self, from: Span, to: Span) -> impl Iterator<Item = (u64, BatchItem)> + '_ {
        let (mut name, mut extra) = (from.names, from.ordered_items);
        let ordered_items = &self.all.ordered_items;
        let inode_numbers = self
            .all
            .inode_numbers
            .get(from.inode_numbers..to.inode_numbers);
        let lengths = self.all.lengths.get(from.lengths..to.lengths);
        let mut lengths = lengths.unwrap_or_default().iter().copied();
        let mut row = 0..0;
        inode_numbers
            .unwrap_or_default()
            .iter()
            .map(move |&number| {
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
                    BatchItem::Rendered(start as u32, length)
                } else if is_due && let Some((_, next)) = ordered_items.get(extra) {
                    let at = std::mem::replace(&mut extra, next);
                    BatchItem::OrderedItem(u32::try_from(at).unwrap_or(u32::MAX))
                } else {
                    name += 1;
                    BatchItem::Name(name - 1)
                };
                (number, item)
            })
    }
}

/// Whether another file system is mounted at a name. No server is asked.
#[cold]
fn is_other_mount(dir: &Dir, options: &WalkOptions, dirent: &Dirent<'_>) -> bool {
    let lookup = match options.follow {
        Follow::Always => Lookup::CachedTarget,
        Follow::Never | Follow::Operands => Lookup::Cached,
    };
    let stat = stat(Some(dir.fd()), dirent.name, lookup, None);
    stat.is_ok_and(|stat| is_elsewhere(dir, options, &stat))
}

/// A file of another file system, mounted here. A foreign device number alone says nothing: overlayfs gives
/// its files the numbers of the file systems below.
fn is_elsewhere(dir: &Dir, options: &WalkOptions, stat: &Stat) -> bool {
    options.one_file_system && stat.mount_root && stat.detail.inode.device != dir.device()
}
