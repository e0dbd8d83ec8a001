//! Random input for the parsers: they never panic, and where the machine has GNU du 9.10, pdu gives the same answer.
//!
//! `tests/faults/fuzz/` keeps inputs for each parser, one on a line, as literals of `support/tree.rs`. All of them are tried
//! before the random ones. An input that once failed belongs there. `PDU_THOROUGH=1` tries a hundred times as many.

use std::ffi::{OsStr, OsString};
use std::fmt::Write as _;
use std::fs;
use std::io::Cursor;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::Path;
use std::process::Output;

use proptest::prelude::*;
use proptest::sample::select;
use proptest::test_runner::{Config, TestCaseError, TestRunner};

use crate::support::gnu_du::GnuDu;
use crate::support::run::{PDU, du};
use crate::support::skip::thorough;
use crate::support::tree::{Tree, word};
use pdu::count::usage::{Detail, Item, Usage};
use pdu::count::visitor::{Extent, Flow, Visitor};
use pdu::gnu::block_size::{BlockSize, Suffixes, parse_integer};
use pdu::gnu::exclude::Exclude;
use pdu::gnu::numerals::Numerals;
use pdu::gnu::quote::{self, Charset, Style};
use pdu::gnu::time_style::TimeStyle;
use pdu::import::Links;
use pdu::import::error::ImportError;
use pdu::import::ncdu::ExportReader;
use pdu::sys::failure::Failure;

// ---------------------------------------------------------------- throwing

/// What is kept of one parser's inputs.
fn corpus(name: &str) -> Vec<Vec<u8>> {
    let place = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/faults/fuzz")
        .join(name);
    let text = fs::read_to_string(place).expect("the corpus is there");
    text.lines().map(|line| word(line).into_vec()).collect()
}

/// Tries the inputs of the corpus, then so many random ones.
#[track_caller]
fn hunt(
    name: &str,
    cases: u32,
    strategy: impl Strategy<Value = Vec<u8>>,
    check: impl Fn(&[u8]) -> Result<(), TestCaseError>,
) {
    let kept = corpus(name);
    assert!(!kept.is_empty(), "tests/faults/fuzz/{name} holds nothing");
    for input in kept {
        if let Err(error) = check(&input) {
            panic!("{}: {error}", input.escape_ascii());
        }
    }
    let config = Config {
        cases: if thorough() { cases * 100 } else { cases },
        failure_persistence: None,
        max_shrink_iters: 300,
        ..Config::default()
    };
    let result = TestRunner::new(config).run(&strategy, |input| check(&input));
    if let Err(error) = result {
        panic!("{error}\nto be added to tests/faults/fuzz/{name}");
    }
}

/// Pieces, one after the other, with some bytes of no sense between them.
fn pieces(pieces: &'static [&'static str], most: usize) -> impl Strategy<Value = Vec<u8>> {
    let sense = select(pieces).prop_map(|piece| piece.as_bytes().to_vec());
    let nonsense = prop::collection::vec(1..=255_u8, 1..3);
    let piece = prop_oneof![8 => sense, 1 => nonsense];
    prop::collection::vec(piece, 0..most).prop_map(|pieces| pieces.concat())
}

const SIZES: &[&str] = &[
    "0",
    "1",
    "9",
    "7",
    "10",
    "1024",
    "0x",
    "0x1F",
    "08",
    "18446744073709551615",
    "9223372036854775807",
    "9223372036854775808",
    "-",
    "+",
    " ",
    "'",
    "k",
    "K",
    "M",
    "G",
    "T",
    "P",
    "E",
    "Z",
    "Y",
    "R",
    "Q",
    "B",
    "iB",
    "D",
    "i",
    "human-readable",
    "h",
    "si",
    "s",
    "b",
    "c",
    "w",
    "e",
    ".",
    ",",
];

const STYLES: &[&str] = &[
    "%", "%Y", "%m", "%d", "%H", "%M", "%S", "%N", "%z", "%:z", "%::z", "%:::z", "%Z", "%s", "%a",
    "%A", "%b", "%B", "%c", "%C", "%D", "%e", "%F", "%g", "%G", "%h", "%I", "%j", "%k", "%l", "%n",
    "%p", "%P", "%q", "%r", "%R", "%t", "%T", "%u", "%U", "%V", "%w", "%W", "%x", "%X", "%y", "%+",
    "%E", "%O", "%-", "%_", "%0", "%^", "%#", "3", "12", "Y", "N", "d", "z", "E", "O", ":", "%%",
    "x", " ", "%i", "%L", "%v", "%1", "%f",
];

