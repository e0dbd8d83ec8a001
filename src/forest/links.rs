//! Hard links: a table of all links that were met, and the exact numbers of every directory.
//!
//! During the walk the first link that was met counts. Then [`super::tree::Forest::count_links`] makes every directory show what it
//! would take alone, each inode once. No directory is visited for that but those between the links of an inode: each link
//! adds the size to its directory, and where the ways upwards of two links meet, it is subtracted once. The sums carry that
//! upwards.
//!
//! ```text
//!   links in x and y:     a          0          x: +1
//!                        ╱ ╲                    y: +1
//!                       x   y                   a: -1
//! ```
//!
//! The part that is shared with links elsewhere goes the same way; it ends where all links have met.

use std::collections::{BTreeMap, BinaryHeap, HashMap};

use foldhash::fast::FixedState;

use super::delta::{Delta, Pending};
use super::dirs::{Dirs, NONE};
use super::entry::ForestEntry;
use super::info::{DirId, Gone, LinkCounting, Sums};
use crate::count::inode_set::InodeSet;
use crate::count::usage::Inode;

/// Links are kept in so many lists, by inode: each is sorted in one go.
const BUCKETS: usize = if cfg!(test) { 4 } else { 256 };

/// In [`Link::state`]: the link is counted.
const COUNTED: u16 = 1 << 15;

/// At least so many links: how many there are is not known.
const SEVERAL: u16 = COUNTED - 1;

/// A link to an inode, in 32 bytes.
#[derive(Debug, Clone, Copy)]
pub(super) struct Link {
    number: u64,
    allocated: u64,
    apparent: u64,
    /// The directory that holds it, or the file itself where that has a number; [`NONE`] where the link is gone.
    pub(super) dir: u32,
    /// The number of the device in [`Links::devices`].
    device: u16,
    /// The number of links that the inode has, and whether this one is counted.
    state: u16,
}

impl Link {
    fn key(&self) -> (u16, u64) {
        (self.device, self.number)
    }

    pub(super) fn delta(&self) -> Delta {
        Delta {
            allocated: self.allocated.into(),
            apparent: self.apparent.into(),
            entries: 1,
            ..Delta::default()
        }
    }

    pub(super) fn is_counted(&self) -> bool {
        self.state & COUNTED != 0
    }

    fn count(&mut self, is_counted: bool) {
        self.state = self.links() | if is_counted { COUNTED } else { 0 };
    }

    fn links(&self) -> u16 {
        self.state & SEVERAL
    }

    fn is_there(&self) -> bool {
        self.dir != NONE
    }

    /// True where so many links are all that there are.
    pub(super) fn is_all(&self, count: u32) -> bool {
        self.links() < SEVERAL && count >= self.links().into()
    }
}

/// The links of some inodes.
#[derive(Debug, Default)]
struct Bucket {
    links: Vec<Link>,
    /// So many are sorted.
    sorted: usize,
}

impl Bucket {
    fn push(&mut self, link: Link) {
        if self.links.len() == self.links.capacity() {
            self.links.reserve_exact(self.links.len() / 4 + 8);
        }
        self.links.push(link);
    }

    fn sort(&mut self) {
        if self.sorted < self.links.len() {
            self.links
                .sort_unstable_by_key(|link| (link.key(), link.dir));
            self.sorted = self.links.len();
        }
    }

    fn forget_gone(&mut self) {
        let sorted = self.links[..self.sorted].iter();
        self.sorted = sorted.filter(|link| link.is_there()).count();
        self.links.retain(Link::is_there);
    }

    /// The end of the links of the inode whose links begin here.
    fn group_end(&self, start: usize) -> usize {
        let key = self.links[start].key();
        let same = self.links[start..]
            .iter()
            .take_while(|link| link.key() == key);
        start + same.count()
    }
}

/// See the module.
#[derive(Debug)]
pub(super) struct Links {
    pub(super) counting: LinkCounting,
    /// Inodes of which a link was counted, until the numbers are exact.
    seen: InodeSet,
    devices: Vec<u64>,
    buckets: Vec<Bucket>,
    /// The numbers of inodes before this bucket and place are exact.
    next: (usize, usize),
    /// The runs have other numbers of links, or sizes, than there are.
    has_changed: bool,
}

