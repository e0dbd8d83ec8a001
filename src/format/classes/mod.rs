//! Sums by class of entries (`--by`), at the end of the walk.
//!
//! Every entry that counts is in one class, so the classes add up to the total of the run. A directory counts with
//! its own size alone. A file with several links counts once, in the class of its first link in the order of the walk.
//! The options that select and sort lines apply to classes; those that choose directories have no effect.
//!
//! Memory: one sum per class, and at most 65,537 classes, because any user can choose the names of files.

mod class;
mod write;

use std::collections::HashMap;

pub use self::class::{Class, MORE, class};
use self::write::{ClassSum, Line, Writer};
use crate::count::record::{Kind, Record};
use crate::count::usage::{FileTime, Usage};
use crate::format::chart::{ChartOptions, Sizes};
use crate::format::interface::{EndResult, Format, Totals, Warning};
use crate::format::kinds::{GroupBy, OutputFormat};
use crate::format::lines::LineOptions;
use crate::format::page::Page;
use crate::format::ranked::{Ranking, Sort};
use crate::format::selected::Selection;
use crate::sys::failure::Failure;
use crate::sys::owners::{Database, OwnerNames};

/// The greatest number of classes; later ones are added to one further class.
pub const MOST: usize = 1 << 16;

/// Looks up the names of users or groups; the flag is true where the run was cancelled and must end soon.
pub type NameLookup = fn(Database, &[u32], bool) -> OwnerNames;

/// The options that only sums by class have.
#[derive(Debug, Clone, Copy)]
pub struct ClassOptions {
    /// The property that makes the classes.
    pub group_by: GroupBy,
    /// The time from which ages are counted.
    pub now: FileTime,
    /// The unit of sizes.
    pub sizes: Sizes,
    /// Without it, the numbers of users and groups stay numbers.
    pub names: Option<NameLookup>,
}

/// See the module.
pub struct Classes {
    options: ClassOptions,
    selection: Selection,
    ranking: Ranking,
    writer: Writer,
    /// Writes what holds for the whole run, at the end.
    summary: Option<Box<dyn Format>>,
    sums: HashMap<Class, ClassSum>,
}

impl ClassOptions {
    /// The names of the users or groups that are classes; none for other classes.
    #[must_use]
    pub fn owner_names<'a>(
        &self,
        classes: impl Iterator<Item = &'a Class>,
        is_urgent: bool,
    ) -> OwnerNames {
        let database = match self.group_by {
            GroupBy::Owner => Database::Users,
            GroupBy::Group => Database::Groups,
            GroupBy::Extension | GroupBy::Age | GroupBy::Kind => return OwnerNames::new(),
        };
        let Some(look_up) = self.names else {
            return OwnerNames::new();
        };
        let mut numbers: Vec<u32> = classes.filter_map(Class::id).collect();
        numbers.sort_unstable();
        look_up(database, &numbers, is_urgent)
    }
}

impl Classes {
    /// Sums of nothing yet.
    #[must_use]
    pub fn new(
        options: ClassOptions,
        (format, summary): (OutputFormat, Option<Box<dyn Format>>),
        (selection, ranking): (Selection, Ranking),
        lines: &LineOptions,
        chart: &ChartOptions,
    ) -> Self {
        Self {
            options,
            selection,
            ranking,
            writer: Writer::new(format, (options.group_by, options.sizes), lines, chart),
            summary,
            sums: HashMap::new(),
        }
    }

    fn add(&mut self, record: &Record<'_>) {
        let mut class = class(self.options.group_by, self.options.now, record);
        let turn = self.sums.len();
        if turn >= MOST && !self.sums.contains_key(&class) {
            class = MORE;
        }
        let none = ClassSum {
            turn,
            usage: Usage::default(),
        };
        self.sums.entry(class).or_insert(none).usage += &record.usage;
    }

    /// The classes that have a line, in the order of the lines.
    fn lines(&mut self, is_urgent: bool) -> Vec<Line> {
        let sums = std::mem::take(&mut self.sums);
        let names = self.options.owner_names(sums.keys(), is_urgent);
        let Selection {
            measure, threshold, ..
        } = self.selection;
        let shown = sums
            .into_iter()
            .filter(|(_, sum)| threshold.admits(measure.of(&sum.usage)));
        let mut lines: Vec<Line> = shown
            .map(|(class, sum)| Line {
                name: name(class, &names),
                id: class.id(),
                sum,
            })
            .collect();
        self.sort(&mut lines);
        lines
    }

    fn sort(&self, lines: &mut Vec<Line>) {
        let ranking = Ranking {
            sort: Some(self.ranking.sort.unwrap_or(Sort::Size)),
            ..self.ranking
        };
        lines.sort_unstable_by(|a, b| {
            let key = |line: &Line| ranking.key(self.selection.measure, &line.sum.usage);
            let by_name = || (&a.name, a.sum.turn).cmp(&(&b.name, b.sum.turn));
            key(b).cmp(&key(a)).then_with(by_name)
        });
        lines.truncate(ranking.top.unwrap_or(usize::MAX));
        match ranking.sort() {
            Sort::None => lines.sort_unstable_by_key(|line| line.sum.turn),
            Sort::Name => lines.sort_by(|a, b| a.name.cmp(&b.name)),
            Sort::Size | Sort::Inodes | Sort::Time => {}
        }
        if ranking.reverse {
            lines.reverse();
        }
    }
}

