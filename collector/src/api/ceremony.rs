//! Questions to passkeys, and their answers.

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sqlx::PgPool;
use tracing::warn;
use utoipa::ToSchema;
use uuid::Uuid;
use webauthn_rs::prelude::PublicKeyCredential;

use crate::{
    api::{error::ApiError, identity},
    factor::passkey::{self, Kind, Passkeys, Question},
    store::{
        self,
        factor::{ceremony::Ceremony, passkey::Passkey},
    },
};

/// A question waits so long for its answer.
const PATIENCE: TimeDelta = TimeDelta::minutes(5);

/// What a question is asked for: an answer to one is none to another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// To add a credential.
    Register,
    /// To sign in.
    SignIn,
    /// To show again who one is.
    Prove,
}

impl Purpose {
    fn name(self) -> &'static str {
        match self {
            Self::Register => "register",
            Self::SignIn => "sign_in",
            Self::Prove => "prove",
        }
    }
}

/// A question to a passkey, to be answered once and within five minutes.
#[derive(Serialize, ToSchema)]
#[schema(as = PasskeyQuestion)]
pub(crate) struct Asked {
    /// To be brought back with the answer.
    ceremony: String,
    /// What the browser's `navigator.credentials` takes, in `publicKey`: JSON after WebAuthn level 3.
    options: Value,
}

/// What a passkey has shown.
#[derive(Debug)]
pub(crate) struct Shown {
    pub(crate) account: Uuid,
    /// Nothing else was shown.
    pub(crate) alone: bool,
}

/// The answer of a passkey.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = PasskeyAnswer)]
pub(crate) struct Answer {
    /// As it came with the question.
    pub(crate) ceremony: String,
    /// The browser's `PublicKeyCredential`, as JSON.
    #[schema(value_type = Value)]
    pub(crate) credential: PublicKeyCredential,
}

/// Keeps a question until it is answered.
///
/// # Errors
/// The database's.
pub(crate) async fn ask(
    db: &PgPool,
    purpose: Purpose,
    account: Option<Uuid>,
    (options, state): (Value, impl Serialize),
    now: DateTime<Utc>,
) -> Result<Asked, ApiError> {
    let ceremony = identity::new_secret()?;
    let hash = identity::hash(&ceremony).ok_or(ApiError::BadPasskey)?;
    let state = serde_json::to_value(state).map_err(ApiError::Encode)?;
    let kept = Ceremony { account, state };
    let (mut db, purpose) = (db.acquire().await?, purpose.name());
    store::factor::ceremony::begin(&mut db, &hash, purpose, &kept, now, now + PATIENCE).await?;
    Ok(Asked { ceremony, options })
}

/// The question that is answered. It is gone then, whatever the answer is.
///
/// # Errors
/// [`ApiError::BadPasskey`] when there is none, and the database's.
pub(crate) async fn take(
    db: &PgPool,
    purpose: Purpose,
    ceremony: &str,
    now: DateTime<Utc>,
) -> Result<Ceremony, ApiError> {
    let hash = identity::hash(ceremony).ok_or(ApiError::BadPasskey)?;
    let mut db = db.acquire().await?;
    let found = store::factor::ceremony::take(&mut db, &hash, purpose.name(), now).await?;
    found.ok_or(ApiError::BadPasskey)
}

/// Asks an account to show one of its passkeys and security keys.
///
/// # Errors
/// [`ApiError::PasskeyNotFound`] when it has none, and the database's.
pub(crate) async fn ask_for(
    db: &PgPool,
    passkeys: &Passkeys,
    purpose: Purpose,
    account: Uuid,
    now: DateTime<Utc>,
) -> Result<Asked, ApiError> {
    let known = store::factor::passkey::list(&mut *db.acquire().await?, account).await?;
    if known.is_empty() {
        return Err(ApiError::PasskeyNotFound);
    }
    let known: Vec<Value> = known.into_iter().map(|known| known.credential).collect();
    ask(db, purpose, Some(account), passkeys.ask_for(&known)?, now).await
}

/// Whose passkey it is that has answered, and that the answer holds.
///
/// # Errors
/// [`ApiError::BadPasskey`], whatever the reason is, which the log tells; and the database's.
pub(crate) async fn answer(
    db: &PgPool,
    passkeys: &Passkeys,
    purpose: Purpose,
    answer: &Answer,
    now: DateTime<Utc>,
) -> Result<Shown, ApiError> {
    let ceremony = take(db, purpose, &answer.ceremony, now).await?;
    let question: Question = serde_json::from_value(ceremony.state).map_err(ApiError::Encode)?;
    let alone = matches!(question, Question::Anybody(_));
    let mut db = db.acquire().await?;
    let id = answer.credential.get_credential_id();
    let known = store::factor::passkey::find(&mut db, id).await?;
    let known =
        known.filter(|known| belongs(known, ceremony.account, &question, &answer.credential));
    let known = known.ok_or(ApiError::BadPasskey)?;
    let checked = passkeys.answered(&answer.credential, question, &known.credential);
    let checked = checked.map_err(|error| {
        warn!(error = &error as &dyn std::error::Error, "passkey refused");
        ApiError::BadPasskey
    })?;
    let (value, counter) = (&checked.value, checked.counter);
    if !store::factor::passkey::used(&mut db, known.id, value, counter, now).await? {
        warn!(passkey.id = %known.id, "passkey refused: there is a copy of it");
        return Err(ApiError::BadPasskey);
    }
    Ok(Shown {
        account: known.account,
        alone,
    })
}

/// Whether it is one of whom the question is to; nobody was named, and it says itself whose it is, and is of
/// the kind that is enough alone.
fn belongs(
    known: &Passkey,
    asked: Option<Uuid>,
    question: &Question,
    answer: &PublicKeyCredential,
) -> bool {
    let says = passkey::owner(answer);
    match question {
        Question::Somebody(_) => {
            asked == Some(known.account) && says.is_none_or(|says| says == known.account)
        }
        Question::Anybody(_) => says == Some(known.account) && known.kind == Kind::Passkey.name(),
    }
}
