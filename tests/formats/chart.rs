//! The tree format: charts over small trees to the byte, and rules that hold for all of them.
//!
//! Golden charts are of apparent sizes, which do not depend on the file system. Sums are held against GNU du's, on
//! the machine's own `du`.

use std::process::Output;

use crate::support::gnu_du::GnuDu;
use crate::support::run::{self, PDU};
use crate::support::terminal::{Streams, Terminal, can_slow_down, forest, shown, slow, start_slow};
use crate::support::tree::Tree;
use rustix::fs::{Mode, OFlags};
use unicode_width::UnicodeWidthStr;

/// Two levels, no size twice among siblings, and names in another order than sizes.
const SMALL: &str = "p/a/y 1000 @86400\np/a/x 6000 @172800\np/b/z 2000 @259200\np/c 1000 @0\n\
    p/ @1\np/a/ @1\np/b/ @1\n";

// ---------------------------------------------------------------- a run

/// Standard output of `pdu` with these words in the tree, in UTF-8 and with so many columns.
#[track_caller]
fn chart(tree: &Tree, columns: usize, words: &str) -> String {
    chart_with(tree, columns, words, &[])
}

#[track_caller]
fn chart_with(tree: &Tree, columns: usize, words: &str, variables: &[(&str, &str)]) -> String {
    let output = output_of(tree, columns, words, variables);
    assert_eq!(text(&output.stderr), "", "{words}");
    assert!(output.status.success(), "{words}: {:?}", output.status);
    text(&output.stdout)
}

fn output_of(tree: &Tree, columns: usize, words: &str, variables: &[(&str, &str)]) -> Output {
    let mut command = run::pdu(tree.root(), words);
    command
        .env("LC_ALL", "C.UTF-8")
        .env("COLUMNS", columns.to_string());
    command.envs(variables.iter().copied());
    run::output(command)
}

/// It must be UTF-8.
#[track_caller]
fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).expect("it is UTF-8")
}

#[track_caller]
fn is(actual: &str, expected: &[String]) {
    let lines: Vec<_> = actual.lines().collect();
    assert_eq!(lines, expected, "\n{actual}");
}

fn lines(expected: &[&str]) -> Vec<String> {
    expected.iter().map(|&line| line.to_owned()).collect()
}

/// Size and name, a bar of so many full and pale cells and blanks, and what follows.
fn bar(start: &str, [full, pale, blank]: [usize; 3], end: &str) -> String {
    let cells = ["█".repeat(full), "░".repeat(pale), " ".repeat(blank)];
    format!("{start} {} {end}", cells.concat())
}

// ---------------------------------------------------------------- charts to the byte

#[test]
fn forty_columns() {
    let tree = Tree::of(SMALL);
    let expected = [
        "10 kB p       █████████████████████ 100%",
        " 7 kB ├─ a    ███████████████        70%",
        " 6 kB │  ├─ x █████████████░░        60%",
        " 1 kB │  └─ y ██░░░░░░░░░░░░░        10%",
        " 2 kB ├─ b    ████                   20%",
        " 2 kB │  └─ z ████                   20%",
        " 1 kB └─ c    ██                     10%",
    ];
    is(&chart(&tree, 40, "-T -A -a --si p"), &lines(&expected));
}

#[test]
fn wider_terminals_have_longer_bars() {
    let tree = Tree::of(SMALL);
    // 10, 7, 6, 1 and 2 tenths of the bar, rounded.
    for (columns, [whole, a, x, y, b]) in [
        (80, [61, 43, 37, 6, 12]),
        (200, [181, 127, 109, 18, 36]),
        (400, [381, 267, 229, 38, 76]),
    ] {
        let expected = [
            bar("10 kB p      ", [whole, 0, 0], "100%"),
            bar(" 7 kB ├─ a   ", [a, 0, whole - a], " 70%"),
            bar(" 6 kB │  ├─ x", [x, a - x, whole - a], " 60%"),
            bar(" 1 kB │  └─ y", [y, a - y, whole - a], " 10%"),
            bar(" 2 kB ├─ b   ", [b, 0, whole - b], " 20%"),
            bar(" 2 kB │  └─ z", [b, 0, whole - b], " 20%"),
            bar(" 1 kB └─ c   ", [y, 0, whole - y], " 10%"),
        ];
        let chart = chart(&tree, columns, "--tree -A -a --si p");
        is(&chart, &expected);
        assert!(chart.lines().all(|line| line.width() == columns));
    }
}

