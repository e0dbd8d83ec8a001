//! `--format=prometheus`, read by the parser of Python's prometheus_client and checked by promtool. The values are those of
//! GNU du.

use std::collections::{BTreeMap, BTreeSet};
use std::os::unix::fs::PermissionsExt;
use std::process::{Command, Stdio};

use crate::export::{refused, said, script};
use crate::support::gnu_du::{GnuDu, find_on_path};
use crate::support::run::{self, PDU, du, must, program, text};
use crate::support::skip::{is_root, skip};
use crate::support::tree::Tree;

/// Prints a line for each sample: metric, labels, value. The parser reads the text as a collector does.
const PARSE: &str = r#"
import sys
from prometheus_client.parser import text_string_to_metric_families
text = sys.stdin.buffer.read().decode("utf-8")
assert text == "" or text.endswith("\n"), "the last line has no end"
seen, families = set(), set()
for family in text_string_to_metric_families(text):
    assert family.name not in families, family.name + " is in two places"
    assert family.documentation and family.type == "gauge", family
    families.add(family.name)
    for sample in family.samples:
        key = (sample.name, tuple(sorted(sample.labels.items())))
        assert key not in seen, ("twice", key)
        seen.add(key)
        labels = "\t".join(name + "=" + value.encode().hex() for name, value in sample.labels.items())
        print(sample.name, labels, repr(sample.value), sep="\t")
"#;

/// A sample: the metric, the labels, the value.
type Samples = BTreeMap<(String, BTreeMap<String, String>), f64>;

/// Whether the parser can be had; skips if not.
fn has_parser() -> bool {
    let at = std::env::temp_dir();
    let mut command = program("python3", &at);
    command.args(["-c", "import prometheus_client.parser"]);
    let has = command
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success());
    if !has {
        skip("Python has no prometheus_client");
    }
    has
}

/// What the parser reads; promtool must have nothing to say, where it is there.
#[track_caller]
fn parsed(tree: &Tree, report: &[u8]) -> Samples {
    match find_on_path("promtool") {
        Some(promtool) => {
            let mut command = program(promtool, tree.root());
            command.args(["check", "metrics"]);
            let said = run::output_with(command, report);
            let words = [text(&said.stdout), text(&said.stderr)].concat();
            assert!(
                said.status.success() && words.is_empty(),
                "promtool: {words}"
            );
        }
        None => skip("promtool is missing"),
    }
    let mut command = program("python3", tree.root());
    command.args(["-c", PARSE]).env("PYTHONUTF8", "1");
    let said = run::output_with(command, report);
    assert!(said.status.success(), "{}", text(&said.stderr));
    let lines = text(&said.stdout);
    let samples = lines.lines().map(|line| {
        let mut words: Vec<&str> = line.split('\t').collect();
        let value = words.pop().and_then(|value| value.parse().ok());
        let labels = words[1..].iter().map(|label| {
            let (name, value) = label.split_once('=').expect("a label");
            (name.to_owned(), unhex(value))
        });
        let key = (words[0].to_owned(), labels.collect());
        (key, value.expect("a value"))
    });
    samples.collect()
}

fn unhex(digits: &str) -> String {
    let digits = digits.as_bytes().chunks(2);
    let bytes = digits.map(|two| u8::from_str_radix(&text(two), 16).expect("a byte"));
    String::from_utf8(bytes.collect()).expect("a label is UTF-8")
}

/// The report of pdu with these words, with one walker and with twenty.
#[track_caller]
fn samples(tree: &Tree, words: &str) -> Samples {
    let [one, twenty] = ["-j1", "-j20"].map(|walkers| {
        let words = format!("{walkers} --format=prometheus {words}");
        parsed(tree, &run::output(run::pdu(tree.root(), &words)).stdout)
    });
    let timeless = |samples: &Samples| {
        let mut samples = samples.clone();
        samples.retain(|(name, _), _| name != "pdu_duration_seconds");
        samples
    };
    assert_eq!(timeless(&one), timeless(&twenty), "{words}");
    one
}

/// The values of a metric by the value of a label.
fn by<'a>(samples: &'a Samples, metric: &str, label: &str) -> BTreeMap<&'a str, f64> {
    let of_metric = samples.iter().filter(|((name, _), _)| name == metric);
    let pairs = of_metric.map(|((_, labels), value)| (labels[label].as_str(), *value));
    pairs.collect()
}

