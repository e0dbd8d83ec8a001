//! Reading a directory again: a second walk, below a directory that was compared with the one that was shown. The new
//! contents replace the old ones when all was read.

use std::ffi::CString;
use std::os::fd::OwnedFd;
use std::sync::Arc;
use std::time::Instant;

use super::background::Purpose;
use super::browser::request::Message;
use super::read_times::now;
use super::reading::{LiveWalk, OpeningReread, Reading};
use super::remove::problem::Problem;
use super::requests::{NO_ANSWER, PATIENCE};
use super::session::Session;
use crate::count::listing::{Branch, Key, Names};
use crate::count::usage::{FileTime, Inode};
use crate::forest::{DirId, DirState, Ended, Forest, Slice};
use crate::sys::cancel;
use crate::walk::driver::ProgressMeter;
use crate::walk::{CpuUsage, Walk, WalkOptions, command_line, operand_dirs};

impl Session<'_> {
    /// Reads a directory again, now or after what is being read.
    pub(super) fn reread(&mut self, directory: DirId) {
        if !self.rereads.waiting.contains(&directory) {
            self.rereads.waiting.push_back(directory);
        }
        self.begin_next_reread();
    }

    /// Opens the next directory that is to be read again.
    pub(super) fn begin_next_reread(&mut self) {
        while self.may_begin_reread()
            && let Some(directory) = self.rereads.waiting.pop_front()
        {
            // A directory above may have been read again since, or removed: then this one is not shown any more.
            match directory_around(&self.intake.forest, directory) {
                None => {}
                Some(DirId::TOP) => self.start_reread(directory, None),
                Some(above) => self.open_for_reread(directory, above),
            }
        }
    }

    /// The new links of a second walk are added to numbers that are exact.
    fn may_begin_reread(&self) -> bool {
        let is_busy = self.reading.goes_on() || self.removals.go_on() || self.is_exporting;
        let is_begun = self.rereads.opening.is_some() || self.rereads.replacing.is_some();
        !is_busy && !is_begun && self.links == Slice::Done
    }

    fn open_for_reread(&mut self, directory: DirId, above: DirId) {
        if let Some(way) = self.removals.roots().way(&self.intake.forest, above) {
            let asked = self.background.open(Purpose::Reread(directory), way);
            self.rereads.opening = asked.as_ref().ok().map(|&number| OpeningReread {
                directory,
                number,
                until: Instant::now() + PATIENCE,
            });
            self.warn(asked.map(drop));
        }
    }

    /// Its file system does not answer: the others are read.
    pub(super) fn give_up_reread(&mut self) {
        self.rereads.opening = None;
        self.browser.say(Message::warning(NO_ANSWER));
        self.begin_next_reread();
    }

    pub(super) fn begin_reread(
        &mut self,
        (directory, number): (DirId, u64),
        opened: Result<OwnedFd, Problem>,
    ) {
        let opening = &mut self.rereads.opening;
        if opening
            .take_if(|opening| opening.number == number)
            .is_none()
        {
            // It was given up, or waits again, since a removal has begun.
            return;
        }
        match opened {
            Ok(above) => self.start_reread(directory, Some(above)),
            Err(problem) => {
                self.browser.say(Message::warning(problem.to_string()));
                self.begin_next_reread();
            }
        }
    }

    /// The second walk is over.
    pub(super) fn end_reread(&mut self, (directory, began): (DirId, FileTime), ended: Ended) {
        let forest = self.intake.forest.get_mut();
        match forest.is_some_and(|forest| forest.end_reread(ended)) {
            true => self.rereads.replacing = Some((directory, began)),
            false => {
                let path = self.quoted_path(directory);
                let text = format!("{path} is as it was read first");
                self.browser.say(Message::warning(text));
            }
        }
    }

    /// Goes on to replace what was shown, until this time.
    pub(super) fn go_on_replacing(
        &mut self,
        (directory, began): (DirId, FileTime),
        until: Instant,
    ) {
        let path = self.quoted_path(directory);
        let Some(forest) = self.intake.forest.get_mut() else {
            return;
        };
        if forest.replace(until) == Slice::Done {
            self.rereads.replacing = None;
            self.removals.read_times().replaced(directory, began);
            self.removals.roots().replaced(directory);
            let text = format!("{path} was read again");
            let dropped = self.browser.forget_removed(forest);
            let message = match dropped {
                0 => Message::notice(text),
                1 => Message::warning(format!("{text}; 1 mark in it was dropped")),
                count => Message::warning(format!("{text}; {count} marks in it were dropped")),
            };
            if !self.rereads.quiet.remove(&directory) || dropped > 0 {
                self.browser.say(message);
            }
            self.begin_next_reread();
        }
    }

    fn quoted_path(&self, directory: DirId) -> String {
        let path = self.intake.forest.path(directory);
        String::from_utf8_lossy(&self.intake.status.quoted(&path)).into_owned()
    }

    fn start_reread(&mut self, directory: DirId, above: Option<OwnedFd>) {
        // While the directory above was opened, a removal may have begun, which counts on the rows as they are, or the
        // directory may have left the tree.
        if directory_around(&self.intake.forest, directory).is_none() {
            return self.begin_next_reread();
        }
        let is_busy = self.removals.go_on();
        let forest = self.intake.forest.get_mut().filter(|_| !is_busy);
        let Some(forest) = forest else {
            return self.rereads.waiting.push_front(directory);
        };
        let key = forest.begin_reread(directory);
        let branch = branch(&self.intake.forest, directory, key);
        let (canceller, done) = cancel::channel();
        let (dir_sender, dirs) = operand_dirs();
        self.removals.roots().read_again(dirs);
        let options = WalkOptions {
            operand_dirs: Some(dir_sender),
            ..self.walk_options.clone()
        };
        let walk = Walk::of(options, done, (branch, above));
        let meter = ProgressMeter::new(&walk);
        self.removals.read_times().reread_begins();
        let began = now();
        match walk.start(CpuUsage::start()) {
            Ok(mut walk) => {
                walk.end_operands();
                let mut live = LiveWalk::new(walk, canceller);
                live.began = began;
                live.reread = Some(directory);
                self.reading = Reading::Walk(Box::new(live));
                self.meter = Some(meter);
                self.started = Instant::now();
            }
            Err(_) => {
                if let Some(forest) = self.intake.forest.get_mut() {
                    forest.end_reread(Ended::Stopped);
                }
                self.browser
                    .say(Message::warning("no thread can be started"));
            }
        }
    }
}

