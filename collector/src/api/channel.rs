//! Channels: where notices of alerts go.

use axum::{extract::FromRequestParts, http::request::Parts};
use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};
use sqlx::PgConnection;
use tracing::error;
use url::{Host, Url};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::{
    api::{
        error::ApiError,
        etag::Editable,
        input::{self, printable},
        provider::check_authorities,
        time::Time,
    },
    authority::Vault,
    notice::channel::{Email, Secret, Security, Settings},
    notify::{self, check_mailbox, check_secret},
    outbound::Outbound,
    store::{self, channel::Channel as Row},
};

pub(crate) mod create;
pub(crate) mod delete;
pub(crate) mod get;
pub(crate) mod list;
pub(crate) mod replace;
pub(crate) mod trial;

/// Longest name, characters.
const MAX_NAME: usize = 100;
/// Longest secret, bytes.
const MAX_SECRET: usize = 2000;
/// Most people whom one message goes to.
const MAX_TO: usize = 50;
/// The highest facility of syslog.
const MAX_FACILITY: u8 = 23;
/// How long a webhook's secret signs beside the one that took its place.
const ROTATION: TimeDelta = TimeDelta::hours(24);

/// A channel.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Channel {
    id: Uuid,
    name: String,
    /// Whether anything goes there.
    enabled: bool,
    settings: Settings,
    /// Whether a secret is kept. It is never shown.
    secret_set: bool,
    created_at: Time,
    created_by: String,
    /// Never shown; another one is another state all the same.
    #[serde(skip)]
    sealed: Vec<u8>,
}

impl Editable for Channel {
    fn hidden(&self) -> &[u8] {
        &self.sealed
    }
}

/// What is said of a channel.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ChannelFields {
    /// 1 to 100 characters; no other channel has it.
    #[schema(min_length = 1, max_length = 100)]
    name: String,
    #[serde(default = "yes")]
    #[schema(default = true)]
    enabled: bool,
    settings: Settings,
    /// What it is is said of each kind. Written and never shown. Left out: what there is stays, if it goes to the
    /// same server. The secret of a webhook signs for 24 hours beside the one that takes its place.
    #[serde(default)]
    #[schema(format = Password, max_length = 2000)]
    secret: Option<String>,
}

fn yes() -> bool {
    true
}

impl From<Row> for Channel {
    fn from(row: Row) -> Self {
        Self {
            id: row.id,
            name: row.name,
            enabled: row.enabled,
            settings: row.settings,
            secret_set: row.secret.is_some(),
            created_at: row.created_at.into(),
            created_by: row.created_by,
            sealed: row.secret.unwrap_or_default(),
        }
    }
}

/// What a channel is held against.
struct Check<'a> {
    outbound: &'a Outbound,
    vault: &'a Vault,
    now: DateTime<Utc>,
}

