//! The records of the directories, by their numbers.

use super::info::{DirId, DirState, Ended, Sums};
use crate::count::usage::FileTime;

/// Records in one piece of memory: a table that grows needs no second copy of itself.
const CHUNK: usize = if cfg!(test) { 8 } else { 65_536 };

/// Stands for no directory.
pub(super) const NONE: u32 = u32::MAX;

/// An entry below could not be read.
pub(super) const UNREAD_BELOW: u8 = 1;
/// It has entries that are not in the tree.
pub(super) const NEW: u8 = 1 << 1;
/// It is being removed.
pub(super) const REMOVING: u8 = 1 << 2;
/// It has files with several links.
pub(super) const LINKED: u8 = 1 << 3;
/// An operand that lies in another one: the command line does not count it again.
pub(super) const REPEATED: u8 = 1 << 4;

/// A directory, or what was found in the place of one.
#[derive(Debug)]
pub(super) struct Dir {
    /// The number of the directory around it, or [`NONE`].
    pub(super) parent: u32,
    /// Where its row begins in the run of that directory.
    pub(super) place: u32,
    /// Its entries, see [`super::run`]; empty while it is not read.
    pub(super) run: Vec<u8>,
    /// As far as they were carried upwards.
    pub(super) sums: Sums,
    /// The newest time below, in seconds.
    pub(super) newest: i64,
    /// What is not read yet: itself, and the directories in it that are open.
    pub(super) open: u32,
    pub(super) stage: Stage,
    pub(super) flags: u8,
}

/// What is known of a directory itself.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) enum Stage {
    #[default]
    Nothing,
    Announced,
    Read,
    Broken,
    Unread,
    Away,
    Excluded,
    File,
}

/// No directory.
static NO_DIR: Dir = Dir::none();

impl Dir {
    pub(super) const fn none() -> Self {
        Self {
            parent: NONE,
            place: 0,
            run: Vec::new(),
            sums: Sums {
                allocated: 0,
                apparent: 0,
                entries: 0,
            },
            newest: FileTime::NEVER.seconds,
            open: 0,
            stage: Stage::Nothing,
            flags: 0,
        }
    }

    pub(super) fn has(&self, flag: u8) -> bool {
        self.flags & flag != 0
    }

    pub(super) fn set(&mut self, flag: u8, is_set: bool) {
        match is_set {
            true => self.flags |= flag,
            false => self.flags &= !flag,
        }
    }

    pub(super) fn state(&self, ended: Option<Ended>) -> DirState {
        match self.stage {
            Stage::Nothing => DirState::Nothing,
            _ if self.open > 0 && ended.is_some() => DirState::Stopped,
            Stage::Announced => DirState::Announced,
            _ if self.open > 0 => DirState::Reading,
            Stage::Read => DirState::Whole,
            Stage::Broken => DirState::Broken,
            Stage::Unread => DirState::Unread,
            Stage::Away => DirState::Away,
            Stage::Excluded => DirState::Excluded,
            Stage::File => DirState::File,
        }
    }
}

/// See the module.
#[derive(Debug, Default)]
pub(super) struct Dirs {
    chunks: Vec<Vec<Dir>>,
    len: u32,
}

impl Dirs {
    /// One more than the greatest number.
    pub(super) fn len(&self) -> u32 {
        self.len
    }

    /// The record of a directory; an empty one where there is none.
    pub(super) fn get(&self, id: DirId) -> &Dir {
        let at = id.0 as usize;
        let chunk = self.chunks.get(at / CHUNK);
        let dir = chunk.and_then(|chunk| chunk.get(at % CHUNK));
        dir.unwrap_or(&NO_DIR)
    }

    /// The record of a directory, and records up to it.
    pub(super) fn get_mut(&mut self, id: DirId) -> &mut Dir {
        let at = id.0 as usize;
        while self.len as usize <= at {
            if (self.len as usize).is_multiple_of(CHUNK) {
                self.chunks.push(Vec::with_capacity(CHUNK));
            }
            if let Some(chunk) = self.chunks.last_mut() {
                chunk.push(Dir::none());
            }
            self.len += 1;
        }
        &mut self.chunks[at / CHUNK][at % CHUNK]
    }

    /// Forgets the directories from this number on.
    pub(super) fn truncate(&mut self, end: DirId) {
        while self.len > end.0 {
            self.len -= 1;
            if let Some(chunk) = self.chunks.last_mut() {
                chunk.pop();
            }
            self.chunks.pop_if(|chunk| chunk.is_empty());
        }
    }

    /// All numbers, upwards: a directory comes before its subdirectories.
    pub(super) fn ids(&self) -> impl Iterator<Item = DirId> + use<> {
        (0..self.len).map(DirId)
    }

    /// The directory around it.
    pub(super) fn parent(&self, id: DirId) -> Option<DirId> {
        let parent = self.get(id).parent;
        (parent != NONE).then_some(DirId(parent))
    }

    /// The directory to which its sums go.
    pub(super) fn sums_go_to(&self, id: DirId) -> Option<DirId> {
        self.parent(id).filter(|_| !self.get(id).has(REPEATED))
    }

    /// The directories around it.
    pub(super) fn above(&self, id: DirId) -> impl Iterator<Item = DirId> + '_ {
        std::iter::successors(self.parent(id), |&id| self.parent(id))
    }

    /// Bytes of the records and runs.
    pub(super) fn bytes(&self) -> usize {
        let runs: usize = self
            .chunks
            .iter()
            .flatten()
            .map(|dir| dir.run.capacity())
            .sum();
        runs + self.len as usize * size_of::<Dir>()
    }
}

/// Directories and everything below them.
#[derive(Debug, Clone, Default)]
pub(super) struct Below {
    bits: Vec<u64>,
    /// Numbers up to here are decided.
    end: u32,
}

impl Below {
    /// A directory and all below it.
    pub(super) fn from(top: DirId) -> Self {
        let mut below = Self {
            end: top.0,
            ..Self::default()
        };
        below.insert(top.0);
        below
    }

    /// Decides the numbers before `end`: a directory has a greater number than the one around it.
    pub(super) fn extend(&mut self, dirs: &Dirs, end: u32) {
        for number in self.end..end {
            let parent = dirs.get(DirId(number)).parent;
            if parent != NONE && self.has(DirId(parent)) {
                self.insert(number);
            }
        }
        self.end = end.max(self.end);
    }

    fn insert(&mut self, number: u32) {
        let word = number as usize / 64;
        if self.bits.len() <= word {
            self.bits.resize(word + 1, 0);
        }
        self.bits[word] |= 1 << (number % 64);
    }

    pub(super) fn has(&self, id: DirId) -> bool {
        let word = self.bits.get(id.0 as usize / 64);
        word.is_some_and(|word| word & 1 << (id.0 % 64) != 0)
    }
}
