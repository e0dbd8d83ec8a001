//! Hard links in an export.

/// What happens to the further links of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Links {
    /// They count (`-l`).
    Count,
    /// They are left out.
    LeaveOut,
    /// They count and keep their marks: the report is another export, and its reader leaves them out.
    Keep,
}
