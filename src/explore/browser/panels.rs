//! What the keys do while a panel is shown instead of the rows.

use super::known_lines::KnownLines;
use super::path::path;
use super::request::{BrowserRequest, Message};
use super::{Browser, Panel, PanelKind};
use crate::count::usage::Detail;
use crate::explore::keys::Action;
use crate::forest::{DirId, Forest, Target};
use crate::gnu::quote;

impl Browser {
    pub(super) fn open_panel(&mut self, kind: PanelKind) {
        self.panel = Some(Panel {
            kind,
            index: 0,
            top: 0,
            known: KnownLines::default(),
        });
    }

    pub(super) fn open_information(&mut self, forest: &Forest) {
        self.remember_entry(forest);
        let Some(row) = self.selected(forest) else {
            return;
        };
        let owner = row.entry.owner.0;
        let links = match row.directory.is_none() && row.entry.is_linked() {
            true => forest.links_of(row.entry.inode),
            false => Vec::new(),
        };
        if owner != Detail::NO_ID && !self.owners.contains_key(&owner) {
            self.unknown_owners.insert(owner);
        }
        self.open_panel(PanelKind::Information(links));
    }

    /// The number of errors, also of those that have no line.
    pub fn error_count(&self, forest: &Forest) -> u64 {
        forest
            .failure_count()
            .saturating_add(self.other_failure_count)
    }

    /// The number of lines that can be selected; for the help, those that can be scrolled.
    pub fn panel_lines(&self, forest: &Forest) -> usize {
        match self.panel_kind() {
            None => 0,
            Some(PanelKind::Information(links)) => links.len(),
            Some(PanelKind::Errors) => forest.failures().len() + self.other_failures.len(),
            Some(PanelKind::Marks) => self.marks.len(),
            Some(PanelKind::Help) => self.drawn.help_lines,
            Some(PanelKind::Found(search)) => search.found().len(),
        }
    }

    pub(super) fn move_in_panel(&mut self, rows: isize, forest: &Forest) {
        let lines = self.panel_lines(forest);
        let drawn = self.drawn_line_below(rows, forest);
        if let Some(panel) = &mut self.panel {
            let index = drawn.unwrap_or_else(|| panel.index.saturating_add_signed(rows));
            panel.index = index.min(lines.saturating_sub(1));
        }
    }

    /// The same, with a key.
    pub(super) fn select_in_panel(&mut self, rows: isize, forest: &Forest) {
        self.select_known_line(forest);
        self.move_in_panel(rows, forest);
        self.note_selected_line(forest);
    }

    pub(super) fn click_in_panel(&mut self, row: usize, forest: &Forest) -> Option<BrowserRequest> {
        let (index, was_selected) = self.drawn_line_at(row, forest)?;
        if was_selected {
            return self.act_in_panel(Action::Enter, forest);
        }
        self.panel.as_mut()?.index = index;
        self.note_selected_line(forest);
        None
    }

    pub(super) fn act_in_panel(
        &mut self,
        action: Action,
        forest: &Forest,
    ) -> Option<BrowserRequest> {
        if !self.select_seen_line(action, forest) {
            return None;
        }
        let page = self.page();
        match action {
            Action::Up => self.step_in_panel(-1, forest),
            Action::Down => self.step_in_panel(1, forest),
            Action::PageUp => self.select_in_panel(-page, forest),
            Action::PageDown => self.select_in_panel(page, forest),
            Action::HalfUp => self.select_in_panel(-(page + 1) / 2, forest),
            Action::HalfDown => self.select_in_panel((page + 1) / 2, forest),
            Action::First => self.select_in_panel(isize::MIN, forest),
            Action::Last => self.select_in_panel(isize::MAX, forest),
            Action::Enter => self.go_to_line(forest),
            Action::Mark => self.mark_line(forest),
            Action::Remove => {
                let line = self.line_target(forest)?;
                return self.ask_to_remove(forest, Some(line));
            }
            Action::Copy => return self.copy_line(forest),
            Action::Interrupt | Action::QuitAndPrint => return self.quit(action, forest),
            Action::Close | Action::Parent | Action::Quit => self.panel = None,
            _ => self.change_panel(action, forest),
        }
        None
    }

