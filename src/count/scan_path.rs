//! The paths in a list of `--rest`: `/./` stands between the root of the scan and what lies below, as in `/srv/./a/b`.
//!
//! The kernel takes such a path for `/srv/a/b`. The process that walks it has to know the root: the directories from there
//! on decide what holds itself and what lies on another file system, those above the root do not. A path without the mark
//! is itself a root.

use std::borrow::Cow;

const MARK: &[u8] = b"/./";

/// The root, and the path below it; nothing where the path is itself a root.
#[must_use]
pub fn split(path: &[u8]) -> Option<(&[u8], &[u8])> {
    let at = path.windows(MARK.len()).position(|bytes| bytes == MARK)?;
    let root = if at == 0 { b"/" } else { &path[..at] };
    Some((root, &path[at + MARK.len()..]))
}

/// The path without the mark.
#[must_use]
pub fn unmarked(path: &[u8]) -> Cow<'_, [u8]> {
    match split(path) {
        None => path.into(),
        Some((b"/", below)) => [b"/", below].concat().into(),
        Some((root, below)) => [root, b"/", below].concat().into(),
    }
}

/// Appends a path below an operand of so many bytes, with the mark: that of the operand, or one after it.
pub fn push_marked(path: &[u8], operand: usize, out: &mut Vec<u8>) {
    if split(path).is_some() || path.len() <= operand {
        out.extend_from_slice(path);
        return;
    }
    let (root, below) = path.split_at(operand);
    out.extend_from_slice(root);
    push_below(below.strip_prefix(b"/").unwrap_or(below), out);
}

/// Appends the path below a root, if there is one, to that of the root.
pub fn push_below(below: &[u8], out: &mut Vec<u8>) {
    if !below.is_empty() {
        if out.last() == Some(&b'/') {
            out.pop();
        }
        out.extend_from_slice(MARK);
        out.extend_from_slice(below);
    }
}

/// How many bytes longer a path is with the mark.
pub const MARK_LENGTH: usize = MARK.len() - 1;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_keeps_the_root_of_its_scan() {
        for (operand, path, marked) in [
            ("/srv", "/srv/a", "/srv/./a"),
            ("/srv", "/srv/a/b c", "/srv/./a/b c"),
            ("/", "/usr", "/./usr"),
            ("/", "/usr/lib", "/./usr/lib"),
            ("/srv", "/srv", "/srv"),
            ("/srv/./a", "/srv/./a", "/srv/./a"),
            ("/srv/./a", "/srv/./a/b", "/srv/./a/b"),
            ("/./usr", "/./usr/lib", "/./usr/lib"),
        ] {
            let mut out = Vec::new();
            push_marked(path.as_bytes(), operand.len(), &mut out);
            assert_eq!(out, marked.as_bytes());
            let plain = marked.replacen("/./", "/", 1);
            assert_eq!(unmarked(marked.as_bytes()), plain.as_bytes());
        }
        assert_eq!(split(b"/./usr/lib"), Some((&b"/"[..], &b"usr/lib"[..])));
        assert_eq!(split(b"/srv/./a"), Some((&b"/srv"[..], &b"a"[..])));
        assert_eq!(split(b"/srv/.a"), None);
    }
}
