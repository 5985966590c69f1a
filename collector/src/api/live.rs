//! The live feed, as server-sent events.

use std::{convert::Infallible, sync::Arc, time::Duration};

use axum::{
    Extension,
    extract::State,
    http::HeaderMap,
    response::sse::{self, KeepAlive, Sse},
};
use futures_util::stream::{self, Stream, StreamExt as _};
use serde::{Deserialize, Serialize};
use shared::id::HostId;
use sqlx::PgPool;
use tokio::time::{Instant, sleep_until};
use utoipa::{
    IntoParams, PartialSchema, ToSchema,
    openapi::{
        RefOr,
        schema::{ObjectBuilder, Schema, Type},
    },
};
use uuid::Uuid;

use crate::{
    api::{
        error::ApiError,
        hearing::Hearing,
        identity::{Connection, Identity, Within},
        input::Query,
        permit::{Follower, Standing},
        time::Time,
    },
    live::{Event, Feed, Message, Stamped, Subscription},
    metrics::Metrics,
};

/// How long a browser waits before it comes back.
const RETRY: Duration = Duration::from_secs(2);
/// Proxies close what says nothing for 30 to 60 s.
const KEEP_ALIVE: Duration = Duration::from_secs(15);
/// An open feed outlives its session by no more than this.
const RECHECK: Duration = Duration::from_secs(60);

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct LiveQuery {
    /// The `id` of the last event that was seen; the header Last-Event-ID goes before it.
    last_event_id: Option<String>,
}

/// The data of an event, as JSON.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct LiveEvent {
    /// Whom it is about; not with `rollout_changed`, `alert_changed`, `waiver_changed`, `drift_changed` and `notified`.
    #[serde(skip_serializing_if = "Option::is_none")]
    host: Option<Uuid>,
    /// With `rollout_changed` alone.
    #[serde(skip_serializing_if = "Option::is_none")]
    rollout: Option<Uuid>,
    /// With `drift_changed` alone.
    #[serde(skip_serializing_if = "Option::is_none")]
    drift: Option<Uuid>,
    /// With `alert_changed` alone.
    #[serde(skip_serializing_if = "Option::is_none")]
    alert: Option<Uuid>,
    /// With `waiver_changed` alone.
    #[serde(skip_serializing_if = "Option::is_none")]
    waiver: Option<Uuid>,
    at: Time,
    /// With `host_changed` alone: the kinds whose facts are not what they were; none when
    /// it is the host itself that is not.
    #[serde(skip_serializing_if = "Option::is_none")]
    kinds: Option<Vec<String>>,
}

/// An event of the stream, as the document says it.
#[derive(Debug, ToSchema)]
#[expect(dead_code, reason = "axum writes events")]
pub(crate) struct LiveMessage {
    /// Come back with it as `Last-Event-ID`, and miss nothing.
    id: String,
    /// What happened.
    event: String,
    data: LiveData,
}

/// What an event carries: JSON in a text.
#[derive(Debug)]
struct LiveData;

impl PartialSchema for LiveData {
    fn schema() -> RefOr<Schema> {
        ObjectBuilder::new()
            .schema_type(Type::String)
            .content_media_type("application/json")
            .description(Some("A `LiveEvent`; with `resync` it is `{}`"))
            .into()
    }
}

impl ToSchema for LiveData {
    fn schemas(schemas: &mut Vec<(String, RefOr<Schema>)>) {
        schemas.push((LiveEvent::name().into(), LiveEvent::schema()));
        LiveEvent::schemas(schemas);
    }
}

/// Follow what happens, as server-sent events.
///
/// Events are `host_connected`, `host_disconnected`, `host_enrolled`, `host_revoked`,
/// `host_changed`, `posture_changed`, `drift_changed`, `alert_changed`, `waiver_changed`, `rollout_changed` and `notified`, each with a `LiveEvent` as data, and `resync`, with `{}`: events were
/// missed that cannot be had any more, or one's scope is another, fetch everything. Every event has an
/// `id`; a follower that comes back with it misses nothing. Only hosts of one's scope are told of, and
/// rollouts to those who have `rollouts.read`; `notified` says that something of one's own notifications is
/// another, and is told to that person alone; another scope counts within a minute.
#[utoipa::path(get, path = "/api/v1/live", tag = "live",
    params(LiveQuery, ("Last-Event-ID" = Option<String>, Header, description = "Resume here")),
    responses((status = 200, body = LiveMessage, content_type = "text/event-stream")))]
