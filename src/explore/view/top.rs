//! The top line: the shown directory and its total; on the right what the walk is doing.

use std::time::Duration;

use super::line::{BOLD, Line};
use super::texts::{Texts, duration, measure_name};
use crate::count::usage::Measure;
use crate::explore::browser::Browser;
use crate::explore::browser::request::{Activity, Doing};
use crate::explore::terminal::Grid;
use crate::forest::{DirId, Forest};
use crate::sys::columns::columns;

/// A directory that is silent for longer is named.
const SILENCE: Duration = Duration::from_secs(5);

/// The path has at least so many columns, or the state of the walk is left out.
const MIN_PATH: usize = 12;

pub(super) fn draw(browser: &Browser, forest: &Forest, grid: &mut Grid<'_>) {
    let texts = Texts::of(browser);
    let width = usize::from(grid.size().0);
    let path = path(browser, forest, &texts);
    let totals = totals(browser, forest, &texts);
    let mut states = states(&texts, &browser.activity);
    states.extend(states.is_empty().then(String::new));
    let before = " pdu: ";
    let needed = |total: &str, state: &str| {
        let path = columns(&path).min(MIN_PATH.max(width / 3));
        let state = if state.is_empty() {
            0
        } else {
            2 + columns(state)
        };
        before.len() + path + 2 + columns(total) + state + 1
    };
    let choices = totals
        .iter()
        .flat_map(|total| states.iter().map(move |state| (total, state)));
    let nothing = String::new();
    let mut choices = choices.chain(totals.iter().map(|total| (total, &nothing)));
    let fitting = choices.find(|(total, state)| needed(total, state) <= width);
    let (total, state) = fitting.unwrap_or((&totals[1], &nothing));
    let mut line = Line::new(grid, 0);
    line.text(before, BOLD);
    let others = 2
        + columns(total)
        + if state.is_empty() {
            0
        } else {
            3 + columns(state)
        };
    let path = texts.cut(&path, line.room().saturating_sub(others).max(4));
    line.text(&path, BOLD);
    line.skip(2);
    line.text(total, BOLD);
    let room = line.room().saturating_sub(1);
    line.right(state, room, BOLD);
}

/// The path of the shown directory. The top has no name of its own.
fn path(browser: &Browser, forest: &Forest, texts: &Texts<'_>) -> String {
    let mut operands = forest.rows(DirId::TOP);
    match (browser.shown, browser.row_total()) {
        (DirId::TOP, 0 | 1) => operands
            .next()
            .map_or(String::new(), |row| texts.name(row.name)),
        (DirId::TOP, operands) => format!("{} paths", texts.count(operands.into())),
        (shown, _) => texts.name(&forest.path(shown)),
    }
}

/// The total, in full and in short.
fn totals(browser: &Browser, forest: &Forest, texts: &Texts<'_>) -> [String; 2] {
    let sums = forest.dir(browser.shown).sums;
    let entries = texts.entries(sums.entries);
    match browser.settings.measure {
        Measure::Inodes => [entries.clone(), texts.count(sums.entries)],
        Measure::Allocated => {
            let size = texts.size(sums.allocated);
            [format!("{size} in {entries}"), size]
        }
        measure @ Measure::Apparent => {
            let size = texts.size(sums.apparent);
            [
                format!("{size} {} in {entries}", measure_name(measure)),
                size,
            ]
        }
    }
}

/// What the walk is doing, from the longest to the shortest text.
fn states(texts: &Texts<'_>, activity: &Activity) -> Vec<String> {
    let word = match activity.doing {
        Doing::Reading => "reading",
        Doing::Rereading => "reading again",
        Doing::Loading => "loading",
        Doing::Stopped => return vec!["reading was stopped".into(), "stopped".into()],
        Doing::Broken => return vec!["the export is incomplete".into(), "incomplete".into()],
        Doing::Nothing if activity.is_removing => return vec!["removing".into()],
        Doing::Nothing => return Vec::new(),
    };
    let mut states = Vec::new();
    if let Some((path, silence)) = &activity.silent
        && *silence >= SILENCE
    {
        let text = format!("no answer for {} s", silence.as_secs());
        states.push(format!("{text}: {}", texts.name(path)));
        states.push(text);
    }
    let word = match activity.per_cent {
        Some(per_cent) => format!("{word} {per_cent}%"),
        None => word.to_owned(),
    };
    let milliseconds = activity.elapsed.as_millis().max(1);
    let rate = u128::from(activity.entries) * 1000 / milliseconds;
    let rate = texts.count(u64::try_from(rate).unwrap_or(u64::MAX));
    let elapsed = duration(activity.elapsed);
    states.push(format!("{word}, {rate}/s, {elapsed}"));
    states.push(format!("{word}, {elapsed}"));
    states.push(word);
    states
}