    /// The key of a panel closes it if it is shown, and else opens it.
    fn change_panel(&mut self, action: Action, forest: &Forest) {
        let panel = self.panel.take();
        match (action, panel.as_ref().map(|panel| &panel.kind)) {
            (Action::Information, Some(PanelKind::Information(_)))
            | (Action::Errors, Some(PanelKind::Errors))
            | (Action::Marks, Some(PanelKind::Marks))
            | (Action::Help, Some(PanelKind::Help)) => {}
            (Action::Information, _) => self.open_information(forest),
            (Action::Errors, _) => self.open_panel(PanelKind::Errors),
            (Action::Marks, _) => self.open_panel(PanelKind::Marks),
            (Action::Help, _) => self.open_panel(PanelKind::Help),
            _ => {
                self.panel = panel;
                self.message = Some(Message::notice("Esc closes this first"));
            }
        }
    }

    /// The information of a file without other links has no lines: there the keys show that of the next row.
    fn step_in_panel(&mut self, rows: isize, forest: &Forest) {
        match self.panel_kind() {
            Some(PanelKind::Information(links)) if links.len() < 2 => {
                self.move_by(forest, rows);
                self.open_information(forest);
            }
            _ => self.select_in_panel(rows, forest),
        }
    }

    /// The entry of the selected line.
    pub(super) fn line_target(&self, forest: &Forest) -> Option<Target> {
        let panel = self.panel.as_ref()?;
        match &panel.kind {
            PanelKind::Help => None,
            PanelKind::Information(links) => match links.get(panel.index) {
                Some((parent, name)) => Some(Target {
                    parent: *parent,
                    name: name.clone(),
                }),
                None => self.selected_target(forest),
            },
            PanelKind::Marks => self.marks.nth(panel.index),
            PanelKind::Found(search) => {
                let found = search.found().get(panel.index)?;
                Some(found.target.clone())
            }
            PanelKind::Errors => {
                let failure = forest.failures().get(panel.index)?;
                Some(match failure.name.is_empty() {
                    true => target_of(forest, failure.directory)?,
                    false => Target {
                        parent: failure.directory,
                        name: failure.name.to_vec(),
                    },
                })
            }
        }
    }

    fn go_to_line(&mut self, forest: &Forest) {
        match self.line_target(forest) {
            Some(target) => {
                self.panel = None;
                self.show(forest, target.parent, Some(target.name));
            }
            None => self.panel = None,
        }
    }

    fn mark_line(&mut self, forest: &Forest) {
        let Some(panel) = &self.panel else {
            return;
        };
        match &panel.kind {
            PanelKind::Found(search) => {
                if let Some(found) = search.found().get(panel.index) {
                    let target = &found.target;
                    self.marks.toggle(target.parent, &target.name, found.row);
                }
                self.select_in_panel(1, forest);
            }
            PanelKind::Marks => {
                if let Some(target) = self.marks.nth(panel.index) {
                    self.marks.remove(target.parent, &target.name);
                }
                self.select_in_panel(0, forest);
            }
            _ => {}
        }
        self.marked = None;
    }

    fn copy_line(&mut self, forest: &Forest) -> Option<BrowserRequest> {
        let path = path(forest, &self.line_target(forest)?);
        self.message = Some(Message::notice(
            "the path was given to the terminal's clipboard",
        ));
        Some(BrowserRequest::CopyText(quote::shell_escape(
            &path,
            self.charset(),
        )))
    }
}

/// A directory as an entry of the directory above.
fn target_of(forest: &Forest, directory: DirId) -> Option<Target> {
    Some(Target {
        parent: forest.dir(directory).parent?,
        name: forest.name(directory).to_vec(),
    })
}
