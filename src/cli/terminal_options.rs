//! How a tree looks: what the options say, and the terminal and the environment where they say nothing.

use lscolors::LsColors;

use super::environment::{Environment, TerminalKind};
use super::option_id::OptionId;
use super::reports::Reports;
use super::role::Role;
use super::settings::Settings;
use crate::format::chart::{self, Sizes};
use crate::format::{Color, tree};
use crate::gnu::block_size::BlockSize;
use crate::gnu::quote::Charset;
use crate::sys::status;

/// Columns and rows where neither the terminal nor the environment gives them.
const COLUMNS: u16 = 80;
const ROWS: u16 = 24;

/// Lines of the screen that stay free for the shell: the command line above the tree and the prompt below it.
const PROMPT: u16 = 2;

/// The options of a tree.
pub(super) fn tree(
    settings: &Settings<'_>,
    reports: &Reports,
    environment: &Environment,
    to_terminal: bool,
) -> tree::TreeOptions {
    let (columns, rows) = screen(environment, to_terminal);
    let rows = usize::from(rows.saturating_sub(PROMPT)).max(1);
    let terminal = environment.terminal();
    let is_refused = environment.get("NO_COLOR").is_some_and(|no| !no.is_empty());
    let has_colors = match reports.color {
        Color::Always => true,
        Color::Never => false,
        Color::Auto => to_terminal && terminal == TerminalKind::Capable && !is_refused,
    };
    tree::TreeOptions {
        rows: settings.first_with(Role::Length).is_none().then_some(rows),
        separate: settings.has(OptionId::SeparateDirs),
        chart: chart::ChartOptions {
            columns: reports.width.unwrap_or(columns).into(),
            sizes: sizes(settings, settings.has(OptionId::Inodes)),
            is_ascii: draws_ascii(terminal, to_terminal) || environment.charset() == Charset::Ascii,
            colors: has_colors.then(|| colors(environment)),
        },
    }
}

/// Units for people unless an option gives a unit. The unit that the environment gives does not count.
pub(super) fn sizes(settings: &Settings<'_>, are_inodes: bool) -> Sizes {
    let block_size = settings.block_size;
    match (settings.first_with(Role::Unit), are_inodes) {
        (None, true) => Sizes::Blocks(BlockSize::bytes(1)),
        (None, false) => Sizes::Binary,
        (Some(_), true) => Sizes::Blocks(block_size.for_inodes()),
        (Some(_), false) => match block_size.without_grouping() {
            BlockSize::SI => Sizes::Decimal,
            BlockSize::HUMAN => Sizes::Binary,
            _ => Sizes::Blocks(block_size),
        },
    }
}

/// True where branches and bars may not be shown. Where `TERM` says nothing, a terminal is taken for a dumb one; a pipe is
/// not, because jobs of cron and of systemd have no `TERM`.
fn draws_ascii(terminal: TerminalKind, to_terminal: bool) -> bool {
    match terminal {
        TerminalKind::Capable => false,
        TerminalKind::Dumb => true,
        TerminalKind::Unknown => to_terminal,
    }
}

/// Columns and rows of the terminal, or of the environment where the terminal does not know them. Before a pager, the
/// columns are those of standard error's terminal.
fn screen(environment: &Environment, to_terminal: bool) -> (u16, u16) {
    let number = |name| {
        let text = environment.get(name)?.to_str()?;
        text.parse().ok().filter(|&number| number > 0)
    };
    let size = match to_terminal {
        true => rustix::termios::tcgetwinsize(rustix::stdio::stdout()).ok(),
        false => None,
    };
    let columns = size.map(|size| size.ws_col).filter(|&columns| columns > 0);
    let rows = size.map(|size| size.ws_row).filter(|&rows| rows > 0);
    let columns = columns.or_else(|| number("COLUMNS"));
    (
        columns.or_else(status::columns).unwrap_or(COLUMNS),
        rows.or_else(|| number("LINES")).unwrap_or(ROWS),
    )
}

fn colors(environment: &Environment) -> LsColors {
    let rules = environment.bytes("LS_COLORS").unwrap_or_default();
    LsColors::from_string(&String::from_utf8_lossy(rules))
}
