//! One feed over all that happens.

use axum::{Json, extract::State};
use serde::{Deserialize, Serialize};
use sqlx::{PgConnection, PgPool};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use crate::{
    access::Permission,
    activity::{Place, Source, merge},
    api::{
        cursor::Pages,
        error::{ApiError, Problem},
        fact::search::HostRef,
        identity::Identity,
        input::Query,
        rule::Severity,
        time::Time,
    },
    store::{
        activity::{Asked, Row, alert, audit, drift, event, liveness},
        event::severity,
        read,
    },
};

/// Where something is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum ActivitySource {
    /// A fact of a host came, went or changed; for those who have `hosts.read`.
    Event,
    /// Something else came of a rule; for those who have `results.read`.
    Verdict,
    /// A story of drift began; for those who have `drift.read`.
    Drift,
    /// Something happened to an alert; for those who have `alerts.read`.
    Alert,
    /// Somebody did something; for those who have `audit.read`.
    Audit,
    /// A host is heard of otherwise; for those who have `hosts.read`.
    Liveness,
}

impl From<Source> for ActivitySource {
    fn from(source: Source) -> Self {
        match source {
            Source::Event => Self::Event,
            Source::Verdict => Self::Verdict,
            Source::Drift => Self::Drift,
            Source::Alert => Self::Alert,
            Source::Audit => Self::Audit,
            Source::Liveness => Self::Liveness,
        }
    }
}

/// What one must have to read a source.
fn permission(source: Source) -> Permission {
    match source {
        Source::Event | Source::Liveness => Permission::HostsRead,
        Source::Verdict => Permission::ResultsRead,
        Source::Drift => Permission::DriftRead,
        Source::Alert => Permission::AlertsRead,
        Source::Audit => Permission::AuditRead,
    }
}

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ActivityQuery {
    /// Only what is told there.
    #[param(inline)]
    source: Option<ActivitySource>,
    /// What is at least as serious as this.
    #[param(inline)]
    severity: Option<Severity>,
    /// Only what is of this host, or names it.
    host: Option<Uuid>,
    /// Only what is of this group, or of a host that belongs to it.
    group: Option<Uuid>,
    /// At this instant or later, by the collector's clock.
    #[param(value_type = Option<Time>, inline)]
    since: Option<Time>,
    /// Before this instant.
    #[param(value_type = Option<Time>, inline)]
    until: Option<Time>,
    /// What has this in its text, whatever the case; of the audit log, anywhere in the record.
    q: Option<String>,
    /// `next` of the page before.
    cursor: Option<String>,
    #[param(minimum = 1, maximum = 500, default = 100)]
    limit: Option<u16>,
}

/// What an entry tells of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum ActivityThing {
    /// `GET /api/v1/events` lists it.
    Event,
    /// `GET /api/v1/drift/{id}`
    Drift,
    /// `GET /api/v1/alerts/{id}`
    Alert,
    /// `GET /api/v1/audit/{id}`: stream and number.
    Audit,
    /// `GET /api/v1/hosts/{id}/liveness`
    Host,
}

/// Where there is more to be read.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ActivityReference {
    kind: ActivityThing,
    id: String,
}

/// Something that happened.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ActivityEntry {
    /// By the collector's clock.
    at: Time,
    source: ActivitySource,
    severity: Severity,
    /// Null where it is of several hosts, or of none.
    #[schema(required)]
    host: Option<HostRef>,
    /// For programs: the code of the event or the action, or `drift`, `alert` or `liveness` and what became of it.
    #[schema(example = "package.installed")]
    what: String,
    /// For people.
    text: String,
    about: ActivityReference,
}

/// A page of what happens.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ActivityFeed {
    /// The newest first.
    items: Vec<ActivityEntry>,
    /// Pass it as `cursor` for the next page; null on the last one.
    #[schema(required)]
    next: Option<String>,
    /// The sources that were asked for and that one may not read: nothing of them is here.
    hidden: Vec<ActivitySource>,
}

/// List what happens, the newest first: facts, verdicts, drift, alerts, deeds, and how hosts are heard of.
///
/// Sources that one may not read are left out and named; of the others only what is in one's scope.
#[utoipa::path(get, path = "/api/v1/activity", tag = "activity", params(ActivityQuery),
    responses((status = 200, body = ActivityFeed),
        (status = 400, body = Problem, content_type = "application/problem+json")))]
pub(crate) async fn list_activity(
    (identity, pages): (Identity, Pages),
    State(db): State<PgPool>,
    Query(query): Query<ActivityQuery>,
) -> Result<Json<ActivityFeed>, ApiError> {
    let (cut, after) = pages.asked::<Place>(query.limit, query.cursor.as_deref())?;
    let wanted = |source: &Source| {
        let of = ActivitySource::from(*source);
        query.source.is_none_or(|only| only == of)
    };
    let mut hidden = Vec::new();
    let mut sources = Vec::new();
    let mut tx = read::snapshot(&db).await?;
    for source in Source::ALL.into_iter().filter(wanted) {
        let Some(scope) = identity.grants.scope(permission(source)) else {
            hidden.push(source.into());
            continue;
        };
        let within = scope.groups();
        let asked = Asked {
            host: query.host,
            group: query.group,
            severity: query.severity.map_or(0, Severity::number),
            since: query.since.map(|since| since.0),
            until: query.until.map(|until| until.0),
            text: query.q.as_deref(),
            within: within.as_deref(),
            behind: after.map(|after| after.behind(source)),
            limit: cut.one_more(),
        };
        let rows = rows(&mut tx, source, &asked).await?.into_iter();
        sources.push(rows.map(|row| (source, row)).collect());
    }
    let place = |(source, row): &(Source, Row)| Place {
        at: row.at,
        source: *source,
        key: row.key,
    };
    let mut merged = merge(sources, place, cut.limit + 1);
    let next = cut.cut(&mut merged, place)?;
    let items = merged.into_iter().map(ActivityEntry::from).collect();
    Ok(Json(ActivityFeed {
        items,
        next,
        hidden,
    }))
}

async fn rows(
    conn: &mut PgConnection,
    source: Source,
    asked: &Asked<'_>,
) -> sqlx::Result<Vec<Row>> {
    match source {
        Source::Event | Source::Verdict => event::rows(conn, &source.codes(), asked).await,
        Source::Drift => drift::rows(conn, asked).await,
        Source::Alert => alert::rows(conn, asked).await,
        Source::Audit => audit::rows(conn, asked).await,
        Source::Liveness => liveness::rows(conn, asked).await,
    }
}

impl From<(Source, Row)> for ActivityEntry {
    fn from((source, row): (Source, Row)) -> Self {
        let kind = match source {
            Source::Event | Source::Verdict => ActivityThing::Event,
            Source::Drift => ActivityThing::Drift,
            Source::Alert => ActivityThing::Alert,
            Source::Audit => ActivityThing::Audit,
            Source::Liveness => ActivityThing::Host,
        };
        Self {
            at: row.at.into(),
            source: source.into(),
            severity: severity(row.severity).into(),
            host: row
                .host
                .zip(row.hostname)
                .map(|(id, hostname)| HostRef { id, hostname }),
            what: row.what,
            text: row.text,
            about: ActivityReference { kind, id: row.id },
        }
    }
}
