//! A random command line with its environment, standard input and side files.

use super::operands::operands;
use super::options::{BAD, Opt, options, pattern_file, valued};
use super::random::{chance, pick, weighted};
use super::random_tree::Tree;
use crate::support::gnu_du::LONG_OPTIONS;
use crate::support::gnu_du::Release;
use fastrand::Rng;

/// What the programs find on standard input.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Input {
    Null,
    File(Vec<u8>),
    Pipe(Vec<u8>),
}

impl Input {
    /// The bytes to read.
    pub(crate) fn bytes(&self) -> Option<&[u8]> {
        match self {
            Self::Null => None,
            Self::File(bytes) | Self::Pipe(bytes) => Some(bytes),
        }
    }
}

/// The input of both programs.
#[derive(Debug, Clone)]
pub(crate) struct Command {
    /// Words that belong together: a failing case is shrunk group by group.
    pub(crate) groups: Vec<Vec<Vec<u8>>>,
    pub(crate) env: Vec<(&'static str, Vec<u8>)>,
    pub(crate) input: Input,
    /// Contents of the file `@SIDE@` in the words, which lies outside of the tree.
    pub(crate) side: Option<Vec<u8>>,
    /// Working directory, relative to the root of the tree.
    pub(crate) within: Vec<u8>,
    pub(crate) nobody: bool,
    pub(crate) jobs: u32,
    /// An invalid command line: only the first line on stderr is compared.
    pub(crate) bad: bool,
}

/// The placeholder for the path of the side file.
pub(crate) const SIDE: &[u8] = b"@SIDE@";

impl Command {
    /// A random command about `tree`, whose root lies at `root`.
    pub(crate) fn random(rng: &mut Rng, release: &Release, tree: &Tree, root: &[u8]) -> Command {
        let locked = tree.items.iter().any(|item| item.mode.is_some());
        let mut command = Command {
            groups: Vec::new(),
            env: environment(rng),
            input: Input::Null,
            side: None,
            within: Vec::new(),
            nobody: chance(rng, if locked { 65 } else { 10 }),
            jobs: weighted(rng, &[(2, 1), (2, 2), (2, 3), (3, 20), (2, 64)]),
            bad: chance(rng, 7),
        };
        let mut names = operands(rng, tree, root);
        let mut opts = options(rng, release, tree);
        if command.bad {
            opts.truncate(2);
        }
        let timed = opts.iter().any(|opt| opt.long == Some("time"));
        if chance(rng, if timed { 30 } else { 3 }) {
            command.env.push(("TIME_STYLE", time_style(rng, release)));
        }
        command.add_exclude_from(rng, tree, &mut opts);
        command.add_files_from(rng, &mut opts, &mut names);
        command.groups = spell_options(rng, &opts);
        if command.bad {
            let wrong = pick(rng, BAD).iter().map(|word| word.as_bytes().to_vec());
            let at = rng.usize(0..=command.groups.len());
            command.groups.insert(at, wrong.collect());
        }
        if names.is_empty() && chance(rng, 60) {
            command.within = some_dir(rng, tree);
        }
        command.place(rng, names);
        command
    }

    /// All the words, in order.
    pub(crate) fn words(&self) -> impl Iterator<Item = &Vec<u8>> {
        self.groups.iter().flatten()
    }

    /// `-X FILE`, or `-X -`.
    fn add_exclude_from(&mut self, rng: &mut Rng, tree: &Tree, opts: &mut Vec<Opt>) {
        if !chance(rng, 8) {
            return;
        }
        let lines = pattern_file(rng, tree);
        let value = if chance(rng, 30) {
            self.input = stream(rng, lines);
            b"-".to_vec()
        } else {
            self.side = Some(lines);
            SIDE.to_vec()
        };
        opts.push(valued(b'X', "exclude-from", value));
    }

    /// `--files0-from=F`, or `-`, with the operands moved into it.
    fn add_files_from(&mut self, rng: &mut Rng, opts: &mut Vec<Opt>, names: &mut Vec<Vec<u8>>) {
        if !chance(rng, 9) || self.side.is_some() || self.input != Input::Null {
            return;
        }
        let mut moved = if chance(rng, 92) {
            std::mem::take(names)
        } else {
            names.clone()
        };
        if chance(rng, 20) {
            let at = rng.usize(0..=moved.len());
            moved.insert(at, weighted(rng, &[(1, &b""[..]), (1, &b"-"[..])]).to_vec());
        }
        let mut list = moved.join(&0);
        if chance(rng, 70) && !moved.is_empty() {
            list.push(0);
        }
        let value = if chance(rng, 50) {
            self.input = stream(rng, list);
            b"-".to_vec()
        } else {
            self.side = Some(list);
            SIDE.to_vec()
        };
        opts.push(valued(0, "files0-from", value));
    }

