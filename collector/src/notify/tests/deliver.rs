//! From a notice that is announced to what its receivers have.

use std::{
    collections::BTreeSet,
    sync::{Arc, atomic::Ordering},
    time::Duration,
};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use chrono::{DateTime, TimeDelta, Utc};
use shared::clock::{Clock as _, ManualClock};
use sqlx::PgPool;
use tempfile::TempDir;
use tokio::{task::JoinSet, time::sleep};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::{
    body::{hmac, whsec},
    receiver::Receiver,
};
use crate::{
    authority::Authority,
    job::{Queue, State},
    jobs::{Jobs, Work},
    notice::{
        Notice, Phase, Severity,
        channel::{Email, Secret, Security, Settings, Syslog, Webhook},
        route::Route,
        tests::notice,
    },
    notify::{Deliveries, Sender, seal},
    outbound::Outbound,
    store::{
        self,
        channel::{Channel, Kept},
        delivery::{self, Delivery, Filter},
        notice::{DELIVERIES, announce, redeliver},
        test_db::{Server, test_pool},
    },
};

/// Half of a lease: whoever runs something meanwhile is not taken for gone.
const STEP: TimeDelta = TimeDelta::seconds(15);

/// An installation whose notices are sent.
pub(super) struct House {
    pub(super) db: PgPool,
    pub(super) clock: Arc<ManualClock>,
    authority: Authority,
    token: CancellationToken,
    tasks: JoinSet<()>,
    _files: TempDir,
    _server: Server,
}

pub(super) fn start() -> DateTime<Utc> {
    "2026-03-03T14:05:00Z".parse().unwrap()
}

impl House {
    /// With nobody who sends.
    pub(super) async fn idle() -> Self {
        let (db, server) = test_pool().await;
        let (clock, files) = (ManualClock::at(start()), tempfile::tempdir().unwrap());
        Self {
            authority: Authority::open(files.path(), clock.clone()).unwrap(),
            db,
            clock,
            token: CancellationToken::new(),
            tasks: JoinSet::new(),
            _files: files,
            _server: server,
        }
    }

    /// With a collector that sends to this machine too.
    async fn working() -> Self {
        Self::idle().await.work(&["127.0.0.1"])
    }

    fn work(mut self, allow: &[&str]) -> Self {
        let allow: Vec<_> = allow.iter().map(|one| (*one).to_owned()).collect();
        let outbound = Outbound::new(&allow).unwrap();
        let sender = Sender::new(
            outbound,
            self.clock.clone(),
            "https://collector.example:8443",
        );
        let deliveries: Arc<dyn Work> = Arc::new(Deliveries {
            db: self.db.clone(),
            clock: self.clock.clone(),
            vault: self.authority.vault().clone(),
            sender,
            metrics: Arc::default(),
        });
        let jobs = Jobs {
            db: self.db.clone(),
            clock: self.clock.clone(),
            metrics: Arc::default(),
            work: Arc::new([deliveries]),
        };
        self.tasks.spawn(jobs.run(self.token.clone()));
        self
    }

    /// A channel to which every notice goes.
    pub(super) async fn channel(&self, name: &str, settings: Settings, secret: &str) -> Uuid {
        let id = Uuid::now_v7();
        let vault = self.authority.vault();
        let secret =
            (!secret.is_empty()).then(|| seal(id, &Secret::new(secret.to_owned()), vault).unwrap());
        let channel = Channel {
            id,
            name: name.into(),
            enabled: true,
            settings,
            secret,
            created_at: start(),
            created_by: "test".into(),
        };
        let mut db = self.db.acquire().await.unwrap();
        assert!(store::channel::put(&mut db, &channel).await.unwrap());
        self.route(id, |_| {}).await;
        id
    }

    pub(super) async fn route(&self, channel: Uuid, change: impl FnOnce(&mut Route)) {
        let mut route = Route {
            channel,
            severity: Severity::Info,
            alert_types: Vec::new(),
            group: None,
            hours: None,
        };
        change(&mut route);
        let kept = Kept {
            id: Uuid::now_v7(),
            name: "all".into(),
            enabled: true,
            route,
            group: None,
            created_at: start(),
            created_by: "test".into(),
        };
        let mut db = self.db.acquire().await.unwrap();
        store::channel::put_route(&mut db, &kept).await.unwrap();
    }

