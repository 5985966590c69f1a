//! Rows of the three layers of settings, and of `host_in_force`.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use shared::{
    rule::variable::Values,
    wire::{InForce, SettingsVersion},
};
use sqlx::{PgConnection, types::Json};

use crate::{
    settings::{Effective, Layer, Origin, effective},
    store::group::Labels,
};

/// Whose settings.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scope {
    Fleet,
    /// By its short number.
    Group(i32),
    /// By its short number.
    Host(i32),
}

/// A layer as it is kept.
#[derive(Debug, Clone)]
pub struct Kept {
    pub value: Json<Layer>,
    pub updated_at: DateTime<Utc>,
    pub updated_by: String,
}

/// What a scope says itself.
///
/// # Errors
/// sqlx's.
pub async fn find(db: &mut PgConnection, scope: Scope) -> sqlx::Result<Option<Kept>> {
    match scope {
        Scope::Fleet => {
            sqlx::query_as!(
                Kept,
                r#"select value as "value: Json<Layer>", updated_at, updated_by
                   from fleet_settings"#
            )
            .fetch_optional(db)
            .await
        }
        Scope::Group(group_no) => {
            sqlx::query_as!(
                Kept,
                r#"select value as "value: Json<Layer>", updated_at, updated_by
                   from group_settings where group_no = $1"#,
                group_no
            )
            .fetch_optional(db)
            .await
        }
        Scope::Host(host_no) => {
            sqlx::query_as!(
                Kept,
                r#"select value as "value: Json<Layer>", updated_at, updated_by
                   from host_settings where host_no = $1"#,
                host_no
            )
            .fetch_optional(db)
            .await
        }
    }
}

/// Who changes a layer does it alone until the transaction ends, of whichever scope: there may be no row yet that
/// could be locked.
///
/// # Errors
/// sqlx's.
pub async fn hold(db: &mut PgConnection) -> sqlx::Result<()> {
    sqlx::query!("select pg_advisory_xact_lock(hashtext('openwatch settings'))")
        .execute(db)
        .await
        .map(drop)
}

/// Replaces what a scope says.
///
/// # Errors
/// sqlx's.
pub async fn put(db: &mut PgConnection, scope: Scope, kept: &Kept) -> sqlx::Result<()> {
    let (value, at, by) = (&kept.value, kept.updated_at, &kept.updated_by);
    let query = match scope {
        Scope::Fleet => {
            sqlx::query!(
                "insert into fleet_settings (value, updated_at, updated_by) values ($1, $2, $3)
             on conflict (one) do update set value = excluded.value,
                 updated_at = excluded.updated_at, updated_by = excluded.updated_by",
                value as _,
                at,
                by,
            )
            .execute(db)
            .await
        }
        Scope::Group(group_no) => {
            sqlx::query!(
                "insert into group_settings (group_no, value, updated_at, updated_by)
             values ($4, $1, $2, $3)
             on conflict (group_no) do update set value = excluded.value,
                 updated_at = excluded.updated_at, updated_by = excluded.updated_by",
                value as _,
                at,
                by,
                group_no,
            )
            .execute(db)
            .await
        }
        Scope::Host(host_no) => {
            sqlx::query!(
                "insert into host_settings (host_no, value, updated_at, updated_by)
             values ($4, $1, $2, $3)
             on conflict (host_no) do update set value = excluded.value,
                 updated_at = excluded.updated_at, updated_by = excluded.updated_by",
                value as _,
                at,
                by,
                host_no,
            )
            .execute(db)
            .await
        }
    };
    query.map(drop)
}

/// Whose settings those of a scope are: what it is, its identity and its name.
///
/// # Errors
/// sqlx's.
pub async fn whose(
    db: &mut PgConnection,
    scope: Scope,
) -> sqlx::Result<(&'static str, String, String)> {
    match scope {
        Scope::Fleet => Ok(("fleet", "fleet".into(), "fleet".into())),
        Scope::Group(group_no) => {
            let row = sqlx::query!(
                "select id, name from host_group where group_no = $1",
                group_no
            );
            let row = row.fetch_one(db).await?;
            Ok(("group", row.id.to_string(), row.name))
        }
        Scope::Host(host_no) => {
            let row = sqlx::query!("select id, hostname from host where host_no = $1", host_no);
            let row = row.fetch_one(db).await?;
            Ok(("host", row.id.to_string(), row.hostname))
        }
    }
}