impl Links {
    pub(super) fn new(counting: LinkCounting) -> Self {
        Self {
            counting,
            seen: InodeSet::default(),
            devices: Vec::new(),
            buckets: std::iter::repeat_with(Bucket::default)
                .take(BUCKETS)
                .collect(),
            next: (0, 0),
            has_changed: false,
        }
    }

    /// Takes a link that was met. True where it counts.
    pub(super) fn meet(&mut self, dir: DirId, entry: &ForestEntry) -> bool {
        let counts = match self.counting {
            LinkCounting::Ignored => return true,
            LinkCounting::Each => true,
            LinkCounting::Once => self.seen.insert(entry.inode),
        };
        self.push(dir, entry, counts);
        counts
    }

    /// Adds a link that is counted later.
    pub(super) fn push(&mut self, dir: DirId, entry: &ForestEntry, is_counted: bool) {
        let mut link = self.link(dir, entry);
        link.count(is_counted);
        self.buckets[bucket(entry.inode)].push(link);
    }

    fn link(&mut self, dir: DirId, entry: &ForestEntry) -> Link {
        Link {
            number: entry.inode.number,
            allocated: entry.sizes.0,
            apparent: entry.sizes.1,
            dir: dir.0,
            device: self.device(entry.inode.device),
            state: several(entry.links),
        }
    }

    /// The number of a device. Devices after the first 65,535 are taken for one.
    fn device(&mut self, device: u64) -> u16 {
        let known = self.devices.iter().position(|&known| known == device);
        let number = known.unwrap_or_else(|| {
            self.devices.push(device);
            self.devices.len() - 1
        });
        u16::try_from(number).unwrap_or(u16::MAX)
    }

    fn device_of(&self, link: &Link) -> u64 {
        self.devices
            .get(usize::from(link.device))
            .copied()
            .unwrap_or(0)
    }

    /// True where the numbers of all directories are exact.
    pub(super) fn is_exact(&self) -> bool {
        self.next.0 >= BUCKETS
    }

    /// The links of an inode, as bucket and range.
    fn find(&mut self, inode: Inode) -> (usize, std::ops::Range<usize>) {
        let place = bucket(inode);
        let key = (self.device(inode.device), inode.number);
        let bucket = &mut self.buckets[place];
        bucket.sort();
        let start = bucket.links.partition_point(|link| link.key() < key);
        let end = start + bucket.links[start..].partition_point(|link| link.key() == key);
        (place, start..end)
    }

    /// Makes the numbers of the next inode exact. False where there is none.
    pub(super) fn step(&mut self, dirs: &Dirs, sums: &mut Pending, shared: &mut Pending) -> bool {
        let (place, start) = self.next;
        let Some(bucket) = self.buckets.get_mut(place) else {
            self.seen = InodeSet::default();
            return false;
        };
        bucket.sort();
        if start >= bucket.links.len() {
            bucket.links.shrink_to_fit();
            self.next = (place + 1, 0);
            return true;
        }
        let end = bucket.group_end(start);
        let group = &mut bucket.links[start..end];
        uncount_met(group, sums);
        self.has_changed |= agree(group);
        count_exactly(dirs, group, 1, (sums, shared));
        self.next = (place, end);
        true
    }

    /// Takes back what the links of an inode count, changes them, and counts them again.
    pub(super) fn change(
        &mut self,
        inode: Inode,
        dirs: &Dirs,
        (sums, shared): (&mut Pending, &mut Pending),
        change: impl FnOnce(&mut [Link]),
    ) {
        let (place, range) = self.find(inode);
        let is_exact = (place, range.start) < self.next;
        let is_once = self.counting == LinkCounting::Once;
        let group = &mut self.buckets[place].links[range];
        if is_exact {
            count_exactly(dirs, group, -1, (sums, shared));
            change(group);
            count_exactly(dirs, group, 1, (sums, shared));
            return;
        }
        let counted: Vec<bool> = group.iter().map(Link::is_counted).collect();
        uncount_met(group, sums);
        change(group);
        for (link, was_counted) in group.iter_mut().zip(counted) {
            link.count(was_counted && link.is_there());
        }
        if is_once
            && !group.iter().any(Link::is_counted)
            && let Some(link) = group.iter_mut().find(|link| link.is_there())
        {
            link.count(true);
        }
        for link in group.iter().filter(|link| link.is_counted()) {
            sums.add(DirId(link.dir), &link.delta());
        }
    }

