//! The import graph of the files of `src`: upward imports between rooms, and circles of files.
//!
//! A file is named by its module: `walk/mod.rs` is `walk`, `walk/stat.rs` is `walk::stat`. A file imports another one when
//! its code has a path that names something that the other file defines: in a `use` item, or in any other place. A path
//! that goes through a re-export (`pub use`) is an import of the file that defines the name. `mod` lines are no imports.
//! Code behind `#[cfg(test)]` does not count, nor do files that are declared behind it.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::path::Path;

use super::reading::{Source, is_inside_a_word, is_word, non_test_code};

/// The floors and their rooms; the same table stands in the documentation of `lib.rs`.
pub(super) const FLOORS: &[(u32, &[&str])] = &[
    (
        7,
        &["main", "states", "compare", "explorer", "part", "exit"],
    ),
    (6, &["cli"]),
    (5, &["du", "diff", "explore", "snapshot"]),
    (4, &["walk", "import", "forest"]),
    (3, &["format"]),
    (2, &["count"]),
    (1, &["sys"]),
    (0, &["gnu"]),
];

/// Each file (or room), with those that it imports.
pub(super) type Imports = BTreeMap<String, BTreeSet<String>>;

pub(super) fn floor(room: &str) -> Option<u32> {
    let row = FLOORS.iter().find(|(_, rooms)| rooms.contains(&room));
    row.map(|(floor, _)| *floor)
}

// ---------------------------------------------------------------- the checkers

/// Imports of a room on a higher floor.
pub(super) fn upward(files: &Imports) -> Vec<String> {
    let mut complaints = Vec::new();
    for (file, other) in edges(files) {
        match (floor(room(file)), floor(room(other))) {
            (Some(here), Some(there)) if there <= here => {}
            (Some(here), Some(there)) => complaints.push(format!(
                "{file} (floor {here}) imports {other} (floor {there})"
            )),
            _ => complaints.push(format!(
                "{file} imports {other}, and the table lacks one of their rooms"
            )),
        }
    }
    complaints
}

/// The shortest circle through each import that lies on one; each circle once.
pub(super) fn circles(imports: &Imports) -> Vec<String> {
    let mut found = BTreeSet::new();
    for (file, other) in edges(imports) {
        let Some(mut circle) = shortest_way(imports, other, file) else {
            continue;
        };
        // From the first name on, so that the same circle reads the same from each of its files.
        let first = (0..circle.len()).min_by_key(|&index| circle[index]);
        circle.rotate_left(first.unwrap_or(0));
        circle.push(circle[0]);
        found.insert(circle.join(" > "));
    }
    found.into_iter().collect()
}

fn edges(imports: &Imports) -> impl Iterator<Item = (&str, &str)> {
    imports
        .iter()
        .flat_map(|(from, to)| to.iter().map(move |to| (from.as_str(), to.as_str())))
}

/// The names on a shortest way from one name to another, both included.
fn shortest_way<'a>(imports: &'a Imports, from: &'a str, to: &str) -> Option<Vec<&'a str>> {
    let mut met = BTreeSet::from([from]);
    let mut next = VecDeque::from([vec![from]]);
    while let Some(way) = next.pop_front() {
        let last = *way.last()?;
        if last == to {
            return Some(way);
        }
        for used in imports.get(last).into_iter().flatten() {
            if met.insert(used) {
                next.push_back([way.as_slice(), &[used.as_str()]].concat());
            }
        }
    }
    None
}

/// `super::` that leads out of a room; such a path begins with `crate::`.
pub(super) fn leaves_its_room(source: &Source) -> Vec<String> {
    let depth = source.module().split("::").count();
    let paths = paths_used(&non_test_code(&source.text), &[]);
    let leaves = |path: &NamedPath| {
        path.names
            .iter()
            .take_while(|name| *name == "super")
            .count()
            >= depth
    };
    let complaint = |path: &NamedPath| {
        let path = path.names.join("::");
        format!("{}: `{path}` leaves the room; say `crate::`", source.name())
    };
    paths
        .iter()
        .filter(|path| leaves(path))
        .map(complaint)
        .collect()
}

