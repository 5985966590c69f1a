//! Rows of `host_group` and of what makes hosts belong to groups, and the labels of hosts. What is changed
//! here is settled in the register at once.

/// Who belongs to which group.
pub mod register;

/// What the expressions of groups came to.
pub mod answer;

/// The hosts of a group, and why they are.
mod member;

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use shared::id::HostId;
use sqlx::{PgConnection, types::Json};
use uuid::Uuid;

use self::answer::Which;
pub use self::member::{
    Member, Membership, change_members, hosts, join, members, numbers, of_host,
};
use crate::{membership::Condition, store::access};

/// Rows of facts that are looked at while somebody waits for their change of a group.
const AT_ONCE: usize = 200_000;

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
    /// Hosts for which it is true belong to it as well; see [`Condition`].
    pub expression: Option<String>,
    /// The groups in it: their hosts belong to it as well.
    pub groups: Vec<Uuid>,
    pub created_at: DateTime<Utc>,
    /// How many hosts belong to it.
    pub hosts: i64,
    /// Of how many hosts the expression has not been asked yet.
    pub unasked: i64,
    /// On how many hosts the expression comes to nothing.
    pub errors: i64,
}

/// What became of a group that was put.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Put {
    Done,
    /// Another one has the name.
    NameTaken,
    /// One of the groups in it does not exist.
    NoGroup(Uuid),
    /// It would be in itself, by the group of this name.
    Cycle(String),
}

/// Adds a group, or replaces what is said of the one of that identity; where that is refused, the transaction
/// is to be rolled back. The expression is asked of all hosts; where that takes long, of some, and the others
/// do not belong by it until they have been asked.
///
/// # Errors
/// sqlx's.
pub async fn put(
    db: &mut PgConnection,
    group: &Group,
    condition: Option<&Condition>,
) -> sqlx::Result<Put> {
    register::hold(db).await?;
    let Some(group_no) = write(db, group, condition).await? else {
        return Ok(Put::NameTaken);
    };
    let nested = nest(db, group_no, &group.groups).await?;
    if nested == Put::Done {
        ask(db, group_no).await?;
        register::settle(db, None).await?;
    }
    Ok(nested)
}

async fn write(
    db: &mut PgConnection,
    group: &Group,
    condition: Option<&Condition>,
) -> sqlx::Result<Option<i32>> {
    let expression = condition.map(Condition::text);
    // What another expression came to says nothing of this one.
    sqlx::query!(
        "delete from group_answer a using host_group g
         where g.id = $1 and a.group_no = g.group_no and g.expression is distinct from $2",
        group.id,
        expression,
    )
    .execute(&mut *db)
    .await?;
    let done = sqlx::query_scalar!(
        "insert into host_group
             (id, name, description, precedence, match, expression, reads, created_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8)
         on conflict (id) do update set name = excluded.name,
             description = excluded.description, precedence = excluded.precedence,
             match = excluded.match, expression = excluded.expression, reads = excluded.reads
         returning group_no",
        group.id,
        group.name,
        group.description,
        group.precedence,
        group.matches.as_ref() as _,
        expression,
        &condition.map(Condition::kinds).unwrap_or_default(),
        group.created_at,
    )
    .fetch_one(db)
    .await;
    match done {
        Ok(group_no) => Ok(Some(group_no)),
        Err(sqlx::Error::Database(error)) if error.constraint() == Some("host_group_name_key") => {
            Ok(None)
        }
        Err(error) => Err(error),
    }
}

/// Puts these groups, and no others, into one.
async fn nest(db: &mut PgConnection, group_no: i32, groups: &[Uuid]) -> sqlx::Result<Put> {
    let stranger = sqlx::query_scalar!(
        r#"select id as "id!" from unnest($1::uuid[]) as named (id)
           where not exists (select from host_group g where g.id = named.id) limit 1"#,
        groups,
    )
    .fetch_optional(&mut *db)
    .await?;
    if let Some(stranger) = stranger {
        return Ok(Put::NoGroup(stranger));
    }
    let around = sqlx::query_scalar!(
        "select g.name from group_descendant d join host_group g on g.group_no = d.group_no
         where d.descendant_no = $1 and g.id = any($2) order by g.name limit 1",
        group_no,
        groups,
    )
    .fetch_optional(&mut *db)
    .await?;
    if let Some(around) = around {
        return Ok(Put::Cycle(around));
    }
    sqlx::query!(
        "delete from host_group_child where parent_no = $1",
        group_no
    )
    .execute(&mut *db)
    .await?;
    sqlx::query!(
        "insert into host_group_child (parent_no, child_no)
         select $1, group_no from host_group where id = any($2)",
        group_no,
        groups,
    )
    .execute(db)
    .await?;
    Ok(Put::Done)
}

