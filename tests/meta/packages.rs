//! The packages of a release: what the tables of Cargo.toml install, and what must not be released.
//!
//! `.ci/run` builds the packages, and installs the `.deb` in a fresh Debian.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::support::skip::skip;
use crate::support::tree::Tree;

const MANIFEST: &str = include_str!("../../Cargo.toml");

/// Where every distribution wants it.
const EVERYWHERE: [&str; 10] = [
    "usr/bin/pdu",
    "usr/share/bash-completion/completions/pdu",
    "usr/share/doc/pdu-cli/README.md",
    "usr/share/doc/pdu-cli/docs/*",
    "usr/share/doc/pdu-cli/examples/cluster/*.py",
    "usr/share/doc/pdu-cli/examples/cluster/*.sh",
    "usr/share/doc/pdu-cli/examples/cluster/*.sql",
    "usr/share/doc/pdu-cli/examples/pdu*",
    "usr/share/fish/vendor_completions.d/pdu.fish",
    "usr/share/man/man1/pdu.1.gz",
];

/// What a table of Cargo.toml installs.
fn installed(table: &str) -> BTreeSet<String> {
    let (_, rest) = MANIFEST
        .split_once(&format!("\n[{table}]"))
        .expect("it is there");
    let table = rest.split("\n[").next().unwrap_or(rest);
    let assets = table
        .lines()
        .filter(|line| line.starts_with("  [\"") || line.starts_with("  { "));
    assets.map(destination).collect()
}

/// The second string of an asset, with the name of the first where it is a directory.
fn destination(asset: &str) -> String {
    let strings: Vec<&str> = asset.split('"').skip(1).step_by(2).collect();
    let name = strings[0].rsplit('/').next().unwrap_or_default();
    let place = strings[1].trim_start_matches('/');
    if place.ends_with('/') {
        format!("{place}{name}")
    } else {
        place.to_owned()
    }
}

fn expected(others: &[&str]) -> BTreeSet<String> {
    let all = EVERYWHERE.iter().chain(others);
    all.map(|path| (*path).to_owned()).collect()
}

#[test]
fn a_deb_installs_what_debian_wants_where_it_wants_it() {
    let others = [
        "usr/share/doc/pdu-cli/changelog",
        "usr/share/zsh/vendor-completions/_pdu",
    ];
    assert_eq!(installed("package.metadata.deb"), expected(&others));
    assert!(MANIFEST.contains("\nconflicts = \"parallel-disk-usage\"\n"));
}

#[test]
fn an_rpm_installs_what_fedora_wants_where_it_wants_it() {
    let others = [
        "usr/share/doc/pdu-cli/CHANGELOG.md",
        "usr/share/licenses/pdu-cli/LICENSE-*",
        "usr/share/licenses/pdu-cli/copyright",
        "usr/share/zsh/site-functions/_pdu",
    ];
    assert_eq!(
        installed("package.metadata.generate-rpm"),
        expected(&others)
    );
    assert!(MANIFEST.contains("\nconflicts = { parallel-disk-usage = \"*\" }\n"));
}

/// A copy of the files that `packaging/check-release` reads.
struct Release {
    tree: Tree,
}

impl Release {
    /// None where these are the sources of the registry, which lack `packaging/`.
    fn of_this_version() -> Option<Self> {
        let from = Path::new(env!("CARGO_MANIFEST_DIR"));
        if !from.join("packaging/check-release").exists() {
            skip("there is no packaging/ in the sources of the registry");
            return None;
        }
        let release = Self {
            tree: Tree::of("packaging/\nstartup/"),
        };
        for file in [
            "Cargo.toml",
            "startup/Cargo.toml",
            "README.md",
            "startup/README.md",
            "CHANGELOG.md",
            "packaging/check-release",
        ] {
            fs::copy(from.join(file), release.at(file)).expect("it can be copied");
        }
        Some(release)
    }

    fn at(&self, file: &str) -> PathBuf {
        self.tree.root().join(file)
    }

    fn replace(&self, file: &str, old: &str, new: &str) {
        let text = fs::read_to_string(self.at(file)).expect("it was copied");
        fs::write(self.at(file), text.replace(old, new)).expect("it can be written");
    }

    /// Replaces what stands for an address, and names the version in the changelog.
    fn made_ready(self) -> Self {
        for file in [
            "Cargo.toml",
            "startup/Cargo.toml",
            "README.md",
            "startup/README.md",
        ] {
            self.replace(file, "example.invalid", "example.org");
        }
        let heading = concat!("## [", env!("CARGO_PKG_VERSION"), "] - 2026-12-24");
        self.replace("CHANGELOG.md", "## [Unreleased]", heading);
        self
    }

    /// What the check says of this version, or of another one.
    fn refusal(&self, version: &str) -> String {
        let output = Command::new(self.at("packaging/check-release"))
            .arg(format!("v{version}"))
            .output()
            .expect("there is bash");
        let text = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.success(), text.is_empty(), "{text}");
        text
    }
}

#[test]
fn a_release_whose_addresses_lead_nowhere_is_refused() {
    let Some(release) = Release::of_this_version() else {
        return;
    };
    let release = release.made_ready();
    assert_eq!(release.refusal(env!("CARGO_PKG_VERSION")), "");
    for file in [
        "Cargo.toml",
        "startup/Cargo.toml",
        "README.md",
        "startup/README.md",
    ] {
        release.replace(file, "example.org", "example.invalid");
        let refusal = release.refusal(env!("CARGO_PKG_VERSION"));
        release.replace(file, "example.invalid", "example.org");
        assert_eq!(
            refusal,
            format!("not released: example.invalid is no address; it stands in {file}\n")
        );
    }
}

#[test]
fn a_release_of_another_version_or_without_a_changelog_is_refused() {
    let Some(release) = Release::of_this_version() else {
        return;
    };
    let release = release.made_ready();
    let refusal = release.refusal("98.7.6");
    for place in [
        "Cargo.toml has",
        "startup/Cargo.toml has",
        "pdu-startup",
        "CHANGELOG.md",
    ] {
        assert!(refusal.contains(place), "{refusal}");
    }
    release.replace("CHANGELOG.md", "2026-12-24", "soon");
    let refusal = release.refusal(env!("CARGO_PKG_VERSION"));
    assert!(
        refusal.starts_with("not released: CHANGELOG.md has no section "),
        "{refusal}"
    );
    assert_eq!(refusal.lines().count(), 1, "{refusal}");
}
