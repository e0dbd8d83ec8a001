//! The ordering stage, compared with a simple walk: for random trees, and for any order in which listings can arrive,
//! the events are those of a recursive walk over the description of the tree.
//!
//! A listing can arrive once the listing that announced it has: a directory after the one above it, a group of a
//! large directory after the group before. The reference knows the tree and which listings arrived, and nothing
//! of how `pdu::count::order` works.

use std::collections::BTreeSet;
use std::ffi::CString;
use std::sync::Arc;

use pdu::count::listing::{Branch, Found, Key, Listing, Names};
use pdu::count::order::Order;
use pdu::count::ordered_items::{ItemKind, OrderedItems};
use pdu::count::usage::{self, Detail, Entry, FileTime, Inode, Usage};
use pdu::count::visitor::{Extent, Flow, Visitor};
use pdu::sys::failure::{Failure, Operation};
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;

// ---------------------------------------------------------------- trees

/// Something in a directory.
#[derive(Debug, Clone)]
enum Item {
    /// A file that keeps its place: with a name where it has a line, with an inode where it has links.
    File {
        size: u8,
        named: bool,
        inode: Option<u8>,
    },
    /// An entry that could not be looked at.
    Failed(u8),
    /// Announced as a directory, and one.
    Directory(Directory),
    /// Announced as a directory, and a file.
    Changed { size: u8, inode: Option<u8> },
    /// Announced as a directory, and gone.
    Gone,
    /// Announced as a directory, and not to be looked at.
    Refused(u8),
}

#[derive(Debug, Clone)]
struct Directory {
    size: u8,
    /// What keeps its place, in order; more than one group in large directories only.
    groups: Vec<Group>,
    trouble: Trouble,
    /// It was counted before: the visitor skips it.
    skipped: bool,
}

#[derive(Debug, Clone)]
struct Group {
    items: Vec<Item>,
    /// Files that need no place.
    plain: u8,
}

/// How the reading ended.
#[derive(Debug, Clone, Copy)]
enum Trouble {
    None,
    /// It could not be read.
    AtOnce,
    /// Nor to its end.
    Later,
}

fn item() -> BoxedStrategy<Item> {
    let inode = || option::of(0..3_u8);
    let leaf = prop_oneof![
        (any::<u8>(), any::<bool>(), inode()).prop_map(|(size, named, inode)| Item::File {
            size,
            named,
            inode
        }),
        any::<u8>().prop_map(Item::Failed),
        (any::<u8>(), inode()).prop_map(|(size, inode)| Item::Changed { size, inode }),
        Just(Item::Gone),
        any::<u8>().prop_map(Item::Refused),
    ];
    let tree = leaf.prop_recursive(7, 60, 6, |inner| {
        let inner = inner.boxed();
        prop_oneof![
            1 => inner.clone(),
            3 => directory(inner).prop_map(Item::Directory),
        ]
    });
    tree.boxed()
}

fn directory(inner: BoxedStrategy<Item>) -> BoxedStrategy<Directory> {
    let group = (vec(inner, 0..6), any::<u8>()).prop_map(|(items, plain)| Group { items, plain });
    let group = group.boxed();
    let groups = prop_oneof![
        4 => vec(group.clone(), 1),
        1 => vec(group, 2..4),
    ];
    let trouble = prop_oneof![
        6 => Just(Trouble::None),
        1 => Just(Trouble::AtOnce),
        1 => Just(Trouble::Later),
    ];
    let parts = (any::<u8>(), groups, trouble, prop::bool::weighted(0.2));
    let directory = parts.prop_map(|(size, groups, trouble, skipped)| Directory {
        size,
        groups,
        trouble,
        skipped,
    });
    directory.boxed()
}

