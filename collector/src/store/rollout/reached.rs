//! Which rollout brought a file to a host.

use std::collections::BTreeSet;

use sqlx::PgConnection;
use uuid::Uuid;

/// A file that a host has.
#[derive(Debug, Clone)]
pub struct Has {
    pub host_no: i32,
    /// The first 16 digits of the SHA-256 of its bytes.
    pub content: String,
}

/// The rollout that brought it.
#[derive(Debug, Clone)]
pub struct Reached {
    /// Its place in what was asked.
    pub place: i64,
    pub rollout: Uuid,
    pub serial: i64,
}

/// For each file the newest rollout that brought it: its bundle, or the one that brings back what was before, has the
/// file, and the host has that bundle in force or was told to.
///
/// # Errors
/// sqlx's.
pub async fn reached(db: &mut PgConnection, files: &[Has]) -> sqlx::Result<Vec<Reached>> {
    if files.is_empty() {
        return Ok(Vec::new());
    }
    let hosts: Vec<i32> = files.iter().map(|file| file.host_no).collect();
    let contents: Vec<&str> = files.iter().map(|file| &*file.content).collect();
    let distinct: Vec<&str> = Vec::from_iter(BTreeSet::from_iter(contents.iter().copied()));
    // Files are looked through once, however many hosts have them.
    sqlx::query_as!(
        Reached,
        r#"with brought as materialized (
               select r.id, b.serial, b.manifest, left(encode(f.hash, 'hex'), 16) as content
               from rollout r
               join bundle b on b.manifest in (r.manifest, r.back)
               join bundle_file f on f.manifest = b.manifest
               where r.started_at is not null and left(encode(f.hash, 'hex'), 16) = any($3)
           ), has as materialized (
               select host_no, manifest from host_content where host_no = any($1)
               union
               select host_no, manifest from host_offer where host_no = any($1) and not trial
           )
           select distinct on (w.n) w.n - 1 as "place!", b.id as "rollout!", b.serial as "serial!"
           from unnest($1::int[], $2::text[]) with ordinality as w (host_no, content, n)
           join has on has.host_no = w.host_no
           join brought b on b.manifest = has.manifest and b.content = w.content
           order by w.n, b.id desc"#,
        &hosts,
        &contents as &[&str],
        &distinct as &[&str],
    )
    .fetch_all(db)
    .await
}
