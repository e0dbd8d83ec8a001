//! GNU's quoting styles for names (coreutils manual, "Formatting the file names").
//!
//! The `shell` styles give words that a shell reads back as the name; the `c` styles give strings of the C language.
//! Beyond GNU, a style that escapes also escapes the characters that can mislead a terminal or a reader: those that
//! `unicode` calls hidden.

use crate::gnu::unicode;

/// The character set of names and messages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Charset {
    /// Bytes above 0x7F are no characters (the C locale).
    Ascii,
    /// UTF-8.
    Utf8,
}

/// A quoting style, named as in `QUOTING_STYLE`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Style {
    /// The bytes of the name.
    Literal,
    /// Quoted where a shell would not read the name back; controls are not escaped.
    Shell,
    /// As `Shell`, but always quoted.
    ShellAlways,
    /// As `Shell`, with controls escaped: `$'\n'`.
    ShellEscape,
    /// As `ShellEscape`, but always quoted.
    ShellEscapeAlways,
    /// A string of C in double quotes.
    C,
    /// As `C`, without the quotes where nothing is escaped.
    CMaybe,
    /// As `C`, always without the quotes; blanks are escaped too, as in `ls`.
    Escape,
    /// As `C`, between the quotation marks of the locale.
    Locale,
    /// As `Locale`, but with `"` in the C locale and not `'`.
    Clocale,
}

impl Style {
    /// The style of a word, which may be abbreviated; none where the word names no style.
    pub fn parse(word: &[u8]) -> Option<Style> {
        let table = [
            ("literal", Style::Literal),
            ("shell", Style::Shell),
            ("shell-always", Style::ShellAlways),
            ("shell-escape", Style::ShellEscape),
            ("shell-escape-always", Style::ShellEscapeAlways),
            ("c", Style::C),
            ("c-maybe", Style::CMaybe),
            ("escape", Style::Escape),
            ("locale", Style::Locale),
            ("clocale", Style::Clocale),
        ];
        crate::gnu::argmatch::find(word, &table).ok()
    }
}

/// A name inside a message: always quoted.
pub fn quoteaf(name: &[u8], charset: Charset) -> Vec<u8> {
    quoted(Style::ShellEscapeAlways, name, charset)
}

/// A name before a colon in a message: quoted where a shell needs it, and where the name has a colon.
pub fn quotef(name: &[u8], charset: Charset) -> Vec<u8> {
    let style = if name.contains(&b':') {
        Style::ShellEscapeAlways
    } else {
        Style::ShellEscape
    };
    quoted(style, name, charset)
}

/// A name in a line of output: quoted where a shell needs it.
pub fn shell_escape(name: &[u8], charset: Charset) -> Vec<u8> {
    quoted(Style::ShellEscape, name, charset)
}

/// A word in a message that is no name, between quotation marks.
pub fn quote(name: &[u8], charset: Charset) -> Vec<u8> {
    quoted(Style::Locale, name, charset)
}

/// A whole message for a terminal: characters that do not print become escapes such as `\033`.
pub fn printable(message: &[u8], charset: Charset) -> Vec<u8> {
    let mut out = Vec::with_capacity(message.len());
    for glyph in glyphs(message, charset) {
        match glyph.printable {
            true => out.extend(glyph.bytes),
            false => write_escapes(glyph.bytes, false, &mut out),
        }
    }
    out
}

fn quoted(style: Style, name: &[u8], charset: Charset) -> Vec<u8> {
    let mut out = Vec::with_capacity(name.len() + 2);
    apply(style, name, charset, &mut out);
    out
}

/// Appends `name` in `style`.
pub fn apply(style: Style, name: &[u8], charset: Charset, out: &mut Vec<u8>) {
    let utf8 = charset == Charset::Utf8;
    match style {
        Style::Literal => out.extend(name),
        Style::Shell => shell(name, charset, false, false, out),
        Style::ShellAlways => shell(name, charset, false, true, out),
        Style::ShellEscape => shell(name, charset, true, false, out),
        Style::ShellEscapeAlways => shell(name, charset, true, true, out),
        Style::CMaybe if is_plain_c(name, charset) => out.extend(name),
        Style::C | Style::CMaybe => c_string(name, charset, b"\"", b"\"", out),
        Style::Escape => escaped(name, charset, b" ", out),
        Style::Locale | Style::Clocale if utf8 => {
            c_string(name, charset, "‘".as_bytes(), "’".as_bytes(), out)
        }
        Style::Locale => c_string(name, charset, b"'", b"'", out),
        Style::Clocale => c_string(name, charset, b"\"", b"\"", out),
    }
}

/// One character of a name, or one byte that belongs to no character.
struct Glyph<'a> {
    bytes: &'a [u8],
    printable: bool,
}

/// The characters of `name`.
fn glyphs(name: &[u8], charset: Charset) -> impl Iterator<Item = Glyph<'_>> {
    let mut rest = name;
    std::iter::from_fn(move || {
        let first = *rest.first()?;
        let (length, printable) = if first.is_ascii() {
            (1, matches!(first, b' '..=b'~'))
        } else {
            match first_char(rest, charset) {
                Some(char) => {
                    let length = char.len_utf8();
                    let before = &name[..name.len() - rest.len()];
                    (length, unicode::is_shown(char, before, &rest[length..]))
                }
                None => (1, false),
            }
        };
        let (bytes, after) = rest.split_at(length);
        rest = after;
        Some(Glyph { bytes, printable })
    })
}

