//! From the command line to the first frame.
//!
//! ```text
//!   begin (this thread, 2 ms) ─► split: child process ─► signals ─► walkers ─► first listing, at most 12 ms ─► screen
//! ```

use std::convert::Infallible;
use std::ffi::{OsStr, OsString};
use std::io::{self, Write};
use std::os::unix::ffi::OsStrExt;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, never};
use rustix::io::Errno;

use super::background::Background;
use super::browser::Browser;
use super::browser::options::BrowserOptions;
use super::browser::request::Source;
use super::frames::Frames;
use super::imported::{self, ImportEnd, Replays};
use super::intake::Intake;
use super::programs::Programs;
use super::read_times::ReadTimes;
use super::reading::{FirstEnd, LiveWalk, Reading, Rereads};
use super::removals::Removals;
use super::remove::RemovalOptions;
use super::roots::Roots;
use super::session::{Ending, Session};
use super::terminal::{self, Terminal, TerminalError, TerminalOptions, TimedInput};
use crate::count::listing::Listing;
use crate::forest::{Ended, Forest, LinkCounting, Slice};
use crate::format::classes::NameLookup;
use crate::format::outcome::Outcome;
use crate::gnu::quote::{self, Charset, Style};
use crate::gnu::time_style::TimeKind;
use crate::import::Links;
use crate::sys::cancel;
use crate::sys::screen;
use crate::sys::signals::{self, Cause};
use crate::sys::status::Status;
use crate::walk::driver::{self, ProgressMeter, Supervision};
use crate::walk::operands::{NameStream, OperandSource, Operands};
use crate::walk::{CpuUsage, OperandDir, Remember, RunningWalk, Walk, WalkOptions, operand_dirs};

/// The screen opens after so long, also where no listing has come.
const FIRST_FRAME: Duration = Duration::from_millis(12);

/// The options of the explorer, and of what it runs.
#[derive(Debug)]
pub struct ExploreOptions {
    /// For the walk; the explorer sets those that say what a listing holds.
    pub walk: WalkOptions,
    /// For the screen.
    pub browser: BrowserOptions,
    /// For the terminal.
    pub terminal: TerminalOptions,
    /// The form of the paths that are printed.
    pub quoting: (Style, Charset),
    /// Other programs.
    pub programs: Programs,
    /// Finds the names of owners; without it they stay numbers.
    pub owners: Option<NameLookup>,
    /// `$XDG_DATA_HOME`, or `$HOME/.local/share`; none where neither is known.
    pub data_home: Option<PathBuf>,
}

/// What is explored.
#[derive(Debug)]
pub enum ExploreInput {
    /// Directories and files.
    Operands(OperandSource),
    /// An export of an earlier walk; `-` is standard input.
    Export(OsString, Links),
}

/// The end of a wait for something to show.
enum Waited {
    /// There is something, or the time is over.
    Enough,
    /// The walk is over.
    ForEnd,
}

/// What the session needs from outside.
type SessionOptions = (ExploreOptions, WalkOptions, Source, Receiver<OperandDir>);

/// What there is before the screen.
struct Start<'a> {
    intake: Intake<'a>,
    meter: Option<ProgressMeter>,
    started: Instant,
    read_from: ReadTimes,
    causes: Receiver<Cause>,
    /// Why an import has ended before the screen was there.
    broken: Option<String>,
}

/// Shows the input on the screen until the user has finished.
pub fn explore(
    options: ExploreOptions,
    input: ExploreInput,
    out: &mut dyn Write,
    status: &mut Status,
) -> Outcome {
    let (dir_sender, dirs) = operand_dirs();
    let walk = walk_options(&options.walk);
    let mut start = Start::new(walk.remember, status);
    let first_walk = WalkOptions {
        operand_dirs: Some(dir_sender),
        ..walk.clone()
    };
    let quoting = options.quoting;
    let source = input.source();
    let begun = start.begin(first_walk, input);
    let opened = begun.and_then(|reading| match start.is_useless(&reading) {
        true => Ok(None),
        false => Ok(Some((reading, Terminal::open(options.terminal.clone())?))),
    });
    match opened {
        Ok(Some((reading, terminal))) => {
            let broken = start.broken.take();
            let mut session = start.session(reading, terminal, (options, walk, source, dirs));
            if let Some(message) = broken {
                session.tell_broken_import(message);
            }
            let ending = session.run();
            end(session, ending, (out, quoting))
        }
        Ok(None) => {
            start.intake.conclude();
            Outcome::Broken
        }
        Err(error) => {
            start.intake.status.message(&error.message());
            Outcome::Broken
        }
    }
}

