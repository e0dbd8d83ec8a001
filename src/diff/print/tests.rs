//! The output of a comparison, from changes that are written here.

use rustix::fs::FileType;

use super::messages::messages;
use super::printer;
use crate::count::amounts::Amounts;
use crate::count::usage::{FileTime, Measure};
use crate::diff::change::{Change, DiffSummary, DiffWarning, Event, Sum};
use crate::diff::known::Known;
use crate::diff::options::Show;
use crate::format::chart::{self, ChartOptions};
use crate::format::page::Page;
use crate::format::{
    FormatOptions, OutputFormat, Ranking, Selection, Sort, Threshold, lines, ncdu, tree,
};
use crate::gnu::block_size::BlockSize;
use crate::gnu::numerals::Numerals;
use crate::gnu::quote::{Charset, Style};

const GIB: i128 = 1 << 30;

fn options(format: OutputFormat) -> FormatOptions {
    FormatOptions {
        format,
        group_by: None,
        selection: Selection {
            measure: Measure::Allocated,
            max_depth: u32::MAX,
            all: false,
            threshold: Threshold::AtLeast(0),
        },
        ranking: Ranking::OF_WALK,
        min_size: None,
        lines: lines::LineOptions {
            measure: Measure::Allocated,
            block_size: BlockSize::HUMAN,
            numerals: &Numerals::C,
            time: None,
            end_of_line: b'\n',
            quoting: (Style::Literal, Charset::Utf8),
            total: false,
        },
        tree: tree::TreeOptions {
            rows: None,
            separate: false,
            chart: ChartOptions {
                columns: 60,
                sizes: chart::Sizes::Binary,
                is_ascii: false,
                colors: None,
            },
        },
        parquet: None,
        ncdu: ncdu::NcduOptions {
            max_depth: 0,
            root: None,
            entries: ncdu::Entries {
                links: true,
                extended: false,
            },
            timestamp: 0,
        },
        operands: Vec::new(),
    }
}

fn allocated(allocated: i128) -> Amounts {
    Amounts {
        allocated,
        ..Amounts::ZERO
    }
}

fn change(event: Event, path: &[u8], gib: i128) -> Change {
    let size = allocated(gib * GIB);
    Change {
        event,
        path: path.to_vec(),
        from: None,
        kind: FileType::RegularFile,
        depth: path.iter().filter(|&&byte| byte == b'/').count() as u32 - 1,
        before: Some(Amounts::ZERO),
        now: Some(size),
        change: Some(size),
        residue: size,
        at_least: None,
    }
}

/// The example of the manual.
fn example() -> (Vec<Change>, DiffSummary) {
    let secret = Change {
        before: Some(allocated(GIB)),
        now: None,
        change: None,
        residue: Amounts::ZERO,
        ..change(Event::Unread, b"/srv/secret", 0)
    };
    let moved = Change {
        from: Some(b"/srv/old".into()),
        ..change(Event::Moved, b"/srv/www/archive", 0)
    };
    let changes = vec![
        change(Event::New, b"/srv/backup/2026", 31),
        change(Event::Grew, b"/srv/mail", 4),
        change(Event::Grew, b"/srv/mail/a\xff\t", 3),
        change(Event::Gone, b"/srv/core", -2),
        moved,
        secret,
    ];
    let time = FileTime {
        seconds: 1_795_060_803,
        nanoseconds: 500,
    };
    let summary = DiffSummary {
        root: b"/srv".into(),
        change: allocated(37 * GIB),
        rest: allocated(GIB),
        before: allocated(5 * GIB),
        now: allocated(42 * GIB),
        times: (Some(time), None),
        unread: Sum {
            places: 1,
            sizes: allocated(GIB),
        },
        away: Sum::default(),
        moved: Sum::default(),
        dropped_candidates: 0,
        is_complete: false,
        warnings: Vec::new(),
    };
    (changes, summary)
}

fn printed(options: FormatOptions) -> String {
    let (changes, summary) = example();
    let mut sink = printer(options);
    let mut out = Vec::new();
    let mut page = Page::new(&mut out);
    sink.begin(Known::ALL, &mut page.lines);
    for change in &changes {
        sink.change(change, &mut page.lines);
    }
    sink.end(&summary, &mut page).expect("it is memory");
    page.write().expect("it is memory");
    String::from_utf8_lossy(&out).into_owned()
}

