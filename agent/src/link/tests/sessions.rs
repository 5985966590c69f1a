use std::{sync::Arc, time::Duration};

use rcgen::KeyPair;
use rustls_pki_types::PrivatePkcs8KeyDer;
use shared::{
    chain::{self, Stand},
    clock::{ManualClock, SharedClock},
    fact::Fact,
    id::HostId,
    metric::{Minute, Reading},
    wire::{
        self, AgentMessage, Assignment, Body, CollectorMessage, Ending, Farewell, Opening,
        Previous, Record, Refusal, Resume, Seal,
    },
};
use tempfile::TempDir;
use tokio::{
    sync::{Notify, watch},
    task::JoinSet,
};
use tokio_util::sync::CancellationToken;

use super::{clock, collector::Collector, content, noon, within};
use crate::{
    assign::Assigner,
    bundle::{self, Bundles},
    control::{Controller, Policy},
    dial::{Traffic, Transport},
    host::Host,
    identity::{Identity, Machine},
    journal::Journal,
    link::{Link, LinkState, LinkStatus, Settings},
    metric::Lane,
    probe::Observation,
    rule::sets::Unknown,
    run::Life,
    state::StateDir,
};

/// A link that runs, and everything around it.
pub(super) struct World {
    pub(super) collector: Collector,
    journal: Arc<Journal>,
    status: watch::Receiver<LinkStatus>,
    identity: watch::Sender<Arc<Identity>>,
    renew: Arc<Notify>,
    reconciled: watch::Sender<u64>,
    lane: Arc<Lane>,
    traffic: Traffic,
    controller: Arc<Controller>,
    assigner: Arc<Assigner>,
    pub(super) bundles: Bundles,
    token: CancellationToken,
    running: JoinSet<()>,
    pub(super) clock: Arc<ManualClock>,
    pub(super) folder: TempDir,
}

/// What is set otherwise than for most.
pub(super) struct Setting {
    pub(super) in_flight_bytes: u64,
    pub(super) backoff_most: Duration,
    /// Whether bundles that the collector offers are taken.
    pub(super) offers: bool,
}

impl Default for Setting {
    fn default() -> Self {
        Self {
            in_flight_bytes: 4 << 20,
            backoff_most: Duration::from_millis(20),
            offers: true,
        }
    }
}

impl World {
    pub(super) fn new() -> Self {
        Self::set(Setting::default())
    }

    fn with(in_flight_bytes: u64, backoff_most: Duration) -> Self {
        Self::set(Setting {
            in_flight_bytes,
            backoff_most,
            ..Setting::default()
        })
    }

    pub(super) fn set(setting: Setting) -> Self {
        let Setting {
            in_flight_bytes,
            backoff_most,
            offers,
        } = setting;
        let folder = tempfile::tempdir().unwrap();
        let manual = clock();
        let clock: SharedClock = manual.clone();
        let collector = Collector::start(clock.clone());
        let identity = watch::Sender::new(Arc::new(identity(&collector)));
        let journal = Journal::open(folder.path(), 64 << 20, clock.clone()).unwrap();
        let journal = Arc::new(journal);
        let renew = Arc::new(Notify::new());
        let status = watch::Sender::new(LinkStatus::begin());
        let receiver = status.subscribe();
        let reconciled = watch::Sender::new(0);
        let (lane, traffic) = (Arc::new(Lane::new(10)), Traffic::default());
        let state = StateDir::at(folder.path());
        let host = Host::at(folder.path(), clock.clone());
        let life = Arc::new(Life::begin(host, state.clone(), "b").unwrap());
        let policy = Policy {
            accept_settings: true,
            ..Policy::default()
        };
        let controller = Arc::new(Controller::open(state.clone(), policy, ["os"]));
        let assigner = Arc::new(Assigner::open(state.clone(), true));
        let pinned = folder.path().join("root.json");
        std::fs::write(&pinned, content::root(1, 1, &[1]).document).unwrap();
        let policy = bundle::Policy {
            root: pinned,
            offers,
            installed: folder.path().join("installed"),
        };
        let bundles = Bundles::open(&state, policy, clock.clone());
        let link = Link {
            settings: Settings {
                in_flight_bytes,
                transport: Transport::default(),
                backoff_first: Duration::from_millis(1),
                backoff_most,
            },
            journal: journal.clone(),
            identity: identity.subscribe(),
            address: None,
            machine: Machine::read(&Host::at(folder.path(), clock.clone())),
            clock,
            renew: renew.clone(),
            status,
            position: journal.position(),
            reconciled: reconciled.subscribe(),
            lane: lane.clone(),
            traffic: traffic.clone(),
            life,
            controller: controller.clone(),
            assigner: assigner.clone(),
            bundles: bundles.clone(),
        };
        let token = CancellationToken::new();
        let mut running = JoinSet::new();
        running.spawn(link.run(token.clone()));
        Self {
            collector,
            journal,
            status: receiver,
            identity,
            renew,
            reconciled,
            lane,
            traffic,
            controller,
            assigner,
            bundles,
            token,
            running,
            clock: manual,
            folder,
        }
    }

