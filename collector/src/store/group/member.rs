//! The hosts of groups: rows of `host_group_member`, and why a host belongs.

use chrono::{DateTime, Utc};
use sqlx::PgConnection;
use uuid::Uuid;

use super::register;

/// A host that belongs to a group.
#[derive(Debug, Clone)]
pub struct Member {
    pub id: Uuid,
    pub hostname: String,
    /// `hand`, `label`, `expression`: why it belongs to the group itself.
    pub why: Vec<String>,
    /// The names of groups in it, however deep, that it belongs to for a reason of theirs.
    pub through: Vec<String>,
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
        r#"with inner_group as materialized (
               select g.group_no, g.name
               from group_descendant d join host_group g on g.group_no = d.descendant_no
               where d.group_no = $1 and d.descendant_no <> $1
           )
           select h.id, h.hostname,
                  array(select r.why from group_reason r
                        where r.group_no = $1 and r.host_no = h.host_no
                        order by array_position(array['hand', 'label', 'expression'], r.why))
                      as "why!",
                  array(select n.name from inner_group n where exists (
                            select from group_reason r
                            where r.group_no = n.group_no and r.host_no = h.host_no)
                        order by n.name) as "through!"
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
#[derive(Debug, Clone)]
pub struct Membership {
    pub group_no: i32,
    /// The first reason that there is: `hand`, `label`, `expression`; `nested` when it is only in a group
    /// that is in it.
    pub why: String,
}

/// The groups that a host belongs to.
///
/// # Errors
/// sqlx's.
pub async fn of_host(db: &mut PgConnection, host_no: i32) -> sqlx::Result<Vec<Membership>> {
    sqlx::query_as!(
        Membership,
        r#"select group_no as "group_no!", coalesce(
                  (select r.why from group_reason r
                   where r.host_no = i.host_no and r.group_no = i.group_no
                   order by array_position(array['hand', 'label', 'expression'], r.why) limit 1),
                  'nested') as "why!"
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
    register::hold(db).await?;
    let named = [add, remove].concat();
    let strangers = sqlx::query_scalar!(
        r#"select id as "id!" from unnest($1::uuid[]) as named (id)
           where not exists (
               select from host h
               where h.id = named.id and ($2::int[] is null or h.host_no in (
                   select host_no from host_in_group where group_no = any($2))))"#,
        &named,
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
    .execute(&mut *db)
    .await?;
    let hosts = sqlx::query_scalar!("select host_no from host where id = any($1)", &named)
        .fetch_all(&mut *db)
        .await?;
    register::settle(db, Some(&hosts)).await?;
    Ok(strangers)
}

/// Makes a host that has just enrolled a member of the group of that name, which is made when there is none:
/// what an enrolment token names. Other groups may have it by their expressions from the beginning.
///
/// # Errors
/// sqlx's.
pub async fn join(
    db: &mut PgConnection,
    host_no: i32,
    name: &str,
    at: DateTime<Utc>,
) -> sqlx::Result<()> {
    register::hold(db).await?;
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
    .execute(&mut *db)
    .await?;
    register::renew(db, &[host_no]).await.map(drop)
}
