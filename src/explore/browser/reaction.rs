//! What the keys and the mouse do while rows are shown. Panels, the input line and the dialog take keys first.

use std::time::{Duration, Instant};

use super::Browser;
use super::PanelKind;
use super::dialog::{Answer, Dialog, Loss};
use super::input_line::{InputLine, Purpose, Typed};
use super::name_pattern::NamePattern;
use super::options::Permission;
use super::path::path;
use super::request::{BrowserRequest, Doing, Message, Source};
use super::rows::Hiding;
use super::search::{Search, Wanted};
use super::settings::{Graph, SharedColumn};
use crate::count::usage::Measure;
use crate::explore::keys::{Action, action};
use crate::explore::terminal::{Key, KeyCode, Mouse, MouseAction};
use crate::forest::{DirId, Forest, Target};
use crate::format::Sort;
use crate::gnu::quote::{self, Charset};

/// A walk that took longer is not thrown away without a question.
const LONG_WALK: Duration = Duration::from_secs(3);

/// The rows that the wheel of the mouse moves.
const WHEEL: isize = 3;

impl Browser {
    /// Takes a key.
    pub fn key(&mut self, key: Key, forest: &Forest, now: Instant) -> Option<BrowserRequest> {
        self.touch(now);
        let action = action(key);
        match action {
            Some(Action::Suspend) => return Some(BrowserRequest::Suspend),
            Some(Action::Redraw) => return Some(BrowserRequest::Redraw),
            _ => {}
        }
        // Nothing is done that cannot be seen.
        if self.drawn.is_too_small {
            match (action, self.input.take()) {
                (Some(Action::Quit | Action::Interrupt), None) => {}
                (Some(Action::Quit | Action::Interrupt | Action::Close), Some(input)) => {
                    let escape = Key {
                        code: KeyCode::Escape,
                        control: false,
                    };
                    return self.typed(input, escape, forest);
                }
                (_, input) => {
                    self.input = input;
                    return None;
                }
            }
        }
        let shows_row = matches!(self.panel_kind(), None | Some(PanelKind::Information(_)));
        let is_for_row = self.dialog.is_none() && self.input.is_none() && shows_row;
        if !self.select_what_was_seen(forest) && is_for_row {
            self.refuse("the selected entry is gone");
            return None;
        }
        let request = self.take(key, action, forest, now);
        self.note_own_change();
        request
    }

    fn take(
        &mut self,
        key: Key,
        action: Option<Action>,
        forest: &Forest,
        now: Instant,
    ) -> Option<BrowserRequest> {
        if self.drop_old_question(forest) {
            return None;
        }
        if let Some(dialog) = self.dialog.take() {
            return self.answer(dialog, key, now);
        }
        if let Some(input) = self.input.take() {
            return self.typed(input, key, forest);
        }
        let Some(action) = action else {
            self.message = Some(Message::notice("this key has no meaning; ? shows the keys"));
            return None;
        };
        if self.panel.is_some() {
            return self.act_in_panel(action, forest);
        }
        self.act(action, forest)
    }

    /// Takes an event of the mouse.
    pub fn mouse(&mut self, mouse: Mouse, forest: &Forest, now: Instant) -> Option<BrowserRequest> {
        if self.dialog.is_some() || self.input.is_some() || self.drawn.is_too_small {
            return None;
        }
        self.touch(now);
        // Rows may be in other places than on the screen.
        let is_as_drawn = self.select_what_was_seen(forest) && self.is_order_drawn();
        let request = match mouse.action {
            MouseAction::WheelUp => {
                self.scroll(-WHEEL, forest);
                None
            }
            MouseAction::WheelDown => {
                self.scroll(WHEEL, forest);
                None
            }
            MouseAction::Click if is_as_drawn || self.panel.is_some() => self.click(mouse, forest),
            MouseAction::Click => None,
        };
        self.note_own_change();
        request
    }

    fn touch(&mut self, now: Instant) {
        self.last_key = Some(now);
        self.is_untouched = false;
        self.message = None;
    }

    fn scroll(&mut self, rows: isize, forest: &Forest) {
        match &mut self.panel {
            Some(_) => self.select_in_panel(rows, forest),
            None => self.move_by(forest, rows),
        }
    }

