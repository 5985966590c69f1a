//! What a host's silence means: the states that a host can be in, and how what is seen leads from
//! one to the next. Pure: the caller stores what comes out.
//!
//! What is seen at once is seldom all. A connection that falls silent is [`State::LinkLost`], or
//! [`State::AgentKilled`] when the host itself says that nobody has the agent's port any more. When
//! the host comes back its agent tells how it had been, and the interval gets a *cause* beside the
//! state that was shown; what was shown is not rewritten.

use std::{fmt, str::FromStr};

use chrono::{DateTime, SubsecRound as _, TimeDelta, Utc};
use shared::wire::{Ending, Previous};

/// How a host stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum State {
    /// Enrolled, and never connected since.
    NeverSeen,
    Online,
    /// The agent was stopped, and said so.
    AgentStopped,
    HostShutdown,
    HostRebooting,
    /// No packets arrive, and nothing is known of the host.
    LinkLost,
    /// The host answers, and nobody there has the agent's port.
    AgentKilled,
    /// This collector, or the fleet's administrator, is the reason that nothing is known.
    Unknown,
}

/// Every state, with the name that tables and API have for it.
const NAMES: [(State, &str); 8] = [
    (State::NeverSeen, "never_seen"),
    (State::Online, "online"),
    (State::AgentStopped, "agent_stopped"),
    (State::HostShutdown, "host_shutdown"),
    (State::HostRebooting, "host_rebooting"),
    (State::LinkLost, "link_lost"),
    (State::AgentKilled, "agent_killed"),
    (State::Unknown, "unknown"),
];

impl State {
    /// Its name in tables and in the API.
    pub fn name(self) -> &'static str {
        let found = NAMES.iter().find(|(state, _)| *state == self);
        found.map_or("unknown", |(_, name)| name)
    }
}

impl fmt::Display for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A text that names no state.
#[derive(Debug, thiserror::Error)]
#[error("{0:?} is not a state of a host")]
pub struct NoState(String);

impl FromStr for State {
    type Err = NoState;

    fn from_str(text: &str) -> Result<Self, NoState> {
        let found = NAMES.iter().find(|(_, name)| *name == text);
        found
            .map(|(state, _)| *state)
            .ok_or_else(|| NoState(text.into()))
    }
}

/// A time in which a host was in one state.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Interval {
    pub state: State,
    /// What was seen, for people.
    pub detail: String,
    /// The collector's clock, as is all time here.
    pub from: DateTime<Utc>,
    /// `None` for the present one.
    pub to: Option<DateTime<Utc>>,
}

/// Something that was seen of a host.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Seen {
    /// A session began.
    Arrived,
    /// Its agent said that it stops, and why.
    Farewell(Ending),
    /// Its agent ended the session otherwise, with these words.
    Left(String),
    /// Its connection fell silent, and this is what became of asking the host.
    Lost(Answer),
    /// It was heard of no more, for a reason that is none of the host's.
    Lapsed(&'static str),
}

/// What a host answers to a packet for the port that its agent had.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answer {
    /// That nobody has it: ICMP port unreachable.
    PortClosed,
    /// Nothing, or what says nothing.
    None,
}

/// What an agent tells when it is back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    pub process: Process,
    /// When its process started.
    pub started_at: DateTime<Utc>,
    /// When its host booted.
    pub booted_at: Option<DateTime<Utc>>,
    /// Whether that is another boot than the one before.
    pub rebooted: bool,
    /// How the process before it ended.
    pub previous: Previous,
}

/// Whether an agent's process is the one that spoke in the session before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Process {
    /// None has spoken before.
    First,
    Same,
    Other,
}

/// The shortest time that tables can tell from none.
const TICK: TimeDelta = TimeDelta::microseconds(1);

