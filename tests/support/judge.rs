//! The GNU du that decides, and what its release can be asked.

#![allow(dead_code, reason = "each test uses its part")]

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;

/// A GNU du, by its release.
#[derive(Debug, Clone)]
pub(crate) struct Judge {
    pub(crate) path: PathBuf,
    pub(crate) dialect: Dialect,
}

/// What a release of GNU du does alike with the newest.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Dialect {
    release: (u32, u32),
}

impl Dialect {
    /// Whether this option means the same to this release as to the newest.
    pub(crate) fn knows(self, letter: u8, word: &str) -> bool {
        let apparent = letter == b'b' || word == "apparent-size";
        // Before 9.2 directories had an apparent size.
        !(apparent && self.release < (9, 2))
    }

    /// Whether `-A` is understood; before, there was only the word.
    pub(crate) fn has_short_apparent(self) -> bool {
        self.release >= (9, 6)
    }

    /// Whether messages are the newest's, word for word.
    pub(crate) fn same_messages(self) -> bool {
        self.release >= (9, 10)
    }

    pub(crate) fn release(self) -> String {
        format!("{}.{}", self.release.0, self.release.1)
    }
}

impl Judge {
    /// One whose messages are the newest's; where there is none, the test that asks says so and is skipped.
    pub(crate) fn of_the_newest_words() -> Option<Judge> {
        let judge = Judge::find().filter(|judge| judge.dialect.same_messages());
        if judge.is_none() {
            let line = "skipped: no GNU du of 9.10 or later to compare with";
            // Past the test harness, so that it is read where the test passes too.
            let _ = writeln!(std::io::stderr(), "{line}");
        }
        judge
    }

    /// `$PDU_REFERENCE_DU`, else the newest that was built for us, else the `du` on PATH if it is GNU's.
    pub(crate) fn find() -> Option<Judge> {
        let wanted = std::env::var_os("PDU_REFERENCE_DU").map(PathBuf::from);
        let places = match wanted {
            Some(place) => vec![place],
            None => vec![PathBuf::from("/opt/gnu/du"), find_on_path("du")?],
        };
        places.iter().find_map(|place| Judge::at(place))
    }

    /// The GNU du at this place, if that is one.
    pub(crate) fn at(place: &Path) -> Option<Judge> {
        let output = Command::new(place).arg("--version").output().ok()?;
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        let release = text.lines().next()?.strip_prefix("du (GNU coreutils) ")?;
        let mut numbers = release.split(['.', '-', ' ']).map(str::parse::<u32>);
        let release = (numbers.next()?.ok()?, numbers.next()?.ok()?);
        Some(Judge {
            path: place.to_path_buf(),
            dialect: Dialect { release },
        })
    }
}

/// The first executable of this name on PATH.
pub(crate) fn find_on_path(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path)
        .map(|dir| dir.join(name))
        .find(|place| place.is_file())
}