/// The directory around one that is in the tree.
fn directory_around(forest: &Forest, directory: DirId) -> Option<DirId> {
    let info = forest.dir(directory);
    info.parent.filter(|_| info.state != DirState::Nothing)
}

/// The branch that lists a directory under this key, with the directories above it.
fn branch(forest: &Forest, directory: DirId, key: Key) -> Arc<Branch> {
    let around = forest.and_above(directory);
    let way: Vec<DirId> = around.take_while(|&id| id != DirId::TOP).collect();
    let device = way
        .last()
        .map_or(0, |&operand| forest.dir(operand).inode.device);
    let mut branch: Option<Arc<Branch>> = None;
    let mut inode = Inode::default();
    for (depth, id) in (0..).zip(way.into_iter().rev()) {
        let mut names = Names::default();
        names.push(&CString::new(forest.name(id)).unwrap_or_default());
        let first_key = if id == directory {
            key
        } else {
            Key::from(id.0.saturating_sub(1))
        };
        branch = Some(match branch.take() {
            None => command_line(names, first_key, 0),
            Some(above) => Arc::new(Branch {
                parent: Some((above, 0)),
                inode,
                device,
                operand: 0,
                may_cycle: true,
                child_depth: depth,
                first_key,
                fold: None,
                group: first_key,
                names,
            }),
        });
        inode = forest.dir(id).inode;
    }
    branch.unwrap_or_else(|| command_line(Names::default(), key, 0))
}
