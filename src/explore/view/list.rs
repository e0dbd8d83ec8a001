//! The rows of the shown directory.

use super::bar::{bar, per_cent};
use super::layout::{Layout, Widths};
use super::line::{BOLD, DIM, Line, PLAIN};
use super::texts::{Texts, measure_name};
use crate::count::usage::Detail;
use crate::explore::browser::flag::Flag;
use crate::explore::browser::options::Column;
use crate::explore::browser::rows::Hiding;
use crate::explore::browser::shown_row::{ShownRow, amount};
use crate::explore::browser::sort_order::Direction;
use crate::explore::browser::{Browser, SharedColumn};
use crate::explore::terminal::{Grid, Style, Weight};
use crate::forest::{DirState, Forest};
use crate::format::Sort;
use crate::format::chart::color_of;
use crate::sys::columns::columns;
use crate::sys::failure::{Failure, Operation};
use crate::sys::status::reason;

/// On a lower screen there are no headings.
const ROWS_FOR_HEADINGS: u16 = 10;

/// The texts of a row from which the layout follows.
struct RowTexts {
    size: String,
    shared: String,
    count: String,
    time: String,
    owner: String,
}

/// What all rows are compared with.
struct Whole {
    amount: u64,
    largest: u64,
}

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
    scroll(browser);
    let shown = visible(browser, forest);
    note_owners(browser, &shown);
    let texts = Texts::of(browser);
    let row_texts: Vec<_> = shown
        .iter()
        .map(|row| row_texts(browser, &texts, row))
        .collect();
    let whole = whole(browser, forest, &shown);
    let widths = widths(browser, &texts, &row_texts, whole.amount);
    let layout = Layout::new(grid.size().0.into(), browser, widths);
    if has_headings {
        let headings = draw_headings(browser, grid, first, &layout);
        browser.drawn.headings = headings;
    }
    if shown.is_empty() {
        draw_emptiness(browser, forest, grid, list);
        return None;
    }
    for ((row, texts), line) in shown.iter().zip(&row_texts).zip(list..) {
        draw_row(
            browser,
            &layout,
            (row, texts),
            &whole,
            Line::new(grid, line),
            line,
        );
    }
    let line = browser.cursor.index.checked_sub(browser.cursor.top)?;
    Some((0, list + u16::try_from(line).ok()?))
}

/// The cursor is always on the screen, and no row stays empty that could have an entry.
fn scroll(browser: &mut Browser) {
    let height = usize::from(browser.drawn.list.1);
    let last_top = browser.row_count().saturating_sub(height);
    let cursor = &mut browser.cursor;
    let least = (cursor.index + 1).saturating_sub(height);
    cursor.top = cursor
        .top
        .clamp(least, cursor.index.max(least))
        .min(last_top);
}

fn visible<'f>(browser: &Browser, forest: &'f Forest) -> Vec<ShownRow<'f>> {
    let top = browser.cursor.top;
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

