//! The state of the window over a forest: the shown directory and its rows, the cursor, the order and the columns, marks,
//! panels, the input line and the dialog.
//!
//! Keys, the mouse and changes of the forest come in, requests go out. Nothing here draws, starts a thread or opens a file.
//! The time comes in with each key and frame; only a search reads the clock, to end its slice.
//!
//! The cursor stays on its entry, whatever the order does: its name is kept. Before the first key that moves it, it stays
//! on the first row, so that a walk does not carry it away. Rows are put in order at most once a second, and not within a
//! second after a key, so that no key meets another row than the one that was seen.

pub mod cursor;
pub mod dialog;
pub mod flag;
pub mod input_line;
mod known_lines;
mod lazy_order;
pub mod marks;
mod moves;
pub mod name_pattern;
pub mod options;
mod panel_lines;
mod panels;
pub mod path;
mod reaction;
mod removal;
pub mod request;
pub mod rows;
pub mod search;
pub mod settings;
pub mod shown_row;
pub mod sort_order;
#[cfg(test)]
mod tests;

use std::collections::BTreeSet;
use std::ops::Range;
use std::time::{Duration, Instant};

use self::cursor::ListCursor;
use self::dialog::{Dialog, Seen};
use self::input_line::InputLine;
use self::known_lines::KnownLines;
use self::marks::{Marks, is_in_tree};
use self::name_pattern::NamePattern;
use self::options::{BrowserOptions, Column, OperandCount};
use self::request::{Activity, Message, MessageKind};
use self::rows::{Criteria, Hiding, Rows};
use self::search::Search;
use self::settings::{Graph, Settings, SharedColumn};
use self::shown_row::ShownRow;
use super::figures::Figures;
use crate::forest::{Changed, DirId, Forest, ForestRow, Freed};
use crate::format::Sort;
use crate::sys::owners::OwnerNames;

/// Rows are put in order at most so often, and not so soon after a key.
const ORDER_DISTANCE: Duration = Duration::from_secs(1);

/// The same for each row: a million rows are read in less than a tenth of a second, of every five.
const ORDER_DISTANCE_OF_ROW: Duration = Duration::from_micros(5);

/// What more marks than this are worth, only the question of a removal says: to find it out for a million takes seconds.
const MOST_SUMMED: usize = 20_000;

/// Failed removals that are kept; of the others, only the number.
const MOST_FAILURES: usize = 10_000;

/// So many rows are put in order in less than 20 ms.
const FEW_ROWS: u32 = 20_000;

/// What is shown instead of the rows.
#[derive(Debug)]
pub struct Panel {
    /// What it is.
    pub kind: PanelKind,
    /// The selected line.
    pub index: usize,
    /// The first line on the screen.
    pub top: usize,
    known: KnownLines,
}

/// What is shown instead of the rows.
#[derive(Debug)]
pub enum PanelKind {
    /// All about the selected row, and the links of its file.
    Information(Vec<(DirId, Vec<u8>)>),
    /// What failed.
    Errors,
    /// The marks.
    Marks,
    /// Keys and flags.
    Help,
    /// What a search has found.
    Found(Box<Search>),
}

/// Where parts of the screen are, as they were drawn last.
#[derive(Debug, Default)]
pub(super) struct Drawn {
    /// Nothing is drawn, for lack of room.
    pub(super) is_too_small: bool,
    /// The first row of the list, and the number of rows.
    pub(super) list: (u16, u16),
    /// The row of the headings.
    pub(super) heading_row: Option<u16>,
    /// The columns of each heading.
    pub(super) headings: Vec<(Range<u16>, Sort)>,
    /// The lines of the help that can be scrolled away.
    pub(super) help_lines: usize,
}

/// What the removal of the marks means.
#[derive(Debug)]
struct MarksSum {
    freed: Freed,
    /// When that was found out, and [`Forest::changes`] then.
    since: Instant,
    changes: u64,
    /// The tree has changed since.
    is_old: bool,
}

