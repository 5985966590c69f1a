//! Holds a host's present rows, as they stand in the tables, against what the host says they are.
//!
//! The digests that are kept with each change ([`super::plan`]) tell a change that was not applied.
//! They cannot tell a row that somebody changed in the tables: so each row's hash is computed anew,
//! from what the row says.

use std::collections::{HashMap, HashSet};

use serde_json::Value;
use shared::{
    digest::Digest,
    fact::{RowHash, canonical},
    wire::KindState,
};
use sqlx::PgConnection;

/// What became of the look.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Verified {
    /// Kinds whose rows are not what the host says.
    pub differing: Vec<String>,
    /// Names under which the dictionary holds something else than they stand for, and the names
    /// that those rows should have.
    pub damaged: Vec<RowHash>,
}

/// Compares the present rows of a host with `kinds`, kind by kind. Records that are under way must
/// have been applied.
///
/// # Errors
/// sqlx's.
pub async fn verify(
    db: &mut PgConnection,
    host_no: i32,
    kinds: &[KindState],
) -> sqlx::Result<Verified> {
    // As text: a value whose number no program can hold must not end the look.
    let rows = sqlx::query!(
        r#"select k.name as kind, f.key, v.value::text as "value!", v.hash
           from host_fact h
           join fact_kind k on k.id = h.kind
           join fact_key f on f.id = h.key_id
           join fact_value v on v.id = h.value_id
           where h.host_no = $1 and h.valid_to = 'infinity'"#,
        host_no,
    )
    .fetch_all(db)
    .await?;
    let mut verified = Verified::default();
    let mut digests = HashMap::<&str, Digest>::new();
    let mut suspect = HashSet::<&str>::new();
    for row in &rows {
        let says = hash_of(&row.kind, &row.key, &row.value);
        if says.is_none_or(|says| says.0[..] != row.hash[..])
            && let Ok(hash) = <[u8; 32]>::try_from(&row.hash[..])
        {
            verified.damaged.push(RowHash(hash));
            verified.damaged.extend(says);
            suspect.insert(&row.kind);
        }
        let digest = digests.entry(&row.kind).or_default();
        // A row that is no fact counts as one that no host has.
        *digest = digest.with(&says.unwrap_or(RowHash([0; 32])));
    }
    let none = Digest::default();
    let differs = |state: &&KindState| {
        let kind = state.kind.as_str();
        suspect.contains(kind) || *digests.get(kind).unwrap_or(&none) != state.digest
    };
    let differing = kinds.iter().filter(differs);
    verified.differing = differing.map(|state| state.kind.clone()).collect();
    Ok(verified)
}

/// The hash of what a row says; `None` when it says nothing that a host could have said.
fn hash_of(kind: &str, key: &str, value: &str) -> Option<RowHash> {
    let value: Value = serde_json::from_str(value).ok()?;
    let value = canonical(&value).ok()?;
    Some(RowHash::of(kind, key, &value))
}

#[cfg(test)]
mod tests;
