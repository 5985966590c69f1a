//! Opens, grows and ends alerts: asks the conditions of alert rules, and has told what changed.
//!
//! What is written of a host is asked about in the transaction that derives from it, so that an alert follows within
//! moments and never twice; what the clock alone turns is asked every few seconds, of all hosts, which also finds
//! what anything missed. One collector at a time changes alerts.

/// What is told.
mod announce;

/// What nobody is to hear of.
mod silence;

/// Asks conditions.
mod ask;

/// What people are told in the console.
mod bell;

use std::{collections::BTreeSet, sync::Arc, time::Duration};

use chrono::{DateTime, TimeDelta, Utc};
use shared::clock::SharedClock;
use sqlx::{PgConnection, PgPool};
use tokio::sync::Mutex;
use tokio_util::sync::CancellationToken;
use tracing::warn;
use uuid::Uuid;

use crate::{
    alert::{
        Turn, reconcile,
        state::{Deed, State},
    },
    catalogue::Catalogue,
    live::{Event, Feed},
    notice::{Phase, bell::What},
    store::{
        self,
        alert::{Done, Rule},
    },
};

/// How often what the clock turns is asked.
const PERIOD: Duration = Duration::from_secs(10);
/// Hosts that are asked about in one transaction: others change alerts between two of them.
const HOSTS: usize = 500;
/// An alert that grows is told again after so long: three hundred hosts that come to the same within minutes are one
/// notice or two, and not three hundred.
const TOGETHER: TimeDelta = TimeDelta::minutes(5);

/// What a transaction changed, for [`Alerter::tell`] after its commit.
#[derive(Debug, Default)]
pub(crate) struct Told {
    alerts: BTreeSet<Uuid>,
    /// The accounts that have something new to read.
    people: BTreeSet<Uuid>,
}

impl Told {
    /// One alert, and who is told something of it.
    pub(crate) fn of(alert: Uuid, people: BTreeSet<Uuid>) -> Self {
        let alerts = [alert].into();
        Self { alerts, people }
    }

    fn add(&mut self, alert: Uuid, people: BTreeSet<Uuid>) {
        self.alerts.insert(alert);
        self.people.extend(people);
    }
}

/// Who does what nobody does.
const ITSELF: &str = "collector";

/// What opens and ends alerts. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Alerter {
    db: PgPool,
    clock: SharedClock,
    feed: Feed,
    catalogue: Arc<Catalogue>,
    /// Where browsers find the console.
    origin: Arc<str>,
    round: Arc<Mutex<Round>>,
}

/// How far everything was asked of every host.
#[derive(Debug, Default)]
struct Round {
    /// The last host that was asked about; 0 before the first.
    after: i32,
    /// The alert rules, open maintenance windows and waivers that counted when the last round ended.
    counts: String,
}

impl Alerter {
    /// One that is yet to [`run`](Self::run).
    pub fn new(
        db: PgPool,
        clock: SharedClock,
        feed: Feed,
        catalogue: Arc<Catalogue>,
        origin: &str,
    ) -> Self {
        Self {
            db,
            clock,
            feed,
            catalogue,
            origin: origin.into(),
            round: Arc::default(),
        }
    }

    /// Works until the token is cancelled.
    pub async fn run(self, token: CancellationToken) {
        while token
            .run_until_cancelled(tokio::time::sleep(PERIOD))
            .await
            .is_some()
        {
            match token.run_until_cancelled(self.look()).await {
                None => return,
                Some(Ok(())) => {}
                Some(Err(error)) => {
                    let error = &error as &dyn std::error::Error;
                    warn!(error, "alerts could not be looked at");
                }
            }
        }
    }

    /// Asks of all hosts what the clock turns and what time has come for, and of the next hosts everything: of all of
    /// them when other alert rules, maintenance windows or waivers count than before.
    pub(crate) async fn look(&self) -> sqlx::Result<()> {
        let now = self.clock.now();
        self.look_at_the_clock(now).await?;
        let mut round = self.round.lock().await;
        let counts = {
            let mut db = self.db.acquire().await?;
            let rules = store::alert::rules(&mut db).await?;
            let windows = store::maintenance::open(&mut db, now).await?;
            let waivers = store::waiver::in_force(&mut db, now).await?;
            format!("{rules:?} {windows:?} {waivers:?}")
        };
        let in_haste = round.counts != counts;
        if in_haste {
            round.after = 0;
        }
        loop {
            let mut tx = self.db.begin().await?;
            let hosts = store::host::numbers_after(&mut tx, round.after, HOSTS).await?;
            let told = self.evaluate(&mut tx, Some(&hosts), now).await?;
            tx.commit().await?;
            self.tell(told);
            let is_last = hosts.len() < HOSTS;
            round.after = match hosts.last() {
                Some(last) if !is_last => *last,
                _ => 0,
            };
            if is_last {
                round.counts = counts;
                return Ok(());
            }
            if !in_haste {
                return Ok(());
            }
        }
    }

