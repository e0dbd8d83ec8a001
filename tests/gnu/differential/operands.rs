//! Random operands: the same entries in many spellings.

use super::names;
use super::random::{chance, weighted};
use super::random_tree::{Kind, Tree};
use fastrand::Rng;

/// The longest operand made of an entry of the tree; some of these are still too long for the kernel.
const LONGEST: usize = 4300;

/// Several operands, related ones among them.
pub(crate) fn operands(rng: &mut Rng, tree: &Tree, root: &[u8]) -> Vec<Vec<u8>> {
    let count = weighted(rng, &[(22, 0), (34, 1), (22, 2), (14, 3), (8, 6)]);
    let mut chosen: Vec<Vec<u8>> = Vec::new();
    let mut last = 0;
    while chosen.len() < count {
        last = next_entry(rng, tree, last);
        let path = &tree.items[last].path;
        if path.len() > LONGEST || (path.len() > 3800 && chance(rng, 90)) {
            last = 0;
            continue;
        }
        let operand = match rng.u32(0..100) {
            0..4 => missing(rng, path),
            4 => Vec::new(),
            5..9 if !chosen.is_empty() => chosen[rng.usize(0..chosen.len())].clone(),
            _ => spell(rng, path, root),
        };
        chosen.push(operand);
    }
    chosen
}

/// The next entry to name: often one above, below or beside the last, or with hard links.
fn next_entry(rng: &mut Rng, tree: &Tree, last: usize) -> usize {
    let count = tree.items.len();
    match rng.u32(0..10) {
        0..2 => tree.items[last].parent,
        2..4 => (0..count)
            .cycle()
            .skip(rng.usize(0..count))
            .take(count)
            .find(|&at| tree.items[at].parent == last)
            .unwrap_or(last),
        4 => (0..count)
            .cycle()
            .skip(rng.usize(0..count))
            .take(count)
            .find(|&at| matches!(tree.items[at].kind, Kind::HardLink(_) | Kind::Symlink(_)))
            .unwrap_or(last),
        5..7 => 0,
        _ => rng.usize(0..count),
    }
}

fn missing(rng: &mut Rng, path: &[u8]) -> Vec<u8> {
    let mut name = names::name(rng);
    name.extend(b".missing");
    if chance(rng, 50) || path.is_empty() {
        return name;
    }
    [path, b"/", &name].concat()
}

/// One of the ways to write a path; the root's own is empty, and is written `.` or as absolute.
fn spell(rng: &mut Rng, path: &[u8], root: &[u8]) -> Vec<u8> {
    let base = if path.is_empty() { b"." } else { path };
    let name = base.rsplit(|&byte| byte == b'/').next().unwrap_or(base);
    match rng.u32(0..100) {
        0..60 => base.to_vec(),
        60..72 => [base, b"/"].concat(),
        72..75 => [base, b"//"].concat(),
        75..77 => [base, b"///"].concat(),
        77..82 => [b"./", base].concat(),
        82..86 => [base, b"/."].concat(),
        86..88 if path.is_empty() => b"..//t".to_vec(),
        86..88 => [base, b"/../", name].concat(),
        88..90 => [b"../t/", base].concat(),
        90..92 => [b".//", base, b"/"].concat(),
        92..95 => [root, b"/", path].concat(),
        95..97 => [root, b"/", base].concat(),
        _ => [base, b"/./"].concat(),
    }
}
