//! Where a notice goes, decided when it is announced: that is all that whoever has one calls.

use std::{collections::BTreeMap, time::Duration};

use chrono::{DateTime, Utc};
use serde_json::json;
use sqlx::PgConnection;
use uuid::Uuid;

use crate::{
    job::Queue,
    notice::Notice,
    store::{
        channel,
        delivery::{self, Delivery, New},
        job,
    },
};

/// Deliveries, a lane a channel. With these waits a receiver that is away for a day and more is told when it is
/// back: the 100 attempts take two days.
pub const DELIVERIES: Queue = Queue {
    name: "delivery",
    // One after the other, so that a receiver hears in order what happened.
    at_once: 1,
    max_attempts: 100,
    first: Duration::from_secs(10),
    most: Duration::from_secs(3600),
};

/// Has a notice delivered, in the caller's transaction, to each channel to which a route leads at `now`: once a
/// channel, however often the notice is announced. What follows on an alert goes to those who heard of the alert
/// before, whatever the hour. When it goes nowhere, the log of deliveries says so. To how many channels it goes.
///
/// # Errors
/// The database's.
pub async fn announce(
    db: &mut PgConnection,
    notice: &Notice,
    now: DateTime<Utc>,
) -> sqlx::Result<usize> {
    let channels = channel::all(&mut *db).await?;
    let enabled: BTreeMap<Uuid, String> = channels
        .into_iter()
        .filter(|channel| channel.enabled)
        .map(|channel| (channel.id, channel.name))
        .collect();
    let mut to: Vec<Uuid> = if notice.phase.follows() {
        delivery::told(&mut *db, notice.alert).await?
    } else {
        let routes = channel::routes(&mut *db, None).await?;
        let fit = |kept: &&channel::Kept| kept.enabled && kept.route.fits(notice, now);
        let fitting = routes.iter().filter(fit);
        fitting.map(|kept| kept.route.channel).collect()
    };
    to.retain(|channel| enabled.contains_key(channel));
    to.sort_unstable();
    to.dedup();
    for channel in &to {
        let new = New {
            id: Uuid::now_v7(),
            channel: Some((*channel, &enabled[channel])),
            notice,
        };
        if delivery::insert(&mut *db, &new, now).await? {
            deliver(&mut *db, (new.id, *channel), now).await?;
        }
    }
    if to.is_empty() {
        let new = New {
            id: Uuid::now_v7(),
            channel: None,
            notice,
        };
        delivery::insert(db, &new, now).await?;
    }
    Ok(to.len())
}

/// Has a delivery that has ended made again: one that was given up, or one that was made and is to be made once
/// more. `false` when it waits, or goes nowhere.
///
/// # Errors
/// The database's.
pub async fn redeliver(
    db: &mut PgConnection,
    delivery: &Delivery,
    now: DateTime<Utc>,
) -> sqlx::Result<bool> {
    let Some(channel) = delivery.channel else {
        return Ok(false);
    };
    if !delivery::reopen(&mut *db, delivery.id).await? {
        return Ok(false);
    }
    job::forget(&mut *db, &DELIVERIES, &delivery.id.to_string()).await?;
    deliver(db, (delivery.id, channel), now).await?;
    Ok(true)
}

/// Has a delivery that waits made, as a job of its channel's lane.
///
/// # Errors
/// The database's.
async fn deliver(
    db: &mut PgConnection,
    (delivery, channel): (Uuid, Uuid),
    now: DateTime<Utc>,
) -> sqlx::Result<()> {
    let new = job::New {
        queue: DELIVERIES.name,
        lane: &channel.to_string(),
        key: Some(&delivery.to_string()),
        payload: &json!({ "delivery": delivery }),
        max_attempts: DELIVERIES.max_attempts.into(),
    };
    job::enqueue(db, &new, now).await.map(drop)
}
