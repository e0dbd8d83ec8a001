//! The end of a comparison: moves, the lines that are left, and the summary.

use std::io;

use super::change::{Change, DiffSummary, Event, Sum};
use super::comparison::Comparison;
use super::explanation::{Cut, follow_residue, join};
use super::level::Level;
use super::moves::Move;
use super::options::Show;
use super::paths;
use super::record::ScanInfo;
use super::warnings::warnings;
use crate::count::amounts::Amounts;
use crate::format::page::Page;

impl Comparison {
    /// Ends the comparison and writes the lines that are left.
    pub(super) fn conclude(
        &mut self,
        (old, new): (&ScanInfo, &ScanInfo),
        page: &mut Page<'_>,
    ) -> io::Result<DiffSummary> {
        let mut root = self.end(&mut page.lines);
        let dropped_candidates = self.candidates.dropped();
        let moves = self.candidates.take_moves();
        let mut moved = Sum::default();
        for pair in moves.iter().filter(|pair| !pair.is_invisible()) {
            moved.add(pair.new.size);
        }
        let told = match self.show {
            Show::Total => Amounts::ZERO,
            Show::Explanation(most) => self.write_explanation(most, &mut root, moves, page)?,
            Show::Depth(_) | Show::Everything => {
                self.write_listing(moves, page)?;
                root.told
            }
        };
        Ok(DiffSummary {
            root: self.output.root.clone(),
            change: root.change(),
            rest: root.change() - told,
            before: root.before,
            now: root.now,
            times: (old.started, new.started),
            unread: root.unread,
            away: root.away,
            moved,
            dropped_candidates,
            is_complete: old.is_complete && new.is_complete,
            warnings: warnings(old, new),
        })
    }

    /// Writes the lines of an explanation. Returns the sum that they tell.
    fn write_explanation(
        &mut self,
        most: usize,
        root: &mut Level,
        moves: Vec<Move>,
        page: &mut Page<'_>,
    ) -> io::Result<Amounts> {
        let measure = self.rules.measure;
        let cut = Cut { most, measure };
        let change = root.change();
        let lines = &mut root.lines;
        add_moves(lines, moves);
        cut.apply(lines, change.of(measure));
        cut.sort(lines);
        let mut told = Amounts::ZERO;
        for mut line in lines.drain(..) {
            told += line.residue;
            follow_residue(&mut line, measure);
            self.output.write(line, &mut page.lines);
            page.write_if_full()?;
        }
        Ok(told)
    }

    fn write_listing(&mut self, moves: Vec<Move>, page: &mut Page<'_>) -> io::Result<()> {
        for pair in moves {
            let (Some(old), Some(new)) = (pair.old.line, pair.new.line) else {
                continue;
            };
            if self.listing.is_held(old) && self.listing.is_held(new) {
                let line = (!pair.is_invisible()).then(|| line(&pair));
                self.listing.replace((old, &pair.old.path), None);
                self.listing.replace((new, &pair.new.path), line);
            }
        }
        while let Some(line) = self.listing.pop() {
            if let Some(line) = line {
                self.output.write(line, &mut page.lines);
                page.write_if_full()?;
            }
        }
        Ok(())
    }
}

/// Takes what was moved out of the lines that tell of it as gone and new, and adds lines of the moves.
fn add_moves(lines: &mut Vec<Change>, moves: Vec<Move>) {
    let parts = moves.iter().flat_map(|pair| {
        let (old, new) = (&pair.old, &pair.new);
        [(old.path.clone(), old.size), (new.path.clone(), -new.size)]
    });
    let parts: Vec<_> = parts.collect();
    join(lines, &parts);
    lines.extend(moves.iter().filter(|pair| !pair.is_invisible()).map(line));
}

/// The line of a move.
fn line(Move { old, new }: &Move) -> Change {
    let change = new.size - old.size;
    Change {
        event: Event::Moved,
        path: new.path.clone(),
        from: Some(old.path.clone()),
        kind: new.entry.kind,
        depth: paths::depth(&new.path),
        before: Some(old.size),
        now: Some(new.size),
        change: Some(change),
        residue: change,
        at_least: None,
    }
}
