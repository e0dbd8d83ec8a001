//! Who runs, and with which words: each peer prints its total only, in the fastest way it has.

use std::ffi::{OsStr, OsString};
use std::path::PathBuf;

use crate::child::find_program;
use crate::options::{Mode, Options, command};
use crate::words::Error;

/// A program with its options, without the tree.
pub(crate) struct Contestant {
    /// Short and unique; its first word is the family (`pdu`, `floor`, `gnu`, or the peer).
    pub(crate) name: String,
    /// Program and options; the tree comes last.
    pub(crate) command: Vec<OsString>,
    /// Whether its output must be that of GNU du.
    pub(crate) judged: bool,
}

impl Contestant {
    /// The whole command for `tree`.
    pub(crate) fn on(&self, tree: &OsStr) -> Vec<OsString> {
        self.command
            .iter()
            .cloned()
            .chain([tree.to_owned()])
            .collect()
    }
}

/// A tool of the same trade.
struct Peer {
    name: &'static str,
    /// The names that its program goes by.
    programs: &'static [&'static str],
    /// Options for a total and nothing else.
    sum: &'static [&'static str],
    /// Options for GNU's full listing, if it can.
    full: Option<&'static [&'static str]>,
}

/// Threads are left at each tool's default, which is what its users get.
const PEERS: [Peer; 8] = [
    // Prints nothing but the total; three threads a core.
    Peer {
        name: "diskus",
        programs: &["diskus"],
        sum: &[],
        full: None,
    },
    // -d0 prints the root alone but keeps the tree all the same; -P no progress, -c no colours, -b no bars.
    Peer {
        name: "dust",
        programs: &["dust"],
        sum: &["-d", "0", "-P", "-c", "-b"],
        full: None,
    },
    // A lone operand would be listed child by child, a million lines on `flat`; with a second one each is a total.
    Peer {
        name: "dua",
        programs: &["dua"],
        sum: &["aggregate", "/dev/null"],
        full: None,
    },
    // -n not interactive, -p no progress, -s the total only, -c no colours; its log goes to /dev/null by default.
    Peer {
        name: "gdu",
        programs: &["gdu", "gdu-go"],
        sum: &["-n", "-p", "-s", "-c"],
        full: None,
    },
    // KSXGitHub's parallel-disk-usage, whose own name is pdu too; levels below the depth are dropped while it walks.
    // It counts each hard link, unless -H is given.
    Peer {
        name: "ksx-pdu",
        programs: &["ksx-pdu", "parallel-disk-usage"],
        sum: &["--max-depth=1", "--silent-errors"],
        full: None,
    },
    // -0 no screen; the export is the only way to be without one, and goes to /dev/null.
    Peer {
        name: "ncdu",
        programs: &["ncdu"],
        sum: &["-0", "-o", "/dev/null"],
        full: None,
    },
    Peer {
        name: "uutils",
        programs: &["uu_du", "uu-du"],
        sum: &["-s"],
        full: Some(&[]),
    },
    Peer {
        name: "rdu",
        programs: &["rdu"],
        sum: &["-s"],
        full: None,
    },
];

/// All that run in `mode`, GNU du first.
pub(crate) fn contestants(options: &Options, mode: Mode) -> Result<Vec<Contestant>, Error> {
    let mut all = Vec::new();
    gnu(options, mode, &mut all);
    floor(options, mode, &mut all)?;
    pdu(options, mode, &mut all);
    peers(mode, &mut all);
    all.retain(|contestant| options.wants(&contestant.name));
    Ok(all)
}

fn contestant(
    name: String,
    program: impl Into<OsString>,
    arguments: &[&str],
    judged: bool,
) -> Contestant {
    Contestant {
        name,
        command: command(program, arguments),
        judged,
    }
}

fn gnu(options: &Options, mode: Mode, all: &mut Vec<Contestant>) {
    let arguments: &[&str] = if mode == Mode::Full { &[] } else { &["-s"] };
    for (index, program) in options.gnu.iter().enumerate() {
        let name = if index == 0 {
            "gnu".into()
        } else {
            format!("gnu {}", program.display())
        };
        all.push(contestant(name, program, arguments, true));
    }
}

fn floor(options: &Options, mode: Mode, all: &mut Vec<Contestant>) -> Result<(), Error> {
    if mode == Mode::Verbose {
        return Ok(());
    }
    let own = std::env::current_exe()?;
    for threads in &options.threads {
        let arguments = ["floor", "--call", &options.call, "-j", &threads.to_string()];
        all.push(contestant(
            format!("floor -j{threads}"),
            &own,
            &arguments,
            false,
        ));
    }
    Ok(())
}

fn pdu(options: &Options, mode: Mode, all: &mut Vec<Contestant>) {
    let mut add = |name: String, arguments: &[&str]| {
        all.push(contestant(name, &options.pdu, arguments, true));
    };
    match mode {
        Mode::Verbose => {
            add("pdu".into(), &["-s"]);
            add("pdu -v".into(), &["-s", "-v"]);
            return;
        }
        Mode::Sum => add("pdu".into(), &["-s"]),
        Mode::Full => add("pdu".into(), &[]),
        // They have contestants of their own.
        Mode::Snapshots | Mode::Explore => return,
    }
    for threads in &options.threads {
        let jobs = format!("-j{threads}");
        match mode {
            Mode::Full => add(format!("pdu {jobs}"), &[&jobs]),
            _ => add(format!("pdu {jobs}"), &["-s", &jobs]),
        }
    }
}

fn peers(mode: Mode, all: &mut Vec<Contestant>) {
    for peer in &PEERS {
        let arguments = match mode {
            Mode::Sum => Some(peer.sum),
            Mode::Full => peer.full,
            Mode::Verbose | Mode::Snapshots | Mode::Explore => None,
        };
        if let (Some(arguments), Some(program)) = (arguments, program_of(peer)) {
            all.push(contestant(peer.name.into(), program, arguments, false));
        }
    }
    if mode != Mode::Verbose
        && let Some(coreutils) = find_program("coreutils")
    {
        let arguments: &[&str] = if mode == Mode::Full {
            &["du"]
        } else {
            &["du", "-s"]
        };
        all.push(contestant(
            "uutils coreutils".into(),
            coreutils,
            arguments,
            false,
        ));
    }
}

/// `$KSX_PDU` is the path of the peer that has the same name as pdu.
fn program_of(peer: &Peer) -> Option<PathBuf> {
    let named = std::env::var_os("KSX_PDU")
        .filter(|_| peer.name == "ksx-pdu")
        .map(PathBuf::from);
    named.or_else(|| peer.programs.iter().find_map(|name| find_program(name)))
}
