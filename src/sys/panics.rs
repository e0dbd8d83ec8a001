//! Steps that may panic: a library that decodes bytes of unknown origin. A panic elsewhere ends the explorer, and its
//! message is for the terminal as it was before.

use std::cell::Cell;
use std::panic::{self, AssertUnwindSafe};
use std::sync::Once;

thread_local! {
    static IS_CAUGHT: Cell<bool> = const { Cell::new(false) };
}

/// Runs a step; none where it panics, without the message that a panic writes. What the step has changed must not be
/// used after that.
pub fn catch<T>(step: impl FnOnce() -> T) -> Option<T> {
    set_hook();
    IS_CAUGHT.set(true);
    let result = panic::catch_unwind(AssertUnwindSafe(step)).ok();
    IS_CAUGHT.set(false);
    result
}

/// Has the terminal given back before the message of a panic, in any thread.
pub fn set_hook() {
    static HOOK: Once = Once::new();
    HOOK.call_once(|| {
        let previous = panic::take_hook();
        panic::set_hook(Box::new(move |info| {
            if !IS_CAUGHT.get() {
                #[cfg(feature = "explore")]
                super::screen::give_back_for_good();
                previous(info);
            }
        }));
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_step_that_panics_has_no_result() {
        assert_eq!(catch(|| 5), Some(5));
        assert_eq!(catch(|| panic!("a panic that nobody sees")), None::<u8>);
        assert!(!IS_CAUGHT.get());
    }
}
