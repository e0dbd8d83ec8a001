//! A fake main thread for `explore::remove`: it records a tree, starts a removal, answers its questions from the record,
//! and takes out of the record what is reported gone.
//!
//! ```text
//! let mut shown = Shown::of(tree.root());
//! let outcome = shown.delete(&["a", "b/c"]);
//! assert_eq!(outcome.left, ...);
//! ```

use std::collections::BTreeMap;
use std::ffi::CString;
use std::fs;
use std::ops::Range;
use std::os::fd::OwnedFd;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

use jiff::tz::TimeZone;
use pdu::count::usage::{FileTime, Inode};
use pdu::explore::remove::job::{
    BATCH, Contents, EntryIdentity, GoneEntries, Job, JobId, KnownDirectory, KnownEntry, Method,
    RemovalEntries, RemovalPlace, RemovalReport, RemovalTarget, Root, Step,
};
use pdu::explore::remove::problem::Problem;
use pdu::explore::remove::summary::RemovalSummary;
use pdu::explore::remove::{RemovalOptions, Remover};
use pdu::sys::mounts::MountWatch;
use rustix::fs::{CWD, FileType, Mode, OFlags};

use super::run::HANG_TIMEOUT;

/// A recorded tree.
pub(crate) struct Shown {
    root: Arc<OwnedFd>,
    /// By number; 0 is the root.
    pub(crate) directories: Vec<Directory>,
    pub(crate) reading_began: FileTime,
    pub(crate) operands: Vec<Inode>,
    pub(crate) operand_dirs: Vec<Arc<OwnedFd>>,
    pub(crate) other_operands: Vec<(CString, Inode)>,
    pub(crate) has_old_mounts: bool,
    pub(crate) data_home: Option<PathBuf>,
}

/// One directory of it.
pub(crate) struct Directory {
    /// The number of the directory above, and its name there.
    pub(crate) above: (u32, Vec<u8>),
    pub(crate) inode: Inode,
    pub(crate) rows: Vec<KnownEntry>,
}

/// What a removal reported.
#[derive(Debug)]
pub(crate) struct Outcome {
    pub(crate) summary: RemovalSummary,
    /// By path, with the text of the problem.
    pub(crate) failed: BTreeMap<String, String>,
    pub(crate) new_entries: BTreeMap<String, u64>,
    pub(crate) asked: usize,
}

/// A moment at which a test may interfere: the removal waits for the rows of this directory.
pub(crate) struct Moment<'a> {
    pub(crate) path: &'a str,
    pub(crate) after: usize,
    pub(crate) remover: &'a mut Remover,
    pub(crate) job: JobId,
}

pub(crate) fn now() -> FileTime {
    let now = SystemTime::now().duration_since(UNIX_EPOCH);
    let now = now.expect("after 1970");
    FileTime {
        seconds: i64::try_from(now.as_secs()).expect("a date"),
        nanoseconds: now.subsec_nanos(),
    }
}

pub(crate) fn inode_of(path: &Path) -> Inode {
    let data = fs::symlink_metadata(path).expect("it is there");
    Inode {
        device: data.dev(),
        number: data.ino(),
    }
}

pub(crate) fn open_path(path: &Path) -> OwnedFd {
    let flags = OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC;
    rustix::fs::openat(CWD, path, flags, Mode::empty()).expect("it is a directory")
}

impl Shown {
    /// Reads a tree, with what is mounted in it.
    pub(crate) fn of(path: &Path) -> Self {
        let mut shown = Self::empty(path);
        let mut paths = vec![path.to_owned()];
        let mut number = 0;
        while let Some(path) = paths.get(number).cloned() {
            let mut names: Vec<_> = fs::read_dir(&path)
                .map(|entries| entries.flatten().map(|entry| entry.file_name()).collect())
                .unwrap_or_default();
            names.sort();
            for name in names {
                let data = fs::symlink_metadata(path.join(&name)).expect("nothing vanishes");
                let kind = FileType::from_raw_mode(data.mode());
                let inode = Inode {
                    device: data.dev(),
                    number: data.ino(),
                };
                let name = name.into_vec();
                if kind == FileType::Directory {
                    paths.push(path.join(std::ffi::OsStr::from_bytes(&name)));
                    shown.add_directory(number as u32, &name, inode);
                } else {
                    shown.add_file(number as u32, &name, inode.number, kind);
                }
            }
            number += 1;
        }
        shown.reading_began = now();
        shown
    }

