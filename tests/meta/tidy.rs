//! Rules for `src`: imports run down the floors, no two files import each other, every file has documentation, functions
//! are short, and forbidden calls do not occur.
//!
//! The sources are read as text. Comments and the insides of strings are blanked first, so that a rule may be
//! written down without breaking it. Each checker is a function from text to complaints, and has a test below
//! that shows it failing.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

/// The floors and their rooms; the same table stands in the documentation of `lib.rs`.
const FLOORS: &[(u32, &[&str])] = &[
    (7, &["main"]),
    (6, &["cli"]),
    (5, &["du"]),
    (4, &["walk", "import"]),
    (3, &["format"]),
    (2, &["count"]),
    (1, &["sys"]),
    (0, &["gnu"]),
];

/// Names under which everything and nothing can be put.
const NAMES_OF_NO_ROOM: &[&str] = &["utils", "util", "common", "helpers", "helper", "misc"];

/// What the walls forbid, and what to use instead.
const FORBIDDEN: &[(&str, &str)] = &[
    ("unsafe", "rustix has a safe call for it"),
    ("println!", "a `show::Format` writes to standard output"),
    ("print!", "a `show::Format` writes to standard output"),
    ("eprintln!", "`status` writes to standard error"),
    ("eprint!", "`status` writes to standard error"),
    ("dbg!", "it is for debugging"),
    ("fs::read_dir", "system calls take a directory and one name"),
    (
        "symlink_metadata",
        "system calls take a directory and one name",
    ),
    (
        "process::exit",
        "only `main` ends the process, by returning",
    ),
    (
        "thread::sleep",
        "wait on a channel, so that cancelling is heard",
    ),
];

const MOST_LINES: usize = 60;
const MANY_LINES: usize = 40;

/// A source file: the room it belongs to, and its text.
struct Source {
    path: PathBuf,
    room: String,
    text: String,
}

impl Source {
    fn name(&self) -> String {
        self.path.display().to_string()
    }
}

// ---------------------------------------------------------------- the rules, held against src

#[test]
fn imports_run_down_the_floors_and_never_in_a_circle() {
    let mut complaints = Vec::new();
    let mut imports = Imports::new();
    for source in sources() {
        complaints.extend(leaves_its_room(&source));
        let rooms = rooms_used(&source.text);
        imports.entry(source.room).or_default().extend(rooms);
    }
    complaints.extend(wrong_imports(&imports));
    none(&complaints);
}

#[test]
fn no_two_files_import_each_other_on_any_way() {
    none(&circles(&file_imports(&sources())));
}

#[test]
fn no_two_public_types_share_a_name() {
    let texts: Vec<_> = sources()
        .into_iter()
        .map(|source| (source.name(), source.text))
        .collect();
    none(&shared_type_names(&texts));
}

#[test]
fn the_map_in_lib_rs_names_every_room_on_its_floor() {
    let map = read(&src().join("lib.rs"));
    none(&wrong_map(&map, FLOORS));
}

#[test]
fn every_source_file_belongs_to_a_room_of_the_table() {
    let strangers = sources()
        .into_iter()
        .filter(|source| floor(&source.room).is_none());
    let strangers: Vec<_> = strangers.map(|source| source.name()).collect();
    none(&strangers);
}

#[test]
fn no_module_is_a_lumber_room() {
    none(&each_source(|source| lumber_rooms(&source.path)));
}

#[test]
fn nothing_that_the_walls_forbid_occurs() {
    none(&each_source(|source| forbidden(&source.text)));
}

#[test]
fn every_file_begins_with_what_it_is_for() {
    none(&each_source(|source| undocumented(&source.text)));
}

#[test]
fn no_function_is_longer_than_a_screen() {
    let over = |most| each_source(move |source| functions_over(without_tests(&source.text), most));
    let too_long = over(MOST_LINES);
    for note in over(MANY_LINES) {
        let _ = writeln!(std::io::stderr(), "note: {note}");
    }
    none(&too_long);
}

// ---------------------------------------------------------------- the checkers

type Imports = BTreeMap<String, BTreeSet<String>>;

fn floor(room: &str) -> Option<u32> {
    let row = FLOORS.iter().find(|(_, rooms)| rooms.contains(&room));
    row.map(|(floor, _)| *floor)
}

