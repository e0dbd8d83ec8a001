//! Sums by class of entries (`--by`), compared with the results of `find` and GNU du on the same trees.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant, SystemTime};

use crate::support::gnu_du::GnuDu;
use crate::support::run::{self, Answer, PDU};
use crate::support::skip::{is_root, skip};
use crate::support::terminal::{Streams, Terminal, can_slow_down, forest, slow, start_slow};
use crate::support::tree::Tree;
use rustix::process::Signal;
use unicode_width::UnicodeWidthStr;

// ---------------------------------------------------------------- running

/// What pdu prints; it must succeed without a message.
#[track_caller]
fn pdu(at: &Path, words: &str) -> String {
    run::stdout(run::pdu(at, words))
}

/// One line of the du format, sizes in bytes.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord)]
struct Sum {
    allocated: u64,
    apparent: u64,
    files: u64,
}

type Sums = BTreeMap<String, Sum>;

/// The sums that `pdu -B1 WORDS` prints for each class.
#[track_caller]
fn sums(at: &Path, words: &str) -> Sums {
    read_sums(&pdu(at, &format!("-B1 {words}")))
}

#[track_caller]
fn read_sums(text: &str) -> Sums {
    let line = |line: &str| {
        let fields: Vec<&str> = line.split('\t').collect();
        let [allocated, apparent, files, per_cent, class] = fields[..] else {
            panic!("not five fields: {line:?}");
        };
        let number = |field: &str| field.parse::<u64>().expect("it is a number");
        let (whole, tenths) = per_cent.split_once('.').expect("it has a decimal");
        assert!(number(whole) <= 100 && tenths.len() == 1, "{line:?}");
        let sum = Sum {
            allocated: number(allocated),
            apparent: number(apparent),
            files: number(files),
        };
        (class.to_owned(), sum)
    };
    let sums: Vec<_> = text.lines().map(line).collect();
    let map: Sums = sums.iter().cloned().collect();
    assert_eq!(map.len(), sums.len(), "a class has two lines in {text:?}");
    map
}

/// An entry as find sees it.
#[derive(Debug)]
struct Found {
    kind: char,
    uid: String,
    gid: String,
    sum: Sum,
    name: String,
}

/// The entries of a tree by `find -printf`; each hard link counts.
fn find(at: &Path, words: &str) -> Vec<Found> {
    let mut command = run::du("find", at, words);
    command.args(["-printf", "%y %U %G %b %s %f\\0"]);
    let text = run::stdout(command);
    let entries = text.split_terminator('\0').map(|entry| {
        let fields: Vec<&str> = entry.splitn(6, ' ').collect();
        let number = |index: usize| fields[index].parse::<u64>().expect("it is a number");
        let kind = fields[0].chars().next().expect("it has a kind");
        Found {
            kind,
            uid: fields[1].into(),
            gid: fields[2].into(),
            sum: Sum {
                allocated: 512 * number(3),
                // GNU du's rule: only files and symbolic links have an apparent size.
                apparent: if matches!(kind, 'f' | 'l') {
                    number(4)
                } else {
                    0
                },
                files: 1,
            },
            name: fields[5].into(),
        }
    });
    entries.collect()
}

/// Sums of the entries by this class.
fn by(found: &[Found], class: impl Fn(&Found) -> String) -> Sums {
    let mut sums = Sums::new();
    for found in found {
        let sum = sums.entry(class(found)).or_default();
        sum.allocated += found.sum.allocated;
        sum.apparent += found.sum.apparent;
        sum.files += 1;
    }
    sums
}

fn kind(found: &Found) -> String {
    let word = match found.kind {
        'f' => "file",
        'd' => "directory",
        'l' => "symlink",
        'p' => "fifo",
        's' => "socket",
        'b' => "block device",
        'c' => "character device",
        _ => panic!("{found:?}"),
    };
    word.into()
}

/// A tree with a bit of everything.
fn zoo() -> Tree {
    let tree = Tree::of(
        "t/src/main.rs 5000
         t/src/lib.rs 20000
         t/src/.hidden.rs 100
         t/pictures.d/A.JPG 30000
         t/pictures.d/b.jpg 10000
         t/pictures.d/c.JpG 1
         t/back.tar.gz 100000
         t/.bashrc 300
         t/Makefile 9000
         t/odd.x\\x20y 1
         t/odd.0123456789abcdefg 1
         t/end. 1
         t/empty.log 0
         t/also.rs = t/src/main.rs
         t/linked.bin = t/back.tar.gz
         t/l.so -> src/main.rs
         t/dangling -> nowhere",
    );
    let fifo = Command::new("mkfifo")
        .arg(tree.root().join("t/pipe.rs"))
        .status();
    assert!(fifo.is_ok_and(|status| status.success()));
    let socket = std::os::unix::net::UnixListener::bind(tree.root().join("t/so.ck"));
    drop(socket.expect("sockets can be made"));
    tree
}

