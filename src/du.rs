//! The select loop: one thread that owns all state of the count and of the output.
//!
//! Small trees are walked on this thread, one directory after the other. Larger ones go to a pool of walkers; this thread
//! then receives their listings, the ticks and the cancellation in one `select!`. Listings become events
//! (`count::order`), events become records (`count::tally`), records become bytes (`format`).
//!
//! Contract. Order: lines come in the order of a single walker. Errors: a failed write ends the run at once. Cancellation:
//! the loop drops the canceller, which stops the walkers, takes what they still send for 80 ms, and reports what
//! was finished. It never waits for a walker that a dead mount holds.

use std::io::{self, Write};
use std::sync::Arc;
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, never, select, tick};

use crate::count::listing::{Branch, Listing};
use crate::count::order::Order;
use crate::format::Format;
use crate::format::outcome::{self, Outcome, Stop};
use crate::format::report::Report;
use crate::sys::cancel::{self, Canceller};
use crate::sys::signals::{self, Cause};
use crate::sys::status::{Progress, Status};
use crate::sys::supervise;
use crate::walk::operands::Operands;
use crate::walk::{self, CpuUsage, ListingReceiver, Monitor, RunningWalk, Walk};

/// The progress line names a directory that has not answered for so long.
const STALLED: Duration = Duration::from_secs(5);

/// Listings wait no longer than this, however few they are. A timer that starts with the first of them would save 50
/// wakeups a second while nothing arrives: 0.1 to 0.7 % of one processor (10 s in which a directory does not answer).
const PULSE: Duration = Duration::from_millis(20);

/// Listings taken before the other events have their turn: with a slow reader of the output they would wait for ever.
const MOST_LISTINGS: usize = 512;

/// How long a cancelled run receives what its walkers still send: less than a person notices.
const DRAIN_TIME: Duration = Duration::from_millis(80);

/// What the main thread walks before it starts a pool: as much as it takes to start one.
const DIRECTORIES_ALONE: usize = 64;
const TIME_ALONE: Duration = Duration::from_millis(2);

/// The options of the loop, and of what it runs.
#[derive(Debug)]
pub struct DuOptions {
    /// For the walk.
    pub walk: walk::WalkOptions,
    /// For the count.
    pub tally: crate::count::tally::TallyOptions,
    /// A tree on a file system with a server is walked in a child process; the process has one thread so far.
    pub supervised: bool,
}

/// Counts the operands.
pub fn du(
    options: DuOptions,
    operands: Operands,
    format: &mut dyn Format,
    out: &mut dyn Write,
    status: &mut Status,
) -> Outcome {
    let (canceller, done) = cancel::channel();
    let count = operands.names.len();
    let roots = walk::command_line(operands.names, 0, 0);
    let walk = Walk::new(options.walk, done, count.into());
    let mut run = Run {
        order: Order::new(Arc::clone(&roots), operands.failures),
        report: Report::new(options.tally, format, out, status),
        progress: Progress::default(),
        last: None,
        operands: Arc::clone(&roots),
        expected: None,
        expected_channel: never(),
        walker_failed: false,
        supervised: options.supervised,
    };
    if count > 0 {
        walk.add(roots);
    }
    match run.run(walk, canceller) {
        Ok(cause) => run.end(cause),
        Err(error) => Outcome::WriteError(error),
    }
}

struct Run<'a> {
    order: Order,
    report: Report<'a>,
    progress: Progress,
    /// The directory of the listing that arrived last.
    last: Option<(Arc<Branch>, u32)>,
    operands: Arc<Branch>,
    /// Number of entries below the operands, where that is known.
    expected: Option<u64>,
    /// Receives that number.
    expected_channel: Receiver<u64>,
    /// A walker has panicked.
    walker_failed: bool,
    /// See [`DuOptions`].
    supervised: bool,
}