#[test]
fn ascii_where_the_locale_is_not_utf_8_and_where_the_terminal_is_dumb() {
    let tree = Tree::of(SMALL);
    let expected = [
        "10 kB p       ##################### 100%",
        " 7 kB |- a    ###############        70%",
        " 6 kB |  `- x #############..        60%",
        " 2 kB `- b    ####                   20%",
        "      ... 2 more, 2 kB",
    ];
    for variables in [[("LC_ALL", "C")], [("TERM", "dumb")]] {
        let words = "--format=tree -A -a --si -n4 p";
        is(&chart_with(&tree, 40, words, &variables), &lines(&expected));
    }
}

#[test]
fn the_bar_goes_before_the_per_cent_and_that_before_names() {
    let tree = Tree::of(SMALL);
    let expected = [
        "10 kB p                    100%",
        " 7 kB └─ a                  70%",
        "      … 3 more, 3 kB",
    ];
    is(&chart(&tree, 31, "-TA --si -n2 p"), &lines(&expected));
    let expected = [
        "9.8 KiB p",
        "6.8 KiB ├─ a",
        "5.9 KiB │  └─ x",
        "2.0 KiB └─ b",
        "   … 2 more, 2.0 KiB",
    ];
    is(&chart(&tree, 20, "-TAan4 p"), &lines(&expected));
    // Numbers are not cut: a part of one would be another.
    let expected = ["9.8 KiB", "6.8 KiB", "… 3 more, 2.9 KiB"];
    is(&chart(&tree, 1, "-TAan2 p"), &lines(&expected));
}

#[test]
fn names_are_aligned_by_columns_and_cut_in_the_middle() {
    let family = "👨\u{200D}👩\u{200D}👧\u{200D}👦";
    let tree = Tree::of(&format!(
        "p/写真/夏休みの東京.jpg 70000\np/{} 12000\np/cafe\u{301}.tar.gz 8000\n\
         p/a\\xFF\\x1B[31m\\n 6000\np/{} 3000\np/x\\xE2\\x80\\xAEgpj 1000\n",
        family.repeat(7),
        "e\u{301}".repeat(17),
    ));
    // The label has 19 columns: a character that takes two is not halved, nor is one of several parted.
    let expected = [
        "100 kB p                   ████████ 100%".to_owned(),
        " 70 kB ├─ 写真             ██████    70%".to_owned(),
        " 70 kB │  └─ 夏休み…京.jpg ██████    70%".to_owned(),
        // Some terminals show a family in two columns, others each of its four people: room is for the latter.
        format!(" 12 kB ├─ {family}…        █         12%"),
        "  8 kB ├─ cafe\u{301}.tar.gz      █          8%".to_owned(),
        "  6 kB ├─ a\\377\\033[31m\\n             6%".to_owned(),
        format!(
            "  3 kB ├─ {}…{}            3%",
            "e\u{301}".repeat(8),
            "e\u{301}".repeat(7)
        ),
        "  1 kB └─ x\\342\\200\\256gpj            1%".to_owned(),
    ];
    is(&chart(&tree, 40, "-TAa --si p"), &expected);
}

// ---------------------------------------------------------------- what is shown, in which order

#[track_caller]
fn twenty(tree: &Tree, words: &str, expected: &[&str]) {
    is(&chart(tree, 20, words), &lines(expected));
}

