//! Writes the tree as an export in the format of ncdu, in a thread. The file is whole or not there, as that of `-o`.

use std::ffi::OsStr;
use std::io;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::{Component, Path, absolute};
use std::time::SystemTime;

use rustix::fs::FileType;

use super::background::{Answer, Exported};
use super::browser::request::{Message, Source};
use super::session::Session;
use crate::count::tally::TallyOptions;
use crate::forest::{DirId, Forest};
use crate::format::ncdu::{Entries, Ncdu, NcduOptions};
use crate::format::report::Report;
use crate::format::{Completeness, ReportError};
use crate::gnu::time_style::TimeKind;
use crate::sys::output_file::{Output, Readers};
use crate::sys::status::{self, Status, StatusOptions};
use crate::walk::Remember;

/// What happens to an earlier file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Existing {
    /// It stays, and nothing is written.
    Keep,
    /// It is replaced.
    Replace,
}

impl Session<'_> {
    /// Begins to write the export.
    pub(super) fn export(&mut self, path: Vec<u8>, existing: Existing) {
        if let Some(refusal) = self.why_no_export() {
            return self.browser.say(Message::warning(refusal));
        }
        let (tree, links) = (self.intake.forest.share(), self.walk_options.remember);
        let options = self.intake.status.options().clone();
        let begun = self.background.run(move || {
            let exported = write(&tree, &path, (existing, links), options);
            // Before the answer: the loop goes on to change it.
            drop(tree);
            Answer::Exported(path, exported)
        });
        self.is_exporting = begun.is_ok();
        self.warn(begun);
    }

    fn why_no_export(&self) -> Option<&'static str> {
        let operands = self.intake.forest.rows(DirId::TOP);
        let mut operands = operands.map(|row| row.directory);
        let is_one = matches!((operands.next(), operands.next()), (Some(Some(_)), None));
        let is_finished = !self.reading.goes_on() && !self.lacks_part();
        // An export holds times of modification only.
        let has_times = self.walk_options.time == Some(TimeKind::Modified);
        match (is_finished, is_one, has_times) {
            _ if self.is_exporting => Some("an export is being written"),
            _ if self.removals.go_on() => Some("entries are being removed"),
            _ if self.rereads.replacing.is_some() => Some("a directory is being read again"),
            (false, ..) => Some("the tree is not read to its end"),
            (_, false, _) => Some("an export has one directory as its root"),
            (.., false) if self.source == Source::Disk => {
                Some("an export holds times of modification, not those of --time")
            }
            _ => None,
        }
    }

    pub(super) fn exported(&mut self, path: Vec<u8>, exported: Exported) {
        self.is_exporting = false;
        let name = String::from_utf8_lossy(&self.intake.status.quoted(&path)).into_owned();
        match exported {
            Exported::Whole => self
                .browser
                .say(Message::notice(format!("{name} was written"))),
            Exported::Exists => self.browser.ask_to_overwrite(path),
            Exported::Failed(reason) => {
                self.browser
                    .say(Message::warning(format!("{name}: {reason}")));
            }
        }
        self.begin_next_reread();
    }
}

fn write(
    forest: &Forest,
    path: &[u8],
    (existing, links): (Existing, Remember),
    status: StatusOptions,
) -> Exported {
    let path = OsStr::from_bytes(path);
    let written = open(path, existing)
        .map_err(ReportError::Write)
        .and_then(|output| fill(forest, output, links, status));
    ended(path, written)
}

fn ended(path: &OsStr, written: Result<(), ReportError>) -> Exported {
    match written {
        Ok(()) => Exported::Whole,
        Err(ReportError::Write(error)) => why_not(path, &error),
        Err(ReportError::Empty(reason)) => Exported::Failed(reason.to_owned()),
    }
}

/// The question names a file: a link leads to another one, and a FIFO waits for a reader.
fn open(path: &OsStr, existing: Existing) -> io::Result<Output> {
    match existing {
        Existing::Keep => Output::create_new(path, Readers::Umask),
        Existing::Replace => Output::replace(path, Readers::Umask),
    }
}

/// Why nothing was written. The file may have come after the export had begun.
fn why_not(path: &OsStr, error: &io::Error) -> Exported {
    let kind = rustix::fs::lstat(path).map(|stat| FileType::from_raw_mode(stat.st_mode));
    match kind {
        Ok(FileType::Symlink) => Exported::Failed("a symbolic link; give another name".into()),
        Ok(FileType::RegularFile) if error.kind() == io::ErrorKind::AlreadyExists => {
            Exported::Exists
        }
        Ok(FileType::RegularFile) | Err(_) => Exported::failed(error),
        Ok(_) => Exported::Failed("not a regular file; give another name".into()),
    }
}

fn fill(
    forest: &Forest,
    mut output: Output,
    links: Remember,
    status: StatusOptions,
) -> Result<(), ReportError> {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    let mut format = Ncdu::new(NcduOptions {
        max_depth: u32::MAX,
        root: root(forest),
        entries: Entries {
            links: links != Remember::Nothing,
            extended: true,
        },
        timestamp: since.map_or(0, |since| since.as_secs()),
    });
    let mut status = Status::silent(status);
    let mut report = Report::new(
        TallyOptions::default(),
        &mut format,
        &mut output,
        &mut status,
    );
    report.begin();
    forest.export(DirId::TOP, &mut report);
    report.check()?;
    report.end(Completeness::Whole)?;
    output.commit()?;
    Ok(())
}

