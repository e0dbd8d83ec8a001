//! Reading Rust as text, without a parser: comments, literals and code for tests are blanked, each line stays where it was.

use std::fs;
use std::path::{Path, PathBuf};

pub(super) fn is_word(character: char) -> bool {
    character.is_alphanumeric() || character == '_'
}

pub(super) fn is_inside_a_word(code: &str, start: usize) -> bool {
    code[..start].ends_with(is_word)
}

/// The text with comments and the insides of literals blanked, each line where it was.
pub(super) fn code_only(text: &str) -> String {
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

/// Whether the quote begins the character `'a'`; otherwise it begins the lifetime `'a`.
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

/// The first name of a path, if it may be that of a module or function: neither a type nor a macro in capitals.
pub(super) fn first_name(path: &str) -> Option<String> {
    let path = path.trim_start();
    let end = path
        .find(|character| !is_word(character))
        .unwrap_or(path.len());
    let is_lower = path[..end].starts_with(|first: char| first.is_ascii_lowercase());
    is_lower.then(|| path[..end].to_owned())
}

// ---------------------------------------------------------------- code for tests

const TEST_ONLY: &str = "#[cfg(test)]";

/// The code, without each item, statement, arm or field behind `#[cfg(test)]`.
pub(super) fn non_test_code(text: &str) -> String {
    let mut code = code_only(text);
    while let Some(start) = code.find(TEST_ONLY) {
        let after = start + TEST_ONLY.len();
        let end = after + item_length(&code[after..]);
        let blank: String = code[start..end]
            .chars()
            .map(|character| if character == '\n' { '\n' } else { ' ' })
            .collect();
        code.replace_range(start..end, &blank);
    }
    // The path in `pub(in PATH)` imports nothing.
    while let Some(start) = code.find("pub(in ") {
        let end = code[start..]
            .find(')')
            .map_or(code.len(), |end| start + end);
        code.replace_range(start + 4..end, &" ".repeat(end - start - 4));
    }
    code
}

/// The length of the item, statement, match arm, variant or field at the start of a text, further attributes included.
fn item_length(code: &str) -> usize {
    let mut at = 0;
    while code[at..].trim_start().starts_with("#[") {
        at += code[at..].find(']').map_or(code.len() - at, |end| end + 1);
    }
    let item = code[at..].trim_start();
    let ends_with_block = BLOCKS.iter().any(|word| item.starts_with(word));
    let is_use = item
        .split(['{', ';'])
        .next()
        .unwrap_or_default()
        .contains("use ");
    let mut depth = 0;
    for (index, character) in code[at..].char_indices() {
        let end = at + index + character.len_utf8();
        match character {
            '{' | '(' | '[' => depth += 1,
            '}' | ')' | ']' if depth == 0 => return at + index,
            '}' if depth == 1 => {
                depth = 0;
                let is_arm = code[at..end].contains("=>");
                if (ends_with_block && !is_use) || is_arm {
                    return end;
                }
            }
            '}' | ')' | ']' => depth -= 1,
            ';' if depth == 0 => return end,
            ',' if depth == 0 && !ends_with_block => return end,
            _ => {}
        }
    }
    code.len()
}

/// First words of items and statements that may end with a block, and in which a comma ends nothing.
const BLOCKS: &[&str] = &[
    "pub",
    "fn ",
    "mod ",
    "use ",
    "impl",
    "struct ",
    "enum ",
    "trait ",
    "const ",
    "static ",
    "type ",
    "thread_local!",
    "macro_rules!",
    "if ",
    "for ",
    "while ",
    "loop ",
    "match ",
    "{",
];

#[test]
fn code_for_tests_is_blanked_and_the_code_after_it_is_kept() {
    for (test, kept) in [
        ("mod model;\n", "pub use self::a::A;"),
        ("mod tests {\nfn f() {} // }\n}\n", "fn g() {}"),
        ("use a::{b, c};\n", "use d;"),
        (
            "#[derive(Debug)]\npub struct S<A, B> { a: A, b: B }\n",
            "struct T;",
        ),
        ("fn f<A, B>(a: [A; 2], b: B) -> u8 {\n}\n", "fn g() {}"),
        ("Model(A, B),\n", "Other,"),
        ("Self::Model(a) => { f(a); }\n", "Self::Other => 1,"),
        ("Self::Model(a) => f(a, 1),\n", "Self::Other => 1,"),
        ("if is_modelled() {\nreturn;\n}\n", "g();"),
        ("f(1, 2);\n", "g();"),
        ("last: u8\n", "}"),
    ] {
        let code = non_test_code(&format!("before\n#[cfg(test)]\n{test}{kept}\n"));
        let words: Vec<_> = code.split_whitespace().collect();
        assert_eq!(words.join(" "), format!("before {kept}"), "{test}");
        assert_eq!(code.lines().count(), 3 + test.lines().count(), "{test}");
    }
}

// ---------------------------------------------------------------- reading src

pub(super) fn src() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src")
}

pub(super) fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// A source file.
pub(super) struct Source {
    /// Its path below `src`.
    pub(super) path: PathBuf,
    pub(super) text: String,
}

impl Source {
    pub(super) fn new(path: &Path, text: String) -> Self {
        Self {
            path: path.to_owned(),
            text,
        }
    }

    pub(super) fn name(&self) -> String {
        self.path.display().to_string()
    }

    /// `walk/mod.rs` is `walk`, `walk/stat.rs` is `walk::stat`.
    pub(super) fn module(&self) -> String {
        let path = self.path.with_extension("");
        let names: Vec<_> = path.iter().map(|name| name.to_string_lossy()).collect();
        names.join("::").trim_end_matches("::mod").to_owned()
    }

    pub(super) fn room(&self) -> &str {
        let first = self.path.iter().next().and_then(|name| name.to_str());
        first.expect("it has a name").trim_end_matches(".rs")
    }
}

/// Every file of `src` but `lib.rs`, which is the map; in order of their names.
#[expect(
    clippy::disallowed_methods,
    reason = "the rules are for src, and this reads src"
)]
pub(super) fn sources() -> Vec<Source> {
    let mut sources = Vec::new();
    let mut folders = vec![src()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).expect("src can be read") {
            let path = entry.expect("src can be read").path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|end| end == "rs") {
                let relative = path.strip_prefix(src()).expect("it lies in src");
                sources.push(Source::new(relative, read(&path)));
            }
        }
    }
    sources.retain(|source| source.room() != "lib");
    sources.sort_by(|a, b| a.path.cmp(&b.path));
    assert!(sources.len() > 10, "src was not found");
    sources
}
