//! Defects of the agent's own. What a panic left half done is not used on: the process ends, and begins
//! anew in its place at once, told in its environment what it was doing. That it leaves alone for a day, so
//! that one kind is stale or one rule an error, and everything else goes on.

use std::{
    cell::RefCell, env, os::unix::process::CommandExt as _, panic, path::PathBuf, process::Command,
};

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};
use shared::clock::{Clock as _, SystemClock};
use tracing::error;

/// Where a process finds what the one before it met.
const VARIABLE: &str = "OPENWATCH_DEFECTS";

/// How long what met a defect is left alone. After this it is tried again: what brought the defect to
/// light may be gone, and if it is not, the price is one more start.
const LEFT_ALONE: TimeDelta = TimeDelta::days(1);

/// What can be left alone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Work {
    /// Reading a kind of facts.
    Kind(String),
    /// Deciding a rule, by its id.
    Rule(String),
}

/// What met a defect.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Defect {
    work: Work,
    at: DateTime<Utc>,
    /// Where in the agent's code. The message stays in the log: it may hold what was read.
    place: String,
}

/// What this process leaves alone.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Defects(Vec<Defect>);

thread_local! {
    static DOING: RefCell<Option<Work>> = const { RefCell::new(None) };
}

/// Does `job`. If it panics, the next process knows that it was `work`.
pub fn during<T>(work: Work, job: impl FnOnce() -> T) -> T {
    let before = DOING.replace(Some(work));
    let done = job();
    DOING.set(before);
    done
}

impl Defects {
    /// What the process before this one has met, if this one took its place.
    #[expect(
        clippy::disallowed_methods,
        reason = "this is no setting, and nobody else reads it"
    )]
    pub fn told() -> Self {
        let text = env::var(VARIABLE).unwrap_or_default();
        // Nothing, or nothing that the agent wrote.
        Self(serde_json::from_str(&text).unwrap_or_default())
    }

    /// Why `work` is to be left alone at present, for people.
    pub fn of(&self, work: &Work, now: DateTime<Utc>) -> Option<String> {
        let alone = |defect: &&Defect| defect.work == *work && now < defect.at + LEFT_ALONE;
        self.0.iter().find(alone).map(|defect| {
            let until = defect.at + LEFT_ALONE;
            format!(
                "the agent has a defect at {} and leaves this alone until {}; its log has the message",
                defect.place,
                until.format("%F %T UTC")
            )
        })
    }

    /// One, as it was met at this instant.
    #[cfg(test)]
    pub(crate) fn at(work: Work, at: DateTime<Utc>) -> Self {
        let place = "a test".into();
        Self(vec![Defect { work, at, place }])
    }

    fn with(&self, defect: Defect) -> Self {
        let mut defects = self.clone();
        defects.0.retain(|known| known.work != defect.work);
        defects.0.push(defect);
        defects
    }

    fn to_text(&self) -> String {
        serde_json::to_string(&self.0).expect("defects have no map and no float")
    }
}

/// From now on a panic within [`during`] has this process begin anew, with `known` and what it met.
pub fn begin_anew_after(known: Defects) {
    let tell = panic::take_hook();
    panic::set_hook(Box::new(move |panic| {
        tell(panic);
        let Some(work) = DOING.take() else {
            return;
        };
        let at = SystemClock.now();
        if known.of(&work, at).is_some() {
            // It was to be left alone. To begin anew would be to go round in a circle.
            return;
        }
        let place = panic.location().map(ToString::to_string);
        let place = place.unwrap_or_default();
        error!(
            ?work,
            place, "the agent has a defect, and begins anew without this"
        );
        let defects = known.with(Defect { work, at, place });
        let error = program().env(VARIABLE, defects.to_text()).exec();
        error!(
            error = &error as &dyn std::error::Error,
            "it cannot begin anew"
        );
    }));
}

/// This program with what it was called with. One that was replaced on the disk meanwhile is the new one.
fn program() -> Command {
    let mut arguments = env::args_os();
    let name = arguments.next().unwrap_or_default();
    let file = env::current_exe().unwrap_or_default();
    let file = file.to_string_lossy();
    let file = PathBuf::from(file.trim_end_matches(" (deleted)"));
    let file = if file.is_file() {
        file
    } else {
        "/proc/self/exe".into()
    };
    let mut command = Command::new(file);
    command.arg0(name).args(arguments);
    command
}

#[cfg(test)]
mod tests;
