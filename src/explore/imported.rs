//! The events of an import (`--from`), which a thread reads: a read of standard input may wait for ever.
//!
//! ```text
//!   thread "import": Import ─events─► Recorder ══ Batch ══► select loop: Replay ─events─► Forest
//! ```
//!
//! Order: that of the import. Errors: the last batch has the error. Cancellation: the thread ends at the first batch that
//! nobody receives; one that waits in a read ends with the process.

use std::ffi::OsString;
use std::io;
use std::ops::Range;

use crossbeam_channel::{Receiver, Sender, bounded};

use crate::count::usage::{Detail, Inode, Item, Usage};
use crate::count::visitor::{Extent, Flow, Visitor};
use crate::import::error::ImportError;
use crate::import::{Import, Links};
use crate::sys::failure::Failure;

/// Entries in a batch.
const ENTRIES: usize = 4096;

/// Some events, in order.
#[derive(Debug, Default)]
pub(super) struct Batch {
    events: Vec<Event>,
    /// The names in the events.
    names: Vec<u8>,
    /// Set in the last batch.
    pub(super) end: Option<ImportEnd>,
}

/// How the import has ended.
#[derive(Debug)]
pub(super) enum ImportEnd {
    /// At the end of the file.
    Whole,
    /// The file could not be opened.
    Unopened(Failure),
    /// It cannot be read further.
    Broken(ImportError),
}

/// An [`Item`] of its own.
#[derive(Debug)]
struct OwnItem {
    usage: Usage,
    dedup_key: Option<Inode>,
    detail: Option<Detail>,
}

#[derive(Debug)]
enum Event {
    Enter(Range<usize>, OwnItem, Option<Failure>),
    File(Option<Range<usize>>, OwnItem),
    Away(Range<usize>, Detail),
    Sum(Usage, u64),
    Failed(Range<usize>, Failure),
    Leave(Extent),
}

/// Replays batches to a visitor.
#[derive(Debug, Default)]
pub(super) struct Replay {
    /// The number of directories around the current one that were skipped.
    skipped: usize,
}

/// For the forest, and for the failures.
#[derive(Debug, Default)]
pub(super) struct Replays {
    pub(super) forest: Replay,
    pub(super) failures: Replay,
}

/// Starts the thread.
///
/// # Errors
///
/// There is no thread.
pub(super) fn start(file: OsString, links: Links) -> io::Result<Receiver<Batch>> {
    let (sender, batches) = bounded(2);
    let thread = std::thread::Builder::new().name("import".into());
    thread.spawn(move || send_all(&file, links, &sender))?;
    Ok(batches)
}

fn send_all(file: &OsString, links: Links, batches: &Sender<Batch>) {
    let mut import = match Import::open(file, links) {
        Ok(import) => import,
        Err(failure) => {
            let _ = batches.send(Batch {
                end: Some(ImportEnd::Unopened(failure)),
                ..Batch::default()
            });
            return;
        }
    };
    loop {
        let mut batch = Batch::default();
        batch.end = match import.advance(&mut batch, ENTRIES) {
            Ok(true) => None,
            Ok(false) => Some(ImportEnd::Whole),
            Err(error) => {
                import.give_up(&mut batch);
                Some(ImportEnd::Broken(error))
            }
        };
        let is_last = batch.end.is_some();
        if batches.send(batch).is_err() || is_last {
            return;
        }
    }
}

impl Batch {
    /// True where it has no event.
    pub(super) fn is_empty(&self) -> bool {
        self.events.is_empty()
    }

    fn name(&mut self, name: &[u8]) -> Range<usize> {
        let start = self.names.len();
        self.names.extend_from_slice(name);
        start..self.names.len()
    }

    fn bytes(&self, name: &Range<usize>) -> &[u8] {
        self.names.get(name.clone()).unwrap_or_default()
    }
}

/// Records the events.
impl Visitor for Batch {
    fn enter(&mut self, name: &[u8], item: &Item<'_>, failure: Option<Failure>) -> Flow {
        let event = Event::Enter(self.name(name), OwnItem::of(item), failure);
        self.events.push(event);
        Flow::Continue
    }

    fn file(&mut self, name: Option<&[u8]>, item: &Item<'_>) {
        let name = name.map(|name| self.name(name));
        self.events.push(Event::File(name, OwnItem::of(item)));
    }

    fn away(&mut self, name: &[u8], detail: &Detail) {
        let event = Event::Away(self.name(name), *detail);
        self.events.push(event);
    }

    /// An import renders nothing.
    fn rendered(&mut self, _: &[u8]) {}

    fn sum(&mut self, usage: &Usage, directories: u64) {
        self.events.push(Event::Sum(*usage, directories));
    }

    fn failed(&mut self, path: &[u8], failure: Failure) {
        let event = Event::Failed(self.name(path), failure);
        self.events.push(event);
    }

    fn leave(&mut self, extent: Extent) {
        self.events.push(Event::Leave(extent));
    }
}

impl OwnItem {
    fn of(item: &Item<'_>) -> Self {
        Self {
            usage: item.usage,
            dedup_key: item.dedup_key,
            detail: item.detail.copied(),
        }
    }

    fn item(&self) -> Item<'_> {
        Item {
            usage: self.usage,
            dedup_key: self.dedup_key,
            detail: self.detail.as_ref(),
        }
    }
}

impl Replay {
    /// Gives the visitor all events of a batch.
    pub(super) fn replay(&mut self, batch: &Batch, visitor: &mut dyn Visitor) {
        for event in &batch.events {
            match event {
                Event::Enter(..) if self.skipped > 0 => self.skipped += 1,
                Event::Leave(_) if self.skipped > 0 => self.skipped -= 1,
                _ if self.skipped > 0 => {}
                Event::Enter(name, item, failure) => {
                    let flow = visitor.enter(batch.bytes(name), &item.item(), *failure);
                    self.skipped += usize::from(flow == Flow::Skip);
                }
                Event::File(name, item) => {
                    let name = name.as_ref().map(|name| batch.bytes(name));
                    visitor.file(name, &item.item());
                }
                Event::Away(name, detail) => visitor.away(batch.bytes(name), detail),
                Event::Sum(usage, directories) => visitor.sum(usage, *directories),
                Event::Failed(path, failure) => visitor.failed(batch.bytes(path), *failure),
                Event::Leave(extent) => visitor.leave(*extent),
            }
        }
    }
}
