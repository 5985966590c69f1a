//! Samples become minutes: of each series the lowest, the mean, the highest and the last.
//!
//! Counters become rates: what was counted since the sample before, by the seconds between. A
//! counter that went back (a reset, a wrap, a device that was taken out and put in) gives no rate
//! for that sample, and neither does one that was not read for a minute or more, as when the machine stood still:
//! what was counted then belongs to no minute.

use std::{collections::HashMap, fmt::Write as _, sync::Arc, time::Duration};

use sha2::{Digest as _, Sha256};
use shared::metric::{MAX_NAME, Minute, Reading, label};

/// Most series of a host. A host with 32 disks, filesystems and interfaces each has half of it.
const MAX_SERIES: usize = 1_000;
/// The longest stretch over which a rate is taken.
const LONGEST: Duration = Duration::from_secs(60);
/// Series that were not read for this long are forgotten.
const FORGOTTEN: Duration = Duration::from_secs(600);

/// What was sampled.
#[derive(Debug, Default)]
pub(super) struct Recorder {
    series: HashMap<Arc<str>, Series>,
    /// The name that is looked up, in one allocation.
    name: String,
    now: Duration,
}

#[derive(Debug, Default)]
struct Series {
    /// What a counter showed, and when.
    counted: Option<(u64, Duration)>,
    tally: Option<Tally>,
    read_at: Duration,
}

/// The samples of one minute.
#[derive(Debug, Clone, Copy)]
struct Tally {
    samples: u32,
    sum: f64,
    min: f32,
    max: f32,
    last: f32,
}

/// What tells the series of a family apart.
pub(super) type Label<'a> = Option<(&'static str, &'a str)>;

impl Recorder {
    /// What is noted from here on is of `now`.
    pub(super) fn begin(&mut self, now: Duration) {
        self.now = now;
    }

    /// Notes a value that is what it is.
    pub(super) fn gauge(&mut self, family: &str, label: Label<'_>, value: f64) {
        if let Some(series) = self.series(family, label) {
            series.add(value);
        }
    }

    /// Notes what a counter shows; the series is what it counts in a second, times `unit`.
    pub(super) fn count(&mut self, family: &str, label: Label<'_>, count: u64, unit: f64) {
        let now = self.now;
        let Some(series) = self.series(family, label) else {
            return;
        };
        let before = series.counted.replace((count, now));
        let Some((before, then)) = before else { return };
        let elapsed = now.saturating_sub(then);
        if elapsed.is_zero() || elapsed > LONGEST {
            return;
        }
        if let Some(counted) = count.checked_sub(before) {
            series.add(counted as f64 * unit / elapsed.as_secs_f64());
        }
    }

    /// Everything since the last call, as the minute `at`; `None` when there was nothing.
    pub(super) fn minute(&mut self, at: i64, now: Duration) -> Option<Minute<Arc<str>>> {
        let rows = self.series.iter_mut();
        let rows = rows.filter_map(|(name, series)| Some((name.clone(), series.tally.take()?)));
        let mut rows: Vec<_> = rows.map(|(name, tally)| (name, tally.reading())).collect();
        // In one order for ever, so that columns of a kind lie together and shrink together.
        rows.sort_by(|(one, _), (other, _)| one.cmp(other));
        self.series
            .retain(|_, series| now.saturating_sub(series.read_at) < FORGOTTEN);
        (!rows.is_empty()).then_some(Minute { at, rows })
    }

    fn series(&mut self, family: &str, label: Label<'_>) -> Option<&mut Series> {
        name(&mut self.name, family, label);
        if !self.series.contains_key(&*self.name) {
            if self.series.len() >= MAX_SERIES {
                return None;
            }
            self.series
                .insert(self.name.as_str().into(), Series::default());
        }
        let series = self.series.get_mut(&*self.name)?;
        series.read_at = self.now;
        Some(series)
    }
}

impl Series {
    fn add(&mut self, value: f64) {
        let small = value as f32;
        if !small.is_finite() {
            return;
        }
        let tally = self.tally.get_or_insert(Tally {
            samples: 0,
            sum: 0.0,
            min: small,
            max: small,
            last: small,
        });
        tally.samples += 1;
        tally.sum += value;
        tally.min = tally.min.min(small);
        tally.max = tally.max.max(small);
        tally.last = small;
    }
}

impl Tally {
    fn reading(&self) -> Reading {
        let mean = (self.sum / f64::from(self.samples)) as f32;
        Reading {
            min: self.min,
            // Rounded, a mean can lie beside what it is the mean of.
            mean: mean.clamp(self.min, self.max),
            max: self.max,
            last: self.last,
        }
    }
}

/// Writes `family{key=value}`. A value that is too long is cut and ends in a hash of the whole.
fn name(text: &mut String, family: &str, tag: Label<'_>) {
    text.clear();
    text.push_str(family);
    let Some((key, value)) = tag else { return };
    let _ = write!(text, "{{{key}=");
    let plain = label(value);
    let room = MAX_NAME.saturating_sub(text.len() + 1);
    if plain.len() <= room {
        text.push_str(&plain);
    } else {
        text.push_str(&plain[..room.saturating_sub(9)]);
        text.push('-');
        for byte in &Sha256::digest(value.as_bytes())[..4] {
            let _ = write!(text, "{byte:02x}");
        }
    }
    text.push('}');
}

#[cfg(test)]
mod tests;
