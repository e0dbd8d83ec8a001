//! The lines of a list of changes, in the order of the walk. The last lines are held back, because an entry that is gone
//! may turn up at another path.

use std::collections::VecDeque;

use super::change::Change;
use super::paths::is_within;

/// Lines that are held back. What moves farther is told as gone and new.
const MOST: usize = if cfg!(test) { 128 } else { 32_768 };

/// See the module.
#[derive(Debug, Default)]
pub(super) struct Listing {
    /// None where a line was taken out.
    held: VecDeque<Option<Change>>,
    /// The number of the first line in it.
    first: u64,
}

impl Listing {
    /// Number of all lines so far.
    pub(super) fn count(&self) -> u64 {
        self.first + self.held.len() as u64
    }

    /// Adds a line. Returns the one that is held no longer.
    pub(super) fn push(&mut self, line: Change) -> Option<Change> {
        // First, so that the memory never grows to twice of what is held.
        let first = match self.held.len() >= MOST {
            true => self.pop().flatten(),
            false => None,
        };
        self.held.push_back(Some(line));
        first
    }

    /// Takes the first line; a line that was taken out is none.
    pub(super) fn pop(&mut self) -> Option<Option<Change>> {
        let line = self.held.pop_front()?;
        self.first += 1;
        Some(line)
    }

    /// True where the line with this number is held.
    pub(super) fn is_held(&self, number: u64) -> bool {
        number >= self.first
    }

    /// Removes the lines of a directory that ends, and of its contents.
    pub(super) fn remove_last_within(&mut self, directory: &[u8]) {
        while let Some(line) = self.held.back() {
            match line {
                Some(line) if !is_within(&line.path, directory) => return,
                _ => self.held.pop_back(),
            };
        }
    }

    /// Puts a line, or none, in the place of the line with this number and of those of its contents.
    pub(super) fn replace(&mut self, (number, path): (u64, &[u8]), line: Option<Change>) {
        for earlier in (self.first..number).rev() {
            match self.get_mut(earlier) {
                Some(Some(line)) if !is_within(&line.path, path) => break,
                Some(line) => *line = None,
                None => break,
            }
        }
        if let Some(place) = self.get_mut(number) {
            *place = line;
        }
    }

    fn get_mut(&mut self, number: u64) -> Option<&mut Option<Change>> {
        let place = number.checked_sub(self.first)?;
        self.held.get_mut(usize::try_from(place).ok()?)
    }
}