/// The walk of the explorer: every entry is sent, as the forest keeps it.
fn walk_options(walk: &WalkOptions) -> WalkOptions {
    WalkOptions {
        name_files: Some(u32::MAX),
        fold_below: None,
        min_size: None,
        details: true,
        renderer: Some(Forest::renderer()),
        watched: true,
        time: walk.time.or(Some(TimeKind::Modified)),
        ..walk.clone()
    }
}

/// The messages and the paths come after the screen.
fn end(
    session: Session<'_>,
    ending: Ending,
    (out, quoting): (&mut dyn Write, (Style, Charset)),
) -> Outcome {
    let Session {
        mut intake,
        terminal,
        ..
    } = session;
    drop(terminal);
    intake.conclude();
    intake.summarize();
    let any_failed = intake.any_failed();
    match ending {
        Ending::Print(paths) => {
            if let Err(error) = print(&paths, quoting, out) {
                return Outcome::WriteError(error);
            }
        }
        Ending::Cancelled(cause) => return Outcome::Cancelled(cause),
        Ending::NothingToShow | Ending::NoTerminal => return Outcome::Broken,
        Ending::Quit => {}
    }
    match any_failed {
        true => Outcome::Errors,
        false => Outcome::Whole,
    }
}

/// A path on each line.
fn print(
    paths: &[Vec<u8>],
    (style, charset): (Style, Charset),
    out: &mut dyn Write,
) -> io::Result<()> {
    let mut lines = Vec::new();
    for path in paths {
        quote::apply(style, path, charset, &mut lines);
        lines.push(b'\n');
    }
    out.write_all(&lines)
}

impl ExploreInput {
    fn source(&self) -> Source {
        match self {
            Self::Operands(_) => Source::Disk,
            Self::Export(..) => Source::Export,
        }
    }
}

impl<'a> Start<'a> {
    fn new(remember: Remember, status: &'a mut Status) -> Self {
        let forest = Forest::new(match remember {
            Remember::Nothing => LinkCounting::Each,
            Remember::Links | Remember::Everything => LinkCounting::Once,
        });
        Self {
            intake: Intake::new(forest, status),
            meter: None,
            started: Instant::now(),
            read_from: ReadTimes::new(),
            causes: never(),
            broken: None,
        }
    }

    fn begin(&mut self, walk: WalkOptions, input: ExploreInput) -> Result<Reading, TerminalError> {
        match input {
            ExploreInput::Operands(OperandSource::Words(words)) => self.words(walk, words),
            ExploreInput::Operands(OperandSource::List(list)) => self.list(walk, &list),
            ExploreInput::Export(file, links) => self.import(file, links),
        }
    }

    /// The words of the command line: a small tree is read before the screen is there.
    fn words(&mut self, options: WalkOptions, words: Operands) -> Result<Reading, TerminalError> {
        let (canceller, done) = cancel::channel();
        let walk = Walk::new(options, done);
        let mut meter = ProgressMeter::new(&walk);
        let operands = walk.add(words.names);
        self.intake.operands(&operands, &words.failures);
        let mut usage = CpuUsage::start();
        let Ok(has_work) = driver::begin(&walk, |listing| self.take(listing));
        self.leave_start(&mut usage);
        if !has_work {
            self.intake.end(Ended::Whole);
            return Ok(Reading::Nothing);
        }
        meter.expect(&operands);
        self.meter = Some(meter);
        let mut walk = walk.start(usage).map_err(no_thread)?;
        walk.end_operands();
        Ok(match self.wait(&walk) {
            Waited::ForEnd => {
                self.intake.end(Ended::Whole);
                Reading::Nothing
            }
            Waited::Enough => Reading::Walk(Box::new(LiveWalk::new(walk, canceller))),
        })
    }

