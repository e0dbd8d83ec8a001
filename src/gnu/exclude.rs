//! The patterns of `--exclude=PATTERN` and `--exclude-from=FILE`.
//!
//! `*`, `?` and `[…]` match slashes too, and a backslash makes the next character literal. A pattern is tried on the
//! whole path and on each part of the path after a slash. Brackets are those of POSIX ("Pattern Matching Notation"),
//! with the results of glibc's `fnmatch` in the locales `C` and `C.UTF-8`: the only collating symbols are single
//! characters, and ranges end at U+00FF (see [`LAST_COLLATED`]). The tests hold what `fnmatch` returned, also for
//! malformed brackets.
//!
//! In UTF-8 a pattern is tried on characters and on bytes, as in glibc. Without bytes, a name that is no valid UTF-8
//! would match no pattern.
//!
//! A pattern is compiled to steps once. Matching backtracks to the last `*` only, so its time is at most the product of
//! the lengths of the pattern and the text.

use std::collections::HashSet;

/// The last character that a range can contain. In the UTF-8 locale of a language, glibc has an order of all
/// characters; in `C.UTF-8` it has one of these only, and `[а-я]` matches nothing.
pub const LAST_COLLATED: u32 = 0xFF;

/// A set of patterns.
#[derive(Clone, Debug, Default)]
pub struct Exclude {
    utf8: bool,
    posixly_correct: bool,
    /// Patterns without wildcards, their backslashes removed.
    literals: HashSet<Box<[u8]>>,
    /// A bit for each length of a literal, modulo 64. Most names have another length and are not hashed.
    literal_lengths: u64,
    /// True where a literal has a slash, so that the last component of a path does not decide.
    literals_have_slash: bool,
    wildcards: Vec<Wildcard>,
    needs_path: bool,
}

impl Exclude {
    /// A set without patterns. Names are UTF-8 where `utf8` is true, else bytes.
    pub fn new(utf8: bool) -> Exclude {
        Exclude {
            utf8,
            ..Exclude::default()
        }
    }

    /// The same set with the rule of `POSIXLY_CORRECT` for patterns that are added later: `!` negates a bracket, `^`
    /// does not.
    pub fn posixly_correct(self, posixly_correct: bool) -> Exclude {
        Exclude {
            posixly_correct,
            ..self
        }
    }

    /// True where the set has no pattern.
    pub fn is_empty(&self) -> bool {
        self.literals.is_empty() && self.wildcards.is_empty()
    }

    /// Adds the PATTERN of `--exclude`. It ends before the first NUL, as a string of C does.
    pub fn add(&mut self, pattern: &[u8]) {
        let pattern = pattern.split(|&byte| byte == 0).next().unwrap_or(pattern);
        if has_wildcards(pattern) {
            let wildcard = Wildcard::new(pattern, self.utf8, self.posixly_correct);
            self.needs_path |= wildcard.needs_path();
            self.wildcards.push(wildcard);
        } else {
            let literal = unescape(pattern);
            self.literals_have_slash |= literal.contains(&b'/');
            self.needs_path |= literal.contains(&b'/');
            self.literal_lengths |= length_bit(&literal);
            self.literals.insert(literal.into());
        }
    }

    /// Adds the patterns of a FILE of `--exclude-from`, one per line. White space at the end of a line is removed;
    /// empty lines are ignored.
    pub fn add_lines(&mut self, file: &[u8]) {
        for line in file.split(|&byte| byte == b'\n') {
            let is_blank = |byte: &u8| matches!(byte, b' ' | b'\t'..=b'\r');
            if let Some(last) = line.iter().rposition(|byte| !is_blank(byte)) {
                self.add(&line[..=last]);
            }
        }
    }

    /// True where a pattern matches `path` or a part of it after a slash.
    pub fn matches(&self, path: &[u8]) -> bool {
        (!self.literals.is_empty() && self.matches_literal(path))
            || self.wildcards.iter().any(|wildcard| wildcard.matches(path))
    }

    fn matches_literal(&self, path: &[u8]) -> bool {
        if !self.literals_have_slash {
            // A part after any other slash contains a slash, and no literal does.
            let start = path
                .iter()
                .rposition(|&byte| byte == b'/')
                .map_or(0, |slash| slash + 1);
            return self.is_literal(&path[start..]);
        }
        let mut tail = path;
        loop {
            if self.is_literal(tail) {
                return true;
            }
            match tail.iter().position(|&byte| byte == b'/') {
                Some(slash) => tail = &tail[slash + 1..],
                None => return false,
            }
        }
    }

    fn is_literal(&self, tail: &[u8]) -> bool {
        self.literal_lengths & length_bit(tail) != 0 && self.literals.contains(tail)
    }

    /// True where [`Exclude::matches`] needs the whole path of an entry. Where it is false, the name of the entry is
    /// enough, provided that the operand was tried with its whole text, that every directory above the entry was tried,
    /// and that no directory is read that matched. A walk does all three.
    ///
    /// A literal without a slash can only equal the last component. For wildcards see `Program::decided_by_name`.
    pub fn needs_path(&self) -> bool {
        self.needs_path
    }
}

/// The bit for a length in `literal_lengths`.
fn length_bit(literal: &[u8]) -> u64 {
    1 << (literal.len() % 64)
}

fn has_wildcards(pattern: &[u8]) -> bool {
    let mut bytes = pattern.iter();
    while let Some(byte) = bytes.next() {
        match byte {
            b'\\' => drop(bytes.next()),
            b'?' | b'*' | b'[' => return true,
            _ => {}
        }
    }
    false
}

