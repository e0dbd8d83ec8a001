//! `--diff` with the store: the choice of the earlier snapshot, one walk for both, `--fail-if-grew`.

use super::{TREE, old, pdu, place, store, stored};
use crate::export::{du, said};
use crate::support::run::{self, unprivileged};
use crate::support::skip::is_root;
use crate::support::tree::Tree;
use std::path::Path;

#[test]
fn an_age_or_a_time_chooses_the_newest_snapshot_that_is_so_old() {
    let tree = Tree::of("t/f 1000");
    let times = ["20240101T000000Z", "20240102T000000Z", "20240103T000000Z"];
    for (size, time) in (1..).zip(times) {
        said(&tree, &format!("truncate -s {size}000 t/f"));
        store(&tree, &[time]);
    }
    said(&tree, "truncate -s 10000 t/f");
    for (old, expected) in [
        ("last", "+7000 2024-01-03T00:00:00Z"),
        ("1d", "+7000 2024-01-03T00:00:00Z"),
        ("2024-01-02", "+8000 2024-01-02T00:00:00Z"),
        ("2024-01-02T00:00:00Z", "+8000 2024-01-02T00:00:00Z"),
        ("2024-01-01T23:59:59Z", "+9000 2024-01-01T00:00:00Z"),
        ("2024-01-01", "+9000 2024-01-01T00:00:00Z"),
        ("2023-12-31", "+9000 2024-01-01T00:00:00Z"),
    ] {
        let answer = pdu(&tree, &format!("--diff={old} -bs t"));
        assert!(answer.status.success(), "{old}: {answer:?}");
        let change = answer.out.split('\t').next().unwrap_or_default();
        let told = answer.errors.lines().last().unwrap_or_default();
        let time = told
            .strip_prefix("pdu: compared with ")
            .and_then(|told| told.get(..20));
        assert_eq!(
            format!("{change} {}", time.unwrap_or(told)),
            expected,
            "{old}"
        );
        let has_none = answer
            .errors
            .starts_with("pdu: no snapshot is so old; the oldest one is of 2024-01-01T00:00:00Z\n");
        assert_eq!(has_none, old.starts_with("2023"), "{old}: {answer:?}");
    }
    // The newest is damaged: that is told, and the one before it is taken.
    let place = place(&tree).display().to_string();
    said(
        &tree,
        &format!("truncate -s 100 {place}/20240103T000000Z.parquet"),
    );
    let answer = pdu(&tree, "--diff -bs t");
    assert!(
        answer.out.starts_with("+8000\t")
            && answer
                .errors
                .contains("20240103T000000Z.parquet: not a whole"),
        "{answer:?}"
    );
    // A directory below a root has the snapshots of that.
    said(&tree, "mkdir t/d; truncate -s 50 t/d/x");
    store(&tree, &["20240104T000000Z"]);
    said(&tree, "truncate -s 60 t/d/x");
    assert_eq!(
        pdu(&tree, "--diff -b t/d").out,
        "+10\tgrew\tt/d/x\n+10\ttotal\tt/d\n"
    );
    let answer = pdu(&tree, "--diff -b s");
    assert_eq!(answer.status.code(), Some(1));
    assert!(
        answer.errors.starts_with("pdu: no snapshot of '"),
        "{answer:?}"
    );
}

