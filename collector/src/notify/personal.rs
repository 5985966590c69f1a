//! E-mail to people, as each of them wants it: at once, or together as a digest. What they may see is asked when it is
//! sent.

/// What is written to them.
mod letter;

use std::{sync::Arc, time::Duration};

use chrono::{DateTime, Utc};
use futures_util::future::BoxFuture;
use sha2::{Digest as _, Sha256};
use shared::clock::SharedClock;
use sqlx::{PgConnection, PgPool};
use tracing::{info, warn};
use uuid::Uuid;

use self::letter::Letter;
use super::{Said, Sender, Verdict, open};
use crate::{
    access::Permission,
    authority::Vault,
    job::{Outcome, Queue},
    jobs::Work,
    metrics::Metrics,
    notice::{
        channel::{Channel, Settings},
        preference::Preferences,
    },
    store::{
        self,
        job::{Run, schedule},
        notification::{self, MAILS, Notification, Reader},
        preference::{self, PersonalMail, Sent},
    },
};

/// Entries that a digest names; how many there are is told besides.
const NAMED: i64 = 200;

/// Writes to people.
#[derive(Debug)]
pub struct Letters {
    pub db: PgPool,
    pub clock: SharedClock,
    pub vault: Vault,
    pub sender: Sender,
    pub metrics: Arc<Metrics>,
    /// Where browsers find the console.
    pub origin: Arc<str>,
}

/// Why nothing is sent.
enum Stop {
    /// There is nothing to say, or nobody to say it to.
    Nothing,
    /// It is quiet for so long.
    Quiet(Duration),
    /// Somebody has to do something first.
    Refused(&'static str),
    Database(sqlx::Error),
}

impl From<sqlx::Error> for Stop {
    fn from(error: sqlx::Error) -> Self {
        Self::Database(error)
    }
}

/// What is to be sent, and by what.
struct Ready {
    account: Uuid,
    address: String,
    channel: Channel,
    letter: Letter,
    /// Of a digest: since when, and until when.
    digest: Option<(DateTime<Utc>, DateTime<Utc>)>,
}

impl Work for Letters {
    fn queue(&self) -> &'static Queue {
        &MAILS
    }

    fn run<'a>(&'a self, run: &'a Run) -> BoxFuture<'a, Outcome> {
        Box::pin(async move {
            match self.write(run).await {
                Ok(outcome) => outcome,
                Err(Stop::Nothing) => Outcome::Done,
                Err(Stop::Quiet(wait)) => Outcome::Early(wait),
                Err(Stop::Refused(why)) => Outcome::Refused { why: why.into() },
                Err(Stop::Database(error)) => {
                    let error = &error as &dyn std::error::Error;
                    warn!(job.id = %run.id, error, "what is to be written to somebody could not be looked up");
                    Outcome::Failed {
                        why: "the database could not be asked".into(),
                        not_before: None,
                    }
                }
            }
        })
    }
}

impl Letters {
    async fn write(&self, run: &Run) -> Result<Outcome, Stop> {
        let named = |name: &str| run.payload[name].as_str()?.parse::<Uuid>().ok();
        let Some(account) = named("account") else {
            return Err(Stop::Refused("the job names nobody"));
        };
        let now = self.clock.now();
        let mut db = self.db.acquire().await?;
        let ready = match named("notification") {
            Some(id) => self.at_once(&mut db, account, id, now).await?,
            None => self.digest(&mut db, account).await?,
        };
        if preference::was_sent(&mut db, account, &ready.letter.id).await? {
            self.note(&ready, None).await?;
            return Err(Stop::Nothing);
        }
        // A server may take its time, and needs no connection of the database for that.
        drop(db);
        let said = self.send(&ready, now).await;
        let sent = Sent {
            id: ready.letter.id.clone(),
            at: now,
            delivered: said.verdict == Verdict::Taken,
            answer: said.text.clone(),
        };
        self.note(&ready, Some(sent)).await?;
        let why = match said.status {
            Some(status) => format!("{status}: {}", said.text),
            None => said.text,
        };
        Ok(match said.verdict {
            Verdict::Taken => {
                self.metrics.delivery("delivered");
                info!(account.id = %account, "somebody was written to");
                Outcome::Done
            }
            Verdict::Later(not_before) => {
                self.metrics.delivery("failed");
                Outcome::Failed { why, not_before }
            }
            Verdict::Never => {
                self.metrics.delivery("dead");
                warn!(account.id = %account, why, "somebody could not be written to");
                Outcome::Refused { why }
            }
        })
    }

    /// What happened last to one thing, if they may see it still and want it so.
    async fn at_once(
        &self,
        db: &mut PgConnection,
        account: Uuid,
        id: Uuid,
        now: DateTime<Utc>,
    ) -> Result<Ready, Stop> {
        let wanted = preference::find(&mut *db, account).await?;
        let wanted = wanted.ok_or(Stop::Nothing)?;
        if let Ok(wait @ 1..) = u64::try_from(wanted.quiet_for(now).num_milliseconds()) {
            return Err(Stop::Quiet(Duration::from_millis(wait)));
        }
        let told = may(&mut *db, account).await?;
        let one = notification::to_be_mailed(&mut *db, told.reader(account), id).await?;
        let one = one.ok_or(Stop::Nothing)?;
        let key = format!("{} {}", one.id, one.told_at.timestamp_micros());
        let letter = letter::one(&one, &wanted, &self.origin, name(&key));
        self.ready(db, (account, wanted), letter, None).await
    }

