use std::sync::Arc;

use axum::{Json, extract::State};
use serde::{Deserialize, Serialize};
use shared::clock::SharedClock;
use sqlx::PgPool;
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use crate::{
    api::{
        Keeping,
        error::{ApiError, Problem},
        identity::Within,
        input::Query,
        posture::{group, lens, rules},
        rule::Severity,
        time::Time,
    },
    catalogue::Catalogue,
    retention::Kind,
    store::{
        posture::read::{self as posture, Of},
        read,
    },
};

/// The longest list.
const MAX: u16 = 100;

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct FailingQuery {
    /// Only the rules that decide something of this framework, such as `cis_debian12`, or give evidence for it.
    framework: Option<String>,
    /// Only the rules of this profile, such as `cis-debian12-l1-server`, with its values.
    profile: Option<String>,
    /// Only the hosts that belonged to this group at the instant.
    group: Option<Uuid>,
    /// The instant, by the hosts' clocks; the present when it is left out.
    #[param(value_type = Option<Time>, inline)]
    at: Option<Time>,
    #[param(minimum = 1, maximum = 100, default = 20)]
    limit: Option<u16>,
}

/// A rule, and on how many hosts it fails.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct FailingRule {
    rule: String,
    /// Null for a rule that is not in the collector's content.
    #[schema(required)]
    title: Option<String>,
    /// Null for a rule that is not in the collector's content.
    #[schema(required)]
    severity: Option<Severity>,
    hosts: i64,
}

/// The rules that fail most.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct FailingRules {
    at: Time,
    /// On most hosts first.
    items: Vec<FailingRule>,
}

/// List the rules that fail on most hosts, or failed at an instant.
#[utoipa::path(get, path = "/api/v1/posture/failing", tag = "posture", params(FailingQuery),
    responses((status = 200, body = FailingRules),
        (status = 400, body = Problem, content_type = "application/problem+json"),
        (status = 404, body = Problem, content_type = "application/problem+json",
            description = "`framework_not_found`, `profile_not_found`, `group_not_found`"),
        (status = 410, body = Problem, content_type = "application/problem+json",
            description = "`past_gone`: not everything of that instant is kept any more")))]
pub(crate) async fn list_failing_rules(
    within: Within,
    State(db): State<PgPool>,
    State(clock): State<SharedClock>,
    State(catalogue): State<Arc<Catalogue>>,
    State(keeping): State<Keeping>,
    Query(query): Query<FailingQuery>,
) -> Result<Json<FailingRules>, ApiError> {
    let limit = match query.limit.unwrap_or(20) {
        limit @ 1..=MAX => i64::from(limit),
        limit => {
            let detail = format!("{limit} is not 1 to {MAX}");
            return Err(ApiError::parameter("limit", detail));
        }
    };
    let lens = lens(query.framework, query.profile, &catalogue)?;
    let (now, within) = (clock.now(), within.groups());
    let mut tx = read::snapshot(&db).await?;
    let asked = keeping.asked(&mut tx, Kind::Facts, query.at, now).await?;
    let at = asked.unwrap_or(now);
    let of = Of {
        at,
        group: group(&mut tx, query.group, within.as_deref()).await?,
        within: within.as_deref(),
    };
    let of_lens = rules(&lens, &catalogue);
    let is_of_all = of.group.is_none() && of.within.is_none();
    let rows = match asked {
        Some(_) => posture::failing(&mut tx, of_lens.as_deref(), &of, limit).await?,
        None if is_of_all => posture::failing_now(&mut tx, of_lens.as_deref(), limit).await?,
        None => posture::failing_among(&mut tx, of_lens.as_deref(), &of, limit).await?,
    };
    let items = rows.into_iter().map(|row| {
        let entry = catalogue.rules.get(&row.rule);
        FailingRule {
            title: entry.map(|entry| entry.rule.title.clone()),
            severity: entry.map(|entry| entry.rule.severity.into()),
            rule: row.rule,
            hosts: row.hosts,
        }
    });
    Ok(Json(FailingRules {
        at: at.into(),
        items: items.collect(),
    }))
}
