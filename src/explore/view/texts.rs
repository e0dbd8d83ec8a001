//! Figures, names and times as texts.

use std::time::Duration;

use crate::count::usage::{FileTime, Measure};
use crate::explore::browser::Browser;
use crate::explore::browser::options::BrowserOptions;
use crate::explore::figures::Figures;
use crate::format::chart::{Strokes, cut};
use crate::format::lines::write_newest;
use crate::gnu::quote::{self, Charset};

/// See the module.
#[derive(Clone, Copy)]
pub(super) struct Texts<'a> {
    options: &'a BrowserOptions,
    figures: Figures,
    charset: Charset,
}

impl<'a> Texts<'a> {
    pub(super) fn of(browser: &'a Browser) -> Self {
        Self {
            options: &browser.options,
            figures: browser.figures(),
            charset: browser.charset(),
        }
    }

    pub(super) fn is_ascii(&self) -> bool {
        self.options.is_ascii
    }

    /// One of two texts: the second for ASCII.
    pub(super) fn choose<'t>(&self, text: &'t str, ascii: &'t str) -> &'t str {
        match self.options.is_ascii {
            true => ascii,
            false => text,
        }
    }

    /// A sum of bytes.
    pub(super) fn size(&self, bytes: u64) -> String {
        self.figures.sum(bytes)
    }

    /// A number in groups of digits.
    pub(super) fn count(&self, count: u64) -> String {
        self.figures.count(count)
    }

    /// A number of entries with the word.
    pub(super) fn entries(&self, count: u64) -> String {
        self.figures.entries(count)
    }

    /// The number of a measure.
    pub(super) fn amount(&self, amount: u64, measure: Measure) -> String {
        match measure {
            Measure::Inodes => self.count(amount),
            Measure::Allocated | Measure::Apparent => self.size(amount),
        }
    }

    /// A name or a path, without characters that a terminal does not show.
    pub(super) fn name(&self, name: &[u8]) -> String {
        // Bytes that are no character of the charset are escaped, so the conversion loses nothing.
        String::from_utf8_lossy(&quote::printable(name, self.charset)).into_owned()
    }

    /// A path for a sentence or a list of paths: as a word of the shell where its end cannot be seen, or where escapes in it
    /// could be its own characters.
    pub(super) fn path(&self, path: &[u8]) -> String {
        let text = self.name(path);
        let name = text.rsplit('/').next().unwrap_or_default();
        let is_blank = |char: Option<char>| char.is_some_and(char::is_whitespace);
        let is_vague = text.contains('\\')
            || is_blank(name.chars().next())
            || is_blank(name.chars().next_back());
        match is_vague {
            true => String::from_utf8_lossy(&quote::quoteaf(path, self.charset)).into_owned(),
            false => text,
        }
    }

    /// The text, without its middle where that is too wide.
    pub(super) fn cut(&self, text: &str, room: usize) -> String {
        cut(text, room, Strokes::of(self.options.is_ascii).gap)
    }

    pub(super) fn time(&self, time: FileTime) -> String {
        let mut text = Vec::new();
        write_newest(
            &self.options.time_style,
            &self.options.zone,
            time,
            &mut text,
        );
        self.name(&text)
    }
}

/// `12 s`, `1:02 min`, `1:00:02 h`.
pub(super) fn duration(duration: Duration) -> String {
    let seconds = duration.as_secs();
    let (minutes, hours) = (seconds / 60, seconds / 3600);
    match seconds {
        0..60 => format!("{seconds} s"),
        60..3600 => format!("{minutes}:{:02} min", seconds % 60),
        _ => format!("{hours}:{:02}:{:02} h", minutes % 60, seconds % 60),
    }
}

pub(super) fn measure_name(measure: Measure) -> &'static str {
    match measure {
        Measure::Allocated => "allocated",
        Measure::Apparent => "apparent",
        Measure::Inodes => "inodes",
    }
}
