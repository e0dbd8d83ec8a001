//! The documents follow the program: the man page and the completions are generated from the one clap definition,
//! committed, and held to it here, as is what README.md says of options.
//!
//! After a change of the definition, of README.md's differences or of `documents/sections.roff`:
//!
//! ```text
//! PDU_UPDATE=1 cargo test --test meta documents
//! ```
//!
//! The man page is clap_mangen's name, synopsis and options, the sections of `documents/sections.roff`
//! around them, and README.md's table of differences from GNU du, which stands nowhere else.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::Command as Process;

use clap::builder::PossibleValuesParser;
use clap::{Arg, Command, ValueHint};
use clap_complete::Shell;
use clap_mangen::Man;
use clap_mangen::roff::{Roff, bold, roman};
use pdu::cli;
use pdu::explore::browser::flag::Flag;
use pdu::explore::keys::{self, KEYS, Topic};
use pdu::format::{Color, GroupBy, OutputFormat, Sort};

use crate::support::gnu_du::LONG_OPTIONS;
use crate::support::skip::skip;

const README: &str = include_str!("../../README.md");
const SECTIONS: &str = include_str!("documents/sections.roff");

/// Options of other programs that the documents speak of.
const LONG_OPTIONS_OF_OTHERS: [&str; 6] =
    ["bench", "ignore-missing", "path", "release", "root", "test"];

#[test]
fn the_man_page_is_that_of_the_program() {
    hold("man/pdu.1", &man_page());
}

#[test]
fn the_completions_are_those_of_the_program() {
    hold("completions/pdu.bash", &completion(Shell::Bash));
    hold("completions/_pdu", &completion(Shell::Zsh));
    hold("completions/pdu.fish", &completion(Shell::Fish));
}

#[test]
fn the_man_page_renders_without_warnings() {
    let page = root().join("man/pdu.1");
    let man = Process::new("man")
        .args(["--warnings", "--local-file"])
        .arg(page)
        .env("LC_ALL", "C.UTF-8")
        .env("MANWIDTH", "80")
        .env_remove("MANOPT")
        .output();
    let Ok(man) = man else {
        skip("the man page is not rendered, there is no man here");
        return;
    };
    let warnings = String::from_utf8_lossy(&man.stderr);
    // A minimal system has a `man` that says how to get the real one.
    if String::from_utf8_lossy(&man.stdout).contains("minimized") {
        skip("the man page is not rendered, man is a stand-in here");
        return;
    }
    assert!(man.status.success(), "man: {}: {warnings}", man.status);
    assert_eq!(warnings, "");
    let text = String::from_utf8_lossy(&man.stdout);
    for section in [
        "OPTIONS",
        "EXIT STATUS",
        "DIFFERENCES FROM GNU DU",
        "SEE ALSO",
    ] {
        assert!(
            text.lines().any(|line| line == section),
            "no section {section}"
        );
    }
}

#[test]
fn the_documents_name_every_option_and_no_other() {
    let ours = long_options();
    let man = man_page().replace("\\-", "-");
    let table = section(README, "## Options that GNU du does not have");
    for option in &ours {
        assert!(
            man.contains(&format!("--{option}")),
            "man/pdu.1 lacks --{option}"
        );
        let is_new = !LONG_OPTIONS.contains(&option.as_str());
        assert_eq!(
            options_in(table).any(|named| named == option),
            is_new,
            "README.md's options: --{option}"
        );
    }
    for &option in LONG_OPTIONS {
        assert!(ours.contains(option), "pdu lacks GNU's --{option}");
    }
    for (name, text) in [("README.md", README), ("man/pdu.1", &man)] {
        for option in options_in(text) {
            let known = ours.contains(option) || LONG_OPTIONS_OF_OTHERS.contains(&option);
            assert!(known, "{name} speaks of --{option}, which is no option");
        }
    }
}

/// The longest run of words that may stand in GNU du's help by chance.
const RUN: usize = 6;

#[test]
fn the_help_shares_few_runs_of_words_with_that_of_gnu_du() {
    let Some(gnu) = help_of_gnu_du() else {
        return skip("the help is not compared, there is no GNU du here");
    };
    let (ours, gnu) = (words_of(&help()), words_of(&gnu));
    let known: BTreeSet<_> = gnu.windows(RUN).collect();
    let runs = ours.windows(RUN);
    let shared: Vec<_> = runs.clone().filter(|run| known.contains(run)).collect();
    assert!(!known.is_empty() && runs.len() > 0, "a help has words");
    assert!(
        shared.len() * 100 <= runs.len() * 3,
        "{} of {} runs of {RUN} words are those of GNU du: {shared:#?}",
        shared.len(),
        runs.len(),
    );
}

