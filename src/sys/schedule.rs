//! Where threads meet, and where a model checker may let another one go on instead.
//!
//! In the program all of this is nothing, and costs nothing. In a test that runs under shuttle (`walk/model.rs`,
//! and the one in `semaphore.rs`) all threads are coroutines of one thread, and each `point` hands the decision who
//! goes on to shuttle's random scheduler. What would block is waited for with `until` first, so that the real
//! call after it finds what it needs; if that never comes, shuttle ends the run as one that takes too many steps.

#[cfg(test)]
thread_local! {
    static MODELLED: std::cell::Cell<bool> = const { std::cell::Cell::new(false) };
}

/// What unwinds drops things too, and is no longer scheduled.
#[cfg(test)]
fn is_modelled() -> bool {
    MODELLED.get() && !std::thread::panicking()
}

/// Another thread may go on here.
#[inline]
pub(crate) fn point() {
    #[cfg(test)]
    if is_modelled() {
        // An atomic of shuttle's: unlike a yield, it is no hint that this thread has nothing to do.
        let switch = shuttle::sync::atomic::AtomicBool::new(false);
        switch.load(std::sync::atomic::Ordering::SeqCst);
    }
}

/// In a model, lets others go on until the condition holds. In the program the call that follows does the waiting.
#[inline]
pub(crate) fn until(condition: impl Fn() -> bool) {
    #[cfg(test)]
    if is_modelled() {
        point();
        while !condition() {
            shuttle::thread::yield_now();
        }
    }
    #[cfg(not(test))]
    drop(condition);
}

/// A question whose answer the clock decides; in a model, chance.
#[inline]
pub(crate) fn decide(clock: impl FnOnce() -> bool) -> bool {
    #[cfg(test)]
    if is_modelled() {
        return shuttle::rand::Rng::gen_bool(&mut shuttle::rand::thread_rng(), 0.3);
    }
    clock()
}

/// Checks `body` in so many schedules: half of them random at each point, half by priorities that change now and
/// then (PCT), which finds what needs a thread to be slow for long.
#[cfg(test)]
pub(crate) fn check(schedules: usize, body: impl Fn() + Send + Sync + Clone + 'static) {
    use shuttle::scheduler::{PctScheduler, RandomScheduler};
    use shuttle::{Config, MaxSteps, Runner};

    let config = || {
        let mut config = Config::new();
        // A walker's buffer of directory entries lies on its stack.
        config.stack_size = 512 * 1024;
        // Some hundred times what a run takes: whoever gets here waits for what never comes.
        config.max_steps = MaxSteps::FailAfter(1_000_000);
        config
    };
    MODELLED.set(true);
    let half = schedules.div_ceil(2);
    Runner::new(RandomScheduler::new(half), config()).run(body.clone());
    Runner::new(PctScheduler::new(3, half), config()).run(body);
    MODELLED.set(false);
}

/// How many schedules a model tries: some each time, `PDU_THOROUGH=1` for many.
#[cfg(test)]
pub(crate) fn schedules(each_time: usize) -> usize {
    match std::env::var_os("PDU_THOROUGH") {
        Some(_) => each_time * 100,
        None => each_time,
    }
}
