//! The dialog: a box over the middle of the screen.

use super::line::{BOLD, Line, PLAIN};
use super::texts::{Texts, duration};
use crate::explore::browser::dialog::{
    Confirmation, Dialog, Loss, MOST_WITHOUT_WORD, RemovalQuestion, WORD,
};
use crate::explore::browser::{Browser, path};
use crate::explore::terminal::{Grid, Style};
use crate::forest::Forest;
use crate::sys::columns::columns;

/// So many paths are shown.
const MOST_PATHS: usize = 5;

/// The box has a frame where the screen has so many columns and rows.
const FOR_FRAME: (u16, u16) = (40, 10);

/// Whether a line may be left out where there is little room.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Need {
    Needed,
    Optional,
}

type BoxLine = (String, Style, Need);

/// Draws the dialog, if there is one. Returns the place of the cursor.
pub(super) fn draw(browser: &Browser, forest: &Forest, grid: &mut Grid<'_>) -> Option<(u16, u16)> {
    let dialog = browser.dialog.as_ref()?;
    let texts = Texts::of(browser);
    let mut lines = match dialog {
        Dialog::Removal(question) => removal(question, forest, &texts),
        Dialog::Quit(loss) => quit(*loss, browser),
        Dialog::Overwrite(path) => overwrite(path, &texts),
    };
    let (width, height) = grid.size();
    let has_frame = width >= FOR_FRAME.0 && height >= FOR_FRAME.1;
    let most = usize::from(height) - if has_frame { 2 } else { 0 };
    while lines.len() > most {
        let optional = lines
            .iter()
            .rposition(|(_, _, need)| *need == Need::Optional);
        lines.remove(optional.unwrap_or(0));
    }
    let widest = lines
        .iter()
        .map(|(text, ..)| columns(text))
        .max()
        .unwrap_or(0);
    let frame = if has_frame { 4 } else { 0 };
    let inner = widest.min(usize::from(width).saturating_sub(frame));
    let rows = lines.len() + if has_frame { 2 } else { 0 };
    let half = |all: u16, part: usize| all.saturating_sub(u16::try_from(part).unwrap_or(all)) / 2;
    let (left, top) = (half(width, inner + frame), half(height, rows));
    let mut at = top;
    if has_frame {
        draw_edge(&texts, grid, (left, at), inner, 0);
        at += 1;
    }
    for (text, style, _) in &lines {
        let text = texts.cut(text, inner);
        let blanks = " ".repeat(inner.saturating_sub(columns(&text)));
        let edge = texts.choose("│", "|");
        let mut line = Line::part(grid, at, (left, width));
        if has_frame {
            line.text(&[edge, " "].concat(), PLAIN);
        }
        line.text(&text, *style);
        line.text(&blanks, PLAIN);
        if has_frame {
            line.text(&[" ", edge].concat(), PLAIN);
        }
        at += 1;
    }
    if has_frame {
        draw_edge(&texts, grid, (left, at), inner, 1);
    }
    Some((left + if has_frame { 2 } else { 0 }, at.saturating_sub(1)))
}

/// The upper or the lower edge.
fn draw_edge(
    texts: &Texts<'_>,
    grid: &mut Grid<'_>,
    place: (u16, u16),
    inner: usize,
    which: usize,
) {
    let corners = [["┌", "┐"], ["└", "┘"]][which];
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

fn removal(question: &RemovalQuestion, forest: &Forest, texts: &Texts<'_>) -> Vec<BoxLine> {
    let freed = &question.freed;
    let mut lines = Vec::new();
    match &*question.targets {
        [target] => {
            lines.push(heading(format!(
                "Remove {}",
                texts.name(&path(forest, target))
            )));
        }
        targets => {
            let count = targets.len();
            lines.push(heading(format!("Remove {count} marked entries")));
            let paths = targets
                .iter()
                .take(MOST_PATHS)
                .map(|target| path(forest, target));
            lines.extend(paths.map(|path| optional(texts.name(&path))));
            if count > MOST_PATHS {
                lines.push(optional(format!("and {} more", count - MOST_PATHS)));
            }
        }
    }
    let entries = texts.entries(freed.entries);
    lines.push(needed(format!(
        "{entries}, {} allocated",
        texts.size(freed.allocated)
    )));
    lines.push(needed(freed_text(freed.freed, freed.allocated, texts)));
    lines.push(optional(""));
    lines.push(needed("t  move to the trash"));
    lines.push(optional("   frees nothing until the trash is emptied"));
    match question.confirmation {
        Confirmation::Key => lines.push(needed("Y  delete for ever")),
        Confirmation::Word(typed) => {
            let why = match freed.entries > MOST_WITHOUT_WORD {
                true => format!("   more than {} entries: ", texts.count(MOST_WITHOUT_WORD)),
                false => "   a directory at the top: ".into(),
            };
            lines.push(optional(format!("{why}Y is not enough")));
            let typed = WORD.get(..typed).unwrap_or_default();
            lines.push(needed(format!(
                "type the word {WORD} to delete for ever: {typed}"
            )));
        }
    }
    lines.push(needed("any other key: remove nothing"));
    lines
}

fn freed_text(freed: u64, allocated: u64, texts: &Texts<'_>) -> String {
    match freed < allocated {
        true => format!(
            "deleting frees {}: the rest has hard links elsewhere",
            texts.size(freed)
        ),
        false => format!("deleting frees {}", texts.size(freed)),
    }
}

fn quit(loss: Loss, browser: &Browser) -> Vec<BoxLine> {
    let text = match loss {
        Loss::Walk => {
            let elapsed = duration(browser.activity.elapsed);
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
