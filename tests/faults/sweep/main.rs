//! Every system call that pdu makes is made to fail in turn, as SQLite's tests do with theirs.
//!
//! `strace --inject` lets the k-th call of a kind fail in each thread, or all from the k-th on, with one of a list
//! of errors. Whatever fails, pdu gives the right answer with status 0, or a message with status 1. It never
//! hangs, panics or dumps core, and never prints less with status 0. What fails before `main` (in the dynamic
//! loader, the C library, Rust's start) or when the C library sets up a thread cannot be handled by pdu:
//! then the run must fail visibly, in whatever way.
//!
//! A case counts only where strace reports that it made a call fail. The right answer is computed from what this
//! process sees of the tree (`fixture.rs`). Some of the cases run each time; `PDU_THOROUGH=1` runs all.

#![allow(
    clippy::disallowed_methods,
    clippy::disallowed_types,
    clippy::print_stderr,
    reason = "these rules are for src"
)]

#[path = "../../support/mod.rs"]
mod support;

#[cfg(feature = "explore")]
mod explorer;
mod fixture;
mod trace;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Stdio};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use fixture::{Gone, Rules, answer, fixture};
use rustix::process::{Pid, Signal, kill_process_group};
use trace::{Part, Trace};

use crate::support::run::{HANG_TIMEOUT, PDU, du, program};
use crate::support::skip::{skip, thorough};

/// What is swept: another build may be named.
fn pdu() -> String {
    std::env::var("PDU_SWEPT").unwrap_or_else(|_| PDU.into())
}

const ERRORS: &[&str] = &[
    "EIO", "ENOMEM", "EMFILE", "EACCES", "EINTR", "ENOENT", "ENOSYS", "EAGAIN",
];

/// Calls that the kernel cannot refuse, and strace's own execve. brk answers with an address, never with an error
/// number: one that strace puts there is taken for an address.
const NEVER_FAIL: &[&str] = &[
    "brk",
    "execve",
    "exit",
    "exit_group",
    "getpgrp",
    "getpid",
    "getppid",
    "restart_syscall",
];

/// std retries these calls while they return EINTR, which no kernel does for ever.
const RETRIED: &[&str] = &["poll", "getrandom"];

/// strace does not make a call that it makes fail: a thread that this call was to wake sleeps on. No kernel refuses a
/// wake, and the locks of std and of pdu rely on that. So a run without that wake may hang, and has a short time limit.
const TIME_LIMIT_WITHOUT_WAKES: Duration = Duration::from_secs(10);

/// Occasions of a call that are all tried; of later ones, which are more of the same, some.
const ALL_OF: usize = 8;

/// Cases that run each time, for each of the command lines.
const SAMPLE: usize = 40;

/// One command line over the tree `t`.
struct Scene {
    words: &'static [&'static str],
    rules: Rules,
}

const PLAIN: Rules = Rules {
    all: false,
    follow: false,
    time: false,
    skip: false,
};

#[rustfmt::skip]
const SCENES: &[Scene] = &[
    Scene { words: &["-j4", "t"], rules: PLAIN },
    Scene { words: &["-j1", "-av", "t"], rules: Rules { all: true, ..PLAIN } },
    Scene { words: &["-j2", "-x", "t"], rules: PLAIN },
    Scene { words: &["-j2", "-La", "t"], rules: Rules { follow: true, all: true, ..PLAIN } },
    Scene { words: &["-j2", "--time", "--time-style=+%s", "t"], rules: Rules { time: true, ..PLAIN } },
    Scene { words: &["-j2", "--files0-from=list"], rules: PLAIN },
    Scene { words: &["-j2", "-a", "-X", "skip", "t"], rules: Rules { skip: true, all: true, ..PLAIN } },
    Scene { words: &["-j2", "-o", REPORT, "t"], rules: PLAIN },
    Scene { words: &["-a", "--from=export"], rules: Rules { all: true, ..PLAIN } },
];

/// Stands for a file of the run's own, to which the lines go.
const REPORT: &str = "REPORT";

/// What is to fail: `call:error=ERROR:when=WHEN`.
#[derive(Debug, Clone)]
struct Case {
    call: String,
    error: &'static str,
    when: String,
}

