//! How many walkers walk at a time: as many as there are processors, and all of them where those wait.
//!
//! While everything is in memory, more walkers than processors only cost: their stacks and heaps, and the turns
//! that they take. While a disk or a network has to answer, twenty requests at a time are answered nearly as fast
//! as one. So the walk begins with a walker for each processor, and looks at the time that the process spent on
//! them: where it was idle for a good part, all walkers are let loose. What the first directories took tells it
//! before the first walker is called.

use std::sync::Weak;
use std::time::{Duration, Instant};

use rustix::thread::sched_getaffinity;
use rustix::time::{ClockId, DynamicClockId, clock_gettime_dynamic};

use super::Shared;
use crate::sys::schedule;

/// Time between two looks.
const LOOK: Duration = Duration::from_millis(20);

/// Processors are idle when less than this part of their time was spent (in per cent).
const BUSY: u32 = 60;

/// The time spent on processors since a moment ago.
#[derive(Debug)]
pub struct Load {
    since: Instant,
    spent: Duration,
    /// Spent in the process that this one was split off.
    before: Duration,
}

/// The walkers of a walk.
#[derive(Debug)]
pub struct Crew {
    walk: Weak<Shared>,
    load: Load,
    /// Walkers that there are.
    all: usize,
    /// Processors that the walkers at work can keep busy.
    processors: u32,
    /// Walkers may still be kept back.
    holds_back: bool,
}

impl Load {
    /// Begins to measure.
    #[must_use]
    pub fn start() -> Self {
        Self {
            since: Instant::now(),
            spent: spent(),
            before: Duration::ZERO,
        }
    }

    /// Measures on, but for what is done here, which may put us in another process, whose time begins anew.
    pub fn across(&mut self, split: impl FnOnce()) {
        let now = Self::start();
        self.before += now.spent.saturating_sub(self.spent);
        split();
        self.spent = spent();
        self.since += now.since.elapsed();
    }

    /// Whether so many processors were idle since the last time, a good part of it.
    fn was_idle(&mut self, processors: u32) -> bool {
        let now = Self::start();
        let available = (now.since - self.since) * processors;
        let used = self.before + now.spent.saturating_sub(self.spent);
        *self = now;
        used * 100 < available * BUSY
    }
}

/// Processor time of the whole process (clock_gettime(2), `CLOCK_PROCESS_CPUTIME_ID`). None where the kernel does not
/// tell: then all walkers are called.
fn spent() -> Duration {
    let clock = DynamicClockId::Known(ClockId::ProcessCPUTime);
    let time = clock_gettime_dynamic(clock).ok();
    time.and_then(|time| Duration::try_from(time).ok())
        .unwrap_or_default()
}

/// Processors that this process may run on (sched_getaffinity(2)). Not std's answer, which reads the files of
/// cgroups: a share of a processor's time is told by the load soon enough.
fn processors() -> usize {
    let set = sched_getaffinity(None);
    set.map_or(1, |set| set.count().max(1) as usize)
}

impl Crew {
    /// Calls the first walkers; `load` is that of a lone one so far.
    pub(super) fn call(walk: Weak<Shared>, all: usize, mut load: Load) -> Self {
        let processors = processors();
        let holds_back = all > processors && !schedule::decide(|| load.was_idle(1));
        let first = if holds_back { processors } else { all };
        let crew = Self {
            walk,
            load,
            all,
            processors: u32::try_from(first).unwrap_or(u32::MAX),
            holds_back,
        };
        crew.allow(first);
        crew
    }

    /// Calls all walkers when the first ones leave processors idle. To be asked often; looks now and then.
    pub fn look(&mut self) {
        if !self.holds_back || schedule::decide(|| self.load.since.elapsed() < LOOK) {
            return;
        }
        if schedule::decide(|| self.load.was_idle(self.processors)) {
            self.holds_back = false;
            self.allow(self.all);
        }
    }

    fn allow(&self, walkers: usize) {
        if let Some(walk) = self.walk.upgrade() {
            walk.call(walk.work_queue.allow(walkers));
        }
    }
}
