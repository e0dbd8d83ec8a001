//! Names of every kind, in lines, messages, progress and refusals: a pipe gets the bytes, a terminal nothing that it
//! would obey.

use crate::support::gnu_du::GnuDu;
use crate::support::run::{self, HANG_TIMEOUT, PDU};
use crate::support::skip::tool;
use crate::support::terminal::{Streams, Terminal, can_slow_down, frames, slow};
use crate::support::tree::Tree;
use std::ffi::{OsStr, OsString};
use std::fs;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::Path;
use std::process::Output;
use std::time::{Duration, Instant};

use pdu::gnu::quote::{self, Charset};

/// Names that a terminal would obey, or a reader misread.
const NAMES: [&[u8]; 33] = [
    b"new\nline",
    b"\n",
    b"carriage\rreturn",
    b"tab\tbed",
    b"\x1b[31mred",
    b"\x1b]52;c;cm0gLXJmIH4K\x07",
    b"\x1b[2J\x1b[1;1H",
    b"bell\x07back\x08",
    b"del\x7f",
    b"null\x01\x02\x1f",
    b"c1 as a byte \x9b31m",
    b"c1 as a byte \x80\x85\x9d",
    "c1 as UTF-8 \u{9b}31m".as_bytes(),
    "\u{80}\u{85}\u{9d}\u{9f}".as_bytes(),
    "bidi \u{202e}gpj.exe".as_bytes(),
    "isolates \u{2066}a\u{2069}\u{2067}".as_bytes(),
    "marks \u{200e}\u{200f}\u{61c}".as_bytes(),
    "separators \u{2028}\u{2029}".as_bytes(),
    "zero\u{200b}width\u{feff}\u{2060}".as_bytes(),
    "tags \u{e0041}\u{e007f}".as_bytes(),
    "formats \u{ad}\u{600}\u{13430}\u{1bca0}\u{1d173}\u{fff9}".as_bytes(),
    "fillers \u{115f}\u{1160}\u{3164}\u{ffa0}\u{34f}\u{17b4}\u{180e}".as_bytes(),
    "without effect a\u{200d}b\u{200c} \u{fe0f}x\u{fe0e}\u{e0100}\u{180b}".as_bytes(),
    b"not UTF-8 \xff\xfe",
    b"half a character \xe2\x82",
    b"bytes overlong \xC0\x80 surrogate \xed\xa0\x80",
    b"back\\slash\\033",
    b"quote's",
    b"quotes'\"'\"",
    b"$(touch hacked)`x`",
    b" blanks  ",
    "漢字 é e\u{301} 👩\u{200d}👧".as_bytes(),
    b"-option",
];

const LOCALES: [&str; 2] = ["C", "C.UTF-8"];

/// `t`, with a file of 3 bytes and a directory with one of 5 for each name.
fn varied() -> Tree {
    let tree = Tree::of("t/\n");
    for name in NAMES {
        let mut file = b"f".to_vec();
        file.extend(name);
        let place = tree.root().join("t");
        fs::write(place.join(OsStr::from_bytes(&file)), b"abc").expect("the tree can be written");
        let dir = place.join(OsStr::from_bytes(name));
        fs::create_dir(&dir).expect("the tree can be written");
        fs::write(dir.join("g"), b"abcde").expect("the tree can be written");
    }
    tree
}

fn output_of(tree: &Tree, program: &Path, locale: &str, words: &[OsString]) -> Output {
    let mut command = run::du(program, tree.root(), "");
    command.args(words).env("LC_ALL", locale);
    run::output(command)
}

fn words(text: &str) -> Vec<OsString> {
    text.split(' ').map(OsString::from).collect()
}

/// Fails if the output to a terminal has control characters other than line ends, the sequence that erases progress, and
/// those in `ours`.
#[track_caller]
fn is_harmless(bytes: &[u8], ours: &[char], what: &str) {
    let text = String::from_utf8(bytes.to_vec());
    let text = text.unwrap_or_else(|error| panic!("{what}: {}", error.as_bytes().escape_ascii()));
    let text = text.replace("\x1b[K", "").replace("\r\n", "");
    let text = text.replace(ours, "");
    let tricky = |character: char| {
        character.is_control()
            || matches!(character,
                '\u{61c}' | '\u{200b}' | '\u{200c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}'
                | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{e0000}'..='\u{e01ef}' | '\u{ad}' | '\u{600}'
                | '\u{13430}' | '\u{1bca0}' | '\u{1d173}' | '\u{fff9}' | '\u{115f}' | '\u{1160}' | '\u{3164}'
                | '\u{ffa0}' | '\u{34f}' | '\u{17b4}' | '\u{180b}'..='\u{180e}' | '\u{fe00}'..='\u{fe0f}')
    };
    assert!(!text.contains(tricky), "{what}: {}", bytes.escape_ascii());
}