#[test]
fn siblings_are_sorted_as_was_asked_for() {
    let tree = Tree::of(SMALL);
    let by_name = [
        "10 kB p",
        " 7 kB ├─ a",
        " 6 kB │  ├─ x",
        " 1 kB │  └─ y",
        " 2 kB ├─ b",
        " 2 kB │  └─ z",
        " 1 kB └─ c",
    ];
    twenty(&tree, "-TAa --si --sort=name p", &by_name);
    let reversed = [
        "10 kB p",
        " 1 kB ├─ c",
        " 2 kB ├─ b",
        " 2 kB │  └─ z",
        " 7 kB └─ a",
        " 1 kB    ├─ y",
        " 6 kB    └─ x",
    ];
    twenty(&tree, "-TAa --si --sort=name -r p", &reversed);
    twenty(&tree, "-TAa --si -r p", &reversed);
    let newest = [
        "10 kB p",
        " 2 kB └─ b",
        " 2 kB    └─ z",
        "      … 4 more, 8 kB",
    ];
    twenty(&tree, "-TAan3 --si --sort=time p", &newest);
    let inodes = ["7 p", "3 ├─ a", "2 └─ b", "  … 1 more, 1"];
    twenty(&tree, "-T --inodes p", &inodes);
}

#[test]
fn times_have_a_column() {
    let tree = Tree::of(SMALL);
    let expected = [
        "10 kB 1970-01-04 p               100%",
        " 2 kB 1970-01-04 ├─ b             20%",
        " 7 kB 1970-01-03 └─ a             70%",
        "                 … 1 more, 1 kB",
    ];
    let words = "-TA --si --time --time-style=+%F --sort=time p";
    is(&chart(&tree, 37, words), &lines(&expected));
}

#[test]
fn as_many_entries_as_the_screen_has_room_for() {
    let tree = Tree::of(SMALL);
    for (rows, words, expected) in [
        ("9", "-TAa --si p", 7),
        ("8", "-TAa --si p", 6),
        ("8", "-TAa --si -d9 p", 7),
        ("8", "-TAa --si -n6 p", 7),
        ("8", "-TAac --si p", 6),
        ("1", "-TAa --si p", 1),
    ] {
        let chart = chart_with(&tree, 20, words, &[("LINES", rows)]);
        assert_eq!(chart.lines().count(), expected, "{words} {rows}\n{chart}");
    }
    let chart = chart_with(&tree, 20, "-TAac --si p", &[("LINES", "7")]);
    let expected = [
        "10 kB p",
        " 7 kB └─ a",
        " 6 kB    └─ x",
        "      … 4 more, 4 kB",
        "10 kB total",
    ];
    is(&chart, &lines(&expected));
}

#[test]
fn what_hangs_on_nothing_that_is_shown_has_its_path() {
    let tree = Tree::of(SMALL);
    let separate = ["7 kB p/a", "6 kB └─ x", "2 kB p/b", "     … 3 more, 2 kB"];
    twenty(&tree, "-TSAan3 --si p", &separate);
    let small = [
        "1 kB p/a/y",
        "2 kB p/b",
        "2 kB └─ z",
        "1 kB p/c",
        "     … 3 more, 6 kB",
    ];
    twenty(&tree, "-TAa --si -t-2000 --sort=name p", &small);
}

#[test]
fn operands_are_roots_and_shares_are_those_of_all() {
    let tree = Tree::of(SMALL);
    let expected = [
        " 7000 p/a                   70%",
        " 2000 p/b                   20%",
        " 1000 p/c                   10%",
        "10000 total                100%",
    ];
    let chart = chart(&tree, 31, "-TAc -B1 p/b p/c p/a");
    is(&chart, &lines(&expected));
    let output = output_of(&tree, 20, "-TA0 --si p/b", &[]);
    assert_eq!(text(&output.stdout), "2 kB p/b\0");
}

#[test]
fn an_error_stands_above() {
    let tree = Tree::of(SMALL);
    let output = output_of(&tree, 20, "-TA --si p/b missing", &[]);
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(text(&output.stdout), "incomplete: 1 error\n2 kB p/b\n");
    let output = output_of(&tree, 9, "-TA --si missing missing", &[]);
    assert_eq!(text(&output.stdout), "incomplete: 2 errors\n");
}

// ---------------------------------------------------------------- colours

