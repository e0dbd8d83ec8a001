//! Columns that a text takes on a terminal, and where it may be cut.
//!
//! Terminals disagree about the columns of what a reader takes for one character: some add up the widths of its code
//! points, as wcwidth(3) gives them, some know emoji sequences, flags and variation selectors. The larger of the two is
//! used for each such character, so that no terminal wraps a line. Where a terminal takes less, columns to the right are
//! not aligned.

use unicode_segmentation::UnicodeSegmentation;
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

use crate::gnu::unicode::is_without_width;

/// The columns of a text: at least as many as it takes on any terminal.
#[must_use]
pub fn columns(text: &str) -> usize {
    text.graphemes(true).map(of_grapheme).sum()
}

/// The longest beginning that is no wider than `room`. Grapheme clusters are not cut.
#[must_use]
pub fn head(text: &str, room: usize) -> &str {
    let mut used = 0;
    for (start, grapheme) in text.grapheme_indices(true) {
        used += of_grapheme(grapheme);
        if used > room {
            return text.get(..start).unwrap_or_default();
        }
    }
    text
}

/// The longest end that is no wider than `room`.
#[must_use]
pub fn tail(text: &str, room: usize) -> &str {
    let mut used = 0;
    for (start, grapheme) in text.grapheme_indices(true).rev() {
        used += of_grapheme(grapheme);
        if used > room {
            return text.get(start + grapheme.len()..).unwrap_or_default();
        }
    }
    text
}

fn of_grapheme(grapheme: &str) -> usize {
    let sum: usize = grapheme.chars().map(of_char).sum();
    let least = match grapheme.chars().next() {
        // A flag. Some terminals draw half of one as wide as a whole one.
        Some('\u{1F1E6}'..='\u{1F1FF}') => 2,
        _ => 0,
    };
    grapheme.width().max(sum).max(least)
}

/// The larger of the widths in the tables of unicode-width and of the C library.
fn of_char(char: char) -> usize {
    match char {
        // Wide in the table of glibc: marks of Hangul and Vietnamese, numbers on squares.
        '\u{302E}'..='\u{302F}' | '\u{3248}'..='\u{324F}' | '\u{16FF0}'..='\u{16FF1}' => 2,
        _ if is_without_width(char) => 0,
        // Spacing marks have a column there, also those that unicode-width counts as a part of the letter before.
        _ => char.width().unwrap_or(0).max(1),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_has_the_columns_of_the_terminal_that_gives_it_most() {
        for (text, expected) in [
            ("", 0),
            ("abc", 3),
            ("漢字", 4),
            ("e\u{301}x", 2),
            // Two columns where sequences are known, four where they are not.
            ("👍🏽", 4),
            ("👩\u{200D}🚀", 4),
            ("👨\u{200D}👩\u{200D}👧\u{200D}👦", 8),
            // One column is added by the selector of the emoji style, none is taken away by that of the text style.
            ("❤\u{FE0F}", 2),
            ("⌚\u{FE0E}", 2),
            ("1\u{FE0F}\u{20E3}", 2),
            // A flag, and half of one.
            ("🇩🇪", 2),
            ("🇩🇪🇫", 4),
            ("\u{AD}", 0),
            // Hangul as syllables and as their parts.
            ("한글", 4),
            ("\u{1112}\u{1161}\u{11AB}", 2),
            // Vowel signs that take a column: Tamil and Bengali aa, and a conjunct of Devanagari.
            ("கா", 2),
            ("কা", 2),
            ("क\u{94D}षि", 3),
            // Wide in the C library alone.
            ("\u{3248}", 2),
            ("…█░├", 4),
        ] {
            assert_eq!(columns(text), expected, "{text}");
        }
    }

    #[test]
    fn a_text_is_cut_between_what_readers_take_for_characters() {
        for (text, room, first, last) in [
            ("abc", 3, "abc", "abc"),
            ("abc", 2, "ab", "bc"),
            ("abc", 0, "", ""),
            ("漢字", 3, "漢", "字"),
            ("漢字", 1, "", ""),
            ("e\u{301}x", 1, "e\u{301}", "x"),
            ("x👍🏽", 4, "x", "👍🏽"),
            ("x👍🏽", 3, "x", ""),
            ("🇩🇪🇫🇷", 3, "🇩🇪", "🇫🇷"),
            ("❤\u{FE0F}", 1, "", ""),
        ] {
            assert_eq!(
                (head(text, room), tail(text, room)),
                (first, last),
                "{text} {room}"
            );
        }
    }
}
