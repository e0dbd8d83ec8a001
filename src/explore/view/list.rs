//! The rows of the shown directory.

use super::line::{DIM, Line, scrolled};
use super::row;
use super::texts::Texts;
use crate::count::usage::Detail;
use crate::explore::browser::Browser;
use crate::explore::browser::options::Column;
use crate::explore::browser::request::Doing;
use crate::explore::browser::rows::Hiding;
use crate::explore::browser::shown_row::ShownRow;
use crate::explore::terminal::Grid;
use crate::forest::{DirId, DirState, Forest};
use crate::sys::failure::{Failure, Operation};
use crate::sys::status::reason;

/// On a lower screen there are no headings.
const ROWS_FOR_HEADINGS: u16 = 10;

/// Draws headings and rows between these rows of the screen. Returns the place of the cursor.
pub(super) fn draw(
    browser: &mut Browser,
    forest: &Forest,
    grid: &mut Grid<'_>,
    (first, end): (u16, u16),
) -> Option<(u16, u16)> {
    let has_headings = end - first + 2 >= ROWS_FOR_HEADINGS;
    let list = first + u16::from(has_headings);
    browser.drawn.list = (list, end.saturating_sub(list));
    browser.drawn.heading_row = has_headings.then_some(first);
    let top = scroll(browser);
    browser.sort_rows(forest, top..top + usize::from(browser.drawn.list.1));
    let shown = visible(browser, forest, top);
    note_owners(browser, &shown);
    let rows = row::Rows::new(browser, forest, &shown, grid.size().0);
    let headings = match has_headings {
        true => rows.draw_headings(Line::new(grid, first)),
        false => Vec::new(),
    };
    for (index, line) in (0..shown.len()).zip(list..) {
        let is_selected = top + index == browser.cursor.index;
        rows.draw_row(index, is_selected, Line::new(grid, line));
    }
    browser.drawn.headings = headings;
    // Also where no row is left: the keys that need none work again.
    browser.note_drawn_cursor(forest);
    if shown.is_empty() {
        draw_emptiness(browser, forest, Line::new(grid, list));
        return None;
    }
    let line = browser.cursor.index.checked_sub(top)?;
    Some((0, list + u16::try_from(line).ok()?))
}

/// The cursor is always on the screen, in the middle where another directory was shown before, and no line stays empty
/// that could have a row. Returns the first row.
fn scroll(browser: &mut Browser) -> usize {
    let height = usize::from(browser.drawn.list.1);
    let last = browser.row_count().saturating_sub(height);
    let cursor = &mut browser.cursor;
    let wanted = cursor
        .top
        .unwrap_or(cursor.index.saturating_sub(height / 2));
    let top = scrolled(wanted, cursor.index, height).min(last);
    cursor.top = Some(top);
    top
}

fn visible<'f>(browser: &Browser, forest: &'f Forest, top: usize) -> Vec<ShownRow<'f>> {
    let rows = top..top + usize::from(browser.drawn.list.1);
    rows.map_while(|index| browser.shown_row(forest, index))
        .collect()
}

/// Notes the users whose names are to be looked up.
fn note_owners(browser: &mut Browser, shown: &[ShownRow<'_>]) {
    if browser.settings.owner == Column::Shown {
        let users = shown.iter().map(|row| row.entry.owner.0);
        let unknown =
            users.filter(|&user| user != Detail::NO_ID && !browser.owners.contains_key(&user));
        let unknown: Vec<_> = unknown.collect();
        browser.unknown_owners.extend(unknown);
    }
}

/// What stands in place of rows.
fn draw_emptiness(browser: &Browser, forest: &Forest, mut line: Line<'_, '_>) {
    let texts = Texts::of(browser);
    let info = forest.dir(browser.shown);
    let own = ShownRow::own_amount(forest, browser.shown, browser.settings.measure);
    let own = texts.amount(own, browser.settings.measure);
    let mut failures = forest.failures().iter();
    let failure = failures.find(|one| one.directory == browser.shown && one.name.is_empty());
    let total = u64::from(browser.row_total());
    let text = match (info.state, failure) {
        _ if total > 0 && !browser.filter.text().is_empty() => {
            "(no name here matches; Esc shows all)".into()
        }
        _ if total > 0 && browser.settings.hiding == Hiding::Dotted => {
            format!("({} hidden; e shows all)", texts.entries(total))
        }
        (_, Some(failure)) => reason_of(failure.failure),
        (DirState::Announced | DirState::Reading, _) => "(being read)".into(),
        (DirState::Stopped, _) => "(not read: the walk was stopped)".into(),
        (DirState::Away, _) => "(not read: another file system)".into(),
        (DirState::Excluded, _) => "(not read: excluded)".into(),
        (DirState::Unread | DirState::Broken, _) => "(could not be read)".into(),
        _ if browser.shown == DirId::TOP && browser.activity.doing == Doing::Stopped => {
            "(nothing was read: it was stopped)".into()
        }
        _ => "(empty)".into(),
    };
    line.skip(5);
    if total == 0 {
        line.right(&own, 10, DIM);
        line.skip(2);
    }
    let text = texts.cut(&text, line.room());
    line.text(&text, DIM);
}

/// Why the shown directory has no rows.
fn reason_of(failure: Failure) -> String {
    match failure.operation {
        Operation::Exported | Operation::ExportedInPart | Operation::ExportedEntry => {
            "could not be read when the export was made".into()
        }
        _ => format!("cannot read directory: {}", reason(failure.errno)),
    }
}
