//! The second pass: rows as the events of a walk, with what the first pass has kept of the directories.

use super::levels::{Directory, Levels, Number, OutOfOrder, Step};
use super::row::{Entry, Row, RowPath};
use crate::count::record::last_component;
use crate::count::usage::{Item, Usage};
use crate::count::visitor::{Extent, Flow, Visitor};
use crate::format::parquet::schema::State;
use crate::import::links::Links;
use crate::sys::failure::{Failure, Operation};

/// What the first pass keeps of the directories, by their numbers.
#[derive(Default)]
pub(super) struct Directories {
    own: Vec<Option<Entry>>,
    /// Their totals, where some entries have no row.
    totals: Option<Vec<Option<[u64; 3]>>>,
}

/// A directory that was entered and not left.
pub(super) struct Open {
    number: Number,
    /// False for a directory above the root: it has no event.
    pub(super) is_reported: bool,
    /// What was reported in it: allocated, apparent, inodes.
    counted: [u64; 3],
}

/// Reports rows to a visitor.
pub(super) struct Reporter<'a, V> {
    pub(super) links: Links,
    /// The run that wrote the file had errors.
    pub(super) had_errors: bool,
    pub(super) known: &'a Directories,
    pub(super) open: &'a mut Vec<Open>,
    pub(super) visitor: &'a mut V,
    /// The visitor takes no more: a write has failed.
    pub(super) is_stopped: bool,
}

impl Directories {
    /// With the totals, where some entries have no row.
    pub(super) fn new(is_partial: bool) -> Self {
        Self {
            own: Vec::new(),
            totals: is_partial.then(Vec::new),
        }
    }

    /// True where some entries have no row.
    pub(super) fn is_partial(&self) -> bool {
        self.totals.is_some()
    }

    /// Makes room for this number of directories.
    pub(super) fn grow(&mut self, count: usize) {
        self.own.resize(count, None);
        if let Some(totals) = &mut self.totals {
            totals.resize(count, None);
        }
    }

    /// Keeps the row of a directory.
    pub(super) fn set(&mut self, number: Number, row: &Row) {
        if let Some(own) = self.own.get_mut(number) {
            *own = Some(row.entry);
        }
        let totals = self.totals.as_mut();
        if let Some(total) = totals.and_then(|totals| totals.get_mut(number)) {
            *total = row.totals;
        }
    }

    fn own(&self, number: Number) -> Option<&Entry> {
        self.own.get(number)?.as_ref()
    }

    fn total(&self, number: Number) -> Option<[u64; 3]> {
        *self.totals.as_ref()?.get(number)?
    }
}

