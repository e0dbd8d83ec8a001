//! Exports of every maker that is known, in each of its versions: `docs/FORMATS.md` is the table.
//!
//! The inputs in `exports/` were written by the makers (gdu 5.30.1 and 5.36.1, restic, ncdu-s3), or after the source of
//! the maker where the program was not at hand (gdu 5.37). The expected values are the maker's own sums.

use std::fs;
use std::path::Path;

use crate::support::run::{self, Answer};
use crate::support::tree::Tree;

/// What pdu prints of an export; it must succeed without a message.
#[track_caller]
fn report(export: &str, words: &str) -> String {
    let tree = Tree::empty();
    fs::write(tree.root().join("x"), export).expect("there is room");
    run::stdout(run::pdu(tree.root(), &format!("--from=x {words}")))
}

/// The status and the messages of pdu for an export that it does not read.
#[track_caller]
fn refused(name: &str, content: &[u8], words: &str) -> String {
    let tree = Tree::empty();
    fs::write(tree.root().join(name), content).expect("there is room");
    let Answer { errors, status, .. } = run::run(run::shell(tree.root(), words));
    assert_eq!(status.code(), Some(1), "{errors}");
    errors
}

fn input(name: &str) -> String {
    let inputs = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/formats/exports");
    fs::read_to_string(inputs.join(name)).expect("it is in the repository")
}

/// An export of this maker, with these entries in its root.
fn export(metadata: &str, root: &str, entries: &str) -> String {
    format!("[1,2,{{{metadata}}},[{{\"name\":\"r\"{root}}}{entries}]]")
}

fn gdu(version: &str, root: &str, entries: &str) -> String {
    let metadata = format!("\"progname\":\"gdu\",\"progver\":\"{version}\"");
    export(&metadata, root, entries)
}

#[track_caller]
fn say(cases: &[(&str, &str, &str)]) {
    for (export, words, expected) in cases {
        assert_eq!(&report(export, words), expected, "{words}\n{export}");
    }
}

// ---------------------------------------------------------------- hard links

#[test]
fn a_file_of_which_gdu_marks_every_link_counts_once_and_is_listed_once() {
    let export = input("gdu-every-link-marked.json");
    say(&[
        (&export, "-sB1", "1073758208\t/srv/backup\n"),
        (&export, "-s --inodes", "5\t/srv/backup\n"),
        (&export, "-slB1", "2147500032\t/srv/backup\n"),
    ]);
    let lines = report(&export, "-ab");
    assert_eq!(lines.matches("db.dump").count(), 1, "{lines}");
    let summary = report(&export, "-s --format=json");
    assert!(summary.contains("\"complete\":true"), "{summary}");
}

/// Before 5.30, only the second link and later ones have a mark.
#[test]
fn a_mark_of_gdu_means_what_it_meant_in_that_version() {
    let marked = r#",{"name":"a","dsize":512,"ino":7,"hlnkc":true},{"name":"b","dsize":512,"ino":7,"hlnkc":true}"#;
    let later = r#",{"name":"a","dsize":512},{"name":"b","dsize":512,"ino":7,"hlnkc":true}"#;
    for version in [
        "v5.30.0",
        "5.30.1-1",
        "v5.36.1",
        "v6.0",
        "development",
        "",
        "v4",
    ] {
        assert_eq!(
            report(&gdu(version, "", marked), "-sB1"),
            "4608\tr\n",
            "{version}"
        );
    }
    for version in ["v5.29.0", "5.22.0-1+b1", "v5.9.0", "v4.11.1"] {
        assert_eq!(
            report(&gdu(version, "", later), "-sB1"),
            "4608\tr\n",
            "{version}"
        );
        assert_eq!(
            report(&gdu(version, "", later), "-slB1"),
            "5120\tr\n",
            "{version}"
        );
    }
    // No version at all.
    let none = export("\"progname\":\"gdu\"", "", marked);
    assert_eq!(report(&none, "-sB1"), "4608\tr\n");
}