// ---------------------------------------------------------------- classes

#[test]
fn each_extension_has_the_sum_that_find_has() {
    let tree = zoo();
    let found = find(tree.root(), "t");
    let expected = by(&found, |found| {
        let class = match (found.kind, &*found.name) {
            ('d', _) => "(directories)",
            ('l', _) => "(symlinks)",
            ('p' | 's', _) => "(special)",
            (_, "main.rs" | "lib.rs" | ".hidden.rs" | "also.rs") => "rs",
            (_, "A.JPG" | "b.jpg" | "c.JpG") => "jpg",
            (_, "back.tar.gz") => "gz",
            (_, "linked.bin") => "bin",
            (_, "empty.log") => "log",
            (_, ".bashrc" | "Makefile" | "odd.x y" | "odd.0123456789abcdefg" | "end.") => "(none)",
            other => panic!("{other:?}"),
        };
        class.into()
    });
    assert_eq!(sums(tree.root(), "-l --by=ext t"), expected);
}

#[test]
fn each_kind_has_the_sum_that_find_has() {
    let tree = zoo();
    let expected = by(&find(tree.root(), "t"), kind);
    assert_eq!(expected.len(), 5);
    assert_eq!(sums(tree.root(), "-l --by=kind t"), expected);
    let device = sums(tree.root(), "--by=kind /dev/null");
    assert_eq!(device["character device"].files, 1);
}

#[test]
fn kinds_and_owners_of_a_large_tree_are_those_of_find() {
    // /usr/share has directories that only root may read.
    let place = if rustix::process::getuid().is_root() {
        "/usr/share"
    } else {
        "/usr/share/doc"
    };
    let place = Path::new(place);
    if !place.is_dir() {
        return skip("there is no tree that everybody has");
    }
    // Nothing else should write there, but a package may be on its way in.
    for attempt in 1.. {
        let before = find(place, ".");
        let kinds = sums(place, "-l --by=kind .");
        // A number is printed where the database has no name.
        let words = "-l -B1 --by=group .";
        let mut groups = run::pdu(place, words);
        groups.env("PATH", "");
        let groups = read_sums(&run::stdout(groups));
        let after = find(place, ".");
        let is_still = by(&before, kind) == by(&after, kind);
        if is_still || attempt == 3 {
            assert_eq!(kinds, by(&after, kind));
            let names = names_of("/etc/group");
            let name = |found: &Found| names.get(&found.gid).unwrap_or(&found.gid).clone();
            assert_eq!(groups, by(&after, name));
            return;
        }
    }
}

/// Names by number, as the file has them.
fn names_of(file: &str) -> BTreeMap<String, String> {
    let text = fs::read_to_string(file).expect("everybody may read it");
    let mut names = BTreeMap::new();
    for line in text.lines() {
        if let [name, _, number, _, ..] = line.split(':').collect::<Vec<_>>()[..] {
            names.entry(number.to_owned()).or_insert(name.to_owned());
        }
    }
    names
}

// ---------------------------------------------------------------- totals

#[test]
fn classes_add_up_to_what_gnu_du_says() {
    let Some(gnu) = GnuDu::any() else {
        return;
    };
    let tree = zoo();
    for words in [
        "t",
        "-l t",
        "t/src t",
        "t t",
        "t/also.rs t/src t/linked.bin",
        "-x t",
        "-x / --exclude=/?*",
        "--exclude=*.rs t",
        "--exclude=src t",
        "-L t/src t/l.so",
        "-D t/l.so",
        "-S t",
    ] {
        for measure in ["--block-size=1", "--apparent-size", "--inodes"] {
            if !gnu.release.knows(b'b', &measure[2..]) {
                continue;
            }
            let words = format!("{measure} {words}");
            let total = total(gnu, tree.root(), &format!("-s -c -B1 {words}"));
            for class in ["ext", "owner", "group", "age", "kind"] {
                // What chooses directories chooses no classes.
                let words = format!("--by={class} -a -d1 {words}");
                let sums = sums(tree.root(), &words);
                let measured = sums.values().map(|sum| match measure {
                    "--inodes" => sum.files,
                    "--apparent-size" => sum.apparent,
                    _ => sum.allocated,
                });
                assert_eq!(measured.sum::<u64>(), total, "{words}");
            }
        }
    }
}

/// The number in GNU du's last line.
#[track_caller]
fn total(gnu: &GnuDu, at: &Path, words: &str) -> u64 {
    let text = run::stdout(run::du(&gnu.path, at, words));
    let last = text.lines().last().and_then(|line| line.split_once('\t'));
    let (total, _) = last.expect("there is a total");
    total.parse().expect("it is a number")
}

