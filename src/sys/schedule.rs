//! Points where threads meet, and where a model checker may switch to another thread.
//!
//! In the program these functions do nothing. In a test that runs under shuttle (`walk/model.rs`, and one in
//! `walk/semaphore.rs`) all threads are coroutines of one thread, and at each `point` shuttle's random scheduler chooses
//! the thread that continues. Before a call that would block, `until` waits for its condition, so that the call returns
//! at once; where the condition never holds, shuttle ends the run after too many steps.

#[cfg(test)]
thread_local! {
    static MODELLED: std::cell::Cell<bool> = const { std::cell::Cell::new(false) };
}

/// Not while a panic unwinds: drops are not scheduled then.
#[cfg(test)]
fn is_modelled() -> bool {
    MODELLED.get() && !std::thread::panicking()
}

/// Another thread may continue here.
#[inline]
pub(crate) fn point() {
    #[cfg(test)]
    if is_modelled() {
        // An atomic of shuttle: unlike a yield, it is no hint that this thread has nothing to do.
        let switch = shuttle::sync::atomic::AtomicBool::new(false);
        switch.load(std::sync::atomic::Ordering::SeqCst);
    }
}

/// In a model, lets other threads continue until the condition holds. In the program the call that follows waits.
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

/// The value of a condition on something outside of the program, such as the clock; in a model, chance.
#[inline]
pub(crate) fn decide(condition: impl FnOnce() -> bool) -> bool {
    #[cfg(test)]
    if is_modelled() {
        return shuttle::rand::Rng::gen_bool(&mut shuttle::rand::thread_rng(), 0.3);
    }
    condition()
}

/// Checks `body` in so many schedules: half of them random at each point, half by priorities that change at times (PCT),
/// which finds faults that need one thread to be slow for long.
#[cfg(test)]
pub(crate) fn check(schedules: usize, body: impl Fn() + Send + Sync + Clone + 'static) {
    use shuttle::scheduler::{PctScheduler, RandomScheduler};
    use shuttle::{Config, MaxSteps, Runner};

    let config = || {
        let mut config = Config::new();
        // A walker's buffer of directory entries lies on its stack.
        config.stack_size = 512 * 1024;
        // Some hundred times the steps of a run: a run that takes more waits for a condition that never holds.
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
    let thorough = std::env::var_os("PDU_THOROUGH");
    match thorough.is_some_and(|value| !value.is_empty() && value != "0") {
        true => each_time * 100,
        false => each_time,
    }
}