    fn click(&mut self, mouse: Mouse, forest: &Forest) -> Option<BrowserRequest> {
        if self.drawn.heading_row == Some(mouse.row) && self.panel.is_none() {
            let mut headings = self.drawn.headings.iter();
            let heading = headings.find(|(columns, _)| columns.contains(&mouse.column));
            if let Some(&(_, sort)) = heading {
                self.sort(sort, forest);
            }
            return None;
        }
        let (first, height) = self.drawn.list;
        let row = mouse.row.checked_sub(first).filter(|&row| row < height)?;
        if self.panel.is_some() {
            return self.click_in_panel(row.into(), forest);
        }
        let index = self.cursor.top.unwrap_or(0) + usize::from(row);
        if index >= self.row_count() {
            return None;
        }
        if index == self.cursor.index {
            return self.act(Action::Enter, forest);
        }
        self.move_to(forest, index);
        None
    }

    fn answer(&mut self, mut dialog: Dialog, key: Key, now: Instant) -> Option<BrowserRequest> {
        if !self.dialog_seen.allows(now) {
            self.refuse("nothing was done: the key came before the question");
            return None;
        }
        let was_removal = matches!(dialog, Dialog::Removal(_));
        match dialog.key(key) {
            Answer::None => self.dialog = Some(dialog),
            Answer::Cancelled if was_removal => {
                self.message = Some(Message::notice("nothing was removed"));
            }
            Answer::Cancelled => {}
            Answer::Accepted(request) => return Some(request),
        }
        None
    }

    fn typed(&mut self, mut input: InputLine, key: Key, forest: &Forest) -> Option<BrowserRequest> {
        match (input.key(key), input.purpose) {
            (Typed::Accepted, Purpose::Filter) => {}
            (Typed::Accepted, _) if input.text.is_empty() => {}
            (Typed::Accepted, Purpose::Find) => {
                self.search(Wanted::Names(NamePattern::new(&input.text)));
            }
            (Typed::Accepted, Purpose::Export) => {
                return Some(BrowserRequest::Export(input.text.into_bytes()));
            }
            (Typed::Cancelled, Purpose::Filter) => self.filter_by("", forest),
            (Typed::Cancelled, _) => {}
            (Typed::Changed, purpose) => {
                if purpose == Purpose::Filter {
                    self.filter_by(&input.text, forest);
                }
                self.input = Some(input);
            }
            (Typed::Other, _) => {
                self.move_while_typing(key, forest);
                self.input = Some(input);
            }
        }
        None
    }

    fn move_while_typing(&mut self, key: Key, forest: &Forest) {
        match key.code {
            KeyCode::Up => self.scroll(-1, forest),
            KeyCode::Down => self.scroll(1, forest),
            _ => {}
        }
    }

    fn filter_by(&mut self, text: &str, forest: &Forest) {
        self.filter = NamePattern::new(text);
        self.read(forest);
    }

    fn search(&mut self, wanted: Wanted) {
        let search = Search::new(wanted, self.shown, self.settings.measure);
        self.open_panel(PanelKind::Found(Box::new(search)));
    }

    /// Goes on with a search until that time. False where there is nothing more to do.
    pub fn go_on_searching(&mut self, forest: &Forest, until: Instant) -> bool {
        match self.panel.as_mut().map(|panel| &mut panel.kind) {
            Some(PanelKind::Found(search)) => search.go_on(forest, until),
            _ => false,
        }
    }

