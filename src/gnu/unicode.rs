//! Which characters a terminal does not show, by the properties of Unicode.
//!
//! A character is hidden by its general category (controls, format characters, line and paragraph separators) or by the
//! property `Default_Ignorable_Code_Point` (fillers, variation selectors, tags). Lists of code points grow old: the
//! properties come from a crate's tables. Joiners and variation selectors are shown where they change the look of their
//! neighbours: several scripts, ideographs and emoji need them. Alone or after other characters they make two names that
//! look the same.

use std::sync::LazyLock;

use regex_syntax::Parser;
use regex_syntax::hir::{Class, ClassUnicodeRange, HirKind};
use unicode_width::UnicodeWidthStr;

/// A set of characters.
type Set = LazyLock<Vec<ClassUnicodeRange>>;

static HIDDEN: Set = LazyLock::new(|| {
    set(r"[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}\p{Noncharacter_Code_Point}]")
});

/// Without width of their own: marks that stand above or below another character, and the vowels and final consonants
/// of Hangul, which are part of a syllable.
static WITHOUT_WIDTH: Set = LazyLock::new(|| {
    set(r"[\p{Mn}\p{Me}\p{Cf}\p{Default_Ignorable_Code_Point}\x{1160}-\x{11FF}\x{D7B0}-\x{D7FF}]")
});

/// Letters and marks of the scripts in which a joiner or a non-joiner chooses the form of its neighbours: those with
/// cursive letters, and those with conjuncts.
static JOINING: Set = LazyLock::new(|| {
    set(r"[[\p{L}\p{M}]&&[
        \p{scx=Arab}\p{scx=Syrc}\p{scx=Mand}\p{scx=Nkoo}\p{scx=Mong}\p{scx=Phag}\p{scx=Rohg}\p{scx=Adlm}
        \p{scx=Deva}\p{scx=Beng}\p{scx=Guru}\p{scx=Gujr}\p{scx=Orya}\p{scx=Taml}\p{scx=Telu}\p{scx=Knda}
        \p{scx=Mlym}\p{scx=Sinh}\p{scx=Mymr}\p{scx=Khmr}\p{scx=Tibt}\p{scx=Bali}\p{scx=Java}\p{scx=Sund}
        \p{scx=Newa}\p{scx=Cakm}\p{scx=Mtei}\p{scx=Gran}\p{scx=Tirh}\p{scx=Sylo}\p{scx=Saur}]]")
});

static MONGOLIAN: Set = LazyLock::new(|| set(r"[\p{L}&&\p{scx=Mong}]"));
static IDEOGRAPHS: Set = LazyLock::new(|| set(r"\p{Unified_Ideograph}"));
static EMOJI: Set = LazyLock::new(|| set(r"\p{Extended_Pictographic}"));
static SKIN_TONES: Set = LazyLock::new(|| set(r"\p{Emoji_Modifier}"));

/// Emoji that are shown as text unless a variation selector follows.
static TEXT_EMOJI: Set = LazyLock::new(|| set(r"[\p{Emoji}--\p{Emoji_Presentation}--\p{ASCII}]"));

const NON_JOINER: char = '\u{200C}';
const JOINER: char = '\u{200D}';
const TEXT_STYLE: char = '\u{FE0E}';
const EMOJI_STYLE: char = '\u{FE0F}';
const KEYCAP: char = '\u{20E3}';

/// The characters of a class in the syntax of regular expressions.
fn set(class: &str) -> Vec<ClassUnicodeRange> {
    let spaceless: String = class.split_whitespace().collect();
    match Parser::new()
        .parse(&spaceless)
        .map(regex_syntax::hir::Hir::into_kind)
    {
        Ok(HirKind::Class(Class::Unicode(class))) => class.ranges().to_vec(),
        // A test parses every class.
        _ => Vec::new(),
    }
}

fn contains(set: &[ClassUnicodeRange], char: char) -> bool {
    let after = set.partition_point(|range| range.start() <= char);
    let range = after.checked_sub(1).and_then(|index| set.get(index));
    range.is_some_and(|range| char <= range.end())
}

/// True where a terminal shows the character, or its effect on the text before and after it.
pub(super) fn is_shown(char: char, before: &[u8], after: &[u8]) -> bool {
    if !contains(&HIDDEN, char) {
        return true;
    }
    let previous = last_char(before);
    let next = first_char(after);
    let is = |set: &[ClassUnicodeRange], char: Option<char>| {
        char.is_some_and(|char| contains(set, char))
    };
    let joins_letters = || is(&JOINING, previous) && is(&JOINING, next);
    match char {
        NON_JOINER => joins_letters(),
        JOINER => joins_letters() || ends_with_emoji(before) && is(&EMOJI, next),
        EMOJI_STYLE if next == Some(KEYCAP) => matches!(previous, Some('0'..='9' | '#' | '*')),
        TEXT_STYLE | EMOJI_STYLE => previous.is_some_and(has_two_styles),
        '\u{FE00}'..='\u{FE02}' | '\u{E0100}'..='\u{E01EF}' => is(&IDEOGRAPHS, previous),
        '\u{180B}'..='\u{180D}' | '\u{180F}' => is(&MONGOLIAN, previous),
        '\u{180E}' => is(&MONGOLIAN, previous) && is(&MONGOLIAN, next),
        _ => false,
    }
}

/// True where a character without width of its own takes no column on any terminal.
pub(crate) fn is_without_width(char: char) -> bool {
    contains(&WITHOUT_WIDTH, char)
}

/// Whether the text ends with an emoji, perhaps with a skin tone or a variation selector: then a joiner may follow.
fn ends_with_emoji(text: &[u8]) -> bool {
    let Some(last) = last_char(text) else {
        return false;
    };
    let before = &text[..text.len() - last.len_utf8()];
    let base = match last == EMOJI_STYLE || contains(&SKIN_TONES, last) {
        true => last_char(before),
        false => Some(last),
    };
    base.is_some_and(|base| contains(&EMOJI, base))
}

/// Whether a variation selector chooses between a text style and an emoji style. The width crate knows the characters
/// that are emoji by default: the text style is narrower.
fn has_two_styles(char: char) -> bool {
    let width = |style| String::from_iter([char, style]).width();
    contains(&TEXT_EMOJI, char) || !char.is_ascii() && width(TEXT_STYLE) != width(EMOJI_STYLE)
}

/// The character at the start, if its bytes are valid.
pub(super) fn first_char(bytes: &[u8]) -> Option<char> {
    // A character has at most four bytes.
    let head = bytes.get(..4).unwrap_or(bytes);
    head.utf8_chunks().next()?.valid().chars().next()
}

/// The character at the end, if its bytes are valid.
fn last_char(bytes: &[u8]) -> Option<char> {
    let starts = (1..=bytes.len().min(4)).map(|length| bytes.len() - length);
    let mut ends = starts.filter_map(|start| str::from_utf8(bytes.get(start..)?).ok());
    ends.next()?.chars().next()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_class_can_be_parsed() {
        for set in [
            &HIDDEN,
            &WITHOUT_WIDTH,
            &JOINING,
            &MONGOLIAN,
            &IDEOGRAPHS,
            &EMOJI,
            &SKIN_TONES,
            &TEXT_EMOJI,
        ] {
            assert!(!set.is_empty());
        }
    }
}
