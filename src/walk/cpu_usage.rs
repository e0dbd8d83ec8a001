//! Processor time of this process, for the number of tokens: as many as there are processors at first, all of `-j` once
//! the processors are idle.
//!
//! While everything is in memory, more walkers than processors only cost: their stacks, their heaps, their switches.
//! While a disk or a network has to answer, twenty requests at a time are answered nearly as fast as one. The time that
//! the process has spent on processors tells the two apart. The first directories, which the main thread walks before
//! the pool starts, are measured as well.

use std::time::{Duration, Instant};

use rustix::thread::sched_getaffinity;
use rustix::time::{ClockId, DynamicClockId, clock_gettime_dynamic};

/// Processors are idle when less than this part of their time was spent (in per cent).
const BUSY: u32 = 60;

/// The processor time that was spent since a moment.
#[derive(Debug)]
pub struct CpuUsage {
    since: Instant,
    /// Processor time of this process at that moment.
    spent: Duration,
    /// Processor time since that moment that was spent before a fork.
    before_fork: Duration,
}

impl CpuUsage {
    /// Begins to measure.
    #[must_use]
    pub fn start() -> Self {
        Self {
            since: Instant::now(),
            spent: processor_time(),
            before_fork: Duration::ZERO,
        }
    }

    /// Calls `fork`, and leaves its time out. It may return in a child process, whose processor time begins at zero.
    pub fn across(&mut self, fork: impl FnOnce()) {
        let now = Self::start();
        self.before_fork += now.spent.saturating_sub(self.spent);
        fork();
        self.spent = processor_time();
        self.since += now.since.elapsed();
    }

    /// How long this has been measured.
    pub(super) fn age(&self) -> Duration {
        self.since.elapsed()
    }

    /// True where so many processors were idle for a good part of the measured time. Begins to measure anew.
    pub(super) fn was_idle(&mut self, processors: usize) -> bool {
        let now = Self::start();
        let processors = u32::try_from(processors).unwrap_or(u32::MAX);
        let available = (now.since - self.since).saturating_mul(processors);
        let used = self.before_fork + now.spent.saturating_sub(self.spent);
        *self = now;
        used * 100 < available.saturating_mul(BUSY)
    }
}

/// Processor time of the whole process (clock_gettime(2), `CLOCK_PROCESS_CPUTIME_ID`). Zero where the kernel refuses the
/// call: then all tokens are issued.
fn processor_time() -> Duration {
    let clock = DynamicClockId::Known(ClockId::ProcessCPUTime);
    let time = clock_gettime_dynamic(clock).ok();
    time.and_then(|time| Duration::try_from(time).ok())
        .unwrap_or_default()
}

/// Processors that this process may run on (sched_getaffinity(2)). std's answer reads the files of cgroups as well; a
/// share of a processor's time shows in the measured usage soon enough.
pub(super) fn processors() -> usize {
    let set = sched_getaffinity(None);
    set.map_or(1, |set| set.count().max(1) as usize)
}
