//! What is still to be walked, in the order in which a single walker would meet it.
//!
//! Walkers take the first work in order, wherever it was found. So few listings are sent before their turn, and few wait
//! in the count: memory follows the number of walkers, not the size of the tree (measured without this order: 4,800 to
//! 13,500 of 15,400 listings wait; with it, a few dozen).
//!
//! ```text
//!   head ─► [in flight: a/b] ─► [a: c d e] ─► [in flight: f] ─► [command line: g h]
//!                                 ▲ the next job is a/c
//! ```
//!
//! A job that is taken leaves its slot in the list; when its directory turns out to have subdirectories, they take that
//! slot. Each step takes constant time, but for the slots in flight that are skipped at the head: no more than there are
//! walkers.
//!
//! A task may stand in the list as well: the read of a slow directory goes on after the subdirectories that it found.
//!
//! All walkers share the list under a mutex: two short critical sections a directory. A channel cannot keep the order,
//! and rayon's own deques give thieves the *last* subtree in order: half of the tree waited then.

#![expect(clippy::disallowed_types, reason = "no channel keeps this order")]

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::fd_budget::Handle;
use crate::count::listing::Branch;
use crate::sys::schedule;

/// A subdirectory (or operand) to be walked.
#[derive(Debug, Clone)]
pub(super) struct Job {
    /// The branch that announced it.
    pub(super) branch: Arc<Branch>,
    /// Its index there.
    pub(super) index: u32,
    /// The open directory that holds it; none for operands.
    pub(super) above: Option<Arc<Handle>>,
    /// Its position in the order.
    pub(super) slot: Slot,
}

/// A position in the order of work.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Slot(usize);

#[derive(Debug)]
struct Node<T> {
    before: usize,
    after: usize,
    /// The next of some directories of one branch, or a task; none for a slot in flight.
    ready: Option<Work<T>>,
}

/// Index of the sentinel: before the first and after the last.
const END: usize = 0;

#[derive(Debug)]
struct List<T> {
    nodes: Vec<Node<T>>,
    free: Vec<usize>,
    /// Pieces of directories that are being read already: before all else, the oldest first.
    pieces: VecDeque<T>,
    /// Subtrees that one walker walks: the one found last first, since it lies within the others.
    subtrees: Vec<T>,
    /// Work that can be taken.
    ready: usize,
}

/// Directories in order, and tasks that come before them.
#[derive(Debug)]
pub(super) struct WorkQueue<T>(Mutex<List<T>>);

/// What [`WorkQueue::take`] returns.
#[derive(Debug)]
pub(super) enum Work<T> {
    /// A directory or operand that is not open yet.
    Directory(Job),
    /// A piece of a directory that is being read, or a subtree.
    Task(T),
}

impl<T> WorkQueue<T> {
    /// An empty queue.
    pub(super) fn new() -> Self {
        let sentinel = Node {
            before: END,
            after: END,
            ready: None,
        };
        Self(Mutex::new(List {
            nodes: vec![sentinel],
            free: Vec::new(),
            pieces: VecDeque::new(),
            subtrees: Vec::new(),
            ready: 0,
        }))
    }

    /// Ignores that a walker has panicked with the lock: each step leaves the list whole.
    fn lock(&self) -> MutexGuard<'_, List<T>> {
        schedule::point();
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Puts a branch after everything there is. Returns how much work there is.
    pub(super) fn append(&self, branch: Arc<Branch>) -> usize {
        let mut list = self.lock();
        list.add_before(END, branch, None);
        list.ready
    }

    /// Puts a branch of this open directory after everything there is.
    pub(super) fn append_below(&self, branch: Arc<Branch>, above: Arc<Handle>) {
        self.lock().add_before(END, branch, Some(above));
    }

    /// Ends the directory at `slot`; its subdirectories take its slot. Returns how much work there is beside the piece
    /// that the caller takes next, where work was added.
    pub(super) fn finish(&self, slot: Slot, below: Option<(Arc<Branch>, Arc<Handle>)>) -> usize {
        let mut list = self.lock();
        let Some((branch, above)) = below else {
            list.remove(slot.0);
            return 0;
        };
        list.make_ready(slot.0, branch, Some(above));
        list.ready.saturating_sub(1)
    }

