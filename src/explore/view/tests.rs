//! Screens against committed text. Each was read before it was committed.

use std::time::Duration;

use rustix::fs::FileType;

use crate::explore::browser::options::{BrowserOptions, OperandCount};
use crate::explore::browser::request::{Activity, Doing, Message};
use crate::explore::testing::{
    Desk, Entry, Planter, check, check_text, check_with_styles, directory, file, forest, options,
};
use crate::forest::{DirId, Ended};

const KIB: u64 = 1 << 10;
const MIB: u64 = 1 << 20;
const GIB: u64 = 1 << 30;

/// The directory of the specification, with one entry for each flag.
fn data() -> Vec<Entry<'static>> {
    vec![directory(
        "/srv/data",
        vec![
            directory(
                "backup",
                vec![
                    file("monday", 500 * GIB),
                    file("tuesday", 312 * GIB + 400 * MIB),
                ],
            ),
            directory(
                "mail",
                vec![file("inbox", 200 * GIB), Entry::Unread(b"private")],
            ),
            directory(
                "snapshots",
                vec![Entry::Link(b"base", 90 * GIB, 7, 3), file("own", 6 * GIB)],
            ),
            Entry::Unread(b"secret"),
            directory("empty", vec![]),
            Entry::Away(b"proc"),
            Entry::Link(b"base", 90 * GIB, 7, 3),
            Entry::Special(b"fifo", FileType::Fifo),
            file("core.1234", 2 * GIB + 100 * MIB),
            file(".hidden", 3 * KIB),
        ],
    )]
}

fn reading(entries: u64) -> Activity {
    Activity {
        doing: Doing::Reading,
        entries,
        elapsed: Duration::from_secs(12),
        longest: Duration::from_secs(12),
        ..Activity::default()
    }
}

#[test]
fn a_first_screen() {
    let mut desk = Desk::new(options(), forest(&data()));
    check("first", &desk.canvas());
    desk.press("↓");
    check("flag_in_words", &desk.canvas());
    desk.press("m O");
    desk.size = (120, 24);
    check("wide", &desk.canvas());
}

#[test]
fn the_help_is_one_screen() {
    let mut desk = Desk::new(options(), forest(&data()));
    desk.press("?");
    check("help", &desk.canvas());
}

/// Names that a terminal must not get as they are, and names that are wide.
fn names() -> Vec<Entry<'static>> {
    vec![directory(
        "/srv/names",
        vec![
            file("漢字の名前.txt", 10 * KIB),
            file("👩\u{200D}🚀 launch 👍🏽.png", 9 * KIB),
            file("Zo\u{eb} combining e\u{301}", 8 * KIB),
            file("left\u{202E}txt.exe", 7 * KIB),
            file("zero\u{200B}width", 6 * KIB),
            Entry::File(b"escape\x1b[31mred\x07", 5 * KIB),
            Entry::File(b"new\nline\ttab", 4 * KIB),
            Entry::File(b"raw\xff\xfebytes", 3 * KIB),
            file("שלום עולם", 2 * KIB),
            file(LONG, KIB),
            directory("dir with blank", vec![file("x", KIB)]),
            file("-rf", 512),
            Entry::Unnamed(3),
        ],
    )]
}

const LONG: &str = "a-very-long-name-with-the-number-0123456789-in-its-middle-and-an-extension-at-the-end-of-it.tar.zst";

#[test]
fn narrow_and_small_screens() {
    let mut desk = Desk::new(options(), forest(&data()));
    desk.press("↓");
    for (columns, rows) in [
        (200, 60),
        (80, 24),
        (79, 12),
        (59, 10),
        (40, 10),
        (39, 9),
        (30, 6),
        (29, 6),
        (20, 5),
        (19, 4),
    ] {
        desk.size = (columns, rows);
        check(&format!("size_{columns}x{rows}"), &desk.canvas());
    }
    desk.browser.options.is_ascii = true;
    for (columns, rows) in [(80, 24), (40, 10)] {
        desk.size = (columns, rows);
        check(&format!("ascii_{columns}x{rows}"), &desk.canvas());
    }
}

#[test]
fn names_are_quoted_and_cut() {
    let mut desk = Desk::new(options(), forest(&names()));
    check("names", &desk.canvas());
    desk.size = (40, 20);
    check("names_40", &desk.canvas());
    desk.browser.options.is_ascii = true;
    desk.size = (80, 24);
    check("names_ascii", &desk.canvas());
    for text in desk.canvas().rows() {
        assert!(
            text.chars().all(|char| matches!(char, ' '..='~')),
            "{text:?}"
        );
    }
}