    fn act(&mut self, action: Action, forest: &Forest) -> Option<BrowserRequest> {
        match action {
            Action::Up => self.move_by(forest, -1),
            Action::Down => self.move_by(forest, 1),
            Action::PageUp => self.move_by(forest, -self.page()),
            Action::PageDown => self.move_by(forest, self.page()),
            Action::HalfUp => self.move_by(forest, -(self.page() + 1) / 2),
            Action::HalfDown => self.move_by(forest, (self.page() + 1) / 2),
            Action::First => self.move_to_first(),
            Action::Last => self.move_to(forest, usize::MAX),
            Action::Enter => self.enter_or_inform(forest),
            Action::Parent => self.leave_or_tell(forest),
            Action::Mark => self.mark(forest),
            Action::InvertMarks => self.invert_marks(forest),
            Action::Filter => self.ask(Purpose::Filter, self.filter.text().to_owned()),
            Action::Find => self.ask(Purpose::Find, String::new()),
            Action::Export => self.ask(Purpose::Export, "pdu.json".into()),
            Action::Largest => self.search(Wanted::LargestFiles),
            Action::Close if self.filter.text().is_empty() => {}
            Action::Close => self.filter_by("", forest),
            Action::Information => self.open_information(forest),
            Action::Errors => self.open_panel(PanelKind::Errors),
            Action::Marks => self.open_panel(PanelKind::Marks),
            Action::Help => self.open_panel(PanelKind::Help),
            Action::Suspend | Action::Redraw => {}
            Action::Remove => return self.ask_to_remove(forest, None),
            Action::Quit | Action::QuitAndPrint | Action::Interrupt => {
                return self.quit(action, forest);
            }
            Action::ReadShown | Action::ReadSelected => return self.reread(action, forest),
            Action::Shell | Action::Pager | Action::Open | Action::Copy => {
                return self.run(action, forest);
            }
            _ => self.change_settings(action, forest),
        }
        None
    }

    fn change_settings(&mut self, action: Action, forest: &Forest) {
        let settings = &mut self.settings;
        match action {
            Action::SortSize => return self.sort(Sort::Size, forest),
            Action::SortName => return self.sort(Sort::Name, forest),
            Action::SortCount => return self.sort(Sort::Inodes, forest),
            Action::SortTime => return self.sort(Sort::Time, forest),
            Action::ToggleCount => settings.count = settings.count.toggled(),
            Action::ToggleTime => settings.time = settings.time.toggled(),
            Action::ToggleOwner => settings.owner = settings.owner.toggled(),
            Action::NextShared => settings.shared = settings.shared.next(),
            Action::NextGraph => settings.graph = settings.graph.next(),
            Action::ToggleDirectoriesFirst => {
                settings.order.grouping = settings.order.grouping.toggled();
                self.read(forest);
            }
            Action::ToggleHidden => {
                settings.hiding = settings.hiding.toggled();
                self.read(forest);
            }
            Action::NextMeasure => {
                settings.measure = next_measure(settings.measure);
                self.read(forest);
            }
            _ => {}
        }
        self.tell_setting(action);
    }

    fn sort(&mut self, sort: Sort, forest: &Forest) {
        self.settings.order = self.settings.order.with(sort);
        self.read(forest);
    }

    /// Says what a key has changed, where the screen alone does not tell it.
    fn tell_setting(&mut self, action: Action) {
        let settings = &self.settings;
        let text = match action {
            Action::ToggleHidden if settings.hiding == Hiding::Dotted => {
                "hides .names and excluded entries; they still count"
            }
            Action::ToggleHidden => "all entries are shown",
            Action::NextShared => match settings.shared {
                SharedColumn::Shared => "column: size of files that have hard links elsewhere",
                SharedColumn::Unique => "column: size of files without hard links elsewhere",
                SharedColumn::Off => "no column for hard links",
            },
            _ => return,
        };
        self.message = Some(Message::notice(text));
    }

    fn ask(&mut self, purpose: Purpose, text: String) {
        self.input = Some(InputLine::new(purpose, text));
    }

    fn enter_or_inform(&mut self, forest: &Forest) {
        if !self.enter(forest) && self.row_count() > 0 {
            self.open_information(forest);
        }
    }

    fn leave_or_tell(&mut self, forest: &Forest) {
        if !self.leave(forest) {
            let text = "nothing is above: this is where pdu was started; q quits";
            self.message = Some(Message::notice(text));
        }
    }

    /// Ends the explorer, with a question where a removal would stop in its middle, or `q` would throw away a long walk.
    pub(super) fn quit(&mut self, action: Action, forest: &Forest) -> Option<BrowserRequest> {
        let is_reading = !matches!(
            self.activity.doing,
            Doing::Nothing | Doing::Stopped | Doing::Broken
        );
        let request = match action {
            Action::Interrupt if is_reading => return Some(BrowserRequest::StopWalk),
            Action::QuitAndPrint => BrowserRequest::QuitAndPrint(self.printed_paths(forest)),
            _ => BrowserRequest::Quit,
        };
        let loss = match action {
            _ if self.activity.is_removing => Loss::Removal,
            Action::Quit if self.activity.longest > LONG_WALK => Loss::Walk,
            _ => return Some(request),
        };
        self.open_dialog(Dialog::Quit(loss, request));
        None
    }