/// Forgets what a scope says. Again is no error.
///
/// # Errors
/// sqlx's.
pub async fn delete(db: &mut PgConnection, scope: Scope) -> sqlx::Result<()> {
    let done = match scope {
        Scope::Fleet => sqlx::query!("delete from fleet_settings").execute(db).await,
        Scope::Group(group_no) => {
            sqlx::query!("delete from group_settings where group_no = $1", group_no)
                .execute(db)
                .await
        }
        Scope::Host(host_no) => {
            sqlx::query!("delete from host_settings where host_no = $1", host_no)
                .execute(db)
                .await
        }
    };
    done.map(drop)
}

/// Those of the kinds that no host has ever reported: none of the groups `within`, `None` for every host.
///
/// # Errors
/// sqlx's.
pub async fn strangers(
    db: &mut PgConnection,
    kinds: &[String],
    within: Option<&[i32]>,
) -> sqlx::Result<Vec<String>> {
    sqlx::query_scalar!(
        r#"select kind as "kind!" from unnest($1::text[]) as named (kind)
           where not exists (
               select from fact_kind k
               where k.name = named.kind and ($2::int[] is null or exists (
                   select from host_kind hk join host_in_group i on i.host_no = hk.host_no
                   where hk.kind = k.id and i.group_no = any($2))))
           order by kind"#,
        kinds,
        within,
    )
    .fetch_all(db)
    .await
}

/// What is set for a host.
#[derive(Debug, Clone)]
pub struct OfHost {
    pub effective: Effective,
    pub labels: Labels,
    /// When a layer that says something was last set.
    pub changed_at: Option<DateTime<Utc>>,
}

/// What is set for a host, with its labels.
///
/// # Errors
/// sqlx's.
pub async fn of_host(db: &mut PgConnection, host_no: i32) -> sqlx::Result<OfHost> {
    let layers = layers(&mut *db, &[host_no]).await?.remove(&host_no);
    let layers = layers.unwrap_or_default();
    let changed_at = layers.iter().map(|(_, updated_at)| *updated_at).max();
    let layers: Vec<_> = layers.into_iter().map(|(layer, _)| layer).collect();
    let effective = effective(&layers);
    let labels = sqlx::query_scalar!(
        r#"select labels as "labels: Json<Labels>" from host where host_no = $1"#,
        host_no
    )
    .fetch_optional(db)
    .await?;
    Ok(OfHost {
        effective,
        labels: labels.unwrap_or_default().0,
        changed_at,
    })
}

/// The variables of rules that are set for hosts, by host; for one of which nothing says anything there are none.
///
/// # Errors
/// sqlx's.
pub async fn variables(
    db: &mut PgConnection,
    hosts: &[i32],
) -> sqlx::Result<BTreeMap<i32, Values>> {
    let layers = layers(db, hosts).await?.into_iter();
    let variables = layers.map(|(host_no, layers)| {
        let layers: Vec<_> = layers.into_iter().map(|(layer, _)| layer).collect();
        (host_no, effective(&layers).compliance.values())
    });
    Ok(variables.collect())
}

/// What each layer says that is one of a host's, the narrowest first, and when that was last set.
type Layers = Vec<((Origin, Layer), DateTime<Utc>)>;

