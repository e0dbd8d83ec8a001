//! How a tree looks: what the options say, and the terminal and the environment where they say nothing.

use std::os::unix::ffi::OsStrExt;

use clap::ArgMatches;
use clap::parser::ValueSource::CommandLine;
use lscolors::LsColors;

use super::Environment;
use super::reports::Reports;
use crate::format::chart::{self, Sizes};
use crate::format::{Color, tree};
use crate::gnu::block_size::BlockSize;
use crate::gnu::quote::Charset;

/// Columns and rows where nobody says how many there are.
const COLUMNS: u16 = 80;
const ROWS: u16 = 24;

/// Lines of the screen that are left to the shell's prompt: where it was typed, and where the next comes.
const PROMPT: u16 = 2;

/// Options that say how sizes are written.
const OF_SIZES: [&str; 6] = [
    "block-size",
    "bytes",
    "human-readable",
    "kibibytes",
    "mebibytes",
    "si",
];

/// Options that say how many lines there are.
const OF_LENGTH: [&str; 3] = ["max-depth", "summarize", "top"];

/// What the options and the surroundings amount to; `block_size` is the last that was given.
pub(super) fn tree(
    matches: &ArgMatches,
    reports: &Reports,
    block_size: BlockSize,
    environment: &Environment,
    to_terminal: bool,
) -> tree::TreeOptions {
    let (columns, rows) = screen(environment, to_terminal);
    let rows = usize::from(rows.saturating_sub(PROMPT)).max(1);
    let is_dumb = environment.get("TERM").is_some_and(|term| term == "dumb");
    let is_refused = environment.get("NO_COLOR").is_some_and(|no| !no.is_empty());
    let has_colors = match reports.color {
        Color::Always => true,
        Color::Never => false,
        Color::Auto => to_terminal && !is_dumb && !is_refused,
    };
    tree::TreeOptions {
        rows: (!is_any_given(matches, &OF_LENGTH)).then_some(rows),
        separate: matches.get_flag("separate-dirs"),
        chart: chart::ChartOptions {
            columns: columns.into(),
            sizes: sizes(matches, block_size, matches.get_flag("inodes")),
            is_ascii: is_dumb || environment.charset() == Charset::Ascii,
            colors: has_colors.then(|| colors(environment)),
        },
    }
}

fn is_any_given(matches: &ArgMatches, options: &[&str]) -> bool {
    let mut sources = options.iter().map(|id| matches.value_source(id));
    sources.any(|source| source == Some(CommandLine))
}

/// Units for people, whatever the environment says of blocks, unless an option says otherwise.
pub(super) fn sizes(matches: &ArgMatches, block_size: BlockSize, are_inodes: bool) -> Sizes {
    match (is_any_given(matches, &OF_SIZES), are_inodes) {
        (false, true) => Sizes::Blocks(BlockSize::bytes(1)),
        (true, true) => Sizes::Blocks(block_size.for_inodes()),
        (true, false) if block_size == BlockSize::SI => Sizes::Decimal,
        (true, false) if block_size != BlockSize::HUMAN => Sizes::Blocks(block_size),
        _ => Sizes::Binary,
    }
}

/// Columns and rows: the terminal's, where it tells; else those of the environment.
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
    (
        columns.or_else(|| number("COLUMNS")).unwrap_or(COLUMNS),
        rows.or_else(|| number("LINES")).unwrap_or(ROWS),
    )
}

fn colors(environment: &Environment) -> LsColors {
    let rules = environment.get("LS_COLORS").map(OsStrExt::as_bytes);
    LsColors::from_string(&String::from_utf8_lossy(rules.unwrap_or_default()))
}
