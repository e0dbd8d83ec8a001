//! The panel about one entry: exact numbers, and for a file with several links where they are.

use super::line::{BOLD, Line, PLAIN};
use super::row::owner_text;
use super::texts::Texts;
use crate::count::usage::{Detail, FileTime, Inode, Measure};
use crate::explore::browser::shown_row::{ShownRow, amount};
use crate::explore::browser::{Browser, PanelKind, path};
use crate::explore::terminal::Grid;
use crate::forest::{Forest, Target};
use crate::format::columns::type_name;

/// The width of the words before the values.
const WORDS: usize = 16;

/// Draws the lines, and returns the row for the first link.
pub(super) fn draw(
    browser: &Browser,
    forest: &Forest,
    grid: &mut Grid<'_>,
    (first, end): (u16, u16),
) -> u16 {
    let Some(row) = browser.selected(forest) else {
        return first;
    };
    let texts = Texts::of(browser);
    let lines = lines(browser, forest, &texts, &row);
    let mut next = first;
    for ((word, value), at) in lines.iter().zip(first..end) {
        let mut line = Line::new(grid, at);
        line.skip(1);
        line.left(word, WORDS.min(line.room() / 2), BOLD);
        let value = texts.cut(value, line.room());
        line.text(&value, PLAIN);
        next = at + 1;
    }
    next
}

fn lines(
    browser: &Browser,
    forest: &Forest,
    texts: &Texts<'_>,
    row: &ShownRow<'_>,
) -> Vec<(&'static str, String)> {
    let name = row.name.to_vec();
    let parent = browser.shown;
    let mut lines = vec![("path", texts.name(&path(forest, &Target { parent, name })))];
    if let Some(flag) = row.flag {
        lines.push(("flag", format!("{} {}", flag.letter(), flag.meaning())));
    }
    lines.push(("type", kind_and_mode(row)));
    lines.push(("allocated", exact(texts, row.sums.allocated)));
    lines.push(("apparent size", exact(texts, row.sums.apparent)));
    if row.is_directory() {
        lines.push(("entries", texts.count(row.sums.entries)));
        if let Some(shared) = row.shared {
            lines.push(("shared", exact(texts, shared.allocated)));
            let shared = amount(&shared, Measure::Allocated);
            lines.push((
                "unique",
                exact(texts, row.sums.allocated.saturating_sub(shared)),
            ));
        }
        lines.push(("newest below", texts.time(row.newest)));
    }
    lines.extend(entry_lines(browser, texts, row));
    lines
}

/// What is known of the entry itself.
fn entry_lines(
    browser: &Browser,
    texts: &Texts<'_>,
    row: &ShownRow<'_>,
) -> Vec<(&'static str, String)> {
    let entry = &row.entry;
    let mut lines = Vec::new();
    if entry.time != FileTime::NEVER {
        lines.push(("time", texts.time(entry.time)));
    }
    if entry.owner.0 != Detail::NO_ID {
        lines.push(("owner", owner(browser, texts, entry.owner)));
    }
    if entry.inode.number != 0 {
        let Inode { device, number } = entry.inode;
        let (major, minor) = (rustix::fs::major(device), rustix::fs::minor(device));
        lines.push(("inode", format!("{number} on device {major}:{minor}")));
    }
    if let Some(PanelKind::Information(links)) = browser.panel_kind()
        && row.directory.is_none()
        && entry.links > 1
    {
        lines.push(("links", links_text(entry.links, links.len())));
    }
    lines
}

fn owner(browser: &Browser, texts: &Texts<'_>, (user, group): (u32, u32)) -> String {
    let name = owner_text(browser, texts, user);
    match name == user.to_string() {
        true => format!("{user}, group {group}"),
        false => format!("{name} ({user}), group {group}"),
    }
}

fn links_text(all: u32, seen: usize) -> String {
    match all {
        Detail::SEVERAL => format!("{seen} of several were met"),
        _ => format!("{seen} of {all} were met"),
    }
}

/// A size with its number of bytes.
fn exact(texts: &Texts<'_>, bytes: u64) -> String {
    format!("{} ({} bytes)", texts.size(bytes), texts.count(bytes))
}

/// The kind, and the permissions where they are known.
fn kind_and_mode(row: &ShownRow<'_>) -> String {
    let kind = type_name(row.entry.kind).unwrap_or("unknown");
    match row.entry.mode & Detail::NO_PERMISSIONS {
        0 => format!("{kind}, permissions {:04o}", row.entry.mode & 0o7777),
        _ => kind.to_owned(),
    }
}
