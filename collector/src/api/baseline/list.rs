use axum::{Json, extract::State};
use serde::Deserialize;
use shared::clock::SharedClock;
use sqlx::PgPool;
use utoipa::IntoParams;
use uuid::Uuid;

use crate::{
    api::{
        Keeping,
        baseline::Baseline,
        cursor::Pages,
        error::{ApiError, Problem},
        identity::Within,
        input::Query,
        page::Page,
    },
    retention::Kind,
    store::{
        baseline::{self, Listing},
        read,
    },
};

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct BaselineQuery {
    /// Only those of this host itself.
    host: Option<Uuid>,
    /// Only those of this group.
    group: Option<Uuid>,
    /// `next` of the page before.
    cursor: Option<String>,
    #[param(minimum = 1, maximum = 500, default = 100)]
    limit: Option<u16>,
}

/// List baselines in the order in which they were made.
#[utoipa::path(get, path = "/api/v1/baselines", tag = "baselines", params(BaselineQuery),
    responses((status = 200, body = Page<Baseline>),
        (status = 400, body = Problem, content_type = "application/problem+json")))]
pub(crate) async fn list_baselines(
    (within, pages): (Within, Pages),
    State(db): State<PgPool>,
    State(clock): State<SharedClock>,
    State(keep): State<Keeping>,
    Query(query): Query<BaselineQuery>,
) -> Result<Json<Page<Baseline>>, ApiError> {
    let (cut, after) = pages.asked::<Uuid>(query.limit, query.cursor.as_deref())?;
    let within = within.groups();
    let mut tx = read::snapshot(&db).await?;
    let listing = Listing {
        id: None,
        host: query.host,
        group: query.group,
        within: within.as_deref(),
        after,
        limit: cut.one_more(),
    };
    let mut rows = baseline::list(&mut tx, listing).await?;
    let next = cut.cut(&mut rows, |row| row.id)?;
    let past = keep.from(&mut tx, Kind::Facts, clock.now()).await?;
    let items = rows.into_iter().map(|row| Baseline::new(row, past));
    Ok(Json(Page {
        items: items.collect(),
        next,
    }))
}
