//! The choices of a user about the report, with the words of the command line for them.

/// The output formats (`--format`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OutputFormat {
    /// GNU du's lines.
    Du,
    /// A chart of the largest entries.
    Tree,
    /// JSON Lines.
    Json,
    /// Comma-separated values.
    Csv,
    /// The export format of ncdu.
    Ncdu,
    /// A table in a file, for SQL engines.
    Parquet,
    /// The text exposition format of Prometheus.
    Prometheus,
}

impl OutputFormat {
    /// The words of the command line.
    pub const WORDS: [(&'static str, Self); 7] = [
        ("du", Self::Du),
        ("tree", Self::Tree),
        ("json", Self::Json),
        ("csv", Self::Csv),
        ("ncdu", Self::Ncdu),
        ("parquet", Self::Parquet),
        ("prometheus", Self::Prometheus),
    ];
}

/// The property by which entries are summed (`--by`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GroupBy {
    /// The bytes after the last dot of the name.
    Extension,
    /// The user that owns the entry.
    Owner,
    /// The group that owns the entry.
    Group,
    /// The time since its last change.
    Age,
    /// Its file type.
    Kind,
}

impl GroupBy {
    /// The words of the command line.
    pub const WORDS: [(&'static str, Self); 5] = [
        ("ext", Self::Extension),
        ("owner", Self::Owner),
        ("group", Self::Group),
        ("age", Self::Age),
        ("kind", Self::Kind),
    ];

    /// Its word.
    #[must_use]
    pub fn word(self) -> &'static str {
        let mut words = Self::WORDS.into_iter();
        let found = words.find_map(|(word, choice)| (choice == self).then_some(word));
        found.unwrap_or_default()
    }
}

/// Whether names have colours (`--color`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Color {
    /// On a terminal that has colours, unless NO_COLOR is set.
    Auto,
    /// Yes.
    Always,
    /// No.
    Never,
}

impl Color {
    /// The words of the command line.
    pub const WORDS: [(&'static str, Self); 3] = [
        ("auto", Self::Auto),
        ("always", Self::Always),
        ("never", Self::Never),
    ];
}