    fn observe(&self, kind: &'static str, value: &str) {
        let fact = Fact {
            kind,
            key: "k".into(),
            value: value.into(),
        };
        let observation = Observation {
            kind,
            at: noon(),
            seen: Ok(vec![fact]),
        };
        self.journal.observe(&observation).unwrap();
    }

    async fn status(&mut self, what: &str, wanted: impl FnMut(&LinkStatus) -> bool) -> LinkStatus {
        within(what, self.status.wait_for(wanted))
            .await
            .unwrap()
            .clone()
    }

    async fn acknowledged(&self, seq: u64) {
        within("the acknowledgement is kept", async {
            while self.journal.summary().unwrap().acked_seq < seq {
                tokio::task::yield_now().await;
            }
        })
        .await;
    }
}

fn identity(collector: &Collector) -> Identity {
    let key = KeyPair::generate().unwrap();
    let request = rcgen::CertificateParams::default().serialize_request(&key);
    let issued = collector
        .authority
        .issue_now(HostId::new(), request.unwrap().der());
    Identity::new(
        &collector.address,
        issued.authority.into(),
        issued.certificate.into(),
        PrivatePkcs8KeyDer::from(key.serialize_der()),
    )
    .unwrap()
}

fn seqs(records: &[Record]) -> Vec<u64> {
    records.iter().map(|record| record.seq).collect()
}

#[tokio::test]
async fn what_is_observed_is_sent_and_forgotten_once_acknowledged() {
    let mut world = World::new();
    world.observe("os", "{}");
    let mut session = world.collector.session().await;
    let hello = session.hello().clone();
    assert_eq!((hello.last_seq, hello.kinds.len()), (2, 1));
    assert_eq!(hello.host, world.identity.borrow().host);
    session.welcome(Resume::After(0)).await;
    assert_eq!(seqs(&session.records_to(2).await), [1, 2]);
    session.say(&CollectorMessage::Ack(2)).await;
    world.observe("os", "{\"a\":1}");
    assert_eq!(seqs(&session.records_to(3).await), [3]);
    session.say(&CollectorMessage::Ack(3)).await;
    world.acknowledged(3).await;
    let status = world.status("connected", |s| s.is_connected()).await;
    assert_eq!(status.clock_ahead_ms, Some(0));
}

#[tokio::test]
async fn after_a_break_exactly_what_was_not_acknowledged_is_sent_again() {
    let world = World::new();
    for n in 0..4 {
        world.observe("os", &format!("{{\"n\":{n}}}"));
    }
    let mut session = world.collector.session().await;
    session.welcome(Resume::After(0)).await;
    assert_eq!(seqs(&session.records_to(5).await), [1, 2, 3, 4, 5]);
    session.say(&CollectorMessage::Ack(3)).await;
    world.acknowledged(3).await;
    session.connection.close(1_u8.into(), b"pulled");
    let mut session = world.collector.session().await;
    assert_eq!(session.hello().last_seq, 5);
    session.welcome(Resume::After(3)).await;
    assert_eq!(seqs(&session.records_to(5).await), [4, 5]);
}

