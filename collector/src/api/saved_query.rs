//! Questions that people keep: a list of the API and what is asked of it.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use sqlx::PgConnection;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::{
    api::{
        error::ApiError,
        etag::Editable,
        identity::Identity,
        input::printable,
        lister::{self, Lister},
        time::Time,
    },
    export::List,
    store::{self, saved_query as rows},
};

pub(crate) mod create;
pub(crate) mod delete;
pub(crate) mod get;
pub(crate) mod list;
pub(crate) mod replace;
pub(crate) mod results;

/// Longest name, characters.
const MAX_NAME: usize = 100;
/// Most questions of one person.
const MOST: i64 = 200;

/// A question that somebody keeps.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(crate) struct SavedQuery {
    id: Uuid,
    name: String,
    list: List,
    /// Names and values of the list's parameters.
    filters: BTreeMap<String, String>,
    /// Whether others see it. They are answered with what they may see themselves.
    shared: bool,
    /// The account that keeps it.
    owner: String,
    /// It is one's own.
    own: bool,
    created_at: Time,
    changed_at: Time,
}

impl Editable for SavedQuery {
    const SEEN: &'static [&'static str] = &["own"];
}

impl SavedQuery {
    fn new(row: rows::SavedQuery, account: Uuid) -> Result<Self, ApiError> {
        Ok(Self {
            list: list(&row)?,
            id: row.id,
            name: row.name,
            filters: row.filters,
            shared: row.shared,
            owner: row.owner,
            own: row.account == account,
            created_at: row.created_at.into(),
            changed_at: row.changed_at.into(),
        })
    }
}

/// The list of a question; of a newer collector it may be one that this one does not have.
///
/// # Errors
/// [`ApiError::SavedQueryNotFound`].
pub(crate) fn list(row: &rows::SavedQuery) -> Result<List, ApiError> {
    List::named(&row.list).ok_or_else(|| ApiError::SavedQueryNotFound(row.id.to_string()))
}

/// What is said of a question.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SavedQueryFields {
    /// 1 to 100 characters; another one than those of one's other queries.
    #[schema(min_length = 1, max_length = 100)]
    name: String,
    list: List,
    /// Names and values of the list's parameters, but for `cursor` and `limit`. The list says whether it knows them.
    #[serde(default)]
    filters: BTreeMap<String, String>,
    #[serde(default)]
    shared: bool,
}

impl SavedQueryFields {
    fn check(&mut self) -> Result<(), ApiError> {
        self.name = printable("name", &self.name, 1, MAX_NAME)?;
        lister::check(&self.filters)
    }
}

/// Refuses what the list would refuse, with its own words.
///
/// # Errors
/// [`ApiError::Parameter`], and what asking does.
async fn try_out(lister: &Lister, fields: &SavedQueryFields) -> Result<(), ApiError> {
    let answer = lister.ask(fields.list, &fields.filters, (None, 1)).await?;
    // That one may not see the list now is no fault of the question.
    if answer.status() != 400 && answer.status() != 404 {
        return Ok(());
    }
    let body = axum::body::to_bytes(answer.into_body(), 1 << 20).await;
    let body: serde_json::Value = serde_json::from_slice(&body.unwrap_or_default())?;
    let detail = body["detail"].as_str().unwrap_or("the list refuses them");
    Err(ApiError::parameter("filters", detail.to_owned()))
}

/// Whose questions are asked for: also a token's are its person's.
///
/// # Errors
/// [`ApiError::NoAccount`], [`Identity::settled`].
pub(crate) fn whose(identity: &Identity) -> Result<Uuid, ApiError> {
    identity.settled()?;
    identity.account.ok_or(ApiError::NoAccount)
}

/// One's own question, to be changed. One that somebody else shares is seen, and stays theirs.
///
/// # Errors
/// [`ApiError::SavedQueryNotFound`], [`ApiError::NotOwner`], and the database's.
async fn own(db: &mut PgConnection, account: Uuid, id: Uuid) -> Result<rows::SavedQuery, ApiError> {
    let found = store::saved_query::find(db, account, id).await?;
    let found = found.ok_or_else(|| ApiError::SavedQueryNotFound(id.to_string()))?;
    if found.account != account {
        return Err(ApiError::NotOwner(found.owner));
    }
    Ok(found)
}
