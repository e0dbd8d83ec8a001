//! Words of the command line that may be abbreviated while they are unique.
//!
//! The rules are those of GNU's `argmatch` (coreutils manual, "Common options"): an exact word wins;
//! otherwise the word must be a prefix of one entry, or of several that all mean the same.

/// Why a word of a fixed list was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WordError {
    /// No entry of the list begins with the word.
    Invalid,
    /// Entries of different meaning begin with the word.
    Ambiguous,
}

/// Finds what `word`, perhaps abbreviated, means in `table`.
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
