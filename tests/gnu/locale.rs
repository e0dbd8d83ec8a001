//! Numbers in the form of the locale. The locales are made for each test (localedef), so it does not matter which ones the
//! machine has; their numbers are those of the C library.

use std::fs;
use std::path::Path;
use std::process::Command;

use crate::support::gnu_du::GnuDu;
use crate::support::run::{self, PDU, text};
use crate::support::skip::{skip, tool, works};
use crate::support::tree::Tree;

/// All categories but that of numbers are small and the same.
const SOURCE: &str = "LC_NUMERIC\ncopy \"@\"\nEND LC_NUMERIC\n\
    LC_CTYPE\ncopy \"POSIX\"\nEND LC_CTYPE\nLC_COLLATE\ncopy \"POSIX\"\nEND LC_COLLATE\n\
    LC_TIME\ncopy \"POSIX\"\nEND LC_TIME\nLC_MONETARY\ncopy \"POSIX\"\nEND LC_MONETARY\n\
    LC_MESSAGES\ncopy \"POSIX\"\nEND LC_MESSAGES\n";

const GERMAN: &str = "de_DE.UTF-8";

/// A tree `t` with files of such sizes, and a directory of locales; skips where they cannot be made.
fn place(locales: &[&str]) -> Option<Tree> {
    let localedef = tool("localedef")?;
    let tree = Tree::of(
        "t/a 999\nt/b 1000\nt/c 1023\nt/d 1024\nt/e 1127\nt/f 10137\nt/g 10138\nt/h 1046000\nt/i 1234567\nlocales/",
    );
    let huge = fs::File::create(tree.root().join("t/j")).expect("it can be made");
    huge.set_len(1_234_567_890).expect("it has holes");
    for locale in locales {
        let (name, charmap) = locale.split_once('.').expect("a locale and its encoding");
        let source = tree.root().join("source");
        fs::write(&source, SOURCE.replace('@', name)).expect("it is ours");
        let mut make = Command::new(&localedef);
        make.arg("-ci").arg(&source).args(["-f", charmap]);
        // It warns of the categories that are left out.
        let made = make.arg(directory(&tree).join(locale)).output();
        let made = made.expect("it starts");
        if !directory(&tree).join(locale).join("LC_NUMERIC").exists() {
            skip(format_args!("no {locale}: {}", text(&made.stderr)));
            return None;
        }
    }
    Some(tree)
}

fn directory(tree: &Tree) -> std::path::PathBuf {
    tree.root().join("locales")
}

/// The standard output of a du with these variables.
#[track_caller]
fn output(du: &Path, tree: &Tree, variables: &[(&str, &str)], words: &str) -> Vec<u8> {
    let mut command = run::du(du, tree.root(), words);
    command.env_remove("LC_ALL").env("LOCPATH", directory(tree));
    command.envs(variables.iter().copied());
    let output = run::output(command);
    assert_eq!(text(&output.stderr), "", "{variables:?} {words}");
    output.stdout
}

/// The output of pdu, at `-j1` and `-j20`.
#[track_caller]
fn pdu(tree: &Tree, variables: &[(&str, &str)], words: &str) -> Vec<u8> {
    let [one, all] = ["-j1", "-j20"].map(|walkers| {
        output(
            Path::new(PDU),
            tree,
            variables,
            &format!("{walkers} {words}"),
        )
    });
    assert_eq!(text(&one), text(&all), "{words}");
    one
}

