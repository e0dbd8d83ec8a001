//! Holds docs/DEPENDENCIES.md to Cargo.toml: each dependency is accounted for, and nothing else is.

use std::collections::BTreeSet;
use std::path::Path;

fn read(name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(name);
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The names that are given values in the tables of dependencies.
fn depended_on(manifest: &str) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    let mut inside = false;
    for line in manifest.lines() {
        if line.starts_with('[') {
            inside = line.ends_with("dependencies]");
        } else if let Some((name, _)) = line.split_once(" = ").filter(|_| inside) {
            names.insert(name.to_owned());
        }
    }
    names
}

/// The names in the first column of the tables.
fn accounted_for(page: &str) -> BTreeSet<String> {
    let rows = page.lines().filter_map(|line| line.strip_prefix("| `"));
    let names = rows.filter_map(|row| row.split_once('`'));
    names.map(|(name, _)| name.to_owned()).collect()
}

#[test]
fn every_dependency_is_accounted_for_and_nothing_else_is() {
    let (manifest, page) = (read("Cargo.toml"), read("docs/DEPENDENCIES.md"));
    let names = depended_on(&manifest);
    assert!(names.len() > 10, "{names:?}");
    assert_eq!(accounted_for(&page), names);
}
