use axum::{Json, extract::State};
use serde::Deserialize;
use sqlx::PgPool;
use utoipa::IntoParams;
use uuid::Uuid;

use crate::{
    api::{
        cursor::Pages,
        error::{ApiError, Problem},
        event::HostEvent,
        identity::Within,
        input::Query,
        page::Page,
        rule::Severity,
        time::Time,
    },
    store::{
        event::{self, Listing, Position},
        read,
    },
};

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct EventQuery {
    /// Only of this host.
    host: Option<Uuid>,
    /// Only of hosts that belong to this group.
    group: Option<Uuid>,
    /// Exactly this code, such as `port.opened`, or with a `*` at its end, the codes that begin so.
    code: Option<String>,
    /// Those at least as serious as this.
    #[param(inline)]
    severity: Option<Severity>,
    /// Those with this in their text, whatever the case.
    q: Option<String>,
    /// Recorded at this instant or later.
    #[param(value_type = Option<Time>, inline)]
    since: Option<Time>,
    /// Recorded before this instant.
    #[param(value_type = Option<Time>, inline)]
    until: Option<Time>,
    /// `next` of the page before.
    cursor: Option<String>,
    #[param(minimum = 1, maximum = 500, default = 100)]
    limit: Option<u16>,
}

/// List what happened on hosts, the newest first.
#[utoipa::path(get, path = "/api/v1/events", tag = "events", params(EventQuery),
    responses((status = 200, body = Page<HostEvent>),
        (status = 400, body = Problem, content_type = "application/problem+json")))]
pub(crate) async fn list_events(
    (within, pages): (Within, Pages),
    State(db): State<PgPool>,
    Query(query): Query<EventQuery>,
) -> Result<Json<Page<HostEvent>>, ApiError> {
    let (cut, after) = pages.asked::<Position>(query.limit, query.cursor.as_deref())?;
    let within = within.groups();
    let listing = Listing {
        host: query.host,
        group: query.group,
        within: within.as_deref(),
        code: query.code.as_deref(),
        severity: query.severity.map_or(0, Severity::number),
        text: query.q.as_deref(),
        since: query.since.map(|since| since.0),
        until: query.until.map(|until| until.0),
        after,
        limit: cut.one_more(),
    };
    let mut tx = read::snapshot(&db).await?;
    let mut rows = event::list(&mut tx, listing).await?;
    let next = cut.cut(&mut rows, |row| Position {
        recorded_at: row.recorded_at,
        id: row.id,
    })?;
    let items = rows.into_iter().map(HostEvent::from).collect();
    Ok(Json(Page { items, next }))
}