#[test]
fn one_walk_prints_the_changes_and_stores_the_state() {
    let Some(du) = du() else { return };
    for walkers in [1, 20] {
        let tree = Tree::of(TREE);
        let words = format!("-j{walkers} --diff --snapshot -b t");
        let answer = pdu(&tree, &words);
        assert!(
            answer.status.success() && answer.out.is_empty(),
            "{answer:?}"
        );
        assert!(
            answer.errors.starts_with("pdu: no snapshot of '"),
            "{answer:?}"
        );
        said(&tree, "truncate -s 80000 t/d/b; rm t/d/e/c");
        let answer = pdu(&tree, &format!("{words} -s"));
        assert_eq!(answer.out, "+9990\ttotal\tt\n", "{answer:?}");
        // The lines of the comparison leave out no rows of the snapshot.
        let newest = said(&tree, "ls -t s/*/*.parquet | head -1");
        let ours = said(
            &tree,
            &format!("$pdu -aB1 -l --from={} | sort", newest.trim()),
        );
        let theirs = said(&tree, &format!("{du} -aB1 -l $PWD/t | sort"));
        assert_eq!(ours, theirs, "-j{walkers}");
        let answer = pdu(&tree, &format!("{words} -o out --format=json"));
        assert!(
            answer.status.success() && answer.out.is_empty(),
            "{answer:?}"
        );
        assert_eq!(said(&tree, "wc -l <out; ls s/*/ | wc -l"), "1\n3\n");
        // A file is compared with what it is replaced by.
        let file = format!("-j{walkers} --diff --snapshot=file -b t");
        assert!(pdu(&tree, &file).status.success());
        said(&tree, "echo x >t/new");
        assert_eq!(pdu(&tree, &file).out, "+2\tnew\tt/new\n+2\ttotal\tt\n");
        assert_eq!(pdu(&tree, &file).out, "0\ttotal\tt\n");
    }
}

#[test]
fn keep_never_removes_the_snapshot_that_was_compared() {
    let tree = Tree::of("t/f 5");
    store(
        &tree,
        &["20240101T000000Z", "20240102T000000Z", "20240103T000000Z"],
    );
    let answer = pdu(&tree, "--diff=2024-01-01 --snapshot --keep=1 t");
    assert!(answer.status.success(), "{answer:?}");
    assert_eq!(old(&tree), ["20240101T000000Z"]);
    // Also where it is named as a file.
    store(&tree, &["20240102T000000Z"]);
    let file = place(&tree)
        .join("20240101T000000Z.parquet")
        .display()
        .to_string();
    let answer = pdu(&tree, &format!("--diff={file} --snapshot --keep=1 t"));
    assert!(answer.status.success(), "{answer:?}");
    assert_eq!(old(&tree), ["20240101T000000Z"]);
}

#[test]
fn growth_above_the_limit_is_status_2_with_errors_or_without() {
    if !is_root("to have a directory that another user may not read") {
        return;
    }
    let tree = Tree::of("t/f 1000\nt/closed/\nt/before/ !000");
    for (closed, expected) in [
        ("755", [2, 0, 0, 2, 0, 0, 2, 0]),
        ("000", [2, 1, 1, 2, 1, 1, 2, 1]),
    ] {
        said(
            &tree,
            "chmod 755 t/before t/closed; truncate -s 1000 t/f; $pdu --snapshot=old t; chmod 644 old",
        );
        said(
            &tree,
            &format!("truncate -s 1100 t/f; chmod {closed} t/closed"),
        );
        let limits = ["99", "100", "101", "9.99%", "10%", "11%", "0", "1K"];
        for (limit, status) in limits.into_iter().zip(expected) {
            let mut command =
                unprivileged(Path::new(run::PDU), tree.root()).expect("there is setpriv");
            command.args([
                "--diff=./old",
                "-b",
                &format!("--fail-if-grew={limit}"),
                "t",
            ]);
            let answer = run::run(command);
            assert_eq!(
                answer.status.code(),
                Some(status),
                "{closed} {limit}: {answer:?}"
            );
        }
    }
    // It shrank, and numbers that cannot be compared.
    said(&tree, "chmod 755 t/closed; truncate -s 10 t/f");
    assert_eq!(
        pdu(&tree, "--diff=./old -b --fail-if-grew=0 t")
            .status
            .code(),
        Some(0)
    );
    let answer = pdu(&tree, "--diff=./old -l --fail-if-grew=0 t");
    assert_eq!(answer.status.code(), Some(1), "{answer:?}");
    assert!(
        answer.errors.contains("the growth is not known"),
        "{answer:?}"
    );
    // The state is stored, above the limit or not.
    said(&tree, "truncate -s 5000 t/f");
    let answer = pdu(&tree, "--diff=./old --snapshot --fail-if-grew=1K -b t");
    assert_eq!(
        (answer.status.code(), stored(&tree).len()),
        (Some(2), 1),
        "{answer:?}"
    );
}
