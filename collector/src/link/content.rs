//! Content in a session: what a host is offered, and what its agent says it has.

use chrono::{DateTime, Utc};
use shared::{
    clock::from_micros,
    fact::MAX_KEY,
    wire::{
        CollectorMessage, ContentRefusal, ContentState, MAX_TURNS, Offer, OfferOutcome, OfferStage,
        Trial, Turn,
    },
};
use sqlx::types::Json;
use tracing::{debug, warn};
use uuid::Uuid;

use super::{Context, control::words};
use crate::{
    live::Event,
    store::{
        bundle::{
            offer,
            report::{self, HostContent},
        },
        certificate::Member,
    },
};

/// Most serials that a host may say it keeps.
const MAX_KEPT: usize = 16;
/// Longest name of a verdict.
const MAX_VERDICT: usize = 32;

/// What a host says that no agent would.
#[derive(Debug, thiserror::Error)]
#[error("{0} that no date or number here can hold")]
pub(super) struct OutOfRange(&'static str);

/// What the host is offered, unless that is what was sent last.
///
/// # Errors
/// sqlx's.
pub(super) async fn offered(
    context: &Context,
    member: Member,
    last: Option<&Offer>,
) -> sqlx::Result<Option<(Offer, CollectorMessage)>> {
    let mut db = context.db.acquire().await?;
    let offer = offer::of_host(&mut db, member.host_no).await?;
    let new = offer.filter(|offer| last != Some(offer));
    Ok(new.map(|offer| (offer.clone(), CollectorMessage::Offer(offer))))
}

/// Keeps what the agent says.
///
/// # Errors
/// sqlx's.
pub(super) async fn reported(
    context: &Context,
    member: Member,
    said: HostContent,
) -> sqlx::Result<()> {
    match (&said.offer_refusal, &said.offer_detail) {
        (Some(refusal), detail) => {
            let (serial, detail) = (said.offer_serial, detail.as_deref().unwrap_or_default());
            warn!(
                bundle.serial = serial,
                refusal, detail, "host refuses a bundle"
            );
        }
        (None, _) => {
            let (serial, stage) = (said.offer_serial, said.offer_stage.as_deref());
            debug!(bundle.serial = serial, stage, "host told of its content");
        }
    }
    let mut db = context.db.acquire().await?;
    let before = report::of_host(&mut db, member.host_no).await?;
    report::put(&mut db, member.host_no, &said).await?;
    let timeless = |said: HostContent| HostContent {
        reported_at: None,
        ..said
    };
    // Each session begins with a report, and nearly all say nothing new.
    if before.map(timeless) != Some(timeless(said)) {
        // The host itself is another, and none of its facts.
        context.feed.publish(Event::HostChanged {
            host: member.host,
            kinds: Vec::new(),
        });
    }
    Ok(())
}

/// What an agent says at `now`, as far as it may be kept.
///
/// # Errors
/// [`OutOfRange`].
pub(super) fn read(state: ContentState, now: DateTime<Utc>) -> Result<HostContent, OutOfRange> {
    let mut said = HostContent {
        takes: true,
        reported_at: Some(now),
        ..HostContent::default()
    };
    if let Some(bundle) = state.in_force {
        said.serial = Some(serial(bundle.serial)?);
        said.manifest = Some(bundle.manifest.to_vec());
        said.created = Some(instant(bundle.created)?);
        said.expires = Some(instant(bundle.expires)?);
        said.since = Some(instant(bundle.since)?);
    }
    let kept = state.kept.into_iter().take(MAX_KEPT);
    said.kept = kept.map(serial).collect::<Result<_, _>>()?;
    if let Some(root) = state.root {
        let version = i32::try_from(root.version);
        said.root_version = Some(version.map_err(|_| OutOfRange("a root's version"))?);
        said.root_expires = Some(instant(root.expires)?);
        said.root_pinned = Some(root.pinned);
    }
    if let Some(outcome) = state.offer {
        tell_offer(&mut said, outcome)?;
    }
    Ok(said)
}

fn tell_offer(said: &mut HostContent, outcome: OfferOutcome) -> Result<(), OutOfRange> {
    let (stage, refusal) = stage(outcome.stage);
    said.offer_order = Some(Uuid::from_bytes(outcome.order));
    said.offer_serial = Some(serial(outcome.serial)?);
    said.offer_manifest = Some(outcome.manifest.to_vec());
    said.offer_stage = Some(stage.to_owned());
    said.offer_refusal = refusal.map(|refusal| reason(refusal).to_owned());
    said.offer_detail = Some(words(outcome.detail));
    said.trial = outcome.trial.map(|trial| Json(bounded(trial)));
    Ok(())
}

/// A trial whose turns have names that could be a rule's and a verdict's.
fn bounded(trial: Trial) -> Trial {
    let name = |name: &str, most| {
        (1..=most).contains(&name.len()) && name.bytes().all(|byte| byte.is_ascii_graphic())
    };
    let verdict =
        |verdict: &Option<String>| verdict.as_deref().is_none_or(|v| name(v, MAX_VERDICT));
    let fits = |turn: &Turn| name(&turn.rule, MAX_KEY) && verdict(&turn.from) && verdict(&turn.to);
    let turns = trial.turns.into_iter().take(MAX_TURNS).filter(fits);
    Trial {
        turns: turns.collect(),
        ..trial
    }
}

fn serial(serial: u64) -> Result<i64, OutOfRange> {
    i64::try_from(serial).map_err(|_| OutOfRange("a serial"))
}

/// Postgres ends later than chrono's years, and begins long after: what both have is four digits.
fn instant(micros: i64) -> Result<DateTime<Utc>, OutOfRange> {
    let years = 0..253_402_300_800_000_000_i64;
    let at = from_micros(micros).filter(|_| years.contains(&micros));
    at.ok_or(OutOfRange("an instant"))
}

/// As it is kept, with why it was refused.
fn stage(stage: OfferStage) -> (&'static str, Option<ContentRefusal>) {
    match stage {
        OfferStage::Fetching => ("fetching", None),
        OfferStage::Trying => ("trying", None),
        OfferStage::Tried => ("tried", None),
        OfferStage::InForce => ("in_force", None),
        OfferStage::Returned => ("returned", None),
        OfferStage::Refused(refusal) => ("refused", Some(refusal)),
    }
}

fn reason(refusal: ContentRefusal) -> &'static str {
    match refusal {
        ContentRefusal::Signatures => "signatures",
        ContentRefusal::Root => "root",
        ContentRefusal::Expired => "expired",
        ContentRefusal::Older => "older",
        ContentRefusal::Equivocation => "equivocation",
        ContentRefusal::Malformed => "malformed",
        ContentRefusal::TooLarge => "too_large",
        ContentRefusal::Incomplete => "incomplete",
        ContentRefusal::Agent => "agent",
        ContentRefusal::Budget => "budget",
        ContentRefusal::Errors => "errors",
        ContentRefusal::Clock => "clock",
        ContentRefusal::Storage => "storage",
        ContentRefusal::Switched => "switched",
    }
}