#[test]
fn lines_have_a_sign_a_word_and_a_path() {
    let expected = "+31G\tnew\t/srv/backup/2026\n+4.0G\tgrew\t/srv/mail\n\
                    +3.0G\tgrew\t/srv/mail/a\u{fffd}\t\n-2.0G\tgone\t/srv/core\n\
                    0\tmoved\t/srv/old\t/srv/www/archive\n?\tunread\t/srv/secret\t1.0G\n\
                    +37G\ttotal\t/srv\n";
    assert_eq!(printed(options(OutputFormat::Du)), expected);
    let mut quoted = options(OutputFormat::Du);
    quoted.lines.quoting = (Style::ShellEscape, Charset::Utf8);
    assert!(printed(quoted).contains("\t'/srv/mail/a'$'\\377\\t'\n"));
}

/// The numbers on the lines, where all changes may have one.
fn numbers(sort: Option<Sort>, reverse: bool, top: Option<usize>, threshold: Threshold) -> String {
    let mut options = options(OutputFormat::Du);
    options.selection.all = true;
    options.selection.threshold = threshold;
    options.ranking = Ranking { sort, reverse, top };
    let text = printed(options);
    let numbers = text.lines().filter_map(|line| line.split('\t').next());
    numbers.collect::<Vec<_>>().join(" ")
}

#[test]
fn options_sort_the_lines() {
    use Sort::{Name, None as Walk, Size};
    for (sort, reverse, top, expected) in [
        (Some(Size), false, None, "+31G +4.0G +3.0G 0 -2.0G ? +37G"),
        (Some(Size), true, None, "? -2.0G 0 +3.0G +4.0G +31G +37G"),
        (Some(Walk), true, None, "? 0 -2.0G +3.0G +4.0G +31G +37G"),
        (Some(Name), false, None, "+31G -2.0G +4.0G +3.0G ? 0 +37G"),
        (None, false, Some(4), "+31G +4.0G +3.0G -2.0G +37G"),
        (Some(Size), false, Some(2), "+31G +4.0G +37G"),
    ] {
        let numbers = numbers(sort, reverse, top, Threshold::AtLeast(0));
        assert_eq!(numbers, expected, "{sort:?} {reverse} {top:?}");
    }
}

#[test]
fn a_threshold_goes_by_the_size_of_a_change_in_either_direction() {
    for (threshold, expected) in [
        (Threshold::AtLeast(3 << 30), "+31G +4.0G +3.0G +37G"),
        (Threshold::AtMost(2 << 30), "-2.0G 0 ? +37G"),
    ] {
        let numbers = numbers(None, false, None, threshold);
        assert_eq!(numbers, expected, "{threshold:?}");
    }
}

#[test]
fn a_tree_nests_changes_and_ends_with_the_rest() {
    let expected = "\
+37 GiB total  /srv
+31 GiB new    ├─ backup/2026        ███████████████████████
 +4 GiB grew   ├─ mail               ███
 +3 GiB grew   │  └─ a\\377\\t         ███
 -2 GiB gone   ├─ core               ░░
    0 B moved  ├─ old -> www/archive
      ? unread └─ secret, 1 GiB
               … more, +1 GiB
";
    assert_eq!(printed(options(OutputFormat::Tree)), expected);
    let mut narrow = options(OutputFormat::Tree);
    narrow.tree.chart.columns = 30;
    narrow.tree.chart.is_ascii = true;
    let expected = "\
+37 GiB total  /srv
+31 GiB new    |- backup/2026
 +4 GiB grew   |- mail
 +3 GiB grew   |  `- a\\377\\t
 -2 GiB gone   |- core
    0 B moved  |- old -...hive
      ? unread `- s...t, 1 GiB
               ... more, +1 GiB
";
    assert_eq!(printed(narrow), expected);
}

/// What a threshold leaves out is in the rest.
#[test]
fn lines_that_are_left_out_add_to_the_rest() {
    let mut few = options(OutputFormat::Tree);
    few.selection.threshold = Threshold::AtLeast(5 << 30);
    let expected = "\
+37 GiB total  /srv
+31 GiB new    └─ backup/2026 ██████████████████████████████
               … more, +6 GiB
";
    assert_eq!(printed(few), expected);
}

