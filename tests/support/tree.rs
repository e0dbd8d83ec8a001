//! Trees as literals: a text with a line an entry becomes a tree in a fresh directory, gone when dropped.
//!
//! ```text
//! a/               a directory (those on the way to an entry come by themselves)
//! a/f 5            a file of 5 bytes
//! a/l = a/f        one more name of a/f
//! a/s -> f         a symbolic link
//! a/f 5 @86400     both times, seconds after 1970; @86400/7 the modification and the access
//! a/ !000          permissions
//! a\x20b\n 0       a space and a newline in a name
//! ```
//!
//! Times and permissions are set when everything is there.

use std::ffi::OsString;
use std::fs;
use std::os::unix::ffi::OsStringExt;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicU32, Ordering};

use rustix::fs::{AtFlags, CWD, Timespec, Timestamps};

/// A directory of its own, for one test.
#[derive(Debug)]
pub(crate) struct Tree {
    root: PathBuf,
}

impl Tree {
    /// Creates the tree that the text describes.
    pub(crate) fn of(text: &str) -> Self {
        let tree = Self::empty();
        let lines = text.lines().filter(|line| !line.trim().is_empty());
        let lines: Vec<Vec<&str>> = lines
            .map(|line| line.split_whitespace().collect())
            .collect();
        for words in &lines {
            tree.make(words);
        }
        for words in lines.iter().rev() {
            tree.adorn(words);
        }
        tree
    }

    /// A fresh directory that every user can reach.
    pub(crate) fn empty() -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let name = format!("pdu-tree-{}-{number}", std::process::id());
        let root = std::env::temp_dir().join(name);
        fs::create_dir(&root).expect("the directory for temporary files can be written");
        fs::set_permissions(&root, fs::Permissions::from_mode(0o755)).expect("it is ours");
        Self { root }
    }

    /// Where it is.
    pub(crate) fn root(&self) -> &Path {
        &self.root
    }

    fn make(&self, words: &[&str]) {
        let path = self.root.join(word(words[0]));
        let parent = path.parent().expect("it lies in the tree");
        fs::create_dir_all(parent).expect("directories can be made");
        let made = match words[1..] {
            _ if words[0].ends_with('/') => fs::create_dir_all(&path),
            ["->", target, ..] => symlink(word(target), &path),
            ["=", other, ..] => fs::hard_link(self.root.join(word(other)), &path),
            [size, ..] => fs::write(&path, vec![b'x'; size.parse().expect("a size")]),
            [] => panic!("{words:?} is neither a directory nor has it a size"),
        };
        made.unwrap_or_else(|error| panic!("{words:?}: {error}"));
    }

    fn adorn(&self, words: &[&str]) {
        let path = self.root.join(word(words[0]));
        for word in &words[1..] {
            if let Some(times) = word.strip_prefix('@') {
                set_times(&path, times);
            }
            if let Some(mode) = word.strip_prefix('!') {
                let mode = u32::from_str_radix(mode, 8).expect("permissions are octal");
                fs::set_permissions(&path, fs::Permissions::from_mode(mode)).expect("it is ours");
            }
        }
    }
}

impl Drop for Tree {
    /// By other programs: std's `remove_dir_all` holds a descriptor for each level. Not across mounts: what is mounted
    /// there still does not belong to the test.
    fn drop(&mut self) {
        let run = |program: &str, options: [&str; 2]| {
            let mut command = Command::new(program);
            let _ = command.args(options).arg(&self.root).status();
        };
        run("chmod", ["-Rf", "u+rwx"]);
        run("rm", ["-rf", "--one-file-system"]);
    }
}

fn set_times(path: &Path, times: &str) {
    let (modified, accessed) = times.split_once('/').unwrap_or((times, times));
    let at = |seconds: &str| Timespec {
        tv_sec: seconds.parse().expect("seconds"),
        tv_nsec: 0,
    };
    let times = Timestamps {
        last_access: at(accessed),
        last_modification: at(modified),
    };
    rustix::fs::utimensat(CWD, path, &times, AtFlags::SYMLINK_NOFOLLOW).expect("it is ours");
}

/// A word of a literal as bytes: `\n` and `\xFF` stand for bytes, and `''` for none.
pub(crate) fn word(text: &str) -> OsString {
    let text = if text == "''" { "" } else { text };
    let mut bytes = Vec::new();
    let mut rest = text;
    while let Some(at) = rest.find('\\') {
        bytes.extend_from_slice(&rest.as_bytes()[..at]);
        let (byte, length) = match &rest[at + 1..] {
            hex if hex.starts_with('x') => {
                (u8::from_str_radix(&hex[1..3], 16).expect("two digits"), 4)
            }
            other => (if other.starts_with('n') { b'\n' } else { b'\\' }, 2),
        };
        bytes.push(byte);
        rest = &rest[at + length..];
    }
    bytes.extend_from_slice(rest.as_bytes());
    OsString::from_vec(bytes)
}
