//! Rollouts of fleets that are made up.

use chrono::{DateTime, TimeDelta, Utc};
use proptest::prelude::*;
use shared::{
    id::HostId,
    wire::{ContentRefusal, OfferStage, Trial},
};
use uuid::Uuid;

use super::*;

const OLD: Bundle = Bundle {
    serial: 1,
    manifest: [1; 32],
};
const NEW: Bundle = Bundle {
    serial: 2,
    manifest: [2; 32],
};
const AGAIN: Bundle = Bundle {
    serial: 3,
    manifest: [3; 32],
};
const GROUP: Uuid = Uuid::from_u128(7);

fn start() -> DateTime<Utc> {
    "2026-03-03T14:00:00Z".parse().unwrap()
}

/// A canary group, a fifth, all; each soaks for a minute.
fn plan() -> Plan {
    let ring = |name: &str, hosts| Ring {
        name: name.into(),
        hosts,
        soak_s: 60,
        took_percent: 90,
    };
    Plan {
        rings: vec![
            ring("canary", Members::Group(GROUP)),
            ring("early", Members::Percent(20)),
            ring("all", Members::Percent(100)),
        ],
        gates: Gates {
            least_hosts: 5,
            refused_percent: 10,
            ..Gates::default()
        },
    }
}

fn rollout(state: State) -> Rollout {
    Rollout {
        bundle: NEW,
        plan: plan(),
        state,
        order: Uuid::from_u128(1),
        ring: 0,
        settled_at: None,
        back: None,
    }
}

/// Hosts with the old bundle; each tenth is of the group.
fn fleet(size: u32) -> Vec<Host> {
    let host = |n: u32| Host {
        host_no: i32::try_from(n).unwrap(),
        id: HostId(Uuid::from_u128(n.into())),
        groups: n.is_multiple_of(10).then_some(GROUP).into_iter().collect(),
        heard: true,
        offered: None,
        in_force: Some(OLD),
        outcome: None,
    };
    (0..size).map(host).collect()
}

/// What a host makes of what it is offered.
type Answer = fn(u32) -> OfferStage;
type Change<T> = fn(&mut T);

fn takes(_: u32) -> OfferStage {
    OfferStage::InForce
}

fn refuses(_: u32) -> OfferStage {
    OfferStage::Refused(ContentRefusal::Errors)
}

/// A collector that does what is to be done, and hosts that answer.
struct World {
    rollout: Rollout,
    hosts: Vec<Host>,
    now: DateTime<Utc>,
    /// What was done.
    done: Vec<Action>,
    /// What each trial finds.
    trial: Trial,
}

impl World {
    fn new(state: State, hosts: Vec<Host>) -> Self {
        let trial = Trial {
            results: 100,
            cpu_ms: 100,
            ..Trial::default()
        };
        Self {
            rollout: rollout(state),
            hosts,
            now: start(),
            done: Vec::new(),
            trial,
        }
    }

    /// Steps until there is nothing to do. Returns what was done.
    fn settle(&mut self) -> Vec<Action> {
        let mut all = Vec::new();
        loop {
            let actions = step(&self.rollout, &self.hosts, self.now);
            if actions.is_empty() {
                self.done.extend(all.clone());
                return all;
            }
            assert!(all.len() < 100, "it does not come to an end: {actions:?}");
            for action in actions {
                self.apply(&action);
                all.push(action);
            }
        }
    }

    fn apply(&mut self, action: &Action) {
        let rollout = &mut self.rollout;
        match action {
            Action::Offer { offer, hosts } => self.offer(hosts, Some(*offer)),
            Action::Withdraw { hosts } => self.offer(hosts, None),
            Action::Settle => rollout.settled_at = Some(self.now),
            Action::Open { ring } => {
                rollout.ring = *ring;
                rollout.settled_at = None;
            }
            Action::Halt { .. } => rollout.state = State::Halted,
            Action::Complete => rollout.state = State::Completed,
            Action::RolledBack => rollout.state = State::RolledBack,
        }
    }

