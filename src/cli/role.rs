//! Which options mean nothing where another option was given, and which override a default.

use super::option_id::OptionId;

/// What an option does that another one excludes, or that replaces a default.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Role {
    /// Chooses what a walk finds. `--from` excludes it: what an export holds was found before.
    Walk,
    /// Leaves out entries, changes their order or adds a second root. `--format=ncdu` excludes it: the export would
    /// be a part of the tree and would not show that.
    Part,
    /// Chooses the unit of sizes. A tree uses units for people where none is given.
    Unit,
    /// Bounds the number of lines. A tree fits the terminal where none is given.
    Length,
}

impl OptionId {
    /// Everything that holds for the option.
    pub(super) fn roles(self) -> &'static [Role] {
        match self {
            Self::Dereference
            | Self::DereferenceArgs
            | Self::DereferenceArgsToo
            | Self::Exclude
            | Self::ExcludeCaches
            | Self::ExcludeFs
            | Self::ExcludeKernfs
            | Self::ExcludeFrom
            | Self::OneFileSystem => &[Role::Walk],
            Self::Files0From => &[Role::Walk, Role::Part],
            Self::By | Self::Reverse | Self::SeparateDirs | Self::Sort | Self::Threshold => {
                &[Role::Part]
            }
            Self::Top => &[Role::Part, Role::Length],
            Self::MaxDepth | Self::Summarize => &[Role::Length],
            Self::BlockSize
            | Self::Bytes
            | Self::HumanReadable
            | Self::Kibibytes
            | Self::Mebibytes
            | Self::Si => &[Role::Unit],
            Self::All
            | Self::ApparentSize
            | Self::Color
            | Self::CountLinks
            | Self::Format
            | Self::From
            | Self::Inodes
            | Self::NoDereference
            | Self::Null
            | Self::NumericIds
            | Self::Output
            | Self::Threads
            | Self::Time
            | Self::TimeStyle
            | Self::Total
            | Self::Tree
            | Self::Verbose
            | Self::Width => &[],
        }
    }
}