#[test]
fn nothing_is_said_by_colour_alone() {
    let entries = [
        Entry::Directory(b"/a", vec![]),
        Entry::Reading(
            b"/srv",
            vec![
                file("big", GIB),
                Entry::Reading(b"usr", vec![file("lib", 3 * GIB)]),
            ],
        ),
    ];
    let mut planter = Planter::new();
    entries.iter().for_each(|entry| planter.plant(entry));
    let mut desk = Desk::new(
        BrowserOptions {
            operands: OperandCount::Several,
            ..options()
        },
        planter.forest,
    );
    desk.browser.report(reading(4_944_396));
    desk.size = (60, 10);
    check_with_styles("reading_top", &desk.canvas());
    desk.press("Enter");
    desk.press("Space");
    check_with_styles("reading", &desk.canvas());
    desk.press("↑");
    check("reading_flag", &desk.canvas());
}

#[test]
fn the_top_line_says_what_the_walk_does() {
    let mut desk = Desk::new(options(), forest(&data()));
    let activities = [
        reading(4_944_396),
        Activity {
            per_cent: Some(61),
            elapsed: Duration::from_secs(125),
            ..reading(4_944_396)
        },
        Activity {
            silent: Some((b"/mnt/dead server".to_vec(), Duration::from_secs(7))),
            ..reading(4_944_396)
        },
        Activity {
            silent: Some((b"/mnt/slow".to_vec(), Duration::from_secs(4))),
            ..reading(10)
        },
        Activity {
            doing: Doing::Rereading,
            ..reading(10)
        },
        Activity {
            doing: Doing::Loading,
            ..reading(10)
        },
        Activity {
            doing: Doing::Stopped,
            ..reading(10)
        },
        Activity {
            is_removing: true,
            ..Activity::default()
        },
        Activity::default(),
    ];
    let mut text = String::new();
    for columns in [100, 80, 60, 40] {
        desk.size = (columns, 5);
        for activity in &activities {
            desk.browser.report(activity.clone());
            text += &desk.screen()[0];
            text += "\n";
        }
    }
    check_text("top_lines", &text);
}

#[test]
fn panels_replace_the_rows() {
    let mut desk = Desk::new(options(), forest(&data()));
    desk.press("!");
    check("errors", &desk.canvas());
    desk.press("Esc Tab");
    check("no_marks", &desk.canvas());
    desk.press("Esc Space ↓ Space Tab");
    check("marks", &desk.canvas());
    desk.press("Esc i");
    check("information_file", &desk.canvas());
    desk.press("Esc Home ↓ ↓ i");
    check("information_directory", &desk.canvas());
    desk.press("Esc f");
    desk.write("*a*");
    check("find_typed", &desk.canvas());
    desk.press("Enter");
    check("find_begun", &desk.canvas());
    while desk
        .browser
        .go_on_searching(&desk.forest, desk.now + Duration::from_secs(9))
    {}
    check("found", &desk.canvas());
    desk.press("Esc F");
    while desk
        .browser
        .go_on_searching(&desk.forest, desk.now + Duration::from_secs(9))
    {}
    check("largest", &desk.canvas());
    desk.size = (40, 10);
    check("largest_40", &desk.canvas());
    desk.press("Esc /");
    desk.write("a");
    check("filter_typed_40", &desk.canvas());
    desk.press("Enter");
    desk.size = (80, 24);
    check("filter", &desk.canvas());
}

#[test]
fn the_help_scrolls_on_a_small_screen() {
    let mut desk = Desk::new(options(), forest(&data()));
    desk.size = (40, 12);
    desk.press("?");
    check("help_40", &desk.canvas());
    desk.press("End");
    check("help_40_end", &desk.canvas());
    desk.browser.options.is_ascii = true;
    desk.size = (80, 24);
    check("help_ascii", &desk.canvas());
}

#[test]
fn the_dialog_tells_what_a_removal_means() {
    let mut desk = Desk::new(options(), forest(&data()));
    desk.press("Home ↓ ↓ ↓ ↓ d");
    check("remove_file", &desk.canvas());
    desk.press("Esc Home ↓ ↓ d");
    desk.press("d");
    desk.press("e");
    check("remove_directory", &desk.canvas());
    desk.press("Esc Space Space d");
    check("remove_marks", &desk.canvas());
    desk.browser.options.is_ascii = true;
    desk.size = (40, 10);
    check("remove_marks_40", &desk.canvas());
    desk.size = (20, 5);
    check("remove_marks_20", &desk.canvas());
    desk.size = (80, 12);
    desk.browser.options.is_ascii = false;
    desk.press("Esc");
    desk.browser.report(Activity {
        doing: Doing::Nothing,
        ..reading(10)
    });
    desk.press("q");
    check("quit", &desk.canvas());
    desk.press("Esc");
    desk.browser.ask_to_overwrite(b"pdu.json".to_vec());
    check("overwrite", &desk.canvas());
}

/// The whole name, on several lines; and no two names look alike.
#[test]
fn the_question_names_the_entry_on_narrow_screens_as_well() {
    let long = "a long name of a directory that does not fit on one line/and one file in it";
    let (above, below) = long.split_once('/').expect("a slash");
    let tree = [directory(
        "/srv",
        vec![
            directory(above, vec![file(below, KIB)]),
            Entry::File(b"line\nfeed", KIB),
            Entry::File(b"line\\nfeed", KIB),
        ],
    )];
    let mut desk = Desk::new(options(), forest(&tree));
    desk.press("n Home Enter d");
    desk.size = (30, 12);
    check("remove_long_30", &desk.canvas());
    desk.size = (20, 5);
    check("remove_long_20", &desk.canvas());
    desk.size = (80, 24);
    desk.press("Esc Left Home ↓ Space ↓ Space d");
    check("remove_escapes", &desk.canvas());
}