/// What follows `present` when `seen` is seen at `at`; `None` when nothing does. An instant that is
/// not behind the beginning of the present is moved there: intervals follow each other.
pub fn follow(present: &Interval, seen: &Seen, at: DateTime<Utc>) -> Option<Interval> {
    let online = present.state == State::Online;
    let (state, detail) = match seen {
        Seen::Arrived if !online => (State::Online, String::new()),
        Seen::Arrived => return None,
        // Only who is there can go.
        _ if !online => return None,
        Seen::Farewell(Ending::Stopped) => (State::AgentStopped, "the agent said farewell".into()),
        Seen::Farewell(Ending::HostShutdown) => (
            State::HostShutdown,
            "the agent said that the host shuts down".into(),
        ),
        Seen::Farewell(Ending::HostRebooting) => (
            State::HostRebooting,
            "the agent said that the host reboots".into(),
        ),
        // Agents of protocol 1 say it in the closing of the connection.
        Seen::Left(words) if words == "stopping" => (
            State::AgentStopped,
            "the agent closed the connection".into(),
        ),
        Seen::Left(words) => (
            State::LinkLost,
            format!("the connection was ended from there: {words}"),
        ),
        Seen::Lost(Answer::PortClosed) => (
            State::AgentKilled,
            "the host answers, and nobody there has the agent's port".into(),
        ),
        Seen::Lost(Answer::None) => (
            State::LinkLost,
            "no packets arrive, and the host does not answer".into(),
        ),
        Seen::Lapsed(why) => (State::Unknown, (*why).into()),
    };
    Some(Interval {
        state,
        detail,
        from: at.trunc_subsecs(6).max(present.from + TICK),
        to: None,
    })
}

/// What an interval that has ended was in truth, by the account of the agent that ended it; `None`
/// when the account adds nothing.
pub fn cause(ended: &Interval, account: &Account) -> Option<(State, String)> {
    if !matches!(
        ended.state,
        State::LinkLost | State::AgentKilled | State::Unknown
    ) {
        return None;
    }
    if account.process == Process::Same {
        let detail = "the agent was running all the time".into();
        return Some((State::LinkLost, detail));
    }
    told(account)
}

/// The intervals that take the place of `present`, when another process speaks than the one that was
/// there all the time, as it seemed: the host was back before its silence was noticed. Three of them,
/// without a hole; `None` when there was no such restart.
pub fn unseen(present: &Interval, account: &Account, at: DateTime<Utc>) -> Option<[Interval; 3]> {
    let at = at.trunc_subsecs(6);
    let (first, last) = (present.from + TICK, at - TICK);
    let other = account.process == Process::Other;
    if present.state != State::Online || !other || last < first {
        return None;
    }
    let (state, detail) = told(account)?;
    let down = account.booted_at.filter(|_| account.rebooted);
    let down = down.unwrap_or(account.started_at).trunc_subsecs(6);
    let down = down.clamp(first, last);
    let gone = Interval {
        state,
        detail: format!("noticed only afterwards: {detail}"),
        from: down,
        to: Some(at),
    };
    let before = Interval {
        to: Some(down),
        ..present.clone()
    };
    let back = Interval {
        state: State::Online,
        detail: String::new(),
        from: at,
        to: None,
    };
    Some([before, gone, back])
}

/// How the process before ended, in a state and in words.
fn told(account: &Account) -> Option<(State, String)> {
    let instant = |at: DateTime<Utc>| at.format("%Y-%m-%d %H:%M:%S UTC");
    let started = instant(account.started_at);
    let booted = match account.booted_at {
        Some(at) if account.rebooted => format!("; the host booted at {}", instant(at)),
        _ => String::new(),
    };
    Some(match account.previous {
        Previous::HostWentDown => (
            State::HostRebooting,
            format!("the host went down without a word{booted}"),
        ),
        Previous::Killed => (
            State::AgentKilled,
            format!("the agent was killed, and started again at {started}"),
        ),
        Previous::Ended(Ending::Stopped) => (
            State::AgentStopped,
            format!("the agent was stopped, and started again at {started}{booted}"),
        ),
        Previous::Ended(Ending::HostShutdown) => (
            State::HostShutdown,
            format!("the host was shut down{booted}"),
        ),
        Previous::Ended(Ending::HostRebooting) => (
            State::HostRebooting,
            format!("the host was rebooted{booted}"),
        ),
        // It was installed anew, or lost its state.
        Previous::None => return None,
    })
}

#[cfg(test)]
mod tests;
