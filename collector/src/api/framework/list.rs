use std::sync::Arc;

use axum::{Json, extract::State};
use serde::Serialize;
use utoipa::ToSchema;

use crate::{
    api::{error::ApiError, identity::Identity, page::Page},
    catalogue::{Catalogue, Controls},
};

/// A framework, and how far the rules cover it.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Framework {
    key: String,
    /// What it is written for: `debian 12`; null for any Linux.
    #[schema(required)]
    platform: Option<String>,
    /// Its controls' levels, baselines or severities, as its `controls` may be asked for.
    levels: Vec<String>,
    controls: usize,
    /// Controls for which some rule gives evidence, or which it decides.
    evidenced: usize,
    /// Controls that a program can decide wholly.
    automated: usize,
    /// Of these, those that rules decide wholly.
    covered: usize,
    /// Rules that decide something of it, or give evidence for it.
    rules: usize,
}

/// List the frameworks of the collector's content, by key.
#[utoipa::path(get, path = "/api/v1/frameworks", tag = "frameworks",
    responses((status = 200, body = Page<Framework>)))]
pub(crate) async fn list_frameworks(
    _: Identity,
    State(catalogue): State<Arc<Catalogue>>,
) -> Result<Json<Page<Framework>>, ApiError> {
    let framework = |(key, of): (&String, &Controls)| {
        let controls = &of.framework.controls;
        let automated = controls.iter().zip(&of.decided);
        let automated: Vec<_> = automated.filter(|(control, _)| control.automated).collect();
        let platform = of.framework.platform.as_ref();
        Framework {
            key: key.clone(),
            platform: platform.map(|one| format!("{} {}", one.family.name(), one.version)),
            levels: of
                .framework
                .levels()
                .into_iter()
                .map(str::to_owned)
                .collect(),
            controls: controls.len(),
            evidenced: of.decided.iter().filter(|by| !by.rules.is_empty()).count(),
            automated: automated.len(),
            covered: automated.iter().filter(|(_, by)| by.wholly).count(),
            rules: catalogue.rules_of(key).map_or(0, |rules| rules.len()),
        }
    };
    let items = catalogue.frameworks.iter().map(framework).collect();
    Ok(Json(Page { items, next: None }))
}
