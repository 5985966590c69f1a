//! Moves rollouts on: looks how the hosts stand, does what is to be done, and tells it.
//!
//! It is woken by a timer and by the live feed, and each time decides from the tables alone, so that it
//! does not matter what it missed, nor which of several collectors does it: one at a time does.

/// What administrators do to rollouts.
mod command;

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use chrono::{DateTime, Utc};
use serde_json::json;
use shared::clock::SharedClock;
use sqlx::{PgConnection, PgPool};
use tokio_util::sync::CancellationToken;
use tracing::{info, warn};
use uuid::Uuid;

pub use self::command::{CommandError, Draft};
use crate::{
    audit::Author,
    fleet::Fleet,
    live::{self, Feed, Message, Subscription},
    metrics::Metrics,
    rollout::{Action, State, step},
    store::{
        self,
        bundle::offer::{self, NewOffer},
        rollout::{
            Kept,
            event::{self, Event},
            observe, standing,
        },
    },
};

/// How often hosts are looked at when nothing is heard of them: other collectors hear of them too.
const PERIOD: Duration = Duration::from_secs(15);
/// How long reports gather before the hosts are looked at.
const GATHER: Duration = Duration::from_millis(250);
/// A look is followed by so many times what it took.
const REST: u32 = 4;
/// Who did what nobody did.
const ITSELF: &str = "collector";

/// What moves rollouts. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Conductor {
    pub db: PgPool,
    pub clock: SharedClock,
    pub fleet: Fleet,
    pub feed: Feed,
    pub metrics: Arc<Metrics>,
    /// Whether somebody else must start a rollout than who planned it.
    pub two_people: bool,
}

/// What a look at the hosts came to.
#[derive(Debug, Default)]
struct Moved {
    /// Hosts that are offered something else, by number.
    hosts: Vec<i32>,
    /// What happened to which rollout.
    events: Vec<(Uuid, Event)>,
}

impl Conductor {
    /// Moves rollouts on until the token is cancelled.
    pub async fn run(self, token: CancellationToken) {
        let mut news = self.feed.subscribe(None);
        loop {
            let started = Instant::now();
            // A look that is cut off has changed nothing.
            match token.run_until_cancelled(self.look()).await {
                None => return,
                Some(Ok(())) => {}
                Some(Err(error)) => {
                    let error = &error as &dyn std::error::Error;
                    warn!(error, "rollouts could not be moved on");
                }
            }
            let rest = GATHER.max(started.elapsed() * REST);
            let pause = async {
                // Nothing heard is a reason to look as well.
                let _ = tokio::time::timeout(PERIOD, heard(&mut news)).await;
                tokio::time::sleep(rest).await;
            };
            if token.run_until_cancelled(pause).await.is_none() {
                return;
            }
        }
    }

    /// Does what is to be done now, if no other collector is at it.
    pub(crate) async fn look(&self) -> sqlx::Result<()> {
        let mut tx = self.db.begin().await?;
        if !store::rollout::try_lock(&mut tx).await? {
            return Ok(());
        }
        let now = self.clock.now();
        let mut moved = Moved::default();
        let mut newest = store::rollout::newest(&mut tx).await?;
        if let Some(kept) = &mut newest {
            advance(&mut tx, kept, now, &mut moved).await?;
        }
        if let Some(standing) = standing::find(&mut tx).await? {
            let filled = standing::fill(&mut tx, standing, now).await?;
            moved.hosts.extend(filled);
        }
        if !moved.hosts.is_empty() {
            // Sessions of other collectors look as well.
            store::settings::changed(&mut tx).await?;
        }
        if let Some(kept) = &newest {
            note(&mut tx, kept, &moved, now).await?;
        }
        tx.commit().await?;
        self.tell(&moved);
        Ok(())
    }

    /// What is in the table is told: to the sessions, in the log, to who watches.
    fn tell(&self, moved: &Moved) {
        self.fleet.ring(&moved.hosts);
        self.metrics.content_offers.inc_by(moved.hosts.len() as u64);
        for (rollout, event) in &moved.events {
            let Event {
                by,
                what,
                ring,
                detail,
                alert,
                ..
            } = event;
            let ring = ring.as_deref();
            self.metrics.rollout_event(what);
            if *alert {
                warn!(rollout.id = %rollout, by, what, ring, detail, "rollout needs somebody");
            } else {
                info!(rollout.id = %rollout, by, what, ring, detail, "rollout");
            }
            let rollout = *rollout;
            self.feed.publish(live::Event::RolloutChanged { rollout });
        }
    }
}