/// Imports that run up, and circles between rooms of one floor.
fn wrong_imports(imports: &Imports) -> Vec<String> {
    let mut wrong = Vec::new();
    for (room, used) in imports {
        for other in used.iter().filter(|&other| other != room) {
            match (floor(room), floor(other)) {
                (Some(here), Some(there)) if there > here => {
                    wrong.push(format!(
                        "{room} (floor {here}) imports {other} (floor {there})"
                    ));
                }
                (Some(_), Some(_)) if reaches(imports, other, room) => {
                    wrong.push(format!(
                        "{room} imports {other}, which leads back to {room}"
                    ));
                }
                (Some(_), Some(_)) => {}
                _ => wrong.push(format!(
                    "{room} imports {other}, and the table lacks one of them"
                )),
            }
        }
    }
    wrong
}

/// Whether imports lead from one room to another.
fn reaches(imports: &Imports, from: &str, to: &str) -> bool {
    let mut met = BTreeSet::new();
    let mut next = vec![from];
    while let Some(room) = next.pop() {
        if room == to {
            return true;
        }
        if met.insert(room) {
            next.extend(imports.get(room).into_iter().flatten().map(String::as_str));
        }
    }
    false
}

/// The rooms that a file names after `crate::`, or (in `main.rs`) after `pdu::`.
fn rooms_used(text: &str) -> BTreeSet<String> {
    let code = code_only(text);
    let mut rooms = BTreeSet::new();
    for root in ["crate::", "pdu::"] {
        for (start, _) in code.match_indices(root) {
            if !is_inside_a_word(&code, start) {
                rooms.extend(first_names(&code[start + root.len()..]));
            }
        }
    }
    rooms
}

/// The names at the top of a path or of a group: `a::b` is a; `{a, b::{c, d}}` is a and b.
fn first_names(path: &str) -> Vec<String> {
    let path = path.trim_start();
    let Some(group) = path.strip_prefix('{') else {
        return first_name(path).into_iter().collect();
    };
    let mut depth = 0;
    let mut names = Vec::new();
    let mut start = 0;
    for (index, character) in group.char_indices() {
        match character {
            '{' => depth += 1,
            '}' if depth > 0 => depth -= 1,
            ',' | '}' if depth == 0 => {
                names.extend(first_name(&group[start..index]));
                start = index + 1;
                if character == '}' {
                    break;
                }
            }
            _ => {}
        }
    }
    names
}

fn first_name(path: &str) -> Option<String> {
    let path = path.trim_start();
    let end = path
        .find(|character| !is_word(character))
        .unwrap_or(path.len());
    // Macros and re-exports at the root of the crate are no rooms.
    let is_room = path[..end].starts_with(|first: char| first.is_ascii_lowercase());
    is_room.then(|| path[..end].to_owned())
}

/// `super::` that would lead out of a room past the check of `crate::`.
fn leaves_its_room(source: &Source) -> Vec<String> {
    let code = code_only(&source.text);
    let code = code.split("#[cfg(test)]").next().unwrap_or_default();
    let inside = source.path.components().count() > 1 && !source.path.ends_with("mod.rs");
    let escape = if inside { "super::super::" } else { "super::" };
    let count = code.matches(escape).count();
    let complaint = || {
        format!(
            "{}: `{escape}` leaves the room; say `crate::`",
            source.name()
        )
    };
    (count > 0).then(complaint).into_iter().collect()
}

/// Differences between the map in the documentation and the table, and modules that the map lacks.
fn wrong_map(lib: &str, floors: &[(u32, &[&str])]) -> Vec<String> {
    let mapped = mapped_rooms(lib);
    let mut wrong = Vec::new();
    for (floor, rooms) in floors {
        for room in *rooms {
            match mapped.get(*room) {
                Some(on) if on == floor => {}
                Some(on) => wrong.push(format!("{room} is on floor {floor}, the map says {on}")),
                None => wrong.push(format!("the map lacks {room}")),
            }
        }
    }
    let code = code_only(lib);
    let declared = code
        .match_indices("mod ")
        .filter_map(|(at, word)| first_name(&code[at + word.len()..]));
    let unmapped = declared.filter(|room| !mapped.contains_key(room));
    wrong.extend(unmapped.map(|room| format!("the map lacks module {room}")));
    wrong
}