const PATTERNS: &[&str] = &[
    "*",
    "?",
    "[",
    "]",
    "[a",
    "[!",
    "[^",
    "[]",
    "a",
    "b",
    "f",
    "d",
    "-",
    "z]",
    "[a-z]",
    "[[:alpha:]]",
    "[[:",
    ":]",
    "[[:digit:]",
    "[[.a.]]",
    "[[=a=]]",
    "[[.",
    "\\",
    "\\*",
    "/",
    "*/",
    "/*",
    ".",
    "..",
    "!",
    "^",
    "{a,b}",
    "é",
    "[é]",
    "[a-é]",
    "+(a)",
    "@(a|b)",
    "ab",
    "**",
    "\u{80}",
];

const EXPORTS: &[&str] = &[
    "[1,2,{},[",
    "[1,2,{\"progname\":\"gdu\"},[",
    "{\"name\":\"a\"}",
    "{\"name\":\"\\ud83d\\ude00\",\"dsize\":4096}",
    "{\"name\":\"b\",\"ino\":7,\"nlink\":2,\"hlnkc\":true}",
    "{\"name\":\"c\",\"excluded\":\"pattern\"}",
    "{\"name\":\"d\",\"read_error\":true,\"mtime\":-1.5}",
    ",[{\"name\":\"e\"}",
    ",[{\"name\":\"s\",\"dsize\":1e3,\"items\":18446744073709551615}",
    ",{\"name\":\"t\",\"asize\":-1,\"items\":2.0,\"mode\":511}",
    ",{\"name\":\"\\udc80\\ud83d\",\"uid\":null,\"notreg\":true}",
    "\u{feff}",
    ",{\"name\":\"f\"}",
    ",[{\"name\":\"g\",\"excluded\":\"otherfs\"}",
    "]",
    "]]",
    "[",
    "{",
    "}",
    ",",
    ":",
    "\"",
    "\"name\"",
    "\"asize\":",
    "\"mtime\":",
    "\"x\":",
    "\\u",
    "\\",
    "d800",
    "1",
    "-",
    "1e400",
    ".5",
    "18446744073709551616",
    "true",
    "null",
    " ",
    "\n",
];

// ---------------------------------------------------------------- in this process

/// Counts the events of an import.
#[derive(Default)]
struct EventCounter {
    events: usize,
    entered: usize,
    left: usize,
    unfinished: usize,
}

impl Visitor for EventCounter {
    fn enter(&mut self, _: &[u8], _: &Item<'_>, _: Option<Failure>) -> Flow {
        self.events += 1;
        self.entered += 1;
        Flow::Continue
    }

    fn file(&mut self, _: Option<&[u8]>, _: &Item<'_>) {
        self.events += 1;
    }

    fn away(&mut self, _: &[u8], _: &Detail) {
        self.events += 1;
    }
    fn rendered(&mut self, _: &[u8]) {
        self.events += 1;
    }

    fn sum(&mut self, _: &Usage, _: u64) {
        self.events += 1;
    }

    fn failed(&mut self, _: &[u8], _: Failure) {
        self.events += 1;
    }

    fn leave(&mut self, extent: Extent) {
        self.events += 1;
        match extent {
            Extent::Unfinished => self.unfinished += 1,
            Extent::Whole | Extent::Broken => self.left += 1,
        }
    }
}

