use axum::{
    extract::State,
    http::{HeaderMap, StatusCode},
};
use axum_extra::extract::cookie::CookieJar;
use sqlx::PgPool;
use tracing::info;

use crate::{
    api::{
        error::ApiError,
        identity::{self, Identity},
        trail::{Act, Trail},
    },
    audit::Outcome,
    store,
};

/// Sign out.
#[utoipa::path(delete, path = "/api/v1/session", tag = "session",
    responses((status = 204, description = "Signed out")))]
pub(crate) async fn delete_session(
    identity: Identity,
    State(db): State<PgPool>,
    headers: HeaderMap,
    jar: CookieJar,
    trail: Trail,
) -> Result<(CookieJar, StatusCode), ApiError> {
    identity.session()?;
    let hash = identity::session_hash(&headers).ok_or(ApiError::Unauthenticated)?;
    let mut tx = db.begin().await?;
    store::session::delete(&mut tx, &hash).await?;
    let act = Act::access("session.end", Outcome::Done);
    trail.note(&mut tx, act).await?;
    tx.commit().await?;
    info!(account.name = identity.name, "signed out");
    Ok((
        jar.remove(identity::cookie(String::new())),
        StatusCode::NO_CONTENT,
    ))
}
