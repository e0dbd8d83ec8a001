//! Golden tests: a command line over a named tree, and the answer of pdu, to the byte.
//!
//! The environment is pinned, every case runs at `-j1` and at `-j20`, and where the machine has a GNU du that
//! is new enough (`PDU_REFERENCE_DU`, `/opt/gnu/du`, or the one on PATH), its answer and its order must be the same. Sizes are apparent ones or numbers of entries: allocated sizes depend on the file system.

use std::ffi::{OsStr, OsString};
use std::fs::{self, File};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::Path;
use std::process::{Output, Stdio};
use std::sync::OnceLock;

use crate::support::gnu_du::GnuDu;
use crate::support::run::{self, PDU};
use crate::support::tree::{Tree, word};
use rustix::fs::{Mode, OFlags};

// ---------------------------------------------------------------- a case

/// One command line over a tree, and what surrounds it.
struct Case<'a> {
    tree: &'a Tree,
    words: Vec<OsString>,
    variables: Vec<(&'a str, &'a str)>,
    input: &'a [u8],
    errors: Vec<String>,
    status: i32,
    gnu_differs: bool,
}

/// `du` with these words, in this tree.
fn du<'a>(tree: &'a Tree, words: &str) -> Case<'a> {
    Case {
        tree,
        words: words.split_whitespace().map(word).collect(),
        variables: Vec::new(),
        input: b"",
        errors: Vec::new(),
        status: 0,
        gnu_differs: false,
    }
}

/// Lines in the order in which they must come, or in that of the file system.
#[derive(Clone, Copy, PartialEq)]
enum Lines {
    Ordered,
    Any,
}

impl<'a> Case<'a> {
    fn with(mut self, name: &'a str, value: &'a str) -> Self {
        self.variables.push((name, value));
        self
    }

    fn reads(mut self, input: &'a [u8]) -> Self {
        self.input = input;
        self
    }

    /// Lines on standard error, and status 1.
    fn fails(mut self, lines: &[&str]) -> Self {
        self.errors
            .extend(lines.iter().map(|line| format!("{line}\n")));
        self.status = 1;
        self
    }

    /// Lines on standard error, and status 0.
    fn warns(self, lines: &[&str]) -> Self {
        Self {
            status: 0,
            ..self.fails(lines)
        }
    }

    /// An option that GNU du does not have, or one of the differences that the README lists.
    fn unlike_gnu(mut self) -> Self {
        self.gnu_differs = true;
        self
    }

    #[track_caller]
    fn prints(self, lines: &[&str]) {
        self.check(lines, Lines::Ordered);
    }

    #[track_caller]
    fn prints_in_any_order(self, lines: &[&str]) {
        self.check(lines, Lines::Any);
    }

    #[track_caller]
    fn check(&self, lines: &[&str], order: Lines) {
        let end = if self.words.iter().any(|word| word == "-0") {
            '\0'
        } else {
            '\n'
        };
        let expected: String = lines.iter().map(|line| format!("{line}{end}")).collect();
        let sorted = |text: &str| sorted_lines(text, order, end);
        let gnu = gnu().filter(|_| !self.gnu_differs);
        let answer = gnu.map(|gnu| (gnu, self.run(&gnu.path, &[])));
        for threads in ["-j1", "-j20"] {
            let ours = self.run(Path::new(PDU), &[threads]);
            let what = format!("{:?} {threads}", self.words);
            assert_eq!(
                sorted(&text(&ours.stdout)),
                sorted(&expected),
                "stdout of {what}"
            );
            assert_eq!(text(&ours.stderr), self.errors.concat(), "stderr of {what}");
            assert_eq!(ours.status.code(), Some(self.status), "status of {what}");
            if let Some((gnu, theirs)) = &answer {
                agrees(gnu, theirs, &ours, &what);
            }
        }
    }

    fn run(&self, program: &Path, threads: &[&str]) -> Output {
        let mut command = run::du(program, self.tree.root(), "");
        command.args(threads).args(&self.words);
        command.envs(self.variables.iter().copied());
        run::output_with(command, self.input)
    }
}

fn sorted_lines(text: &str, order: Lines, end: char) -> Vec<String> {
    let mut lines: Vec<_> = text.split_inclusive(end).map(str::to_owned).collect();
    if order == Lines::Any {
        lines.sort();
    }
    lines
}

/// Bytes that are no UTF-8 as `\xFF`, the others as they are.
fn text(bytes: &[u8]) -> String {
    let mut text = String::new();
    for chunk in bytes.utf8_chunks() {
        text.push_str(chunk.valid());
        text.extend(chunk.invalid().iter().map(|byte| format!("\\x{byte:02X}")));
    }
    text
}

// ---------------------------------------------------------------- GNU du, where there is one

/// GNU du; skips once where there is none, since the tests go on without it.
fn gnu() -> Option<&'static GnuDu> {
    static GNU: OnceLock<Option<&GnuDu>> = OnceLock::new();
    *GNU.get_or_init(GnuDu::same_sizes)
}

/// An older release than the one that pdu follows is compared in lines and order only.
#[track_caller]
fn agrees(gnu: &GnuDu, theirs: &Output, ours: &Output, what: &str) {
    let is_newest = gnu.release.same_messages();
    if is_newest {
        assert_eq!(
            text(&ours.stderr),
            text(&theirs.stderr),
            "GNU's stderr of {what}"
        );
        assert_eq!(ours.status, theirs.status, "GNU's status of {what}");
    }
    if is_newest || ours.status == theirs.status {
        assert_eq!(
            text(&ours.stdout),
            text(&theirs.stdout),
            "GNU's stdout of {what}"
        );
    }
}

// ---------------------------------------------------------------- what is printed

#[test]
fn a_directory_comes_after_what_is_in_it() {
    let tree = Tree::of("a/b/c/f 5\na/b/g 3");
    du(&tree, "-b a").prints(&["5\ta/b/c", "8\ta/b", "8\ta"]);
    du(&tree, "--inodes a").prints(&["2\ta/b/c", "4\ta/b", "5\ta"]);
    du(&tree, "--inodes").prints(&["2\t./a/b/c", "4\t./a/b", "5\t./a", "6\t."]);
}

#[test]
fn all_names_files_too() {
    let tree = Tree::of("a/b/f 5\na/g 300\na/s -> nothing\na/e/");
    let lines = [
        "5\ta/b/f", "5\ta/b", "300\ta/g", "7\ta/s", "0\ta/e", "312\ta",
    ];
    du(&tree, "-ab a").prints_in_any_order(&lines);
    du(&tree, "-b --all a").prints_in_any_order(&lines);
    du(&tree, "-a -A -B1 a").prints_in_any_order(&lines);
    let inodes = ["1\ta/b/f", "2\ta/b", "1\ta/g", "1\ta/s", "1\ta/e", "6\ta"];
    du(&tree, "-a --inodes a").prints_in_any_order(&inodes);
}

#[test]
fn a_file_as_operand_has_a_line_and_the_operand_alone_with_s() {
    let tree = Tree::of("a/b/f 5\na/g 3");
    du(&tree, "-b a/g").prints(&["3\ta/g"]);
    du(&tree, "-bs a a/b/f").prints(&["8\ta"]);
    du(&tree, "-b --summarize a/b a/g").prints(&["5\ta/b", "3\ta/g"]);
    du(&tree, "-bsl a a/b/f").prints(&["8\ta", "5\ta/b/f"]);
}

