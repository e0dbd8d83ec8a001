//! The bar of a change: full for growth, pale for loss.

use crate::format::chart::Strokes;

/// A bar that is as long as `width` for the largest change, and never too short to be seen.
pub(super) fn bar(change: i128, largest: u128, width: usize, strokes: &Strokes) -> String {
    let most = u128::try_from(width).unwrap_or(0);
    let parts = change.unsigned_abs().saturating_mul(most);
    let length = parts.div_ceil(largest.max(1)).min(most);
    let [full, pale] = strokes.bar;
    let stroke = if change < 0 { pale } else { full };
    stroke.repeat(usize::try_from(length).unwrap_or(0))
}