/// Room by floor, from the lines `//! | 3 | [`walk`]: ...`; `main.rs` is not a link.
fn mapped_rooms(lib: &str) -> BTreeMap<String, u32> {
    let mut mapped = BTreeMap::new();
    for line in lib.lines() {
        let cells: Vec<_> = line
            .trim_start_matches("//!")
            .split('|')
            .map(str::trim)
            .collect();
        let [_, floor, rooms, _] = cells.as_slice() else {
            continue;
        };
        let Ok(floor) = floor.parse::<u32>() else {
            continue;
        };
        let links = rooms.match_indices("[`").map(|(at, _)| &rooms[at + 2..]);
        mapped.extend(links.filter_map(first_name).map(|room| (room, floor)));
        if rooms.contains("`main.rs`") {
            mapped.insert("main".into(), floor);
        }
    }
    mapped
}

fn lumber_rooms(path: &Path) -> Vec<String> {
    let names = path
        .components()
        .map(|part| part.as_os_str().to_string_lossy());
    let is_lumber = |name: &str| NAMES_OF_NO_ROOM.contains(&name.trim_end_matches(".rs"));
    let lumber = names.filter(|name| is_lumber(name));
    lumber
        .map(|name| format!("{name} says nothing about what is in it"))
        .collect()
}

fn forbidden(text: &str) -> Vec<String> {
    let code = code_only(text);
    let mut found = Vec::new();
    for (word, instead) in FORBIDDEN {
        for (start, _) in code.match_indices(word) {
            let end = start + word.len();
            if !is_inside_a_word(&code, start) && !code[end..].starts_with(is_word) {
                let line = 1 + code[..start].matches('\n').count();
                found.push(format!("line {line}: {word} ({instead})"));
            }
        }
    }
    found
}

fn undocumented(text: &str) -> Option<String> {
    let first = text.lines().find(|line| !line.trim().is_empty());
    let is_documented = first.is_some_and(|line| line.starts_with("//! "));
    (!is_documented).then(|| "does not begin with `//!`".into())
}

/// A table of tests is data, and as long as it must be: the text before the tests.
fn without_tests(text: &str) -> &str {
    text.split("#[cfg(test)]\nmod ").next().unwrap_or_default()
}

/// Functions of more than so many lines, from `fn` to the brace that ends them.
fn functions_over(text: &str, most: usize) -> Vec<String> {
    let code = code_only(text);
    let starts = code
        .match_indices("fn ")
        .filter(|(at, _)| !is_inside_a_word(&code, *at));
    let mut long = Vec::new();
    for (start, word) in starts {
        // `fn(u8) -> u8` is a type, and has no name.
        let Some(name) = first_name(&code[start + word.len()..]) else {
            continue;
        };
        let lines =
            body_end(&code[start..]).map_or(0, |end| code[start..start + end].lines().count());
        if lines > most {
            let line = 1 + code[..start].matches('\n').count();
            long.push(format!("line {line}: fn {name} has {lines} lines"));
        }
    }
    long
}

/// The end of a function's body; nothing for a declaration without one.
fn body_end(code: &str) -> Option<usize> {
    let mut depth = 0;
    let mut brackets = 0;
    for (index, character) in code.char_indices() {
        match character {
            '[' | '(' => brackets += 1,
            ']' | ')' => brackets -= 1,
            '{' => depth += 1,
            '}' if depth == 1 => return Some(index + 1),
            '}' => depth -= 1,
            ';' if depth == 0 && brackets == 0 => return None,
            _ => {}
        }
    }
    None
}

// ---------------------------------------------------------------- imports between files

/// The module of a file: `walk/mod.rs` is `walk`, `walk/stat.rs` is `walk::stat`.
fn module(path: &Path) -> String {
    let names = path.with_extension("");
    let names: Vec<_> = names.iter().map(|name| name.to_string_lossy()).collect();
    names.join("::").trim_end_matches("::mod").to_owned()
}

/// The files that each file imports, as modules. `mod` lines and test modules do not count. What a `mod.rs` re-exports
/// counts as an import of the file that defines it, there as well as where it is used.
fn file_imports(sources: &[Source]) -> Imports {
    let modules: BTreeSet<String> = sources.iter().map(|file| module(&file.path)).collect();
    let mut exports = BTreeMap::new();
    for file in sources.iter().filter(|file| file.path.ends_with("mod.rs")) {
        let here = module(&file.path);
        let code = non_test_code(&file.text);
        let uses = code
            .match_indices("pub use ")
            .map(|(at, word)| at + word.len());
        for path in uses.flat_map(|at| paths_at(&code[at..])) {
            let full = absolute(&path, &here);
            if let Some(name) = full.last() {
                exports.insert(format!("{here}::{name}"), full.join("::"));
            }
        }
    }
    let mut imports = Imports::new();
    for file in sources {
        let here = module(&file.path);
        let used = paths_used(&non_test_code(&file.text));
        let files = used
            .iter()
            .filter_map(|path| file_of(&absolute(path, &here), &modules, &exports));
        let files = files.filter(|other| *other != here).collect();
        imports.insert(here, files);
    }
    imports
}

