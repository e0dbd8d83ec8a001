//! Every option, declared once: its identifier, its spelling and its help.
//!
//! A stage that treats options differently matches on [`OptionId`] without a catch-all arm, so a new option does not
//! compile until each stage has decided about it.
//!
//! The declarations are clap's builder and not its derive macro, because a procedural macro cannot be built where
//! programs are linked statically (see `.cargo/config.toml`), and static linking halves the time of a small run.
//!
//! GNU du's options keep their meaning, letters and abbreviations. Where an option of ours would make a GNU
//! abbreviation ambiguous (`--v` is `--version` in GNU du), the abbreviation is a hidden alias of GNU's option.

use std::ffi::OsString;

use clap::{Arg, ArgAction, value_parser};

/// Declares the options, in the order in which GNU du lists the candidates of an ambiguous abbreviation; options of
/// ours stand after GNU's of the same letter.
macro_rules! options {
    ($($id:ident = $name:literal => $declaration:expr;)*) => {
        /// An option.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub(super) enum OptionId { $(#[doc = $name] $id),* }

        impl OptionId {
            /// Every option.
            pub(super) const ALL: &[Self] = &[$(Self::$id),*];

            /// The option as it is typed: `--` and the long form, or `-` and the letter where there is no long form.
            /// It is also clap's id.
            pub(super) const fn name(self) -> &'static str {
                match self { $(Self::$id => $name),* }
            }

            /// The option as clap knows it.
            pub(super) fn arg(self) -> Arg {
                let arg = match self { $(Self::$id => $declaration),* };
                arg.id(self.name()).long(self.name().strip_prefix("--"))
            }
        }
    };
}

/// The headings of `--help`, in their order.
const LINES: &str = "Lines to print";
const SIZES: &str = "Sizes and times";
const REPORTS: &str = "Formats and order";
const FILES: &str = "Files to count";
pub(super) const RUN: &str = "Running";

