use axum::{Json, extract::State};
use serde::Serialize;
use sqlx::PgPool;
use utoipa::ToSchema;

use crate::{
    api::{
        delivery::{self, Attempt, Delivery, DeliveryPath},
        error::{ApiError, Problem},
    },
    store,
};

/// A delivery, with everything that its receiver said.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct DeliveryDetail {
    delivery: Delivery,
    /// In order.
    attempts: Vec<Attempt>,
}

/// Show a delivery, with every attempt.
#[utoipa::path(get, path = "/api/v1/deliveries/{id}", tag = "notifications",
    params(("id" = Uuid, Path)),
    responses((status = 200, body = DeliveryDetail),
        (status = 404, body = Problem, content_type = "application/problem+json",
            description = "`delivery_not_found`")))]
pub(crate) async fn get_delivery(
    DeliveryPath(id): DeliveryPath,
    State(db): State<PgPool>,
) -> Result<Json<DeliveryDetail>, ApiError> {
    let mut db = db.acquire().await?;
    let delivery = delivery::find(&mut db, id).await?.into();
    let attempts = store::delivery::attempts(&mut db, id).await?;
    let attempts = attempts.into_iter().map(Into::into).collect();
    Ok(Json(DeliveryDetail { delivery, attempts }))
}
