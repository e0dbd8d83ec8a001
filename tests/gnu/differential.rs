//! pdu against GNU du: random trees, random command lines, the same bytes, messages and status.
//!
//! Nothing here knows how disk usage is counted; GNU du does. Everything comes from a seed, so a
//! difference is made again by `PDU_SEED=… PDU_ONLY=case cargo test --test gnu differential`.
//!
//! | variable | meaning | default |
//! |---|---|---|
//! | `PDU_BIN` | the program under test | the one just built |
//! | `PDU_BIN_IS_GNU` | `1`: it is a GNU du too, and knows no `-j` | |
//! | `PDU_REFERENCE_DU` | the judge | `/opt/gnu/du`, else a GNU `du` on PATH |
//! | `PDU_CASES`, `PDU_SEED`, `PDU_ONLY` | how many, which, only this case | 200, 1, all |
//! | `PDU_DIFF_DIR` | where trees are planted, in turn (`:` between) | the target directory, `/dev/shm` |
//! | `PDU_FAIL_DIR` | where trees with differences are kept | nowhere |
//! | `PDU_SHOW` | how many differences are told in full | 10 |
//! | `PDU_THOROUGH` | `1`: also directories of over 100,000 entries | |

mod command;
mod compare;
mod known;
mod materialize;
mod names;
mod operands;
mod options;
mod random;
mod random_tree;
mod report;
mod run;

use command::Command;
use compare::{Difference, Rivals, Termination};
use materialize::{on_overlay, on_tmpfs, plant, unlock};
use random::dice;
use random_tree::{Soil, Tree, grow, shape};
use report::{Tally, describe, typed};
use run::{Ending, Place, Program, reachable};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};

use crate::support::gnu_du::{GnuDu, find_on_path};
use crate::support::run::PDU;
use crate::support::skip::{skip, thorough};

/// Trees are the costly part: each is asked this many questions.
const QUESTIONS: u64 = 12;

/// Who is to be compared, and on what.
#[derive(Debug, Clone)]
struct Errand {
    name: &'static str,
    rivals: Rivals,
    seed: u64,
    cases: u64,
    only: Option<u64>,
    show: usize,
}

/// An errand, and where it is run.
#[derive(Debug, Clone)]
struct Plan {
    errand: Errand,
    enormous: bool,
    keep: Option<PathBuf>,
    fields: Vec<Field>,
}

/// A directory to plant trees in; cleared when dropped.
#[derive(Debug, Clone)]
struct Field {
    dir: PathBuf,
    elsewhere: Option<PathBuf>,
    tmpfs: bool,
    overlay: bool,
    setpriv: Option<PathBuf>,
}

#[test]
fn pdu_agrees_with_gnu_du() {
    let Some(judge) = GnuDu::any().cloned() else {
        return;
    };
    let path = PathBuf::from(std::env::var_os("PDU_BIN").unwrap_or(PDU.into()));
    let takes_jobs = !set("PDU_BIN_IS_GNU");
    let pdu = Program { path, takes_jobs };
    let tally = hunt(Errand {
        name: "differential",
        rivals: rivals(pdu, judge),
        seed: number("PDU_SEED").unwrap_or(1),
        cases: number("PDU_CASES").unwrap_or(200),
        only: number("PDU_ONLY"),
        show: number("PDU_SHOW").unwrap_or(10) as usize,
    });
    assert_eq!(tally.differences, 0, "pdu and GNU du differ, see above");
}

/// The harness itself: a tree that changes under it, or a command that is not told the same way
/// to both, would show here, and not as a fault of pdu.
#[test]
fn gnu_du_agrees_with_itself() {
    let Some(judge) = GnuDu::any().cloned() else {
        return;
    };
    let tally = hunt(Errand {
        name: "itself",
        rivals: rivals(gnu(&judge), judge),
        seed: 2,
        cases: 24,
        only: None,
        show: 10,
    });
    assert_eq!(tally.differences, 0, "the harness is unfair, see above");
}

