//! The select loop: one thread that owns all state of the count and of the output.
//!
//! Small trees are walked on this thread, one directory after the other. Larger ones go to a pool of walkers; this thread
//! then receives their listings, the ticks and the cancellation in one `select!`. Listings become events
//! (`count::order`), events become records (`count::tally`), records become bytes (`format`).
//!
//! A list of operands is a stream: another thread reads it, and its names arrive in parts in the same `select!`.
//!
//! Contract. Order: lines come in the order of a single walker. Errors: a failed write ends the run at once. Cancellation:
//! the loop drops the canceller, which stops the walkers, takes what they still send for 80 ms, and reports what
//! was finished. It never waits for a walker that a dead mount holds.

use std::ffi::OsStr;
use std::io::{self, Write};
use std::os::unix::ffi::OsStrExt;
use std::sync::Arc;

use crossbeam_channel::{Receiver, never, select, tick};

use crate::count::listing::{Branch, Listing, Names};
use crate::count::order::Order;
use crate::format::Format;
use crate::format::outcome::{self, Outcome, Stop};
use crate::format::report::Report;
use crate::sys::cancel::{self, Canceller};
use crate::sys::signals::{self, Cause};
use crate::sys::status::Status;
use crate::walk::driver::{
    self, Events, MOST_LISTINGS, OPERANDS_AHEAD, PULSE, ProgressMeter, Supervision,
};
use crate::walk::operands::{NameStream, OperandSource, Operands, Part};
use crate::walk::{self, CpuUsage, ListingReceiver, RunningWalk, Walk};

/// The options of the loop, and of what it runs.
#[derive(Debug)]
pub struct DuOptions {
    /// For the walk.
    pub walk: walk::WalkOptions,
    /// For the count.
    pub tally: crate::count::tally::TallyOptions,
    /// The process has one thread so far.
    pub supervision: Supervision,
}

/// Counts the operands.
pub fn du(
    options: DuOptions,
    operands: OperandSource,
    format: &mut dyn Format,
    out: &mut dyn Write,
    status: &mut Status,
) -> Outcome {
    let (canceller, done) = cancel::channel();
    let walk = Walk::new(options.walk, done);
    let run = Run {
        meter: ProgressMeter::new(&walk),
        order: Order::default(),
        report: Report::new(options.tally, format, out, status),
        names: NameStream::Ended,
        walker_failed: false,
        supervision: options.supervision,
    };
    match operands {
        OperandSource::Words(words) => run.count_words(walk, canceller, words),
        OperandSource::List(list) => run.count_list(walk, canceller, &list),
    }
}

struct Run<'a> {
    meter: ProgressMeter,
    order: Order,
    report: Report<'a>,
    /// The operands that have not come yet.
    names: NameStream,
    /// A walker has panicked.
    walker_failed: bool,
    supervision: Supervision,
}

/// The end of a wait for the next operands.
enum Waited {
    /// They came; nothing after the last.
    Names(Option<Part>),
    Cancelled(Cause),
}