#[test]
fn numbers_have_the_form_of_the_locale() {
    let cases: [(&str, &[u8], &str); 8] = [
        (GERMAN, b"1.234.567.890", "1,2G"),
        (
            "fr_FR.UTF-8",
            "1\u{202f}234\u{202f}567\u{202f}890".as_bytes(),
            "1,2G",
        ),
        ("fr_FR.ISO-8859-1", b"1\xa0234\xa0567\xa0890", "1,2G"),
        ("en_IN.UTF-8", b"1,23,45,67,890", "1.2G"),
        ("en_US.UTF-8", b"1,234,567,890", "1.2G"),
        (
            "unm_US.UTF-8",
            "1\u{202f}234\u{202f}56\u{202f}78\u{202f}90".as_bytes(),
            "1.2G",
        ),
        (
            "ps_AF.UTF-8",
            "1\u{66c}234\u{66c}567\u{66c}890".as_bytes(),
            "1\u{66b}2G",
        ),
        ("bg_BG.UTF-8", b"1234567890", "1,2G"),
    ];
    let Some(tree) = place(&cases.map(|(locale, ..)| locale)) else {
        return;
    };
    let none: (_, &[u8], _) = ("xx_XX.UTF-8", b"1234567890", "1.2G");
    for (locale, grouped, scaled) in cases.into_iter().chain([none]) {
        let variables = [("LC_ALL", locale)];
        for (words, expected) in [("-AB'1 t/j", grouped), ("-Ah t/j", scaled.as_bytes())] {
            let expected = [expected, b"\tt/j\n"].concat();
            assert_eq!(
                text(&pdu(&tree, &variables, words)),
                text(&expected),
                "{locale}"
            );
        }
        let Some(gnu) = GnuDu::same_sizes() else {
            continue;
        };
        for options in [
            "-aAc -B'1",
            "-aAc -h",
            "-aAc --si",
            "-aAc -B'h",
            "-aAc -B'K",
            "-aAc -B'kB",
            "-aAc -B'1K",
            "-aAc -BK",
            "-aAc -B1",
            "-acS -B'1",
            "--inodes -B'1",
            "--inodes -h",
        ] {
            let words = format!("{options} t");
            let theirs = output(&gnu.path, &tree, &variables, &words);
            assert!(pdu(&tree, &variables, &words) == theirs, "{locale} {words}");
        }
    }
}

#[test]
fn the_first_variable_that_is_not_empty_chooses_the_locale() {
    let Some(tree) = place(&[GERMAN]) else {
        return;
    };
    let cases: [(&[(&str, &str)], &str); 14] = [
        (&[], "1.2G"),
        (&[("LC_ALL", GERMAN)], "1,2G"),
        (&[("LC_NUMERIC", GERMAN)], "1,2G"),
        (&[("LANG", GERMAN)], "1,2G"),
        (&[("LC_ALL", ""), ("LC_NUMERIC", GERMAN)], "1,2G"),
        (&[("LC_NUMERIC", ""), ("LANG", GERMAN)], "1,2G"),
        (&[("LC_NUMERIC", GERMAN), ("LANG", "C")], "1,2G"),
        (&[("LC_ALL", "C"), ("LANG", GERMAN)], "1.2G"),
        (&[("LC_ALL", "POSIX"), ("LC_NUMERIC", GERMAN)], "1.2G"),
        (&[("LC_NUMERIC", "C"), ("LANG", GERMAN)], "1.2G"),
        (&[("LC_CTYPE", GERMAN), ("LC_MESSAGES", GERMAN)], "1.2G"),
        (&[("LANGUAGE", GERMAN)], "1.2G"),
        // Of a locale that is not complete, GNU's programs load nothing.
        (&[("LC_TIME", "xx_XX"), ("LANG", GERMAN)], "1.2G"),
        (&[("LC_ALL", "xx_XX.UTF-8"), ("LANG", GERMAN)], "1.2G"),
    ];
    for (variables, expected) in cases {
        let expected = format!("{expected}\tt/j\n");
        assert_eq!(
            text(&pdu(&tree, variables, "-Ah t/j")),
            expected,
            "{variables:?}"
        );
        if let Some(gnu) = GnuDu::same_sizes() {
            let theirs = output(&gnu.path, &tree, variables, "-Ah t/j");
            assert_eq!(text(&theirs), expected, "GNU's {variables:?}");
        }
    }
}

#[test]
fn sort_reads_the_sizes_of_its_locale() {
    let Some(tree) = place(&[GERMAN]) else {
        return;
    };
    if !works("sort --version") {
        return;
    }
    for walkers in ["-j1", "-j20"] {
        let script = format!("$pdu {walkers} -Aah t/* | sort -h | cut -f2");
        let mut command = run::shell(tree.root(), &script);
        command
            .env("LC_ALL", GERMAN)
            .env("LOCPATH", directory(&tree));
        let sorted = "t/a t/b t/c t/d t/e t/f t/g t/h t/i t/j";
        assert_eq!(
            run::stdout(command)
                .split_whitespace()
                .collect::<Vec<_>>()
                .join(" "),
            sorted
        );
    }
}

