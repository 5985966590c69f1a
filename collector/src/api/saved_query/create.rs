use axum::{Json, extract::State, http::StatusCode};
use sqlx::PgPool;
use uuid::Uuid;

use crate::{
    api::{
        error::{ApiError, Problem},
        identity::Identity,
        input::Body,
        lister::Lister,
        saved_query::{MOST, SavedQuery, SavedQueryFields, try_out, whose},
        trail::{Act, Trail},
    },
    store::saved_query as rows,
};

/// Keep a query.
#[utoipa::path(post, path = "/api/v1/saved-queries", tag = "exports", request_body = SavedQueryFields,
    responses((status = 201, body = SavedQuery),
        (status = 400, body = Problem, content_type = "application/problem+json",
            description = "`bad_parameter`"),
        (status = 409, body = Problem, content_type = "application/problem+json",
            description = "`saved_query_exists`, `too_many_saved_queries`")))]
pub(crate) async fn create_saved_query(
    (identity, trail, lister): (Identity, Trail, Lister),
    State(db): State<PgPool>,
    Body(mut fields): Body<SavedQueryFields>,
) -> Result<(StatusCode, Json<SavedQuery>), ApiError> {
    let account = whose(&identity)?;
    fields.check()?;
    try_out(&lister, &fields).await?;
    let now = trail.now();
    let made = rows::SavedQuery {
        id: Uuid::now_v7(),
        account,
        owner: identity.name.clone(),
        name: fields.name,
        list: fields.list.name().into(),
        filters: fields.filters,
        shared: fields.shared,
        created_at: now,
        changed_at: now,
    };
    let mut tx = db.begin().await?;
    if rows::count(&mut tx, account).await? >= MOST {
        return Err(ApiError::TooManySavedQueries);
    }
    if !rows::put(&mut tx, &made).await? {
        return Err(ApiError::SavedQueryExists(made.name));
    }
    let shown = SavedQuery::new(made, account)?;
    let act = Act::change("saved_query.create").on("saved_query", shown.id, &shown.name);
    trail.note(&mut tx, act.after(&shown)?).await?;
    tx.commit().await?;
    Ok((StatusCode::CREATED, Json(shown)))
}