/// See the module.
#[derive(Debug)]
pub struct Browser {
    pub(super) options: BrowserOptions,
    pub(super) settings: Settings,
    pub(super) shown: DirId,
    /// The names of the directories from the top to the shown one.
    way: Vec<Vec<u8>>,
    rows: Rows,
    pub(super) cursor: ListCursor,
    pub(super) filter: NamePattern,
    pub(super) marks: Marks,
    /// None where the marks have changed since.
    marked: Option<MarksSum>,
    pub(super) panel: Option<Panel>,
    pub(super) input: Option<InputLine>,
    pub(super) dialog: Option<Dialog>,
    dialog_seen: Seen,
    pub(super) message: Option<Message>,
    pub(super) activity: Activity,
    pub(super) owners: OwnerNames,
    /// Users on the screen whose names are not known, and those that were asked for.
    pub(super) unknown_owners: BTreeSet<u32>,
    asked_owners: BTreeSet<u32>,
    /// The first of them, and the number of all.
    pub(super) other_failures: Vec<String>,
    pub(super) other_failure_count: u64,
    pub(super) drawn: Drawn,
    /// No key was pressed yet.
    pub(super) is_untouched: bool,
    watched: Option<DirId>,
    pending: Changed,
    /// That of the forest when the rows were read.
    rewrites: u64,
    last_key: Option<Instant>,
    last_read: Option<Instant>,
}

impl MarksSum {
    fn due(&self) -> Instant {
        self.since + ORDER_DISTANCE
    }
}

impl Browser {
    /// A window on the top of the forest.
    #[must_use]
    pub fn new(options: BrowserOptions) -> Self {
        let settings = Settings {
            measure: options.measure,
            order: options.order,
            hiding: Hiding::Nothing,
            shared: SharedColumn::Shared,
            graph: Graph::Both,
            count: Column::Shown,
            time: options.time_column,
            owner: Column::Hidden,
        };
        Self {
            options,
            settings,
            shown: DirId::TOP,
            way: Vec::new(),
            rows: Rows::new(settings.order),
            cursor: ListCursor::default(),
            filter: NamePattern::new(""),
            marks: Marks::default(),
            marked: None,
            panel: None,
            input: None,
            dialog: None,
            dialog_seen: Seen::No,
            message: None,
            activity: Activity::default(),
            owners: OwnerNames::default(),
            unknown_owners: BTreeSet::new(),
            asked_owners: BTreeSet::new(),
            other_failures: Vec::new(),
            other_failure_count: 0,
            drawn: Drawn::default(),
            is_untouched: true,
            watched: None,
            pending: Changed::Rows,
            rewrites: 0,
            last_key: None,
            last_read: None,
        }
    }

    /// Shows a message until the next key. What a removal has done is not replaced before that but by the next removal.
    pub fn say(&mut self, message: Message) {
        let is_summary = |shown: &&mut Message| shown.kind == MessageKind::Summary;
        match (self.message.as_mut().filter(is_summary), message.kind) {
            (Some(_), MessageKind::Notice) => {}
            (Some(shown), MessageKind::Warning) => {
                shown.text += "; ";
                shown.text += &message.text;
            }
            _ => self.message = Some(message),
        }
    }

    /// Takes the state of the walk.
    pub fn report(&mut self, activity: Activity) {
        self.activity = activity;
    }

    /// Takes the names of users.
    pub fn set_owners(&mut self, names: OwnerNames) {
        self.owners.extend(names);
    }

    /// Adds a line to the list of errors: something that is not in the forest, such as a failed removal.
    pub fn add_failure(&mut self, text: String) {
        self.other_failure_count += 1;
        if self.other_failures.len() < MOST_FAILURES {
            self.other_failures.push(text);
        }
    }

    /// Asks whether this file is to be replaced by an export.
    pub fn ask_to_overwrite(&mut self, path: Vec<u8>) {
        if self.dialog.is_some() || self.input.is_some() {
            // The next key is for that.
            return self.refuse("nothing was written: the file exists; E asks again");
        }
        self.open_dialog(Dialog::Overwrite(path));
    }

    pub(super) fn open_dialog(&mut self, dialog: Dialog) {
        self.dialog = Some(dialog);
        self.dialog_seen = Seen::No;
    }

