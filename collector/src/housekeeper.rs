//! Keeps the tables in order: makes the partitions of what comes, and lets go of what is too old, as it was set.
//! What was let go is written down, in the audit log too.

use std::{sync::Arc, time::Duration};

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::json;
use shared::clock::SharedClock;
use sqlx::{PgConnection, PgPool};
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;
use tracing::{info, warn};

use crate::{
    audit::{Act, Author},
    fleet::Fleet,
    retention::{Keep, Kind},
    store::{
        self, archive,
        partition::{self, Gone, Weight},
        retention,
    },
};

/// How often it is looked, unless somebody sets something.
const PERIOD: Duration = Duration::from_secs(6 * 3600);
/// Who does it, in the audit log.
const ITSELF: &str = "housekeeping";

/// What keeps the tables in order. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Housekeeper {
    db: PgPool,
    clock: SharedClock,
    /// How long is kept what nobody has set.
    defaults: Keep,
    /// How long a certificate can be renewed behind its end.
    grace: TimeDelta,
    /// Rung when something was set.
    bell: Arc<Notify>,
}

impl Housekeeper {
    pub fn new(db: PgPool, clock: SharedClock, defaults: Keep, grace: TimeDelta) -> Self {
        Self {
            db,
            clock,
            defaults,
            grace,
            bell: Arc::default(),
        }
    }

    /// How long is kept what nobody has set.
    pub fn defaults(&self) -> Keep {
        self.defaults
    }

    /// Something was set: it is looked soon.
    pub fn look(&self) {
        self.bell.notify_one();
    }

    /// Looks again and again, until the token is cancelled.
    pub async fn run(self, fleet: Fleet, token: CancellationToken) {
        loop {
            tokio::select! {
                () = token.cancelled() => return,
                () = self.bell.notified() => {}
                () = tokio::time::sleep(PERIOD) => {}
            }
            fleet.forget_expired(self.clock.now());
            match token.run_until_cancelled(self.tidy()).await {
                // What is left is done by the next collector.
                None => return,
                Some(Ok(())) => {}
                Some(Err(error)) => {
                    let error = &error as &dyn std::error::Error;
                    warn!(error, "housekeeping failed");
                }
            }
        }
    }

    /// Does all that there is to do now. Several collectors may do it at once.
    ///
    /// # Errors
    /// The database's.
    pub async fn tidy(&self) -> sqlx::Result<()> {
        let now = self.clock.now();
        let mut tx = self.db.begin().await?;
        let keep = retention::keep(&mut tx, self.defaults).await?;
        let gone = partition::maintain(&mut tx, now, keep).await?;
        if let Some(oldest) = keep.before(Kind::Facts, now) {
            store::baseline::forget_before(&mut tx, oldest).await?;
        }
        store::certificate::delete_unsealing(&mut tx).await?;
        store::certificate::delete_ended(&mut tx, now - self.grace).await?;
        store::idempotency::delete_before(&mut tx, now - store::idempotency::KEEP).await?;
        store::notification::delete_surplus(&mut tx).await?;
        store::export_schedule::delete_surplus(&mut tx).await?;
        for gone in together(gone) {
            retention::note(&mut tx, None, &gone, now).await?;
            tell(&mut tx, &gone, now).await?;
        }
        tx.commit().await?;
        for kind in Kind::ALL {
            let Some(before) = keep.before(*kind, now) else {
                continue;
            };
            match kind {
                Kind::RetiredHosts => self.archive(before).await?,
                _ => self.delete(*kind, before).await?,
            }
        }
        Ok(())
    }

    /// Deletes what of a kind is too old and lies in no partition, some rows at a time.
    async fn delete(&self, kind: Kind, before: DateTime<Utc>) -> sqlx::Result<()> {
        let (mut run, mut whole) = (None, Weight::default());
        loop {
            let now = self.clock.now();
            let mut tx = self.db.begin().await?;
            partition::lock(&mut tx).await?;
            let gone = |weight| Gone {
                kind,
                before,
                weight,
            };
            let Some(weight) = retention::delete_some(&mut tx, kind, before).await? else {
                if run.is_some() {
                    tell(&mut tx, &gone(whole), now).await?;
                }
                return tx.commit().await;
            };
            run = Some(retention::note(&mut tx, run, &gone(weight), now).await?);
            whole += weight;
            tx.commit().await?;
        }
    }

    /// Puts hosts that were retired long ago into the archive, one after the other.
    async fn archive(&self, before: DateTime<Utc>) -> sqlx::Result<()> {
        loop {
            let now = self.clock.now();
            let mut tx = self.db.begin().await?;
            let Some(host) = archive::due(&mut tx, before).await? else {
                return Ok(());
            };
            let (body, rows) = archive::file(&mut tx, &host).await?;
            let archived = archive::insert(&mut tx, &host, (&body, rows), (ITSELF, now)).await?;
            let weight = archive::forget(&mut tx, host.host_no).await?;
            let gone = Gone {
                kind: Kind::RetiredHosts,
                before,
                weight,
            };
            retention::note(&mut tx, None, &gone, now).await?;
            let act = Act::change("host.archive").on("host", host.id, &host.hostname);
            let said = json!({"sha256": hex(&archived.sha256), "lines": rows});
            let act = act
                .after(&said)
                .map_err(|e| sqlx::Error::Encode(e.into()))?;
            store::audit::note(&mut tx, &Author::itself(ITSELF), act, now).await?;
            tx.commit().await?;
            info!(host.id = %host.id, "a retired host is in the archive");
        }
    }
}

/// One for each kind of which there was something: a kind has several tables.
fn together(gone: Vec<Gone>) -> Vec<Gone> {
    let mut kinds = Vec::<Gone>::new();
    for one in gone.into_iter().filter(|one| one.weight.rows > 0) {
        match kinds.iter_mut().find(|kind| kind.kind == one.kind) {
            Some(kind) => kind.weight += one.weight,
            None => kinds.push(one),
        }
    }
    kinds
}

/// Writes into the audit log what was let go.
async fn tell(tx: &mut PgConnection, gone: &Gone, now: DateTime<Utc>) -> sqlx::Result<()> {
    let Gone {
        kind,
        before,
        weight,
    } = *gone;
    info!(%kind, %before, rows = weight.rows, bytes = weight.bytes, "let go of what is too old");
    let said = json!({"before": before, "rows": weight.rows, "bytes": weight.bytes});
    let act = Act::change("retention.run").on("retention", kind, kind.says());
    let act = act
        .after(&said)
        .map_err(|e| sqlx::Error::Encode(e.into()))?;
    store::audit::note(tx, &Author::itself(ITSELF), act, now).await
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
