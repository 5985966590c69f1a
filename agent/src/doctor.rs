//! Says in words what is wrong with this agent, and the line that mends it. It changes nothing but
//! a file of its own that it removes again.

use chrono::{DateTime, Utc};
use shared::wire::{ContentState, Stale, StaleReason};

use crate::{
    bundle::{self, words as of_content},
    config::Config,
    fault::words,
    host::Host,
    identity::{self, Identity},
    link,
    probe::{self, Probe},
    state::StateDir,
    status::{Status, why},
};

/// Beyond this the order of events on two hosts cannot be told, and certificates begin to fail.
const CLOCK_TOLERANCE_MS: u64 = 30_000;

/// One thing that was looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    pub verdict: Verdict,
    /// What was found.
    pub text: String,
    /// What to do about it; empty when nothing is to be done.
    pub mend: String,
}

/// How a finding is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    Good,
    /// Worth knowing, not wrong.
    Note,
    Wrong,
}

impl Finding {
    fn good(text: impl Into<String>) -> Self {
        Self::new(Verdict::Good, text, "")
    }

    fn wrong(text: impl Into<String>, mend: impl Into<String>) -> Self {
        Self::new(Verdict::Wrong, text, mend)
    }

    fn new(verdict: Verdict, text: impl Into<String>, mend: impl Into<String>) -> Self {
        Self {
            verdict,
            text: text.into(),
            mend: mend.into(),
        }
    }
}

/// For a terminal: the finding, and under it the mend.
impl std::fmt::Display for Finding {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let word = match self.verdict {
            Verdict::Good => "ok",
            Verdict::Note => "note",
            Verdict::Wrong => "WRONG",
        };
        write!(f, "{word:<6}{}", self.text)?;
        if self.mend.is_empty() {
            Ok(())
        } else {
            write!(f, "\n      -> {}", self.mend)
        }
    }
}

/// Looks at everything.
pub async fn examine(
    config: &Config,
    probes: &'static [&'static dyn Probe],
    host: &Host,
) -> Vec<Finding> {
    let state = StateDir::at(&config.state_dir);
    let now = host.clock().now();
    let mut findings = folder(&state, config.outbox.max_bytes);
    let status = Status::load(&state).ok().flatten();
    let running = state.is_locked() == Some(true);
    findings.push(if running {
        Finding::good("the agent runs")
    } else {
        Finding::wrong(
            "the agent does not run",
            "systemctl enable --now openwatch-agent",
        )
    });
    match Identity::load(&state) {
        Ok(Some(identity)) => {
            findings.push(Finding::good(format!("enrolled as host {}", identity.host)));
            findings.push(key_mode(&state));
            findings.push(certificate(&identity, now));
            findings.push(collector(config, &identity, host).await);
        }
        Ok(None) => findings.push(Finding::wrong(
            "this host is not enrolled",
            "openwatch-agent enroll --collector HOST:PORT --token TOKEN",
        )),
        Err(error) => findings.push(Finding::wrong(
            words(&error),
            "run this as root; if the file is damaged: openwatch-agent enroll --force …",
        )),
    }
    let status = status.filter(|_| running);
    let ahead = status
        .as_ref()
        .and_then(|status| status.link.clock_ahead_ms);
    findings.extend(ahead.map(clock_finding));
    findings.extend(kinds(status.as_ref(), probes, host));
    findings.extend(status.as_ref().map(blind).unwrap_or_default());
    let said = status.as_ref().map(|status| &status.content);
    findings.push(content(config, &state, said, now));
    findings
}

/// Which rules the host is held to: by the daemon's word if it runs, by what lies there otherwise.
fn content(
    config: &Config,
    state: &StateDir,
    said: Option<&ContentState>,
    now: DateTime<Utc>,
) -> Finding {
    let found = bundle::in_force(state);
    let installed = config.rules.content.display();
    if let Err(why) = found {
        let mend = "run this as root; what is damaged is mended when the agent starts: \
                    systemctl restart openwatch-agent";
        return Finding::wrong(why, mend);
    }
    if found == Ok(None) && !config.rules.content.is_dir() {
        return Finding::wrong(
            format!("there are no rules: no bundle is in force, and {installed} is no folder"),
            "openwatch-agent bundle import FILE, or install openwatch-content",
        );
    }
    let Some(said) = said else {
        return Finding::good("there are rules");
    };
    let text = format!("the rules are {}", of_content::in_force(said, now));
    if of_content::is_stale(said, now) {
        let mend =
            "publish a newer bundle; without the network: openwatch-agent bundle import FILE";
        Finding::wrong(text, mend)
    } else {
        Finding::good(text)
    }
}

/// Kinds whose changes are seen late. The reason names the mend where there is one.
fn blind(status: &Status) -> Vec<Finding> {
    let finding = |(kind, why): (&String, &String)| {
        let text = format!("{kind}: changes are seen late, it is read on a timer");
        Finding::new(Verdict::Note, text, why.clone())
    };
    status.blind.iter().map(finding).collect()
}