/// The code before the test module, without other items for tests.
fn non_test_code(text: &str) -> String {
    code_only(without_tests(text))
}

/// The file that defines what a path names: the longest module that the path begins with, past re-exports.
fn file_of(
    path: &[String],
    modules: &BTreeSet<String>,
    exports: &BTreeMap<String, String>,
) -> Option<String> {
    let mut full = path.join("::");
    let prefixes = |full: &str| -> Vec<String> {
        let names: Vec<_> = full.split("::").collect();
        (1..=names.len())
            .rev()
            .map(|end| names[..end].join("::"))
            .collect()
    };
    for _ in 0..4 {
        let exported = prefixes(&full)
            .into_iter()
            .find_map(|prefix| exports.get(&prefix));
        match exported {
            Some(target) => full = target.clone(),
            None => break,
        }
    }
    prefixes(&full)
        .into_iter()
        .find(|prefix| modules.contains(prefix))
}

/// A path from the root of the crate. `self` and `super` are meant from the module `here`.
fn absolute(path: &[String], here: &str) -> Vec<String> {
    let mut full: Vec<String> = Vec::new();
    for (index, name) in path.iter().enumerate() {
        match name.as_str() {
            "crate" | "pdu" if index == 0 => {}
            "self" if index == 0 => full = here.split("::").map(str::to_owned).collect(),
            "super" => {
                if index == 0 {
                    full = here.split("::").map(str::to_owned).collect();
                }
                full.pop();
            }
            "self" => {}
            name => full.push(name.to_owned()),
        }
    }
    full
}

/// All paths in the code that begin with `crate`, `pdu`, `self` or `super`.
fn paths_used(code: &str) -> Vec<Vec<String>> {
    let roots = ["crate::", "pdu::", "self::", "super::"];
    let mut paths = Vec::new();
    for root in roots {
        for (start, _) in code.match_indices(root) {
            // `pub(super)` has no `::`; `super::super::` is met at its first word.
            if !is_inside_a_word(code, start) && !code[..start].ends_with("::") {
                paths.extend(paths_at(&code[start..]));
            }
        }
    }
    paths
}

/// The paths of the `use` tree, or the path, that a text begins with: `a::{b, c::d}` is a::b and a::c::d.
fn paths_at(text: &str) -> Vec<Vec<String>> {
    let mut paths = Vec::new();
    let mut groups: Vec<Vec<String>> = Vec::new();
    let mut path: Vec<String> = Vec::new();
    let mut rest = text;
    loop {
        rest = rest.trim_start();
        let end = rest
            .find(|character| !is_word(character))
            .unwrap_or(rest.len());
        if end > 0 {
            path.push(rest[..end].to_owned());
            rest = rest[end..].trim_start();
        }
        if let Some(after) = rest.strip_prefix("::") {
            rest = after.trim_start();
            if let Some(after) = rest.strip_prefix('{') {
                groups.push(path.clone());
                rest = after;
            } else if !rest.starts_with(is_word) {
                // `::*` or `::<T>`: the path ends here.
                paths.push(path.clone());
                path = groups.last().cloned().unwrap_or_default();
                rest = rest.strip_prefix('*').unwrap_or(rest);
            }
            continue;
        }
        let Some(above) = groups.last() else {
            paths.push(path);
            return paths;
        };
        if path.len() > above.len() {
            paths.push(path.clone());
        }
        path = above.clone();
        if let Some(after) = rest
            .strip_prefix(" as ")
            .or_else(|| rest.strip_prefix("as "))
        {
            rest = after.trim_start().trim_start_matches(is_word);
        }
        rest = rest.trim_start();
        if let Some(after) = rest.strip_prefix(',') {
            rest = after;
        } else if let Some(after) = rest.strip_prefix('}') {
            groups.pop();
            rest = after;
            path = Vec::new();
            if groups.is_empty() {
                return paths;
            }
            path.extend(groups.last().into_iter().flatten().cloned());
        } else {
            return paths;
        }
    }
}

