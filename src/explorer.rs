//! `--explore`: the options of the explorer, from the plan.

use pdu::cli::{Access, ExplorePlan, ExploreVariables, InputSource, Plan};
use pdu::explore::browser::options::{BrowserOptions, Column, OperandCount, Permission};
use pdu::explore::browser::request::Source;
use pdu::explore::browser::sort_order::{Direction, Grouping, SortOrder};
use pdu::explore::programs::{PagerMode, Programs};
use pdu::explore::terminal::{Palette, TerminalOptions};
use pdu::explore::{ExploreInput, ExploreOptions, explore};
use pdu::format::Sort;
use pdu::import::Links;
use pdu::sys::status::Status;
use pdu::walk::operands::{OperandSource, Operands};

use crate::exit::{Exit, write_report};

/// Runs the explorer.
pub(crate) fn run(plan: Plan, explored: ExplorePlan, status: &mut Status) -> Exit {
    let links = crate::links(&plan);
    let variables = &explored.variables;
    let (terminal, programs) = (terminal(variables), programs(&explored));
    let options = ExploreOptions {
        terminal,
        programs,
        data_home: variables.data_home.clone(),
        quoting: plan.show.lines.quoting,
        owners: explored.owners,
        browser: browser(&plan, explored),
        walk: plan.walk,
    };
    let input = input(plan.operands, links);
    write_report(None, status, |out, status| {
        explore(options, input, out, status)
    })
}

fn input(operands: InputSource, links: Links) -> ExploreInput {
    match operands {
        InputSource::Names(names) => {
            ExploreInput::Operands(OperandSource::Words(Operands::from_words(&names)))
        }
        InputSource::From(list) => ExploreInput::Operands(OperandSource::List(list)),
        InputSource::Export(file) => ExploreInput::Export(file, links),
    }
}

fn terminal(variables: &ExploreVariables) -> TerminalOptions {
    let term = variables.term.clone();
    let palette = Palette::of(
        term.as_deref(),
        variables.colorterm.as_deref(),
        variables.no_color.as_deref(),
    );
    TerminalOptions { term, palette }
}

fn programs(explored: &ExplorePlan) -> Programs {
    let variables = &explored.variables;
    Programs {
        shell: variables.shell.clone(),
        pager: variables.pager.clone(),
        level: variables.level,
        pager_mode: match explored.access {
            Access::Full => PagerMode::Usual,
            Access::ReadOnly => PagerMode::Secure,
        },
    }
}

fn browser(plan: &Plan, explored: ExplorePlan) -> BrowserOptions {
    let (time_style, zone) = explored.time;
    let (source, operands) = match &plan.operands {
        InputSource::Names(names) if names.len() == 1 => (Source::Disk, OperandCount::One),
        InputSource::Names(_) | InputSource::From(_) => (Source::Disk, OperandCount::Several),
        InputSource::Export(_) => (Source::Export, OperandCount::One),
    };
    BrowserOptions {
        measure: explored.measure,
        order: SortOrder {
            sort: explored.sort.unwrap_or(Sort::Size),
            direction: match explored.reverse {
                true => Direction::Reversed,
                false => Direction::Usual,
            },
            grouping: Grouping::Mixed,
        },
        sizes: explored.chart.sizes,
        is_ascii: explored.chart.is_ascii,
        colors: explored.chart.colors,
        numerals: explored.numerals,
        time_style,
        zone,
        time_column: match plan.walk.time {
            Some(_) => Column::Shown,
            None => Column::Hidden,
        },
        permission: match explored.access {
            Access::Full => Permission::Full,
            Access::ReadOnly => Permission::ReadOnly,
        },
        source,
        operands,
    }
}
