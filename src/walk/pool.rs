//! The threads of the walkers: a rayon pool of our own, which runs each task to its end, in no order.
//!
//! Tasks never wait for each other, never join and never spawn scopes (see the contract in [`super`]), so any
//! number of threads does, one included. A task that panics ends alone; it is the task's affair to tell.

use rayon::{ThreadPool, ThreadPoolBuilder};

/// Bytes of stack of a walker: its largest item is the buffer of directory entries.
pub(super) const STACK: usize = 256 * 1024;

/// See the module.
#[derive(Debug)]
pub(super) enum Pool {
    Threads(ThreadPool),
    /// Tasks for the threads of a model.
    #[cfg(test)]
    Model(crossbeam_channel::Sender<Task>),
}

#[cfg(test)]
pub(super) type Task = Box<dyn FnOnce() + Send>;

impl Pool {
    /// As many threads as wanted, or as can be had.
    pub(super) fn new(mut threads: usize) -> Option<Self> {
        while threads > 0 {
            let pool = ThreadPoolBuilder::new()
                .num_threads(threads)
                .stack_size(STACK)
                .thread_name(|index| format!("walker {index}"))
                .start_handler(|_| own_credentials())
                // Without a handler rayon would abort.
                .panic_handler(drop)
                .build();
            match pool {
                Ok(pool) => return Some(Self::Threads(pool)),
                Err(_) => threads /= 2,
            }
        }
        None
    }

    /// How many threads there are.
    pub(super) fn threads(&self) -> usize {
        match self {
            Self::Threads(threads) => threads.current_num_threads(),
            #[cfg(test)]
            Self::Model(_) => 1,
        }
    }

    /// Runs a task on one of the threads, some time.
    pub(super) fn spawn(&self, task: impl FnOnce() + Send + 'static) {
        match self {
            Self::Threads(threads) => threads.spawn(task),
            #[cfg(test)]
            Self::Model(tasks) => drop(tasks.send(Box::new(task))),
        }
    }
}

/// Gives this thread credentials of its own, equal to those that all threads share.
///
/// The kernel counts the open files that refer to credentials in the cache line that it reads for every name it looks
/// up. Where two walkers share one, each `open` and `close` takes it from the other: 0.6 % of the whole time on two
/// processors. Any change makes a copy (`prepare_creds`), be it to what is true already: execve(2) has reset the flag
/// of PR_SET_KEEPCAPS, see prctl(2). Where it is refused, all is as before.
fn own_credentials() {
    let _ = rustix::thread::set_keep_capabilities(false);
}