/// Removes the backslashes that escape a character; one at the end is literal.
fn unescape(pattern: &[u8]) -> Vec<u8> {
    let mut literal = Vec::with_capacity(pattern.len());
    let mut bytes = pattern.iter();
    while let Some(&byte) = bytes.next() {
        let escaped = if byte == b'\\' { bytes.next() } else { None };
        literal.push(*escaped.unwrap_or(&byte));
    }
    literal
}

/// A pattern with wildcards, compiled for bytes and, where the results can differ, for characters.
#[derive(Clone, Debug)]
struct Wildcard {
    bytes: Program,
    characters: Option<Program>,
    is_ascii: bool,
}

impl Wildcard {
    fn new(pattern: &[u8], utf8: bool, posixly_correct: bool) -> Wildcard {
        let units: Vec<u32> = pattern.iter().map(|&byte| byte.into()).collect();
        let bytes = Program::new(&units, false, posixly_correct);
        // Stars and literals match the same names on bytes: no UTF-8 sequence begins inside another one.
        let characters = (utf8 && !bytes.is_literals_and_stars())
            .then(|| decode(pattern))
            .flatten()
            .map(|characters| Program::new(&characters, true, posixly_correct));
        Wildcard {
            bytes,
            characters,
            is_ascii: pattern.is_ascii(),
        }
    }

    fn needs_path(&self) -> bool {
        !self.bytes.decided_by_name()
            || self
                .characters
                .as_ref()
                .is_some_and(|program| !program.decided_by_name())
    }

    fn matches(&self, path: &[u8]) -> bool {
        if self.bytes.fits_end(path) && (self.bytes.only_end || self.matches_bytes(path)) {
            return true;
        }
        let Some(program) = &self.characters else {
            return false;
        };
        if !program.fits_end(path) {
            return false;
        }
        if path.is_ascii() {
            // If pattern and path are ASCII, characters are bytes, and the bytes were tried above.
            return !self.is_ascii && tails(path).any(|tail| program.run(tail));
        }
        tails(path).any(|tail| decode(tail).is_some_and(|characters| program.run(&characters)))
    }

    fn matches_bytes(&self, path: &[u8]) -> bool {
        if matches!(self.bytes.steps.first(), Some(Step::Star(_))) {
            // The star at the start also takes the text before a tail that matches.
            return self.bytes.run(path);
        }
        tails(path).any(|tail| self.bytes.run(tail))
    }
}

/// The whole path, and its part after each slash, unless that part begins with a slash.
fn tails(path: &[u8]) -> impl Iterator<Item = &[u8]> {
    let after_slashes = path
        .iter()
        .enumerate()
        .filter(|&(at, &byte)| byte == b'/' && path.get(at + 1) != Some(&b'/'))
        .map(|(at, _)| &path[at + 1..]);
    std::iter::once(path).chain(after_slashes)
}

/// The characters of `text`, if it is UTF-8 for glibc, which allows numbers of up to 31 bits, as the first UTF-8 did.
fn decode(text: &[u8]) -> Option<Vec<u32>> {
    let mut characters = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some((&first, after)) = rest.split_first() {
        let (length, mut character, least) = match first {
            0..=0x7F => (0, u32::from(first), 0),
            0xC2..=0xDF => (1, u32::from(first & 0x1F), 0x80),
            0xE0..=0xEF => (2, u32::from(first & 0x0F), 0x800),
            0xF0..=0xF7 => (3, u32::from(first & 0x07), 0x1_0000),
            0xF8..=0xFB => (4, u32::from(first & 0x03), 0x20_0000),
            0xFC..=0xFD => (5, u32::from(first & 0x01), 0x400_0000),
            _ => return None,
        };
        for &byte in after.get(..length)? {
            if !matches!(byte, 0x80..=0xBF) {
                return None;
            }
            character = character << 6 | u32::from(byte & 0x3F);
        }
        if character < least || matches!(character, 0xD800..=0xDFFF) {
            return None;
        }
        characters.push(character);
        rest = &after[length..];
    }
    Some(characters)
}

/// A compiled pattern: steps that refer to their next step by index.
#[derive(Clone, Debug)]
struct Program {
    steps: Vec<Step>,
    /// The literal bytes at the end of the pattern. A match must end with them, which is a cheap first test.
    end: Vec<u8>,
    /// True where the pattern is stars and `end`.
    only_end: bool,
}

/// One element of a pattern.
#[derive(Clone, Debug)]
enum Step {
    /// `*`; the index is that of the next step, as in the other variants.
    Star(usize),
    /// `?`
    Any(usize),
    /// This character.
    Literal(u32, usize),
    /// A bracket expression.
    Bracket(Box<Bracket>),
    /// The text must end here.
    End,
    /// No text matches: the pattern is malformed.
    Never,
}

impl Program {
    fn new(pattern: &[u32], wide: bool, posixly_correct: bool) -> Program {
        let mut compiler = Compiler {
            pattern,
            wide,
            posixly_correct,
            numbers: vec![None; pattern.len() + 1],
        };
        let mut steps = Vec::new();
        // Positions to compile, in the order of their numbers.
        let mut positions = vec![0];
        compiler.numbers[0] = Some(0);
        while let Some(&position) = positions.get(steps.len()) {
            let step = compiler.step(position, &mut positions);
            steps.push(step);
        }
        let mut program = Program {
            steps,
            end: Vec::new(),
            only_end: false,
        };
        if let Some(line) = program.line() {
            let literals = line.iter().rev().map_while(|step| match step {
                Step::Literal(character, _) => Some(*character),
                _ => None,
            });
            let end: Vec<u32> = literals.collect();
            program.only_end = matches!(line.split_at(line.len() - end.len()).0, [Step::Star(_)]);
            program.end = encode(end.iter().rev(), wide);
        }
        program
    }

