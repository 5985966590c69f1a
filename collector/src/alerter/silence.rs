use chrono::{DateTime, Utc};
use sqlx::PgConnection;
use uuid::Uuid;

use super::{Alerter, ITSELF, Told};
use crate::{
    alert::state::State,
    notice::bell::What,
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
        id: Uuid,
        now: DateTime<Utc>,
    ) -> sqlx::Result<bool> {
        let Some(alert) = store::alert::find(&mut *db, id).await? else {
            return Ok(false);
        };
        let reason = silence::of(&mut *db, alert.no, now).await?;
        if silence::mark(&mut *db, alert.no, reason.is_some().then_some(now)).await? {
            let (what, detail) = match &reason {
                Some(reason) => ("silenced", reason.as_str()),
                None => ("unsilenced", "no silence is for it any more"),
            };
            store::alert::note(db, alert.no, what, ITSELF, detail, now).await?;
        }
        Ok(reason.is_some())
    }

    /// Has told what nobody heard of and no silence is for any more.
    ///
    /// # Errors
    /// sqlx's.
    pub(super) async fn unsilence(
        &self,
        db: &mut PgConnection,
        now: DateTime<Utc>,
        told: &mut Told,
    ) -> sqlx::Result<()> {
        for id in silence::silenced(&mut *db).await? {
            if self.is_silent(&mut *db, id, now).await? {
                continue;
            }
            // Who acknowledged it knows, who snoozed or dismissed it need not.
            let alert = store::alert::find(&mut *db, id).await?;
            let people = match alert {
                Some(alert) if alert.state == State::Active => {
                    self.news(&mut *db, id, (What::Woken, true), now).await?
                }
                _ => Default::default(),
            };
            told.add(id, people);
        }
        Ok(())
    }
}
