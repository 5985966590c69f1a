//! Hosts that answer offers: each has a key, a certificate and a connection of its own, and takes, tries
//! or refuses what it is offered without a file of it.

use std::{
    collections::{BTreeMap, HashMap},
    sync::{Arc, Mutex},
};

use futures_util::{StreamExt as _, stream};
use shared::{
    clock::SystemClock,
    wire::{
        AgentMessage, CollectorMessage, ContentState, InForceBundle, Offer, OfferOutcome,
        OfferStage, Previous, Run, Trial,
    },
};
use support::{RawHost, TestCollector, until};
use tokio::task::JoinSet;

/// When bundles expire, in 2033.
const EXPIRES: i64 = 2_000_000_000_000_000;

/// What a host makes of an offer.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Answer {
    /// It comes in force.
    Takes,
    /// What it says of it.
    Is(OfferStage),
}

/// Hosts that are connected.
pub(crate) struct Fleet {
    shared: Arc<Shared>,
    tasks: JoinSet<()>,
}

/// What a host makes of an offer, by how many were offered that before it.
type Answers = fn(usize) -> Answer;

#[derive(Default)]
struct Shared {
    /// By serial; what is not there is taken.
    answers: Mutex<HashMap<u64, Answers>>,
    /// The serials that each host was offered.
    offered: Mutex<BTreeMap<usize, Vec<u64>>>,
    in_force: Mutex<BTreeMap<usize, u64>>,
}

impl Fleet {
    /// Enrols hosts and connects them, with what was installed with their agents.
    pub(crate) async fn connect(collector: &TestCollector, hosts: usize) -> Self {
        let uses = u32::try_from(hosts).unwrap();
        let token = collector.api.token(uses).await;
        let address = collector.server().agents();
        let heard = async || {
            let content = collector.api.get("/api/v1/content").await;
            content["bundles"][0]["hosts"].as_u64().unwrap_or_default()
        };
        let before = heard().await;
        let mut fleet = Self {
            shared: Arc::default(),
            tasks: JoinSet::new(),
        };
        let enrolling = (0..hosts).map(|number| {
            let token = token.clone();
            async move {
                let host = RawHost::enrol_with(address, &token, SystemClock::shared());
                (number, host.await.expect("an enrolment"))
            }
        });
        let mut enrolled = stream::iter(enrolling).buffer_unordered(32);
        while let Some((number, host)) = enrolled.next().await {
            let shared = fleet.shared.clone();
            fleet
                .tasks
                .spawn(async move { shared.live(number, &host).await });
        }
        // A rollout waits for nobody of whom nothing was heard yet.
        until("every host has said what it has", async || {
            let heard = heard().await;
            let all = heard == before + hosts as u64;
            all.then_some(()).ok_or(heard)
        })
        .await;
        fleet
    }

    /// Has hosts answer the offer of this serial so. Before, they take what they are offered.
    pub(crate) fn answer(&self, serial: u64, answer: Answers) {
        self.shared.answers.lock().unwrap().insert(serial, answer);
    }

    /// The hosts that were offered this serial.
    pub(crate) fn offered(&self, serial: u64) -> Vec<usize> {
        let offered = self.shared.offered.lock().unwrap();
        let hosts = offered
            .iter()
            .filter(|(_, serials)| serials.contains(&serial));
        hosts.map(|(number, _)| *number).collect()
    }

    /// The hosts that have this serial.
    pub(crate) fn in_force(&self, serial: u64) -> Vec<usize> {
        let in_force = self.shared.in_force.lock().unwrap();
        let hosts = in_force.iter().filter(|(_, has)| **has == serial);
        hosts.map(|(number, _)| *number).collect()
    }

    /// Disconnects all.
    pub(crate) async fn stop(mut self) {
        let ended = self.tasks.try_join_next();
        assert!(ended.is_none(), "a session has ended: {ended:?}");
        self.tasks.shutdown().await;
    }
}

impl Shared {
    /// A host's session, which answers offers until it is dropped.
    async fn live(&self, number: usize, host: &RawHost) {
        let mut line = host.session().await;
        line.say(&AgentMessage::Run(Run {
            process: [1; 16],
            started_at: 0,
            booted_at: None,
            previous: Previous::None,
            sent_at: 0,
        }))
        .await;
        let mut state = ContentState::default();
        line.say(&AgentMessage::Content(state.clone())).await;
        while let Some(message) = line.listen().await {
            if let CollectorMessage::Offer(offer) = message {
                self.take(number, &mut state, &offer);
                line.say(&AgentMessage::Content(state.clone())).await;
            }
        }
    }

    fn take(&self, number: usize, state: &mut ContentState, offer: &Offer) {
        let mut offered = self.offered.lock().unwrap();
        let before = offered
            .values()
            .filter(|serials| serials.contains(&offer.serial));
        let before = before.count();
        offered.entry(number).or_default().push(offer.serial);
        let answer = self.answers.lock().unwrap().get(&offer.serial).copied();
        let answer = answer.map_or(Answer::Takes, |answer| answer(before));
        let stage = match answer {
            Answer::Takes if offer.trial => OfferStage::Tried,
            Answer::Takes => OfferStage::InForce,
            Answer::Is(stage) => stage,
        };
        if stage == OfferStage::InForce {
            self.in_force.lock().unwrap().insert(number, offer.serial);
            state.in_force = Some(InForceBundle {
                serial: offer.serial,
                manifest: offer.manifest,
                created: 0,
                expires: EXPIRES,
                since: 0,
            });
        }
        state.offer = Some(OfferOutcome {
            order: offer.order,
            serial: offer.serial,
            manifest: offer.manifest,
            stage,
            trial: Some(Trial {
                results: 450,
                cpu_ms: 90,
                ..Trial::default()
            }),
            detail: String::new(),
        });
    }
}
