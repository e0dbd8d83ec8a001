//! What is still to be walked, in the order in which a lone walker would come to it.
//!
//! Walkers take the first work in order, wherever it was found. So what is finished early is little, and little
//! has to wait for its turn in `order`: memory follows the number of walkers, not the size of the tree.
//!
//! ```text
//!   head ─► [in flight: a/b] ─► [a: c d e] ─► [in flight: f] ─► [command line: g h]
//!                                 ▲ the next job is a/c
//! ```
//!
//! A job that is taken leaves a place in the list; when its directory turns out to have subdirectories, they
//! take that place. Each step is constant time, but for the places in flight that are skipped at the head: no more
//! than there are walkers.
//!
//! The list is shared by all walkers under a mutex: two short critical sections a directory. A channel cannot
//! keep the order, and rayon's own deques hand thieves the *last* subtree in order, which made half of the tree
//! wait. The same mutex counts the walkers: who finds no work has left when the lock opens, and who adds work
//! learns there how many walkers to call, so that no work is left behind with nobody to do it.

#![expect(clippy::disallowed_types, reason = "no channel keeps this order")]

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::fd_budget::Handle;
use crate::count::listing::Branch;
use crate::sys::schedule;

/// A subdirectory (or operand) to be walked.
#[derive(Debug)]
pub(super) struct Job {
    /// Who announced it.
    pub(super) branch: Arc<Branch>,
    /// Its place there.
    pub(super) index: u32,
    /// The open directory that holds it; none for operands.
    pub(super) above: Option<Arc<Handle>>,
    /// Its place in the order.
    pub(super) slot: Slot,
}

/// A place in the order of work.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Slot(usize);

#[derive(Debug)]
enum State {
    InFlight,
    Ready {
        branch: Arc<Branch>,
        above: Option<Arc<Handle>>,
        next: u32,
    },
}

#[derive(Debug)]
struct Node {
    before: usize,
    after: usize,
    state: State,
}

/// Index of the sentinel: before the first and after the last.
const END: usize = 0;

#[derive(Debug)]
struct List<U> {
    nodes: Vec<Node>,
    free: Vec<usize>,
    urgent: VecDeque<U>,
    /// Subtrees that are walked by one walker: the one found last first, since it lies within the others.
    alone: Vec<U>,
    /// Work that can be taken.
    ready: usize,
    /// Walkers at work.
    walkers: usize,
    /// Walkers that there may be; none while the main thread is alone.
    most: usize,
}

/// Work of two kinds: directories in order, and urgent parts of directories that are being read already.
#[derive(Debug)]
pub(super) struct WorkQueue<U>(Mutex<List<U>>);

/// A directory by its place, and the open one that holds it.
type First = ((Arc<Branch>, u32), Option<Arc<Handle>>);

/// What [`WorkQueue::take`] hands out.
#[derive(Debug)]
pub(super) enum Work<U> {
    /// A directory or operand nobody has opened yet.
    Walk(Job),
    /// A part of one that somebody is reading.
    Urgent(U),
}

impl<U> WorkQueue<U> {
    /// An empty work_queue.
    pub(super) fn new() -> Self {
        let sentinel = Node {
            before: END,
            after: END,
            state: State::InFlight,
        };
        Self(Mutex::new(List {
            nodes: vec![sentinel],
            free: Vec::new(),
            urgent: VecDeque::new(),
            alone: Vec::new(),
            ready: 0,
            walkers: 0,
            most: 0,
        }))
    }

    /// A walker that panicked held no lock that matters: each step leaves the list whole.
    fn lock(&self) -> MutexGuard<'_, List<U>> {
        schedule::point();
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Puts a branch after everything there is.
    pub(super) fn append(&self, branch: Arc<Branch>) {
        self.lock().add_before(END, branch, None);
    }

    /// The directory at `slot` is read: its subdirectories take its place, or nothing does. Returns the number of
    /// walkers to be called beside the caller, who will take work next.
    pub(super) fn finish(&self, slot: Slot, below: Option<(Arc<Branch>, Arc<Handle>)>) -> usize {
        let mut list = self.lock();
        let Some((branch, above)) = below else {
            list.remove(slot.0);
            return 0;
        };
        list.ready += branch.len() as usize;
        list.nodes[slot.0].state = State::ready(branch, Some(above));
        list.call(1)
    }

    /// Subdirectories of the directory at `slot`, which is still being read. Returns the number of walkers to be
    /// called.
    pub(super) fn insert(&self, slot: Slot, branch: Arc<Branch>, above: Arc<Handle>) -> usize {
        let mut list = self.lock();
        list.add_before(slot.0, branch, Some(above));
        list.call(0)
    }

    /// A place in flight before another one.
    pub(super) fn place_before(&self, slot: Slot) -> Slot {
        Slot(self.lock().insert_before(slot.0, State::InFlight))
    }

    /// Work that comes before all directories. Returns the number of walkers to be called.
    pub(super) fn push_urgent(&self, work: U) -> usize {
        let mut list = self.lock();
        list.urgent.push_back(work);
        list.ready += 1;
        list.call(0)
    }

    /// Allows `most` walkers. Returns the number of those to be called.
    pub(super) fn allow(&self, most: usize) -> usize {
        let mut list = self.lock();
        list.most = most;
        list.call(0)
    }

    /// Work that comes after what is urgent, and before all directories. Returns the number of walkers to be called.
    pub(super) fn push_alone(&self, work: U) -> usize {
        let mut list = self.lock();
        list.alone.push(work);
        list.ready += 1;
        list.call(0)
    }

    /// True where there is urgent work.
    pub(super) fn is_urgent(&self) -> bool {
        !self.lock().urgent.is_empty()
    }

