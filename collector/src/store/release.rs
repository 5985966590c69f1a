//! Rows of `agent_release` and `agent_build`: the builds of the agent that are genuine.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use sqlx::PgConnection;

/// A release of the agent, as it was signed.
#[derive(Debug, Clone)]
pub struct Release {
    /// SHA-256 of the document.
    pub hash: Vec<u8>,
    pub version: String,
    pub document: Vec<u8>,
    /// The file of signatures beside it.
    pub signatures: Vec<u8>,
    pub published_at: DateTime<Utc>,
    pub published_by: String,
}

/// A build of a release: its platform, and the SHA-256 of the executable file.
pub type Build = (String, Vec<u8>);

/// Adds a release with its builds. `false` when there is another of that version; the same again is
/// no other.
///
/// # Errors
/// sqlx's.
pub async fn insert(
    db: &mut PgConnection,
    release: &Release,
    builds: &[Build],
) -> sqlx::Result<bool> {
    let done = sqlx::query!(
        "insert into agent_release (hash, version, document, signatures, published_at, published_by)
         values ($1, $2, $3, $4, $5, $6)
         on conflict (version) do update set signatures = excluded.signatures
         where agent_release.hash = excluded.hash",
        release.hash,
        release.version,
        release.document,
        release.signatures,
        release.published_at,
        release.published_by,
    )
    .execute(&mut *db)
    .await?;
    if done.rows_affected() == 0 {
        return Ok(false);
    }
    let (platforms, hashes): (Vec<_>, Vec<_>) = builds.iter().cloned().unzip();
    sqlx::query!(
        "insert into agent_build (build, version, platform)
         select build, $1, platform from unnest($2::bytea[], $3::text[]) as built (build, platform)
         on conflict (build) do nothing",
        release.version,
        &hashes,
        &platforms,
    )
    .execute(db)
    .await?;
    Ok(true)
}

/// Releases by the instant of their publication, the newest first.
///
/// # Errors
/// sqlx's.
pub async fn list(db: &mut PgConnection) -> sqlx::Result<Vec<Release>> {
    sqlx::query_as!(
        Release,
        "select hash, version, document, signatures, published_at, published_by from agent_release
         order by published_at desc, version"
    )
    .fetch_all(db)
    .await
}

/// Of those of these hosts whose agents say that they are of a version that was released: whether theirs
/// is one of its builds.
///
/// # Errors
/// sqlx's.
pub async fn genuine(db: &mut PgConnection, hosts: &[i32]) -> sqlx::Result<HashMap<i32, bool>> {
    let rows = sqlx::query!(
        r#"select host_no, exists (select from agent_build b
                  where b.build = h.build and b.version = h.agent_version) as "genuine!"
           from host h join agent_release r on r.version = h.agent_version
           where host_no = any($1) and build is not null"#,
        hosts,
    )
    .fetch_all(db)
    .await?;
    let pairs = rows.into_iter().map(|row| (row.host_no, row.genuine));
    Ok(pairs.collect())
}

/// Of all hosts, those for which [`genuine`] says so.
///
/// # Errors
/// sqlx's.
pub async fn hosts(db: &mut PgConnection, genuine: bool) -> sqlx::Result<Vec<i32>> {
    sqlx::query_scalar!(
        "select host_no from host h join agent_release r on r.version = h.agent_version
         where build is not null and $1 = exists (select from agent_build b
             where b.build = h.build and b.version = h.agent_version)",
        genuine,
    )
    .fetch_all(db)
    .await
}
