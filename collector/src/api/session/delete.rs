use axum::{extract::State, http::StatusCode};
use axum_extra::extract::cookie::CookieJar;
use sqlx::PgPool;
use tracing::info;

use crate::{
    api::{
        error::ApiError,
        identity::{self, Identity},
    },
    store,
};

/// Sign out.
#[utoipa::path(delete, path = "/api/v1/session", tag = "session",
    responses((status = 204, description = "Signed out")))]
pub(crate) async fn delete_session(
    identity: Identity,
    State(db): State<PgPool>,
    jar: CookieJar,
) -> Result<(CookieJar, StatusCode), ApiError> {
    let hash = jar
        .get(identity::COOKIE)
        .and_then(|cookie| identity::hash(cookie.value()));
    if let Some(hash) = hash {
        store::session::delete(&mut *db.acquire().await?, &hash).await?;
        info!(account.name = identity.name, "signed out");
    }
    Ok((
        jar.remove(identity::cookie(String::new())),
        StatusCode::NO_CONTENT,
    ))
}
