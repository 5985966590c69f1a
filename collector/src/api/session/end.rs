//! Ending sessions elsewhere: one's own, or somebody else's.

use axum::{extract::State, http::StatusCode};
use sqlx::PgPool;
use tracing::info;

use crate::{
    api::{
        account::subject,
        error::{ApiError, Problem},
        identity::Identity,
        input::{NamePath, SessionPath},
        trail::{Act, Trail},
    },
    audit::Outcome,
    store,
};

/// Sign out one browser of one's own.
#[utoipa::path(delete, path = "/api/v1/account/sessions/{id}", tag = "account",
    params(("id" = Uuid, Path)),
    responses((status = 204, description = "Signed out"),
        (status = 404, body = Problem, content_type = "application/problem+json",
            description = "`session_not_found`")))]
pub(crate) async fn end_own_session(
    identity: Identity,
    trail: Trail,
    SessionPath(id): SessionPath,
    State(db): State<PgPool>,
) -> Result<StatusCode, ApiError> {
    let (account, _) = identity.session()?;
    let mut tx = db.begin().await?;
    if !store::session::end(&mut tx, account, id).await? {
        return Err(ApiError::SessionNotFound(id.to_string()));
    }
    let act = Act::access("session.end", Outcome::Done).on("session", id, &identity.name);
    trail.note(&mut tx, act).await?;
    tx.commit().await?;
    info!(session.id = %id, account.name = identity.name, "session ended");
    Ok(StatusCode::NO_CONTENT)
}

/// Sign out all browsers of one's own but this one.
#[utoipa::path(delete, path = "/api/v1/account/sessions", tag = "account",
    responses((status = 204, description = "Signed out")))]
pub(crate) async fn end_other_sessions(
    identity: Identity,
    trail: Trail,
    State(db): State<PgPool>,
) -> Result<StatusCode, ApiError> {
    let (account, current) = identity.session()?;
    let mut tx = db.begin().await?;
    store::session::end_others(&mut tx, account, current).await?;
    let act = Act::access("sessions.end", Outcome::Done);
    trail
        .note(&mut tx, act.on("account", account, &identity.name))
        .await?;
    tx.commit().await?;
    info!(account.name = identity.name, "other sessions ended");
    Ok(StatusCode::NO_CONTENT)
}

/// Sign out all browsers of somebody who may do no more than oneself.
#[utoipa::path(delete, path = "/api/v1/accounts/{name}/sessions", tag = "accounts",
    params(("name" = String, Path)),
    responses((status = 204, description = "Signed out"),
        (status = 404, body = Problem, content_type = "application/problem+json",
            description = "`account_not_found`")))]
pub(crate) async fn end_sessions(
    identity: Identity,
    trail: Trail,
    NamePath(name): NamePath,
    State(db): State<PgPool>,
) -> Result<StatusCode, ApiError> {
    let mut tx = db.begin().await?;
    let account = subject(&mut tx, &identity, &name).await?;
    store::session::end_all(&mut tx, account.id).await?;
    let act = Act::access("sessions.end", Outcome::Done);
    trail
        .note(&mut tx, act.on("account", account.id, &name))
        .await?;
    tx.commit().await?;
    info!(account.name = name, by = identity.name, "sessions ended");
    Ok(StatusCode::NO_CONTENT)
}