// ---------------------------------------------------------------- the graph

/// Room by room, what `files` is file by file.
pub(super) fn between_rooms(files: &Imports) -> Imports {
    let mut rooms = Imports::new();
    for (file, other) in edges(files) {
        if room(file) != room(other) {
            let used = rooms.entry(room(file).to_owned()).or_default();
            used.insert(room(other).to_owned());
        }
    }
    rooms
}

fn room(module: &str) -> &str {
    module.split("::").next().unwrap_or_default()
}

/// The files that each file imports.
pub(super) fn file_imports(sources: &[Source]) -> Imports {
    let tests = test_modules(sources);
    let is_test = |module: &str| prefixes(module).any(|prefix| tests.contains(prefix));
    let files: Vec<_> = sources
        .iter()
        .map(|source| (source.module(), non_test_code(&source.text)))
        .filter(|(module, _)| !is_test(module))
        .collect();
    let modules: BTreeSet<String> = files.iter().map(|(module, _)| module.clone()).collect();
    let exports = re_exports(&files, &modules);
    let imports = files.iter().map(|(here, code)| {
        let paths = paths_used(code, &children(here, &modules));
        let used = paths.iter().map(|path| absolute(&path.names, here));
        let used = used.filter_map(|path| definer(path, &modules, &exports));
        (here.clone(), used.filter(|other| other != here).collect())
    });
    imports.collect()
}

/// Modules that are declared behind `#[cfg(test)]`.
fn test_modules(sources: &[Source]) -> BTreeSet<String> {
    let mut modules = BTreeSet::new();
    for source in sources {
        let declared = |code: &str| -> BTreeSet<String> {
            let after = code
                .match_indices("mod ")
                .map(|(at, word)| &code[at + word.len()..]);
            let names = after.filter_map(|rest| Some(rest.split_once(';')?.0));
            let names = names.filter(|name| name.chars().all(is_word));
            names.map(str::to_owned).collect()
        };
        let all = declared(&super::reading::code_only(&source.text));
        let kept = declared(&non_test_code(&source.text));
        let here = source.module();
        modules.extend(all.difference(&kept).map(|name| format!("{here}::{name}")));
    }
    modules
}

/// The modules right below a module, by their own names.
fn children<'a>(here: &str, modules: &'a BTreeSet<String>) -> Vec<&'a str> {
    let below = modules
        .iter()
        .filter_map(|module| module.strip_prefix(here)?.strip_prefix("::"));
    below.filter(|name| !name.contains("::")).collect()
}

/// What `pub use` makes known under another path: that path, with the one that it stands for.
fn re_exports(files: &[(String, String)], modules: &BTreeSet<String>) -> BTreeMap<String, String> {
    let mut exports = BTreeMap::new();
    for (here, code) in files {
        let children = children(here, modules);
        for (at, word) in code.match_indices("use ") {
            let before = code[..at].trim_end();
            let is_public = before.ends_with("pub") || before.ends_with(')');
            if is_inside_a_word(code, at) || !is_public {
                continue;
            }
            for path in paths_of_tree(&code[at + word.len()..]) {
                let full = absolute_use(&path.names, here, &children).join("::");
                if let Some(name) = path.alias.as_ref().or(path.names.last()) {
                    exports.insert(format!("{here}::{name}"), full);
                }
            }
        }
    }
    exports
}

/// The path of a `use` item from the root of the crate; one that begins with a child module is meant from `here`.
fn absolute_use(path: &[String], here: &str, children: &[&str]) -> Vec<String> {
    if path
        .first()
        .is_some_and(|first| children.contains(&first.as_str()))
    {
        return [here.split("::").map(str::to_owned).collect(), path.to_vec()].concat();
    }
    absolute(path, here)
}

/// The file that defines what a path names: the longest module that the path begins with, after re-exports.
fn definer(
    path: Vec<String>,
    modules: &BTreeSet<String>,
    exports: &BTreeMap<String, String>,
) -> Option<String> {
    let mut path = path.join("::");
    // A re-export may name a re-export. More than eight in a row is a circle of re-exports.
    for _ in 0..8 {
        let exported =
            prefixes(&path).find_map(|prefix| Some((prefix.len(), exports.get(prefix)?)));
        match exported {
            Some((length, target)) if *target != path[..length] => {
                path = format!("{target}{}", &path[length..]);
            }
            _ => break,
        }
    }
    prefixes(&path)
        .find(|prefix| modules.contains(*prefix))
        .map(str::to_owned)
}