/// A whole run: the operands, and the choices that decide the order of events.
#[derive(Debug, Clone)]
struct Run {
    operands: Vec<Item>,
    /// Directories below this depth are folded.
    fold_below: Option<u32>,
    /// Which walker is next to announce.
    announced: Vec<u16>,
    /// Which listing is next to arrive.
    arrivals: Vec<u16>,
    /// Whether the order advances between two arrivals.
    advances: Vec<bool>,
}

fn run(fold_below: impl Strategy<Value = Option<u32>> + 'static) -> impl Strategy<Value = Run> {
    let operands = vec(item(), 0..4);
    let choices = || vec(any::<u16>(), 1..200);
    let parts = (
        operands,
        fold_below,
        choices(),
        choices(),
        vec(any::<bool>(), 1..50),
    );
    parts.prop_map(
        |(operands, fold_below, announced, arrivals, advances)| Run {
            operands,
            fold_below,
            announced,
            arrivals,
            advances,
        },
    )
}

// ---------------------------------------------------------------- what both sides are made of

fn entry(size: u8, inode: Option<u8>) -> Entry {
    Entry {
        blocks: size.into(),
        size: u64::from(size) * 3,
        time: FileTime {
            seconds: size.into(),
            nanoseconds: 0,
        },
        dedup_key: inode.map(|number| Inode {
            device: 1,
            number: number.into(),
        }),
    }
}

/// The nanoseconds of directories that the visitor skips.
const SKIPPED: u32 = 1;

fn directory_entry(directory: &Directory) -> Entry {
    let mut entry = entry(directory.size, None);
    entry.time.nanoseconds = if directory.skipped { SKIPPED } else { 0 };
    entry
}

fn plain(count: u8) -> Usage {
    Usage {
        allocated: u128::from(count) * 4096,
        apparent: u128::from(count),
        inodes: u64::from(count) + 1,
        newest: FileTime {
            seconds: i64::from(count) - 100,
            nanoseconds: 0,
        },
    }
}

fn failed(operation: Operation, errno: u8) -> Failure {
    Failure {
        operation,
        errno: errno.into(),
    }
}

fn failure_of(directory: &Directory) -> Option<Failure> {
    match directory.trouble {
        Trouble::None => None,
        Trouble::AtOnce => Some(failed(Operation::ReadDirectory, 13)),
        Trouble::Later => Some(failed(Operation::ReadOn, 5)),
    }
}

/// The name of an item, which no other in its directory has.
fn name(group: usize, index: usize) -> String {
    format!("{group}.{index}")
}

fn below(path: &str, name: &str) -> String {
    if path.is_empty() {
        name.to_owned()
    } else {
        format!("{path}/{name}")
    }
}

/// What is announced as a directory, whatever it turns out to be.
fn is_announced(item: &Item) -> bool {
    !matches!(item, Item::File { .. } | Item::Failed(_))
}

// ---------------------------------------------------------------- the visitor

/// Keeps all events as text: the name of the event, then its arguments.
struct Recorder {
    events: Vec<String>,
    /// Directories that were counted before are skipped.
    skips: bool,
}

impl Recorder {
    /// Directories that are folded never count once only.
    fn of(run: &Run) -> Self {
        Self {
            events: Vec::new(),
            skips: run.fold_below.is_none(),
        }
    }
}

impl Visitor for Recorder {
    fn enter(&mut self, name: &[u8], item: &usage::Item<'_>, failure: Option<Failure>) -> Flow {
        let event = format!("Enter {} {item:?} {failure:?}", name.escape_ascii());
        self.events.push(event);
        match self.skips && item.usage.newest.nanoseconds == SKIPPED {
            true => Flow::Skip,
            false => Flow::Continue,
        }
    }

    fn file(&mut self, name: Option<&[u8]>, item: &usage::Item<'_>) {
        let name = name.map_or("-".into(), |name| name.escape_ascii().to_string());
        self.events.push(format!("File {name} {item:?}"));
    }

