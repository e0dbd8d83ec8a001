//! What to compare, from the command line.

use std::ffi::OsString;
use std::path::PathBuf;
use std::str::FromStr;

use crate::child::find_program;
use crate::slow::Slow;
use crate::trees::{Shape, Tree};
use crate::words::{Error, Words};

/// What is walked.
#[derive(Clone, Debug)]
pub(crate) enum Place {
    /// A tree that the harness makes.
    Generated(Tree),
    /// A FUSE mount that answers each call after a millisecond.
    Slow(Slow),
    /// A directory that is there.
    Real(PathBuf),
}

impl FromStr for Place {
    type Err = std::convert::Infallible;

    fn from_str(word: &str) -> Result<Self, Self::Err> {
        Ok(match (word.parse(), Slow::parse(word)) {
            (Ok(tree), _) => Self::Generated(tree),
            (_, Some(slow)) => Self::Slow(slow),
            _ => Self::Real(word.into()),
        })
    }
}

/// What the programs print.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mode {
    /// One total.
    Sum,
    /// A line per directory, into a file on tmpfs.
    Full,
    /// One total, by pdu with and without `-v`.
    Verbose,
    /// Snapshots, and what changed since one.
    Snapshots,
    /// The explorer.
    Explore,
}

impl Mode {
    /// Its name on the command line and in reports.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Sum => "s",
            Self::Full => "full",
            Self::Verbose => "v",
            Self::Snapshots => "snapshots",
            Self::Explore => "explore",
        }
    }
}

impl FromStr for Mode {
    type Err = ();

    fn from_str(word: &str) -> Result<Self, ()> {
        let all = [
            Self::Sum,
            Self::Full,
            Self::Verbose,
            Self::Snapshots,
            Self::Explore,
        ];
        all.into_iter().find(|mode| mode.word() == word).ok_or(())
    }
}

/// All that can be chosen.
pub(crate) struct Options {
    /// The trees, in order.
    pub(crate) places: Vec<Place>,
    /// Without a choice: totals everywhere, listings where they are of reasonable length.
    pub(crate) modes: Option<Vec<Mode>>,
    /// Measured rounds.
    pub(crate) rounds: u32,
    /// Runs of the floor, and of pdu beside its default.
    pub(crate) threads: Vec<u32>,
    /// Warm, cold or both.
    pub(crate) caches: Vec<Caches>,
    /// The program that is tried.
    pub(crate) pdu: PathBuf,
    /// The judges; the first is the one that ratios are against.
    pub(crate) gnu: Vec<PathBuf>,
    /// Names of contestants to run; all when empty.
    pub(crate) only: Vec<String>,
    /// Where to write the figures for machines.
    pub(crate) json: Option<PathBuf>,
    /// The system call of the floor.
    pub(crate) call: String,
}

/// The state of the kernel's caches before a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Caches {
    /// The tree was walked just before.
    Warm,
    /// Dropped before each run.
    Cold,
}

impl Caches {
    /// Its name in reports.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Warm => "warm",
            Self::Cold => "cold",
        }
    }
}

impl Options {
    /// Reads the words after `compare`.
    pub(crate) fn parse(words: &mut Words) -> Result<Self, Error> {
        let mut options = Self::standard();
        let (mut quick, mut rounds) = (false, None);
        while let Some(word) = words.next() {
            match word.to_str().unwrap_or_default() {
                "--quick" => quick = true,
                "--rounds" => rounds = Some(words.number("--rounds")?),
                option if option.starts_with("--") => options.set(option, words)?,
                _ => options.places.push(Place::Real(word.into())),
            }
        }
        if options.places.is_empty() {
            options.places = Shape::ALL
                .map(|shape| Place::Generated(Tree { shape, scale: 1.0 }))
                .into();
        }
        if quick {
            options.scale_down(0.05);
        }
        options.rounds = rounds.unwrap_or(if quick { 3 } else { 7 }).max(1);
        options.complete()
    }

    fn standard() -> Self {
        let cores = std::thread::available_parallelism().map_or(1, |cores| cores.get() as u32);
        let mut threads = vec![1, cores, 20];
        threads.sort_unstable();
        threads.dedup();
        Self {
            places: Vec::new(),
            modes: None,
            rounds: 7,
            threads,
            caches: vec![Caches::Warm],
            pdu: env!("CARGO_BIN_EXE_pdu").into(),
            gnu: Vec::new(),
            only: Vec::new(),
            json: None,
            call: "fstatat".into(),
        }
    }

    fn set(&mut self, option: &str, words: &mut Words) -> Result<(), Error> {
        match option {
            "--trees" => self.places.extend(words.list::<Place>(option)?),
            "--modes" => self.modes = Some(words.list(option)?),
            "--threads" => self.threads = words.list(option)?,
            "--cold" => self.caches.push(Caches::Cold),
            "--cold-only" => self.caches = vec![Caches::Cold],
            "--pdu" => self.pdu = words.value(option)?.into(),
            "--gnu" => self.gnu.push(words.value(option)?.into()),
            "--only" => self.only = words.list(option)?,
            "--json" => self.json = Some(words.value(option)?.into()),
            "--floor-call" => self.call = words.text(option)?,
            _ => return Err(format!("{option}: no such option").into()),
        }
        Ok(())
    }

    fn scale_down(&mut self, factor: f64) {
        for place in &mut self.places {
            if let Place::Generated(tree) = place
                && tree.shape != Shape::Tiny
            {
                tree.scale *= factor;
            }
        }
    }

    /// Adds GNU du if none is given, and refuses what needs root where this process has other rights.
    fn complete(mut self) -> Result<Self, Error> {
        if self.gnu.is_empty() {
            let newest = Some(PathBuf::from("/opt/gnu/du")).filter(|du| du.is_file());
            let system = find_program("du").ok_or("no GNU du on PATH; --gnu says where it is")?;
            self.gnu.extend(newest);
            self.gnu.push(system);
        }
        if self.caches.contains(&Caches::Cold) && !rustix::process::geteuid().is_root() {
            return Err("--cold needs root, to drop the caches".into());
        }
        Ok(self)
    }

    /// Whether the contestant `name` is wanted; `pdu` stands for all of `pdu`, `pdu -j1`, ...
    pub(crate) fn wants(&self, name: &str) -> bool {
        let family = name.split(' ').next();
        self.only.is_empty()
            || self
                .only
                .iter()
                .any(|only| only == name || Some(only.as_str()) == family)
    }

    /// The modes for `place`.
    pub(crate) fn modes_for(&self, place: &Place) -> Vec<Mode> {
        use Shape::{Home, Links, Wide};
        match (&self.modes, place) {
            (Some(modes), _) => modes.clone(),
            // The names of a chain grow with its depth: its listing is 400 MB at 20,000 levels.
            (None, Place::Generated(tree)) if !matches!(tree.shape, Home | Links | Wide) => {
                vec![Mode::Sum]
            }
            (None, Place::Slow(_)) => vec![Mode::Sum],
            (None, _) => vec![Mode::Sum, Mode::Full],
        }
    }
}

/// The words of a command.
pub(crate) fn command(program: impl Into<OsString>, arguments: &[&str]) -> Vec<OsString> {
    let mut words = vec![program.into()];
    words.extend(arguments.iter().map(OsString::from));
    words
}
