//! The part of a file that is compared: all of it, or a directory below its root.

use super::paths::{depth, is_within};
use super::record::{Kept, ScanInfo};
use crate::import::error::ImportError;

/// The directory below the root of a file that is compared, if not all of it is; `walked` is the directory of a walk. A file
/// that holds only a part of that directory is refused.
pub(super) fn part<'a>(
    root: &[u8],
    walked: Option<&'a [u8]>,
) -> Result<Option<&'a [u8]>, ImportError> {
    match walked {
        Some(walked) if is_below(root, walked) => {
            let [root, walked] = [root, walked].map(String::from_utf8_lossy);
            let text = format!("holds only '{root}', a part of '{walked}'");
            Err(ImportError::damaged(text))
        }
        walked => Ok(walked.filter(|walked| is_below(walked, root))),
    }
}

/// Makes what is known of a file that of a directory in it.
pub(super) fn narrow(info: &mut ScanInfo, part: &[u8]) {
    let root = info.root.strip_suffix(b"/").unwrap_or(&info.root);
    let levels = depth(part.strip_prefix(root).unwrap_or(part));
    if info.kept.max_depth != Kept::ALL.max_depth {
        info.kept.max_depth = info.kept.max_depth.saturating_sub(levels);
    }
    info.root = part.into();
}

/// True where a path lies below a directory, and is not the directory itself.
fn is_below(path: &[u8], directory: &[u8]) -> bool {
    let directory = directory.strip_suffix(b"/").unwrap_or(directory);
    path.len() > directory.len() + 1 && is_within(path, directory)
}

/// The file does not have the directory that is compared.
pub(super) fn no_rows(directory: &[u8]) -> ImportError {
    let directory = String::from_utf8_lossy(directory);
    ImportError::damaged(format!("no rows of '{directory}'"))
}