    fn away(&mut self, name: &[u8], detail: &Detail) {
        let event = format!("Away {} {detail:?}", name.escape_ascii());
        self.events.push(event);
    }
    fn rendered(&mut self, text: &[u8]) {
        self.events
            .push(format!("Rendered {}", text.escape_ascii()));
    }

    fn sum(&mut self, usage: &Usage, directories: u64) {
        self.events.push(format!("Sum {usage:?} {directories}"));
    }

    fn failed(&mut self, path: &[u8], failure: Failure) {
        let event = format!("Failed {} {failure:?}", path.escape_ascii());
        self.events.push(event);
    }

    fn leave(&mut self, extent: Extent) {
        self.events.push(format!("Leave {extent:?}"));
    }
}

// ---------------------------------------------------------------- the reference

/// A recursive walk. It knows which listings arrived, each by the path of its directory and the number of its group.
struct Reference<'a> {
    arrived: &'a BTreeSet<(String, usize)>,
    fold_below: Option<u32>,
    recorder: Recorder,
}

/// Sums over what is folded into a directory.
#[derive(Default)]
struct Folded {
    usage: Usage,
    directories: u64,
    links: Vec<Entry>,
    failures: Vec<(String, Failure)>,
    is_unfinished: bool,
    /// Something is, or would be if its listing had arrived.
    announced: bool,
}