/// Every directory that is entered is left, a reading ends, and an error has an offset inside of the input.
#[test]
fn exports_are_read_or_refused_at_their_place() {
    hunt("exports", 3000, pieces(EXPORTS, 40), |text| {
        for head in [&b""[..], b"[1,2,{},[{\"name\":\"/r\"}"] {
            let export = [head, text].concat();
            let length = export.len();
            let mut reader = ExportReader::new(Box::new(Cursor::new(export)), Links::LeaveOut);
            let mut counter = EventCounter::default();
            let read = loop {
                match reader.advance(&mut counter, 1) {
                    Ok(true) => {}
                    Ok(false) => break Ok(()),
                    Err(error) => break Err(error),
                }
                let EventCounter {
                    events,
                    entered,
                    left,
                    unfinished,
                } = counter;
                prop_assert!(events <= length, "{} events", events);
                prop_assert!(left <= entered && unfinished == 0);
            };
            reader.give_up(&mut counter);
            prop_assert_eq!(counter.left + counter.unfinished, counter.entered);
            match read {
                Ok(()) => prop_assert_eq!(counter.unfinished, 0),
                Err(ImportError::Format(offset, _)) => prop_assert!(offset <= length as u64),
                Err(ImportError::Foreign(_)) => prop_assert_eq!(counter.events, 0),
                Err(ImportError::Damaged(_)) => prop_assert!(false, "it is no Parquet file"),
                Err(ImportError::Read(errno)) => prop_assert!(false, "no read can fail: {}", errno),
            }
        }
        Ok(())
    });
}

#[test]
fn sizes_are_read_or_refused_and_numbers_rounded_up() {
    let numbers = [
        0,
        1,
        1023,
        1024,
        1025,
        u128::from(u64::MAX),
        u128::MAX - 1,
        u128::MAX,
    ];
    hunt("sizes", 3000, pieces(SIZES, 6), |text| {
        let _ = (
            parse_integer(text, Suffixes::None),
            parse_integer(text, Suffixes::Sizes),
        );
        let _ = BlockSize::from_environment(Some(text), None, None, false);
        let Ok(block_size) = BlockSize::parse(text) else {
            return Ok(());
        };
        for number in numbers {
            let mut out = Vec::new();
            block_size.write(number, &Numerals::C, &mut out);
            prop_assert!(out.is_ascii() && out[0].is_ascii_digit());
            prop_assert_eq!(number == 0, out[0] == b'0');
        }
        Ok(())
    });
}

#[test]
fn any_format_writes_any_time_or_says_that_it_cannot() {
    let zones = [
        "UTC0",
        "EST5EDT,M3.2.0,M11.1.0",
        "<+1245>-12:45",
        "XXX-24:59:59",
    ];
    let zones = zones.map(|zone| jiff::tz::TimeZone::posix(zone).expect("it is a zone"));
    let times = [
        0,
        -1,
        1,
        i64::MIN,
        i64::MAX,
        951_782_400,
        67_768_036_191_676_799,
        -67_768_040_609_740_800,
    ];
    hunt("styles", 1000, pieces(STYLES, 6), |text| {
        let format = TimeStyle::parse(&[b"+", text].concat()).expect("every format is one");
        let _ = (TimeStyle::parse(text), TimeStyle::from_environment(text));
        for zone in &zones {
            for seconds in times {
                let mut out = b"before".to_vec();
                let written = format.write(seconds, 999_999_999, zone, &mut out);
                prop_assert!(out.starts_with(b"before"));
                prop_assert!(written.is_ok() || out == b"before");
            }
        }
        Ok(())
    });
}

#[test]
fn any_pattern_is_tried_on_any_path_in_good_time() {
    // What takes an exponential time with matchers that try every way.
    let long = [&b"a"[..]; 3000].concat();
    hunt("patterns", 500, pieces(PATTERNS, 12), |pattern| {
        for utf8 in [false, true] {
            let mut exclude = Exclude::new(utf8);
            exclude.add(pattern);
            exclude.add_lines(pattern);
            exclude.add(&pattern.repeat(9));
            for path in [
                pattern,
                &long,
                b"",
                b"/",
                b"a/b\xff/c",
                "é/\u{80}".as_bytes(),
            ] {
                let _ = (exclude.matches(path), exclude.needs_path());
            }
        }
        Ok(())
    });
}

#[test]
fn any_name_is_quoted_without_what_a_terminal_obeys() {
    let styles = [
        Style::ShellEscape,
        Style::ShellEscapeAlways,
        Style::C,
        Style::CMaybe,
        Style::Escape,
        Style::Locale,
    ];
    let bytes = prop_oneof![
        prop::collection::vec(any::<u8>(), 0..12),
        any::<String>().prop_map(String::into_bytes),
    ];
    hunt("lists", 3000, bytes, |name| {
        for charset in [Charset::Ascii, Charset::Utf8] {
            let mut all: Vec<Vec<u8>> = vec![quote::printable(name, charset)];
            for style in styles {
                let mut out = Vec::new();
                quote::apply(style, name, charset, &mut out);
                all.push(out);
            }
            for out in all {
                let text = String::from_utf8(out);
                prop_assert!(
                    text.is_ok_and(|text| !text.contains(char::is_control)),
                    "{:?}",
                    charset
                );
            }
        }
        Ok(())
    });
}

