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
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, never, select, tick};

use crate::count::listing::{Branch, Listing, Names};
use crate::count::order::Order;
use crate::format::Format;
use crate::format::outcome::{self, Outcome, Stop};
use crate::format::report::Report;
use crate::sys::cancel::{self, Canceller};
use crate::sys::signals::{self, Cause};
use crate::sys::status::{Progress, Status};
use crate::sys::supervise;
use crate::walk::operands::{NameStream, OperandSource, Operands, Part};
use crate::walk::{self, CpuUsage, ListingReceiver, Monitor, RunningWalk, Walk};

/// The progress line names a directory that has not answered for so long.
const STALLED: Duration = Duration::from_secs(5);

/// Listings wait no longer than this, however few they are. A timer that starts with the first of them would save 50
/// wakeups a second while nothing arrives: 0.1 to 0.7 % of one processor (10 s in which a directory does not answer).
const PULSE: Duration = Duration::from_millis(20);

/// Listings taken before the other events have their turn: with a slow reader of the output they would wait for ever.
const MOST_LISTINGS: usize = 512;

/// The next part of a list of operands is taken when fewer operands than this are left. Many times [`MOST_LISTINGS`]: with
/// 1,024 the walkers had nothing to do while this thread slept (3.5 times as slow with long names).
const OPERANDS_AHEAD: u32 = 4096;

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
    operands: OperandSource,
    format: &mut dyn Format,
    out: &mut dyn Write,
    status: &mut Status,
) -> Outcome {
    let (canceller, done) = cancel::channel();
    let walk = Walk::new(options.walk, done);
    let run = Run {
        monitor: walk.monitor(),
        order: Order::default(),
        report: Report::new(options.tally, format, out, status),
        progress: Progress::default(),
        last: None,
        names: NameStream::Ended,
        expected: None,
        expected_channel: never(),
        walker_failed: false,
        supervised: options.supervised,
    };
    match operands {
        OperandSource::Words(words) => run.count_words(walk, canceller, words),
        OperandSource::List(list) => run.count_list(walk, canceller, &list),
    }
}

struct Run<'a> {
    /// Reads what the walkers have seen, and where they wait.
    monitor: Monitor,
    order: Order,
    report: Report<'a>,
    progress: Progress,
    /// The directory of the listing that arrived last.
    last: Option<(Arc<Branch>, u32)>,
    /// The operands that have not come yet.
    names: NameStream,
    /// Number of entries below the operands, where that is known.
    expected: Option<u64>,
    /// Receives that number.
    expected_channel: Receiver<u64>,
    /// A walker has panicked.
    walker_failed: bool,
    /// See [`DuOptions`].
    supervised: bool,
}

/// The channels of a run that takes longer than a moment.
struct Events {
    causes: Receiver<Cause>,
    progress: Receiver<Instant>,
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
        let (start, mut usage) = (Instant::now(), CpuUsage::start());
        let mut directories = 0;
        // Not where a step may wait for a dead mount: this thread has to react to everything else.
        let may_block = supervise::is_supervised();
        while !may_block && !walk.may_block() && walk.step() {
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
        let events = self.watch(&mut usage);
        signals::start_enter();
        if self.report.status.is_verbose() {
            self.expected_channel = walk::entries_expected(operands);
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
        let message = self.report.status.cancelled_message();
        if self.supervised {
            let message = message.clone();
            usage.across(|| supervise::fork_if_served(signals::GRACE, message));
        }
        self.report.may_start_threads();
        Events {
            causes: signals::start(message),
            progress: self.report.status.ticks(),
        }
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
        let deadline = Instant::now() + DRAIN_TIME;
        while Instant::now() < deadline
            && let Some(listing) = walk.listings.receive_until(deadline)
        {
            self.take(listing)?;
        }
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
            self.last = Some(listing.place.clone());
        }
        self.order.arrive(listing);
        self.advance()
    }

    /// Draws the progress line, with what the walkers have seen until now.
    fn draw(&mut self) {
        (self.progress.entries, self.progress.bytes) = self.monitor.seen();
        self.expected = self.expected_channel.try_recv().ok().or(self.expected);
        self.progress.per_cent = self.expected.and_then(|expected| {
            // At most 99: other file systems may be mounted below, and links are met more than once.
            let per_cent = u128::from(self.progress.entries) * 100 / u128::from(expected.max(1));
            u8::try_from(per_cent.min(99)).ok()
        });
        let (place, silence) = match self.monitor.longest_silence(STALLED) {
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
                order: walk::WalkOrder::Disk,
                follow: walk::Follow::Never,
                one_file_system: false,
                exclude: Exclude::default(),
                caches: walk::Caches::Counted,
                excluded_types: None,
                remember: walk::Remember::Links,
                name_files: None,
                fold_below: None,
                time: None,
                min_size: None,
                details: false,
                renderer: None,
                watched: false,
                budget: None,
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
        let operands = OperandSource::Words(Operands::from_words(&[tree]));
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
