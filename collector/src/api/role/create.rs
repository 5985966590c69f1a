use axum::{Json, extract::State, http::StatusCode};
use chrono::SubsecRound as _;
use serde::Deserialize;
use shared::clock::SharedClock;
use sqlx::PgPool;
use tracing::info;
use utoipa::ToSchema;

use crate::{
    access,
    api::{
        error::{ApiError, Problem},
        identity::Identity,
        input::Body,
        role::{MAX_NAME, Role, check_description, check_own, codes, parse},
        trail::{Act, Trail},
    },
    store,
};

/// A role to be made.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewRole {
    /// A small letter, then up to 63 small letters, digits, dashes and underscores.
    #[schema(min_length = 1, max_length = 64, pattern = "^[a-z][a-z0-9_-]*$")]
    name: String,
    /// What it is for, up to 1000 characters.
    #[serde(default)]
    #[schema(max_length = 1000)]
    description: String,
    /// What it lets one do: codes of permissions.
    #[schema(min_items = 1)]
    permissions: Vec<String>,
}

/// Make a role: of what one may do oneself, everywhere.
#[utoipa::path(post, path = "/api/v1/roles", tag = "roles", request_body = NewRole,
    responses((status = 201, body = Role),
        (status = 400, body = Problem, content_type = "application/problem+json",
            description = "`bad_parameter`"),
        (status = 409, body = Problem, content_type = "application/problem+json",
            description = "`role_exists`")))]
pub(crate) async fn create_role(
    identity: Identity,
    trail: Trail,
    State(db): State<PgPool>,
    State(clock): State<SharedClock>,
    Body(new): Body<NewRole>,
) -> Result<(StatusCode, Json<Role>), ApiError> {
    check_name(&new.name)?;
    let permissions = parse(&new.permissions)?;
    check_own(&identity, &permissions)?;
    let row = store::role::Role {
        description: check_description(&new.description)?,
        permissions: codes(permissions).into_iter().map(Into::into).collect(),
        name: new.name,
        created_at: clock.now().trunc_subsecs(6),
        created_by: identity.name.clone(),
    };
    let mut tx = db.begin().await?;
    let taken = access::Role::named(&row.name).is_some();
    if taken || !store::role::create(&mut tx, &row).await? {
        return Err(ApiError::RoleExists(row.name));
    }
    let role = Role::from(row);
    let act = Act::change("role.create").on("role", &role.name, &role.name);
    trail.note(&mut tx, act.after(&role)?).await?;
    tx.commit().await?;
    info!(role.name = role.name, by = identity.name, "role made");
    Ok((StatusCode::CREATED, Json(role)))
}

fn check_name(name: &str) -> Result<(), ApiError> {
    let fits = name.len() <= MAX_NAME
        && name.starts_with(|c: char| c.is_ascii_lowercase())
        && name
            .chars()
            .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || "-_".contains(c));
    if fits {
        return Ok(());
    }
    let detail = "is not a small letter with up to 63 small letters, digits, - and _";
    Err(ApiError::parameter("name", detail))
}
