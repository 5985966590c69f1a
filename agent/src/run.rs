//! The life of this process, and how the one before it ended.
//!
//! A marker in the state folder is written at the start and completed at a clean end. One that was
//! never completed means that the process was killed, or that the host went down with it; which of
//! the two, the boot's identity tells. So the collector can say after the fact what silence meant.

/// Why the process is asked to stop.
mod ending;

use std::time::{Duration, Instant};

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};
use shared::{
    clock::to_micros,
    wire::{Ending, Previous, Run},
};
use tokio::sync::OnceCell;
use tracing::{info, warn};
use uuid::Uuid;

use crate::{
    host::Host,
    state::{StateDir, StateError},
};

/// The marker's file in the state folder.
const FILE: &str = "run.json";

/// The life of this process.
#[derive(Debug)]
pub struct Life {
    host: Host,
    state: StateDir,
    process: [u8; 16],
    marker: Marker,
    previous: Previous,
    started: Instant,
    /// What the host's uptime was then; unlike [`Instant`] it counts the time of a suspend.
    uptime: Option<Duration>,
    ending: OnceCell<Ending>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Marker {
    started_at: DateTime<Utc>,
    boot_id: String,
    /// `None` as long as the process runs, and for ever if it is killed.
    ended: Option<Ending>,
}

impl Life {
    /// Begins: learns how the process before this one ended, and leaves this one's marker.
    ///
    /// # Errors
    /// [`StateError`] when the marker cannot be written.
    pub fn begin(host: Host, state: StateDir, boot_id: &str) -> Result<Self, StateError> {
        let before = state.read(FILE)?;
        // One that makes no sense says as little as none.
        let before = before.and_then(|text| serde_json::from_str(&text).ok());
        let previous = previous(before.as_ref(), boot_id);
        let marker = Marker {
            started_at: host.clock().now(),
            boot_id: boot_id.into(),
            ended: None,
        };
        let life = Self {
            uptime: uptime(&host),
            host,
            state,
            process: *Uuid::new_v4().as_bytes(),
            marker,
            previous,
            started: Instant::now(),
            ending: OnceCell::new(),
        };
        life.write(&life.marker)?;
        Ok(life)
    }

    /// What the collector is told. Ages are measured by clocks that nobody sets, so that instants
    /// are right by the host's clock as it is now.
    pub fn run(&self) -> Run {
        let now = self.host.clock().now();
        let uptime = uptime(&self.host);
        let slept = self.uptime.zip(uptime);
        let slept = slept.map_or(Duration::ZERO, |(then, now)| now.saturating_sub(then));
        let age = slept.max(self.started.elapsed());
        let ago = |age: Duration| to_micros(now - TimeDelta::from_std(age).unwrap_or_default());
        Run {
            process: self.process,
            started_at: ago(age),
            booted_at: uptime.map(ago),
            previous: self.previous,
            sent_at: to_micros(now),
        }
    }

    /// Why the process stops. Asked when it was told to; found out once.
    pub async fn ending(&self) -> Ending {
        let find = || async {
            let ending = ending::find(&self.host).await;
            info!(?ending, "agent was asked to stop");
            ending
        };
        *self.ending.get_or_init(find).await
    }

    /// Completes the marker: the end is a clean one.
    pub async fn end(&self) {
        let marker = Marker {
            ended: Some(self.ending().await),
            ..self.marker.clone()
        };
        if let Err(error) = self.write(&marker) {
            // The next start will take this process for killed, which is what it then looks like.
            let error = &error as &dyn std::error::Error;
            warn!(error, "the end of this process could not be noted");
        }
    }

    fn write(&self, marker: &Marker) -> Result<(), StateError> {
        let text = serde_json::to_string(marker).expect("a marker has no map and no float");
        self.state.write(FILE, &text, 0o640)
    }
}

fn previous(before: Option<&Marker>, boot_id: &str) -> Previous {
    match before {
        None => Previous::None,
        Some(Marker {
            ended: Some(ending),
            ..
        }) => Previous::Ended(*ending),
        Some(before) if !boot_id.is_empty() && before.boot_id != boot_id => Previous::HostWentDown,
        Some(_) => Previous::Killed,
    }
}

/// How long the host is up, suspends included: the first number of `/proc/uptime`.
fn uptime(host: &Host) -> Option<Duration> {
    let text = host.read_text("/proc/uptime", 4096).ok()?;
    let seconds = text.split_whitespace().next()?.parse().ok()?;
    Duration::try_from_secs_f64(seconds).ok()
}

#[cfg(test)]
mod tests {
    use std::fs;

    use shared::clock::ManualClock;

    use super::*;

    struct World {
        folder: tempfile::TempDir,
        clock: std::sync::Arc<ManualClock>,
    }

    impl World {
        fn new() -> Self {
            let folder = tempfile::tempdir().unwrap();
            fs::create_dir(folder.path().join("proc")).unwrap();
            let start = DateTime::UNIX_EPOCH + TimeDelta::days(20_000);
            let clock = ManualClock::at(start);
            Self { folder, clock }
        }

        fn up(&self, seconds: u32) {
            let text = format!("{seconds}.50 1.00\n");
            fs::write(self.folder.path().join("proc/uptime"), text).unwrap();
        }

        fn begin(&self, boot_id: &str) -> Life {
            let host = Host::at(self.folder.path(), self.clock.clone());
            Life::begin(host, StateDir::at(self.folder.path()), boot_id).unwrap()
        }
    }

    #[tokio::test]
    async fn a_life_knows_how_the_one_before_it_ended() {
        let world = World::new();
        assert_eq!(world.begin("b1").previous, Previous::None);
        assert_eq!(world.begin("b1").previous, Previous::Killed);
        let life = world.begin("b2");
        assert_eq!(life.previous, Previous::HostWentDown);
        life.end().await;
        let stopped = Previous::Ended(Ending::Stopped);
        assert_eq!(world.begin("b2").previous, stopped);
        // A host that does not say which boot this is.
        assert_eq!(world.begin("").previous, Previous::Killed);
        fs::write(world.folder.path().join(FILE), "{}").unwrap();
        assert_eq!(world.begin("b3").previous, Previous::None);
    }

    #[test]
    fn instants_are_right_by_the_clock_as_it_is_now() {
        let world = World::new();
        world.up(1000);
        let life = world.begin("b");
        // An hour passes, and meanwhile somebody sets the clock back by a day.
        world.up(4600);
        world
            .clock
            .advance(TimeDelta::hours(1) - TimeDelta::days(1));
        let (run, hour) = (life.run(), 3_600_000_000);
        assert_eq!(run.sent_at - run.started_at, hour);
        assert_eq!(run.sent_at - run.booted_at.unwrap(), 4_600_500_000);
        fs::remove_file(world.folder.path().join("proc/uptime")).unwrap();
        assert_eq!(life.run().booted_at, None);
    }

    #[test]
    fn an_uptime_that_makes_no_sense_is_not_known() {
        let world = World::new();
        for text in ["", "x", "-1 0", "NaN 1", "1e300 1", "inf 1"] {
            fs::write(world.folder.path().join("proc/uptime"), text).unwrap();
            assert_eq!(world.begin("b").run().booted_at, None, "{text}");
        }
    }
}
