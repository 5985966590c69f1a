//! Minutes to columns and back.
//!
//! Minutes in which a series did not vary are exact. The others are rounded to nine significant
//! bits (within 0.2 %), and written as steps between such numbers: for positive floats, the order
//! of their bits is the order of their values, so that a step says by which part a value changed,
//! whatever its size.

use std::{
    collections::{HashMap, HashSet},
    hash::Hash,
    sync::Arc,
};

use super::{MAX_MINUTES, MAX_SERIES, Minute, Name, Reading};
use crate::wire::Metrics;

/// Nothing was measured in this minute.
const ABSENT: u8 = 0;
/// As the last value before.
const SAME: u8 = 1;
/// A value of `levels` throughout.
const LEVEL: u8 = 2;
/// It varied: steps of `means`, `falls`, `rises` and `lasts`, but for those that these say.
const VARIED: u8 = 8;
/// The lowest is zero: nothing in `falls`.
const FROM_ZERO: u8 = 1;
/// The last is the lowest: nothing in `lasts`.
const LAST_IS_MIN: u8 = 2;
/// The last is the highest: nothing in `lasts`.
const LAST_IS_MAX: u8 = 4;

/// Bits of a float's mantissa that are not sent.
const DROPPED_BITS: u32 = 15;

/// What both ends know of a series.
#[derive(Debug, Clone, Copy, Default)]
struct Before {
    /// The last value.
    last: f32,
    /// The rounded mean of the last minute in which it varied.
    mean: i32,
}

/// Makes the messages of one session.
#[derive(Debug, Default)]
pub struct Encoder {
    series: HashMap<Arc<str>, usize>,
    before: Vec<Before>,
    number: u64,
}

impl Encoder {
    /// The next message. Series beyond [`MAX_SERIES`] are left out, and minutes beyond
    /// [`MAX_MINUTES`].
    pub fn message<'a>(
        &mut self,
        minutes: impl IntoIterator<Item = &'a Minute<Arc<str>>>,
        dropped: u64,
    ) -> Metrics {
        let minutes: Vec<_> = minutes.into_iter().take(MAX_MINUTES).collect();
        self.number += 1;
        let mut message = Metrics {
            number: self.number,
            dropped,
            ..Metrics::default()
        };
        let mut columns = vec![vec![None; minutes.len()]; self.before.len()];
        for (at, minute) in minutes.iter().enumerate() {
            message.minutes.push(minute.at);
            for (name, reading) in &minute.rows {
                let Some(series) = self.series(name, &mut message.names) else {
                    continue;
                };
                columns.resize(self.before.len(), vec![None; minutes.len()]);
                columns[series][at] = Some(*reading);
            }
        }
        let mut shapes = Vec::with_capacity(columns.len() * minutes.len());
        for (series, column) in columns.iter().enumerate() {
            let before = &mut self.before[series];
            for reading in column {
                let shape = reading.map_or(ABSENT, |reading| put(&mut message, before, reading));
                shapes.push(shape);
            }
        }
        message.shapes = pack(&shapes);
        message
    }

    fn series(&mut self, name: &Arc<str>, new: &mut Vec<String>) -> Option<usize> {
        if let Some(series) = self.series.get(name) {
            return Some(*series);
        }
        let series = self.before.len();
        if series == MAX_SERIES {
            return None;
        }
        self.series.insert(Arc::clone(name), series);
        self.before.push(Before::default());
        new.push(name.to_string());
        Some(series)
    }
}

/// Two shapes a byte. A message of one minute is too short for zstd to do that.
fn pack(shapes: &[u8]) -> Vec<u8> {
    let pair = |pair: &[u8]| pair[0] | pair.get(1).unwrap_or(&0) << 4;
    shapes.chunks(2).map(pair).collect()
}

/// The `count` shapes of `packed`; `None` when it has not just as many.
fn unpack(packed: &[u8], count: usize) -> Option<impl Iterator<Item = u8>> {
    let spare = count % 2 == 1 && packed.last().is_some_and(|last| last >> 4 != 0);
    let shapes = packed.iter().flat_map(|pair| [pair & 15, pair >> 4]);
    (packed.len() == count.div_ceil(2) && !spare).then(|| shapes.take(count))
}

/// Appends what says `reading`; the shape.
fn put(message: &mut Metrics, before: &mut Before, reading: Reading) -> u8 {
    if reading.is_steady() {
        let level = reading.last;
        if level.to_bits() == before.last.to_bits() {
            return SAME;
        }
        before.last = level;
        message.levels.push(level.to_bits());
        return LEVEL;
    }
    let [min, mean, max, last] =
        [reading.min, reading.mean, reading.max, reading.last].map(rounded);
    let mut shape = VARIED;
    message.means.push(mean - before.mean);
    before.mean = mean;
    if min == 0 {
        shape |= FROM_ZERO;
    } else {
        message.falls.push(mean.abs_diff(min));
    }
    message.rises.push(max.abs_diff(mean));
    if last == min {
        shape |= LAST_IS_MIN;
    } else if last == max {
        shape |= LAST_IS_MAX;
    } else {
        message.lasts.push(last - mean);
    }
    before.last = float(last);
    shape
}

/// What is wrong with a message of metrics.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ColumnError {
    #[error("a name that is none, or comes twice")]
    Name,
    #[error("more than {MAX_SERIES} series")]
    Series,
    #[error("more than {MAX_MINUTES} minutes")]
    Minutes,
    #[error("columns of different lengths")]
    Length,
    #[error("a shape that is not known")]
    Shape,
    #[error("a value that is not finite, or out of order")]
    Value,
    #[error("an earlier message was refused, and the values of this one build on it")]
    Lost,
}