/// The harness itself: where two releases of GNU du stand on the machine, the rules that changed
/// between them must be found.
#[test]
fn an_older_gnu_du_is_caught() {
    let releases = GnuDu::built_and_system().filter(|(newest, older)| {
        newest.release.has_short_apparent() && !older.release.has_short_apparent()
    });
    let Some((newest, older)) = releases else {
        return skip("there are no two releases of GNU du to compare");
    };
    let tally = hunt(Errand {
        name: "older",
        rivals: rivals(gnu(&older), newest),
        seed: 1,
        cases: 36,
        only: None,
        show: 0,
    });
    assert!(tally.differences > 0, "the harness sees nothing");
}

fn rivals(pdu: Program, judge: GnuDu) -> Rivals {
    let gnu = gnu(&judge);
    Rivals { gnu, judge, pdu }
}

fn gnu(judge: &GnuDu) -> Program {
    Program {
        path: judge.path.clone(),
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

/// Runs all cases, two trees at a time, and tells of the differences.
fn hunt(errand: Errand) -> Tally {
    let plan = Plan {
        fields: clear_fields(errand.name, &errand.rivals),
        enormous: thorough(),
        keep: std::env::var_os("PDU_FAIL_DIR").map(PathBuf::from),
        errand,
    };
    let mut tally = Tally::default();
    std::thread::scope(|scope| {
        let halves = [0, 1].map(|half| {
            let plan = &plan;
            scope.spawn(move || hunt_half(plan, half))
        });
        for half in halves {
            tally.merge(half.join().expect("a half of the hunt panicked"));
        }
    });
    for field in &plan.fields {
        let _ = std::fs::remove_dir_all(&field.dir);
    }
    tell(&plan.errand, &tally);
    tally
}

fn tell(errand: &Errand, tally: &Tally) {
    for report in tally.reports.iter().take(errand.show) {
        eprintln!("{report}");
    }
    let judge = &errand.rivals.judge;
    eprintln!(
        "{}: {} against GNU du {} ({}), seed {}: {}",
        errand.name,
        errand.rivals.pdu.path.display(),
        judge.release,
        judge.path.display(),
        errand.seed,
        tally.summary()
    );
}

/// The trees with even numbers, or those with odd ones.
fn hunt_half(plan: &Plan, half: u64) -> Tally {
    let mut tally = Tally::default();
    let trees = plan.errand.cases.div_ceil(QUESTIONS);
    let wanted = |tree: &u64| {
        plan.errand
            .only
            .is_none_or(|case| case / QUESTIONS == *tree)
    };
    for number in (0..trees.max(plan.errand.only.map_or(0, |case| case / QUESTIONS + 1)))
        .filter(|tree| tree % 2 == half)
        .filter(wanted)
    {
        hunt_in_tree(plan, number, &mut tally);
    }
    tally
}

fn hunt_in_tree(plan: &Plan, number: u64, tally: &mut Tally) {
    let field = &plan.fields[number as usize % plan.fields.len()];
    let home = field.dir.join(format!("tree{number}"));
    let place = Place {
        root: home.join("t"),
        side: home.join("side"),
        setpriv: field.setpriv.clone(),
    };
    let soil = Soil {
        root: place.root.as_os_str().as_bytes().to_vec(),
        elsewhere: field
            .elsewhere
            .as_ref()
            .map(|dir| dir.as_os_str().as_bytes().to_vec()),
        tmpfs: field.tmpfs,
    };
    let shape = shape(number, field.tmpfs, plan.enormous);
    let tree = grow(&mut dice(plan.errand.seed, 1, number), shape, &soil);
    std::fs::create_dir_all(&place.side).expect("a directory can be made");
    plant(&tree, &place.root).expect("the tree can be planted");
    tally.trees += 1;
    let mut differed = false;
    for case in number * QUESTIONS..(number + 1) * QUESTIONS {
        let asked = plan
            .errand
            .only
            .map_or(case < plan.errand.cases, |only| only == case);
        differed |= asked && ask(plan, field, &tree, &place, case, tally);
    }
    unlock(&tree, &place.root);
    if let Some(keep) = plan.keep.as_ref().filter(|_| differed) {
        keep_tree(
            &home,
            &keep.join(format!("seed{}-tree{number}", plan.errand.seed)),
        );
    }
    let _ = std::fs::remove_dir_all(&home);
}

/// Asks both programs one question; true if they differ.
fn ask(
    plan: &Plan,
    field: &Field,
    tree: &Tree,
    place: &Place,
    case: u64,
    tally: &mut Tally,
) -> bool {
    let root = place.root.as_os_str().as_bytes();
    let release = &plan.errand.rivals.judge.release;
    let mut command = Command::random(&mut dice(plan.errand.seed, 2, case), release, tree, root);
    if command.nobody && place.setpriv.is_none() {
        command.nobody = false;
        tally.skip("nobody's view only: not root, or the tree is out of nobody's reach");
    }
    tally.cases += 1;
    tally.as_nobody += u64::from(command.nobody);
    match plan.errand.rivals.ask(&command, place, field.overlay) {
        Err(error) => tally.skip(&format!("not run: {error}")),
        Ok(Termination::Skipped(why)) => tally.skip(&why),
        Ok(Termination::Agreed(both)) => {
            tally.failing += u64::from(both.ending != Ending::Exit(0));
            tally.silent += u64::from(both.stdout.is_empty());
        }
        Ok(Termination::Differed(difference)) => {
            tally.differences += 1;
            if tally.reports.len() < plan.errand.show {
                let header = format!("=== PDU_SEED={} PDU_ONLY={case} ===", plan.errand.seed);
                let whole = told(&command, place, &difference);
                let small = shrunk(plan, field, &command, place);
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
fn shrunk(plan: &Plan, field: &Field, command: &Command, place: &Place) -> String {
    let small = plan.errand.rivals.shrink(command, place, field.overlay);
    match plan.errand.rivals.ask(&small, place, field.overlay) {
        Ok(Termination::Differed(difference)) => told(&small, place, &difference),
        Ok(Termination::Skipped(why)) => format!("it is skipped: {why}\n"),
        _ => "it agrees when asked again\n".to_owned(),
    }
}

fn told(command: &Command, place: &Place, difference: &Difference) -> String {
    let line = typed(command, place, "du");
    format!("with -j{}: {line}\n{}", command.jobs, describe(difference))
}

/// Moves a tree to where it is kept; across file systems a copy must do.
fn keep_tree(home: &Path, to: &Path) {
    let _ = to.parent().map(std::fs::create_dir_all);
    if std::fs::rename(home, to).is_err() {
        let _ = std::process::Command::new("cp")
            .arg("-a")
            .arg(home)
            .arg(to)
            .status();
    }
}

/// The directories to plant in, each with a small one for links from the other file systems.
fn clear_fields(name: &str, rivals: &Rivals) -> Vec<Field> {
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
        .filter(|dir| clear_field(dir).is_ok())
        .collect();
    assert!(
        !dirs.is_empty(),
        "no directory to plant trees in: {bases:?}"
    );
    let field = |dir: &PathBuf| Field {
        elsewhere: dirs
            .iter()
            .find(|other| *other != dir)
            .map(|other| other.join("elsewhere")),
        tmpfs: on_tmpfs(dir),
        overlay: on_overlay(dir),
        setpriv: nobody(dir, rivals),
        dir: dir.clone(),
    };
    dirs.iter().map(field).collect()
}

fn clear_field(dir: &Path) -> std::io::Result<()> {
    std::fs::create_dir_all(dir.join("elsewhere/below"))?;
    std::fs::write(dir.join("elsewhere/file"), [b'x'; 5000])?;
    std::fs::write(dir.join("elsewhere/below/file"), "x")?;
    std::fs::write(dir.join("reachable"), "")?;
    std::fs::set_permissions(dir, std::fs::Permissions::from_mode(0o755))
}

/// `setpriv`, if we are root, and an ordinary user can run both programs on what lies in `dir`.
fn nobody(dir: &Path, rivals: &Rivals) -> Option<PathBuf> {
    let setpriv = find_on_path("setpriv")?;
    let root = std::fs::metadata(dir).is_ok_and(|found| found.uid() == 0);
    let programs = [&rivals.gnu.path, &rivals.pdu.path];
    let reached = root
        && programs
            .iter()
            .all(|program| reachable(&setpriv, program, dir));
    reached.then_some(setpriv)
}
