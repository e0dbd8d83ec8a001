//! The columns of the rows.
//!
//! ```text
//!  * ~  812.4 GiB  61% ███████████████████▌    S  90.1 GiB  5,120,004  2026-11-20  root  backup/
//!  mark, flag, size, per cent, bar, [shared or unique], [entries], [time], [owner], name
//! ```
//!
//! On a narrow screen the owner, the time, the entries and the bar are left out, in this order; then per cent.

use crate::explore::browser::options::Column;
use crate::explore::browser::settings::{Graph, Settings, SharedColumn};

/// On a narrower screen there are no blanks around mark and flag.
const FOR_MARGIN: usize = 30;

/// At least so many columns are for the name.
const MIN_NAME: usize = 12;

/// The shortest and the longest bar.
const BAR: (usize, usize) = (5, 40);

/// A column before the name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Field {
    Size,
    PerCent,
    Bar,
    Shared,
    Count,
    Time,
    Owner,
}

impl Field {
    /// All, from the left to the right.
    pub(super) const ALL: [Self; 7] = [
        Self::Size,
        Self::PerCent,
        Self::Bar,
        Self::Shared,
        Self::Count,
        Self::Time,
        Self::Owner,
    ];

    /// The order in which they are left out where names have too little room.
    const LEFT_OUT: [Self; 6] = [
        Self::Owner,
        Self::Shared,
        Self::Time,
        Self::Count,
        Self::Bar,
        Self::PerCent,
    ];

    /// The blanks before it.
    pub(super) fn blanks(self) -> usize {
        match self {
            Self::Size | Self::PerCent | Self::Bar => 1,
            Self::Shared | Self::Count | Self::Time | Self::Owner => 2,
        }
    }

    /// Numbers end where their column ends.
    pub(super) fn is_number(self) -> bool {
        matches!(self, Self::Size | Self::PerCent | Self::Count)
    }

    /// The columns of a screen that shows it.
    fn least_screen(self) -> usize {
        match self {
            Self::Size => 0,
            Self::PerCent => 32,
            Self::Bar => 40,
            Self::Shared | Self::Count => 60,
            Self::Time => 80,
            Self::Owner => 100,
        }
    }

    /// Whether the settings show it.
    pub(super) fn is_wanted(self, settings: &Settings) -> bool {
        match self {
            Self::Size => true,
            Self::PerCent => matches!(settings.graph, Graph::Both | Graph::PerCent),
            Self::Bar => matches!(settings.graph, Graph::Both | Graph::Bar),
            Self::Shared => settings.shared != SharedColumn::Off,
            Self::Count => settings.count == Column::Shown,
            Self::Time => settings.time == Column::Shown,
            Self::Owner => settings.owner == Column::Shown,
        }
    }
}

/// See the module.
#[derive(Debug, Default)]
pub(super) struct Layout {
    /// Mark, flag, and the blanks around them.
    pub(super) margin: usize,
    /// The columns with their widths.
    pub(super) fields: Vec<(Field, usize)>,
    /// The blanks before the name.
    pub(super) gap: usize,
}

impl Layout {
    /// The columns for a screen of this width. `width` tells how wide the texts of a column are, 0 where it has none.
    pub(super) fn new(columns: usize, settings: &Settings, width: impl Fn(Field) -> usize) -> Self {
        let is_shown = |field: &Field| columns >= field.least_screen() && field.is_wanted(settings);
        let fields = Field::ALL.into_iter().filter(is_shown);
        let fields = fields.map(|field| match field {
            Field::Bar => (field, BAR.0),
            _ => (field, width(field)),
        });
        let is_narrow = columns < FOR_MARGIN;
        let mut layout = Self {
            margin: if is_narrow { 2 } else { 4 },
            fields: fields.filter(|(_, width)| *width > 0).collect(),
            gap: if is_narrow { 1 } else { 2 },
        };
        layout.make_room(columns);
        layout
    }

    /// Leaves out columns until there is room for names, and gives the bar more room if there is some.
    fn make_room(&mut self, columns: usize) {
        for field in Field::LEFT_OUT {
            if self.before_name() + MIN_NAME > columns {
                self.fields.retain(|(shown, _)| *shown != field);
            }
        }
        let free = columns.saturating_sub(self.before_name() + MIN_NAME);
        let longest = (columns / 5).clamp(BAR.0, BAR.1);
        let bar = self
            .fields
            .iter_mut()
            .find(|(field, _)| *field == Field::Bar);
        if let Some((_, width)) = bar {
            *width = longest.min(*width + free);
        }
    }

    /// The columns before the name.
    fn before_name(&self) -> usize {
        let fields = self
            .fields
            .iter()
            .map(|(field, width)| field.blanks() + width);
        self.margin + fields.sum::<usize>() + self.gap
    }
}
