//! Absolute paths.

use std::ffi::OsStr;
use std::path::{Component, PathBuf, absolute};

/// The absolute path, without `..` and without a slash at its end, neither of which is a name. By the text alone, so that a
/// symbolic link stays one; but the disk says what a path up to the last `..` means, since the directory above a symbolic
/// link is not the one before it in the text. None where the working directory is not known.
#[must_use]
pub fn absolute_path(name: &OsStr) -> Option<PathBuf> {
    let path = absolute(name).ok()?;
    let names: Vec<Component<'_>> = path.components().collect();
    let last = names.iter().rposition(|name| *name == Component::ParentDir);
    let (before, after) = names.split_at(last.map_or(0, |last| last + 1));
    let before: PathBuf = before.iter().collect();
    let mut resolved = before.canonicalize().unwrap_or(before);
    resolved.extend(after);
    Some(resolved)
}
