use std::sync::Arc;

use axum::{Json, extract::State};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use shared::{clock::SharedClock, rule::result};
use sqlx::PgPool;
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use crate::{
    api::{
        Keeping,
        cursor::Pages,
        error::{ApiError, Problem},
        fact::search::HostRef,
        identity::Within,
        input::Query,
        page::Page,
        posture::{group, lens, rules},
        rule::Severity,
        time::Time,
    },
    catalogue::Catalogue,
    retention::Kind,
    store::{
        posture::read::{self as posture, Of, Turned, TurnedPosition},
        read,
    },
};

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct CompareQuery {
    /// The earlier instant, by the hosts' clocks.
    #[param(value_type = Time, inline)]
    from: Time,
    /// The later one; the present when it is left out.
    #[param(value_type = Option<Time>, inline)]
    to: Option<Time>,
    /// Only the rules that decide something of this framework, such as `cis_debian12`, or give evidence for it.
    framework: Option<String>,
    /// Only the rules of this profile, such as `cis-debian12-l1-server`, with its values.
    profile: Option<String>,
    /// Only the hosts that belonged to this group at the later instant.
    group: Option<Uuid>,
    /// Only this host.
    host: Option<Uuid>,
    /// `next` of the page before.
    cursor: Option<String>,
    #[param(minimum = 1, maximum = 500, default = 100)]
    limit: Option<u16>,
}

/// What became of a result.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Turn {
    /// It fails no more.
    Fixed,
    /// It fails now.
    Broken,
    /// Another verdict, neither of which is that it fails.
    Verdict,
    /// The same verdict, and something else that was seen.
    Value,
    /// There was none before.
    New,
    /// There is none any more.
    Gone,
}

/// A result that is another than it was.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct PostureTurn {
    host: HostRef,
    rule: String,
    /// Null, but for a further set of values.
    #[schema(required)]
    profile: Option<String>,
    /// Null for a rule that is not in the collector's content.
    #[schema(required)]
    severity: Option<Severity>,
    turn: Turn,
    /// Null where there was none.
    #[schema(required)]
    before: Option<String>,
    /// Null where there is none.
    #[schema(required)]
    after: Option<String>,
    /// Why it was as it was, in one line.
    #[schema(required)]
    because_before: Option<String>,
    /// Why it is as it is, in one line.
    #[schema(required)]
    because_after: Option<String>,
}

/// Compare two instants: what was fixed, what broke, what is new, what is gone, and where something else was seen.
#[utoipa::path(get, path = "/api/v1/posture/compare", tag = "posture", params(CompareQuery),
    responses((status = 200, body = Page<PostureTurn>),
        (status = 400, body = Problem, content_type = "application/problem+json"),
        (status = 404, body = Problem, content_type = "application/problem+json",
            description = "`framework_not_found`, `profile_not_found`, `group_not_found`"),
        (status = 410, body = Problem, content_type = "application/problem+json",
            description = "`past_gone`: not everything of that instant is kept any more")))]
pub(crate) async fn compare_posture(
    (within, pages): (Within, Pages),
    State(db): State<PgPool>,
    State(clock): State<SharedClock>,
    State(catalogue): State<Arc<Catalogue>>,
    State(keeping): State<Keeping>,
    Query(query): Query<CompareQuery>,
) -> Result<Json<Page<PostureTurn>>, ApiError> {
    let (cut, after) = pages.asked::<TurnedPosition>(query.limit, query.cursor.as_deref())?;
    let lens = lens(query.framework, query.profile, &catalogue)?;
    let now = clock.now();
    let at = query.to.map_or(now, |to| to.0);
    if query.from.0 > at {
        return Err(ApiError::parameter("from", "is behind `to`"));
    }
    let within = within.groups();
    let mut tx = read::snapshot(&db).await?;
    let from = Some(query.from);
    keeping.asked(&mut tx, Kind::Facts, from, now).await?;
    let of = Of {
        at,
        group: group(&mut tx, query.group, within.as_deref()).await?,
        within: within.as_deref(),
    };
    let (rules, most) = (rules(&lens, &catalogue), cut.one_more());
    let which = posture::Which {
        since: query.from.0,
        host: query.host,
        rules: rules.as_deref(),
    };
    let mut rows = posture::turned(&mut tx, &of, &which, after.as_ref(), most).await?;
    let next = cut.cut(&mut rows, |row| TurnedPosition {
        host: row.host,
        key: row.key.clone(),
    })?;
    let items = rows.into_iter().map(|row| turned(row, &catalogue));
    Ok(Json(Page {
        items: items.collect(),
        next,
    }))
}

pub(crate) fn turned(row: Turned, catalogue: &Catalogue) -> PostureTurn {
    let text = |value: &Option<Value>, field: &str| {
        let text = value.as_ref()?.get(field)?.as_str()?;
        Some(text.to_owned())
    };
    let (before, after) = (text(&row.before, "verdict"), text(&row.after, "verdict"));
    let (rule, profile) = result::parts(&row.key);
    let entry = catalogue.rules.get(rule);
    PostureTurn {
        turn: turn(before.as_deref(), after.as_deref()),
        because_before: text(&row.before, "because"),
        because_after: text(&row.after, "because"),
        host: HostRef {
            id: row.host,
            hostname: row.hostname,
        },
        severity: entry.map(|entry| entry.rule.severity.into()),
        rule: rule.to_owned(),
        profile: profile.map(str::to_owned),
        before,
        after,
    }
}

fn turn(before: Option<&str>, after: Option<&str>) -> Turn {
    match (before, after) {
        (None, _) => Turn::New,
        (_, None) => Turn::Gone,
        (before, after) if before == after => Turn::Value,
        (Some("fail"), _) => Turn::Fixed,
        (_, Some("fail")) => Turn::Broken,
        _ => Turn::Verdict,
    }
}