#[test]
fn the_total_comes_last_and_counts_each_thing_once() {
    let tree = Tree::of("a/f 5\nb/g 3");
    du(&tree, "-bc a b").prints(&["5\ta", "3\tb", "8\ttotal"]);
    du(&tree, "-b --total a a").prints(&["5\ta", "5\ttotal"]);
    du(&tree, "-bcl a a").prints(&["5\ta", "5\ta", "10\ttotal"]);
    du(&tree, "--inodes -c a b").prints(&["2\ta", "2\tb", "4\ttotal"]);
    let missing = ["pdu: cannot access 'x': No such file or directory"];
    du(&tree, "-bc x").fails(&missing).prints(&["0\ttotal"]);
    du(&tree, "-bc x b")
        .fails(&missing)
        .prints(&["3\tb", "3\ttotal"]);
}

#[test]
fn depth_limits_what_is_printed_and_not_what_is_counted() {
    let tree = Tree::of("a/b/c/d/f 5\na/g 3");
    du(&tree, "-b -d0 a").prints(&["8\ta"]);
    du(&tree, "-b -d 1 a").prints(&["5\ta/b", "8\ta"]);
    du(&tree, "-b --max-depth=2 a").prints(&["5\ta/b/c", "5\ta/b", "8\ta"]);
    du(&tree, "-b --max=3 a").prints(&["5\ta/b/c/d", "5\ta/b/c", "5\ta/b", "8\ta"]);
    du(&tree, "-ab -d1 a").prints_in_any_order(&["5\ta/b", "3\ta/g", "8\ta"]);
    du(&tree, "-b -d1 a a/b").prints(&["5\ta/b", "8\ta"]);
    du(&tree, "-b -d9 -d1 a").prints(&["5\ta/b", "8\ta"]);
    let same = ["pdu: warning: summarizing is the same as using --max-depth=0"];
    du(&tree, "-bs -d0 a").warns(&same).prints(&["8\ta"]);
}

#[test]
fn separate_directories_count_their_own_files() {
    let tree = Tree::of("a/b/c/f 5\na/b/g 30\na/h 200");
    du(&tree, "-bS a").prints(&["5\ta/b/c", "30\ta/b", "200\ta"]);
    du(&tree, "-bSs a").prints(&["200\ta"]);
    du(&tree, "-bSd1 a").prints(&["30\ta/b", "200\ta"]);
    du(&tree, "-bSc a").prints(&["5\ta/b/c", "30\ta/b", "200\ta", "235\ttotal"]);
    du(&tree, "-S --inodes a").prints(&["2\ta/b/c", "2\ta/b", "2\ta"]);
    du(&tree, "-bSsc a").prints(&["200\ta", "235\ttotal"]);
}

#[test]
fn one_file_system_leaves_a_tree_of_one_file_system_as_it_is() {
    let tree = Tree::of("a/b/f 5\na/g 3");
    du(&tree, "-bx a").prints(&["5\ta/b", "8\ta"]);
    du(&tree, "-b --one-file-system a a/b").prints(&["5\ta/b", "8\ta"]);
}

#[test]
fn lines_may_end_with_nul() {
    let tree = Tree::of("a/b\\n/f 5");
    du(&tree, "-b -0 a").prints(&["5\ta/b\n", "5\ta"]);
    du(&tree, "-b -c -0 a").prints(&["5\ta/b\n", "5\ta", "5\ttotal"]);
}

#[test]
fn a_threshold_is_a_least_or_a_most() {
    let tree = Tree::of("a/b/c/f 5\na/b/g 3\na/h 10");
    du(&tree, "-b -t0 a").prints(&["5\ta/b/c", "8\ta/b", "18\ta"]);
    du(&tree, "-b -t8 a").prints(&["8\ta/b", "18\ta"]);
    du(&tree, "-b --threshold=9 a").prints(&["18\ta"]);
    du(&tree, "-b -t-8 a").prints(&["5\ta/b/c", "8\ta/b"]);
    du(&tree, "-b -t -4 a").prints(&[]);
    du(&tree, "-ab -t6 a").prints_in_any_order(&["8\ta/b", "10\ta/h", "18\ta"]);
    du(&tree, "-b -t1K -c a").prints(&["18\ttotal"]);
    du(&tree, "--inodes -t4 a").prints(&["4\ta/b", "6\ta"]);
    du(&tree, "--inodes -t-2 a").prints(&["2\ta/b/c"]);
    du(&tree, "--inodes -t 1K a").prints(&[]);
    du(&tree, "-bs -t9 a/b a").prints(&["10\ta"]);
}

// ---------------------------------------------------------------- units

#[test]
fn sizes_are_rounded_up_in_every_unit() {
    let tree = Tree::of("f 1500000\ng 1");
    for (words, size) in [
        ("-b", "1500000"),
        ("-A", "1465"),
        ("-Ak", "1465"),
        ("-Am", "2"),
        ("-Ah", "1.5M"),
        ("-A --si", "1.5M"),
        ("-bh", "1.5M"),
        ("-hb", "1500000"),
        ("-A -B512", "2930"),
        ("-A -BK", "1465K"),
        ("-A -B K", "1465K"),
        ("-A -BKB", "1500kB"),
        ("-A -BKiB", "1465KiB"),
        ("-A -B1K", "1465"),
        ("-A -B1KB", "1500"),
        ("-A -BM", "2M"),
        ("-A -BMB", "2MB"),
        ("-A -BG", "1G"),
        ("-A -BE", "1E"),
        ("-A --block-size=human-readable", "1.5M"),
        ("-A --block-size=human", "1.5M"),
        ("-A --block-size=si", "1.5M"),
        ("-A -B'1", "1500000"),
        ("-A -Bk", "1465K"),
        ("-A -h -k", "1465"),
        ("-A -k -h", "1.5M"),
        ("-A -m -B1", "1500000"),
        ("--apparent-size --block-size=2K", "733"),
        ("--app -B 0x10", "93750"),
    ] {
        du(&tree, &format!("{words} f")).prints(&[&format!("{size}\tf")]);
    }
    du(&tree, "-Am g").prints(&["1\tg"]);
    du(&tree, "-Ah g").prints(&["1\tg"]);
}

#[test]
fn sizes_for_people_have_one_decimal_below_ten_and_round_up() {
    for (size, binary, decimal) in [
        (0, "0", "0"),
        (999, "999", "999"),
        (1000, "1000", "1.0k"),
        (1001, "1001", "1.1k"),
        (1023, "1023", "1.1k"),
        (1024, "1.0K", "1.1k"),
        (1025, "1.1K", "1.1k"),
        (9999, "9.8K", "10k"),
        (10_138, "10K", "11k"),
        (10_240, "10K", "11k"),
        (10_241, "11K", "11k"),
        (999_001, "976K", "1.0M"),
        (1_023_000, "1000K", "1.1M"),
        (1_047_553, "1.0M", "1.1M"),
        (1_048_577, "1.1M", "1.1M"),
    ] {
        let tree = Tree::of(&format!("f {size}"));
        du(&tree, "-Ah f").prints(&[&format!("{binary}\tf")]);
        du(&tree, "-A --si f").prints(&[&format!("{decimal}\tf")]);
    }
}

#[test]
fn numbers_of_entries_have_units_only_for_people() {
    let text: String = (0..1100).map(|number| format!("a/{number} 0\n")).collect();
    let tree = Tree::of(&text);
    du(&tree, "--inodes a").prints(&["1101\ta"]);
    du(&tree, "--inodes -h a").prints(&["1.1K\ta"]);
    du(&tree, "--inodes --si a").prints(&["1.2k\ta"]);
    du(&tree, "--inodes -BK a").prints(&["1101\ta"]);
    du(&tree, "--inodes -m a").prints(&["1101\ta"]);
}

