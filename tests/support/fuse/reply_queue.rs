//! The replies that are not yet due.

use std::collections::BTreeMap;
use std::os::fd::OwnedFd;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Instant;

use crossbeam_channel::{Receiver, at, never, select};

use super::Counts;

/// A reply and the time at which the kernel gets it.
pub(super) struct Reply {
    pub(super) due: Instant,
    pub(super) bytes: Vec<u8>,
}

/// The thread that writes to the device. It ends when the server does, and drops the replies that are not yet due.
pub(super) struct ReplyQueue {
    device: Arc<OwnedFd>,
    counts: Arc<Counts>,
    replies: Receiver<Reply>,
    /// By due time and order of arrival.
    pending: BTreeMap<(Instant, u64), Vec<u8>>,
    serial: u64,
}

impl ReplyQueue {
    pub(super) fn new(device: Arc<OwnedFd>, counts: Arc<Counts>, replies: Receiver<Reply>) -> Self {
        Self {
            device,
            counts,
            replies,
            pending: BTreeMap::new(),
            serial: 0,
        }
    }

    pub(super) fn run(mut self) {
        loop {
            let next = self.pending.first_key_value().map(|((due, _), _)| *due);
            let timer = next.map_or_else(never, at);
            select! {
                recv(self.replies) -> reply => match reply {
                    Ok(reply) => self.add(reply),
                    Err(_) => return,
                },
                recv(timer) -> _ => self.write_due(),
            }
        }
    }

    fn add(&mut self, reply: Reply) {
        self.serial += 1;
        self.pending.insert((reply.due, self.serial), reply.bytes);
        self.counts
            .most_at_once
            .fetch_max(self.pending.len(), Ordering::Relaxed);
    }

    fn write_due(&mut self) {
        let now = Instant::now();
        while let Some(first) = self.pending.first_entry()
            && first.key().0 <= now
        {
            // ENOENT: the request was interrupted. ENODEV: the file system is unmounted. No process waits for this reply.
            let _ = rustix::io::write(&self.device, &first.remove());
        }
    }
}