/// Both directories are on one device; the second export has two.
#[test]
fn links_are_the_same_file_only_on_one_device_and_with_a_number() {
    let two = |device: &str, number: &str| {
        export(
            "",
            r#","dev":1"#,
            &format!(
                r#",{{"name":"a","dsize":512{number},"nlink":2}},[{{"name":"d"{device}}},{{"name":"b","dsize":512{number},"nlink":2}}]"#
            ),
        )
    };
    for (device, number, expected) in [
        ("", ",\"ino\":7", 512),
        (",\"dev\":2", ",\"ino\":7", 1024),
        (",\"dev\":-1", ",\"ino\":7", 1024),
        // restic writes 0 where it knows no inode.
        ("", ",\"ino\":0", 1024),
        ("", "", 1024),
        ("", ",\"ino\":18446744073709551615", 512),
        ("", ",\"ino\":-3", 512),
        ("", ",\"ino\":null", 1024),
    ] {
        let lines = report(&two(device, number), "-sB1");
        assert_eq!(lines, format!("{expected}\tr\n"), "{device}{number}");
        // The links of an export of the export are the same.
        let again = report(&two(device, number), "--format=ncdu");
        assert_eq!(report(&again, "-sB1"), lines, "{again}");
    }
}

#[test]
fn a_link_without_a_number_of_links_stays_a_link_in_a_further_export() {
    let every = input("gdu-every-link-marked.json");
    let ncdu = export(
        r#""progname":"ncdu""#,
        "",
        r#",{"name":"a","dsize":512,"ino":7,"hlnkc":true},{"name":"b","dsize":512,"ino":7,"hlnkc":true}"#,
    );
    let later = gdu(
        "5.22.0",
        "",
        r#",{"name":"a","dsize":512},{"name":"b","dsize":512,"ino":7,"hlnkc":true}"#,
    );
    for (export, marks) in [(every, 2), (ncdu, 2), (later, 0)] {
        let again = report(&export, "--format=ncdu");
        assert_eq!(again.matches("\"hlnkc\":true").count(), marks, "{again}");
        assert!(!again.contains("nlink"), "{again}");
        assert_eq!(report(&again, "-sB1"), report(&export, "-sB1"));
        // With -l each link is a file, in both.
        let all = report(&export, "-l --format=ncdu");
        assert!(!all.contains("hlnkc"), "{all}");
        assert_eq!(report(&all, "-sB1"), report(&export, "-slB1"));
    }
}

/// For ncdu 2.5 and later, the last of `notreg`, `hlnkc` and `nlink` decides.
#[test]
fn a_special_file_with_several_links_is_a_link_for_ncdu_2() {
    let tree = Tree::of("t/s -> x\nt/f 1");
    let root = tree.root();
    run::must(run::shell(root, "mkfifo t/p; ln t/p t/q; ln -P t/s t/u").env_remove("pdu"));
    for words in ["", "--time"] {
        for threads in ["-j1", "-j20"] {
            let export = run::stdout(run::pdu(
                root,
                &format!("{words} {threads} --format=ncdu t"),
            ));
            for name in ["p", "q", "s", "u"] {
                let entry = export
                    .lines()
                    .find(|line| line.contains(&format!("\"{name}\"")));
                let entry = entry.expect("it is listed");
                let (before, after) = entry.split_once("\"notreg\":true").expect("it is special");
                assert!(after.contains("\"hlnkc\":true,\"nlink\":2"), "{entry}");
                assert!(!before.contains("hlnkc"), "{entry}");
            }
        }
    }
}