// ---------------------------------------------------------------- beside GNU du

/// A run of a program in the tree.
struct Run<'a> {
    tree: &'a Tree,
    locale: &'a str,
    variable: (&'a str, &'a [u8]),
}

impl<'a> Run<'a> {
    fn of(tree: &'a Tree) -> Self {
        Self {
            tree,
            locale: "C",
            variable: ("NOTHING", b""),
        }
    }

    fn output(&self, program: &Path, words: &[OsString]) -> Output {
        let mut command = du(program, self.tree.root(), "");
        command.args(words).env("LC_ALL", self.locale);
        command.env(self.variable.0, OsStr::from_bytes(self.variable.1));
        command.output().expect("it starts")
    }

    /// Fails unless both programs answer the same, to the byte.
    fn agree(&self, gnu: Option<&GnuDu>, words: &[OsString]) -> Result<Output, TestCaseError> {
        let ours = self.output(Path::new(PDU), words);
        is_sane(&ours, words)?;
        if let Some(gnu) = gnu {
            let theirs = self.output(&gnu.path, words);
            prop_assert_eq!(
                described(&ours),
                described(&theirs),
                "ours and GNU's of {:?}",
                words
            );
        }
        Ok(ours)
    }
}

/// All of a run as text that a person can read.
fn described(output: &Output) -> String {
    let Output {
        status,
        stdout,
        stderr,
    } = output;
    format!(
        "{status}\n{}\n{}",
        stdout.escape_ascii(),
        stderr.escape_ascii()
    )
}

/// Status 0, or status 1 with a message; never a panic.
fn is_sane(output: &Output, words: &[OsString]) -> Result<(), TestCaseError> {
    let code = output.status.code();
    prop_assert!(
        matches!(code, Some(0 | 1)),
        "{:?}: {}",
        words,
        described(output)
    );
    let says = output.stderr.starts_with(b"pdu: ") && output.stderr.ends_with(b"\n");
    prop_assert!(
        says || code == Some(0),
        "{:?}: {}",
        words,
        described(output)
    );
    Ok(())
}

fn glued(before: &str, after: &[u8]) -> OsString {
    OsString::from_vec([before.as_bytes(), after].concat())
}

fn without_nul(bytes: &[u8]) -> Vec<u8> {
    bytes.iter().copied().filter(|&byte| byte != 0).collect()
}

#[test]
fn sizes_mean_what_they_mean_to_gnu() {
    let gnu = GnuDu::same_messages();
    let tree = Tree::of("t/f 123456789");
    hunt("sizes", 60, pieces(SIZES, 4), |text| {
        let text = &without_nul(text);
        let run = Run::of(&tree);
        for words in [
            vec!["-A".into(), glued("--block-size=", text), "t".into()],
            vec!["-A".into(), "-B".into(), glued("", text), "t".into()],
            vec!["-b".into(), glued("--threshold=", text), "t".into()],
            vec!["-b".into(), "-d".into(), glued("", text), "t".into()],
        ] {
            // GNU 9.10 takes a negative depth for 0; its development tree refuses it, and so do we.
            let depth = words.iter().any(|word| word == "-d");
            if !depth || !text.contains(&b'-') {
                run.agree(gnu, &words)?;
            }
        }
        let run = Run {
            variable: ("DU_BLOCK_SIZE", text),
            ..run
        };
        run.agree(gnu, &["-A".into(), "t".into()]).map(drop)
    });
}

