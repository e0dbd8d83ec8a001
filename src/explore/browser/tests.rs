//! Keys, the cursor, the order, marks and the dialog.

use std::collections::HashSet;
use std::time::Duration;

use super::PanelKind;
use super::dialog::{Confirmation, Dialog};
use super::options::{BrowserOptions, OperandCount, Permission};
use super::request::{Activity, BrowserRequest, Doing, Message, Source};
use super::rows::Hiding;
use super::settings::{Graph, SharedColumn};
use crate::count::usage::Measure;
use crate::explore::keys::{Action, KEYS, Topic, action};
use crate::explore::terminal::{Key, KeyCode, Mouse, MouseAction};
use crate::explore::testing::{Desk, Entry, Planter, directory, file, forest, key, options};
use crate::forest::{DirId, Ended, Gone, Target};

const KIB: u64 = 1 << 10;

/// Sizes and names are in different orders; `small` has the most entries.
fn tree() -> Vec<Entry<'static>> {
    vec![directory(
        "/srv",
        vec![
            file("b-file", 30 * KIB),
            directory(
                "large",
                vec![
                    file("x", 60 * KIB),
                    directory("inner", vec![file("deep.log", KIB)]),
                ],
            ),
            directory(
                "small",
                vec![
                    file("1", KIB),
                    file("2", KIB),
                    file("3", KIB),
                    file("4", KIB),
                ],
            ),
            file(".dotted", 20 * KIB),
            file("a-file", 10 * KIB),
        ],
    )]
}

fn desk() -> Desk {
    let mut desk = Desk::new(options(), forest(&tree()));
    desk.size = (80, 10);
    desk.canvas();
    desk
}

fn message(desk: &Desk) -> &str {
    desk.browser
        .message
        .as_ref()
        .map_or("", |message| &message.text)
}

fn target(desk: &Desk, name: &str) -> Target {
    Target {
        parent: desk.browser.shown,
        name: name.into(),
    }
}

#[test]
fn each_key_stands_in_the_table_once() {
    let mut seen = HashSet::new();
    for (key, action) in KEYS.iter().flat_map(|line| line.keys) {
        assert!(seen.insert((key.code, key.control)), "{key:?} {action:?}");
    }
    for topic in Topic::ALL {
        assert!(KEYS.iter().any(|line| line.topic == topic), "{topic:?}");
    }
}

/// The keys of the specification, by their actions.
const EXPECTED: &[(&str, Action)] = &[
    ("Up k", Action::Up),
    ("Down j", Action::Down),
    ("PgUp ^B", Action::PageUp),
    ("PgDn ^F", Action::PageDown),
    ("^U", Action::HalfUp),
    ("^D", Action::HalfDown),
    ("Right l Enter", Action::Enter),
    ("Left h < Bksp", Action::Parent),
    ("Home H", Action::First),
    ("End G", Action::Last),
    ("s", Action::SortSize),
    ("n", Action::SortName),
    ("C", Action::SortCount),
    ("M", Action::SortTime),
    ("c", Action::ToggleCount),
    ("m", Action::ToggleTime),
    ("O", Action::ToggleOwner),
    ("t", Action::ToggleDirectoriesFirst),
    ("e", Action::ToggleHidden),
    ("a", Action::NextMeasure),
    ("u", Action::NextShared),
    ("g", Action::NextGraph),
    ("i", Action::Information),
    ("!", Action::Errors),
    ("? F1", Action::Help),
    ("r", Action::ReadShown),
    ("R", Action::ReadSelected),
    ("Space", Action::Mark),
    ("*", Action::InvertMarks),
    ("Tab", Action::Marks),
    ("d", Action::Remove),
    ("/", Action::Filter),
    ("f", Action::Find),
    ("F", Action::Largest),
    ("b", Action::Shell),
    ("v", Action::Pager),
    ("o", Action::Open),
    ("E", Action::Export),
    ("y", Action::Copy),
    ("q", Action::Quit),
    ("Q", Action::QuitAndPrint),
    ("Esc", Action::Close),
    ("^C", Action::Interrupt),
    ("^Z", Action::Suspend),
    ("^L", Action::Redraw),
];

#[test]
fn the_keys_are_those_of_ncdu_gdu_and_vi() {
    let mut count = 0;
    for (keys, expected) in EXPECTED {
        for word in keys.split(' ') {
            assert_eq!(action(key(word)), Some(*expected), "{word}");
            count += 1;
        }
    }
    assert_eq!(
        count,
        KEYS.iter().map(|line| line.keys.len()).sum::<usize>()
    );
    for code in ['D', 'x', 'r', 'e'].map(KeyCode::Char) {
        let control = Key {
            code,
            control: true,
        };
        assert_eq!(action(control), None, "{code:?}");
    }
}

#[test]
fn each_key_sorts_and_the_same_key_reverses() {
    let mut desk = desk();
    for (key, expected) in [
        ("", "large b-file .dotted a-file small"),
        ("s", "small a-file .dotted b-file large"),
        ("s", "large b-file .dotted a-file small"),
        ("n", ".dotted a-file b-file large small"),
        ("n", "small large b-file a-file .dotted"),
        ("C", "small large .dotted a-file b-file"),
        ("C", ".dotted a-file b-file large small"),
        ("t", "large small .dotted a-file b-file"),
        ("n", "large small .dotted a-file b-file"),
        ("n", "small large b-file a-file .dotted"),
        ("t", "small large b-file a-file .dotted"),
        ("e", "small large b-file a-file"),
        ("M", "a-file b-file large small"),
    ] {
        if !key.is_empty() {
            desk.press(key);
        }
        assert_eq!(desk.names().join(" "), expected, "{key}");
    }
    assert_eq!(desk.browser.settings.hiding, Hiding::Dotted);
}

