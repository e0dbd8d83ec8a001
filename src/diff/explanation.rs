//! The lines of an explanation: the largest changes, each without what other lines tell.
//!
//! A line that is left out joins the line of the nearest directory above it, or else the rest of the directory that is
//! being read, which becomes the residue of its own line when it ends.

use std::cmp::Reverse;
use std::collections::HashMap;

use foldhash::fast::FixedState;

use super::change::{Change, Event};
use super::paths;
use crate::count::amounts::Amounts;
use crate::count::usage::Measure;

/// Lines beyond the limit that a directory collects before it is cut to the limit.
const SLACK: usize = 64;

/// A line is left out where it is below one part in so many of the change of the tree.
const PARTS: u128 = 100;

/// Chooses lines. See the module.
#[derive(Debug, Clone, Copy)]
pub(super) struct Cut {
    /// Number of lines.
    pub(super) most: usize,
    pub(super) measure: Measure,
}

impl Cut {
    /// True where a change is small against that of the tree so far.
    pub(super) fn is_small(self, residue: &Amounts, change_so_far: i128) -> bool {
        let residue = residue.of(self.measure).unsigned_abs();
        residue == 0 || residue.saturating_mul(PARTS) < change_so_far.unsigned_abs()
    }

    /// Adds a line to those of a directory.
    pub(super) fn push(self, lines: &mut Vec<Change>, line: Change) {
        lines.push(line);
        if lines.len() > self.most.saturating_mul(2).saturating_add(SLACK) {
            self.keep_largest(lines);
        }
    }

    /// Leaves out the small lines, then all but the largest.
    pub(super) fn apply(self, lines: &mut Vec<Change>, change_so_far: i128) {
        retain(lines, |line| match line.event {
            Event::Unread | Event::Away => true,
            // Its residue is small by its nature.
            Event::Moved => !self.is_small(&line.now.unwrap_or_default(), change_so_far),
            _ => !self.is_small(&line.residue, change_so_far),
        });
        if lines.len() > self.most {
            self.keep_largest(lines);
        }
    }

    fn keep_largest(self, lines: &mut Vec<Change>) {
        let mut order: Vec<usize> = (0..lines.len()).collect();
        order.select_nth_unstable_by(self.most, |&a, &b| {
            self.rank(&lines[a]).cmp(&self.rank(&lines[b]))
        });
        let mut kept = vec![false; lines.len()];
        for &place in order.iter().take(self.most) {
            kept[place] = true;
        }
        let mut kept = kept.into_iter();
        retain(lines, |_| kept.next().unwrap_or(false));
    }

    /// The place of a line: the largest change is first; of those without one, the largest size.
    fn rank(self, line: &Change) -> (Reverse<u128>, Reverse<i128>, &[u8]) {
        let residue = line.residue.of(self.measure).unsigned_abs();
        let sizes = [line.before, line.now].into_iter().flatten();
        let size = sizes.map(|sizes| sizes.of(self.measure)).max();
        (Reverse(residue), Reverse(size.unwrap_or(0)), &line.path)
    }

    /// Sorts the lines for the output.
    pub(super) fn sort(self, lines: &mut [Change]) {
        lines.sort_by(|a, b| self.rank(a).cmp(&self.rank(b)));
    }
}

/// Makes the event that of the number on the line, which is the residue.
pub(super) fn follow_residue(line: &mut Change, measure: Measure) {
    line.event = match line.event {
        Event::Grew | Event::Shrank if line.residue.of(measure) < 0 => Event::Shrank,
        Event::Grew | Event::Shrank => Event::Grew,
        event => event,
    };
}

/// Removes lines; each joins the nearest line above it.
fn retain(lines: &mut Vec<Change>, mut is_kept: impl FnMut(&Change) -> bool) {
    let mut removed = Vec::new();
    lines.retain_mut(|line| {
        let keep = is_kept(line);
        if !keep {
            removed.push((std::mem::take(&mut line.path), line.residue));
        }
        keep
    });
    join(lines, &removed);
}

/// Adds parts of the change to the lines of their paths, or to the nearest lines above; a part without one is told by no
/// line.
pub(super) fn join(lines: &mut [Change], parts: &[(Vec<u8>, Amounts)]) {
    if parts.is_empty() {
        return;
    }
    let mut places = HashMap::with_capacity_and_hasher(lines.len(), FixedState::default());
    for line in lines.iter_mut() {
        places.insert(&*line.path, &mut line.residue);
    }
    for (path, part) in parts {
        let mut above = std::iter::successors(Some(path.as_slice()), |path| paths::parent(path));
        let nearest = above.find(|path| places.contains_key(path));
        if let Some(residue) = nearest.and_then(|path| places.get_mut(path)) {
            **residue += *part;
        }
    }
}
