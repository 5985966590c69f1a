use std::sync::Arc;

use axum::{Json, extract::State};
use serde::Deserialize;
use shared::clock::SharedClock;
use sqlx::PgPool;
use utoipa::IntoParams;

use crate::{
    api::{
        Keeping,
        baseline::comparable,
        cursor::Pages,
        error::{ApiError, Problem},
        identity::Within,
        input::{BaselinePath, Query},
        page::Page,
        posture::{
            compare::{PostureTurn, turned},
            rules,
        },
        time::Time,
    },
    catalogue::Catalogue,
    store::{
        posture::read::{self as posture, Of, TurnedPosition, Which},
        read,
    },
};

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct BaselineCompareQuery {
    /// The instant that is held against it, by the hosts' clocks; the present when it is left out.
    #[param(value_type = Option<Time>, inline)]
    to: Option<Time>,
    /// `next` of the page before.
    cursor: Option<String>,
    #[param(minimum = 1, maximum = 500, default = 100)]
    limit: Option<u16>,
}

/// Hold results against a baseline: what was fixed since, what broke, what is new, what is gone, and where something else
/// was seen. Of a group, with the hosts that belong to it at the later instant.
#[utoipa::path(get, path = "/api/v1/baselines/{id}/compare", tag = "baselines",
    params(("id" = Uuid, Path), BaselineCompareQuery),
    responses((status = 200, body = Page<PostureTurn>),
        (status = 400, body = Problem, content_type = "application/problem+json"),
        (status = 404, body = Problem, content_type = "application/problem+json",
            description = "`baseline_not_found`"),
        (status = 410, body = Problem, content_type = "application/problem+json",
            description = "`baseline_gone`: what was at that instant is not kept any more")))]
pub(crate) async fn compare_baseline(
    (within, pages): (Within, Pages),
    BaselinePath(id): BaselinePath,
    State(db): State<PgPool>,
    State(clock): State<SharedClock>,
    State(keep): State<Keeping>,
    State(catalogue): State<Arc<Catalogue>>,
    Query(query): Query<BaselineCompareQuery>,
) -> Result<Json<Page<PostureTurn>>, ApiError> {
    let (cut, after) = pages.asked::<TurnedPosition>(query.limit, query.cursor.as_deref())?;
    let within = within.groups();
    let mut tx = read::snapshot(&db).await?;
    let of = (id, within.as_deref());
    let (kept, at) = comparable(&mut tx, of, keep, query.to, clock.now()).await?;
    let of = Of {
        at,
        group: kept.group,
        within: within.as_deref(),
    };
    let rules = kept.lens.and_then(|lens| rules(&lens, &catalogue));
    let which = Which {
        since: kept.at,
        host: kept.host,
        rules: rules.as_deref(),
    };
    let most = cut.one_more();
    let mut rows = posture::turned(&mut tx, &of, &which, after.as_ref(), most).await?;
    let next = cut.cut(&mut rows, |row| TurnedPosition {
        host: row.host,
        key: row.key.clone(),
    })?;
    let items = rows.into_iter().map(|row| turned(row, &catalogue));
    Ok(Json(Page {
        items: items.collect(),
        next,
    }))
}
