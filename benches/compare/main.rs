//! pdu beside the floor, GNU du and its peers, on generated and real trees, in one command:
//!
//! ```text
//! cargo bench --bench compare -- --trees home,flat --json figures.json
//! ```
//!
//! All contestants run in turn, round by round; wall clock, CPU time and peak memory of each; ratios are medians of the
//! ratios within a round. The output of pdu is held against GNU du's on the way. `-- help` prints all options.
//!
//! The same executable is the floor and makes the trees, each in a process of its own (see [`child`] for why):
//!
//! ```text
//! main ─ compare ─┬─ self make TREE          generated trees, once
//!                 ├─ self floor -j N TREE ─┐
//!                 ├─ pdu, du, peers TREE ──┴─ rounds ─ goals ─ report
//!                 └─ self remove
//! ```

#[path = "../../tests/support/browse.rs"]
mod browse;
mod child;
mod contestants;
mod explore;
mod floor;
#[path = "../../tests/support/fuse/mod.rs"]
mod fuse;
mod goals;
mod options;
mod report;
mod rounds;
mod slow;
mod snapshots;
#[path = "../trees/mod.rs"]
mod trees;
mod words;

use std::io::{self, Write as _};
use std::path::PathBuf;
use std::process::{Command, ExitCode};

use options::{Mode, Options, Place};
use rounds::{Field, Outputs};
use slow::Mount;
use trees::{Cache, Tree};
use words::{Error, Words};

const HELP: &str = "\
cargo bench --bench compare -- [OPTION]... [DIRECTORY]...

  --trees LIST      generated trees (home,flat,deep,links,wide,tiny; home@0.05 for
                    a twentieth), slow-dirs, slow-files (a FUSE mount that answers after
                    1 ms; root), directories; default: all generated
  --modes LIST      s (a total), full (a listing to a file on tmpfs), v (a total,
                    pdu with and without -v), snapshots (pdu --snapshot, --diff against
                    a walk and of two files, beside pdu -a, and ncdu -o with a script),
                    explore (pdu -i to the end of the walk, beside --format=ncdu);
                    default: s, and full where it is no 400 MB
  --rounds N        measured rounds (7)
  --threads LIST    threads of the floor, and of pdu beside its default (1,CORES,20)
  --cold            also with caches dropped before each run (root)
  --cold-only       only so
  --pdu PATH        the pdu to try (the one just built)
  --gnu PATH        GNU du, repeatable; the first is the reference (/opt/gnu/du, du)
  --only LIST       contestants by name or family: gnu,floor,pdu,diskus,...
  --floor-call CALL fstatat (default), statx, statx-blocks
  --json FILE       all figures for machines
  --quick           a twentieth of each tree, 3 rounds

cargo bench --bench compare -- make TREE...      makes generated trees
cargo bench --bench compare -- remove [TREE]...  removes them (default: all)
cargo bench --bench compare -- floor [-j N] [--call CALL] TREE
cargo bench --bench compare -- explore PDU TREE

Trees are kept in $PDU_BENCH_DIR (target/bench-trees). Peers are taken from
$PDU_PEERS_DIR, its bin, and $PATH; parallel-disk-usage as ksx-pdu or $KSX_PDU.
";

fn main() -> ExitCode {
    let (mut words, by_cargo) = Words::of_process();
    let done = if words.take("floor") {
        floor::main(words)
    } else if words.take("explore") {
        explore::main(words)
    } else if words.take("make") {
        make(words).map(|()| true)
    } else if words.take("remove") {
        remove(words).map(|()| true)
    } else if words.take("help") || words.take("--help") {
        say(HELP).map(|()| true)
    } else if by_cargo || words.take("compare") {
        compare(words).map(|()| true)
    } else {
        // `cargo test --all-targets` runs benches too, without arguments: that must not start an hour of measuring.
        say("run as: cargo bench --bench compare -- help\n").map(|()| true)
    };
    match done {
        Ok(good) => ExitCode::from(u8::from(!good)),
        Err(error) => {
            // If this fails too, there is no stream for a message.
            let _ = writeln!(io::stderr(), "compare: {error}");
            ExitCode::from(2)
        }
    }
}

