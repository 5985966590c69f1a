//! Collecting every kind on this machine against reading the same sources raw, and what the
//! journal makes of what was collected; sampling the metrics, and what a day of them is.

/// Reading the sources, and nothing more.
mod floor;

/// The journal.
mod journal;

/// Metrics.
mod metric;

use std::{hint::black_box, time::Duration};

use agent::{
    host::Host,
    probe::{self, Probe},
};
use shared::clock::SystemClock;

use crate::{
    report::{Table, ratio, time},
    timing,
};

/// Measures both.
///
/// # Errors
/// When a source that a probe could read cannot be read raw.
pub(crate) fn run() -> anyhow::Result<()> {
    probes()?;
    journal::run()?;
    metric::run()
}

fn probes() -> anyhow::Result<()> {
    let host = Host::live(SystemClock::shared());
    let columns = [
        "ratio",
        "kind",
        "collected",
        "raw",
        "rows",
        "KiB raw",
        "left out",
    ];
    let mut table = Table::new(&columns);
    let (mut collected, mut raw) = (Duration::ZERO, Duration::ZERO);
    for probe in probe::all() {
        let rows = match probe::observe(*probe, &host).seen {
            Ok(facts) => facts.len(),
            Err(stale) => {
                let why = format!("not readable here: {}", stale.detail);
                table.row(&[&"-", &probe.kind(), &"-", &"-", &0, &"-", &why]);
                continue;
            }
        };
        let floor = floor::of(probe.kind())?;
        let (this, least) = compare(*probe, &host, &floor)?;
        if floor.unknown {
            table.row(&[
                &"-",
                &probe.kind(),
                &time(this),
                &"-",
                &rows,
                &"-",
                &"no floor",
            ]);
            continue;
        }
        collected += this;
        raw += least;
        table.row(&[
            &ratio(this.as_secs_f64(), least.as_secs_f64()),
            &probe.kind(),
            &time(this),
            &time(least),
            &rows,
            &format!("{:.1}", floor.read()? as f64 / 1024.0),
            &floor.left_out,
        ]);
    }
    table.row(&[
        &ratio(collected.as_secs_f64(), raw.as_secs_f64()),
        &"sum",
        &time(collected),
        &time(raw),
        &"",
        &"",
        &"",
    ]);
    table.print("Collecting against reading the same sources raw");
    Ok(())
}

fn compare(
    probe: &dyn Probe,
    host: &Host,
    floor: &floor::Floor,
) -> anyhow::Result<(Duration, Duration)> {
    timing::against(
        || {
            black_box(probe::observe(probe, host));
            Ok(())
        },
        || {
            black_box(floor.read()?);
            Ok(())
        },
    )
}