#[test]
fn the_environment_names_a_block_size_and_the_first_set_name_wins() {
    let tree = Tree::of("f 1500000");
    du(&tree, "-A f")
        .with("DU_BLOCK_SIZE", "M")
        .prints(&["2M\tf"]);
    du(&tree, "-A f")
        .with("BLOCK_SIZE", "1")
        .prints(&["1500000\tf"]);
    du(&tree, "-A f")
        .with("BLOCKSIZE", "512")
        .prints(&["2930\tf"]);
    du(&tree, "-A f")
        .with("POSIXLY_CORRECT", "")
        .prints(&["2930\tf"]);
    du(&tree, "-A f")
        .with("DU_BLOCK_SIZE", "si")
        .prints(&["1.5M\tf"]);
    let both = || {
        du(&tree, "-A f")
            .with("BLOCKSIZE", "1")
            .with("BLOCK_SIZE", "K")
    };
    both().prints(&["1465K\tf"]);
    both().with("DU_BLOCK_SIZE", "2").prints(&["750000\tf"]);
    both()
        .with("DU_BLOCK_SIZE", "nonsense")
        .prints(&["1465\tf"]);
    both().with("POSIXLY_CORRECT", "1").prints(&["1465K\tf"]);
    du(&tree, "-A f")
        .with("DU_BLOCK_SIZE", "0")
        .prints(&["1465\tf"]);
    du(&tree, "-A f")
        .with("DU_BLOCK_SIZE", "")
        .prints(&["1465\tf"]);
    du(&tree, "-Ak f")
        .with("DU_BLOCK_SIZE", "M")
        .prints(&["1465\tf"]);
}

#[test]
fn posixly_correct_ends_the_options_at_the_first_operand() {
    let tree = Tree::of("a/f 5");
    du(&tree, "-b a -c").prints(&["5\ta", "5\ttotal"]);
    du(&tree, "-b a -c")
        .with("POSIXLY_CORRECT", "1")
        .fails(&["pdu: cannot access '-c': No such file or directory"])
        .prints(&["5\ta"]);
    du(&tree, "-B 1 -A a")
        .with("POSIXLY_CORRECT", "1")
        .prints(&["5\ta"]);
}

// ---------------------------------------------------------------- times

/// 2001-09-09 01:46:40 is the second 1,000,000,000.
fn timed() -> Tree {
    Tree::of("a/ @86400\na/f 5 @1000000000\nb/ @999999999\nb/g 3 @86400/172800\nc/ @-86401")
}

#[test]
fn the_newest_time_of_a_tree_is_printed_in_every_style() {
    let tree = timed();
    for (words, time) in [
        ("--time", "2001-09-09 01:46"),
        ("--time --time-style=long-iso", "2001-09-09 01:46"),
        ("--time --time-style=iso", "2001-09-09"),
        (
            "--time --time-style=full-iso",
            "2001-09-09 01:46:40.000000000 +0000",
        ),
        (
            "--time --time-style=f",
            "2001-09-09 01:46:40.000000000 +0000",
        ),
        (
            "--time --time-style=+%Y%m%d-%H%M%S-%s-%j-%a-%b-%%",
            "20010909-014640-1000000000-252-Sun-Sep-%",
        ),
        (
            "--time --time-style=+%10Y_%-d_%_d_%e_%N_%3N_%Z_%:z",
            "0000002001_9_ 9_ 9_000000000_000_UTC_+00:00",
        ),
        (
            "--time --time-style=+%^a_%#Z_%F_%T_%R_%D",
            "SUN_utc_2001-09-09_01:46:40_01:46_09/09/01",
        ),
        (
            "--time --time-style=+%y_%C_%u_%w_%V_%G",
            "01_20_7_0_36_2001",
        ),
        ("--time --time-style=+", ""),
    ] {
        du(&tree, &format!("-b {words} a")).prints(&[&format!("5\t{time}\ta")]);
    }
}

#[test]
fn directories_have_times_too_and_those_before_1970_are_times() {
    let tree = timed();
    du(&tree, "-b --time b").prints(&["3\t2001-09-09 01:46\tb"]);
    du(&tree, "-b --time c").prints(&["0\t1969-12-30 23:59\tc"]);
    du(&tree, "-ab --time b").prints(&["3\t1970-01-02 00:00\tb/g", "3\t2001-09-09 01:46\tb"]);
    du(&tree, "-bc --time a b").prints(&[
        "5\t2001-09-09 01:46\ta",
        "3\t2001-09-09 01:46\tb",
        "8\t2001-09-09 01:46\ttotal",
    ]);
    du(&tree, "-bS --time b").prints(&["3\t2001-09-09 01:46\tb"]);
}

#[test]
fn the_word_of_time_chooses_which_and_may_be_abbreviated() {
    let tree = timed();
    for word in ["atime", "access", "use", "a", "ac", "u"] {
        du(&tree, &format!("-b --time={word} b/g")).prints(&["3\t1970-01-03 00:00\tb/g"]);
    }
    du(&tree, "-b --time=use --time b/g").prints(&["3\t1970-01-02 00:00\tb/g"]);
    du(&tree, "-b --time b/g")
        .with("TZ", "XXX-3:30")
        .prints(&["3\t1970-01-02 03:30\tb/g"]);
}

#[test]
fn time_style_of_the_environment_is_a_default() {
    let tree = timed();
    let du = |style: &'static str| du(&tree, "-b --time a").with("TIME_STYLE", style);
    du("iso").prints(&["5\t2001-09-09\ta"]);
    du("posix-iso").prints(&["5\t2001-09-09\ta"]);
    du("posix-posix-iso").prints(&["5\t2001-09-09\ta"]);
    du("locale").prints(&["5\t2001-09-09 01:46\ta"]);
    du("+%s").prints(&["5\t1000000000\ta"]);
    du("+%s\nrest").prints(&["5\t1000000000\ta"]);
    let case = self::du(&tree, "-b --time --time-style=full-iso a").with("TIME_STYLE", "iso");
    case.prints(&["5\t2001-09-09 01:46:40.000000000 +0000\ta"]);
}

// ---------------------------------------------------------------- what is left out

fn varied() -> Tree {
    Tree::of("a/b/f.o 5\na/b/f.c 3\na/c/.hid 20\na/c/d/x.o 100\na/core 1000")
}

#[test]
fn a_pattern_matches_a_whole_name_or_a_tail_of_the_path() {
    let tree = varied();
    for (pattern, size) in [
        ("*.o", "1023"),
        ("core", "128"),
        ("c", "1008"),
        ("a/c", "1008"),
        ("b/*", "1120"),
        ("b/f", "1128"),
        ("*/d", "1028"),
        ("f.?", "1120"),
        ("[!f].o", "1028"),
        ("[[:alpha:]].o", "1023"),
        (".h*", "1108"),
        ("\\\\*.o", "1128"),
        ("d/x.o", "1028"),
        ("c/*.o", "1028"),
        ("a*o", "1023"),
    ] {
        let case = du(&tree, &format!("-bs --exclude={pattern} ./a"));
        case.prints(&[&format!("{size}\t./a")]);
    }
}