#[tokio::test]
async fn a_kind_that_is_asked_for_comes_whole() {
    let world = World::new();
    world.observe("os", "{}");
    let mut session = world.collector.session().await;
    session.welcome(Resume::After(0)).await;
    session.records_to(2).await;
    session.say(&CollectorMessage::Ack(2)).await;
    let kinds = vec!["os".to_owned(), "unheard_of".to_owned()];
    session.say(&CollectorMessage::Refresh(kinds)).await;
    let records = session.records_to(3).await;
    assert!(matches!(&records[0].body, Body::Snapshot(s) if s.kind == "os" && s.last));
}

#[tokio::test]
async fn a_new_epoch_begins_at_one_with_everything_whole() {
    let world = World::new();
    world.observe("os", "{}");
    let mut session = world.collector.session().await;
    let first = session.hello().epoch;
    session.welcome(Resume::NewEpoch).await;
    let mut session = world.collector.session().await;
    assert_ne!(session.hello().epoch, first);
    session.welcome(Resume::After(0)).await;
    let records = session.records_to(2).await;
    assert_eq!(seqs(&records), [1, 2]);
    assert!(matches!(records[0].body, Body::Snapshot(_)));
}

#[tokio::test]
async fn an_epoch_that_begins_under_a_session_ends_it() {
    let world = World::new();
    world.observe("os", "{}");
    let mut session = world.collector.session().await;
    session.welcome(Resume::After(0)).await;
    session.records_to(2).await;
    world.journal.new_epoch(noon()).unwrap();
    within("the agent leaves", session.connection.closed()).await;
    let again = world.collector.session().await;
    assert_ne!(again.hello().epoch, session.hello().epoch);
}

#[tokio::test]
async fn a_snapshot_larger_than_the_window_is_sent_to_its_end() {
    let world = World::with(1, Duration::from_millis(20));
    let value = format!("{{\"a\":\"{}\"}}", "x".repeat(60_000));
    let fact = |n: u32| Fact {
        kind: "package",
        key: format!("{n:02}"),
        value: value.clone(),
    };
    let observation = Observation {
        kind: "package",
        at: noon(),
        seen: Ok((0..20).map(fact).collect()),
    };
    world.journal.observe(&observation).unwrap();
    let last_part = world.journal.position().borrow().last_seq - 1;
    assert!(last_part > 4, "in {last_part} parts");
    let mut session = world.collector.session().await;
    session.welcome(Resume::After(0)).await;
    session.records_to(last_part).await;
}

#[tokio::test]
async fn no_more_is_under_way_than_the_window_holds() {
    let world = World::with(1, Duration::from_millis(20));
    world.observe("os", "{}");
    let mut session = world.collector.session().await;
    session.welcome(Resume::After(0)).await;
    session.records_to(2).await;
    world.observe("os", "{\"a\":1}");
    session.say(&CollectorMessage::Refresh(Vec::new())).await;
    session.say(&CollectorMessage::Ack(1)).await;
    world.acknowledged(1).await;
    session.say(&CollectorMessage::Ack(2)).await;
    assert_eq!(seqs(&session.records_to(3).await), [3]);
}

#[tokio::test]
async fn an_acknowledgement_of_what_was_never_sent_ends_the_session() {
    let mut world = World::new();
    let mut session = world.collector.session().await;
    session.welcome(Resume::After(0)).await;
    session.say(&CollectorMessage::Ack(9)).await;
    within("the agent leaves", session.connection.closed()).await;
    let status = world.status("an error", |s| s.last_error.is_some()).await;
    assert!(status.last_error.unwrap().message.contains("record 9"));
}

#[tokio::test]
async fn a_refusal_is_said_and_tried_again() {
    let mut world = World::new();
    let session = world.collector.session().await;
    session.refuse(Refusal::Busy, None).await;
    let mut session = world.collector.session().await;
    session.welcome(Resume::After(0)).await;
    let status = world.status("connected", |s| s.is_connected()).await;
    let message = status.last_error.unwrap().message;
    assert!(message.contains("the test says no"), "{message}");
}

