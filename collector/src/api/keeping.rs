//! How far back one may ask: of a time of which something was let go, what is left would be told as if it were all.

use chrono::{DateTime, Utc};
use sqlx::PgConnection;

use crate::{
    api::{error::ApiError, time::Time},
    retention::{Keep, Kind},
    store::retention,
};

/// How long history is kept where nobody has set anything.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Keeping(pub(crate) Keep);

impl Keeping {
    /// How long it is kept now.
    ///
    /// # Errors
    /// The database's.
    pub(crate) async fn now(self, db: &mut PgConnection) -> sqlx::Result<Keep> {
        retention::keep(db, self.0).await
    }

    /// From when on everything is kept that tells of a kind: what the settings say now, and no less than what was let
    /// go by those of before.
    ///
    /// # Errors
    /// The database's.
    pub(crate) async fn from(
        self,
        db: &mut PgConnection,
        kind: Kind,
        now: DateTime<Utc>,
    ) -> sqlx::Result<DateTime<Utc>> {
        let gone = retention::gone_before(db, kind.told_from()).await?;
        let by_settings = self.now(db).await?.before(kind, now);
        Ok(gone.max(by_settings).unwrap_or(DateTime::<Utc>::MIN_UTC))
    }

    /// The instant that is asked about; `None`: the present.
    ///
    /// # Errors
    /// [`ApiError::PastGone`] for one of which not everything is kept, and the database's.
    pub(crate) async fn asked(
        self,
        db: &mut PgConnection,
        kind: Kind,
        at: Option<Time>,
        now: DateTime<Utc>,
    ) -> Result<Option<DateTime<Utc>>, ApiError> {
        let Some(Time(at)) = at else { return Ok(None) };
        let from = self.from(db, kind, now).await?;
        if at < from {
            return Err(ApiError::PastGone(from));
        }
        Ok(Some(at))
    }
}
