//! What is to be done next.

use chrono::{DateTime, TimeDelta, Utc};
use uuid::Uuid;

use super::{Alarm, Bundle, Host, Rollout, Stage, State, Tally, stage};

/// What a host is offered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Offer {
    pub bundle: Bundle,
    /// Whether it is tried only.
    pub trial: bool,
    pub order: Uuid,
}

/// What is to be done. Rings are numbered from 0 on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Action {
    /// These hosts, by number, are offered this.
    Offer { offer: Offer, hosts: Vec<i32> },
    /// What these hosts are offered is taken back: they have not taken it.
    Withdraw { hosts: Vec<i32> },
    /// Enough of the open ring have it: it begins to soak.
    Settle,
    /// The next ring is opened.
    Open { ring: usize },
    /// A ring does not do well.
    Halt { ring: usize, alarm: Alarm },
    /// Every ring has it.
    Complete,
    /// Nobody who is heard of has what was rolled back any more.
    RolledBack,
}

/// What is to be done with a rollout, as its hosts stand now; nothing, when it has to wait. What is
/// done is asked again, until it is nothing.
pub fn step(rollout: &Rollout, hosts: &[Host], now: DateTime<Utc>) -> Vec<Action> {
    match rollout.state {
        State::WhatIf => offers(rollout, hosts, 0).into_iter().collect(),
        State::Running => run(rollout, hosts, now),
        State::Paused => halt(rollout, hosts).into_iter().collect(),
        State::Halted => withdraw(rollout, hosts).into_iter().collect(),
        State::Completed => Vec::new(),
        State::RollingBack | State::RolledBack => back(rollout, hosts),
    }
}

fn run(rollout: &Rollout, hosts: &[Host], now: DateTime<Utc>) -> Vec<Action> {
    if let Some(halt) = halt(rollout, hosts) {
        return vec![halt];
    }
    let offers = offers(rollout, hosts, rollout.ring);
    let (plan, number) = (&rollout.plan, rollout.ring);
    let tally = tally(rollout, hosts, number);
    let next = plan.rings.get(number).and_then(|ring| {
        if !plan.gates.settled(ring, &tally) {
            return None;
        }
        let soak = TimeDelta::seconds(ring.soak_s.into());
        match rollout.settled_at {
            // Nobody is there in whom it could show what soaking shows.
            _ if tally.able() == 0 => Some(leave(rollout)),
            None => Some(Action::Settle),
            Some(at) if now >= at + soak => Some(leave(rollout)),
            Some(_) => None,
        }
    });
    offers.into_iter().chain(next).collect()
}

fn leave(rollout: &Rollout) -> Action {
    let ring = rollout.ring + 1;
    if ring < rollout.plan.rings.len() {
        Action::Open { ring }
    } else {
        Action::Complete
    }
}

/// One ring that does not do well is enough, also one that was left.
fn halt(rollout: &Rollout, hosts: &[Host]) -> Option<Action> {
    (0..=rollout.ring).find_map(|ring| {
        let tally = tally(rollout, hosts, ring);
        let alarm = rollout.plan.gates.judge(&tally)?;
        Some(Action::Halt { ring, alarm })
    })
}

fn tally(rollout: &Rollout, hosts: &[Host], ring: usize) -> Tally {
    let of = |host: &&Host| rollout.plan.ring_of(host) == ring;
    Tally::of(rollout, hosts.iter().filter(of))
}

/// The offer for those up to this ring who have neither it nor the bundle.
fn offers(rollout: &Rollout, hosts: &[Host], ring: usize) -> Option<Action> {
    let offer = Offer {
        bundle: rollout.bundle,
        trial: rollout.state == State::WhatIf,
        order: rollout.order,
    };
    let lacks = |host: &&Host| {
        stage(rollout, host) != Stage::InForce
            && host.offered != Some(offer)
            && rises(host, offer)
            && rollout.plan.ring_of(host) <= ring
    };
    offered(offer, hosts.iter().filter(lacks))
}

fn withdraw(rollout: &Rollout, hosts: &[Host]) -> Option<Action> {
    let open = |host: &&Host| {
        host.offered
            .is_some_and(|offer| offer.bundle == rollout.bundle)
            && host.in_force != Some(rollout.bundle)
    };
    let hosts: Vec<_> = hosts.iter().filter(open).map(|host| host.host_no).collect();
    (!hosts.is_empty()).then_some(Action::Withdraw { hosts })
}

/// All at once, who has the bundle or may be about to have it; also who tells so only now.
fn back(rollout: &Rollout, hosts: &[Host]) -> Vec<Action> {
    let Some(bundle) = rollout.back else {
        return Vec::new();
    };
    let offer = Offer {
        bundle,
        trial: false,
        order: rollout.order,
    };
    let has = |host: &Host| host.in_force == Some(rollout.bundle);
    let may = |host: &Host| {
        let offered = |offer: Offer| offer.bundle == rollout.bundle && !offer.trial;
        has(host) || host.offered.is_some_and(offered)
    };
    let lacks = |host: &&Host| may(host) && host.offered != Some(offer) && rises(host, offer);
    let offers = offered(offer, hosts.iter().filter(lacks));
    let over = rollout.state == State::RollingBack
        && offers.is_none()
        && !hosts.iter().any(|host| host.heard && has(host));
    let over = over.then_some(Action::RolledBack);
    offers.into_iter().chain(over).collect()
}

fn offered<'a>(offer: Offer, hosts: impl Iterator<Item = &'a Host>) -> Option<Action> {
    let hosts: Vec<_> = hosts.map(|host| host.host_no).collect();
    (!hosts.is_empty()).then_some(Action::Offer { offer, hosts })
}

/// What a host is offered never falls: a serial that does would be refused.
fn rises(host: &Host, offer: Offer) -> bool {
    let known = host.offered.map_or(0, |offer| offer.bundle.serial);
    offer.bundle.serial >= known
}
