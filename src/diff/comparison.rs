//! The tree of both scans: what each directory has at both times, and the lines that follow.

use rustix::fs::FileType;

use super::change::{Counting, Sink};
use super::explanation::Cut;
use super::level::Level;
use super::listing::Listing;
use super::moves::{Candidate, Candidates, may_move};
use super::options::{DiffOptions, Show};
use super::output::Output;
use super::paths;
use super::record::{ScanEntry, ScanInfo};
use super::scope::{Presence, Scope, Side, Step};
use super::verdict::{Pair, Rules, Verdict};
use crate::count::amounts::Amounts;
use crate::format::parquet::schema::State;

/// See the module.
pub(super) struct Comparison {
    pub(super) show: Show,
    pub(super) rules: Rules,
    pub(super) output: Output,
    /// The path of the current directory.
    path: Vec<u8>,
    levels: Vec<Level>,
    pub(super) candidates: Candidates,
    pub(super) listing: Listing,
}

impl Comparison {
    pub(super) fn new(
        options: DiffOptions,
        (old, new): (&ScanInfo, &ScanInfo),
        sink: Box<dyn Sink>,
    ) -> Self {
        Self {
            show: options.show,
            rules: Rules {
                measure: options.measure,
                kept: [old.kept, new.kept],
                roots: (old.fs, new.fs),
            },
            output: Output {
                sink,
                root: options.root.unwrap_or_else(|| new.root.clone()),
            },
            path: Vec::new(),
            levels: Vec::new(),
            candidates: Candidates::default(),
            listing: Listing::default(),
        }
    }

    /// Sets the path and the file system of the root of NEW.
    pub(super) fn set_root_of_new(&mut self, new: &ScanInfo) {
        self.rules.roots.1 = new.fs;
        if self.output.root.is_empty() {
            self.output.root.clone_from(&new.root);
        }
    }

    /// Takes the records of the next path. Lines that are known are appended to `out`.
    pub(super) fn take(&mut self, step: &Step<'_>, out: &mut Vec<u8>) {
        if !self.levels.is_empty() && self.path == step.path {
            return self.leave((step.old, step.new), out);
        }
        if let Some(parent) = paths::parent(step.path) {
            self.go_to(parent, step, out);
        }
        let mut entries = [step.old, step.new].into_iter().flatten();
        if entries.any(ScanEntry::is_mark) {
            self.enter(step.path, step);
        } else if !self.take_file(step) {
            self.enter(step.path, step);
            self.leave((step.old, step.new), out);
        }
    }

    /// Ends the directories that are open, and returns the root.
    pub(super) fn end(&mut self, out: &mut Vec<u8>) -> Level {
        while self.levels.len() > 1 {
            self.leave((None, None), out);
        }
        let nothing = || Level::new(0, (Scope::Both, true), [false; 2]);
        self.levels.pop().unwrap_or_else(nothing)
    }

    /// Adds a file that both scans have, unless it has a line: by far most entries are such files. False for another entry.
    fn take_file(&mut self, step: &Step<'_>) -> bool {
        let (Some(old), Some(new), Some(level)) = (step.old, step.new, self.levels.last_mut())
        else {
            return false;
        };
        let is_plain = |entry: &ScanEntry| {
            entry.state == State::Ok && entry.counted && entry.kind != FileType::Directory
        };
        if level.scope != Scope::Both || !is_plain(old) || !is_plain(new) {
            return false;
        }
        let (before, now) = (old.sizes(), new.sizes());
        let (change, measure) = (now - before, self.rules.measure);
        let has_line = change.of(measure) != 0
            && match self.show {
                Show::Total | Show::Depth(_) => false,
                Show::Explanation(most) => {
                    let so_far = level.change_so_far(measure) + change.of(measure);
                    !Cut { most, measure }.is_small(&change, so_far)
                }
                Show::Everything => true,
            };
        if !has_line {
            level.before += before;
            level.now += now;
            self.output.sink.entry(step.path, step.old, step.new);
        }
        !has_line
    }

    /// Makes a directory above the step the current one.
    fn go_to(&mut self, directory: &[u8], step: &Step<'_>, out: &mut Vec<u8>) {
        if self.levels.is_empty() {
            self.enter(b"", step);
        }
        if self.path == directory {
            return;
        }
        while !paths::is_within(directory, &self.path) {
            self.leave((None, None), out);
        }
        while self.path.len() < directory.len() {
            let from = self.path.len() + 1;
            let names = directory.get(from..).unwrap_or_default();
            let slash = names.iter().position(|&byte| byte == b'/');
            let end = from + slash.unwrap_or(names.len());
            self.enter(directory.get(..end).unwrap_or(directory), step);
        }
    }

    fn enter(&mut self, path: &[u8], step: &Step<'_>) {
        let [old, new] = [Side::Old, Side::New].map(|side| step.presence(side, path));
        let (scope, is_top) = match self.levels.last() {
            Some(above) => match above.scope.of_contents() {
                Some(scope) => (scope, false),
                None => (Scope::of(old, new, |side| above.is_broken(side)), true),
            },
            None => (Scope::of_root(old, new), true),
        };
        let is_broken = [old, new].map(|presence| presence == Presence::BrokenDirectory);
        let mut level = Level::new(path.len(), (scope, is_top), is_broken);
        let above = self.levels.last();
        level.change_around = above.map_or(0, |above| above.change_so_far(self.rules.measure));
        level.first_candidate = self.candidates.count();
        self.levels.push(level);
        self.output.sink.enter();
        self.path.clear();
        self.path.extend_from_slice(path);
    }

