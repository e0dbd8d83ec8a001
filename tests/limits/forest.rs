//! The memory of the tree that the explorer shows: bytes for each entry, as the tree itself counts them.

use std::fs;

use pdu::forest::{DirId, LinkCounting};

use crate::support::forest::{options, walk};
use crate::support::skip::size;
use crate::support::tree::Tree;

/// Makes directories of so many files, with names of 20 bytes; the bytes of the tree for each entry.
fn bytes(directories: usize, files: usize) -> usize {
    let tree = Tree::empty();
    for directory in 0..directories {
        let path = tree.root().join(format!("t/directory {directory:010}"));
        fs::create_dir_all(&path).expect("directories can be made");
        for file in 0..files {
            let name = format!("file-{:010}.data", file * 7919 % 1_000_000);
            fs::write(path.join(name), vec![b'x'; file % 5000]).expect("files can be made");
        }
    }
    let links = LinkCounting::Once;
    let forest = walk(tree.root(), &["t"], options(20, links, ""), links);
    let entries = directories * (files + 1) + 1;
    assert_eq!(forest.dir(DirId::TOP).sums.entries, entries as u64);
    eprintln!("{entries} entries, {} bytes", forest.bytes());
    forest.bytes() / entries
}

#[test]
fn an_entry_of_the_explorer_takes_at_most_40_bytes() {
    // As in a home directory: ten files for each directory.
    let bushy = bytes(size(200, 20_000), 10);
    assert!(bushy <= 40, "{bushy} bytes in directories of ten files");
    // Several groups of a large directory.
    let flat = bytes(1, size(5_000, 250_000));
    assert!(flat <= 40, "{flat} bytes in one directory");
}