    async fn webhook(&self, name: &str, to: &Receiver) -> Uuid {
        let settings = Settings::Webhook(Webhook {
            url: to.url(),
            ca_pem: Some(to.ca_pem.clone()),
        });
        self.channel(name, settings, &whsec(1)).await
    }

    pub(super) async fn announce(&self, notice: &Notice) -> usize {
        let mut tx = self.db.begin().await.unwrap();
        let to = announce(&mut tx, notice, self.clock.now()).await.unwrap();
        tx.commit().await.unwrap();
        to
    }

    pub(super) async fn deliveries(&self, channel: Option<Uuid>) -> Vec<Delivery> {
        let mut db = self.db.acquire().await.unwrap();
        let filter = Filter {
            channel,
            ..Filter::default()
        };
        delivery::list(&mut db, &filter, 500).await.unwrap()
    }

    async fn states(&self, channel: Uuid) -> Vec<String> {
        let deliveries = self.deliveries(Some(channel)).await;
        deliveries.into_iter().map(|one| one.state).collect()
    }

    async fn running(&self) -> i64 {
        let count = sqlx::query_scalar("select count(*) from job where state = 'running'");
        count.fetch_one(&self.db).await.unwrap()
    }

    /// Lets time go on until everything for this channel has ended; nothing else may hang.
    async fn until_ended(&self, channel: Uuid) {
        while self.states(channel).await.contains(&"waiting".into()) {
            if self.running().await == 0 {
                self.clock.advance(STEP);
                // Somebody looks each second, or sooner when told.
                sqlx::query("select pg_notify('openwatch_job', '')")
                    .execute(&self.db)
                    .await
                    .unwrap();
            }
            sleep(Duration::from_millis(20)).await;
        }
    }

    async fn stop(mut self) {
        self.token.cancel();
        while let Some(ended) = self.tasks.join_next().await {
            ended.unwrap();
        }
    }
}

pub(super) fn numbered(number: u128, phase: Phase) -> Notice {
    Notice {
        id: Uuid::from_u128(number),
        alert: Uuid::from_u128(1000 + number),
        ..notice(phase)
    }
}

