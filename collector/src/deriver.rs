//! Looks at what hosts told, once it is stored, and writes what follows from it: how they stand, what
//! happened on them, what drifted, and what people are to be told of it.
//!
//! Whoever writes something of a host leaves it due in the same transaction, so that nothing is missed whatever is
//! killed and whenever; what follows is written in one transaction with the mark that it was, so that nothing
//! follows twice. Any number of collectors do this together, each host at one of them at a time.

/// Stories of drift.
mod story;

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use chrono::{DateTime, TimeDelta, Utc};
use shared::{clock::SharedClock, rule::variable::Values};
use sqlx::{PgConnection, PgPool};
use tokio_util::sync::CancellationToken;
use tracing::warn;
use uuid::Uuid;

use crate::{
    alerter::{self, Alerter},
    catalogue::Catalogue,
    drift::drifts,
    event::{Transition, events, heard},
    live::{Event, Feed, Message, Subscription},
    metrics::Metrics,
    posture::{Change, Counts, Lenses, Told, failing, sweep},
    store::{self, derive::Due, event::New},
};

/// How often the tables are looked at when nothing is heard: what other collectors wrote.
const PERIOD: Duration = Duration::from_secs(2);
/// How long it waits after the database refused.
const REST: Duration = Duration::from_secs(5);
/// Hosts of one transaction.
const CHUNK: i64 = 64;

/// What looks. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Deriver {
    db: PgPool,
    clock: SharedClock,
    feed: Feed,
    metrics: Arc<Metrics>,
    catalogue: Arc<Catalogue>,
    alerter: Alerter,
    lenses: Arc<Lenses>,
}

impl Deriver {
    /// One that is yet to [`run`](Self::run).
    pub fn new(
        db: PgPool,
        clock: SharedClock,
        feed: Feed,
        metrics: Arc<Metrics>,
        catalogue: Arc<Catalogue>,
        alerter: Alerter,
    ) -> Self {
        let lenses = Arc::new(Lenses::of(&catalogue));
        Self {
            db,
            clock,
            feed,
            metrics,
            catalogue,
            alerter,
            lenses,
        }
    }

    /// Works until the token is cancelled.
    pub async fn run(self, token: CancellationToken) {
        let mut news = self.feed.subscribe(None);
        let mut fresh = true;
        loop {
            let work = async {
                if fresh {
                    // Other rules may count than when this collector ran before.
                    let (mut db, now) = (self.db.acquire().await?, self.clock.now());
                    store::derive::leave_unlike(&mut db, &self.lenses.digest(), now).await?;
                }
                self.look().await
            };
            match token.run_until_cancelled(work).await {
                None => return,
                Some(Ok(())) => fresh = false,
                Some(Err(error)) => {
                    complain(&error);
                    let rest = tokio::time::sleep(REST);
                    if token.run_until_cancelled(rest).await.is_none() {
                        return;
                    }
                }
            }
            let heard = tokio::time::timeout(PERIOD, hear(&mut news));
            if token.run_until_cancelled(heard).await.is_none() {
                return;
            }
        }
    }

    /// Looks at every host that is due. One of which the database takes nothing holds up no other: it is left for the
    /// next time, when all others are done.
    pub(crate) async fn look(&self) -> sqlx::Result<()> {
        let (mut left, mut limit, mut failed) = (Vec::new(), CHUNK, None);
        loop {
            let mut hosts = Vec::new();
            match self.some(&left, limit, &mut hosts).await {
                Ok(()) if hosts.is_empty() => return failed.map_or(Ok(()), Err),
                Ok(()) => limit = CHUNK,
                Err(error) if !is_of_rows(&error) => return Err(error),
                // Which of them it is is found by halves; each time the same ones come first.
                Err(_) if hosts.len() > 1 => limit = i64::try_from(hosts.len() / 2).unwrap_or(1),
                Err(error) => {
                    let cause = &error as &dyn std::error::Error;
                    warn!(
                        host.no = hosts.first(),
                        error = cause,
                        "what follows from what a host tells could not be written: it is left"
                    );
                    left.append(&mut hosts);
                    limit = CHUNK;
                    failed = Some(error);
                }
            }
        }
    }