    /// True where `path` ends with the literal end of the pattern.
    fn fits_end(&self, path: &[u8]) -> bool {
        path.ends_with(&self.end)
    }

    /// The steps in the order of the pattern, with a run of stars as one. None where a malformed bracket has several
    /// next steps.
    fn line(&self) -> Option<Vec<&Step>> {
        let mut line: Vec<&Step> = Vec::new();
        let mut at = 0;
        loop {
            let step = self.steps.get(at)?;
            at = match step {
                Step::End => return Some(line),
                Step::Never => return None,
                Step::Star(next) | Step::Any(next) | Step::Literal(_, next) => *next,
                Step::Bracket(bracket) => bracket.only_next()?,
            };
            if !(matches!(step, Step::Star(_)) && matches!(line.last(), Some(Step::Star(_)))) {
                line.push(step);
            }
        }
    }

    fn is_literals_and_stars(&self) -> bool {
        self.line().is_some_and(|line| {
            line.iter()
                .all(|step| matches!(step, Step::Star(_) | Step::Literal(..)))
        })
    }

    /// True where the last component of a path is enough, under the conditions of [`Exclude::needs_path`]. Let t be a
    /// tail of an entry's path that matches, and let the name be its last component, which is not empty. An element is
    /// "plain" if it matches one character, but no slash. The name is enough if the pattern is
    ///
    /// 1. only stars: it matches the name too.
    /// 2. elements without a star, all plain except perhaps the last: the last element matches the last character,
    ///    which is no slash because the name is not empty. So t has no slash: it is the name.
    /// 3. a star and elements as in 2: the text of these elements has no slash, so the name ends with it.
    /// 4. plain elements and a star: the text of these elements is at the start of t and has no slash, so the first
    ///    component of t begins with it. The path up to that component is an operand, an entry above this one, or this
    ///    entry. That path matches, too; unless it is this entry, nothing was read below it.
    /// 5. plain elements between stars: their text lies in one component; the rest is as in 4.
    ///
    /// All other patterns need the path. `a*b` and `*a*b` match `a/b`, but neither `a` nor `b`; the `?` of `?a*` and
    /// `*?a*` can be the slash of `/a`. The proof holds for bytes and for characters: path and name are tried as both,
    /// and a part of valid UTF-8 between slashes is valid.
    fn decided_by_name(&self) -> bool {
        let Some(line) = self.line() else {
            return false;
        };
        let stars = line
            .iter()
            .filter(|step| matches!(step, Step::Star(_)))
            .count();
        let plain = |steps: &[&Step]| !steps.iter().any(|step| step.matches_slash());
        match line.as_slice() {
            [Step::Star(_)] => true,
            [Step::Star(_), middle @ .., Step::Star(_)] => stars == 2 && plain(middle),
            [first @ .., Step::Star(_)] => stars == 1 && plain(first),
            [Step::Star(_), middle @ .., _] => stars == 1 && plain(middle),
            [first @ .., _] => stars == 0 && plain(first),
            [] => false,
        }
    }

    /// True where the whole `text` matches. A star first takes nothing; after a mismatch, the last star takes one
    /// character more. Earlier stars need not take more: the last star can take the same characters.
    fn run<T: Copy + Into<u32>>(&self, text: &[T]) -> bool {
        let mut step = 0;
        let mut at = 0;
        let mut last_star = None;
        loop {
            let next = match (self.steps.get(step), text.get(at)) {
                (Some(Step::Star(next)), _) => {
                    if matches!(self.steps.get(*next), Some(Step::End)) {
                        return true;
                    }
                    last_star = Some((*next, at));
                    step = *next;
                    continue;
                }
                (Some(Step::End), None) => return true,
                (Some(element), Some(&unit)) => element.next(unit.into()),
                _ => None,
            };
            match (next, last_star) {
                (Some(next), _) => (step, at) = (next, at + 1),
                (None, Some((next, start))) => match self.find(next, text, start + 1) {
                    Some(found) => {
                        last_star = Some((next, found));
                        (step, at) = (next, found);
                    }
                    None => return false,
                },
                (None, None) => return false,
            }
        }
    }

    /// The first position from `start` on where the step `step` can match. There is none at the end of the text: the
    /// step after a star takes a character, or is the end of the pattern, for which the caller has looked.
    fn find<T: Copy + Into<u32>>(&self, step: usize, text: &[T], start: usize) -> Option<usize> {
        let element = self.steps.get(step)?;
        let rest = text.get(start..)?;
        // The pattern has several stars in a row.
        if matches!(element, Step::Star(_)) {
            return Some(start);
        }
        let ahead = match *element {
            // A case of its own: most of the time is spent here.
            Step::Literal(character, _) => rest.iter().position(|&unit| unit.into() == character),
            _ => rest
                .iter()
                .position(|&unit| element.next(unit.into()).is_some()),
        };
        ahead.map(|ahead| start + ahead)
    }
}

/// The bytes of literal characters.
fn encode<'a>(characters: impl Iterator<Item = &'a u32>, wide: bool) -> Vec<u8> {
    let mut bytes = Vec::new();
    for &character in characters {
        match char::from_u32(character) {
            Some(char) if wide => bytes.extend(char.encode_utf8(&mut [0; 4]).bytes()),
            // A number that is no Unicode character ends the literal end of the pattern.
            None => bytes.clear(),
            // In a pattern of bytes each unit is one.
            Some(_) => bytes.push(character as u8),
        }
    }
    bytes
}

impl Step {
    /// The next step, if this step matches `unit`.
    fn next(&self, unit: u32) -> Option<usize> {
        match self {
            Step::Any(next) => Some(*next),
            Step::Literal(character, next) => (*character == unit).then_some(*next),
            Step::Bracket(bracket) => bracket.next(unit),
            Step::Star(_) | Step::End | Step::Never => None,
        }
    }

