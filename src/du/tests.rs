//! A walker that panics ends the run with a message.

use super::*;
use crate::count::record::Record;
use crate::format::Warning;
use crate::gnu::quote::Charset;
use crate::walk::driver::DIRECTORIES_ALONE;
use std::ffi::OsString;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

/// More directories than one thread walks before it calls others.
const DIRECTORIES: usize = 2 * DIRECTORIES_ALONE;

/// Names the program that a test runs again to see what it writes: this one, and the tree it walks there.
const TREE: &str = "PDU_TEST_OF_A_PANIC";

struct Silent;

impl Format for Silent {
    fn record(&mut self, _: &Record<'_>, _: &mut Vec<u8>) -> Option<Warning> {
        None
    }
}

fn walk_with(walkers: usize, tree: OsString) -> Outcome {
    let options = DuOptions {
        walk: walk::WalkOptions::plain(walkers),
        tally: crate::count::tally::TallyOptions::default(),
        supervision: Supervision::None,
    };
    let mut status = Status::new(crate::sys::status::StatusOptions {
        program: b"pdu".into(),
        charset: Charset::Utf8,
        verbose: false,
        dumb: true,
    });
    let operands = OperandSource::Words(Operands::from_words(&[tree]));
    du(options, operands, &mut Silent, &mut Vec::new(), &mut status)
}

/// Runs the test of that name again, over a tree where walkers panic, and waits for it to end.
fn again(test: &str, fault: &str) -> String {
    let name = format!("pdu-panic-{}-{test}", std::process::id());
    let tree = std::env::temp_dir().join(name);
    for number in 0..DIRECTORIES {
        let inside = tree.join(format!("{number}")).join(fault);
        std::fs::create_dir_all(inside).expect("temporary files can be made");
    }
    let messages = run_again(test, &tree);
    let _ = std::fs::remove_dir_all(&tree);
    messages
}

fn run_again(test: &str, tree: &Path) -> String {
    let this = std::env::current_exe().expect("it runs");
    let mut child = Command::new(this)
        .args(["--exact", "--nocapture", &format!("du::tests::{test}")])
        .env(TREE, tree)
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .expect("it starts again");
    let mut pipe = child.stderr.take().expect("it is a pipe");
    let (give, messages) = crossbeam_channel::bounded(1);
    std::thread::spawn(move || {
        let mut text = String::new();
        let _ = io::Read::read_to_string(&mut pipe, &mut text);
        give.send(text)
    });
    let messages = messages.recv_timeout(Duration::from_secs(60));
    let _ = child.kill();
    let status = child.wait().expect("it is our child");
    let messages = messages.expect("it ends within a minute");
    assert!(status.success(), "{messages}");
    messages
}

#[track_caller]
fn a_panic_is_told(test: &str, fault: &str) {
    if let Some(tree) = std::env::var_os(TREE) {
        for walkers in [1, 4] {
            let outcome = walk_with(walkers, tree.clone());
            assert!(matches!(outcome, Outcome::Broken), "{outcome:?}");
        }
        return;
    }
    let messages = again(test, fault);
    let told = "pdu: internal error: a walker has failed; the result is incomplete\n";
    assert_eq!(messages.matches(told).count(), 2, "{messages}");
}

#[test]
fn a_walker_that_panics_before_its_listing_ends_the_run_with_a_message() {
    let test = "a_walker_that_panics_before_its_listing_ends_the_run_with_a_message";
    a_panic_is_told(test, "panic before the listing");
}

#[test]
fn a_walker_that_panics_after_its_listing_ends_the_run_with_a_message() {
    let test = "a_walker_that_panics_after_its_listing_ends_the_run_with_a_message";
    a_panic_is_told(test, "panic after the listing");
}