impl<V: Visitor> Reporter<'_, V> {
    /// Reports a row, and the directories on the way to it.
    pub(super) fn row(
        &mut self,
        levels: &mut Levels,
        path: &RowPath,
        row: &Row,
    ) -> Result<(), OutOfOrder> {
        levels.go_to(path.dir(), |levels, step| self.step(levels, step))?;
        if !row.is_directory() {
            levels.note_file(path)?;
            self.file(path, row);
        } else if let Directory::Empty(number) = levels.directory(path)? {
            self.enter(number, path.whole());
            self.leave();
        }
        Ok(())
    }

    /// Reports the ends of the directories that are open.
    pub(super) fn end(&mut self, levels: &mut Levels) {
        levels.end(|levels, step| self.step(levels, step));
    }

    fn step(&mut self, levels: &Levels, step: Step) {
        match step {
            Step::Enter(number) => self.enter(number, levels.path()),
            Step::Leave(_) => self.leave(),
        }
    }

    fn is_in_root(&self) -> bool {
        self.open.last().is_some_and(|open| open.is_reported)
    }

    /// The name of an event: the last component, or the whole path of a root.
    fn name<'p>(&self, path: &'p [u8]) -> &'p [u8] {
        match (self.is_in_root(), path) {
            (true, _) => last_component(path),
            (false, b"") => b"/",
            (false, _) => path,
        }
    }

    pub(super) fn enter(&mut self, number: Number, path: &[u8]) {
        let own = self.known.own(number);
        let is_reported = self.is_in_root() || own.is_some();
        if is_reported {
            let item = Item {
                usage: own.map_or(Usage::default(), Entry::usage),
                dedup_key: None,
                detail: own.map(|own| &own.detail),
            };
            let failure = own.and_then(directory_failure);
            let flow = self.visitor.enter(self.name(path), &item, failure);
            self.is_stopped |= flow == Flow::Skip;
        }
        self.open.push(Open {
            number,
            is_reported,
            counted: own.map_or([0; 3], Entry::sizes),
        });
    }

    fn leave(&mut self) {
        let Some(mut open) = self.open.pop() else {
            return;
        };
        if open.is_reported && !self.is_stopped {
            self.add_missing(&mut open);
            let own = self.known.own(open.number);
            if let Some(failure) = own.and_then(directory_failure) {
                self.visitor.failed(b"", failure);
            }
            if let Some(own) = own {
                self.check_size(b"", own);
            }
            let is_broken = own.is_some_and(|own| own.state == State::Broken);
            self.visitor.leave(match is_broken {
                true => Extent::Broken,
                false => Extent::Whole,
            });
        }
        self.count(open.counted);
    }

    /// Reports the entries that have no row: what the total of the directory has more than its rows.
    fn add_missing(&mut self, open: &mut Open) {
        let Some(total) = self.known.total(open.number) else {
            return;
        };
        let missing = [0, 1, 2].map(|place| total[place].saturating_sub(open.counted[place]));
        open.counted = total;
        let [allocated, apparent, inodes] = missing;
        let usage = Usage {
            allocated: allocated.into(),
            apparent: apparent.into(),
            inodes,
            ..Usage::default()
        };
        self.visitor.sum(&usage, 0);
    }

    /// Adds to what was reported in the current directory.
    fn count(&mut self, sizes: [u64; 3]) {
        if let Some(open) = self.open.last_mut() {
            for (sum, size) in open.counted.iter_mut().zip(sizes) {
                *sum = sum.saturating_add(size);
            }
        }
    }

    /// Reports an entry that is no directory.
    fn file(&mut self, path: &RowPath, row: &Row) {
        let (name, entry) = (self.name(path.whole()), &row.entry);
        match entry.state {
            State::Ok => {}
            State::Away => return self.visitor.away(name, &entry.detail),
            State::HandedOver => return,
            State::Unread | State::Broken => {
                let failure = Failure {
                    operation: Operation::ExportedEntry,
                    errno: entry.errno,
                };
                return self.visitor.failed(name, failure);
            }
        }
        if row.counted {
            self.count(entry.sizes());
        }
        let inode = entry.detail.inode;
        let is_link = entry.detail.links > 1 && inode.number != 0;
        let is_deduplicated = self.links == Links::LeaveOut;
        let dedup_key = (is_deduplicated && is_link).then_some(inode);
        // The link that counts has a row before this one, unless rows are left out.
        let has_counted = dedup_key.is_some() && !self.known.is_partial();
        if is_deduplicated && !row.counted && !has_counted {
            return;
        }
        let item = Item {
            usage: entry.usage(),
            dedup_key,
            detail: Some(&entry.detail),
        };
        self.visitor.file(Some(name), &item);
        self.check_size(name, entry);
    }

    /// Reports a size that did not fit into its column: the error of the run that wrote the file.
    fn check_size(&mut self, name: &[u8], entry: &Entry) {
        let largest = entry.allocated.max(entry.apparent);
        if self.had_errors && largest == i64::MAX.unsigned_abs() {
            let failure = Failure::without_errno(Operation::ExportedSize);
            self.visitor.failed(name, failure);
        }
    }
}

/// The error of a directory, where its row has one.
fn directory_failure(directory: &Entry) -> Option<Failure> {
    let operation = match directory.state {
        State::Unread => Operation::Exported,
        State::Broken => Operation::ExportedInPart,
        State::Ok | State::Away | State::HandedOver => return None,
    };
    let errno = directory.errno;
    Some(Failure { operation, errno })
}
