//! What is told of an alert.

use chrono::{DateTime, Utc};
use sqlx::PgConnection;
use uuid::Uuid;

use super::Alerter;
use crate::{
    notice::{Notice, Phase, Severity, Subject},
    store::{self, alert::read},
};

/// Subjects that a notice names; how many there are is always told.
const NAMED: i64 = 50;

impl Alerter {
    /// Has it told what happened to an alert, in the caller's transaction.
    ///
    /// # Errors
    /// sqlx's.
    pub(crate) async fn announce(
        &self,
        db: &mut PgConnection,
        id: Uuid,
        phase: Phase,
        now: DateTime<Utc>,
    ) -> sqlx::Result<()> {
        let Some(alert) = read::one(&mut *db, id, None).await? else {
            return Ok(());
        };
        if !phase.follows() {
            store::alert::told(&mut *db, alert.no, now).await?;
        }
        // Of an alert that has ended, what it was about.
        let named =
            read::subjects(&mut *db, alert.no, None, phase == Phase::Resolved, NAMED).await?;
        let mut lines: Vec<String> = named
            .iter()
            .map(|subject| match &subject.hostname {
                Some(hostname) => format!("{hostname}: {}", subject.text),
                None => subject.text.clone(),
            })
            .collect();
        let more = alert.subjects - i64::try_from(named.len()).unwrap_or(i64::MAX);
        if more > 0 {
            lines.push(format!("and {more} more"));
        }
        let mut subjects: Vec<Subject> = Vec::new();
        for subject in named {
            let (Some(host), Some(hostname)) = (subject.host, subject.hostname) else {
                continue;
            };
            if !subjects.iter().any(|known| known.id == host.to_string()) {
                subjects.push(Subject {
                    kind: "host".into(),
                    id: host.to_string(),
                    name: hostname,
                });
            }
        }
        let notice = Notice {
            id: Uuid::now_v7(),
            alert: alert.id,
            alert_type: alert.sort,
            phase,
            severity: Severity::numbered(alert.severity),
            title: alert.title,
            text: lines.join("\n"),
            subjects,
            groups: store::alert::groups(&mut *db, alert.no).await?,
            occurred_at: now,
            link: format!("{}/alerts/{}", self.origin, alert.id),
        };
        store::notice::announce(db, &notice, now).await.map(drop)
    }
}
