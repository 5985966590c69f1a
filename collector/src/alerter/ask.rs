//! What is so of an alert rule's condition now.

use chrono::{DateTime, Days, SecondsFormat, TimeDelta, Utc};
use shared::rule::{Severity, result::parts};
use sqlx::PgConnection;

use crate::{
    alert::{Condition, Firing},
    catalogue::Catalogue,
    store::{
        self,
        alert::{
            Rule,
            condition::{self, Among, Found, Pending, Waivers},
        },
    },
};

/// Conditions that people write.
mod expression;

/// States in which a host is away though nobody said that it would be.
const UNREACHABLE: [&str; 2] = ["link_lost", "agent_killed"];

/// Everything that is so, of these hosts or of all.
///
/// # Errors
/// sqlx's.
pub(super) async fn firing(
    db: &mut PgConnection,
    catalogue: &Catalogue,
    rule: &Rule,
    hosts: Option<&[i32]>,
    now: DateTime<Utc>,
) -> sqlx::Result<Vec<Firing>> {
    let among = Among {
        hosts,
        group: rule.group_no,
    };
    match &rule.condition {
        Condition::Finding { severity } => {
            let severity = Severity::from(*severity);
            let rules = catalogue.rules.iter();
            let rules = rules.filter(|(_, entry)| entry.rule.severity == severity);
            let rules: Vec<String> = rules.map(|(id, _)| id.clone()).collect();
            let found = condition::failing(db, among, &rules, now).await?;
            let firing = found.into_iter().map(|found| Firing {
                key: parts(&found.key).0.to_owned(),
                host_no: Some(found.host_no),
                item: found.key,
                text: found.text,
                severity,
            });
            Ok(firing.collect())
        }
        Condition::ScoreDrop { points, hours } => {
            let then = now - TimeDelta::hours((*hours).into());
            let least = i32::from(*points) * 10_000;
            let scores = condition::scores(db, among, then).await?.into_iter();
            let fell = scores.filter_map(|score| {
                let before = score.before?;
                let text = format!("{} %, it was {} %", percent(score.now), percent(before));
                (before - score.now >= least).then(|| host(score.host_no, text, Severity::High))
            });
            Ok(fell.collect())
        }
        Condition::ScoreBelow { percent: least } => {
            let scores = condition::scores(db, among, now).await?.into_iter();
            let low = scores.filter(|score| score.now < i32::from(*least) * 10_000);
            let low = low.map(|score| {
                host(
                    score.host_no,
                    format!("{} %", percent(score.now)),
                    Severity::Medium,
                )
            });
            Ok(low.collect())
        }
        Condition::Errors { least } => {
            let scores = condition::scores(db, among, now).await?.into_iter();
            let many = scores.filter(|score| score.errors >= i32::from(*least));
            let many = many.map(|score| {
                host(
                    score.host_no,
                    format!("{} rules", score.errors),
                    Severity::Medium,
                )
            });
            Ok(many.collect())
        }
        Condition::Falling { days } => {
            let ats = (0..=u64::from(*days)).rev().map(|ago| now - Days::new(ago));
            let falling = condition::falling(db, among, &ats.collect::<Vec<_>>()).await?;
            let text = || format!("lower each day for {days} days");
            let falling = falling.into_iter();
            Ok(falling
                .map(|host_no| host(host_no, text(), Severity::Medium))
                .collect())
        }
        Condition::Unreachable { seconds } => {
            let since = now - TimeDelta::seconds((*seconds).into());
            let away = condition::away(db, among, &UNREACHABLE, since).await?;
            Ok(away
                .into_iter()
                .map(|found| left(found, Severity::High))
                .collect())
        }
        Condition::Silent { hours } => {
            let since = now - TimeDelta::hours((*hours).into());
            let away = condition::away(db, among, &[], since).await?;
            Ok(away
                .into_iter()
                .map(|found| left(found, Severity::Medium))
                .collect())
        }
        Condition::Behind { hosts, minutes } => {
            let since = now - TimeDelta::minutes((*minutes).into());
            let (all, long) = condition::behind(db, since).await?;
            let is_so = all >= i64::from(*hosts) && long > 0;
            let firing = is_so.then(|| Firing {
                key: String::new(),
                host_no: None,
                item: "queue".into(),
                text: format!("{all} hosts wait, {long} of them for {minutes} min"),
                severity: Severity::High,
            });
            Ok(firing.into_iter().collect())
        }
        Condition::Event { codes, minutes } => {
            let since = now - TimeDelta::minutes((*minutes).into());
            let happened = condition::happened(db, among, codes, since, None).await?;
            let firing = happened.into_iter().map(|event| Firing {
                key: event_key(&event.code, &event.subject),
                host_no: Some(event.host_no),
                item: event.subject,
                text: event.text,
                severity: store::event::severity(event.severity),
            });
            Ok(firing.collect())
        }
        Condition::Stalled { minutes } => {
            let since = now - TimeDelta::minutes((*minutes).into());
            let waiting = condition::waiting(db, since).await?;
            let firing = (waiting > 0).then(|| Firing {
                key: String::new(),
                host_no: None,
                item: "jobs".into(),
                text: format!("{waiting} jobs have been due for {minutes} min"),
                severity: Severity::High,
            });
            Ok(firing.into_iter().collect())
        }
        Condition::HostExpression { when } => expression::of_hosts(db, among, when).await,
        Condition::EventExpression { when, minutes } => {
            let since = now - TimeDelta::minutes((*minutes).into());
            expression::of_events(db, among, when, since).await
        }
        Condition::Drift {
            level,
            state,
            minutes,
        } => {
            let since = now - TimeDelta::minutes((*minutes).into());
            let drifted =
                condition::drifted(db, among, (*level).into(), (*state).into(), since).await?;
            let firing = drifted.into_iter().map(|drift| Firing {
                key: format!("{} {}", drift.story, drift.subject),
                host_no: Some(drift.host_no),
                item: drift.key,
                text: drift.text,
                severity: store::event::severity(drift.severity),
            });
            Ok(firing.collect())
        }
        Condition::Mass { hosts, minutes } => {
            let since = now - TimeDelta::minutes((*minutes).into());
            let codes = ["result.failed".to_owned()];
            let mut happened = condition::happened(db, among, &codes, since, Some(now)).await?;
            let least = usize::from(*hosts);
            let mut many =
                std::collections::BTreeMap::<String, std::collections::BTreeSet<i32>>::new();
            for event in &happened {
                let rule = parts(&event.subject).0.to_owned();
                many.entry(rule).or_default().insert(event.host_no);
            }
            many.retain(|_, hosts| hosts.len() >= least);
            happened.retain(|event| many.contains_key(parts(&event.subject).0));
            let firing = happened.into_iter().map(|event| Firing {
                key: parts(&event.subject).0.to_owned(),
                host_no: Some(event.host_no),
                item: event.subject,
                text: event.text,
                severity: Severity::Critical,
            });
            Ok(firing.collect())
        }
        Condition::WaiverRequested {} => {
            let pending = condition::waivers(db, among, Waivers::Requested).await?;
            let firing = pending.into_iter().map(|one| {
                let text = format!(
                    "{} asks, for {}: {}",
                    one.requested_by,
                    whom(&one),
                    one.reason
                );
                waiver(one, text, Severity::Low)
            });
            Ok(firing.collect())
        }
        Condition::WaiverExpiring { days } => {
            let which = Waivers::Ending(now, now + TimeDelta::days((*days).into()));
            let pending = condition::waivers(db, among, which).await?;
            let severity = if *days <= 3 {
                Severity::Medium
            } else {
                Severity::Low
            };
            let firing = pending.into_iter().map(|one| {
                let text = format!("for {}, until {}", whom(&one), end(&one));
                waiver(one, text, severity)
            });
            Ok(firing.collect())
        }
        Condition::WaiverExpired { minutes } => {
            let which = Waivers::Ended(now - TimeDelta::minutes((*minutes).into()), now);
            let pending = condition::waivers(db, among, which).await?;
            let firing = pending.into_iter().map(|one| {
                let text = format!("for {}, at {}", whom(&one), end(&one));
                waiver(one, text, Severity::Medium)
            });
            Ok(firing.collect())
        }
    }
}

