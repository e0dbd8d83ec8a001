//! The columns of the rows.
//!
//! ```text
//!  * ~  812.4 GiB  61% ███████████████████▌    S  90.1 GiB  5,120,004  2026-11-20  root  backup/
//!  mark, flag, size, per cent, bar, [shared or unique], [entries], [time], [owner], name
//! ```
//!
//! On a narrow screen the owner, the time, the entries and the bar are left out, in this order; then per cent.

use crate::explore::browser::options::Column;
use crate::explore::browser::{Browser, Graph};

/// The screen is as wide as this, or a column is left out.
const FOR_OWNER: usize = 100;
const FOR_TIME: usize = 80;
const FOR_COUNT: usize = 60;
const FOR_BAR: usize = 40;
const FOR_PER_CENT: usize = 32;

/// On a narrower screen there are no blanks around mark and flag.
const FOR_MARGIN: usize = 30;

/// At least so many columns are for the name.
const LEAST_NAME: usize = 12;

/// The widest size of a unit: `1023.9 GiB`.
const SIZE: usize = 10;

/// `100%` and the blank before it.
pub(super) const PER_CENT: usize = 5;

/// The width of each column without the blanks before it, or 0 where it is not shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Layout {
    /// Mark, flag, and the blanks around them.
    pub(super) margin: usize,
    pub(super) size: usize,
    pub(super) per_cent: usize,
    pub(super) bar: usize,
    pub(super) shared: usize,
    pub(super) count: usize,
    pub(super) time: usize,
    pub(super) owner: usize,
    pub(super) name: usize,
}

/// The widths that follow from the texts of the rows.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Widths {
    pub(super) size: usize,
    /// 0 where no row has shared sizes.
    pub(super) shared: usize,
    pub(super) count: usize,
    pub(super) time: usize,
    pub(super) owner: usize,
}

impl Layout {
    /// The columns for a screen of this width.
    pub(super) fn new(columns: usize, browser: &Browser, widths: Widths) -> Self {
        let settings = &browser.settings;
        let shown = |column: Column, least: usize, width: usize| match column {
            Column::Shown if columns >= least => width,
            _ => 0,
        };
        let (has_bar, has_per_cent) = match settings.graph {
            Graph::Both => (true, true),
            Graph::Bar => (true, false),
            Graph::PerCent => (false, true),
            Graph::Nothing => (false, false),
        };
        let mut layout = Self {
            margin: if columns < FOR_MARGIN { 2 } else { 4 },
            size: widths.size.max(SIZE),
            per_cent: if has_per_cent && columns >= FOR_PER_CENT {
                PER_CENT - 1
            } else {
                0
            },
            bar: if has_bar && columns >= FOR_BAR {
                (columns / 5).clamp(8, 40)
            } else {
                0
            },
            shared: if columns >= FOR_COUNT {
                widths.shared
            } else {
                0
            },
            count: shown(settings.count, FOR_COUNT, widths.count),
            time: shown(settings.time, FOR_TIME, widths.time),
            owner: shown(settings.owner, FOR_OWNER, widths.owner),
            name: 0,
        };
        layout.make_room(columns);
        layout
    }

    /// Leaves out columns until there is room for names.
    fn make_room(&mut self, columns: usize) {
        loop {
            self.name = columns.saturating_sub(self.before_name());
            let optional = [
                &mut self.owner,
                &mut self.shared,
                &mut self.time,
                &mut self.count,
                &mut self.bar,
                &mut self.per_cent,
            ];
            let next = optional.into_iter().find(|width| **width > 0);
            match next {
                Some(width) if self.name < LEAST_NAME => *width = 0,
                _ => return,
            }
        }
    }

    /// The columns before the name.
    pub(super) fn before_name(&self) -> usize {
        let with_blanks = |width: usize, blanks: usize| if width > 0 { width + blanks } else { 0 };
        let graph = with_blanks(self.per_cent, 1) + with_blanks(self.bar, 1);
        let optional = [self.shared, self.count, self.time, self.owner];
        let optional: usize = optional
            .into_iter()
            .map(|width| with_blanks(width, 2))
            .sum();
        let blanks = if self.margin > 2 { 2 } else { 1 };
        self.margin + 1 + self.size + graph + optional + blanks
    }
}
