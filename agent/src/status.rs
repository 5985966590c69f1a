//! How the agent stands: written by the daemon, printed by `openwatch-agent status`.

use std::{collections::BTreeMap, fmt::Write as _};

use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};
use serde::{Deserialize, Serialize};
use shared::{
    id::HostId,
    rule::variable::Values,
    wire::{ContentState, Stale, StaleReason},
};

use crate::{
    bundle::words,
    control::Control,
    fault::Fault,
    journal::Summary,
    link::{LinkState, LinkStatus},
    state::{StateDir, StateError},
};

/// The status' file in the state folder.
pub const FILE: &str = "status.json";

/// How the agent stands.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Status {
    pub version: String,
    pub pid: u32,
    /// When anything below last changed.
    pub written_at: DateTime<Utc>,
    pub host: HostId,
    /// `HOST:PORT`.
    pub collector: String,
    pub certificate_expires: DateTime<Utc>,
    pub link: LinkStatus,
    /// The settings in force.
    pub control: Control,
    /// Profiles that the host is held to, in order.
    #[serde(default)]
    pub profiles: Vec<String>,
    /// Variables of rules that are set for it.
    #[serde(default)]
    pub variables: Values,
    /// The bundles that it has.
    #[serde(default)]
    pub content: ContentState,
    /// `None` when the journal cannot be read.
    pub journal: Option<Summary>,
    /// Why the journal cannot be written at present.
    pub journal_error: Option<Fault>,
    /// Why the certificate could not be renewed, until it was.
    pub renew_error: Option<Fault>,
    /// Kinds that are read on a timer, because what would tell of them cannot be listened to, and
    /// why.
    #[serde(default)]
    pub blind: BTreeMap<String, String>,
}

impl Status {
    /// The last status written to `state`; `None` when there is none, or another version of the
    /// agent wrote it.
    ///
    /// # Errors
    /// [`StateError`] when the file cannot be read.
    pub fn load(state: &StateDir) -> Result<Option<Self>, StateError> {
        let text = state.read(FILE)?;
        Ok(text.and_then(|text| serde_json::from_str(&text).ok()))
    }

    /// Replaces the status in `state`.
    ///
    /// # Errors
    /// [`StateError`].
    pub fn save(&self, state: &StateDir) -> Result<(), StateError> {
        let text = serde_json::to_string_pretty(self).expect("a status has no map and no float");
        state.write(FILE, &text, 0o640)
    }

    /// Whether `other` says the same, whenever it was written.
    pub fn says_the_same(&self, other: &Self) -> bool {
        let written_at = self.written_at;
        let other = Self {
            written_at,
            ..other.clone()
        };
        *self == other
    }

    /// The status for people. `running`: whether the daemon that wrote it still runs.
    pub fn render(&self, running: Option<bool>, now: DateTime<Utc>) -> String {
        let mut text = String::new();
        let mut line = |name: &str, value: String| {
            let _ = writeln!(text, "{name:<12} {value}");
        };
        line("agent", self.daemon(running));
        line("host", self.host.to_string());
        line(
            "collector",
            format!("{}, {}", self.collector, self.session(running, now)),
        );
        if let Some(fault) = &self.link.last_error {
            line("last error", dated(fault));
        }
        let left = self.certificate_expires - now;
        line(
            "certificate",
            format!(
                "expires {} ({})",
                instant(self.certificate_expires),
                within(left)
            ),
        );
        if let Some(fault) = &self.renew_error {
            line("renewal", format!("fails: {}", dated(fault)));
        }
        if let Some(fault) = &self.journal_error {
            line("journal", format!("cannot be written: {}", dated(fault)));
        }
        for (name, value) in settings(&self.control) {
            line(name, value);
        }
        if !self.profiles.is_empty() {
            line("profiles", self.profiles.join(", "));
        }
        for (name, value) in &self.variables {
            line("variable", format!("{name} = {value}"));
        }
        line("content", words::in_force(&self.content, now));
        if let Some(journal) = &self.journal {
            line("sent", outbox(journal));
            for kind in &journal.kinds {
                let rows = match kind.changed_at {
                    Some(at) => format!("{} rows, changed {}", kind.rows, instant(at)),
                    None => "never read".into(),
                };
                let stale = kind
                    .stale
                    .as_ref()
                    .map(|stale| format!("; stale: {}", why(stale)));
                let blind = self.blind.get(&kind.kind);
                let blind = blind.map(|why| format!("; on a timer: {why}"));
                line(
                    &kind.kind,
                    rows + &stale.unwrap_or_default() + &blind.unwrap_or_default(),
                );
            }
        }
        text
    }