#[tokio::test]
async fn a_revoked_host_waits_long_and_a_busy_collector_names_the_wait() {
    for (reason, retry_after_ms, wait) in [
        (Refusal::HostRevoked, None, 300_000),
        (Refusal::HostQuarantined, None, 300_000),
        (Refusal::Busy, Some(7_000_000), 3_600_000),
        (Refusal::Busy, Some(2_000_000), 2_000_000),
    ] {
        let mut world = World::with(4 << 20, Duration::from_secs(300));
        let session = world.collector.session().await;
        session.refuse(reason, retry_after_ms).await;
        let waiting = |s: &LinkStatus| matches!(s.state, LinkState::Waiting { .. });
        let LinkState::Waiting { until } = world.status("waiting", waiting).await.state else {
            unreachable!();
        };
        assert_eq!((until - noon()).num_milliseconds(), wait, "{reason:?}");
    }
}

#[tokio::test]
async fn an_expired_certificate_asks_for_renewal_and_a_new_one_connects_at_once() {
    let world = World::with(4 << 20, Duration::from_secs(300));
    let session = world.collector.session().await;
    session
        .refuse(Refusal::CertificateExpired, Some(3_600_000))
        .await;
    within("renewal is asked for", world.renew.notified()).await;
    world
        .identity
        .send_replace(Arc::new(identity(&world.collector)));
    let session = world.collector.session().await;
    assert_eq!(session.hello().host, world.identity.borrow().host);
}

#[tokio::test]
async fn a_new_certificate_is_used_without_waiting_for_a_break() {
    let world = World::new();
    let mut session = world.collector.session().await;
    session.welcome(Resume::After(0)).await;
    world
        .identity
        .send_replace(Arc::new(identity(&world.collector)));
    let again = world.collector.session().await;
    assert_ne!(again.hello().host, session.hello().host);
}

#[tokio::test]
async fn a_host_whose_clock_is_ahead_sees_by_how_much() {
    let mut world = World::new();
    let mut session = world.collector.session().await;
    world.clock.advance(chrono::TimeDelta::seconds(90));
    session.welcome(Resume::After(0)).await;
    let status = world.status("connected", |s| s.is_connected()).await;
    assert_eq!(status.clock_ahead_ms, Some(90_000));
}

#[tokio::test]
async fn asked_to_stop_it_says_goodbye_after_what_it_sent() {
    let mut world = World::new();
    world.observe("os", "{}");
    let mut session = world.collector.session().await;
    session.welcome(Resume::After(0)).await;
    session.records_to(2).await;
    world.token.cancel();
    assert_eq!(session.records().await, None);
    within("the link returns", world.running.join_next()).await;
    let reason = session.connection.closed().await;
    assert!(matches!(
        reason,
        quinn::ConnectionError::ApplicationClosed(close) if close.reason.as_ref() == b"stopping"
    ));
}

#[tokio::test]
async fn an_agent_that_is_asked_to_stop_while_it_waits_stops_at_once() {
    let mut world = World::with(4 << 20, Duration::from_secs(300));
    let session = world.collector.session().await;
    session.refuse(Refusal::HostRevoked, None).await;
    world
        .status("waiting", |s| matches!(s.state, LinkState::Waiting { .. }))
        .await;
    world.token.cancel();
    within("the link returns", world.running.join_next()).await;
}

fn minute(at: i64) -> Minute<Arc<str>> {
    let rows = vec![("cpu.user".into(), Reading::steady(0.5))];
    Minute { at, rows }
}

#[tokio::test]
async fn metrics_go_after_the_records_and_are_forgotten_once_acknowledged() {
    let world = World::new();
    world.observe("os", "{}");
    world.lane.push(minute(1));
    world.lane.release();
    let mut session = world.collector.session().await;
    session.welcome_now(Resume::After(0)).await;
    assert_eq!(seqs(&session.records_to(2).await), [1, 2]);
    let first = session.metrics().await;
    assert_eq!((first.number, &first.minutes[..]), (1, &[1][..]));
    world.lane.push(minute(2));
    world.lane.release();
    // Nothing more of them while these are under way; records go on.
    world.observe("os", "{\"a\":1}");
    assert_eq!(seqs(&session.records().await.unwrap()), [3]);
    session.say(&CollectorMessage::MetricsAck(1)).await;
    let second = session.metrics().await;
    assert_eq!((second.number, &second.minutes[..]), (2, &[2][..]));
    assert!(second.names.is_empty(), "sent once a session");
    let (sent, received) = world.traffic.totals();
    assert!(sent > 1000 && received > 1000, "{sent} {received}");

    // What was not acknowledged goes with the next session, which knows no names.
    session.connection.close(1_u8.into(), b"gone");
    let mut session = world.collector.session().await;
    session.welcome_now(Resume::After(3)).await;
    let again = session.metrics().await;
    assert_eq!((again.number, &again.minutes[..]), (1, &[2][..]));
    assert_eq!(again.names, ["cpu.user"]);
    assert!(world.traffic.totals().0 > sent, "sessions add up");
}