    /// Puts the operands after the options, after `--`, or among the options.
    fn place(&mut self, rng: &mut Rng, mut names: Vec<Vec<u8>>) {
        let dashed = names.iter().any(|name| name.starts_with(b"-"));
        if chance(rng, 15) || (dashed && chance(rng, 60)) {
            self.groups.push(vec![b"--".to_vec()]);
            self.groups.extend(names.into_iter().map(|name| vec![name]));
            return;
        }
        for name in &mut names {
            if name.starts_with(b"-") && chance(rng, 90) {
                *name = [b"./", &name[..]].concat();
            }
        }
        let mixed = chance(rng, 25);
        let options = self.groups.len();
        let mut at = 0;
        for name in names {
            at = if mixed {
                rng.usize(at..=self.groups.len())
            } else {
                options.max(at)
            };
            self.groups.insert(at, vec![name]);
            at += 1;
        }
    }
}

fn stream(rng: &mut Rng, bytes: Vec<u8>) -> Input {
    // A pipe holds 64 KiB: writing more would block the harness until the program reads.
    if chance(rng, 50) && bytes.len() < 60_000 {
        Input::Pipe(bytes)
    } else {
        Input::File(bytes)
    }
}

/// A working directory; its path must fit into one `chdir`.
fn some_dir(rng: &mut Rng, tree: &Tree) -> Vec<u8> {
    let dirs = tree
        .items
        .iter()
        .filter(|item| item.is_dir() && item.path.len() < 1000);
    rng.choice(dirs.collect::<Vec<_>>())
        .map(|item| item.path.clone())
        .unwrap_or_default()
}

/// Values of `BLOCK_SIZE` and the like; du ignores the invalid ones.
#[rustfmt::skip]
const SIZES: &[&str] = &[
    "1", "512", "1M", "K", "MB", "human-readable", "si", "0", "garbage", "", "1x", "'1", "-1", "9Y",
];

fn environment(rng: &mut Rng) -> Vec<(&'static str, Vec<u8>)> {
    let mut env: Vec<(&str, Vec<u8>)> = Vec::new();
    let locale = if chance(rng, 75) { "C" } else { "C.UTF-8" };
    env.push(("LC_ALL", locale.into()));
    let zone = weighted(
        rng,
        &[
            (5, "UTC0"),
            (4, "Europe/Berlin"),
            (1, "EST5EDT,M3.2.0,M11.1.0"),
            (1, "<+0545>-5:45"),
            (1, "No/Where"),
        ],
    );
    env.push(("TZ", zone.into()));
    for (percent, name) in [(7, "DU_BLOCK_SIZE"), (6, "BLOCK_SIZE"), (6, "BLOCKSIZE")] {
        if chance(rng, percent) {
            env.push((name, pick(rng, SIZES).into()));
        }
    }
    if chance(rng, 6) {
        env.push(("POSIXLY_CORRECT", pick(rng, &["1", ""]).into()));
    }
    env
}

/// A value of `TIME_STYLE`. Releases differ in how many lines they take to refuse one.
fn time_style(rng: &mut Rng, release: &Release) -> Vec<u8> {
    let good = [
        "full-iso",
        "posix-long-iso",
        "posix-posix-iso",
        "locale",
        "+%s",
        "+%Y\n+%m",
        "iso",
        "+",
    ];
    let wrong = ["posix-locale", "garbage", ""];
    if release.same_messages() && chance(rng, 25) {
        return pick(rng, &wrong).into();
    }
    pick(rng, &good).into()
}

/// Writes options as words: short or long, bundled, abbreviated, the value attached or separate.
fn spell_options(rng: &mut Rng, opts: &[Opt]) -> Vec<Vec<Vec<u8>>> {
    let mut groups: Vec<Vec<Vec<u8>>> = Vec::new();
    // The last group, if it is a bundle of letters that another letter may join.
    let mut open = false;
    for opt in opts {
        let lettered = opt.short.is_some() && (opt.long.is_none() || chance(rng, 65));
        let Some(letter) = opt.short.filter(|_| lettered) else {
            groups.push(spell_word(rng, opt));
            open = false;
            continue;
        };
        if open && chance(rng, 50) {
            if let Some(word) = groups.last_mut().and_then(|group| group.last_mut()) {
                word.push(letter);
            }
        } else {
            groups.push(vec![vec![b'-', letter]]);
        }
        open = opt.value.is_none();
        if let (Some(value), Some(group)) = (&opt.value, groups.last_mut()) {
            add_value(rng, group, value, b"");
        }
    }
    groups
}

fn spell_word(rng: &mut Rng, opt: &Opt) -> Vec<Vec<u8>> {
    let long = opt.long.unwrap_or("all");
    let mut word = long;
    if chance(rng, 30) {
        let least = (1..=long.len()).find(|&length| unique(&long[..length], long));
        word = &long[..rng.usize(least.unwrap_or(long.len())..=long.len())];
    }
    let mut group = vec![format!("--{word}").into_bytes()];
    if let Some(value) = &opt.value {
        // The value of --time is optional, and must be attached.
        if long == "time" {
            group[0].extend([b"=", &value[..]].concat());
        } else {
            add_value(rng, &mut group, value, b"=");
        }
    }
    group
}

fn unique(prefix: &str, long: &str) -> bool {
    prefix == long
        || LONG_OPTIONS
            .iter()
            .filter(|other| other.starts_with(prefix))
            .count()
            == 1
}

/// Attaches a value to the last word, or lets it follow as a word of its own.
fn add_value(rng: &mut Rng, group: &mut Vec<Vec<u8>>, value: &[u8], link: &[u8]) {
    // An attached empty value of a letter would be none at all.
    let apart = chance(rng, 35) || (value.is_empty() && link.is_empty());
    match group.last_mut() {
        Some(word) if !apart => {
            word.extend(link);
            word.extend(value);
        }
        _ => group.push(value.to_vec()),
    }
}