#[test]
fn several_patterns_add_up_and_an_excluded_operand_is_silent() {
    let tree = varied();
    du(&tree, "-bs --exclude *.o --exclude core a").prints(&["23\ta"]);
    du(&tree, "-b --exclude=a a a/b").prints(&["8\ta/b"]);
    du(&tree, "-bc --exclude=a a").prints(&["0\ttotal"]);
    du(&tree, "-b --exclude=a/ a/").prints(&[]);
    du(&tree, "-b --exclude=a a/").prints_in_any_order(&[
        "8\ta/b",
        "100\ta/c/d",
        "120\ta/c",
        "1128\ta/",
    ]);
    du(&tree, "-b --exclude=[a-f]* ./a").prints(&[]);
    du(&tree, "-b --exclude=.* ./a").prints(&[]);
    du(&tree, "-b --exclude=nothere nothere").prints(&[]);
    // A dot is a part of the path.
    du(&tree, "-b --exclude=a/b a/./b").prints(&["8\ta/./b"]);
    du(&tree, "-bs --exclude=./c/d a/./c").prints(&["20\ta/./c"]);
    du(&tree, "-bs --exclude=a/c/d a/./c").prints(&["120\ta/./c"]);
}

#[test]
fn patterns_come_from_files_and_from_standard_input() {
    let tree = varied();
    fs::write(tree.root().join("list"), "*.o\n\n core \ncore").expect("the tree can be written");
    fs::write(tree.root().join("empty"), "").expect("the tree can be written");
    du(&tree, "-bs -X list a").prints(&["23\ta"]);
    du(&tree, "-bs --exclude-from=list --exclude=f.c a").prints(&["20\ta"]);
    du(&tree, "-bs -X empty a").prints(&["1128\ta"]);
    du(&tree, "-bs -X - a")
        .reads(b"*.o\ncore\n")
        .prints(&["23\ta"]);
    du(&tree, "-bs -X /dev/stdin a")
        .reads(b"core")
        .prints(&["128\ta"]);
    let hint = "Try 'pdu --help' for more information.";
    du(&tree, "-X x a")
        .fails(&["pdu: x: No such file or directory", hint])
        .prints(&[]);
    du(&tree, "-X a a")
        .fails(&["pdu: a: Is a directory", hint])
        .prints(&[]);
}

// ---------------------------------------------------------------- lists of operands

#[test]
fn operands_come_from_a_file_or_from_standard_input() {
    let tree = Tree::of("a/f 5\nb/g 3\n-/h 1");
    let from = |list: &'static [u8]| du(&tree, "-b --files0-from=-").reads(list);
    let lines = ["5\ta", "3\tb"];
    from(b"a\0b\0").prints(&lines);
    from(b"a\0b").prints(&lines);
    from(b"").prints(&[]);
    from(b"\0")
        .fails(&["pdu: -:1: invalid zero-length file name"])
        .prints(&[]);
    from(b"a\0\0b\0\0")
        .fails(&[
            "pdu: -:2: invalid zero-length file name",
            "pdu: -:4: invalid zero-length file name",
        ])
        .prints(&lines);
    let dash = "pdu: when reading file names from standard input, no file name of '-' allowed";
    from(b"a\0-\0b\0").fails(&[dash]).prints(&lines);
    from(b"a\nb\0")
        .fails(&["pdu: cannot access 'a'$'\\n''b': No such file or directory"])
        .prints(&[]);
    fs::write(tree.root().join("list"), "a\0\0-\0x\0b").expect("the tree can be written");
    let empty = "pdu: list:2: invalid zero-length file name";
    let missing = "pdu: cannot access 'x': No such file or directory";
    du(&tree, "-bc --files0-from=list")
        .fails(&[empty, missing])
        .prints(&["5\ta", "1\t-", "3\tb", "9\ttotal"]);
}

#[test]
fn a_list_that_cannot_be_read_is_an_error_of_its_own() {
    let tree = Tree::of("a/f 5");
    du(&tree, "--files0-from=x")
        .fails(&["pdu: cannot open 'x' for reading: No such file or directory"])
        .prints(&[]);
    du(&tree, "--files0-from=a")
        .fails(&["pdu: a: read error: Is a directory"])
        .prints(&[]);
    du(&tree, "-c --files0-from=a")
        .fails(&["pdu: a: read error: Is a directory"])
        .prints(&["0\ttotal"]);
    let extra = [
        "pdu: extra operand 'a'",
        "file operands cannot be combined with --files0-from",
        HINT,
    ];
    du(&tree, "--files0-from=- a").fails(&extra).prints(&[]);
    du(&tree, "--files0-from=x a").fails(&extra).prints(&[]);
}

// ---------------------------------------------------------------- links

#[test]
fn the_first_of_several_links_counts() {
    let tree = Tree::of("a/f 5\na/g = a/f\nb/h = a/f\nb/i 3");
    du(&tree, "-b a").prints(&["5\ta"]);
    du(&tree, "-b a b").prints(&["5\ta", "3\tb"]);
    du(&tree, "-b b a").prints(&["8\tb", "0\ta"]);
    du(&tree, "-bl a b").prints(&["10\ta", "8\tb"]);
    du(&tree, "-bc --count-links a b").prints(&["10\ta", "8\tb", "18\ttotal"]);
    du(&tree, "--inodes a b").prints(&["2\ta", "2\tb"]);
    du(&tree, "--inodes -l a b").prints(&["3\ta", "3\tb"]);
    du(&tree, "-b a/f a/g b/h").prints(&["5\ta/f"]);
    du(&tree, "-b b/h a/f a/g").prints(&["5\tb/h"]);
    du(&tree, "-bs .").prints(&["8\t."]);
}

#[test]
fn links_across_directories_count_where_gnu_counts_them() {
    let tree = Tree::of("a/x/1 100\na/y/2 = a/x/1\na/z/3 = a/x/1\na/x/d/4 = a/x/1\na/5 = a/x/1");
    // Which directory comes first is the file system's choice: GNU du must agree, and the sum stays.
    du(&tree, "-bs a").prints(&["100\ta"]);
    du(&tree, "-bd0 a a/x").prints(&["100\ta"]);
    du(&tree, "-bsl a").prints(&["500\ta"]);
    du(&tree, "--inodes -s a").prints(&["6\ta"]);
    for words in [
        "-b a",
        "-ab a",
        "-bS a",
        "-bd1 a",
        "-ab a a/x a/z",
        "--inodes a",
        "-ab -d2 a/y a/x a",
    ] {
        du(&tree, words).agrees_with_gnu();
    }
}

#[test]
fn an_operand_met_before_has_no_line() {
    let tree = Tree::of("a/b/f 5\na/g 3");
    du(&tree, "-b a a/b").prints(&["5\ta/b", "8\ta"]);
    du(&tree, "-b a/b a").prints(&["5\ta/b", "3\ta"]);
    du(&tree, "-bs a/b a").prints(&["5\ta/b", "3\ta"]);
    du(&tree, "-bc a/b a a/b").prints(&["5\ta/b", "3\ta", "8\ttotal"]);
    du(&tree, "-bl a/b a").prints(&["5\ta/b", "5\ta/b", "8\ta"]);
    du(&tree, "-b a a/b/f a/g").prints(&["5\ta/b", "8\ta"]);
    du(&tree, "-b a/b/f a").prints(&["5\ta/b/f", "0\ta/b", "3\ta"]);
    du(&tree, "-b a/./b a//b a").prints(&["5\ta/./b", "3\ta"]);
    du(&tree, "-b a a/").prints(&["5\ta/b", "8\ta"]);
}