/// The only sample of a metric, which has the label `operands` alone.
#[track_caller]
fn of_run(samples: &Samples, metric: &str, operands: &str) -> f64 {
    let found = by(samples, metric, "operands");
    assert_eq!(found.keys().collect::<Vec<_>>(), [&operands], "{metric}");
    found[operands]
}

const TREE: &str = r"
t/plain 5000
t/d/e/deep 70000
t/d/one 10
t/two = t/d/one
t/tab\x09cr\x0dlf\x0aquote\x22back\x5cslash\x5cn 3
t/\xe6\xbc\xa2\xef\xbf\xbd\x01\x7f 1
t/{path=\x22x\x22,}\x20#\x20 1
";

#[test]
fn series_and_values_are_those_of_gnu_du() {
    let Some(gnu) = GnuDu::same_sizes() else {
        return;
    };
    if !has_parser() {
        return;
    }
    let tree = Tree::of(TREE);
    for words in [
        "t",
        "-a t",
        "-al t",
        "-d1 t",
        "-s t t/d",
        "-S t",
        "-a -t5000 t",
        "-a -t-4096 t",
        "-x t/d ./t/d t/plain",
    ] {
        let ours = samples(&tree, words);
        for (metric, measure) in [
            ("pdu_allocated_bytes", "-B1"),
            ("pdu_apparent_bytes", "-b"),
            ("pdu_inodes", "--inodes"),
        ] {
            // The threshold is that of the measure which is shown, here of allocated bytes.
            if words.contains("-t") && measure != "-B1" {
                continue;
            }
            let theirs = du(&gnu.path, tree.root(), &format!("-0 {measure} {words}"));
            let theirs = run::stdout(theirs);
            let lines = theirs.split_terminator('\0').map(|line| {
                let (number, path) = line.split_once('\t').expect("two columns");
                (path, number.parse().expect("a number"))
            });
            let theirs: BTreeMap<&str, f64> = lines.collect();
            assert!(!theirs.is_empty(), "{words}");
            assert_eq!(by(&ours, metric, "path"), theirs, "{metric} {words}");
        }
        let operands: Vec<_> = words
            .split(' ')
            .filter(|word| !word.starts_with('-'))
            .collect();
        let operands = operands.join(" ");
        let theirs = run::run(du(&gnu.path, tree.root(), &format!("-c -B1 {words}")));
        let ours_in_total = of_run(&ours, "pdu_total_allocated_bytes", &operands);
        let total = theirs
            .out
            .lines()
            .find_map(|line| line.strip_suffix("\ttotal"));
        assert_eq!(Some(ours_in_total.to_string().as_str()), total, "{words}");
        assert_eq!(of_run(&ours, "pdu_complete", &operands).to_string(), "1");
        assert_eq!(of_run(&ours, "pdu_errors", &operands).to_string(), "0");
        assert!(of_run(&ours, "pdu_duration_seconds", &operands) > 0.0);
    }
}

/// bash reads a path back from a label, and no two paths have one label.
#[test]
fn names_that_are_not_utf_8_have_labels_of_their_own() {
    if !has_parser() {
        return;
    }
    const NAMES: &str = r"t/\xff t/\xfe t/\xc3 t/\xff\x0a\x5c\x27\x22\x09 t/\xef\xbf\xbd t/\x5c377 t/$'\x5c377' t/x\xff/$'y";
    let tree = Tree::empty();
    for name in NAMES.split(' ') {
        let text = format!("{name} 1");
        let path = tree.root().join(crate::support::tree::word(name));
        std::fs::create_dir_all(path.parent().expect("it is below")).expect("there is room");
        std::fs::write(&path, "x").unwrap_or_else(|error| panic!("{text}: {error}"));
    }
    for operand in ["t", r"$'t/\x5c377'"] {
        if operand != "t" {
            // What looks like the label of another path is written as that path would be.
            std::fs::create_dir_all(tree.root().join(r"$'t")).expect("there is room");
            std::fs::write(tree.root().join(r"$'t/\377'"), "x").expect("there is room");
        }
        let ours = samples(&tree, &format!("-a t {operand}"));
        let labels = by(&ours, "pdu_inodes", "path");
        let mut read = BTreeSet::new();
        for label in labels.keys() {
            let path = match label.starts_with("$'") {
                true => script(&tree, &format!("printf %s {label}")).stdout,
                false => label.as_bytes().to_vec(),
            };
            assert!(read.insert(path), "{label}");
        }
        let raw = run::output(run::pdu(tree.root(), &format!("-0a t {operand}"))).stdout;
        let paths = raw.split(|&byte| byte == 0).filter(|line| !line.is_empty());
        let paths = paths.map(|line| {
            let tab = line
                .iter()
                .position(|&byte| byte == b'\t')
                .expect("two columns");
            line[tab + 1..].to_vec()
        });
        assert_eq!(read, paths.collect(), "{operand}");
    }
}

