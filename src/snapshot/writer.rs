//! A snapshot that is being written, and the removal of earlier ones once it is in place.

use std::ffi::{OsStr, OsString};
use std::io::{self, Write};
use std::os::unix::ffi::OsStrExt;
use std::path::PathBuf;

use jiff::Timestamp;
use rustix::io::Errno;

use super::directory::{Directory, Stored};
use super::error::StoreError;
use super::keep::{self, Candidate};
use super::place::Place;
use super::rule::KeepRule;
use crate::count::usage::{FileTime, Inode};
use crate::format::parquet::ParquetOptions;
use crate::import::error::ImportError;
use crate::sys::output_file::{Output, Readers};
use crate::sys::status::Status;

/// A snapshot that is being written. Nothing is left of it unless it is committed.
#[derive(Debug)]
pub struct SnapshotWriter {
    output: Output,
    place: Stage,
}

/// Where the snapshot will be.
#[derive(Debug)]
enum Stage {
    File(PathBuf),
    Store(Directory, OsString),
}

/// A snapshot in its directory, whose lock is held still.
#[derive(Debug)]
pub struct Committed {
    directory: Directory,
    name: OsString,
}

impl SnapshotWriter {
    /// Prepares the place; after an error here no file was created.
    pub fn create(place: &Place, content: &ParquetOptions) -> Result<Self, StoreError> {
        let store = match place {
            Place::File(name) => {
                let path = PathBuf::from(name);
                let output = Output::create(name, Readers::Owner);
                let output = output.map_err(|error| StoreError::create(&path, errno(&error)))?;
                let place = Stage::File(path);
                return Ok(Self { output, place });
            }
            Place::Store(store) => store,
        };
        let root = content.root.as_deref().unwrap_or_default();
        let directory = Directory::create(store, root)?;
        directory.remove_leftovers()?;
        let failed = |errno| StoreError::create(&directory.path_of(OsStr::new("")), errno);
        let name = directory
            .free_name(timestamp(content.started))
            .map_err(failed)?;
        let path = directory.path_of(&name);
        let failed = |error: io::Error| StoreError::create(&path, errno(&error));
        let fd = directory.fd().try_clone().map_err(failed)?;
        let output = Output::create_in(fd, &name, Readers::Owner).map_err(failed)?;
        let place = Stage::Store(directory, name);
        Ok(Self { output, place })
    }

    /// The path of the file, for messages.
    #[must_use]
    pub fn path(&self) -> PathBuf {
        match &self.place {
            Stage::File(path) => path.clone(),
            Stage::Store(directory, name) => directory.path_of(name),
        }
    }

    /// The snapshot is whole: gives the file its name. Returns the directory, where pdu named the file.
    pub fn commit(self) -> io::Result<Option<Committed>> {
        self.output.commit()?;
        Ok(match self.place {
            Stage::File(_) => None,
            Stage::Store(directory, name) => Some(Committed { directory, name }),
        })
    }
}

/// A time that has no date, on a machine whose clock is wrong, becomes that of the beginning.
fn timestamp(moment: FileTime) -> Timestamp {
    let nanoseconds = i32::try_from(moment.nanoseconds).unwrap_or(0);
    Timestamp::new(moment.seconds, nanoseconds).unwrap_or(Timestamp::UNIX_EPOCH)
}

fn errno(error: &io::Error) -> Errno {
    Errno::from_io_error(error).unwrap_or(Errno::IO)
}

impl Write for SnapshotWriter {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.output.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.output.flush()
    }
}

impl Committed {
    /// Removes the earlier snapshots that the rule does not keep, and names them where that is wanted (`-v`).
    ///
    /// Kept in any case: the new snapshot, `old`, with which it was compared, and the newest snapshot without errors.
    /// Files of another owner than that of the new one are neither counted nor removed: another user may have put them
    /// there. Nothing is removed where a file could not be read, which may be the one to keep.
    pub fn keep(
        &self,
        rule: &KeepRule,
        old: Option<Inode>,
        status: &mut Status,
    ) -> Result<(), StoreError> {
        let contents = self.directory.contents()?;
        if let Some((name, error)) = contents.others.iter().find(|(_, error)| may_be_ours(error)) {
            let path = self.directory.path_of(name);
            return Err(StoreError::Unreadable(path, error.clone()));
        }
        let all = contents.snapshots;
        let Some(new) = all.iter().find(|stored| stored.name == self.name) else {
            return Err(StoreError::read(
                &self.directory.path_of(&self.name),
                Errno::NOENT,
            ));
        };
        let (new, owner) = (new.inode, new.owner);
        let own: Vec<Stored> = all
            .into_iter()
            .filter(|stored| stored.owner == owner)
            .collect();
        let kept = kept(rule, &own);
        // No earlier file goes before the disk has the name of the new one.
        self.directory.sync()?;
        for (index, stored) in own.iter().enumerate() {
            let is_in_use = stored.inode == new || Some(stored.inode) == old;
            if !is_in_use && !kept.contains(&index) {
                self.directory.remove(stored)?;
                if status.is_verbose() {
                    let path = self.directory.path_of(&stored.name);
                    let path = status.quoted(path.as_os_str().as_bytes());
                    status.message(&[b"removed ", &*path].concat());
                }
            }
        }
        Ok(())
    }
}

/// True where a file may be a snapshot of this user: a read failed, and not because the file is private.
fn may_be_ours(error: &ImportError) -> bool {
    matches!(error, ImportError::Read(errno) if *errno != Errno::ACCESS.raw_os_error())
}

/// The indices of the snapshots that stay by the rule, and of the newest one without errors.
fn kept(rule: &KeepRule, snapshots: &[Stored]) -> Vec<usize> {
    let candidates: Vec<Candidate> = snapshots
        .iter()
        .map(|stored| Candidate {
            started: stored.footer.started,
            is_complete: stored.footer.is_complete,
        })
        .collect();
    let mut kept = keep::kept(rule, &candidates);
    kept.extend(
        candidates
            .iter()
            .rposition(|candidate| candidate.is_complete),
    );
    kept
}
