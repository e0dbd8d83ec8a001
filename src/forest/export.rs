//! Reports a subtree as the events of a walk, so that the output formats can write it.

use super::dirs::Stage;
use super::entry::{ForestEntry, Reading};
use super::info::DirId;
use super::query::own;
use super::run::{Before, Reader, Row};
use super::tree::Forest;
use crate::count::usage::{Detail, Item, Usage};
use crate::count::visitor::{Extent, Flow, Visitor};
use crate::sys::failure::{Failure, Operation};

/// A directory that was entered: where its next row is.
type Level = (DirId, (usize, Before));

impl Forest {
    /// Reports a directory with everything below it, or all operands. Every link of a file is reported, none as counted
    /// before.
    pub fn export(&self, top: DirId, visitor: &mut dyn Visitor) {
        let mut levels = Vec::new();
        levels.extend(match top {
            DirId::TOP => Some(self.level(top)),
            _ => self.enter(top, &self.path(top), visitor),
        });
        while let Some((id, position)) = levels.last_mut() {
            let mut reader = Reader::new(&self.dirs.get(*id).run, *id);
            reader.go_to(*position);
            let below = loop {
                match reader.next() {
                    None => break None,
                    Some((_, Row::Directory(name, below))) => break Some((name, below)),
                    Some((_, Row::Entry(name, entry))) => report(name, &entry, visitor),
                }
            };
            *position = reader.position();
            match below {
                Some((name, below)) => levels.extend(self.enter(below, name, visitor)),
                None => {
                    self.leave_exported(*id, visitor);
                    levels.pop();
                }
            }
        }
    }

    /// Reports the beginning of a directory, or what is in its place.
    fn enter(&self, id: DirId, name: &[u8], visitor: &mut dyn Visitor) -> Option<Level> {
        let dir = self.dirs.get(id);
        let entry = own(dir, id);
        match dir.stage {
            Stage::Nothing => return None,
            Stage::File => {
                report(name, &entry, visitor);
                return None;
            }
            Stage::Away => {
                visitor.away(name, &entry.detail());
                return None;
            }
            Stage::Excluded if entry.count == 0 => return None,
            Stage::Unread if dir.run.is_empty() => {
                visitor.failed(name, Failure::without_errno(Operation::ExportedEntry));
                return None;
            }
            _ => {}
        }
        let detail = entry.detail();
        let item = item(&entry, &detail);
        match visitor.enter(name, &item, self.failure_of(id)) {
            Flow::Continue => Some(self.level(id)),
            Flow::Skip => None,
        }
    }

    fn level(&self, id: DirId) -> Level {
        (id, Reader::new(&self.dirs.get(id).run, id).position())
    }

    /// Why a directory could not be read.
    #[must_use]
    pub fn failure_of(&self, id: DirId) -> Option<Failure> {
        let operation = match self.dirs.get(id).stage {
            Stage::Unread => Operation::Exported,
            Stage::Broken => Operation::ExportedInPart,
            _ => return None,
        };
        let known = self.failures.of_directory(id);
        Some(known.unwrap_or_else(|| Failure::without_errno(operation)))
    }

    fn leave_exported(&self, id: DirId, visitor: &mut dyn Visitor) {
        if id == DirId::TOP {
            return;
        }
        if let Some(failure) = self.failure_of(id) {
            visitor.failed(b"", failure);
        }
        let dir = self.dirs.get(id);
        visitor.leave(match dir.stage {
            _ if dir.open > 0 => Extent::Unfinished,
            Stage::Broken => Extent::Broken,
            _ => Extent::Whole,
        });
    }
}

fn report(name: &[u8], entry: &ForestEntry, visitor: &mut dyn Visitor) {
    let detail = entry.detail();
    let item = item(entry, &detail);
    match entry.reading {
        Reading::Whole | Reading::Broken if name.is_empty() => visitor.sum(&item.usage, 0),
        Reading::Whole | Reading::Broken => visitor.file(Some(name), &item),
        Reading::Unread => {
            visitor.failed(name, Failure::without_errno(Operation::ExportedEntry));
        }
        Reading::Away => visitor.away(name, &detail),
        // No format has a place for it.
        Reading::Excluded => {}
    }
}

fn item<'a>(entry: &ForestEntry, detail: &'a Detail) -> Item<'a> {
    Item {
        usage: Usage {
            allocated: entry.sizes.0.into(),
            apparent: entry.sizes.1.into(),
            inodes: entry.count,
            newest: entry.time,
        },
        dedup_key: None,
        detail: Some(detail),
    }
}
