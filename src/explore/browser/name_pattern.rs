//! Names that a text matches: for the filter of the rows, and for the search.
//!
//! A text without wildcards matches the names that contain it; a text with `*`, `?` or `[` is a pattern of the shell for
//! the whole name. The case of letters counts where the text has a capital letter.

use crate::gnu::exclude::Exclude;

/// See the module. The empty text matches each name.
#[derive(Debug, Clone)]
pub struct NamePattern {
    text: String,
    matches_case: bool,
    wildcards: Option<Exclude>,
}

impl NamePattern {
    pub(super) fn new(text: &str) -> Self {
        let has_wildcards = text.contains(['*', '?', '[']);
        let wildcards = has_wildcards.then(|| {
            let mut pattern = Exclude::new(true);
            pattern.add(text.as_bytes());
            pattern
        });
        Self {
            text: text.into(),
            matches_case: text.chars().any(char::is_uppercase),
            wildcards,
        }
    }

    /// The text.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    pub(super) fn matches(&self, name: &[u8]) -> bool {
        if self.text.is_empty() {
            return true;
        }
        if self.matches_case {
            return self.matches_exactly(name);
        }
        match std::str::from_utf8(name) {
            Ok(name) if !name.is_ascii() => self.matches_exactly(name.to_lowercase().as_bytes()),
            _ if self.wildcards.is_some() => self.matches_exactly(&name.to_ascii_lowercase()),
            _ => self
                .parts(name)
                .any(|part| part.eq_ignore_ascii_case(self.text.as_bytes())),
        }
    }

    fn matches_exactly(&self, name: &[u8]) -> bool {
        match &self.wildcards {
            Some(pattern) => pattern.matches(name),
            None => self.parts(name).any(|part| part == self.text.as_bytes()),
        }
    }

    /// The parts of a name that are as long as the text.
    fn parts<'n>(&self, name: &'n [u8]) -> impl Iterator<Item = &'n [u8]> + use<'n> {
        name.windows(self.text.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_matches_inside_and_a_pattern_the_whole_name() {
        for (text, name, expected) in [
            ("", "a", true),
            ("log", "syslog.1", true),
            ("log", "SYSLOG", true),
            ("Log", "syslog", false),
            ("Log", "My Log", true),
            ("*.log", "a.log", true),
            ("*.log", "a.LOG", true),
            ("*.log", "a.log.1", false),
            ("a?c", "abc", true),
            ("a?c", "xabc", false),
            ("[ab]", "b", true),
            ("ü", "MÜLL", true),
            ("b", "", false),
        ] {
            let found = NamePattern::new(text).matches(name.as_bytes());
            assert_eq!(found, expected, "{text} {name}");
        }
        assert!(NamePattern::new("x").matches(b"\xffX"));
    }
}