    fn matches_slash(&self) -> bool {
        self.next(b'/'.into()).is_some()
    }
}

/// A bracket expression. In glibc, the end of a malformed one depends on the member that matches, so each member has
/// its own [`Ending`].
#[derive(Clone, Debug)]
struct Bracket {
    negated: bool,
    members: Vec<Member>,
    /// The ending for a character that no member matches.
    otherwise: Ending,
    /// Members and ending for the characters after [`LAST_COLLATED`].
    beyond: Option<(Vec<Member>, Ending)>,
}

/// A member of a bracket expression.
#[derive(Clone, Debug)]
struct Member {
    kind: MemberKind,
    /// The ending of the expression if this member matches.
    ending: Ending,
}

#[derive(Clone, Copy, Debug)]
enum MemberKind {
    Range(u32, u32),
    Class(Class),
}

/// How a bracket expression ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Ending {
    /// There is a closing bracket; the index of the next step.
    Closed(usize),
    /// There is none, so the opening bracket is literal; the index of the step after that bracket.
    Unclosed(usize),
    /// The expression is malformed and matches no character.
    Never,
}

impl Bracket {
    fn next(&self, unit: u32) -> Option<usize> {
        let (members, otherwise) = match &self.beyond {
            Some((members, otherwise)) if unit > LAST_COLLATED => (members, *otherwise),
            _ => (&self.members, self.otherwise),
        };
        let member = members.iter().find(|member| member.kind.contains(unit));
        match member.map_or(otherwise, |member| member.ending) {
            Ending::Closed(next) => (member.is_some() != self.negated).then_some(next),
            Ending::Unclosed(next) => (unit == OPEN).then_some(next),
            Ending::Never => None,
        }
    }

    /// The next step, if it is the same for all characters.
    fn only_next(&self) -> Option<usize> {
        let beyond = self.beyond.iter().flat_map(|(members, otherwise)| {
            members
                .iter()
                .map(|member| member.ending)
                .chain(std::iter::once(*otherwise))
        });
        let mut endings = self
            .members
            .iter()
            .map(|member| member.ending)
            .chain(beyond);
        match self.otherwise {
            Ending::Closed(next) => endings
                .all(|ending| ending == self.otherwise)
                .then_some(next),
            _ => None,
        }
    }
}

impl MemberKind {
    fn contains(self, unit: u32) -> bool {
        match self {
            MemberKind::Range(first, last) => (first..=last).contains(&unit),
            MemberKind::Class(class) => class.contains(unit),
        }
    }
}

/// The classes of POSIX.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum ClassName {
    Alnum,
    Alpha,
    Blank,
    Cntrl,
    Digit,
    Graph,
    Lower,
    Print,
    Punct,
    Space,
    Upper,
    Xdigit,
}

/// A class, of characters or of bytes.
#[derive(Clone, Copy, Debug)]
struct Class {
    name: ClassName,
    wide: bool,
}

impl Class {
    fn new(name: &[u32], wide: bool) -> Option<Class> {
        let name: String = name
            .iter()
            .filter_map(|&unit| char::from_u32(unit))
            .collect();
        let name = match name.as_str() {
            "alnum" => ClassName::Alnum,
            "alpha" => ClassName::Alpha,
            "blank" => ClassName::Blank,
            "cntrl" => ClassName::Cntrl,
            "digit" => ClassName::Digit,
            "graph" => ClassName::Graph,
            "lower" => ClassName::Lower,
            "print" => ClassName::Print,
            "punct" => ClassName::Punct,
            "space" => ClassName::Space,
            "upper" => ClassName::Upper,
            "xdigit" => ClassName::Xdigit,
            _ => return None,
        };
        Some(Class { name, wide })
    }

    fn contains(self, unit: u32) -> bool {
        match u8::try_from(unit) {
            Ok(byte) if byte.is_ascii() => self.contains_ascii(byte),
            // A byte above 0x7F belongs to no class.
            _ => self.wide && char::from_u32(unit).is_some_and(|char| self.contains_char(char)),
        }
    }

    fn contains_ascii(self, byte: u8) -> bool {
        match self.name {
            ClassName::Alnum => byte.is_ascii_alphanumeric(),
            ClassName::Alpha => byte.is_ascii_alphabetic(),
            ClassName::Blank => matches!(byte, b' ' | b'\t'),
            ClassName::Cntrl => byte.is_ascii_control(),
            ClassName::Digit => byte.is_ascii_digit(),
            ClassName::Graph => byte.is_ascii_graphic(),
            ClassName::Lower => byte.is_ascii_lowercase(),
            ClassName::Print => matches!(byte, b' '..=b'~'),
            ClassName::Punct => byte.is_ascii_punctuation(),
            ClassName::Space => matches!(byte, b' ' | b'\t'..=b'\r'),
            ClassName::Upper => byte.is_ascii_uppercase(),
            ClassName::Xdigit => byte.is_ascii_hexdigit(),
        }
    }

    /// Beyond ASCII, Unicode's properties replace glibc's tables. The two differ: in glibc, digits of other scripts are
    /// letters, and unassigned characters do not print.
    fn contains_char(self, char: char) -> bool {
        let unbroken = matches!(char, '\u{A0}' | '\u{2007}' | '\u{202F}');
        let separator = matches!(char, '\u{2028}' | '\u{2029}');
        let space = char.is_whitespace() && !unbroken && char != '\u{85}';
        let control = char.is_control() || separator;
        let shown = !control && !space;
        match self.name {
            ClassName::Alnum | ClassName::Alpha => char.is_alphabetic(),
            ClassName::Blank => space && !separator,
            ClassName::Cntrl => control,
            ClassName::Digit | ClassName::Xdigit => false,
            ClassName::Graph => shown,
            ClassName::Lower => char.is_lowercase(),
            ClassName::Print => !control,
            ClassName::Punct => shown && !char.is_alphabetic(),
            ClassName::Space => space,
            ClassName::Upper => char.is_uppercase(),
        }
    }
}

