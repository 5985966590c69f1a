use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use sqlx::PgConnection;
use uuid::Uuid;

use super::{Alerter, ITSELF};
use crate::{
    alert::state::State,
    notice::Phase,
    store::{self, silence},
};

impl Alerter {
    /// Whether nobody is to hear of an alert now, which is remembered, and forgotten when they may again.
    ///
    /// # Errors
    /// sqlx's.
    pub(super) async fn is_silent(
        &self,
        db: &mut PgConnection,
        alert_no: i64,
        now: DateTime<Utc>,
    ) -> sqlx::Result<bool> {
        let Some(reason) = silence::of(&mut *db, alert_no, now).await? else {
            if silence::mark(&mut *db, alert_no, None).await? {
                let detail = "no silence is for it any more";
                store::alert::note(db, alert_no, "unsilenced", ITSELF, detail, now).await?;
            }
            return Ok(false);
        };
        if silence::mark(&mut *db, alert_no, Some(now)).await? {
            store::alert::note(db, alert_no, "silenced", ITSELF, &reason, now).await?;
        }
        Ok(true)
    }

    /// Has told what nobody heard of and no silence is for any more; returns which alerts that were.
    ///
    /// # Errors
    /// sqlx's.
    pub(super) async fn unsilence(
        &self,
        db: &mut PgConnection,
        now: DateTime<Utc>,
    ) -> sqlx::Result<BTreeSet<Uuid>> {
        let mut heard = BTreeSet::new();
        for id in silence::silenced(&mut *db).await? {
            let Some(alert) = store::alert::find(&mut *db, id).await? else {
                continue;
            };
            if self.is_silent(&mut *db, alert.no, now).await? {
                continue;
            }
            // Who acknowledged it knows, who snoozed or dismissed it need not.
            if alert.state == State::Active {
                self.announce(&mut *db, id, Phase::Fired, now).await?;
            }
            heard.insert(id);
        }
        Ok(heard)
    }
}