    fn offer(&mut self, hosts: &[i32], offer: Option<Offer>) {
        let hosts = self
            .hosts
            .iter_mut()
            .filter(|host| hosts.contains(&host.host_no));
        hosts.for_each(|host| host.offered = offer);
    }

    /// Hosts with an offer that they have not answered do.
    fn answer(&mut self, answer: Answer) {
        let trial = self.trial.clone();
        for host in &mut self.hosts {
            let Some(offer) = host.offered else { continue };
            if host
                .outcome
                .as_ref()
                .is_some_and(|o| o.order == offer.order)
            {
                continue;
            }
            let stage = match (offer.trial, answer(host.host_no.unsigned_abs())) {
                (true, OfferStage::InForce) => OfferStage::Tried,
                (_, stage) => stage,
            };
            if stage == OfferStage::InForce {
                host.in_force = Some(offer.bundle);
            }
            host.outcome = Some(Outcome {
                order: offer.order,
                stage,
                trial: Some(trial.clone()),
            });
        }
    }

    fn pass(&mut self, seconds: i64) {
        self.now += TimeDelta::seconds(seconds);
    }

    fn offered(&self) -> usize {
        let hosts = self.hosts.iter();
        hosts.filter(|host| host.offered.is_some()).count()
    }

    fn tally(&self) -> Tally {
        Tally::of(&self.rollout, &self.hosts)
    }

    fn alarm(&self) -> Option<Gate> {
        self.done.iter().find_map(|action| match action {
            Action::Halt { alarm, .. } => Some(alarm.gate),
            _ => None,
        })
    }
}

#[test]
fn a_good_bundle_comes_to_everybody_ring_by_ring() {
    let mut world = World::new(State::Running, fleet(200));
    world.settle();
    assert_eq!(world.offered(), 20, "the canaries alone");
    world.answer(takes);
    assert_eq!(world.settle(), [Action::Settle]);
    world.pass(59);
    assert_eq!(world.settle(), [], "it soaks");
    world.pass(1);
    world.settle();
    let early = world.offered();
    assert!((40..80).contains(&early), "{early}");
    world.answer(takes);
    world.settle();
    world.pass(60);
    world.settle();
    assert_eq!(world.offered(), 200);
    world.answer(takes);
    world.settle();
    world.pass(60);
    world.settle();
    assert_eq!(world.rollout.state, State::Completed);
    assert_eq!(world.tally().in_force, 200);
}

#[test]
fn a_bundle_that_canaries_refuse_halts_and_nobody_else_hears_of_it() {
    let mut world = World::new(State::Running, fleet(200));
    world.settle();
    world.answer(|n| if n % 20 == 0 { refuses(n) } else { takes(n) });
    world.settle();
    assert_eq!(world.rollout.state, State::Halted);
    assert_eq!(world.alarm(), Some(Gate::Refused));
    world.pass(3600);
    assert_eq!(world.settle(), []);
    let offered = world.hosts.iter().filter(|host| host.offered.is_some());
    assert!(offered.clone().all(|host| host.in_force == Some(NEW)));
    assert_eq!(offered.count(), 10, "what was not taken is withdrawn");
}

#[test]
fn each_gate_halts_by_itself() {
    let cases: [(Gate, Change<Trial>, Answer); 5] = [
        (Gate::Refused, |_| (), refuses),
        (Gate::Returned, |_| (), |_| OfferStage::Returned),
        (Gate::Errors, |trial| trial.errors = 3, takes),
        (Gate::Cpu, |trial| trial.cpu_ms = 6000, takes),
        (Gate::Swing, |trial| trial.turning = 21, takes),
    ];
    for (gate, change, answer) in cases {
        let mut world = World::new(State::Running, fleet(200));
        change(&mut world.trial);
        world.settle();
        world.answer(answer);
        world.settle();
        assert_eq!(world.alarm(), Some(gate), "{:?}", world.done);
        assert_eq!(world.rollout.state, State::Halted);
    }
}

