//! From records to bytes: one file per output format, each behind [`Format`].
//!
//! A format asks no disk, no clock and no environment: all it needs was given to it. Which records have a line is
//! decided before ([`Selected`]), and so is their order, where it is not the walk's ([`Ranked`]); a format says how
//! a line looks. All are given the same records, but for what a [`EntryRenderer`](crate::count::record::EntryRenderer) has written where it
//! was found. Bytes go to a writer that the caller chooses, errors come back at once.
//!
//! ```text
//!   Record ──► Selected ──► (Ranked) ──► Lines, Json, Csv          one line a record, at once
//!          ├─► Tree, which selects ─► Chart                        a chart, at the end
//!          ├─► Ncdu                                                everything, as it comes
//!          └─► Classes                                             sums by class, at the end
//! ```

pub mod chart;
pub mod classes;
mod columns;
mod csv;
mod errno;
mod json;
pub mod lines;
pub mod ncdu;
pub mod outcome;
mod ranked;
pub mod report;
mod selected;
pub mod tree;

use std::io::{self, Write};
use std::time::Duration;

pub use self::classes::Classes;
pub use self::csv::Csv;
pub use self::json::Json;
pub use self::lines::Lines;
pub use self::ncdu::Ncdu;
pub use self::ranked::{Ranked, Ranking, Sort};
pub use self::selected::{Selected, Selection, Threshold};
pub use self::tree::Tree;
use crate::count::min_size::MinSize;
use crate::count::record::Record;
pub use crate::count::usage::Measure;
use crate::count::usage::Usage;
use crate::sys::failure::Failure;

/// An output format.
pub trait Format {
    /// Writes what comes before all records.
    fn begin(&mut self, _out: &mut dyn Write) -> io::Result<()> {
        Ok(())
    }

    /// Writes what the format has to say about a directory that is entered. The record is of itself alone; what is
    /// in it follows, and then a record of it all. Not readable where it is known already that something is missing.
    fn enter(&mut self, _: &Record<'_>, _readable: bool, _out: &mut dyn Write) -> io::Result<()> {
        Ok(())
    }

    /// Writes what the format has to say about a record, if anything.
    fn record(&mut self, record: &Record<'_>, out: &mut dyn Write) -> io::Result<Written>;

    /// Something failed; standard error has been told.
    fn failure(&mut self, _path: &[u8], _: Failure, _out: &mut dyn Write) -> io::Result<()> {
        Ok(())
    }

    /// Writes what comes after all records: there will be no more.
    fn end(&mut self, end: &End, out: &mut dyn Write) -> io::Result<Written>;
}

/// How a record was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Written {
    /// As it should be.
    Well,
    /// These seconds could not be written as a date, and stand there as a number. Worth a word, but no error.
    TimeOutOfRange(i64),
}

/// How it ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct End {
    /// The sum over all operands.
    pub total: Usage,
    /// How many of the entries are directories.
    pub directories: u64,
    /// How many operations failed.
    pub errors: u64,
    /// How long it took.
    pub elapsed: Duration,
    /// Whether that is all.
    pub outcome: Completeness,
}

/// Whether everything was counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Completeness {
    /// It was.
    Whole,
    /// Something failed, and was told.
    Errors,
    /// Somebody asked to stop.
    Cancelled,
    /// A walker failed: what it would have told is missing.
    Broken,
}

impl Completeness {
    /// True where the walk went to its end, so that its sum is worth a line.
    #[must_use]
    pub fn is_end_of_walk(self) -> bool {
        matches!(self, Self::Whole | Self::Errors)
    }
}

/// The output formats.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shape {
    /// GNU du's lines.
    Du,
    /// A chart for people.
    Tree,
    /// JSON Lines.
    Json,
    /// Comma-separated values.
    Csv,
    /// The export format of ncdu.
    Ncdu,
}

impl Shape {
    /// The words for them.
    pub const WORDS: [(&'static str, Self); 5] = [
        ("du", Self::Du),
        ("tree", Self::Tree),
        ("json", Self::Json),
        ("csv", Self::Csv),
        ("ncdu", Self::Ncdu),
    ];
}

/// What entries are classed by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum By {
    /// What follows the last dot of the name.
    Extension,
    /// The user who owns it.
    Owner,
    /// The group that owns it.
    Group,
    /// How old it is.
    Age,
    /// Its type.
    Kind,
}

impl By {
    /// The words for them.
    pub const WORDS: [(&'static str, Self); 5] = [
        ("ext", Self::Extension),
        ("owner", Self::Owner),
        ("group", Self::Group),
        ("age", Self::Age),
        ("kind", Self::Kind),
    ];
}

/// Whether names have colours.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Color {
    /// On a terminal that has some, unless NO_COLOR is set.
    Auto,
    /// Yes.
    Always,
    /// No.
    Never,
}

impl Color {
    /// The words for them.
    pub const WORDS: [(&'static str, Self); 3] = [
        ("auto", Self::Auto),
        ("always", Self::Always),
        ("never", Self::Never),
    ];
}

/// What is shown and how.
#[derive(Debug, Clone)]
pub struct FormatOptions {
    /// In which format.
    pub shape: Shape,
    /// Sums by class, rather than by directory.
    pub by: Option<classes::ClassOptions>,
    /// Which records.
    pub selection: Selection,
    /// In which order.
    pub ranking: Ranking,
    /// Told what has become too small for a line.
    pub least: Option<MinSize>,
    /// How their lines look.
    pub lines: lines::LineOptions,
    /// How a tree looks.
    pub tree: tree::TreeOptions,
    /// What an export tells.
    pub ncdu: ncdu::NcduOptions,
}

/// The format that the options ask for.
#[must_use]
pub fn format(options: FormatOptions) -> Box<dyn Format> {
    if let Some(by) = options.by {
        return Box::new(Classes::new(by, &options));
    }
    let (ranking, selection) = ((options.ranking, options.least), options.selection);
    let times = options.lines.time.is_some();
    match options.shape {
        Shape::Du => ranked(ranking, selection, Lines::new(options.lines)),
        Shape::Json => ranked(ranking, selection, Json::new(times)),
        Shape::Csv => ranked(ranking, selection, Csv::new(times)),
        Shape::Ncdu => Box::new(Ncdu::new(options.ncdu)),
        Shape::Tree => {
            let tree = Tree::new(
                selection,
                ranking.0,
                options.lines,
                (options.tree, ranking.1),
            );
            Box::new(tree)
        }
    }
}

/// A format of one line a record.
fn ranked<F: Format + 'static>(
    (ranking, least): (Ranking, Option<MinSize>),
    selection: Selection,
    format: F,
) -> Box<dyn Format> {
    if ranking.is_order_of_walk() {
        return Box::new(Selected::new(selection, format));
    }
    let ranked = Ranked::new((ranking, least), selection.measure, format);
    Box::new(Selected::new(selection, ranked))
}