impl Reference<'_> {
    /// An announced item. Answers whether all of it was there.
    fn walk(&mut self, item: &Item, name: &str, path: &str, depth: u32) -> bool {
        if !self.arrived.contains(&(path.to_owned(), 0)) {
            return false;
        }
        match item {
            Item::Directory(directory) => return self.enter(directory, name, path, depth),
            Item::Changed { size, inode } => {
                let detail = Detail::default();
                let item = entry(*size, *inode).item(Some(&detail));
                self.recorder.file(Some(name.as_bytes()), &item);
            }
            Item::Refused(errno) => {
                let failure = failed(Operation::Access, *errno);
                self.recorder.failed(name.as_bytes(), failure);
            }
            Item::Gone | Item::File { .. } | Item::Failed(_) => {}
        }
        true
    }

    fn enter(&mut self, directory: &Directory, name: &str, path: &str, depth: u32) -> bool {
        let detail = Detail::default();
        let item = directory_entry(directory).item(Some(&detail));
        let failure = failure_of(directory).filter(|_| directory.groups.len() == 1);
        if self.recorder.enter(name.as_bytes(), &item, failure) == Flow::Skip {
            return true;
        }
        let mut folded = Folded::default();
        let mut is_whole = true;
        for (number, group) in directory.groups.iter().enumerate() {
            if !self.arrived.contains(&(path.to_owned(), number)) {
                is_whole = false;
                break;
            }
            is_whole &= self.walk_group(group, number, path, depth, &mut folded);
        }
        if folded.announced {
            is_whole &= !folded.is_unfinished;
            self.unfold(&folded);
        }
        self.leave(directory, path, is_whole);
        is_whole
    }

    fn walk_group(
        &mut self,
        group: &Group,
        number: usize,
        path: &str,
        depth: u32,
        folded: &mut Folded,
    ) -> bool {
        let mut is_whole = true;
        let folds = self.fold_below == Some(depth);
        folded.announced |= folds && group.items.iter().any(is_announced);
        for (index, item) in group.items.iter().enumerate() {
            let name = name(number, index);
            let path = below(path, &name);
            if let (true, Item::Failed(errno)) = (folded.announced, item) {
                // Reported among the folded failures, which keep the order of the directory.
                folded
                    .failures
                    .push((name, failed(Operation::Access, *errno)));
            } else if !is_announced(item) {
                self.ordered_item(item, &name);
            } else if folds {
                self.fold(item, &name, &path, folded);
            } else {
                is_whole &= self.walk(item, &name, &path, depth + 1);
            }
        }
        self.recorder.sum(&plain(group.plain), 0);
        is_whole
    }

    fn leave(&mut self, directory: &Directory, path: &str, is_whole: bool) {
        let last = directory.groups.len() - 1;
        let failure =
            failure_of(directory).filter(|_| self.arrived.contains(&(path.to_owned(), last)));
        if let Some(failure) = failure {
            self.recorder.failed(b"", failure);
        }
        let extent = match (is_whole, failure.is_some(), directory.trouble) {
            (false, ..) => Extent::Unfinished,
            (true, true, Trouble::Later) => Extent::Broken,
            (true, ..) => Extent::Whole,
        };
        self.recorder.leave(extent);
    }

    fn ordered_item(&mut self, item: &Item, name: &str) {
        match item {
            Item::File { size, named, inode } => {
                let name = named.then_some(name.as_bytes());
                self.recorder.file(name, &entry(*size, *inode).item(None));
            }
            Item::Failed(errno) => {
                let failure = failed(Operation::Access, *errno);
                self.recorder.failed(name.as_bytes(), failure);
            }
            _ => {}
        }
    }

    fn unfold(&mut self, folded: &Folded) {
        for &entry in &folded.links {
            self.recorder.file(None, &entry.item(None));
        }
        self.recorder.sum(&folded.usage, folded.directories);
        for (path, failure) in &folded.failures {
            self.recorder.failed(path.as_bytes(), *failure);
        }
    }

    /// Adds an item to the directory that it is folded into; `shown` is its path below that one.
    fn fold(&self, item: &Item, shown: &str, path: &str, folded: &mut Folded) {
        if is_announced(item) && !self.arrived.contains(&(path.to_owned(), 0)) {
            folded.is_unfinished = true;
            return;
        }
        match item {
            Item::Directory(directory) => self.fold_directory(directory, shown, path, folded),
            Item::File { size, inode, .. } | Item::Changed { size, inode } => {
                let entry = entry(*size, *inode);
                match inode {
                    Some(_) => folded.links.push(entry),
                    None => folded.usage += &entry.usage(),
                }
            }
            Item::Failed(errno) | Item::Refused(errno) => {
                let failure = failed(Operation::Access, *errno);
                folded.failures.push((shown.to_owned(), failure));
            }
            Item::Gone => {}
        }
    }

    fn fold_directory(&self, directory: &Directory, shown: &str, path: &str, folded: &mut Folded) {
        folded.directories += 1;
        folded.usage += &directory_entry(directory).usage();
        for (number, group) in directory.groups.iter().enumerate() {
            if !self.arrived.contains(&(path.to_owned(), number)) {
                folded.is_unfinished = true;
                return;
            }
            folded.usage += &plain(group.plain);
            for (index, item) in group.items.iter().enumerate() {
                let name = self::name(number, index);
                self.fold(item, &below(shown, &name), &below(path, &name), folded);
            }
        }
        let failure = failure_of(directory).map(|failure| (shown.to_owned(), failure));
        folded.failures.extend(failure);
    }
}

/// The events that must come when these listings arrived.
fn expected(run: &Run, arrived: &BTreeSet<(String, usize)>) -> Vec<String> {
    let mut reference = Reference {
        arrived,
        fold_below: run.fold_below,
        recorder: Recorder::of(run),
    };
    for (index, item) in run.operands.iter().enumerate() {
        let name = name(0, index);
        if is_announced(item) {
            reference.walk(item, &name, &name, 0);
        } else {
            reference.ordered_item(item, &name);
        }
    }
    reference.recorder.events
}

// ---------------------------------------------------------------- the listings of a run

/// Something announced, about to be listed.
struct Due<'a> {
    item: &'a Item,
    path: String,
    place: (Arc<Branch>, u32),
    depth: u32,
    group: usize,
    key: Key,
    /// The listing that announced it; the command line has none.
    after: Option<usize>,
}

/// A listing that can arrive after another one has.
struct Sent {
    listing: Listing,
    id: (String, usize),
    after: Option<usize>,
}