#[tokio::test]
async fn a_collector_of_an_older_version_never_gets_metrics() {
    let world = World::new();
    world.lane.push(minute(1));
    world.lane.release();
    let mut session = world.collector.session().await;
    session.welcome_with(1, Resume::After(0)).await;
    world.observe("os", "{}");
    assert_eq!(seqs(&session.records_to(2).await), [1, 2]);
    session.say(&CollectorMessage::Ack(2)).await;
    world.acknowledged(2).await;
    world.observe("os", "{\"a\":1}");
    assert_eq!(seqs(&session.records().await.unwrap()), [3]);
    assert!(world.lane.next().is_some(), "it waits");
}

#[tokio::test]
async fn an_agent_says_how_it_lives_takes_settings_and_says_farewell() {
    let world = World::new();
    let mut session = world.collector.session().await;
    session.welcome_with(2, Resume::After(0)).await;
    let Some(AgentMessage::Run(run)) = session.read().await else {
        panic!("no run")
    };
    assert_eq!(run.previous, Previous::None);
    let mut settings = wire::Settings {
        reconcile_s: Some(60),
        ..wire::Settings::default()
    };
    for refused in [false, true] {
        let message = CollectorMessage::Settings(settings.clone());
        session.say(&message).await;
        let Some(AgentMessage::InForce(said)) = session.read().await else {
            panic!("no answer")
        };
        assert_eq!(said.refused.is_some(), refused);
        settings.reconcile_s = Some(1);
    }
    let control = world.controller.watch().borrow().clone();
    assert_eq!(control.reconcile, Some(Duration::from_secs(60)));

    world.token.cancel();
    let reason = Ending::Stopped;
    let said = session.read().await;
    assert_eq!(said, Some(AgentMessage::Farewell(Farewell { reason })));
    assert_eq!(session.read().await, None);
    session.finish();
    within("the agent leaves", session.connection.closed()).await;
}

#[tokio::test]
async fn an_agent_answers_what_it_is_held_to_and_says_what_it_does_not_know_of_it() {
    let world = World::new();
    let mut session = world.collector.session().await;
    session.welcome_now(Resume::After(0)).await;
    let mut given = Assignment {
        profiles: vec!["cis".into()],
        ..Assignment::default()
    };
    let version = given.version().unwrap();
    let mut said = Vec::new();
    for _ in 0..2 {
        let message = CollectorMessage::Assignment(given.clone());
        session.say(&message).await;
        let Some(AgentMessage::Assigned(answer)) = session.read().await else {
            panic!("no answer")
        };
        assert_eq!(answer.version, Some(version));
        said.push(answer.refused);
        // A way out of the folder of the profiles.
        given.profiles = vec!["../cis".into()];
    }
    assert_eq!(said[0], None);
    assert!(
        said[1].as_ref().unwrap().contains("not the key"),
        "{said:?}"
    );
    let wanted = world.assigner.watch().borrow().clone();
    assert_eq!(wanted.profiles, ["cis"]);
    let unknown = Unknown {
        profiles: vec!["cis".into()],
        ..Unknown::default()
    };
    world.assigner.held(&wanted, &unknown);
    let Some(AgentMessage::Assigned(more)) = session.read().await else {
        panic!("nothing more")
    };
    assert_eq!(more.unknown_profiles, ["cis"]);
}

#[tokio::test]
async fn what_comes_before_both_speak_it_ends_the_session() {
    let mut world = World::new();
    let mut session = world.collector.session().await;
    session.welcome_with(2, Resume::After(0)).await;
    let assignment = CollectorMessage::Assignment(Assignment::default());
    session.say(&assignment).await;
    let fault = world.status("a fault", |status| status.last_error.is_some());
    let fault = fault.await.last_error.unwrap();
    assert!(fault.message.contains("out of order"), "{fault:?}");
    assert_eq!(world.assigner.said().borrow().version, None);
}

