//! Work that may wait for a file system or another process: each piece in a thread of its own, whose answer comes to the
//! select loop.

use std::io;
use std::os::fd::OwnedFd;

use crossbeam_channel::{Receiver, Sender, unbounded};

use super::remove::job::{Root, Step};
use super::remove::open_way;
use super::remove::problem::Problem;
use crate::forest::DirId;
use crate::sys::owners::OwnerNames;

/// The answers.
#[derive(Debug)]
pub(super) struct Background {
    sender: Sender<Answer>,
    pub(super) answers: Receiver<Answer>,
    /// The number of the last directory that was to be opened.
    last: u64,
}

/// What a thread has found or done.
#[derive(Debug)]
pub(super) enum Answer {
    /// The directory of this number is open, or is not the one that was shown.
    Directory(u64, Purpose, Result<OwnedFd, Problem>),
    /// Names of users.
    Owners(OwnerNames),
    /// A program was started beside the explorer, or not.
    Started(io::Result<()>),
    /// An export was written, or not.
    Exported(Vec<u8>, Exported),
}

/// What a directory is opened for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Purpose {
    /// A shell in it.
    Shell,
    /// A pager for this file in it.
    Pager(Vec<u8>),
    /// The program for this entry in it.
    Open(Vec<u8>),
    /// The directory is below it, and is read again.
    Reread(DirId),
}

/// The end of an export.
#[derive(Debug)]
pub(super) enum Exported {
    /// The file is whole.
    Whole,
    /// There is a file already.
    Exists,
    /// It could not be written, for this reason.
    Failed(String),
}

impl Background {
    pub(super) fn new() -> Self {
        let (sender, answers) = unbounded();
        Self {
            sender,
            answers,
            last: 0,
        }
    }

    /// Runs a function in a thread of its own.
    ///
    /// # Errors
    ///
    /// There is no thread.
    pub(super) fn run(&self, body: impl FnOnce() -> Answer + Send + 'static) -> io::Result<()> {
        let sender = self.sender.clone();
        let thread = std::thread::Builder::new().name("background".into());
        let thread = thread.spawn(move || {
            let _ = sender.send(body());
        });
        thread.map(drop)
    }

    /// Opens a directory by its way from the operand; each directory on it is compared with the one that was shown. Gives the
    /// number of the answer.
    ///
    /// # Errors
    ///
    /// There is no thread.
    pub(super) fn open(
        &mut self,
        purpose: Purpose,
        (root, way): (Root, Vec<Step>),
    ) -> io::Result<u64> {
        self.last += 1;
        let number = self.last;
        self.run(move || Answer::Directory(number, purpose, open_way(&root, &way)))?;
        Ok(number)
    }
}