/// Makes the listings of a run, in one of the orders in which walkers could.
struct Walkers<'a> {
    run: &'a Run,
    keys: Key,
    due: Vec<Due<'a>>,
    sent: Vec<Sent>,
}

impl<'a> Walkers<'a> {
    fn of(run: &'a Run) -> (Arc<Branch>, OrderedItems, Vec<Sent>) {
        let mut walkers = Self {
            run,
            keys: 0,
            due: Vec::new(),
            sent: Vec::new(),
        };
        let (names, ordered_items) = announce(&run.operands, 0);
        let roots = walkers.branch(None, names, 0, None, 0);
        walkers.expect(&run.operands, &roots, "", 0, 0, None);
        let mut choices = run.announced.iter().cycle();
        while !walkers.due.is_empty() {
            let choice = choices.next().map_or(0, |&choice| usize::from(choice));
            let due = walkers.due.swap_remove(choice % walkers.due.len());
            walkers.list(due);
        }
        (roots, ordered_items, walkers.sent)
    }

    fn branch(
        &mut self,
        parent: Option<(Arc<Branch>, u32)>,
        names: Names,
        child_depth: u32,
        fold: Option<Key>,
        group: Key,
    ) -> Arc<Branch> {
        let first_key = self.keys;
        self.keys += Key::from(names.len());
        Arc::new(Branch {
            parent,
            inode: Inode {
                device: 0,
                number: 0,
            },
            device: 0,
            operand: 0,
            may_cycle: false,
            child_depth,
            first_key,
            fold,
            group,
            names,
        })
    }

    /// Notes the subdirectories of a group, to be listed at some time.
    fn expect(
        &mut self,
        items: &'a [Item],
        branch: &Arc<Branch>,
        path: &str,
        group: usize,
        depth: u32,
        after: Option<usize>,
    ) {
        let named = items
            .iter()
            .enumerate()
            .filter(|(_, item)| is_announced(item));
        for (place, (index, item)) in (0..).zip(named) {
            self.due.push(Due {
                item,
                path: below(path, &name(group, index)),
                place: (Arc::clone(branch), place),
                depth,
                group: 0,
                key: branch.key(place),
                after,
            });
        }
    }

    fn list(&mut self, due: Due<'a>) {
        let (found, failure) = match due.item {
            Item::Directory(directory) => return self.list_directory(directory, due),
            Item::Changed { size, inode } => {
                (Found::File(entry(*size, *inode), Detail::default()), None)
            }
            Item::Refused(errno) => (Found::Nothing, Some(failed(Operation::Access, *errno))),
            Item::Gone | Item::File { .. } | Item::Failed(_) => (Found::Nothing, None),
        };
        self.send(
            due,
            found,
            Usage::default(),
            Parts {
                failure,
                ..Parts::default()
            },
        );
    }

    fn list_directory(&mut self, directory: &'a Directory, due: Due<'a>) {
        let group = &directory.groups[due.group];
        let is_last = due.group + 1 == directory.groups.len();
        let (names, ordered_items) = announce(&group.items, due.group);
        let fold = match self.run.fold_below {
            Some(depth) if depth == due.depth => Some(due.place.0.key(due.place.1)),
            _ => due.place.0.fold,
        };
        let parent = Some(due.place.clone());
        let depth = due.depth + 1;
        let branch = (!names.is_empty()).then(|| self.branch(parent, names, depth, fold, due.key));
        let after = Some(self.sent.len());
        if let Some(branch) = &branch {
            self.expect(&group.items, branch, &due.path, due.group, depth, after);
        }
        let next = (!is_last).then(|| self.expect_group(&due, after));
        let found = match due.group {
            0 => Found::Directory(directory_entry(directory), Detail::default()),
            _ => Found::More,
        };
        let failure = failure_of(directory).filter(|_| is_last);
        let ordered_items = (!ordered_items.is_empty()).then(|| Box::new(ordered_items));
        let parts = Parts {
            ordered_items,
            branch,
            next,
            failure,
        };
        self.send(due, found, plain(group.plain), parts);
    }