#[tokio::test]
async fn an_old_collector_hears_nothing_that_it_does_not_know() {
    let world = World::new();
    let mut session = world.collector.session().await;
    session.welcome(Resume::After(0)).await;
    world.observe("os", "{\"n\":1}");
    session.records_to(1).await;
    world.token.cancel();
    assert_eq!(session.read().await, None);
}

#[tokio::test]
async fn what_everything_is_is_told_after_it_was_read_and_sent() {
    let world = World::new();
    world.observe("os", "{}");
    let mut session = world.collector.session().await;
    session.welcome_now(Resume::After(0)).await;
    assert_eq!(seqs(&session.records_to(2).await), [1, 2]);
    world.reconciled.send_replace(1);
    let Some(AgentMessage::Digests(kinds)) = session.read().await else {
        panic!("no digests")
    };
    let [os] = &kinds[..] else {
        panic!("{kinds:?}");
    };
    assert_eq!((os.kind.as_str(), os.seq), ("os", 2));
    assert_eq!(kinds, world.journal.kinds().unwrap());
}

/// Where the results stand of which a seal speaks, if the host's own key made it.
fn sealed(world: &World, seal: &Seal) -> Option<Stand> {
    let identity = world.identity.borrow();
    chain::verify(&identity.public_key().unwrap(), identity.host, seal)
}

#[tokio::test]
async fn results_are_sealed_after_each_batch_and_nothing_else_is() {
    let world = World::new();
    world.observe("os", "{}");
    world.observe("result", "{\"n\":1}");
    let mut session = world.collector.session().await;
    let opening = session.welcome_now(Resume::After(0)).await;
    assert_eq!(opening.opening, Some(Opening::New));
    assert_eq!(sealed(&world, &opening), Some(Stand::default()));

    let records = session.records_to(4).await;
    let epoch = session.hello().epoch;
    let links = records
        .iter()
        .filter_map(|record| chain::Link::of(epoch, record));
    let first = links.fold(Stand::default(), |stand, link| stand.with(&link));
    let seal = session.seal().await;
    assert_eq!((seal.seq, seal.opening), (4, None));
    assert_eq!(sealed(&world, &seal), Some(first));

    world.observe("os", "{\"n\":2}");
    assert_eq!(seqs(&session.records().await.unwrap()), [5]);
    world.observe("result", "{\"n\":2}");
    let records = session.records().await.unwrap();
    assert_eq!(seqs(&records), [6], "no seal under what is no result");
    let second = first.with(&chain::Link::of(epoch, &records[0]).unwrap());
    assert_eq!(sealed(&world, &session.seal().await), Some(second));

    // What the agent did not hear of is known to the next session all the same.
    session.say(&CollectorMessage::Ack(4)).await;
    world.acknowledged(4).await;
    assert_eq!(world.journal.chain().unwrap().stand, first);
    session.connection.close(1_u8.into(), b"gone");
    let mut session = world.collector.session().await;
    let opening = session.welcome_now(Resume::After(6)).await;
    assert_eq!(opening.opening, Some(Opening::Continues));
    assert_eq!(sealed(&world, &opening), Some(second));
}

#[tokio::test]
async fn a_collector_that_knows_no_seals_gets_none_and_the_chain_goes_on() {
    let world = World::new();
    let mut session = world.collector.session().await;
    session.welcome(Resume::After(0)).await;
    world.observe("result", "{\"n\":1}");
    let mut records = session.records_to(2).await;
    world.observe("result", "{\"n\":2}");
    records.extend(session.records().await.unwrap());
    session.say(&CollectorMessage::Ack(3)).await;
    world.acknowledged(3).await;
    let epoch = session.hello().epoch;
    let links = records
        .iter()
        .filter_map(|record| chain::Link::of(epoch, record));
    let stand = links.fold(Stand::default(), |stand, link| stand.with(&link));
    assert_eq!(world.journal.chain().unwrap().stand, stand);
}