    /// Ends the current directory, or an entry; with its own records, where it has some.
    fn leave(&mut self, own: Pair<'_>, out: &mut Vec<u8>) {
        let Some(mut level) = self.levels.pop() else {
            return;
        };
        level.add_own(own, &self.rules.kept);
        let mut counting = Counting::Counts;
        if level.scope == Scope::Both && self.rules.is_mount(own) {
            self.hide(&mut level);
            counting = Counting::TakenBack;
        }
        let depth = u32::try_from(self.levels.len()).unwrap_or(u32::MAX);
        self.report(own, &level, depth);
        self.output.sink.leave(counting);
        let verdict = self.rules.verdict(own, &level, depth);
        if let Some(verdict) = &verdict {
            level.count_hidden(verdict.event, verdict.size());
        }
        let line = self.tell(&mut level, verdict.as_ref(), out);
        if verdict.is_some() {
            self.add_candidate(own, &level, line);
        }
        match self.levels.last_mut() {
            Some(above) => {
                above.add_level(&level);
                self.path.truncate(above.end);
            }
            None => self.levels.push(level),
        }
    }

    /// Takes back what was told of a directory.
    fn hide(&mut self, level: &mut Level) {
        level.hide();
        self.listing.remove_last_within(&self.path);
        if self.candidates.count() > level.first_candidate {
            self.candidates.remove_within(&self.path);
        }
    }

    /// Passes the records of an entry that counts as change to the sink.
    fn report(&mut self, (old, new): Pair<'_>, level: &Level, depth: u32) {
        let is_told = match level.scope {
            Scope::Both | Scope::Type(_) => true,
            Scope::One(side) => self.rules.is_admitted(side, level, depth),
            Scope::Hidden(..) => false,
        };
        let counted = |entry: &&ScanEntry| entry.counted;
        let (old, new) = (old.filter(counted), new.filter(counted));
        if is_told && (old.is_some() || new.is_some()) {
            self.output.sink.entry(&self.path, old, new);
        }
    }

    /// Makes the line of an entry, where it has one. Returns its number in the listing.
    fn tell(
        &mut self,
        level: &mut Level,
        verdict: Option<&Verdict>,
        out: &mut Vec<u8>,
    ) -> Option<u64> {
        match self.show {
            Show::Total => None,
            Show::Explanation(most) => {
                self.explain(most, level, verdict);
                None
            }
            Show::Depth(most) => {
                let is_told = |verdict: &&Verdict| verdict.is_directory() && verdict.depth <= most;
                self.list(level, verdict.filter(is_told), out)
            }
            Show::Everything => self.list(level, verdict, out),
        }
    }

    fn explain(&mut self, most: usize, level: &mut Level, verdict: Option<&Verdict>) {
        let cut = Cut {
            most,
            measure: self.rules.measure,
        };
        let Some(above) = self.levels.last_mut() else {
            // Its lines are cut when the moves are known, whose two lines become one. The line of the root is the total;
            // but not where that cannot be compared.
            let hidden = verdict.filter(|verdict| verdict.change.is_none());
            let line = hidden.map(|verdict| verdict.line(b"", Amounts::ZERO));
            return level.lines.extend(line);
        };
        let change_so_far = level.change_so_far(cut.measure);
        cut.apply(&mut level.lines, change_so_far);
        for line in level.lines.drain(..) {
            level.told += line.residue;
            cut.push(&mut above.lines, line);
        }
        let Some(verdict) = verdict.filter(|_| level.is_top) else {
            return;
        };
        let residue = level.change() - level.told;
        if verdict.change.is_none() || !cut.is_small(&residue, change_so_far) {
            cut.push(&mut above.lines, verdict.line(&self.path, residue));
        }
    }

    fn list(
        &mut self,
        level: &mut Level,
        verdict: Option<&Verdict>,
        out: &mut Vec<u8>,
    ) -> Option<u64> {
        let is_root = self.levels.is_empty();
        let has_line = |verdict: &&Verdict| match is_root {
            true => verdict.change.is_none(),
            false => !verdict.is_nothing(self.rules.measure),
        };
        let verdict = verdict.filter(has_line);
        let change = level.change();
        if let Some(above) = self.levels.last_mut() {
            above.told += verdict.map_or(level.told, |_| change);
        }
        let line = verdict?.line(&self.path, change - level.told);
        let number = self.listing.count();
        if let Some(line) = self.listing.push(line) {
            self.output.write(line, out);
        }
        Some(number)
    }

    /// Keeps an entry that may have been moved, with the number of its line.
    fn add_candidate(&mut self, own: Pair<'_>, level: &Level, line: Option<u64>) {
        let Some((side, entry, is_link)) = may_move(own, level) else {
            return;
        };
        let size = level.size(side);
        if self.candidates.takes(side, &size) {
            let candidate = Candidate {
                path: self.path.clone(),
                entry: *entry,
                size,
                line,
                is_link,
            };
            self.candidates.push(side, candidate);
        }
    }
}
