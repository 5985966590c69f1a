use axum::{Json, extract::State};
use shared::clock::SharedClock;
use sqlx::PgPool;

use crate::{
    api::{Keeping, error::ApiError, page::Page, retention::Retention},
    retention::Kind,
    store::{read, retention as rows},
};

/// List how long each kind of history is kept, and how much of it is past. They are few: there is one page.
#[utoipa::path(get, path = "/api/v1/retention", tag = "retention",
    responses((status = 200, body = Page<Retention>)))]
pub(crate) async fn list_retention(
    State(db): State<PgPool>,
    State(clock): State<SharedClock>,
    State(keeping): State<Keeping>,
) -> Result<Json<Page<Retention>>, ApiError> {
    let now = clock.now();
    let mut tx = read::snapshot(&db).await?;
    let keep = keeping.now(&mut tx).await?;
    let set = rows::all(&mut tx).await?;
    let mut items = Vec::new();
    for kind in Kind::ALL {
        let set = set.iter().find(|set| set.kind == kind.code());
        let weight = rows::weigh(&mut tx, *kind, now).await?;
        items.push(Retention::new(*kind, (keeping.0, keep), set, (now, weight)));
    }
    Ok(Json(Page { items, next: None }))
}