#[test]
fn a_file_with_several_links_counts_once_where_it_is_met_first() {
    let tree = Tree::of("a/one.txt 5000\nb/two.bin = a/one.txt");
    for (words, expected) in [("a b", "txt"), ("b a", "bin")] {
        let sums = sums(tree.root(), &format!("--by=ext {words}"));
        let classes: Vec<_> = sums.keys().collect();
        assert_eq!(classes, ["(directories)", expected]);
        assert_eq!(sums[expected].files, 1);
    }
    let each = sums(tree.root(), "-l --by=ext a b");
    assert_eq!((each["txt"].files, each["bin"].files), (1, 1));
}

// ---------------------------------------------------------------- lines

/// Apparent sizes do not depend on the file system. Directories have none.
#[test]
fn lines_are_sorted_by_the_size_that_is_shown_and_then_by_name() {
    let tree = Tree::of(
        "t/1.old 600 @1000
         t/2.big 1000 @3000
         t/3.old 200 @4000
         t/4.abc 800 @2000",
    );
    for (words, expected) in [
        ("", "big,abc,old"),
        ("-r", "old,abc,big"),
        ("-n2", "big,abc"),
        ("-r -n2", "abc,big"),
        ("--sort=size", "big,abc,old"),
        ("--sort=name", "abc,big,old"),
        ("--sort=name -r", "old,big,abc"),
        ("--sort=name -n1", "big"),
        ("--sort=inodes", "old,abc,big"),
        ("--sort=inodes -n1", "old"),
        ("--sort=time", "old,big,abc"),
        ("--sort=time -n2", "old,big"),
        ("--sort=none", "old,big,abc"),
        ("-t900", "big"),
        ("-t-900", "abc,old,(directories)"),
    ] {
        let text = pdu(
            tree.root(),
            &format!("-b -t1 --by=ext {words} t/1.old t/2.big t"),
        );
        let names: Vec<_> = text
            .lines()
            .filter_map(|line| line.rsplit('\t').next())
            .collect();
        assert_eq!(names.join(","), expected, "{words}");
    }
    // Two entries of five: another measure, another order.
    let text = pdu(tree.root(), "--inodes --by=ext t");
    let first = text.lines().next().unwrap_or_default();
    assert!(first.ends_with("\t2\t40.0\told"), "{first}");
}

/// The output of each format for one class and for all, written by hand.
#[test]
fn every_format_says_the_same() {
    let tree = Tree::of("a.txt 3000\nb.txt 1500\nc.bin 1500");
    let at = tree.root();
    let operands = "a.txt b.txt c.bin";
    let blocks: Vec<u64> = find(at, operands)
        .iter()
        .map(|found| found.sum.allocated)
        .collect();
    let [a, b, c] = blocks[..] else {
        panic!("three files: {blocks:?}");
    };
    let (txt, all) = (a + b, a + b + c);
    let of = |words: &str| pdu(at, &format!("--by=ext {words} {operands}"));
    assert_eq!(
        of("-b"),
        format!("{txt}\t4500\t2\t75.0\ttxt\n{c}\t1500\t1\t25.0\tbin\n")
    );
    assert_eq!(
        of("-b -c -n1 -0"),
        format!("{txt}\t4500\t2\t75.0\ttxt\0{all}\t6000\t3\t100.0\ttotal\0")
    );
    assert_eq!(
        of("-A -h -n1"),
        format!("{}\t4.4K\t2\t75.0\ttxt\n", human(at, txt))
    );
    assert_eq!(
        of("--inodes -B1 -n1"),
        format!("{txt}\t4500\t2\t66.7\ttxt\n")
    );
    let csv =
        format!("by,class,allocated,apparent,inodes,percent\r\next,txt,{txt},4500,2,75.0\r\n");
    assert_eq!(of("-A --format=csv -n1 -c"), csv);
    let json = of("-A --format=json -n1");
    let (class, summary) = json.split_once('\n').expect("there are two lines");
    assert_eq!(
        class,
        format!(
            r#"{{"by":"ext","class":"txt","allocated":{txt},"apparent":4500,"inodes":2,"percent":75.0}}"#
        )
    );
    let start = format!(
        r#"{{"summary":{{"allocated":{all},"apparent":6000,"inodes":3,"directories":0,"complete":true,"#
    );
    assert!(summary.starts_with(&start), "{summary}");
    assert!(summary.ends_with("\"errors\":[]}}\n"), "{summary}");
    let table = of("-T");
    assert_eq!(of("-T -0"), table.replace('\n', "\0"));
}

/// A size as GNU's `-h` has it.
fn human(at: &Path, bytes: u64) -> String {
    let mut command = run::du("numfmt", at, "--to=iec");
    command.arg(bytes.to_string());
    run::stdout(command).trim().to_owned()
}