/// Compiles a pattern to steps. A position after the end reads as NUL, which is in no pattern.
struct Compiler<'a> {
    pattern: &'a [u32],
    /// True where units are characters, not bytes.
    wide: bool,
    posixly_correct: bool,
    /// The index of the step at each position that is known.
    numbers: Vec<Option<usize>>,
}

/// ASCII characters as the units of patterns.
mod ascii {
    pub(super) const NUL: u32 = 0;
    pub(super) const BANG: u32 = b'!' as u32;
    pub(super) const STAR: u32 = b'*' as u32;
    pub(super) const DASH: u32 = b'-' as u32;
    pub(super) const DOT: u32 = b'.' as u32;
    pub(super) const COLON: u32 = b':' as u32;
    pub(super) const EQUALS: u32 = b'=' as u32;
    pub(super) const QUESTION: u32 = b'?' as u32;
    pub(super) const OPEN: u32 = b'[' as u32;
    pub(super) const BACKSLASH: u32 = b'\\' as u32;
    pub(super) const CLOSE: u32 = b']' as u32;
    pub(super) const CARET: u32 = b'^' as u32;
}

use ascii::{BACKSLASH, BANG, CARET, CLOSE, COLON, DASH, DOT, EQUALS, NUL, OPEN, QUESTION, STAR};

impl Compiler<'_> {
    fn at(&self, position: usize) -> u32 {
        self.pattern.get(position).copied().unwrap_or(NUL)
    }

    /// The index of the step at `position`, which is added to `positions` if it is new.
    fn number(&mut self, position: usize, positions: &mut Vec<usize>) -> usize {
        let position = position.min(self.pattern.len());
        *self.numbers[position].get_or_insert_with(|| {
            positions.push(position);
            positions.len() - 1
        })
    }

    fn step(&mut self, position: usize, positions: &mut Vec<usize>) -> Step {
        let after = position + 1;
        match self.at(position) {
            NUL => Step::End,
            STAR => Step::Star(self.number(after, positions)),
            QUESTION => Step::Any(self.number(after, positions)),
            OPEN => Step::Bracket(Box::new(self.bracket(after, positions))),
            BACKSLASH if self.at(after) == NUL => Step::Never,
            BACKSLASH => Step::Literal(self.at(after), self.number(after + 1, positions)),
            character => Step::Literal(character, self.number(after, positions)),
        }
    }

    /// The bracket expression whose members begin at `start`, perhaps with a negation.
    fn bracket(&mut self, start: usize, positions: &mut Vec<usize>) -> Bracket {
        let mark = self.at(start);
        let negated = mark == BANG || mark == CARET && !self.posixly_correct;
        let inside = start + usize::from(negated);
        let (members, otherwise) = Reader {
            compiler: self,
            start,
            at: inside,
            beyond: false,
        }
        .read(positions);
        let beyond = self.wide.then(|| {
            Reader {
                compiler: self,
                start,
                at: inside,
                beyond: true,
            }
            .read(positions)
        });
        Bracket {
            negated,
            members,
            otherwise,
            beyond,
        }
    }

    /// The ending of an expression that begins at `start`, after a matching member that ends at `at`.
    fn ending(&mut self, at: usize, start: usize, positions: &mut Vec<usize>) -> Ending {
        match self.close(at) {
            None => Ending::Never,
            Some(close) if close > self.pattern.len() => {
                Ending::Unclosed(self.number(start, positions))
            }
            Some(close) => Ending::Closed(self.number(close, positions)),
        }
    }

    /// The position after the closing bracket, searched from `at` on: after the end of the pattern if there is no such
    /// bracket, none if the expression is malformed. A class with an unknown name is not malformed here: in glibc it is
    /// an error only before the matching member (`[x[:foo:]]` matches `x`).
    fn close(&self, mut at: usize) -> Option<usize> {
        loop {
            let character = self.at(at);
            at += 1;
            match (character, self.at(at)) {
                (NUL, _) => return Some(self.pattern.len() + 1),
                (BACKSLASH, NUL) => return None,
                (CLOSE, _) => return Some(at),
                (BACKSLASH, _) => at += 1,
                (OPEN, COLON) => at = self.class_end(at).unwrap_or(at),
                (OPEN, EQUALS) => {
                    at += 1;
                    if self.at(at) == NUL || self.at(at + 1) != EQUALS || self.at(at + 2) != CLOSE {
                        return None;
                    }
                    at += 3;
                }
                (OPEN, DOT) => at = self.symbol_end(at)?,
                _ => {}
            }
        }
    }

    /// The position after `:name:]` at `at`; none if the name has other characters than small letters. glibc takes no
    /// `z` in a name.
    fn class_end(&self, at: usize) -> Option<usize> {
        let is_letter = |character| (u32::from(b'a')..u32::from(b'z')).contains(&character);
        let mut end = at + 1;
        while is_letter(self.at(end)) {
            end += 1;
        }
        (self.at(end) == COLON && self.at(end + 1) == CLOSE).then_some(end + 2)
    }

    /// The position after `.symbol.]` at `at`; none if the symbol has no end.
    fn symbol_end(&self, at: usize) -> Option<usize> {
        let mut end = at + 1;
        while !(self.at(end) == DOT && self.at(end + 1) == CLOSE) {
            if self.at(end) == NUL {
                return None;
            }
            end += 1;
        }
        Some(end + 2)
    }

    /// The symbol `.x.]` at `at` and the position after it; none if it has several characters or no end.
    fn symbol(&self, at: usize) -> Option<(u32, usize)> {
        let end = self.symbol_end(at)?;
        (end == at + 4).then_some((self.at(at + 1), end))
    }
}