#[test]
fn objects_have_all_measures_and_the_exact_path() {
    let text = printed(options(OutputFormat::Json));
    let lines: Vec<&str> = text.lines().collect();
    let one = |value: &str| format!("{{\"allocated\":{value},\"apparent\":0,\"inodes\":0}}");
    let (zero, gib, three) = (one("0"), one("1073741824"), one("3221225472"));
    let null = "{\"allocated\":null,\"apparent\":null,\"inodes\":null}";
    let expected = format!(
        "{{\"path\":\"/srv/mail/a\u{fffd}\\u0009\",\"path_base64\":\"L3Nydi9tYWlsL2H/CQ==\",\
         \"event\":\"grew\",\"change\":{three},\"before\":{zero},\"now\":{three},\
         \"residue\":{three},\"kind\":\"file\",\"depth\":2}}"
    );
    assert_eq!(lines[2], expected);
    let expected = format!(
        "{{\"path\":\"/srv/www/archive\",\"event\":\"moved\",\"change\":{zero},\"before\":{zero},\
         \"now\":{zero},\"residue\":{zero},\"kind\":\"file\",\"depth\":2,\"from\":\"/srv/old\"}}"
    );
    assert_eq!(lines[4], expected);
    assert!(lines[5].contains(&format!(
        "\"change\":{null},\"before\":{gib},\"now\":{null},"
    )));
    let none = "{\"places\":0,\"allocated\":0,\"apparent\":0,\"inodes\":0}";
    let expected = format!(
        "{{\"summary\":{{\"path\":\"/srv\",\"change\":{},\"rest\":{gib},\"before\":{},\"now\":{},\
         \"times\":{{\"before\":\"2026-11-19T04:00:03.000000500Z\",\"now\":null}},\
         \"entries\":{{\"before\":0,\"now\":0}},\
         \"unread\":{{\"places\":1,\"allocated\":1073741824,\"apparent\":0,\"inodes\":0}},\
         \"away\":{none},\"moved\":{none},\
         \"dropped_candidates\":0,\"warnings\":[],\"complete\":false}}}}",
        one("39728447488"),
        one("5368709120"),
        one("45097156608"),
    );
    assert_eq!(lines[6..], [expected]);
}

#[test]
fn the_last_message_says_what_an_explanation_leaves_out() {
    let (_, mut summary) = example();
    summary.unread = Sum::default();
    summary.change = allocated(100 * GIB);
    for (rest, expected) in [
        (GIB, "now; changes without a line: +1.0G"),
        (-2 * GIB, "now; changes without a line: -2.0G"),
        (GIB - 1, "now"),
    ] {
        summary.rest = allocated(rest);
        let last = |show| messages(&summary, b"old", (Measure::Allocated, show)).concat();
        assert!(last(Show::Explanation(9)).ends_with(expected.as_bytes()));
        assert!(last(Show::Everything).ends_with(b"now"));
    }
    summary.rest.inodes = -7;
    let last = messages(&summary, b"old", (Measure::Inodes, Show::Explanation(1))).concat();
    assert!(last.ends_with(b"; changes without a line: -7 entries"));
}

#[test]
fn the_last_message_says_what_was_compared_and_what_was_not() {
    let texts = |summary: &DiffSummary, measure| {
        let messages = messages(summary, b"'old file'", (measure, Show::Total));
        let texts = messages.iter().map(|text| String::from_utf8_lossy(text));
        texts.collect::<Vec<_>>().join("\n")
    };
    let (_, mut summary) = example();
    summary.before.inodes = 8_112_340;
    summary.now.inodes = 8_213_999;
    let time = "compared with 2026-11-19T04:00:03Z: 8112340 entries then, 8213999 now";
    assert_eq!(
        texts(&summary, Measure::Allocated),
        format!("{time}; not comparable: 1.0G in 1 directory")
    );
    summary.away = Sum {
        places: 1,
        sizes: Amounts {
            inodes: 7,
            ..Amounts::ZERO
        },
    };
    summary.dropped_candidates = 3;
    assert_eq!(
        texts(&summary, Measure::Inodes),
        format!(
            "{time}; not comparable: 7 entries in 2 directories; 3 entries were not looked at for moves"
        )
    );
    summary.unread = Sum::default();
    summary.away = Sum::default();
    summary.dropped_candidates = 0;
    summary.times.0 = None;
    summary.warnings = vec![
        DiffWarning::RootFileSystem,
        DiffWarning::RootPath(b"/a".into(), b"/b c".into()),
        DiffWarning::Options(String::new(), "--exclude=x -D".into()),
        DiffWarning::ClockWentBack,
        DiffWarning::OldIncomplete,
        DiffWarning::OldInPart,
    ];
    let expected = "\
warning: the directory lies on another file system now; all of it may have changed
warning: '/b c' is compared with '/a'
warning: the options differ: none then, '--exclude=x -D' now
warning: the earlier state is the newer one by its time
warning: the scan of the earlier state had errors
warning: the earlier state was stored without small or deep entries: such entries are new here
compared with 'old file': 8112340 entries then, 8213999 now";
    assert_eq!(texts(&summary, Measure::Allocated), expected);
}
