//! The locale of the process, for numbers only.

use std::sync::OnceLock;

use crate::gnu::numerals::Numerals;

/// The numerals of the locale that the environment names; those of the C locale where it cannot be loaded. Reads files at
/// the first call, unless that is the C locale: to be called where a number depends on the locale only.
pub fn numerals() -> &'static Numerals {
    static NUMERALS: OnceLock<Numerals> = OnceLock::new();
    NUMERALS.get_or_init(|| {
        let conventions = pdu_startup::locale::conventions();
        Numerals::new(
            &conventions.decimal_point,
            &conventions.thousands_separator,
            &conventions.grouping,
        )
    })
}