#[test]
fn measures_and_columns_go_round() {
    let mut desk = desk();
    let mut measures = Vec::new();
    for _ in 0..3 {
        desk.press("a");
        measures.push(desk.browser.settings.measure);
    }
    assert_eq!(
        measures,
        [Measure::Apparent, Measure::Inodes, Measure::Allocated]
    );
    desk.press("a a");
    assert_eq!(desk.names()[0], "small", "sorted by the shown measure");
    let graphs: Vec<_> = (0..4)
        .map(|_| {
            desk.press("g");
            desk.browser.settings.graph
        })
        .collect();
    assert_eq!(
        graphs,
        [Graph::Bar, Graph::PerCent, Graph::Nothing, Graph::Both]
    );
    let shared: Vec<_> = (0..3)
        .map(|_| {
            desk.press("u");
            desk.browser.settings.shared
        })
        .collect();
    assert_eq!(
        shared,
        [
            SharedColumn::Unique,
            SharedColumn::Off,
            SharedColumn::Shared
        ]
    );
}

#[test]
fn the_cursor_moves_and_stays_in_the_list() {
    let mut desk = desk();
    for (keys, expected) in [
        ("↓", "b-file"),
        ("j j", "a-file"),
        ("↓ ↓ ↓", "small"),
        ("k", "a-file"),
        ("Home", "large"),
        ("k", "large"),
        ("G", "small"),
        ("H PgDn", "small"),
        ("PgUp", "large"),
        ("^D", "small"),
        ("^U", "large"),
        ("^F ^B", "large"),
    ] {
        desk.press(keys);
        assert_eq!(desk.selected(), expected, "{keys}");
    }
}

#[test]
fn directories_are_entered_and_left() {
    let mut desk = desk();
    desk.press("l");
    assert_eq!(desk.forest.path(desk.browser.shown), b"/srv/large");
    assert_eq!(desk.names(), ["x", "inner"]);
    desk.press("↓ Enter");
    assert_eq!(desk.names(), ["deep.log"]);
    desk.press("←");
    assert_eq!(
        desk.selected(),
        "inner",
        "the directory that was left is selected"
    );
    desk.press("Bksp");
    assert_eq!(desk.selected(), "large");
    desk.press("h");
    assert_eq!(desk.forest.path(desk.browser.shown), b"/srv");
    assert!(message(&desk).starts_with("nothing is above"));
    desk.press("↓ Enter");
    assert!(
        matches!(desk.browser.panel_kind(), Some(PanelKind::Information(_))),
        "of a file"
    );
}

#[test]
fn several_operands_have_a_common_top() {
    let entries = [directory("/a", vec![file("x", 1)]), directory("/b", vec![])];
    let several = BrowserOptions {
        operands: OperandCount::Several,
        ..options()
    };
    let mut desk = Desk::new(several, forest(&entries));
    assert_eq!(desk.browser.shown, DirId::TOP);
    desk.press("Enter");
    assert_eq!(desk.names(), ["x"]);
    desk.press("← d");
    assert_eq!(desk.browser.shown, DirId::TOP);
    assert_eq!(
        message(&desk),
        "cannot remove /a: it was named on the command line"
    );
}

#[test]
fn the_cursor_stays_on_its_entry_when_the_order_changes() {
    let mut planter = Planter::new();
    let reading = Entry::Reading(b"/srv", vec![file("a", 3 * KIB), file("b", 2 * KIB)]);
    planter.plant(&reading);
    let mut desk = Desk::new(options(), planter.forest);
    desk.canvas();
    assert_eq!(desk.selected(), "a");
    desk.press("↓");
    assert_eq!(desk.selected(), "b");
    let mut planter = Planter {
        forest: desk.forest,
        inode: 500,
    };
    planter.plant(&file("c", 9 * KIB));
    desk.forest = planter.forest;
    desk.refresh();
    assert_eq!(desk.names(), ["c", "a", "b"]);
    assert_eq!(desk.selected(), "b");
    desk.press("Home");
    assert_eq!(desk.selected(), "c");
    let mut planter = Planter {
        forest: desk.forest,
        inode: 600,
    };
    planter.plant(&file("d", 90 * KIB));
    desk.forest = planter.forest;
    desk.refresh();
    assert_eq!(
        desk.selected(),
        "d",
        "a cursor on the first row stays there"
    );
}

#[test]
fn rows_keep_their_order_for_a_second_after_a_key() {
    let mut planter = Planter::new();
    planter.plant(&Entry::Reading(
        b"/srv",
        vec![
            directory("first", vec![file("x", 9 * KIB)]),
            Entry::Reading(b"grows", vec![]),
        ],
    ));
    let mut desk = Desk::new(options(), planter.forest);
    desk.canvas();
    assert_eq!(desk.names(), ["first", "grows"]);
    desk.wait(5_000);
    desk.press("↓ ↑");
    let mut planter = Planter {
        forest: desk.forest,
        inode: 500,
    };
    planter.plant(&file("y", 90 * KIB));
    desk.forest = planter.forest;
    desk.refresh();
    assert_eq!(desk.names(), ["first", "grows"]);
    desk.wait(900);
    assert_eq!(desk.names(), ["first", "grows"]);
    desk.wait(200);
    assert_eq!(desk.names(), ["grows", "first"]);
    assert_eq!(desk.selected(), "first");
}

