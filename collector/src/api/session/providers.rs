use axum::{Extension, Json, extract::State};
use serde::Serialize;
use sqlx::PgPool;
use utoipa::ToSchema;

use crate::{
    api::{CardReader, Origin, error::ApiError, provider::Kind},
    client_certificate::Shown,
    store,
};

/// What can be signed in with besides a password.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SignInWays {
    items: Vec<SignInWay>,
    /// The listener that asks for a certificate; null when there is none.
    #[schema(required)]
    certificate: Option<CertificateWay>,
}

/// Where one signs in with a certificate, such as that of a smart card.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct CertificateWay {
    /// Where browsers find the listener: its page to sign in is that of the console.
    origin: String,
    /// Where they find the console, to go on there.
    console: String,
    /// Whether this is the listener, and a certificate was shown.
    here: bool,
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
    shown: Option<Extension<Shown>>,
    State(db): State<PgPool>,
    State(origin): State<Origin>,
    State(reader): State<CardReader>,
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
        certificate: reader.0.map(|cards| CertificateWay {
            origin: cards.origin.clone(),
            console: origin.to_string(),
            here: shown.is_some(),
        }),
    }))
}
