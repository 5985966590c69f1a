//! What people want to be told, where and when: each says it for themselves.

use serde::{Deserialize, Serialize};
use sqlx::PgConnection;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::{
    alert,
    api::{error::ApiError, etag::Editable, identity::Identity, time::Time},
    notice::preference::{Choice, DigestTime, Preferences, Quiet},
    notify::{check_mailbox, is_within},
    store::{self, preference as rows},
};

pub(crate) mod get;
pub(crate) mod replace;

/// Longest address, bytes.
const MAX_ADDRESS: usize = 254;

/// What somebody wants to be told, where and when.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct NotificationPreferences {
    /// Where e-mail goes.
    #[schema(required)]
    address: Option<String>,
    /// By whose clocks the rest is.
    time_zone: String,
    /// What differs from what everybody has who said nothing: in the console, and not by e-mail.
    choices: Vec<Choice>,
    digest: DigestTime,
    #[schema(required)]
    quiet: Option<Quiet>,
    mail: MailState,
}

impl Editable for NotificationPreferences {
    const SEEN: &'static [&'static str] = &["mail"];
}

/// Whether e-mail to people goes out at all.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct MailState {
    /// An administrator has said through which channel, and that is on.
    available: bool,
    /// Why it does not; null while it does.
    #[schema(required)]
    why: Option<&'static str>,
    /// Within which addresses are; none below them.
    domains: Vec<String>,
    /// What became of the last message to this person; null before the first.
    #[schema(required)]
    last: Option<LastMail>,
}

/// What became of a message.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct LastMail {
    at: Time,
    delivered: bool,
    /// What the server said, or why it was not asked.
    answer: String,
}

/// What somebody says that they want.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct PreferenceFields {
    /// Where e-mail is to go, within one of `mail.domains`. Left out: nowhere.
    #[serde(default)]
    #[schema(max_length = 254)]
    address: Option<String>,
    /// An IANA name, such as `Europe/Vienna`.
    #[schema(max_length = 64)]
    time_zone: String,
    /// What is to differ from what everybody has: in the console, and not by e-mail.
    #[serde(default)]
    #[schema(max_items = 500)]
    choices: Vec<Choice>,
    digest: DigestTime,
    /// Left out: never.
    #[serde(default)]
    quiet: Option<Quiet>,
}

impl PreferenceFields {
    /// What is wanted.
    ///
    /// # Errors
    /// [`ApiError::Parameter`], with the field.
    fn check(self, domains: &[String]) -> Result<Preferences, ApiError> {
        let wanted = Preferences {
            address: self.address,
            time_zone: self.time_zone,
            choices: self.choices,
            digest: self.digest,
            quiet: self.quiet,
        };
        wanted.check().map_err(|error| {
            let said = error.to_string();
            let (field, detail) = said.split_once(": ").unwrap_or(("choices", &said));
            let fields = ["address", "time_zone", "choices", "digest", "quiet"];
            let field = fields.into_iter().find(|known| *known == field);
            ApiError::parameter(field.unwrap_or("choices"), detail.to_owned())
        })?;
        if let Some(unknown) = wanted
            .choices
            .iter()
            .find(|one| !alert::SORTS.contains(&&*one.alert_type))
        {
            let detail = format!("there is no type of alerts {:?}", unknown.alert_type);
            return Err(ApiError::parameter("choices", detail));
        }
        if let Some(address) = &wanted.address {
            // Alone, without a name before it, and one that cannot end the header.
            let alone = address.len() <= MAX_ADDRESS
                && address.is_ascii()
                && !address.contains(|c: char| c.is_ascii_control() || " <>,;\"".contains(c));
            if !alone || !check_mailbox(address) {
                return Err(ApiError::parameter(
                    "address",
                    "is no address such as you@example.com",
                ));
            }
            if !is_within(address, domains) {
                let detail = match domains {
                    [] => "an administrator has to say first in which domains addresses may be (PUT /api/v1/personal-mail)".to_owned(),
                    domains => format!("is not within {}", domains.join(", ")),
                };
                return Err(ApiError::parameter("address", detail));
            }
        }
        Ok(wanted)
    }
}

/// Whose wishes are asked for: people have them, programs do not.
///
/// # Errors
/// [`ApiError::NotByToken`], [`ApiError::NoAccount`], [`Identity::settled`].
fn whose(identity: &Identity) -> Result<Uuid, ApiError> {
    let (account, _) = identity.session()?;
    identity.settled()?;
    Ok(account)
}

/// What somebody wants, and whether they get it by e-mail.
async fn show(
    db: &mut PgConnection,
    account: Uuid,
    wanted: Preferences,
) -> Result<NotificationPreferences, ApiError> {
    let set = rows::personal_mail(&mut *db).await?;
    let why = match set.channel {
        None => Some("no channel is set for e-mail to people"),
        Some(channel) => match store::channel::find(&mut *db, channel).await? {
            Some(channel) if channel.enabled => None,
            _ => Some("the channel for e-mail to people is off"),
        },
    };
    let last = rows::last_sent(db, account).await?;
    Ok(NotificationPreferences {
        address: wanted.address,
        time_zone: wanted.time_zone,
        choices: wanted.choices,
        digest: wanted.digest,
        quiet: wanted.quiet,
        mail: MailState {
            available: why.is_none(),
            why,
            domains: set.domains,
            last: last.map(|last| LastMail {
                at: last.at.into(),
                delivered: last.delivered,
                answer: last.answer,
            }),
        },
    })
}
