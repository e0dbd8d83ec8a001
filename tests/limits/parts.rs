//! Memory of one part of a scan by many processes.

use std::fs;
use std::io::{BufWriter, Write};
use std::process::Stdio;

use crate::support::process::peak_before_end;
use crate::support::run;
use crate::support::skip::size;
use crate::support::tree::Tree;

/// The first of the list is walked, all others are handed over.
#[test]
fn a_part_with_a_million_operands_takes_little_memory() {
    let tree = Tree::of("t/f 1");
    let words = "--format=parquet -o x --rest=rest --budget=1 --files0-from=-";
    let mut command = run::pdu(tree.root(), words);
    let mut child = command.stdin(Stdio::piped()).spawn().expect("it starts");
    let mut list = BufWriter::new(child.stdin.take().expect("it is piped"));
    list.write_all(b"t\0").expect("it reads");
    for number in 0..size(200_000, 2_000_000) {
        let name = format!("/a/root/./with/directories/of/some/length/{number}\0");
        list.write_all(name.as_bytes()).expect("it reads");
    }
    let peak = peak_before_end(child, list, b"");
    assert!(peak < 40 * 1024, "{peak} KiB");
    let rest = fs::metadata(tree.root().join("rest")).expect("it was written");
    assert!(rest.len() > 1_000_000, "{rest:?}");
}