async fn until(mut is: impl AsyncFnMut() -> bool) {
    while !is().await {
        sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test]
async fn each_receiver_has_each_notice_once_in_the_end_and_none_waits_for_another() {
    let house = House::working().await;
    let (good, slow, bad) = (
        Receiver::start().await,
        Receiver::gated(0).await,
        Receiver::start().await,
    );
    let to_good = house.webhook("good", &good).await;
    let to_slow = house.webhook("slow", &slow).await;
    let to_bad = house.webhook("bad", &bad).await;
    bad.down.store(true, Ordering::SeqCst);
    for number in 1..=5 {
        assert_eq!(house.announce(&numbered(number, Phase::Fired)).await, 3);
        // Twice announced is announced once.
        house.announce(&numbered(number, Phase::Fired)).await;
    }
    let everything: Vec<_> = (1..=5)
        .map(|number| Uuid::from_u128(number).to_string())
        .collect();
    // Time stands still: the others are away, or take theirs.
    until(async || house.states(to_good).await == vec!["delivered"; 5]).await;
    assert_eq!(good.taken("webhook-id"), everything);
    assert_eq!(house.states(to_slow).await, vec!["waiting"; 5]);
    slow.gate.add_permits(5);
    until(async || house.states(to_slow).await == vec!["delivered"; 5]).await;
    assert_eq!(slow.taken("webhook-id"), everything);

    until(async || bad.connections.load(Ordering::SeqCst) >= 5).await;
    until(async || house.running().await == 0).await;
    assert!(bad.sent().is_empty());
    bad.say(&[
        (500, None),
        (429, Some("600")),
        (503, None),
        (408, None),
        (425, None),
    ]);
    bad.down.store(false, Ordering::SeqCst);
    house.until_ended(to_bad).await;
    assert_eq!(house.states(to_bad).await, vec!["delivered"; 5]);
    let taken: BTreeSet<_> = bad.taken("webhook-id").into_iter().collect();
    assert_eq!(taken, everything.iter().cloned().collect());
    assert_eq!(bad.taken("webhook-id").len(), 5, "one was taken twice");
    assert_eq!(bad.sent().len(), 10);

    // Everything is in the log.
    let mut db = house.db.acquire().await.unwrap();
    for one in house.deliveries(Some(to_bad)).await {
        let attempts = delivery::attempts(&mut db, one.id).await.unwrap();
        assert_eq!(attempts[0].status, None, "it was away");
        let last = attempts.last().unwrap();
        assert_eq!((last.status, last.answer.as_str()), (Some(200), "so it is"));
        let asked = attempts.iter().position(|one| one.status == Some(429));
        if let Some(asked) = asked {
            let waited = attempts[asked + 1].at - attempts[asked].at;
            assert!(
                waited >= TimeDelta::seconds(600),
                "{waited}: it was asked to wait"
            );
        }
    }
    let jobs = store::job::list(&mut db, None, None, 10).await.unwrap();
    assert!(jobs.is_empty(), "{jobs:?}");
    house.stop().await;
}

#[tokio::test]
async fn what_is_sent_is_signed_and_the_same_each_time() {
    let house = House::working().await;
    let receiver = Receiver::start().await;
    let to = house.webhook("hook", &receiver).await;
    receiver.say(&[(500, None)]);
    house.announce(&numbered(1, Phase::Fired)).await;
    house.until_ended(to).await;
    let sent = receiver.sent();
    assert_eq!(sent.len(), 2);
    assert_eq!(sent[0].body, sent[1].body);
    assert_eq!(sent[0].header("webhook-id"), sent[1].header("webhook-id"));
    assert_ne!(
        sent[0].header("webhook-timestamp"),
        sent[1].header("webhook-timestamp")
    );
    for one in &sent {
        let (id, at) = (one.header("webhook-id"), one.header("webhook-timestamp"));
        let signed = format!("{id}.{at}.{}", one.body);
        let tag = STANDARD.encode(hmac(&[1; 32], signed.as_bytes()));
        assert_eq!(one.header("webhook-signature"), format!("v1,{tag}"));
        assert_eq!(one.header("content-type"), "application/json");
    }
    house.stop().await;
}

#[tokio::test]
async fn what_is_refused_is_given_up_at_once_and_can_be_sent_again_by_hand() {
    let house = House::working().await;
    let receiver = Receiver::start().await;
    let to = house.webhook("hook", &receiver).await;
    receiver.say(&[(410, Some("1")), (302, None)]);
    house.announce(&numbered(1, Phase::Fired)).await;
    until(async || house.states(to).await == ["dead"]).await;
    let mut db = house.db.acquire().await.unwrap();
    until(async || {
        let mut db = house.db.acquire().await.unwrap();
        let dead = store::job::list(&mut db, Some(State::Dead), None, 10)
            .await
            .unwrap();
        dead.first()
            .is_some_and(|job| job.error.as_deref() == Some("410: so it is"))
    })
    .await;
    // Once more, with the same end: a redirect is not followed.
    for (state, sent) in [("dead", 2), ("delivered", 3), ("delivered", 4)] {
        let one = house.deliveries(Some(to)).await.remove(0);
        assert!(redeliver(&mut db, &one, house.clock.now()).await.unwrap());
        until(async || house.states(to).await == [state] && receiver.sent().len() == sent).await;
    }
    let ids: BTreeSet<_> = receiver
        .sent()
        .iter()
        .map(|sent| sent.header("webhook-id"))
        .collect();
    assert_eq!(ids.len(), 1, "a receiver can tell that it is the same");
    house.stop().await;
}

#[tokio::test]
async fn a_receiver_that_stays_away_is_given_up_after_all_attempts() {
    let house = House::working().await;
    let receiver = Receiver::start().await;
    let to = house.webhook("hook", &receiver).await;
    receiver.say(&[(503, None); 3]);
    let mut tx = house.db.begin().await.unwrap();
    announce(&mut tx, &numbered(1, Phase::Fired), house.clock.now())
        .await
        .unwrap();
    sqlx::query("update job set max_attempts = 3")
        .execute(&mut *tx)
        .await
        .unwrap();
    tx.commit().await.unwrap();
    house.until_ended(to).await;
    let one = house.deliveries(Some(to)).await.remove(0);
    assert_eq!((one.state.as_str(), one.attempts), ("dead", 3));
    let mut db = house.db.acquire().await.unwrap();
    until(async || {
        let mut db = house.db.acquire().await.unwrap();
        store::job::list(&mut db, Some(State::Dead), None, 10)
            .await
            .unwrap()
            .len()
            == 1
    })
    .await;
    // A dead letter that is revived is sent as well.
    let dead = store::job::list(&mut db, Some(State::Dead), None, 10)
        .await
        .unwrap();
    store::job::revive(&mut db, dead[0].id, house.clock.now())
        .await
        .unwrap()
        .unwrap();
    until(async || house.states(to).await == ["delivered"]).await;
    house.stop().await;
}

#[tokio::test]
async fn what_follows_on_an_alert_is_sent_after_what_came_before() {
    let house = House::working().await;
    let receiver = Receiver::start().await;
    let to = house.webhook("hook", &receiver).await;
    receiver.say(&[(500, None), (500, None)]);
    let fired = numbered(1, Phase::Fired);
    let resolved = Notice {
        alert: fired.alert,
        ..numbered(2, Phase::Resolved)
    };
    house.announce(&fired).await;
    house.announce(&resolved).await;
    // Of another alert: it goes on.
    house.announce(&numbered(3, Phase::Fired)).await;
    house.until_ended(to).await;
    let taken = receiver.taken("webhook-id");
    let place = |number| {
        let id = Uuid::from_u128(number).to_string();
        taken.iter().position(|taken| *taken == id).unwrap()
    };
    assert_eq!(taken.len(), 3);
    assert!(place(1) < place(2), "{taken:?}");
    house.stop().await;
}

#[tokio::test]
async fn nothing_is_sent_to_this_machine_that_is_not_allowed_whatever_the_kind() {
    let house = House::idle().await;
    let receiver = Receiver::start().await;
    let port = receiver.address.port();
    let hook = house.webhook("hook", &receiver).await;
    let mut to = vec![hook];
    for host in ["127.0.0.1", "localhost"] {
        let email = Settings::Email(Email {
            host: host.into(),
            port,
            security: Security::None,
            user: None,
            from: "a@corp.example".into(),
            to: vec!["b@corp.example".into()],
            ca_pem: None,
        });
        to.push(house.channel(&format!("mail {host}"), email, "").await);
        let syslog = Settings::Syslog(Syslog {
            host: host.into(),
            port,
            tls: false,
            facility: 16,
            ca_pem: None,
        });
        to.push(house.channel(&format!("syslog {host}"), syslog, "").await);
    }
    house.announce(&numbered(1, Phase::Fired)).await;
    let house = house.work(&[]);
    for channel in to {
        until(async || house.states(channel).await == ["dead"]).await;
        let one = house.deliveries(Some(channel)).await.remove(0);
        let answer = one.last.unwrap().answer;
        assert!(answer.contains("this machine"), "{answer}");
    }
    assert_eq!(receiver.connections.load(Ordering::SeqCst), 0);
    house.stop().await;
}

#[tokio::test]
async fn an_address_that_is_a_secret_is_in_no_log() {
    let house = House::working().await;
    let receiver = Receiver::start().await;
    receiver.down.store(true, Ordering::SeqCst);
    let hook = Settings::Slack(crate::notice::channel::Hook {
        ca_pem: Some(receiver.ca_pem.clone()),
    });
    let to = house.channel("slack", hook, &receiver.url()).await;
    house.announce(&numbered(1, Phase::Fired)).await;
    until(async || house.deliveries(Some(to)).await[0].last.is_some()).await;
    let answer = house
        .deliveries(Some(to))
        .await
        .remove(0)
        .last
        .unwrap()
        .answer;
    assert!(answer.contains("sending the request"), "{answer}");
    assert!(!answer.contains("hook"), "{answer}");
    receiver.down.store(false, Ordering::SeqCst);
    house.until_ended(to).await;
    assert!(receiver.sent()[0].body.contains("attachments"));
    house.stop().await;
}

#[tokio::test]
async fn a_channel_that_is_off_or_gone_gets_nothing_that_waited_for_it() {
    let house = House::idle().await;
    let receiver = Receiver::start().await;
    let off = house.webhook("off", &receiver).await;
    let gone = house.webhook("gone", &receiver).await;
    house.announce(&numbered(1, Phase::Fired)).await;
    let mut db = house.db.acquire().await.unwrap();
    store::channel::delete(&mut db, gone).await.unwrap();
    let mut row = store::channel::find(&mut db, off).await.unwrap().unwrap();
    row.enabled = false;
    store::channel::put(&mut db, &row).await.unwrap();
    let house = house.work(&["127.0.0.1"]);
    for channel in [off, gone] {
        until(async || house.states(channel).await == ["dead"]).await;
    }
    assert!(receiver.sent().is_empty());
    house.stop().await;
}

#[tokio::test]
async fn syslog_gets_a_message_in_a_frame_over_tcp_and_over_tls() {
    use tokio::{io::AsyncReadExt as _, net::TcpListener};
    let house = House::idle().await;
    let files = tempfile::tempdir().unwrap();
    let authority = Authority::open(files.path(), shared::clock::SystemClock::shared()).unwrap();
    let issued = authority.issue_https(&["127.0.0.1".into()]).unwrap();
    let clock = shared::clock::SystemClock::shared();
    let own = crate::https::OwnCertificate::fixed(issued, clock, Arc::default()).unwrap();
    let tls = crate::https::tls_config(Arc::new(own)).unwrap();
    let acceptor = tokio_rustls::TlsAcceptor::from(Arc::new(tls));
    let house = house.work(&["127.0.0.1"]);
    for encrypted in [false, true] {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let settings = Settings::Syslog(Syslog {
            host: "127.0.0.1".into(),
            port: listener.local_addr().unwrap().port(),
            tls: encrypted,
            facility: 13,
            ca_pem: encrypted.then(|| authority.certificate_pem().into()),
        });
        house
            .channel(&format!("tls {encrypted}"), settings, "")
            .await;
        house
            .announce(&numbered(1 + u128::from(encrypted), Phase::Fired))
            .await;
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut text = String::new();
        if encrypted {
            let mut stream = acceptor.accept(stream).await.unwrap();
            stream.read_to_string(&mut text).await.unwrap();
        } else {
            stream.read_to_string(&mut text).await.unwrap();
        }
        let (length, message) = text.split_once(' ').unwrap();
        assert_eq!(length.parse::<usize>().unwrap(), message.len());
        let head = "<107>1 2026-03-03T14:05:00.000000Z collector.example openwatch-collector ";
        assert!(message.starts_with(head), "{message}");
        let (_, told) = message.split_once(" fired - ").unwrap();
        let told: serde_json::Value = serde_json::from_str(told).unwrap();
        assert_eq!(told["alert_type"], "rule_regression");
        // The first one is closed now.
        sqlx::query("delete from channel")
            .execute(&house.db)
            .await
            .unwrap();
    }
    house.stop().await;
}

/// The waits of a delivery last for a day and more.
#[test]
fn the_attempts_of_a_delivery_last_longer_than_a_day() {
    let Queue {
        max_attempts,
        first,
        most,
        ..
    } = DELIVERIES;
    // Half of each on the average.
    let waits = (0..u32::from(max_attempts) - 1)
        .map(|n| first.saturating_mul(1 << n.min(20)).min(most) / 2);
    let all: Duration = waits.sum();
    assert!(all > Duration::from_secs(36 * 3600), "{all:?}");
}