/// The name of a class; `names` are those of its users or groups.
#[must_use]
pub fn name(class: Class, names: &OwnerNames) -> String {
    match class {
        Class::Fixed(name) => name.into(),
        Class::Extension(padded) => {
            let bytes = padded.into_iter().take_while(|&byte| byte != 0);
            bytes.map(char::from).collect()
        }
        Class::Id(number) => match names.get(&number) {
            Some(name) => name.clone(),
            None => number.to_string(),
        },
    }
}

impl Format for Classes {
    fn enter(&mut self, record: &Record<'_>, _: Option<Failure>, _: &mut Vec<u8>) {
        self.add(record);
    }

    fn record(&mut self, record: &Record<'_>, _: &mut Vec<u8>) -> Option<Warning> {
        // The record of a directory is the sum of records before it.
        if record.kind == Kind::File {
            self.add(record);
        }
        None
    }

    fn failure(&mut self, path: &[u8], failure: Failure, out: &mut Vec<u8>) {
        if let Some(summary) = &mut self.summary {
            summary.failure(path, failure, out);
        }
    }

    fn end(&mut self, totals: &Totals, page: &mut Page<'_>) -> EndResult {
        let lines = self.lines(!totals.completeness.is_end_of_walk());
        self.writer.write(&lines, totals, page)?;
        match &mut self.summary {
            Some(summary) => summary.end(totals, page),
            None => Ok(None),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::count::tally::Counts;
    use crate::count::usage::Detail;
    use crate::count::usage::Measure;
    use crate::format::{Completeness, FormatOptions, Threshold, lines, ncdu, tree};
    use crate::gnu::block_size::BlockSize;
    use crate::gnu::numerals::Numerals;
    use crate::gnu::quote::{Charset, Style};
    use std::time::Duration;

    fn options(group_by: GroupBy) -> FormatOptions {
        let options = ClassOptions {
            group_by,
            now: FileTime::NEVER,
            sizes: Sizes::Blocks(BlockSize::bytes(1)),
            names: Some(|_, numbers, _| {
                let names = numbers.iter().map(|&number| (number, "same".into()));
                names.collect()
            }),
        };
        FormatOptions {
            format: OutputFormat::Du,
            group_by: Some(options),
            selection: Selection {
                measure: Measure::Inodes,
                max_depth: 0,
                all: false,
                threshold: Threshold::AtLeast(0),
            },
            ranking: Ranking::OF_WALK,
            min_size: None,
            lines: lines::LineOptions {
                measure: Measure::Inodes,
                block_size: BlockSize::bytes(1),
                numerals: &Numerals::C,
                time: None,
                end_of_line: b'\n',
                quoting: (Style::Literal, Charset::Utf8),
                total: false,
            },
            tree: tree::TreeOptions {
                rows: None,
                separate: false,
                chart: ChartOptions {
                    columns: 80,
                    sizes: Sizes::Binary,
                    is_ascii: true,
                    colors: None,
                },
            },
            parquet: None,
            ncdu: ncdu::NcduOptions {
                max_depth: 0,
                root: None,
                entries: ncdu::Entries {
                    links: true,
                    extended: false,
                },
                timestamp: 0,
            },
            operands: Vec::new(),
        }
    }

    /// The report of so many records, each of a class of its own.
    fn report(group_by: GroupBy, records: u32) -> String {
        let mut format = crate::format::format(options(group_by));
        let (mut out, mut counts) = (Vec::new(), Counts::default());
        let mut page = Page::new(&mut out);
        for number in 0..records {
            let detail = Detail {
                mode: 0o100_644,
                uid: number,
                ..Detail::default()
            };
            let usage = Usage {
                inodes: 1,
                ..Usage::default()
            };
            let path = format!("t/f.{number}");
            let record = Record {
                path: path.as_bytes(),
                depth: 1,
                kind: Kind::File,
                usage,
                detail: Some(&detail),
            };
            counts.total += &usage;
            format.record(&record, &mut page.lines);
        }
        let totals = Totals {
            counts,
            elapsed: Duration::ZERO,
            completeness: Completeness::Whole,
        };
        format.end(&totals, &mut page).expect("it is memory");
        page.write().expect("it is memory");
        String::from_utf8(out).expect("it is text")
    }

    #[test]
    fn names_of_files_cannot_make_more_classes_than_there_is_room_for() {
        let text = report(GroupBy::Extension, 70_000);
        assert_eq!(text.lines().count(), MOST + 1);
        let more = text.lines().next().unwrap_or_default();
        assert_eq!(more, format!("0\t0\t{}\t6.4\t(more)", 70_000 - MOST));
    }

    #[test]
    fn users_of_one_name_stay_apart() {
        assert_eq!(report(GroupBy::Owner, 3), "0\t0\t1\t33.3\tsame\n".repeat(3));
    }
}
