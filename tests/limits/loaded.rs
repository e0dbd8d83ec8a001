//! The memory of `--diff` with an OLD in no order, which is loaded: bytes for each entry.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::process::Stdio;

use crate::support::process::peak_before_end;
use crate::support::run::{self, must};
use crate::support::skip::size;
use crate::support::tree::Tree;

/// Writes all entries but the end of an export: directories of so many files, with names of 20 bytes.
fn write_export(out: &mut impl Write, directories: usize, files: usize) {
    let mut write = |text: &str| out.write_all(text.as_bytes()).expect("it reads");
    write("[1,2,{},[{\"name\":\"/r\",\"dev\":5}");
    for directory in 0..directories {
        let (inode, time) = (directory * (files + 1) + 100, 1_700_000_000 + directory);
        write(&format!(
            ",\n[{{\"name\":\"directory {directory:010}\",\"dsize\":4096,\"ino\":{inode},\"mtime\":{time}}}"
        ));
        for file in 0..files {
            // Not in the order of the names.
            let number = (file * 7919 + 13) % 1_000_000;
            let (size, inode, time) = (number * 37 % 90_000, inode + 1 + file, time - number);
            write(&format!(
                ",\n{{\"name\":\"file-{number:010}.data\",\"asize\":{size},\"dsize\":{},\"ino\":{inode},\"mtime\":{time}}}",
                size.div_ceil(4096) * 4096
            ));
        }
        write("]");
    }
    // More than the buffers on the way hold: when the end of it is read, the entries are in their places.
    write(&" ".repeat(1 << 20));
}

/// The peak memory in bytes when all entries of an export but its end are read.
fn peak(directories: usize, files: usize) -> u64 {
    let tree = Tree::of("t/f 1");
    must(run::shell(tree.root(), "mkfifo old").env_remove("pdu"));
    let mut command = run::pdu(tree.root(), "-s --diff=./old t");
    command.stdout(Stdio::null()).stderr(Stdio::null());
    let child = command.spawn().expect("it starts");
    let fifo = File::create(tree.root().join("old")).expect("it is opened");
    let mut export = BufWriter::new(fifo);
    write_export(&mut export, directories, files);
    peak_before_end(child, export, b"]]\n") * 1024
}

#[test]
fn a_loaded_entry_takes_less_than_36_bytes() {
    let files = size(20, 100);
    let entries = size(200_000, 1_000_000);
    let directories = entries / (files + 1);
    let (base, all) = (peak(1, 1), peak(directories, files));
    let each = all.saturating_sub(base) / entries as u64;
    eprintln!("{entries} entries in directories of {files}: {each} bytes each");
    assert!(each < 36, "{each} bytes: {all}, without entries {base}");
}

/// While a directory is read, its entries are in memory once more, in another form.
#[test]
fn an_entry_of_one_large_directory_takes_less_than_90_bytes() {
    let entries = size(100_000, 1_000_000);
    let (base, all) = (peak(1, 1), peak(1, entries));
    let each = all.saturating_sub(base) / entries as u64;
    eprintln!("{entries} entries in one directory: {each} bytes each");
    assert!(each < 90, "{each} bytes: {all}, without entries {base}");
}
