use axum::{Json, extract::State};
use serde::{Deserialize, Serialize};
use shared::clock::SharedClock;
use sqlx::PgPool;
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use crate::{
    api::{
        cursor::Pages,
        error::{ApiError, Problem},
        identity::{IDLE, Identity},
        input::{NamePath, Query},
        page::Page,
        time::Time,
    },
    store::{self, session::Position},
};

/// A browser that is signed in.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct OpenSession {
    id: Uuid,
    /// It is the one that asks.
    current: bool,
    /// How its person showed who they are: `password`, `passkey`, `oidc:NAME`, `certificate`.
    how: String,
    /// Where it began.
    #[schema(required)]
    address: Option<String>,
    /// What the browser calls itself.
    user_agent: String,
    created_at: Time,
    /// When it was last used, to the minute.
    used_at: Time,
    /// When its person last showed that it is still them.
    proved_at: Time,
    /// When it ends if nothing more is asked.
    expires_at: Time,
}

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct SessionQuery {
    /// `next` of the page before.
    cursor: Option<String>,
    #[param(minimum = 1, maximum = 500, default = 100)]
    limit: Option<u16>,
}

/// List where one is signed in oneself, newest first.
#[utoipa::path(get, path = "/api/v1/account/sessions", tag = "account", params(SessionQuery),
    responses((status = 200, body = Page<OpenSession>),
        (status = 400, body = Problem, content_type = "application/problem+json")))]
pub(crate) async fn list_own_sessions(
    identity: Identity,
    State(db): State<PgPool>,
    State(clock): State<SharedClock>,
    pages: Pages,
    Query(query): Query<SessionQuery>,
) -> Result<Json<Page<OpenSession>>, ApiError> {
    let (account, current) = identity.session()?;
    list(&db, &clock, account, Some(current), (pages, query))
        .await
        .map(Json)
}

/// List where somebody is signed in, newest first.
#[utoipa::path(get, path = "/api/v1/accounts/{name}/sessions", tag = "accounts",
    params(("name" = String, Path), SessionQuery),
    responses((status = 200, body = Page<OpenSession>),
        (status = 400, body = Problem, content_type = "application/problem+json"),
        (status = 404, body = Problem, content_type = "application/problem+json",
            description = "`account_not_found`")))]
pub(crate) async fn list_sessions(
    identity: Identity,
    NamePath(name): NamePath,
    State(db): State<PgPool>,
    State(clock): State<SharedClock>,
    pages: Pages,
    Query(query): Query<SessionQuery>,
) -> Result<Json<Page<OpenSession>>, ApiError> {
    let account = store::account::find(&mut *db.acquire().await?, &name).await?;
    let account = account.ok_or(ApiError::AccountNotFound(name))?;
    let current = identity.session().ok().map(|(_, session)| session);
    list(&db, &clock, account.id, current, (pages, query))
        .await
        .map(Json)
}

async fn list(
    db: &PgPool,
    clock: &SharedClock,
    account: Uuid,
    current: Option<Uuid>,
    (pages, query): (Pages, SessionQuery),
) -> Result<Page<OpenSession>, ApiError> {
    let (page, after) = pages.asked::<Position>(query.limit, query.cursor.as_deref())?;
    let (now, more) = (clock.now(), page.one_more());
    let mut conn = db.acquire().await?;
    let idle = now - IDLE;
    let mut rows = store::session::list(&mut conn, account, now, idle, after, more).await?;
    let next = page.cut(&mut rows, |row| Position {
        created_at: row.created_at,
        id: row.id,
    })?;
    let items = rows.into_iter().map(|row| OpenSession {
        id: row.id,
        current: current == Some(row.id),
        how: row.method,
        address: row.address,
        user_agent: row.user_agent,
        created_at: row.created_at.into(),
        used_at: row.used_at.into(),
        proved_at: row.proved_at.into(),
        expires_at: row.expires_at.min(row.used_at + IDLE).into(),
    });
    let items = items.collect();
    Ok(Page { items, next })
}
