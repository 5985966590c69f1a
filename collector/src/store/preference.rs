//! Rows of `notification_preference` and `notification_choice`: what each person wants to be told; and of
//! `personal_mail`: how.

use chrono::{DateTime, Utc};
use sqlx::PgConnection;
use uuid::Uuid;

use crate::notice::{
    Severity,
    preference::{ByMail, Choice, DigestTime, Preferences, Quiet},
};

/// What somebody wants; `None` when they said nothing yet.
///
/// # Errors
/// The database's.
pub async fn find(db: &mut PgConnection, account: Uuid) -> sqlx::Result<Option<Preferences>> {
    let row = sqlx::query!(
        "select address, time_zone, digest_weekday, digest_hour, quiet_from, quiet_to
         from notification_preference where account_id = $1",
        account,
    )
    .fetch_optional(&mut *db)
    .await?;
    let Some(row) = row else {
        return Ok(None);
    };
    let choices = sqlx::query!(
        "select sort, severity, in_app, email from notification_choice where account_id = $1
         order by sort, severity",
        account,
    )
    .fetch_all(db)
    .await?;
    let choices = choices.into_iter().map(|choice| Choice {
        alert_type: choice.sort,
        severity: Severity::numbered(choice.severity),
        in_app: choice.in_app,
        email: ByMail::named(&choice.email).unwrap_or(ByMail::Off),
    });
    let minute = |minute: i16| u16::try_from(minute).unwrap_or_default();
    Ok(Some(Preferences {
        address: row.address,
        time_zone: row.time_zone,
        choices: choices.collect(),
        digest: DigestTime {
            weekday: row.digest_weekday.and_then(|day| u8::try_from(day).ok()),
            hour: u8::try_from(row.digest_hour).unwrap_or_default(),
        },
        quiet: row.quiet_from.zip(row.quiet_to).map(|(from, to)| Quiet {
            from_minute: minute(from),
            to_minute: minute(to),
        }),
    }))
}

/// Writes what somebody wants.
///
/// # Errors
/// The database's.
pub async fn put(db: &mut PgConnection, account: Uuid, wanted: &Preferences) -> sqlx::Result<()> {
    let minute = |minute: u16| i16::try_from(minute).unwrap_or(i16::MAX);
    sqlx::query!(
        "insert into notification_preference
             (account_id, address, time_zone, digest_weekday, digest_hour, quiet_from, quiet_to, digested_until)
         values ($1, $2, $3, $4, $5, $6, $7, 'epoch')
         on conflict (account_id) do update set address = excluded.address, time_zone = excluded.time_zone,
             digest_weekday = excluded.digest_weekday, digest_hour = excluded.digest_hour,
             quiet_from = excluded.quiet_from, quiet_to = excluded.quiet_to",
        account,
        wanted.address,
        wanted.time_zone,
        wanted.digest.weekday.map(i16::from),
        i16::from(wanted.digest.hour),
        wanted.quiet.map(|quiet| minute(quiet.from_minute)),
        wanted.quiet.map(|quiet| minute(quiet.to_minute)),
    )
    .execute(&mut *db)
    .await?;
    sqlx::query!(
        "delete from notification_choice where account_id = $1",
        account
    )
    .execute(&mut *db)
    .await?;
    let sorts: Vec<&str> = wanted.choices.iter().map(|one| &*one.alert_type).collect();
    let severities: Vec<i16> = wanted
        .choices
        .iter()
        .map(|one| one.severity.number())
        .collect();
    let in_app: Vec<bool> = wanted.choices.iter().map(|one| one.in_app).collect();
    let email: Vec<&str> = wanted.choices.iter().map(|one| one.email.name()).collect();
    sqlx::query!(
        "insert into notification_choice (account_id, sort, severity, in_app, email)
         select $1, sort, severity, in_app, email
         from unnest($2::text[], $3::smallint[], $4::bool[], $5::text[]) as c (sort, severity, in_app, email)",
        account,
        &sorts as &[&str],
        &severities,
        &in_app,
        &email as &[&str],
    )
    .execute(db)
    .await
    .map(drop)
}

/// Up to where the digests of somebody have told.
///
/// # Errors
/// The database's.
pub async fn digested(db: &mut PgConnection, account: Uuid) -> sqlx::Result<Option<DateTime<Utc>>> {
    sqlx::query_scalar!(
        "select digested_until from notification_preference where account_id = $1",
        account,
    )
    .fetch_optional(db)
    .await
}

