//! Rows of `host_group` and `host_group_member`, and the labels of hosts.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use shared::id::HostId;
use sqlx::{PgConnection, types::Json};
use uuid::Uuid;

/// Labels by key.
pub type Labels = BTreeMap<String, String>;

/// A group of hosts.
#[derive(Debug, Clone)]
pub struct Group {
    pub id: Uuid,
    pub name: String,
    pub description: String,
    pub precedence: i32,
    /// Hosts with all these labels belong to it as well.
    pub matches: Option<Json<Labels>>,
    pub created_at: DateTime<Utc>,
    /// How many hosts belong to it.
    pub hosts: i64,
}

/// Adds a group, or replaces what is said of the one of that identity. `false` when another one
/// has the name.
///
/// # Errors
/// sqlx's.
pub async fn put(db: &mut PgConnection, group: &Group) -> sqlx::Result<bool> {
    let done = sqlx::query!(
        "insert into host_group (id, name, description, precedence, match, created_at)
         values ($1, $2, $3, $4, $5, $6)
         on conflict (id) do update set name = excluded.name,
             description = excluded.description, precedence = excluded.precedence,
             match = excluded.match",
        group.id,
        group.name,
        group.description,
        group.precedence,
        group.matches.as_ref() as _,
        group.created_at,
    )
    .execute(db)
    .await;
    match done {
        Ok(_) => Ok(true),
        Err(sqlx::Error::Database(error)) if error.constraint() == Some("host_group_name_key") => {
            Ok(false)
        }
        Err(error) => Err(error),
    }
}

/// Deletes a group, with its settings and its windows. `false` when there is none.
///
/// # Errors
/// sqlx's.
pub async fn delete(db: &mut PgConnection, id: Uuid) -> sqlx::Result<bool> {
    let done = sqlx::query!("delete from host_group where id = $1", id);
    Ok(done.execute(db).await?.rows_affected() == 1)
}

/// A group, with its short number, if that is one of `within`; `None` there for any.
///
/// # Errors
/// sqlx's.
pub async fn find(
    db: &mut PgConnection,
    id: Uuid,
    within: Option<&[i32]>,
) -> sqlx::Result<Option<(i32, Group)>> {
    let row = sqlx::query!(
        r#"select group_no, id, name, description, precedence,
                  match as "matches: Json<Labels>", created_at,
                  (select count(*) from host_in_group i where i.group_no = g.group_no) as "hosts!"
           from host_group g
           where id = $1 and ($2::int[] is null or group_no = any($2))"#,
        id,
        within,
    )
    .fetch_optional(db)
    .await?;
    Ok(row.map(|row| {
        let group = Group {
            id: row.id,
            name: row.name,
            description: row.description,
            precedence: row.precedence,
            matches: row.matches,
            created_at: row.created_at,
            hosts: row.hosts,
        };
        (row.group_no, group)
    }))
}

/// Groups by name, those behind `after`; only those of `within`, `None` for all.
///
/// # Errors
/// sqlx's.
pub async fn list(
    db: &mut PgConnection,
    within: Option<&[i32]>,
    after: Option<&str>,
    limit: i64,
) -> sqlx::Result<Vec<Group>> {
    sqlx::query_as!(
        Group,
        r#"select id, name, description, precedence, match as "matches: Json<Labels>", created_at,
                  (select count(*) from host_in_group i where i.group_no = g.group_no) as "hosts!"
           from host_group g
           where ($1::text is null or name > $1) and ($3::int[] is null or group_no = any($3))
           order by name limit $2"#,
        after,
        limit,
        within,
    )
    .fetch_all(db)
    .await
}

/// A host that belongs to a group.
#[derive(Debug, Clone)]
pub struct Member {
    pub id: Uuid,
    pub hostname: String,
    /// Whether it was named; otherwise its labels match.
    pub by_hand: bool,
}

/// The hosts of a group by identity, those behind `after`.
///
/// # Errors
/// sqlx's.
pub async fn members(
    db: &mut PgConnection,
    group_no: i32,
    after: Option<Uuid>,
    limit: i64,
) -> sqlx::Result<Vec<Member>> {
    sqlx::query_as!(
        Member,
        r#"select h.id, h.hostname, exists (
                  select from host_group_member m
                  where m.host_no = h.host_no and m.group_no = $1) as "by_hand!"
           from host_in_group i join host h on h.host_no = i.host_no
           where i.group_no = $1 and ($2::uuid is null or h.id > $2)
           order by h.id limit $3"#,
        group_no,
        after,
        limit,
    )
    .fetch_all(db)
    .await
}

/// A group that a host belongs to.
#[derive(Debug, Clone, Copy)]
pub struct Membership {
    pub group_no: i32,
    /// Whether the host was named; otherwise its labels match.
    pub by_hand: bool,
}