/// Of which alert an event is a subject: of its code, and of results of its rule.
fn event_key(code: &str, subject: &str) -> String {
    match code.strip_prefix("result.") {
        Some(_) => format!("{code} {}", parts(subject).0),
        None => code.to_owned(),
    }
}

/// A waiver, of which each is an alert of its own.
fn waiver(pending: Pending, text: String, severity: Severity) -> Firing {
    Firing {
        key: format!("{} {}", pending.id, pending.subject),
        host_no: pending.host_no,
        item: pending.id.to_string(),
        text,
        severity,
    }
}

fn whom(pending: &Pending) -> &str {
    match pending.scope_name.as_str() {
        "" => "the whole fleet",
        name => name,
    }
}

fn end(pending: &Pending) -> String {
    let end = pending.expires_at.unwrap_or_default();
    end.to_rfc3339_opts(SecondsFormat::Secs, true)
}

/// Something of a host as a whole.
fn host(host_no: i32, text: String, severity: Severity) -> Firing {
    Firing {
        key: String::new(),
        host_no: Some(host_no),
        item: String::new(),
        text,
        severity,
    }
}

fn left(found: Found, severity: Severity) -> Firing {
    let text = match found.text.as_str() {
        "" => found.key,
        text => format!("{}: {text}", found.key),
    };
    host(found.host_no, text, severity)
}

/// A score in ten thousandths of a percent, for people.
fn percent(score: i32) -> String {
    format!("{:.1}", f64::from(score) / 10_000.0)
}