#[test]
fn styles_mean_what_they_mean_to_gnu() {
    let gnu = GnuDu::same_messages();
    let tree = Tree::of("t/a 5 @951827696\nt/ @86400");
    hunt("styles", 150, pieces(STYLES, 5), |text| {
        let text = &without_nul(text);
        let digits = text.iter().filter(|byte| byte.is_ascii_digit()).count();
        if digits > 4 {
            // Widths that GNU fills with gigabytes of blanks.
            return Ok(());
        }
        let run = Run::of(&tree);
        let time = || OsString::from("--time");
        run.agree(
            gnu,
            &[
                "-b".into(),
                time(),
                glued("--time-style=+", text),
                "t".into(),
            ],
        )?;
        run.agree(
            gnu,
            &[
                "-b".into(),
                time(),
                glued("--time-style=", text),
                "t".into(),
            ],
        )?;
        let run = Run {
            variable: ("TIME_STYLE", text),
            ..run
        };
        run.agree(gnu, &["-b".into(), time(), "t".into()]).map(drop)
    });
}

#[test]
fn patterns_match_what_they_match_for_gnu() {
    let gnu = GnuDu::same_messages();
    let names = "a b ab f z - ] [ ! ^ * ? \\x5c a-z A é \\xff a\\xffb .hidden a.b [a] {a,b} d/a d/b/a d/ab/f d/[/f";
    let lines = names.split(' ').map(|name| format!("t/{name} 1\n"));
    let tree = Tree::of(&lines.collect::<String>());
    hunt("patterns", 120, pieces(PATTERNS, 5), |pattern| {
        let pattern = &without_nul(pattern);
        fs::write(tree.root().join("patterns"), pattern).expect("the tree can be written");
        for locale in ["C", "C.UTF-8"] {
            let run = Run {
                locale,
                ..Run::of(&tree)
            };
            run.agree(
                gnu,
                &["-ab".into(), glued("--exclude=", pattern), "t".into()],
            )?;
            run.agree(
                gnu,
                &["-ab".into(), "-X".into(), "patterns".into(), "t".into()],
            )?;
        }
        Ok(())
    });
}

#[test]
fn lists_are_read_as_gnu_reads_them() {
    let gnu = GnuDu::same_messages();
    let tree = Tree::of("t/f 5\nt/d/g 7");
    let piece = select(
        &[
            "\0", "t", "t/f", "t/d", "-", "\0\0", "nothing", "/", "t//", "\n", ".", "\u{9b}",
        ][..],
    );
    let piece = piece.prop_map(|piece| piece.as_bytes().to_vec());
    let list = prop::collection::vec(piece, 0..8).prop_map(|pieces| pieces.concat());
    hunt("lists", 120, list, |list| {
        // Neither of the whole machine, nor of the list itself, whose size is its own.
        let names = list.split(|&byte| byte == 0);
        if names
            .clone()
            .any(|name| name.starts_with(b"/") || name.starts_with(b"."))
        {
            return Ok(());
        }
        fs::write(tree.root().join("list"), list).expect("the tree can be written");
        for words in ["-b --files0-from=list", "-bc --files0-from=list -l"] {
            let words: Vec<OsString> = words.split(' ').map(OsString::from).collect();
            Run::of(&tree).agree(gnu, &words)?;
        }
        Ok(())
    });
}

const WORDS: &[&str] = &[
    "-a",
    "-b",
    "-s",
    "-c",
    "-S",
    "-x",
    "-l",
    "-0",
    "-h",
    "-k",
    "-m",
    "-P",
    "-D",
    "-L",
    "-H",
    "-A",
    "-d1",
    "-d",
    "1",
    "-B",
    "K",
    "-B1K",
    "-BX",
    "-t",
    "-t1",
    "-t-5",
    "-t-0",
    "--time",
    "--time=ctime",
    "--time=x",
    "--time-style=+%Y",
    "--time-style=y",
    "--exclude=f",
    "-X",
    "list",
    "--exclude-from=list",
    "--",
    "-",
    "t",
    "t/d",
    "nothing",
    "",
    "--inodes",
    "--si",
    "--apparent-size",
    "--bytes",
    "--files0-from=list",
    "--al",
    "--ap",
    "--s",
    "--exclude",
    "--max-depth=2",
    "--max-depth=x",
    "--block-size=",
    "--nope",
    "-Z",
    "--all=x",
    "-hZ",
    "-bB",
    "--null",
    "--to",
    "--sum",
    "--tot=1",
    "--one-file-system",
    "--dereference",
    "--deref",
    "--no-d",
    "-\u{e9}",
    "--\u{e9}=1",
    "--=",
    "-=",
    "--files0-from",
    "-sa",
    "-sd0",
    "-sd1",
    "--count-links",
    "--separate-dirs",
];

