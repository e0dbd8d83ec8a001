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
const LEAST_PATH: usize = 12;

pub(super) fn draw(browser: &Browser, forest: &Forest, grid: &mut Grid<'_>) {
    let texts = Texts::of(browser);
    let width = usize::from(grid.size().0);
    let (path, total) = (
        path(browser, forest, &texts),
        total(browser, forest, &texts),
    );
    let before = " pdu: ";
    let needed = |state: &str| {
        let path = columns(&path).min(LEAST_PATH);
        before.len() + path + 2 + columns(&total) + 2 + columns(state) + 1
    };
    let states = states(&texts, &browser.activity);
    let fitting = states.iter().find(|state| needed(state) <= width);
    let state = fitting.map_or("", String::as_str);
    let mut line = Line::new(grid, 0);
    line.text(before, BOLD);
    let others = 2
        + columns(&total)
        + if state.is_empty() {
            0
        } else {
            3 + columns(state)
        };
    let path = texts.cut(&path, line.room().saturating_sub(others).max(4));
    line.text(&path, BOLD);
    line.skip(2);
    line.text(&total, BOLD);
    let room = line.room().saturating_sub(1);
    line.right(state, room, BOLD);
}

/// The path of the shown directory.
fn path(browser: &Browser, forest: &Forest, texts: &Texts<'_>) -> String {
    match browser.shown {
        DirId::TOP => match browser.row_total() {
            0 | 1 => "starting directory".into(),
            operands => format!("{} starting directories", texts.count(operands.into())),
        },
        shown => texts.name(&forest.path(shown)),
    }
}

fn total(browser: &Browser, forest: &Forest, texts: &Texts<'_>) -> String {
    let sums = forest.dir(browser.shown).sums;
    let entries = texts.entries(sums.entries);
    match browser.settings.measure {
        Measure::Inodes => entries,
        Measure::Allocated => format!("{} in {entries}", texts.size(sums.allocated)),
        measure @ Measure::Apparent => {
            let size = texts.size(sums.apparent);
            format!("{size} {} in {entries}", measure_name(measure))
        }
    }
}

/// What the walk is doing, from the longest to the shortest text.
fn states(texts: &Texts<'_>, activity: &Activity) -> Vec<String> {
    let word = match activity.doing {
        Doing::Reading => "reading",
        Doing::ReadingAgain => "reading again",
        Doing::Loading => "loading",
        Doing::Stopped => return vec!["reading was stopped".into(), "stopped".into()],
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
