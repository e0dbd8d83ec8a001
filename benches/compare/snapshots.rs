//! What it costs to keep the state of a tree, and to see what changed: snapshots beside the plain walk, and beside what
//! people do without them: an export of ncdu each time, and a script that compares two of these.

use std::ffi::OsString;
use std::path::Path;

use crate::child::{self, find_program};
use crate::contestants::Contestant;
use crate::options::{Options, command};
use crate::words::Error;

/// Sums of two exports by directory, and those that differ.
const SCRIPT: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/benches/compare/export_diff.py"
);

/// Writes the earlier state of the tree, and returns all that run. `dir` is for the files.
pub(crate) fn contestants(
    options: &Options,
    tree: &Path,
    dir: &Path,
) -> Result<Vec<Contestant>, Error> {
    let pdu = |words: &[String]| {
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        command(&options.pdu, &words)
    };
    let file = |name: &str| dir.join(name).display().to_string();
    let snapshot = |name: &str| pdu(&[format!("--snapshot={}", file(name))]);
    prepare(snapshot("old.parquet"), tree)?;
    prepare(snapshot("new.parquet"), tree)?;
    let diff = format!("--diff={}", file("old.parquet"));
    // The tree, which comes last, is not for this one.
    let mut files = command("/bin/sh", &["-c", r#"exec "$0" "$1" "$2""#]);
    files.extend(pdu(&[
        diff.clone(),
        format!("--from={}", file("new.parquet")),
    ]));
    let mut all = vec![
        // The name that ratios are against.
        contestant("pdu", pdu(&["-a".into()])),
        contestant("pdu snapshot", snapshot("new.parquet")),
        contestant("pdu diff of a walk", pdu(&[diff])),
        contestant("pdu diff of files", files),
    ];
    if let (Some(ncdu), Some(python)) = (find_program("ncdu"), find_program("python3")) {
        let export = |name: &str| command(&ncdu, &["-0", "-e", "-o", &file(name)]);
        prepare(export("old.json"), tree)?;
        let script = r#""$1" -0 -e -o "$4" "$6" && exec "$2" "$3" "$5" "$4""#;
        let mut both = command("/bin/sh", &["-c", script, "sh"]);
        both.extend([ncdu.clone().into(), python.into(), SCRIPT.into()]);
        both.extend([file("new.json").into(), file("old.json").into()]);
        all.push(contestant("ncdu and a script", both));
    }
    all.retain(|contestant| options.wants(&contestant.name));
    Ok(all)
}

fn contestant(name: &str, command: Vec<OsString>) -> Contestant {
    Contestant {
        name: name.into(),
        command,
        judged: false,
    }
}

fn prepare(mut command: Vec<OsString>, tree: &Path) -> Result<(), Error> {
    command.push(tree.into());
    let cost = child::run(&command, Path::new("/dev/null"))?;
    match cost.status {
        0 => Ok(()),
        status => Err(format!("{}: exit {status}", command[0].display()).into()),
    }
}
