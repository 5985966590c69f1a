//! Opens, grows and ends alerts: asks the conditions of alert rules, and has told what changed.
//!
//! What is written of a host is asked about in the transaction that derives from it, so that an alert follows within
//! moments and never twice; what the clock alone turns is asked every few seconds, of all hosts, which also finds
//! what anything missed. One collector at a time changes alerts.

/// What is told.
mod announce;

/// Asks conditions.
mod ask;

use std::{collections::BTreeSet, sync::Arc, time::Duration};

use chrono::{DateTime, Utc};
use shared::clock::SharedClock;
use sqlx::{PgConnection, PgPool};
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
    notice::Phase,
    store::{
        self,
        alert::{Done, Rule},
    },
};

/// How often everything is asked.
const PERIOD: Duration = Duration::from_secs(10);
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

    /// Asks everything of all hosts, and what time has come for.
    pub(crate) async fn look(&self) -> sqlx::Result<()> {
        let now = self.clock.now();
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
                told.insert(id);
                self.announce(&mut tx, id, Phase::Fired, now).await?;
            }
        }
        for id in store::alert::escalate(&mut tx, now).await? {
            if let Some(alert) = store::alert::find(&mut tx, id).await? {
                let detail = "nobody has acknowledged it";
                store::alert::note(&mut tx, alert.no, "escalated", ITSELF, detail, now).await?;
            }
            told.insert(id);
            self.announce(&mut tx, id, Phase::Escalated, now).await?;
        }
        tx.commit().await?;
        self.tell(told);
        Ok(())
    }

    /// Asks what is so of hosts, or of all, and writes what changed; returns the alerts that did, for
    /// [`tell`](Self::tell) after the commit.
    ///
    /// # Errors
    /// sqlx's.
    pub(crate) async fn evaluate(
        &self,
        db: &mut PgConnection,
        hosts: Option<&[i32]>,
        now: DateTime<Utc>,
    ) -> sqlx::Result<BTreeSet<Uuid>> {
        store::alert::hold(&mut *db).await?;
        let mut told = BTreeSet::new();
        for rule in store::alert::rules(&mut *db).await? {
            if hosts.is_some() && !rule.condition.is_of_hosts() {
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
                if let Some((alert, phase)) = turned {
                    told.insert(alert);
                    if let Some(phase) = phase {
                        self.announce(&mut *db, alert, phase, now).await?;
                    }
                }
            }
        }
        Ok(told)
    }

    /// Writes what becomes of one alert. What people are to hear of it.
    async fn turn(
        &self,
        db: &mut PgConnection,
        rule: &Rule,
        key: &str,
        turn: &Turn<'_>,
        now: DateTime<Utc>,
    ) -> sqlx::Result<Option<(Uuid, Option<Phase>)>> {
        // It can be open for hosts of which nothing is asked now.
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
        let mut phase = is_new.then_some(Phase::Fired);
        if !turn.begun.is_empty() {
            store::alert::add(&mut *db, alert.no, &turn.begun, now).await?;
            if !is_new {
                // How many is not for those who see some of the hosts.
                let done = by_itself(Deed::Grow, "");
                let before = alert.state;
                if let Some(state) = store::alert::turn(&mut *db, &alert, &done, now).await? {
                    alert.state = state;
                    // Who sleeps is not woken.
                    phase =
                        (state == State::Active || before == State::Active).then_some(Phase::Fired);
                }
            }
        }
        if !turn.ended.is_empty() {
            let left = store::alert::end(&mut *db, alert.no, &turn.ended, now).await?;
            if left == 0 {
                let done = by_itself(Deed::End, "nothing of it is so any more");
                store::alert::turn(&mut *db, &alert, &done, now).await?;
                phase = Some(Phase::Resolved);
            }
        }
        Ok(Some((alert.id, phase)))
    }

    fn title(&self, rule: &Rule, key: &str) -> String {
        let id = key.rsplit(' ').next().unwrap_or(key);
        let known = self.catalogue.rules.get(id);
        let title = known.map(|entry| entry.rule.title.as_str());
        rule.condition.title(key, title)
    }

    /// Tells browsers.
    pub(crate) fn tell(&self, alerts: BTreeSet<Uuid>) {
        for alert in alerts {
            self.feed.publish(Event::AlertChanged { alert });
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
