//! A batch: some entries of one directory after their stat, and how batches become a listing.
//!
//! Sizes of files that need no place of their own are summed; the rest keeps its order. A walker keeps the memory of its
//! last batch for the next directory.

use std::cell::Cell;
use std::ffi::CStr;
use std::ops::Range;

use rustix::fs::FileType;
use rustix::io::Errno;

use super::dir::Dir;
use super::dirents::Dirent;
use super::options::{Follow, WalkOptions};
use super::stat::{Lookup, Stat, stat, stat_file};
use crate::count::listing::{Names, push_name};
use crate::count::ordered_items::{ItemKind, ItemOffset, OrderedItems};
use crate::count::usage::{Item, Usage};
use crate::sys::failure::{Failure, Operation};

/// Rendered files are joined to one item of at most this many bytes; a longer file is an item of its own.
const MOST_BYTES: usize = 32 * 1024;

/// See the module.
#[derive(Debug, Default)]
pub(super) struct Batch {
    /// Position of its first entry in the group; orders the batches.
    pub(super) start: usize,
    /// The sum of the files that need no place of their own.
    files: Usage,
    /// The subdirectories.
    names: Names,
    /// Named files, files with several links, failures.
    ordered_items: OrderedItems,
    /// The rendered files, one after the other.
    rendered: Vec<u8>,
    /// Where each rendered file ends.
    ends: Vec<u32>,
    /// All of these in order of appearance, each with the inode number that the directory gave.
    parts: Vec<(u64, Part)>,
    /// The path of an entry, for patterns that need it.
    path: Vec<u8>,
    /// The rendered directory itself.
    head: Vec<u8>,
    /// The memory of [`Batch::insert_rendered`].
    joined: OrderedItems,
}

/// Something in a batch that keeps its place. Small: there are as many as GNU du reads at a time.
#[derive(Debug, Clone, Copy)]
enum Part {
    /// A subdirectory: its index.
    Name(u32),
    /// An ordered item: its offset.
    OrderedItem(u32),
    /// A rendered file: its index.
    Rendered(u32),
}

/// What a listing takes from a batch: without slack, because it may wait.
pub(super) struct Contents {
    pub(super) files: Usage,
    pub(super) names: Names,
    pub(super) ordered_items: OrderedItems,
}

thread_local! {
    /// The batch that this walker used last, emptied.
    static SPARE: Cell<Option<Box<Batch>>> = const { Cell::new(None) };
}

impl Batch {
    /// An empty batch, with memory where this walker has some.
    pub(super) fn fresh() -> Box<Self> {
        SPARE.take().unwrap_or_default()
    }

    /// Keeps the memory for the next directory of this walker.
    pub(super) fn recycle(mut self: Box<Self>) {
        self.clear();
        SPARE.set(Some(self));
    }

    /// Removes the entries and keeps the memory.
    pub(super) fn clear(&mut self) {
        self.start = 0;
        self.files = Usage::default();
        self.names.clear();
        self.ordered_items.clear();
        self.rendered.clear();
        self.ends.clear();
        self.parts.clear();
    }

    /// An empty batch for entries from this position of a group on.
    pub(super) fn starting_at(start: usize) -> Box<Self> {
        let mut batch = Self::fresh();
        batch.start = start;
        batch
    }

    /// Calls stat for one entry and adds it. Returns the blocks of a file that counts.
    pub(super) fn add(
        &mut self,
        dir: &Dir,
        options: &WalkOptions,
        dirent: Dirent<'_>,
    ) -> Option<u64> {
        if self.excludes(dir, options, dirent.name) {
            self.add_left_out(dir, options, dirent);
            return None;
        }
        if dirent.kind == FileType::Directory {
            // Its stat is that of the opened directory.
            self.add_directory(dirent);
            return None;
        }
        let (lookup, cached) = match options.follow {
            Follow::Always => (Lookup::Target, Lookup::CachedTarget),
            Follow::Never | Follow::Operands => (Lookup::Link, Lookup::Cached),
        };
        let other_mount = || {
            let stat = stat(Some(dir.fd()), dirent.name, cached, None).ok()?;
            is_elsewhere(dir, options, &stat).then_some(stat)
        };
        let may_lead_away = match dirent.kind {
            FileType::Symlink => lookup == Lookup::Target,
            kind => kind == FileType::Unknown,
        };
        // It may lead to the mount point of a dead server: the first stat must be one that needs no server.
        if options.depends_on_mounts()
            && may_lead_away
            && let Some(stat) = other_mount()
        {
            self.add_away(dir, options, dirent, &stat);
            return None;
        }
        match &stat_file(dir.fd(), dirent.name, lookup, options) {
            Ok(stat) if stat.is_directory() => self.add_directory(dirent),
            Ok(stat) if is_elsewhere(dir, options, stat) => {
                self.add_away(dir, options, dirent, stat);
            }
            Ok(stat) => {
                self.add_file(dir, options, dirent, stat);
                return Some(stat.blocks);
            }
            Err(Errno::NOENT) if options.follow != Follow::Always => {}
            Err(Errno::NOENT) => self.add_dangling(dir, options, dirent),
            // A file that is mounted here, from a file system that refuses this user.
            Err(errno) => match options.depends_on_mounts().then(other_mount).flatten() {
                Some(stat) => self.add_away(dir, options, dirent, &stat),
                None => self.add_failure(dirent, Operation::Access, *errno),
            },
        }
        None
    }

