//! The goals for pdu, and which of them a comparison meets. Goals whose trees or contestants did not run are left out.

use crate::options::{Caches, Mode};
use crate::rounds::{Field, Series};

/// What is compared.
#[derive(Clone, Copy)]
enum Measure {
    Wall,
    Cpu,
    /// MiB, of one contestant.
    Peak,
}

/// `over` divided by `under` (or the peak of `over`) against a bound.
struct Goal {
    tree: &'static str,
    mode: Mode,
    caches: Caches,
    measure: Measure,
    over: &'static str,
    under: &'static str,
    at_least: bool,
    bound: f64,
}

/// What became of a goal.
pub(crate) struct GoalResult {
    /// The goal, in words.
    pub(crate) what: String,
    /// What was measured.
    pub(crate) value: f64,
    /// The mode.
    pub(crate) bound: f64,
    /// Whether more is better.
    pub(crate) at_least: bool,
}

impl GoalResult {
    /// Whether it was reached.
    pub(crate) fn reached(&self) -> bool {
        if self.at_least {
            self.value >= self.bound
        } else {
            self.value <= self.bound
        }
    }
}

/// A ratio of wall clocks that must be reached: GNU du's over `under`'s.
const fn ahead(tree: &'static str, mode: Mode, under: &'static str, bound: f64) -> Goal {
    let (caches, measure) = (Caches::Warm, Measure::Wall);
    Goal {
        tree,
        mode,
        caches,
        measure,
        over: "gnu",
        under,
        at_least: true,
        bound,
    }
}

/// A ratio that must not be exceeded.
const fn within(
    tree: &'static str,
    measure: Measure,
    over: &'static str,
    under: &'static str,
    bound: f64,
) -> Goal {
    Goal {
        tree,
        mode: Mode::Sum,
        caches: Caches::Warm,
        measure,
        over,
        under,
        at_least: false,
        bound,
    }
}

/// A peak of pdu's in MiB.
const fn peak(tree: &'static str, mode: Mode, bound: f64) -> Goal {
    let (caches, measure) = (Caches::Warm, Measure::Peak);
    Goal {
        tree,
        mode,
        caches,
        measure,
        over: "pdu",
        under: "",
        at_least: false,
        bound,
    }
}

const GOALS: [Goal; 24] = [
    within("home", Measure::Cpu, "pdu", "floor -j2", 1.08),
    within("home", Measure::Cpu, "pdu -j1", "floor -j1", 1.08),
    within("home", Measure::Cpu, "pdu -j2", "floor -j2", 1.08),
    within("home", Measure::Cpu, "pdu -j20", "floor -j20", 1.08),
    ahead("home", Mode::Sum, "pdu", 2.1),
    ahead("home", Mode::Full, "pdu", 2.0),
    ahead("home", Mode::Sum, "pdu -j1", 1.1),
    ahead("flat", Mode::Sum, "pdu", 2.4),
    ahead("links", Mode::Sum, "pdu", 1.8),
    ahead("links", Mode::Full, "pdu", 1.8),
    ahead("deep", Mode::Sum, "pdu", 1.0),
    ahead("wide", Mode::Sum, "pdu", 1.0),
    within("tiny", Measure::Wall, "pdu", "gnu", 1.15),
    Goal {
        caches: Caches::Cold,
        ..ahead("home", Mode::Sum, "pdu -j20", 1.9)
    },
    Goal {
        over: "pdu -j1",
        ..ahead("slow-dirs", Mode::Sum, "pdu -j20", 15.0)
    },
    Goal {
        over: "pdu -j1",
        ..ahead("slow-files", Mode::Sum, "pdu -j20", 15.0)
    },
    peak("home", Mode::Sum, 6.0),
    peak("flat", Mode::Sum, 6.0),
    peak("home", Mode::Full, 24.0),
    peak("links", Mode::Full, 16.0),
    Goal {
        mode: Mode::Verbose,
        ..within("home", Measure::Cpu, "pdu -v", "pdu", 1.02)
    },
    Goal {
        mode: Mode::Verbose,
        ..within("flat", Measure::Cpu, "pdu -v", "pdu", 1.02)
    },
    Goal {
        mode: Mode::Explore,
        ..within("home", Measure::Wall, "pdu -i", "pdu", 1.1)
    },
    Goal {
        mode: Mode::Explore,
        ..within("flat", Measure::Wall, "pdu -i", "pdu", 1.1)
    },
];

