//! The select loop: one thread that owns all state.
//!
//! Small trees are walked right here, one directory after the other. What is larger goes to a pool of walkers,
//! and this thread takes their listings, the ticks and the cancellation, in one `select!`. Listings become steps
//! (`order`), steps become records (`tally`), records become bytes (`show`).
//!
//! Cancelled, it lets the walkers stop, waits for them as long as a person would not notice, and tells what was
//! finished. It never waits for a walker that a dead mount holds.

use std::io::{self, Write};
use std::sync::Arc;
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, never, select, tick};

use crate::cancel::{self, Canceller};
use crate::listing::{Branch, Listing};
use crate::operands::Operands;
use crate::order::Order;
use crate::show::{Format, Written};
use crate::status::{Progress, Status, Summary};
use crate::tally::{Counts, Tally, Told};
use crate::walk::{self, Spread, Walk};
use crate::watch::{self, Cause};

/// Time between two looks at the progress.
const TICK: Duration = Duration::from_millis(500);

/// Finished lines wait no longer than this, when the walkers have no time to ring.
const PULSE: Duration = Duration::from_millis(20);

/// Listings taken before the other events have their turn: with a slow reader of the output they would wait for ever.
const AT_A_TIME: usize = 128;

/// Bytes of finished lines that are written at once; with the last line, no more than a pipe holds.
const PAGE: usize = 60 * 1024;

/// How long a cancelled run waits for its walkers.
const PATIENCE: Duration = Duration::from_millis(80);

/// What one thread walks before others are called: as much as it takes to start them.
const DIRECTORIES_ALONE: usize = 64;
const TIME_ALONE: Duration = Duration::from_millis(2);

/// How a run ended.
#[derive(Debug)]
pub enum Ending {
    /// Everything was counted.
    Whole,
    /// Something was not, and standard error says what.
    Errors,
    /// It was cancelled.
    Cancelled(Cause),
    /// Standard output failed.
    WriteError(io::Error),
}

/// What the loop needs.
#[derive(Debug)]
pub struct Options {
    /// For the walk.
    pub walk: walk::Options,
    /// For the count.
    pub tally: crate::tally::Options,
    /// Print the sum over all operands.
    pub total: bool,
}

/// Counts the operands.
pub fn du(
    options: Options,
    operands: Operands,
    format: &mut dyn Format,
    out: &mut dyn Write,
    status: &mut Status,
) -> Ending {
    let (canceller, done) = cancel::channel();
    let count = operands.names.len();
    let roots = walk::command_line(operands.names, 0, 0);
    let walk = Walk::new(options.walk, done, count.into());
    let mut run = Run {
        order: Order::new(),
        tally: Tally::new(options.tally),
        format,
        page: Page {
            lines: Vec::with_capacity(64 * 1024),
            out,
        },
        status,
        progress: Progress::default(),
        last: None,
        operands: Arc::clone(&roots),
        expected: None,
    };
    run.order.add(Arc::clone(&roots), operands.wrong);
    if count > 0 {
        walk.add(roots);
    }
    let stopped = run.run(walk, canceller);
    match stopped {
        Ok(cause) => run.end(cause, options.total),
        Err(error) => Ending::WriteError(error),
    }
}

struct Run<'a> {
    order: Order,
    tally: Tally,
    format: &'a mut dyn Format,
    page: Page<'a>,
    status: &'a mut Status,
    progress: Progress,
    /// The directory heard of last.
    last: Option<(Arc<Branch>, u32)>,
    operands: Arc<Branch>,
    /// Entries that are there, where that is known.
    expected: Option<u64>,
}

/// Finished lines on their way out. No `BufWriter`: that would write, when it is full, behind the progress.
struct Page<'a> {
    lines: Vec<u8>,
    out: &'a mut dyn Write,
}

impl Page<'_> {
    fn is_full(&self) -> bool {
        self.lines.len() >= PAGE
    }

    fn flush(&mut self, status: &mut Status) -> io::Result<()> {
        if self.lines.is_empty() {
            return Ok(());
        }
        status.clear();
        let written = self.out.write_all(&self.lines);
        self.lines.clear();
        written
    }
}

