//! Which change lies in which one, by their paths.

use std::collections::HashMap;

use crate::diff::change::Change;

/// See the module. None is the root.
pub(super) struct Nesting {
    /// For each change, the nearest one that it lies in.
    pub(super) above: Vec<Option<usize>>,
    /// For each change, those of which it is the nearest one, in the order of the changes.
    below: HashMap<Option<usize>, Vec<usize>>,
}

impl Nesting {
    /// Goes through the changes in the order of their paths, directories before their contents.
    pub(super) fn of(changes: &[Change]) -> Self {
        let path = |index: usize| changes[index].path.as_slice();
        let mut order: Vec<usize> = (0..changes.len()).collect();
        order.sort_by(|&a, &b| path(a).split(is_slash).cmp(path(b).split(is_slash)));
        let mut above = vec![None; changes.len()];
        let mut open: Vec<usize> = Vec::new();
        for index in order {
            while open
                .last()
                .is_some_and(|&last| !is_in(path(index), path(last)))
            {
                open.pop();
            }
            above[index] = open.last().copied();
            open.push(index);
        }
        let mut below: HashMap<Option<usize>, Vec<usize>> = HashMap::new();
        for (index, above) in above.iter().enumerate() {
            below.entry(*above).or_default().push(index);
        }
        Self { above, below }
    }

    /// The changes below one, at the first call.
    pub(super) fn take_below(&mut self, above: Option<usize>) -> Vec<usize> {
        self.below.remove(&above).unwrap_or_default()
    }
}

fn is_slash(byte: &u8) -> bool {
    *byte == b'/'
}

fn is_in(path: &[u8], directory: &[u8]) -> bool {
    let rest = path.strip_prefix(directory);
    rest.is_some_and(|rest| rest.starts_with(b"/"))
}