async fn ask(db: &mut PgConnection, group_no: i32) -> sqlx::Result<()> {
    let which = Which {
        group_no: Some(group_no),
        ..Which::default()
    };
    let (mut after, mut rows) = (0, 0);
    while rows < AT_ONCE {
        let hosts = answer::due(db, which, after).await?;
        let Some(last) = hosts.last() else { break };
        after = *last;
        rows += answer::ask(db, &hosts).await?.rows;
    }
    Ok(())
}

/// Deletes a group, with its settings and its windows, and takes it out of others. `false` when there is
/// none.
///
/// # Errors
/// sqlx's.
pub async fn delete(db: &mut PgConnection, id: Uuid) -> sqlx::Result<bool> {
    register::hold(db).await?;
    // Bindings for the group go with it.
    access::lock(db).await?;
    let hosts = sqlx::query_scalar!(
        r#"select host_no as "host_no!" from host_in_group i
           join host_group g on g.group_no = i.group_no where g.id = $1"#,
        id,
    )
    .fetch_all(&mut *db)
    .await?;
    let done = sqlx::query!("delete from host_group where id = $1", id)
        .execute(&mut *db)
        .await?;
    register::settle(db, Some(&hosts)).await?;
    Ok(done.rows_affected() == 1)
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
    let found = select(db, Some(id), within, None, 1).await?;
    Ok(found.into_iter().next())
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
    let found = select(db, None, within, after, limit).await?;
    Ok(found.into_iter().map(|(_, group)| group).collect())
}

async fn select(
    db: &mut PgConnection,
    id: Option<Uuid>,
    within: Option<&[i32]>,
    after: Option<&str>,
    limit: i64,
) -> sqlx::Result<Vec<(i32, Group)>> {
    // What is counted besides its hosts may be any host: of those, the ones that may be seen.
    let rows = sqlx::query!(
        r#"with seen as (
               select host_no from host where $4::int[] is null or host_no in (
                   select host_no from host_in_group where group_no = any($4))
           )
           select group_no, id, name, description, precedence, match as "matches: Json<Labels>",
                  expression, created_at,
                  array(select c.id from host_group_child n join host_group c on c.group_no = n.child_no
                        where n.parent_no = g.group_no order by c.name) as "groups!",
                  (select count(*) from host_in_group i where i.group_no = g.group_no) as "hosts!",
                  case when expression is null then 0 else
                      (select count(*) from seen s where not exists (
                           select from group_answer a
                           where a.group_no = g.group_no and a.host_no = s.host_no)) end as "unasked!",
                  (select count(*) from group_answer a join seen s on s.host_no = a.host_no
                   where a.group_no = g.group_no and a.error is not null) as "errors!"
           from host_group g
           where ($1::uuid is null or id = $1) and ($2::text is null or name > $2)
             and ($4::int[] is null or group_no = any($4))
           order by name limit $3"#,
        id,
        after,
        limit,
        within,
    )
    .fetch_all(db)
    .await?;
    let groups = rows.into_iter().map(|row| {
        let group = Group {
            id: row.id,
            name: row.name,
            description: row.description,
            precedence: row.precedence,
            matches: row.matches,
            expression: row.expression,
            groups: row.groups,
            created_at: row.created_at,
            hosts: row.hosts,
            unasked: row.unasked,
            errors: row.errors,
        };
        (row.group_no, group)
    });
    Ok(groups.collect())
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
    register::hold(db).await?;
    let host_no = sqlx::query_scalar!(
        "update host set labels = $2
         where id = $1 and ($3::int[] is null or host_no in (
             select host_no from host_in_group where group_no = any($3)))
         returning host_no",
        host.0,
        Json(labels) as _,
        within,
    )
    .fetch_optional(&mut *db)
    .await?;
    if let Some(host_no) = host_no {
        register::renew(db, &[host_no]).await?;
    }
    Ok(host_no)
}

#[cfg(test)]
mod tests;
