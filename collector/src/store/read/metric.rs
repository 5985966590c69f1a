//! Metrics of one host.

use std::{fmt, str::FromStr};

use chrono::{DateTime, Utc};
use sqlx::{PgConnection, postgres::types::PgInterval};

use crate::retention::{Keep, Kind};

/// The tables, the finest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Resolution {
    Minute,
    FiveMinutes,
    Hour,
}

/// A series that a host has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Series {
    pub id: i32,
    pub name: String,
}

/// One series in one step.
#[derive(Debug)]
pub struct Point {
    pub series: i32,
    /// When the step began.
    pub at: DateTime<Utc>,
    pub min: f32,
    pub mean: f32,
    pub max: f32,
    /// Only minutes know it.
    pub last: Option<f32>,
}

/// What is asked for: `[from, to)`.
#[derive(Debug, Clone, Copy)]
pub struct Stretch {
    pub resolution: Resolution,
    pub from: DateTime<Utc>,
    pub to: DateTime<Utc>,
}

impl Resolution {
    /// Seconds of a row.
    pub fn seconds(self) -> i64 {
        match self {
            Self::Minute => 60,
            Self::FiveMinutes => 300,
            Self::Hour => 3600,
        }
    }

    /// The coarsest table whose rows are not longer than `step_s`, among those that still have
    /// `from`; when that is none, the finest that has it.
    pub fn for_step(step_s: i64, from: DateTime<Utc>, now: DateTime<Utc>, keep: Keep) -> Self {
        let is_kept = |kind| keep.before(kind, now).is_none_or(|before| from >= before);
        let has = |table: &Self| match table {
            Self::Minute => is_kept(Kind::MinuteMetrics),
            Self::FiveMinutes => is_kept(Kind::FiveMinuteMetrics),
            Self::Hour => true,
        };
        let tables = [Self::Minute, Self::FiveMinutes, Self::Hour];
        let fits = |table: &Self| table.seconds() <= step_s;
        let coarsest = tables
            .into_iter()
            .rev()
            .find(|table| fits(table) && has(table));
        let finest = || tables.into_iter().find(has);
        coarsest.or_else(finest).unwrap_or(Self::Hour)
    }
}

impl fmt::Display for Resolution {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Minute => "minute",
            Self::FiveMinutes => "5m",
            Self::Hour => "1h",
        })
    }
}

/// Names that are asked for: one, all series of a family, or all that begin alike.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Pattern {
    /// `disk.busy` (every disk's), `disk.busy{device=sda}`.
    Name(String),
    /// `disk.*`, `*`.
    Prefix(String),
}

impl FromStr for Pattern {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text.strip_suffix('*') {
            Some(prefix) if !prefix.contains('*') => Ok(Self::Prefix(prefix.into())),
            None if !text.is_empty() && !text.contains('*') => Ok(Self::Name(text.into())),
            _ => Err("a name, or a name that ends in *"),
        }
    }
}

impl Pattern {
    /// Whether `name` is one of them.
    pub fn fits(&self, name: &str) -> bool {
        match self {
            Self::Prefix(prefix) => name.starts_with(prefix.as_str()),
            Self::Name(asked) => name
                .strip_prefix(asked.as_str())
                .is_some_and(|rest| rest.is_empty() || rest.starts_with('{')),
        }
    }
}

/// Every series that the host has in the stretch, by name.
///
/// # Errors
/// sqlx's.
pub async fn names(
    db: &mut PgConnection,
    host_no: i32,
    stretch: Stretch,
) -> sqlx::Result<Vec<Series>> {
    let Stretch { from, to, .. } = stretch;
    // Row after row has the same list: each list once, then each number once.
    match stretch.resolution {
        Resolution::Minute => {
            sqlx::query_as!(
                Series,
                "select s.id, s.name from metric_series s where s.id in (
                     select unnest(series) from (select distinct series from metric_raw
                     where host_no = $1 and at >= $2 and at < $3) m)
                 order by s.name",
                host_no,
                from,
                to,
            )
            .fetch_all(db)
            .await
        }
        Resolution::FiveMinutes => {
            sqlx::query_as!(
                Series,
                "select s.id, s.name from metric_series s where s.id in (
                     select unnest(series) from (select distinct series from metric_5m
                     where host_no = $1 and at >= $2 and at < $3) m)
                 order by s.name",
                host_no,
                from,
                to,
            )
            .fetch_all(db)
            .await
        }
        Resolution::Hour => {
            sqlx::query_as!(
                Series,
                "select s.id, s.name from metric_series s where s.id in (
                     select unnest(series) from (select distinct series from metric_1h
                     where host_no = $1 and at >= $2 and at < $3) m)
                 order by s.name",
                host_no,
                from,
                to,
            )
            .fetch_all(db)
            .await
        }
    }
}