    /// Number of entries that keep their place and are no directories.
    pub(super) fn files(&self) -> usize {
        self.parts.len() - self.names.len() as usize
    }

    fn add_directory(&mut self, dirent: Dirent<'_>) {
        let part = Part::Name(self.names.len());
        self.parts.push((dirent.number, part));
        self.names.push(dirent.name);
    }

    /// An entry of another file system: a row of a table.
    fn add_away(&mut self, dir: &Dir, options: &WalkOptions, dirent: Dirent<'_>, stat: &Stat) {
        if names_files(dir, options) && options.one_file_system {
            let name = dirent.name.to_bytes();
            self.add_item(dirent, name, ItemKind::Away(stat.detail));
        }
    }

    pub(super) fn add_failure(&mut self, dirent: Dirent<'_>, operation: Operation, errno: Errno) {
        let failure = Failure::new(operation, errno);
        self.add_item(dirent, dirent.name.to_bytes(), ItemKind::Failed(failure));
    }

    fn add_item(&mut self, dirent: Dirent<'_>, name: &[u8], kind: ItemKind) {
        let part = Part::OrderedItem(self.ordered_items.end() as u32);
        self.parts.push((dirent.number, part));
        self.ordered_items.push(self.names.len(), name, kind);
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
        let name = if named { dirent.name.to_bytes() } else { b"" };
        let (file, above) = (entry.item(Some(&stat.detail)), dir.stat.detail.inode.device);
        let renderer = options.renderer.as_ref();
        if let Some(renderer) = renderer
            .filter(|renderer| named && entry.dedup_key.is_none() && renderer.takes(&file, above))
        {
            renderer.file(name, &file, above, &mut self.rendered);
            self.files += &file.usage;
            self.end_rendered(dirent);
        } else if named || entry.dedup_key.is_some() {
            let detail = options.details.then_some(stat.detail);
            self.add_item(dirent, name, ItemKind::File(entry, detail));
        } else {
            self.files += &entry.usage();
        }
    }

    /// Ends the text of an entry.
    fn end_rendered(&mut self, dirent: Dirent<'_>) {
        let part = Part::Rendered(self.ends.len() as u32);
        self.parts.push((dirent.number, part));
        self.ends.push(self.rendered.len() as u32);
    }

