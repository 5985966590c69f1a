//! Tells people and programs elsewhere what happened: each kind of channel in its own way, all of them through
//! [`crate::outbound`].

/// Deliveries, as jobs.
mod deliver;

/// Messages over SMTP.
mod email;

/// Requests, and what their answers mean.
mod http;

/// E-mail to people.
mod personal;

/// Events for PagerDuty.
mod pagerduty;

/// Messages for Slack.
mod slack;

/// Messages over TCP or TLS.
mod syslog;

/// Cards for Microsoft Teams.
mod teams;

/// Signed requests.
mod webhook;

use std::{error::Error, sync::Arc, time::Duration};

use chrono::{DateTime, Utc};
use serde_json::{Value, json};
use shared::clock::SharedClock;
use url::Url;
use uuid::Uuid;

pub use self::{
    deliver::Deliveries,
    email::check_mailbox,
    personal::{Letters, is_within, schedule_of},
    webhook::check_secret,
};
use crate::{
    authority::Vault,
    notice::{
        Notice,
        channel::{Channel, Secret, Settings},
    },
    outbound::{Outbound, OutboundError},
    store,
};

/// How long a receiver may take, all in all.
const PATIENCE: Duration = Duration::from_secs(30);
/// Characters of an answer that are kept.
const ANSWER: usize = 500;

/// What a receiver said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Said {
    /// Of HTTP or SMTP; `None` when it said nothing.
    pub status: Option<u16>,
    /// What it said, or why it said nothing: no more than 500 characters.
    pub text: String,
    pub verdict: Verdict,
}

/// What that means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// It has the notice.
    Taken,
    /// It may take it later; not before so long, if it said so.
    Later(Option<Duration>),
    /// It will not take it.
    Never,
}

impl Said {
    fn new(status: Option<u16>, text: &str, verdict: Verdict) -> Self {
        // Postgres keeps no NUL.
        let text = text.chars().map(|c| if c == '\0' { '\u{fffd}' } else { c });
        Self {
            status,
            text: text.take(ANSWER).collect(),
            verdict,
        }
    }

    /// Nothing was said.
    fn nothing(error: &dyn Error, verdict: Verdict) -> Self {
        let causes = std::iter::successors(Some(error), |cause| (*cause).source());
        let causes: Vec<_> = causes.map(ToString::to_string).collect();
        Self::new(None, &causes.join(": "), verdict)
    }

    /// Nothing was said in time.
    fn late() -> Self {
        let text = format!("no answer within {} s", PATIENCE.as_secs());
        Self::new(None, &text, Verdict::Later(None))
    }
}

impl From<OutboundError> for Said {
    fn from(error: OutboundError) -> Self {
        match error {
            // The address may be the secret.
            OutboundError::Send(error) => {
                let error = OutboundError::Send(error.without_url());
                Self::nothing(&error, Verdict::Later(None))
            }
            OutboundError::Resolve(_) => Self::nothing(&error, Verdict::Later(None)),
            // It is about what somebody entered.
            _ => Self::nothing(&error, Verdict::Never),
        }
    }
}

/// What sends. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Sender {
    outbound: Outbound,
    clock: SharedClock,
    /// What this installation calls itself: the host of the console's address.
    hostname: Arc<str>,
}

impl Sender {
    /// `origin` is where browsers find the console.
    pub fn new(outbound: Outbound, clock: SharedClock, origin: &str) -> Self {
        let url = origin.parse::<Url>().ok();
        let host = url.as_ref().and_then(Url::host_str).unwrap_or("openwatch");
        Self {
            outbound,
            clock,
            hostname: host.into(),
        }
    }

    /// Tells a notice, and says what was answered. `first` is the first notice of the alert that this channel was
    /// told, if it is another one.
    pub async fn send(&self, channel: &Channel, notice: &Notice, first: Option<Uuid>) -> Said {
        let secret = channel.secret.as_ref();
        if secret.is_none() && channel.settings.needs_secret() {
            return Said::new(None, "the channel has no secret", Verdict::Never);
        }
        let current = secret.map_or("", Secret::current);
        let now = self.clock.now();
        match &channel.settings {
            Settings::Email(email) => {
                let message = email::compose(email, notice, first, now);
                let login = secret.map(Secret::current);
                match message {
                    Ok(message) => self.mail(email, login, &message).await,
                    Err(error) => Said::nothing(&error, Verdict::Never),
                }
            }
            Settings::Slack(hook) => {
                let post = http::Post::json(current, &slack::body(notice));
                self.post(post, hook.ca_pem.as_deref()).await
            }
            Settings::Teams(hook) => {
                let post = http::Post::json(current, &teams::body(notice));
                self.post(post, hook.ca_pem.as_deref()).await
            }
            Settings::Pagerduty(pagerduty) => {
                let body = pagerduty::body(notice, current, &self.hostname);
                let post = http::Post::json(&pagerduty.url, &body);
                self.post(post, pagerduty.ca_pem.as_deref()).await
            }
            Settings::Webhook(webhook) => {
                let good = secret.into_iter().flat_map(|one| one.good(now.timestamp()));
                match webhook::post(&webhook.url, notice, good, now) {
                    Some(post) => self.post(post, webhook.ca_pem.as_deref()).await,
                    None => Said::new(None, "the secret is none", Verdict::Never),
                }
            }
            Settings::Syslog(syslog) => self.log(syslog, notice, now).await,
        }
    }
}

/// What of a notice is told to programs.
fn told(notice: &Notice) -> Value {
    json!({
        "id": notice.id,
        "alert": notice.alert,
        "alert_type": notice.alert_type,
        "phase": notice.phase,
        "severity": notice.severity,
        "title": notice.title,
        "text": notice.text,
        "subjects": notice.subjects,
        "occurred_at": at(notice.occurred_at),
        "link": notice.link,
    })
}

fn at(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(chrono::SecondsFormat::Micros, true)
}

/// A channel with its secret, to be used. `None` when that was sealed with another key or changed.
pub fn open(row: &store::channel::Channel, vault: &Vault) -> Option<Channel> {
    let secret = match &row.secret {
        Some(sealed) => {
            let text = vault.unseal(&place(row.id), sealed)?;
            Some(serde_json::from_slice(&text).ok()?)
        }
        None => None,
    };
    Some(Channel {
        id: row.id,
        name: row.name.clone(),
        settings: row.settings.clone(),
        secret,
    })
}

/// A channel's secret as the tables keep it.
///
/// # Errors
/// serde's, which would be a defect.
pub fn seal(channel: Uuid, secret: &Secret, vault: &Vault) -> serde_json::Result<Vec<u8>> {
    let text = zeroize::Zeroizing::new(serde_json::to_vec(secret)?);
    Ok(vault.seal(&place(channel), &text))
}

fn place(channel: Uuid) -> String {
    format!("channel:{channel}")
}

#[cfg(test)]
pub(crate) mod tests;
