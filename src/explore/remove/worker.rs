//! The thread that removes: one job after the other.

use std::os::fd::AsFd;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use crossbeam_channel::{Receiver, Sender};

use super::delete::{Tools, delete};
use super::free_space::{FreeSpace, free_bytes};
use super::job::{Job, Method, RemovalEntries, RemovalPlace, RemovalReport};
use super::look::{look_at, note_own_change};
use super::options::RemovalOptions;
use super::own_changes::OwnChanges;
use super::problem::Problem;
use super::protection::Protection;
use super::summary::{Ending, RemovalSummary};
use super::talk::Talk;
use super::trash::trash;
use super::trash_checks::above_operands;
use super::way::{Crossed, Reached, Way, failed, note_copies};
use crate::sys::mounts::MountWatch;

/// A job, and whether it was stopped.
pub(super) type Queued = (Job, Arc<AtomicBool>);

/// See the module.
pub(super) struct Worker {
    pub(super) jobs: Receiver<Queued>,
    pub(super) answers: Receiver<RemovalEntries>,
    pub(super) reports: Sender<RemovalReport>,
    pub(super) options: RemovalOptions,
}

impl Worker {
    /// Takes jobs until there can be no more.
    pub(super) fn run(self) {
        let mut own_changes = OwnChanges::default();
        while let Ok((job, stop)) = self.jobs.recv() {
            self.job(job, stop, &mut own_changes);
        }
    }

    fn job(&self, job: Job, stop: Arc<AtomicBool>, own_changes: &mut OwnChanges) {
        let (id, method) = (job.id, job.method);
        let mut talk = Talk::new(id, stop, self.reports.clone(), self.answers.clone());
        let way = Way::new();
        let protection = Protection::new(&job.operands);
        let mut tools = Tools {
            talk: &mut talk,
            way: &way,
            protection: &protection,
            own_changes,
            operand_dirs: &job.operand_dirs,
            above_others: above_operands(&job.other_operands),
        };
        let mut free_space = FreeSpace::default();
        for place in job.places {
            if !tools.talk.is_stopped() {
                let how = (method, &job.mounts);
                self.place(&mut tools, place, how, &mut free_space);
            }
        }
        let numbers = talk.numbers;
        let summary = RemovalSummary {
            method,
            entries: numbers.entries,
            bytes: numbers.bytes,
            errors: numbers.errors,
            with_new_entries: numbers.with_new_entries,
            more_free: free_space.more(),
            file_systems: free_space.file_systems(),
            ending: match talk.is_stopped() {
                true => Ending::Stopped,
                false => Ending::Complete,
            },
        };
        talk.send(RemovalReport::Ended { job: id, summary });
    }

    fn place(
        &self,
        tools: &mut Tools<'_>,
        place: RemovalPlace,
        (method, mounts): (Method, &MountWatch),
        free_space: &mut FreeSpace,
    ) {
        let reached = reach(tools, &place, mounts).and_then(|reached| {
            let fd = reached.base.fd.try_clone().map_err(failed)?;
            Ok((reached, fd))
        });
        let (Reached { base, births, .. }, fd) = match reached {
            Ok(reached) => reached,
            Err(problem) => {
                for target in place.targets {
                    let name = &target.known.name;
                    tools.talk.failed(place.directory, name, problem);
                }
                return;
            }
        };
        let began = place.reading_began;
        let seen = look_at(fd.as_fd());
        let was_known = seen.is_ok_and(|seen| seen.must_be_old(began, tools.own_changes).is_ok());
        let (before, device) = (free_bytes(fd.as_fd()), base.inode.device);
        let removed = tools.talk.numbers.bytes;
        match method {
            Method::Delete => delete(tools, base, place),
            Method::Trash => trash(tools, &base, place, &self.options),
        }
        note_copies(fd.as_fd(), &births, tools.own_changes);
        if was_known {
            note_own_change(fd.as_fd(), tools.own_changes);
        }
        if method == Method::Delete {
            let removed = tools.talk.numbers.bytes - removed;
            free_space.add(tools.talk, (fd.as_fd(), device), before, removed);
        }
    }
}

/// Opens the directory of a place.
fn reach(tools: &Tools<'_>, place: &RemovalPlace, mounts: &MountWatch) -> Result<Reached, Problem> {
    let (root, way, began) = (&place.root, &place.way, place.reading_began);
    let reached = tools.way.open_way(root, way, began, tools.own_changes)?;
    // After the way, so that a mount that came meanwhile is noticed.
    let are_changed = || mounts.has_changed() || place.has_old_mounts;
    match reached.crossed == Crossed::Mounts && are_changed() {
        true => Err(Problem::MountsChanged),
        false => Ok(reached),
    }
}