#[cfg(test)]
mod tests {
    use shared::wire::{HeldRoot, InForceBundle};

    use super::*;

    fn now() -> DateTime<Utc> {
        from_micros(1_700_000_000_000_000).unwrap()
    }

    fn outcome(stage: OfferStage) -> OfferOutcome {
        OfferOutcome {
            order: [7; 16],
            serial: 5,
            manifest: [8; 32],
            stage,
            trial: None,
            detail: String::new(),
        }
    }

    #[test]
    fn why_an_offer_was_refused_is_kept_beside_its_stage() {
        let offer = Some(outcome(OfferStage::Refused(ContentRefusal::Older)));
        let state = ContentState {
            offer,
            ..ContentState::default()
        };
        let said = read(state, now()).unwrap();
        assert_eq!(said.offer_stage.as_deref(), Some("refused"));
        assert_eq!(said.offer_refusal.as_deref(), Some("older"));
    }

    #[test]
    fn what_no_table_can_hold_is_refused() {
        let bundle = |serial, since| ContentState {
            in_force: Some(InForceBundle {
                serial,
                manifest: [1; 32],
                created: 1,
                expires: 2,
                since,
            }),
            ..ContentState::default()
        };
        assert!(read(bundle(u64::MAX, 3), now()).is_err());
        assert!(read(bundle(1, i64::MAX), now()).is_err());
        assert!(read(bundle(1, -1), now()).is_err());
        assert_eq!(read(bundle(1, 3), now()).unwrap().serial, Some(1));
        let root = ContentState {
            root: Some(HeldRoot {
                version: u32::MAX,
                expires: 1,
                pinned: true,
            }),
            ..ContentState::default()
        };
        assert!(read(root, now()).is_err());
    }

    #[test]
    fn of_what_a_host_says_only_a_bounded_part_is_kept() {
        let turn = |rule: &str, to: &str| Turn {
            rule: rule.into(),
            from: None,
            to: Some(to.into()),
        };
        let mut turns = vec![turn("a b", "pass"), turn("a", &"x".repeat(40))];
        turns.extend((0..MAX_TURNS).map(|n| turn(&format!("r{n}"), "fail")));
        let mut offer = outcome(OfferStage::Tried);
        offer.detail = "x\u{1b}".repeat(5000);
        offer.trial = Some(Trial {
            turns,
            ..Trial::default()
        });
        let state = ContentState {
            kept: (1..=100).collect(),
            offer: Some(offer),
            ..ContentState::default()
        };
        let said = read(state, now()).unwrap();
        assert_eq!(said.kept.len(), MAX_KEPT);
        assert_eq!(said.trial.unwrap().turns.len(), MAX_TURNS - 2);
        let detail = said.offer_detail.unwrap();
        assert!(detail.len() <= 300 && !detail.contains('\u{1b}'));
    }
}
