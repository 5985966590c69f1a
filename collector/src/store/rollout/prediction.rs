//! What hosts that have tried a bundle found: which results it would turn.

use shared::wire::ContentHash;
use sqlx::PgConnection;

/// What trials of a bundle found on all hosts that told of one.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Tried {
    /// Hosts that told.
    pub hosts: i64,
    /// Hosts of the fleet whose agents take bundles.
    pub fleet: i64,
    pub results: i64,
    /// Results that turn, also those beyond the ones that are told by name.
    pub turning: i64,
}

/// A change of verdict that some hosts predict.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Turning {
    pub rule: String,
    /// `None`: there is no result.
    pub from: Option<String>,
    pub to: Option<String>,
    pub hosts: i64,
}

/// What was found together.
///
/// # Errors
/// sqlx's.
pub async fn tried(db: &mut PgConnection, manifest: &ContentHash) -> sqlx::Result<Tried> {
    sqlx::query_as!(
        Tried,
        r#"select count(*) filter (where tells) as "hosts!", count(*) as "fleet!",
                  coalesce(sum((trial->>'results')::bigint) filter (where tells), 0)::bigint
                      as "results!",
                  coalesce(sum((trial->>'turning')::bigint) filter (where tells), 0)::bigint
                      as "turning!"
           from (select trial, offer_manifest = $1 and trial is not null as tells
                 from host_content c join host h on h.host_no = c.host_no
                 where takes and revoked_at is null) as told"#,
        &manifest[..],
    )
    .fetch_one(db)
    .await
}

/// The results that turn, by rule; those on most hosts first, at most `limit`.
///
/// # Errors
/// sqlx's.
pub async fn turning(
    db: &mut PgConnection,
    manifest: &ContentHash,
    limit: i64,
) -> sqlx::Result<Vec<Turning>> {
    sqlx::query_as!(
        Turning,
        r#"select turn->>'rule' as "rule!", turn->>'from' as "from", turn->>'to' as "to",
                  count(*) as "hosts!"
           from host_content c join host h on h.host_no = c.host_no,
                jsonb_array_elements(trial->'turns') as turn
           where offer_manifest = $1 and takes and revoked_at is null
           group by 1, 2, 3 order by 4 desc, 1, 2, 3 limit $2"#,
        &manifest[..],
        limit,
    )
    .fetch_all(db)
    .await
}