#[test]
fn a_tree_is_a_table_with_bars_in_the_units_asked_for() {
    let tree = Tree::of("a.txt 3000\nb.txt 1500\nc.bin 1500");
    let operands = "a.txt b.txt c.bin";
    for (words, locale, expected) in [
        (
            "-k",
            "C",
            "5 2 75.0 ###############..... txt|2 1 25.0 #####............... bin|6 3 100.0 #################### total",
        ),
        (
            "-k",
            "C.UTF-8",
            "5 2 75.0 ███████████████░░░░░ txt|2 1 25.0 █████░░░░░░░░░░░░░░░ bin|6 3 100.0 ████████████████████ total",
        ),
        (
            "",
            "C",
            "4.4 KiB 2 75.0 ###############..... txt|1.5 KiB 1 25.0 #####............... bin|5.9 KiB 3 100.0 #################### total",
        ),
        (
            "-h",
            "C",
            "4.4 KiB 2 75.0 ###############..... txt|1.5 KiB 1 25.0 #####............... bin|5.9 KiB 3 100.0 #################### total",
        ),
        (
            "--si",
            "C",
            "4.5 kB 2 75.0 ###############..... txt|1.5 kB 1 25.0 #####............... bin|6 kB 3 100.0 #################### total",
        ),
    ] {
        let mut command = run::pdu(tree.root(), &format!("-T --by=ext -A {words} {operands}"));
        command.env("LC_ALL", locale).env("BLOCK_SIZE", "7");
        let text = run::stdout(command);
        let (head, rows) = text.split_once('\n').expect("there is a head");
        assert_eq!(
            head.split_whitespace().collect::<Vec<_>>(),
            ["allocated", "apparent", "files", "%", "ext"]
        );
        let start = head.find("apparent").expect("it was just there");
        // From the apparent size on: the allocated one is the file system's.
        let rows: Vec<_> = rows
            .lines()
            .map(|row| {
                row[start..]
                    .split_whitespace()
                    .collect::<Vec<_>>()
                    .join(" ")
            })
            .collect();
        assert_eq!(rows.join("|"), expected, "{words} {locale}");
        let widths = text
            .lines()
            .map(|line| line.rfind(' ').map(|at| line[..at].chars().count()));
        let widths: Vec<_> = widths.collect();
        assert!(
            widths.iter().all(|width| *width == widths[0]),
            "not aligned: {text}"
        );
    }
}

#[test]
fn a_table_has_bars_where_there_is_room_and_ascii_where_the_terminal_is_dumb() {
    let tree = Tree::of("a.txt 3000");
    let last = |columns: &str, term: &str| {
        let words = "-T --by=ext a.txt";
        let mut command = run::pdu(tree.root(), words);
        command
            .env("LC_ALL", "C.UTF-8")
            .env("COLUMNS", columns)
            .env("TERM", term);
        let text = run::stdout(command);
        text.lines().last().map(str::to_owned).unwrap_or_default()
    };
    assert!(last("80", "xterm").ends_with("  100.0  ████████████████████  total"));
    assert!(last("80", "dumb").ends_with("  100.0  ####################  total"));
    assert!(last("40", "xterm").ends_with("  100.0  total"));
}

/// What stands between blanks, but for single ones.
fn cells(line: &str) -> Vec<&str> {
    let cells = line.split("  ").map(str::trim);
    cells.filter(|cell| !cell.is_empty()).collect()
}

#[test]
fn a_table_fits_into_the_terminal_and_its_numbers_are_never_cut() {
    let tree = Tree::of("a.0123456789abcdef 3000\nb.txt 20");
    for (words, first) in [
        ("", "allocated"),
        ("-B1 --apparent-size", "apparent"),
        ("--inodes", "files"),
    ] {
        let words = format!("-T --by=ext {words} a.0123456789abcdef b.txt");
        let table = |columns: usize| {
            let mut command = run::pdu(tree.root(), &words);
            command.env("LC_ALL", "C.UTF-8");
            command.env("COLUMNS", columns.to_string());
            run::stdout(command)
        };
        let wide = table(80);
        let mut fewest = 6;
        for columns in (1..80).rev() {
            let narrow = table(columns);
            assert!(narrow.lines().count() == 4 && wide.lines().count() == 4);
            for (line, whole) in narrow.lines().zip(wide.lines()) {
                let (cells, whole) = (cells(line), cells(whole));
                let (class, numbers) = match cells.as_slice() {
                    // Only the number by which lines are sorted.
                    [number] => ("", vec![*number]),
                    [numbers @ .., class] => (*class, numbers.to_vec()),
                    [] => panic!("{columns}: {narrow}"),
                };
                assert!(numbers.iter().all(|cell| whole.contains(cell)), "{narrow}");
                let is_name =
                    class.contains('…') || whole.iter().any(|cell| cell.starts_with(class));
                assert!(is_name, "{columns}: {narrow}");
                assert!(
                    line.width() <= columns || numbers.len() == 1,
                    "{columns}: {narrow}"
                );
                assert!(cells.len() <= fewest, "{columns}: {narrow}");
            }
            let head = cells(narrow.lines().next().expect("there is a head"));
            assert!(head.contains(&first), "{columns}: {narrow}");
            fewest = cells(narrow.lines().last().expect("a total")).len();
        }
        assert_eq!(fewest, 1, "one column is too narrow for more");
    }
}

