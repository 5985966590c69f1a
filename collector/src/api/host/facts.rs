use axum::{Json, extract::State};
use serde::{Deserialize, Serialize};
use shared::clock::SharedClock;
use sqlx::PgPool;
use utoipa::{IntoParams, ToSchema};

use crate::{
    api::{
        Keeping,
        cursor::Pages,
        error::{ApiError, Problem},
        fact::FactValue,
        identity::Within,
        input::{HostPath, Query},
        page::Page,
        time::Time,
    },
    retention::Kind,
    store::read::{self, fact::Position},
};

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct HostFactQuery {
    /// Only this kind, such as `package`.
    kind: Option<String>,
    /// The instant; the present when it is left out.
    #[param(value_type = Option<Time>, inline)]
    at: Option<Time>,
    /// `next` of the page before.
    cursor: Option<String>,
    #[param(minimum = 1, maximum = 500, default = 100)]
    limit: Option<u16>,
}

/// A fact of a host, and the time in which it was so, by the host's clock.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Fact {
    kind: String,
    key: String,
    value: FactValue,
    /// Inclusive.
    valid_from: Time,
    /// Exclusive; null when it is so still.
    #[schema(required)]
    valid_to: Option<Time>,
}

/// List what a host is, or was at an instant, by kind and key.
#[utoipa::path(get, path = "/api/v1/hosts/{id}/facts", tag = "hosts",
    params(("id" = Uuid, Path), HostFactQuery),
    responses((status = 200, body = Page<Fact>),
        (status = 400, body = Problem, content_type = "application/problem+json"),
        (status = 404, body = Problem, content_type = "application/problem+json",
            description = "`host_not_found`"),
        (status = 410, body = Problem, content_type = "application/problem+json",
            description = "`past_gone`: not everything of that instant is kept any more")))]
pub(crate) async fn list_host_facts(
    within: Within,
    HostPath(id): HostPath,
    State(db): State<PgPool>,
    State(clock): State<SharedClock>,
    State(keeping): State<Keeping>,
    pages: Pages,
    Query(query): Query<HostFactQuery>,
) -> Result<Json<Page<Fact>>, ApiError> {
    let (page, after) = pages.asked::<Position>(query.limit, query.cursor.as_deref())?;
    let mut tx = read::snapshot(&db).await?;
    let host_no = read::host::number(&mut tx, id, within.groups().as_deref())
        .await?
        .ok_or_else(|| ApiError::HostNotFound(id.to_string()))?;
    let now = clock.now();
    let at = keeping.asked(&mut tx, Kind::Facts, query.at, now).await?;
    let (kind, most) = (query.kind.as_deref(), page.one_more());
    let mut rows = read::fact::list(&mut tx, host_no, kind, at, after.as_ref(), most).await?;
    let next = page.cut(&mut rows, |row| Position {
        kind: row.kind.clone(),
        key: row.key.clone(),
    })?;
    let items = rows.into_iter().map(Fact::from).collect();
    Ok(Json(Page { items, next }))
}

impl From<read::fact::Fact> for Fact {
    fn from(row: read::fact::Fact) -> Self {
        Self {
            kind: row.kind,
            key: row.key,
            value: FactValue(row.value),
            valid_from: row.valid_from.into(),
            valid_to: row.valid_to.map(Time),
        }
    }
}
