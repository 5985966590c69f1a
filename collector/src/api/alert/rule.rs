use axum::{Json, extract::State, http::StatusCode};
use serde::{Deserialize, Serialize};
use sqlx::{PgConnection, PgPool};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::{
    alert::Condition,
    api::{
        error::{ApiError, Problem},
        etag::{Editable, Precondition, Tagged},
        input::{AlertRulePath, Body, printable},
        rule::Severity,
        trail::{Act, Trail},
    },
    event::Code,
    store::{self, alert::Rule},
};

/// Longest name, characters.
const MAX_NAME: usize = 100;
/// The longest time until an alert is more serious, minutes: a week.
const MAX_ESCALATION: u32 = 7 * 24 * 60;

/// What alerts are made by.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct AlertRule {
    id: Uuid,
    name: String,
    condition: Condition,
    enabled: bool,
    /// Null: as serious as what it finds.
    #[schema(required)]
    severity: Option<Severity>,
    /// Only hosts of this group; null for all.
    #[schema(required)]
    group: Option<Uuid>,
    /// Null for never.
    #[schema(required)]
    escalate_after_min: Option<u32>,
}

impl Editable for AlertRule {}

/// What is said of an alert rule.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct AlertRuleFields {
    /// 1 to 100 printable characters.
    name: String,
    condition: Condition,
    enabled: bool,
    /// Null: as serious as what it finds.
    severity: Option<Severity>,
    /// Only hosts of this group; null for all.
    group: Option<Uuid>,
    /// Minutes after which an alert that nobody has acknowledged is more serious, 1 to 10080; null for never.
    escalate_after_min: Option<u32>,
}

/// Every alert rule.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct AlertRules {
    /// By name.
    items: Vec<AlertRule>,
}

impl From<Rule> for AlertRule {
    fn from(rule: Rule) -> Self {
        Self {
            id: rule.id,
            name: rule.name,
            condition: rule.condition,
            enabled: rule.enabled,
            severity: rule
                .severity
                .map(|severity| store::event::severity(severity).into()),
            group: rule.group,
            escalate_after_min: rule.escalate_min.map(i32::unsigned_abs),
        }
    }
}

impl AlertRuleFields {
    async fn check(self, db: &mut PgConnection, id: Uuid) -> Result<Rule, ApiError> {
        let is_code = |code: &str| Code::ALL.iter().any(|(known, ..)| known.name() == code);
        let checked = self.condition.check(is_code);
        checked.map_err(|detail| ApiError::parameter("condition", detail))?;
        if let Some(minutes) = self.escalate_after_min
            && !(1..=MAX_ESCALATION).contains(&minutes)
        {
            let detail = format!("{minutes} is not 1 to {MAX_ESCALATION}");
            return Err(ApiError::parameter("escalate_after_min", detail));
        }
        let group_no = match self.group {
            None => None,
            Some(group) => {
                let found = store::group::find(db, group, None).await?;
                let (number, _) =
                    found.ok_or_else(|| ApiError::GroupNotFound(group.to_string()))?;
                Some(number)
            }
        };
        Ok(Rule {
            no: 0,
            id,
            name: printable("name", &self.name, 1, MAX_NAME)?,
            condition: self.condition,
            enabled: self.enabled,
            severity: self.severity.map(Severity::number),
            group: self.group,
            group_no,
            escalate_min: self
                .escalate_after_min
                .and_then(|minutes| i32::try_from(minutes).ok()),
        })
    }
}

async fn find(db: &mut PgConnection, id: Uuid) -> Result<Rule, ApiError> {
    let rules = store::alert::rules(db).await?;
    let found = rules.into_iter().find(|rule| rule.id == id);
    found.ok_or_else(|| ApiError::AlertRuleNotFound(id.to_string()))
}

/// List what alerts are made by.
#[utoipa::path(get, path = "/api/v1/alert-rules", tag = "alerts",
    responses((status = 200, body = AlertRules)))]
pub(crate) async fn list_alert_rules(
    State(db): State<PgPool>,
) -> Result<Json<AlertRules>, ApiError> {
    let rules = store::alert::rules(&mut *db.acquire().await?).await?;
    let items = rules.into_iter().map(AlertRule::from).collect();
    Ok(Json(AlertRules { items }))
}

/// Show what alerts are made by.
#[utoipa::path(get, path = "/api/v1/alert-rules/{id}", tag = "alerts", params(("id" = Uuid, Path)),
    responses((status = 200, body = AlertRule),
        (status = 404, body = Problem, content_type = "application/problem+json",
            description = "`alert_rule_not_found`")))]
