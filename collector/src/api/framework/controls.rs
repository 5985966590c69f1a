use std::{collections::BTreeMap, sync::Arc};

use axum::{
    Json,
    extract::{Path, State},
};
use serde::{Deserialize, Serialize};
use shared::rule::framework::Framework;
use utoipa::{IntoParams, ToSchema};

use crate::{
    api::{
        cursor::Pages,
        error::{ApiError, Problem},
        identity::Identity,
        input::Query,
        page::Page,
    },
    catalogue::Catalogue,
};

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ControlQuery {
    /// Only those of this level, such as `moderate`.
    level: Option<String>,
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
    /// Null where the framework's owner keeps it.
    #[schema(required)]
    title: Option<String>,
    /// The framework's own levels or severities.
    levels: Vec<String>,
    /// Whether a program on a host can decide it wholly; where not, its rules give evidence.
    automated: bool,
    /// Whether rules decide all of it.
    covered: bool,
    /// Controls of other frameworks by key, whose evidence is evidence for this one.
    from: BTreeMap<String, Vec<String>>,
    /// Ids of the rules that decide something of it, or give evidence for it.
    rules: Vec<String>,
}

/// List the controls of a framework, in its order.
#[utoipa::path(get, path = "/api/v1/frameworks/{id}/controls", tag = "frameworks",
    params(("id" = String, Path, description = "The framework's key"), ControlQuery),
    responses((status = 200, body = Page<Control>),
        (status = 400, body = Problem, content_type = "application/problem+json",
            description = "`bad_cursor`, `bad_parameter`: no control has this level"),
        (status = 404, body = Problem, content_type = "application/problem+json",
            description = "`framework_not_found`")))]
pub(crate) async fn list_controls(
    _: Identity,
    Path(key): Path<String>,
    State(catalogue): State<Arc<Catalogue>>,
    pages: Pages,
    Query(query): Query<ControlQuery>,
) -> Result<Json<Page<Control>>, ApiError> {
    let (page, after) = pages.asked::<String>(query.limit, query.cursor.as_deref())?;
    let of = catalogue
        .frameworks
        .get(&key)
        .ok_or(ApiError::FrameworkNotFound(key))?;
    if let Some(level) = &query.level {
        check_level(&of.framework, level)?;
    }
    let controls = of.framework.controls.iter().zip(&of.decided);
    let from = match &after {
        None => 0,
        Some(last) => {
            let at = |id: &String| of.framework.controls.iter().position(|one| one.id == *id);
            at(last).ok_or(ApiError::BadCursor)? + 1
        }
    };
    let level = query.level.as_ref();
    let wanted = controls
        .skip(from)
        .filter(|(control, _)| level.is_none_or(|level| control.levels.contains(level)));
    let mut rows: Vec<_> = wanted.take(page.limit + 1).collect();
    let next = page.cut(&mut rows, |(control, _)| control.id.clone())?;
    let items = rows.into_iter().map(|(control, by)| Control {
        id: control.id.clone(),
        title: control.title.clone(),
        levels: control.levels.clone(),
        automated: control.automated,
        covered: by.wholly,
        from: control.from.clone(),
        rules: by.rules.iter().cloned().collect(),
    });
    Ok(Json(Page {
        items: items.collect(),
        next,
    }))
}

/// Refuses a level that no control of the framework has: an empty list would say that nothing is wanted.
pub(crate) fn check_level(of: &Framework, level: &str) -> Result<(), ApiError> {
    if of.levels().contains(&level) {
        return Ok(());
    }
    let key = &of.key;
    Err(ApiError::parameter(
        "level",
        format!("no control of {key} has {level:?}"),
    ))
}