/// No name has made a line of its own.
#[track_caller]
fn all_lines_are_ours(bytes: &[u8], what: &str) {
    let starts = [
        "pdu: ",
        "Try 'pdu --help'",
        "Valid arguments are:",
        "  - ",
        "file operands cannot",
    ];
    for line in String::from_utf8_lossy(bytes).lines() {
        assert!(
            starts.iter().any(|start| line.starts_with(start)),
            "{what}: {line}"
        );
    }
}

// ---------------------------------------------------------------- pipes

/// Lines as they must be, in any order.
fn lines(end: u8) -> Vec<Vec<u8>> {
    let line = |size: &str, parts: [&[u8]; 3]| {
        [size.as_bytes(), b"\tt/", &parts.concat(), &[end]].concat()
    };
    let mut lines: Vec<Vec<u8>> = NAMES
        .iter()
        .flat_map(|name| {
            let file = line("3", [b"f", name, b""]);
            [
                file,
                line("5", [name, b"/g", b""]),
                line("5", [name, b"", b""]),
            ]
        })
        .collect();
    let total = format!("{}\tt", NAMES.len() * 8);
    lines.push([total.as_bytes(), &[end]].concat());
    lines.sort();
    lines
}

/// The parts of an output that are lines of the list, or nothing where something else is in it.
fn split(output: &[u8], lines: &[Vec<u8>]) -> Option<Vec<Vec<u8>>> {
    let mut rest = output;
    let mut found = Vec::new();
    while !rest.is_empty() {
        // A name with a newline makes of one line two, so that only whole ones may be taken, the longest first.
        let fits = lines.iter().filter(|line| rest.starts_with(line));
        let line = fits.max_by_key(|line| line.len())?;
        found.push(line.clone());
        rest = &rest[line.len()..];
    }
    found.sort();
    Some(found)
}

#[test]
fn a_pipe_gets_the_exact_bytes_in_every_locale() {
    let tree = varied();
    for (option, end) in [("-ab", b'\n'), ("-ab0", 0)] {
        let expected = lines(end);
        for locale in [
            "C",
            "C.UTF-8",
            "de_DE.UTF-8",
            "tr_TR.UTF-8",
            "tr_TR.ISO-8859-9",
            "ja_JP.EUC-JP",
        ] {
            for threads in ["-j1", "-j20"] {
                let output = output_of(
                    &tree,
                    Path::new(PDU),
                    locale,
                    &words(&format!("{option} {threads} t")),
                );
                let got = split(&output.stdout, &expected);
                assert!(
                    got.as_ref() == Some(&expected),
                    "{option} {locale}: {}",
                    output.stdout.escape_ascii()
                );
                assert_eq!(output.stderr, b"");
            }
        }
    }
}

#[test]
fn the_locale_changes_no_byte_of_names_and_times() {
    let tree = varied();
    let gnu = GnuDu::same_messages();
    for options in [
        "-a --apparent-size t",
        "-b -c t",
        "--inodes t",
        "-b --time --time-style=+%A_%x_%c t",
        "-B1K -s t",
    ] {
        let all = words(options);
        let c = output_of(&tree, Path::new(PDU), "C", &all);
        for locale in [
            "",
            "C.UTF-8",
            "de_DE.UTF-8",
            "tr_TR.UTF-8",
            "tr_TR",
            "ja_JP.EUC-JP",
        ] {
            let other = output_of(&tree, Path::new(PDU), locale, &all);
            assert_eq!(
                c.stdout.escape_ascii().to_string(),
                other.stdout.escape_ascii().to_string(),
                "{options} {locale}"
            );
            assert_eq!(c.status, other.status);
        }
        if let Some(gnu) = &gnu {
            let theirs = output_of(&tree, &gnu.path, "C", &all);
            assert_eq!(
                c.stdout.escape_ascii().to_string(),
                theirs.stdout.escape_ascii().to_string(),
                "GNU's {options}"
            );
        }
    }
}

