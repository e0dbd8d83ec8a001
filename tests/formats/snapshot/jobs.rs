//! The jobs of `examples/`: crontab and timer.

use super::{place, stamp, stored};
use crate::export::{names, said, script};
use crate::support::run::{self, text};
use crate::support::skip::tool;
use crate::support::tree::Tree;
use std::fs;

/// The command of the crontab in `examples/`, for the tree.
fn cron_command() -> String {
    let table = include_str!("../../../examples/pdu.cron");
    let line = table.lines().last().expect("it has lines");
    let command = line
        .split_whitespace()
        .skip(6)
        .collect::<Vec<_>>()
        .join(" ");
    assert!(
        command.starts_with("pdu ") && command.ends_with(" /srv"),
        "{command}"
    );
    let command = command.replacen("pdu ", "$pdu ", 1).replace(" /srv", " t");
    format!("export PDU_SNAPSHOTS=s; sh -c '{command}'")
}

#[test]
fn the_cron_line_works_on_an_empty_store_on_the_next_day_and_twice_at_once() {
    let tree = Tree::of("t/f 5\nt/d/g 7");
    let cron = cron_command();
    let first = script(&tree, &cron);
    assert!(
        first.status.success() && first.stdout.is_empty(),
        "{first:?}"
    );
    let errors = text(&first.stderr);
    assert!(
        errors.starts_with("pdu: no snapshot of '") && errors.lines().count() == 1,
        "{errors}"
    );
    // The next day: the snapshot is of the day before.
    let place = place(&tree);
    let file = names(&tree, place.to_str().expect("UTF-8")).remove(0);
    stamp(&place.join(file), "20240101T040000Z");
    said(
        &tree,
        "truncate -s 3M t/d/g; head -c 3000000 /dev/urandom >t/d/g",
    );
    let next = script(&tree, &cron);
    assert!(next.status.success(), "{next:?}");
    assert_eq!(text(&next.stdout), "+2.9M\tgrew\tt/d/g\n+2.9M\ttotal\tt\n");
    assert_eq!(stored(&tree).len(), 2);
    // Twice at once: one of them says why it does nothing, and whatever runs ends whole.
    let Some(flock) = tool("flock") else { return };
    let locked = format!(
        "{} {} bash -c \"{}\"",
        flock.display(),
        place.display(),
        cron.replace('$', "\\$")
    );
    let second = script(&tree, &locked);
    assert_eq!(second.status.code(), Some(1), "{second:?}");
    assert!(
        text(&second.stderr).ends_with(": another run writes a snapshot\n"),
        "{second:?}"
    );
    let both = script(&tree, &format!("({cron}) & ({cron}) & wait"));
    let ran = text(&both.stdout).lines().count();
    assert!(
        (1..=2).contains(&ran) && !text(&both.stdout).contains('M'),
        "{both:?}"
    );
    // Of the snapshots of one day the newest stays, and that it was compared with.
    assert_eq!(stored(&tree).len(), 3, "{ran} runs: {:?}", stored(&tree));
}

#[test]
fn the_units_of_systemd_are_valid() {
    let Some(analyze) = tool("systemd-analyze") else {
        return;
    };
    let tree = Tree::of("t/f 5");
    let service = include_str!("../../../examples/pdu-snapshot@.service");
    let service = service.replace("/usr/bin/pdu", run::PDU);
    fs::write(tree.root().join("pdu-snapshot@.service"), service).expect("there is room");
    let timer = include_str!("../../../examples/pdu-snapshot@.timer");
    fs::write(tree.root().join("pdu-snapshot@.timer"), timer).expect("there is room");
    let output = script(&tree, &format!("cp pdu-snapshot@.service pdu-snapshot@srv.service; cp pdu-snapshot@.timer pdu-snapshot@srv.timer
        {} verify --man=no ./pdu-snapshot@srv.service ./pdu-snapshot@srv.timer", analyze.display()));
    let errors = text(&output.stderr);
    let ours: Vec<&str> = errors
        .lines()
        .filter(|line| line.contains("pdu-snapshot"))
        .collect();
    assert!(ours.is_empty() && output.status.success(), "{errors}");
}
