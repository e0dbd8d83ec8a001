//! Prints changes: a [`Sink`] for each output format.
//!
//! ```text
//!   merge ─Change─► Ordered ─► Lines, Json, Csv     one line per change
//!     │                └─────► ChangeTree           a chart, at the end
//!     └────entries────► ClassChanges                sums by class, at the end
//! ```
//!
//! [`messages`](messages::messages) has what goes to standard error.

mod bar;
mod class_changes;
mod class_table;
mod csv;
mod json;
mod lines;
pub mod messages;
mod nesting;
mod number;
mod order;
#[cfg(test)]
mod tests;
mod tree;

use self::class_changes::ClassChanges;
use self::csv::Csv;
use self::json::Json;
use self::lines::Lines;
use self::number::{Column, Number, Unit};
use self::order::Ordered;
use self::tree::ChangeTree;
use super::change::Sink;
use super::known::Known;
use super::options::Show;
use crate::format::chart;
use crate::format::{FormatOptions, OutputFormat, Ranking, Selection};

/// The lines of an explanation where no option sets their number.
const EXPLANATION: usize = 20;

/// The lines of a tree that are no changes: the root and the rest.
const OTHER_LINES: usize = 2;

/// The lines that the options ask for.
#[must_use]
pub fn show(options: &FormatOptions) -> Show {
    let Selection { max_depth, all, .. } = options.selection;
    match max_depth {
        // Classes have lines of their own.
        _ if options.group_by.is_some() => Show::Total,
        _ if all => Show::Everything,
        0 => Show::Total,
        u32::MAX => {
            let rows = rows(options).unwrap_or(EXPLANATION);
            Show::Explanation(options.ranking.top.unwrap_or(rows.min(EXPLANATION)))
        }
        depth => Show::Depth(depth),
    }
}

/// The number of changes for which a screen has room.
fn rows(options: &FormatOptions) -> Option<usize> {
    let is_tree = options.format == OutputFormat::Tree;
    let rows = options.tree.rows.filter(|_| is_tree);
    rows.map(|rows| rows.saturating_sub(OTHER_LINES).max(1))
}

/// What prints these changes in the format of the options.
#[must_use]
pub fn printer(options: FormatOptions) -> Box<dyn Sink> {
    if let Some(classes) = options.group_by {
        return Box::new(ClassChanges::new(classes, options));
    }
    let lines = &options.lines;
    let number = Number {
        column: Column::of(show(&options)),
        measure: lines.measure,
        unit: Unit {
            sizes: match options.format {
                OutputFormat::Tree => options.tree.chart.sizes,
                _ => chart::Sizes::Blocks(lines.block_size),
            },
            numerals: lines.numerals,
        },
    };
    match options.format {
        OutputFormat::Tree => ordered(ChangeTree::new(number, &options), number, &options),
        OutputFormat::Json => ordered(Json::new(Known::ALL), number, &options),
        OutputFormat::Csv => ordered(Csv::new(), number, &options),
        OutputFormat::Du
        | OutputFormat::Ncdu
        | OutputFormat::Parquet
        | OutputFormat::Prometheus => ordered(Lines::new(number, lines), number, &options),
    }
}

fn ordered<S: Sink + 'static>(sink: S, number: Number, options: &FormatOptions) -> Box<dyn Sink> {
    let top = match show(options) {
        // The merge has kept the largest.
        Show::Explanation(_) => None,
        Show::Total | Show::Depth(_) | Show::Everything => options.ranking.top.or(rows(options)),
    };
    let ranking = Ranking {
        top,
        ..options.ranking
    };
    Box::new(Ordered::new(sink, number, options.selection, ranking))
}
