//! What a removal touches, and what it leaves alone, through `explore::remove` with a fake main thread.

use std::fs;

use pdu::explore::remove::job::Method;

use crate::support::remover::Shown;
use crate::support::tree::Tree;

/// What is on the disk, by path.
fn on_disk(tree: &Tree) -> Vec<String> {
    Shown::of(tree.root()).paths()
}

#[test]
fn what_was_chosen_is_removed_and_nothing_else() {
    let tree = Tree::of(
        "a/b/f 10
         a/b/c/
         a/g 20
         a/s -> ../keep
         x 5
         keep/f 7
         y 5",
    );
    let mut shown = Shown::of(tree.root());
    let outcome = shown.delete(&["a", "x"]);
    assert_eq!(on_disk(&tree), ["keep", "keep/f", "y"]);
    assert_eq!(shown.paths(), on_disk(&tree));
    assert_eq!(outcome.failures(), []);
    assert_eq!(outcome.summary.entries, 7);
    assert_eq!(outcome.summary.errors, 0);
    assert!(outcome.new_entries.is_empty());
}