#[test]
fn no_series_is_there_twice() {
    if !has_parser() {
        return;
    }
    let tree = Tree::of("a/f 5\na/d/g 7\nb -> a");
    for (words, paths) in [
        ("-lb a a", "a a/d"),
        (
            "-lab a a/d a/f ./a a/",
            "./a ./a/d ./a/d/g ./a/f a a/ a/d a/d/g a/f",
        ),
        ("-lbsD a b a", "a b"),
    ] {
        let ours = samples(&tree, words);
        let sizes = by(&ours, "pdu_apparent_bytes", "path");
        let mut found: Vec<_> = sizes.keys().copied().collect();
        // `a/` has the lines `a/d` and so on below it, like `a`.
        found.sort_unstable();
        assert_eq!(found.join(" "), paths, "{words}");
        assert_eq!(sizes["a"].to_string(), "12");
    }
    // Two operands that a shell tells apart have two labels.
    let ours = samples(&Tree::of("a\\x20b/\na/\nb/"), "-s a\\x20b");
    of_run(&ours, "pdu_complete", "'a b'");
}

#[test]
fn a_list_and_an_export_are_named_in_place_of_operands() {
    if !has_parser() {
        return;
    }
    let tree = Tree::of("t/f 5");
    said(
        &tree,
        "printf 't\\0t/f\\0' >list; $pdu --format=ncdu t >export",
    );
    let ours = samples(&tree, "--files0-from=list");
    of_run(&ours, "pdu_complete", "--files0-from list");
    let ours = samples(&tree, "--from=export --time -a");
    of_run(&ours, "pdu_complete", "--from export");
    assert!(by(&ours, "pdu_newest_timestamp_seconds", "path").is_empty());
    assert_eq!(by(&ours, "pdu_inodes", "path").len(), 2);
}

#[test]
fn times_are_seconds_since_1970() {
    if !has_parser() {
        return;
    }
    let tree = Tree::of("t/old 5 @-3\nt/new 5 @1000000000/7\nt/ @0");
    let times = |words: &str| {
        let ours = samples(&tree, words);
        let times = by(&ours, "pdu_newest_timestamp_seconds", "path");
        let times = times.iter().map(|(path, time)| format!("{path} {time}"));
        times.collect::<Vec<_>>().join(", ")
    };
    assert_eq!(
        times("--time -a t"),
        "t 1000000000, t/new 1000000000, t/old -3"
    );
    assert_eq!(times("--time=atime -a t/new t/old"), "t/new 7, t/old -3");
    assert_eq!(times("-a t"), "");
}

#[test]
fn lines_are_chosen_and_ordered_as_in_other_formats() {
    let tree = Tree::of("t/a 5\nt/b 70000\nt/c 9000");
    let order = "sed -n 's/^pdu_allocated_bytes{path=\"\\(.*\\)\"} .*/\\1/p' | tr '\\n' ' '";
    for (words, expected) in [
        ("-an2 t/*", "t/b t/c "),
        ("-a --sort=name -r t/*", "t/c t/b t/a "),
        ("-a --sort=size t/*", "t/b t/c t/a "),
        ("-0 -h -c --sort=name t/*", "t/a t/b t/c "),
        ("-t1T t", ""),
    ] {
        let found = said(
            &tree,
            &format!("$pdu --format=prometheus {words} | {order}"),
        );
        assert_eq!(found, expected, "{words}");
    }
    // No head without a series.
    assert_eq!(
        said(
            &tree,
            "$pdu --format=prometheus -t1T t | grep -c pdu_inodes || true"
        ),
        "0\n"
    );
    assert_eq!(
        refused(&tree, "$pdu -T --format=prometheus t"),
        "--tree cannot be combined with --format"
    );
}

