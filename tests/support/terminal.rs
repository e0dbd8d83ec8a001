//! A pseudo-terminal and a program on it, for tests of output that a person sees.
//!
//! `setsid --ctty` makes the pseudo-terminal the program's controlling terminal, as a login does. Where a walk has to
//! take long, `strace` delays each read of a directory: that works on every file system, for every user, and needs no
//! large tree.

use std::ffi::OsStr;
use std::fs::File;
use std::io::{Read, Write};
use std::os::fd::OwnedFd;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, ExitStatus, Stdio};
use std::sync::OnceLock;
use std::sync::mpsc::{Receiver, channel};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use rustix::fs::{Mode, OFlags};
use rustix::process::{Pid, Signal, kill_process};
use rustix::pty::OpenptFlags;
use rustix::termios::Winsize;

use super::process::kill_all;
use super::run::{HANG_TIMEOUT, PDU, pause, pdu, program, stdout, wait_until};
use super::skip::{skip, succeeds};
use super::tree::Tree;

// ---------------------------------------------------------------- a terminal and what runs on it

/// Starts a program with default signal dispositions: where the tests run in the background of a script, SIGINT is
/// ignored, and each program that they start inherits that.
pub(crate) const DEFAULT_SIGNALS: [&str; 2] = ["env", "--default-signal"];

/// Starts a program without a terminal, in a process group of its own, as a shell would.
pub(crate) fn start(at: &Path, words: &[impl AsRef<OsStr>]) -> Child {
    let [env, option] = DEFAULT_SIGNALS;
    let mut command = program(env, at);
    command.arg(option).args(words);
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    command.process_group(0).spawn().expect("it starts")
}

/// A pseudo-terminal, the program that it controls, and all that was written to it.
pub(crate) struct Terminal {
    pub(crate) child: Child,
    keys: File,
    output: Receiver<Vec<u8>>,
    pub(crate) seen: Vec<u8>,
    pub(crate) settings_at_start: String,
    /// Standard output, where it is not the terminal.
    piped: Option<JoinHandle<String>>,
}

/// Which streams of the program are the terminal; the others are pipes.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Streams {
    All,
    AllButOutput,
}

/// See [`Terminal::window`].
pub(crate) struct Window(File);

impl Window {
    pub(crate) fn resize(&self, columns: u16) {
        rustix::termios::tcsetwinsize(&self.0, size(columns)).expect("it is a terminal");
    }
}

/// What was left when the program had ended.
pub(crate) struct End {
    /// Everything that was written to the terminal, the messages of the tracer included.
    pub(crate) bytes: Vec<u8>,
    /// What was written to the terminal as text, without the messages of the tracer.
    pub(crate) raw: String,
    /// Standard output, where it was a pipe.
    pub(crate) output: String,
    pub(crate) status: ExitStatus,
    /// Those of the terminal.
    pub(crate) settings: String,
}

impl Terminal {
    /// Starts a program in a tree, in the foreground of a terminal of so many columns.
    pub(crate) fn start<W: AsRef<OsStr>>(
        tree: &Tree,
        columns: u16,
        streams: Streams,
        words: &[W],
    ) -> Self {
        let (keys, screen) = pseudo_terminal(columns);
        let settings_at_start = settings(&keys);
        let side = || Stdio::from(screen.try_clone().expect("descriptors can be had"));
        let mut command = program("setsid", tree.root());
        command.arg("--ctty").args(DEFAULT_SIGNALS).args(words);
        command.env("TERM", "xterm").env("pdu", PDU);
        command.stdin(side()).stdout(side()).stderr(side());
        if streams == Streams::AllButOutput {
            command.stdout(Stdio::piped());
        }
        let mut child = command.spawn().expect("setsid starts");
        // The command holds our copies of the terminal's other side; while they are open, the terminal never ends.
        drop((command, screen));
        let piped = child
            .stdout
            .take()
            .map(|pipe| std::thread::spawn(move || read_all(pipe)));
        let reader = keys.try_clone().expect("descriptors can be had");
        let (give, output) = channel();
        std::thread::spawn(move || pass_on(reader, |bytes| give.send(bytes).is_ok()));
        let seen = Vec::new();
        Self {
            child,
            keys,
            output,
            seen,
            settings_at_start,
            piped,
        }
    }

    /// Presses keys.
    pub(crate) fn press(&mut self, keys: &[u8]) {
        self.keys.write_all(keys).expect("the terminal takes keys");
    }

    /// How the terminal is set, in words that can be compared.
    pub(crate) fn settings(&self) -> String {
        settings(&self.keys)
    }

    pub(crate) fn resize(&self, columns: u16) {
        self.window().resize(columns);
    }

    pub(crate) fn resize_to(&self, size: Winsize) {
        rustix::termios::tcsetwinsize(&self.keys, size).expect("it is a terminal");
    }

    /// The terminal's window, for a thread that resizes it while another one waits.
    pub(crate) fn window(&self) -> Window {
        Window(self.keys.try_clone().expect("descriptors can be had"))
    }