#[test]
fn the_help_fits_80_columns() {
    let help = help();
    let wide: Vec<_> = help
        .lines()
        .filter(|line| line.chars().count() > 80)
        .collect();
    assert!(wide.is_empty(), "{wide:#?}");
}

/// The text of `--help`.
fn help() -> String {
    cli::command().render_help().to_string()
}

/// What the system's du prints for `--help`, if it is GNU's.
fn help_of_gnu_du() -> Option<String> {
    let du = Process::new("du").arg("--help").env("LC_ALL", "C").output();
    let help = String::from_utf8(du.ok()?.stdout).ok()?;
    help.contains("GNU coreutils").then_some(help)
}

/// The words of a help in small letters, without options and without units.
fn words_of(help: &str) -> Vec<String> {
    let unit = |word: &str| {
        let number = word.trim_start_matches(|c: char| c.is_ascii_digit());
        let mut units = number.split([',', '=']).filter(|unit| !unit.is_empty());
        !number.is_empty()
            && units.all(|unit| "KMGTPEZYRQ".contains(unit.trim_end_matches(['i', 'B'])))
    };
    let marks = |c: char| !c.is_ascii_alphanumeric() && c != '-' && c != '_';
    let words = help.split_whitespace().map(|word| word.trim_matches(marks));
    let words = words.filter(|word| !word.is_empty() && !word.starts_with('-') && !unit(word));
    words.map(str::to_ascii_lowercase).collect()
}

/// Every long option that is not hidden.
fn long_options() -> BTreeSet<String> {
    let command = cli::command();
    let shown = command.get_arguments().filter(|arg| !arg.is_hide_set());
    shown.filter_map(Arg::get_long).map(str::to_owned).collect()
}

/// The words that follow `--`, without their values.
fn options_in(text: &str) -> impl Iterator<Item = &str> {
    let words = text.split(|c: char| !c.is_ascii_alphanumeric() && c != '-');
    let options = words.filter_map(|word| word.strip_prefix("--"));
    options.filter(|option| option.starts_with(|c: char| c.is_ascii_lowercase()))
}

