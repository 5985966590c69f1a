//! Rows of `group_answer`: what the expressions of groups came to on hosts.
//!
//! An answer is kept with a hash of what it was given over. Where that is not what stands now, the answer
//! is due, whatever has changed and whoever has missed it.

use std::collections::HashMap;

use serde_json::Value;
use sqlx::{PgConnection, types::Json};
use uuid::Uuid;

use super::register::plan_afresh;
use crate::membership::{Condition, Facts, Known};

/// Hosts that are asked at a time: with all their packages, some megabytes.
const TOGETHER: i64 = 50;

/// Which answers.
#[derive(Debug, Clone, Copy, Default)]
pub struct Which<'a> {
    /// On these hosts; `None` for all.
    pub hosts: Option<&'a [Uuid]>,
    /// Of this group, by its number; `None` for all.
    pub group_no: Option<i32>,
}

/// Hosts on which an answer is due, by number: the first behind `after`, as many as can be asked at a time.
///
/// # Errors
/// sqlx's.
pub async fn due(db: &mut PgConnection, which: Which<'_>, after: i32) -> sqlx::Result<Vec<i32>> {
    plan_afresh(db).await?;
    sqlx::query_scalar!(
        "select host_no from host h
         where host_no > $1 and ($2::uuid[] is null or h.id = any($2)) and exists (
             select from group_question q
             left join group_answer a on a.group_no = q.group_no and a.host_no = q.host_no
             where q.host_no = h.host_no and a.print is distinct from q.print
               and ($3::int is null or q.group_no = $3))
         order by host_no limit $4",
        after,
        which.hosts,
        which.group_no,
        TOGETHER,
    )
    .fetch_all(db)
    .await
}

/// What came of asking.
#[derive(Debug, Default)]
pub struct Asked {
    /// How many answers were given.
    pub answers: u64,
    /// How many of them came to nothing.
    pub errors: u64,
    /// Rows of facts that were looked at.
    pub rows: usize,
}

struct Row {
    host_no: i32,
    hostname: String,
    labels: Json<Value>,
    groups: Vec<i32>,
    prints: Vec<Vec<u8>>,
    facts: Json<Facts>,
}

/// Asks what is due on these hosts. Only for who holds the register, so that no answer is put in the place of
/// one over newer facts.
///
/// # Errors
/// sqlx's.
pub async fn ask(db: &mut PgConnection, hosts: &[i32]) -> sqlx::Result<Asked> {
    let conditions = conditions(db).await?;
    // In one statement, so that the hash is of the facts that it comes with.
    let rows = sqlx::query_as!(
        Row,
        r#"select h.host_no as "host_no!", h.hostname as "hostname!", h.labels as "labels!: Json<Value>",
                  due.groups as "groups!", due.prints as "prints!",
                  facts_of(h.host_no, array(select distinct kind from host_group g, unnest(g.reads) kind
                                            where g.group_no = any(due.groups)))
                      as "facts!: Json<Facts>"
           from host h cross join lateral (
               select array_agg(q.group_no) as groups, array_agg(q.print) as prints
               from group_question q
               left join group_answer a on a.group_no = q.group_no and a.host_no = q.host_no
               where q.host_no = h.host_no and a.print is distinct from q.print
           ) as due
           where h.host_no = any($1) and due.groups is not null"#,
        hosts,
    )
    .fetch_all(&mut *db)
    .await?;
    let mut asked = Asked::default();
    let mut answers = Answers::default();
    for row in rows {
        asked.rows += row.facts.values().map(Vec::len).sum::<usize>();
        answers.give(row, &conditions);
        // Many hosts may take some time.
        tokio::task::yield_now().await;
    }
    asked.answers = answers.groups.len() as u64;
    asked.errors = answers.errors.iter().flatten().count() as u64;
    answers.write(db).await?;
    Ok(asked)
}