    pub(crate) fn signal(&self, signal: Signal) {
        let pid = Pid::from_child(&self.child);
        kill_process(pid, signal).expect("it is our child");
    }

    /// Reads on until what was written satisfies.
    #[track_caller]
    pub(crate) fn wait_until(&mut self, what: &str, satisfies: impl Fn(&str) -> bool) {
        let deadline = Instant::now() + HANG_TIMEOUT;
        while !satisfies(&String::from_utf8_lossy(&self.seen)) {
            self.read_on(what, deadline);
        }
    }

    pub(crate) fn seen_text(&self) -> String {
        String::from_utf8_lossy(&self.seen).into_owned()
    }

    /// Reads some of what is written.
    #[track_caller]
    pub(crate) fn read_on(&mut self, what: &str, deadline: Instant) {
        let left = deadline.saturating_duration_since(Instant::now());
        match self.output.recv_timeout(left) {
            Ok(bytes) => self.seen.extend(bytes),
            Err(error) => panic!(
                "{error} before {what}; seen: {:?}",
                String::from_utf8_lossy(&self.seen)
            ),
        }
    }

    #[track_caller]
    pub(crate) fn wait_for_frames(&mut self, count: usize) {
        self.wait_until("enough progress", |seen| frames(seen).len() >= count);
    }

    /// Closes the person's side: the program has no terminal any more.
    pub(crate) fn hang_up(self) -> Child {
        // The thread that reads has a copy. It ends when it has read what nobody receives: the answer to a key.
        drop(self.output);
        (&self.keys)
            .write_all(b"x")
            .expect("the terminal takes keys");
        self.child
    }

    /// Waits for the end.
    #[track_caller]
    pub(crate) fn end(self) -> End {
        self.end_after(|| ())
    }

    /// The same; calls `over` when all output is read, before the process number is given back.
    #[track_caller]
    pub(crate) fn end_after(mut self, over: impl FnOnce()) -> End {
        let deadline = Instant::now() + HANG_TIMEOUT;
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            match self.output.recv_timeout(left) {
                Ok(bytes) => self.seen.extend(bytes),
                Err(std::sync::mpsc::RecvTimeoutError::Disconnected) => break,
                Err(error) => {
                    kill_all(self.child.id());
                    panic!(
                        "it hangs ({error}); seen: {:?}",
                        String::from_utf8_lossy(&self.seen)
                    );
                }
            }
        }
        over();
        let piped = self
            .piped
            .map(|reader| reader.join().expect("it only reads"));
        End {
            raw: without_tracer(&self.seen),
            bytes: self.seen,
            settings: settings(&self.keys),
            output: piped.unwrap_or_default(),
            status: self.child.wait().expect("it is our child"),
        }
    }
}

/// What was written, but for the messages of the tracer, which has no other place for them.
pub(crate) fn without_tracer(bytes: &[u8]) -> String {
    let text = String::from_utf8_lossy(bytes);
    let ours = text
        .split_inclusive('\n')
        .filter(|line| !line.starts_with("strace: "));
    ours.collect()
}

/// Both sides: that of the person, and that of the program.
pub(crate) fn pseudo_terminal(columns: u16) -> (File, OwnedFd) {
    let flags = OpenptFlags::RDWR | OpenptFlags::NOCTTY | OpenptFlags::CLOEXEC;
    let master = rustix::pty::openpt(flags).expect("there are pseudo-terminals");
    rustix::pty::grantpt(&master).expect("it is ours");
    rustix::pty::unlockpt(&master).expect("it is ours");
    rustix::termios::tcsetwinsize(&master, size(columns)).expect("it is a terminal");
    let name = rustix::pty::ptsname(&master, Vec::new()).expect("it has a name");
    let open = OFlags::RDWR | OFlags::NOCTTY | OFlags::CLOEXEC;
    let slave = rustix::fs::open(name, open, Mode::empty()).expect("it is unlocked");
    (File::from(master), slave)
}

/// How a terminal is set, in words that can be compared.
pub(crate) fn settings(terminal: &File) -> String {
    let settings = rustix::termios::tcgetattr(terminal).expect("it is a terminal");
    format!("{settings:?}")
}

pub(crate) fn size(columns: u16) -> Winsize {
    Winsize {
        ws_row: 24,
        ws_col: columns,
        ws_xpixel: 0,
        ws_ypixel: 0,
    }
}

/// Waits for the end of a program, but not for ever.
#[track_caller]
pub(crate) fn wait(child: &mut Child) -> ExitStatus {
    let deadline = Instant::now() + HANG_TIMEOUT;
    loop {
        if let Some(status) = child.try_wait().expect("it is our child") {
            return status;
        }
        if Instant::now() > deadline {
            kill_all(child.id());
            panic!("it does not end");
        }
        pause(Duration::from_millis(2));
    }
}

/// The name of one directory, of some 2,000 bytes, so often in a list that many walkers take long to print it.
/// Read it with `-l --files0-from=list`.
pub(crate) fn repeated_operand(count: usize) -> Tree {
    let tree = Tree::of(&format!("{}/\n", long_path()));
    let list = format!("{}\0", long_path()).repeat(count);
    std::fs::write(tree.root().join("list"), list).expect("the tree can be written");
    tree
}

