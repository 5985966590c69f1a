use std::{
    sync::{
        Arc, Condvar, Mutex,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

use chrono::TimeDelta;
use shared::{
    clock::{ManualClock, SharedClock},
    fact::Fact,
    id::HostId,
    lifecycle::{Ended, Lifecycle},
    tls::{ALPN_ENROL, ALPN_RENEW},
    wire::{
        Body, CollectorMessage, EnrolRequest, IssueReply, Refusal, RenewRequest, Resume, Stale,
        StaleReason,
    },
};
use tempfile::TempDir;

use super::*;
use crate::{
    defect::{Defects, Work},
    identity::enrol,
    link::tests::{clock, collector::Collector, noon, within},
    status::Status,
};

/// A kind whose rows a test sets.
struct Settable {
    kind: &'static str,
    value: AtomicU32,
    reads: AtomicU32,
    /// Closed: the reader hangs.
    gate: Mutex<bool>,
    opened: Condvar,
}

impl Settable {
    fn leak(kind: &'static str) -> &'static Self {
        Box::leak(Box::new(Self {
            kind,
            value: AtomicU32::new(0),
            reads: AtomicU32::new(0),
            gate: Mutex::new(true),
            opened: Condvar::new(),
        }))
    }

    fn hang(&self, hang: bool) {
        *self.gate.lock().unwrap() = !hang;
        self.opened.notify_all();
    }

    fn reads(&self) -> u32 {
        self.reads.load(Ordering::SeqCst)
    }
}

impl Probe for Settable {
    fn kind(&self) -> &'static str {
        self.kind
    }

    fn sources(&self) -> &'static [&'static str] {
        &["the test"]
    }

    fn wakes(&self, _: &Host) -> Vec<crate::probe::Wake> {
        Vec::new()
    }

    fn read(&self, _: &Host) -> Result<Vec<Fact>, Stale> {
        self.reads.fetch_add(1, Ordering::SeqCst);
        let open = self.gate.lock().unwrap();
        drop(self.opened.wait_while(open, |open| !*open).unwrap());
        match self.value.load(Ordering::SeqCst) {
            13 => panic!("on purpose"),
            n => Ok(vec![Fact {
                kind: self.kind,
                key: "k".into(),
                value: format!("{{\"n\":{n}}}"),
            }]),
        }
    }
}

fn list(probes: &[&'static dyn Probe]) -> &'static [&'static dyn Probe] {
    Box::leak(probes.to_vec().into_boxed_slice())
}

struct World {
    collector: Collector,
    config: Config,
    host: Host,
    clock: Arc<ManualClock>,
    id: HostId,
    _folder: TempDir,
}

/// A host that is enrolled.
async fn world() -> World {
    let folder = tempfile::tempdir().unwrap();
    let manual = clock();
    let clock: SharedClock = manual.clone();
    let collector = Collector::start(clock.clone());
    let mut config = Config::defaults(folder.path().join("state"));
    config.link.backoff_first_ms = 1;
    config.link.backoff_most_ms = 20;
    config.collect.interval_s = 1;
    let host = Host::at(folder.path(), clock);
    let state = StateDir::at(&config.state_dir);
    let token = collector.authority.token();
    let id = HostId::new();
    let (enrolled, ()) = tokio::join!(
        enrol(&state, &host, &collector.address, &token, false),
        collector.answer(ALPN_ENROL, |request: EnrolRequest| {
            IssueReply::Issued(collector.authority.issue_now(id, &request.csr))
        }),
    );
    assert_eq!(enrolled.unwrap(), id);
    World {
        collector,
        config,
        host,
        clock: manual,
        id,
        _folder: folder,
    }
}

impl World {
    fn start(&self, probes: &'static [&'static dyn Probe], lifecycle: &Lifecycle) -> Agent {
        Agent::start(self.config.clone(), probes, self.host.clone(), lifecycle).unwrap()
    }

    fn status(&self) -> Status {
        let state = StateDir::at(&self.config.state_dir);
        Status::load(&state).unwrap().unwrap()
    }
}

#[tokio::test]
async fn a_change_on_the_host_reaches_the_collector_and_the_status() {
    let world = world().await;
    let os = Settable::leak("os");
    let lifecycle = Lifecycle::default();
    world.start(list(&[os]), &lifecycle);
    let mut session = world.collector.session().await;
    assert_eq!(session.hello().host, world.id);
    session.welcome(Resume::After(0)).await;
    // Rows and freshness of the kind, and that there are no rules.
    session.records_to(3).await;
    os.value.store(1, Ordering::SeqCst);
    let records = session.records_to(4).await;
    assert!(matches!(&records[0].body, Body::Delta(d) if d.kind == "os"));
    session.say(&CollectorMessage::Ack(4)).await;

    assert_eq!(lifecycle.stop(Duration::from_secs(5)).await, Ended::Stopped);
    let status = world.status();
    assert_eq!((status.host, status.pid), (world.id, std::process::id()));
    let journal = status.journal.unwrap();
    assert_eq!((journal.last_seq, journal.kinds[0].rows), (4, 1));
}

#[tokio::test]
async fn what_was_not_acknowledged_survives_a_restart() {
    let world = world().await;
    let os = Settable::leak("os");
    let first = Lifecycle::default();
    world.start(list(&[os]), &first);
    let mut session = world.collector.session().await;
    let epoch = session.hello().epoch;
    session.welcome(Resume::After(0)).await;
    session.records_to(3).await;
    assert_eq!(first.stop(Duration::from_secs(5)).await, Ended::Stopped);

    let second = Lifecycle::default();
    world.start(list(&[os]), &second);
    let mut session = world.collector.session().await;
    assert_eq!(session.hello().epoch, epoch);
    session.welcome(Resume::After(0)).await;
    assert_eq!(session.records_to(3).await.len(), 3);
    assert_eq!(second.stop(Duration::from_secs(5)).await, Ended::Stopped);
}

#[tokio::test]
async fn a_host_that_is_not_enrolled_says_how_to_enrol_it() {
    let folder = tempfile::tempdir().unwrap();
    let lifecycle = Lifecycle::default();
    let config = Config::defaults(folder.path());
    let host = Host::at(folder.path(), clock());
    let error = Agent::start(config, &[], host, &lifecycle).unwrap_err();
    assert!(error.to_string().contains("openwatch-agent enroll"));
}

#[tokio::test]
async fn two_agents_do_not_share_a_state_folder() {
    let world = world().await;
    let lifecycle = Lifecycle::default();
    world.start(&[], &lifecycle);
    let again = Agent::start(world.config.clone(), &[], world.host.clone(), &lifecycle);
    assert!(matches!(
        again,
        Err(StartError::State(StateError::InUse { .. }))
    ));
}

#[tokio::test]
async fn a_certificate_past_two_thirds_of_its_life_is_renewed_at_once() {
    let world = world().await;
    world.clock.advance(TimeDelta::days(20));
    let lifecycle = Lifecycle::default();
    let mut agent = world.start(&[], &lifecycle);
    let until = noon() + TimeDelta::days(50);
    let (issuer, id) = (&world.collector, world.id);
    // The link calls as well; the renewal is the connection with its protocol.
    within("a renewal", async {
        loop {
            let connection = issuer.connection().await;
            if issuer.renews(&connection, id, noon(), until).await {
                return;
            }
        }
    })
    .await;
    within("the new certificate is used", agent.identity.changed())
        .await
        .unwrap();
    assert_eq!(agent.identity.borrow().not_after, until);
    let kept = Identity::load(&StateDir::at(&world.config.state_dir));
    assert_eq!(kept.unwrap().unwrap().not_after, until);
}

#[tokio::test]
async fn an_agent_that_is_told_that_its_certificate_has_expired_renews_it() {
    let world = world().await;
    let lifecycle = Lifecycle::default();
    let mut config = world.config.clone();
    config.link.backoff_most_ms = 300_000;
    config.link.backoff_first_ms = 300_000;
    let host = world.host.clone();
    let mut agent = Agent::start(config, &[], host, &lifecycle).unwrap();
    let session = world.collector.session().await;
    session.refuse(Refusal::CertificateExpired, None).await;
    let until = noon() + TimeDelta::days(50);
    world
        .collector
        .answer(ALPN_RENEW, |request: RenewRequest| {
            let authority = &world.collector.authority;
            IssueReply::Issued(authority.issue(world.id, &request.csr, noon(), until))
        })
        .await;
    within("the new certificate is used", agent.identity.changed())
        .await
        .unwrap();
    let mut session = world.collector.session().await;
    session.welcome(Resume::After(0)).await;
}

#[tokio::test]
async fn a_renewal_does_not_overwrite_a_new_enrolment() {
    let world = world().await;
    let lifecycle = Lifecycle::default();
    world.clock.advance(TimeDelta::days(20));
    let mut agent = world.start(&[], &lifecycle);
    let other = HostId::new();
    let key = rcgen::KeyPair::generate().unwrap();
    let request = rcgen::CertificateParams::default().serialize_request(&key);
    let issued = world.collector.authority.issue(
        other,
        request.unwrap().der(),
        noon(),
        noon() + TimeDelta::days(90),
    );
    let state = StateDir::at(&world.config.state_dir);
    Identity::new(
        &world.collector.address,
        issued.authority.into(),
        issued.certificate.into(),
        rustls_pki_types::PrivatePkcs8KeyDer::from(key.serialize_der()),
    )
    .unwrap()
    .save(&state)
    .unwrap();
    within("the new identity is used", agent.identity.changed())
        .await
        .unwrap();
    assert_eq!(agent.identity.borrow().host, other);
    assert_eq!(Identity::load(&state).unwrap().unwrap().host, other);
}

fn observer(probes: &[&'static dyn Probe], limit: Duration) -> (Observer, Arc<Journal>, TempDir) {
    let folder = tempfile::tempdir().unwrap();
    let clock: SharedClock = clock();
    let journal = Journal::open(folder.path(), 64 << 20, clock.clone()).unwrap();
    let journal = Arc::new(journal);
    let host = Host::at(folder.path(), clock);
    let fault = watch::Sender::new(None);
    let observer = observer_on(probes, host, journal.clone(), limit, fault);
    (observer, journal, folder)
}

fn observer_on(
    probes: &[&'static dyn Probe],
    host: Host,
    journal: Arc<Journal>,
    limit: Duration,
    fault: watch::Sender<Option<crate::fault::Fault>>,
) -> Observer {
    let pace = Pace {
        host: HostId::new(),
        limit,
        interval: Duration::from_secs(1),
        reconciliation: Duration::from_secs(3600),
        limits: Limits {
            cpu_percent: 100,
            memory: u64::MAX,
        },
    };
    let told = Told {
        faults: JournalFaults(fault),
        heard: watch::Sender::new(Heard::new()),
        blind: watch::Sender::new(Blind::new()),
        reconciled: watch::Sender::new(0),
    };
    let (_, units) = Units::new(&host);
    let ears = Ears {
        units,
        control: watch::Sender::new(Control::default()).subscribe(),
    };
    Observer::new(list(probes), host, journal, pace, ears, told)
}

fn stale(journal: &Journal, kind: &str) -> Option<StaleReason> {
    let summary = journal.summary().unwrap();
    let kind = summary.kinds.into_iter().find(|k| k.kind == kind).unwrap();
    kind.stale.map(|stale| stale.reason)
}

#[tokio::test]
async fn a_probe_that_hangs_is_stale_and_not_started_again_before_it_came_back() {
    let (hanging, healthy) = (Settable::leak("mount"), Settable::leak("os"));
    let (mut observer, journal, _folder) =
        observer(&[hanging, healthy], Duration::from_millis(500));
    hanging.hang(true);
    for _ in 0..3 {
        observer.pass().await;
    }
    assert_eq!((hanging.reads(), healthy.reads()), (1, 3));
    assert_eq!(stale(&journal, "mount"), Some(StaleReason::TimedOut));
    assert_eq!(stale(&journal, "os"), None);
    hanging.hang(false);
    within("the probe comes back", async {
        while stale(&journal, "mount").is_some() {
            observer.pass().await;
        }
    })
    .await;
    assert_eq!(hanging.reads(), 2);
}

#[tokio::test]
async fn a_probe_with_a_defect_is_stale_and_left_alone_and_harms_no_other() {
    let (broken, healthy) = (Settable::leak("user"), Settable::leak("os"));
    let folder = tempfile::tempdir().unwrap();
    let clock: SharedClock = clock();
    let journal = Journal::open(folder.path(), 64 << 20, clock.clone()).unwrap();
    let journal = Arc::new(journal);
    let defects = Defects::at(Work::Kind("user".into()), clock.now());
    let host = Host::at(folder.path(), clock).without(defects);
    let (limit, fault) = (Duration::from_secs(20), watch::Sender::new(None));
    let mut observer = observer_on(&[broken, healthy], host, journal.clone(), limit, fault);
    observer.pass().await;
    assert_eq!(stale(&journal, "user"), Some(StaleReason::Failed));
    assert_eq!((broken.reads(), healthy.reads()), (0, 1));
}

/// Whoever reads a kind says so, for the case that it panics.
#[tokio::test]
#[should_panic(expected = "on purpose")]
async fn a_probe_that_panics_takes_the_observer_with_it() {
    let broken = Settable::leak("user");
    let (mut observer, _journal, _folder) = observer(&[broken], Duration::from_secs(20));
    broken.value.store(13, Ordering::SeqCst);
    observer.pass().await;
}

/// Unmounts also when the test fails.
struct Mounted<'a>(&'a std::path::Path);

impl Drop for Mounted<'_> {
    fn drop(&mut self) {
        // What is open stays usable until it is closed.
        let _ = nix::mount::umount2(self.0, nix::mount::MntFlags::MNT_DETACH);
    }
}

/// Needs a disk that is full, and so the right to mount one.
#[tokio::test]
async fn a_full_disk_is_said_in_the_status_and_made_up_for_when_there_is_room() {
    use nix::mount::{MsFlags, mount};
    let folder = tempfile::tempdir().unwrap();
    let mounted = mount(
        Some("tmpfs"),
        folder.path(),
        Some("tmpfs"),
        MsFlags::empty(),
        Some("size=2m"),
    );
    if let Err(error) = mounted {
        #[expect(
            clippy::print_stderr,
            reason = "the reader of the test's output has to know"
        )]
        {
            eprintln!("skipped: a small disk cannot be mounted here: {error}");
        }
        return;
    }
    let _mounted = Mounted(folder.path());
    let clock: SharedClock = clock();
    let journal = Journal::open(folder.path(), 64 << 20, clock.clone()).unwrap();
    let journal = Arc::new(journal);
    let os = Settable::leak("os");
    let fault = watch::Sender::new(None);
    let seen = fault.subscribe();
    let host = Host::at("/nonexistent", clock);
    let limit = Duration::from_secs(10);
    let mut observer = observer_on(&[os], host, journal.clone(), limit, fault);
    observer.pass().await;
    let before = journal.summary().unwrap();

    let filler = folder.path().join("filler");
    let fill = |filler: &std::path::Path| {
        let mut file = std::fs::File::create(filler).unwrap();
        while std::io::Write::write_all(&mut file, &[0; 4096]).is_ok() {}
    };
    fill(&filler);
    let mut n = 0;
    within("the journal does not fit", async {
        while seen.borrow().is_none() {
            n += 1;
            os.value.store(100 + n, Ordering::SeqCst);
            observer.pass().await;
        }
    })
    .await;
    assert!(
        !journal.summary().unwrap().kinds.is_empty(),
        "it can still be read"
    );
    std::fs::remove_file(&filler).unwrap();
    observer.pass().await;
    assert_eq!(*seen.borrow(), None);
    let after = journal.summary().unwrap();
    assert_eq!(after.epoch, before.epoch, "the journal was kept");
    let pending = journal.pending(0, usize::MAX).unwrap();
    let Body::Delta(last) = &pending.last().unwrap().record.body else {
        panic!("{pending:?}");
    };
    let value = last.changes[0].value.as_deref();
    assert_eq!(value, Some(format!("{{\"n\":{}}}", 100 + n).as_str()));
}

