//! What one sample of the metrics costs, and what a day of them is on the wire.

use std::{hint::black_box, sync::Arc, thread, time::Duration};

use agent::{
    host::Host,
    metric::{self, Meter},
};
use chrono::TimeDelta;
use shared::{
    clock::{Clock as _, ManualClock, SystemClock},
    metric::{Encoder, Minute, Reading},
    wire::{self, AgentMessage},
};

use crate::{
    report::{Table, ratio, time},
    timing,
};

/// What the sampled files are.
const FILES: [&str; 12] = [
    "/proc/stat",
    "/proc/loadavg",
    "/proc/uptime",
    "/proc/meminfo",
    "/proc/pressure/cpu",
    "/proc/pressure/memory",
    "/proc/pressure/io",
    "/proc/diskstats",
    "/proc/self/net/dev",
    "/proc/self/net/snmp",
    "/proc/sys/fs/file-nr",
    "/proc/self/statm",
];
/// Samples of a minute.
const SAMPLES: u32 = 6;
/// Minutes that are recorded; a day is taken to be as many times this as it has minutes.
const MINUTES: usize = 60;
/// Real time between two samples, which are told to be ten seconds apart: shorter stretches vary more
/// than longer ones, so that this errs to the dear side.
const PAUSE: Duration = Duration::from_millis(20);
/// QUIC's packet around a message, and the packet that acknowledges the acknowledgement, bytes of UDP
/// payload. Measured: what an idle session sent more for each message.
const ENVELOPE: usize = 77;

/// Measures both.
///
/// # Errors
/// When nothing can be sampled.
pub(crate) fn run() -> anyhow::Result<()> {
    sample()?;
    day()
}

fn meter() -> (Meter, Arc<ManualClock>, Host) {
    let clock = ManualClock::at(SystemClock.now());
    let host = Host::live(clock.clone());
    (Meter::new(host.clone(), Arc::new(|| (0, 0))), clock, host)
}

fn sample() -> anyhow::Result<()> {
    let (mut meter, _, host) = meter();
    let mut elapsed = Duration::ZERO;
    let mut buffer = vec![0; 1 << 20];
    let files: Vec<_> = FILES
        .iter()
        .filter_map(|path| std::fs::File::open(path).ok())
        .collect();
    let (sampled, least) = timing::against(
        || {
            elapsed += Duration::from_secs(10);
            black_box(meter.sample(elapsed));
            Ok(())
        },
        || {
            use std::os::unix::fs::FileExt as _;
            for file in &files {
                // Some of them cannot be read everywhere, and then by neither.
                let _ = black_box(file.read_at(&mut buffer, 0));
            }
            Ok(())
        },
    )?;
    let (slow, _) = timing::against(
        || {
            black_box(metric::gauges(&host));
            Ok(())
        },
        || Ok(()),
    )?;
    let mut table = Table::new(&["ratio", "what", "takes", "floor", "of a core"]);
    let share = |cost: Duration, every: f64| format!("{:.4} %", cost.as_secs_f64() / every * 100.0);
    table.row(&[
        &ratio(sampled.as_secs_f64(), least.as_secs_f64()),
        &"one sample, each 10 s",
        &time(sampled),
        &time(least),
        &share(sampled, 10.0),
    ]);
    table.row(&[
        &"-",
        &"filesystems and sensors, each minute",
        &time(slow),
        &"-",
        &share(slow, 60.0),
    ]);
    table.print("Sampling against reading the same files");
    Ok(())
}

fn day() -> anyhow::Result<()> {
    let here = record();
    let series = here.first().map_or(0, |minute| minute.rows.len());
    anyhow::ensure!(series > 20, "{series} series are no host");
    let restless = restless(&here);
    let mut table = Table::new(&["minutes a message", "as recorded", "if everything varied"]);
    for together in [1, 2, 5, 10, 15] {
        let size = |minutes: &[Minute<Arc<str>>]| -> anyhow::Result<String> {
            let bytes = bytes_of_a_day(minutes, together)?;
            Ok(format!("{:.0} KiB a day", bytes / 1024.0))
        };
        table.row(&[&together, &size(&here)?, &size(&restless)?]);
    }
    table.print(&format!(
        "Metrics on the wire, {series} series, UDP payload"
    ));
    Ok(())
}

fn bytes_of_a_day(minutes: &[Minute<Arc<str>>], together: usize) -> anyhow::Result<f64> {
    let mut encoder = Encoder::default();
    let mut bytes = 0;
    for batch in minutes.chunks(together) {
        let message = AgentMessage::Metrics(encoder.message(batch, 0));
        let frame = wire::seal(&message)?.len();
        // The names of the first message come once a session, not 24 times a day.
        if encoder_is_new(&message) {
            continue;
        }
        bytes += frame + ENVELOPE;
    }
    let counted = minutes.len() - together;
    Ok(bytes as f64 / counted as f64 * 1440.0)
}

fn encoder_is_new(message: &AgentMessage) -> bool {
    matches!(message, AgentMessage::Metrics(metrics) if metrics.number == 1)
}

/// This machine, as it is now.
fn record() -> Vec<Minute<Arc<str>>> {
    let (mut meter, clock, host) = meter();
    let mut elapsed = Duration::ZERO;
    let mut minutes = Vec::new();
    while minutes.len() < MINUTES {
        for _ in 0..SAMPLES {
            minutes.extend(meter.sample(elapsed));
            elapsed += Duration::from_secs(60) / SAMPLES;
            clock.advance(TimeDelta::seconds(60) / i32::try_from(SAMPLES).unwrap_or(1));
            thread::sleep(PAUSE);
        }
        meter.note(metric::gauges(&host));
    }
    // Rates have begun with the second.
    minutes.split_off(1)
}

/// The same series, each of which varies by a third all the time.
fn restless(minutes: &[Minute<Arc<str>>]) -> Vec<Minute<Arc<str>>> {
    let mut seed = 1_u32;
    let mut noise = || {
        // A generator of the plainest sort (Numerical Recipes'), for the same figure in each run.
        seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        0.85 + (seed >> 8) as f32 / (1 << 24) as f32 * 0.3
    };
    let mut vary = |reading: &Reading| {
        let base = reading.mean.abs().max(1e-3);
        let mut values = [(); 3].map(|()| base * noise());
        values.sort_by(f32::total_cmp);
        let [min, mean, max] = values;
        Reading {
            min,
            mean,
            max,
            last: (base * noise()).clamp(min, max),
        }
    };
    let mut minute = |minute: &Minute<Arc<str>>| Minute {
        at: minute.at,
        rows: minute
            .rows
            .iter()
            .map(|(name, reading)| (name.clone(), vary(reading)))
            .collect(),
    };
    // The same values to begin with, so that it is the noise that varies and nothing else.
    let first = &minutes[0];
    minutes
        .iter()
        .map(|real| Minute {
            at: real.at,
            ..first.clone()
        })
        .map(|one| minute(&one))
        .collect()
}
