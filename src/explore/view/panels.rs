//! The panels: what is shown instead of the rows. A title, then lines of which one is selected.

use super::information;
use super::line::{BOLD, DIM, Line, PLAIN, scrolled};
use super::texts::Texts;
use crate::explore::browser::marks::KnownRow;
use crate::explore::browser::path::path;
use crate::explore::browser::search::{MOST_FOUND, MOST_LARGE, Search, SearchHit, Wanted};
use crate::explore::browser::{Browser, PanelKind};
use crate::explore::terminal::{Grid, Style};
use crate::forest::{DirId, Forest, ForestFailure, Target};
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
    browser.follow_panel_line(forest);
    let contents = Contents::of(browser, forest);
    let title = contents.title()?;
    let mut line = Line::new(grid, first);
    line.skip(1);
    let title = contents.texts.cut(&title, line.room());
    line.text(&title, BOLD);
    let list = match browser.panel_kind()? {
        PanelKind::Information(links) => {
            let for_links = u16::try_from(links.len())
                .unwrap_or(u16::MAX)
                .min((end - first) / 3);
            let list = information::draw(browser, forest, grid, (first + 1, end - for_links));
            browser.note_drawn_cursor(forest);
            list
        }
        _ => first + 1,
    };
    let height = end.saturating_sub(list);
    browser.drawn.list = (list, height);
    let count = browser.panel_lines(forest);
    let panel = browser.panel.as_mut()?;
    panel.index = panel.index.min(count.saturating_sub(1));
    panel.top = scrolled(panel.top, panel.index, height.into());
    let (top, selected) = (panel.top, panel.index.saturating_sub(panel.top));
    let contents = Contents::of(browser, forest);
    let lines = contents.lines(top, height.into());
    for ((number, text), row) in lines.iter().enumerate().zip(list..end) {
        let is_selected = number == selected;
        contents.draw_line(text, is_selected, Line::new(grid, row));
    }
    let is_empty = lines.is_empty();
    browser.note_drawn_lines(forest, (top, height.into()));
    if is_empty {
        draw_emptiness(browser, Line::new(grid, list));
        return None;
    }
    Some((0, list + u16::try_from(selected).ok()?))
}

/// A line of a panel.
struct PanelLine {
    is_marked: bool,
    /// None where the line has no size.
    size: Option<String>,
    text: String,
}

/// What a panel shows.
struct Contents<'a> {
    browser: &'a Browser,
    forest: &'a Forest,
    texts: Texts<'a>,
}

impl<'a> Contents<'a> {
    fn of(browser: &'a Browser, forest: &'a Forest) -> Self {
        let texts = Texts::of(browser);
        Self {
            browser,
            forest,
            texts,
        }
    }

    fn title(&self) -> Option<String> {
        Some(match self.browser.panel_kind()? {
            PanelKind::Help => return None,
            PanelKind::Information(_) => "Information".into(),
            PanelKind::Errors => self.error_title(),
            PanelKind::Marks => {
                let freed = self.browser.freed_by_marks();
                let freed = freed.map(|freed| format!(", {} to be freed", self.texts.size(freed)));
                let count = u64::try_from(self.browser.marks.len()).unwrap_or(u64::MAX);
                format!(
                    "Marks: {}{}",
                    self.texts.count(count),
                    freed.unwrap_or_default()
                )
            }
            PanelKind::Found(search) => self.found_title(search),
        })
    }

    fn error_title(&self) -> String {
        let shown = u64::try_from(self.browser.panel_lines(self.forest)).unwrap_or(u64::MAX);
        let all = self.browser.error_count(self.forest);
        let [first, count] = [shown, all].map(|number| self.texts.count(number));
        match all > shown {
            true => format!("Errors: {count}, the first {first}"),
            false => format!("Errors: {count}"),
        }
    }

    fn found_title(&self, search: &Search) -> String {
        let texts = &self.texts;
        let count = texts.count(search.count());
        let below = match search.below {
            DirId::TOP => String::new(),
            below => format!(" below {}", texts.name(&self.forest.path(below))),
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

    /// So many lines from this one on. No directory is decoded for them: a frame may not take longer in a large one.
    fn lines(&self, top: usize, height: usize) -> Vec<PanelLine> {
        let measure = self.browser.settings.measure;
        match self.browser.panel_kind() {
            None | Some(PanelKind::Help) => Vec::new(),
            Some(PanelKind::Information(links)) => {
                let links = links.iter().skip(top).take(height).cloned();
                let targets = links.map(|(parent, name)| Target { parent, name });
                targets
                    .map(|target| self.path_line(&target, None))
                    .collect()
            }
            Some(PanelKind::Errors) => self.error_lines(top, height),
            Some(PanelKind::Marks) => {
                let marks = self.browser.marks.rows().skip(top).take(height);
                let line = |(target, row): (Target, KnownRow)| {
                    let amount = self.texts.amount(row.amount(self.forest, measure), measure);
                    self.path_line(&target, Some((row, amount)))
                };
                marks.map(line).collect()
            }
            Some(PanelKind::Found(search)) => {
                let found = search.found().iter().skip(top).take(height);
                let line = |found: &SearchHit| {
                    let amount = self.texts.amount(found.amount, search.measure());
                    self.path_line(&found.target, Some((found.row, amount)))
                };
                found.map(line).collect()
            }
        }
    }

    fn error_lines(&self, top: usize, height: usize) -> Vec<PanelLine> {
        let text = |failure: &ForestFailure| {
            let (parent, name) = (failure.directory, failure.name.to_vec());
            let path = match name.is_empty() {
                true => self.forest.path(parent),
                false => path(self.forest, &Target { parent, name }),
            };
            let text = failure_text(&path, failure.failure, self.browser.charset());
            self.texts.name(&text)
        };
        let failures = self.forest.failures().iter().map(text);
        let all = failures.chain(self.browser.other_failures.iter().cloned());
        let line = |text| PanelLine {
            is_marked: false,
            size: None,
            text,
        };
        all.skip(top).take(height).map(line).collect()
    }

    /// A path; of a row with its amount. Other links of a file are files.
    fn path_line(&self, target: &Target, row: Option<(KnownRow, String)>) -> PanelLine {
        let mut text = self.texts.path(&path(self.forest, target));
        if row.as_ref().is_some_and(|(row, _)| row.is_directory()) {
            text.push('/');
        }
        PanelLine {
            is_marked: self.browser.marks.contains(target.parent, &target.name),
            size: row.map(|(_, amount)| amount),
            text,
        }
    }

    fn draw_line(&self, text: &PanelLine, is_selected: bool, mut line: Line<'_, '_>) {
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
        let shown = self.texts.cut(&text.text, line.room());
        line.text(&shown, look(if text.is_marked { BOLD } else { PLAIN }));
    }
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