#[test]
fn slashes_at_the_end_of_an_operand_are_kept_as_one() {
    let tree = Tree::of("a/b/f 5");
    du(&tree, "-b a/").prints(&["5\ta/b", "5\ta/"]);
    du(&tree, "-b a//").prints(&["5\ta/b", "5\ta/"]);
    du(&tree, "-b a///").prints(&["5\ta/b", "5\ta/"]);
    du(&tree, "-b .//a").prints(&["5\t.//a/b", "5\t.//a"]);
    du(&tree, "-b ./").prints(&["5\t./a/b", "5\t./a", "5\t./"]);
    du(&tree, "-b a/b/f/")
        .fails(&["pdu: cannot access 'a/b/f/': Not a directory"])
        .prints(&[]);
    du(&tree, "-b a/b/../b/.").prints(&["5\ta/b/../b/."]);
    du(&tree, "-b a/b/..").prints(&["5\ta/b/../b", "5\ta/b/.."]);
}

#[test]
fn symbolic_links_as_operands_are_followed_when_asked() {
    let tree = Tree::of("a/b/f 5\nl -> a\nfile -> a/b/f\nnone -> x");
    du(&tree, "-b l").prints(&["1\tl"]);
    du(&tree, "-b -P l").prints(&["1\tl"]);
    du(&tree, "-b l/").prints(&["5\tl/b", "5\tl/"]);
    du(&tree, "-b -D l").prints(&["5\tl/b", "5\tl"]);
    du(&tree, "-b -H l").prints(&["5\tl/b", "5\tl"]);
    du(&tree, "-b -L l").prints(&["5\tl/b", "5\tl"]);
    du(&tree, "-b -D -P l").prints(&["1\tl"]);
    du(&tree, "-b -L --no-dereference l").prints(&["1\tl"]);
    du(&tree, "-b --dereference-args file a").prints(&["5\tfile", "0\ta/b", "0\ta"]);
    du(&tree, "-b none").prints(&["1\tnone"]);
    let missing = "pdu: cannot access 'none'";
    du(&tree, "-b -D none").fails(&[missing]).prints(&[]);
    du(&tree, "-b -L none").fails(&[missing]).prints(&[]);
}

#[test]
fn links_below_operands_are_followed_with_dereference_only() {
    let tree = Tree::of("a/s -> ../b\nb/f 5\nb/g -> f\nb/h -> ../b/f");
    du(&tree, "-ab a").prints(&["4\ta/s", "4\ta"]);
    du(&tree, "-ab -D a").prints(&["4\ta/s", "4\ta"]);
    du(&tree, "-b -L a").prints(&["5\ta/s", "5\ta"]);
    du(&tree, "-bL a b").prints(&["5\ta/s", "5\ta"]);
    du(&tree, "-bL b a").prints(&["5\tb", "0\ta"]);
    du(&tree, "-bLl a").prints(&["15\ta/s", "15\ta"]);
}

#[test]
fn dangling_links_under_dereference_are_errors_that_do_not_stop_the_rest() {
    let tree = Tree::of("a/s -> nowhere\na/b/f 5");
    // GNU du gives no reason here.
    let missing = "pdu: cannot access 'a/s'";
    du(&tree, "-bL a")
        .fails(&[missing])
        .prints(&["5\ta/b", "5\ta"]);
    du(&tree, "-abLc a")
        .fails(&[missing])
        .prints(&["5\ta/b/f", "5\ta/b", "5\ta", "5\ttotal"]);
    let tree = Tree::of("a/s -> s\na/f 5");
    let circle = "pdu: cannot access 'a/s': Too many levels of symbolic links";
    du(&tree, "-bL a").fails(&[circle]).prints(&["5\ta"]);
}

#[test]
fn a_circle_of_links_is_left_out() {
    let tree = Tree::of("a/b/up -> ../../a\na/b/f 5");
    du(&tree, "-abL a").agrees_with_gnu();
    du(&tree, "-bL a").agrees_with_gnu();
    du(&tree, "-bLs a").agrees_with_gnu();
    du(&tree, "-bLl a").agrees_with_gnu();
    du(&tree, "-b a").prints(&["12\ta/b", "12\ta"]);
}

// ---------------------------------------------------------------- errors

#[test]
fn missing_and_empty_operands_are_told_and_the_others_counted() {
    let tree = Tree::of("a/f 5");
    let missing = |name: &str| format!("pdu: cannot access '{name}': No such file or directory");
    du(&tree, "-b x").fails(&[&missing("x")]).prints(&[]);
    du(&tree, "-b x a y")
        .fails(&[&missing("x"), &missing("y")])
        .prints(&["5\ta"]);
    du(&tree, "-b a/x/y a")
        .fails(&[&missing("a/x/y")])
        .prints(&["5\ta"]);
    du(&tree, "-b -- -x").fails(&[&missing("-x")]).prints(&[]);
    du(&tree, "-b a/f/g")
        .fails(&["pdu: cannot access 'a/f/g': Not a directory"])
        .prints(&[]);
    let empty = "pdu: invalid zero-length file name";
    du(&tree, "-b ''").fails(&[empty]).prints(&[]);
    du(&tree, "-bc ''").fails(&[empty]).prints(&["0\ttotal"]);
    du(&tree, "-b '' a ''")
        .fails(&[empty, empty])
        .prints(&["5\ta"]);
    let long = "n".repeat(256);
    du(&tree, &format!("-b {long} a"))
        .fails(&[&format!("pdu: cannot access '{long}': File name too long")])
        .prints(&["5\ta"]);
}

#[test]
fn names_are_bytes_on_standard_output_and_quoted_on_standard_error() {
    let tree = Tree::of("a\\xff/b\\nc/f 5\na\\xff/it's 3");
    du(&tree, "-b a\\xff").prints(&["5\ta\\xFF/b\nc", "8\ta\\xFF"]);
    let missing = |quoted: &str| format!("pdu: cannot access {quoted}: No such file or directory");
    for (name, quoted) in [
        ("\\xff", "''$'\\377'"),
        ("a\\nb", "'a'$'\\n''b'"),
        ("it's", "\"it's\""),
        ("a\"b'c", "'a\"b'\\''c'"),
        ("a\\x20b", "'a b'"),
        ("\\x1b[0m", "''$'\\033''[0m'"),
        ("\\x7f\\x01", "''$'\\177\\001'"),
        ("\\xc3\\xa9", "''$'\\303\\251'"),
        ("~", "'~'"),
        ("a\\\\", "'a\\'"),
    ] {
        du(&tree, &format!("-b {name}"))
            .fails(&[&missing(quoted)])
            .prints(&[]);
    }
}

const HINT: &str = "Try 'pdu --help' for more information.";

