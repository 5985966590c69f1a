use std::sync::Arc;

use axum::{Json, extract::State};
use serde::Serialize;
use sqlx::PgPool;
use utoipa::ToSchema;

use crate::{
    api::{
        error::{ApiError, Problem},
        identity::Identity,
        input::RulePath,
        rule::{Counts, Rule, counts},
    },
    catalogue::Catalogue,
    store::read,
};

/// A rule, and how the fleet stands to it at present.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct RuleDetail {
    #[serde(flatten)]
    rule: Rule,
    /// The risk.
    why: String,
    /// Public names of what it decides wholly.
    subjects: Vec<String>,
    /// Its file, YAML: platforms, variables, check.
    source: String,
    /// The first 16 digits of the SHA-256 of its file: the `content` of results that it gave.
    hash: String,
    /// Hosts by verdict.
    hosts: Counts,
}

/// Get a rule.
#[utoipa::path(get, path = "/api/v1/rules/{id}", tag = "rules",
    params(("id" = String, Path)),
    responses((status = 200, body = RuleDetail),
        (status = 404, body = Problem, content_type = "application/problem+json",
            description = "`rule_not_found`")))]
pub(crate) async fn get_rule(
    _: Identity,
    RulePath(id): RulePath,
    State(db): State<PgPool>,
    State(catalogue): State<Arc<Catalogue>>,
) -> Result<Json<RuleDetail>, ApiError> {
    let entry = catalogue.rules.get(&id).ok_or(ApiError::RuleNotFound(id))?;
    let mut tx = read::snapshot(&db).await?;
    let hosts = read::result::counts_of_rule(&mut tx, &entry.rule.id).await?;
    Ok(Json(RuleDetail {
        rule: entry.into(),
        why: entry.rule.why.trim().to_owned(),
        subjects: entry.rule.subjects.clone(),
        source: entry.source.clone(),
        hash: entry.hash.clone(),
        hosts: counts(hosts),
    }))
}