/// By how much pdu leads every peer, on trees of more than 100,000 entries and on others.
const LEAD: f64 = 1.3;
const LARGE: [&str; 3] = ["home", "flat", "links"];

/// The results of `fields` for the goals.
pub(crate) fn results(fields: &[Field]) -> Vec<GoalResult> {
    let mut results: Vec<GoalResult> = GOALS
        .iter()
        .filter_map(|goal| result(goal, fields))
        .collect();
    for field in fields.iter().filter(|field| field.caches == Caches::Warm) {
        leads(field, &mut results);
        identity(field, &mut results);
    }
    results
}

/// A tree's name without its scale: a trial run at a small scale shows the same lines.
fn base(name: &str) -> &str {
    name.split('@').next().unwrap_or(name)
}

fn result(goal: &Goal, fields: &[Field]) -> Option<GoalResult> {
    let matches = |field: &&Field| {
        base(&field.tree) == goal.tree && field.mode == goal.mode && field.caches == goal.caches
    };
    let field = fields.iter().find(matches)?;
    let over = field.series(goal.over)?;
    let under = if goal.under.is_empty() {
        over
    } else {
        field.series(goal.under)?
    };
    let (value, what) = match goal.measure {
        Measure::Peak => (
            over.median(|cost| cost.peak as f64) / 1_048_576.0,
            "peak MiB of pdu".into(),
        ),
        Measure::Wall => (over.ratio(under, |cost| cost.wall), compared("wall", goal)),
        Measure::Cpu => (over.ratio(under, |cost| cost.cpu), compared("CPU", goal)),
    };
    // NaN reaches no goal: a program that failed or answered wrongly has no speed.
    let value = if over.sound() && under.sound() {
        value
    } else {
        f64::NAN
    };
    let what = format!(
        "{} {} {}: {what}",
        field.tree,
        field.mode.word(),
        field.caches.word()
    );
    Some(GoalResult {
        what,
        value,
        bound: goal.bound,
        at_least: goal.at_least,
    })
}

fn compared(measure: &str, goal: &Goal) -> String {
    format!("{measure} of {} / {}", goal.over, goal.under)
}

fn leads(field: &Field, results: &mut Vec<GoalResult>) {
    let Some(pdu) = field.series("pdu") else {
        return;
    };
    let ours =
        |series: &&Series| !matches!(series.name.split(' ').next(), Some("pdu" | "floor" | "gnu"));
    let bound = if LARGE.contains(&base(&field.tree)) {
        LEAD
    } else {
        1.0
    };
    for peer in field.series.iter().filter(ours) {
        let place = format!("{} {}", field.tree, field.mode.word());
        let mut add = |measure: &str, value| {
            let what = format!("{place}: {measure} of {} / pdu", peer.name);
            results.push(GoalResult {
                what,
                value,
                bound,
                at_least: true,
            });
        };
        add("wall", peer.ratio(pdu, |cost| cost.wall));
        add("CPU", peer.ratio(pdu, |cost| cost.cpu));
    }
}

/// One line a field: whether all of pdu's outputs were GNU du's.
fn identity(field: &Field, results: &mut Vec<GoalResult>) {
    let ours = |series: &&Series| series.name.starts_with("pdu") && series.same.is_some();
    let judged: Vec<&Series> = field.series.iter().filter(ours).collect();
    if !judged.is_empty() {
        let same = judged
            .iter()
            .filter(|series| series.same == Some(true))
            .count();
        let what = format!(
            "{} {}: runs of pdu with gnu's output",
            field.tree,
            field.mode.word()
        );
        let (value, bound) = (same as f64, judged.len() as f64);
        results.push(GoalResult {
            what,
            value,
            bound,
            at_least: true,
        });
    }
}
