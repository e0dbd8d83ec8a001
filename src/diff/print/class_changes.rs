//! Changes by class of entries (`--by`), at the end.
//!
//! Every entry that counts at a time is in one class then, so the changes of the classes add up to the total. An entry
//! that changes its class (its owner, its name) leaves one class and comes to another. Ages count back from now at both
//! times: a file that nobody touched does not change its class.
//!
//! Memory: two sums per class, and at most 65,537 classes; for each directory above the current entry, those of the classes
//! in it.

use std::cmp::Reverse;
use std::collections::HashMap;
use std::io;

use super::class_table::{ClassRow, ClassTable};
use super::json::Json;
use crate::count::amounts::Amounts;
use crate::count::record::{Kind, Record};
use crate::count::usage::{Detail, FileTime, Usage};
use crate::count::visitor::Extent;
use crate::diff::change::{Change, Counting, DiffSummary, Sink};
use crate::diff::known::Known;
use crate::diff::record::ScanEntry;
use crate::format::classes::{self, Class, ClassOptions, MORE, MOST};
use crate::format::page::Page;
use crate::format::{FormatOptions, GroupBy, OutputFormat, Ranking, Selection, Sort};
use rustix::fs::FileType;

/// See the module.
pub(super) struct ClassChanges {
    options: ClassOptions,
    format: OutputFormat,
    selection: Selection,
    ranking: Ranking,
    table: ClassTable,
    sums: Sums,
    /// The sums of each directory from the root to the current entry, without those of the directories in it that have
    /// not ended.
    open: Vec<Sums>,
}

type Sums = HashMap<Class, ClassSums>;

/// The sums of a class.
#[derive(Debug, Clone, Copy)]
struct ClassSums {
    /// The number of classes before it, in the order of the walk.
    turn: usize,
    before: Amounts,
    now: Amounts,
}

impl ClassChanges {
    pub(super) fn new(options: ClassOptions, format: FormatOptions) -> Self {
        Self {
            options,
            format: format.format,
            selection: format.selection,
            ranking: format.ranking,
            table: ClassTable::new(options, &format),
            sums: Sums::new(),
            open: Vec::new(),
        }
    }

    fn sums_of(&mut self, path: &[u8], entry: &ScanEntry) -> &mut ClassSums {
        let class = class_of(&self.options, path, entry);
        let sums = self.open.last_mut().unwrap_or(&mut self.sums);
        sums_in(sums, class)
    }

    /// The classes that changed and have a line, in the order of the lines.
    fn rows(&mut self) -> Vec<ClassRow> {
        let sums = std::mem::take(&mut self.sums);
        let names = self.options.owner_names(sums.keys(), false);
        let measure = self.selection.measure;
        let mut rows: Vec<(usize, ClassRow)> = sums
            .into_iter()
            .filter(|(_, sums)| sums.now != sums.before)
            .map(|(class, sums)| {
                let row = ClassRow {
                    name: classes::name(class, &names),
                    id: class.id(),
                    before: sums.before,
                    now: sums.now,
                };
                (sums.turn, row)
            })
            .filter(|(_, row)| {
                let change = row.change().of(measure).unsigned_abs();
                self.selection.threshold.admits(change)
            })
            .collect();
        self.sort(&mut rows);
        rows.into_iter().map(|(_, row)| row).collect()
    }

    fn sort(&self, rows: &mut Vec<(usize, ClassRow)>) {
        let key = |row: &ClassRow| {
            let change = row.change();
            match self.ranking.sort {
                Some(Sort::Size) => change.of(self.selection.measure),
                Some(Sort::Inodes) => change.inodes,
                Some(Sort::None | Sort::Name | Sort::Time) | None => {
                    change.of(self.selection.measure).saturating_abs()
                }
            }
        };
        rows.sort_by_cached_key(|(turn, row)| (Reverse(key(row)), row.name.clone(), *turn));
        rows.truncate(self.ranking.top.unwrap_or(usize::MAX));
        match self.ranking.sort {
            Some(Sort::None) => rows.sort_by_key(|(turn, _)| *turn),
            Some(Sort::Name) => rows.sort_by(|(_, a), (_, b)| a.name.cmp(&b.name)),
            Some(Sort::Size | Sort::Inodes | Sort::Time) | None => {}
        }
        if self.ranking.reverse {
            rows.reverse();
        }
    }
}

