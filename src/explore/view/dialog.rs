//! The dialog: a box over the middle of the screen.

use super::line::{BOLD, Line, PLAIN};
use super::texts::{Texts, duration};
use crate::explore::browser::Browser;
use crate::explore::browser::dialog::{
    Confirmation, Dialog, Loss, MOST_WITHOUT_WORD, RemovalQuestion, WORD,
};
use crate::explore::browser::path::path;
use crate::explore::terminal::{Grid, Style};
use crate::forest::Forest;
use crate::sys::columns::{columns, head};

/// So many paths are shown.
const MOST_PATHS: usize = 5;

/// The box has a frame where the screen has so many columns and rows.
const FOR_FRAME: (u16, u16) = (40, 10);

/// On a narrower screen the texts are shorter.
const FOR_LONG_TEXTS: u16 = 60;

/// Which lines are left out first where there is little room.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Need {
    Optional,
    Useful,
    Needed,
}

type BoxLine = (String, Style, Need);

/// Draws the dialog, if there is one. Returns the place of the cursor.
pub(super) fn draw(browser: &Browser, forest: &Forest, grid: &mut Grid<'_>) -> Option<(u16, u16)> {
    let dialog = browser.dialog.as_ref()?;
    let texts = Texts::of(browser);
    let (width, height) = grid.size();
    let has_frame = width >= FOR_FRAME.0 && height >= FOR_FRAME.1;
    let (edge, rows) = if has_frame { (2, 1) } else { (0, 0) };
    let room = usize::from(width) - 2 * edge;
    let most = usize::from(height) - 2 * rows;
    let mut lines = match dialog {
        Dialog::Removal(question) => removal(question, forest, &texts, width < FOR_LONG_TEXTS),
        Dialog::Quit(loss, _) => quit(*loss, browser),
        Dialog::Overwrite(path) => overwrite(path, &texts),
    };
    wrap_first(&mut lines, &texts, (room, most));
    make_room(&mut lines, most);
    let widest = lines.iter().map(|(text, ..)| columns(text)).max();
    let inner = widest.unwrap_or(0).min(room);
    let half = |all: u16, part: usize| all.saturating_sub(u16::try_from(part).unwrap_or(all)) / 2;
    let left = half(width, inner + 2 * edge);
    let top = half(height, lines.len() + 2 * rows);
    let last = draw_box(&texts, grid, &lines, (left, top, inner, has_frame));
    let column = left.saturating_add(u16::try_from(edge).ok()?);
    Some((column, last))
}

/// Draws the lines from this column and row on, in a frame or without. Returns the row of the last line.
fn draw_box(
    texts: &Texts<'_>,
    grid: &mut Grid<'_>,
    lines: &[BoxLine],
    (left, top, inner, has_frame): (u16, u16, usize, bool),
) -> u16 {
    let [before, after] = match (has_frame, texts.is_ascii()) {
        (false, _) => ["", ""],
        (true, true) => ["| ", " |"],
        (true, false) => ["│ ", " │"],
    };
    let mut row = top;
    if has_frame {
        draw_edge(texts, grid, (left, row), inner, ["┌", "┐"]);
        row += 1;
    }
    for (text, style, _) in lines {
        let end = grid.size().0;
        let mut line = Line::part(grid, row, (left, end));
        let text = texts.cut(text, inner);
        line.text(before, PLAIN);
        line.text(&text, *style);
        line.text(&" ".repeat(inner - columns(&text)), PLAIN);
        line.text(after, PLAIN);
        row += 1;
    }
    if has_frame {
        draw_edge(texts, grid, (left, row), inner, ["└", "┘"]);
    }
    row.saturating_sub(1)
}

/// Wraps the first line, which names what is asked about, as far as the lines that are needed leave room.
fn wrap_first(lines: &mut Vec<BoxLine>, texts: &Texts<'_>, (room, most): (usize, usize)) {
    let needed = lines
        .iter()
        .skip(1)
        .filter(|(.., need)| *need == Need::Needed);
    let rows = most.saturating_sub(needed.count()).max(1);
    let (first, style, need) = lines.remove(0);
    let first = texts.cut(&first, room * rows);
    let mut rest = &*first;
    let mut wrapped = Vec::new();
    while !rest.is_empty() && wrapped.len() < rows {
        // Wide characters may leave a column of each row empty.
        let row = match wrapped.len() + 1 == rows {
            true => rest,
            false => head(rest, room),
        };
        wrapped.push((row.to_owned(), style, need));
        rest = rest.get(row.len()..).unwrap_or_default();
    }
    lines.splice(0..0, wrapped);
}