    /// Looks at some hosts that are due, and not among those that are left; says which they are before it does.
    async fn some(&self, left: &[i32], limit: i64, hosts: &mut Vec<i32>) -> sqlx::Result<()> {
        let mut tx = self.db.begin().await?;
        let done = self.write(&mut tx, left, limit, hosts).await;
        let (alerts, stories) = match done {
            Ok(told) => told,
            Err(error) => {
                // Now, not whenever the connection is used again: what it holds is skipped until then.
                tx.rollback().await?;
                return Err(error);
            }
        };
        tx.commit().await?;
        self.metrics.hosts_derived.inc_by(hosts.len() as u64);
        self.alerter.tell(alerts);
        for host in store::host::ids(&mut *self.db.acquire().await?, hosts).await? {
            self.feed.publish(Event::PostureChanged { host });
        }
        for drift in stories {
            self.feed.publish(Event::DriftChanged { drift });
        }
        Ok(())
    }

    /// Writes what follows from what hosts tell, and returns what is to be told of it: alerts, and stories of drift.
    async fn write(
        &self,
        tx: &mut PgConnection,
        left: &[i32],
        limit: i64,
        hosts: &mut Vec<i32>,
    ) -> sqlx::Result<(alerter::Told, Vec<Uuid>)> {
        let digest = self.lenses.digest();
        let due = store::derive::take(tx, &digest, left, limit).await?;
        hosts.extend(due.iter().map(|due| due.host_no));
        if due.is_empty() {
            // What was tidied on the way is all.
            return Ok(Default::default());
        }
        let (looked, stories) = self.derive(tx, due).await?;
        let now = self.clock.now();
        let alerts = self.alerter.evaluate(tx, Some(hosts), now).await?;
        store::derive::done(tx, &looked, &digest).await?;
        Ok((alerts, stories))
    }

    /// Returns the hosts, with up to where they were looked at, and the stories that are others.
    async fn derive(
        &self,
        db: &mut PgConnection,
        mut due: Vec<Due>,
    ) -> sqlx::Result<(Vec<Due>, Vec<Uuid>)> {
        let now = self.clock.now();
        let numbers = store::posture::lenses(db, self.lenses.all()).await?;
        let hosts: Vec<i32> = due.iter().map(|due| due.host_no).collect();
        let from: Vec<_> = due
            .iter()
            .map(|due| (due.host_no, due.posture_to))
            .collect();
        let told = store::posture::told(db, &from).await?;
        let present = store::posture::present(db, &hosts).await?;
        let mut written = Vec::new();
        for due in &mut due {
            let told = told.get(&due.host_no).map_or(&[][..], Vec::as_slice);
            let known = present.get(&due.host_no);
            let known = numbers
                .iter()
                .enumerate()
                .filter_map(|(place, number)| Some((place, *known?.get(number)?)));
            let known = known.collect();
            let set = self.set(db, due.host_no, told).await?;
            let changes = self.posture(due, told, &known, now, &set);
            written.push((due.host_no, changes));
        }
        store::posture::write(db, &written, &numbers).await?;
        let failing = due.iter().map(|due| {
            let told = told.get(&due.host_no).map_or(&[][..], Vec::as_slice);
            (
                due.host_no,
                if due.revoked {
                    Vec::new()
                } else {
                    failing(told)
                },
            )
        });
        store::posture::failing::count(db, &failing.collect::<Vec<_>>()).await?;
        let stories = self.events(db, &mut due, now).await?;
        Ok((due, stories))
    }

