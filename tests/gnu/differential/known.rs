//! The intended differences from GNU du, with the reason. A case to which one applies is skipped and counted. One message
//! that differs on purpose is changed before it is compared. Every other difference is a failure.

use super::command::Command;
use super::run::Outcome;
use crate::support::gnu_du::LONG_OPTIONS;

/// An intended difference.
pub(crate) struct Known {
    pub(crate) what: &'static str,
    pub(crate) why: &'static str,
    /// Whether it applies to a case; the outcome is that of GNU du.
    applies: fn(&Command, overlay: bool, &Outcome) -> bool,
}

/// All of them.
pub(crate) const KNOWN: &[Known] = &[
    Known {
        what: "sums of 2^64 and more",
        why: "GNU prints Infinity; pdu adds in 128 bits and prints the sum",
        applies: |_, _, gnu| contains(&gnu.stdout, b"Infinity\t"),
    },
    Known {
        what: "-x on overlayfs",
        why: "files report other devices than their directory there, and GNU leaves them out; pdu asks directories",
        applies: |command, overlay, _| overlay && has_flag(command, b'x', "--one"),
    },
    Known {
        what: "vanished entries",
        why: "up to 9.10 an entry that vanishes while GNU walks is an error, later it is not; \
              no tree changes here, so the case is never made",
        applies: |_, _, _| false,
    },
    Known {
        what: "the last day of the year 2147485547",
        why: "whether the C library can tell that day in local time depends on how TZ is written; pdu can",
        applies: |_, _, gnu| contains(&gnu.stdout, b"\t67768036191676800\t"),
    },
    Known {
        what: "--time with a TZ that is a rule",
        why: "the C library knows no summer time before 1970 there; pdu follows the rule",
        applies: |command, _, _| {
            let is_rule = |(name, value): &(&str, Vec<u8>)| *name == "TZ" && value.contains(&b',');
            command.env.iter().any(is_rule) && command.words().any(|word| word.starts_with(b"--ti"))
        },
    },
    Known {
        what: "bidirectional controls in messages",
        why: "GNU writes them raw in a UTF-8 locale; pdu escapes what could turn a line around",
        applies: |_, _, gnu| contains(&gnu.stderr, b"\xe2\x80\xae"),
    },
    Known {
        what: "an empty directory with a slash at its end, under -L",
        why: "GNU loses the slash there, and only there",
        applies: |command, _, _| {
            let lists = [command.side.as_deref(), command.input.bytes()];
            let slash = |name: &[u8]| name.ends_with(b"/");
            has_flag(command, b'L', "--dereference")
                && (command.words().any(|word| slash(word))
                    || lists
                        .into_iter()
                        .flatten()
                        .any(|list| list.split(|&byte| byte == 0).any(slash)))
        },
    },
    Known {
        what: "several mistakes in one command line",
        why: "GNU goes on after an unknown option and may name a second mistake; pdu names the first",
        applies: |_, _, gnu| {
            let lines = gnu
                .stderr
                .split(|&byte| byte == b'\n')
                .filter(|line| contains(line, b": invalid "));
            gnu.stdout.is_empty()
                && contains(&gnu.stderr, b": invalid option -- ")
                && lines.count() > 1
        },
    },
    Known {
        what: "--time of what is older than 1970",
        why: "GNU's sums of the directories on the way to the first entry start at the epoch; pdu's do not",
        applies: |command, _, gnu| {
            let epoch: [&[u8]; 3] = [b"1970", b"\t1969-12-31", b"\t0"];
            command.words().any(|word| word.starts_with(b"--ti"))
                && epoch.iter().any(|epoch| contains(&gnu.stdout, epoch))
        },
    },
    Known {
        what: "-L below paths longer than PATH_MAX",
        why: "GNU names each entry by its whole path then, and the kernel refuses; pdu never does",
        applies: |command, _, gnu| {
            has_flag(command, b'L', "--dereference")
                && contains(&gnu.stderr, b": File name too long\n")
        },
    },
    Known {
        what: "--max-depth=-1",
        why: "GNU up to 9.10 takes it as 0; pdu refuses it, as GNU's development tree does",
        applies: |command, _, _| negative_depth(command),
    },
];

/// The intended difference that applies to this case.
pub(crate) fn known(command: &Command, overlay: bool, gnu: &Outcome) -> Option<&'static Known> {
    KNOWN
        .iter()
        .find(|known| (known.applies)(command, overlay, gnu))
}

/// pdu's message without pdu's own options, which it lists too where an abbreviation is ambiguous.
pub(crate) fn without_own_options(stderr: &[u8]) -> Vec<u8> {
    let lines = stderr.split_inclusive(|&byte| byte == b'\n').map(|line| {
        let Some((question, list)) = split_at(line, b"possibilities:") else {
            return line.to_vec();
        };
        let shared = list.split(|&byte| byte == b' ').filter(|word| {
            let bare = word
                .trim_ascii()
                .strip_prefix(b"'--")
                .and_then(|word| word.strip_suffix(b"'"));
            bare.is_none_or(|bare| LONG_OPTIONS.iter().any(|long| long.as_bytes() == bare))
        });
        let mut list = shared.collect::<Vec<_>>().join(&b' ');
        if !list.ends_with(b"\n") {
            list.push(b'\n');
        }
        [question, &list].concat()
    });
    lines.collect::<Vec<_>>().concat()
}

/// The text up to and with `mark`, and what follows.
fn split_at<'a>(text: &'a [u8], mark: &[u8]) -> Option<(&'a [u8], &'a [u8])> {
    let at = text.windows(mark.len()).position(|window| window == mark)?;
    Some(text.split_at(at + mark.len()))
}

fn contains(text: &[u8], part: &[u8]) -> bool {
    text.windows(part.len()).any(|window| window == part)
}

/// Whether an option is among the words, in a bundle or as an abbreviated long option. It is also true for a value that
/// looks like an option; that skips a case that could have been compared.
fn has_flag(command: &Command, letter: u8, word: &str) -> bool {
    command.words().any(|given| {
        let long = given.starts_with(b"--");
        (long && given.starts_with(word.as_bytes()))
            || (!long && given.starts_with(b"-") && given.contains(&letter))
    })
}

fn negative_depth(command: &Command) -> bool {
    let long = |word: &[u8]| word.starts_with(b"--m");
    let short = |word: &[u8]| word.starts_with(b"-") && !word.starts_with(b"--");
    let words: Vec<&Vec<u8>> = command.words().collect();
    let attached = words.iter().any(|word| {
        (long(word) && contains(word, b"=-")) || (short(word) && contains(word, b"d-"))
    });
    let apart = words.windows(2).any(|pair| {
        let option = long(pair[0]) || (short(pair[0]) && pair[0].ends_with(b"d"));
        option && pair[1].starts_with(b"-") && pair[1].get(1).is_some_and(u8::is_ascii_digit)
    });
    attached || apart
}
