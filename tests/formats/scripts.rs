//! `--format=json` and `--format=csv`, as scripts read them: with jq, awk and Python, and held to the schema by Python's
//! jsonschema. What is expected comes from GNU du, from Python's own stat, or from what was put there.

use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::os::unix::net::UnixListener;
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use crate::support::fuse::{Kind, Node, Op};
use crate::support::gnu_du::GnuDu;
use crate::support::run::{self, Answer, PDU, must, program, text, wait_until};
use crate::support::sandbox::{Sandbox, size_of};
use crate::support::skip::{skip, tool};
use rustix::fs::{FileType, Mode};
use rustix::io::Errno;
use rustix::process::{Pid, Signal, kill_process};

// ---------------------------------------------------------------- tools

/// A shell script in the sandbox, in which `$pdu` is the program under test.
fn shell(sandbox: &Sandbox, script: &str) -> Output {
    run::output(run::shell(sandbox.root(), script))
}

/// Runs a Python script with this input; it must succeed. Nothing where there is no Python.
#[track_caller]
fn ask_python(sandbox: &Sandbox, script: &str, input: &[u8]) -> Option<String> {
    let mut command = program(tool("python3")?, sandbox.root());
    command.args(["-c", script]).env("PYTHONUTF8", "1");
    let output = run::output_with(command, input);
    assert!(output.status.success(), "{}", text(&output.stderr));
    Some(text(&output.stdout))
}

/// pdu's raw output.
fn pdu(sandbox: &Sandbox, words: &str) -> Output {
    run::output(sandbox.command(words))
}

const VALIDATE: &str = r#"
import json, sys
try:
    import jsonschema
except ImportError:
    print("skipped: Python has no jsonschema")
    sys.exit()
schema = json.load(open(SCHEMA))
jsonschema.Draft202012Validator.check_schema(schema)
validator = jsonschema.Draft202012Validator(schema)
lines = sys.stdin.buffer.read().decode("utf-8").split("\n")
assert lines.pop() == "", "the last line has no end"
for line in lines:
    found = [error.message for error in validator.iter_errors(json.loads(line))]
    if found: print(line, found)
"#;

/// Gives each line that the schema refuses. Nothing where there is no validator.
#[track_caller]
fn refused(sandbox: &Sandbox, lines: &[u8]) -> Option<Vec<String>> {
    let schema = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/pdu.schema.json");
    let script = VALIDATE.replace("SCHEMA", &format!("{schema:?}"));
    let said = ask_python(sandbox, &script, lines)?;
    if let Some(why) = said.strip_prefix("skipped: ") {
        skip(why.trim());
        return None;
    }
    Some(said.lines().map(str::to_owned).collect())
}

/// Runs pdu; every line of its JSON must be as the schema has it.
#[track_caller]
fn json(sandbox: &Sandbox, words: &str) -> Vec<String> {
    let output = pdu(sandbox, &format!("--format=json {words}"));
    is_json(sandbox, &output.stdout)
}

/// The lines of it, the last of which is the summary, and no other.
#[track_caller]
fn is_json(sandbox: &Sandbox, output: &[u8]) -> Vec<String> {
    if let Some(refused) = refused(sandbox, output) {
        assert_eq!(refused, [""; 0]);
    }
    let lines = std::str::from_utf8(output).expect("JSON is UTF-8");
    let lines: Vec<String> = lines.lines().map(str::to_owned).collect();
    let is_summary = |line: &String| line.starts_with("{\"summary\":{");
    let summaries = lines.iter().filter(|line| is_summary(line)).count();
    assert!(summaries == 1 && lines.last().is_some_and(is_summary));
    lines
}

/// A summary without its time.
fn timeless(summary: &str) -> String {
    let (before, after) = summary.split_once("\"elapsed\":").expect("it took time");
    let end = after.find(',').expect("errors follow");
    let decimals = after[..end].split_once('.').expect("it has decimals").1;
    assert!(decimals.len() >= 3, "{summary}");
    format!("{before}{}", &after[end + 1..])
}

