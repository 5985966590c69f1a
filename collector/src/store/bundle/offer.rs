//! Rows of `host_offer`: which bundle each host is to have. A session looks when its bell rings: whoever
//! writes here rings it, and with [`crate::store::settings::changed`] those of other collectors.

use chrono::{DateTime, Utc};
use shared::wire::{ContentHash, Offer};
use sqlx::PgConnection;
use uuid::Uuid;

/// A bundle that hosts are to have.
#[derive(Debug, Clone, Copy)]
pub struct NewOffer {
    pub manifest: ContentHash,
    /// Whether it is to be tried only.
    pub trial: bool,
    /// Another than before: the same bundle is offered anew.
    pub order: Uuid,
    pub at: DateTime<Utc>,
}

/// Offers a bundle to these hosts, in place of what they were offered before.
///
/// # Errors
/// sqlx's, also when there is no such bundle.
pub async fn put(db: &mut PgConnection, hosts: &[i32], new: &NewOffer) -> sqlx::Result<()> {
    sqlx::query!(
        "insert into host_offer (host_no, manifest, trial, order_id, offered_at)
         select host_no, $2, $3, $4, $5 from host where host_no = any($1)
         on conflict (host_no) do update set manifest = excluded.manifest,
             trial = excluded.trial, order_id = excluded.order_id,
             offered_at = excluded.offered_at",
        hosts,
        &new.manifest[..],
        new.trial,
        new.order,
        new.at,
    )
    .execute(db)
    .await
    .map(drop)
}

/// Offers nothing any more to these hosts. What they have, they keep.
///
/// # Errors
/// sqlx's.
pub async fn withdraw(db: &mut PgConnection, hosts: &[i32]) -> sqlx::Result<()> {
    sqlx::query!("delete from host_offer where host_no = any($1)", hosts)
        .execute(db)
        .await
        .map(drop)
}

/// What a host is offered.
///
/// # Errors
/// sqlx's.
pub async fn of_host(db: &mut PgConnection, host_no: i32) -> sqlx::Result<Option<Offer>> {
    let row = sqlx::query!(
        r#"select b.serial, o.manifest, o.trial, o.order_id,
                  (select max(version) from root) as "root!"
           from host_offer o join bundle b on b.manifest = o.manifest
           where o.host_no = $1"#,
        host_no,
    )
    .fetch_optional(db)
    .await?;
    let wrong = |what: &str| sqlx::Error::Decode(what.to_owned().into());
    row.map(|row| {
        let manifest = row.manifest.try_into();
        Ok(Offer {
            serial: u64::try_from(row.serial).map_err(|_| wrong("a serial below 0"))?,
            manifest: manifest.map_err(|_| wrong("a manifest's hash is not one"))?,
            root: u32::try_from(row.root).map_err(|_| wrong("a root below 0"))?,
            trial: row.trial,
            order: row.order_id.into_bytes(),
        })
    })
    .transpose()
}