// ---------------------------------------------------------------- owners

#[test]
fn owners_and_groups_have_their_names_and_strangers_their_numbers() {
    if !is_root("to give files away") {
        return;
    }
    let tree = Tree::of("t/a 3000\nt/b 2000\nt/c 1000\nt/d 10");
    let give = |name: &str, user, group| {
        let (user, group) = (
            rustix::fs::Uid::from_raw(user),
            rustix::fs::Gid::from_raw(group),
        );
        let path = tree.root().join("t").join(name);
        rustix::fs::chown(path, Some(user), Some(group)).expect("we are root");
    };
    give("a", 1, 1);
    give("b", 987_654_321, 987_654_321);
    give("c", 1, 987_654_321);
    let found = find(tree.root(), "t");
    let (users, groups) = (names_of("/etc/passwd"), names_of("/etc/group"));
    let user = |found: &Found| users.get(&found.uid).unwrap_or(&found.uid).clone();
    let group = |found: &Found| groups.get(&found.gid).unwrap_or(&found.gid).clone();
    let owners = by(&found, user);
    assert!(
        owners.contains_key("987654321") && owners.contains_key("root"),
        "{owners:?}"
    );
    // From getent, and where there is none.
    for path in ["/usr/bin:/bin", "/nonexistent"] {
        for (words, expected) in [("owner", &owners), ("group", &by(&found, group))] {
            let words = format!("-B1 --by={words} t");
            let mut command = run::pdu(tree.root(), &words);
            command.env("PATH", path);
            assert_eq!(
                &read_sums(&run::stdout(command)),
                expected,
                "{words} {path}"
            );
        }
    }
}

#[test]
fn the_database_is_asked_where_path_does_not_lead_to_it() {
    if !can_slow_down() {
        return;
    }
    let tree = Tree::of("t/f 5000\nnone/");
    let bin = tree.root().join("none");
    for path in [
        None,
        Some(""),
        Some(":.:bin:../bin"),
        Some("/nonexistent"),
        Some("\u{1b}"),
        bin.to_str(),
    ] {
        let mut command = run::shell(
            tree.root(),
            "unset PATH; [ $# = 0 ] || export PATH=$1
            /usr/bin/strace -f -o /dev/stdout -e trace=execve -e signal=none $pdu --by=owner t",
        );
        command.arg("sh").args(path);
        let trace = run::stdout(command);
        let asked = |line: &&str| line.contains("bin/getent\", [") && line.contains("\"passwd\"");
        assert_eq!(trace.lines().filter(asked).count(), 1, "{path:?}: {trace}");
        assert!(trace.contains(&format!("\t{}", myself().1)), "{trace}");
    }
}

