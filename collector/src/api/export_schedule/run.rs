//! Makes files whose time has come.

use std::fmt;

use futures_util::future::BoxFuture;
use serde_json::json;
use sqlx::PgPool;
use tracing::{info, warn};
use uuid::Uuid;

use super::job_of;
use crate::{
    api::{
        error::ApiError,
        export::{Whole, whole},
        identity::Doorman,
        lister::{Lister, Lists},
        saved_query,
        time::Time,
        trail::Act,
    },
    audit::{Author, Noted},
    export::{Format, Meta},
    job::{Outcome, Queue},
    jobs::Work,
    store::{
        self,
        export_schedule::{self as rows, EXPORTS, File},
        job::{Run, schedule},
    },
};

/// Makes files whose time has come.
pub struct Exports {
    pub(crate) db: PgPool,
    pub(crate) lists: Lists,
    pub(crate) doorman: Doorman,
}

impl fmt::Debug for Exports {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Exports").finish_non_exhaustive()
    }
}

impl Work for Exports {
    fn queue(&self) -> &'static Queue {
        &EXPORTS
    }

    fn run<'a>(&'a self, run: &'a Run) -> BoxFuture<'a, Outcome> {
        Box::pin(async move {
            match self.make(run).await {
                Ok(outcome) => outcome,
                Err(error) => {
                    let error = &error as &dyn std::error::Error;
                    warn!(job.id = %run.id, error, "a file was not made");
                    Outcome::Failed {
                        why: error.to_string(),
                        not_before: None,
                    }
                }
            }
        })
    }
}

impl Exports {
    async fn make(&self, run: &Run) -> Result<Outcome, ApiError> {
        let named = run.payload["schedule"].as_str();
        let Some(id) = named.and_then(|id| id.parse::<Uuid>().ok()) else {
            let why = "the job names no schedule".into();
            return Ok(Outcome::Refused { why });
        };
        let mut db = self.db.acquire().await?;
        let Some(wanted) = rows::list(&mut db, None, Some(id)).await?.pop() else {
            // With its account or its query.
            schedule::delete(&mut db, &job_of(id)).await?;
            return Ok(Outcome::Done);
        };
        let query = store::saved_query::find(&mut db, wanted.account, wanted.query).await?;
        drop(db);
        // Shared no more.
        let Some(query) = query else {
            let why = "its query is not there for its owner any more".into();
            return Ok(Outcome::Refused { why });
        };
        let lister = Lister::of_schedule(
            (self.lists.clone(), self.doorman.clone()),
            (wanted.account, id),
        );
        let identity = match lister.identity().await {
            Err(ApiError::Unauthenticated) => return Ok(Outcome::Done),
            identity => identity?,
        };
        let (now, list) = (self.doorman.clock.now(), saved_query::list(&query)?);
        let at = serde_json::to_value(Time(now))?;
        let format = Format::named(&wanted.format).unwrap_or_default();
        let meta = Meta {
            list,
            filters: query.filters.clone(),
            at: at.as_str().unwrap_or_default().to_owned(),
            by: identity.name.clone(),
            query: Some(query.name.clone()),
        };
        let made = match whole(lister, query.filters, (format, meta, now)).await? {
            Ok(made) => made,
            Err(refusal) => {
                let why = format!("the list refuses it: {}", refusal.status());
                return Ok(Outcome::Refused { why });
            }
        };
        let Whole { name, body, items } = made;
        let file = File {
            id: run.id,
            account: wanted.account,
            schedule: Some(id),
            name,
            media_type: format.media_type().0.into(),
            items,
            made_at: now,
        };
        let author = Author {
            name: identity.name.clone(),
            account: identity.account,
            how: identity.how.describe(),
            address: None,
            request: None,
            noted: Noted::default(),
        };
        let mut tx = self.db.begin().await?;
        if rows::keep(&mut tx, &file, &body).await? {
            let act = Act::change("export.take").on("list", list.name(), list.name());
            let act = act.after(&json!({"format": format, "query": query.name, "items": items}))?;
            store::audit::note(&mut tx, &author, act, now).await?;
        }
        tx.commit().await?;
        info!(job.id = %run.id, items, "a file was made");
        Ok(Outcome::Done)
    }
}
