use std::sync::Arc;

use axum::{
    Json,
    extract::{Path, State},
};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::{
    api::{
        error::{ApiError, Problem},
        identity::Identity,
        input::Query,
        page::{self, Page},
    },
    catalogue::Catalogue,
};

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ControlQuery {
    /// `next` of the page before.
    cursor: Option<String>,
    #[param(minimum = 1, maximum = 500, default = 100)]
    limit: Option<u16>,
}

/// A control, and what decides it.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Control {
    /// Its number in the framework.
    id: String,
    /// The framework's own levels or severities.
    levels: Vec<String>,
    /// Whether a program can decide it wholly.
    automated: bool,
    /// Whether rules decide all of it.
    covered: bool,
    /// Ids of the rules that decide something of it.
    rules: Vec<String>,
}

/// List the controls of a framework, in its order.
#[utoipa::path(get, path = "/api/v1/frameworks/{id}/controls", tag = "frameworks",
    params(("id" = String, Path, description = "The framework's key"), ControlQuery),
    responses((status = 200, body = Page<Control>),
        (status = 400, body = Problem, content_type = "application/problem+json"),
        (status = 404, body = Problem, content_type = "application/problem+json",
            description = "`framework_not_found`")))]
pub(crate) async fn list_controls(
    _: Identity,
    Path(key): Path<String>,
    State(catalogue): State<Arc<Catalogue>>,
    Query(query): Query<ControlQuery>,
) -> Result<Json<Page<Control>>, ApiError> {
    let limit = page::limit(query.limit)?;
    let after = page::decode::<String>(query.cursor.as_deref())?;
    let of = catalogue
        .frameworks
        .get(&key)
        .ok_or(ApiError::FrameworkNotFound(key))?;
    let controls = of.framework.controls.iter().zip(&of.decided);
    let from = match &after {
        None => 0,
        Some(last) => {
            let at = |id: &String| of.framework.controls.iter().position(|one| one.id == *id);
            at(last).ok_or(ApiError::BadCursor)? + 1
        }
    };
    let mut rows: Vec<_> = controls.skip(from).take(limit + 1).collect();
    let next = page::cut(&mut rows, limit, |(control, _)| control.id.clone())?;
    let items = rows.into_iter().map(|(control, by)| Control {
        id: control.id.clone(),
        levels: control.levels.clone(),
        automated: control.automated,
        covered: by.wholly,
        rules: by.rules.iter().cloned().collect(),
    });
    Ok(Json(Page {
        items: items.collect(),
        next,
    }))
}
