//! Keeps who belongs to which group true to what hosts say of themselves: expressions are asked again where
//! facts have changed.
//!
//! It is woken by the live feed, and each time finds in the tables what is due, so that it does not matter
//! what it missed, or who else does it. Now and then it looks at everything: a collector may have stopped
//! between a fact and its answer, or be of a version that knows no expressions.

use std::{
    collections::BTreeSet,
    sync::Arc,
    time::{Duration, Instant},
};

use sqlx::PgPool;
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;
use tracing::{debug, warn};
use uuid::Uuid;

use crate::{
    fleet::Fleet,
    live::{Event, Feed, Message, Subscription},
    metrics::Metrics,
    store::{
        self,
        group::{
            answer::{self, Which},
            register::{self, Renewed},
        },
    },
};

/// How often everything is looked at.
const PERIOD: Duration = Duration::from_secs(300);
/// How long reports gather before their hosts are looked at.
const GATHER: Duration = Duration::from_millis(250);
/// How long it waits after the database refused.
const REST: Duration = Duration::from_secs(5);

/// What keeps the register. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Registrar {
    db: PgPool,
    fleet: Fleet,
    feed: Feed,
    metrics: Arc<Metrics>,
    bell: Arc<Notify>,
}

/// What may have changed.
#[derive(Debug)]
pub(crate) enum Heard {
    Anything,
    /// What is known of these hosts.
    Of(BTreeSet<Uuid>),
}

impl Registrar {
    /// One that is yet to [`run`](Self::run).
    pub fn new(db: PgPool, fleet: Fleet, feed: Feed, metrics: Arc<Metrics>) -> Self {
        let bell = Arc::default();
        Self {
            db,
            fleet,
            feed,
            metrics,
            bell,
        }
    }

    /// Lets it look at everything soon: somebody has left answers due.
    pub fn ring(&self) {
        self.bell.notify_one();
    }

    /// Works until the token is cancelled.
    pub async fn run(self, token: CancellationToken) {
        let mut news = self.feed.subscribe(None);
        let (mut heard, mut next) = (Heard::Anything, Instant::now() + PERIOD);
        loop {
            // A look that is cut off has changed whole chunks of hosts or nothing.
            let looked = token.run_until_cancelled(self.look(&heard)).await;
            if let Some(Err(error)) = &looked {
                let error = error as &dyn std::error::Error;
                warn!(error, "groups could not be kept true");
                next = Instant::now() + REST;
            }
            let hear = self.hear(&mut news, next);
            match token.run_until_cancelled(hear).await {
                Some(told) => heard = told,
                None => return,
            }
            if matches!(heard, Heard::Anything) {
                next = Instant::now() + PERIOD;
            }
        }
    }

    /// Waits until something may have changed, and for what comes with it.
    async fn hear(&self, news: &mut Subscription, next: Instant) -> Heard {
        let first = tokio::select! {
            () = tokio::time::sleep_until(next.into()) => return Heard::Anything,
            () = self.bell.notified() => return Heard::Anything,
            first = news.next() => first,
        };
        let mut heard = Heard::Of(BTreeSet::new());
        heard.add(first);
        let more = async {
            loop {
                heard.add(news.next().await);
            }
        };
        let _: Result<(), _> = tokio::time::timeout(GATHER, more).await;
        heard
    }

    /// Asks what is due.
    pub(crate) async fn look(&self, heard: &Heard) -> sqlx::Result<()> {
        let hosts = match heard {
            Heard::Of(hosts) if hosts.is_empty() => return Ok(()),
            Heard::Of(hosts) => Some(hosts.iter().copied().collect::<Vec<_>>()),
            Heard::Anything => {
                self.settle().await?;
                None
            }
        };
        let which = Which {
            hosts: hosts.as_deref(),
            ..Which::default()
        };
        let mut after = 0;
        loop {
            // Without the register: nobody waits while nothing is due.
            let mut tx = self.db.begin().await?;
            let due = answer::due(&mut tx, which, after).await?;
            tx.rollback().await?;
            let Some(last) = due.last() else {
                return Ok(());
            };
            after = *last;
            self.renew(&due).await?;
        }
    }

    /// What no collector of this version has left undone, another may have.
    async fn settle(&self) -> sqlx::Result<()> {
        let mut tx = self.db.begin().await?;
        register::hold(&mut tx).await?;
        let changed = register::settle(&mut tx, None).await?;
        if !changed.is_empty() {
            store::settings::changed(&mut tx).await?;
        }
        tx.commit().await?;
        self.fleet.ring(&changed);
        Ok(())
    }

    async fn renew(&self, hosts: &[i32]) -> sqlx::Result<()> {
        let mut tx = self.db.begin().await?;
        let Renewed { asked, changed } = register::renew(&mut tx, hosts).await?;
        let mut ids = Vec::new();
        if !changed.is_empty() {
            store::settings::changed(&mut tx).await?;
            ids = store::host::ids(&mut tx, &changed).await?;
        }
        tx.commit().await?;
        self.metrics.group_answers.inc_by(asked.answers);
        self.metrics.group_answers_failed.inc_by(asked.errors);
        debug!(answers = asked.answers, changed = changed.len(), "groups");
        self.fleet.ring(&changed);
        for host in ids {
            let kinds = Vec::new();
            self.feed.publish(Event::HostChanged { host, kinds });
        }
        Ok(())
    }
}

impl Heard {
    fn add(&mut self, message: Message) {
        let event = match message {
            Message::Event(stamped) => stamped.event,
            Message::Resync => return *self = Self::Anything,
        };
        if let (Event::HostChanged { host, .. } | Event::HostEnrolled { host }, Self::Of(hosts)) =
            (event, self)
        {
            hosts.insert(host.0);
        }
    }
}
