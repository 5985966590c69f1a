use axum::{Json, extract::State, http::StatusCode};
use chrono::{SubsecRound as _, TimeDelta};
use serde::{Deserialize, Serialize};
use shared::clock::SharedClock;
use sqlx::PgPool;
use tracing::info;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::{
    api::{
        AgentsAddress,
        error::{ApiError, Problem},
        identity::{Identity, Within},
        input::Body,
        token::Token,
        trail::{Act, Trail},
    },
    authority::Authority,
    store::{self, read},
};

/// Longest name and group, characters.
const MAX_NAME: usize = 100;

/// What a new token may do.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewToken {
    /// What to call it, 1 to 100 characters.
    #[schema(min_length = 1, max_length = 100)]
    name: String,
    /// The group of the hosts that enrol with it, 1 to 100 characters.
    #[serde(default = "default_group")]
    #[schema(default = "default", min_length = 1, max_length = 100)]
    group: String,
    /// How many hosts may enrol with it.
    #[serde(default = "default_max_uses")]
    #[schema(default = 1, minimum = 1, maximum = 100_000)]
    max_uses: i32,
    /// From when on it is refused, seconds: one minute to 30 days.
    #[serde(default = "default_expires_in_s")]
    #[schema(default = 3600, minimum = 60, maximum = 2_592_000)]
    expires_in_s: i64,
}

fn default_group() -> String {
    "default".into()
}

fn default_max_uses() -> i32 {
    1
}

fn default_expires_in_s() -> i64 {
    3600
}

/// A token with its text, which is shown only here.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct IssuedToken {
    #[serde(flatten)]
    about: Token,
    /// The text. It cannot be had again.
    token: String,
    /// What to run on a host.
    command: String,
}

/// Issue an enrolment token. Its text is in this answer and nowhere else.
#[utoipa::path(post, path = "/api/v1/enrollment-tokens", tag = "enrollment",
    request_body = NewToken,
    responses((status = 201, body = IssuedToken),
        (status = 400, body = Problem, content_type = "application/problem+json",
            description = "`bad_parameter`"),
        (status = 404, body = Problem, content_type = "application/problem+json",
            description = "`group_not_found`: it is none of one's scope")))]
pub(crate) async fn create_token(
    (identity, within, trail): (Identity, Within, Trail),
    State(db): State<PgPool>,
    State(clock): State<SharedClock>,
    State(authority): State<Authority>,
    State(agents): State<AgentsAddress>,
    Body(new): Body<NewToken>,
) -> Result<(StatusCode, Json<IssuedToken>), ApiError> {
    new.check()?;
    // As the database keeps it, so that this answer and the list agree.
    let now = clock.now().trunc_subsecs(6);
    let (id, expires_at) = (Uuid::now_v7(), now + TimeDelta::seconds(new.expires_in_s));
    let token = authority.sign_token(id, expires_at);
    let row = store::issue::NewToken {
        id,
        hash: shared::token::hash(&token),
        name: new.name.trim(),
        group: new.group.trim(),
        max_uses: new.max_uses,
        created_at: now,
        created_by: &identity.name,
        expires_at,
    };
    let about = read::token::Token {
        id,
        name: row.name.to_owned(),
        group: row.group.to_owned(),
        max_uses: row.max_uses,
        uses: 0,
        created_at: now,
        created_by: identity.name.clone(),
        expires_at,
        revoked_at: None,
    };
    let about = Token::new(about, now);
    let mut tx = db.begin().await?;
    if !store::issue::create(&mut tx, &row, within.groups().as_deref()).await? {
        return Err(ApiError::GroupNotFound(row.group.into()));
    }
    let act = Act::change("enrolment.issue").on("enrolment_token", id, row.name);
    trail.note(&mut tx, act.after(&about)?).await?;
    tx.commit().await?;
    info!(token.id = %id, account.name = identity.name, "enrolment token issued");
    let command = format!("openwatch-agent enroll --collector {agents} --token {token}");
    let issued = IssuedToken {
        about,
        token,
        command,
    };
    Ok((StatusCode::CREATED, Json(issued)))
}

impl NewToken {
    fn check(&self) -> Result<(), ApiError> {
        for (field, text) in [("name", &self.name), ("group", &self.group)] {
            let length = text.trim().chars().count();
            if !(1..=MAX_NAME).contains(&length) || text.chars().any(char::is_control) {
                let detail = format!("is not 1 to {MAX_NAME} printable characters");
                return Err(ApiError::parameter(field, detail));
            }
        }
        if !(1..=100_000).contains(&self.max_uses) {
            return Err(ApiError::parameter("max_uses", "is not 1 to 100000"));
        }
        if !(60..=30 * 86_400).contains(&self.expires_in_s) {
            return Err(ApiError::parameter(
                "expires_in_s",
                "is not 60 to 2592000 (30 days)",
            ));
        }
        Ok(())
    }
}