    /// The dialog is on the frame that is being drawn.
    pub(super) fn note_drawn_dialog(&mut self) {
        if self.dialog_seen == Seen::No {
            self.dialog_seen = Seen::Drawn;
        }
    }

    /// The last frame was written to the terminal; to be called after each. A question counts as seen from then on.
    pub fn frame_was_written(&mut self, now: Instant) {
        if self.dialog_seen == Seen::Drawn {
            self.dialog_seen = Seen::Since(now);
        }
    }

    /// How numbers are written.
    pub(super) fn figures(&self) -> Figures {
        Figures::of(&self.options)
    }

    /// The process was stopped: what was typed meanwhile is no answer to a question.
    pub fn forget_frame(&mut self) {
        self.dialog_seen = Seen::No;
    }

    /// A removal goes on: so much is removed, or in the trash, so far.
    pub fn tell_removed(&mut self, entries: u64, bytes: u128) {
        let figures = self.figures();
        let (entries, size) = (figures.entries(entries), figures.size(bytes));
        self.say(Message::notice(format!("{entries}, {size} so far")));
    }

    /// Users on the screen whose names are to be looked up, in ascending order; each once.
    pub fn unknown_owners(&mut self) -> Vec<u32> {
        let unknown = std::mem::take(&mut self.unknown_owners);
        let new = unknown
            .into_iter()
            .filter(|&user| self.asked_owners.insert(user));
        new.collect()
    }

    pub(super) fn panel_kind(&self) -> Option<&PanelKind> {
        self.panel.as_ref().map(|panel| &panel.kind)
    }

    /// Takes the changes of the forest; to be called before each frame. True where the screen changes.
    pub fn refresh(&mut self, forest: &mut Forest, now: Instant) -> bool {
        if self.watched != Some(self.shown) {
            forest.watch(self.shown);
            self.watched = Some(self.shown);
            self.pending = Changed::Rows;
        }
        let changed = forest.take_changed();
        self.pending = self.pending.max(match changed {
            // The places of the rows hold, and the last reading of so many rows was not long ago.
            Changed::Rows if self.rewrites == forest.rewrites() && self.has_just_read(now) => {
                Changed::Sums
            }
            changed => changed,
        });
        self.leave_what_is_gone(forest);
        let is_due = self.next_reading(now).is_some_and(|next| next <= now);
        if is_due {
            self.read(forest);
            self.last_read = Some(now);
        }
        self.enter_only_operand(forest);
        let has_new_sum = self.sum_marks(forest, now);
        is_due || changed != Changed::No || has_new_sum
    }

    /// What the marks are worth: after each change of the marks, and once a second while the tree changes. True where
    /// that is found out anew.
    fn sum_marks(&mut self, forest: &Forest, now: Instant) -> bool {
        let changes = forest.changes();
        if let Some(known) = &mut self.marked {
            known.is_old = known.changes != changes;
            if !known.is_old || known.due() > now {
                return false;
            }
        }
        if self.marks.is_empty() || self.marks.len() > MOST_SUMMED {
            self.marked = None;
            return false;
        }
        self.marked = Some(MarksSum {
            freed: forest.freed(&self.marks.outermost(forest)),
            since: now,
            changes,
            is_old: false,
        });
        true
    }

    /// What the removal of the marks frees, where all of them may be removed.
    pub(super) fn freed_by_marks(&self) -> Option<u64> {
        let freed = &self.marked.as_ref()?.freed;
        freed.refused.is_empty().then_some(freed.freed)
    }

    /// When [`Browser::refresh`] has something to do, if nothing else happens until then.
    #[must_use]
    pub fn next_refresh(&self, now: Instant) -> Option<Instant> {
        let old_marks = self.marked.as_ref().filter(|known| known.is_old);
        let times = [self.next_reading(now), old_marks.map(MarksSum::due)];
        times.into_iter().flatten().min()
    }

