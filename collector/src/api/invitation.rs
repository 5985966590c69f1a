//! Links with which somebody chooses a password once: the first of a new account, or another one.

pub(crate) mod create;
pub(crate) mod redeem;

/// What the secret of a link begins with.
const PREFIX: &str = "owi_";

/// What the database keeps of a link's secret.
fn hash(token: &str) -> Option<[u8; 32]> {
    crate::api::identity::hash(token.strip_prefix(PREFIX)?)
}