#[test]
fn a_word_that_is_no_option_is_refused_in_gnus_words() {
    let tree = Tree::of("a/f 5");
    for (words, line) in [
        ("--nope", "unrecognized option '--nope'"),
        ("--nope=x a", "unrecognized option '--nope=x'"),
        ("-Z", "invalid option -- 'Z'"),
        ("-bZ a", "invalid option -- 'Z'"),
        ("-E", "invalid option -- 'E'"),
        ("-B", "option requires an argument -- 'B'"),
        ("-bt", "option requires an argument -- 't'"),
        ("-d", "option requires an argument -- 'd'"),
        ("-X", "option requires an argument -- 'X'"),
        ("--exclude", "option '--exclude' requires an argument"),
        ("--max-depth", "option '--max-depth' requires an argument"),
        ("--max", "option '--max-depth' requires an argument"),
        ("--block-size", "option '--block-size' requires an argument"),
        ("--time-style", "option '--time-style' requires an argument"),
        (
            "--files0-from",
            "option '--files0-from' requires an argument",
        ),
        ("--all=x a", "option '--all' doesn't allow an argument"),
        (
            "--inodes=x a",
            "option '--inodes' doesn't allow an argument",
        ),
        (
            "--sum=x a",
            "option '--summarize' doesn't allow an argument",
        ),
        ("--null= a", "option '--null' doesn't allow an argument"),
    ] {
        du(&tree, words)
            .fails(&[&format!("pdu: {line}"), HINT])
            .prints(&[]);
    }
}

#[test]
fn an_abbreviation_of_several_options_is_refused_with_all_in_gnus_order() {
    let tree = Tree::of("a/f 5");
    for (word, options) in [
        ("--a", "'--all' '--apparent-size'"),
        ("--deref", "'--dereference' '--dereference-args'"),
        ("--ti", "'--time' '--time-style'"),
    ] {
        let line = format!("pdu: option '{word}' is ambiguous; possibilities: {options}");
        du(&tree, &format!("{word} a"))
            .fails(&[&line, HINT])
            .prints(&[]);
    }
    // Ours come after GNU's.
    for (word, options) in [
        ("--h", "'--human-readable' '--history' '--help'"),
        (
            "--s",
            "'--si' '--separate-dirs' '--summarize' '--snapshot' '--sort'",
        ),
        ("--b", "'--block-size' '--bytes' '--by' '--budget'"),
        ("--n", "'--null' '--no-dereference' '--numeric-ids'"),
        ("--d", "'--dereference' '--dereference-args' '--diff'"),
        (
            "--e",
            "'--exclude' '--exclude-from' '--exclude-caches' '--exclude-fs' '--exclude-kernfs' \
             '--explore'",
        ),
    ] {
        let line = format!("pdu: option '{word}' is ambiguous; possibilities: {options}");
        du(&tree, &format!("{word} a"))
            .unlike_gnu()
            .fails(&[&line, HINT])
            .prints(&[]);
    }
}

#[test]
fn an_unknown_option_is_quoted_with_its_own_bytes() {
    let tree = Tree::of("a/f 5");
    du(&tree, "--\\xff")
        .fails(&["pdu: unrecognized option '--\\xFF'", HINT])
        .prints(&[]);
}

#[test]
fn options_that_contradict_each_other_are_refused_or_told() {
    let tree = Tree::of("a/f 5");
    let both = ["pdu: cannot both summarize and show all entries", HINT];
    du(&tree, "-as a").fails(&both).prints(&[]);
    du(&tree, "-s --all a").fails(&both).prints(&[]);
    du(&tree, "-s -d1 -a a").fails(&both).prints(&[]);
    du(&tree, "-s -d1 a")
        .fails(&[
            "pdu: warning: summarizing conflicts with --max-depth=1",
            HINT,
        ])
        .prints(&[]);
    du(&tree, "--max-depth=7 -s a")
        .fails(&[
            "pdu: warning: summarizing conflicts with --max-depth=7",
            HINT,
        ])
        .prints(&[]);
    let idle = ["pdu: warning: options --apparent-size and -b are ineffective with --inodes"];
    du(&tree, "--inodes -b a").warns(&idle).prints(&["2\ta"]);
    du(&tree, "--inodes --apparent-size a")
        .warns(&idle)
        .prints(&["2\ta"]);
}

#[test]
fn sizes_that_are_none_are_refused_in_gnus_words() {
    let tree = Tree::of("a/f 5");
    for (words, line) in [
        ("-Bx a", "invalid -B argument 'x'"),
        ("-B1x a", "invalid suffix in -B argument '1x'"),
        ("-B0 a", "invalid -B argument '0'"),
        ("-B -1 a", "invalid -B argument '-1'"),
        ("-B '' a", "invalid -B argument ''"),
        ("-B 1Kx a", "invalid suffix in -B argument '1Kx'"),
        (
            "-B 9999999999999999999999 a",
            "-B argument '9999999999999999999999' too large",
        ),
        ("-BY a", "-B argument 'Y' too large"),
        ("-BQ a", "invalid -B argument 'Q'"),
        ("-B1Q a", "invalid suffix in -B argument '1Q'"),
        ("-B \\xff a", "invalid -B argument '\\xFF'"),
        ("--block-size=x a", "invalid --block-size argument 'x'"),
        ("--block-size= a", "invalid --block-size argument ''"),
        (
            "--block=1x a",
            "invalid suffix in --block-size argument '1x'",
        ),
        ("-t -0 a", "invalid --threshold argument '-0'"),
        ("-t-0 a", "invalid --threshold argument '-0'"),
        ("--threshold=-0 a", "invalid --threshold argument '-0'"),
        ("--threshold=x a", "invalid --threshold argument 'x'"),
        ("-t x a", "invalid -t argument 'x'"),
        ("-t '' a", "invalid -t argument ''"),
        ("-t 5x a", "invalid suffix in -t argument '5x'"),
        ("-t-5x a", "invalid suffix in -t argument '-5x'"),
        (
            "-t 99999999999999999999 a",
            "-t argument '99999999999999999999' too large",
        ),
        ("-t 99Y a", "-t argument '99Y' too large"),
    ] {
        du(&tree, words)
            .fails(&[&format!("pdu: {line}")])
            .prints(&[]);
    }
}

#[test]
fn depths_that_are_none_are_refused_in_gnus_words() {
    let tree = Tree::of("a/f 5");
    for (words, depth) in [
        ("-d x a", "x"),
        ("-d '' a", ""),
        ("--max-depth= a", ""),
        ("--max-depth=1x a", "1x"),
        ("-d 99999999999999999999 a", "99999999999999999999"),
    ] {
        du(&tree, words)
            .fails(&[&format!("pdu: invalid maximum depth '{depth}'"), HINT])
            .prints(&[]);
    }
    // GNU du takes it for 0 until 9.10; the development tree refuses it.
    let negative = ["pdu: invalid maximum depth '-1'", HINT];
    du(&tree, "-d -1 a")
        .unlike_gnu()
        .fails(&negative)
        .prints(&[]);
}

#[test]
fn words_for_time_that_are_none_are_refused_with_the_valid_ones() {
    let tree = Tree::of("a/f 5 @0\na/ @0");
    let words = [
        "Valid arguments are:",
        "  - 'atime', 'access', 'use'",
        "  - 'ctime', 'status'",
        HINT,
    ];
    let refuses = |typed: &str, what: &str| {
        let lines = [&[what], &words[..]].concat();
        du(&tree, typed).fails(&lines).prints(&[]);
    };
    refuses("--time=x a", "pdu: invalid argument 'x' for '--time'");
    refuses("--time= a", "pdu: ambiguous argument '' for '--time'");
    refuses("--time=\\n a", "pdu: invalid argument '\\n' for '--time'");
}

