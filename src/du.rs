//! The select loop: one thread that owns all state.
//!
//! Small trees are walked right here, one directory after the other. What is larger goes to a pool of walkers,
//! and this thread takes their listings, the ticks and the cancellation, in one `select!`. Listings become events
//! (`order`), events become records (`tally`), records become bytes (`format`).
//!
//! Cancelled, it lets the walkers stop, waits for them as long as a person would not notice, and tells what was
//! finished. It never waits for a walker that a dead mount holds.

use std::io::{self, Write};
use std::sync::Arc;
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, never, select};

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
use crate::walk::{self, ListingReceiver, Load, RunningWalk, StallDetector, Walk};

/// Who has not answered for so long is named.
const SILENCE: Duration = Duration::from_secs(5);

/// Finished lines wait no longer than this, when the walkers have no time to ring.
const PULSE: Duration = Duration::from_millis(20);

/// Listings taken before the other events have their turn: with a slow reader of the output they would wait for ever.
const AT_A_TIME: usize = 512;

/// How long a cancelled run waits for its walkers.
const PATIENCE: Duration = Duration::from_millis(80);

/// What one thread walks before others are called: as much as it takes to start them.
const DIRECTORIES_ALONE: usize = 64;
const TIME_ALONE: Duration = Duration::from_millis(2);

/// What the loop needs.
#[derive(Debug)]
pub struct DuOptions {
    /// For the walk.
    pub walk: walk::WalkOptions,
    /// For the count.
    pub tally: crate::count::tally::TallyOptions,
    /// What may hang may be walked in a child of this process, which has one thread.
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
        order: Order::new(Arc::clone(&roots), operands.wrong),
        report: Report::new(options.tally, format, out, status),
        progress: Progress::default(),
        last: None,
        operands: Arc::clone(&roots),
        expected: None,
        expecting: never(),
        broken: false,
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
    /// The directory heard of last.
    last: Option<(Arc<Branch>, u32)>,
    operands: Arc<Branch>,
    /// Entries that are there, where that is known.
    expected: Option<u64>,
    /// Where it will be told.
    expecting: Receiver<u64>,
    /// A walker has panicked.
    broken: bool,
    /// See [`DuOptions`].
    supervised: bool,
}

impl Run<'_> {
    /// Walks to the end, or until somebody asks to stop.
    fn run(&mut self, walk: Walk, canceller: Canceller) -> io::Result<Option<Cause>> {
        self.report.begin();
        self.advance()?;
        let (start, mut load) = (Instant::now(), Load::start());
        let mut directories = 0;
        // This thread must not wait for a dead mount: it has to hear everybody else.
        while !walk.may_wait() && walk.step() {
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
        if self.supervised {
            load.across(|| supervise::split(signals::GRACE));
        }
        let causes = signals::start(self.report.status.last_words());
        let tick = self.report.status.ticks();
        if self.report.status.is_verbose() {
            self.expecting = walk::entries_expected(&self.operands);
        }
        match walk.spread(load) {
            Ok(mut spread) => self.listen(&mut spread, &causes, &tick, canceller),
            Err(walk) => self.walk_alone(&walk, &causes, &tick),
        }
    }

    fn listen(
        &mut self,
        spread: &mut RunningWalk,
        causes: &Receiver<Cause>,
        tick: &Receiver<Instant>,
        canceller: Canceller,
    ) -> io::Result<Option<Cause>> {
        loop {
            select! {
                recv(spread.bell) -> rung => {
                    self.take_some(&spread.listings)?;
                    if rung.is_err() && spread.listings.is_empty() {
                        self.broken = spread.is_broken();
                        return Ok(None);
                    }
                }
                recv(tick) -> _ => self.draw(Some(&mut spread.stall_detector)),
                recv(causes) -> cause => if let Ok(cause) = cause {
                    drop(canceller);
                    if cause == Cause::Enter {
                        self.report.status.entered();
                    }
                    // Now, since a second signal gives no time for it.
                    self.report.status.clear();
                    self.wind_up(spread)?;
                    return Ok(Some(cause));
                },
                default(PULSE) => self.take_some(&spread.listings)?,
            }
            self.report.flush()?;
            spread.crew.look();
        }
    }

    /// Takes what the walkers have still to say, for as long as nobody would notice.
    fn wind_up(&mut self, spread: &RunningWalk) -> io::Result<()> {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let rung = spread
                .bell
                .recv_deadline(deadline.min(Instant::now() + PULSE));
            let ended = matches!(rung, Err(crossbeam_channel::RecvTimeoutError::Disconnected));
            for listing in spread.listings.take() {
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
                self.draw(None);
                self.report.flush()?;
            }
        }
        self.drain(walk.listings())?;
        Ok(None)
    }

    /// Takes all that there is, which ends only where nobody sends more.
    fn drain(&mut self, listings: &ListingReceiver) -> io::Result<()> {
        listings.take().try_for_each(|listing| self.take(listing))
    }

    /// Takes what there is, as far as that leaves time for the rest of the loop.
    fn take_some(&mut self, listings: &ListingReceiver) -> io::Result<()> {
        let mut some = listings.take().take(AT_A_TIME);
        some.try_for_each(|listing| self.take(listing))
    }

    fn take(&mut self, listing: Listing) -> io::Result<()> {
        self.note(&listing);
        self.order.arrive(listing);
        self.advance()
    }

    /// For the progress line, and only where there is one.
    fn note(&mut self, listing: &Listing) {
        if self.report.status.is_verbose() {
            let seen = listing.seen();
            self.progress.entries += seen.inodes;
            self.progress.bytes += seen.allocated;
            self.last = Some(listing.place.clone());
        }
    }

    fn draw(&mut self, stall_detector: Option<&mut StallDetector>) {
        self.expected = self.expecting.try_recv().ok().or(self.expected);
        self.progress.per_cent = self.expected.and_then(|expected| {
            // Never all of it: other file systems may be mounted below, and links are met more than once.
            let per_cent = u128::from(self.progress.entries) * 100 / u128::from(expected.max(1));
            u8::try_from(per_cent.min(99)).ok()
        });
        let silent = stall_detector.and_then(|stall_detector| stall_detector.longest(SILENCE));
        let (place, silence) = match silent {
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

    /// Goes as far as the listings allow.
    fn advance(&mut self) -> io::Result<()> {
        self.order.advance(&mut self.report);
        self.report.check()
    }

    /// Tells the rest: what was not finished has no line.
    fn end(mut self, cause: Option<Cause>) -> Outcome {
        self.order.give_up();
        let told = self.advance();
        let lacks_walker = self.broken || self.report.counts().unfinished > 0;
        let stop = cause
            .map(Stop::Cancelled)
            .or(lacks_walker.then_some(Stop::WalkerFailed));
        outcome::end(&mut self.report, told.map(|()| stop))
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
                least: None,
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