#[test]
fn names_have_the_colours_of_ls() {
    let tree = Tree::of(
        "q/s.gz 3000\nq/run 2000 !755\nq/plain 1000\nq/l -> run\nq/d/ !1777\nq/e/f 1\nq/e/ !777\n",
    );
    let variables = [("LS_COLORS", "di=34:tw=30;42:ow=35:ex=32:ln=36:*.gz=31:fi=0")];
    let chart = chart_with(
        &tree,
        20,
        "-TAa -B1 --sort=name --color=always q",
        &variables,
    );
    let expected = [
        "6004 \x1b[34mq\x1b[0m",
        "   0 ├─ \x1b[42;30md\x1b[0m",
        "   1 ├─ \x1b[35me\x1b[0m",
        "   1 │  └─ f",
        "   3 ├─ \x1b[36ml\x1b[0m",
        "1000 ├─ plain",
        "2000 ├─ \x1b[32mrun\x1b[0m",
        "3000 └─ \x1b[31ms.gz\x1b[0m",
    ];
    is(&chart, &lines(&expected));
    let chart = chart_with(&tree, 20, "-TAa -B1 q", &variables);
    assert!(!chart.contains('\x1b'), "{chart:?}");
}

#[test]
fn a_terminal_has_its_own_width_and_colours_unless_they_are_refused() {
    if !can_slow_down() {
        return;
    }
    let tree = Tree::of(SMALL);
    for (variable, is_colored) in [
        ("A=b", true),
        ("NO_COLOR=", true),
        ("NO_COLOR=1", false),
        ("TERM=dumb", false),
        ("TERM=", false),
        ("TERM=unknown", false),
        ("-uTERM", false),
    ] {
        let words = [
            "env",
            variable,
            "COLUMNS=10",
            "LINES=4",
            PDU,
            "-TAa",
            "--si",
            "p",
        ];
        let end = Terminal::start(&tree, 40, Streams::All, &words).end();
        assert_eq!(
            end.raw.contains("\x1b["),
            is_colored,
            "{variable} {:?}",
            end.raw
        );
        let plain = end.raw.replace("\x1b[1;34m", "").replace("\x1b[0m", "");
        assert_eq!(plain.lines().count(), 7, "{plain}");
        assert!(plain.lines().all(|line| line.len() == 40), "{plain}");
    }
}

#[test]
fn a_terminal_of_which_nothing_is_known_is_drawn_on_in_ascii() {
    if !can_slow_down() {
        return;
    }
    let tree = Tree::of(SMALL);
    for (variable, color, has_escapes) in [
        ("TERM=dumb", "auto", false),
        ("TERM=", "auto", false),
        ("-uTERM", "auto", false),
        ("-uTERM", "always", true),
        ("TERM=dumb", "always", true),
    ] {
        let color = format!("--color={color}");
        let words = ["env", variable, "LC_ALL=C.UTF-8", PDU, "-TAav", &color, "p"];
        let end = Terminal::start(&tree, 40, Streams::All, &words).end();
        assert_eq!(end.raw.contains('\x1b'), has_escapes, "{:?}", end.raw);
        assert!(end.raw.contains("|- "), "{variable} {:?}", end.raw);
        assert!(end.raw.is_ascii(), "{variable} {:?}", end.raw);
    }
}

/// The width of the chart on standard output, a pipe, where standard error is a terminal of 57 columns.
fn width_before_a_pager(tree: &Tree, words: &[&str]) -> usize {
    let words = [&["env", "LC_ALL=C.UTF-8"], words].concat();
    let end = Terminal::start(tree, 57, Streams::AllButOutput, &words).end();
    let widths = end.output.lines().map(UnicodeWidthStr::width);
    widths.max().expect("there is a line")
}

#[test]
fn before_a_pager_the_width_is_that_of_the_terminal_of_standard_error() {
    if !can_slow_down() {
        return;
    }
    let tree = Tree::of(SMALL);
    for (words, expected) in [
        (&[PDU, "-TAa", "p"][..], 57),
        (&["COLUMNS=44", PDU, "-TAa", "p"], 44),
        (&["COLUMNS=44", PDU, "-TAa", "--width=99", "p"], 99),
        (&["sh", "-c", "$pdu -TAa p 2>/dev/null"], 80),
        (&["sh", "-c", "COLUMNS=0 $pdu -TAa p"], 57),
    ] {
        assert_eq!(width_before_a_pager(&tree, words), expected, "{words:?}");
    }
    // A table of sums is as wide as it must be, at most as wide as the terminal.
    let by = &[PDU, "-T", "--by=ext", "p"];
    assert!(width_before_a_pager(&tree, by) <= 57);
}

