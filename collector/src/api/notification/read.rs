use std::sync::Arc;

use axum::{Json, extract::State};
use serde::Deserialize;
use shared::clock::SharedClock;
use sqlx::PgPool;
use utoipa::ToSchema;

use crate::{
    api::{
        error::{ApiError, Problem},
        identity::Identity,
        input::{Body, NotificationPath},
        notification::{Own, UnreadCount},
        time::Time,
    },
    live::{Event, Feed},
    store::notification::{self as rows, Seen},
};

/// Up to where somebody has looked.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NotificationsSeen {
    /// `told_at` of the newest that was seen: what is told after that stays unread.
    until: Time,
}

/// Note that one has looked at something that one was told. Answers how much is left.
#[utoipa::path(post, path = "/api/v1/notifications/{id}/read", tag = "notifications",
    params(("id" = Uuid, Path)),
    responses((status = 200, body = UnreadCount),
        (status = 404, body = Problem, content_type = "application/problem+json",
            description = "`notification_not_found`")))]
pub(crate) async fn read_notification(
    identity: Identity,
    NotificationPath(id): NotificationPath,
    State(db): State<PgPool>,
    State(clock): State<SharedClock>,
    State(feed): State<Feed>,
) -> Result<Json<UnreadCount>, ApiError> {
    let (seen, left) = look((&db, &clock, &feed), &identity, Seen::One(id)).await?;
    if seen == 0 {
        return Err(ApiError::NotificationNotFound(id.to_string()));
    }
    Ok(Json(left))
}

/// Note that one has looked at all that one was told up to an instant. Answers how much is left.
#[utoipa::path(post, path = "/api/v1/notifications/read", tag = "notifications",
    request_body = NotificationsSeen,
    responses((status = 200, body = UnreadCount)))]
pub(crate) async fn read_notifications(
    identity: Identity,
    State(db): State<PgPool>,
    State(clock): State<SharedClock>,
    State(feed): State<Feed>,
    Body(said): Body<NotificationsSeen>,
) -> Result<Json<UnreadCount>, ApiError> {
    let seen = Seen::Until(said.until.0);
    let (_, left) = look((&db, &clock, &feed), &identity, seen).await?;
    Ok(Json(left))
}

/// Notes it, and tells the other pages of the same person. How many there were, and how many are left.
async fn look(
    (db, clock, feed): (&PgPool, &SharedClock, &Feed),
    identity: &Identity,
    seen: Seen,
) -> Result<(i64, UnreadCount), ApiError> {
    let own = Own::of(identity)?;
    let mut tx = db.begin().await?;
    let found = rows::read(&mut tx, own.reader(), seen, clock.now()).await?;
    let unread = rows::unread(&mut tx, own.reader()).await?;
    tx.commit().await?;
    let accounts = Arc::new([own.account].into());
    feed.publish(Event::Notified { accounts });
    Ok((found, UnreadCount { unread }))
}