    /// Links of an inode in these directories are gone, one for each time that a directory is there.
    pub(super) fn remove(
        &mut self,
        (inode, directories): (Inode, &[DirId]),
        gone: Gone,
        dirs: &Dirs,
        pending: (&mut Pending, &mut Pending),
    ) {
        self.has_changed |= gone == Gone::Deleted;
        let mut counts: HashMap<u32, u32> = HashMap::new();
        for directory in directories {
            *counts.entry(directory.0).or_default() += 1;
        }
        self.change(inode, dirs, pending, |group| {
            let mut removed: u16 = 0;
            for link in group.iter_mut() {
                let left = counts.get_mut(&link.dir).filter(|left| **left > 0);
                if let Some(left) = left {
                    *left -= 1;
                    link.dir = NONE;
                    removed = removed.saturating_add(1);
                }
            }
            for link in group.iter_mut().filter(|_| gone == Gone::Deleted) {
                if link.links() < SEVERAL {
                    link.state -= link.links().min(removed);
                }
            }
        });
    }

    /// Adds what the inodes of a bucket count, so many times. False where there is no such bucket.
    pub(super) fn recount(
        &mut self,
        (place, factor): (usize, i128),
        dirs: &Dirs,
        (sums, shared): (&mut Pending, &mut Pending),
    ) -> bool {
        let Some(bucket) = self.buckets.get_mut(place) else {
            return false;
        };
        bucket.sort();
        for group in bucket.links.chunk_by(|a, b| a.key() == b.key()) {
            count_exactly(dirs, group, factor, (sums, shared));
        }
        true
    }

    /// Adds links of which none is counted yet, if each inode counts once, and else all.
    pub(super) fn insert(
        &mut self,
        links: Vec<(DirId, ForestEntry)>,
        dirs: &Dirs,
        (sums, shared): (&mut Pending, &mut Pending),
    ) {
        let is_exact = self.counting == LinkCounting::Once;
        self.has_changed = true;
        let inodes: BTreeMap<Inode, Link> = links
            .iter()
            .map(|(id, entry)| (entry.inode, self.link(*id, entry)))
            .collect();
        for &inode in inodes.keys().filter(|_| is_exact) {
            let (place, range) = self.find(inode);
            let group = &self.buckets[place].links[range];
            count_exactly(dirs, group, -1, (sums, shared));
        }
        for &inode in inodes.keys() {
            self.buckets[bucket(inode)].forget_gone();
        }
        for (id, entry) in &links {
            self.push(*id, entry, true);
        }
        for (&inode, read_last) in inodes.iter().filter(|_| is_exact) {
            let (place, range) = self.find(inode);
            let group = &mut self.buckets[place].links[range];
            for link in group.iter_mut() {
                let dir = link.dir;
                *link = Link { dir, ..*read_last };
                link.count(true);
            }
            count_exactly(dirs, group, 1, (sums, shared));
        }
    }

    /// An entry that has other links, with the number of links and the size that its inode has by now.
    pub(super) fn updated(&self, entry: ForestEntry) -> ForestEntry {
        let link = self.has_changed.then(|| self.first(entry.inode)).flatten();
        let Some(link) = link else { return entry };
        let links = match link.links() {
            SEVERAL => entry.links,
            links => links.into(),
        };
        let sizes = match self.counting {
            LinkCounting::Once => (link.allocated, link.apparent),
            LinkCounting::Each | LinkCounting::Ignored => entry.sizes,
        };
        ForestEntry {
            links,
            sizes,
            ..entry
        }
    }

    /// A link of an inode.
    fn first(&self, inode: Inode) -> Option<&Link> {
        let device = self
            .devices
            .iter()
            .position(|&known| known == inode.device)?;
        let key = (u16::try_from(device).ok()?, inode.number);
        let bucket = &self.buckets[bucket(inode)];
        let sorted = &bucket.links[..bucket.sorted];
        let link = sorted.get(sorted.partition_point(|link| link.key() < key))?;
        (link.key() == key).then_some(link)
    }

