//! How entries are removed.

/// How entries are removed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Method {
    /// They are removed at once.
    Delete,
    /// They are moved to the trash of their file system, which gives no space free.
    Trash,
}