/// What came of a case.
struct End {
    /// None where it had to be killed.
    status: Option<ExitStatus>,
    stdout: String,
    stderr: String,
    trace: Trace,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Outcome {
    NotReached,
    Right,
    Message,
    /// A visible failure other than status 1, outside of pdu's own code.
    Loud,
    /// See [`TIME_LIMIT_WITHOUT_WAKES`].
    NeverWoken,
    Wrong,
}

type Tallies = BTreeMap<(String, Part, Outcome), usize>;

/// What the sweep has found.
#[derive(Default)]
struct Findings {
    tallies: Tallies,
    wrong: Vec<String>,
    /// How programs ended that were not pdu's to end: one example of each.
    loud: BTreeMap<(String, Part), String>,
}

// ---------------------------------------------------------------- running

fn run(root: &Path, scene: &Scene, case: Option<&Case>, log: &Path) -> End {
    let mut command = program("strace", root);
    command.args(["-f", "-y", "--signal=none", "-o"]).arg(log);
    if let Some(Case { call, error, when }) = case {
        // The first ioctl shows where main begins. Without a call to fail, all calls are counted.
        command.arg("--seccomp-bpf");
        command.args(["-e", &format!("trace={call},ioctl")]);
        command.args(["-e", &format!("inject={call}:error={error}:when={when}")]);
    }
    let report = log.with_extension("report");
    let _ = fs::remove_file(&report);
    command.arg(pdu());
    command.args(scene.words.iter().map(|&word| match word {
        REPORT => report.as_os_str(),
        _ => word.as_ref(),
    }));
    let (out, err) = (log.with_extension("out"), log.with_extension("err"));
    let into = |path: &Path| Stdio::from(fs::File::create(path).expect("it is ours"));
    command.stdout(into(&out)).stderr(into(&err));
    // A group of its own: what hangs is killed with all that it started.
    let child = command.process_group(0).spawn().expect("strace starts");
    let is_futex = case.is_some_and(|case| case.call == "futex");
    let timeout = if is_futex {
        TIME_LIMIT_WITHOUT_WAKES
    } else {
        HANG_TIMEOUT
    };
    let status = wait(child, timeout);
    let text =
        |path: &Path| String::from_utf8_lossy(&fs::read(path).expect("it is ours")).into_owned();
    End {
        status,
        stdout: match report.exists() {
            true => text(&report),
            false => text(&out),
        },
        stderr: text(&err),
        trace: Trace::of(&text(log)),
    }
}

fn wait(mut child: std::process::Child, timeout: Duration) -> Option<ExitStatus> {
    let deadline = Instant::now() + timeout;
    while Instant::now() < deadline {
        if let Some(status) = child.try_wait().expect("it is our child") {
            return Some(status);
        }
        std::thread::sleep(Duration::from_millis(2));
    }
    kill_process_group(Pid::from_child(&child), Signal::KILL).expect("it is our group");
    child.wait().expect("it is our child");
    None
}

/// The file that `--from` reads.
fn make_export(root: &Path) {
    let mut command = du(pdu(), root, "--format=ncdu -o export t");
    let status = command.status().expect("pdu starts");
    assert!(status.success());
    // Its root has the whole path, and the lines that are compared have not.
    let export = root.join("export");
    let text = fs::read_to_string(&export).expect("it is there");
    let long = root.join("t").display().to_string();
    fs::write(&export, text.replacen(&long, "t", 1)).expect("it is ours");
}

// ---------------------------------------------------------------- outcomes

fn classify(root: &Path, scene: &Scene, end: &End) -> Outcome {
    let Some(status) = end.status else {
        return match end.trace.swallowed_a_wake() {
            true => Outcome::NeverWoken,
            false => Outcome::Wrong,
        };
    };
    if end.trace.failed() == 0 {
        return Outcome::NotReached;
    }
    let gone = end.trace.gone(&root.join("t"));
    // An entry with one injected ENOENT may be looked up again, and then it counts.
    let is_answer = |gone| end.stdout == answer(root, scene.rules, gone);
    let right = is_answer(&gone) || is_answer(&Default::default());
    let name = pdu().rsplit('/').next().map(|name| format!("{name}: "));
    let reported =
        name.is_some_and(|name| end.stderr.contains(&name)) && !end.stderr.contains("panicked at");
    match status.code() {
        Some(0) if right => Outcome::Right,
        Some(1) if reported || end.trace.was_silenced() => Outcome::Message,
        Some(0) => Outcome::Wrong,
        _ if end.trace.part() != Part::Program => Outcome::Loud,
        _ => Outcome::Wrong,
    }
}

fn describe(scene: &Scene, case: &Case, end: &End) -> String {
    let how = match end.status {
        None => "hangs".to_owned(),
        Some(status) => match status.signal() {
            Some(signal) => format!("signal {signal}"),
            None => format!("status {}", status.code().unwrap_or(-1)),
        },
    };
    let last = end.stderr.lines().last().unwrap_or_default();
    format!(
        "{:?} {}:error={}:when={}: {how}, {} lines, {last}",
        scene.words,
        case.call,
        case.error,
        case.when,
        end.stdout.lines().count(),
    )
}

// ---------------------------------------------------------------- the sweep

/// Each call that a clean run makes, with each error, at each of its occasions; the first time only, or from then on.
fn cases(counts: &BTreeMap<String, usize>) -> Vec<Case> {
    let mut cases = Vec::new();
    for (call, &count) in counts {
        if NEVER_FAIL.contains(&call.as_str()) {
            continue;
        }
        let occasions = (1..=count).filter(|k| *k <= ALL_OF || k % 29 == 0 || *k == count);
        let mut whens: BTreeSet<String> = occasions.map(|k| k.to_string()).collect();
        let onwards = [1, count.div_ceil(2), count].map(|k| format!("{k}+"));
        whens.extend(onwards);
        whens.insert("1+2".into());
        for (when, error) in whens
            .iter()
            .flat_map(|when| ERRORS.iter().map(move |e| (when, e)))
        {
            if when.contains('+') && RETRIED.contains(&call.as_str()) && *error == "EINTR" {
                continue;
            }
            let (call, when) = (call.clone(), when.clone());
            cases.push(Case { call, error, when });
        }
    }
    cases
}

/// A few of the calls, spread over errors and occasions; the stride shares no factor with the number of errors.
fn sample(cases: Vec<Case>) -> Vec<Case> {
    let stride = (cases.len() / SAMPLE) | 1;
    // Runs without a wake would take half a minute.
    let cases = cases.into_iter().filter(|case| case.call != "futex");
    cases.step_by(stride).collect()
}

fn sweep(root: &Path, scene: &Scene, findings: &Mutex<Findings>) {
    let clean = run(root, scene, None, &root.join("clean"));
    let succeeded = clean.status.is_some_and(|status| status.success());
    assert!(succeeded, "{:?}: {}", scene.words, clean.stderr);
    let right = answer(root, scene.rules, &Gone::default());
    assert_eq!(clean.stdout, right, "{:?}", scene.words);
    let mut cases = cases(&clean.trace.counts());
    if !thorough() {
        cases = sample(cases);
    }
    let next = AtomicUsize::new(0);
    let workers = std::thread::available_parallelism().map_or(2, usize::from);
    std::thread::scope(|scope| {
        for worker in 0..workers {
            let (cases, next) = (&cases, &next);
            let log = root.join(format!("log{worker}"));
            scope.spawn(move || {
                while let Some(case) = cases.get(next.fetch_add(1, Ordering::Relaxed)) {
                    try_one(root, scene, case, &log, findings);
                }
            });
        }
    });
}

fn try_one(root: &Path, scene: &Scene, case: &Case, log: &Path, findings: &Mutex<Findings>) {
    let end = run(root, scene, Some(case), log);
    let (outcome, part) = (classify(root, scene, &end), end.trace.part());
    let mut findings = findings.lock().expect("nobody panicked");
    let key = (case.call.clone(), part, outcome);
    *findings.tallies.entry(key).or_default() += 1;
    match outcome {
        Outcome::Wrong => {
            let what = describe(scene, case, &end);
            eprintln!("wrong: {what}");
            findings.wrong.push(what);
        }
        Outcome::Loud => {
            let example = findings.loud.entry((case.call.clone(), part));
            example.or_insert_with(|| describe(scene, case, &end));
        }
        Outcome::NotReached | Outcome::NeverWoken | Outcome::Right | Outcome::Message => {}
    }
}

impl Findings {
    /// The sums by class, and what was loud, for people; how many calls were made to fail.
    fn report(&self) -> usize {
        let mut sums: BTreeMap<(Part, Outcome), usize> = BTreeMap::new();
        for ((call, part, outcome), count) in &self.tallies {
            eprintln!("{call:18} {part:?} {outcome:?}: {count}");
            *sums.entry((*part, *outcome)).or_default() += count;
        }
        for ((call, part), example) in &self.loud {
            eprintln!("loud: {call} {part:?}, for example {example}");
        }
        for ((part, outcome), count) in &sums {
            eprintln!("all: {part:?} {outcome:?}: {count}");
        }
        let reached = |(_, outcome): &(Part, Outcome)| *outcome != Outcome::NotReached;
        let reached = sums.iter().filter(|(key, _)| reached(key));
        reached.map(|(_, count)| count).sum()
    }
}

fn can_inject() -> Result<(), String> {
    let tried = Command::new("strace")
        .args([
            "-f",
            "--seccomp-bpf",
            "-o",
            "/dev/null",
            "-e",
            "inject=getuid:error=EIO:when=1",
            "true",
        ])
        .output();
    match tried {
        Ok(output) if output.status.success() => Ok(()),
        Ok(output) => Err(String::from_utf8_lossy(&output.stderr).into_owned()),
        Err(error) => Err(error.to_string()),
    }
}

#[test]
fn whatever_call_fails_the_answer_is_right_or_there_is_a_message() {
    if let Err(why) = can_inject() {
        return skip(format_args!("strace cannot make calls fail here: {why}"));
    }
    let tree = fixture();
    let root: PathBuf = tree.root().canonicalize().expect("it is there");
    make_export(&root);
    let findings = Mutex::new(Findings::default());
    for scene in SCENES {
        let before = findings
            .lock()
            .expect("nobody panicked")
            .tallies
            .values()
            .sum::<usize>();
        sweep(&root, scene, &findings);
        let after = findings
            .lock()
            .expect("nobody panicked")
            .tallies
            .values()
            .sum::<usize>();
        eprintln!("{:?}: {} cases", scene.words, after - before);
    }
    let findings = findings.into_inner().expect("nobody panicked");
    let reached = findings.report();
    let wrong = &findings.wrong;
    assert!(
        wrong.is_empty(),
        "{} wrong:\n{}",
        wrong.len(),
        wrong.join("\n")
    );
    assert!(
        reached >= SAMPLE * SCENES.len() / 2,
        "only {reached} calls failed"
    );
}
