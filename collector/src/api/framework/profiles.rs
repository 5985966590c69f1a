use std::sync::Arc;

use axum::{Json, extract::State};
use serde::Serialize;
use utoipa::ToSchema;

use crate::{
    api::{error::ApiError, identity::Identity, page::Page},
    catalogue::{Catalogue, Held},
};

/// A profile: the rules that decide controls of a framework, by their levels.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Profile {
    key: String,
    title: String,
    framework: String,
    /// Of controls; none means all.
    levels: Vec<String>,
    /// Ids of its rules.
    rules: Vec<String>,
}

impl From<&Held> for Profile {
    fn from(held: &Held) -> Self {
        Self {
            key: held.profile.key.clone(),
            title: held.profile.title.clone(),
            framework: held.profile.framework.clone(),
            levels: held.profile.levels.iter().cloned().collect(),
            rules: held.rules.iter().cloned().collect(),
        }
    }
}

/// List the profiles of the collector's content, by key.
#[utoipa::path(get, path = "/api/v1/profiles", tag = "frameworks",
    responses((status = 200, body = Page<Profile>)))]
pub(crate) async fn list_profiles(
    _: Identity,
    State(catalogue): State<Arc<Catalogue>>,
) -> Result<Json<Page<Profile>>, ApiError> {
    let items = catalogue.profiles.values().map(Profile::from).collect();
    Ok(Json(Page { items, next: None }))
}
