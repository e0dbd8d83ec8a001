//! The number on a line: `+31G`, `-2.0G`, `0`, and `?` where the change is not known.

use crate::count::amounts::Amounts;
use crate::count::usage::Measure;
use crate::diff::change::{Change, Event};
use crate::diff::options::Show;
use crate::format::chart;
use crate::gnu::numerals::Numerals;

/// Which part of a change is on its line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Column {
    /// The part that no other line tells: the numbers add up.
    Residue,
    /// All of it.
    Change,
}

impl Column {
    pub(super) fn of(show: Show) -> Self {
        match show {
            Show::Explanation(_) => Self::Residue,
            Show::Total | Show::Depth(_) | Show::Everything => Self::Change,
        }
    }
}

/// The unit of numbers, and how their digits are written.
#[derive(Debug, Clone, Copy)]
pub(super) struct Unit {
    pub(super) sizes: chart::Sizes,
    pub(super) numerals: &'static Numerals,
}

/// The number on a line, and how it is written.
#[derive(Debug, Clone, Copy)]
pub(super) struct Number {
    pub(super) column: Column,
    pub(super) measure: Measure,
    pub(super) unit: Unit,
}

impl Unit {
    /// A change.
    pub(super) fn signed(self, change: Option<i128>) -> String {
        match change {
            Some(change) => self.sizes.signed(change, self.numerals),
            None => "?".into(),
        }
    }

    /// A size.
    pub(super) fn plain(self, size: u128) -> String {
        self.sizes.text(size, self.numerals)
    }
}

impl Number {
    /// The number; none where the change is not known.
    pub(super) fn of(self, change: &Change) -> Option<i128> {
        self.sizes(change).map(|sizes| sizes.of(self.measure))
    }

    /// The same in every measure.
    pub(super) fn sizes(self, change: &Change) -> Option<Amounts> {
        match self.column {
            Column::Residue => change.change.map(|_| change.residue),
            Column::Change => change.change,
        }
    }

    /// The text of the number.
    pub(super) fn text(self, change: &Change) -> String {
        self.unit.signed(self.of(change))
    }

    /// The size of an entry that could be read at one time only.
    pub(super) fn known_size(self, change: &Change) -> Option<u128> {
        match change.event {
            Event::Unread | Event::Away => {
                let known = change.now.or(change.before)?;
                Some(known.of(self.measure).unsigned_abs())
            }
            Event::New | Event::Gone | Event::Grew => None,
            Event::Shrank | Event::Moved | Event::Type => None,
        }
    }

    /// The text of that size.
    pub(super) fn known_text(self, change: &Change) -> Option<String> {
        self.known_size(change).map(|size| self.unit.plain(size))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gnu::block_size::BlockSize;

    #[test]
    fn a_change_has_a_sign_and_is_rounded_away_from_zero() {
        for (block_size, change, expected) in [
            (BlockSize::bytes(1024), Some(1), "+1"),
            (BlockSize::bytes(1024), Some(-1), "-1"),
            (BlockSize::bytes(1024), Some(0), "0"),
            (BlockSize::bytes(1024), Some(-2048), "-2"),
            (BlockSize::HUMAN, Some(31 << 30), "+31G"),
            (BlockSize::HUMAN, Some(-(2 << 30)), "-2.0G"),
            (BlockSize::HUMAN, Some(-1025), "-1.1K"),
            (BlockSize::SI, Some(4_200_000_000), "+4.2G"),
            (
                BlockSize::bytes(1),
                Some(i128::MIN),
                "-170141183460469231731687303715884105728",
            ),
            (BlockSize::HUMAN, None, "?"),
        ] {
            let unit = Unit {
                sizes: chart::Sizes::Blocks(block_size),
                numerals: &Numerals::C,
            };
            assert_eq!(unit.signed(change), expected, "{change:?}");
        }
    }
}
