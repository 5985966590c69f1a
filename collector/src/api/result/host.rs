use std::sync::Arc;

use axum::{Json, extract::State};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use shared::clock::SharedClock;
use sqlx::{PgConnection, PgPool};
use utoipa::{IntoParams, ToSchema};

use crate::{
    api::{
        Keeping,
        cursor::Pages,
        error::{ApiError, Problem},
        identity::Within,
        input::{HostPath, Query},
        result::{Filter, RuleResult},
        rule::{Counts, Severity, Status, counts},
        time::Time,
    },
    catalogue::{Catalogue, Held},
    retention::Kind,
    store::{
        self,
        read::{
            self,
            result::{Of, OfProfile},
        },
        waiver::overlay::marks,
    },
};

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct HostResultQuery {
    #[param(inline)]
    status: Option<Status>,
    /// Only of rules that decide something of this framework, such as `cis_debian12`, or give evidence
    /// for it, such as `nist_800_53_r5`.
    framework: Option<String>,
    /// Only of its controls of this level, such as `moderate`.
    level: Option<String>,
    /// Only of this control of it, such as `AC-7`.
    control: Option<String>,
    /// Only of rules of this profile, such as `cis-debian12-l1-server`; each as it was decided with the
    /// profile's values on this host, or else the plain one.
    profile: Option<String>,
    #[param(inline)]
    severity: Option<Severity>,
    /// The instant; the present when it is left out.
    #[param(value_type = Option<Time>, inline)]
    at: Option<Time>,
    /// `next` of the page before.
    cursor: Option<String>,
    #[param(minimum = 1, maximum = 500, default = 100)]
    limit: Option<u16>,
}

/// One page of results, and with the first one how many there are of each.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct HostResults {
    /// By rule.
    items: Vec<RuleResult>,
    /// Pass it as `cursor` for the next page; null on the last one.
    #[schema(required)]
    next: Option<String>,
    /// Results by status, whatever `status` asks for; null with a cursor.
    #[schema(required)]
    counts: Option<Counts>,
}

/// List what came of rules on a host, or had come at an instant, by rule.
#[utoipa::path(get, path = "/api/v1/hosts/{id}/results", tag = "results",
    params(("id" = Uuid, Path), HostResultQuery),
    responses((status = 200, body = HostResults),
        (status = 400, body = Problem, content_type = "application/problem+json"),
        (status = 404, body = Problem, content_type = "application/problem+json",
            description = "`host_not_found`, `framework_not_found`, `profile_not_found`"),
        (status = 410, body = Problem, content_type = "application/problem+json",
            description = "`past_gone`: not everything of that instant is kept any more")))]
pub(crate) async fn list_host_results(
    (within, pages): (Within, Pages),
    HostPath(id): HostPath,
    State(db): State<PgPool>,
    State(clock): State<SharedClock>,
    State(catalogue): State<Arc<Catalogue>>,
    State(keeping): State<Keeping>,
    Query(query): Query<HostResultQuery>,
) -> Result<Json<HostResults>, ApiError> {
    let (page, after) = pages.asked::<String>(query.limit, query.cursor.as_deref())?;
    let filter = Filter {
        framework: query.framework.as_deref(),
        level: query.level.as_deref(),
        control: query.control.as_deref(),
        profile: query.profile.as_deref(),
        severity: query.severity,
    };
    let mut of = Of {
        at: None,
        verdict: query.status.map(|status| status.name().to_owned()),
        rules: filter.rules(&catalogue)?,
        keys: None,
    };
    let mut tx = read::snapshot(&db).await?;
    let host_no = read::host::number(&mut tx, id, within.groups().as_deref())
        .await?
        .ok_or_else(|| ApiError::HostNotFound(id.to_string()))?;
    let now = clock.now();
    of.at = keeping.asked(&mut tx, Kind::Facts, query.at, now).await?;
    let held = query.profile.as_ref();
    if let Some(held) = held.and_then(|key| catalogue.profiles.get(key)) {
        of.keys = Some(keys_of(&mut tx, &catalogue, held, host_no, of.at).await?);
    }
    let most = page.one_more();
    let mut rows = read::result::of_host(&mut tx, host_no, &of, after.as_deref(), most).await?;
    let counted = match after {
        None => Some(counts(
            read::result::counts_of_host(&mut tx, host_no, &of).await?,
        )),
        Some(_) => None,
    };
    let next = page.cut(&mut rows, |row| row.key.clone())?;
    let at = of.at.unwrap_or(now);
    let mut marks = marks(&mut tx, &[host_no], at).await?;
    let items = rows.into_iter().map(|row| {
        let mark = marks.remove(&(host_no, row.key.clone()));
        RuleResult::new(row, mark, &catalogue)
    });
    Ok(Json(HostResults {
        items: items.collect(),
        next,
        counts: counted,
    }))
}

/// Which results of a host are those of a profile.
async fn keys_of(
    db: &mut PgConnection,
    catalogue: &Catalogue,
    held: &Held,
    host_no: i32,
    at: Option<DateTime<Utc>>,
) -> Result<Vec<String>, ApiError> {
    let set = store::settings::of_host(db, host_no).await?;
    let set = set.effective.compliance.values();
    let (mut rules, mut values) = (Vec::new(), Vec::new());
    for (rule, of) in catalogue.values_of(held, &set) {
        rules.push(rule.to_owned());
        values.push(serde_json::to_value(&of).map_err(ApiError::Encode)?);
    }
    let of = OfProfile {
        profile: &held.profile.key,
        rules: &rules,
        values: &values,
    };
    Ok(read::result::keys_of_profile(db, host_no, at, &of).await?)
}
