//! The lines of a panel by their contents. A search inserts lines in front, and marks and errors leave their lists: a key
//! acts on the line that was drawn, whatever number it has by now.

use super::known_lines::{KnownLines, PanelLine};
use super::request::Message;
use super::{Browser, PanelKind};
use crate::explore::keys::Action;
use crate::forest::{Forest, Target};

impl Browser {
    /// What the line with this number stands for.
    fn panel_line(&self, forest: &Forest, index: usize) -> Option<PanelLine> {
        let target = match self.panel_kind()? {
            PanelKind::Help => return None,
            PanelKind::Information(links) => {
                let (parent, name) = links.get(index)?.clone();
                Target { parent, name }
            }
            PanelKind::Marks => self.marks.nth(index)?,
            PanelKind::Found(search) => search.found().get(index)?.target.clone(),
            PanelKind::Errors => match forest.failures().get(index) {
                Some(failure) => Target {
                    parent: failure.directory,
                    name: failure.name.to_vec(),
                },
                None => {
                    let other = index - forest.failures().len();
                    let is_there = other < self.other_failures.len();
                    return is_there.then_some(PanelLine::OtherFailure(other));
                }
            },
        };
        Some(PanelLine::Entry(target))
    }

    /// The number of the line that stands for this.
    fn find_panel_line(&self, forest: &Forest, line: &PanelLine) -> Option<usize> {
        let index = self.panel.as_ref()?.index;
        if self.panel_line(forest, index).as_ref() == Some(line) {
            return Some(index);
        }
        let wanted = match line {
            PanelLine::Entry(target) => target,
            PanelLine::OtherFailure(number) => return Some(forest.failures().len() + number),
        };
        match self.panel_kind()? {
            PanelKind::Help => None,
            PanelKind::Information(links) => links
                .iter()
                .position(|(parent, name)| (*parent, name) == (wanted.parent, &wanted.name)),
            PanelKind::Marks => self.marks.rows().position(|(target, _)| target == *wanted),
            PanelKind::Found(search) => {
                let mut found = search.found().iter();
                found.position(|found| found.target == *wanted)
            }
            PanelKind::Errors => forest.failures().iter().position(|failure| {
                (failure.directory, &*failure.name) == (wanted.parent, &*wanted.name)
            }),
        }
    }

    /// Before a frame: the selected line stays selected. On the first line, whatever comes first is selected.
    pub(in crate::explore) fn follow_panel_line(&mut self, forest: &Forest) {
        if self.panel.as_ref().is_some_and(|panel| panel.index > 0) {
            self.select_known_line(forest);
        }
    }

    /// These lines are on the frame that is being drawn: the first one, and their number.
    pub(in crate::explore) fn note_drawn_lines(
        &mut self,
        forest: &Forest,
        (top, height): (usize, usize),
    ) {
        let lines = top..top + height;
        let drawn = lines.map_while(|index| self.panel_line(forest, index));
        let known = KnownLines {
            drawn: drawn.collect(),
            selected: self.selected_line(forest),
        };
        if let Some(panel) = &mut self.panel {
            panel.known = known;
        }
    }

    fn selected_line(&self, forest: &Forest) -> Option<PanelLine> {
        self.panel_line(forest, self.panel.as_ref()?.index)
    }

    /// Selects the line that is known as the selected one. False where it is gone, or none is known.
    pub(super) fn select_known_line(&mut self, forest: &Forest) -> bool {
        let known = self.panel.as_ref().and_then(|panel| {
            let line = panel.known.selected.as_ref()?;
            self.find_panel_line(forest, line)
        });
        if let (Some(panel), Some(index)) = (&mut self.panel, known) {
            panel.index = index;
        }
        known.is_some()
    }

    /// Before a key in a panel. False where the key is for a line that was not seen, or that is gone.
    pub(super) fn select_seen_line(&mut self, action: Action, forest: &Forest) -> bool {
        let needs_line = match action {
            Action::Enter | Action::Mark | Action::Remove | Action::Copy => {
                self.panel_line(forest, 0).is_some()
            }
            _ => false,
        };
        if self.select_known_line(forest) || !needs_line {
            return true;
        }
        let known = self.panel.as_ref().map(|panel| &panel.known);
        let text = match known.is_some_and(|known| known.selected.is_some()) {
            true => "the selected line is gone",
            false => "nothing was done: the key came before the line",
        };
        self.message = Some(Message::warning(text));
        false
    }

    /// A key has selected another line.
    pub(super) fn note_selected_line(&mut self, forest: &Forest) {
        let selected = self.selected_line(forest);
        if let Some(panel) = &mut self.panel {
            panel.known.selected = selected;
        }
    }

    /// The number of the line that was drawn so many lines below the selected one.
    pub(super) fn drawn_line_below(&self, lines: isize, forest: &Forest) -> Option<usize> {
        let known = &self.panel.as_ref()?.known;
        let selected = known.selected.as_ref()?;
        let place = known.drawn.iter().position(|line| line == selected)?;
        let line = known.drawn.get(place.checked_add_signed(lines)?)?;
        self.find_panel_line(forest, line)
    }

    /// The number of the line that was drawn in this row of the list, and whether it was the selected one.
    pub(super) fn drawn_line_at(&self, row: usize, forest: &Forest) -> Option<(usize, bool)> {
        let known = &self.panel.as_ref()?.known;
        let line = known.drawn.get(row)?;
        let index = self.find_panel_line(forest, line)?;
        Some((index, known.selected.as_ref() == Some(line)))
    }
}