/// Reads the members of a bracket expression.
struct Reader<'a, 'b> {
    compiler: &'a mut Compiler<'b>,
    /// The position after the opening bracket.
    start: usize,
    at: usize,
    /// True where the members are those for characters after [`LAST_COLLATED`]. For these, glibc skips only the first
    /// character of a range's end.
    beyond: bool,
}

/// What the reader finds at one position.
struct Element {
    /// The members, each with the position after it.
    members: Vec<(MemberKind, usize)>,
    /// True where the expression is malformed for characters that match none of the members.
    broken: bool,
}

impl Element {
    const BROKEN: Element = Element {
        members: Vec::new(),
        broken: true,
    };

    fn one(kind: MemberKind, end: usize) -> Element {
        Element {
            members: vec![(kind, end)],
            broken: false,
        }
    }
}

impl Reader<'_, '_> {
    fn peek(&self, ahead: usize) -> u32 {
        self.compiler.at(self.at + ahead)
    }

    fn read(mut self, positions: &mut Vec<usize>) -> (Vec<Member>, Ending) {
        let mut members = Vec::new();
        loop {
            if self.peek(0) == NUL {
                let next = self.compiler.number(self.start, positions);
                return (members, Ending::Unclosed(next));
            }
            let element = self.element();
            for (kind, end) in element.members {
                let ending = self.compiler.ending(end, self.start, positions);
                members.push(Member { kind, ending });
            }
            if element.broken {
                return (members, Ending::Never);
            }
            if self.peek(0) == CLOSE {
                let next = self.compiler.number(self.at + 1, positions);
                return (members, Ending::Closed(next));
            }
        }
    }

    /// Reads a class, an equivalence class, a character or a range, and moves to the position after it.
    fn element(&mut self) -> Element {
        match (self.peek(0), self.peek(1)) {
            (BACKSLASH, NUL) => Element::BROKEN,
            (BACKSLASH, character) => {
                self.at += 2;
                self.character(character, false)
            }
            (OPEN, COLON) if self.compiler.class_end(self.at + 1).is_some() => self.class(),
            (OPEN, EQUALS)
                if self.peek(2) != NUL && self.peek(3) == EQUALS && self.peek(4) == CLOSE =>
            {
                let character = self.peek(2);
                self.at += 5;
                Element::one(MemberKind::Range(character, character), self.at)
            }
            (OPEN, DOT) => match self.compiler.symbol(self.at + 1) {
                Some((character, end)) => {
                    self.at = end;
                    self.character(character, true)
                }
                None => Element::BROKEN,
            },
            (character, _) => {
                self.at += 1;
                self.character(character, false)
            }
        }
    }

    fn class(&mut self) -> Element {
        let name = self.at + 2;
        let end = self.compiler.class_end(self.at + 1).unwrap_or(name + 2);
        let letters = self.compiler.pattern.get(name..end - 2).unwrap_or(&[]);
        self.at = end;
        match Class::new(letters, self.compiler.wide) {
            Some(class) => Element::one(MemberKind::Class(class), end),
            None => Element::BROKEN,
        }
    }

    /// The character before this position, or the range that begins with it.
    fn character(&mut self, character: u32, symbol: bool) -> Element {
        // A symbol before a dash begins a range even where the dash is the last member.
        let dash = self.peek(0) == DASH && self.peek(1) != NUL;
        let begins_range = dash && (symbol || self.peek(1) != CLOSE);
        let mut members = Vec::new();
        let mut broken = false;
        if !begins_range {
            members.push((MemberKind::Range(character, character), self.at));
        }
        if self.peek(0) == DASH && self.peek(1) != CLOSE {
            self.at += 1;
            match self.range_end() {
                Some(last) => members.extend(self.range(character, last)),
                None => broken = !self.beyond || self.at > self.compiler.pattern.len(),
            }
        }
        Element { members, broken }
    }

    /// Reads the end of a range, and moves to the position after it; none if the range has no valid end.
    fn range_end(&mut self) -> Option<u32> {
        let last = self.peek(0);
        self.at += 1;
        if self.beyond {
            return None;
        }
        match (last, self.peek(0)) {
            (OPEN, DOT) => {
                let (character, end) = self.compiler.symbol(self.at)?;
                self.at = end;
                Some(character)
            }
            (BACKSLASH, NUL) | (NUL, _) => None,
            (BACKSLASH, character) => {
                self.at += 1;
                Some(character)
            }
            _ => Some(last),
        }
    }

