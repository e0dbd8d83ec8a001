//! The tree of the explorer, from a walk in the process of the test.

use std::ffi::OsString;
use std::path::Path;
use std::time::{Duration, Instant};

use pdu::count::ordered_items::OrderedItems;
use pdu::forest::{DirId, DirState, Ended, Forest, LinkCounting, Slice};
use pdu::gnu::exclude::Exclude;
use pdu::gnu::time_style::TimeKind;
use pdu::sys::cancel;
use pdu::walk::operands::Operands;
use pdu::walk::{Caches, CpuUsage, Follow, Remember, RunningWalk, Walk, WalkOptions, WalkOrder};

/// The options of the explorer's walk.
pub(crate) fn options(walkers: usize, links: LinkCounting, pattern: &str) -> WalkOptions {
    let mut exclude = Exclude::new(true);
    if !pattern.is_empty() {
        exclude.add(pattern.as_bytes());
    }
    WalkOptions {
        walkers,
        order: WalkOrder::Disk,
        follow: Follow::Never,
        one_file_system: true,
        exclude,
        caches: Caches::Counted,
        excluded_types: None,
        remember: match links {
            LinkCounting::Once => Remember::Links,
            LinkCounting::Each | LinkCounting::Ignored => Remember::Nothing,
        },
        name_files: Some(u32::MAX),
        fold_below: None,
        time: Some(TimeKind::Modified),
        min_size: None,
        details: true,
        renderer: Some(Forest::renderer()),
        watched: false,
        operand_dirs: None,
        budget: None,
    }
}

/// The tree below these operands, which are names in `at`.
pub(crate) fn walk(
    at: &Path,
    operands: &[&str],
    options: WalkOptions,
    links: LinkCounting,
) -> Forest {
    let words: Vec<OsString> = operands.iter().map(|name| at.join(name).into()).collect();
    let (_canceller, done) = cancel::channel();
    let walk = Walk::new(options, done);
    let mut forest = Forest::new(links);
    let branch = walk.add(Operands::from_words(&words).names);
    forest.announce(&branch, &OrderedItems::default());
    let Ok(running) = walk.start(CpuUsage::start()) else {
        panic!("no thread can be had");
    };
    take_all(running, &mut forest);
    forest.end(Ended::Whole);
    while forest.count_links(Instant::now()) == Slice::More {}
    forest.settle();
    assert_eq!(forest.dir(DirId::TOP).state, DirState::Whole);
    forest
}

fn take_all(mut running: RunningWalk, forest: &mut Forest) {
    running.end_operands();
    let deadline = Instant::now() + Duration::from_secs(60);
    while let Some(listing) = running.listings.receive_until(deadline) {
        forest.arrive(listing);
        running.issue_tokens();
    }
    assert!(Instant::now() < deadline, "it hangs");
}
