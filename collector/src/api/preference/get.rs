use axum::extract::State;
use sqlx::PgPool;

use crate::{
    api::{
        error::ApiError,
        etag::{Precondition, Tagged},
        identity::Identity,
        preference::{NotificationPreferences, show, whose},
    },
    store,
};

/// Show what one wants to be told oneself, where and when.
#[utoipa::path(get, path = "/api/v1/account/notification-preferences", tag = "account",
    responses((status = 200, body = NotificationPreferences)))]
pub(crate) async fn get_notification_preferences(
    identity: Identity,
    precondition: Precondition,
    State(db): State<PgPool>,
) -> Result<Tagged<NotificationPreferences>, ApiError> {
    let account = whose(&identity)?;
    let mut tx = db.begin().await?;
    let wanted = store::preference::find(&mut tx, account).await?;
    let shown = show(&mut tx, account, wanted.unwrap_or_default()).await?;
    tx.commit().await?;
    precondition.show(shown)
}
