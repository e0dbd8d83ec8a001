//! The words of the command line, as clap sees them. Nothing is computed here; `cli::plan` does that.
//!
//! GNU du's options keep their meaning, letters and abbreviations. Where an option of ours would make a GNU
//! abbreviation ambiguous (`--v` is `--version` there), the abbreviation is a hidden alias of GNU's option.
//!
//! This is clap's builder and not its derive macro, because a procedural macro cannot be built where programs are
//! linked statically (see `.cargo/config.toml`), and that fork the time of a small run.

use std::ffi::OsString;

use clap::{Arg, ArgAction, Command, value_parser};

/// The definition of the command line: of the parser, the help, the man page and the completions.
#[must_use]
pub fn command() -> Command {
    Command::new("pdu")
        .version(env!("CARGO_PKG_VERSION"))
        .about(
            "Summarize device usage of the set of FILEs, recursively for directories, \
             with all cores",
        )
        .help_template(TEMPLATE)
        .override_usage("pdu [OPTION]... [FILE]...\n       pdu [OPTION]... --files0-from=F")
        .after_help(AFTER_HELP)
        .disable_help_flag(true)
        .disable_version_flag(true)
        .infer_long_args(true)
        .args_override_self(true)
        .max_term_width(80)
        .args(OPTIONS.iter().map(Definition::arg))
        .arg(
            Arg::new("help")
                .long("help")
                .action(ArgAction::HelpShort)
                .help("Display this help and exit"),
        )
        .arg(
            Arg::new("version")
                .long("version")
                .aliases(["v", "ve", "ver"])
                .action(ArgAction::Version)
                .help("Output version information and exit"),
        )
        .arg(
            values("files")
                .value_name("FILE")
                .num_args(1..)
                .help("Files and directories to count; the current directory if there is none"),
        )
}

/// One option.
struct Definition {
    /// Its long form, and what the plan asks for it by.
    name: &'static str,
    short: Option<char>,
    has_long: bool,
    value: Option<&'static str>,
    /// The option will do alone; a value has to follow an equals sign.
    is_optional: bool,
    /// Abbreviations that GNU du knows and that would be ambiguous here.
    also: &'static [&'static str],
    help: &'static str,
}

const OPTIONS: [Definition; 37] = [
    flag(
        "null",
        Some('0'),
        "End each output line with NUL, not newline",
    ),
    flag(
        "all",
        Some('a'),
        "Write counts for all files, not just directories",
    ),
    flag(
        "apparent-size",
        Some('A'),
        "Print apparent sizes rather than device usage; although the apparent \
             size is usually smaller, it may be larger due to holes in ('sparse') \
             files, internal fragmentation, indirect blocks, and the like",
    ),
    value(
        "by",
        None,
        "CLASS",
        "Print a sum for each class of entries rather than for directories; CLASS is \
             ext, owner, group, age or kind. Without CLASS, it is GNU du's abbreviation of \
             --bytes",
    )
    .optional(),
    value(
        "color",
        None,
        "WHEN",
        "Color the names of a tree by LS_COLORS: auto (on a terminal; the default), \
             always or never",
    ),
    value(
        "block-size",
        Some('B'),
        "SIZE",
        "Scale sizes by SIZE before printing them; e.g., '-BM' prints sizes in \
             units of 1,048,576 bytes; see SIZE format below",
    ),
    flag(
        "bytes",
        Some('b'),
        "Equivalent to '--apparent-size --block-size=1'",
    ),
    flag("total", Some('c'), "Produce a grand total").also(&["to"]),
    flag("dereference", Some('L'), "Dereference all symbolic links"),
    flag(
        "dereference-args",
        Some('D'),
        "Dereference only symlinks that are listed on the command line",
    ),
    value(
        "max-depth",
        Some('d'),
        "N",
        "Print the total for a directory (or file, with --all) only if it is N or \
             fewer levels below the command line argument; --max-depth=0 is the same \
             as --summarize",
    ),
    value(
        "files0-from",
        None,
        "F",
        "Summarize device usage of the NUL-terminated file names specified in \
             file F; if F is -, read names from standard input",
    )
    .also(&["f"]),
    value(
        "format",
        None,
        "FORMAT",
        "Print the report as FORMAT: du (lines, the default), tree (a chart), json \
             (JSON Lines), csv, or ncdu (an export for ncdu and gdu)",
    ),
    value(
        "from",
        None,
        "FILE",
        "Report on FILE, an export in the format of ncdu, rather than walk; if FILE \
             is -, read standard input",
    ),
    short_flag(
        "dereference-args-too",
        'H',
        "Equivalent to --dereference-args (-D)",
    ),
    flag(
        "human-readable",
        Some('h'),
        "Print sizes in human readable format (e.g., 1K 234M 2G)",
    ),
    flag(
        "inodes",
        None,
        "List inode usage information instead of block usage",
    ),
    value(
        "threads",
        Some('j'),
        "N",
        "Walk with up to N threads (1 to 4096, default 20; -L without -l: 1): \
             with one for each processor while these are busy, and with all N where \
             they would wait for a disk or a network",
    ),
    short_flag("kibibytes", 'k', "Like --block-size=1K"),
    flag(
        "count-links",
        Some('l'),
        "Count sizes many times if hard linked",
    )
    .also(&["c", "co"]),
    short_flag("mebibytes", 'm', "Like --block-size=1M"),
    flag(
        "no-dereference",
        Some('P'),
        "Don't follow any symbolic links (this is the default)",
    ),
    value(
        "output",
        Some('o'),
        "FILE",
        "Write the report to FILE, which is there only when it is whole; if FILE is -, \
             write to standard output",
    ),
    flag(
        "reverse",
        Some('r'),
        "Reverse the order of the lines, with --sort or --top",
    ),
    flag(
        "separate-dirs",
        Some('S'),
        "For directories do not include size of subdirectories",
    ),
    value(
        "sort",
        None,
        "KEY",
        "Sort the lines by KEY: none (the order of the walk), size (the largest \
             first), name, inodes or time",
    ),
    flag("si", None, "Like -h, but use powers of 1000 not 1024"),
    flag(
        "summarize",
        Some('s'),
        "Display only a total for each argument",
    ),
    value(
        "threshold",
        Some('t'),
        "SIZE",
        "Exclude entries smaller than SIZE if positive, or entries greater than \
             SIZE if negative",
    )
    .also(&["th", "thr", "thre"]),
    value(
        "time",
        None,
        "WORD",
        "Show time of the last modification of any file in the directory, or any \
             of its subdirectories; with WORD, show that time instead: atime, access, \
             use, ctime or status",
    )
    .optional(),
    value(
        "time-style",
        None,
        "STYLE",
        "Time/date format with --time; see TIME_STYLE below",
    ),
    value(
        "top",
        Some('n'),
        "N",
        "Print only the N largest entries, the largest first; with --sort=inodes or \
             time, those of the most inodes or the newest",
    ),
    flag("tree", Some('T'), "Equivalent to --format=tree"),
    flag(
        "verbose",
        Some('v'),
        "Show on standard error, twice a second, how far the walk is, and a \
             summary at the end",
    ),
    value(
        "exclude-from",
        Some('X'),
        "FILE",
        "Exclude files that match any pattern in FILE",
    ),
    value(
        "exclude",
        None,
        "PATTERN",
        "Exclude files that match PATTERN",
    ),
    flag(
        "one-file-system",
        Some('x'),
        "Skip directories on different file systems",
    )
    .also(&["o"]),
];

