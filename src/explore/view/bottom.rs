//! The bottom line: a message, the first keys, or the flag of the selected row in words; then measure, rows, marks and
//! errors. What does not fit is left out.

use super::line::{BOLD, Line, PLAIN};
use super::texts::{Texts, measure_name};
use crate::count::usage::Measure;
use crate::explore::browser::flag::Flag;
use crate::explore::browser::input_line::InputLine;
use crate::explore::browser::request::{MessageKind, Source};
use crate::explore::browser::shown_row::ShownRow;
use crate::explore::browser::{Browser, PanelKind};
use crate::explore::terminal::{Grid, Style};
use crate::forest::Forest;
use crate::sys::columns::{columns, tail};

/// The blanks between two parts.
const DISTANCE: usize = 3;

/// A part of the line. The parts of small ranks come before others where there is little room.
struct Part {
    text: String,
    style: Style,
    rank: u8,
}

/// Draws the line. Returns the place of the cursor, if text is typed there.
pub(super) fn draw(browser: &Browser, forest: &Forest, grid: &mut Grid<'_>) -> Option<(u16, u16)> {
    let (width, height) = grid.size();
    let row = height.saturating_sub(1);
    let mut line = Line::new(grid, row);
    line.skip(1);
    if let Some(input) = &browser.input {
        draw_input(browser, input, &mut line);
        return Some((line.column().min(width.saturating_sub(1)), row));
    }
    let texts = Texts::of(browser);
    let room = line.room();
    let parts = fitting(parts(browser, forest, &texts, room), room);
    for (index, part) in parts.iter().enumerate() {
        if index > 0 {
            line.skip(DISTANCE);
        }
        let text = texts.cut(&part.text, line.room());
        line.text(&text, part.style);
    }
    None
}

/// The first part, and of the others those that fit beside those of smaller ranks.
fn fitting(parts: Vec<Part>, room: usize) -> Vec<Part> {
    let width = |part: &Part| DISTANCE + columns(&part.text);
    let mut by_rank: Vec<usize> = (0..parts.len()).collect();
    by_rank.sort_by_key(|&index| parts[index].rank);
    let mut left = room + DISTANCE;
    let mut fits = vec![false; parts.len()];
    for (place, index) in by_rank.into_iter().enumerate() {
        fits[index] = place == 0 || width(&parts[index]) <= left;
        if fits[index] {
            left = left.saturating_sub(width(&parts[index]));
        }
    }
    let pairs = parts.into_iter().zip(fits);
    pairs
        .filter_map(|(part, fits)| fits.then_some(part))
        .collect()
}

fn draw_input(browser: &Browser, input: &InputLine, line: &mut Line<'_, '_>) {
    let texts = Texts::of(browser);
    line.text(input.purpose.prompt(), BOLD);
    let text = texts.name(input.text.as_bytes());
    // A column for the cursor.
    let room = line.room().saturating_sub(1);
    line.text(tail(&text, room), PLAIN);
}

fn parts(browser: &Browser, forest: &Forest, texts: &Texts<'_>, room: usize) -> Vec<Part> {
    let mut parts = first_parts(browser, forest, texts, room);
    let mut add = |rank: u8, text: Option<String>| parts.extend(text.map(|text| plain(rank, text)));
    add(1, filter(browser, texts));
    add(6, Some(measures(browser)));
    let has_marks = !browser.marks.is_empty();
    add(if has_marks { 2 } else { 5 }, Some(rows(browser, texts)));
    add(3, errors(browser, forest, texts));
    let is_told = browser.is_untouched || browser.panel.is_some();
    add(4, (!is_told).then(|| "? help".into()));
    parts
}

fn plain(rank: u8, text: String) -> Part {
    let style = PLAIN;
    Part { text, style, rank }
}

/// A message; or else the keys that a panel has, the first keys, or the flag of the selected row.
fn first_parts(browser: &Browser, forest: &Forest, texts: &Texts<'_>, room: usize) -> Vec<Part> {
    if let Some(message) = &browser.message {
        let (text, style) = match message.kind {
            MessageKind::Notice => (&*message.text, PLAIN),
            MessageKind::Warning => (&*message.text, BOLD),
            MessageKind::Summary => (first_of(&message.text, room), PLAIN),
        };
        let (text, rank) = (text.to_owned(), 0);
        return vec![Part { text, style, rank }];
    }
    if let Some(panel) = browser.panel_kind() {
        let keys = panel_keys(panel);
        let rank = |index| u8::from(index + 1 < keys.len());
        let keys = keys.iter().enumerate();
        return keys
            .map(|(index, key)| plain(rank(index), (*key).into()))
            .collect();
    }
    let text = match browser.is_untouched {
        true => Some(first_keys(texts)),
        false => selected_flag(browser, forest, texts, room),
    };
    text.into_iter().map(|text| plain(0, text)).collect()
}