    /// The range as glibc compares it. A character after [`LAST_COLLATED`] begins no range; as the end of one, it
    /// leaves the first character only.
    fn range(&self, first: u32, last: u32) -> Option<(MemberKind, usize)> {
        let last = if last > LAST_COLLATED { first } else { last };
        (first <= LAST_COLLATED).then_some((MemberKind::Range(first, last), self.at))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn excludes(utf8: bool, pattern: &[u8], path: &[u8]) -> bool {
        let mut exclude = Exclude::new(utf8);
        exclude.add(pattern);
        exclude.matches(path)
    }

    /// From glibc's `fnmatch` in the locales C and C.UTF-8.
    #[test]
    fn wildcards_match_as_in_glibc() {
        let table: &[(&[u8], &[u8], bool, bool)] = &[
            (b"*.o", b"a.o", true, true),
            (b"*.o", b"d/a.o", true, true),
            (b"*.o", b".o", true, true),
            (b"*.o", b"a.oo", false, false),
            (b"a*b", b"a/b", true, true),
            (b"a?b", b"a/b", true, true),
            (b"a[!x]b", b"a/b", true, true),
            (b"a[.-0]b", b"a/b", true, true),
            (b"[]x]", b"]", true, true),
            (b"[!]x]", b"]", false, false),
            (b"[^]x]", b"y", true, true),
            (b"[a-c]", b"b", true, true),
            (b"[a-c]", b"-", false, false),
            (b"[a-]", b"-", true, true),
            (b"[-a]", b"-", true, true),
            (b"[c-a]", b"b", false, false),
            (b"[--0]", b".", true, true),
            (b"[\\]]", b"]", true, true),
            (b"[\\a-c]", b"b", true, true),
            (b"[a\\-c]", b"b", false, false),
            (b"[a-\\c]", b"b", true, true),
            (b"[[:alpha:]]", b"x", true, true),
            (b"[[:alpha:]]", b"1", false, false),
            (b"[[:digit:]x]", b"x", true, true),
            (b"[[:foo:]]", b"f", false, false),
            (b"[x[:foo:]]", b"x", true, true),
            (b"[x[:foo:]]", b"f", false, false),
            (b"[[:alpha:]", b"[", false, false),
            (b"[[:alpha:]", b"[a", true, true),
            (b"[[:", b"[[:", true, true),
            (b"[[=a=]]", b"a", true, true),
            (b"[[=ab=]]", b"a]", true, true),
            (b"[[.a.]-c]", b"b", true, true),
            (b"[a-[.c.]]", b"b", true, true),
            (b"[[.a.]-]", b"a", false, false),
            (b"[[.a.]-]", b"-", true, true),
            (b"[[.ab.]]", b"a", false, false),
            (b"[[.hyphen.]]", b"-", false, false),
            (b"[", b"[", true, true),
            (b"[a", b"[a", true, true),
            (b"[a", b"a", false, false),
            (b"[[", b"[[", true, true),
            (b"[!", b"[!", true, true),
            (b"[]", b"[]", true, true),
            (b"[]-a]", b"_", true, true),
            (b"[z-", b"z", false, false),
            (b"[a-", b"[a-", false, false),
            (b"*\\", b"a\\", false, false),
            (b"?\\", b"a\\", false, false),
            (b"*\\*", b"a*", true, true),
            (b"*\\*", b"ab", false, false),
            (b"*\\a", b"xa", true, true),
            (b"**", b"", true, true),
            (b"*", b"", true, true),
            (b"?", b"", false, false),
            (b"*?", b"a", true, true),
            (b"?*?", b"a", false, false),
            (b"*?*?", b"ab", true, true),
            (
                b"*a*a*a*b",
                b"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
                false,
                false,
            ),
            (b"*[ab]*c", b"xxbyc", true, true),
            (b"[\x80-\xff]", b"\xe9", true, true),
            (b"?", b"\xff", true, true),
            (b"?", b"\xc3\xa9", false, true),
            (b"??", b"\xc3\xa9", true, true),
            (b"???", b"\xc3\xa9", false, false),
            (b"[!a]", b"\xc3\xa9", false, true),
            (b"[\xc3\xa9]", b"\xc3\xa9", false, true),
            (b"[\xc3\xa9]?", b"\xc3\xa9", true, true),
            (b"[\xc3\xa0-\xc3\xbc]", b"\xc3\xa9", false, true),
            (b"[\xc3\xa0-\xc3\xbc]", b"z", false, false),
            (b"[\xd0\xb0-\xd1\x8f]", b"\xd0\xb4", false, false),
            (b"[a-\xd1\x8f]", b"a", true, true),
            (b"[a-\xd1\x8f]", b"b", true, true),
            (b"[x-\xd1\x8f]", b"\xd1\x8f", false, false),
            (b"[^\xd0\xb0-\xd1\x8f]", b"\xd0\xb4", false, true),
            (b"[[=\xc3\xa9=]]", b"\xc3\xa9", false, true),
            (b"[[.\xc3\xa9.]]", b"\xc3\xa9", false, true),
            (b"[[:alpha:]]", b"\xc3\xa9", false, true),
            (b"[[:upper:]]", b"\xc3\x89", false, true),
            (b"[[:punct:]]", b"\xe2\x82\xac", false, true),
            (b"?\xff", b"\xc3\xa9\xff", false, false),
            (b"??\xff", b"\xc3\xa9\xff", true, true),
            (b"*[\xc3\xa9]", b"\xff\xc3\xa9", true, true),
            (b"?", b"\xed\xa0\x80", false, false),
            (b"?", b"\xf4\x90\x80\x80", false, true),
            (b"?\xc3\xa9", b"\xe6\x97\xa5\xc3\xa9", false, true),
            (b"[\xe6\x97\xa5\xe6\x9c\x88]", b"\xe6\x9c\x88", false, true),
            (b"[!\xe6\x97\xa5\xe6\x9c\x88]", b"\xe7\x81\xab", false, true),
        ];
        for (pattern, text, in_bytes, in_utf8) in table {
            let words = format!("{} {}", pattern.escape_ascii(), text.escape_ascii());
            assert_eq!(excludes(false, pattern, text), *in_bytes, "{words}");
            assert_eq!(excludes(true, pattern, text), *in_utf8, "UTF-8: {words}");
        }
    }

    /// From `du -a --exclude=PATTERN .`; what it prints, sorted.
    #[test]
    fn tails_of_paths_match() {
        let tree = [
            ".",
            "./a",
            "./a/b",
            "./a/b/c",
            "./a/b/c/f.o",
            "./a/b/g",
            "./a/f*",
            "./d",
            "./d/f.o",
        ];
        for (pattern, expected) in [
            ("f.o", ". ./a ./a/b ./a/b/c ./a/b/g ./a/f* ./d"),
            ("b/c", ". ./a ./a/b ./a/b/g ./a/f* ./d ./d/f.o"),
            ("b/*", ". ./a ./a/b ./a/f* ./d ./d/f.o"),
            ("*b/c", ". ./a ./a/b ./a/b/g ./a/f* ./d ./d/f.o"),
            ("a/b", ". ./a ./a/f* ./d ./d/f.o"),
            ("a*c", ". ./a ./a/b ./a/b/g ./a/f* ./d ./d/f.o"),
            ("*/c", ". ./a ./a/b ./a/b/g ./a/f* ./d ./d/f.o"),
            (
                "/b",
                ". ./a ./a/b ./a/b/c ./a/b/c/f.o ./a/b/g ./a/f* ./d ./d/f.o",
            ),
            (
                "b/",
                ". ./a ./a/b ./a/b/c ./a/b/c/f.o ./a/b/g ./a/f* ./d ./d/f.o",
            ),
            (
                "",
                ". ./a ./a/b ./a/b/c ./a/b/c/f.o ./a/b/g ./a/f* ./d ./d/f.o",
            ),
            ("\\f.o", ". ./a ./a/b ./a/b/c ./a/b/g ./a/f* ./d"),
            (
                "f\\*",
                ". ./a ./a/b ./a/b/c ./a/b/c/f.o ./a/b/g ./d ./d/f.o",
            ),
            ("f*", ". ./a ./a/b ./a/b/c ./a/b/g ./d"),
            ("d", ". ./a ./a/b ./a/b/c ./a/b/c/f.o ./a/b/g ./a/f*"),
            ("./d", ". ./a ./a/b ./a/b/c ./a/b/c/f.o ./a/b/g ./a/f*"),
            ("?", ""),
            (
                "a//b",
                ". ./a ./a/b ./a/b/c ./a/b/c/f.o ./a/b/g ./a/f* ./d ./d/f.o",
            ),
            ("*.o", ". ./a ./a/b ./a/b/c ./a/b/g ./a/f* ./d"),
            ("c/f.o", ". ./a ./a/b ./a/b/c ./a/b/g ./a/f* ./d ./d/f.o"),
            ("[!f]*", ""),
            (
                "f\\.o\\",
                ". ./a ./a/b ./a/b/c ./a/b/c/f.o ./a/b/g ./a/f* ./d ./d/f.o",
            ),
        ] {
            let mut exclude = Exclude::new(false);
            exclude.add(pattern.as_bytes());
            let mut left: Vec<&str> = Vec::new();
            for path in tree {
                let parent = path.rfind('/').map(|slash| &path[..slash]);
                let name = path.rfind('/').map_or(path, |slash| &path[slash + 1..]);
                let tried = if exclude.needs_path() { path } else { name };
                if parent.is_none_or(|parent| left.contains(&parent))
                    && !exclude.matches(tried.as_bytes())
                {
                    left.push(path);
                }
            }
            assert_eq!(left.join(" "), expected, "{pattern}");
        }
    }

    #[test]
    fn common_patterns_need_no_path() {
        for (pattern, needed) in [
            ("core", false),
            ("*.o", false),
            ("*.[ao]", false),
            (".*", false),
            ("node_*", false),
            ("*cache*", false),
            ("*", false),
            ("**", false),
            ("*?", false),
            ("?", false),
            ("x?", false),
            ("*[!o]", false),
            ("[a-z]*", false),
            ("a\\/", true),
            ("a/b", true),
            ("a*b", true),
            ("*a*b", true),
            ("?x", true),
            ("?a*", true),
            ("*?a", true),
            ("*?a*", true),
            ("[!a]b", true),
            ("*/", false),
            ("[.-0]x", true),
            ("*[[", true),
        ] {
            let mut exclude = Exclude::new(true);
            exclude.add(pattern.as_bytes());
            assert_eq!(exclude.needs_path(), needed, "{pattern}");
        }
    }

    /// From `du --exclude-from=FILE`.
    #[test]
    fn lines_lose_their_trailing_blanks() {
        let mut exclude = Exclude::new(false);
        exclude.add_lines(b"  a  \n\n \t\r\n\\b\x0b\x0c\r\nc\0d\nlast\n*x \nz");
        for (path, expected) in [
            ("  a", true),
            ("a", false),
            ("b", true),
            ("c", true),
            ("d", false),
            ("cd", false),
            ("dir/last", true),
            ("yx", true),
            ("z", true),
            ("", false),
            ("q/", false),
        ] {
            assert_eq!(exclude.matches(path.as_bytes()), expected, "{path}");
        }
        assert!(!exclude.needs_path());
    }

    #[test]
    fn a_caret_is_none_of_posix() {
        let mut exclude = Exclude::new(false).posixly_correct(true);
        exclude.add(b"[^a]");
        assert!(exclude.matches(b"a") && exclude.matches(b"^") && !exclude.matches(b"b"));
    }

    #[test]
    fn an_empty_set_leaves_all_in() {
        let mut exclude = Exclude::default();
        assert!(exclude.is_empty() && !exclude.needs_path() && !exclude.matches(b"x"));
        exclude.add_lines(b"\n \n");
        assert!(exclude.is_empty());
        exclude.add(b"");
        assert!(!exclude.is_empty() && !exclude.matches(b"x") && exclude.matches(b"x/"));
    }

    #[test]
    fn many_stars_take_no_longer_than_the_product() {
        let name = [b'a'; 4000];
        assert!(!excludes(true, b"*a*a*a*a*a*a*a*a*a*a*ab[c]", &name));
    }
}