#[test]
fn the_width_that_an_option_gives_is_used_everywhere() {
    let tree = Tree::of(SMALL);
    for width in [1, 9, 25, 40, 200, 65_535] {
        let words = format!("-T -A -a --si --width={width} p");
        let same = chart(&tree, width, "-T -A -a --si p");
        assert_eq!(chart(&tree, 80, &words), same, "{width}");
    }
    let table = |width| chart(&tree, 80, &format!("-T --by=ext --width={width} p"));
    assert_ne!(table(40), table(60));
    if can_slow_down() {
        let words = ["env", "LC_ALL=C.UTF-8", PDU, "-TAa", "--width=33", "p"];
        let end = Terminal::start(&tree, 40, Streams::All, &words).end();
        let plain = end.raw.replace("\x1b[1;34m", "").replace("\x1b[0m", "");
        assert!(plain.lines().all(|line| line.width() == 33), "{plain}");
    }
}

#[test]
fn a_width_that_no_terminal_has_is_refused_in_one_line() {
    let tree = Tree::of(SMALL);
    for width in [
        "0",
        "65536",
        "99999999999999999999",
        "-1",
        "",
        "x",
        "8x",
        "1K",
    ] {
        for report in ["-T", "--by=ext", "--format=json", ""] {
            let words = format!("{report} --width={width} p");
            let output = output_of(&tree, 80, &words, &[]);
            let message = format!("pdu: invalid number of columns (1 to 65535) ‘{width}’\n");
            assert_eq!(text(&output.stderr), message, "{words}");
            assert_eq!((output.status.code(), &*output.stdout), (Some(1), &b""[..]));
        }
    }
}

/// The sizes and their units in a text.
fn units(text: &str) -> Vec<String> {
    let words = text.split_whitespace().zip(text.split_whitespace().skip(1));
    let is_number = |word: &str| word.parse::<f64>().is_ok();
    let sizes = words.filter(|(number, _)| is_number(number));
    sizes.map(|(_, unit)| unit.to_owned()).collect()
}

#[test]
fn sizes_beyond_64_bits_have_the_style_of_the_others() {
    let tree = Tree::empty();
    // Three files of 2^63 bytes, and one small one.
    let export = r#"[1,2,{},[{"name":"r"},{"name":"a","dsize":9223372036854775808,"asize":9223372036854775808},
        {"name":"b","dsize":9223372036854775808,"asize":9223372036854775808},
        {"name":"c","dsize":9223372036854775808,"asize":9223372036854775808},
        {"name":"d","dsize":5000,"asize":5000}]]"#;
    std::fs::write(tree.root().join("x"), export).expect("there is room");
    for (words, expected) in [
        ("-Ta", ["24.0 EiB r", "8 EiB ├─ a", "4.9 KiB └─ d"]),
        ("-TahA", ["24.0 EiB r", "8 EiB ├─ a", "4.9 KiB └─ d"]),
        ("-Ta --si", ["27.7 EB r", "9.2 EB ├─ a", "5 kB └─ d"]),
        ("-Tac", ["24.0 EiB r", "8 EiB ├─ a", "24.0 EiB total"]),
        ("-Tan2", ["24.0 EiB r", "8 EiB └─ a", "… 3 more, 16.0 EiB"]),
        (
            "-Tah --block-size=si",
            ["27.7 EB r", "9.2 EB ├─ a", "5 kB └─ d"],
        ),
        // The blocks of GNU du: one style as well.
        ("-Ta -BE", ["25E r", "8E ├─ a", "1E └─ d"]),
        (
            "-Ta -BMiB",
            ["26388279066625MiB r", "8796093022208MiB ├─ a", "1MiB └─ d"],
        ),
    ] {
        let chart = chart(&tree, 80, &format!("{words} --from=x"));
        for line in expected {
            assert!(chart.contains(line), "{words} {line}\n{chart}");
        }
    }
    for (words, unit) in [("", "EiB"), ("-h", "EiB"), ("--si", "EB")] {
        let table = chart(&tree, 80, &format!("-T --by=kind {words} --from=x"));
        let total = table.lines().last().expect("there is a total");
        assert_eq!(
            units(total).first().map(String::as_str),
            Some(unit),
            "{table}"
        );
    }
    let summary = output_of(&tree, 80, "-sv --from=x", &[]);
    let summary = text(&summary.stderr);
    assert!(summary.contains(", 24.0 EiB, "), "{summary}");
}