#[test]
fn a_few_answers_neither_open_the_next_ring_nor_speak_for_the_mean() {
    let mut world = World::new(State::Running, fleet(200));
    world.rollout.plan.rings[0].took_percent = 1;
    world.trial.turning = 100;
    world.settle();
    world.answer(|n| if n < 40 { takes(n) } else { OfferStage::Trying });
    for host in &mut world.hosts {
        if let Some(outcome) = host.outcome.as_mut().filter(|_| host.host_no >= 40) {
            outcome.trial = None;
        }
    }
    assert_eq!(world.settle(), [], "four of five hosts");
}

#[test]
fn a_ring_that_was_left_halts_it_as_well() {
    let mut world = World::new(State::Running, fleet(200));
    world.settle();
    world.answer(takes);
    world.settle();
    world.pass(60);
    world.settle();
    assert_eq!(world.rollout.ring, 1);
    for host in world.hosts.iter_mut().filter(|host| host.host_no < 30) {
        if let (Some(outcome), false) = (&mut host.outcome, host.groups.is_empty()) {
            (outcome.stage, host.in_force) = (OfferStage::Returned, Some(OLD));
        }
    }
    world.settle();
    let halted = world.done.iter().rev().find_map(|action| match action {
        Action::Halt { ring, alarm } => Some((*ring, alarm.gate)),
        _ => None,
    });
    assert_eq!(halted, Some((0, Gate::Returned)));
}

#[test]
fn just_what_a_gate_allows_goes_through() {
    let mut world = World::new(State::Running, fleet(200));
    (world.trial.errors, world.trial.errors_before) = (9, 7);
    (world.trial.cpu_ms, world.trial.turning) = (5000, 20);
    world.settle();
    // Two of twenty are a tenth.
    world.answer(|n| if n < 20 { refuses(n) } else { takes(n) });
    assert_eq!(world.settle(), [Action::Settle]);
}

#[test]
fn errors_that_were_there_before_are_not_counted() {
    let mut world = World::new(State::Running, fleet(200));
    (world.trial.errors, world.trial.errors_before) = (40, 40);
    world.settle();
    world.answer(takes);
    assert_eq!(world.settle(), [Action::Settle]);
}

#[test]
fn the_first_refusals_of_a_large_ring_do_not_weigh_as_if_they_were_all() {
    let mut world = World::new(State::Running, fleet(2000));
    world.settle();
    world.answer(|n| {
        if n < 20 {
            refuses(n)
        } else {
            OfferStage::Fetching
        }
    });
    assert_eq!(world.settle(), [], "two refuse, and two hundred were asked");
}

#[test]
fn a_ring_waits_for_its_hosts_but_not_for_those_that_are_away() {
    let mut hosts = fleet(200);
    for host in &mut hosts {
        host.heard = host.host_no % 20 == 0;
    }
    let mut world = World::new(State::Running, hosts);
    world.settle();
    world.answer(|n| match n % 20 {
        0 if n < 40 => OfferStage::Trying,
        0 => OfferStage::InForce,
        _ => OfferStage::Fetching,
    });
    for host in &mut world.hosts {
        if !host.heard {
            host.outcome = None;
        }
    }
    assert_eq!(world.settle(), [], "eight of ten");
    world.hosts.iter_mut().for_each(|host| {
        if host.heard && host.offered.is_some() {
            host.in_force = Some(NEW);
        }
    });
    assert_eq!(world.settle(), [Action::Settle], "ten of ten; ten are away");
    let canaries = world.hosts.iter().filter(|host| !host.groups.is_empty());
    let tally = Tally::of(&world.rollout, canaries);
    assert_eq!((tally.hosts, tally.silent, tally.able()), (20, 10, 10));
}

#[test]
fn a_ring_without_hosts_is_left_at_once() {
    let mut hosts = fleet(50);
    hosts.iter_mut().for_each(|host| host.groups.clear());
    let mut world = World::new(State::Running, hosts);
    let done = world.settle();
    assert_eq!(done[0], Action::Open { ring: 1 });
    assert!(world.offered() > 0 && world.offered() < 50);
}

