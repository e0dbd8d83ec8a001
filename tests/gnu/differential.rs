//! pdu against GNU du: random trees, random command lines, the same bytes, messages and status.
//!
//! The expected output comes from GNU du; nothing here computes disk usage. Everything follows from a seed, so a
//! difference is reproduced by `PDU_SEED=… PDU_ONLY=case cargo test --test gnu differential`.
//!
//! | variable | meaning | default |
//! |---|---|---|
//! | `PDU_BIN` | the program under test | the one just built |
//! | `PDU_BIN_IS_GNU` | `1`: it is a GNU du too, and knows no `-j` | |
//! | `PDU_REFERENCE_DU` | the GNU du to compare with | `/opt/gnu/du`, else a GNU `du` on PATH |
//! | `PDU_CASES`, `PDU_SEED`, `PDU_ONLY` | how many, which, only this case | 200, 1, all |
//! | `PDU_DIFF_DIR` | where trees are created, in turn (`:` between) | the target directory, `/dev/shm` |
//! | `PDU_FAIL_DIR` | where trees with differences are kept | nowhere |
//! | `PDU_SHOW` | how many differences are printed in full | 10 |
//! | `PDU_THOROUGH` | `1`: also directories of over 100,000 entries | |

mod command;
mod compare;
pub(crate) mod known;
mod materialize;
mod names;
mod operands;
mod options;
mod random;
mod random_tree;
mod report;
mod run;

use command::Command;
use compare::{Comparison, Difference, Programs};
use materialize::{create_tree, on_overlay, on_tmpfs, restore_modes};
use random::rng_for;
use random_tree::{Location, Tree, random_tree, shape};
use report::{Tally, describe, shell_line};
use run::{Place, Program, Termination, reachable};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};

use crate::support::gnu_du::{GnuDu, find_on_path};
use crate::support::run::PDU;
use crate::support::skip::{skip, thorough};

/// Cases for each tree: the trees are the costly part.
const QUESTIONS: u64 = 12;

/// The programs, and the cases to run.
#[derive(Debug, Clone)]
struct Series {
    name: &'static str,
    programs: Programs,
    seed: u64,
    cases: u64,
    only: Option<u64>,
    show: usize,
}

/// A series, and where it runs.
#[derive(Debug, Clone)]
struct Plan {
    series: Series,
    enormous: bool,
    keep: Option<PathBuf>,
    workdirs: Vec<Workdir>,
}

/// A directory in which trees are created.
#[derive(Debug, Clone)]
struct Workdir {
    dir: PathBuf,
    elsewhere: Option<PathBuf>,
    tmpfs: bool,
    overlay: bool,
    setpriv: Option<PathBuf>,
}

#[test]
fn pdu_agrees_with_gnu_du() {
    let Some(gnu_du) = GnuDu::any().cloned() else {
        return;
    };
    let path = PathBuf::from(std::env::var_os("PDU_BIN").unwrap_or(PDU.into()));
    let takes_jobs = !set("PDU_BIN_IS_GNU");
    let pdu = Program { path, takes_jobs };
    let tally = run_series(Series {
        name: "differential",
        programs: programs(pdu, gnu_du),
        seed: number("PDU_SEED").unwrap_or(1),
        cases: number("PDU_CASES").unwrap_or(200),
        only: number("PDU_ONLY"),
        show: number("PDU_SHOW").unwrap_or(10) as usize,
    });
    assert_eq!(tally.differences, 0, "pdu and GNU du differ, see above");
}

/// A test of the harness: a tree that changes between two runs, or a command that both programs do not get alike, makes
/// this test fail.
#[test]
fn gnu_du_agrees_with_itself() {
    let Some(gnu_du) = GnuDu::any().cloned() else {
        return;
    };
    let tally = run_series(Series {
        name: "itself",
        programs: programs(gnu_program(&gnu_du), gnu_du),
        seed: 2,
        cases: 24,
        only: None,
        show: 10,
    });
    assert_eq!(
        tally.differences, 0,
        "the harness makes differences, see above"
    );
}

/// A test of the harness: where the machine has two releases of GNU du, it finds what changed between them.
#[test]
fn an_older_gnu_du_is_caught() {
    let releases = GnuDu::built_and_system().filter(|(newest, older)| {
        newest.release.has_short_apparent() && !older.release.has_short_apparent()
    });
    let Some((newest, older)) = releases else {
        return skip("there are no two releases of GNU du to compare");
    };
    let tally = run_series(Series {
        name: "older",
        programs: programs(gnu_program(&older), newest),
        seed: 1,
        cases: 36,
        only: None,
        show: 0,
    });
    assert!(tally.differences > 0, "the harness finds no difference");
}