fn folder(state: &StateDir, outbox_bytes: u64) -> Vec<Finding> {
    let path = state.path().display();
    const TRIAL: &str = "doctor.trial";
    if let Err(error) = state.write(TRIAL, "", 0o600) {
        let mend = if state.path().exists() {
            "run this as root; if it is root already, look at the disk: df, dmesg".to_owned()
        } else {
            format!("install -d -m 700 {path}")
        };
        return vec![Finding::wrong(words(&error), mend)];
    }
    // It was just made; nobody minds if it stays.
    let _ = std::fs::remove_file(state.path().join(TRIAL));
    let room = match state.free_bytes() {
        Ok(free) if free < outbox_bytes => Finding::wrong(
            format!(
                "{path} has {} MiB left, and the outbox may need {}",
                free >> 20,
                outbox_bytes >> 20
            ),
            "make room, or lower outbox.max_bytes in agent.toml",
        ),
        Ok(free) => Finding::good(format!("{path} has {} MiB left", free >> 20)),
        Err(error) => Finding::wrong(words(&error), "look at the disk: df, dmesg"),
    };
    vec![Finding::good(format!("{path} can be written")), room]
}

fn key_mode(state: &StateDir) -> Finding {
    let path = state.path().join(identity::FILE);
    let path = path.display();
    match state.mode(identity::FILE) {
        Some(identity::MODE) => Finding::good("the key is readable by its owner alone"),
        Some(mode) => Finding::wrong(
            format!("{path} has mode {mode:04o}: others can take this host's identity"),
            format!("chmod 600 {path}"),
        ),
        None => Finding::wrong(
            format!("the mode of {path} cannot be asked"),
            "run this as root",
        ),
    }
}

fn certificate(identity: &Identity, now: DateTime<Utc>) -> Finding {
    let until = identity.not_after.format("%Y-%m-%d %H:%M UTC");
    let renew = "see why in `openwatch-agent status`; after thirty days only \
                 `openwatch-agent enroll --force` helps";
    if now < identity.not_before {
        Finding::wrong(
            "the certificate is not valid yet: this host's clock is behind",
            "set the clock: timedatectl set-ntp true",
        )
    } else if now >= identity.not_after {
        Finding::wrong(format!("the certificate expired on {until}"), renew)
    } else if now >= identity.renew_at() {
        Finding::wrong(
            format!("the certificate expires on {until} and should have been renewed"),
            renew,
        )
    } else {
        Finding::good(format!("the certificate is valid until {until}"))
    }
}

async fn collector(config: &Config, identity: &Identity, host: &Host) -> Finding {
    let address = config.collector.address();
    let address = address.as_ref().unwrap_or(&identity.collector);
    match link::reach(address, identity, host.clock().clone()).await {
        Ok(()) => Finding::good(format!("the collector {address} answers")),
        Err(error) => Finding::wrong(
            format!("the collector {address}: {}", words(&error)),
            "check the address, that the collector runs, and that UDP to its port is open",
        ),
    }
}

fn clock_finding(ahead: i64) -> Finding {
    let off = ahead.unsigned_abs();
    let side = if ahead > 0 { "ahead of" } else { "behind" };
    let seconds = off / 1000;
    let text = format!("this host's clock is {seconds} s {side} the collector's");
    if off > CLOCK_TOLERANCE_MS {
        Finding::wrong(text, "set the clock: timedatectl set-ntp true")
    } else {
        Finding::good("this host's clock agrees with the collector's")
    }
}

/// What cannot be read: by the daemon, in its sandbox, if it runs; by this process otherwise.
fn kinds(
    status: Option<&Status>,
    probes: &'static [&'static dyn Probe],
    host: &Host,
) -> Vec<Finding> {
    let known = status.and_then(|status| status.journal.as_ref());
    let seen: Vec<(String, Option<Stale>)> = match known {
        Some(journal) => {
            let kinds = journal.kinds.iter();
            kinds.map(|k| (k.kind.clone(), k.stale.clone())).collect()
        }
        None => probes
            .iter()
            .map(|probe| probe::observe(*probe, host))
            .map(|observation| (observation.kind.to_owned(), observation.seen.err()))
            .collect(),
    };
    let readable = seen.iter().filter(|(_, stale)| stale.is_none()).count();
    let mut findings = vec![Finding::good(format!(
        "{readable} of {} kinds of facts can be read",
        seen.len()
    ))];
    findings.extend(seen.iter().filter_map(|(kind, stale)| {
        let stale = stale.as_ref()?;
        let (verdict, mend) = mend(kind, stale.reason);
        Some(Finding::new(
            verdict,
            format!("{kind}: {}", why(stale)),
            mend,
        ))
    }));
    findings
}

fn mend(kind: &str, reason: StaleReason) -> (Verdict, String) {
    let again = format!("openwatch-agent facts --kind {kind}");
    match reason {
        StaleReason::Denied => (
            Verdict::Wrong,
            format!(
                "run `{again}` as root; if that works, the service lacks CAP_DAC_READ_SEARCH: systemctl edit openwatch-agent"
            ),
        ),
        StaleReason::Unavailable => (
            Verdict::Note,
            "nothing to do if this host has none; otherwise start what serves it".into(),
        ),
        StaleReason::TimedOut => (
            Verdict::Wrong,
            format!(
                "see whether `{again}` hangs (a dead network mount?), or raise collect.timeout_s"
            ),
        ),
        StaleReason::Malformed | StaleReason::TooLarge | StaleReason::Failed => {
            (Verdict::Wrong, format!("report what `{again}` says"))
        }
    }
}

/// Whether anything is wrong.
pub fn is_wrong(findings: &[Finding]) -> bool {
    findings.iter().any(|f| f.verdict == Verdict::Wrong)
}

#[cfg(test)]
mod tests;
