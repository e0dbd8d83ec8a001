//! Mounts a slow file system to try things on by hand, until Enter or the end of standard input:
//!
//! ```text
//! cargo run --example slow_fuse -- /mnt --delay-us 1000 --levels 3 --dirs 8 --files 2
//! ```
//!
//! Each of `--levels` levels has `--dirs` directories in each directory, and every directory has `--files` files; with
//! `--endless 1` there is one directory instead, whose listing never ends. `--valid-ms` is how long the kernel may keep
//! attributes (not names), 0 without it. Root only.

#[path = "../tests/support/fuse/mod.rs"]
mod fuse;

use std::error::Error;
use std::io::{self, Write as _};
use std::path::PathBuf;
use std::time::Duration;

use fuse::{Fuse, Kind, Node, Options};

fn main() -> Result<(), Box<dyn Error>> {
    let (mut at, mut options) = (None, Options::default());
    let (mut levels, mut dirs, mut files, mut endless) = (2, 8, 8, 0);
    let mut words = std::env::args().skip(1);
    while let Some(word) = words.next() {
        if !word.starts_with("--") {
            at = Some(PathBuf::from(word));
            continue;
        }
        let value: u32 = words.next().ok_or("a number is missing")?.parse()?;
        match word.as_str() {
            "--delay-us" => options.delay = Duration::from_micros(value.into()),
            "--valid-ms" => options.attr_valid = Duration::from_millis(value.into()),
            "--levels" => levels = value,
            "--dirs" => dirs = value,
            "--files" => files = value,
            "--endless" => endless = value,
            _ => return Err(format!("{word}: no such option").into()),
        }
    }
    let at = at.ok_or("mount where?")?;
    let root = match endless {
        0 => Node::nested("", levels, dirs, files),
        _ => Node::of_kind("", Kind::EndlessNames),
    };
    let fuse = Fuse::mount(&at, root, &options)?;
    writeln!(
        io::stdout(),
        "mounted at {}; Enter unmounts it",
        fuse.path().display()
    )?;
    io::stdin().read_line(&mut String::new())?;
    let (requests, most) = (fuse.requests(), fuse.most_at_once());
    writeln!(io::stdout(), "{requests} requests, {most} of them at once")?;
    Ok(())
}