#[test]
fn the_filter_follows_each_letter() {
    let mut desk = desk();
    desk.press("/");
    desk.write("FILE");
    assert_eq!(desk.names(), Vec::<String>::new(), "capital letters count");
    desk.press("Bksp Bksp Bksp Bksp");
    desk.write("file");
    assert_eq!(desk.names(), ["b-file", "a-file"]);
    desk.press("↓ Enter");
    assert_eq!(desk.selected(), "a-file");
    assert!(desk.browser.input.is_none());
    desk.press("Esc");
    assert_eq!(desk.names().len(), 5);
    desk.press("/");
    desk.write("small");
    desk.press("Esc");
    assert_eq!(desk.names().len(), 5, "Esc while typing");
    desk.press("/");
    desk.write("la*");
    desk.press("Enter Enter");
    assert_eq!(
        desk.names(),
        ["x", "inner"],
        "another directory has no filter"
    );
}

#[test]
fn marks_are_set_inverted_and_listed() {
    let mut desk = desk();
    desk.press("Space Space");
    assert_eq!(desk.selected(), ".dotted", "a mark moves the cursor on");
    assert_eq!(desk.browser.marks.targets().len(), 2);
    desk.press("*");
    let marked: Vec<_> = desk
        .browser
        .marks
        .targets()
        .into_iter()
        .map(|target| target.name)
        .collect();
    assert_eq!(marked, [&b".dotted"[..], b"a-file", b"small"]);
    desk.press("Tab");
    desk.press("Space");
    assert_eq!(desk.browser.marks.len(), 2, "the list unmarks");
    desk.press("↓ Enter");
    assert_eq!(desk.selected(), "small");
    assert!(desk.browser.panel.is_none());
}

#[test]
fn names_are_found_and_shown_where_they_are() {
    let mut desk = desk();
    desk.press("f");
    desk.write("*.log");
    desk.press("Enter");
    let until = std::time::Instant::now() + Duration::from_secs(9);
    while desk.browser.go_on_searching(&desk.forest, until) {}
    desk.press("Enter");
    assert_eq!(desk.selected(), "deep.log");
    assert_eq!(desk.forest.path(desk.browser.shown), b"/srv/large/inner");
}

#[test]
fn only_the_named_keys_remove() {
    let mut desk = desk();
    let asks = |desk: &Desk| matches!(desk.browser.dialog, Some(Dialog::Removal(_)));
    desk.press("n ↓ d");
    assert!(asks(&desk));
    desk.press("Enter");
    assert!(asks(&desk), "Enter does nothing");
    let others = "y n d D x e ^C ^D Esc ↑ Tab Space q Bksp T ?";
    for key in others.split(' ') {
        if !asks(&desk) {
            assert_eq!(desk.press("d"), None);
        }
        assert_eq!(desk.press(key), None, "{key}");
        assert!(!asks(&desk), "{key} closes the dialog");
        assert_eq!(message(&desk), "nothing was removed");
    }
    let file = target(&desk, "a-file");
    desk.press("d");
    assert_eq!(
        desk.press("Y"),
        Some(BrowserRequest::Delete(vec![file.clone()]))
    );
    desk.press("d");
    assert_eq!(
        desk.press("t"),
        Some(BrowserRequest::MoveToTrash(vec![file]))
    );
}

#[test]
fn a_directory_at_the_top_needs_the_word() {
    let mut desk = desk();
    desk.press("d");
    assert_eq!(desk.press("Y"), None);
    assert!(desk.browser.dialog.is_none());
    desk.press("d");
    assert_eq!(desk.press("d e l x"), None);
    assert!(desk.browser.dialog.is_none());
    desk.press("d");
    assert_eq!(desk.press("d e l Enter e t"), None);
    assert!(
        desk.browser.dialog.is_some(),
        "the t of the word is no key for the trash"
    );
    let large = target(&desk, "large");
    assert_eq!(
        desk.press("e"),
        Some(BrowserRequest::Delete(vec![large.clone()]))
    );
    desk.press("d");
    assert_eq!(
        desk.press("t"),
        Some(BrowserRequest::MoveToTrash(vec![large]))
    );
    desk.press("Enter End d");
    let Some(Dialog::Removal(question)) = &desk.browser.dialog else {
        panic!("no question");
    };
    assert_eq!(
        question.confirmation,
        Confirmation::Key,
        "one level further down"
    );
}

#[test]
fn many_entries_need_the_word() {
    let names: Vec<_> = (0..1001).map(|number| number.to_string()).collect();
    let files = |count| names.iter().take(count).map(|name| file(name, 1)).collect();
    for (count, expected) in [(999, Confirmation::Key), (1000, Confirmation::Word(0))] {
        let inner = directory("inner", files(count));
        let entries = [directory("/srv", vec![directory("outer", vec![inner])])];
        let mut desk = Desk::new(options(), forest(&entries));
        desk.press("Enter d");
        let Some(Dialog::Removal(question)) = &desk.browser.dialog else {
            panic!("no question");
        };
        assert_eq!(question.confirmation, expected, "{count} and the directory");
    }
}

#[test]
fn marks_inside_marks_are_removed_once() {
    let mut desk = desk();
    desk.press("Space ↑ Enter Space ← d d e l e t");
    let large = target(&desk, "large");
    assert_eq!(desk.press("e"), Some(BrowserRequest::Delete(vec![large])));
    assert!(!desk.browser.marks.is_empty(), "it may be refused");
    desk.browser.removal_has_begun();
    assert!(desk.browser.marks.is_empty());
}