    /// Writes what the changes of hosts mean, and what of them is drift; `due` then says up to where they were looked
    /// at. Returns the stories that are others.
    async fn events(
        &self,
        db: &mut PgConnection,
        due: &mut [Due],
        now: DateTime<Utc>,
    ) -> sqlx::Result<Vec<Uuid>> {
        let changes: Vec<_> = due.iter().map(|due| (due.host_no, due.change)).collect();
        let changes = store::event::changes(db, &changes).await?;
        let stances: Vec<_> = due
            .iter()
            .map(|due| (due.host_no, due.liveness_to))
            .collect();
        let stances = store::event::stances(db, &stances).await?;
        let severity = |rule: &str| {
            self.catalogue
                .rules
                .get(rule)
                .map(|entry| entry.rule.severity)
        };
        let (mut new, mut drifted) = (Vec::<New>::new(), Vec::new());
        for change in &changes {
            let of = Transition {
                kind: &change.kind,
                key: &change.key,
                before: change.before.as_ref(),
                after: change.after.as_ref(),
            };
            let told = events(of, severity);
            drifted.extend(drifts(of, &told).into_iter().map(|drift| (change, drift)));
            new.extend(told.into_iter().map(|event| New {
                host_no: change.host_no,
                event,
                before_id: change.before_id,
                after_id: change.after_id,
                occurred_at: change.occurred_at,
            }));
        }
        for stance in &stances {
            let told = heard(stance.before.as_deref(), &stance.state, &stance.detail);
            new.extend(told.map(|event| New {
                host_no: stance.host_no,
                event,
                before_id: None,
                after_id: None,
                occurred_at: stance.valid_from,
            }));
        }
        store::event::write(db, &new, now).await?;
        let stories = story::write(db, &self.catalogue, &drifted, now).await?;
        for due in due {
            let last = changes
                .iter()
                .rev()
                .find(|change| change.host_no == due.host_no);
            due.change = last.map_or(due.change, |change| change.id);
            let last = stances
                .iter()
                .rev()
                .find(|stance| stance.host_no == due.host_no);
            due.liveness_to = last.map_or(due.liveness_to, |stance| Some(stance.valid_from));
        }
        Ok(stories)
    }

    /// How a host's posture went on; `due` then says up to where it is known.
    fn posture(
        &self,
        due: &mut Due,
        told: &[Told],
        known: &BTreeMap<usize, Counts>,
        now: DateTime<Utc>,
        set: &Values,
    ) -> Vec<Change> {
        let behind = due.posture_to.map(|to| to + TimeDelta::microseconds(1));
        let anew = behind.map_or(now, |behind| now.max(behind));
        let wanted = |profile: &str, rule: &str| {
            let held = self.catalogue.profiles.get(profile)?;
            self.catalogue.values_in(held, rule, set)
        };
        let changes = sweep(&self.lenses, told, due.posture_to, known, anew, wanted);
        let instants = told.iter().flat_map(|told| [Some(told.from), told.to]);
        let instants = instants
            .flatten()
            .chain(changes.iter().map(|change| change.at));
        due.posture_to = instants.chain(due.posture_to).max();
        changes
    }

    /// The variables that are set for a host. Only where a rule was decided with several sets of values it matters
    /// which are a profile's.
    async fn set(
        &self,
        db: &mut PgConnection,
        host_no: i32,
        told: &[Told],
    ) -> sqlx::Result<Values> {
        if !told.iter().any(|told| told.key.contains('@')) {
            return Ok(Values::default());
        }
        let set = store::settings::of_host(db, host_no).await?;
        Ok(set.effective.compliance.values())
    }
}

/// Whether rows are to blame, and not the database: its classes 22 (data) and 23 (constraints).
fn is_of_rows(error: &sqlx::Error) -> bool {
    let code = error.as_database_error().and_then(|error| error.code());
    code.is_some_and(|code| code.starts_with("22") || code.starts_with("23"))
}

fn complain(error: &sqlx::Error) {
    let error = error as &dyn std::error::Error;
    warn!(
        error,
        "what follows from what hosts tell could not be written"
    );
}

/// Waits until something may be due.
async fn hear(news: &mut Subscription) {
    loop {
        match news.next().await {
            Message::Resync => return,
            Message::Event(stamped) => match stamped.event {
                Event::HostChanged { .. }
                | Event::HostConnected { .. }
                | Event::HostDisconnected { .. }
                | Event::HostEnrolled { .. }
                | Event::HostRevoked { .. } => return,
                Event::RolloutChanged { .. }
                | Event::PostureChanged { .. }
                | Event::DriftChanged { .. }
                | Event::AlertChanged { .. }
                | Event::WaiverChanged { .. }
                | Event::Notified { .. } => {}
            },
        }
    }
}
