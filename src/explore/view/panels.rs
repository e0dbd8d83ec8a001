//! The panels: what is shown instead of the rows. A title, then lines of which one is selected.

use std::collections::BTreeMap;

use super::information;
use super::line::{BOLD, DIM, Line, PLAIN};
use super::texts::Texts;
use crate::explore::browser::path::path;
use crate::explore::browser::search::{MOST_FOUND, MOST_LARGE, Search, SearchHit, Wanted};
use crate::explore::browser::shown_row::ShownRow;
use crate::explore::browser::{Browser, PanelKind};
use crate::explore::terminal::{Grid, Style};
use crate::forest::{DirId, Forest, Target};
use crate::sys::columns::columns;
use crate::sys::status::failure_text;

/// The width of a size before a path.
const SIZE: usize = 10;

/// Draws the panel between these rows. Returns the place of the cursor.
pub(super) fn draw(
    browser: &mut Browser,
    forest: &Forest,
    grid: &mut Grid<'_>,
    (first, end): (u16, u16),
) -> Option<(u16, u16)> {
    let title = title(browser, forest)?;
    let mut line = Line::new(grid, first);
    line.skip(1);
    let room = line.room();
    let texts = Texts::of(browser);
    line.text(&texts.cut(&title, room), BOLD);
    let list = match browser.panel_kind()? {
        PanelKind::Information(links) => {
            let for_links = u16::try_from(links.len())
                .unwrap_or(u16::MAX)
                .min((end - first) / 3);
            information::draw(browser, forest, grid, (first + 1, end - for_links))
        }
        _ => first + 1,
    };
    let height = end.saturating_sub(list);
    browser.drawn.list = (list, height);
    let count = browser.panel_lines(forest);
    let panel = browser.panel.as_mut()?;
    panel.index = panel.index.min(count.saturating_sub(1));
    let least = (panel.index + 1).saturating_sub(height.into());
    panel.top = panel.top.clamp(least, panel.index.max(least));
    let (top, selected) = (panel.top, panel.index.saturating_sub(panel.top));
    let lines = lines(browser, forest, top, height.into());
    for ((number, text), row) in lines.iter().enumerate().zip(list..end) {
        let is_selected = number == selected;
        draw_line(browser, text, is_selected, Line::new(grid, row));
    }
    if lines.is_empty() {
        draw_emptiness(browser, Line::new(grid, list));
        return None;
    }
    Some((0, list + u16::try_from(selected).ok()?))
}

fn title(browser: &Browser, forest: &Forest) -> Option<String> {
    let texts = Texts::of(browser);
    Some(match browser.panel_kind()? {
        PanelKind::Help => return None,
        PanelKind::Information(_) => "Information".into(),
        PanelKind::Errors => {
            let shown = u64::try_from(browser.panel_lines(forest)).unwrap_or(u64::MAX);
            let others = browser.other_failure_count;
            let all = forest.failure_count().saturating_add(others);
            let count = match all > shown {
                true => format!("{}, the first {}", texts.count(all), texts.count(shown)),
                false => texts.count(all),
            };
            format!("Errors: {count}")
        }
        PanelKind::Marks => {
            let count = u64::try_from(browser.marks.len()).unwrap_or(u64::MAX);
            let freed = browser.freed_by_marks().map(|freed| texts.size(freed));
            let freed = freed.map_or(String::new(), |freed| format!(", {freed} to be freed"));
            let count = texts.count(count);
            format!("Marks: {count}{freed}")
        }
        PanelKind::Found(search) => found_title(search, forest, &texts),
    })
}

fn found_title(search: &Search, forest: &Forest, texts: &Texts<'_>) -> String {
    let count = texts.count(search.count());
    let below = match search.below {
        DirId::TOP => String::new(),
        below => format!(" below {}", texts.name(&forest.path(below))),
    };
    let (found, most) = match &search.wanted {
        Wanted::Names(names) => {
            let text = texts.name(names.text().as_bytes());
            (format!("Names with {text}{below}: {count}"), MOST_FOUND)
        }
        Wanted::LargestFiles => (format!("Largest files{below}, of {count}"), MOST_LARGE),
    };
    let is_cut = search.count() > search.found().len() as u64;
    let cut = match is_cut {
        true => format!(", the {} largest", texts.count(most as u64)),
        false => String::new(),
    };
    let going_on = match search.is_going_on() {
        true => ", still searching",
        false => "",
    };
    format!("{found}{cut}{going_on}")
}

/// A line of a panel.
struct PanelLine {
    is_marked: bool,
    /// None where the line has no size.
    size: Option<String>,
    text: String,
}