async fn layers(db: &mut PgConnection, hosts: &[i32]) -> sqlx::Result<BTreeMap<i32, Layers>> {
    let rows = sqlx::query!(
        r#"select host_no as "host_no!", 0 as "rank!", 0 as "precedence!", '' as "name!",
                  value as "value!: Json<Layer>", updated_at as "updated_at!"
           from host_settings where host_no = any($1)
           union all
           select i.host_no, 1, -g.precedence, g.name, s.value, s.updated_at from host_in_group i
           join host_group g on g.group_no = i.group_no
           join group_settings s on s.group_no = g.group_no where i.host_no = any($1)
           union all
           select w.host_no, 2, 0, '', value, updated_at
           from fleet_settings cross join unnest($1::int[]) as w (host_no)
           order by 1, 2, 3, 4"#,
        hosts,
    )
    .fetch_all(db)
    .await?;
    let mut layers: BTreeMap<i32, Layers> = BTreeMap::new();
    for row in rows {
        let origin = match row.rank {
            0 => Origin::Host,
            1 => Origin::Group { name: row.name },
            _ => Origin::Fleet,
        };
        let layer = ((origin, row.value.0), row.updated_at);
        layers.entry(row.host_no).or_default().push(layer);
    }
    Ok(layers)
}

/// Tells collectors that settings of hosts may be others than before.
///
/// # Errors
/// sqlx's.
pub async fn changed(db: &mut PgConnection) -> sqlx::Result<()> {
    sqlx::query!("select nextval('settings_change')")
        .fetch_one(db)
        .await
        .map(drop)
}

/// A number that rises with each such change, of whichever collector.
///
/// # Errors
/// sqlx's.
pub async fn changes(db: &mut PgConnection) -> sqlx::Result<i64> {
    sqlx::query_scalar!(
        r#"select case when is_called then last_value else 0 end as "n!" from settings_change"#
    )
    .fetch_one(db)
    .await
}

/// How what is set for a host stands on the host.
#[derive(Debug, Clone, Default)]
pub struct Standing {
    pub sent: Option<Vec<u8>>,
    pub sent_at: Option<DateTime<Utc>>,
    pub in_force: Option<Vec<u8>>,
    pub reported_at: Option<DateTime<Utc>>,
    pub refused: Option<String>,
    pub unknown: Vec<String>,
    pub disabled: Vec<String>,
}

/// The standing of a host; `None` before an agent that takes settings has connected.
///
/// # Errors
/// sqlx's.
pub async fn standing(db: &mut PgConnection, host_no: i32) -> sqlx::Result<Option<Standing>> {
    sqlx::query_as!(
        Standing,
        "select sent, sent_at, in_force, reported_at, refused, unknown, disabled
         from host_in_force where host_no = $1",
        host_no
    )
    .fetch_optional(db)
    .await
}

/// Notes what a host was sent. The same again keeps its first instant.
///
/// # Errors
/// sqlx's.
pub async fn sent(
    db: &mut PgConnection,
    host_no: i32,
    version: &SettingsVersion,
    at: DateTime<Utc>,
) -> sqlx::Result<()> {
    sqlx::query!(
        "insert into host_in_force (host_no, sent, sent_at) values ($1, $2, $3)
         on conflict (host_no) do update set sent = excluded.sent, sent_at = excluded.sent_at
         where host_in_force.sent is distinct from excluded.sent",
        host_no,
        &version[..],
        at,
    )
    .execute(db)
    .await
    .map(drop)
}

/// Notes what a host's agent says is in force.
///
/// # Errors
/// sqlx's.
pub async fn reported(
    db: &mut PgConnection,
    host_no: i32,
    report: &InForce,
    at: DateTime<Utc>,
) -> sqlx::Result<()> {
    sqlx::query!(
        "insert into host_in_force (host_no, in_force, reported_at, refused, unknown, disabled)
         values ($1, $2, $3, $4, $5, $6)
         on conflict (host_no) do update set in_force = excluded.in_force,
             reported_at = excluded.reported_at, refused = excluded.refused,
             unknown = excluded.unknown, disabled = excluded.disabled",
        host_no,
        report.version.as_ref().map(|version| &version[..]),
        at,
        report.refused,
        &report.unknown,
        &report.disabled,
    )
    .execute(db)
    .await
    .map(drop)
}
