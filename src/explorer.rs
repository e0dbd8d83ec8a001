//! `--explore`: the options of the explorer, from the plan and the environment.

use std::path::PathBuf;

use pdu::cli::{Access, ExplorePlan, InputSource, Plan};
use pdu::explore::browser::options::{BrowserOptions, Column, OperandCount as Count, Permission};
use pdu::explore::browser::request::Source;
use pdu::explore::browser::sort_order::{Direction, Grouping, SortOrder};
use pdu::explore::programs::Programs;
use pdu::explore::terminal::{Palette, TerminalOptions};
use pdu::explore::{ExploreInput, ExploreOptions, explore};
use pdu::format::Sort;
use pdu::sys::status::Status;
use pdu::walk::operands::{OperandSource, Operands};

use crate::exit::{Exit, write_report};

/// Runs the explorer.
pub(crate) fn run(plan: Plan, explored: ExplorePlan, status: &mut Status) -> Exit {
    let links = crate::links(&plan);
    let owners = explored.owners;
    let time_column = match plan.walk.time {
        Some(_) => Column::Shown,
        None => Column::Hidden,
    };
    let quoting = plan.show.lines.quoting;
    let (count, source) = match &plan.operands {
        InputSource::Names(names) if names.len() == 1 => (Count::One, Source::Disk),
        InputSource::Names(_) | InputSource::From(_) => (Count::Several, Source::Disk),
        InputSource::Export(_) => (Count::One, Source::Export),
    };
    let input = match plan.operands {
        InputSource::Names(names) => {
            ExploreInput::Operands(OperandSource::Words(Operands::from_words(&names)))
        }
        InputSource::From(list) => ExploreInput::Operands(OperandSource::List(list)),
        InputSource::Export(file) => ExploreInput::Export(file, links),
    };
    let term = std::env::var_os("TERM");
    let options = ExploreOptions {
        browser: browser(explored, time_column, (count, source)),
        walk: plan.walk,
        terminal: TerminalOptions {
            palette: Palette::of(
                term.as_deref(),
                std::env::var_os("COLORTERM").as_deref(),
                std::env::var_os("NO_COLOR").as_deref(),
            ),
            term,
        },
        quoting,
        programs: Programs {
            shell: std::env::var_os("SHELL"),
            pager: std::env::var_os("PAGER"),
            level: level(),
        },
        owners,
        data_home: data_home(),
    };
    write_report(None, status, |out, status| {
        explore(options, input, out, status)
    })
}

fn browser(
    plan: ExplorePlan,
    time_column: Column,
    (operands, source): (Count, Source),
) -> BrowserOptions {
    let (time_style, zone) = plan.time;
    BrowserOptions {
        measure: plan.measure,
        order: SortOrder {
            sort: plan.sort.unwrap_or(Sort::Size),
            direction: match plan.reverse {
                true => Direction::Reversed,
                false => Direction::Usual,
            },
            grouping: Grouping::Mixed,
        },
        sizes: plan.chart.sizes,
        is_ascii: plan.chart.is_ascii,
        colors: plan.chart.colors,
        numerals: plan.numerals,
        time_style,
        zone,
        time_column,
        permission: match plan.access {
            Access::Full => Permission::Full,
            Access::ReadOnly => Permission::ReadOnly,
        },
        source,
        operands,
    }
}

/// How many explorers this one runs in.
fn level() -> u32 {
    let level = std::env::var("PDU_LEVEL").ok();
    level.and_then(|level| level.parse().ok()).unwrap_or(0)
}

/// Where the trash of the home directory is.
fn data_home() -> Option<PathBuf> {
    let absolute = |name| {
        let path = PathBuf::from(std::env::var_os(name)?);
        path.is_absolute().then_some(path)
    };
    absolute("XDG_DATA_HOME").or_else(|| Some(absolute("HOME")?.join(".local/share")))
}
