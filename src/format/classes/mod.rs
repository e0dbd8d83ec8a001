//! Sums by class of entries (`--by`), at the end: who or what takes the space, wherever it lies.
//!
//! Every entry that counts is in one class, so the classes add up to the total of the run. A directory counts with
//! its own size alone. A file with several links counts once, in the class of the link that is met first. The
//! options that select and sort lines do so with classes; those that choose directories mean nothing here.
//!
//! Memory: a sum a class, and no more than 65,537 of them, since the names of files are anybody's choice.

mod class;
mod write;

use std::collections::HashMap;
use std::io::{self, Write};

use self::class::Class;
use self::write::Writer;
use crate::count::record::{Kind, Record};
use crate::count::usage::{FileTime, Usage};
use crate::format::chart::Sizes;
use crate::format::{By, End, Format, Json, Measure, Ranking, Shape, Sort, Threshold, Written};
use crate::sys::failure::Failure;
use crate::sys::owners::{Database, OwnerNames};

/// Classes that are kept apart; what comes later is one more class.
const MOST: usize = 1 << 16;

/// What sums by class need beyond what all formats need.
#[derive(Debug, Clone, Copy)]
pub struct ClassOptions {
    /// What they are by.
    pub by: By,
    /// The time from which ages are counted.
    pub now: FileTime,
    /// How sizes are written.
    pub sizes: Sizes,
    /// Who knows the names of users and groups; the flag says that somebody waits.
    pub names: fn(Database, &[u32], bool) -> OwnerNames,
}

/// See the module.
#[derive(Debug)]
pub struct Classes {
    options: ClassOptions,
    measure: Measure,
    threshold: Threshold,
    ranking: Ranking,
    writer: Writer,
    /// What keeps the errors for the summary.
    json: Option<Json>,
    sums: HashMap<Class, Sum>,
}

/// What is in a class.
#[derive(Debug)]
struct Sum {
    /// How many classes were met before.
    turn: usize,
    usage: Usage,
}

/// A class on its way out.
#[derive(Debug)]
struct Line {
    name: String,
    /// The name is not ours.
    is_foreign: bool,
    sum: Sum,
}

impl Classes {
    /// Sums of nothing yet.
    #[must_use]
    pub fn new(options: ClassOptions, show: &crate::format::FormatOptions) -> Self {
        Self {
            options,
            measure: show.selection.measure,
            threshold: show.selection.threshold,
            ranking: show.ranking,
            writer: Writer::new(options, show),
            json: (show.shape == Shape::Json).then(|| Json::new(false)),
            sums: HashMap::new(),
        }
    }

    fn add(&mut self, record: &Record<'_>) {
        let mut class = class::class(self.options.by, self.options.now, record);
        let turn = self.sums.len();
        if turn >= MOST && !self.sums.contains_key(&class) {
            class = class::MORE;
        }
        let none = Sum {
            turn,
            usage: Usage::NONE,
        };
        self.sums.entry(class).or_insert(none).usage += &record.usage;
    }

    /// The classes that have a line, in the order of the lines.
    fn lines(&mut self, is_awaited: bool) -> Vec<Line> {
        let sums = std::mem::take(&mut self.sums);
        let names = self.names(&sums, is_awaited);
        let (measure, threshold) = (self.measure, self.threshold);
        let shown = sums
            .into_iter()
            .filter(|(_, sum)| threshold.admits(measure.of(&sum.usage)));
        let mut lines: Vec<Line> = shown
            .map(|(class, sum)| Line {
                name: name(class, &names),
                is_foreign: matches!(class, Class::Id(_)),
                sum,
            })
            .collect();
        self.sort(&mut lines);
        lines
    }

    fn names(&self, sums: &HashMap<Class, Sum>, is_awaited: bool) -> OwnerNames {
        let database = match self.options.by {
            By::Owner => Database::Users,
            By::Group => Database::Groups,
            By::Extension | By::Age | By::Kind => return OwnerNames::new(),
        };
        let mut numbers: Vec<u32> = sums.keys().filter_map(Class::id).collect();
        numbers.sort_unstable();
        (self.options.names)(database, &numbers, is_awaited)
    }

