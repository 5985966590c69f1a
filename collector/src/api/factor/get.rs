use axum::{Json, extract::State};
use serde::Serialize;
use sqlx::PgPool;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::{
    api::{error::ApiError, factor::Owner, time::Time},
    store,
};

/// What one shows beside one's password.
#[derive(Serialize, ToSchema)]
pub(crate) struct Factors {
    /// Since when there is an authenticator app; null when there is none.
    #[schema(required)]
    totp_since: Option<Time>,
    /// How many backup codes are left.
    backup_codes_left: i64,
    /// Oldest first.
    passkeys: Vec<Passkey>,
}

/// A passkey or a security key.
#[derive(Serialize, ToSchema)]
pub(crate) struct Passkey {
    id: Uuid,
    /// What its owner calls it.
    name: String,
    /// `passkey`: enough by itself; `security_key`: only beside a password.
    kind: String,
    created_at: Time,
    /// When it last signed in or showed who its owner is; null when it never did.
    #[schema(required)]
    used_at: Option<Time>,
}

impl From<store::factor::passkey::Passkey> for Passkey {
    fn from(row: store::factor::passkey::Passkey) -> Self {
        Self {
            id: row.id,
            name: row.name,
            kind: row.kind,
            created_at: Time(row.created_at),
            used_at: row.used_at.map(Time),
        }
    }
}

/// List one's own second factors.
#[utoipa::path(get, path = "/api/v1/account/factors", tag = "account",
    responses((status = 200, body = Factors)))]
pub(crate) async fn get_factors(
    owner: Owner,
    State(db): State<PgPool>,
) -> Result<Json<Factors>, ApiError> {
    let mut db = db.acquire().await?;
    let passkeys = store::factor::passkey::list(&mut db, owner.account).await?;
    Ok(Json(Factors {
        totp_since: store::factor::totp::since(&mut db, owner.account)
            .await?
            .map(Time),
        passkeys: passkeys.into_iter().map(Passkey::from).collect(),
        backup_codes_left: store::factor::backup::left(&mut db, owner.account).await?,
    }))
}