pub(crate) async fn get_alert_rule(
    precondition: Precondition,
    AlertRulePath(id): AlertRulePath,
    State(db): State<PgPool>,
) -> Result<Tagged<AlertRule>, ApiError> {
    let rule = find(&mut *db.acquire().await?, id).await?;
    precondition.show(rule.into())
}

/// Make an alert rule.
#[utoipa::path(post, path = "/api/v1/alert-rules", tag = "alerts", request_body = AlertRuleFields,
    responses((status = 201, body = AlertRule),
        (status = 400, body = Problem, content_type = "application/problem+json",
            description = "`bad_parameter`"),
        (status = 404, body = Problem, content_type = "application/problem+json",
            description = "`group_not_found`"),
        (status = 409, body = Problem, content_type = "application/problem+json",
            description = "`alert_rule_exists`")))]
pub(crate) async fn create_alert_rule(
    trail: Trail,
    State(db): State<PgPool>,
    Body(fields): Body<AlertRuleFields>,
) -> Result<(StatusCode, Json<AlertRule>), ApiError> {
    let mut tx = db.begin().await?;
    let rule = fields.check(&mut tx, Uuid::now_v7()).await?;
    if !store::alert::put(&mut tx, &rule, trail.now()).await? {
        return Err(ApiError::AlertRuleExists(rule.name));
    }
    let (id, name) = (rule.id, rule.name.clone());
    let told = AlertRule::from(rule);
    let act = Act::change("alert_rule.create").on("alert_rule", id, &name);
    trail.note(&mut tx, act.after(&told)?).await?;
    tx.commit().await?;
    Ok((StatusCode::CREATED, Json(told)))
}

/// Replace what is said of an alert rule. Its alerts end when nothing of them is so by what is said now.
#[utoipa::path(put, path = "/api/v1/alert-rules/{id}", tag = "alerts", params(("id" = Uuid, Path)),
    request_body = AlertRuleFields,
    responses((status = 200, body = AlertRule),
        (status = 400, body = Problem, content_type = "application/problem+json",
            description = "`bad_parameter`"),
        (status = 404, body = Problem, content_type = "application/problem+json",
            description = "`alert_rule_not_found`, `group_not_found`"),
        (status = 409, body = Problem, content_type = "application/problem+json",
            description = "`alert_rule_exists`")))]
pub(crate) async fn replace_alert_rule(
    trail: Trail,
    precondition: Precondition,
    AlertRulePath(id): AlertRulePath,
    State(db): State<PgPool>,
    Body(fields): Body<AlertRuleFields>,
) -> Result<Tagged<AlertRule>, ApiError> {
    let mut tx = db.begin().await?;
    store::alert::hold(&mut tx).await?;
    let before = AlertRule::from(find(&mut tx, id).await?);
    precondition.admit(&before)?;
    let rule = fields.check(&mut tx, id).await?;
    if !store::alert::put(&mut tx, &rule, trail.now()).await? {
        return Err(ApiError::AlertRuleExists(rule.name));
    }
    let name = rule.name.clone();
    let told = AlertRule::from(rule);
    let act = Act::change("alert_rule.replace").on("alert_rule", id, &name);
    trail
        .note(&mut tx, act.before(&before)?.after(&told)?)
        .await?;
    tx.commit().await?;
    Tagged::new(told)
}

/// Delete an alert rule with its alerts.
#[utoipa::path(delete, path = "/api/v1/alert-rules/{id}", tag = "alerts", params(("id" = Uuid, Path)),
    responses((status = 204, description = "Deleted"),
        (status = 404, body = Problem, content_type = "application/problem+json",
            description = "`alert_rule_not_found`")))]
pub(crate) async fn delete_alert_rule(
    trail: Trail,
    precondition: Precondition,
    AlertRulePath(id): AlertRulePath,
    State(db): State<PgPool>,
) -> Result<StatusCode, ApiError> {
    let mut tx = db.begin().await?;
    store::alert::hold(&mut tx).await?;
    let rule = AlertRule::from(find(&mut tx, id).await?);
    precondition.admit(&rule)?;
    store::alert::delete(&mut tx, id).await?;
    let act = Act::change("alert_rule.delete").on("alert_rule", id, &rule.name);
    trail.note(&mut tx, act.before(&rule)?).await?;
    tx.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}