/// The points of `series` in the stretch, in steps of `step_s` since the Unix epoch; by series,
/// then by time. The mean of a step is that of its rows' means.
///
/// # Errors
/// sqlx's.
pub async fn points(
    db: &mut PgConnection,
    host_no: i32,
    stretch: Stretch,
    step_s: i64,
    series: &[i32],
) -> sqlx::Result<Vec<Point>> {
    let Stretch { from, to, .. } = stretch;
    let step = PgInterval {
        months: 0,
        days: 0,
        microseconds: step_s * 1_000_000,
    };
    match stretch.resolution {
        Resolution::Minute => {
            sqlx::query_as!(
                Point,
                r#"select date_bin($4, m.at, 'epoch') as "at!", v.series as "series!",
                       min(v.min) as "min!", avg(v.mean)::real as "mean!", max(v.max) as "max!",
                       (array_agg(v.last order by m.at desc))[1] as last
                   from metric_raw m cross join unnest(m.series, m.mins, m.means, m.maxs, m.lasts)
                        as v (series, min, mean, max, last)
                   where m.host_no = $1 and m.at >= $2 and m.at < $3 and v.series = any($5)
                   group by 1, 2 order by 2, 1"#,
                host_no,
                from,
                to,
                step,
                series,
            )
            .fetch_all(db)
            .await
        }
        Resolution::FiveMinutes => {
            sqlx::query_as!(
                Point,
                r#"select date_bin($4, m.at, 'epoch') as "at!", v.series as "series!",
                       min(v.min) as "min!", avg(v.mean)::real as "mean!", max(v.max) as "max!",
                       null::real as last
                   from metric_5m m cross join unnest(m.series, m.mins, m.means, m.maxs)
                        as v (series, min, mean, max)
                   where m.host_no = $1 and m.at >= $2 and m.at < $3 and v.series = any($5)
                   group by 1, 2 order by 2, 1"#,
                host_no,
                from,
                to,
                step,
                series,
            )
            .fetch_all(db)
            .await
        }
        Resolution::Hour => {
            sqlx::query_as!(
                Point,
                r#"select date_bin($4, m.at, 'epoch') as "at!", v.series as "series!",
                       min(v.min) as "min!", avg(v.mean)::real as "mean!", max(v.max) as "max!",
                       null::real as last
                   from metric_1h m cross join unnest(m.series, m.mins, m.means, m.maxs)
                        as v (series, min, mean, max)
                   where m.host_no = $1 and m.at >= $2 and m.at < $3 and v.series = any($5)
                   group by 1, 2 order by 2, 1"#,
                host_no,
                from,
                to,
                step,
                series,
            )
            .fetch_all(db)
            .await
        }
    }
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;

    use super::*;

    #[test]
    fn a_name_is_all_its_series_and_a_star_is_whatever_follows() {
        let fits = |pattern: &str, name: &str| pattern.parse::<Pattern>().unwrap().fits(name);
        assert!(fits("disk.busy", "disk.busy{device=sda}"));
        assert!(fits("disk.busy{device=sda}", "disk.busy{device=sda}"));
        assert!(!fits("disk.busy{device=sda}", "disk.busy{device=sdb}"));
        assert!(!fits("disk.read", "disk.read_bytes{device=sda}"));
        assert!(fits("disk.*", "disk.busy{device=sda}") && fits("*", "cpu.user"));
        assert!(!fits("disk.*", "cpu.user"));
        for text in ["", "a*b", "**", "*a"] {
            assert!(text.parse::<Pattern>().is_err(), "{text}");
        }
    }

    #[test]
    fn the_coarsest_table_that_is_fine_enough_and_still_has_it_is_read() {
        let keep = Keep::default();
        let now: DateTime<Utc> = "2026-03-03T14:05:00Z".parse().unwrap();
        for (step_s, hours_ago, table) in [
            (60, 1, Resolution::Minute),
            (299, 1, Resolution::Minute),
            (300, 1, Resolution::FiveMinutes),
            (3600, 1, Resolution::Hour),
            (60, 49, Resolution::FiveMinutes),
            (60, 31 * 24, Resolution::Hour),
            (600, 31 * 24, Resolution::Hour),
        ] {
            let from = now - TimeDelta::hours(hours_ago);
            let found = Resolution::for_step(step_s, from, now, keep);
            assert_eq!(found, table, "{step_s} s, {hours_ago} h ago");
        }
    }
}