    /// Adds subdirectories of the directory at `slot`, which is still being read. Returns how much work there is.
    pub(super) fn insert(&self, slot: Slot, branch: Arc<Branch>, above: Arc<Handle>) -> usize {
        let mut list = self.lock();
        list.add_before(slot.0, branch, Some(above));
        list.ready
    }

    /// A new slot in flight before another one.
    pub(super) fn slot_before(&self, slot: Slot) -> Slot {
        Slot(self.lock().insert_before(slot.0))
    }

    /// Adds a task that comes before all others. Returns how much work there is.
    pub(super) fn push_piece(&self, piece: T) -> usize {
        let mut list = self.lock();
        list.pieces.push_back(piece);
        list.ready += 1;
        list.ready
    }

    /// Adds a task that comes after the pieces and before all directories. Returns how much work there is.
    pub(super) fn push_subtree(&self, subtree: T) -> usize {
        let mut list = self.lock();
        list.subtrees.push(subtree);
        list.ready += 1;
        list.ready
    }

    /// Adds a task that comes after all work before this slot. Returns how much work there is.
    pub(super) fn push_before(&self, slot: Slot, task: T) -> usize {
        let mut list = self.lock();
        let at = list.insert_before(slot.0);
        list.nodes[at].ready = Some(Work::Task(task));
        list.ready += 1;
        list.ready
    }

    /// True where a piece of a directory waits.
    pub(super) fn has_pieces(&self) -> bool {
        !self.lock().pieces.is_empty()
    }

    /// The first work in order.
    pub(super) fn take(&self) -> Option<Work<T>> {
        self.lock().take()
    }

    /// The directory that [`WorkQueue::take`] would return now.
    pub(super) fn first(&self) -> Option<Job> {
        let list = self.lock();
        if !list.pieces.is_empty() {
            return None;
        }
        match &list.nodes[list.first()?].ready {
            Some(Work::Directory(job)) => Some(job.clone()),
            Some(Work::Task(_)) | None => None,
        }
    }

    /// How many times [`WorkQueue::take`] would find work now.
    pub(super) fn len(&self) -> usize {
        self.lock().ready
    }
}

impl<T> List<T> {
    fn add_before(&mut self, after: usize, branch: Arc<Branch>, above: Option<Arc<Handle>>) {
        let at = self.insert_before(after);
        self.make_ready(at, branch, above);
    }

    fn make_ready(&mut self, at: usize, branch: Arc<Branch>, above: Option<Arc<Handle>>) {
        self.ready += branch.len() as usize;
        self.nodes[at].ready = Some(Work::Directory(Job {
            branch,
            index: 0,
            above,
            slot: Slot(at),
        }));
    }

    fn take(&mut self) -> Option<Work<T>> {
        let piece = self.pieces.pop_front();
        let work = match piece.or_else(|| self.subtrees.pop()) {
            Some(task) => Work::Task(task),
            None => self.take_first()?,
        };
        self.ready -= 1;
        Some(work)
    }

    /// A new slot in flight.
    fn insert_before(&mut self, after: usize) -> usize {
        let before = self.nodes[after].before;
        let node = Node {
            before,
            after,
            ready: None,
        };
        let at = match self.free.pop() {
            Some(at) => {
                self.nodes[at] = node;
                at
            }
            None => {
                self.nodes.push(node);
                self.nodes.len() - 1
            }
        };
        self.nodes[before].after = at;
        self.nodes[after].before = at;
        at
    }

    fn remove(&mut self, at: usize) {
        let Node { before, after, .. } = self.nodes[at];
        self.nodes[before].after = after;
        self.nodes[after].before = before;
        self.free.push(at);
    }