/// Leaves out what is needed least, from the end, until the rest fits; never the first line, which names what is asked about.
fn make_room(lines: &mut Vec<BoxLine>, most: usize) {
    while lines.len() > most.max(1) {
        let rest = lines.iter().enumerate().skip(1).rev();
        let least = rest.min_by_key(|(_, (.., need))| *need);
        lines.remove(least.map_or(0, |(index, _)| index));
    }
}

/// The upper or the lower edge.
fn draw_edge(
    texts: &Texts<'_>,
    grid: &mut Grid<'_>,
    place: (u16, u16),
    inner: usize,
    corners: [&str; 2],
) {
    let [left, right] = corners.map(|corner| texts.choose(corner, "+"));
    let middle = texts.choose("─", "-").repeat(inner + 2);
    grid.put(place, &[left, &middle, right].concat(), PLAIN);
}

fn needed(text: impl Into<String>) -> BoxLine {
    (text.into(), PLAIN, Need::Needed)
}

fn optional(text: impl Into<String>) -> BoxLine {
    (text.into(), PLAIN, Need::Optional)
}

fn heading(text: impl Into<String>) -> BoxLine {
    (text.into(), BOLD, Need::Needed)
}

fn removal(
    question: &RemovalQuestion,
    forest: &Forest,
    texts: &Texts<'_>,
    is_narrow: bool,
) -> Vec<BoxLine> {
    let freed = &question.freed;
    let choose = |text: &'static str, narrow: &'static str| if is_narrow { narrow } else { text };
    let mut lines = targets(question, forest, texts);
    let entries = texts.entries(freed.entries);
    lines.push(optional(format!(
        "{entries}, {} allocated",
        texts.size(freed.allocated)
    )));
    lines.push(needed(format!(
        "{} {}",
        choose("deleting frees", "frees"),
        texts.size(freed.freed)
    )));
    if freed.freed < freed.allocated {
        lines.push(optional("the rest has hard links elsewhere"));
    }
    if freed.staying > 0 {
        // A subvolume, or a mount.
        let staying = texts.count(freed.staying);
        let text = format!("stay: {staying} on other file systems, operands");
        lines.push((text, PLAIN, Need::Useful));
    }
    lines.push(optional(""));
    lines.push(needed(choose("t  move to the trash", "t  to the trash")));
    if question.has_directories {
        lines.push(optional("   directories go with what is new in them"));
    }
    lines.push(optional(choose(
        "   frees nothing until the trash is emptied",
        "   frees nothing at first",
    )));
    lines.extend(confirmation(question, texts, is_narrow));
    lines.push(needed(choose(
        "any other key: remove nothing",
        "other keys: nothing",
    )));
    lines
}

/// How the removal is confirmed.
fn confirmation(question: &RemovalQuestion, texts: &Texts<'_>, is_narrow: bool) -> Vec<BoxLine> {
    let Confirmation::Word(typed) = question.confirmation else {
        let text = if is_narrow {
            "Y  delete"
        } else {
            "Y  delete for ever"
        };
        return vec![needed(text)];
    };
    let why = match question.freed.entries > MOST_WITHOUT_WORD {
        true => format!("more than {} entries", texts.count(MOST_WITHOUT_WORD)),
        false => "a directory at the top".into(),
    };
    let typed = WORD.get(..typed).unwrap_or_default();
    let how = match is_narrow {
        true => format!("type {WORD}: {typed}"),
        false => format!("type the word {WORD} to delete for ever: {typed}"),
    };
    vec![optional(format!("   {why}: Y is not enough")), needed(how)]
}

/// What is to be removed.
fn targets(question: &RemovalQuestion, forest: &Forest, texts: &Texts<'_>) -> Vec<BoxLine> {
    let name = |target| texts.path(&path(forest, target));
    match &*question.targets {
        [target] => vec![heading(format!("Remove {}", name(target)))],
        targets => {
            let count = targets.len();
            let mut lines = vec![heading(format!("Remove {count} marked entries"))];
            lines.extend(
                targets
                    .iter()
                    .take(MOST_PATHS)
                    .map(|target| optional(name(target))),
            );
            if count > MOST_PATHS {
                lines.push(optional(format!("and {} more", count - MOST_PATHS)));
            }
            lines
        }
    }
}

fn quit(loss: Loss, browser: &Browser) -> Vec<BoxLine> {
    let text = match loss {
        Loss::Walk => {
            let elapsed = duration(browser.activity.longest);
            format!("Quit? Reading took {elapsed}, and a new start reads again.")
        }
        Loss::Removal => "Quit? A removal is going on: it stops where it is.".into(),
    };
    vec![
        heading(text),
        needed("y  quit"),
        needed("any other key: stay"),
    ]
}

fn overwrite(path: &[u8], texts: &Texts<'_>) -> Vec<BoxLine> {
    vec![
        heading(format!("{} exists. Replace it?", texts.name(path))),
        needed("Y  replace it"),
        needed("any other key: keep it"),
    ]
}
