//! The contents of the file system and its faults: nodes as literals. One node may stand in many directories.

use std::collections::HashMap;
use std::sync::Arc;

use rustix::io::Errno;

/// A file or directory under a name.
#[derive(Clone)]
pub(crate) struct Node {
    /// Its name in its directory.
    pub(crate) name: String,
    /// File or directory.
    pub(crate) kind: Kind,
    /// What stat(2) reports.
    pub(crate) attr: Attr,
    /// The `d_type` in the listing of its directory, where that is to be wrong; 0 is "unknown".
    pub(crate) listed_as: Option<u8>,
    /// Its faults.
    pub(crate) faults: Vec<Fault>,
}

/// What a node is.
#[derive(Clone)]
pub(crate) enum Kind {
    /// A regular file.
    File,
    /// A directory with these entries.
    Dir(Arc<Listing>),
    /// A directory whose listing never ends: files `entry-0`, `entry-1`, ...
    EndlessNames,
    /// A directory whose listing never ends: the file `entry`, repeated.
    EndlessRepeat,
    /// A directory whose listing never ends: the files `entry-0` to `entry-(N-1)`, repeated.
    EndlessCycle(u64),
    /// A directory whose listing never advances: after each batch of entries comes the same batch.
    EndlessBatch,
    /// A directory with one file and a directory of the same kind, for ever.
    Bottomless,
}

/// The entries of a directory, found by name.
pub(crate) struct Listing {
    nodes: Vec<Arc<Node>>,
    by_name: HashMap<String, usize>,
}

/// The inode number in stat(2) and in the listing.
#[derive(Clone, Copy, Default)]
pub(crate) enum Ino {
    /// One of its own.
    #[default]
    Own,
    /// That of the directory that it is in.
    Parent,
    /// This one, even if another node has it.
    Given(u64),
}

/// What stat(2) reports.
#[derive(Clone)]
pub(crate) struct Attr {
    /// Inode number.
    pub(crate) ino: Ino,
    /// Apparent size.
    pub(crate) size: u64,
    /// Units of 512 bytes.
    pub(crate) blocks: u64,
    /// Links.
    pub(crate) nlink: u32,
    /// Permissions.
    pub(crate) mode: u32,
    /// Access, change and modification time: seconds (of an `i64`) and nanoseconds. Linux clamps the latter since 6.5.
    pub(crate) time: (u64, u32),
}

/// A request about a node.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Op {
    /// The lookup of its name in its directory.
    Lookup,
    /// Its attributes.
    Getattr,
    /// A directory becomes the working directory of a process.
    Access,
    /// Opening it, a directory.
    Opendir,
    /// The state of its file system.
    Statfs,
    /// Reading its entries, once so many have been read.
    ReaddirAfter(u64),
}

/// What happens instead of the right reply.
#[derive(Clone, Copy)]
pub(crate) enum Action {
    /// An error.
    Fail(Errno),
    /// No reply, ever. A process that waits for it cannot be killed before the [`Fuse`](super::Fuse) is dropped.
    Hang,
    /// No reply until a signal interrupts the process that waits; then EINTR.
    HangUntilSignal,
}

/// A wrong reply.
#[derive(Clone, Copy)]
pub(crate) struct Fault {
    /// The request.
    pub(crate) op: Op,
    /// The reply.
    pub(crate) action: Action,
    /// How often, before the replies are right; `u32::MAX` is for ever.
    pub(crate) times: u32,
}

impl Listing {
    /// The entries in the order of the listing. A lookup finds the first of equal names.
    pub(crate) fn new(nodes: Vec<Node>) -> Arc<Self> {
        let nodes: Vec<Arc<Node>> = nodes.into_iter().map(Arc::new).collect();
        let mut by_name = HashMap::new();
        for (index, node) in nodes.iter().enumerate() {
            by_name.entry(node.name.clone()).or_insert(index);
        }
        Arc::new(Self { nodes, by_name })
    }
}

impl Node {
    /// A file of 1,000 bytes in 8 blocks.
    pub(crate) fn file(name: impl Into<String>) -> Self {
        let attr = Attr {
            ino: Ino::Own,
            size: 1000,
            blocks: 8,
            nlink: 1,
            mode: 0o644,
            time: (1_600_000_000, 5),
        };
        Self {
            name: name.into(),
            kind: Kind::File,
            attr,
            listed_as: None,
            faults: Vec::new(),
        }
    }

