use axum::{Json, extract::State};
use chrono::TimeDelta;
use serde::Deserialize;
use sqlx::PgPool;
use utoipa::ToSchema;

use crate::{
    alert::state::Deed,
    alerter::Alerter,
    api::{
        alert::{Alert, Wanted, turn},
        error::{ApiError, Problem},
        identity::{Identity, Within},
        input::{AlertPath, Body},
        time::Time,
        trail::Trail,
    },
    notice::Phase,
};

/// The longest snooze.
const MAX_SNOOZE: TimeDelta = TimeDelta::days(30);

/// What is said with a deed.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct AlertNote {
    /// For whoever reads the history; at most 1000 characters.
    #[serde(default)]
    note: String,
}

/// Until when nobody is to hear of an alert.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct AlertSnooze {
    /// At most 30 days from now.
    until: Time,
    /// For whoever reads the history; at most 1000 characters.
    #[serde(default)]
    note: String,
}

/// Say that somebody looks after an alert. What becomes so after that makes it active again.
#[utoipa::path(post, path = "/api/v1/alerts/{id}/acknowledge", tag = "alerts", params(("id" = Uuid, Path)),
    request_body = AlertNote,
    responses((status = 200, body = Alert),
        (status = 404, body = Problem, content_type = "application/problem+json",
            description = "`alert_not_found`"),
        (status = 409, body = Problem, content_type = "application/problem+json",
            description = "`alert_stands_so`")))]
pub(crate) async fn acknowledge_alert(
    (identity, within, trail): (Identity, Within, Trail),
    AlertPath(id): AlertPath,
    State(db): State<PgPool>,
    State(alerter): State<Alerter>,
    Body(said): Body<AlertNote>,
) -> Result<Json<Alert>, ApiError> {
    let wanted = Wanted {
        phase: Some(Phase::Acknowledged),
        ..Wanted::new(Deed::Acknowledge, "alert.acknowledge", &said.note)?
    };
    let asks = (&identity, &within, &trail);
    turn((&db, &alerter), asks, id, wanted).await.map(Json)
}

/// Let nobody hear of an alert for a while. It wakes by itself.
#[utoipa::path(post, path = "/api/v1/alerts/{id}/snooze", tag = "alerts", params(("id" = Uuid, Path)),
    request_body = AlertSnooze,
    responses((status = 200, body = Alert),
        (status = 400, body = Problem, content_type = "application/problem+json",
            description = "`bad_parameter`"),
        (status = 404, body = Problem, content_type = "application/problem+json",
            description = "`alert_not_found`"),
        (status = 409, body = Problem, content_type = "application/problem+json",
            description = "`alert_stands_so`")))]
pub(crate) async fn snooze_alert(
    (identity, within, trail): (Identity, Within, Trail),
    AlertPath(id): AlertPath,
    State(db): State<PgPool>,
    State(alerter): State<Alerter>,
    Body(said): Body<AlertSnooze>,
) -> Result<Json<Alert>, ApiError> {
    let (now, until) = (trail.now(), said.until.0);
    if until <= now || until > now + MAX_SNOOZE {
        return Err(ApiError::parameter(
            "until",
            "is not within the next 30 days",
        ));
    }
    let wanted = Wanted {
        until: Some(until),
        ..Wanted::new(Deed::Snooze, "alert.snooze", &said.note)?
    };
    let asks = (&identity, &within, &trail);
    turn((&db, &alerter), asks, id, wanted).await.map(Json)
}

/// End a snooze before its time.
#[utoipa::path(post, path = "/api/v1/alerts/{id}/wake", tag = "alerts", params(("id" = Uuid, Path)),
    request_body = AlertNote,
    responses((status = 200, body = Alert),
        (status = 404, body = Problem, content_type = "application/problem+json",
            description = "`alert_not_found`"),
        (status = 409, body = Problem, content_type = "application/problem+json",
            description = "`alert_stands_so`")))]
pub(crate) async fn wake_alert(
    (identity, within, trail): (Identity, Within, Trail),
    AlertPath(id): AlertPath,
    State(db): State<PgPool>,
    State(alerter): State<Alerter>,
    Body(said): Body<AlertNote>,
) -> Result<Json<Alert>, ApiError> {
    let wanted = Wanted::new(Deed::Wake, "alert.wake", &said.note)?;
    let asks = (&identity, &within, &trail);
    turn((&db, &alerter), asks, id, wanted).await.map(Json)
}

/// Let nobody hear of an alert until it has ended, unless it grows.
#[utoipa::path(post, path = "/api/v1/alerts/{id}/dismiss", tag = "alerts", params(("id" = Uuid, Path)),
    request_body = AlertNote,
    responses((status = 200, body = Alert),
        (status = 404, body = Problem, content_type = "application/problem+json",
            description = "`alert_not_found`"),
        (status = 409, body = Problem, content_type = "application/problem+json",
            description = "`alert_stands_so`")))]
pub(crate) async fn dismiss_alert(
    (identity, within, trail): (Identity, Within, Trail),
    AlertPath(id): AlertPath,
    State(db): State<PgPool>,
    State(alerter): State<Alerter>,
    Body(said): Body<AlertNote>,
) -> Result<Json<Alert>, ApiError> {
    let wanted = Wanted::new(Deed::Dismiss, "alert.dismiss", &said.note)?;
    let asks = (&identity, &within, &trail);
    turn((&db, &alerter), asks, id, wanted).await.map(Json)
}
