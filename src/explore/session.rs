//! The select loop of the explorer: one thread that owns the forest, the browser and the screen.

use std::io;
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, after, at, never, select};
use rustix::io::Errno;

use super::background::{Answer, Background};
use super::browser::Browser;
use super::browser::request::{Activity, BrowserRequest, Doing, Message, Source};
use super::frames::Frames;
use super::imported::{Batch, ImportEnd};
use super::intake::Intake;
use super::programs::Programs;
use super::reading::{FirstEnd, Reading, Rereads};
use super::removals::Removals;
use super::remove::job::RemovalReport;
use super::terminal::{Input, Terminal, TimedInput};
use super::view;
use crate::forest::{DirId, Ended, Slice};
use crate::format::classes::NameLookup;
use crate::sys::owners::Database;
use crate::sys::signals::Cause;
use crate::sys::status;
use crate::walk::WalkOptions;
use crate::walk::driver::{MOST_LISTINGS, OPERANDS_AHEAD, ProgressMeter};
use crate::walk::operands::{NameStream, Part};

/// How long listings are taken, or another task goes on, before the other events have their turn.
const TURN: Duration = Duration::from_millis(4);

/// Why the explorer ends.
#[derive(Debug)]
pub(super) enum Ending {
    /// The user has finished.
    Quit,
    /// The user has finished, and wants these paths.
    Print(Vec<Vec<u8>>),
    /// A signal came.
    Cancelled(Cause),
    /// No operand can be used, or the input cannot be opened: the messages tell.
    NothingToShow,
    /// The terminal is gone.
    NoTerminal,
}

/// See the module.
pub(super) struct Session<'a> {
    pub(super) intake: Intake<'a>,
    pub(super) browser: Browser,
    pub(super) terminal: Terminal,
    pub(super) inputs: Receiver<TimedInput>,
    pub(super) causes: Receiver<Cause>,
    pub(super) reading: Reading,
    pub(super) meter: Option<ProgressMeter>,
    pub(super) source: Source,
    pub(super) frames: Frames,
    pub(super) started: Instant,
    /// How long the longest reading took that has ended.
    pub(super) took: Duration,
    pub(super) first_end: FirstEnd,
    /// Whether hard links are still to be counted.
    pub(super) links: Slice,
    pub(super) ending: Option<Ending>,
    pub(super) background: Background,
    /// A key waits until this time for a directory to be opened.
    pub(super) opening: Option<(Instant, u64)>,
    pub(super) removals: Removals,
    pub(super) rereads: Rereads,
    /// A thread writes an export, and nothing changes the forest.
    pub(super) is_exporting: bool,
    /// The browser may have a search that goes on.
    pub(super) is_searching: bool,
    /// The options of all walks.
    pub(super) walk_options: WalkOptions,
    pub(super) programs: Programs,
    pub(super) owners: Option<NameLookup>,
}

