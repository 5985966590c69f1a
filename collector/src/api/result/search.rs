use axum::{Json, extract::State};
use serde::{Deserialize, Serialize};
use shared::{clock::SharedClock, rule::result};
use sqlx::PgPool;
use utoipa::{IntoParams, ToSchema};

use crate::{
    api::{
        cursor::Pages,
        error::{ApiError, Problem},
        fact::search::HostRef,
        identity::Within,
        input::Query,
        page::Page,
        posture::waived::WaivedBy,
        rule::Status,
        time::Time,
    },
    store::{
        read::{
            self,
            result::{Hit, Position},
        },
        waiver::overlay::{Mark, marks},
    },
};

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ResultQuery {
    /// Only of this rule, with whichever values.
    rule: Option<String>,
    #[param(inline)]
    status: Option<Status>,
    /// `next` of the page before.
    cursor: Option<String>,
    #[param(minimum = 1, maximum = 500, default = 100)]
    limit: Option<u16>,
}

/// What came of a rule on one of the hosts.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct FleetResult {
    host: HostRef,
    rule: String,
    /// Null, but for a further set of values: the first assigned profile that has it.
    #[schema(required)]
    profile: Option<String>,
    /// Null where a host says something that this collector does not know.
    #[schema(required, value_type = Option<Status>)]
    status: Option<String>,
    /// By which waiver it is waived now; null for what does not fail, or is not waived.
    #[schema(required)]
    waived: Option<WaivedBy>,
    /// Why, in one line.
    because: String,
    /// By the host's clock.
    valid_from: Time,
}

/// List what came of rules over the fleet, by host name and rule.
#[utoipa::path(get, path = "/api/v1/results", tag = "results", params(ResultQuery),
    responses((status = 200, body = Page<FleetResult>),
        (status = 400, body = Problem, content_type = "application/problem+json"),
        (status = 503, body = Problem, content_type = "application/problem+json",
            description = "`too_slow`: name a rule")))]
pub(crate) async fn search_results(
    (within, pages): (Within, Pages),
    State(db): State<PgPool>,
    State(clock): State<SharedClock>,
    Query(query): Query<ResultQuery>,
) -> Result<Json<Page<FleetResult>>, ApiError> {
    let (page, after) = pages.asked::<Position>(query.limit, query.cursor.as_deref())?;
    let mut tx = read::snapshot(&db).await?;
    let (rule, status) = (query.rule.as_deref(), query.status.map(Status::name));
    let (within, most) = (within.groups(), page.one_more());
    let (within, after) = (within.as_deref(), after.as_ref());
    let mut rows = read::result::of_fleet(&mut tx, rule, status, within, after, most).await?;
    let next = page.cut(&mut rows, |row| Position {
        hostname: row.hostname.clone(),
        host: row.host,
        key: row.key.clone(),
    })?;
    let mut hosts: Vec<i32> = rows.iter().map(|row| row.host_no).collect();
    hosts.dedup();
    let mut marks = marks(&mut tx, &hosts, clock.now()).await?;
    let items = rows.into_iter().map(|row| {
        let mark = marks.remove(&(row.host_no, row.key.clone()));
        FleetResult::new(row, mark)
    });
    let items = items.collect();
    Ok(Json(Page { items, next }))
}

impl FleetResult {
    fn new(row: Hit, waived: Option<Mark>) -> Self {
        let (rule, profile) = result::parts(&row.key);
        Self {
            host: HostRef {
                id: row.host,
                hostname: row.hostname,
            },
            rule: rule.to_owned(),
            profile: profile.map(str::to_owned),
            status: row.verdict,
            waived: waived.map(WaivedBy::from),
            because: row.because.unwrap_or_default(),
            valid_from: row.valid_from.into(),
        }
    }
}
