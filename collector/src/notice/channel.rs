//! Where notices go: kinds of channels, and what each needs.

/// How settings are documented.
mod schema;

use std::fmt;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;
use zeroize::Zeroize as _;

/// Where PagerDuty takes events.
pub const PAGERDUTY: &str = "https://events.pagerduty.com/v2/enqueue";

/// A channel, with what it needs to be used.
#[derive(Debug, Clone)]
pub struct Channel {
    pub id: Uuid,
    pub name: String,
    pub settings: Settings,
    pub secret: Option<Secret>,
}

/// Which kind a channel is, and where it leads. What must stay secret is not here.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum Settings {
    /// Messages over SMTP. The secret is the password of `user`.
    Email(Email),
    /// An incoming webhook of Slack. The secret is its address.
    Slack(Hook),
    /// A workflow of Microsoft Teams that posts Adaptive Cards. The secret is its address.
    Teams(Hook),
    /// PagerDuty's Events API v2. The secret is the integration key.
    Pagerduty(Pagerduty),
    /// Requests after the Standard Webhooks specification. The secret is `whsec_` and 24 to 64 bytes in
    /// base64, and signs each.
    Webhook(Webhook),
    /// Messages after RFC 5424 over TCP or TLS. There is no secret.
    Syslog(Syslog),
}

/// How SMTP and a login are kept from others.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Security {
    /// Not at all: not with a login.
    None,
    /// The connection begins in the clear, and nothing is sent before it is encrypted.
    Starttls,
    Tls,
}

/// What e-mail needs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Email {
    /// The server, a name or an address.
    #[schema(min_length = 1, max_length = 253)]
    pub host: String,
    #[schema(minimum = 1)]
    pub port: u16,
    pub security: Security,
    /// Who signs in; nobody when it is left out.
    #[serde(default)]
    pub user: Option<String>,
    /// Such as `OpenWatch <openwatch@example.com>`.
    pub from: String,
    /// 1 to 50 addresses. When the server refuses one, nobody gets the message.
    #[schema(min_items = 1, max_items = 50)]
    pub to: Vec<String>,
    /// The only authorities that may have signed its certificate, PEM. Left out: those of the system.
    #[serde(default)]
    #[schema(max_length = 65536)]
    pub ca_pem: Option<String>,
}

/// What an incoming webhook needs besides its address, which is secret.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Hook {
    /// The only authorities that may have signed its certificate, PEM. Left out: those of the system.
    #[serde(default)]
    #[schema(max_length = 65536)]
    pub ca_pem: Option<String>,
}

/// What PagerDuty needs besides the key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Pagerduty {
    /// Where events are taken: another one in another region.
    #[serde(default = "pagerduty")]
    #[schema(default = "https://events.pagerduty.com/v2/enqueue", max_length = 2000)]
    pub url: String,
    /// The only authorities that may have signed its certificate, PEM. Left out: those of the system.
    #[serde(default)]
    #[schema(max_length = 65536)]
    pub ca_pem: Option<String>,
}

/// What a webhook needs besides the secret.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Webhook {
    /// `https://…`
    #[schema(max_length = 2000)]
    pub url: String,
    /// The only authorities that may have signed its certificate, PEM. Left out: those of the system.
    #[serde(default)]
    #[schema(max_length = 65536)]
    pub ca_pem: Option<String>,
}

/// What syslog needs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Syslog {
    #[schema(min_length = 1, max_length = 253)]
    pub host: String,
    #[schema(minimum = 1)]
    pub port: u16,
    /// Whether the connection is encrypted (RFC 5425).
    pub tls: bool,
    /// Which sort of message it is (RFC 5424, table 1), 0 to 23.
    #[serde(default = "facility")]
    #[schema(default = 16, maximum = 23)]
    pub facility: u8,
    /// The only authorities that may have signed its certificate, PEM. Left out: those of the system.
    #[serde(default)]
    #[schema(max_length = 65536)]
    pub ca_pem: Option<String>,
}

fn pagerduty() -> String {
    PAGERDUTY.into()
}

/// `local0`
fn facility() -> u8 {
    16
}

impl Settings {
    /// Which kind it is.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Email(_) => "email",
            Self::Slack(_) => "slack",
            Self::Teams(_) => "teams",
            Self::Pagerduty(_) => "pagerduty",
            Self::Webhook(_) => "webhook",
            Self::Syslog(_) => "syslog",
        }
    }

    /// The only authorities that are trusted, if any are named.
    pub fn ca_pem(&self) -> Option<&str> {
        let pem = match self {
            Self::Email(email) => &email.ca_pem,
            Self::Slack(hook) | Self::Teams(hook) => &hook.ca_pem,
            Self::Pagerduty(pagerduty) => &pagerduty.ca_pem,
            Self::Webhook(webhook) => &webhook.ca_pem,
            Self::Syslog(syslog) => &syslog.ca_pem,
        };
        pem.as_deref()
    }

    /// Whether it cannot be used without a secret.
    pub fn needs_secret(&self) -> bool {
        match self {
            Self::Email(email) => email.user.is_some(),
            Self::Slack(_) | Self::Teams(_) | Self::Pagerduty(_) | Self::Webhook(_) => true,
            Self::Syslog(_) => false,
        }
    }

    /// Whether a secret that was given for `other` may be used with this: it goes to the same server, in the
    /// same way.
    pub fn shares_secret(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Email(one), Self::Email(other)) => {
                let server = |email: &Email| (email.host.clone(), email.port, email.user.clone());
                let as_safe = one.security == other.security && one.ca_pem == other.ca_pem;
                server(one) == server(other) && as_safe
            }
            // The address is the secret, and goes with whom it is trusted.
            (Self::Slack(one), Self::Slack(other)) | (Self::Teams(one), Self::Teams(other)) => {
                one == other
            }
            (Self::Pagerduty(one), Self::Pagerduty(other)) => one == other,
            // It signs, and is not sent.
            (Self::Webhook(_), Self::Webhook(_)) => true,
            _ => false,
        }
    }
}

/// What a channel keeps from everybody.
#[derive(Clone, Serialize, Deserialize)]
pub struct Secret {
    /// The one in force.
    current: String,
    /// The one before, which signs as well until `previous_until`.
    previous: Option<String>,
    /// Seconds since 1970.
    previous_until: i64,
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Secret").finish_non_exhaustive()
    }
}

impl Drop for Secret {
    fn drop(&mut self) {
        self.current.zeroize();
        self.previous.zeroize();
    }
}

impl Secret {
    /// Only this one.
    pub fn new(current: String) -> Self {
        Self {
            current,
            previous: None,
            previous_until: 0,
        }
    }

    /// This one, with the one before for another while.
    #[must_use]
    pub fn after(mut self, before: &Self, until: i64) -> Self {
        self.previous = Some(before.current.clone());
        self.previous_until = until;
        self
    }

    /// The one in force.
    pub fn current(&self) -> &str {
        &self.current
    }

    /// Those that are good at `now`, seconds since 1970; the one in force first.
    pub fn good(&self, now: i64) -> impl Iterator<Item = &str> {
        let previous = self.previous.as_deref();
        let previous = previous.filter(|_| now < self.previous_until);
        std::iter::once(self.current()).chain(previous)
    }
}