#[test]
fn hosts_whose_administrators_take_no_offers_hold_nobody_up_and_are_no_refusal() {
    let mut world = World::new(State::Running, fleet(200));
    world.settle();
    world.answer(|n| match n {
        0..100 => OfferStage::Refused(ContentRefusal::Switched),
        _ => OfferStage::InForce,
    });
    assert_eq!(world.settle(), [Action::Settle]);
}

#[test]
fn a_trial_comes_in_force_nowhere_and_stays_in_the_first_ring() {
    let mut world = World::new(State::WhatIf, fleet(200));
    world.trial.turning = 100;
    world.settle();
    world.answer(takes);
    world.pass(1_000_000);
    assert_eq!(world.settle(), []);
    assert_eq!((world.offered(), world.tally().tried), (20, 20));
    assert!(world.hosts.iter().all(|host| host.in_force == Some(OLD)));
    // Started, the same hosts are offered it anew.
    world.rollout.state = State::Running;
    world.rollout.order = Uuid::from_u128(2);
    world.trial.turning = 0;
    world.settle();
    world.answer(takes);
    assert_eq!(world.tally().in_force, 20);
}

#[test]
fn one_that_is_paused_offers_nothing_and_halts_when_it_goes_wrong() {
    let mut world = World::new(State::Running, fleet(200));
    world.settle();
    world.rollout.state = State::Paused;
    world.hosts.push(Host {
        host_no: 1000,
        groups: vec![GROUP],
        ..world.hosts[0].clone()
    });
    world.hosts[200].offered = None;
    world.answer(|_| OfferStage::Fetching);
    world.pass(1000);
    assert_eq!(world.settle(), []);
    for host in &mut world.hosts {
        host.outcome = None;
    }
    world.answer(refuses);
    world.settle();
    assert_eq!(world.rollout.state, State::Halted);
}

#[test]
fn one_that_is_resumed_asks_those_again_who_refused() {
    let mut world = World::new(State::Running, fleet(200));
    world.settle();
    world.answer(|n| if n < 100 { refuses(n) } else { takes(n) });
    world.settle();
    assert_eq!(world.rollout.state, State::Halted);
    world.rollout.state = State::Running;
    world.rollout.order = Uuid::from_u128(2);
    world.settle();
    let asked = world.hosts.iter().filter_map(|host| host.offered);
    let asked = asked.filter(|offer| offer.order == Uuid::from_u128(2));
    assert_eq!(asked.count(), 10, "and not those who have it");
    world.answer(takes);
    assert_eq!(world.settle(), [Action::Settle]);
}

#[test]
fn rolled_back_it_goes_to_all_who_have_it_or_may_have_it_and_to_nobody_else() {
    let mut world = World::new(State::Running, fleet(200));
    world.settle();
    world.answer(|n| {
        if n < 100 {
            OfferStage::Fetching
        } else {
            takes(n)
        }
    });
    world.rollout.state = State::RollingBack;
    world.rollout.back = Some(AGAIN);
    world.rollout.order = Uuid::from_u128(2);
    world.hosts[190].heard = false;
    world.settle();
    let again = |host: &&Host| host.offered.is_some_and(|offer| offer.bundle == AGAIN);
    let asked = world.hosts.iter().filter(again);
    assert!(asked.clone().all(|host| !host.groups.is_empty()));
    assert_eq!(asked.count(), 20, "also those who were still fetching");
    assert_eq!(world.rollout.state, State::RollingBack);
    for host in world.hosts.iter_mut().filter(|host| host.heard) {
        if host.offered.is_some() {
            host.in_force = Some(AGAIN);
        }
    }
    world.settle();
    assert_eq!(world.rollout.state, State::RolledBack, "one is away");
    // One that took it without saying so comes back.
    world.hosts[1].in_force = Some(NEW);
    world.settle();
    let offer = world.hosts[1].offered.unwrap();
    assert_eq!((offer.bundle, offer.trial), (AGAIN, false));
}

