//! Which hosts come when, and what is too much.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use shared::id::HostId;
use utoipa::ToSchema;
use uuid::Uuid;

use super::Host;

/// Most rings of a plan.
pub const MAX_RINGS: usize = 16;
/// Longest name of a ring, characters.
const MAX_NAME: usize = 40;
/// Longest time that a ring waits, seconds: a quarter of a year.
const MAX_SOAK_S: u32 = 90 * 24 * 3600;

/// How a bundle goes out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Plan {
    /// One after the other. A host belongs to the first that it fits; the last one is everybody.
    #[schema(min_items = 1, max_items = 16)]
    pub rings: Vec<Ring>,
    #[serde(default)]
    pub gates: Gates,
}

/// Hosts that come at the same time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Ring {
    /// 1 to 40 characters.
    pub name: String,
    pub hosts: Members,
    /// Seconds between the moment when enough of its hosts have it and the next ring.
    #[schema(maximum = 7_776_000)]
    pub soak_s: u32,
    /// How many of its hosts must have it, percent of those that are heard of.
    #[serde(default = "most")]
    #[schema(minimum = 1, maximum = 100)]
    pub took_percent: u8,
}

/// Who belongs to a ring.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Members {
    /// The members of a group, by its identity.
    Group(Uuid),
    /// So much of the fleet, percent, with what rings of percents before it have: always the same
    /// hosts, so that who has been a canary is one again.
    Percent(u8),
}

/// What is too much. Shares are of the hosts that answered, but of no fewer than `least_hosts` or a
/// tenth of the ring, so that the first answers do not weigh as if they were all.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Gates {
    /// How many hosts of a ring must have answered before it is left; all, where there are fewer.
    #[schema(minimum = 1)]
    pub least_hosts: u32,
    /// Hosts that refuse it, percent.
    #[schema(maximum = 100)]
    pub refused_percent: u8,
    /// Hosts that took it and went back, percent.
    #[schema(maximum = 100)]
    pub returned_percent: u8,
    /// Results that are an error and were none before, percent of all results.
    #[schema(maximum = 100)]
    pub errors_percent: u8,
    /// Processor time of deciding every rule, milliseconds, on the mean of the hosts.
    pub cpu_ms: u32,
    /// Results that turn, percent of all results.
    #[schema(maximum = 100)]
    pub swing_percent: u8,
}

/// Why a plan makes no sense.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum PlanError {
    #[error("a plan has 1 to {MAX_RINGS} rings, and not {0}")]
    Rings(usize),
    #[error("the name of ring {0} is not 1 to {MAX_NAME} printable characters")]
    Name(usize),
    #[error("two rings are called {0:?}")]
    Twice(String),
    #[error("ring {0:?} is left after at most {MAX_SOAK_S} s")]
    Soak(String),
    #[error("ring {0:?} has a percentage that is not 1 to 100")]
    Percent(String),
    #[error("ring {0:?} is no larger than one before it: percentages rise")]
    Falls(String),
    #[error("the last ring, {0:?}, is not of 100 percent: it would leave hosts out")]
    Rest(String),
    #[error("`gates.least_hosts` is 0, and a ring must be heard of before it is left")]
    LeastHosts,
    #[error("`gates.{0}` is more than 100 percent")]
    Gate(&'static str),
}

fn most() -> u8 {
    90
}

impl Default for Gates {
    fn default() -> Self {
        Self {
            least_hosts: 20,
            refused_percent: 5,
            returned_percent: 2,
            errors_percent: 2,
            cpu_ms: 5000,
            swing_percent: 20,
        }
    }
}

/// A fiftieth of the fleet for a day, a fifth for two, everybody.
impl Default for Plan {
    fn default() -> Self {
        let ring = |name: &str, percent, soak_s| Ring {
            name: name.into(),
            hosts: Members::Percent(percent),
            soak_s,
            took_percent: most(),
        };
        let day = 24 * 3600;
        Self {
            rings: vec![
                ring("canary", 2, day),
                ring("early", 20, 2 * day),
                ring("all", 100, 0),
            ],
            gates: Gates::default(),
        }
    }
}

impl Plan {
    /// Everybody at once, and what goes wrong is looked at afterwards.
    pub fn at_once() -> Self {
        let mut plan = Self::default();
        plan.rings.drain(..2);
        plan
    }

    /// Refuses what makes no sense.
    ///
    /// # Errors
    /// [`PlanError`].
    pub fn check(&self) -> Result<(), PlanError> {
        let Some(last) = self.rings.last().filter(|_| self.rings.len() <= MAX_RINGS) else {
            return Err(PlanError::Rings(self.rings.len()));
        };
        let (mut names, mut reached) = (BTreeSet::new(), 0);
        for (number, ring) in (1..).zip(&self.rings) {
            reached = ring.check(number, reached)?;
            if !names.insert(&ring.name) {
                return Err(PlanError::Twice(ring.name.clone()));
            }
        }
        if last.hosts != Members::Percent(100) {
            return Err(PlanError::Rest(last.name.clone()));
        }
        self.gates.check()
    }

    /// The ring of a host, by its number from 0 on. Every host has one.
    pub fn ring_of(&self, host: &Host) -> usize {
        let bucket = bucket(host.id);
        let fits = |ring: &Ring| match ring.hosts {
            Members::Group(group) => host.groups.contains(&group),
            Members::Percent(percent) => bucket < u32::from(percent) * 100,
        };
        let last = self.rings.len().saturating_sub(1);
        self.rings.iter().position(fits).unwrap_or(last)
    }

    /// The groups that its rings name.
    pub fn groups(&self) -> Vec<Uuid> {
        let groups = self.rings.iter().filter_map(|ring| match ring.hosts {
            Members::Group(group) => Some(group),
            Members::Percent(_) => None,
        });
        groups.collect()
    }
}

impl Ring {
    /// What percentage has been reached with it.
    fn check(&self, number: usize, reached: u8) -> Result<u8, PlanError> {
        let name = || self.name.clone();
        let length = self.name.chars().count();
        if !(1..=MAX_NAME).contains(&length) || self.name.chars().any(char::is_control) {
            return Err(PlanError::Name(number));
        }
        if self.soak_s > MAX_SOAK_S {
            return Err(PlanError::Soak(name()));
        }
        if !(1..=100).contains(&self.took_percent) {
            return Err(PlanError::Percent(name()));
        }
        match self.hosts {
            Members::Group(_) => Ok(reached),
            Members::Percent(percent) if !(1..=100).contains(&percent) => {
                Err(PlanError::Percent(name()))
            }
            Members::Percent(percent) if percent <= reached => Err(PlanError::Falls(name())),
            Members::Percent(percent) => Ok(percent),
        }
    }
}

impl Gates {
    fn check(&self) -> Result<(), PlanError> {
        if self.least_hosts == 0 {
            return Err(PlanError::LeastHosts);
        }
        let percents = [
            ("refused_percent", self.refused_percent),
            ("returned_percent", self.returned_percent),
            ("errors_percent", self.errors_percent),
            ("swing_percent", self.swing_percent),
        ];
        match percents.into_iter().find(|(_, percent)| *percent > 100) {
            Some((name, _)) => Err(PlanError::Gate(name)),
            None => Ok(()),
        }
    }
}

/// Where a host is among 10,000. By its identity alone, hashed, because identities rise with time.
fn bucket(host: HostId) -> u32 {
    let hash = Sha256::digest(host.0.as_bytes());
    let (first, _) = hash.split_at(4);
    first
        .iter()
        .fold(0_u32, |n, byte| n << 8 | u32::from(*byte))
        % 10_000
}