#[test]
fn numbers_of_links_have_no_bound_and_none_that_ncdu_2_cannot_read_is_written() {
    for (links, expected) in [
        ("2147483647", "\"nlink\":2147483647"),
        ("2147483648", "\"nlink\":2147483647"),
        ("4294967295", "\"hlnkc\":true}"),
        ("4294967296", "\"hlnkc\":true}"),
        ("99999999999999", "\"hlnkc\":true}"),
        ("2.0", "\"nlink\":2"),
        ("2e0", "\"nlink\":2"),
    ] {
        let of =
            |name: &str| format!(r#",{{"name":"{name}","dsize":512,"ino":7,"nlink":{links}}}"#);
        let export = export("", "", &(of("a") + &of("b")));
        assert_eq!(report(&export, "-sB1"), "512\tr\n", "{links}");
        let again = report(&export, "--format=ncdu");
        assert_eq!(again.matches(expected).count(), 2, "{again}");
    }
}

// ---------------------------------------------------------------- sums of directories

/// The root of such an export has the sums that gdu shows.
#[test]
fn sums_that_gdu_writes_on_directories_count_once() {
    for name in [
        "gdu-5.37-whole.json",
        "gdu-5.37-depth.json",
        "gdu-5.37-summarize.json",
    ] {
        let export = input(name);
        // The 512 bytes are those that gdu takes for an empty directory.
        let apparent = if name.contains("whole") {
            5517 - 512
        } else {
            5517
        };
        say(&[
            (&export, "-sB1", "12288\t/srv\n"),
            (&export, "-sb", &format!("{apparent}\t/srv\n")),
            (&export, "-s --inodes", "8\t/srv\n"),
        ]);
        // And in exports of these, with all that is left out.
        let again = report(&export, "--format=ncdu");
        for words in ["-sB1", "-sb", "-s --inodes", "-ab", "--by=kind -b"] {
            assert_eq!(report(&again, words), report(&export, words), "{again}");
        }
    }
    let depth = input("gdu-5.37-depth.json");
    let lines = report(&depth, "-aB1");
    assert_eq!(
        lines,
        "8192\t/srv/a\n4096\t/srv/f1\n0\t/srv/lnk\n0\t/srv/c\n12288\t/srv\n"
    );
}

#[test]
fn directories_of_gdu_have_the_sizes_of_their_version() {
    let file = r#",{"name":"f","asize":9,"dsize":512}"#;
    let empty = r#",[{"name":"d"}]"#;
    let summed = r#",[{"name":"d","asize":512,"dsize":0,"items":1}]"#;
    let cut = r#",[{"name":"d","asize":7,"dsize":1024,"items":3}]"#;
    for version in ["5.22.0", "v5.36.1", "development"] {
        let export = gdu(version, "", &(file.to_owned() + empty));
        assert_eq!(report(&export, "-sB1"), format!("{}\tr\n", 2 * 4096 + 512));
    }
    for version in ["v5.37.0", "v5.40.2", "development", ""] {
        for (entry, allocated, inodes) in [(summed, 512, 3), (cut, 1536, 5)] {
            let root = r#","asize":1,"dsize":1,"items":1"#;
            let export = gdu(version, root, &(file.to_owned() + entry));
            assert_eq!(
                report(&export, "-sB1"),
                format!("{allocated}\tr\n"),
                "{export}"
            );
            let entries = report(&export, "-s --inodes");
            assert_eq!(entries, format!("{inodes}\tr\n"), "{export}");
        }
    }
}

/// `--output-attrs` of gdu leaves out what was not asked for.
#[test]
fn attributes_that_gdu_left_out_are_taken_from_the_others() {
    let entries = |key: &str| {
        format!(r#",{{"name":"f","{key}":700}},[{{"name":"d","{key}":300}}],{{"name":"e"}}"#)
    };
    for key in ["asize", "dsize"] {
        let root = format!(",\"{key}\":1000");
        let export = gdu("v5.37.0", &root, &entries(key));
        say(&[
            (&export, "-sB1", "1000\tr\n"),
            (&export, "-sb", "1000\tr\n"),
        ]);
    }
}

/// No number of entries ends the program, however many there are.
#[test]
fn sums_that_no_tree_has_are_added_up_all_the_same() {
    let many = r#",[{"name":"d","asize":1,"dsize":1,"items":18446744073709551615}]"#.repeat(3);
    let export = gdu("v5.37.0", r#","asize":1,"dsize":1,"items":9"#, &many);
    assert_eq!(report(&export, "-s --inodes"), "18446744073709551615\tr\n");
    assert_eq!(report(&export, "-sB1"), "3\tr\n");
}

/// The tree of both: 11 inodes, 5 of them directories; a file of 5000 bytes, and one of 3 bytes with two links.
#[test]
fn exports_of_one_tree_by_gdu_and_restic_have_their_sums() {
    let gdu = input("gdu-5.36.1.json");
    let files = 8192 + 4096;
    say(&[
        (&gdu, "-sB1", &format!("{}\t/srv/d2\n", files + 5 * 4096)),
        (&gdu, "-sb", "5005\t/srv/d2\n"),
        (&gdu, "-s --inodes", "11\t/srv/d2\n"),
        (&gdu, "-sl --inodes", "12\t/srv/d2\n"),
    ]);
    // restic has a root above the tree, knows no blocks, and no targets of symbolic links.
    let restic = input("restic-0.19.1.json");
    say(&[
        (&restic, "-sB1", &format!("{}\t/\n", 5120 + 512)),
        (&restic, "-sb", "5003\t/\n"),
        (&restic, "-s --inodes", "12\t/\n"),
        (&restic, "-sl --inodes", "13\t/\n"),
    ]);
    let kinds = report(&restic, "--by=kind --format=csv");
    assert!(kinds.contains("kind,file,5632,5003,4,100.0\r\n"), "{kinds}");
    assert!(kinds.contains("kind,directory,0,0,6,0.0\r\n"), "{kinds}");
    assert!(kinds.contains("kind,(unknown),0,0,2,0.0\r\n"), "{kinds}");
}

// ---------------------------------------------------------------- our own exports of a part

#[test]
fn an_export_of_some_levels_has_the_sums_of_all() {
    let tree = Tree::of("t/d/e/f 5000\nt/d/g 100\nt/h 7\nt/d/i = t/h\nt/empty/");
    let root = tree.root();
    for threads in ["-j1", "-j20"] {
        for words in ["-d1", "-d2", "-s", "-d1 --time", "-s --time"] {
            let words = format!("{threads} {words} --format=ncdu -o x t");
            assert_eq!(run::stdout(run::pdu(root, &words)), "");
            for words in ["-sB1", "-sb", "-s --inodes"] {
                let of_tree = run::stdout(run::shell(root, &format!("$pdu {words} \"$PWD/t\"")));
                let of_export = run::stdout(run::pdu(root, &format!("{words} --from=x")));
                assert_eq!(of_export, of_tree, "{words}");
            }
            let kinds = run::stdout(run::pdu(root, "--from=x -d1 --format=json"));
            assert!(!kinds.contains("\"kind\":\"file\""), "{kinds}");
            // An export of the export has them too.
            run::must(&mut run::shell(
                root,
                "$pdu --format=ncdu --time --from=x -o y",
            ));
            for words in ["-sB1", "-sb", "-s --inodes"] {
                let of_first = run::stdout(run::pdu(root, &format!("{words} --from=x")));
                let of_second = run::stdout(run::pdu(root, &format!("{words} --from=y")));
                assert_eq!(of_first, of_second, "{words}");
            }
        }
    }
}

// ---------------------------------------------------------------- restic

#[test]
fn entries_of_restic_have_the_types_of_their_places() {
    let export = input("restic-ls.json");
    let csv = report(&export, "--by=kind --format=csv -l");
    let rows: Vec<_> = csv.lines().skip(1).collect();
    assert_eq!(
        rows,
        [
            "kind,file,5001216,5000000,3,100.0",
            "kind,(unknown),0,0,1,0.0",
            "kind,directory,0,0,2,0.0",
        ]
    );
    let again = report(&export, "--format=ncdu --time");
    assert_eq!(again.matches("\"notreg\":true").count(), 1, "{again}");
    assert!(again.contains("\n[{\"name\":\"/\"},\n"), "{again}");
    assert_eq!(again.matches("\"mode\":").count(), 5, "{again}");
    assert_eq!(
        report(&again, "-aB1 --time"),
        report(&export, "-aB1 --time")
    );
    assert_eq!(report(&export, "-sB1"), "4000768\t/\n");
}

/// The types that an export contains, in every report.
#[test]
fn a_type_that_is_not_known_is_unknown_in_every_format() {
    for (members, kind, class, extension) in [
        ("", "file", "file", "rs"),
        (r#","notreg":false"#, "file", "file", "rs"),
        (r#","notreg":true"#, "unknown", "(unknown)", "(unknown)"),
        (r#","mode":420"#, "file", "file", "rs"),
        (
            r#","mode":511,"notreg":true"#,
            "unknown",
            "(unknown)",
            "(unknown)",
        ),
        (r#","mode":33188"#, "file", "file", "rs"),
        // ncdu 2.5 and later write no `notreg` for a link.
        (
            r#","mode":4516,"ino":5,"hlnkc":true"#,
            "fifo",
            "fifo",
            "(special)",
        ),
        (
            r#","mode":41471,"notreg":true"#,
            "symlink",
            "symlink",
            "(symlinks)",
        ),
        (r#","mode":null,"notreg":null"#, "file", "file", "rs"),
        // Go's own number of a symbolic link.
        (r#","mode":134218239"#, "file", "file", "rs"),
    ] {
        let export = export(
            "",
            "",
            &format!(r#",{{"name":"a.rs","dsize":512{members}}}"#),
        );
        let json = report(&export, "-a --format=json");
        assert!(
            json.contains(&format!("\"kind\":\"{kind}\"")),
            "{members}: {json}"
        );
        let csv = report(&export, "-a --format=csv");
        assert!(csv.contains(&format!(",1,{kind}\r\n")), "{members}: {csv}");
        for (by, class) in [("kind", class), ("ext", extension)] {
            let classes = report(&export, &format!("--by={by} -B1 -n1"));
            assert!(
                classes.ends_with(&format!("\t{class}\n")),
                "{members}: {classes}"
            );
        }
    }
}

/// A mode is written again only where there was one.
#[test]
fn no_mode_is_made_up() {
    for (members, expected) in [
        ("", ""),
        (r#","notreg":true"#, r#","notreg":true"#),
        (r#","mode":420"#, r#","mode":33188"#),
        (r#","mode":0"#, r#","mode":32768"#),
        (
            r#","mode":511,"notreg":true"#,
            r#","mode":511,"notreg":true"#,
        ),
    ] {
        let export = export(
            "",
            "",
            &format!(r#",{{"name":"a"{members}}},[{{"name":"d"}}]"#),
        );
        let again = report(&export, "--format=ncdu --time");
        let entries = format!(
            "\n[{{\"name\":\"r\"}},\n{{\"name\":\"a\"{expected}}},\n[{{\"name\":\"d\"}}]]]\n"
        );
        assert!(again.ends_with(&entries), "{again}");
    }
}

// ---------------------------------------------------------------- makers with one size

#[test]
fn a_maker_that_knows_one_size_has_it_in_both_measures() {
    let s3 = input("ncdu-s3.json");
    let apparent = s3.replace("dsize", "asize");
    for export in [s3, apparent] {
        for words in ["-sB1", "-sb"] {
            assert_eq!(report(&export, words), "3577\ts3://bucket\n", "{export}");
        }
    }
    // ncdu leaves out a size of 0, and others do so that write both for the root.
    let hole = r#",{"name":"hole","asize":9000}"#;
    for (maker, root) in [
        ("\"progname\":\"ncdu\"", ""),
        ("\"progname\":\"pdu\"", ""),
        ("\"progname\":\"other\"", ",\"asize\":0,\"dsize\":0"),
    ] {
        let export = export(maker, root, hole);
        say(&[(&export, "-sB1", "0\tr\n"), (&export, "-sb", "9000\tr\n")]);
    }
}

/// rclone's size of a file whose size it does not know.
#[test]
fn a_size_that_is_not_known_is_none() {
    for size in ["-1", "null", "-9223372036854775808"] {
        let entry = format!(
            r#",{{"name":"doc","asize":{size},"dsize":{size}}},{{"name":"f","asize":5,"dsize":5}}"#
        );
        let export = export("\"progname\":\"rclone\"", "", &entry);
        say(&[
            (&export, "-sB1", "5\tr\n"),
            (&export, "-s --inodes", "3\tr\n"),
        ]);
    }
}

// ---------------------------------------------------------------- what JSON allows, and what it does not

#[test]
fn numbers_and_texts_of_every_writer_of_json_are_read() {
    let entry = |members: &str| {
        export(
            "",
            ",\"asize\":0,\"dsize\":0",
            &format!(",{{\"name\":\"a\"{members}}}"),
        )
    };
    for (members, expected) in [
        (r#","asize":1e3"#, 1000),
        (r#","asize":1.0"#, 1),
        (r#","asize":1.073741824e+09"#, 1_073_741_824),
        (r#","asize":9007199254740993"#, 9_007_199_254_740_993_u64),
        (r#","asize":9223372036854775808"#, 9_223_372_036_854_775_808),
        (r#","asize":5,"excluded":false"#, 5),
        (r#","asize":5,"excluded":null"#, 5),
        (r#","asize":5,"excluded":true"#, 0),
        (r#","asize":5,"excluded":"pattern""#, 0),
        (r#","asize":5,"excluded":"otherfs""#, 0),
        (r#","asize":5,"excluded":"othfs""#, 0),
        (r#","asize":5,"excluded":"kernfs""#, 0),
        (r#","asize":5,"excluded":"frmlnk""#, 0),
        (
            r#","asize":5,"read_error":false,"hlnkc":0,"notreg":null"#,
            5,
        ),
        (r#","asize":5,"uid":-2,"gid":4294967296"#, 5),
    ] {
        assert_eq!(
            report(&entry(members), "-sb"),
            format!("{expected}\tr\n"),
            "{members}"
        );
    }
    let mark = format!("\u{feff}{}", entry(",\"asize\":5"));
    let texts =
        entry(",\"asize\":5").replace("{}", r#"{"progname":7,"progver":[null],"timestamp":1.5e9}"#);
    for export in [mark, texts] {
        assert_eq!(report(&export, "-sb"), "5\tr\n", "{export}");
    }
    // A number of a user that does not fit is none, and a negative one is that of the kernel.
    let owners = report(&entry(r#","asize":5,"uid":-2"#), "--by=owner -b -n1");
    assert!(owners.ends_with("\t4294967294\n"), "{owners}");
}

/// Python writes bytes that are not UTF-8 as halves of pairs of UTF-16, and a name on Windows may hold any half.
#[test]
fn halves_of_pairs_are_bytes_or_stay_apart() {
    let tree = Tree::empty();
    let names: [(&str, &[u8]); 7] = [
        (r"\udcff", b"\xff"),
        (r"a\udc80\udce9b", b"a\x80\xe9b"),
        (r"\ud83d\ude00", "\u{1f600}".as_bytes()),
        (r"\ud83d", b"\xed\xa0\xbd"),
        (r"\ud83dx\ude00", b"\xed\xa0\xbdx\xed\xb8\x80"),
        (r"\ud83d\ud83d\ude00", b"\xed\xa0\xbd\xf0\x9f\x98\x80"),
        (r"\ud83d\n", b"\xed\xa0\xbd\n"),
    ];
    for (escaped, bytes) in names {
        let export = export("", "", &format!(",{{\"name\":\"{escaped}\"}}"));
        fs::write(tree.root().join("x"), export).expect("there is room");
        let out = run::output(run::pdu(tree.root(), "-a0 --from=x")).stdout;
        assert_eq!(out, [b"0\tr/", bytes, b"\x000\tr\0"].concat(), "{escaped}");
    }
}

// ---------------------------------------------------------------- times

#[test]
fn times_before_1970_are_kept_as_ncdu_keeps_them() {
    for (written, seconds, again) in [
        ("-5", "-5", "18446744073709551611"),
        ("18446744073709551611", "-5", "18446744073709551611"),
        ("-62167219200", "-62167219200", "18446744011542332416"),
        ("0", "0", "0"),
        ("253402300799", "253402300799", "253402300799"),
        ("1.7e9", "1700000000", "1700000000"),
    ] {
        let export = export("", "", &format!(",{{\"name\":\"f\",\"mtime\":{written}}}"));
        let line = report(&export, "-s --time --time-style=+%s");
        assert_eq!(line, format!("0\t{seconds}\tr\n"), "{written}");
        let text = report(&export, "--format=ncdu --time");
        assert!(text.contains(&format!("\"mtime\":{again}}}")), "{text}");
        assert_eq!(report(&text, "-s --time --time-style=+%s"), line);
    }
    let none = report(
        &export("", "", r#",{"name":"f","mtime":null}"#),
        "-s --time",
    );
    assert_eq!(none, "0\t-\tr\n");
}

#[test]
fn every_year_of_rfc_3339_has_its_date() {
    for (seconds, date) in [
        ("-62167219200", "0000-01-01T00:00:00.000000000Z"),
        ("-1", "1969-12-31T23:59:59.000000000Z"),
        ("253402207201", "9999-12-30T22:00:01.000000000Z"),
        ("253402300799", "9999-12-31T23:59:59.000000000Z"),
    ] {
        let export = export("", "", &format!(",{{\"name\":\"f\",\"mtime\":{seconds}}}"));
        let json = report(&export, "-s --time --format=json");
        assert!(json.contains(&format!("\"time\":\"{date}\"}}")), "{json}");
        let csv = report(&export, "-s --time --format=csv");
        assert!(csv.ends_with(&format!(",directory,{date}\r\n")), "{csv}");
    }
    let tree = Tree::empty();
    for seconds in ["-62167219201", "253402300800", "9223372036854775807"] {
        let entries = format!(",{{\"name\":\"f\",\"mtime\":{seconds}}}").repeat(3);
        fs::write(tree.root().join("x"), export("", "", &entries)).expect("there is room");
        for (format, null) in [
            ("json", "\"time\":null,\"time_seconds\":"),
            ("csv", ",file,\r\n"),
        ] {
            let words = format!("-a --time --format={format} --from=x");
            let Answer {
                out,
                errors,
                status,
            } = run::run(run::pdu(tree.root(), &words));
            assert!(out.contains(null), "{out}");
            assert_eq!(errors, format!("pdu: time '{seconds}' is out of range\n"));
            assert!(status.success());
        }
    }
}

// ---------------------------------------------------------------- owners

/// The names of this machine belong to its own numbers.
#[test]
fn owners_in_an_export_are_numbers() {
    let entries = r#",{"name":"f","asize":5,"dsize":5,"uid":0,"gid":0,"mode":33188}"#;
    let export = export("", "", entries);
    for by in ["owner", "group"] {
        for words in ["", "--numeric-ids"] {
            let lines = report(&export, &format!("--by={by} {words} -b -n1"));
            assert_eq!(lines, "5\t5\t1\t100.0\t0\n");
        }
        let json = report(&export, &format!("--by={by} --format=json -n1"));
        assert!(
            json.contains(r#""class":"0","#) && json.contains(r#""percent":100.0,"id":0}"#),
            "{json}"
        );
        let csv = report(&export, &format!("--by={by} --format=csv"));
        assert!(csv.contains(&format!("{by},0,5,5,1,100.0,0\r\n")), "{csv}");
        assert!(
            csv.contains(&format!("{by},(unknown),0,0,1,0.0,\r\n")),
            "{csv}"
        );
    }
}

// ---------------------------------------------------------------- files of other kinds

#[test]
fn what_is_no_json_is_refused_by_its_name_and_with_a_remedy() {
    let no_export = "--from reads the JSON export of ncdu and gdu (their option -o)";
    let piped = |command: &str| format!("{command} | pdu --from=-");
    for (bytes, what, remedy) in [
        (
            &b"\x28\xb5\x2f\xfd\x04"[..],
            "compressed with zstd",
            piped("zstdcat x"),
        ),
        (
            b"\x50\x2a\x4d\x18\x04",
            "compressed with zstd",
            piped("zstdcat x"),
        ),
        (b"\x1f\x8b\x08\0", "compressed with gzip", piped("zcat x")),
        (b"\xfd7zXZ\0\0\x04", "compressed with xz", piped("xzcat x")),
        (b"BZh91AY", "compressed with bzip2", piped("bzcat x")),
        (
            b"\x04\x22\x4d\x18d",
            "compressed with lz4",
            piped("lz4cat x"),
        ),
        (b"LZIP\x01", "compressed with lzip", piped("lzip -dc x")),
        (b"PK\x03\x04\x14", "a zip archive", piped("unzip -p x")),
        (
            b"\xff\xfe[\x001\0",
            "text in UTF-16",
            piped("iconv -f UTF-16 -t UTF-8 x"),
        ),
        (
            b"\xbfncduEX1\0\0",
            "ncdu's binary export",
            "ncdu -f x -o- converts it".into(),
        ),
        (
            b"SQLite format 3\0\x10",
            "an SQLite database",
            no_export.into(),
        ),
    ] {
        let message = refused("x", bytes, "$pdu --from=x");
        assert_eq!(message, format!("pdu: x is {what}: {remedy}\n"));
        // The file has no name there.
        let remedy = remedy.replace(" x ", " ").replace("-f -o-", "-f FILE -o-");
        let message = refused("x", bytes, "cat x | $pdu --from=-");
        assert_eq!(
            message,
            format!("pdu: standard input is {what}: {remedy}\n")
        );
    }
    // The command can be given to a shell as it stands.
    let gzip = b"\x1f\x8b\x08";
    assert_eq!(
        refused("a b;c", gzip, "$pdu --from='a b;c'"),
        "pdu: 'a b;c' is compressed with gzip: zcat 'a b;c' | pdu --from=-\n"
    );
    assert_eq!(
        refused("-x", gzip, "$pdu --from=-x"),
        "pdu: -x is compressed with gzip: zcat ./-x | pdu --from=-\n"
    );
    assert_eq!(
        refused("x", b"", "$pdu --from=x"),
        "pdu: x: byte 0: the file is empty\n"
    );
    assert_eq!(
        refused("x", b"", "mkdir d; $pdu --from=d"),
        "pdu: d: read error: Is a directory\n"
    );
}
