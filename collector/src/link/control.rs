//! Settings on their way to a host, and what its agent says came of them.

use shared::wire::{CollectorMessage, InForce, MAX_KINDS, SettingsVersion};
use tracing::{debug, warn};

use super::Context;
use crate::{
    live::Event,
    store::{self, certificate::Member, settings::OfHost},
};

/// Longest text of a refusal that is kept, characters.
const MAX_WORDS: usize = 300;

/// The settings of a host for which this is `set`, unless they are what `known` names.
///
/// # Errors
/// sqlx's.
pub(super) async fn settings(
    context: &Context,
    member: Member,
    set: &OfHost,
    known: Option<SettingsVersion>,
) -> sqlx::Result<Option<(SettingsVersion, CollectorMessage)>> {
    let settings = set.effective.message(&set.labels);
    let version = settings
        .version()
        .map_err(|error| sqlx::Error::Encode(error.into()))?;
    if known == Some(version) {
        return Ok(None);
    }
    let mut db = context.db.acquire().await?;
    store::settings::sent(&mut db, member.host_no, &version, context.clock.now()).await?;
    Ok(Some((version, CollectorMessage::Settings(settings))))
}

/// Keeps what the agent says, as far as it may be kept.
///
/// # Errors
/// sqlx's.
pub(super) async fn reported(
    context: &Context,
    member: Member,
    report: InForce,
) -> sqlx::Result<()> {
    let names = |names: Vec<String>| -> Vec<String> {
        let kinds = names.into_iter().take(MAX_KINDS);
        let known = kinds.filter(|kind| shared::fact::check_kind(kind).is_ok());
        known.collect()
    };
    let report = InForce {
        version: report.version,
        refused: report.refused.map(words),
        unknown: names(report.unknown),
        disabled: names(report.disabled),
    };
    match &report.refused {
        Some(why) => warn!(why, "host refuses its settings"),
        None => debug!("settings are in force on the host"),
    }
    let now = context.clock.now();
    let mut db = context.db.acquire().await?;
    let before = store::settings::standing(&mut db, member.host_no).await?;
    let before = before.unwrap_or_default();
    store::settings::reported(&mut db, member.host_no, &report, now).await?;
    let version = report.version.as_ref().map(|version| &version[..]);
    // Each session begins with a report, and nearly all say nothing new.
    if before.in_force.as_deref() != version || before.refused != report.refused {
        // The host itself is another, and none of its facts.
        context.feed.publish(Event::HostChanged {
            host: member.host,
            kinds: Vec::new(),
        });
    }
    Ok(())
}

/// What of an agent's words is kept.
pub(super) fn words(text: String) -> String {
    let printable = text.chars().filter(|c| !c.is_control());
    printable.take(MAX_WORDS).collect()
}
