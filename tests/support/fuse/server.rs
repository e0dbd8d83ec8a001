//! Answers the kernel's requests, one after the other.

use std::collections::{HashMap, HashSet};
use std::io::PipeReader;
use std::os::fd::OwnedFd;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use crossbeam_channel::Sender;
use rustix::event::{PollFd, PollFlags, poll};
use rustix::io::Errno;

use super::reply_queue::Reply;
use super::tree::{Action, Fault, Ino, Node, Op};
use super::wire::{self, Answer, Request};
use super::{Counts, Options};

/// The kernel's number for the root.
const ROOT: u64 = 1;

/// A node whose number the kernel knows. It is never freed: trees of tests are small enough.
struct Known {
    node: Arc<Node>,
    /// The inode number that replies carry.
    ino: u64,
    /// How often each of its faults was triggered.
    triggered: Vec<u32>,
}

impl Known {
    /// The offset at which the next fault of the listing is triggered.
    fn stop(&self) -> u64 {
        let due = |(fault, triggered): &(&Fault, &u32)| **triggered < fault.times;
        let faults = self.node.faults.iter().zip(&self.triggered).filter(due);
        let stops = faults.filter_map(|(fault, _)| match fault.op {
            Op::ReaddirAfter(entries) => Some(entries.saturating_add(2)),
            _ => None,
        });
        stops.min().unwrap_or(u64::MAX)
    }
}

/// The thread that reads from the device.
pub(super) struct Server {
    device: Arc<OwnedFd>,
    options: Options,
    counts: Arc<Counts>,
    replies: Sender<Reply>,
    /// By node number, less one.
    known: Vec<Known>,
    numbers: HashMap<(u64, String), u64>,
    /// Requests that are answered when a signal interrupts them.
    interruptible: HashSet<u64>,
}

impl Server {
    pub(super) fn new(
        device: Arc<OwnedFd>,
        root: Node,
        options: Options,
        counts: Arc<Counts>,
        replies: Sender<Reply>,
    ) -> Self {
        let triggered = vec![0; root.faults.len()];
        let known = vec![Known {
            node: Arc::new(root),
            ino: ROOT,
            triggered,
        }];
        let (numbers, interruptible) = (HashMap::new(), HashSet::new());
        Self {
            device,
            options,
            counts,
            replies,
            known,
            numbers,
            interruptible,
        }
    }

    /// Serves until the other end of `stopped` is closed or the file system unmounted.
    pub(super) fn run(mut self, stopped: &PipeReader) {
        let mut buffer = vec![0; 64 * 1024];
        loop {
            let mut fds = [
                PollFd::new(&self.device, PollFlags::IN),
                PollFd::new(stopped, PollFlags::IN),
            ];
            match poll(&mut fds, None) {
                Ok(_) if !fds[1].revents().is_empty() => return,
                Ok(_) | Err(Errno::INTR) => {}
                Err(_) => return,
            }
            match rustix::io::read(&self.device, &mut buffer[..]) {
                Ok(length) => self.serve(&buffer[..length]),
                // ENOENT: the request was interrupted while it was read.
                Err(Errno::INTR | Errno::AGAIN | Errno::NOENT) => {}
                Err(_) => return,
            }
        }
    }

    fn serve(&mut self, bytes: &[u8]) {
        let Some(request) = Request::parse(bytes) else {
            return;
        };
        let answer = match request.opcode {
            wire::FORGET | wire::BATCH_FORGET => return,
            wire::INTERRUPT => self.interrupt(request.u64_at(0)),
            _ => {
                self.counts.requests.fetch_add(1, Ordering::Relaxed);
                self.answer(&request)
            }
        };
        if let Some(answer) = answer {
            let at_once = matches!(request.opcode, wire::INIT | wire::INTERRUPT);
            let delay = if at_once {
                Duration::ZERO
            } else {
                self.options.delay
            };
            // The queue ends only when the device is closed; then no process waits.
            let _ = self.replies.send(Reply {
                due: Instant::now() + delay,
                bytes: answer.into_bytes(),
            });
        }
    }

    fn answer(&mut self, request: &Request<'_>) -> Option<Answer> {
        match request.opcode {
            wire::LOOKUP => self.lookup(request),
            wire::GETATTR => self.unless_fault(request, request.node, Op::Getattr, Self::getattr),
            // Without an answer of its own: see below.
            wire::ACCESS if self.has_fault(request.node, Op::Access) => {
                self.unless_fault(request, request.node, Op::Access, |_, _, _| {})
            }
            wire::OPENDIR => {
                self.unless_fault(request, request.node, Op::Opendir, |_, _, answer| {
                    // file handle, flags, padding
                    answer.u64(0).u32(0).u32(0);
                })
            }
            wire::READDIR => {
                let op = Op::ReaddirAfter(request.u64_at(8).saturating_sub(2));
                self.unless_fault(request, request.node, op, Self::readdir)
            }
            wire::INIT => Some(self.fill(request, |_, request, answer| {
                answer.init(request.u32_at(12))
            })),
            wire::STATFS => self.unless_fault(request, request.node, Op::Statfs, |_, _, answer| {
                answer.statfs();
            }),
            wire::RELEASEDIR | wire::DESTROY => Some(Answer::empty(request.unique)),
            // ACCESS, STATX, GETXATTR, ...: the kernel works without these, and does not send them again.
            _ => Some(Answer::error(request.unique, Errno::NOSYS)),
        }
    }