fn lines(browser: &Browser, forest: &Forest, top: usize, height: usize) -> Vec<PanelLine> {
    let texts = Texts::of(browser);
    match browser.panel_kind() {
        None | Some(PanelKind::Help) => Vec::new(),
        Some(PanelKind::Information(links)) => {
            let links = links.iter().skip(top).take(height);
            let line = |(parent, name): &(DirId, Vec<u8>)| {
                let (parent, name) = (*parent, name.clone());
                path_line(browser, forest, &texts, &Target { parent, name }, None)
            };
            links.map(line).collect()
        }
        Some(PanelKind::Errors) => error_lines(browser, forest, &texts, top, height),
        Some(PanelKind::Marks) => marked_lines(browser, forest, &texts, top, height),
        Some(PanelKind::Found(search)) => {
            let found = search.found().iter().skip(top).take(height);
            let line = |found: &SearchHit| {
                let amount = texts.amount(found.amount, search.measure());
                path_line(browser, forest, &texts, &found.target, Some(amount))
            };
            found.map(line).collect()
        }
    }
}

fn error_lines(
    browser: &Browser,
    forest: &Forest,
    texts: &Texts<'_>,
    top: usize,
    height: usize,
) -> Vec<PanelLine> {
    let failures = forest.failures().iter().map(|failure| {
        let (parent, name) = (failure.directory, failure.name.to_vec());
        let path = match name.is_empty() {
            true => forest.path(parent),
            false => path(forest, &Target { parent, name }),
        };
        texts.name(&failure_text(&path, failure.failure, browser.charset()))
    });
    let all = failures.chain(browser.other_failures.iter().cloned());
    let line = |text| PanelLine {
        is_marked: false,
        size: None,
        text,
    };
    all.skip(top).take(height).map(line).collect()
}

/// The marks with their sizes. A directory is decoded once, whatever the number of its marks.
fn marked_lines(
    browser: &Browser,
    forest: &Forest,
    texts: &Texts<'_>,
    top: usize,
    height: usize,
) -> Vec<PanelLine> {
    let measure = browser.settings.measure;
    let targets = browser.marks.page(top, height);
    let mut amounts = BTreeMap::new();
    for target in &targets {
        amounts.entry(target.parent).or_insert_with(|| {
            let wanted = |name: &[u8]| {
                targets
                    .iter()
                    .any(|other| other.parent == target.parent && other.name == name)
            };
            let rows = forest.rows(target.parent).filter(|row| wanted(row.name));
            let amounts = rows.map(|row| (row.name, ShownRow::of(forest, &row).amount(measure)));
            amounts.collect::<BTreeMap<_, _>>()
        });
    }
    let line = |target: &Target| {
        let amount = amounts
            .get(&target.parent)
            .and_then(|amounts| amounts.get(&*target.name));
        let amount = amount.map(|&amount| texts.amount(amount, measure));
        path_line(
            browser,
            forest,
            texts,
            target,
            Some(amount.unwrap_or_default()),
        )
    };
    targets.iter().map(line).collect()
}

fn path_line(
    browser: &Browser,
    forest: &Forest,
    texts: &Texts<'_>,
    target: &Target,
    size: Option<String>,
) -> PanelLine {
    let mut text = texts.path(&path(forest, target));
    if forest.child(target.parent, &target.name).is_some() {
        text.push('/');
    }
    PanelLine {
        is_marked: browser.marks.contains(target.parent, &target.name),
        size,
        text,
    }
}

fn draw_line(browser: &Browser, text: &PanelLine, is_selected: bool, mut line: Line<'_, '_>) {
    let texts = Texts::of(browser);
    let look = |style: Style| Style {
        is_reversed: is_selected,
        ..style
    };
    if is_selected {
        line.fill(look(PLAIN));
    }
    line.text(if text.is_marked { " * " } else { "   " }, look(BOLD));
    if let Some(size) = &text.size {
        line.right(size, SIZE.max(columns(size)), look(PLAIN));
        line.skip(2);
    }
    let shown = texts.cut(&text.text, line.room());
    line.text(&shown, look(if text.is_marked { BOLD } else { PLAIN }));
}

fn draw_emptiness(browser: &Browser, mut line: Line<'_, '_>) {
    let text = match browser.panel_kind() {
        Some(PanelKind::Errors) => "(no errors)",
        Some(PanelKind::Marks) => "(no marks; Space marks a row)",
        Some(PanelKind::Found(search)) if search.is_going_on() => "(searching)",
        Some(PanelKind::Found(_)) => "(nothing was found)",
        _ => return,
    };
    line.skip(3);
    line.text(text, DIM);
}