/// The absolute path of the only operand. Where it has a `..`, the disk says what that means.
fn root(forest: &Forest) -> Option<Vec<u8>> {
    let operand = forest.rows(DirId::TOP).next()?;
    let path = Path::new(OsStr::from_bytes(operand.name));
    let has_parents = path.components().any(|part| part == Component::ParentDir);
    let path = match has_parents {
        true => path.canonicalize(),
        false => absolute(path),
    };
    Some(path.ok()?.into_os_string().into_vec())
}

impl Exported {
    fn failed(error: &io::Error) -> Self {
        Self::Failed(status::reason_of(error))
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::symlink;
    use std::path::PathBuf;

    use rustix::fs::{CWD, Mode, mknodat};

    use super::*;
    use crate::explore::testing::{directory, file, forest};
    use crate::gnu::quote::Charset;

    /// A directory that is removed at the end.
    struct Place(PathBuf);

    impl Place {
        fn new(name: &str) -> Self {
            let place = std::env::temp_dir().join(format!("{name}-{}", std::process::id()));
            fs::create_dir(&place).expect("it is new");
            Self(place)
        }

        fn file(&self, name: &str) -> PathBuf {
            self.0.join(name)
        }
    }

    impl Drop for Place {
        fn drop(&mut self) {
            let _ = fs::remove_dir_all(&self.0);
        }
    }

    fn tree() -> Forest {
        forest(&[directory("/srv", vec![file("f", 5000)])])
    }

    fn status() -> StatusOptions {
        StatusOptions {
            program: b"pdu".into(),
            charset: Charset::Utf8,
            verbose: false,
            dumb: true,
        }
    }

    /// The export to this file, where `meanwhile` happens before its end.
    fn export(path: &Path, existing: Existing, meanwhile: impl FnOnce()) -> Exported {
        let path = path.as_os_str();
        let output = match open(path, existing) {
            Ok(output) => output,
            Err(error) => return why_not(path, &error),
        };
        meanwhile();
        ended(path, fill(&tree(), output, Remember::Nothing, status()))
    }

    fn text(path: &Path) -> String {
        fs::read_to_string(path).expect("it can be read")
    }

    #[test]
    fn a_file_that_comes_during_the_export_stays() {
        let place = Place::new("pdu-export-new");
        let (path, other) = (place.file("pdu.json"), place.file("other"));
        let comes = || fs::write(&path, "precious").expect("it can be written");
        let exported = export(&path, Existing::Keep, comes);
        assert!(matches!(exported, Exported::Exists), "{exported:?}");
        assert_eq!(text(&path), "precious");
        let exported = export(&path, Existing::Replace, || {});
        assert!(matches!(exported, Exported::Whole), "{exported:?}");
        assert!(text(&path).contains("\"name\":\"f\""));

        let comes = || symlink(&path, &other).expect("a link");
        let before = text(&path);
        let exported = export(&other, Existing::Keep, comes);
        let Exported::Failed(reason) = exported else {
            panic!("{exported:?}");
        };
        assert_eq!(reason, "a symbolic link; give another name");
        assert_eq!(text(&path), before);
    }

    /// Whether they were there when the question was asked, or have come since.
    #[test]
    fn links_and_fifos_are_never_opened() {
        let place = Place::new("pdu-export-kinds");
        let (precious, made) = (place.file("precious"), place.file("made"));
        fs::write(&precious, "precious").expect("it can be written");
        let fifo = |path: &Path| {
            let kind = FileType::Fifo;
            mknodat(CWD, path, kind, Mode::RWXU, 0).expect("a FIFO");
        };
        let link = "a symbolic link; give another name";
        let other = "not a regular file; give another name";
        let path = place.file("pdu.json");
        for existing in [Existing::Keep, Existing::Replace] {
            for (kind, expected) in [(0, link), (1, link), (2, other), (3, other)] {
                match kind {
                    0 => symlink(&precious, &path).expect("a link"),
                    1 => symlink(&made, &path).expect("a link"),
                    2 => fifo(&path),
                    _ => fs::create_dir(&path).expect("a directory"),
                }
                let exported = export(&path, existing, || {});
                let Exported::Failed(reason) = exported else {
                    panic!("{exported:?}");
                };
                assert_eq!(reason, expected);
                let _ = fs::remove_file(&path).or_else(|_| fs::remove_dir(&path));
            }
        }
        assert_eq!(text(&precious), "precious");
        assert!(!made.exists());

        // Something takes the name of the file that was to be replaced.
        fs::write(&path, "earlier").expect("it can be written");
        let exported = export(&path, Existing::Replace, || {
            fs::remove_file(&path).expect("it is there");
            symlink(&precious, &path).expect("a link");
        });
        assert!(matches!(exported, Exported::Whole), "{exported:?}");
        assert_eq!(text(&precious), "precious");
    }
}