#[test]
fn time_styles_that_are_none_are_refused_with_the_valid_ones() {
    let tree = Tree::of("a/f 5 @0\na/ @0");
    let styles = [
        "Valid arguments are:",
        "  - full-iso",
        "  - long-iso",
        "  - iso",
        "  - +FORMAT (e.g., +%H:%M) for a 'date'-style format",
        HINT,
    ];
    let invalid = [&["pdu: invalid argument 'x' for 'time style'"], &styles[..]].concat();
    du(&tree, "--time --time-style=x a")
        .fails(&invalid)
        .prints(&[]);
    du(&tree, "--time a")
        .with("TIME_STYLE", "x")
        .fails(&invalid)
        .prints(&[]);
    let ambiguous = [
        &["pdu: ambiguous argument '' for 'time style'"],
        &styles[..],
    ]
    .concat();
    du(&tree, "--time --time-style= a")
        .fails(&ambiguous)
        .prints(&[]);
    du(&tree, "-b --time-style=x a").prints(&["5\ta"]);
    du(&tree, "-b a").with("TIME_STYLE", "x").prints(&["5\ta"]);
}

#[test]
fn numbers_of_threads_that_are_none_are_refused() {
    let tree = Tree::of("a/f 5");
    for number in ["0", "-1", "x", "''", "1x", "99999999999999999999"] {
        let case = du(&tree, &format!("-b -j {number} a"));
        for program in [["-j1"], ["-j20"]] {
            let output = case.run(Path::new(PDU), &program);
            let number = number.trim_matches('\'');
            let line = format!("pdu: invalid number of threads '{number}'\n");
            assert!(
                text(&output.stderr).starts_with(&line),
                "{}",
                text(&output.stderr)
            );
            assert_eq!((output.status.code(), output.stdout.len()), (Some(1), 0));
        }
    }
    let last = du(&tree, "-b --threads=3 a");
    last.unlike_gnu().prints(&["5\ta"]);
}

#[test]
fn help_and_version_go_to_standard_output() {
    let tree = Tree::of("a/f 5");
    for (words, begin) in [
        ("--help", "Usage: pdu [OPTION]... [FILE]...\n"),
        ("--version", "pdu "),
        ("--v", "pdu "),
    ] {
        let output = du(&tree, words).run(Path::new(PDU), &[]);
        assert_eq!(
            (output.status.code(), text(&output.stderr)),
            (Some(0), String::new())
        );
        let help = text(&output.stdout);
        assert!(help.contains(begin), "{words} says {help:?}");
    }
}

/// The dynamic linker of glibc, which a static program does not have, obeys `LD_TRACE_LOADED_OBJECTS`: it lists the
/// libraries, and starts no program.
#[test]
fn the_version_says_how_the_program_is_linked() {
    let tree = Tree::of("a/f 5");
    let first_line = |case: Case| {
        let output = case.run(Path::new(PDU), &[]);
        let lines = text(&output.stdout);
        lines.lines().next().unwrap_or_default().to_owned()
    };
    let listed = first_line(du(&tree, "--version").with("LD_TRACE_LOADED_OBJECTS", "1"));
    let linked = if listed.starts_with("pdu ") {
        "static"
    } else {
        "dynamic"
    };
    assert_eq!(
        first_line(du(&tree, "--version")),
        format!("pdu {} ({linked})", env!("CARGO_PKG_VERSION"))
    );
}

// ---------------------------------------------------------------- what may not be read

/// Checks a case as a user who may not read every directory.
#[track_caller]
fn check_unprivileged(tree: &Tree, words: &str, lines: &[&str], errors: &[&str]) {
    let run = |program: &Path, threads: &[&str]| {
        let mut command = run::unprivileged(program, tree.root())?;
        command
            .args(threads)
            .args(words.split_whitespace().map(word));
        let mut output = run::output_with(command, b"");
        // GNU du writes the whole path of the program, pdu the last component.
        output.stderr = text(&output.stderr).replace("./pdu:", "pdu:").into_bytes();
        Some(output)
    };
    let expected: String = lines.iter().map(|line| format!("{line}\n")).collect();
    let complaints: String = errors.iter().map(|line| format!("{line}\n")).collect();
    for threads in ["-j1", "-j20"] {
        let Some(ours) = run(Path::new(PDU), &[threads]) else {
            return;
        };
        assert_eq!(text(&ours.stdout), expected, "{words} {threads}");
        assert_eq!(text(&ours.stderr), complaints, "{words} {threads}");
        assert_eq!(ours.status.code(), Some(1), "{words} {threads}");
        if let Some(gnu) = gnu() {
            let theirs = run(&gnu.path, &[]).expect("it ran before");
            agrees(gnu, &theirs, &ours, words);
        }
    }
}

#[test]
fn a_directory_that_may_not_be_read_counts_itself() {
    let tree = Tree::of("a/secret/f 5\na/secret/ !000\na/open/g 3");
    let refused = "pdu: cannot read directory 'a/secret': Permission denied";
    let only = Tree::of("a/b/secret/f 5\na/b/secret/ !000");
    let nested = "pdu: cannot read directory 'a/b/secret': Permission denied";
    check_unprivileged(
        &only,
        "-b a",
        &["0\ta/b/secret", "0\ta/b", "0\ta"],
        &[nested],
    );
    check_unprivileged(
        &only,
        "--inodes a",
        &["1\ta/b/secret", "2\ta/b", "3\ta"],
        &[nested],
    );
    check_unprivileged(&tree, "-bs a", &["3\ta"], &[refused]);
    check_unprivileged(
        &tree,
        "-b a/secret a/open",
        &["0\ta/secret", "3\ta/open"],
        &[refused],
    );
    check_unprivileged(&tree, "-bsc a a/open", &["3\ta", "3\ttotal"], &[refused]);
    check_unprivileged(
        &tree,
        "-b a/secret/f",
        &[],
        &["pdu: cannot access 'a/secret/f': Permission denied"],
    );
}

#[test]
fn a_directory_that_may_be_read_and_not_entered_counts_itself() {
    let tree = Tree::of("a/b/f 5\na/b/ !444\na/ !755");
    let refused = "pdu: cannot access 'a/b/f': Permission denied";
    check_unprivileged(&tree, "-b a", &["0\ta/b", "0\ta"], &[refused]);
    check_unprivileged(&tree, "--inodes -s a", &["2\ta"], &[refused]);
    let tree = Tree::of("a/b/d/e/f 5\na/b/ !444\na/ !755");
    let refused = "pdu: cannot access 'a/b/d': Permission denied";
    check_unprivileged(&tree, "-b a", &["0\ta/b", "0\ta"], &[refused]);
}

// ---------------------------------------------------------------- deep, long, strange

/// Directories of one name, each in the one before; their path may be longer than the system takes.
fn make_chain(tree: &Tree, name: &str, levels: usize) {
    let open = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
    let mut here = rustix::fs::open(tree.root(), open, Mode::empty()).expect("the tree is there");
    for _ in 0..levels {
        rustix::fs::mkdirat(&here, name, Mode::RWXU).expect("a level can be made");
        here = rustix::fs::openat(&here, name, open, Mode::empty()).expect("it is there");
    }
}

#[test]
fn a_chain_deeper_than_any_path_is_counted_to_its_end() {
    let tree = Tree::empty();
    make_chain(&tree, "d", 5000);
    du(&tree, "--inodes -s d").prints(&["5000\td"]);
    du(&tree, "--inodes -d1 d").prints(&["4999\td/d", "5000\td"]);
    du(&tree, "-s --inodes d d/d").prints(&["5000\td"]);
    let mut path = "d".to_owned();
    let mut lines = vec!["5000\td".to_owned()];
    for level in 1..5000 {
        path.push_str("/d");
        lines.push(format!("{}\t{path}", 5000 - level));
    }
    lines.reverse();
    let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
    du(&tree, "--inodes d").prints(&lines);
}

