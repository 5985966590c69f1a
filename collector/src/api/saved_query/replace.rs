use axum::extract::State;
use sqlx::PgPool;

use crate::{
    api::{
        error::{ApiError, Problem},
        etag::{Precondition, Tagged},
        identity::Identity,
        input::{Body, SavedQueryPath},
        lister::Lister,
        saved_query::{SavedQuery, SavedQueryFields, own, try_out, whose},
        trail::{Act, Trail},
    },
    store::saved_query as rows,
};

/// Replace a query that one keeps.
#[utoipa::path(put, path = "/api/v1/saved-queries/{id}", tag = "exports", params(("id" = Uuid, Path)),
    request_body = SavedQueryFields,
    responses((status = 200, body = SavedQuery),
        (status = 400, body = Problem, content_type = "application/problem+json",
            description = "`bad_parameter`"),
        (status = 403, body = Problem, content_type = "application/problem+json",
            description = "`not_owner`"),
        (status = 404, body = Problem, content_type = "application/problem+json",
            description = "`saved_query_not_found`"),
        (status = 409, body = Problem, content_type = "application/problem+json",
            description = "`saved_query_exists`")))]
pub(crate) async fn replace_saved_query(
    (identity, trail, lister): (Identity, Trail, Lister),
    precondition: Precondition,
    SavedQueryPath(id): SavedQueryPath,
    State(db): State<PgPool>,
    Body(mut fields): Body<SavedQueryFields>,
) -> Result<Tagged<SavedQuery>, ApiError> {
    let account = whose(&identity)?;
    fields.check()?;
    try_out(&lister, &fields).await?;
    let mut tx = db.begin().await?;
    let row = own(&mut tx, account, id).await?;
    let before = SavedQuery::new(row.clone(), account)?;
    precondition.admit(&before)?;
    let changed = rows::SavedQuery {
        name: fields.name,
        list: fields.list.name().into(),
        filters: fields.filters,
        shared: fields.shared,
        changed_at: trail.now(),
        ..row
    };
    if !rows::put(&mut tx, &changed).await? {
        return Err(ApiError::SavedQueryExists(changed.name));
    }
    let after = SavedQuery::new(changed, account)?;
    let act = Act::change("saved_query.replace").on("saved_query", id, &after.name);
    trail
        .note(&mut tx, act.before(&before)?.after(&after)?)
        .await?;
    tx.commit().await?;
    Tagged::new(after)
}
