//! The rounds: all contestants in turn, so that whatever disturbs the machine disturbs all of them, and ratios are taken
//! within a round.

use std::ffi::OsString;
use std::io;
use std::path::{Path, PathBuf};

use crate::child::{self, Cost};
use crate::contestants::Contestant;
use crate::options::{Caches, Mode};

/// Small trees are walked again and again until GNU du has taken this long; seconds.
const LONG_ENOUGH: f64 = 0.2;

/// One field of the comparison: a tree, a mode, and the state of the caches.
pub(crate) struct Field {
    /// The tree's name in reports.
    pub(crate) tree: String,
    /// The mode.
    pub(crate) mode: Mode,
    /// Warm or cold.
    pub(crate) caches: Caches,
    /// The peak of the harness: a smaller one cannot be measured.
    pub(crate) harness_peak: u64,
    /// Who ran, GNU du first.
    pub(crate) series: Vec<Series>,
}

/// The runs of one contestant in one field.
pub(crate) struct Series {
    /// The contestant's name.
    pub(crate) name: String,
    /// The whole command.
    pub(crate) command: Vec<OsString>,
    /// One for each round.
    pub(crate) costs: Vec<Cost>,
    /// Whether the output was GNU du's, if it should be.
    pub(crate) same: Option<bool>,
}

impl Series {
    /// Median of a measure over all rounds.
    pub(crate) fn median(&self, measure: impl Fn(&Cost) -> f64) -> f64 {
        median(self.costs.iter().map(measure).collect())
    }

    /// Whether it ended well in every round, with the output that it should have.
    pub(crate) fn sound(&self) -> bool {
        self.same != Some(false) && self.costs.iter().all(|cost| cost.status == 0)
    }

    /// Median of the ratios within each round.
    pub(crate) fn ratio(&self, below: &Self, measure: impl Fn(&Cost) -> f64) -> f64 {
        let pairs = self.costs.iter().zip(&below.costs);
        median(
            pairs
                .map(|(over, under)| measure(over) / measure(under))
                .collect(),
        )
    }
}

impl Field {
    /// The series of the contestant `name`.
    pub(crate) fn series(&self, name: &str) -> Option<&Series> {
        self.series.iter().find(|series| series.name == name)
    }
}

/// The statistics of a series; ratios are medians of the ratios within each round, NaN where the other did not run.
pub(crate) struct Figures {
    /// Seconds.
    pub(crate) wall: f64,
    /// Seconds.
    pub(crate) cpu: f64,
    /// Bytes.
    pub(crate) peak: f64,
    /// Above 1, pdu is the faster.
    pub(crate) wall_over_pdu: f64,
    /// Above 1, pdu is the cheaper.
    pub(crate) cpu_over_pdu: f64,
    /// Above 1, this one is faster than GNU du.
    pub(crate) gnu_over_wall: f64,
}

impl Field {
    /// The figures of one of its series.
    pub(crate) fn figures(&self, one: &Series) -> Figures {
        let (pdu, gnu) = (self.series("pdu"), self.series("gnu"));
        Figures {
            wall: one.median(|cost| cost.wall),
            cpu: one.median(|cost| cost.cpu),
            peak: one.median(|cost| cost.peak as f64),
            wall_over_pdu: pdu.map_or(f64::NAN, |pdu| one.ratio(pdu, |cost| cost.wall)),
            cpu_over_pdu: pdu.map_or(f64::NAN, |pdu| one.ratio(pdu, |cost| cost.cpu)),
            gnu_over_wall: gnu.map_or(f64::NAN, |gnu| gnu.ratio(one, |cost| cost.wall)),
        }
    }
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_unstable_by(f64::total_cmp);
    let middle = values.len() / 2;
    match values.len() {
        0 => f64::NAN,
        odd if odd % 2 == 1 => values[middle],
        _ => f64::midpoint(values[middle - 1], values[middle]),
    }
}

/// Where standard output goes.
pub(crate) struct Outputs {
    dir: PathBuf,
}

impl Outputs {
    /// A directory of our own on tmpfs, or wherever temporary files go.
    pub(crate) fn new() -> io::Result<Self> {
        let shm = PathBuf::from("/dev/shm");
        let parent = if shm.is_dir() {
            shm
        } else {
            std::env::temp_dir()
        };
        let dir = parent.join(format!("pdu-bench-{}", std::process::id()));
        std::fs::create_dir(&dir)?;
        Ok(Self { dir })
    }

    /// For files that commands write.
    pub(crate) fn dir(&self) -> &Path {
        &self.dir
    }

    fn file(&self, name: &str) -> PathBuf {
        self.dir.join(name)
    }
}

impl Drop for Outputs {
    fn drop(&mut self) {
        // Left over, they are a few files on tmpfs.
        let _ = std::fs::remove_dir_all(&self.dir);
    }
}

/// Runs all `contestants` over `tree` for `rounds`, after one round that is not measured but judged.
pub(crate) fn run(
    contestants: Vec<Contestant>,
    tree: &Path,
    (name, mode, caches): (String, Mode, Caches),
    rounds: u32,
    outputs: &Outputs,
) -> io::Result<Field> {
    let (mut series, gnu) = first_round(contestants, tree, outputs)?;
    let full = mode == Mode::Full;
    let output = if full {
        outputs.file("listing")
    } else {
        "/dev/null".into()
    };
    let times = match caches {
        Caches::Warm if !full => (LONG_ENOUGH / gnu).ceil().clamp(1.0, 200.0) as u32,
        _ => 1,
    };
    for round in 0..rounds as usize {
        one_round(&mut series, round, caches, times, &output)?;
    }
    let harness_peak = child::own_peak();
    Ok(Field {
        tree: name,
        mode,
        caches,
        harness_peak,
        series,
    })
}

/// Warms the caches and compares each output with that of the first contestant, if that is GNU du. Also gives the time of
/// the first contestant.
fn first_round(
    contestants: Vec<Contestant>,
    tree: &Path,
    outputs: &Outputs,
) -> io::Result<(Vec<Series>, f64)> {
    let reference = outputs.file("gnu");
    let judged = contestants.first().is_some_and(|first| first.name == "gnu");
    let mut series = Vec::new();
    let mut wall = LONG_ENOUGH;
    for contestant in contestants {
        let first = series.is_empty();
        let output = if first {
            reference.clone()
        } else {
            outputs.file("other")
        };
        let command = contestant.on(tree.as_os_str());
        let cost = child::run(&command, &output)?;
        wall = if first { cost.wall } else { wall };
        let same = match contestant.judged && judged && !first {
            true => Some(child::same_bytes(&reference, &output)?),
            false => None,
        };
        series.push(Series {
            name: contestant.name,
            command,
            costs: Vec::new(),
            same,
        });
    }
    Ok((series, wall))
}

/// Each round begins with another contestant: none always follows the heaviest.
fn one_round(
    series: &mut [Series],
    round: usize,
    caches: Caches,
    times: u32,
    output: &Path,
) -> io::Result<()> {
    let count = series.len();
    for turn in 0..count {
        let one = &mut series[(turn + round) % count];
        if caches == Caches::Cold {
            child::drop_caches(Path::new(&one.command[0]))?;
        }
        one.costs
            .push(child::run_times(&one.command, output, times)?);
    }
    Ok(())
}
