//! The GNU du that pdu is compared with, and in what its release is like the newest.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use super::skip::skip;

/// The GNU du that was built for the tests, where there is one.
const BUILT: &str = "/opt/gnu/du";

/// All long options of GNU du 9.10.
pub(crate) const LONG_OPTIONS: &[&str] = &[
    "all",
    "apparent-size",
    "block-size",
    "bytes",
    "count-links",
    "dereference",
    "dereference-args",
    "exclude",
    "exclude-from",
    "files0-from",
    "help",
    "human-readable",
    "inodes",
    "max-depth",
    "no-dereference",
    "null",
    "one-file-system",
    "separate-dirs",
    "si",
    "summarize",
    "threshold",
    "time",
    "time-style",
    "total",
    "version",
];

/// A GNU du.
#[derive(Debug, Clone)]
pub(crate) struct GnuDu {
    pub(crate) path: PathBuf,
    pub(crate) release: Release,
}

/// The release of a GNU du.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Release(u32, u32);

impl Release {
    /// Whether this option means the same to this release as to the newest.
    pub(crate) fn knows(self, letter: u8, word: &str) -> bool {
        let apparent = letter == b'b' || word == "apparent-size";
        !apparent || self.has_pdus_apparent_sizes()
    }

    /// Whether directories have no apparent size. Before 9.2 they had one.
    fn has_pdus_apparent_sizes(self) -> bool {
        self >= Self(9, 2)
    }

    /// Whether there is `-A`; before, there was only `--apparent-size`.
    pub(crate) fn has_short_apparent(self) -> bool {
        self >= Self(9, 6)
    }

    /// Whether the messages are those of the newest release.
    pub(crate) fn same_messages(self) -> bool {
        self >= Self(9, 10)
    }
}

impl std::fmt::Display for Release {
    fn fmt(&self, to: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(to, "{}.{}", self.0, self.1)
    }
}

impl GnuDu {
    /// `$PDU_REFERENCE_DU`, else the newest that was built for the tests, else the `du` on PATH if it is GNU's.
    pub(crate) fn find() -> Option<&'static Self> {
        static FOUND: OnceLock<Option<GnuDu>> = OnceLock::new();
        let find = || {
            let wanted = std::env::var_os("PDU_REFERENCE_DU").map(PathBuf::from);
            let places = match wanted {
                Some(place) => vec![place],
                None => vec![PathBuf::from(BUILT), find_on_path("du")?],
            };
            places.iter().find_map(|place| Self::at(place))
        };
        FOUND.get_or_init(find).as_ref()
    }

    /// One of any release; skips where there is none.
    pub(crate) fn any() -> Option<&'static Self> {
        let found = Self::find();
        if found.is_none() {
            skip("no GNU du to compare with");
        }
        found
    }

    /// One that computes apparent sizes as pdu does; skips where there is none.
    pub(crate) fn same_sizes() -> Option<&'static Self> {
        let found = Self::find().filter(|du| du.release.has_pdus_apparent_sizes());
        if found.is_none() {
            skip("no GNU du of 9.2 or later to compare with");
        }
        found
    }

    /// One whose messages are those of the newest release; skips where there is none.
    pub(crate) fn same_messages() -> Option<&'static Self> {
        let found = Self::find().filter(|du| du.release.same_messages());
        if found.is_none() {
            skip("no GNU du of 9.10 or later to compare with");
        }
        found
    }

    /// The one that was built for the tests and the one of the system, where there are both.
    pub(crate) fn built_and_system() -> Option<(Self, Self)> {
        Some((
            Self::at(Path::new(BUILT))?,
            Self::at(Path::new("/usr/bin/du"))?,
        ))
    }

    /// The GNU du at this place, if that is one.
    fn at(place: &Path) -> Option<Self> {
        let output = Command::new(place).arg("--version").output().ok()?;
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        let release = text.lines().next()?.strip_prefix("du (GNU coreutils) ")?;
        let mut numbers = release.split(['.', '-', ' ']).map(str::parse::<u32>);
        let release = Release(numbers.next()?.ok()?, numbers.next()?.ok()?);
        Some(Self {
            path: place.to_path_buf(),
            release,
        })
    }
}

/// The first file of this name in a directory of PATH.
pub(crate) fn find_on_path(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path)
        .map(|dir| dir.join(name))
        .find(|place| place.is_file())
}