#[test]
fn directories_without_rows_tell_why() {
    let mut desk = Desk::new(options(), forest(&data()));
    desk.size = (60, 10);
    let go = |desk: &mut Desk, name: &str| {
        desk.press("/");
        desk.write(name);
        desk.press("Enter Enter");
    };
    go(&mut desk, "empty");
    check("empty", &desk.canvas());
    desk.press("←");
    go(&mut desk, "secret");
    check("no_permission", &desk.canvas());
    desk.press("← /");
    desk.write("nothing like this");
    check("no_match", &desk.canvas());
    let mut file_only = Desk::new(options(), forest(&[file("notes.txt", 5 * KIB)]));
    file_only.size = (60, 10);
    check("one_file", &file_only.canvas());
    file_only.press("Enter");
    file_only.size = (60, 14);
    check("one_file_information", &file_only.canvas());
    let mut hidden = Desk::new(
        options(),
        forest(&[directory(".", vec![file(".a", 1), file(".b", 1)])]),
    );
    hidden.size = (60, 10);
    hidden.press("e");
    check("all_hidden", &hidden.canvas());
}

#[test]
fn a_long_list_scrolls() {
    let names: Vec<_> = (1..=50).map(|number| format!("file{number:02}")).collect();
    let files = names
        .iter()
        .zip(1..)
        .map(|(name, number)| file(name, (60 - number) * MIB));
    let mut desk = Desk::new(options(), forest(&[directory("/srv", files.collect())]));
    desk.size = (60, 10);
    desk.press("PgDn ↓");
    check("page_2", &desk.canvas());
    desk.press("End");
    check("last_page", &desk.canvas());
}

#[test]
fn columns_are_left_out_one_after_the_other() {
    let mut desk = Desk::new(options(), forest(&data()));
    desk.press("m O");
    let mut text = String::new();
    for columns in [120, 100, 99, 80, 79, 60, 59, 40, 39, 32, 31, 30, 29, 20] {
        desk.size = (columns, 10);
        let rows = desk.screen();
        text += &format!("{columns}\n{}\n{}\n", rows[1], rows[4]);
    }
    check_text("columns", &text);
}

#[test]
fn a_stopped_walk_and_a_removal_have_flags() {
    let mut planter = Planter::new();
    planter.plant(&Entry::Reading(
        b"/srv",
        vec![
            directory("going", vec![file("x", 3 * MIB)]),
            directory("grown", vec![file("x", 2 * MIB)]),
            file("gone", MIB),
            Entry::Reading(b"cut", vec![file("x", KIB)]),
        ],
    ));
    let mut forest = planter.forest;
    forest.end(Ended::Stopped);
    forest.settle();
    let srv = forest.rows(DirId::TOP).next().and_then(|row| row.directory);
    let srv = srv.expect("a directory");
    let names = [&b"going"[..], b"gone"].into();
    forest.set_removing(srv, &names, true);
    let grown = forest.child(srv, b"grown").expect("a directory");
    forest.set_new(grown);
    let mut desk = Desk::new(options(), forest);
    desk.browser.report(Activity {
        doing: Doing::Stopped,
        ..Activity::default()
    });
    desk.size = (60, 10);
    desk.press("End");
    check_with_styles("stopped", &desk.canvas());
}

#[test]
fn the_directory_that_was_left_is_in_the_middle() {
    let names: Vec<_> = (10..60).map(|number| format!("dir{number}")).collect();
    let rows = names.iter().map(|name| directory(name, vec![]));
    let mut desk = Desk::new(options(), forest(&[directory("/srv", rows.collect())]));
    desk.size = (60, 10);
    desk.press("PgDn PgDn PgDn Enter ←");
    check_with_styles("left", &desk.canvas());
}

#[test]
fn a_summary_keeps_its_first_parts() {
    let mut desk = Desk::new(options(), forest(&data()));
    desk.press("↓");
    desk.browser.say(Message::summary(
        "removed 330,801 entries, 119.1 MiB; 296 errors; the file system has 119.1 MiB more free",
    ));
    let mut text = String::new();
    for columns in [100, 80, 40] {
        desk.size = (columns, 6);
        text += &(desk.screen()[5].clone() + "\n");
    }
    check_text("summary", &text);
}

#[test]
fn names_that_end_with_a_blank_are_between_quotes_in_the_dialog() {
    let files = vec![file("a ", KIB), file("a", KIB), file(" ", KIB)];
    let mut desk = Desk::new(options(), forest(&[directory("/srv", files)]));
    desk.size = (80, 18);
    desk.press("* d");
    check("remove_blanks", &desk.canvas());
}
