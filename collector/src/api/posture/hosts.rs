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
        cursor::Pages,
        error::{ApiError, Problem},
        fact::search::HostRef,
        identity::Within,
        input::Query,
        page::Page,
        posture::{PostureTally, group, lens, waived::Waivers},
        time::Time,
    },
    catalogue::Catalogue,
    posture::Waived,
    retention::Kind,
    store::{
        posture::read::{self as posture, Of, Position, Standing},
        read,
        waiver::overlay::Over,
    },
};

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct PostureHostQuery {
    /// Only the rules that decide something of this framework, such as `cis_debian12`, or give evidence for it.
    framework: Option<String>,
    /// Only the rules of this profile, such as `cis-debian12-l1-server`, with its values.
    profile: Option<String>,
    /// Only the hosts that belonged to this group at the instant.
    group: Option<Uuid>,
    /// The instant, by the hosts' clocks; the present when it is left out.
    #[param(value_type = Option<Time>, inline)]
    at: Option<Time>,
    /// `next` of the page before.
    cursor: Option<String>,
    #[param(minimum = 1, maximum = 500, default = 100)]
    limit: Option<u16>,
}

/// How one host stands.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct HostPosture {
    host: HostRef,
    /// Whether it had not been heard of for 24 hours: it counts in no sum.
    silent: bool,
    /// Since when it stands so, by its clock.
    since: Time,
    #[serde(flatten)]
    tally: PostureTally,
}

/// List how each host stands, or stood at an instant: the lowest score first, those without one last.
#[utoipa::path(get, path = "/api/v1/posture/hosts", tag = "posture", params(PostureHostQuery),
    responses((status = 200, body = Page<HostPosture>),
        (status = 400, body = Problem, content_type = "application/problem+json"),
        (status = 404, body = Problem, content_type = "application/problem+json",
            description = "`framework_not_found`, `profile_not_found`, `group_not_found`"),
        (status = 410, body = Problem, content_type = "application/problem+json",
            description = "`past_gone`: not everything of that instant is kept any more")))]
pub(crate) async fn list_posture_hosts(
    (within, pages): (Within, Pages),
    State(db): State<PgPool>,
    State(clock): State<SharedClock>,
    State(catalogue): State<Arc<Catalogue>>,
    State(keeping): State<Keeping>,
    Query(query): Query<PostureHostQuery>,
) -> Result<Json<Page<HostPosture>>, ApiError> {
    let (cut, after) = pages.asked::<Position>(query.limit, query.cursor.as_deref())?;
    let lens = lens(query.framework, query.profile, &catalogue)?;
    let (now, within) = (clock.now(), within.groups());
    let mut tx = read::snapshot(&db).await?;
    let at = keeping.asked(&mut tx, Kind::Posture, query.at, now).await?;
    let of = Of {
        at: at.unwrap_or(now),
        group: group(&mut tx, query.group, within.as_deref()).await?,
        within: within.as_deref(),
    };
    let most = cut.one_more();
    let mut rows = posture::hosts(&mut tx, &lens, &of, after.as_ref(), most).await?;
    let next = cut.cut(&mut rows, |row| Position {
        place: row.place,
        host: row.host,
    })?;
    let hosts: Vec<i32> = rows.iter().map(|row| row.host_no).collect();
    let waivers = Waivers::load(&mut tx, Over::Hosts(&hosts, of.at)).await?;
    let items = rows.into_iter().map(|row| {
        let waived = waivers.at(row.host_no.into(), &lens, &catalogue);
        HostPosture::new(row, waived)
    });
    let items = items.collect();
    Ok(Json(Page { items, next }))
}

impl HostPosture {
    fn new(row: Standing, waived: Waived) -> Self {
        Self {
            host: HostRef {
                id: row.host,
                hostname: row.hostname,
            },
            silent: row.silent,
            since: row.valid_from.into(),
            tally: PostureTally::new(row.counts, waived),
        }
    }
}