    /// An entry that a pattern leaves out: a row of the explorer.
    fn add_left_out(&mut self, dir: &Dir, options: &WalkOptions, dirent: Dirent<'_>) {
        let Some(renderer) = options
            .renderer
            .as_ref()
            .filter(|_| names_files(dir, options))
        else {
            return;
        };
        let before = self.rendered.len();
        renderer.left_out(dirent.name.to_bytes(), dirent.kind, &mut self.rendered);
        if self.rendered.len() > before {
            self.end_rendered(dirent);
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

    /// Renders the directory with all of its entries, where the format allows it and nothing in it has to keep its
    /// place.
    pub(super) fn render_whole(&mut self, dir: &Dir, options: &WalkOptions) -> Option<Box<[u8]>> {
        let renderer = options.renderer.as_ref()?;
        if !renderer.renders_directories() {
            return None;
        }
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
        self.files += &item.usage;
        if let Some(exclusion) = dir.exclusion {
            let usage = self.files;
            let sum = Item { usage, ..item };
            self.rendered.clear();
            renderer.excluded(name, &sum, above, exclusion, &mut self.head);
            return Some(self.head.as_slice().into());
        }
        renderer.enter(name, &item, above, &mut self.head);
        let whole = [self.head.as_slice(), &self.rendered, renderer.leave()].concat();
        self.rendered.clear();
        Some(whole.into_boxed_slice())
    }

    /// What it has for a listing; it keeps its memory.
    pub(super) fn take(&mut self) -> Contents {
        if !self.rendered.is_empty() {
            self.insert_rendered();
        }
        Contents {
            files: self.files,
            names: self.names.take(),
            ordered_items: self.ordered_items.take(),
        }
    }

    /// Puts the rendered files in their places among the ordered items. Those that follow each other become one item.
    fn insert_rendered(&mut self) {
        self.joined.clear();
        let (mut names, mut start, mut end) = (0, 0, 0);
        for &(_, part) in &self.parts {
            let next = match part {
                Part::Rendered(index) => self.ends.get(index as usize).map_or(end, |&end| end),
                Part::Name(_) | Part::OrderedItem(_) => end,
            };
            let ends_text = next == end || next - start > MOST_BYTES as u32;
            if ends_text && start < end {
                push_text(&mut self.joined, names, &self.rendered, start..end);
                start = end;
            }
            end = next;
            match part {
                Part::Name(_) => names += 1,
                Part::OrderedItem(offset) => {
                    if let Some((item, _)) = self.ordered_items.get(offset as ItemOffset) {
                        self.joined.push(names, item.name, item.kind);
                    }
                }
                Part::Rendered(_) => {}
            }
        }
        if start < end {
            push_text(&mut self.joined, names, &self.rendered, start..end);
        }
        std::mem::swap(&mut self.joined, &mut self.ordered_items);
    }

    /// The parts in this order. Rendered files that follow each other become one item.
    fn join(&self, parts: impl Iterator<Item = Part>) -> Contents {
        let (mut names, mut ordered_items) = (Names::default(), OrderedItems::default());
        ordered_items.reserve(self.ordered_items.end() + self.rendered.len());
        let mut text = Vec::new();
        for part in parts {
            let ends_text = !matches!(part, Part::Rendered(_)) || text.len() > MOST_BYTES;
            if ends_text && !text.is_empty() {
                ordered_items.push(names.len(), &text, ItemKind::Rendered);
                text.clear();
            }
            match part {
                Part::Name(index) => names.push(self.names.name(index)),
                Part::OrderedItem(offset) => {
                    if let Some((item, _)) = self.ordered_items.get(offset as ItemOffset) {
                        ordered_items.push(names.len(), item.name, item.kind);
                    }
                }
                Part::Rendered(index) => text.extend_from_slice(self.rendered_file(index)),
            }
        }
        if !text.is_empty() {
            ordered_items.push(names.len(), &text, ItemKind::Rendered);
        }
        Contents {
            files: self.files,
            names: names.take(),
            ordered_items: ordered_items.take(),
        }
    }

    fn rendered_file(&self, index: u32) -> &[u8] {
        let end = |index: usize| self.ends.get(index).map_or(0, |&end| end as usize);
        let start = (index as usize).checked_sub(1).map_or(0, end);
        self.rendered
            .get(start..end(index as usize))
            .unwrap_or_default()
    }
}

/// Appends a part of the rendered files as an item.
fn push_text(items: &mut OrderedItems, names: u32, rendered: &[u8], range: Range<u32>) {
    let text = rendered.get(range.start as usize..range.end as usize);
    items.push(names, text.unwrap_or_default(), ItemKind::Rendered);
}

/// Whether files of this directory are named.
fn names_files(dir: &Dir, options: &WalkOptions) -> bool {
    options.name_files.is_some_and(|depth| dir.depth < depth)
}

/// The batches of one group, one after the other as they came. In one piece: pieces of many threads' heaps would never
/// be given back.
#[derive(Debug, Default)]
pub(super) struct MergedBatch {
    all: Batch,
    /// For each batch its start, and where its parts lie in `all`.
    spans: Vec<(usize, Range<usize>)>,
}

impl MergedBatch {
    /// True where there is nothing but the sum of files.
    pub(super) fn is_plain(&self) -> bool {
        self.spans.is_empty()
    }

    /// Appends a batch.
    pub(super) fn add(&mut self, batch: &Batch) {
        let all = &mut self.all;
        all.files += &batch.files;
        if batch.parts.is_empty() {
            // A million spans without parts would be many to keep.
            return;
        }
        let (names, offset) = (all.names.len(), all.ordered_items.end() as u32);
        let (files, text) = (all.ends.len() as u32, all.rendered.len() as u32);
        let moved = |part| match part {
            Part::Name(index) => Part::Name(index + names),
            Part::OrderedItem(at) => Part::OrderedItem(at + offset),
            Part::Rendered(index) => Part::Rendered(index + files),
        };
        let from = all.parts.len();
        let parts = batch.parts.iter();
        all.parts
            .extend(parts.map(|&(number, part)| (number, moved(part))));
        all.names.append(&batch.names);
        all.ordered_items.append(&batch.ordered_items);
        all.rendered.extend_from_slice(&batch.rendered);
        all.ends.extend(batch.ends.iter().map(|end| end + text));
        self.spans.push((batch.start, from..all.parts.len()));
    }

    /// All batches as one, in order: sorted by inode number where GNU du sorts.
    pub(super) fn join(mut self, sorted: bool) -> Contents {
        self.spans.sort_by_key(|&(start, _)| start);
        let spans = self.spans.into_iter();
        let parts = spans.filter_map(|(_, span)| self.all.parts.get(span));
        let parts = parts.flatten().copied();
        if !sorted {
            return self.all.join(parts.map(|(_, part)| part));
        }
        let mut parts: Vec<_> = parts.collect();
        self.all.parts = Vec::new();
        parts.sort_by_key(|&(number, _)| number);
        self.all.join(parts.into_iter().map(|(_, part)| part))
    }
}

/// An entry on another mount, which is left out. With `-x`, a foreign device number alone says nothing: overlayfs gives its
/// files the numbers of the file systems below.
fn is_elsewhere(dir: &Dir, options: &WalkOptions, stat: &Stat) -> bool {
    let is_other_device = stat.detail.inode.device != dir.device();
    let may_be_left_out = stat.mount_id.is_none() || stat.is_on_other_mount(&dir.stat);
    options.one_file_system && is_other_device && stat.is_on_other_mount(&dir.stat)
        || may_be_left_out && stat.exclusion(options).is_some()
}
