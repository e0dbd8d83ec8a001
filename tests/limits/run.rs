//! Running pdu with little: under limits, as another user, below a tracer.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::Duration;

use crossbeam_channel::{after, select, tick};

use crate::planted::Planted;

pub(crate) const PDU: &str = env!("CARGO_BIN_EXE_pdu");

/// Whether the sizes that hurt are wanted.
pub(crate) fn is_thorough() -> bool {
    std::env::var_os("PDU_THOROUGH").is_some()
}

/// One size as a rule, and another where the sizes that hurt are wanted.
pub(crate) fn size(usual: usize, thorough: usize) -> usize {
    if is_thorough() { thorough } else { usual }
}

/// Bytes of stack that hold pdu and no recursion over 30,000 levels: an unoptimised clap alone takes a third of a
/// mebibyte.
pub(crate) fn small_stack() -> String {
    let kibibytes = if cfg!(debug_assertions) { 512 } else { 128 };
    format!("--stack={}", kibibytes * 1024)
}

/// A command line that ends with pdu: what stands before it limits it.
pub(crate) struct Limited {
    wrappers: Vec<String>,
    directory: PathBuf,
    program: PathBuf,
}

/// pdu in a directory.
pub(crate) fn pdu(directory: &Path) -> Limited {
    Limited {
        wrappers: Vec::new(),
        directory: directory.into(),
        program: PDU.into(),
    }
}

impl Limited {
    /// Under limits as `prlimit` takes them.
    pub(crate) fn under(self, limits: &[&str]) -> Self {
        self.after("prlimit").after_each(limits)
    }

    /// Behind more words.
    pub(crate) fn after(mut self, words: &str) -> Self {
        self.wrappers.extend(words.split(' ').map(str::to_owned));
        self
    }

    fn after_each(mut self, words: &[&str]) -> Self {
        self.wrappers
            .extend(words.iter().map(|&word| word.to_owned()));
        self
    }

    /// As a user who is nobody, where this one is root. With a copy of the program that nobody can reach: the tree is
    /// on disk.
    pub(crate) fn by_nobody(mut self, tree: &Planted) -> Self {
        if !rustix::process::geteuid().is_root() {
            return self;
        }
        self.program = tree.root().join("pdu");
        fs::copy(PDU, &self.program).expect("a copy");
        let mode = fs::Permissions::from_mode(0o755);
        fs::set_permissions(&self.program, mode).expect("it is ours");
        self.after("setpriv --reuid 65534 --regid 65534 --clear-groups")
    }

    /// The command. Whatever descriptors the tests were started with are closed, and no run goes on for ever.
    pub(crate) fn command(&self, words: &str) -> Command {
        let mut command = Command::new("timeout");
        command.args(["--foreground", "-k", "1", "120", "sh", "-c"]);
        command.arg("exec 3>&- 4>&- 5>&- 6>&- 7>&- 8>&- 9>&-; exec \"$@\"");
        command.arg("sh").args(&self.wrappers).arg(&self.program);
        command.args(words.split(' ')).current_dir(&self.directory);
        command.env_clear().env("LC_ALL", "C");
        command.env("PATH", "/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin");
        command.stdin(Stdio::null());
        command
    }

    pub(crate) fn run(&self, words: &str) -> Output {
        self.command(words).output().expect("timeout starts")
    }

    /// Status 0, nothing to complain about, and this one line, whatever follows the number.
    #[track_caller]
    pub(crate) fn counts(&self, words: &str, entries: usize) {
        let output = self.run(words);
        let what = format!("{:?} {words}", self.wrappers);
        let (out, error) = (text(&output.stdout), text(&output.stderr));
        assert_eq!(error, "", "stderr of {what}");
        assert_eq!(output.status.code(), Some(0), "status of {what}");
        assert_eq!(number(&out), Some(entries), "stdout of {what}: {out:.200}");
    }
}

/// The number of the only line.
pub(crate) fn number(out: &str) -> Option<usize> {
    let (number, _) = out.strip_suffix('\n')?.split_once('\t')?;
    number.parse().ok()
}

pub(crate) fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// Whether a command works here; says that a test is skipped where it does not.
pub(crate) fn works(command: &str) -> bool {
    let words: Vec<&str> = command.split(' ').collect();
    let mut command = Command::new(words[0]);
    command.args(&words[1..]).stdin(Stdio::null());
    let works = command.output().is_ok_and(|output| output.status.success());
    if !works {
        eprintln!("skipped: {words:?} does not work here");
    }
    works
}

/// Whether a run ended in one of the ways that leave nobody in the dark: with the whole number, or with status 1
/// and a word.
#[track_caller]
pub(crate) fn is_whole(output: &Output, entries: usize, what: &str) -> bool {
    let (out, error) = (text(&output.stdout), text(&output.stderr));
    let signal = output.status.signal();
    match output.status.code() {
        Some(0) => {
            assert_eq!(number(&out), Some(entries), "stdout of {what}: {out:.200}");
            true
        }
        Some(1) => {
            assert!(!error.is_empty(), "{what} fails without a word");
            false
        }
        code => panic!("{what}: status {code:?}, signal {signal:?}: {error}"),
    }
}

/// Looks every few milliseconds whether something is true at last.
pub(crate) fn wait_until(patience: Duration, mut is_so: impl FnMut() -> bool) -> bool {
    let (end, ticks) = (after(patience), tick(Duration::from_millis(5)));
    loop {
        if is_so() {
            return true;
        }
        select! {
            recv(end) -> _ => return false,
            recv(ticks) -> _ => {}
        }
    }
}
