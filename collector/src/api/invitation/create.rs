use axum::{Json, extract::State, http::StatusCode};
use chrono::{SubsecRound as _, TimeDelta};
use serde::Serialize;
use serde_json::json;
use shared::clock::SharedClock;
use sqlx::PgPool;
use tracing::info;
use utoipa::ToSchema;

use crate::{
    api::{
        account::{not_oneself, subject},
        error::{ApiError, Problem},
        identity::{self, Identity},
        input::NamePath,
        invitation::PREFIX,
        time::Time,
        trail::{Act, Trail},
    },
    store,
};

/// How long a link is good.
const LIFE: TimeDelta = TimeDelta::hours(24);

/// A link to choose a password with, once.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Invitation {
    /// Shown only here: for `POST /api/v1/invitations/redeem`.
    token: String,
    /// The link, on this collector. What is behind `#` is sent to nobody by opening it.
    #[schema(example = "/invitation#owi_…")]
    path: String,
    expires_at: Time,
}

/// Make a link with which somebody chooses the first password of an account. A link that there was is good for
/// nothing any more.
#[utoipa::path(post, path = "/api/v1/accounts/{name}/invitation", tag = "accounts",
    params(("name" = String, Path)),
    responses((status = 201, body = Invitation),
        (status = 404, body = Problem, content_type = "application/problem+json",
            description = "`account_not_found`"),
        (status = 409, body = Problem, content_type = "application/problem+json",
            description = "`has_password`: it is reset; `own_account`")))]
pub(crate) async fn invite(
    identity: Identity,
    trail: Trail,
    NamePath(name): NamePath,
    State(db): State<PgPool>,
    State(clock): State<SharedClock>,
) -> Result<(StatusCode, Json<Invitation>), ApiError> {
    make(&identity, &trail, &name, &db, &clock, Purpose::First).await
}

/// Make a link with which somebody chooses another password for an account; until then the one it has is good.
/// A link that there was is good for nothing any more.
#[utoipa::path(post, path = "/api/v1/accounts/{name}/reset", tag = "accounts",
    params(("name" = String, Path)),
    responses((status = 201, body = Invitation),
        (status = 404, body = Problem, content_type = "application/problem+json",
            description = "`account_not_found`"),
        (status = 409, body = Problem, content_type = "application/problem+json",
            description = "`no_password`: its person is invited; `own_account`")))]
pub(crate) async fn reset(
    identity: Identity,
    trail: Trail,
    NamePath(name): NamePath,
    State(db): State<PgPool>,
    State(clock): State<SharedClock>,
) -> Result<(StatusCode, Json<Invitation>), ApiError> {
    make(&identity, &trail, &name, &db, &clock, Purpose::Another).await
}

/// Which password is chosen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Purpose {
    First,
    Another,
}

async fn make(
    identity: &Identity,
    trail: &Trail,
    name: &str,
    db: &PgPool,
    clock: &SharedClock,
    purpose: Purpose,
) -> Result<(StatusCode, Json<Invitation>), ApiError> {
    let now = clock.now().trunc_subsecs(6);
    let expires_at = now + LIFE;
    let secret = identity::new_secret()?;
    let hash = identity::hash(&secret).ok_or(ApiError::Unauthenticated)?;
    let mut tx = db.begin().await?;
    let account = subject(&mut tx, identity, name).await?;
    not_oneself(identity, account.id)?;
    let action = match (purpose, account.has_password) {
        (Purpose::First, false) => "account.invite",
        (Purpose::Another, true) => "account.offer_reset",
        (Purpose::First, true) => return Err(ApiError::HasPassword(name.into())),
        (Purpose::Another, false) => return Err(ApiError::NoPassword(name.into())),
    };
    let by = &identity.name;
    store::invitation::create(&mut tx, &hash, account.id, by, now, expires_at).await?;
    let act = Act::change(action).on("account", account.id, name);
    let until = json!({"invited_until": Time(expires_at)});
    trail.note(&mut tx, act.after(&until)?).await?;
    tx.commit().await?;
    info!(
        account.name = name,
        by = identity.name,
        "link to choose a password made"
    );
    let token = format!("{PREFIX}{secret}");
    let invitation = Invitation {
        path: format!("/invitation#{token}"),
        token,
        expires_at: expires_at.into(),
    };
    Ok((StatusCode::CREATED, Json(invitation)))
}
