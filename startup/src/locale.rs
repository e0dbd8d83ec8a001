//! The conventions of the locale for numbers (setlocale(3), localeconv(3)).

use std::ffi::{CStr, c_char};

/// How the locale writes numbers, in the encoding of the locale.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NumberConventions {
    /// The text between a whole number and its fraction.
    pub decimal_point: Vec<u8>,
    /// The text between two groups of digits.
    pub thousands_separator: Vec<u8>,
    /// The number of digits of each group, from the last group on.
    pub grouping: Vec<u8>,
}

/// The conventions of the locale that the environment names (`LC_ALL`, `LC_NUMERIC`, `LANG`). Those of the C locale where
/// a category of that locale does not exist: GNU's programs load all or none.
///
/// Only for a process with one thread: afterwards the locale is C again, so that messages of the C library stay as they
/// are, and another thread could meet the change.
#[must_use]
pub fn conventions() -> NumberConventions {
    // SAFETY: no other thread uses the locale. The strings of localeconv are valid until the next setlocale, and are
    // copied before it.
    unsafe {
        libc::setlocale(libc::LC_ALL, c"".as_ptr());
        let all = libc::localeconv();
        let conventions = NumberConventions {
            decimal_point: bytes((*all).decimal_point),
            thousands_separator: bytes((*all).thousands_sep),
            grouping: bytes((*all).grouping),
        };
        libc::setlocale(libc::LC_ALL, c"C".as_ptr());
        conventions
    }
}

/// # Safety
/// The text ends with a NUL byte.
unsafe fn bytes(text: *const c_char) -> Vec<u8> {
    // SAFETY: the caller's promise.
    unsafe { CStr::from_ptr(text) }.to_bytes().to_vec()
}