    /// Notes the next group of a directory, to be listed at some time.
    fn expect_group(&mut self, due: &Due<'a>, after: Option<usize>) -> Key {
        let key = self.keys;
        self.keys += 1;
        self.due.push(Due {
            path: due.path.clone(),
            place: due.place.clone(),
            group: due.group + 1,
            key,
            after,
            ..*due
        });
        key
    }

    fn send(&mut self, due: Due<'_>, found: Found, files: Usage, parts: Parts) {
        let listing = Listing {
            key: due.key,
            files,
            ordered_items: parts.ordered_items,
            branch: parts.branch,
            next: parts.next,
            failure: parts.failure,
            ..Listing::new(due.place, found)
        };
        self.sent.push(Sent {
            listing,
            id: (due.path, due.group),
            after: due.after,
        });
    }
}

/// What only some listings have.
#[derive(Default)]
struct Parts {
    ordered_items: Option<Box<OrderedItems>>,
    branch: Option<Arc<Branch>>,
    next: Option<Key>,
    failure: Option<Failure>,
}

/// The names of what is announced, and the rest.
fn announce(items: &[Item], group: usize) -> (Names, OrderedItems) {
    let (mut names, mut ordered_items) = (Names::default(), OrderedItems::default());
    for (index, item) in items.iter().enumerate() {
        let name = name(group, index);
        match item {
            Item::File { size, named, inode } => {
                let name = if *named { name.as_bytes() } else { b"" };
                ordered_items.push(
                    names.len(),
                    name,
                    ItemKind::File(entry(*size, *inode), None),
                );
            }
            Item::Failed(errno) => {
                let failure = failed(Operation::Access, *errno);
                ordered_items.push(names.len(), name.as_bytes(), ItemKind::Failed(failure));
            }
            _ => names.push(&CString::new(name).expect("no NUL in it")),
        }
    }
    (names, ordered_items)
}

// ---------------------------------------------------------------- one run

/// Lets at most `most` listings arrive, and advances in between and at the end. Returns the events, and the listings
/// that arrived.
fn arrive(run: &Run, most: usize, give_up: bool) -> (Vec<String>, BTreeSet<(String, usize)>) {
    let (roots, ordered_items, sent) = Walkers::of(run);
    let mut order = Order::default();
    order.add_operands(roots, ordered_items);
    order.end_operands();
    let mut sent: Vec<Option<Sent>> = sent.into_iter().map(Some).collect();
    let mut ready: Vec<usize> = ready_after(&sent, None);
    let mut arrived = BTreeSet::new();
    let mut recorder = Recorder::of(run);
    let mut arrivals = run.arrivals.iter().cycle();
    let mut advances = run.advances.iter().cycle();
    while arrived.len() < most && !ready.is_empty() {
        let choice = arrivals.next().map_or(0, |&choice| usize::from(choice));
        let number = ready.swap_remove(choice % ready.len());
        ready.extend(ready_after(&sent, Some(number)));
        let Some(Sent { listing, id, .. }) = sent[number].take() else {
            continue;
        };
        order.arrive(listing);
        arrived.insert(id);
        if advances.next() == Some(&true) {
            order.advance(&mut recorder);
        }
    }
    if give_up {
        order.give_up();
    }
    order.advance(&mut recorder);
    (recorder.events, arrived)
}

fn ready_after(sent: &[Option<Sent>], number: Option<usize>) -> Vec<usize> {
    let is_ready = |sent: &Option<Sent>| sent.as_ref().is_some_and(|sent| sent.after == number);
    (0..sent.len())
        .filter(|&index| is_ready(&sent[index]))
        .collect()
}

