//! The command line as clap sees it, and what clap has read.

use std::ffi::{OsStr, OsString};

use clap::parser::{ValueSource, ValuesRef};
use clap::{Arg, ArgAction, ArgMatches, Command};

use super::option_id::{NO_VALUE, OptionId, RUN, any_bytes};

/// The id of the operands.
const FILES: &str = "files";

/// The version, and how the program is linked: a static one runs on every Linux of its architecture.
const VERSION: &str = if cfg!(target_feature = "crt-static") {
    concat!(env!("CARGO_PKG_VERSION"), " (static)")
} else {
    concat!(env!("CARGO_PKG_VERSION"), " (dynamic)")
};

/// The definition of the command line: of the parser, the help, the man page and the completions.
#[must_use]
pub fn command() -> Command {
    Command::new("pdu")
        .version(VERSION)
        .about("Print the disk space that files and directory trees take. A parallel GNU du.")
        .help_template(TEMPLATE)
        .override_usage("pdu [OPTION]... [FILE]...\n       pdu [OPTION]... --files0-from=F")
        .after_help(AFTER_HELP)
        .disable_help_flag(true)
        .disable_version_flag(true)
        .infer_long_args(true)
        .args_override_self(true)
        .max_term_width(80)
        .args(OptionId::ALL.iter().map(|option| option.arg()))
        .arg(
            Arg::new("help")
                .long("help")
                .action(ArgAction::HelpShort)
                .help_heading(RUN)
                .help("Print this text"),
        )
        .arg(
            Arg::new("version")
                .long("version")
                .aliases(["v", "ve", "ver"])
                .action(ArgAction::Version)
                .help_heading(RUN)
                .help("Print the version"),
        )
        .arg(
            any_bytes(Arg::new(FILES))
                .value_name("FILE")
                .num_args(1..)
                .help("A file or directory to count (default: the current directory)"),
        )
}

/// An option where it was typed.
pub(super) struct Occurrence<'a> {
    pub(super) option: OptionId,
    /// None for a flag, and where an optional value is absent.
    pub(super) value: Option<&'a OsStr>,
}

/// The options in the order in which they were typed; of a flag, only the last occurrence.
pub(super) fn occurrences(matches: &ArgMatches) -> Vec<Occurrence<'_>> {
    let mut indexed = Vec::new();
    for &option in OptionId::ALL {
        // clap records a default for a flag that was not typed.
        if matches.value_source(option.name()) != Some(ValueSource::CommandLine) {
            continue;
        }
        let values = matches.try_get_many::<OsString>(option.name());
        let values = values.ok().flatten().unwrap_or_default();
        let values = values.map(|value| Some(value.as_os_str()).filter(|value| *value != NO_VALUE));
        let indices = matches.indices_of(option.name()).into_iter().flatten();
        let occurrences = indices.zip(values.chain(std::iter::repeat(None)));
        indexed.extend(occurrences.map(|(index, value)| (index, Occurrence { option, value })));
    }
    indexed.sort_by_key(|(index, _)| *index);
    indexed
        .into_iter()
        .map(|(_, occurrence)| occurrence)
        .collect()
}

/// The operands.
pub(super) fn operands(matches: &ArgMatches) -> ValuesRef<'_, OsString> {
    matches.get_many(FILES).unwrap_or_default()
}

const TEMPLATE: &str = "Usage: {usage}\n{about-with-newline}\n{all-args}{after-help}";

const AFTER_HELP: &str = "\
SIZE is a number, a unit, or both: 512, M, 10K. The units K, M, G, T, P and E are powers of 1024 (also KiB, MiB, \
...); kB, MB, ... are powers of 1000. Without an option for the unit, it is the SIZE in DU_BLOCK_SIZE, BLOCK_SIZE or \
BLOCKSIZE, else 1024 bytes, or 512 with POSIXLY_CORRECT. Sizes are rounded up.

STYLE is full-iso, long-iso (default), iso, or a + and a format of date(1): +%F. TIME_STYLE in the environment sets \
another default.

Long options may be shortened while they stay unique. Of contradicting options, the last one wins.

To stop early, press Ctrl-C, or Enter on a terminal: pdu then prints the directories that are complete, and notes on \
standard error that the rest is missing.

Exit status: 0 if everything was counted, 1 if not, 2 above the LIMIT of --fail-if-grew, 130 after Enter. After a signal, pdu ends by that signal; as process 1 of a container, \
with 128 and its number.";
