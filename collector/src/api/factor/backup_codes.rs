use axum::{Json, extract::State};
use shared::clock::SharedClock;
use sqlx::PgPool;
use tracing::info;

use crate::{
    api::{
        error::{ApiError, Problem},
        factor::{self, BackupCodes, ProvedOwner},
        trail::{Act, Trail},
    },
    store,
};

/// Make backup codes anew. Those of before are good for nothing any more.
#[utoipa::path(post, path = "/api/v1/account/backup-codes", tag = "account",
    responses((status = 200, body = BackupCodes),
        (status = 409, body = Problem, content_type = "application/problem+json",
            description = "`no_factor`: there is nothing that they could stand for")))]
pub(crate) async fn renew_backup_codes(
    ProvedOwner(owner): ProvedOwner,
    trail: Trail,
    State(db): State<PgPool>,
    State(clock): State<SharedClock>,
) -> Result<Json<BackupCodes>, ApiError> {
    let mut tx = db.begin().await?;
    if !store::factor::any(&mut tx, owner.account).await? {
        return Err(ApiError::NoFactor);
    }
    let codes = factor::renew(&mut tx, owner.account, clock.now()).await?;
    let act = Act::change("backup_codes.renew").on("account", owner.account, &owner.name);
    trail.note(&mut tx, act).await?;
    tx.commit().await?;
    info!(account.name = owner.name, "backup codes made anew");
    Ok(Json(codes))
}
