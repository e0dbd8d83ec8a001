//! Where the entries come from at the moment: a walk, an import, or nothing any more.

use std::collections::{HashSet, VecDeque};
use std::convert::Infallible;
use std::ops::ControlFlow;
use std::time::Instant;

use crossbeam_channel::{Receiver, at, never, tick};

use super::imported::{Batch, Replays};
use super::intake::Intake;
use super::read_times::now;
use crate::count::listing::Listing;
use crate::count::usage::FileTime;
use crate::forest::DirId;
use crate::sys::cancel::Canceller;
use crate::walk::RunningWalk;
use crate::walk::driver::{self, PULSE};
use crate::walk::operands::{NameStream, Part};

/// See the module.
pub(super) enum Reading {
    /// Walkers send listings.
    Walk(Box<LiveWalk>),
    /// A thread reads an export.
    Import(Receiver<Batch>, Replays),
    /// All has come.
    Nothing,
}

/// How the first reading has ended, or will.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum FirstEnd {
    /// At the end of what there was to read.
    Whole,
    /// It was stopped.
    Stopped,
    /// An export could not be read further.
    Broken,
}

/// A walk.
pub(super) struct LiveWalk {
    pub(super) walk: RunningWalk,
    /// None once it was stopped.
    pub(super) canceller: Option<Canceller>,
    /// The operands that have not come yet.
    pub(super) names: NameStream,
    /// The directory that is read again; none for the first walk.
    pub(super) reread: Option<DirId>,
    /// When it began.
    pub(super) began: FileTime,
    /// Ticks at which the listings are taken that are fewer than those that wake the loop.
    pub(super) pulse: Receiver<Instant>,
}

/// Directories that are to be read again.
#[derive(Debug, Default)]
pub(super) struct Rereads {
    pub(super) waiting: VecDeque<DirId>,
    /// Those that nobody has asked for.
    pub(super) quiet: HashSet<DirId>,
    /// One that was the first of them, whose directory is being opened.
    pub(super) opening: Option<OpeningReread>,
    /// One was read, and takes the place of what was shown; it was begun at this time.
    pub(super) replacing: Option<(DirId, FileTime)>,
}

/// A directory around one that is to be read again is being opened.
#[derive(Debug, Clone, Copy)]
pub(super) struct OpeningReread {
    pub(super) directory: DirId,
    /// The number of the answer.
    pub(super) number: u64,
    /// When it is given up.
    pub(super) until: Instant,
}

impl Rereads {
    /// Receives when a directory was not opened in time.
    pub(super) fn patience(&self) -> Receiver<Instant> {
        self.opening.map_or_else(never, |opening| at(opening.until))
    }
}

impl LiveWalk {
    pub(super) fn new(walk: RunningWalk, canceller: Canceller) -> Self {
        Self {
            walk,
            canceller: Some(canceller),
            names: NameStream::Ended,
            reread: None,
            began: now(),
            pulse: tick(PULSE),
        }
    }

    /// Takes operands of a list, or its end. Breaks where the list cannot be opened.
    pub(super) fn take_part(
        &mut self,
        part: Option<Part>,
        intake: &mut Intake<'_>,
    ) -> ControlFlow<()> {
        match part {
            Some(Ok(operands)) => {
                if let Some(branch) = self.walk.add(operands.names) {
                    intake.operands(&branch, &operands.failures);
                }
            }
            Some(Err(failure)) => {
                self.names = NameStream::Ended;
                intake.list_failed(failure);
                return ControlFlow::Break(());
            }
            None => {
                self.names = NameStream::Ended;
                intake.expect_operands(false);
            }
        }
        ControlFlow::Continue(())
    }

    /// Stops the walkers, and takes what they still send.
    pub(super) fn stop(&mut self, mut take: impl FnMut(Listing)) {
        self.canceller = None;
        self.walk.end_operands();
        let _ = driver::drain(&self.walk.listings, |listing| {
            take(listing);
            Ok::<(), Infallible>(())
        });
    }
}

impl Reading {
    /// The directory that is read again, if one is.
    pub(super) fn reread(&self) -> Option<(DirId, FileTime)> {
        match self {
            Self::Walk(live) => live.reread.map(|directory| (directory, live.began)),
            Self::Import(..) | Self::Nothing => None,
        }
    }

    /// True while something may come.
    pub(super) fn goes_on(&self) -> bool {
        !matches!(self, Self::Nothing)
    }

    /// Receives when listings wait.
    pub(super) fn wakeup(&self) -> Receiver<()> {
        match self {
            Self::Walk(live) => live.walk.wakeup.clone(),
            Self::Import(..) | Self::Nothing => never(),
        }
    }

    pub(super) fn pulse(&self) -> Receiver<Instant> {
        match self {
            Self::Walk(live) => live.pulse.clone(),
            Self::Import(..) | Self::Nothing => never(),
        }
    }

    /// Operands of a list.
    pub(super) fn names(&self) -> Receiver<Part> {
        match self {
            Self::Walk(live) => live.names.parts(),
            Self::Import(..) | Self::Nothing => never(),
        }
    }

    /// Events of an import.
    pub(super) fn batches(&self) -> Receiver<Batch> {
        match self {
            Self::Import(batches, _) => batches.clone(),
            Self::Walk(_) | Self::Nothing => never(),
        }
    }
}