/// Fails unless pdu prints these lines; the time is not compared.
#[track_caller]
fn says(sandbox: &Sandbox, words: &str, expected: &[&str]) {
    let mut lines = json(sandbox, words);
    let last = lines.pop().expect("there is a summary");
    lines.push(timeless(&last));
    assert_eq!(lines, expected, "{words}");
}

/// Makes a file whose name is no text.
fn plant(sandbox: &Sandbox, name: &[u8], size: usize) {
    let path = sandbox.root().join(OsStr::from_bytes(name));
    fs::create_dir_all(path.parent().expect("it is below")).expect("directories can be made");
    fs::write(path, vec![b'x'; size]).expect("files can be made");
}

const AWKWARD: [&[u8]; 12] = [
    b"plain",
    b"a, b",
    b"say \"no\"",
    b"\"",
    b"two\nlines",
    b"return\r",
    b"tab\tand \x1b[31mred\x7f\\",
    b"  spaces  ",
    "漢字 é \u{2028}\u{202e}".as_bytes(),
    b"=1+1",
    b"latin-1 \xe9t\xe9",
    b"\xff\xfe\xed\xa0\x80,\"\n",
];

fn awkward() -> Sandbox {
    let sandbox = Sandbox::new();
    for (number, name) in AWKWARD.iter().enumerate() {
        plant(&sandbox, &[b"t/", *name].concat(), 5000 * number);
        plant(&sandbox, &[b"t/sub", *name, b"/f"].concat(), 1);
    }
    sandbox
}

// ---------------------------------------------------------------- the numbers are du's

