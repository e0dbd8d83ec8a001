//! A limit for the memory of processes, by a control group.

use std::fs;
use std::path::{Path, PathBuf};

use crate::support::skip::skip;

/// A memory cgroup of version 1; removed when dropped.
pub(crate) struct Cgroup(PathBuf);

impl Cgroup {
    pub(crate) fn of(mebibytes: usize) -> Option<Self> {
        let own = format!("/sys/fs/cgroup/memory/pdu-limits-{}", std::process::id());
        let group = Self(own.into());
        let limit = (mebibytes << 20).to_string();
        let made = fs::create_dir(&group.0)
            .and_then(|()| fs::write(group.0.join("memory.limit_in_bytes"), limit));
        if let Err(error) = &made {
            skip(format_args!("no cgroup (version 1) of memory: {error}"));
        }
        made.ok().map(|()| group)
    }

    /// Words that start a program in the group. They need a file in this directory.
    pub(crate) fn join(&self, directory: &Path) -> String {
        let join = format!("echo $$ >{}/cgroup.procs && exec \"$@\"", self.0.display());
        let script = directory.join("join");
        fs::write(&script, join).expect("it is ours");
        format!("sh {}", script.display())
    }

    /// The most memory that was in use, in MiB.
    pub(crate) fn peak(&self) -> u64 {
        let peak = fs::read_to_string(self.0.join("memory.max_usage_in_bytes")).expect("a peak");
        peak.trim().parse::<u64>().expect("a number") >> 20
    }
}

impl Drop for Cgroup {
    fn drop(&mut self) {
        let _ = fs::remove_dir(&self.0);
    }
}
