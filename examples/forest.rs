//! Builds the tree of the explorer from a walk, and prints what it takes: `cargo run --example forest -- DIRECTORY ...`

#![expect(clippy::print_stdout, reason = "it is a program")]

use std::time::{Duration, Instant};

use pdu::count::ordered_items::OrderedItems;
use pdu::forest::{DirId, Ended, Forest, LinkCounting, Slice};
use pdu::sys::cancel;
use pdu::walk::operands::Operands;
use pdu::walk::{Caches, CpuUsage, Follow, Remember, Walk, WalkOptions, WalkOrder};

fn options() -> WalkOptions {
    WalkOptions {
        walkers: 4,
        order: WalkOrder::Disk,
        follow: Follow::Never,
        one_file_system: false,
        exclude: pdu::gnu::exclude::Exclude::default(),
        caches: Caches::Counted,
        excluded_types: None,
        remember: Remember::Links,
        name_files: Some(u32::MAX),
        fold_below: None,
        time: Some(pdu::gnu::time_style::TimeKind::Modified),
        min_size: None,
        details: true,
        renderer: Some(Forest::renderer()),
        watched: false,
        operand_dirs: None,
        budget: None,
    }
}

/// A line of /proc/self/status, in kilobytes.
fn memory(name: &str) -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix(name));
    let number = line.and_then(|line| line.trim_start_matches(':').split_whitespace().next());
    number.and_then(|number| number.parse().ok()).unwrap_or(0)
}

fn main() {
    let words: Vec<_> = std::env::args_os().skip(1).collect();
    let (_canceller, done) = cancel::channel();
    let walk = Walk::new(options(), done);
    let operands = Operands::from_words(&words);
    let mut forest = Forest::new(LinkCounting::Once);
    let start = Instant::now();
    forest.announce(&walk.add(operands.names), &OrderedItems::default());
    let Ok(mut running) = walk.start(CpuUsage::start()) else {
        return;
    };
    running.end_operands();
    let mut building = Duration::ZERO;
    loop {
        let ended = running.wakeup.recv_timeout(Duration::from_millis(20));
        let from = Instant::now();
        running
            .listings
            .take()
            .for_each(|listing| forest.arrive(listing));
        forest.settle();
        building += from.elapsed();
        running.issue_tokens();
        if ended == Err(crossbeam_channel::RecvTimeoutError::Disconnected)
            && running.listings.is_empty()
        {
            break;
        }
    }
    forest.end(Ended::Whole);
    let walked = start.elapsed();
    let from = Instant::now();
    while forest.count_links(Instant::now() + Duration::from_millis(2)) == Slice::More {}
    forest.settle();
    let info = forest.dir(DirId::TOP);
    let entries = info.sums.entries.max(1);
    let peak = memory("VmHWM") * 1024;
    println!(
        "{} entries, {} directories, {} allocated, {:?}; forest {:.1} bytes an entry; peak {:.1} MiB = {:.1} bytes an entry + 24 MiB",
        info.sums.entries,
        forest.directories(),
        info.sums.allocated,
        info.state,
        forest.bytes() as f64 / entries as f64,
        peak as f64 / f64::from(1 << 20),
        (peak.saturating_sub(24 << 20)) as f64 / entries as f64,
    );
    println!(
        "walk {walked:?}, of it building {building:?}; links {:?}",
        from.elapsed()
    );
}