impl Run<'_> {
    /// Counts the words of the command line.
    fn count_words(mut self, walk: Walk, canceller: Canceller, words: Operands) -> Outcome {
        self.report.begin();
        let operands = walk.add(words.names);
        self.order
            .add_operands(Arc::clone(&operands), words.failures);
        self.order.end_operands();
        let counted = self.walk_words(walk, canceller, &operands);
        self.end(counted)
    }

    fn walk_words(
        &mut self,
        walk: Walk,
        canceller: Canceller,
        operands: &Arc<Branch>,
    ) -> io::Result<Option<Cause>> {
        self.advance()?;
        let mut usage = CpuUsage::start();
        if !driver::begin(&walk, |listing| self.take(listing))? {
            return Ok(None);
        }
        let events = self.watch(&mut usage);
        signals::start_enter();
        if self.report.status.is_verbose() {
            self.meter.expect(operands);
        }
        self.walk_on(walk, usage, &events, canceller)
    }

    /// Counts the names of a list. This thread does not read it, since the list may come slowly.
    fn count_list(mut self, walk: Walk, canceller: Canceller, list: &OsStr) -> Outcome {
        let mut usage = CpuUsage::start();
        let events = self.watch(&mut usage);
        self.names = NameStream::start(list);
        let waited = self.wait_for_names(&events);
        if let Waited::Names(Some(Err(failure))) = waited {
            self.report.status.failure(list.as_bytes(), failure);
            return Outcome::Broken;
        }
        self.report.begin();
        let counted = match waited {
            Waited::Cancelled(cause) => Ok(Some(cause)),
            Waited::Names(part) => self
                .take_part(part, |names| Some(walk.add(names)))
                .and_then(|()| self.walk_on(walk, usage, &events, canceller)),
        };
        self.end(counted)
    }

    /// Starts to listen for what may end the run early, in a child process where that is needed.
    fn watch(&mut self, usage: &mut CpuUsage) -> Events {
        driver::split(self.supervision, usage, self.report.status);
        self.report.may_start_threads();
        Events::watch(self.report.status)
    }

    /// Walks to the end, or until the run is cancelled.
    fn walk_on(
        &mut self,
        walk: Walk,
        usage: CpuUsage,
        events: &Events,
        canceller: Canceller,
    ) -> io::Result<Option<Cause>> {
        if matches!(self.names, NameStream::Here(_)) {
            return self.walk_alone(&walk, events);
        }
        match walk.start(usage) {
            Ok(mut walk) => self.select(&mut walk, events, canceller),
            Err(walk) => self.walk_alone(&walk, events),
        }
    }

    fn select(
        &mut self,
        walk: &mut RunningWalk,
        events: &Events,
        canceller: Canceller,
    ) -> io::Result<Option<Cause>> {
        let pulse = tick(PULSE);
        loop {
            if matches!(self.names, NameStream::Ended) || walk.has_panicked() {
                walk.end_operands();
            }
            select! {
                // Not the listings: to wake for each takes 15 to 20 % more CPU time (/usr, and 66,430 small directories;
                // -j1 and -j2). Both are disconnected at the same time.
                recv(walk.wakeup) -> wakeup => {
                    self.take_some(&walk.listings)?;
                    if wakeup.is_err() && walk.listings.is_empty() {
                        self.walker_failed = walk.has_panicked();
                        return Ok(None);
                    }
                }
                recv(pulse) -> _ => self.take_some(&walk.listings)?,
                recv(self.awaited_names()) -> part => {
                    self.take_part(part.ok(), |names| walk.add(names))?;
                }
                recv(events.progress) -> _ => self.draw(),
                recv(events.causes) -> cause => if let Ok(cause) = cause {
                    return self.cancel(walk, canceller, cause).map(Some);
                },
            }
            self.report.flush()?;
            walk.issue_tokens();
        }
    }

    /// Stops the walkers, and takes what they still send.
    fn cancel(
        &mut self,
        walk: &mut RunningWalk,
        canceller: Canceller,
        cause: Cause,
    ) -> io::Result<Cause> {
        drop(canceller);
        walk.end_operands();
        if cause == Cause::Enter {
            self.report.status.enter_was_echoed();
        }
        // Now: a second signal ends the process before the end of the report.
        self.report.status.clear();
        driver::drain(&walk.listings, |listing| self.take(listing))?;
        Ok(cause)
    }

    /// No thread can be had: the main thread does everything.
    fn walk_alone(&mut self, walk: &Walk, events: &Events) -> io::Result<Option<Cause>> {
        let pulse = tick(PULSE);
        loop {
            while walk.step() {
                self.take_all(walk.listings())?;
                if let Ok(cause) = events.causes.try_recv() {
                    return Ok(Some(cause));
                }
                if events.progress.try_recv().is_ok() {
                    self.draw();
                }
                if pulse.try_recv().is_ok() {
                    self.report.flush()?;
                }
            }
            self.take_all(walk.listings())?;
            if matches!(self.names, NameStream::Ended) {
                return Ok(None);
            }
            self.report.flush()?;
            match self.wait_for_names(events) {
                Waited::Names(part) => self.take_part(part, |names| Some(walk.add(names)))?,
                Waited::Cancelled(cause) => return Ok(Some(cause)),
            }
        }
    }

    /// The channel of the next operands, once few are left: those that wait take memory.
    fn awaited_names(&self) -> Receiver<Part> {
        match self.order.operands_left() < OPERANDS_AHEAD {
            true => self.names.parts(),
            false => never(),
        }
    }

    /// Waits for the next operands where there is nothing else to do.
    fn wait_for_names(&mut self, events: &Events) -> Waited {
        if let NameStream::Here(list) = &mut self.names {
            return Waited::Names(list.next());
        }
        let parts = self.names.parts();
        loop {
            select! {
                recv(parts) -> part => return Waited::Names(part.ok()),
                recv(events.causes) -> cause => if let Ok(cause) = cause {
                    return Waited::Cancelled(cause);
                },
                recv(events.progress) -> _ => self.draw(),
            }
        }
    }

    /// Takes the next operands, or their end, and adds them to the walk.
    fn take_part(
        &mut self,
        part: Option<Part>,
        add: impl FnOnce(Names) -> Option<Arc<Branch>>,
    ) -> io::Result<()> {
        match part {
            Some(Ok(operands)) => {
                if let Some(branch) = add(operands.names) {
                    self.order.add_operands(branch, operands.failures);
                }
            }
            Some(Err(_)) | None => {
                self.names = NameStream::Ended;
                self.order.end_operands();
            }
        }
        self.advance()
    }

    /// Takes all listings: ends only where no other thread sends more.
    fn take_all(&mut self, listings: &ListingReceiver) -> io::Result<()> {
        listings.take().try_for_each(|listing| self.take(listing))
    }

    /// Takes as many listings as leave time for the other events.
    fn take_some(&mut self, listings: &ListingReceiver) -> io::Result<()> {
        let mut some = listings.take().take(MOST_LISTINGS);
        some.try_for_each(|listing| self.take(listing))
    }

    fn take(&mut self, listing: Listing) -> io::Result<()> {
        if self.report.status.is_verbose() {
            self.meter.arrived(&listing);
        }
        self.order.arrive(listing);
        self.advance()
    }

    /// Draws the progress line, with what the walkers have seen until now.
    fn draw(&mut self) {
        self.report.status.progress(self.meter.measure());
    }

    /// Reports as many events as the listings allow.
    fn advance(&mut self) -> io::Result<()> {
        self.order.advance(&mut self.report);
        self.report.check()
    }

    /// Reports the rest: a directory that was not finished has no line.
    fn end(mut self, counted: io::Result<Option<Cause>>) -> Outcome {
        let cause = match counted {
            Ok(cause) => cause,
            Err(error) => return Outcome::WriteError(error),
        };
        self.order.give_up();
        let advanced = self.advance();
        let lacks_listing = self.walker_failed || self.report.counts().unfinished > 0;
        let stop = cause
            .map(Stop::Cancelled)
            .or(lacks_listing.then_some(Stop::WalkerFailed));
        outcome::end(&mut self.report, advanced.map(|()| stop))
    }
}

#[cfg(test)]
mod tests;
