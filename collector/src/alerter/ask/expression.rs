use chrono::{DateTime, Utc};
use serde_json::json;
use shared::rule::Severity;
use sqlx::PgConnection;

use super::{event_key, host};
use crate::{
    alert::{
        Firing,
        expression::{ERROR, Happening, Of, Standing},
    },
    store::{
        self,
        alert::condition::{self, Among},
    },
};

/// Hosts of which the expression is true.
///
/// # Errors
/// sqlx's.
pub(super) async fn of_hosts(
    db: &mut PgConnection,
    among: Among<'_>,
    when: &str,
) -> sqlx::Result<Vec<Firing>> {
    let read = match Standing::read(when) {
        Ok(read) => read,
        Err(error) => return Ok(comes_to_nothing(among, &error.to_string())),
    };
    let (mut firing, mut wrong) = (Vec::new(), None);
    for standing in condition::standing(db, among).await? {
        let (of, posture) = (
            Of {
                hostname: standing.hostname,
                labels: standing.labels,
            },
            standing.posture,
        );
        match read.holds(&of, &posture, &standing.state) {
            Ok(false) => {}
            Ok(true) => {
                let text = format!("{} %, {}", posture["score"], standing.state);
                firing.push(host(standing.host_no, text, Severity::Medium));
            }
            Err(error) => wrong = Some(format!("{}: {error}", of.hostname)),
        }
    }
    firing.extend(wrong.iter().flat_map(|why| comes_to_nothing(among, why)));
    Ok(firing)
}

/// What happened since an instant, as far as the expression is true of it.
///
/// # Errors
/// sqlx's.
pub(super) async fn of_events(
    db: &mut PgConnection,
    among: Among<'_>,
    when: &str,
    since: DateTime<Utc>,
) -> sqlx::Result<Vec<Firing>> {
    let read = match Happening::read(when) {
        Ok(read) => read,
        Err(error) => return Ok(comes_to_nothing(among, &error.to_string())),
    };
    let (mut firing, mut wrong) = (Vec::new(), None);
    for occurred in condition::occurred(db, among, since).await? {
        let of = Of {
            hostname: occurred.hostname,
            labels: occurred.labels,
        };
        let severity = store::event::severity(occurred.severity);
        let event = json!({
            "code": occurred.code,
            "severity": severity,
            "subject": occurred.subject,
            "text": occurred.text,
            "before": occurred.before,
            "after": occurred.after,
        });
        match read.holds(&of, &event) {
            Ok(false) => {}
            Ok(true) => firing.push(Firing {
                key: event_key(&occurred.code, &occurred.subject),
                host_no: Some(occurred.host_no),
                item: occurred.subject,
                text: occurred.text,
                severity,
            }),
            Err(error) => wrong = Some(format!("{}: {error}", of.hostname)),
        }
    }
    firing.extend(wrong.iter().flat_map(|why| comes_to_nothing(among, why)));
    Ok(firing)
}

/// That an expression cannot be asked is told, or it would be silent for ever; of the whole fleet, because it
/// concerns no host.
fn comes_to_nothing(among: Among<'_>, why: &str) -> Vec<Firing> {
    if among.hosts.is_some() {
        return Vec::new();
    }
    vec![Firing {
        key: ERROR.into(),
        host_no: None,
        item: ERROR.into(),
        text: why.to_owned(),
        severity: Severity::Medium,
    }]
}