/// `a::b::c`, `a::b`, `a`.
fn prefixes(path: &str) -> impl Iterator<Item = &str> {
    std::iter::successors(Some(path), |path| path.rfind("::").map(|at| &path[..at]))
}

/// A path from the root of the crate. `self`, `super` and a child's name are meant from the module `here`.
fn absolute(path: &[String], here: &str) -> Vec<String> {
    let mut full: Vec<String> = match path.first().map(String::as_str) {
        Some("crate" | "pdu") => Vec::new(),
        _ => here.split("::").map(str::to_owned).collect(),
    };
    for (index, name) in path.iter().enumerate() {
        match name.as_str() {
            "crate" | "pdu" if index == 0 => {}
            "super" => drop(full.pop()),
            "self" => {}
            name => full.push(name.to_owned()),
        }
    }
    full
}

// ---------------------------------------------------------------- paths in the code

/// A path as it stands in the code, with the name after `as`.
#[derive(Debug)]
struct NamedPath {
    names: Vec<String>,
    alias: Option<String>,
}

/// All paths in the code that begin with `crate`, `pdu`, `self`, `super` or the name of a child module.
fn paths_used(code: &str, children: &[&str]) -> Vec<NamedPath> {
    let roots = ["crate", "pdu", "self", "super"];
    let mut paths = Vec::new();
    for root in roots.iter().chain(children) {
        for (start, _) in code.match_indices(&format!("{root}::")) {
            // The `super` in `super::super::` is read with the first one.
            if !is_inside_a_word(code, start) && !code[..start].ends_with("::") {
                paths.extend(paths_of_tree(&code[start..]));
            }
        }
    }
    paths
}

/// The paths of the `use` tree, or the path, that a text begins with: `a::{b, c::d}` is a::b and a::c::d.
fn paths_of_tree(text: &str) -> Vec<NamedPath> {
    let mut paths = Vec::new();
    Reader { rest: text }.tree(&[], &mut paths);
    paths
}

struct Reader<'a> {
    rest: &'a str,
}

impl<'a> Reader<'a> {
    fn tree(&mut self, above: &[String], paths: &mut Vec<NamedPath>) {
        let mut names = above.to_vec();
        loop {
            if self.eat("{") {
                return self.group(&names, paths);
            }
            names.extend(self.word().map(str::to_owned));
            if !self.eat("::") {
                break;
            }
        }
        self.eat("*");
        let alias = self.eat("as ").then(|| self.word().map(str::to_owned));
        paths.push(NamedPath {
            names,
            alias: alias.flatten(),
        });
    }

    fn group(&mut self, above: &[String], paths: &mut Vec<NamedPath>) {
        while !self.rest.is_empty() && !self.eat("}") {
            let before = self.rest.len();
            self.tree(above, paths);
            self.eat(",");
            if self.rest.len() == before {
                return;
            }
        }
    }

    fn eat(&mut self, word: &str) -> bool {
        let after = self.rest.trim_start().strip_prefix(word);
        self.rest = after.unwrap_or(self.rest);
        after.is_some()
    }

    fn word(&mut self) -> Option<&'a str> {
        let text = self.rest.trim_start();
        let end = text
            .find(|character| !is_word(character))
            .unwrap_or(text.len());
        let (word, rest) = text.split_at(end);
        if !word.is_empty() {
            self.rest = rest;
        }
        (!word.is_empty()).then_some(word)
    }
}

// ---------------------------------------------------------------- each checker can fail

fn file(path: &str, text: &str) -> Source {
    Source::new(Path::new(path), text.to_owned())
}

fn imports(list: &[(&str, &[&str])]) -> Imports {
    let names = |names: &[&str]| names.iter().map(|&name| name.to_owned()).collect();
    list.iter()
        .map(|(file, used)| ((*file).to_owned(), names(used)))
        .collect()
}