/// The first parts of a summary, as many as fit; at least one.
fn first_of(mut text: &str, room: usize) -> &str {
    while columns(text) > room
        && let Some((first, _)) = text.rsplit_once("; ")
    {
        text = first;
    }
    text
}

/// What keys do in a panel; the last one has the smallest rank.
fn panel_keys(panel: &PanelKind) -> &'static [&'static str] {
    match panel {
        PanelKind::Help => &["Esc closes the help"],
        PanelKind::Information(links) if links.len() > 1 => &["Enter goes there", "Esc closes"],
        PanelKind::Information(_) => &["Esc closes"],
        PanelKind::Errors => &["Enter goes there", "Esc closes"],
        PanelKind::Marks => &[
            "Enter goes there",
            "Space unmarks",
            "d removes",
            "Esc closes",
        ],
        PanelKind::Found(_) => &["Enter goes there", "Space marks", "d removes", "Esc closes"],
    }
}

fn first_keys(texts: &Texts<'_>) -> String {
    let [up_down, right, left] = match texts.is_ascii() {
        true => ["Up Down", "Right", "Left"],
        false => ["↑↓", "→", "←"],
    };
    format!("{up_down} move  {right} open  {left} back  ? help  q quit")
}

/// The measures, with a star after the one that is shown.
fn measures(browser: &Browser) -> String {
    let measures = [Measure::Allocated, Measure::Apparent, Measure::Inodes];
    let shown = browser.settings.measure;
    let words = measures.map(|measure| {
        let star = if measure == shown { "*" } else { "" };
        [measure_name(measure), star].concat()
    });
    words.join(" ")
}

fn rows(browser: &Browser, texts: &Texts<'_>) -> String {
    let shown = u64::try_from(browser.row_count()).unwrap_or(u64::MAX);
    let total = u64::from(browser.row_total());
    let rows = format!("{} of {}", texts.count(shown), texts.entries(total));
    let marks = u64::try_from(browser.marks.len()).unwrap_or(u64::MAX);
    let freed = browser.freed_by_marks();
    let freed = freed.map_or(String::new(), |freed| format!(" {}", texts.size(freed)));
    match marks {
        0 => rows,
        1 => format!("{rows}, 1 mark{freed}"),
        _ => format!("{rows}, {} marks{freed}", texts.count(marks)),
    }
}

fn filter(browser: &Browser, texts: &Texts<'_>) -> Option<String> {
    let text = browser.filter.text();
    (!text.is_empty()).then(|| format!("names with: {}", texts.name(text.as_bytes())))
}

fn errors(browser: &Browser, forest: &Forest, texts: &Texts<'_>) -> Option<String> {
    match browser.error_count(forest) {
        0 => None,
        1 => Some("1 error (!)".into()),
        errors => Some(format!("{} errors (!)", texts.count(errors))),
    }
}

/// The flag of the selected row, and what it means there.
fn selected_flag(
    browser: &Browser,
    forest: &Forest,
    texts: &Texts<'_>,
    room: usize,
) -> Option<String> {
    let row = browser.selected(forest)?;
    let flag = row.flag?;
    let sentence = meaning(browser, flag, &row, texts);
    let text = match columns(&sentence) + 2 > room {
        true => flag.meaning(),
        false => &sentence,
    };
    Some(format!("{} {text}", flag.letter()))
}

/// A flag in a sentence about one row.
fn meaning(browser: &Browser, flag: Flag, row: &ShownRow<'_>, texts: &Texts<'_>) -> String {
    let measure = browser.settings.measure;
    let least = || match measure {
        Measure::Inodes => texts.entries(row.amount(measure)),
        _ => texts.size(row.amount(measure)),
    };
    match flag {
        Flag::Removing => "being removed; d stops it".into(),
        Flag::Reading => format!("still being read: at least {}", least()),
        Flag::Stopped => format!("reading was stopped: at least {}", least()),
        Flag::Unread if browser.options.source == Source::Export => {
            "could not be read when the export was made".into()
        }
        Flag::Unread => "could not be read: ! shows why".into(),
        Flag::UnreadBelow => "error further below: ! shows it".into(),
        Flag::Away => "another file system: not counted (-x)".into(),
        Flag::Excluded => "excluded by a pattern: not counted".into(),
        Flag::Linked if row.is_directory() => "holds files with hard links elsewhere".into(),
        Flag::Linked => "hard links elsewhere: i shows them".into(),
        Flag::Special => "not a regular file: i shows more".into(),
        Flag::Empty => "empty directory".into(),
        Flag::New => "has entries that were not read; R reads them".into(),
    }
}
