//! Damaged Parquet files: a file of pdu is refused whatever byte was changed. One of another program is refused where its
//! checksums or its sizes show the damage, and no damage ends pdu in another way or takes much memory.

use std::fs;
use std::io::Write as _;

use super::export::{said, script};
use super::parquet::{python, python_says};
use crate::support::run::text as text_of;
use crate::support::skip::{size, thorough, works};
use crate::support::tree::Tree;
use pdu::count::usage::{Detail, Item, Usage};
use pdu::count::visitor::{Extent, Flow, Visitor};
use pdu::import::Links;
use pdu::import::parquet::ParquetReader;
use pdu::sys::failure::Failure;

/// Keeps all events as text.
#[derive(Default)]
struct Events(String);

impl Events {
    fn push(&mut self, event: std::fmt::Arguments<'_>) {
        self.0.push_str(&event.to_string());
        self.0.push('\n');
    }
}

impl Visitor for Events {
    fn enter(&mut self, name: &[u8], item: &Item<'_>, failure: Option<Failure>) -> Flow {
        self.push(format_args!(
            "enter {} {item:?} {failure:?}",
            name.escape_ascii()
        ));
        Flow::Continue
    }

    fn file(&mut self, name: Option<&[u8]>, item: &Item<'_>) {
        let name = name.unwrap_or_default().escape_ascii();
        self.push(format_args!("file {name} {item:?}"));
    }

    fn away(&mut self, name: &[u8], detail: &Detail) {
        self.push(format_args!("away {} {detail:?}", name.escape_ascii()));
    }
    fn rendered(&mut self, _: &[u8]) {}

    fn sum(&mut self, usage: &Usage, directories: u64) {
        self.push(format_args!("sum {usage:?} {directories}"));
    }

    fn failed(&mut self, path: &[u8], failure: Failure) {
        self.push(format_args!("failed {} {failure:?}", path.escape_ascii()));
    }

    fn leave(&mut self, extent: Extent) {
        self.push(format_args!("leave {extent:?}"));
    }
}

/// The events of a file with these bytes, or the message.
fn events(bytes: &[u8]) -> Result<String, String> {
    let file = rustix::fs::memfd_create("file", rustix::fs::MemfdFlags::CLOEXEC);
    let mut file = fs::File::from(file.expect("memory can be had"));
    file.write_all(bytes).expect("it can be written");
    let mut reader = ParquetReader::new(file, Links::LeaveOut);
    let mut events = Events::default();
    match reader.advance(&mut events, usize::MAX) {
        Ok(_) => Ok(events.0),
        Err(error) => Err(error.to_string()),
    }
}

/// A tree of each kind of row, and its file `x`.
fn small_tree() -> Tree {
    let tree = Tree::of("t/a 5\nt/b = t/a\nt/d/e 70000\nt/\\xff/x 1\nt/l -> a");
    said(&tree, "$pdu --format=parquet -o x t");
    tree
}

fn flipped(whole: &[u8], at: usize, flip: u8) -> Vec<u8> {
    let mut damaged = whole.to_vec();
    damaged[at] ^= flip;
    damaged
}

/// The changes of the byte at this place.
fn flips(at: usize) -> Vec<u8> {
    match thorough() {
        true => (0..8).map(|bit| 1 << bit).chain([0xff]).collect(),
        false => vec![1 << (at % 8)],
    }
}

#[test]
fn each_prefix_is_refused_and_each_flipped_byte_is_refused_or_changes_nothing() {
    let tree = small_tree();
    let whole = fs::read(tree.root().join("x")).expect("it is there");
    let expected = events(&whole).expect("it is whole");
    assert!(
        expected.contains("enter") && expected.lines().count() > 8,
        "{expected}"
    );
    for length in 0..whole.len() {
        let told = events(&whole[..length]);
        assert!(told.is_err(), "{length} of {} bytes: {told:?}", whole.len());
    }
    let mut refused = 0;
    for at in 0..whole.len() {
        for flip in flips(at) {
            match events(&flipped(&whole, at, flip)) {
                Ok(events) => assert_eq!(events, expected, "byte {at} ^ {flip:#x}"),
                Err(_) => refused += 1,
            }
        }
    }
    assert!(
        refused > whole.len() * 9 / 10,
        "{refused} of {}",
        whole.len()
    );
}

/// Small files of other programs: nothing but an error of one line or an answer comes out of damage. Where the pages have
/// checksums (`crc`), an answer is the right one unless the footer was changed, which has none.
#[test]
fn damaged_files_of_other_programs_are_refused_or_read() {
    let Some(python) = python("duckdb, pyarrow") else {
        return;
    };
    let tree = small_tree();
    let written = python_says(&python, &tree, "rewrite x");
    for name in written.lines() {
        let whole = fs::read(tree.root().join(name)).expect("it is there");
        let expected = events(&whole).expect("it is whole");
        let footer = footer_start(&whole);
        // In the short form some bytes, and not the same of each file.
        let step = if name == "crc" {
            size(3, 1)
        } else {
            size(29, 1)
        };
        for at in (0..whole.len()).skip(name.len() % step).step_by(step) {
            for damaged in flips(at).into_iter().map(|flip| flipped(&whole, at, flip)) {
                match events(&damaged) {
                    Ok(events) if name == "crc" && at < footer => {
                        assert_eq!(events, expected, "byte {at}");
                    }
                    Ok(_) => {}
                    Err(message) => assert_eq!(message.lines().count(), 1, "{name}: {message}"),
                }
            }
        }
        for length in (0..whole.len()).step_by(size(97, 1)) {
            assert!(events(&whole[..length]).is_err(), "{name}: {length} bytes");
        }
    }
}

/// The place where the metadata of a file begins.
fn footer_start(file: &[u8]) -> usize {
    let (rest, _) = file.split_last_chunk::<4>().expect("magic bytes");
    let (_, length) = rest.split_last_chunk::<4>().expect("a length");
    rest.len() - 4 - u32::from_le_bytes(*length) as usize
}

/// The program says the same as the library: one line and status 1, in little address space; nothing on standard output.
#[test]
fn the_program_refuses_damaged_files_in_one_line() {
    if !works("prlimit --version") {
        return;
    }
    let tree = small_tree();
    let whole = fs::read(tree.root().join("x")).expect("it is there");
    let answers = ["", "-a"].map(|words| said(&tree, &format!("$pdu {words} --from=x")));
    for at in (0..whole.len()).step_by(size(211, 7)) {
        let flip = flips(at)[0];
        let damaged = [flipped(&whole, at, flip), whole[..at].to_vec()];
        for (bytes, what) in damaged.iter().zip(["flipped", "cut off"]) {
            fs::write(tree.root().join("y"), bytes).expect("it can be written");
            for (words, answer) in ["", "-a"].iter().zip(&answers) {
                let text = format!("prlimit --as=80000000 $pdu {words} --from=y");
                let output = script(&tree, &text);
                let (out, errors) = (text_of(&output.stdout), text_of(&output.stderr));
                match output.status.code() {
                    Some(0) => assert_eq!((&out, &*errors), (answer, ""), "{what} at {at}"),
                    code => {
                        assert_eq!((code, &*out), (Some(1), ""), "{what} at {at}: {errors}");
                        let is_message =
                            errors.starts_with("pdu: y: ") || errors.starts_with("pdu: this ");
                        assert!(is_message && errors.lines().count() == 1, "{at}: {errors}");
                    }
                }
            }
        }
    }
}
