//! The directories from the root to the current row, while rows are read in order.
//!
//! Rows come by path components, the contents of a directory before the directory itself. A directory gets its number
//! when it is met first, by a row of its contents or its own: so the numbers are those of a walk that enters a directory
//! before its contents, and a second pass over the same rows gives the same numbers.

use super::row::RowPath;

/// The number of a directory. That of `/` is 0.
pub(super) type Number = usize;

/// See the module.
#[derive(Debug)]
pub(super) struct Levels {
    /// The path of the current directory; empty for `/`.
    path: Vec<u8>,
    stack: Vec<Level>,
    next: Number,
}

#[derive(Debug, Default)]
struct Level {
    /// Length of its path.
    end: usize,
    number: Number,
    /// The name of the last row, or of the last directory, in it.
    last: Vec<u8>,
    /// The number of that directory, while its own row may come.
    last_number: Option<Number>,
}

/// A change of the current directory.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Step {
    /// Down into the directory with this number.
    Enter(Number),
    /// Up out of the directory with this number.
    Leave(Number),
}

/// A row is not in order.
#[derive(Debug)]
pub(super) struct OutOfOrder;

impl Levels {
    /// At `/`.
    pub(super) fn new() -> Self {
        Self {
            path: Vec::new(),
            stack: vec![Level::default()],
            next: 1,
        }
    }

    /// Number of directories so far.
    pub(super) fn count(&self) -> usize {
        self.next
    }

    /// The path of the current directory; empty for `/`.
    pub(super) fn path(&self) -> &[u8] {
        &self.path
    }

    /// Makes the directory of a row the current one, and reports the steps to it. The path is that of the directory while
    /// it is entered or left.
    pub(super) fn go_to(
        &mut self,
        dir: &[u8],
        mut step: impl FnMut(&Self, Step),
    ) -> Result<(), OutOfOrder> {
        if dir == self.path {
            return Ok(());
        }
        while !is_below(dir, &self.path) {
            self.leave(&mut step);
        }
        while self.path.len() < dir.len() {
            let rest = &dir[self.path.len()..];
            let name = rest.strip_prefix(b"/").unwrap_or(rest);
            let name = name.split(|&byte| byte == b'/').next().unwrap_or_default();
            self.enter(name)?;
            let number = self.stack.last().map_or(0, |level| level.number);
            step(self, Step::Enter(number));
            if name.is_empty() {
                return Err(OutOfOrder);
            }
        }
        Ok(())
    }

    /// Goes up to `/` and out of it.
    pub(super) fn end(&mut self, mut step: impl FnMut(&Self, Step)) {
        while !self.stack.is_empty() {
            self.leave(&mut step);
        }
    }

    fn enter(&mut self, name: &[u8]) -> Result<(), OutOfOrder> {
        let number = self.next;
        self.note(name, Some(number))?;
        self.next += 1;
        self.path.push(b'/');
        self.path.extend_from_slice(name);
        self.stack.push(Level {
            end: self.path.len(),
            number,
            ..Level::default()
        });
        Ok(())
    }

    fn leave(&mut self, step: &mut impl FnMut(&Self, Step)) {
        let Some(level) = self.stack.last() else {
            return;
        };
        step(self, Step::Leave(level.number));
        self.stack.pop();
        let end = self.stack.last().map_or(0, |level| level.end);
        self.path.truncate(end);
    }

    /// Remembers a name in the current directory.
    fn note(&mut self, name: &[u8], number: Option<Number>) -> Result<(), OutOfOrder> {
        let Some(level) = self.stack.last_mut() else {
            return Err(OutOfOrder);
        };
        if *name < *level.last || name == level.last && level.last_number.is_some() {
            return Err(OutOfOrder);
        }
        level.last.clear();
        level.last.extend_from_slice(name);
        level.last_number = number;
        Ok(())
    }

    /// A row that is not that of a directory.
    pub(super) fn note_file(&mut self, path: &RowPath) -> Result<(), OutOfOrder> {
        self.note(path.name(), None)
    }

    /// The number of the directory of a row: a new one where it has no contents.
    pub(super) fn directory(&mut self, path: &RowPath) -> Result<Directory, OutOfOrder> {
        if path.name().is_empty() {
            return Ok(Directory::WithContents(0));
        }
        let level = self.stack.last_mut().ok_or(OutOfOrder)?;
        if *level.last == *path.name()
            && let Some(number) = level.last_number.take()
        {
            return Ok(Directory::WithContents(number));
        }
        let number = self.next;
        self.note(path.name(), None)?;
        self.next += 1;
        Ok(Directory::Empty(number))
    }
}

/// A directory by its own row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Directory {
    /// Its contents came before.
    WithContents(Number),
    /// It has no contents.
    Empty(Number),
}

/// True where a path is a directory or lies below it.
fn is_below(path: &[u8], directory: &[u8]) -> bool {
    let rest = path.strip_prefix(directory);
    rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(b"/") || directory.is_empty())
}
