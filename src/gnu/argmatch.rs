//! Words of a fixed list, which may be abbreviated while they are unambiguous.
//!
//! A word that equals an entry is that entry. Any other word must be a prefix of at least one entry; if it is a prefix
//! of several, these must have the same meaning. The empty word is a prefix of all.

/// Why a word is not in the list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WordError {
    /// No entry of the list begins with the word.
    Invalid,
    /// Entries of different meaning begin with the word.
    Ambiguous,
}

/// The meaning of `word`, perhaps abbreviated, in `table`.
pub fn find<T: Copy + PartialEq>(word: &[u8], table: &[(&str, T)]) -> Result<T, WordError> {
    let mut found = None;
    let mut ambiguous = false;
    for &(name, meaning) in table {
        if name.as_bytes() == word {
            return Ok(meaning);
        }
        if name.as_bytes().starts_with(word) {
            ambiguous |= found.is_some_and(|first| first != meaning);
            found.get_or_insert(meaning);
        }
    }
    match found {
        Some(_) if ambiguous => Err(WordError::Ambiguous),
        Some(meaning) => Ok(meaning),
        None => Err(WordError::Invalid),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exact_words_win_and_synonyms_do_not_clash() {
        let table = [("yes", 0), ("yop", 0), ("no", 1), ("nope", 1), ("n-a", 2)];
        for (word, expected) in [
            ("y", Ok(0)),
            ("yes", Ok(0)),
            ("no", Ok(1)),
            ("nop", Ok(1)),
            ("n", Err(WordError::Ambiguous)),
            ("", Err(WordError::Ambiguous)),
            ("yesterday", Err(WordError::Invalid)),
        ] {
            assert_eq!(find(word.as_bytes(), &table), expected, "{word}");
        }
    }
}
