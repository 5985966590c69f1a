//! What people are told of an alert in the console.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use sqlx::PgConnection;
use uuid::Uuid;

use super::Alerter;
use crate::{
    notice::bell::What,
    store::{
        self,
        alert::read,
        notification::{self, News},
    },
};

impl Alerter {
    /// Has channels and people told what happened to an alert, in the caller's transaction, unless nobody is to hear of
    /// it. Which accounts have something to read.
    pub(super) async fn news(
        &self,
        db: &mut PgConnection,
        id: Uuid,
        what: What,
        now: DateTime<Utc>,
    ) -> sqlx::Result<BTreeSet<Uuid>> {
        if let Some(phase) = what.phase() {
            if !phase.follows() && self.is_silent(&mut *db, id, now).await? {
                return Ok(BTreeSet::new());
            }
            let alert = store::alert::find(&mut *db, id).await?;
            let before = alert.and_then(|alert| alert.told_at);
            self.announce(&mut *db, id, phase, now).await?;
            return ring(db, id, (what, before), None, now).await;
        }
        ring(db, id, (what, None), None, now).await
    }

    /// Tells somebody that they are to look after an alert, if they may see it, in the caller's transaction. Which
    /// account has something to read.
    ///
    /// # Errors
    /// sqlx's.
    pub(crate) async fn assigned(
        &self,
        db: &mut PgConnection,
        id: Uuid,
        account: Uuid,
        now: DateTime<Utc>,
    ) -> sqlx::Result<BTreeSet<Uuid>> {
        ring(db, id, (What::Assigned, None), Some(account), now).await
    }
}

async fn ring(
    db: &mut PgConnection,
    id: Uuid,
    (what, before): (What, Option<DateTime<Utc>>),
    only: Option<Uuid>,
    now: DateTime<Utc>,
) -> sqlx::Result<BTreeSet<Uuid>> {
    let Some(alert) = read::one(&mut *db, id, None).await? else {
        return Ok(BTreeSet::new());
    };
    let alert = &alert;
    let news = News {
        alert,
        what,
        only,
        before,
    };
    notification::tell(db, &news, now).await
}