/// Writes down what a rollout came to by itself. Whom it offered what is told by its events.
async fn note(
    db: &mut PgConnection,
    kept: &Kept,
    moved: &Moved,
    now: DateTime<Utc>,
) -> sqlx::Result<()> {
    for (_, event) in &moved.events {
        let action = match event.what {
            "opened" => "rollout.open",
            "halted" => "rollout.halt",
            "completed" => "rollout.complete",
            "rolled_back" => "rollout.end_roll_back",
            _ => continue,
        };
        let after = json!({"ring": event.ring, "detail": event.detail});
        let act = command::act(action, kept).after(&after);
        let act = act.map_err(|error| sqlx::Error::Encode(error.into()))?;
        store::audit::note(db, &Author::itself(ITSELF), act, now).await?;
    }
    Ok(())
}

/// Waits until something is told that may move a rollout: a host is another, as it is when it has told
/// what content it has, or somebody did something to a rollout.
async fn heard(news: &mut Subscription) {
    loop {
        match news.next().await {
            Message::Resync => return,
            Message::Event(stamped) => match stamped.event {
                live::Event::RolloutChanged { .. } | live::Event::HostEnrolled { .. } => return,
                live::Event::HostChanged { kinds, .. } if kinds.is_empty() => return,
                _ => {}
            },
        }
    }
}

/// Steps until there is nothing to do.
async fn advance(
    db: &mut PgConnection,
    kept: &mut Kept,
    now: DateTime<Utc>,
    moved: &mut Moved,
) -> sqlx::Result<()> {
    // One that has come to its end moves no host: it would be looked at in vain for months.
    while kept.rollout.state != State::Completed {
        let hosts = observe::hosts(db, kept).await?;
        let actions = step(&kept.rollout, &hosts, now);
        if actions.is_empty() {
            break;
        }
        for action in actions {
            act(db, kept, action, now, moved).await?;
        }
    }
    Ok(())
}

async fn act(
    db: &mut PgConnection,
    kept: &mut Kept,
    action: Action,
    now: DateTime<Utc>,
    moved: &mut Moved,
) -> sqlx::Result<()> {
    let rollout = &mut kept.rollout;
    let mut about = rollout.ring;
    let (what, detail, alert) = match action {
        Action::Offer { offer, hosts } => {
            let new = NewOffer {
                manifest: offer.bundle.manifest,
                trial: offer.trial,
                order: offer.order,
                at: now,
            };
            offer::put(db, &hosts, &new).await?;
            let serial = offer.bundle.serial;
            let detail = format!("bundle {serial} to {} hosts", hosts.len());
            moved.hosts.extend(hosts);
            ("offered", detail, false)
        }
        Action::Withdraw { hosts } => {
            offer::withdraw(db, &hosts).await?;
            let detail = format!("from {} hosts that have not taken it", hosts.len());
            moved.hosts.extend(hosts);
            ("withdrawn", detail, false)
        }
        Action::Settle => {
            rollout.settled_at = Some(now);
            ("settled", "enough of its hosts have it".into(), false)
        }
        Action::Open { ring } => {
            (rollout.ring, kept.ring_since, rollout.settled_at) = (ring, now, None);
            about = ring;
            ("opened", String::new(), false)
        }
        Action::Halt { ring, alarm } => {
            rollout.state = State::Halted;
            about = ring;
            ("halted", alarm.detail, true)
        }
        Action::Complete => {
            rollout.state = State::Completed;
            ("completed", String::new(), false)
        }
        Action::RolledBack => {
            rollout.state = State::RolledBack;
            let detail = "no host that is heard of has it any more";
            ("rolled_back", detail.into(), false)
        }
    };
    let named = !matches!(rollout.state, State::RollingBack | State::RolledBack);
    let ring = rollout.plan.rings.get(about).filter(|_| named);
    let event = Event {
        at: now,
        by: ITSELF.into(),
        what,
        ring: ring.map(|ring| ring.name.clone()),
        detail,
        alert,
    };
    event::insert(db, kept.id, &event).await?;
    store::rollout::update(db, kept).await?;
    moved.events.push((kept.id, event));
    Ok(())
}