#[test]
fn paths_longer_than_the_system_takes_are_counted_and_printed() {
    let tree = Tree::empty();
    let name = "n".repeat(250);
    make_chain(&tree, &name, 60);
    du(&tree, "-s --inodes .").prints(&["61\t."]);
    let mut lines: Vec<String> = (1..=60)
        .map(|level| format!("{}\t./{}", 61 - level, vec![name.as_str(); level].join("/")))
        .collect();
    lines.reverse();
    lines.push("61\t.".into());
    let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
    du(&tree, "--inodes").prints(&lines);
    du(&tree, "--inodes -a").prints(&lines);
}

#[test]
fn a_wide_directory_keeps_its_order() {
    let text: String = (0..3000)
        .map(|number| format!("a/{number}/f {}\n", number % 7))
        .collect();
    let tree = Tree::of(&text);
    for words in [
        "-b a",
        "-ab a",
        "-b --time --time-style=+%s a",
        "-abS a",
        "--inodes -d1 a",
    ] {
        du(&tree, words).agrees_with_gnu();
    }
    let lines: Vec<String> = (0..3000).map(|number| format!("2\ta/{number}")).collect();
    let mut lines: Vec<&str> = lines.iter().map(String::as_str).collect();
    lines.push("6001\ta");
    du(&tree, "--inodes a").prints_in_any_order(&lines);
}

impl Case<'_> {
    /// For answers that depend on the file system: GNU du gives them, and both thread counts must agree.
    #[track_caller]
    fn agrees_with_gnu(&self) {
        let one = self.run(Path::new(PDU), &["-j1"]);
        let twenty = self.run(Path::new(PDU), &["-j20"]);
        let what = format!("{:?}", self.words);
        assert_eq!(
            text(&one.stdout),
            text(&twenty.stdout),
            "-j1 and -j20 of {what}"
        );
        assert_eq!(
            text(&one.stderr),
            text(&twenty.stderr),
            "-j1 and -j20 of {what}"
        );
        assert_eq!(one.status, twenty.status, "-j1 and -j20 of {what}");
        if let Some(gnu) = gnu() {
            agrees(gnu, &self.run(&gnu.path, &[]), &one, &what);
        }
    }
}

// ---------------------------------------------------------------- the streams

fn shell(tree: &Tree, script: &str) -> Output {
    let mut command = run::du("/bin/sh", tree.root(), "");
    command.env("pdu", PDU).args(["-c", script]);
    run::output_with(command, b"")
}

#[test]
fn a_loop_that_reads_names_loses_none_to_pdu() {
    let tree = Tree::of("a/f 5\nb/g 3\nc/h 1");
    fs::write(tree.root().join("list"), "a\nb\nc\n").expect("the tree can be written");
    for option in ["-bs", "-bsv", "-bsj1", "-bsvj20"] {
        let output = shell(
            &tree,
            &format!("while read d; do \"$pdu\" {option} \"$d\" 2>/dev/null; done < list"),
        );
        assert_eq!(text(&output.stdout), "5\ta\n3\tb\n1\tc\n");
        assert!(output.status.success());
    }
}

#[test]
fn a_full_device_is_an_error_that_is_told() {
    let text_of_tree: String = (0..3000).map(|number| format!("a/{number} 0\n")).collect();
    let tree = Tree::of(&text_of_tree);
    for words in ["-b a", "-ab a", "--help", "--version"] {
        for threads in ["-j1", "-j20"] {
            let mut command = run::du(PDU, tree.root(), "");
            command.arg(threads).args(words.split(' '));
            let full = File::options()
                .write(true)
                .open("/dev/full")
                .expect("there is /dev/full");
            let output = command
                .stdin(Stdio::null())
                .stdout(full)
                .output()
                .expect("it runs");
            assert_eq!(
                text(&output.stderr),
                "pdu: write error: No space left on device\n",
                "{words}"
            );
            assert_eq!(output.status.code(), Some(1), "{words}");
        }
    }
}

#[test]
fn a_closed_standard_output_is_an_error_that_is_told() {
    let tree = Tree::of("a/f 5");
    let output = shell(&tree, "exec \"$pdu\" -b a >&-");
    assert!(
        text(&output.stderr).ends_with("pdu: write error: Bad file descriptor\n"),
        "{output:?}"
    );
    assert_eq!(output.status.code(), Some(1));
}

/// More than a pipe holds.
fn talkative() -> Tree {
    let text: String = (0..4000)
        .map(|number| format!("{}{number} 0\n", "long-".repeat(8)))
        .collect();
    Tree::of(&text)
}

#[test]
fn a_reader_that_goes_away_ends_pdu_by_sigpipe_without_a_word() {
    let tree = talkative();
    for threads in ["-j1", "-j20"] {
        let mut command = run::du(PDU, tree.root(), "");
        command.args([threads, "-ab"]).stdin(Stdio::null());
        let mut child = command
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("it starts");
        drop(child.stdout.take());
        let output = child.wait_with_output().expect("it ends");
        assert_eq!(text(&output.stderr), "");
        assert_eq!(output.status.signal(), Some(SIGPIPE));
    }
}

const SIGPIPE: i32 = 13;

#[test]
fn a_reader_that_goes_away_is_a_write_error_where_sigpipe_is_ignored() {
    let tree = talkative();
    let output = shell(&tree, "trap '' PIPE; { \"$pdu\" -ab; echo $? >&2; } | true");
    assert_eq!(
        text(&output.stderr).replace(PDU, "pdu"),
        "pdu: write error: Broken pipe\n1\n"
    );
}

#[test]
fn messages_keep_their_place_among_the_lines() {
    let tree = Tree::of("a/f 5\nb/g 3");
    for threads in ["-j1", "-j20"] {
        let script = format!("exec \"$pdu\" {threads} -b x a y b z 2>&1");
        let missing =
            |name: &str| format!("pdu: cannot access '{name}': No such file or directory\n");
        let expected = [
            missing("x"),
            "5\ta\n".into(),
            missing("y"),
            "3\tb\n".into(),
            missing("z"),
        ];
        assert_eq!(text(&shell(&tree, &script).stdout), expected.concat());
    }
}

#[test]
fn verbose_changes_nothing_on_standard_output() {
    let tree = varied();
    for words in ["-ab a", "-bc a a/b", "--inodes -d1 a", "-b x a"] {
        let quiet = du(&tree, words).run(Path::new(PDU), &["-j20"]);
        let verbose = du(&tree, words).run(Path::new(PDU), &["-j20", "-v"]);
        assert_eq!(text(&quiet.stdout), text(&verbose.stdout));
        assert_eq!(quiet.status, verbose.status);
        assert!(
            verbose.stderr.len() > quiet.stderr.len(),
            "no summary with {words}"
        );
    }
}

#[test]
fn the_program_is_called_what_it_was_called() {
    let tree = Tree::empty();
    let mut command = run::du(PDU, tree.root(), "");
    command
        .arg0(OsStr::from_bytes(b"/some/where/du"))
        .args(["-b", "x"]);
    let output = run::output_with(command, b"");
    assert_eq!(
        text(&output.stderr),
        "du: cannot access 'x': No such file or directory\n"
    );
}

#[test]
fn by_without_a_class_is_short_for_bytes_as_it_is_to_gnu_du() {
    let tree = Tree::of("a/f 5");
    du(&tree, "-a --by a").prints(&["5\ta/f", "5\ta"]);
}
