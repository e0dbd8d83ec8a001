//! A FUSE file system that is slow, broken or endless on purpose, over `/dev/fuse` without libfuse.
//!
//! `benches/compare` and `examples/slow_fuse.rs` use it too, so it imports nothing from outside of its folder.
//!
//! ```text
//! let root = Node::dir("", vec![Node::file("a"), Node::file("b").failing(Op::Lookup, Errno::IO)]);
//! let Ok(fuse) = Fuse::mount(&mount_point, root, &Options::default()) else { skip };
//! ```
//!
//! Two threads serve it. The server reads the requests in order and computes each reply at once; the reply queue writes
//! each reply when it is due. So any number of simultaneous requests takes one delay, as on a distant server, and there is
//! no lock. A request that hangs gets no reply.
//!
//! ```text
//! kernel ── /dev/fuse ──► server (owns the nodes) ══ Reply ══► reply queue (owns the clock) ── /dev/fuse ──► kernel
//! ```
//!
//! Mounting needs root and `/dev/fuse`; a test that gets an error here skips. Dropping the [`Fuse`] closes the device,
//! which ends every request that still hangs with ECONNABORTED, and unmounts lazily. A process that was killed meanwhile
//! leaves a dead mount (ENOTCONN), which `umount -l` removes.

#![allow(dead_code, reason = "each test and bench uses its part")]

mod reply_queue;
mod server;
mod tree;
mod wire;

use std::ffi::CString;
use std::fs;
use std::io::{self, PipeWriter};
use std::os::fd::{AsRawFd as _, OwnedFd};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

use rustix::mount::{MountFlags, UnmountFlags};

use reply_queue::ReplyQueue;
use server::Server;

#[allow(unused_imports, reason = "each test and bench uses its part")]
pub(crate) use tree::{Action, Attr, Fault, Ino, Kind, Listing, Node, Op};

/// How the file system behaves as a whole.
#[derive(Clone, Default)]
pub(crate) struct Options {
    /// From a request to its answer.
    pub(crate) delay: Duration,
    /// How long the kernel may keep that a name is there; with 0 every step of every path is a LOOKUP.
    pub(crate) entry_valid: Duration,
    /// How long the kernel may keep attributes; with 0 a stat is a GETATTR even right after its LOOKUP.
    pub(crate) attr_valid: Duration,
    /// The only user who may use it (a mount without `allow_other`); everybody where there is none.
    pub(crate) user: Option<u32>,
}

/// Counts of the requests since mounting.
#[derive(Default)]
struct Counts {
    requests: AtomicUsize,
    most_at_once: AtomicUsize,
}

/// A mounted file system; unmounted when dropped.
pub(crate) struct Fuse {
    at: PathBuf,
    counts: Arc<Counts>,
    /// Closed, it ends the server.
    stop: Option<PipeWriter>,
    threads: Vec<JoinHandle<()>>,
}

impl Fuse {
    /// Mounts `root` at the directory `at`, or at the file `at` where `root` is one. An error means that this machine or
    /// user cannot.
    pub(crate) fn mount(at: &Path, root: Node, options: &Options) -> io::Result<Self> {
        let device: OwnedFd = fs::File::options()
            .read(true)
            .write(true)
            .open("/dev/fuse")?
            .into();
        rustix::io::ioctl_fionbio(&device, true)?;
        let fd = device.as_raw_fd();
        let data = match options.user {
            None => "user_id=0,group_id=0,allow_other".to_owned(),
            Some(user) => format!("user_id={user},group_id={user}"),
        };
        let mode = root.mode();
        let data = format!("fd={fd},rootmode={mode:o},{data}");
        let flags = MountFlags::NOSUID | MountFlags::NODEV;
        rustix::mount::mount("pdu-test", at, "fuse", flags, &*CString::new(data)?)?;
        let (stopped, stop) = io::pipe()?;
        let (device, counts) = (Arc::new(device), Arc::new(Counts::default()));
        let (sender, receiver) = crossbeam_channel::unbounded();
        let queue = ReplyQueue::new(Arc::clone(&device), Arc::clone(&counts), receiver);
        let server = Server::new(device, root, options.clone(), Arc::clone(&counts), sender);
        let threads = vec![
            std::thread::spawn(move || queue.run()),
            std::thread::spawn(move || server.run(&stopped)),
        ];
        Ok(Self {
            at: at.into(),
            counts,
            stop: Some(stop),
            threads,
        })
    }

    /// Where it is mounted.
    pub(crate) fn path(&self) -> &Path {
        &self.at
    }

    /// How many requests have come, forgets not counted.
    pub(crate) fn requests(&self) -> usize {
        self.counts.requests.load(Ordering::Relaxed)
    }

    /// The greatest number of requests that waited for their answers at the same time; those that hang are not among
    /// them.
    pub(crate) fn most_at_once(&self) -> usize {
        self.counts.most_at_once.load(Ordering::Relaxed)
    }
}

impl Drop for Fuse {
    fn drop(&mut self) {
        drop(self.stop.take());
        for thread in self.threads.drain(..) {
            // A panic there has been reported by its own thread.
            let _ = thread.join();
        }
        // With the last fd of the device closed the connection is dead: nothing can hang here.
        let _ = rustix::mount::unmount(&self.at, UnmountFlags::DETACH);
    }
}
