use axum::{Json, extract::State};
use serde::Serialize;
use sqlx::PgPool;
use utoipa::ToSchema;

use crate::{
    api::{
        alert::Alert,
        error::{ApiError, Problem},
        fact::search::HostRef,
        identity::Within,
        input::AlertPath,
        time::Time,
    },
    store::{alert::read as alerts, read},
};

/// Subjects that are told.
const SUBJECTS: i64 = 1000;

/// What an alert is about.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct AlertSubject {
    /// Null for what concerns no host.
    #[schema(required)]
    host: Option<HostRef>,
    /// What of the host, such as a rule; empty for the host itself.
    item: String,
    text: String,
    since: Time,
    /// Null while it is so.
    #[schema(required)]
    until: Option<Time>,
}

/// Something that happened to an alert.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct AlertEntry {
    at: Time,
    /// `opened`, `grown`, `acknowledged`, `assigned`, `snoozed`, `woken`, `dismissed`, `silenced`, `unsilenced`,
    /// `escalated`, `resolved`.
    what: String,
    /// Who did it; `collector` for what happened by itself.
    who: String,
    detail: String,
}

/// An alert with everything about it.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct WholeAlert {
    #[serde(flatten)]
    alert: Alert,
    /// What it is and was about, the newest first, at most 1000.
    about: Vec<AlertSubject>,
    /// The oldest first, the last 500.
    history: Vec<AlertEntry>,
}

/// Show one alert, with what it is about and what happened to it.
#[utoipa::path(get, path = "/api/v1/alerts/{id}", tag = "alerts", params(("id" = Uuid, Path)),
    responses((status = 200, body = WholeAlert),
        (status = 404, body = Problem, content_type = "application/problem+json",
            description = "`alert_not_found`")))]
pub(crate) async fn get_alert(
    within: Within,
    AlertPath(id): AlertPath,
    State(db): State<PgPool>,
) -> Result<Json<WholeAlert>, ApiError> {
    let within = within.groups();
    let mut tx = read::snapshot(&db).await?;
    let found = alerts::one(&mut tx, id, within.as_deref()).await?;
    let alert = found.ok_or_else(|| ApiError::AlertNotFound(id.to_string()))?;
    let about = alerts::subjects(&mut tx, alert.no, within.as_deref(), true, SUBJECTS).await?;
    let history = alerts::history(&mut tx, alert.no).await?;
    let about = about.into_iter().map(|row| AlertSubject {
        host: row
            .host
            .zip(row.hostname)
            .map(|(id, hostname)| HostRef { id, hostname }),
        item: row.item,
        text: row.text,
        since: row.since.into(),
        until: row.until.map(Time),
    });
    let history = history.into_iter().map(|row| AlertEntry {
        at: row.at.into(),
        what: row.what,
        who: row.who,
        detail: row.detail,
    });
    Ok(Json(WholeAlert {
        alert: alert.into(),
        about: about.collect(),
        history: history.collect(),
    }))
}