fn say(text: &str) -> Result<(), Error> {
    let mut out = io::stdout().lock();
    out.write_all(text.as_bytes())?;
    out.flush()?;
    Ok(())
}

fn make(mut words: Words) -> Result<(), Error> {
    let cache = Cache::from_env();
    while let Some(word) = words.next() {
        let tree: Tree = word.to_string_lossy().parse()?;
        say(&format!("{}\n", cache.make(tree)?.display()))?;
    }
    Ok(())
}

fn remove(mut words: Words) -> Result<(), Error> {
    let cache = Cache::from_env();
    let Some(mut word) = words.next() else {
        return Ok(cache.remove_all()?);
    };
    loop {
        cache.remove(word.to_string_lossy().parse()?)?;
        match words.next() {
            Some(next) => word = next,
            None => return Ok(()),
        }
    }
}

fn compare(mut words: Words) -> Result<(), Error> {
    let options = Options::parse(&mut words)?;
    let outputs = Outputs::new()?;
    let mut fields = Vec::new();
    for place in &options.places {
        let ready = prepare(place)?;
        child::reset_own_peak();
        for mode in options.modes_for(place) {
            compare_in(&options, &ready, mode, &outputs, &mut fields)?;
        }
    }
    let results = goals::results(&fields);
    say(&report::goals(&results))?;
    if let Some(file) = &options.json {
        report::write_json(file, &fields, &results)?;
    }
    Ok(())
}

fn compare_in(
    options: &Options,
    ready: &Prepared,
    mode: Mode,
    outputs: &Outputs,
    fields: &mut Vec<Field>,
) -> Result<(), Error> {
    for &caches in &options.caches {
        let contestants = match mode {
            Mode::Snapshots => snapshots::contestants(options, &ready.path, outputs.dir())?,
            Mode::Explore => explore::contestants(options)?,
            Mode::Sum | Mode::Full | Mode::Verbose => contestants::contestants(options, mode)?,
        };
        let field = (ready.name.clone(), mode, caches);
        let field = rounds::run(contestants, &ready.path, field, options.rounds, outputs)?;
        say(&report::table(&field))?;
        fields.push(field);
    }
    Ok(())
}

/// A place that is ready to be walked.
struct Prepared {
    name: String,
    path: PathBuf,
    /// Unmounted when all is done.
    _mount: Option<Mount>,
}

fn prepare(place: &Place) -> Result<Prepared, Error> {
    match place {
        Place::Real(path) => Ok(Prepared {
            name: path.display().to_string(),
            path: path.clone(),
            _mount: None,
        }),
        Place::Generated(tree) => {
            let path = std::path::absolute(Cache::from_env().path(*tree))?;
            generate(*tree)?;
            Ok(Prepared {
                name: tree.to_string(),
                path,
                _mount: None,
            })
        }
        Place::Slow(slow) => {
            let mount = Mount::new(*slow).map_err(|error| format!("{slow}: {error}"))?;
            let path = mount.path().to_owned();
            Ok(Prepared {
                name: slow.to_string(),
                path,
                _mount: Some(mount),
            })
        }
    }
}

/// Makes a tree that is not there, in a process of its own.
fn generate(tree: Tree) -> Result<(), Error> {
    if Cache::from_env().holds(tree) {
        return Ok(());
    }
    say(&format!("making {tree} ...\n"))?;
    let made = Command::new(std::env::current_exe()?)
        .args(["make", &tree.to_string()])
        .output()?;
    if made.status.success() {
        Ok(())
    } else {
        Err(String::from_utf8_lossy(&made.stderr).trim().into())
    }
}