/// The groups that a host belongs to.
///
/// # Errors
/// sqlx's.
pub async fn of_host(db: &mut PgConnection, host_no: i32) -> sqlx::Result<Vec<Membership>> {
    sqlx::query_as!(
        Membership,
        r#"select group_no as "group_no!", exists (
                  select from host_group_member m
                  where m.host_no = i.host_no and m.group_no = i.group_no) as "by_hand!"
           from host_in_group i where host_no = $1"#,
        host_no,
    )
    .fetch_all(db)
    .await
}

/// The short numbers of the hosts of a group.
///
/// # Errors
/// sqlx's.
pub async fn numbers(db: &mut PgConnection, group_no: i32) -> sqlx::Result<Vec<i32>> {
    sqlx::query_scalar!(
        r#"select host_no as "host_no!" from host_in_group where group_no = $1"#,
        group_no
    )
    .fetch_all(db)
    .await
}

/// The short numbers of the hosts of any of these groups.
///
/// # Errors
/// sqlx's.
pub async fn hosts(db: &mut PgConnection, groups: &[i32]) -> sqlx::Result<Vec<i32>> {
    sqlx::query_scalar!(
        r#"select distinct host_no as "host_no!" from host_in_group where group_no = any($1)"#,
        groups,
    )
    .fetch_all(db)
    .await
}

/// Names hosts as members, and others no longer. Returns those that are no hosts, or none of the groups
/// `within`, `None` for any: then nothing is changed.
///
/// # Errors
/// sqlx's.
pub async fn change_members(
    db: &mut PgConnection,
    group_no: i32,
    add: &[Uuid],
    remove: &[Uuid],
    within: Option<&[i32]>,
) -> sqlx::Result<Vec<Uuid>> {
    let strangers = sqlx::query_scalar!(
        r#"select id as "id!" from unnest($1::uuid[]) as named (id)
           where not exists (
               select from host h
               where h.id = named.id and ($2::int[] is null or h.host_no in (
                   select host_no from host_in_group where group_no = any($2))))"#,
        &[add, remove].concat(),
        within,
    )
    .fetch_all(&mut *db)
    .await?;
    if !strangers.is_empty() {
        return Ok(strangers);
    }
    sqlx::query!(
        "insert into host_group_member (host_no, group_no)
         select host_no, $1 from host where id = any($2) on conflict do nothing",
        group_no,
        add,
    )
    .execute(&mut *db)
    .await?;
    sqlx::query!(
        "delete from host_group_member m using host h
         where m.group_no = $1 and m.host_no = h.host_no and h.id = any($2)",
        group_no,
        remove,
    )
    .execute(db)
    .await?;
    Ok(strangers)
}

/// Makes a host a member of the group of that name, which is made when there is none: what an
/// enrolment token names.
///
/// # Errors
/// sqlx's.
pub async fn join(
    db: &mut PgConnection,
    host_no: i32,
    name: &str,
    at: DateTime<Utc>,
) -> sqlx::Result<()> {
    sqlx::query!(
        "insert into host_group (id, name, description, precedence, created_at)
         values ($1, $2, '', 0, $3) on conflict (name) do nothing",
        Uuid::now_v7(),
        name,
        at,
    )
    .execute(&mut *db)
    .await?;
    sqlx::query!(
        "insert into host_group_member (host_no, group_no)
         select $1, group_no from host_group where name = $2 on conflict do nothing",
        host_no,
        name,
    )
    .execute(db)
    .await
    .map(drop)
}

/// The name and the labels of a host, which nobody else changes until the transaction ends. `None` when there
/// is no such host.
///
/// # Errors
/// sqlx's.
pub async fn labels(db: &mut PgConnection, host: HostId) -> sqlx::Result<Option<(String, Labels)>> {
    let row = sqlx::query!(
        r#"select hostname, labels as "labels: Json<Labels>" from host where id = $1 for update"#,
        host.0,
    )
    .fetch_optional(db)
    .await?;
    Ok(row.map(|row| (row.hostname, row.labels.0)))
}

/// Replaces the labels of a host. `None` when there is no such host in the groups `within`, `None` there
/// for every host.
///
/// # Errors
/// sqlx's.
pub async fn set_labels(
    db: &mut PgConnection,
    host: HostId,
    labels: &Labels,
    within: Option<&[i32]>,
) -> sqlx::Result<Option<i32>> {
    sqlx::query_scalar!(
        "update host set labels = $2
         where id = $1 and ($3::int[] is null or host_no in (
             select host_no from host_in_group where group_no = any($3)))
         returning host_no",
        host.0,
        Json(labels) as _,
        within,
    )
    .fetch_optional(db)
    .await
}
