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
//! wait.

#![expect(clippy::disallowed_types, reason = "no channel keeps this order")]

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::handle::Handle;
use crate::listing::Branch;

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
}

/// Work of two kinds: directories in order, and urgent parts of directories that are being read already.
#[derive(Debug)]
pub(super) struct Agenda<U>(Mutex<List<U>>);

/// A directory by its place, and the open one that holds it.
type First = ((Arc<Branch>, u32), Option<Arc<Handle>>);

/// What [`Agenda::take`] hands out.
#[derive(Debug)]
pub(super) enum Work<U> {
    /// A directory or operand nobody has opened yet.
    Walk(Job),
    /// A part of one that somebody is reading.
    Urgent(U),
}

impl<U> Agenda<U> {
    /// An empty agenda.
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
        }))
    }

    /// A walker that panicked held no lock that matters: each step leaves the list whole.
    fn lock(&self) -> MutexGuard<'_, List<U>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Puts a branch after everything there is.
    pub(super) fn append(&self, branch: Arc<Branch>) {
        let mut list = self.lock();
        list.insert_before(END, State::ready(branch, None));
    }

    /// The directory at `slot` is read: its subdirectories take its place, or nothing does.
    pub(super) fn finish(&self, slot: Slot, below: Option<(Arc<Branch>, Arc<Handle>)>) {
        let mut list = self.lock();
        match below {
            Some((branch, above)) => list.nodes[slot.0].state = State::ready(branch, Some(above)),
            None => list.remove(slot.0),
        }
    }

    /// Subdirectories of the directory at `slot`, which is still being read.
    pub(super) fn insert(&self, slot: Slot, branch: Arc<Branch>, above: Arc<Handle>) {
        let mut list = self.lock();
        list.insert_before(slot.0, State::ready(branch, Some(above)));
    }

    /// A place in flight before another one.
    pub(super) fn place_before(&self, slot: Slot) -> Slot {
        Slot(self.lock().insert_before(slot.0, State::InFlight))
    }

    /// Work that comes before all directories.
    pub(super) fn push_urgent(&self, work: U) {
        self.lock().urgent.push_back(work);
    }

    /// The first work there is.
    pub(super) fn take(&self) -> Option<Work<U>> {
        let mut list = self.lock();
        if let Some(work) = list.urgent.pop_front() {
            return Some(Work::Urgent(work));
        }
        list.take_first().map(Work::Walk)
    }

    /// The directory that [`Agenda::take`] would hand out now, and the one above it.
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

    /// How many times [`Agenda::take`] would find work now.
    pub(super) fn len(&self) -> usize {
        let list = self.lock();
        let mut sum = list.urgent.len();
        let mut at = list.nodes[END].after;
        while at != END {
            if let State::Ready { branch, next, .. } = &list.nodes[at].state {
                sum += (branch.len() - next) as usize;
            }
            at = list.nodes[at].after;
        }
        sum
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
    use crate::listing::Names;
    use crate::usage::Inode;

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

    fn take(agenda: &Agenda<()>) -> Job {
        match agenda.take() {
            Some(Work::Walk(job)) => job,
            other => panic!("expected a job, not {other:?}"),
        }
    }

    #[test]
    fn the_first_in_order_is_taken_wherever_it_was_found() {
        let agenda = Agenda::<()>::new();
        agenda.append(branch(&[c"a", c"b", c"c"]));
        let (a, b) = (take(&agenda), take(&agenda));
        assert_eq!((name(&a).as_str(), name(&b).as_str()), ("a", "b"));
        let handle = Handle::for_tests();
        agenda.finish(b.slot, Some((branch(&[c"b1", c"b2"]), Arc::clone(&handle))));
        assert_eq!(agenda.len(), 3);
        assert_eq!(name(&take(&agenda)), "b1");
        agenda.finish(a.slot, Some((branch(&[c"a1"]), handle)));
        let rest: Vec<_> = (0..3).map(|_| name(&take(&agenda))).collect();
        assert_eq!(rest, ["a1", "b2", "c"]);
        assert!(agenda.take().is_none());
    }

    #[test]
    fn places_are_used_again() {
        let agenda = Agenda::<()>::new();
        for _ in 0..1000 {
            agenda.append(branch(&[c"a", c"b"]));
            let (a, b) = (take(&agenda), take(&agenda));
            agenda.finish(a.slot, None);
            agenda.finish(b.slot, None);
        }
        assert!(agenda.lock().nodes.len() <= 3);
        assert_eq!(agenda.len(), 0);
    }
}
