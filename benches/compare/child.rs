//! Runs one program and measures it: wall clock, CPU time and peak memory of that process alone.
//!
//! CPU and peak come from `wait4`. Linux carries the peak of a process through `fork` and `exec`, with `vfork` and
//! `posix_spawn` too (`exec` folds the old image's peak into the new process's). So a child never seems smaller than
//! this process has ever been. That is why trees are made and the floor is run in processes of their own, nothing is
//! piped through here and the command line is parsed by hand; a peak below [`own_peak`] means nothing.

use std::ffi::OsString;
use std::fs::{self, File};
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use wait4::Wait4 as _;

/// What one run took.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Cost {
    /// Seconds from before the start until the end was seen.
    pub(crate) wall: f64,
    /// Seconds in user and kernel mode, of all threads.
    pub(crate) cpu: f64,
    /// Bytes.
    pub(crate) peak: u64,
    /// Exit status, or 128 + the signal.
    pub(crate) status: i32,
}

/// Runs `command` (program first) with standard output into `output`, standard error dropped, in a pinned environment.
pub(crate) fn run(command: &[OsString], output: &Path) -> io::Result<Cost> {
    let mut child = Command::new(&command[0]);
    child
        .args(&command[1..])
        .env("LC_ALL", "C")
        .stdin(Stdio::null())
        .stderr(Stdio::null());
    for name in [
        "DU_BLOCK_SIZE",
        "BLOCK_SIZE",
        "BLOCKSIZE",
        "POSIXLY_CORRECT",
        "TIME_STYLE",
    ] {
        child.env_remove(name);
    }
    child.stdout(File::create(output)?);
    let start = Instant::now();
    let used = child.spawn()?.wait4()?;
    let wall = start.elapsed();
    Ok(Cost {
        wall: wall.as_secs_f64(),
        cpu: (used.rusage.utime + used.rusage.stime).as_secs_f64(),
        peak: used.rusage.maxrss,
        status: status_number(used.status),
    })
}

fn status_number(status: std::process::ExitStatus) -> i32 {
    use std::os::unix::process::ExitStatusExt as _;
    status
        .code()
        .unwrap_or_else(|| 128 + status.signal().unwrap_or(0))
}

/// The mean of `times` runs in a row; the peak is the highest.
pub(crate) fn run_times(command: &[OsString], output: &Path, times: u32) -> io::Result<Cost> {
    let mut sum = Cost {
        wall: 0.0,
        cpu: 0.0,
        peak: 0,
        status: 0,
    };
    for _ in 0..times {
        let cost = run(command, output)?;
        sum.wall += cost.wall;
        sum.cpu += cost.cpu;
        sum.peak = sum.peak.max(cost.peak);
        sum.status = sum.status.max(cost.status);
    }
    sum.wall /= f64::from(times);
    sum.cpu /= f64::from(times);
    Ok(sum)
}

/// Empties the page, dentry and inode caches (root only), but reads `program` in again: its start is not in question.
pub(crate) fn drop_caches(program: &Path) -> io::Result<()> {
    rustix::fs::sync();
    fs::write("/proc/sys/vm/drop_caches", "3")?;
    let mut file = File::open(program)?;
    let mut buffer = [0; 4096];
    while file.read(&mut buffer)? > 0 {}
    // The disk may still be busy with what the sync handed over.
    crossbeam_channel::after(Duration::from_millis(100))
        .recv()
        .map_err(io::Error::other)?;
    Ok(())
}

/// The highest resident size that this process has had, in bytes; 0 where `/proc` does not have it.
pub(crate) fn own_peak() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kib = line.and_then(|line| line.trim().strip_suffix(" kB"));
    kib.and_then(|kib| kib.parse::<u64>().ok()).unwrap_or(0) * 1024
}

/// Forgets the peak so far, that of an earlier FUSE server for instance, where the kernel lets us.
pub(crate) fn reset_own_peak() {
    let _ = fs::write("/proc/self/clear_refs", "5");
}

/// Whether two files hold the same bytes, read through small buffers.
pub(crate) fn same_bytes(left: &Path, right: &Path) -> io::Result<bool> {
    let (mut left, mut right) = (File::open(left)?, File::open(right)?);
    if left.metadata()?.len() != right.metadata()?.len() {
        return Ok(false);
    }
    let (mut a, mut b) = ([0; 8192], [0; 8192]);
    loop {
        let read = left.read(&mut a)?;
        if read == 0 {
            return Ok(true);
        }
        if right.read_exact(&mut b[..read]).is_err() || a[..read] != b[..read] {
            return Ok(false);
        }
    }
}

/// The program `name` in `$PDU_PEERS_DIR` or on `$PATH`.
pub(crate) fn find_program(name: &str) -> Option<PathBuf> {
    let peers = std::env::var_os("PDU_PEERS_DIR").map(PathBuf::from);
    let path = std::env::var_os("PATH").unwrap_or_default();
    let mut places = peers
        .iter()
        .flat_map(|dir| [dir.clone(), dir.join("bin")])
        .chain(std::env::split_paths(&path));
    places.find_map(|dir| Some(dir.join(name)).filter(|file| file.is_file()))
}