fn whole(browser: &Browser, forest: &Forest, shown: &[ShownRow<'_>]) -> Whole {
    let measure = browser.settings.measure;
    let visible = shown.iter().map(|row| row.amount(measure));
    Whole {
        amount: amount(&forest.dir(browser.shown).sums, measure),
        largest: visible.fold(browser.largest(), u64::max),
    }
}

fn row_texts(browser: &Browser, texts: &Texts<'_>, row: &ShownRow<'_>) -> RowTexts {
    let settings = &browser.settings;
    let only = |column: Column, text: &dyn Fn() -> String| match column {
        Column::Shown => text(),
        Column::Hidden => String::new(),
    };
    RowTexts {
        size: texts.amount(row.amount(settings.measure), settings.measure),
        shared: shared_text(browser, texts, row),
        count: only(settings.count, &|| texts.count(row.sums.entries)),
        time: only(settings.time, &|| texts.time(row.newest)),
        owner: only(settings.owner, &|| {
            owner_text(browser, texts, row.entry.owner.0)
        }),
    }
}

/// The letter and the number, where a part is shared.
fn shared_text(browser: &Browser, texts: &Texts<'_>, row: &ShownRow<'_>) -> String {
    let measure = browser.settings.measure;
    let Some(shared) = row.shared.map(|shared| amount(&shared, measure)) else {
        return String::new();
    };
    match browser.settings.shared {
        SharedColumn::Shared => format!("S {:>10}", texts.amount(shared, measure)),
        SharedColumn::Unique => {
            let unique = row.amount(measure).saturating_sub(shared);
            format!("U {:>10}", texts.amount(unique, measure))
        }
        SharedColumn::Off => String::new(),
    }
}

/// The name of a user, or the number.
pub(super) fn owner_text(browser: &Browser, texts: &Texts<'_>, user: u32) -> String {
    match browser.owners.get(&user) {
        _ if user == Detail::NO_ID => "-".into(),
        Some(name) => texts.name(name.as_bytes()),
        None => user.to_string(),
    }
}

fn widths(browser: &Browser, texts: &Texts<'_>, rows: &[RowTexts], whole: u64) -> Widths {
    let widest = |text: fn(&RowTexts) -> &str| {
        let widths = rows.iter().map(|row| columns(text(row)));
        widths.max().unwrap_or(0)
    };
    let total = texts.amount(whole, browser.settings.measure);
    Widths {
        size: columns(&total).max(widest(|row| &row.size)),
        shared: widest(|row| &row.shared),
        count: widest(|row| &row.count).max("entries ".len()),
        time: widest(|row| &row.time).max("newest ".len()),
        owner: widest(|row| &row.owner).max("owner".len()),
    }
}

/// Draws the headings, and returns the columns of those that sort.
fn draw_headings(
    browser: &Browser,
    grid: &mut Grid<'_>,
    row: u16,
    layout: &Layout,
) -> Vec<(std::ops::Range<u16>, Sort)> {
    let texts = Texts::of(browser);
    let order = browser.settings.order;
    let with_arrow = |text: &str, sort: Sort| {
        let is_down = (sort == Sort::Name) == (order.direction == Direction::Reversed);
        let arrow = match (order.sort == sort, is_down) {
            (false, _) => "",
            (true, true) => texts.choose("↓", " v"),
            (true, false) => texts.choose("↑", " ^"),
        };
        [text, arrow].concat()
    };
    let mut line = Line::new(grid, row);
    let mut headings = Vec::new();
    line.skip(layout.margin);
    let mut heading = |line: &mut Line<'_, '_>, text: &str, width: usize, sort: Sort| {
        let start = line.column();
        line.right(&with_arrow(text, sort), width, DIM);
        headings.push((start..line.column(), sort));
    };
    let measure = measure_name(browser.settings.measure);
    heading(&mut line, measure, 1 + layout.size, Sort::Size);
    if layout.per_cent > 0 {
        line.skip(1 + layout.per_cent);
    }
    if layout.bar > 0 {
        line.skip(1 + layout.bar);
    }
    if layout.shared > 0 {
        line.skip(2);
        let text = match browser.settings.shared {
            SharedColumn::Unique => "unique",
            _ => "shared",
        };
        line.right(text, layout.shared, DIM);
    }
    if layout.count > 0 {
        line.skip(2);
        heading(&mut line, "entries", layout.count, Sort::Inodes);
    }
    if layout.time > 0 {
        line.skip(2);
        let start = line.column();
        line.left(&with_arrow("newest", Sort::Time), layout.time, DIM);
        headings.push((start..line.column(), Sort::Time));
    }
    if layout.owner > 0 {
        line.skip(2);
        line.left("owner", layout.owner, DIM);
    }
    line.skip(if layout.margin > 2 { 2 } else { 1 });
    let start = line.column();
    line.text(&with_arrow("name", Sort::Name), DIM);
    headings.push((start..u16::MAX, Sort::Name));
    headings
}

/// Draws one row.
fn draw_row(
    browser: &Browser,
    layout: &Layout,
    (row, row_texts): (&ShownRow<'_>, &RowTexts),
    whole: &Whole,
    mut line: Line<'_, '_>,
    at: u16,
) {
    let texts = Texts::of(browser);
    let is_selected = u16::try_from(browser.cursor.index - browser.cursor.top)
        .is_ok_and(|selected| browser.drawn.list.0 + selected == at);
    let look = |style: Style| Style {
        is_reversed: is_selected,
        ..style
    };
    if is_selected {
        line.fill(look(PLAIN));
    }
    let is_marked = browser.marks.contains(browser.shown, row.name);
    let numbers = look(match row.flag {
        Some(flag) if flag.is_unfinished() => DIM,
        _ => PLAIN,
    });
    draw_margin(&mut line, layout, is_marked, row.flag, look(BOLD));
    line.skip(1);
    line.right(&row_texts.size, layout.size, numbers);
    let amount = row.amount(browser.settings.measure);
    if layout.per_cent > 0 {
        line.skip(1);
        let text = format!("{}%", per_cent(amount, whole.amount));
        line.right(&text, layout.per_cent, numbers);
    }
    if layout.bar > 0 {
        line.skip(1);
        let bar = bar(amount, whole.largest, layout.bar, texts.is_ascii());
        line.left(&bar, layout.bar, numbers);
    }
    if layout.shared > 0 {
        line.skip(2);
        line.left(&row_texts.shared, layout.shared, numbers);
    }
    if layout.count > 0 {
        line.skip(2);
        line.right(&row_texts.count, layout.count, numbers);
    }
    if layout.time > 0 {
        line.skip(2);
        line.left(&row_texts.time, layout.time, numbers);
    }
    if layout.owner > 0 {
        line.skip(2);
        line.left(&row_texts.owner, layout.owner, look(PLAIN));
    }
    line.skip(if layout.margin > 2 { 2 } else { 1 });
    let name = texts.cut(&name_text(&texts, row), line.room());
    line.text(&name, look(name_style(browser, row, is_marked)));
}

/// The mark and the flag.
fn draw_margin(
    line: &mut Line<'_, '_>,
    layout: &Layout,
    is_marked: bool,
    flag: Option<Flag>,
    style: Style,
) {
    let mark = if is_marked { "*" } else { " " };
    let flag = flag.map_or(" ", Flag::letter);
    match layout.margin {
        ..=2 => line.text(&[mark, flag].concat(), style),
        _ => line.text(&[" ", mark, " ", flag].concat(), style),
    }
}

/// The name, with a slash after that of a directory.
pub(super) fn name_text(texts: &Texts<'_>, row: &ShownRow<'_>) -> String {
    let mut name = match row.name {
        [] => "(entries without names)".into(),
        name => texts.name(name),
    };
    if row.is_directory() && !name.ends_with('/') {
        name.push('/');
    }
    name
}

fn name_style(browser: &Browser, row: &ShownRow<'_>, is_marked: bool) -> Style {
    let colors = browser.options.colors.as_ref();
    let detail = row.detail();
    let kind = row.kind();
    let color = colors.and_then(|colors| color_of(kind, &detail, row.name, colors));
    let style = color.map_or(PLAIN, Style::from);
    match is_marked {
        true => Style {
            weight: Weight::Bold,
            ..style
        },
        false => style,
    }
}

/// What stands in place of rows.
fn draw_emptiness(browser: &Browser, forest: &Forest, grid: &mut Grid<'_>, row: u16) {
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
        _ => "(empty)".into(),
    };
    let mut line = Line::new(grid, row);
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
