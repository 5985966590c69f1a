//! A token that was rotated is shown again: by whoever was not told of the new one, or by whoever should never
//! have had the old one.

use chrono::TimeDelta;
use tracing::error;

use crate::{
    api::{
        error::ApiError,
        identity::Doorman,
        trail::{Act, Trail},
    },
    audit::Outcome,
    store,
};

/// The alarm is sounded no more often than this for one token.
const QUIET: TimeDelta = TimeDelta::minutes(1);

/// Sounds the alarm if the token of this hash was rotated.
///
/// # Errors
/// [`ApiError::TokenReplaced`] if it was, and the database's.
pub(crate) async fn refuse(
    doorman: &Doorman,
    trail: Trail,
    hash: &[u8; 32],
) -> Result<(), ApiError> {
    let now = doorman.clock.now();
    let mut tx = doorman.db.begin().await?;
    let Some(reused) = store::api_token::reused(&mut tx, hash, now, now - QUIET).await? else {
        return Ok(());
    };
    if reused.first {
        let (id, how) = (reused.id, format!("token:{}", reused.id));
        let peer = trail.address();
        let trail = trail.of(&reused.account, Some(reused.account_id), &how);
        let act = Act::access("token.reuse", Outcome::Refused).on("token", id, &reused.name);
        trail.note(&mut tx, act).await?;
        error!(token.id = %id, account.name = reused.account, peer.address = ?peer,
            "an API token was shown after its rotation");
    }
    tx.commit().await?;
    Err(ApiError::TokenReplaced)
}