    /// The first work in order. The last job of a branch takes over the slot of the branch.
    fn take_first(&mut self) -> Option<Work<T>> {
        let at = self.first()?;
        let Work::Directory(next) = self.nodes[at].ready.as_mut()? else {
            let task = self.nodes[at].ready.take();
            self.remove(at);
            return task;
        };
        if next.index + 1 >= next.branch.len() {
            return self.nodes[at].ready.take();
        }
        let mut job = next.clone();
        next.index += 1;
        job.slot = Slot(self.insert_before(at));
        Some(Work::Directory(job))
    }

    /// The first slot that is ready.
    fn first(&self) -> Option<usize> {
        let mut at = self.nodes[END].after;
        while at != END && self.nodes[at].ready.is_none() {
            at = self.nodes[at].after;
        }
        (at != END).then_some(at)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::count::listing::tests;

    fn branch(names: &[&std::ffi::CStr]) -> Arc<Branch> {
        tests::branch(None, names)
    }

    fn name(job: &Job) -> String {
        String::from_utf8_lossy(job.branch.name(job.index)).into_owned()
    }

    fn take(work_queue: &WorkQueue<()>) -> Job {
        match work_queue.take() {
            Some(Work::Directory(job)) => job,
            other => panic!("expected a job, not {other:?}"),
        }
    }

    #[test]
    fn the_first_in_order_is_taken_wherever_it_was_found() {
        let work_queue = WorkQueue::<()>::new();
        work_queue.append(branch(&[c"a", c"b", c"c"]));
        let (a, b) = (take(&work_queue), take(&work_queue));
        assert_eq!((name(&a).as_str(), name(&b).as_str()), ("a", "b"));
        let handle = Handle::for_tests();
        work_queue.finish(b.slot, Some((branch(&[c"b1", c"b2"]), Arc::clone(&handle))));
        assert_eq!(work_queue.len(), 3);
        assert_eq!(name(&take(&work_queue)), "b1");
        work_queue.finish(a.slot, Some((branch(&[c"a1"]), handle)));
        let rest: Vec<_> = (0..3).map(|_| name(&take(&work_queue))).collect();
        assert_eq!(rest, ["a1", "b2", "c"]);
        assert!(work_queue.take().is_none());
    }

    #[test]
    fn work_that_is_added_is_counted_beside_what_its_walker_takes_next() {
        let work_queue = WorkQueue::<()>::new();
        work_queue.append(branch(&[c"a", c"z"]));
        let (a, handle) = (take(&work_queue), Handle::for_tests());
        let below = |names: &[&std::ffi::CStr]| Some((branch(names), Arc::clone(&handle)));
        assert_eq!(work_queue.finish(a.slot, below(&[c"b"])), 1);
        let b = take(&work_queue);
        assert_eq!(work_queue.finish(b.slot, below(&[c"c", c"d", c"e"])), 3);
        assert_eq!(work_queue.finish(take(&work_queue).slot, None), 0);
        assert_eq!(work_queue.push_piece(()), 4);
        assert_eq!(work_queue.push_subtree(()), 5);
        assert_eq!(work_queue.len(), 5);
    }

    #[test]
    fn a_task_before_a_slot_comes_after_the_directories_there() {
        let work_queue = WorkQueue::<()>::new();
        work_queue.append(branch(&[c"a", c"z"]));
        let a = take(&work_queue);
        work_queue.insert(a.slot, branch(&[c"a1", c"a2"]), Handle::for_tests());
        assert_eq!(work_queue.push_before(a.slot, ()), 4);
        assert_eq!(name(&take(&work_queue)), "a1");
        assert_eq!(name(&take(&work_queue)), "a2");
        assert!(matches!(work_queue.take(), Some(Work::Task(()))));
        assert_eq!(name(&take(&work_queue)), "z");
        assert_eq!(work_queue.len(), 0);
    }

    #[test]
    fn slots_are_used_again() {
        let work_queue = WorkQueue::<()>::new();
        for _ in 0..1000 {
            work_queue.append(branch(&[c"a", c"b"]));
            let (a, b) = (take(&work_queue), take(&work_queue));
            work_queue.finish(a.slot, None);
            work_queue.finish(b.slot, None);
        }
        assert!(work_queue.lock().nodes.len() <= 3);
        assert_eq!(work_queue.len(), 0);
    }
}
