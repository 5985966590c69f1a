//! What administrators do to rollouts: each is a row of the table and an event in one transaction. The
//! hosts hear of it when the conductor looks next, which the event lets it do at once.

use chrono::{DateTime, Utc};
use serde_json::{Value, json};
use sqlx::PgConnection;
use uuid::Uuid;

use super::{Conductor, Moved};
use crate::{
    audit::{Act, Author},
    rollout::{Bundle, Command, Plan, PlanError, Refusal, Rollout, State},
    store::{
        self,
        rollout::{
            Kept,
            event::{self, Event},
            standing,
        },
    },
};

/// A rollout that is asked for.
#[derive(Debug, Clone)]
pub struct Draft {
    pub serial: u64,
    pub plan: Plan,
    /// Whether the first ring tries it, and it comes in force nowhere.
    pub what_if: bool,
}

/// Why something is not done.
#[derive(Debug, thiserror::Error)]
pub enum CommandError {
    #[error("there is no rollout {0}")]
    NotFound(Uuid),
    #[error("there is no bundle {0}: publish it first")]
    NoBundle(u64),
    #[error("bundle {serial} expired at {at}, and no host takes it: publish another")]
    Expired { serial: u64, at: DateTime<Utc> },
    #[error("a bundle of serial {highest} went out already, and no host goes back to {serial}")]
    Older { serial: u64, highest: u64 },
    #[error("the rollout of bundle {0} is under way: wait for its end, or halt it")]
    Active(u64),
    #[error("a newer rollout has begun: this one is history")]
    Over,
    #[error(
        "a rollout needs two people here: plan it as a trial (mode what_if), and somebody else starts it"
    )]
    NeedsTrial,
    #[error(
        "a rollout needs two people here: {0} planned this one, so that somebody else has to start it"
    )]
    SamePerson(String),
    #[error("there is no group {0}")]
    NoGroup(Uuid),
    #[error("no bundle went out before bundle {0}: roll out a mended one under a higher serial")]
    NothingBefore(u64),
    #[error(
        "bundle {serial} is not the content of bundle {before}, which was there before: {path} differs"
    )]
    NotTheSame {
        serial: u64,
        before: u64,
        path: String,
    },
    #[error("{0}")]
    Plan(#[from] PlanError),
    #[error("{0}")]
    Refused(#[from] Refusal),
    #[error("the database refuses")]
    Database(#[from] sqlx::Error),
    #[error("writing it down")]
    Encode(#[from] serde_json::Error),
}

impl Conductor {
    /// Begins a rollout, or a trial of one.
    ///
    /// # Errors
    /// [`CommandError`].
    pub async fn begin(&self, draft: Draft, by: &Author) -> Result<Kept, CommandError> {
        draft.plan.check()?;
        if self.two_people && !draft.what_if {
            return Err(CommandError::NeedsTrial);
        }
        let now = self.clock.now();
        let mut tx = self.db.begin().await?;
        store::rollout::lock(&mut tx).await?;
        let bundle = fit(&mut tx, draft.serial, now).await?;
        let (serial, highest) = (draft.serial, store::rollout::highest(&mut tx).await?);
        if serial < highest {
            return Err(CommandError::Older { serial, highest });
        }
        if let Some(newest) = store::rollout::newest(&mut tx).await?
            && newest.rollout.state.is_active()
        {
            return Err(CommandError::Active(newest.rollout.bundle.serial));
        }
        let groups = draft.plan.groups();
        if let Some(group) = store::rollout::strangers(&mut tx, &groups).await?.pop() {
            return Err(CommandError::NoGroup(group));
        }
        let before = standing::find(&mut tx).await?;
        let (state, what) = if draft.what_if {
            (State::WhatIf, "tried")
        } else {
            (State::Running, "started")
        };
        let kept = Kept {
            id: Uuid::now_v7(),
            rollout: Rollout {
                bundle,
                plan: draft.plan,
                state,
                order: Uuid::new_v4(),
                ring: 0,
                settled_at: None,
                back: None,
            },
            ring_since: now,
            before: before.map(|standing| standing.bundle),
            created_at: now,
            created_by: by.name.clone(),
            started_at: (!draft.what_if).then_some(now),
        };
        store::rollout::insert(&mut tx, &kept).await?;
        let event = by_hand(what, by, format!("bundle {serial}"), now);
        event::insert(&mut tx, kept.id, &event).await?;
        let action = if draft.what_if {
            "rollout.try"
        } else {
            "rollout.start"
        };
        let act = act(action, &kept).after(&stands(&kept, ""))?;
        store::audit::note(&mut tx, by, act, now).await?;
        tx.commit().await?;
        self.publish(kept.id, event);
        Ok(kept)
    }

    /// Starts, pauses, resumes or halts a rollout; `reason` is for people and may be empty.
    ///
    /// # Errors
    /// [`CommandError`].
    pub async fn command(
        &self,
        id: Uuid,
        command: Command,
        by: &Author,
        reason: &str,
    ) -> Result<Kept, CommandError> {
        let now = self.clock.now();
        let mut tx = self.db.begin().await?;
        let mut kept = movable(&mut tx, id).await?;
        if self.two_people && command == Command::Start && kept.created_by == by.name {
            return Err(CommandError::SamePerson(kept.created_by));
        }
        let before = kept.rollout.state;
        let was = stands(&kept, "");
        kept.rollout.state = command.on(before, kept.started_at.is_some())?;
        match command {
            Command::Start => anew(&mut kept, now),
            Command::Resume if before == State::Halted => anew(&mut kept, now),
            _ => {}
        }
        let (what, action) = match command {
            Command::Start => ("started", "rollout.start"),
            Command::Pause => ("paused", "rollout.pause"),
            Command::Resume => ("resumed", "rollout.resume"),
            Command::Halt => ("halted", "rollout.halt"),
            Command::RollBack => ("rolling_back", "rollout.roll_back"),
        };
        let event = by_hand(what, by, reason.into(), now);
        let act = act(action, &kept)
            .before(&was)?
            .after(&stands(&kept, reason))?;
        self.keep(tx, &kept, event, by, act).await?;
        Ok(kept)
    }

    /// Offers a bundle with the content of before to all who were offered that of the rollout, at once.
    ///
    /// # Errors
    /// [`CommandError`].
    pub async fn roll_back(
        &self,
        id: Uuid,
        serial: u64,
        by: &Author,
        reason: &str,
    ) -> Result<Kept, CommandError> {
        let now = self.clock.now();
        let mut tx = self.db.begin().await?;
        let mut kept = movable(&mut tx, id).await?;
        let started = kept.started_at.is_some();
        let was = stands(&kept, "");
        kept.rollout.state = Command::RollBack.on(kept.rollout.state, started)?;
        let back = fit(&mut tx, serial, now).await?;
        let bad = kept.rollout.bundle.serial;
        if serial <= bad {
            let highest = bad;
            return Err(CommandError::Older { serial, highest });
        }
        let before = kept.before.ok_or(CommandError::NothingBefore(bad))?;
        let (one, other) = (&before.manifest, &back.manifest);
        if let Some(path) = store::rollout::difference(&mut tx, one, other).await? {
            let before = before.serial;
            return Err(CommandError::NotTheSame {
                serial,
                before,
                path,
            });
        }
        anew(&mut kept, now);
        kept.rollout.back = Some(back);
        let mut detail = format!(
            "to bundle {serial}, the content of bundle {}",
            before.serial
        );
        if !reason.is_empty() {
            detail = format!("{detail}: {reason}");
        }
        let event = by_hand("rolling_back", by, detail, now);
        let act = act("rollout.roll_back", &kept)
            .before(&was)?
            .after(&stands(&kept, reason))?;
        self.keep(tx, &kept, event, by, act).await?;
        Ok(kept)
    }

    async fn keep(
        &self,
        mut tx: sqlx::Transaction<'static, sqlx::Postgres>,
        kept: &Kept,
        event: Event,
        by: &Author,
        act: Act,
    ) -> sqlx::Result<()> {
        store::rollout::update(&mut tx, kept).await?;
        event::insert(&mut tx, kept.id, &event).await?;
        store::audit::note(&mut tx, by, act, event.at).await?;
        tx.commit().await?;
        self.publish(kept.id, event);
        Ok(())
    }

    fn publish(&self, rollout: Uuid, event: Event) {
        self.tell(&Moved {
            hosts: Vec::new(),
            events: vec![(rollout, event)],
        });
    }
}

/// Under another order hosts are asked again, and what they said before is history.
fn anew(kept: &mut Kept, now: DateTime<Utc>) {
    kept.rollout.order = Uuid::new_v4();
    kept.rollout.settled_at = None;
    kept.ring_since = now;
    kept.started_at.get_or_insert(now);
}

/// The rollout of that identity, if it is the newest, held until the transaction ends.
async fn movable(db: &mut PgConnection, id: Uuid) -> Result<Kept, CommandError> {
    store::rollout::lock(db).await?;
    let found = store::rollout::find(db, id).await?;
    let kept = found.ok_or(CommandError::NotFound(id))?;
    let newest = store::rollout::newest(db).await?;
    if newest.is_some_and(|newest| newest.id != id) {
        return Err(CommandError::Over);
    }
    Ok(kept)
}

/// The bundle of that serial, if hosts would take it now.
async fn fit(
    db: &mut PgConnection,
    serial: u64,
    now: DateTime<Utc>,
) -> Result<Bundle, CommandError> {
    let none = CommandError::NoBundle(serial);
    let Ok(number) = i64::try_from(serial) else {
        return Err(none);
    };
    let published = store::bundle::find(db, number).await?.ok_or(none)?;
    let at = published.expires;
    if at <= now {
        return Err(CommandError::Expired { serial, at });
    }
    Ok(store::rollout::bundle(number, &published.manifest)?)
}

/// What is done to a rollout, for the audit log.
pub(super) fn act(action: &'static str, kept: &Kept) -> Act {
    let name = format!("bundle {}", kept.rollout.bundle.serial);
    Act::change(action).on("rollout", kept.id, &name)
}

/// How it stands, for the audit log.
fn stands(kept: &Kept, reason: &str) -> Value {
    let rollout = &kept.rollout;
    json!({
        "serial": rollout.bundle.serial,
        "state": rollout.state,
        "plan": rollout.plan,
        "back": rollout.back.map(|back| back.serial),
        "reason": reason,
    })
}

/// What somebody did.
fn by_hand(what: &'static str, by: &Author, detail: String, at: DateTime<Utc>) -> Event {
    Event {
        at,
        by: by.name.clone(),
        what,
        ring: None,
        detail,
        alert: false,
    }
}