#[test]
fn a_host_is_never_offered_less_than_before() {
    let mut hosts = fleet(50);
    hosts[0].offered = Some(Offer {
        bundle: AGAIN,
        trial: false,
        order: Uuid::from_u128(9),
    });
    hosts[10].in_force = Some(AGAIN);
    let mut world = World::new(State::Running, hosts);
    world.settle();
    assert_eq!(world.hosts[0].offered.unwrap().bundle, AGAIN);
    assert_eq!(world.hosts[10].offered, None);
    assert!(world.hosts[20].offered.is_some());
}

#[test]
fn plans_that_make_no_sense_are_refused() {
    let cases: [(PlanError, Change<Plan>); 11] = [
        (PlanError::Rings(0), |plan| plan.rings.clear()),
        (PlanError::Rings(17), |plan| {
            plan.rings = vec![plan.rings[0].clone(); 17];
        }),
        (PlanError::Name(2), |plan| plan.rings[1].name.clear()),
        (PlanError::Twice("canary".into()), |plan| {
            plan.rings[1].name = "canary".into();
        }),
        (PlanError::Soak("all".into()), |plan| {
            plan.rings[2].soak_s = u32::MAX;
        }),
        (PlanError::Percent("early".into()), |plan| {
            plan.rings[1].hosts = Members::Percent(0);
        }),
        (PlanError::Percent("canary".into()), |plan| {
            plan.rings[0].took_percent = 101;
        }),
        (PlanError::Falls("early".into()), |plan| {
            plan.rings[0].hosts = Members::Percent(20);
        }),
        (PlanError::Rest("early".into()), |plan| {
            plan.rings.pop();
        }),
        (PlanError::LeastHosts, |plan| plan.gates.least_hosts = 0),
        (PlanError::Gate("swing_percent"), |plan| {
            plan.gates.swing_percent = 101;
        }),
    ];
    assert_eq!(plan().check(), Ok(()));
    assert_eq!(Plan::default().check(), Ok(()));
    assert_eq!(Plan::at_once().check(), Ok(()));
    for (error, spoil) in cases {
        let mut plan = plan();
        spoil(&mut plan);
        assert_eq!(plan.check(), Err(error));
    }
}

#[test]
fn commands_are_for_rollouts_that_stand_so() {
    use {Command::*, State::*};
    let all = [
        WhatIf,
        State::Running,
        Paused,
        Halted,
        Completed,
        RollingBack,
        RolledBack,
    ];
    let table: [(Command, &[(State, State)]); 5] = [
        (Start, &[(WhatIf, Running)]),
        (Pause, &[(Running, Paused)]),
        (Resume, &[(Paused, Running), (Halted, Running)]),
        (
            Halt,
            &[(WhatIf, Halted), (Running, Halted), (Paused, Halted)],
        ),
        (
            RollBack,
            &[
                (Running, RollingBack),
                (Paused, RollingBack),
                (Halted, RollingBack),
                (Completed, RollingBack),
            ],
        ),
    ];
    for (command, fits) in table {
        for state in all {
            let after = fits.iter().find(|(from, _)| *from == state);
            let after = after.map(|(_, to)| *to);
            assert_eq!(command.on(state, true).ok(), after, "{command:?} {state:?}");
        }
    }
    assert!(Resume.on(Halted, false).is_err() && RollBack.on(Halted, false).is_err());
    for state in all {
        assert_eq!(State::named(state.name()), Some(state));
        let json = serde_json::to_value(state).unwrap();
        assert_eq!(json, state.name());
    }
}

fn stages() -> impl Strategy<Value = OfferStage> {
    prop_oneof![
        8 => Just(OfferStage::InForce),
        2 => Just(OfferStage::Fetching),
        1 => Just(OfferStage::Returned),
        1 => Just(OfferStage::Refused(ContentRefusal::Errors)),
        1 => Just(OfferStage::Refused(ContentRefusal::Switched)),
    ]
}

