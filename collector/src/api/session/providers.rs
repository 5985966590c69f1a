use axum::{Json, extract::State};
use serde::Serialize;
use sqlx::PgPool;
use utoipa::ToSchema;

use crate::{
    api::{error::ApiError, provider::Kind},
    store,
};

/// What can be signed in with besides a password.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SignInWays {
    items: Vec<SignInWay>,
}

/// A provider that can be signed in with: `GET /api/v1/session/oidc/{name}/begin`.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SignInWay {
    name: String,
    /// What its button says.
    title: String,
    kind: Kind,
}

/// List what can be signed in with besides a password, for the page to sign in.
#[utoipa::path(get, path = "/api/v1/session/providers", tag = "session", security(()),
    responses((status = 200, body = SignInWays)))]
pub(crate) async fn list_sign_in_ways(
    State(db): State<PgPool>,
) -> Result<Json<SignInWays>, ApiError> {
    let rows = store::provider::all(&mut *db.acquire().await?).await?;
    let items = rows
        .into_iter()
        .filter(|row| row.enabled)
        .map(|row| SignInWay {
            name: row.name,
            title: row.title,
            kind: Kind::Oidc,
        });
    Ok(Json(SignInWays {
        items: items.collect(),
    }))
}
