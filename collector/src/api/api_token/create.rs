use std::collections::BTreeSet;

use axum::{Json, extract::State, http::StatusCode};
use chrono::{SubsecRound as _, TimeDelta};
use serde::Deserialize;
use shared::clock::SharedClock;
use sqlx::{PgConnection, PgPool};
use tracing::info;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::{
    access::{Grants, Permission, Reach, Scope},
    api::{
        account::binding::group_in_sight,
        api_token::{ApiToken, IssuedApiToken, own_account},
        error::{ApiError, Problem},
        identity::{self, How, Identity, TOKEN_PREFIX},
        input::{Body, printable},
        role,
        trail::{Act, Trail},
    },
    store,
};

/// Longest name, characters.
const MAX_NAME: usize = 100;
/// Most groups that a token names.
const MAX_GROUPS: usize = 100;
/// How long a token is good, seconds, when nobody says.
const DEFAULT_LIFE_S: i64 = 90 * 86_400;
/// How long a token may be good, seconds.
const MAX_LIFE_S: i64 = 365 * 86_400;

/// What a new token may do.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewApiToken {
    /// What to call it, 1 to 100 characters.
    #[schema(min_length = 1, max_length = 100)]
    name: String,
    /// Codes of permissions, such as `hosts.read`; none that one has not.
    #[schema(min_items = 1)]
    permissions: Vec<String>,
    /// For the hosts of these groups alone; all that one may see when it is left out.
    #[serde(default)]
    #[schema(min_items = 1, max_items = 100)]
    groups: Option<Vec<Uuid>>,
    /// From when on it is refused, seconds: one minute to 365 days.
    #[serde(default = "default_life_s")]
    #[schema(default = 7_776_000, minimum = 60, maximum = 31_536_000)]
    expires_in_s: i64,
}

fn default_life_s() -> i64 {
    DEFAULT_LIFE_S
}

/// Make an API token for oneself. Its text is in this answer and nowhere else. A token that makes another one
/// gives it no more than it has.
#[utoipa::path(post, path = "/api/v1/account/tokens", tag = "account", request_body = NewApiToken,
    responses((status = 201, body = IssuedApiToken),
        (status = 400, body = Problem, content_type = "application/problem+json",
            description = "`bad_parameter`"),
        (status = 404, body = Problem, content_type = "application/problem+json",
            description = "`group_not_found`")))]
pub(crate) async fn create_api_token(
    identity: Identity,
    trail: Trail,
    State(db): State<PgPool>,
    State(clock): State<SharedClock>,
    Body(new): Body<NewApiToken>,
) -> Result<(StatusCode, Json<IssuedApiToken>), ApiError> {
    let account = own_account(&identity)?;
    if identity.break_glass {
        return Err(ApiError::BreakGlass);
    }
    let name = printable("name", &new.name, 1, MAX_NAME)?;
    if !(60..=MAX_LIFE_S).contains(&new.expires_in_s) {
        let detail = format!("is not 60 to {MAX_LIFE_S} (365 days)");
        return Err(ApiError::parameter("expires_in_s", detail));
    }
    let permissions = role::parse(&new.permissions)?;
    let mut tx = db.begin().await?;
    let groups = groups(&mut tx, &identity, new.groups.as_deref()).await?;
    check_own(&identity, &permissions, groups.as_deref())?;
    let now = clock.now().trunc_subsecs(6);
    let (id, secret) = (Uuid::now_v7(), identity::new_secret()?);
    let hash = identity::hash(&secret).ok_or(ApiError::Unauthenticated)?;
    let codes: Vec<String> = permissions.iter().map(|of| of.code().into()).collect();
    let row = store::api_token::NewToken {
        id,
        hash: &hash,
        account,
        name: &name,
        permissions: &codes,
        groups: groups.as_deref(),
        created_at: now,
        created_by: &identity.how.describe(),
        expires_at: now + TimeDelta::seconds(new.expires_in_s),
    };
    store::api_token::create(&mut tx, &row).await?;
    let about = ApiToken::find(&mut tx, Some(account), id, now).await?;
    let act = Act::change("token.create").on("token", id, &name);
    trail.note(&mut tx, act.after(&about)?).await?;
    tx.commit().await?;
    info!(token.id = %id, account.name = identity.name, "API token made");
    let token = format!("{TOKEN_PREFIX}{secret}");
    Ok((StatusCode::CREATED, Json(IssuedApiToken { about, token })))
}

/// The short numbers of the groups that a token is for. One that a token makes is for the same groups at most.
async fn groups(
    tx: &mut PgConnection,
    identity: &Identity,
    asked: Option<&[Uuid]>,
) -> Result<Option<Vec<i32>>, ApiError> {
    let Some(asked) = asked else {
        return Ok(match identity.how {
            How::Token { id } => store::api_token::groups(tx, id).await?,
            How::Socket | How::Session { .. } | How::Schedule { .. } => None,
        });
    };
    if !(1..=MAX_GROUPS).contains(&asked.len()) {
        let detail = format!("are not 1 to {MAX_GROUPS}");
        return Err(ApiError::parameter("groups", detail));
    }
    let mut groups = BTreeSet::new();
    for group in asked {
        groups.insert(group_in_sight(tx, identity, *group).await?);
    }
    Ok(Some(groups.into_iter().collect()))
}

/// A token gives no more than its maker has: refused here, and seen to at each use.
fn check_own(
    identity: &Identity,
    permissions: &[Permission],
    groups: Option<&[i32]>,
) -> Result<(), ApiError> {
    let held = |of: &&Permission| identity.grants.scope(**of).is_some();
    if let Some(more) = permissions.iter().find(|of| !held(of)) {
        return Err(ApiError::BeyondOwnRights(*more));
    }
    let Some(groups) = groups else {
        return Ok(());
    };
    if let Some(fleet) = permissions.iter().find(|of| of.reach() == Reach::Fleet) {
        let detail = format!("{fleet} is about the whole fleet, not about hosts of groups");
        return Err(ApiError::parameter("permissions", detail));
    }
    let mut given = Grants::default();
    given.add(
        permissions,
        &Scope::Groups(groups.iter().copied().collect()),
    );
    match identity.grants.lacks(&given) {
        Some(more) => Err(ApiError::BeyondOwnRights(more)),
        None => Ok(()),
    }
}
