//! One row of the shown directory, and the headings above the rows.

use std::ops::Range;

use super::bar::{bar, per_cent};
use super::layout::{Field, Layout};
use super::line::{BOLD, DIM, Line, PLAIN};
use super::texts::{Texts, measure_name};
use crate::count::usage::Detail;
use crate::explore::browser::Browser;
use crate::explore::browser::flag::Flag;
use crate::explore::browser::settings::SharedColumn;
use crate::explore::browser::shown_row::{ShownRow, amount};
use crate::explore::browser::sort_order::Direction;
use crate::explore::terminal::{Style, Weight};
use crate::forest::Forest;
use crate::format::Sort;
use crate::format::chart::color_of;
use crate::sys::columns::columns;

/// The widest size of a unit: `1023.9 GiB`.
const SIZE: usize = 10;

/// The visible rows and their columns.
pub(super) struct Rows<'a> {
    browser: &'a Browser,
    texts: Texts<'a>,
    rows: &'a [ShownRow<'a>],
    /// The amount of the shown directory, and that of the largest row.
    whole: u64,
    largest: u64,
    layout: Layout,
}

impl<'a> Rows<'a> {
    pub(super) fn new(
        browser: &'a Browser,
        forest: &Forest,
        rows: &'a [ShownRow<'a>],
        columns: u16,
    ) -> Self {
        let measure = browser.settings.measure;
        let amounts = rows.iter().map(|row| row.amount(measure));
        let mut made = Self {
            browser,
            texts: Texts::of(browser),
            rows,
            whole: amount(&forest.dir(browser.shown).sums, measure),
            largest: amounts.fold(browser.largest(), u64::max),
            layout: Layout::default(),
        };
        let width = |field| made.width(field);
        made.layout = Layout::new(columns.into(), &browser.settings, width);
        made
    }

    /// The columns that the texts of a field take.
    fn width(&self, field: Field) -> usize {
        let widths = self
            .rows
            .iter()
            .map(|row| columns(&self.text(row, field, 0)));
        let widest = widths.max().unwrap_or(0);
        match field {
            Field::Size => {
                let whole = self.texts.amount(self.whole, self.browser.settings.measure);
                widest.max(columns(&whole)).max(SIZE)
            }
            Field::PerCent => "100%".len(),
            Field::Bar | Field::Shared => widest,
            Field::Count | Field::Time | Field::Owner => widest.max(self.heading_width(field)),
        }
    }

    /// The width of a heading that may have an arrow.
    fn heading_width(&self, field: Field) -> usize {
        match self.heading(field) {
            Some((text, Some(_))) => text.len() + columns(self.texts.choose("↓", " v")),
            Some((text, None)) => text.len(),
            None => 0,
        }
    }

    fn text(&self, row: &ShownRow<'_>, field: Field, width: usize) -> String {
        let texts = &self.texts;
        let measure = self.browser.settings.measure;
        let amount = row.amount(measure);
        match field {
            Field::Size => texts.amount(amount, measure),
            Field::PerCent => format!("{}%", per_cent(amount, self.whole)),
            Field::Bar => bar(amount, self.largest, width, texts.is_ascii()),
            Field::Shared => self.shared_text(row),
            Field::Count => texts.count(row.sums.entries),
            Field::Time => texts.time(row.newest),
            Field::Owner => owner_text(self.browser, texts, row.entry.owner.0),
        }
    }

    /// The letter and the number, where a part is shared.
    fn shared_text(&self, row: &ShownRow<'_>) -> String {
        let measure = self.browser.settings.measure;
        let Some(shared) = row.shared.map(|shared| amount(&shared, measure)) else {
            return String::new();
        };
        let (letter, amount) = match self.browser.settings.shared {
            SharedColumn::Unique => ("U", row.amount(measure).saturating_sub(shared)),
            SharedColumn::Shared | SharedColumn::Off => ("S", shared),
        };
        format!("{letter} {:>SIZE$}", self.texts.amount(amount, measure))
    }

    /// The heading of a column, and the order that a click on it gives.
    fn heading(&self, field: Field) -> Option<(&'static str, Option<Sort>)> {
        let settings = &self.browser.settings;
        Some(match field {
            Field::Size => (measure_name(settings.measure), Some(Sort::Size)),
            Field::PerCent | Field::Bar => return None,
            Field::Shared if settings.shared == SharedColumn::Unique => ("unique", None),
            Field::Shared => ("shared", None),
            Field::Count => ("entries", Some(Sort::Inodes)),
            Field::Time => ("newest", Some(Sort::Time)),
            Field::Owner => ("owner", None),
        })
    }

    /// Draws the headings, and returns the columns of those that sort.
    pub(super) fn draw_headings(&self, mut line: Line<'_, '_>) -> Vec<(Range<u16>, Sort)> {
        let mut headings = Vec::new();
        line.skip(self.layout.margin);
        for &(field, width) in &self.layout.fields {
            let width = field.blanks() + width;
            let start = line.column();
            let Some((text, sort)) = self.heading(field) else {
                line.skip(width);
                continue;
            };
            let text = self.with_arrow(text, sort);
            if field.is_number() || field == Field::Shared {
                line.right(&text, width, DIM);
            } else {
                line.skip(field.blanks());
                line.left(&text, width - field.blanks(), DIM);
            }
            headings.extend(sort.map(|sort| (start..line.column(), sort)));
        }
        line.skip(self.layout.gap);
        headings.push((line.column()..u16::MAX, Sort::Name));
        line.text(&self.with_arrow("name", Some(Sort::Name)), DIM);
        headings
    }

    /// The heading of the column that gives the order has an arrow: down where the largest is first.
    fn with_arrow(&self, text: &str, sort: Option<Sort>) -> String {
        let order = self.browser.settings.order;
        let is_down = (order.sort == Sort::Name) == (order.direction == Direction::Reversed);
        let arrow = match (sort == Some(order.sort), is_down) {
            (false, _) => "",
            (true, true) => self.texts.choose("↓", " v"),
            (true, false) => self.texts.choose("↑", " ^"),
        };
        [text, arrow].concat()
    }

    pub(super) fn draw_row(&self, index: usize, is_selected: bool, mut line: Line<'_, '_>) {
        let Some(row) = self.rows.get(index) else {
            return;
        };
        let look = |style: Style| Style {
            is_reversed: is_selected,
            ..style
        };
        line.fill(look(PLAIN));
        let is_marked = self.browser.marks.contains(self.browser.shown, row.name);
        self.draw_margin(row.flag, is_marked, look(BOLD), &mut line);
        let numbers = look(match row.flag {
            Some(flag) if flag.is_unfinished() => DIM,
            _ => PLAIN,
        });
        for &(field, width) in &self.layout.fields {
            line.skip(field.blanks());
            let text = self.text(row, field, width);
            match field.is_number() {
                true => line.right(&text, width, numbers),
                false => line.left(&text, width, numbers),
            }
        }
        line.skip(self.layout.gap);
        let name = self.texts.cut(&name_text(&self.texts, row), line.room());
        line.text(&name, look(self.name_style(row, is_marked)));
    }

    fn draw_margin(
        &self,
        flag: Option<Flag>,
        is_marked: bool,
        style: Style,
        line: &mut Line<'_, '_>,
    ) {
        let mark = if is_marked { "*" } else { " " };
        let flag = flag.map_or(" ", Flag::letter);
        match self.layout.margin {
            ..=2 => line.text(&[mark, flag].concat(), style),
            _ => line.text(&[" ", mark, " ", flag].concat(), style),
        }
    }

    fn name_style(&self, row: &ShownRow<'_>, is_marked: bool) -> Style {
        let colors = self.browser.options.colors.as_ref();
        let (kind, detail) = (row.kind(), row.entry.detail());
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
}

/// The name of a user, or the number.
pub(super) fn owner_text(browser: &Browser, texts: &Texts<'_>, user: u32) -> String {
    match browser.owners.get(&user) {
        _ if user == Detail::NO_ID => "-".into(),
        Some(name) => texts.name(name.as_bytes()),
        None => user.to_string(),
    }
}

/// The name, with a slash after that of a directory.
fn name_text(texts: &Texts<'_>, row: &ShownRow<'_>) -> String {
    let mut name = match row.name {
        [] => "(entries without names)".into(),
        name => texts.name(name),
    };
    if row.is_directory() && !name.ends_with('/') {
        name.push('/');
    }
    name
}