#[test]
fn removals_are_refused_with_a_reason() {
    let read_only = BrowserOptions {
        permission: Permission::ReadOnly,
        ..options()
    };
    let export = BrowserOptions {
        source: Source::Export,
        ..options()
    };
    for (options, key, expected) in [
        (
            read_only.clone(),
            "d",
            "nothing can be removed: --read-only",
        ),
        (read_only.clone(), "b", "not with --read-only"),
        (read_only, "o", "not with --read-only"),
        (
            export.clone(),
            "d",
            "the tree comes from a file: nothing can be removed",
        ),
        (
            export.clone(),
            "r",
            "the tree comes from a file: nothing can be read again",
        ),
        (
            export.clone(),
            "v",
            "the tree comes from a file: there is nothing to open",
        ),
        (
            export,
            "b",
            "the tree comes from a file: there is nothing to open",
        ),
    ] {
        let mut desk = Desk::new(options, forest(&tree()));
        assert_eq!(desk.press(key), None);
        assert_eq!(message(&desk), expected, "{key}");
        assert!(desk.browser.dialog.is_none());
    }
    let mut planter = Planter::new();
    planter.plant(&Entry::Reading(
        b"/srv",
        vec![Entry::Reading(b"open", vec![file("x", 1)])],
    ));
    let mut desk = Desk::new(options(), planter.forest);
    desk.press("d");
    assert_eq!(
        message(&desk),
        "cannot remove /srv/open: it is not read to its end"
    );
}

/// A name that became a directory amid the listing: the question would count one of the two rows.
#[test]
fn a_name_that_was_listed_twice_is_not_removed() {
    let entries = vec![
        file("x", 5),
        directory("x", vec![file("f", 5)]),
        file("y", 1),
    ];
    let mut desk = Desk::new(options(), forest(&[directory("t", entries)]));
    for name in ["x", "x"] {
        assert_eq!(desk.selected(), name);
        assert_eq!(desk.press("d"), None);
        assert!(desk.browser.dialog.is_none());
        assert!(
            message(&desk).contains("listed twice"),
            "{}",
            message(&desk)
        );
        desk.press("j");
    }
    desk.press("d");
    assert!(desk.browser.dialog.is_some());
}

#[test]
fn a_removal_that_goes_on_is_stopped_by_the_same_key() {
    let mut desk = desk();
    let large = target(&desk, "large");
    let names = HashSet::from([large.name.as_slice()]);
    desk.forest.set_removing(large.parent, &names, true);
    desk.refresh();
    assert_eq!(desk.press("d"), Some(BrowserRequest::StopRemoval(large)));
}

#[test]
fn marks_of_removed_entries_are_forgotten() {
    let mut desk = desk();
    desk.press("Space Space ↑ ↑ Enter Space");
    assert_eq!(desk.browser.marks.len(), 3);
    let srv = desk
        .forest
        .dir(desk.browser.shown)
        .parent
        .expect("a parent");
    desk.forest.remove(srv, &[b"large"], Gone::Deleted);
    desk.browser.forget_removed(&desk.forest);
    desk.refresh();
    assert_eq!(desk.browser.marks.targets(), [target(&desk, "b-file")]);
    assert_eq!(desk.browser.shown, srv, "the shown directory was removed");
}

#[test]
fn what_the_marks_free_is_found_out_again_only_where_the_tree_has_changed() {
    let mut desk = desk();
    desk.press("Space");
    desk.wait(5_000);
    let large = desk.forest.child(desk.browser.shown, b"large");
    let large = large.expect("a directory");
    let before = desk.browser.freed_by_marks().expect("it may be removed");
    assert_eq!(desk.browser.next_refresh(desk.now), None);
    desk.press("a a a");
    desk.forest
        .remove(large, &[b"x"], crate::forest::Gone::Deleted);
    desk.refresh();
    let due = desk.browser.next_refresh(desk.now);
    assert!(due.is_some_and(|due| due <= desk.now + Duration::from_secs(1)));
    desk.wait(1_000);
    let after = desk.browser.freed_by_marks().expect("it may be removed");
    assert_eq!(before - after, 60 * KIB);
    assert_eq!(desk.browser.next_refresh(desk.now), None);
}

#[test]
fn quitting_asks_after_a_long_walk() {
    let mut desk = desk();
    assert_eq!(desk.press("q"), Some(BrowserRequest::Quit));
    desk.browser.report(Activity {
        longest: Duration::from_secs(4),
        ..Activity::default()
    });
    assert_eq!(desk.press("q"), None);
    assert_eq!(desk.press("n"), None);
    assert!(desk.browser.dialog.is_none());
    assert_eq!(desk.press("q Enter"), None);
    assert_eq!(desk.press("y"), Some(BrowserRequest::Quit));
    assert_eq!(desk.press("^C"), Some(BrowserRequest::Quit));
    desk.browser.report(Activity {
        doing: Doing::Reading,
        ..Activity::default()
    });
    assert_eq!(desk.press("^C"), Some(BrowserRequest::StopWalk));
    desk.browser.report(Activity {
        is_removing: true,
        ..Activity::default()
    });
    let print = BrowserRequest::QuitAndPrint(vec![b"/srv".to_vec()]);
    for (key, request) in [
        ("q", BrowserRequest::Quit),
        ("^C", BrowserRequest::Quit),
        ("Q", print),
    ] {
        assert_eq!(desk.press(key), None, "{key}");
        assert_eq!(desk.press("n"), None, "{key}");
        assert_eq!(desk.press(key), None, "{key}");
        assert_eq!(desk.press("y"), Some(request), "{key}");
        desk.press("?");
        assert_eq!(desk.press(key), None, "{key} in a panel");
        desk.press("n Esc");
    }
}

#[test]
fn paths_of_the_marks_or_the_directory_are_printed() {
    let mut desk = desk();
    assert_eq!(
        desk.press("Q"),
        Some(BrowserRequest::QuitAndPrint(vec![b"/srv".to_vec()]))
    );
    desk.press("Space Space");
    let paths = vec![b"/srv/b-file".to_vec(), b"/srv/large".to_vec()];
    assert_eq!(desk.press("Q"), Some(BrowserRequest::QuitAndPrint(paths)));
}

