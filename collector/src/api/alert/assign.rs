use std::collections::BTreeSet;

use axum::{Json, extract::State};
use serde::Deserialize;
use serde_json::json;
use sqlx::PgPool;
use utoipa::ToSchema;

use crate::{
    alerter::{Alerter, Told},
    api::{
        alert::Alert,
        error::{ApiError, Problem},
        identity::{Identity, Within},
        input::{AlertPath, Body},
        trail::{Act, Trail},
    },
    store::{self, alert::read},
};

/// Who looks after an alert.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct AlertAssignee {
    /// The name of an account; null for nobody.
    account: Option<String>,
}

/// Say who looks after an alert.
#[utoipa::path(put, path = "/api/v1/alerts/{id}/assignee", tag = "alerts", params(("id" = Uuid, Path)),
    request_body = AlertAssignee,
    responses((status = 200, body = Alert),
        (status = 404, body = Problem, content_type = "application/problem+json",
            description = "`alert_not_found`, `account_not_found`")))]
pub(crate) async fn assign_alert(
    (identity, within, trail): (Identity, Within, Trail),
    AlertPath(id): AlertPath,
    State(db): State<PgPool>,
    State(alerter): State<Alerter>,
    Body(said): Body<AlertAssignee>,
) -> Result<Json<Alert>, ApiError> {
    let not_found = || ApiError::AlertNotFound(id.to_string());
    let within = within.groups();
    let mut tx = db.begin().await?;
    store::alert::hold(&mut tx).await?;
    let before = read::one(&mut tx, id, within.as_deref()).await?;
    let before = before.ok_or_else(not_found)?;
    let person = match &said.account {
        None => None,
        Some(name) => {
            let found = store::account::find(&mut tx, name).await?;
            Some(found.ok_or_else(|| ApiError::AccountNotFound(name.clone()))?)
        }
    };
    let (now, assignee) = (trail.now(), said.account.as_deref());
    store::alert::assign(&mut tx, before.no, assignee, now).await?;
    let detail = assignee.unwrap_or("nobody");
    store::alert::note(&mut tx, before.no, "assigned", &identity.name, detail, now).await?;
    let person = person.map(|person| person.id);
    let people = match person.filter(|person| Some(*person) != identity.account) {
        Some(person) => alerter.assigned(&mut tx, id, person, now).await?,
        // They know.
        None => BTreeSet::new(),
    };
    let act = Act::change("alert.assign").on("alert", id, &before.title);
    let act = act.before(&json!({"assignee": before.assignee}))?;
    trail
        .note(&mut tx, act.after(&json!({"assignee": assignee}))?)
        .await?;
    let after = read::one(&mut tx, id, within.as_deref()).await?;
    let after = after.ok_or_else(not_found)?;
    tx.commit().await?;
    alerter.tell(Told::of(id, people));
    Ok(Json(after.into()))
}
