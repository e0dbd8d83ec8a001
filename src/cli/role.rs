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
    /// Gives lines another order or sums. `--format=parquet` excludes it: its rows are entries, in the order of their paths.
    Lines,
    /// Changes what is counted, or which rows there are. A Parquet file records it.
    Recorded,
    /// Belongs to the report of one state, or may reach an entry twice. `--diff` excludes it.
    OneState,
    /// Chooses the unit of sizes. A tree uses units for people where none is given.
    Unit,
    /// Chooses lines, their form, or another task. `--explore` excludes it.
    Printed,
    /// Bounds the number of lines. A tree fits the terminal where none is given.
    Length,
}

impl OptionId {
    /// Everything that holds for the option.
    pub(super) fn roles(self) -> &'static [Role] {
        match self {
            Self::Dereference => &[Role::Walk, Role::Recorded, Role::OneState],
            Self::DereferenceArgs
            | Self::DereferenceArgsToo
            | Self::Exclude
            | Self::ExcludeCaches
            | Self::ExcludeFs
            | Self::ExcludeKernfs
            | Self::ExcludeFrom
            | Self::FsName
            | Self::OneFileSystem => &[Role::Walk, Role::Recorded],
            Self::Budget => &[Role::Walk, Role::Recorded, Role::OneState, Role::Printed],
            Self::Rest => &[Role::Walk, Role::OneState, Role::Printed],
            Self::Files0From => &[Role::Walk, Role::Part, Role::OneState],
            Self::By => &[Role::Part, Role::Lines, Role::Printed],
            Self::Reverse | Self::Sort => &[Role::Part, Role::Lines],
            Self::SeparateDirs => &[Role::Part, Role::Lines, Role::OneState, Role::Printed],
            Self::Time => &[Role::OneState],
            Self::Threshold => &[Role::Part, Role::Recorded, Role::Printed],
            Self::Top => &[Role::Part, Role::Lines, Role::Length, Role::Printed],
            Self::MaxDepth | Self::Summarize => &[Role::Length, Role::Recorded, Role::Printed],
            Self::Bytes => &[Role::Unit, Role::Recorded],
            Self::ApparentSize | Self::CountLinks | Self::Inodes => &[Role::Recorded],
            Self::BlockSize
            | Self::HumanReadable
            | Self::Kibibytes
            | Self::Mebibytes
            | Self::Si => &[Role::Unit],
            Self::All
            | Self::Diff
            | Self::FailIfGrew
            | Self::Format
            | Self::History
            | Self::Keep
            | Self::Null
            | Self::Output
            | Self::Snapshot
            | Self::Total
            | Self::Tree
            | Self::Width => &[Role::Printed],
            Self::Color
            | Self::Explore
            | Self::From
            | Self::NoDereference
            | Self::NumericIds
            | Self::ReadOnly
            | Self::Threads
            | Self::TimeStyle
            | Self::Verbose => &[],
        }
    }
}