/// Compares a committed file with what it should be, or writes it.
fn hold(path: &str, expected: &str) {
    let file = root().join(path);
    if std::env::var_os("PDU_UPDATE").is_some() {
        fs::write(&file, expected).unwrap_or_else(|error| panic!("{path}: {error}"));
        return;
    }
    let committed = fs::read_to_string(&file).unwrap_or_default();
    let differs = committed
        .lines()
        .zip(expected.lines())
        .position(|(is, should)| is != should);
    assert!(
        committed == expected,
        "{path} is not what the program says of itself, from line {} on; PDU_UPDATE=1 cargo test --test meta documents rewrites it",
        differs.unwrap_or(committed.lines().count().min(expected.lines().count())) + 1,
    );
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn completion(shell: Shell) -> String {
    let mut text = Vec::new();
    clap_complete::generate(shell, &mut completed(), "pdu", &mut text);
    text_of(text)
}

/// The definition, with what a shell can offer: the words of the options that take one, and files.
fn completed() -> Command {
    let mut command = cli::command();
    for (option, words) in [
        ("--by", names(&GroupBy::WORDS)),
        ("--color", names(&Color::WORDS)),
        ("--format", names(&OutputFormat::WORDS)),
        ("--sort", names(&Sort::WORDS)),
        ("--time", vec!["atime", "access", "use", "ctime", "status"]),
        ("--time-style", vec!["full-iso", "long-iso", "iso"]),
    ] {
        command = command.mut_arg(option, |arg| {
            arg.value_parser(PossibleValuesParser::new(words))
        });
    }
    for option in [
        "--exclude-from",
        "files",
        "--files0-from",
        "--from",
        "--output",
        "--snapshot",
    ] {
        command = command.mut_arg(option, |arg| arg.value_hint(ValueHint::AnyPath));
    }
    command
}

fn names<T>(words: &[(&'static str, T)]) -> Vec<&'static str> {
    words.iter().map(|(word, _)| *word).collect()
}

/// All of `man/pdu.1`.
fn man_page() -> String {
    let man =
        Man::new(cli::command().about("disk usage of files and directory trees, in parallel"));
    let mut page = String::from(
        ".\\\" Generated by tests/documents.rs, which says how.\n.ie \\n(.g .ds Aq \\(aq\n.el .ds Aq '\n",
    );
    // clap_mangen's own title loses its place for the date, which would only go stale.
    page += concat!(
        ".TH PDU 1 \"\" \"pdu ",
        env!("CARGO_PKG_VERSION"),
        "\" \"User Commands\"\n"
    );
    page += &part(|out| man.render_name_section(out));
    page += &part(|out| man.render_synopsis_section(out));
    let (before, after) = SECTIONS
        .split_once(".\\\" OPTIONS\n")
        .expect("a place for the options");
    page += before;
    page += &as_gnu_writes(&part(|out| man.render_options_section(out)));
    page += &after
        .replace("@DIFFERENCES@\n", &differences())
        .replace("@FLAGS@\n", &flags())
        .replace("@KEYS@\n", &keys());
    page
}

/// The keys of the explorer, as paragraphs with a heading.
fn keys() -> String {
    let mut roff = Roff::new();
    for topic in Topic::ALL {
        roff.text([roman(""), bold(topic.heading())]);
        for line in KEYS.iter().filter(|line| line.topic == topic) {
            let names = keys::names(line, true).replace('^', "Ctrl-");
            roff.control("TP", []);
            roff.text([bold(names)]);
            roff.text([roman(format!("{}.", line.text))]);
        }
        roff.control("PP", []);
    }
    without_preamble(&roff.render())
}

/// The flags of the explorer, likewise.
fn flags() -> String {
    let mut roff = Roff::new();
    for flag in Flag::ALL {
        roff.control("TP", []);
        roff.text([bold(flag.letter())]);
        roff.text([roman(format!("{}.", flag.meaning()))]);
    }
    without_preamble(&roff.render())
}

/// One section of clap_mangen, without the definition that it puts before each.
fn part(render: impl FnOnce(&mut Vec<u8>) -> std::io::Result<()>) -> String {
    let mut out = Vec::new();
    render(&mut out).expect("a vector takes everything");
    without_preamble(&text_of(out))
}

fn without_preamble(roff: &str) -> String {
    let lines = roff.lines();
    let kept = lines.filter(|line| !line.starts_with(".ie ") && !line.starts_with(".el "));
    kept.map(|line| format!("{line}\n")).collect()
}

/// `--block-size=SIZE` instead of `--block-size <SIZE>`, a plain operand, and headings of options as subsections.
fn as_gnu_writes(options: &str) -> String {
    let options = options
        .replace(" \\fI<", "=\\fI")
        .replace("[=\\fI<", "[=\\fI")
        .replace(">\\fR", "\\fR")
        .replace("[\\fIFILE\\fR]", "\\fIFILE\\fR");
    let lines = options.lines().map(|line| match line.strip_prefix(".SH ") {
        Some(heading) if heading != "OPTIONS" => {
            let (first, rest) = heading.trim_matches('"').split_at(1);
            format!(".SS \"{first}{}\"\n", rest.to_ascii_lowercase())
        }
        _ => format!("{line}\n"),
    });
    lines.collect()
}

/// The rows of README.md's table, as paragraphs with a heading.
fn differences() -> String {
    let mut roff = Roff::new();
    for row in table_rows(section(README, "## Differences from GNU du")) {
        let [what, gnu, pdu] = row.as_slice() else {
            panic!("a difference has three columns: {row:?}");
        };
        roff.control("TP", []);
        roff.text([bold(what.replace('`', ""))]);
        roff.text([roman(format!("GNU du: {}.", gnu.replace('`', "")))]);
        roff.control("br", []);
        roff.text([roman(format!("pdu: {}.", pdu.replace('`', "")))]);
    }
    without_preamble(&roff.render())
}

/// The cells below a table's head.
fn table_rows(text: &str) -> impl Iterator<Item = Vec<&str>> {
    let rows = text.lines().filter(|line| line.starts_with('|')).skip(2);
    rows.map(|row| row.trim_matches('|').split('|').map(str::trim).collect())
}

/// What stands below a heading, to the next of its kind.
fn section<'a>(text: &'a str, heading: &str) -> &'a str {
    let Some((_, rest)) = text.split_once(&format!("\n{heading}\n")) else {
        panic!("README.md has no heading {heading}");
    };
    rest.split("\n## ").next().unwrap_or(rest)
}

fn text_of(bytes: Vec<u8>) -> String {
    String::from_utf8(bytes).expect("documents are UTF-8")
}
