//! What a host is held to, on its way there, and what its agent says came of it.

use shared::wire::{
    Assigned, AssignmentVersion, CollectorMessage, MAX_PROFILE, MAX_PROFILES, MAX_VARIABLE,
    MAX_VARIABLES,
};
use tracing::{debug, warn};

use super::{Context, control::words};
use crate::{live::Event, settings::EffectiveCompliance, store, store::certificate::Member};

/// What the host is held to, unless that is what `known` names. It is not sent when no agent would take
/// it: layers that are good each can be too much together.
///
/// # Errors
/// sqlx's.
pub(super) async fn assignment(
    context: &Context,
    member: Member,
    compliance: &EffectiveCompliance,
    known: Option<AssignmentVersion>,
) -> sqlx::Result<Option<(AssignmentVersion, Option<CollectorMessage>)>> {
    let assignment = compliance.message();
    let version = assignment
        .version()
        .map_err(|error| sqlx::Error::Encode(error.into()))?;
    if known == Some(version) {
        return Ok(None);
    }
    let unfit = assignment.check().err().map(|error| error.to_string());
    if let Some(why) = &unfit {
        warn!(why, "what a host is held to cannot be sent");
    }
    let mut db = context.db.acquire().await?;
    let now = context.clock.now();
    store::assignment::sent(&mut db, member.host_no, &version, unfit.as_deref(), now).await?;
    let message = unfit
        .is_none()
        .then_some(CollectorMessage::Assignment(assignment));
    Ok(Some((version, message)))
}

/// Keeps what the agent says, as far as it may be kept.
///
/// # Errors
/// sqlx's.
pub(super) async fn reported(
    context: &Context,
    member: Member,
    report: Assigned,
) -> sqlx::Result<()> {
    let report = Assigned {
        version: report.version,
        refused: report.refused.map(words),
        unknown_profiles: names(report.unknown_profiles, MAX_PROFILES, MAX_PROFILE),
        unknown_variables: names(report.unknown_variables, MAX_VARIABLES, MAX_VARIABLE),
    };
    match &report.refused {
        Some(why) => warn!(why, "host refuses its profiles and variables"),
        None => debug!("profiles and variables are in force on the host"),
    }
    let now = context.clock.now();
    let mut db = context.db.acquire().await?;
    let before = store::assignment::standing(&mut db, member.host_no).await?;
    store::assignment::reported(&mut db, member.host_no, &report, now).await?;
    let after = store::assignment::standing(&mut db, member.host_no).await?;
    let said = |standing: Option<store::assignment::Standing>| store::assignment::Standing {
        reported_at: None,
        ..standing.unwrap_or_default()
    };
    // Each session begins with a report, and nearly all say nothing new.
    if said(before) != said(after) {
        // The host itself is another, and none of its facts.
        context.feed.publish(Event::HostChanged {
            host: member.host,
            kinds: Vec::new(),
        });
    }
    Ok(())
}

/// Those that could be names.
fn names(names: Vec<String>, most: usize, longest: usize) -> Vec<String> {
    let fits = |name: &String| {
        (1..=longest).contains(&name.len()) && name.bytes().all(|byte| byte.is_ascii_graphic())
    };
    names.into_iter().take(most).filter(fits).collect()
}