/// Every way in which a name or a word gets into a message.
fn mentions(name: &[u8]) -> Vec<Vec<OsString>> {
    let with = |before: &str, after: &[u8]| {
        let word = [before.as_bytes(), name, after].concat();
        OsString::from_vec(word)
    };
    let missing = with("missing", b"");
    let list = |words: &str, last: OsString| {
        let words = words
            .split(' ')
            .filter(|word| !word.is_empty())
            .map(OsString::from);
        words.chain([last]).collect::<Vec<_>>()
    };
    vec![
        list("-b --", missing.clone()),
        list("-X", missing.clone()),
        list("", with("--files0-from=missing", b"")),
        list("--files0-from=x", missing),
        list("-B", with("9", b"")),
        list("", with("-Bx", b"")),
        list("", with("--block-size=x", b"")),
        list("", with("-tx", b"")),
        list("", with("--threshold=1", b"x")),
        list("-d", with("x", b"")),
        list("-j", with("x", b"")),
        list("", with("--time=x", b"")),
        list("--time", with("--time-style=x", b"")),
        list("", with("--x", b"")),
        list("", with("--a=", b"")),
        list("", with("--all=", b"")),
        list("", with("-", b"")),
    ]
}

#[test]
fn messages_on_a_pipe_are_gnus_to_the_byte() {
    let Some(gnu) = GnuDu::same_messages() else {
        return;
    };
    let tree = Tree::of("t/f 5");
    for name in NAMES {
        for words in mentions(name) {
            // Not an option that only pdu has, nor a word with option letters in it, of which GNU du may report more than the first.
            let first = words[0].as_bytes();
            if first == b"-j" || first == [b"-", name].concat() {
                continue;
            }
            let ours = output_of(&tree, Path::new(PDU), "C", &words);
            let theirs = output_of(&tree, &gnu.path, "C", &words);
            assert_eq!(
                ours.stderr.escape_ascii().to_string(),
                theirs.stderr.escape_ascii().to_string(),
                "{words:?}"
            );
            assert_eq!(
                (ours.status, ours.stdout),
                (theirs.status, theirs.stdout),
                "{words:?}"
            );
        }
    }
}

// ---------------------------------------------------------------- terminals

fn on_terminal(tree: &Tree, locale: &str, words: &[OsString]) -> Vec<u8> {
    let set = format!("LC_ALL={locale}");
    let mut all: Vec<OsString> = vec!["env".into(), set.into()];
    all.extend_from_slice(words);
    Terminal::start(tree, 200, Streams::All, &all).end().bytes
}

#[test]
fn lines_on_a_terminal_are_quoted_and_harmless() {
    if !can_slow_down() {
        return;
    }
    let tree = varied();
    for (locale, options) in LOCALES.iter().zip(["-ab t", "-ab -o - t"].iter().cycle()) {
        let mut words = words(options);
        words.insert(0, PDU.into());
        let bytes = on_terminal(&tree, locale, &words);
        is_harmless(&bytes, &['\t'], locale);
        let count = bytes.iter().filter(|&&byte| byte == b'\n').count();
        assert_eq!(count, NAMES.len() * 3 + 1, "{}", bytes.escape_ascii());
    }
}

#[test]
fn trees_and_tables_are_harmless() {
    if !can_slow_down() {
        return;
    }
    let tree = varied();
    for locale in LOCALES {
        for options in ["-Tba -d9 t", "-Tbr --width=30 -n99 t", "-T --by=ext t"] {
            let options = format!("--color=never {options}");
            let words = words(&options);
            let bytes = on_terminal(&tree, locale, &[&[PDU.into()], &words[..]].concat());
            is_harmless(&bytes, &[], &options);
            assert!(bytes.ends_with(b"\n"), "{options}");
            // Into a pipe as well: it may lead to a pager.
            let piped = output_of(&tree, Path::new(PDU), locale, &words).stdout;
            is_harmless(&piped, &['\n'], &options);
        }
    }
}

