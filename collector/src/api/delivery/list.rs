use axum::{Json, extract::State};
use serde::Deserialize;
use sqlx::PgPool;
use utoipa::IntoParams;
use uuid::Uuid;

use crate::{
    api::{
        cursor::Pages,
        delivery::{Delivery, DeliveryState},
        error::{ApiError, Problem},
        input::Query,
        page::Page,
        time::Time,
    },
    store::delivery::{self, Filter},
};

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct DeliveryQuery {
    /// Only to this channel.
    channel: Option<Uuid>,
    /// Only those that stand so.
    #[param(inline)]
    state: Option<DeliveryState>,
    /// Only those that were announced then or later.
    #[param(value_type = Option<Time>, inline)]
    since: Option<Time>,
    /// `next` of the page before.
    cursor: Option<String>,
    #[param(minimum = 1, maximum = 500, default = 100)]
    limit: Option<u16>,
}

/// List what was told to whom, newest first.
#[utoipa::path(get, path = "/api/v1/deliveries", tag = "notifications",
    params(DeliveryQuery),
    responses((status = 200, body = Page<Delivery>),
        (status = 400, body = Problem, content_type = "application/problem+json")))]
pub(crate) async fn list_deliveries(
    pages: Pages,
    State(db): State<PgPool>,
    Query(query): Query<DeliveryQuery>,
) -> Result<Json<Page<Delivery>>, ApiError> {
    let (cut, before) = pages.asked::<Uuid>(query.limit, query.cursor.as_deref())?;
    let filter = Filter {
        id: None,
        channel: query.channel,
        state: query.state.map(DeliveryState::name),
        since: query.since.map(|since| since.0),
        before,
    };
    let mut db = db.acquire().await?;
    let mut rows = delivery::list(&mut db, &filter, cut.one_more()).await?;
    let next = cut.cut(&mut rows, |row| row.id)?;
    let items = rows.into_iter().map(Into::into).collect();
    Ok(Json(Page { items, next }))
}