    /// A root of which nothing was read.
    pub(crate) fn empty(path: &Path) -> Self {
        let root = Directory {
            above: (0, Vec::new()),
            inode: inode_of(path),
            rows: Vec::new(),
        };
        Self {
            root: Arc::new(open_path(path)),
            directories: vec![root],
            reading_began: now(),
            operands: Vec::new(),
            operand_dirs: Vec::new(),
            other_operands: Vec::new(),
            has_old_mounts: false,
            data_home: None,
        }
    }

    pub(crate) fn add_directory(&mut self, above: u32, name: &[u8], inode: Inode) -> u32 {
        let number = self.directories.len() as u32;
        self.directories.push(Directory {
            above: (above, name.to_vec()),
            inode,
            rows: Vec::new(),
        });
        let directory = KnownDirectory {
            inode,
            number,
            reread_began: None,
            contents: Contents::Known,
        };
        self.add(above, name, EntryIdentity::Directory(directory));
        number
    }

    pub(crate) fn add_file(&mut self, above: u32, name: &[u8], number: u64, kind: FileType) {
        self.add(above, name, EntryIdentity::File(number, kind));
    }

    fn add(&mut self, above: u32, name: &[u8], found: EntryIdentity) {
        let name = name.to_vec();
        self.directories[above as usize]
            .rows
            .push(KnownEntry { name, found });
    }

    /// The path of a directory from the root, which is `.`.
    fn path(&self, number: u32) -> String {
        let mut names = Vec::new();
        let mut here = number;
        while here != 0 {
            let (above, name) = &self.directories[here as usize].above;
            names.push(String::from_utf8_lossy(name).into_owned());
            here = *above;
        }
        names.reverse();
        match names.is_empty() {
            true => ".".to_owned(),
            false => names.join("/"),
        }
    }

    /// The directory that holds a path, and the row of the path in it.
    pub(crate) fn find(&self, path: &str) -> (u32, usize) {
        let mut here = 0;
        let mut names = path.split('/').peekable();
        while let Some(name) = names.next() {
            let rows = &self.directories[here as usize].rows;
            let row = rows.iter().position(|row| row.name == name.as_bytes());
            let row = row.unwrap_or_else(|| panic!("{path} is not shown"));
            match rows[row].found {
                EntryIdentity::Directory(directory) if names.peek().is_some() => {
                    here = directory.number;
                }
                _ => return (here, row),
            }
        }
        panic!("no path");
    }

    /// What is known of a directory, to be changed.
    pub(crate) fn directory(&mut self, path: &str) -> &mut KnownDirectory {
        let (above, row) = self.find(path);
        match &mut self.directories[above as usize].rows[row].found {
            EntryIdentity::Directory(directory) => directory,
            found => panic!("{path} is {found:?}"),
        }
    }

    /// All paths that are shown.
    pub(crate) fn paths(&self) -> Vec<String> {
        let mut paths = Vec::new();
        let mut waiting = vec![0];
        while let Some(number) = waiting.pop() {
            let prefix = match number {
                0 => String::new(),
                number => self.path(number) + "/",
            };
            for row in &self.directories[number as usize].rows {
                paths.push(prefix.clone() + &String::from_utf8_lossy(&row.name));
                if let EntryIdentity::Directory(below) = row.found {
                    waiting.push(below.number);
                }
            }
        }
        paths.sort();
        paths
    }

    pub(crate) fn job(&self, targets: &[&str], method: Method) -> Job {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let mut places: BTreeMap<u32, Vec<RemovalTarget>> = BTreeMap::new();
        for path in targets {
            let (directory, row) = self.find(path);
            places.entry(directory).or_default().push(RemovalTarget {
                known: self.directories[directory as usize].rows[row].clone(),
                entries: 1,
                allocated: 4096,
            });
        }
        let places = places.into_iter().map(|(directory, targets)| RemovalPlace {
            reading_began: self.reading_began,
            has_old_mounts: self.has_old_mounts,
            root: Root::Open(Arc::clone(&self.root)),
            way: self.way(directory),
            directory,
            targets,
        });
        Job {
            id: JobId(COUNT.fetch_add(1, Ordering::Relaxed)),
            method,
            operands: self.operands.clone(),
            operand_dirs: self.operand_dirs.clone(),
            other_operands: self.other_operands.clone(),
            // Other tests mount file systems.
            mounts: MountWatch::none(),
            places: places.collect(),
        }
    }

