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
    /// it. Channels are told later where it is not `loud`. Which accounts have something to read.
    pub(super) async fn news(
        &self,
        db: &mut PgConnection,
        id: Uuid,
        (what, loud): (What, bool),
        now: DateTime<Utc>,
    ) -> sqlx::Result<BTreeSet<Uuid>> {
        if let Some(phase) = what.phase() {
            if !phase.follows() && self.is_silent(&mut *db, id, now).await? {
                return Ok(BTreeSet::new());
            }
            if loud {
                self.announce(&mut *db, id, phase, now).await?;
            } else {
                store::alert::leave_untold(&mut *db, id).await?;
            }
        }
        ring(db, id, what, None, now).await
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
        ring(db, id, What::Assigned, Some(account), now).await
    }
}

async fn ring(
    db: &mut PgConnection,
    id: Uuid,
    what: What,
    only: Option<Uuid>,
    now: DateTime<Utc>,
) -> sqlx::Result<BTreeSet<Uuid>> {
    let Some(alert) = read::one(&mut *db, id, None).await? else {
        return Ok(BTreeSet::new());
    };
    let alert = &alert;
    notification::tell(db, &News { alert, what, only }, now).await
}