#[test]
fn programs_and_files_are_asked_for() {
    let mut desk = desk();
    let shown = desk.browser.shown;
    assert_eq!(desk.press("b"), Some(BrowserRequest::Shell(shown)));
    assert_eq!(desk.press("v"), None, "a directory");
    let file = target(&desk, "b-file");
    assert_eq!(desk.press("↓ v"), Some(BrowserRequest::Pager(file.clone())));
    assert_eq!(desk.press("o"), Some(BrowserRequest::Open(file)));
    assert_eq!(
        desk.press("y"),
        Some(BrowserRequest::CopyText(b"/srv/b-file".to_vec()))
    );
    assert_eq!(desk.press("r"), Some(BrowserRequest::Reread(shown)));
    assert_eq!(desk.press("R"), None, "a file");
    desk.press("E ^U");
    desk.write("my export.json");
    assert_eq!(
        desk.press("Enter"),
        Some(BrowserRequest::Export(b"my export.json".to_vec()))
    );
    desk.browser.ask_to_overwrite(b"x".to_vec());
    assert_eq!(desk.press("y"), None);
    desk.browser.ask_to_overwrite(b"x".to_vec());
    assert_eq!(
        desk.press("Y"),
        Some(BrowserRequest::ExportOver(b"x".to_vec()))
    );
    assert_eq!(desk.press("^Z"), Some(BrowserRequest::Suspend));
    assert_eq!(desk.press("^L"), Some(BrowserRequest::Redraw));
}

#[test]
fn the_mouse_selects_enters_and_sorts() {
    let mut desk = desk();
    let click = |desk: &mut Desk, column, row, action| {
        desk.canvas();
        let mouse = Mouse {
            column,
            row,
            action,
        };
        desk.browser.mouse(mouse, &desk.forest, desk.now)
    };
    click(&mut desk, 20, 3, MouseAction::Click);
    assert_eq!(desk.selected(), "b-file");
    click(&mut desk, 20, 2, MouseAction::Click);
    assert_eq!(desk.selected(), "large");
    click(&mut desk, 20, 8, MouseAction::Click);
    assert_eq!(desk.selected(), "large", "no row there");
    click(&mut desk, 0, 0, MouseAction::WheelDown);
    assert_eq!(desk.selected(), "a-file");
    click(&mut desk, 0, 0, MouseAction::WheelUp);
    click(&mut desk, 60, 1, MouseAction::Click);
    assert_eq!(desk.names()[0], ".dotted", "by name");
    click(&mut desk, 10, 1, MouseAction::Click);
    assert_eq!(desk.names()[0], "large", "by size");
    click(&mut desk, 20, 2, MouseAction::Click);
    assert_eq!(desk.names(), ["x", "inner"], "a second click enters");
}

#[test]
fn keys_without_a_meaning_say_so_and_panels_close() {
    let mut desk = desk();
    desk.press("X");
    assert_eq!(message(&desk), "this key has no meaning; ? shows the keys");
    for open in ["?", "!", "Tab", "i"] {
        for close in ["Esc", "q", "←", open] {
            assert_eq!(desk.press(open), None);
            assert!(desk.browser.panel.is_some(), "{open}");
            assert_eq!(desk.press(close), None, "{open} {close}");
            assert!(desk.browser.panel.is_none(), "{open} {close}");
        }
    }
    assert_eq!(desk.press("Esc"), None, "Esc never quits");
}

#[test]
fn keys_before_the_question_are_no_answer() {
    let told = "nothing was done: the key came before the question";
    let typed = |desk: &mut Desk, keys: &str| {
        let keys = keys.chars().map(|char| Key {
            code: KeyCode::Char(char),
            control: false,
        });
        let (forest, now) = (&desk.forest, desk.now);
        keys.filter_map(|key| desk.browser.key(key, forest, now))
            .collect::<Vec<_>>()
    };
    for keys in ["dY", "dt", "ddelete"] {
        let mut desk = self::desk();
        desk.press("n ↓");
        assert_eq!(typed(&mut desk, keys), [], "{keys}");
        assert!(desk.browser.dialog.is_none(), "{keys}");
    }
    let mut desk = self::desk();
    desk.press("n ↓ d");
    desk.canvas();
    assert_eq!(typed(&mut desk, "Y"), [], "drawn, and not written");
    assert_eq!(message(&desk), told);
    desk.press("d");
    desk.canvas();
    desk.browser.frame_was_written(desk.now);
    desk.now += Duration::from_millis(140);
    assert_eq!(typed(&mut desk, "Y"), [], "too soon");
    desk.press("d");
    desk.canvas();
    desk.browser.frame_was_written(desk.now);
    desk.now += Duration::from_millis(150);
    assert_eq!(typed(&mut desk, "Y").len(), 1);
    desk.browser.report(Activity {
        longest: Duration::from_secs(4),
        ..Activity::default()
    });
    assert_eq!(typed(&mut desk, "qy"), []);
    desk.browser.ask_to_overwrite(b"x".to_vec());
    assert_eq!(typed(&mut desk, "Y"), []);
}

/// Ctrl-Z, or another program: what is typed until the next frame is for the shell.
#[test]
fn a_question_was_not_seen_while_the_process_was_stopped() {
    let mut desk = desk();
    desk.press("n ↓ d");
    desk.canvas();
    desk.browser.frame_was_written(desk.now);
    desk.now += Duration::from_secs(1);
    desk.browser.forget_frame();
    let request = desk.browser.key(key("Y"), &desk.forest, desk.now);
    assert_eq!(request, None);
    assert_eq!(
        message(&desk),
        "nothing was done: the key came before the question"
    );
}

