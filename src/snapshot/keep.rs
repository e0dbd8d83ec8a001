//! Which snapshots stay by the RULE of `--keep`.
//!
//! `14` keeps the newest 14, `7d` the newest of each of the last 7 days that have a snapshot, likewise `h` for hours, `w`
//! for weeks, which begin on Monday, `m` for months and `y` for years; `7d,4w,12m` keeps what one of them keeps. Hours, days
//! and so on are those of UTC: in a local zone a day may lack an hour, and the rule would mean something else after the
//! machine has moved. Of one period, the newest snapshot without errors is kept, else the newest.

use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::rule::{KeepRule, Period};

/// What the rule looks at in a snapshot.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Candidate {
    pub(super) started: Timestamp,
    pub(super) is_complete: bool,
}

impl Period {
    /// The number of the period in which a time lies. A moment is alone in its period, and has none.
    fn number(self, time: Timestamp) -> Option<i64> {
        let (seconds, date) = (time.as_second(), time.to_zoned(TimeZone::UTC).date());
        let days = seconds.div_euclid(86_400);
        Some(match self {
            Self::Moment => return None,
            Self::Hour => seconds.div_euclid(3600),
            Self::Day => days,
            // 1970-01-01 was a Thursday.
            Self::Week => (days + 3).div_euclid(7),
            Self::Month => i64::from(date.year()) * 12 + i64::from(date.month()),
            Self::Year => date.year().into(),
        })
    }
}

/// Which of the snapshots are kept: their indices. The oldest comes first.
pub(super) fn kept(rule: &KeepRule, snapshots: &[Candidate]) -> Vec<usize> {
    let mut kept = Vec::new();
    for &(period, number) in &rule.parts {
        let number_of = |snapshot: &Candidate| period.number(snapshot.started);
        let are_together = |one: &Candidate, other: &Candidate| {
            number_of(one).is_some_and(|number| number_of(other) == Some(number))
        };
        let periods: Vec<&[Candidate]> = snapshots.chunk_by(are_together).collect();
        let mut end = snapshots.len();
        for members in periods.into_iter().rev().take(number) {
            let start = end - members.len();
            let complete = members.iter().rposition(|snapshot| snapshot.is_complete);
            kept.push(start + complete.unwrap_or(members.len() - 1));
            end = start;
        }
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What a rule keeps of snapshots at these times; a time with `!` had errors.
    fn kept<'a>(rule: &str, times: &[&'a str]) -> Vec<&'a str> {
        let candidates: Vec<Candidate> = times
            .iter()
            .map(|time| Candidate {
                started: format!("{}:00Z", time.trim_end_matches('!'))
                    .parse()
                    .expect("a time"),
                is_complete: !time.ends_with('!'),
            })
            .collect();
        assert!(candidates.is_sorted_by_key(|candidate| candidate.started));
        let rule: KeepRule = rule.parse().expect("a rule");
        let mut kept = super::kept(&rule, &candidates);
        kept.sort_unstable();
        kept.dedup();
        kept.into_iter().map(|index| times[index]).collect()
    }

    #[test]
    fn a_number_keeps_the_newest() {
        let times = [
            "2026-01-01T00:00",
            "2026-01-01T00:00",
            "2026-01-02T00:00!",
            "2026-01-03T00:00",
        ];
        assert_eq!(kept("1", &times), ["2026-01-03T00:00"]);
        assert_eq!(kept("2", &times), ["2026-01-02T00:00!", "2026-01-03T00:00"]);
        assert_eq!(kept("3", &times)[0], "2026-01-01T00:00");
        assert_eq!(kept("9", &times), times);
        assert!(kept("9", &[]).is_empty());
    }

    #[test]
    fn a_letter_keeps_the_newest_of_each_period_that_has_one() {
        let days = [
            "2024-02-28T23:59",
            "2024-02-29T00:00",
            "2024-02-29T23:59",
            "2024-03-01T00:00",
            "2024-03-09T08:00",
        ];
        assert_eq!(
            kept("3d", &days),
            ["2024-02-29T23:59", "2024-03-01T00:00", "2024-03-09T08:00"]
        );
        assert_eq!(kept("4d", &days)[0], "2024-02-28T23:59");
        assert_eq!(kept("2m", &days), ["2024-02-29T23:59", "2024-03-09T08:00"]);
        assert_eq!(kept("2h", &days), ["2024-03-01T00:00", "2024-03-09T08:00"]);
        assert_eq!(kept("1y,4h", &days), &days[1..]);
        // Monday 2024-03-04 begins a week; so does Monday 2024-12-30, whose week has days of two years.
        let weeks = [
            "2024-02-29T00:00",
            "2024-03-03T23:59",
            "2024-03-04T00:00",
            "2024-12-29T12:00",
            "2024-12-30T00:00",
            "2025-01-05T23:59",
            "2025-01-06T00:00",
        ];
        let expected = [
            "2024-03-03T23:59",
            "2024-03-04T00:00",
            "2024-12-29T12:00",
            "2025-01-05T23:59",
            "2025-01-06T00:00",
        ];
        assert_eq!(kept("9w", &weeks), expected);
        assert_eq!(kept("2y", &weeks), ["2024-12-30T00:00", "2025-01-06T00:00"]);
        // Before 1970, after a clock was wrong.
        let early = [
            "1969-12-28T23:59",
            "1969-12-29T00:00",
            "1969-12-31T23:59",
            "1970-01-01T00:00",
        ];
        assert_eq!(kept("9d", &early), early);
        assert_eq!(kept("9w", &early), ["1969-12-28T23:59", "1970-01-01T00:00"]);
        assert_eq!(kept("9m", &early), ["1969-12-31T23:59", "1970-01-01T00:00"]);
    }

    #[test]
    fn a_snapshot_without_errors_is_preferred_in_its_period() {
        let times = [
            "2026-01-01T01:00",
            "2026-01-01T02:00",
            "2026-01-01T03:00!",
            "2026-01-02T01:00!",
        ];
        assert_eq!(
            kept("2d", &times),
            ["2026-01-01T02:00", "2026-01-02T01:00!"]
        );
    }
}