/// A kind that only systemd tells of, on a tree that has none.
struct Deaf;

impl Probe for Deaf {
    fn kind(&self) -> &'static str {
        "service"
    }

    fn sources(&self) -> &'static [&'static str] {
        &["the test"]
    }

    fn wakes(&self, _: &Host) -> Vec<crate::probe::Wake> {
        vec![crate::probe::Wake::Units]
    }

    fn read(&self, _: &Host) -> Result<Vec<Fact>, Stale> {
        Ok(Vec::new())
    }
}

#[tokio::test]
async fn a_kind_whose_events_cannot_be_heard_is_told_in_the_status_with_why() {
    let world = world().await;
    let lifecycle = Lifecycle::default();
    world.start(list(&[&Deaf]), &lifecycle);
    within("the kind was read", async {
        let state = StateDir::at(&world.config.state_dir);
        while Status::load(&state)
            .unwrap()
            .is_none_or(|status| status.blind.is_empty())
        {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    })
    .await;
    let why = world.status().blind["service"].clone();
    assert!(why.contains("systemd"), "{why}");
    assert_eq!(lifecycle.stop(Duration::from_secs(5)).await, Ended::Stopped);
}

#[tokio::test]
async fn a_kind_that_is_switched_off_is_not_read_and_costs_nothing() {
    let (off, on) = (Settable::leak("mount"), Settable::leak("os"));
    let (mut observer, journal, _folder) = observer(&[off, on], Duration::from_secs(20));
    let mut control = Control::default();
    control.kinds.insert("mount".into(), off_by_settings());
    let settings = watch::Sender::new(control);
    observer.hear(settings.subscribe());
    observer.adopt().await;
    observer.pass().await;
    assert_eq!((off.reads(), on.reads()), (0, 1));
    assert_eq!(stale(&journal, "mount"), Some(StaleReason::Unavailable));
    // It was due all the time: that is nothing to wake up for.
    assert!(observer.next_look() > tokio::time::Instant::now());

    settings.send_replace(Control::default());
    observer.adopt().await;
    observer.pass().await;
    assert_eq!(off.reads(), 1);
    assert_eq!(stale(&journal, "mount"), None);
}

fn off_by_settings() -> crate::control::KindControl {
    crate::control::KindControl {
        enabled: false,
        every: None,
    }
}
