//! Rules for `src`: imports run down the floors, no two files import each other, every file has documentation, functions
//! are short, and forbidden calls do not occur.
//!
//! `reading` reads the sources as text. Comments and the insides of strings are blanked first, so that a rule may be
//! written down without breaking it. `imports` makes the import graph of the files. Each checker is a function from text
//! to complaints, and has a test that shows it failing.

mod imports;
mod reading;

use std::collections::BTreeMap;
use std::io::Write;
use std::path::Path;

use imports::{FLOORS, between_rooms, circles, file_imports, floor, leaves_its_room, upward};
use reading::{
    Source, code_only, first_name, is_inside_a_word, is_word, non_test_code, read, sources, src,
};

/// Names of modules that do not name their content.
const VAGUE_NAMES: &[&str] = &["utils", "util", "common", "helpers", "helper", "misc"];

/// Words that may not occur in the code, with what to use instead.
const FORBIDDEN: &[(&str, &str)] = &[
    ("unsafe", "rustix has a safe call for it"),
    ("println!", "a `format::Format` writes to standard output"),
    ("print!", "a `format::Format` writes to standard output"),
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
    ("thread::sleep", "wait on a channel, which cancelling ends"),
];

const MOST_LINES: usize = 60;
const MANY_LINES: usize = 40;

// ---------------------------------------------------------------- the rules, held against src

#[test]
fn imports_run_down_the_floors_and_never_in_a_circle() {
    let sources = sources();
    let files = file_imports(&sources);
    let mut complaints: Vec<_> = sources.iter().flat_map(leaves_its_room).collect();
    complaints.extend(upward(&files));
    complaints.extend(circles(&between_rooms(&files)));
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
    let unknown = sources()
        .into_iter()
        .filter(|source| floor(source.room()).is_none());
    let unknown: Vec<_> = unknown.map(|source| source.name()).collect();
    none(&unknown);
}

#[test]
fn no_module_has_a_vague_name() {
    none(&each_source(|source| vague_names(&source.path)));
}

#[test]
fn no_forbidden_word_occurs() {
    none(&each_source(|source| forbidden(&source.text)));
}

#[test]
fn every_file_begins_with_documentation() {
    none(&each_source(|source| undocumented(&source.text)));
}

#[test]
fn no_function_is_longer_than_a_screen() {
    let over = |most| each_source(move |source| functions_over(&non_test_code(&source.text), most));
    let too_long = over(MOST_LINES);
    for note in over(MANY_LINES) {
        let _ = writeln!(std::io::stderr(), "note: {note}");
    }
    none(&too_long);
}

// ---------------------------------------------------------------- the checkers

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

/// Room by floor, from the lines `//! | 3 | [`walk`]: ...`; The files of the program are no links.
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
        let files = rooms.split('`').filter_map(|word| word.strip_suffix(".rs"));
        mapped.extend(files.map(|file| (file.to_owned(), floor)));
    }
    mapped
}

fn vague_names(path: &Path) -> Vec<String> {
    let names = path
        .components()
        .map(|part| part.as_os_str().to_string_lossy());
    let is_vague = |name: &str| VAGUE_NAMES.contains(&name.trim_end_matches(".rs"));
    let vague = names.filter(|name| is_vague(name));
    vague
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
fn a_vague_name_is_found() {
    for path in ["utils.rs", "common/mod.rs", "walk/misc.rs"] {
        assert_eq!(vague_names(Path::new(path)).len(), 1, "{path}");
    }
    assert!(vague_names(Path::new("walk/common_ground.rs")).is_empty());
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
fn a_file_without_documentation_is_found() {
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
    assert!(functions_over(&non_test_code(&tests), 9).is_empty());
    assert_eq!(
        functions_over(&non_test_code(&format!("{tests}{text}{tests}")), 10).len(),
        1
    );
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