impl Run<'_> {
    /// Walks to the end, or until somebody asks to stop.
    fn run(&mut self, walk: Walk, canceller: Canceller) -> io::Result<Option<Cause>> {
        self.advance()?;
        let start = Instant::now();
        let mut directories = 0;
        while walk.step() {
            self.drain(walk.listings())?;
            directories += 1;
            if directories >= DIRECTORIES_ALONE || start.elapsed() >= TIME_ALONE {
                break;
            }
        }
        self.drain(walk.listings())?;
        if !walk.has_work() {
            return Ok(None);
        }
        let causes = watch::start();
        let tick = if self.status.is_verbose() {
            self.expected = walk::entries_expected(&self.operands);
            tick(TICK)
        } else {
            never()
        };
        match walk.spread() {
            Ok(spread) => self.listen(&spread, &causes, &tick, canceller),
            Err(walk) => self.walk_alone(&walk, &causes, &tick),
        }
    }

    fn listen(
        &mut self,
        spread: &Spread,
        causes: &Receiver<Cause>,
        tick: &Receiver<Instant>,
        canceller: Canceller,
    ) -> io::Result<Option<Cause>> {
        loop {
            select! {
                recv(spread.bell) -> rung => {
                    self.take_some(&spread.listings)?;
                    if rung.is_err() && spread.listings.is_empty() {
                        return Ok(None);
                    }
                }
                recv(tick) -> _ => self.draw(),
                recv(causes) -> cause => if let Ok(cause) = cause {
                    drop(canceller);
                    if cause == Cause::Enter {
                        self.status.entered();
                    }
                    // Now, since a second signal gives no time for it.
                    self.status.clear();
                    self.wind_up(spread)?;
                    return Ok(Some(cause));
                },
                default(PULSE) => self.take_some(&spread.listings)?,
            }
            self.flush()?;
        }
    }

    /// Takes what the walkers have still to say, for as long as nobody would notice.
    fn wind_up(&mut self, spread: &Spread) -> io::Result<()> {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let rung = spread
                .bell
                .recv_deadline(deadline.min(Instant::now() + PULSE));
            let ended = matches!(rung, Err(crossbeam_channel::RecvTimeoutError::Disconnected));
            for listing in spread.listings.try_iter() {
                self.take(listing)?;
                if Instant::now() >= deadline {
                    return Ok(());
                }
            }
            if ended || Instant::now() >= deadline {
                return Ok(());
            }
        }
    }

    /// No thread can be had: this one does everything.
    fn walk_alone(
        &mut self,
        walk: &Walk,
        causes: &Receiver<Cause>,
        tick: &Receiver<Instant>,
    ) -> io::Result<Option<Cause>> {
        while walk.step() {
            self.drain(walk.listings())?;
            if let Ok(cause) = causes.try_recv() {
                return Ok(Some(cause));
            }
            if tick.try_recv().is_ok() {
                self.draw();
                self.flush()?;
            }
        }
        self.drain(walk.listings())?;
        Ok(None)
    }

    /// Takes all that there is, which ends only where nobody sends more.
    fn drain(&mut self, listings: &Receiver<Listing>) -> io::Result<()> {
        listings
            .try_iter()
            .try_for_each(|listing| self.take(listing))
    }

    /// Takes what there is, as far as that leaves time for the rest of the loop.
    fn take_some(&mut self, listings: &Receiver<Listing>) -> io::Result<()> {
        let mut some = listings.try_iter().take(AT_A_TIME);
        some.try_for_each(|listing| self.take(listing))
    }

    fn take(&mut self, listing: Listing) -> io::Result<()> {
        self.note(&listing);
        self.order.arrive(listing);
        self.advance()
    }

    /// For the progress line, and only where there is one.
    fn note(&mut self, listing: &Listing) {
        if self.status.is_verbose() {
            let seen = listing.seen();
            self.progress.entries += seen.inodes;
            self.progress.bytes += seen.allocated;
            self.last = Some(listing.place.clone());
        }
    }

    fn draw(&mut self) {
        self.progress.per_cent = self.expected.and_then(|expected| {
            // Never all of it: other file systems may be mounted below, and links are met more than once.
            let per_cent = u128::from(self.progress.entries) * 100 / u128::from(expected.max(1));
            u8::try_from(per_cent.min(99)).ok()
        });
        self.progress.path.clear();
        if let Some((branch, index)) = &self.last {
            branch.path(*index, None, &mut self.progress.path);
        }
        self.status.progress(&self.progress);
    }

    /// Goes as far as the listings allow.
    fn advance(&mut self) -> io::Result<()> {
        while let Some(step) = self.order.step() {
            match self.tally.take(&step) {
                Told::Nothing => {}
                Told::Skip => self.order.skip(),
                Told::Record(record) => {
                    let written = self.format.record(&record, &mut self.page.lines)?;
                    self.remark(written)?;
                    if self.page.is_full() {
                        self.flush()?;
                    }
                }
                Told::Failed(path, failure) => {
                    // Both streams may be the same terminal or file: keep their order.
                    self.page.flush(self.status)?;
                    self.status.failure(path, failure);
                }
            }
        }
        Ok(())
    }

    fn total(&mut self, counts: &Counts) -> io::Result<()> {
        let written = self.format.total(&counts.total, &mut self.page.lines)?;
        self.remark(written)
    }

    fn remark(&mut self, written: Written) -> io::Result<()> {
        if let Written::TimeOutOfRange(seconds) = written {
            self.flush()?;
            self.status.time_out_of_range(seconds);
        }
        Ok(())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.page.flush(self.status)
    }

    /// Tells the rest: what was not finished has no line.
    fn end(mut self, cause: Option<Cause>, total: bool) -> Ending {
        self.order.give_up();
        let told = self.advance();
        let counts = *self.tally.counts();
        let missing = cause.is_none() && counts.unfinished > 0;
        let told = told.and_then(|()| match total && cause.is_none() && !missing {
            true => self.total(&counts),
            false => Ok(()),
        });
        if let Err(error) = told.and_then(|()| self.flush()) {
            return Ending::WriteError(error);
        }
        self.status.clear();
        self.status.summary(&summary(&counts));
        match cause {
            Some(cause) => {
                self.status.complain(&incomplete(&counts));
                Ending::Cancelled(cause)
            }
            None if missing => {
                self.status
                    .complain(b"internal error: a walker has failed; the result is incomplete");
                Ending::Errors
            }
            None if counts.errors > 0 => Ending::Errors,
            None => Ending::Whole,
        }
    }
}

fn summary(counts: &Counts) -> Summary {
    Summary {
        files: counts.total.inodes.saturating_sub(counts.directories),
        directories: counts.directories,
        bytes: counts.total.allocated,
        errors: counts.errors,
    }
}

fn incomplete(counts: &Counts) -> Vec<u8> {
    format!(
        "cancelled: the result is incomplete; counted so far: {} entries, {} bytes",
        counts.total.inodes, counts.total.allocated
    )
    .into_bytes()
}
