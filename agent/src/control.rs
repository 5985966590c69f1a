//! Settings from the collector: received over the link, checked, kept, and in force also while the
//! collector is away.
//!
//! They can say less than the host's own file: `control.accept_settings` refuses them all, and
//! what `collect.disabled` names stays off. What is in force is a value that tasks watch.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Mutex, MutexGuard},
    time::Duration,
};

use serde::{Deserialize, Serialize};
use shared::wire::{InForce, Settings, SettingsVersion};
use tokio::sync::watch;
use tracing::{info, warn};

use crate::state::{StateDir, StateError};

/// The settings' file in the state folder.
pub const FILE: &str = "control.json";

/// What is in force, as tasks see it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Control {
    /// The kinds for which something is set. Ask by [`Control::kind`].
    pub kinds: BTreeMap<String, KindControl>,
    pub metrics: MetricsControl,
    /// Between two full looks at everything; `None`: what the host's own file says.
    pub reconcile: Option<Duration>,
    /// What the administrators call this host.
    pub labels: BTreeMap<String, String>,
}

/// Whether and how often one kind is looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct KindControl {
    pub enabled: bool,
    /// For kinds that are looked at by a timer; `None`: as often as the agent thinks fit.
    pub every: Option<Duration>,
}

/// Whether and how often metrics are sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct MetricsControl {
    pub enabled: bool,
    /// `None`: as often as the agent thinks fit.
    pub send_every: Option<Duration>,
}

/// What the host's own file says about settings from the collector.
#[derive(Debug, Clone, Default)]
pub struct Policy {
    pub accept_settings: bool,
    /// Kinds that are off, whatever the collector says.
    pub disabled: BTreeSet<String>,
}

/// Takes settings and keeps them.
#[derive(Debug)]
pub struct Controller {
    state: StateDir,
    policy: Policy,
    /// The kinds that this agent has.
    known: BTreeSet<String>,
    kept: Mutex<Option<Kept>>,
    control: watch::Sender<Control>,
}

/// Settings as they are kept on disk.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Kept {
    version: SettingsVersion,
    settings: Settings,
}

impl Default for Control {
    fn default() -> Self {
        Self {
            kinds: BTreeMap::new(),
            metrics: MetricsControl {
                enabled: true,
                send_every: None,
            },
            reconcile: None,
            labels: BTreeMap::new(),
        }
    }
}

impl Default for KindControl {
    fn default() -> Self {
        Self {
            enabled: true,
            every: None,
        }
    }
}

impl Control {
    /// What is in force for a kind.
    pub fn kind(&self, kind: &str) -> KindControl {
        self.kinds.get(kind).copied().unwrap_or_default()
    }

    fn new(settings: Option<&Settings>, policy: &Policy) -> Self {
        let none = Settings::default();
        let settings = settings.unwrap_or(&none);
        let seconds = |s: u32| Duration::from_secs(s.into());
        let mut control = Self::default();
        for kind in &settings.kinds {
            let set = KindControl {
                enabled: kind.enabled.unwrap_or(true),
                every: kind.every_s.map(seconds),
            };
            control.kinds.insert(kind.kind.clone(), set);
        }
        for kind in &policy.disabled {
            control.kinds.entry(kind.clone()).or_default().enabled = false;
        }
        control.metrics.enabled = settings.metrics_enabled.unwrap_or(true);
        control.metrics.send_every = settings.metrics_send_every_s.map(seconds);
        control.reconcile = settings.reconcile_s.map(seconds);
        let labels = settings.labels.iter();
        control.labels = labels
            .map(|label| (label.key.clone(), label.value.clone()))
            .collect();
        control
    }
}

impl Controller {
    /// What was kept is in force from the start. `known`: the kinds that this agent has.
    pub fn open<'a>(
        state: StateDir,
        policy: Policy,
        known: impl IntoIterator<Item = &'a str>,
    ) -> Self {
        let kept = if policy.accept_settings {
            load(&state)
        } else {
            None
        };
        let control = Control::new(kept.as_ref().map(|kept| &kept.settings), &policy);
        Self {
            state,
            policy,
            known: known.into_iter().map(String::from).collect(),
            kept: Mutex::new(kept),
            control: watch::Sender::new(control),
        }
    }

    /// What is in force, now and as it changes.
    pub fn watch(&self) -> watch::Receiver<Control> {
        self.control.subscribe()
    }

    /// Takes settings, and says what became of them. Those that cannot be used or kept change
    /// nothing. Blocking: it writes a file.
    pub fn take(&self, settings: Settings) -> InForce {
        let mut kept = self.kept();
        let refused = self.try_take(settings, &mut kept).err();
        if let Some(why) = &refused {
            warn!(why, "settings of the collector refused");
        }
        self.said(kept.as_ref(), refused)
    }

    fn try_take(&self, settings: Settings, kept: &mut Option<Kept>) -> Result<(), String> {
        if !self.policy.accept_settings {
            let key = "control.accept_settings";
            return Err(format!("this host's own settings forbid it (`{key}`)"));
        }
        settings.check().map_err(|error| error.to_string())?;
        let version = settings.version().map_err(|error| error.to_string())?;
        if kept.as_ref().is_some_and(|kept| kept.version == version) {
            return Ok(());
        }
        let new = Kept { version, settings };
        let text = serde_json::to_string(&new).map_err(|error| error.to_string())?;
        // Before they are in force: what was told to the collector must survive a restart.
        self.state
            .write(FILE, &text, 0o640)
            .map_err(|error| crate::fault::words(&error))?;
        let control = Control::new(Some(&new.settings), &self.policy);
        *kept = Some(new);
        info!("settings of the collector are in force");
        self.control.send_if_modified(|now| {
            let changed = *now != control;
            *now = control;
            changed
        });
        Ok(())
    }

    fn said(&self, kept: Option<&Kept>, refused: Option<String>) -> InForce {
        let named = kept.map(|kept| kept.settings.kinds.as_slice());
        let named = named.unwrap_or_default().iter().map(|kind| &kind.kind);
        InForce {
            version: kept.map(|kept| kept.version),
            refused,
            unknown: named
                .filter(|kind| !self.known.contains(*kind))
                .cloned()
                .collect(),
            disabled: self.policy.disabled.iter().cloned().collect(),
        }
    }

    fn kept(&self) -> MutexGuard<'_, Option<Kept>> {
        self.kept.lock().expect("no panic while held")
    }
}

/// What was kept, if it can still be used: another version of the agent may have written it.
fn load(state: &StateDir) -> Option<Kept> {
    let failed = |error: &StateError| {
        let error = error as &dyn std::error::Error;
        warn!(error, "settings that were kept cannot be read");
    };
    let text = state.read(FILE).inspect_err(failed).ok()??;
    let kept: Option<Kept> = serde_json::from_str(&text).ok();
    let kept = kept.filter(|kept| kept.settings.check().is_ok());
    if kept.is_none() {
        warn!("settings that were kept make no sense; the collector will send them again");
    }
    kept
}

#[cfg(test)]
mod tests;
