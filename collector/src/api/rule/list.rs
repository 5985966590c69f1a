use std::sync::Arc;

use axum::{Json, extract::State};
use serde::Deserialize;
use utoipa::IntoParams;

use crate::{
    api::{
        cursor::Pages,
        error::{ApiError, Problem},
        identity::Identity,
        input::Query,
        page::Page,
        rule::{Rule, Severity},
    },
    catalogue::{Catalogue, Entry},
};

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct RuleQuery {
    /// Only of this category, such as `access`.
    category: Option<String>,
    #[param(inline)]
    severity: Option<Severity>,
    /// Only those that decide something of this framework, such as `cis_debian12`, or give evidence for it.
    framework: Option<String>,
    /// Only those with this text in id or title, in any case.
    q: Option<String>,
    /// `next` of the page before.
    cursor: Option<String>,
    #[param(minimum = 1, maximum = 500, default = 100)]
    limit: Option<u16>,
}

/// List the rules of the collector's content, by id.
#[utoipa::path(get, path = "/api/v1/rules", tag = "rules", params(RuleQuery),
    responses((status = 200, body = Page<Rule>),
        (status = 400, body = Problem, content_type = "application/problem+json"),
        (status = 404, body = Problem, content_type = "application/problem+json",
            description = "`framework_not_found`")))]
pub(crate) async fn list_rules(
    _: Identity,
    State(catalogue): State<Arc<Catalogue>>,
    pages: Pages,
    Query(query): Query<RuleQuery>,
) -> Result<Json<Page<Rule>>, ApiError> {
    let (page, after) = pages.asked::<String>(query.limit, query.cursor.as_deref())?;
    let of_framework = match &query.framework {
        None => None,
        Some(key) => Some(
            catalogue
                .rules_of(key)
                .ok_or_else(|| ApiError::FrameworkNotFound(key.clone()))?,
        ),
    };
    let text = query.q.as_deref().unwrap_or_default().to_lowercase();
    let wanted = |entry: &&Entry| {
        let rule = &entry.rule;
        let category = query.category.as_ref();
        after.as_ref().is_none_or(|after| rule.id > *after)
            && category.is_none_or(|category| rule.category == *category)
            && query
                .severity
                .is_none_or(|severity| severity == rule.severity.into())
            && of_framework
                .as_ref()
                .is_none_or(|of| of.contains(rule.id.as_str()))
            && (rule.id.contains(&text) || rule.title.to_lowercase().contains(&text))
    };
    let mut rows: Vec<&Entry> = catalogue
        .rules
        .values()
        .filter(wanted)
        .take(page.limit + 1)
        .collect();
    let next = page.cut(&mut rows, |entry| entry.rule.id.clone())?;
    let items = rows.into_iter().map(Rule::from).collect();
    Ok(Json(Page { items, next }))
}
