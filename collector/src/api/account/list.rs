use std::collections::HashMap;

use axum::{Json, extract::State};
use serde::Deserialize;
use sqlx::PgPool;
use utoipa::IntoParams;
use uuid::Uuid;

use crate::{
    api::{
        account::{Account, binding::Binding},
        cursor::Pages,
        error::{ApiError, Problem},
        input::Query,
        page::Page,
    },
    store,
};

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct AccountQuery {
    /// `next` of the page before.
    cursor: Option<String>,
    #[param(minimum = 1, maximum = 500, default = 100)]
    limit: Option<u16>,
}

/// List accounts, by name.
#[utoipa::path(get, path = "/api/v1/accounts", tag = "accounts", params(AccountQuery),
    responses((status = 200, body = Page<Account>),
        (status = 400, body = Problem, content_type = "application/problem+json")))]
pub(crate) async fn list_accounts(
    State(db): State<PgPool>,
    pages: Pages,
    Query(query): Query<AccountQuery>,
) -> Result<Json<Page<Account>>, ApiError> {
    let (page, after) = pages.asked::<String>(query.limit, query.cursor.as_deref())?;
    let mut conn = db.acquire().await?;
    let more = page.one_more();
    let mut rows = store::account::list(&mut conn, after.as_deref(), more).await?;
    let next = page.cut(&mut rows, |row| row.name.clone())?;
    let ids: Vec<Uuid> = rows.iter().map(|row| row.id).collect();
    let mut bindings: HashMap<Uuid, Vec<Binding>> = HashMap::new();
    for binding in store::binding::of(&mut conn, &ids).await? {
        let of_account = bindings.entry(binding.account).or_default();
        of_account.push(binding.into());
    }
    let items = rows.into_iter().map(|row| {
        let bindings = bindings.remove(&row.id).unwrap_or_default();
        Account::new(row, bindings)
    });
    let items = items.collect();
    Ok(Json(Page { items, next }))
}
