use axum::{Json, extract::State};
use serde::Deserialize;
use sqlx::PgPool;
use utoipa::IntoParams;
use uuid::Uuid;

use crate::{
    api::{
        alert::{Alert, AlertState},
        cursor::Pages,
        error::{ApiError, Problem},
        identity::Within,
        input::Query,
        page::Page,
        rule::Severity,
    },
    store::{
        alert::read::{self as alerts, Listing, Position},
        read,
    },
};

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct AlertQuery {
    /// Those that stand so; all that are not resolved when it is left out.
    #[param(inline)]
    state: Option<AlertState>,
    /// Those at least as serious as this.
    #[param(inline)]
    severity: Option<Severity>,
    /// Those about this host.
    host: Option<Uuid>,
    /// `next` of the page before.
    cursor: Option<String>,
    #[param(minimum = 1, maximum = 500, default = 100)]
    limit: Option<u16>,
}

/// List alerts, the newest first.
#[utoipa::path(get, path = "/api/v1/alerts", tag = "alerts", params(AlertQuery),
    responses((status = 200, body = Page<Alert>),
        (status = 400, body = Problem, content_type = "application/problem+json")))]
pub(crate) async fn list_alerts(
    (within, pages): (Within, Pages),
    State(db): State<PgPool>,
    Query(query): Query<AlertQuery>,
) -> Result<Json<Page<Alert>>, ApiError> {
    let (cut, after) = pages.asked::<Position>(query.limit, query.cursor.as_deref())?;
    let within = within.groups();
    let listing = Listing {
        state: query.state.map(AlertState::name),
        severity: query.severity.map_or(0, Severity::number),
        host: query.host,
        within: within.as_deref(),
        after,
        limit: cut.one_more(),
        ..Listing::default()
    };
    let mut tx = read::snapshot(&db).await?;
    let mut rows = alerts::list(&mut tx, listing).await?;
    let next = cut.cut(&mut rows, |row| Position {
        opened_at: row.opened_at,
        no: row.no,
    })?;
    let items = rows.into_iter().map(Alert::from).collect();
    Ok(Json(Page { items, next }))
}
