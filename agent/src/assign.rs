//! What the collector holds this host to: received over the link, checked, kept, and in force also while
//! the collector is away.
//!
//! Which profiles and variables there are is known where the rules are decided; it is told here when
//! they were, and goes to the collector with the next word.

use std::sync::Arc;

use shared::wire::{Assigned, Assignment, AssignmentVersion};
use tokio::sync::watch;
use tracing::{info, warn};

use crate::{
    rule::sets::{Unknown, Wanted},
    state::{StateDir, StateError},
};

/// The assignment's file in the state folder.
pub const FILE: &str = "assignment.json";

/// Takes assignments and keeps them.
#[derive(Debug)]
pub struct Assigner {
    state: StateDir,
    /// What `control.accept_settings` says.
    accepts: bool,
    wanted: watch::Sender<Arc<Wanted>>,
    said: watch::Sender<Assigned>,
}

impl Assigner {
    /// What was kept is in force from the start. `accepts`: whether this host takes any.
    pub fn open(state: StateDir, accepts: bool) -> Self {
        let kept = if accepts { load(&state) } else { None };
        let (wanted, version) = kept.unzip();
        let said = Assigned {
            version,
            ..Assigned::default()
        };
        Self {
            state,
            accepts,
            wanted: watch::Sender::new(Arc::new(wanted.unwrap_or_default())),
            said: watch::Sender::new(said),
        }
    }

    /// What is in force, now and as it changes.
    pub fn watch(&self) -> watch::Receiver<Arc<Wanted>> {
        self.wanted.subscribe()
    }

    /// What there is to say of it to the collector, now and as it changes.
    pub fn said(&self) -> watch::Receiver<Assigned> {
        self.said.subscribe()
    }

    /// Takes an assignment, after which there is something to say in any case. One that cannot be used or
    /// kept changes nothing else. Blocking: it writes a file.
    pub fn take(&self, assignment: &Assignment) {
        let refused = self.try_take(assignment).err();
        if let Some(why) = &refused {
            warn!(why, "profiles and variables of the collector refused");
        }
        self.said.send_modify(|said| said.refused = refused);
    }

    fn try_take(&self, assignment: &Assignment) -> Result<(), String> {
        if !self.accepts {
            let key = "control.accept_settings";
            return Err(format!("this host's own settings forbid it (`{key}`)"));
        }
        let (wanted, version) = read(assignment)?;
        if self.said.borrow().version == Some(version) {
            return Ok(());
        }
        let text = serde_json::to_string(assignment).map_err(|error| error.to_string())?;
        // Before it is in force: what was told to the collector must survive a restart.
        self.state
            .write(FILE, &text, 0o640)
            .map_err(|error| crate::fault::words(&error))?;
        info!(
            profiles = wanted.profiles.join(","),
            variables = wanted.variables.len(),
            "profiles and variables of the collector are in force"
        );
        self.said.send_modify(|said| {
            *said = Assigned {
                version: Some(version),
                ..Assigned::default()
            };
        });
        self.wanted.send_if_modified(|now| {
            let changed = **now != wanted;
            *now = Arc::new(wanted);
            changed
        });
        Ok(())
    }

    /// Notes what the content does not have of what is `wanted`.
    pub fn held(&self, wanted: &Wanted, unknown: &Unknown) {
        if **self.wanted.borrow() != *wanted {
            // There is a newer one, and it will be held against the content too.
            return;
        }
        self.said.send_if_modified(|said| {
            let before = (&said.unknown_profiles, &said.unknown_variables);
            if before == (&unknown.profiles, &unknown.variables) {
                return false;
            }
            said.unknown_profiles.clone_from(&unknown.profiles);
            said.unknown_variables.clone_from(&unknown.variables);
            true
        });
    }
}

/// An assignment that makes sense, and its name.
fn read(assignment: &Assignment) -> Result<(Wanted, AssignmentVersion), String> {
    assignment.check().map_err(|error| error.to_string())?;
    let wanted = Wanted::of(assignment).ok_or("a value cannot be read")?;
    let version = assignment.version().map_err(|error| error.to_string())?;
    Ok((wanted, version))
}

/// What was kept, if it can still be used: another version of the agent may have written it.
fn load(state: &StateDir) -> Option<(Wanted, AssignmentVersion)> {
    let failed = |error: &StateError| {
        let error = error as &dyn std::error::Error;
        warn!(
            error,
            "profiles and variables that were kept cannot be read"
        );
    };
    let text = state.read(FILE).inspect_err(failed).ok()??;
    let kept: Option<Assignment> = serde_json::from_str(&text).ok();
    let found = kept.and_then(|kept| read(&kept).ok());
    if found.is_none() {
        warn!("profiles and variables that were kept make no sense; they will be sent again");
    }
    found
}

#[cfg(test)]
mod tests;
