//! The terminal of the explorer without the explorer, to try endings by hand, and for `tests/explore/endings.rs`:
//!
//! ```text
//! cargo run --example terminal
//! ```
//!
//! The first row shows the keys. `q` and Ctrl-C end it, `p` panics, `w` panics in another thread, `m` takes more memory
//! than there is, Ctrl-Z stops it, Ctrl-L draws all, `b` runs a shell in the root directory, `e` ends with an error.

use std::ffi::OsString;
use std::io::{self, Write};
use std::process::ExitCode;

use pdu::explore::terminal::{
    self, Child, Input, Key, KeyCode, Palette, Style, Terminal, TerminalOptions, TimedInput,
};
use pdu::sys::{screen, signals, supervise};

#[global_allocator]
static ALLOCATOR: pdu_startup::Allocator = pdu_startup::Allocator;

fn main() -> ExitCode {
    screen::keep_modes();
    supervise::fork_if_served(signals::GRACE, b"terminal: cancelled\n".to_vec());
    terminal::block_signals();
    let causes = signals::start(b"terminal: cancelled\n".to_vec());
    let options = TerminalOptions {
        term: std::env::var_os("TERM"),
        palette: Palette::Sixteen,
    };
    let (mut terminal, inputs) = match Terminal::open(options) {
        Ok(opened) => opened,
        Err(error) => return fail(&error.message()),
    };
    let mut keys = String::new();
    let result = loop {
        if let Err(error) = draw(&mut terminal, &keys) {
            break Err(error);
        }
        crossbeam_channel::select! {
            recv(inputs) -> input => match input {
                Ok(TimedInput { input: Input::Ended, .. }) | Err(_) => break Ok(ExitCode::FAILURE),
                Ok(TimedInput { input, .. }) => match react(input, &mut terminal, &mut keys) {
                    Ok(true) => {}
                    Ok(false) => break Ok(ExitCode::SUCCESS),
                    Err(error) => break Err(error),
                },
            },
            recv(causes) -> _ => loop {
                std::thread::park();
            },
        }
    };
    drop(terminal);
    match result {
        Ok(code) => code,
        Err(error) => fail(error.to_string().as_bytes()),
    }
}

fn draw(terminal: &mut Terminal, keys: &str) -> io::Result<()> {
    terminal.draw(|grid| {
        let (columns, rows) = grid.size();
        grid.put((0, 0), &format!("keys: {keys}"), Style::default());
        for row in 1..rows - 1 {
            let dots = ".".repeat(columns.into());
            grid.put((0, row), &dots, Style::default());
        }
        grid.put(
            (0, rows - 1),
            &format!("{columns}x{rows}"),
            Style::default(),
        );
        Some((0, 0))
    })
}

/// False at the end.
fn react(input: Input, terminal: &mut Terminal, keys: &mut String) -> io::Result<bool> {
    match input {
        Input::Key(key) => {
            let goes_on = press(key, terminal, keys)?;
            terminal.acknowledge();
            return Ok(goes_on);
        }
        Input::Mouse(mouse) => {
            keys.push_str(&format!(
                "[{:?} {} {}]",
                mouse.action, mouse.column, mouse.row
            ));
            terminal.acknowledge();
        }
        Input::Resize => terminal.acknowledge(),
        Input::Suspend => terminal.suspend()?,
        Input::Continue => terminal.resume()?,
        Input::Ended => return Ok(false),
    }
    Ok(true)
}

fn press(key: Key, terminal: &mut Terminal, keys: &mut String) -> io::Result<bool> {
    match key.code {
        KeyCode::Char('q') => return Ok(false),
        KeyCode::Char('c') if key.control => return Ok(false),
        KeyCode::Char('z') if key.control => terminal.suspend()?,
        KeyCode::Char('l') if key.control => terminal.redraw(),
        KeyCode::Char('p') => panic!("as asked"),
        KeyCode::Char('w') => {
            let ended = std::thread::spawn(|| panic!("as asked")).join();
            return ended
                .map(|()| true)
                .map_err(|_| io::ErrorKind::Other.into());
        }
        KeyCode::Char('m') => drop(Vec::<u8>::with_capacity(isize::MAX as usize)),
        KeyCode::Char('e') => return Err(io::ErrorKind::Other.into()),
        KeyCode::Char('b') => {
            let child = Child {
                words: vec!["sh".into()],
                variables: vec![("PS1".into(), OsString::from("in the child$ "))],
                directory: std::fs::File::open("/")?.into(),
            };
            let status = terminal.run(&child)?;
            keys.push_str(&format!("[{status}]"));
        }
        KeyCode::Char(character) => keys.push(character),
        code => keys.push_str(&format!("[{code:?}]")),
    }
    Ok(true)
}

fn fail(message: &[u8]) -> ExitCode {
    let mut errors = io::stderr();
    let _ = errors.write_all(&[b"terminal: ", message, b"\n"].concat());
    ExitCode::FAILURE
}
