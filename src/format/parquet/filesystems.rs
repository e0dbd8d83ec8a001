//! The file systems that rows lie on.

use std::time::{Duration, Instant};

use crossbeam_channel::Receiver;

use super::footer::Seen;
use crate::count::listing::push_name;
use crate::sys::filesystems::{FileSystemQueries, FileSystems, Space};

/// How long the end of a run waits for file systems to tell their space.
const PATIENCE: Duration = Duration::from_secs(1);

/// Whether a file system is asked for its space, which takes a thread.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Threads {
    NotYet,
    Allowed,
}

/// The file systems met so far.
#[derive(Debug)]
pub(crate) struct SeenFileSystems {
    /// None where the entries do not come from a disk of this machine.
    queries: Option<FileSystemQueries>,
    pub(super) threads: Threads,
    table: Option<FileSystems>,
    pub(super) seen: Vec<Seen>,
    /// The name of those that operands lie on, where one is given.
    given_name: Option<String>,
    started: Vec<Receiver<Space>>,
    /// The device met last, and its index.
    last: Option<(u64, u16)>,
}

impl SeenFileSystems {
    pub(super) fn new(queries: Option<FileSystemQueries>, given_name: Option<String>) -> Self {
        Self {
            queries,
            threads: Threads::NotYet,
            table: None,
            seen: Vec::new(),
            given_name,
            started: Vec::new(),
            last: None,
        }
    }

    /// The name of a file system.
    pub(crate) fn name(&self, index: u16) -> Option<&str> {
        let seen = self.seen.get(usize::from(index))?;
        Some(&seen.name)
    }

    /// The index of the file system with this device, on which an entry of a directory lies.
    pub(super) fn index(&mut self, device: u64, (dir, name): (&[u8], &[u8])) -> Option<u16> {
        let queries = self.queries?;
        if let Some((last, index)) = self.last
            && last == device
        {
            return Some(index);
        }
        let known = self.seen.iter().position(|seen| seen.device == device);
        let index = known.unwrap_or_else(|| {
            let mut path = [dir, b"/"].concat();
            push_name(&mut path, name);
            self.add(queries, device, &path)
        });
        let index = u16::try_from(index).ok()?;
        self.last = Some((device, index));
        Some(index)
    }

    /// Gives the file system of an operand its name, where one is given.
    pub(super) fn name_that_of_operand(&mut self, device: u64, place: (&[u8], &[u8])) {
        if let Some(name) = self.given_name.clone()
            && let Some(index) = self.index(device, place)
            && let Some(seen) = self.seen.get_mut(usize::from(index))
        {
            seen.name = name;
        }
    }

    fn add(&mut self, queries: FileSystemQueries, device: u64, path: &[u8]) -> usize {
        let table = self.table.get_or_insert_with(queries.table);
        let (name, filesystem) = table.name(device, path);
        if let (Threads::Allowed, Some(filesystem)) = (self.threads, filesystem) {
            let unknown = crossbeam_channel::never;
            self.started.resize_with(self.seen.len(), unknown);
            self.started.push((queries.space)(&filesystem.mount_point));
        }
        self.seen.push(Seen {
            name,
            device,
            filesystem: filesystem.cloned(),
            started: None,
            ended: None,
        });
        self.seen.len() - 1
    }

    /// The space of the file systems, as far as they tell it within [`PATIENCE`].
    pub(super) fn measure_space(&mut self) {
        let Some(queries) = self.queries else {
            return;
        };
        for (seen, space) in self.seen.iter_mut().zip(&self.started) {
            seen.started = space.try_recv().ok();
        }
        let ask = |seen: &mut Seen| {
            let place = &seen.filesystem.as_ref()?.mount_point;
            Some((queries.space)(place))
        };
        let asked: Vec<_> = self.seen.iter_mut().map(ask).collect();
        let deadline = Instant::now() + PATIENCE;
        for (seen, space) in self.seen.iter_mut().zip(asked) {
            seen.ended = space.and_then(|space| space.recv_deadline(deadline).ok());
        }
    }
}