#[test]
fn a_cancelled_chart_says_so_and_marks_what_is_not_whole() {
    if !can_slow_down() {
        return;
    }
    let tree = forest(120);
    let words = slow(100, "-v -T -j2 t");
    let mut terminal = start_slow(&tree, 60, Streams::All, &words);
    terminal.wait_for_frames(2);
    terminal.press(b"\n");
    let end = terminal.end();
    assert_eq!(end.status.code(), Some(130), "{:?}", end.raw);
    let lines = shown(&end.raw);
    let mut lines = lines
        .iter()
        .skip_while(|line| *line != "incomplete: cancelled");
    assert!(lines.next().is_some(), "{:?}", end.raw);
    let root = lines.next().map(|line| line.trim_start());
    let root = root.unwrap_or_default().replace("\x1b[1;34m", "");
    assert!(
        root.starts_with('>') && root.contains(" t"),
        "{:?}",
        end.raw
    );
}

// ---------------------------------------------------------------- rules for all charts

/// The number at the start of each line.
fn numbers(text: &str) -> Vec<u64> {
    let words = text
        .lines()
        .filter_map(|line| line.split_whitespace().next());
    words.filter_map(|word| word.parse().ok()).collect()
}

#[test]
fn sizes_are_those_of_gnu_du() {
    let tree = forest(40);
    let Some(gnu) = GnuDu::any() else { return };
    let gnu = |words: &str| numbers(&run::stdout(run::du(&gnu.path, tree.root(), words)));
    let sorted = |mut numbers: Vec<u64>| {
        numbers.sort_unstable();
        numbers
    };
    let all = sorted(gnu("-a -B1 t"));
    assert!(all.len() > 100);
    assert_eq!(sorted(numbers(&chart(&tree, 80, "-Ta -B1 -d9 t"))), all);
    assert_eq!(
        numbers(&chart(&tree, 80, "-T -B1 -n1 t"))[..1],
        gnu("-s -B1 t")
    );
    assert_eq!(numbers(&chart(&tree, 80, "-T -s -B1 t")), gnu("-s -B1 t"));
}

/// Some files `f…` in some directories `d…`, of sizes that are all different.
fn random_tree(rng: &mut fastrand::Rng) -> Tree {
    let mut text = String::from("t/ @1\n");
    for file in 0..rng.usize(1..60) {
        let way: String = (0..rng.usize(0..6))
            .map(|_| format!("d{}/", rng.u8(0..3)))
            .collect();
        let size = rng.usize(0..100) * 64 + file;
        text.push_str(&format!("t/{way}f{file} {size}\n"));
    }
    Tree::of(&text)
}

/// The numbers of the lines that no deeper line follows.
fn ends_of_branches(chart: &str) -> Vec<u64> {
    let lines: Vec<&str> = chart.lines().filter(|line| !line.contains('…')).collect();
    let depth = |line: &str| line.chars().position(|c| c.is_ascii_lowercase());
    let is_end = |&(index, line): &(usize, &&str)| {
        let next = lines.get(index + 1);
        next.is_none_or(|next| depth(next) <= depth(line))
    };
    let ends = lines.iter().enumerate().filter(is_end);
    let ends = ends.map(|(_, line)| format!("{line}\n"));
    numbers(&ends.collect::<String>())
}

