//! The explorer from its start to the end of the walk, on a terminal of its own, beside an export to nowhere.

use std::process::Command;

use crate::browse::Browse;
use crate::contestants::Contestant;
use crate::options::{Options, command};
use crate::words::{Error, Words};

/// The size of the terminal.
const SIZE: (u16, u16) = (80, 24);

/// What the top line says while the walk goes on.
const READING: &str = "reading";

/// All that run.
pub(crate) fn contestants(options: &Options) -> Result<Vec<Contestant>, Error> {
    let contestant = |name: &str, command| Contestant {
        name: name.to_owned(),
        command,
        judged: false,
    };
    let own = std::env::current_exe()?;
    let mut explore = command(own, &["explore"]);
    explore.push(options.pdu.clone().into());
    let export = command(&options.pdu, &["--format=ncdu", "-o", "/dev/null"]);
    let mut all = vec![
        // The name that ratios are against.
        contestant("pdu", export),
        contestant("pdu -i", explore),
    ];
    all.retain(|contestant| options.wants(&contestant.name));
    Ok(all)
}

/// `compare explore PDU TREE`: ends when the walk has.
pub(crate) fn main(mut words: Words) -> Result<bool, Error> {
    let (Some(pdu), Some(tree)) = (words.next(), words.next()) else {
        return Err("explore needs a program and a tree".into());
    };
    let mut command = Command::new(pdu);
    command.arg("-i").arg(tree);
    let mut browse = Browse::start(command, SIZE)?;
    browse.wait_until(|screen| {
        let contents = screen.contents();
        let top = contents.lines().next().unwrap_or_default();
        top.contains("pdu") && !top.contains(READING)
    });
    // `q` asks after a long walk; Ctrl-C does not, once the walk has ended.
    browse.press(b"\x03")?;
    Ok(browse.end()?.success())
}