pub(crate) async fn follow(
    (identity, within, headers): (Identity, Within, HeaderMap),
    Follower(standing): Follower,
    connection: Option<Extension<Connection>>,
    Query(query): Query<LiveQuery>,
    State(db): State<PgPool>,
    State(feed): State<Feed>,
    State(metrics): State<Arc<Metrics>>,
) -> Result<Sse<impl Stream<Item = Result<sse::Event, Infallible>>>, ApiError> {
    let header = headers.get("last-event-id").and_then(|id| id.to_str().ok());
    let after = header
        .or(query.last_event_id.as_deref())
        .filter(|id| !id.is_empty());
    let subscription = feed.subscribe(after);
    let hearing = Hearing::of(&db, &identity, &within).await?;
    // An event without data tells the browser where it stands, so that one that is cut off before
    // the first event misses nothing either.
    let hello = sse::Event::default().retry(RETRY).id(subscription.id());
    let following = Following {
        subscription,
        standing,
        hearing,
        db,
        recheck_at: Instant::now() + RECHECK,
        _counted: Counted::new(metrics),
    };
    let stopping = connection
        .map(|Extension(connection)| connection.stopping)
        .unwrap_or_default();
    let events = stream::once(async { hello })
        .chain(stream::unfold(following, Following::step))
        .take_until(stopping.cancelled_owned())
        .map(Ok);
    Ok(Sse::new(events).keep_alive(KeepAlive::new().interval(KEEP_ALIVE)))
}

/// One open feed.
struct Following {
    subscription: Subscription,
    standing: Standing,
    hearing: Hearing,
    db: PgPool,
    recheck_at: Instant,
    _counted: Counted,
}

impl Following {
    /// The next event; `None`, which ends the answer, when the session has ended.
    async fn step(mut self) -> Option<(sse::Event, Self)> {
        loop {
            tokio::select! {
                biased;
                () = sleep_until(self.recheck_at) => {
                    self.recheck_at = Instant::now() + RECHECK;
                    if self.recheck().await? {
                        return Some((event(Message::Resync, self.subscription.id())?, self));
                    }
                }
                message = self.subscription.next() => {
                    if self.hearing.hears(&self.db, &message).await {
                        return Some((event(message, self.subscription.id())?, self));
                    }
                }
            }
        }
    }

    /// Whether it may hear of others than before; `None` when it may not follow any more.
    async fn recheck(&mut self) -> Option<bool> {
        let (identity, within) = self.standing.still().await?;
        let hearing = Hearing::of(&self.db, &identity, &within).await.ok()?;
        let others = hearing != self.hearing;
        self.hearing = hearing;
        Some(others)
    }
}

fn event(message: Message, id: String) -> Option<sse::Event> {
    let event = sse::Event::default().id(id);
    let Message::Event(Stamped { at, event: what }) = message else {
        return Some(event.event("resync").data("{}"));
    };
    let (name, data) = told(what, at.into());
    event.event(name).json_data(data).ok()
}

fn told(event: Event, at: Time) -> (&'static str, LiveEvent) {
    let of = |host: HostId, kinds| LiveEvent {
        host: Some(host.0),
        kinds,
        ..nothing(at)
    };
    match event {
        Event::HostConnected { host } => ("host_connected", of(host, None)),
        Event::HostDisconnected { host } => ("host_disconnected", of(host, None)),
        Event::HostEnrolled { host } => ("host_enrolled", of(host, None)),
        Event::HostRevoked { host } => ("host_revoked", of(host, None)),
        Event::HostChanged { host, kinds } => ("host_changed", of(host, Some(kinds))),
        Event::PostureChanged { host } => ("posture_changed", of(host, None)),
        Event::DriftChanged { drift } => {
            let data = LiveEvent {
                drift: Some(drift),
                ..nothing(at)
            };
            ("drift_changed", data)
        }
        Event::AlertChanged { alert } => {
            let data = LiveEvent {
                alert: Some(alert),
                ..nothing(at)
            };
            ("alert_changed", data)
        }
        Event::WaiverChanged { waiver } => {
            let data = LiveEvent {
                waiver: Some(waiver),
                ..nothing(at)
            };
            ("waiver_changed", data)
        }
        // Who else has something to read is nobody's business.
        Event::Notified { accounts: _ } => ("notified", nothing(at)),
        Event::RolloutChanged { rollout } => {
            let data = LiveEvent {
                rollout: Some(rollout),
                ..nothing(at)
            };
            ("rollout_changed", data)
        }
    }
}

fn nothing(at: Time) -> LiveEvent {
    LiveEvent {
        host: None,
        rollout: None,
        drift: None,
        alert: None,
        waiver: None,
        at,
        kinds: None,
    }
}

/// Counts an open feed for as long as it is open.
struct Counted(Arc<Metrics>);

impl Counted {
    fn new(metrics: Arc<Metrics>) -> Self {
        metrics.live_followers.inc();
        Self(metrics)
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.live_followers.dec();
    }
}