/// What hosts answer in each round, whether somebody interferes, and how much time passes.
fn rounds() -> impl Strategy<Value = Vec<(Vec<Option<OfferStage>>, Option<Command>, i64)>> {
    let answers = prop::collection::vec(prop::option::of(stages()), 60);
    let command = prop::option::weighted(
        0.3,
        prop_oneof![
            Just(Command::Pause),
            Just(Command::Resume),
            Just(Command::Halt),
            Just(Command::RollBack),
        ],
    );
    prop::collection::vec((answers, command, 0_i64..100), 1..20)
}

proptest! {
    #[test]
    fn every_host_is_in_one_ring_and_stays_there(
        ids in prop::collection::vec(any::<u128>(), 1..50), canary in 1_u8..50, early in 50_u8..100,
    ) {
        let mut plan = plan();
        plan.rings[0].hosts = Members::Percent(canary);
        plan.rings[1].hosts = Members::Percent(early);
        let mut wider = plan.clone();
        wider.rings[0].hosts = Members::Percent(canary + 1);
        wider.rings[1].hosts = Members::Percent(early.max(canary + 2));
        for id in ids {
            let host = Host { id: HostId(Uuid::from_u128(id)), ..fleet(1).remove(0) };
            let ring = plan.ring_of(&host);
            prop_assert!(ring < plan.rings.len());
            prop_assert_eq!(ring, plan.ring_of(&host.clone()));
            prop_assert!(wider.ring_of(&host) <= ring, "a wider ring has those of the narrower");
        }
    }

    #[test]
    fn whatever_hosts_answer_and_people_do_no_ring_is_opened_before_the_one_before_does_well(
        rounds in rounds(),
    ) {
        let mut world = World::new(State::Running, fleet(60));
        let mut orders = 10_u128;
        for (answers, command, seconds) in rounds {
            let (ring, state, before) = (world.rollout.ring, world.rollout.state, world.offered());
            let stood: Vec<_> = (0..3).map(|ring| {
                let of = |host: &&Host| world.rollout.plan.ring_of(host) == ring;
                Tally::of(&world.rollout, world.hosts.iter().filter(of))
            }).collect();
            let (mut opened, mut settled) = (ring, world.rollout.settled_at);
            let done = world.settle();
            for action in &done {
                match action {
                    Action::Offer { offer, hosts } => {
                        prop_assert!(!matches!(state, State::Paused | State::Halted | State::Completed));
                        for host in hosts {
                            let host = world.hosts.iter().find(|h| h.host_no == *host).unwrap();
                            prop_assert!(world.rollout.plan.ring_of(host) <= world.rollout.ring);
                            prop_assert!(host.in_force.unwrap().serial < offer.bundle.serial);
                        }
                    }
                    Action::Open { ring: next } => {
                        prop_assert_eq!((state, *next), (State::Running, opened + 1));
                        opened += 1;
                        let (plan, left) = (&world.rollout.plan, next - 1);
                        let soaked = settled.take().is_some_and(|at| {
                            world.now >= at + TimeDelta::seconds(60)
                        });
                        let took = soaked && plan.gates.settled(&plan.rings[left], &stood[left]);
                        prop_assert!(took || stood[left].able() == 0);
                        let does_well = |tally: &Tally| plan.gates.judge(tally).is_none();
                        prop_assert!(stood[..*next].iter().all(does_well));
                    }
                    _ => {}
                }
            }
            prop_assert!(world.rollout.ring >= ring);
            if matches!(state, State::Paused | State::Halted) {
                prop_assert!(world.offered() <= before);
            }
            for (host, answer) in world.hosts.iter_mut().zip(answers) {
                let (Some(offer), Some(stage)) = (host.offered, answer) else { continue };
                if stage == OfferStage::InForce {
                    host.in_force = Some(offer.bundle);
                }
                host.outcome = Some(Outcome { order: offer.order, stage, trial: None });
            }
            world.pass(seconds);
            let Some(command) = command else { continue };
            let Ok(after) = command.on(world.rollout.state, true) else { continue };
            if command == Command::RollBack {
                world.rollout.back = Some(AGAIN);
            }
            if command != Command::Pause && world.rollout.state != State::Paused {
                orders += 1;
                world.rollout.order = Uuid::from_u128(orders);
            }
            world.rollout.state = after;
        }
    }
}