/// The sums of a class; those of all others where there are too many.
fn sums_in(sums: &mut Sums, mut class: Class) -> &mut ClassSums {
    let turn = sums.len();
    if turn >= MOST && !sums.contains_key(&class) {
        class = MORE;
    }
    sums.entry(class).or_insert(ClassSums {
        turn,
        before: Amounts::ZERO,
        now: Amounts::ZERO,
    })
}

/// Adds the sums of a directory to those of the directory around it.
fn add(ended: Sums, sums: &mut Sums) {
    if sums.is_empty() {
        *sums = ended;
        return;
    }
    let mut ended: Vec<_> = ended.into_iter().collect();
    ended.sort_unstable_by_key(|(_, sums)| sums.turn);
    for (class, more) in ended {
        let all = sums_in(sums, class);
        all.before += more.before;
        all.now += more.now;
    }
}

impl Sink for ClassChanges {
    fn begin(&mut self, known: Known, _: &mut Vec<u8>) {
        self.table.known = known;
    }

    fn needs_owners(&self) -> bool {
        matches!(self.options.group_by, GroupBy::Owner | GroupBy::Group)
    }

    fn change(&mut self, _: &Change, _: &mut Vec<u8>) {}

    fn entry(&mut self, path: &[u8], before: Option<&ScanEntry>, now: Option<&ScanEntry>) {
        if let Some(entry) = before {
            self.sums_of(path, entry).before += entry.sizes();
        }
        if let Some(entry) = now {
            self.sums_of(path, entry).now += entry.sizes();
        }
    }

    fn enter(&mut self) {
        self.open.push(Sums::new());
    }

    fn leave(&mut self, counting: Counting) {
        let ended = self.open.pop().unwrap_or_default();
        if counting == Counting::Counts {
            add(ended, self.open.last_mut().unwrap_or(&mut self.sums));
        }
    }

    fn end(&mut self, summary: &DiffSummary, page: &mut Page<'_>) -> io::Result<()> {
        while !self.open.is_empty() {
            self.leave(Counting::Counts);
        }
        let all = self.sums.values();
        let (before, now) = all.fold((Amounts::ZERO, Amounts::ZERO), |(before, now), sums| {
            (before + sums.before, now + sums.now)
        });
        let total = ClassRow {
            name: "total".into(),
            id: None,
            before,
            now,
        };
        let rows = self.rows();
        self.table.write(&rows, &total, page)?;
        match self.format {
            OutputFormat::Json => Json::new(self.table.known).end(summary, page),
            _ => Ok(()),
        }
    }
}

fn class_of(options: &ClassOptions, path: &[u8], entry: &ScanEntry) -> Class {
    let detail = Detail {
        mode: entry.kind.as_raw_mode(),
        uid: entry.owner.0,
        gid: entry.owner.1,
        ..Detail::default()
    };
    let newest = match entry.mtime {
        ScanEntry::NO_TIME => FileTime::NEVER,
        microseconds => FileTime {
            seconds: microseconds.div_euclid(1_000_000),
            // Less than 10^9.
            nanoseconds: (microseconds.rem_euclid(1_000_000) * 1000) as u32,
        },
    };
    let record = Record {
        path,
        depth: 0,
        kind: match entry.kind {
            FileType::Directory => Kind::Directory(Extent::Whole),
            _ => Kind::File,
        },
        usage: Usage {
            newest,
            ..Usage::default()
        },
        detail: Some(&detail),
    };
    classes::class(options.group_by, options.now, &record)
}