/// The answer of a slow file system comes while a removal is asked for: `Y` is for that.
#[test]
fn no_question_takes_the_place_of_another_one() {
    let mut desk = desk();
    desk.press("n ↓ d");
    desk.browser.ask_to_overwrite(b"x".to_vec());
    assert!(matches!(desk.browser.dialog, Some(Dialog::Removal(_))));
    assert_eq!(
        message(&desk),
        "nothing was written: the file exists; E asks again"
    );
}

#[test]
fn after_the_last_row_is_gone_the_keys_that_need_none_work() {
    let mut desk = Desk::new(
        options(),
        forest(&[directory("t", vec![directory("s", vec![file("f", 1)])])]),
    );
    desk.press("Enter");
    let shown = desk.browser.shown;
    assert_eq!(desk.selected(), "f");
    desk.forest.remove(shown, &[b"f"], Gone::Deleted);
    desk.browser.forget_removed(&desk.forest);
    desk.refresh();
    desk.canvas();
    desk.press("?");
    assert!(matches!(desk.browser.panel_kind(), Some(PanelKind::Help)));
    desk.press("Esc");
    assert_eq!(desk.press("r"), Some(BrowserRequest::Reread(shown)));
    desk.press("←");
    assert_ne!(desk.browser.shown, shown);
    assert_eq!(desk.press("q"), Some(BrowserRequest::Quit));
}

#[test]
fn a_question_names_what_stays_and_what_goes_along() {
    let mut desk = desk();
    desk.size = (80, 24);
    desk.press("n ↓ d");
    let screen = desk.screen().join("\n");
    assert!(
        !screen.contains("stay:") && !screen.contains("what is new"),
        "{screen}"
    );
    desk.press("Esc End d");
    if let Some(Dialog::Removal(question)) = &mut desk.browser.dialog {
        question.freed.staying = 2;
    }
    desk.size = (40, 5);
    let screen = desk.screen().join("\n");
    assert!(screen.contains("Remove /srv/small"), "{screen}");
    desk.size = (80, 24);
    let screen = desk.screen().join("\n");
    assert!(
        screen.contains("stay: 2 on other file systems, operands"),
        "{screen}"
    );
    assert!(
        screen.contains("directories go with what is new in them"),
        "{screen}"
    );
}

#[test]
fn a_screen_that_is_too_small_takes_only_the_keys_of_the_end() {
    let mut desk = desk();
    desk.press("n ↓ d");
    desk.size = (19, 5);
    assert_eq!(desk.press("Y"), None);
    assert_eq!(desk.press("↓ Space"), None);
    assert_eq!(desk.selected(), "a-file");
    desk.size = (80, 24);
    assert_eq!(desk.press("Esc"), None);
    desk.size = (20, 4);
    assert_eq!(desk.press("d Y t"), None);
    assert!(desk.browser.dialog.is_none());
    assert_eq!(desk.press("q"), Some(BrowserRequest::Quit));
}

#[test]
fn a_question_that_is_not_true_any_more_is_dropped() {
    let mut desk = desk();
    desk.press("d");
    let large = desk
        .forest
        .child(desk.browser.shown, b"large")
        .expect("a directory");
    desk.browser.forget_removed(&desk.forest);
    assert!(desk.browser.dialog.is_some(), "nothing of it has changed");
    let told = "the tree has changed: d asks again";
    let gone = Gone::Deleted;
    desk.forest.remove(large, &[b"x"], gone);
    desk.browser.forget_removed(&desk.forest);
    assert!(desk.browser.dialog.is_none());
    assert_eq!(message(&desk), told);
    desk.press("d");
    assert!(desk.browser.dialog.is_some());
    desk.canvas();
    desk.browser.frame_was_written(desk.now);
    desk.now += Duration::from_secs(1);
    desk.forest.remove(large, &[b"inner"], gone);
    let request = desk.browser.key(key("t"), &desk.forest, desk.now);
    assert_eq!(request, None, "a key before the next frame");
    assert!(desk.browser.dialog.is_none());
    assert_eq!(message(&desk), told);
}

/// A removal that goes on elsewhere takes entries away; what the question is about stays what it was.
#[test]
fn a_question_stays_while_a_removal_goes_on_elsewhere() {
    let mut desk = desk();
    desk.press("d");
    let shown = desk.browser.shown;
    let gone = Gone::Deleted;
    let child = |desk: &Desk, name: &[u8]| desk.forest.child(shown, name).expect("a directory");
    let small = child(&desk, b"small");
    for (directory, name) in [(small, &b"1"[..]), (small, b"2"), (shown, b"small")] {
        desk.forest.remove(directory, &[name], gone);
        desk.forest.settle();
        desk.browser.forget_removed(&desk.forest);
        assert!(desk.browser.dialog.is_some(), "{name:?}");
        desk.canvas();
        desk.browser.frame_was_written(desk.now);
        desk.now += Duration::from_secs(1);
        let enter = Key {
            code: KeyCode::Enter,
            control: false,
        };
        desk.browser.key(enter, &desk.forest, desk.now);
        assert!(desk.browser.dialog.is_some(), "{name:?}");
    }
    // A second walk that was stopped replaces nothing.
    desk.forest.begin_reread(child(&desk, b"large"));
    desk.forest.end_reread(Ended::Stopped);
    desk.browser.forget_removed(&desk.forest);
    assert!(desk.browser.dialog.is_some());
    desk.forest.remove(child(&desk, b"large"), &[b"x"], gone);
    desk.forest.settle();
    desk.browser.forget_removed(&desk.forest);
    assert!(desk.browser.dialog.is_none());
    assert_eq!(message(&desk), "the tree has changed: d asks again");
}