/// The imports of `walk/a.rs`, beside a `walk/mod.rs` and files that define what is imported.
fn imported(mod_rs: &str, a: &str) -> Vec<String> {
    let files = [
        file("walk/mod.rs", mod_rs),
        file("walk/a.rs", a),
        file("walk/b.rs", ""),
        file("walk/c/mod.rs", "mod d;\npub use self::d::D;\n"),
        file("walk/c/d.rs", ""),
        file("gnu/quote.rs", ""),
    ];
    let mut graph = file_imports(&files);
    graph.remove("walk::a").into_iter().flatten().collect()
}

#[test]
fn an_import_that_runs_upward_is_found() {
    let found = upward(&imports(&[
        ("gnu::quote", &["du"]),
        ("du", &["gnu::quote"]),
    ]));
    assert_eq!(found, ["gnu::quote (floor 0) imports du (floor 5)"]);
    assert!(upward(&imports(&[("du", &["gnu", "du"]), ("walk", &["import"])])).is_empty());
    assert_eq!(upward(&imports(&[("walk", &["attic"])])).len(), 1);
}

#[test]
fn a_circle_on_one_floor_is_found_and_a_straight_line_is_not() {
    let circle = imports(&[("walk::a", &["import::b"]), ("import::c", &["walk"])]);
    assert!(circles(&circle).is_empty(), "no circle of files");
    assert_eq!(circles(&between_rooms(&circle)), ["import > walk > import"]);
    let line = imports(&[("walk", &["import"]), ("import", &[])]);
    assert!(circles(&between_rooms(&line)).is_empty());
}

#[test]
fn a_circle_is_written_once_and_whole() {
    let graph = imports(&[("b", &["c"]), ("c", &["a"]), ("a", &["b", "d"]), ("d", &[])]);
    assert_eq!(circles(&graph), ["a > b > c > a"]);
}

#[test]
fn a_circle_of_files_is_found_through_groups_code_and_re_exports() {
    let map = "#[cfg(test)]\nmod model;\nmod a;\nmod b;\npub use self::a::A;\n";
    let found = |a: &str, b: &str| {
        let files = [
            file("walk/mod.rs", map),
            file("walk/a.rs", a),
            file("walk/b.rs", b),
        ];
        circles(&file_imports(&files))
    };
    let uses_a = "use super::A;\nuse crate::{du, gnu::quote::{self, x as y}};\n";
    assert!(found("use std::fmt;\n", uses_a).is_empty());
    let circle = ["walk::a > walk::b > walk::a"];
    assert_eq!(found("fn f() { super::b::g() }\n", uses_a), circle);
    assert_eq!(found("use crate::{gnu, walk::{b::B}};\n", uses_a), circle);
    // A child that uses what its mod.rs defines, while mod.rs re-exports from the child.
    assert_eq!(
        found("use super::Defined;\n", ""),
        ["walk > walk::a > walk"]
    );
}

#[test]
fn an_import_is_of_the_file_that_defines_the_name() {
    for (mod_rs, a, expected) in [
        ("", "use super::b::B;", "walk::b"),
        ("", "use super::{b::{self}, c};", "walk::b walk::c"),
        ("", "use crate::walk::c::d::D as E;", "walk::c::d"),
        (
            "",
            "fn f() -> super::b::B<u8> { crate::gnu::quote::q::<u8>() }",
            "gnu::quote walk::b",
        ),
        (
            "",
            "mod x; use std::fmt; use other::walk::b; use self::Local;",
            "",
        ),
        ("pub struct A;", "use super::A;", "walk"),
        // Through one re-export, two, one with another name, and one of a module.
        ("pub use self::b::B;", "use super::B;", "walk::b"),
        ("pub(super) use b::B;", "use super::B;", "walk::b"),
        ("pub use self::c::D;", "use super::D;", "walk::c::d"),
        (
            "pub use self::b::{B as C};",
            "fn f() { super::C::new() }",
            "walk::b",
        ),
        (
            "pub use self::c as other;",
            "use super::other::d::D;",
            "walk::c::d",
        ),
        (
            "#[cfg(test)]\nmod model;\npub use self::b::B;",
            "use super::B;",
            "walk::b",
        ),
        // A private `use` is no re-export.
        ("use self::b::B;", "use super::B;", "walk"),
    ] {
        assert_eq!(imported(mod_rs, a).join(" "), expected, "{mod_rs} {a}");
    }
}