#[test]
fn programs_read_the_numbers_of_the_c_locale() {
    let Some(tree) = place(&[GERMAN]) else {
        return;
    };
    for (words, expected) in [
        ("-Ah --by=kind t/j", "0\t1.2G\t1\t100.0\tfile\n"),
        ("-AB'1 --by=kind t/j", "0\t1234567890\t1\t100.0\tfile\n"),
        ("-AB'1 --format=csv t/j", ",1234567890,"),
        ("-AB'1 --format=json t/j", "\"apparent\":1234567890,"),
        ("-AB'1 --format=ncdu t", "\"asize\":1234567890"),
    ] {
        for walkers in ["-j1", "-j20"] {
            let words = format!("{walkers} {words}");
            let out = output(Path::new(PDU), &tree, &[("LC_ALL", GERMAN)], &words);
            assert!(text(&out).contains(expected), "{words}: {}", text(&out));
        }
    }
}

#[test]
fn trees_and_tables_have_the_numbers_of_the_locale_in_columns() {
    let french = "fr_FR.UTF-8";
    let latin = "fr_FR.ISO-8859-1";
    let Some(tree) = place(&[GERMAN, french, latin]) else {
        return;
    };
    for (locale, words, marks, expected) in [
        (GERMAN, "-TAa t", "├└", "\n   1,2 MiB ├─ i "),
        (GERMAN, "-TAa --si t", "├└", "\n10,1 kB ├─ g "),
        (GERMAN, "-TAaB'1 t", "├└", "\n    1.234.567 ├─ i "),
        (french, "-TAaB'1 t", "├└", "\n    1_234_567 ├─ i "),
        (latin, "-TAaB'1 t", "|`", "\n   1234567 |- i "),
        (latin, "-TAa t", "|`", "\n   1,2 MiB |- i "),
        (
            french,
            "-TAB'1 --by=kind t",
            "█░",
            "  1_236_873_905     10  100,0  █",
        ),
        (
            GERMAN,
            "-TA --by=kind t",
            "█░",
            "   1,2 GiB     10  100,0  █",
        ),
    ] {
        let expected = &expected.replace('_', "\u{202f}");
        let out = text(&pdu(&tree, &[("LC_ALL", locale)], words));
        assert!(out.contains(expected), "{locale} {words}: {out}");
        let rows = out.lines().skip(1);
        let mut columns = rows.map(|row| row.chars().position(|c| marks.contains(c)));
        let first = columns.next().flatten();
        assert!(
            first.is_some() && columns.all(|column| column == first),
            "{words}: {out}"
        );
    }
}

/// To read a locale takes some thirty system calls.
#[test]
fn no_locale_is_read_where_no_number_depends_on_it() {
    let Some(strace) = tool("strace") else {
        return;
    };
    let Some(tree) = place(&[GERMAN]) else {
        return;
    };
    for (locale, words, expected) in [
        ("", "-h t", false),
        ("C", "-h t", false),
        ("POSIX", "-h t", false),
        ("C.UTF-8", "-h t", false),
        (GERMAN, "t", false),
        (GERMAN, "-k t", false),
        (GERMAN, "-h --format=json t", false),
        (GERMAN, "-h --by=kind t", false),
        (GERMAN, "-h t", true),
        (GERMAN, "-B'1 t", true),
        (GERMAN, "-T t", true),
    ] {
        let mut command = run::program(&strace, tree.root());
        command
            .args(["-f", "-e", "trace=%file", PDU])
            .args(words.split(' '));
        command
            .env("LC_ALL", locale)
            .env("LOCPATH", directory(&tree));
        let answer = run::run(command);
        let reads = answer.errors.contains("/LC_") || answer.errors.contains("/locale");
        assert_eq!(reads, expected, "{locale} {words}: {}", answer.errors);
    }
}
