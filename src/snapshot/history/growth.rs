//! The growth of a directory, and when its file system will be full: straight lines through the last week, by least
//! squares.

use jiff::Timestamp;

use super::rows::Row;
use crate::count::amounts::Amounts;
use crate::count::usage::Measure;

/// The time before the last snapshot that counts, in seconds.
const WEEK: i64 = 7 * SECONDS_A_DAY;

const SECONDS_A_DAY: i64 = 86_400;

/// The least time between the first and the last point of a line, in days: what grows in a minute tells nothing about a day.
/// Less than a whole day, since a nightly run begins a little earlier or later, and one night of the year is an hour short.
const LEAST_SPAN: f64 = 22.0 / 24.0;

/// The growth of a directory over the last week. None where the snapshots without errors span less than about a day.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub(super) struct Growth {
    /// What is added in a day, in each measure.
    pub(super) per_day: Option<Amounts>,
    /// The number of days from the last snapshot until the file system has no room, for users, for what is measured: bytes,
    /// or inodes. None where the room does not become less.
    pub(super) full_in_days: Option<f64>,
}

/// A point of a line: days since the last snapshot (negative), and a size.
type Point = (f64, f64);

impl Growth {
    /// The growth that the snapshots tell, the oldest first.
    pub(super) fn of(rows: &[Row], measure: Measure) -> Self {
        let complete = || rows.iter().filter(|row| row.is_complete);
        let Some(last) = complete().next_back().map(|row| row.started) else {
            return Self::default();
        };
        let in_week = || complete().filter(move |row| is_in_week(row.started, last));
        let slope_of = |measure: Measure| {
            let total = |row: &Row| Some(measure.of(row.total.as_ref()?) as f64);
            slope(&points(in_week(), last, total))
        };
        let rounded = |measure| slope_of(measure).map(|slope| slope.round() as i128);
        let per_day = rounded(Measure::Allocated).map(|allocated| Amounts {
            allocated,
            apparent: rounded(Measure::Apparent).unwrap_or(0),
            inodes: rounded(Measure::Inodes).unwrap_or(0),
        });
        let free = points(in_week(), last, |row| {
            let space = row.space?;
            Some(match measure {
                Measure::Allocated | Measure::Apparent => space.available,
                Measure::Inodes => space.files_free,
            } as f64)
        });
        let left = free.last().map(|(_, free)| *free);
        let loss = slope(&free).map(|slope| -slope).filter(|loss| *loss > 0.0);
        Self {
            per_day,
            full_in_days: left.zip(loss).map(|(left, loss)| left / loss),
        }
    }
}

/// True where a snapshot of this time tells the growth up to the last one.
pub(super) fn is_in_week(time: Timestamp, last: Timestamp) -> bool {
    last.as_second().saturating_sub(time.as_second()) <= WEEK
}

/// The points of the rows of which the number is known.
fn points<'a>(
    rows: impl Iterator<Item = &'a Row>,
    last: Timestamp,
    number: impl Fn(&Row) -> Option<f64>,
) -> Vec<Point> {
    let point = |row: &Row| {
        let seconds = row.started.as_second() - last.as_second();
        Some((seconds as f64 / SECONDS_A_DAY as f64, number(row)?))
    };
    rows.filter_map(point).collect()
}

/// The slope of the straight line with the least squares of distances to the points, the oldest first; none where they
/// span too little time.
fn slope(points: &[Point]) -> Option<f64> {
    let (first, last) = (points.first()?, points.last()?);
    if last.0 - first.0 < LEAST_SPAN {
        return None;
    }
    let count = points.len() as f64;
    let mean = |part: fn(&Point) -> f64| points.iter().map(part).sum::<f64>() / count;
    let (mean_x, mean_y) = (mean(|point| point.0), mean(|point| point.1));
    let (mut above, mut below) = (0.0, 0.0);
    for (x, y) in points {
        above += (x - mean_x) * (y - mean_y);
        below += (x - mean_x) * (x - mean_x);
    }
    Some(above / below)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::count::usage::Usage;
    use crate::sys::filesystems::Space;

    /// Rows at these hours, with these totals and this room.
    fn rows(points: &[(i64, u128, u64)]) -> Vec<Row> {
        let row = |&(hours, total, available): &(i64, u128, u64)| Row {
            started: Timestamp::from_second(hours * 3600).expect("a time"),
            total: Some(Usage {
                allocated: total,
                ..Usage::default()
            }),
            is_complete: true,
            space: Some(Space {
                available,
                files_free: 10,
                ..Space::default()
            }),
            ..Row::default()
        };
        points.iter().map(row).collect()
    }

    fn growth(points: &[(i64, u128, u64)]) -> (Option<i128>, Option<f64>) {
        let growth = Growth::of(&rows(points), Measure::Allocated);
        (
            growth.per_day.map(|change| change.allocated),
            growth.full_in_days,
        )
    }

    /// The slopes are those of numpy.polyfit(x, y, 1).
    #[test]
    fn growth_is_the_slope_of_the_last_week() {
        assert_eq!(growth(&[]), (None, None));
        assert_eq!(growth(&[(0, 5, 5)]), (None, None));
        assert_eq!(growth(&[(0, 5, 5), (0, 9, 1)]), (None, None));
        assert_eq!(
            growth(&[(0, 1000, 500), (48, 3000, 100)]),
            (Some(1000), Some(0.5))
        );
        assert_eq!(
            growth(&[(0, 3000, 100), (24, 1000, 500)]),
            (Some(-2000), None)
        );
        let (change, full) = growth(&[(0, 0, 1000), (24, 10, 900), (48, 100, 980), (72, 70, 800)]);
        assert_eq!(change, Some(30));
        assert!(
            full.is_some_and(|full| (full - 800.0 / 52.0).abs() < 1e-9),
            "{full:?}"
        );
        // The first one is older than a week by an hour.
        assert_eq!(
            growth(&[(0, 9000, 0), (1, 0, 800), (169, 700, 100)]),
            (Some(100), Some(1.0))
        );
    }

    #[test]
    fn snapshots_of_less_than_a_day_tell_no_growth() {
        let hourly: Vec<_> = (0..22).map(|hour| (hour, 1 << hour, 1000)).collect();
        assert_eq!(growth(&hourly), (None, None));
        assert_eq!(growth(&[(0, 0, 9), (23, 23, 9)]), (Some(24), None));
        // The first one had errors: the others span an hour.
        let mut rows = rows(&[(0, 0, 900), (24, 10, 800), (25, 99, 100)]);
        rows[0].is_complete = false;
        assert_eq!(Growth::of(&rows, Measure::Allocated), Growth::default());
    }

    #[test]
    fn growth_leaves_out_snapshots_with_errors_and_measures_inodes() {
        let mut rows = rows(&[(0, 0, 900), (24, 1, 1), (48, 200, 800)]);
        rows[1].is_complete = false;
        let growth = Growth::of(&rows, Measure::Allocated);
        assert_eq!(growth.per_day.map(|change| change.allocated), Some(100));
        assert_eq!(growth.full_in_days, Some(16.0));
        rows[2].space = Some(Space {
            files_free: 8,
            ..Space::default()
        });
        assert_eq!(Growth::of(&rows, Measure::Inodes).full_in_days, Some(8.0));
    }
}
