//! The listings of a tree of nodes, in any order in which walkers can send them.

use std::ffi::CString;
use std::sync::Arc;

use rustix::fs::FileType;

use super::model::{Directory, End, FIRST_LINK, Node, linked};
use crate::count::listing::{Branch, Found, Key, Listing, Names};
use crate::count::ordered_items::{ItemKind, OrderedItems};
use crate::count::record::{EntryRenderer, Exclusion};
use crate::count::usage::{Detail, Entry, Inode, Item, Usage};
use crate::forest::Forest;
use crate::sys::failure::{Failure, Operation};
use crate::walk::command_line;

/// Walkers that do their work in a random order.
pub(super) struct Walkers<'a> {
    random: fastrand::Rng,
    renderer: Arc<dyn EntryRenderer>,
    links: &'a [u32],
    next_key: Key,
    /// Names that were announced, and groups of directories.
    work: Vec<Work<'a>>,
    /// Listings that were not sent yet, each with the work that follows it.
    unsent: Vec<(Listing, Vec<Work<'a>>)>,
}

struct Work<'a> {
    place: (Arc<Branch>, u32),
    key: Key,
    node: NodeRef<'a>,
}

#[derive(Clone)]
enum NodeRef<'a> {
    Node(&'a Node),
    Root(&'a Directory),
    /// The rest of the names of a directory.
    Rest(&'a Directory, Vec<&'a [u8]>),
}

pub(super) const NO_PERMISSION: i32 = 13;

fn failure(operation: Operation) -> Failure {
    Failure {
        operation,
        errno: NO_PERMISSION,
    }
}

impl<'a> Walkers<'a> {
    /// The operands are called `name` and a number.
    pub(super) fn new(
        seed: u64,
        roots: &[&'a Directory],
        links: &'a [u32],
        first_key: Key,
    ) -> (Self, Arc<Branch>) {
        let mut names = Names::default();
        for number in 0..roots.len() {
            names.push(&CString::new(format!("/root {number}")).expect("no NUL"));
        }
        let branch = command_line(names, first_key, 0);
        let work = roots.iter().enumerate().map(|(index, root)| Work {
            place: (Arc::clone(&branch), index as u32),
            key: branch.key(index as u32),
            node: NodeRef::Root(root),
        });
        let walkers = Self {
            random: fastrand::Rng::with_seed(seed),
            renderer: Forest::renderer(),
            links,
            next_key: first_key + roots.len() as Key,
            work: work.collect(),
            unsent: Vec::new(),
        };
        (walkers, branch)
    }

    fn visit(&mut self, work: Work<'a>) {
        let mut next = Vec::new();
        let mut listing = match work.node.clone() {
            NodeRef::Root(directory) => self.directory(&work, directory, &mut next),
            NodeRef::Node(Node::Directory(directory)) => {
                self.directory(&work, directory, &mut next)
            }
            NodeRef::Rest(directory, names) => self.group(&work, directory, names, &mut next),
            NodeRef::Node(node) => self.other(&work, node),
        };
        listing.key = work.key;
        self.unsent.push((listing, next));
    }

    /// A listing of what is no directory.
    fn other(&self, work: &Work<'a>, node: &Node) -> Listing {
        let listing = |found| Listing::new(work.place.clone(), found);
        match node {
            Node::Replaced(own, number) => {
                let detail = own.detail(FileType::RegularFile, *number, 1);
                listing(Found::File(own.entry(), detail))
            }
            Node::Lost => Listing {
                failure: Some(failure(Operation::Access)),
                ..listing(Found::Nothing)
            },
            Node::AwayDirectory(own) => {
                listing(Found::Away(own.detail(FileType::Directory, 77, 1)))
            }
            Node::Cache(own, number) => {
                let mut usage = own.entry().usage();
                usage.inodes = 2;
                let detail = own.detail(FileType::Directory, *number, 2);
                let item = Item {
                    usage,
                    dedup_key: None,
                    detail: Some(&detail),
                };
                let (branch, index) = &work.place;
                let mut text = Vec::new();
                let above = branch.inode.device;
                self.renderer.excluded(
                    branch.name(*index),
                    &item,
                    above,
                    Exclusion::Cache,
                    &mut text,
                );
                Listing {
                    files: usage,
                    ..listing(Found::Rendered(text.into()))
                }
            }
            _ => listing(Found::Nothing),
        }
    }

    fn directory(
        &mut self,
        work: &Work<'a>,
        directory: &'a Directory,
        next: &mut Vec<Work<'a>>,
    ) -> Listing {
        let own = &directory.own;
        let detail = own.detail(FileType::Directory, directory.inode, 3);
        if work.place.0.child_depth > 0 && self.random.bool() && is_leaf(directory) {
            return self.leaf(work, directory, &detail);
        }
        let names: Vec<&[u8]> = directory.entries.keys().map(Vec::as_slice).collect();
        let mut listing = self.group(work, directory, names, next);
        listing.found = Found::Directory(own.entry(), detail);
        if directory.end == End::Unread {
            listing.failure = Some(failure(Operation::ReadDirectory));
        }
        listing
    }

    /// A directory that its walker has rendered.
    fn leaf(&mut self, work: &Work<'a>, directory: &'a Directory, detail: &Detail) -> Listing {
        let (branch, index) = &work.place;
        let mut text = Vec::new();
        let own = directory.own.entry();
        let item = own.item(Some(detail));
        self.renderer
            .enter(branch.name(*index), &item, branch.inode.device, &mut text);
        let mut files = own.usage();
        for (name, node) in &directory.entries {
            self.render(name, node, directory.own.device, &mut files, &mut text);
        }
        text.extend_from_slice(self.renderer.leave());
        Listing {
            files,
            ..Listing::new(work.place.clone(), Found::Rendered(text.into()))
        }
    }

    fn render(&self, name: &[u8], node: &Node, device: u64, files: &mut Usage, text: &mut Vec<u8>) {
        match node {
            Node::File(own, number) => {
                let detail = own.detail(FileType::RegularFile, *number, 1);
                let item = own.entry().item(None);
                *files += &item.usage;
                let item = Item {
                    detail: Some(&detail),
                    ..item
                };
                self.renderer.file(name, &item, device, text);
            }
            _ => self.renderer.left_out(name, FileType::Directory, text),
        }
    }

    /// Some names of a directory, in any order.
    fn group(
        &mut self,
        work: &Work<'a>,
        directory: &'a Directory,
        mut names: Vec<&'a [u8]>,
        next: &mut Vec<Work<'a>>,
    ) -> Listing {
        self.random.shuffle(&mut names);
        let count = match self.random.usize(0..3) {
            0 => self.random.usize(0..=names.len()),
            _ => names.len(),
        };
        let rest = names.split_off(count);
        let (items, announced, files) = self.contents(directory, &names);
        let nodes = names.into_iter().map(|name| &directory.entries[name]);
        let nodes: Vec<_> = nodes.filter(|node| node.is_announced()).collect();
        let mut listing = Listing::new(work.place.clone(), Found::More);
        listing.files = files;
        listing.ordered_items = (!items.is_empty()).then(|| Box::new(items));
        listing.branch = (!announced.is_empty()).then(|| self.branch(work, directory, announced));
        if let Some(branch) = &listing.branch {
            next.extend(nodes.into_iter().enumerate().map(|(index, node)| Work {
                place: (Arc::clone(branch), index as u32),
                key: branch.key(index as u32),
                node: NodeRef::Node(node),
            }));
        }
        if rest.is_empty() {
            let is_broken = directory.end == End::Broken;
            listing.failure = is_broken.then(|| failure(Operation::ReadOn));
        } else {
            self.next_key += 1;
            let key = self.next_key - 1;
            listing.next = Some(key);
            let (place, node) = (work.place.clone(), NodeRef::Rest(directory, rest));
            next.push(Work { place, key, node });
        }
        listing
    }

    /// What a listing has of these names.
    fn contents(&self, directory: &Directory, names: &[&[u8]]) -> (OrderedItems, Names, Usage) {
        let mut items = OrderedItems::default();
        let (mut announced, mut files) = (Names::default(), Usage::default());
        for &name in names {
            let kind = match &directory.entries[name] {
                node @ (Node::File(..) | Node::Excluded) => {
                    let mut text = Vec::new();
                    self.render(name, node, directory.own.device, &mut files, &mut text);
                    items.push(announced.len(), &text, ItemKind::Rendered);
                    continue;
                }
                Node::Link(link) => self.link(*link),
                Node::Failed => ItemKind::Failed(failure(Operation::Access)),
                Node::AwayFile(own) => ItemKind::Away(own.detail(FileType::Fifo, 78, 1)),
                _ => {
                    announced.push(&CString::new(name).expect("no NUL"));
                    continue;
                }
            };
            items.push(announced.len(), name, kind);
        }
        (items, announced, files)
    }

    fn link(&self, link: u64) -> ItemKind {
        let own = linked(link);
        let detail = own.detail(
            FileType::RegularFile,
            FIRST_LINK + link,
            self.links[link as usize],
        );
        // As the walk does: an inode that has one link needs no place of its own, but may have one.
        let dedup_key = (detail.links > 1).then_some(detail.inode);
        let entry = Entry {
            dedup_key,
            ..own.entry()
        };
        ItemKind::File(entry, Some(detail))
    }

    fn branch(&mut self, work: &Work<'a>, directory: &Directory, names: Names) -> Arc<Branch> {
        let first_key = self.next_key;
        self.next_key += Key::from(names.len());
        let (above, index) = &work.place;
        Arc::new(Branch {
            parent: Some((Arc::clone(above), *index)),
            inode: Inode {
                device: directory.own.device,
                number: directory.inode,
            },
            device: 0,
            operand: 0,
            child_depth: above.child_depth + 1,
            may_cycle: false,
            first_key,
            fold: None,
            group: work.key,
            names,
        })
    }
}

/// True where nothing in a directory needs a place of its own.
fn is_leaf(directory: &Directory) -> bool {
    let is_plain = |node: &Node| matches!(node, Node::File(..) | Node::Excluded);
    directory.end == End::Whole && directory.entries.values().all(is_plain)
}

impl Iterator for Walkers<'_> {
    type Item = Listing;

    /// The next listing that arrives.
    fn next(&mut self) -> Option<Listing> {
        loop {
            let visits = match (self.work.is_empty(), self.unsent.is_empty()) {
                (true, true) => return None,
                (true, false) => false,
                (false, true) => true,
                (false, false) => self.random.bool(),
            };
            if visits {
                let index = self.random.usize(0..self.work.len());
                let work = self.work.swap_remove(index);
                self.visit(work);
            } else {
                let index = self.random.usize(0..self.unsent.len());
                let (listing, next) = self.unsent.swap_remove(index);
                self.work.extend(next);
                return Some(listing);
            }
        }
    }
}