/// Another link of a file goes: now more is freed than the question says.
#[test]
fn a_question_is_dropped_when_a_link_elsewhere_goes() {
    let link = |name| Entry::Link(name, 40 * KIB, 7, 2);
    let tree = [directory(
        "t",
        vec![link(b"a"), directory("d", vec![link(b"b")])],
    )];
    let mut desk = Desk::new(options(), forest(&tree));
    let shown = desk.browser.shown;
    while desk.selected() != "a" {
        desk.press("j");
    }
    desk.press("d");
    desk.forest.remove(shown, &[b"d"], Gone::Deleted);
    desk.forest.settle();
    desk.browser.forget_removed(&desk.forest);
    assert!(desk.browser.dialog.is_none());
}

/// The last line of a removal stays until a key was pressed.
#[test]
fn the_last_line_of_a_removal_is_not_replaced_before_it_is_read() {
    let mut desk = desk();
    desk.browser.say(Message::notice("12 entries so far"));
    desk.browser
        .say(Message::summary("removed 12 entries; 1 error"));
    desk.browser.say(Message::notice("/srv was read again"));
    assert_eq!(message(&desk), "removed 12 entries; 1 error");
    desk.browser.say(Message::warning("/srv is as it was"));
    let both = "removed 12 entries; 1 error; /srv is as it was";
    assert_eq!(message(&desk), both);
    desk.browser.say(Message::summary("removed 1 entry"));
    assert_eq!(message(&desk), "removed 1 entry");
    desk.press("j");
    desk.browser.say(Message::notice("/srv was read again"));
    assert_eq!(message(&desk), "/srv was read again");
}

/// A million entries on a read-only file system.
#[test]
fn failed_removals_are_kept_up_to_a_number() {
    let mut desk = desk();
    for number in 0..12_000 {
        desk.browser.add_failure(format!("cannot remove {number}"));
    }
    assert_eq!(desk.browser.other_failures.len(), 10_000);
    desk.press("!");
    let screen = desk.screen().join("\n");
    assert!(
        screen.contains("Errors: 12,000, the first 10,000"),
        "{screen}"
    );
    assert!(screen.contains("12,000 errors (!)"), "{screen}");
}

/// Between a change of the forest and the next frame there is no `refresh`.
#[test]
fn a_key_acts_on_the_entry_that_was_drawn() {
    let press = |desk: &mut Desk, word: &str| desk.browser.key(key(word), &desk.forest, desk.now);
    let marked = |desk: &Desk| {
        let targets = desk.browser.marks.targets().into_iter();
        let names = targets.map(|target| String::from_utf8_lossy(&target.name).into_owned());
        names.collect::<Vec<_>>()
    };
    let gone = Gone::Deleted;
    let mut desk = self::desk();
    desk.press("↓ ↓");
    desk.canvas();
    desk.forest
        .remove(desk.browser.shown, &[b"b-file", b"large"], gone);
    press(&mut desk, "Space");
    assert_eq!(marked(&desk), [".dotted"]);
    desk.canvas();
    assert_eq!(desk.selected(), "a-file");
    desk.forest.remove(desk.browser.shown, &[b"a-file"], gone);
    press(&mut desk, "Space");
    assert_eq!(
        marked(&desk),
        [".dotted"],
        "no other entry is marked instead"
    );
    assert_eq!(message(&desk), "the selected entry is gone");
    desk.canvas();
    press(&mut desk, "Space");
    assert_eq!(marked(&desk), [".dotted", "small"]);

    let mut planter = Planter::new();
    planter.plant(&Entry::Reading(b"/srv", vec![file("a", KIB)]));
    let mut growing = Desk::new(options(), planter.forest);
    growing.canvas();
    let mut planter = Planter {
        forest: growing.forest,
        inode: 900,
    };
    planter.plant(&file("larger", 9 * KIB));
    growing.forest = planter.forest;
    growing.refresh();
    assert_eq!(growing.names(), ["larger", "a"]);
    press(&mut growing, "Space");
    assert_eq!(marked(&growing), ["a"], "the first row that was drawn");
}

#[test]
fn a_mark_is_for_an_inode() {
    let reading = |entries| Entry::Reading(b"/srv", entries);
    let mut planter = Planter::new();
    let link = |inode| Entry::Link(b"x", KIB, inode, 1);
    planter.plant(&reading(vec![link(7), file("other", KIB)]));
    let mut desk = Desk::new(options(), planter.forest);
    desk.press("n n * Home");
    assert_eq!(desk.browser.marks.len(), 2);
    let shown = desk.browser.shown;
    desk.forest
        .remove(shown, &[b"x"], crate::forest::Gone::Moved);
    let mut planter = Planter {
        forest: desk.forest,
        inode: 900,
    };
    planter.plant(&link(8));
    desk.forest = planter.forest;
    assert_eq!(desk.browser.forget_removed(&desk.forest), 1);
    assert_eq!(desk.browser.marks.targets(), [target(&desk, "other")]);
}

/// Presses a key without a frame before it.
fn press_unseen(desk: &mut Desk, word: &str) -> Option<BrowserRequest> {
    desk.browser.key(key(word), &desk.forest, desk.now)
}

fn marked_names(desk: &Desk) -> Vec<String> {
    let targets = desk.browser.marks.targets().into_iter();
    let names = targets.map(|target| String::from_utf8_lossy(&target.name).into_owned());
    names.collect()
}

/// The hits `c`, `b`, `a` are on the screen. After these keys the search goes on, and finds `huge`.
fn desk_with_a_later_hit(keys: &str) -> Desk {
    let names: Vec<String> = (0..600).map(|number| format!("{number}")).collect();
    let large = [("c", 300), ("b", 200), ("a", 100)];
    let mut files: Vec<_> = large.map(|(name, size)| file(name, size * KIB)).into();
    files.extend(names.iter().map(|name| file(name, KIB)));
    files.push(file("huge", 900 * KIB));
    let mut desk = Desk::new(options(), forest(&[directory("/srv", files)]));
    desk.press("F");
    let soon = std::time::Instant::now();
    assert!(desk.browser.go_on_searching(&desk.forest, soon));
    desk.press(keys);
    desk.canvas();
    while desk.browser.go_on_searching(&desk.forest, soon) {}
    desk
}