    /// The paths of the marks, else that of the shown directory.
    fn printed_paths(&self, forest: &Forest) -> Vec<Vec<u8>> {
        if self.marks.is_empty() {
            return match self.shown {
                DirId::TOP => Vec::new(),
                shown => vec![forest.path(shown)],
            };
        }
        let targets = self.marks.targets();
        targets.iter().map(|target| path(forest, target)).collect()
    }

    fn reread(&mut self, action: Action, forest: &Forest) -> Option<BrowserRequest> {
        let directory = match (action, self.shown) {
            (Action::ReadSelected, DirId::TOP) => {
                let row = self.row(forest, self.cursor.index);
                row.and_then(|row| forest.operand_at(row.place))
            }
            (Action::ReadSelected, _) => self.selected(forest).and_then(|row| row.directory),
            (_, shown) => Some(shown).filter(|&shown| shown != DirId::TOP),
        };
        if self.options.source == Source::Export {
            self.refuse("the tree comes from a file: nothing can be read again");
            return None;
        }
        if directory.is_none() {
            self.refuse("only a directory or an operand can be read again");
        }
        directory.map(BrowserRequest::Reread)
    }

    fn run(&mut self, action: Action, forest: &Forest) -> Option<BrowserRequest> {
        if action == Action::Copy {
            return self.copy(forest);
        }
        if self.options.source == Source::Export {
            self.refuse("the tree comes from a file: there is nothing to open");
            return None;
        }
        if action != Action::Pager && self.options.permission == Permission::ReadOnly {
            self.refuse("not with --read-only");
            return None;
        }
        if action == Action::Shell {
            if self.shown == DirId::TOP {
                self.refuse("enter a directory first");
                return None;
            }
            return Some(BrowserRequest::Shell(self.shown));
        }
        let row = self.selected(forest)?;
        let is_directory = row.is_directory();
        let target = self.selected_target(forest)?;
        match action {
            Action::Pager if is_directory => {
                self.refuse("a pager shows files, and this is a directory");
                None
            }
            Action::Pager => Some(BrowserRequest::Pager(target)),
            _ => Some(BrowserRequest::Open(target)),
        }
    }

    fn copy(&mut self, forest: &Forest) -> Option<BrowserRequest> {
        let path = match self.selected_target(forest) {
            Some(target) => path(forest, &target),
            None => forest.path(self.shown),
        };
        let text = quote::shell_escape(&path, self.charset());
        self.message = Some(Message::notice(
            "the path was given to the terminal's clipboard",
        ));
        Some(BrowserRequest::CopyText(text))
    }

    pub fn charset(&self) -> Charset {
        match self.options.is_ascii {
            true => Charset::Ascii,
            false => Charset::Utf8,
        }
    }

    pub(super) fn refuse(&mut self, text: &str) {
        self.say(Message::warning(text));
    }

    /// The selected entry; none where it has no name.
    pub(super) fn selected_target(&self, forest: &Forest) -> Option<Target> {
        let row = self.selected(forest).filter(|row| !row.name.is_empty())?;
        Some(Target {
            parent: self.shown,
            name: row.name.to_vec(),
        })
    }
}

fn next_measure(measure: Measure) -> Measure {
    match measure {
        Measure::Allocated => Measure::Apparent,
        Measure::Apparent => Measure::Inodes,
        Measure::Inodes => Measure::Allocated,
    }
}

impl SharedColumn {
    fn next(self) -> Self {
        match self {
            Self::Shared => Self::Unique,
            Self::Unique => Self::Off,
            Self::Off => Self::Shared,
        }
    }
}

impl Graph {
    fn next(self) -> Self {
        match self {
            Self::Both => Self::Bar,
            Self::Bar => Self::PerCent,
            Self::PerCent => Self::Nothing,
            Self::Nothing => Self::Both,
        }
    }
}
