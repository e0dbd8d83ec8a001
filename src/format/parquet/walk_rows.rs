//! The calls of a format to rows: what each entry is, in the order of a file.

use rustix::fs::FileType;
use rustix::io::Errno;

use super::filesystems::SeenFileSystems;
use super::options::{CountedLinks, ParquetOptions, Scope};
use super::rendered;
use super::rows::{Row, micros, set_detail};
use super::schema::State;
use crate::count::record::{Kind, Record, last_component};
use crate::count::scan_path;
use crate::count::usage::{Detail, Usage};
use crate::count::visitor::Absence;
use crate::format::columns::file_type;
use crate::format::interface::Warning;
use crate::format::selected::Selection;
use crate::sys::failure::{Failure, Operation};

/// Makes the rows of a walk. `D` is what the receiver of the rows keeps for a directory.
pub(crate) struct WalkRows<D> {
    selection: Selection,
    links: CountedLinks,
    scope: Scope,
    /// The absolute path of the root, where it is not the path of its record.
    root: Option<Vec<u8>>,
    levels: Vec<Level<D>>,
    /// The absolute path of the current directory; empty for `/`.
    path: Vec<u8>,
    pub(super) roots: Vec<Vec<u8>>,
    /// Number of directories that were handed over.
    pub(super) handed_over: u64,
    pub(super) filesystems: SeenFileSystems,
    /// The last row has a size that does not fit.
    warning: Option<Warning>,
    /// There was such a row.
    has_overflowed: bool,
}

/// A row, and where it belongs.
pub(crate) struct PlacedRow<'a, D> {
    /// The path of the directory that the entry lies in; empty for `/`.
    pub(crate) dir: &'a [u8],
    /// What the receiver keeps for this directory.
    pub(crate) kept: &'a mut Option<D>,
    pub(crate) name: &'a [u8],
    /// Allocated, apparent, inodes of a directory.
    pub(crate) totals: Option<[i64; 3]>,
    pub(crate) row: &'a Row,
    pub(crate) filesystems: &'a SeenFileSystems,
}

/// A directory that was entered.
#[derive(Debug)]
struct Level<D> {
    own: Usage,
    detail: Option<Detail>,
    failure: Option<Failure>,
    /// Length of the path of the directory above.
    above: usize,
    kept: Option<D>,
    /// The total is not known: another process reads a part of it, or a file with several links lies below.
    lacks_total: bool,
}

impl<D> WalkRows<D> {
    pub(crate) fn new(options: &ParquetOptions) -> Self {
        Self {
            selection: options.selection,
            links: options.links,
            scope: options.scope,
            root: options.root.clone(),
            levels: Vec::new(),
            path: Vec::new(),
            roots: Vec::new(),
            handed_over: 0,
            filesystems: SeenFileSystems::new(options.filesystems, options.fs_name.clone()),
            warning: None,
            has_overflowed: false,
        }
    }

    /// True where no directory was entered.
    pub(crate) fn has_no_root(&self) -> bool {
        self.roots.is_empty()
    }

    /// The name of the file system on which an entry of the current directory lies.
    pub(crate) fn filesystem(&mut self, record: &Record<'_>) -> Option<&str> {
        let place = (&*self.path, record.name());
        let device = record.detail?.inode.device;
        let index = self.filesystems.index(device, place)?;
        self.filesystems.name(index)
    }

