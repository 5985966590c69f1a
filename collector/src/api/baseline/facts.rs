use axum::{Json, extract::State};
use serde::{Deserialize, Serialize};
use shared::clock::SharedClock;
use sqlx::PgPool;
use utoipa::{IntoParams, ToSchema};

use crate::{
    api::{
        Keeping,
        baseline::comparable,
        cursor::Pages,
        error::{ApiError, Problem},
        fact::search::HostRef,
        identity::Within,
        input::{BaselinePath, Query},
        page::Page,
        time::Time,
    },
    store::{
        baseline::fact::{self, Other, Position},
        posture::read::Of,
        read,
    },
};

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct BaselineFactQuery {
    /// The instant that is held against it, by the hosts' clocks; the present when it is left out.
    #[param(value_type = Option<Time>, inline)]
    to: Option<Time>,
    /// Only this kind, such as `package`.
    kind: Option<String>,
    /// `next` of the page before.
    cursor: Option<String>,
    #[param(minimum = 1, maximum = 500, default = 100)]
    limit: Option<u16>,
}

/// What became of a fact.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum FactTurn {
    /// There was none.
    Came,
    /// There is none any more.
    Went,
    /// It is another.
    Changed,
}

/// A fact that is another than it was.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct BaselineFact {
    host: HostRef,
    kind: String,
    key: String,
    turn: FactTurn,
    /// Null where there was none.
    #[schema(required, value_type = Option<Object>)]
    before: Option<serde_json::Value>,
    /// Null where there is none.
    #[schema(required, value_type = Option<Object>)]
    after: Option<serde_json::Value>,
}

/// Hold facts against a baseline: what came, what went and what changed since, by host, kind and key. Kinds of which a host had
/// told nothing by then are left out.
#[utoipa::path(get, path = "/api/v1/baselines/{id}/facts", tag = "baselines",
    params(("id" = Uuid, Path), BaselineFactQuery),
    responses((status = 200, body = Page<BaselineFact>),
        (status = 400, body = Problem, content_type = "application/problem+json"),
        (status = 404, body = Problem, content_type = "application/problem+json",
            description = "`baseline_not_found`"),
        (status = 410, body = Problem, content_type = "application/problem+json",
            description = "`baseline_gone`: what was at that instant is not kept any more")))]
pub(crate) async fn list_baseline_facts(
    (within, pages): (Within, Pages),
    BaselinePath(id): BaselinePath,
    State(db): State<PgPool>,
    State(clock): State<SharedClock>,
    State(keep): State<Keeping>,
    Query(query): Query<BaselineFactQuery>,
) -> Result<Json<Page<BaselineFact>>, ApiError> {
    let (cut, after) = pages.asked::<Position>(query.limit, query.cursor.as_deref())?;
    let within = within.groups();
    let mut tx = read::snapshot(&db).await?;
    let of = (id, within.as_deref());
    let (kept, at) = comparable(&mut tx, of, keep, query.to, clock.now()).await?;
    let of = Of {
        at,
        group: kept.group,
        within: within.as_deref(),
    };
    let which = (kept.at, kept.host, query.kind.as_deref());
    let mut rows = fact::others(&mut tx, &of, which, after.as_ref(), cut.one_more()).await?;
    let next = cut.cut(&mut rows, |row| Position {
        host: row.host,
        kind: row.kind.clone(),
        key: row.key.clone(),
    })?;
    let items = rows.into_iter().map(BaselineFact::from).collect();
    Ok(Json(Page { items, next }))
}

impl From<Other> for BaselineFact {
    fn from(row: Other) -> Self {
        let turn = match (&row.before, &row.after) {
            (None, _) => FactTurn::Came,
            (_, None) => FactTurn::Went,
            _ => FactTurn::Changed,
        };
        Self {
            host: HostRef {
                id: row.host,
                hostname: row.hostname,
            },
            kind: row.kind,
            key: row.key,
            turn,
            before: row.before,
            after: row.after,
        }
    }
}