    fn daemon(&self, running: Option<bool>) -> String {
        let version = &self.version;
        match running {
            Some(true) => format!("{version}, running as process {}", self.pid),
            Some(false) => format!(
                "{version}, not running; what follows is as of {}",
                instant(self.written_at)
            ),
            None => format!("{version}, process {}", self.pid),
        }
    }

    fn session(&self, running: Option<bool>, now: DateTime<Utc>) -> String {
        match &self.link.state {
            _ if running == Some(false) => "not connected".into(),
            LinkState::Connected { since, address } => {
                format!("connected to {address} since {}", instant(*since))
            }
            LinkState::Connecting => "connecting".into(),
            LinkState::Waiting { until } => {
                let wait = (*until - now).num_seconds().max(0);
                format!("not connected, next attempt in {wait} s")
            }
        }
    }
}

/// Why a kind cannot be read, in words.
pub fn why(stale: &Stale) -> String {
    let reason = match stale.reason {
        StaleReason::Denied => "the agent may not read it",
        StaleReason::Unavailable => "what serves it is not there",
        StaleReason::Malformed => "it makes no sense",
        StaleReason::TimedOut => "it did not answer in time",
        StaleReason::TooLarge => "it is larger than the agent's bounds",
        StaleReason::Failed => "reading it failed",
    };
    format!("{reason} ({})", stale.detail)
}

/// What differs from an agent that nobody set anything for.
fn settings(control: &Control) -> Vec<(&'static str, String)> {
    let mut lines = Vec::new();
    for (kind, set) in &control.kinds {
        let every = set
            .every
            .map(|every| format!("{kind} every {} s", every.as_secs()));
        let off = (!set.enabled).then(|| format!("{kind} is switched off"));
        lines.extend(off.or(every).map(|line| ("setting", line)));
    }
    if !control.metrics.enabled {
        lines.push(("setting", "metrics are switched off".into()));
    } else if let Some(every) = control.metrics.send_every {
        lines.push(("setting", format!("metrics every {} s", every.as_secs())));
    }
    if let Some(reconcile) = control.reconcile {
        let seconds = reconcile.as_secs();
        lines.push(("setting", format!("everything afresh every {seconds} s")));
    }
    let labels = control.labels.iter();
    let labels: Vec<_> = labels
        .map(|(key, value)| format!("{key}={value}"))
        .collect();
    if !labels.is_empty() {
        lines.push(("labels", labels.join(", ")));
    }
    lines
}

fn outbox(journal: &Summary) -> String {
    let waiting = match journal.pending_records {
        0 => "nothing waits".into(),
        n => format!(
            "{n} records wait ({} KiB)",
            journal.pending_bytes.div_ceil(1024)
        ),
    };
    let (acked, last) = (journal.acked_seq, journal.last_seq);
    format!("record {acked} of {last} acknowledged, {waiting}")
}

fn within(left: TimeDelta) -> String {
    match (left.num_days(), left.num_hours()) {
        _ if left <= TimeDelta::zero() => "expired".into(),
        (0, hours) => format!("in {hours} hours"),
        (1, _) => "in 1 day".into(),
        (days, _) => format!("in {days} days"),
    }
}

fn dated(fault: &Fault) -> String {
    format!("{} ({})", fault.message, instant(fault.at))
}

