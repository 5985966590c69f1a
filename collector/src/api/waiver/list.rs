use axum::{Json, extract::State};
use serde::Deserialize;
use shared::clock::SharedClock;
use sqlx::PgPool;
use utoipa::IntoParams;
use uuid::Uuid;

use crate::{
    api::{
        cursor::Pages,
        error::{ApiError, Problem},
        identity::Within,
        input::Query,
        page::Page,
        time::Time,
        waiver::{Waiver, WaiverState},
    },
    store::{
        read,
        waiver::read::{self as waivers, Listing, Position},
    },
};

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct WaiverQuery {
    /// Those that stand so now.
    #[param(inline)]
    state: Option<WaiverState>,
    /// Those that cover this host now: its own, those of its groups, those of the whole fleet.
    host: Option<Uuid>,
    /// Those for this group.
    group: Option<Uuid>,
    /// Those that mean this rule, by itself or by a control.
    rule: Option<String>,
    /// Those for a control of this framework.
    framework: Option<String>,
    /// Those that count now and have ended before this instant, if nobody renews them.
    #[param(value_type = Option<Time>, inline)]
    expires_before: Option<Time>,
    /// `next` of the page before.
    cursor: Option<String>,
    #[param(minimum = 1, maximum = 500, default = 100)]
    limit: Option<u16>,
}

/// List waivers, the newest first: those for hosts and groups of one's scope, and those for the whole fleet.
#[utoipa::path(get, path = "/api/v1/waivers", tag = "waivers", params(WaiverQuery),
    responses((status = 200, body = Page<Waiver>),
        (status = 400, body = Problem, content_type = "application/problem+json")))]
pub(crate) async fn list_waivers(
    (within, pages): (Within, Pages),
    State(db): State<PgPool>,
    State(clock): State<SharedClock>,
    Query(query): Query<WaiverQuery>,
) -> Result<Json<Page<Waiver>>, ApiError> {
    let (cut, after) = pages.asked::<Position>(query.limit, query.cursor.as_deref())?;
    let (within, now) = (within.groups(), clock.now());
    let listing = Listing {
        state: query.state.map(WaiverState::name),
        host: query.host,
        group: query.group,
        rule: query.rule.as_deref(),
        framework: query.framework.as_deref(),
        expires_before: query.expires_before.map(|at| at.0),
        within: within.as_deref(),
        after,
        limit: cut.one_more(),
        ..Listing::default()
    };
    let mut tx = read::snapshot(&db).await?;
    let mut rows = waivers::list(&mut tx, &listing, now).await?;
    let next = cut.cut(&mut rows, |row| Position {
        requested_at: row.requested_at,
        no: row.no,
    })?;
    let items = rows.into_iter().map(|row| Waiver::new(row, now)).collect();
    Ok(Json(Page { items, next }))
}
