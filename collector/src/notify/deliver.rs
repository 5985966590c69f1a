use std::{sync::Arc, time::Duration};

use chrono::{DateTime, Utc};
use futures_util::future::BoxFuture;
use shared::clock::SharedClock;
use sqlx::PgPool;
use tokio::time::Instant;
use tracing::{info, warn};
use uuid::Uuid;

use super::{Said, Sender, Verdict, open};
use crate::{
    authority::Vault,
    job::{Outcome, Queue},
    jobs::Work,
    metrics::Metrics,
    notice::{Notice, channel::Channel},
    store::{
        channel,
        delivery::{self, Attempt, Delivery},
        job::Run,
        notice::DELIVERIES,
    },
};

/// How long what comes later waits for what came before.
const TURN: Duration = Duration::from_secs(15);

/// Makes deliveries.
#[derive(Debug)]
pub struct Deliveries {
    pub db: PgPool,
    pub clock: SharedClock,
    pub vault: Vault,
    pub sender: Sender,
    pub metrics: Arc<Metrics>,
}

impl Work for Deliveries {
    fn queue(&self) -> &'static Queue {
        &DELIVERIES
    }

    fn run<'a>(&'a self, run: &'a Run) -> BoxFuture<'a, Outcome> {
        Box::pin(async move {
            self.deliver(run).await.unwrap_or_else(|error| {
                let error = &error as &dyn std::error::Error;
                warn!(job.id = %run.id, error, "a delivery could not be looked up or written down");
                Outcome::Failed {
                    why: "the database could not be asked".into(),
                    not_before: None,
                }
            })
        })
    }
}

impl Deliveries {
    async fn deliver(&self, run: &Run) -> sqlx::Result<Outcome> {
        let id = run.payload["delivery"].as_str();
        let Some(id) = id.and_then(|id| id.parse::<Uuid>().ok()) else {
            let why = "the job names no delivery".into();
            return Ok(Outcome::Refused { why });
        };
        let mut db = self.db.acquire().await?;
        // Made already, if whoever made it could not say so; or gone, after its time.
        let Some(delivery) = delivery::find(&mut db, id).await?.filter(is_open) else {
            return Ok(Outcome::Done);
        };
        let to = match delivery.channel {
            Some(channel) => channel::find(&mut db, channel).await?,
            None => None,
        };
        let to = match to {
            Some(to) if to.enabled => open(&to, &self.vault).ok_or("its secret cannot be read"),
            Some(_) => Err("the channel is off"),
            None => Err("the channel is gone"),
        };
        let thread = delivery::thread(&mut db, &delivery).await?;
        if thread.blocked && to.is_ok() {
            return Ok(Outcome::Early(TURN));
        }
        // A receiver may take its time, and needs no connection of the database for that.
        drop(db);
        let (at, started) = (self.clock.now(), Instant::now());
        let said = match &to {
            Ok(channel) => {
                self.sender
                    .send(channel, &delivery.notice, thread.first)
                    .await
            }
            Err(why) => Said::new(None, why, Verdict::Never),
        };
        let attempt = attempt(&said, at, started);
        let last = run.attempts >= run.max_attempts;
        self.note(&delivery, &attempt, (said.verdict, last)).await?;
        let why = match said.status {
            Some(status) => format!("{status}: {}", said.text),
            None => said.text,
        };
        Ok(match said.verdict {
            Verdict::Taken => Outcome::Done,
            Verdict::Later(not_before) => Outcome::Failed { why, not_before },
            Verdict::Never => Outcome::Refused { why },
        })
    }

    /// Writes down what was said, and whether that was all.
    async fn note(
        &self,
        delivery: &Delivery,
        attempt: &Attempt,
        (verdict, last): (Verdict, bool),
    ) -> sqlx::Result<()> {
        let mut tx = self.db.begin().await?;
        delivery::attempted(&mut tx, delivery.id, attempt).await?;
        let taken = verdict == Verdict::Taken;
        let given_up = verdict == Verdict::Never || last && !taken;
        if taken || given_up {
            delivery::end(&mut tx, delivery.id, taken, self.clock.now()).await?;
        }
        tx.commit().await?;
        let result = match verdict {
            Verdict::Taken => "delivered",
            _ if given_up => "dead",
            _ => "failed",
        };
        self.metrics.delivery(result);
        if given_up {
            let name = delivery.channel_name.as_deref().unwrap_or_default();
            warn!(delivery.id = %delivery.id, channel.name = name, why = attempt.answer,
                "a notice was not delivered");
        } else if taken {
            info!(delivery.id = %delivery.id, "a notice was delivered");
        }
        Ok(())
    }
}

fn is_open(delivery: &Delivery) -> bool {
    delivery.state != "delivered"
}

/// What is written down of what was said.
fn attempt(said: &Said, at: DateTime<Utc>, started: Instant) -> Attempt {
    Attempt {
        at,
        status: said.status.map(i32::from),
        answer: said.text.clone(),
        duration_ms: i32::try_from(started.elapsed().as_millis()).unwrap_or(i32::MAX),
    }
}

impl Deliveries {
    /// Tells a notice now, by the way of nobody's job, and writes down what was said.
    ///
    /// # Errors
    /// The database's.
    pub async fn try_now(
        &self,
        channel: &Channel,
        notice: &Notice,
    ) -> sqlx::Result<(Said, Attempt)> {
        let (at, started) = (self.clock.now(), Instant::now());
        let said = self.sender.send(channel, notice, None).await;
        let attempt = attempt(&said, at, started);
        let mut tx = self.db.begin().await?;
        let new = delivery::New {
            id: Uuid::now_v7(),
            channel: Some((channel.id, &channel.name)),
            notice,
        };
        delivery::insert(&mut tx, &new, at).await?;
        delivery::attempted(&mut tx, new.id, &attempt).await?;
        let taken = said.verdict == Verdict::Taken;
        delivery::end(&mut tx, new.id, taken, self.clock.now()).await?;
        tx.commit().await?;
        Ok((said, attempt))
    }
}