/// Every line of du, remade from another format by a one-liner, and the total.
#[test]
fn lines_and_sums_are_gnu_du_s() {
    let sandbox = Sandbox::new();
    sandbox.file("t/a/b/c", 70_000);
    sandbox.file("t/a/d", 1);
    fs::hard_link(sandbox.at("t/a/d"), sandbox.at("t/again")).expect("links can be made");
    symlink("a", sandbox.at("t/link")).expect("links can be made");
    symlink(env!("CARGO_MANIFEST_DIR"), sandbox.at("here")).expect("links can be made");
    let (Some(gnu), Some(_)) = (GnuDu::same_sizes(), tool("jq")) else {
        return;
    };
    let du = gnu.path.display();
    let jq = r#"jq -r 'if .summary then "\(.summary.KEY)\ttotal" else "\(.KEY)\t\(.path)" end'"#;
    let awk = r#"awk -F, -v OFS='\t' -v RS='\r\n' 'NR > 1 { print $COLUMN, $1 }'"#;
    for words in [
        "t",
        "-a t",
        "-s t",
        "-d1 t",
        "-S t",
        "-l -a t",
        "-a t/a t",
        "-D here/src here/tests",
    ] {
        for (option, key, column) in [
            ("-B1", "allocated", "2"),
            ("-b", "apparent", "3"),
            ("--inodes", "inodes", "4"),
        ] {
            let jq = jq.replace("KEY", key);
            let awk = awk.replace("COLUMN", column);
            let script = format!(
                "set -o pipefail
                 diff <({du} -c {option} {words}) <(\"$pdu\" {option} --format=json {words} | {jq}) &&
                 diff <({du} {option} {words}) <(\"$pdu\" {option} --format=csv {words} | {awk})"
            );
            let output = shell(&sandbox, &script);
            assert!(output.status.success(), "{script}: {output:?}");
        }
    }
}

#[test]
fn the_unit_and_the_end_of_line_of_du_s_lines_change_nothing() {
    let sandbox = Sandbox::new();
    sandbox.file("t/a", 70_000);
    let plain = pdu(&sandbox, "-a --format=csv t").stdout;
    assert!(plain.starts_with(b"path,allocated,apparent,inodes,depth,kind\r\nt/a,"));
    assert_eq!(plain.iter().filter(|&&byte| byte == b'\n').count(), 3);
    let lines = json(&sandbox, "-a t");
    for option in [
        "-h", "--si", "-m", "-B1M", "-b", "-c", "-0", "--inodes", "-k",
    ] {
        let csv = pdu(&sandbox, &format!("{option} -a --format=csv t")).stdout;
        assert_eq!(text(&csv), text(&plain), "{option}");
        let other = text(&pdu(&sandbox, &format!("{option} -a --format=json t")).stdout);
        let other: Vec<_> = other.split_inclusive('\n').collect();
        assert_eq!(
            other[..2].concat(),
            format!("{}\n{}\n", lines[0], lines[1]),
            "{option}"
        );
        assert_eq!(
            timeless(other[2].trim_end()),
            timeless(&lines[2]),
            "{option}"
        );
    }
}

#[test]
fn sums_beyond_64_bits_are_exact() {
    let huge = |name: &str| {
        Node::file(name).stat(|attr| {
            (attr.size, attr.blocks) = (i64::MAX.cast_unsigned(), u64::MAX);
        })
    };
    let Some(sandbox) = Sandbox::fuse(vec![huge("a"), huge("b"), huge("c")]) else {
        return;
    };
    // 3 * (2^64 - 1) * 512 + 4096, 3 * (2^63 - 1).
    let sums =
        "\"allocated\":28334198897217871284736,\"apparent\":27670116110564327421,\"inodes\":4";
    says(
        &sandbox,
        "m",
        &[
            &format!("{{\"path\":\"m\",{sums},\"depth\":0,\"kind\":\"directory\"}}"),
            &format!(
                "{{\"summary\":{{{sums},\"directories\":1,\"complete\":true,\"errors\":[]}}}}"
            ),
        ],
    );
    let csv = text(&pdu(&sandbox, "-s --format=csv m").stdout);
    let row = "m,28334198897217871284736,27670116110564327421,4,0,directory\r\n";
    assert_eq!(csv.split_once('\n').expect("a header").1, row);
}

// ---------------------------------------------------------------- names

/// What both readers compare with: every path with lstat's numbers, as Python has them.
const TRUTH: &str = r#"
import base64, csv, io, json, os, stat, sys
def truth(root):
    found = {}
    def look(path, depth):
        s = os.lstat(path)
        sums = [s.st_blocks * 512, s.st_size if stat.S_ISREG(s.st_mode) else 0, 1]
        if stat.S_ISDIR(s.st_mode):
            for name in os.listdir(path):
                below = look(path + b"/" + name, depth + 1)
                sums = [a + b for a, b in zip(sums, below)]
        found[path] = (*sums, depth, "directory" if stat.S_ISDIR(s.st_mode) else "file")
        return sums
    look(root, 0)
    return found
def same(found):
    expected = truth(b"t")
    assert len(expected) == 37, len(expected)
    for path in expected.keys() | found.keys():
        assert expected.get(path) == found.get(path), (path, expected.get(path), found.get(path))
"#;

#[test]
fn python_reads_back_the_csv_whatever_the_names() {
    let sandbox = awkward();
    let read = r#"
text = io.TextIOWrapper(sys.stdin.buffer, encoding="utf-8", errors="surrogateescape", newline="")
found = {}
for row in csv.DictReader(text, strict=True):
    numbers = [int(row[key]) for key in ["allocated", "apparent", "inodes", "depth"]]
    found[os.fsencode(row["path"])] = (*numbers, row["kind"])
same(found)
"#;
    let output = pdu(&sandbox, "-a --format=csv t");
    assert!(output.status.success());
    // Nothing is quoted that need not be.
    let has = |row: &[u8]| output.stdout.windows(row.len()).any(|part| part == row);
    assert!(
        has(b"\r\nt/latin-1 \xe9t\xe9,") && has(b"\r\n\"t/a, b\",") && has(b"\r\n\"t/return\r\",")
    );
    ask_python(&sandbox, &format!("{TRUTH}{read}"), &output.stdout);
}

/// The examples of README.md that another program reads, run as they stand there on names of any bytes.
#[test]
fn the_examples_of_the_documents_read_every_name() {
    if tool("jq").is_none() || tool("python3").is_none() {
        return;
    }
    let sandbox = awkward();
    let readme = include_str!("../../README.md");
    let mut examples = 0;
    for example in readme.split("\n$ ").skip(1) {
        let lines = example.lines().enumerate();
        let lines = lines.map_while(|(number, line)| match number {
            0 => Some(line),
            _ => line.strip_prefix("> "),
        });
        let command: Vec<&str> = lines.collect();
        let command = command.join("\n");
        if !command.contains("jq ") && !command.contains("python3 ") {
            continue;
        }
        examples += 1;
        let command = command.replace("pdu ", "$pdu ").replace("zoneinfo", ".");
        let command = command.replace("doc man", ".").replace("100000", "0");
        let script = format!("set -o pipefail; export PYTHONIOENCODING=utf-8:strict; {command}");
        let output = shell(&sandbox, &script);
        let errors = text(&output.stderr);
        assert!(
            output.status.success() && errors.is_empty(),
            "{command}: {errors}"
        );
        assert!(!output.stdout.is_empty(), "{command}");
    }
    assert!(examples >= 3, "README.md has {examples} such examples");
}

#[test]
fn names_that_are_not_utf_8_lose_nothing_in_json() {
    let sandbox = awkward();
    let read = r#"
found = {}
for line in sys.stdin.buffer:
    record = json.loads(line.decode("utf-8"))
    if "summary" in record: continue
    path = record["path"].encode()
    if "path_base64" in record:
        exact = base64.b64decode(record["path_base64"], validate=True)
        assert exact.decode("utf-8", "replace").encode() == path
        try: exact.decode("utf-8")
        except UnicodeDecodeError: pass
        else: raise AssertionError(exact)
        path = exact
    found[path] = tuple(record[key] for key in ["allocated", "apparent", "inodes", "depth", "kind"])
same(found)
"#;
    for words in ["-a t", "-a --sort=size -r t", "-a -n 100 t"] {
        let lines = json(&sandbox, words).join("\n");
        assert!(!lines.contains(['\r', '\x1b', '\x7f']));
        ask_python(&sandbox, &format!("{TRUTH}{read}"), lines.as_bytes());
    }
    // An error has its path in the same way.
    let output = shell(&sandbox, r#""$pdu" --format=json $'no\xff' 2>&-"#);
    let last = is_json(&sandbox, &output.stdout).pop().unwrap_or_default();
    let error = "{\"path\":\"no\u{fffd}\",\"path_base64\":\"bm//\",\"operation\":\"stat\",\"errno\":\"ENOENT\",";
    assert!(last.contains(error), "{last}");
}

// ---------------------------------------------------------------- kinds and times

#[test]
fn kinds_are_told_for_operands_and_below() {
    let sandbox = Sandbox::new();
    sandbox.file("t/file", 1);
    sandbox.dir("t/directory");
    symlink("nowhere", sandbox.at("t/symlink")).expect("links can be made");
    must(Command::new("mkfifo").arg(sandbox.at("t/fifo")));
    let _listener = UnixListener::bind(sandbox.at("t/socket")).expect("sockets can be made");
    symlink("/dev/null", sandbox.at("t/null")).expect("links can be made");
    let mut expected = vec!["directory", "fifo", "file", "socket", "symlink", "symlink"];
    let device = rustix::fs::mknodat(
        rustix::fs::CWD,
        sandbox.at("t/device"),
        FileType::BlockDevice,
        Mode::from(0o600),
        rustix::fs::makedev(7, 200),
    );
    match device {
        Ok(()) => expected.insert(0, "block device"),
        Err(error) => skip(format_args!("no device can be made: {error}")),
    }
    let kinds = |lines: &[String]| -> Vec<String> {
        let kind = |line: &String| {
            Some(
                line.split_once("\"kind\":\"")?
                    .1
                    .split('"')
                    .next()?
                    .to_owned(),
            )
        };
        let mut kinds: Vec<_> = lines.iter().filter_map(kind).collect();
        kinds.sort();
        kinds
    };
    let each = shell(&sandbox, r#""$pdu" --format=json t/*"#).stdout;
    assert_eq!(kinds(&is_json(&sandbox, &each)), expected);
    let mut below = kinds(&json(&sandbox, "-a t"));
    let top = below.iter().position(|kind| kind == "directory");
    below.remove(top.expect("t is a directory"));
    assert_eq!(below, expected);
    for words in ["/dev/null", "-D t/null"] {
        assert_eq!(
            kinds(&json(&sandbox, words)),
            ["character device"],
            "{words}"
        );
        let csv = text(&pdu(&sandbox, &format!("--format=csv {words}")).stdout);
        assert!(csv.ends_with(",0,character device\r\n"), "{csv}");
    }
}

#[test]
fn times_are_those_of_all_years_of_rfc_3339_and_beyond_them_null_with_one_message() {
    let at = |name: &str, seconds: i64| {
        Node::file(name).stat(move |attr| attr.time = (seconds.cast_unsigned(), 7))
    };
    let Some(sandbox) = Sandbox::fuse(vec![
        at("before", -1),
        at("last", 253_402_300_799),
        at("max", i64::MAX),
        at("min", i64::MIN),
        at("now", 1_795_290_739),
        at("year-0", -62_167_219_200),
        at("year-10000", 253_402_300_800),
    ]) else {
        return;
    };
    let expected = [
        ("before", "1969-12-31T23:59:59.000000007Z"),
        ("last", "9999-12-31T23:59:59.000000007Z"),
        ("max", "9223372036854775807"),
        ("min", "-9223372036854775808"),
        ("now", "2026-11-21T19:52:19.000000007Z"),
        ("year-0", "0000-01-01T00:00:00.000000007Z"),
        ("year-10000", "253402300800"),
    ];
    let lines = json(&sandbox, "--time -a -j1 m");
    let csv = pdu(&sandbox, "--time -a -j1 --format=csv m");
    let rows = text(&csv.stdout);
    assert!(rows.starts_with("path,allocated,apparent,inodes,depth,kind,time\r\n"));
    for (name, time) in expected {
        let shown = match time.ends_with('Z') {
            true => format!("\"time\":\"{time}\"}}"),
            false => format!("\"time\":null,\"time_seconds\":{time}}}"),
        };
        let head =
            format!("{{\"path\":\"m/{name}\",\"allocated\":4096,\"apparent\":1000,\"inodes\":1,");
        let line = format!("{head}\"depth\":1,\"kind\":\"file\",{shown}");
        assert!(lines.contains(&line), "{line}: {lines:?}");
        let field = if time.ends_with('Z') { time } else { "" };
        let row = format!("\r\nm/{name},4096,1000,1,1,file,{field}\r\n");
        assert!(rows.contains(&row), "{row}: {rows}");
    }
    // The newest time is the directory's too.
    assert!(rows.ends_with(",directory,\r\n"));
    let of_json = pdu(&sandbox, "--time -a -j1 --format=json m");
    for output in [csv, of_json] {
        let reported = text(&output.stderr);
        assert_eq!(
            reported,
            "pdu: time '9223372036854775807' is out of range\n"
        );
        assert!(output.status.success());
    }
}

// ---------------------------------------------------------------- order

#[test]
fn sorted_and_cut_the_objects_are_the_same() {
    let sandbox = Sandbox::new();
    for (name, size) in [("a", 1), ("b", 90_000), ("c", 40_000)] {
        sandbox.file(&format!("t/{name}"), size);
    }
    must(Command::new("mkfifo").arg(sandbox.at("t/fifo")));
    let whole = json(&sandbox, "-a t");
    let paths = |words: &str| -> Vec<String> {
        let lines = json(&sandbox, words);
        let records = &lines[..lines.len() - 1];
        assert!(records.iter().all(|line| whole.contains(line)), "{lines:?}");
        let path = |line: &String| line.split('"').nth(3).unwrap_or_default().to_owned();
        records.iter().map(path).collect()
    };
    assert_eq!(
        paths("-a --sort=name t"),
        ["t", "t/a", "t/b", "t/c", "t/fifo"]
    );
    assert_eq!(
        paths("-a --sort=size t"),
        ["t", "t/b", "t/c", "t/a", "t/fifo"]
    );
    assert_eq!(
        paths("-a --sort=size -r t"),
        ["t/fifo", "t/a", "t/c", "t/b", "t"]
    );
    assert_eq!(paths("-a -n 2 t"), ["t", "t/b"]);
    let csv = text(&pdu(&sandbox, "-a -n 2 -r --format=csv t").stdout);
    let first: Vec<_> = csv
        .lines()
        .map(|row| row.split(',').next().unwrap_or_default())
        .collect();
    assert_eq!(first, ["path", "t/b", "t"]);
}

// ---------------------------------------------------------------- what is missing

#[test]
fn errors_stand_in_the_summary() {
    let sandbox = Sandbox::new();
    sandbox.file("t/a", 5);
    let own = size_of(&sandbox.at("t")).0 + size_of(&sandbox.at("t/a")).0;
    let sums = format!("\"allocated\":{own},\"apparent\":5,\"inodes\":2");
    let missing = "{\"path\":\"x\",\"operation\":\"stat\",\"errno\":\"ENOENT\",\"message\":\"No such file or directory\"}";
    let summary = format!(
        "{{\"summary\":{{{sums},\"directories\":1,\"complete\":false,\"reason\":\"errors\",\"errors\":[{missing}]}}}}"
    );
    let record = format!("{{\"path\":\"t\",{sums},\"depth\":0,\"kind\":\"directory\"}}");
    says(&sandbox, "x t", &[&record, &summary]);
    let nothing = "{\"summary\":{\"allocated\":0,\"apparent\":0,\"inodes\":0,\"directories\":0,";
    let last = json(&sandbox, "x y").pop().unwrap_or_default();
    assert!(
        last.starts_with(nothing) && last.matches("ENOENT").count() == 2,
        "{last}"
    );
    let output = pdu(&sandbox, "--format=json x");
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(
        text(&output.stderr),
        "pdu: cannot access 'x': No such file or directory\n"
    );
    // Names that may not be used as operands.
    let script = r#"printf 't\0\0' | "$pdu" --format=json --files0-from=- 2>&-"#;
    let last = is_json(&sandbox, &shell(&sandbox, script).stdout)
        .pop()
        .unwrap_or_default();
    let error = "[{\"path\":\"-\",\"operation\":\"operand\",\"errno\":null,\
                 \"message\":\"invalid zero-length file name, number 2\"}]}}";
    assert!(last.ends_with(error), "{last}");
    // CSV has no summary.
    let csv = text(&pdu(&sandbox, "--format=csv x t").stdout);
    assert_eq!(csv.lines().count(), 2);
}

#[test]
fn what_may_not_be_read_is_eacces() {
    let sandbox = Sandbox::new();
    sandbox.file("t/locked/a", 5);
    let locked = sandbox.at("t/locked");
    let chmod = |mode| fs::set_permissions(&locked, fs::Permissions::from_mode(mode));
    chmod(0).expect("it is ours");
    let Some(mut command) = run::unprivileged(Path::new(PDU), sandbox.root()) else {
        return;
    };
    command.args(["--format=json", "t"]);
    let output = run::output(command);
    chmod(0o755).expect("it is ours");
    let last = is_json(&sandbox, &output.stdout).pop().unwrap_or_default();
    let error = "\"complete\":false,\"reason\":\"errors\",";
    assert!(last.contains(error), "{last}");
    let error = "[{\"path\":\"t/locked\",\"operation\":\"open\",\"errno\":\"EACCES\",\"message\":\"Permission denied\"}]}}";
    assert!(last.ends_with(error), "{last}");
}

#[test]
fn errors_have_the_names_that_python_knows() {
    // Not every number can be the result of a call: ENOENT has a meaning of its own, EINTR is retried.
    let numbers = || (1..=133).filter(|number| ![2, 4, 41, 58].contains(number));
    let broken = |number: i32| {
        let errno = Errno::from_raw_os_error(number);
        Node::file(format!("{number}")).failing(Op::Lookup, errno)
    };
    let mut entries: Vec<_> = numbers().map(broken).collect();
    entries.push(Node::dir("500", vec![]).failing(Op::Opendir, Errno::from_raw_os_error(500)));
    entries.push(
        Node::dir("part", vec![Node::file("a"), Node::file("b")])
            .failing(Op::ReaddirAfter(1), Errno::IO),
    );
    let Some(sandbox) = Sandbox::fuse(entries) else {
        return;
    };
    let lines = json(&sandbox, "-j1 m");
    let last = lines.last().expect("there is a summary");
    for error in [
        "{\"path\":\"m/500\",\"operation\":\"open\",\"errno\":\"errno 500\",\"message\":\"Unknown error 500\"}",
        "{\"path\":\"m/part\",\"operation\":\"read\",\"errno\":\"EIO\",\"message\":\"Input/output error\"}",
    ] {
        assert!(last.contains(error), "{error}: {last}");
    }
    let check = r#"
import errno, json, os, sys
errors = json.load(sys.stdin)["summary"]["errors"]
reported = {int(e["path"][2:]): e for e in errors if e["operation"] == "stat"}
assert len(reported) == 129, len(reported)
for number, error in reported.items():
    # Python of Debian 12 lacks one; of two names it knows the other one once.
    names = {133: "EHWPOISON", 35: "EDEADLK", 95: "EOPNOTSUPP", 11: "EAGAIN"}
    expected = names.get(number) or errno.errorcode[number]
    assert (error["errno"], error["message"]) == (expected, os.strerror(number)), error
"#;
    ask_python(&sandbox, check, last.as_bytes());
}

#[test]
fn cancelled_json_says_so_and_csv_ends_with_a_whole_row() {
    let hanging = Node::of_kind("z", Kind::EndlessNames);
    let Some(sandbox) = Sandbox::fuse(vec![Node::dir("a", vec![Node::file("f")]), hanging]) else {
        return;
    };
    for (format, threads) in [("json", 1), ("json", 20), ("csv", 20)] {
        let before = sandbox.requests(0);
        let words = format!("-j{threads} --format={format} m");
        let mut command = sandbox.command(&words);
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        let child = command.spawn().expect("pdu starts");
        wait_until("requests", || sandbox.requests(0) > before + 3000);
        // Not SIGINT, which may be ignored here as it is where these tests are run.
        kill_process(Pid::from_child(&child), Signal::TERM).expect("it runs");
        let answer = Answer::of(child, &words);
        assert_eq!(answer.status.signal(), Some(15), "{answer:?}");
        if format == "csv" {
            let rows =
                "path,allocated,apparent,inodes,depth,kind\r\nm/a,8192,1000,2,1,directory\r\n";
            assert_eq!(answer.out, rows);
            continue;
        }
        let lines = is_json(&sandbox, answer.out.as_bytes());
        assert_eq!(lines.len(), 2, "{lines:?}");
        let (_, end) = lines[1].split_once(",\"complete\":").expect("it says");
        assert!(end.starts_with("false,\"reason\":\"cancelled\","), "{end}");
        assert!(end.ends_with(",\"errors\":[]}}"), "{end}");
        let inodes = lines[1]
            .split_once("\"inodes\":")
            .and_then(|(_, rest)| rest.split(',').next()?.parse().ok());
        assert!(
            inodes.is_some_and(|inodes: u64| inodes >= 3),
            "{}",
            lines[1]
        );
    }
}

// ---------------------------------------------------------------- the schema, and the stream

/// `json` holds every line to the schema.
#[test]
fn classes_and_times_that_an_export_does_not_tell_are_as_the_schema_has_them() {
    let sandbox = Sandbox::new();
    sandbox.dir("t");
    fs::write(sandbox.at("t/a.rs"), "text").expect("files can be written");
    for class in ["ext", "owner", "group", "age", "kind"] {
        let lines = json(&sandbox, &format!("--by={class} t"));
        let start = format!("{{\"by\":\"{class}\",\"class\":\"");
        assert!(lines[0].starts_with(&start), "{}", lines[0]);
        let has_id = lines[0].contains("\"id\":");
        assert_eq!(has_id, matches!(class, "owner" | "group"), "{}", lines[0]);
    }
    let export = r#"[1,2,{},[{"name":"r"},{"name":"f"}]]"#;
    fs::write(sandbox.at("export"), export).expect("files can be written");
    let lines = json(&sandbox, "-a --time --from=export");
    let file = r#"{"path":"r/f","allocated":0,"apparent":0,"inodes":1,"depth":1,"kind":"file","time":null}"#;
    assert_eq!(lines[0], file);
    for (words, expected) in [
        ("-a --time", "0\t-\tr/f\n0\t-\tr\n"),
        ("-T -n1 --time --inodes", "2 - r"),
        (
            "-s --time --format=csv",
            "path,allocated,apparent,inodes,depth,kind,time\r\nr,0,0,2,0,directory,\r\n",
        ),
    ] {
        let output = pdu(&sandbox, &format!("{words} --from=export"));
        let lines = text(&output.stdout);
        assert!(lines.starts_with(expected), "{lines}");
    }
}

#[test]
fn the_summary_of_an_unreadable_export_is_as_the_schema_has_it() {
    let sandbox = Sandbox::new();
    for export in [r#"[1,2,{},[{"name":"r"},{"na"#, "\x1f\u{8b}", "PAR1"] {
        fs::write(sandbox.at("export"), export).expect("files can be written");
        for words in ["--from=export", "--by=ext --from=export"] {
            let lines = json(&sandbox, words);
            let reason = "\"complete\":false,\"reason\":\"unreadable export\",";
            assert!(
                lines.last().is_some_and(|last| last.contains(reason)),
                "{lines:?}"
            );
        }
    }
}

#[test]
fn the_schema_refuses_what_is_not_so() {
    let sandbox = Sandbox::new();
    let record = r#"{"path":"t","allocated":1,"apparent":1,"inodes":1,"depth":0,"kind":"file"}"#;
    let class = r#"{"by":"ext","class":"rs","allocated":1,"apparent":1,"inodes":1,"percent":33.3}"#;
    let summary = r#"{"summary":{"allocated":1,"apparent":1,"inodes":1,"directories":1,"complete":true,"elapsed":1.5,"errors":[]}}"#;
    let wrong = [
        record.replace("1,\"apparent\"", "\"1\",\"apparent\""),
        record.replace("\"inodes\":1", "\"inodes\":1.5"),
        record.replace("\"depth\":0", "\"depth\":-1"),
        record.replace("\"file\"", "\"door\""),
        class.replace('}', ",\"id\":1}"),
        record.replace("\"path\":\"t\",", ""),
        record.replace('}', ",\"time\":\"yesterday\"}"),
        record.replace('}', ",\"time_seconds\":1}"),
        record.replace('}', ",\"path_base64\":\"Zg=\"}"),
        record.replace('}', ",\"more\":1}"),
        class.replace("\"ext\"", "\"color\""),
        class.replace("33.3", "100.1"),
        class.replace("\"inodes\":1,", ""),
        class.replace('}', ",\"path\":\"t\"}"),
        summary.replace("true", "false"),
        summary.replace("true", "true,\"reason\":\"errors\""),
        summary.replace("[]", "[{\"path\":\"t\"}]"),
        summary.replace("\"directories\":1,", ""),
        summary.replace("}}", "},\"path\":\"t\"}"),
    ];
    let lines = |lines: &[String]| {
        lines
            .iter()
            .map(|line| format!("{line}\n"))
            .collect::<String>()
    };
    let right = lines(&[record.to_owned(), class.to_owned(), summary.to_owned()]);
    let Some(refused_right) = refused(&sandbox, right.as_bytes()) else {
        return;
    };
    assert_eq!(refused_right, [""; 0]);
    let refused = refused(&sandbox, lines(&wrong).as_bytes()).expect("it was there");
    assert_eq!(refused.len(), wrong.len(), "{refused:#?}");
}

#[test]
fn a_reader_that_leaves_ends_it_and_a_full_disk_is_told() {
    let sandbox = Sandbox::new();
    sandbox.dir("t");
    for number in 0..4000 {
        let name = format!("t/{number:0>40}");
        fs::File::create(sandbox.at(&name)).expect("files can be made");
    }
    for format in ["json", "csv"] {
        let script =
            format!("\"$pdu\" -a --format={format} t | head -n 1; echo \"${{PIPESTATUS[0]}}\"");
        let output = shell(&sandbox, &script);
        let lines = text(&output.stdout);
        assert!(
            lines.ends_with("\n141\n") && lines.lines().count() == 2,
            "{lines}"
        );
        assert_eq!(text(&output.stderr), "");
        let script = format!("exec -a pdu \"$pdu\" --format={format} t >/dev/full");
        let output = shell(&sandbox, &script);
        let reported = "pdu: write error: No space left on device\n";
        assert_eq!(
            (output.status.code(), &*text(&output.stderr)),
            (Some(1), reported)
        );
    }
}
