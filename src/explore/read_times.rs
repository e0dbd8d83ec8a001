//! When the reading of what is shown began. An inode that was created later was not shown, although a file system may give
//! it the number of one that was.
//!
//! The beginning, and not the end: a file that is replaced while the walk goes on may have been read before.

use std::collections::HashMap;

use rustix::time::{ClockId, clock_gettime};

use crate::count::usage::FileTime;
use crate::forest::{DirId, Forest};
use crate::sys::mounts::MountWatch;

/// See the module.
#[derive(Debug)]
pub(super) struct ReadTimes {
    first: FileTime,
    /// Of directories that were read again.
    rereads: HashMap<DirId, Reread>,
    watch: MountWatch,
    /// How often something was mounted or unmounted, as far as was noticed.
    mounts: u64,
    /// That number when the last reading began.
    mounts_at_reread: u64,
}

/// When a directory was read again.
#[derive(Debug, Clone, Copy)]
struct Reread {
    began: FileTime,
    mounts: u64,
}

impl ReadTimes {
    /// The first walk begins.
    pub(super) fn new() -> Self {
        Self {
            first: now(),
            rereads: HashMap::new(),
            watch: MountWatch::start(),
            mounts: 0,
            mounts_at_reread: 0,
        }
    }

    /// A directory has new contents, whose reading began at this time.
    pub(super) fn replaced(&mut self, directory: DirId, began: FileTime) {
        let mounts = self.mounts_at_reread;
        self.rereads.insert(directory, Reread { began, mounts });
    }

    /// A directory is about to be read again.
    pub(super) fn reread_begins(&mut self) {
        self.mounts_at_reread = self.notice_mounts();
    }

    fn notice_mounts(&mut self) -> u64 {
        self.mounts += u64::from(self.watch.has_changed());
        self.mounts
    }

    /// Whether something was mounted or unmounted since a directory was read.
    pub(super) fn has_old_mounts(&mut self, forest: &Forest, directory: DirId) -> bool {
        let now = self.notice_mounts();
        let around = forest.and_above(directory);
        let rereads = around.filter_map(|around| self.rereads.get(&around));
        rereads.map(|reread| reread.mounts).max().unwrap_or(0) < now
    }

    /// When the reading of a directory began: the last one of it, or of a directory around it.
    pub(super) fn of(&self, forest: &Forest, directory: DirId) -> FileTime {
        let around = forest.and_above(directory);
        let rereads = around.filter_map(|around| self.of_reread(around));
        rereads.fold(self.first, FileTime::max)
    }

    /// When the last reading of a directory, and of it alone, began.
    pub(super) fn of_reread(&self, directory: DirId) -> Option<FileTime> {
        self.rereads.get(&directory).map(|reread| reread.began)
    }
}

/// The time of the clock that files have: it ticks each 1 to 10 ms, and a finer one would be ahead of it.
pub(super) fn now() -> FileTime {
    let now = clock_gettime(ClockId::RealtimeCoarse);
    FileTime {
        seconds: now.tv_sec,
        nanoseconds: u32::try_from(now.tv_nsec).unwrap_or(0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::explore::testing::{directory, forest};
    use std::fs::{self, File};
    use std::time::UNIX_EPOCH;

    #[test]
    fn a_file_that_is_created_later_is_never_older() {
        let path = std::env::temp_dir().join(format!("pdu-read-times-{}", std::process::id()));
        for _ in 0..200 {
            let began = now();
            let file = File::create(&path).expect("it can be made");
            let created = file.metadata().and_then(|data| data.created());
            let _ = fs::remove_file(&path);
            let Ok(created) = created else { return };
            let since = created.duration_since(UNIX_EPOCH).expect("after 1970");
            let created = FileTime {
                seconds: i64::try_from(since.as_secs()).expect("a date"),
                nanoseconds: since.subsec_nanos(),
            };
            assert!(created >= began, "{created:?} {began:?}");
        }
    }

    #[test]
    fn the_time_is_that_of_the_last_reading_of_a_directory_or_of_one_around_it() {
        let below = vec![
            directory("b", vec![directory("c", vec![])]),
            directory("d", vec![]),
        ];
        let forest = forest(&[directory("a", below)]);
        let child = |directory, name: &[u8]| forest.child(directory, name).expect("a directory");
        let a = child(DirId::TOP, b"a");
        let (b, d) = (child(a, b"b"), child(a, b"d"));
        let c = child(b, b"c");
        let mut times = ReadTimes::new();
        let (first, later) = (times.first, |seconds| FileTime {
            seconds: i64::MAX - 10 + seconds,
            nanoseconds: 0,
        });
        let all = |times: &ReadTimes| [a, b, c, d].map(|id| times.of(&forest, id));
        assert_eq!(all(&times), [first; 4]);
        times.replaced(b, later(1));
        assert_eq!(all(&times), [first, later(1), later(1), first]);
        assert_eq!(
            (times.of_reread(b), times.of_reread(c)),
            (Some(later(1)), None)
        );
        times.replaced(c, later(2));
        assert_eq!(all(&times), [first, later(1), later(2), first]);
        times.replaced(a, later(3));
        assert_eq!(all(&times), [later(3); 4]);
    }
}