/// The character at the start, if its bytes are valid.
fn first_char(bytes: &[u8], charset: Charset) -> Option<char> {
    match charset {
        Charset::Ascii => None,
        Charset::Utf8 => unicode::first_char(bytes),
    }
}

/// Appends `name` as a word of the shell.
fn shell(name: &[u8], charset: Charset, escape: bool, always: bool, out: &mut Vec<u8>) {
    if !always && !needs_shell_quotes(name, charset, escape) {
        out.extend(name);
    } else if name.contains(&b'\'') && fits_double_quotes(name, charset) {
        // An apostrophe is most legible between double quotes, if no other character is special there.
        out.push(b'"');
        out.extend(name);
        out.push(b'"');
    } else {
        single_quoted(name, charset, escape, out);
    }
}

/// True where the shell would not read `name` back without quotes.
fn needs_shell_quotes(name: &[u8], charset: Charset, escape: bool) -> bool {
    if matches!(name, [] | b"{" | b"}" | [b'#' | b'~', ..]) {
        return true;
    }
    glyphs(name, charset).any(|glyph| match glyph.bytes {
        [
            b'\n' | b'\r' | b'\t' | b' ' | b'!' | b'"' | b'$' | b'&' | b'\'' | b'(' | b')' | b'*'
            | b';' | b'<' | b'=' | b'>' | b'?' | b'[' | b'\\' | b'^' | b'`' | b'|',
        ] => true,
        _ => escape && !glyph.printable,
    })
}

/// True where no character but the apostrophe needs quotes or escapes, so that double quotes are enough.
fn fits_double_quotes(name: &[u8], charset: Charset) -> bool {
    glyphs(name, charset)
        .enumerate()
        .all(|(index, glyph)| match glyph.bytes {
            [
                b'!' | b'"' | b'$' | b'&' | b'(' | b')' | b'*' | b';' | b'<' | b'=' | b'>' | b'?'
                | b'[' | b'\\' | b'^' | b'`' | b'|',
            ] => false,
            [b'#' | b'~'] => index == 0,
            [b'{' | b'}'] => name.len() == 1,
            _ => glyph.printable,
        })
}

/// Appends `name` between single quotes. Escaped characters are in `$'…'`, outside of these quotes; a single quote of
/// the name is `'\''`.
fn single_quoted(name: &[u8], charset: Charset, escape: bool, out: &mut Vec<u8>) {
    let mut in_escapes = false;
    out.push(b'\'');
    for glyph in glyphs(name, charset) {
        if escape && !glyph.printable {
            if !in_escapes {
                out.extend(b"'$'");
            }
            in_escapes = true;
            write_escapes(glyph.bytes, false, out);
        } else if glyph.bytes == b"'" {
            in_escapes = false;
            out.extend(b"'\\''");
        } else {
            if in_escapes {
                out.extend(b"''");
            }
            in_escapes = false;
            out.extend(glyph.bytes);
        }
    }
    out.push(b'\'');
}

/// Appends a string of C between the given marks; the right mark is escaped inside.
fn c_string(name: &[u8], charset: Charset, left: &[u8], right: &[u8], out: &mut Vec<u8>) {
    out.extend(left);
    escaped(name, charset, right, out);
    out.extend(right);
}

/// True where a string of C needs no quotes; a backslash does not need them.
fn is_plain_c(name: &[u8], charset: Charset) -> bool {
    glyphs(name, charset).all(|glyph| glyph.printable && glyph.bytes != b"\"")
}

/// Appends `name` with C's escapes; the glyph `special` gets a backslash, too.
fn escaped(name: &[u8], charset: Charset, special: &[u8], out: &mut Vec<u8>) {
    let mut after = name;
    for glyph in glyphs(name, charset) {
        after = after.get(glyph.bytes.len()..).unwrap_or(b"");
        if !glyph.printable {
            let digit_follows = after.first().is_some_and(u8::is_ascii_digit);
            write_escapes(glyph.bytes, digit_follows, out);
            continue;
        }
        if glyph.bytes == special || glyph.bytes == b"\\" {
            out.push(b'\\');
        }
        out.extend(glyph.bytes);
    }
}