    fn sort(&self, lines: &mut Vec<Line>) {
        let ranking = Ranking {
            sort: Some(self.ranking.sort.unwrap_or(Sort::Size)),
            ..self.ranking
        };
        lines.sort_unstable_by(|a, b| {
            let worth = |line: &Line| ranking.worth(self.measure, &line.sum.usage);
            let by_name = || (&a.name, a.sum.turn).cmp(&(&b.name, b.sum.turn));
            worth(b).cmp(&worth(a)).then_with(by_name)
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

fn name(class: Class, names: &OwnerNames) -> String {
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
    fn enter(&mut self, record: &Record<'_>, _: bool, _: &mut dyn Write) -> io::Result<()> {
        self.add(record);
        Ok(())
    }

    fn record(&mut self, record: &Record<'_>, _: &mut dyn Write) -> io::Result<Written> {
        // That of a directory is a sum of what was told before.
        if record.kind == Kind::File {
            self.add(record);
        }
        Ok(Written::Well)
    }

    fn failure(&mut self, path: &[u8], failure: Failure, out: &mut dyn Write) -> io::Result<()> {
        match &mut self.json {
            Some(json) => json.failure(path, failure, out),
            None => Ok(()),
        }
    }

    fn end(&mut self, end: &End, out: &mut dyn Write) -> io::Result<Written> {
        let lines = self.lines(!end.outcome.is_end_of_walk());
        self.writer.write(&lines, end, out)?;
        match &mut self.json {
            Some(json) => json.end(end, out),
            None => Ok(Written::Well),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::count::usage::Detail;
    use crate::format::{Completeness, Selection, chart, lines, tree};
    use crate::gnu::block_size::BlockSize;
    use crate::gnu::quote::{Charset, Style};
    use std::time::Duration;

    fn options(by: By) -> crate::format::FormatOptions {
        let options = ClassOptions {
            by,
            now: FileTime::NEVER,
            sizes: Sizes::Blocks(BlockSize::bytes(1)),
            names: |_, numbers, _| {
                numbers
                    .iter()
                    .map(|&number| (number, "same".into()))
                    .collect()
            },
        };
        crate::format::FormatOptions {
            shape: Shape::Du,
            by: Some(options),
            selection: Selection {
                measure: Measure::Inodes,
                max_depth: 0,
                all: false,
                threshold: Threshold::AtLeast(0),
            },
            ranking: Ranking::OF_WALK,
            least: None,
            lines: lines::LineOptions {
                measure: Measure::Inodes,
                block_size: BlockSize::bytes(1),
                time: None,
                end_of_line: b'\n',
                quoting: (Style::Literal, Charset::Utf8),
                total: false,
            },
            tree: tree::TreeOptions {
                rows: None,
                separate: false,
                chart: chart::ChartOptions {
                    columns: 80,
                    sizes: Sizes::Binary,
                    is_ascii: true,
                    colors: None,
                },
            },
            ncdu: crate::format::ncdu::NcduOptions {
                max_depth: 0,
                root: None,
                entries: crate::format::ncdu::Entries {
                    links: true,
                    extended: false,
                },
                timestamp: 0,
            },
        }
    }

    /// What comes of so many records, each of another class.
    fn report(by: By, records: u32) -> String {
        let mut format = crate::format::format(options(by));
        let (mut out, mut total) = (Vec::new(), Usage::NONE);
        for number in 0..records {
            let detail = Detail {
                uid: number,
                ..Detail::default()
            };
            let usage = Usage {
                inodes: 1,
                ..Usage::NONE
            };
            let path = format!("t/f.{number}");
            let record = Record {
                path: path.as_bytes(),
                depth: 1,
                kind: Kind::File,
                usage,
                detail: Some(&detail),
            };
            total += &usage;
            format.record(&record, &mut out).expect("it is memory");
        }
        let end = End {
            total,
            directories: 0,
            errors: 0,
            elapsed: Duration::ZERO,
            outcome: Completeness::Whole,
        };
        format.end(&end, &mut out).expect("it is memory");
        String::from_utf8(out).expect("it is text")
    }

    #[test]
    fn names_of_files_cannot_make_more_classes_than_there_is_room_for() {
        let text = report(By::Extension, 70_000);
        assert_eq!(text.lines().count(), MOST + 1);
        let more = text.lines().next().unwrap_or_default();
        assert_eq!(more, format!("0\t0\t{}\t6.4\t(more)", 70_000 - MOST));
    }

    #[test]
    fn users_of_one_name_stay_apart() {
        assert_eq!(report(By::Owner, 3), "0\t0\t1\t33.3\tsame\n".repeat(3));
    }
}
