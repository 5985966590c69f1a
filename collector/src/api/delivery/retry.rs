use axum::{Json, extract::State};
use shared::clock::SharedClock;
use sqlx::PgPool;
use tracing::info;

use crate::{
    api::{
        delivery::{self, Delivery, DeliveryPath},
        error::{ApiError, Problem},
        identity::Identity,
        trail::{Act, Trail},
    },
    store,
};

/// Have a delivery that has ended made again: one that was given up, or one that was taken, which its receiver can
/// tell by the same identity.
#[utoipa::path(post, path = "/api/v1/deliveries/{id}/retry", tag = "notifications",
    params(("id" = Uuid, Path)),
    responses((status = 200, body = Delivery),
        (status = 404, body = Problem, content_type = "application/problem+json",
            description = "`delivery_not_found`"),
        (status = 409, body = Problem, content_type = "application/problem+json",
            description = "`delivery_not_ended`")))]
pub(crate) async fn retry_delivery(
    (identity, trail): (Identity, Trail),
    DeliveryPath(id): DeliveryPath,
    State(db): State<PgPool>,
    State(clock): State<SharedClock>,
) -> Result<Json<Delivery>, ApiError> {
    let mut tx = db.begin().await?;
    let before = delivery::find(&mut tx, id).await?;
    if !store::notice::redeliver(&mut tx, &before, clock.now()).await? {
        return Err(ApiError::DeliveryNotEnded);
    }
    let (before, after) = (
        Delivery::from(before),
        Delivery::from(delivery::find(&mut tx, id).await?),
    );
    let act = Act::change("delivery.retry").on("delivery", id, &after.title);
    trail
        .note(&mut tx, act.before(&before)?.after(&after)?)
        .await?;
    tx.commit().await?;
    info!(delivery.id = %id, account.name = identity.name, "delivery tried again");
    Ok(Json(after))
}
