//! Threads that do little.

use std::io;

/// Bytes of stack.
const STACK: usize = 64 * 1024;

pub(super) fn spawn(name: &str, body: impl FnOnce() + Send + 'static) -> io::Result<()> {
    let thread = std::thread::Builder::new()
        .name(name.into())
        .stack_size(STACK);
    thread.spawn(body).map(drop)
}