    /// A directory of 8 blocks.
    pub(crate) fn dir(name: impl Into<String>, entries: Vec<Self>) -> Self {
        Self::of_kind(name, Kind::Dir(Listing::new(entries)))
    }

    /// A directory of 8 blocks of any kind.
    pub(crate) fn of_kind(name: impl Into<String>, kind: Kind) -> Self {
        let mut node = Self {
            kind,
            ..Self::file(name)
        };
        node.attr = Attr {
            size: 4096,
            nlink: 2,
            mode: 0o755,
            ..node.attr
        };
        node
    }

    /// `levels` levels of `dirs` directories, each of which (and this one) has `files` files too. Equal directories are
    /// one node: a million of them take no more memory here than a dozen.
    pub(crate) fn nested(name: impl Into<String>, levels: u32, dirs: u32, files: u32) -> Self {
        let mut listing = Listing::new(Vec::new());
        for level in 0..=levels {
            let dirs = if level == 0 { 0 } else { dirs };
            let subdirs = (0..dirs)
                .map(|dir| Self::of_kind(format!("dir-{dir}"), Kind::Dir(Arc::clone(&listing))));
            let files = (0..files).map(|file| Self::file(format!("file-{file}")));
            listing = Listing::new(subdirs.chain(files).collect());
        }
        Self::of_kind(name, Kind::Dir(listing))
    }

    /// The same node, which always replies to this request with an error.
    pub(crate) fn failing(self, op: Op, errno: Errno) -> Self {
        self.with(Fault {
            op,
            action: Action::Fail(errno),
            times: u32::MAX,
        })
    }

    /// The same node, which never replies to this request.
    pub(crate) fn hanging(self, op: Op) -> Self {
        self.with(Fault {
            op,
            action: Action::Hang,
            times: u32::MAX,
        })
    }

    /// The same node with a further fault.
    pub(crate) fn with(mut self, fault: Fault) -> Self {
        self.faults.push(fault);
        self
    }

    /// The same node, listed with another `d_type`.
    pub(crate) fn listed_as(self, d_type: u8) -> Self {
        Self {
            listed_as: Some(d_type),
            ..self
        }
    }

    /// The same node with other attributes.
    pub(crate) fn stat(mut self, change: impl FnOnce(&mut Attr)) -> Self {
        change(&mut self.attr);
        self
    }

    pub(super) fn is_dir(&self) -> bool {
        !matches!(self.kind, Kind::File)
    }

    /// The bits of `st_mode`.
    pub(super) fn mode(&self) -> u32 {
        let format = if self.is_dir() { 0o040_000 } else { 0o100_000 };
        format | self.attr.mode
    }

    /// The `d_type` in the listing.
    pub(super) fn d_type(&self) -> u8 {
        self.listed_as.unwrap_or(if self.is_dir() { 4 } else { 8 })
    }

    /// The offset in the listing that follows the entry at `offset`.
    pub(super) fn offset_after(&self, offset: u64) -> u64 {
        match self.kind {
            Kind::EndlessBatch => 2,
            _ => offset + 1,
        }
    }

    /// The entry at `index` of the listing.
    pub(super) fn entry(&self, index: u64) -> Option<Arc<Self>> {
        match &self.kind {
            Kind::File => None,
            Kind::Dir(listing) => listing.nodes.get(usize::try_from(index).ok()?).cloned(),
            Kind::EndlessNames | Kind::EndlessBatch => {
                Some(Arc::new(Self::file(format!("entry-{index}"))))
            }
            Kind::EndlessCycle(length) => {
                Some(Arc::new(Self::file(format!("entry-{}", index % length))))
            }
            Kind::EndlessRepeat => Some(Arc::new(Self::file("entry"))),
            Kind::Bottomless => match index {
                0 => Some(Arc::new(Self::file("file"))),
                1 => Some(Arc::new(Self::of_kind("deeper", Kind::Bottomless))),
                _ => None,
            },
        }
    }

    /// The entry under `name`.
    pub(super) fn find(&self, name: &str) -> Option<Arc<Self>> {
        match &self.kind {
            Kind::Dir(listing) => listing.nodes.get(*listing.by_name.get(name)?).cloned(),
            Kind::EndlessNames | Kind::EndlessBatch | Kind::EndlessCycle(_) => name
                .starts_with("entry-")
                .then(|| Arc::new(Self::file(name))),
            Kind::EndlessRepeat | Kind::Bottomless => (0..2)
                .filter_map(|index| self.entry(index))
                .find(|entry| entry.name == name),
            Kind::File => None,
        }
    }
}