impl Check<'_> {
    /// The channel, in the place of `before`.
    fn channel(
        &self,
        fields: ChannelFields,
        by: &str,
        before: Option<&Row>,
    ) -> Result<Row, ApiError> {
        let id = before.map_or_else(Uuid::now_v7, |before| before.id);
        let name = printable("name", &fields.name, 1, MAX_NAME)?;
        let settings = fields.settings;
        self.settings(&settings)?;
        let kept = before
            .filter(|before| settings.shares_secret(&before.settings))
            .filter(|before| before.secret.is_some());
        let secret = match (fields.secret, kept) {
            (Some(secret), kept) => {
                self.secret(&settings, &secret)?;
                let mut new = Secret::new(secret);
                let rotates = matches!(settings, Settings::Webhook(_));
                let before = kept
                    .filter(|_| rotates)
                    .and_then(|kept| notify::open(kept, self.vault))
                    .and_then(|kept| kept.secret);
                if let Some(before) = before.filter(|before| before.current() != new.current()) {
                    new = new.after(&before, (self.now + ROTATION).timestamp());
                }
                Some(notify::seal(id, &new, self.vault)?)
            }
            (None, Some(kept)) if settings.needs_secret() => kept.secret.clone(),
            (None, _) if settings.needs_secret() => {
                let detail = "is needed for this kind of channel, and anew for another server";
                return Err(ApiError::parameter("secret", detail));
            }
            (None, _) => None,
        };
        Ok(Row {
            id,
            name,
            enabled: fields.enabled,
            settings,
            secret,
            created_at: before.map_or(self.now, |before| before.created_at),
            created_by: before.map_or(by, |before| &before.created_by).into(),
        })
    }

    fn settings(&self, settings: &Settings) -> Result<(), ApiError> {
        if let Some(pem) = settings.ca_pem() {
            check_authorities(pem)?;
        }
        match settings {
            Settings::Slack(_) | Settings::Teams(_) => Ok(()),
            Settings::Pagerduty(pagerduty) => self.url("url", &pagerduty.url),
            Settings::Webhook(webhook) => self.url("url", &webhook.url),
            Settings::Syslog(syslog) => {
                if syslog.facility > MAX_FACILITY {
                    let detail = format!("is not 0 to {MAX_FACILITY}");
                    return Err(ApiError::parameter("facility", detail));
                }
                self.server(&syslog.host, syslog.port)
            }
            Settings::Email(email) => self.email(email),
        }
    }

    fn email(&self, email: &Email) -> Result<(), ApiError> {
        self.server(&email.host, email.port)?;
        let to = &email.to;
        if !(1..=MAX_TO).contains(&to.len()) || !to.iter().all(|one| check_mailbox(one)) {
            let detail = format!("is not 1 to {MAX_TO} addresses");
            return Err(ApiError::parameter("to", detail));
        }
        if !check_mailbox(&email.from) {
            return Err(ApiError::parameter("from", "is no address"));
        }
        let Some(user) = &email.user else {
            return Ok(());
        };
        printable("user", user, 1, MAX_NAME)?;
        if email.security == Security::None {
            let detail = "everybody on the way would read the password of `user`";
            return Err(ApiError::parameter("security", detail));
        }
        Ok(())
    }

    fn secret(&self, settings: &Settings, secret: &str) -> Result<(), ApiError> {
        let wrong = |detail: &'static str| Err(ApiError::parameter("secret", detail));
        if secret.is_empty() || secret.len() > MAX_SECRET {
            let detail = format!("is not 1 to {MAX_SECRET} bytes");
            return Err(ApiError::parameter("secret", detail));
        }
        match settings {
            Settings::Slack(_) | Settings::Teams(_) => self.url("secret", secret),
            Settings::Webhook(_) if !check_secret(secret) => {
                wrong("is not whsec_ and 24 to 64 bytes in base64")
            }
            Settings::Pagerduty(_) if !secret.bytes().all(|byte| byte.is_ascii_graphic()) => {
                wrong("is no integration key")
            }
            Settings::Email(email) if email.user.is_none() => wrong("is of no `user`"),
            Settings::Syslog(_) => wrong("is of no use here"),
            _ => Ok(()),
        }
    }

    fn url(&self, field: &'static str, url: &str) -> Result<(), ApiError> {
        // Nothing of it is told: it may be the secret.
        let wrong = |detail: String| ApiError::parameter(field, detail);
        let url: Url = url.parse().map_err(|_| wrong("is no address".into()))?;
        let checked = self.outbound.check(&url, false);
        checked.map_err(|error| wrong(error.to_string()))?;
        if url.as_str().len() > MAX_SECRET {
            return Err(wrong(format!("is longer than {MAX_SECRET} bytes")));
        }
        Ok(())
    }

    fn server(&self, host: &str, port: u16) -> Result<(), ApiError> {
        let wrong = |detail: String| ApiError::parameter("host", detail);
        let address = match Host::parse(host) {
            Ok(Host::Ipv4(address)) => Some(address.into()),
            Ok(Host::Ipv6(address)) => Some(address.into()),
            Ok(Host::Domain(name)) if name.len() <= 253 => host.parse().ok(),
            _ => {
                let address = host.parse().map_err(|_| wrong("is no host".into()))?;
                Some(address)
            }
        };
        if let Some(address) = address {
            let admitted = self.outbound.admit(address);
            admitted.map_err(|error| wrong(error.to_string()))?;
        }
        if port == 0 {
            return Err(ApiError::parameter("port", "is 1 to 65535"));
        }
        Ok(())
    }
}

/// The channel of that identity.
///
/// # Errors
/// [`ApiError::ChannelNotFound`], and the database's.
async fn find(db: &mut PgConnection, id: Uuid) -> Result<Row, ApiError> {
    let row = store::channel::find(db, id).await?;
    row.ok_or_else(|| ApiError::ChannelNotFound(id.to_string()))
}

/// The same, to be used.
///
/// # Errors
/// [`ApiError::Sealed`] when its secret was sealed with another key.
fn open(row: &Row, vault: &Vault) -> Result<crate::notice::channel::Channel, ApiError> {
    notify::open(row, vault).ok_or_else(|| {
        error!(channel.id = %row.id, "its secret was sealed with another keys/vault.key");
        ApiError::Sealed
    })
}

/// The `{id}` of a channel in the path.
#[derive(Debug)]
pub(crate) struct ChannelPath(pub(crate) Uuid);

impl<S: Send + Sync> FromRequestParts<S> for ChannelPath {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let text = input::id(parts, state).await?;
        text.parse()
            .map(Self)
            .map_err(|_| ApiError::ChannelNotFound(text))
    }
}