/// Notes that a digest has told up to `until` what there was since `since`. `false` when another one has.
///
/// # Errors
/// The database's.
pub async fn digest(
    db: &mut PgConnection,
    account: Uuid,
    (since, until): (DateTime<Utc>, DateTime<Utc>),
) -> sqlx::Result<bool> {
    let done = sqlx::query!(
        "update notification_preference set digested_until = $3
         where account_id = $1 and digested_until = $2",
        account,
        since,
        until,
    );
    Ok(done.execute(db).await?.rows_affected() == 1)
}

/// Through what people get their e-mail.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PersonalMail {
    /// `None`: nobody gets any.
    pub channel: Option<Uuid>,
    /// Within which their addresses are.
    pub domains: Vec<String>,
}

/// How it is set, locked until the transaction ends.
///
/// # Errors
/// The database's.
pub async fn personal_mail(db: &mut PgConnection) -> sqlx::Result<PersonalMail> {
    let row = sqlx::query_as!(
        PersonalMail,
        "select channel, domains from personal_mail for share"
    );
    Ok(row.fetch_optional(db).await?.unwrap_or_default())
}

/// Sets it.
///
/// # Errors
/// The database's.
pub async fn set_personal_mail(db: &mut PgConnection, set: &PersonalMail) -> sqlx::Result<()> {
    sqlx::query!(
        "insert into personal_mail (channel, domains) values ($1, $2)
         on conflict (single) do update set channel = excluded.channel, domains = excluded.domains",
        set.channel,
        &set.domains,
    )
    .execute(db)
    .await
    .map(drop)
}

/// What became of a message to somebody.
#[derive(Debug, Clone)]
pub struct Sent {
    /// Of the message.
    pub id: String,
    pub at: DateTime<Utc>,
    pub delivered: bool,
    pub answer: String,
}

/// Writes it down, in the place of what was said of the same message before.
///
/// # Errors
/// The database's.
pub async fn sent(db: &mut PgConnection, account: Uuid, sent: &Sent) -> sqlx::Result<()> {
    sqlx::query!(
        "insert into personal_mail_sent (id, account_id, at, delivered, answer) values ($1, $2, $3, $4, $5)
         on conflict (account_id, id) do update set at = excluded.at, delivered = excluded.delivered,
             answer = excluded.answer",
        sent.id,
        account,
        sent.at,
        sent.delivered,
        sent.answer,
    )
    .execute(db)
    .await
    .map(drop)
}

/// What became of the last message to somebody.
///
/// # Errors
/// The database's.
pub async fn last_sent(db: &mut PgConnection, account: Uuid) -> sqlx::Result<Option<Sent>> {
    sqlx::query_as!(
        Sent,
        "select id, at, delivered, answer from personal_mail_sent where account_id = $1
         order by at desc limit 1",
        account,
    )
    .fetch_optional(db)
    .await
}

/// Whether that message was delivered before.
///
/// # Errors
/// The database's.
pub async fn was_sent(db: &mut PgConnection, account: Uuid, id: &str) -> sqlx::Result<bool> {
    sqlx::query_scalar!(
        r#"select exists (select from personal_mail_sent
               where account_id = $1 and id = $2 and delivered) as "was!""#,
        account,
        id,
    )
    .fetch_one(db)
    .await
}

/// Lets nobody else change what this person wants until the transaction ends.
///
/// # Errors
/// The database's.
pub async fn hold(db: &mut PgConnection, account: Uuid) -> sqlx::Result<()> {
    sqlx::query!(
        "select from account where id = $1 for no key update",
        account
    )
    .execute(db)
    .await
    .map(drop)
}

/// Has digests begin with what is told from now on: what was told before nobody wanted in one.
///
/// # Errors
/// The database's.
pub async fn begin_digests(db: &mut PgConnection, account: Uuid) -> sqlx::Result<()> {
    sqlx::query!(
        "update notification_preference set digested_until = coalesce(
             (select max(told_at) from notification n where n.account_id = $1), digested_until)
         where account_id = $1",
        account,
    )
    .execute(db)
    .await
    .map(drop)
}

/// Lets nobody else set through what people get their e-mail until the transaction ends.
///
/// # Errors
/// The database's.
pub async fn hold_personal_mail(db: &mut PgConnection) -> sqlx::Result<()> {
    sqlx::query!("select from personal_mail for update")
        .execute(db)
        .await
        .map(drop)
}