/// Appends C's escapes for bytes that do not print. A NUL has three digits where a digit follows it, else one.
fn write_escapes(bytes: &[u8], digit_follows: bool, out: &mut Vec<u8>) {
    for &byte in bytes {
        let letter = match byte {
            0 if !digit_follows => b'0',
            0x07 => b'a',
            0x08 => b'b',
            b'\t' => b't',
            b'\n' => b'n',
            0x0B => b'v',
            0x0C => b'f',
            b'\r' => b'r',
            _ => {
                out.extend([
                    b'\\',
                    b'0' + (byte >> 6),
                    b'0' + (byte >> 3 & 7),
                    b'0' + (byte & 7),
                ]);
                continue;
            }
        };
        out.extend([b'\\', letter]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use Charset::{Ascii, Utf8};

    /// A name, and what each style makes of it.
    type Case = (&'static [u8], Charset, [&'static [u8]; 10]);

    const STYLES: [&str; 10] = [
        "literal",
        "shell",
        "shell-always",
        "shell-escape",
        "shell-escape-always",
        "c",
        "c-maybe",
        "escape",
        "locale",
        "clocale",
    ];

    #[track_caller]
    fn check(style: Style, name: &[u8], charset: Charset, expected: &[u8]) {
        let mut out = Vec::new();
        apply(style, name, charset, &mut out);
        assert_eq!(
            out.escape_ascii().to_string(),
            expected.escape_ascii().to_string(),
            "{style:?} {charset:?} {}",
            name.escape_ascii()
        );
    }

    /// From `ls --zero --quoting-style=STYLE` in the locales C and C.UTF-8.
    #[test]
    fn names_are_quoted_as_ls_quotes_them() {
        let table: &[Case] = &[
            (
                b"plain",
                Ascii,
                [
                    b"plain",
                    b"plain",
                    b"'plain'",
                    b"plain",
                    b"'plain'",
                    b"\"plain\"",
                    b"plain",
                    b"plain",
                    b"'plain'",
                    b"\"plain\"",
                ],
            ),
            (
                b"a b",
                Ascii,
                [
                    b"a b", b"'a b'", b"'a b'", b"'a b'", b"'a b'", b"\"a b\"", b"a b", b"a\\ b",
                    b"'a b'", b"\"a b\"",
                ],
            ),
            (
                b"it's",
                Ascii,
                [
                    b"it's",
                    b"\"it's\"",
                    b"\"it's\"",
                    b"\"it's\"",
                    b"\"it's\"",
                    b"\"it's\"",
                    b"it's",
                    b"it's",
                    b"'it\\'s'",
                    b"\"it's\"",
                ],
            ),
            (
                b"it's \"x\"",
                Ascii,
                [
                    b"it's \"x\"",
                    b"'it'\\''s \"x\"'",
                    b"'it'\\''s \"x\"'",
                    b"'it'\\''s \"x\"'",
                    b"'it'\\''s \"x\"'",
                    b"\"it's \\\"x\\\"\"",
                    b"\"it's \\\"x\\\"\"",
                    b"it's\\ \"x\"",
                    b"'it\\'s \"x\"'",
                    b"\"it's \\\"x\\\"\"",
                ],
            ),
            (
                b"$HOME",
                Ascii,
                [
                    b"$HOME",
                    b"'$HOME'",
                    b"'$HOME'",
                    b"'$HOME'",
                    b"'$HOME'",
                    b"\"$HOME\"",
                    b"$HOME",
                    b"$HOME",
                    b"'$HOME'",
                    b"\"$HOME\"",
                ],
            ),
            (
                b"a\\b",
                Ascii,
                [
                    b"a\\b",
                    b"'a\\b'",
                    b"'a\\b'",
                    b"'a\\b'",
                    b"'a\\b'",
                    b"\"a\\\\b\"",
                    b"a\\b",
                    b"a\\\\b",
                    b"'a\\\\b'",
                    b"\"a\\\\b\"",
                ],
            ),
            (
                b"~",
                Ascii,
                [
                    b"~", b"'~'", b"'~'", b"'~'", b"'~'", b"\"~\"", b"~", b"~", b"'~'", b"\"~\"",
                ],
            ),
            (
                b"~x",
                Ascii,
                [
                    b"~x", b"'~x'", b"'~x'", b"'~x'", b"'~x'", b"\"~x\"", b"~x", b"~x", b"'~x'",
                    b"\"~x\"",
                ],
            ),
            (
                b"x~",
                Ascii,
                [
                    b"x~", b"x~", b"'x~'", b"x~", b"'x~'", b"\"x~\"", b"x~", b"x~", b"'x~'",
                    b"\"x~\"",
                ],
            ),
            (
                b"#x",
                Ascii,
                [
                    b"#x", b"'#x'", b"'#x'", b"'#x'", b"'#x'", b"\"#x\"", b"#x", b"#x", b"'#x'",
                    b"\"#x\"",
                ],
            ),
            (
                b"x#'",
                Ascii,
                [
                    b"x#'",
                    b"'x#'\\'''",
                    b"'x#'\\'''",
                    b"'x#'\\'''",
                    b"'x#'\\'''",
                    b"\"x#'\"",
                    b"x#'",
                    b"x#'",
                    b"'x#\\''",
                    b"\"x#'\"",
                ],
            ),
            (
                b"~'",
                Ascii,
                [
                    b"~'", b"\"~'\"", b"\"~'\"", b"\"~'\"", b"\"~'\"", b"\"~'\"", b"~'", b"~'",
                    b"'~\\''", b"\"~'\"",
                ],
            ),
            (
                b"{",
                Ascii,
                [
                    b"{", b"'{'", b"'{'", b"'{'", b"'{'", b"\"{\"", b"{", b"{", b"'{'", b"\"{\"",
                ],
            ),
            (
                b"{a}",
                Ascii,
                [
                    b"{a}", b"{a}", b"'{a}'", b"{a}", b"'{a}'", b"\"{a}\"", b"{a}", b"{a}",
                    b"'{a}'", b"\"{a}\"",
                ],
            ),
            (
                b"{'a",
                Ascii,
                [
                    b"{'a",
                    b"'{'\\''a'",
                    b"'{'\\''a'",
                    b"'{'\\''a'",
                    b"'{'\\''a'",
                    b"\"{'a\"",
                    b"{'a",
                    b"{'a",
                    b"'{\\'a'",
                    b"\"{'a\"",
                ],
            ),
            (
                b"a=b",
                Ascii,
                [
                    b"a=b", b"'a=b'", b"'a=b'", b"'a=b'", b"'a=b'", b"\"a=b\"", b"a=b", b"a=b",
                    b"'a=b'", b"\"a=b\"",
                ],
            ),
            (
                b"a:b",
                Ascii,
                [
                    b"a:b", b"a:b", b"'a:b'", b"a:b", b"'a:b'", b"\"a:b\"", b"a:b", b"a:b",
                    b"'a:b'", b"\"a:b\"",
                ],
            ),
            (
                b"?",
                Ascii,
                [
                    b"?", b"'?'", b"'?'", b"'?'", b"'?'", b"\"?\"", b"?", b"?", b"'?'", b"\"?\"",
                ],
            ),
            (
                b"*",
                Ascii,
                [
                    b"*", b"'*'", b"'*'", b"'*'", b"'*'", b"\"*\"", b"*", b"*", b"'*'", b"\"*\"",
                ],
            ),
            (
                b"[x",
                Ascii,
                [
                    b"[x", b"'[x'", b"'[x'", b"'[x'", b"'[x'", b"\"[x\"", b"[x", b"[x", b"'[x'",
                    b"\"[x\"",
                ],
            ),
            (
                b"]x",
                Ascii,
                [
                    b"]x", b"]x", b"']x'", b"]x", b"']x'", b"\"]x\"", b"]x", b"]x", b"']x'",
                    b"\"]x\"",
                ],
            ),
            (
                b"!",
                Ascii,
                [
                    b"!", b"'!'", b"'!'", b"'!'", b"'!'", b"\"!\"", b"!", b"!", b"'!'", b"\"!\"",
                ],
            ),
            (
                b"a\nb",
                Ascii,
                [
                    b"a\nb",
                    b"'a\nb'",
                    b"'a\nb'",
                    b"'a'$'\\n''b'",
                    b"'a'$'\\n''b'",
                    b"\"a\\nb\"",
                    b"\"a\\nb\"",
                    b"a\\nb",
                    b"'a\\nb'",
                    b"\"a\\nb\"",
                ],
            ),
            (
                b"a\n'b",
                Ascii,
                [
                    b"a\n'b",
                    b"'a\n'\\''b'",
                    b"'a\n'\\''b'",
                    b"'a'$'\\n'\\''b'",
                    b"'a'$'\\n'\\''b'",
                    b"\"a\\n'b\"",
                    b"\"a\\n'b\"",
                    b"a\\n'b",
                    b"'a\\n\\'b'",
                    b"\"a\\n'b\"",
                ],
            ),
            (
                b"\nb'\t",
                Ascii,
                [
                    b"\nb'\t",
                    b"'\nb'\\''\t'",
                    b"'\nb'\\''\t'",
                    b"''$'\\n''b'\\'''$'\\t'",
                    b"''$'\\n''b'\\'''$'\\t'",
                    b"\"\\nb'\\t\"",
                    b"\"\\nb'\\t\"",
                    b"\\nb'\\t",
                    b"'\\nb\\'\\t'",
                    b"\"\\nb'\\t\"",
                ],
            ),
            (
                b"\x01",
                Ascii,
                [
                    b"\x01",
                    b"\x01",
                    b"'\x01'",
                    b"''$'\\001'",
                    b"''$'\\001'",
                    b"\"\\001\"",
                    b"\"\\001\"",
                    b"\\001",
                    b"'\\001'",
                    b"\"\\001\"",
                ],
            ),
            (
                b"\x011",
                Ascii,
                [
                    b"\x011",
                    b"\x011",
                    b"'\x011'",
                    b"''$'\\001''1'",
                    b"''$'\\001''1'",
                    b"\"\\0011\"",
                    b"\"\\0011\"",
                    b"\\0011",
                    b"'\\0011'",
                    b"\"\\0011\"",
                ],
            ),
            (
                b"\x07\x08\x0c\x0b\x0d",
                Ascii,
                [
                    b"\x07\x08\x0c\x0b\x0d",
                    b"'\x07\x08\x0c\x0b\x0d'",
                    b"'\x07\x08\x0c\x0b\x0d'",
                    b"''$'\\a\\b\\f\\v\\r'",
                    b"''$'\\a\\b\\f\\v\\r'",
                    b"\"\\a\\b\\f\\v\\r\"",
                    b"\"\\a\\b\\f\\v\\r\"",
                    b"\\a\\b\\f\\v\\r",
                    b"'\\a\\b\\f\\v\\r'",
                    b"\"\\a\\b\\f\\v\\r\"",
                ],
            ),
            (
                b"\x1b[31m",
                Ascii,
                [
                    b"\x1b[31m",
                    b"'\x1b[31m'",
                    b"'\x1b[31m'",
                    b"''$'\\033''[31m'",
                    b"''$'\\033''[31m'",
                    b"\"\\033[31m\"",
                    b"\"\\033[31m\"",
                    b"\\033[31m",
                    b"'\\033[31m'",
                    b"\"\\033[31m\"",
                ],
            ),
            (
                b"\x7f",
                Ascii,
                [
                    b"\x7f",
                    b"\x7f",
                    b"'\x7f'",
                    b"''$'\\177'",
                    b"''$'\\177'",
                    b"\"\\177\"",
                    b"\"\\177\"",
                    b"\\177",
                    b"'\\177'",
                    b"\"\\177\"",
                ],
            ),
            (
                b"\xc3\xa9",
                Ascii,
                [
                    b"\xc3\xa9",
                    b"\xc3\xa9",
                    b"'\xc3\xa9'",
                    b"''$'\\303\\251'",
                    b"''$'\\303\\251'",
                    b"\"\\303\\251\"",
                    b"\"\\303\\251\"",
                    b"\\303\\251",
                    b"'\\303\\251'",
                    b"\"\\303\\251\"",
                ],
            ),
            (
                b"\xc3\xa9",
                Utf8,
                [
                    b"\xc3\xa9",
                    b"\xc3\xa9",
                    b"'\xc3\xa9'",
                    b"\xc3\xa9",
                    b"'\xc3\xa9'",
                    b"\"\xc3\xa9\"",
                    b"\xc3\xa9",
                    b"\xc3\xa9",
                    b"\xe2\x80\x98\xc3\xa9\xe2\x80\x99",
                    b"\xe2\x80\x98\xc3\xa9\xe2\x80\x99",
                ],
            ),
            (
                b"\xc3\xa9'",
                Ascii,
                [
                    b"\xc3\xa9'",
                    b"'\xc3\xa9'\\'''",
                    b"'\xc3\xa9'\\'''",
                    b"''$'\\303\\251'\\'''",
                    b"''$'\\303\\251'\\'''",
                    b"\"\\303\\251'\"",
                    b"\"\\303\\251'\"",
                    b"\\303\\251'",
                    b"'\\303\\251\\''",
                    b"\"\\303\\251'\"",
                ],
            ),
            (
                b"\xc3\xa9'",
                Utf8,
                [
                    b"\xc3\xa9'",
                    b"\"\xc3\xa9'\"",
                    b"\"\xc3\xa9'\"",
                    b"\"\xc3\xa9'\"",
                    b"\"\xc3\xa9'\"",
                    b"\"\xc3\xa9'\"",
                    b"\xc3\xa9'",
                    b"\xc3\xa9'",
                    b"\xe2\x80\x98\xc3\xa9'\xe2\x80\x99",
                    b"\xe2\x80\x98\xc3\xa9'\xe2\x80\x99",
                ],
            ),
            (
                b"\xe6\x97\xa5\xe6\x9c\xac \xe8\xaa\x9e",
                Ascii,
                [
                    b"\xe6\x97\xa5\xe6\x9c\xac \xe8\xaa\x9e",
                    b"'\xe6\x97\xa5\xe6\x9c\xac \xe8\xaa\x9e'",
                    b"'\xe6\x97\xa5\xe6\x9c\xac \xe8\xaa\x9e'",
                    b"''$'\\346\\227\\245\\346\\234\\254'' '$'\\350\\252\\236'",
                    b"''$'\\346\\227\\245\\346\\234\\254'' '$'\\350\\252\\236'",
                    b"\"\\346\\227\\245\\346\\234\\254 \\350\\252\\236\"",
                    b"\"\\346\\227\\245\\346\\234\\254 \\350\\252\\236\"",
                    b"\\346\\227\\245\\346\\234\\254\\ \\350\\252\\236",
                    b"'\\346\\227\\245\\346\\234\\254 \\350\\252\\236'",
                    b"\"\\346\\227\\245\\346\\234\\254 \\350\\252\\236\"",
                ],
            ),
            (
                b"\xe6\x97\xa5\xe6\x9c\xac \xe8\xaa\x9e",
                Utf8,
                [
                    b"\xe6\x97\xa5\xe6\x9c\xac \xe8\xaa\x9e",
                    b"'\xe6\x97\xa5\xe6\x9c\xac \xe8\xaa\x9e'",
                    b"'\xe6\x97\xa5\xe6\x9c\xac \xe8\xaa\x9e'",
                    b"'\xe6\x97\xa5\xe6\x9c\xac \xe8\xaa\x9e'",
                    b"'\xe6\x97\xa5\xe6\x9c\xac \xe8\xaa\x9e'",
                    b"\"\xe6\x97\xa5\xe6\x9c\xac \xe8\xaa\x9e\"",
                    b"\xe6\x97\xa5\xe6\x9c\xac \xe8\xaa\x9e",
                    b"\xe6\x97\xa5\xe6\x9c\xac\\ \xe8\xaa\x9e",
                    b"\xe2\x80\x98\xe6\x97\xa5\xe6\x9c\xac \xe8\xaa\x9e\xe2\x80\x99",
                    b"\xe2\x80\x98\xe6\x97\xa5\xe6\x9c\xac \xe8\xaa\x9e\xe2\x80\x99",
                ],
            ),
            (
                b"\xe2\x80\x98x\xe2\x80\x99",
                Ascii,
                [
                    b"\xe2\x80\x98x\xe2\x80\x99",
                    b"\xe2\x80\x98x\xe2\x80\x99",
                    b"'\xe2\x80\x98x\xe2\x80\x99'",
                    b"''$'\\342\\200\\230''x'$'\\342\\200\\231'",
                    b"''$'\\342\\200\\230''x'$'\\342\\200\\231'",
                    b"\"\\342\\200\\230x\\342\\200\\231\"",
                    b"\"\\342\\200\\230x\\342\\200\\231\"",
                    b"\\342\\200\\230x\\342\\200\\231",
                    b"'\\342\\200\\230x\\342\\200\\231'",
                    b"\"\\342\\200\\230x\\342\\200\\231\"",
                ],
            ),
            (
                b"\xe2\x80\x98x\xe2\x80\x99",
                Utf8,
                [
                    b"\xe2\x80\x98x\xe2\x80\x99",
                    b"\xe2\x80\x98x\xe2\x80\x99",
                    b"'\xe2\x80\x98x\xe2\x80\x99'",
                    b"\xe2\x80\x98x\xe2\x80\x99",
                    b"'\xe2\x80\x98x\xe2\x80\x99'",
                    b"\"\xe2\x80\x98x\xe2\x80\x99\"",
                    b"\xe2\x80\x98x\xe2\x80\x99",
                    b"\xe2\x80\x98x\xe2\x80\x99",
                    b"\xe2\x80\x98\xe2\x80\x98x\\\xe2\x80\x99\xe2\x80\x99",
                    b"\xe2\x80\x98\xe2\x80\x98x\\\xe2\x80\x99\xe2\x80\x99",
                ],
            ),
            (
                b"\xff",
                Ascii,
                [
                    b"\xff",
                    b"\xff",
                    b"'\xff'",
                    b"''$'\\377'",
                    b"''$'\\377'",
                    b"\"\\377\"",
                    b"\"\\377\"",
                    b"\\377",
                    b"'\\377'",
                    b"\"\\377\"",
                ],
            ),
            (
                b"\xff",
                Utf8,
                [
                    b"\xff",
                    b"\xff",
                    b"'\xff'",
                    b"''$'\\377'",
                    b"''$'\\377'",
                    b"\"\\377\"",
                    b"\"\\377\"",
                    b"\\377",
                    b"\xe2\x80\x98\\377\xe2\x80\x99",
                    b"\xe2\x80\x98\\377\xe2\x80\x99",
                ],
            ),
            (
                b"a\xe2\x80",
                Ascii,
                [
                    b"a\xe2\x80",
                    b"a\xe2\x80",
                    b"'a\xe2\x80'",
                    b"'a'$'\\342\\200'",
                    b"'a'$'\\342\\200'",
                    b"\"a\\342\\200\"",
                    b"\"a\\342\\200\"",
                    b"a\\342\\200",
                    b"'a\\342\\200'",
                    b"\"a\\342\\200\"",
                ],
            ),
            (
                b"a\xe2\x80",
                Utf8,
                [
                    b"a\xe2\x80",
                    b"a\xe2\x80",
                    b"'a\xe2\x80'",
                    b"'a'$'\\342\\200'",
                    b"'a'$'\\342\\200'",
                    b"\"a\\342\\200\"",
                    b"\"a\\342\\200\"",
                    b"a\\342\\200",
                    b"\xe2\x80\x98a\\342\\200\xe2\x80\x99",
                    b"\xe2\x80\x98a\\342\\200\xe2\x80\x99",
                ],
            ),
            (
                b"\xc3(",
                Ascii,
                [
                    b"\xc3(",
                    b"'\xc3('",
                    b"'\xc3('",
                    b"''$'\\303''('",
                    b"''$'\\303''('",
                    b"\"\\303(\"",
                    b"\"\\303(\"",
                    b"\\303(",
                    b"'\\303('",
                    b"\"\\303(\"",
                ],
            ),
            (
                b"\xc3(",
                Utf8,
                [
                    b"\xc3(",
                    b"'\xc3('",
                    b"'\xc3('",
                    b"''$'\\303''('",
                    b"''$'\\303''('",
                    b"\"\\303(\"",
                    b"\"\\303(\"",
                    b"\\303(",
                    b"\xe2\x80\x98\\303(\xe2\x80\x99",
                    b"\xe2\x80\x98\\303(\xe2\x80\x99",
                ],
            ),
            (
                b"\xc2\x85",
                Ascii,
                [
                    b"\xc2\x85",
                    b"\xc2\x85",
                    b"'\xc2\x85'",
                    b"''$'\\302\\205'",
                    b"''$'\\302\\205'",
                    b"\"\\302\\205\"",
                    b"\"\\302\\205\"",
                    b"\\302\\205",
                    b"'\\302\\205'",
                    b"\"\\302\\205\"",
                ],
            ),
            (
                b"\xc2\x85",
                Utf8,
                [
                    b"\xc2\x85",
                    b"\xc2\x85",
                    b"'\xc2\x85'",
                    b"''$'\\302\\205'",
                    b"''$'\\302\\205'",
                    b"\"\\302\\205\"",
                    b"\"\\302\\205\"",
                    b"\\302\\205",
                    b"\xe2\x80\x98\\302\\205\xe2\x80\x99",
                    b"\xe2\x80\x98\\302\\205\xe2\x80\x99",
                ],
            ),
            (
                b"-n",
                Ascii,
                [
                    b"-n", b"-n", b"'-n'", b"-n", b"'-n'", b"\"-n\"", b"-n", b"-n", b"'-n'",
                    b"\"-n\"",
                ],
            ),
            (
                b"a\x80'",
                Ascii,
                [
                    b"a\x80'",
                    b"'a\x80'\\'''",
                    b"'a\x80'\\'''",
                    b"'a'$'\\200'\\'''",
                    b"'a'$'\\200'\\'''",
                    b"\"a\\200'\"",
                    b"\"a\\200'\"",
                    b"a\\200'",
                    b"'a\\200\\''",
                    b"\"a\\200'\"",
                ],
            ),
            (
                b"a\x80'",
                Utf8,
                [
                    b"a\x80'",
                    b"'a\x80'\\'''",
                    b"'a\x80'\\'''",
                    b"'a'$'\\200'\\'''",
                    b"'a'$'\\200'\\'''",
                    b"\"a\\200'\"",
                    b"\"a\\200'\"",
                    b"a\\200'",
                    b"\xe2\x80\x98a\\200'\xe2\x80\x99",
                    b"\xe2\x80\x98a\\200'\xe2\x80\x99",
                ],
            ),
            (
                b"@'",
                Ascii,
                [
                    b"@'", b"\"@'\"", b"\"@'\"", b"\"@'\"", b"\"@'\"", b"\"@'\"", b"@'", b"@'",
                    b"'@\\''", b"\"@'\"",
                ],
            ),
            (
                b"a,b%c+d",
                Ascii,
                [
                    b"a,b%c+d",
                    b"a,b%c+d",
                    b"'a,b%c+d'",
                    b"a,b%c+d",
                    b"'a,b%c+d'",
                    b"\"a,b%c+d\"",
                    b"a,b%c+d",
                    b"a,b%c+d",
                    b"'a,b%c+d'",
                    b"\"a,b%c+d\"",
                ],
            ),
        ];
        for (name, charset, expected) in table {
            for (style, expected) in STYLES.iter().zip(expected) {
                check(
                    Style::parse(style.as_bytes()).expect("the case is sound"),
                    name,
                    *charset,
                    expected,
                );
            }
        }
    }

    /// From `ls --zero --quoting-style=locale` in C.UTF-8; `clocale` is the same there.
    #[test]
    fn the_marks_of_utf_8_are_its_own() {
        let table: &[(&[u8], &[u8])] = &[
            (b"plain", b"\xe2\x80\x98plain\xe2\x80\x99"),
            (b"a b", b"\xe2\x80\x98a b\xe2\x80\x99"),
            (b"it's", b"\xe2\x80\x98it's\xe2\x80\x99"),
            (b"it's \"x\"", b"\xe2\x80\x98it's \"x\"\xe2\x80\x99"),
            (b"$HOME", b"\xe2\x80\x98$HOME\xe2\x80\x99"),
            (b"a\\b", b"\xe2\x80\x98a\\\\b\xe2\x80\x99"),
            (b"~", b"\xe2\x80\x98~\xe2\x80\x99"),
            (b"~x", b"\xe2\x80\x98~x\xe2\x80\x99"),
            (b"x~", b"\xe2\x80\x98x~\xe2\x80\x99"),
            (b"#x", b"\xe2\x80\x98#x\xe2\x80\x99"),
            (b"x#'", b"\xe2\x80\x98x#'\xe2\x80\x99"),
            (b"~'", b"\xe2\x80\x98~'\xe2\x80\x99"),
            (b"{", b"\xe2\x80\x98{\xe2\x80\x99"),
            (b"{a}", b"\xe2\x80\x98{a}\xe2\x80\x99"),
            (b"{'a", b"\xe2\x80\x98{'a\xe2\x80\x99"),
            (b"a=b", b"\xe2\x80\x98a=b\xe2\x80\x99"),
            (b"a:b", b"\xe2\x80\x98a:b\xe2\x80\x99"),
            (b"?", b"\xe2\x80\x98?\xe2\x80\x99"),
            (b"*", b"\xe2\x80\x98*\xe2\x80\x99"),
            (b"[x", b"\xe2\x80\x98[x\xe2\x80\x99"),
            (b"]x", b"\xe2\x80\x98]x\xe2\x80\x99"),
            (b"!", b"\xe2\x80\x98!\xe2\x80\x99"),
            (b"a\nb", b"\xe2\x80\x98a\\nb\xe2\x80\x99"),
            (b"a\n'b", b"\xe2\x80\x98a\\n'b\xe2\x80\x99"),
            (b"\nb'\t", b"\xe2\x80\x98\\nb'\\t\xe2\x80\x99"),
            (b"\x01", b"\xe2\x80\x98\\001\xe2\x80\x99"),
            (b"\x011", b"\xe2\x80\x98\\0011\xe2\x80\x99"),
            (
                b"\x07\x08\x0c\x0b\x0d",
                b"\xe2\x80\x98\\a\\b\\f\\v\\r\xe2\x80\x99",
            ),
            (b"\x1b[31m", b"\xe2\x80\x98\\033[31m\xe2\x80\x99"),
            (b"\x7f", b"\xe2\x80\x98\\177\xe2\x80\x99"),
            (b"-n", b"\xe2\x80\x98-n\xe2\x80\x99"),
            (b"@'", b"\xe2\x80\x98@'\xe2\x80\x99"),
            (b"a,b%c+d", b"\xe2\x80\x98a,b%c+d\xe2\x80\x99"),
        ];
        for (name, expected) in table {
            check(Style::Locale, name, Utf8, expected);
            check(Style::Clocale, name, Utf8, expected);
            assert_eq!(quote(name, Utf8), *expected);
        }
    }

    /// From the messages of `cat NAME` and `du NAME`.
    #[test]
    fn messages_quote_where_they_must() {
        let table: &[(&[u8], &[u8], &[u8])] = &[
            (
                b"/nonexistent/plain",
                b"/nonexistent/plain",
                b"'/nonexistent/plain'",
            ),
            (
                b"/nonexistent/a b",
                b"'/nonexistent/a b'",
                b"'/nonexistent/a b'",
            ),
            (
                b"/nonexistent/a:b",
                b"'/nonexistent/a:b'",
                b"'/nonexistent/a:b'",
            ),
            (
                b"/nonexistent/a:'b",
                b"\"/nonexistent/a:'b\"",
                b"\"/nonexistent/a:'b\"",
            ),
            (
                b"/nonexistent/it's",
                b"\"/nonexistent/it's\"",
                b"\"/nonexistent/it's\"",
            ),
            (
                b"/nonexistent/a\nb",
                b"'/nonexistent/a'$'\\n''b'",
                b"'/nonexistent/a'$'\\n''b'",
            ),
            (b"", b"''", b"''"),
            (
                b"/nonexistent/x\\y",
                b"'/nonexistent/x\\y'",
                b"'/nonexistent/x\\y'",
            ),
            (b"/nonexistent/{", b"/nonexistent/{", b"'/nonexistent/{'"),
        ];
        for (name, before_colon, between_blanks) in table {
            assert_eq!(quotef(name, Ascii), *before_colon);
            assert_eq!(quoteaf(name, Ascii), *between_blanks);
        }
        assert_eq!(shell_escape(b"a:b", Ascii), b"a:b");
        assert_eq!(quote(b"a'b", Ascii), b"'a\\'b'");
    }

    /// GNU shows these; we do not, in any style that escapes.
    #[test]
    fn what_tricks_the_eye_is_escaped() {
        for char in "\u{61C}\u{200B}\u{200E}\u{200F}\u{202A}\u{202E}\u{2028}\u{2060}\u{2066}\u{2069}\u{FEFF}\u{FFFE}\u{E0041}".chars()
        {
            let name = format!("a{char}'b");
            for style in &STYLES[3..] {
                let mut out = Vec::new();
                apply(Style::parse(style.as_bytes()).expect("the case is sound"), name.as_bytes(), Utf8, &mut out);
                assert!(!String::from_utf8(out).expect("the case is sound").contains(char), "{style} {char:?}");
            }
        }
        assert_eq!(
            quoteaf("\u{202E}".as_bytes(), Utf8),
            b"''$'\\342\\200\\256''"
                .strip_suffix(b"'")
                .expect("the case is sound")
        );
        assert_eq!(
            shell_escape("👩\u{200D}🚀".as_bytes(), Utf8),
            "👩\u{200D}🚀".as_bytes()
        );
    }

    #[test]
    fn words_of_styles_may_be_abbreviated() {
        for (word, expected) in [
            ("lit", Some(Style::Literal)),
            ("loc", Some(Style::Locale)),
            ("l", None),
            ("c", Some(Style::C)),
            ("cl", Some(Style::Clocale)),
            ("shell", Some(Style::Shell)),
            ("shell-a", Some(Style::ShellAlways)),
            ("shell-e", None),
            ("shell-escape", Some(Style::ShellEscape)),
            ("shell-escape-", Some(Style::ShellEscapeAlways)),
            ("e", Some(Style::Escape)),
            ("sh", None),
            ("", None),
            ("escaped", None),
        ] {
            assert_eq!(Style::parse(word.as_bytes()), expected, "{word}");
        }
    }
}
