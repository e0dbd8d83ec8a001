//! The options of all formats, and the format that they ask for.

use super::classes::{ClassOptions, Classes};
use super::csv::Csv;
use super::interface::Format;
use super::json::Json;
use super::kinds::OutputFormat;
use super::lines::{LineOptions, Lines};
use super::ncdu::{Ncdu, NcduOptions};
use super::prometheus::Prometheus;
use super::ranked::{Candidates, Ranking};
use super::selected::{Selected, Selection};
use super::tree::{Tree, TreeOptions};
use crate::count::min_size::MinSize;

/// The content and the look of a report.
#[derive(Debug, Clone)]
pub struct FormatOptions {
    /// The output format.
    pub format: OutputFormat,
    /// Sums by class instead of by directory.
    pub group_by: Option<ClassOptions>,
    /// The records that have a line.
    pub selection: Selection,
    /// The order of the lines.
    pub ranking: Ranking,
    /// Raised to the smallest size that can still have a line.
    pub min_size: Option<MinSize>,
    /// The look of GNU du's lines.
    pub lines: LineOptions,
    /// The look of a tree.
    pub tree: TreeOptions,
    /// The content of an export.
    pub ncdu: NcduOptions,
    /// What is counted, for a format that names it.
    pub operands: Vec<u8>,
}

/// The format that the options ask for.
#[must_use]
pub fn format(options: FormatOptions) -> Box<dyn Format> {
    if let Some(classes) = options.group_by {
        let summary: Option<Box<dyn Format>> = match options.format {
            OutputFormat::Json => Some(Box::new(Json::new(false))),
            OutputFormat::Prometheus => Some(Box::new(Prometheus::new(false, options.operands))),
            OutputFormat::Du | OutputFormat::Tree | OutputFormat::Csv | OutputFormat::Ncdu => None,
        };
        return Box::new(Classes::new(
            classes,
            (options.format, summary),
            (options.selection, options.ranking),
            &options.lines,
            &options.tree.chart,
        ));
    }
    let times = options.lines.time.is_some();
    match options.format {
        OutputFormat::Du => selected(Lines(options.lines.clone()), options),
        OutputFormat::Json => selected(Json::new(times), options),
        OutputFormat::Csv => selected(Csv::new(times), options),
        OutputFormat::Ncdu => Box::new(Ncdu::new(options.ncdu)),
        OutputFormat::Prometheus => {
            selected(Prometheus::new(times, options.operands.clone()), options)
        }
        OutputFormat::Tree => Box::new(Tree::new(
            options.selection,
            options.ranking,
            options.min_size,
            options.lines,
            options.tree,
        )),
    }
}

/// A format of one line per record, behind the selection and the order.
fn selected<F: Format + 'static>(format: F, options: FormatOptions) -> Box<dyn Format> {
    let FormatOptions {
        selection, ranking, ..
    } = options;
    let candidates = (!ranking.is_order_of_walk())
        .then(|| Candidates::new(ranking, selection.measure, options.min_size));
    Box::new(Selected::new(selection, candidates, format))
}
