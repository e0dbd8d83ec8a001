//! Makes the picture of the explorer, `docs/explorer.svg`, from a real screen:
//!
//! ```text
//! cargo run --release --example picture -- docs/explorer.svg /usr
//! ```
//!
//! Words after the tree are keys that are pressed when the walk has ended.

#![allow(missing_docs, reason = "a program")]

#[path = "../tests/support/browse.rs"]
mod browse;

use std::error::Error;
use std::fmt::Write;
use std::path::PathBuf;
use std::process::{Command, ExitCode};

use vt100::{Cell, Color, Screen};

use browse::Browse;

/// Columns and rows.
const SIZE: (u16, u16) = (80, 24);

/// Width and height of a cell.
const CELL: (f32, f32) = (8.4, 18.0);

const BACKGROUND: &str = "#16181d";
const FOREGROUND: &str = "#d0d4dc";

/// The first sixteen colours.
const PALETTE: [&str; 16] = [
    "#2a2e37", "#e06c75", "#98c379", "#e5c07b", "#61afef", "#c678dd", "#56b6c2", "#abb2bf",
    "#5c6370", "#ff7b86", "#b1e18b", "#ffd68a", "#7cc4ff", "#e193ff", "#6cd5e2", "#ffffff",
];

fn main() -> Result<ExitCode, Box<dyn Error>> {
    let mut words = std::env::args_os().skip(1);
    let (Some(file), Some(tree)) = (words.next(), words.next()) else {
        return Ok(ExitCode::from(2));
    };
    let mut command = Command::new(program()?);
    command.arg("-i").arg(tree);
    command.env("LS_COLORS", "di=01;34:ln=01;36:ex=01;32");
    let mut browse = Browse::start(command, SIZE)?;
    let has_ended = |screen: &Screen| {
        let contents = screen.contents();
        let top = contents.lines().next().unwrap_or_default();
        top.contains("pdu") && !top.contains("reading")
    };
    browse.wait_until(has_ended);
    for keys in words {
        browse.press(keys.as_encoded_bytes())?;
        let before = browse.screen().contents();
        browse.wait_until(|screen| screen.contents() != before);
    }
    std::fs::write(file, picture(browse.screen())?)?;
    browse.press(b"\x1bqy")?;
    browse.end()?;
    Ok(ExitCode::SUCCESS)
}

/// The program, beside the folder of the examples.
fn program() -> Result<PathBuf, Box<dyn Error>> {
    let own = std::env::current_exe()?;
    let folder = own.ancestors().nth(2).ok_or("no folder")?;
    Ok(folder.join("pdu"))
}

fn picture(screen: &Screen) -> Result<String, std::fmt::Error> {
    let (width, height) = (f32::from(SIZE.0) * CELL.0, f32::from(SIZE.1) * CELL.1);
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"-8 -8 {} {}\" font-family=\"monospace\" \
         font-size=\"14\">\n<title>pdu -i</title>\n\
         <rect x=\"-8\" y=\"-8\" width=\"100%\" height=\"100%\" rx=\"6\" fill=\"{BACKGROUND}\"/>\n",
        width + 16.0,
        height + 16.0
    );
    for row in 0..SIZE.1 {
        write_row(&mut svg, screen, row)?;
    }
    svg.push_str("</svg>\n");
    Ok(svg)
}

/// Cells of one look are one piece of text.
fn write_row(svg: &mut String, screen: &Screen, row: u16) -> std::fmt::Result {
    let mut column = 0;
    while column < SIZE.0 {
        let Some(first) = screen.cell(row, column) else {
            return Ok(());
        };
        let start = column;
        let mut text = String::new();
        while let Some(cell) = screen
            .cell(row, column)
            .filter(|cell| look(cell) == look(first))
        {
            text.push_str(if cell.has_contents() {
                cell.contents()
            } else {
                " "
            });
            column += 1;
        }
        write_piece(svg, (row, start..column), &text, first)?;
    }
    Ok(())
}

fn look(cell: &Cell) -> (Color, Color, bool, bool, bool) {
    (
        cell.fgcolor(),
        cell.bgcolor(),
        cell.bold(),
        cell.dim(),
        cell.inverse(),
    )
}

fn write_piece(
    svg: &mut String,
    (row, columns): (u16, std::ops::Range<u16>),
    text: &str,
    cell: &Cell,
) -> std::fmt::Result {
    let (mut front, mut back) = (
        color(cell.fgcolor(), FOREGROUND),
        color(cell.bgcolor(), BACKGROUND),
    );
    if cell.inverse() {
        std::mem::swap(&mut front, &mut back);
    }
    let (x, y) = (f32::from(columns.start) * CELL.0, f32::from(row) * CELL.1);
    let width = f32::from(columns.end - columns.start) * CELL.0;
    if back != BACKGROUND {
        let height = CELL.1;
        writeln!(
            svg,
            "<rect x=\"{x:.1}\" y=\"{y:.1}\" width=\"{width:.1}\" height=\"{height}\" fill=\"{back}\"/>"
        )?;
    }
    if text.trim().is_empty() {
        return Ok(());
    }
    let weight = if cell.bold() {
        " font-weight=\"bold\""
    } else {
        ""
    };
    let dim = if cell.dim() { " opacity=\"0.6\"" } else { "" };
    let text = text.replace('&', "&amp;").replace('<', "&lt;");
    writeln!(
        svg,
        "<text x=\"{x:.1}\" y=\"{:.1}\" textLength=\"{width:.1}\" fill=\"{front}\"{weight}{dim} \
         xml:space=\"preserve\">{text}</text>",
        y + 13.5
    )
}

fn color(color: Color, default: &str) -> String {
    match color {
        Color::Default => default.to_owned(),
        Color::Idx(index) => PALETTE[usize::from(index % 16)].to_owned(),
        Color::Rgb(red, green, blue) => format!("#{red:02x}{green:02x}{blue:02x}"),
    }
}