    /// The names of a list, which may come slowly.
    fn list(&mut self, options: WalkOptions, list: &OsStr) -> Result<Reading, TerminalError> {
        let (canceller, done) = cancel::channel();
        let walk = Walk::new(options, done);
        self.meter = Some(ProgressMeter::new(&walk));
        let mut usage = CpuUsage::start();
        self.leave_start(&mut usage);
        self.intake.input = list.as_bytes().into();
        self.intake.expect_operands(true);
        let names = NameStream::start(list);
        if matches!(names, NameStream::Here(_)) {
            return Err(no_thread(walk));
        }
        let walk = walk.start(usage).map_err(no_thread)?;
        let mut live = LiveWalk::new(walk, canceller);
        live.names = names;
        let part = live.names.parts().recv_deadline(self.started + FIRST_FRAME);
        if let Ok(part) = part
            && live.take_part(Some(part), &mut self.intake).is_break()
        {
            return Ok(Reading::Nothing);
        }
        Ok(Reading::Walk(Box::new(live)))
    }

    fn import(&mut self, file: OsString, links: Links) -> Result<Reading, TerminalError> {
        self.leave_start(&mut CpuUsage::start());
        self.intake.input = file.as_bytes().into();
        let batches = imported::start(file, links).map_err(TerminalError::Thread)?;
        let first = batches.recv_deadline(self.started + FIRST_FRAME);
        let mut replays = Replays::default();
        let Ok(batch) = first else {
            return Ok(Reading::Import(batches, replays));
        };
        self.intake.batch(&batch, &mut replays);
        Ok(match batch.end {
            None => Reading::Import(batches, replays),
            Some(ImportEnd::Whole) => {
                self.intake.end(Ended::Whole);
                Reading::Nothing
            }
            Some(end) => {
                self.broken = Some(self.intake.import_failed(&end));
                self.intake.end(Ended::Stopped);
                Reading::Nothing
            }
        })
    }

    fn take(&mut self, listing: Listing) -> Result<(), Infallible> {
        self.intake.listing(listing);
        Ok(())
    }

    /// The process is about to have several threads.
    fn leave_start(&mut self, usage: &mut CpuUsage) {
        screen::keep_modes();
        driver::split(Supervision::Child, usage, self.intake.status);
        terminal::block_signals();
        self.causes = signals::start(self.intake.status.cancelled_message());
    }

    /// Waits for something to show, for a moment.
    fn wait(&mut self, walk: &RunningWalk) -> Waited {
        let deadline = self.started + FIRST_FRAME;
        while !self.intake.has_usable() {
            match walk.listings.receive_until(deadline) {
                Some(listing) => self.intake.listing(listing),
                None if walk.has_ended() => return Waited::ForEnd,
                None => break,
            }
        }
        Waited::Enough
    }

    /// True where there is nothing to show, and there will not be.
    fn is_useless(&self, reading: &Reading) -> bool {
        !reading.goes_on() && self.intake.is_useless()
    }

    fn session(
        self,
        reading: Reading,
        (terminal, inputs): (Terminal, Receiver<TimedInput>),
        (options, walk_options, source, dirs): SessionOptions,
    ) -> Session<'a> {
        let is_read = !reading.goes_on();
        let trash = RemovalOptions {
            data_home: options.data_home,
            zone: options.browser.zone.clone(),
        };
        Session {
            intake: self.intake,
            background: Background::new(),
            opening: None,
            removals: Removals::new(Roots::new(dirs), self.read_from, trash),
            rereads: Rereads::default(),
            is_exporting: false,
            is_searching: false,
            walk_options,
            programs: options.programs,
            owners: options.owners,
            browser: Browser::new(options.browser),
            terminal,
            inputs,
            causes: self.causes,
            reading,
            meter: self.meter,
            source,
            frames: Frames::new(Instant::now()),
            started: self.started,
            took: match is_read {
                true => self.started.elapsed(),
                false => Duration::ZERO,
            },
            first_end: FirstEnd::Whole,
            links: Slice::More,
            ending: None,
        }
    }
}

/// The pool could not be had.
fn no_thread(_: Walk) -> TerminalError {
    TerminalError::Thread(Errno::AGAIN.into())
}