/// Imports that lead back to where they begin.
fn circles(imports: &Imports) -> Vec<String> {
    let mut found = Vec::new();
    for (file, used) in imports {
        let back = used.iter().filter(|&other| reaches(imports, other, file));
        found.extend(
            back.map(|other| format!("{file} imports {other}, which leads back to {file}")),
        );
    }
    found
}

/// Names that two public types have.
fn shared_type_names(texts: &[(String, String)]) -> Vec<String> {
    let mut defined: BTreeMap<String, Vec<&str>> = BTreeMap::new();
    for (file, text) in texts {
        let code = non_test_code(text);
        for kind in ["pub struct ", "pub enum ", "pub trait ", "pub type "] {
            for (at, _) in code.match_indices(kind) {
                let name = &code[at + kind.len()..];
                let end = name.find(|character| !is_word(character)).unwrap_or(0);
                defined
                    .entry(name[..end].to_owned())
                    .or_default()
                    .push(file);
            }
        }
    }
    let shared = defined.iter().filter(|(_, files)| files.len() > 1);
    shared
        .map(|(name, files)| format!("{name}: {}", files.join(", ")))
        .collect()
}

// ---------------------------------------------------------------- reading Rust

fn is_word(character: char) -> bool {
    character.is_alphanumeric() || character == '_'
}

fn is_inside_a_word(code: &str, start: usize) -> bool {
    code[..start].ends_with(is_word)
}

/// The text with comments and the insides of literals blanked, each line where it was.
fn code_only(text: &str) -> String {
    let mut code = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let inside_a_word = code.ends_with(is_word);
        let length = match blank_length(rest, inside_a_word) {
            Some(length) => {
                code.extend(
                    rest[..length]
                        .chars()
                        .map(|c| if c == '\n' { '\n' } else { ' ' }),
                );
                length
            }
            None => {
                code.push(first);
                first.len_utf8()
            }
        };
        rest = &rest[length..];
    }
    code
}

/// The length of the comment or literal at the start of a text, if there is one.
fn blank_length(text: &str, inside_a_word: bool) -> Option<usize> {
    let end_of = |from: usize, end: &str| {
        text[from..]
            .find(end)
            .map_or(text.len(), |at| from + at + end.len())
    };
    if text.starts_with("//") {
        return Some(text.find('\n').unwrap_or(text.len()));
    }
    if text.starts_with("/*") {
        return Some(end_of(2, "*/"));
    }
    let raw = text
        .strip_prefix("br")
        .or_else(|| text.strip_prefix("cr"))
        .or_else(|| text.strip_prefix('r'));
    if let Some(raw) = raw.filter(|_| !inside_a_word) {
        let hashes = raw.len() - raw.trim_start_matches('#').len();
        if raw[hashes..].starts_with('"') {
            let end = format!("\"{}", "#".repeat(hashes));
            return Some(end_of(text.len() - raw.len() + hashes + 1, &end));
        }
    }
    match text.chars().next() {
        Some('"') => Some(quoted_length(text, '"')),
        Some('\'') if is_character(text) => Some(quoted_length(text, '\'')),
        _ => None,
    }
}

/// Tells the character `'a'` from the lifetime `'a`.
fn is_character(text: &str) -> bool {
    let mut characters = text.chars().skip(1);
    match characters.next() {
        Some('\\') => true,
        Some(_) => characters.next() == Some('\''),
        None => false,
    }
}

fn quoted_length(text: &str, quote: char) -> usize {
    let mut escaped = false;
    for (index, character) in text.char_indices().skip(1) {
        match character {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            _ if character == quote => return index + character.len_utf8(),
            _ => {}
        }
    }
    text.len()
}

// ---------------------------------------------------------------- reading src

fn src() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src")
}

fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// Every file of `src` but `lib.rs`, which is the map; in order of their names.
#[expect(
    clippy::disallowed_methods,
    reason = "the walls are for src, and this is how to look at them"
)]
fn sources() -> Vec<Source> {
    let mut sources = Vec::new();
    let mut folders = vec![src()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).expect("src can be read") {
            let path = entry.expect("src can be read").path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|end| end == "rs") {
                sources.push(source(&path));
            }
        }
    }
    sources.retain(|source| source.room != "lib");
    sources.sort_by(|a, b| a.path.cmp(&b.path));
    assert!(sources.len() > 10, "src was not found");
    sources
}