    fn fill(
        &mut self,
        request: &Request<'_>,
        write: impl FnOnce(&mut Self, &Request<'_>, &mut Answer),
    ) -> Answer {
        let mut answer = Answer::empty(request.unique);
        write(self, request, &mut answer);
        answer
    }

    /// The answer that `write` gives, or the one of a fault of `node`.
    fn unless_fault(
        &mut self,
        request: &Request<'_>,
        node: u64,
        op: Op,
        write: impl FnOnce(&mut Self, &Request<'_>, &mut Answer),
    ) -> Option<Answer> {
        match self.fault(node, op) {
            None => Some(self.fill(request, write)),
            Some(Action::Fail(errno)) => Some(Answer::error(request.unique, errno)),
            Some(Action::Hang) => None,
            Some(Action::HangUntilSignal) => {
                self.interruptible.insert(request.unique);
                None
            }
        }
    }

    fn has_fault(&self, node: u64, op: Op) -> bool {
        let faults = &self.known(node).node.faults;
        faults.iter().any(|fault| fault.op == op)
    }

    fn fault(&mut self, node: u64, op: Op) -> Option<Action> {
        let known = &mut self.known[node as usize - 1];
        let faults = known.node.faults.iter().zip(&mut known.triggered);
        let mut due =
            faults.filter(|(fault, triggered)| hits(fault.op, op) && **triggered < fault.times);
        let (fault, triggered) = due.next()?;
        *triggered = triggered.saturating_add(1).min(u32::MAX - 1);
        Some(fault.action)
    }

    fn interrupt(&mut self, unique: u64) -> Option<Answer> {
        self.interruptible
            .remove(&unique)
            .then(|| Answer::error(unique, Errno::INTR))
    }

    fn lookup(&mut self, request: &Request<'_>) -> Option<Answer> {
        let Some(number) = request
            .name()
            .and_then(|name| self.number(request.node, name))
        else {
            return Some(Answer::error(request.unique, Errno::NOENT));
        };
        self.unless_fault(request, number, Op::Lookup, |server, _, answer| {
            let Options {
                entry_valid,
                attr_valid,
                ..
            } = server.options;
            // node, generation, how long name and attributes are valid
            answer
                .u64(number)
                .u64(0)
                .u64(entry_valid.as_secs())
                .u64(attr_valid.as_secs());
            answer
                .u32(entry_valid.subsec_nanos())
                .u32(attr_valid.subsec_nanos());
            server.attr(number, answer);
        })
    }

    fn getattr(&mut self, request: &Request<'_>, answer: &mut Answer) {
        let valid = self.options.attr_valid;
        answer.u64(valid.as_secs()).u32(valid.subsec_nanos()).u32(0);
        self.attr(request.node, answer);
    }

    fn attr(&self, number: u64, answer: &mut Answer) {
        let known = self.known(number);
        answer.attr(known.ino, known.node.mode(), &known.node.attr);
    }

    fn known(&self, number: u64) -> &Known {
        &self.known[number as usize - 1]
    }

    /// Offsets 0 and 1 are `.` and `..`; entry N has offset N + 2.
    fn readdir(&mut self, request: &Request<'_>, answer: &mut Answer) {
        let room = request.u32_at(16) as usize;
        let dir = self.known(request.node);
        let (node, own) = (Arc::clone(&dir.node), dir.ino);
        for offset in request.u64_at(8)..dir.stop() {
            let fits = match offset {
                0 => answer.dirent(room, own, 1, 4, "."),
                1 => answer.dirent(room, own, 2, 4, ".."),
                _ => {
                    let Some(entry) = node.entry(offset - 2) else {
                        return;
                    };
                    let number = self.number(request.node, &entry.name);
                    let ino = number.map_or(u64::MAX, |number| self.known(number).ino);
                    let next = node.offset_after(offset);
                    answer.dirent(room, ino, next, entry.d_type(), &entry.name)
                }
            };
            if !fits {
                return;
            }
        }
    }

    /// The number of the node `name` in `parent`; assigns one if it has none yet.
    fn number(&mut self, parent: u64, name: &str) -> Option<u64> {
        let key = (parent, name.to_owned());
        if let Some(number) = self.numbers.get(&key) {
            return Some(*number);
        }
        let dir = self.known(parent);
        let node = dir.node.find(name)?;
        let number = self.known.len() as u64 + 1;
        let ino = reported_ino(&node, dir.ino, number);
        let triggered = vec![0; node.faults.len()];
        self.known.push(Known {
            node,
            ino,
            triggered,
        });
        self.numbers.insert(key, number);
        Some(number)
    }
}

/// Whether a request for `op` triggers a fault at `fault`.
fn hits(fault: Op, op: Op) -> bool {
    match (fault, op) {
        (Op::ReaddirAfter(entries), Op::ReaddirAfter(offset)) => offset >= entries,
        _ => fault == op,
    }
}

fn reported_ino(node: &Node, parent: u64, number: u64) -> u64 {
    match node.attr.ino {
        Ino::Own => number,
        Ino::Parent => parent,
        Ino::Given(ino) => ino,
    }
}