/// Ours: an answer there is none of GNU's.
const OUR_WORDS: &[&str] = &[
    "-T",
    "-r",
    "-n",
    "-n2",
    "-ot/out",
    "--by=kind",
    "--color=always",
    "--format=json",
    "--format=csv",
    "--format=ncdu",
    "--from=list",
    "--from",
    "--output=t",
    "--reverse",
    "--sort=name",
    "--sort=x",
    "--top=1",
    "--tree",
    "-v",
    "-j",
    "-j0",
    "-j1",
    "-j99999",
    "-j2x",
    "--verbose",
    "--threads=3",
    "--threads",
    "--verb=1",
    "--help",
    "--version",
    "--max-depth=-1",
    "-d-9",
    "--v",
    "-j18446744073709551616",
    "-d99999999999999999999999",
];

fn words(input: &[u8]) -> Vec<OsString> {
    let words = input.split(|&byte| byte == b' ').map(|word| word.to_vec());
    words.map(OsString::from_vec).collect()
}

fn command_line(pool: Vec<&'static str>) -> impl Strategy<Value = Vec<u8>> {
    let sense = select(pool).prop_map(|word| word.as_bytes().to_vec());
    // No slash and no dot: nothing outside of the tree is named.
    let nonsense = prop::collection::vec(select(&b"-=abdhxZ019KB\xff\x9b\x1b~"[..]), 1..5);
    let word = prop_oneof![9 => sense, 1 => nonsense];
    prop::collection::vec(word, 1..6).prop_map(|words| words.join(&b' '))
}

#[test]
fn any_command_line_is_run_or_refused_in_words() {
    let tree = Tree::of("t/f 5\nt/d/g 7\nlist 3");
    let pool: Vec<_> = WORDS.iter().chain(OUR_WORDS).copied().collect();
    hunt("words", 300, command_line(pool), |input| {
        let words = words(&without_nul(input));
        let output = Run::of(&tree).output(Path::new(PDU), &words);
        is_sane(&output, &words)?;
        let mut lines = output.stderr.split(|&byte| byte == b'\n');
        let hint = lines.any(|line| line == b"Try 'pdu --help' for more information.");
        prop_assert!(!hint || output.status.code() == Some(1));
        prop_assert!(
            !hint || output.stdout.is_empty(),
            "{:?}: {}",
            words,
            described(&output)
        );
        Ok(())
    });
}

#[test]
fn command_lines_of_gnus_words_get_gnus_answers() {
    let Some(gnu) = GnuDu::same_messages() else {
        return;
    };
    let tree = Tree::of("t/f 5\nt/d/g 7\nlist 3");
    hunt("words", 200, command_line(WORDS.to_vec()), |input| {
        let words = words(&without_nul(input));
        let typed = String::from_utf8_lossy(input).into_owned();
        if OUR_WORDS.iter().any(|ours| {
            typed
                .split(' ')
                .any(|word| word == *ours || word.starts_with("--="))
        }) {
            return Ok(());
        }
        let run = Run::of(&tree);
        let (ours, theirs) = (
            run.output(Path::new(PDU), &words),
            run.output(&gnu.path, &words),
        );
        let refusal = "invalid maximum depth '-";
        if String::from_utf8_lossy(&ours.stderr).contains(refusal) {
            // 9.10 takes it for 0, the development tree refuses it.
            return Ok(());
        }
        // Of several mistakes we name the first.
        let first = |output: &Output| {
            let mut text = String::new();
            let line = output
                .stderr
                .split(|&byte| byte == b'\n')
                .next()
                .unwrap_or_default();
            let _ = write!(text, "{} {}", output.status, line.escape_ascii());
            // Where an abbreviation is ambiguous, pdu lists its own options too.
            let ours = [
                "--sort",
                "--by",
                "--diff",
                "--snapshot",
                "--history",
                "--numeric-ids",
            ];
            for option in ours {
                text = text.replace(&format!(r" \'{option}\'"), "");
            }
            text
        };
        prop_assert_eq!(
            first(&ours),
            first(&theirs),
            "ours and GNU's of {:?}",
            words
        );
        prop_assert_eq!(ours.stdout, theirs.stdout, "ours and GNU's of {:?}", words);
        Ok(())
    });
}
