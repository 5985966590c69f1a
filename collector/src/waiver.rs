//! Failures that are accepted for a while: who may do what with a waiver, and when it counts. Pure.
//!
//! What people do is written down; that a waiver has expired, and whether it counts at an instant, follows from its
//! instants alone, so that it stops counting at its very second whatever runs. What counted at an instant that is past
//! counts for that instant for ever.

use std::fmt;

use chrono::{DateTime, TimeDelta, Utc};
use uuid::Uuid;

/// How long a waiver may count from its approval, days.
pub const DAYS: std::ops::RangeInclusive<i32> = 1..=365;

/// How a waiver stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum State {
    /// Somebody asks for it.
    Requested,
    /// Somebody else has approved it: it counts.
    Approved,
    Rejected,
    /// Who asked does so no more.
    Withdrawn,
    /// It counts no more, because somebody said so.
    Revoked,
    /// Another goes on with it.
    Renewed,
    /// Its time is over.
    Expired,
}

/// What is done to a waiver.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Deed {
    Approve,
    Reject,
    Withdraw,
    Revoke,
    /// Somebody asks for another that goes on with it, which changes nothing of it yet.
    Renew,
    /// The other was approved.
    Replace,
}

/// Why something cannot be done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    /// It does not lead anywhere from there.
    StandsSo(State),
    /// Who asked for something does not decide it.
    Own,
    /// Only who asked for something withdraws it.
    NotOwn,
}

const NAMES: [(State, &str); 7] = [
    (State::Requested, "requested"),
    (State::Approved, "approved"),
    (State::Rejected, "rejected"),
    (State::Withdrawn, "withdrawn"),
    (State::Revoked, "revoked"),
    (State::Renewed, "renewed"),
    (State::Expired, "expired"),
];

impl State {
    /// Its name in tables and in the API.
    pub fn name(self) -> &'static str {
        let found = NAMES.iter().find(|(state, _)| *state == self);
        found.map_or("requested", |(_, name)| name)
    }

    /// The state of that name.
    pub fn named(name: &str) -> Option<Self> {
        let found = NAMES.iter().find(|(_, known)| *known == name);
        found.map(|(state, _)| *state)
    }

    /// Whether there may be no other for the same.
    pub fn is_open(self) -> bool {
        matches!(self, Self::Requested | Self::Approved)
    }

    /// Where a deed leads; `None` where it cannot be done.
    fn after(self, deed: Deed) -> Option<Self> {
        match (self, deed) {
            (Self::Requested, Deed::Approve) => Some(Self::Approved),
            (Self::Requested, Deed::Reject) => Some(Self::Rejected),
            (Self::Requested, Deed::Withdraw) => Some(Self::Withdrawn),
            (Self::Approved, Deed::Revoke) => Some(Self::Revoked),
            (Self::Approved, Deed::Replace) => Some(Self::Renewed),
            (Self::Approved | Self::Expired, Deed::Renew) => Some(self),
            (
                Self::Requested
                | Self::Approved
                | Self::Rejected
                | Self::Withdrawn
                | Self::Revoked
                | Self::Renewed
                | Self::Expired,
                _,
            ) => None,
        }
    }
}

impl fmt::Display for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// What a waiver's standing follows from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Standing {
    /// As people left it: never [`State::Expired`].
    pub left: State,
    /// The account that asked for it.
    pub requester: Uuid,
    /// For how long it counts from its approval, one of [`DAYS`].
    pub days: i32,
    pub approved_at: Option<DateTime<Utc>>,
    /// With `approved_at`.
    pub expires_at: Option<DateTime<Utc>>,
    /// When it was revoked, or another took its place.
    pub ended_at: Option<DateTime<Utc>>,
}

impl Standing {
    /// Of one that `requester` asks for.
    pub fn requested(requester: Uuid, days: i32) -> Self {
        Self {
            left: State::Requested,
            requester,
            days,
            approved_at: None,
            expires_at: None,
            ended_at: None,
        }
    }

    /// How it stands at `now`, by what was done up to then.
    pub fn state(&self, now: DateTime<Utc>) -> State {
        let over = self.left == State::Approved && self.expires_at.is_some_and(|end| end <= now);
        if over { State::Expired } else { self.left }
    }

    /// Whether it counts at an instant: from its approval on, and not any more from its end on.
    pub fn counts(&self, at: DateTime<Utc>) -> bool {
        let before = |end: Option<DateTime<Utc>>| end.is_none_or(|end| at < end);
        self.approved_at.is_some_and(|from| from <= at)
            && before(self.expires_at)
            && before(self.ended_at)
    }

    /// What becomes of it when the account `who` (`None` for the collector) does something at `now`. Who asked for it
    /// neither approves nor rejects it, whatever they may do otherwise.
    ///
    /// # Errors
    /// [`Refusal`].
    pub fn after(self, deed: Deed, who: Option<Uuid>, now: DateTime<Utc>) -> Result<Self, Refusal> {
        let state = self.state(now);
        let led = state.after(deed).ok_or(Refusal::StandsSo(state))?;
        let is_own = who == Some(self.requester);
        match deed {
            Deed::Approve | Deed::Reject if is_own || who.is_none() => return Err(Refusal::Own),
            Deed::Withdraw if !is_own => return Err(Refusal::NotOwn),
            Deed::Approve
            | Deed::Reject
            | Deed::Withdraw
            | Deed::Revoke
            | Deed::Renew
            | Deed::Replace => {}
        }
        Ok(match deed {
            Deed::Renew => self,
            Deed::Reject | Deed::Withdraw => Self { left: led, ..self },
            Deed::Approve => Self {
                left: led,
                approved_at: Some(now),
                expires_at: Some(now + TimeDelta::days(self.days.into())),
                ..self
            },
            Deed::Revoke | Deed::Replace => Self {
                left: led,
                ended_at: Some(now),
                ..self
            },
        })
    }
}

#[cfg(test)]
mod tests;
