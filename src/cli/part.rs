//! `--budget`, `--rest`, `--fs-name`: one part of a scan by many processes, and what that excludes.

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt;
use std::time::Duration;

use super::input::{InputSource, RootOf};
use super::option_id::OptionId;
use super::reports::Reports;
use super::settings::Settings;
use super::usage_error::UsageError;
use crate::format::OutputFormat;
use crate::gnu::quote;
use crate::walk::WalkBudget;

/// One part of a scan.
#[derive(Debug)]
pub(super) struct Part {
    pub(super) budget: WalkBudget,
    /// The file for the directories that other processes read.
    pub(super) rest: OsString,
}

/// The part, where one is asked for.
pub(super) fn part(
    settings: &Settings<'_>,
    (input, reports): (&InputSource, &Reports),
) -> Result<Option<Part>, UsageError> {
    check_name(settings, reports)?;
    let (budget, rest) = match (
        settings.value(OptionId::Budget),
        settings.value(OptionId::Rest),
    ) {
        (None, None) => return Ok(None),
        (Some(_), None) => return Err(UsageError::plain("--budget needs --rest")),
        (None, Some(_)) => return Err(UsageError::plain("--rest needs --budget")),
        (Some(budget), Some(rest)) => (budget, rest),
    };
    let Some(file) = reports
        .output
        .as_deref()
        .filter(|_| reports.shape == OutputFormat::Parquet)
    else {
        let message = "--rest needs --format=parquet and -o FILE";
        return Err(UsageError::plain(message));
    };
    for option in EXCLUDED {
        if settings.has(option) {
            let error = UsageError::cannot_combine(option.name(), OptionId::Rest.name());
            return Err(error.in_one_line());
        }
    }
    let budget = parse(budget).ok_or_else(|| {
        let reason = ": a number of entries, or a time in s, min, h";
        about("invalid budget ", budget, reason, settings)
    })?;
    check_files(file, rest, settings)?;
    check_roots(input, settings)?;
    let rest = rest.into();
    Ok(Some(Part { budget, rest }))
}

/// Options that leave out rows, or that concern a whole tree.
const EXCLUDED: [OptionId; 6] = [
    OptionId::Diff,
    OptionId::History,
    OptionId::MaxDepth,
    OptionId::Snapshot,
    OptionId::Summarize,
    OptionId::Threshold,
];

fn about(before: &str, value: &OsStr, after: &str, settings: &Settings<'_>) -> UsageError {
    let value = quote::quote(value.as_bytes(), settings.charset);
    UsageError::plain([before.as_bytes(), &value, after.as_bytes()].concat())
}

/// Checks that `--fs-name` names one file system, in a table.
fn check_name(settings: &Settings<'_>, reports: &Reports) -> Result<(), UsageError> {
    let is_table = reports.shape == OutputFormat::Parquet
        || settings.has(OptionId::Snapshot)
        || settings.has(OptionId::Diff);
    match settings.value(OptionId::FsName) {
        None => Ok(()),
        Some(name) if name.is_empty() => Err(UsageError::plain("--fs-name: the name is empty")),
        Some(_) if !settings.has(OptionId::OneFileSystem) => {
            Err(UsageError::plain("--fs-name needs --one-file-system"))
        }
        Some(_) if !is_table => Err(UsageError::plain("--fs-name needs --format=parquet")),
        Some(_) => Ok(()),
    }
}

/// Checks the names of the files that will be written.
fn check_files(file: &OsStr, rest: &OsStr, settings: &Settings<'_>) -> Result<(), UsageError> {
    if rest == "-" {
        return Err(UsageError::plain("--rest needs the name of a file"));
    }
    if rest == file {
        return Err(UsageError::plain("--rest and -o name the same file"));
    }
    if rustix::fs::lstat(file).is_ok() {
        return Err(UsageError::plain(is_finished(file, settings)));
    }
    Ok(())
}

fn is_finished(file: &OsStr, settings: &Settings<'_>) -> Vec<u8> {
    let name = quote::quotef(file.as_bytes(), settings.charset);
    let reason = b" exists: with --rest a finished part is not replaced";
    [&*name, reason].concat()
}

/// Checks that the words of the command line are directories. Those of a list may have gone.
fn check_roots(input: &InputSource, settings: &Settings<'_>) -> Result<(), UsageError> {
    let InputSource::Names(names) = input else {
        return Ok(());
    };
    names.iter().try_for_each(|name| {
        let root = InputSource::Names(vec![name.clone()]);
        root.check_root(RootOf::Export, settings.follow, settings.charset)
    })
}

/// Parses a budget: digits, perhaps with a unit of time.
fn parse(text: &OsStr) -> Option<WalkBudget> {
    let text = text.to_str()?;
    let digits = text.trim_end_matches(|letter: char| letter.is_ascii_alphabetic());
    let is_number = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    let number: u64 = digits
        .parse()
        .ok()
        .filter(|&number| is_number && number > 0)?;
    let seconds = match &text[digits.len()..] {
        "" => return Some(WalkBudget::Entries(number)),
        "s" => 1,
        "min" => 60,
        "h" => 3600,
        _ => return None,
    };
    let seconds = number.checked_mul(seconds)?;
    Some(WalkBudget::Time(Duration::from_secs(seconds)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_budget_is_a_number_of_entries_or_a_time() {
        let seconds = |seconds| Some(WalkBudget::Time(Duration::from_secs(seconds)));
        for (text, budget) in [
            ("1", Some(WalkBudget::Entries(1))),
            ("18446744073709551615", Some(WalkBudget::Entries(u64::MAX))),
            ("90s", seconds(90)),
            ("10min", seconds(600)),
            ("2h", seconds(7200)),
        ] {
            assert_eq!(parse(OsStr::new(text)), budget, "{text}");
        }
        for text in [
            "",
            "0",
            "0s",
            "5M",
            "5m",
            "1d",
            "s",
            "+1",
            "-1",
            "1.5h",
            " 1",
            "1 s",
            "1S",
            "1e3",
            "18446744073709551616",
            "18446744073709551615h",
            "é",
        ] {
            assert_eq!(parse(OsStr::new(text)), None, "{text}");
        }
    }
}
