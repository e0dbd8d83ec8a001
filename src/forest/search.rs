//! Goes through the rows of a subtree in slices of time.

use std::time::Instant;

use super::dirs::Below;
use super::info::{DirId, ForestRow};
use super::query::RowPlace;
use super::tree::Forest;

/// Rows, or directories without rows, between two looks at the clock.
const STRIDE: u32 = 512;

/// Where a search goes on.
#[derive(Debug, Clone, Default)]
pub struct FindPosition {
    /// The next directory; the first one where the search has not begun.
    next: Option<DirId>,
    /// The next row of it, as long as no run was written again since.
    row: Option<(RowPlace, u64)>,
    below: Below,
}

impl Forest {
    /// Gives the rows of a directory and of all below it until that time. The position to go on from; none at the end.
    pub fn find(
        &self,
        below: DirId,
        mut from: FindPosition,
        until: Instant,
        found: &mut dyn FnMut(DirId, &ForestRow<'_>),
    ) -> Option<FindPosition> {
        let mut id = *from.next.get_or_insert_with(|| {
            from.below = Below::from(below);
            below
        });
        let mut clock = Clock { steps: 0, until };
        while id.0 < self.dirs.len() {
            from.next = Some(id);
            from.below.extend(&self.dirs, id.0 + 1);
            let is_below = from.below.has(id);
            if is_below && !self.find_in(id, &mut from, &mut clock, found) {
                return Some(from);
            }
            id.0 += 1;
            if clock.is_over() {
                from.next = Some(id);
                return Some(from);
            }
        }
        None
    }

    /// Gives the rows of one directory. False where the time is over before the last.
    fn find_in(
        &self,
        id: DirId,
        from: &mut FindPosition,
        clock: &mut Clock,
        found: &mut dyn FnMut(DirId, &ForestRow<'_>),
    ) -> bool {
        let mut rows = match from.row.take() {
            Some((place, rewrites)) if rewrites == self.rewrites => self.rows_from(id, &place),
            // The rest of a directory whose rows have changed is not searched.
            Some(_) => return true,
            None => self.rows(id),
        };
        while let Some(row) = rows.advance() {
            found(id, row);
            if clock.is_over() {
                from.row = Some((rows.position(), self.rewrites));
                return false;
            }
        }
        true
    }
}

/// The end of a slice of time.
#[derive(Debug)]
struct Clock {
    steps: u32,
    until: Instant,
}

impl Clock {
    fn is_over(&mut self) -> bool {
        self.steps += 1;
        self.steps.is_multiple_of(STRIDE) && Instant::now() >= self.until
    }
}