impl Session<'_> {
    /// Runs until the user has finished.
    pub(super) fn run(&mut self) -> Ending {
        self.end_if_useless();
        loop {
            if let Some(ending) = self.ending.take() {
                return ending;
            }
            select! {
                recv(self.reading.wakeup()) -> wakeup => self.take_listings(wakeup.is_err()),
                recv(self.reading.pulse()) -> _ => self.take_listings(false),
                recv(self.names()) -> part => self.take_part(part.ok()),
                recv(self.reading.batches()) -> batch => self.take_batch(batch.ok()),
                recv(self.inputs) -> input => self.input(input.unwrap_or_else(|_| TimedInput::now(Input::Ended))),
                recv(self.reports()) -> report => self.removal(report.ok()),
                recv(self.background.answers) -> answer => if let Ok(answer) = answer {
                    self.answered(answer);
                },
                recv(self.opening.map_or_else(never, |(until, _)| at(until))) -> _ => self.give_up_opening(),
                recv(self.rereads.patience()) -> _ => self.give_up_reread(),
                recv(self.frames.due()) -> _ => self.draw(),
                recv(self.task()) -> _ => self.go_on(),
                recv(self.causes) -> cause => if let Ok(cause) = cause {
                    return Ending::Cancelled(cause);
                },
            }
        }
    }

    /// Takes listings, as long as the other events can wait. `is_closed` where no walker sends more.
    fn take_listings(&mut self, is_closed: bool) {
        let Reading::Walk(live) = &mut self.reading else {
            return;
        };
        if matches!(live.names, NameStream::Ended) || live.walk.has_panicked() {
            live.walk.end_operands();
        }
        let until = Instant::now() + TURN;
        for listing in live.walk.listings.take().take(MOST_LISTINGS) {
            self.intake.listing(listing);
            if Instant::now() >= until {
                break;
            }
        }
        live.walk.issue_tokens();
        self.frames.ask_later(self.terminal.next_frame());
        if is_closed && live.walk.listings.is_empty() {
            let ended = match live.walk.has_panicked() {
                true => self.tell_lost_part(),
                false => Ended::Whole,
            };
            self.end_reading(ended);
        }
    }

    /// A thread has panicked: the hook of panics has given the terminal back for good.
    fn tell_lost_part(&mut self) -> Ended {
        let message = match self.source {
            Source::Disk => "internal error: a walker has failed; the result is incomplete",
            Source::Export => "internal error: the import has failed; the result is incomplete",
        };
        self.intake.failures.lost(message.into());
        self.ending = Some(Ending::NoTerminal);
        Ended::Stopped
    }

    /// The channel of the next operands, once few are left: those that wait take memory.
    fn names(&self) -> Receiver<Part> {
        match self.intake.forest.dir(DirId::TOP).open_children < OPERANDS_AHEAD {
            true => self.reading.names(),
            false => never(),
        }
    }

    /// Takes operands of a list, or its end.
    fn take_part(&mut self, part: Option<Part>) {
        let Reading::Walk(live) = &mut self.reading else {
            return;
        };
        let _ = live.take_part(part, &mut self.intake);
    }

    /// Takes events of an import; nothing where its thread has panicked.
    fn take_batch(&mut self, batch: Option<Batch>) {
        let Reading::Import(_, replays) = &mut self.reading else {
            return;
        };
        let Some(batch) = batch else {
            let ended = self.tell_lost_part();
            return self.end_reading(ended);
        };
        self.intake.batch(&batch, replays);
        self.frames.ask_later(self.terminal.next_frame());
        match batch.end {
            None => {}
            Some(ImportEnd::Whole) => self.end_reading(Ended::Whole),
            Some(end) => {
                let message = self.intake.import_failed(&end);
                self.end_reading(Ended::Stopped);
                self.tell_broken_import(message);
            }
        }
    }

    /// The export holds more than is shown.
    pub(super) fn tell_broken_import(&mut self, message: String) {
        self.first_end = FirstEnd::Broken;
        self.browser.add_failure(message.clone());
        self.browser.say(Message::warning(message));
    }

    /// Whether the first reading has left something out that no later one has read.
    pub(super) fn lacks_part(&self) -> bool {
        let may_be_mended = self.source == Source::Disk;
        self.first_end != FirstEnd::Whole && (!may_be_mended || self.intake.forest.lacks_part())
    }

    /// The walk, or the import, is over.
    fn end_reading(&mut self, ended: Ended) {
        let reread = self.reading.reread();
        self.reading = Reading::Nothing;
        self.took = self.took.max(self.started.elapsed());
        match reread {
            Some(directory) => self.end_reread(directory, ended),
            None => {
                self.intake.end(ended);
                if ended == Ended::Stopped {
                    self.first_end = FirstEnd::Stopped;
                }
            }
        }
        self.links = Slice::More;
        self.frames.ask(self.terminal.next_frame());
        self.end_if_useless();
        self.begin_next_reread();
    }

    /// Reports of the thread that removes; none while an export is written.
    fn reports(&self) -> Receiver<RemovalReport> {
        match self.is_exporting {
            true => never(),
            false => self.removals.reports(),
        }
    }

    /// Takes a report of the thread that removes; nothing where that has panicked.
    fn removal(&mut self, report: Option<RemovalReport>) {
        let (intake, browser) = (&mut self.intake, &mut self.browser);
        let went_on = self.removals.go_on();
        match report {
            Some(report) => self.removals.report(report, intake, browser),
            None => self.removals.lost(intake, browser),
        }
        if went_on && !self.removals.go_on() {
            self.links = Slice::More;
            for directory in self.removals.take_stale() {
                self.rereads.quiet.insert(directory);
                self.reread(directory);
            }
            self.begin_next_reread();
        }
        self.frames.ask_later(self.terminal.next_frame());
    }

    /// Ends where there is nothing to look at.
    fn end_if_useless(&mut self) {
        if !self.reading.goes_on() && self.intake.is_useless() {
            self.ending = Some(Ending::NothingToShow);
        }
    }

    /// Stops the walk, or the import, and keeps what was read.
    pub(super) fn stop_reading(&mut self) {
        let intake = &mut self.intake;
        match &mut self.reading {
            Reading::Walk(live) => live.stop(|listing| intake.listing(listing)),
            Reading::Import(..) => {}
            Reading::Nothing => return,
        }
        self.end_reading(Ended::Stopped);
    }

    /// Before a key or a frame, and not for each report: there may be thousands between two frames.
    fn forget_removed(&mut self) {
        if self.removals.take_removed() {
            if let Some(forest) = self.intake.forest.get_mut() {
                forest.settle();
            }
            self.browser.forget_removed(&self.intake.forest);
        }
    }

    /// A key is an answer to what was on the screen when it was read: what has gone on since may have taken long.
    fn input(&mut self, TimedInput { input, at }: TimedInput) {
        self.forget_removed();
        let forest = &self.intake.forest;
        match input {
            Input::Key(key) => {
                let request = self.browser.key(key, forest, at);
                self.answer(request);
            }
            Input::Mouse(mouse) => {
                let request = self.browser.mouse(mouse, forest, at);
                self.answer(request);
            }
            Input::Resize => self.terminal.acknowledge(),
            Input::Suspend => self.suspend(),
            Input::Continue => {
                self.browser.forget_frame();
                let resumed = self.terminal.resume();
                self.check(resumed);
            }
            Input::Ended => self.check(Err(Errno::IO.into())),
        }
        self.is_searching = true;
        self.frames.ask(self.terminal.next_frame());
    }

    /// Does what a key asks for, and lets the next one come.
    fn answer(&mut self, request: Option<BrowserRequest>) {
        if let Some(request) = request {
            self.request(request);
        }
        if self.opening.is_none() {
            self.terminal.acknowledge();
        }
    }

    pub(super) fn suspend(&mut self) {
        let suspended = self.terminal.suspend();
        self.browser.forget_frame();
        self.check(suspended);
    }

    /// Without its terminal, the explorer ends.
    pub(super) fn check(&mut self, result: io::Result<()>) {
        if let Err(error) = result {
            let reason = status::reason_of(&error);
            self.intake
                .failures
                .lost(format!("cannot use the terminal: {reason}").into());
            self.ending = Some(Ending::NoTerminal);
        }
    }

    /// Receives at once where a task is to go on.
    fn task(&self) -> Receiver<Instant> {
        let is_busy = self.reading.goes_on() || self.is_exporting || self.removals.go_on();
        let is_counting = !is_busy && self.links == Slice::More;
        match is_counting || self.is_searching || self.rereads.replacing.is_some() {
            true => after(Duration::ZERO),
            false => never(),
        }
    }

    /// Goes on with what takes long.
    fn go_on(&mut self) {
        let until = Instant::now() + TURN;
        if self.is_searching {
            let forest = &self.intake.forest;
            self.is_searching = self.browser.go_on_searching(forest, until);
        } else if let Some(replacing) = self.rereads.replacing {
            self.go_on_replacing(replacing, until);
        } else if let Some(forest) = self.intake.forest.get_mut() {
            self.links = forest.count_links(until);
            self.begin_next_reread();
        }
        self.frames.ask_later(self.terminal.next_frame());
    }

    fn draw(&mut self) {
        self.forget_removed();
        let now = Instant::now();
        let activity = self.activity();
        self.browser.report(activity);
        if let Some(forest) = self.intake.forest.get_mut() {
            forest.settle();
            self.browser.refresh(forest, now);
        }
        let (browser, forest) = (&mut self.browser, &self.intake.forest);
        let drawn = self.terminal.draw(|grid| view::draw(browser, forest, grid));
        self.frames.drawn(now);
        if drawn.is_ok() {
            self.browser.frame_was_written(Instant::now());
        }
        if let Some(next) = self.browser.next_refresh(now) {
            self.frames.ask(next.max(self.terminal.next_frame()));
        }
        self.check(drawn);
        self.ask_for_owners();
    }

    /// Looks up names of owners, in a thread: the database may be slow.
    fn ask_for_owners(&mut self) {
        let Some(lookup) = self.owners else {
            return;
        };
        let numbers = self.browser.unknown_owners();
        if !numbers.is_empty() {
            let answer = move || Answer::Owners(lookup(Database::Users, &numbers, false));
            // Without a thread the numbers stay.
            let _ = self.background.run(answer);
        }
    }

    fn activity(&mut self) -> Activity {
        let doing = match &self.reading {
            Reading::Nothing if self.rereads.replacing.is_some() => Doing::Rereading,
            Reading::Walk(live) if live.reread.is_some() => Doing::Rereading,
            Reading::Walk(_) => Doing::Reading,
            Reading::Import(..) => Doing::Loading,
            Reading::Nothing if !self.lacks_part() => Doing::Nothing,
            Reading::Nothing if self.first_end == FirstEnd::Broken => Doing::Broken,
            Reading::Nothing => Doing::Stopped,
        };
        let elapsed = match self.reading.goes_on() || self.rereads.replacing.is_some() {
            true => self.started.elapsed(),
            false => Duration::ZERO,
        };
        let mut activity = Activity {
            doing,
            entries: self.intake.forest.dir(DirId::TOP).sums.entries,
            elapsed,
            longest: self.took.max(elapsed),
            is_removing: self.removals.go_on(),
            ..Activity::default()
        };
        if let (Reading::Walk(_), Some(meter)) = (&self.reading, &mut self.meter) {
            let progress = meter.measure();
            activity.entries = progress.entries;
            activity.per_cent = progress.per_cent;
            let silence = progress.silence;
            activity.silent = silence.map(|silence| (progress.path.clone(), silence));
        }
        activity
    }
}
