use axum::{
    Json,
    extract::{Path, State},
};
use serde::{Deserialize, Serialize};
use shared::{
    clock::SharedClock,
    id::HostId,
    rule::{result, variable::Values},
};
use sqlx::PgPool;
use utoipa::{IntoParams, ToSchema};

use crate::{
    api::{
        Keeping,
        error::{ApiError, Problem},
        identity::Within,
        input::Query,
        posture::waived::WaivedBy,
        time::Time,
    },
    retention::Kind,
    store::{
        read::{self, result::Whole},
        waiver::overlay::marks,
    },
};

/// The most records of the past that are told.
const MOST: i64 = 100;

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ResultQuery {
    /// As it was then; the present when it is left out.
    #[param(value_type = Option<Time>, inline)]
    at: Option<Time>,
}

/// What one check saw.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Evidence {
    /// Which sort of check.
    check: String,
    status: String,
    /// Files, tables of the kernel, kinds of facts.
    read: Vec<String>,
    expected: String,
    actual: String,
    /// What is not as it must be, one by one.
    offenders: Vec<String>,
    /// How many there are, also where not all of them are named.
    offenders_total: usize,
}

/// What came of a rule for a time, with its evidence.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Outcome {
    status: String,
    /// Why, in one line.
    because: String,
    /// The first 16 digits of the SHA-256 of the rule's file that gave it.
    content: String,
    /// What each of the rule's variables was, a text, a whole number or a list of them; what is not set
    /// is left out.
    #[schema(value_type = BTreeMap<String, serde_json::Value>)]
    values: Values,
    evidence: Vec<Evidence>,
    /// Whether evidence was left out because it was too long.
    truncated: bool,
    /// By the host's clock, inclusive.
    valid_from: Time,
    /// By the host's clock, exclusive; null when it is so still.
    #[schema(required)]
    valid_to: Option<Time>,
}

/// A result and the ones before it.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ResultDetail {
    rule: String,
    /// Null, but for a further set of values: the first assigned profile that has it.
    #[schema(required)]
    profile: Option<String>,
    /// Null when nothing had come of it at that instant.
    #[schema(required)]
    result: Option<Outcome>,
    /// By which waiver the result is waived at that instant; null for what does not fail, or is not waived.
    #[schema(required)]
    waived: Option<WaivedBy>,
    /// Newest first, the result itself left out, at most 100.
    before: Vec<Outcome>,
}

/// Get what came of a rule on a host, with the evidence and what was before. `rule` is its id, and of a
/// further set of values `{id}@{profile}`.
#[utoipa::path(get, path = "/api/v1/hosts/{id}/results/{rule}", tag = "results",
    params(("id" = Uuid, Path), ("rule" = String, Path), ResultQuery),
    responses((status = 200, body = ResultDetail),
        (status = 400, body = Problem, content_type = "application/problem+json"),
        (status = 404, body = Problem, content_type = "application/problem+json",
            description = "`host_not_found`, or `rule_not_found`: nothing ever came of it there"),
        (status = 410, body = Problem, content_type = "application/problem+json",
            description = "`past_gone`: not everything of that instant is kept any more")))]
pub(crate) async fn get_host_result(
    within: Within,
    Path((id, key)): Path<(String, String)>,
    State(db): State<PgPool>,
    State(clock): State<SharedClock>,
    State(keeping): State<Keeping>,
    Query(query): Query<ResultQuery>,
) -> Result<Json<ResultDetail>, ApiError> {
    let no_host = || ApiError::HostNotFound(id.clone());
    let host: HostId = id.parse().map_err(|_| no_host())?;
    let mut tx = read::snapshot(&db).await?;
    let host_no = read::host::number(&mut tx, host, within.groups().as_deref())
        .await?
        .ok_or_else(no_host)?;
    let now = clock.now();
    let at = keeping.asked(&mut tx, Kind::Facts, query.at, now).await?;
    let rows = read::result::history(&mut tx, host_no, &key, at, MOST + 1).await?;
    if rows.is_empty() && at.is_none() {
        return Err(ApiError::RuleNotFound(key));
    }
    let mut before: Vec<_> = rows.into_iter().filter_map(Outcome::of).collect();
    // The newest may have ended: the rule is gone from the host's content.
    let holds = |one: &Outcome| match (at, one.valid_to) {
        (None, end) => end.is_none(),
        (Some(at), end) => end.is_none_or(|end| end.0 > at),
    };
    let holds = before.first().is_some_and(holds);
    let present = holds.then(|| before.remove(0));
    let marked = at.unwrap_or(now);
    let mut marks = marks(&mut tx, &[host_no], marked).await?;
    let waived = marks.remove(&(host_no, key.clone()));
    let (rule, profile) = result::parts(&key);
    Ok(Json(ResultDetail {
        rule: rule.to_owned(),
        profile: profile.map(str::to_owned),
        result: present,
        waived: waived.map(WaivedBy::from),
        before,
    }))
}

impl Outcome {
    /// `None` for a record that this collector does not understand.
    fn of(row: Whole) -> Option<Self> {
        let record: result::Record = serde_json::from_value(row.record).ok()?;
        Some(Self {
            status: record.verdict.name().to_owned(),
            because: record.because,
            content: record.content,
            values: record.values,
            evidence: record.evidence.into_iter().map(Evidence::from).collect(),
            truncated: record.truncated,
            valid_from: row.valid_from.into(),
            valid_to: row.valid_to.map(Time),
        })
    }
}

impl From<result::Evidence> for Evidence {
    fn from(seen: result::Evidence) -> Self {
        Self {
            check: seen.check,
            status: seen.verdict.name().to_owned(),
            read: seen.read,
            expected: seen.expected,
            actual: seen.actual,
            offenders: seen.offenders,
            offenders_total: seen.offenders_total,
        }
    }
}