#[test]
fn a_key_acts_on_the_hit_that_was_drawn_while_the_search_goes_on() {
    let mut desk = desk_with_a_later_hit("^L");
    press_unseen(&mut desk, "Space");
    press_unseen(&mut desk, "Space");
    assert_eq!(marked_names(&desk), ["b", "c"], "as they were drawn");
    desk.canvas();
    press_unseen(&mut desk, "Space");
    assert_eq!(marked_names(&desk), ["a", "b", "c"]);

    let mut desk = desk_with_a_later_hit("↓");
    press_unseen(&mut desk, "d");
    let Some(Dialog::Removal(question)) = &desk.browser.dialog else {
        panic!("a question");
    };
    assert_eq!(question.targets, [target(&desk, "b")]);

    let mut desk = desk_with_a_later_hit("↓");
    let screen = desk.screen().join("\n");
    assert!(screen.contains("huge"), "{screen}");
    press_unseen(&mut desk, "Enter");
    assert_eq!(desk.selected(), "b", "the frame has followed the line");

    let mut desk = desk_with_a_later_hit("^L");
    desk.canvas();
    press_unseen(&mut desk, "Enter");
    assert_eq!(desk.selected(), "huge", "the first line stays selected");
}

#[test]
fn the_mouse_acts_on_the_hit_that_was_drawn() {
    let mut desk = desk_with_a_later_hit("^L");
    let click = Mouse {
        column: 20,
        row: desk.browser.drawn.list.0 + 1,
        action: MouseAction::Click,
    };
    for _ in 0..2 {
        desk.browser.mouse(click, &desk.forest, desk.now);
        desk.browser.is_untouched = false;
    }
    assert!(desk.browser.panel.is_none());
    assert_eq!(desk.selected(), "b");
}

#[test]
fn a_line_that_is_gone_or_was_not_drawn_is_not_replaced_by_another() {
    let mut desk = desk_with_a_later_hit("↓");
    let shown = desk.browser.shown;
    desk.forest.remove(shown, &[b"b"], Gone::Deleted);
    desk.browser.forget_removed(&desk.forest);
    for keys in ["Space", "d", "y", "Enter"] {
        assert_eq!(press_unseen(&mut desk, keys), None);
        assert_eq!(message(&desk), "the selected line is gone");
    }
    assert!(desk.browser.marks.is_empty() && desk.browser.dialog.is_none());
    desk.canvas();
    press_unseen(&mut desk, "Space");
    assert_eq!(marked_names(&desk), ["c"]);

    press_unseen(&mut desk, "Tab");
    press_unseen(&mut desk, "Space");
    assert_eq!(
        message(&desk),
        "nothing was done: the key came before the line"
    );
    assert_eq!(desk.browser.marks.len(), 1);
    press_unseen(&mut desk, "Esc");
    assert!(desk.browser.panel.is_none());
}

#[test]
fn a_key_acts_on_the_error_that_was_drawn() {
    let unread = ["x", "y"].map(|name| Entry::Unread(name.as_bytes()));
    let mut desk = Desk::new(options(), forest(&[directory("/srv", unread.into())]));
    desk.browser.add_failure("cannot remove z".into());
    desk.press("!");
    let shown = desk.browser.shown;
    desk.press("↓");
    desk.canvas();
    desk.forest.remove(shown, &[b"x"], Gone::Deleted);
    desk.browser.forget_removed(&desk.forest);
    press_unseen(&mut desk, "Enter");
    assert_eq!(desk.selected(), "y");

    desk.press("! ↓");
    desk.canvas();
    desk.forest.remove(shown, &[b"y"], Gone::Deleted);
    desk.browser.forget_removed(&desk.forest);
    press_unseen(&mut desk, "Up");
    assert_eq!(press_unseen(&mut desk, "d"), None);
    assert!(desk.browser.dialog.is_none(), "the last line is no entry");
}

#[test]
fn the_information_stays_that_of_the_entry() {
    let mut desk = desk();
    desk.press("i");
    desk.browser.settings.order.sort = crate::format::Sort::Name;
    desk.wait(5_000);
    desk.browser.key(key("d"), &desk.forest, desk.now);
    let Some(Dialog::Removal(question)) = &desk.browser.dialog else {
        panic!("a question");
    };
    assert_eq!(question.targets, [target(&desk, "large")]);
    let mut desk = self::desk();
    desk.press("i");
    let shown = desk.browser.shown;
    desk.forest.remove(shown, &[b"large"], Gone::Deleted);
    desk.wait(5_000);
    press_unseen(&mut desk, "d");
    assert_eq!(message(&desk), "the selected entry is gone");
    desk.canvas();
    press_unseen(&mut desk, "d");
    assert!(desk.browser.dialog.is_some());
}

/// The line is not seen there: the keys that end something close it.
#[test]
fn an_input_line_closes_on_a_screen_that_is_too_small() {
    for word in ["Esc", "q", "^C"] {
        let mut desk = desk();
        desk.press("/");
        desk.size = (18, 4);
        desk.canvas();
        assert_eq!(desk.press("x"), None);
        assert!(desk.browser.input.is_some());
        assert_eq!(desk.press(word), None);
        assert!(desk.browser.input.is_none(), "{word}");
        assert_eq!(desk.press("q"), Some(BrowserRequest::Quit));
    }
}
