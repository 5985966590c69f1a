//! Through which channel people get the e-mail that they asked for.

use axum::extract::State;
use serde::{Deserialize, Serialize};
use sqlx::{PgConnection, PgPool};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::{
    api::{
        error::{ApiError, Problem},
        etag::{Editable, Precondition, Tagged},
        input::Body,
        trail::{Act, Trail},
    },
    notice::channel::Settings,
    store::{self, preference as rows},
};

/// Most domains.
const MAX_DOMAINS: usize = 50;

/// Through which channel people get e-mail, and where.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct PersonalMailSettings {
    /// A channel of kind `email`: its server, login and sender are used, its recipients are not. Null: nobody gets any.
    #[schema(required)]
    channel: Option<Uuid>,
    /// Within which addresses must be, not below them: what hosts tell goes nowhere else. At most 50.
    #[schema(max_items = 50)]
    domains: Vec<String>,
}

impl Editable for PersonalMailSettings {}

impl From<rows::PersonalMail> for PersonalMailSettings {
    fn from(row: rows::PersonalMail) -> Self {
        Self {
            channel: row.channel,
            domains: row.domains,
        }
    }
}

/// Show through which channel people get the e-mail that they asked for.
#[utoipa::path(get, path = "/api/v1/personal-mail", tag = "channels",
    responses((status = 200, body = PersonalMailSettings)))]
pub(crate) async fn get_personal_mail(
    precondition: Precondition,
    State(db): State<PgPool>,
) -> Result<Tagged<PersonalMailSettings>, ApiError> {
    let set = rows::personal_mail(&mut *db.acquire().await?).await?;
    precondition.show(set.into())
}

/// Say through which channel people get the e-mail that they asked for.
#[utoipa::path(put, path = "/api/v1/personal-mail", tag = "channels",
    request_body = PersonalMailSettings,
    responses((status = 200, body = PersonalMailSettings),
        (status = 400, body = Problem, content_type = "application/problem+json",
            description = "`bad_parameter`"),
        (status = 404, body = Problem, content_type = "application/problem+json",
            description = "`channel_not_found`")))]
pub(crate) async fn replace_personal_mail(
    trail: Trail,
    precondition: Precondition,
    State(db): State<PgPool>,
    Body(said): Body<PersonalMailSettings>,
) -> Result<Tagged<PersonalMailSettings>, ApiError> {
    let mut tx = db.begin().await?;
    rows::hold_personal_mail(&mut tx).await?;
    let before = PersonalMailSettings::from(rows::personal_mail(&mut tx).await?);
    precondition.admit(&before)?;
    let set = check(&mut tx, said).await?;
    rows::set_personal_mail(&mut tx, &set).await?;
    let after = PersonalMailSettings::from(set);
    let act =
        Act::change("channel.personal").on("personal_mail", "personal_mail", "E-mail to people");
    trail
        .note(&mut tx, act.before(&before)?.after(&after)?)
        .await?;
    tx.commit().await?;
    Tagged::new(after)
}

async fn check(
    tx: &mut PgConnection,
    said: PersonalMailSettings,
) -> Result<rows::PersonalMail, ApiError> {
    if said.domains.len() > MAX_DOMAINS {
        let detail = format!("are more than {MAX_DOMAINS}");
        return Err(ApiError::parameter("domains", detail));
    }
    let is_domain = |text: &String| {
        let of = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '.';
        (1..=253).contains(&text.len()) && text.chars().all(of)
    };
    if let Some(wrong) = said.domains.iter().find(|domain| !is_domain(domain)) {
        let detail = format!("{wrong:?} is no domain such as example.com");
        return Err(ApiError::parameter("domains", detail));
    }
    if let Some(id) = said.channel {
        let found = store::channel::find(tx, id).await?;
        let found = found.ok_or_else(|| ApiError::ChannelNotFound(id.to_string()))?;
        if !matches!(found.settings, Settings::Email(_)) {
            return Err(ApiError::parameter("channel", "is not of kind email"));
        }
    }
    Ok(rows::PersonalMail {
        channel: said.channel,
        domains: said.domains,
    })
}
