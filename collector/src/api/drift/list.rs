use axum::{Json, extract::State};
use serde::Deserialize;
use sqlx::PgPool;
use utoipa::IntoParams;
use uuid::Uuid;

use crate::{
    api::{
        cursor::Pages,
        drift::{DriftDirection, DriftLevel, DriftSort, DriftState, DriftStory},
        error::{ApiError, Problem},
        identity::Within,
        input::Query,
        page::Page,
        rule::Severity,
        time::Time,
    },
    drift::{Direction, Level, Sort, state},
    store::{
        drift::read::{self as drift, Listing, Position},
        read,
    },
};

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct DriftQuery {
    /// Those that stand so.
    #[param(inline)]
    state: Option<DriftState>,
    /// Only of what is another than it was.
    #[param(inline)]
    sort: Option<DriftSort>,
    /// Those that matter so much.
    #[param(inline)]
    level: Option<DriftLevel>,
    #[param(inline)]
    direction: Option<DriftDirection>,
    /// Those with this host.
    host: Option<Uuid>,
    /// Those with a host of this group.
    group: Option<Uuid>,
    /// Those of this rule.
    rule: Option<String>,
    /// Those of this kind of fact, such as `package`, or `result`.
    kind: Option<String>,
    /// Those at least as serious as this.
    #[param(inline)]
    severity: Option<Severity>,
    /// Those with a change at this instant or later.
    #[param(value_type = Option<Time>, inline)]
    since: Option<Time>,
    /// Those that began before this instant.
    #[param(value_type = Option<Time>, inline)]
    until: Option<Time>,
    /// Those with this in title, subject or code, whatever the case.
    q: Option<String>,
    /// `next` of the page before.
    cursor: Option<String>,
    #[param(minimum = 1, maximum = 500, default = 100)]
    limit: Option<u16>,
}

/// List what of hosts is no longer as it was, as stories, those that began last first.
#[utoipa::path(get, path = "/api/v1/drift", tag = "drift", params(DriftQuery),
    responses((status = 200, body = Page<DriftStory>),
        (status = 400, body = Problem, content_type = "application/problem+json")))]
pub(crate) async fn list_drift(
    (within, pages): (Within, Pages),
    State(db): State<PgPool>,
    Query(query): Query<DriftQuery>,
) -> Result<Json<Page<DriftStory>>, ApiError> {
    let (cut, after) = pages.asked::<Position>(query.limit, query.cursor.as_deref())?;
    let within = within.groups();
    let listing = Listing {
        id: None,
        state: query.state.map(|state| state::State::from(state).name()),
        sort: query.sort.map(|sort| Sort::from(sort).name()),
        level: query.level.map(|level| Level::from(level).number()),
        direction: query.direction.map(|one| Direction::from(one).name()),
        host: query.host,
        group: query.group,
        within: within.as_deref(),
        rule: query.rule.as_deref(),
        kind: query.kind.as_deref(),
        severity: query.severity.map_or(0, Severity::number),
        since: query.since.map(|since| since.0),
        until: query.until.map(|until| until.0),
        text: query.q.as_deref(),
        after,
        limit: cut.one_more(),
    };
    let mut tx = read::snapshot(&db).await?;
    let mut rows = drift::list(&mut tx, listing).await?;
    let next = cut.cut(&mut rows, |row| Position { no: row.no })?;
    let items = rows.into_iter().map(DriftStory::from).collect();
    Ok(Json(Page { items, next }))
}
