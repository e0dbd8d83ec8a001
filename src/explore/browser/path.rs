//! Paths of entries.

use crate::count::listing::push_name;
use crate::forest::{Forest, Target};

/// The path of an entry.
pub fn path(forest: &Forest, target: &Target) -> Vec<u8> {
    let mut path = forest.path(target.parent);
    push_name(&mut path, &target.name);
    path
}