    /// What happened since the last digest; nothing when nothing did.
    async fn digest(&self, db: &mut PgConnection, account: Uuid) -> Result<Ready, Stop> {
        let wanted = preference::find(&mut *db, account).await?;
        let wanted = wanted.filter(|wanted| wanted.digests().is_some());
        let since = preference::digested(&mut *db, account).await?;
        let Some((wanted, since)) = wanted.zip(since) else {
            // The account is gone, or its person wants no more of them.
            schedule::delete(&mut *db, &schedule_of(account)).await?;
            return Err(Stop::Nothing);
        };
        let told = may(&mut *db, account).await?;
        let reader = told.reader(account);
        // What is committed later was told later: up to here nothing is missing.
        let until = notification::told_last(&mut *db, account).await?;
        let Some(until) = until.filter(|until| *until > since) else {
            return Err(Stop::Nothing);
        };
        let period = (since, until);
        let (told, all) = notification::to_be_digested(&mut *db, reader, period, NAMED).await?;
        if told.is_empty() {
            preference::digest(db, account, period).await?;
            return Err(Stop::Nothing);
        }
        let key = format!("{account} {}", since.timestamp_micros());
        let letter = letter::digest(&told, all, &wanted, &self.origin, name(&key));
        self.ready(db, (account, wanted), letter, Some(period))
            .await
    }

    async fn ready(
        &self,
        db: &mut PgConnection,
        (account, wanted): (Uuid, Preferences),
        letter: Letter,
        digest: Option<(DateTime<Utc>, DateTime<Utc>)>,
    ) -> Result<Ready, Stop> {
        let PersonalMail { channel, domains } = preference::personal_mail(&mut *db).await?;
        let channel = channel.ok_or(Stop::Refused("no channel is set for e-mail to people"))?;
        let found = store::channel::find(&mut *db, channel).await?;
        let found = found.filter(|channel| channel.enabled);
        let found = found.ok_or(Stop::Refused("the channel for e-mail to people is off"))?;
        let channel = open(&found, &self.vault);
        let channel = channel.ok_or(Stop::Refused("the secret of the channel cannot be read"))?;
        let address = wanted.address.ok_or(Stop::Nothing)?;
        if !is_within(&address, &domains) {
            return Err(Stop::Refused("the address is in no domain that is allowed"));
        }
        Ok(Ready {
            account,
            address,
            channel,
            letter,
            digest,
        })
    }

    async fn send(&self, ready: &Ready, now: DateTime<Utc>) -> Said {
        let Settings::Email(email) = &ready.channel.settings else {
            return Said::new(None, "the channel sends no e-mail", Verdict::Never);
        };
        match ready.letter.message(email, &ready.address, now) {
            Ok(message) => {
                let password = ready.channel.secret.as_ref();
                let password = password.map(crate::notice::channel::Secret::current);
                self.sender.mail(email, password, &message).await
            }
            Err(error) => Said::nothing(&error, Verdict::Never),
        }
    }

    /// Writes down what became of it: a digest that was delivered is not written again.
    async fn note(&self, ready: &Ready, sent: Option<Sent>) -> sqlx::Result<()> {
        let mut tx = self.db.begin().await?;
        let delivered = sent.as_ref().is_none_or(|sent| sent.delivered);
        if let Some(sent) = sent {
            preference::sent(&mut tx, ready.account, &sent).await?;
        }
        if let Some(period) = ready.digest.filter(|_| delivered) {
            preference::digest(&mut tx, ready.account, period).await?;
        }
        tx.commit().await
    }
}

/// What somebody may see now.
struct Rights {
    alerts: bool,
    within: Option<Vec<i32>>,
}

impl Rights {
    fn reader(&self, account: Uuid) -> Reader<'_> {
        Reader {
            account,
            alerts: self.alerts,
            within: self.within.as_deref(),
        }
    }
}

async fn may(db: &mut PgConnection, account: Uuid) -> Result<Rights, Stop> {
    let person = store::account::get(&mut *db, account).await?;
    if person.is_none_or(|person| person.disabled_at.is_some()) {
        return Err(Stop::Nothing);
    }
    let grants = store::access::grants(db, account).await?;
    let scope = grants.scope(Permission::AlertsRead);
    Ok(Rights {
        alerts: scope.is_some(),
        within: scope.and_then(crate::access::Scope::groups),
    })
}

/// The schedule of somebody's digests.
pub fn schedule_of(account: Uuid) -> String {
    format!("digest:{account}")
}

/// Whether an address is within one of these domains, not below it.
pub fn is_within(address: &str, domains: &[String]) -> bool {
    let of = address.rsplit_once('@').map(|(_, domain)| domain);
    of.is_some_and(|of| domains.iter().any(|domain| of.eq_ignore_ascii_case(domain)))
}

/// The name of a message, which says nothing of what it is of, and is the same each time it is tried.
fn name(key: &str) -> String {
    let digest = Sha256::digest(format!("openwatch-mail/1 {key}"));
    digest[..16]
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_within_a_domain_that_is_named_and_not_below_it() {
        let domains = ["corp.example".to_owned()];
        for (address, within) in [
            ("a@corp.example", true),
            ("a@CORP.example", true),
            ("a@evil.corp.example", false),
            ("a@corp.example@evil.example", false),
            ("a@notcorp.example", false),
            ("corp.example", false),
        ] {
            assert_eq!(is_within(address, &domains), within, "{address}");
        }
        assert!(!is_within("a@corp.example", &[]));
    }
}
