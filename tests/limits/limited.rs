//! pdu under resource limits, as another user, or below a tracer.

use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use crate::deep_tree::DeepTree;
use crate::support::run::{PDU, copy_program, program, text};

/// An option of `prlimit`: a stack that is enough for pdu, and not for a recursion over 30,000 levels. Unoptimised clap
/// alone takes a third of a mebibyte.
pub(crate) fn small_stack() -> String {
    let kibibytes = if cfg!(debug_assertions) { 512 } else { 128 };
    format!("--stack={}", kibibytes * 1024)
}

/// A command line that ends with pdu, after the programs that limit it.
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
    /// Under these limits, as options of `prlimit`.
    pub(crate) fn under(self, limits: &[&str]) -> Self {
        self.after("prlimit").after_each(limits)
    }

    /// After these words.
    pub(crate) fn after(mut self, words: &str) -> Self {
        self.wrappers.extend(words.split(' ').map(str::to_owned));
        self
    }

    fn after_each(mut self, words: &[&str]) -> Self {
        self.wrappers
            .extend(words.iter().map(|&word| word.to_owned()));
        self
    }

    /// As the user nobody, where the tests run as root. It runs a copy of the program, which that user can reach; so the
    /// tree must be on disk, since programs in memory file systems may not be run.
    pub(crate) fn by_nobody(mut self, tree: &DeepTree) -> Self {
        if !rustix::process::geteuid().is_root() {
            return self;
        }
        self.program = tree.root().join("pdu");
        copy_program(Path::new(PDU), &self.program);
        self.after("setpriv --reuid 65534 --regid 65534 --clear-groups")
    }

    /// The command. It closes descriptors that the tests inherited, and ends after two minutes.
    pub(crate) fn command(&self, words: &str) -> Command {
        let mut command = program("timeout", &self.directory);
        command.args(["--foreground", "-k", "1", "120", "sh", "-c"]);
        command.arg("exec 3>&- 4>&- 5>&- 6>&- 7>&- 8>&- 9>&-; exec \"$@\"");
        command.arg("sh").args(&self.wrappers).arg(&self.program);
        command.args(words.split(' '));
        command
    }

    pub(crate) fn run(&self, words: &str) -> Output {
        self.command(words).output().expect("timeout starts")
    }

    /// Fails unless the status is 0, stderr is empty, and the only line has this number.
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

/// Whether a run printed the whole number with status 0. Fails unless it did, or ended with status 1 and a message.
#[track_caller]
pub(crate) fn is_complete(output: &Output, entries: usize, what: &str) -> bool {
    let (out, error) = (text(&output.stdout), text(&output.stderr));
    let signal = output.status.signal();
    match output.status.code() {
        Some(0) => {
            assert_eq!(number(&out), Some(entries), "stdout of {what}: {out:.200}");
            true
        }
        Some(1) => {
            assert!(!error.is_empty(), "{what} fails without a message");
            false
        }
        code => panic!("{what}: status {code:?}, signal {signal:?}: {error}"),
    }
}
