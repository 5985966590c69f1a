//! How content stands, in words.

use std::fmt::Write as _;

use chrono::{DateTime, SecondsFormat, Utc};
use shared::{
    clock::from_micros,
    wire::{ContentState, OfferOutcome, OfferStage, Trial},
};

/// What is in force, on one line.
pub fn in_force(state: &ContentState, now: DateTime<Utc>) -> String {
    let Some(bundle) = &state.in_force else {
        return "what was installed with the agent".into();
    };
    let mut text = format!("bundle {} of {}", bundle.serial, day(bundle.created));
    let _ = match is_stale(state, now) {
        true => write!(text, ", stale: it expired {}", day(bundle.expires)),
        false => write!(text, ", until {}", day(bundle.expires)),
    };
    text
}

/// Whether what is in force should have been replaced by a newer bundle.
pub fn is_stale(state: &ContentState, now: DateTime<Utc>) -> bool {
    let bundle = state.in_force.as_ref();
    bundle.is_some_and(|bundle| bundle.expires <= now.timestamp_micros())
}

/// Everything, a line each.
pub fn state(state: &ContentState, now: DateTime<Utc>) -> String {
    let mut text = String::new();
    let mut line = |name: &str, value: String| {
        let _ = writeln!(text, "{name:<12} {value}");
    };
    line("in force", in_force(state, now));
    if let Some(bundle) = &state.in_force {
        line("since", instant(bundle.since));
        line(
            "manifest",
            bundle
                .manifest
                .iter()
                .map(|byte| format!("{byte:02x}"))
                .collect(),
        );
    }
    if !state.kept.is_empty() {
        let kept: Vec<_> = state.kept.iter().map(u64::to_string).collect();
        line("kept", kept.join(", "));
    }
    line(
        "root",
        match &state.root {
            None => "none: the first that comes is believed".into(),
            Some(root) => {
                let from = match root.pinned {
                    true => "put beside the agent",
                    false => "the first that came",
                };
                format!(
                    "{} until {}; trust begins with the one {from}",
                    root.version,
                    day(root.expires)
                )
            }
        },
    );
    if let Some(offer) = &state.offer {
        line("last offer", outcome(offer));
    }
    text
}

/// What came of a trial, on one line.
pub fn trial(trial: &Trial) -> String {
    format!(
        "{} results, {} that turn, {} errors ({} before), {} ms of the processor",
        trial.results, trial.turning, trial.errors, trial.errors_before, trial.cpu_ms
    )
}

fn outcome(offer: &OfferOutcome) -> String {
    let stage = match offer.stage {
        OfferStage::Fetching => "is being fetched",
        OfferStage::Trying => "is being tried",
        OfferStage::Tried => "was tried",
        OfferStage::InForce => "came in force",
        OfferStage::Returned => "came in force and was taken back",
        OfferStage::Refused(_) => "was refused",
    };
    let mut text = format!("bundle {} {stage}", offer.serial);
    if !offer.detail.is_empty() {
        let _ = write!(text, ": {}", offer.detail);
    }
    if let Some(told) = &offer.trial {
        let _ = write!(text, " ({})", trial(told));
    }
    text
}

fn day(micros: i64) -> String {
    at(micros, |at| at.format("%Y-%m-%d").to_string())
}

fn instant(micros: i64) -> String {
    at(micros, |at| at.to_rfc3339_opts(SecondsFormat::Secs, true))
}

fn at(micros: i64, say: impl FnOnce(DateTime<Utc>) -> String) -> String {
    from_micros(micros).map_or_else(|| "no instant".into(), say)
}
