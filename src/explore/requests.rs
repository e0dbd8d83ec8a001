//! What the keys ask for beyond the browser.

use std::io;
use std::os::fd::OwnedFd;
use std::time::{Duration, Instant};

use super::background::{Answer, Purpose};
use super::browser::request::{BrowserRequest, Message};
use super::export::Existing;
use super::programs::Programs;
use super::reading::FirstEnd;
use super::remove::job::Method;
use super::remove::problem::Problem;
use super::session::{Ending, Session};
use super::terminal::{Child, Terminal};
use crate::forest::{DirId, Target};
use crate::sys::status;

/// How long a key waits for a directory that does not answer.
pub(super) const PATIENCE: Duration = Duration::from_secs(2);

/// For a directory that is not opened, or entered, in time.
pub(super) const NO_ANSWER: &str = "the file system does not answer";

/// The exit status of a shell that has not found the program.
const NOT_FOUND: i32 = 127;

impl Session<'_> {
    /// Does what a key asks for.
    pub(super) fn request(&mut self, request: BrowserRequest) {
        match request {
            BrowserRequest::Quit => self.ending = Some(Ending::Quit),
            BrowserRequest::QuitAndPrint(paths) => self.ending = Some(Ending::Print(paths)),
            // The second Ctrl-C, before the frame that would have told that the first one has stopped it.
            BrowserRequest::StopWalk
                if self.first_end != FirstEnd::Whole && !self.reading.goes_on() =>
            {
                self.ending = Some(Ending::Quit);
            }
            BrowserRequest::StopWalk => self.stop_reading(),
            BrowserRequest::Suspend => self.suspend(),
            BrowserRequest::Redraw => self.terminal.redraw(),
            BrowserRequest::CopyText(text) => self.copy(&text),
            BrowserRequest::Reread(directory) => {
                self.rereads.quiet.remove(&directory);
                self.reread(directory);
            }
            BrowserRequest::Shell(directory) => self.open(directory, Purpose::Shell),
            BrowserRequest::Pager(target) => self.open(target.parent, Purpose::Pager(target.name)),
            BrowserRequest::Open(target) => self.open(target.parent, Purpose::Open(target.name)),
            BrowserRequest::Export(path) => self.export(path, Existing::Keep),
            BrowserRequest::ExportOver(path) => self.export(path, Existing::Replace),
            BrowserRequest::Delete(targets) => self.remove(targets, Method::Delete),
            BrowserRequest::MoveToTrash(targets) => self.remove(targets, Method::Trash),
            BrowserRequest::StopRemoval(target) => self.removals.stop(&target),
        }
    }

    fn copy(&mut self, text: &[u8]) {
        let copied = self.terminal.copy(&String::from_utf8_lossy(text));
        self.check(copied);
    }

    fn remove(&mut self, targets: Vec<Target>, method: Method) {
        // The question was about the tree as it was.
        if self.reading.reread().is_some() || self.rereads.replacing.is_some() {
            return self.refuse("nothing was removed: a directory is being read again");
        }
        let Some(forest) = self.intake.forest.get_mut() else {
            return self.refuse("nothing was removed: an export is being written");
        };
        if !forest.refused(&targets).is_empty() {
            return self.refuse("nothing was removed: the tree has changed");
        }
        if self.removals.meets(forest, &targets) {
            return self.refuse("nothing was removed: a removal goes on there");
        }
        let begun = self.removals.begin(forest, targets, method);
        if begun.is_ok() {
            self.browser.removal_has_begun();
        }
        // Its file system may never answer. What it opens is not waited for: it is opened again after the removal.
        if let Some(opening) = self.rereads.opening.take() {
            self.rereads.waiting.push_front(opening.directory);
        }
        self.warn(begun);
    }

    fn refuse(&mut self, text: &str) {
        self.browser.say(Message::warning(text));
    }

    /// Opens a directory of the file system, which may not answer.
    pub(super) fn open(&mut self, directory: DirId, purpose: Purpose) {
        let way = self.removals.roots().way(&self.intake.forest, directory);
        let Some(way) = way else {
            self.browser
                .say(Message::warning("not a directory of this walk"));
            return;
        };
        let asked = self.background.open(purpose, way);
        match asked {
            // Keys that are typed meanwhile are for the program.
            Ok(number) => self.opening = Some((Instant::now() + PATIENCE, number)),
            Err(error) => self.warn(Err(error)),
        }
    }

    /// The directory does not answer: keys are for the explorer again.
    pub(super) fn give_up_opening(&mut self) {
        self.opening = None;
        self.refuse(NO_ANSWER);
        self.terminal.acknowledge();
    }

    pub(super) fn answered(&mut self, answer: Answer) {
        match answer {
            Answer::Owners(names) => self.browser.set_owners(names),
            Answer::Exported(path, exported) => self.exported(path, exported),
            Answer::Started(started) => self.warn(started),
            Answer::Directory(number, Purpose::Reread(directory), opened) => {
                self.begin_reread((directory, number), opened);
            }
            // Too late: another key may have been pressed since.
            Answer::Directory(number, ..)
                if self.opening.is_none_or(|(_, asked)| asked != number) => {}
            Answer::Directory(_, purpose, opened) => {
                self.opening = None;
                self.run_program(purpose, opened);
                self.terminal.acknowledge();
            }
        }
        self.frames.ask(self.terminal.next_frame());
    }

    fn run_program(&mut self, purpose: Purpose, opened: Result<OwnedFd, Problem>) {
        let directory = match opened {
            Ok(directory) => directory,
            Err(problem) => return self.browser.say(Message::warning(problem.to_string())),
        };
        let child = match purpose {
            Purpose::Shell => self.programs.shell(directory),
            Purpose::Pager(name) => self.programs.pager(directory, name),
            Purpose::Open(name) => return self.run_opener(Programs::opener(directory, name)),
            Purpose::Reread(_) => return,
        };
        self.run_on_terminal(&child);
    }

    fn run_opener(&mut self, child: Child) {
        let asked = self
            .background
            .run(move || Answer::Started(Terminal::start(&child)));
        self.warn(asked);
    }

    fn run_on_terminal(&mut self, child: &Child) {
        match self.terminal.run(child) {
            Ok(status) if status.code() == Some(NOT_FOUND) => {
                self.browser
                    .say(Message::warning("the program was not found"));
            }
            Ok(_) => {}
            Err(error) => self.warn(Err(error)),
        }
    }

    /// Shows an error that ends nothing.
    pub(super) fn warn(&mut self, result: io::Result<()>) {
        let text = match result {
            Ok(()) => return,
            Err(error) if error.kind() == io::ErrorKind::TimedOut => NO_ANSWER.into(),
            Err(error) => status::reason_of(&error),
        };
        self.browser.say(Message::warning(text));
    }
}