fn programs(pdu: Program, gnu_du: GnuDu) -> Programs {
    let gnu = gnu_program(&gnu_du);
    Programs { gnu, gnu_du, pdu }
}

fn gnu_program(gnu_du: &GnuDu) -> Program {
    Program {
        path: gnu_du.path.clone(),
        takes_jobs: false,
    }
}

fn set(name: &str) -> bool {
    std::env::var_os(name).is_some_and(|value| value == "1")
}

fn number(name: &str) -> Option<u64> {
    let value = std::env::var(name).ok()?;
    Some(value.parse().expect("the variable holds a number"))
}

/// Runs all cases, two trees at a time, and prints the differences.
fn run_series(series: Series) -> Tally {
    let plan = Plan {
        workdirs: make_workdirs(series.name, &series.programs),
        enormous: thorough(),
        keep: std::env::var_os("PDU_FAIL_DIR").map(PathBuf::from),
        series,
    };
    let mut tally = Tally::default();
    std::thread::scope(|scope| {
        let halves = [0, 1].map(|half| {
            let plan = &plan;
            scope.spawn(move || run_half(plan, half))
        });
        for half in halves {
            tally.merge(half.join().expect("a half of the series panicked"));
        }
    });
    for workdir in &plan.workdirs {
        let _ = std::fs::remove_dir_all(&workdir.dir);
    }
    print_summary(&plan.series, &tally);
    tally
}

fn print_summary(series: &Series, tally: &Tally) {
    for report in tally.reports.iter().take(series.show) {
        eprintln!("{report}");
    }
    let gnu_du = &series.programs.gnu_du;
    eprintln!(
        "{}: {} against GNU du {} ({}), seed {}: {}",
        series.name,
        series.programs.pdu.path.display(),
        gnu_du.release,
        gnu_du.path.display(),
        series.seed,
        tally.summary()
    );
}

/// The trees with even numbers, or those with odd ones.
fn run_half(plan: &Plan, half: u64) -> Tally {
    let mut tally = Tally::default();
    let trees = plan.series.cases.div_ceil(QUESTIONS);
    let wanted = |tree: &u64| {
        plan.series
            .only
            .is_none_or(|case| case / QUESTIONS == *tree)
    };
    for number in (0..trees.max(plan.series.only.map_or(0, |case| case / QUESTIONS + 1)))
        .filter(|tree| tree % 2 == half)
        .filter(wanted)
    {
        run_tree(plan, number, &mut tally);
    }
    tally
}

fn run_tree(plan: &Plan, number: u64, tally: &mut Tally) {
    let workdir = &plan.workdirs[number as usize % plan.workdirs.len()];
    let home = workdir.dir.join(format!("tree{number}"));
    let place = Place {
        root: home.join("t"),
        side: home.join("side"),
        setpriv: workdir.setpriv.clone(),
    };
    let location = Location {
        root: place.root.as_os_str().as_bytes().to_vec(),
        elsewhere: workdir
            .elsewhere
            .as_ref()
            .map(|dir| dir.as_os_str().as_bytes().to_vec()),
        tmpfs: workdir.tmpfs,
    };
    let shape = shape(number, workdir.tmpfs, plan.enormous);
    let tree = random_tree(&mut rng_for(plan.series.seed, 1, number), shape, &location);
    std::fs::create_dir_all(&place.side).expect("a directory can be made");
    create_tree(&tree, &place.root).expect("the tree can be created");
    tally.trees += 1;
    let mut differed = false;
    for case in number * QUESTIONS..(number + 1) * QUESTIONS {
        let asked = plan
            .series
            .only
            .map_or(case < plan.series.cases, |only| only == case);
        differed |= asked && ask(plan, workdir, &tree, &place, case, tally);
    }
    restore_modes(&tree, &place.root);
    if let Some(keep) = plan.keep.as_ref().filter(|_| differed) {
        keep_failed_tree(
            &home,
            &keep.join(format!("seed{}-tree{number}", plan.series.seed)),
        );
    }
    let _ = std::fs::remove_dir_all(&home);
}