fn source(path: &Path) -> Source {
    let relative = path.strip_prefix(src()).expect("it lies in src").to_owned();
    let first = relative
        .iter()
        .next()
        .expect("it has a name")
        .to_string_lossy();
    Source {
        room: first.trim_end_matches(".rs").to_owned(),
        text: read(path),
        path: relative,
    }
}

fn each_source<C: IntoIterator<Item = String>>(check: impl Fn(&Source) -> C) -> Vec<String> {
    let mut complaints = Vec::new();
    for source in sources() {
        let found = check(&source).into_iter();
        complaints.extend(found.map(|complaint| format!("{}: {complaint}", source.name())));
    }
    complaints
}

#[track_caller]
fn none(complaints: &[String]) {
    assert!(complaints.is_empty(), "\n{}\n", complaints.join("\n"));
}

// ---------------------------------------------------------------- each checker can fail

fn imports(list: &[(&str, &[&str])]) -> Imports {
    let rooms = |names: &[&str]| names.iter().map(|&name| name.to_owned()).collect();
    list.iter()
        .map(|(room, used)| ((*room).to_owned(), rooms(used)))
        .collect()
}

#[test]
fn an_import_that_runs_upward_is_found() {
    let found = wrong_imports(&imports(&[("gnu", &["du"]), ("du", &["gnu"])]));
    assert_eq!(found[0], "du imports gnu, which leads back to du");
    assert_eq!(found[1], "gnu (floor 0) imports du (floor 5)");
    assert!(wrong_imports(&imports(&[("du", &["gnu"]), ("gnu", &[])])).is_empty());
}

#[test]
fn a_circle_on_one_floor_is_found_and_a_straight_line_is_not() {
    let circle = imports(&[("walk", &["import"]), ("import", &["walk"])]);
    assert_eq!(wrong_imports(&circle).len(), 2);
    let line = imports(&[("walk", &["import"]), ("import", &["import"])]);
    assert!(wrong_imports(&line).is_empty());
    assert_eq!(wrong_imports(&imports(&[("walk", &["attic"])])).len(), 1);
}

