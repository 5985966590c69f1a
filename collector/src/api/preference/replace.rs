use axum::extract::State;
use serde_json::{Value, json};
use sqlx::{PgConnection, PgPool};
use uuid::Uuid;

use crate::{
    api::{
        error::{ApiError, Problem},
        etag::{Precondition, Tagged},
        identity::Identity,
        input::Body,
        preference::{NotificationPreferences, PreferenceFields, show, whose},
        trail::{Act, Trail},
    },
    job::ScheduleError,
    notice::preference::Preferences,
    notify::schedule_of,
    store::{
        self,
        job::{
            New,
            schedule::{self, PutError},
        },
        notification::{MAIL_LANE, MAILS},
    },
};

/// Say what one wants to be told oneself, where and when.
///
/// What was not said to be wanted by e-mail before comes from now on. Digests come with the clocks of `time_zone`, once
/// a period, and not when there is nothing to tell.
#[utoipa::path(put, path = "/api/v1/account/notification-preferences", tag = "account",
    request_body = PreferenceFields,
    responses((status = 200, body = NotificationPreferences),
        (status = 400, body = Problem, content_type = "application/problem+json",
            description = "`bad_parameter`")))]
pub(crate) async fn replace_notification_preferences(
    (identity, trail): (Identity, Trail),
    precondition: Precondition,
    State(db): State<PgPool>,
    Body(fields): Body<PreferenceFields>,
) -> Result<Tagged<NotificationPreferences>, ApiError> {
    let account = whose(&identity)?;
    let now = trail.now();
    let mut tx = db.begin().await?;
    store::preference::hold(&mut tx, account).await?;
    let before = store::preference::find(&mut tx, account).await?;
    let before = before.unwrap_or_default();
    precondition.admit(&show(&mut tx, account, before.clone()).await?)?;
    let set = store::preference::personal_mail(&mut tx).await?;
    let wanted = fields.check(&set.domains)?;
    store::preference::put(&mut tx, account, &wanted).await?;
    digests(&mut tx, account, (&before, &wanted), now).await?;
    let act = Act::change("account.notifications").on("account", account, &identity.name);
    let act = act.before(&said(&before))?.after(&said(&wanted))?;
    trail.note(&mut tx, act).await?;
    let shown = show(&mut tx, account, wanted).await?;
    tx.commit().await?;
    Tagged::new(shown)
}

/// Has digests come when they are wanted.
async fn digests(
    tx: &mut PgConnection,
    account: Uuid,
    (before, wanted): (&Preferences, &Preferences),
    now: chrono::DateTime<chrono::Utc>,
) -> Result<(), ApiError> {
    let name = schedule_of(account);
    let Some(pattern) = wanted.digests() else {
        return Ok(schedule::delete(tx, &name).await?);
    };
    if before.digests().is_none() {
        // From now on.
        store::preference::begin_digests(&mut *tx, account).await?;
    }
    let new = New {
        queue: MAILS.name,
        lane: MAIL_LANE,
        key: None,
        payload: &json!({ "account": account }),
        max_attempts: MAILS.max_attempts.into(),
    };
    let put = schedule::put(tx, &name, (&pattern, &wanted.time_zone), &new, now).await;
    put.map_err(|error| match error {
        PutError::Schedule(ScheduleError::Zone(zone)) => {
            ApiError::parameter("time_zone", format!("there is no {zone:?}"))
        }
        PutError::Schedule(error) => ApiError::parameter("digest", error.to_string()),
        PutError::Database(error) => error.into(),
    })
}

/// For the audit log, which keeps everything: without where somebody gets their mail.
fn said(wanted: &Preferences) -> Value {
    json!({
        "address_set": wanted.address.is_some(),
        "time_zone": wanted.time_zone,
        "choices": wanted.choices,
        "digest": wanted.digest,
        "quiet": wanted.quiet,
    })
}