/// Runs one case; true if the programs differ.
fn ask(
    plan: &Plan,
    workdir: &Workdir,
    tree: &Tree,
    place: &Place,
    case: u64,
    tally: &mut Tally,
) -> bool {
    let root = place.root.as_os_str().as_bytes();
    let release = &plan.series.programs.gnu_du.release;
    let mut command = Command::random(&mut rng_for(plan.series.seed, 2, case), release, tree, root);
    if command.nobody && place.setpriv.is_none() {
        command.nobody = false;
        tally.skip("nobody's view only: not root, or the tree is out of nobody's reach");
    }
    tally.cases += 1;
    tally.as_nobody += u64::from(command.nobody);
    match plan.series.programs.ask(&command, place, workdir.overlay) {
        Err(error) => tally.skip(&format!("not run: {error}")),
        Ok(Comparison::Skipped(why)) => tally.skip(&why),
        Ok(Comparison::Agreed(both)) => {
            tally.failing += u64::from(both.termination != Termination::Exit(0));
            tally.silent += u64::from(both.stdout.is_empty());
        }
        Ok(Comparison::Differed(difference)) => {
            tally.differences += 1;
            if tally.reports.len() < plan.series.show {
                let header = format!("=== PDU_SEED={} PDU_ONLY={case} ===", plan.series.seed);
                let whole = describe_case(&command, place, &difference);
                let small = shrunk(plan, workdir, &command, place);
                let tree = tree.describe(60);
                let report = format!("\n{header}\n{tree}{whole}made smaller, {small}");
                tally.reports.push(report);
            }
            return true;
        }
    }
    false
}

/// The difference of the smallest command that still has one.
fn shrunk(plan: &Plan, workdir: &Workdir, command: &Command, place: &Place) -> String {
    let small = plan.series.programs.shrink(command, place, workdir.overlay);
    match plan.series.programs.ask(&small, place, workdir.overlay) {
        Ok(Comparison::Differed(difference)) => describe_case(&small, place, &difference),
        Ok(Comparison::Skipped(why)) => format!("it is skipped: {why}\n"),
        _ => "it agrees in a second run\n".to_owned(),
    }
}

fn describe_case(command: &Command, place: &Place, difference: &Difference) -> String {
    let line = shell_line(command, place, "du");
    format!("with -j{}: {line}\n{}", command.jobs, describe(difference))
}

/// Moves a tree to where it is kept, or copies it to another file system.
fn keep_failed_tree(home: &Path, to: &Path) {
    let _ = to.parent().map(std::fs::create_dir_all);
    if std::fs::rename(home, to).is_err() {
        let _ = std::process::Command::new("cp")
            .arg("-a")
            .arg(home)
            .arg(to)
            .status();
    }
}

/// The directories for trees, each with a small directory to which links of the other file system lead.
fn make_workdirs(name: &str, programs: &Programs) -> Vec<Workdir> {
    let bases = match std::env::var_os("PDU_DIFF_DIR") {
        Some(dirs) => std::env::split_paths(&dirs).collect(),
        None => vec![
            PathBuf::from(env!("CARGO_TARGET_TMPDIR")),
            PathBuf::from("/dev/shm"),
        ],
    };
    let name = format!("pdu-{name}-{}", std::process::id());
    let dirs: Vec<PathBuf> = bases
        .iter()
        .map(|base| base.join(&name))
        .filter(|dir| make_workdir(dir).is_ok())
        .collect();
    assert!(!dirs.is_empty(), "no directory for trees: {bases:?}");
    let workdir = |dir: &PathBuf| Workdir {
        elsewhere: dirs
            .iter()
            .find(|other| *other != dir)
            .map(|other| other.join("elsewhere")),
        tmpfs: on_tmpfs(dir),
        overlay: on_overlay(dir),
        setpriv: nobody(dir, programs),
        dir: dir.clone(),
    };
    dirs.iter().map(workdir).collect()
}

fn make_workdir(dir: &Path) -> std::io::Result<()> {
    std::fs::create_dir_all(dir.join("elsewhere/below"))?;
    std::fs::write(dir.join("elsewhere/file"), [b'x'; 5000])?;
    std::fs::write(dir.join("elsewhere/below/file"), "x")?;
    std::fs::write(dir.join("reachable"), "")?;
    std::fs::set_permissions(dir, std::fs::Permissions::from_mode(0o755))
}

/// `setpriv`, if the tests run as root and an ordinary user can run both programs on the content of `dir`.
fn nobody(dir: &Path, programs: &Programs) -> Option<PathBuf> {
    let setpriv = find_on_path("setpriv")?;
    let root = std::fs::metadata(dir).is_ok_and(|found| found.uid() == 0);
    let programs = [&programs.gnu.path, &programs.pdu.path];
    let reached = root
        && programs
            .iter()
            .all(|program| reachable(&setpriv, program, dir));
    reached.then_some(setpriv)
}