#[test]
fn what_is_shown_and_what_is_left_out_add_up() {
    let mut rng = fastrand::Rng::with_seed(7);
    for _ in 0..4 {
        let tree = random_tree(&mut rng);
        for count in [1, 2, 3, 5, 8, 13, 30, 100] {
            for words in ["-TAa -B1", "-TA -B1", "-Ta --inodes -j1", "-TAa -B1 -j20"] {
                let chart = chart(&tree, 200, &format!("{words} -n{count} t"));
                let measure = if words.contains("inodes") {
                    "--inodes"
                } else {
                    "-b"
                };
                let whole = numbers(&text(
                    &output_of(&tree, 200, &format!("-s {measure} t"), &[]).stdout,
                ));
                let entries = chart.lines().filter(|line| !line.contains('…')).count();
                assert!(entries <= count, "{chart}");
                let left_out = chart.lines().find_map(|line| line.split_once(" more, "));
                let left_out = left_out.map_or(0, |(_, size)| size.parse().expect("a number"));
                let ends = ends_of_branches(&chart);
                let mut shown: u64 = ends.iter().sum();
                if measure == "--inodes" {
                    // Directories on the way have no apparent size, but each is an entry.
                    shown += (entries - ends.len()) as u64;
                }
                assert_eq!(shown + left_out, whole[0], "{words}\n{chart}");
            }
        }
    }
}

#[test]
fn no_line_is_wider_than_the_terminal_but_for_a_number() {
    let parts = [
        "a",
        "Z",
        "long-name",
        "漢",
        "字",
        "e\u{301}",
        "👨\u{200D}👩\u{200D}👧",
        "❤\u{FE0F}",
        "🇩🇪",
        "👍🏽",
        "لا",
        "한",
        "ก็",
        "\\x1B",
        "\\xFF",
        "\\n",
        "\u{202E}",
        "\u{200D}",
        "\u{301}",
        "…",
        "ﷺ",
    ];
    let options = [
        "",
        "-a",
        "-c",
        "-S",
        "--time",
        "-n3",
        "-d9",
        "-t1",
        "--si",
        "-B1",
        "--color=always",
    ];
    let mut rng = fastrand::Rng::with_seed(11);
    for _ in 0..12 {
        let mut content = String::from("t/x 1\n");
        for _ in 0..12 {
            let mut name = || -> String {
                (0..rng.usize(1..14))
                    .map(|_| parts[rng.usize(..parts.len())])
                    .collect()
            };
            content.push_str(&format!("t/{}/{}/{} 5000\n", name(), name(), name()));
        }
        let tree = Tree::of(&content);
        for _ in 0..20 {
            let columns = rng.usize(1..130);
            let words: Vec<_> = (0..4)
                .map(|_| options[rng.usize(..options.len())])
                .collect();
            let words = format!("-T {} t", words.join(" "));
            let wide = chart(&tree, 1000, &words);
            let chart = chart(&tree, columns, &words);
            for line in chart.lines() {
                let line = line
                    .replace("\x1b[1;34m", "")
                    .replace("\x1b[2m", "")
                    .replace("\x1b[0m", "");
                assert!(!line.contains('\x1b'));
                // Numbers are whole, whatever the room.
                let is_number = wide.lines().any(|wide| wide.starts_with(&line));
                let is_rest = line.contains(" more, ") && wide.contains(line.trim_start());
                assert!(
                    line.width() <= columns || is_number || is_rest,
                    "{columns} {words} {line:?}"
                );
            }
        }
    }
}

#[test]
fn a_deep_tree_is_drawn_with_short_branches() {
    let tree = Tree::empty();
    let open = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
    let mut here = rustix::fs::open(tree.root(), open, Mode::empty()).expect("the tree is there");
    for _ in 0..3000 {
        rustix::fs::mkdirat(&here, "d", Mode::RWXU).expect("a level can be made");
        here = rustix::fs::openat(&here, "d", open, Mode::empty()).expect("it is there");
    }
    let all = chart(&tree, 20, "-T --inodes -d5000 d");
    assert_eq!(all.lines().count(), 3000);
    // Sizes have 4 columns, labels 15: two levels of branches, and no more.
    let first = [
        "3000 d",
        "2999 └─ d",
        "2998    └─ d",
        "2997 …  └─ d",
        "2996 …  └─ d",
    ];
    assert!(all.lines().take(5).eq(first), "{all}");
    assert_eq!(all.lines().last(), Some("   1 …  └─ d"));
    let some = chart(&tree, 40, "-T --inodes -n3 d");
    assert_eq!(
        some.lines().count(),
        3,
        "the last stands for the rest: {some}"
    );
    let path = chart(&tree, 20, "-T --inodes -t-1 d");
    assert_eq!(path, "1 d/d/d/d/d…/d/d/d/d\n  … 2999 more, 2999\n");
}