/// Folded links are reported in the order of arrival, because all of them count for the same directory. Sorts each run
/// of them.
fn links_sorted(mut events: Vec<String>) -> Vec<String> {
    let is_link = |event: &String| event.starts_with("File - ");
    for links in events.chunk_by_mut(|a, b| is_link(a) && is_link(b)) {
        links.sort();
    }
    events
}

const ALL: usize = usize::MAX;

fn config() -> ProptestConfig {
    ProptestConfig {
        cases: 600,
        failure_persistence: None,
        ..ProptestConfig::default()
    }
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn any_order_of_arrival_gives_the_events_of_a_walk_by_one_thread(run in run(Just(None))) {
        let (events, arrived) = arrive(&run, ALL, false);
        prop_assert_eq!(events, expected(&run, &arrived));
    }

    #[test]
    fn with_folding_too(run in run((0..4_u32).prop_map(Some))) {
        let (events, arrived) = arrive(&run, ALL, false);
        prop_assert_eq!(links_sorted(events), links_sorted(expected(&run, &arrived)));
    }

    #[test]
    fn giving_up_makes_unfinished_what_lacks_a_listing_and_nothing_else(
        run in run(option::of(0..4_u32)),
        most in 0..40_usize,
    ) {
        let (events, arrived) = arrive(&run, most, true);
        prop_assert_eq!(links_sorted(events), links_sorted(expected(&run, &arrived)));
    }

    #[test]
    fn before_giving_up_the_events_are_the_beginning_of_all_events(
        run in run(Just(None)),
        most in 0..40_usize,
    ) {
        let (some, _) = arrive(&run, most, false);
        let (all, _) = arrive(&run, ALL, false);
        prop_assert!(all.starts_with(&some), "{:#?}\nis no beginning of\n{:#?}", some, all);
    }
}

// ---------------------------------------------------------------- the test can fail

/// `op` holds a named file, `leaf` and, in its second group, something refused; `leaf` holds a failure and a link.
fn small() -> Run {
    let file = |named| Item::File {
        size: 1,
        named,
        inode: Some(1),
    };
    let directory = |groups: Vec<Vec<Item>>, trouble| {
        let group = |items| Group { items, plain: 0 };
        Item::Directory(Directory {
            size: 2,
            groups: groups.into_iter().map(group).collect(),
            trouble,
            skipped: false,
        })
    };
    let leaf = directory(vec![vec![Item::Failed(2), file(false)]], Trouble::Later);
    let groups = vec![vec![file(true), leaf], vec![Item::Refused(4)]];
    Run {
        operands: vec![directory(groups, Trouble::None)],
        fold_below: None,
        announced: vec![0],
        arrivals: vec![0],
        advances: vec![false],
    }
}

/// The names of the events.
fn kinds(events: &[String]) -> String {
    let kind = |event: &String| event.split(' ').next().unwrap_or_default().to_owned();
    events.iter().map(kind).collect::<Vec<_>>().join(" ")
}

#[test]
fn the_reference_walks_a_small_tree_depth_first() {
    let run = small();
    let (events, arrived) = arrive(&run, ALL, false);
    assert_eq!(events, expected(&run, &arrived));
    let leaf = "Enter Failed File Sum Failed Leave";
    assert_eq!(
        kinds(&events),
        format!("Enter File {leaf} Sum Failed Sum Leave")
    );
    assert!(events[7].contains("Broken") && events[11].contains("Whole"));
    let cut = expected(&run, &[("0.0".to_owned(), 0)].into());
    assert_eq!(kinds(&cut), "Enter File Sum Leave");
    assert!(cut[3].contains("Unfinished"));
    let folding = Run {
        fold_below: Some(0),
        ..run
    };
    let folded = "File Sum Failed Failed Failed";
    let events = expected(&folding, &arrived);
    assert_eq!(kinds(&events), format!("Enter File Sum Sum {folded} Leave"));
}