options! {
    All = "--all" => flag(LINES,
        "Print a line for every file, not only for directories").short('a');
    ApparentSize = "--apparent-size" => flag(SIZES,
        "Count the bytes in files, not the disk space that they take").short('A');
    BlockSize = "--block-size" => value(SIZES, "SIZE",
        "Print sizes in units of SIZE (see below)").short('B');
    Bytes = "--bytes" => flag(SIZES,
        "Short for --apparent-size --block-size=1").short('b');
    By = "--by" => optional_value(REPORTS, "CLASS",
        "Print a line for each class of files instead of directories, with the columns disk space, \
         apparent size, entries, per cent and class; CLASS is ext, owner, group, age or kind; \
         --by alone means --bytes, as in GNU du");
    Budget = "--budget" => value(REPORTS, "N|TIME",
        "With --rest: open no further directory after N entries, or after a TIME such as 90s, 10min or 2h");
    Color = "--color" => value(REPORTS, "WHEN",
        "Color the names of a tree by LS_COLORS: auto (on a terminal; default), always or never");
    CountLinks = "--count-links" => flag(FILES,
        "Count a file each time that a hard link to it is found").short('l').aliases(["c", "co"]);
    Dereference = "--dereference" => flag(FILES,
        "Follow every symbolic link").short('L');
    DereferenceArgs = "--dereference-args" => flag(FILES,
        "Follow a symbolic link only where it is an operand").short('D');
    DereferenceArgsToo = "-H" => flag(FILES,
        "Same as -D").short('H');
    Diff = "--diff" => optional_value(REPORTS, "OLD",
        "Print what changed since OLD, which is a file that --from reads, an age (36h, 7d, 2w, 3m, 1y), a time \
         (2026-11-18T04:00) or last, the newest snapshot (default)");
    Exclude = "--exclude" => value(FILES, "PATTERN",
        "Skip files and directories that match PATTERN, a shell pattern");
    ExcludeFrom = "--exclude-from" => value(FILES, "FILE",
        "Read PATTERNs for --exclude from FILE, one a line; - is standard input")
        .short('X').aliases(["exclude-", "exclude-f"]);
    ExcludeCaches = "--exclude-caches" => flag(FILES,
        "Count of a directory with a CACHEDIR.TAG only itself and that file");
    ExcludeFs = "--exclude-fs" => value(FILES, "TYPE,...",
        "Skip file systems of each TYPE: nfs,nfs4,fuse.sshfs,tmpfs; fuse is every fuse.TYPE");
    ExcludeKernfs = "--exclude-kernfs" => flag(FILES,
        "Skip the file systems of the kernel: proc, sysfs, cgroup, debugfs and the like");
    Explore = "--explore" => flag(REPORTS,
        "Look at directories and their sizes on the screen while they are read; ? shows the keys").short('i');
    FailIfGrew = "--fail-if-grew" => value(RUN, "LIMIT",
        "With --diff, exit with status 2 where the directory grew by more than LIMIT: a SIZE, or a \
         percentage such as 5%");
    Files0From = "--files0-from" => value(FILES, "F",
        "Read the operands from F, each with a NUL at its end; - is standard input").alias("f");
    Format = "--format" => value(REPORTS, "FORMAT",
        "Print as FORMAT: du (lines; default), tree (a chart), json (JSON Lines), csv, \
         ncdu (an export for ncdu and gdu), prometheus (metrics) or parquet (a table for \
         SQL engines)");
    From = "--from" => value(FILES, "FILE",
        "Read an ncdu export or a Parquet file instead of the disk; - is standard input");
    FsName = "--fs-name" => value(REPORTS, "NAME",
        "With -x, write NAME into the column fs of a Parquet file: machines may mount one file system from \
         different sources");
    HumanReadable = "--human-readable" => flag(SIZES,
        "Choose a unit for each size: 4.0K, 17M, 2.5G").short('h');
    History = "--history" => optional_value(REPORTS, "N",
        "Print the (last N) snapshots of a directory: time, total, change, entries, and whether all was read");
    Inodes = "--inodes" => flag(SIZES,
        "Count files and directories (inodes) instead of bytes");
    Kibibytes = "-k" => flag(SIZES,
        "Same as --block-size=1K").short('k');
    Keep = "--keep" => value(REPORTS, "RULE",
        "With --snapshot, remove earlier snapshots but the newest 14 (RULE 14), or the newest of each of 7 days, \
         4 weeks and 12 months (RULE 7d,4w,12m; also h and y)");
    Mebibytes = "-m" => flag(SIZES,
        "Same as --block-size=1M").short('m');
    Si = "--si" => flag(SIZES,
        "Like -h, in powers of 1000: 4.1k, 18M, 2.7G");
    MaxDepth = "--max-depth" => value(LINES, "N",
        "Print no line for what is more than N levels below an operand").short('d');
    Null = "--null" => flag(LINES,
        "End lines with a NUL byte, as xargs -0 reads them").short('0').alias("nu");
    NoDereference = "--no-dereference" => flag(FILES,
        "Follow no symbolic link (default)").short('P');
    NumericIds = "--numeric-ids" => flag(REPORTS,
        "Print users and groups as numbers, as --from does: an export may come from another machine");
    OneFileSystem = "--one-file-system" => flag(FILES,
        "Do not enter other file systems").short('x').alias("o");
    Output = "--output" => value(REPORTS, "FILE",
        "Write the report to FILE, which appears only when it is complete; - is standard output")
        .short('o');
    ReadOnly = "--read-only" => flag(REPORTS,
        "With --explore, remove nothing and start no other program but the pager");
    Rest = "--rest" => value(REPORTS, "REST",
        "Write the directories that --budget left unopened to REST, for other processes to read with --files0-from; \
         needs --format=parquet -o FILE, implies -l, and never replaces FILE");
    Reverse = "--reverse" => flag(REPORTS,
        "Reverse the order of the lines").short('r').aliases(["r", "re"]);
    SeparateDirs = "--separate-dirs" => flag(LINES,
        "Do not add subdirectories to the size of a directory").short('S');
    Summarize = "--summarize" => flag(LINES,
        "Print one line for each operand, as -d0 does").short('s');
    Snapshot = "--snapshot" => optional_value(REPORTS, "WHERE",
        "Store the state of a directory, for --diff and --history, in the file or directory WHERE (default: \
         PDU_SNAPSHOTS, or pdu in the user's state directory)");
    Sort = "--sort" => value(REPORTS, "KEY",
        "Sort lines by KEY: size or inodes (largest first), time (newest first), name, \
         or none (the order of the walk; default)");
    Total = "--total" => flag(LINES,
        "Add a last line with the total of all operands").short('c').alias("to");
    Threshold = "--threshold" => value(LINES, "SIZE",
        "Print only what is SIZE or larger; with -SIZE, only what is SIZE or smaller")
        .short('t').aliases(["th", "thr", "thre"]);
    Time = "--time" => optional_value(SIZES, "WORD",
        "Print the newest modification time of each directory and its contents; WORD \
         chooses another time: atime, access or use (last access), ctime or status (inode \
         change)");
    TimeStyle = "--time-style" => value(SIZES, "STYLE",
        "Print times in this STYLE (see below)");
    Threads = "--threads" => value(RUN, "N",
        "Use at most N threads (1 to 4096, default 20): one for each processor, and all N \
         when the processors wait for the disk or network; -L without -l always uses one")
        .short('j');
    Top = "--top" => value(REPORTS, "N",
        "Print only the N largest entries, by size or by --sort=inodes or time").short('n');
    Tree = "--tree" => flag(REPORTS,
        "Same as --format=tree").short('T');
    Verbose = "--verbose" => flag(RUN,
        "Show progress on standard error twice a second, and a summary at the end").short('v');
    Width = "--width" => value(REPORTS, "COLUMNS",
        "Make a tree, or a table of --by, this wide (1 to 65535; default: as wide as the terminal)");
}

/// The value that clap records for an option whose optional value is absent: no argument can hold a NUL.
pub(super) const NO_VALUE: &str = "\0";

/// An option without a value.
fn flag(heading: &'static str, help: &'static str) -> Arg {
    let arg = Arg::default().action(ArgAction::SetTrue);
    arg.help_heading(heading).help(help)
}

/// An option with a value, which may begin with a hyphen.
fn value(heading: &'static str, name: &'static str, help: &'static str) -> Arg {
    let arg = any_bytes(Arg::default()).allow_hyphen_values(true);
    arg.value_name(name).help_heading(heading).help(help)
}

/// An option with a value after an equals sign, or none.
fn optional_value(heading: &'static str, name: &'static str, help: &'static str) -> Arg {
    any_bytes(Arg::default())
        .num_args(0..=1)
        .require_equals(true)
        .default_missing_value(NO_VALUE)
        .value_name(name)
        .help_heading(heading)
        .help(help)
}

/// Takes values of any bytes, any number of times. Other files of this room decide what the bytes mean.
pub(super) fn any_bytes(arg: Arg) -> Arg {
    arg.action(ArgAction::Append)
        .value_parser(value_parser!(OsString))
}
