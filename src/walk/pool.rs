//! The threads of the walkers: a rayon pool, which runs each job to its end, in no order.
//!
//! Jobs never wait for each other, never join and never open a scope (see the contract in [`super`]), so that any number
//! of threads makes progress, one included. A job that panics ends alone; the job itself records that.

use rayon::{ThreadPool, ThreadPoolBuilder};

/// Bytes of stack of a walker: its largest item is the buffer of directory entries.
pub(super) const STACK: usize = 256 * 1024;

/// See the module.
#[derive(Debug)]
pub(super) enum Pool {
    Threads(ThreadPool),
    /// Jobs for the threads of a model.
    #[cfg(test)]
    Model(crossbeam_channel::Sender<ModelJob>),
}

#[cfg(test)]
pub(super) type ModelJob = Box<dyn FnOnce() + Send>;

impl Pool {
    /// As many threads as wanted, or as can be had.
    pub(super) fn new(mut threads: usize) -> Option<Self> {
        while threads > 0 {
            let pool = ThreadPoolBuilder::new()
                .num_threads(threads)
                .stack_size(STACK)
                .thread_name(|index| format!("walker {index}"))
                .start_handler(|_| own_credentials())
                // Without a handler rayon would abort the process.
                .panic_handler(drop)
                .build();
            match pool {
                Ok(pool) => return Some(Self::Threads(pool)),
                Err(_) => threads /= 2,
            }
        }
        None
    }

    /// Number of threads.
    pub(super) fn threads(&self) -> usize {
        match self {
            Self::Threads(threads) => threads.current_num_threads(),
            #[cfg(test)]
            Self::Model(_) => 3,
        }
    }

    /// Runs a job on one of the threads.
    pub(super) fn spawn(&self, job: impl FnOnce() + Send + 'static) {
        match self {
            Self::Threads(threads) => threads.spawn(job),
            #[cfg(test)]
            Self::Model(jobs) => drop(jobs.send(Box::new(job))),
        }
    }

    /// Runs a function on a thread beside the pool. Where no thread can be had, drops it and what it holds.
    pub(super) fn spawn_beside(&self, name: &str, body: impl FnOnce() + Send + 'static) {
        match self {
            Self::Threads(_) => spawn_thread(name, body),
            #[cfg(test)]
            Self::Model(_) => self.spawn(body),
        }
    }
}

/// Runs a function on a thread of its own. Where no thread can be had, drops it and what it holds.
pub(super) fn spawn_thread(name: &str, body: impl FnOnce() + Send + 'static) {
    let _ = try_spawn_thread(name, body);
}

/// The same; false where no thread can be had.
pub(super) fn try_spawn_thread(name: &str, body: impl FnOnce() + Send + 'static) -> bool {
    let thread = std::thread::Builder::new().name(name.into());
    thread.stack_size(STACK).spawn(body).is_ok()
}

/// Gives this thread credentials of its own, equal to those that all threads share.
///
/// The kernel counts the open files that refer to credentials in the cache line that it reads for every name it looks
/// up. Where two walkers share one, each `open` and `close` takes it from the other: 0.6 % of the whole time on two
/// processors. Any change makes a copy (`prepare_creds`), also a change to the value that is set already: execve(2) has
/// reset the flag of PR_SET_KEEPCAPS, see prctl(2). Where the call is refused, the credentials stay shared.
fn own_credentials() {
    let _ = rustix::thread::set_keep_capabilities(false);
}