/// A user may have the number of another one as a name.
#[test]
fn two_users_of_one_name_have_their_numbers_beside_it() {
    if !is_root("to give files away") {
        return;
    }
    let tree = with_getent("echo 987654322:x:987654321:0:");
    let give = |name: &str, user| {
        let path = tree.root().join("t").join(name);
        fs::write(&path, vec![b'x'; 5000]).expect("it is ours");
        let user = rustix::fs::Uid::from_raw(user);
        rustix::fs::chown(path, Some(user), None).expect("we are root");
    };
    give("f", 987_654_321);
    give("g", 987_654_322);
    for threads in ["-j1", "-j20"] {
        let json = asked(&tree, &format!("{threads} -n2 --format=json")).0;
        let csv = asked(&tree, &format!("{threads} -n2 --format=csv")).0;
        assert!(csv.starts_with("by,class,allocated,apparent,inodes,percent,id\r\n"));
        for id in [987_654_321, 987_654_322] {
            let class = json
                .lines()
                .find(|line| line.ends_with(&format!(",\"id\":{id}}}")));
            let class = class.unwrap_or_default();
            assert!(class.contains("\"class\":\"987654322\""), "{json}");
            let row = csv.lines().find(|line| line.ends_with(&format!(",{id}")));
            let row = row.unwrap_or_default();
            assert!(row.starts_with("owner,987654322,"), "{csv}");
        }
        // With numbers alone they are apart in every format.
        let lines = asked(&tree, &format!("{threads} -n2 --numeric-ids")).0;
        let classes: Vec<_> = lines.lines().map(class).collect();
        assert_eq!(classes, ["987654321", "987654322"]);
        let json = asked(&tree, &format!("{threads} -n2 --numeric-ids --format=json")).0;
        assert!(json.contains(r#""class":"987654321","#), "{json}");
    }
}

#[test]
fn numbers_of_owners_are_not_looked_up_where_nobody_wants_names() {
    let tree = with_getent("touch run; echo me:x:0:0:");
    let number = rustix::process::geteuid().as_raw().to_string();
    assert_eq!(class(&asked(&tree, "--numeric-ids").0), number);
    let export = run::pdu(tree.root(), "--format=ncdu --time -o x t");
    assert_eq!(run::stdout(export), "");
    let mut command = run::pdu(tree.root(), "--by=owner --from=x");
    let bin = tree.root().join("bin");
    command.env("PATH", format!("{}:/usr/bin:/bin", bin.display()));
    assert_eq!(class(&run::stdout(command)), number);
    assert!(!tree.root().join("run").exists());
    // The abbreviations of GNU du keep their meaning.
    let lines = run::stdout(run::pdu(tree.root(), "--nu -s t"));
    assert!(lines.ends_with("\tt\0"), "{lines}");
}

/// A tree with a `getent` of this text in `bin`.
fn with_getent(script: &str) -> Tree {
    let tree = Tree::of("bin/\nt/f 5000");
    let text = tree.root().join("script");
    fs::write(&text, format!("#!/bin/sh\n{script}\n")).expect("it is ours");
    run::copy_program(&text, &tree.root().join("bin/getent"));
    tree
}

/// What `pdu --by=owner WORDS t` prints where that getent is used, and how long it takes.
#[track_caller]
fn asked(tree: &Tree, words: &str) -> (String, Duration) {
    let words = format!("--by=owner {words} t");
    let mut command = run::pdu(tree.root(), &words);
    let path = format!("bin:{}:/usr/bin:/bin", tree.root().join("bin").display());
    command.env("PATH", path);
    let start = Instant::now();
    let text = run::stdout(command);
    (text, start.elapsed())
}

/// The class of the only line.
fn class(text: &str) -> &str {
    let class = text.rsplit('\t').next().unwrap_or_default();
    class.strip_suffix('\n').unwrap_or(class)
}

/// The number and the name of this user, from the file.
fn myself() -> (u32, String) {
    let number = rustix::process::geteuid().as_raw();
    let known = names_of("/etc/passwd").remove(&number.to_string());
    (number, known.unwrap_or(number.to_string()))
}

#[test]
fn a_getent_that_hangs_is_given_up() {
    // Its child keeps the pipe open.
    let tree = with_getent("sleep 60 & echo $! >child; wait");
    let (text, time) = asked(&tree, "");
    let child = fs::read_to_string(tree.root().join("child")).expect("it was asked");
    let _ = Command::new("kill").arg(child.trim()).status();
    assert_eq!(class(&text), myself().1);
    let expected = Duration::from_secs(4)..Duration::from_secs(30);
    assert!(expected.contains(&time), "{time:?}");
}

#[test]
fn a_getent_that_fails_or_speaks_nonsense_is_no_failure() {
    let (number, name) = myself();
    let half = number / 10;
    for (script, expected) in [
        ("exit 1".into(), &*name),
        ("kill -9 $$".into(), &name),
        ("head -c 100000 /dev/urandom".into(), &name),
        ("yes garbage | head -c 100000000".into(), &name),
        (
            format!("echo 'other:x:{}:0'", number.wrapping_add(1)),
            &name,
        ),
        (format!("printf 'cut:x:{half}'"), &name),
        (format!("printf ':x:{number}:0:\\n'"), &name),
        (format!("printf '\\377:x:{number}:0:\\n'"), &name),
        (
            format!("echo \"first:x:{number}:0:$*:$0\"; echo second:x:{number}:0:"),
            "first",
        ),
        (
            format!("[ \"$*\" = 'passwd {number}' ] && echo alone:x:{number}:0; exit 2"),
            "alone",
        ),
        (
            format!("cat <&0; echo silent >&2; echo stdin:x:{number}:0:"),
            "stdin",
        ),
    ] {
        let tree = with_getent(&script);
        assert_eq!(class(&asked(&tree, "").0), expected, "{script}");
    }
}

#[test]
fn a_getent_in_a_relative_directory_is_not_run() {
    let tree = with_getent("touch run");
    let mut command = run::pdu(tree.root(), "--by=owner t");
    command.env("PATH", ":bin:.:../bin");
    assert_eq!(class(&run::stdout(command)), myself().1);
    assert!(!tree.root().join("run").exists());
}

#[test]
fn strange_names_are_told_as_each_format_needs_it() {
    let number = myself().0;
    let tree = with_getent(&format!("printf 'a\"b,c\\033[31m\\\\:x:{number}:0:\\n'"));
    let json = asked(&tree, "--format=json").0;
    assert!(json.contains(r#""class":"a\"b,c\u001b[31m\\","#), "{json}");
    let csv = asked(&tree, "--format=csv").0;
    assert!(csv.contains("\r\nowner,\"a\"\"b,c\u{1b}[31m\\\","), "{csv}");
    assert_eq!(class(&asked(&tree, "").0), "a\"b,c\u{1b}[31m\\");
}

#[test]
fn no_control_of_a_name_reaches_a_terminal() {
    if !can_slow_down() {
        return;
    }
    let number = myself().0;
    let tree = with_getent(&format!("printf 'a\\033[31mb:x:{number}:0:\\n'"));
    for format in ["du", "tree"] {
        let path = format!("PATH={}:/usr/bin:/bin", tree.root().join("bin").display());
        let format = format!("--format={format}");
        let words = ["env", &path, PDU, "--by=owner", &format, "t"];
        let end = Terminal::start(&tree, 80, Streams::All, &words).end();
        assert!(end.raw.contains(r"'a'$'\033''[31mb'"), "{:?}", end.raw);
        assert!(!end.raw.contains('\x1b'), "{:?}", end.raw);
    }
}

// ---------------------------------------------------------------- age

#[test]
fn ages_are_those_of_the_time_that_was_chosen() {
    let day = 86_400;
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    let now = i64::try_from(now.expect("it is after 1970").as_secs()).expect("it is not so late");
    // Modified and accessed so many hours ago; an hour is more than this test takes.
    let files = [
        ("new", 1, 9000, "day", "older"),
        ("soon", -22, 1, "day", "day"),
        ("future", -26, 1, "(future)", "day"),
        ("today", 23, 25, "day", "week"),
        ("yesterday", 25, 23, "week", "day"),
        ("week", 7 * 24 - 1, 7 * 24 + 1, "week", "month"),
        ("month", 7 * 24 + 1, 30 * 24 + 1, "month", "quarter"),
        ("quarter", 91 * 24 - 1, 91 * 24 + 1, "quarter", "year"),
        ("year", 365 * 24 - 1, 365 * 24 + 1, "year", "older"),
        ("older", 365 * 24 + 1, 91 * 24 + 1, "older", "year"),
    ];
    let line = |(name, modified, accessed, _, _): &(&str, i64, i64, &str, &str)| {
        format!(
            "{name} 1 @{}/{}\n",
            now - 3600 * modified,
            now - 3600 * accessed
        )
    };
    let far = format!(
        "eden 1 @{}/{now}\ndoom 1 @{}/{now}\n",
        -100 * 365 * day,
        now + 300 * 365 * day
    );
    let tree = Tree::of(&(files.iter().map(line).collect::<String>() + &far));
    for (name, _, _, modified, accessed) in files.into_iter().chain([
        ("eden", 0, 0, "older", "day"),
        ("doom", 0, 0, "(future)", "day"),
    ]) {
        let age = |words: &str| {
            let text = pdu(tree.root(), &format!("--by=age {words} {name}"));
            class(&text).to_owned()
        };
        assert_eq!(age(""), modified, "{name}");
        assert_eq!(age("--time"), modified, "{name}");
        assert_eq!(age("--time=atime"), accessed, "{name}");
        assert_eq!(age("--time=ctime"), "day", "{name}");
    }
    let text = pdu(
        tree.root(),
        "-A -r --by=age --sort=time today yesterday month older doom",
    );
    let ages: Vec<_> = text.lines().map(class).collect();
    assert_eq!(ages, ["older", "month", "week", "day", "(future)"]);
}

// ---------------------------------------------------------------- what is not whole, and what is wrong

/// An export as ncdu makes it without `-e`, but for one file.
#[test]
fn an_export_has_the_classes_that_it_tells() {
    let tree = Tree::empty();
    let export = r#"[1,2,{"progname":"ncdu","progver":"1.19","timestamp":0},
        [{"name":"/t","asize":4096,"dsize":4096},
         {"name":"a.rs","asize":5000,"dsize":8192},
         {"name":"b.rs","asize":100,"dsize":4096,"uid":987654321,"gid":987654321,"mode":33188},
         {"name":"s.rs","notreg":true}]]"#;
    fs::write(tree.root().join("export"), export).expect("it is ours");
    let classes = |class: &str| {
        let sums = sums(tree.root(), &format!("--from=export --by={class}"));
        let sums = sums.into_iter();
        let sums = sums.map(|(class, sum)| format!("{class} {} {}", sum.allocated, sum.files));
        sums.collect::<Vec<_>>().join(",")
    };
    assert_eq!(classes("owner"), "(unknown) 12288 3,987654321 4096 1");
    assert_eq!(classes("group"), "(unknown) 12288 3,987654321 4096 1");
    assert_eq!(
        classes("ext"),
        "(directories) 4096 1,(unknown) 0 1,rs 12288 2"
    );
    assert_eq!(
        classes("kind"),
        "(unknown) 0 1,directory 4096 1,file 12288 2"
    );
    assert_eq!(classes("age"), "(unknown) 16384 4");
    // What the export lacks is not written to another export.
    let again = pdu(tree.root(), "--from=export --format=ncdu --time");
    assert_eq!(again.matches("id\":987654321").count(), 2, "{again}");
    assert_eq!(again.matches("\"uid\"").count(), 1, "{again}");
    assert_eq!(again.matches("mtime").count(), 0, "{again}");
}

#[test]
fn what_could_not_be_counted_makes_the_report_incomplete() {
    let tree = Tree::of("t/f.x 5");
    let Answer {
        out: text,
        errors,
        status,
    } = run::run(run::pdu(
        tree.root(),
        "-A --by=ext --format=json -n1 missing t",
    ));
    assert_eq!(status.code(), Some(1));
    assert_eq!(
        errors,
        "pdu: cannot access 'missing': No such file or directory\n"
    );
    assert!(
        text.contains("\"class\":\"x\"") && text.contains("\"apparent\":5,"),
        "{text}"
    );
    assert!(
        text.contains("\"complete\":false,\"reason\":\"errors\","),
        "{text}"
    );
    assert!(
        text.contains("\"errors\":[{\"path\":\"missing\","),
        "{text}"
    );
    let nothing = run::run(run::pdu(tree.root(), "-c --by=ext missing"));
    assert_eq!(nothing.status.code(), Some(1));
    assert_eq!(nothing.out, "0\t0\t0\t0.0\ttotal\n");
}

#[test]
fn a_cancelled_run_tells_what_it_knows_and_that_it_is_not_all() {
    if !can_slow_down() {
        return;
    }
    let tree = forest(120);
    for (format, start, end) in [
        ("json", "{\"by\":\"kind\",\"class\":\"", "\"errors\":[]}}\n"),
        ("tree", "incomplete: cancelled\n", "total\n"),
        (
            "csv",
            "by,class,allocated,apparent,inodes,percent\r\nkind,",
            "\r\n",
        ),
        ("du", "", "\n"),
    ] {
        let words = slow(100, &format!("-v -c -j2 --by=kind --format={format} t"));
        let mut terminal = start_slow(&tree, 80, Streams::AllButOutput, &words);
        terminal.wait_for_frames(2);
        terminal.signal(Signal::INT);
        let ended = terminal.end();
        assert!(ended.raw.contains("incomplete"), "{:?}", ended.raw);
        assert!(
            ended.output.starts_with(start),
            "{format}: {:?}",
            ended.output
        );
        assert!(ended.output.ends_with(end), "{format}: {:?}", ended.output);
        let marked = ended
            .output
            .contains("\"complete\":false,\"reason\":\"cancelled\",");
        assert_eq!(marked, format == "json", "{:?}", ended.output);
        assert_eq!(
            ended.output.contains("total"),
            format == "tree",
            "{:?}",
            ended.output
        );
        let directories = ended.output.lines().find(|line| line.contains("directory"));
        assert!(directories.is_some(), "{format}: {:?}", ended.output);
    }
}

#[test]
fn bad_words_are_refused_with_a_line() {
    let tree = Tree::of("f 1");
    let list = "Valid arguments are:\n  - 'ext'\n  - 'owner'\n  - 'group'\n  - 'age'\n  - 'kind'\n\
                Try 'pdu --help' for more information.\n";
    for (words, expected) in [
        (
            "--by=foo",
            &*format!("pdu: invalid argument 'foo' for '--by'\n{list}"),
        ),
        (
            "--by=",
            &*format!("pdu: ambiguous argument '' for '--by'\n{list}"),
        ),
        (
            "--by=ext --format=ncdu",
            "pdu: --by cannot be combined with --format=ncdu\nTry 'pdu --help' for more information.\n",
        ),
    ] {
        let answer = run::run(run::pdu(tree.root(), words));
        assert_eq!(answer.status.code(), Some(1), "{words}");
        assert_eq!((&*answer.out, &*answer.errors), ("", expected), "{words}");
    }
    // A beginning will do, as for all words.
    assert_eq!(
        pdu(tree.root(), "--by=k f"),
        pdu(tree.root(), "--by=kind f")
    );
}