    /// When the rows are to be put in order.
    fn next_reading(&self, now: Instant) -> Option<Instant> {
        match self.pending {
            Changed::No => None,
            Changed::Sums => {
                let last = self.last_read.max(self.last_key);
                let distance = ORDER_DISTANCE.max(self.time_of_rows());
                Some(last.map_or(now, |last| last + distance))
            }
            // The places of the rows are void.
            Changed::Rows => Some(now),
        }
    }

    /// How long the rows that were read last are good enough: not at all where they are read in a moment.
    fn time_of_rows(&self) -> Duration {
        match self.rows.total() {
            0..FEW_ROWS => Duration::ZERO,
            rows => ORDER_DISTANCE_OF_ROW * rows,
        }
    }

    fn has_just_read(&self, now: Instant) -> bool {
        let is_near = |last| now.saturating_duration_since(last) < self.time_of_rows();
        self.last_read.is_some_and(is_near)
    }

    /// Puts the rows in order.
    fn read(&mut self, forest: &Forest) {
        let criteria = Criteria {
            order: self.settings.order,
            measure: self.settings.measure,
            filter: &self.filter,
            hiding: self.settings.hiding,
        };
        self.rows.read(forest, self.shown, &criteria);
        self.pending = Changed::No;
        self.rewrites = forest.rewrites();
        self.follow_entry(forest);
    }

    /// The shown directory may have been removed: then the nearest directory above is shown. A directory that was read
    /// again has other numbers below, and the same names.
    fn leave_what_is_gone(&mut self, forest: &Forest) {
        if is_in_tree(forest, self.shown) {
            return;
        }
        let mut living = DirId::TOP;
        for name in &self.way {
            match forest.child(living, name) {
                Some(child) => living = child,
                None => break,
            }
        }
        let (filter, cursor) = (self.filter.clone(), self.cursor.clone());
        let is_same = way(forest, living) == self.way;
        self.show(forest, living, None);
        if is_same {
            (self.filter, self.cursor) = (filter, cursor);
            self.read(forest);
        }
    }

    /// A single directory on the command line is shown at once.
    fn enter_only_operand(&mut self, forest: &Forest) {
        let is_alone = self.options.operands == OperandCount::One && self.shown == DirId::TOP;
        if is_alone
            && self.rows.total() == 1
            && let Some(only) = forest.rows(DirId::TOP).next()
            && let Some(directory) = only.directory
        {
            self.show(forest, directory, None);
        }
    }

    /// Shows another directory, with the cursor on this name.
    pub(super) fn show(&mut self, forest: &Forest, directory: DirId, name: Option<Vec<u8>>) {
        if self.shown != directory {
            self.filter = NamePattern::new("");
        }
        self.shown = directory;
        self.way = way(forest, directory);
        self.cursor = ListCursor::on(name);
        self.read(forest);
    }

    /// Puts the rows at these places in order: before they are looked at.
    pub(super) fn sort_rows(&mut self, forest: &Forest, places: Range<usize>) {
        self.rows.sort(forest, self.shown, places);
    }

    pub(super) fn row_count(&self) -> usize {
        self.rows.len()
    }

    /// The number of rows with the hidden ones.
    pub(super) fn row_total(&self) -> u32 {
        self.rows.total()
    }

    pub(super) fn largest(&self) -> u64 {
        self.rows.largest()
    }

    pub(super) fn row<'f>(&self, forest: &'f Forest, index: usize) -> Option<ForestRow<'f>> {
        self.rows.row(forest, self.shown, index)
    }

    pub(super) fn shown_row<'f>(&self, forest: &'f Forest, index: usize) -> Option<ShownRow<'f>> {
        let row = self.row(forest, index)?;
        Some(ShownRow::of(forest, &row))
    }

    pub(super) fn selected<'f>(&self, forest: &'f Forest) -> Option<ShownRow<'f>> {
        self.shown_row(forest, self.cursor.index)
    }
}

/// The names of the directories from the top to this one.
fn way(forest: &Forest, directory: DirId) -> Vec<Vec<u8>> {
    let above = forest.and_above(directory);
    let below_top = above.take_while(|&id| id != DirId::TOP);
    let mut way: Vec<_> = below_top.map(|id| forest.name(id).to_vec()).collect();
    way.reverse();
    way
}