    /// The first work there is.
    pub(super) fn take(&self) -> Option<Work<U>> {
        self.lock().take()
    }

    /// The first work there is, for a walker that was called; where there is none, it has left.
    pub(super) fn take_or_leave(&self) -> Option<Work<U>> {
        let mut list = self.lock();
        let work = list.take();
        if work.is_none() {
            list.walkers -= 1;
        }
        work
    }

    /// The directory that [`WorkQueue::take`] would hand out now, and the one above it.
    pub(super) fn first(&self) -> Option<First> {
        let list = self.lock();
        if !list.urgent.is_empty() {
            return None;
        }
        match &list.nodes[list.first()?].state {
            State::Ready {
                branch,
                above,
                next,
            } => Some(((Arc::clone(branch), *next), above.clone())),
            State::InFlight => None,
        }
    }

    /// How many times [`WorkQueue::take`] would find work now.
    pub(super) fn len(&self) -> usize {
        self.lock().ready
    }
}

impl State {
    fn ready(branch: Arc<Branch>, above: Option<Arc<Handle>>) -> Self {
        Self::Ready {
            branch,
            above,
            next: 0,
        }
    }
}

impl<U> List<U> {
    /// Counts in as many walkers as there is work for, beside the `taken` that the caller will do.
    fn call(&mut self, taken: usize) -> usize {
        let room = self.most.saturating_sub(self.walkers);
        let called = self.ready.saturating_sub(taken).min(room);
        self.walkers += called;
        called
    }

    fn add_before(&mut self, after: usize, branch: Arc<Branch>, above: Option<Arc<Handle>>) {
        self.ready += branch.len() as usize;
        self.insert_before(after, State::ready(branch, above));
    }

    fn take(&mut self) -> Option<Work<U>> {
        let urgent = self.urgent.pop_front();
        let work = match urgent.or_else(|| self.alone.pop()) {
            Some(work) => Work::Urgent(work),
            None => Work::Walk(self.take_first()?),
        };
        self.ready -= 1;
        Some(work)
    }

    fn insert_before(&mut self, after: usize, state: State) -> usize {
        let before = self.nodes[after].before;
        let node = Node {
            before,
            after,
            state,
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
        self.nodes[at].state = State::InFlight;
        self.free.push(at);
    }

    fn take_first(&mut self) -> Option<Job> {
        let at = self.first()?;
        Some(self.take_from(at))
    }

    /// The first place that is ready.
    fn first(&self) -> Option<usize> {
        let mut at = self.nodes[END].after;
        while at != END {
            if let State::Ready { .. } = self.nodes[at].state {
                return Some(at);
            }
            at = self.nodes[at].after;
        }
        None
    }

    /// The next job of a branch that has one. The last one inherits the branch's own place in the list.
    fn take_from(&mut self, at: usize) -> Job {
        let state = std::mem::replace(&mut self.nodes[at].state, State::InFlight);
        let State::Ready {
            branch,
            above,
            next,
        } = state
        else {
            unreachable!("only places that are ready are taken from");
        };
        if next + 1 >= branch.len() {
            return Job {
                branch,
                index: next,
                above,
                slot: Slot(at),
            };
        }
        let slot = Slot(self.insert_before(at, State::InFlight));
        let job = Job {
            branch: Arc::clone(&branch),
            index: next,
            above: above.clone(),
            slot,
        };
        self.nodes[at].state = State::Ready {
            branch,
            above,
            next: next + 1,
        };
        job
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::count::listing::Names;
    use crate::count::usage::Inode;

    fn branch(names: &[&std::ffi::CStr]) -> Arc<Branch> {
        let mut list = Names::default();
        for name in names {
            list.push(name);
        }
        Arc::new(Branch {
            parent: None,
            inode: Inode {
                device: 0,
                number: 0,
            },
            child_depth: 0,
            device: 0,
            operand: 0,
            may_cycle: false,
            first_key: 0,
            fold: None,
            group: 0,
            names: list,
        })
    }

    fn name(job: &Job) -> String {
        String::from_utf8_lossy(job.branch.name(job.index)).into_owned()
    }

    fn take(work_queue: &WorkQueue<()>) -> Job {
        match work_queue.take() {
            Some(Work::Walk(job)) => job,
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
    fn walkers_are_called_for_work_and_leave_without() {
        let work_queue = WorkQueue::<()>::new();
        work_queue.append(branch(&[c"a", c"b", c"c"]));
        assert_eq!(work_queue.push_urgent(()), 0, "the main thread is alone");
        assert_eq!(work_queue.allow(2), 2);
        assert_eq!(work_queue.push_urgent(()), 0, "both are at work");
        assert_eq!(work_queue.allow(9), 5, "one for each piece of work");
        assert!((0..5).all(|_| work_queue.take_or_leave().is_some()));
        assert!((0..7).all(|_| work_queue.take_or_leave().is_none()));
        assert_eq!(work_queue.push_urgent(()), 1, "all had left");
    }

    #[test]
    fn a_walker_goes_on_by_itself_with_one_subdirectory() {
        let work_queue = WorkQueue::<()>::new();
        work_queue.append(branch(&[c"a"]));
        assert_eq!(work_queue.allow(20), 1);
        let (a, handle) = (take(&work_queue), Handle::for_tests());
        let below = |names: &[&std::ffi::CStr]| Some((branch(names), Arc::clone(&handle)));
        assert_eq!(work_queue.finish(a.slot, below(&[c"b"])), 0);
        let b = take(&work_queue);
        assert_eq!(work_queue.finish(b.slot, below(&[c"c", c"d", c"e"])), 2);
    }

    #[test]
    fn places_are_used_again() {
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