pub(crate) fn long_path() -> String {
    format!("t{}", format!("/{}", "long-".repeat(40)).repeat(10))
}

/// Reads to the end; reading a terminal fails once no process has it open.
pub(crate) fn pass_on(mut from: impl Read, mut to: impl FnMut(Vec<u8>) -> bool) {
    let mut buffer = [0; 4096];
    while let Ok(count) = from.read(&mut buffer) {
        if count == 0 || !to(buffer[..count].to_vec()) {
            return;
        }
    }
}

pub(crate) fn read_all(from: impl Read) -> String {
    let mut all = Vec::new();
    pass_on(from, |bytes| {
        all.extend(bytes);
        true
    });
    String::from_utf8_lossy(&all).into_owned()
}

// ---------------------------------------------------------------- what a terminal shows

/// The lines that stand on the terminal at the end, as long as they were.
pub(crate) fn shown(raw: &str) -> Vec<String> {
    let mut lines = vec![Vec::new()];
    let mut column = 0;
    let mut rest = raw;
    while let Some(character) = rest.chars().next() {
        let line = lines.last_mut().expect("there is one");
        if let Some(after) = rest.strip_prefix("\x1b[K") {
            line.truncate(column);
            rest = after;
            continue;
        }
        match character {
            '\r' => column = 0,
            '\n' => lines.push(Vec::new()),
            _ => {
                line.truncate(line.len().max(column));
                line.splice(column..line.len().min(column + 1), [character]);
                column += 1;
            }
        }
        rest = &rest[character.len_utf8()..];
    }
    let mut lines: Vec<String> = lines.into_iter().map(String::from_iter).collect();
    lines.pop_if(|last| last.is_empty());
    lines
}

/// The progress lines that were drawn, each as it was; those that erase have no text.
pub(crate) fn frames(raw: &str) -> Vec<&str> {
    let drawn = raw.split('\r').filter_map(|part| part.split_once("\x1b[K"));
    drawn
        .map(|(text, _)| text)
        .filter(|text| !text.is_empty())
        .collect()
}

/// The lines of standard output among those of a terminal: a number, a tab, and a name.
pub(crate) fn counted(lines: &[String]) -> Vec<&str> {
    let is_counted = |line: &&str| {
        let number = line.split('\t').next().filter(|_| line.contains('\t'));
        number.is_some_and(|number| number.parse::<u64>().is_ok())
    };
    lines
        .iter()
        .map(String::as_str)
        .filter(is_counted)
        .collect()
}

// ---------------------------------------------------------------- trees that take time

/// Directories `t/N`, each with a file and a directory with a file.
pub(crate) fn forest(count: usize) -> Tree {
    let tree = |number| format!("t/{number}/f {number}\nt/{number}/d/g 1000\n");
    Tree::of(&(0..count).map(tree).collect::<String>())
}

/// The words that run pdu with so many milliseconds before every read of a directory.
pub(crate) fn slow(milliseconds: u32, words: &str) -> Vec<String> {
    let delay = format!("inject=getdents64:delay_enter={}", milliseconds * 1000);
    let tracer = "strace -DDD -f -qq -o /dev/null -e trace=getdents64 -e";
    let words = words.split(' ').map(str::to_owned);
    let tracer = tracer.split(' ').map(str::to_owned);
    tracer.chain([delay, PDU.to_owned()]).chain(words).collect()
}

/// A slow pdu on a terminal, once strace has started it.
pub(crate) fn start_slow(
    tree: &Tree,
    columns: u16,
    streams: Streams,
    words: &[String],
) -> Terminal {
    let terminal = Terminal::start(tree, columns, streams, words);
    wait_for_strace(&terminal.child);
    terminal
}

/// Waits until strace has started a slow pdu.
///
/// A signal before that ends strace while it checks what ptrace(2) can do, and leaves a stopped process behind that has the
/// streams open for ever (8 of 300 signals in the first 30 ms).
pub(crate) fn wait_for_strace(child: &Child) {
    let program = format!("/proc/{}/exe", child.id());
    wait_until("pdu, started by strace", || {
        // A process that has ended has no program.
        std::fs::read_link(&program).map_or(true, |path| path.ends_with("pdu"))
    });
}

/// Whether this machine has `setsid` and a `strace` that may trace; skips if not.
pub(crate) fn can_slow_down() -> bool {
    static LACKS: OnceLock<Option<&str>> = OnceLock::new();
    let lacks = LACKS.get_or_init(|| {
        if !succeeds("setsid --version") {
            return Some("setsid (util-linux) is missing");
        }
        let traces = succeeds(&slow(1, "--version").join(" "));
        (!traces).then_some("strace is missing, too old, or may not trace")
    });
    if let Some(lacks) = lacks {
        skip(lacks);
    }
    lacks.is_none()
}

/// The lines of a run without terminal, delay or signal.
pub(crate) fn expected_lines(tree: &Tree, words: &str) -> Vec<String> {
    let lines = stdout(pdu(tree.root(), words));
    lines.lines().map(str::to_owned).collect()
}