/// Every code point that these properties of perl's tables have, but for surrogates, as one text with line ends.
fn with_properties(properties: &str) -> Option<String> {
    let perl = tool("perl")?;
    let script = format!(
        "binmode STDOUT, ':utf8'; no warnings;
        for (0x80 .. 0xD7FF, 0xE000 .. 0x10FFFF) {{ $_ = chr; print \"$_\\n\" if /{properties}/ }}"
    );
    let mut command = run::program(perl, Path::new("/"));
    command.args(["-e", &script]);
    Some(run::stdout(command))
}

/// What each of the lines becomes on a terminal, between letters that nothing joins.
fn shown_between_letters(characters: &str) -> impl Iterator<Item = (&str, String)> {
    characters.split_terminator('\n').map(|character| {
        let name = format!("a{character}b");
        let shown = quote::printable(name.as_bytes(), Charset::Utf8);
        (character, String::from_utf8(shown).expect("it is UTF-8"))
    })
}

#[test]
fn what_has_no_look_is_escaped_by_category_and_property() {
    let hidden =
        r"\p{Cc}|\p{Cf}|\p{Zl}|\p{Zp}|\p{Default_Ignorable_Code_Point}|\p{Noncharacter_Code_Point}";
    let Some(hidden) = with_properties(hidden) else {
        return;
    };
    let mut count = 0;
    for (character, shown) in shown_between_letters(&hidden) {
        assert!(
            shown.starts_with("a\\") && shown.is_ascii(),
            "{character:?} {shown:?}"
        );
        count += 1;
    }
    // 4,174 are ignorable, most of them reserved.
    assert!(count > 4200, "{count}");
}

#[test]
fn what_has_a_look_is_printed() {
    let shown = r"(?!\p{Default_Ignorable_Code_Point})[\p{L}\p{M}\p{N}\p{P}\p{S}\p{Zs}\p{Co}]";
    let Some(shown) = with_properties(shown) else {
        return;
    };
    for (character, printed) in shown_between_letters(&shown) {
        assert_eq!(printed, format!("a{character}b"));
    }
    assert!(shown.lines().count() > 200_000, "with the private use");
}

#[test]
fn joiners_and_selectors_stay_where_they_have_an_effect() {
    for (name, is_kept) in [
        // Families, professions, hearts on fire, flags of colours, with skin tones.
        ("👨\u{200D}👩\u{200D}👧", true),
        ("👩🏽\u{200D}🚀", true),
        ("❤\u{FE0F}\u{200D}🔥", true),
        ("🏳\u{FE0F}\u{200D}🌈", true),
        ("👩\u{200D}", false),
        ("\u{200D}👩", false),
        ("👩\u{200D}\u{200D}👩", false),
        ("a\u{200D}👩", false),
        ("👩\u{200D}a", false),
        ("\u{FE0F}\u{200D}👩", false),
        ("🏽\u{FE0F}", false),
        // Persian, Arabic, Urdu; a Hindi half letter; Sinhala; Bengali ya-phalaa; Malayalam.
        ("می\u{200C}خواهم", true),
        ("لل\u{200D}ل", true),
        ("क\u{94D}\u{200D}ष", true),
        ("क\u{94D}\u{200C}ष", true),
        ("ශ\u{DCA}\u{200D}රී", true),
        ("র\u{200D}\u{9CD}য", true),
        ("\u{0628}\u{064E}\u{200C}\u{0628}", true),
        ("می\u{200C}", false),
        ("\u{200C}می", false),
        ("می\u{200C}\u{200C}می", false),
        ("می\u{200C}a", false),
        ("a\u{200C}b", false),
        ("я\u{200D}я", false),
        ("漢\u{200D}字", false),
        ("1\u{200C}2", false),
        // Emoji that are text by default, and those that are not; keycaps.
        ("❤\u{FE0F}", true),
        ("❤\u{FE0E}", true),
        ("⌚\u{FE0E}", true),
        ("⭐\u{FE0F}", true),
        ("㊗\u{FE0F}", true),
        ("1\u{FE0F}\u{20E3}", true),
        ("#\u{FE0F}\u{20E3}", true),
        ("1\u{FE0F}", false),
        ("a\u{FE0F}\u{20E3}", false),
        ("😀\u{FE0F}", false),
        ("a\u{FE0F}", false),
        ("漢\u{FE0F}", false),
        ("❤\u{FE0F}\u{FE0F}", false),
        ("❤\u{FE00}", false),
        // Variants of ideographs, and forms of Mongolian letters.
        ("葛\u{E0100}城", true),
        ("神\u{FE00}", true),
        ("a\u{E0100}", false),
        ("か\u{E0100}", false),
        ("\u{1820}\u{180B}", true),
        ("\u{1828}\u{180E}\u{1820}", true),
        ("\u{1828}\u{180E}", false),
        ("a\u{180B}", false),
    ] {
        let shown = quote::printable(name.as_bytes(), Charset::Utf8);
        let shown = String::from_utf8(shown).expect("it is UTF-8");
        assert_eq!(shown == name, is_kept, "{} {shown}", name.escape_unicode());
        // Bytes are no characters in the C locale.
        assert!(quote::printable(name.as_bytes(), Charset::Ascii).is_ascii());
    }
}

// ---------------------------------------------------------------- a real terminal

/// Names on whose width terminals do not agree, each long enough to be cut in 80 columns.
fn of_uncertain_width() -> Tree {
    let tree = Tree::of("t/\n");
    for (part, count) in [
        ("soft\u{AD}hyphen", 8),
        ("filler\u{FFA0}", 8),
        ("skin 👍🏽👋🏿👩🏻", 6),
        ("text ⌚\u{FE0E}❤\u{FE0E}☺\u{FE0E}", 9),
        ("emoji ❤\u{FE0F}☺\u{FE0F}⌚\u{FE0F}", 7),
        ("family 👨\u{200D}👩\u{200D}👧\u{200D}👦", 5),
        ("flags 🇩🇪🇫🇷🇯🇵🇺", 6),
        ("keycaps 1\u{FE0F}\u{20E3}#\u{FE0F}\u{20E3}", 8),
        ("jamo \u{1112}\u{1161}\u{11AB}\u{1100}\u{1173}\u{11AF}", 9),
        ("marks e\u{301}a\u{308}o\u{337}", 9),
        ("conjuncts क\u{94D}षि", 9),
        ("tamil கா", 12),
        ("bengali কা", 12),
        ("persian می\u{200C}خواهم", 8),
        ("wide 漢字\u{3248}", 12),
        ("variant 葛\u{E0100}", 11),
        ("sinhala ශ\u{DCA}\u{200D}රී", 8),
    ] {
        let dir = tree.root().join("t").join(part.repeat(count));
        fs::create_dir(&dir).expect("the name is short enough");
        fs::write(dir.join("f"), b"abc").expect("the tree can be written");
    }
    tree
}

/// The rows of a screen of tmux after a script of the shell, blank ones at the end left out.
fn on_screen(tree: &Tree, columns: u16, script: &str) -> Vec<String> {
    let socket = format!("columns-{columns}");
    let tmux = |words: &[&str]| {
        let mut command = run::program("tmux", tree.root());
        command.env("LC_ALL", "C.UTF-8").env("pdu", PDU);
        command.env("TMUX_TMPDIR", tree.root()).env("TERM", "xterm");
        // A server of its own: that of the screen before may be about to end.
        command.args(["-L", &socket, "-f", "/dev/null"]).args(words);
        run::stdout(command)
    };
    let columns = columns.to_string();
    let script = format!("{script}; printf END; exec sleep 300");
    tmux(&["new-session", "-d", "-x", &columns, "-y", "80", &script]);
    let deadline = Instant::now() + HANG_TIMEOUT;
    let rows = loop {
        let screen = tmux(&["capture-pane", "-p"]);
        let rows: Vec<_> = screen.trim_end().lines().map(str::to_owned).collect();
        if rows.last().is_some_and(|row| row.ends_with("END")) || Instant::now() > deadline {
            break rows;
        }
        run::pause(Duration::from_millis(50));
    };
    tmux(&["kill-server"]);
    rows
}

#[test]
fn a_row_of_a_tree_is_a_row_of_the_screen() {
    let Some(_) = tool("tmux") else {
        return;
    };
    let tree = of_uncertain_width();
    for columns in [24, 40, 80] {
        for options in ["-TA", "-TAa --time --color=always", "-Tc --inodes"] {
            let script = format!("$pdu {options} -d9 t");
            let piped = run::stdout(run::shell(tree.root(), &script));
            let rows = on_screen(&tree, columns, &script);
            let expected = piped.lines().count() + 1;
            assert_eq!(rows.len(), expected, "{columns} {options}: {rows:#?}");
        }
    }
}

#[test]
fn the_progress_line_leaves_no_row_behind() {
    if !can_slow_down() || tool("tmux").is_none() {
        return;
    }
    let tree = of_uncertain_width();
    for columns in [40, 80, 100] {
        let words = slow(100, "-v -j1 -A t").join(" ");
        let script = format!("{words} >/dev/null; echo done");
        let rows = on_screen(&tree, columns, &script);
        assert!(
            rows.iter().any(|row| row.contains("pdu: 17 files,")),
            "{rows:#?}"
        );
        assert!(
            !rows.iter().any(|row| row.contains(" entries  ")),
            "{rows:#?}"
        );
    }
}

#[test]
fn messages_and_refusals_on_a_terminal_are_harmless() {
    if !can_slow_down() {
        return;
    }
    let tree = Tree::of("t/f 5");
    for (number, name) in NAMES.into_iter().enumerate() {
        let locale = LOCALES[number % 2];
        for mut words in mentions(name) {
            let what = format!("{words:?} in {locale}");
            words.insert(0, PDU.into());
            let bytes = on_terminal(&tree, locale, &words);
            is_harmless(&bytes, &[], &what);
            all_lines_are_ours(&bytes, &what);
            assert!(
                bytes.starts_with(b"pdu: "),
                "{what}: {}",
                bytes.escape_ascii()
            );
        }
    }
}

#[test]
fn names_in_a_list_are_harmless_in_its_messages() {
    if !can_slow_down() {
        return;
    }
    let tree = Tree::empty();
    let list = NAMES.map(|name| [name, b"\0\0"].concat()).concat();
    fs::write(tree.root().join("list\x1b[1m"), list).expect("the tree can be written");
    for locale in LOCALES {
        let bytes = on_terminal(
            &tree,
            locale,
            &[PDU.into(), "--files0-from=list\x1b[1m".into()],
        );
        is_harmless(&bytes, &[], locale);
        let count = bytes.iter().filter(|&&byte| byte == b'\n').count();
        assert_eq!(count, NAMES.len() * 2, "{}", bytes.escape_ascii());
    }
}

#[test]
fn a_program_that_is_called_by_an_evil_name_tells_it_harmlessly() {
    if !can_slow_down() {
        return;
    }
    let tree = Tree::empty();
    for word in ["--nope", "missing"] {
        let script = format!("exec -a $'p\\e[31m\\u202e\\ndu' \"$pdu\" {word}");
        let words = ["bash".into(), "-c".into(), script.into()];
        let bytes = on_terminal(&tree, "C.UTF-8", &words);
        is_harmless(&bytes, &[], word);
        assert!(bytes.starts_with(b"p\\033[31m"), "{}", bytes.escape_ascii());
    }
}

#[test]
fn the_progress_line_is_harmless() {
    if !can_slow_down() {
        return;
    }
    let tree = varied();
    for locale in LOCALES {
        let mut all = vec![OsString::from("env"), format!("LC_ALL={locale}").into()];
        all.extend(slow(60, "-v -b -j1 t").into_iter().map(OsString::from));
        let end = Terminal::start(&tree, 200, Streams::AllButOutput, &all).end();
        is_harmless(&end.bytes, &['\r'], locale);
        assert!(frames(&end.raw).len() > 4, "{:?}", end.raw);
    }
}

// ---------------------------------------------------------------- the test can fail

#[test]
fn what_a_terminal_would_obey_is_found() {
    for bytes in &NAMES[2..26] {
        let found = std::panic::catch_unwind(|| is_harmless(bytes, &[], "")).is_err();
        assert!(found, "{}", bytes.escape_ascii());
    }
    let found = std::panic::catch_unwind(|| all_lines_are_ours(b"pdu: new\nline", "")).is_err();
    assert!(found, "a line of its own");
    is_harmless("5\ta b\r\n\x1b[K漢字".as_bytes(), &['\t'], "what is fine");
}