/// An option without a value.
const fn flag(name: &'static str, short: Option<char>, help: &'static str) -> Definition {
    Definition {
        name,
        short,
        has_long: true,
        value: None,
        is_optional: false,
        also: &[],
        help,
    }
}

/// An option that has one letter and no word.
const fn short_flag(name: &'static str, short: char, help: &'static str) -> Definition {
    Definition {
        has_long: false,
        ..flag(name, Some(short), help)
    }
}

/// An option with a value, which may begin with a hyphen.
const fn value(
    name: &'static str,
    short: Option<char>,
    value: &'static str,
    help: &'static str,
) -> Definition {
    Definition {
        value: Some(value),
        ..flag(name, short, help)
    }
}

impl Definition {
    const fn also(self, also: &'static [&'static str]) -> Self {
        Self { also, ..self }
    }

    const fn optional(self) -> Self {
        Self {
            is_optional: true,
            ..self
        }
    }

    fn arg(&self) -> Arg {
        let arg = match self.value {
            None => Arg::new(self.name).action(ArgAction::SetTrue),
            Some(value) if self.is_optional => values(self.name)
                .value_name(value)
                .num_args(0..=1)
                .require_equals(true)
                .default_missing_value(NO_WORD),
            Some(value) => values(self.name)
                .value_name(value)
                .allow_hyphen_values(true),
        };
        arg.short(self.short)
            .long(self.has_long.then_some(self.name))
            .aliases(self.also)
            .help(self.help)
    }
}

/// Any bytes, any number of times: what they mean is the plan's affair.
fn values(name: &'static str) -> Arg {
    Arg::new(name)
        .action(ArgAction::Append)
        .value_parser(value_parser!(OsString))
}

/// What stands for the word of a `--time` without one: no word can hold a NUL.
pub(super) const NO_WORD: &str = "\0";

const TEMPLATE: &str = "Usage: {usage}\n{about-with-newline}\nMandatory arguments to long options are mandatory for short options too.\n{options}{after-help}";

const AFTER_HELP: &str = "\
Display values are in units of the first available SIZE from --block-size, and the DU_BLOCK_SIZE, BLOCK_SIZE \
and BLOCKSIZE environment variables. Otherwise, units default to 1024 bytes (or 512 if POSIXLY_CORRECT is set).

The SIZE argument is an integer and optional unit (example: 10K is 10*1024). Units are K,M,G,T,P,E,Z,Y,R,Q \
(powers of 1024) or KB,MB,... (powers of 1000). Binary prefixes can be used, too: KiB=K, MiB=M, and so on.

The --time-style STYLE argument can be full-iso, long-iso, iso, or +FORMAT. FORMAT is interpreted like in \
date(1). Also the TIME_STYLE environment variable sets the default style to use.

The walk can be cancelled with Enter (on a terminal) or Ctrl-C: the directories that were finished are printed, \
and standard error says that the result is incomplete.

Exit status: 0 if everything was counted, 1 if anything was not, 130 after Enter; a signal ends pdu as that signal.";