    fn way(&self, number: u32) -> Vec<Step> {
        let mut way = Vec::new();
        let mut here = number;
        while here != 0 {
            let directory = &self.directories[here as usize];
            way.push(Step {
                name: directory.above.1.clone(),
                inode: directory.inode,
            });
            here = directory.above.0;
        }
        way.reverse();
        way
    }

    pub(crate) fn remover(&self) -> Remover {
        let options = RemovalOptions {
            data_home: self.data_home.clone(),
            zone: TimeZone::UTC,
        };
        Remover::start(options).expect("a thread starts")
    }

    /// Removes targets to the end.
    pub(crate) fn delete(&mut self, targets: &[&str]) -> Outcome {
        self.remove(targets, Method::Delete, |_| {})
    }

    /// Removes targets; `meanwhile` is called each time the removal waits for an answer.
    pub(crate) fn remove(
        &mut self,
        targets: &[&str],
        method: Method,
        meanwhile: impl FnMut(Moment<'_>),
    ) -> Outcome {
        let job = self.job(targets, method);
        self.run(&mut self.remover(), job, meanwhile)
    }

    pub(crate) fn run(
        &mut self,
        remover: &mut Remover,
        job: Job,
        mut meanwhile: impl FnMut(Moment<'_>),
    ) -> Outcome {
        let id = job.id;
        remover.add(job).expect("a thread starts");
        let (mut failed, mut new_entries) = (BTreeMap::new(), BTreeMap::new());
        let mut asked = 0;
        loop {
            let report = remover.reports().recv_timeout(HANG_TIMEOUT);
            match report.expect("the removal goes on") {
                RemovalReport::Ask {
                    job,
                    directory,
                    after,
                } => {
                    asked += 1;
                    let path = self.path_for_moment(directory);
                    meanwhile(Moment {
                        path: &path,
                        after,
                        remover,
                        job,
                    });
                    remover.answer(self.entries(job, directory, after));
                }
                RemovalReport::Progress { job, .. } => assert_eq!(job, id),
                RemovalReport::Left {
                    directory, gone, ..
                } => self.take_out(directory, &gone),
                RemovalReport::NewEntries {
                    directory, count, ..
                } => assert!(new_entries.insert(self.path(directory), count).is_none()),
                RemovalReport::Failed {
                    directory,
                    name,
                    problem,
                    ..
                } => {
                    let path = self.path(directory) + "/" + &String::from_utf8_lossy(&name);
                    let path = path.trim_start_matches("./").to_owned();
                    assert!(failed.insert(path, text(problem)).is_none());
                }
                RemovalReport::Ended { job, summary } => {
                    assert_eq!(job, id);
                    return Outcome {
                        summary,
                        failed,
                        new_entries,
                        asked,
                    };
                }
            }
        }
    }

    /// Deep trees have no paths worth their length.
    fn path_for_moment(&self, number: u32) -> String {
        match self.directories.len() > 50_000 {
            true => String::new(),
            false => self.path(number),
        }
    }

    fn entries(&self, job: JobId, directory: u32, after: usize) -> RemovalEntries {
        let rows = &self.directories[directory as usize].rows;
        let end = rows.len().min(after + BATCH);
        RemovalEntries {
            job,
            directory,
            known: rows[after..end].to_vec(),
            is_last: end == rows.len(),
        }
    }

    fn take_out(&mut self, directory: u32, gone: &GoneEntries) {
        let rows = &mut self.directories[directory as usize].rows;
        let mut number = 0;
        rows.retain(|row| {
            number += 1;
            !match gone {
                GoneEntries::Names(names) => names.contains(&row.name),
                GoneEntries::Rows(ranges) => contains(ranges, number - 1),
            }
        });
    }
}

fn contains(ranges: &[Range<usize>], row: usize) -> bool {
    let after = ranges.partition_point(|range| range.end <= row);
    ranges.get(after).is_some_and(|range| range.contains(&row))
}

fn text(problem: Problem) -> String {
    problem.to_string()
}

impl Outcome {
    /// The failures as pairs of text.
    pub(crate) fn failures(&self) -> Vec<(&str, &str)> {
        let pairs = self.failed.iter();
        pairs
            .map(|(path, text)| (path.as_str(), text.as_str()))
            .collect()
    }
}