/// The expressions of all groups. One that only a newer collector can read is left to that.
async fn conditions(db: &mut PgConnection) -> sqlx::Result<HashMap<i32, Condition>> {
    let rows = sqlx::query!(
        r#"select group_no, expression as "expression!" from host_group where expression is not null"#
    )
    .fetch_all(db)
    .await?;
    let read = rows.into_iter().filter_map(|row| {
        let condition = Condition::read(&row.expression).ok()?;
        Some((row.group_no, condition))
    });
    Ok(read.collect())
}

/// Answers that are to be written, in columns.
#[derive(Default)]
struct Answers {
    groups: Vec<i32>,
    hosts: Vec<i32>,
    prints: Vec<Vec<u8>>,
    matches: Vec<bool>,
    errors: Vec<Option<String>>,
}

impl Answers {
    fn give(&mut self, row: Row, conditions: &HashMap<i32, Condition>) {
        let known = Known {
            hostname: row.hostname,
            labels: row.labels.0,
            facts: row.facts.0,
        };
        for (group_no, print) in row.groups.into_iter().zip(row.prints) {
            let Some(condition) = conditions.get(&group_no) else {
                continue;
            };
            let came = condition.holds(&known);
            self.groups.push(group_no);
            self.hosts.push(row.host_no);
            self.prints.push(print);
            self.matches.push(came == Ok(true));
            self.errors.push(came.err());
        }
    }

    async fn write(self, db: &mut PgConnection) -> sqlx::Result<()> {
        sqlx::query!(
            "insert into group_answer (group_no, host_no, print, matches, error)
             select * from unnest($1::int[], $2::int[], $3::bytea[], $4::boolean[], $5::text[])
             on conflict (group_no, host_no) do update set
                 print = excluded.print, matches = excluded.matches, error = excluded.error",
            &self.groups,
            &self.hosts,
            &self.prints,
            &self.matches,
            &self.errors as &[Option<String>],
        )
        .execute(db)
        .await
        .map(drop)
    }
}

/// What is known of hosts, with their numbers and identities: the first behind `after`, as many as can be
/// asked at a time.
///
/// # Errors
/// sqlx's.
pub async fn known(
    db: &mut PgConnection,
    kinds: &[String],
    after: i32,
) -> sqlx::Result<Vec<(i32, Uuid, Known)>> {
    let rows = sqlx::query!(
        r#"select host_no, id, hostname, labels as "labels: Json<Value>",
                  facts_of(host_no, $1) as "facts!: Json<Facts>"
           from host where host_no > $2 order by host_no limit $3"#,
        kinds,
        after,
        TOGETHER,
    )
    .fetch_all(db)
    .await?;
    let known = rows.into_iter().map(|row| {
        let known = Known {
            hostname: row.hostname,
            labels: row.labels.0,
            facts: row.facts.0,
        };
        (row.host_no, row.id, known)
    });
    Ok(known.collect())
}

/// A host on which the expression of a group comes to nothing.
#[derive(Debug, Clone)]
pub struct Failure {
    pub id: Uuid,
    pub hostname: String,
    pub error: String,
}

/// Those of a group by identity, behind `after`; `within`: of the hosts of these groups, `None` for all.
///
/// # Errors
/// sqlx's.
pub async fn failures(
    db: &mut PgConnection,
    group_no: i32,
    within: Option<&[i32]>,
    after: Option<Uuid>,
    limit: i64,
) -> sqlx::Result<Vec<Failure>> {
    sqlx::query_as!(
        Failure,
        r#"select h.id, h.hostname, a.error as "error!"
           from group_answer a join host h on h.host_no = a.host_no
           where a.group_no = $1 and a.error is not null and ($2::uuid is null or h.id > $2)
             and ($3::int[] is null or h.host_no in (
                 select host_no from host_in_group where group_no = any($3)))
           order by h.id limit $4"#,
        group_no,
        after,
        within,
        limit,
    )
    .fetch_all(db)
    .await
}
