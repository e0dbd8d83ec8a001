//! Trees, browsers and screens for the tests of the browser and the view.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use rustix::fs::FileType;

use super::browser::Browser;
use super::browser::dialog::READING_TIME;
use super::browser::options::{BrowserOptions, Column, OperandCount, Permission};
use super::browser::request::{BrowserRequest, Source};
use super::browser::sort_order::{Direction, Grouping, SortOrder};
use super::keys::{KEYS, name};
use super::terminal::{Canvas, Key, KeyCode, Palette, Weight};
use super::view;
use crate::count::usage::{Detail, FileTime, Inode, Item, Measure, Usage};
use crate::count::visitor::{Extent, Visitor};
use crate::forest::{Ended, Forest, Slice};
use crate::format::Sort;
use crate::format::chart::Sizes;
use crate::gnu::numerals::Numerals;
use crate::gnu::time_style::TimeStyle;
use crate::sys::failure::{Failure, Operation};

/// 2026-11-20.
pub(super) const DAY: i64 = 1_795_132_800;

/// An entry of a tree that is written as a literal.
pub(super) enum Entry<'a> {
    File(&'a [u8], u64),
    /// Name, size, inode, links.
    Link(&'a [u8], u64, u64, u32),
    Special(&'a [u8], FileType),
    Directory(&'a [u8], Vec<Entry<'a>>),
    /// A directory that could not be read.
    Unread(&'a [u8]),
    /// A directory that is still being read.
    Reading(&'a [u8], Vec<Entry<'a>>),
    Away(&'a [u8]),
    /// Entries without names.
    Unnamed(u64),
}

pub(super) fn file(name: &str, size: u64) -> Entry<'_> {
    Entry::File(name.as_bytes(), size)
}

pub(super) fn directory<'a>(name: &'a str, entries: Vec<Entry<'a>>) -> Entry<'a> {
    Entry::Directory(name.as_bytes(), entries)
}

/// Grows a forest.
pub(super) struct Planter {
    pub(super) forest: Forest,
    pub(super) inode: u64,
}

impl Planter {
    pub(super) fn new() -> Self {
        let forest = Forest::default();
        Self { forest, inode: 100 }
    }

    fn detail(&mut self, kind: FileType) -> Detail {
        self.inode += 1;
        Detail {
            inode: Inode {
                device: 2049,
                number: self.inode,
            },
            links: 1,
            mode: kind.as_raw_mode() | 0o755,
            uid: 1000,
            gid: 100,
        }
    }

    pub(super) fn plant(&mut self, entry: &Entry<'_>) {
        let kind = match entry {
            Entry::Special(_, kind) => *kind,
            Entry::File(..) | Entry::Link(..) | Entry::Unnamed(_) => FileType::RegularFile,
            _ => FileType::Directory,
        };
        let mut detail = self.detail(kind);
        match entry {
            Entry::File(name, size) => self.file(name, *size, &detail),
            Entry::Special(name, _) => self.file(name, 0, &detail),
            Entry::Link(name, size, inode, links) => {
                (detail.inode.number, detail.links) = (*inode, *links);
                self.file(name, *size, &detail);
            }
            Entry::Directory(name, entries) => self.directory(name, &detail, entries, None),
            Entry::Unread(name) => {
                let failure = Failure {
                    operation: Operation::ReadDirectory,
                    errno: 13,
                };
                self.directory(name, &detail, &[], Some(failure));
            }
            Entry::Reading(name, entries) => {
                self.forest.enter(name, &item(4096, &detail), None);
                entries.iter().for_each(|entry| self.plant(entry));
            }
            Entry::Away(name) => self.forest.away(name, &detail),
            Entry::Unnamed(count) => {
                let usage = Usage {
                    inodes: *count,
                    ..item(*count * 4096, &detail).usage
                };
                self.forest.sum(&usage, 0);
            }
        }
    }

    fn file(&mut self, name: &[u8], size: u64, detail: &Detail) {
        let key = (detail.links > 1).then_some(detail.inode);
        let item = Item {
            dedup_key: key,
            ..item(size, detail)
        };
        self.forest.file(Some(name), &item);
    }

    fn directory(
        &mut self,
        name: &[u8],
        detail: &Detail,
        entries: &[Entry<'_>],
        failure: Option<Failure>,
    ) {
        self.forest.enter(name, &item(4096, detail), failure);
        if let Some(failure) = failure {
            self.forest.failed(b"", failure);
        }
        entries.iter().for_each(|entry| self.plant(entry));
        self.forest.leave(Extent::Whole);
    }
}

fn item(size: u64, detail: &Detail) -> Item<'_> {
    Item {
        usage: Usage {
            allocated: u128::from(size.next_multiple_of(512)),
            apparent: size.into(),
            inodes: 1,
            newest: FileTime {
                seconds: DAY,
                nanoseconds: 0,
            },
        },
        dedup_key: None,
        detail: Some(detail),
    }
}

/// A tree that was read to its end, with exact links.
pub(super) fn forest(entries: &[Entry<'_>]) -> Forest {
    let mut planter = Planter::new();
    entries.iter().for_each(|entry| planter.plant(entry));
    let mut forest = planter.forest;
    forest.end(Ended::Whole);
    while forest.count_links(Instant::now() + Duration::from_secs(1)) == Slice::More {}
    forest.settle();
    forest
}

pub(super) fn options() -> BrowserOptions {
    BrowserOptions {
        measure: Measure::Allocated,
        order: SortOrder {
            sort: Sort::Size,
            direction: Direction::Usual,
            grouping: Grouping::Mixed,
        },
        sizes: Sizes::Binary,
        is_ascii: false,
        colors: None,
        numerals: &Numerals::C,
        time_style: TimeStyle::ISO,
        zone: jiff::tz::TimeZone::UTC,
        time_column: Column::Hidden,
        permission: Permission::Full,
        source: Source::Disk,
        operands: OperandCount::One,
    }
}

/// A browser, its forest and its screen.
pub(super) struct Desk {
    pub(super) browser: Browser,
    pub(super) forest: Forest,
    pub(super) now: Instant,
    pub(super) size: (u16, u16),
}

impl Desk {
    pub(super) fn new(options: BrowserOptions, forest: Forest) -> Self {
        let mut desk = Self {
            browser: Browser::new(options),
            forest,
            now: Instant::now(),
            size: (80, 24),
        };
        desk.refresh();
        desk
    }

    pub(super) fn refresh(&mut self) {
        self.forest.settle();
        self.browser.refresh(&mut self.forest, self.now);
    }

    pub(super) fn wait(&mut self, milliseconds: u64) {
        self.now += Duration::from_millis(milliseconds);
        self.refresh();
    }

    /// Presses keys, which are separated by blanks and named as in the help; `^` with another letter is a control key.
    pub(super) fn press(&mut self, keys: &str) -> Option<BrowserRequest> {
        let mut request = None;
        for word in keys.split(' ') {
            self.canvas();
            self.browser.frame_was_written(self.now);
            self.now += READING_TIME;
            request = self.browser.key(key(word), &self.forest, self.now);
            self.refresh();
        }
        request
    }

    /// Types text into the input line.
    pub(super) fn write(&mut self, text: &str) {
        for char in text.chars() {
            let code = KeyCode::Char(char);
            let key = Key {
                code,
                control: false,
            };
            self.browser.key(key, &self.forest, self.now);
        }
    }

    pub(super) fn canvas(&mut self) -> Canvas {
        let mut canvas = Canvas::new(self.size, Palette::Nothing);
        view::draw(&mut self.browser, &self.forest, &mut canvas.grid());
        canvas
    }

    /// The rows of the screen.
    pub(super) fn screen(&mut self) -> Vec<String> {
        self.canvas().rows()
    }

    /// The names in the order of the rows.
    pub(super) fn names(&mut self) -> Vec<String> {
        let rows = 0..self.browser.row_count();
        self.browser.sort_rows(&self.forest, rows.clone());
        let rows = rows.filter_map(|index| self.browser.row(&self.forest, index));
        let names = rows.map(|row| String::from_utf8_lossy(row.name).into_owned());
        names.collect()
    }

    pub(super) fn selected(&self) -> String {
        let row = self.browser.selected(&self.forest);
        row.map_or(String::new(), |row| {
            String::from_utf8_lossy(row.name).into()
        })
    }
}

/// The key with this name.
#[track_caller]
pub(super) fn key(word: &str) -> Key {
    let mut known = KEYS.iter().flat_map(|line| line.keys).map(|(key, _)| *key);
    let by_name = known.find(|key| name(*key, true) == word || name(*key, false) == word);
    let mut chars = word.chars();
    let char = chars.next().filter(|_| chars.next().is_none());
    let by_char = char.map(|char| Key {
        code: KeyCode::Char(char),
        control: false,
    });
    by_name
        .or(by_char)
        .unwrap_or_else(|| panic!("no key {word}"))
}

/// Compares the screen with the committed text; `PDU_UPDATE=1` writes it.
#[track_caller]
pub(super) fn check(name: &str, canvas: &Canvas) {
    let text = canvas.rows().join("\n") + "\n";
    check_text(name, &text);
}

/// The same with a second picture of the weights: `b`old, `d`im, capital letters and `R` where it is reversed.
#[track_caller]
pub(super) fn check_with_styles(name: &str, canvas: &Canvas) {
    let (columns, rows) = canvas.size();
    let sign = |place| {
        let style = canvas.style(place);
        match (style.weight, style.is_reversed) {
            (Weight::Normal, false) => '.',
            (Weight::Normal, true) => 'R',
            (Weight::Bold, false) => 'b',
            (Weight::Bold, true) => 'B',
            (Weight::Dim, false) => 'd',
            (Weight::Dim, true) => 'D',
        }
    };
    let styles = (0..rows).map(|row| (0..columns).map(|column| sign((column, row))).collect());
    let styles: Vec<String> = styles.collect();
    let text = canvas.rows().join("\n") + "\n\n" + &styles.join("\n") + "\n";
    check_text(name, &text);
}

#[track_caller]
pub(super) fn check_text(name: &str, text: &str) {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/explore/frames");
    let path = folder.join(name).with_extension("txt");
    if std::env::var_os("PDU_UPDATE").is_some() {
        std::fs::write(&path, text).expect("the frame is written");
    }
    let expected = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        text == expected,
        "{} differs; PDU_UPDATE=1 writes it\nexpected:\n{expected}\nis:\n{text}",
        path.display()
    );
}
