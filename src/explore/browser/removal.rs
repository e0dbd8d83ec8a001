//! Marks, and the question before a removal.

use super::Browser;
use super::dialog::{Confirmation, Dialog, MOST_WITHOUT_WORD, RemovalQuestion};
use super::marks::KnownRow;
use super::options::Permission;
use super::request::{BrowserRequest, Message, Source};
use super::rows::Criteria;
use super::{PanelKind, path::path};
use crate::forest::{DirId, Forest, Refusal, Target};
use crate::gnu::quote;

impl Browser {
    pub(super) fn mark(&mut self, forest: &Forest) {
        match self.selected(forest) {
            Some(row) if row.name.is_empty() => self.refuse("these entries have no names"),
            Some(row) => {
                let known = KnownRow::new(&row.entry, row.directory);
                self.marks.toggle(self.shown, row.name, known);
                self.marked = None;
            }
            None => {}
        }
        self.move_by(forest, 1);
    }

    pub(super) fn invert_marks(&mut self, forest: &Forest) {
        let criteria = Criteria {
            order: self.settings.order,
            measure: self.settings.measure,
            filter: &self.filter,
            hiding: self.settings.hiding,
        };
        let rows = forest.rows(self.shown);
        for row in rows.filter(|row| !row.name.is_empty() && criteria.show(row)) {
            let known = KnownRow::new(&row.entry, row.directory);
            self.marks.toggle(self.shown, row.name, known);
        }
        self.marked = None;
    }

    /// The removal that was confirmed goes on: the marks have served. After a refusal they stay.
    pub fn removal_has_begun(&mut self) {
        self.marks.clear();
        self.marked = None;
    }

    /// Entries were removed or read again: marks, results and questions that are not true any more are dropped. Returns the
    /// number of marks whose entries were read again.
    pub fn forget_removed(&mut self, forest: &Forest) -> usize {
        let dropped_marks = self.marks.prune(forest);
        self.marked = None;
        self.drop_old_question(forest);
        if let Some(PanelKind::Found(search)) = self.panel.as_mut().map(|panel| &mut panel.kind) {
            search.prune(forest);
        }
        self.move_in_panel(0, forest);
        dropped_marks
    }

    /// A question about a removal is dropped when entries of it have left the tree, or others may have come for them. True
    /// where that is so.
    pub(super) fn drop_old_question(&mut self, forest: &Forest) -> bool {
        let is_old = match &mut self.dialog {
            Some(Dialog::Removal(question)) => !question.is_true(forest),
            _ => false,
        };
        if is_old {
            self.dialog = None;
            self.refuse("the tree has changed: d asks again");
        }
        is_old
    }

    /// Asks for the removal of the marks, or of this entry, or of the selected one.
    pub(super) fn ask_to_remove(
        &mut self,
        forest: &Forest,
        line: Option<Target>,
    ) -> Option<BrowserRequest> {
        let selected = line.or_else(|| self.selected_target(forest));
        let is_going_on = |target: &&Target| is_being_removed(forest, target);
        if let Some(target) = selected.as_ref().filter(is_going_on) {
            self.message = Some(Message::notice("the removal stops"));
            return Some(BrowserRequest::StopRemoval(target.clone()));
        }
        let refusal = match (self.options.source, self.options.permission) {
            (Source::Export, _) => Some("the tree comes from a file: nothing can be removed"),
            (_, Permission::ReadOnly) => Some("nothing can be removed: --read-only"),
            _ => None,
        };
        if let Some(text) = refusal {
            self.refuse(text);
            return None;
        }
        let targets = match self.marks.is_empty() {
            true => Vec::from_iter(selected),
            false => self.marks.outermost(forest),
        };
        self.open_removal(forest, targets);
        None
    }

    fn open_removal(&mut self, forest: &Forest, targets: Vec<Target>) {
        if targets.is_empty() {
            return self.refuse("there is nothing to remove");
        }
        let freed = forest.freed(&targets);
        if let Some((target, refusal)) = freed.refused.first() {
            return self.tell_refusal(forest, target, *refusal);
        }
        let directories: Vec<DirId> = forest.directories_among(&targets).collect();
        let is_at_depth_1 = |directory: &DirId| is_at_depth_1(forest, *directory);
        let needs_word = freed.entries > MOST_WITHOUT_WORD || directories.iter().any(is_at_depth_1);
        let confirmation = match needs_word {
            true => Confirmation::Word(0),
            false => Confirmation::Key,
        };
        self.open_dialog(Dialog::Removal(RemovalQuestion {
            targets,
            freed,
            has_directories: !directories.is_empty(),
            confirmation,
            rewrites: (forest.rewrites(), forest.rereads()),
        }));
    }

    fn tell_refusal(&mut self, forest: &Forest, target: &Target, refusal: Refusal) {
        let name = quote::printable(&path(forest, target), self.charset());
        let name = String::from_utf8_lossy(&name);
        let reason = match refusal {
            Refusal::Operand => "it was named on the command line",
            Refusal::OperandUnread => "another operand was not read",
            Refusal::Unfinished => "it is not read to its end",
            Refusal::Twice => "its name was listed twice; r reads the directory",
            Refusal::Unknown => "it is no longer there",
        };
        self.refuse(&format!("cannot remove {name}: {reason}"));
    }
}

fn directory(forest: &Forest, target: &Target) -> Option<DirId> {
    forest.child(target.parent, &target.name)
}

fn is_being_removed(forest: &Forest, target: &Target) -> bool {
    match directory(forest, target) {
        Some(directory) => forest.dir(directory).is_being_removed,
        None => {
            let mut rows = forest.rows(target.parent);
            rows.any(|row| row.name == target.name && row.is_being_removed)
        }
    }
}

/// A directory right below an operand.
fn is_at_depth_1(forest: &Forest, directory: DirId) -> bool {
    forest.and_above(directory).nth(2) == Some(DirId::TOP)
}
