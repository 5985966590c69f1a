use axum::{Json, extract::State};
use serde::Deserialize;
use shared::clock::SharedClock;
use sqlx::PgPool;
use utoipa::ToSchema;

use crate::{
    api::{
        ceremony::{self, Asked, Purpose},
        error::{ApiError, Problem},
        factor::ProvedOwner,
        input::Body,
    },
    factor::passkey::{Kind, Passkeys},
    store,
};

/// So many an account may have: each is offered to the browser at every question.
const MOST: usize = 20;

/// What is to be added.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewPasskey {
    kind: Kind,
}

/// Begin to add a passkey or a security key to one's account.
#[utoipa::path(post, path = "/api/v1/account/passkeys/begin", tag = "account",
    request_body = NewPasskey,
    responses((status = 200, body = Asked),
        (status = 409, body = Problem, content_type = "application/problem+json",
            description = "`too_many_passkeys`: there are 20")))]
pub(crate) async fn begin_passkey(
    ProvedOwner(owner): ProvedOwner,
    State(db): State<PgPool>,
    State(clock): State<SharedClock>,
    State(passkeys): State<Passkeys>,
    Body(NewPasskey { kind }): Body<NewPasskey>,
) -> Result<Json<Asked>, ApiError> {
    let known = store::factor::passkey::list(&mut *db.acquire().await?, owner.account).await?;
    if known.len() >= MOST {
        return Err(ApiError::TooManyPasskeys);
    }
    let known = known.into_iter().map(|known| known.credential_id).collect();
    let begun = passkeys.register(kind, owner.account, &owner.name, known)?;
    let asked = ceremony::ask(
        &db,
        Purpose::Register,
        Some(owner.account),
        begun,
        clock.now(),
    );
    Ok(Json(asked.await?))
}