    /// All links of each inode, one inode after the other.
    pub(super) fn groups(&self, mut each: impl FnMut(Inode, &[Link])) {
        for bucket in &self.buckets {
            let mut copy = Vec::new();
            let links = match bucket.sorted < bucket.links.len() {
                true => {
                    copy.clone_from(&bucket.links);
                    copy.sort_unstable_by_key(Link::key);
                    &copy
                }
                false => &bucket.links,
            };
            for group in links.chunk_by(|a, b| a.key() == b.key()) {
                let inode = Inode {
                    device: self.device_of(&group[0]),
                    number: group[0].number,
                };
                each(inode, group);
            }
        }
    }

    /// The directories of the links of an inode.
    pub(super) fn directories(&self, inode: Inode) -> Vec<DirId> {
        let links = self.buckets[bucket(inode)].links.iter();
        let is_its = |link: &&Link| {
            link.number == inode.number && link.is_there() && self.device_of(link) == inode.device
        };
        let mut dirs: Vec<DirId> = links.filter(is_its).map(|link| DirId(link.dir)).collect();
        dirs.sort_unstable();
        dirs.dedup();
        dirs
    }
}

/// The list that an inode belongs to: neighbours in different ones.
pub(super) fn bucket(inode: Inode) -> usize {
    inode.number as usize % BUCKETS
}

/// A number of links, or [`SEVERAL`].
fn several(links: u32) -> u16 {
    u16::try_from(links).map_or(SEVERAL, |links| links.min(SEVERAL))
}

/// Gives all links of an inode the same size: the largest one, where it has changed during the walk. True where it has.
fn agree(group: &mut [Link]) -> bool {
    let size = |link: &Link| (link.allocated, link.apparent);
    let largest = group.iter().map(size).max().unwrap_or_default();
    let has_changed = group.iter().any(|link| size(link) != largest);
    for link in group.iter_mut().filter(|_| has_changed) {
        (link.allocated, link.apparent) = largest;
    }
    has_changed
}

/// Takes back the links that were counted as they were met.
fn uncount_met(group: &mut [Link], sums: &mut Pending) {
    for link in group {
        if link.is_counted() && link.is_there() {
            sums.add(DirId(link.dir), &link.delta().times(-1));
        }
        link.count(true);
    }
}

/// A way upwards from one or more links of an inode.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Way {
    at: DirId,
    /// Links that were met on it.
    count: u32,
}

/// Counts an inode once in each directory with links of it, so many times.
fn count_exactly(
    dirs: &Dirs,
    group: &[Link],
    factor: i128,
    (sums, shared): (&mut Pending, &mut Pending),
) {
    let Some(delta) = group.first().map(|link| link.delta().times(factor)) else {
        return;
    };
    let is_shared = |count| !group[0].is_all(count);
    let mut ways = BinaryHeap::new();
    let there = group.iter().filter(|link| link.is_there());
    for link in there {
        ways.push(Way {
            at: DirId(link.dir),
            count: 1,
        });
        sums.add(DirId(link.dir), &delta);
        if is_shared(1) {
            shared.add(DirId(link.dir), &delta);
        }
    }
    // The highest number first: no way can come to a directory after it was looked at.
    while let (Some(mut way), true) = (ways.pop(), !ways.is_empty()) {
        while let Some(other) = ways.peek().filter(|other| other.at == way.at) {
            sums.add(way.at, &delta.times(-1));
            let before = i128::from(is_shared(way.count)) + i128::from(is_shared(other.count));
            way.count += other.count;
            let after = i128::from(is_shared(way.count));
            if before != after {
                shared.add(way.at, &delta.times(after - before));
            }
            ways.pop();
        }
        if let Some(at) = dirs.sums_go_to(way.at).filter(|_| !ways.is_empty()) {
            ways.push(Way { at, ..way });
        }
    }
}

/// The shared part of the directories that have one.
pub(super) type Shared = HashMap<DirId, Sums, FixedState>;
