//! Keeps `group_host` true: who belongs to which group follows from what is said of groups, from labels,
//! from those named by hand, and from the answers to expressions.
//!
//! Whoever changes one of these holds the register first, and settles it before the transaction ends: so
//! at every instant it is what follows, whoever else changes what, on whichever collector.

use sqlx::PgConnection;

use super::answer::{self, Asked};

/// Holds the register until the transaction ends. It comes first in a transaction, so that what is read
/// afterwards is what stands.
///
/// # Errors
/// sqlx's.
pub async fn hold(db: &mut PgConnection) -> sqlx::Result<()> {
    plan_afresh(db).await?;
    sqlx::query!("select pg_advisory_xact_lock(hashtext('openwatch groups'))")
        .execute(db)
        .await
        .map(drop)
}

/// Has each statement of the transaction planned for what it is about: a plan for one host is none for ten
/// thousand, and tables that were empty a moment ago are not any more.
pub(super) async fn plan_afresh(db: &mut PgConnection) -> sqlx::Result<()> {
    sqlx::raw_sql("set local plan_cache_mode = force_custom_plan")
        .execute(db)
        .await
        .map(drop)
}

/// Works out anew who belongs to which group: of these hosts, or of all. Returns those that came to a group
/// or left one.
///
/// # Errors
/// sqlx's.
pub async fn settle(db: &mut PgConnection, hosts: Option<&[i32]>) -> sqlx::Result<Vec<i32>> {
    // `except` is never done by loops in loops, as a join with a table is that seems to be empty.
    sqlx::query_scalar!(
        r#"with wanted as materialized (
               select distinct d.group_no, r.host_no
               from group_reason r join group_descendant d on d.descendant_no = r.group_no
               where $1::int[] is null or r.host_no = any($1)
           ), held as materialized (
               select group_no, host_no from group_host
               where $1::int[] is null or host_no = any($1)
           ), gone as (
               delete from group_host k using (select * from held except select * from wanted) as g
               where k.group_no = g.group_no and k.host_no = g.host_no returning k.host_no
           ), come as (
               insert into group_host (group_no, host_no)
               select * from wanted except select * from held returning host_no
           )
           select host_no as "host_no!" from gone union select host_no from come"#,
        hosts,
    )
    .fetch_all(db)
    .await
}

/// What came of renewing.
#[derive(Debug, Default)]
pub struct Renewed {
    pub asked: Asked,
    /// Hosts that came to a group or left one, by number.
    pub changed: Vec<i32>,
}

/// Holds the register, asks expressions of these hosts where that is due, and settles it for them.
///
/// # Errors
/// sqlx's.
pub async fn renew(db: &mut PgConnection, hosts: &[i32]) -> sqlx::Result<Renewed> {
    hold(db).await?;
    let asked = answer::ask(db, hosts).await?;
    let changed = settle(db, Some(hosts)).await?;
    Ok(Renewed { asked, changed })
}
