//! Rows of `channel` and `notification_route`: where notices go, and which.

use chrono::{DateTime, Utc};
use sqlx::PgConnection;
use uuid::Uuid;

use crate::notice::{channel::Settings, hours::Hours, route::Route};

/// A channel as the table has it.
#[derive(Debug, Clone)]
pub struct Channel {
    pub id: Uuid,
    pub name: String,
    pub enabled: bool,
    pub settings: Settings,
    /// Sealed; `None` for a channel that needs none.
    pub secret: Option<Vec<u8>>,
    pub created_at: DateTime<Utc>,
    pub created_by: String,
}

struct Row {
    id: Uuid,
    name: String,
    enabled: bool,
    settings: serde_json::Value,
    secret: Option<Vec<u8>>,
    created_at: DateTime<Utc>,
    created_by: String,
}

impl TryFrom<Row> for Channel {
    type Error = sqlx::Error;

    fn try_from(row: Row) -> sqlx::Result<Self> {
        let settings = serde_json::from_value(row.settings);
        Ok(Self {
            id: row.id,
            name: row.name,
            enabled: row.enabled,
            settings: settings.map_err(|error| sqlx::Error::Decode(error.into()))?,
            secret: row.secret,
            created_at: row.created_at,
            created_by: row.created_by,
        })
    }
}

/// All channels, by name.
///
/// # Errors
/// The database's.
pub async fn all(db: &mut PgConnection) -> sqlx::Result<Vec<Channel>> {
    let rows = sqlx::query_as!(
        Row,
        "select id, name, enabled, settings, secret, created_at, created_by from channel order by name"
    );
    let rows = rows.fetch_all(db).await?;
    rows.into_iter().map(TryInto::try_into).collect()
}

/// The channel of that identity; locked, so that of two who change it one comes after the other.
///
/// # Errors
/// The database's.
pub async fn find(db: &mut PgConnection, id: Uuid) -> sqlx::Result<Option<Channel>> {
    let row = sqlx::query_as!(
        Row,
        "select id, name, enabled, settings, secret, created_at, created_by from channel
         where id = $1 for no key update",
        id,
    );
    let row = row.fetch_optional(db).await?;
    row.map(TryInto::try_into).transpose()
}

/// Adds a channel, or puts it in the place of the one of its identity. `false` when another one has its name.
///
/// # Errors
/// The database's.
pub async fn put(db: &mut PgConnection, channel: &Channel) -> sqlx::Result<bool> {
    let settings = serde_json::to_value(&channel.settings);
    let settings = settings.map_err(|error| sqlx::Error::Encode(error.into()))?;
    let done = sqlx::query!(
        "insert into channel (id, name, enabled, settings, secret, created_at, created_by)
         values ($1, $2, $3, $4, $5, $6, $7)
         on conflict (id) do update set name = excluded.name, enabled = excluded.enabled,
             settings = excluded.settings, secret = excluded.secret",
        channel.id,
        channel.name,
        channel.enabled,
        settings,
        channel.secret,
        channel.created_at,
        channel.created_by,
    )
    .execute(db)
    .await;
    match done {
        Ok(_) => Ok(true),
        Err(sqlx::Error::Database(error)) if error.constraint() == Some("channel_name_key") => {
            Ok(false)
        }
        Err(error) => Err(error),
    }
}

/// Deletes a channel with its routes. What was told with it stays in the log.
///
/// # Errors
/// The database's.
pub async fn delete(db: &mut PgConnection, id: Uuid) -> sqlx::Result<()> {
    let gone = sqlx::query!("delete from channel where id = $1", id);
    gone.execute(db).await.map(drop)
}

/// A route, with what people say of it.
#[derive(Debug, Clone)]
pub struct Kept {
    pub id: Uuid,
    pub name: String,
    pub enabled: bool,
    pub route: Route,
    /// The group's identity.
    pub group: Option<Uuid>,
    pub created_at: DateTime<Utc>,
    pub created_by: String,
}

struct RouteRow {
    id: Uuid,
    name: String,
    enabled: bool,
    channel: Uuid,
    severity: String,
    alert_types: Vec<String>,
    group_no: Option<i32>,
    group: Option<Uuid>,
    hours: Option<serde_json::Value>,
    created_at: DateTime<Utc>,
    created_by: String,
}

impl TryFrom<RouteRow> for Kept {
    type Error = sqlx::Error;

    fn try_from(row: RouteRow) -> sqlx::Result<Self> {
        let severity = row.severity.parse();
        let hours = row.hours.map(serde_json::from_value::<Hours>).transpose();
        Ok(Self {
            id: row.id,
            name: row.name,
            enabled: row.enabled,
            route: Route {
                channel: row.channel,
                severity: severity.map_err(|error: crate::notice::UnknownSeverity| {
                    sqlx::Error::Decode(error.into())
                })?,
                alert_types: row.alert_types,
                group: row.group_no,
                hours: hours.map_err(|error| sqlx::Error::Decode(error.into()))?,
            },
            group: row.group,
            created_at: row.created_at,
            created_by: row.created_by,
        })
    }
}

/// Lets nobody else change that route until the transaction ends.
///
/// # Errors
/// The database's.
pub async fn lock_route(db: &mut PgConnection, id: Uuid) -> sqlx::Result<()> {
    let lock = sqlx::query!(
        r#"select 1 as "one!" from notification_route where id = $1 for no key update"#,
        id
    );
    lock.fetch_optional(db).await.map(drop)
}

/// All routes, by name; only that one when `id` is given.
///
/// # Errors
/// The database's.
pub async fn routes(db: &mut PgConnection, id: Option<Uuid>) -> sqlx::Result<Vec<Kept>> {
    let rows = sqlx::query_as!(
        RouteRow,
        r#"select r.id, r.name, r.enabled, r.channel, r.severity, r.alert_types, r.group_no,
                  g.id as "group?", r.hours, r.created_at, r.created_by
           from notification_route r left join host_group g using (group_no)
           where $1::uuid is null or r.id = $1 order by r.name, r.id"#,
        id,
    );
    let rows = rows.fetch_all(db).await?;
    rows.into_iter().map(TryInto::try_into).collect()
}

/// Adds a route, or puts it in the place of the one of its identity.
///
/// # Errors
/// The database's.
pub async fn put_route(db: &mut PgConnection, kept: &Kept) -> sqlx::Result<()> {
    let route = &kept.route;
    let hours = route.hours.as_ref().map(serde_json::to_value).transpose();
    let hours = hours.map_err(|error| sqlx::Error::Encode(error.into()))?;
    sqlx::query!(
        "insert into notification_route (id, name, channel, enabled, severity, alert_types, group_no,
             hours, created_at, created_by)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
         on conflict (id) do update set name = excluded.name, channel = excluded.channel,
             enabled = excluded.enabled, severity = excluded.severity,
             alert_types = excluded.alert_types, group_no = excluded.group_no, hours = excluded.hours",
        kept.id,
        kept.name,
        route.channel,
        kept.enabled,
        route.severity.name(),
        &route.alert_types,
        route.group,
        hours,
        kept.created_at,
        kept.created_by,
    )
    .execute(db)
    .await
    .map(drop)
}

/// Deletes a route.
///
/// # Errors
/// The database's.
pub async fn delete_route(db: &mut PgConnection, id: Uuid) -> sqlx::Result<()> {
    let gone = sqlx::query!("delete from notification_route where id = $1", id);
    gone.execute(db).await.map(drop)
}