    /// A directory begins.
    pub(crate) fn enter(
        &mut self,
        record: &Record<'_>,
        failure: Option<Failure>,
        push: impl FnOnce(PlacedRow<'_, D>),
    ) {
        // There may be too many operands to name them all in a part.
        if record.depth == 0 && self.scope == Scope::Whole {
            let root = self.root.as_deref().unwrap_or(record.path);
            self.roots.push(root.into());
        }
        self.descend(record, failure);
        if record.depth == 0 {
            self.name_filesystem(record, b"");
        }
        if let Some(failure) = failure {
            self.mark(record, failure, push);
        }
    }

    /// A file, or the end of a directory.
    pub(crate) fn record(
        &mut self,
        record: &Record<'_>,
        push: impl FnOnce(PlacedRow<'_, D>),
    ) -> Option<Warning> {
        match record.kind {
            // A root that was a directory when the command line was checked, and is a file now: there is no root.
            Kind::File if record.depth == 0 && self.scope == Scope::Whole => {}
            Kind::File => {
                if record.depth == 0 {
                    self.go_to_operand(record.path);
                    self.name_filesystem(record, record.name());
                }
                let has_links = record.detail.is_some_and(|detail| detail.links > 1);
                if has_links && self.links == CountedLinks::Each {
                    self.lose_total();
                }
                if self.selection.takes_unfinished(record) {
                    let row = self.row(record, &record.usage, record.detail, record.name());
                    self.push(record.name(), None, &row, push);
                }
            }
            Kind::Directory(_) => self.directory(record, push),
        }
        self.warning.take()
    }

    /// A further link of a file.
    pub(crate) fn link(
        &mut self,
        record: &Record<'_>,
        push: impl FnOnce(PlacedRow<'_, D>),
    ) -> Option<Warning> {
        if self.selection.takes_unfinished(record) {
            let mut row = self.row(record, &record.usage, record.detail, record.name());
            row.counted = false;
            self.push(record.name(), None, &row, push);
        }
        self.warning.take()
    }

    /// Files of the current directory that their walkers have rendered.
    pub(super) fn rendered(&mut self, mut text: &[u8], mut push: impl FnMut(PlacedRow<'_, D>)) {
        let depth = self.depth(self.levels.len() as u32);
        let Some(detail) = self.levels.last().and_then(|level| level.detail) else {
            return;
        };
        let device = detail.inode.device;
        while let Some((name, mut row)) = rendered::take(&mut text, device) {
            let fs = self.filesystems.index(device, (&self.path, name));
            row.fs = fs.unwrap_or(Row::NULL.fs);
            row.depth = depth;
            self.push(name, None, &row, &mut push);
        }
    }

    /// An entry that `-x` leaves out.
    pub(crate) fn away(&mut self, record: &Record<'_>, push: impl FnOnce(PlacedRow<'_, D>)) {
        if record.depth == 0 {
            self.go_to_operand(record.path);
        }
        if record.depth <= self.selection.max_depth {
            let mut row = self.row(record, &Usage::default(), record.detail, record.name());
            row.counted = false;
            row.state = State::Away;
            self.push(record.name(), None, &row, push);
        }
    }

    /// A directory that does not count in this process.
    pub(crate) fn absent(
        &mut self,
        record: &Record<'_>,
        absence: Absence,
        push: impl FnOnce(PlacedRow<'_, D>),
    ) {
        if record.depth == 0 {
            self.go_to_operand(record.path);
        }
        let row = match absence {
            Absence::HandedOver => Row {
                kind: FileType::Directory,
                state: State::HandedOver,
                ..Row::NULL
            },
            Absence::Gone => Row {
                state: State::Unread,
                error: Errno::NOENT.raw_os_error(),
                ..Row::NULL
            },
        };
        self.handed_over += u64::from(absence == Absence::HandedOver);
        self.lose_total();
        self.push(record.name(), None, &row, push);
    }

    /// An entry of the open directory for which an operation failed. A failure of the directory itself is part of its
    /// own row.
    pub(crate) fn failure(
        &mut self,
        path: &[u8],
        failure: Failure,
        push: impl FnOnce(PlacedRow<'_, D>),
    ) {
        let is_of_entry = matches!(
            failure.operation,
            Operation::Access | Operation::Follow | Operation::ExportedEntry
        );
        let is_operand = self.levels.is_empty();
        if is_operand && self.scope == Scope::Part {
            self.go_to_operand(path);
        }
        if is_of_entry && (!is_operand || self.scope == Scope::Part) {
            let depth = u32::try_from(self.levels.len()).unwrap_or(u32::MAX);
            let row = Row {
                depth: self.depth(depth),
                state: State::Unread,
                error: failure.errno,
                ..Row::NULL
            };
            self.push(last_component(path), None, &row, push);
        }
    }

    /// Gives a row of an entry in the current directory.
    fn push(
        &mut self,
        name: &[u8],
        totals: Option<[i64; 3]>,
        row: &Row,
        push: impl FnOnce(PlacedRow<'_, D>),
    ) {
        let mut none = None;
        let level = self.levels.last_mut();
        push(PlacedRow {
            dir: &self.path,
            kept: level.map_or(&mut none, |level| &mut level.kept),
            name,
            totals,
            row,
            filesystems: &self.filesystems,
        });
    }

    /// The row of an entry: what it is, and its own sizes.
    fn row(
        &mut self,
        record: &Record<'_>,
        own: &Usage,
        detail: Option<&Detail>,
        name: &[u8],
    ) -> Row {
        let mut row = Row {
            depth: self.depth(record.depth),
            kind: file_type(record),
            allocated: self.size(own.allocated),
            apparent: self.size(own.apparent),
            mtime: micros(own.newest),
            counted: true,
            ..Row::NULL
        };
        if let Some(detail) = detail {
            let place = (&*self.path, name);
            let fs = self.filesystems.index(detail.inode.device, place);
            row.fs = fs.unwrap_or(Row::NULL.fs);
            set_detail(&mut row, detail);
        }
        row
    }

    /// The depth that the column has: operands of a part lie at any depth.
    fn depth(&self, depth: u32) -> u32 {
        match self.scope {
            Scope::Whole => depth,
            Scope::Part => Row::NULL.depth,
        }
    }

    /// Makes the directory that holds an operand the current one.
    fn go_to_operand(&mut self, path: &[u8]) {
        let path = scan_path::unmarked(path);
        let dir = path.len() - last_component(&path).len();
        self.path = path[..dir.saturating_sub(1)].into();
    }

    /// Gives the file system of an operand its name, where one is given. The current directory is the operand, or holds it.
    fn name_filesystem(&mut self, record: &Record<'_>, name: &[u8]) {
        if let Some(detail) = record.detail {
            let place = (&*self.path, name);
            self.filesystems
                .name_that_of_operand(detail.inode.device, place);
        }
    }

    /// The total of the current directory is not known.
    fn lose_total(&mut self) {
        if let Some(level) = self.levels.last_mut() {
            level.lacks_total = true;
        }
    }

    /// A size that the column can hold: one above 2^63-1 is an error.
    fn size(&mut self, size: u128) -> i64 {
        i64::try_from(size).unwrap_or_else(|_| {
            self.overflow();
            i64::MAX
        })
    }

    fn overflow(&mut self) {
        self.has_overflowed = true;
        self.warning = Some(Warning::SizeTooLarge);
    }

    /// Begins a directory: its name becomes a part of the path.
    fn descend(&mut self, record: &Record<'_>, failure: Option<Failure>) {
        let above = match record.depth {
            0 => 0,
            _ => self.path.len(),
        };
        if record.depth == 0 {
            let root = self.root.as_deref().unwrap_or(record.path);
            let root = scan_path::unmarked(root);
            self.path = root.strip_suffix(b"/").unwrap_or(&root).into();
        } else {
            self.path.push(b'/');
            self.path.extend_from_slice(record.name());
        }
        self.levels.push(Level {
            own: record.usage,
            detail: record.detail.copied(),
            failure,
            above,
            kept: None,
            lacks_total: false,
        });
    }

    /// Ends a directory: gives it, and makes the path that of the directory above. The name is that of the directory.
    fn ascend(&mut self) -> Option<(Level<D>, Vec<u8>)> {
        let level = self.levels.pop()?;
        let name = last_component(&self.path).to_vec();
        let dir = self.path.len() - name.len();
        self.path.truncate(dir.saturating_sub(1).max(level.above));
        if let Some(above) = self.levels.last_mut() {
            above.lacks_total |= level.lacks_total;
        }
        Some((level, name))
    }

    /// The row of a directory with all of its contents.
    fn directory(&mut self, record: &Record<'_>, push: impl FnOnce(PlacedRow<'_, D>)) {
        let Some((level, name)) = self.ascend() else {
            return;
        };
        // The root has a row of any size: it holds the total.
        let is_wanted = self.selection.takes_unfinished(record) || record.depth == 0;
        if !is_wanted && level.failure.is_none() {
            return;
        }
        let mut row = self.row(record, &level.own, level.detail.as_ref(), &name);
        let totals = match level.lacks_total {
            true => None,
            false => exact_totals(&record.usage),
        };
        // A size below has an error already, and the totals of all directories above it do not fit either.
        if !level.lacks_total && totals.is_none() && !self.has_overflowed {
            self.overflow();
        }
        set_failure(&mut row, level.failure);
        self.push(&name, totals, &row, push);
    }

    /// The mark of a directory that could not be read, or not to its end.
    fn mark(&mut self, record: &Record<'_>, failure: Failure, push: impl FnOnce(PlacedRow<'_, D>)) {
        let Some((level, name)) = self.ascend() else {
            return;
        };
        let mut row = self.row(record, &Usage::default(), level.detail.as_ref(), &name);
        row.mtime = micros(level.own.newest);
        row.counted = false;
        set_failure(&mut row, Some(failure));
        self.push(&name, None, &row, push);
        self.descend(record, Some(failure));
    }
}

/// The totals of a directory; none where one of them does not fit.
fn exact_totals(total: &Usage) -> Option<[i64; 3]> {
    Some([
        total.allocated.try_into().ok()?,
        total.apparent.try_into().ok()?,
        total.inodes.try_into().ok()?,
    ])
}

fn set_failure(row: &mut Row, failure: Option<Failure>) {
    let Some(failure) = failure else { return };
    row.state = match failure.operation {
        Operation::ReadOn | Operation::ExportedInPart => State::Broken,
        _ => State::Unread,
    };
    row.error = failure.errno;
}
