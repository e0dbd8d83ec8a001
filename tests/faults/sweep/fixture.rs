//! The tree of the sweep, and the answer of GNU du for it. The answer is computed here from `lstat` and `readdir` of this
//! process, and never from pdu's own output.
//!
//! `Gone` holds the entries that an injected ENOENT hides. GNU du takes an entry that vanishes during the walk for no
//! error, so the right answer is then the answer without that entry, and with all others.

use std::collections::HashSet;
use std::fmt::Write as _;
use std::fs::{self, Metadata};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use crate::support::tree::Tree;

/// More directories than one thread walks before it calls others.
const DIRECTORIES: usize = 72;

/// What an option makes of the answer.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Rules {
    /// `-a`
    pub(crate) all: bool,
    /// `-L`
    pub(crate) follow: bool,
    /// `--time --time-style=+%s`
    pub(crate) time: bool,
    /// `-X`, with the pattern `*.skip`
    pub(crate) skip: bool,
}

/// What was made to vanish, by path.
#[derive(Debug, Default)]
pub(crate) struct Gone {
    /// Entries of their own.
    pub(crate) entries: HashSet<PathBuf>,
    /// What is in these directories, but not they.
    pub(crate) contents: HashSet<PathBuf>,
}

/// Directories with files, hard links between them, links to a file outside, names to skip, times.
pub(crate) fn fixture() -> Tree {
    let mut text = String::from("outside 5000 @77\nskip 7\nlist 5\n");
    for number in 0..DIRECTORIES {
        let time = 1_000_000 + number;
        let _ = writeln!(text, "t/d{number:02}/f{number:02} {} @{time}", number * 700);
        match number % 6 {
            0 => {
                let _ = writeln!(text, "t/d{number:02}/e{number:02}/ @{time}");
            }
            1 => {
                let _ = writeln!(text, "t/d{number:02}/g{number:02}.skip 9000 @{time}");
            }
            2 => {
                let other = number - 1;
                let _ = writeln!(
                    text,
                    "t/d{number:02}/h{number:02} = t/d{other:02}/f{other:02}"
                );
            }
            3 => {
                let _ = writeln!(text, "t/d{number:02}/s{number:02} -> ../../outside");
            }
            _ => {}
        }
        let _ = writeln!(text, "t/d{number:02}/ @{time}");
    }
    text.push_str("t/ @1\n");
    let tree = Tree::of(&text);
    fs::write(tree.root().join("skip"), "*.skip\n").expect("it is ours");
    fs::write(tree.root().join("list"), "t\0").expect("it is ours");
    tree
}

/// What GNU du prints for `t`, with `gone` gone.
pub(crate) fn answer(root: &Path, rules: Rules, gone: &Gone) -> String {
    let mut count = Count {
        root,
        rules,
        gone,
        seen: HashSet::new(),
        text: String::new(),
    };
    count.directory(Path::new("t"));
    count.text
}

struct Count<'a> {
    root: &'a Path,
    rules: Rules,
    gone: &'a Gone,
    seen: HashSet<(u64, u64)>,
    text: String,
}

/// Blocks of 512 bytes, and the newest modification.
#[derive(Default)]
struct Sum(u64, i64);

impl Count<'_> {
    fn directory(&mut self, path: &Path) -> Sum {
        let at = self.root.join(path);
        let mut sum = sum(&fs::symlink_metadata(&at).expect("it is there"));
        if !self.gone.contents.contains(&at) {
            for entry in fs::read_dir(&at).expect("it can be read") {
                let name = entry.expect("it can be read").file_name();
                let one = self.entry(&path.join(name));
                sum = Sum(sum.0 + one.0, sum.1.max(one.1));
            }
        }
        self.line(&sum, path);
        sum
    }

    fn entry(&mut self, path: &Path) -> Sum {
        let at = self.root.join(path);
        let skipped = self.rules.skip && path.extension().is_some_and(|end| end == "skip");
        if skipped || self.gone.entries.contains(&at) {
            return Sum::default();
        }
        let looked = match self.rules.follow {
            true => fs::metadata(&at),
            false => fs::symlink_metadata(&at),
        };
        let found = looked.expect("it is there");
        if found.is_dir() {
            return self.directory(path);
        }
        let several = found.nlink() > 1 || self.rules.follow;
        if several && !self.seen.insert((found.dev(), found.ino())) {
            return Sum::default();
        }
        let sum = sum(&found);
        if self.rules.all {
            self.line(&sum, path);
        }
        sum
    }

    fn line(&mut self, Sum(blocks, newest): &Sum, path: &Path) {
        let time = match self.rules.time {
            true => format!("{newest}\t"),
            false => String::new(),
        };
        let _ = writeln!(
            self.text,
            "{}\t{time}{}",
            blocks.div_ceil(2),
            path.display()
        );
    }
}

fn sum(found: &Metadata) -> Sum {
    Sum(found.blocks(), found.mtime())
}
