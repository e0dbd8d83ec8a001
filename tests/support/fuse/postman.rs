//! Posts each answer when it is due.

use std::collections::BTreeMap;
use std::os::fd::OwnedFd;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Instant;

use crossbeam_channel::{Receiver, at, never, select};

use super::Counts;

/// An answer and when the kernel is to have it.
pub(super) struct Letter {
    /// When.
    pub(super) due: Instant,
    /// The answer.
    pub(super) bytes: Vec<u8>,
}

/// The thread that writes to the device. It ends, with all that is not yet due, when the server does.
pub(super) struct Postman {
    device: Arc<OwnedFd>,
    counts: Arc<Counts>,
    letters: Receiver<Letter>,
    /// By due time and order of arrival.
    bag: BTreeMap<(Instant, u64), Vec<u8>>,
    serial: u64,
}

impl Postman {
    pub(super) fn new(
        device: Arc<OwnedFd>,
        counts: Arc<Counts>,
        letters: Receiver<Letter>,
    ) -> Self {
        Self {
            device,
            counts,
            letters,
            bag: BTreeMap::new(),
            serial: 0,
        }
    }

    pub(super) fn run(mut self) {
        loop {
            let next = self.bag.first_key_value().map(|((due, _), _)| *due);
            let alarm = next.map_or_else(never, at);
            select! {
                recv(self.letters) -> letter => match letter {
                    Ok(letter) => self.take(letter),
                    Err(_) => return,
                },
                recv(alarm) -> _ => self.post_due(),
            }
        }
    }

    fn take(&mut self, letter: Letter) {
        self.serial += 1;
        self.bag.insert((letter.due, self.serial), letter.bytes);
        self.counts
            .most_at_once
            .fetch_max(self.bag.len(), Ordering::Relaxed);
    }

    fn post_due(&mut self) {
        let now = Instant::now();
        while let Some(first) = self.bag.first_entry()
            && first.key().0 <= now
        {
            // ENOENT: who asked has been interrupted. ENODEV: unmounted. Neither waits for this any more.
            let _ = rustix::io::write(&self.device, &first.remove());
        }
    }
}
