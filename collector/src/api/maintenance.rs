//! Maintenance windows: times in which hosts may be away.

use chrono::{DateTime, SubsecRound as _, Utc};
use serde::{Deserialize, Serialize};
use sqlx::PgConnection;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::{
    api::{
        error::ApiError,
        etag::Editable,
        identity::Within,
        input::printable,
        time::Time,
        trail::{Act, Trail},
    },
    live::{Event, Feed},
    maintenance::{WEEK, Weekly, Window},
    store::{self, maintenance::Planned},
};

pub(crate) mod create;
pub(crate) mod delete;
pub(crate) mod get;
pub(crate) mod list;
pub(crate) mod replace;

/// Longest reason, characters.
const MAX_REASON: usize = 500;
const DAY: i32 = 24 * 60;

/// A maintenance window.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct MaintenanceWindow {
    id: Uuid,
    /// One of `host` and `group` is null.
    #[schema(required)]
    host: Option<Uuid>,
    #[schema(required)]
    group: Option<Uuid>,
    reason: String,
    created_by: String,
    created_at: Time,
    from: Time,
    /// Null when nobody knows yet.
    #[schema(required)]
    to: Option<Time>,
    /// Null for a window that is open from `from` to `to`.
    #[schema(required)]
    weekly: Option<WeeklyPart>,
    /// Whether it is open now.
    open: bool,
}

impl Editable for MaintenanceWindow {
    const SEEN: &'static [&'static str] = &["open"];
}

/// The part of each week, between `from` and `to`, in which a window is open. All in UTC.
#[derive(Debug, Clone, Copy, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct WeeklyPart {
    /// 1 for Monday to 7 for Sunday.
    #[schema(minimum = 1, maximum = 7)]
    weekday: i32,
    /// The minute of that day with which it begins, 0 to 1439.
    #[schema(minimum = 0, maximum = 1439)]
    start_minute: i32,
    /// 1 to 10079.
    #[schema(minimum = 1, maximum = 10_079)]
    duration_minutes: i32,
}

/// What is said of a window.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct WindowFields {
    /// A host's identity, or `group`: one of the two.
    #[serde(default)]
    host: Option<Uuid>,
    #[serde(default)]
    group: Option<Uuid>,
    /// 1 to 500 characters.
    #[schema(min_length = 1, max_length = 500)]
    reason: String,
    /// Now, when it is left out.
    #[serde(default)]
    #[schema(value_type = Option<Time>)]
    from: Option<Time>,
    /// Open-ended, when it is left out.
    #[serde(default)]
    #[schema(value_type = Option<Time>)]
    to: Option<Time>,
    #[serde(default)]
    weekly: Option<WeeklyPart>,
}

impl WindowFields {
    fn check(self, id: Uuid, by: &str, now: DateTime<Utc>) -> Result<Planned, ApiError> {
        if self.host.is_some() == self.group.is_some() {
            return Err(ApiError::parameter("host", "name either a host or a group"));
        }
        let reason = printable("reason", &self.reason, 1, MAX_REASON)?;
        // As the database keeps it, so that this answer and the list agree.
        let now = now.trunc_subsecs(6);
        let from = self.from.map_or(now, |at| at.0.trunc_subsecs(6));
        let to = self.to.map(|at| at.0.trunc_subsecs(6));
        if to.is_some_and(|to| to <= from) {
            return Err(ApiError::parameter("to", "is not behind `from`"));
        }
        Ok(Planned {
            id,
            host: self.host,
            group: self.group,
            reason,
            created_by: by.into(),
            created_at: now,
            window: Window {
                from,
                to,
                weekly: self.weekly.map(WeeklyPart::check).transpose()?,
            },
        })
    }
}

impl WeeklyPart {
    fn check(self) -> Result<Weekly, ApiError> {
        for (field, value, least, most) in [
            ("weekly.weekday", self.weekday, 1, 7),
            ("weekly.start_minute", self.start_minute, 0, DAY - 1),
            (
                "weekly.duration_minutes",
                self.duration_minutes,
                1,
                WEEK - 1,
            ),
        ] {
            if !(least..=most).contains(&value) {
                let detail = format!("is not {least} to {most}");
                return Err(ApiError::parameter(field, detail));
            }
        }
        Ok(Weekly {
            first: (self.weekday - 1) * DAY + self.start_minute,
            minutes: self.duration_minutes,
        })
    }
}

impl MaintenanceWindow {
    fn new(planned: Planned, now: DateTime<Utc>) -> Self {
        let Window { from, to, weekly } = planned.window;
        Self {
            id: planned.id,
            host: planned.host,
            group: planned.group,
            reason: planned.reason,
            created_by: planned.created_by,
            created_at: planned.created_at.into(),
            from: from.into(),
            to: to.map(Time),
            weekly: weekly.map(|weekly| WeeklyPart {
                weekday: weekly.first / DAY + 1,
                start_minute: weekly.first % DAY,
                duration_minutes: weekly.minutes,
            }),
            open: planned.window.open(now).is_some(),
        }
    }
}

/// Adds or replaces a window.
async fn put(
    tx: &mut PgConnection,
    (within, trail): (&Within, &Trail),
    before: Option<Planned>,
    planned: &Planned,
) -> Result<(), ApiError> {
    let within = within.groups();
    if !store::maintenance::put(tx, planned, within.as_deref()).await? {
        return Err(match (planned.host, planned.group) {
            (Some(host), _) => ApiError::HostNotFound(host.to_string()),
            (None, group) => ApiError::GroupNotFound(group.unwrap_or_default().to_string()),
        });
    }
    let action = match before {
        None => "maintenance.create",
        Some(_) => "maintenance.replace",
    };
    let after = MaintenanceWindow::new(planned.clone(), trail.now());
    let act = act(action, planned, before, trail)?.after(&after)?;
    trail.note(tx, act).await
}

/// What is done to a window, which was `before`.
fn act(
    action: &'static str,
    window: &Planned,
    before: Option<Planned>,
    trail: &Trail,
) -> Result<Act, ApiError> {
    let before = before.map(|before| MaintenanceWindow::new(before, trail.now()));
    let act = Act::change(action).on("maintenance", window.id, &window.reason);
    Ok(act.before(&before)?)
}

/// Followers of a host hear of its windows; those of a group are seen when a page is fetched.
fn tell(feed: &Feed, planned: &Planned) {
    if let Some(host) = planned.host {
        feed.publish(Event::HostChanged {
            host: shared::id::HostId(host),
            kinds: Vec::new(),
        });
    }
}
