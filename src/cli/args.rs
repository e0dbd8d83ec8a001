//! The words of the command line, as clap sees them. Nothing is computed here; `cli::plan` does that.
//!
//! GNU du's options keep their meaning, letters and abbreviations. Where an option of ours would make a GNU
//! abbreviation ambiguous (`--v` is `--version` there), the abbreviation is a hidden alias of GNU's option.

use std::ffi::OsString;

use clap::{ArgAction, Parser};

/// Summarize device usage of the set of FILEs, recursively for directories, with all cores.
#[derive(Debug, Parser)]
#[command(
    name = "pdu",
    version,
    help_template = "Usage: {usage}\n{about-with-newline}\nMandatory arguments to long options are mandatory for short options too.\n{options}{after-help}",
    override_usage = "pdu [OPTION]... [FILE]...\n       pdu [OPTION]... --files0-from=F",
    after_help = AFTER_HELP,
    disable_help_flag = true,
    disable_version_flag = true,
    infer_long_args = true,
    args_override_self = true,
    max_term_width = 80
)]
pub struct Args {
    /// End each output line with NUL, not newline
    #[arg(short = '0', long)]
    pub null: bool,

    /// Write counts for all files, not just directories
    #[arg(short, long)]
    pub all: bool,

    /// Print apparent sizes rather than device usage; although the apparent size is usually smaller, it may be
    /// larger due to holes in ('sparse') files, internal fragmentation, indirect blocks, and the like
    #[arg(short = 'A', long)]
    pub apparent_size: bool,

    /// Scale sizes by SIZE before printing them; e.g., '-BM' prints sizes in units of 1,048,576 bytes; see SIZE
    /// format below
    #[arg(short = 'B', long, value_name = "SIZE", action = ArgAction::Append, allow_hyphen_values = true)]
    pub block_size: Vec<OsString>,

    /// Equivalent to '--apparent-size --block-size=1'
    #[arg(short, long)]
    pub bytes: bool,

    /// Produce a grand total
    #[arg(short = 'c', long, alias = "to")]
    pub total: bool,

    /// Dereference all symbolic links
    #[arg(short = 'L', long)]
    pub dereference: bool,

    /// Dereference only symlinks that are listed on the command line
    #[arg(short = 'D', long)]
    pub dereference_args: bool,

    /// Print the total for a directory (or file, with --all) only if it is N or fewer levels below the command
    /// line argument; --max-depth=0 is the same as --summarize
    #[arg(short = 'd', long, value_name = "N", action = ArgAction::Append, allow_hyphen_values = true)]
    pub max_depth: Vec<OsString>,

    /// Summarize device usage of the NUL-terminated file names specified in file F; if F is -, read names from
    /// standard input
    #[arg(long, value_name = "F", action = ArgAction::Append, allow_hyphen_values = true)]
    pub files0_from: Vec<OsString>,

    /// Equivalent to --dereference-args (-D)
    #[arg(short = 'H')]
    pub dereference_args_too: bool,

    /// Print sizes in human readable format (e.g., 1K 234M 2G)
    #[arg(short = 'h', long)]
    pub human_readable: bool,

    /// List inode usage information instead of block usage
    #[arg(long)]
    pub inodes: bool,

    /// Walk with N threads (1 to 4096, default 20; -L without -l: 1); more threads than processors cost
    /// little where everything is in memory, and keep a disk or a network busy where it is not
    #[arg(short = 'j', long, value_name = "N", action = ArgAction::Append, allow_hyphen_values = true)]
    pub threads: Vec<OsString>,

    /// Like --block-size=1K
    #[arg(short = 'k')]
    pub kibibytes: bool,

    /// Count sizes many times if hard linked
    #[arg(short = 'l', long)]
    pub count_links: bool,

    /// Like --block-size=1M
    #[arg(short = 'm')]
    pub mebibytes: bool,

    /// Don't follow any symbolic links (this is the default)
    #[arg(short = 'P', long)]
    pub no_dereference: bool,

    /// For directories do not include size of subdirectories
    #[arg(short = 'S', long)]
    pub separate_dirs: bool,

    /// Like -h, but use powers of 1000 not 1024
    #[arg(long)]
    pub si: bool,

    /// Display only a total for each argument
    #[arg(short, long)]
    pub summarize: bool,

    /// Exclude entries smaller than SIZE if positive, or entries greater than SIZE if negative
    #[arg(short, long, value_name = "SIZE", action = ArgAction::Append, allow_hyphen_values = true, aliases = ["th", "thr", "thre"])]
    pub threshold: Vec<OsString>,

    /// Show time of the last modification of any file in the directory, or any of its subdirectories; with WORD,
    /// show that time instead: atime, access, use, ctime or status
    #[arg(long, value_name = "WORD", action = ArgAction::Append, num_args = 0..=1, require_equals = true, default_missing_value = NO_WORD)]
    pub time: Vec<OsString>,

    /// Time/date format with --time; see TIME_STYLE below
    #[arg(long, value_name = "STYLE", action = ArgAction::Append, allow_hyphen_values = true)]
    pub time_style: Vec<OsString>,

    /// Show on standard error, twice a second, how far the walk is, and a summary at the end
    #[arg(short, long)]
    pub verbose: bool,

    /// Exclude files that match any pattern in FILE
    #[arg(short = 'X', long, value_name = "FILE", action = ArgAction::Append, allow_hyphen_values = true)]
    pub exclude_from: Vec<OsString>,

    /// Exclude files that match PATTERN
    #[arg(long, value_name = "PATTERN", action = ArgAction::Append, allow_hyphen_values = true)]
    pub exclude: Vec<OsString>,

    /// Skip directories on different file systems
    #[arg(short = 'x', long)]
    pub one_file_system: bool,

    /// Display this help and exit
    #[arg(long, action = ArgAction::HelpShort)]
    pub help: Option<bool>,

    /// Output version information and exit
    #[arg(long, action = ArgAction::Version, aliases = ["v", "ve", "ver"])]
    pub version: Option<bool>,

    /// Files and directories to count; the current directory if there is none
    #[arg(value_name = "FILE")]
    pub files: Vec<OsString>,
}

/// What stands for the word of a `--time` without one: no word can hold a NUL.
pub(super) const NO_WORD: &str = "\0";

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