    async fn look_at_the_clock(&self, now: DateTime<Utc>) -> sqlx::Result<()> {
        let mut tx = self.db.begin().await?;
        let mut told = self.evaluate(&mut tx, None, now).await?;
        for id in store::alert::awake(&mut tx, now).await? {
            let Some(alert) = store::alert::find(&mut tx, id).await? else {
                continue;
            };
            let done = by_itself(Deed::Wake, "the snooze ended");
            if store::alert::turn(&mut tx, &alert, &done, now)
                .await?
                .is_some()
            {
                let people = self.news(&mut tx, id, (What::Woken, true), now).await?;
                told.add(id, people);
            }
        }
        for id in store::alert::escalate(&mut tx, now).await? {
            if let Some(alert) = store::alert::find(&mut tx, id).await? {
                let detail = "nobody has acknowledged it";
                store::alert::note(&mut tx, alert.no, "escalated", ITSELF, detail, now).await?;
            }
            let people = self.news(&mut tx, id, (What::Escalated, true), now).await?;
            told.add(id, people);
        }
        for id in store::alert::untold(&mut tx, now - TOGETHER).await? {
            self.announce(&mut tx, id, Phase::Fired, now).await?;
        }
        self.unsilence(&mut tx, now, &mut told).await?;
        tx.commit().await?;
        self.tell(told);
        Ok(())
    }

    /// Asks what is so of hosts, or of all what the clock turns, and writes what changed; returns the alerts that did,
    /// for [`tell`](Self::tell) after the commit.
    ///
    /// # Errors
    /// sqlx's.
    pub(crate) async fn evaluate(
        &self,
        db: &mut PgConnection,
        hosts: Option<&[i32]>,
        now: DateTime<Utc>,
    ) -> sqlx::Result<Told> {
        store::alert::hold(&mut *db).await?;
        let mut told = Told::default();
        for rule in store::alert::rules(&mut *db).await? {
            let is_asked = match hosts {
                Some(_) => rule.condition.is_of_hosts(),
                None => rule.condition.is_of_time(),
            };
            if !is_asked {
                continue;
            }
            let firing = if rule.enabled {
                ask::firing(&mut *db, &self.catalogue, &rule, hosts, now).await?
            } else {
                Vec::new()
            };
            let open = store::alert::open(&mut *db, rule.no, hosts).await?;
            let of: Vec<i32> = firing.iter().filter_map(|one| one.host_no).collect();
            let at_work = store::maintenance::of(&mut *db, &of, now).await?;
            let turns = reconcile(&open, &firing, |host_no| at_work.contains_key(&host_no));
            for (key, turn) in turns {
                let turned = self.turn(&mut *db, &rule, key, &turn, now).await?;
                if let Some((alert, what)) = turned {
                    let people = match what {
                        Some(what) => self.news(&mut *db, alert, what, now).await?,
                        None => BTreeSet::new(),
                    };
                    told.add(alert, people);
                }
            }
        }
        Ok(told)
    }

    /// Writes what becomes of one alert. What people are to hear of it, and whether channels are told at once.
    async fn turn(
        &self,
        db: &mut PgConnection,
        rule: &Rule,
        key: &str,
        turn: &Turn<'_>,
        now: DateTime<Utc>,
    ) -> sqlx::Result<Option<(Uuid, Option<(What, bool)>)>> {
        // It may be open for other hosts than those that were asked about.
        let found = store::alert::find_open(&mut *db, rule.no, key).await?;
        let (mut alert, is_new) = match found {
            Some(alert) => (alert, false),
            None => {
                let Some(worst) = turn.begun.iter().map(|one| one.severity).max() else {
                    return Ok(None);
                };
                let severity = rule.severity.unwrap_or(store::event::number(worst));
                let title = self.title(rule, key);
                let of = (rule.no, key);
                let alert = store::alert::begin(&mut *db, of, severity, &title, now).await?;
                store::alert::note(&mut *db, alert.no, "opened", ITSELF, "", now).await?;
                (alert, true)
            }
        };
        let mut what = is_new.then_some((What::Began, true));
        if !turn.begun.is_empty() {
            store::alert::add(&mut *db, alert.no, &turn.begun, now).await?;
            if !is_new {
                // How many is not for those who see some of the hosts.
                let done = by_itself(Deed::Grow, "");
                let before = alert.state;
                if let Some(state) = store::alert::turn(&mut *db, &alert, &done, now).await? {
                    alert.state = state;
                    what = match (before, state) {
                        (State::Active, State::Active) => {
                            Some((What::Grown, !self.told_lately(&alert, now)))
                        }
                        (_, State::Active) => Some((What::Grown, true)),
                        // Who sleeps is not woken.
                        _ => None,
                    };
                }
            }
        }
        if !turn.ended.is_empty() {
            let left = store::alert::end(&mut *db, alert.no, &turn.ended, now).await?;
            if left == 0 {
                let done = by_itself(Deed::End, "nothing of it is so any more");
                store::alert::turn(&mut *db, &alert, &done, now).await?;
                what = Some((What::Ended, true));
            }
        }
        Ok(Some((alert.id, what)))
    }

    fn told_lately(&self, alert: &store::alert::Alert, now: DateTime<Utc>) -> bool {
        alert
            .told_at
            .is_some_and(|told_at| told_at > now - TOGETHER)
    }

    fn title(&self, rule: &Rule, key: &str) -> String {
        let id = key.rsplit(' ').next().unwrap_or(key);
        let known = self.catalogue.rules.get(id);
        let title = known.map(|entry| entry.rule.title.as_str());
        rule.condition.title(&rule.name, key, title)
    }

    /// Tells browsers.
    pub(crate) fn tell(&self, told: Told) {
        for alert in told.alerts {
            self.feed.publish(Event::AlertChanged { alert });
        }
        if !told.people.is_empty() {
            let accounts = Arc::new(told.people);
            self.feed.publish(Event::Notified { accounts });
        }
    }
}

fn by_itself(deed: Deed, detail: &str) -> Done<'_> {
    Done {
        deed,
        who: ITSELF,
        detail,
        until: None,
    }
}
