//! The entries of one directory, in the order of its rows: those that wait for their turn, and those that are gone.

use std::ops::Range;
use std::vec::IntoIter;

use super::job::KnownEntry;

/// See the module.
#[derive(Debug)]
pub(super) struct Rows {
    waiting: IntoIter<KnownEntry>,
    /// How many entries came with those that wait; 0 where none waits.
    pub(super) in_memory: usize,
    /// The number of the next row.
    next: usize,
    /// More rows follow those that wait.
    more: bool,
    gone: Vec<Range<usize>>,
    /// How many entries stay.
    pub(super) staying: u64,
}

/// The next entry of a directory.
pub(super) enum Next {
    Entry(KnownEntry),
    /// The main thread has it: ask for the rows after this number.
    Ask(usize),
    End,
}

impl Rows {
    /// Those of a directory of which nothing is known yet.
    pub(super) fn unknown() -> Self {
        let mut rows = Self::all(Vec::new());
        rows.more = true;
        rows
    }

    /// These.
    pub(super) fn all(known: Vec<KnownEntry>) -> Self {
        Self {
            in_memory: known.len(),
            waiting: known.into_iter(),
            next: 0,
            more: false,
            gone: Vec::new(),
            staying: 0,
        }
    }

    pub(super) fn next(&mut self) -> Next {
        match self.waiting.next() {
            Some(known) => {
                self.next += 1;
                Next::Entry(known)
            }
            None if self.more => Next::Ask(self.next),
            None => Next::End,
        }
    }

    /// Adds the rows that follow.
    pub(super) fn add(&mut self, known: Vec<KnownEntry>, is_last: bool) {
        // An empty answer that promises more would be asked for again for ever.
        self.more = !is_last && !known.is_empty();
        self.in_memory = known.len();
        self.waiting = known.into_iter();
    }

    /// Forgets the entries that wait: they are asked for again.
    pub(super) fn forget(&mut self) {
        self.more |= self.waiting.len() > 0;
        self.waiting = Vec::new().into_iter();
        self.in_memory = 0;
    }

    /// The entry that had its turn last is gone.
    pub(super) fn is_gone(&mut self) {
        let row = self.next.saturating_sub(1);
        match self.gone.last_mut() {
            Some(last) if last.end == row => last.end += 1,
            _ => self.gone.push(row..row + 1),
        }
    }

    /// No row is gone.
    pub(super) fn is_untouched(&self) -> bool {
        self.gone.is_empty()
    }

    /// The rows that are gone.
    pub(super) fn into_gone(self) -> Vec<Range<usize>> {
        self.gone
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::explore::remove::job::EntryIdentity;

    fn known(names: &[&str]) -> Vec<KnownEntry> {
        let known = |name: &&str| KnownEntry {
            name: name.as_bytes().to_vec(),
            found: EntryIdentity::LeftOut,
        };
        names.iter().map(known).collect()
    }

    fn name(rows: &mut Rows) -> String {
        match rows.next() {
            Next::Entry(known) => String::from_utf8(known.name).expect("a test's name"),
            Next::Ask(after) => format!("ask {after}"),
            Next::End => "end".into(),
        }
    }

    #[test]
    fn what_was_forgotten_is_asked_for_again_and_rows_keep_their_numbers() {
        let mut rows = Rows::unknown();
        assert_eq!(name(&mut rows), "ask 0");
        rows.add(known(&["a", "b", "c"]), true);
        assert_eq!(name(&mut rows), "a");
        rows.is_gone();
        rows.forget();
        assert_eq!((name(&mut rows), rows.in_memory), ("ask 1".into(), 0));
        rows.add(known(&["b", "c"]), false);
        assert_eq!((name(&mut rows), name(&mut rows)), ("b".into(), "c".into()));
        rows.is_gone();
        assert_eq!(name(&mut rows), "ask 3");
        rows.add(known(&["d"]), true);
        assert_eq!(name(&mut rows), "d");
        rows.is_gone();
        rows.forget();
        assert_eq!(name(&mut rows), "end");
        assert_eq!(rows.into_gone(), [0..1, 2..4]);
    }

    #[test]
    fn an_empty_answer_is_the_end() {
        let mut rows = Rows::unknown();
        rows.add(Vec::new(), false);
        assert_eq!(name(&mut rows), "end");
    }
}
