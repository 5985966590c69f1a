//! Keys of these tests and of nobody else, and what is signed with them.

use std::collections::BTreeMap;

use chrono::{DateTime, TimeDelta, Utc};
use ed25519_dalek::SigningKey;

use super::{Key, KeyId, Part, PublicKey, Revoked, Root, Signature, Signed, Sort};

/// Key number `n`.
pub(crate) fn key(n: u8) -> SigningKey {
    SigningKey::from_bytes(&[n; 32])
}

pub(crate) fn id(n: u8) -> KeyId {
    PublicKey::from(key(n).verifying_key()).id()
}

/// The day on which the tests happen.
pub(crate) fn today() -> DateTime<Utc> {
    DateTime::from_timestamp(1_772_323_200, 0).unwrap()
}

/// So many of these keys.
pub(crate) fn part(threshold: u32, keys: &[u8]) -> Part {
    Part {
        threshold,
        keys: keys.iter().map(|n| id(*n)).collect(),
    }
}

/// A root of a year.
pub(crate) fn root(version: u32, root: Part, publisher: Part) -> Root {
    let named = |n: u8| {
        let public = PublicKey::from(key(n).verifying_key());
        let name = format!("key {n}");
        (public.id(), Key { name, public })
    };
    let mut keys: BTreeMap<_, _> = (0..=u8::MAX).map(named).collect();
    keys.retain(|id, _| root.keys.contains(id) || publisher.keys.contains(id));
    Root {
        format: 1,
        version,
        created: today(),
        expires: today() + TimeDelta::days(365),
        keys,
        root,
        publisher,
        release: None,
        revoked: Vec::new(),
    }
}

/// Says of a key that it was stolen.
pub(crate) fn revoked(n: u8) -> Revoked {
    Revoked {
        key: id(n),
        at: today(),
        reason: "stolen".into(),
    }
}

pub(crate) fn document(root: &Root) -> Vec<u8> {
    serde_json::to_vec_pretty(root).unwrap()
}

pub(crate) fn signed(document: Vec<u8>, sort: Sort, keys: &[u8]) -> Signed {
    let sign = |n: &u8| Signature::sign(&key(*n), sort, &document);
    let signatures = keys.iter().map(sign).collect();
    Signed {
        document,
        signatures,
    }
}