/// Reads the messages of one session; `N` is how the other side of it calls a series.
#[derive(Debug)]
pub struct Decoder<N> {
    series: Vec<(N, Before)>,
    lost: bool,
}

impl<N> Default for Decoder<N> {
    fn default() -> Self {
        Self {
            series: Vec::new(),
            lost: false,
        }
    }
}

impl<N: Clone + Eq + Hash> Decoder<N> {
    /// The minutes of the next message. `call` finds what a new series is called.
    ///
    /// # Errors
    /// [`ColumnError`]; nothing of this session can be read afterwards.
    pub fn minutes(
        &mut self,
        message: &Metrics,
        call: impl FnMut(&str) -> N,
    ) -> Result<Vec<Minute<N>>, ColumnError> {
        if self.lost {
            return Err(ColumnError::Lost);
        }
        let read = self.read(message, call);
        self.lost = read.is_err();
        read
    }

    fn read(
        &mut self,
        message: &Metrics,
        mut call: impl FnMut(&str) -> N,
    ) -> Result<Vec<Minute<N>>, ColumnError> {
        if self.series.len() + message.names.len() > MAX_SERIES {
            return Err(ColumnError::Series);
        }
        for name in &message.names {
            Name::parse(name).ok_or(ColumnError::Name)?;
            self.series.push((call(name), Before::default()));
        }
        if !message.names.is_empty() {
            let different: HashSet<_> = self.series.iter().map(|(name, _)| name).collect();
            if different.len() < self.series.len() {
                return Err(ColumnError::Name);
            }
        }
        let count = message.minutes.len();
        if count > MAX_MINUTES {
            return Err(ColumnError::Minutes);
        }
        let shapes = unpack(&message.shapes, count * self.series.len());
        let mut shapes = shapes.ok_or(ColumnError::Length)?;
        let mut minutes: Vec<_> = message
            .minutes
            .iter()
            .map(|at| Minute {
                at: *at,
                rows: Vec::new(),
            })
            .collect();
        let mut columns = Columns::of(message);
        for (name, before) in &mut self.series {
            for (minute, shape) in minutes.iter_mut().zip(&mut shapes) {
                if shape != ABSENT {
                    let reading = columns.take(shape, before)?;
                    minute.rows.push((name.clone(), reading));
                }
            }
        }
        if columns.is_empty() {
            Ok(minutes)
        } else {
            Err(ColumnError::Length)
        }
    }
}

/// What is left of a message's columns.
struct Columns<'a> {
    levels: &'a [u32],
    means: &'a [i32],
    falls: &'a [u32],
    rises: &'a [u32],
    lasts: &'a [i32],
}

impl<'a> Columns<'a> {
    fn of(message: &'a Metrics) -> Self {
        Self {
            levels: &message.levels,
            means: &message.means,
            falls: &message.falls,
            rises: &message.rises,
            lasts: &message.lasts,
        }
    }

    fn is_empty(&self) -> bool {
        self.levels.is_empty()
            && self.means.is_empty()
            && self.falls.is_empty()
            && self.rises.is_empty()
            && self.lasts.is_empty()
    }

    fn take(&mut self, shape: u8, before: &mut Before) -> Result<Reading, ColumnError> {
        match shape {
            SAME => Ok(Reading::steady(before.last)),
            LEVEL => {
                before.last = f32::from_bits(next(&mut self.levels)?);
                if before.last.is_finite() {
                    Ok(Reading::steady(before.last))
                } else {
                    Err(ColumnError::Value)
                }
            }
            VARIED.. => self.varied(shape, before),
            _ => Err(ColumnError::Shape),
        }
    }

    fn varied(&mut self, shape: u8, before: &mut Before) -> Result<Reading, ColumnError> {
        let sum = |a: i32, b: Option<i32>| b.and_then(|b| a.checked_add(b));
        let step = |step: u32| i32::try_from(step).ok();
        let value = ColumnError::Value;
        let mean = sum(before.mean, Some(next(&mut self.means)?)).ok_or(value)?;
        let min = if shape & FROM_ZERO != 0 {
            0
        } else {
            let fall = step(next(&mut self.falls)?).map(|fall| -fall);
            sum(mean, fall).ok_or(value)?
        };
        let max = sum(mean, step(next(&mut self.rises)?)).ok_or(value)?;
        let last = match shape & (LAST_IS_MIN | LAST_IS_MAX) {
            0 => sum(mean, Some(next(&mut self.lasts)?)).ok_or(value)?,
            LAST_IS_MIN => min,
            LAST_IS_MAX => max,
            _ => return Err(ColumnError::Shape),
        };
        let limit = rounded(f32::MAX);
        let ordered = -limit <= min && min <= mean && mean <= max && max <= limit;
        if !ordered || !(min..=max).contains(&last) {
            return Err(value);
        }
        before.mean = mean;
        before.last = float(last);
        Ok(Reading {
            min: float(min),
            mean: float(mean),
            max: float(max),
            last: before.last,
        })
    }
}

fn next<T: Copy>(column: &mut &[T]) -> Result<T, ColumnError> {
    let (first, rest) = column.split_first().ok_or(ColumnError::Length)?;
    *column = rest;
    Ok(*first)
}

/// The number of `value` among those that can be sent, in their order; zero is 0.
fn rounded(value: f32) -> i32 {
    let half = 1 << (DROPPED_BITS - 1);
    let bits = value.abs().to_bits().min(f32::MAX.to_bits() - half);
    // At most 0xFEFF.
    let number = i32::try_from((bits + half) >> DROPPED_BITS).unwrap_or(0);
    if value < 0.0 { -number } else { number }
}

/// The value of a number that [`rounded`] can give.
fn float(number: i32) -> f32 {
    let value = f32::from_bits(number.unsigned_abs() << DROPPED_BITS);
    if number < 0 { -value } else { value }
}