#[test]
fn rooms_are_read_from_paths_and_groups_but_not_from_comments_and_strings() {
    let text = r##"
        //! crate::comment
        use crate::listing::{Branch, OrderedItems};
        use crate::{
            show,
            status::{self, Status}, walk as w };
        fn f() -> crate::tally::TallyOptions { /* crate::comment */ g("crate::string", r#"crate::"raw"#, '"') }
        use pdu::cli::{self, Plan}; use other_crate::nothing; pub(crate) fn h() {} crate::MACRO!();
    "##;
    let found: Vec<_> = rooms_used(text).into_iter().collect();
    assert_eq!(found, ["cli", "listing", "show", "status", "tally", "walk"]);
}

#[test]
fn super_may_not_lead_out_of_a_room() {
    let case = |path: &str, text: &str| {
        let source = Source {
            path: path.into(),
            room: String::new(),
            text: text.into(),
        };
        leaves_its_room(&source).len()
    };
    assert_eq!(case("order.rs", "use super::walk;"), 1);
    assert_eq!(case("walk/mod.rs", "use super::order;"), 1);
    assert_eq!(case("walk/part.rs", "use super::super::order;"), 1);
    assert_eq!(case("walk/part.rs", "use super::stat;"), 0);
    assert_eq!(
        case(
            "order.rs",
            "// super::\n#[cfg(test)]\nmod tests { use super::*; }"
        ),
        0
    );
}

#[test]
fn a_map_that_differs_from_the_table_is_found() {
    let map =
        "//! | 1 | [`a`]: does. [`b`] (does) |\n//! | 6 | `main.rs`: runs |\npub mod a;\nmod c;\n";
    assert!(
        wrong_map(
            &map.replace("mod c;", ""),
            &[(1, &["a", "b"]), (6, &["main"])]
        )
        .is_empty()
    );
    let found = wrong_map(map, &[(0, &["a"]), (1, &["d"])]);
    let expected = [
        "a is on floor 0, the map says 1",
        "the map lacks d",
        "the map lacks module c",
    ];
    assert_eq!(found, expected);
}

#[test]
fn a_lumber_room_is_found() {
    for path in ["utils.rs", "common/mod.rs", "walk/misc.rs"] {
        assert_eq!(lumber_rooms(Path::new(path)).len(), 1, "{path}");
    }
    assert!(lumber_rooms(Path::new("walk/common_ground.rs")).is_empty());
}

#[test]
fn forbidden_words_are_found_in_code_only() {
    for (text, count) in [
        ("unsafe { f() }", 1),
        ("// unsafe\n\"println!\"; let unsafe_code = 'u';", 0),
        ("println!(\"\"); eprintln!(); std::print!();", 3),
        ("std::fs::read_dir(p); fs::symlink_metadata(p);", 2),
        ("std::process::exit(1); thread::sleep(t);", 2),
        ("fn f<'a>(x: &'a str) { dbg!(x) }", 1),
    ] {
        assert_eq!(forbidden(text).len(), count, "{text}");
    }
    assert!(forbidden("a\n/* b\n */ unsafe")[0].starts_with("line 3: unsafe"));
}

#[test]
fn a_file_without_a_first_word_is_found() {
    assert!(undocumented("//! Counts.\n\nuse a;").is_none());
    for text in ["use a;\n//! late", "", "// not for the docs", "//!\n//! x"] {
        assert!(undocumented(text).is_some(), "{text:?}");
    }
}

#[test]
fn long_functions_are_found_and_their_neighbours_are_not() {
    let lines = |count: usize| "    x('{', \"}\"); // }\n".repeat(count);
    let text = format!(
        "trait T {{ fn none(a: [u8; 2]); }}\nfn short() {{\n{}}}\nfn long<T>(f: fn(T))\nwhere\n{{\n{}}}\n",
        lines(8),
        lines(8),
    );
    assert_eq!(functions_over(&text, 10), ["line 12: fn long has 12 lines"]);
    assert!(functions_over(&text, 12).is_empty());
    assert_eq!(functions_over(&text, 9).len(), 2);
    let tests = format!("#[cfg(test)]\nmod tests {{\n{text}}}\n");
    assert!(functions_over(without_tests(&tests), 9).is_empty());
    assert_eq!(
        functions_over(without_tests(&format!("{text}{tests}")), 10).len(),
        1
    );
}

fn file(path: &str, text: &str) -> Source {
    Source {
        path: path.into(),
        room: String::new(),
        text: text.into(),
    }
}

#[test]
fn a_circle_of_files_is_found_through_groups_code_and_re_exports() {
    let map = file("walk/mod.rs", "mod a;\nmod b;\npub use self::a::A;\n");
    let a = |text: &str| file("walk/a.rs", text);
    let b = file(
        "walk/b.rs",
        "use super::A;\nuse crate::{du, gnu::quote::{self, x as y}};\n",
    );
    let found = |files: &[Source]| circles(&file_imports(files)).len();
    assert_eq!(found(&[map, a("use std::fmt;\n"), b]), 0);
    let map = || file("walk/mod.rs", "mod a;\nmod b;\npub use self::a::A;\n");
    let b = || file("walk/b.rs", "use super::A;\n");
    // Through a re-export, and a path in code.
    assert_eq!(found(&[map(), a("fn f() { super::b::g() }\n"), b()]), 2);
    // A child that uses what its mod.rs defines, while mod.rs re-exports from the child.
    assert_eq!(found(&[map(), a("use super::Defined;\n"), b()]), 2);
    // Test modules do not count.
    let test = "#[cfg(test)]\nmod tests { use super::super::b::g; }\n";
    assert_eq!(found(&[map(), a(test), b()]), 0);
}

#[test]
fn paths_are_read_from_groups() {
    let paths =
        |text: &str| -> Vec<String> { paths_at(text).iter().map(|path| path.join("::")).collect() };
    assert_eq!(paths("crate::a::B;"), ["crate::a::B"]);
    assert_eq!(
        paths("crate::{a, b::{self, C as D}, e::*};"),
        ["crate::a", "crate::b::self", "crate::b::C", "crate::e"]
    );
    assert_eq!(paths("super::x::f(1)"), ["super::x::f"]);
}

#[test]
fn two_public_types_of_one_name_are_found() {
    let text = |file: &str, text: &str| (file.to_owned(), text.to_owned());
    let same = [
        text("a", "pub struct Options;"),
        text("b", "pub enum Options { A }"),
    ];
    assert_eq!(shared_type_names(&same), ["Options: a, b"]);
    let other = [
        text("a", "pub struct Options;"),
        text("b", "struct Options; pub enum Other {}"),
    ];
    assert!(shared_type_names(&other).is_empty());
}
