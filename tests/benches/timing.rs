//! How long something takes: the median of many runs, with what it is compared to run in turns, so
//! that a neighbour on the machine slows both.

use std::time::{Duration, Instant};

/// How long one comparison may take.
const BUDGET: Duration = Duration::from_secs(2);
/// Fewer runs than this have no useful median.
const FEWEST: usize = 15;
/// More add nothing.
const MOST: usize = 2_000;

/// The medians of `this` and of `floor`.
///
/// # Errors
/// The first failure of either.
pub(crate) fn against(
    mut this: impl FnMut() -> anyhow::Result<()>,
    mut floor: impl FnMut() -> anyhow::Result<()>,
) -> anyhow::Result<(Duration, Duration)> {
    // Once each for caches.
    this()?;
    floor()?;
    let started = Instant::now();
    let (mut these, mut floors) = (Vec::new(), Vec::new());
    while these.len() < FEWEST || (started.elapsed() < BUDGET && these.len() < MOST) {
        these.push(once(&mut this)?);
        floors.push(once(&mut floor)?);
    }
    Ok((quantile(&mut these, 0.5), quantile(&mut floors, 0.5)))
}

fn once(job: &mut impl FnMut() -> anyhow::Result<()>) -> anyhow::Result<Duration> {
    let started = Instant::now();
    job()?;
    Ok(started.elapsed())
}

/// The value below which a `part` (0 to 1) of the times lie; nothing of no times.
pub(crate) fn quantile(times: &mut [Duration], part: f64) -> Duration {
    times.sort_unstable();
    let at = (times.len().saturating_sub(1) as f64 * part).round() as usize;
    times.get(at).copied().unwrap_or_default()
}
