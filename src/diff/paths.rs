//! Paths below a root: empty for the root, else a slash before each name.

use std::cmp::Ordering;

/// The place of a record in the order of a scan: its path, and whether it is a mark.
pub(super) type Place<'a> = (&'a [u8], bool);

/// The order of records. See `record.rs`.
pub(super) fn compare((a, a_is_mark): Place<'_>, (b, b_is_mark): Place<'_>) -> Ordering {
    if a == b {
        return b_is_mark.cmp(&a_is_mark);
    }
    let at = common_length(a, b);
    match (a.get(at), b.get(at)) {
        // One is a directory above the other one.
        (None, Some(b'/')) if a_is_mark => Ordering::Less,
        (None, Some(b'/')) => Ordering::Greater,
        (Some(b'/'), None) if b_is_mark => Ordering::Greater,
        (Some(b'/'), None) => Ordering::Less,
        // A name that ends here is less than one that goes on.
        (Some(b'/'), Some(_)) => Ordering::Less,
        (Some(_), Some(b'/')) => Ordering::Greater,
        (a, b) => a.cmp(&b),
    }
}

fn common_length(a: &[u8], b: &[u8]) -> usize {
    const STEP: usize = 16;
    let steps = a.chunks_exact(STEP).zip(b.chunks_exact(STEP));
    let start = STEP * steps.take_while(|(a, b)| a == b).count();
    let rest = a[start..].iter().zip(&b[start..]);
    start + rest.take_while(|(a, b)| a == b).count()
}

/// True where a path is a directory or lies below it.
pub(super) fn is_within(path: &[u8], directory: &[u8]) -> bool {
    let rest = path.strip_prefix(directory);
    rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(b"/"))
}

/// The path of the directory around; none of the root.
pub(super) fn parent(path: &[u8]) -> Option<&[u8]> {
    let slash = path.iter().rposition(|&byte| byte == b'/')?;
    path.get(..slash)
}

/// Number of names.
pub(super) fn depth(path: &[u8]) -> u32 {
    let slashes = path.iter().filter(|&&byte| byte == b'/').count();
    u32::try_from(slashes).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diff::record::ScanEntry;
    use crate::diff::testing;

    #[test]
    fn records_are_ordered_by_names_with_marks_before_and_directories_after_their_contents() {
        let (mark, entry) = (testing::mark("unread"), testing::directory());
        let long = "/a/0123456789012345678";
        let longer = format!("{long}9");
        let ordered: &[(&str, &ScanEntry)] = &[
            ("", &mark),
            (long, &entry),
            (&longer, &entry),
            ("/a/b", &mark),
            ("/a/b/c", &entry),
            ("/a/b", &entry),
            ("/a", &entry),
            ("/a b", &entry),
            ("/a-/x", &entry),
            ("/a-", &entry),
            ("/a0", &entry),
            ("/b", &entry),
            ("", &entry),
        ];
        for (i, (a, a_entry)) in ordered.iter().enumerate() {
            for (j, (b, b_entry)) in ordered.iter().enumerate() {
                let (a, b) = (testing::record(a, a_entry), testing::record(b, b_entry));
                assert_eq!(compare(a.place(), b.place()), i.cmp(&j), "{a:?} {b:?}");
            }
        }
    }

    #[test]
    fn a_path_has_a_parent_and_a_depth() {
        for (path, expected, number) in
            [("", None, 0), ("/a", Some(""), 1), ("/a/b", Some("/a"), 2)]
        {
            assert_eq!(parent(path.as_bytes()), expected.map(str::as_bytes));
            assert_eq!(depth(path.as_bytes()), number);
        }
        assert!(is_within(b"/a/b", b"/a") && is_within(b"/a", b"/a") && is_within(b"/a", b""));
        assert!(!is_within(b"/ab", b"/a") && !is_within(b"/a", b"/a/b"));
    }
}
