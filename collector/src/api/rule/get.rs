use std::{collections::BTreeMap, sync::Arc};

use axum::{Json, extract::State};
use serde::Serialize;
use shared::rule::variable::{Sort, Value, Variable};
use sqlx::PgPool;
use utoipa::ToSchema;

use crate::{
    api::{
        error::{ApiError, Problem},
        identity::Within,
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
    /// What a site may set, by name.
    variables: BTreeMap<String, RuleVariable>,
    /// Its file, YAML: platforms, variables, check.
    source: String,
    /// The first 16 digits of the SHA-256 of its file: the `content` of results that it gave.
    hash: String,
    /// Hosts by verdict, with the first of their sets of values.
    hosts: Counts,
}

/// A variable of a rule. Set it under its name for every rule that has one of this name, or as
/// `rule.name` for this rule alone.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct RuleVariable {
    r#type: VariableType,
    about: String,
    /// A text, a whole number or a list of them. Null when there is none: the rule is not assessable
    /// until it is set.
    #[schema(required, value_type = Option<serde_json::Value>)]
    default: Option<Value>,
    /// The lowest number that may be set; null for any.
    #[schema(required)]
    min: Option<i64>,
    /// The highest number that may be set; null for any.
    #[schema(required)]
    max: Option<i64>,
    /// The only texts that may be set; null for any.
    #[schema(required)]
    one_of: Option<Vec<String>>,
}

/// What a variable holds.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum VariableType {
    Integer,
    Text,
    List,
}

impl RuleVariable {
    fn of((name, variable): (&String, &Variable)) -> (String, Self) {
        let shown = Self {
            r#type: match variable.sort {
                Sort::Integer => VariableType::Integer,
                Sort::Text => VariableType::Text,
                Sort::List => VariableType::List,
            },
            about: variable.about.clone(),
            default: variable.default.clone(),
            min: variable.min,
            max: variable.max,
            one_of: variable.one_of.clone(),
        };
        (name.clone(), shown)
    }
}

/// Get a rule.
#[utoipa::path(get, path = "/api/v1/rules/{id}", tag = "rules",
    params(("id" = String, Path)),
    responses((status = 200, body = RuleDetail),
        (status = 404, body = Problem, content_type = "application/problem+json",
            description = "`rule_not_found`")))]
pub(crate) async fn get_rule(
    within: Within,
    RulePath(id): RulePath,
    State(db): State<PgPool>,
    State(catalogue): State<Arc<Catalogue>>,
) -> Result<Json<RuleDetail>, ApiError> {
    let entry = catalogue.rules.get(&id).ok_or(ApiError::RuleNotFound(id))?;
    let mut tx = read::snapshot(&db).await?;
    let within = within.groups();
    let hosts = read::result::counts_of_rule(&mut tx, &entry.rule.id, within.as_deref()).await?;
    Ok(Json(RuleDetail {
        rule: entry.into(),
        why: entry.rule.why.trim().to_owned(),
        subjects: entry.rule.subjects.clone(),
        variables: entry.rule.variables.iter().map(RuleVariable::of).collect(),
        source: entry.source.clone(),
        hash: entry.hash.clone(),
        hosts: counts(hosts),
    }))
}
