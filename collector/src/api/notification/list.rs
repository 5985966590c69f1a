use axum::{Json, extract::State};
use serde::{Deserialize, Serialize};
use sqlx::PgPool;
use utoipa::{IntoParams, ToSchema};

use crate::{
    api::{
        cursor::Pages,
        error::{ApiError, Problem},
        identity::Identity,
        input::Query,
        notification::{Notification, Own},
    },
    store::{
        notification::{self as rows, Position},
        read,
    },
};

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct NotificationQuery {
    /// Only those that one has not looked at.
    #[serde(default)]
    unread: bool,
    /// `next` of the page before.
    cursor: Option<String>,
    #[param(minimum = 1, maximum = 500, default = 100)]
    limit: Option<u16>,
}

/// One page of what somebody was told.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct NotificationList {
    items: Vec<Notification>,
    /// Pass it as `cursor` for the next page; null on the last one.
    #[schema(required)]
    next: Option<String>,
    /// How much of all one has not looked at.
    #[schema(minimum = 0)]
    unread: i64,
}

/// List what one was told oneself, what was told last first.
///
/// Each thing, such as an alert, is one entry, however often something of it was told. What one may not see any more is
/// not in the list. An API token sees what its person was told, as far as the token's own rights go.
#[utoipa::path(get, path = "/api/v1/notifications", tag = "notifications", params(NotificationQuery),
    responses((status = 200, body = NotificationList),
        (status = 400, body = Problem, content_type = "application/problem+json")))]
pub(crate) async fn list_notifications(
    (identity, pages): (Identity, Pages),
    State(db): State<PgPool>,
    Query(query): Query<NotificationQuery>,
) -> Result<Json<NotificationList>, ApiError> {
    let own = Own::of(&identity)?;
    let (cut, after) = pages.asked::<Position>(query.limit, query.cursor.as_deref())?;
    let mut tx = read::snapshot(&db).await?;
    let more = cut.one_more();
    let mut found = rows::list(&mut tx, own.reader(), query.unread, after, more).await?;
    let next = cut.cut(&mut found, |row| Position {
        told_at: row.told_at,
    })?;
    Ok(Json(NotificationList {
        items: found.into_iter().map(Notification::from).collect(),
        next,
        unread: rows::unread(&mut tx, own.reader()).await?,
    }))
}