#[test]
fn classes_are_metrics_of_their_own() {
    if !has_parser() {
        return;
    }
    let tree = Tree::of("t/a.rs 5\nt/b.rs 6\nt/c 7");
    let ours = samples(&tree, "--by=ext t");
    let sizes = by(&ours, "pdu_class_apparent_bytes", "class");
    let sizes = sizes.iter().map(|(class, size)| format!("{class} {size}"));
    assert_eq!(
        sizes.collect::<Vec<_>>().join(", "),
        "(directories) 0, (none) 7, rs 11"
    );
    assert!(ours.keys().all(|(name, _)| name != "pdu_inodes"));
    assert_eq!(of_run(&ours, "pdu_total_inodes", "t").to_string(), "4");
    assert_eq!(of_run(&ours, "pdu_complete", "t").to_string(), "1");
    if !is_root("to give files away") {
        return;
    }
    must(
        Command::new("chown")
            .arg("4242:4243")
            .arg(tree.root().join("t/c")),
    );
    for (words, id) in [("--by=owner", "4242"), ("--by=group", "4243")] {
        let ours = samples(&tree, &format!("{words} t"));
        assert_eq!(by(&ours, "pdu_class_inodes", "id")[id].to_string(), "1");
    }
}

#[test]
fn a_report_that_lacks_something_says_so() {
    if !has_parser() {
        return;
    }
    let tree = Tree::of("t/f 5\nt/d/g 7");
    let ours = samples(&tree, "t nothing neither");
    assert_eq!(
        of_run(&ours, "pdu_complete", "t nothing neither").to_string(),
        "0"
    );
    assert_eq!(
        of_run(&ours, "pdu_errors", "t nothing neither").to_string(),
        "2"
    );
    assert_eq!(by(&ours, "pdu_inodes", "path")["t"].to_string(), "4");
    // Cancelled: what was counted is there. Where a FUSE file system is mounted, a child of pdu reads.
    let endless = "endless() { echo '[1,2,{},[{\"name\":\"r\"},[{\"name\":\"d\"}],[{\"name\":\"e\"}'; yes ',{\"name\":\"a\",\"asize\":1}'; }
        env --default-signal=INT $pdu --format=prometheus --from=<(endless) >x & pid=$!
        has_read() { awk '/^rchar/ && $2 > 1000000 { print }' /proc/$pid/io $(pgrep -P $pid | sed 's,.*,/proc/&/io,') | grep -q .; }
        until has_read; do read -t 0.02 <> <(:); done
        kill -INT $pid; wait $pid; cat x";
    let output = script(&tree, endless);
    let ours = parsed(&tree, &output.stdout);
    let complete: Vec<_> = by(&ours, "pdu_complete", "operands")
        .into_values()
        .collect();
    assert_eq!(complete.len(), 1, "{}", text(&output.stderr));
    assert_eq!(complete[0].to_string(), "0");
    assert_eq!(by(&ours, "pdu_inodes", "path")["r/d"].to_string(), "1");
}

/// The example of README.md: what the collector reads is whole, and may be read by its user.
#[test]
fn a_file_for_the_collector_is_replaced_when_it_is_whole() {
    let tree = Tree::of("srv/f 5\nsrv/d/g 7\nplace/");
    let readme = include_str!("../../README.md");
    let line = readme
        .lines()
        .find(|line| line.contains("--format=prometheus -o"));
    let line = line.expect("README.md has an example");
    let command = line.split_once("pdu ").expect("a crontab entry").1;
    let command = command.replace("/var/lib/prometheus/node-exporter", "place");
    let command = format!("{PDU} {}", command.replace(" /srv", " srv"));
    assert!(!command.contains('%'), "cron would end the line there");
    let output = script(
        &tree,
        &format!("logger() {{ echo \"$@\"; }}; {command}; ls -A place"),
    );
    assert_eq!(
        text(&output.stdout),
        "srv.prom\n",
        "{}",
        text(&output.stderr)
    );
    let file = tree.root().join("place/srv.prom");
    let mode = std::fs::metadata(&file)
        .expect("it is there")
        .permissions()
        .mode();
    assert_eq!(mode & 0o777, 0o644);
    if has_parser() {
        let report = std::fs::read(&file).expect("it can be read");
        let ours = parsed(&tree, &report);
        assert_eq!(of_run(&ours, "pdu_complete", "srv").to_string(), "1");
    }
}