#[test]
fn code_for_tests_imports_nothing() {
    for a in [
        "#[cfg(test)]\nmod tests { use super::super::b::g; }",
        "#[cfg(test)]\nuse super::b::{B, C};",
        "#[cfg(test)]\n#[derive(Debug)]\nstruct S { b: super::b::B }",
        "enum E {\n#[cfg(test)]\nModel(super::b::B), }",
        "fn f() {\n#[cfg(test)]\nsuper::b::g(1, 2); }",
        "fn f() {\n#[cfg(test)]\nif x { return super::b::g(); } }",
    ] {
        assert_eq!(imported("", a), [""; 0], "{a}");
        let counted = format!("{a}\nuse super::c::C;");
        assert_eq!(imported("", &counted), ["walk::c"], "{a}");
    }
    let files = |attribute: &str| {
        [
            file("walk/mod.rs", &format!("{attribute}\nmod b;\nmod a;")),
            file("walk/a.rs", "use super::b::B;"),
            file("walk/b.rs", "use super::a::A;"),
        ]
    };
    assert_eq!(circles(&file_imports(&files(""))).len(), 1);
    assert!(circles(&file_imports(&files("#[cfg(test)]"))).is_empty());
}

#[test]
fn a_parent_that_names_its_child_without_self_imports_it() {
    let map = file("walk/mod.rs", "mod a;\nfn f() { a::g() }");
    let child = file("walk/a.rs", "use super::T;");
    assert_eq!(
        circles(&file_imports(&[map, child])),
        ["walk > walk::a > walk"]
    );
}

#[test]
fn rooms_are_read_from_paths_and_groups_but_not_from_comments_and_strings() {
    let text = r##"
        //! crate::comment
        use crate::count::{Branch, OrderedItems};
        use crate::{
            format,
            sys::{self, Status}, walk as w };
        fn f() -> crate::gnu::Options { /* crate::cli */ g("crate::cli", r#"crate::"cli"#, '"') }
        use pdu::du::{self, Plan}; use other_crate::nothing; pub(crate) fn h() {} crate::MACRO!();
    "##;
    let rooms = ["cli", "count", "du", "format", "gnu", "sys", "walk"];
    let mut files: Vec<_> = rooms.map(|room| file(&format!("{room}.rs"), "")).into();
    files.push(file("main.rs", text));
    let found: Vec<_> = between_rooms(&file_imports(&files))["main"]
        .iter()
        .cloned()
        .collect();
    assert_eq!(found, ["count", "du", "format", "gnu", "sys", "walk"]);
}

#[test]
fn super_may_not_lead_out_of_a_room() {
    let case = |path: &str, text: &str| leaves_its_room(&file(path, text)).len();
    assert_eq!(case("order.rs", "use super::walk;"), 1);
    assert_eq!(case("walk/mod.rs", "use super::order;"), 1);
    assert_eq!(case("walk/part.rs", "use super::super::order;"), 1);
    assert_eq!(case("walk/part.rs", "use super::stat;"), 0);
    assert_eq!(case("count/order/mod.rs", "use super::listing;"), 0);
    let tests = "// super::\n#[cfg(test)]\nmod tests { use super::*; }";
    assert_eq!(case("order.rs", tests), 0);
}

#[test]
fn paths_are_read_from_groups() {
    let paths = |text: &str| -> Vec<String> {
        let paths = paths_of_tree(text);
        paths.iter().map(|path| path.names.join("::")).collect()
    };
    assert_eq!(paths("crate::a::B;"), ["crate::a::B"]);
    assert_eq!(
        paths("crate::{a, b::{self, C as D}, e::*}; f"),
        ["crate::a", "crate::b::self", "crate::b::C", "crate::e"]
    );
    assert_eq!(paths("super::x::f(1)"), ["super::x::f"]);
}