fn instant(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::Secs, true)
}

#[cfg(test)]
mod tests {
    use shared::id::Epoch;

    use std::time::Duration;

    use super::*;
    use crate::{control::KindControl, journal::KindSummary};

    fn at(seconds: i64) -> DateTime<Utc> {
        DateTime::UNIX_EPOCH + TimeDelta::seconds(1_700_000_000 + seconds)
    }

    fn control() -> Control {
        let mut control = Control::default();
        let off = KindControl {
            enabled: false,
            every: None,
        };
        let slow = KindControl {
            enabled: true,
            every: Some(Duration::from_secs(90)),
        };
        control.kinds.insert("package".into(), off);
        control.kinds.insert("listener".into(), slow);
        control.labels.insert("role".into(), "web".into());
        control
    }

    fn status() -> Status {
        let kind = |kind: &str, rows, stale| KindSummary {
            kind: kind.into(),
            rows,
            changed_at: Some(at(-60)),
            stale,
        };
        let denied = Stale {
            reason: StaleReason::Denied,
            detail: "/etc/shadow: permission denied".into(),
        };
        Status {
            version: "0.1.0".into(),
            pid: 77,
            written_at: at(-5),
            host: HostId::default(),
            collector: "ow.example:8443".into(),
            certificate_expires: at(86_400 * 20),
            link: LinkStatus {
                state: LinkState::Connected {
                    since: at(-600),
                    address: "192.0.2.1:8443".into(),
                },
                last_error: Some(Fault {
                    at: at(-700),
                    message: "reaching the collector".into(),
                }),
                clock_ahead_ms: Some(3),
            },
            control: control(),
            profiles: vec!["cis-l1".into(), "site".into()],
            variables: [("tries".into(), serde_json::from_str("3").unwrap())].into(),
            content: ContentState::default(),
            journal: Some(Summary {
                epoch: Epoch(1),
                last_seq: 12,
                acked_seq: 10,
                pending_records: 2,
                pending_bytes: 2000,
                kinds: vec![kind("package", 480, None), kind("user", 31, Some(denied))],
            }),
            journal_error: None,
            renew_error: None,
            blind: BTreeMap::new(),
        }
    }

    #[test]
    fn the_status_is_said_in_words() {
        let text = status().render(Some(true), at(0));
        for part in [
            "running as process 77",
            "ow.example:8443, connected to 192.0.2.1:8443 since 2023-11-14T22:03:20Z",
            "reaching the collector (2023-11-14T22:01:40Z)",
            "(in 20 days)",
            "record 10 of 12 acknowledged, 2 records wait (2 KiB)",
            "package      480 rows",
            "setting      package is switched off",
            "setting      listener every 90 s",
            "labels       role=web",
            "profiles     cis-l1, site",
            "variable     tries = 3",
            "content      what was installed with the agent",
            "stale: the agent may not read it (/etc/shadow: permission denied)",
        ] {
            assert!(text.contains(part), "{part}\n{text}");
        }
    }

    #[test]
    fn the_status_of_an_agent_that_does_not_run_claims_no_connection() {
        let text = status().render(Some(false), at(0));
        assert!(text.contains("not running; what follows is as of 2023-11-14T22:13:15Z"));
        assert!(
            text.contains("not connected") && !text.contains("192.0.2.1"),
            "{text}"
        );
    }

    #[test]
    fn a_status_survives_its_file_and_a_foreign_one_is_ignored() {
        let folder = tempfile::tempdir().unwrap();
        let state = StateDir::at(folder.path());
        assert_eq!(Status::load(&state).unwrap(), None);
        status().save(&state).unwrap();
        let loaded = Status::load(&state).unwrap().unwrap();
        assert_eq!(loaded.journal, status().journal);
        state.write(FILE, "{\"version\":\"9\"}", 0o640).unwrap();
        assert_eq!(Status::load(&state).unwrap(), None);
    }
}