impl Run<'_> {
    /// Walks to the end, or until the run is cancelled.
    fn run(&mut self, walk: Walk, canceller: Canceller) -> io::Result<Option<Cause>> {
        self.report.begin();
        self.advance()?;
        let (start, mut usage) = (Instant::now(), CpuUsage::start());
        let mut directories = 0;
        // Not where a step may wait for a dead mount: this thread has to react to everything else.
        while !walk.may_block() && walk.step() {
            self.take_all(walk.listings())?;
            directories += 1;
            if directories >= DIRECTORIES_ALONE || start.elapsed() >= TIME_ALONE {
                break;
            }
        }
        self.take_all(walk.listings())?;
        if !walk.has_work() {
            return Ok(None);
        }
        if self.supervised {
            usage.across(|| supervise::fork_if_served(signals::GRACE));
        }
        let causes = signals::start(self.report.status.cancelled_message());
        let tick = self.report.status.ticks();
        if self.report.status.is_verbose() {
            self.expected_channel = walk::entries_expected(&self.operands);
        }
        let mut monitor = walk.monitor();
        match walk.start(usage) {
            Ok(mut walk) => self.select(&mut walk, causes, (&tick, &mut monitor), canceller),
            Err(walk) => self.walk_alone(&walk, &causes, (&tick, &mut monitor)),
        }
    }

    fn select(
        &mut self,
        walk: &mut RunningWalk,
        mut causes: Receiver<Cause>,
        (progress, monitor): (&Receiver<Instant>, &mut Monitor),
        canceller: Canceller,
    ) -> io::Result<Option<Cause>> {
        let pulse = tick(PULSE);
        loop {
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
                recv(progress) -> _ => self.draw(monitor),
                recv(causes) -> cause => match cause {
                    Ok(cause) => return self.cancel(walk, canceller, cause).map(Some),
                    // No thread watches for signals. Its arm would be ready for ever, and one processor would spin.
                    Err(_) => causes = never(),
                },
            }
            self.report.flush()?;
            walk.issue_tokens();
        }
    }

    /// Stops the walkers, and takes what they still send.
    fn cancel(
        &mut self,
        walk: &RunningWalk,
        canceller: Canceller,
        cause: Cause,
    ) -> io::Result<Cause> {
        drop(canceller);
        if cause == Cause::Enter {
            self.report.status.enter_was_echoed();
        }
        // Now: a second signal ends the process before the end of the report.
        self.report.status.clear();
        let deadline = Instant::now() + DRAIN_TIME;
        while Instant::now() < deadline
            && let Some(listing) = walk.listings.receive_until(deadline)
        {
            self.take(listing)?;
        }
        Ok(cause)
    }

    /// No thread can be had: the main thread does everything.
    fn walk_alone(
        &mut self,
        walk: &Walk,
        causes: &Receiver<Cause>,
        (progress, monitor): (&Receiver<Instant>, &mut Monitor),
    ) -> io::Result<Option<Cause>> {
        while walk.step() {
            self.take_all(walk.listings())?;
            if let Ok(cause) = causes.try_recv() {
                return Ok(Some(cause));
            }
            if progress.try_recv().is_ok() {
                self.draw(monitor);
                self.report.flush()?;
            }
        }
        self.take_all(walk.listings())?;
        Ok(None)
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
            self.last = Some(listing.place.clone());
        }
        self.order.arrive(listing);
        self.advance()
    }

    /// Draws the progress line, with what the walkers have seen until now.
    fn draw(&mut self, monitor: &mut Monitor) {
        (self.progress.entries, self.progress.bytes) = monitor.seen();
        self.expected = self.expected_channel.try_recv().ok().or(self.expected);
        self.progress.per_cent = self.expected.and_then(|expected| {
            // At most 99: other file systems may be mounted below, and links are met more than once.
            let per_cent = u128::from(self.progress.entries) * 100 / u128::from(expected.max(1));
            u8::try_from(per_cent.min(99)).ok()
        });
        let (place, silence) = match monitor.longest_silence(STALLED) {
            Some((place, silence)) => (Some(place), Some(silence)),
            None => (self.last.clone(), None),
        };
        self.progress.silence = silence;
        self.progress.path.clear();
        if let Some((branch, index)) = place {
            branch.path(index, None, &mut self.progress.path);
        }
        self.report.status.progress(&self.progress);
    }

    /// Reports as many events as the listings allow.
    fn advance(&mut self) -> io::Result<()> {
        self.order.advance(&mut self.report);
        self.report.check()
    }

    /// Reports the rest: a directory that was not finished has no line.
    fn end(mut self, cause: Option<Cause>) -> Outcome {
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
mod tests {
    use super::*;
    use crate::count::record::Record;
    use crate::format::Warning;
    use crate::gnu::exclude::Exclude;
    use crate::gnu::quote::Charset;
    use std::ffi::OsString;
    use std::path::Path;
    use std::process::{Command, Stdio};

    /// More directories than one thread walks before it calls others.
    const DIRECTORIES: usize = 2 * DIRECTORIES_ALONE;

    /// Names the program that a test runs again to see what it writes: this one, and the tree it walks there.
    const TREE: &str = "PDU_TEST_OF_A_PANIC";

    struct Silent;

    impl Format for Silent {
        fn record(&mut self, _: &Record<'_>, _: &mut Vec<u8>) -> Option<Warning> {
            None
        }
    }

    fn walk_with(walkers: usize, tree: OsString) -> Outcome {
        let options = DuOptions {
            walk: walk::WalkOptions {
                walkers,
                follow: walk::Follow::Never,
                one_file_system: false,
                exclude: Exclude::default(),
                remember: walk::Remember::Links,
                name_files: None,
                fold_below: None,
                time: None,
                min_size: None,
                details: false,
                renderer: None,
                watched: false,
            },
            tally: crate::count::tally::TallyOptions::default(),
            supervised: false,
        };
        let mut status = Status::new(crate::sys::status::StatusOptions {
            program: b"pdu".into(),
            charset: Charset::Utf8,
            verbose: false,
            dumb: true,
        });
        let operands = Operands::from_words(&[tree]);
        du(options, operands, &mut Silent, &mut Vec::new(), &mut status)
    }

    /// Runs the test of that name again, over a tree where walkers panic, and waits for it to end.
    fn again(test: &str, fault: &str) -> String {
        let name = format!("pdu-panic-{}-{test}", std::process::id());
        let tree = std::env::temp_dir().join(name);
        for number in 0..DIRECTORIES {
            let inside = tree.join(format!("{number}")).join(fault);
            std::fs::create_dir_all(inside).expect("temporary files can be made");
        }
        let messages = run_again(test, &tree);
        let _ = std::fs::remove_dir_all(&tree);
        messages
    }

    fn run_again(test: &str, tree: &Path) -> String {
        let this = std::env::current_exe().expect("it runs");
        let mut child = Command::new(this)
            .args(["--exact", "--nocapture", &format!("du::tests::{test}")])
            .env(TREE, tree)
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .expect("it starts again");
        let mut pipe = child.stderr.take().expect("it is a pipe");
        let (give, messages) = crossbeam_channel::bounded(1);
        std::thread::spawn(move || {
            let mut text = String::new();
            let _ = io::Read::read_to_string(&mut pipe, &mut text);
            give.send(text)
        });
        let messages = messages.recv_timeout(Duration::from_secs(60));
        let _ = child.kill();
        let status = child.wait().expect("it is our child");
        let messages = messages.expect("it ends within a minute");
        assert!(status.success(), "{messages}");
        messages
    }

    #[track_caller]
    fn a_panic_is_told(test: &str, fault: &str) {
        if let Some(tree) = std::env::var_os(TREE) {
            for walkers in [1, 4] {
                let outcome = walk_with(walkers, tree.clone());
                assert!(matches!(outcome, Outcome::Broken), "{outcome:?}");
            }
            return;
        }
        let messages = again(test, fault);
        let told = "pdu: internal error: a walker has failed; the result is incomplete\n";
        assert_eq!(messages.matches(told).count(), 2, "{messages}");
    }

    #[test]
    fn a_walker_that_panics_before_its_listing_ends_the_run_with_a_message() {
        let test = "a_walker_that_panics_before_its_listing_ends_the_run_with_a_message";
        a_panic_is_told(test, "panic before the listing");
    }

    #[test]
    fn a_walker_that_panics_after_its_listing_ends_the_run_with_a_message() {
        let test = "a_walker_that_panics_after_its_listing_ends_the_run_with_a_message";
        a_panic_is_told(test, "panic after the listing");
    }
}
