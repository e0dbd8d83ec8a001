//! Which characters a terminal does not show, by the properties of Unicode.
//!
//! A character is hidden by its general category (controls, format characters, line and paragraph separators) or by the
//! property `Default_Ignorable_Code_Point` (fillers, variation selectors, tags). Joiners and variation selectors are shown
//! where they change the look of their neighbours: several scripts, ideographs and emoji need them. Alone or after other
//! characters they make two names that look the same.

use unicode_properties::emoji::is_regional_indicator;
use unicode_properties::{EmojiStatus, GeneralCategory, GeneralCategoryGroup};
use unicode_properties::{UnicodeEmoji, UnicodeGeneralCategory};
use unicode_script::{Script, UnicodeScript};
use unicode_width::UnicodeWidthStr;

const NON_JOINER: char = '\u{200C}';
const JOINER: char = '\u{200D}';
const TEXT_STYLE: char = '\u{FE0E}';
const EMOJI_STYLE: char = '\u{FE0F}';
const KEYCAP: char = '\u{20E3}';

/// The scripts in which a joiner or a non-joiner chooses the form of its neighbours: those with cursive letters, then
/// those with conjuncts.
const JOINING: [Script; 31] = [
    Script::Arabic,
    Script::Syriac,
    Script::Mandaic,
    Script::Nko,
    Script::Mongolian,
    Script::Phags_Pa,
    Script::Hanifi_Rohingya,
    Script::Adlam,
    Script::Devanagari,
    Script::Bengali,
    Script::Gurmukhi,
    Script::Gujarati,
    Script::Oriya,
    Script::Tamil,
    Script::Telugu,
    Script::Kannada,
    Script::Malayalam,
    Script::Sinhala,
    Script::Myanmar,
    Script::Khmer,
    Script::Tibetan,
    Script::Balinese,
    Script::Javanese,
    Script::Sundanese,
    Script::Newa,
    Script::Chakma,
    Script::Meetei_Mayek,
    Script::Grantha,
    Script::Tirhuta,
    Script::Syloti_Nagri,
    Script::Saurashtra,
];

/// True where a terminal shows the character, or its effect on the text before and after it.
pub(super) fn is_shown(char: char, before: &[u8], after: &[u8]) -> bool {
    if !is_hidden(char) {
        return true;
    }
    let (previous, next) = (last_char(before), first_char(after));
    let joins = |is: fn(char) -> bool| previous.is_some_and(is) && next.is_some_and(is);
    match char {
        NON_JOINER => joins(is_joining),
        JOINER => joins(is_joining) || ends_with_emoji(before) && next.is_some_and(is_emoji),
        EMOJI_STYLE if next == Some(KEYCAP) => matches!(previous, Some('0'..='9' | '#' | '*')),
        TEXT_STYLE | EMOJI_STYLE => previous.is_some_and(has_two_styles),
        '\u{FE00}'..='\u{FE02}' | '\u{E0100}'..='\u{E01EF}' => previous.is_some_and(is_ideograph),
        '\u{180B}'..='\u{180D}' | '\u{180F}' => previous.is_some_and(is_mongolian),
        '\u{180E}' => joins(is_mongolian),
        _ => false,
    }
}

/// True where a character takes no column of its own: a mark above or below another one, or a vowel or final consonant
/// of Hangul, which is part of a syllable.
pub(crate) fn is_without_width(char: char) -> bool {
    use GeneralCategory::{EnclosingMark, Format, NonspacingMark};
    matches!(
        char.general_category(),
        NonspacingMark | EnclosingMark | Format
    ) || matches!(char, '\u{1160}'..='\u{11FF}' | '\u{D7B0}'..='\u{D7FF}')
        || is_ignorable(char)
}

fn is_hidden(char: char) -> bool {
    use GeneralCategory::{Control, Format, LineSeparator, ParagraphSeparator};
    matches!(
        char.general_category(),
        Control | Format | LineSeparator | ParagraphSeparator
    ) || is_ignorable(char)
        || is_noncharacter(char)
}

/// `Default_Ignorable_Code_Point` of Unicode 17, but for format characters. No small crate has this property; a test
/// compares with the tables of perl.
fn is_ignorable(char: char) -> bool {
    matches!(char,
        '\u{34F}' | '\u{115F}' | '\u{1160}' | '\u{17B4}' | '\u{17B5}' | '\u{180B}'..='\u{180D}' | '\u{180F}'
        | '\u{2065}' | '\u{3164}' | '\u{FE00}'..='\u{FE0F}' | '\u{FFA0}' | '\u{FFF0}'..='\u{FFF8}'
        | '\u{E0000}'..='\u{E0FFF}')
}

fn is_noncharacter(char: char) -> bool {
    matches!(char, '\u{FDD0}'..='\u{FDEF}') || u32::from(char) & 0xFFFE == 0xFFFE
}

/// A letter or mark between which and another one a joiner has an effect.
fn is_joining(char: char) -> bool {
    use GeneralCategoryGroup::{Letter, Mark};
    let scripts = char.script_extension();
    matches!(char.general_category_group(), Letter | Mark)
        && !(scripts.is_common() || scripts.is_inherited())
        && JOINING
            .iter()
            .any(|&script| scripts.contains_script(script))
}

fn is_mongolian(char: char) -> bool {
    char.script() == Script::Mongolian
        && char.general_category_group() == GeneralCategoryGroup::Letter
}

fn is_ideograph(char: char) -> bool {
    char.script() == Script::Han && char.general_category() == GeneralCategory::OtherLetter
}

/// A picture: not a digit, half of a flag or a skin tone, which are emoji too.
fn is_emoji(char: char) -> bool {
    char.is_emoji_char() && !char.is_ascii() && !is_regional_indicator(char) && !is_skin_tone(char)
}

fn is_skin_tone(char: char) -> bool {
    char.emoji_status() == EmojiStatus::EmojiPresentationAndModifierAndEmojiComponent
}

/// Whether the text ends with an emoji, perhaps with a skin tone or a variation selector: then a joiner may follow.
fn ends_with_emoji(text: &[u8]) -> bool {
    let Some(last) = last_char(text) else {
        return false;
    };
    let base = match last == EMOJI_STYLE || is_skin_tone(last) {
        true => last_char(&text[..text.len() - last.len_utf8()]),
        false => Some(last),
    };
    base.is_some_and(is_emoji)
}

/// Whether a variation selector chooses between a text style and an emoji style: for emoji that are text by default, and
/// for those that unicode-width knows to be narrower in the text style.
fn has_two_styles(char: char) -> bool {
    use EmojiStatus::{EmojiModifierBase, EmojiOther};
    let width = |style| String::from_iter([char, style]).width();
    matches!(char.emoji_status(), EmojiOther | EmojiModifierBase)
        || !char.is_ascii() && width(TEXT_STYLE) != width(EMOJI_STYLE)
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
